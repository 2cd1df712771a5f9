"""What the text metrics share: reasons for no figure, annotations that are still true, how sure the words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from qa_speech.call import Call, Reliability, Role
from qa_speech.conduct.texts import text_hash
from qa_speech.language.phrases import span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.common import roles_of
from qa_speech.metrics.doubt import UNSURE, UNSURE_SHARE

Rows: TypeAlias = Mapping[tuple[int, ...], Mapping[str, float]]
"""Label probabilities by the utterances they speak of."""


def no_text(call: Call, *annotations: str) -> str:
    """Why no text figure can be taken from this call; "" when it can. `annotations` must not be stale.

    >>> from qa_speech.testing import make_call
    >>> no_text(make_call("agent: 您好", "customer: 你好")), no_text(make_call(agent=[(0, 2)], customer=[(3, 4)]))
    ('', 'no_words')
    """
    if not call.recognised:
        return "no_recogniser"
    if not any(item.text for item in call.utterances):
        return "no_words"
    roles = roles_of(call)
    if not any(item.role is Role.AGENT and item.text for item in call.utterances):
        return "mono" if Role.UNKNOWN in roles else "no_words" if Role.AGENT in roles else "no_role"
    return "stale_annotation" if any(stale(call, name) for name in annotations) else ""


def stale(call: Call, name: str) -> bool:
    """Whether an annotation speaks of other words than the call has now."""
    held = call.annotations.get(name)
    return held is not None and held.text_hash != text_hash(call)


@per_call
def annotated(call: Call, name: str) -> Rows:
    """The rows of an annotation; empty where there is none, or where it is stale."""
    held = call.annotations.get(name)
    if held is None or stale(call, name):
        return {}
    return {item: dict(zip(held.labels, row, strict=True)) for item, row in zip(held.items, held.values, strict=True)}


def words_reliability(call: Call, indices: Iterable[int]) -> tuple[Reliability, str]:
    """Low where many words of these utterances were recognised with low probability."""
    words = [word for index in indices for word in call.utterances[index].words]
    if words and sum([word.probability < UNSURE for word in words]) > UNSURE_SHARE * len(words):
        return "low", "unsure_words"
    return "ok", ""


def unsure(call: Call, index: int, start: int, end: int) -> bool:
    """Whether a word among ``text[start:end]`` of an utterance was recognised with low probability."""
    return span_time(call.utterances[index], start, end)[2] < UNSURE
