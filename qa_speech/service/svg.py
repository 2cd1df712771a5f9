"""Charts as inline SVG: bars, lines, histogram, funnel, and the colours of a heat strip. Text uses the reader's own fonts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from qa_speech.service.document import Chart, Funnel, Table

WIDTH, HEIGHT = 720, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 46
ROW = 26
LABEL = 210
COLOURS = ("#1f6fb2", "#b9c4cf")
TICKS = 5
MOST_LABELS = 16


class Scale(NamedTuple):
    """From values to places: `low` at `start`, `high` at `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value."""
        width = self.high - self.low or 1.0
        return self.start + (value - self.low) / width * (self.end - self.start)

    def ticks(self) -> list[float]:
        """Round values to mark."""
        step = _step((self.high - self.low) / TICKS)
        first = -(-self.low // step) * step
        found = []
        while first <= self.high + 1e-9:
            found.append(round(first, 6))
            first += step
        return found


def _step(rough: float) -> float:
    """1, 2 or 5 times a power of ten, not less than `rough`."""
    power = 1.0
    while power * 10 <= rough:
        power *= 10
    while power > rough > 0:
        power /= 10
    return next(
        (power * factor for factor in (1, 2, 5, 10) if power * factor >= rough),
        power * 10,
    )


def chart(one: Chart) -> str:
    """A chart of bars, lines or a histogram."""
    if one.kind == "bars":
        return _bars(one)
    return _upright(one)


def _bars(one: Chart) -> str:
    """Bars that lie: names are long."""
    values = _values(one)
    scale = Scale(0.0, max([*values, 1e-9]), LABEL, WIDTH - 60)
    parts: list[str] = []
    for row, label in enumerate(one.labels):
        top = TOP + row * ROW
        line = top + ROW * 0.62
        parts.append(_text(LABEL - 8, line, _short(label), "end"))
        high = (ROW - 8) / len(one.series)
        for place, series in enumerate(one.series):
            value = series.values[row]
            if value is None:
                continue
            width = max(0.0, scale.at(value) - LABEL)
            box = _Box(LABEL, top + 4 + place * high, width, high)
            shown = _shown(one, value)
            parts.append(
                _rect(
                    box,
                    COLOURS[place],
                    f"{label} {series.name} {shown}",
                )
            )
            parts.append(_text(LABEL + width + 6, line, shown))
    return _svg(one.title, TOP + ROW * len(one.labels) + 8, parts)


def _values(one: Chart) -> list[float]:
    """All values of a chart."""
    found: list[float] = []
    for series in one.series:
        found += [value for value in series.values if value is not None]
    return found


def _shown(one: Chart, value: float) -> str:
    return f"{value:,.{one.digits}f}{one.unit}"


def _short(label: str, most: int = 15) -> str:
    return label if len(label) <= most else f"{label[: most - 1]}…"


def _upright(one: Chart) -> str:
    """Lines, or the bars of a histogram, over their labels."""
    values = _values(one)
    if not values:
        return ""
    low, high = min(values), max(values)
    margin = (high - low) * 0.12 or max(1.0, abs(high) * 0.05)
    bottom = 0.0 if one.kind == "histogram" else max(0.0, low - margin)
    scale = Scale(bottom, high + margin, HEIGHT - BOTTOM, TOP)
    step = (WIDTH - LEFT - RIGHT) / len(one.labels)
    parts = [*_grid(scale, one.unit, one.digits)]
    every = -(-len(one.labels) // MOST_LABELS)
    for place, label in enumerate(one.labels):
        if place % every == 0:
            parts.append(
                _text(
                    LEFT + step * (place + 0.5),
                    HEIGHT - BOTTOM + 18,
                    _short(label, 8),
                    "middle",
                )
            )
    for place, series in enumerate(one.series):
        colour = COLOURS[place]
        if one.kind == "histogram":
            parts += _columns(one, series.values, scale, step, colour)
        else:
            parts += _line(
                one,
                series.name,
                series.values,
                scale,
                step,
                colour,
            )
    if len(one.series) > 1:
        parts += _legend([series.name for series in one.series])
    return _svg(one.title, HEIGHT, parts)


def _columns(
    one: Chart,
    values: Sequence[float | None],
    scale: Scale,
    step: float,
    colour: str,
) -> Iterable[str]:
    for place, value in enumerate(values):
        if value is None:
            continue
        top = scale.at(value)
        box = _Box(
            LEFT + step * place + 2,
            top,
            step - 4,
            HEIGHT - BOTTOM - top,
        )
        yield _rect(
            box,
            colour,
            f"{one.labels[place]}：{_shown(one, value)}",
        )


def _line(
    one: Chart,
    name: str,
    values: Sequence[float | None],
    scale: Scale,
    step: float,
    colour: str,
) -> Iterable[str]:
    path: list[str] = []
    pen = "M"
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        x = LEFT + step * (place + 0.5)
        y = scale.at(value)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        pen = "L"
        yield _dot(
            x,
            y,
            3,
            colour,
            f"{one.labels[place]} {name} {_shown(one, value)}",
        )
    drawn = "".join(path)
    yield f'<path d="{drawn}" fill="none" stroke="{colour}" stroke-width="2"/>'


def funnel(one: Funnel) -> str:
    """A funnel plot."""
    values = [point.value for point in one.points]
    scale = Scale(
        max(0.0, min([*values, *one.wide_low])),
        min(100.0, max([*values, *one.wide_high])),
        HEIGHT - BOTTOM,
        TOP,
    )
    across = Scale(0.0, max(one.sizes) * 1.04, LEFT, WIDTH - RIGHT)
    parts = [*_grid(scale, one.unit, 0)]
    for tick in across.ticks():
        parts.append(
            _text(
                across.at(tick),
                HEIGHT - BOTTOM + 18,
                f"{tick:,.0f}",
                "middle",
            )
        )
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 8, one.size_title, "end"))
    middle = scale.at(one.centre)
    parts.append(f'<path d="M{LEFT} {middle:.1f}H{WIDTH - RIGHT}" stroke="#6b7785" stroke-width="1"/>')
    for limits, dash in (
        (one.low, ""),
        (one.high, ""),
        (one.wide_low, "5 4"),
        (one.wide_high, "5 4"),
    ):
        points = " ".join(
            f"{across.at(size):.1f},{scale.at(value):.1f}" for size, value in zip(one.sizes, limits, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="#6b7785" stroke-dasharray="{dash}"/>')
    for point in one.points:
        colour = "#b3261e" if point.outside else COLOURS[0]
        x, y = across.at(point.size), scale.at(point.value)
        told = f"{point.name}：{point.value:.1f}{one.unit}，{point.size:,.0f} 通"
        parts.append(_dot(x, y, 4, colour, told))
        if point.outside:
            parts.append(_text(x + 7, y + 4, point.name))
    return _svg(one.title, HEIGHT, parts)


def shades(one: Table) -> list[list[str]]:
    """The colour of each cell of a heat strip, "" for text."""
    values = [cell.number for row in one.rows for cell in row if cell.number is not None]
    most = max(values, default=0.0) or 1.0
    found: list[list[str]] = []
    for row in one.rows:
        found.append([_shade(cell.number, most) for cell in row])
    return found


def _shade(value: float | None, most: float) -> str:
    """From white to a deep blue on which dark text is still read."""
    if value is None:
        return ""
    part = max(0.0, min(1.0, value / most))
    red, green = round(255 - 140 * part), round(255 - 84 * part)
    return f"#{red:02x}{green:02x}f0"


def heat(one: Table) -> str:
    """A heat strip as a picture: a row for each weekday, a column for each hour."""
    days = [column.title for column in one.columns[1:]]
    colours = shades(one)
    step = (WIDTH - LEFT - RIGHT) / max(1, len(one.rows))
    parts: list[str] = []
    for place, day in enumerate(days):
        top = TOP + ROW * place
        parts.append(_text(LEFT - 6, top + 17, day, "end"))
        for hour, row in enumerate(one.rows):
            cell = row[place + 1]
            colour = colours[hour][place + 1]
            told = f"{day} {row[0].text}：{cell.text}"
            box = _Box(LEFT + step * hour, top, step - 1, ROW - 1)
            parts.append(_rect(box, colour, told))
    below = TOP + ROW * len(days)
    for hour, row in enumerate(one.rows):
        label = row[0].text.removesuffix(" 时")
        middle = LEFT + step * (hour + 0.5)
        parts.append(_text(middle, below + 16, label, "middle"))
    return _svg(one.title, below + 26, parts)


class _Box(NamedTuple):
    """A rectangle in the units of the picture."""

    x: float
    y: float
    width: float
    height: float


def _rect(box: _Box, colour: str, told: str) -> str:
    """A rectangle that tells what it is."""
    place = f'x="{box.x:.1f}" y="{box.y:.1f}"'
    size = f'width="{box.width:.1f}" height="{box.height:.1f}"'
    title = f"<title>{escape(told)}</title>"
    return f'<rect {place} {size} fill="{colour}">{title}</rect>'


def _dot(x: float, y: float, radius: int, colour: str, told: str) -> str:
    """A point that tells what it is."""
    place = f'cx="{x:.1f}" cy="{y:.1f}" r="{radius}"'
    title = f"<title>{escape(told)}</title>"
    return f'<circle {place} fill="{colour}">{title}</circle>'


def _grid(scale: Scale, unit: str, digits: int) -> Iterable[str]:
    right = WIDTH - RIGHT
    for tick in scale.ticks():
        y = scale.at(tick)
        yield f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#e3e8ed"/>'
        places = max(1, digits)
        if tick == int(tick):
            places = 0
        shown = f"{tick:,.{places}f}"
        yield _text(LEFT - 6, y + 4, shown, "end")
    if unit:
        yield _text(LEFT + 2, TOP - 3, unit)


def _legend(names: Sequence[str]) -> Iterable[str]:
    for place, name in enumerate(names):
        x = LEFT + 90 * place
        yield f'<rect x="{x}" y="{HEIGHT - 15}" width="10" height="10" fill="{COLOURS[place]}"/>'
        yield _text(x + 15, HEIGHT - 6, name)


def _text(x: float, y: float, value: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(value)}</text>'


def _svg(title: str, height: float, parts: Iterable[str]) -> str:
    inside = "".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
