"""质检结果: scores, bands, criteria by the points they cost, what agents do, what the sound was like; and 处理透明度."""

from __future__ import annotations

import numpy as np

from qa_speech.service.catalogue import CONDUCT, CRITERION, PROGRESS, SOUNDS
from qa_speech.service.chapters.common import (
    Context,
    bars,
    change_words,
    figure_table,
    unit_chart,
    unit_table,
    value_cells,
    verdict,
    with_interval,
)
from qa_speech.service.columns import (
    AGENT,
    BEFORE,
    CITY,
    HOUR,
    NOT_JUDGED,
    NOW,
    PENDING,
    TEAM,
    Calls,
)
from qa_speech.service.document import (
    Block,
    Cell,
    Column,
    Paragraph,
    Section,
    columns,
    count,
    number,
    table,
    text,
)
from qa_speech.service.figures import mean_figure, value_of

MARKS = {
    "machine": "以下得分全部出自机器评分",
    "final": "以下得分以人工判定为准，人没有判定的项目用机器评分（终判）",
    "human": "以下得分只按人工判定，人没有判定的项目不计",
}
SHOWN_CRITERIA = 10


def section(context: Context) -> Section | None:
    """The section; None where no run was given."""
    calls = context.month.calls
    if calls is None:
        return None
    blocks: list[Block | None] = [
        Paragraph(_overall(context, calls), lead=True),
        _reliability(context, calls),
        _bands(context, calls),
    ]
    if calls.criteria:
        blocks += [
            Paragraph(_criteria_words(calls)),
            _criteria_chart(calls),
            _criteria(context, calls),
        ]
    conduct = [context.figures[one.id] for one in CONDUCT if one.id in context.figures and one.id != "told"]
    if conduct:
        blocks.append(
            figure_table(
                context,
                conduct,
                id="conduct",
                title="语速、静音、抢话、礼貌与解答深度",
                note="语速、静音、告知率按时长或次数合计后相除，不是各通的平均。",
            )
        )
    sound = [context.figures[name] for name, _, _ in SOUNDS if name in context.figures]
    if sound:
        blocks.append(
            figure_table(
                context,
                sound,
                id="sound",
                title="录音中的杂音、回音、丢音（占全部通话）",
            )
        )
    return Section(
        "quality",
        "质检结果",
        tuple(block for block in blocks if block is not None),
    )


def _overall(context: Context, calls: Calls) -> str:
    now = calls.rows.period == NOW
    scored = int((now & ~np.isnan(calls.total)).sum())
    said = f"{MARKS[context.month.marks]}。本期 {int(now.sum()):,} 通通话中 {scored:,} 通有总分。"
    score, passed = context.figure("score"), context.figure("passed")
    if context.sampled is not None and context.is_estimated:
        heard, whole = context.sampled.heard, context.sampled.calls
        said += f"平均分与合格率是抽样估计：评完 {heard:,} 通，推算全部 {whole:,} 通（见“数据来源与方法”）。"
    if score is not None:
        said += f"平均分 {with_interval(score, context.now(score))}"
        is_compared = context.compares and not score.estimates
        said += f"，{change_words(score, context.since(score))}。" if is_compared else "。"
    if passed is not None:
        said += f"合格率 {with_interval(passed, context.now(passed))}。"
    waiting = int(calls.to_review[now].sum())
    if waiting:
        said += f"另有 {waiting:,} 项扣分机器把握不大，待人复核，没有计入得分。"
    return f"{said}{context.agreement}"


def _reliability(context: Context, calls: Calls) -> Block:
    """Calls of low reliability stand apart."""
    now = calls.rows.period == NOW
    whole = mean_figure("all", "得分", "分", calls.rows, calls.total)
    scored = ~np.isnan(calls.total)
    rows: list[tuple[Cell, ...]] = []
    for name, mine in (
        ("可靠", now & calls.reliable & scored),
        ("可靠性低", now & ~calls.reliable & scored),
    ):
        rows.append((text(name), *value_cells(whole, value_of(whole, mine))))
    without = int((now & ~scored).sum())
    rows.append(
        (
            text("没有总分"),
            number(None),
            text("—", tone="muted"),
            count(without),
        )
    )
    note = "可靠性低：单声道、假立体声、串音等使计时不准的通话。它们单列在此，不进入其他任何得分和比较。"
    if context.is_estimated:
        note = note.replace("其他任何得分和比较", "发现与比较；抽样估计包括它们")
    return table(
        "reliability",
        "得分按可靠性分列",
        columns("通话", "#平均分", "95% 区间", "#通数"),
        rows,
        note=note,
    )


def _bands(context: Context, calls: Calls) -> Block | None:
    if not calls.band.names:
        return None
    best = dict.fromkeys(calls.band.names, -1.0)
    for name, total in zip(calls.band.codes.tolist(), calls.total.tolist(), strict=True):
        if name >= 0 and total == total:
            best[calls.band.names[name]] = max(best[calls.band.names[name]], total)
    order = sorted(best, key=lambda name: -best[name])
    rows: list[tuple[Cell, ...]] = []
    parts = {
        NOW: _band_counts(calls, NOW),
        BEFORE: _band_counts(calls, BEFORE),
    }
    for name in order:
        row = [text(name)]
        for period in (NOW, BEFORE) if context.compares else (NOW,):
            whole = sum(parts[period].values())
            mine = parts[period][name]
            row += [
                count(mine),
                number(100 * mine / whole if whole else None, "%"),
            ]
        rows.append(tuple(row))
    heads = [
        "等级",
        "#通数",
        "#占比",
        *(["#上期通数", "#上期占比"] if context.compares else []),
    ]
    return table("bands", "等级分布（可靠的通话）", columns(*heads), rows)


def _band_counts(calls: Calls, period: int) -> dict[str, int]:
    held = (calls.rows.period == period) & calls.reliable & (calls.band.codes >= 0) & ~np.isnan(calls.total)
    sizes = np.bincount(calls.band.codes[held], minlength=len(calls.band.names))
    return dict(zip(calls.band.names, sizes.tolist(), strict=True))


def _lost(calls: Calls, period: int) -> tuple[np.ndarray, np.ndarray]:
    """Points lost and possible of each criterion over the reliable calls of a period."""
    rows = (calls.rows.period == period) & calls.reliable
    judged = (calls.outcomes[rows] != NOT_JUDGED) & (calls.outcomes[rows] != PENDING)
    lost = (calls.lost[rows] * judged).sum(axis=0, dtype=float)
    return lost, (calls.possible[rows] * judged).sum(axis=0, dtype=float)


def _criteria_words(calls: Calls) -> str:
    lost, _ = _lost(calls, NOW)
    whole = float(lost.sum())
    if whole <= 0:
        return "本期没有扣分。"
    order = np.argsort(-lost, kind="stable")[:3]
    named = "、".join(
        f"“{calls.criteria[index].title}”（占全部失分的 {100 * lost[index] / whole:.1f}%）" for index in order
    )
    return f"失分最多的三项是{named}。"


def _criteria_chart(calls: Calls) -> Block | None:
    lost, _ = _lost(calls, NOW)
    whole = float(lost.sum())
    if whole <= 0:
        return None
    order = np.argsort(-lost, kind="stable")[:SHOWN_CRITERIA]
    pairs = [(calls.criteria[index].title, 100 * float(lost[index]) / whole) for index in order]
    return bars("criteria-chart", "失分最多的项目（占全部失分）", pairs, unit="%")


def _criteria(context: Context, calls: Calls) -> Block:
    """Criteria by points lost, with the share of calls that fail each, and the period before."""
    lost, possible = _lost(calls, NOW)
    rows: list[tuple[Cell, ...]] = []
    for index in np.argsort(-lost, kind="stable").tolist():
        criterion = calls.criteria[index]
        figure = context.figure(f"{CRITERION}{criterion.id}")
        if figure is None:
            continue
        share = 100 * float(lost[index]) / float(possible[index]) if possible[index] > 0 else None
        row = [
            text(criterion.title),
            number(float(lost[index]), "", 0),
            number(share, "%"),
            *value_cells(figure, context.now(figure)),
        ]
        if context.compares:
            row += [
                value_cells(figure, context.before(figure))[0],
                text(verdict(figure, context.since(figure))),
            ]
        rows.append(tuple(row))
    heads = [
        Column("项目"),
        Column("失分合计", True),
        Column("失分率", True),
        Column("未达标率", True),
        Column("95% 区间"),
        Column("判定通数", True),
    ]
    if context.compares:
        heads += [Column("上期未达标率", True), Column("变化")]
    note = "失分率 = 失分合计 ÷ 可得分合计；未达标率 = 未达标的通数 ÷ 判定的通数。不适用、未能判定、待复核的不在其内。"
    return table("criteria", "各项目失分（按失分合计排列）", heads, rows, note=note)


def transparency(context: Context) -> Section | None:
    """处理透明度: whether customers whose matter was taken on were told what happens next, or by when."""
    calls = context.month.calls
    if calls is None:
        return None
    figure = context.figure("told")
    progress = context.figure(PROGRESS)
    if figure is None and progress is None:
        said = "本批次没有文本评定（qa-speech annotate），也没有相应的评分项目，处理透明度没有测量。"
        return Section("transparency", "处理透明度", (Paragraph(said),))
    blocks: list[Block | None] = []
    if figure is not None:
        share = with_interval(figure, context.now(figure))
        said = f"坐席受理了客户的事情之后，告知了进度、时限或下一步的占 {share}，n 为有受理的通话"
        said += f"；{change_words(figure, context.since(figure))}。" if context.compares else "。"
        blocks.append(Paragraph(said, lead=True))
    if progress is not None:
        said = f"评分项目“告知办理进度或时限”在适用的通话中未达标的占 {with_interval(progress, context.now(progress))}"
        said += f"，{change_words(progress, context.since(progress))}。" if context.compares else "。"
        blocks.append(Paragraph(said, lead=figure is None))
    chosen = figure or progress
    assert chosen is not None
    blocks += [
        unit_chart(chosen, HOUR, id="told-hour-chart", compares=context.compares),
        unit_table(context, chosen, CITY, id="told-city"),
        unit_table(context, chosen, TEAM, id="told-team"),
        unit_table(context, chosen, AGENT, id="told-agent", folded=True),
    ]
    return Section(
        "transparency",
        "处理透明度",
        tuple(block for block in blocks if block is not None),
    )
