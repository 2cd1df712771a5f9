"""`qa-speech metrics list|show`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import UiOption, friendly_errors, ui
from qa_speech.wording.lang import Lang, pick

if TYPE_CHECKING:
    from qa_speech.metrics import Component, Metric

app = typer.Typer(help="Metrics: names, units, parameters, definitions.", no_args_is_help=True)
MOST_SHOWN = 4
"""Entries of a list of phrases that are shown."""


@app.command("list")
def list_metrics(ui_language: UiOption = None) -> None:
    """List the metrics with unit, what they need, and one line each.

    Example: qa-speech metrics list
    """
    from qa_speech.metrics import metrics
    from qa_speech.wording.translate import metric_text

    with friendly_errors(ui_language):
        lang = ui(ui_language)
        for line in metrics().values():
            name = line.name
            if line.per_role:
                name = pick(lang, f"{name}（按角色）", f"{name} (role)")
            told = metric_text(line.name, lang) or line.summary
            typer.echo("\t".join((name, _unit(line.unit, lang), _needs(line, lang), told)))


@app.command("show")
def show_metric(name: Annotated[str, typer.Argument(help="Name, e.g. silence.")], ui_language: UiOption = None) -> None:
    """Show the definition, parameters and components of one metric.

    Example: qa-speech metrics show silence
    """
    from qa_speech.metrics import named

    with friendly_errors(ui_language):
        for text in _told(named(name), ui(ui_language)):
            typer.echo(text)


def _told(line: Metric, lang: Lang) -> Iterator[str]:
    """All that is known of a metric, line by line."""
    from qa_speech.wording.translate import metric_text

    needs = pick(lang, "需要：", "needs: ") + _needs(line, lang)
    yield f"{line.name}  {_bracket(line.unit, lang)}  {_name(line.component('value'), lang)}  {needs}\n"
    definition = metric_text(f"{line.name}:definition", lang)
    if definition:
        yield f"{metric_text(line.name, lang)}\n{definition}"
    else:
        yield inspect.getdoc(line.function) or ""
    yield pick(lang, "\n参数：", "\nParameters:")
    for param in line.params.values():
        meaning = metric_text(f"{line.name}({param.name})", lang)
        yield f"  {param.name} = {_default(param.default, lang)}  {meaning}".rstrip()
    yield pick(lang, "\n细项：", "\nComponents:")
    for part in line.names:
        component = line.component(part)
        yield f"  {line.name + '.' + part:<40} {_bracket(component.unit, lang):<14} {_name(component, lang)}"


def _needs(line: Metric, lang: Lang) -> str:
    from qa_speech.wording.translate import metric_text

    told = [metric_text(f"needs:{need}", lang) or need for need in line.needs]
    return pick(lang, "、", ",").join(told)


def _name(component: Component, lang: Lang) -> str:
    return pick(lang, component.zh, component.en)


def _unit(unit: str, lang: Lang) -> str:
    from qa_speech.wording.lang import pick
    from qa_speech.wording.units import UNITS

    return pick(lang, UNITS[unit][0], unit) if unit in UNITS else unit


def _bracket(unit: str, lang: Lang) -> str:
    return f"[{_unit(unit, lang)}]".replace("[]", "")


def _default(value: object, lang: Lang) -> str:
    """A default; of a long list of phrases the first, and how many there are."""
    if value is inspect.Parameter.empty:
        return pick(lang, "必填", "required")
    if isinstance(value, tuple) and len(value) > MOST_SHOWN:
        first = "、".join(map(str, value[:MOST_SHOWN]))
        return pick(lang, f"{first} 等 {len(value)} 个", f"{first} … ({len(value)})")
    if value is None or value == ():
        return pick(lang, "无", "none")
    return str(value)
