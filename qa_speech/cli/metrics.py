"""`qa-speech metrics list|show`."""

from __future__ import annotations

import inspect
from typing import Annotated

import typer

from qa_speech.cli.common import friendly_errors

app = typer.Typer(
    help="指标：名称、单位、参数、定义。 Metrics: names, units, parameters, definitions.",
    no_args_is_help=True,
)


@app.command("list")
def list_metrics() -> None:
    """List the metrics with unit, what they need, and one line each.

    Example: qa-speech metrics list
    """
    from qa_speech.metrics import metrics

    with friendly_errors():
        for line in metrics().values():
            name = f"{line.name} (role)" if line.per_role else line.name
            typer.echo("\t".join((name, line.unit, ",".join(line.needs), line.summary)))


@app.command("show")
def show_metric(name: Annotated[str, typer.Argument(help="名称 name, e.g. silence")]) -> None:
    """Show the definition, parameters and components of one metric.

    Example: qa-speech metrics show silence
    """
    from qa_speech.errors import PluginError
    from qa_speech.metrics import metrics

    with friendly_errors():
        table = metrics()
        if name not in table:
            raise PluginError(name, f"no metric of this name; there are: {', '.join(table)}")
        line = table[name]
        value = line.component("value")
        typer.echo(f"{line.name}  [{line.unit}]  {value.zh} · {value.en}  needs: {', '.join(line.needs)}\n")
        typer.echo(inspect.getdoc(line.function) or "")
        typer.echo("\nParameters:")
        for param in line.params.values():
            typer.echo(f"  {param.name} = {param.default}")
        typer.echo("\nComponents:")
        for part in line.names:
            component = line.component(part)
            unit = f"[{component.unit}]".replace("[]", "")
            named = f"{line.name}.{part}"
            typer.echo(f"  {named:<40} {unit:<14} {component.zh} · {component.en}")
