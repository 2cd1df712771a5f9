"""What people look at first: my calls, my results, finding calls, saved filters."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qa_speech.desk.access import is_of_his_team
from qa_speech.desk.finding import CallQuestion, FoundRow, finals_of, find, found_row, visible
from qa_speech.desk.judging import appeal_days
from qa_speech.desk.pages import form_text, page, refused, words_of
from qa_speech.desk.showing import duration_of, here, name_for
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import CallRow, key_of
from qa_speech.errors import ConfigError
from qa_speech.marks.model import DECIDED, Mark, Stage
from qa_speech.marks.stages import open_appeals, standing
from qa_speech.marks.work import Assignment, assignments, begun, drop_filter, filters, keep_filter
from qa_speech.wording.catalogue import STAGES

router = APIRouter(include_in_schema=False)
COLUMNS = ("call", "agent", "queue", "started", "duration", "total")


class Waiting(NamedTuple):
    """A call on somebody's list."""

    given: Assignment
    row: CallRow
    name: str
    duration: str
    is_late: bool
    is_begun: bool


class AppealRow(NamedTuple):
    """An open appeal: `days` left, negative = late; `stage` at which whoever looks at it would decide."""

    key: str
    name: str
    criterion: str
    title: str
    person: str
    reason: str
    days: float
    stage: Stage


@router.get("/")
def start(who: SignedIn) -> Response:
    """Everybody's first page."""
    account = who.account
    if account.may_be("inspector", "second", "trainer"):
        return RedirectResponse("/mine", 303)
    if account.may_be("lead"):
        return RedirectResponse("/team", 303)
    if account.may_be("agent"):
        return RedirectResponse("/own", 303)
    return RedirectResponse("/users", 303)


@router.get("/mine")
def mine(request: Request, who: SignedIn) -> Response:
    """What waits for me, the nearest deadline first."""
    who.require("inspector", "second", "lead", "trainer")
    rows = who.office.calls.rows()
    today = dt.date.today().isoformat()
    waiting: list[Waiting] = []
    done_today = 0
    drafted = begun(who.office.base, who.name)
    for given in assignments(who.office.base, person=who.name):
        if given.done_at:
            done_today += _day(given.done_at) == today
            continue
        row = rows.of(given.call)
        if row is None:
            continue
        name = name_for(who.account, row.id, who.lang)
        is_late = bool(given.due) and given.due < today
        is_begun = (given.call, given.stage) in drafted
        waiting.append(Waiting(given, row, name, duration_of(row), is_late, is_begun))
    if waiting:
        who.office.prepare(waiting[0].row.id)  # while the list is being looked at
    late = sum(one.is_late for one in waiting)
    appeals: list[AppealRow] = []
    if who.account.may_be("second", "lead"):
        appeals = appeals_for(who)
    return page(
        request,
        who,
        "mine",
        waiting=waiting,
        late=late,
        done_today=done_today,
        appeals=appeals,
        stage_names=STAGES,
        key_of=key_of,
    )


def _day(at: str) -> str:
    """The day of a moment (UTC), here."""
    return here(dt.datetime.fromisoformat(at)).date().isoformat()


def appeals_for(who: Visitor) -> list[AppealRow]:
    """Open appeals that somebody may decide, the most urgent first."""
    office = who.office
    marks: dict[str, list[Mark]] = {}
    for mark in office.base.marks.marks():
        marks.setdefault(mark.call, []).append(mark)
    rows = office.calls.rows()
    now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
    found: list[AppealRow] = []
    for call, mine in marks.items():
        row = rows.of(call)
        if row is None or not any(mark.stage == "appeal" for mark in mine):
            continue
        for one in open_appeals(mine, now, days=appeal_days(office, row)):
            stage = _stage_for(who, row, mine, one.mark.criterion)
            if stage is not None:
                found.append(_appeal_row(who, row, one.mark, -one.late_days, stage))
    return sorted(found, key=lambda one: one.days)


def _stage_for(who: Visitor, row: CallRow, marks: list[Mark], criterion: str) -> Stage | None:
    """At which stage somebody may decide an appeal; None where he may not."""
    account = who.account
    if account.may_be("lead"):
        return "final"
    if is_of_his_team(account, row):
        return None
    for mark in marks:
        if mark.stage == "first" and mark.person == account.name and mark.criterion == criterion:
            return None  # an opinion on his own mark
    return "second"


def _appeal_row(who: Visitor, row: CallRow, mark: Mark, days: float, stage: Stage) -> AppealRow:
    name = name_for(who.account, row.id, who.lang)
    title = who.office.calls.rows().titles.get(mark.criterion, mark.criterion)
    return AppealRow(row.key, name, mark.criterion, title, mark.person, mark.reason, days, stage)


class OwnRow(NamedTuple):
    """A judged call of the agent who looks."""

    row: CallRow
    name: str
    total: float | None
    failed: tuple[str, ...]
    until: str


@router.get("/own")
def own(request: Request, who: SignedIn) -> Response:
    """An agent's judged calls."""
    who.require("agent")
    shown = sorted(visible(who), key=lambda row: row.started_at, reverse=True)
    marks: dict[str, list[Mark]] = {}
    for mark in who.office.base.marks.marks([row.id for row in shown]):
        marks.setdefault(mark.call, []).append(mark)
    decided: dict[str, list[Mark]] = {}
    for call, mine in marks.items():
        decided[call] = [mark for mark in mine if mark.stage in DECIDED]
    finals = finals_of(who, shown, decided)
    titles = who.office.calls.rows().titles
    rows: list[OwnRow] = []
    for row in shown:
        found = found_row(who, row, titles, finals, False)
        rows.append(_own_row(who, found, marks[row.id]))
    return page(request, who, "own", rows=rows, key_of=key_of)


def _own_row(who: Visitor, found: FoundRow, marks: list[Mark]) -> OwnRow:
    last = max((mark.at for mark in standing(marks).values()), default="")
    until = ""
    if last:
        days = appeal_days(who.office, found.row)
        moment = dt.datetime.fromisoformat(last) + dt.timedelta(days=days)
        until = f"{here(moment):%Y-%m-%d %H:%M}"
    return OwnRow(found.row, found.name, found.total, found.failed, until)


@router.get("/calls")
def search(
    request: Request,
    who: SignedIn,
    agent: str = "",
    queue: str = "",
    since: str = "",
    until: str = "",
    failed: str = "",
    words: str = "",
    sort: str = "-started",
    page_number: str = "",
) -> Response:
    """Find calls."""
    who.require("inspector", "second", "lead", "trainer")
    question = CallQuestion(
        agent=agent.strip()[:100],
        queue=queue[:200],
        since=_date(since),
        until=_date(until),
        failed=failed[:200],
        words=words[:100],
        sort=sort[:20],
        page=_page_number(request.query_params.get("page", "1")),
    )
    queues = {row.queue for row in visible(who) if row.queue}
    t = words_of(who.lang)
    return page(
        request,
        who,
        "calls",
        question=question,
        found=find(who, question),
        saved=filters(who.office.base, who.name),
        queues=sorted(queues),
        titles=sorted(who.office.calls.rows().titles.items()),
        columns=[(name, t(name)) for name in COLUMNS],
        key_of=key_of,
    )


def _page_number(text: str) -> int:
    """A page of at most six digits, the first for anything else."""
    if text.isdecimal() and len(text) < 7:
        return int(text)
    return 1


def _date(text: str) -> str:
    """An ISO date, "" for anything else."""
    try:
        return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


@router.post("/filters")
async def filter_kept(request: Request, who: SignedIn) -> Response:
    """Keep a search."""
    form = await request.form()
    try:
        keep_filter(who.office.base, who.name, form_text(form, "name", most=200), form_text(form, "question"))
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    return Response(status_code=204, headers={"hx-refresh": "true"})


@router.post("/filters/{number}/forget")
def filter_dropped(who: SignedIn, number: int) -> Response:
    """Forget a search."""
    drop_filter(who.office.base, who.name, number)
    return Response("")
