"""What an analysis of a generated call got right, against the truth of the call. Used by `timing.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

import numpy as np
from calls import MadeCall

from qa_speech.audio.analysis import Analysis
from qa_speech.call import Call, Recording, Role, Word
from qa_speech.language.dialogue import build_utterances
from qa_speech.metrics import measure
from qa_speech.metrics.overlap import CLASSES, OverlapEvent, events
from qa_speech.timeline import Segment, Timeline

Both = tuple[Timeline, Timeline]
ROLES = (Role.AGENT, Role.CUSTOMER)
MIN_SILENCE_S, ENDS_WITHIN_S = 3.0, 0.25
UNKNOWN_WORD = "说"
"""Stands for the words of recorded speakers, which are not known: overlaps need to know that there are some."""


@dataclass(frozen=True)
class Scored:
    """One call: relative talk time errors per party, silences (hit, true, found), overlap seconds (true, found), overlap
    events by class (hit, true, found) with true words and without any, speech rate errors with true words and without
    words, leak errors in dB; `peers`: talk time errors and silences by other detectors."""

    made: MadeCall
    talk: tuple[float, ...]
    silences: tuple[int, int, int]
    overlap_s: tuple[float, float]
    classes: dict[str, tuple[int, int, int]]
    classes_bare: dict[str, tuple[int, int, int]]
    rate_words: tuple[float, ...]
    rate_free: tuple[float, ...]
    leaks: tuple[float, ...]
    peers: dict[str, tuple[tuple[float, ...], tuple[int, int, int]]]


def scored(
    made: MadeCall, found: Analysis, acoustics: Sequence[Sequence[int]], peers: Mapping[str, Both] | None = None
) -> Scored:
    """Hold an analysis against the truth; `acoustics[i]` are the syllable nuclei per speech segment of channel i.

    `peers` is the speech that other detectors found on the same two channels.
    """
    speech = found.speech if len(found.speech) == 2 else (found.speech[0], found.speech[0])
    mine: Both = (speech[0], speech[1])
    true, ours = as_call(made, made.truth), as_call(made, mine)
    return Scored(
        made,
        talk_errors(mine, made.truth),
        matched(silences(made.truth), silences(mine)),
        ((made.truth[0] & made.truth[1]).duration, (mine[0] & mine[1]).duration),
        classes(events(true), events(ours)),
        classes(events(true), events(as_call(made, mine, words=False))),
        tuple(_rates(made, true, ours)),
        tuple(_free_rates(made, mine, acoustics)),
        tuple(_leak_errors(made, found)),
        {
            name: (talk_errors(both, made.truth), matched(silences(made.truth), silences(both)))
            for name, both in (peers or {}).items()
        },
    )


def talk_errors(mine: Both, truth: Both) -> tuple[float, ...]:
    """Relative error of the talk time of each party that speaks."""
    return tuple((ours.duration - true.duration) / true.duration for ours, true in pairs(mine, truth))


def pairs(mine: Both, truth: Both) -> list[tuple[Timeline, Timeline]]:
    """Per party, where the party speaks at all."""
    return [(ours, true) for ours, true in zip(mine, truth, strict=True) if true.duration > 0]


def silences(speech: Both) -> list[Segment]:
    """Where neither speaks for long, between the first word and the last."""
    return [gap for gap in (speech[0] | speech[1]).gaps() if gap.duration >= MIN_SILENCE_S]


def matched(true: Sequence[Segment], found: Sequence[Segment]) -> tuple[int, int, int]:
    """(found with both ends right, true, found)."""
    free = list(found)
    hits = 0
    for item in true:
        near = [x for x in free if max(abs(x.start - item.start), abs(x.end - item.end)) <= ENDS_WITHIN_S]
        if near:
            free.remove(near[0])
            hits += 1
    return hits, len(true), len(found)


def as_call(made: MadeCall, speech: Both, *, words: bool = True) -> Call:
    """The call with this speech and the true words, or none."""
    spoken = {
        role: [word for item in made.items if item.role == i for word in _words(item)] for i, role in enumerate(ROLES)
    }
    timelines = dict(zip(ROLES, speech, strict=True))
    utterances, _ = build_utterances(timelines, spoken if words else None)
    recording = Recording(
        str(made.seed), sampling_rate=made.rate, num_samples=made.samples.shape[1], channels=ROLES, layout="two_channel"
    )
    return Call(recording, timelines, utterances, made_with={"recognizer": "truth"} if words else {})


def _words(item: object) -> list[Word]:
    text, times = item.text, item.times  # type: ignore[attr-defined]
    if not text:
        start, end = item.start, item.end  # type: ignore[attr-defined]
        count = 1 if item.kind == "backchannel" else max(1, round((end - start) / 0.22))  # type: ignore[attr-defined]
        edges = np.linspace(start, end, count + 1)
        text = "嗯" if item.kind == "backchannel" else UNKNOWN_WORD * count  # type: ignore[attr-defined]
        times = list(pairwise(edges))
    return [Word(char, float(a), float(b)) for char, (a, b) in zip(text, times, strict=False)]


def classes(true: Sequence[OverlapEvent], found: Sequence[OverlapEvent]) -> dict[str, tuple[int, int, int]]:
    """Per class (hit, true, found): an event is hit by one of the same class and initiator that overlaps it in time."""
    counts: dict[str, tuple[int, int, int]] = {}
    for kind in CLASSES:
        wanted = [event for event in true if event.kind == kind]
        free = [event for event in found if event.kind == kind]
        number = len(free)
        hits = 0
        for event in wanted:
            same = [
                x for x in free if x.initiator == event.initiator or kind == "simultaneous_start"
                if x.start < event.end and event.start < x.end
            ]  # fmt: skip
            if same:
                free.remove(same[0])
                hits += 1
        counts[kind] = (hits, len(wanted), number)
    return counts


def macro_f1(rows: Iterable[dict[str, tuple[int, int, int]]]) -> float:
    """Mean over the classes of F1 from summed counts."""
    total = {kind: np.zeros(3) for kind in CLASSES}
    for row in rows:
        for kind, counts in row.items():
            total[kind] += counts
    return float(np.mean([2 * hit / max(1.0, true + found) for hit, true, found in total.values()]))


def _rates(made: MadeCall, true: Call, ours: Call) -> Iterable[float]:
    """Relative error of the speech rate with true words, for parties whose words are known."""
    for number, role in enumerate(ROLES):
        items = [item for item in made.items if item.role == number]
        if items and all(item.text for item in items):
            one, two = measure(true, "speech_rate", role=role).value, measure(ours, "speech_rate", role=role).value
            if one and two:
                yield abs(two / one - 1)


def _free_rates(made: MadeCall, mine: Both, nuclei: Sequence[Sequence[int]]) -> Iterable[float]:
    """Relative error of the syllables counted without words, for parties whose words are known."""
    for number in range(min(2, len(nuclei))):
        items = [item for item in made.items if item.role == number]
        if items and all(item.text for item in items) and mine[number]:
            yield abs(sum(nuclei[number]) / sum(len(item.text) for item in items) - 1)


def _leak_errors(made: MadeCall, found: Analysis) -> Iterable[float]:
    """|error| of each leak of at least −35 dB, in dB; a leak that was not found is as wrong as it is far above −50."""
    heard = {item.channel: item.value for item in found.findings if item.code == "crosstalk"}
    for source, level in enumerate(made.drawn.leaks_db):
        if level is not None and level >= -35:
            yield abs((heard.get(2 - source) or -50.0) - level)


def upper_bound(hits: int, count: int, z: float = 1.645) -> float:
    """Upper end of the one-sided 95 % Wilson interval of a share."""
    if not count:
        return 1.0
    share = hits / count
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    return (middle + spread) / (1 + z * z / count)


def f1(rows: Iterable[tuple[int, int, int]]) -> float:
    """F1 from summed (hit, true, found)."""
    hit, true, found = np.sum(list(rows), axis=0)
    return float(2 * hit / max(1, true + found))


def fault_codes(found: Analysis) -> Counter[str]:
    """The faults the doctor reports, by code."""
    return Counter(item.code for item in found.findings if item.code in FAULT_CODES.values())


FAULT_CODES = {
    "mono": "mono", "fake_stereo": "fake_stereo", "dead_channel": "dead_channel", "crosstalk": "crosstalk",
    "clipping": "clipping", "dc_offset": "dc_offset", "dropouts": "dropouts", "low_snr": "low_snr",
    "band_limit": "narrow_band", "echo": "echo", "hum": "hum", "sampling_rate": "sampling_rate",
}  # fmt: skip
"""The finding that each planted fault should give."""
