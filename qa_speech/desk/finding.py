"""Finding calls: by agent, queue, date, criterion failed and words said; sorted, a page at a time.

Words are looked for in the text as whoever asks may read it: a telephone number that is masked for him is not found by him.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

import msgspec

from qa_speech.desk.access import may_hear_all
from qa_speech.desk.office import Final
from qa_speech.desk.showing import shown_id
from qa_speech.desk.signed import Visitor
from qa_speech.desk.source import CallRow
from qa_speech.marks.model import DECIDED, Mark
from qa_speech.marks.rounds import blind_calls
from qa_speech.marks.stages import under_marks
from qa_speech.marks.work import assignments
from qa_speech.report.people import for_people
from qa_speech.wording import terms

PAGE_ROWS = 50
MOST_SEARCHED = 500
"""Calls whose words are read for one search."""
AROUND = 12
"""Characters shown on both sides of words that were found."""
SORTS: Mapping[str, Callable[[CallRow], Any]] = {
    "call": lambda row: row.id,
    "agent": lambda row: row.agent,
    "queue": lambda row: row.queue,
    "started": lambda row: row.started_at,
    "duration": lambda row: row.duration_s or 0.0,
    "total": lambda row: -1.0 if row.total is None else row.total,
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
        return urlencode(
            {name: held[name] for name in ("agent", "queue", "since", "until", "failed", "words") if held[name]}
        )

    def sorted_by(self, name: str) -> str:
        """The same question in another order; the other way round where it is in this order already."""
        sort = f"-{name}" if self.sort == name else name
        return "&".join(part for part in (self.text, urlencode({"sort": sort})) if part)

    def at_page(self, page: int) -> str:
        """The same question, another page of the answer."""
        return "&".join(part for part in (self.text, urlencode({"sort": self.sort, "page": page})) if part)


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
    account = who.account
    blind = blind_calls(who.office.base)
    mine = {one.call for one in assignments(who.office.base, person=who.name)}
    calibrating = {one.call for one in assignments(who.office.base, person=who.name) if one.stage == "calibration"}
    if account.may_be("lead"):
        return list(rows.by_key.values())
    submitted = who.office.base.marks.inspected()
    found: list[CallRow] = []
    for row in rows.by_key.values():
        if row.id in blind:
            seen = row.id in calibrating
        elif row.id in mine:
            seen = True
        elif row.id not in submitted:
            seen = False
        elif account.may_be("trainer") or (
            account.may_be("second") and not (account.team and account.team == row.team)
        ):
            seen = True
        else:
            seen = account.may_be("agent") and bool(account.agent) and row.agent == account.agent
        if seen:
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
    pages = max(1, -(-len(rows) // PAGE_ROWS))
    page = min(max(1, question.page), pages)
    shown = rows[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    titles = who.office.calls.rows().titles
    finals = finals_of(who, [row for row in shown if row.id in marks], marks)
    found = [found_row(who, row, titles, finals, row.id in blind, said.get(row.id, "")) for row in shown]
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
        shown = report if may_hear_all(who.account) else for_people(report, lang=who.lang)
        for utterance in shown.call.utterances:
            text = utterance.text or ""
            at = text.find(words)
            if at < 0:
                continue
            begin, end = max(0, at - AROUND), at + len(words) + AROUND
            who_said = terms.role(utterance.role, who.lang)
            found[report.id] = f"{who_said} {'…' if begin else ''}{text[begin:end]}{'…' if end < len(text) else ''}"
            break
    return found


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
    for report in office.calls.reports(unknown) if unknown else ():
        card = None if report.score is None else office.calls.card(report.score.scorecard_sha256)
        if report.score is None or card is None:
            continue
        score = under_marks(report.score, card, marks[report.id], "final")
        final = Final(score.total, tuple([one.id for one in score.criteria if one.outcome == "fail"]))
        office.finals[report.id, len(marks[report.id])] = final
        found[report.id] = final
    return found


def found_row(
    who: Visitor, row: CallRow, titles: Mapping[str, str], finals: Mapping[str, Final], is_blind: bool, said: str = ""
) -> FoundRow:
    """A line of a list."""
    final = finals.get(row.id)
    total, failed = row.total, row.failed
    if final is not None:
        total, failed = final.total, final.failed
    name = row.id if may_hear_all(who.account) else shown_id(row.id, who.lang)
    duration = "" if row.duration_s is None else terms.clock(row.duration_s)
    names = tuple([titles.get(one, one) for one in failed])
    return FoundRow(row, name, duration, total, names, final is not None, is_blind, said)
