"""What the conversation says a run of digits is: the words right before it, those after it, or what was asked.

customer  我的手机号是幺三八零零               phone: the word nearest before the number
customer  幺三八零零，这是我的手机号            phone: what follows it
agent     请报一下手机号   customer  幺三八零零  phone: the last thing asked
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa_speech.call import Role, Utterance
from qa_speech.privacy.cues import nearest_cue
from qa_speech.privacy.digits import Run
from qa_speech.privacy.numerals import Cue

WINDOW = 40
"""Characters before a number in which a word may say what it is."""
LOOK_BACK = 6
"""Utterances before the number's own that may have asked for it."""
LAST_WORDS = 12
"""Characters at the end of the speaker's utterance before, in which a number may be announced."""
SHORT_ANSWER = 12
"""Characters of the other party's words that still leave a question open."""
LONGEST_NOUN = 6
"""Characters after 这是我的 … that name what the number is."""

_DIGIT = "0-9０-９零〇一二三四五六七八九幺两"
_NUMBER = re.compile(rf"[{_DIGIT}]{{4,}}")
_FULL_NUMBER = 11
_ALREADY_GIVEN = re.compile(rf"(?:[{_DIGIT}][-，,、\s]?){{{_FULL_NUMBER},}}")

_THIS_IS = "这?就?是|这个就?是|这个|这张|那个|那张|为|的"
_WHOSE = "(?:我|您|你|他|她|本人|客户)?(?:们|家|家里)?(?:的|这个|那个)?"
_AFTER = re.compile(
    rf"[，,。、\s]*(?:{_THIS_IS}){_WHOSE}(?=[^，,。、\s])"
    r"|[，,]\s?(?=[^，,。、\s]{2,5}就是(?:这个|它|这张))"
)
_AREA_CODE_AFTER = re.compile(rf"[，,、\s]*区号(?:就?是)?[，,\s]?[0零〇][{_DIGIT}]{{2,3}}")
"""八三零七四四二六，区号零五三二."""
_NEXT_ANNOUNCED = re.compile(r"[^，,。]{0,8}(?:是|为|：|:)\s?[0-9零一二三四五六七八九幺]")
_LIST_AFTER = re.compile(r"\s?(?:这)?(?:几|两|三|四|五)?(?:个?档|种|款)")
"""After a row of prices: 有59、99、129这几档."""
_TAIL_BEFORE = re.compile(r"(?:尾号|末尾|[后末]四位)(?:就?是|为)?[，,\s]?$")
_SECOND_HALF = re.compile(r"[，,、\s]*号码(?:是|为)?\s*")
"""发票代码 0440…，号码 1234…: a bare 号码 goes on with what the number before it was."""
_PARTIAL_ID = re.compile(
    r"(?:身份证|证件)(?:上)?(?:的)?(?:号码?)?的?"
    r"(?:最?后|末尾?|尾)(?:面)?的?(?:[三四五六七八3-8]位|号)"
)


def cue_of(run: Run, utterances: Sequence[Utterance]) -> Cue:
    """What the words around a run of digits say it is; empty where they say nothing.

    >>> from qa_speech.testing import make_call
    >>> from qa_speech.privacy.digits import digit_runs
    >>> call = make_call("agent: 请报一下您的手机号", "customer: 幺三八零零", "agent: 工单编号是八八零一二三")
    >>> [cue_of(run, call.utterances) for run in digit_runs(call.utterances)]
    ['phone', 'code']
    """
    first, last = run.digits[0], run.digits[-1]
    text = utterances[first.utterance].text or ""
    # a word that already has its number says nothing of the next one
    *earlier, before = _NUMBER.split(text[max(0, first.start - WINDOW) : first.start])
    here = nearest_cue(before)
    if here == "phone" and earlier and _SECOND_HALF.fullmatch(before) and nearest_cue(earlier[-1]) == "code":
        return "code"
    if here:
        return here
    text_of_last = utterances[last.utterance].text or ""
    if _LIST_AFTER.match(text_of_last, last.end) and last.group - first.group > 1:
        return "code"
    after = _said_after(text_of_last, last.end)
    if after:
        return after
    if _TAIL_BEFORE.search(before):
        return ""
    return _asked_for(first.utterance, utterances)


def _said_after(text: str, at: int) -> Cue:
    """… 这是我的手机号, … 这个号码, from the index `at` in characters; not what announces the next number."""
    if _AREA_CODE_AFTER.match(text, at):
        return "phone"
    match = _AFTER.match(text, at)
    if match is None or _NEXT_ANNOUNCED.match(text, match.end()):
        return ""
    noun = text[match.end() : match.end() + LONGEST_NOUN].split("，")[0]
    return nearest_cue(noun)


def _asked_for(index: int, utterances: Sequence[Utterance]) -> Cue:
    """What the other party asked for last, or what the speaker announced at the end of the utterance before.

    `index` is the place among the utterances. A question counts until a whole number is given or the other party says
    something else twice.
    """
    role = utterances[index].role
    passed = 0
    for utterance in reversed(utterances[max(0, index - LOOK_BACK) : index]):
        text = utterance.text or ""
        after_numbers = _NUMBER.split(text[-WINDOW:])[-1]
        given = _ALREADY_GIVEN.search(text) is not None
        if utterance.role is role and role is not Role.UNKNOWN:
            announced = nearest_cue(after_numbers[-LAST_WORDS:])
            if announced or given:
                return announced
            continue
        if given:
            return ""
        asked = nearest_cue(after_numbers)
        if asked:
            return asked
        passed += len(text) > SHORT_ANSWER
        if passed > 1:
            return ""
    return ""


def is_part_of_id(run: Run, utterances: Sequence[Utterance]) -> bool:
    """Whether the last digits of an identity card were asked for or are announced right before the run."""
    first = run.digits[0]
    before = (utterances[first.utterance].text or "")[: first.start]
    if _PARTIAL_ID.search(before[-20:]):
        return True
    if first.utterance == 0 or len(before) >= 8:
        return False
    asked = utterances[first.utterance - 1].text or ""
    return _PARTIAL_ID.search(asked[-30:]) is not None
