"""The bundled CTC recogniser beside the bundled Whisper, on the two-channel samples: CPU time of recognition alone, and errors.

Both hear the same speech, each in windows as it wants them, on one thread; A-B-A-B in one process. Speed is CPU seconds of Whisper
over those of the CTC model, from samples at 16 kHz to words with times: features, network and alignment are in it, decoding of
files and speech detection are not.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from _common import Figure, Options, figure, run
from asr import Truth, samples, spoken

from qa_speech.call import Call
from qa_speech.engines.base import Recognizer, Window, traits_of
from qa_speech.engines.registry import load_recognizer
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import ModelError
from qa_speech.inputs import CallInput
from qa_speech.pipeline import inspect_many
from qa_speech.pipeline.prepare import prepare
from qa_speech.scores import CallReport
from qa_speech.settings import Settings
from qa_speech.stats.edits import aligned

ROUNDS = 5
SETTINGS = Settings.model_validate({"recognition": {"threads": 1}, "speech": {"pitch": False}})


class Heard(NamedTuple):
    """Errors and characters over both channels of all calls, and how far each character's start is from the truth, in s."""

    errors: int
    characters: int
    late: list[float]


def windows(truths: Sequence[Truth], recognizer: Recognizer) -> list[Window]:
    """The windows of the calls as a recogniser wants them."""
    detector = SileroDetector()
    found: list[Window] = []
    for item in truths:
        row = CallInput(item.path, item.name)
        prepared = prepare(
            row, detector=detector, settings=SETTINGS, window_s=recognizer.window_s,
            least_pad_s=traits_of(recognizer).least_pad_s,
        )  # fmt: skip
        found += prepared.windows()
    return found


def cpu_s(recognizer: Recognizer, given: Sequence[Window]) -> float:
    """CPU seconds of recognition."""
    start = time.process_time()
    list(recognizer.recognize(given))
    return time.process_time() - start


def calls_of(truths: Sequence[Truth], recognizer: Recognizer) -> list[Call]:
    """The calls as a recogniser hears them."""
    rows = [CallInput(item.path, item.name) for item in truths]
    outcomes = inspect_many(rows, recognizer=recognizer, settings=SETTINGS)
    return [outcome.call for outcome in outcomes if isinstance(outcome, CallReport)]


def heard(truths: Sequence[Truth], recognizer: Recognizer) -> Heard:
    """Errors and times of a recogniser."""
    errors = characters = 0
    late: list[float] = []
    for truth, call in zip(truths, calls_of(truths, recognizer), strict=True):
        for role, reference in truth.texts.items():
            text, times = spoken(call, role)
            edits, pairs = aligned(reference, text)
            errors += edits
            characters += len(reference)
            late += [abs(times[j] - truth.starts[role][i]) for i, j in pairs]
    return Heard(errors, characters, late)


def measure(options: Options) -> Iterator[Figure]:
    """Speed on one core, CER of both, times of the CTC model."""
    try:
        ctc = load_recognizer("demo-ctc", SETTINGS)
    except ModelError as exc:
        yield figure("ctc_over_whisper_speed", None, "ratio", 0, str(exc))
        return
    whisper = load_recognizer("demo", SETTINGS)
    truths = samples()
    given = {one: windows(truths, one) for one in (whisper, ctc)}
    seconds = sum(window.duration for window in given[ctc])
    for one in given:
        cpu_s(one, given[one][:2])  # both warm
    ratios, costs = [], []
    for _ in range(2 if options.quick else ROUNDS):
        whisper_s, ctc_s = (cpu_s(one, given[one]) for one in (whisper, ctc))
        ratios.append(whisper_s / ctc_s)
        costs.append(ctc_s / seconds)
    spread = f"CPU of demo over demo-ctc, one thread, A-B-A-B; {min(ratios):.2f}-{max(ratios):.2f}; target >= 5"
    yield figure("ctc_over_whisper_speed", statistics.median(ratios), "ratio", len(ratios), spread)
    yield figure("ctc_cpu_s_per_speech_s", statistics.median(costs), "s/s", len(costs), f"{seconds:.0f} s of speech")
    found = {one: heard(truths, one) for one in (whisper, ctc)}
    theirs, ours = found[whisper], found[ctc]
    named = f"{len(truths)} samples without planted noise, {ours.characters} characters"
    whisper_cer, ctc_cer = theirs.errors / theirs.characters, ours.errors / ours.characters
    yield figure("cer_demo", whisper_cer, "share", theirs.characters, named)
    yield figure("cer_demo_ctc", ctc_cer, "share", ours.characters, named)
    yield figure("cer_ctc_minus_whisper", ctc_cer - whisper_cer, "share", ours.characters, "target <= 0.005")
    yield figure(
        "ctc_word_start_error_p50_s",
        float(np.median(ours.late)),
        "s",
        len(ours.late),
        "character starts; target <= 0.2",
    )


if __name__ == "__main__":
    run(measure)
