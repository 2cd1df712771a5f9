"""How fast the agent answers, and how a caller is put on hold.

    customer   |=====|                    |====|
    agent                |======|             |=====|
    latency          |--| 0.9 s               -| −0.2 s: the agent started before the customer had ended

    agent      请稍等|                     |感谢您的耐心等待
    hold             |----- 25 s ----------|   announced, thanked for

Floor-transfer offset of conversation research (typically 0.2 s between people); Connect has a response time in its rules and
counts holds from telephony events, which a recording does not carry: here a hold is heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from qa_speech.call import MASKED, THIRD, UNDIVIDED, Call, Role
from qa_speech.language.data import word_list
from qa_speech.language.dialogue import EPS
from qa_speech.language.dialogue import turns as turns_of
from qa_speech.language.phrases import says
from qa_speech.metrics.base import (
    CALL_S,
    COUNT,
    LONGEST_S,
    MEAN_S,
    MIN_S,
    P50_S,
    P90_S,
    SHARE,
    TOTAL_S,
    Component,
    Metric,
    Name,
    names_of,
)
from qa_speech.metrics.common import (
    Span,
    distribution,
    heard_s,
    interval,
    length_s,
    measured,
    missing,
    no_pair,
    no_timing,
    on_both_channels,
    quantile,
    ratio,
    stretches_of,
)
from qa_speech.metrics.gaps import ANNOUNCEMENTS, GRACE_S, Silence, silences
from qa_speech.scores import Evidence, Measurement

THANKS = word_list("hold_thanks")
RING_PAUSE_S = 4.0
"""Between two rings, where only one is heard (GB 3380, ITU-T E.180: 1 s on, 4 s off)."""
LONGEST_RING_S = 2.5
"""A tone alone that lasts longer has no cadence."""
CUT_SHORT_S = 0.15
"""A last ring that is shorter than the others by more than this was cut short by the answer."""

RESPONSE = (
    COUNT,
    MEAN_S,
    MIN_S,
    P50_S,
    replace(P90_S, alone=Name("九成应答间隔不超过", "90 % of the response latencies within")),
    replace(LONGEST_S, alone=Name("最长应答间隔", "longest response latency")),
    TOTAL_S,
    Component("slow_count", "count", "偏慢次数", "slow"),
    Component("slow_share", "%", "偏慢占比", "share slow"),
    Component("overlapped_count", "count", "未等说完", "before the end"),
    Component("held_count", "count", "因等待未计", "left out: announced hold"),
    Component("first_word_s", "s", "首次开口", "first word", alone=Name("首次开口", "first word after"), placed=False),
)
HOLD = (
    replace(COUNT, alone=Name("等待", "holds")),
    TOTAL_S,
    replace(LONGEST_S, alone=Name("最长等待", "longest hold")),
    MEAN_S,
    SHARE,
    CALL_S,
    Component("announced_count", "count", "事先说明", "announced", alone=Name("说明过的等待", "holds announced")),
    Component(
        "unannounced_count", "count", "没有说明", "not announced", alone=Name("没有说明的等待", "holds not announced")
    ),
    Component("thanked_count", "count", "之后致谢", "thanked for"),
    Component(
        "unthanked_count", "count", "没有致谢", "not thanked for", alone=Name("没有致谢的等待", "holds not thanked for")
    ),
    Component("longest_unannounced_s", "s", "最长一次没有说明", "longest not announced"),
)
_RESPONSE, _HOLD = names_of(RESPONSE), names_of(HOLD)


def response(call: Call, *, slow_s: float = 3.0, announcements: tuple[str, ...] = ANNOUNCEMENTS) -> Measurement:
    """How long customers wait for the agent's answer: the median latency.

    Parameters
    ----------
    call : Call
        Needs the utterances of both roles, with times.
    slow_s : float, seconds
        Latencies longer than this are slow.
    announcements : tuple of str
        A wait that the agent announced with one of these, or that is filled with music, is a hold and no latency.

    Returns
    -------
    Measurement, unit ``s``
        Value ``p50_s``. One latency at each change of the floor from customer to agent = agent onset − customer offset,
        negative where they overlap: ``count``, ``total_s``, ``mean_s``, ``min_s``, ``p50_s``, ``p90_s``, ``longest_s``;
        ``slow_count`` and ``slow_share`` in %; ``overlapped_count`` below zero; ``held_count`` changes left out because the
        agent had announced a hold; ``first_word_s`` from the start of the recording (from the end of ring-back or
        announcement, if one is heard before) to the agent's first word: the pause after the last ring is ringing too unless that
        ring was cut short, and None where the beginning is masked or one signal on both channels. Evidence: one interval per
        slow answer, ``slow_response``, and the wait for the first word, ``first_word``. Value None: ``no_speech``, ``no_times``,
        ``mono``, ``no_role``, ``no_event`` (the floor never changes from customer to agent).

    Notes
    -----
    What the agent says wholly inside the customer's turn takes no floor and has no latency. Backchannels are no
    answers, except to a question (`qa_speech.language.dialogue.turns`).

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(1, 2), (9, 12)], customer=[(2.5, 5)])
    >>> found = response(call)
    >>> found.value, found.components["slow_count"], found.components["first_word_s"]
    (4.0, 1, 1.0)
    """
    reason = no_timing(call) or no_pair(call)
    if reason:
        return missing("s", RESPONSE, reason)
    every = _latencies(call)
    found = _without_holds(call, every, slow_s, tuple(announcements))
    seconds = sorted([one.seconds for one in found])
    slow = [one for one in found if one.seconds > slow_s + EPS]
    parts: dict[str, float | None] = dict.fromkeys(_RESPONSE)
    parts["count"] = len(found)
    parts["total_s"] = sum(seconds)
    parts["slow_count"] = len(slow)
    parts["slow_share"] = ratio(len(slow), len(found))
    parts["overlapped_count"] = sum([latency_s < 0 for latency_s in seconds])
    parts["held_count"] = len(every) - len(found)
    if seconds:
        parts["mean_s"] = sum(seconds) / len(seconds)
        parts["min_s"] = seconds[0]
        parts["p50_s"] = quantile(seconds, 0.5)
        parts["p90_s"] = quantile(seconds, 0.9)
        parts["longest_s"] = seconds[-1]
    evidence = []
    opening = _opening(call)
    if opening is not None:
        parts["first_word_s"] = opening[1] - opening[0]
        if opening[0] < opening[1]:
            evidence.append(interval(opening, "first_word", Role.AGENT))
    for one in slow:
        evidence.append(interval((one.asked, one.answered), "slow_response", Role.AGENT, one.utterance))
    return measured(call, parts["p50_s"], "s", parts, evidence, "" if seconds else "no_event")


class Latency(NamedTuple):
    """A change of the floor from customer to agent: when the one fell silent and the other began (s), and with which utterance."""

    asked: float
    answered: float
    utterance: int

    @property
    def seconds(self) -> float:
        """How long the customer waited, in seconds; negative where the agent began first."""
        return self.answered - self.asked


def _latencies(call: Call) -> list[Latency]:
    """One at each change of the floor from customer to agent."""
    found = []
    before = None
    untimed = on_both_channels(call)
    for turn in turns_of(call):
        if (
            before is not None
            and before.role is Role.CUSTOMER
            and untimed.isdisjoint((*before.utterances, *turn.utterances))
        ):
            # what the agent says wholly inside the customer's turn takes no floor
            for index in turn.utterances:
                said = call.utterances[index]
                if said.end > before.end:
                    if not _masked_between(call, before.end, said.start):
                        found.append(Latency(before.end, said.start, index))
                    break
        before = turn
    return found


def _masked_between(call: Call, asked: float, answered: float) -> bool:
    """Whether somebody else spoke, or may have spoken, in between."""
    latest, earliest = answered - GRACE_S, asked + GRACE_S
    return any(start < latest and end > earliest for start, end in stretches_of(call, MASKED, THIRD))


def _without_holds(call: Call, every: list[Latency], slow_s: float, announcements: tuple[str, ...]) -> list[Latency]:
    """Those in which the agent had not announced a hold and no music played; a wait of up to `slow_s` seconds is no hold."""
    if not any(one.seconds > slow_s for one in every):
        return every
    waits = silences(call, min_silence_s=slow_s, announcements=announcements)
    holds = [wait for wait in waits if wait.kind == "hold"]
    return [one for one in every if not any(_within(hold, one) for hold in holds)]


def _within(hold: Silence, one: Latency) -> bool:
    return one.asked <= hold.start + GRACE_S and hold.end <= one.answered + GRACE_S


def _opening(call: Call) -> tuple[float, float] | None:
    """From the start of the recording, or the end of ringing and announcements, to the agent's first word."""
    spoken = [said.start for said in call.utterances if said.role is Role.AGENT and said.text != ""]
    if not spoken:
        return None
    first = spoken[0]
    if any(start < first for start, _ in stretches_of(call, MASKED, UNDIVIDED)):
        return None  # who spoke until then is not known
    announced = [end for _, end in stretches_of(call, "ivr") if end <= first]
    ringing = [ring for ring in stretches_of(call, "ring_back") if ring[1] <= first]
    begun = max([*announced, _picked_up(ringing)], default=0.0)
    return min(begun, first), first


def _picked_up(rings: Sequence[Span]) -> float:
    """When the ringing ended at the latest, in seconds: its pauses belong to it, but a ring that is cut short was answered."""
    if not rings:
        return 0.0
    start, end = rings[-1]
    usual_s = max([ring[1] - ring[0] for ring in rings])
    if end - start < usual_s - CUT_SHORT_S:
        return end
    pauses = [later[0] - earlier[1] for earlier, later in pairwise(rings)]
    if not pauses and usual_s > LONGEST_RING_S:
        return end
    return end + min(pauses, default=RING_PAUSE_S)


def hold(
    call: Call,
    *,
    min_hold_s: float = 3.0,
    thanks_within_s: float = 10.0,
    announcements: tuple[str, ...] = ANNOUNCEMENTS,
    thanks: tuple[str, ...] = THANKS,
) -> Measurement:
    """Count the waits that were announced or filled with music.

    Parameters
    ----------
    call : Call
        Needs ``call.speech``; announcements and thanks need words, music needs ``call.sounds``.
    min_hold_s : float, seconds
        Shortest wait that counts.
    thanks_within_s : float, seconds
        How soon after a hold an utterance of the agent must start to thank for it.
    announcements, thanks : tuple of str
        Phrases of the agent before and after a hold.

    Returns
    -------
    Measurement, unit ``count``
        ``total_s``, ``longest_s``, ``mean_s``, ``share`` (% of the call), ``call_s``; ``announced_count`` and
        ``unannounced_count`` (music without a word before), ``thanked_count`` and ``unthanked_count``,
        ``longest_unannounced_s``. Evidence: one interval per hold: ``hold``, ``hold_unannounced`` or ``hold_unthanked`` (the first
        that applies from the right). What rests on words is None without a recogniser. Value None: ``no_speech``,
        ``no_times``, ``mono``, ``no_role``.

    Notes
    -----
    Connect's CUSTOMER_HOLD_TIME counts the hold button. A wait at the customer's own wish (等一下) is no hold.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer@0-3: 我想查话费", "agent@4-6: 请您稍等", "agent@20-23: 感谢您的耐心等待")
    >>> found = hold(call)
    >>> found.value, found.components["total_s"], found.components["thanked_count"]
    (1, 14.0, 1)
    """
    reason = no_timing(call) or no_pair(call)
    if reason:
        return missing("count", HOLD, reason)
    waits = silences(call, min_silence_s=min_hold_s, announcements=tuple(announcements))
    found = [wait for wait in waits if wait.kind == "hold" and wait.owner is not Role.CUSTOMER]
    thanked = [_thanked(call, wait, tuple(thanks), thanks_within_s) for wait in found]
    seconds = [wait.duration for wait in found]
    length = length_s(call)
    parts: dict[str, float | None] = dict.fromkeys(_HOLD)
    parts["count"] = len(found)
    parts["total_s"] = sum(seconds)
    parts["longest_s"] = max(seconds, default=0.0)
    parts["mean_s"] = distribution(seconds)["mean_s"]
    parts["share"] = ratio(sum(seconds), heard_s(call))
    parts["call_s"] = length
    if call.recognised:
        silent = [wait.duration for wait in found if not wait.announced]
        parts["announced_count"] = len(found) - len(silent)
        parts["unannounced_count"] = len(silent)
        parts["thanked_count"] = sum(thanked)
        parts["unthanked_count"] = len(found) - sum(thanked)
        parts["longest_unannounced_s"] = max(silent, default=0.0)
    evidence = _hold_evidence(found, thanked, words=call.recognised)
    return measured(call, len(found), "count", parts, evidence)


def _thanked(call: Call, hold: Silence, thanks: tuple[str, ...], within_s: float) -> bool:
    """Whether the agent gives thanks in an utterance that starts at most so many seconds after the hold."""
    for said in call.utterances:
        soon_after = hold.end - GRACE_S <= said.start <= hold.end + within_s
        if soon_after and said.role is Role.AGENT and says(said.text, thanks):
            return True
    return False


def _hold_evidence(found: Sequence[Silence], thanked: Sequence[bool], *, words: bool) -> list[Evidence]:
    evidence = []
    for wait, thanks in zip(found, thanked, strict=True):
        note = "hold"
        if words and not wait.announced:
            note = "hold_unannounced"
        elif words and not thanks:
            note = "hold_unthanked"
        evidence.append(interval((wait.start, wait.end), note, Role.AGENT))
    return evidence


METRICS = (
    Metric(
        "response", response, "s", ("speech", "times"), RESPONSE, "应答间隔", "response latency",
        Name("应答间隔（中位数）", "median response latency"), highlights=("p90_s", "longest_s", "first_word_s"),
    ),
    Metric(
        "hold", hold, "count", ("speech", "times"), HOLD, "等待次数", "holds",
        highlights=("longest_s", "announced_count", "thanked_count"),
    ),
)  # fmt: skip
