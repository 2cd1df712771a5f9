"""`qa-speech scorecard new|check|lint|test|show|compare`: write, check and try a scorecard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa_speech.cli.common import friendly_errors

app = typer.Typer(no_args_is_help=True, help="评分表：新建、校验、试跑、比较 Scorecards: write, check, try, compare.")

File = Annotated[Path, typer.Argument(help="评分表文件 a scorecard file.", dir_okay=False)]


@app.command("check")
def check(file: File) -> None:
    """校验文件，一次列出全部问题 Check a file and list every problem in it.

    Example: qa-speech scorecard check scorecards/telecom-hotline.yaml
    """
    from qa_speech.scorecard import load_scorecard

    with friendly_errors():
        card = load_scorecard(file)
    typer.echo(f"{card.id} v{card.version} {card.title}: {len(card.criteria)} 项, {len(card.tests)} 个例子, ok")
