"""Rounds of blind calibration: begun, waited for, ended; then how far people agree, and which criteria to reword."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qa_speech.desk.pages import form_text, go, page, refused, told, words_of
from qa_speech.desk.showing import name_for
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import key_of
from qa_speech.desk.teams import AlikeRow, alike_rows
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import accounts
from qa_speech.marks.audit import noted
from qa_speech.marks.model import Mark
from qa_speech.marks.rounds import Round, begin, end, round_numbered, rounds, waiting
from qa_speech.marks.stages import latest
from qa_speech.marks.study import study_of_run
from qa_speech.wording import terms

router = APIRouter(include_in_schema=False)
SAID_SHOWN = 8


class Reworded(NamedTuple):
    """A criterion whose wording is suspected, with what people wrote where they differed."""

    title: str
    share: str
    n: int
    said: Sequence[str]


class RoundResult(NamedTuple):
    """How far people agreed in a round."""

    rows: Sequence[AlikeRow]
    reword: Sequence[Reworded]
    totals: str


@router.get("/rounds")
def rounds_page(request: Request, who: SignedIn) -> Response:
    """All rounds, and a new one."""
    who.require("lead")
    people = [
        one for one in accounts(who.office.base) if one.active and one.may_be("inspector", "second", "lead", "trainer")
    ]
    return page(request, who, "rounds", rounds=rounds(who.office.base), people=people, key_of=key_of)


@router.post("/rounds")
async def round_begun(request: Request, who: SignedIn) -> Response:
    """Begin a round."""
    who.require("lead")
    return await run_in_threadpool(_begun, who, await request.form())


def _begun(who: Visitor, form: Any) -> Response:
    names = [line.strip() for line in form_text(form, "calls", most=100_000).splitlines() if line.strip()]
    rows = who.office.calls.rows()
    unknown = [name for name in names if rows.of(name) is None]
    if unknown:
        return told(who.lang, "no_call", status=422, name="、".join(unknown[:5]))
    active = {one.name for one in accounts(who.office.base) if one.active}
    people = [name for name in form.getlist("people") if name in active]
    try:
        one = begin(
            who.office.base, form_text(form, "title", most=100), list(dict.fromkeys(names)), people, by=who.name,
            expert=form_text(form, "expert", most=100), due=form_text(form, "due", most=10),
        )  # fmt: skip
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    noted(who.office.base, who.name, "round_begun", detail=f"{one.number} {one.title}", address=who.address)
    return go(f"/rounds/{one.number}")


@router.get("/rounds/{number}")
def round_page(request: Request, who: SignedIn, number: int) -> Response:
    """One round: who is missing, or what came of it."""
    who.require("lead")
    one = _round(who, number)
    rows = who.office.calls.rows()
    calls = [(rows.of(call), name_for(who.account, call, who.lang)) for call in one.calls]
    missing: Mapping[str, int] = {}
    result = None
    if one.is_open:
        missing = waiting(who.office.base, one)
    else:
        result = result_of(who, one)
    return page(request, who, "round", one=one, calls=calls, waiting=missing, result=result, key_of=key_of)


def _round(who: Visitor, number: int) -> Round:
    try:
        return round_numbered(who.office.base, number)
    except ConfigError as exc:
        raise HTTPException(404) from exc


def result_of(who: Visitor, one: Round) -> RoundResult | None:
    """Agreement of the people of a round on its calls; None where no two have judged the same."""
    marks: list[Mark] = []
    for mark in who.office.base.marks.marks(list(one.calls)):
        if mark.stage == "calibration" and mark.person in one.people:
            marks.append(mark)
    if not marks:
        return None
    found = study_of_run(who.office.options.run, marks, "people")
    if not found.criteria:
        return None
    titles = who.office.calls.rows().titles
    reword: list[Reworded] = []
    for criterion in found.reword:
        share = ""
        for row in alike_rows([criterion], titles):
            share = row.share
        title = titles.get(criterion.criterion, criterion.criterion)
        said = _said(who, marks, criterion.criterion)
        reword.append(Reworded(title, share, criterion.n, said))
    totals = ""
    if found.totals.value is not None:
        totals = words_of(who.lang)("icc", value=f"{found.totals.value:.2f}", n=found.totals.n)
    return RoundResult(alike_rows(found.criteria, titles), reword, totals)


def _said(who: Visitor, marks: Sequence[Mark], criterion: str) -> list[str]:
    """Reasons that people gave for a criterion, with who and what they decided."""
    lines: list[str] = []
    for mark in latest(marks):
        if mark.criterion == criterion and mark.reason:
            lines.append(f"{mark.person} {terms.outcome(mark.outcome, who.lang)}{terms.bracket(mark.reason, who.lang)}")
    return lines[:SAID_SHOWN]


@router.post("/rounds/{number}/end")
def round_ended(who: SignedIn, number: int) -> Response:
    """Wait no longer."""
    who.require("lead")
    one = _round(who, number)
    end(who.office.base, one.number)
    noted(who.office.base, who.name, "round_ended", detail=str(one.number), address=who.address)
    return go(f"/rounds/{one.number}")
