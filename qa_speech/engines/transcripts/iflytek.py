"""iFlytek: 录音文件转写 (LFASR) of both generations, in ms; words count frames of 10 ms.

Shapes as xfyun.cn documents them. First generation (讯飞听见 too): a list with ``bg``, ``ed``, ``onebest``, ``speaker`` and
``wordsResultList``, alone or as text in ``data``. Second: ``content.orderResult`` is text that holds ``lattice``, whose
``json_1best`` is text again: sentences ``st`` with ``bg``, ``ed``, ``rl`` (the voice) and words ``ws`` (``wb``, ``we`` from
the start of the sentence, ``wc`` how sure, ``wp`` p = punctuation). ``label.rl_track`` gives the track of a voice where
there are two: L is channel 1. ``lattice2`` is the same before smoothing and is read where ``lattice`` is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from qa_speech.engines.transcripts.base import (
    Document,
    Format,
    Line,
    MalformedError,
    Name,
    Number,
    Spoken,
    converted,
    inside,
    is_object_with,
    moment,
    probability,
    seconds,
    speaker,
)
from qa_speech.errors import problem

_MS = 1000.0
_FRAMES = 100.0
_NOBODY = "0"
"""The number of a voice that was not told apart."""
_TRACKS = {"L": 1, "R": 2}


def _unpacked(value: object, place: str) -> Any:
    """JSON that may be written as text inside JSON."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as exc:
        raise MalformedError(problem("{place}: text that is no JSON", place=place)) from exc


# ---------------------------------------------------------------------------------------------------- first generation


class _FirstWord(msgspec.Struct, rename="camel"):
    words_name: str
    word_bg: Number | None = None
    word_ed: Number | None = None
    wc: Number | None = None
    wp: str = "n"


class _First(msgspec.Struct, rename="camel"):
    bg: Number
    ed: Number
    onebest: str
    speaker: Name = None
    words_result_list: list[_FirstWord] = []


def _first_of(document: Document) -> object:
    found = document.json
    if is_object_with(found, "data"):
        found = found["data"]
    return found


def _is_first(document: Document) -> bool:
    found = _first_of(document)
    if isinstance(found, str):
        return '"onebest"' in found
    return isinstance(found, list) and bool(found) and all(is_object_with(one, "onebest") for one in found)


def _read_first(document: Document) -> Sequence[Line]:
    sentences = converted(_unpacked(_first_of(document), "$.data"), list[_First])
    lines = []
    for number, sentence in enumerate(sentences):
        start = seconds(sentence.bg, f"$[{number}].bg", per_second=_MS)
        end = seconds(sentence.ed, f"$[{number}].ed", per_second=_MS)
        words = _joined([_first_word(word, start) for word in sentence.words_result_list])
        lines.append(Line(_voice(sentence.speaker), sentence.onebest.strip(), start, end, words))
    return lines


def _voice(name: Name) -> str:
    text = speaker(name)
    return "" if text == _NOBODY else text


def _first_word(word: _FirstWord, start: float) -> tuple[Spoken, bool]:
    """A word, and whether it is punctuation."""
    first = moment(word.word_bg, per_second=_FRAMES, after=start)
    last = moment(word.word_ed, per_second=_FRAMES, after=start)
    return Spoken(word.words_name, first, last, probability(word.wc)), word.wp == "p"


def _joined(words: Sequence[tuple[Spoken, bool]]) -> tuple[Spoken, ...]:
    """The words, punctuation behind the word that it follows."""
    found: list[Spoken] = []
    for word, is_sign in words:
        if is_sign and found:
            last = found[-1]
            found[-1] = Spoken(last.text + word.text, last.start, last.end, last.probability)
        elif word.text.strip():
            found.append(word)
    return tuple(found)


FIRST = Format("iflytek", frozenset((".json",)), _read_first, _is_first)

# --------------------------------------------------------------------------------------------------- second generation


class _Candidate(msgspec.Struct):
    w: str
    wp: str = "n"
    wc: Number | None = None


class _Slot(msgspec.Struct):
    cw: list[_Candidate]
    wb: Number | None = None
    we: Number | None = None


class _Piece(msgspec.Struct):
    ws: list[_Slot] = []


class _Sentence(msgspec.Struct):
    bg: Number
    ed: Number
    rt: list[_Piece] = []
    rl: Name = None


class _Best(msgspec.Struct):
    st: _Sentence


class _Track(msgspec.Struct):
    rl: Name
    track: str


class _Label(msgspec.Struct):
    rl_track: list[_Track] = []


class _Order(msgspec.Struct):
    lattice: list[dict[str, Any]] = []
    lattice2: list[dict[str, Any]] = []
    label: _Label | None = None


def _order_of(document: Document) -> object:
    return inside(document.json, "content", "orderResult")


def _is_second(document: Document) -> bool:
    found = _order_of(document)
    if is_object_with(inside(document.json, "content"), "orderInfo"):
        return True
    if isinstance(found, str):
        return '"lattice' in found
    return is_object_with(found, "lattice") or is_object_with(found, "lattice2")


def _read_second(document: Document) -> Sequence[Line]:
    if not isinstance(_order_of(document), dict) and '"lattice' not in str(_order_of(document)):
        raise MalformedError(
            problem("$.content.orderResult: an answer without a result (still running, failed, or nothing was said)")
        )
    order = converted(_unpacked(_order_of(document), "$.content.orderResult"), _Order, "$.content.orderResult")
    tracks = _tracks(order.label)
    lines = []
    for number, entry in enumerate(order.lattice or order.lattice2):
        place = f"$.lattice[{number}].json_1best"
        sentence = converted(_unpacked(entry.get("json_1best"), place), _Best, place).st
        start = seconds(sentence.bg, f"{place}.st.bg", per_second=_MS)
        end = seconds(sentence.ed, f"{place}.st.ed", per_second=_MS)
        words = _joined(list(_second_words(sentence, start)))
        text = "".join(word.text for word in words)
        if text:
            channel = tracks.get(speaker(sentence.rl))
            lines.append(Line(_voice(sentence.rl), text, start, end, words, channel))
    return lines


def _tracks(label: _Label | None) -> Mapping[str, int | None]:
    """Voice → channel, where there are two tracks."""
    tracks = label.rl_track if label else []
    if len({one.track for one in tracks}) < 2:
        return {}
    return {speaker(one.rl): _TRACKS.get(one.track.upper()) for one in tracks}


def _second_words(sentence: _Sentence, start: float) -> Iterator[tuple[Spoken, bool]]:
    for piece in sentence.rt:
        for slot in piece.ws:
            if not slot.cw:
                continue
            best = slot.cw[0]
            first = moment(slot.wb, per_second=_FRAMES, after=start)
            last = moment(slot.we, per_second=_FRAMES, after=start)
            yield Spoken(best.w, first, last, probability(best.wc)), best.wp == "p"


SECOND = Format("iflytek_lattice", frozenset((".json",)), _read_second, _is_second)
