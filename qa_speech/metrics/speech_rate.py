"""How fast somebody speaks (语速): spoken syllables over time.

    words        您 好 请 讲        98.5%
    syllables    4                  百分之九十八点五: 8
    utterance    |==== ====   ====|        speech rate: all of it, pauses included, 字/分
    phonation    |=| |=|   |=|             articulation rate: pauses of 0.25 s and more out, syllables/s

Huawei: one role's characters / Σ (sentence end − start), and spaces and punctuation count as characters. Alibaba: 字/分钟
per sentence or dialogue, no rule for what a 字 is. Amazon: words per minute. Recommended ranges in the field run from
120–160 to 220–260 字/分 because they divide by different times: limits belong to the scorecard.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.language.reading import syllables
from qa_speech.metrics.base import Component, Metric, names_of
from qa_speech.metrics.common import (
    Span,
    interval,
    missing,
    no_role,
    no_timing,
    on_both_channels,
    quantile,
    ratio,
    reliability,
    spans,
)
from qa_speech.metrics.doubt import WORDLESS_SHARE, has_doubtful_times
from qa_speech.metrics.text import wordless_share
from qa_speech.scores import Evidence, Measurement, Reliability

UNIT = "字/分"
RATE = (
    Component("syllables", "字", "字数", "syllables"),
    Component("utterance_s", "s", "说话时间（含停顿）", "utterances, time"),
    Component("phonation_s", "s", "发声时间", "phonation"),
    Component("articulation_rate", "syllables/s", "发音速率", "articulation rate"),
    Component("judged_count", "count", "参与判断的句数", "utterances judged", counted="句"),
    Component("min_rate", UNIT, "最慢一句", "slowest utterance"),
    Component("p50_rate", UNIT, "中位数", "median"),
    Component("p90_rate", UNIT, "90% 不超过", "90th percentile"),
    Component("max_rate", UNIT, "最快一句", "fastest utterance"),
    Component("fast_count", "count", "过快句数", "too fast", counted="句"),
    Component("slow_count", "count", "过慢句数", "too slow", counted="句"),
    Component("fast_share", "%", "过快占比", "share too fast"),
    Component("slow_share", "%", "过慢占比", "share too slow"),
    Component("ratio_to_other", "", "与对方语速之比", "ratio to the other", digits=2),
    Component("estimated_rate", UNIT, "按音节峰估计", "estimated from the sound"),
    Component("estimate_ratio", "", "转写与估计之比", "words to estimate", digits=2),
)
_RATE = names_of(RATE)
FEW_SYLLABLES = 30  # a rate over fewer is marked `low`: too_short


class _Rated(NamedTuple):
    """One utterance: its spoken syllables, and its syllable nuclei where they were counted."""

    place: int
    start: float
    end: float
    syllables: int
    nuclei: int | None

    @property
    def seconds(self) -> float:
        return self.end - self.start

    @property
    def per_minute(self) -> float:
        return 60.0 * self.syllables / self.seconds


def _rated(call: Call, role: Role) -> list[_Rated]:
    """The utterances of a role that hold words; all of them where words were not looked for."""
    found = []
    sounds = call.acoustics
    untimed = on_both_channels(call)
    for place, said in enumerate(call.utterances):
        if said.role is not role or place in untimed:
            continue
        count = syllables(said.text or "")
        if count or said.text is None:
            nuclei = sounds[place].nuclei if place < len(sounds) else None
            found.append(_Rated(place, said.start, said.end, count, nuclei))
    return found


def _phonation(speech: Sequence[Span], rated: Sequence[_Rated], pause_s: float) -> float:
    """Seconds of speech inside the utterances, pauses shorter than `pause_s` included."""
    seconds, place = 0.0, 0
    for said in rated:
        last: float | None = None
        while place < len(speech) and speech[place][1] <= said.start:
            place += 1
        while place < len(speech) and speech[place][0] < said.end:
            begin, finish = speech[place]
            start, end = max(begin, said.start), min(finish, said.end)
            if last is not None and start - last < pause_s:
                start = last
            seconds += end - start
            last = end
            if finish > said.end:
                break
            place += 1
    return seconds


def speech_rate(
    call: Call,
    *,
    role: Role,
    min_syllables: int = 8,
    min_rate: float | None = None,
    max_rate: float | None = None,
    pause_s: float = 0.25,
    disagreement: float = 1.5,
) -> Measurement:
    """Speech rate of one role in spoken syllables per minute (字/分).

    Parameters
    ----------
    call : Call
        Needs words with times.
    role : Role
        Whose rate.
    min_syllables : int
        Utterances with fewer are not judged on their own; they still count in the rate of the call.
    min_rate, max_rate : float, 字/分
        Utterances below or above are evidence; None judges none.
    pause_s : float, seconds
        Pauses of at least this length are left out of the articulation rate.
    disagreement : float
        Words and estimate that differ by more than this factor make the rate unreliable.

    Returns
    -------
    Measurement, unit ``字/分``
        ``syllables`` / ``utterance_s`` (time of the utterances that hold words, pauses included) give the value;
        ``phonation_s`` and ``articulation_rate`` (syllables per second of it); over the ``judged_count`` utterances ``min_rate``,
        ``p50_rate``, ``p90_rate``, ``max_rate``, and those out of limits ``fast_count``, ``slow_count`` with their share in %;
        ``ratio_to_other`` to the other role's rate. Evidence: ``speech_fast``, ``speech_slow``. Reliability is low
        (``too_short``) under 30 syllables, (``words_missing``) where a tenth of the speech has no words, and
        (``doubtful_times``) where the times of a transcript are wrong or estimates. ``estimated_rate`` is counted without words,
        from syllable nuclei in the sound; ``estimate_ratio`` = value / estimate, and beyond `disagreement` reliability is low
        (``rate_disagrees``). Where no words were looked for, the estimate is the value, with low reliability
        (``no_recogniser``). Value None: ``no_speech``, ``no_times``, ``no_recogniser``, ``no_words``, ``mono``, ``no_role``.

    Notes
    -----
    Syllables: `qa_speech.language.reading.syllables`: one per Han character, numbers as they are read aloud,
    punctuation none.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-3: 您好请问有什么可以帮您", "customer@4-7: 我想查一下我的话费")
    >>> found = speech_rate(call, role=Role.AGENT, max_rate=200)
    >>> found.value, found.components["fast_count"], found.evidence[0].note
    (220.0, 1, 'speech_fast')
    """
    role = Role(role)
    reason = no_timing(call) or no_role(call, role)
    mine = [] if reason else _rated(call, role)
    estimate = _estimate(mine)
    if not call.recognised:
        return _estimated(call, estimate, reason)
    if not mine:
        return missing(UNIT, RATE, reason or "no_words")
    count = sum([said.syllables for said in mine])
    seconds = sum([said.seconds for said in mine])
    phonation_s = _phonation(spans(call, role), mine, pause_s)
    value = 60.0 * count / seconds
    judged = [said for said in mine if said.syllables >= min_syllables]
    fast = [] if max_rate is None else [said for said in judged if said.per_minute > max_rate]
    slow = [] if min_rate is None else [said for said in judged if said.per_minute < min_rate]
    agreement = ratio(value, estimate or 0.0, 1.0)
    parts: dict[str, float | None] = {
        **dict.fromkeys(_RATE),
        **_rates(judged),
        "syllables": count,
        "utterance_s": seconds,
        "phonation_s": phonation_s,
        "articulation_rate": ratio(count, phonation_s, 1.0),
        "judged_count": len(judged),
        "fast_count": len(fast),
        "slow_count": len(slow),
        "fast_share": ratio(len(fast), len(judged)),
        "slow_share": ratio(len(slow), len(judged)),
        "ratio_to_other": _ratio_to_other(call, role, value),
        "estimated_rate": estimate,
        "estimate_ratio": agreement,
    }
    trust, why = _reliability(call, role, count, agreement, disagreement)
    return Measurement(value, UNIT, parts, _evidence(fast, slow, role), "", trust, why)


def _reliability(
    call: Call, role: Role, count: int, agreement: float | None, disagreement: float
) -> tuple[Reliability, str]:
    """That of the call's timing; low, too, over few syllables, where words are missing, or where words and sound differ by
    more than a factor."""
    trust, why = reliability(call)
    if trust != "ok":
        return trust, why
    if has_doubtful_times(call):
        return "low", "doubtful_times"
    if wordless_share(call, role) > WORDLESS_SHARE:
        return "low", "words_missing"
    if count < FEW_SYLLABLES:
        return "low", "too_short"
    if agreement and not 1 / disagreement <= agreement <= disagreement:
        return "low", "rate_disagrees"
    return "ok", ""


def _rates(judged: Sequence[_Rated]) -> dict[str, float | None]:
    """Slowest, middle, nearly fastest and fastest of single utterances, in 字/分; None of none."""
    rates = sorted([said.per_minute for said in judged])
    if not rates:
        return dict.fromkeys(("min_rate", "p50_rate", "p90_rate", "max_rate"))
    return {
        "min_rate": rates[0],
        "p50_rate": quantile(rates, 0.5),
        "p90_rate": quantile(rates, 0.9),
        "max_rate": rates[-1],
    }


def _estimate(rated: Sequence[_Rated]) -> float | None:
    """Syllable nuclei per minute of the utterances in which they were counted."""
    counted = [said for said in rated if said.nuclei is not None]
    seconds = sum([said.seconds for said in counted])
    nuclei = sum([said.nuclei or 0 for said in counted])
    return ratio(nuclei, seconds, 60.0) or None


def _estimated(call: Call, estimate: float | None, reason: str) -> Measurement:
    """The rate of a call whose words nobody looked for."""
    if reason or estimate is None:
        return missing(UNIT, RATE, reason or "no_recogniser")
    parts = {**dict.fromkeys(_RATE), "estimated_rate": estimate}
    return Measurement(estimate, UNIT, parts, (), "", "low", "no_recogniser")


def _ratio_to_other(call: Call, role: Role, value: float) -> float | None:
    """`value` (字/分) over the rate of the other party; None where there is none, or it says nothing."""
    if role.other is role:
        return None
    other = _rated(call, role.other)
    count = sum([said.syllables for said in other])
    if not count:
        return None
    return value * sum([said.seconds for said in other]) / (60.0 * count)


def _evidence(fast: Sequence[_Rated], slow: Sequence[_Rated], role: Role) -> tuple[Evidence, ...]:
    marked = [(said, "speech_fast") for said in fast] + [(said, "speech_slow") for said in slow]
    marked.sort(key=lambda pair: pair[0].start)
    return tuple([interval((said.start, said.end), note, role, said.place) for said, note in marked])


METRICS = (
    Metric(
        "speech_rate", speech_rate, UNIT, ("words", "times"), RATE, "语速", "speech rate",
        highlights=("max_rate", "articulation_rate"),
    ),
)  # fmt: skip
