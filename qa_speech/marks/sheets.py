"""The review sheet: findings out as xlsx with drop-downs and links, marks back in with every row checked.

    编号  项目编号 | 项目 | 机器判定 | 机器得分 | 满分 | 依据 | 听 | 人工判定 | 人工得分 | 理由 | 质检员
    locked ─────────────────────────────────────────────  filled in by a person ────────────

A row without 人工判定 has not been judged yet and is left out. One wrong row and nothing is taken in: the message names file,
row, and what was expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from qa_speech.call import Outcome
from qa_speech.errors import ConfigError
from qa_speech.marks.model import WHO_MAY, Mark, MarkRole, Seconds, Stage, checked, now

COLUMNS = (
    "编号",
    "项目编号",
    "项目",
    "机器判定",
    "机器得分",
    "满分",
    "依据",
    "听",
    "人工判定",
    "人工得分",
    "理由",
    "质检员",
)
WIDTHS = (24, 16, 24, 10, 10, 8, 60, 10, 12, 10, 40, 12)
LOCKED = 8
"""Columns that a person does not fill in."""
SHEET, ABOUT = "复核", "说明"
OUTCOMES: dict[str, Outcome] = {"通过": "pass", "部分得分": "partial", "未通过": "fail", "不适用": "not_applicable"}
NAMES: dict[str, str] = {
    **{outcome: name for name, outcome in OUTCOMES.items()},
    "not_measured": "未能判定",
    "manual": "待人工评定",
}
LARGEST_ROWS = 200_000


class SheetRow(NamedTuple):
    """One criterion of one call as a person is asked about it.

    `finding` is one plain sentence, `link` leads to the second that proves it, relative to the sheet.
    """

    call: str
    criterion: str
    title: str
    machine_outcome: str
    machine_points: float | None
    possible: float
    finding: str = ""
    link: str = ""
    seconds: Seconds | None = None
    comment_required: bool = False


class About(msgspec.Struct, frozen=True):
    """What a sheet was made for; kept in it and checked when it comes back."""

    stage: Stage
    scorecard: str
    scorecard_version: int
    blind: bool
    made_at: str
    form: int = 1


def write_sheet(rows: Sequence[SheetRow], path: str | Path, about: About) -> None:
    """Write a review sheet.

    Parameters
    ----------
    about
        Stage and card; `blind` hides what the machine said.

    Raises
    ------
    ConfigError
        There are more rows than a sheet takes.
    """
    import xlsxwriter

    if len(rows) > LARGEST_ROWS:
        raise ConfigError(str(path), [f"{len(rows)} rows; at most {LARGEST_ROWS} in one sheet: draw fewer calls"])
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        sheet = book.add_worksheet(SHEET)
        locked = book.add_format({"locked": True, "text_wrap": True, "valign": "top"})
        free = book.add_format({"locked": False, "text_wrap": True, "valign": "top", "bg_color": "#FFF9E5"})
        head = book.add_format({"bold": True, "locked": True, "bottom": 1})
        sheet.write_row(0, 0, COLUMNS, head)
        for column, width in enumerate(WIDTHS):
            sheet.set_column(column, column, width)
        sheet.freeze_panes(1, 2)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(_cells(row, about.blind)):
                sheet.write(number, column, value, locked)
            if row.link:
                sheet.write_formula(number, LOCKED - 1, _link(row.link), locked, "听")
            for column in range(LOCKED, len(COLUMNS)):
                sheet.write_blank(number, column, None, free)
        last = max(1, len(rows))
        sheet.data_validation(1, LOCKED, last, LOCKED, {"validate": "list", "source": list(OUTCOMES)})
        sheet.data_validation(
            1, LOCKED + 1, last, LOCKED + 1, {"validate": "decimal", "criteria": ">=", "value": -1000}
        )
        sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
        sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})
        _write_about(book, about)


def _link(place: str) -> str:
    """A relative link that every spreadsheet follows on every system."""
    safe = place.replace('"', "%22")
    return f'=HYPERLINK("{safe}","听")'


def _cells(row: SheetRow, blind: bool) -> tuple[str | float | None, ...]:
    machine = "" if blind else NAMES.get(row.machine_outcome, row.machine_outcome)
    points = None if blind else row.machine_points
    finding = "" if blind else row.finding
    return row.call, row.criterion, row.title, machine, points, row.possible, finding, ""


def _write_about(book: Any, about: About) -> None:
    sheet = book.add_worksheet(ABOUT)
    sheet.set_column(0, 0, 90)
    lines = (
        "在“复核”页填写浅黄色各列：人工判定（下拉选择）、人工得分（不填按判定给分）、理由、质检员。",
        "没有填“人工判定”的行视为还没有看，不会导入。其余各列请勿改动。",
        "填好后：qa-speech review import 本文件 --run 批次目录",
    )
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line)
    sheet.write_string(len(lines), 0, msgspec.json.encode(about).decode())


def read_sheet(
    path: str | Path,
    *,
    known: Mapping[tuple[str, str], SheetRow],
    role: MarkRole | None = None,
    stage: Stage | None = None,
    person: str = "",
) -> list[Mark]:
    """The marks of a filled-in sheet.

    Parameters
    ----------
    known
        What may be marked, by (call, criterion): a row that names anything else is refused.
    role, stage, person
        Stage in place of the sheet's own; person where the last column is empty; role unless it is the first allowed at the stage.

    Raises
    ------
    ConfigError
        The file is no review sheet, or rows of it are wrong: all of them, ``file:row: what``.
    """
    path = Path(path)
    about, rows = _contents(path)
    at_stage = stage or about.stage
    by = role or WHO_MAY[at_stage][0]
    made_at = now()
    marks: list[Mark] = []
    problems: list[str] = []
    seen: dict[tuple[str, str], int] = {}
    for number, cells in rows:
        try:
            mark = _mark(cells, known, about, at_stage, by, person, made_at)
        except ValueError as exc:
            problems.append(f"{path.name}:{number}: {exc}")
            continue
        if mark is None:
            continue
        place = mark.call, mark.criterion
        if place in seen:
            problems.append(f"{path.name}:{number}: 与第 {seen[place]} 行重复 marked on row {seen[place]} already")
        seen[place] = number
        marks.append(mark)
    if problems:
        raise ConfigError(str(path), problems)
    return marks


def _contents(path: Path) -> tuple[About, list[tuple[int, tuple[Any, ...]]]]:
    """What the sheet is for, and its rows with their numbers as a spreadsheet counts them."""
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
    except (BadZipFile, InvalidFileException, KeyError, ValueError) as exc:
        raise ConfigError(str(path), ["not an xlsx workbook"]) from exc
    try:
        if SHEET not in book.sheetnames or ABOUT not in book.sheetnames:
            raise ConfigError(str(path), [f"not a review sheet: expected the pages {SHEET} and {ABOUT}"])
        about = _about(path, book[ABOUT])
        rows = list(book[SHEET].iter_rows(values_only=True, max_col=len(COLUMNS)))
    finally:
        book.close()
    head = tuple(str(name or "").strip() for name in rows[0]) if rows else ()
    if head != COLUMNS:
        raise ConfigError(str(path), [f"row 1: expected the columns {', '.join(COLUMNS)}"])
    return about, [(number, cells) for number, cells in enumerate(rows[1:], start=2) if any(cells)]


def _about(path: Path, sheet: Any) -> About:
    for value, *_rest in sheet.iter_rows(values_only=True):
        if isinstance(value, str) and value.startswith("{"):
            try:
                return msgspec.json.decode(value, type=About)
            except (msgspec.DecodeError, msgspec.ValidationError) as exc:
                raise ConfigError(str(path), [f"page {ABOUT} is damaged: {exc}"]) from exc
    raise ConfigError(str(path), [f"page {ABOUT} does not say what the sheet is for"])


def _mark(
    cells: Sequence[Any],
    known: Mapping[tuple[str, str], SheetRow],
    about: About,
    stage: Stage,
    role: MarkRole,
    person: str,
    at: str,
) -> Mark | None:
    """The mark of a row; None where nothing was decided yet."""
    call, criterion = _text(cells[0]), _text(cells[1])
    decided, points, reason, by = _text(cells[8]), cells[9], _text(cells[10]), _text(cells[11]) or person
    if not decided:
        if points not in (None, "") or reason:
            raise ValueError("填了得分或理由但没有选“人工判定” points or a reason without an outcome")
        return None
    row = known.get((call, criterion))
    if row is None:
        raise ValueError("编号或项目编号不在本批次 no such call and criterion in this run")
    outcome = OUTCOMES.get(decided)
    if outcome is None:
        raise ValueError(f"人工判定应为 {'、'.join(OUTCOMES)} 之一 expected one of these outcomes")
    if not by:
        raise ValueError("没有填质检员 no inspector")
    if outcome == "fail" and row.comment_required and not reason:
        raise ValueError("这一项判未通过必须写理由 this criterion needs a reason")
    return checked(
        Mark(
            call=call,
            criterion=criterion,
            stage=stage,
            outcome=outcome,
            points=_points(points, row),
            reason=reason,
            evidence=(row.seconds,) if row.seconds is not None else (),
            person=by,
            role=role,
            at=at,
            scorecard=about.scorecard,
            scorecard_version=about.scorecard_version,
            machine_outcome=row.machine_outcome,
            machine_points=row.machine_points,
            blind=about.blind,
        )
    )


def _text(value: Any) -> str:
    """A cell as text: numbers that a spreadsheet made of an id lose their .0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _points(value: Any, row: SheetRow) -> float | None:
    if value is None or value == "":
        return None
    try:
        points = float(value)
    except (TypeError, ValueError):
        raise ValueError("人工得分不是数字 points are no number") from None
    if row.possible and not 0 <= points <= row.possible:
        raise ValueError(f"人工得分应在 0 到 {row.possible:g} 之间 points out of range")
    return points
