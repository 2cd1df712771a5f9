"""What is valid but wrong: a scorecard that loads and still does not say what its author meant.

`lint` looks at the card alone, and runs the examples written inside it. A finding is a `problem` (somebody will be
judged wrongly) or a `note` (worth a look). Every code has one sentence in Chinese and one in English.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Literal

import msgspec

from qa_speech.language.phrases import fold
from qa_speech.scorecard.examples import covered, run_examples
from qa_speech.wording.lint_messages import MESSAGES

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Check, Phrase, Window
    from qa_speech.scorecard.model import Criterion, Scorecard, Section

_SYNTAX = re.compile(r"\(\?[^:)]{0,12}:|\{\d*,?\d*\}|\[\^[^]]*\]|\\[A-Za-rt-z]")
_SPOKEN_NEVER = re.compile(r"[，。！？、；：,!;“”\"' ]|\\s(?![*?])|\\[.!?,-]")


class LintFinding(msgspec.Struct, frozen=True):
    """One finding: where (criterion, section or test), a stable code, and the words and numbers of its sentence."""

    where: str
    code: str
    values: Mapping[str, str | float] = {}

    @property
    def level(self) -> Literal["problem", "note"]:
        """Whether somebody will be judged wrongly."""
        return "problem" if MESSAGES[self.code][0] == "problem" else "note"

    def text(self, lang: Literal["zh", "en"]) -> str:
        """Its sentence."""
        return MESSAGES[self.code][1 if lang == "zh" else 2].format(**self.values)


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
    >>> [item.code for item in lint(card) if item.level == "problem"]
    ['shadowed', 'never_passes']
    """
    return [
        *_form(card),
        *(found for section in card.sections for found in _sections(section)),
        *(found for item in card.criteria for found in _criterion(item)),
        *_names(card),
        *_examples(card),
    ]


def _g(number: float) -> str:
    return f"{number:g}"


def _form(card: Scorecard) -> Iterator[LintFinding]:
    yield from _weights(card.id, card.sections)
    if card.pass_mark is not None and card.bands and card.pass_mark not in [band.from_ for band in card.bands]:
        yield LintFinding(card.id, "pass_mark_no_band", {"mark": _g(card.pass_mark)})
    judged, whole = _reach(card.sections)
    if whole and judged / whole < card.min_coverage:
        yield LintFinding(card.id, "manual_starves", {"coverage": _g(round(100 * judged / whole, 1))})
    if card.effective.from_ is None:
        yield LintFinding(card.id, "no_effective")


def _weights(where: str, sections: tuple[Section, ...]) -> Iterator[LintFinding]:
    stated = [item.weight for item in sections if item.weight is not None]
    if stated and len(stated) < len(sections):
        rest = sum(item.full for item in sections if item.weight is None)
        yield LintFinding(where, "weights_mixed", {"full": _g(rest)})
    elif stated and len(sections) > 1 and abs(sum(stated) - 100) > 1e-9 and not _with_extras(sections):
        yield LintFinding(where, "weights_sum", {"total": _g(sum(stated))})


def _with_extras(sections: tuple[Section, ...]) -> bool:
    """100 for what the machine judges, and manual sections on top, is a sum people use on purpose."""
    own = sum(
        item.weight or 0.0 for item in sections if not all(one.manual for one in item.criteria) or not item.criteria
    )
    return abs(own - 100) < 1e-9


def _reach(sections: tuple[Section, ...]) -> tuple[float, float]:
    """Weight a machine can judge at best, and all weight."""
    judged = whole = 0.0
    for section in sections:
        if section.sections:
            part, of = _reach(section.sections)
        else:
            part = sum(item.weight for item in section.criteria if not item.manual)
            of = sum(item.weight for item in section.criteria)
        if of and section.share:
            judged, whole = judged + section.share * part / of, whole + section.share
    return judged, whole


def _sections(section: Section) -> Iterator[LintFinding]:
    where = section.id
    if section.sections:
        yield from _weights(where, section.sections)
        for item in section.sections:
            yield from _sections(item)
        return
    if section.weight == 0 and section.full:
        yield LintFinding(where, "weight_zero", {"points": _g(section.full)})
    if section.weight and not section.full:
        yield LintFinding(where, "weight_without_points", {"weight": _g(section.weight)})
    machine = section.start_points + sum(item.full for item in section.criteria if not item.manual)
    for criterion in section.criteria:
        if criterion.deduct is not None and not machine:
            yield LintFinding(criterion.id, "deduct_nothing")
        if criterion.fatal is not None and criterion.fatal.effect == "section" and not section.full:
            yield LintFinding(criterion.id, "fatal_section_empty")


def _criterion(item: Criterion) -> Iterator[LintFinding]:
    where = item.id
    if item.title.strip().lower() == item.id:
        yield LintFinding(where, "title_is_id")
    if item.manual and not item.guide:
        yield LintFinding(where, "manual_no_guide")
    if item.deduct is not None and item.deduct.per == "hit" and item.deduct.limit is None:
        yield LintFinding(where, "deduct_no_limit")
    if item.fatal is not None and not item.comment_required:
        yield LintFinding(where, "fatal_no_comment")
    yield from _bands(item)
    for check in (item.check, item.when):
        for inner in _walk(check):
            if inner.phrase is not None:
                yield from _phrase(where, inner.phrase)
    if item.check is not None:
        if item.fatal is not None and all(one.operator in ("call", "all", "any", "not") for one in _walk(item.check)):
            yield LintFinding(where, "fatal_no_evidence")
        yield from _contradiction(where, item.check)
        always = _always(item.check)
        if always is not None and item.bands is None:
            yield LintFinding(where, "never_fails" if always else "never_passes")
    if item.when is not None:
        always = _always(item.when)
        if always is not None:
            yield LintFinding(where, "when_always" if always else "when_never")
        if item.when == item.check:
            yield LintFinding(where, "when_is_check")


def _bands(item: Criterion) -> Iterator[LintFinding]:
    points = [band.points for band in item.bands or ()]
    if not points:
        return
    if len(set(points)) == 1:
        yield LintFinding(item.id, "bands_flat")
        return
    for band, following in pairwise(item.bands or ()):
        if band.points == following.points and band.below is not None:
            yield LintFinding(item.id, "bands_same", {"edge": _g(band.below)})
    steps = [two > one for one, two in pairwise(points) if one != two]
    if sum(one != two for one, two in pairwise(steps)) > 1 or steps[:2] == [False, True]:
        yield LintFinding(item.id, "bands_zigzag")


def _walk(check: Check | None) -> Iterator[Check]:
    if check is None:
        return
    yield check
    inner = [*(check.all or ()), *(check.any or ()), *([check.not_] if check.not_ else [])]
    if check.order is not None:
        inner += [check.order.anchor, check.order.inner]
    for item in inner:
        yield from _walk(item)


def _phrase(where: str, model: Phrase) -> Iterator[LintFinding]:
    if model.role is None:
        yield LintFinding(where, "no_role")
    strict = model.borders if model.borders is not None else model.none is not None
    seen: dict[str, str] = {}
    for wording in model.wordings:
        if wording.pattern is not None and _SPOKEN_NEVER.search(_SYNTAX.sub("", wording.pattern)):
            yield LintFinding(where, "pattern_punctuation", {"pattern": wording.pattern})
        for said in (wording.say, *wording.variants):
            if said is None:
                continue
            folded = fold(said)
            if folded in seen:
                yield LintFinding(where, "said_twice", {"phrase": said})
            seen[folded] = said
            if len(folded) == 1 and not strict:
                yield LintFinding(where, "one_character", {"phrase": said})
            if len(folded) == 1 and (model.homophones if wording.homophones is None else wording.homophones):
                yield LintFinding(where, "short_homophone", {"phrase": said})
            for unless in (*wording.unless, *model.unless):
                if fold(unless) == folded:
                    yield LintFinding(where, "shadowed", {"phrase": said, "unless": unless})
        yield from _useless(where, wording.unless, [wording.say or "", *wording.variants] if wording.say else [])
    if all(wording.pattern is None for wording in model.wordings):
        yield from _useless(where, model.unless, list(seen.values()))
    if (model.any is not None and (model.at_least or 1) == 1 and model.at_most is None) or (model.none and not strict):
        for short, long in combinations(sorted(seen, key=len), 2):
            if short in long and len(short) < len(long):
                yield LintFinding(where, "redundant", {"short": seen[short], "long": seen[long]})


def _useless(where: str, exceptions: tuple[str, ...], phrases: list[str]) -> Iterator[LintFinding]:
    for unless in exceptions:
        if phrases and not any(fold(phrase) in fold(unless) for phrase in phrases):
            yield LintFinding(where, "useless_unless", {"unless": unless})


def _contradiction(where: str, check: Check) -> Iterator[LintFinding]:
    """Inside one `all`: a phrase that has to be said and must not be, by the same role."""
    for item in _walk(check):
        phrases = [one.phrase for one in item.all or () if one.phrase is not None]
        for wanted, unwanted in [(a, b) for a in phrases for b in phrases if a.none is None and b.none is not None]:
            if wanted.role == unwanted.role and _window(wanted) == _window(unwanted):
                said = {fold(one.say) for one in wanted.wordings if one.say}
                for one in unwanted.wordings:
                    if one.say and fold(one.say) in said and (wanted.all is not None or len(said) == 1):
                        yield LintFinding(where, "contradiction", {"phrase": one.say})


def _window(model: Window) -> tuple[object, ...]:
    return model.first_s, model.last_s, model.between_s, model.turns


def _always(check: Check) -> bool | None:
    """True or False where a check can only come out one way, else None."""
    if check.phrase is not None:
        return _always_phrase(check.phrase)
    for model in (check.repeat, check.entity, check.similar):
        if model is not None and not model.at_least and model.at_least is not None and model.at_most is None:
            return True
    if check.metric is not None:
        counted = check.metric.endswith(("count", "_s", "share"))
        if counted and check.at_most is not None and check.at_most < 0:
            return False
        return (
            True if counted and check.at_least is not None and check.at_least <= 0 and check.at_most is None else None
        )
    if check.not_ is not None:
        inner = _always(check.not_)
        return None if inner is None else not inner
    for parts, decisive in ((check.all, False), (check.any, True)):
        if parts is not None:
            results = [_always(item) for item in parts]
            if decisive in results:
                return decisive
            return (not decisive) if all(item is not None for item in results) else None
    return None


def _always_phrase(model: Phrase) -> bool | None:
    exceptions = {fold(item) for item in model.unless}
    lost = [
        wording.say is not None
        and all(
            fold(said) in exceptions | {fold(item) for item in wording.unless}
            for said in (wording.say, *wording.variants)
        )
        for wording in model.wordings
    ]
    unfindable = all(lost) or (any(lost) and model.all is not None)
    if unfindable:
        return model.none is not None
    return True if model.any is not None and model.at_least == 0 and model.at_most is None else None


def _names(card: Scorecard) -> Iterator[LintFinding]:
    items = card.criteria
    for one, two in combinations(items, 2):
        if one.title == two.title:
            yield LintFinding(two.id, "same_title", {"other": one.id})
        plain = [re.sub(r"[-_.]", "", item.id) for item in (one, two)]
        if plain[0] == plain[1] or (
            min(map(len, plain)) >= 6 and SequenceMatcher(None, plain[0], plain[1]).ratio() > 0.94
        ):
            yield LintFinding(two.id, "similar_ids", {"other": one.id})


def _examples(card: Scorecard) -> Iterator[LintFinding]:
    results = run_examples(card)
    for example, result in zip(card.tests, results, strict=True):
        if not (example.expect or example.band) and example.total is None and example.scorable is None:
            yield LintFinding(example.name, "example_checks_nothing")
        for what in result.problems:
            yield LintFinding(example.name, "example_failed", {"what": what})
    shown = covered(card, results)
    for item in card.criteria:
        if not item.manual and "pass" not in shown[item.id]:
            yield LintFinding(item.id, "no_passing_example")
        if not item.manual and "fail" not in shown[item.id]:
            yield LintFinding(item.id, "no_failing_example")


def problems(findings: Iterable[LintFinding]) -> list[LintFinding]:
    """Those by which somebody would be judged wrongly."""
    return [item for item in findings if item.level == "problem"]
