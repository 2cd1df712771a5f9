"""Bringing up whatever does the work: the layout for these rows, then the processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.batch.factory import factories
from qa_speech.batch.inline import Inline
from qa_speech.batch.jobs import Doer, Layout, Limits, Setup, StartDoer
from qa_speech.batch.journal import Tell
from qa_speech.batch.layout import choose
from qa_speech.batch.pool import Pool
from qa_speech.batch.process import MB
from qa_speech.batch.state import State, write_state
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings

MEMORY_SHARE = 0.8
"""Of all memory, what the processes of a run may take together."""
LEAST_MEMORY_MB = 2048
"""A process may take that much in any case."""


def starter(
    run: Path, settings: Settings, model: str | None, state: State, rows: Sequence[Row], tell: Tell
) -> StartDoer:
    """What `run_batch` takes as `doer`: chooses the layout (once per run, model and machine), starts the processes."""

    def start(place: Path) -> Doer:
        layout = layout_for(run, settings, model, state, rows, tell)
        return started(settings, model, layout, place, lambda text: tell({"event": "note", "text": text}))

    return start


def layout_for(
    run: Path,
    settings: Settings,
    model: str | None,
    state: State,
    rows: Sequence[Row],
    tell: Tell = lambda event: None,
) -> Layout:
    """The layout for these rows; one that was measured is kept in the run for this model, machine and settings."""
    circumstances = _circumstances(settings, state)
    kept = bool(state.layout) and state.layout_for == circumstances
    if kept:
        layout = msgspec.convert(state.layout, Layout)
    else:
        layout = choose(settings, model, rows, lambda: tell({"event": "measuring"}))
        if layout.measured:
            found: dict[str, Any] = msgspec.to_builtins(layout)
            write_state(run, msgspec.structs.replace(state, layout=found, layout_for=circumstances))
    tell({"event": "layout", "text": layout.in_words("en"), "text_zh": layout.in_words("zh")})
    return layout


def _circumstances(settings: Settings, state: State) -> str:
    """What a measured layout holds for."""
    batch, recognition = settings.batch, settings.recognition
    parts = (
        state.model_sha256,
        len(os.sched_getaffinity(0)),
        batch.workers,
        batch.recognizers,
        recognition.device,
        recognition.compute_type,
        recognition.window,
        recognition.beam_size,
    )
    return " ".join(map(str, parts))


def started(
    settings: Settings, model: str | None, layout: Layout, run: Path, note: Callable[[str], None] = lambda text: None
) -> Doer:
    """A started pool, or this process when the layout has no workers.

    Raises
    ------
    ModelError, EngineError
        The recogniser does not load.
    """
    setup = Setup(settings, run, layout, limits_of(settings, layout), factories(settings, model, layout))
    doing = Pool(setup, note) if layout.workers else Inline(setup)
    try:
        doing.start()
    except BaseException:
        doing.close()
        raise
    return doing


def limits_of(settings: Settings, layout: Layout) -> Limits:
    """The limits of the settings; memory shared out over the processes when it is not set."""
    batch = settings.batch
    return Limits(
        call_s=batch.call_limit_s,
        window_s=batch.window_limit_s,
        memory_mb=batch.memory_limit_mb or _fair_share_mb(layout.workers + layout.recognizers),
        min_free_memory_mb=batch.min_free_memory_mb,
        recycle_after=batch.recycle_after,
    )


def _fair_share_mb(processes: int) -> int:
    total_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MB
    share_mb = int(MEMORY_SHARE * total_mb / max(1, processes))
    return max(share_mb, LEAST_MEMORY_MB)
