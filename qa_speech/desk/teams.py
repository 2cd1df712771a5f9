"""The lead's page: totals, agreement, appeals, workload, giving out calls, estimates."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from qa_speech.desk.access import is_of_his_team
from qa_speech.desk.finding import finals_of
from qa_speech.desk.lists import appeals_for
from qa_speech.desk.office import Office
from qa_speech.desk.pages import form_text, fragment, page, refused, told, words_of
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import CallRow, key_of
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import Account, accounts
from qa_speech.marks.agreement import CriterionAgreement, by_criterion, machine_pairs
from qa_speech.marks.audit import noted
from qa_speech.marks.model import DECIDED, Mark, Stage
from qa_speech.marks.work import Assignment, assign, assignments
from qa_speech.sampling.estimation import figure_named
from qa_speech.sampling.of_run import Question, answered
from qa_speech.sampling.record import Record, read_record
from qa_speech.sampling.sentences import sentences
from qa_speech.wording import terms
from qa_speech.wording.catalogue import STAGES

router = APIRouter(include_in_schema=False)
BARS = 10
BAR_PX = 80
DUE_IN_DAYS = 7
PASSING = 60


class Bar(NamedTuple):
    """A bar of the distribution, `height` in pixels."""

    label: str
    calls: int
    height: float
    is_low: bool


class Person(NamedTuple):
    """Somebody's work."""

    name: str
    team: str
    open: int
    late: int
    done: int


class AlikeRow(NamedTuple):
    """Agreement on one criterion; `low`, `middle`, `high` in %."""

    title: str
    share: str
    low: int
    middle: int
    high: int
    n: int
    kappa: str


class TeamView(NamedTuple):
    """What the lead sees."""

    calls: int
    marked: int
    bars: Sequence[Bar]
    scored: int
    without: int
    mean: str
    people: Sequence[Person]
    agreement: Sequence[AlikeRow]


class Drawn(NamedTuple):
    """A drawn list: how many calls, and how many of them are nobody's yet."""

    calls: int
    free: int


@router.get("/team")
def team(request: Request, who: SignedIn) -> Response:
    """The whole page."""
    who.require("lead")
    people = [one for one in accounts(who.office.base) if one.active]
    due = dt.date.today() + dt.timedelta(days=DUE_IN_DAYS)
    return page(
        request,
        who,
        "team",
        view=_view(who, people),
        appeals=appeals_for(who),
        sample=_drawn(who.office),
        due=due.isoformat(),
        inspectors=[one for one in people if one.may_be("inspector")],
        judges=[one for one in people if one.may_be("inspector", "second", "lead")],
        titles=sorted(who.office.calls.rows().titles.items()),
        stage_names=STAGES,
        key_of=key_of,
    )


def _drawn(office: Office) -> Drawn | None:
    record = _record(office)
    if record is None:
        return None
    free = sum(not one.inspector for one in record.drawn)
    return Drawn(len(record.drawn), free)


def _record(office: Office) -> Record | None:
    if office.options.sample is None:
        return None
    return read_record(office.options.sample)


def _view(who: Visitor, people: Iterable[Account]) -> TeamView:
    rows = who.office.calls.rows()
    marks = who.office.base.marks.marks()
    decided: dict[str, list[Mark]] = {}
    for mark in marks:
        if mark.stage in DECIDED and rows.of(mark.call) is not None:
            decided.setdefault(mark.call, []).append(mark)
    totals = _totals(who, rows.by_key.values(), decided)
    mean = ""
    if totals:
        mean = terms.number(sum(totals) / len(totals))
    return TeamView(
        calls=len(rows.by_key),
        marked=len(decided),
        bars=_bars(totals),
        scored=len(totals),
        without=len(rows.by_key) - len(totals),
        mean=mean,
        people=_workload(who, people),
        agreement=alike_rows(by_criterion(machine_pairs(marks)), rows.titles),
    )


def _totals(who: Visitor, rows: Collection[CallRow], decided: Mapping[str, Sequence[Mark]]) -> list[float]:
    """The totals of calls, 0–100: under people's marks where there are any, else the machine's."""
    marked = [row for row in rows if row.id in decided]
    finals = finals_of(who, marked, decided)
    totals: list[float] = []
    for row in rows:
        total = row.total
        if row.id in finals:
            total = finals[row.id].total
        if total is not None:
            totals.append(total)
    return totals


def _bars(totals: Sequence[float]) -> list[Bar]:
    """Ten bars from 0 to 100."""
    if not totals:
        return []
    counts = [0] * BARS
    width = 100 / BARS
    for total in totals:
        place = min(BARS - 1, int(total / width))
        counts[place] += 1
    most = max(counts)
    found: list[Bar] = []
    for number, count in enumerate(counts):
        low = round(number * width)
        high = round(low + width)
        height = BAR_PX * count / most
        found.append(Bar(f"{low}–{high}", count, height, low < PASSING))
    return found


def _workload(who: Visitor, people: Iterable[Account]) -> list[Person]:
    today = dt.date.today().isoformat()
    held: dict[str, list[Assignment]] = {}
    for one in assignments(who.office.base):
        held.setdefault(one.person, []).append(one)
    found: list[Person] = []
    for account in people:
        mine = held.get(account.name, [])
        if not account.may_be("inspector", "second") and not mine:
            continue
        waiting = [one for one in mine if not one.done_at]
        late = [one for one in waiting if one.due and one.due < today]
        done = len(mine) - len(waiting)
        found.append(Person(account.name, account.team, len(waiting), len(late), done))
    return found


def alike_rows(found: Iterable[CriterionAgreement], titles: Mapping[str, str]) -> list[AlikeRow]:
    """Agreement by criterion for a table."""
    rows: list[AlikeRow] = []
    for one in found:
        if one.share is None:
            continue
        middle = round(100 * one.share.value)
        kappa = "–"
        if one.kappa.value is not None:
            kappa = f"{one.kappa.value:.2f}"
        row = AlikeRow(
            title=titles.get(one.criterion, one.criterion),
            share=f"{middle}%",
            low=round(100 * one.share.low),
            middle=middle,
            high=round(100 * one.share.high),
            n=one.n,
            kappa=kappa,
        )
        rows.append(row)
    return rows


# -- giving out calls


class Dealt(NamedTuple):
    """Calls with the person each goes to; `left` could go to nobody; `unknown` names inspectors without an account."""

    given: list[tuple[str, str]]
    left: int
    unknown: tuple[str, ...]


def deal(
    record: Record,
    team_of: Mapping[str, str],
    chosen: Sequence[Account],
    known: Collection[str],
    load: Mapping[str, int],
) -> Dealt:
    """A drawn list given out: by the names in it, and what has none to whoever of the chosen has least, never his own team's."""
    given: list[tuple[str, str]] = []
    unknown: set[str] = set()
    counts = dict(load)
    left = 0
    for call in record.drawn:
        name = call.inspector
        if name not in known:
            if name:
                unknown.add(name)
            name = _least_busy(chosen, team_of.get(call.id, ""), counts)
        if not name:
            left += 1
            continue
        counts[name] = counts.get(name, 0) + 1
        given.append((call.id, name))
    return Dealt(given, left, tuple(sorted(unknown)))


def _least_busy(chosen: Sequence[Account], team: str, counts: Mapping[str, int]) -> str:
    free = [one.name for one in chosen if not team or one.team != team]
    return min(free, key=lambda name: (counts.get(name, 0), name), default="")


@router.post("/assign")
async def assigned(request: Request, who: SignedIn) -> Response:
    """Give out the drawn list, or one call."""
    who.require("lead")
    return await run_in_threadpool(_assigned, request, who, await request.form())


def _assigned(request: Request, who: Visitor, form: Any) -> Response:
    due = form_text(form, "due", most=10)
    if due and not _is_date(due):
        return told(who.lang, "bad_date", status=422)
    people = {one.name: one for one in accounts(who.office.base) if one.active}
    chosen = [people[name] for name in form.getlist("people") if name in people]
    if form_text(form, "source") == "call":
        return _one_assigned(request, who, form, chosen, due)
    record = _record(who.office)
    if record is None:
        return refused(who.lang, [words_of(who.lang)("no_sample")])
    rows = who.office.calls.rows()
    teams = {row.id: row.team for row in rows.by_key.values()}
    given = assignments(who.office.base)
    load = Counter([one.person for one in given if not one.done_at])
    held = {one.call for one in given if one.stage == "first"}
    fresh = tuple([one for one in record.drawn if one.id not in held])
    judges = {name for name, one in people.items() if one.may_be("inspector", "lead")}
    dealt = deal(msgspec.structs.replace(record, drawn=fresh), teams, chosen, judges, load)
    count = assign(who.office.base, dealt.given, by=who.name, due=due)
    return _told_assigned(request, who, count, dealt)


def _one_assigned(request: Request, who: Visitor, form: Any, chosen: Sequence[Account], due: str) -> Response:
    name = form_text(form, "call", most=1000).strip()
    row = who.office.calls.rows().of(name)
    if row is None or not chosen:
        return told(who.lang, "no_call", status=422, name=name)
    stage: Stage = "first"
    if form_text(form, "stage") == "second":
        stage = "second"
    person = chosen[0]
    if stage == "second" and is_of_his_team(person, row):
        return _told_assigned(request, who, 0, Dealt([], 1, ()))
    given = [(row.id, person.name)]
    count = assign(who.office.base, given, by=who.name, stage=stage, due=due)
    return _told_assigned(request, who, count, Dealt(given, 0, ()))


def _told_assigned(request: Request, who: Visitor, count: int, dealt: Dealt) -> Response:
    t = words_of(who.lang)
    line = t("assigned", n=count)
    if dealt.left:
        line += t("assigned_left", n=dealt.left)
    if dealt.unknown:
        line += t("assigned_unknown", names="、".join(dealt.unknown))
    noted(who.office.base, who.name, "assigned", detail=f"{count} calls", address=who.address)
    return fragment(request, who, "lines", lines=[line])


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


@router.get("/estimate")
def estimate(request: Request, who: SignedIn, figure: str = "total", by: str = "") -> Response:
    """What the marks of the drawn list say of all calls."""
    who.require("lead")
    wanted = figure_named(figure[:200])
    if wanted is None or by not in ("", "agent", "team", "queue"):
        return refused(who.lang, [f"{figure[:50]} {by[:50]}"])
    try:
        question = Question(wanted, "final", by, marks_db=who.office.marks_place)
        found = answered(who.office.options.run, who.office.options.sample, question)
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    return fragment(request, who, "lines", lines=list(sentences(found.estimates, who.lang)))
