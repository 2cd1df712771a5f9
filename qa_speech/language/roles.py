"""Who is the agent, from what is said: the opening, the agent number, the closing.

    said on the channel called customer:  您好工号六六八二 … 很高兴为您服务 … 祝您生活愉快  → the channels are swapped

A swap is corrected only when the opening *and* the agent number or the closing say so and nothing speaks against
it; a weaker sign is a finding, and the given roles are kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from qa_speech.call import Call, Finding, Role, Utterance
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
    cues = [cue for role in (Role.AGENT, Role.CUSTOMER) for cue in _cues(call, role)]
    kinds = {role: {cue.kind for cue in cues if cue.role is role} for role in (Role.AGENT, Role.CUSTOMER)}
    if not cues or (kinds[Role.AGENT] and kinds[Role.CUSTOMER]):
        return RolesFound(None, False, tuple(cues))
    agent = Role.AGENT if kinds[Role.AGENT] else Role.CUSTOMER
    return RolesFound(agent, "opening" in kinds[agent] and len(kinds[agent]) > 1, tuple(cues))


def _cues(call: Call, role: Role) -> list[RoleCue]:
    mine = [(index, item) for index, item in enumerate(call.utterances) if item.role is role and item.text]
    found: list[RoleCue] = []
    for index, item in mine[:FIRST_UTTERANCES]:
        found += _phrase_cues("opening", OPENINGS, role, index, item)
        number = _NUMBER.search(fold(item.text or ""))
        if number:
            found.append(RoleCue("agent_number", role, index, number.group()))
    late = [pair for pair in mine if pair[0] >= len(call.utterances) // 2][-LAST_UTTERANCES:]
    for index, item in late:
        found += _phrase_cues("closing", CLOSINGS, role, index, item)
    return found


def _phrase_cues(kind: str, phrases: tuple[str, ...], role: Role, index: int, item: Utterance) -> list[RoleCue]:
    text = item.text or ""
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
        settled = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, roles_from="words"))
        return settled if found.agent is Role.AGENT else swap_roles(settled)
    if found.agent is not Role.CUSTOMER:
        return call
    note = "corrected" if found.certain else "suspected"
    findings = (*call.recording.findings, Finding("swapped_roles", note=note))
    if not found.certain:
        return msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, findings=findings))
    return swap_roles(call, findings)


def swap_roles(call: Call, findings: tuple[Finding, ...] | None = None) -> Call:
    """The same call with agent and customer exchanged, order and indices kept."""
    replace = msgspec.structs.replace
    speech: Mapping[Role, object] = call.speech
    recording = replace(
        call.recording,
        channels=tuple(role.other for role in call.recording.channels),
        roles_from="words",
        findings=call.recording.findings if findings is None else findings,
    )
    return replace(
        call,
        recording=recording,
        speech={role: speech[role.other] for role in Role if role.other in speech},
        utterances=tuple(replace(item, role=item.role.other) for item in call.utterances),
        sounds=tuple(replace(item, role=item.role.other) for item in call.sounds),
        stray=tuple(replace(item, role=item.role.other) for item in call.stray),
    )
