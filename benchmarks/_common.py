"""The convention of all benchmarks: one line per figure, tab-separated, `name value unit n against`.

    python benchmarks/NAME.py [--quick] [--data DIR]

A full run also writes benchmarks/results/NAME.tsv with date, machine, load and commit. A figure that cannot be
measured prints ``n/a`` and why.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Options:
    """`quick`: at most 50 s on two cores. `data`: folder of external recordings, which may be missing."""

    quick: bool
    data: Path


@dataclass(frozen=True)
class Figure:
    """One line; `value` None prints n/a and `against` says why."""

    name: str
    value: float | None
    unit: str
    n: int
    against: str

    def __str__(self) -> str:
        value = "n/a" if self.value is None else f"{self.value:.4g}"
        return f"{self.name}\t{value}\t{self.unit}\t{self.n}\t{self.against}"


def figure(name: str, value: float | None, unit: str, n: int, against: str) -> Figure:
    """Make a figure; `against` names the rival, target or data it is held against."""
    return Figure(name, value, unit, n, against)


def run(measure: Callable[[Options], Iterable[Figure]]) -> None:
    """Parse the options, print each figure as it comes, and keep them after a full run."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--quick", action="store_true", help="at most 50 s on two cores; nothing is kept")
    parser.add_argument("--data", type=Path, default=DEFAULT_DATA, help="folder of external recordings")
    options = parser.parse_args()
    lines = []
    for item in measure(Options(options.quick, options.data)):
        print(item, flush=True)
        lines.append(str(item))
    if not options.quick:
        results = ROOT / "benchmarks" / "results"
        results.mkdir(exist_ok=True)
        (results / f"{Path(sys.argv[0]).stem}.tsv").write_text(
            "\n".join([*_circumstances(), "name\tvalue\tunit\tn\tagainst", *lines]) + "\n", encoding="utf-8"
        )


def _circumstances() -> list[str]:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return [
        f"# {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}",
        f"# {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
    ]
