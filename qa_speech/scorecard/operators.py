"""The condition language: each operator turns a check into a function of a call in judgement.

A card is compiled once: every check becomes a closure ``(context, reach) -> Result`` and every phrase is noted for the
automaton that runs once per call. Three-valued logic: what cannot be measured is neither true nor false, and it
decides `all` and `any` only where nothing else does. The codes of `reason` and the keys of `detail` are listed in
`score`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

from msgspec.structs import replace

from qa_speech.call import Evidence, Measurement, Role
from qa_speech.scorecard.attributes import attribute
from qa_speech.scorecard.context import INFINITY, Context, Reach, Result
from qa_speech.scorecard.phrase import Needs, phrase

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Check, Order, Window

Evaluator: TypeAlias = Callable[[Context, Reach], Result]

OWN_NOTES = {"first_word_s": "first_word"}
"""Components of metrics that have evidence of their own, and its note."""
MAX_EVIDENCE = 10


def compiled(check: Check, needs: Needs) -> Evaluator:
    """The function that decides `check`; phrases it needs are added to `needs`."""
    name = check.operator
    if name == "phrase" and check.phrase is not None:
        return windowed(check.phrase, phrase(check.phrase, needs))
    if name == "metric":
        return windowed(check, metric(check, needs))
    if name == "order" and check.order is not None:
        return order(check.order, needs)
    if name == "call" and check.call is not None:
        return attribute(check.call)
    if name == "all" and check.all is not None:
        return every([compiled(item, needs) for item in check.all])
    if name == "any" and check.any is not None:
        return either([compiled(item, needs) for item in check.any])
    if name == "not" and check.not_ is not None:
        return negated(compiled(check.not_, needs))
    from qa_speech.scorecard import likeness

    if check.repeat is not None:
        return windowed(check.repeat, likeness.repeat(check.repeat))
    if check.entity is not None:
        return windowed(check.entity, likeness.entity(check.entity))
    if check.similar is not None:
        return windowed(check.similar, likeness.similar(check.similar))
    raise AssertionError(f"no operator {name}")


def windowed(window: Window, inner: Evaluator) -> Evaluator:
    """Narrow the reach to the window of a check, and say the window in the detail."""
    seconds = window.first_s, window.last_s, window.between_s
    said: dict[str, str | float | None] = {}
    if window.first_s is not None:
        said = {"window": "first_s", "window_s": window.first_s}
    elif window.last_s is not None:
        said = {"window": "last_s", "window_s": window.last_s}
    elif window.between_s is not None:
        said = {"window": "between_s", "window_from_s": window.between_s[0], "window_to_s": window.between_s[1]}
    if window.turns is not None:
        said |= {"first_turn": window.turns[0], "last_turn": window.turns[1]}
    if not said:
        return inner

    def decide(context: Context, reach: Reach) -> Result:
        if any(item is not None for item in seconds) and context.call.times == "nominal":
            return Result(None, "no_times", said)
        narrow = _narrowed(window, context, reach)
        found = inner(context, narrow)
        review = found.review
        if context.call.times == "transcript" and found.holds is not None and window.turns is None:
            review = (*review, "transcript_times")
        holds, reason, detail, evidence, _, hits, value, applies = found
        return Result(holds, reason, {**detail, **said}, evidence, review, hits, value, applies)

    return decide


def _narrowed(window: Window, context: Context, reach: Reach) -> Reach:
    begin, finish = context.extent
    start, end = reach.start, reach.end
    if window.first_s is not None:
        end = min(end, begin + window.first_s)
    elif window.last_s is not None:
        start = max(start, finish - window.last_s)
    elif window.between_s is not None:
        start, end = max(start, begin + window.between_s[0]), min(end, begin + window.between_s[1])
    first, last = reach.first, reach.last
    if window.turns is not None:
        count = max(context.turn_of, default=-1) + 1
        from_, to = [item - 1 if item > 0 else count + item for item in window.turns]
        first, last = max(first, from_), min(last, to)
    return Reach(start, end, first, last)


def metric(check: Check, needs: Needs) -> Evaluator:
    """A figure of the table, with bounds if the check has any."""
    from qa_speech.scorecard.conditions import metric_call

    named = check.metric or ""
    given = json.dumps(check.params or {}, ensure_ascii=False)
    line, part, params = metric_call(named, given, check.role)
    key = measurement_key(line.name, params)
    needs.metrics[key] = line.function, params
    low, high = check.at_least, check.at_most
    bounds = [item for item in (low, high) if item is not None]
    unit = line.unit_of(part)
    role = Role(params["role"]) if "role" in params else None
    base: dict[str, str | float | None] = {
        "operator": "metric", "metric": line.name, "component": part, "unit": unit,
    }  # fmt: skip
    if role is not None:
        base["role"] = str(role)
    if low is not None:
        base["at_least"] = low
    if high is not None:
        base["at_most"] = high

    def decide(context: Context, reach: Reach) -> Result:
        stated = context.given.get(named)
        if stated is not None:
            measured = Measurement(stated, line.unit, {} if part == "value" else {part: stated})
        else:
            measured = context.measured(key, line.function, params, reach)
        value = measured.component(part)
        if value is None:
            # where nothing of the kind happened there is nothing to judge
            reason = measured.reason or "not_measured"
            return Result(None, reason, base, applies=reason != "no_event")
        above, below = high is not None and value > high, low is not None and value < low
        sure = _sure(measured, part, value)
        certain = sure < value and high is not None and sure > high
        review = ["low_reliability"] if measured.reliability == "low" and not certain else []
        if near(value, bounds, context.limits.near):
            review.append("near_threshold")
        detail = {**base, "value": round(value, 4)}
        if review and measured.reliability_reason:
            detail["reliability_reason"] = measured.reliability_reason
        if certain:
            detail["unsure"] = value - sure
        reason = "metric_above" if above else "metric_below" if below else "metric_met"
        hits = 1
        if unit == "count" and above and high is not None:
            hits = max(1, ceil((sure if certain else value) - high))
        evidence = _proof(measured.evidence, part, context)
        if (above or below) and not evidence:
            evidence = (stretch(context, reach, role, line.name),)
        return Result(not (above or below), reason, detail, evidence, tuple(review), hits, value)

    return decide


def measurement_key(name: str, params: object) -> str:
    """The name under which a measurement is kept: ``silence``, ``talk:agent``, ``silence{"min_silence_s":5.0}``.

    >>> measurement_key("talk", {"role": "agent"}), measurement_key("silence", {"owner": "agent"})
    ('talk:agent', 'silence{"owner":"agent"}')
    """
    rest = dict(params) if isinstance(params, dict) else {}
    role = rest.pop("role", None)
    text = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":")) if rest else ""
    return f"{name}{f':{role}' if role else ''}{text}"


def near(value: float, bounds: Iterable[float], share: float) -> bool:
    """Whether a figure is so close to a bound that an error of measurement could decide. Counts never are."""
    close = [bound for bound in bounds if abs(value - bound) <= share * abs(bound)]
    return bool(close) and not (value == int(value) and all(bound == int(bound) for bound in close))


def stretch(context: Context, reach: Reach, role: Role | None, name: str) -> Evidence:
    """Where to listen when a figure has no place of its own (a mean, a share): the stretch it was taken over."""
    return Evidence("interval", *context.span(reach), role, note=name)


def _sure(measured: Measurement, part: str, value: float) -> float:
    """A figure that says how many of its cases are doubtful is certain where the others alone are too many."""
    return value - (measured.components.get("unsure_count") or 0) if part in ("value", "count") else value


def _proof(evidence: tuple[Evidence, ...], part: str, context: Context) -> tuple[Evidence, ...]:
    """The evidence of a component: the wait for the first word proves that component, and no other."""
    own = OWN_NOTES.get(part)
    if own is not None:
        proof = tuple(item for item in evidence if item.note == own)
    else:
        proof = tuple(item for item in evidence if item.note not in OWN_NOTES.values())
    return proof if context.gather == "all" else weightiest(proof)


def weightiest(evidence: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """At most ten pieces, the longest ones, in order of time."""
    if len(evidence) <= MAX_EVIDENCE:
        return evidence
    longest = sorted(evidence, key=lambda item: (item.start - item.end, item.start))[:MAX_EVIDENCE]
    return tuple(sorted(longest, key=lambda item: (item.start, item.end)))


def order(model: Order, needs: Needs) -> Evaluator:
    """A check in the neighbourhood of every place where another found something."""
    anchor, inner, side = compiled(model.anchor, needs), compiled(model.inner, needs), model.side
    base: dict[str, str | float | None] = {"operator": "order", "side": side}
    if model.within_s is not None:
        base["within_s"] = model.within_s
    if model.within_turns is not None:
        base["within_turns"] = model.within_turns

    def decide(context: Context, reach: Reach) -> Result:
        if model.within_s is not None and context.call.times == "nominal":
            return Result(None, "no_times", base)
        # the places of the anchor are its evidence
        before, context.gather = context.gather, "all"
        found = anchor(context, reach)
        context.gather = before
        if found.holds is None:
            return found._replace(detail={**found.detail, **base})
        places = [item for item in found.evidence if item.kind != "absence"]
        if not places:
            return Result(None, "no_anchor", base, applies=False)
        results: list[Result] = []
        for place in places:
            results.append(inner(context, _beside(model, context, place, reach)))
            if results[-1].holds and not model.each:
                return _joined(False, [place], results[-1:], base | {"places": len(places)}, found.review)
        return _joined(model.each, places, results, base | {"places": len(places)}, found.review)

    return decide


def _beside(model: Order, context: Context, place: Evidence, reach: Reach) -> Reach:
    seconds = model.within_s if model.within_s is not None else INFINITY
    # a hair, so that what begins where the anchor ends is after it, and the anchor itself is not
    start = place.end - 1e-6 if model.side == "after" else place.start - seconds
    end = place.start if model.side == "before" else place.end + seconds
    first, last = reach.first, reach.last
    if model.within_turns is not None:
        turn = _turn_at(context, place)
        if model.side != "after":
            first = max(first, turn - model.within_turns)
        if model.side != "before":
            last = min(last, turn + model.within_turns)
    return Reach(max(reach.start, start), min(reach.end, end), first, last)


def _turn_at(context: Context, place: Evidence) -> int:
    if place.utterance is not None:
        return context.turn_of[place.utterance]
    before = [index for index, item in enumerate(context.utterances) if item.start <= place.start]
    return context.turn_of[before[-1]] if before else 0


def _joined(
    each: bool,
    places: list[Evidence],
    results: list[Result],
    base: dict[str, str | float | None],
    review: tuple[str, ...],
) -> Result:
    bad = [index for index, item in enumerate(results) if item.holds is False]
    good = [index for index, item in enumerate(results) if item.holds]
    unknown = [item for item in results if item.holds is None and item.applies]
    if not bad and not good and not unknown:
        return results[0]._replace(detail={**results[0].detail, **base})
    holds: bool | None = (not bad) if each else bool(good)
    if unknown and ((each and not bad) or (not each and not good)):
        return unknown[0]._replace(detail={**unknown[0].detail, **base})
    chosen = good if holds else bad
    evidence: list[Evidence] = []
    reasons = list(review)
    for index in chosen:
        place = places[index]
        evidence += [replace(place, note="anchor" if place.quote else f"anchor:{place.note}"), *results[index].evidence]
        reasons += results[index].review
    first = results[chosen[0]]
    anchor = places[chosen[0]]
    detail = {**first.detail, **base, "anchor": anchor.quote or anchor.note, "broken": len(bad), "inner": first.reason}
    reason = "order_kept" if holds else "order_broken"
    shown = tuple(dict.fromkeys(evidence))[: 2 * MAX_EVIDENCE]
    return Result(holds, reason, detail, shown, unique(reasons), max(1, len(bad)))


def every(parts: list[Evaluator]) -> Evaluator:
    """All hold: one that does not decides, else one that is not measured."""
    return _combined(parts, False)


def either(parts: list[Evaluator]) -> Evaluator:
    """Any holds: one that does decides, else one that is not measured."""
    return _combined(parts, True)


def _combined(parts: list[Evaluator], decisive: bool) -> Evaluator:
    name = "any" if decisive else "all"

    def decide(context: Context, reach: Reach) -> Result:
        results = [part(context, reach) for part in parts]
        results = [item for item in results if item.applies]
        if not results:
            return Result(None, "no_anchor", {"operator": name}, applies=False)
        chosen = [item for item in results if item.holds is decisive]
        holds: bool | None = decisive
        if not chosen:
            unknown = [item for item in results if item.holds is None]
            if unknown:
                return unknown[0]._replace(detail={**unknown[0].detail, "combined": name})
            chosen, holds = results, not decisive
        certain = [item for item in chosen if not item.review] if holds is decisive else []
        # one part about which there is no doubt decides; the doubtful ones are shown after it and count for nothing
        chosen = [*certain, *(item for item in chosen if item.review)] if certain else chosen
        first = chosen[0]
        detail = {**first.detail, "combined": name, "parts": len(results), "deciding": len(chosen)}
        evidence = _apart(piece for item in chosen for piece in item.evidence)[: 2 * MAX_EVIDENCE]
        review = () if certain else unique([code for item in chosen for code in item.review])
        hits = sum(item.hits for item in certain or chosen) if not decisive else first.hits
        return Result(holds, first.reason, detail, evidence, review, hits, first.value)

    return decide


def _apart(pieces: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Each place once: two checks that found the same words are one quote, that of the first."""
    kept: list[Evidence] = []
    for piece in pieces:
        if not any(_same_place(piece, other) for other in kept):
            kept.append(piece)
    return tuple(kept)


def _same_place(one: Evidence, other: Evidence) -> bool:
    if one == other:
        return True
    if not one.quote or not other.quote or one.utterance != other.utterance:
        return False
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


_NEGATED = {
    "phrase_found": "phrase_said", "phrase_missing": "phrase_avoided", "phrase_too_few": "phrase_avoided",
    "phrase_said": "phrase_found", "phrase_avoided": "phrase_missing",
    "entity_found": "entity_said", "entity_missing": "entity_avoided",
    "similar_found": "similar_said", "similar_missing": "similar_avoided",
    "repeated": "repeat_found", "not_repeated": "repeat_missing",
}  # fmt: skip


def negated(inner: Evaluator) -> Evaluator:
    """The opposite; what is not measured stays so."""

    def decide(context: Context, reach: Reach) -> Result:
        found = inner(context, reach)
        if found.holds is None:
            return found
        reason = _NEGATED.get(found.reason, found.reason)
        if reason == found.reason:
            reason = reason.removeprefix("not_") if reason.startswith("not_") else f"not_{reason}"
        return found._replace(holds=not found.holds, reason=reason, detail={**found.detail, "negated": "yes"})

    return decide


def unique(codes: Iterable[str]) -> tuple[str, ...]:
    """Each code once, in order."""
    return tuple(dict.fromkeys(codes))
