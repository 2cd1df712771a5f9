"""Which marks are kept: what every store of marks does alike, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.model import Mark, checked
from qa_speech.marks.stages import latest


def admitted(marks: Iterable[Mark], known: Sequence[Mark]) -> list[Mark]:
    """Those of the marks that are new, in their order; a person who says again what he last said says nothing new.

    Parameters
    ----------
    known
        All marks that are kept of the calls in question.

    Raises
    ------
    ConfigError
        One of them may not be made (`model.checked`), or a second opinion comes from whoever gave the first: all problems.

    Examples
    --------
    >>> first = Mark(
    ...     call="a", criterion="x", stage="first", outcome="fail", person="甲", role="inspector", at="2026-11-01T08:00:00"
    ... )
    >>> admitted([first], []) == [first], admitted([first], [first])
    (True, [])
    """
    problems: list[str] = []
    new: list[Mark] = []
    last = {_place(mark): mark for mark in latest(known)}
    first_by = {_opinion(mark) for mark in known if mark.stage == "first"}
    for mark in marks:
        try:
            checked(mark)
        except ConfigError as exc:
            problems += [problem("{source}: {what}", source=exc.source, what=what) for what in exc.problems]
            continue
        if mark.stage == "second" and _opinion(mark) in first_by:
            problems.append(
                problem(
                    "mark of {call}/{criterion}: second stage by {person}, who marked it first",
                    call=mark.call,
                    criterion=mark.criterion,
                    person=mark.person,
                )
            )
        if mark.stage == "first":
            first_by.add(_opinion(mark))
        said = last.get(_place(mark))
        if said is None or not mark.same_decision(said):
            new.append(mark)
            last[_place(mark)] = mark
    if len(problems) == 1:
        source, _, what = problems[0].partition(": ")
        raise ConfigError(source, [what])
    if problems:
        raise ConfigError("marks", problems)
    return new


def _place(mark: Mark) -> tuple[str, str, str, str]:
    """Where a later mark takes the place of an earlier one."""
    return mark.call, mark.criterion, mark.stage, mark.person


def _opinion(mark: Mark) -> tuple[str, str, str]:
    return mark.call, mark.criterion, mark.person
