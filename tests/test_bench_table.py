"""The table that `python benchmarks` prints: what is held to a target, what falls short, which benchmarks there are."""

import json
import subprocess
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture(scope="module")
def common() -> Any:
    sys.path.insert(0, str(BENCHMARKS))
    try:
        return import_module("_common")
    finally:
        sys.path.remove(str(BENCHMARKS))


@pytest.fixture(scope="module")
def bench(common: Any) -> Any:
    spec = spec_from_file_location("benchmarks_table", BENCHMARKS / "__main__.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("against", "value", "said"),
    [
        ("a bare app; target <= 1.5", 1.5, "ok"),
        ("a bare app; target <= 1.5", 1.51, "SHORT"),
        ("target >= 0.85; 95 % [0.7, 0.9]", 0.84, "SHORT"),
        ("target > 1", 1.0, "SHORT"),
        ("target ≥ 5000; 2 processes", 5001.0, "ok"),
        ("leaks >= -35 dB, SNR >= 15 dB", 1.0, ""),
        ("no data; target <= 1", None, ""),
    ],
)
def test_a_figure_is_held_to_the_target_that_its_line_names(
    bench: Any, common: Any, against: str, value: float | None, said: str
) -> None:
    assert bench.verdict(common.figure("x", value, "s", 3, against)) == said


def test_a_line_is_read_as_it_was_printed_and_other_lines_are_no_figures(common: Any) -> None:
    made = common.figure("help", 1.25, "ratio", 25, "bare; target <= 1.5")

    assert common.Figure.read(f"{made}\n") == made
    assert common.Figure.read("n/a\tn/a\ts\t0\tno data").value is None
    assert common.Figure.read("name\tvalue\tunit\tn\tagainst") is None
    assert common.Figure.read("# a remark") is None


def test_the_table_counts_what_falls_short_and_names_it(bench: Any, common: Any) -> None:
    good = common.figure("good", 1.0, "s", 1, "target <= 2")
    bad = common.figure("bad", 3.0, "s", 1, "target <= 2")
    bare = common.figure("bare", 3.0, "s", 1, "")

    assert bench.table([("one", [good, bare]), ("two", [bad])])[-2:] == [
        "2 figures with a target, 1 fall short",
        "  two: bad",
    ]


def test_every_benchmark_is_in_the_table(bench: Any) -> None:
    scripts = [path for path in BENCHMARKS.glob("[a-z]*.py") if "from _common import" in path.read_text("utf-8")]

    assert sorted(bench.NAMES) == sorted(path.stem for path in scripts)


def test_what_is_kept_is_shown_without_running_anything() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS), "--kept", "asr"], capture_output=True, text=True, check=True
    )

    assert "cer_ours" in done.stdout
    assert "<= 0.05" in done.stdout


def summary(branches: int, taken: int, statements: int = 10, missing: int = 0) -> dict[str, int]:
    return {
        "num_statements": statements, "missing_lines": missing, "num_branches": branches, "covered_branches": taken,
    }  # fmt: skip


@pytest.mark.parametrize(("taken", "code"), [(18, 0), (17, 1)])
def test_files_that_the_tests_run_too_little_of_are_listed_and_fail_only_together(
    tmp_path: Path, taken: int, code: int
) -> None:
    files = {
        "fine.py": {"summary": summary(10, 9), "missing_lines": []},
        "thin.py": {"summary": summary(4, 3, missing=2), "missing_lines": [7, 9]},
        "flat.py": {"summary": summary(0, 0, missing=1), "missing_lines": [3]},
    }
    told = {"files": files, "totals": summary(20, taken, 30, 3)}
    (tmp_path / "coverage.json").write_text(json.dumps(told), encoding="utf-8")

    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "branches.py"), str(tmp_path / "coverage.json"), "--lines"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == code
    assert [line.split()[0] for line in done.stdout.splitlines()[1:]] == ["thin.py", "never", "all"]
    assert "never run: 7, 9" in done.stdout
