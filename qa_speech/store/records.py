"""What the store keeps of one outcome: a flat row for tables, and the Call as JSON apart from it.

A row holds no word that was said: quotes stay in the Call. Metric columns are named as scorecards name them, with
``_`` for ``.`` and ``:``; `silence`, `silence_longest_s`, `response_agent`, `response_agent_median_s`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.call import CallFailure, CallReport, Measurement, Score, encode

FIXED: Mapping[str, str] = {
    "id": "VARCHAR", "written_at": "TIMESTAMP", "status": "VARCHAR", "error": "VARCHAR", "message": "VARCHAR",
    "path": "VARCHAR", "bytes": "BIGINT", "mtime_ns": "BIGINT", "input_key": "VARCHAR", "share_key": "VARCHAR",
    "score_key": "VARCHAR", "audio_sha256": "VARCHAR", "call_sha256": "VARCHAR", "copied_from": "VARCHAR",
    "duration_s": "DOUBLE", "layout": "VARCHAR", "times": "VARCHAR", "language": "VARCHAR", "utterances": "INTEGER",
    "words": "INTEGER", "warnings": "VARCHAR[]",
    "findings": "STRUCT(code VARCHAR, channel INTEGER, value DOUBLE, unit VARCHAR)[]",
    "scorecard": "VARCHAR", "scorecard_version": "INTEGER", "scorecard_sha256": "VARCHAR", "total": "DOUBLE",
    "total_if_confirmed": "DOUBLE", "coverage": "DOUBLE", "band": "VARCHAR", "passed": "BOOLEAN", "scorable": "BOOLEAN",
    "reason": "VARCHAR", "to_review": "INTEGER",
    "criteria": (
        "STRUCT(id VARCHAR, title VARCHAR, section VARCHAR, outcome VARCHAR, points DOUBLE, possible DOUBLE, pending BOOLEAN, "
        "fatal VARCHAR, severity VARCHAR, reason VARCHAR, review VARCHAR[], "
        "places STRUCT(kind VARCHAR, role VARCHAR, start_s DOUBLE, end_s DOUBLE)[])[]"
    ),
    "sections": "STRUCT(id VARCHAR, points DOUBLE, possible DOUBLE, total DOUBLE)[]",
    "unmeasured": "STRUCT(metric VARCHAR, reason VARCHAR)[]", "low_reliability": "VARCHAR[]",
    "recognizer": "VARCHAR", "model": "VARCHAR", "model_sha256": "VARCHAR", "detector_sha256": "VARCHAR",
    "code_version": "VARCHAR", "code_sha256": "VARCHAR", "prepare_s": "DOUBLE", "recognise_s": "DOUBLE", "finish_s": "DOUBLE",
}  # fmt: skip
"""Columns every part has, with their SQL types; all others are DOUBLE, one per metric and component."""

OK, FAILED, FORGOTTEN = "ok", "failed", "forgotten"


class Entry(msgspec.Struct, frozen=True):
    """One outcome on its way into the store: the flat row, and the JSON of its Call ("" = none, or stored already)."""

    row: dict[str, Any]
    call: str = ""

    @property
    def id(self) -> str:
        """The id of its row."""
        return str(self.row["id"])


def entry(outcome: CallReport | CallFailure) -> Entry:
    """An outcome as it is stored, without what only the runner knows."""
    if isinstance(outcome, CallFailure):
        return failure(outcome.id, outcome.path, outcome.error, outcome.message)
    call = encode(outcome.call)
    row = {**_of_call(outcome), **_of_score(outcome.score), **_of_measurements(outcome.measurements)}
    row["call_sha256"] = hashlib.sha256(call).hexdigest()
    return Entry(row, call.decode())


def failure(call_id: str, path: str, error: str, message: str) -> Entry:
    """A row that did not work: class and cause."""
    return Entry({"id": call_id, "path": path, "status": FAILED, "error": error, "message": message})


def again(outcome: CallReport, before: Mapping[str, Any]) -> Entry:
    """The outcome of scoring a stored Call; `before` holds the columns it keeps.

    With the Call's own hash among them the Call is not stored a second time; without it, it is another row's copy.
    """
    fresh = entry(outcome)
    return Entry({**fresh.row, **before}, "" if "call_sha256" in before else fresh.call)


def _of_call(report: CallReport) -> dict[str, Any]:
    call, recording = report.call, report.call.recording
    made_with = call.made_with
    return {
        "id": call.id,
        "status": OK,
        "path": recording.path,
        "audio_sha256": recording.sha256,
        "duration_s": None if call.times == "nominal" else call.duration,
        "layout": recording.layout,
        "times": call.times,
        "language": call.language,
        "utterances": len(call.utterances),
        "words": sum(len(item.words) for item in call.utterances),
        "warnings": call.warnings,
        "findings": [
            {"code": item.code, "channel": item.channel, "value": item.value, "unit": item.unit}
            for item in recording.findings
        ],
        "recognizer": made_with.get("recognizer"),
        "model": made_with.get("model"),
        "model_sha256": made_with.get("model_sha256"),
        "detector_sha256": made_with.get("detector_sha256"),
        "code_version": made_with.get("qa_speech"),
        "code_sha256": code_sha256(),
    }


@cache
def code_sha256() -> str:
    """Hash of this package's code and word lists, once per process: tells two builds of one version apart."""
    package = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        if path.suffix in (".py", ".txt") and "_bundled" not in path.parts:
            digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _of_score(score: Score | None) -> dict[str, Any]:
    if score is None:
        return {}
    return {
        "scorecard": score.scorecard_id,
        "scorecard_version": score.scorecard_version,
        "scorecard_sha256": score.scorecard_sha256,
        "total": score.total,
        "total_if_confirmed": score.total_if_confirmed,
        "coverage": score.coverage,
        "band": score.band,
        "passed": score.passed,
        "scorable": score.scorable,
        "reason": score.reason,
        "to_review": sum(item.pending for item in score.criteria),
        "criteria": [
            {
                "id": item.id, "title": item.title, "section": item.section, "outcome": item.outcome, "points": item.points,
                "possible": item.possible, "pending": item.pending, "fatal": item.fatal, "severity": item.severity,
                "reason": item.reason, "review": item.review,
                "places": [
                    {"kind": place.kind, "role": place.role, "start_s": place.start, "end_s": place.end}
                    for place in item.evidence
                ],
            }
            for item in score.criteria
        ],
        "sections": [
            {"id": item.id, "points": item.points, "possible": item.possible, "total": item.total}
            for item in score.sections
        ],
    }  # fmt: skip


def _of_measurements(measurements: Mapping[str, Measurement]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for key, found in measurements.items():
        name = column(key)
        row[name] = found.value
        for part, value in found.components.items():
            row[f"{name}_{part}"] = value
    row["unmeasured"] = [
        {"metric": key, "reason": found.reason} for key, found in measurements.items() if found.value is None
    ]
    row["low_reliability"] = [key for key, found in measurements.items() if found.reliability == "low"]
    return row


def column(metric: str) -> str:
    """The column of a metric: ``talk:agent`` → ``talk_agent``; never one of the fixed ones.

    >>> column("talk:agent"), column("words")
    ('talk_agent', 'words_')
    """
    name = metric.replace(":", "_").replace(".", "_").replace("-", "_").lower()
    return f"{name}_" if name in FIXED else name
