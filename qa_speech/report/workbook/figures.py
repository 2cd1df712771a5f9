"""The figures that a workbook shows: of every metric its value and its main components, with their names and units."""

from __future__ import annotations

from typing import NamedTuple

from qa_speech.call import Role
from qa_speech.metrics import Component, Metric, metrics
from qa_speech.report.workbook.sheet import COUNT, POINTS, SHARE, Cell
from qa_speech.store.records import column
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.units import UNITS

PERCENT = 100


class Figure(NamedTuple):
    """One figure: its column in the store, its name with the unit, and the form of its cells."""

    column: str
    head: str
    form: str
    unit: str

    def cell(self, value: float | None) -> Cell:
        """The value as a cell; a share of 100 as one of 1, which a spreadsheet shows in percent."""
        if value is None:
            return None
        if self.form == SHARE:
            return value / PERCENT
        return value


def figures(lang: Lang) -> dict[str, Figure]:
    """All of them, by their columns.

    >>> found = figures("zh")
    >>> found["silence_longest_s"].head, found["speech_rate_agent"].head, found["talk_agent_share_of_call"].form
    ('最长静音（秒）', '坐席语速（字/分）', 'share')
    """
    found = {}
    for metric in metrics().values():
        for key in _keys(metric):
            for part in ("value", *metric.highlights):
                figure = _figure(metric, key, part, lang)
                found[figure.column] = figure
    return found


def _keys(metric: Metric) -> list[str]:
    if metric.per_role:
        return [f"{metric.name}:{role.value}" for role in Role]
    return [metric.name]


def _figure(metric: Metric, key: str, part: str, lang: Lang) -> Figure:
    one = metric.component(part)
    name = column(key)
    if part != "value":
        name += f"_{part}"
    role = key.partition(":")[2]
    head = terms.of_role(role, _name(metric, part, lang), lang)
    unit = terms.term(UNITS, one.unit, lang)
    if one.counted and one.unit == "count" and lang == "zh":
        unit = one.counted
    if unit != "%":
        head += terms.bracket(unit, lang)
    return Figure(name, head, _form(one, unit), unit)


def _name(metric: Metric, part: str, lang: Lang) -> str:
    """Its own name, else that of the metric and of the part, a dot between."""
    one = metric.component(part)
    if part == "value" or one.alone is not None:
        return terms.figure_name(metric.name, part, lang)
    return f"{terms.metric(metric.name, lang)} · {terms.component(metric.name, part, lang)}"


def _form(one: Component, unit: str) -> str:
    if unit == "%":
        return SHARE
    if one.unit == "count":
        return COUNT
    if one.digits:
        return "0." + "0" * one.digits
    return POINTS
