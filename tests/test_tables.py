"""The one reader of lists: as people make them, and every problem of a hostile one at once."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from qa_speech.errors import ConfigError
from qa_speech.tables.reading import Table, read_table

NAMES = {"path": ("录音", "路径"), "agent": ("工号", "坐席"), "started_at": ("开始时间",)}
PLAIN = "路径,工号,开始时间\na.wav,0012,2026-1-5\nb.wav,7,\n"


def read(path: Path, content: str | bytes, **more: list[str]) -> Table:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, NAMES, needed=("path",), more=more)


def values(table: Table) -> list[dict[str, str]]:
    return [line.values for line in table.lines]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_list_is_the_same_in_every_encoding_with_every_sign(
    tmp_path: Path, encoding: str, sign: str, end: str
) -> None:
    text = PLAIN.replace(",", sign).replace("\n", end)

    table = read(tmp_path / "l.csv", text.encode(encoding))

    assert [line.number for line in table.lines] == [2, 3]
    assert values(table) == [
        {"path": "a.wav", "agent": "0012", "started_at": "2026-1-5"},
        {"path": "b.wav", "agent": "7", "started_at": ""},
    ]


def test_titles_empty_columns_and_rows_and_remarks_in_names_are_no_obstacle(tmp_path: Path) -> None:
    titles = "\ufeff十一月录音清单（内部）,,,\n制表：质检组,,,\n\n"
    text = titles + "*录音 ,工 号（必填）,开始时间(yyyy/m/d),备注,,\na.wav,0012,2026/1/5,好,,\n,,,,,\n"

    table = read(tmp_path / "l.csv", text)

    assert table.columns == ("path", "agent", "started_at", "备注")
    assert [line.number for line in table.lines] == [5]
    assert values(table) == [{"path": "a.wav", "agent": "0012", "started_at": "2026/1/5", "备注": "好"}]


def test_settings_name_further_columns_and_of_several_spellings_the_likeliest_is_the_field(tmp_path: Path) -> None:
    table = read(tmp_path / "l.csv", "录音,坐席,工号,账号\na.wav,王,0012,w1\n")
    told = read(tmp_path / "l.csv", "录音,坐席,工号,账号\na.wav,王,0012,w1\n", agent=["账号"])

    assert values(table) == [{"path": "a.wav", "坐席": "王", "agent": "0012", "账号": "w1"}]
    assert values(told) == [{"path": "a.wav", "坐席": "王", "工号": "0012", "agent": "w1"}]


def test_what_programs_do_for_spreadsheets_is_undone(tmp_path: Path) -> None:
    text = 'sep=;\n路径;工号;备注\n="a.wav";="0012";"说 ""好"";\n第二行"\n'

    assert values(read(tmp_path / "l.csv", text)) == [{"path": "a.wav", "agent": "0012", "备注": '说 "好";\n第二行'}]


HOSTILE = """路径,工号,备注
a.wav,"0012,首次
b.wav,0013,"又来
c.wav,0014",好
d.wav,0015,好,多,,
e.wav,1.38E+10,好
f.wav,0016,"好"的
g.wav,0017,好
"""


def test_every_problem_of_a_list_is_told_at_once_with_its_row(tmp_path: Path) -> None:
    table = read(tmp_path / "l.csv", HOSTILE + "h\0.wav,1,\ni.wav," + "9" * 40_000 + ",\n")

    with pytest.raises(ConfigError) as refused:
        table.refuse(["l.csv:9: one more"])
    assert [problem.split(":")[1] for problem in refused.value.problems] == "2 3 5 6 7 9 10 9".split()
    for shown in refused.value.problems:
        assert not any(word in shown for word in ("首次", "又来", "0013"))


def test_a_quote_that_swallows_rows_is_found_by_counting_rows_against_lines(tmp_path: Path) -> None:
    table = read(tmp_path / "l.csv", '路径,工号,备注\na.wav,"0012,好\nb.wav,0013,好\nc.wav,0014",好\nd.wav,5,好\n')

    assert values(table) == [{"path": "d.wav", "agent": "5", "备注": "好"}]
    assert "rows 2 to 4 were read as one" in table.problems[0]
    one_column = read(tmp_path / "l.csv", '路径\n"a.wav\nb.wav"\nc.wav\n')
    assert "rows 2 to 3 were read as one" in one_column.problems[0]


def test_a_list_of_wrong_quotes_ends(tmp_path: Path) -> None:
    table = read(tmp_path / "l.csv", "路径,工号\n" + 'a.wav,"x"y\n' * 20_000)

    assert len(table.problems) == 51
    assert "the rows from here on were not read" in table.problems[-1]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("l.csv", "", "an empty table"),
        ("l.csv", "王某,13800001111\n", "l.csv:1: no column path、录音、路径$"),
        ("l.csv", "工号,队列\n1,2\n", "no column path、录音、路径; columns: 工号, 队列"),
        ("l.csv", "路径,Agent,agent\na,1,2\n", "'Agent' and 'agent' differ only"),
        ("l.csv", "路径,备注,备注\na,1,2\n", "two columns named '备注'"),
        ("l.csv", b"\xff\xfe\x00", "begins as UTF-16 and is not"),
        ("l.csv", b"\x80\x81\xff", "neither UTF-8"),
        ("l.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "an old .xls workbook"),
        ("l.xls", "<html><table><tr><td>路径</td></tr></table>", "a web page under this name"),
        ("l.xlsx", b"PK\x03\x04 and no more", "not an xlsx workbook"),
    ],
)
def test_a_file_that_is_no_list_says_what_it_is(tmp_path: Path, name: str, content: str | bytes, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read(tmp_path / name, content)
    with pytest.raises(ConfigError, match="cannot read: No such file"):
        read_table(tmp_path / "none.csv", NAMES)


# -- workbooks


def test_a_workbook_is_read_with_its_titles_dates_merged_cells_and_the_sheet_that_is_the_list(tmp_path: Path) -> None:
    path = tmp_path / "l.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        book.add_worksheet("封面").write(0, 0, "十一月")
        book.add_worksheet("旧").write_row(0, 0, ("录音", "工号"))
        book.worksheets()[1].hide()
        sheet = book.add_worksheet("明细")
        sheet.merge_range(0, 0, 0, 3, "十一月录音")
        sheet.write_row(2, 0, ("录音", "开始时间", "工号", "班组"))
        moment = dt.datetime(2026, 1, 5, 9, 30)
        sheet.write_row(3, 0, ("a.wav", "", 1001))
        sheet.write_datetime(3, 1, moment, book.add_format({"num_format": "yyyy/m/d h:mm"}))
        sheet.write_row(4, 0, ("b.wav", "", "0012"))
        sheet.write_datetime(4, 1, dt.date(2026, 1, 5), book.add_format({"num_format": "m/d/yy"}))
        sheet.write_row(5, 0, ("c.wav", 46027.395833333, None))
        sheet.merge_range(3, 3, 5, 3, "A 组")

    table = read_table(path, NAMES, needed=("path",))

    assert (table.epoch, table.problems) == (1900, [])
    assert [line.number for line in table.lines] == [4, 5, 6]
    assert values(table) == [
        {"path": "a.wav", "started_at": "2026-01-05T09:30:00", "agent": "1001", "班组": "A 组"},
        {"path": "b.wav", "started_at": "2026-01-05", "agent": "0012", "班组": "A 组"},
        {"path": "c.wav", "started_at": "46027.395833333", "agent": "", "班组": "A 组"},
    ]


def test_a_workbook_says_what_its_numbers_count_from_and_which_formulas_were_never_computed(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    assert sheet is not None
    for cells in (("录音", "开始时间", "工号"), ("=A1", 44565.395833333, 12345678901234567890.0), ("b.wav", None, 7)):
        sheet.append(cells)
    book.save(tmp_path / "l.xlsx")

    table = read_table(tmp_path / "l.xlsx", NAMES, needed=("path",))

    assert table.epoch == 1904
    assert [problem.split("：")[0].split(" ")[0] for problem in table.problems] == ["l.xlsx:2:", "l.xlsx:2:"]
    assert "cell A2: a formula without its result" in table.problems[0] + table.problems[1]
    assert "lost its last digits" in table.problems[0] + table.problems[1]


def test_errors_of_a_spreadsheet_two_lists_in_one_book_and_enormous_books_are_refused(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(str(tmp_path / "l.xlsx")) as book:
        sheet = book.add_worksheet("一月")
        sheet.write_row(0, 0, ("录音", "工号"))
        sheet.write(1, 0, "a.wav")
        sheet.write_formula(1, 1, "=1/0", None, "#DIV/0!")
    assert "l.xlsx:2: cell B2 holds an error" in read_table(tmp_path / "l.xlsx", NAMES).problems[0]
    with xlsxwriter.Workbook(str(tmp_path / "two.xlsx")) as book:
        for name in ("一月", "二月"):
            book.add_worksheet(name).write_row(0, 0, ("录音", "工号"))
    with pytest.raises(ConfigError, match="several sheets have these columns: 一月、二月"):
        read_table(tmp_path / "two.xlsx", NAMES, needed=("path",))
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as packed, packed.open("a", "w") as part:
        for _ in range(501):
            part.write(bytes(1_000_000))
    with pytest.raises(ConfigError, match="bytes unpacked"):
        read_table(tmp_path / "bomb.xlsx", NAMES)
