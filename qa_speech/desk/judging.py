"""From what somebody drafted to marks: what he has to decide, what is still missing, what stands against it.

asked       the criteria of a call at a stage, each with what the machine and people have said
draft       what he said so far, kept with every key
submitted   marks through the store of marks and its rules; two people on one finding are both told
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec

from qa_speech.desk.access import Case, mark_role, open_round
from qa_speech.desk.office import Office
from qa_speech.desk.source import CallRow
from qa_speech.errors import ConfigError, problem
from qa_speech.marks.accounts import Account
from qa_speech.marks.audit import noted
from qa_speech.marks.base import Check
from qa_speech.marks.filled import require_reason, typed_points
from qa_speech.marks.model import JUDGED, Mark, Seconds, Stage, now
from qa_speech.marks.rounds import end_if_all_are_in
from qa_speech.marks.sheets import SheetRow
from qa_speech.marks.stages import APPEAL_DAYS, appeal_until, latest, require_in_time, standing
from qa_speech.marks.work import Draft, Kept, done, drafts, tell
from qa_speech.report.review import refusal
from qa_speech.scores import CallReport, Outcome
from qa_speech.wording import terms
from qa_speech.wording.catalogue import STAGES
from qa_speech.wording.lang import Lang, pick

MOST_SECONDS = 20
"""Stretches that may be attached to one mark."""


class Asked(NamedTuple):
    """A criterion before somebody. `reference` is what he may agree with: the machine's outcome at first, later what stands;
    "" = nothing that a person could agree with. `before` are the marks made so far, as far as he may see them."""

    row: SheetRow
    reference: str
    kept: Kept | None
    before: Sequence[Mark]
    is_wanted: bool

    @property
    def draft(self) -> Draft:
        """What he has said so far."""
        if self.kept is None:
            return Draft()
        return self.kept.draft

    @property
    def version(self) -> int:
        """Of the draft, 0 = none yet."""
        if self.kept is None:
            return 0
        return self.kept.version

    @property
    def is_decided(self) -> bool:
        """Whether he has said anything."""
        return self.draft.outcome is not None


class MissingError(ConfigError):
    """Criteria that have to be decided before a call can be submitted."""

    def __init__(self, call: str, criteria: Sequence[str]) -> None:
        super().__init__(call, [problem("still to decide: {criteria}", criteria=", ".join(criteria))])
        self.criteria = tuple(criteria)


class MeanwhileError(ConfigError):
    """Somebody else has marked the same criteria since the page was read; nothing was kept yet."""

    def __init__(self, call: str, marks: Sequence[Mark]) -> None:
        super().__init__(call, [problem("marked by somebody else in the meantime")])
        self.marks = tuple(marks)


def asked(office: Office, account: Account, case: Case, report: CallReport, stage: Stage) -> list[Asked]:
    """The criteria of a call at a stage, in the order of its card."""
    is_blind = stage == "calibration"
    rows = office.calls.sheet(report)
    kept = drafts(office.base, case.row.id, account.name, stage)
    stands = standing(case.marks)
    found: list[Asked] = []
    for row in rows:
        before: list[Mark] = []
        if not is_blind:
            before = _before(case.marks, row.criterion)
        stood = stands.get((row.call, row.criterion))
        reference = row.machine_outcome
        if stage in ("second", "final") and stood is not None:
            reference = stood.outcome
        if is_blind or reference not in JUDGED:
            reference = ""
        wanted = stage in ("first", "calibration") or bool(before)
        found.append(Asked(row, reference, kept.get(row.criterion), before, wanted))
    return found


def _before(marks: Sequence[Mark], criterion: str) -> list[Mark]:
    return [mark for mark in latest(marks) if mark.criterion == criterion and mark.stage != "calibration"]


def drafted(one: Asked, *, outcome: str, points: str, reason: str, seconds: Sequence[Seconds]) -> Draft:
    """A draft of what was typed; `outcome` ``agree``, one of `JUDGED`, or "" = not decided (any more).

    Raises
    ------
    ValueError
        It does not fit the criterion, in Chinese and English.
    """
    evidence = tuple(seconds)[:MOST_SECONDS]
    if not outcome:
        return Draft(reason=reason, evidence=evidence)
    agreed = outcome == "agree"
    if agreed and not one.reference:
        raise ValueError(problem("the machine has not judged it; please decide"))
    said: Outcome = msgspec.convert(one.reference if agreed else outcome, Outcome)
    if said not in JUDGED:
        raise ValueError(problem("expected one of: {judged}", judged=", ".join(JUDGED)))
    if agreed:
        return Draft(outcome=said, reason=reason, evidence=evidence, agreed=True)
    given = _points(one.row, said, points)
    return Draft(outcome=said, points=given, reason=reason, evidence=evidence, agreed=said == one.reference)


def _points(row: SheetRow, said: Outcome, points: str) -> float | None:
    """Points as typed; half of them for a part where none were: a person changes them where the card wants others."""
    if said == "partial" and not points and row.machine_outcome != "partial" and row.most is not None:
        least = row.least or 0.0
        return least + (row.most - least) / 2
    if said != "partial":
        points = ""  # left in the field from before
    return typed_points(points, said, row)


class Submission(NamedTuple):
    """What somebody submits: `seen` marks of the call were there when he read it, and `confirmed`: he knows what came since."""

    account: Account
    case: Case
    stage: Stage
    seen: int
    confirmed: bool = False


def submit(office: Office, wanted: Submission, criteria: Sequence[Asked], address: str) -> int:
    """Make marks of the drafts and close the assignment; how many marks are new.

    Raises
    ------
    MissingError
        Criteria are not decided yet.
    MeanwhileError
        Somebody else has marked the same; he and the others are told.
    ConfigError
        A mark may not be made (rules of marks, teams, reasons).
    """
    account, case, stage = wanted.account, wanted.case, wanted.stage
    missing = [one.row.title for one in criteria if not one.is_decided]
    decided = [one for one in criteria if one.is_decided]
    if not decided or (missing and stage in ("first", "calibration")):
        raise MissingError(case.row.id, missing)
    _require_reasons(case.row.id, decided)
    marks = [_mark(office, wanted, one) for one in decided]
    try:
        new = office.base.marks.add(marks, check=_check(wanted, marks))
    except MeanwhileError as exc:
        others = [mark.person for mark in exc.marks]
        tell(office.base, others, "also_marking", call=case.row.id, other=account.name)
        raise
    if wanted.confirmed:
        at_stage = [mark.person for mark in case.marks if mark.stage == stage]
        others = [person for person in at_stage if person != account.name]
        tell(office.base, others, "also_marked", call=case.row.id, other=account.name)
    done(office.base, case.row.id, account.name, stage)
    noted(office.base, account.name, f"submitted_{stage}", call=case.row.id, detail=f"{new} marks", address=address)
    _after(office, wanted, marks)
    return new


def _require_reasons(call: str, decided: Sequence[Asked]) -> None:
    problems: list[str] = []
    for one in decided:
        outcome = one.draft.outcome
        assert outcome is not None
        try:
            require_reason(outcome, one.draft.reason, one.row)
        except ValueError as exc:
            problems.append(problem("{title}: {reason}", title=one.row.title, reason=exc))
    if problems:
        raise ConfigError(call, problems)


def _mark(office: Office, wanted: Submission, one: Asked) -> Mark:
    draft, row = one.draft, one.row
    assert draft.outcome is not None
    evidence = draft.evidence
    if not evidence and row.seconds is not None and wanted.stage != "calibration":
        evidence = (row.seconds,)
    is_blind = wanted.stage == "calibration"
    round = open_round(office, row.call) if is_blind else None
    return Mark(
        call=row.call,
        criterion=row.criterion,
        stage=wanted.stage,
        outcome=draft.outcome,
        points=draft.points,
        reason=draft.reason,
        evidence=evidence,
        person=wanted.account.name,
        role=mark_role(wanted.account, wanted.stage, round),
        at=now(),
        scorecard=row.scorecard,
        scorecard_version=row.scorecard_version,
        machine_outcome=row.machine_outcome,
        machine_points=row.machine_points,
        blind=is_blind,
    )


def _check(wanted: Submission, marks: Sequence[Mark]) -> Check:
    """What is looked at while nobody else can write."""
    account, case, stage = wanted.account, wanted.case, wanted.stage
    mine = {mark.criterion for mark in marks}
    team = case.row.team

    def check(known: Sequence[Mark]) -> None:
        refuse = refusal({case.row.id: known}, {case.row.id: team}, {account.name: account.team})
        problems = {refuse(_place(mark), stage, account.name) for mark in marks} - {""}
        if problems:
            raise ConfigError(case.row.id, sorted(problems))
        if stage == "calibration" or wanted.confirmed:
            return
        since = [mark for mark in known[wanted.seen :] if mark.person != account.name and mark.criterion in mine]
        if since:
            raise MeanwhileError(case.row.id, since)

    return check


def _place(mark: Mark) -> SheetRow:
    return SheetRow(mark.call, mark.criterion, "", mark.machine_outcome, None, 0.0)


def _after(office: Office, wanted: Submission, marks: Sequence[Mark]) -> None:
    """Tell those whom it concerns, and end a calibration in which all are in."""
    case, stage, account = wanted.case, wanted.stage, wanted.account
    if stage == "calibration":
        for number in {one.round for one in case.given if one.stage == "calibration" and one.round}:
            end_if_all_are_in(office.base, number)
        return
    if stage not in ("second", "final"):
        return
    decided = {mark.criterion: mark.outcome for mark in marks}
    for before in latest(case.marks):
        if before.person == account.name or before.criterion not in decided:
            continue
        if before.stage == "appeal":
            tell(office.base, [before.person], "appeal_decided", call=case.row.id, criterion=before.criterion)
        elif before.stage in ("first", "second") and decided[before.criterion] != before.outcome:
            tell(
                office.base, [before.person], "changed", call=case.row.id, criterion=before.criterion, other=account.name
            )  # fmt: skip


# -- appeals


def appeal_days(office: Office, row: CallRow) -> int:
    """Days for appeals by the card of a call."""
    card = office.calls.card_of(row)
    if card is None:
        return APPEAL_DAYS
    return card.appeal_days


def may_appeal(office: Office, account: Account, case: Case, criterion: str) -> bool:
    """Whether somebody may appeal against what stands for a criterion, now."""
    own = account.may_be("agent") and account.agent and case.row.agent == account.agent
    if not own and not account.may_be("lead"):
        return False
    until = appeal_until(case.marks, case.row.id, criterion, days=appeal_days(office, case.row))
    return until is None or until > dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Appeal(NamedTuple):
    """What an agent, or the lead for him, wants changed, and why."""

    criterion: str
    outcome: str
    reason: str


def appeal(office: Office, account: Account, case: Case, rows: Mapping[str, SheetRow], wanted: Appeal) -> None:
    """Register an appeal; nothing changes until somebody decides.

    Raises
    ------
    ConfigError
        It comes too late, gives no reason, or there is no such criterion.
    """
    row = rows.get(wanted.criterion)
    if row is None or wanted.outcome not in ("pass", "partial", "not_applicable"):
        raise ConfigError(case.row.id, [problem("no such criterion, or no outcome to appeal for")])
    days, at = appeal_days(office, case.row), now()

    def in_time(known: Sequence[Mark]) -> None:
        require_in_time(known, case.row.id, wanted.criterion, at, days=days)

    mark = Mark(
        call=case.row.id,
        criterion=wanted.criterion,
        stage="appeal",
        outcome=msgspec.convert(wanted.outcome, Outcome),
        person=account.name,
        role=mark_role(account, "appeal"),
        at=at,
        reason=wanted.reason.strip(),
        scorecard=row.scorecard,
        scorecard_version=row.scorecard_version,
        machine_outcome=row.machine_outcome,
        machine_points=row.machine_points,
    )
    office.base.marks.add([mark], check=in_time)


def history(before: Sequence[Mark], lang: Lang, *, names: bool) -> list[str]:
    """What people have said of a criterion so far, a line each; without names for the agent."""
    lines: list[str] = []
    for mark in before:
        who = terms.term(STAGES, mark.stage, lang)
        if names:
            who = f"{who} {mark.person}"
        decided = terms.outcome(mark.outcome, lang) + terms.bracket(mark.reason, lang)
        lines.append(pick(lang, f"{who}：{decided}", f"{who}: {decided}"))
    return lines
