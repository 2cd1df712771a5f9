"""Trials of a layout, each in a process of its own: what it takes to prepare calls, and to recognise their windows."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from qa_speech.batch.jobs import Factory
from qa_speech.batch.remote import Remote
from qa_speech.batch.worker import begin_row
from qa_speech.errors import QaSpeechError
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import Prepared
from qa_speech.settings import Settings

BATCHES = (1, 2, 4, 8, 16)
TRIAL_WINDOWS = 16
TRIAL_LIMIT_S = 60.0
"""For all batch sizes of one layout together, in seconds."""


@dataclass(frozen=True)
class PreparedTrial:
    """Some windows, pickled; seconds it takes to prepare a call, and how many windows a call has."""

    windows: list[bytes]
    call_s: float
    windows_per_call: float


def prepare_trial(rows: Sequence[Row], settings: Settings, make: Factory) -> PreparedTrial:
    """Prepare some calls; recordings that do not work are left out."""
    recognizer = Remote.of(make())
    windows: list[bytes] = []
    spent_s, calls, planned = 0.0, 0, 0
    for row in rows:
        began = time.perf_counter()
        with suppress(QaSpeechError):
            prepared = begin_row(row, settings, recognizer)
            if isinstance(prepared, Prepared):
                calls += 1
                planned += len(prepared.plans)
                windows += [pickle.dumps(window) for window in prepared.windows()]
                spent_s += time.perf_counter() - began
    called = max(1, calls)
    return PreparedTrial(windows[:TRIAL_WINDOWS], spent_s / called, planned / called)


def recognise_trial(packed: Sequence[bytes], make: Factory) -> dict[int, float]:
    """Seconds per window for each batch size, the first window not counted; a slow model is given fewer windows, and
    no larger batch when its time is up."""
    recognizer = make()
    windows = [pickle.loads(window) for window in packed]
    began = time.perf_counter()
    list(recognizer.recognize(windows[:1]))
    one_s = time.perf_counter() - began
    affordable = round(TRIAL_LIMIT_S / len(BATCHES) / one_s)
    found: dict[int, float] = {}
    spent_s = 0.0
    for size in BATCHES:
        if found and spent_s + size * min(found.values()) > TRIAL_LIMIT_S:
            break
        count = min(len(windows), max(size, affordable))
        began = time.perf_counter()
        for start in range(0, count, size):
            list(recognizer.recognize(windows[start : min(count, start + size)]))
        taken_s = time.perf_counter() - began
        found[size] = taken_s / count
        spent_s += taken_s
    return found
