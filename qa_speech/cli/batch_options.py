"""The options that the commands of `qa-speech batch` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="Folders, globs, recordings, manifests; none = go on with the run.",
        show_default=False,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder of the run.")]
RunArgument = Annotated[Path, typer.Argument(help="Folder of the run.", show_default=False)]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="A model folder or name; none = no words.", show_default=False),
]
ScorecardOption = Annotated[
    str | None,
    typer.Option(
        "--scorecard", "-s", help="For calls that no rule of the settings fits: a file, a name or none.",
        show_default=False,
    ),
]  # fmt: skip
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings file, e.g. qa_speech.toml.", show_default=False)
]
WorkersOption = Annotated[
    str | None,
    typer.Option("--workers", help="Processes that prepare calls: a number, or auto = measured; 0 = this process."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="Take no further call after this time, e.g. 07:30.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One event per line on stdout.")]
PatternOption = Annotated[
    str | None,
    typer.Option(
        "--name-pattern",
        help="What names tell, e.g. {started_at}_{agent}_{queue}.wav.",
        show_default=False,
    ),
]
TranscriptsOption = Annotated[
    Path | None, typer.Option("--transcripts", help="Transcripts with the same stem.", show_default=False)
]
WindowOption = Annotated[
    Literal["full", "tight"] | None,
    typer.Option(
        "--window",
        help="Windows: full fills them up to 30 s, slower; tight only to 12 s; default: the model's.",
        show_default=False,
    ),
]
AgentChannelOption = Annotated[
    int | None,
    typer.Option("--agent-channel", min=1, max=2, help="The agent's channel.", show_default=False),
]
ChangeOption = Annotated[
    bool,
    typer.Option(
        "--change", help="Go on though it differs; what depends on it is done again."
    ),
]  # fmt: skip
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="Where it is done: local, processes of this machine; ray, a Ray cluster."),
]
AddressOption = Annotated[
    str,
    typer.Option(
        "--address",
        help="Host:port of the Ray cluster, or auto; without it one is started on this machine alone.",
        show_default=False,
    ),
]
BucketOption = Annotated[
    str | None,
    typer.Option(
        "--bucket",
        help="Results lie in s3://bucket/prefix; the folder is a mirror.",
        show_default=False,
    ),
]
PagesOption = Annotated[
    str | None,
    typer.Option(
        "--pages",
        help="Calls that get a page at the end: worst:20, pending, pending:500, also joined by a comma, all, none.",
        show_default=False,
    ),
]
PagesMaskOption = Annotated[
    bool,
    typer.Option(
        "--mask/--no-mask",
        help="Mask customers' data in pages and their sound; pages that are not masked lie in report-unmasked/.",
    ),
]
