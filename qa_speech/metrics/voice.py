"""How loud and how high somebody speaks, always against the same speaker.

    level dBFS   −26 | −27 | −25 | −17 | −26        speaker's own median −26
    pitch Hz     190 | 185 | 192 | 240 | 188        speaker's own median 190
    raised voice                   ^^^              8 dB louder and 4 semitones higher than the median
    level jump                   ^^                 8 dB between neighbouring utterances (音量突增)

Codecs, gains and handsets differ by far more than voices do, so a level says nothing between two recordings. Amazon gives
a loudness of 0–100 per second of speech; Alibaba a change between neighbouring sentences or the largest span, in steps of
1–9 without a unit. Here everything is in dB and semitones, relative to the speaker's own median in this call.
"""

from __future__ import annotations

from itertools import pairwise
from math import log2, log10
from typing import NamedTuple

from qa_speech.call import Call, Measurement, Role
from qa_speech.metrics.base import Component, Metric, Name
from qa_speech.metrics.common import interval, measured, missing, no_role, quantile, ratio

VOICE = (
    Component("level_db", "dBFS", "音量", "level"),
    Component("level_p50_db", "dBFS", "音量中位数", "median level"),
    Component("level_spread_db", "dB", "音量起伏", "spread of level"),
    Component("f0_hz", "Hz", "音高", "pitch"),
    Component("f0_range_st", "st", "音高范围", "pitch range"),
    Component("utterance_count", "count", "句数", "utterances"),
    Component("utterance_s", "s", "说话时间（含停顿）", "utterances, time"),
    Component("jump_count", "count", "音量突变", "level jumps"),
    Component("rise_count", "count", "突然变响", "sudden rises"),
    Component("largest_jump_db", "dB", "最大突变", "largest jump"),
    Component("raised_count", "count", "提高嗓门", "raised voice", alone=Name("提高嗓门", "raised voice")),
    Component("raised_s", "s", "提高嗓门时长", "raised voice, time"),
    Component("raised_share", "%", "提高嗓门占比", "raised voice, share"),
)


class _Voiced(NamedTuple):
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
    return [
        _Voiced(index, item.start, item.end, sound.level_db, sound.f0_hz, sound.f0_range_st)
        for index, (item, sound) in enumerate(zip(call.utterances, call.acoustics, strict=False))
        if item.role is role and sound.level_db is not None and item.end - item.start >= min_utterance_s
    ]


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
    reason = no_role(call, role) or ("" if mine else "not_measured")
    if reason:
        return missing("dBFS", VOICE, reason)
    levels = sorted([item.level_db for item in mine])
    pitches = sorted([item.f0_hz for item in mine if item.f0_hz])
    ranges = sorted([item.f0_range_st for item in mine if item.f0_range_st is not None])
    seconds = sum([item.seconds for item in mine])
    level = 10 * log10(sum([item.seconds * 10 ** (item.level_db / 10) for item in mine]) / seconds)
    steps = [(after, after.level_db - before.level_db) for before, after in pairwise(mine)]
    jumps = [(item, step) for item, step in steps if abs(step) >= jump_db]
    median, pitch = quantile(levels, 0.5) or 0.0, quantile(pitches, 0.5)
    raised = [
        item
        for item in mine
        if pitch
        and item.f0_hz
        and item.level_db - median >= raised_level_db
        and 12 * log2(item.f0_hz / pitch) >= raised_pitch_st
    ]
    loud = sum([item.seconds for item in raised])
    parts: dict[str, float | None] = {
        "level_db": level, "level_p50_db": median,
        "level_spread_db": (quantile(levels, 0.9) or 0.0) - (quantile(levels, 0.1) or 0.0), "f0_hz": pitch,
        "f0_range_st": quantile(ranges, 0.5), "utterance_count": len(mine), "utterance_s": seconds,
        "jump_count": len(jumps), "rise_count": sum([step > 0 for _, step in jumps]),
        "largest_jump_db": max([abs(step) for _, step in steps], default=None),
        "raised_count": len(raised) if pitch else None, "raised_s": loud if pitch else None,
        "raised_share": ratio(loud, seconds) if pitch else None,
    }  # fmt: skip
    marked = [(item, "level_jump") for item, _ in jumps] + [(item, "raised_voice") for item in raised]
    marked.sort(key=lambda pair: pair[0].start)
    evidence = [interval((item.start, item.end), note, role, item.place) for item, note in marked]
    return measured(call, level, "dBFS", parts, evidence)


METRICS = (
    Metric(
        "voice", voice, "dBFS", ("acoustics",), VOICE, "音量", "level",
        highlights=("f0_hz", "f0_range_st", "raised_count"),
    ),
)  # fmt: skip
