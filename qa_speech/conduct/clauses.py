"""What each stretch of an answer does, read by a model of its own: the depth model adds up, this one looks piece by piece.

    因为超了套餐流量每兆两毛九 | 建议您以后开个包 | 谢谢您        substance, guidance, courtesy

n-grams of a whole answer thin out as it grows: one clause of advice in sixty characters hardly shows. So a softmax over
`ROLES` looks at pieces of a few words, punctuation or not, and how sure it is of each role at best goes to the depth model
as cues.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qa_speech.conduct.heads import Floats
from qa_speech.conduct.linear import LinearScorer
from qa_speech.conduct.ngrams import END, START, fold_text, pieces

ROLES = (
    "answer", "substance", "guidance", "acknowledgement", "asking", "deflection", "rudeness", "courtesy", "plain",
)  # fmt: skip
"""plain: what agents say about anything, nothing of the kinds before it."""

CLAUSES = tuple(f"{role}_most" for role in ROLES)
"""The columns of `surest_roles`."""

SUREST = 0.999
"""Probability, 0–1, beyond which a role is no surer."""


def pieces_of(text: str, window: int) -> list[str]:
    """A text in overlapping pieces of at most `window` characters without punctuation, each folded as a text by itself.

    >>> [piece.strip(START + END) for piece in pieces_of("您好，查到了。", 4)]
    ['您好查到', '查到了']
    """
    return [fold_text(piece) for piece in pieces(fold_text(text).strip(START + END), window)]


def surest_roles(model: LinearScorer, texts: Sequence[str]) -> Floats:
    """The largest log-odds of each role over the pieces of each text, shape (texts, roles), between ± 6.9."""
    if not texts:
        return np.zeros((0, len(CLAUSES)), np.float32)
    cut: list[str] = []
    starts: list[int] = []
    for text in texts:
        starts.append(len(cut))
        cut += pieces_of(text, model.window)
    shares = model.activate(model.logits(cut))
    most = np.clip(np.maximum.reduceat(shares, starts, axis=0), 1 - SUREST, SUREST)
    return np.asarray(np.log(most / (1 - most)), np.float32)
