"""Finding calls: by agent, queue, date, criterion failed and words said; sorted, a page at a time.

Words are looked for in the text as whoever asks may read it: a telephone number that is masked for him is not found by him.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from qa_speech.desk.access import may_hear_all, may_see_submitted
from qa_speech.desk.office import Final, Office
from qa_speech.desk.showing import duration_of, name_for
from qa_speech.desk.signed import Visitor
from qa_speech.desk.source import CallRow
from qa_speech.marks.model import DECIDED, Mark
from qa_speech.marks.rounds import blind_calls
from qa_speech.marks.stages import under_marks
from qa_speech.marks.work import assignments
from qa_speech.report.people import for_people
from qa_speech.scores import CallReport
from qa_speech.wording import terms

PAGE_ROWS = 50
MOST_SEARCHED = 500
"""Calls whose words are read for one search."""
AROUND = 12
"""Characters shown on both sides of words that were found."""
NARROWING = ("agent", "queue", "since", "until", "failed", "words")
"""Parts of a question that narrow the answer."""


def _rank(total: float | None) -> float:
    """A total, 0–100, as it is sorted: calls without one stand below all others."""
    if total is None:
        return -1.0
    return total


SORTS: Mapping[str, Callable[[CallRow], Any]] = {
    "call": lambda row: row.id,
    "agent": lambda row: row.agent,
    "queue": lambda row: row.queue,
    "started": lambda row: row.started_at,
    "duration": lambda row: row.duration_s or 0.0,
    "total": lambda row: _rank(row.total),
}
NEWEST = "-started"


class CallQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for; `since` and `until` ISO dates, both included; `sort` a name of `SORTS`, ``-`` before it = falling."""

    agent: str = ""
    queue: str = ""
    since: str = ""
    until: str = ""
    failed: str = ""
    words: str = ""
    sort: str = NEWEST
    page: int = 1

    @property
    def text(self) -> str:
        """The question as the address of a page has it, without sort and page; "" where nothing is asked."""
        held = msgspec.structs.asdict(self)
        given = {name: held[name] for name in NARROWING if held[name]}
        return urlencode(given)

    def sorted_by(self, name: str) -> str:
        """The same question in another order; the other way round where it is in this order already."""
        sort = name
        if self.sort == name:
            sort = f"-{name}"
        return self._with(sort=sort)

    def at_page(self, page: int) -> str:
        """The same question, another page of the answer."""
        return self._with(sort=self.sort, page=page)

    def _with(self, **more: str | int) -> str:
        parts = [self.text, urlencode(more)]
        return "&".join([part for part in parts if part])


class FoundRow(NamedTuple):
    """A line of the list: `total` under people's marks where `is_marked`, else the machine's; `said` where the words stand."""

    row: CallRow
    name: str
    duration: str
    total: float | None
    failed: tuple[str, ...]
    is_marked: bool
    is_blind: bool
    said: str = ""


class Found(NamedTuple):
    """One page of the answer, of `pages`; `is_cut`: words were looked for in the newest `most` calls alone."""

    rows: list[FoundRow]
    total: int
    page: int
    pages: int
    is_cut: bool = False
    most: int = MOST_SEARCHED


def visible(who: Visitor) -> list[CallRow]:
    """The calls that somebody may open: what `access.may_see` says, for all of them at once."""
    rows = who.office.calls.rows()
    if who.account.may_be("lead"):
        return list(rows.by_key.values())
    given = assignments(who.office.base, person=who.name)
    mine = {one.call for one in given}
    calibrating = {one.call for one in given if one.stage == "calibration"}
    blind = blind_calls(who.office.base)
    submitted = who.office.base.marks.inspected()
    found: list[CallRow] = []
    for row in rows.by_key.values():
        if row.id in blind:
            is_seen = row.id in calibrating
        elif row.id in mine:
            is_seen = True
        else:
            is_seen = row.id in submitted and may_see_submitted(who.account, row)
        if is_seen:
            found.append(row)
    return found


def find(who: Visitor, question: CallQuestion) -> Found:
    """The answer to a question, as far as somebody may see it."""
    blind = blind_calls(who.office.base)
    marks = _marks_by_call(who)
    rows = [row for row in visible(who) if _fits(row, question, blind)]
    name = question.sort.removeprefix("-")
    if name in SORTS:
        rows.sort(key=lambda row: (SORTS[name](row), row.id), reverse=question.sort.startswith("-"))
    said: dict[str, str] = {}
    is_cut = False
    words = question.words.strip()
    if words:
        is_cut = len(rows) > MOST_SEARCHED
        said = _saying(who, rows[:MOST_SEARCHED], words)
        rows = [row for row in rows if row.id in said]
    pages = max(1, math.ceil(len(rows) / PAGE_ROWS))
    page = min(max(1, question.page), pages)
    first = (page - 1) * PAGE_ROWS
    shown = rows[first : first + PAGE_ROWS]
    titles = who.office.calls.rows().titles
    marked = [row for row in shown if row.id in marks]
    finals = finals_of(who, marked, marks)
    found: list[FoundRow] = []
    for row in shown:
        is_blind = row.id in blind
        found.append(found_row(who, row, titles, finals, is_blind, said.get(row.id, "")))
    return Found(found, len(rows), page, pages, is_cut)


def _fits(row: CallRow, question: CallQuestion, blind: frozenset[str]) -> bool:
    if question.agent and question.agent != row.agent:
        return False
    if question.queue and question.queue != row.queue:
        return False
    day = row.started_at[:10].replace("/", "-")
    if question.since and day < question.since:
        return False
    if question.until and (not day or day > question.until):
        return False
    return not question.failed or (question.failed in row.failed and row.id not in blind)


def _saying(who: Visitor, rows: Sequence[CallRow], words: str) -> dict[str, str]:
    """Calls in which the words are said, with what stands around them."""
    found: dict[str, str] = {}
    for report in who.office.calls.reports([row.id for row in rows]):
        shown = report
        if not may_hear_all(who.account):
            shown = for_people(report, lang=who.lang)
        for utterance in shown.call.utterances:
            text = utterance.text or ""
            at = text.find(words)
            if at < 0:
                continue
            role = terms.role(utterance.role, who.lang)
            found[report.id] = f"{role} {_around(text, at, at + len(words))}"
            break
    return found


def _around(text: str, start: int, end: int) -> str:
    """Characters `start` to `end` of a text with those around them; an ellipsis where the text goes on."""
    begin = max(0, start - AROUND)
    shown = text[begin : end + AROUND]
    if begin > 0:
        shown = f"…{shown}"
    if end + AROUND < len(text):
        shown = f"{shown}…"
    return shown


def _marks_by_call(who: Visitor) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in who.office.base.marks.marks():
        if mark.stage in DECIDED:
            found.setdefault(mark.call, []).append(mark)
    return found


def finals_of(who: Visitor, rows: Iterable[CallRow], marks: Mapping[str, Sequence[Mark]]) -> dict[str, Final]:
    """What marked calls came to; those that were looked at before are remembered until another mark is made."""
    office = who.office
    found: dict[str, Final] = {}
    unknown: list[str] = []
    for row in rows:
        held = office.finals.get((row.id, len(marks[row.id])))
        if held is None:
            unknown.append(row.id)
        else:
            found[row.id] = held
    if not unknown:
        return found
    for report in office.calls.reports(unknown):
        mine = marks[report.id]
        final = _final_of(office, report, mine)
        if final is not None:
            office.finals[report.id, len(mine)] = final
            found[report.id] = final
    return found


def _final_of(office: Office, report: CallReport, marks: Sequence[Mark]) -> Final | None:
    """What a call came to under its marks; None where it has no score, or its card is not known."""
    if report.score is None:
        return None
    card = office.calls.card(report.score.scorecard_sha256)
    if card is None:
        return None
    score = under_marks(report.score, card, marks, "final")
    failed = [one.id for one in score.criteria if one.outcome == "fail"]
    return Final(score.total, tuple(failed))


def found_row(
    who: Visitor,
    row: CallRow,
    titles: Mapping[str, str],
    finals: Mapping[str, Final],
    is_blind: bool,
    said: str = "",
) -> FoundRow:
    """A line of a list."""
    final = finals.get(row.id)
    total, failed = row.total, row.failed
    if final is not None:
        total, failed = final.total, final.failed
    return FoundRow(
        row=row,
        name=name_for(who.account, row.id, who.lang),
        duration=duration_of(row),
        total=total,
        failed=tuple([titles.get(one, one) for one in failed]),
        is_marked=final is not None,
        is_blind=is_blind,
        said=said,
    )
