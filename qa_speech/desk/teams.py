"""The lead's page: totals, agreement, appeals, workload, giving out calls, estimates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from qa_speech.desk.finding import finals_of
from qa_speech.desk.lists import appeals_for
from qa_speech.desk.office import Office
from qa_speech.desk.pages import form_text, fragment, page, told, words_of
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import key_of
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import Account, accounts
from qa_speech.marks.agreement import CriterionAgreement, by_criterion, machine_pairs
from qa_speech.marks.audit import noted
from qa_speech.marks.model import DECIDED, Mark, Stage
from qa_speech.marks.work import assign, assignments
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
    record = _record(who.office)
    sample = None if record is None else Drawn(len(record.drawn), sum(not one.inspector for one in record.drawn))
    due = (dt.date.today() + dt.timedelta(days=DUE_IN_DAYS)).isoformat()
    return page(
        request, who, "team", view=_view(who, people), appeals=appeals_for(who), sample=sample, due=due,
        inspectors=[one for one in people if one.may_be("inspector")],
        judges=[one for one in people if one.may_be("inspector", "second", "lead")],
        titles=sorted(who.office.calls.rows().titles.items()), stage_names=STAGES, key_of=key_of,
    )  # fmt: skip


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
    marked = [row for row in rows.by_key.values() if row.id in decided]
    finals = finals_of(who, marked, decided)
    totals: list[float] = []
    for row in rows.by_key.values():
        total = finals[row.id].total if row.id in finals else row.total
        if total is not None:
            totals.append(total)
    mean = terms.number(sum(totals) / len(totals)) if totals else ""
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


def _bars(totals: Sequence[float]) -> list[Bar]:
    """Ten bars from 0 to 100."""
    if not totals:
        return []
    counts = [0] * BARS
    width = 100 / BARS
    for total in totals:
        counts[min(BARS - 1, int(total / width))] += 1
    most = max(counts)
    found: list[Bar] = []
    for number, count in enumerate(counts):
        low = round(number * width)
        found.append(Bar(f"{low}–{round(low + width)}", count, BAR_PX * count / most, low < PASSING))
    return found


def _workload(who: Visitor, people: Iterable[Account]) -> list[Person]:
    today = dt.date.today().isoformat()
    held: dict[str, list[tuple[bool, bool]]] = {}
    for one in assignments(who.office.base):
        is_open = not one.done_at
        held.setdefault(one.person, []).append((is_open, is_open and bool(one.due) and one.due < today))
    found: list[Person] = []
    for account in people:
        mine = held.get(account.name, [])
        if not account.may_be("inspector", "second") and not mine:
            continue
        waiting = sum(is_open for is_open, _ in mine)
        late = sum(is_late for _, is_late in mine)
        found.append(Person(account.name, account.team, waiting, late, len(mine) - waiting))
    return found


def alike_rows(found: Iterable[CriterionAgreement], titles: Mapping[str, str]) -> list[AlikeRow]:
    """Agreement by criterion for a table."""
    rows: list[AlikeRow] = []
    for one in found:
        if one.share is None:
            continue
        low, middle, high = (round(100 * value) for value in (one.share.low, one.share.value, one.share.high))
        kappa = "–" if one.kappa.value is None else f"{one.kappa.value:.2f}"
        rows.append(AlikeRow(titles.get(one.criterion, one.criterion), f"{middle}%", low, middle, high, one.n, kappa))
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
        if call.inspector and call.inspector not in known:
            unknown.add(call.inspector)
        name = call.inspector if call.inspector in known else _least_busy(chosen, team_of.get(call.id, ""), counts)
        if not name:
            left += 1
            continue
        counts[name] = counts.get(name, 0) + 1
        given.append((call.id, name))
    return Dealt(given, left, tuple(sorted(unknown)))


def _least_busy(chosen: Sequence[Account], team: str, counts: Mapping[str, int]) -> str:
    free = [one.name for one in chosen if not (team and one.team == team)]
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
        return told(who.lang, "refused", status=422, problem=words_of(who.lang)("no_sample"))
    rows = who.office.calls.rows()
    teams = {row.id: row.team for row in rows.by_key.values()}
    load: dict[str, int] = {}
    for one in assignments(who.office.base, open_only=True):
        load[one.person] = load.get(one.person, 0) + 1
    held = {(one.call, one.stage) for one in assignments(who.office.base)}
    fresh = tuple(one for one in record.drawn if (one.id, "first") not in held)
    judges = {name for name, one in people.items() if one.may_be("inspector", "lead")}
    dealt = deal(_with(record, fresh), teams, chosen, judges, load)
    count = assign(who.office.base, dealt.given, by=who.name, due=due)
    return _told_assigned(request, who, count, dealt)


def _with(record: Record, drawn: Any) -> Record:
    import msgspec

    return msgspec.structs.replace(record, drawn=drawn)


def _one_assigned(request: Request, who: Visitor, form: Any, chosen: Sequence[Account], due: str) -> Response:
    name = form_text(form, "call", most=1000).strip()
    row = who.office.calls.rows().of(name)
    if row is None or not chosen:
        return told(who.lang, "no_call", status=422, name=name)
    stage: Stage = "second" if form_text(form, "stage") == "second" else "first"
    person = chosen[0]
    if stage == "second" and person.team and person.team == row.team:
        return _told_assigned(request, who, 0, Dealt([], 1, ()))
    count = assign(who.office.base, [(row.id, person.name)], by=who.name, stage=stage, due=due)
    return _told_assigned(request, who, count, Dealt([(row.id, person.name)], 0, ()))


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
        return told(who.lang, "refused", status=422, problem=f"{figure[:50]} {by[:50]}")
    try:
        question = Question(wanted, "final", by, marks_db=who.office.marks_place)
        found = answered(who.office.options.run, who.office.options.sample, question)
    except ConfigError as exc:
        return told(who.lang, "refused", status=422, problem="；".join(exc.problems))
    return fragment(request, who, "lines", lines=list(sentences(found.estimates, who.lang)))
