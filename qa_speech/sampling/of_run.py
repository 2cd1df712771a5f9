"""From a run, a draw and the marks to the estimates: everything read, nothing written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import readable
from qa_speech.marks.agreement import Pair, machine_pairs
from qa_speech.marks.decided import DecidedCall, decided_call, marks_by_call, scored_criteria
from qa_speech.marks.model import Mark
from qa_speech.marks.reading import has_marks, read_marks
from qa_speech.marks.scores import cards_of
from qa_speech.marks.stages import MarksMode
from qa_speech.sampling.draw import Candidate
from qa_speech.sampling.estimates import Figure
from qa_speech.sampling.estimation import Estimates, census, estimated
from qa_speech.sampling.frame import frame_of
from qa_speech.sampling.joined import CRITERION, joined
from qa_speech.sampling.record import read_record
from qa_speech.scorecard import Scorecard
from qa_speech.store.reports import read_reports


class Question(NamedTuple):
    """What is asked: `by` metadata ("" = all calls together), `width` and `within` in points, `marks_db` path or URL."""

    figure: Figure
    mode: MarksMode = "final"
    by: str = ""
    width: float = 30.0
    within: float | None = None
    marks_db: str | None = None


class Answered(NamedTuple):
    """The estimates; of the machine alone also how its criteria agreed with people."""

    estimates: Estimates
    pairs: tuple[Pair, ...] = ()


def answered(run: str | Path, sample: str | Path | None, question: Question) -> Answered:
    """What the marks of a draw say of all calls of a run; in mode ``machine`` its census, for which no draw is needed.

    Raises
    ------
    ConfigError
        The run, the draw or the marks cannot be read, or the figure or the groups are not to be found in the run.
    """
    calls = frame_of(run).calls
    _require_known(question, calls, str(run))
    if question.mode == "machine":
        marks = read_marks(run, question.marks_db) if has_marks(run, question.marks_db) else []
        pairs = [pair for pair in machine_pairs(marks) if _is_of(question.figure, pair)]
        return Answered(census(question.figure, calls, question.by), tuple(pairs))
    if sample is None:
        raise ConfigError(
            "--sample",
            [problem("expected what `qa-speech sample draw` wrote: marks without a draw speak for no other call")],
        )
    record = read_record(sample)
    marks = read_marks(run, question.marks_db, [one.id for one in record.drawn])
    decided = decided_calls(run, marks, question.figure, question.mode)
    data = joined(question.figure, record, calls, decided)
    found = estimated(data, marks=question.mode, by=question.by, wanted_width=question.width, within=question.within)
    return Answered(found)


def _require_known(question: Question, calls: Sequence[Candidate], source: str) -> None:
    """Refuse a criterion or a grouping that no call has."""
    known: set[str] = set()
    for call in calls:
        known.update(call.values)
    problems: list[str] = []
    criteria = sorted(name.removeprefix("criterion.") for name in known if name.startswith("criterion."))
    criterion = question.figure.name.removeprefix(CRITERION)
    if question.figure.name.startswith(CRITERION) and criterion not in criteria:
        problems.append(
            problem(
                "no call was judged on {criterion!r}; expected one of: {criteria}",
                criterion=criterion,
                criteria=", ".join(criteria),
            )
        )
    if question.by and question.by not in known:
        problems.append(problem("no call has {by!r} to be grouped by", by=question.by))
    if problems:
        raise ConfigError(source, problems)


def _is_of(figure: Figure, pair: Pair) -> bool:
    return not figure.name.startswith(CRITERION) or pair.criterion == figure.name.removeprefix(CRITERION)


def decided_calls(run: str | Path, marks: Iterable[Mark], figure: Figure, mode: MarksMode) -> dict[str, DecidedCall]:
    """The calls that somebody has marked, as they are decided, by id."""
    by_call = marks_by_call(marks)
    cards = cards_of(run)
    found: dict[str, DecidedCall] = {}
    for report in read_reports(run, ids=by_call.keys()):
        score = report.score
        card = None if score is None else cards(score.scorecard_sha256)
        if score is None or card is None:
            continue
        wanted = _wanted(figure, card)
        found[readable(score.call_id)] = decided_call(score, card, by_call[score.call_id], mode, wanted)
    return found


def _wanted(figure: Figure, card: Scorecard) -> tuple[str, ...]:
    """Criteria that have to be decided before a call counts."""
    if figure.name.startswith(CRITERION):
        return (figure.name.removeprefix(CRITERION),)
    return scored_criteria(card)
