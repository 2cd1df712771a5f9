"""Tables for programs: the results of a run as CSV, JSONL or Parquet, and answers to SQL.

One row per call in the order of the run: what the call is, its metadata, its score, per criterion outcome and points,
then every figure. No transcript is in them. Text that a spreadsheet would run as a formula is defused. The workbook for
people is made by `qa_speech.report.workbook`.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.cells import defused, width
from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file
from qa_speech.store.base import Answer, Result
from qa_speech.store.records import COLUMNS, AlarmRow, CriterionRow, ResultRow
from qa_speech.store.spool import Spool, spooled
from qa_speech.store.sql import RESULT_COLUMNS, shown_name, write_parquet

FORMATS = ("csv", "jsonl", "parquet")
IDENTITY = ("id", "status", "error", "message", "path")
"""Columns before the metadata."""
RESULT = (
    "alarms",
    "duration_s",
    "total",
    "total_if_confirmed",
    "coverage",
    "band",
    "passed",
    "to_review",
    "reason",
    "scorecard",
    "scorecard_version",
    "layout",
    "language",
    "utterances",
    "words",
    "warnings",
    "low_reliability",
    "low_reasons",
    "model",
    "code_version",
    "copied_from",
    "prepare_s",
    "recognise_s",
    "finish_s",
)
"""Columns after the metadata; the others of the store are keys and nested ones."""
OF_CRITERION = ("outcome", "points")
ROWS_PER_GROUP = 10_000
"""Rows that a Parquet file keeps together."""
CELL_MAX = 32_000
"""Characters of a cell."""


def export(results: Iterable[Result], path: str | Path) -> int:
    """Write results to a file, CSV, JSONL or Parquet by its suffix; returns the number of rows.

    Parameters
    ----------
    results
        `Store.results()`, or those under a person's marks. They wait in a temporary file until all columns are known.

    Raises
    ------
    ConfigError
        The suffix is none of these.

    Examples
    --------
    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.parquet import store_at
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import make_call
    >>> store = store_at("run")
    >>> part = store.append([record_of(report(make_call(agent=[(0, 2), (9, 12)], call_id="a")))])
    >>> export(store.results(), "结果.csv")
    1
    >>> Path("结果.csv").read_text(encoding="utf-8-sig").splitlines()[1].split(",")[:2]
    ['a', 'ok']
    """
    path = Path(path)
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        what = problem("suffix {suffix!r}; expected one of: {formats}", suffix=path.suffix, formats=", ".join(FORMATS))
        raise ConfigError(str(path), [what])
    write = {"csv": _to_csv, "jsonl": _to_jsonl, "parquet": _to_parquet}[kind]
    path.parent.mkdir(parents=True, exist_ok=True)
    with spooled(Result, beside=path) as spool:
        columns = columns_of(_kept(results, spool))
        return write(columns, spool, path)


def _kept(results: Iterable[Result], spool: Spool[Result]) -> Iterator[Result]:
    """The same results, written down on the way."""
    for result in results:
        spool.add(result)
        yield result


# -- the table --------------------------------------------------------------------------------------------------


class Columns(msgspec.Struct, frozen=True):
    """The columns of a table that depend on what was found: metadata, criteria and figures, each in order."""

    metadata: Sequence[str]
    criteria: Sequence[str]
    figures: Sequence[str]

    def header(self) -> list[str]:
        """The names of all columns."""
        names = [*IDENTITY, *self.shown_metadata().values(), *RESULT]
        for criterion in self.criteria:
            names += [f"{criterion}.{part}" for part in OF_CRITERION]
        return [*names, *self.figures]

    def shown_metadata(self) -> dict[str, str]:
        """What each key of the metadata is called beside the columns of the store."""
        taken = {name.lower() for name in (*COLUMNS, *self.figures)}
        return {key: shown_name(key, taken) for key in self.metadata}

    def cells(self, result: Result) -> list[Any]:
        """The row of a result."""
        row = result.row
        cells = [getattr(row, name) for name in IDENTITY]
        cells += [result.metadata.get(key) for key in self.metadata]
        cells += [_titles(row.alarms) if name == "alarms" else getattr(row, name) for name in RESULT]
        judged = {criterion.id: criterion for criterion in row.criteria or ()}
        for name in self.criteria:
            criterion = judged.get(name, NOT_JUDGED)
            cells += [criterion.outcome, criterion.points]
        return cells + [row.figures.get(name) for name in self.figures]


NOT_JUDGED = CriterionRow()


def _titles(alarms: Sequence[AlarmRow] | None) -> str | None:
    """What rang, by its titles."""
    rang = [alarm.title or "" for alarm in alarms or () if alarm.raised]
    return "; ".join(rang) or None


def columns_of(results: Iterable[Result]) -> Columns:
    """The columns that these results need: criteria and figures in the order in which they are met."""
    metadata: set[str] = set()
    criteria: dict[str, None] = {}
    figures: dict[str, None] = {}
    for result in results:
        metadata.update(result.metadata)
        if result.row.figures.keys() != figures.keys():
            figures.update(dict.fromkeys(result.row.figures))
        new = {criterion.id or "" for criterion in result.row.criteria or ()} - criteria.keys()
        criteria.update(dict.fromkeys(sorted(new)))
    return Columns(sorted(metadata), list(criteria), list(figures))


def cell(value: object) -> str | float | None:
    """A value as a cell: numbers stay numbers, in the unit of their column, lists become text, and text never becomes a formula.

    >>> cell("=HYPERLINK(1)"), cell(True), cell(["a", "b"]), cell("-3.5"), cell(None)
    ("'=HYPERLINK(1)", 1, 'a; b', '-3.5', None)
    """
    if value is None or isinstance(value, float):
        return value
    if isinstance(value, bool | int):
        return int(value)
    text = "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = text[:CELL_MAX]
    return defused(text)


def csv_cell(value: object) -> str | float | None:
    """A value as a cell of a CSV file: figures, in the unit of their column, with four decimals at most.

    >>> csv_cell(0.5), csv_cell(2.0)
    ('0.5', '2')
    """
    found = cell(value)
    if isinstance(found, float):
        return f"{found:.4f}".rstrip("0").rstrip(".")
    return found


def _to_csv(columns: Columns, results: Iterable[Result], path: Path) -> int:
    count = 0
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow([cell(name) for name in columns.header()])
        for result in results:
            writer.writerow([csv_cell(value) for value in columns.cells(result)])
            count += 1
    return count


def _to_jsonl(columns: Columns, results: Iterable[Result], path: Path) -> int:
    names = columns.shown_metadata()
    count = 0
    with whole_file(path) as temporary, temporary.open("wb") as file:
        for result in results:
            file.write(msgspec.json.encode(_plain(result, names)) + b"\n")
            count += 1
    return count


def _to_parquet(columns: Columns, results: Iterable[Result], path: Path) -> int:
    """The columns as in the store, nested ones included; metadata are text."""
    names = columns.shown_metadata()
    kinds = {**RESULT_COLUMNS, "position": "BIGINT"}
    kinds.update(dict.fromkeys(names.values(), "VARCHAR"))
    kinds.update(dict.fromkeys(columns.figures, "DOUBLE"))
    return write_parquet(path, (_plain(result, names) for result in results), kinds, per_group=ROWS_PER_GROUP)


def _plain(result: Result, names: Mapping[str, str]) -> dict[str, Any]:
    """All columns of a result that have a value, nested ones included."""
    found = _fixed(result.row)
    found.update(result.row.figures)
    found["position"] = result.position
    for key, name in names.items():
        found[name] = result.metadata.get(key)
    return {name: value for name, value in found.items() if value is not None}


def _fixed(row: ResultRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


# -- answers to SQL ---------------------------------------------------------------------------------------------


def as_text(answer: Answer, form: str) -> Iterator[str]:
    """Lines of an answer: ``csv``, ``json`` (one object per line) or ``table``."""
    if form == "json":
        for row in answer.rows:
            yield msgspec.json.encode(dict(zip(answer.names, row, strict=True))).decode()
    elif form == "csv":
        yield _csv_line(answer.names)
        for row in answer.rows:
            yield _csv_line(row)
    else:
        yield from _aligned([tuple(answer.names), *answer.rows])


def _csv_line(row: Sequence[Any]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="").writerow([csv_cell(value) for value in row])
    return text.getvalue()


def _aligned(rows: list[tuple[Any, ...]]) -> Iterator[str]:
    texts = [[_shown(value) for value in row] for row in rows]
    widths = [max(map(width, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        padded = [text + " " * (wide - width(text)) for text, wide in zip(row, widths, strict=True)]
        yield "  ".join(padded).rstrip()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "seconds")
    return str(value)
