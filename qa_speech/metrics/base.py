"""What a metric declares beside its function: a line of the table, and each component once, with its unit and names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from qa_speech.scores import Measurement


class Name(NamedTuple):
    """What something is called, in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Component:
    """One component of a metric: what it is called, in which unit it counts, and how it is rounded for a reader.

    `unit` is a code as in ``Measurement.unit``: s, ms, dB, dBFS, Hz, st (semitones), %, count, per min, points, 字, 字/分 …; ""
    for a plain number, which is a ratio, a rank, or yes and no as 1 and 0. `digits` are the decimals shown; None for what a
    person reads without thinking: one decimal below 100, none above. `counted` is the Chinese measure word of a count (句, 个),
    次 where there is none. `alone` is its name where its metric is not named
    beside it (最长静音 for 最长). `placed` tells whether the evidence of its metric shows where it happened.

    >>> longest = Component("longest_s", "s", "最长", "longest", alone=Name("最长静音", "longest silence"))
    >>> longest.unit, longest.zh, longest.alone.zh
    ('s', '最长', '最长静音')
    """

    name: str
    unit: str = ""
    zh: str = ""
    en: str = ""
    digits: int | None = None
    counted: str = ""
    alone: Name | None = None
    placed: bool = True


@dataclass(frozen=True)
class Metric:
    """One line of the table. `components` are those of `Measurement.components`, always all of them.

    `zh` and `en` name the metric, `alone` its value in a sentence. `highlights` are the components shown first. A
    component that is a plain string is shown by that string and has no unit; a metric without names by its own.

    >>> def laughter(call): ...
    >>> parts = (Component("total_s", "s", "合计", "total"), "peak")
    >>> line = Metric("laughter", laughter, "count", ("words",), parts, "笑声", "laughs")
    >>> line.names, line.unit_of("value"), line.unit_of("total_s"), line.unit_of("peak")
    (('total_s', 'peak'), 'count', 's', '')
    >>> line.component("value").zh, line.component("total_s").zh, line.component("peak").zh
    ('笑声', '合计', 'peak')
    """

    name: str
    function: Callable[..., Measurement]
    unit: str
    needs: tuple[str, ...]
    components: tuple[Component | str, ...]
    zh: str = ""
    en: str = ""
    alone: Name | None = None
    highlights: tuple[str, ...] = ()

    @property
    def params(self) -> Mapping[str, inspect.Parameter]:
        """Its keyword-only parameters, `role` among them for per-role metrics."""
        return _options(self.function)

    @property
    def per_role(self) -> bool:
        """Whether it is measured for one role at a time."""
        return "role" in self.params

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (inspect.getdoc(self.function) or "").partition("\n")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its components, in order: the keys of `Measurement.components`."""
        return names_of(self.components)

    def component(self, part: str) -> Component:
        """A component by name; ``value`` is the metric's own figure.

        Raises
        ------
        KeyError
            No component has this name.
        """
        if part == "value":
            return Component("value", self.unit, self.zh or self.name, self.en or self.name, alone=self.alone)
        for one in self.components:
            if isinstance(one, str):
                if one == part:
                    return Component(one, "", one, one)
            elif one.name == part:
                return one
        raise KeyError(part)

    def unit_of(self, part: str) -> str:
        """The unit of a component; ``value`` has the metric's own. KeyError where there is no such component."""
        return self.component(part).unit


@cache
def _options(function: Callable[..., Measurement]) -> Mapping[str, inspect.Parameter]:
    """Kept per function: a signature takes longer than most metrics."""
    parameters = inspect.signature(function).parameters
    return {name: parameter for name, parameter in parameters.items() if parameter.kind is parameter.KEYWORD_ONLY}


def names_of(components: Iterable[Component | str]) -> tuple[str, ...]:
    """The names of components, in order.

    >>> names_of((Component("count", "count"), "peak"))
    ('count', 'peak')
    """
    return tuple([one if isinstance(one, str) else one.name for one in components])


# what many metrics count in the same way
COUNT = Component("count", "count", "次数", "count")
TOTAL_S = Component("total_s", "s", "合计", "total")
SHARE = Component("share", "%", "占通话", "share of call")
CALL_S = Component("call_s", "s", "通话时长", "call length")
ACTIVE_S = Component("active_s", "s", "有人说话", "somebody speaks")
PER_MIN = Component("per_min", "per min", "每分钟", "per minute")
MIN_S = Component("min_s", "s", "最短", "shortest")
MEAN_S = Component("mean_s", "s", "平均", "mean")
P50_S = Component("p50_s", "s", "中位数", "median")
P90_S = Component("p90_s", "s", "90% 不超过", "90th percentile")
LONGEST_S = Component("longest_s", "s", "最长", "longest")
