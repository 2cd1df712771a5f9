"""Do the depth models carry over to exchanges in other people's words? Trained on the files of one hand, tested on the other's.

    python training/text/hands.py        two to three minutes; Spearman with bootstrap 95 % intervals

The first hand wrote the files without, further hands those with ``_more`` (exchanges) and ``_third`` (violations) in their name;
violations_more.txt is the first hand's. No topic and no phrase is in both. The frozen test is not looked at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import clauses  # noqa: E402
import corpus  # noqa: E402
import train  # noqa: E402

from qa_speech.engines.text import LABELS  # noqa: E402
from qa_speech.engines.text_cues import NAMES  # noqa: E402
from qa_speech.training.linear import Plan, fit_linear  # noqa: E402
from qa_speech.training.measure import Array, estimate, spearman  # noqa: E402

FURTHER = frozenset(("answers_more", "topics_more", "violations_third", "normal_more", "polite_more"))


def write_with(further: bool) -> None:
    """From here on the corpus is what further hands wrote, or what the first one did; slots serve both."""

    def lines(name: str) -> tuple[str, ...]:
        files = [file for file in corpus.files(name) if name == "slots" or (file.stem in FURTHER) == further]
        return tuple(line.strip() for file in files for line in corpus.read_lines(file))

    corpus.lines = lines  # type: ignore[assignment]
    for kept in (corpus.frames, corpus.sections, corpus.topics, corpus.slots):
        kept.cache_clear()


def scores(further: bool) -> tuple[dict[str, Array], Array]:
    """Expected level of each model on the exchanges of the other hand, and their levels."""
    write_with(further)
    talked = [item for item in corpus.exchanges() if item.answer]
    items = train._items([item.answer for item in talked], [item.question for item in talked])
    levels, groups = np.array([item.level for item in talked]), [item.group for item in talked]
    whole, counted = clauses.fit_clauses(range(corpus.PARTS)).scorer, clauses.counted(items, groups)
    ordinal = Plan(LABELS["depth"], "ordinal")
    borders = Plan(LABELS["depth"], "cumulative", strength=train.DEPTH_STRENGTH, share=train.DEPTH_SHARE)
    with_cues = Plan(LABELS["depth"], "cumulative", dense=True, strength=train.DEPTH_STRENGTH, share=train.DEPTH_SHARE)
    fits = {
        "n-grams, one score": fit_linear(items, levels.astype(float), groups, ordinal),
        "n-grams, borders": fit_linear(items, levels, groups, borders),
        "… and counted cues": fit_linear(items, levels, groups, with_cues, counted=counted[:, : len(NAMES)]),
        "… and clauses": fit_linear(items, levels, groups, with_cues, clauses=whole, counted=counted),
    }
    write_with(not further)
    other = [item for item in corpus.exchanges(seed=9) if item.answer]
    tested = train._items([item.answer for item in other], [item.question for item in other])
    said = {name: np.asarray(fit.scorer.probabilities(tested) @ np.arange(5), float) for name, fit in fits.items()}
    return said, np.array([item.level for item in other], float)


def main() -> None:
    """Both directions."""
    gain: Callable[[Array, Array, Array], float] = lambda a, b, c: spearman(a, c) - spearman(b, c)  # noqa: E731
    for further in (False, True):
        said, levels = scores(further)
        print(f"trained on {'further hands' if further else 'the first hand'}, tested on the other; n = {len(levels)}")
        first: Sequence[float] = next(iter(said.values()))
        for name, score in said.items():
            found, more = estimate(spearman, score, levels), estimate(gain, score, first, levels)
            print(f"  {name:22} {found.value:.3f} [{found.low:.3f}, {found.high:.3f}]", end="")
            print(f"   over n-grams {more.value:+.3f} [{more.low:+.3f}, {more.high:+.3f}]")


if __name__ == "__main__":
    main()
