"""results.csv: one row per input, for Excel and for programs. Header names are stable and do not depend on language."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from qa_speech.call import CallFailure, CallReport, CriterionScore, write_bytes
from qa_speech.report import wording
from qa_speech.report.wording import Lang

HEAD = (
    "id", "path", "status", "duration_s", "total", "total_if_confirmed", "coverage", "band", "passed",
    "to_review", "reason", "main_reasons", "warnings", "scorecard", "scorecard_version",
)  # fmt: skip

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


def write_csv(reports: Sequence[CallReport | CallFailure], path: str | Path, *, lang: Lang) -> None:
    """Write results.csv: UTF-8 with a byte order mark (Excel opens Chinese), one row per input in the order given.

    Columns: those of `HEAD`; then ``<criterion>.outcome`` and ``<criterion>.points`` for every criterion met; then one column
    per metric, ``silence`` or ``talk:agent``, with the plain value. Sentences are in `lang`. Cells that a spreadsheet
    would take for a formula get a leading apostrophe. `status` is ``ok`` or the class of the error.
    """
    criteria = list(dict.fromkeys(one.id for report in reports for one in _criteria(report)))
    figures = list(
        dict.fromkeys(key for report in reports if isinstance(report, CallReport) for key in report.measurements)
    )
    text = io.StringIO(newline="")
    header = [*HEAD, *(f"{one}.{part}" for one in criteria for part in ("outcome", "points")), *figures]
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([cell(name) for name in header])
    for report in reports:
        row = _row(report, lang)
        writer.writerow([cell(row.get(name)) for name in header])
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


def _criteria(report: CallReport | CallFailure) -> tuple[CriterionScore, ...]:
    return report.score.criteria if isinstance(report, CallReport) and report.score is not None else ()


def _row(report: CallReport | CallFailure, lang: Lang) -> dict[str, object]:
    if isinstance(report, CallFailure):
        return {"id": report.id, "path": report.path, "status": report.error, "reason": report.message}
    call, score = report.call, report.score
    semicolon = "；" if lang == "zh" else "; "
    row: dict[str, object] = {
        "id": report.id,
        "path": call.recording.path,
        "status": "ok",
        "duration_s": None if call.times == "nominal" else call.duration,
        "main_reasons": semicolon.join(wording.reasons(report, lang)),
        "warnings": semicolon.join(wording.warning(one, lang) for one in call.warnings),
    }
    if score is not None:
        row.update(
            total=score.total, total_if_confirmed=score.total_if_confirmed, coverage=score.coverage, band=score.band,
            passed=score.passed, to_review=wording.pending(score),
            reason=wording.reason(score.reason, lang) if score.reason else None, scorecard=score.scorecard_id,
            scorecard_version=score.scorecard_version,
        )  # fmt: skip
    for one in _criteria(report):
        row[f"{one.id}.outcome"], row[f"{one.id}.points"] = one.outcome, one.points
    row.update({key: measured.value for key, measured in report.measurements.items()})
    return row
