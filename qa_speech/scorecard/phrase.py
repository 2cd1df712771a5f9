"""The phrase operator: words that have to be said, or must not be, with places, exceptions, borders and sounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qa_speech.call import Evidence, Measurement, Role
from qa_speech.language.phrases import fold
from qa_speech.scorecard.context import EVERYWHERE, Book, Context, Hit, Reach, Result, borders

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Phrase, Wording

MAX_SAID = 10
MAX_FOUND = 3
_NAMED = 6

Detail = dict[str, str | float | None]
Measure = tuple[Callable[..., Measurement], Mapping[str, Any]]


@dataclass
class Needs:
    """What a card asks of a call, collected while it is compiled: phrases for one search, metrics to be measured once."""

    phrases: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)
    metrics: dict[str, Measure] = field(default_factory=dict)

    def book(self) -> Book:
        """The phrases, in an order that does not depend on the process."""
        return Book(tuple(sorted(self.phrases)), tuple(sorted(self.patterns)))


@dataclass(frozen=True)
class Sought:
    """One wording, ready to be looked for: plain phrases, and patterns by their text."""

    name: str
    needles: frozenset[str]
    patterns: Mapping[str, Any]
    unless: tuple[str, ...]
    borders: bool


def sought(wording: Wording, model: Phrase, needs: Needs) -> Sought:
    """Fold a wording and note its phrases and patterns."""
    needles = frozenset([fold(item) for item in (wording.say, *wording.variants) if item is not None])
    texts = [] if wording.pattern is None else [f"(?im:{wording.pattern})"]
    if needles and (model.homophones if wording.homophones is None else wording.homophones):
        from qa_speech.scorecard.sounds import sound_pattern

        texts = [sound_pattern(needle) for needle in sorted(needles)]
    unless = tuple(dict.fromkeys(fold(item) for item in (*wording.unless, *model.unless)))
    needs.phrases.update(needles, unless)
    needs.patterns.update(texts)
    strict = model.none is not None if model.borders is None else model.borders
    patterns = {text: _compiled(text) for text in texts}
    return Sought(wording.name, needles, patterns, unless, strict and wording.pattern is None)


def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    return re2.compile(pattern, options=options)


def said(context: Context, wanted: Sought, role: Role | None, reach: Reach) -> list[Hit]:
    """Every place where a wording is said as it stands, by `role` in reach, in order."""
    places = [place for needle in context.present & wanted.needles for place in context.found(needle)]
    return _kept(context, wanted, role, reach, places) if places else []


def matched(context: Context, wanted: Sought, role: Role | None, reach: Reach) -> list[Hit]:
    """Every place where its pattern, or the pattern of its sound, matches."""
    texts = context.present & wanted.patterns.keys()
    places = [place for text in texts for place in context.matches(text, wanted.patterns[text], role)]
    return _kept(context, wanted, role, reach, places) if places else []


def _kept(
    context: Context, wanted: Sought, role: Role | None, reach: Reach, places: list[tuple[int, int, int]]
) -> list[Hit]:
    """Places as hits, less those of another role, those excused, those across words, and those out of reach."""
    found: dict[tuple[int, int], Hit] = {}
    for index, start, end in places:
        if role is not None and context.utterances[index].role is not role:
            continue
        if wanted.unless and _excused(context, wanted.unless, index, start, end):
            continue
        if wanted.borders:
            edges = borders(context.utterances[index].text or "")
            if start not in edges or end not in edges:
                continue
        hit = Hit(index, start, end, wanted.name)
        if reach is EVERYWHERE or context.reached(hit, reach):
            found.setdefault((index, start), hit)
    return sorted(found.values()) if len(found) > 1 else list(found.values())


def _excused(context: Context, unless: tuple[str, ...], index: int, start: int, end: int) -> bool:
    return any(
        at == index and first <= start and end <= last
        for longer in unless
        if longer in context.present
        for at, first, last in context.found(longer)
    )


def phrase(model: Phrase, needs: Needs) -> Callable[[Context, Reach], Result]:
    """Compile the operator."""
    wanted = [sought(item, model, needs) for item in model.wordings]
    # one look tells which wordings can be there at all
    owners = _owners([item.needles | item.patterns.keys() for item in wanted])
    role = None if model.role is None else Role(model.role)
    mode = model.mode
    low = model.at_least if model.at_least is not None else 0 if model.at_most is not None or mode == "none" else 1
    low = len(wanted) if mode == "all" else low
    high = 0 if mode == "none" else model.at_most
    # said as it stands settles a phrase that is wanted once; patterns cost more and are then not needed
    once = mode == "any" and high is None and low == 1
    names = [item.name for item in wanted]
    base: Detail = {
        "operator": "phrase", "mode": mode, "phrases": "、".join(names[:_NAMED]), "phrase_count": len(names),
    }  # fmt: skip
    if role is not None:
        base["role"] = str(role)

    def decide(context: Context, reach: Reach) -> Result:
        reason = unmeasured(context, role)
        if reason:
            return Result(None, reason, base)
        chosen = {index for key in owners.keys() & context.present for index in owners[key]}
        groups = {index: said(context, wanted[index], role, reach) for index in sorted(chosen)}
        if not (once and context.gather != "all" and any(groups.values())):
            # a sound counts only where the phrase is not said as it stands
            for index, group in groups.items():
                if not group and wanted[index].patterns:
                    groups[index] = matched(context, wanted[index], role, reach)
        if mode in ("all", "some"):
            firsts = [group[0] for group in groups.values() if group]
            missing = [name for index, name in enumerate(names) if not groups.get(index)] if mode == "all" else []
            extra: Detail = {"missing": "、".join(missing)} if missing else {}
            return _judged(context, reach, role, base | extra, sorted(firsts), low, None)
        return _judged(context, reach, role, base, _spots(groups), low, high)

    return decide


def _owners(groups: list[frozenset[str]]) -> dict[str, list[int]]:
    owners: dict[str, list[int]] = {}
    for index, needles in enumerate(groups):
        for needle in needles:
            owners.setdefault(needle, []).append(index)
    return owners


def unmeasured(context: Context, role: Role | None) -> str:
    """Why words cannot be looked for, or ""."""
    if not context.worded:
        return "no_words" if context.call.recognised else "no_recogniser"
    if role is not None and role not in context.roles:
        return "mono" if Role.UNKNOWN in context.roles else "no_role"
    return ""


def _spots(groups: Mapping[int, list[Hit]]) -> list[Hit]:
    """All hits in order; where two wordings overlap the one that begins first counts, and of these the longer."""
    ordered = [hit for group in groups.values() for hit in group]
    if len(ordered) < 2:
        return ordered
    ordered.sort(key=lambda hit: (hit.utterance, hit.start, -hit.end))
    found = ordered[:1]
    for hit in ordered[1:]:
        if found[-1].utterance != hit.utterance or hit.start >= found[-1].end:
            found.append(hit)
    return found


def _judged(
    context: Context, reach: Reach, role: Role | None, base: Detail, found: list[Hit], low: int, high: int | None
) -> Result:
    count = len(found)
    detail: Detail = {**base, "count": count}
    if low:
        detail["at_least"] = low
    if high is not None:
        detail["at_most"] = high
    if context.gather == "none":
        return Result(low <= count and (high is None or count <= high), "", detail)
    review = ["mono"] if role is None and context.roles == (Role.UNKNOWN,) else []
    if high is not None and count > high:
        evidence, sure = _quotes(context, found, MAX_SAID)
        review += ["unsure_words"] * (sure <= high and sure < len(evidence))
        reason = "phrase_too_many" if high else "phrase_said"
        return Result(False, reason, _said(detail, evidence), evidence, tuple(review), count - high)
    if low and count >= low:
        evidence, sure = _quotes(context, found, max(MAX_FOUND, low))
        review += ["unsure_words"] * (sure < low)
        return Result(True, "phrase_found", _said(detail, evidence), evidence, tuple(review))
    # what counts now is that something was not heard: so the words that were searched have to be good
    unsure, blank = context.unsure(role, reach)
    review += ["unsure_search"] * unsure + ["words_missing"] * blank
    start, end = context.span(reach)
    evidence = _quotes(context, found, MAX_FOUND)[0]
    if not low:
        nothing = Evidence("absence", start, end, role, note="phrase_avoided")
        return Result(True, "phrase_avoided", detail, evidence or (nothing,), tuple(review))
    detail |= {"searched_from_s": start, "searched_to_s": end}
    nothing = Evidence("absence", start, end, role, note="phrase_missing")
    reason = "phrase_too_few" if count else "phrase_missing"
    return Result(False, reason, _said(detail, evidence), (*evidence, nothing), tuple(review), low - count)


def _quotes(context: Context, found: list[Hit], most: int) -> tuple[tuple[Evidence, ...], int]:
    """The first hits as evidence, and how many of these rest on words that were recognised well."""
    timed = [context.timed(hit) for hit in (found if context.gather == "all" else found[:most])]
    limit = context.limits.min_probability
    return tuple([quote for quote, _ in timed]), sum([sure >= limit for _, sure in timed])


def _said(detail: Detail, evidence: tuple[Evidence, ...]) -> Detail:
    return {**detail, "said": "、".join(dict.fromkeys([quote.quote for quote in evidence]))} if evidence else detail
