"""Who holds the floor: utterances, backchannels, turns, exchanges. Works without words, by duration.

    agent      |--1--|            |--3--|     |--5--|
    customer            |---2---|        |4|          |---6---|        4 = 嗯
    turns      |agent | customer |     agent        | customer |
    exchanges           |-- question 2, answer 3 5 --|

Utterances are built from speech activity, never from word times: recognisers stretch words over silence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import msgspec

from qa_speech.call import Call, Role, StrayWord, Utterance, Word
from qa_speech.language.data import word_list
from qa_speech.language.phrases import fold
from qa_speech.language.remembered import per_call
from qa_speech.timeline import Timeline

UTTERANCE_PAUSE_S = 0.8
TURN_PAUSE_S = 0.2
STRAY_S = 0.5
ANNOUNCED_AT_END = 24
"""Spoken characters at the end of an agent's words in which the announcement of a wait (请稍等) counts."""
LONGEST_CONSENT = 8
"""Spoken characters; 好，你快一点 leaves an announced hold what it is."""
EPS = 1e-6  # seconds; differences of decimal times carry rounding, and a pause of exactly 0.8 s is long enough
BACKCHANNEL_S = 1.0

_QUESTION = re.compile(
    r"[?？]|吗|呢$|么$|没有$|(\w)不\1|有没有|是否|能否|可否|有无|什么|怎么|怎样|为啥|干嘛|咋|啥|多少|多久|多长|多大"
    r"|几[个号点天月年次块元位时分岁张条]|第几|哪|谁|何时|如何|还是|请问|^[您你]是.*吧$"
)
_NO_QUESTION = re.compile(r"没有?[^，。,.]{0,4}什么|不[^，。,.]{0,2}什么|[什怎]么都|不怎么|什么的|没什么")
_CALLED = re.compile(r"(?:先生|女士|小姐|阿姨|师傅|[啊呀哈哦呃嗯，。,._\s])+$")
TAIL = 16  # characters at the end of an utterance in which a question hands over the floor


class Turn(msgspec.Struct, frozen=True):
    """What one role says until the other takes the floor. `utterances` are indices into ``call.utterances``."""

    role: Role
    start: float
    end: float
    utterances: tuple[int, ...]


class Exchange(msgspec.Struct, frozen=True):
    """A customer's question or problem and all the agent says to it. Both are indices into ``call.utterances``.

    `answer` is empty when the agent says nothing more. `asks` tells whether the question reads like one.
    """

    question: tuple[int, ...]
    answer: tuple[int, ...]
    asks: bool


@cache
def _backchannels() -> re.Pattern[str]:
    words = sorted({fold(word) for word in word_list("backchannels")}, key=len, reverse=True)
    # possessive: a recogniser that loops writes 对 a thousand times, and going back over it would take for ever
    return re.compile(f"(?:{'|'.join(words)})++")


@lru_cache(maxsize=8192)
def only_backchannel_words(text: str) -> bool:
    """Whether a text is made of listening words alone, and of at least one.

    >>> only_backchannel_words("嗯，好的好的"), only_backchannel_words("好的，请稍等"), only_backchannel_words("")
    (True, False, False)
    """
    # most utterances begin with another character than any listening word, and that is quickly seen
    if text[:1].isalnum() and fold(text[0])[:1] not in _first_characters():
        return False
    return _backchannels().fullmatch(fold(text)) is not None


@cache
def _first_characters() -> frozenset[str]:
    return frozenset(fold(word)[:1] for word in word_list("backchannels"))


def is_backchannel(utterance: Utterance, *, longest_s: float = BACKCHANNEL_S) -> bool:
    """Whether an utterance claims no turn: listening words only, or at most `longest_s` seconds with no words.

    >>> is_backchannel(Utterance(Role.CUSTOMER, 0, 2, "嗯嗯")), is_backchannel(Utterance(Role.CUSTOMER, 0, 0.6))
    (True, True)
    >>> is_backchannel(Utterance(Role.CUSTOMER, 0, 0.6, "不要"))
    False
    """
    if utterance.text:
        return only_backchannel_words(utterance.text)
    return utterance.end - utterance.start <= longest_s + EPS


@lru_cache(maxsize=8192)
def is_question(text: str) -> bool:
    """Whether a text asks something; works without punctuation.

    >>> [is_question(text) for text in ("您办理的是哪个套餐", "对不对", "我的手机没有信号", "也没有开通什么业务")]
    [True, True, False, False]
    """
    return _QUESTION.search(_NO_QUESTION.sub("", _CALLED.sub("", text))) is not None


def accepts_wait(text: str) -> bool:
    """Whether what follows 请稍等 can be no more than a consent; question marks are a recogniser's guess.

    >>> accepts_wait("好，你快一点？"), accepts_wait("要等多久"), accepts_wait("好的，另外我的流量也不够用了")
    (True, False, False)
    """
    text = text.rstrip("？? ")
    return bool(text) and len(fold(text)) <= LONGEST_CONSENT and not is_question(text)


@lru_cache(maxsize=8192)
def ends_in_question(text: str) -> bool:
    """Whether a text hands over the floor with a question, at its end.

    >>> ends_in_question("那我告诉您设置方式，您现在方便操作吗先生")
    True
    >>> ends_in_question("您问的是哪个套餐对吧这个套餐是八元的它包含五十兆的省内流量")
    False
    """
    return is_question(_CALLED.sub("", text)[-TAIL:])


@per_call
def turns(call: Call) -> tuple[Turn, ...]:
    """The turns of a call: maximal runs of utterances of one role, in order of their starts.

    A backchannel of the other role does not end a turn and belongs to none, unless it answers a question of the other
    and overlaps nothing (对不对？—对), or its speaker goes on with the turn it opens (好的 … 我帮您查).

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您的号码是尾号三三八五对不对", "customer: 对", "agent: 您本月", "customer@8-8.3: 嗯",
    ...                  "agent@8.4-9: 用了五十元")
    >>> [(turn.role.value, turn.utterances) for turn in turns(call)]
    [('agent', (0,)), ('customer', (1,)), ('agent', (2, 4))]
    """
    found: list[tuple[Role, list[int]]] = []
    opening: list[int] = []  # backchannels of one role that may turn out to open a turn of theirs
    speaker: Role | None = None
    floor: Utterance | None = None  # what the holder of the floor said last
    items = call.utterances
    for index, item in enumerate(items):
        role = item.role
        if role is speaker:
            found[-1][1].append(index)
        else:
            if is_backchannel(item) and not (floor is not None and _answers(item, floor)):
                if opening and items[opening[0]].role is not role:
                    opening = []
                if floor is None or item.start >= floor.end:
                    opening.append(index)
                continue
            if opening and items[opening[0]].role is not role:
                opening = []
            found.append((role, [*opening, index]))
            speaker = role
        opening = []
        if floor is None or floor.role is not role or item.end > floor.end:
            floor = item
    return tuple(
        [Turn(role, items[held[0]].start, max([items[i].end for i in held]), tuple(held)) for role, held in found]
    )


def _answers(item: Utterance, asked: Utterance) -> bool:
    return bool(item.text and asked.text and item.start >= asked.end and ends_in_question(asked.text))


def exchanges(call: Call) -> tuple[Exchange, ...]:
    """Each substantive turn of the customer with all the agent says until the next one.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好", "customer: 我的话费怎么多了", "agent: 请稍等", "customer: 好的", "agent: 是套餐外流量")
    >>> exchanges(call)
    (Exchange(question=(1,), answer=(2, 4), asks=True),)
    """
    found: list[tuple[tuple[int, ...], list[int]]] = []
    for turn in turns(call):
        if turn.role is Role.CUSTOMER:
            if not all(is_backchannel(call.utterances[i]) for i in turn.utterances):
                found.append((turn.utterances, []))
        elif found:
            found[-1][1].extend(turn.utterances)
    return tuple(
        Exchange(question, tuple(answer), any(is_question(call.utterances[i].text or "") for i in question))
        for question, answer in found
    )


# ---------------------------------------------------------------------------------------------- from speech to utterances


def build_utterances(
    speech: Mapping[Role, Timeline],
    words: Mapping[Role, Sequence[Word]] | None = None,
    *,
    utterance_pause_s: float = UTTERANCE_PAUSE_S,
    turn_pause_s: float = TURN_PAUSE_S,
    stray_s: float = STRAY_S,
    backchannel_s: float = BACKCHANNEL_S,
) -> tuple[tuple[Utterance, ...], tuple[StrayWord, ...]]:
    """Cut speech activity into utterances and put every word into one of them, or keep it as stray.

    An utterance is the speech of one role up to an own pause of at least `utterance_pause_s`, or up to a substantive
    utterance of the other role that starts inside an own pause of at least `turn_pause_s`:

        agent      |----|  |----|          own pause of 0.4 s
        customer         |---------|       starts in it: two utterances of the agent; with 嗯 there: one

    What is substantive depends on the words inside, and which words are inside depends on the cuts: so cuts are added
    until nothing changes. They are never taken back, hence it ends. A role missing from `words` was not recognised:
    its utterances have text None, and substantive means longer than `backchannel_s`.

    >>> built, stray = build_utterances({Role.AGENT: Timeline([(0, 1), (1.4, 3)]), Role.CUSTOMER: Timeline([(1.1, 2.5)])})
    >>> [(item.role.value, item.start, item.end) for item in built], stray
    ([('agent', 0, 1), ('customer', 1.1, 2.5), ('agent', 1.4, 3)], ())
    """
    known = {role: sorted(items, key=lambda word: word.start) for role, items in (words or {}).items()}
    spans = {role: [(item.start, item.end) for item in line] for role, line in speech.items()}
    cuts = {
        role: {b for (_, a), (b, _) in pairwise(line) if b - a >= utterance_pause_s - EPS}
        for role, line in spans.items()
    }
    while True:
        runs = {role: _runs(line, cuts[role]) for role, line in spans.items()}
        added = False
        for role, line in spans.items():
            if role.other is role or role.other not in runs:
                continue
            claims = _claims(runs[role.other], known.get(role.other), backchannel_s)
            for (_, a), (b, _) in pairwise(line):
                if b not in cuts[role] and b - a >= turn_pause_s - EPS:
                    place = bisect_left(claims, a)
                    if place < len(claims) and claims[place] < b:
                        cuts[role].add(b)
                        added = True
        if not added:
            break
    made = [Utterance(role, start, end) for role, line in runs.items() for start, end in line]
    return place_words(sorted(made, key=_order), known, stray_s=stray_s)


_ROLES = tuple(Role)


def _order(item: Utterance) -> tuple[float, float, int]:
    return item.start, item.end, _ROLES.index(item.role)


def _runs(line: Sequence[tuple[float, float]], cuts: set[float]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for start, end in line:
        if found and start not in cuts:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _claims(runs: Sequence[tuple[float, float]], words: Sequence[Word] | None, backchannel_s: float) -> list[float]:
    """Starts of the runs that claim the floor."""
    if not words:
        return [start for start, end in runs if end - start > backchannel_s + EPS]
    middles = sorted(((word.start + word.end) / 2, word.text) for word in words)
    found = []
    for start, end in runs:
        first, last = bisect_left(middles, (start,)), bisect_left(middles, (end,))
        text = "".join([item for _, item in middles[first:last]])
        if not only_backchannel_words(text) if text.strip() else end - start > backchannel_s + EPS:
            found.append(start)
    return found


def place_words(
    utterances: Iterable[Utterance], words: Mapping[Role, Sequence[Word]], *, stray_s: float = STRAY_S
) -> tuple[tuple[Utterance, ...], tuple[StrayWord, ...]]:
    """Give every word to the utterance of its role that holds its midpoint, else to the nearest within `stray_s`.

    What is further away is returned as stray (reason ``no_speech_near``): nothing is dropped. Utterances of a role in
    `words` get text, "" where no word fell; those of a role that is missing there are left as they are.

    >>> placed, stray = place_words([Utterance(Role.AGENT, 0, 1)],
    ...     {Role.AGENT: [Word("好", 0, 0.4), Word("的", 1.1, 1.3), Word("喂", 9, 9.2)]})
    >>> placed[0].text, [item.word.text for item in stray]
    ('好的', ['喂'])
    """
    items = list(utterances)
    stray: list[StrayWord] = []
    for role, said in words.items():
        mine = sorted((item.start, item.end, i) for i, item in enumerate(items) if item.role == role)
        spaced = _spaces_count(said)
        boxes: list[list[Word]] = [[] for _ in mine]
        for word in sorted(said, key=lambda word: word.start):
            box = _nearest(mine, (word.start + word.end) / 2, stray_s)
            if box is None:
                stray.append(StrayWord(role, word, "no_speech_near"))
            else:
                boxes[box].append(word)
        for (_, _, i), box_words in zip(mine, boxes, strict=True):
            item = items[i]
            text = join_words(box_words, spaces_count=spaced)
            items[i] = Utterance(role, item.start, item.end, text, tuple(box_words))
    return tuple(items), tuple(stray)


def _nearest(mine: Sequence[tuple[float, float, int]], middle: float, stray_s: float) -> int | None:
    after = bisect_left(mine, (middle,))
    if after < len(mine) and mine[after][0] == middle:
        return after
    best, distance = None, stray_s
    if after < len(mine) and mine[after][0] - middle <= distance + EPS:
        best, distance = after, mine[after][0] - middle
    if after and middle - mine[after - 1][1] <= distance + EPS:
        best = after - 1
    return best


def _spaces_count(words: Iterable[Word]) -> bool:
    return any(word.text != word.text.strip() for word in words)


def join_words(words: Sequence[Word], *, spaces_count: bool | None = None) -> str:
    """The text of words: Chinese without spaces, Latin words separated.

    Where a recogniser marks word borders by spaces of its own, these decide between Latin letters and digits
    (`spaces_count`; found from the words if None); else every two Latin words are separated.

    >>> join_words([Word("开通", 0, 1), Word("VIP", 1, 2), Word("OK", 2, 3), Word("吗", 3, 4)])
    '开通VIP OK吗'
    >>> join_words([Word("4", 0, 1), Word("G", 1, 2), Word("套餐", 2, 3)])
    '4G套餐'
    """
    if spaces_count is None:
        spaces_count = _spaces_count(words)
    text, gap = "", False
    for word in words:
        raw = word.text
        bare = raw.strip()
        if not bare:
            gap = True
            continue
        if text and text[-1].isascii() and bare[0].isascii():
            if spaces_count:
                apart = (gap or raw[0].isspace()) and (text[-1].isalnum() or bare[0].isalnum())
            else:
                apart = text[-1].isalpha() and bare[0].isalpha()
            if apart:
                text += " "
        text += bare
        gap = raw[-1].isspace()
    return text
