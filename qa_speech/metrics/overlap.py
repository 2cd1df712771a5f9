"""Both speak at once: how much, who started it, and what it was.

    agent      |=============|          |=====|          |==========|
    customer             |=======|     |=|                   |=|
    overlap              |---|          |-|                  |-|
    class        interruption, success  simultaneous start   backchannel (嗯)

The initiator of an overlap is the side whose utterance started later. Amazon publishes no threshold for an interruption;
Verint: both talk for longer than N seconds; Alibaba: the other had been talking for DelayTime (1 s in its example); Medallia:
agent turns that interrupted / agent turns. Here a listening word is never an interruption, nor is who starts with the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple, get_args

from qa_speech.call import Call, Role, Utterance
from qa_speech.language.dialogue import EPS, is_backchannel
from qa_speech.language.dialogue import turns as turns_of
from qa_speech.metrics.base import (
    ACTIVE_S,
    CALL_S,
    COUNT,
    LONGEST_S,
    MEAN_S,
    MIN_S,
    P50_S,
    P90_S,
    PER_MIN,
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
    interval,
    length_s,
    measured,
    missing,
    no_pair,
    no_role,
    no_timing,
    ratio,
    spans,
    told_s,
    total,
)
from qa_speech.scores import Measurement

OverlapClass = Literal["interruption", "interruption_attempt", "backchannel", "simultaneous_start", "brief"]
CLASSES: tuple[OverlapClass, ...] = get_args(OverlapClass)

CUTTING_IN = ("interruption", "interruption_attempt")

_PER_CLASS = (
    Component("interruption_count", "count", "抢话", "interruptions"),
    Component("interruption_attempt_count", "count", "抢话未成", "attempted interruptions"),
    Component("backchannel_count", "count", "附和", "backchannels"),
    Component("simultaneous_start_count", "count", "同时开口", "simultaneous starts"),
    Component("brief_count", "count", "短暂重叠", "brief overlaps"),
)


def _started_by(role: str, zh: str, en: str) -> tuple[Component, ...]:
    """The overlaps that one role started, by class; nobody in particular starts a simultaneous start."""
    started = [one for one in _PER_CLASS if one.name != "simultaneous_start_count"]
    return tuple([Component(f"{role}_{one.name}", "count", f"{zh}{one.zh}", f"{en}, {one.en}") for one in started])


OVERLAP = (
    TOTAL_S,
    COUNT,
    SHARE,
    Component("share_of_speech", "%", "占全部说话", "share of speech"),
    PER_MIN,
    CALL_S,
    ACTIVE_S,
    MIN_S,
    MEAN_S,
    P50_S,
    P90_S,
    LONGEST_S,
    *_PER_CLASS,
    *_started_by("agent", "坐席", "agent"),
    *_started_by("customer", "客户", "customer"),
)
INTERRUPTION = (
    replace(COUNT, alone=Name("抢话", "interruptions")),
    Component("success_count", "count", "打断成功", "successful"),
    Component("attempt_count", "count", "未成", "attempted"),
    PER_MIN,
    TOTAL_S,
    LONGEST_S,
    CALL_S,
    Component("turns", "count", "轮次数", "turns", counted="个"),
    Component("interrupting_turns", "count", "抢话的轮次", "interrupting turns", counted="个"),
    Component("overtalk_share", "%", "抢话占轮次", "overtalk"),
)
_OVERLAP = names_of(OVERLAP)


class OverlapEvent(NamedTuple):
    """One overlap: its extent, the seconds both spoke, who started later, and the two utterances."""

    start: float
    end: float
    overlap_s: float
    initiator: Role
    kind: OverlapClass
    later: int
    earlier: int


def common_speech(one: Sequence[Span], two: Sequence[Span]) -> list[Span]:
    """What two sorted lists of spans share.

    >>> common_speech([(0, 2), (4, 6)], [(1, 5)])
    [(1, 2), (4, 5)]
    """
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(two):
        (begin, finish), (other_begin, other_finish) = one[i], two[j]
        start = begin if begin > other_begin else other_begin
        if finish <= other_finish:
            end = finish
            i += 1
        else:
            end = other_finish
            j += 1
        if start < end:
            found.append((start, end))
    return found


def withheld(call: Call) -> str:
    """Why overlap cannot be told in this call; "" when it can.

    One channel holds no overlap unless a diarizer that models overlap made its timelines (``made_with`` says
    ``diarizer_overlap``: ``modelled``).
    """
    reason = no_timing(call) or no_pair(call)
    one_channel = call.recording.layout in ("mono", "fake_stereo")
    if not reason and one_channel and call.made_with.get("diarizer_overlap") != "modelled":
        return "mono"
    return reason


def events(
    call: Call,
    *,
    min_event_s: float = 0.2,
    delay_s: float = 1.0,
    min_overlap_s: float = 0.5,
    yield_s: float = 1.5,
    simultaneous_s: float = 0.3,
    backchannel_s: float = 1.0,
) -> list[OverlapEvent]:
    """The overlaps of at least `min_event_s` seconds, one per pair of utterances, classified; limits as for `overlap`.

    >>> from qa_speech.testing import make_call
    >>> one, = events(make_call("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说完"))
    >>> one.start, one.end, one.overlap_s, str(one.initiator), one.kind
    (3.0, 4.0, 1.0, 'agent', 'interruption')
    """
    found = []
    for (agent, customer), shared in _by_pair(call).items():
        if shared.seconds < min_event_s - EPS:
            continue
        agent_is_later = call.utterances[agent].start > call.utterances[customer].start
        later, earlier = (agent, customer) if agent_is_later else (customer, agent)
        kind = _classify(
            call.utterances[later], call.utterances[earlier], shared.seconds, delay_s=delay_s, min_overlap_s=min_overlap_s,
            yield_s=yield_s, simultaneous_s=simultaneous_s, backchannel_s=backchannel_s,
        )  # fmt: skip
        initiator = call.utterances[later].role
        found.append(OverlapEvent(shared.start, shared.end, shared.seconds, initiator, kind, later, earlier))
    return found


class _Shared(NamedTuple):
    """What two utterances share: from the first to the last moment, and the seconds both spoke."""

    start: float
    end: float
    seconds: float


def _by_pair(call: Call) -> dict[tuple[int, int], _Shared]:
    """The speech both share, by ``(utterance of the agent, utterance of the customer)``."""
    pairs: dict[tuple[int, int], _Shared] = {}
    shared = common_speech(spans(call, Role.AGENT), spans(call, Role.CUSTOMER))
    if not shared:
        return pairs
    agent, customer = _ends(call, Role.AGENT), _ends(call, Role.CUSTOMER)
    mine = yours = 0
    for start, end in shared:
        while mine < len(agent) and agent[mine][1] <= start:
            mine += 1
        while yours < len(customer) and customer[yours][1] <= start:
            yours += 1
        if mine == len(agent) or yours == len(customer):
            break
        key = (agent[mine][0], customer[yours][0])
        before = pairs.get(key)
        if before is None:
            pairs[key] = _Shared(start, end, end - start)
        else:
            pairs[key] = _Shared(before.start, end, before.seconds + end - start)
    return pairs


def _ends(call: Call, role: Role) -> list[tuple[int, float]]:
    """Index and end (s) of the utterances of a role."""
    return [(index, said.end) for index, said in enumerate(call.utterances) if said.role is role]


def _classify(
    later: Utterance,
    earlier: Utterance,
    seconds: float,
    *,
    delay_s: float,
    min_overlap_s: float,
    yield_s: float,
    simultaneous_s: float,
    backchannel_s: float,
) -> OverlapClass:
    if is_backchannel(later, longest_s=backchannel_s):
        return "backchannel"
    spoken = later.start - earlier.start
    if spoken <= simultaneous_s + EPS:
        return "simultaneous_start"
    if spoken < delay_s - EPS or seconds < min_overlap_s - EPS:
        return "brief"
    if earlier.end - later.start <= yield_s + EPS and later.end > earlier.end:
        return "interruption"
    return "interruption_attempt"


def overlap(
    call: Call,
    *,
    min_event_s: float = 0.2,
    delay_s: float = 1.0,
    min_overlap_s: float = 0.5,
    yield_s: float = 1.5,
    simultaneous_s: float = 0.3,
    backchannel_s: float = 1.0,
) -> Measurement:
    """Seconds in which agent and customer speak at once, and what each overlap was.

    Parameters
    ----------
    call : Call
        Needs ``call.speech`` and utterances of both roles on channels of their own.
    min_event_s : float, seconds
        Shortest overlap that is counted as an event; the total holds all.
    delay_s : float, seconds
        How long the other must have been speaking, in that utterance, to be interrupted.
    min_overlap_s : float, seconds
        Shortest overlap that can be an interruption.
    yield_s : float, seconds
        An interruption succeeds if the other falls silent within this time and the initiator goes on.
    simultaneous_s : float, seconds
        Starts no further apart are a simultaneous start.
    backchannel_s : float, seconds
        An utterance without words up to this long is a backchannel.

    Returns
    -------
    Measurement, unit ``s``
        ``total_s`` (all overlap), ``count`` of events, ``share`` (% of the call), ``share_of_speech`` (% of ``active_s``, the time
        anybody speaks), ``per_min``, distribution of the events ``min_s mean_s p50_s p90_s longest_s``, ``…_count`` per class and
        ``agent_…_count`` / ``customer_…_count`` per initiator. Evidence: one interval per event, its class as note. Value None:
        ``no_speech``, ``no_times``, ``mono``, ``no_role``.

    Notes
    -----
    Overlaps of one pair of utterances are one event: a short breath does not make two interruptions of one. Shares and rates
    leave out the time in which both channels carry one signal, and what is masked.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说完", duration=10)
    >>> found = overlap(call)
    >>> found.value, found.components["agent_interruption_count"], found.evidence[0].note
    (1.0, 1, 'interruption')
    """
    reason = withheld(call)
    if reason:
        return missing("s", OVERLAP, reason)
    agent, customer = spans(call, Role.AGENT), spans(call, Role.CUSTOMER)
    seconds = total(common_speech(agent, customer))
    active_s = total(agent) + total(customer) - seconds
    found = events(
        call, min_event_s=min_event_s, delay_s=delay_s, min_overlap_s=min_overlap_s, yield_s=yield_s,
        simultaneous_s=simultaneous_s, backchannel_s=backchannel_s,
    )  # fmt: skip
    parts: dict[str, float | None] = dict.fromkeys(_OVERLAP, 0)
    parts["total_s"] = seconds
    parts["count"] = len(found)
    parts["share"] = ratio(seconds, told_s(call))
    parts["share_of_speech"] = ratio(seconds, active_s)
    parts["per_min"] = ratio(len(found), told_s(call), 60.0)
    parts["call_s"] = length_s(call)
    parts["active_s"] = active_s
    parts.update(distribution([event.overlap_s for event in found]))
    for event in found:
        for name in (f"{event.kind}_count", f"{event.initiator.value}_{event.kind}_count"):
            if name in parts:
                parts[name] = (parts[name] or 0) + 1
    evidence = [interval((event.start, event.end), event.kind, event.initiator, event.later) for event in found]
    return measured(call, seconds, "s", parts, evidence)


def interruption(
    call: Call,
    *,
    role: Role,
    delay_s: float = 1.0,
    min_overlap_s: float = 0.5,
    yield_s: float = 1.5,
    simultaneous_s: float = 0.3,
    backchannel_s: float = 1.0,
) -> Measurement:
    """How often one role cuts into what the other is saying (抢话、插话).

    Parameters
    ----------
    call : Call
        As for `overlap`.
    role : Role
        Who interrupts.
    delay_s, min_overlap_s, yield_s, simultaneous_s, backchannel_s : float, seconds
        As for `overlap`.

    Returns
    -------
    Measurement, unit ``count``
        ``success_count`` (the other fell silent) and ``attempt_count`` (the other went on) add up to ``count``, the value;
        ``per_min`` of the call; ``total_s`` and ``longest_s`` of the overlap; ``turns`` of this role, ``interrupting_turns`` among
        them, and ``overtalk_share`` = the second in % of the first (Medallia's overtalk). Evidence: ``interruption`` or
        ``interruption_attempt``, with the utterance that cut in. Value None: as for `overlap`.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer@0-4: 我的宽带坏了三天了", "agent@3-6: 您先听我说完", duration=60)
    >>> found = interruption(call, role=Role.AGENT)
    >>> found.value, found.components["success_count"], found.components["overtalk_share"]
    (1, 1, 100.0)
    """
    role = Role(role)
    reason = withheld(call) or no_role(call, role)
    if reason:
        return missing("count", INTERRUPTION, reason)
    every = events(
        call, min_event_s=0.0, delay_s=delay_s, min_overlap_s=min_overlap_s, yield_s=yield_s,
        simultaneous_s=simultaneous_s, backchannel_s=backchannel_s,
    )  # fmt: skip
    found = [event for event in every if event.initiator is role and event.kind in CUTTING_IN]
    success = sum([event.kind == "interruption" for event in found])
    starters = {event.later for event in found}
    mine = [turn for turn in turns_of(call) if turn.role is role]
    cutting = sum([not starters.isdisjoint(turn.utterances) for turn in mine])
    seconds = [event.overlap_s for event in found]
    parts: dict[str, float | None] = {
        "count": len(found),
        "success_count": success,
        "attempt_count": len(found) - success,
        "per_min": ratio(len(found), told_s(call), 60.0),
        "total_s": sum(seconds),
        "longest_s": max(seconds, default=0.0),
        "call_s": length_s(call),
        "turns": len(mine),
        "interrupting_turns": cutting,
        "overtalk_share": ratio(cutting, len(mine)),
    }
    evidence = [interval((event.start, event.end), event.kind, role, event.later) for event in found]
    return measured(call, len(found), "count", parts, evidence)


METRICS = (
    Metric(
        "overlap", overlap, "s", ("speech", "times"), OVERLAP, "重叠", "overlap",
        highlights=("count", "share_of_speech"),
    ),
    Metric(
        "interruption", interruption, "count", ("speech", "times"), INTERRUPTION, "抢话次数", "interruptions",
        Name("抢话", "interruptions"), highlights=("success_count", "overtalk_share"),
    ),
)  # fmt: skip
