"""Who talks how much, and who holds the floor.

    agent      |=====|        |===|      |==========|     talk_time(agent) = sum of the bars
    customer          |=====|   |=|                       overlap counts for both: shares may exceed 100 %
    tight      |==| |==||=|                               pauses from 0.2 s on are no talk: what a detector hears
    closed     |===========|                              pauses below 1 s are talk: what people label
    turns      | A   |  C    |  A        |                the customer's 嗯 inside ends no turn

Amazon Connect divides the sum of talk intervals by the conversation, as `share_of_call` does; MiiTel counts rallies
and the longest stretch of the agent, as `turns` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from qa_speech.call import MASKED, UNDIVIDED, Call, Role
from qa_speech.language.dialogue import Turn
from qa_speech.language.dialogue import turns as turns_of
from qa_speech.metrics.base import ACTIVE_S, CALL_S, Component, Metric, Name, names_of
from qa_speech.metrics.common import (
    Span,
    all_spans,
    interval,
    length_s,
    measured,
    missing,
    no_pair,
    no_role,
    no_timing,
    on_both_channels,
    ratio,
    roles_of,
    spans,
    stretches_of,
    told_s,
    total,
)
from qa_speech.metrics.doubt import MOST_MASKED
from qa_speech.scores import Measurement

TALK = (
    Component("talk_s", "s", "说话", "speech"),
    CALL_S,
    Component("speech_s", "s", "双方说话合计", "speech of both"),
    Component("share_of_call", "%", "占通话", "share of call", alone=Name("说话占通话", "talk, share of the call")),
    Component(
        "share_of_speech",
        "%",
        "占全部说话",
        "share of speech",
        alone=Name("说话占双方说话", "talk, share of all speech"),
    ),
    ACTIVE_S,
    Component("closed_s", "s", "说话（含不足 1 秒的停顿）", "speech, pauses below 1 s closed"),
    Component(
        "closed_share_of_call",
        "%",
        "占通话（含短停顿）",
        "share of call, pauses closed",
        alone=Name("说话占通话（含短停顿）", "talk, share of the call, pauses closed"),
    ),
    Component(
        "closed_share_of_speech",
        "%",
        "占全部说话（含短停顿）",
        "share of speech, pauses closed",
        alone=Name("说话占双方说话（含短停顿）", "talk, share of all speech, pauses closed"),
    ),
)
TURNS = (
    Component("agent_count", "count", "坐席次数", "agent, count"),
    Component("customer_count", "count", "客户次数", "customer, count"),
    Component("role_changes", "count", "换手次数", "role changes"),
    Component("rallies_per_min", "per min", "每分钟换手", "role changes per minute"),
    Component("agent_total_s", "s", "坐席合计", "agent, total"),
    Component("customer_total_s", "s", "客户合计", "customer, total"),
    Component("agent_longest_s", "s", "坐席最长", "agent, longest"),
    Component("customer_longest_s", "s", "客户最长", "customer, longest"),
    CALL_S,
)
_TURNS = names_of(TURNS)


def talk(call: Call, *, role: Role, close_s: float = 1.0) -> Measurement:
    """Seconds of speech of one role.

    Parameters
    ----------
    call : Call
        Needs ``call.speech``.
    role : Role
        Whose speech.
    close_s : float, seconds
        In the closed view, pauses of one role shorter than this are speech too.

    Returns
    -------
    Measurement, unit ``s``
        ``talk_s`` the same; ``call_s`` length of the call; ``speech_s`` speech of all roles added up; ``active_s`` time in
        which anybody speaks; ``share_of_call`` and ``share_of_speech`` in %. The closed view of them: ``closed_s``,
        ``closed_share_of_call``, ``closed_share_of_speech``. Shares are None (``masked``) where so much is masked that
        whoever spoke there would change them. Value None: ``no_speech``, ``no_times``, ``mono``, ``no_role``.

    Notes
    -----
    Labels of people close short pauses: held against those, the tight view is too low by what is said in pieces.
    Amazon Connect's PERCENT_TALK_TIME_AGENT is `share_of_call`. Medallia adds up word durations, which stretch over
    silence; here a voice detector decides.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> found = talk(make_call(agent=[(0, 6)], customer=[(5, 7)], duration=10), role=Role.AGENT)
    >>> found.value, found.components["share_of_call"], found.components["share_of_speech"]
    (6.0, 60.0, 75.0)
    >>> in_pieces = talk(make_call(agent=[(0, 2), (2.5, 4), (6, 7)], duration=10), role=Role.AGENT)
    >>> in_pieces.value, in_pieces.components["closed_s"]
    (4.5, 5.0)
    """
    role = Role(role)
    reason = no_timing(call) or no_role(call, role)
    if reason:
        return missing("s", TALK, reason)
    mine_s = total(spans(call, role))
    known = [other for other in roles_of(call) if other is not Role.UNKNOWN or not stretches_of(call, UNDIVIDED)]
    others = [spans(call, other) for other in known if other is not role]
    speech_s = mine_s + sum([total(pieces) for pieces in others])
    closed_s = total(_closed(spans(call, role), close_s))
    others_closed_s = sum([total(_closed(pieces, close_s)) for pieces in others])
    length = length_s(call)
    parts = {
        "talk_s": mine_s,
        "call_s": length,
        "speech_s": speech_s,
        "share_of_call": ratio(mine_s, told_s(call)),
        "share_of_speech": ratio(mine_s, speech_s),
        "active_s": total(all_spans(call)),
        "closed_s": closed_s,
        "closed_share_of_call": ratio(closed_s, told_s(call)),
        "closed_share_of_speech": ratio(closed_s, closed_s + others_closed_s),
    }
    hidden_s = total(stretches_of(call, MASKED))
    if hidden_s > MOST_MASKED * (speech_s + hidden_s):
        shares = ("share_of_call", "share_of_speech", "closed_share_of_call", "closed_share_of_speech")
        parts |= dict.fromkeys(shares)
        return measured(call, mine_s, "s", parts, reason="masked")
    return measured(call, mine_s, "s", parts)


def _closed(pieces: Iterable[Span], close_s: float) -> list[Span]:
    """Sorted spans with the pauses shorter than `close_s` seconds closed."""
    found: list[Span] = []
    for start, end in pieces:
        if found and start - found[-1][1] < close_s:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def turns(call: Call) -> Measurement:
    """Turns of both roles, how often the floor changes, and the longest monologue.

    Returns
    -------
    Measurement, unit ``count``
        ``agent_count`` + ``customer_count`` turns; ``role_changes`` and ``rallies_per_min`` (changes per minute of the call);
        ``…_total_s`` and ``…_longest_s`` of the turns, pauses included. With times that only keep the order the seconds
        are None. Evidence: the longest turn of the agent (``longest_monologue``). Value None: ``no_speech``, ``mono``,
        ``no_role``.

    Notes
    -----
    Definition: `qa_speech.language.dialogue.turns`. MiiTel publishes rallies per minute without a definition of a turn;
    vendors who count every 嗯 as a turn report more. A turn ends where the recording is masked; what is said while both
    channels carry one signal belongs to a turn of nobody in particular, and to neither party's share.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(0, 2), (4, 9)], customer=[(2.5, 3.9), (5, 5.4)], duration=60)
    >>> found = turns(call)
    >>> found.value, found.components["role_changes"], found.components["agent_longest_s"]
    (3, 2, 5.0)
    """
    reason = no_pair(call) if call.utterances else "no_speech"
    if reason:
        return missing("count", TURNS, reason)
    found = turns_of(call)
    agent = [turn for turn in found if turn.role is Role.AGENT]
    customer = [turn for turn in found if turn.role is Role.CUSTOMER]
    untimed = on_both_channels(call)
    changes = [(one, other) for one, other in pairwise(found) if _is_change(one, other)]
    parts: dict[str, float | None] = dict.fromkeys(_TURNS)
    parts["agent_count"] = len(agent)
    parts["customer_count"] = len(customer)
    parts["role_changes"] = len(changes)
    evidence = []
    if call.times != "nominal":
        length = length_s(call)
        timed_changes = [pair for pair in changes if all(untimed.isdisjoint(turn.utterances) for turn in pair)]
        parts["call_s"] = length
        parts["rallies_per_min"] = ratio(len(timed_changes), told_s(call), 60.0)
        for name, held in (("agent", agent), ("customer", customer)):
            seconds = [turn.end - turn.start for turn in held if untimed.isdisjoint(turn.utterances)]
            parts[f"{name}_total_s"] = sum(seconds)
            parts[f"{name}_longest_s"] = max(seconds, default=0.0)
        timed = [turn for turn in agent if untimed.isdisjoint(turn.utterances)]
        if timed:
            longest = max(timed, key=lambda turn: turn.end - turn.start)
            span = (longest.start, longest.end)
            evidence.append(interval(span, "longest_monologue", Role.AGENT, longest.utterances[0]))
    return measured(call, len(found), "count", parts, evidence)


def _is_change(one: Turn, other: Turn) -> bool:
    """Whether the floor passed from one party to the other, as far as both are known."""
    return one.role is not other.role and Role.UNKNOWN not in (one.role, other.role)


METRICS = (
    Metric(
        "talk", talk, "s", ("speech",), TALK, "说话时长", "talk time",
        highlights=("share_of_call", "share_of_speech"),
    ),
    Metric(
        "turns", turns, "count", ("speech",), TURNS, "轮次", "turns",
        highlights=("agent_count", "customer_count", "agent_longest_s"),
    ),
)  # fmt: skip
