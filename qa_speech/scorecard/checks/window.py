"""Who, where and how often: the keys that most operators share."""

from __future__ import annotations

from typing import NamedTuple

from pydantic import Field, model_validator

from qa_speech.call import Role
from qa_speech.errors import problem
from qa_speech.scorecard.checks.base import ANYONE, Count, Part, RoleName, Seconds
from qa_speech.scorecard.context import Reach
from qa_speech.scorecard.question import Detail, Evaluator, Question, Result


class Window(Part):
    """Who and where: without any of these the whole call, both parties."""

    role: RoleName | None = Field(
        None,
        description="谁说的 agent 坐席 / customer 客户 / anyone_if_unknown 坐席，分不出角色时不论谁说的（待复核）；不写则双方",
    )
    first_s: Seconds | None = Field(None, gt=0, description="只看开头多少秒（从首次有人说话起算）")
    last_s: Seconds | None = Field(None, gt=0, description="只看结尾多少秒（到最后有人说话为止）")
    between_s: tuple[Seconds, Seconds] | None = Field(None, description="只看从第几秒到第几秒（从首次有人说话起算）")
    first_turns: Count | None = Field(
        None, gt=0, description="只看开头多少个轮次；与 first_s 同写时，有时间的按秒，没有时间的文字按轮次"
    )
    last_turns: Count | None = Field(
        None, gt=0, description="只看最后多少个轮次；与 last_s 同写时，有时间的按秒，没有时间的文字按轮次"
    )
    turns: tuple[int, int] | None = Field(None, description="只看第几到第几个轮次，从 1 数起，-1 是最后一个")

    @model_validator(mode="after")
    def _one_window(self) -> Window:
        if [self.first_s, self.last_s, self.between_s].count(None) < 2:
            raise ValueError(problem("give only one of first_s, last_s, between_s"))
        if self.first_turns is not None or self.last_turns is not None:
            self._check_ends()
        if self.between_s is not None and self.between_s[0] >= self.between_s[1]:
            raise ValueError(problem("between_s needs two seconds, the smaller first"))
        if self.turns is not None:
            first, last = self.turns
            from_the_same_end = (first > 0) == (last > 0)
            if 0 in self.turns or (from_the_same_end and first > last):
                raise ValueError(
                    problem("turns needs two turn numbers, the earlier first; 1 is the first turn, -1 the last")
                )
        return self

    def _check_ends(self) -> None:
        """first_turns stands alone or beside first_s, last_turns alone or beside last_s."""
        others: list[object] = [self.between_s, self.turns]
        others += [self.last_s, self.last_turns] if self.first_turns is not None else [self.first_s]
        if others.count(None) < len(others):
            raise ValueError(problem("first_turns goes with first_s alone, last_turns with last_s alone"))

    def where(self, *, timed: bool) -> Window:
        """The window as it is looked for: by seconds in what has times, by turns in what has none.

        >>> window = Window(first_s=15, first_turns=2)
        >>> window.where(timed=True).turns, window.where(timed=False).turns
        (None, (1, 2))
        """
        if self.first_turns is None and self.last_turns is None:
            return self
        update: dict[str, object] = {"first_turns": None, "last_turns": None}
        if not (timed and self.timed):
            update |= {"first_s": None, "last_s": None}
            update["turns"] = (1, self.first_turns) if self.first_turns else (-(self.last_turns or 0), -1)
        return self.model_copy(update=update)

    @property
    def speaker(self) -> Role | None:
        """Whose words are looked at; None = everybody's."""
        if self.role == ANYONE:
            return Role.AGENT
        return None if self.role is None else Role(self.role)

    @property
    def timed(self) -> bool:
        """Whether it goes by seconds."""
        return self.first_s is not None or self.last_s is not None or self.between_s is not None

    @property
    def place(self) -> tuple[object, ...]:
        """Where it looks, whoever speaks: two windows with the same place look at the same part of a call."""
        return self.first_s, self.last_s, self.between_s, self.first_turns, self.last_turns, self.turns

    def detail(self) -> Detail:
        """The window, in the detail of a result."""
        said: Detail = {}
        if self.first_s is not None:
            said = {"window": "first_s", "window_s": self.first_s}
        elif self.last_s is not None:
            said = {"window": "last_s", "window_s": self.last_s}
        elif self.between_s is not None:
            said = {"window": "between_s", "window_from_s": self.between_s[0], "window_to_s": self.between_s[1]}
        if self.turns is not None:
            said |= {"first_turn": self.turns[0], "last_turn": self.turns[1]}
        return said

    def inside(self, question: Question) -> Reach:
        """The part of a question's reach that lies in the window."""
        begin, finish = question.context.extent
        start, end, first, last = question.reach
        if self.first_s is not None:
            end = min(end, begin + self.first_s)
        elif self.last_s is not None:
            start = max(start, finish - self.last_s)
        elif self.between_s is not None:
            opens, closes = self.between_s
            start = max(start, begin + opens)
            end = min(end, begin + closes)
        if self.turns is not None:
            opening, closing = self.turns
            count = max(question.context.turn_of, default=-1) + 1
            first = max(first, _turn(opening, count))
            last = min(last, _turn(closing, count))
        return Reach(start, end, first, last)


def _turn(number: int, count: int) -> int:
    """The index, among a count of turns, of one that a card counts from 1, or from -1 at the end."""
    return number - 1 if number > 0 else count + number


def windowed(window: Window, inner: Evaluator) -> Evaluator:
    """An evaluator that looks only inside a window, and says the window in its detail."""
    by_clock = _Look(window.where(timed=True))
    by_count = _Look(window.where(timed=False))
    if not by_clock.said:
        return inner

    def decide(question: Question) -> Result:
        times = question.context.call.times
        look = by_count if times == "nominal" else by_clock
        if look.window.timed and times == "nominal":
            return Result(None, "no_times", look.said)
        found = inner(question.within(look.window.inside(question))).telling(look.said)
        if times == "transcript" and found.holds is not None and look.window.turns is None:
            return found._replace(review=(*found.review, "transcript_times"))
        return found

    return decide


class _Look:
    """A window as it is looked for, and how it is told."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.said = window.detail()


class Bounds(NamedTuple):
    """How often something has to happen: from `low` to `high` times, None = however often."""

    low: int
    high: int | None

    def detail(self) -> Detail:
        """The bounds, in the detail of a result."""
        said: Detail = {}
        if self.low:
            said["at_least"] = self.low
        if self.high is not None:
            said["at_most"] = self.high
        return said


class Counted(Window):
    """A window and how often something has to happen in it."""

    at_least: Count | None = Field(None, description="至少出现几次")
    at_most: Count | None = Field(None, description="最多出现几次")

    @model_validator(mode="after")
    def _range(self) -> Counted:
        low, high = self.at_least, self.at_most
        if low is not None and high is not None and low > high:
            raise ValueError(problem("at_least {low} is more than at_most {high}", low=low, high=high))
        return self

    @property
    def unbounded(self) -> bool:
        """Whether neither at_least nor at_most is given."""
        return self.at_least is None and self.at_most is None

    def bounds(self, low: int, high: int | None) -> Bounds:
        """The range, as a count of things found, that holds: as given, else the default of the operator."""
        if self.unbounded:
            return Bounds(low, high)
        return Bounds(self.at_least or 0, self.at_most)

    def allows_anything(self) -> bool | None:
        """True where at_least: 0 alone is given, so that every count holds; else None."""
        return True if self.at_least == 0 and self.at_most is None else None
