"""The measurements of a call as the table of its page: a row per metric, columns for whoever was measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from qa_speech.report.labels import UI
from qa_speech.report.score_sheet import LEAST_APART, Apart
from qa_speech.scores import CallReport, Measurement
from qa_speech.wording import recordings, terms
from qa_speech.wording.lang import Lang, listed, pick

WHOLE_CALL = ""
FAULTS = {
    "dead_count": "dead_channel", "fake_count": "fake_stereo", "noise_count": "low_snr", "clipping_count": "clipping",
    "dropout_count": "dropouts", "echo_count": "echo", "hum_count": "hum", "crosstalk_count": "crosstalk",
    "narrow_count": "narrow_band", "resampled_count": "sampling_rate",
}  # fmt: skip
"""Components that count the faults of a recording, and the finding that each counts."""
COLUMNS = (WHOLE_CALL, "agent", "customer")
ANYBODY = "unknown"
"""Whose figures those of the whole call are where nothing tells who speaks."""


class Cell(NamedTuple):
    """A figure, or why there is none; `known` says which of the two."""

    text: str
    known: bool


class ComponentRow(NamedTuple):
    """One component of a metric, a cell per column."""

    name: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One metric, a cell per column of the table; `low` = why its reliability is low."""

    name: str
    cells: tuple[Cell, ...]
    highlights: tuple[ComponentRow, ...]
    components: tuple[ComponentRow, ...]
    low: str


@dataclass(frozen=True, slots=True)
class FigureTable:
    """The table of metrics; those without any figure, for a reason that many share, stand `apart`."""

    columns: tuple[str, ...]
    rows: tuple[FigureRow, ...]
    apart: tuple[Apart, ...] = ()


def figure_table(report: CallReport, lang: Lang) -> FigureTable:
    """The measurements as a table; where nothing tells who speaks, they are all of the whole call."""
    used = {key.partition(":")[2] for key in report.measurements}
    columns = [column for column in COLUMNS if column in used]
    if ANYBODY in used:
        columns = [WHOLE_CALL]
    metrics = dict.fromkeys(key.partition(":")[0] for key in report.measurements)
    rows = [_row(metric, _measured(report.measurements, metric, columns), lang) for metric in metrics]
    reasons = Counter(filter(None, map(_why_none, rows)))
    common = [reason for reason, count in reasons.most_common() if count >= LEAST_APART]
    return FigureTable(
        columns=tuple(_head(column, lang) for column in columns),
        rows=tuple(row for row in rows if _why_none(row) not in common),
        apart=tuple(Apart(why, tuple(row.name for row in rows if _why_none(row) == why)) for why in common),
    )


def _why_none(row: FigureRow) -> str:
    """The one reason for which a metric has no figure in any column; "" where it has one, or there are several."""
    said = {cell.text for cell in row.cells if cell.text}
    if any(cell.known for cell in row.cells) or len(said) != 1:
        return ""
    return said.pop()


def _head(column: str, lang: Lang) -> str:
    if column == WHOLE_CALL:
        return terms.term(UI, "whole_call", lang)
    return terms.role(column, lang)


Measured: TypeAlias = Sequence[Measurement | None]
"""The measurements of one metric, by column; None where it was not asked of that role."""


def _measured(measurements: Mapping[str, Measurement], metric: str, columns: Sequence[str]) -> Measured:
    found = []
    for column in columns:
        if column == WHOLE_CALL:
            found.append(measurements.get(metric) or measurements.get(f"{metric}:{ANYBODY}"))
        else:
            found.append(measurements.get(f"{metric}:{column}"))
    return found


def _row(metric: str, measured: Measured, lang: Lang) -> FigureRow:
    components = {part: _component_row(metric, part, measured, lang) for part in _known_components(measured)}
    highlights = [components[part] for part in terms.highlights(metric) if part in components]
    return FigureRow(
        name=terms.metric(metric, lang),
        cells=tuple(_cell(metric, one, lang) for one in measured),
        highlights=tuple(highlights),
        components=tuple(components.values()),
        low=_why_low(measured, lang),
    )


def _cell(metric: str, measured: Measurement | None, lang: Lang) -> Cell:
    if measured is None:
        return Cell("", False)
    text = terms.measurement(measured, lang)
    if metric == "recording" and measured.value:
        text += terms.bracket(listed(_faults(measured, lang), lang), lang)
    return Cell(text, measured.value is not None)


def _faults(measured: Measurement, lang: Lang) -> list[str]:
    """The faults of a recording by their names."""
    counts = {code: measured.components.get(part) for part, code in FAULTS.items()}
    return [terms.term(recordings.FINDINGS, code, lang) for code, count in counts.items() if count]


def _known_components(measured: Measured) -> list[str]:
    """The components that have a value in some column, in the order of the metric."""
    values: dict[str, bool] = {}
    for one in measured:
        if one is not None:
            for part, value in one.components.items():
                values[part] = values.get(part, False) or value is not None
    return [part for part, known in values.items() if known]


def _component_row(metric: str, part: str, measured: Measured, lang: Lang) -> ComponentRow:
    cells = []
    for one in measured:
        if one is None:
            cells.append("")
        else:
            cells.append(terms.component_figure(metric, part, one.components.get(part), lang))
    return ComponentRow(terms.component(metric, part, lang), tuple(cells))


def _why_low(measured: Measured, lang: Lang) -> str:
    for one in measured:
        if one is None or one.reliability != "low":
            continue
        by_model = one.components.get("model_count")
        if one.reliability_reason == "model_only" and by_model:
            number = terms.number(by_model)
            return pick(lang, f"其中 {number} 处仅模型判定", f"{number} of them found by the text model alone")
        return terms.reason(one.reliability_reason, lang)
    return ""
