"""Every hostile input of tests/hostile, each in a process of its own: held or not, seconds, memory.

    python benchmarks/hostile.py [--quick]        --quick: every tenth

A case is held where its own checks pass in less than `MOST_S` and `MOST_MB` over what a program takes that has loaded the same
modules and done nothing.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _common import ROOT, Figure, Options, figure, run

sys.path.insert(0, str(ROOT))

from tests.hostile.kit import Case, no_hanging
from tests.hostile.table import CASES

MOST_S, MOST_MB = 5.0, 500.0
"""What one input may take: seconds of processor time (this machine may be busy with others), MB of memory."""
ESCAPES, PARTS = "sql escapes", "damaged parts"


def measure(options: Options) -> Iterator[Figure]:
    """All cases, then what each of the named figures comes to."""
    cases = CASES[::10] if options.quick else CASES
    broke: list[str] = []
    slowest_s = largest_mb = 0.0
    escaped = recovered = 0
    for case in cases:
        problem, spent_s, memory_mb = tried(case)
        slowest_s, largest_mb = max(slowest_s, spent_s), max(largest_mb, memory_mb)
        if not problem and spent_s > MOST_S:
            problem = f"{spent_s:.1f} s"
        if not problem and memory_mb > MOST_MB:
            problem = f"{memory_mb:.0f} MB"
        if problem:
            broke.append(case.id)
            print(f"broke: {case.id}: {problem}", file=sys.stderr)
        escaped += bool(problem) and case.family == ESCAPES
        recovered += not problem and case.family == PARTS
    families = len({case.family for case in cases})
    yield figure("tried", len(cases), "inputs", len(cases), f"{families} families")
    yield figure("held", len(cases) - len(broke), "inputs", len(cases), f"< {MOST_S:g} s and < {MOST_MB:g} MB each")
    yield figure("broke", len(broke), "inputs", len(cases), f"target <= 0; {', '.join(broke[:5])}")
    yield figure("slowest", slowest_s, "s", len(cases), f"target <= {MOST_S:g}; processor time of one input")
    yield figure("largest", largest_mb, "MB", len(cases), f"target <= {MOST_MB:g}; over the loaded program")
    count = sum(case.family == ESCAPES for case in cases)
    yield figure("sql_escapes", escaped, "questions", count, "target <= 0")
    count = sum(case.family == PARTS for case in cases)
    yield figure("damaged_parts_recovered", recovered, "parts", count, f"target >= {count}")


def tried(case: Case) -> tuple[str, float, float]:
    """One case in a child process: what broke or "", seconds of processor time, MB more than before."""
    with tempfile.TemporaryDirectory() as name, tempfile.TemporaryFile() as told:
        child = os.fork()
        if not child:
            attacked(case, Path(name), told.fileno())
        _, status, used = os.wait4(child, 0)
        told.seek(0)
        problem = told.read().decode("utf-8", "replace")
    if status and not problem:
        problem = f"ended with {status}"
    own_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return problem, used.ru_utime + used.ru_stime, max(0.0, used.ru_maxrss / 1024 - own_mb)


def attacked(case: Case, place: Path, told: int) -> None:
    """What the child does; it never returns."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    tempfile.tempdir = str(place)
    inside = place / "case"
    inside.mkdir()
    try:
        with no_hanging():
            case.attack(inside)
    except BaseException as exc:
        os.write(told, f"{type(exc).__name__}: {exc}"[:500].encode("utf-8", "replace"))
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    run(measure)
