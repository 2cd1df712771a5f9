"""Who holds the floor: utterances, backchannels, turns. Works without words, by duration.

    agent      |--1--|            |--3--|     |--5--|
    customer            |---2---|        |4|          |---6---|        4 = 嗯
    turns      |agent | customer |     agent        | customer |

Utterances are built from speech activity, never from word times: recognisers stretch words over silence.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple

import msgspec

from qa_speech.call import MASKED, THIRD, Call, Role, StrayWord, Utterance, Word
from qa_speech.language.asking import ends_in_question
from qa_speech.language.data import word_list
from qa_speech.language.phrases import fold
from qa_speech.language.remembered import per_call
from qa_speech.timeline import Timeline

UTTERANCE_PAUSE_S = 0.8
TURN_PAUSE_S = 0.2
STRAY_S = 0.5
EPS = 1e-6  # seconds; differences of decimal times carry rounding, and a pause of exactly 0.8 s is long enough
BACKCHANNEL_S = 1.0


class Turn(msgspec.Struct, frozen=True):
    """What one role says until the other takes the floor. `utterances` are indices into ``call.utterances``."""

    role: Role
    start: float
    end: float
    utterances: tuple[int, ...]


@cache
def _backchannels() -> re.Pattern[str]:
    words = sorted({fold(word) for word in word_list("backchannels")}, key=len, reverse=True)
    # possessive: a recogniser that loops writes 对 a thousand times, and going back over it would take for ever
    return re.compile(f"(?:{'|'.join(words)})++")


def only_backchannel_words(text: str) -> bool:
    """Whether a text is made of listening words alone, and of at least one.

    >>> only_backchannel_words("嗯，好的好的"), only_backchannel_words("好的，请稍等"), only_backchannel_words("")
    (True, False, False)
    """
    # most utterances begin with another character than any listening word, and that is quickly seen
    return _may_begin(text[:1]) and _only_backchannels(text)


@lru_cache(maxsize=8192)
def _only_backchannels(text: str) -> bool:
    return _backchannels().fullmatch(fold(text)) is not None


@lru_cache(maxsize=8192)
def _may_begin(char: str) -> bool:
    """Whether listening words can begin with a character; a mark that nobody speaks says nothing of what follows it."""
    return not char.isalnum() or fold(char)[:1] in _first_characters()


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


@per_call
def turns(call: Call) -> tuple[Turn, ...]:
    """The turns of a call: maximal runs of utterances of one role, in order of their starts.

    A backchannel of the other role does not end a turn and belongs to none, unless it answers a question of the other
    and overlaps nothing (对不对？—对), or its speaker goes on with the turn it opens (好的 … 我帮您查). A turn ends where
    the recording is masked or a third speaker speaks.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您的号码是尾号三三八五对不对", "customer: 对", "agent: 您本月", "customer@8-8.3: 嗯",
    ...                  "agent@8.4-9: 用了五十元")
    >>> [(turn.role.value, turn.utterances) for turn in turns(call)]
    [('agent', (0,)), ('customer', (1,)), ('agent', (2, 4))]
    """
    utterances = call.utterances
    return tuple([_turn(utterances, indices) for indices in turn_utterances(call)])


@per_call
def turn_utterances(call: Call) -> Sequence[Sequence[int]]:
    """The utterances of each of the `turns` of a call, as indices into ``call.utterances``.

    >>> from qa_speech.testing import make_call
    >>> turn_utterances(make_call("agent: 您好", "customer: 嗯", "customer: 查话费"))
    [[0], [1, 2]]
    """
    utterances = call.utterances
    masks = [sound.start for sound in call.sounds if sound.kind in (MASKED, THIRD)]
    held: list[list[int]] = []
    opening: list[int] = []  # backchannels of one role that may turn out to open a turn of theirs
    speaker: Role | None = None
    floor: Utterance | None = None  # what the holder of the floor said last
    for index, said in enumerate(utterances):
        if floor is not None and any(floor.end <= mask < said.start for mask in masks):
            speaker, floor, opening = None, None, []  # who spoke in between is not known
        if opening and utterances[opening[0]].role is not said.role:
            opening = []
        if said.role is speaker:
            held[-1].append(index)
        elif is_backchannel(said) and not _answers(said, floor):
            if floor is None or said.start >= floor.end:
                opening.append(index)
            continue
        else:
            held.append([*opening, index])
            speaker = said.role
        opening = []
        if floor is None or floor.role is not said.role or said.end > floor.end:
            floor = said
    return held


def _turn(utterances: Sequence[Utterance], indices: Sequence[int]) -> Turn:
    first = utterances[indices[0]]
    end = max([utterances[index].end for index in indices])
    return Turn(first.role, first.start, end, tuple(indices))


def _answers(said: Utterance, floor: Utterance | None) -> bool:
    """Whether words answer a question of the other that they do not overlap."""
    if floor is None or not said.text or not floor.text:
        return False
    return said.start >= floor.end and ends_in_question(floor.text)


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
    known = {role: sorted(said, key=_word_start) for role, said in (words or {}).items()}
    spans = {role: [(segment.start, segment.end) for segment in line] for role, line in speech.items()}
    pauses = {role: _pauses(line, turn_pause_s) for role, line in spans.items()}
    cuts = {role: {pause.end for pause in _pauses(line, utterance_pause_s)} for role, line in spans.items()}
    while True:
        runs = {role: _runs(line, cuts[role]) for role, line in spans.items()}
        more = 0
        for role in spans:
            if role.other is role or role.other not in runs:
                continue
            claims = _claims(runs[role.other], known.get(role.other), backchannel_s)
            ends = {pause.end for pause in pauses[role] if _any_inside(claims, pause)}
            more += len(ends - cuts[role])
            cuts[role] |= ends
        if not more:
            break
    made = [Utterance(role, start, end) for role, line in runs.items() for start, end in line]
    return place_words(sorted(made, key=_order), known, stray_s=stray_s)


_ROLES = tuple(Role)


def _order(utterance: Utterance) -> tuple[float, float, int]:
    return utterance.start, utterance.end, _ROLES.index(utterance.role)


def _word_start(word: Word) -> float:
    return word.start


def _middle(word: Word) -> float:
    return (word.start + word.end) / 2


class _Span(NamedTuple):
    """A stretch of time, in seconds."""

    start: float
    end: float


def _pauses(line: Sequence[tuple[float, float]], least_s: float) -> list[_Span]:
    """The pauses of one role from `least_s` seconds on."""
    found = []
    for (_, end), (start, _) in pairwise(line):
        if start - end >= least_s - EPS:
            found.append(_Span(end, start))
    return found


def _any_inside(moments: Sequence[float], span: _Span) -> bool:
    """Whether one of rising moments (seconds) lies in a span, its end excluded."""
    first = bisect_left(moments, span.start)
    return first < len(moments) and moments[first] < span.end


def _runs(line: Sequence[tuple[float, float]], cuts: set[float]) -> list[_Span]:
    """Speech (spans in seconds) with its pauses bridged, but for those that end at a cut."""
    found: list[_Span] = []
    for start, end in line:
        if found and start not in cuts:
            found[-1] = _Span(found[-1].start, end)
        else:
            found.append(_Span(start, end))
    return found


def _claims(runs: Sequence[_Span], words: Sequence[Word] | None, backchannel_s: float) -> list[float]:
    """Starts of the runs that claim the floor: by their words, where there are none by their length."""
    if not words:
        return [run.start for run in runs if _is_long(run, backchannel_s)]
    placed = sorted([(_middle(word), word.text) for word in words])
    middles = [middle for middle, _ in placed]
    found = []
    for run in runs:
        inside = placed[bisect_left(middles, run.start) : bisect_left(middles, run.end)]
        text = "".join([word for _, word in inside])
        claims = not only_backchannel_words(text) if text.strip() else _is_long(run, backchannel_s)
        if claims:
            found.append(run.start)
    return found


def _is_long(run: _Span, backchannel_s: float) -> bool:
    return run.end - run.start > backchannel_s + EPS


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
    placed = list(utterances)
    stray: list[StrayWord] = []
    for role, said in words.items():
        mine = [index for index, utterance in enumerate(placed) if utterance.role == role]
        mine.sort(key=lambda index: (placed[index].start, placed[index].end))
        spans = [_Span(placed[index].start, placed[index].end) for index in mine]
        spaced = _spaces_count(said)
        held: list[list[Word]] = [[] for _ in mine]
        for word in sorted(said, key=_word_start):
            place = _nearest(spans, _middle(word), stray_s)
            if place is None:
                stray.append(StrayWord(role, word, "no_speech_near"))
            else:
                held[place].append(word)
        for index, span, its_words in zip(mine, spans, held, strict=True):
            text = join_words(its_words, spaces_count=spaced)
            placed[index] = Utterance(role, span.start, span.end, text, tuple(its_words))
    return tuple(placed), tuple(stray)


def _nearest(spans: Sequence[_Span], middle: float, stray_s: float) -> int | None:
    """Which of the spans of one role is the nearest to a moment, None where none is within `stray_s` seconds."""
    after = bisect_left(spans, (middle,))
    best: int | None = None
    distance = stray_s
    if after < len(spans):
        ahead = spans[after].start - middle
        if ahead == 0:
            return after
        if ahead <= distance + EPS:
            best, distance = after, ahead
    if after and middle - spans[after - 1].end <= distance + EPS:
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
        bare = word.text.strip()
        if not bare:
            gap = True
            continue
        gap = gap or word.text[0].isspace()
        if text and text[-1].isascii() and bare[0].isascii() and _stand_apart(text[-1], bare[0], gap, spaces_count):
            text += " "
        text += bare
        gap = word.text[-1].isspace()
    return text


def _stand_apart(before: str, after: str, gap: bool, spaces_count: bool) -> bool:
    """Whether a space belongs between two ASCII characters; `gap`: the recogniser left one."""
    if spaces_count:
        return gap and (before.isalnum() or after.isalnum())
    return before.isalpha() and after.isalpha()
