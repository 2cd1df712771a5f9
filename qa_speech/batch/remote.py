"""A recogniser that lives in another process, as those know it who only prepare and finish calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from qa_speech.engines.base import Recognizer, Traits, Window, WindowWords, traits_of
from qa_speech.errors import EngineError, problem


@dataclass(frozen=True)
class Remote:
    """What a call records of a recogniser, and what its windows have to be like; `window_s` in seconds."""

    made_with: Mapping[str, str]
    window_s: float
    traits: Traits

    @classmethod
    def of(cls, recognizer: Recognizer) -> Remote:
        """What is to be known of a recogniser elsewhere."""
        return cls(dict(recognizer.made_with), recognizer.window_s, traits_of(recognizer))

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """It cannot be asked here."""
        raise EngineError("remote", problem("windows are recognised in another process"))
