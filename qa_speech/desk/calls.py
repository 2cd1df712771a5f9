"""The page of a call: hearing it, drafting, submitting, appealing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple, get_args

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
from qa_speech.desk.pages import form_number, form_text, fragment, go, page, refused, told
from qa_speech.desk.playing import is_plain, seen_case, seen_report, spans_of
from qa_speech.desk.showing import here, preview, seconds_of, seconds_text, view_of
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import key_of
from qa_speech.desk.words import UI
from qa_speech.errors import ConfigError, said_by
from qa_speech.marks.audit import noted
from qa_speech.marks.model import JUDGED, Mark, Stage
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
    card = who.office.calls.card_of(case.row)
    criteria = asked(who.office, who.account, case, report, _stage_shown(case, at_stage))
    if unmasked:
        noted(who.office.base, who.name, "saw_unmasked", call=case.row.id, address=who.address)
    sound = _sound(who, key, report, plain=unmasked)
    view = view_of(report, who.lang, plain=unmasked, blind=case.is_blind, marks=case.marks, card=card)
    judged: dict[str, Asked] = {}
    if at_stage or case.marks:
        judged = {one.row.criterion: one for one in criteria}
    _prepare_next(who, case)
    others: list[str] = []
    if at_stage and at_stage != "calibration":
        others = others_drafting(who.office.base, case.row.id, who.name, at_stage)
    return page(
        request,
        who,
        "desk_call",
        view=view,
        case=case,
        stage=at_stage,
        stages=allowed,
        stage_names=STAGES,
        audio=sound.audio,
        peaks=sound.peaks,
        silence=sound.silence,
        index="/",
        is_swapped=_is_swapped(report),
        back=_back(who),
        is_plain=unmasked,
        may_hear_all=may_hear_all(who.account),
        judged=judged,
        histories=_histories(who, case, criteria),
        outcomes=OUTCOME_KEYS,
        seconds=seconds_text,
        appealable=_appealable(who, case, criteria),
        others=others,
        key_of=key_of,
        **_progress(case, report, at_stage, criteria, card),
    )


def _prepare_next(who: Visitor, case: Case) -> None:
    """Read the call that comes after this one while this one is judged."""
    for one in assignments(who.office.base, person=who.name, open_only=True):
        if one.call != case.row.id:
            who.office.prepare(one.call, sound=False)
            return


@router.get("/calls/{key}/ahead")
def call_ahead(who: SignedIn, key: str) -> Response:
    """Somebody points at a call in a list: it is read before he opens it."""
    who.office.prepare(seen_case(who, key).row.id)
    return Response(status_code=204)


def _is_swapped(report: CallReport) -> bool:
    """Whether the agent, whose lane stands first, is on the second channel."""
    return report.call.recording.channels[:2] == (Role.CUSTOMER, Role.AGENT)


def _chosen(stage: str, allowed: Sequence[Stage]) -> Stage | None:
    """The stage asked for, if it is allowed; else the first that is."""
    for one in allowed:
        if one == stage:
            return one
    if not allowed:
        return None
    return allowed[0]


def _stage_shown(case: Case, stage: Stage | None) -> Stage:
    """The stage whose criteria stand on the page, also before whoever may judge at none."""
    if stage is not None:
        return stage
    if case.is_blind:
        return "calibration"
    return "final"


def _back(who: Visitor) -> str:
    if who.account.roles == ("agent",):
        return "/own"
    return "/mine"


class _Sound(NamedTuple):
    """Addresses of the sound and of its peaks; both "" where there is none, and `silence` says why."""

    audio: str = ""
    peaks: str = ""
    silence: str = ""


def _sound(who: Visitor, key: str, report: CallReport, *, plain: bool) -> _Sound:
    """The sound of a call, which is being prepared from now on."""
    silence = _silence(who, report, plain=plain)
    if silence:
        return _Sound(silence=silence)
    who.office.sounds.of(report.call)
    audio, peaks = f"/calls/{key}/audio", f"/calls/{key}/peaks"
    if plain:
        return _Sound(f"{audio}?plain=1", f"{peaks}?plain=1")
    return _Sound(audio, peaks)


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
        found[one.row.criterion] = []
        if not case.is_blind:
            found[one.row.criterion] = history(one.before, who.lang, names=names)
    return found


def _appealable(who: Visitor, case: Case, criteria: Sequence[Asked]) -> dict[str, str]:
    """Until when each criterion may be appealed, those that may be."""
    if case.is_blind or not case.is_submitted:
        return {}
    days = appeal_days(who.office, case.row)
    found: dict[str, str] = {}
    for one in criteria:
        name = one.row.criterion
        if may_appeal(who.office, who.account, case, name):
            found[name] = _until(who, appeal_until(case.marks, case.row.id, name, days=days))
    return found


def _until(who: Visitor, moment: dt.datetime | None) -> str:
    if moment is None:
        return ""
    return pick(who.lang, *UI["appeal_by"]).format(until=f"{here(moment):%Y-%m-%d %H:%M}")


def _progress(
    case: Case, report: CallReport, stage: Stage | None, criteria: Sequence[Asked], card: Any
) -> dict[str, Any]:
    """How far the judging is, and what it would come to."""
    wanted = [one for one in criteria if one.is_wanted]
    decided = [one for one in wanted if one.is_decided]
    shown = ""
    if not case.is_blind:
        shown = preview(report, card, decided, case.marks)
    return {
        "wanted": len(wanted),
        "decided": len(decided),
        "preview": shown,
        "seen": len(case.marks),
        "oob": False,
    }


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
        card = self.who.office.calls.card_of(self.case.row)
        return {**_progress(self.case, self.report, self.stage, criteria, card), "oob": True}


@router.post("/calls/{key}/draft")
async def draft(request: Request, who: SignedIn, key: str, stage: str) -> Response:
    """Keep what was said of one criterion."""
    return await run_in_threadpool(_draft, request, who, key, stage, await request.form())


def _draft(request: Request, who: Visitor, key: str, stage: str, form: Any) -> Response:
    judging = Judging(who, key, stage)
    name = form_text(form, "criterion", most=200)
    criteria = judging.criteria()
    place = _place_of(name, criteria)
    seconds = seconds_of(form_text(form, "seconds"), judging.report.call.duration)
    try:
        said = drafted(
            criteria[place],
            outcome=form_text(form, "outcome", most=40),
            points=form_text(form, "points", most=20).strip(),
            reason=form_text(form, "reason"),
            seconds=seconds,
        )
        kept = keep_draft(
            who.office.base,
            judging.case.row.id,
            who.name,
            judging.stage,
            name,
            said,
            version=form_number(form, "version"),
            page=form_text(form, "page", most=40),
        )
    except StaleError:
        return told(who.lang, "stale", status=409)
    except ValueError as exc:
        return refused(who.lang, [said_by(exc)])
    criteria[place] = criteria[place]._replace(kept=kept)
    return fragment(request, who, "saved", case=judging.case, stage=judging.stage, **judging.progress(criteria))


def _place_of(name: str, criteria: Sequence[Asked]) -> int:
    """Where a criterion stands that has to be judged; there is no page for any other."""
    for place, one in enumerate(criteria):
        if one.row.criterion == name and one.is_wanted:
            return place
    raise HTTPException(404)


@router.post("/calls/{key}/submit")
async def submit_call(request: Request, who: SignedIn, key: str, stage: str) -> Response:
    """Make marks of the drafts, and go on to the next call."""
    return await run_in_threadpool(_submit, request, who, key, stage, await request.form())


def _submit(request: Request, who: Visitor, key: str, stage: str, form: Any) -> Response:
    judging = Judging(who, key, stage)
    wanted = Submission(
        who.account,
        judging.case,
        judging.stage,
        form_number(form, "seen"),
        confirmed=form_text(form, "confirmed") == "1",
    )
    try:
        submit(who.office, wanted, judging.criteria(), who.address)
    except MissingError as exc:
        return _missing(who, exc.criteria)
    except MeanwhileError as exc:
        return _meanwhile(request, judging, exc.marks)
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    return go(_next_page(who))


def _missing(who: Visitor, criteria: Sequence[str]) -> Response:
    """What has still to be decided, the first by name."""
    names = "、".join(criteria[:NAMES_SHOWN])
    if len(criteria) > NAMES_SHOWN:
        names += "……"
    return told(who.lang, "missing", status=422, n=len(criteria), names=names)


def _meanwhile(request: Request, judging: Judging, marks: Sequence[Mark]) -> Response:
    """What others have marked since the page was read."""
    who = judging.who
    titles = who.office.calls.rows().titles
    lines: list[str] = []
    for mark in marks:
        title = titles.get(mark.criterion, mark.criterion)
        for line in history([mark], who.lang, names=True):
            lines.append(f"{title}：{line}")
    seen = len(case_of(who.office, judging.case.row).marks)
    return fragment(
        request,
        who,
        "meanwhile",
        status=409,
        lines=lines,
        case=judging.case,
        stage=judging.stage,
        seen=seen,
    )


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
    criteria = asked(who.office, who.account, case, report, "final")
    rows = {one.row.criterion: one.row for one in criteria}
    wanted = Appeal(name, form_text(form, "outcome", most=40), reason)
    try:
        appeal(who.office, who.account, case, rows, wanted)
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    noted(who.office.base, who.name, "appealed", call=case.row.id, detail=name, address=who.address)
    return Response(f'<p class="saved-now">{pick(who.lang, *UI["appeal_sent"])}</p>', media_type="text/html")
