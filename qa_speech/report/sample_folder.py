"""The folder of a sample: the record of the draw, work lists, and the pages of the calls that were drawn.

SAMPLE/sample.json  SAMPLE/worklist.xlsx  SAMPLE/worklist.csv
SAMPLE/index.html  SAMPLE/pages/NAME.html …     as `folder` writes them
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.report.folder import ReportFolder
from qa_speech.sampling.draw import Candidate
from qa_speech.sampling.frame import Frame, check, frame_of
from qa_speech.sampling.plan import Plan, plan_from, read_plan
from qa_speech.sampling.record import FILE_NAME, Record, Verdict, made, read_record, verify, write_record
from qa_speech.sampling.worklist import CSV_NAME, XLSX_NAME, WorkRow, write_csv, write_xlsx
from qa_speech.store.folder import is_run
from qa_speech.store.reports import measured_reports
from qa_speech.wording.lang import Lang

OWN_FOLDERS = ("pages", "audio", "calls", "scores")
OWN_FILES = (FILE_NAME, XLSX_NAME, CSV_NAME, "index.html", "results.csv")


class Written(msgspec.Struct, frozen=True):
    """A draw that was written: its plan, record and frame, the work list, and drawn calls whose page could not be written."""

    plan: Plan
    record: Record
    frame: Frame
    worklist: Path
    without_page: tuple[str, ...]


def write_sample(
    place: str | Path,
    plan_file: str | Path,
    out: str | Path,
    *,
    marks_db: str | Path | None = None,
    again: bool = False,
    pages: bool = True,
    mask: bool = True,
    lang: Lang = "zh",
    told: Callable[[str], None] = lambda call: None,
) -> Written:
    """Draw a sample by a plan and write all that inspectors need.

    Parameters
    ----------
    place
        Folder of a batch run, or result folder of `inspect` or `score`.
    marks_db
        Path or URL of the marks that say which calls have been inspected; None = those inside `place`, if there are any.
    again
        Replace a sample that was drawn into `out` before.
    pages
        False = lists alone, without links.
    told
        Is told the id of each call whose page is written.

    Raises
    ------
    ConfigError
        The plan is wrong or names what no call has; no call fulfils it; `out` holds something already.
    """
    out = Path(out)
    _require_free(out, Path(place), again)
    text = read_plan(plan_file)
    plan = plan_from(text, str(plan_file))
    frame = frame_of(place, plan.names)
    check(plan, frame, str(plan_file))
    inspected = inspected_calls(place, marks_db)
    at = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    _, record = made(text, frame.calls, inspected, at)
    if not record.frame_size:
        raise ConfigError(str(place), [_why_nothing(plan, frame, inspected)])
    _clear(out)
    write_record(record, out)
    shown: Mapping[str, str] = {}
    if pages:
        shown = _write_pages(place, [call.id for call in record.drawn], ReportFolder(out, lang=lang, mask=mask), told)
    rows = _work_rows(record, {call.id: call for call in frame.calls}, shown)
    write_csv(rows, out / CSV_NAME)
    write_xlsx(rows, out / XLSX_NAME)
    without_page = tuple(call.id for call in record.drawn if pages and call.id not in shown)
    return Written(plan, record, frame, out / XLSX_NAME, without_page)


def verify_sample(sample: str | Path, place: str | Path) -> tuple[Record, Verdict]:
    """Draw the sample in a folder again from the calls at `place`, as they are now, and compare.

    Raises
    ------
    ConfigError
        There is no sample, or nothing is stored at `place`.
    """
    record = read_record(sample)
    frame = frame_of(place, plan_from(record.plan).names)
    return record, verify(record, frame.calls)


def inspected_calls(place: str | Path, marks_db: str | Path | None = None) -> frozenset[str]:
    """Ids of calls that people have marked; none where no marks are kept yet.

    Raises
    ------
    ConfigError
        The marks cannot be opened, or are not at the place that was named.
    """
    if marks_db is None and not marks_file(place).is_file():
        return frozenset()
    marks = open_marks(marks_file(place) if marks_db is None else marks_db, create=False)
    try:
        return marks.inspected()
    finally:
        marks.close()


def _require_free(out: Path, place: Path, again: bool) -> None:
    """Nothing that is not an earlier sample is ever written over, and that only when it was asked for."""
    what = ""
    if out.exists() and not out.is_dir():
        what = problem("is a file; expected the name of a new folder")
    elif out.is_dir() and (is_run(out) or out.resolve() == place.resolve()):
        what = problem("holds the calls themselves; choose another folder for the sample")
    elif (out / FILE_NAME).exists():
        what = "" if again else problem("a sample was drawn here already; --force draws again and removes it")
    elif out.is_dir() and any(out.iterdir()):
        what = problem("not empty, and not a sample; choose a new folder")
    if what:
        raise ConfigError(str(out), [what])


def _clear(out: Path) -> None:
    """Remove the files of an earlier sample: pages of calls that are no longer drawn must not stay."""
    for name in OWN_FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)
    for name in OWN_FILES:
        (out / name).unlink(missing_ok=True)


def _why_nothing(plan: Plan, frame: Frame, inspected: Collection[str]) -> str:
    """How many calls there are, and how many each condition leaves."""
    if not frame.calls:
        return problem(
            "no call to draw from: none worked, {failed} failed, {forgotten} forgotten",
            failed=frame.failed,
            forgotten=frame.forgotten,
        )
    what = problem("no call to draw from among {count}", count=len(frame.calls))
    for condition in plan.conditions:
        count = sum(condition.holds(call.values) for call in frame.calls)
        what = problem("{what}; {count} fulfil {condition!r}", what=what, count=count, condition=condition.text)
    count = sum(call.id in inspected for call in frame.calls)
    return problem("{what}; {count} are inspected already", what=what, count=count)


def _write_pages(
    place: str | Path, calls: Collection[str], folder: ReportFolder, told: Callable[[str], None]
) -> Mapping[str, str]:
    """The pages of these calls and an index over them; the file in pages/ of each id that was found."""
    for report in measured_reports(place, frozenset(calls)):
        folder.add(report)
        told(report.id)
    folder.finish()
    return folder.pages


def _work_rows(record: Record, frame: Mapping[str, Candidate], shown: Mapping[str, str]) -> list[WorkRow]:
    rows = []
    for call in record.drawn:
        known = frame[call.id]
        link = f"pages/{shown[call.id]}" if call.id in shown else ""
        row = WorkRow(
            call,
            agent=known.text("agent"),
            started_at=known.text("started_at"),
            duration_s=known.number("duration_s"),
            total=known.number("total"),
            link=link,
        )
        rows.append(row)
    return rows
