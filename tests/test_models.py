import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from typer.testing import CliRunner, Result

from qa_speech.cli import app
from qa_speech.engines import models
from qa_speech.errors import ModelError
from qa_speech.files import sha256
from qa_speech.resources import folder


@pytest.fixture(autouse=True)
def empty_hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def copy_of_demo(target: Path) -> Path:
    source = models.find_model("demo").path
    target.mkdir(parents=True)
    for item in source.iterdir():
        (target / item.name).symlink_to(item)
    return target


def test_the_shipped_model_is_what_its_manifest_says() -> None:
    entry = models.shipped()["demo"]
    path = folder("models") / entry["folder"]

    assert {name: sha256(path / name) for name in entry["files"]} == dict(entry["files"])


def test_a_folder_a_name_in_the_models_folder_and_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = copy_of_demo(tmp_path / "shelf" / "mine")

    assert models.find_model(str(made)).path == made
    assert models.find_model("mine", models_dir=tmp_path / "shelf").path == made
    monkeypatch.setenv("QA_SPEECH_MODELS", str(tmp_path / "shelf"))
    assert models.find_model("mine").path == made


def test_a_model_that_is_not_here_says_what_to_do() -> None:
    with pytest.raises(ModelError) as caught:
        models.find_model("large-v3-turbo")

    text = str(caught.value)
    assert "nothing is downloaded unasked" in text
    assert "qa-speech models pull large-v3-turbo" in text
    assert "--model none" in text


def test_an_incomplete_folder_names_what_is_missing(tmp_path: Path) -> None:
    made = copy_of_demo(tmp_path / "mine")
    (made / "tokenizer.json").unlink()

    with pytest.raises(ModelError, match=r"no tokenizer\.json"):
        models.find_model(str(made))


def test_a_model_in_the_hub_cache_is_found_without_the_network(tmp_path: Path) -> None:
    repo = tmp_path / "hub" / "models--someone--whisper-tiny-zh"
    copy_of_demo(repo / "snapshots" / "abc123")
    (repo / "refs").mkdir()
    (repo / "refs" / "main").write_text("abc123", encoding="utf-8")

    assert models.find_model("someone/whisper-tiny-zh").path.name == "abc123"


class Hub(BaseHTTPRequestHandler):
    """As much of a model hub as a download needs: HEAD and GET of ``/owner/repo/resolve/REVISION/FILE``."""

    files: ClassVar[dict[str, bytes]] = {}
    asked: ClassVar[list[str]] = []

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        type(self).asked.append(self.path)
        name = self.path.rpartition("/")[2]
        content = self.files.get(name)
        if content is None:
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("X-Repo-Commit", "a" * 40)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("X-Repo-Commit", "a" * 40)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if body:
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub() -> Iterator[str]:
    source = models.find_model("demo").path
    Hub.files = {item.name: item.read_bytes() for item in source.iterdir() if item.name != "README.md"}
    Hub.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_pull_fetches_records_hashes_and_verify_holds_it_to_them(hub: str, tmp_path: Path) -> None:
    model = models.pull("someone/whisper-x", to=tmp_path, endpoint=hub)

    assert model.path == tmp_path / "whisper-x"
    assert models.verify(model) == []
    assert models.find_model("whisper-x", models_dir=tmp_path).path == model.path
    assert "whisper-x" in [item.name for item in models.listed(models_dir=tmp_path)]
    (model.path / "model.bin").write_bytes(b"changed")
    assert models.verify(model)[0].startswith(f"{model.path / 'model.bin'}: sha256 is not")
    (model.path / "model.bin").unlink()
    assert models.verify(model) == [f"{model.path / 'model.bin'}: missing"]


def test_pull_takes_a_size_by_its_name(hub: str, tmp_path: Path) -> None:
    model = models.pull("small", to=tmp_path, endpoint=hub)

    assert model.path == tmp_path / "small"
    assert Hub.asked[0].startswith("/Systran/faster-whisper-small/resolve/main/")


def test_pull_says_what_the_hub_lacks(hub: str, tmp_path: Path) -> None:
    del Hub.files["model.bin"]

    with pytest.raises(ModelError, match="cannot be fetched from http://127"):
        models.pull("someone/whisper-x", to=tmp_path, endpoint=hub)


def test_pull_refuses_unknown_names_and_an_offline_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model of this name; sizes: tiny"):
        models.pull("enormous", to=tmp_path)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        models.pull("small", to=tmp_path)


def test_a_model_without_recorded_hashes_cannot_be_verified(tmp_path: Path) -> None:
    copy_of_demo(tmp_path / "mine")

    with pytest.raises(ModelError, match="nothing to verify against"):
        models.verify(models.find_model("mine", models_dir=tmp_path))


def test_the_shipped_model_verifies() -> None:
    assert models.verify(models.find_model("demo")) == []


def command(*args: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, args)])


def test_the_commands_fetch_a_model_and_tell_a_whole_one_from_a_changed_one(hub: str, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"

    fetched = command("pull", "someone/whisper-x", "--to", shelf, "--endpoint", hub, "--ui", "en")
    whole = command("verify", "whisper-x", "--models-dir", shelf, "--ui", "en")
    (shelf / "whisper-x" / "model.bin").write_bytes(b"changed")
    changed = command("verify", "whisper-x", "--models-dir", shelf, "--ui", "en")

    assert (fetched.exit_code, fetched.stdout) == (0, f"fetched whisper-x: {shelf / 'whisper-x'}\n")
    assert (whole.exit_code, whole.stdout) == (0, "✓ whisper-x intact\n")
    assert (changed.exit_code, changed.stdout) == (1, "✗ whisper-x\n")
    assert "model.bin: sha256 is not" in changed.stderr


def test_verifying_all_models_goes_on_after_one_that_cannot_be_verified(tmp_path: Path) -> None:
    copy_of_demo(tmp_path / "shelf" / "mine")

    every = command("verify", "--models-dir", tmp_path / "shelf", "--ui", "en")
    one = command("verify", "mine", "--models-dir", tmp_path / "shelf", "--ui", "en")

    assert (every.exit_code, one.exit_code) == (1, 2)
    assert sorted(every.stdout.splitlines()) == ["✓ demo intact", "✓ demo-ctc intact", "✗ mine"]
    assert "nothing to verify against" in every.stderr
