"""results.csv: one row per input, for Excel and for programs. Header names are stable and do not depend on language."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa_speech.cells import defused
from qa_speech.files import write_bytes
from qa_speech.scorecard.deductions import pending
from qa_speech.scores import CallFailure, CallReport, Measurement, Score
from qa_speech.store.base import in_order
from qa_speech.store.sql import shown_name
from qa_speech.wording import messages, terms
from qa_speech.wording.lang import Lang, clauses

HEAD = (
    "id", "path", "status", "alarms", "duration_s", "total", "total_if_confirmed", "coverage", "band", "passed",
    "to_review", "reason", "main_reasons", "warnings", "low_reliability", "scorecard", "scorecard_version",
)  # fmt: skip
WHAT = 2
"""Columns that say what the call is; its metadata stand behind them."""


@dataclass(frozen=True, slots=True)
class Row:
    """One input: the columns of `HEAD`, its metadata, those of its criteria, and those of its figures, by name."""

    fixed: Mapping[str, object]
    metadata: Mapping[str, str] = field(default_factory=dict)
    criteria: Mapping[str, object] = field(default_factory=dict)
    figures: Mapping[str, object] = field(default_factory=dict)


def write_csv(reports: Sequence[CallReport | CallFailure], path: str | Path, *, lang: Lang) -> None:
    """Write results.csv: UTF-8 with a byte order mark (Excel opens Chinese), one row per input in the order given.

    Columns: id and path; the metadata met (agent, team, queue, started_at before others), one of the name of another column
    as ``meta_NAME``; the others of `HEAD`; ``marks`` where people's marks went into a score; then ``<criterion>.outcome``
    and ``<criterion>.points`` for every criterion met; then per metric its value (``silence``, ``talk:agent``) and its
    main components (``silence.longest_s``), plain numbers in the metric's unit. Sentences are in `lang`. Cells that a
    spreadsheet would take for a formula get a leading apostrophe. `status` is ``ok`` or the class of the error.
    """
    write_rows([row(report, lang) for report in reports], path)


def write_rows(rows: Sequence[Row], path: str | Path) -> None:
    """Write results.csv from the rows of `row`, for runs that keep nothing else of their calls."""
    text = io.StringIO(newline="")
    metadata = in_order({key for one in rows for key in one.metadata})
    criteria = dict.fromkeys(name for one in rows for name in one.criteria)
    figures = dict.fromkeys(name for one in rows for name in one.figures)
    after = [*HEAD[WHAT:]]
    if any("marks" in one.fixed for one in rows):
        after.append("marks")
    taken = {name.lower() for name in (*HEAD, "marks", *criteria, *figures)}
    shown = [shown_name(key, taken) for key in metadata]
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell(name) for name in (*HEAD[:WHAT], *shown, *after, *criteria, *figures)])
    for one in rows:
        values = [one.fixed.get(name) for name in HEAD[:WHAT]]
        values += [one.metadata.get(key) for key in metadata]
        values += [one.fixed.get(name) for name in after]
        values += [one.criteria.get(name) for name in criteria]
        values += [one.figures.get(name) for name in figures]
        writer.writerow([cell(value) for value in values])
    write_bytes(Path(path), b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def cell(value: object) -> str:
    """A value as the text of a cell, harmless in a spreadsheet.

    >>> cell("=HYPERLINK(1)"), cell(-3.5), cell("-3.5"), cell(None), cell(True)
    ("'=HYPERLINK(1)", '-3.5', '-3.5', '', '1')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return defused(str(value))


def row(report: CallReport | CallFailure, lang: Lang) -> Row:
    """The row of one input."""
    if isinstance(report, CallFailure):
        return Row({"id": report.id, "path": report.path, "status": report.error, "reason": report.message})
    fixed = _of_call(report, lang)
    criteria: dict[str, object] = {}
    if report.score is not None:
        fixed.update(_of_score(report.score, lang))
        for criterion in report.score.criteria:
            criteria[f"{criterion.id}.outcome"] = criterion.outcome
            criteria[f"{criterion.id}.points"] = criterion.points
    return Row(fixed, report.call.recording.metadata, criteria, _figures(report.measurements))


def _of_call(report: CallReport, lang: Lang) -> dict[str, object]:
    call = report.call
    timed = call.times != "nominal"
    low = {key: one.reliability_reason for key, one in report.measurements.items() if one.reliability == "low"}
    return {
        "id": report.id,
        "path": call.recording.path,
        "status": "ok",
        "duration_s": call.duration if timed else None,
        "main_reasons": clauses(messages.reasons(report, lang), lang),
        "warnings": clauses([terms.warning(text, lang) for text in call.warnings], lang),
        "low_reliability": messages.low_reliability(low, lang),
    }


def _of_score(score: Score, lang: Lang) -> dict[str, object]:
    fixed: dict[str, object] = {
        "alarms": clauses(messages.alarms(score, lang), lang),
        "total": score.total,
        "total_if_confirmed": score.total_if_confirmed,
        "coverage": score.coverage,
        "band": score.band,
        "passed": score.passed,
        "to_review": pending(score),
        "reason": terms.reason(score.reason, lang),
        "scorecard": score.scorecard_id,
        "scorecard_version": score.scorecard_version,
    }
    if isinstance(score.marks, str):
        fixed["marks"] = score.marks
    return fixed


def _figures(measurements: Mapping[str, Measurement]) -> dict[str, object]:
    """Per metric its value and its main components, in the metric's unit."""
    figures: dict[str, object] = {}
    for key, measured in measurements.items():
        figures[key] = measured.value
        name = key.partition(":")[0]
        for part in terms.highlights(name):
            if part in measured.components:
                figures[f"{key}.{part}"] = measured.components[part]
    return figures
