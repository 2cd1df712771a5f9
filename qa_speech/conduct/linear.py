"""The linear text model: hashed character n-grams, int8 weights, numpy alone.

    text → fold → n-grams → buckets → rows of weights, added up → / √n → + dense cues → + bias → head → probabilities

A bucket counts once per text, and a text weighs 1/√n for n different buckets, so that long texts do not shout. What
the training multiplied in (inverse document frequency, calibration) is folded into the weights: serving is one
lookup. What the dense cues are, if there are any, is the matter of whoever puts the model together (`linear_files`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.heads import Floats, probabilities_of
from qa_speech.conduct.ngrams import fold_text, ngram_buckets, pieces
from qa_speech.conduct.passages import Passage

FAR = 4
"""Standard deviations beyond which a cue says no more."""


class Cues(Protocol):
    """What a model looks at beside n-grams: a few numbers per passage."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def clauses(self) -> LinearScorer | None:
        """The model that some of them are read by, if any."""

    def count(self, passages: Sequence[Passage]) -> Floats:
        """Shape (passages, names)."""


@dataclass(frozen=True, eq=False)
class LinearScorer:
    """Arrays of one linear classifier. `weights` int8 (buckets, outputs), `scales` (outputs,) put them back to size.

    `dense` (cues, outputs) with `centre` and `spread` (cues,) takes the `cues`; empty without. `cuts` are the borders of an
    ordinal head. Texts are read in pieces of `window` characters (0 = whole). Texts of fewer than `floor` buckets are weighed
    as if they had that many: a scrap of speech shall not shout either. `marks`: n-grams over punctuation too
    (`ngrams.fold_text`).
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
    cues: Cues | None = None

    @property
    def bits(self) -> int:
        """log2 of the number of buckets."""
        return int(self.weights.shape[0]).bit_length() - 1

    def rows(self, passages: Sequence[Passage]) -> list[Sequence[float]]:
        """One row of label probabilities, 0–1, per passage, in the order given."""
        found: list[Sequence[float]] = self.probabilities(passages).tolist()
        return found

    def probabilities(self, passages: Sequence[Passage]) -> Floats:
        """The same as an array (passages, labels).

        Of a text in pieces the least innocent one counts; where levels are told apart border by border, an answer is as deep
        as its deepest piece.
        """
        if not self.window:
            folded = [fold_text(passage.text, marks=self.marks) for passage in passages]
            return self.activate(self.logits(folded, passages))
        if self.head == "cumulative":
            return self._deepest(passages)
        return self._least_innocent(passages)

    def _least_innocent(self, passages: Sequence[Passage]) -> Floats:
        texts: list[str] = []
        starts = [0]
        for passage in passages:
            texts += pieces(fold_text(passage.text, marks=self.marks), self.window)
            starts.append(len(texts))
        found = self.activate(self.logits(texts))
        worst = [first + int(np.argmin(found[first:end, 0])) for first, end in pairwise(starts)]
        return found[worst]

    def _deepest(self, passages: Sequence[Passage]) -> Floats:
        """The cues of each piece are counted against the whole question."""
        cut: list[Passage] = []
        starts: list[int] = []
        for passage in passages:
            starts.append(len(cut))
            cut += [passage._replace(text=piece) for piece in pieces(passage.text, self.window)]
        logits = self.logits([fold_text(piece.text, marks=self.marks) for piece in cut], cut)
        return self.activate(np.maximum.reduceat(logits, starts, axis=0))

    def logits(self, texts: Sequence[str], passages: Sequence[Passage] = ()) -> Floats:
        """Raw outputs of folded texts, (texts, outputs); `passages` are only looked at where there are dense cues."""
        buckets, starts = ngram_buckets(texts, longest=self.longest, bits=self.bits)
        taken = self.weights[buckets].astype(np.float32)
        added = np.add.reduceat(taken, starts[:-1], axis=0) * self.scales
        counts = np.maximum(np.diff(starts), self.floor)
        found = added / np.sqrt(counts)[:, None] + self.bias
        if self.cues is not None:
            deviations = (self.cues.count(passages) - self.centre) / self.spread
            found = found + np.clip(deviations, -FAR, FAR) @ self.dense
        return np.asarray(found, np.float32)

    def activate(self, logits: Floats) -> Floats:
        """Probabilities, 0–1, from raw outputs."""
        return probabilities_of(self.head, logits, self.cuts)
