"""主要发现, 改进措施, 考核表, 与上期比较, 数据不能说明的, 结论, and the rows that could not be read."""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.service.assessment import (
    Assessed,
    Contradiction,
    levels_with_units,
    main_contradiction,
)
from qa_speech.service.catalogue import CRITERION
from qa_speech.service.chapters.common import (
    LEVEL_TITLES,
    Context,
    figure_table,
    value_cells,
)
from qa_speech.service.columns import NATIONAL
from qa_speech.service.document import (
    NONE,
    Block,
    Bullets,
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
from qa_speech.service.findings import Finding, Hear, spoken
from qa_speech.wording.translate import translated

KIND_TITLES = {
    "agent": "坐席",
    "hour": "时段",
    "team": "班组",
    "city": "城市",
    "province": "省",
    "change": "与上期相比",
    "other": "其它过多",
    "move": "归属变动",
}
SHOWN_BAD_ROWS = 200


def findings(context: Context) -> Section:
    """主要发现, ranked."""
    if not context.findings:
        said = "没有超出偶然的发现。"
        return Section("findings", "主要发现", (Paragraph(said),))
    rows: list[tuple[Cell, ...]] = []
    for place, one in enumerate(context.findings, start=1):
        q = text("事实") if one.q is None else text("q < 0.001" if one.q < 0.001 else f"q = {one.q:.3f}")
        rows.append(
            (
                count(place),
                text(KIND_TITLES[one.kind]),
                text(one.subject),
                text(one.title),
                text(one.value, tone="bad"),
                text(one.expected),
                count(one.n),
                q,
                text(one.sentence),
            )
        )
    heads = columns("#序号", "种类", "对象", "指标", "本期", "对照", "#n", "把握", "说明")
    note = "按影响的下限乘以涉及的条数排列。q：同类结论里预期的误报比例；“事实”是按规定或组织变动得出的，不是推断。"
    blocks: list[Block] = [table("findings", "主要发现", heads, rows, note=note)]
    heard = _hear_rows(context)
    if heard:
        heads = columns("#发现", "通话", "从第几秒听起", "原因")
        blocks.append(
            table(
                "hear",
                "建议先听的通话",
                heads,
                heard,
                note=_hear_note(context),
                folded=True,
            )
        )
    return Section("findings", "主要发现", tuple(blocks))


def _hear_note(context: Context) -> str:
    clips = sum(bool(_clip(context, hear)) for one in context.findings for hear in one.hear)
    said = "每项发现最多列五通。"
    return f"{said}其中 {clips:,} 条链接到剪好的片段。" if clips else said


def _hear_rows(context: Context) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for place, one in enumerate(context.findings, start=1):
        for hear in one.hear:
            rows.append(
                (
                    count(place),
                    _call(context, hear),
                    _second(hear),
                    text(hear.why),
                )
            )
    return rows


def _call(context: Context, hear: Hear) -> Cell:
    return text(hear.call, link=_clip(context, hear) or _page(context, hear))


def _clip(context: Context, hear: Hear) -> str:
    return "" if hear.second is None else context.clip_of(hear.call, hear.second)


def _page(context: Context, hear: Hear) -> str:
    page = context.page_of(hear.call)
    if page and hear.second is not None:
        page = f"{page}#t={hear.second:.1f}"
    return page


def _second(hear: Hear) -> Cell:
    return text("—", tone="muted") if hear.second is None else text(f"{hear.second:.1f}")


def measures(context: Context) -> Section:
    """改进措施, each with its finding."""
    if not context.measures:
        return Section(
            "measures",
            "改进措施",
            (Paragraph("没有发现，本月不提出改进措施。"),),
        )
    rows = [
        (
            count(place),
            count(one.finding),
            text(one.text),
            text(one.owner),
            text(one.rests_on),
            text(one.check),
            _to_hear(context, one.hear),
        )
        for place, one in enumerate(context.measures, start=1)
    ]
    heads = columns("#序号", "#对应发现", "措施", "责任人", "依据", "下月怎样看出效果", "先听的通话")
    blocks: list[Block] = [table("measures", "改进措施", heads, rows)]
    answered = {one.finding for one in context.measures}
    without = [one.subject for place, one in enumerate(context.findings, start=1) if place not in answered]
    if without:
        blocks.append(Paragraph(f"以下发现没有合适的措施条目，请补充 measures.toml：{'、'.join(without)}。"))
    return Section("measures", "改进措施", tuple(blocks))


def _to_hear(context: Context, hear: Sequence[Hear]) -> Cell:
    """The first call to hear, linked; how many there are."""
    if not hear:
        return text(NONE, tone="muted")
    first = _call(context, hear[0])
    if len(hear) == 1:
        return first
    return text(f"{first.text} 等 {len(hear)} 通", link=first.link)


# -- assessment


def assessment(context: Context) -> Section:
    """考核表, level by level, and the main contradiction."""
    rules = context.rules.assessment
    levels = list(levels_with_units(rules, context.figures))
    if not levels:
        return Section("assessment", "考核表", (Paragraph("没有一项考核指标有数据。"),))
    below = [unit for level, units in levels if level not in (NATIONAL, "agent") for unit in units]
    blocks: list[Block] = [
        Paragraph(
            _contradiction(context, main_contradiction(below or levels[0][1])),
            lead=True,
        )
    ]
    top = levels[0][1][0]
    blocks += [_pillars(context, top), _indicators(context, top)]
    if top.missing:
        named = "、".join(one.title for one in top.missing)
        blocks.append(
            Paragraph(
                f"没有测到、不计入的指标：{named}。它们的权重由其余指标分担，因此总分不能与全部测到时的总分相比。"
            )
        )
    for level, units in levels:
        if level != NATIONAL:
            blocks.append(_units(level, units))
    return Section("assessment", "考核表", tuple(blocks))


def _contradiction(context: Context, found: Contradiction | None) -> str:
    if found is None:
        return "本月没有一个单位在任何指标上确定地失分：离目标的差距都在波动之内，谈不上主要矛盾。"
    one = found.held
    figure = context.figures[one.indicator.figure]
    unit = found.unit if found.level != NATIONAL else "全国"
    pillar = next(held.title for held in context.rules.assessment.pillars if held.id == one.indicator.pillar)
    low, high = spoken(figure, one.value.low), spoken(figure, one.value.high)
    return (
        f"本月的主要矛盾在{pillar}：{unit}的{one.indicator.title}为 {spoken(figure, one.value.value)}（95% 区间 {low}–{high}，"
        f"n {one.value.n:,}），目标 {one.indicator.target:g}，失 {one.lost:.1f} 分；"
        f"即使按区间对它最有利的一端，也失 {one.lost_surely:.1f} 分，是各级单位（坐席除外）各项指标中最多的。"
    )


def _pillars(context: Context, unit: Assessed) -> Block:
    rows: list[tuple[Cell, ...]] = []
    for pillar in context.rules.assessment.pillars:
        mine = [one for one in unit.held if one.indicator.pillar == pillar.id]
        weight = sum(one.weight for one in mine)
        earned = sum(one.earned for one in mine)
        shown = number(earned) if mine else text("没有测到", tone="muted")
        rows.append(
            (
                text(pillar.title),
                number(weight),
                shown,
                number(weight - earned if mine else None),
            )
        )
    rows.append(
        (
            text("合计"),
            number(sum(one.weight for one in unit.held)),
            number(unit.total),
            number(100 - unit.total),
        )
    )
    return table(
        "pillars",
        "三个支柱",
        columns("支柱", "#权重", "#得分", "#失分"),
        rows,
    )


def _indicators(context: Context, unit: Assessed) -> Block:
    rows = [
        (
            text(one.indicator.title),
            *value_cells(context.figures[one.indicator.figure], one.value),
            number(one.indicator.target, "", 1),
            number(one.weight),
            number(one.earned),
            number(one.lost),
            number(one.lost_surely),
        )
        for one in unit.held
    ]
    heads = columns(
        "指标",
        "#数值",
        "95% 区间",
        "#n",
        "#目标",
        "#权重",
        "#得分",
        "#失分",
        "#确定的失分",
    )
    note = "确定的失分：按区间对单位最有利的一端计算，仍然失去的分。"
    return table("indicators", "全部数据合计的考核指标", heads, rows, note=note)


def _units(level: str, units: Sequence[Assessed]) -> Block:
    asked = list(dict.fromkeys(one.indicator for unit in units for one in unit.held))
    heads = [
        Column(LEVEL_TITLES[level]),
        Column("总分", True),
        *(Column(one.title, True) for one in asked),
    ]
    heads += [Column("确定失分最多的指标")]
    rows: list[tuple[Cell, ...]] = []
    for unit in units:
        earned = {one.indicator: one for one in unit.held}
        cells = [number(earned[one].earned) if one in earned else number(None) for one in asked]
        worst = max(unit.held, key=lambda one: one.lost_surely, default=None)
        most = (
            "没有"
            if worst is None or worst.lost_surely <= 0
            else f"{worst.indicator.title}（{worst.lost_surely:.1f} 分）"
        )
        rows.append(
            (
                text(unit.unit),
                number(unit.total if unit.held else None),
                *cells,
                text(most),
            )
        )
    title = f"考核表（{LEVEL_TITLES[level]}）"
    note = "各列是该指标得到的分。按名称排列；总分之差是否超出波动，看各指标的区间，不作名次。"
    return table(
        f"assessment-{level}",
        title,
        heads,
        rows,
        note=note,
        folded=level == "agent",
    )


# -- the rest


def comparison(context: Context) -> Section | None:
    """与上期比较; None without a period before."""
    if not context.compares:
        return None
    figures = [one for name, one in context.figures.items() if not name.startswith((CRITERION, "tickets"))]
    changed = [one for one in figures if (found := context.since(one)) is not None and not found.low <= 0 <= found.high]
    said = f"{len(figures)} 项指标中，与上期之差超出各自波动范围的有 {len(changed)} 项"
    said += f"：{'、'.join(one.title for one in changed)}。" if changed else "。"
    said += "指标多了，单看各自的区间总会有几项偶然越界；经误报率控制后仍成立的，才列入“主要发现”。"
    blocks: list[Block] = [
        Paragraph(said, lead=True),
        figure_table(
            context,
            figures,
            id="comparison",
            title="与上期比较",
            note="变化一栏是本期减上期的 95% 区间。",
        ),
    ]
    for move in context.month.moves:
        blocks.append(
            Paragraph(
                f"{move.name}自 {move.day:%Y-%m-%d} 起由{move.before}划归{move.after}，此前的数据仍算在{move.before}。"
            )
        )
    return Section("comparison", "与上期比较", tuple(blocks))


def limits(context: Context) -> Section:
    """数据不能说明的."""
    said = [
        "区间与检验只管偶然的波动，管不了数据本身的偏差：漏录的通话、没有答复的客户、填错的原因，都不在其内。",
        "两件事同时变化，不等于一件引起另一件；本报告不作因果判断。",
        "机器评分的错误不会因为通话多而变小。它与人的一致率见“质检结果”。",
    ]
    calls = context.month.calls
    if calls is not None and calls.to_review[calls.rows.period == 0].sum() > 0:
        said.append("待复核的扣分确认之后，得分会降低；现在的得分是其上限。")
    if context.month.survey is not None:
        said.append("满意度只代表愿意答复的客户。")
    if context.month.tickets is not None:
        said.append("问题记录只代表打来电话的客户，不代表没有来电的。")
    if context.month.bad_rows:
        said.append(
            f"有 {len(context.month.bad_rows):,} 行不能读取，见附录；它们若集中在某个单位，会影响该单位的数字。"
        )
    return Section("limits", "数据不能说明的", (Bullets(tuple(said)),))


def conclusion(context: Context) -> Section:
    """结论: what was found, in the fewest words."""
    if not context.findings:
        said = "本月服务平稳：没有超出偶然的变差，也没有超出偶然的薄弱坐席、时段或单位。"
        return Section("conclusion", "结论", (Paragraph(said),))
    named = "；".join(_short(one) for one in context.findings[:5])
    said = f"本月首先要处理的是：{named}。措施、责任人与下月的检验方法见“改进措施”。"
    return Section("conclusion", "结论", (Paragraph(said),))


def _short(one: Finding) -> str:
    if one.kind == "move":
        return f"{one.subject}由{one.expected}划归{one.value}后的交接"
    if one.kind == "other":
        return f"{one.subject}占 {one.value}，须重新归类"
    if one.kind == "change":
        return f"{one.title}由 {one.expected} 变为 {one.value}"
    return f"{one.subject}的{one.title}（{one.value}，对照 {one.expected}）"


def bad_rows(context: Context) -> Section | None:
    """附录: every row that could not be read."""
    found = context.month.bad_rows
    if not found:
        return None
    rows = [(text(one.file), count(one.row), text(translated(one.what, "zh"))) for one in found[:SHOWN_BAD_ROWS]]
    said = f"以下各行不能读取，没有用于任何数字，共 {len(found):,} 行。"
    if len(found) > SHOWN_BAD_ROWS:
        said += f"此处列出前 {SHOWN_BAD_ROWS} 行，全部见同目录的 bad-rows.csv。"
    heads = columns("文件", "#行", "问题")
    return Section(
        "bad-rows",
        "附录：不能读取的行",
        (Paragraph(said), table("bad-rows", "不能读取的行", heads, rows)),
    )
