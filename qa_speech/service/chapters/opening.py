"""摘要, 引言, 数据来源与方法: what a director reads in a minute, and what the figures stand on."""

from __future__ import annotations

from qa_speech.service.chapters.common import Context, ends, month_title
from qa_speech.service.columns import NOW
from qa_speech.service.document import (
    Block,
    Bullets,
    Card,
    Cards,
    Paragraph,
    Section,
    columns,
    count,
    number,
    table,
    text,
)
from qa_speech.service.sampled import sampled_sentence

FIRST = (
    "score",
    "satisfaction",
    "answer_rate",
    "solved_first",
    "complaint_rate",
    "passed",
)
SHOWN_FINDINGS = 8


def summary(context: Context) -> Section:
    """The first page: six figures, the findings that weigh most, how much of it is sure."""
    cards: list[Card] = []
    for name in FIRST:
        figure = context.figure(name)
        value = None if figure is None else context.now(figure)
        if figure is None or value is None or value.value is None:
            continue
        unit = figure.unit if figure.unit == "%" else f" {figure.unit}"
        note = f"95% 区间 {ends(figure, value)} · n {value.n:,}"
        cards.append(Card(figure.title, number(value.value, unit, figure.digits), note))
    blocks: list[Block] = [Cards(tuple(cards))] if cards else []
    blocks.append(Paragraph(_said(context), lead=True))
    shown = context.findings[:SHOWN_FINDINGS]
    if shown:
        blocks.append(Bullets(tuple(f"{place}. {one.sentence}" for place, one in enumerate(shown, start=1))))
    return Section("summary", "摘要", tuple(blocks))


def _said(context: Context) -> str:
    found, measures = len(context.findings), len(context.measures)
    untested = "总分与合格率是抽样估计，没有参加检验。" if context.is_estimated else ""
    if not found:
        return untested + (
            "本月没有超出偶然的发现：各坐席、时段、班组、城市之间以及与上期之间的差别，都在正常波动之内。"
            "没有发现，也就没有改进措施；各项指标见正文。"
        )
    more = f"，最重的 {SHOWN_FINDINGS} 项如下" if found > SHOWN_FINDINGS else "，如下"
    return f"{untested}本月有 {found} 项发现，对应 {measures} 项改进措施{more}（按影响大小和把握程度排列）。"


def introduction(context: Context) -> Section:
    """引言."""
    month = context.month
    said = f"本报告分析{month_title(month.period)}的话务服务质量"
    said += f"，并与{month_title(month.previous)}比较。" if month.previous else "；没有给出可以比较的上期。"
    said += (
        "报告中的每个数字都由数据算出，写明了依据多少条（n）；凡有波动的都给出 95% 区间。每项改进措施都对应一项发现。"
    )
    return Section("introduction", "引言", (Paragraph(said),))


KINDS = {
    "run": "质检批次",
    "cdr": "话单",
    "survey": "满意度调查",
    "tickets": "问题与投诉记录",
    "org": "组织架构",
    "hand-over": "下级上报",
}


def sources(context: Context) -> Section:
    """数据来源与方法: what was read, what could be joined, what is missing, and how intervals and findings come about."""
    month = context.month
    rows = [
        (
            text(KINDS.get(one.kind, one.kind)),
            text(one.name),
            count(one.now),
            count(one.before),
            count(one.outside),
            number(float(one.bad), "", 0, tone="bad" if one.bad else ""),
            text(_joined(one.joined, one.joined_to)),
        )
        for one in month.sources
    ]
    heads = columns(
        "数据",
        "文件",
        "#本期行数",
        "#上期行数",
        "#其他日期",
        "#不能读取",
        "与其他数据的对应",
    )
    blocks: list[Block] = []
    if rows:
        blocks.append(table("sources", "数据来源", heads, rows))
    missing = _missing(context)
    if missing:
        blocks.append(Paragraph("没有给出的数据：" + "；".join(missing) + "。相应章节从缺，不作推测。"))
    blocks += [Bullets(tuple(_coverage(context))), Bullets(METHODS)]
    return Section("sources", "数据来源与方法", tuple(blocks))


def _joined(found: int | None, what: str) -> str:
    return "" if found is None else f"{found:,} 行对上{what}"


def _missing(context: Context) -> list[str]:
    month = context.month
    held = (
        (month.calls, "质检批次"),
        (month.records, "话单（--cdr）"),
        (month.survey, "满意度调查（--survey）"),
        (month.tickets, "问题与投诉记录（--tickets）"),
    )
    return [name for one, name in held if one is None]


MARKED = {
    "machine": "质检结果是机器对批次中全部通话的评分，没有抽样；机器判得准不准，看它与人的一致率。",
    "final": "质检结果以人工判定为准，没有人工判定的项目用机器评分。",
    "human": "质检结果只按人工判定。",
}
AS_THEY_ARE = {
    "machine": "",
    "final": "没有给出抽样记录（--sample）：人听过的通话按原样计入，没有按抽中的机会推算到其余通话。",
    "human": "没有给出抽样记录（--sample）：人听过的通话按原样计算，只说明它们自己，不代表全部通话。",
}


def _coverage(context: Context) -> list[str]:
    calls = context.month.calls
    said = list(context.month.notes)
    if calls is None:
        return said
    now = calls.rows.period == NOW
    count_now = int(now.sum())
    drawn = AS_THEY_ARE[context.month.marks] if context.sampled is None else sampled_sentence(context.sampled)
    said.append(f"{MARKED[context.month.marks]}本期 {count_now:,} 通。{drawn}")
    low = int((now & ~calls.reliable).sum())
    if low:
        kept_out = "得分与比较" if not context.is_estimated else "比较；抽样估计包括它们"
        said.append(f"其中 {low:,} 通录音可靠性低（单声道、假立体声、串音等），单列，不进入{kept_out}。")
    records = context.month.records
    if records is not None:
        answered = int(((records.rows.period == NOW) & (records.answered == 1)).sum())
        if answered:
            said.append(
                f"话单中接通 {answered:,} 次，批次中有 {count_now:,} 通，相当于 {100 * count_now / answered:.1f}%。"
            )
    return said


METHODS = (
    "区间说的是：同样的服务再来一个月，数字大致落在哪里。同一坐席的通话彼此相像，所以按坐席（接通率按日）计算，不把每通当作互不相干。",
    "“超出偶然”：把坐席、时段、班组、城市、各评分项目和与上期的比较放在一起检验，控制误报率（Benjamini–Hochberg，q ≤ 0.05）；"
    "坐席之间、时段之间本来就有的差别已经计入（漏斗图，Spiegelhalter 2005）。",
    "坐席与同时段的同事比，时段与同一批坐席在其他时段比，班次好坏不算到人头上。",
    "不足 4 条的单元格不显示。单位一律按名称排列，不排名次：区间相交的单位分不出先后。",
    "发现按“影响的下限 × 涉及的通数”排列：宁可少报，不夸大。",
)
