"""How loud and how high somebody speaks, always against the same speaker.

    level dBFS   −26 | −27 | −25 | −17 | −26        speaker's own median −26
    pitch Hz     190 | 185 | 192 | 240 | 188        speaker's own median 190
    raised voice                   ^^^              at least 6 dB louder and 3 semitones higher than the median
    level jump                   ^^    ^^           at least 8 dB between neighbouring utterances (音量突增, 音量突降)

Codecs, gains and handsets differ by far more than voices do, so a level says nothing between two recordings. Amazon gives
a loudness of 0–100 per second of speech; Alibaba a change between neighbouring sentences or the largest span, in steps of
1–9 without a unit. Here everything is in dB and semitones, relative to the speaker's own median in this call.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import inf, log2, log10
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.metrics.base import Component, Metric, Name
from qa_speech.metrics.common import interval, measured, missing, no_role, quantile, ratio
from qa_speech.scores import Measurement

VOICE = (
    Component("level_db", "dBFS", "音量", "level"),
    Component("level_p50_db", "dBFS", "音量中位数", "median level"),
    Component("level_spread_db", "dB", "音量起伏", "spread of level"),
    Component("f0_hz", "Hz", "音高", "pitch"),
    Component("f0_range_st", "st", "音高范围", "pitch range"),
    Component("utterance_count", "count", "句数", "utterances", counted="句"),
    Component("utterance_s", "s", "说话时间（含停顿）", "utterances, time"),
    Component("jump_count", "count", "音量突变", "level jumps"),
    Component("rise_count", "count", "突然变响", "sudden rises"),
    Component("largest_jump_db", "dB", "最大突变", "largest jump"),
    Component("raised_count", "count", "音量升高", "raised voice", alone=Name("音量升高", "raised voice")),
    Component("raised_s", "s", "音量升高时长", "raised voice, time"),
    Component("raised_share", "%", "音量升高占比", "raised voice, share"),
)

SEMITONES = 12  # of an octave


class _Voiced(NamedTuple):
    """One utterance whose level was measured; `place` is its index in the call."""

    place: int
    start: float
    end: float
    level_db: float
    f0_hz: float | None
    f0_range_st: float | None

    @property
    def seconds(self) -> float:
        return self.end - self.start


def _voiced(call: Call, role: Role, min_utterance_s: float) -> list[_Voiced]:
    """The utterances of a role, at least so many seconds long, whose level was measured."""
    found = []
    for place, (said, sound) in enumerate(zip(call.utterances, call.acoustics, strict=False)):
        long_enough = said.end - said.start >= min_utterance_s
        if said.role is role and long_enough and sound.level_db is not None:
            found.append(_Voiced(place, said.start, said.end, sound.level_db, sound.f0_hz, sound.f0_range_st))
    return found


def voice(
    call: Call,
    *,
    role: Role,
    jump_db: float = 8.0,
    raised_level_db: float = 6.0,
    raised_pitch_st: float = 3.0,
    min_utterance_s: float = 0.5,
) -> Measurement:
    """Level and pitch of one role, jumps of the level, and raised voice.

    Parameters
    ----------
    call : Call
        Needs ``call.acoustics``, parallel to its utterances.
    role : Role
        Whose voice.
    jump_db : float, dB
        Difference between neighbouring utterances of this role that is a jump.
    raised_level_db, raised_pitch_st : float, dB and semitones
        A voice is raised in an utterance that lies above the speaker's own median by both.
    min_utterance_s : float, seconds
        Shorter utterances are left out: their level says little.

    Returns
    -------
    Measurement, unit ``dBFS``
        Value ``level_db``: mean power of the utterances, weighted by their length. ``level_p50_db`` their median,
        ``level_spread_db`` between their 10 % and 90 % points; ``f0_hz`` median pitch; ``f0_range_st`` median of the ranges inside
        utterances; ``utterance_count`` and ``utterance_s`` measured; ``jump_count``, of these ``rise_count`` upwards;
        ``largest_jump_db``; ``raised_count``, ``raised_s``, ``raised_share`` (% of ``utterance_s``), None where no pitch was
        measured. Evidence: ``level_jump``, ``raised_voice``. Value None: ``not_measured``, ``mono``, ``no_role``.

    Examples
    --------
    >>> import msgspec
    >>> from qa_speech.call import Acoustics
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(0, 2), (3, 5), (6, 8)])
    >>> sounds = (Acoustics(-26, 190), Acoustics(-17, 240), Acoustics(-26, 190))
    >>> found = voice(msgspec.structs.replace(call, acoustics=sounds), role=Role.AGENT)
    >>> found.components["raised_count"], found.components["jump_count"], found.components["rise_count"]
    (1, 2, 1)
    """
    role = Role(role)
    mine = _voiced(call, role, min_utterance_s)
    reason = no_role(call, role)
    if not reason and not mine:
        reason = "not_measured"
    if reason:
        return missing("dBFS", VOICE, reason)
    levels = sorted([said.level_db for said in mine])
    median_db = quantile(levels, 0.5) or 0.0
    pitch = quantile(sorted([said.f0_hz for said in mine if said.f0_hz]), 0.5)
    ranges = [said.f0_range_st for said in mine if said.f0_range_st is not None]
    utterance_s = _seconds(mine)
    steps = [(after, after.level_db - before.level_db) for before, after in pairwise(mine)]
    jumps = [(said, step_db) for said, step_db in steps if abs(step_db) >= jump_db]
    parts: dict[str, float | None] = {
        "level_db": _mean_level(mine, utterance_s),
        "level_p50_db": median_db,
        "level_spread_db": _spread(levels),
        "f0_hz": pitch,
        "f0_range_st": quantile(sorted(ranges), 0.5),
        "utterance_count": len(mine),
        "utterance_s": utterance_s,
        "jump_count": len(jumps),
        "rise_count": sum([step_db > 0 for _, step_db in jumps]),
        "largest_jump_db": max([abs(step_db) for _, step_db in steps], default=None),
        "raised_count": None,
        "raised_s": None,
        "raised_share": None,
    }
    raised: list[_Voiced] = []
    if pitch:
        raised = _raised(mine, median_db, pitch, raised_level_db, raised_pitch_st)
        raised_s = _seconds(raised)
        parts["raised_count"] = len(raised)
        parts["raised_s"] = raised_s
        parts["raised_share"] = ratio(raised_s, utterance_s)
    marked = [(said, "level_jump") for said, _ in jumps] + [(said, "raised_voice") for said in raised]
    marked.sort(key=lambda pair: pair[0].start)
    evidence = [interval((said.start, said.end), note, role, said.place) for said, note in marked]
    return measured(call, parts["level_db"], "dBFS", parts, evidence)


def _mean_level(mine: Sequence[_Voiced], utterance_s: float) -> float:
    """Mean power of the utterances, weighted by their length, in dBFS."""
    energy = sum([said.seconds * 10 ** (said.level_db / 10) for said in mine])
    return 10 * log10(energy / utterance_s)


def _seconds(mine: Sequence[_Voiced]) -> float:
    return sum([said.end - said.start for said in mine])


def _spread(levels: Sequence[float]) -> float:
    """dB between the points that 10 % and 90 % of the sorted levels lie below."""
    return (quantile(levels, 0.9) or 0.0) - (quantile(levels, 0.1) or 0.0)


def _raised(
    mine: Sequence[_Voiced], median_db: float, pitch: float, raised_level_db: float, raised_pitch_st: float
) -> list[_Voiced]:
    """The utterances at least so much louder (dB) and higher (semitones) than the speaker's own median (dBFS, Hz)."""
    louder = [said for said in mine if said.level_db - median_db >= raised_level_db]
    return [said for said in louder if _above(pitch, said) >= raised_pitch_st]


def _above(pitch: float, said: _Voiced) -> float:
    """Semitones by which an utterance is higher than `pitch` (Hz); −infinity where its own was not measured."""
    if not said.f0_hz:
        return -inf
    return SEMITONES * log2(said.f0_hz / pitch)


METRICS = (
    Metric(
        "voice", voice, "dBFS", ("acoustics",), VOICE, "音量", "level",
        highlights=("f0_hz", "f0_range_st", "raised_count"),
    ),
)  # fmt: skip
