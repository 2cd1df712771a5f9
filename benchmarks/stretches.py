"""Stretches of a call that are of a kind of their own: one signal on both channels, masked on purpose.

    python benchmarks/stretches.py [--quick]             seeds 0–199 of `calls.py`, the report set
    python benchmarks/stretches.py --seeds 1000 1040     seeds for development, call by call

Found: at least 80 % of a planted stretch, or of what is spoken in it.
False: a stretch found in the same call before anything was planted, or outside
what was planted. Masked as silence: calls in which a second of a masked stretch lies in a silence, a hold or a wait for an answer.
Rows are kept in results/stretches-rows.tsv as they come: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from _common import ROOT, Figure, Options, figure, run
from _recordings import analysed
from _rows import kept_rows
from _spoken import DATA, chance
from _stretches import Planted, masked, masked_side, natural_silence, naturally_silent, partly_mono
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
MATTERS_S = 1.0
FATE = 20_261_130
"""Seeds what is drawn for masks on one channel."""
ROWS = ROOT / "benchmarks" / "results" / "stretches-rows.tsv"
SOURCES = (
    *(ROOT / "qa_speech" / "audio").glob("*.py"),
    ROOT / "qa_speech" / "metrics" / "gaps.py",
    ROOT / "qa_speech" / "metrics" / "response.py",
    *(ROOT / "benchmarks" / name for name in ("stretches.py", "_stretches.py", "calls.py", "_line.py", "_dialogue.py")),
)


@dataclass(frozen=True)
class Row:
    """What came of one call: per planted kind the shares found, seconds found elsewhere, and what the figures made of it.

    `natural`: both channels are digital silence in every pause; `side_natural`: the one that is masked alone.
    """

    seed: int
    natural: bool
    side_natural: bool
    target: bool
    mono_found: float
    mono_spoken_found: float
    mono_outside_s: float
    masked_found: float
    masked_outside_s: float
    masked_as_silence_s: float
    side_found: float
    side_outside_s: float
    side_as_silence_s: float
    false_mono_s: float
    false_masked_s: float


def tried(seed: int, options: Options) -> Row:
    """All strata of one seed."""
    made = make(seed, data=options.data)
    mono = partly_mono(made, chance(seed, 0, "partly mono"))
    hidden = masked(made, chance(seed, 0, "masked"))
    fate = np.random.default_rng([FATE, seed])
    side = _side(made, fate)
    one_sided = masked_side(made, side, fate)

    plain_masked, plain_mono = looked_at(made.samples, made.rate)
    _, as_mono = looked_at(mono.samples, made.rate)
    as_masked, _ = looked_at(hidden.samples, made.rate)
    as_side, _ = looked_at(one_sided.samples, made.rate)
    row = Row(
        seed=seed,
        natural=natural_silence(made),
        side_natural=naturally_silent(made)[side],
        target=made.drawn.target,
        mono_found=_share(as_mono, mono.stretches),
        mono_spoken_found=_share(as_mono, mono.stretches & (made.truth[0] | made.truth[1])),
        mono_outside_s=_outside_s(as_mono, mono.stretches),
        masked_found=_share(as_masked[0] & as_masked[1], hidden.stretches),
        masked_outside_s=_outside_s(_anywhere(as_masked), hidden.stretches),
        masked_as_silence_s=_as_silence_s(hidden, as_masked[0] & as_masked[1], made),
        side_found=_share(as_side[side], one_sided.stretches),
        side_outside_s=_outside_s(_anywhere(as_side), one_sided.stretches),
        side_as_silence_s=_as_silence_s(one_sided, as_side[side], made),
        false_mono_s=plain_mono.duration,
        false_masked_s=_anywhere(plain_masked).duration,
    )
    return Row(*(round(value, 3) for value in asdict(row).values()))


def _side(made: MadeCall, fate: np.random.Generator) -> int:
    """A party that says something long enough to be masked."""
    able = [side for side in (0, 1) if any(span.duration > 0.8 for span in made.truth[side])]
    return int(fate.choice(able))


def looked_at(samples: np.ndarray, rate: int) -> tuple[tuple[Timeline, ...], Timeline]:
    """Where two channels are masked each, and where they carry one signal: what the samples alone tell."""
    one, two = (survey(Track(channel, rate)) for channel in samples)
    hidden = find_masked([one, two])
    return hidden, undivided(one, two, _anywhere(hidden))


def _anywhere(lines: tuple[Timeline, ...]) -> Timeline:
    found = Timeline()
    for line in lines:
        found = found | line
    return found


def _share(found: Timeline, planted: Timeline) -> float:
    """Share of what was planted; all of nothing."""
    if not planted:
        return 1.0
    return (found & planted).duration / planted.duration


def _outside_s(found: Timeline, planted: Timeline) -> float:
    """Seconds found away from what was planted."""
    roomy = Timeline((max(0.0, span.start - OUTSIDE_S), span.end + OUTSIDE_S) for span in planted)
    return (found - roomy).duration


def _as_silence_s(planted: Planted, found: Timeline, made: MadeCall) -> float:
    """Seconds of masked stretches that a silence, a hold or a slow answer holds: none where all but less is found."""
    if (planted.stretches - found).duration < MATTERS_S:
        return 0.0
    call = _call(analysed(planted.samples, made.rate), made)
    spans = [(gap.start, gap.end) for gap in silences(call)]
    for one in response(call).evidence:
        if one.note == "slow_response" and one.start is not None and one.end is not None:
            spans.append((one.start, one.end))
    return (Timeline(spans) & planted.stretches).duration


def _call(found: Analysis, made: MadeCall) -> Call:
    """The call as the pipeline would build it, channel 1 the agent's."""
    roles = (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN)[: len(found.speech)]
    speech = dict(zip(roles, found.speech, strict=True))
    utterances, _ = build_utterances(speech, None)
    whole = found.masked_whole
    sounds = [OtherSound(MASKED, Role.UNKNOWN, span.start, span.end) for span in whole]
    for role, heard, hidden in zip(roles, found.sounds, found.masked, strict=True):
        sounds += [OtherSound(sound.kind, role, sound.start, sound.end) for sound in heard]
        sounds += [OtherSound(MASKED, role, span.start, span.end) for span in hidden - whole]
    recording = Recording("call", sampling_rate=made.rate, num_samples=made.samples.shape[1], layout=found.layout)
    return Call(recording, speech, utterances, tuple(sounds))


def measure(options: Options) -> Iterator[Figure]:
    """Figures on the report set."""
    if options.quick:
        rows = [tried(seed, options) for seed in REPORT_SEEDS[:8]]
    else:
        rows = list(kept_rows(ROWS, Row, REPORT_SEEDS, lambda seed: tried(seed, options), SOURCES))
    yield from _mono(rows)
    alive = [row for row in rows if not row.natural]
    yield _rate("masked_found", [row.masked_found >= FOUND for row in alive], "lines with a background")
    everywhere = "with lines on which every pause is digital silence"
    yield _rate("masked_found_all", [row.masked_found >= FOUND for row in rows], everywhere)
    yield _rate("masked_false", [row.false_masked_s > 0 for row in rows], "nothing planted; target <= 0")
    yield _mean("masked_outside_s", [row.masked_outside_s for row in rows], "found elsewhere, mean")
    yield _as_silence("masked_as_silence", [row.masked_as_silence_s for row in alive], "target <= 0")
    yield _as_silence("masked_as_silence_all", [row.masked_as_silence_s for row in rows], everywhere)
    side_alive = [row for row in rows if not row.side_natural]
    yield _rate("masked_side_found", [row.side_found >= FOUND for row in side_alive], "on one channel only")
    yield _mean(
        "masked_side_outside_s", [row.side_outside_s for row in rows], "on one channel only, found elsewhere, mean"
    )
    yield _as_silence(
        "masked_side_as_silence", [row.side_as_silence_s for row in side_alive], "target <= 0; on one channel"
    )
    yield _as_silence("masked_side_as_silence_all", [row.side_as_silence_s for row in rows], everywhere)


def _mono(rows: list[Row]) -> Iterator[Figure]:
    """One signal on both channels for a while."""
    target = [row for row in rows if row.target]
    yield _rate("partly_mono_found", [row.mono_found >= FOUND for row in rows], "target >= 0.95")
    yield _rate("partly_mono_found_target", [row.mono_found >= FOUND for row in target], "target stratum")
    spoken = [row.mono_spoken_found >= FOUND for row in rows]
    yield _rate("partly_mono_found_spoken", spoken, "80 % of what is spoken in the stretch")
    yield _rate("partly_mono_false", [row.false_mono_s > 0 for row in rows], "nothing planted; target <= 0")
    yield _mean("partly_mono_outside_s", [row.mono_outside_s for row in rows], "found elsewhere, mean")


def _rate(name: str, values: list[bool], against: str) -> Figure:
    return figure(name, float(np.mean(values)) if values else None, "", len(values), against)


def _mean(name: str, values: list[float], against: str) -> Figure:
    return figure(name, float(np.mean(values)) if values else None, "s", len(values), against)


def _as_silence(name: str, seconds: list[float], against: str) -> Figure:
    """Calls in which it happens."""
    return figure(name, sum(value >= MATTERS_S for value in seconds), "calls", len(seconds), against)


def each(first: int, last: int) -> None:
    """What comes of each seed, for development."""
    for seed in range(first, last):
        row = tried(seed, Options(quick=True, data=DATA))
        print(" ".join(f"{name}={value:g}" for name, value in asdict(row).items()), flush=True)


if __name__ == "__main__":
    if "--seeds" in sys.argv:
        place = sys.argv.index("--seeds")
        each(int(sys.argv[place + 1]), int(sys.argv[place + 2]))
    else:
        run(measure)
