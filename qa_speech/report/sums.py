"""How a total came about, as a line that a person can check, and what an item that waits would cost; read from a stored `Score`.

    (10 × 100 + 25 × 20 + 30 × 71.43) ÷ 65 = 56.07

A stored score does not hold its card, so the line is worked out again from sections and criteria. It is shown only where it
comes to the very total that was stored: a sum that does not add up is worse than none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from qa_speech.report.labels import SUMS
from qa_speech.scorecard.deductions import is_deduction
from qa_speech.scores import CriterionScore, Score, SectionScore
from qa_speech.wording.lang import Lang, listed, say

NEAR = 0.011
"""Points by which two totals may differ that were rounded to two digits."""
WHOLE = 100.0


class Part(NamedTuple):
    """A section in the sum: what it weighs, without what waits for a person's judgement, and the points it has of those
    judged, or the sections inside."""

    id: str
    title: str
    weight: float
    points: float
    possible: float
    inside: tuple[Part, ...] = ()

    @property
    def rate(self) -> float | None:
        """What it has earned, 0–100; None where nothing was judged."""
        if self.inside:
            return _mean(self.inside)
        if self.possible <= 0:
            return None
        return min(WHOLE, max(0.0, WHOLE * self.points / self.possible))


class Effects(NamedTuple):
    """What acts on the whole form: bonus points, caps by the criterion that failed, and the criterion that voids it."""

    bonus: float = 0.0
    caps: Mapping[str, float] = {}
    void: str = ""


def lines(score: Score | None, lang: Lang) -> tuple[str, ...]:
    """The sum of a total, and what it leaves out; nothing where there is no total, or no sum that comes to it.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/quality-only.yaml"))
    >>> lines(result, "en")[0].endswith(f"= {result.total:g}")
    True
    """
    found = _understood(score)
    if score is None or found is None:
        return ()
    parts, effects = found
    told = [_sum(parts, effects, score, lang)]
    told += [_sum_inside(part) for part in parts if part.inside and part.rate is not None]
    without = [part.title for part in parts if part.rate is None]
    if without:
        told.append(say(lang, SUMS["left_out"], list=listed(without, lang)))
    waiting = _waiting(score)
    if waiting:
        told.append(say(lang, SUMS["pending"], n=len(waiting)))
    return tuple(told)


def costs(score: Score | None) -> Mapping[str, float]:
    """By the id of each criterion that waits for a person: points of the total that are lost once it is confirmed alone.

    Nothing where all of them together do not come to the total that was stored for that case.
    """
    found = _understood(score)
    if score is None or found is None or score.total_if_confirmed is None:
        return {}
    parts, effects = found
    waiting = _waiting(score)
    together = _confirmed(parts, effects, waiting)
    if together is None or abs(together - score.total_if_confirmed) > NEAR:
        return {}
    assert score.total is not None
    found_costs = {}
    for criterion in waiting:
        alone = _confirmed(parts, effects, [criterion])
        if alone is not None:
            found_costs[criterion.id] = max(0.0, round(score.total - alone, 2))
    return found_costs


def _understood(score: Score | None) -> tuple[list[Part], Effects] | None:
    """The parts of a total and what acts on it; None where they do not come to it."""
    if score is None or score.total is None:
        return None
    parts = list(_parts(score))
    caps = {}
    void = ""
    for criterion in score.criteria:
        if criterion.outcome != "fail" or criterion.pending:
            continue
        if criterion.fatal == "form":
            void = void or criterion.title
        elif criterion.fatal.startswith("cap:"):
            caps[criterion.title] = float(criterion.fatal.removeprefix("cap:"))
    for bonus in (0.0, _bonus(score)):
        effects = Effects(bonus, caps, void)
        total = _total(parts, effects)
        if total is not None and abs(total - score.total) <= NEAR:
            return parts, effects
    return None


def _waiting(score: Score) -> list[CriterionScore]:
    return [criterion for criterion in score.criteria if criterion.pending and is_deduction(criterion)]


def _bonus(score: Score) -> float:
    """Points of bonus items that were earned: those of the form are added to the total, those of a section are in it."""
    earned = [one.points or 0.0 for one in score.criteria if not one.possible and not one.pending]
    return sum(points for points in earned if points > 0)


class _Branch(NamedTuple):
    """A section with those inside."""

    section: SectionScore
    inside: tuple[_Branch, ...] = ()


def _branches(score: Score) -> list[_Branch]:
    """The sections as a tree: one that has no criteria of its own holds those after it that come to its points."""
    own = {criterion.section for criterion in score.criteria}
    found: list[_Branch] = []
    waiting = list(score.sections)
    while waiting:
        section = waiting.pop(0)
        inside: list[_Branch] = []
        left = 0.0 if section.id in own else section.possible
        while waiting and left > NEAR:
            left -= waiting[0].possible
            inside.append(_Branch(waiting.pop(0)))
        found.append(_Branch(section, tuple(inside)))
    return found


def _parts(score: Score) -> Iterator[Part]:
    for branch in _branches(score):
        if branch.section.weight > 0:
            yield _part(branch, score)


def _part(branch: _Branch, score: Score) -> Part:
    section = branch.section
    inside = tuple(_part(one, score) for one in branch.inside)
    kept = 1.0
    if isinstance(score.judged_points, float):
        kept = _kept_inside(branch, inside) if inside else _kept(score, section)
    return Part(section.id, section.title, section.weight * kept, section.points, section.possible, inside)


def _kept_inside(branch: _Branch, inside: Sequence[Part]) -> float:
    """The share of what the sections inside weigh that does not wait for a person's judgement."""
    whole = sum(one.section.weight for one in branch.inside)
    if not whole:
        return 1.0
    return sum(part.weight for part in inside) / whole


def _kept(score: Score, section: SectionScore) -> float:
    """The share of a section's weight, 0–1, that does not wait for a person's judgement."""
    applicable = waiting = 0.0
    for criterion in score.criteria:
        if criterion.section != section.id or criterion.outcome == "not_applicable":
            continue
        applicable += criterion.possible
        if criterion.outcome == "manual":
            waiting += criterion.possible
    if not applicable:
        return 1.0
    return 1 - waiting / applicable


def _total(parts: Sequence[Part], effects: Effects) -> float | None:
    """The total of parts by weight, 0–100, with what acts on the form."""
    mean = _mean(parts)
    if mean is None:
        return None
    total = min(WHOLE, max(0.0, mean + effects.bonus))
    if effects.void:
        total = 0.0
    return round(min(total, *effects.caps.values(), WHOLE), 2)


def _mean(parts: Sequence[Part]) -> float | None:
    judged = [(part.weight, part.rate) for part in parts]
    weight = sum(weight for weight, rate in judged if rate is not None)
    if not weight:
        return None
    return sum(weight * rate for weight, rate in judged if rate is not None) / weight


def _confirmed(parts: Sequence[Part], effects: Effects, confirmed: Collection[CriterionScore]) -> float | None:
    """The total if these items that wait are right."""
    changed = list(parts)
    for criterion in confirmed:
        if criterion.fatal == "form":
            effects = effects._replace(void=criterion.title)
        elif criterion.fatal.startswith("cap:"):
            caps = {**effects.caps, criterion.title: float(criterion.fatal.removeprefix("cap:"))}
            effects = effects._replace(caps=caps)
        changed = [_with(part, criterion) for part in changed]
    return _total(changed, effects)


def _with(part: Part, criterion: CriterionScore) -> Part:
    """A section with one more item judged."""
    if part.inside:
        return part._replace(inside=tuple(_with(one, criterion) for one in part.inside))
    if part.id != criterion.section:
        return part
    points = part.points + (criterion.points or 0.0)
    possible = part.possible + criterion.possible
    if criterion.fatal == "section" and criterion.outcome == "fail":
        points = 0.0
    return part._replace(points=points, possible=possible)


# ---------------------------------------------------------------------------------------------------- in words


def _sum(parts: Sequence[Part], effects: Effects, score: Score, lang: Lang) -> str:
    mean = _mean(parts) or 0.0
    text = _products(parts)
    reached = min(WHOLE, mean + effects.bonus)
    if effects.bonus:
        text += say(lang, SUMS["bonus"], n=_exact(effects.bonus), total=_exact(reached))
    if effects.void:
        text += say(lang, SUMS["void"], title=effects.void)
    for title, cap in effects.caps.items():
        words = SUMS["cap"] if cap < reached else SUMS["cap_free"]
        text += say(lang, words, title=title, n=_exact(cap), total=_exact(score.total or 0.0))
    return text


def _sum_inside(part: Part) -> str:
    return f"{part.title}: {_products(part.inside)}"


def _products(parts: Sequence[Part]) -> str:
    """(10 × 100 + 25 × 20) ÷ 35 = 42.86"""
    judged = [(part.weight, part.rate) for part in parts]
    products = " + ".join(f"{_exact(weight)} × {_exact(rate)}" for weight, rate in judged if rate is not None)
    whole = sum(weight for weight, rate in judged if rate is not None)
    return f"({products}) ÷ {_exact(whole)} = {_exact(_mean(parts) or 0.0)}"


def _exact(value: float) -> str:
    """A number with two digits at most, none that say nothing.

    >>> _exact(71.428), _exact(20.0)
    ('71.43', '20')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")
