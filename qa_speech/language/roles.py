"""Who is the agent, from what is said: the opening, the agent number, the closing.

    said on the channel called customer:  您好工号六六八二 … 很高兴为您服务 … 祝您生活愉快  → the channels are swapped

A swap is corrected only when the opening *and* the agent number or the closing say so and nothing speaks against
it; a weaker sign is a finding, and the given roles are kept.
"""

from __future__ import annotations

import re

import msgspec

from qa_speech.call import Call, Finding, Role
from qa_speech.language.data import word_list
from qa_speech.language.phrases import find_phrases, fold

OPENINGS = word_list("role_openings")
CLOSINGS = word_list("role_closings")
FIRST_UTTERANCES = 6
LAST_UTTERANCES = 8

_DIGITS = "0-9零〇一二三四五六七八九幺两"
_NUMBER = re.compile(
    rf"工号(?:是|为)?[a-z]{{0,2}}[{_DIGITS}]{{2,}}|[{_DIGITS}]{{2,}}号(?:客服|话务员|坐席|为您服务|很高兴)"
)


class RoleCue(msgspec.Struct, frozen=True):
    """One sign that the speaker of an utterance is the agent: ``opening``, ``agent_number`` or ``closing``."""

    kind: str
    role: Role
    utterance: int
    quote: str


class RolesFound(msgspec.Struct, frozen=True):
    """Which of the call's roles speaks like the agent, and how surely.

    `agent` None where nothing tells. `certain` only with opening and agent number or closing, and no sign for the
    other side.
    """

    agent: Role | None
    certain: bool
    cues: tuple[RoleCue, ...] = ()


def find_agent(call: Call) -> RolesFound:
    """Look for the agent in the first and last words of each side.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 您好工号一零零一很高兴为您服务", "agent: 我想查话费")
    >>> found = find_agent(call)
    >>> found.agent.value, found.certain, [cue.kind for cue in found.cues]
    ('customer', True, ['opening', 'agent_number'])
    """
    agent, customer = _cues(call, Role.AGENT), _cues(call, Role.CUSTOMER)
    cues = (*agent, *customer)
    if bool(agent) == bool(customer):  # no sign, or signs for both sides
        return RolesFound(None, False, cues)
    kinds = {cue.kind for cue in cues}
    certain = "opening" in kinds and len(kinds) > 1
    return RolesFound(cues[0].role, certain, cues)


def agent_number(text: str) -> str:
    """The agent number that somebody says of himself, as it is folded; "" where there is none.

    >>> agent_number("您好，工号1001，很高兴为您服务"), agent_number("一共一百元")
    ('工号1001', '')
    """
    match = _NUMBER.search(fold(text))
    return match.group() if match else ""


def _cues(call: Call, role: Role) -> list[RoleCue]:
    mine = [index for index, said in enumerate(call.utterances) if said.role is role and said.text]
    found: list[RoleCue] = []
    for index in mine[:FIRST_UTTERANCES]:
        text = call.utterances[index].text or ""
        found += _phrase_cues("opening", OPENINGS, role, index, text)
        number = agent_number(text)
        if number:
            found.append(RoleCue("agent_number", role, index, number))
    late = [index for index in mine if index >= len(call.utterances) // 2]
    for index in late[-LAST_UTTERANCES:]:
        found += _phrase_cues("closing", CLOSINGS, role, index, call.utterances[index].text or "")
    return found


def _phrase_cues(kind: str, phrases: tuple[str, ...], role: Role, index: int, text: str) -> list[RoleCue]:
    hits = find_phrases(text, phrases)
    return [RoleCue(kind, role, index, text[hits[0].start : hits[0].end])] if hits else []


def identify_roles(call: Call) -> Call:
    """The call with its roles checked against its words.

    A certain swap is corrected everywhere and recorded: ``roles_from`` becomes ``words`` and a finding
    ``swapped_roles`` says ``corrected``; an uncertain one only leaves the finding, ``suspected``. Calls without words
    or without two roles come back as they are.

    >>> from qa_speech.testing import make_call
    >>> call = identify_roles(make_call("customer: 您好工号一零零一很高兴为您服务", "agent: 我想查话费"))
    >>> [item.role.value for item in call.utterances], call.recording.finding("swapped_roles").note
    (['agent', 'customer'], 'corrected')
    """
    if not call.has_both_roles or call.recording.finding("swapped_roles"):
        return call
    found = find_agent(call)
    if call.recording.roles_from == "diarizer" and found.agent is not None:
        settled = _with_recording(call, roles_from="words")
        return settled if found.agent is Role.AGENT else swap_roles(settled)
    if found.agent is not Role.CUSTOMER:
        return call
    finding = Finding("swapped_roles", note="corrected" if found.certain else "suspected")
    noted = _with_recording(call, findings=(*call.recording.findings, finding))
    return swap_roles(noted) if found.certain else noted


def _with_recording(call: Call, **changes: object) -> Call:
    return msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, **changes))


def swap_roles(call: Call) -> Call:
    """The same call with agent and customer exchanged, order and indices kept."""
    replace = msgspec.structs.replace
    recording = replace(
        call.recording,
        channels=tuple([role.other for role in call.recording.channels]),
        roles_from="words",
    )
    return replace(
        call,
        recording=recording,
        speech={role: call.speech[role.other] for role in Role if role.other in call.speech},
        utterances=tuple([replace(said, role=said.role.other) for said in call.utterances]),
        sounds=tuple([replace(sound, role=sound.role.other) for sound in call.sounds]),
        stray=tuple([replace(word, role=word.role.other) for word in call.stray]),
    )
