"""Find models: a folder, a shipped name, a name in the models folder, or one already in the Hugging Face cache.

Nothing is ever downloaded here. A model that is not there stops with the command that fetches it, the recipe to copy
it by hand, and the way to go without.
"""

from __future__ import annotations

import hashlib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from qa_speech.errors import ModelError
from qa_speech.resources import folder

WHISPER_FILES = ("config.json", "model.bin", "tokenizer.json")
VOCABULARY_FILES = ("vocabulary.json", "vocabulary.txt")
HUB_IDS = {
    **{
        size: f"Systran/faster-whisper-{size}"
        for size in ("tiny", "base", "small", "medium", "large-v1", "large-v2", "large-v3")
    },
    "large-v3-turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
    "turbo": "mobiuslabsgmbh/faster-whisper-large-v3-turbo",
}


@dataclass(frozen=True)
class Model:
    """A model on this machine. `decode` are the settings its manifest asks for; `samples_only` marks the demo model."""

    name: str
    path: Path
    decode: Mapping[str, Any] = field(default_factory=dict)
    sha256: str = ""
    samples_only: bool = False


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """The entries of the shipped `models/manifest.toml` by name."""
    manifest = folder("models") / "manifest.toml"
    entries = tomllib.loads(manifest.read_text(encoding="utf-8")).get("model", [])
    return {entry["name"]: entry for entry in entries}


def find(name: str, *, models_dir: Path | None = None) -> Model:
    """Resolve a folder, a name, or a hub id to a model on this machine.

    Order: an existing folder → shipped models → ``$QA_SPEECH_MODELS`` → `models_dir` → the Hugging Face cache.

    Raises
    ------
    ModelError
        It is not on this machine, or its folder is incomplete; the message says what to do.
    """
    if ("/" in name or "\\" in name or name.startswith(".")) and Path(name).is_dir():
        return _checked(Model(Path(name).resolve().name, Path(name)))
    if name in shipped():
        entry = shipped()[name]
        path = folder("models") / entry["folder"]
        digest = entry.get("files", {}).get("model.bin", "")
        return _checked(
            Model(name, path, entry.get("decode", {}), digest, bool(entry.get("samples_only", False)))
        )
    for place in _places(models_dir):
        if (place / name).is_dir():
            return _checked(Model(name, place / name))
    if Path(name).is_dir():
        return _checked(Model(Path(name).resolve().name, Path(name)))
    cached = _in_hub_cache(HUB_IDS.get(name, name))
    if cached is not None:
        return _checked(Model(name, cached))
    raise ModelError(name, _missing(name, models_dir))


def sha256(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _places(models_dir: Path | None) -> list[Path]:
    from_environment = os.environ.get("QA_SPEECH_MODELS")
    return [Path(place) for place in (from_environment, models_dir) if place]


def _in_hub_cache(repo: str) -> Path | None:
    if "/" not in repo:
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(repo, local_files_only=True))
    except (LocalEntryNotFoundError, HFValidationError, FileNotFoundError):
        return None


def _checked(model: Model) -> Model:
    missing = [name for name in WHISPER_FILES if not (model.path / name).is_file()]
    if not any((model.path / name).is_file() for name in VOCABULARY_FILES):
        missing.append(" or ".join(VOCABULARY_FILES))
    if missing:
        raise ModelError(
            model.name,
            f"{model.path} is not a CTranslate2 Whisper model: no {', '.join(missing)} "
            f"(expected {', '.join(WHISPER_FILES)} and {' or '.join(VOCABULARY_FILES)})",
        )
    return model


def _missing(name: str, models_dir: Path | None) -> str:
    places = _places(models_dir)
    target = (places[0] if places else Path("models")) / name.rpartition("/")[2]
    return (
        "this model is not on this machine, and nothing is downloaded unasked\n"
        f"  fetch it:       qa-speech models pull {name}\n"
        f"  or by hand:     copy {', '.join(WHISPER_FILES)}, {VOCABULARY_FILES[0]} (and preprocessor_config.json) to a\n"
        f"                  folder, e.g. {target}, and give that folder: --model {target}\n"
        "  or go without:  --model none   (measures everything but words)\n"
        f"  shipped:        {', '.join(shipped())}   (only for the bundled samples)"
    )
