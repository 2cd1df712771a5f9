"""How much of the code the tests run, by file: the files below 90 % of their branches, and what is missing in them.

Read is what `coverage json` writes; `make coverage` runs the whole suite for it, the processes that it starts included.
The exit code is 1 where the branches of all files together fall short.

    python benchmarks/branches.py coverage.json [--lines]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WANTED = 90.0
"""Share of the branches that tests take, in %, of a file and of all files together."""


@dataclass(frozen=True)
class Covered:
    """What tests ran of one file, or of all."""

    name: str
    statements: int
    missing: int
    branches: int
    taken: int
    never_run: tuple[int, ...] = ()

    @property
    def statement_share(self) -> float:
        """Share of the statements that ran, in %."""
        return 100 * (self.statements - self.missing) / self.statements if self.statements else 100.0

    @property
    def branch_share(self) -> float:
        """Share of the branches that were taken, in %; without branches, that of the statements."""
        return 100 * self.taken / self.branches if self.branches else self.statement_share

    def row(self) -> str:
        """One line of the table."""
        missed = self.branches - self.taken
        return f"{self.name:44} {self.branch_share:6.1f} {self.statement_share:6.1f} {missed:6} {self.missing:6}"


def covered(name: str, summary: Mapping[str, Any], never_run: tuple[int, ...] = ()) -> Covered:
    """Take what is said of one file."""
    return Covered(
        name=name,
        statements=summary["num_statements"],
        missing=summary["missing_lines"],
        branches=summary["num_branches"],
        taken=summary["covered_branches"],
        never_run=never_run,
    )


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--lines", action="store_true", help="name the lines that never ran")
    arguments = parser.parse_args()
    told = json.loads(arguments.file.read_text(encoding="utf-8"))
    files = [covered(name, found["summary"], tuple(found["missing_lines"])) for name, found in told["files"].items()]
    everything = covered("all files", told["totals"])

    print(f"{'':44} {'branch':>6} {'line':>6} {'branches and lines missed':>13}")
    for file in sorted(files, key=lambda file: file.branch_share):
        if file.branch_share < WANTED:
            print(file.row())
            if arguments.lines:
                print(f"    never run: {', '.join(str(line) for line in file.never_run)}")
    print(everything.row())
    return int(everything.branch_share < WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
