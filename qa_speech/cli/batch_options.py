"""The options that the commands of `qa-speech batch` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

PathsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        help="目录、通配符、录音或清单 CSV/JSONL folders, globs, recordings, manifests; none = go on with the run.",
        show_default=False,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="批次目录 folder of the run.")]
RunArgument = Annotated[Path, typer.Argument(help="批次目录 folder of the run.", show_default=False)]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="识别模型 a model folder or name; none = no words.", show_default=False),
]
ScorecardOption = Annotated[
    str | None,
    typer.Option(
        "--scorecard", "-s", help="评分表 for calls that no rule of the settings fits: a file, a name or none.",
        show_default=False,
    ),
]  # fmt: skip
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="运行设置 settings file, e.g. qa_speech.toml.", show_default=False)
]
WorkersOption = Annotated[
    str | None,
    typer.Option(
        "--workers", help="准备进程数 processes that prepare calls: a number, or auto = measured; 0 = this process."
    ),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", help="到点不再接新的，如 07:30 take no further call after this time.", show_default=False),
]
JsonOption = Annotated[bool, typer.Option("--json", help="每个事件一行 JSON one event per line on stdout.")]
PatternOption = Annotated[
    str | None,
    typer.Option(
        "--name-pattern",
        help="文件名里的信息 what names tell, e.g. {started_at}_{agent}_{queue}.wav",
        show_default=False,
    ),
]
TranscriptsOption = Annotated[
    Path | None, typer.Option("--transcripts", help="同名转写目录 transcripts with the same stem.", show_default=False)
]
WindowOption = Annotated[
    Literal["full", "tight"] | None,
    typer.Option(
        "--window",
        help="full：窗补到 30 秒，更慢 fill windows up to 30 s, slower; tight: only to 12 s; default: the model's.",
        show_default=False,
    ),
]
AgentChannelOption = Annotated[
    int | None,
    typer.Option("--agent-channel", min=1, max=2, help="坐席所在声道 the agent's channel.", show_default=False),
]
ChangeOption = Annotated[
    bool,
    typer.Option(
        "--change", help="模型、评分表、设置或程序变了，相关的重做 go on though it differs; what depends on it is done again."
    ),
]  # fmt: skip
EngineOption = Annotated[
    Literal["local", "ray"],
    typer.Option("--engine", help="local：本机进程 processes of this machine; ray：Ray 集群 a Ray cluster."),
]
AddressOption = Annotated[
    str,
    typer.Option(
        "--address",
        help="Ray 集群地址 host:port of the cluster, or auto; without it one is started on this machine alone.",
        show_default=False,
    ),
]
BucketOption = Annotated[
    str | None,
    typer.Option(
        "--bucket",
        help="结果存到 S3 兼容存储 results lie in s3://bucket/prefix; the folder is a mirror.",
        show_default=False,
    ),
]
