"""The score sheet of a call as its page shows it: sections, criteria, the evidence of each. Text ready, no markup."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from qa_speech.call import Call
from qa_speech.report import sums
from qa_speech.report.charts import percent
from qa_speech.report.labels import SUMS, UI
from qa_speech.scorecard.deductions import deductions, is_deduction
from qa_speech.scores import CallReport, CriterionScore, Evidence, Score, SectionScore
from qa_speech.wording import exhibit, messages, terms
from qa_speech.wording.lang import Lang, say
from qa_speech.wording.sentences import sentence, why_unjudged

LEAST_APART = 4
"""Criteria that stand apart where none of them could be judged, and for the same reason."""
LEAD_S = 1.0
"""A silence or an overlap is played from so many seconds before it, so that one hears what it interrupts."""
_TIME = re.compile(r"[0-9]+(?::[0-9]{2}){1,2}")
_TIMES = re.compile(r"[（(][^（()）“”\"]*?[0-9]:[0-9]{2}[0-9:–、, …等]*[)）]")
NOT_DONE = "undone"
"""State of a miss that costs nothing: a bonus not earned."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence with where to hear it, from `at` to `until`, in seconds; `at` None when the call has no times."""

    text: str
    where: str
    at: float | None
    line: int | None
    until: float = 0.0


class Piece(NamedTuple):
    """A piece of a sentence; a time of the call has the second to play from, other text None."""

    text: str
    at: float | None = None


@dataclass(frozen=True, slots=True)
class CriterionView:
    """One criterion of the score sheet. `state` is its outcome, or ``undone`` for a miss that costs nothing; `said` is the
    sentence in pieces; `cost` says what one that waits would take from the total."""

    id: str
    title: str
    state: str
    mark: str
    points: str
    sentence: str
    said: tuple[Piece, ...]
    proofs: tuple[Proof, ...]
    review: tuple[str, ...]
    pending: bool
    fatal: str
    severity: str
    cost: str = ""


@dataclass(frozen=True, slots=True)
class AlarmView:
    """An alarm of the card: `rang`, or it could not be looked for; `doubts` say why it may be a mistake."""

    title: str
    rang: bool
    severity: str
    why: str
    doubts: tuple[str, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True)
class SectionView:
    """One section of the score sheet; `weighs` says what it has earned and what it weighs."""

    id: str
    title: str
    weighs: str
    voided: bool
    criteria: tuple[CriterionView, ...]


class Apart(NamedTuple):
    """What could not be judged for one reason: criteria of all sections, or figures, by their names."""

    reason: str
    names: tuple[str, ...]


class Sheet(NamedTuple):
    """A score sheet with what was found in its sections, and what could not be judged `apart`."""

    sections: tuple[SectionView, ...]
    apart: tuple[Apart, ...]


@dataclass(frozen=True, slots=True)
class Pin:
    """A mark under the lanes where a criterion was not met; `x` in % of the call, `at` in seconds."""

    x: float
    at: float
    outcome: str
    title: str


def section_views(report: CallReport, lang: Lang) -> list[SectionView]:
    """The score sheet by section; criteria whose section is unknown come last, under no title."""
    score = report.score
    if score is None:
        return []
    costs = sums.costs(score)
    found = []
    for section in score.sections:
        own = [criterion for criterion in score.criteria if criterion.section == section.id]
        found.append(
            SectionView(
                id=section.id,
                title=section.title,
                weighs=_weighs(section, lang),
                voided=bool(section.voided_by),
                criteria=criterion_views(own, report.call, lang, costs),
            )
        )
    rest = _without_section(score)
    if rest:
        found.append(SectionView("", "", "", False, criterion_views(rest, report.call, lang, costs)))
    return found


def _weighs(section: SectionScore, lang: Lang) -> str:
    """What a section has earned, in %, and its weight; one without weight holds only what voids or caps the total."""
    if not section.weight:
        return terms.term(UI, "veto", lang)
    weight = f"{terms.term(UI, 'weight', lang)} {terms.number(section.weight)}"
    if section.total is None:
        return f"{terms.term(UI, 'rate', lang)} {terms.NO_FIGURE}{terms.bracket(weight, lang)}"
    earned = f"{terms.number(section.points)} ÷ {terms.number(section.possible)} = {terms.number(section.total)}%"
    return f"{terms.term(UI, 'rate', lang)} {earned}{terms.bracket(weight, lang)}"


def gathered(sections: Sequence[SectionView]) -> Sheet:
    """A score sheet without repetition: where four criteria or more could not be judged for one reason, they stand apart, and
    a page shows what was found."""
    reasons = Counter(one.sentence for part in sections for one in part.criteria if one.state == "not_measured")
    common = [reason for reason, count in reasons.most_common() if count >= LEAST_APART]
    kept = []
    names: dict[str, list[str]] = {reason: [] for reason in common}
    for part in sections:
        criteria = []
        for one in part.criteria:
            if one.state == "not_measured" and one.sentence in names:
                names[one.sentence].append(one.title)
            else:
                criteria.append(one)
        if criteria:
            kept.append(replace(part, criteria=tuple(criteria)))
    return Sheet(tuple(kept), tuple(Apart(reason, tuple(names[reason])) for reason in common))


def alarm_views(report: CallReport, lang: Lang) -> tuple[AlarmView, ...]:
    """The alarms of a call: those that rang, then those that could not be looked for."""
    if report.score is None:
        return ()
    found: list[AlarmView] = []
    for alarm in report.score.alarms or ():
        proofs = tuple(proof(one, report.call, lang) for one in alarm.evidence)
        why = "" if alarm.raised else terms.reason(alarm.reason, lang)
        doubts = tuple(terms.reason(code, lang) for code in alarm.review)
        severity = terms.severity(alarm.severity, lang)
        found.append(AlarmView(alarm.title, bool(alarm.raised), severity, why, doubts, proofs))
    return tuple(sorted(found, key=lambda one: not one.rang))


def _without_section(score: Score) -> list[CriterionScore]:
    known = {section.id for section in score.sections}
    return [criterion for criterion in score.criteria if criterion.section not in known]


NO_COSTS: Mapping[str, float] = {}


def criterion_views(
    criteria: Iterable[CriterionScore], call: Call, lang: Lang, costs: Mapping[str, float] = NO_COSTS
) -> tuple[CriterionView, ...]:
    """Criteria as the score sheet shows them, in the order given; `costs` as `sums.costs` tells them."""
    return tuple(criterion_view(criterion, call, lang, costs) for criterion in criteria)


def criterion_view(
    criterion: CriterionScore, call: Call, lang: Lang, costs: Mapping[str, float] = NO_COSTS
) -> CriterionView:
    """One criterion as the score sheet shows it."""
    state = _state(criterion)
    text = _sentence(criterion, call, lang)
    return CriterionView(
        id=criterion.id,
        title=criterion.title,
        state=state,
        mark=_mark(state, lang),
        points=_points(criterion),
        sentence=text,
        said=pieces(text) if call.times != "nominal" else (Piece(text),),
        proofs=_proofs(criterion, call, lang),
        review=messages.review(criterion, lang),
        pending=criterion.pending and _counts(criterion),
        fatal=terms.fatal(criterion.fatal, lang),
        severity=terms.severity(criterion.severity, lang),
        cost=_cost(costs.get(criterion.id), lang),
    )


def _cost(points: float | None, lang: Lang) -> str:
    if points is None:
        return ""
    if not points:
        return terms.term(SUMS, "no_cost", lang)
    return say(lang, SUMS["cost"], n=terms.number(points))


def pieces(text: str) -> tuple[Piece, ...]:
    """A sentence with its times apart, those in brackets: what somebody said is no time of the call.

    >>> [piece.at for piece in pieces("坐席静音 7.2 秒（03:12–03:19）：“12:30 开门”") if piece.at is not None]
    [192.0, 199.0]
    """
    found: list[Piece] = []
    end = 0
    for bracket in _TIMES.finditer(text):
        for one in _TIME.finditer(text, *bracket.span()):
            found.append(Piece(text[end : one.start()]))
            seconds = 0.0
            for part in one.group().split(":"):
                seconds = 60 * seconds + float(part)
            found.append(Piece(one.group(), seconds))
            end = one.end()
    found.append(Piece(text[end:]))
    return tuple(found)


def _counts(criterion: CriterionScore) -> bool:
    """Whether its outcome moves the total; a bonus not earned does not."""
    return criterion.outcome == "pass" or is_deduction(criterion)


def _judged(criterion: CriterionScore) -> bool:
    return criterion.outcome in ("pass", "partial", "fail")


def _state(criterion: CriterionScore) -> str:
    if _judged(criterion) and not _counts(criterion):
        return NOT_DONE
    return criterion.outcome


def _mark(state: str, lang: Lang) -> str:
    if state == NOT_DONE:
        return terms.term(UI, "not_done", lang)
    return terms.outcome(state, lang)


def _points(criterion: CriterionScore) -> str:
    if criterion.outcome == "not_applicable":
        return ""
    return terms.points(criterion)


def _sentence(criterion: CriterionScore, call: Call, lang: Lang) -> str:
    if _judged(criterion):
        return sentence(criterion, lang=lang, call=call)
    return why_unjudged(criterion, lang, call)


# ------------------------------------------------------------------------------------------------- evidence


def proof(evidence: Evidence, call: Call, lang: Lang) -> Proof:
    """Evidence as the page links it."""
    return Proof(
        text=exhibit.note(evidence, lang, call),
        where=exhibit.where(evidence, lang, call),
        at=_play_from(evidence, call),
        line=exhibit.line_of(evidence, call),
        until=evidence.end,
    )


def _play_from(evidence: Evidence, call: Call) -> float | None:
    """The second to play from."""
    if call.times == "nominal":
        return None
    if evidence.kind == "interval":
        return max(0.0, evidence.start - LEAD_S)
    return max(0.0, evidence.start)


def _proofs(criterion: CriterionScore, call: Call, lang: Lang) -> tuple[Proof, ...]:
    """Evidence worth a link."""
    if not _evidence_speaks_of(criterion):
        return ()
    passed = criterion.outcome == "pass"
    kept = [one for one in criterion.evidence if one.kind != "absence" or not passed]
    return tuple(proof(one, call, lang) for one in kept)


def _evidence_speaks_of(criterion: CriterionScore) -> bool:
    """Whether the evidence is of this outcome. A metric's speaks of the whole metric: none of it proves that all went well."""
    detail = criterion.detail
    if detail.get("operator") != "metric":
        return True
    if not terms.declared(str(detail.get("metric")), str(detail.get("component"))).placed:
        return False
    return criterion.outcome != "pass" or detail.get("unit") == "count"


def evidence_against(report: CallReport) -> Iterator[tuple[CriterionScore, Evidence]]:
    """All that speaks against the call and has a place in it, in the order of the scorecard."""
    if report.score is None:
        return
    for criterion in report.score.criteria:
        if is_deduction(criterion):
            for evidence in criterion.evidence:
                if evidence.kind != "absence":
                    yield criterion, evidence


def pins(report: CallReport, lang: Lang) -> list[Pin]:
    """Where to listen: the evidence of everything not met that has a place in the call."""
    call = report.call
    if call.times == "nominal":
        return []
    found = []
    for criterion, evidence in evidence_against(report):
        linked = proof(evidence, call, lang)
        outcome = "pending" if criterion.pending else criterion.outcome
        title = f"{criterion.title} · {linked.text} · {linked.where}"
        found.append(Pin(percent(evidence.start, call.duration), linked.at or 0.0, outcome, title))
    return found


def deduction_views(report: CallReport, lang: Lang) -> tuple[CriterionView, ...]:
    """What cost points, gravest first."""
    return criterion_views(deductions(report.score), report.call, lang, sums.costs(report.score))
