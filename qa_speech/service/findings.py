"""What was found in a month, ranked by size and certainty, and what follows from it.

A finding stands on answers beyond chance (`questions`), or on a rule or a fact: 其它 above its limit, a unit that moved. Answers of
one subject are one finding: an agent below his peers on six criteria is one agent.

A measure exists for findings alone: the first rule of ``measures.toml`` that fits, filled with the finding's own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Literal, NamedTuple, TypeAlias

import numpy as np

from qa_speech.service.catalogue import CRITERION
from qa_speech.service.columns import (
    AGENT,
    CITY,
    HOUR,
    NOW,
    PROVINCE,
    TEAM,
    Calls,
    Flags,
    Month,
    Move,
    Tickets,
)
from qa_speech.service.document import number
from qa_speech.service.figures import Figure
from qa_speech.service.questions import WHOLE, Answer
from qa_speech.service.rules import CauseList, MeasureRule, Rules
from qa_speech.stats.intervals import wilson

Kind: TypeAlias = Literal["agent", "hour", "team", "city", "province", "change", "other", "move"]
SPOKEN = {
    AGENT: "坐席 {} ",
    HOUR: "{} 点时段",
    TEAM: "{}",
    CITY: "{}",
    PROVINCE: "{}",
}
HEARD = 5
"""Calls that are named to be heard."""


class Hear(NamedTuple):
    """A call to hear: the second at which to begin, where known, and why."""

    call: str
    second: float | None
    why: str


class Finding(NamedTuple):
    """What was found: `main` carries the figures, `also` what else of the same subject is beyond chance.

    `weight`: the lower end of the effect, as a share of the figure's span, times the rows it touches. `sentence` says it whole.
    """

    kind: Kind
    subject: str
    figure: str
    title: str
    value: str
    expected: str
    n: int
    sentence: str
    weight: float
    q: float | None = None
    also: tuple[str, ...] = ()
    hear: tuple[Hear, ...] = ()


class Measure(NamedTuple):
    """What follows from finding number `finding` (from 1): what, who, how it will show; `rests_on` repeats its figures."""

    finding: int
    text: str
    owner: str
    check: str
    rests_on: str
    hear: tuple[Hear, ...]


def findings_of(month: Month, answers: Sequence[Answer], rules: Rules) -> list[Finding]:
    """All findings of a month, the weightiest first."""
    found = [
        *_beyond_chance(month, answers),
        *_others(month, rules),
        *_moves(month),
    ]
    return sorted(found, key=lambda one: (-one.weight, one.kind, one.subject))


def measures_of(findings: Sequence[Finding], rules: Rules) -> list[Measure]:
    """What follows from each finding, in their order; a finding that no rule fits has none."""
    measures: list[Measure] = []
    for place, finding in enumerate(findings, start=1):
        rule = next((one for one in rules.measures if _fits(one, finding)), None)
        if rule is not None:
            measures.append(
                Measure(
                    place,
                    _filled(rule.text, finding),
                    rule.owner,
                    _filled(rule.check, finding),
                    finding.sentence,
                    finding.hear,
                )
            )
    return measures


def _fits(rule: MeasureRule, finding: Finding) -> bool:
    if rule.kind != finding.kind:
        return False
    return not rule.figures or any(fnmatchcase(finding.figure, pattern) for pattern in rule.figures)


def _filled(text: str, finding: Finding) -> str:
    parts = {
        "{subject}": finding.subject,
        "{figure}": finding.title,
        "{value}": finding.value,
        "{expected}": finding.expected,
        "{n}": f"{finding.n:,}",
    }
    for gap, value in parts.items():
        text = text.replace(gap, value)
    return text


# -- beyond chance


def _beyond_chance(month: Month, answers: Iterable[Answer]) -> Iterator[Finding]:
    by_subject: dict[tuple[str, str], list[Answer]] = {}
    for answer in answers:
        if answer.found:
            figure = answer.figure.id if answer.level == WHOLE else ""
            by_subject.setdefault((answer.level, answer.unit + figure), []).append(answer)
    for held in by_subject.values():
        held.sort(key=lambda one: (one.figure.id != "score", -one.weight))
        yield _finding(month, held)


def _finding(month: Month, held: Sequence[Answer]) -> Finding:
    main = held[0]
    figure = main.figure
    value, expected = (
        spoken(figure, main.value.value),
        spoken(figure, main.expected),
    )
    also = tuple(_also(one) for one in held[1:])
    subject = "全体" if main.level == WHOLE else SPOKEN[main.level].format(main.unit)
    kind: Kind = "change" if main.level == WHOLE else _kind(main.level)
    return Finding(
        kind,
        subject.strip(),
        figure.id,
        figure.title,
        value,
        expected,
        main.value.n,
        _sentence(main, subject, also),
        max(one.weight for one in held),
        min(one.q for one in held),
        also,
        tuple(_to_hear(month, main)),
    )


def _also(one: Answer) -> str:
    value, expected = (
        spoken(one.figure, one.value.value),
        spoken(one.figure, one.expected),
    )
    return f"{one.figure.title} {value}（对照 {expected}）"


def _kind(level: str) -> Kind:
    kinds: dict[str, Kind] = {
        AGENT: "agent",
        HOUR: "hour",
        TEAM: "team",
        CITY: "city",
        PROVINCE: "province",
    }
    return kinds[level]


AGAINST = {
    AGENT: "同时段同事的水平",
    HOUR: "同一批坐席在其他时段的水平",
    TEAM: "其余班组",
    CITY: "其余城市",
    PROVINCE: "其余省",
    WHOLE: "上期",
}


def _sentence(main: Answer, subject: str, also: Sequence[str]) -> str:
    """A finding with its n, its interval and its q."""
    figure = main.figure
    value, expected = (
        spoken(figure, main.value.value),
        spoken(figure, main.expected),
    )
    gap = f"{spoken(figure, abs(main.worse), points=True)}，95% 区间 {_ends(main)}"
    side = "高" if figure.bad > 0 else "低"
    said = (
        f"{subject}的{figure.title}为 {value}（n {main.value.n:,}），"
        f"比{AGAINST[main.level]}（{expected}）{side} {gap}；{_sure(main.q)}。"
    )
    if main.level == WHOLE:
        turn = "升" if figure.bad > 0 else "降"
        said = (
            f"{figure.title}由上期的 {expected} {turn}到 {value}（n {main.value.n:,}），变差 {gap}；{_sure(main.q)}。"
        )
    if also:
        shown = "；".join(also[:4])
        rest = f"等 {len(also)} 项" if len(also) > 4 else ""
        said += f"同时超出偶然的还有：{shown}{rest}。"
    return said


def _ends(main: Answer) -> str:
    low, high = max(0.0, main.low), main.high
    digits = main.figure.digits
    return f"{low:,.{digits}f}–{high:,.{digits}f}"


def _sure(q: float) -> str:
    """The false discovery rate in words."""
    return "误报率 q < 0.001" if q < 0.001 else f"误报率 q = {q:.3f}"


def spoken(figure: Figure, value: float | None, *, points: bool = False) -> str:
    """A value of a figure with its unit; a difference of shares in percentage points."""
    unit = figure.unit
    if points and unit == "%":
        unit = " 个百分点"
    elif unit not in ("", "%"):
        unit = f" {unit}"
    return number(value, unit, figure.digits).text


def _to_hear(month: Month, main: Answer) -> Iterator[Hear]:
    """Calls in which what was found can be heard: of a criterion those that fail it, else those that lost most."""
    calls = month.calls
    if calls is None or main.figure.rows is not calls.rows:
        return
    rows = calls.rows.period == NOW
    if main.level != WHOLE:
        names = main.figure.names(main.level)
        rows = rows & (names.codes == names.names.index(main.unit))
    if main.figure.id.startswith(CRITERION):
        yield from _failing(calls, main.figure.id.removeprefix(CRITERION), rows)
    elif main.figure.id == "score":
        yield from _lowest(calls, rows)


def _failing(calls: Calls, criterion: str, rows: Flags) -> Iterator[Hear]:
    index = [one.id for one in calls.criteria].index(criterion)
    failing = np.flatnonzero(rows & (calls.outcomes[:, index] == 2))
    for row in failing[np.argsort(np.nan_to_num(calls.total[failing], nan=101.0), kind="stable")][:HEARD]:
        second = float(calls.place_s[row, index])
        yield Hear(
            calls.rows.calls[row],
            None if np.isnan(second) else second,
            calls.criteria[index].title,
        )


def _lowest(calls: Calls, rows: Flags) -> Iterator[Hear]:
    scored = np.flatnonzero(rows & calls.reliable & ~np.isnan(calls.total))
    for row in scored[np.argsort(calls.total[scored], kind="stable")][:HEARD]:
        worst = int(np.argmax(calls.lost[row]))
        second = float(calls.place_s[row, worst])
        why = f"{calls.total[row]:.1f} 分，失分最多：{calls.criteria[worst].title}"
        yield Hear(calls.rows.calls[row], None if np.isnan(second) else second, why)


# -- rules and facts


class OtherShare(NamedTuple):
    """How many of a list's records of the month are 其它."""

    held: CauseList
    other: int
    n: int

    @property
    def share(self) -> float:
        """0–1."""
        return self.other / self.n


def other_shares(tickets: Tickets, rules: Rules) -> list[OtherShare]:
    """For each cause list with records in the month how many of them are 其它."""
    found: list[OtherShare] = []
    for held in rules.causes:
        if held.id not in tickets.lists.names:
            continue
        mine = (tickets.rows.period == NOW) & (tickets.lists.codes == tickets.lists.names.index(held.id))
        n = int(mine.sum())
        if n and held.other in tickets.causes.names:
            other = mine & (tickets.causes.codes == tickets.causes.names.index(held.other))
            found.append(OtherShare(held, int(other.sum()), n))
        elif n:
            found.append(OtherShare(held, 0, n))
    return found


def _others(month: Month, rules: Rules) -> Iterator[Finding]:
    if month.tickets is None:
        return
    limit = rules.limits.other_limit
    for one in other_shares(month.tickets, rules):
        if one.share <= limit:
            continue
        found = wilson(one.other, one.n)
        assert found is not None
        value = f"{100 * one.share:.1f}%"
        sentence = (
            f"“{one.held.title}”中归入“其它”的有 {one.other:,} 条，占 {one.n:,} 条的 {value}"
            f"（95% 区间 {100 * found.low:.1f}–{100 * found.high:.1f}），超过规定的 {100 * limit:.0f}%，已单独分析。"
        )
        yield Finding(
            "other",
            f"{one.held.title}：其它",
            f"other:{one.held.id}",
            "“其它”占比",
            value,
            f"{100 * limit:.0f}%",
            one.n,
            sentence,
            (one.share - limit) * one.n,
        )


def _moves(month: Month) -> Iterator[Finding]:
    for move in month.moves:
        if move.level != TEAM:
            continue
        touched, share = _moved_calls(month, move)
        day = f"{move.day.month} 月 {move.day.day} 日"
        sentence = (
            f"{move.name}自 {day}起由{move.before}划归{move.after}；此后 {touched:,} 通通话记在{move.after}名下，"
            f"占其本月通话的 {100 * share:.1f}%。城市之间的比较按变动日期分段，两地与上期相比包含这一变动。"
        )
        yield Finding(
            "move",
            move.name,
            "move",
            "归属变动",
            move.after,
            move.before,
            touched,
            sentence,
            share * touched,
        )


def _moved_calls(month: Month, move: Move) -> tuple[int, float]:
    """Calls of the team since, and their share of the calls of the city that it belongs to now."""
    rows = month.calls.rows if month.calls is not None else None
    if rows is None:
        return 0, 0.0
    team, city = rows.unit(TEAM), rows.unit(CITY)
    if move.name not in team.names or move.after not in city.names:
        return 0, 0.0
    now = rows.period == NOW
    since = now & (team.codes == team.names.index(move.name)) & (rows.when >= np.datetime64(move.day))
    there = now & (city.codes == city.names.index(move.after))
    whole = int(there.sum())
    touched = int(since.sum())
    return touched, touched / whole if whole else 0.0


def by_kind(findings: Iterable[Finding]) -> Mapping[str, list[Finding]]:
    """Findings by their kind, in their order."""
    found: dict[str, list[Finding]] = {}
    for one in findings:
        found.setdefault(one.kind, []).append(one)
    return found
