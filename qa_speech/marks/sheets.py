"""The review sheet: findings out as xlsx with drop-downs and links. What comes back is read by `filled`.

编号  项目编号 | 项目 | 机器判定 | 机器得分 | 满分 | 依据 | 听 | 人工判定 | 人工得分 | 理由 | 质检员
locked ─────────────────────────────────────────────  filled in by a person ────────────

"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file
from qa_speech.marks.model import JUDGED, Seconds, Stage
from qa_speech.scores import Outcome
from qa_speech.wording import terms

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
OUTCOMES: dict[str, Outcome] = {terms.outcome(outcome, "zh"): outcome for outcome in JUDGED}
"""What may be chosen, and its code."""
LARGEST_ROWS = 200_000
LONGEST_LINK = 240
"""Characters: Excel calls a workbook damaged where a text inside a formula has more than 255."""
LONGEST_CELL = 32_000
TEXT = "@"
"""Format of cells in which a spreadsheet must leave 0123 alone."""


class SheetRow(NamedTuple):
    """One criterion of one call as a person is asked about it.

    `finding` is one plain sentence, `link` leads to the second that proves it, relative to the sheet; `in_doubt`: the machine
    asks for a person. He may give from `least` to `most` points; None = whatever he likes. `inspector` is filled in beforehand
    where it is known.
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
    in_doubt: bool = False
    least: float | None = 0.0
    most: float | None = None
    inspector: str = ""
    scorecard: str = ""
    scorecard_version: int = 0


class About(msgspec.Struct, frozen=True):
    """What a sheet was made for; kept in it and checked when it comes back. Card and version where all rows have one."""

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
        There are more rows than a sheet takes, or it would not be an xlsx.
    """
    import xlsxwriter

    require_xlsx(path)
    if len(rows) > LARGEST_ROWS:
        raise ConfigError(
            str(path),
            [
                problem(
                    "{count} rows; at most {largest_rows} in one sheet: draw fewer calls",
                    count=len(rows),
                    largest_rows=LARGEST_ROWS,
                )
            ],
        )
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with whole_file(Path(path)) as temporary, xlsxwriter.Workbook(str(temporary), options) as book:
        sheet = book.add_worksheet(SHEET)
        _write_rows(book, sheet, rows, about.blind)
        _protect(sheet, max(1, len(rows)))
        _write_about(book, about)


def require_xlsx(path: str | Path) -> None:
    """Whether a spreadsheet would open a file of this name.

    Raises
    ------
    ConfigError
        It would not.
    """
    suffix = Path(path).suffix
    if suffix.lower() != ".xlsx":
        raise ConfigError(str(path), [problem("suffix {suffix!r}; expected .xlsx", suffix=suffix)])


def _write_rows(book: Any, sheet: Any, rows: Sequence[SheetRow], blind: bool) -> None:
    wrapped = {"text_wrap": True, "valign": "top"}
    locked = book.add_format({"locked": True, **wrapped})
    locked_text = book.add_format({"locked": True, "num_format": TEXT, **wrapped})
    free = book.add_format({"locked": False, "bg_color": "#FFF9E5", **wrapped})
    free_text = book.add_format({"locked": False, "bg_color": "#FFF9E5", "num_format": TEXT, **wrapped})
    sheet.write_row(0, 0, COLUMNS, book.add_format({"bold": True, "locked": True, "bottom": 1}))
    for column, width in enumerate(WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(1, 2)
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(_cells(row, blind)):
            if isinstance(value, str) and value:
                sheet.write_string(number, column, value[:LONGEST_CELL], locked_text)
            else:
                sheet.write(number, column, value, locked)
        if row.link and len(row.link) <= LONGEST_LINK:
            sheet.write_formula(number, LOCKED - 1, _link(row.link), locked, "听")
        for column in range(LOCKED, len(COLUMNS)):
            is_text = column in (LOCKED, LOCKED + 2, LOCKED + 3)
            sheet.write_blank(number, column, None, free_text if is_text else free)
        if row.inspector:
            sheet.write_string(number, len(COLUMNS) - 1, row.inspector, free_text)


def _protect(sheet: Any, last: int) -> None:
    """Drop-downs, filters, and locks on what a person does not fill in; `last` row."""
    points = {"validate": "decimal", "criteria": "between", "minimum": -1000, "maximum": 1000}
    sheet.data_validation(1, LOCKED, last, LOCKED, {"validate": "list", "source": list(OUTCOMES)})
    sheet.data_validation(1, LOCKED + 1, last, LOCKED + 1, points)
    sheet.autofilter(0, 0, last, len(COLUMNS) - 1)
    sheet.protect("", {"autofilter": True, "sort": True, "format_columns": True, "format_rows": True})


def _link(place: str) -> str:
    """A relative link that every spreadsheet follows on every system."""
    safe = place.replace('"', "%22")
    return f'=HYPERLINK("{safe}","听")'


def _cells(row: SheetRow, blind: bool) -> tuple[str | float | None, ...]:
    machine = "" if blind else terms.outcome(row.machine_outcome, "zh")
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
