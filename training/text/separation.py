"""Are the frozen test items far enough from the training corpus? Character 4-gram Jaccard below 0.5 to any item.

    python training/text/separation.py        exit 1 and a list where they are not

A training item that comes too near is taken out of the corpus, never the other way round.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).resolve().parent
FROZEN = HERE.parents[1] / "models" / "text-zh" / "frozen"
BLIND = HERE / "blind"
LIMIT = 0.5
SENTENCE = 8


def grams(text: str) -> frozenset[str]:
    """Character 4-grams without punctuation; a shorter text is one gram."""
    bare = re.sub(r"[\W_]+", "", text)
    return frozenset(bare[i : i + 4] for i in range(max(1, len(bare) - 3))) if bare else frozenset()


def test_texts() -> list[str]:
    """What agents say in the frozen sets and in the blind ones; of civil turns not the shortest, which everybody says."""
    found: list[str] = []
    for folder, name, column in (
        (FROZEN, "violations", "text"), (FROZEN, "politeness", "text"), (FROZEN, "exchanges", "answer"),
        (BLIND, "violations", "text"), (BLIND, "normal", "text"), (BLIND, "exchanges", "answer"),
    ):  # fmt: skip
        with (folder / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
            texts = [row[column] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
            found += [text for text in texts if name != "normal" or len(text) >= SENTENCE]
    return [text for text in found if text]


def too_near(frozen: Iterable[str], training: Iterable[str], limit: float = LIMIT) -> list[tuple[float, str, str]]:
    """Pairs with Jaccard at or over the limit, nearest first."""
    train = [(text, grams(text)) for text in set(training)]
    holders: dict[str, list[int]] = defaultdict(list)
    for index, (_, made) in enumerate(train):
        for gram in made:
            holders[gram].append(index)
    found = []
    for text in frozen:
        mine = grams(text)
        shared: dict[int, int] = defaultdict(int)
        for gram in mine:
            for index in holders.get(gram, ()):
                shared[index] += 1
        for index, count in shared.items():
            share = count / (len(mine) + len(train[index][1]) - count)
            if share >= limit:
                found.append((share, text, train[index][0]))
    return sorted(found, reverse=True)


def training_texts() -> list[str]:
    """Everything an agent says in the training corpus, and the bare frames."""
    import corpus
    import rows
    import whole

    said = [item.text for item in corpus.utterances()]
    said += [item.answer for item in corpus.exchanges()] + [item.answer for item in whole.whole()]
    for name in ("violations", "answers"):
        said += [text for texts in rows.labelled(name).values() for text in texts]
    said += list(rows.texts("polite"))
    said += [text for topic in corpus.topics().values() for texts in topic.values() for text in texts]
    return said


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    near = too_near(test_texts(), training_texts())
    for share, test, train in near:
        print(f"{share:.2f}\t{test}\t{train}")
    print(f"{len(near)} pairs at or over {LIMIT}", file=sys.stderr)
    sys.exit(bool(near))
