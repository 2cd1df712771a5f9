"""The plan of a sample: a TOML file, strict. What is drawn from whom, how many, by which risk, for which inspectors.

seed = 20261130
per = ["agent"]                       # agent, team, queue, hour, day, week … or any metadata; [] = all calls together
number = 4                            # or share = 5 (% of the group, rounded up), and then never fewer than minimum,
minimum = 2                           # where there are so many
where = ["duration_s >= 30"]          # who is in the frame at all
spread = true                         # even over the period
again = false                         # true: calls already inspected may be drawn again

[[strata]]                            # parts of each group with quotas of their own; the rest of it gets the rest
name = "投诉"
where = ["queue in 投诉"]
number = 2                            # or share and minimum, of the stratum

[risk]                                # without it every call of a stratum has the same chance
floor = 0.3                           # least chance, as a share of the mean: none is out of reach
[[risk.terms]]
name = "不合格"                        # how work lists call it; without it, its conditions
where = ["passed = 0"]
weight = 3

[[inspectors]]
name = "质检一"
team = "A 组"                          # gets no call of this team
share = 1
most = 40                             # calls, none if left out
"""

from __future__ import annotations

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from qa_speech.errors import ConfigError, problem, together
from qa_speech.sampling.conditions import Condition, condition
from qa_speech.validation import wrong

Name = Annotated[str, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=100_000)]
Percent = Annotated[float, Field(gt=0, le=100)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Conditional(_Strict):
    """Something that holds for calls that fulfil all conditions."""

    where: tuple[str, ...] = ()

    @field_validator("where")
    @classmethod
    def _readable(cls, where: tuple[str, ...]) -> tuple[str, ...]:
        for text in where:
            try:
                condition(text)
            except ConfigError as exc:
                raise ValueError(together(exc.problems)) from exc
        return where

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """They, taken apart."""
        return tuple(condition(text) for text in self.where)


class Stratum(_Conditional):
    """A part of each group with a quota of its own."""

    name: Name
    number: Count | None = None
    share: Percent | None = None
    minimum: Count = 0

    @model_validator(mode="after")
    def _one_quota(self) -> Stratum:
        if (self.number is None) == (self.share is None):
            raise ValueError(problem("give either number or share"))
        return self


class RiskTerm(_Conditional):
    """What makes a call more worth hearing, and by how much: its size is 1 plus the weights of the terms it fulfils."""

    weight: Annotated[float, Field(gt=0, le=100)]
    name: str = ""

    @property
    def title(self) -> str:
        """What it is called: its name, or its conditions."""
        return self.name or " & ".join(self.where)


class Risk(_Strict):
    """Chances by risk."""

    floor: Annotated[float, Field(gt=0, le=1)] = 0.3
    terms: tuple[RiskTerm, ...] = Field(min_length=1)


class Inspector(_Strict):
    """Who hears calls. `share` of the work beside the others; `most` calls at most; `team` is his own."""

    name: Name
    team: str = ""
    share: Annotated[float, Field(gt=0, le=1000)] = 1.0
    most: Count | None = None


class Plan(_Conditional):
    """A whole plan."""

    seed: int
    per: tuple[Name, ...] = ("agent",)
    number: Count | None = None
    share: Percent | None = None
    minimum: Count = 0
    spread: bool = True
    again: bool = False
    strata: tuple[Stratum, ...] = ()
    risk: Risk | None = None
    inspectors: tuple[Inspector, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Plan:
        if (self.number is None) == (self.share is None):
            raise ValueError(problem("give either number or share: how many calls of each group"))
        for kind, names in (("strata", self.strata), ("inspectors", self.inspectors)):
            given = [one.name for one in names]
            if len(set(given)) < len(given):
                raise ValueError(problem("{kind}: each name once", kind=kind))
        return self

    @property
    def every_condition(self) -> tuple[Condition, ...]:
        """The conditions of the plan, its strata and its risk."""
        terms = () if self.risk is None else self.risk.terms
        found: list[Condition] = []
        for part in (self, *self.strata, *terms):
            found += part.conditions
        return tuple(found)

    @property
    def names(self) -> frozenset[str]:
        """What of a call the plan speaks of."""
        return frozenset((*self.per, *(condition.name for condition in self.every_condition)))


def load_plan(path: str | Path) -> Plan:
    """Read a plan.

    Raises
    ------
    ConfigError
        The file is missing, not TOML, or wrong: all problems at once.

    Examples
    --------
    >>> _ = Path("plan.toml").write_text("seed = 7\\nnumber = 4\\nper = ['agent']\\n")
    >>> plan = load_plan("plan.toml")
    >>> plan.number, plan.per
    (4, ('agent',))
    """
    return plan_from(read_plan(path), str(path))


def read_plan(path: str | Path) -> str:
    """The text of a plan, as it is kept with the draw.

    Raises
    ------
    ConfigError
        The file is missing, or not UTF-8.
    """
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(
            str(path), [problem("cannot read: {reason}; a plan is written in UTF-8", reason=exc)]
        ) from exc


def plan_from(text: str, source: str = "plan") -> Plan:
    """The same from its text.

    >>> plan_from("seed = 1\\nnumber = 4").per
    ('agent',)
    """
    try:
        return Plan.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(source, [problem("not TOML: {reason}", reason=exc)]) from exc
    except ValidationError as exc:
        problems: list[str] = []
        for one in exc.errors():
            place = ".".join(str(part) for part in one["loc"])
            what = wrong(one) if one["type"] != "extra_forbidden" else problem("unknown key")
            problems.append(problem("{place}: {what}", place=place, what=what) if place else what)
        raise ConfigError(source, problems) from exc
