"""The workbook of a run, read back by another library: sheets, dates, percentages, filters, links, what is defused."""

import datetime as dt
from functools import partial
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

from qa_speech.call import Call
from qa_speech.cli import app
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.report.workbook import sheet as sheets
from qa_speech.report.workbook import write_workbook
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.store.page_list import Paged, PageList, keep_pages
from qa_speech.store.parquet import ParquetStore, store_at
from qa_speech.store.records import failure, record_of
from qa_speech.store.reports import reports_of
from qa_speech.testing import make_call

PAGE = "bad.wav.html"
CARD = folder("scorecards") / "telecom-hotline.yaml"
GOOD = ("agent: 您好，工号一零零一，请讲", "customer: 我想查话费", "agent: 好的，为您查询，请稍等")
BAD = ("agent: 喂", "customer: 我的号码是13800138000，再这样我去工信部投诉", "agent: 你急什么，随便你")
CALLS = {"good.wav": GOOD, "bad.wav": BAD, "13900139000.wav": GOOD, "=1+1.wav": GOOD}
METADATA = {
    "good.wav": {"agent": "1001", "team": "一班", "started_at": "2026-11-27T09:30:07+08:00", "渠道": "热线"},
    "bad.wav": {"agent": "=1002", "team": "二班", "started_at": "2026-11-28"},
    "13900139000.wav": {"agent": "1001", "team": "一班", "started_at": "昨天"},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four calls and a failure, as a batch would have stored them."""
    place = tmp_path_factory.mktemp("批次") / "run"
    store = store_at(place)
    card = load_scorecard(CARD)
    (place / "scorecards").mkdir(parents=True)
    (place / "scorecards" / f"{card.sha256}.yaml").write_bytes(CARD.read_bytes())
    calls: list[Call] = [make_call(*said, call_id=name, duration=75) for name, said in CALLS.items()]
    gone = failure("gone.wav", "/rec/gone.wav", "DecodeError", "gone.wav: no such file")
    store.append([*[record_of(report(call, card)) for call in calls], gone])
    store.keep_rows([Row(name, f"/rec/{name}", metadata=METADATA.get(name, {})) for name in (*CALLS, "gone.wav")])
    pages = place / "report" / "pages"
    pages.mkdir(parents=True)
    (pages / PAGE).write_text("the page", encoding="utf-8")
    keep_pages(place / "report", PageList((Paged("bad.wav", "bad.wav", PAGE, "", "alarm"),)))
    return place


@pytest.fixture(scope="module")
def book(run: Path) -> Workbook:
    """What `export` writes of it."""
    made = CliRunner().invoke(app, ["export", str(run), "--to", str(run.parent / "结果.xlsx"), "--ui", "zh"])
    assert made.exit_code == 0, made.output
    return load_workbook(run.parent / "结果.xlsx")


def table(sheet: Worksheet) -> list[dict[str, object]]:
    """The rows of a sheet by the heads of its columns."""
    head, *rows = sheet.iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def column(sheet: Worksheet, head: str) -> int:
    """The number of a column by its head, from 1."""
    return [cell.value for cell in sheet[1]].index(head) + 1


def test_the_sheets_have_chinese_names_frozen_heads_and_filters(book: Workbook) -> None:
    assert book.sheetnames == ["概览", "通话", "扣分明细", "坐席", "指标", "说明"]
    for name in ("通话", "扣分明细", "坐席", "指标"):
        assert str(book[name].freeze_panes) in ("B2", "C2")
        assert book[name].auto_filter.ref == book[name].dimensions


def test_calls_come_alarms_first_then_the_worst_with_outcomes_in_chinese(book: Workbook) -> None:
    rows = table(book["通话"])

    assert [row["编号"] for row in rows] == ["bad.wav", "good.wav", "[电话].wav", "'=1+1.wav", "gone.wav"]
    assert rows[0]["报警"] == "扬言升级投诉"
    assert rows[0]["服务忌语"] == "未通过"
    assert rows[4]["处理"] == "失败"
    assert rows[4]["没有总分或失败的原因"] == "录音无法解码（gone.wav：没有这个文件）"
    assert (rows[1]["工号"], rows[0]["工号"], rows[1]["渠道"]) == ("1001", "'=1002", "热线")


def test_dates_are_dates_lengths_are_lengths_and_percentages_percentages(book: Workbook) -> None:
    sheet = book["通话"]
    started, length, coverage = (column(sheet, head) for head in ("开始时间", "时长", "已评比例"))

    assert sheet.cell(3, started).value == dt.datetime(2026, 11, 27, 9, 30, 7)
    assert sheet.cell(2, started).value == dt.datetime(2026, 11, 28)
    assert sheet.cell(2, started).number_format == "yyyy-mm-dd"
    assert sheet.cell(4, started).value == "昨天"
    assert sheet.cell(2, length).value == dt.timedelta(seconds=75)
    assert sheet.cell(2, coverage).number_format == "0.0%"
    assert 0 < float(str(sheet.cell(2, coverage).value)) <= 1
    share = column(book["指标"], "坐席说话占通话")
    assert book["指标"].cell(2, share).number_format == "0.0%"


def test_every_deduction_has_its_sentence_and_its_second_which_opens_the_page(book: Workbook) -> None:
    sheet = book["扣分明细"]
    rows = table(sheet)

    assert rows[0]["类别"] == "报警"
    assert "“工信部”" in str(rows[0]["依据"])
    taboo = next(row for row in rows if row["评分项"] == "服务忌语")
    assert (taboo["类别"], taboo["编号"]) == ("一票否决", "bad.wav")
    assert str(taboo["依据"]).startswith("坐席说了不该说的话：“你急什么”")
    assert all(row["依据"] for row in rows)
    at = sheet.cell(2, column(sheet, "时刻"))
    assert at.hyperlink is not None
    assert at.hyperlink.target.replace("\\", "/") == f"run/report/pages/{PAGE}"
    assert str(at.hyperlink.location).startswith("t=")
    assert sheet.cell(sheet.max_row, column(sheet, "时刻")).hyperlink is None


def test_nothing_in_it_is_a_formula_and_no_number_of_a_customer_is_left(book: Workbook) -> None:
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]

    assert [cell.coordinate for cell in cells if cell.data_type in ("f", "e")] == []
    text = "\n".join(str(cell.value) for cell in cells)
    assert "13800138000" not in text
    assert "13900139000" not in text


def test_agents_have_their_number_of_calls_and_intervals(book: Workbook) -> None:
    agents = {str(row["工号"]): row for row in table(book["坐席"])}

    assert set(agents) == {"1001", "'=1002"}
    good = agents["1001"]
    assert (good["通话"], good["有总分"], good["合格率"]) == (2, 2, 0)
    assert 0 <= float(str(good["平均分 95% 区间：低"])) <= float(str(good["平均分"]))
    assert float(str(good["平均分"])) <= float(str(good["平均分 95% 区间：高"])) <= 100


def test_the_overview_says_alarms_first_and_the_notes_what_is_masked(book: Workbook) -> None:
    first = [str(row[0]) for row in book["概览"].iter_rows(values_only=True) if row[0]]

    assert first[:4] == ["质检结果 run", "2026-11-27 至 2026-11-28；telecom-hotline v3", "报警", "扬言升级投诉"]
    assert {"总体", "等级", "处理失败", "扣分最多的项目", "指标分布"} <= set(first)
    assert "客户信息（号码、姓名、地址）已遮蔽。" in [cell.value for cell in book["说明"]["A"]]


def test_only_so_many_calls_are_quoted_and_the_rest_is_said(run: Path, tmp_path: Path) -> None:
    store = ParquetStore(run)
    asked: list[str] = []

    def reports(ids: object) -> object:
        asked.extend(ids)  # type: ignore[call-overload]
        return reports_of(store, ids)  # type: ignore[arg-type]

    count = write_workbook(
        store.results(), tmp_path / "x.xlsx", reports=reports, title="t", lang="en", mask=False, sentences=1,
    )  # type: ignore[arg-type]  # fmt: skip

    book = load_workbook(tmp_path / "x.xlsx")
    rows = table(book["Deductions"])
    assert (count, asked) == (5, ["bad.wav"])
    assert [bool(row["Because"]) for row in rows] == [row["Call"] == "bad.wav" for row in rows]
    notes = [str(cell.value) for cell in book["Notes"]["A"]]
    assert any("quotes the 1 worst calls; the other 3 have the second alone" in note for note in notes)
    assert "Customers' data are NOT masked: do not pass this on." in notes


def test_more_rows_than_a_sheet_holds_go_on_the_next(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "ROWS_PER_SHEET", 3)
    monkeypatch.setattr(sheets, "LINKS_PER_SHEET", 1)
    store = ParquetStore(run)
    page = run / "report" / "pages" / PAGE

    write_workbook(
        store.results(), tmp_path / "x.xlsx", reports=partial(reports_of, store), title="t", page_of=lambda call: page
    )

    book = load_workbook(tmp_path / "x.xlsx")
    assert (book["通话"].max_row, book["通话 2"].max_row) == (4, 3)
    assert [row[1].hyperlink is not None for row in book["通话"].iter_rows(min_row=2)] == [True, False, False]


def test_what_cannot_be_a_number_of_sentences_is_refused(run: Path) -> None:
    told = CliRunner().invoke(app, ["export", str(run), "--sentences", "viele", "--ui", "zh"])

    assert told.exit_code == 2
    assert "应为数字或 all" in told.output
