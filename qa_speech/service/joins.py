"""Rows of a list that name no call → the call they speak of, by customer and time, or by agent and time where that is unique.

by customer     the nearest call of the same customer mark that began before the row, within `join_hours`
by agent        the only call of the agent that began within `join_minutes` before the row; asked for only where call records are
                given: without them nobody knows how many calls there were
ambiguous       two calls began together, a mark with hidden digits (``138****1234``) fits several, an agent had several: not joined
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from qa_speech.service.lists import Gathered
from qa_speech.service.rules import Limits

Way: TypeAlias = Literal["call", "customer", "agent", "ambiguous", "unknown"]
HIDDEN = "*＊xX"
"""Signs that stand for hidden digits of a mark."""
S_PER_H, S_PER_MIN = 3600, 60


class OneCall(NamedTuple):
    """What a join needs of a call: its id ("" = it has none), customer mark and agent as told, when it began in seconds."""

    call: str
    customer: str
    agent: str
    at: int


class Index(NamedTuple):
    """Calls by customer and by agent, the earliest first; `complete` = call records say which calls there were."""

    calls: Collection[str]
    of_customer: Mapping[str, Sequence[OneCall]]
    of_agent: Mapping[str, Sequence[OneCall]]
    complete: bool


class Joined(NamedTuple):
    """A list whose rows name their calls as far as these could be found, and how each was."""

    found: Gathered
    ways: Mapping[Way, int]


def index_of(calls: Iterable[OneCall], names: Collection[str], *, complete: bool) -> Index:
    """Calls as they are looked up; `names` are all ids by which a row may name a call."""
    of_customer: dict[str, list[OneCall]] = {}
    of_agent: dict[str, list[OneCall]] = {}
    for one in sorted(calls, key=lambda one: (one.at, one.call)):
        if one.customer:
            of_customer.setdefault(one.customer, []).append(one)
        if one.agent:
            of_agent.setdefault(one.agent, []).append(one)
    return Index(names, of_customer, of_agent, complete)


def has_unnamed(found: Gathered) -> bool:
    """Whether any row of a list names no call."""
    return not all(found.texts("call"))


def with_calls(found: Gathered, index: Index, limits: Limits) -> Joined:
    """The list with the call of each row filled in where it was missing and could be told."""
    counts: dict[Way, int] = dict.fromkeys(("call", "customer", "agent", "ambiguous", "unknown"), 0)
    stamps = found.when.astype("M8[s]").astype(np.int64).tolist()
    lines = []
    for line, at, has_hour in zip(found.lines, stamps, found.has_hour.tolist(), strict=True):
        values = line.values
        if values.get("call"):
            counts["call" if values["call"] in index.calls else "unknown"] += 1
        elif has_hour:
            one = OneCall("", values.get("customer", ""), values.get("agent", ""), at)
            call, way = call_before(one, index, limits)
            counts[way] += 1
            line = line._replace(values={**values, "call": call})
        else:
            counts["unknown"] += 1
        lines.append(line)
    return Joined(found._replace(lines=lines), counts)


def call_before(row: OneCall, index: Index, limits: Limits) -> tuple[str, Way]:
    """The id of the call that a row speaks of, "" where it cannot be told, and how it was found.

    >>> calls = [OneCall("a", "k1", "1001", 0), OneCall("b", "k1", "1002", 600), OneCall("c", "k2", "1002", 700)]
    >>> index = index_of(calls, "abc", complete=True)
    >>> call_before(OneCall("", "k1", "", 900), index, Limits())
    ('b', 'customer')
    >>> call_before(OneCall("", "", "1001", 800), index, Limits()), call_before(OneCall("", "", "1002", 800), index, Limits())
    (('a', 'agent'), ('', 'ambiguous'))
    """
    if row.customer:
        span = int(limits.join_hours * S_PER_H)
        near = _within(index.of_customer.get(row.customer, ()), row.at, span)
        if near:
            several = near if any(sign in row.customer for sign in HIDDEN) else _latest(near)
            return _only(several, "customer")
    if row.agent and index.complete:
        span = int(limits.join_minutes * S_PER_MIN)
        near = _within(index.of_agent.get(row.agent, ()), row.at, span)
        near = [one for one in near if not (row.customer and one.customer)]  # else another customer's
        if near:
            return _only(near, "agent")
    return "", "unknown"


def _within(calls: Sequence[OneCall], at: int, span: int) -> Sequence[OneCall]:
    """The calls that began at most `span` seconds before."""
    first = bisect_left(calls, at - span, key=lambda one: one.at)
    return calls[first : bisect_right(calls, at, key=lambda one: one.at)]


def _latest(calls: Sequence[OneCall]) -> Sequence[OneCall]:
    return [one for one in calls if one.at == calls[-1].at]


def _only(calls: Sequence[OneCall], way: Way) -> tuple[str, Way]:
    """The call, if it is one alone and has an id."""
    if len(calls) > 1:
        return "", "ambiguous"
    return (calls[0].call, way) if calls[0].call else ("", "unknown")


def join_sentence(name: str, ways: Mapping[Way, int], limits: Limits) -> str:
    """How many rows of a list were joined to calls, by which way, and how many were not.

    >>> join_sentence("满意度调查", {"call": 5, "customer": 0, "agent": 0, "ambiguous": 0, "unknown": 1}, Limits())
    '满意度调查 6 行与通话的对应：按编号 5 行；找不到通话的 1 行。'
    """
    said = [f"按编号 {ways['call']:,} 行"]
    if ways["customer"]:
        said.append(f"按客户标识与时间 {ways['customer']:,} 行（该客户此前 {limits.join_hours:g} 小时内最近的一通）")
    if ways["agent"]:
        said.append(f"按工号与时间 {ways['agent']:,} 行（该坐席此前 {limits.join_minutes:g} 分钟内只有这一通）")
    left = []
    if ways["ambiguous"]:
        left.append(f"可能是几通中的任何一通、因此没有对应的 {ways['ambiguous']:,} 行")
    if ways["unknown"]:
        left.append(f"找不到通话的 {ways['unknown']:,} 行")
    rest = f"；{'，'.join(left)}" if left else ""
    return f"{name} {sum(ways.values()):,} 行与通话的对应：{'、'.join(said)}{rest}。"
