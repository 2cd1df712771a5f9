"""What is drawn: the lanes of a call, as numbers for the SVG of the page. No markup here.

agent      ▇▇▇▇▇     ▇▇▇▇            one path per voice, in seconds
customer         ▇▇▇      ▇▇▇▇
bands      ░silence░ ▒hold▒ ▓overlap▓   across the lanes, in % of the call
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from qa_speech.call import Call, Evidence, Measurement, Role
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording import short

SILENCE_S = 3.0
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
NAMED = ("silence", "hold", "overlap")
"""Kinds of band with a pattern of their own; all other sound shares one."""


class Lane(NamedTuple):
    """Speech of one role as the data of an SVG path: x in seconds, y from 0 to 1."""

    role: Role
    path: str


class Band(NamedTuple):
    """A stretch drawn across the lanes. `x` and `width` in % of the call."""

    kind: str
    start: float
    end: float
    x: float
    width: float


class Tick(NamedTuple):
    """A mark of the time axis."""

    seconds: int
    x: float


def lanes(call: Call) -> list[Lane]:
    """One lane per role, agent first.

    >>> from qa_speech.testing import make_call
    >>> lanes(make_call(agent=[(0, 2)], customer=[(2.5, 4)]))[1]
    Lane(role=<Role.CUSTOMER: 'customer'>, path='M2.5 0h1.5v1h-1.5z')
    """
    return [Lane(role, _path(_speech(call, role))) for role in call.roles]


def _speech(call: Call, role: Role) -> Timeline:
    line = call.speech.get(role)
    return line if line else Timeline(item.segment for item in call.utterances_of(role))


def _path(speech: Iterable[Segment]) -> str:
    return "".join(f"M{short(item.start)} 0h{short(item.duration)}v1h-{short(item.duration)}z" for item in speech)


def bands(call: Call, measurements: Mapping[str, Measurement]) -> list[Band]:
    """Silences, holds, overlaps and other sound, sorted by time; those measured, else those of the timelines.

    >>> from qa_speech.testing import make_call
    >>> [band.kind for band in bands(make_call(agent=[(0, 4), (9, 10)], customer=[(3, 5)]), {})]
    ['overlap', 'silence']
    """
    length = call.duration
    if length <= 0 or call.times == "nominal":
        return []
    found = [
        *_quiet(call, measurements),
        *(("overlap", item.start, item.end) for item in _both(call)),
        *((item.kind, item.start, item.end) for item in call.sounds),
    ]
    return sorted(
        (
            Band(kind, start, min(end, length), percent(start, length), percent(min(end, length) - start, length))
            for kind, start, end in found
            if start < length
        ),
        key=lambda band: (band.start, band.end),
    )


def silences(call: Call, measurements: Mapping[str, Measurement]) -> Sequence[Evidence]:
    """The silences measured, else the gaps between speech of at least 3 s."""
    measured = measurements.get("silence")
    if measured is not None:
        return measured.evidence
    speech = Timeline(item for role in call.roles for item in _speech(call, role))
    return [
        Evidence("interval", gap.start, gap.end, note="silence") for gap in speech.gaps() if gap.duration >= SILENCE_S
    ]


def _quiet(call: Call, measurements: Mapping[str, Measurement]) -> Iterable[tuple[str, float, float]]:
    for item in silences(call, measurements):
        yield ("hold" if item.note == "hold" else "silence"), item.start, item.end
    hold = measurements.get("hold")
    taken = {(item.start, item.end) for item in silences(call, measurements)}
    for item in hold.evidence if hold else ():
        if item.kind == "interval" and (item.start, item.end) not in taken:
            yield "hold", item.start, item.end


def _both(call: Call) -> Timeline:
    return _speech(call, Role.AGENT) & _speech(call, Role.CUSTOMER)


def percent(part: float, whole: float) -> float:
    """`part` in % of `whole`, three decimals: a tenth of a second of two hours is still seen."""
    return round(100 * part / whole, 3) if whole > 0 else 0.0


def ticks(duration: float, *, most: int = 9) -> list[Tick]:
    """Marks of the time axis: the finest round step that gives at most `most`.

    >>> [tick.seconds for tick in ticks(100)]
    [0, 15, 30, 45, 60, 75, 90]
    """
    if duration <= 0:
        return []
    step = next((item for item in TICK_STEPS_S if duration / item < most), TICK_STEPS_S[-1])
    return [Tick(at, percent(at, duration)) for at in range(0, int(duration) + 1, step)]
