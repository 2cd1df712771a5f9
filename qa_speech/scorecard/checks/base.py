"""What every operator answers, and the types of the values in a card."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from qa_speech.scorecard.question import Evaluator, Needs

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,63}$")]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=1000)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Points = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
Percent = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, le=86400, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, le=100000)]
RoleName = Literal["agent", "customer", "anyone_if_unknown"]
ANYONE: RoleName = "anyone_if_unknown"
"""The agent; where nobody knows who speaks, whoever it was. See `checks.anyone`."""


class Part(BaseModel):
    """Strict: no unknown key, no silent conversion."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", populate_by_name=False)


class Reason(NamedTuple):
    """One reason code of an operator.

    `holds` is what it says of the check, None where it says either; `detail` names the keys of the detail that come
    with it; `opposite` is the code under `not`, where it has a name of its own.
    """

    code: str
    holds: bool | None
    detail: str
    opposite: str = ""


class Operator(ABC):
    """One operator with its keys: how a check of a card is decided, and what those who read cards may ask of it."""

    NAME: ClassVar[str]
    """Its key in a card."""
    REASONS: ClassVar[tuple[Reason, ...]] = ()
    SHOWS: ClassVar[bool] = True
    """Whether there is something to hear for what it decides, by itself and not through its children."""

    @abstractmethod
    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; what it needs of a call is added to `needs`."""

    def children(self) -> tuple[Operator, ...]:
        """The operators of the checks inside it, in the order of the file."""
        return ()

    def always(self) -> bool | None:
        """True or False where it can only come out one way, else None."""
        return None

    def label(self) -> str:
        """What it looks at, in a list of criteria."""
        return self.NAME


class AnyCheck(Protocol):
    """A check inside an operator: what `table.Check` is, for those whom the table imports."""

    @property
    def operator(self) -> Operator:
        """The one operator it holds."""


def walk(operator: Operator) -> Iterator[Operator]:
    """An operator and all inside it, from the outside in.

    >>> from qa_speech.scorecard.checks.table import Check
    >>> check = Check.model_validate({"all": ({"entity": {"kind": "date"}}, {"not": {"entity": {"kind": "id"}}})})
    >>> [one.NAME for one in walk(check.operator)]
    ['all', 'entity', 'not', 'entity']
    """
    yield operator
    for child in operator.children():
        yield from walk(child)
