"""From settings to what a run needs: the recogniser's factory and hash, the layout, and what the run remembers of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from qa_speech.batch.jobs import Doer, Factory, Layout, Limits, Setup
from qa_speech.call import write_bytes
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.settings import Settings

if TYPE_CHECKING:
    from qa_speech.engines.base import Recognizer

STATE = "run.json"


@dataclass(frozen=True)
class WhisperFactory:
    """Loads the model of the settings in the process where it is to run."""

    model: str
    settings: Settings

    def __call__(self) -> Recognizer:
        from qa_speech.engines.registry import load_recognizer

        return load_recognizer(self.model, self.settings)


class State(msgspec.Struct, frozen=True):
    """What a run remembers of its last session, so that it can go on without being told again."""

    settings: dict[str, Any] = {}
    scorecard: str = ""
    model_file: tuple[str, int, int] | None = None
    model_sha256: str = ""
    layout: dict[str, Any] = {}
    layout_for: str = ""


def read_state(run: Path) -> State:
    """The state of a run; an empty one before its first session.

    Raises
    ------
    ConfigError
        The file is damaged.
    """
    path = run / STATE
    if not path.is_file():
        return State()
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ConfigError(str(path), [f"damaged: {exc}; remove it and give the options of the run again"]) from exc


def write_state(run: Path, state: State) -> None:
    """Keep the state, whole or not at all."""
    write_bytes(run / STATE, msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")


def model_hash(model: str, settings: Settings, state: State) -> tuple[str, tuple[str, int, int]]:
    """(sha256 of a model, the file it is of); a file seen before is not read again.

    Raises
    ------
    ModelError
        It is not on this machine.
    """
    from qa_speech.engines.models import find_model
    from qa_speech.engines.registry import recognizers

    engine, colon, place = model.partition(":")
    if colon and engine in recognizers():
        return _plugin_hash(model, Path(place)), (model, 0, 0)
    found = find_model(model, models_dir=settings.models_dir)
    stat = os.stat(found.weights)
    stamp = (str(found.weights), stat.st_size, stat.st_mtime_ns)
    if state.model_sha256 and state.model_file == stamp:
        return state.model_sha256, stamp
    return found.sha256, stamp


def _plugin_hash(model: str, place: Path) -> str:
    """What tells the model of an installed package's engine from others: its name, and size and time of its files."""
    files = [place] if place.is_file() else sorted(item for item in place.rglob("*") if item.is_file())
    stamps = [(str(item), item.stat().st_size, item.stat().st_mtime_ns) for item in files]
    return hashlib.sha256(msgspec.json.encode([model, stamps])).hexdigest()


def limits_of(settings: Settings, layout: Layout) -> Limits:
    """The limits of the settings; memory shared out over the processes when it is not set."""
    batch = settings.batch
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**20
    share = int(0.8 * total / max(1, layout.workers + layout.recognizers)) if total > 0 else 0
    return Limits(
        call_s=batch.call_limit_s, window_s=batch.window_limit_s,
        memory_mb=batch.memory_limit_mb or max(share, 2048), min_free_memory_mb=batch.min_free_memory_mb,
        recycle_after=batch.recycle_after,
    )  # fmt: skip


def starter(
    run: Path,
    settings: Settings,
    model: str | None,
    state: State,
    rows: Sequence[Row],
    tell: Callable[[dict[str, Any]], None],
) -> Callable[[Path], Doer]:
    """What `run_batch` takes as `doer`: chooses the layout (once per run, model and machine), starts the processes."""

    def start(cards: Path) -> Doer:
        layout = layout_for(run, settings, model, state, rows, tell)
        return started(settings, model, layout, cards, lambda text: tell({"event": "note", "text": text}))

    return start


def layout_for(
    run: Path,
    settings: Settings,
    model: str | None,
    state: State,
    rows: Sequence[Row],
    tell: Callable[[dict[str, Any]], None] = lambda event: None,
) -> Layout:
    """The layout for these rows; one that was measured is kept in the run for this model, machine and settings."""
    from qa_speech.batch.layout import choose

    batch, recognition = settings.batch, settings.recognition
    wanted = " ".join(
        str(item)
        for item in (
            state.model_sha256, len(os.sched_getaffinity(0)), batch.workers, batch.recognizers, recognition.device,
            recognition.compute_type, recognition.window, recognition.beam_size,
        )
    )  # fmt: skip
    kept = state.layout_for == wanted and bool(state.layout)
    layout = (
        msgspec.convert(state.layout, Layout)
        if kept
        else choose(settings, model, rows, lambda: tell({"event": "measuring"}))
    )
    if layout.measured and not kept:
        write_state(run, msgspec.structs.replace(state, layout=msgspec.to_builtins(layout), layout_for=wanted))
    tell({"event": "layout", "text": layout.in_words("en"), "text_zh": layout.in_words("zh")})
    return layout


def started(
    settings: Settings, model: str | None, layout: Layout, cards: Path, note: Callable[[str], None] = lambda text: None
) -> Doer:
    """A started pool, or this process when the layout has no workers.

    Raises
    ------
    ModelError, EngineError
        The recogniser does not load.
    """
    from qa_speech.batch.inline import Inline
    from qa_speech.batch.pool import Pool

    setup = Setup(settings, cards, layout, limits_of(settings, layout), factories(settings, model, layout))
    doing = Pool(setup, note) if layout.workers else Inline(setup)
    try:
        doing.start()
    except BaseException:
        doing.close()
        raise
    return doing


def factories(settings: Settings, model: str | None, layout: Layout) -> Callable[[int], Factory] | None:
    """The recogniser's factory by index, with the threads, batch size and device of the layout; None without a model."""
    if model is None:
        return None
    update: dict[str, Any] = {}
    if layout.threads:
        update["threads"] = layout.threads
    if layout.batch_size:
        update["batch_size"] = layout.batch_size
    if layout.devices:
        update["device"] = "cuda"
    if layout.compute_type and settings.recognition.compute_type == "auto":
        update["compute_type"] = layout.compute_type
    recognition = settings.recognition.model_copy(update=update)
    factory = WhisperFactory(model, settings.model_copy(update={"recognition": recognition}))
    return lambda index: factory
