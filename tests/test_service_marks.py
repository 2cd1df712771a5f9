"""Whose outcomes count in the report: the machine's, people's, or people's over the machine's; calls link to their pages."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark
from qa_speech.marks.scores import by_call
from qa_speech.report.page import page_name
from qa_speech.service.gather import Inputs
from qa_speech.service.rules import load_rules
from qa_speech.service.write import Written, write_report
from qa_speech.settings import Tables
from qa_speech.store.parquet import open_run
from tests.marked_run import copied, marked


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of November in which an inspector failed one criterion of every call but one that nobody heard."""
    place = copied(tmp_path_factory.mktemp("marks"))
    store = open_run(place)
    rows = [
        msgspec.structs.replace(row, metadata={**row.metadata, "started_at": f"2026-11-{day:02}T09:15:00"})
        for day, row in enumerate(store.rows(), start=1)
    ]
    store.keep_rows(rows)
    marked(
        place,
        [row.id for row in rows[:-1]],
        lambda number, criterion, outcome: "fail" if criterion == "greeting" else None,
    )
    return place


def reported(run: Path, out: Path, mode: str) -> Written:
    store = open_marks(marks_file(run))
    marks: dict[str, list[Mark]] = by_call(store)
    store.close()
    inputs = Inputs([run], "2026-11", marks=mode)  # type: ignore[arg-type]
    return write_report(inputs, out, rules=load_rules(), settings=Tables(), forms=["html"], marks=marks)


def shares(written: Written, title: str) -> list[str]:
    table = next(one for one in written.report.document.tables() if one.id == "criteria")
    return next([cell.text for cell in row] for row in table.rows if row[0].text == title)


def test_people_count_over_the_machine_where_they_looked(run: Path, tmp_path: Path) -> None:
    machine, final = (reported(run, tmp_path / mode, mode) for mode in ("machine", "final"))
    page = (tmp_path / "final" / "report.html").read_text(encoding="utf-8")

    assert shares(machine, "15 秒内问候")[3] != shares(final, "15 秒内问候")[3]
    assert shares(final, "15 秒内问候")[3] == "90.9%"  # nobody heard the last call
    assert "以人工判定为准" in page
    assert "一致率" in page


def test_people_alone_leave_what_they_did_not_judge_out(run: Path, tmp_path: Path) -> None:
    human = reported(run, tmp_path, "human")
    table = next(one for one in human.report.document.tables() if one.id == "criteria")

    assert [row[0].text for row in table.rows] == ["15 秒内问候"]
    assert "只按人工判定" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_command_writes_what_it_is_asked_for_and_tells_bad_rows(run: Path, tmp_path: Path) -> None:
    (tmp_path / "话单.csv").write_text("开始时间,结果\n2026-11-01 09:00,接通\n某天,接通\n", encoding="utf-8")
    call = open_run(run).rows()[0].id
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / page_name(call)).write_text("", encoding="utf-8")
    command = ["report", str(run), "--period", "2026-11", "--format", "html,xlsx", "--cdr", str(tmp_path / "话单.csv")]
    done = CliRunner().invoke(app, [*command, "--out", str(tmp_path / "out"), "--pages", str(tmp_path / "pages")])

    assert done.exit_code == 3, done.output
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bad-rows.csv", "report.html", "report.xlsx"]
    assert "话单.csv:3" in done.stderr
    assert "话单.csv" in (tmp_path / "out" / "bad-rows.csv").read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(
    ("more", "told"),
    [(["--format", "pdf"], "--format"), (["--rules", "nowhere"], "nowhere"), (["--pages", "nowhere"], "nowhere")],
)
def test_what_cannot_be_done_is_one_clear_error(run: Path, tmp_path: Path, more: list[str], told: str) -> None:
    done = CliRunner().invoke(app, ["report", str(run), "--period", "2026-11", "--out", str(tmp_path / "out"), *more])

    assert done.exit_code == 2
    assert told in done.output
    assert not (tmp_path / "out").exists()
