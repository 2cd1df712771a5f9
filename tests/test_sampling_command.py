"""`qa-speech sample`: draw, look, draw again; what goes wrong is said and writes nothing."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import msgspec
import openpyxl
import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.inputs.rows import Row
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark
from qa_speech.pipeline import report
from qa_speech.sampling.draw import Drawn
from qa_speech.sampling.plan import plan_from
from qa_speech.sampling.record import read_record
from qa_speech.sampling.starter import new_plan
from qa_speech.sampling.worklist import WorkRow, sheet_name, write_csv, write_xlsx
from qa_speech.scorecard import load_scorecard
from qa_speech.scorecard.choice import find_scorecard
from qa_speech.store.parquet import store_at
from qa_speech.store.records import failure, record_of
from qa_speech.testing import make_call

PLAN = """
seed = 7
per = ["agent"]
number = 2
[[inspectors]]
name = "质检/一"
team = "A 组"
[[inspectors]]
name = "质检二"
"""
runner = CliRunner()


def said(*args: object, code: int = 0) -> str:
    found = runner.invoke(app, ["sample", *map(str, args)])
    assert found.exit_code == code, found.output
    return found.output


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of six scored calls of three agents (one without a number) and a failed row."""
    place = tmp_path / "run"
    store = store_at(place)
    card = load_scorecard(find_scorecard("telecom-hotline"))
    reports, rows = [], []
    for number in range(6):
        metadata = {"agent": ("1001", "1002", "")[number % 3], "team": ("A 组", "B 组", "")[number % 3]}
        metadata["started_at"] = f"2026-11-{number + 1:02}T09:00:00"
        kept = {key: value for key, value in metadata.items() if value}
        call = make_call(
            "agent: 您好", "customer: 我的电话是13812345678", duration=40, call_id=f"录音/{number}.wav", metadata=kept
        )
        reports.append(report(call, card))
        rows.append(Row(call.id, "", metadata=kept))
    store.keep_rows([*rows, Row("broken", "broken.wav")])
    store.append([*map(record_of, reports), failure("broken", "broken.wav", "DecodeError", "no audio")])
    return place


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "plan.toml"
    path.write_text(PLAN, encoding="utf-8")
    return path


def test_a_draw_writes_record_lists_and_masked_pages_and_says_what_it_did(
    run: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "样本"
    text = said("draw", run, "--plan", plan, "--out", out, "--ui", "zh")

    assert "抽样框 6 通" in text
    assert "1 通处理失败" in text
    assert "1001：2 通里抽 2 通" in text
    assert "?：2 通里抽 2 通" in text
    assert "抽中的 2 通没有班组" in text
    assert str(out / "worklist.xlsx") in text
    record = read_record(out)
    assert (record.frame_size, len(record.drawn), record.plan) == (6, 6, PLAN)
    lines = list(csv.DictReader((out / "worklist.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(lines) == 6
    for line in lines:
        page = (out / line["听"]).read_text(encoding="utf-8")
        assert "13812345678" not in page
        assert line["质检员"] == "质检二" or line["工号"] != "1001", "nobody hears his own team"


def test_drawing_again_gives_the_same_list(run: Path, plan: Path, tmp_path: Path) -> None:
    said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages")
    said("draw", run, "--plan", plan, "--out", tmp_path / "b", "--no-pages")

    assert "same: drawing again gives the same 6 calls" in said("verify", tmp_path / "a", run, "--ui", "en")
    assert read_record(tmp_path / "a").drawn == read_record(tmp_path / "b").drawn
    assert not (tmp_path / "a" / "pages").exists()


def test_a_list_that_somebody_changed_is_found_out(run: Path, plan: Path, tmp_path: Path) -> None:
    said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages")
    path = tmp_path / "a" / "sample.json"
    record = read_record(path)
    gone = record.drawn[0].id
    drawn = (Drawn("谁", "1001", "", 1.0), msgspec.structs.replace(record.drawn[1], chance=0.5), *record.drawn[2:])
    path.write_bytes(msgspec.json.encode(msgspec.structs.replace(record, drawn=drawn)))

    text = said("verify", tmp_path / "a", run, "--ui", "zh", code=3)

    assert f"现在多抽到：1 通\n  {gone}" in text
    assert "现在抽不到：1 通\n  谁" in text
    assert f"概率、分组或分派不同：1 通\n  {drawn[1].id}" in text
    assert "抽样框变了" not in text


def test_other_metadata_are_another_frame(run: Path, plan: Path, tmp_path: Path) -> None:
    said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages")
    store = store_at(run)
    rows = [msgspec.structs.replace(row, metadata={**row.metadata, "team": "C 组"}) for row in store.rows()]
    store.keep_rows(rows)

    text = said("verify", tmp_path / "a", run, "--ui", "en", code=3)

    assert "another frame: 6 calls then, 6 now" in text


def test_calls_that_people_have_marked_are_not_drawn_again(run: Path, plan: Path, tmp_path: Path) -> None:
    with_marks = open_marks(marks_file(run))
    for number in (0, 3, 1):  # all calls of 1001, one of 1002
        made = Mark(
            call=f"录音/{number}.wav", criterion="taboo", stage="first", outcome="pass", person="质检二", role="inspector",
            at="2026-12-01T09:00:00",
        )  # fmt: skip
        with_marks.add([made])
    with_marks.close()

    text = said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages", "--ui", "zh")

    assert "3 通已质检，不再抽" in text
    assert "1001：应抽 2 通，只有 0 通" in text
    assert "1002：应抽 2 通，只有 1 通" in text
    assert {call.id for call in read_record(tmp_path / "a").drawn} == {"录音/2.wav", "录音/4.wav", "录音/5.wav"}
    assert "一致" in said("verify", tmp_path / "a", run, "--ui", "zh")

    elsewhere = tmp_path / "none.sqlite"
    assert "这里还没有标注" in said(
        "draw", run, "--plan", plan, "--out", tmp_path / "b", "--marks-db", elsewhere, code=2
    )
    assert not elsewhere.exists()


def test_an_earlier_sample_is_replaced_only_by_force_and_leaves_no_old_pages(
    run: Path, plan: Path, tmp_path: Path
) -> None:
    out = tmp_path / "a"
    said("draw", run, "--plan", plan, "--out", out)
    before = set((out / "pages").iterdir())
    assert "--force" in said("draw", run, "--plan", plan, "--out", out, code=2)

    plan.write_text('seed = 1\nnumber = 1\nper = []\nwhere = ["agent = 1001"]', encoding="utf-8")
    said("draw", run, "--plan", plan, "--out", out, "--force")

    assert len(before) == 6
    assert len(list((out / "pages").iterdir())) == len(list((out / "calls").iterdir())) == 1


@pytest.mark.parametrize("name", ["run", "other"])
def test_a_folder_that_is_no_sample_is_never_written_over(run: Path, plan: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "论文.txt").write_text("x")
    before = sorted(tmp_path.rglob("*"))

    said("draw", run, "--plan", plan, "--out", tmp_path / name, "--force", code=2)

    assert sorted(tmp_path.rglob("*")) == before


def test_a_plan_that_leaves_nothing_says_what_took_it_away(run: Path, plan: Path, tmp_path: Path) -> None:
    plan.write_text('seed = 1\nnumber = 1\nwhere = ["duration_s >= 4000", "agent = 1001"]', encoding="utf-8")

    text = said("draw", run, "--plan", plan, "--out", tmp_path / "a", code=2)

    assert "6 通里没有可抽的；符合“duration_s >= 4000”的 0 通；符合“agent = 1001”的 2 通；已质检过的 0 通" in text
    assert not (tmp_path / "a").exists()


def test_an_empty_run_says_so(plan: Path, tmp_path: Path) -> None:
    store = store_at(tmp_path / "run")
    store.keep_rows([Row("broken", "broken.wav")])
    store.append([failure("broken", "broken.wav", "DecodeError", "no audio")])

    assert "没有可抽的通话：没有成功的，失败 1 通" in said(
        "draw", tmp_path / "run", "--plan", plan, "--out", tmp_path / "a", code=2
    )


def test_a_wrong_plan_names_its_file_and_its_problems(run: Path, plan: Path, tmp_path: Path) -> None:
    plan.write_text('seed = 1\nnumber = 1\nwhere = ["agnet = 1001"]', encoding="utf-8")
    assert "plan.toml：'agnet = 1001'：没有通话带有“agnet”；相近的名称：agent" in said(
        "draw", run, "--plan", plan, "--out", tmp_path / "a", code=2
    )

    plan.write_bytes("# 计划".encode("gb18030"))
    assert "UTF-8" in said("draw", run, "--plan", plan, "--out", tmp_path / "a", code=2)


def test_a_plan_from_notepad_with_a_byte_order_mark_is_read(run: Path, plan: Path, tmp_path: Path) -> None:
    said("draw", run, "--plan", plan, "--out", tmp_path / "b", "--no-pages")
    plan.write_text(PLAN, encoding="utf-8-sig")

    said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages")

    assert read_record(tmp_path / "a").drawn == read_record(tmp_path / "b").drawn


def test_a_new_plan_is_valid_and_is_not_written_over(tmp_path: Path, run: Path) -> None:
    path = tmp_path / "新计划.toml"
    said("new", path)

    plan = plan_from(path.read_text(encoding="utf-8"))
    assert plan.risk is not None
    said("draw", run, "--plan", path, "--out", tmp_path / "a", "--no-pages")
    assert "已经存在" in said("new", path, code=2)


def test_every_commented_line_of_a_new_plan_is_valid_too() -> None:
    lines = new_plan(dt.date(2026, 11, 30)).splitlines()
    live = [line.removeprefix("# ") if line.startswith(('# "', "# [[", "# name", "# where", "# number", "# team",
            "# share", "# most")) else line for line in lines]  # fmt: skip
    plan = plan_from("\n".join(live))

    assert [one.name for one in plan.inspectors] == ["质检一", "质检二"]
    assert [one.name for one in plan.strata] == ["投诉"]
    assert len(plan.where) == 5


# -- work lists


def test_a_work_list_has_a_page_per_inspector_and_defuses_formulas(tmp_path: Path) -> None:
    call = Drawn("=cmd|' /C calc'!A0", "@SUM(A1)", "+1-1", 0.25, "质检/一", ("-2+3",))
    rows = [
        WorkRow(call, agent="=1+1", started_at="2026-11-30T09:00:00", duration_s=61.26, total=80.0, link="pages/x.html"),
        WorkRow(Drawn("b\ud800", "1002", "", 1.0, "=HYPERLINK(1)")),
        WorkRow(Drawn("c" * 40_000, "1002", "", 1.0)),
    ]  # fmt: skip
    write_xlsx(rows, tmp_path / "list.xlsx")
    write_csv(rows, tmp_path / "list.csv")

    book = openpyxl.load_workbook(tmp_path / "list.xlsx")
    assert book.sheetnames == ["1 =HYPERLINK(1)", "2 未分配", "3 质检_一"]
    sheet = book["3 质检_一"]
    first = [cell.value for cell in sheet[2]]
    assert first == [
        "质检/一", "'=cmd|' /C calc'!A0", "'=1+1", "'@SUM(A1)", "'+1-1", 0.25, "'-2+3", "2026-11-30T09:00:00", 61.3, 80,
        '=HYPERLINK("pages/x.html","听")',
    ]  # fmt: skip
    formulas = [cell.value for page in book for row in page.iter_rows() for cell in row if cell.data_type == "f"]
    assert formulas == [first[-1]], "the link is the only formula"
    for line in csv.reader((tmp_path / "list.csv").read_text(encoding="utf-8-sig").splitlines()):
        assert not any(value.startswith(("=", "+", "-", "@")) for value in line)


def test_a_work_list_of_nothing_opens(tmp_path: Path) -> None:
    write_xlsx([], tmp_path / "list.xlsx")

    assert openpyxl.load_workbook(tmp_path / "list.xlsx").sheetnames == ["1 空"]


@pytest.mark.parametrize("name", ["[]:*?/\\'", "一" * 60, "a\nb", "History", "结尾 "])
def test_any_name_makes_a_page(tmp_path: Path, name: str) -> None:
    made = sheet_name(name, 12)
    write_xlsx([WorkRow(Drawn("a", "", "", 1.0, name))], tmp_path / "list.xlsx")

    assert openpyxl.load_workbook(tmp_path / "list.xlsx").sheetnames == [sheet_name(name, 1)]
    assert len(made) <= 31


def test_the_record_is_readable_by_any_program(run: Path, plan: Path, tmp_path: Path) -> None:
    said("draw", run, "--plan", plan, "--out", tmp_path / "a", "--no-pages")
    kept = json.loads((tmp_path / "a" / "sample.json").read_text(encoding="utf-8"))

    assert kept["form"] == 1
    assert kept["seed"] == 7
    assert {"id", "group", "stratum", "chance", "inspector", "risks", "least_chance"} == set(kept["drawn"][0])
    assert kept["groups"]["1001"]["calls"] == 2
