"""Second complaints: tickets beside the calls they repeat, and none of them lost."""

from __future__ import annotations

from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import load_workbook

from qa_speech.errors import ConfigError
from qa_speech.marks.tickets import Known, Ticket, read_tickets, repeats_of, tickets_in, write_list

CALLS = [
    Known("0101/a.wav", "/rec/0101/a.wav", {"agent": "1001", "team": "A 组", "started_at": "2026-11-01T09:00:00"}),
    Known("b.wav", "/rec/b.wav", {"agent": "1002", "ticket": "T2", "repeat_of": "0101/a.wav"}),
    Known("0102/c.wav", "/rec/0102/c.wav", {}),
    Known("0103/c.wav", "/rec/0103/c.wav", {}),
]
TABLE = "工单号,编号,重复工单,备注\nT1,a.wav,,首次\nT2,b.wav,T1,又来\nT3,gone.wav,T1,\nT4,b,c.wav,\nT5,none.wav,,\nT6,b.wav,T9,\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_a_table_of_tickets_is_read_as_excel_writes_it(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "工单.csv"
    path.write_bytes(TABLE.encode(encoding))

    tickets = read_tickets(path)

    assert tickets[:2] == [Ticket(2, "T1", "a.wav", ""), Ticket(3, "T2", "b.wav", "T1")]
    assert len(tickets) == 6


def test_a_workbook_of_tickets_is_read_with_numbers_as_text(tmp_path: Path) -> None:
    path = tmp_path / "工单.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for line, cells in enumerate([("ticket", "file", "repeats"), (1001, "a.wav", None), (1002, "b.wav", 1001), ()]):
            sheet.write_row(line, 0, cells)

    assert read_tickets(path) == [Ticket(2, "1001", "a.wav", ""), Ticket(3, "1002", "b.wav", "1001")]


def test_repeated_complaints_stand_beside_what_they_repeat_and_unknown_calls_are_listed(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(TABLE, encoding="utf-8")

    found = repeats_of(read_tickets(tmp_path / "t.csv"), CALLS)

    assert [one.ticket.number for one in found] == ["T2", "T3", "T4", "T5", "T6"]
    by_number = {one.ticket.number: one for one in found}
    second = by_number["T2"]
    assert second.call is not None
    assert second.repeated is not None
    assert (second.call.id, second.repeated_ticket, second.repeated.id, second.problem) == (
        "b.wav",
        "T1",
        "0101/a.wav",
        "",
    )
    assert "gone.wav: not in this run" in by_number["T3"].problem
    assert "c.wav: 2 calls of this name" in by_number["T4"].problem
    assert "none.wav" in by_number["T5"].problem
    assert "T9: not in this run" in by_number["T6"].problem

    write_list(found, tmp_path / "二次投诉.xlsx")
    page = load_workbook(tmp_path / "二次投诉.xlsx")["二次投诉"]
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[1][:8] == ["T2", "b.wav", "1002", None, None, "T1", "0101/a.wav", "2026-11-01T09:00:00"]
    assert len(rows) == 6


def test_a_column_of_the_metadata_says_it_too() -> None:
    (found,) = repeats_of(tickets_in(CALLS, "repeat_of"), CALLS)

    assert (found.ticket.number, found.repeated) == ("T2", CALLS[0])


def test_a_table_that_lacks_a_column_or_a_call_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("工单号,编号\nT1,a.wav\n", encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"t.csv:1: no column repeats、重复工单、重复、重复投诉、原工单; columns: 工单号, 编号"
    ):
        read_tickets(path)
    path.write_text("工单号,编号,重复工单\nT1,,T0\nT2,,T1\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        read_tickets(path)
    assert [problem.split(":")[1] for problem in refused.value.problems] == ["2", "3"]
    with pytest.raises(ConfigError, match="cannot read"):
        read_tickets(tmp_path / "none.csv")
