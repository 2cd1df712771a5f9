"""Tables for people: the results of a run as CSV, xlsx or JSONL, and answers to SQL.

One row per call in the order of the run: what the call is, its metadata, its score, per criterion outcome and points,
then every figure. No transcript is in them. Text that a spreadsheet would run as a formula is defused.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.store import parquet as store
from qa_speech.store.records import FIXED

FORMATS = ("csv", "xlsx", "jsonl")
FIRST = (
    "id", "status", "error", "message", "path", "duration_s", "total", "total_if_confirmed", "coverage", "band",
    "passed", "to_review", "reason", "scorecard", "scorecard_version", "layout", "language", "utterances", "words",
    "warnings", "low_reliability", "model", "code_version", "copied_from", "prepare_s", "recognise_s", "finish_s",
)  # fmt: skip
"""Fixed columns of a table, in this order; the others of the store are keys and nested ones."""
ROWS_PER_SHEET = 1_000_000
CELL_MAX = 32_000
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def export(run: str | Path, path: str | Path) -> int:
    """Write the results of a run to a file, CSV, xlsx or JSONL by its suffix; returns the number of rows.

    Raises
    ------
    ConfigError
        Not a run, or the suffix is none of these.
    """
    run, path = store.require_run(run), Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise ConfigError(str(path), [f"suffix {path.suffix!r}; expected one of: {', '.join(FORMATS)}"])
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        count = {"csv": _to_csv, "xlsx": _to_xlsx, "jsonl": _to_jsonl}[kind](run, temporary)
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return count


def query(run: str | Path, sql: str) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
    """(column names, rows) of a question in SQL over the views `results`, `manifest`, `calls` and `history`.

    Raises
    ------
    ConfigError
        Not a run, or DuckDB cannot answer; the message is its own.
    """
    import duckdb

    engine = store.connect(store.require_run(run))
    try:
        found = engine.execute(sql)
        names = [item[0] for item in found.description]
    except duckdb.Error as exc:
        engine.close()
        raise ConfigError("query", [str(exc)]) from exc

    def rows() -> Iterator[tuple[Any, ...]]:
        with engine:
            while chunk := found.fetchmany(store.BATCH):
                yield from chunk

    return names, rows()


def cell(value: object) -> str | float | None:
    """A value as a cell: numbers stay numbers, lists become text, and text never becomes a formula.

    >>> cell("=HYPERLINK(1)"), cell(True), cell(["a", "b"]), cell("-3.5"), cell(None)
    ("'=HYPERLINK(1)", 1, 'a; b', '-3.5', None)
    """
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, bool | int):
        return int(value)
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = text[:CELL_MAX]
    risky = text.lstrip()[:1] in ("=", "+", "-", "@") or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if risky and not _NUMBER.fullmatch(text) else text


def _table(run: Path) -> tuple[list[str], Iterator[list[Any]]]:
    """Header and rows; criteria become two columns each."""
    engine = store.connect(run)
    names = [item[0] for item in engine.execute("SELECT * FROM results LIMIT 0").description]
    metadata = names[names.index("position") + 1 :]
    figures = [name for name in names[: names.index("position")] if name not in FIXED]
    criteria = [
        item[0]
        for item in engine.execute(
            "SELECT c.id FROM (SELECT unnest(criteria) AS c, position FROM results) GROUP BY 1 ORDER BY min(position), 1"
        ).fetchall()
    ]
    plain = [*FIRST[:5], *metadata, *FIRST[5:]]
    shown = ", ".join(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in [*plain, *figures])
    header = [*plain, *(f"{name}.{part}" for name in criteria for part in ("outcome", "points")), *figures]

    def rows() -> Iterator[list[Any]]:
        with engine:
            found = engine.execute(f"SELECT {shown}, criteria FROM results ORDER BY position, id")
            while chunk := found.fetchmany(store.BATCH):
                for *values, judged in chunk:
                    outcomes = {one["id"]: one for one in judged or ()}
                    middle = [
                        outcomes[name][part] if name in outcomes else None
                        for name in criteria
                        for part in ("outcome", "points")
                    ]
                    yield [*values[: len(plain)], *middle, *values[len(plain) :]]

    return header, rows()


def _to_csv(run: Path, path: Path) -> int:
    header, rows = _table(run)
    count = 0
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([cell(name) for name in header])
        for row in rows:
            writer.writerow([_number(cell(value)) for value in row])
            count += 1
    return count


def _number(value: str | float | None) -> str | int | None:
    return f"{value:.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else value


def _to_xlsx(run: Path, path: Path) -> int:
    import xlsxwriter

    header, rows = _table(run)
    options = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
        "nan_inf_to_errors": True,
    }  # fmt: skip
    count = 0
    with xlsxwriter.Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        sheet: Any = None
        for row in rows:
            at = count % ROWS_PER_SHEET
            if at == 0:
                sheet = _sheet(book, header, bold)
            _write_row(sheet, at + 1, row)
            count += 1
        if sheet is None:
            _sheet(book, header, bold)
    return count


def _sheet(book: Any, header: Sequence[str], bold: Any) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(header):
        sheet.write_string(0, column, str(cell(name)), bold)
    return sheet


def _write_row(sheet: Any, at: int, row: Sequence[Any]) -> None:
    for column, value in enumerate(map(cell, row)):
        if isinstance(value, str):
            sheet.write_string(at, column, value)
        elif value is not None:
            sheet.write_number(at, column, value)


def _to_jsonl(run: Path, path: Path) -> int:
    count = 0
    with store.connect(run) as engine, path.open("wb") as file:
        found = engine.execute("SELECT * FROM results ORDER BY position, id")
        names = [item[0] for item in found.description]
        while chunk := found.fetchmany(store.BATCH):
            for values in chunk:
                row = {name: value for name, value in zip(names, values, strict=True) if value is not None}
                file.write(msgspec.json.encode(row) + b"\n")
                count += 1
    return count


def as_text(names: Sequence[str], rows: Iterator[tuple[Any, ...]], form: str) -> Iterator[str]:
    """Lines of an answer: ``csv``, ``json`` (one object per line) or ``table``."""
    if form == "json":
        for row in rows:
            yield msgspec.json.encode(dict(zip(names, row, strict=True))).decode()
    elif form == "csv":
        yield _csv_line(names)
        for row in rows:
            yield _csv_line(row)
    else:
        yield from _aligned([tuple(names), *rows])


def _csv_line(row: Sequence[Any]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow([_number(cell(value)) for value in row])
    return text.getvalue()


def _aligned(rows: list[tuple[Any, ...]]) -> Iterator[str]:
    texts = [["" if value is None else _shown(value) for value in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        yield "  ".join(text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)).rstrip()


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return value.isoformat(" ", "seconds") if isinstance(value, dt.datetime) else str(value)


def width(text: str) -> int:
    """Columns of a text in a terminal: a Chinese character takes two.

    >>> width("宽带 a")
    6
    """
    import unicodedata

    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
