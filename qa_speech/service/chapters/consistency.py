"""服务一致性: where differences of scores come from, the funnel of agents, and who differs beyond chance."""

from __future__ import annotations

import numpy as np

from qa_speech.service.chapters.common import Context, unit_chart, unit_table
from qa_speech.service.columns import (
    AGENT,
    CITY,
    HOUR,
    NOW,
    PROVINCE,
    TEAM,
    UNKNOWN,
    Array,
)
from qa_speech.service.document import (
    Block,
    Funnel,
    Paragraph,
    Point,
    Section,
    columns,
    count,
    number,
    table,
    text,
)
from qa_speech.service.figures import Figure
from qa_speech.service.questions import LEAST_UNITS, Peers, peers, spread_of
from qa_speech.stats.components import (
    REST,
    Component,
    components,
    standard_deviation,
)
from qa_speech.stats.funnel import binomial_limits
from qa_speech.stats.intervals import normal_quantile

SOURCES = {
    TEAM: "班组之间",
    AGENT: "坐席之间（同一班组内）",
    HOUR: "时段之间",
    REST: "同一坐席、同一时段的各通之间",
}
LEVEL = 0.998
GRID = 40
LEAST_ROWS = 50


def section(context: Context) -> Section | None:
    """The section; None without scores."""
    score = context.figure("score")
    if score is None:
        return None
    blocks: list[Block | None] = [*_components(score), *_funnel(context)]
    blocks += [
        unit_chart(score, HOUR, id="score-hour-chart", compares=context.compares),
        unit_table(context, score, HOUR, id="score-hour"),
        unit_table(context, score, PROVINCE, id="score-province"),
        unit_table(context, score, CITY, id="score-city"),
        unit_table(context, score, TEAM, id="score-team"),
        unit_table(context, score, AGENT, id="score-agent", folded=True),
    ]
    return Section(
        "consistency",
        "服务一致性",
        tuple(block for block in blocks if block is not None),
    )


def _components(score: Figure) -> list[Block]:
    used = score.used(NOW)
    factors = {}
    for level in (TEAM, AGENT, HOUR):
        codes = score.names(level).codes
        known = codes[used] != UNKNOWN
        if known.all() and len(np.unique(codes[used])) > 1:
            factors[level] = codes[used]
    if AGENT not in factors or used.sum() < LEAST_ROWS:
        return [Paragraph("通话没有写明坐席，或者太少，得分的差别来自哪里无法分解。")]
    found = components(score.numerator[used], factors, factors[AGENT])
    rows = [
        (
            text(SOURCES[one.source]),
            number(100 * one.share, "%"),
            text(f"{100 * one.low:.1f}–{100 * one.high:.1f}"),
            number(standard_deviation(one), " 分"),
            count(one.levels),
        )
        for one in found
    ]
    heads = columns("差别的来源", "#占总差别", "95% 区间", "#标准差", "#单位数")
    note = "方差分量（Henderson 方法 1）。末一行是通话本身的差别，它大不等于服务不一致。"
    return [
        Paragraph(_said(found), lead=True),
        table("components", "得分的差别来自哪里", heads, rows, note=note),
    ]


def _said(found: list[Component]) -> str:
    """What of the variance lies between agents and hours."""
    held = {one.source: one for one in found}
    parts: list[str] = []
    for source in (TEAM, AGENT, HOUR):
        one = held.get(source)
        if one is not None:
            parts.append(
                f"{SOURCES[source]}占 {100 * one.share:.1f}%（95% 区间 {100 * one.low:.1f}–{100 * one.high:.1f}）"
            )
    rest = held[REST]
    return f"得分的差别中，{'，'.join(parts)}，其余 {100 * rest.share:.1f}% 是每通电话自身的差别。"


def _funnel(context: Context) -> list[Block]:
    """The funnel of agents by their pass rates."""
    passed = context.figure("passed")
    found = None if passed is None else peers(passed, AGENT)
    if passed is None or found is None:
        return [Paragraph(f"有合格判定的坐席不足 {LEAST_UNITS} 名，或者合格率没有差别，不画漏斗图。")]
    spread = spread_of(passed, found)
    centre = float(found.numerators.sum() / found.denominators.sum())
    limits = binomial_limits(centre, found.denominators, LEVEL)
    values = found.numerators / found.denominators
    beyond = {one.unit for one in context.answers if one.level == AGENT and one.found}
    naive = (values < limits.low) | (values > limits.high)
    wide = normal_quantile(LEVEL) * np.sqrt(centre * (1 - centre) / found.denominators + spread.tau2)
    outside = np.abs(values - centre) > np.maximum(
        wide,
        np.abs(np.where(values < centre, limits.low, limits.high) - centre),
    )
    said = (
        f"下图每个点是一名坐席：横轴通数，纵轴合格率，中线 {100 * centre:.1f}%。实线是单凭偶然的界限（99.8%，精确二项），"
        f"虚线另计入坐席之间本来就有的差别。"
        f"{len(values)} 名坐席中，{int(naive.sum())} 名在实线之外，{int(outside.sum())} 名在虚线之外。"
        f"坐席之间的差别是偶然所能解释的 {spread.phi:.1f} 倍"
    )
    said += "，基本都是偶然。" if spread.tau2 <= 0 else "。"
    said += f"综合得分、各评分项目与满意度，确认超出偶然的坐席有 {len(beyond)} 名" + (
        f"：{'、'.join(sorted(beyond))}。" if beyond else "。"
    )
    return [
        Paragraph(said),
        _chart(
            found,
            centre,
            spread.tau2,
            {found.names[index] for index in np.flatnonzero(outside)},
        ),
    ]


def _chart(found: Peers, centre: float, tau2: float, outside: set[str]) -> Funnel:
    sizes: Array = np.unique(
        np.round(
            np.linspace(
                max(1.0, found.denominators.min()),
                found.denominators.max(),
                GRID,
            )
        ).astype(float)
    )
    limits = binomial_limits(centre, sizes, LEVEL)
    half = normal_quantile(LEVEL) * np.sqrt(centre * (1 - centre) / sizes + tau2)
    low = np.minimum(limits.low, np.maximum(0.0, centre - half)) if tau2 > 0 else limits.low
    high = np.maximum(limits.high, np.minimum(1.0, centre + half)) if tau2 > 0 else limits.high
    points = [
        Point(
            name,
            float(size),
            round(100 * float(count_ / size), 1),
            name in outside,
        )
        for name, count_, size in zip(found.names, found.numerators, found.denominators, strict=True)
    ]
    return Funnel(
        "funnel",
        "坐席合格率漏斗图",
        tuple(points),
        round(100 * centre, 1),
        _rounded(sizes),
        _percent(limits.low),
        _percent(limits.high),
        _percent(low),
        _percent(high),
    )


def _percent(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(100 * float(value), 2) for value in values)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
