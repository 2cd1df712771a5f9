"""The page of a call: hearing it, drafting, submitting, appealing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, get_args

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qa_speech.call import Role
from qa_speech.desk.access import Case, case_of, may_hear_all, stages
from qa_speech.desk.judging import (
    Appeal,
    Asked,
    MeanwhileError,
    MissingError,
    Submission,
    appeal,
    appeal_days,
    asked,
    drafted,
    history,
    may_appeal,
    submit,
)
from qa_speech.desk.pages import form_text, fragment, go, page, told
from qa_speech.desk.playing import is_plain, seen_case, seen_report, spans_of
from qa_speech.desk.showing import preview, seconds_of, seconds_text, view_of
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import key_of
from qa_speech.desk.words import UI
from qa_speech.errors import ConfigError
from qa_speech.marks.audit import noted
from qa_speech.marks.model import JUDGED, Stage
from qa_speech.marks.stages import appeal_until
from qa_speech.marks.work import StaleError, assignments, keep_draft, others_drafting
from qa_speech.privacy.sound import locate
from qa_speech.scores import CallReport
from qa_speech.wording.catalogue import STAGES
from qa_speech.wording.lang import pick
from qa_speech.wording.masking import NO_SOUND

router = APIRouter(include_in_schema=False)
OUTCOME_KEYS = tuple(zip(JUDGED, ("1", "2", "3", "0"), strict=True))
NAMES_SHOWN = 5


@router.get("/calls/{key}")
def call_page(request: Request, who: SignedIn, key: str, stage: str = "", plain: int = 0) -> Response:
    """A call with everything that may be done to it."""
    case = seen_case(who, key)
    report = seen_report(who, case)
    unmasked = is_plain(who, plain)
    allowed = stages(who.account, case)
    at_stage = _chosen(stage, allowed)
    card = who.office.calls.card(case.row.card) if case.row.card else None
    criteria = asked(who.office, who.account, case, report, at_stage or ("calibration" if case.is_blind else "final"))
    if unmasked:
        noted(who.office.base, who.name, "saw_unmasked", call=case.row.id, address=who.address)
    silence = _silence(who, report, plain=unmasked)
    if not silence:
        who.office.sounds.of(report.call)
    view = view_of(report, who.lang, plain=unmasked, blind=case.is_blind, marks=case.marks, card=card)
    suffix = "?plain=1" if unmasked else ""
    others = others_drafting(who.office.base, case.row.id, who.name, at_stage) if at_stage else []
    return page(
        request, who, "desk_call", view=view, case=case, stage=at_stage, stages=allowed, stage_names=STAGES,
        audio="" if silence else f"/calls/{key}/audio{suffix}", peaks="" if silence else f"/calls/{key}/peaks{suffix}",
        silence=silence, index="/", is_swapped=_is_swapped(report), back=_back(who), is_plain=unmasked,
        may_hear_all=may_hear_all(who.account),
        judged={one.row.criterion: one for one in criteria} if at_stage or case.marks else {},
        histories=_histories(who, case, criteria), outcomes=OUTCOME_KEYS, seconds=seconds_text,
        appealable=_appealable(who, case, criteria), others=others if at_stage != "calibration" else [], key_of=key_of,
        **_progress(case, report, at_stage, criteria, card),
    )  # fmt: skip


def _is_swapped(report: CallReport) -> bool:
    """Whether the agent, whose lane stands first, is on the second channel."""
    return report.call.recording.channels[:2] == (Role.CUSTOMER, Role.AGENT)


def _chosen(stage: str, allowed: Sequence[Stage]) -> Stage | None:
    """The stage asked for, if it is allowed; else the first that is."""
    for one in allowed:
        if one == stage:
            return one
    return allowed[0] if allowed else None


def _back(who: Visitor) -> str:
    return "/own" if who.account.roles == ("agent",) else "/mine"


def _silence(who: Visitor, report: CallReport, *, plain: bool) -> str:
    """Why there is no sound, "" = there is."""
    if report.call.times == "nominal":
        return pick(who.lang, *NO_SOUND["no_times"])
    if spans_of(report, plain=plain) is None:
        return pick(who.lang, *NO_SOUND["no_words"])
    if locate(report.call, who.office.options.recordings) is None:
        return pick(who.lang, *NO_SOUND["audio_missing"])
    return ""


def _histories(who: Visitor, case: Case, criteria: Sequence[Asked]) -> dict[str, list[str]]:
    names = who.account.may_be("lead", "second", "inspector")
    found: dict[str, list[str]] = {}
    for one in criteria:
        before = () if case.is_blind else one.before
        found[one.row.criterion] = history(before, who.lang, names=names)
    return found


def _appealable(who: Visitor, case: Case, criteria: Sequence[Asked]) -> dict[str, str]:
    """Until when each criterion may be appealed, those that may be."""
    if case.is_blind or not case.is_submitted:
        return {}
    days = appeal_days(who.office, case)
    found: dict[str, str] = {}
    for one in criteria:
        if not may_appeal(who.office, who.account, case, one.row.criterion):
            continue
        until = appeal_until(case.marks, case.row.id, one.row.criterion, days=days)
        found[one.row.criterion] = "" if until is None else _until(who, until)
    return found


def _until(who: Visitor, moment: dt.datetime) -> str:
    local = moment.replace(tzinfo=dt.UTC).astimezone()
    return pick(who.lang, *UI["appeal_by"]).format(until=f"{local:%Y-%m-%d %H:%M}")


def _progress(
    case: Case, report: CallReport, stage: Stage | None, criteria: Sequence[Asked], card: Any
) -> dict[str, Any]:
    """How far the judging is, and what it would come to."""
    wanted = [one for one in criteria if one.is_wanted]
    decided = [one for one in wanted if one.is_decided]
    shown = "" if case.is_blind else preview(report, card, decided, case.marks)
    return {"wanted": len(wanted), "decided": len(decided), "preview": shown, "seen": len(case.marks), "oob": False}


# -- judging


class Judging:
    """A call, its report and its criteria before whoever judges it at a stage."""

    def __init__(self, who: Visitor, key: str, stage: str) -> None:
        self.who = who
        self.case = seen_case(who, key)
        allowed = stages(who.account, self.case)
        if stage not in allowed:
            raise HTTPException(403)
        self.stage: Stage = next(one for one in get_args(Stage) if one == stage)
        self.report = seen_report(who, self.case)

    def criteria(self) -> list[Asked]:
        """Its criteria with what he has drafted."""
        return asked(self.who.office, self.who.account, self.case, self.report, self.stage)

    def progress(self, criteria: Sequence[Asked]) -> dict[str, Any]:
        """What the line above the sheet says now."""
        row = self.case.row
        card = self.who.office.calls.card(row.card) if row.card else None
        return {**_progress(self.case, self.report, self.stage, criteria, card), "oob": True}


@router.post("/calls/{key}/draft")
async def draft(request: Request, who: SignedIn, key: str, stage: str) -> Response:
    """Keep what was said of one criterion."""
    return await run_in_threadpool(_draft, request, who, key, stage, await request.form())


def _draft(request: Request, who: Visitor, key: str, stage: str, form: Any) -> Response:
    judging = Judging(who, key, stage)
    name = form_text(form, "criterion", most=200)
    criteria = judging.criteria()
    one = next((one for one in criteria if one.row.criterion == name and one.is_wanted), None)
    if one is None:
        raise HTTPException(404)
    outcome = form_text(form, "outcome", most=40)
    seconds = seconds_of(form_text(form, "seconds"), judging.report.call.duration)
    version = form_text(form, "version", most=9)
    try:
        said = drafted(
            one, outcome=outcome, points=form_text(form, "points", most=20).strip(), reason=form_text(form, "reason"),
            seconds=seconds,
        )  # fmt: skip
        kept = keep_draft(
            who.office.base, judging.case.row.id, who.name, judging.stage, name, said,
            version=int(version) if version.isdecimal() else 0, page=form_text(form, "page", most=40),
        )  # fmt: skip
    except StaleError:
        return told(who.lang, "stale", status=409)
    except ValueError as exc:
        return told(who.lang, "refused", status=422, problem=_own_language(who, str(exc)))
    progress = judging.progress([other._replace(kept=kept) if other is one else other for other in criteria])
    return fragment(request, who, "saved", case=judging.case, stage=judging.stage, **progress)


def _own_language(who: Visitor, problem: str) -> str:
    """Messages of the rules are Chinese, then English: as much of them as is wanted.

    They are kept whole where they cannot be told apart.
    """
    chinese, space, english = problem.partition(" ")
    if not space or not english.isascii() or chinese.isascii():
        return problem
    return pick(who.lang, chinese, english)


@router.post("/calls/{key}/submit")
async def submit_call(request: Request, who: SignedIn, key: str, stage: str) -> Response:
    """Make marks of the drafts, and go on to the next call."""
    return await run_in_threadpool(_submit, request, who, key, stage, await request.form())


def _submit(request: Request, who: Visitor, key: str, stage: str, form: Any) -> Response:
    judging = Judging(who, key, stage)
    seen = form_text(form, "seen", most=9)
    wanted = Submission(
        who.account, judging.case, judging.stage, int(seen) if seen.isdecimal() else 0,
        confirmed=form_text(form, "confirmed") == "1",
    )  # fmt: skip
    try:
        submit(who.office, wanted, judging.criteria(), who.address)
    except MissingError as exc:
        shown = "、".join(exc.criteria[:NAMES_SHOWN]) + ("……" if len(exc.criteria) > NAMES_SHOWN else "")
        return told(who.lang, "missing", status=422, n=len(exc.criteria), names=shown)
    except MeanwhileError as exc:
        titles = who.office.calls.rows().titles
        lines: list[str] = []
        for mark in exc.marks:
            lines += [
                f"{titles.get(mark.criterion, mark.criterion)}：{line}"
                for line in history([mark], who.lang, names=True)
            ]
        now_seen = len(case_of(who.office, judging.case.row).marks)
        return fragment(
            request, who, "meanwhile", status=409, lines=lines, case=judging.case, stage=judging.stage, seen=now_seen
        )
    except ConfigError as exc:
        problem = "；".join(_own_language(who, one) for one in exc.problems)
        return told(who.lang, "refused", status=422, problem=problem)
    return go(_next_page(who))


def _next_page(who: Visitor) -> str:
    """The next call that waits for somebody, or his list."""
    rows = who.office.calls.rows()
    for one in assignments(who.office.base, person=who.name, open_only=True):
        row = rows.of(one.call)
        if row is not None:
            return f"/calls/{row.key}?stage={one.stage}"
    return "/mine"


@router.post("/calls/{key}/appeal")
async def appeal_call(request: Request, who: SignedIn, key: str) -> Response:
    """Appeal against an outcome."""
    return await run_in_threadpool(_appeal, who, key, await request.form())


def _appeal(who: Visitor, key: str, form: Any) -> Response:
    case = seen_case(who, key)
    name, reason = form_text(form, "criterion", most=200), form_text(form, "reason").strip()
    if case.is_blind or not case.is_submitted or not may_appeal(who.office, who.account, case, name):
        raise HTTPException(403)
    if not reason:
        return told(who.lang, "needs_reason", status=422)
    report = seen_report(who, case)
    rows = {one.row.criterion: one.row for one in asked(who.office, who.account, case, report, "final")}
    try:
        appeal(who.office, who.account, case, rows, Appeal(name, form_text(form, "outcome", most=40), reason))
    except ConfigError as exc:
        return told(who.lang, "refused", status=422, problem="；".join(exc.problems))
    noted(who.office.base, who.name, "appealed", call=case.row.id, detail=name, address=who.address)
    return Response(f'<p class="saved-now">{pick(who.lang, *UI["appeal_sent"])}</p>', media_type="text/html")
