"""Which windows a recogniser needs on calls of its user: how far each is filled up at least, how long one may be.

    floor    8 s   12 s   16 s   24 s   30 s      with the middle limit; of those whose errors are near the least, the cheapest
    limit    12 s  16 s   20 s   24 s   30 s      with that floor; the same

Errors are counted against transcripts of people. Where there are none, what a setting writes is held against what the others
write: the one that they agree with most is the best known. That finds settings that lose or repeat words, not words that
all of them mishear.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypeAlias

from qa_speech.call import Call, Role
from qa_speech.engines.base import Recognizer, SpeechDetector, Traits, Window, WindowWords, traits_of
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import AudioError, problem
from qa_speech.filenames import as_text
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline.inspect import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings
from qa_speech.stats.edits import edit_distance

FLOORS_S = (8.0, 12.0, 16.0, 24.0, 30.0)
LIMITS_S = (12.0, 16.0, 20.0, 24.0, 30.0)
MIDDLE_LIMIT_S = 16.0
NEAR = 0.005
"""Error rates that differ by less are the same: the cheaper setting is taken."""

Texts: TypeAlias = Mapping[tuple[str, Role], str]
"""What each role of each call says: folded characters."""


class Adjustable(Protocol):
    """A recogniser whose windows can be chosen, as `WhisperRecognizer` is."""

    def with_options(self, **changed: Any) -> Recognizer:
        """The same with other options: `window`, `window_s`, `least_window_s`."""


class Windows(NamedTuple):
    """Longest window, and how far each is filled up at least; both in seconds."""

    window_s: float
    least_window_s: float


@dataclass(frozen=True)
class Trial:
    """What one setting wrote, the seconds of windows that took (filled up, and those asked for again), its CPU time, and how
    many windows were asked for again."""

    windows: Windows
    texts: Texts
    filled_s: float
    cpu_s: float
    again: int


@dataclass(frozen=True)
class Rated:
    """A trial with its error rate: against transcripts, or against what the other settings write."""

    trial: Trial
    rate: float


@dataclass(frozen=True)
class Tuning:
    """The setting found, all that were tried in order, and what they were held against.

    `against`: ``transcripts`` or ``agreement``; `calls`, `minutes` and `characters` say how much that was.
    """

    windows: Windows
    tried: tuple[Rated, ...]
    against: str
    calls: int
    minutes: float
    characters: int


def tune(
    recognizer: Adjustable,
    rows: Sequence[CallInput],
    *,
    settings: Settings | None = None,
    minutes: float = 20.0,
    detector: SpeechDetector | None = None,
    told: Callable[[Trial], None] | None = None,
) -> Tuning:
    """The windows with which a model makes the fewest errors on these calls at the least cost.

    Parameters
    ----------
    rows
        Recordings; those with transcripts are taken alone if there are any.
    minutes
        Calls are taken in order until they are as long as that.
    told
        Called with each trial when it is done.

    Raises
    ------
    AudioError
        None of the recordings can be used.
    EngineError
        The recogniser fails.
    """
    settings = settings or Settings()
    settings = settings.model_copy(update={"speech": settings.speech.model_copy(update={"pitch": False})})
    speech = detector or SileroDetector()
    given = [row for row in rows if row.transcript is not None]
    taken, length_s = _as_long_as(given or rows, minutes * 60, settings, speech)
    if not taken:
        place = as_text(rows[0].path.parent) if rows else "calls"
        raise AudioError(place, problem("none of these recordings can be used"))
    references = _texts(taken, None, settings, speech) if given else None
    bare = [replace(row, transcript=None) for row in taken]

    def tried(windows: Windows) -> Trial:
        trial = _trial(recognizer, windows, bare, settings, speech)
        if told is not None:
            told(trial)
        return trial

    floors = [tried(Windows(MIDDLE_LIMIT_S, floor)) for floor in FLOORS_S]
    best = cheapest(rated(floors, references))
    others = [limit for limit in LIMITS_S if limit != MIDDLE_LIMIT_S]
    limits = [best.trial, *[tried(Windows(limit, best.trial.windows.least_window_s)) for limit in others]]
    chosen = cheapest(rated(limits, references))
    against = "agreement" if references is None else "transcripts"
    held = references if references is not None else chosen.trial.texts
    everything = rated([*floors, *limits[1:]], references)
    characters = sum(len(text) for text in held.values())
    return Tuning(chosen.trial.windows, tuple(everything), against, len(taken), length_s / 60, characters)


def rated(trials: Sequence[Trial], references: Texts | None) -> list[Rated]:
    """The trials with their error rates: against references, else the mean of those against each of the others.

    >>> texts = {8: "您", 12: "您好", 16: "您好"}
    >>> said = [Trial(Windows(16, floor), {("a", Role.AGENT): text}, 60.0, 1.0, 0) for floor, text in texts.items()]
    >>> [one.rate for one in rated(said, None)], [one.rate for one in rated(said, {("a", Role.AGENT): "您好吗啊"})]
    ([0.5, 0.25, 0.25], [0.75, 0.5, 0.5])
    """
    if references is not None:
        return [Rated(trial, error_rate(trial.texts, references)) for trial in trials]
    found = []
    for trial in trials:
        others = [disagreement(trial.texts, other.texts) for other in trials if other is not trial]
        found.append(Rated(trial, sum(others) / max(1, len(others))))
    return found


def error_rate(texts: Texts, references: Texts) -> float:
    """Characters inserted, left out or changed, over those of the references."""
    errors = sum(edit_distance(text, texts.get(key, "")) for key, text in references.items())
    characters = sum(len(text) for text in references.values())
    return errors / max(1, characters)


def disagreement(one: Texts, two: Texts) -> float:
    """Characters in which two settings differ, over those of the longer text of each role; the same both ways."""
    keys = one.keys() | two.keys()
    differences = sum(edit_distance(one.get(key, ""), two.get(key, "")) for key in keys)
    characters = sum(max(len(one.get(key, "")), len(two.get(key, ""))) for key in keys)
    return differences / max(1, characters)


def cheapest(trials: Sequence[Rated]) -> Rated:
    """The one that costs least of those whose error rate is within `NEAR` of the least."""
    least = min(one.rate for one in trials)
    return min([one for one in trials if one.rate <= least + NEAR], key=lambda one: one.trial.filled_s)


def _as_long_as(
    rows: Sequence[CallInput], seconds: float, settings: Settings, detector: SpeechDetector
) -> tuple[list[CallInput], float]:
    """The first rows that can be read and together last so many seconds, and how long they are."""
    taken: list[CallInput] = []
    length_s = 0.0
    for row in rows:
        if length_s >= seconds:
            break
        outcome = next(islice(inspect_many([row], detector=detector, settings=settings), 1))
        if isinstance(outcome, CallReport):
            taken.append(row)
            length_s += outcome.call.duration
    return taken, length_s


def _trial(
    recognizer: Adjustable,
    windows: Windows,
    rows: Sequence[CallInput],
    settings: Settings,
    detector: SpeechDetector,
) -> Trial:
    counted = _Counted(recognizer.with_options(window="tight", **windows._asdict()), windows)
    began = time.process_time()
    calls = _calls(rows, counted, settings, detector)
    cpu_s = time.process_time() - began
    again = [int(call.made_with.get("windows_again", "0").split()[0]) for call in calls]
    return Trial(windows, _said(calls), counted.filled_s, cpu_s, sum(again))


class _Counted:
    """A recogniser that counts the seconds of what it is given, filled up."""

    def __init__(self, recognizer: Recognizer, windows: Windows) -> None:
        self._recognizer = recognizer
        self._least_s = windows.least_window_s
        self.filled_s = 0.0

    @property
    def made_with(self) -> Mapping[str, str]:
        return self._recognizer.made_with

    @property
    def window_s(self) -> float:
        return self._recognizer.window_s

    @property
    def traits(self) -> Traits:
        return traits_of(self._recognizer)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        return self._recognizer.recognize(self._counting(windows))

    def _counting(self, windows: Iterable[Window]) -> Iterator[Window]:
        for window in windows:
            self.filled_s += max(window.duration, self._least_s)
            yield window


def _texts(
    rows: Sequence[CallInput], recognizer: Recognizer | None, settings: Settings, detector: SpeechDetector
) -> Texts:
    return _said(_calls(rows, recognizer, settings, detector))


def _calls(
    rows: Sequence[CallInput], recognizer: Recognizer | None, settings: Settings, detector: SpeechDetector
) -> list[Call]:
    outcomes = inspect_many(rows, recognizer=recognizer, detector=detector, settings=settings)
    return [outcome.call for outcome in outcomes if isinstance(outcome, CallReport)]


def _said(calls: Sequence[Call]) -> Texts:
    """What each role says in each call, in order; words outside its speech, too."""
    texts: dict[tuple[str, Role], str] = {}
    for call in calls:
        for role in Role:
            said = call.utterances_of(role)
            if said:
                texts[call.id, role] = fold("".join(one.text or "" for one in said))
    return texts
