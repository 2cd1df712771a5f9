"""A review sheet that comes back: every row checked, and nothing taken in where one is wrong.

A row without 人工判定 has not been judged yet and is counted, no more. Rows may have been sorted, left out or copied; what a
spreadsheet makes of texts is undone where there is no doubt: 123 for 0123, full-width digits, blanks, formulas for reasons.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import chain, repeat
from math import isfinite
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias
from unicodedata import normalize

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.model import WHO_MAY, Mark, MarkRole, Stage, checked, now
from qa_speech.marks.sheets import ABOUT, COLUMNS, OUTCOMES, SHEET, About, SheetRow
from qa_speech.scores import Outcome
from qa_speech.tables.workbook import open_workbook
from qa_speech.wording.catalogue import OUTCOMES as OUTCOME_NAMES

Refusal: TypeAlias = Callable[[SheetRow, Stage, str], str]
"""Why a person may not mark a row at a stage, or ""."""

FORM = 1
SHOWN = {name: code for code, (name, _) in OUTCOME_NAMES.items()}
"""Outcomes of the machine by the name that a sheet shows."""
EXCEL_DIGITS = 15
"""Digits of a number that a spreadsheet keeps."""


def everybody(row: SheetRow, stage: Stage, person: str) -> str:
    """Nobody is refused."""
    return ""


class Filled(NamedTuple):
    """What a sheet came to: its marks, how many of its rows nobody has judged yet, what it was made for."""

    marks: list[Mark]
    waiting: int
    about: About


class Cells(NamedTuple):
    """A row of a sheet, `number` as a spreadsheet counts it. `reason` is what was typed, a formula as its text; `shown` and
    `shown_points` are what the person was shown of the machine."""

    number: int
    call: str
    criterion: str
    decided: str
    points: str
    reason: str
    person: str
    shown: str = ""
    shown_points: float | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing is in it."""
        return not (self.call or self.criterion or self.decided or self.points or self.reason)


class Making(NamedTuple):
    """What all marks of a sheet have in common, and what may be marked."""

    about: About
    stage: Stage
    role: MarkRole
    person: str
    at: str
    known: Mapping[tuple[str, str], SheetRow]
    by_number: Mapping[str, str]
    refuse: Refusal


def read_sheet(
    path: str | Path,
    *,
    known: Mapping[tuple[str, str], SheetRow],
    role: MarkRole | None = None,
    stage: Stage | None = None,
    person: str = "",
    refuse: Refusal = everybody,
) -> Filled:
    """The marks of a filled-in sheet.

    Parameters
    ----------
    known
        What may be marked, by (call, criterion): a row that names anything else is refused.
    role, stage, person
        Stage in place of the sheet's own; person where the last column is empty; role unless it is the first allowed at the stage.
    refuse
        Who may not mark what, and why.

    Raises
    ------
    ConfigError
        The file is no review sheet, or rows of it are wrong: all of them, ``file:row: what``.
    """
    path = Path(path)
    about, rows = _contents(path)
    at_stage = stage or about.stage
    by = role or WHO_MAY[at_stage][0]
    making = Making(about, at_stage, by, person, now(), known, _by_number({call for call, _ in known}), refuse)
    marks: list[Mark] = []
    problems: list[str] = []
    waiting = 0
    seen: dict[tuple[str, str], int] = {}
    for cells in rows:
        try:
            mark = _mark(cells, making)
        except ConfigError as exc:
            problems += [
                problem("{name}:{number}: {what}", name=path.name, number=cells.number, what=what)
                for what in exc.problems
            ]
            continue
        except ValueError as exc:
            problems.append(problem("{name}:{number}: {reason}", name=path.name, number=cells.number, reason=exc))
            continue
        if mark is None:
            waiting += 1
            continue
        place = mark.call, mark.criterion
        if place in seen:
            problems.append(
                problem(
                    "{name}:{number}: marked on row {seen} already",
                    name=path.name,
                    number=cells.number,
                    seen=seen[place],
                )
            )
        seen[place] = cells.number
        marks.append(mark)
    if problems:
        raise ConfigError(str(path), problems)
    return Filled(marks, waiting, about)


def calls_in(path: str | Path, ids: Iterable[str]) -> frozenset[str]:
    """Which of these ids a sheet may mean: only their calls need to be read.

    Raises
    ------
    ConfigError
        The file is no review sheet.
    """
    _, rows = _contents(Path(path))
    named = {cells.call for cells in rows}
    return frozenset(one for one in ids if one in named or (_is_number(one) and str(int(one)) in named))


# -- the workbook


def _contents(path: Path) -> tuple[About, list[Cells]]:
    """What the sheet is for, and its rows that hold anything."""
    values = open_workbook(path)
    typed = open_workbook(path, formulas=True)
    try:
        if SHEET not in values.sheetnames or ABOUT not in values.sheetnames:
            raise ConfigError(
                str(path),
                [problem("not a review sheet: expected the pages {sheet} and {about}", sheet=SHEET, about=ABOUT)],
            )
        about = _about(path, values[ABOUT])
        rows = values[SHEET].iter_rows(values_only=True, max_col=len(COLUMNS))
        formulas = typed[SHEET].iter_rows(values_only=True, max_col=len(COLUMNS))
        head = tuple(_text(name) for name in next(rows, ()))
        if head != COLUMNS:
            raise ConfigError(str(path), [problem("row 1: expected the columns {columns}", columns=", ".join(COLUMNS))])
        next(formulas, ())
        found: list[Cells] = []
        for number, (row, as_typed) in enumerate(zip(rows, formulas, strict=False), start=2):
            cells = _cells(number, _padded(row), _padded(as_typed))
            if not cells.empty:
                found.append(cells)
    finally:
        values.close()
        typed.close()
    return about, found


def _about(path: Path, sheet: Any) -> About:
    for value, *_rest in sheet.iter_rows(values_only=True):
        if not isinstance(value, str) or not value.startswith("{"):
            continue
        try:
            about = msgspec.json.decode(value, type=About)
        except (msgspec.DecodeError, msgspec.ValidationError) as exc:
            raise ConfigError(
                str(path), [problem("page {about} is damaged: {reason}", about=ABOUT, reason=exc)]
            ) from exc
        if about.form > FORM:
            raise ConfigError(str(path), [problem("form {form} was written by a newer qa_speech", form=about.form)])
        return about
    raise ConfigError(str(path), [problem("page {about} does not say what the sheet is for", about=ABOUT)])


def _padded(row: Sequence[Any]) -> list[Any]:
    """A row with all columns: a reader leaves out those at the end that are empty."""
    return list(chain(row, repeat(None, len(COLUMNS) - len(row))))


def _cells(number: int, row: Sequence[Any], as_typed: Sequence[Any]) -> Cells:
    return Cells(
        number,
        call=_text(row[0]),
        criterion=_text(row[1]),
        decided="".join(_text(row[8]).split()),
        points=_text(row[9]) or _text(as_typed[9]),
        reason=_text(as_typed[10]),
        person=_text(row[11]),
        shown=_text(row[3]),
        shown_points=float(row[4]) if isinstance(row[4], int | float) else None,
    )


def _text(value: Any) -> str:
    """A cell as text: numbers that a spreadsheet made of an id lose their .0, a date is written as one.

    >>> _text(123.0), _text(dt.datetime(2026, 11, 30)), _text(" 通过\u3000"), _text(None)
    ('123', '2026-11-30', '通过', '')
    """
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime):
        return value.isoformat(" ").removesuffix(" 00:00:00")
    return str(value).strip()


# -- from a row to a mark


def _mark(cells: Cells, making: Making) -> Mark | None:
    """The mark of a row; None where nothing was decided yet."""
    if not cells.decided:
        if cells.points or cells.reason:
            raise ValueError(problem("points or a reason without an outcome"))
        return None
    row = _asked(cells, making)
    outcome = OUTCOMES.get(cells.decided)
    person = cells.person or making.person
    if outcome is None:
        raise ValueError(problem("the outcome has to be one of: {outcomes}", outcomes="、".join(OUTCOMES)))
    if not person:
        raise ValueError(problem("no inspector"))
    machine = _machine(cells, row)
    refused = making.refuse(row, making.stage, person)
    if refused:
        raise ValueError(refused)
    require_reason(outcome, cells.reason, row)
    return checked(
        Mark(
            call=row.call,
            criterion=row.criterion,
            stage=making.stage,
            outcome=outcome,
            points=typed_points(cells.points, outcome, row),
            reason=cells.reason,
            evidence=(row.seconds,) if row.seconds is not None else (),
            person=person,
            role=making.role,
            at=making.at,
            scorecard=row.scorecard or making.about.scorecard,
            scorecard_version=row.scorecard_version or making.about.scorecard_version,
            machine_outcome=machine.outcome,
            machine_points=machine.points,
            blind=making.about.blind,
        )
    )


class Machine(NamedTuple):
    """What the machine had said."""

    outcome: str
    points: float | None


def _machine(cells: Cells, row: SheetRow) -> Machine:
    """As the sheet showed it, also where the call was scored again since; as it is now where the sheet was blind."""
    outcome = SHOWN.get(cells.shown)
    if outcome is None:
        return Machine(row.machine_outcome, row.machine_points)
    return Machine(outcome, cells.shown_points)


def _asked(cells: Cells, making: Making) -> SheetRow:
    """What the person was asked about."""
    row = making.known.get((cells.call, cells.criterion))
    if row is None:
        before = making.by_number.get(cells.call, "")
        row = making.known.get((before, cells.criterion))
    if row is None and cells.call.isdecimal() and len(cells.call) > EXCEL_DIGITS:
        raise ValueError(problem("the id was turned into a number and lost its last digits"))
    if row is None:
        raise ValueError(problem("no such call and criterion in this run"))
    return row


def _by_number(calls: Collection[str]) -> dict[str, str]:
    """What a spreadsheet makes of ids that look like numbers, where only one id can be meant.

    >>> _by_number(["0123", "a.wav", "007", "7"])
    {'123': '0123'}
    """
    found: dict[str, list[str]] = {}
    for call in calls:
        if _is_number(call):
            found.setdefault(str(int(call)), []).append(call)
    return {number: ids[0] for number, ids in found.items() if len(ids) == 1 and ids[0] != number}


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= EXCEL_DIGITS


def require_reason(outcome: Outcome, reason: str, row: SheetRow) -> None:
    """Whether a reason is there where the card wants one.

    Raises
    ------
    ValueError
        It is not.
    """
    if outcome == "fail" and row.comment_required and not reason.strip():
        raise ValueError(problem("this criterion needs a reason"))


def typed_points(text: str, outcome: Outcome, row: SheetRow) -> float | None:
    """The points that were typed; none where the outcome gives them.

    Raises
    ------
    ValueError
        They are no number, out of range, or do not go with the outcome; in Chinese and English.
    """
    if not text:
        if outcome == "partial" and row.machine_outcome != "partial":
            raise ValueError(problem("a part of the points needs to say how many"))
        return None
    if outcome == "not_applicable":
        raise ValueError(problem("what does not apply has no points"))
    plain = normalize("NFKC", text).replace("−", "-").removesuffix("分").strip()
    try:
        points = float(plain)
    except ValueError:
        raise ValueError(problem("points are no number")) from None
    if not isfinite(points):
        raise ValueError(problem("points are no number"))
    if row.least is None or row.most is None:
        return points
    if not row.least <= points <= row.most:
        raise ValueError(problem("points have to lie between {least:g} and {most:g}", least=row.least, most=row.most))
    if outcome == "pass" and points < row.most:
        raise ValueError(problem("a pass has all points; choose 部分得分 or 未通过"))
    if outcome == "fail" and points == row.most > row.least:
        raise ValueError(problem("a fail with all points; choose 通过"))
    return points
