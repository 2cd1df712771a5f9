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

from qa_speech.call import Acoustics, Call, OtherSound, Role, StrayWord, Utterance, Word
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
    places = {place for role in (Role.AGENT, Role.CUSTOMER) for place in _prompts(call, role)}
    if not places:
        return call
    said = [call.utterances[place] for place in sorted(places)]
    kept = [place for place in range(len(call.utterances)) if place not in places]
    sounds = tuple(OtherSound(IVR, role, start, end) for role, start, end in _stretches(said))
    acoustics: tuple[Acoustics, ...] = tuple(call.acoustics[place] for place in kept) if call.acoustics else ()
    return msgspec.structs.replace(
        call,
        speech={
            role: line - Timeline((item.start, item.end) for item in sounds if item.role is role)
            for role, line in call.speech.items()
        },
        utterances=tuple(call.utterances[place] for place in kept),
        acoustics=acoustics,
        sounds=tuple(sorted((*call.sounds, *sounds), key=lambda item: item.start)),
        stray=(*call.stray, *(StrayWord(item.role, word, IVR) for item in said for word in _words(item))),
    )


def _prompts(call: Call, role: Role) -> list[int]:
    """Places of the announcements on one role's channel: all up to the last that is certainly one, and before a human."""
    opening: list[int] = []
    for place, item in enumerate(call.utterances):
        if item.role is role and item.text:
            opening.append(place)
        if item.role is Role.CUSTOMER and item.text and not _is_prompt(item.text):
            break
    texts = [call.utterances[place].text or "" for place in opening]
    human = next((i for i, text in enumerate(texts) if _HUMAN.search(fold(text))), len(texts))
    last = max((i for i in range(human) if _is_prompt(texts[i]) or _is_number(texts, i)), default=-1)
    return opening[: last + 1]


def _is_prompt(text: str) -> bool:
    return bool(find_phrases(text, PROMPTS))


def _is_number(texts: Sequence[str], place: int) -> bool:
    """A number and nothing else, with a greeting still to come."""
    alone = _NUMBER_ALONE.match(fold(texts[place])) is not None
    return alone and any(_GREETING.search(fold(text)) for text in texts[place + 1 :])


def _stretches(said: Sequence[Utterance]) -> list[tuple[Role, float, float]]:
    found: list[tuple[Role, float, float]] = []
    for item in said:
        if found and found[-1][0] is item.role and item.start - found[-1][2] < JOIN_S:
            found[-1] = (item.role, found[-1][1], item.end)
        else:
            found.append((item.role, item.start, item.end))
    return found


def _words(item: Utterance) -> tuple[Word, ...]:
    return item.words or (Word(item.text or "", item.start, item.end),)
