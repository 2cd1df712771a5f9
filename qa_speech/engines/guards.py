"""Guards between any recogniser and the call: what it makes up, its loops, the time and the spelling of its words.

They hold for words that are recognised here and for those of a transcript alike.

Whisper has read many subtitles; on near-silence it says what subtitles say: thanks for watching, subscribe, subtitles
by. Nobody says that on the telephone, so a credit is taken out wherever it stands; what might be said as well, only where the
window is near-silent. All that is taken out is kept as stray words with the reason, so that a person can see it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.call import Word
from qa_speech.engines.base import Window, WindowWords
from qa_speech.engines.spelling import chinese_marks
from qa_speech.language.characters import to_simplified
from qa_speech.language.phrases import fold
from qa_speech.language.reading import syllables

NEAR_SILENT_DB = -45.0
"""dBFS RMS of a window (after level normalisation) below which there was hardly anything to hear."""
NEAR_SILENT_PROBABILITY = 0.3
"""The recogniser's own probability that nobody speaks."""
NOBODY_SPEAKS = 0.6
UNSURE_LOG_PROB = -1.0
"""Whisper's own rule: a window is empty where nobody speaks with more than the one, and its text is less likely than the other."""
HALLUCINATION = "hallucination"
REPETITION = "repetition"
LONGEST_PERIOD = 80
"""Characters of what a recogniser may repeat without end; longer ones have not been seen."""
SYLLABLE_S = 0.8
"""No syllable is longer; the rest of a word's time is a pause, or speech whose words were left out."""

_MADE_UP = re.compile(
    "|".join(
        (
            "请不吝点赞",
            "点赞.{0,4}订阅",
            "订阅.{0,4}(?:转发|打赏|我的频道)",
            "欢迎订阅",
            "打赏支持",
            "明镜与点点",
            "明镜需要您的支持",
            "字幕(?:由|by|志愿者|组|提供|制作)",
            "中文字幕",
            "(?:社群|字幕组)提供",
            "amara",
            "(?:感谢|谢谢)(?:大家)?(?:的)?(?:观看|收看)",
            "(?:我们)?下(?:期|集)(?:节目)?再见",
            "优优独播剧场",
            "本(?:节目|视频)由",
        )
    ),
    re.IGNORECASE,
)
_CREDIT = re.compile(
    "|".join(
        (
            "(?:请不吝)?点赞.{0,4}订阅.{0,24}",
            ".{0,12}明镜.{0,4}点点.{0,10}",
            "(?:中文)?字幕(?:由|by|志愿者|组|提供|制作).{0,20}",
            ".{0,8}amara(?:org)?.{0,10}",
            "(?:感谢|谢谢)(?:大家|您|你)?的?(?:观看|收看)",
            "(?:我们)?下(?:期|集)节目?再见",
            "优优独播剧场.{0,20}",
            "本(?:节目|视频)由.{0,20}",
        )
    ),
    re.IGNORECASE,
)
_CREDIT_WITHIN = re.compile(
    "|".join(
        (
            "(?:请不吝点赞)?订阅转发打赏支持(?:明镜(?:与点点栏目)?)?",
            "请不吝点赞",
            "明镜与点点(?:栏目)?",
            "(?:中文)?字幕(?:由|by)?amara(?:org)?(?:社群|社区)?(?:提供)?",
            "中文字幕志愿者.{0,4}",
            "字幕(?:由|by).{1,10}(?:社群|社区|字幕组)提供",
            "优优独播剧场(?:yoyotelevisionseriesexclusive)?",
            "(?:感谢|谢谢)(?:大家|您|你)?的?(?:观看|收看)",
        )
    ),
    re.IGNORECASE,
)
"""What is a credit wherever it stands, as a part of what was said, too."""
_NUMERALS = frozenset("0123456789零〇一二三四五六七八九幺两")
_GAPS = re.compile(r"[\s，。？！、；：,.?!;:…—“”‘’\"'()（）-]+")


def made_up(text: str) -> bool:
    """Whether a text is one of the sentences that Whisper invents on near-silence.

    Examples
    --------
    >>> made_up("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), made_up("请您稍等，我帮您查询")
    (True, False)
    """
    return bool(_MADE_UP.search(_GAPS.sub("", text)))


def is_credit(text: str) -> bool:
    """Whether a text is such a sentence and nothing else: nobody says that on the telephone.

    Examples
    --------
    >>> is_credit("字幕由Amara.org社群提供"), is_credit("中文字幕怎么打开")
    (True, False)
    """
    return _CREDIT.fullmatch(_GAPS.sub("", text)) is not None


class Loop(NamedTuple):
    """What a recogniser repeats: ``text[start:end]`` without the first time, which may have been said."""

    start: int
    end: int


def loops(texts: Sequence[str]) -> list[list[Loop]]:
    """Where each text is a recogniser's loop: the same up to `LONGEST_PERIOD` characters again and again.

    A phrase of four characters or more loops from five times on, a shorter one from seven, a single character from twelve:
    people do say 对对对对 and 好的好的好的. Spaces and punctuation do not count, numbers are no loops. All texts are searched
    together, in time linear in their length.

    Examples
    --------
    >>> text = "您好" + "，我帮您查" * 6 + "。"
    >>> [(text[loop.start : loop.end]) for loop in loops([text])[0]], loops(["好的好的好的", "13888888888"])
    (['，我帮您查，我帮您查，我帮您查，我帮您查，我帮您查'], [[], []])
    """
    found: list[list[Loop]] = [[] for _ in texts]
    spoken = [(text, [at for at, char in enumerate(text) if char.isalnum()]) for text in texts]
    codes: list[int] = []
    owners: list[tuple[int, int]] = []
    for number, (text, places) in enumerate(spoken):
        codes += [ord(text[at]) for at in places]
        owners += [(number, at) for at in places]
        codes.append(-number - 1)
        owners.append((number, len(text)))
    taken = np.zeros(len(codes), dtype=bool)
    for first, last, period in _periodic(np.array(codes, dtype=np.int64)):
        unit = codes[first : first + period]
        numeral = all(chr(code) in _NUMERALS for code in unit)
        if numeral or taken[first : last + 1].any():
            continue
        taken[first : last + 1] = True
        number, _ = owners[first]
        found[number].append(Loop(owners[first + period - 1][1] + 1, owners[last][1] + 1))
    return [sorted(each) for each in found]


def _periodic(codes: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """First and last place of each stretch that repeats its first `period` codes often enough, short periods first."""
    for period in range(1, min(LONGEST_PERIOD, len(codes) // 5) + 1):
        differs = np.flatnonzero(codes[period:] != codes[:-period])
        edges = np.concatenate(([-1], differs, [len(codes) - period]))
        runs = np.diff(edges) - 1
        for place in np.flatnonzero(runs >= period * (_times(period) - 1)):
            first = int(edges[place]) + 1
            yield first, first + int(runs[place]) + period - 1, period


def _times(period: int) -> int:
    """How often a phrase of so many characters has to come for a loop."""
    if period == 1:
        return 12
    return 7 if period < 4 else 5


def nobody_speaks(answer: WindowWords) -> bool:
    """Whether the recogniser itself holds that nobody speaks, and does not believe its own text either.

    Examples
    --------
    >>> nobody_speaks(WindowWords((), avg_log_prob=-1.4, no_speech=0.8)), nobody_speaks(WindowWords((), no_speech=0.8))
    (True, False)
    """
    if answer.no_speech is None or answer.avg_log_prob is None:
        return False
    return answer.no_speech > NOBODY_SPEAKS and answer.avg_log_prob < UNSURE_LOG_PROB


def near_silent(window: Window, answer: WindowWords) -> bool:
    """Whether there was hardly anything to hear: by level (dBFS), or by the recogniser's own word (0–1)."""
    if answer.no_speech is not None and answer.no_speech >= NEAR_SILENT_PROBABILITY:
        return True
    power = float(np.mean(np.square(window.samples, dtype=np.float64))) if len(window.samples) else 0.0
    return bool(10 * np.log10(power + 1e-12) < NEAR_SILENT_DB)


class Taken(NamedTuple):
    """A word that a guard took out, in window time, and why: `HALLUCINATION` or `REPETITION`."""

    word: Word
    reason: str


class Guarded(NamedTuple):
    """An answer past the guards, and the words they took out."""

    answer: WindowWords
    removed: tuple[Taken, ...] = ()


def guard(window: Window, answer: WindowWords, *, simplify: bool) -> Guarded:
    """An answer without what was made up and without loops, in simplified characters if wanted; and the words taken out.

    No word is longer than its syllables can be, and marks between Chinese words are Chinese (`engines.spelling`).
    """
    text = "".join(word.text for word in answer.words)
    invented = made_up(text) and near_silent(window, answer)
    if text and (invented or nobody_speaks(answer)):
        emptied = replace(answer, words=(), notes=(*answer.notes, HALLUCINATION))
        return Guarded(emptied, tuple(Taken(word, HALLUCINATION) for word in answer.words))
    words = simplified(answer.words) if simplify else answer.words
    taken = _taken(words)
    kept = [not_stretched(word) for at, word in enumerate(words) if at not in taken]
    reasons = sorted(set(taken.values()))
    guarded = replace(answer, words=chinese_marks(kept), notes=(*answer.notes, *reasons))
    return Guarded(guarded, tuple(Taken(words[at], taken[at]) for at in sorted(taken)))


def _taken(words: Sequence[Word]) -> dict[int, str]:
    """Which of the words of a window are a loop or a credit, and which of both; a word that begins before one stays."""
    folded = [fold(word.text) for word in words]
    text = "".join(folded)
    places = [(loop.start, loop.end, REPETITION) for loop in loops([text])[0]]
    places += [(found.start(), found.end(), HALLUCINATION) for found in _CREDIT_WITHIN.finditer(text)]
    owners = [at for at, said in enumerate(folded) for _ in said]
    taken: dict[int, str] = {}
    for start, end, reason in places:
        first = owners[start]
        if start and owners[start - 1] == first:
            first += 1
        taken |= dict.fromkeys(range(first, owners[end - 1] + 1), reason)
    return taken


def not_stretched(word: Word) -> Word:
    """The word without the seconds that none of its syllables can have; it keeps its start.

    >>> not_stretched(Word("好", 1.0, 4.0)), not_stretched(Word("Microsoft", 1.0, 2.4))
    (Word(text='好', start=1.0, end=1.8, probability=1.0), Word(text='Microsoft', start=1.0, end=2.4, probability=1.0))
    """
    longest = SYLLABLE_S * max(1, syllables(word.text))
    if word.end - word.start <= longest:
        return word
    return Word(word.text, word.start, word.start + longest, word.probability)


def simplified(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words in simplified characters, converted as one text so that context decides (乾坤 stays, 乾淨 → 干净).

    Examples
    --------
    >>> [word.text for word in simplified((Word("乾", 0, 1), Word("淨", 1, 2)))]
    ['干', '净']
    """
    text = "".join(word.text for word in words)
    whole = to_simplified(text)
    if whole == text:
        return words
    if len(whole) != len(text):  # a phrase changed its length: word by word then
        return tuple(Word(to_simplified(word.text), word.start, word.end, word.probability) for word in words)
    changed, at = [], 0
    for word in words:
        changed.append(Word(whole[at : at + len(word.text)], word.start, word.end, word.probability))
        at += len(word.text)
    return tuple(changed)
