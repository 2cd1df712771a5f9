"""What a folder holds beside the recordings that are taken from it: files that are left out, pairs that could be one call."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from qa_speech.filenames import as_text
from qa_speech.inputs.calls import AUDIO_SUFFIXES, TRANSCRIPT_SUFFIXES
from qa_speech.inputs.pairs import Pair, pairs_in


class Overlooked(NamedTuple):
    """Files left out, by suffix ("" where they have none) with their number; files that look like the two sides of one call."""

    suffixes: Mapping[str, int]
    pairs: tuple[Pair, ...]


def overlooked(places: Iterable[str | Path]) -> Overlooked:
    """What the folders among the places hold that is not taken, and which of their recordings look like pairs.

    Files given by hand, globs and manifests leave nothing out; hidden files are not counted, nor is what cannot be read.

    >>> overlooked(["samples"]).suffixes[".md"]
    1
    """
    suffixes: Counter[str] = Counter()
    pairs: list[Pair] = []
    for place in places:
        if os.path.isdir(place):
            names = list(_names(str(place)))
            recordings = [name for name in names if _suffix(name) in AUDIO_SUFFIXES]
            taken = AUDIO_SUFFIXES if recordings else TRANSCRIPT_SUFFIXES
            suffixes.update(_suffix(name) for name in names if _suffix(name) not in taken)
            pairs += pairs_in(recordings)
    return Overlooked(dict(suffixes.most_common()), tuple(pairs))


def _names(folder: str) -> Iterable[str]:
    """Files below a folder, relative to it."""
    for inner, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield as_text(os.path.relpath(os.path.join(inner, name), folder))


def _suffix(name: str) -> str:
    return os.path.splitext(name)[1].lower()
