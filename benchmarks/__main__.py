"""Several benchmarks, or all of them, and one table of what they come to: value, target, and what falls short.

    python benchmarks                          all, as `make bench` does: hours
    python benchmarks --quick                  all, at most 50 s each; nothing is kept
    python benchmarks startup text:depth       some; of `text` one part
    python benchmarks --kept                   nothing is run: the table of the results that are kept

Figures are shown as they come, the table at the end. The exit code is 1 where a benchmark broke off.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from _common import Figure  # noqa: E402

NAMES = (
    "startup", "scoring", "store", "workbook", "decode", "calls", "stretches", "holds", "timing", "asr", "ctc", "batch", "faults",
    "cluster", "hostile", "fuzz", "memory", "redaction", "leaks", "text", "blind", "base", "sampling", "report", "pages", "desk",
    "real", "gpu",
)  # fmt: skip
HEAD = ("figure", "value", "target", "", "n")


def shown(process: subprocess.Popen[str]) -> list[Figure]:
    """The figures that a benchmark prints, each shown as it comes."""
    assert process.stdout is not None
    figures = []
    for line in process.stdout:
        print(line, end="", file=sys.stderr, flush=True)
        found = Figure.read(line)
        if found is not None:
            figures.append(found)
    return figures


def measured(name: str, parts: Sequence[str], *, quick: bool) -> tuple[list[Figure], bool]:
    """What one benchmark comes to, and whether it ran to its end."""
    command = [sys.executable, str(HERE / f"{name}.py"), *parts]
    if quick:
        command.append("--quick")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        figures = shown(process)
    return figures, process.returncode == 0


def kept(name: str) -> list[Figure]:
    """What one benchmark came to when it last ran in full."""
    path = HERE / "results" / f"{name}.tsv"
    if not path.is_file():
        return []
    figures = [Figure.read(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [found for found in figures if found is not None]


def verdict(found: Figure) -> str:
    """``ok``, ``SHORT``, or nothing where there is no target or no value."""
    if found.target is None or found.value is None:
        return ""
    return "ok" if found.target.holds(found.value) else "SHORT"


def table(results: Iterable[tuple[str, Sequence[Figure]]]) -> list[str]:
    """One line per figure under the name of its benchmark, then how many targets there are and which are missed."""
    lines = [_row(*HEAD)]
    judged, short = 0, []
    for name, figures in results:
        lines.append(name)
        for found in figures:
            value = "n/a" if found.value is None else f"{found.value:.4g} {found.unit}"
            said = verdict(found)
            lines.append(_row(f"  {found.name}", value, str(found.target or ""), said, str(found.n)))
            judged += bool(said)
            if said == "SHORT":
                short.append(f"{name}: {found.name}")
    lines.append(f"{judged} figures with a target, {len(short)} fall short")
    return lines + [f"  {one}" for one in short]


def _row(name: str, value: str, target: str, said: str, count: str) -> str:
    return f"{name:<44} {value:>18} {target:>10} {said:<5} {count:>8}".rstrip()


def main() -> int:
    """Run what is asked for and print the table; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wanted", nargs="*", metavar="NAME[:PART]", help=f"of {', '.join(NAMES)}; all where none is")
    parser.add_argument("--quick", action="store_true", help="at most 50 s each on two cores; nothing is kept")
    parser.add_argument("--kept", action="store_true", help="run nothing; the results that are kept")
    options = parser.parse_args()
    parts: dict[str, list[str]] = {}
    for wanted in options.wanted or NAMES:
        name, _, part = wanted.partition(":")
        if name not in NAMES:
            parser.error(f"no benchmark {name!r}; there are: {', '.join(NAMES)}")
        parts.setdefault(name, []).extend([part] if part else [])
    results, broken = [], []
    for name, chosen in parts.items():
        if options.kept:
            results.append((name, kept(name)))
            continue
        figures, ended = measured(name, chosen, quick=options.quick)
        results.append((name, figures))
        if not ended:
            broken.append(name)
    print("\n".join(table(results)))
    for name in broken:
        print(f"{name} broke off")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
