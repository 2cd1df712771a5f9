"""What is valid but wrong: a scorecard that loads and still does not say what its author meant.

`lint` looks at the card alone, and runs the examples written inside it. A finding is a `problem` (somebody will be
judged wrongly) or a `note` (worth a look). It is a code with the words and numbers of its sentence; `wording.lint`
makes the sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from itertools import groupby, pairwise
from typing import TYPE_CHECKING

from qa_speech.scorecard.checks.base import walk
from qa_speech.scorecard.examples import covered, run_examples
from qa_speech.scorecard.finding import LintFinding
from qa_speech.scorecard.lint_phrases import contradictions, phrase_findings
from qa_speech.stats.intervals import marks_needed

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Criterion, Scorecard, Section, Trust

_HAIR = 1e-9
_SHORTEST_ID = 6
"""Characters from which ids that are nearly the same are taken for each other."""
_TOO_ALIKE = 0.94
_TWICE = 17
"""Characters from which ids that differ in two places can still be too alike."""


def lint(card: Scorecard) -> list[LintFinding]:
    """Everything questionable about a scorecard, problems and notes, in the order of the file.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - id: greeting
    ...         title: 问候
    ...         points: 10
    ...         check: {phrase: {any: [您好], role: agent, unless: [您好]}}
    ... ''')
    >>> [finding.code for finding in lint(card) if finding.level == "problem"]
    ['shadowed', 'never_passes']
    """
    found = list(_form(card))
    for section in card.sections:
        found += _section(section)
        if not card.manual.keep_weight:
            found += _mostly_manual(section)
    for criterion in card.criteria:
        found += _criterion(criterion)
        found += _checks(criterion)
    for alarm in card.alarms:
        found += phrase_findings(alarm.id, alarm.check.operator)
        if not any(inner.SHOWS for inner in walk(alarm.check.operator)):
            found.append(LintFinding(alarm.id, "alarm_no_evidence"))
    found += _names(card)
    found += _examples(card)
    return found


def problems(findings: Iterable[LintFinding]) -> list[LintFinding]:
    """Those by which somebody would be judged wrongly.

    >>> from qa_speech.scorecard import load_scorecard
    >>> problems(lint(load_scorecard("scorecards/telecom-hotline.yaml")))
    []
    """
    return [finding for finding in findings if finding.level == "problem"]


def _g(number: float) -> str:
    return f"{number:g}"


# ------------------------------------------------------------------------------------------- the form, its sections


def _form(card: Scorecard) -> Iterator[LintFinding]:
    yield from _weights(card.id, card.sections)
    starts = [band.from_ for band in card.bands]
    if card.pass_mark is not None and starts and card.pass_mark not in starts:
        yield LintFinding(card.id, "pass_mark_no_band", {"mark": _g(card.pass_mark)})
    share = _judged_share(card.sections)
    if share is not None and share < card.min_coverage:
        yield LintFinding(card.id, "manual_starves", {"coverage": _g(round(100 * share, 1))})
    if card.effective.from_ is None:
        yield LintFinding(card.id, "no_effective")
    if card.review.trust is not None:
        yield from _trust(card.id, card.review.trust)


def _trust(where: str, trust: Trust) -> Iterator[LintFinding]:
    """A limit that no number of marks reaches, or not the number asked for, though machine and people always agree."""
    if trust.min_agreement >= 1:
        yield LintFinding(where, "trust_never")
        return
    needed = marks_needed(trust.min_agreement)
    if needed > trust.marks:
        yield LintFinding(where, "trust_few_marks", {"marks": _g(trust.marks), "needed": _g(needed)})


def _weights(where: str, sections: tuple[Section, ...]) -> Iterator[LintFinding]:
    stated = [section.weight for section in sections if section.weight is not None]
    if not stated:
        return
    if len(stated) < len(sections):
        rest = [section.full for section in sections if section.weight is None]
        yield LintFinding(where, "weights_mixed", {"full": _g(sum(rest))})
        return
    total = sum(stated)
    if len(sections) > 1 and not _is_hundred(total) and not _with_extras(sections):
        yield LintFinding(where, "weights_sum", {"total": _g(total)})


def _with_extras(sections: tuple[Section, ...]) -> bool:
    """100 for what the machine judges, and manual sections on top, is a sum people use on purpose."""
    own = 0.0
    for section in sections:
        only_manual = section.criteria and all(criterion.manual for criterion in section.criteria)
        if not only_manual:
            own += section.weight or 0.0
    return _is_hundred(own)


def _is_hundred(total: float) -> bool:
    return abs(total - 100) <= _HAIR


def _judged_share(sections: tuple[Section, ...]) -> float | None:
    """The share of all weight (0–1) that a machine can judge at best; None where nothing weighs anything."""
    judged = whole = 0.0
    for section in sections:
        if section.sections:
            share = _judged_share(section.sections)
        else:
            machine = sum([criterion.weight for criterion in section.criteria if not criterion.manual])
            weight = sum([criterion.weight for criterion in section.criteria])
            share = machine / weight if weight else None
        if share is not None and section.share:
            judged += section.share * share
            whole += section.share
    return judged / whole if whole else None


def _section(section: Section) -> Iterator[LintFinding]:
    where = section.id
    if section.sections:
        yield from _weights(where, section.sections)
        for child in section.sections:
            yield from _section(child)
        return
    if section.weight == 0 and section.full:
        yield LintFinding(where, "weight_zero", {"points": _g(section.full)})
    if section.weight and not section.full:
        yield LintFinding(where, "weight_without_points", {"weight": _g(section.weight)})
    machine = [criterion.full for criterion in section.criteria if not criterion.manual]
    to_lose = section.start_points + sum(machine)
    for criterion in section.criteria:
        if criterion.deduct is not None and not to_lose:
            yield LintFinding(criterion.id, "deduct_nothing")
        fatal = criterion.fatal
        if fatal is not None and fatal.effect == "section" and not section.full:
            yield LintFinding(criterion.id, "fatal_section_empty")


def _mostly_manual(section: Section) -> Iterator[LintFinding]:
    """Sections in which the few points that a machine judges carry the weight of the many that a person has not judged yet."""
    for child in section.sections:
        yield from _mostly_manual(child)
    whole = sum([criterion.weight for criterion in section.criteria])
    manual = sum([criterion.weight for criterion in section.criteria if criterion.manual])
    if manual > whole / 2 and manual < whole:
        details = {"manual": _g(manual), "whole": _g(whole), "judged": _g(whole - manual)}
        yield LintFinding(section.id, "mostly_manual", details)


# --------------------------------------------------------------------------------------------------- criteria


def _criterion(criterion: Criterion) -> Iterator[LintFinding]:
    """The keys of one criterion, its checks aside."""
    where = criterion.id
    if criterion.title.strip().lower() == criterion.id:
        yield LintFinding(where, "title_is_id")
    if criterion.manual and not criterion.guide:
        yield LintFinding(where, "manual_no_guide")
    deduct = criterion.deduct
    if deduct is not None and deduct.per == "hit" and deduct.limit is None:
        yield LintFinding(where, "deduct_no_limit")
    if criterion.fatal is not None and not criterion.comment_required:
        yield LintFinding(where, "fatal_no_comment")
    yield from _bands(criterion)


def _bands(criterion: Criterion) -> Iterator[LintFinding]:
    bands = criterion.bands or ()
    points = [band.points for band in bands]
    if not points:
        return
    if len(set(points)) == 1:
        yield LintFinding(criterion.id, "bands_flat")
        return
    for band, following in pairwise(bands):
        if band.points == following.points and band.below is not None:
            yield LintFinding(criterion.id, "bands_same", {"edge": _g(band.below)})
    if _is_zigzag(points):
        yield LintFinding(criterion.id, "bands_zigzag")


def _is_zigzag(points: list[float]) -> bool:
    """Whether points go up and down more than once, or down and at once up again."""
    rises = [after > before for before, after in pairwise(points) if before != after]
    runs = [is_rising for is_rising, _ in groupby(rises)]
    return len(runs) > 2 or rises[:2] == [False, True]


def _checks(criterion: Criterion) -> Iterator[LintFinding]:
    """The check and the condition of one criterion, with all inside them."""
    where, check, when = criterion.id, criterion.check, criterion.when
    for held in (check, when):
        if held is not None:
            yield from phrase_findings(where, held.operator)
    if check is not None:
        operator = check.operator
        if criterion.fatal is not None and not any(inner.SHOWS for inner in walk(operator)):
            yield LintFinding(where, "fatal_no_evidence")
        yield from contradictions(where, operator)
        always = operator.always()
        if always is not None and criterion.bands is None:
            yield LintFinding(where, "never_fails" if always else "never_passes")
    if when is not None:
        always = when.operator.always()
        if always is not None:
            yield LintFinding(where, "when_always" if always else "when_never")
        if when == check:
            yield LintFinding(where, "when_is_check")


# ------------------------------------------------------------------------------------------- names and examples


def _names(card: Scorecard) -> Iterator[LintFinding]:
    """Titles that are the same, ids that are easily mistaken: each is named with the first that it is like."""
    titled: dict[str, str] = {}
    spelled: dict[str, list[str]] = {}
    for criterion in card.criteria:
        first = titled.setdefault(criterion.title, criterion.id)
        if first != criterion.id:
            yield LintFinding(criterion.id, "same_title", {"other": first})
        near = _spellings(_bare(criterion.id))
        candidates = dict.fromkeys([other for spelling in near for other in spelled.get(spelling, ())])
        alike = next((other for other in candidates if _easily_mistaken(other, criterion.id)), None)
        if alike is not None:
            yield LintFinding(criterion.id, "similar_ids", {"other": alike})
        for spelling in near:
            spelled.setdefault(spelling, []).append(criterion.id)


def _bare(name: str) -> str:
    """An id without its signs."""
    return re.sub(r"[-_.]", "", name)


def _spellings(bare: str) -> list[str]:
    """An id, and what is left of it without any one character, or two: ids that are nearly the same have one in common."""
    once = [bare[:at] + bare[at + 1 :] for at in range(len(bare))]
    found = [bare, *once]
    if len(bare) >= _TWICE:
        for shorter in once:
            found += [shorter[:at] + shorter[at + 1 :] for at in range(len(shorter))]
    return list(dict.fromkeys(found))


def _easily_mistaken(one: str, other: str) -> bool:
    """Whether two ids differ in their signs alone, or hardly."""
    one, other = _bare(one), _bare(other)
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORTEST_ID:
        return False
    differing = abs(len(one) - len(other)) or 2
    if 1 - differing / (len(one) + len(other)) <= _TOO_ALIKE:  # no way to be alike enough
        return False
    return SequenceMatcher(None, one, other).ratio() > _TOO_ALIKE


def _examples(card: Scorecard) -> Iterator[LintFinding]:
    results = run_examples(card)
    for example, result in zip(card.tests, results, strict=True):
        expects_a_score = example.total is not None or example.scorable is not None or example.alarms is not None
        if not (example.expect or example.band or expects_a_score):
            yield LintFinding(example.name, "example_checks_nothing")
        for what in result.problems:
            yield LintFinding(example.name, "example_failed", {"what": what})
    shown = covered(card, results)
    for criterion in card.criteria:
        if criterion.manual:
            continue
        outcomes = shown[criterion.id]
        if "pass" not in outcomes:
            yield LintFinding(criterion.id, "no_passing_example")
        if "fail" not in outcomes:
            yield LintFinding(criterion.id, "no_failing_example")
