"""通话记录: how many calls were answered and how soon, how long they took, by hour and queue, and how many came back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from qa_speech.service.chapters.common import (
    Context,
    change_words,
    figure_table,
    unit_chart,
    unit_table,
    with_interval,
)
from qa_speech.service.columns import (
    HOUR,
    NOW,
    QUEUE,
    Array,
    Records,
    hours_of,
    weekdays_of,
)
from qa_speech.service.document import (
    Block,
    Cell,
    Chart,
    Column,
    Paragraph,
    Section,
    Series,
    Table,
    count,
    text,
)

FIGURES = (
    "answer_rate",
    "answered_in_time",
    "talk_s",
    "handled_s",
    "solved_first",
)
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
EDGES_S = (0, 30, 60, 90, 120, 180, 240, 300, 420, 600, 900)


def section(context: Context) -> Section | None:
    """The section; None where no call records were given."""
    records = context.month.records
    if records is None:
        return None
    figures = [context.figures[name] for name in FIGURES if name in context.figures]
    blocks: list[Block | None] = [
        Paragraph(_answered(context, records), lead=True),
        figure_table(context, figures, id="records", title="通话记录的主要指标"),
        Paragraph(_lengths(records)) if _talked(records).size else None,
        _histogram(records),
    ]
    rate, in_time = (
        context.figure("answer_rate"),
        context.figure("answered_in_time"),
    )
    if rate is not None:
        blocks += [unit_chart(rate, HOUR, id="answer-hour-chart", compares=context.compares)]
        blocks += [
            unit_table(context, rate, HOUR, id="answer-hour"),
            unit_table(context, rate, QUEUE, id="answer-queue"),
        ]
    if in_time is not None:
        blocks.append(unit_table(context, in_time, HOUR, id="in-time-hour"))
    blocks += [_heat(records), Paragraph(_again(context))]
    talk = context.figure("talk_s")
    if talk is not None:
        blocks.append(unit_table(context, talk, QUEUE, id="talk-queue"))
    return Section(
        "records",
        "通话记录",
        tuple(block for block in blocks if block is not None),
    )


def _answered(context: Context, records: Records) -> str:
    rows = records.rows.period == NOW
    answered = int((rows & (records.answered == 1)).sum())
    given_up = int((rows & (records.answered == 0)).sum())
    in_ivr = int((rows & np.isnan(records.answered)).sum())
    figure = context.figure("answer_rate")
    said = f"本期请求人工 {answered + given_up:,} 次，接通 {answered:,} 次，排队中放弃 {given_up:,} 次"
    said += f"；另有 {in_ivr:,} 次在自助语音中放弃或没有写明结果，不计入接通率。"
    if figure is not None:
        said += f"接通率 {with_interval(figure, context.now(figure))}"
        said += f"，{change_words(figure, context.since(figure))}。" if context.compares else "。"
    in_time = context.figure("answered_in_time")
    if in_time is not None:
        said += f"{in_time.title} {with_interval(in_time, context.now(in_time))}。"
    return said


def _talked(records: Records) -> Array:
    held = records.talk_s[(records.rows.period == NOW) & (records.answered == 1)]
    return np.asarray(held[~np.isnan(held)])


def _lengths(records: Records) -> str:
    talked = _talked(records)
    middle, long = np.quantile(talked, [0.5, 0.9])
    return (
        f"通话时长平均 {talked.mean():.0f} 秒（n {len(talked):,}），"
        f"一半的通话不到 {middle:.0f} 秒，最长的一成超过 {long:.0f} 秒。"
    )


def _histogram(records: Records) -> Chart | None:
    talked = _talked(records)
    if len(talked) < 20:
        return None
    counts = np.histogram(talked, bins=[*EDGES_S, np.inf])[0]
    labels = [f"{low}–{high}" for low, high in pairwise(EDGES_S)] + [f"{EDGES_S[-1]} 以上"]
    series = Series("通数", tuple(float(one) for one in counts))
    return Chart(
        "talk-histogram",
        "通话时长的分布（秒）",
        "histogram",
        tuple(labels),
        (series,),
        "通",
        0,
    )


def _heat(records: Records) -> Table | None:
    """Calls that asked for an agent by hour and weekday."""
    rows = (records.rows.period == NOW) & ~np.isnan(records.answered)
    hours, days = hours_of(records.rows).codes, weekdays_of(records.rows)
    rows = rows & (hours >= 0) & (days >= 0)
    if rows.sum() < 100:
        return None
    grid = np.zeros((24, 7))
    np.add.at(grid, (hours[rows], days[rows]), 1)
    used = np.flatnonzero(grid.sum(axis=1))
    shown: list[tuple[Cell, ...]] = []
    for hour in range(int(used.min()), int(used.max()) + 1):
        shown.append((text(f"{hour:02} 时"), *(count(value) for value in grid[hour])))
    heads = (Column("时段"), *(Column(day, True) for day in WEEKDAYS))
    return Table(
        "load-heat",
        "来话量：时段与星期",
        heads,
        tuple(shown),
        "请求人工的次数，颜色越深越忙。",
        shaded=True,
    )


def _again(context: Context) -> str:
    figure = context.figure("solved_first")
    days = context.rules.limits.repeat_days
    if figure is None:
        return "话单没有客户标识，无法判断客户有没有再次来电，首次解决率不给出。"
    return (
        f"首次解决率 {with_interval(figure, context.now(figure))}：同一客户在 {days} 天内没有因同一原因再次来电的通话所占比例。"
        f"月末最后 {days} 天的通话，再次来电可能落在下月；话单没有覆盖那几天的，这些通话不计入。"
    )
