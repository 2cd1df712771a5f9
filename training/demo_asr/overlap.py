"""Do two texts share a run of characters?  Keeps the sample calls out of the recogniser's training text.

The rule: no run of 8 characters (punctuation removed) of a sample turn occurs in any training sentence.  The
templates are checked with *every* possible filling at once: a slot counts as any sequence of the characters that
can stand in it, which is a little stricter than needed.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import corpus

__all__ = ["RUN_LENGTH", "TemplateMatcher", "runs", "sample_runs", "shared_runs"]

RUN_LENGTH = 8
"""Characters in a row that may not be shared."""

_FILLINGS_SEEN = 3000


def runs(text: str, length: int = RUN_LENGTH) -> list[str]:
    """All runs of `length` characters of a text, without punctuation.

    >>> runs("您好，请讲。", 3)
    ['您好请', '好请讲']
    """
    spoken = corpus.without_punctuation(text)
    return [spoken[first : first + length] for first in range(len(spoken) - length + 1)]


class TemplateMatcher:
    """Finds text inside any filling of any template.

    All templates stand in one row of positions; each position is a character or a slot, and a slot may repeat.
    A set of positions is one large integer, so that one step of the search is three operations on it (the
    Shift-And algorithm).
    """

    def __init__(self, templates: Iterable[corpus.Template] | None = None) -> None:
        """Read `templates`; None = all there are."""
        if templates is None:
            templates = corpus.TEMPLATES + corpus.EXTRA_TEMPLATES
        rng = random.Random(0)
        alphabets = {
            name: set("".join(fill(rng) for _ in range(_FILLINGS_SEEN))) for name, fill in corpus.SLOTS.items()
        }
        self._accepts: dict[str, int] = defaultdict(int)
        self._repeats = 0
        position = 0
        for template in templates:
            for index, piece in enumerate(corpus.SLOT.split(template.text)):
                is_slot = index % 2 == 1
                if is_slot:
                    for character in alphabets[piece]:
                        self._accepts[character] |= 1 << position
                    self._repeats |= 1 << position
                    position += 1
                    continue
                for character in corpus.without_punctuation(piece):
                    self._accepts[character] |= 1 << position
                    position += 1
            position += 1  # no run goes on from one template to the next

    def contains(self, run: str) -> bool:
        """Whether `run` occurs in a filling of some template."""
        active = self._accepts.get(run[0], 0)
        for character in run[1:]:
            active = ((active << 1) | (active & self._repeats)) & self._accepts.get(character, 0)
            if not active:
                return False
        return bool(active)


def shared_runs(text: str, matcher: TemplateMatcher) -> list[str]:
    """The runs of `text` that some template can contain."""
    return [run for run in runs(text) if matcher.contains(run)]


def sample_runs(folder: Path) -> set[str]:
    """All runs of the sample calls, from their ``*.truth.json``: no training sentence may have one."""
    found: set[str] = set()
    for path in sorted(folder.glob("*.truth.json")):
        for turn in json.loads(path.read_text(encoding="utf-8"))["turns"]:
            found.update(runs(turn["text"]))
    return found
