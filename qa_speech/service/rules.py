"""The rules of a department: limits, names of columns, cause lists, assessment, measures. One folder of TOML files.

report.toml   limits          causes-*.toml   cause lists
assessment.toml   pillars, indicators, targets     measures.toml   what follows from which finding

Those that ship lie in ``scorecards/service``; a department copies the folder, edits it, and names it with ``--rules``. A file
that its folder lacks is the shipped one.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal, TypeAlias, TypeVar

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.resources import folder

SHIPPED = "service"
CAUSES = "causes-*.toml"
Checked = TypeVar("Checked")


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``report.toml``. Seconds, days, shares 0–1; `scale` of the survey's numbers and the number from which one is
    satisfied; `texts` = of so many calls at most the words are counted; `join_hours`, `join_minutes`: a row that names no call
    speaks of one that began so long before, of its customer, or of its agent."""

    answer_within_s: float = 15.0
    repeat_days: int = 7
    other_limit: float = 0.10
    scale: int = 5
    satisfied_from: int = 4
    texts: int = 2000
    join_hours: float = 24.0
    join_minutes: float = 15.0


class Cause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cause: its code and name, what belongs to it and what does not, and words by which it is proposed from a text."""

    code: str
    name: str
    belongs: str = ""
    not_here: str = ""
    words: tuple[str, ...] = ()


class CauseList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cause list; `other` is the code of 其它; `words` tell that a record without a list belongs to this one."""

    id: str
    title: str
    other: str
    causes: tuple[Cause, ...]
    words: tuple[str, ...] = ()

    def name_of(self, code: str) -> str:
        """The name of a code; an unknown one as it is."""
        return next((cause.name for cause in self.causes if cause.code == code), code)


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An indicator of the assessment. Full marks at the `target`, none at `zero`, in between by line; `levels` it is held at."""

    id: str
    title: str
    pillar: str
    figure: str
    target: float
    zero: float
    weight: float
    levels: tuple[str, ...] = (
        "agent",
        "team",
        "city",
        "province",
        "national",
    )


class Pillar(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pillar of the assessment."""

    id: str
    title: str


class Assessment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``assessment.toml``."""

    pillars: tuple[Pillar, ...]
    indicators: tuple[Indicator, ...]


class MeasureRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What follows from a finding: of a `kind`, on `figures` (a name, or one that ends in ``*``; none = any).

    `text` may hold {subject}, {figure}, {value}, {expected}, {n}; `check` how the next report will show it.
    """

    kind: str
    text: str
    owner: str
    check: str
    figures: tuple[str, ...] = ()


class Measures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``measures.toml``; the first rule that fits a finding is its measure."""

    measure: tuple[MeasureRule, ...]


class Rules(msgspec.Struct, frozen=True):
    """All rules together."""

    limits: Limits
    causes: tuple[CauseList, ...]
    assessment: Assessment
    measures: tuple[MeasureRule, ...]

    @property
    def answer_within_s(self) -> float:
        """Seconds within which a call should be answered."""
        return self.limits.answer_within_s

    def cause_list(self, name: str) -> CauseList | None:
        """The cause list of an id or a title."""
        return next((one for one in self.causes if name in (one.id, one.title)), None)


def shipped_folder() -> Path:
    """The folder of the rules that ship."""
    return folder("scorecards") / SHIPPED


def load_rules(place: str | Path | None = None) -> Rules:
    """The rules in a folder; what it lacks, and all of them without a folder, as they ship.

    Raises
    ------
    ConfigError
        There is no such folder, or a file in it is not what it should be.

    Examples
    --------
    >>> rules = load_rules()
    >>> [one.id for one in rules.causes], rules.answer_within_s
    (['broadband-fault', 'communication', 'service'], 15.0)
    """
    own = None if place is None else Path(place)
    if own is not None and not own.is_dir():
        raise ConfigError(
            str(own),
            [problem("no such folder; expected a copy of {shipped_folder}, edited", shipped_folder=shipped_folder())],
        )
    causes = sorted((own or shipped_folder()).glob(CAUSES)) or sorted(shipped_folder().glob(CAUSES))
    rules = Rules(
        limits=_read(_file(own, "report.toml"), Limits),
        causes=tuple(_read(path, CauseList) for path in causes),
        assessment=_read(_file(own, "assessment.toml"), Assessment),
        measures=_read(_file(own, "measures.toml"), Measures).measure,
    )
    _check(rules, own or shipped_folder())
    return rules


def _file(own: Path | None, name: str) -> Path:
    if own is not None and (own / name).is_file():
        return own / name
    return shipped_folder() / name


def _read(path: Path, kind: type[Checked]) -> Checked:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(str(path), [problem("no TOML: {reason}", reason=exc)]) from exc
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as exc:
        raise ConfigError(str(path), [str(exc)]) from exc


LEVEL_NAMES = ("agent", "team", "city", "province", "national")
Level: TypeAlias = Literal["agent", "team", "city", "province", "national"]


def _check(rules: Rules, place: Path) -> None:
    problems: list[str] = []
    pillars = {pillar.id for pillar in rules.assessment.pillars}
    for one in rules.assessment.indicators:
        if one.pillar not in pillars:
            problems.append(
                problem(
                    "assessment.toml: {id}: no pillar {pillar!r}; there are: {pillars}",
                    id=one.id,
                    pillar=one.pillar,
                    pillars=", ".join(sorted(pillars)),
                )
            )
        if one.target == one.zero:
            problems.append(
                problem("assessment.toml: {id}: target and zero are equal; between them marks are lost", id=one.id)
            )
        if one.weight <= 0:
            problems.append(
                problem("assessment.toml: {id}: weight {weight:g}; expected above 0", id=one.id, weight=one.weight)
            )
        unknown = [level for level in one.levels if level not in LEVEL_NAMES]
        if unknown:
            problems.append(
                problem(
                    "assessment.toml: {id}: level {unknown!r}; expected of: {level_names}",
                    id=one.id,
                    unknown=unknown[0],
                    level_names=", ".join(LEVEL_NAMES),
                )
            )
    for held in rules.causes:
        codes = [cause.code for cause in held.causes]
        if len(set(codes)) < len(codes):
            problems.append(problem("causes: {id}: a code stands twice", id=held.id))
        if held.other not in codes:
            problems.append(
                problem("causes: {id}: other = {other!r} is none of its codes", id=held.id, other=held.other)
            )
    if problems:
        raise ConfigError(str(place), problems)
