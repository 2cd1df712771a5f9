"""Whether the customer's matter was solved, by the customer's own words after the last answer; and in what mood he speaks.

    agent      重插一下网线，等灯变绿就好了
    customer   绿了，能上网了，谢谢                confirmed; relieved
    customer   还是不行，算了我自己想办法           not solved
    customer   不给办我打12315                    threatened: not solved
    customer   呵呵，谢谢你啊，真会做生意           thanked in anger: not solved

Only what is said after something was answered counts, and only up to the next question: 好了 before it is of another matter,
and a 还是不行 that is answered anew is open again.
The rules stand in ``language/data/outcome_rules.txt``, the words of threats in ``language/data/threats.txt``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, get_args

from qa_speech.call import Call, Role
from qa_speech.conduct.exchanges import exchanges, tagged_utterances
from qa_speech.conduct.levels import graded_exchanges
from qa_speech.conduct.questions import wants_answer
from qa_speech.language.dialogue import turns
from qa_speech.language.marked import marked, marked_places
from qa_speech.language.notation import rule_set
from qa_speech.language.remembered import per_call
from qa_speech.language.threats import threats

Outcome: TypeAlias = Literal["confirmed", "not_solved", "unknown"]
SaidKind: TypeAlias = Literal["confirmed", "unsolved", "threatened", "thanked_in_anger"]
Mood: TypeAlias = Literal["calm", "anxious", "angry", "relieved"]

MOODS: tuple[Mood, ...] = get_args(Mood)
ANSWERS = 2
"""Level from which a turn of the agent is an answer."""
_RULES = "outcome_rules"
_KIND: dict[str, SaidKind] = {"confirmed": "confirmed", "unsolved": "unsolved", "sarcastic": "thanked_in_anger"}
_GRAVEST: tuple[Mood, ...] = ("angry", "anxious", "relieved")


class Said(NamedTuple):
    """Words of the customer that tell how it ended: ``utterances[utterance].text[start:end]``, and what they tell."""

    utterance: int
    start: int
    end: int
    kind: SaidKind


class Ending(NamedTuple):
    """How a call ended by the customer's words: the outcome, and all words that tell of one, in order."""

    outcome: Outcome
    said: tuple[Said, ...]


class _Found(NamedTuple):
    """A rule that fires in an utterance: half-open place in its text, and the kind of the rule."""

    start: int
    end: int
    kind: str


@per_call
def ending(call: Call) -> Ending:
    """How the customer says that his matter ended.

    >>> from qa_speech.testing import make_call
    >>> lines = ["customer: 宽带连不上怎么办", "agent: 重插一下网线，等灯变绿就好了"]
    >>> ending(make_call(*lines, "customer: 绿了，可以了")).outcome, ending(make_call(*lines, "customer: 还是不行")).outcome
    ('confirmed', 'not_solved')
    >>> ending(make_call(*lines)).outcome
    'unknown'
    """
    answered = _first_answer(call)
    if answered is None:
        return Ending("unknown", ())
    said: list[Said] = []
    outcome: Outcome = "unknown"
    tagged = tagged_utterances(call)
    answers = _answers(call)
    for turn in turns(call):
        if outcome == "not_solved" and not answers.isdisjoint(turn.utterances):
            outcome = "unknown"  # answered anew: what is said of that counts
        if turn.role is not Role.CUSTOMER or turn.utterances[0] < answered:
            continue
        for index in turn.utterances:
            found = _said_in(call, index)
            said += found
            outcome = _after(outcome, {one.kind for one in found}, asks=wants_answer(tagged[index]))
    return Ending(outcome, tuple(said))


def _first_answer(call: Call) -> int | None:
    """The utterance with which the agent first says something to what the customer wants; None where that never happens."""
    for exchange in exchanges(call):
        if exchange.answer:
            return exchange.answer[0]
    return None


def _answers(call: Call) -> frozenset[int]:
    """The utterances of the agent's turns that answer something: those of level 2 and above."""
    found: set[int] = set()
    for _, grade in graded_exchanges(call):
        for turn in grade.turns:
            if turn.level >= ANSWERS:
                found.update(turn.utterances)
    return frozenset(found)


def _after(outcome: Outcome, kinds: set[SaidKind], *, asks: bool) -> Outcome:
    """The outcome after words of these kinds, or after a question: what was confirmed before it is of another matter."""
    if kinds - {"confirmed"}:
        return "not_solved"
    if kinds:
        return "confirmed"
    return "unknown" if asks and outcome == "confirmed" else outcome


def _said_in(call: Call, index: int) -> list[Said]:
    text = call.utterances[index].text or ""
    found = [Said(index, start, end, "threatened") for start, end in threats(text)]
    for start, end, kind in _rules_in(text, "said"):
        found.append(Said(index, start, end, _KIND[kind]))
    return sorted(found)


def _rules_in(text: str, group: str) -> list[_Found]:
    if not text:
        return []
    rules = rule_set(_RULES, (group,))
    hits = list(rules.hits(marked(text)))
    if not hits:
        return []
    place = marked_places(text)
    return [_Found(place[hit.start], place[hit.end - 1] + 1, rules.rules[hit.rule].section[1]) for hit in hits]


def mood_by_rules(text: str) -> tuple[Mood, tuple[int, int]]:
    """The mood that a customer's words show by the rules, the gravest of several, and the words, as a half-open place.

    >>> mood_by_rules("急死我了，快点"), mood_by_rules("我想查一下余额")
    (('anxious', (0, 2)), ('calm', (0, 0)))
    """
    found = _rules_in(text, "mood")
    if threats(text):
        start, end = threats(text)[0]
        found.append(_Found(start, end, "angry"))
    for mood in _GRAVEST:
        for one in found:
            if one.kind == mood:
                return mood, (one.start, one.end)
    return "calm", (0, 0)
