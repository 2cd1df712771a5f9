"""The desk for programs: the same calls, marks and rules as JSON. Described by /api/openapi.json for whoever is signed in."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query
from fastapi import Path as InPath
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from qa_speech.desk.calls import Judging
from qa_speech.desk.finding import CallQuestion, FoundRow, find
from qa_speech.desk.playing import seen_case, seen_report
from qa_speech.desk.showing import view_of
from qa_speech.desk.signed import SignedIn
from qa_speech.marks.model import Mark
from qa_speech.marks.rounds import rounds

router = APIRouter(prefix="/api")
Key = Annotated[str, InPath(pattern="^[0-9a-f]{20}$", description="name of a call in addresses")]
Short = Annotated[str, Query(max_length=100)]


@router.get("/me")
def me(who: SignedIn) -> dict[str, Any]:
    """Who is signed in."""
    account = who.account
    return {"name": account.name, "roles": list(account.roles), "team": account.team, "unmasked": account.unmasked}


@router.get("/calls")
def calls(
    who: SignedIn, agent: Short = "", queue: Short = "", since: Short = "", until: Short = "", failed: Short = "",
    words: Short = "", sort: Short = "-started", page: Annotated[int, Query(ge=1, le=100_000)] = 1,
) -> dict[str, Any]:  # fmt: skip
    """Calls that may be seen, fifty at a time."""
    question = CallQuestion(
        agent=agent, queue=queue, since=since, until=until, failed=failed, words=words, sort=sort, page=page
    )
    found = find(who, question)
    rows = [_line(one) for one in found.rows]
    return {"calls": rows, "count": found.total, "page": found.page, "pages": found.pages}


def _line(one: FoundRow) -> dict[str, Any]:
    """A call of a list, without a result while a calibration is open on it."""
    total, failed = one.total, list(one.failed)
    if one.is_blind:
        total, failed = None, []
    return {
        "key": one.row.key,
        "id": one.name,
        "agent": one.row.agent,
        "queue": one.row.queue,
        "started_at": one.row.started_at,
        "duration_s": one.row.duration_s,
        "total": total,
        "failed": failed,
        "marked": one.is_marked,
        "blind": one.is_blind,
    }


@router.get("/calls/{key}")
def call(request: Request, who: SignedIn, key: Key) -> Response:
    """A call as its page shows it, masked."""
    case = seen_case(who, key)
    report = seen_report(who, case)
    card = who.office.calls.card_of(case.row)
    view = view_of(report, who.lang, plain=False, blind=case.is_blind, marks=case.marks, card=card)
    return Response(msgspec.json.encode(view), media_type="application/json")


@router.get("/calls/{key}/marks")
def marks(who: SignedIn, key: Key) -> Response:
    """The marks of a call, none of them while a calibration is open on it; agents see no names."""
    case = seen_case(who, key)
    shown: list[Mark] = []
    if not case.is_blind:
        shown = [mark for mark in case.marks if mark.stage != "calibration"]
    if not who.account.may_be("inspector", "second", "lead"):
        shown = [msgspec.structs.replace(mark, person="") for mark in shown]
    return Response(msgspec.json.encode(shown), media_type="application/json")


@router.get("/calls/{key}/draft")
def draft(who: SignedIn, key: Key, stage: Short) -> Response:
    """What somebody has drafted of a call at a stage."""
    judging = Judging(who, key, stage)
    found = {one.row.criterion: one.draft for one in judging.criteria() if one.kept is not None}
    return Response(msgspec.json.encode(found), media_type="application/json")


@router.get("/rounds")
def all_rounds(who: SignedIn) -> Response:
    """Calibrations, for leads."""
    who.require("lead")
    return Response(msgspec.json.encode(rounds(who.office.base)), media_type="application/json")


@router.get("/openapi.json", include_in_schema=False)
def openapi(request: Request, who: SignedIn) -> Response:
    """The description of all this."""
    return JSONResponse(request.app.openapi())
