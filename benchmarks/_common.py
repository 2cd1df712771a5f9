"""The convention of all benchmarks: one line per figure, tab-separated, `name value unit n against`.

    python benchmarks/NAME.py [--quick] [--data DIR]      one of them
    python benchmarks [--quick] [NAME[:PART] …]           several or all, and one table of what they come to

What a figure is held to stands in `against`, in a part of its own between semicolons: ``target <= 1.5``.

A full run also writes benchmarks/results/NAME.tsv with date, machine, load and commit. A figure that cannot be
measured prints ``n/a`` and why.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from operator import ge, gt, le, lt
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Options:
    """`quick`: at most 50 s on two cores. `data`: folder of external recordings, which may be missing."""

    quick: bool
    data: Path


class Target(NamedTuple):
    """What a figure is held to: ``<=``, ``>=``, ``<`` or ``>`` a bound."""

    sign: str
    bound: float

    def __str__(self) -> str:
        return f"{self.sign} {self.bound:g}"

    def holds(self, value: float) -> bool:
        """Whether a value reaches it."""
        return SIGNS[self.sign](value, self.bound)


SIGNS: Mapping[str, Callable[[float, float], bool]] = {"<=": le, ">=": ge, "<": lt, ">": gt}
_TARGET = re.compile(r"\s*target (<=|>=|<|>) (-?[\d.]+)\b.*")


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

    @classmethod
    def read(cls, line: str) -> Figure | None:
        """The figure that a line tells of; None where it tells of none."""
        cells = line.rstrip("\n").split("\t")
        if len(cells) != 5 or not cells[3].isdecimal():
            return None
        name, value, unit, count, against = cells
        return cls(name, None if value == "n/a" else float(value), unit, int(count), against)

    @property
    def target(self) -> Target | None:
        """What it is held to, if anything."""
        for part in self.against.replace("≤", "<=").replace("≥", ">=").split(";"):
            found = _TARGET.fullmatch(part)
            if found is not None:
                return Target(found[1], float(found[2]))
        return None


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


def run_parts(parts: Mapping[str, Callable[[Options], Iterable[Figure]]]) -> None:
    """The same for a benchmark in parts: those named on the command line, all of them where none is."""
    chosen = [name for name in sys.argv[1:] if name in parts]
    sys.argv = [word for word in sys.argv if word not in parts]
    results = ROOT / "benchmarks" / "results" / f"{Path(sys.argv[0]).stem}.tsv"
    before = results.read_text(encoding="utf-8").splitlines() if chosen and results.is_file() else []
    run(lambda options: (item for name in chosen or parts for item in parts[name](options)))
    if "--quick" not in sys.argv:
        _with_other_parts(results, before)


def _with_other_parts(results: Path, before: list[str]) -> None:
    """Figures of parts that were not run this time stay in the results, with the time of their own run."""
    if not before or not results.is_file():
        return
    lines = results.read_text(encoding="utf-8").splitlines()
    measured = {line.split("\t")[0] for line in lines}
    when = before[0].removeprefix("# ").partition(" UTC")[0]
    old = [line for line in before if not line.startswith(("#", "name\t")) and line.split("\t")[0] not in measured]
    old = [line if "; run of " in line else f"{line}; run of {when} UTC" for line in old]
    results.write_text("\n".join([*lines, *old]) + "\n", encoding="utf-8")


def _circumstances() -> list[str]:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    return [
        f"# {datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC, commit {commit or 'unknown'}",
        f"# {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}",
    ]
