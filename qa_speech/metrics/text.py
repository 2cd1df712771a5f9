"""What the text metrics share: reasons for no figure, annotations that are still true, how sure the words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from qa_speech.call import Annotation, Call, Role, Word
from qa_speech.conduct.passages import text_hash
from qa_speech.language.phrases import span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.common import roles_of
from qa_speech.metrics.doubt import UNSURE, UNSURE_SHARE
from qa_speech.scores import Reliability

_probability = attrgetter("probability")


@per_call
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


def annotation(call: Call, name: str) -> Annotation | None:
    """An annotation that speaks of the words the call has now; None where there is none."""
    return None if stale(call, name) else call.annotations.get(name)


@per_call
def mean_labels(call: Call, name: str) -> Mapping[tuple[int, ...], float]:
    """Of an annotation whose labels are numbers their mean, weighted by probability, by the utterances it speaks of."""
    held = annotation(call, name)
    if held is None:
        return {}
    numbers = [float(label) for label in held.labels]
    means: dict[tuple[int, ...], float] = {}
    for item, row in zip(held.items, held.values, strict=True):
        means[item] = sum([number * share for number, share in zip(numbers, row, strict=True)])
    return means


def unsure_count(words: Sequence[Word], below: float = UNSURE) -> int:
    """How many words were recognised with a probability (0–1) below a limit.

    >>> from qa_speech.testing import make_call
    >>> unsure_count(make_call("agent: 您好", probability=0.2).utterances[0].words)
    2
    """
    # mostly there are none, and the least of all tells
    if not words or min(map(_probability, words)) >= below:
        return 0
    return [word.probability < below for word in words].count(True)


def words_reliability(call: Call, indices: Iterable[int]) -> tuple[Reliability, str]:
    """Low where many words of these utterances were recognised with low probability.

    >>> from qa_speech.testing import make_call
    >>> words_reliability(make_call("agent: 您好", probability=0.2), [0])
    ('low', 'unsure_words')
    """
    doubtful = words = 0
    for index in indices:
        held = call.utterances[index].words
        doubtful += unsure_count(held)
        words += len(held)
    if doubtful > UNSURE_SHARE * words:
        return "low", "unsure_words"
    return "ok", ""


def unsure(call: Call, index: int, start: int, end: int) -> bool:
    """Whether a word among ``text[start:end]`` of an utterance was recognised with low probability.

    >>> from qa_speech.testing import make_call
    >>> unsure(make_call("agent: 您好", probability=0.2), 0, 0, 2)
    True
    """
    return span_time(call.utterances[index], start, end)[2] < UNSURE
