"""`call`: what is known of the call itself, from the manifest or from the recording."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from qa_speech.errors import problem
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.scorecard.checks.base import Number, Operator, Part, Reason
from qa_speech.scorecard.question import Detail, Evaluator, Needs, Question, Result


class Attribute(Part, Operator):
    """What is known of the call itself: metadata of the manifest, or duration_s, hour, weekday, layout, language."""

    NAME: ClassVar[str] = "call"
    SHOWS: ClassVar[bool] = False
    REASONS: ClassVar[tuple[Reason, ...]] = (
        Reason("attribute_met", True, "attribute, value, wanted, unwanted or at_least / at_most"),
        Reason("attribute_differs", False, "as attribute_met"),
    )

    attribute: Annotated[str, Field(min_length=1, max_length=64)]
    is_: tuple[str, ...] | None = Field(None, alias="is", min_length=1, description="取值是其中之一")
    is_not: tuple[str, ...] | None = Field(None, min_length=1, description="取值不是其中任何一个")
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _one_test(self) -> Attribute:
        if self.is_ is None and self.is_not is None and not self._bounded:
            raise ValueError(problem("give is, is_not, at_least or at_most"))
        return self

    @property
    def _bounded(self) -> bool:
        return self.at_least is not None or self.at_most is not None

    def compiled(self, needs: Needs) -> Evaluator:
        """The function that decides it; needs nothing but the call."""
        base = self._detail()

        def decide(question: Question) -> Result:
            value = attribute_of(question.context.call, self.attribute)
            if value is None:
                return Result(None, "no_attribute", base)
            detail: Detail = {**base, "value": value}
            holds = self._named(str(value))
            if holds and self._bounded:
                try:
                    number = float(value)
                except ValueError:
                    return Result(None, "not_a_number", detail)
                holds = self._within(number)
            return Result(holds, "attribute_met" if holds else "attribute_differs", detail)

        return decide

    def _detail(self) -> Detail:
        detail: Detail = {"operator": "call", "attribute": self.attribute}
        if self.is_:
            detail["wanted"] = "、".join(self.is_)
        if self.is_not:
            detail["unwanted"] = "、".join(self.is_not)
        if self.at_least is not None:
            detail["at_least"] = self.at_least
        if self.at_most is not None:
            detail["at_most"] = self.at_most
        return detail

    def _named(self, value: str) -> bool:
        """Whether the value is one of those wanted, and none of those not wanted."""
        if self.is_ is not None and value not in self.is_:
            return False
        return self.is_not is None or value not in self.is_not

    def _within(self, number: float) -> bool:
        if self.at_least is not None and number < self.at_least:
            return False
        return self.at_most is None or number <= self.at_most
