"""满意度: overall, by theme, hour, team and agent; and whether calls that score better please customers more."""

from __future__ import annotations

import numpy as np

from qa_speech.service.catalogue import SATISFACTION_OF
from qa_speech.service.chapters.common import (
    Context,
    change_words,
    figure_table,
    unit_chart,
    unit_table,
    value_cells,
    with_interval,
)
from qa_speech.service.columns import (
    AGENT,
    CITY,
    HOUR,
    NOW,
    TEAM,
    Array,
    Calls,
    Survey,
)
from qa_speech.service.document import (
    Block,
    Paragraph,
    Section,
    columns,
    table,
    text,
)
from qa_speech.service.figures import Figure, share_figure, value_of
from qa_speech.stats.link import correlation

BANDS = (
    (90.0, 101.0, "90 分及以上"),
    (80.0, 90.0, "80–90 分"),
    (0.0, 80.0, "80 分以下"),
)


def section(context: Context) -> Section | None:
    """The section; None where no survey was given."""
    survey, figure = context.month.survey, context.figure("satisfaction")
    if survey is None or figure is None:
        return None
    themes = [one for name, one in context.figures.items() if name.startswith(SATISFACTION_OF)]
    blocks: list[Block | None] = [
        Paragraph(_overall(context, survey, figure), lead=True),
        figure_table(
            context,
            [figure, *themes],
            id="satisfaction",
            title="满意度与各主题",
        ),
        unit_chart(
            figure,
            HOUR,
            id="satisfaction-hour-chart",
            compares=context.compares,
        ),
        unit_table(context, figure, HOUR, id="satisfaction-hour"),
        unit_table(context, figure, CITY, id="satisfaction-city"),
        unit_table(context, figure, TEAM, id="satisfaction-team"),
        unit_table(context, figure, AGENT, id="satisfaction-agent", folded=True),
        *_link(context, survey),
    ]
    return Section(
        "satisfaction",
        "满意度",
        tuple(block for block in blocks if block is not None),
    )


def _overall(context: Context, survey: Survey, figure: Figure) -> str:
    rows = survey.rows.period == NOW
    invited, answered = (
        int(rows.sum()),
        int((rows & ~np.isnan(survey.overall)).sum()),
    )
    share = 100 * answered / invited if invited else 0.0
    said = (
        f"满意度为 {with_interval(figure, context.now(figure))}，口径是有效答复中“满意”及以上的比例。"
        f"调查表共 {invited:,} 行，其中有效答复 {answered:,} 份，答复率 {share:.1f}%。"
    )
    if context.compares:
        said += f"{_begin(change_words(figure, context.since(figure)))}。"
    return said + "没有答复的客户怎么想，这些数字说明不了。"


def _begin(words: str) -> str:
    return words if words.startswith(("上期", "与上期")) else f"满意度{words}"


def _link(context: Context, survey: Survey) -> list[Block]:
    """Whether calls that score better please more: survey rows joined to calls by their ids."""
    calls = context.month.calls
    if calls is None:
        return []
    score = score_of_rows(calls, survey)
    figure = share_figure(
        "linked",
        "满意度",
        survey.rows,
        np.where(np.isnan(score), np.nan, survey.overall),
    )
    both = figure.used(NOW)
    if both.sum() < 30:
        return [
            Paragraph(f"满意度答复中只有 {int(both.sum())} 份能对上已评分的通话，太少，不说明质检得分与满意度的关系。")
        ]
    rows = []
    for low, high, name in BANDS:
        mine = both & (score >= low) & (score < high)
        rows.append((text(name), *value_cells(figure, value_of(figure, mine))))
    found = correlation(score[both], survey.overall[both])
    said = f"有 {int(both.sum()):,} 份答复对上了已评分的通话。"
    if found is None:
        said += "得分或答复没有差别，看不出两者的关系。"
    elif found.low > 0:
        said += f"得分高的通话满意度也高：相关系数 {found.value:.2f}（95% 区间 {found.low:.2f} 到 {found.high:.2f}）。"
    elif found.high < 0:
        said += (
            f"得分高的通话满意度反而低：相关系数 {found.value:.2f}（95% 区间 {found.low:.2f} 到 {found.high:.2f}），"
            "说明评分表衡量的不是客户在意的。"
        )
    else:
        said += f"看不出得分与满意度有关：相关系数 {found.value:.2f}（95% 区间 {found.low:.2f} 到 {found.high:.2f}，含 0）。"
    heads = columns("质检得分", "#满意度", "95% 区间", "#n")
    return [
        Paragraph(said),
        table("satisfaction-score", "质检得分与满意度", heads, rows),
    ]


def score_of_rows(calls: Calls, survey: Survey) -> Array:
    """The score of the call that each row of the survey speaks of; nan where it cannot be joined or has none."""
    scores = {call: total for call, total in zip(calls.rows.calls, calls.total.tolist(), strict=True) if call}
    return np.array([scores.get(call, np.nan) for call in survey.rows.calls], float)
