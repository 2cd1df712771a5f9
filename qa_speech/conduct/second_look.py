"""A second look: what a small model is in doubt about, a larger one reads again, and what both say is put together.

    doubt    1 − what the small model gives the plain label (none, of violations), or its likeliest one (levels)
    pooled   softmax(share · log(larger) + (1 − share) · log(small) + bias)

Most of what agents say is plain, and the small model knows it; the larger one costs milliseconds a text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from qa_speech.conduct.heads import Floats, softmax
from qa_speech.conduct.passages import Passage

LEAST = 1e-6
"""Probability below which nobody is sure."""

Row = Sequence[float]


class Reader(Protocol):
    """Whatever puts probabilities on texts."""

    def rows(self, passages: Sequence[Passage]) -> Sequence[Row]:
        """One row of label probabilities, 0–1, per passage, in the order given."""


@dataclass(frozen=True)
class SecondLook:
    """When the larger model reads a text, and what its word weighs.

    `doubt` (0–1): from which doubt of the small model on; `share` (0–1) of the larger model; `bias` a log-odd per label, or one
    for all; `plain` the column of the label that nobody has to look at twice, None: any label that is sure.
    """

    doubt: float
    share: float
    bias: tuple[float, ...] = (0.0,)
    plain: int | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> SecondLook:
        """As a description tells it.

        >>> SecondLook.of({"doubt": 0.1, "share": 0.5})
        SecondLook(doubt=0.1, share=0.5, bias=(0.0,), plain=None)
        """
        return cls(float(told["doubt"]), float(told["share"]), tuple(told.get("bias", (0.0,))), told.get("plain"))

    def is_read_again(self, row: Row) -> bool:
        """Whether the small model is in doubt.

        >>> look = SecondLook(doubt=0.3, share=0.5)
        >>> look.is_read_again((0.1, 0.9)), look.is_read_again((0.4, 0.6))
        (False, True)
        """
        known = max(row) if self.plain is None else row[self.plain]
        return 1 - known >= self.doubt

    def read_again(self, passages: Sequence[Passage], rows: Sequence[Row], larger: Reader) -> list[Row]:
        """The small model's `rows` of the passages, those in doubt pooled with what `larger` says."""
        found = list(rows)
        places = [place for place, row in enumerate(rows) if self.is_read_again(row)]
        if not places:
            return found
        second = np.array(larger.rows([passages[place] for place in places]), np.float32)
        first = np.array([rows[place] for place in places], np.float32)
        for place, row in zip(places, self.pooled(first, second).tolist(), strict=True):
            found[place] = row
        return found

    def pooled(self, first: Floats, second: Floats) -> Floats:
        """Both rows of each text (texts, labels) as one.

        >>> both = SecondLook(doubt=0, share=0.5).pooled(np.float32([[0.9, 0.1]]), np.float32([[0.1, 0.9]]))
        >>> both.astype(float).round(2).tolist()
        [[0.5, 0.5]]
        """
        mine, its = np.log(np.maximum(first, LEAST)), np.log(np.maximum(second, LEAST))
        together = self.share * its + (1 - self.share) * mine
        return softmax(np.asarray(together + np.array(self.bias, np.float32), np.float32))
