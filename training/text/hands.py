"""Do the depth models carry over to other people's words? Trained on the whole exchanges of three hands, tested on a fourth's.

    python training/text/hands.py        some ten minutes; Spearman with bootstrap 95 % intervals

Each file ``corpus/whole_*.tsv`` is by one hand. Neither the frozen test nor the blind one is looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import clauses  # noqa: E402
import train  # noqa: E402
import whole  # noqa: E402

from qa_speech.conduct.answer_cues import COUNTED, NAMES  # noqa: E402
from qa_speech.conduct.clauses import CLAUSES  # noqa: E402
from qa_speech.conduct.heads import Head  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.training.linear import fit_linear  # noqa: E402
from qa_speech.training.measure import Array, estimate, spearman  # noqa: E402

ALL = (*NAMES, *CLAUSES)
MODELS: dict[str, tuple[Head, tuple[str, ...]]] = {
    "n-grams, one score": ("ordinal", ()),
    "n-grams, borders": ("cumulative", ()),
    "… and counted cues": ("cumulative", COUNTED),
    "… and the rules": ("cumulative", NAMES),
    "… and clauses (shipped)": ("cumulative", ALL),
}


def pairs(items: tuple[whole.Whole, ...]) -> tuple[list[Passage], Array, list[str]]:
    """Items, levels and domains."""
    passages = [Passage(item.answer, item.question) for item in items]
    return passages, np.array([item.level for item in items]), [item.domain for item in items]


def by_hand() -> list[tuple[whole.Whole, ...]]:
    """The exchanges of each file."""
    return [tuple(items) for _, items in groupby(whole.whole(), key=lambda item: item.hand)]


def main() -> None:
    """Every hand left out in turn; the mean over them, and the gain over the first model."""
    hands = by_hand()
    clause_model = clauses.fit_clauses().scorer
    said: dict[str, list[Array]] = {name: [] for name in MODELS}
    for out in range(len(hands)):
        items, levels, domains = pairs(
            tuple(item for number, hand in enumerate(hands) if number != out for item in hand)
        )
        for name, (head, names) in MODELS.items():
            plan = replace(train.DEPTH, head=head, dense=bool(names), window=train.WINDOW * (head != "ordinal"))
            fit = fit_linear(items, levels, domains, plan, names=names, clauses=clause_model)
            shares = fit.scorer.probabilities(pairs(hands[out])[0])
            said[name].append(np.asarray(shares @ np.arange(5), float))
    _print(said, [pairs(items)[1].astype(float) for items in hands])


def _print(said: dict[str, list[Array]], levels: list[Array]) -> None:
    gain: Callable[[Array, Array, Array], float] = lambda a, b, c: spearman(a, c) - spearman(b, c)  # noqa: E731
    first = next(iter(said))
    for name, scores in said.items():
        each = [spearman(score, level) for score, level in zip(scores, levels, strict=True)]
        more = estimate(gain, np.concatenate(scores), np.concatenate(said[first]), np.concatenate(levels))
        print(f"{name:24} {np.mean(each):.3f}  {' '.join(f'{one:.3f}' for one in each)}", end="")
        print(f"   over n-grams {more.value:+.3f} [{more.low:+.3f}, {more.high:+.3f}]; n = {sum(map(len, levels))}")


if __name__ == "__main__":
    main()
