"""What is drawn: the lanes of a call, as numbers for the SVG of the page. No markup here.

agent      ▇▇▇▇▇     ▇▇▇▇            one path per voice, in seconds
customer         ▇▇▇      ▇▇▇▇
bands      ░silence░ ▒hold▒ ▓overlap▓   across the lanes, in % of the call
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from qa_speech.call import Call, Role
from qa_speech.scores import Evidence, Measurement
from qa_speech.timeline import Segment, Timeline

SILENCE_S = 3.0
TICK_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
NAMED = ("silence", "hold", "overlap")
"""Kinds of band with a pattern of their own; all other sound shares one."""


class Lane(NamedTuple):
    """Speech of one role as the data of an SVG path: x in seconds, y from 0 to 1."""

    role: Role
    path: str


class Band(NamedTuple):
    """A stretch drawn across the lanes. `start` and `end` in seconds, `x` and `width` in % of the call."""

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


Levels: TypeAlias = Sequence[Sequence[int]]
"""How loud a recording is, by channel: equal stretches from its start to its end, each 0 (−60 dBFS or less) to 60 (0 dBFS)."""
LOUDEST = 60


def loudness(call: Call, role: Role, levels: Levels | None) -> str:
    """The loudness of one role's channel as the data of an SVG path: a hill for each stretch, x in stretches, y from 0 (top,
    0 dBFS) to 60; "" where the role has no channel of its own.

    >>> from qa_speech.testing import make_call
    >>> loudness(make_call(agent=[(0, 2)]), Role.AGENT, [[0, 30, 60], [0, 0, 0]])
    'M0 60V60h1V30h1V0h1V60z'
    """
    channels = call.recording.channels
    if not levels or channels.count(role) != 1:
        return ""
    place = channels.index(role)
    if place >= len(levels):
        return ""
    hills = "".join(f"V{LOUDEST - level}h1" for level in levels[place])
    return f"M0 {LOUDEST}{hills}V{LOUDEST}z"


def _speech(call: Call, role: Role) -> Timeline:
    return call.speech.get(role) or Timeline(utterance.segment for utterance in call.utterances_of(role))


def _path(speech: Iterable[Segment]) -> str:
    bars = []
    for segment in speech:
        start, length = short(segment.start), short(segment.duration)
        bars.append(f"M{start} 0h{length}v1h-{length}z")
    return "".join(bars)


def short(seconds: float) -> str:
    """Seconds for a program, to the hundredth, as few characters as will do.

    >>> short(12.0), short(3.14159)
    ('12', '3.14')
    """
    return f"{seconds:.2f}".rstrip("0").rstrip(".")


def bands(call: Call, measurements: Mapping[str, Measurement]) -> list[Band]:
    """Silences, holds, overlaps and other sound, sorted by time; those measured, else those of the timelines.

    >>> from qa_speech.testing import make_call
    >>> [band.kind for band in bands(make_call(agent=[(0, 4), (9, 10)], customer=[(3, 5)]), {})]
    ['overlap', 'silence']
    """
    if call.duration <= 0 or call.times == "nominal":
        return []
    stretches = [*_quiet(call, measurements), *_overlaps(call), *_other_sounds(call)]
    found = [_band(stretch, call.duration) for stretch in stretches if stretch.start < call.duration]
    return sorted(found, key=lambda band: (band.start, band.end))


class _Stretch(NamedTuple):
    """What a band is made from, in seconds."""

    kind: str
    start: float
    end: float


def _band(stretch: _Stretch, length_s: float) -> Band:
    """A stretch (seconds) as a band (seconds, and % of the call); what lies after the end of the call is not drawn."""
    start, end = stretch.start, min(stretch.end, length_s)
    return Band(stretch.kind, start, end, percent(start, length_s), percent(end - start, length_s))


def silences(call: Call, measurements: Mapping[str, Measurement]) -> Sequence[Evidence]:
    """The silences measured, else the gaps between speech of at least 3 s."""
    measured = measurements.get("silence")
    if measured is not None:
        return measured.evidence
    speech = Timeline(segment for role in call.roles for segment in _speech(call, role))
    gaps = [gap for gap in speech.gaps() if gap.duration >= SILENCE_S]
    return [Evidence("interval", gap.start, gap.end, note="silence") for gap in gaps]


def _quiet(call: Call, measurements: Mapping[str, Measurement]) -> Iterator[_Stretch]:
    """Silences and holds; a hold that is measured as a silence too is drawn once."""
    taken = set()
    for silence in silences(call, measurements):
        taken.add((silence.start, silence.end))
        kind = "hold" if silence.note == "hold" else "silence"
        yield _Stretch(kind, silence.start, silence.end)
    measured = measurements.get("hold")
    if measured is None:
        return
    for hold in measured.evidence:
        if hold.kind == "interval" and (hold.start, hold.end) not in taken:
            yield _Stretch("hold", hold.start, hold.end)


def _overlaps(call: Call) -> Iterator[_Stretch]:
    for segment in _speech(call, Role.AGENT) & _speech(call, Role.CUSTOMER):
        yield _Stretch("overlap", segment.start, segment.end)


def _other_sounds(call: Call) -> Iterator[_Stretch]:
    for sound in call.sounds:
        yield _Stretch(sound.kind, sound.start, sound.end)


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
    step = next((step for step in TICK_STEPS_S if duration / step < most), TICK_STEPS_S[-1])
    return [Tick(at, percent(at, duration)) for at in range(0, int(duration) + 1, step)]
