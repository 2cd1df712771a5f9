"""Silence of both sides: how long, of which kind, and whose.

    agent      |====|                  |==|            |====|
    customer          |===|       |==|       |===|
    silence                |-----|                |---|          counted from 3 s
                |..|                                     |....|  before the first and after the last word: apart
    kind             a pause                       a gap         pause: same speaker before and after; gap: another
    owner            the agent's (a customer spoke last)

Amazon Connect: non-talk time is hold time plus every silence longer than 3 s, fixed. Google: longer than 5 s, as a share
of the call. Alibaba: any interval, 2 s in its example. Huawei and Verint: free. None of them says whose silence it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from qa_speech.call import MASKED, UNDIVIDED, Call, Role
from qa_speech.errors import ConfigError, problem
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
)
from qa_speech.metrics.common import (
    Span,
    all_spans,
    distribution,
    heard_s,
    interval,
    length_s,
    measured,
    missing,
    no_timing,
    ratio,
    roles_of,
    stretches_of,
    total,
)
from qa_speech.metrics.gaps import ANNOUNCEMENTS, CUSTOMER_WAITS, Silence, silences
from qa_speech.scores import Measurement


def _of_class(name: str, zh: str, en: str, count: Name | None = None) -> tuple[Component, ...]:
    """Count, total and longest of the silences of one owner or kind; `count` where the number has a name of its own."""
    how_many = count or Name(f"{zh}次数", f"{en}, count")
    return (
        Component(f"{name}_count", "count", how_many.zh, how_many.en),
        Component(f"{name}_total_s", "s", f"{zh}合计", f"{en}, total"),
        Component(f"{name}_longest_s", "s", f"{zh}最长", f"{en}, longest"),
    )


_CLASSES = ("agent", "customer", "pause", "gap", "hold", "announced", "unannounced")
SILENCE = (
    replace(COUNT, alone=Name("静音次数", "silences")),
    replace(TOTAL_S, alone=Name("静音合计", "total silence")),
    replace(SHARE, alone=Name("静音占通话", "silence, share of the call")),
    CALL_S,
    MIN_S,
    MEAN_S,
    P50_S,
    P90_S,
    replace(LONGEST_S, alone=Name("最长静音", "longest silence")),
    *_of_class("agent", "坐席", "agent"),
    *_of_class("customer", "客户", "customer"),
    *_of_class("pause", "停顿", "pauses"),
    *_of_class("gap", "换人间隔", "gaps"),
    *_of_class("hold", "等待", "holds"),
    *_of_class("announced", "已说明", "announced", Name("事先说明", "announced")),
    *_of_class("unannounced", "未说明", "not announced", Name("没有说明", "not announced")),
    Component("excused_count", "count", "可免责次数", "excused, count"),
    Component("excused_total_s", "s", "可免责合计", "excused, total"),
    Component("lead_s", "s", "开口前", "before the first word", placed=False),
    Component("tail_s", "s", "说完后", "after the last word", placed=False),
)


def silence(
    call: Call,
    *,
    min_silence_s: float = 3.0,
    kind: Literal["any", "pause", "gap", "hold"] = "any",
    owner: Literal["any", "agent", "customer"] = "any",
    announced: Literal["any", "yes", "no"] = "any",
    announcements: tuple[str, ...] = ANNOUNCEMENTS,
    customer_waits: tuple[str, ...] = CUSTOMER_WAITS,
    excused_by_agent: tuple[str, ...] = (),
    excused_by_customer: tuple[str, ...] = (),
) -> Measurement:
    """Count the silences of both sides between the first and the last speech.

    Parameters
    ----------
    call : Call
        Needs ``call.speech``; kind and owner need roles, announcements need words.
    min_silence_s : float, seconds
        Shortest silence that counts; exactly this long counts.
    kind, owner, announced
        Count only silences of this kind, of this owner, or (un)announced; a silence of which this is not known does
        not count. All components but ``lead_s``, ``tail_s`` and ``call_s`` speak of the silences counted.
    announcements : tuple of str
        Said by the agent before it: the silence is a hold, the agent's, announced (请稍等, 帮您查).
    customer_waits : tuple of str
        Said by the customer at the end of the utterance before: the silence is the customer's (等一下, 我找找).
    excused_by_agent, excused_by_customer : tuple of str
        A silence is excused, and counted apart, if this role says one of these in its utterance right before or after.

    Returns
    -------
    Measurement, unit ``count``
        ``total_s``, ``share`` (% of the call), ``call_s``, distribution ``min_s mean_s p50_s p90_s longest_s``; count, total
        and longest for each owner (``agent_…``, ``customer_…``), kind (``pause_…``, ``gap_…``, ``hold_…``), ``announced_…`` and
        ``unannounced_…``; ``excused_count``, ``excused_total_s``; ``lead_s`` before the first and ``tail_s`` after the last
        speech. One evidence interval per silence: ``dead_air`` (the agent's, not announced), ``hold``, ``customer_silence``,
        ``silence`` (owner not known). Value None: ``no_speech``, ``no_times``.

    Notes
    -----
    Owner: after a customer's statement or question the agent; after an agent's question the customer; after an announced
    look-up the agent; after an agent's statement whoever speaks next, but the agent if that is a customer asking 喂，在吗.
    A backchannel in between changes nothing, nor does a short consent to an announced look-up (好，你快一点). Where nobody
    announced it, music and tones on one channel make it that party's: what the customer has to hear is sent by the agent.

    What is masked is no silence: a gap ends and begins there, and its owner is not known. Shares leave masked time out.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-2: 您好", "customer@3-5: 我的话费怎么多了", "agent@11-13: 是这样的", duration=20)
    >>> found = silence(call)
    >>> found.value, found.components["agent_longest_s"], found.evidence[0].note
    (1, 6.0, 'dead_air')
    """
    _check_choice("kind", kind, ("any", "pause", "gap", "hold"))
    _check_choice("owner", owner, ("any", "agent", "customer"))
    _check_choice("announced", announced, ("any", "yes", "no"))
    active = all_spans(call)
    reason = no_timing(call)
    if not reason and not active:
        reason = "no_speech"
    if reason:
        return missing("count", SILENCE, reason)
    every = silences(call, min_silence_s=min_silence_s, announcements=announcements, customer_waits=customer_waits)
    wanted = [one for one in every if _wanted(one, kind, owner, announced)]
    excused: list[Silence] = []
    if excused_by_agent or excused_by_customer:
        excuses = {Role.AGENT: tuple(excused_by_agent), Role.CUSTOMER: tuple(excused_by_customer)}
        excused = [one for one in wanted if _excused(call, one, excuses)]
        wanted = [one for one in wanted if one not in excused]
    parts = _components(call, wanted, active)
    parts["excused_count"] = len(excused)
    parts["excused_total_s"] = sum([one.duration for one in excused])
    evidence = [interval((one.start, one.end), _note(one), one.owner) for one in wanted]
    return measured(call, len(wanted), "count", parts, evidence)


def _wanted(one: Silence, kind: str, owner: str, announced: str) -> bool:
    """Whether a silence is of this kind and owner, and announced or not as asked for."""
    if kind not in ("any", one.kind) or owner not in ("any", one.owner):
        return False
    return announced == "any" or one.announced is (announced == "yes")


def _components(call: Call, wanted: Sequence[Silence], active: Sequence[Span]) -> dict[str, float | None]:
    length = length_s(call)
    seconds = [one.duration for one in wanted]
    parts: dict[str, float | None] = {
        "count": len(wanted),
        "total_s": sum(seconds),
        "share": ratio(sum(seconds), heard_s(call)),
        "call_s": length,
        **distribution(seconds),
    }
    groups: dict[str, list[float]] = {name: [] for name in _CLASSES}
    for one in wanted:
        if one.owner is not None:
            groups[one.owner].append(one.duration)
        if one.kind is not None:
            groups[one.kind].append(one.duration)
        if one.announced is not None:
            groups["announced" if one.announced else "unannounced"].append(one.duration)
    parts.update(_grouped(call, groups))
    lead, tail = (0.0, active[0][0]), (active[-1][1], max(length, active[-1][1]))
    parts["lead_s"] = lead[1] - total(_within(stretches_of(call, MASKED), lead))
    parts["tail_s"] = tail[1] - tail[0] - total(_within(stretches_of(call, MASKED), tail))
    return parts


def _within(spans_of: Sequence[Span], limits: Span) -> list[Span]:
    """The parts of spans that lie between two moments."""
    cut = [(max(start, limits[0]), min(end, limits[1])) for start, end in spans_of]
    return [(start, end) for start, end in cut if start < end]


def _grouped(call: Call, groups: dict[str, list[float]]) -> dict[str, float | None]:
    """Count, total (s) and longest (s) of each owner and kind; None where roles or words are not known."""
    parts: dict[str, float | None] = {}
    two_sided = Role.UNKNOWN not in roles_of(call) or bool(stretches_of(call, UNDIVIDED))
    for name, held in groups.items():
        needs_words = name in ("announced", "unannounced")
        known = two_sided and (call.recognised or not needs_words)
        if known:
            parts[f"{name}_count"] = len(held)
            parts[f"{name}_total_s"] = sum(held)
            parts[f"{name}_longest_s"] = max(held, default=0.0)
        else:
            parts |= dict.fromkeys((f"{name}_count", f"{name}_total_s", f"{name}_longest_s"))
    return parts


def _note(one: Silence) -> str:
    if one.owner is Role.CUSTOMER:
        return "customer_silence"
    if one.kind == "hold":
        return "hold"
    return "dead_air" if one.owner is Role.AGENT else "silence"


def _excused(call: Call, one: Silence, excuses: dict[Role, tuple[str, ...]]) -> bool:
    near = [call.utterances[index] for index in (one.before, one.after) if index is not None]
    return any(says(said.text, excuses.get(said.role, ())) for said in near)


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ConfigError(
            f"silence.{name}",
            [problem("expected one of {choices}, got {value!r}", choices=", ".join(choices), value=value)],
        )


METRICS = (
    Metric(
        "silence", silence, "count", ("speech", "times"), SILENCE, "静音次数", "silences",
        highlights=("total_s", "longest_s", "share"),
    ),
)  # fmt: skip
