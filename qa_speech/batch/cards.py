"""Which scorecard judges which call, known before any work is done on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.scorecard.choice import Shelf, find_scorecard

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard
    from qa_speech.settings import ScorecardRule

FOLDER = "scorecards"
"""Folder of a run with a copy of every scorecard it used, named by hash."""
UNSCORED = "none"


class Book:
    """The scorecards of a run: by rule, by the manifest's column, and one for all others.

    Raises
    ------
    ConfigError
        A scorecard is missing or wrong.
    """

    def __init__(self, *, default: str = UNSCORED, rules: Iterable[ScorecardRule] = ()) -> None:
        self._sources: dict[str, Path] = {}
        self._named: dict[str, Scorecard | None] = {}
        self._default = self._load(default)
        held = [(dict(rule.when), self._load(rule.file)) for rule in rules]
        self._shelf = Shelf(rules=held, others=[] if self._default is None else [self._default])
        self._chosen: dict[tuple[str, ...], Scorecard | None] = {}

    def choose(self, row: Row) -> Scorecard | None:
        """The scorecard of a row: its own, else the first rule that fits (version by date), else that for all.

        Raises
        ------
        ConfigError
            The row names a scorecard that is not there or is wrong.
        """
        if row.scorecard:
            return self._load(row.scorecard)
        metadata = row.metadata
        seen = (metadata.get("started_at", "")[:10], *(metadata.get(key, "") for key in self._shelf.keys))
        if seen not in self._chosen:
            self._chosen[seen] = self._shelf.of(metadata)
        return self._chosen[seen]

    def check(self, rows: Iterable[Row]) -> None:
        """Load every scorecard that a row names.

        Raises
        ------
        ConfigError
            All that are missing or wrong.
        """
        problems = []
        for name in sorted({row.scorecard for row in rows if row.scorecard}):
            try:
                self._load(name)
            except ConfigError as exc:
                problems.append(str(exc))
        if problems:
            raise ConfigError("column scorecard", problems)

    def keep(self, run: Path) -> Path:
        """Copy every scorecard loaded so far into the run, by hash; returns the folder."""
        from qa_speech.call import write_bytes

        folder = run / FOLDER
        for digest, source in self._sources.items():
            if not (folder / f"{digest}.yaml").exists():
                write_bytes(folder / f"{digest}.yaml", source.read_bytes())
        return folder

    def _load(self, name: str) -> Scorecard | None:
        if name not in self._named:
            self._named[name] = None
            if name != UNSCORED:
                from qa_speech.scorecard import load_scorecard

                path = find_scorecard(name)
                card = self._named[name] = load_scorecard(path)
                self._sources[card.sha256] = path
        return self._named[name]


def score_key(card: Scorecard | None, row: Row) -> str:
    """What a score depends on besides the call: another scorecard or other metadata mean scoring again, no more."""
    if card is None:
        return UNSCORED
    text = msgspec.json.encode([card.sha256, sorted(row.metadata.items())])
    return hashlib.sha256(text).hexdigest()[:16]
