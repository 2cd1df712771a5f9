"""`Check`: one operator, or all / any / not of checks; and the table of all operators.

A new operator is its file, its key in `Check`, its row in `OPERATORS`, and the sentences of its reasons in
`wording.sentences`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple

from pydantic import Field, model_validator

from qa_speech.errors import problem
from qa_speech.scorecard.checks.base import Number, Operator, Reason
from qa_speech.scorecard.checks.call import Attribute
from qa_speech.scorecard.checks.entity import Entity
from qa_speech.scorecard.checks.logic import Either, Every, Negated
from qa_speech.scorecard.checks.metric import MetricCheck
from qa_speech.scorecard.checks.order import Order
from qa_speech.scorecard.checks.phrase import Phrase
from qa_speech.scorecard.checks.repeat import Repeat
from qa_speech.scorecard.checks.similar import Similar
from qa_speech.scorecard.checks.window import Window


class Check(Window):
    """One operator, or all / any / not of checks. Bounds beside `metric` compare its value."""

    phrase: Phrase | None = None
    metric: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None, description="指标或“指标.分量”，见 qa-speech metrics list"
    )
    params: Mapping[str, Any] | None = Field(None, description="指标参数")
    at_least: Number | None = Field(None, description="指标值不小于")
    at_most: Number | None = Field(None, description="指标值不大于")
    order: Order | None = None
    repeat: Repeat | None = None
    entity: Entity | None = None
    similar: Similar | None = None
    call: Attribute | None = None
    all: tuple[Check, ...] | None = Field(None, min_length=1)
    any: tuple[Check, ...] | None = Field(None, min_length=1)
    not_: Check | None = Field(None, alias="not")

    @model_validator(mode="after")
    def _one_operator(self) -> Check:
        given = self._given
        if len(given) != 1:
            names = " and ".join([operator.NAME for operator in given])
            known = ", ".join([row.kind.NAME for row in OPERATORS])
            raise ValueError(
                problem("give exactly one of {known}; got {names}", known=known, names=names or "none of them")
            )
        operator = given[0]
        if isinstance(operator, MetricCheck):
            operator.figure()
        elif self._beside_metric:
            stray = ", ".join(self._beside_metric)
            raise ValueError(
                problem("{stray} beside {name} has no meaning; write it inside {name}", stray=stray, name=operator.NAME)
            )
        return self

    @property
    def _beside_metric(self) -> list[str]:
        """The keys given that belong to `metric`."""
        named: dict[str, object] = {
            "params": self.params,
            "at_least": self.at_least,
            "at_most": self.at_most,
            "role": self.role,
            "first_s": self.first_s,
            "last_s": self.last_s,
            "between_s": self.between_s,
            "first_turns": self.first_turns,
            "last_turns": self.last_turns,
            "turns": self.turns,
        }
        return [name for name, value in named.items() if value is not None]

    @property
    def _given(self) -> list[Operator]:
        """The operators that are given: one in a valid card."""
        held = [row.of(self) for row in OPERATORS]
        return [operator for operator in held if operator is not None]

    @property
    def operator(self) -> Operator:
        """The one it holds."""
        return self._given[0]


class Row(NamedTuple):
    """An operator of the table: its class, and how it is got out of a check (None: the check has another)."""

    kind: type[Operator]
    of: Callable[[Check], Operator | None]


def _metric(check: Check) -> MetricCheck | None:
    if check.metric is None:
        return None
    return MetricCheck(check.metric, check.params or {}, check.at_least, check.at_most, window=check)


def _every(check: Check) -> Every | None:
    return None if check.all is None else Every(tuple([part.operator for part in check.all]))


def _either(check: Check) -> Either | None:
    return None if check.any is None else Either(tuple([part.operator for part in check.any]))


def _negated(check: Check) -> Negated | None:
    return None if check.not_ is None else Negated(check.not_.operator)


OPERATORS = (
    Row(Phrase, lambda check: check.phrase),
    Row(MetricCheck, _metric),
    Row(Order, lambda check: check.order),
    Row(Repeat, lambda check: check.repeat),
    Row(Entity, lambda check: check.entity),
    Row(Similar, lambda check: check.similar),
    Row(Attribute, lambda check: check.call),
    Row(Every, _every),
    Row(Either, _either),
    Row(Negated, _negated),
)

REASONS: Mapping[str, Reason] = {reason.code: reason for row in OPERATORS for reason in row.kind.REASONS}
"""The reason codes of all operators; beside them a criterion with bands has ``band``."""

Order.model_rebuild(_types_namespace={"Check": Check})
Check.model_rebuild()
