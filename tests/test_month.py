"""A month at the desk: draw, fill, import, appeal, second opinion, last word; the total is the one worked out by hand.

By hand: 服务规范 of the hotline card weighs 25 and has 25 points in reach in this call, and the sections that were judged weigh
100 together: a point in it is a point of the total. 不作推诿 caps the total at 79.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from qa_speech.marks.database import marks_file, open_marks
from qa_speech.sampling.draw import Candidate
from qa_speech.sampling.record import made, write_record
from qa_speech.store.parquet import open_run
from tests.review_kit import BEFORE, CALL, fill, said, table, totals

PLAN = """
seed = 20261130
per = []
number = 12
where = ["total > 0"]
[[inspectors]]
name = "甲"
team = "A 组"
[[inspectors]]
name = "乙"
team = "B 组"
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return shutil.copytree(BEFORE, tmp_path / "批次")


def test_a_whole_month_from_the_draw_to_the_last_word(run: Path, tmp_path: Path) -> None:
    # draw
    frame = [Candidate(one.row.id, {"total": one.row.total}) for one in open_run(run).results()]
    _, record = made(PLAN, frame, (), "2026-11-30T08:00:00")
    sample = tmp_path / "样本"
    sample.mkdir()
    write_record(record, sample)
    given = {one.id: one.inspector for one in record.drawn}
    assert len(given) == sum(1 for one in frame if one.values["total"])
    first = given[CALL]
    second = "乙" if first == "甲" else "甲"

    # fill in and take in: the inspector sees it as the machine did once, and otherwise twice
    sheet = tmp_path / "复核单.xlsx"
    said("review", "export", run, "--sample", sample, "--inspector", first, "--out", sheet)
    assert {row[0] for row in table(sheet)} <= {call for call, person in given.items() if person == first}
    before = totals(run)
    assert before[CALL] == 65.0
    fill(
        sheet,
        {
            (CALL, "courtesy"): ("未通过", None, "语气生硬"),
            (CALL, "identity-check"): ("部分得分", "２", "只问了姓名"),
        },
    )
    assert "新增 2 条" in said("review", "import", sheet, "--run", run, "--sample", sample)
    assert totals(run, "--marks", "final")[CALL] == 65.0 + 2

    # appeal: nothing changes until it is decided
    appeal = ("--call", CALL, "--criterion", "courtesy", "--reason", "最后致歉了", "--person", "1001")
    said("review", "appeal", run, *appeal)
    assert len(said("review", "appeals", run, "--format", "json").splitlines()) == 1
    assert totals(run, "--marks", "final")[CALL] == 65.0 + 2

    # second opinion: of the other one, who sees first mark and appeal
    again = tmp_path / "复核.xlsx"
    said("review", "export", run, "--sample", sample, "--stage", "second", "--inspector", second, "--out", again)
    rows = {(row[0], row[1]): row for row in table(again)}
    assert f"初检 {first}：未通过（语气生硬）\n申诉 1001：通过（最后致歉了）" in rows[CALL, "courtesy"][6]
    fill(again, {(CALL, "courtesy"): ("部分得分", 3, "有致歉，但太晚")})
    said("review", "import", again, "--run", run, "--sample", sample)
    assert said("review", "appeals", run, "--format", "json") == ""
    assert totals(run, "--marks", "final")[CALL] == 65.0 + 2 + 3

    # the last word of the lead
    last = tmp_path / "终审.xlsx"
    said("review", "export", run, "--stage", "final", "--inspector", "班长", "--out", last)
    fill(last, {(CALL, "courtesy"): ("通过", None, "致歉完整")})
    said("review", "import", last, "--run", run)

    final = totals(run, "--marks", "final")
    assert final[CALL] == 65.0 + 2 + 5
    assert {call for call in before if before[call] != final[call]} == {CALL}
    assert totals(run) == before, "the machine's scores are as they were"
    store = open_marks(marks_file(run))
    assert [(one.stage, one.machine_outcome) for one in store.marks() if one.criterion == "courtesy"] == [
        ("first", "fail"), ("appeal", "fail"), ("second", "fail"), ("final", "fail"),
    ]  # fmt: skip
    assert store.inspected() == {CALL}
    store.close()
