"""Which scorecard judges which call: one rule for `inspect`, `score` and `batch run`.

    1. the first rule of the settings whose metadata the call has; of several versions of that scorecard the one in force
       on the day of the call
    2. else the scorecard for all others: a single one judges calls of any day (so that next month's version can be tried
       on last month's calls); of several the one in force that day, and meant for such calls

Only what is known of a call before any work is done on it decides: its metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from qa_speech.call import Call
from qa_speech.errors import ConfigError, problem, with_hint
from qa_speech.resources import folder
from qa_speech.tables.dates import day_of

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Scorecard

When: TypeAlias = Mapping[str, str | list[str]]
"""Metadata a call must have: a value, or one of several."""
Chooser: TypeAlias = "Callable[[Call], Scorecard | None]"
"""Call → the scorecard that judges it, None = it is not scored."""
Trusted: TypeAlias = "Callable[[Scorecard], frozenset[str]]"
"""Of a scorecard the criteria on which machine and people are known to agree (`marks.agreement.trusted_criteria`)."""


def choose_scorecard(cards: Sequence[Scorecard], call: Call) -> Scorecard | None:
    """The scorecard in force on the day the call started (metadata ``started_at``, as `tables.dates` reads it); None if none was.

    Parameters
    ----------
    cards : sequence of Scorecard
        Versions of one scorecard, or scorecards for different calls: those whose ``eligible.attributes`` the call's
        metadata contradict come last. Of different scorecards that fit alike the one named first counts.
    call : Call
        Only its metadata are looked at.

    Returns
    -------
    Scorecard or None
        Of several versions in force the one that came into force last, then the highest. A call without a date is judged
        by the version that came into force last.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.testing import make_call
    >>> text = '''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... effective: {from: 2026-01-01}
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... '''
    >>> later = text.replace("version: 1", "version: 2").replace("2026-01-01", "2026-03-01")
    >>> cards = [load_scorecard(text), load_scorecard(later)]
    >>> days = ("2026-02-28T09:00:00", "2026-03-01T09:00:00", "2025-12-31T09:00:00")
    >>> found = [choose_scorecard(cards, make_call(metadata={"started_at": day})) for day in days]
    >>> [card and card.version for card in found]
    [1, 2, None]
    """
    return _in_force(cards, call.recording.metadata)


def _in_force(cards: Sequence[Scorecard], metadata: Mapping[str, str]) -> Scorecard | None:
    day = day_of(metadata.get("started_at", ""))
    held = [card for card in cards if not day or _covers(card, day)]
    held = [card for card in held if not _contradicted(card, metadata)] or held
    versions = [card for card in held if card.id == held[0].id]
    return max(versions, key=lambda card: (str(card.effective.from_ or ""), card.version), default=None)


def _covers(card: Scorecard, day: str) -> bool:
    dates = card.effective
    return str(dates.from_ or "") <= day and (dates.until is None or day < str(dates.until))


def _contradicted(card: Scorecard, metadata: Mapping[str, str]) -> bool:
    """Whether the metadata say that the card is not meant for such a call; what they do not say speaks for nothing."""
    known = [(metadata.get(name), wanted) for name, wanted in card.eligible.attributes.items()]
    return any(value and value not in wanted for value, wanted in known)


class Shelf:
    """The scorecards at hand: by rule, and for all other calls. A `Chooser`.

    Parameters
    ----------
    rules : sequence of (when, Scorecard or None)
        The first that fits counts; None = no scorecard, so it fits nothing.
    others : sequence of Scorecard
        For calls that no rule fits; empty = they are not scored.
    """

    def __init__(
        self, *, rules: Sequence[tuple[When, Scorecard | None]] = (), others: Sequence[Scorecard] = ()
    ) -> None:
        self.rules = tuple(rules)
        self.others = tuple(others)

    def __call__(self, call: Call) -> Scorecard | None:
        """The scorecard of a call."""
        return self.of(call.recording.metadata)

    def of(self, metadata: Mapping[str, str]) -> Scorecard | None:
        """The scorecard of a call with these metadata."""
        fitting = [card for when, card in self.rules if card is not None and _fits(when, metadata)]
        if fitting:
            return _in_force([card for card in fitting if card.id == fitting[0].id], metadata)
        return self.others[0] if len(self.others) == 1 else _in_force(self.others, metadata)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the metadata that decide, ``started_at`` aside."""
        cards = [*self.others, *(card for _, card in self.rules if card is not None)]
        named = {key for when, _ in self.rules for key in when}
        return tuple(sorted(named.union(*(card.eligible.attributes for card in cards))))


def _fits(when: When, metadata: Mapping[str, str]) -> bool:
    return all(metadata.get(key) in (wanted if isinstance(wanted, list) else [wanted]) for key, wanted in when.items())


def find_scorecard(name: str) -> Path:
    """A file, or a shipped scorecard by name.

    Raises
    ------
    ConfigError
        There is none; the message lists the shipped ones.

    Examples
    --------
    >>> find_scorecard("telecom-hotline").name
    'telecom-hotline.yaml'
    """
    path = Path(name)
    if path.is_file():
        return path
    ours = shipped()
    if name in ours:
        return ours[name]
    what = problem("no such scorecard; a file, none, or one of the shipped ones: {shipped}", shipped=", ".join(ours))
    raise ConfigError(name, [with_hint(what, name, ours)])


def shipped() -> Mapping[str, Path]:
    """The scorecards that ship with the project, by name.

    >>> sorted(shipped())
    ['broadband-fault', 'complaint', 'outbound-sales', 'quality-only', 'telecom-hotline', 'text-service']
    """
    return {file.stem: file for file in sorted(folder("scorecards").glob("*.yaml"))}
