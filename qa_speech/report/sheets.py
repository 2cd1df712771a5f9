"""results.csv: one row per input, for Excel and for programs. Header names are stable and do not depend on language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from qa_speech import wording
from qa_speech.call import CallFailure, CallReport, write_bytes
from qa_speech.wording import Lang
from qa_speech.wording.terms import highlights

HEAD = (
    "id", "path", "status", "duration_s", "total", "total_if_confirmed", "coverage", "band", "passed",
    "to_review", "reason", "main_reasons", "warnings", "scorecard", "scorecard_version",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """One input: the columns of `HEAD`, those of its criteria, and those of its figures, by name."""

    fixed: Mapping[str, object]
    criteria: Mapping[str, object] = field(default_factory=dict)
    figures: Mapping[str, object] = field(default_factory=dict)


_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def write_csv(reports: Sequence[CallReport | CallFailure], path: str | Path, *, lang: Lang) -> None:
    """Write results.csv: UTF-8 with a byte order mark (Excel opens Chinese), one row per input in the order given.

    Columns: those of `HEAD`; then ``<criterion>.outcome`` and ``<criterion>.points`` for every criterion met; then per metric
    its value (``silence``, ``talk:agent``) and its main components (``silence.longest_s``), plain numbers in the metric's
    unit. Sentences are in `lang`. Cells that a spreadsheet would take for a formula get a leading apostrophe. `status` is
    ``ok`` or the class of the error.
    """
    write_rows([row(report, lang) for report in reports], path)


def write_rows(rows: Sequence[Row], path: str | Path) -> None:
    """Write results.csv from the rows of `row`, for runs that keep nothing else of their calls."""
    text = io.StringIO(newline="")
    criteria = dict.fromkeys(name for one in rows for name in one.criteria)
    figures = dict.fromkeys(name for one in rows for name in one.figures)
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell(name) for name in (*HEAD, *criteria, *figures)])
    for one in rows:
        values = [one.fixed.get(name) for name in HEAD]
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
    text = str(value)
    risky = text[:1] in ("=", "+", "-", "@", "\t", "\r") or text.lstrip()[:1] in ("=", "+", "-", "@")
    return f"'{text}" if risky and not _NUMBER.fullmatch(text) else text


def row(report: CallReport | CallFailure, lang: Lang) -> Row:
    """The row of one input."""
    if isinstance(report, CallFailure):
        return Row({"id": report.id, "path": report.path, "status": report.error, "reason": report.message})
    call, score = report.call, report.score
    semicolon = "；" if lang == "zh" else "; "
    fixed: dict[str, object] = {
        "id": report.id,
        "path": call.recording.path,
        "status": "ok",
        "duration_s": None if call.times == "nominal" else call.duration,
        "main_reasons": semicolon.join(wording.reasons(report, lang)),
        "warnings": semicolon.join(wording.warning(one, lang) for one in call.warnings),
    }
    criteria: dict[str, object] = {}
    if score is not None:
        fixed.update(
            total=score.total, total_if_confirmed=score.total_if_confirmed, coverage=score.coverage, band=score.band,
            passed=score.passed, to_review=wording.pending(score),
            reason=wording.reason(score.reason, lang) if score.reason else None, scorecard=score.scorecard_id,
            scorecard_version=score.scorecard_version,
        )  # fmt: skip
        for one in score.criteria:
            criteria[f"{one.id}.outcome"], criteria[f"{one.id}.points"] = one.outcome, one.points
    figures: dict[str, object] = {}
    for key, measured in report.measurements.items():
        figures[key] = measured.value
        for part in highlights(key.partition(":")[0]):
            if part in measured.components:
                figures[f"{key}.{part}"] = measured.components[part]
    return Row(fixed, criteria, figures)
