"""热词: words of the period's texts against those of the period before."""

from __future__ import annotations

from qa_speech.service.chapters.common import Context
from qa_speech.service.document import (
    Block,
    Cell,
    Paragraph,
    Section,
    columns,
    count,
    number,
    table,
    text,
)

SHOWN = 30


def section(context: Context) -> Section:
    """The section; it says so where there are no texts."""
    month = context.month
    now, before = month.text_counts
    if not now:
        said = "没有可以统计的文字：批次没有保存通话文字，问题记录也没有内容一栏。"
        return Section("words", "热词", (Paragraph(said),))
    if not month.words:
        said = f"在 {now:,} 条文字（上期 {before:,} 条）中，没有哪个词比上期明显增多。"
        return Section("words", "热词", (Paragraph(said),))
    against = (
        f"与上期 {before:,} 条相比明显增多的词（q ≤ 0.05）如下" if before else "没有上期的文字可比，以下是出现最多的词"
    )
    said = (
        f"统计了本期 {now:,} 条文字（问题记录的内容，以及批次里保存了文字的客户话语）。{against}，不足 4 条的词不列。"
    )
    rows: list[tuple[Cell, ...]] = []
    for word in month.words[:SHOWN]:
        row = [
            text(word.word),
            count(word.now),
            number(100 * word.now / now, "%"),
        ]
        row += [
            count(word.before),
            number(100 * word.before / before if before else None, "%"),
        ]
        rows.append((*row, text("、".join(word.calls[:3]))))
    heads = columns("词语", "#本期条数", "#占本期", "#上期条数", "#占上期", "例如")
    blocks: list[Block] = [
        Paragraph(said),
        table("words", "热词", heads, rows),
    ]
    return Section("words", "热词", tuple(blocks))
