"""The whole answer of `qa-speech agreement`: by criterion and inspector, drift, what to reword, bounds that would agree better."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.agreement import (
    FEW,
    Alike,
    CriterionAgreement,
    Drift,
    Kind,
    Pair,
    Side,
    Suggestion,
    by_criterion,
    drift,
    expert_pairs,
    machine_pairs,
    people_pairs,
    share_alike,
    suggested_bound,
    totals_agreement,
)
from qa_speech.marks.calibration import calibration_totals
from qa_speech.marks.model import Mark
from qa_speech.marks.scores import cards_of
from qa_speech.marks.stages import standing
from qa_speech.scorecard import Scorecard
from qa_speech.scores import Score
from qa_speech.stats.agreement import Agreement
from qa_speech.store.reports import read_reports

REWORD_KAPPA = 0.6
"""Kappa between people below which the wording is suspected: less than substantial (Landis & Koch 1977)."""
REWORD_SHARE = 0.8
"""The same of the share alike, where kappa is not defined."""


class Bound(NamedTuple):
    """A metric criterion with a bound that would have agreed better with people: `side` ``at_least`` or ``at_most``."""

    criterion: str
    metric: str
    side: Side
    now: float
    suggestion: Suggestion


class PersonAgreement(NamedTuple):
    """How often one person and the other side say the same."""

    person: str
    alike: Alike


class Study(NamedTuple):
    """The answer. `reword` names criteria on which people agree little among themselves, the worst first; `totals` is the
    agreement of people's totals in calibration."""

    kind: Kind
    alike: Alike | None
    criteria: tuple[CriterionAgreement, ...]
    people: tuple[PersonAgreement, ...]
    drifting: tuple[Drift, ...]
    drifting_people: tuple[Drift, ...]
    reword: tuple[CriterionAgreement, ...]
    totals: Agreement
    bounds: tuple[Bound, ...]


def study_of_run(run: str | Path, marks: Sequence[Mark], kind: Kind = "machine") -> Study:
    """Everything the marks of a run say of agreement; the run is read for the figures behind metric criteria and for totals.

    Raises
    ------
    ConfigError
        The run cannot be read, or there is no mark.
    """
    if not marks:
        raise ConfigError(str(run), [problem("no marks yet; `qa-speech review import` brings some in")])
    cards = cards_of(run)
    scored: dict[str, tuple[Score, Scorecard]] = {}
    for report in read_reports(run, ids={mark.call for mark in marks}):
        card = None if report.score is None else cards(report.score.scorecard_sha256)
        if report.score is not None and card is not None:
            scored[report.call.id] = report.score, card
    return study(scored, marks, kind)


def study(scored: Mapping[str, tuple[Score, Scorecard]], marks: Sequence[Mark], kind: Kind = "machine") -> Study:
    """The same from scores with their cards."""
    pairs = {"machine": machine_pairs, "people": people_pairs, "expert": expert_pairs}[kind](marks)
    return Study(
        kind=kind,
        alike=share_alike(pairs),
        criteria=tuple(by_criterion(pairs)),
        people=tuple(_by_person(pairs)),
        drifting=tuple(drift(pairs, by="criterion")),
        drifting_people=tuple(drift(pairs, by="person")),
        reword=tuple(_to_reword(by_criterion(people_pairs(marks)))),
        totals=totals_agreement(calibration_totals(scored, marks)),
        bounds=tuple(_bounds(scored, marks)) if kind == "machine" else (),
    )


def _by_person(pairs: Iterable[Pair]) -> list[PersonAgreement]:
    """In the order of their names: no ranking."""
    held: dict[str, list[Pair]] = {}
    for pair in pairs:
        held.setdefault(pair.person, []).append(pair)
    found: list[PersonAgreement] = []
    for person, mine in sorted(held.items()):
        alike = share_alike(mine)
        assert alike is not None
        found.append(PersonAgreement(person, alike))
    return found


def _to_reword(criteria: Iterable[CriterionAgreement]) -> list[CriterionAgreement]:
    found: list[CriterionAgreement] = []
    for one in criteria:
        if one.n < FEW or one.share is None:
            continue
        is_low = one.share.value < REWORD_SHARE if one.kappa.value is None else one.kappa.value < REWORD_KAPPA
        if is_low:
            found.append(one)
    return found


class Measured(NamedTuple):
    """A metric criterion with one bound: its figure in every marked call, and whether people let it pass."""

    metric: str
    side: Side
    now: float
    values: list[float]
    passed: list[bool]


def _bounds(scored: Mapping[str, tuple[Score, Scorecard]], marks: Iterable[Mark]) -> list[Bound]:
    """Metric criteria whose bound could agree better, by name; those with both bounds or few marks are left out."""
    held: dict[tuple[str, Side, float], Measured] = {}
    for (call, criterion), mark in standing(marks).items():
        if call not in scored or mark.outcome not in ("pass", "fail"):
            continue
        for judged in scored[call][0].criteria:
            side = _side(judged.detail)
            value = judged.detail.get("value")
            if judged.id != criterion or side is None or not isinstance(value, int | float):
                continue
            now = float(judged.detail[side] or 0.0)
            metric = f"{judged.detail['metric']}.{judged.detail['component']}".removesuffix(".value")
            mine = held.setdefault((criterion, side, now), Measured(metric, side, now, [], []))
            mine.values.append(float(value))
            mine.passed.append(mark.outcome == "pass")
    found: list[Bound] = []
    for (criterion, _, _), mine in sorted(held.items()):
        suggestion = suggested_bound(mine.values, mine.passed, mine.now, side=mine.side)
        if suggestion is not None and suggestion.n >= FEW and suggestion.bound != mine.now:
            found.append(Bound(criterion, mine.metric, mine.side, mine.now, suggestion))
    return found


def _side(detail: Mapping[str, str | float | None]) -> Side | None:
    """The bound of a metric criterion; None where it is none, has both, is combined with others or turned round."""
    if detail.get("operator") != "metric" or detail.get("combined") or detail.get("negated"):
        return None
    both: tuple[Side, Side] = ("at_least", "at_most")
    sides = [side for side in both if detail.get(side) is not None]
    return sides[0] if len(sides) == 1 else None
