"""Review sheets: what goes out, what a person and a spreadsheet make of it, what comes back."""

from __future__ import annotations

import csv
import datetime as dt
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from qa_speech.errors import ConfigError
from qa_speech.marks.filled import Filled, calls_in, read_sheet
from qa_speech.marks.model import Mark, Seconds
from qa_speech.marks.sheets import About, SheetRow, write_sheet
from qa_speech.wording.translate import translated

FIRST = About("first", "tiny", 3, blind=False, made_at="2026-11-30T08:00:00")


def sheet_rows() -> list[SheetRow]:
    link = "pages/a.wav.html#t=1"
    said = "坐席说了“您好”（00:01）"
    return [
        SheetRow("a.wav", "greeting", "问候", "pass", 40.0, 40.0, said, link, Seconds(1.0, 2.0), most=40.0),
        SheetRow("a.wav", "thanks", "致谢", "fail", 0.0, 60.0, "坐席没有说到“感谢”", comment_required=True, most=60.0),
        SheetRow("0123", "thanks", "致谢", "fail", 0.0, 60.0, most=60.0),
        SheetRow("0123", "rude", "忌语", "fail", -10.0, 0.0, least=-20.0, most=0.0),
    ]


KNOWN: Mapping[tuple[str, str], SheetRow] = {(row.call, row.criterion): row for row in sheet_rows()}


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    path = tmp_path / "复核单.xlsx"
    write_sheet(sheet_rows(), path, FIRST)
    return path


def fill(path: Path, **cells: Any) -> None:
    book = load_workbook(path)
    for place, value in cells.items():
        book["复核"][place] = value
    book.save(path)


def back(path: Path, **options: Any) -> Filled:
    return read_sheet(path, known=KNOWN, **options)


def one(path: Path, **cells: Any) -> Mark:
    fill(path, **cells)
    (mark,) = back(path, person="李").marks
    return mark


def told(path: Path, **cells: Any) -> tuple[str, ...]:
    fill(path, **cells)
    with pytest.raises(ConfigError) as refused:
        back(path, person="李")
    return refused.value.problems


def test_a_sheet_goes_out_is_filled_in_and_comes_back(sheet: Path) -> None:
    fill(sheet, I2="通过", L2="李", I4="未通过", J4=0, K4="确实没有说", L4="李")

    found = back(sheet)

    assert [(mark.call, mark.criterion, mark.outcome, mark.person) for mark in found.marks] == [
        ("a.wav", "greeting", "pass", "李"), ("0123", "thanks", "fail", "李"),
    ]  # fmt: skip
    assert found.waiting == 2
    assert found.marks[0].evidence == (Seconds(1.0, 2.0),)
    assert (found.marks[1].scorecard_version, found.marks[1].machine_outcome, found.marks[1].points) == (3, "fail", 0.0)
    page = load_workbook(sheet)["复核"]
    assert page.protection.sheet
    assert page["A2"].protection.locked
    assert not page["I2"].protection.locked
    assert page["H2"].value == '=HYPERLINK("pages/a.wav.html#t=1","听")'
    assert "感谢" in page["G3"].value
    assert (page["A4"].value, page["A4"].number_format) == ("0123", "@")


def test_a_blind_sheet_does_not_say_what_the_machine_said(tmp_path: Path) -> None:
    path = tmp_path / "blind.xlsx"
    write_sheet(sheet_rows(), path, About("calibration", "tiny", 3, blind=True, made_at=""))

    page = load_workbook(path)["复核"]
    assert [page[place].value for place in ("D2", "E2", "G3")] == [None, None, None]
    mark = one(path, I2="通过")
    assert (mark.blind, mark.stage, mark.machine_outcome) == (True, "calibration", "pass")


def test_a_sheet_that_showed_the_machine_is_no_calibration(sheet: Path) -> None:
    fill(sheet, I2="通过")

    with pytest.raises(ConfigError, match=r"复核单\.xlsx:2: calibration is blind"):
        back(sheet, person="李", stage="calibration")


def test_every_wrong_row_is_told_with_its_number_and_nothing_is_taken_in(sheet: Path) -> None:
    problems = told(sheet, I2="好", I3="未通过", A4="b.wav", I4="通过", K5="没有选")

    assert [problem.split(":")[:2] for problem in problems] == [["复核单.xlsx", str(row)] for row in (2, 3, 4, 5)]
    for word, problem in zip(("人工判定应为", "必须写理由", "不在本批次", "没有选“人工判定”"), problems, strict=True):
        assert word in translated(problem, "zh")


@pytest.mark.parametrize(
    ("cells", "word"),
    [
        ({"I2": "通过", "J2": 30}, "通过却没有给满分"),
        ({"I2": "未通过", "J2": 40}, "未通过却给了满分"),
        ({"I2": "部分得分"}, "部分得分须填人工得分"),
        ({"I2": "部分得分", "J2": 41}, "0 到 40 之间"),
        ({"I5": "未通过", "J5": 5}, "-20 到 0 之间"),
        ({"I2": "部分得分", "J2": "很多"}, "不是数字"),
        ({"I2": "部分得分", "J2": "nan"}, "不是数字"),
        ({"I2": "不适用", "J2": 1}, "不填得分"),
        ({"A3": "a.wav", "B3": "greeting", "I2": "通过", "I3": "通过"}, "与第 2 行重复"),
        ({"A4": 20261130000000001234, "I4": "通过"}, "末几位已丢失"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(sheet: Path, cells: dict[str, Any], word: str) -> None:
    (problem,) = told(sheet, **cells)

    assert word in translated(problem, "zh")


def test_a_row_without_an_inspector_is_refused(sheet: Path) -> None:
    fill(sheet, I2="通过")

    with pytest.raises(ConfigError, match=r"复核单\.xlsx:2: no inspector"):
        back(sheet)


@pytest.mark.parametrize("typed", [" 部分得分 ", "部分 得分", "部分得分\u3000", "\n部分得分"])
@pytest.mark.parametrize("points", [12.5, "12.5", " １２．５ ", "12.5分", "１２.５ 分"])
def test_outcomes_and_points_are_read_as_they_are_typed(sheet: Path, typed: str, points: Any) -> None:
    mark = one(sheet, I2=typed, J2=points)

    assert (mark.outcome, mark.points) == ("partial", 12.5)


@pytest.mark.parametrize("as_it_came", [123, 123.0, "123", " 0123 "])
def test_an_id_that_a_spreadsheet_turned_into_a_number_is_known_again(sheet: Path, as_it_came: Any) -> None:
    assert one(sheet, A4=as_it_came, I4="通过").call == "0123"
    assert calls_in(sheet, ["0123", "a.wav", "9"]) == {"0123", "a.wav"}


def test_an_id_that_may_mean_two_calls_is_refused(sheet: Path) -> None:
    fill(sheet, A4=123, I4="通过")
    twice = {**KNOWN, ("00123", "thanks"): KNOWN["0123", "thanks"]}

    with pytest.raises(ConfigError, match="no such call and criterion in this run"):
        read_sheet(sheet, known=twice, person="李")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("=1+1", "=1+1"),
        ("=没有问候", "=没有问候"),
        ("-态度冷淡", "-态度冷淡"),
        (dt.datetime(2026, 11, 30), "2026-11-30"),
        (dt.datetime(2026, 11, 30, 9, 5), "2026-11-30 09:05:00"),
        (5, "5"),
        ("两行\n理由", "两行\n理由"),
    ],
)
def test_reasons_are_data_whatever_is_in_their_cells(sheet: Path, typed: Any, kept: str) -> None:
    assert one(sheet, I2="未通过", K2=typed).reason == kept


def test_rows_may_be_sorted_removed_and_followed_by_empty_ones(sheet: Path) -> None:
    book = load_workbook(sheet)
    page = book["复核"]
    rows = [[cell.value for cell in row] for row in page.iter_rows(min_row=2, max_row=5)]
    for at, row in enumerate([rows[3], rows[1]], start=2):  # in another order, and two of them gone
        for column, value in enumerate(row, start=1):
            page.cell(at, column, value)
    for at in (4, 5):
        for column in range(1, 13):
            page.cell(at, column).value = None
    page["I2"], page["I3"], page["K3"], page["L9"], page["G30"] = "未通过", "未通过", "没有说", "  ", ""
    book.save(sheet)

    found = back(sheet, person="李")

    assert [(mark.call, mark.criterion) for mark in found.marks] == [("0123", "rude"), ("a.wav", "thanks")]
    assert found.waiting == 0


def test_a_mark_keeps_what_the_person_was_shown_also_when_the_call_was_scored_again_since(sheet: Path) -> None:
    fill(sheet, I2="通过", I5="未通过")
    since = {place: row._replace(machine_outcome="manual", machine_points=None) for place, row in KNOWN.items()}

    marks = read_sheet(sheet, known=since, person="李").marks

    assert [(mark.machine_outcome, mark.machine_points) for mark in marks] == [("pass", 40.0), ("fail", -10.0)]


def test_a_sheet_has_the_name_of_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"expected \.xlsx"):
        write_sheet(sheet_rows(), tmp_path / "复核单.csv", FIRST)


def test_the_name_of_an_inspector_alone_is_no_judgement(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    write_sheet([row._replace(inspector="王") for row in sheet_rows()], path, FIRST)

    assert back(path) == Filled([], 4, FIRST)
    assert one(path, I2="通过").person == "王"


def test_text_that_looks_like_a_formula_goes_out_as_text(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    row = sheet_rows()[0]._replace(call="=1+1", title="=cmd|'/c calc'!A0", finding="+86", link="x" * 300)
    write_sheet([row], path, FIRST)

    page = load_workbook(path)["复核"]
    assert [page[place].data_type for place in ("A2", "C2", "G2")] == ["s", "s", "s"]
    assert page["H2"].value is None, "a link that Excel cannot take is left out"


def test_what_is_no_review_sheet_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.xlsx", b"PK no"), ("b.xlsx", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="not an xlsx workbook"):
            read_sheet(tmp_path / name, known={})
    with pytest.raises(ConfigError, match="cannot read"):
        read_sheet(tmp_path / "none.xlsx", known={})


def test_a_sheet_of_a_newer_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    write_sheet(sheet_rows(), path, About("first", "tiny", 3, blind=False, made_at="", form=9))

    with pytest.raises(ConfigError, match="form 9 was written by a newer"):
        back(path)


@pytest.mark.slow
@pytest.mark.tool("soffice")
def test_another_spreadsheet_opens_it_with_chinese_intact_and_what_it_saves_comes_back(sheet: Path) -> None:
    fill(sheet, I2="部分得分", J2=12.5, K2="语气生硬，未致歉", L2="李")
    profile = f"-env:UserInstallation=file://{sheet.parent / 'profile'}"
    for kind in ("csv:Text - txt - csv (StarCalc):44,34,76", "xlsx"):
        command = [
            "soffice",
            profile,
            "--headless",
            "--convert-to",
            kind,
            "--outdir",
            str(sheet.parent / "out"),
            str(sheet),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=240)

    with (sheet.parent / "out" / "复核单.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[1][0] == "a.wav"
    assert rows[1][6] == "坐席说了“您好”（00:01）"
    assert rows[1][7:] == ["听", "部分得分", "12.5", "语气生硬，未致歉", "李"]
    assert [row[0] for row in rows[1:]] == ["a.wav", "a.wav", "0123", "0123"]
    (mark,) = read_sheet(sheet.parent / "out" / "复核单.xlsx", known=KNOWN).marks
    assert (mark.outcome, mark.points, mark.reason, mark.person) == ("partial", 12.5, "语气生硬，未致歉", "李")
