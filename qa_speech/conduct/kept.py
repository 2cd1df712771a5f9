"""Answers of the rules that are stored with a call: what they say of its utterances and of its answers.

Rules are read for milliseconds a call, and say the same every time. Their answers are kept in ``Call.derived`` under a key: a
hash of who says what and when, of the rule files, and of the code that reads them. Where the key is another one the answer is
stale, and the rules are asked again.

    answer = RuleAnswer("exchanges", tuple[GradedExchange, ...], graded_by_rules)
    answer(call)          what is kept, if it is true; else what the rules say
    answer.kept(call)     the same, as it is stored
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from qa_speech.call import Call, Derived
from qa_speech.conduct.passages import text_hash
from qa_speech.files import code_sha256
from qa_speech.language.remembered import per_call

T = TypeVar("T")

ROOMS = ("timeline", "call", "language", "conduct")
"""Rooms of the package on whose code and rule files the answers rest."""


def rules_hash() -> str:
    """Hash of the rule files and of the code that reads them, in hex."""
    return code_sha256(*ROOMS)


@per_call
def rules_key(call: Call) -> str:
    """What the answers of the rules about a call depend on, as a SHA-256 in hex: words, roles, times in seconds, rules.

    >>> from qa_speech.testing import make_call
    >>> rules_key(make_call("agent@0-2: 您好")) == rules_key(make_call("agent@0-2: 您好", duration=99))
    True
    >>> rules_key(make_call("agent@0-2: 您好")) == rules_key(make_call("agent@0-3: 您好"))
    False
    """
    times = array("d", [utterance.start for utterance in call.utterances])
    times.extend([utterance.end for utterance in call.utterances])
    digest = hashlib.sha256(f"{rules_hash()} {text_hash(call)} ".encode())
    digest.update(times.tobytes())
    return digest.hexdigest()


class RuleAnswer(Generic[T]):
    """A question to the rules about a whole call, whose answer can be stored with the call.

    `kind` is the type of the answer, as msgspec reads it from JSON.
    """

    def __init__(self, name: str, kind: Any, ask: Callable[[Call], T]) -> None:
        self.name = name
        self._ask = ask
        self._decoder: msgspec.json.Decoder[T] = msgspec.json.Decoder(kind)

    def __call__(self, call: Call) -> T:
        """The answer: as it is kept with the call where that is true, else by the rules."""
        held = call.derived.get(self.name)
        if held is not None and held.key == rules_key(call):
            try:
                return self._decoder.decode(held.value)
            except (msgspec.DecodeError, ValueError):
                pass  # damaged: the rules are asked
        return self._ask(call)

    def kept(self, call: Call) -> Derived:
        """The answer as it is stored with the call; the same where it is kept already."""
        key = rules_key(call)
        held = call.derived.get(self.name)
        if held is not None and held.key == key:
            return held
        return Derived(key, msgspec.Raw(msgspec.json.encode(self._ask(call))))
