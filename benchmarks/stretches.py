"""Stretches of a call that are of a kind of their own: one signal on both channels, masked on purpose.

    python benchmarks/stretches.py [--quick]             seeds 0–199 of `calls.py`, the report set
    python benchmarks/stretches.py --seeds 1000 1040     seeds for development, call by call

Found: at least 80 % of a planted stretch. False: a stretch found in the same call before anything was planted, or outside
what was planted. Masked as silence: calls in which a second of a masked stretch lies in a silence, a hold or a wait for an answer.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from _common import Figure, Options, figure, run
from _recordings import analysed
from _spoken import DATA, chance
from _stretches import Planted, masked, natural_silence, partly_mono
from calls import REPORT_SEEDS, MadeCall, make

from qa_speech.audio.analysis import Analysis
from qa_speech.audio.channels import survey
from qa_speech.audio.masked import masked as find_masked
from qa_speech.audio.track import Track
from qa_speech.audio.undivided import undivided
from qa_speech.call import MASKED, Call, OtherSound, Recording, Role
from qa_speech.language.dialogue import build_utterances
from qa_speech.metrics.gaps import silences
from qa_speech.metrics.response import response
from qa_speech.timeline import Timeline

FOUND, OUTSIDE_S = 0.8, 1.5
"""Share of a stretch that has to be found, and seconds beyond it that may."""


class Result(NamedTuple):
    """What came of one call: per planted kind the shares found, seconds found elsewhere, and what the figures made of it."""

    natural: bool
    target: bool
    mono_found: float
    mono_outside_s: float
    masked_found: float
    masked_outside_s: float
    masked_as_silence_s: float
    false_mono_s: float
    false_masked_s: float


def tried(seed: int, options: Options) -> Result:
    """All strata of one seed."""
    made = make(seed, data=options.data)
    mono = partly_mono(made, chance(seed, 0, "partly mono"))
    hidden = masked(made, chance(seed, 0, "masked"))
    plain, as_mono = looked_at(made.samples, made.rate), looked_at(mono.samples, made.rate)
    as_masked = analysed(hidden.samples, made.rate)
    return Result(
        natural=natural_silence(made),
        target=made.drawn.target,
        mono_found=_share(as_mono.undivided, mono.stretches),
        mono_outside_s=_outside_s(as_mono.undivided, mono.stretches),
        masked_found=_share(as_masked.masked, hidden.stretches),
        masked_outside_s=_outside_s(as_masked.masked, hidden.stretches),
        masked_as_silence_s=_as_silence_s(as_masked, made, hidden),
        false_mono_s=plain.undivided.duration,
        false_masked_s=plain.masked.duration,
    )


class Looked(NamedTuple):
    """What the samples alone tell of stretches; nothing else of an analysis is needed for these."""

    masked: Timeline
    undivided: Timeline


def looked_at(samples: np.ndarray, rate: int) -> Looked:
    """Where two channels are masked, and where they carry one signal."""
    one, two = (survey(Track(channel, rate)) for channel in samples)
    hidden = find_masked([one, two])
    return Looked(hidden, undivided(one, two, hidden))


def _share(found: Timeline, planted: Timeline) -> float:
    return (found & planted).duration / planted.duration


def _outside_s(found: Timeline, planted: Timeline) -> float:
    """Seconds found away from what was planted."""
    roomy = Timeline((max(0.0, span.start - OUTSIDE_S), span.end + OUTSIDE_S) for span in planted)
    return (found - roomy).duration


def _as_silence_s(found: Analysis, made: MadeCall, hidden: Planted) -> float:
    """Seconds of masked stretches that a silence, a hold or a slow answer holds."""
    call = _call(found, made)
    quiet = [(gap.start, gap.end) for gap in silences(call)]
    slow = [(one.start, one.end) for one in response(call).evidence if one.start is not None and one.end is not None]
    return (Timeline(span for span in [*quiet, *slow] if span[0] < span[1]) & hidden.stretches).duration


def _call(found: Analysis, made: MadeCall) -> Call:
    """The call as the pipeline would build it, channel 1 the agent's."""
    roles = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)[: len(found.speech)]
    speech = dict(zip(roles, found.speech, strict=True))
    utterances, _ = build_utterances(speech, None)
    sounds = [OtherSound(MASKED, Role.UNKNOWN, span.start, span.end) for span in found.masked]
    for role, heard in zip(roles, found.sounds, strict=True):
        sounds += [OtherSound(sound.kind, role, sound.start, sound.end) for sound in heard]
    recording = Recording("call", sampling_rate=made.rate, num_samples=made.samples.shape[1], layout=found.layout)
    return Call(recording, speech, utterances, tuple(sounds))


def measure(options: Options) -> Iterator[Figure]:
    """Figures on the report set."""
    seeds = REPORT_SEEDS[:12] if options.quick else REPORT_SEEDS
    results = [tried(seed, options) for seed in seeds]
    count = len(results)
    alive = [one for one in results if not one.natural]
    target = [one for one in results if one.target]
    yield figure("partly_mono_found", _mean([one.mono_found >= FOUND for one in results]), "", count, "target >= 0.95")
    yield figure(
        "partly_mono_found_target",
        _mean([one.mono_found >= FOUND for one in target]),
        "",
        len(target),
        "target stratum",
    )
    yield figure(
        "partly_mono_false", _mean([one.false_mono_s > 0 for one in results]), "", count, "nothing planted; target 0"
    )
    yield figure(
        "partly_mono_outside_s", _mean([one.mono_outside_s for one in results]), "s", count, "found elsewhere, mean"
    )
    yield figure(
        "masked_found", _mean([one.masked_found >= FOUND for one in alive]), "", len(alive), "lines with a background"
    )
    yield figure(
        "masked_found_all", _mean([one.masked_found >= FOUND for one in results]), "", count,
        "with lines on which every pause is digital silence",
    )  # fmt: skip
    yield figure(
        "masked_false", _mean([one.false_masked_s > 0 for one in results]), "", count, "nothing planted; target 0"
    )
    yield figure(
        "masked_outside_s", _mean([one.masked_outside_s for one in results]), "s", count, "found elsewhere, mean"
    )
    yield figure(
        "masked_as_silence", sum(one.masked_as_silence_s >= 1 for one in alive), "calls", len(alive),
        "lines with a background; target 0",
    )  # fmt: skip
    yield figure(
        "masked_as_silence_all", sum(one.masked_as_silence_s >= 1 for one in results), "calls", count,
        "with lines on which every pause is digital silence",
    )  # fmt: skip


def _mean(values: list[bool] | list[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def each(first: int, last: int) -> None:
    """What comes of each seed, for development."""
    for seed in range(first, last):
        result = tried(seed, Options(quick=True, data=DATA))
        print(seed, " ".join(f"{name}={value:.2f}" for name, value in result._asdict().items()))


if __name__ == "__main__":
    if "--seeds" in sys.argv:
        place = sys.argv.index("--seeds")
        each(int(sys.argv[place + 1]), int(sys.argv[place + 2]))
    else:
        run(measure)
