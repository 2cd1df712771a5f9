"""Which scorecard judges which call, known before any work is done on it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from qa_speech.errors import ConfigError, problem, together
from qa_speech.files import write_bytes
from qa_speech.inputs.rows import Row
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.scorecard.choice import Shelf, find_scorecard
from qa_speech.settings import ScorecardRule
from qa_speech.store.cards import card_file
from qa_speech.tables.dates import day_of

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
        day = day_of(metadata.get("started_at", ""))
        matters = (day, *(metadata.get(key, "") for key in self._shelf.keys))
        if matters not in self._chosen:
            self._chosen[matters] = self._shelf.of(metadata)
        return self._chosen[matters]

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
                problems.append(problem("{source}: {what}", source=exc.source, what=together(exc.problems)))
        if problems:
            raise ConfigError("column scorecard", problems)

    @property
    def hashes(self) -> dict[str, str]:
        """The sha256 of every scorecard loaded so far, by the name it was asked for."""
        return {name: card.sha256 for name, card in self._named.items() if card is not None}

    def keep(self, run: Path) -> None:
        """Copy every scorecard loaded so far into the run, by hash."""
        for sha256, source in self._sources.items():
            kept = card_file(run, sha256)
            if not kept.exists():
                write_bytes(kept, source.read_bytes())

    def _load(self, name: str) -> Scorecard | None:
        if name not in self._named:
            self._named[name] = None if name == UNSCORED else self._read(name)
        return self._named[name]

    def _read(self, name: str) -> Scorecard:
        path = find_scorecard(name)
        card = load_scorecard(path)
        self._sources[card.sha256] = path
        return card


def score_key(card: Scorecard | None, row: Row) -> str:
    """What a score depends on besides the call: another scorecard or other metadata mean scoring again, no more."""
    if card is None:
        return UNSCORED
    text = msgspec.json.encode([card.sha256, sorted(row.metadata.items())])
    return hashlib.sha256(text).hexdigest()[:16]
