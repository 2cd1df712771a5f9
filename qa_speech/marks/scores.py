"""Stored scores under people's marks: reports, and rows of a run, by the same arithmetic.

machine   as they are
human     by marks alone
final     by marks where there are any, else by the machine
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec
from msgspec.structs import replace

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.base import MarkStore
from qa_speech.marks.model import Mark
from qa_speech.marks.stages import MarksMode, under_marks
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.scores import AlarmScore, CallReport, CriterionScore, Evidence, Outcome, Score
from qa_speech.store.base import Result
from qa_speech.store.cards import RunScorecards
from qa_speech.store.folder import is_run
from qa_speech.store.records import AlarmRow, CriterionRow, PlaceRow, with_score

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard

CardBook: TypeAlias = "Callable[[str], Scorecard | None]"
"""The scorecard of a hash, or None."""


def cards_of(place: str | Path) -> CardBook:
    """The scorecards by which the calls stored at a place were scored: those the run has kept, else those that are shipped."""
    if is_run(place):
        return RunScorecards(Path(place)).get
    shipped: dict[str, Scorecard] = {}
    for file in sorted(folder("scorecards").glob("*.yaml")):
        card = load_scorecard(file)
        shipped[card.sha256] = card
    return shipped.get


def by_call(store: MarkStore) -> dict[str, list[Mark]]:
    """All marks, by the call they speak of."""
    found: dict[str, list[Mark]] = {}
    for mark in store.marks():
        found.setdefault(mark.call, []).append(mark)
    return found


def marked_reports(
    reports: Iterable[CallReport], card_of: Callable[[CallReport], Scorecard | None], marks: Mapping[str, list[Mark]],
    mode: MarksMode,
) -> Iterator[CallReport]:  # fmt: skip
    """Reports with their scores under marks.

    Raises
    ------
    ConfigError
        A call has a score, but its scorecard is not at hand.
    """
    for report in reports:
        if report.score is None or mode == "machine":
            yield report
            continue
        card = _required(card_of(report), report.id, report.score.scorecard_id)
        yield replace(report, score=under_marks(report.score, card, marks.get(report.id, ()), mode))


def marked_results(
    results: Iterable[Result], cards: CardBook, marks: Mapping[str, list[Mark]], mode: MarksMode
) -> Iterator[Result]:
    """Rows of a run with their scores under marks; the column ``marks`` says the mode.

    Raises
    ------
    ConfigError
        A row has a score, but the run has not kept its scorecard.
    """
    for result in results:
        row = result.row
        if mode == "machine" or row.scorecard_sha256 is None or row.criteria is None:
            yield result
            continue
        card = _required(cards(row.scorecard_sha256), row.id, row.scorecard or "")
        if row.scorable:
            machine = Score(
                call_id=row.id,
                scorecard_id=row.scorecard or "",
                scorecard_version=row.scorecard_version or 0,
                scorecard_sha256=row.scorecard_sha256,
                criteria=tuple(_criterion(one, card) for one in row.criteria),
                sections=(),
                total=row.total,
                total_if_confirmed=row.total_if_confirmed,
                coverage=row.coverage or 0.0,
                alarms=msgspec.UNSET if row.alarms is None else tuple(_alarm(one) for one in row.alarms),
            )
            row = with_score(row, under_marks(machine, card, marks.get(row.id, ()), mode))
        yield replace(result, row=row, metadata={**result.metadata, "marks": mode})


def _required(card: Scorecard | None, call: str, name: str) -> Scorecard:
    if card is None:
        raise ConfigError(
            call,
            [
                problem(
                    "its scorecard {name} is not at hand, so marks cannot be counted; name it: --scorecard FILE",
                    name=name,
                )
            ],
        )
    return card


def _criterion(row: CriterionRow, card: Scorecard) -> CriterionScore:
    """A criterion as it was stored; what the card says of it is taken from the card."""
    outlined = {criterion.id: criterion for criterion in card.criteria}[row.id or ""]
    return CriterionScore(
        id=row.id or "",
        title=row.title or "",
        section=row.section or "",
        outcome=msgspec.convert(row.outcome, Outcome),
        points=row.points,
        possible=row.possible or 0.0,
        review=row.review or (),
        pending=bool(row.pending),
        fatal=row.fatal or "",
        severity=row.severity or "",
        tags=outlined.tags,
        evidence=tuple(_evidence(place) for place in row.places or ()),
        reason=row.reason or "",
        comment_required=outlined.comment_required,
        scored=outlined.scored,
    )


def _alarm(row: AlarmRow) -> AlarmScore:
    evidence = tuple(_evidence(place) for place in row.places or ())
    review = row.review or ()
    return AlarmScore(row.id or "", row.title or "", row.severity or "", row.raised, row.reason or "", review, evidence)


def _evidence(place: PlaceRow) -> Evidence:
    """Where it is; what was said there is in the Call."""
    values = {"kind": place.kind, "start": place.start_s, "end": place.end_s, "role": place.role}
    return msgspec.convert(values, Evidence)
