"""Hand-overs of several units → one `Month`: the province's from its cities, the country's from its provinces."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.model import Mark as StoredMark
from qa_speech.service import model
from qa_speech.service.catalogue import WANTED
from qa_speech.service.columns import (
    FAILED,
    PART,
    PASSED,
    PENDING,
    QUEUE,
    Array,
    Calls,
    Criterion,
    Month,
    Move,
    Names,
    Records,
    Rows,
    Source,
    Survey,
    Tickets,
    names_of,
    periods,
)
from qa_speech.service.hand_over import read_hand_over

CODES = {"pass": PASSED, "fail": FAILED, "partial": PART, "pending": PENDING}
LEVELS = ("agent", "team", "city", "province")
WORDS_NOTE = "热词与“其它”的文字不上报，见各下级的报告。"


class _Taken:
    """Lines of hand-overs by their kind; call numbers made unlike those of others by the file's name."""

    def __init__(self) -> None:
        self.heads: list[model.Head] = []
        self.orgs: list[model.Org] = []
        self.calls: list[tuple[str, model.Call]] = []
        self.scores: dict[str, model.Score] = {}
        self.marks: list[StoredMark] = []
        self.measures: dict[str, list[tuple[str, model.Measure]]] = {
            "cdr": [],
            "survey": [],
            "tickets": [],
        }
        self.files: list[str] = []

    def of(self, name: str) -> Callable[[model.Line], None]:
        """What takes the lines of one file."""

        def take(line: model.Line) -> None:
            if isinstance(line, model.Head):
                self.heads.append(line)
                self.files.append(name)
            elif isinstance(line, model.Org):
                self.orgs.append(line)
            elif isinstance(line, model.Call):
                self.calls.append((f"{name} {line.number}", line))
            elif isinstance(line, model.Score):
                self.scores[f"{name} {line.call}"] = line
            elif isinstance(line, model.Measure):
                call = "" if line.call is None else f"{name} {line.call}"
                self.measures[line.source].append((call, line))
            else:
                self.marks.append(_mark(line, name))

        return take


def _mark(line: model.Mark, name: str) -> StoredMark:
    values: dict[str, Any] = {
        "call": f"{name} {line.call}",
        "criterion": line.criterion,
        "stage": line.stage,
        "outcome": line.outcome,
        "person": name,
        "role": "lead",
        "at": f"{line.at}:00:00",
        "points": line.points,
        "machine_outcome": line.machine_outcome,
    }
    return StoredMark(**values)


def merged_month(files: Sequence[Path], period: str) -> tuple[Month, dict[str, list[StoredMark]]]:
    """One month of several hand-overs, and people's marks in them by call.

    Raises
    ------
    ConfigError
        One cannot be read, is of another month, or counts other marks than the first.
    """
    taken = _Taken()
    for path in files:
        read_hand_over(path, taken.of(path.name.partition(".")[0]))
    _check(taken, files, period)
    first = taken.heads[0]
    previous = first.previous if len({head.previous for head in taken.heads}) == 1 else ""
    marks: dict[str, list[StoredMark]] = {}
    for mark in taken.marks:
        marks.setdefault(mark.call, []).append(mark)
    notes = tuple(f"{name}：{note}" for name, head in zip(taken.files, taken.heads, strict=True) for note in head.notes)
    month = Month(
        period,
        previous,
        first.marks,
        _calls(taken, period, previous) if taken.calls else None,
        _records(taken, period, previous) if taken.measures["cdr"] else None,
        _survey(taken, period, previous) if taken.measures["survey"] else None,
        _tickets(taken, period, previous) if taken.measures["tickets"] else None,
        tuple(
            Move(
                one.level,
                one.name,
                one.before,
                one.after,
                dt.date.fromisoformat(one.since),
            )
            for one in taken.orgs
        ),
        (),
        (0, 0),
        tuple(_source(taken, place) for place in range(len(taken.files))),
        (),
        (*notes, WORDS_NOTE),
    )
    return month, marks


def _check(taken: _Taken, files: Sequence[Path], period: str) -> None:
    problems: list[str] = []
    if len(taken.heads) != len(files):
        raise ConfigError(
            str(files[0]),
            [problem("a hand-over without its first line, or with two; expected what --hand-over wrote")],
        )
    for name, head in zip(taken.files, taken.heads, strict=True):
        if head.schema > model.SCHEMA:
            problems.append(
                problem(
                    "{name}: schema {schema}; this version reads up to {known}",
                    name=name,
                    schema=head.schema,
                    known=model.SCHEMA,
                )
            )
        if head.period != period:
            problems.append(
                problem("{name}: of {period}, not of {expected}", name=name, period=head.period, expected=period)
            )
        if head.marks != taken.heads[0].marks:
            problems.append(
                problem(
                    "{name}: counts marks {marks!r}, the first one {first!r}",
                    name=name,
                    marks=head.marks,
                    first=taken.heads[0].marks,
                )
            )
    if problems:
        raise ConfigError("hand-over", problems)


def _source(taken: _Taken, place: int) -> Source:
    name = taken.files[place]
    head = taken.heads[place]
    months = [line.started[:7] for call, line in taken.calls if call.startswith(f"{name} ")]
    return Source(
        "hand-over",
        name,
        months.count(head.period),
        months.count(head.previous),
        0,
        head.bad_rows,
    )


Unit = model.Call | model.Measure


def _rows(held: Sequence[tuple[str, Unit]], period: str, previous: str) -> Rows:
    stamps = [line.started for _, line in held]
    when = np.array([stamp or "NaT" for stamp in stamps], "M8[s]")
    units: dict[str, Names] = {
        level: names_of([getattr(line, level) for _, line in held]) for level in (*LEVELS, QUEUE)
    }
    has_hour = np.array(["T" in stamp for stamp in stamps], bool)
    return Rows(
        when,
        periods(when, period, previous),
        units,
        [call for call, _ in held],
        has_hour,
    )


def _calls(taken: _Taken, period: str, previous: str) -> Calls:
    titles: dict[str, str] = {}
    for head in taken.heads:
        titles |= dict(head.criteria)
    place = {name: index for index, name in enumerate(titles)}
    shape = len(taken.calls), len(titles)
    outcomes = np.zeros(shape, np.int8)
    lost, possible = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    scores = [taken.scores.get(call, model.Score(0)) for call, _ in taken.calls]
    for row, score in enumerate(scores):
        for one in score.criteria:
            at = row, place[one.id]
            outcomes[at], lost[at], possible[at] = (
                CODES.get(one.outcome, 0),
                one.lost,
                one.possible,
            )
    figures = {}
    for name in WANTED:
        column = _column([score.figures.get(name) for score in scores])
        if not np.isnan(column).all():
            figures[name] = column.astype(np.float32)
    return Calls(
        rows=_rows(taken.calls, period, previous),
        duration_s=_column([line.duration_s for _, line in taken.calls]),
        total=_column([score.total for score in scores]),
        passed=_column([None if score.passed is None else float(score.passed) for score in scores]),
        band=names_of([score.band for score in scores]),
        reliable=np.array([score.reliable for score in scores], bool),
        to_review=_column([float(score.to_review) for score in scores]),
        criteria=tuple(Criterion(name, title) for name, title in titles.items()),
        outcomes=outcomes,
        lost=lost,
        possible=possible,
        place_s=np.full(shape, np.nan, np.float32),
        figures=figures,
        sources=names_of([call.rpartition(" ")[0] for call, _ in taken.calls]),
    )


def _column(values: Sequence[float | None]) -> Array:
    return np.array(values, float)


def _values(held: Sequence[tuple[str, model.Measure]], name: str) -> Array:
    return _column([line.values.get(name) for _, line in held])


def _records(taken: _Taken, period: str, previous: str) -> Records:
    held = taken.measures["cdr"]
    columns = [_values(held, name) for name in ("answered", "wait_s", "talk_s", "handled_s", "again")]
    return Records(_rows(held, period, previous), *columns)


def _survey(taken: _Taken, period: str, previous: str) -> Survey:
    held = taken.measures["survey"]
    names = dict.fromkeys(name for _, line in held for name in line.values if name != "overall")
    return Survey(
        _rows(held, period, previous),
        _values(held, "overall"),
        {name: _values(held, name) for name in names},
    )


TICKET_VALUES = ("complaint", "repeats", "handled_h", "proposed", "corrected")


def _tickets(taken: _Taken, period: str, previous: str) -> Tickets:
    held = taken.measures["tickets"]
    more = dict.fromkeys(name for _, line in held for name in line.values if name not in TICKET_VALUES)
    labels = {name: names_of([line.labels.get(name, "") for _, line in held]) for name in ("kind", "list", "cause")}
    return Tickets(
        rows=_rows(held, period, previous),
        is_complaint=_values(held, "complaint") == 1,
        kind=labels["kind"],
        lists=labels["list"],
        causes=labels["cause"],
        proposed=_values(held, "proposed") == 1,
        corrected=_values(held, "corrected"),
        handled_h=_values(held, "handled_h"),
        repeats=_values(held, "repeats") == 1,
        numbers={name: _values(held, name) for name in more},
        texts=[""] * len(held),
    )
