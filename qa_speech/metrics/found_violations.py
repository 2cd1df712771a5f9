"""Every violation of the agent in a call: what the rules say, what the model says, and when one yields to the other.

    rule fires, model not sure        the rule's words, at its severity
    rule fires, model sure of civil   nothing, in a longer utterance
    no rule fires, model flags        the whole utterance, for a person

Rules know words, the model knows sentences: who quotes a reproach or takes it back is civil, and only the sentence shows it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.conduct.manners import RULED_VIOLATIONS, following_in_turn
from qa_speech.conduct.violations import SEVERITY_OF, VIOLATION_TYPES, Severity, ViolationType, excused
from qa_speech.language.remembered import per_call
from qa_speech.metrics.text import annotation, unsure

NONE = "none"
MODEL_THRESHOLD = 0.5
"""Probability, 0–1, from which a model's violation counts where the call does not say what the model was made to decide at."""
SURELY_CIVIL, LONGER = 0.9, 12
"""Probability, 0–1, of no violation from which no rule counts, and the characters that an utterance has to have for that: of a
scrap the model is never sure. On 949 civil turns of a hand that neither rules nor models had seen, hard cases more than half,
alarms fell from 16 to 11 per 1,000 by it, recall from .82 to .81."""


class FoundViolation(NamedTuple):
    """A violation in a call: ``utterances[utterance].text[start:end]``. `unsure`: badly recognised, or the model's word only."""

    utterance: int
    start: int
    end: int
    kind: ViolationType
    severity: Severity
    unsure: bool
    by_model: bool


@per_call
def found_violations(call: Call, *, threshold: float | None = None) -> tuple[FoundViolation, ...]:
    """Every violation of the agent in a call, by rules, and by the model in utterances where no rule fires.

    In a longer utterance that the model is sure is civil (`SURELY_CIVIL`) no rule counts: 您问凭什么要收这六块钱对吧，我给您解释.

    `threshold`: the probability, 0–1, from which the model's word counts; None = the one it was made to decide at.

    >>> from qa_speech.testing import make_call
    >>> [(hit.kind, hit.severity) for hit in found_violations(make_call("customer: 怎么还没好", "agent: 你急什么"))]
    [('rhetorical', 'major')]
    """
    limit = _threshold(call) if threshold is None else threshold
    told = _told(call)
    by_model = {index: row for index, row in told.items() if 1 - row[NONE] >= limit}
    civil = {index for index, row in told.items() if row[NONE] >= SURELY_CIVIL and _is_longer(call, index)}
    by_rule = {index: hits for index, hits in RULED_VIOLATIONS(call).items() if index not in civil}
    found: list[FoundViolation] = []
    for index in sorted([*by_rule, *(by_model.keys() - by_rule.keys())]):
        for hit in by_rule.get(index, ()):
            doubt = unsure(call, index, hit.start, hit.end)
            found.append(FoundViolation(index, hit.start, hit.end, hit.kind, hit.severity, doubt, by_model=False))
        if index not in by_rule:
            found += _by_model(call, index, by_model[index])
    return tuple(found)


def _told(call: Call) -> dict[int, Mapping[str, float]]:
    """What the model says, by utterance: the probability of no violation and of each type; nothing where no model read the call."""
    held = annotation(call, "violation")
    if held is None:
        return {}
    rows = zip(held.items, held.values, strict=True)
    return {indices[0]: dict(zip(held.labels, row, strict=True)) for indices, row in rows}


def _is_longer(call: Call, index: int) -> bool:
    return len(call.utterances[index].text or "") >= LONGER


def _by_model(call: Call, index: int, row: Mapping[str, float]) -> list[FoundViolation]:
    """What the model finds in an utterance in which no rule fires; a 我不清楚 that help follows is nothing."""
    said = call.utterances[index]
    if said.role is not Role.AGENT or not said.text:
        return []
    text = said.text
    kind = max(VIOLATION_TYPES, key=row.__getitem__)
    if kind == "deflection" and excused(text, following_in_turn(call).get(index, "")):
        return []
    return [FoundViolation(index, 0, len(text), kind, SEVERITY_OF[kind], unsure=True, by_model=True)]


def _threshold(call: Call) -> float:
    try:
        return float(call.made_with["text_violation_threshold"])
    except (KeyError, ValueError):
        return MODEL_THRESHOLD
