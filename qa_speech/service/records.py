"""Call records, survey and organisation: lists → columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from qa_speech.errors import problem
from qa_speech.service.columns import (
    QUEUE,
    Array,
    BadRow,
    Codes,
    Records,
    Rows,
    Survey,
    Times,
    names_of,
    periods,
)
from qa_speech.service.lists import (
    Gathered,
    RowError,
    filled,
    gathered,
    number_of,
    other_columns,
    seconds_of,
)
from qa_speech.service.org import EVER, Org, OrgLine, org_of, units_of
from qa_speech.service.rules import Limits
from qa_speech.settings import Tables
from qa_speech.tables.reading import Line

ANSWERED = frozenset("是 接通 已接通 应答 已应答 成功 人工接通 1 true yes y answered connected".split())
ABANDONED = frozenset("否 未接通 放弃 排队放弃 未应答 失败 无人接听 0 false no n abandoned missed".split())
IN_IVR = frozenset("ivr放弃 ivr ivr结束 自助 自助放弃 自助结束 ivr_abandoned self-service".split())
WORDS = {
    "非常满意": 5,
    "很满意": 5,
    "十分满意": 5,
    "满意": 4,
    "比较满意": 4,
    "一般": 3,
    "基本满意": 3,
    "不满意": 2,
    "较不满意": 2,
    "非常不满意": 1,
    "很不满意": 1,
    "very satisfied": 5,
    "satisfied": 4,
    "neutral": 3,
    "dissatisfied": 2,
    "very dissatisfied": 1,
}
"""Answers in words, on a scale of five."""
WORD_SCALE, WORD_SATISFIED = 5, 4
THEME_SHARE = 0.9
LEAST_ANSWERS = 4
_SATISFACTION = re.compile(r"(?:的)?(?:满意度|评价|得分|satisfaction)$", re.IGNORECASE)


class Window(NamedTuple):
    """What rows are placed by: the two periods, the organisation, and what is further known of calls."""

    period: str
    previous: str
    org: Org
    known: Mapping[str, Mapping[str, str]]


def rows_of(found: Gathered, window: Window, calls: Sequence[str]) -> Rows:
    """Rows with their periods and units; what a row does not tell is taken from the call that it speaks of."""
    told: dict[str, list[str]] = {}
    for field in ("agent", "team", "city", "province", QUEUE):
        own = found.texts(field)
        told[field] = [text or window.known.get(call, {}).get(field, "") for text, call in zip(own, calls, strict=True)]
    when, has_hour = _times(found, window, calls)
    units = units_of(window.org, when, told)
    units[QUEUE] = names_of(told[QUEUE])
    return Rows(
        when,
        periods(when, window.period, window.previous),
        units,
        calls,
        has_hour,
    )


def _times(
    found: Gathered, window: Window, calls: Sequence[str]
) -> tuple[Times, np.ndarray[tuple[int], np.dtype[np.bool_]]]:
    """The times of rows; a row without one has that of its call."""
    when, has_hour = found.when.copy(), found.has_hour.copy()
    for row in np.flatnonzero(np.isnat(when)).tolist():
        started = window.known.get(calls[row], {}).get("started_at", "")
        if started:
            when[row] = np.datetime64(started, "s")
            has_hour[row] = "T" in started
    return when, has_hour


# -- call records


def read_records(path: Path, settings: Tables) -> Gathered:
    """The lines of a list of call records that can be used."""

    def check(line: Line) -> None:
        answered_of(line.values)
        for field in ("wait_s", "talk_s", "hold_s", "wrap_s"):
            seconds_of(line.values.get(field, ""), field)

    return gathered("cdr", path, settings, check)


def answered_of(values: Mapping[str, str]) -> float:
    """1 answered, 0 given up in the queue, nan in the IVR; without a result a call that lasted was answered.

    Raises
    ------
    RowError
        The result is none of the known words.
    """
    text = values.get("answered", "").strip().lower()
    if not text:
        return float(seconds_of(values.get("talk_s", ""), "talk_s") > 0)
    if text in ANSWERED:
        return 1.0
    if text in ABANDONED:
        return 0.0
    if text in IN_IVR:
        return np.nan
    raise RowError(problem("result: unknown; expected 接通, 放弃 or IVR放弃"))


def records_of(found: Gathered, window: Window, limits: Limits) -> Records:
    """Call records as columns."""
    calls = found.texts("call")
    rows = rows_of(found, window, calls)
    answered = np.array([answered_of(line.values) for line in found.lines], float)
    lengths = {field: _seconds(found, field) for field in ("wait_s", "talk_s", "hold_s", "wrap_s")}
    handled = lengths["talk_s"] + np.nan_to_num(lengths["hold_s"]) + np.nan_to_num(lengths["wrap_s"])
    customers, causes = (
        names_of(found.texts("customer")).codes,
        names_of(found.texts("cause")).codes,
    )
    again = called_again(customers, causes, rows.when, answered == 1, limits.repeat_days)
    return Records(rows, answered, lengths["wait_s"], lengths["talk_s"], handled, again)


def _seconds(found: Gathered, field: str) -> Array:
    return np.array([seconds_of(text, field) for text in found.texts(field)], float)


def called_again(
    customers: Codes,
    causes: Codes,
    when: Times,
    answered: np.ndarray[tuple[int], np.dtype[np.bool_]],
    days: int,
) -> Array:
    """1 where the same customer called again on the same cause within so many days, 0 where not, nan where it cannot be told:
    no customer, not answered, or the list ends before the days are over.

    >>> when = np.array(["2026-11-01T09:00", "2026-11-03T09:00", "2026-11-20T09:00"], "M8[s]")
    >>> called_again(np.array([0, 0, 0]), np.array([0, 0, 0]), when, np.array([True, True, True]), 7).tolist()
    [1.0, 0.0, nan]
    """
    found = np.full(len(when), np.nan)
    told = (customers >= 0) & ~np.isnat(when)
    rows = np.flatnonzero(told)
    if not len(rows):
        return found
    order = rows[np.lexsort((when[rows], causes[rows], customers[rows]))]
    span = np.timedelta64(days, "D")
    same = (customers[order][1:] == customers[order][:-1]) & (causes[order][1:] == causes[order][:-1])
    near = same & (when[order][1:] - when[order][:-1] <= span)
    came = np.append(near, False)
    last = when[rows].max()
    over = when[order] + span <= last
    found[order] = np.where(over, came.astype(float), np.nan)
    found[~answered] = np.nan
    return found


# -- survey


def read_survey(path: Path, settings: Tables, limits: Limits) -> Gathered:
    """The lines of a survey that can be used."""

    def check(line: Line) -> None:
        satisfied_of(line.values.get("overall", ""), limits)
        if not any(line.values.get(field) for field in ("at", "date", "call")):
            raise RowError(problem("neither a time nor a call is told"))

    return gathered("survey", path, settings, check, dated=False)


def satisfied_of(text: str, limits: Limits) -> float:
    """1 satisfied, 0 not, nan = no answer.

    Raises
    ------
    RowError
        It is no answer of the scale.
    """
    plain = text.strip().lower()
    if not plain:
        return np.nan
    word = WORDS.get(plain)
    if word is not None:
        return float(word >= WORD_SATISFIED)
    value = number_of(plain)
    if value is None or not 0 <= value <= limits.scale:
        raise RowError(
            problem(
                "satisfaction: no answer; expected 满意, 不满意 … or 1–{scale} (scale in report.toml)",
                scale=limits.scale,
            )
        )
    return float(value >= limits.satisfied_from)


def survey_of(found: Gathered, window: Window, limits: Limits) -> Survey:
    """A survey as columns; a column of answers that is no known field is a theme."""
    calls = found.texts("call")
    overall = np.array([satisfied_of(text, limits) for text in found.texts("overall")], float)
    themes: dict[str, Array] = {}
    for column in other_columns(found, "survey"):
        answers = [_answer(text, limits) for text in found.texts(column)]
        held = filled(found, column)
        valid = sum(answer == answer for answer in answers)
        if valid >= LEAST_ANSWERS and valid >= THEME_SHARE * len(held):
            themes[_SATISFACTION.sub("", column) or column] = np.array(answers, float)
    return Survey(rows_of(found, window, calls), overall, themes)


def _answer(text: str, limits: Limits) -> float:
    try:
        return satisfied_of(text, limits)
    except RowError:
        return np.nan


# -- organisation


def read_org(path: Path, settings: Tables) -> tuple[Org, Gathered]:
    """The organisation that a list tells of.

    Raises
    ------
    ConfigError
        The file cannot be read or lacks a column.
    """

    def check(line: Line) -> None:
        if not line.values.get("agent") and not line.values.get("team"):
            raise RowError(problem("neither an agent nor a team is told"))

    found = gathered("org", path, settings, check, dated=False)
    lines = []
    for line, when in zip(found.lines, found.when.astype("M8[D]").tolist(), strict=True):
        parts = (line.values.get(field, "") for field in ("agent", "team", "city", "province"))
        lines.append(OrgLine(when or EVER, *parts))
    return org_of(lines), found


def bad_rows_of(found: Sequence[Gathered]) -> list[BadRow]:
    """All bad rows in the order of the files."""
    return [row for one in found for row in one.bad]
