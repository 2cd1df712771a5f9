"""A call as its page shows it at the desk: the view of the reports, masked, blind where a calibration is open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import msgspec

from qa_speech.desk.access import may_hear_all
from qa_speech.desk.judging import Asked
from qa_speech.desk.source import CallRow
from qa_speech.marks.accounts import Account
from qa_speech.marks.model import Mark, Seconds
from qa_speech.marks.stages import under_marks
from qa_speech.marks.work import Draft
from qa_speech.privacy.redact import masked_id
from qa_speech.report.people import for_people
from qa_speech.report.view import CallView, call_view
from qa_speech.scorecard import Scorecard
from qa_speech.scores import CallReport, CriterionScore, Score
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import placeholders

PERSONAL_FACTS = 1
"""Facts that name the file: they stand first."""


def view_of(
    report: CallReport, lang: Lang, *, plain: bool, blind: bool, marks: Iterable[Mark], card: Scorecard | None
) -> CallView:
    """The page of a call: under people's marks where there are any, without a word of the machine where it is blind."""
    shown = report if plain else for_people(report, lang=lang)
    score = shown.score
    if score is not None and blind:
        shown = CallReport(shown.call, score=blinded(score))
    elif score is not None and card is not None:
        shown = msgspec.structs.replace(shown, score=under_marks(score, card, marks, "final"))
    view = call_view(shown, lang)
    changes: dict[str, object] = {}
    if not plain:
        changes["id"] = shown_id(report.id, lang)
        changes["facts"] = view.facts[PERSONAL_FACTS:]
        changes["technical"] = ()
    if blind:
        changes["result"] = None
    return _replaced(view, changes)


def _replaced(view: CallView, changes: dict[str, object]) -> CallView:
    from dataclasses import replace

    return replace(view, **changes)  # type: ignore[arg-type]


def shown_id(call_id: str, lang: Lang) -> str:
    """An id without the telephone number that it may hold."""
    return masked_id(call_id, placeholders(lang))


def name_for(account: Account, call_id: str, lang: Lang) -> str:
    """What a call is called before somebody."""
    if may_hear_all(account):
        return call_id
    return shown_id(call_id, lang)


def duration_of(row: CallRow) -> str:
    """How long a call lasts, as minutes and seconds; "" where that is not known."""
    if row.duration_s is None:
        return ""
    return terms.clock(row.duration_s)


def here(moment: dt.datetime) -> dt.datetime:
    """A moment in UTC, which bears no zone, in the zone of this machine."""
    return moment.replace(tzinfo=dt.UTC).astimezone()


def blinded(score: Score) -> Score:
    """A score that says nothing but what has to be judged."""
    criteria = tuple([_unjudged(held) for held in score.criteria])
    sections = tuple([msgspec.structs.replace(one, points=0.0, total=None, voided_by="") for one in score.sections])
    return msgspec.structs.replace(
        score, criteria=criteria, sections=sections, total=None, total_if_confirmed=None, coverage=0.0, band="",
        passed=None, tags={}, alarms=msgspec.UNSET, judged_points=msgspec.UNSET, possible_points=msgspec.UNSET,
    )  # fmt: skip


def _unjudged(held: CriterionScore) -> CriterionScore:
    return msgspec.structs.replace(
        held, outcome="manual", points=None, review=(), pending=False, evidence=(), reason="manual", detail={}
    )


def preview(report: CallReport, card: Scorecard | None, asked: Iterable[Asked], marks: Iterable[Mark]) -> str:
    """The total that the drafts would give, as it is shown; "" where there is none."""
    if report.score is None or card is None:
        return ""
    made: list[Mark] = [*marks]
    for one in asked:
        if one.draft.outcome is not None:
            made.append(_as_mark(one))
    return terms.optional(under_marks(report.score, card, made, "final").total)


def _as_mark(one: Asked) -> Mark:
    assert one.draft.outcome is not None
    return Mark(
        call=one.row.call, criterion=one.row.criterion, stage="final", outcome=one.draft.outcome, person="-",
        role="lead", at="9999-01-01T00:00:00", points=one.draft.points,
    )  # fmt: skip


def seconds_text(draft: Draft) -> str:
    """Attached seconds as a form carries them: ``12.50-14.00 20.00-21.30``."""
    return " ".join([f"{one.start:.2f}-{one.end:.2f}" for one in draft.evidence])


def seconds_of(text: str, duration_s: float) -> list[Seconds]:
    """The same back; what is no stretch of the call is left out.

    >>> seconds_of("1.00-2.50 9.00-5.00 x", 10.0)
    [Seconds(start=1.0, end=2.5)]
    """
    found: list[Seconds] = []
    for part in text.split():
        start, dash, end = part.partition("-")
        try:
            one = Seconds(float(start), float(end))
        except ValueError:
            continue
        if dash and one.end <= duration_s + 1.0:
            found.append(one)
    return found
