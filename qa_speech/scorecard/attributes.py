"""The call operator: what is known of the call itself, from the manifest or from the recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qa_speech.call import Call
from qa_speech.scorecard.context import Context, Reach, Result

if TYPE_CHECKING:
    from qa_speech.scorecard.conditions import Attribute


def attribute(model: Attribute) -> Callable[[Context, Reach], Result]:
    """Compile the operator."""
    name = model.attribute
    base: dict[str, str | float | None] = {"operator": "call", "attribute": name}
    for key, values in (("wanted", model.is_), ("unwanted", model.is_not)):
        if values:
            base[key] = "、".join(values)
    for key in ("at_least", "at_most"):
        if getattr(model, key) is not None:
            base[key] = getattr(model, key)

    def decide(context: Context, reach: Reach) -> Result:
        value = attribute_of(context.call, name)
        if value is None:
            return Result(None, "no_attribute", base)
        detail = {**base, "value": value}
        holds = (model.is_ is None or str(value) in model.is_) and (
            model.is_not is None or str(value) not in model.is_not
        )
        if holds and (model.at_least is not None or model.at_most is not None):
            try:
                number = float(value)
            except ValueError:
                return Result(None, "not_a_number", detail)
            holds = (model.at_least is None or number >= model.at_least) and (
                model.at_most is None or number <= model.at_most
            )
        return Result(holds, "attribute_met" if holds else "attribute_differs", detail)

    return decide


def attribute_of(call: Call, name: str) -> str | float | None:
    """An attribute by name: metadata first, then what the call itself tells; None when it is not known.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好", metadata={"queue": "宽带", "started_at": "2026-03-02T09:30:00"})
    >>> [attribute_of(call, name) for name in ("queue", "hour", "weekday", "direction")]
    ['宽带', 9, 1, None]
    """
    given = call.recording.metadata.get(name)
    if given is not None:
        return given
    if name == "duration_s":
        return call.duration
    if name in ("layout", "language"):
        return str(call.recording.layout if name == "layout" else call.language) or None
    if name in ("hour", "weekday", "date"):
        import datetime as dt

        try:
            started = dt.datetime.fromisoformat(call.recording.metadata.get("started_at", ""))
        except ValueError:
            return None
        known: dict[str, str | float] = {"hour": started.hour, "weekday": started.isoweekday()}
        return known.get(name, str(started.date()))
    return None
