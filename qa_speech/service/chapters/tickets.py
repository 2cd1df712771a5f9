"""问题与投诉记录: causes by list, 其它 on its own where there is too much of it, complaints that came again, how long it took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from qa_speech.service.chapters.common import (
    Context,
    bars,
    change_words,
    figure_table,
    with_interval,
)
from qa_speech.service.columns import BEFORE, NOW, Flags, Tickets
from qa_speech.service.document import (
    SMALL_CELL,
    Block,
    Bullets,
    Cell,
    Paragraph,
    Section,
    columns,
    count,
    number,
    table,
    text,
)
from qa_speech.service.findings import OtherShare, other_shares
from qa_speech.service.rules import CauseList
from qa_speech.service.words import keywords
from qa_speech.stats.intervals import wilson

SHOWN_WORDS = 12
EXPECTED_FIGURES = ("complaint_rate", "second_complaints", "ticket_h")


def section(context: Context) -> Section | None:
    """The section; None where no records of problems were given."""
    tickets = context.month.tickets
    if tickets is None:
        return None
    figures = [context.figures[name] for name in EXPECTED_FIGURES if name in context.figures]
    blocks: list[Block] = [Paragraph(_overall(context, tickets), lead=True)]
    if figures:
        blocks.append(
            figure_table(
                context,
                figures,
                id="tickets",
                title="问题与投诉记录的主要指标",
            )
        )
    for one in other_shares(tickets, context.rules):
        blocks += list(_of_list(context, tickets, one))
    blocks += list(_proposed(tickets))
    return Section("tickets", "问题与投诉记录", tuple(blocks))


def _overall(context: Context, tickets: Tickets) -> str:
    now = tickets.rows.period == NOW
    complaints = int((now & tickets.is_complaint).sum())
    again = int((now & tickets.is_complaint & tickets.repeats).sum())
    said = f"本期受理 {int(now.sum()):,} 条，其中投诉 {complaints:,} 条，重复投诉（二次投诉）{again:,} 条。"
    figure = context.figure("complaint_rate")
    if figure is not None:
        now_value = context.now(figure)
        said += f"投诉率为每百通接通电话 {now_value.value or 0:.2f} 次（{now_value.n:,} 行话单与记录）"
        said += f"，{change_words(figure, context.since(figure))}。" if context.compares else "。"
    hours = context.figure("ticket_h")
    if hours is not None:
        said += f"平均处理历时 {with_interval(hours, context.now(hours))}。"
    if again:
        said += "二次投诉及其所重复的那一通通话列入复检名单：qa-speech review tickets。"
    return said


def _rows_of(tickets: Tickets, held: CauseList, period: int) -> Flags:
    return np.asarray((tickets.rows.period == period) & (tickets.lists.codes == tickets.lists.names.index(held.id)))


def _of_list(context: Context, tickets: Tickets, one: OtherShare) -> Iterator[Block]:
    """One list: its causes now and before, and 其它 on its own where it is above the limit."""
    held = one.held
    now, before = _counts(tickets, held, NOW), _counts(tickets, held, BEFORE)
    all_before = sum(before.values())
    rows: list[tuple[Cell, ...]] = []
    for cause in held.causes:
        found = wilson(now[cause.code], one.n)
        assert found is not None
        row = [
            text(cause.name),
            count(now[cause.code]),
            number(100 * found.value, "%"),
            text(f"{100 * found.low:.1f}–{100 * found.high:.1f}"),
        ]
        if context.compares:
            share = 100 * before[cause.code] / all_before if all_before else None
            row += [count(before[cause.code]), number(share, "%")]
        rows.append(tuple(row))
    heads = ["原因", "#条数", "#占比", "95% 区间"]
    if context.compares:
        heads += ["#上期条数", "#上期占比"]
    yield table(
        f"causes-{held.id}",
        f"{held.title}（{one.n:,} 条）",
        columns(*heads),
        rows,
    )
    pairs = [(cause.name, 100 * now[cause.code] / one.n) for cause in held.causes]
    yield bars(
        f"causes-{held.id}-chart",
        f"{held.title}：各原因占比",
        sorted(pairs, key=lambda pair: -pair[1]),
        unit="%",
    )
    if one.share > context.rules.limits.other_limit:
        yield from _other(context, tickets, one)


def _counts(tickets: Tickets, held: CauseList, period: int) -> Counter[str]:
    codes = tickets.causes.codes[_rows_of(tickets, held, period)]
    names = tickets.causes.names
    return Counter(names[code] if code >= 0 else held.other for code in codes.tolist())


def _other(context: Context, tickets: Tickets, one: OtherShare) -> Iterator[Block]:
    """What the records under 其它 speak of: words that stand in them more often than in the rest of the list."""
    held = one.held
    mine = _rows_of(tickets, held, NOW)
    other = mine & (tickets.causes.codes == tickets.causes.names.index(held.other))
    limit = 100 * context.rules.limits.other_limit
    yield Paragraph(
        f"“{held.title}”的“其它”有 {one.other:,} 条，占 {100 * one.share:.1f}%，超过 {limit:.0f}%，按规定单独分析如下。",
        lead=True,
    )
    texts = [tickets.texts[row] for row in np.flatnonzero(other).tolist() if tickets.texts[row]]
    rest = [tickets.texts[row] for row in np.flatnonzero(mine & ~other).tolist() if tickets.texts[row]]
    if len(texts) < SMALL_CELL:
        yield Paragraph(f"其中只有 {len(texts)} 条写了内容，说不出它们讲的是什么；请受理人员补写。")
        return
    words = keywords(texts, rest)[:SHOWN_WORDS]
    rows = [
        (
            text(word.word),
            count(word.now),
            number(100 * word.now / len(texts), "%"),
            count(word.before),
            number(100 * word.before / len(rest) if rest else None, "%"),
        )
        for word in words
    ]
    if not rows:
        yield Paragraph(f"{len(texts)} 条内容里没有哪个词明显多于同类其余记录，“其它”没有集中在一件事上。")
        return
    heads = columns("词语", "#其它中的条数", "#占其它", "#其余记录中的条数", "#占其余")
    title = f"{held.title}：“其它”的内容（{len(texts):,} 条有文字）"
    yield table(
        f"other-{held.id}",
        title,
        heads,
        rows,
        note="列出的词在“其它”中明显多于同类其余记录；出现不足 4 条的不列。",
    )
    named = "、".join(word.word for word in words[:5])
    yield Bullets(
        (
            f"“其它”集中在：{named}。",
            "建议据此增设原因代码，或改正归类（见“改进措施”）。",
        )
    )


def _proposed(tickets: Tickets) -> Iterator[Block]:
    """Causes that were proposed from texts, and how often a person corrected such a proposal."""
    now = tickets.rows.period == NOW
    proposed = int((now & tickets.proposed).sum())
    if not proposed:
        return
    known = tickets.corrected[~np.isnan(tickets.corrected)]
    said = f"有 {proposed:,} 条没有填原因，按文字中的词语拟定了原因，仅供参考，须由人确认。"
    found = wilson(float(known.sum()), len(known))
    if found is None:
        yield Paragraph(said + "没有可以对照的人工原因，不知道拟定得准不准。")
        return
    yield Paragraph(
        said + f"在填了原因的 {len(known):,} 条上用同样的方法拟定，与人工不同的占 {100 * found.value:.1f}%"
        f"（95% 区间 {100 * found.low:.1f}–{100 * found.high:.1f}）。"
    )
