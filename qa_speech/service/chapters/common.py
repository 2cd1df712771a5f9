"""What the sections share: the month with its figures, tables of a figure by unit, sentences with n and interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa_speech.service.columns import (
    AGENT,
    BEFORE,
    CITY,
    HOUR,
    NATIONAL,
    NOW,
    PROVINCE,
    QUEUE,
    TEAM,
    Month,
)
from qa_speech.service.document import (
    NONE,
    SMALL_CELL,
    Cell,
    Chart,
    Column,
    Series,
    Table,
    count,
    number,
    table,
    text,
)
from qa_speech.service.figures import (
    NOTHING,
    Figure,
    Value,
    change,
    value_of,
    values_by,
)
from qa_speech.service.findings import Finding, Measure, spoken
from qa_speech.service.questions import Answer
from qa_speech.service.rules import Rules
from qa_speech.service.sampled import Sampled
from qa_speech.stats.ratio import Difference

LEVEL_TITLES = {
    AGENT: "坐席",
    TEAM: "班组",
    CITY: "城市",
    PROVINCE: "省",
    QUEUE: "队列",
    HOUR: "时段",
    "national": "全国",
}
TOO_FEW = f"不足 {SMALL_CELL}"


def no_clip(call: str, second: float) -> str:
    """Where no clips were cut."""
    return ""


@dataclass(frozen=True, slots=True)
class Context:
    """A month with everything that was worked out from it. `page_of` gives the address of a call's page, "" = there is none;
    `agreement` says how far machine and people agree, `sampled` what a draw tells;
    `clip_of` gives the address of the clip of a call that holds a second, "" = there is none."""

    month: Month
    rules: Rules
    figures: Mapping[str, Figure]
    answers: Sequence[Answer]
    findings: Sequence[Finding]
    measures: Sequence[Measure]
    page_of: Callable[[str], str]
    agreement: str
    title: str
    level: str
    sampled: Sampled | None = None
    clip_of: Callable[[str, float], str] = no_clip

    def figure(self, name: str) -> Figure | None:
        """A figure by name, if anybody measured it."""
        return self.figures.get(name)

    def now(self, figure: Figure) -> Value:
        """Over all rows of the month, or as a draw estimates it."""
        return values_by(figure, NATIONAL)[NATIONAL]

    def before(self, figure: Figure) -> Value:
        """Over all rows of the period before."""
        return value_of(figure, figure.used(BEFORE))

    def since(self, figure: Figure) -> Difference | None:
        """How much it changed, in units of the figure; None where it is estimated: the rows of two months say it, not a draw."""
        if figure.estimates:
            return None
        return change(figure, figure.used(NOW), figure.used(BEFORE))

    def beyond(self, figure: Figure, level: str) -> dict[str, Answer]:
        """The units of a level that are worse beyond chance."""
        return {one.unit: one for one in self.answers if one.figure is figure and one.level == level and one.found}

    @property
    def is_estimated(self) -> bool:
        """Whether mean total and pass rate are estimates from a draw."""
        return self.sampled is not None and bool(self.sampled.values)

    @property
    def compares(self) -> bool:
        """Whether there is a period before."""
        return bool(self.month.previous)


def month_title(period: str) -> str:
    """A month as a title has it.

    >>> month_title("2026-11")
    '2026 年 11 月'
    """
    year, _, month = period.partition("-")
    return f"{year} 年 {int(month)} 月"


def with_interval(figure: Figure, value: Value) -> str:
    """A value with interval and n, as a sentence holds it."""
    if value.value is None:
        return "没有数据"
    if value.low is None or value.high is None:
        return f"{spoken(figure, value.value)}（n {value.n:,}）"
    return f"{spoken(figure, value.value)}（95% 区间 {ends(figure, value)}，n {value.n:,}）"


def ends(figure: Figure, value: Value) -> str:
    """The ends of an interval."""
    if value.low is None or value.high is None:
        return NONE
    return f"{value.low:,.{figure.digits}f}–{value.high:,.{figure.digits}f}"


def value_cells(figure: Figure, value: Value, *, tone: str = "") -> tuple[Cell, Cell, Cell]:
    """Value, interval and n of a unit; too few rows are not shown."""
    if value.value is None:
        return number(None), text(NONE, tone="muted"), count(0)
    if value.n < SMALL_CELL:
        return (
            text(TOO_FEW, tone="muted"),
            text(NONE, tone="muted"),
            text(f"< {SMALL_CELL}", tone="muted"),
        )
    shown = number(
        value.value,
        _unit(figure),
        figure.digits,
        tone="bad" if tone == "bad" else "",
    )
    return shown, text(ends(figure, value)), count(value.n)


def _unit(figure: Figure) -> str:
    return figure.unit if figure.unit in ("", "%") else f" {figure.unit}"


def unit_table(
    context: Context,
    figure: Figure,
    level: str,
    *,
    id: str,
    folded: bool = False,
) -> Table | None:
    """A figure by the units of a level in the order of their names, with what is beyond chance; None where there is one unit."""
    values = values_by(figure, level)
    if len(values) < 2:
        return None
    beyond = context.beyond(figure, level)
    rows: list[tuple[Cell, ...]] = []
    for name, value in values.items():
        found = beyond.get(name)
        mark = text("")
        if found is not None:
            side = "偏高" if figure.bad > 0 else "偏低"
            mark = text(f"{side}，超出偶然（q {found.q:.3f}）", tone="bad")
        rows.append(
            (
                text(unit_name(level, name)),
                *value_cells(figure, value, tone="bad" if found else ""),
                mark,
            )
        )
    heads = (
        Column(LEVEL_TITLES[level]),
        Column(figure.title, True),
        Column("95% 区间"),
        Column("n", True),
        Column("判断"),
    )
    note = "按名称排列，不是名次；没有标注的，与其他单位的差别在偶然范围之内。"
    if figure.estimates:
        note = "按名称排列，不是名次；抽样估计，单位之间的差别没有检验，看区间。"
    return table(
        id,
        f"{figure.title}（按{LEVEL_TITLES[level]}）",
        heads,
        rows,
        note=note,
        folded=folded,
    )


def unit_name(level: str, name: str) -> str:
    """A unit as tables name it.

    >>> unit_name("hour", "09"), unit_name("team", "A组")
    ('09 时', 'A组')
    """
    return f"{name} 时" if level == HOUR else name


def unit_chart(
    figure: Figure,
    level: str,
    *,
    id: str,
    compares: bool,
    kind: str = "lines",
) -> Chart | None:
    """A figure by the units of a level as a chart, the period before beside it."""
    now = values_by(figure, level)
    before = values_by(figure, level, BEFORE) if compares else {}
    names = sorted({*now, *before})
    if len(names) < 2:
        return None
    series = [
        Series(
            "本期",
            tuple(_shown(now.get(name, NOTHING), figure) for name in names),
        )
    ]
    if before:
        series.append(
            Series(
                "上期",
                tuple(_shown(before.get(name, NOTHING), figure) for name in names),
            )
        )
    title = f"{figure.title}（按{LEVEL_TITLES[level]}）"
    labels = tuple(unit_name(level, name) for name in names)
    return Chart(
        id,
        title,
        "lines" if kind == "lines" else "bars",
        labels,
        tuple(series),
        figure.unit,
        figure.digits,
    )


def _shown(value: Value, figure: Figure) -> float | None:
    if value.value is None or value.n < SMALL_CELL:
        return None
    return round(value.value, figure.digits)


def signed(value: float, digits: int) -> str:
    """A difference with its sign; what rounds to nothing has none.

    >>> signed(-0.04, 1), signed(1.25, 1)
    ('0.0', '+1.2')
    """
    rounded = round(value, digits)
    return f"{rounded:+,.{digits}f}" if rounded else f"{0:.{digits}f}"


def change_words(figure: Figure, found: Difference | None) -> str:
    """A change since the period before in words: what is within noise is said to be so."""
    if found is None:
        return "上期没有可比的数据"
    size = spoken(figure, abs(found.value), points=True)
    between = f"95% 区间 {signed(found.low, figure.digits)} 到 {signed(found.high, figure.digits)}"
    if found.low <= 0 <= found.high:
        return f"与上期相差 {size}（{between}），在波动范围之内"
    turn = "上升" if found.value > 0 else "下降"
    return f"比上期{turn} {size}（{between}），超出波动范围"


def figure_table(
    context: Context,
    figures: Iterable[Figure],
    *,
    id: str,
    title: str,
    note: str = "",
) -> Table:
    """Figures over all rows: this period, the one before, and whether the change is more than noise."""
    rows: list[tuple[Cell, ...]] = []
    for figure in figures:
        shown, interval, n = value_cells(figure, context.now(figure))
        row: list[Cell] = [text(figure.title), shown, interval, n]
        if context.compares:
            old, _, old_n = value_cells(figure, context.before(figure))
            row += [old, old_n, text(verdict(figure, context.since(figure)))]
        rows.append(tuple(row))
    heads = [
        Column("指标"),
        Column("本期", True),
        Column("95% 区间"),
        Column("n", True),
    ]
    if context.compares:
        heads += [
            Column("上期", True),
            Column("上期 n", True),
            Column("变化"),
        ]
    return table(id, title, heads, rows, note=note)


def verdict(figure: Figure, found: Difference | None) -> str:
    """A change in a cell: its interval, and better, worse or noise."""
    if found is None:
        return "不可比"
    between = f"{signed(found.low, figure.digits)} 到 {signed(found.high, figure.digits)}"
    if found.low <= 0 <= found.high:
        return f"波动之内（{between}）"
    if figure.bad == 0:
        return f"有变化（{between}）"
    worse = figure.bad * found.value > 0
    return f"变差（{between}）" if worse else f"变好（{between}）"


def bars(
    id: str,
    title: str,
    pairs: Sequence[tuple[str, float]],
    *,
    unit: str,
    digits: int = 1,
) -> Chart:
    """A chart of bars from names and values."""
    values = tuple(round(value, digits) for _, value in pairs)
    return Chart(
        id,
        title,
        "bars",
        tuple(name for name, _ in pairs),
        (Series("本期", values),),
        unit,
        digits,
    )


def present(*blocks: object) -> list[object]:
    """The blocks that are there."""
    return [block for block in blocks if block is not None]
