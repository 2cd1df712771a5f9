"""A small run with metadata, a draw from it, and marks made by hand, for tests of figures."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import JUDGED, Mark
from qa_speech.sampling.frame import frame_of
from qa_speech.sampling.record import Record, made, write_record
from qa_speech.store.base import Result
from qa_speech.store.parquet import open_run

BEFORE = Path(__file__).parent / "before" / "run"
PLAN = "seed = 7\nnumber = 5\n"
Decide = Callable[[int, str, str], str | None]
"""Number of the drawn call, criterion and the machine's outcome → what a person says, None = nothing."""


def copied(place: Path) -> Path:
    """The run that the version before wrote, its calls given to two agents of one team."""
    run = place / "批次"
    shutil.copytree(BEFORE, run)
    store = open_run(run)
    agents = ("1001", "1037")
    rows = [
        msgspec.structs.replace(row, metadata={"agent": agents[number % 2], "team": "A组"})
        for number, row in enumerate(store.rows())
    ]
    store.keep_rows(rows)
    return run


def sampled(run: Path, plan: str = PLAN) -> Record:
    """Draw, and keep the record in the run's folder `样本`."""
    _, record = made(plan, frame_of(run).calls, [], "2026-11-30T08:00:00")
    write_record(record, run / "样本")
    return record


def judged_as_shown(number: int, criterion: str, outcome: str) -> str | None:
    """A person who says what the machine says, and passes what it could not judge."""
    return outcome if outcome in JUDGED else "pass"


def marked(run: Path, calls: Iterable[str], decide: Decide = judged_as_shown, *, person: str = "甲") -> None:
    """Marks of the first stage, one call after the other."""
    results: dict[str, Result] = {result.row.id: result for result in open_run(run).results()}
    marks: list[Mark] = []
    for number, call in enumerate(calls):
        row = results[call].row
        for criterion in row.criteria or ():
            outcome = decide(number, criterion.id or "", criterion.outcome or "")
            if outcome is None:
                continue
            values = {
                "call": call, "criterion": criterion.id, "stage": "first", "outcome": outcome, "person": person,
                "role": "inspector", "at": f"2026-11-01T08:{number:02}:00", "machine_outcome": criterion.outcome,
                "scorecard": row.scorecard, "scorecard_version": row.scorecard_version,
            }  # fmt: skip
            marks.append(msgspec.convert(values, Mark))
    store = open_marks(marks_file(run))
    store.add(marks)
    store.close()
