"""What a run remembers between its sessions: settings, scorecard, layout, and which model it has used."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pydantic import ValidationError

from qa_speech.batch.jobs import Layout
from qa_speech.engines.models import find_model
from qa_speech.engines.registry import recognizers
from qa_speech.errors import ConfigError, problem
from qa_speech.files import write_bytes
from qa_speech.settings import Settings
from qa_speech.store.folder import STATE


class ModelFile(NamedTuple):
    """The file of a model as it was when its hash was taken: size in bytes, time in ns."""

    path: str
    bytes: int
    mtime_ns: int


class State(msgspec.Struct, frozen=True):
    """What a run remembers of its last session, so that it can go on without being told again.

    `cards`: hashes of the scorecards that were named, by name; `code_sha256`: of the code that outcomes depend on; `again`: the
    code for which everything was asked to be done again, "" = never.
    """

    settings: dict[str, Any] = {}
    scorecard: str = ""
    model_file: ModelFile | None = None
    model_sha256: str = ""
    layout: dict[str, Any] = {}
    layout_for: str = ""
    transcripts: str = ""
    raw: str = ""
    cards: dict[str, str] = {}
    code_sha256: str = ""
    again: str = ""


class ModelHash(NamedTuple):
    """The sha256 of a model, and the file it is of."""

    sha256: str
    file: ModelFile | None


def read_state(run: Path) -> State:
    """The state of a run; an empty one before its first session.

    Raises
    ------
    ConfigError
        The file is damaged.
    """
    path = run / STATE
    if not path.is_file():
        return State()
    try:
        state = msgspec.json.decode(path.read_bytes(), type=State)
        if state.settings:
            Settings.model_validate(state.settings)
        if state.layout:
            msgspec.convert(state.layout, Layout)
    except (msgspec.DecodeError, ValidationError, UnicodeDecodeError, RecursionError, OSError) as exc:
        told = str(exc).partition("\n")[0]
        raise ConfigError(
            str(path), [problem("damaged: {told}; remove it and give the options of the run again", told=told)]
        ) from exc
    return state


def write_state(run: Path, state: State) -> None:
    """Keep the state, whole or not at all."""
    write_bytes(run / STATE, msgspec.json.format(msgspec.json.encode(state), indent=2) + b"\n")


def model_hash(model: str, settings: Settings, state: State) -> ModelHash:
    """The hash of a model; a file seen before is not read again.

    Raises
    ------
    ModelError
        It is not on this machine.
    """
    engine, colon, place = model.partition(":")
    if colon and engine in recognizers():
        return ModelHash(_plugin_hash(model, Path(place)), ModelFile(model, 0, 0))
    found = find_model(model, models_dir=settings.models_dir)
    stat = os.stat(found.weights)
    file = ModelFile(str(found.weights), stat.st_size, stat.st_mtime_ns)
    if state.model_sha256 and state.model_file == file:
        return ModelHash(state.model_sha256, file)
    return ModelHash(found.sha256, file)


def _plugin_hash(model: str, place: Path) -> str:
    """What tells the model of an installed package's engine from others: its name, and size and time of its files."""
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    stamps = []
    for path in files:
        stat = path.stat()
        stamps.append((str(path), stat.st_size, stat.st_mtime_ns))
    return hashlib.sha256(msgspec.json.encode([model, stamps])).hexdigest()
