"""Nothing that is read from disk or network can run code, and a model is the one whose hash was recorded."""

from __future__ import annotations

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from qa_speech.conduct.classifier import load_text_models
from qa_speech.engines import silero
from qa_speech.engines.models import find_model, verified
from qa_speech.engines.registry import load_recognizer
from qa_speech.errors import ModelError

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "qa_speech").rglob("*.py"))
OWN_PROCESSES = {
    "testing.py", "batch/worker.py", "batch/ray.py", "batch/recogniser.py", "batch/child.py", "batch/process.py",
    "batch/messages.py", "batch/jobs.py", "batch/trial.py",
}  # fmt: skip
"""Where pickle passes between processes that this program has started itself."""
PICKLES = {"pickle", "dill", "joblib", "shelve", "marshal", "cloudpickle"}
NATIVE = {
    "av", "ctranslate2", "duckdb", "google-re2", "numpy", "onnxruntime", "opencc", "rjieba", "scipy", "soundfile", "soxr",
    "msgspec",
}  # fmt: skip


def nodes(path: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(path.read_text(encoding="utf-8")))


def _imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {alias.name.partition(".")[0] for alias in node.names}
    if isinstance(node, ast.ImportFrom) and node.module:
        return {node.module.partition(".")[0]}
    return set()


def test_pickle_passes_only_between_own_processes() -> None:
    found = {
        path.relative_to(ROOT / "qa_speech").as_posix()
        for path in SOURCES
        if any(_imported(node) & PICKLES for node in nodes(path))
    }

    assert found <= OWN_PROCESSES


def _unsafe(node: ast.AST) -> str:
    """Why a call may run what a file says; "" for others."""
    if not isinstance(node, ast.Call):
        return ""
    for keyword in node.keywords:
        if keyword.arg == "allow_pickle" and not (
            isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        ):
            return "allow_pickle"
    name = ast.unparse(node.func)
    if name in ("yaml.load", "yaml.full_load", "yaml.unsafe_load", "yaml.load_all", "eval", "exec", "os.system"):
        loader = [ast.unparse(keyword.value) for keyword in node.keywords if keyword.arg == "Loader"]
        safe = name == "yaml.load" and bool(loader) and "Safe" in loader[0]
        return "" if safe else name
    if name.endswith("torch.load") and not any(keyword.arg == "weights_only" for keyword in node.keywords):
        return name
    if any(keyword.arg == "shell" and ast.unparse(keyword.value) == "True" for keyword in node.keywords):
        return "shell"
    return ""


@pytest.mark.parametrize(
    "statement", ["numpy.load(f, allow_pickle=True)", "yaml.load(f)", "eval(x)", "run(x, shell=True)"]
)
def test_a_call_that_runs_what_a_file_says_would_be_seen(statement: str) -> None:
    assert any(_unsafe(node) for node in ast.walk(ast.parse(statement)))


def test_no_call_runs_what_a_file_says() -> None:
    found = {path.name: [_unsafe(node) for node in nodes(path) if _unsafe(node)] for path in SOURCES}

    assert {name: calls for name, calls in found.items() if calls} == {}


def test_a_model_is_loaded_only_if_it_is_the_one_that_was_recorded(tmp_path: Path) -> None:
    demo = find_model("demo")
    copy = tmp_path / "copy"
    shutil.copytree(demo.path, copy)
    (copy / "SHA256SUMS").write_text(f"{demo.sha256}  model.bin\n", encoding="utf-8")

    assert verified(find_model(str(copy))).name == "copy"

    with (copy / "model.bin").open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00\x01\x02")
    with pytest.raises(ModelError, match="is not the file that was recorded"):
        load_recognizer(str(copy))


def test_native_packages_have_an_upper_bound() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    bounded = {line.partition(">=")[0] for line in project["dependencies"] if "<" in line}

    assert bounded >= NATIVE


def test_a_text_model_is_loaded_only_if_its_files_are_those_that_were_recorded(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(ROOT / "models" / "text-zh", copy)

    entries = load_text_models(copy).classifiers

    assert {tuple(one.entry["sha256"]) == one.files for one in entries.values()} == {True}
    with (copy / "violation.npz").open("r+b") as file:
        file.seek(1000)
        file.write(b"\x00\x01\x02")
    with pytest.raises(ModelError, match=r"violation\.npz is not the file that was recorded"):
        load_text_models(copy)


def test_the_speech_detector_is_the_one_it_was_tested_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "silero.onnx"
    other.write_bytes(b"another network")
    monkeypatch.setattr(silero, "_asset", lambda: other)
    silero._session.cache_clear()

    with pytest.raises(ModelError, match="is not the model this was tested with"):
        silero.SileroDetector().probabilities(np.zeros(512, np.float32))


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


def _pinned(text: str) -> dict[str, str]:
    """Name → version of the lines ``name==version``, but those that only a browser's Python would install."""
    found = {}
    for line in text.splitlines():
        match = re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)(.*)", line)
        if match is not None and not re.search(r"; .*sys_platform == '(?:emscripten|win32|darwin)'", match[3]):
            found[_normal(match[1])] = match[2]
    return found


def test_the_lock_holds_the_tested_versions_with_their_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    tested = _pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    locked = _pinned(lock)

    assert {name: version for name, version in locked.items() if tested.get(name, version) != version} == {}
    direct = {_normal(re.split(r"[><=\[]", line)[0]) for line in project["dependencies"]}
    assert direct <= locked.keys()
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "http" not in re.sub(r"^http[a-z0-9-]*==", "", lock, flags=re.MULTILINE)
