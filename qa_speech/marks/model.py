"""A mark: what a person decided about one criterion of one call, at one stage, at one time.

    calibration        blind, outside every average
    first 初检          the inspector
    appeal 申诉         the agent, or the lead for him: nothing changes until it is decided
    second 复核         an inspector of another team who did not mark it (`rules` knows the marks, the sheet the teams)
    final 终审          the lead; also closes an appeal that nobody decided

A mark is never changed and never removed; where the call itself is forgotten (`base.MarkStore.forget`), what would lead back to
it is. A later mark of the same person at the same stage takes its place in views alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from math import isfinite
from typing import Literal, TypeAlias

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.scores import Outcome

Stage: TypeAlias = Literal["calibration", "first", "appeal", "second", "final"]
MarkRole: TypeAlias = Literal["inspector", "agent", "lead", "expert"]

STAGES: tuple[Stage, ...] = ("calibration", "first", "appeal", "second", "final")
DECIDED: tuple[Stage, ...] = ("first", "second", "final")
"""Stages whose marks count, the later over the earlier."""
WHO_MAY: dict[Stage, tuple[MarkRole, ...]] = {
    "calibration": ("inspector", "lead", "expert"),
    "first": ("inspector", "lead"),
    "appeal": ("agent", "lead"),
    "second": ("inspector", "lead"),
    "final": ("lead",),
}
JUDGED: tuple[Outcome, ...] = ("pass", "partial", "fail", "not_applicable")
"""Outcomes a person may give."""


class Seconds(msgspec.Struct, frozen=True):
    """A stretch of the recording that proves a mark, seconds from its beginning."""

    start: float
    end: float

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < float("inf"):
            raise ValueError(f"need 0 <= start <= end, got start={self.start}, end={self.end}")


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `points` None = what the outcome gives by the card; `at` ISO 8601 in UTC, without offset.

    `machine_outcome` and `machine_points` are what the machine had said then; `blind` = the person was not shown it.
    """

    call: str
    criterion: str
    stage: Stage
    outcome: Outcome
    person: str
    role: MarkRole
    at: str
    points: float | None = None
    reason: str = ""
    evidence: tuple[Seconds, ...] = ()
    scorecard: str = ""
    scorecard_version: int = 0
    machine_outcome: str = ""
    machine_points: float | None = None
    blind: bool = False

    def same_decision(self, other: Mark) -> bool:
        """Whether another mark says the same, whenever it was made."""
        return msgspec.structs.replace(self, at="") == msgspec.structs.replace(other, at="")


def checked(mark: Mark) -> Mark:
    """The mark, if it may be made.

    Raises
    ------
    ConfigError
        Its person may not mark at this stage, its outcome is none that a person gives, or something is missing.

    Examples
    --------
    >>> made = Mark(
    ...     call="a", criterion="greeting", stage="final", outcome="pass", person="李", role="agent", at="2026-11-30T08:00:00"
    ... )
    >>> try:
    ...     checked(made)
    ... except ConfigError as exc:
    ...     print(exc.problems[0])
    stage final is marked by lead, not by agent
    """
    problems = [*_stage_problems(mark)]
    if mark.outcome not in JUDGED:
        problems.append(
            problem("outcome {outcome}; expected one of: {judged}", outcome=mark.outcome, judged=", ".join(JUDGED))
        )
    for name, value in (("call", mark.call), ("criterion", mark.criterion), ("person", mark.person)):
        if not value.strip():
            problems.append(problem("{name} is empty", name=name))
    if mark.points is not None and not isfinite(mark.points):
        problems.append(problem("points {points}; expected a finite number", points=mark.points))
    if not _is_utc(mark.at):
        problems.append(
            problem("at {at!r}; expected ISO 8601 in UTC like 2026-11-30T08:00:00, without offset", at=mark.at)
        )
    if problems:
        raise ConfigError(f"mark of {mark.call}/{mark.criterion}", problems)
    return mark


def _stage_problems(mark: Mark) -> Iterator[str]:
    """What the stage asks of the one who marks, and is not so."""
    if mark.stage not in STAGES:
        yield problem("stage {stage}; expected one of: {stages}", stage=mark.stage, stages=", ".join(STAGES))
        return
    if mark.role not in WHO_MAY[mark.stage]:
        allowed = " or ".join(WHO_MAY[mark.stage])
        yield problem(
            "stage {stage} is marked by {allowed}, not by {role}", stage=mark.stage, allowed=allowed, role=mark.role
        )
    if mark.stage == "calibration" and not mark.blind:
        yield problem("calibration is blind: the person must not have seen what the machine said")
    if mark.stage == "appeal" and not mark.reason.strip():
        yield problem("an appeal needs its reason")


def _is_utc(text: str) -> bool:
    """Whether times sort as texts: one form, one clock."""
    try:
        when = dt.datetime.fromisoformat(text)
    except ValueError:
        return False
    return when.tzinfo is None and text.startswith(when.isoformat(timespec="seconds"))


def now() -> str:
    """This moment as marks keep it: UTC, to the microsecond."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
