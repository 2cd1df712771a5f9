"""The scorecards that a run has used, kept in it by their hash."""

from __future__ import annotations

from pathlib import Path

from qa_speech.errors import ConfigError, problem
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.store.folder import SCORECARDS


def card_file(run: Path, sha256: str) -> Path:
    """The run's copy of a scorecard."""
    return run / SCORECARDS / f"{sha256}.yaml"


class RunScorecards:
    """The scorecards of a run by their hash, each read once."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._read: dict[str, Scorecard] = {}

    def get(self, sha256: str | None) -> Scorecard | None:
        """The scorecard of this hash; None without one, and where the run has not kept it."""
        if not sha256 or (sha256 not in self._read and not card_file(self._run, sha256).is_file()):
            return None
        return self.require(sha256)

    def require(self, sha256: str) -> Scorecard | None:
        """The scorecard of this hash; None for "".

        Raises
        ------
        ConfigError
            The run has not kept it, or it is no longer what it was.
        """
        if not sha256:
            return None
        if sha256 not in self._read:
            path = card_file(self._run, sha256)
            card = load_scorecard(path)
            if card.sha256 != sha256:
                raise ConfigError(
                    str(path), [problem("changed since the run kept it; restore it, or remove it and run again")]
                )
            self._read[sha256] = card
        return self._read[sha256]
