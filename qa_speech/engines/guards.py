"""Guards between any recogniser and the call: what Whisper makes up on silence, and simplified characters.

Whisper has read many subtitles; on near-silence it says what subtitles say: thanks for watching, subscribe, subtitles
by. Such words are taken out of the utterances only where the window is near-silent, and they are kept as stray words
with the reason, so that a person can see what was taken.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from qa_speech.call import Word
from qa_speech.engines.base import Window, WindowWords

NEAR_SILENT_DB = -45.0
"""dBFS RMS of a window (after level normalisation) below which there was hardly anything to hear."""
NEAR_SILENT_PROBABILITY = 0.3
"""The recogniser's own probability that nobody speaks."""
HALLUCINATION = "hallucination"

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
_GAPS = re.compile(r"[\s，。？！、；：,.?!;:…—“”‘’\"'()（）-]+")


def made_up(text: str) -> bool:
    """Whether a text is one of the sentences that Whisper invents on near-silence.

    Examples
    --------
    >>> made_up("请不吝点赞 订阅 转发 打赏支持明镜与点点栏目"), made_up("请您稍等，我帮您查询")
    (True, False)
    """
    return bool(_MADE_UP.search(_GAPS.sub("", text)))


def near_silent(window: Window, answer: WindowWords) -> bool:
    """Whether there was hardly anything to hear: by level (dBFS), or by the recogniser's own word (0–1)."""
    if answer.no_speech is not None and answer.no_speech >= NEAR_SILENT_PROBABILITY:
        return True
    power = float(np.mean(np.square(window.samples, dtype=np.float64))) if len(window.samples) else 0.0
    return bool(10 * np.log10(power + 1e-12) < NEAR_SILENT_DB)


class Guarded(NamedTuple):
    """An answer past the guards, and the words they took out."""

    answer: WindowWords
    removed: tuple[Word, ...] = ()


def guard(window: Window, answer: WindowWords, *, simplify: bool) -> Guarded:
    """An answer without what was made up, in simplified characters if wanted; and the words taken out."""
    text = "".join(word.text for word in answer.words)
    if text and made_up(text) and near_silent(window, answer):
        emptied = replace(answer, words=(), notes=(*answer.notes, HALLUCINATION))
        return Guarded(emptied, answer.words)
    if simplify:
        answer = replace(answer, words=simplified(answer.words))
    return Guarded(answer)


def simplified(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words in simplified characters, converted as one text so that context decides (乾坤 stays, 乾淨 → 干净).

    Examples
    --------
    >>> [word.text for word in simplified((Word("乾", 0, 1), Word("淨", 1, 2)))]
    ['干', '净']
    """
    text = "".join(word.text for word in words)
    if text.isascii():
        return words
    whole = _converter().convert(text)
    if whole == text:
        return words
    if len(whole) != len(text):  # a phrase changed its length: word by word then
        return tuple(Word(_converter().convert(word.text), word.start, word.end, word.probability) for word in words)
    changed, at = [], 0
    for word in words:
        changed.append(Word(whole[at : at + len(word.text)], word.start, word.end, word.probability))
        at += len(word.text)
    return tuple(changed)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")
