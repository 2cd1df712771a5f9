"""What the metrics share: spans of speech, reasons for no figure, reliability, distributions. No metric itself.

Plain lists of ``(start, end)`` instead of `Timeline`: all metrics of a five-minute call have to fit into a fraction of
a millisecond, so that ten thousand stored calls can be scored again in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from qa_speech.call import Call, Evidence, Measurement, Reliability, Role
from qa_speech.language.phrases import fold, occurring
from qa_speech.language.remembered import per_call
from qa_speech.metrics.base import Component, names_of
from qa_speech.metrics.doubt import LOW_SNR_DB, STRONG_LEAK_DB

Span: TypeAlias = tuple[float, float]

_AGENT, _CUSTOMER, _UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN  # a look-up in an enum is slow


def roles_of(call: Call) -> tuple[Role, ...]:
    """The roles of a call; `Call.roles` without a walk over the utterances where both parties have a timeline."""
    if _AGENT in call.speech and _CUSTOMER in call.speech:
        return (_AGENT, _CUSTOMER, _UNKNOWN) if _UNKNOWN in call.speech else (_AGENT, _CUSTOMER)
    return call.roles


def spans(call: Call, role: Role) -> list[Span]:
    """Speech of one role, sorted and disjoint; from its utterances where no timeline is stored."""
    line = call.speech.get(role)
    if line:
        return [(item.start, item.end) for item in line]
    return [(item.start, item.end) for item in call.utterances if item.role is role]


@per_call
def all_spans(call: Call) -> Sequence[Span]:
    """Speech of anybody: sorted, disjoint."""
    pool = [span for role in roles_of(call) for span in spans(call, role)]
    pool.sort()
    merged: list[Span] = []
    first, last = -1.0, -1.0
    for start, end in pool:
        if start > last:
            if last > first:
                merged.append((first, last))
            first, last = start, end
        elif end > last:
            last = end
    if last > first:
        merged.append((first, last))
    return merged


def length_s(call: Call) -> float:
    """Seconds of the call; `Call.duration` without a walk over the utterances where there is sound."""
    return call.recording.duration or call.duration


def total(items: Iterable[Span]) -> float:
    """Seconds in spans."""
    return sum([end - start for start, end in items])


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """A quantile of sorted numbers, linear between neighbours; None of none.

    >>> quantile([1.0, 2.0, 4.0], 0.5), quantile([1.0, 2.0], 0.9), quantile([], 0.5)
    (2.0, 1.9, None)
    """
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    below = int(place)
    if below + 1 >= len(ordered):
        return ordered[-1]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


def distribution(seconds: Iterable[float]) -> dict[str, float | None]:
    """``min_s``, ``mean_s``, ``p50_s``, ``p90_s`` and ``longest_s`` (0 of none; the others None)."""
    ordered = sorted(seconds)
    return {
        "min_s": ordered[0] if ordered else None,
        "mean_s": sum(ordered) / len(ordered) if ordered else None,
        "p50_s": quantile(ordered, 0.5),
        "p90_s": quantile(ordered, 0.9),
        "longest_s": ordered[-1] if ordered else 0.0,
    }


def ratio(part: float, whole: float, scale: float = 100.0) -> float | None:
    """``scale × part / whole``; None where there is no whole."""
    return scale * part / whole if whole > 0 else None


def missing(unit: str, components: Iterable[Component | str], reason: str) -> Measurement:
    """No figure, and why."""
    return Measurement(None, unit, dict.fromkeys(names_of(components)), reason=reason)


def no_timing(call: Call) -> str:
    """Why no timing figure can be taken from this call; "" when it can."""
    if call.times == "nominal":
        return "no_times"
    if not call.utterances and not any(len(line) for line in call.speech.values()):
        return "no_speech"
    return ""


def no_role(call: Call, role: Role) -> str:
    """Why `role` cannot be measured in this call; "" when it can."""
    roles = roles_of(call)
    if role in roles and (_UNKNOWN not in roles or role is _UNKNOWN or spans(call, role)):
        return ""
    return "mono" if _UNKNOWN in roles else "no_role"


def no_pair(call: Call) -> str:
    """Why agent and customer cannot be set against each other; "" when they can."""
    return no_role(call, _AGENT) or no_role(call, _CUSTOMER)


def reliability(call: Call) -> tuple[Reliability, str]:
    """How far timing figures of this call can be trusted, with the gravest reason against it."""
    recording = call.recording
    if recording.layout in ("mono", "fake_stereo"):
        return "low", "mono"
    if call.times == "transcript":
        return "low", "transcript_times"
    for finding in recording.findings:
        code, value = finding.code, finding.value
        if code == "dead_channel":
            return "low", "dead_channel"
        if code == "crosstalk" and value is not None and value > STRONG_LEAK_DB:
            return "low", "crosstalk"
        if code in ("snr", "low_snr") and value is not None and value < LOW_SNR_DB:
            return "low", "low_snr"
    return "ok", ""


def says(text: str | None, phrases: tuple[str, ...]) -> bool:
    """Whether one of `phrases` occurs in a text.

    >>> says("请您，稍等", ("请您稍等",)), says(None, ("稍等",))
    (True, False)
    """
    if not text or not phrases:
        return False
    return next(iter(occurring(phrases)(fold(text))), None) is not None


def interval(
    span: Span, note: str, role: Role | None = None, utterance: int | None = None, quote: str = ""
) -> Evidence:
    """Evidence one can listen to."""
    return Evidence("quote" if quote else "interval", span[0], span[1], role, quote, note, utterance)


def measured(
    call: Call,
    value: float | None,
    unit: str,
    components: Mapping[str, float | None],
    evidence: Iterable[Evidence] = (),
    reason: str = "",
) -> Measurement:
    """A measurement that carries the reliability of the call's timing."""
    trust, why = reliability(call)
    return Measurement(value, unit, components, tuple(evidence), reason, trust, why)
