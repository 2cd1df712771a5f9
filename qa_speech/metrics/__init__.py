"""The table of metrics: one visible line each, and the two ways to use it.

A metric is a plain function ``f(call, *, param=…) -> Measurement``; it reads nothing but the call. Its line in the
table says what the function cannot: its name, unit, what it needs, and the fixed names of its components, so that a
scorecard can say ``silence.longest_s`` and be checked before any call is scored.

Third parties publish a `Metric` under the entry point group ``qa_speech.metrics``; built-ins come first and cannot
be replaced.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from qa_speech.call import Call, Measurement, Role
from qa_speech.errors import PluginError
from qa_speech.metrics import answer_depth, overlap, politeness, recording, response, silence, speech_rate, talk, voice

NEEDS = ("speech", "words", "times", "acoustics", "annotations")


@dataclass(frozen=True)
class Metric:
    """One line of the table. `components` are the names of `Measurement.components`, always all of them."""

    name: str
    function: Callable[..., Measurement]
    unit: str
    needs: tuple[str, ...]
    components: tuple[str, ...]

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


@cache
def _options(function: Callable[..., Measurement]) -> Mapping[str, inspect.Parameter]:
    """Kept per function: a signature takes longer than most metrics."""
    parameters = inspect.signature(function).parameters
    return {name: item for name, item in parameters.items() if item.kind is item.KEYWORD_ONLY}


BUILTIN: tuple[Metric, ...] = (
    Metric("talk", talk.talk, "s", ("speech",), talk.TALK),
    Metric("turns", talk.turns, "count", ("speech",), talk.TURNS),
    Metric("silence", silence.silence, "count", ("speech", "times"), silence.SILENCE),
    Metric("overlap", overlap.overlap, "s", ("speech", "times"), overlap.OVERLAP),
    Metric("interruption", overlap.interruption, "count", ("speech", "times"), overlap.INTERRUPTION),
    Metric("response", response.response, "s", ("speech", "times"), response.RESPONSE),
    Metric("hold", response.hold, "count", ("speech", "times"), response.HOLD),
    Metric("speech_rate", speech_rate.speech_rate, "字/分", ("words", "times"), speech_rate.RATE),
    Metric("voice", voice.voice, "dBFS", ("acoustics",), voice.VOICE),
    Metric("recording", recording.recording, "count", (), recording.RECORDING),
    Metric("politeness", politeness.politeness, "points", ("words", "annotations"), politeness.POLITENESS),
    Metric("violations", politeness.violations, "count", ("words",), politeness.VIOLATIONS),
    Metric("depth", answer_depth.depth, "points", ("words",), answer_depth.DEPTH),
)


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics by name: the built-in table, then those of installed packages.

    Raises
    ------
    PluginError
        A package's metric does not load, is not a `Metric`, or takes a name that is taken; it names the package.
    """
    table = {item.name: item for item in BUILTIN}
    for entry in entry_points(group="qa_speech.metrics"):
        owner = entry.dist.name if entry.dist else entry.value
        try:
            item = entry.load()
        except Exception as exc:
            raise PluginError(entry.name, f"the metric of package {owner} does not load: {exc!r}") from exc
        if not isinstance(item, Metric):
            raise PluginError(entry.name, f"package {owner} publishes a {type(item).__name__}, expected a Metric")
        if item.name in table:
            raise PluginError(item.name, f"package {owner} publishes a metric of this name, but it is taken")
        table[item.name] = item
    return table


def measure(call: Call, name: str, **params: Any) -> Measurement:
    """Measure one call with one metric.

    Raises
    ------
    PluginError
        No metric has this name; the message lists those there are.
    """
    table = metrics()
    if name not in table:
        raise PluginError(name, f"no metric of this name; there are: {', '.join(table)}")
    return table[name].function(call, **params)


def measure_all(call: Call) -> dict[str, Measurement]:
    """Every metric with its default parameters: ``silence``, and per role ``talk:agent``, ``talk:customer`` …"""
    found: dict[str, Measurement] = {}
    for item in metrics().values():
        if item.per_role:
            for role in (Role.AGENT, Role.CUSTOMER):
                found[f"{item.name}:{role}"] = item.function(call, role=role)
        else:
            found[item.name] = item.function(call)
    return found
