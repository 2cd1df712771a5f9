"""What the text metrics share: reasons for no figure, annotations that are still true, how sure the words are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from qa_speech.call import Annotation, Call, Role, Utterance, Word
from qa_speech.conduct.passages import text_hash
from qa_speech.language.phrases import span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.common import roles_of
from qa_speech.metrics.doubt import UNSURE, UNSURE_SHARE, WORDLESS_S, WORDLESS_SHARE
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


def is_wordless(said: Utterance) -> bool:
    """Whether somebody speaks here for a second or more and the recogniser found no word: words are missing.

    >>> is_wordless(Utterance(Role.AGENT, 2.0, 5.0, "")), is_wordless(Utterance(Role.AGENT, 2.0, 2.4, ""))
    (True, False)
    """
    return said.text == "" and said.duration >= WORDLESS_S


def wordless_share(call: Call, role: Role) -> float:
    """Share, 0–1, of what a role says in which words are missing (`is_wordless`), by time.

    >>> from qa_speech.testing import make_call
    >>> wordless_share(make_call("agent@0-2: 您好", "customer@3-4: 你好"), Role.AGENT)
    0.0
    """
    lost_s = spoken_s = 0.0
    for said in call.utterances_of(role):
        spoken_s += said.duration
        if is_wordless(said):
            lost_s += said.duration
    return lost_s / spoken_s if lost_s else 0.0


def words_reliability(call: Call, indices: Iterable[int]) -> tuple[Reliability, str]:
    """Low where many words of these utterances were recognised with low probability, or many of their roles are missing.

    >>> from qa_speech.testing import make_call
    >>> words_reliability(make_call("agent: 您好", probability=0.2), [0])
    ('low', 'unsure_words')
    """
    doubtful = words = 0
    roles: set[Role] = set()
    for index in indices:
        said = call.utterances[index]
        roles.add(said.role)
        doubtful += unsure_count(said.words)
        words += len(said.words)
    if any(wordless_share(call, role) > WORDLESS_SHARE for role in sorted(roles)):
        return "low", "words_missing"
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
