"""What the metrics share: spans of speech, reasons for no figure, reliability, distributions. No metric itself.

Plain lists of ``(start, end)`` instead of `Timeline`: all metrics of a five-minute call have to fit into a fraction of
a millisecond, so that ten thousand stored calls can be scored again in seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from qa_speech.call import MASKED, THIRD, UNDIVIDED, Call, Role
from qa_speech.language.remembered import per_call
from qa_speech.metrics.base import Component, names_of
from qa_speech.metrics.doubt import (
    DOUBTFUL_SPEECH,
    LOW_SNR_DB,
    MOST_THIRD,
    MOST_UNDIVIDED,
    STRONG_LEAK_DB,
    has_doubtful_times,
)
from qa_speech.scores import Evidence, Measurement, Reliability
from qa_speech.timeline import NOWHERE, Timeline

Span: TypeAlias = tuple[float, float]

_AGENT, _CUSTOMER, _UNKNOWN = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN  # a look-up in an enum is slow


def roles_of(call: Call) -> tuple[Role, ...]:
    """The roles of a call; `Call.roles` without a walk over the utterances where both parties have a timeline.

    >>> from qa_speech.testing import make_call
    >>> [str(role) for role in roles_of(make_call(agent=[(0, 2)], customer=[(3, 4)]))]
    ['agent', 'customer']
    """
    if _AGENT not in call.speech or _CUSTOMER not in call.speech:
        return call.roles
    if _UNKNOWN in call.speech:
        return _AGENT, _CUSTOMER, _UNKNOWN
    return _AGENT, _CUSTOMER


def nobody_known(call: Call) -> bool:
    """Whether somebody speaks in a call, and nothing tells of anybody who it is.

    >>> from qa_speech.testing import make_call
    >>> nobody_known(make_call("unknown: 您好")), nobody_known(make_call("agent: 您好"))
    (True, False)
    """
    roles = roles_of(call)
    if _UNKNOWN not in roles:
        return False
    return not any(spans(call, role) for role in roles if role is not _UNKNOWN)


def spans(call: Call, role: Role) -> list[Span]:
    """Speech of one role in seconds, sorted and disjoint; from its utterances where no timeline is stored.

    >>> from qa_speech.testing import make_call
    >>> spans(make_call(agent=[(0, 2), (5, 6)]), Role.AGENT)
    [(0.0, 2.0), (5.0, 6.0)]
    """
    timeline = call.speech.get(role)
    if timeline:
        return [(segment.start, segment.end) for segment in timeline]
    return [(said.start, said.end) for said in call.utterances if said.role is role]


@per_call
def all_spans(call: Call) -> Sequence[Span]:
    """Speech of anybody in seconds: sorted, disjoint.

    >>> from qa_speech.testing import make_call
    >>> all_spans(make_call(agent=[(0, 2), (5, 6)], customer=[(1, 3)]))
    [(0.0, 3.0), (5.0, 6.0)]
    """
    pool: list[Span] = []
    for role in roles_of(call):
        pool += spans(call, role)
    return merged(pool)


def merged(pool: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch or overlap as one.

    >>> merged([(5, 6), (0, 2), (1, 3)])
    [(0, 3), (5, 6)]
    """
    joined: list[Span] = []
    first, last = -1.0, -1.0
    for start, end in sorted(pool):
        if start > last:
            if last > first:
                joined.append((first, last))
            first, last = start, end
        elif end > last:
            last = end
    if last > first:
        joined.append((first, last))
    return joined


def stretches_of(call: Call, *kinds: str) -> list[Span]:
    """Seconds of the sounds of these kinds, on whatever channel: sorted, disjoint.

    >>> from qa_speech.testing import make_call
    >>> import msgspec
    >>> from qa_speech.call import OtherSound
    >>> music = (OtherSound("music", Role.AGENT, 2, 5), OtherSound("music", Role.CUSTOMER, 4, 6))
    >>> stretches_of(msgspec.structs.replace(make_call(agent=[(0, 1)]), sounds=music), "music")
    [(2, 6)]
    """
    found = [(sound.start, sound.end) for sound in call.sounds if sound.kind in kinds]
    return merged(found)


@per_call
def on_both_channels(call: Call) -> frozenset[int]:
    """The utterances, by index, that lie where both channels carry one signal: a transcript may tell whose they are, but no
    figure of timing is taken from them.

    >>> from qa_speech.testing import make_call
    >>> import msgspec
    >>> from qa_speech.call import OtherSound
    >>> call = make_call(agent=[(0, 1), (7, 8)])
    >>> on_both_channels(msgspec.structs.replace(call, sounds=(OtherSound("undivided", Role.UNKNOWN, 0, 5),)))
    frozenset({0})
    """
    undivided = Timeline(stretches_of(call, UNDIVIDED))
    if not undivided:
        return frozenset()
    inside = [index for index, said in enumerate(call.utterances) if undivided.crop(said.segment)]
    return frozenset(inside)


def told_s(call: Call) -> float:
    """Seconds in which the parties can be told apart: the length without what is masked and without one signal on both channels.

    >>> from qa_speech.testing import make_call
    >>> told_s(make_call(agent=[(0, 2)], duration=60))
    60.0
    """
    undivided = Timeline(stretches_of(call, UNDIVIDED))
    return length_s(call) - (undivided | _unheard(call)).duration


def heard_s(call: Call) -> float:
    """Seconds of the call that can be heard: its length without what is masked.

    >>> from qa_speech.testing import make_call
    >>> heard_s(make_call(agent=[(0, 2)], duration=60))
    60.0
    """
    return length_s(call) - _unheard(call).duration


def _unheard(call: Call) -> Timeline:
    """What is masked, but for what the other party is heard to say where only one channel is."""
    masked = stretches_of(call, MASKED)
    if not masked:
        return NOWHERE
    return Timeline(masked) - Timeline(all_spans(call))


def length_s(call: Call) -> float:
    """Seconds of the call; `Call.duration` without a walk over the utterances where there is sound.

    >>> from qa_speech.testing import make_call
    >>> length_s(make_call(agent=[(0, 2)], duration=60))
    60.0
    """
    return call.recording.duration or call.duration


def total(pieces: Iterable[Span]) -> float:
    """Seconds in spans.

    >>> total([(0.0, 2.0), (5.0, 6.5)])
    3.5
    """
    return sum([end - start for start, end in pieces])


def quantile(ordered: Sequence[float], share: float) -> float | None:
    """A quantile of sorted numbers, in their unit, linear between neighbours; `share` 0–1; None of none.

    >>> quantile([1.0, 2.0, 4.0], 0.5), quantile([1.0, 2.0], 0.9), quantile([], 0.5)
    (2.0, 1.9, None)
    """
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    before = int(place)
    if before + 1 >= len(ordered):
        return ordered[-1]
    step = ordered[before + 1] - ordered[before]
    return ordered[before] + (place - before) * step


def distribution(seconds: Iterable[float]) -> dict[str, float | None]:
    """``min_s``, ``mean_s``, ``p50_s``, ``p90_s`` and ``longest_s``, all in seconds (0 of none; the others None).

    >>> distribution([2.0, 4.0]), distribution([])["longest_s"]
    ({'min_s': 2.0, 'mean_s': 3.0, 'p50_s': 3.0, 'p90_s': 3.8, 'longest_s': 4.0}, 0.0)
    """
    ordered = sorted(seconds)
    if not ordered:
        return {"min_s": None, "mean_s": None, "p50_s": None, "p90_s": None, "longest_s": 0.0}
    return {
        "min_s": ordered[0],
        "mean_s": sum(ordered) / len(ordered),
        "p50_s": quantile(ordered, 0.5),
        "p90_s": quantile(ordered, 0.9),
        "longest_s": ordered[-1],
    }


def ratio(part: float, whole: float, scale: float = 100.0) -> float | None:
    """``scale × part / whole``, by default in %; None where there is no whole.

    >>> ratio(3, 12), ratio(2, 30.0, 60.0), ratio(1, 0)
    (25.0, 4.0, None)
    """
    return scale * part / whole if whole > 0 else None


def missing(unit: str, components: Iterable[Component | str], reason: str) -> Measurement:
    """No figure, and why.

    >>> found = missing("s", ("total_s",), "mono")
    >>> found.value, found.components, found.reason
    (None, {'total_s': None}, 'mono')
    """
    return Measurement(None, unit, dict.fromkeys(names_of(components)), reason=reason)


def no_timing(call: Call) -> str:
    """Why no timing figure can be taken from this call; "" when it can.

    >>> from qa_speech.testing import make_call
    >>> no_timing(make_call("agent: 您好", times="nominal")), no_timing(make_call("agent: 您好"))
    ('no_times', '')
    """
    if call.times == "nominal":
        return "no_times"
    if call.utterances or any(len(timeline) for timeline in call.speech.values()):
        return ""
    return "no_speech"


def no_role(call: Call, role: Role) -> str:
    """Why `role` cannot be measured in this call; "" when it can.

    >>> from qa_speech.testing import make_call
    >>> no_role(make_call("agent: 您好"), Role.UNKNOWN), no_role(make_call("agent: 您好"), Role.AGENT)
    ('no_role', '')
    """
    roles = roles_of(call)
    if _UNKNOWN not in roles:
        return "" if role in roles else "no_role"
    # where somebody's voice could not be given to a party, a party is known only by what it is known to have said
    if role is _UNKNOWN or (role in roles and spans(call, role)):
        return ""
    return "mono"


def no_pair(call: Call) -> str:
    """Why agent and customer cannot be set against each other; "" when they can.

    >>> from qa_speech.testing import make_call
    >>> no_pair(make_call("agent: 您好", "customer: 你好"))
    ''
    """
    return no_role(call, _AGENT) or no_role(call, _CUSTOMER)


def reliability(call: Call) -> tuple[Reliability, str]:
    """How far timing figures of this call can be trusted, with the gravest reason against it.

    >>> from qa_speech.testing import make_call
    >>> reliability(make_call("agent: 您好", times="transcript"))
    ('low', 'transcript_times')
    """
    recording = call.recording
    if recording.layout in ("mono", "fake_stereo"):
        return "low", "mono"
    if call.times == "transcript":
        return "low", "doubtful_times" if has_doubtful_times(call) else "transcript_times"
    if _UNKNOWN in call.speech and stretches_of(call, UNDIVIDED):
        undivided_s = call.speech[_UNKNOWN].duration
        if undivided_s > MOST_UNDIVIDED * total(all_spans(call)):
            return "low", "partly_mono"
    third_s = total(stretches_of(call, THIRD))
    if third_s > MOST_THIRD * (third_s + total(all_spans(call))):
        return "low", "third_speaker"
    for finding in recording.findings:
        code, value = finding.code, finding.value
        if code in DOUBTFUL_SPEECH:
            return "low", code
        if code == "crosstalk" and value is not None and value > STRONG_LEAK_DB:
            return "low", "crosstalk"
        if code in ("snr", "low_snr") and value is not None and value < LOW_SNR_DB:
            return "low", "low_snr"
    return "ok", ""


def interval(
    span: Span, note: str, role: Role | None = None, utterance: int | None = None, quote: str = ""
) -> Evidence:
    """Evidence one can listen to: a span in seconds, the index of an utterance where it is one.

    >>> heard = interval((61.5, 70.0), "dead_air", Role.AGENT)
    >>> heard.kind, heard.start, heard.note
    ('interval', 61.5, 'dead_air')
    """
    return Evidence("quote" if quote else "interval", span[0], span[1], role, quote, note, utterance)


def measured(
    call: Call,
    value: float | None,
    unit: str,
    components: Mapping[str, float | None],
    evidence: Iterable[Evidence] = (),
    reason: str = "",
) -> Measurement:
    """A measurement that carries the reliability of the call's timing.

    >>> from qa_speech.testing import make_call
    >>> found = measured(make_call(agent=[(0, 2)]), 2.0, "s", {"total_s": 2.0})
    >>> found.value, found.unit, found.reliability
    (2.0, 's', 'ok')
    """
    trust, why = reliability(call)
    return Measurement(value, unit, components, tuple(evidence), reason, trust, why)
