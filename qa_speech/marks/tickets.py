"""Second complaints (二次投诉): tickets that say which call repeats which, and the list for re-inspection made of them.

A table of tickets, CSV or xlsx, by any of these names of columns:

    工单号  ticket        编号  call, id, 文件名, file        重复工单  repeats: the ticket, call or file it repeats
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import problem, together
from qa_speech.files import whole_file
from qa_speech.marks.sheets import require_xlsx
from qa_speech.tables.reading import read_table
from qa_speech.wording.translate import translated

NAMES: Mapping[str, tuple[str, ...]] = {
    "number": ("工单号", "工单", "投诉单号", "ticket", "ticket_number", "number"),
    "call": ("编号", "通话编号", "文件名", "录音", "录音文件", "call", "call_id", "id", "file", "path"),
    "repeats": ("重复工单", "重复", "重复投诉", "原工单", "原工单号", "repeats", "repeated_of", "repeat_of"),
}
"""What a column may be called."""
HEAD = ("工单号", "编号", "坐席", "班组", "开始时间", "重复的工单", "重复的编号", "重复的开始时间", "说明")


class Ticket(NamedTuple):
    """A line of the table as it was written; `repeats` is "" for a first complaint."""

    line: int
    number: str
    call: str
    repeats: str


class Known(NamedTuple):
    """A call that a ticket may mean."""

    id: str
    path: str
    metadata: Mapping[str, str]


class Repeat(NamedTuple):
    """A line of the re-inspection list: a complaint and the one it repeats; `problem` says what could not be found."""

    ticket: Ticket
    call: Known | None
    repeated_ticket: str
    repeated: Known | None
    problem: str


def read_tickets(path: str | Path, columns: Mapping[str, Sequence[str]] | None = None) -> list[Ticket]:
    """The tickets of a table; `columns`: further names of columns, of the settings.

    Raises
    ------
    ConfigError
        It cannot be read, lacks a column, or lines of it name no call: all of them at once.
    """
    table = read_table(path, NAMES, needed=("call", "repeats"), more=columns)
    tickets: list[Ticket] = []
    problems: list[str] = []
    for line in table.lines:
        number, call, repeats = (line.values.get(name, "") for name in ("number", "call", "repeats"))
        tickets.append(Ticket(line.number, number, call, repeats))
        if not call:
            problems.append(table.at(line, problem("names no call")))
    table.refuse(problems)
    return tickets


def tickets_in(calls: Iterable[Known], column: str) -> list[Ticket]:
    """The same from a column of the metadata: calls in which it names the call or ticket they repeat."""
    found: list[Ticket] = []
    for line, call in enumerate(calls, start=1):
        repeats = call.metadata.get(column, "").strip()
        found.append(Ticket(line, call.metadata.get("ticket", ""), call.id, repeats))
    return found


def repeats_of(tickets: Sequence[Ticket], calls: Iterable[Known]) -> list[Repeat]:
    """The re-inspection list: every repeated complaint, and every ticket whose call is not known; none is dropped.

    >>> calls = [Known("a/1.wav", "/rec/a/1.wav", {}), Known("2.wav", "/rec/2.wav", {})]
    >>> (found,) = repeats_of([Ticket(2, "T1", "1.wav", ""), Ticket(3, "T2", "2.wav", "T1")], calls)
    >>> found.call.id, found.repeated_ticket, found.repeated.id, found.problem
    ('2.wav', 'T1', 'a/1.wav', '')
    """
    shelf = _Shelf(calls)
    by_number = {ticket.number: ticket for ticket in tickets if ticket.number}
    found: list[Repeat] = []
    for ticket in tickets:
        call, wrong = shelf.find(ticket.call)
        if not ticket.repeats:
            if call is None:
                found.append(Repeat(ticket, None, "", None, wrong))
            continue
        before = by_number.get(ticket.repeats)
        wanted = ticket.repeats if before is None else before.call
        repeated, also = shelf.find(wanted)
        problems = [one for one in (wrong, also) if one]
        told = together(problems) if problems else ""
        found.append(Repeat(ticket, call, "" if before is None else before.number, repeated, told))
    return found


class _Shelf:
    """Calls by id, by file name, and by file name without suffix."""

    def __init__(self, calls: Iterable[Known]) -> None:
        self._by_id: dict[str, Known] = {}
        self._by_file: dict[str, list[Known]] = {}
        for call in calls:
            self._by_id[call.id] = call
            names = {os.path.basename(call.id), os.path.basename(call.path)}
            for name in names | {os.path.splitext(name)[0] for name in names}:
                self._by_file.setdefault(name, []).append(call)

    def find(self, text: str) -> tuple[Known | None, str]:
        """The call that is meant, or None and why."""
        if text in self._by_id:
            return self._by_id[text], ""
        found = self._by_file.get(os.path.basename(text), [])
        if len(found) == 1:
            return found[0], ""
        if found:
            return None, problem("{text}: {count} calls of this name", text=text, count=len(found))
        return None, problem("{text}: not in this run", text=text)


def write_list(repeats: Sequence[Repeat], path: str | Path) -> None:
    """The list as a workbook."""
    import xlsxwriter

    require_xlsx(path)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with whole_file(Path(path)) as temporary, xlsxwriter.Workbook(str(temporary), options) as book:
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("二次投诉")
        sheet.write_row(0, 0, HEAD, book.add_format({"bold": True, "bottom": 1}))
        sheet.set_column(0, len(HEAD) - 2, 18)
        sheet.set_column(len(HEAD) - 1, len(HEAD) - 1, 50)
        sheet.freeze_panes(1, 2)
        for line, one in enumerate(repeats, start=1):
            for column, value in enumerate(_cells(one)):
                if value:
                    sheet.write_string(line, column, value, text)


def _cells(one: Repeat) -> tuple[str, ...]:
    ticket, call, repeated = one.ticket, one.call, one.repeated
    about = {} if call is None else call.metadata
    before = {} if repeated is None else repeated.metadata
    return (
        ticket.number,
        ticket.call if call is None else call.id,
        about.get("agent", ""),
        about.get("team", ""),
        about.get("started_at", ""),
        one.repeated_ticket,
        ticket.repeats if repeated is None else repeated.id,
        before.get("started_at", ""),
        translated(one.problem, "zh"),
    )
