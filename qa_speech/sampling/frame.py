"""The frame of a draw: all calls of a run, or of a folder of scored calls, in the terms in which a plan speaks of them.

    id, duration_s, total, band, coverage …     as in the table of results; passed, scorable, fatal are 1 or 0
    silence_longest_s, talk_agent …             figures, named as `qa-speech export` names them
    criterion.ID                                how a criterion came out: pass, partial, fail, not_applicable …
    review.CODE                                 criteria with this reason for a person to look, a count
    agent, team, queue …                        metadata; one that is called like a column of the results is meta_NAME
    started_at, hour, day, week, weekday, month when the call began: 0–23, 2026-11-30, 2026-W49, Monday 1, 2026-11

Calls that failed or were forgotten cannot be drawn and are counted; calls without a total can.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import readable
from qa_speech.sampling.conditions import Condition, Value
from qa_speech.sampling.draw import Candidate
from qa_speech.sampling.plan import Plan
from qa_speech.scores import Outcome
from qa_speech.store.base import Result
from qa_speech.store.records import COLUMNS, FAILED, OK, CriterionRow, ResultRow
from qa_speech.store.reports import results_at
from qa_speech.store.sql import shown_name
from qa_speech.tables.dates import Moment, known
from qa_speech.wording.catalogue import REASONS

PLAIN = (
    "duration_s",
    "layout",
    "times",
    "language",
    "utterances",
    "words",
    "scorecard",
    "scorecard_version",
    "total",
    "total_if_confirmed",
    "coverage",
    "band",
    "reason",
    "to_review",
    "copied_from",
)
"""Columns of a result that are taken as they are."""
ALWAYS = ("total", "passed", "agent", "team", "started_at", "duration_s")
"""What a draw, its totals and its work lists need of a call, whatever the plan speaks of."""
OF_THE_START = ("hour", "day", "week", "weekday", "month")
FIXED = frozenset(("id", *PLAIN, "passed", "scorable", "fatal", "started_at", *OF_THE_START))
"""Names that a plan may always speak of, whether or not any call has a value."""
CRITERION, REVIEW = "criterion.", "review."
NEAR = 3
"""So many names are suggested for one that is unknown."""


class Frame(msgspec.Struct, frozen=True):
    """The calls that may be drawn, and how many could not be drawn or lack something. `names` can be spoken of, `filled` are
    those of which any call has a value."""

    calls: tuple[Candidate, ...]
    names: frozenset[str]
    filled: frozenset[str]
    failed: int = 0
    forgotten: int = 0
    without_total: int = 0
    without_start: int = 0


def frame_of(place: str | Path, names: Collection[str] | None = None) -> Frame:
    """The frame of the folder of a batch run, or of a result folder of `inspect` or `score`.

    Parameters
    ----------
    names
        Only these values (`Plan.names`) and those of `ALWAYS` are kept: a hundred thousand calls fit into memory.

    Raises
    ------
    ConfigError
        Nothing is stored there, or a file in it is not what it should be.
    """
    return frame_from(results_at(place), names)


def frame_from(results: Iterable[Result], names: Collection[str] | None = None) -> Frame:
    """The frame of results, e.g. of `Store.results()`.

    >>> from qa_speech.store.records import ResultRow
    >>> one = Result(ResultRow(id="7", status="ok", total=80.0), 0, {"agent": "1001", "started_at": "20261130-0915"})
    >>> frame = frame_from([one])
    >>> [frame.calls[0].values[name] for name in ("total", "agent", "hour", "week")]
    [80.0, '1001', 9, '2026-W49']
    """
    wanted = None if names is None else frozenset((*names, *ALWAYS))
    calls: list[Candidate] = []
    names_seen: set[str] = set(FIXED)
    filled: set[str] = set()
    statuses: Counter[str] = Counter()
    without_total = without_start = 0
    for result in results:
        statuses[result.row.status or ""] += 1
        if result.row.status != OK:
            continue
        values = values_of(result)
        names_seen.update(result.row.figures)
        filled.update(values)
        without_total += result.row.total is None
        without_start += "day" not in values
        if wanted is not None:
            values = _only(values, wanted)
        calls.append(Candidate(readable(result.row.id), values))
    return Frame(
        calls=tuple(calls),
        names=frozenset(names_seen | filled),
        filled=frozenset(filled),
        failed=statuses[FAILED],
        forgotten=statuses.total() - statuses[OK] - statuses[FAILED],
        without_total=without_total,
        without_start=without_start,
    )


def _only(values: Mapping[str, Value], wanted: Collection[str]) -> dict[str, Value]:
    """Some of the values; a reason that no criterion of a scored call has is 0."""
    found: dict[str, Value] = {}
    for name in wanted:
        if name in values:
            found[name] = values[name]
        elif name.startswith(REVIEW) and "fatal" in values:
            found[name] = 0
    return found


def values_of(result: Result) -> dict[str, Value]:
    """All that a plan may say of a call; what is not known is left out."""
    row = result.row
    values: dict[str, Value] = {"id": readable(row.id)}
    columns = msgspec.structs.asdict(row)
    values |= {name: columns[name] for name in PLAIN}
    values["passed"] = _as_number(row.passed)
    values["scorable"] = _as_number(row.scorable)
    values.update(row.figures)
    values.update(_of_criteria(row.criteria))
    values.update(_of_metadata(result.metadata, row))
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _as_number(flag: bool | None) -> float | None:
    return None if flag is None else int(flag)


def _of_criteria(criteria: Iterable[CriterionRow] | None) -> dict[str, Value]:
    """Outcomes, reasons to review, and whether a fatal criterion failed, also one that waits for a person."""
    if not criteria:
        return {}
    found: dict[str, Value] = {"fatal": 0}
    reasons: Counter[str] = Counter()
    for criterion in criteria:
        found[f"{CRITERION}{criterion.id}"] = criterion.outcome
        if criterion.fatal and criterion.outcome == "fail":
            found["fatal"] = 1
        if criterion.review:
            reasons.update(criterion.review)
    found.update({f"{REVIEW}{code}": count for code, count in reasons.items()})
    return found


def _of_metadata(metadata: Mapping[str, str], row: ResultRow) -> dict[str, Value]:
    """Metadata under the names that tables give them, and the parts of the time of the beginning."""
    found: dict[str, Value] = {}
    for key, value in metadata.items():
        found[_shown(key, row)] = readable(value)
    started = known(metadata.get("started_at", ""))
    if started is None:
        return found
    found["started_at"] = started.iso
    return found | of_the_start(started)


_TAKEN = {*COLUMNS, "fatal", *OF_THE_START}


def _shown(key: str, row: ResultRow) -> str:
    is_taken = key in row.figures or key.startswith((CRITERION, REVIEW))
    return shown_name(key, {*_TAKEN, key.lower()}) if is_taken else shown_name(key, _TAKEN)


def of_the_start(started: Moment) -> dict[str, Value]:
    """The parts of a time that plans speak of; a day alone tells no hour.

    >>> import datetime as dt
    >>> of_the_start(Moment(dt.date(2026, 11, 30), dt.time(9, 15)))
    {'hour': 9, 'day': '2026-11-30', 'week': '2026-W49', 'weekday': 1, 'month': '2026-11'}
    """
    year, week, weekday = started.day.isocalendar()
    day = started.day.isoformat()
    found: dict[str, Value] = {} if started.hour is None else {"hour": started.hour}
    return found | {"day": day, "week": f"{year}-W{week:02}", "weekday": weekday, "month": day[:7]}


# -- does the plan speak of what there is? -----------------------------------------------------------------------


def check(plan: Plan, frame: Frame, source: str = "plan") -> None:
    """Refuse a plan that names what no call has, or an outcome that there is not.

    Raises
    ------
    ConfigError
        All such names at once, with near ones.
    """
    if not frame.calls:
        return
    problems = [_no_such_name(name, "per", frame.names) for name in plan.per if name not in frame.filled]
    for condition in plan.every_condition:
        if not _is_known(condition, frame.names):
            problems.append(_no_such_name(condition.name, repr(condition.text), frame.names))
        elif condition.name.startswith(CRITERION):
            problems += _no_such_outcomes(condition)
    if problems:
        raise ConfigError(source, list(dict.fromkeys(problems)))


def _is_known(condition: Condition, names: Collection[str]) -> bool:
    if condition.operator == "is missing" or condition.name in names:
        return True
    code = condition.name.removeprefix(REVIEW)
    return condition.name.startswith(REVIEW) and code in REASONS


def _no_such_name(name: str, where: str, names: Collection[str]) -> str:
    near = get_close_matches(name, sorted(names), NEAR, 0.5)
    what = problem("{where}: no call has {name!r}", where=where, name=name)
    if near:
        what = problem("{what}; near names: {near}", what=what, near=", ".join(near))
    if where == "per":
        what = problem("{what}; per = [] takes all calls together", what=what)
    return what


def _no_such_outcomes(condition: Condition) -> list[str]:
    outcomes = get_args(Outcome)
    wrong = [text for text in condition.wanted if text not in outcomes]
    return [
        problem(
            "{condition!r}: no outcome {text!r}; expected one of: {outcomes}",
            condition=condition.text,
            text=text,
            outcomes=", ".join(outcomes),
        )
        for text in wrong
    ]
