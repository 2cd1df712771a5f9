"""`qa-speech review`: which rows a sheet has at which stage, appeals and their clocks, scores under marks."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark
from qa_speech.marks.scores import cards_of
from qa_speech.report.review import Request, rows_of
from qa_speech.store.reports import read_reports
from tests.review_kit import BEFORE, CALL, fill, said, table, totals


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The run of the sample calls, as the version before left it."""
    return shutil.copytree(BEFORE, tmp_path / "批次")


def mark(outcome: str, stage: str = "first", **more: Any) -> Mark:
    values: dict[str, Any] = {
        "call": CALL, "criterion": "courtesy", "stage": stage, "outcome": outcome, "person": "甲", "role": "inspector",
        "at": "2026-11-01T08:00:00",
    }  # fmt: skip
    return Mark(**{**values, **more})


def asked(run: Path, stage: Any, *marks: Mark, **options: Any) -> list[tuple[str, str]]:
    by_call: dict[str, list[Mark]] = {}
    for one in marks:
        by_call.setdefault(one.call, []).append(one)
    rows = rows_of(read_reports(run), Request(stage, **options), by_call, cards_of(run))
    return [(row.call, row.criterion) for row in rows]


def keep(run: Path, *marks: Mark) -> None:
    store = open_marks(marks_file(run))
    store.add(marks)
    store.close()


def exported(run: Path, to: Path, *options: str) -> dict[str, dict[str, Any]]:
    """The rows of an export, by call."""
    said("export", run, "--to", to, *options)
    return {row["id"]: row for row in map(json.loads, to.read_text(encoding="utf-8").splitlines())}


def test_the_first_sheet_asks_what_a_person_has_to_judge_the_most_urgent_first(run: Path) -> None:
    reports = {report.id: report for report in read_reports(run)}
    score = reports[CALL].score
    assert score is not None
    open_to_doubt = {one.id for one in score.criteria if one.outcome not in ("pass", "not_applicable") or one.review}

    mine = [criterion for call, criterion in asked(run, "first") if call == CALL]

    assert set(mine) == open_to_doubt
    held = {one.id: one for one in score.criteria}
    waiting = [held[name].outcome == "manual" or held[name].pending or bool(held[name].review) for name in mine]
    assert waiting == sorted(waiting, reverse=True)
    every = [criterion for call, criterion in asked(run, "first", every=True) if call == CALL]
    assert set(every) == set(held)


def test_what_the_stage_has_settled_is_asked_again_only_with_all(run: Path) -> None:
    made = mark("fail")

    assert (CALL, "courtesy") in asked(run, "first")
    assert (CALL, "courtesy") not in asked(run, "first", made)
    assert (CALL, "courtesy") in asked(run, "first", made, every=True)


def test_the_second_sheet_has_what_others_marked_first_and_nothing_of_the_own_team(run: Path) -> None:
    made = [mark("fail"), mark("pass", person="乙", criterion="greeting", call="too-slow.ogg")]
    settled = mark("pass", "second", person="丙", at="2026-11-02T08:00:00")
    appeal = mark("pass", "appeal", person="1001", role="agent", reason="说了", at="2026-11-03T08:00:00")

    assert asked(run, "second", *made, inspector="乙") == [(CALL, "courtesy")]
    assert asked(run, "second", *made, inspector="甲") == [("too-slow.ogg", "greeting")]
    assert asked(run, "second", made[0], settled, inspector="丁") == []
    assert asked(run, "second", made[0], settled, appeal, inspector="丁") == [(CALL, "courtesy")]
    assert asked(run, "final", made[0], settled, appeal) == [(CALL, "courtesy")]
    assert asked(run, "final") == []


def test_a_blind_sheet_tells_nothing_by_its_choice_or_order(run: Path) -> None:
    card = next(iter(read_reports(run))).score
    assert card is not None

    mine = [criterion for call, criterion in asked(run, "calibration", blind=True) if call == card.call_id]

    assert mine == [one.id for one in card.criteria]


def test_a_sheet_links_to_the_second_on_the_page_and_says_why(run: Path, tmp_path: Path) -> None:
    said("score", run, "--out", tmp_path / "结果 1")
    folder = tmp_path / "结果 1"
    said("review", "export", folder, "--out", tmp_path / "a" / ".." / "单.xlsx")
    rows = {(row[0], row[1]): row for row in table(tmp_path / "单.xlsx")}

    row = rows[CALL, "courtesy"]
    assert row[3] == "未通过"
    assert "坐席" in row[6]
    place = row[7].split('"')[1]
    assert place.startswith(f"结果 1/pages/{CALL}.html#t=")
    assert (tmp_path / place.partition("#")[0]).is_file()


def test_a_sheet_goes_out_and_comes_in_and_the_list_says_what_counts(run: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "复核单.xlsx"
    assert "通，" in said("review", "export", run, "--out", sheet, "--inspector", "甲")
    assert not marks_file(run).exists()
    rows = len(table(sheet))
    fill(sheet, {(CALL, "courtesy"): ("通过",), (CALL, "identity-check"): ("未通过", None, "确实没有核实")})

    first = said("review", "import", sheet, "--run", run)
    again = said("review", "import", sheet, "--run", run)

    assert f"新增 2 条，与已有相同 0 条，未判 {rows - 2} 行" in first
    assert "新增 0 条，与已有相同 2 条" in again
    lines = [json.loads(line) for line in said("review", "list", run, "--format", "json").splitlines()]
    assert [(one["criterion"], one["machine"], one["outcome"], one["counts"]) for one in lines] == [
        ("identity-check", "fail", "fail", "*"), ("courtesy", "fail", "pass", "*"),
    ]  # fmt: skip
    assert all(one["person"] == "甲" for one in lines)


def test_one_wrong_row_and_nothing_is_taken_in(run: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "复核单.xlsx"
    said("review", "export", run, "--out", sheet)
    fill(sheet, {(CALL, "courtesy"): ("通过", None, None, "甲"), (CALL, "identity-check"): ("好", None, None, "甲")})
    line = next(at for at, row in enumerate(table(sheet), start=2) if row[:2] == [CALL, "identity-check"])

    assert f"复核单.xlsx 第 {line} 行：人工判定应为" in said("review", "import", sheet, "--run", run, code=2)
    store = open_marks(marks_file(run))
    assert store.marks() == []
    store.close()


def test_a_second_opinion_of_whoever_marked_first_is_refused_with_its_row(run: Path, tmp_path: Path) -> None:
    keep(run, mark("fail"))
    sheet = tmp_path / "s.xlsx"
    said("review", "export", run, "--out", sheet, "--stage", "second", "--inspector", "乙")
    (row,) = table(sheet)
    assert "初检 甲：未通过" in row[6]
    fill(sheet, {(CALL, "courtesy"): ("通过", None, None, "甲")})

    assert "s.xlsx 第 2 行：甲 已做过初检" in said("review", "import", sheet, "--run", run, code=2)
    assert "--inspector" in said("review", "export", run, "--stage", "second", "--out", sheet, code=2)


def test_a_calibration_sheet_is_blind_and_counts_nowhere(run: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "s.xlsx"
    said("review", "export", run, "--out", sheet, "--stage", "calibration")
    assert {(row[3], row[4], row[6]) for row in table(sheet)} == {(None, None, None)}
    fill(sheet, {(CALL, "courtesy"): ("通过", None, None, "专家")})
    said("review", "import", sheet, "--run", run, "--role", "expert")

    (line,) = [json.loads(line) for line in said("review", "list", run, "--format", "json").splitlines()]
    assert (line["stage"], line["counts"], line["machine"]) == ("calibration", "", "fail")
    assert totals(run, "--marks", "final")[CALL] == totals(run)[CALL]


def test_an_appeal_waits_with_a_clock_and_a_late_one_is_refused(run: Path) -> None:
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    keep(
        run,
        mark("fail", at=(now - dt.timedelta(days=2)).isoformat()),
        mark("fail", criterion="identity-check", at=(now - dt.timedelta(days=6)).isoformat()),
    )
    words = ("--call", CALL, "--reason", "客户先挂断", "--person", "1001")

    said("review", "appeal", run, *words, "--criterion", "courtesy")
    assert "登记过" in said("review", "appeal", run, *words, "--criterion", "courtesy")
    assert "申诉期限已过" in said("review", "appeal", run, *words, "--criterion", "identity-check", code=2)
    assert "没有评分项 nothing" in said("review", "appeal", run, *words, "--criterion", "nothing", code=2)

    (open_one,) = [json.loads(line) for line in said("review", "appeals", run, "--format", "json").splitlines()]
    assert (open_one["person"], open_one["days_left"], open_one["reason"]) == ("1001", 5.0, "客户先挂断")
    keep(run, mark("pass", "final", role="lead", person="班长", at=(now + dt.timedelta(minutes=1)).isoformat()))
    assert said("review", "appeals", run, "--format", "json") == ""


def test_scores_and_tables_say_by_whose_marks_they_are(run: Path, tmp_path: Path) -> None:
    keep(run, mark("pass", at="2026-11-02T08:00:00"))
    machine, final = totals(run), totals(run, "--marks", "final")

    assert {call for call in machine if machine[call] != final[call]} == {CALL}
    line = next(line for line in said("score", run, "--marks", "final").splitlines() if line.startswith(CALL))
    assert "终判" in line
    said("score", run, "--marks", "final", "--out", tmp_path / "r")
    head = (tmp_path / "r" / "results.csv").read_text(encoding="utf-8-sig").splitlines()[0]
    assert ",marks," in head
    assert "初检 甲 判定通过" in (tmp_path / "r" / "pages" / f"{CALL}.html").read_text(encoding="utf-8")
    plain = exported(run, tmp_path / "plain.jsonl")
    stored = {call: row.get("total") for call, row in plain.items() if call != CALL}
    rows = exported(run, tmp_path / "m.jsonl", "--marks", "final")
    assert rows[CALL]["total"] == final[CALL]
    assert {call: row.get("total") for call, row in rows.items() if call != CALL} == stored
    assert {row["marks"] for row in rows.values()} == {"final"}
    card = next((run / "scorecards").glob("*.yaml"))
    assert totals(run, "--marks", "final", "--scorecard", str(card)) == final
    figures = json.loads(said("batch", "status", run, "--json", "--marks", "final"))
    scored = [row["total"] for row in rows.values() if row.get("total") is not None]
    assert (figures["marks"], figures["scored"]) == ("final", len(scored))
    assert figures["mean_total"] == pytest.approx(sum(scored) / len(scored))
    assert "终判" in said("batch", "status", run, "--marks", "final")
    assert "marks" not in json.loads(said("batch", "status", run, "--json"))
    human = totals(run, "--marks", "human")
    assert set(human.values()) == {None}, "one mark of many criteria is too little for a total"


def test_without_marks_the_machine_counts_and_nothing_is_opened(run: Path) -> None:
    totals(run)

    assert not marks_file(run).exists()
    assert "这里还没有标注" in said("score", run, "--marks", "final", code=2)


def test_second_complaints_are_listed_with_the_call_they_repeat(run: Path, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(
        "工单号,编号,重复工单\nT1,gsm.wav,\nT2,deflection,T1\nT3,x.wav,T1\n", encoding="utf-8"
    )

    out = said("review", "tickets", run, "--tickets", tmp_path / "t.csv", "--out", tmp_path / "l.xlsx")

    assert "2 行，其中 1 行有找不到的通话" in out
    rows = [[cell.value for cell in row] for row in load_workbook(tmp_path / "l.xlsx").worksheets[0].iter_rows()]
    assert (rows[1][1], rows[1][6]) == (CALL, "gsm.wav")
    assert said("review", "tickets", run, code=2)


def test_upgrade_is_a_command_of_its_own(run: Path) -> None:
    keep(run, mark("fail"))

    assert "0001" in said("review", "upgrade", marks_file(run))
