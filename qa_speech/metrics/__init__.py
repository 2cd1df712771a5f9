"""The table of metrics: one visible line per subject, and the two ways to use it.

A metric is a plain function ``f(call, *, param=…) -> Measurement``; it reads nothing but the call. What the function
cannot say stands beside it in its file, in `METRICS`: name, unit, what it needs, and each component with unit and
names, so that a scorecard can say ``silence.longest_s`` and be checked before any call is scored.

A new metric is a file with its function and its `METRICS`, and a line below.

Third parties publish a `Metric` under the entry point group ``qa_speech.metrics``; built-ins come first and cannot
be replaced.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from qa_speech.call import Call, Role
from qa_speech.errors import PluginError, problem, with_hint
from qa_speech.metrics import (
    answer_depth,
    overlap,
    politeness,
    recording,
    resolution,
    response,
    silence,
    speech_rate,
    talk,
    voice,
)
from qa_speech.metrics.base import Component, Metric, Name
from qa_speech.metrics.common import nobody_known
from qa_speech.metrics.kept import kept_measurements
from qa_speech.scores import Measurement

BUILTIN: tuple[Metric, ...] = (
    *talk.METRICS,
    *silence.METRICS,
    *overlap.METRICS,
    *response.METRICS,
    *speech_rate.METRICS,
    *voice.METRICS,
    *recording.METRICS,
    *politeness.METRICS,
    *answer_depth.METRICS,
    *resolution.METRICS,
)


@cache
def metrics() -> Mapping[str, Metric]:
    """All metrics by name: the built-in table, then those of installed packages.

    >>> metrics()["silence"].unit, metrics()["silence"].unit_of("longest_s"), metrics()["silence"].component("longest_s").zh
    ('count', 's', '最长')

    Raises
    ------
    PluginError
        A package's metric does not load, is not a `Metric`, or takes a name that is taken; it names the package.
    """
    table = {line.name: line for line in BUILTIN}
    for entry in entry_points(group="qa_speech.metrics"):
        owner = entry.dist.name if entry.dist else entry.value
        try:
            line = entry.load()
        except Exception as exc:
            raise PluginError(
                entry.name, problem("the metric of package {owner} does not load: {reason!r}", owner=owner, reason=exc)
            ) from exc
        if not isinstance(line, Metric):
            raise PluginError(
                entry.name,
                problem("package {owner} publishes a {kind}, expected a Metric", owner=owner, kind=type(line).__name__),
            )
        if line.name in table:
            raise PluginError(
                line.name, problem("package {owner} publishes a metric of this name, but it is taken", owner=owner)
            )
        table[line.name] = line
    return table


def measure(call: Call, name: str, **params: Any) -> Measurement:
    """Measure one call with one metric.

    >>> from qa_speech.testing import make_call
    >>> found = measure(make_call(agent=[(0, 2), (9, 12)]), "silence", min_silence_s=5.0)
    >>> found.value, found.components["longest_s"]
    (1, 7.0)

    Raises
    ------
    PluginError
        No metric has this name; the message lists those there are.
    """
    return named(name).function(call, **params)


def named(name: str) -> Metric:
    """The metric of this name.

    >>> named("silence").component("longest_s").zh
    '最长'

    Raises
    ------
    PluginError
        No metric has this name; the message lists those there are.
    """
    table = metrics()
    if name not in table:
        what = problem("no metric of this name; there are: {known}", known=", ".join(table))
        raise PluginError(name, with_hint(what, name, table))
    return table[name]


def measure_all(call: Call) -> dict[str, Measurement]:
    """Every metric with its default parameters: ``silence``, and per role ``talk:agent``, ``talk:customer`` …

    Where nothing tells who speaks, what goes by role is measured of all who speak as well: ``speech_rate:unknown``. What is kept
    with the call and true is not measured again.

    >>> from qa_speech.testing import make_call
    >>> found = measure_all(make_call(agent=[(0, 6)], customer=[(7, 9)]))
    >>> found["talk:agent"].value, found["talk:customer"].value, found["violations"].reason
    (6.0, 2.0, 'no_words')
    >>> found = measure_all(make_call("unknown@0-2: 您好请问有什么"))
    >>> found["speech_rate:unknown"].value, found["speech_rate:agent"].reason
    (210.0, 'mono')
    """
    known = kept_measurements(call)
    roles = [Role.AGENT, Role.CUSTOMER]
    if nobody_known(call):
        roles.append(Role.UNKNOWN)
    found: dict[str, Measurement] = {}
    for line in metrics().values():
        if line.per_role:
            for role in roles:
                key = f"{line.name}:{role}"
                found[key] = known[key] if key in known else line.function(call, role=role)
        else:
            found[line.name] = known[line.name] if line.name in known else line.function(call)
    return found


__all__ = ["BUILTIN", "Component", "Metric", "Name", "measure", "measure_all", "metrics"]
