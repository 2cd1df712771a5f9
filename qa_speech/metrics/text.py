"""What the text metrics share: reasons for no figure, annotations that are still true, how sure the words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from qa_speech.call import Call, Role
from qa_speech.conduct.passages import text_hash
from qa_speech.language.phrases import span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.common import roles_of
from qa_speech.metrics.doubt import UNSURE, UNSURE_SHARE
from qa_speech.scores import Reliability

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
    if not any(said.text for said in call.utterances):
        return "no_words"
    if not any(said.role is Role.AGENT and said.text for said in call.utterances):
        return _no_words_of_agent(call)
    if any(stale(call, name) for name in annotations):
        return "stale_annotation"
    return ""


def _no_words_of_agent(call: Call) -> str:
    roles = roles_of(call)
    if Role.UNKNOWN in roles:
        return "mono"
    return "no_words" if Role.AGENT in roles else "no_role"


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
    rows = [dict(zip(held.labels, values, strict=True)) for values in held.values]
    return dict(zip(held.items, rows, strict=True))


def words_reliability(call: Call, indices: Iterable[int]) -> tuple[Reliability, str]:
    """Low where many words of these utterances were recognised with low probability.

    >>> from qa_speech.testing import make_call
    >>> words_reliability(make_call("agent: 您好", probability=0.2), [0])
    ('low', 'unsure_words')
    """
    probabilities: list[float] = []
    for index in indices:
        probabilities += [word.probability for word in call.utterances[index].words]
    unsure_words = sum([probability < UNSURE for probability in probabilities])
    if unsure_words > UNSURE_SHARE * len(probabilities):
        return "low", "unsure_words"
    return "ok", ""


def unsure(call: Call, index: int, start: int, end: int) -> bool:
    """Whether a word among ``text[start:end]`` of an utterance was recognised with low probability.

    >>> from qa_speech.testing import make_call
    >>> unsure(make_call("agent: 您好", probability=0.2), 0, 0, 2)
    True
    """
    return span_time(call.utterances[index], start, end)[2] < UNSURE
