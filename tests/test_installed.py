"""An installed copy, away from the checkout: the README's Python runs as it is printed, the manual is there."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")


def python_of(page: Path) -> str:
    (block,) = re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return str(block)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what pip installs of this project; the packages it needs are those of this environment."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile", "--target", folder, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "No matching distribution found for hatchling" in done.stderr and not os.environ.get("QA_SPEECH_NO_SKIP"):
        pytest.skip("no package index to fetch hatchling from")
    assert done.returncode == 0, done.stderr
    return folder


def run(site: Path, place: Path, *arguments: str) -> str:
    """What a program says in an empty folder, with the installed copy before everything else."""
    environment = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=place, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_both_readmes_show_the_same_python() -> None:
    here, there = (ast.dump(ast.parse(python_of(page))) for page in READMES)

    assert here == there


@pytest.mark.slow
def test_the_python_of_the_readme_runs_as_it_is_printed(site: Path, tmp_path: Path) -> None:
    told = run(site, tmp_path, "-c", f"{python_of(READMES[0])}\nprint(qa_speech.__file__)")

    lines = told.splitlines()
    assert lines[-1] == str(site / "qa_speech" / "__init__.py")
    assert re.fullmatch(r"[\d.]+ \S+", lines[0])
    assert any(line.startswith("greeting pass") for line in lines)


@pytest.mark.slow
def test_the_manual_is_installed_in_both_languages(site: Path, tmp_path: Path) -> None:
    for lang, folder in (("en", "docs"), ("zh", "docs/zh")):
        printed = run(site, tmp_path, "-m", "qa_speech", "docs", "review", "--ui", lang)

        assert printed == (ROOT / folder / "review.md").read_text(encoding="utf-8")
