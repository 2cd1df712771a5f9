"""Announcements of a machine (IVR) at the beginning of a call: nobody's speech, set apart by what they say.

    agent's channel   |普通话请按一|  |正在为您转接|   |您好 …|
    customer                                              |我想 …|
    ivr               |----------------------------|

Only by words, only before the customer's first word and the agent's greeting, and only where the parties have channels of
their own: without these nothing is claimed. A number announced by itself (工号一零零一为您服务) is the machine's if the agent
greets after it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from qa_speech.call import Call, OtherSound, Role, StrayWord, Utterance, Word
from qa_speech.language.data import word_list
from qa_speech.language.phrases import find_phrases, fold
from qa_speech.timeline import Timeline

PROMPTS = word_list("prompts")
IVR = "ivr"
JOIN_S = 3.0
"""Announcements of one machine this near to each other are one stretch."""

_DIGITS = "0-9零〇一二三四五六七八九幺两"
_NUMBER_ALONE = re.compile(
    rf"^(?:工号|客服|话务员)?[a-z]{{0,2}}[{_DIGITS}]{{2,}}(?:号)?(?:客服|话务员|坐席|专员)?为您服务$"
)
_HUMAN = re.compile(r"我是|我这边|请问|很高兴为您|有什么可以帮|有什么能帮")
"""What no machine says."""
_GREETING = re.compile(r"您好|你好|喂|请问|帮您|帮到您")


def set_prompts_apart(call: Call) -> Call:
    """The call with announcements as sounds of the kind ``ivr``, out of speech and utterances; their words become stray.

    Where no announcement is found the call itself comes back.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-3: 普通话请按一", "agent@5-7: 您好请讲", "customer@8-9: 我想查话费")
    >>> found = set_prompts_apart(call)
    >>> [(sound.kind, sound.start, sound.end) for sound in found.sounds], [item.text for item in found.utterances]
    ([('ivr', 0.0, 3.0)], ['您好请讲', '我想查话费'])
    """
    if not call.recognised or not call.has_both_roles or call.times == "nominal":
        return call
    machine = {*_prompts(call, Role.AGENT), *_prompts(call, Role.CUSTOMER)}
    if not machine:
        return call
    said = [call.utterances[place] for place in sorted(machine)]
    kept = [place for place in range(len(call.utterances)) if place not in machine]
    sounds = _as_sounds(said)
    return msgspec.structs.replace(
        call,
        speech={role: _without(role, line, sounds) for role, line in call.speech.items()},
        utterances=tuple([call.utterances[place] for place in kept]),
        acoustics=tuple([call.acoustics[place] for place in kept]) if call.acoustics else (),
        sounds=tuple(sorted((*call.sounds, *sounds), key=lambda sound: sound.start)),
        stray=(*call.stray, *_as_stray(said)),
    )


def is_announcement(text: str) -> bool:
    """Whether a machine says it: a menu, a queue, a transfer, or a number and nothing else.

    >>> is_announcement("普通话请按一"), is_announcement("工号一零零一为您服务"), is_announcement("您好请讲")
    (True, True, False)
    """
    return _is_prompt(text) or _NUMBER_ALONE.match(fold(text)) is not None


def is_human(text: str) -> bool:
    """Whether a text holds what no machine says.

    >>> is_human("请问有什么可以帮您"), is_human("请输入您的号码")
    (True, False)
    """
    return _HUMAN.search(fold(text)) is not None


def _prompts(call: Call, role: Role) -> list[int]:
    """Places of the announcements on one role's channel: all up to the last that is certainly one, and before a human."""
    opening = _before_the_customer(call, role)
    texts = [call.utterances[place].text or "" for place in opening]
    last = -1
    for place, text in enumerate(texts):
        if is_human(text):
            break
        if _is_prompt(text) or _is_number(text, texts[place + 1 :]):
            last = place
    return opening[: last + 1]


def _before_the_customer(call: Call, role: Role) -> list[int]:
    """Places of what is said on a role's channel up to the customer's first words that are no announcement."""
    found: list[int] = []
    for place, said in enumerate(call.utterances):
        if said.text and said.role is role:
            found.append(place)
        if said.text and said.role is Role.CUSTOMER and not _is_prompt(said.text):
            break
    return found


def _is_prompt(text: str) -> bool:
    return bool(find_phrases(text, PROMPTS))


def _is_number(text: str, following: Sequence[str]) -> bool:
    """A number and nothing else, with a greeting still to come."""
    if not _NUMBER_ALONE.match(fold(text)):
        return False
    return any(_GREETING.search(fold(later)) for later in following)


def _as_sounds(said: Sequence[Utterance]) -> list[OtherSound]:
    """Announcements near to each other are one sound."""
    found: list[OtherSound] = []
    for utterance in said:
        before = found[-1] if found else None
        if before and before.role is utterance.role and utterance.start - before.end < JOIN_S:
            found[-1] = OtherSound(IVR, before.role, before.start, utterance.end)
        else:
            found.append(OtherSound(IVR, utterance.role, utterance.start, utterance.end))
    return found


def _without(role: Role, line: Timeline, sounds: Sequence[OtherSound]) -> Timeline:
    return line - Timeline([(sound.start, sound.end) for sound in sounds if sound.role is role])


def _as_stray(said: Sequence[Utterance]) -> list[StrayWord]:
    """The words of announcements; of one without words of its own the text is one."""
    found: list[StrayWord] = []
    for utterance in said:
        words = utterance.words or (Word(utterance.text or "", utterance.start, utterance.end),)
        found += [StrayWord(utterance.role, word, IVR) for word in words]
    return found
