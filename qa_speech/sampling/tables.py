"""Estimates as a table for people: xlsx with a page each for groups and unfinished calls, or CSV of the groups."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file
from qa_speech.sampling.estimation import Estimates, Line
from qa_speech.sampling.sentences import level_name, missing_reason, sentences, spoken_figure, spoken_method
from qa_speech.store.export import cell, csv_cell
from qa_speech.wording.lang import Lang, Words, pick

Cells: TypeAlias = Sequence[object]

COLUMNS: Words = {
    "group": ("组", "group"),
    "calls": ("全部通话", "calls"),
    "value": ("估计", "estimate"),
    "low": ("区间下限", "low"),
    "high": ("区间上限", "high"),
    "n": ("n", "n"),
    "method": ("方法", "method"),
    "carried_by": ("区间属于", "interval of"),
    "own_low": ("本组下限", "own low"),
    "own_high": ("本组上限", "own high"),
    "own_n": ("本组 n", "own n"),
    "differs": ("与全体", "against all"),
    "top_up": ("再听", "more calls"),
}
DIFFERS: Words = {"above": ("确定高于", "above"), "below": ("确定低于", "below")}
MISSING_HEAD = (("编号", "call"), ("组", "group"), ("质检员", "inspector"), ("原因", "reason"))


def write_estimates(found: Estimates, path: str | Path, lang: Lang) -> None:
    """Write the estimates, xlsx or CSV by the suffix.

    Raises
    ------
    ConfigError
        The suffix is neither.
    """
    path = Path(path)
    kind = path.suffix.lower()
    if kind not in (".csv", ".xlsx"):
        raise ConfigError(str(path), [problem("suffix {suffix!r}; expected .csv or .xlsx", suffix=path.suffix)])
    with whole_file(path) as temporary:
        if kind == ".csv":
            _to_csv(found, temporary, lang)
        else:
            _to_xlsx(found, temporary, lang)


def head(lang: Lang) -> list[str]:
    """The names of the columns."""
    return [pick(lang, *names) for names in COLUMNS.values()]


def lines_of(found: Estimates) -> list[Line]:
    """The whole first, then the groups by name."""
    return [*([] if found.whole is None else [found.whole]), *found.groups]


def cells_of(line: Line, lang: Lang) -> list[object]:
    """A line in the order of `COLUMNS`."""
    carried = ""
    if line.carried_by:
        carried = f"{level_name(line.carried_by, lang)} {line.carried_from}".strip()
    differs = pick(lang, *DIFFERS[line.differs]) if line.differs else ""
    return [
        line.group, line.calls, round(line.value, 2), round(line.low, 2), round(line.high, 2), line.n,
        spoken_method(line.method, lang), carried, round(line.own_low, 2), round(line.own_high, 2), line.own_n, differs,
        line.top_up,
    ]  # fmt: skip


def _to_csv(found: Estimates, path: Path, lang: Lang) -> None:
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(head(lang))
        for line in lines_of(found):
            writer.writerow([csv_cell(value) for value in cells_of(line, lang)])


def _to_xlsx(found: Estimates, path: Path, lang: Lang) -> None:
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    rows = [cells_of(line, lang) for line in lines_of(found)]
    missing = [[one.call, one.group, one.inspector, missing_reason(one, lang)] for one in found.unfinished]
    missing_head = [pick(lang, *names) for names in MISSING_HEAD]
    told = [[text] for text in sentences(found, lang)]
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True, "bottom": 1})
        _page(book.add_worksheet(pick(lang, "估计", "estimates")), head(lang), rows, bold)
        _page(book.add_worksheet(pick(lang, "没有计入", "not counted")), missing_head, missing, bold)
        _page(book.add_worksheet(pick(lang, "说明", "in words")), [spoken_figure(found.figure, lang)], told, bold)


def _page(sheet: Any, header: Cells, rows: Iterable[Cells], bold: Any) -> None:
    sheet.write_row(0, 0, header, bold)
    sheet.freeze_panes(1, 1)
    sheet.set_column(0, max(0, len(header) - 1), 16)
    for number, row in enumerate(rows, start=1):
        sheet.write_row(number, 0, [cell(value) for value in row])
