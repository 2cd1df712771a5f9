"""How an agent treats the customer, by rules alone: violations by utterance, courtesy by strategy and by its place in the call.

What the rules say of a call is asked here in one place, so that it can be kept with the call (`kept`): the metrics
`violations` and `politeness` make their figures of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from qa_speech.call import Call, Role
from qa_speech.conduct.courtesy import STRATEGIES, Strategy, courtesies, phrases_of, plain_you, strategies_in
from qa_speech.conduct.kept import RuleAnswer
from qa_speech.conduct.levels import GRADED_EXCHANGES
from qa_speech.conduct.violations import Violation, violations_in
from qa_speech.language.data import word_list
from qa_speech.language.dialogue import is_backchannel, turns
from qa_speech.language.phrases import says

OPENING_UTTERANCES = 3
"""Utterances of the agent in which the opening is looked for; the closing in the last as many."""
SOFTENING: tuple[Strategy, ...] = ("softener", "thanks", "apology")
"""Strategies that make a request soft."""

_HOLDS = word_list("hold_announcements")


# --------------------------------------------------------------------------------------------------------------- violations


def following_in_turn(call: Call) -> dict[int, str]:
    """What the agent goes on to say in the same turn, by utterance."""
    found: dict[int, str] = {}
    for turn in turns(call):
        if turn.role is Role.AGENT:
            for index, after in pairwise(turn.utterances):
                found[index] = call.utterances[after].text or ""
    return found


def _violations_by_rules(call: Call) -> Mapping[int, tuple[Violation, ...]]:
    mine = [index for index, said in enumerate(call.utterances) if said.role is Role.AGENT and said.text]
    texts = [call.utterances[index].text or "" for index in mine]
    if not any(violations_in(texts)):
        return {}
    # turns cost more than all the rules, and only what follows a hit can excuse it
    following = following_in_turn(call)
    found = violations_in(texts, [following.get(index, "") for index in mine])
    return {index: hits for index, hits in zip(mine, found, strict=True) if hits}


RULED_VIOLATIONS = RuleAnswer("violations", dict[int, tuple[Violation, ...]], _violations_by_rules)
"""The agent's violations by rules, by utterance; those without any are left out."""


# ----------------------------------------------------------------------------------------------------------------- courtesy


class Courtesies(msgspec.Struct, frozen=True):
    """The agent's courtesy by rules: utterances with each strategy, 您 and 你 said, and what is said at its place.

    `places`: ``opening_greeting``, ``opening_introduction``, ``closing_further_help``, ``closing_farewell`` 1 or 0; the others
    are counts of utterances.
    """

    strategies: Mapping[str, int]
    formal_you: int
    plain_you: int
    places: Mapping[str, int]


def spoken_by_agent(call: Call) -> list[int]:
    """The agent's utterances that say something: with words, and no backchannels.

    >>> from qa_speech.testing import make_call
    >>> spoken_by_agent(make_call("agent: 您好", "customer: 查话费", "agent: 嗯嗯"))
    [0]
    """
    found: list[int] = []
    for index, said in enumerate(call.utterances):
        if said.role is Role.AGENT and said.text and not is_backchannel(said):
            found.append(index)
    return found


def _courtesies_by_rules(call: Call) -> Courtesies:
    texts = [call.utterances[index].text or "" for index in spoken_by_agent(call)]
    used = strategies_in(texts)
    return Courtesies(
        strategies={name: sum([name in held for held in used]) for name in STRATEGIES},
        formal_you=sum([text.count("您") for text in texts]),
        plain_you=sum([plain_you(text) for text in texts]),
        places=_places(texts),
    )


def _places(texts: Sequence[str]) -> dict[str, int]:
    first, last = texts[:OPENING_UTTERANCES], texts[-OPENING_UTTERANCES:]
    every = "".join(texts)
    identity = _those(texts, every, phrases_of("identity"))
    waits = _those(texts, every, _HOLDS)
    second_half = texts[len(texts) // 2 :]
    return {
        "opening_greeting": _any(first, phrases_of("opening")),
        "opening_introduction": _any(first, phrases_of("introduction")),
        "identity_count": len(identity),
        "identity_polite_count": sum([_soft(text) for text in identity]),
        "wait_count": len(waits),
        "wait_polite_count": sum([_soft(text) or "您" in text for text in waits]),
        "return_count": len(_those(texts, every, phrases_of("return"))),
        "closing_further_help": int(bool(_those(second_half, every, phrases_of("further_help")))),
        "closing_farewell": _any(last, phrases_of("closing")),
    }


def _those(texts: Sequence[str], every: str, phrases: tuple[str, ...]) -> list[str]:
    """The texts in which one of the phrases is said; `every` holds them all, and one look at it often settles the matter."""
    if not says(every, phrases):
        return []
    return [text for text in texts if says(text, phrases)]


def _any(texts: Sequence[str], phrases: tuple[str, ...]) -> int:
    return int(any(says(text, phrases) for text in texts))


def _soft(text: str) -> bool:
    return any(courtesy.strategy in SOFTENING for courtesy in courtesies(text))


RULED_COURTESIES = RuleAnswer("courtesies", Courtesies, _courtesies_by_rules)
"""The agent's courtesy in a call."""


# ------------------------------------------------------------------------------------------------------- kept with the call


def with_rules(call: Call) -> Call:
    """The call with what the rules say of it; as it is where that is kept already, or where it has no words.

    >>> from qa_speech.testing import make_call
    >>> list(with_rules(make_call("customer: 月租多少钱", "agent: 三十九元")).derived)
    ['violations', 'courtesies', 'exchanges']
    """
    if not any(said.text for said in call.utterances):
        return call
    made = {
        RULED_VIOLATIONS.name: RULED_VIOLATIONS.kept(call),
        RULED_COURTESIES.name: RULED_COURTESIES.kept(call),
        GRADED_EXCHANGES.name: GRADED_EXCHANGES.kept(call),
    }
    if all(call.derived.get(name) is kept for name, kept in made.items()):
        return call
    return msgspec.structs.replace(call, derived={**call.derived, **made})
