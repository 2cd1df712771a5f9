"""Who is who in a transcript whose speakers are only numbered: told by their words, or left open.

    voice 1   欢迎致电 … 普通话请按一            a machine: its lines are announcements
    voice 2   您好，工号一零零一，很高兴为您服务     the agent: opening, agent number
    voice 3   我想查一下话费                    the customer: the only other, and asks for service
    voice 4   …                               a third speaker: unknown

Nothing is guessed: where the words do not tell, all such voices are unknown, and the call says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from qa_speech.call import Role
from qa_speech.engines.transcripts.base import Line
from qa_speech.language.data import word_list
from qa_speech.language.phrases import find_phrases
from qa_speech.language.prompts import is_announcement, is_human
from qa_speech.language.roles import CLOSINGS, FIRST_UTTERANCES, LAST_UTTERANCES, OPENINGS, agent_number
from qa_speech.language.script import machine_named, role_named

SERVICES = word_list("role_services")
REQUESTS = word_list("role_requests")
READ = 40
"""Lines of a voice that are searched for signs."""
_WEIGHTS = {"opening": 3, "agent_number": 3, "closing": 2, "service": 1, "request": -2}
_MOST_COUNTED = 3
"""Lines of a voice in which one kind of sign counts."""
LEAD = 2
"""Points by which the agent has to lead."""
_GREETS = 3
"""Points from which a further voice may be another agent, and is no customer."""
_OUTSPOKEN = 2.0
"""Times as many lines as any other voice, from which one of several is taken for the customer."""


@dataclass
class _Voice:
    """One speaker: his lines, and in which of them each kind of sign was found."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    signs: dict[str, list[int]] = field(default_factory=dict)

    @property
    def points(self) -> int:
        """How much like an agent he speaks; below 0 like a customer."""
        return sum(_WEIGHTS[kind] * min(_MOST_COUNTED, len(found)) for kind, found in self.signs.items())


@dataclass(frozen=True)
class Settled:
    """Role by voice (`Line.voice`); voices that are machines; what the roles rest on.

    `from_words`: whether any role was told by words. `open`: whether agent and customer stay unknown though there are
    speakers. `evidence` names voices by number, in the order in which they first speak, and the lines (from 1) of each sign.
    """

    roles: Mapping[str, Role]
    machines: frozenset[str] = frozenset()
    evidence: str = ""
    from_words: bool = False

    @property
    def open(self) -> bool:
        """Whether agent and customer are not both known."""
        return not {Role.AGENT, Role.CUSTOMER} <= set(self.roles.values())

    @property
    def third(self) -> frozenset[str]:
        """Voices beside those of a known agent and customer."""
        if self.open:
            return frozenset()
        unknown = {name for name, role in self.roles.items() if name and role is Role.UNKNOWN}
        return frozenset(unknown - self.machines)


def settle(lines: Sequence[Line]) -> Settled:
    """The role of each voice of a transcript.

    >>> lines = (Line("S2", "我想查话费"), Line("S1", "您好，工号一零零一，很高兴为您服务"), Line("S2", "好的"))
    >>> found = settle(lines)
    >>> {name: role.value for name, role in found.roles.items()}, found.evidence
    ({'S2': 'customer', 'S1': 'agent'}, '1=customer: request@1; 2=agent: opening@2 agent_number@2')
    """
    voices = _voices(lines)
    roles: dict[str, Role] = {}
    machines = set()
    for name, voice in voices.items():
        named = role_named(name) if name else None
        roles[name] = named or Role.UNKNOWN
        if machine_named(name) or (named is None and name and len(voices) > 1 and _is_machine(voice)):
            machines.add(name)
    left = [name for name in voices if name and name not in machines and role_named(name) is None]
    from_words = len(voices) - len(machines) > 1 and _told_by_words(left, voices, roles)
    return Settled(roles, frozenset(machines), _evidence(voices, roles, machines), from_words)


def _voices(lines: Sequence[Line]) -> dict[str, _Voice]:
    voices: dict[str, _Voice] = {}
    for number, line in enumerate(lines, start=1):
        voices.setdefault(line.voice, _Voice()).lines.append((number, line.text))
    for name, voice in voices.items():
        if name and role_named(name) is None:
            _find_signs(voice)
    return voices


def _find_signs(voice: _Voice) -> None:
    def add(kind: str, number: int) -> None:
        voice.signs.setdefault(kind, []).append(number)

    for number, text in voice.lines[:FIRST_UTTERANCES]:
        if find_phrases(text, OPENINGS):
            add("opening", number)
        if agent_number(text):
            add("agent_number", number)
    for number, text in voice.lines[len(voice.lines) // 2 :][-LAST_UTTERANCES:]:
        if find_phrases(text, CLOSINGS):
            add("closing", number)
    for number, text in voice.lines[:READ]:
        if find_phrases(text, SERVICES):
            add("service", number)
        if find_phrases(text, REQUESTS):
            add("request", number)


def _is_machine(voice: _Voice) -> bool:
    """Whether a voice makes announcements and says nothing that only people say."""
    texts = [text for _, text in voice.lines]
    if any(is_human(text) for text in texts):
        return False
    return 2 * sum(is_announcement(text) for text in texts) >= len(texts)


def _told_by_words(left: Sequence[str], voices: Mapping[str, _Voice], roles: dict[str, Role]) -> bool:
    """Give the voices that are left their roles, if their words tell; whether they did."""
    known = set(roles.values())
    before = dict(roles)
    if Role.AGENT not in known:
        agent = _agent(left, voices)
        if agent is None:
            return _by_exclusion(left, known, Role.CUSTOMER, Role.AGENT, roles)
        roles[agent] = Role.AGENT
        left = [name for name in left if name != agent]
    if Role.CUSTOMER not in known:
        customer = _customer(left, voices)
        if customer is not None:
            roles[customer] = Role.CUSTOMER
    return roles != before


def _by_exclusion(left: Sequence[str], known: set[Role], one: Role, other: Role, roles: dict[str, Role]) -> bool:
    """Where one party is named and there is a single voice beside it, that is the other."""
    if one not in known or len(left) != 1:
        return False
    roles[left[0]] = other
    return True


def _agent(left: Sequence[str], voices: Mapping[str, _Voice]) -> str | None:
    ordered = sorted(left, key=lambda name: voices[name].points, reverse=True)
    if not ordered:
        return None
    points = [voices[name].points for name in ordered]
    if len(ordered) == 1:
        return ordered[0] if points[0] >= LEAD else None
    leads = points[0] - points[1] >= LEAD
    speaks_up = points[0] >= LEAD or len(ordered) == 2
    return ordered[0] if leads and speaks_up else None


def _customer(left: Sequence[str], voices: Mapping[str, _Voice]) -> str | None:
    """The only voice that is left, or the one that asks or speaks far more than the others."""
    served = [name for name in left if voices[name].points < _GREETS]
    if len(served) < 2:
        return served[0] if served else None
    asking = [name for name in served if "request" in voices[name].signs]
    if len(asking) == 1:
        return asking[0]
    ordered = sorted(served, key=lambda name: len(voices[name].lines), reverse=True)
    most, next_most = len(voices[ordered[0]].lines), len(voices[ordered[1]].lines)
    return ordered[0] if most >= _OUTSPOKEN * next_most else None


def _evidence(voices: Mapping[str, _Voice], roles: Mapping[str, Role], machines: set[str]) -> str:
    told = []
    for number, (name, voice) in enumerate(voices.items(), start=1):
        if not name or role_named(name) is not None:
            continue
        role = "ivr" if name in machines else roles[name].value
        signs = [f"{kind}@{found[0]}" for kind, found in voice.signs.items()]
        told.append(f"{number}={role}: {' '.join(signs) or 'none'}")
    return "; ".join(told)
