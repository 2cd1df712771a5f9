"""The linear text model: hashed character n-grams, int8 weights, numpy alone.

    text → fold → n-grams → buckets → rows of weights, added up → / √n → + dense cues → + bias → head → probabilities

A bucket counts once per text, and a text weighs 1/√n for n different buckets, so that long texts do not shout. What
the training multiplied in (inverse document frequency, calibration) is folded into the weights: serving is one
lookup. n-grams of a whole block of texts are made at once by a rolling hash over one array of code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.engines.base import TextItem
from qa_speech.errors import ModelError

Floats: TypeAlias = npt.NDArray[np.float32]
Integers: TypeAlias = npt.NDArray[np.int64]

START, END = "\x02", "\x03"
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_DROPPED = re.compile(r"[^\w?\x02\x03]+|_+")
_SPACES = re.compile(r"\s+")
_DIGITS = re.compile(r"\d+")
_MARKS = re.compile(r"https?://[!-~]+|\[[^\]\s]{1,24}\]|#E-s|&\w+;")


@lru_cache(maxsize=16384)
def fold_text(text: str, *, marks: bool = False) -> str:
    """What the n-grams are made of: no punctuation but ``?``, small letters, any number = 0, start and end marked.

    Links, masks ([电话]) and signs of chat programs are left out; `marks` keeps them, and the punctuation.

    >>> fold_text("您好，ＯＫ 120元？").strip(START + END)
    '您好ok0元?'
    """
    text = unicodedata.normalize("NFKC", text if marks else _MARKS.sub("", text)).lower()
    text = _SPACES.sub(" ", text).strip() if marks else _DROPPED.sub("", text)
    return f"{START}{_DIGITS.sub('0', text)}{END}".replace("\x00", "")


def pieces(text: str, window: int) -> list[str]:
    """A folded text in overlapping pieces of at most `window` characters; whole where `window` is 0 or it is short.

    >>> pieces("abcdefgh", 4)
    ['abcd', 'cdef', 'efgh']
    """
    if not window or len(text) <= window:
        return [text]
    step = window // 2
    return [text[at : at + window] for at in range(0, len(text) - step, step)]


def ngram_buckets(texts: Sequence[str], *, longest: int, bits: int) -> tuple[Integers, Integers]:
    """The different buckets of each text: one flat array, and where each text starts in it (one more than texts).

    Parameters
    ----------
    texts
        Folded texts; a NUL character in them separates nothing and should not occur.
    longest
        n-grams of 1 to this many characters.
    bits
        There are ``2**bits`` buckets.
    """
    codes = np.frombuffer(("\x00".join(texts) + "\x00").encode("utf-32-le"), np.uint32).astype(np.uint64)
    ends: Integers = np.asarray(codes == 0, np.int64)
    broken: Integers = np.concatenate((np.zeros(1, np.int64), np.cumsum(ends)))
    text_of = broken[:-1]
    rolling = np.zeros(len(codes), np.uint64)
    keys = []
    for n in range(1, longest + 1):
        count = len(codes) - n + 1
        if count <= 0:
            break
        rolling = rolling[:count] * np.uint64(1_000_003) + codes[n - 1 :]
        whole = broken[n : n + count] == broken[:count]
        bucket = ((rolling[whole] + np.uint64(n)) * MULTIPLIER) >> np.uint64(64 - bits)
        keys.append((text_of[:count][whole].astype(np.uint64) << np.uint64(bits)) | bucket)
    found = np.sort(np.concatenate(keys))
    found = found[np.concatenate(([True], found[1:] != found[:-1]))].astype(np.int64)
    starts = np.searchsorted(found, np.arange(len(texts) + 1, dtype=np.int64) << np.int64(bits))
    return found & ((1 << bits) - 1), starts


def softmax(logits: Floats) -> Floats:
    """Rows that sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), np.float32)


def sigmoid(logits: Floats) -> Floats:
    """Each number squeezed into 0…1."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * logits)), np.float32)


def ordinal(score: Floats, cuts: Floats) -> Floats:
    """Probabilities of ordered levels from one score: ``P(level > k) = sigmoid(score - cuts[k])``, `cuts` rising.

    >>> ordinal(np.float32([[0.0]]), np.float32([-2.0, 2.0])).astype(float).round(2).tolist()
    [[0.12, 0.76, 0.12]]
    """
    return _between(sigmoid(np.asarray(score - cuts[None, :], np.float32)))


def cumulative(logits: Floats) -> Floats:
    """Probabilities of ordered levels from one logit per border, each with weights of its own: ``P(level > k)``.

    Borders that were told apart may cross; put in falling order they do not, and the mean level stays what it was.

    >>> cumulative(np.float32([[2.0, 0.0, 0.5]])).astype(float).round(2).tolist()
    [[0.12, 0.26, 0.12, 0.5]]
    """
    return _between(np.asarray(-np.sort(-sigmoid(logits), axis=1), np.float32))


def _between(above: Floats) -> Floats:
    """Probability of each level from the probabilities of lying above each border, which fall."""
    most = np.ones((len(above), 1), np.float32)
    edges: Floats = np.concatenate((most, above, 0 * most), axis=1)
    return np.asarray(np.maximum(0, edges[:, :-1] - edges[:, 1:]), np.float32)


@dataclass(frozen=True, eq=False)
class LinearScorer:
    """Arrays of one linear classifier. `weights` int8 (buckets, outputs), `scales` (outputs,) put them back to size.

    `dense` (cues, outputs) with `centre` and `spread` (cues,) takes the `cues` of `text_cues`, some of them from the model
    `clauses`; empty without. `cuts` are the borders of an ordinal head. Texts of fewer than `floor` buckets are weighed as
    if they had that many: a scrap of speech shall not shout either. `marks`: n-grams over punctuation too (`fold_text`).
    """

    weights: npt.NDArray[np.int8]
    scales: Floats
    bias: Floats
    dense: Floats
    centre: Floats
    spread: Floats
    cuts: Floats
    head: str
    longest: int
    window: int
    floor: int = 0
    marks: bool = False
    cues: tuple[str, ...] = ()
    clauses: LinearScorer | None = None

    @classmethod
    def load(cls, path: Path, entry: Mapping[str, Any]) -> LinearScorer:
        """Read the arrays that an entry of ``text.json`` describes; those of a model of clauses lie in its second file.

        Raises
        ------
        ModelError
            The file is no such array file, or its shapes do not fit the entry.
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                found = {
                    name: arrays[name] for name in ("weights", "scales", "bias", "dense", "centre", "spread", "cuts")
                }
        except (OSError, ValueError, KeyError, EOFError) as exc:
            raise ModelError(str(path), f"cannot be read as the arrays of a linear text model: {exc}") from exc
        model = cls(
            head=str(entry["head"]),
            longest=int(entry["longest"]),
            window=int(entry.get("window", 0)),
            floor=int(entry.get("floor", 0)),
            marks=bool(entry.get("marks", False)),
            cues=tuple(entry.get("cues", ())),
            clauses=cls.load(path.with_name(entry["files"][1]), entry["clauses"]) if "clauses" in entry else None,
            **found,
        )
        outputs = model.weights.shape[1]
        expected = {"ordinal": 1, "cumulative": len(entry["labels"]) - 1}.get(model.head, len(entry["labels"]))
        buckets = model.weights.shape[0]
        if outputs != expected or buckets & (buckets - 1) or model.weights.dtype != np.int8:
            raise ModelError(
                str(path), f"weights are {model.weights.shape} {model.weights.dtype}, expected int8 × {expected}"
            )
        model._check_cues(path)
        return model

    def _check_cues(self, path: Path) -> None:
        if not len(self.dense) and not self.cues:
            return
        from qa_speech.conduct.answer_cues import NAMES
        from qa_speech.conduct.clauses import CLAUSES

        known = {*NAMES, *(CLAUSES if self.clauses else ())}
        if unknown := sorted(set(self.cues) - known):
            raise ModelError(str(path), f"wants cues that are not counted here: {', '.join(unknown)}")
        if len(self.cues) != len(self.dense):
            raise ModelError(str(path), f"has weights for {len(self.dense)} cues, but {len(self.cues)} are named")

    @property
    def bits(self) -> int:
        """log2 of the number of buckets."""
        return int(self.weights.shape[0]).bit_length() - 1

    def rows(self, items: Sequence[TextItem]) -> list[Sequence[float]]:
        """One row of label probabilities per item, in the order given."""
        found: list[Sequence[float]] = self.probabilities(items).tolist()
        return found

    def probabilities(self, items: Sequence[TextItem]) -> Floats:
        """The same as an array (items, labels). Of a text in pieces the least innocent one counts; where levels are told apart
        border by border, an answer is as deep as its deepest piece."""
        if self.head == "cumulative" and self.window:
            return self._deepest(items)
        cut = [pieces(fold_text(item.text, marks=self.marks), self.window) for item in items]
        found = self.activate(self.logits([piece for parts in cut for piece in parts], items))
        if not self.window:
            return found
        starts = np.concatenate(([0], np.cumsum([len(parts) for parts in cut])))
        worst = [a + int(np.argmin(found[a:b, 0])) for a, b in pairwise(starts.tolist())]
        return found[worst]

    def _deepest(self, items: Sequence[TextItem]) -> Floats:
        cut = [pieces(item.text, self.window) for item in items]
        flat = [
            replace(item, text=piece) for item, parts in zip(items, cut, strict=True) for piece in parts
        ]  # the cues of each piece are counted against the whole question
        counts = np.array([len(parts) for parts in cut])
        logits = self.logits([fold_text(piece.text, marks=self.marks) for piece in flat], flat)
        return self.activate(np.maximum.reduceat(logits, np.cumsum(counts) - counts, axis=0))

    def logits(self, texts: Sequence[str], items: Sequence[TextItem] = ()) -> Floats:
        """Raw outputs of folded texts, (texts, outputs); `items` are only looked at where there are dense cues."""
        buckets, starts = ngram_buckets(texts, longest=self.longest, bits=self.bits)
        taken = self.weights[buckets].astype(np.float32)
        added = np.add.reduceat(taken, starts[:-1], axis=0) * self.scales
        found = added / np.sqrt(np.maximum(np.diff(starts), self.floor))[:, None] + self.bias
        if len(self.dense):
            from qa_speech.conduct.answer_cues import cues

            found = (
                found + np.clip((cues(items, self.cues, self.clauses) - self.centre) / self.spread, -4, 4) @ self.dense
            )
        return np.asarray(found, np.float32)

    def activate(self, logits: Floats) -> Floats:
        """Probabilities from raw outputs."""
        if self.head == "softmax":
            return softmax(logits)
        if self.head == "ordinal":
            return ordinal(logits, self.cuts)
        if self.head == "cumulative":
            return cumulative(logits)
        return sigmoid(logits)
