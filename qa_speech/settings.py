"""How to run: `qa_speech.toml`, strict. What good service means stands in the scorecard, never here.

Option > file > the model's own settings > default. Unknown keys are refused and all problems are listed at once.

    model = "demo"              # a folder, a name, or "none"
    agent_channel = 1

    [recognition]
    language = "zh"
    device = "auto"             # auto, cpu, cuda

    [speech]
    threshold = 0.5
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa_speech.errors import ConfigError

FILE_NAME = "qa_speech.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recognition(_Strict):
    """Options of the recogniser; None = what the model's manifest says, else the default named here."""

    language: str = "zh"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    compute_type: str = "auto"
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 = all")
    batch_size: int = Field(default=8, ge=1, le=256)
    beam_size: int | None = Field(default=None, ge=1, le=20, description="default 5")
    window_s: float | None = Field(default=None, gt=1, le=30, description="longest window in seconds; default 30")
    no_repeat_ngram_size: int | None = Field(default=None, ge=0, description="default 0 = off")
    hotwords: str = ""
    initial_prompt: str = ""
    simplify: bool = Field(default=True, description="traditional to simplified characters, for Chinese")


class Speech(_Strict):
    """Speech activity and utterances; recorded in every Call (`made_with`)."""

    threshold: float = Field(default=0.5, gt=0, lt=1)
    bridge_s: float = Field(default=0.2, ge=0, le=2)
    min_speech_s: float = Field(default=0.1, ge=0, le=2)
    pad_s: float = Field(default=0.3, ge=0, le=2, description="padding of the recogniser's view")
    utterance_pause_s: float = Field(default=0.8, gt=0, le=10)
    pitch: bool = Field(default=True, description="measure pitch; off saves a third of the analysis time")


class Settings(_Strict):
    """Everything `qa_speech.toml` may hold."""

    model: str | None = Field(default=None, description="folder, name, hub id, or none")
    models_dir: Path | None = None
    agent_channel: Literal[1, 2] | None = Field(default=None, description="1 unless given")
    scorecard: Path | None = None
    recognition: Recognition = Recognition()
    speech: Speech = Speech()


def load_settings(path: str | Path | None = None) -> Settings:
    """Read settings from a TOML file; None = defaults.

    Raises
    ------
    ConfigError
        The file is missing, not TOML, or has unknown keys or wrong values: all problems at once.
    """
    if path is None:
        return Settings()
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(str(path), [f"not TOML: {exc}"]) from exc
    try:
        return Settings.model_validate(table)
    except ValidationError as exc:
        problems = [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in exc.errors()]
        raise ConfigError(str(path), problems) from exc
