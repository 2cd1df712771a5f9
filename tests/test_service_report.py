"""The report of the month that ships: what was planted is found, and page, Word and workbook say the same, cell by cell."""

from __future__ import annotations

import builtins
import re
import shutil
import sys
import zipfile
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import msgspec
import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.service.columns import Month
from qa_speech.service.document import SMALL_CELL, Cards, Chart, Document, Funnel, Table, number
from qa_speech.service.gather import Inputs, gathered_month
from qa_speech.service.html import page
from qa_speech.service.report import Report, report_of
from qa_speech.service.rules import load_rules
from qa_speech.service.word import write_word
from qa_speech.service.workbook import sheet_name, write_workbook
from qa_speech.settings import Tables
from qa_speech.store.made import still_there

MONTH = folder("samples") / "month"
PLANTED = {
    "agent": "坐席 1037",
    "hour": "20 点时段",
    "other": "服务类：其它",
    "change": "全体",
    "move": "E组",
}


@cache
def month() -> Month:
    inputs = Inputs(
        [MONTH / "run"], "2026-11", str(MONTH / "run-before"), [MONTH / "cdr.csv"], [MONTH / "survey.csv"],
        [MONTH / "tickets.csv"], MONTH / "org.xlsx",
    )  # fmt: skip
    return gathered_month(inputs, load_rules(), Tables())


@cache
def report() -> Report:
    return report_of(month(), load_rules(), page_of=lambda call: f"pages/{call}.html")


@pytest.mark.parametrize(("kind", "subject"), PLANTED.items())
def test_what_was_planted_is_found_with_its_measure(kind: str, subject: str) -> None:
    found = [place for place, one in enumerate(report().findings, 1) if (one.kind, one.subject) == (kind, subject)]

    assert found
    assert found[0] <= 10
    assert {one.finding for one in report().measures} >= {found[0]}


def test_the_falling_criterion_weighs_most_and_its_calls_are_named() -> None:
    first = report().findings[0]

    assert first.figure == "criterion:progress"
    assert len(first.hear) == 5
    assert all(one.second is not None for one in first.hear)


def test_no_measure_stands_without_its_finding() -> None:
    for measure in report().measures:
        assert measure.rests_on == report().findings[measure.finding - 1].sentence
        assert "{" not in measure.text + measure.check


def test_the_page_that_ships_is_the_report_of_the_month() -> None:
    """`python training/month/make_month.py --page` makes it again."""
    made = page(report_of(month(), load_rules()).document)

    assert (MONTH / "report.html").read_text(encoding="utf-8") == made


# -- three forms, one document


class PageTables(HTMLParser):
    """The cells of every table of a page, by its id."""

    def __init__(self) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self._rows: list[list[str]] | None = None
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._rows = self.tables.setdefault(dict(attrs).get("id") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th") and self._rows:
            self._rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        if self._in_cell and self._rows:
            self._rows[-1][-1] += data


def expected(table: Table) -> list[list[str]]:
    return [[column.title for column in table.columns], *([cell.text for cell in row] for row in table.rows)]


@cache
def whole_document() -> Document:
    return report().document


def test_every_cell_of_the_page_is_that_of_the_document() -> None:
    parser = PageTables()
    parser.feed(page(whole_document()))

    for table in whole_document().tables():
        assert parser.tables[table.id] == expected(table), table.id


def test_every_cell_of_the_workbook_is_that_of_the_document(tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    write_workbook(whole_document(), path)
    book = load_workbook(path)
    taken = {"正文"}

    for table in whole_document().tables():
        sheet = book[sheet_name(table.title, taken)]
        assert [sheet.cell(2, 1 + place).value for place in range(len(table.columns))] == expected(table)[0]
        for row, cells in enumerate(table.rows, start=3):
            for column, cell in enumerate(cells, start=1):
                found = sheet.cell(row, column)
                if cell.number is None:
                    assert (found.value or "") == cell.text
                else:
                    assert number(found.value, cell.unit, cell.digits).text == cell.text
                    assert found.number_format.replace('"', "").endswith(cell.unit)


@pytest.fixture(scope="module")
def word(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("word") / "report.docx"
    write_word(whole_document(), path)
    return path


def test_every_cell_of_the_word_document_is_that_of_the_document(word: Path) -> None:
    made = docx.Document(str(word))
    shown = [[[cell.text for cell in row.cells] for row in table.rows] for table in _quick(made)]
    with_cards = [
        block for section in whole_document().sections for block in section.blocks if isinstance(block, Cards)
    ]

    assert shown[len(with_cards) :] == [expected(table) for table in whole_document().tables()]


class Quick:
    """Rows of a table of python-docx by its XML: its own way takes minutes."""

    def __init__(self, table: Any) -> None:
        self.rows = [Row(row) for row in table._tbl.tr_lst]


class Row:
    def __init__(self, row: Any) -> None:
        self.cells = [
            Text("".join(text.text or "" for text in cell.iter() if text.tag.endswith("}t"))) for cell in row.tc_lst
        ]


class Text:
    def __init__(self, text: str) -> None:
        self.text = text


def _quick(made: Any) -> list[Quick]:
    return [Quick(table) for table in made.tables]


def test_charts_in_word_are_native_and_hold_their_data(word: Path, tmp_path: Path) -> None:
    charts = [
        block for section in whole_document().sections for block in section.blocks if isinstance(block, Chart | Funnel)
    ]
    with zipfile.ZipFile(word) as packed:
        names = packed.namelist()
        parts = sorted(name for name in names if re.fullmatch(r"word/charts/chart\d+\.xml", name))
        books = sorted(name for name in names if name.startswith("word/embeddings/"))
        (tmp_path / "first.xlsx").write_bytes(packed.read("word/embeddings/chart1.xlsx"))
        first = packed.read("word/charts/chart1.xml").decode()
    sheet = load_workbook(tmp_path / "first.xlsx").worksheets[0]
    one = charts[0]
    assert isinstance(one, Chart)

    assert len(parts) == len(books) == len(charts)
    assert [cell.value for cell in sheet["A"][1:]] == list(one.labels)
    assert [cell.value for cell in sheet["B"][1:]] == list(one.series[0].values)
    assert "externalData" in first


def short() -> Document:
    """The first page alone."""
    return msgspec.structs.replace(whole_document(), sections=whole_document().sections[:1])


def test_a_template_keeps_its_header_and_styles(tmp_path: Path) -> None:
    made = docx.Document()
    made.sections[0].header.paragraphs[0].text = "某公司质量简报"
    made.add_paragraph("模板里的旧文字")
    made.save(tmp_path / "模板.docx")
    write_word(short(), tmp_path / "报告.docx", template=tmp_path / "模板.docx")
    written = docx.Document(str(tmp_path / "报告.docx"))

    assert written.sections[0].header.paragraphs[0].text == "某公司质量简报"
    assert "模板里的旧文字" not in [one.text for one in written.paragraphs]
    assert "摘要" in [one.text for one in written.paragraphs]


def test_a_template_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "模板.docx").write_text("no", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"模板\.docx"):
        write_word(whole_document(), tmp_path / "报告.docx", template=tmp_path / "模板.docx")


def test_without_the_packages_it_is_said_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.partition(".")[0] in ("docx", "pptx"):
            raise ImportError(name)
        return real(name, *rest, **more)

    for name in [name for name in sys.modules if name.partition(".")[0] in ("docx", "pptx")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"qa-speech\[word\]"):
        write_word(whole_document(), tmp_path / "报告.docx")


# -- honesty


def test_the_page_needs_nothing_from_elsewhere_and_is_small() -> None:
    made = page(whole_document())

    assert len(made.encode()) < 5_000_000
    assert not re.findall(r'(?:src|href)="https?:', made)
    assert "<script" not in made


def test_units_stand_in_the_order_of_their_names() -> None:
    for table in whole_document().tables():
        if table.id in ("score-agent", "score-team", "satisfaction-city"):
            names = [row[0].text for row in table.rows]
            assert names == sorted(names)


def test_small_cells_are_not_shown() -> None:
    calls = month().calls
    assert calls is not None
    rows = calls.rows
    agent = rows.unit("agent")
    codes = agent.codes.copy()
    mine = (rows.period == 0).nonzero()[0][: SMALL_CELL - 1]
    codes[mine] = len(agent.names)
    changed = replace(rows, units={**rows.units, "agent": type(agent)((*agent.names, "9999"), codes)})
    made = report_of(replace(month(), calls=replace(calls, rows=changed)), load_rules()).document
    table = next(one for one in made.tables() if one.id == "score-agent")
    row = next(row for row in table.rows if row[0].text == "9999")

    assert [cell.text for cell in row[1:4]] == ["不足 4", "—", "< 4"]


def test_a_run_alone_is_reported_and_what_is_missing_is_said() -> None:
    alone = gathered_month(Inputs([MONTH / "run"], "2026-11"), load_rules(), Tables())
    made = page(report_of(alone, load_rules()).document)

    assert "没有给出的数据" in made
    assert "没有可以统计的文字" in made


def test_a_month_in_which_nothing_lies_is_refused_with_the_months_there_are() -> None:
    with pytest.raises(ConfigError, match=r"2026-11 \(5,000\)"):
        gathered_month(Inputs([MONTH / "run"], "2027-01"), load_rules(), Tables())


def test_a_run_remembers_what_reports_were_made_of_it(tmp_path: Path) -> None:
    run = shutil.copytree(MONTH / "run", tmp_path / "批次")

    done = CliRunner().invoke(app, ["report", str(run), "--period", "2026-11", "--out", str(tmp_path / "报告")])

    assert done.exit_code == 0, done.output
    assert still_there(run) == [str(tmp_path / "报告")]
