"""`metric`: a figure of the table of metrics, with bounds if the check has any."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from typing import Any, ClassVar, NamedTuple, get_type_hints

from msgspec.structs import replace
from pydantic import TypeAdapter, ValidationError

from qa_speech.call import Call, Recording, Role
from qa_speech.errors import ConfigError, problem, together, with_hint
from qa_speech.metrics import Metric, metrics
from qa_speech.scorecard.checks.anyone import as_agent, whose
from qa_speech.scorecard.checks.base import ANYONE, Operator, Reason
from qa_speech.scorecard.checks.window import Window, windowed
from qa_speech.scorecard.question import (
    Detail,
    Evaluator,
    Gather,
    Measure,
    Needs,
    Question,
    Result,
    near,
    weightiest,
)
from qa_speech.scores import Evidence, Measurement

OWN_NOTES = {"first_word_s": "first_word"}
"""Components of metrics that have evidence of their own, and its note."""
_OTHERS_NOTES = frozenset(OWN_NOTES.values())
_NOT_NEGATIVE = ("count", "_s", "share")


@dataclass(frozen=True)
class MetricCheck(Operator):
    """A metric or a component of it; without bounds it is for bands."""

    NAME: ClassVar[str] = "metric"
    REASONS: ClassVar[tuple[Reason, ...]] = (
        Reason("metric_met", True, "metric, component, value, unit, at_least, at_most"),
        Reason(
            "metric_above",
            False,
            "as metric_met: value > at_most; unsure (doubtful cases among them that do not count)",
        ),
        Reason("metric_below", False, "as metric_met: value < at_least"),
    )

    named: str
    params: Mapping[str, Any]
    at_least: float | None
    at_most: float | None
    window: Window

    def label(self) -> str:
        """The name of the figure."""
        return self.named

    def always(self) -> bool | None:
        """Counts, seconds and shares are never below 0."""
        if not self.named.endswith(_NOT_NEGATIVE):
            return None
        if self.at_most is not None and self.at_most < 0:
            return False
        if self.at_least is not None and self.at_least <= 0 and self.at_most is None:
            return True
        return None

    def figure(self) -> Figure:
        """The figure it asks for.

        Raises
        ------
        ValueError
            No such metric, component or parameter, or a value of the wrong type; says what there is.
        """
        given = json.dumps(dict(self.params), ensure_ascii=False)
        if self.window.role != ANYONE:
            return _figure(self.named, given, self.window.role)
        found = _figure(self.named, given, None)
        if found.metric.needs != ("words",):
            raise ValueError(
                problem(
                    "metric {name} needs to know who speaks; role: {anyone} has no meaning here",
                    name=found.metric.name,
                    anyone=ANYONE,
                )
            )
        return found

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; the figure is measured once for all who need it."""
        return windowed(self.window, _evaluator(self, needs))


class Figure(NamedTuple):
    """A metric, one of its components (``value``: its own figure), and its typed parameters."""

    metric: Metric
    part: str
    params: Mapping[str, Any]


def _evaluator(model: MetricCheck, needs: Needs) -> Evaluator:
    line, part, params = model.figure()
    key = measurement_key(line.name, params)
    needs.metrics[key] = Measure(line.function, params)
    low, high = model.at_least, model.at_most
    bounds = [bound for bound in (low, high) if bound is not None]
    unit = line.unit_of(part)
    by_anyone = model.window.role == ANYONE
    role = Role(params["role"]) if "role" in params else None
    base = _asked(model, line.name, part, unit)
    if role is not None:
        base["role"] = str(role)

    def decide(question: Question) -> Result:
        context = question.context
        is_anyones = by_anyone and context.nobody_known
        stated = context.given.get(model.named)
        if stated is not None:
            measured = Measurement(stated, line.unit, {} if part == "value" else {part: stated})
        elif is_anyones:
            measured = _of_anyone(line.function(as_agent(context.within_reach(question.reach)), **params))
        else:
            measured = context.measured(key, line.function, params, question.reach)
        value = measured.component(part)
        if value is None:
            # where nothing of the kind happened there is nothing to judge
            reason = measured.reason or "not_measured"
            return Result(None, reason, base, applies=reason != "no_event")

        doubtful = _doubtful(measured, part)
        # too many even without the doubtful cases: these decide nothing
        certain = doubtful > 0 and high is not None and value - doubtful > high
        detail = {**base, "value": round(value, 4)}
        if is_anyones:
            detail["role"] = str(Role.UNKNOWN)
        review = []
        if measured.reliability == "low" and not certain:
            review.append("low_reliability")
        if near(value, bounds, context.limits.near):
            review.append("near_threshold")
        if review and measured.reliability_reason:
            detail["reliability_reason"] = measured.reliability_reason
        if certain:
            detail["unsure"] = doubtful

        reason, hits = "metric_met", 1
        if high is not None and value > high:
            reason = "metric_above"
            if unit == "count":
                counted = value - doubtful if certain else value
                hits = max(1, ceil(counted - high))
        elif low is not None and value < low:
            reason = "metric_below"
        holds = reason == "metric_met"
        evidence = _proof(measured.evidence, part, question.gather)
        if not holds and not evidence:
            evidence = (question.stretch(role, line.name),)
        found = Result(holds, reason, detail, evidence, tuple(review), hits, value)
        return whose(found, forbids=low is None) if is_anyones else found

    return decide


def _asked(model: MetricCheck, metric: str, part: str, unit: str) -> Detail:
    """What is asked of which figure, in the detail of a result."""
    asked: Detail = {"operator": "metric", "metric": metric, "component": part, "unit": unit}
    if model.at_least is not None:
        asked["at_least"] = model.at_least
    if model.at_most is not None:
        asked["at_most"] = model.at_most
    return asked


def _of_anyone(measured: Measurement) -> Measurement:
    """A figure made of everybody's words: its evidence is of nobody in particular."""
    return replace(measured, evidence=tuple([replace(piece, role=Role.UNKNOWN) for piece in measured.evidence]))


def _doubtful(measured: Measurement, part: str) -> float:
    """How many of the cases that a figure counts are doubtful, where the metric says so."""
    if part not in ("value", "count"):
        return 0.0
    return measured.components.get("unsure_count") or 0.0


def _proof(evidence: tuple[Evidence, ...], part: str, gather: Gather) -> tuple[Evidence, ...]:
    """The evidence of a component: the wait for the first word proves that component, and no other."""
    own = OWN_NOTES.get(part)
    if own is not None:
        evidence = tuple([piece for piece in evidence if piece.note == own])
    elif evidence:
        evidence = tuple([piece for piece in evidence if piece.note not in _OTHERS_NOTES])
    return evidence if gather == "all" else weightiest(evidence)


def measurement_key(name: str, params: Mapping[str, object]) -> str:
    """The name under which a measurement is kept: ``silence``, ``talk:agent``, ``silence{"min_silence_s":5.0}``.

    >>> measurement_key("talk", {"role": "agent"}), measurement_key("silence", {"owner": "agent"})
    ('talk:agent', 'silence{"owner":"agent"}')
    """
    rest = dict(params)
    role = rest.pop("role", None)
    key = f"{name}:{role}" if role else name
    if not rest:
        return key
    return key + json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


# ----------------------------------------------------------------------------------------- names and parameters


@lru_cache(maxsize=4096)
def _figure(name: str, params_json: str, role: str | None) -> Figure:
    metric, part = known_figure(name)
    given, problems = _with_role(metric, json.loads(params_json), role)
    hints = get_type_hints(metric.function)
    typed: dict[str, Any] = {}
    for key, value in given.items():
        if key not in metric.params:
            problems.append(_no_parameter(metric, key))
            continue
        try:
            typed[key] = TypeAdapter(hints[key]).validate_json(json.dumps(value), strict=True)
        except ValidationError as exc:
            wanted = exc.errors(include_url=False)[0]["msg"]
            wanted = wanted[0].lower() + wanted[1:]
            problems.append(
                problem(
                    "parameter {key} of metric {name}: {wanted}, got {value!r}",
                    key=key,
                    name=metric.name,
                    wanted=wanted,
                    value=value,
                )
            )
    problems = problems or _refused(metric, typed)
    if problems:
        raise ValueError(together(problems))
    return Figure(metric, part, typed)


def _with_role(metric: Metric, given: dict[str, Any], role: str | None) -> tuple[dict[str, Any], list[str]]:
    """The parameters with the role of the check among them, and what is wrong with it."""
    if not metric.per_role:
        if role is None:
            return given, []
        return given, [problem("metric {name} is not measured per role; leave role out", name=metric.name)]
    if role is not None:
        return {**given, "role": role}, []
    if "role" in given:
        return given, []
    return given, [problem("metric {name} is measured per role: give role: agent or role: customer", name=metric.name)]


def _no_parameter(metric: Metric, key: str) -> str:
    known = tuple(metric.params)
    what = problem(
        "metric {name} has no parameter {key!r}; it has: {known}",
        name=metric.name,
        key=key,
        known=", ".join(known) or "–",
    )
    return with_hint(what, key, known)


def _refused(metric: Metric, params: Mapping[str, Any]) -> list[str]:
    """What the metric itself has against these parameters: it is asked about a call in which nothing happens."""
    try:
        metric.function(Call(Recording("nothing")), **params)
    except ConfigError as exc:
        return [problem("metric {name}: {what}", name=metric.name, what=what) for what in exc.problems]
    return []


def known_figure(name: str) -> tuple[Metric, str]:
    """The metric and component behind a name such as ``silence.longest_s``; ``value`` is the metric's own figure.

    Raises
    ------
    ValueError
        No such metric or component; says what there is.
    """
    table = metrics()
    head, _, part = name.partition(".")
    if head not in table:
        what = problem("no metric {head!r}; there are: {known}", head=head, known=", ".join(table))
        raise ValueError(with_hint(what, head, table))
    known = ("value", *table[head].names)
    if (part or "value") not in known:
        what = problem(
            "metric {head} has no component {part!r}; it has: {known}", head=head, part=part, known=", ".join(known)
        )
        raise ValueError(with_hint(what, part, known))
    return table[head], part or "value"
