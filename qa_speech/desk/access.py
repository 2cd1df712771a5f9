"""Who may see a call, hear it as it is, and judge it at which stage: one table, asked by every page.

role        sees                                        judges
inspector   calls given to him                          first, calibration
second      calls of other teams that people marked     second, calibration
lead        all                                         first, second, final, calibration; appeals for an agent
agent       submitted calls of his own number           appeals
trainer     submitted calls                             calibration
admin       no call                                     accounts, audit
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from qa_speech.desk.office import Office
from qa_speech.desk.source import CallRow
from qa_speech.marks.accounts import Account
from qa_speech.marks.model import DECIDED, Mark, MarkRole, Stage
from qa_speech.marks.rounds import Round, blind_calls, rounds
from qa_speech.marks.work import Assignment, assignments


class Case(NamedTuple):
    """A call before somebody: its row, its marks, what is assigned of it to whom. `is_blind`: a calibration is open on it."""

    row: CallRow
    marks: Sequence[Mark]
    given: Sequence[Assignment]
    is_blind: bool

    @property
    def is_submitted(self) -> bool:
        """Whether people have marked it so that it counts."""
        return any(mark.stage in DECIDED for mark in self.marks)

    def mine(self, account: Account) -> list[Assignment]:
        """What of it was given to somebody."""
        return [one for one in self.given if one.person == account.name]


def case_of(office: Office, row: CallRow) -> Case:
    """A call with all that decides who may do what with it."""
    marks = office.base.marks.marks([row.id])
    given = assignments(office.base, call=row.id)
    return Case(row, marks, given, row.id in blind_calls(office.base))


def may_see(account: Account, case: Case) -> bool:
    """Whether somebody may open a call."""
    mine = case.mine(account)
    if case.is_blind:
        return any(one.stage == "calibration" for one in mine) or account.may_be("lead")
    if mine or account.may_be("lead"):
        return True
    return case.is_submitted and may_see_submitted(account, case.row)


def may_see_submitted(account: Account, row: CallRow) -> bool:
    """Whether somebody may open a call that people have marked and nobody has given to him."""
    if account.may_be("trainer"):
        return True
    if account.may_be("second") and not is_of_his_team(account, row):
        return True
    return account.may_be("agent") and bool(account.agent) and row.agent == account.agent


def may_hear_all(account: Account) -> bool:
    """Whether somebody may see and hear customers' data."""
    return account.unmasked


def stages(account: Account, case: Case) -> list[Stage]:
    """At which stages somebody may judge a call, what he was given first."""
    found: list[Stage] = []
    open_round = any(one.stage == "calibration" and not one.done_at for one in case.mine(account))
    if case.is_blind:
        return ["calibration"] if open_round else []
    given = {one.stage for one in case.mine(account)}
    if account.may_be("inspector", "lead") and ("first" in given or account.may_be("lead")):
        found.append("first")
    opinion = account.may_be("second", "lead") and not is_of_his_team(account, case.row)
    if opinion and _can_be_reviewed(account, case):
        found.append("second")
    if account.may_be("lead") and _is_marked(case):
        found.append("final")
    waiting = {one.stage for one in case.mine(account) if not one.done_at}
    return sorted(found, key=lambda stage: stage not in waiting)


def is_of_his_team(account: Account, row: CallRow) -> bool:
    """Whether a call was taken in somebody's own team."""
    return bool(account.team) and account.team == row.team


def _can_be_reviewed(account: Account, case: Case) -> bool:
    """Whether somebody else has marked or appealed anything of it."""
    return any(mark.stage in ("first", "appeal") and mark.person != account.name for mark in case.marks)


def _is_marked(case: Case) -> bool:
    return any(mark.stage != "calibration" for mark in case.marks)


def mark_role(account: Account, stage: Stage, round: Round | None = None) -> MarkRole:
    """As what somebody marks at a stage."""
    if stage == "calibration":
        if round is not None and round.expert == account.name:
            return "expert"
        if account.may_be("inspector", "second", "trainer"):
            return "inspector"
    elif stage == "appeal":
        if account.may_be("agent"):
            return "agent"
    elif stage != "final" and account.may_be("inspector", "second"):
        return "inspector"
    return "lead"


def open_round(office: Office, call: str) -> Round | None:
    """The open calibration that a call is in, the oldest of several."""
    found = [one for one in rounds(office.base) if one.is_open and call in one.calls]
    return found[-1] if found else None
