"""How densely the code is written, by room: syntax nodes a line, conditional expressions a thousand lines, tangled blocks,
and how often a number has a unit.

Numbers are a thermometer, no aim: they show where to read. A line counts when it bears a token that is neither a comment
nor white space (the lines of a docstring count). Tangled blocks are those of radon's grade D or worse (`pip install radon`;
without it they are left out). The last column is the share, in %, of the documented functions that take or return numbers
whose docstring names a unit (`UNIT`).

    python benchmarks/lines.py [FOLDER] [--files]
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import tokenize
from collections import defaultdict
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

SILENT = {
    tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER,
    tokenize.ENCODING,
}  # fmt: skip
DENSE_FILE, DENSE_ALL, MANY_CONDITIONALS, MANY_TANGLED = 10.0, 7.7, 22.0, 3
TANGLED_FROM = 21
"""Cyclomatic complexity at which radon's grade D begins."""
FEW_UNITS = 0.66
SMALL = 40
"""Files with no more lines than this say nothing on their own."""
NUMERIC = re.compile(r"\b(float|int|NDArray|Array|Samples)\b")
"""What the annotation of a number, or of many, holds."""
UNITS = (
    r"s|ms|seconds?|minutes?|hours?|days?|times",
    r"dB|dBFS|k?Hz|samples|frames|windows|semitones|degrees",
    r"per cent|share|ratio|probability|0–1|0…1|0–100|0…100|points?",
    r"bytes?|MB|MiB|GB|characters|syllables|words|tokens|turns|utterances|calls|rows|columns|bins|nats",
    r"count|number of|how many|index|indices|units?",
)
UNIT = re.compile(rf"\b({'|'.join(UNITS)})\b|%|−1…1|秒|字/分|半音", re.IGNORECASE)
"""Words by which a docstring says what a number counts or is measured in."""


@dataclass
class Counted:
    """What was counted in some code."""

    lines: int = 0
    nodes: int = 0
    conditionals: int = 0
    tangled: int = 0
    numeric: int = 0
    with_unit: int = 0

    def add(self, other: Counted) -> None:
        """Add what was counted elsewhere."""
        self.lines += other.lines
        self.nodes += other.nodes
        self.conditionals += other.conditionals
        self.tangled += other.tangled
        self.numeric += other.numeric
        self.with_unit += other.with_unit

    @property
    def density(self) -> float:
        """Syntax nodes a line."""
        return self.nodes / max(1, self.lines)

    @property
    def per_thousand(self) -> float:
        """Conditional expressions a thousand lines."""
        return 1000 * self.conditionals / max(1, self.lines)

    @property
    def unit_share(self) -> float | None:
        """Share, 0–1, of the documented functions with numbers that name a unit; None where there are none."""
        if not self.numeric:
            return None
        return self.with_unit / self.numeric


def counted(text: str) -> Counted:
    """Count one file."""
    nodes = list(ast.walk(ast.parse(text)))
    bearing: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            bearing.update(range(token.start[0], token.end[0] + 1))
    conditionals = sum(isinstance(node, ast.IfExp) for node in nodes)
    documented = _numeric_docstrings(nodes)
    with_unit = sum(UNIT.search(words) is not None for words in documented)
    return Counted(len(bearing), len(nodes), conditionals, _tangled(text), len(documented), with_unit)


def _numeric_docstrings(nodes: list[ast.AST]) -> list[str]:
    """The docstrings of the functions that take or return numbers."""
    found = []
    for node in nodes:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        words = ast.get_docstring(node)
        arguments = [*node.args.args, *node.args.kwonlyargs]
        annotations = [node.returns, *(argument.annotation for argument in arguments)]
        is_numeric = any(note is not None and NUMERIC.search(ast.unparse(note)) for note in annotations)
        if words and is_numeric:
            found.append(words)
    return found


def _tangled(text: str) -> int:
    if find_spec("radon") is None:
        return 0
    blocks = import_module("radon.complexity").cc_visit(text)
    return sum(block.complexity >= TANGLED_FROM for block in blocks)


def row(name: str, found: Counted) -> str:
    """One line of the table."""
    units = "–"
    if found.unit_share is not None:
        units = f"{found.unit_share:.0%}"
    return f"{name:34} {found.lines:6} {found.density:6.2f} {found.per_thousand:6.1f} {found.tangled:4} {units:>6}"


def main() -> int:
    """Print the table; 1 where a bound is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path(__file__).parent.parent / "qa_speech")
    parser.add_argument("--files", action="store_true", help="list every file, the densest first")
    options = parser.parse_args()
    rooms: dict[str, Counted] = defaultdict(Counted)
    total = Counted()
    files: list[tuple[str, Counted]] = []
    for path in sorted(options.folder.rglob("*.py")):
        name = path.relative_to(options.folder)
        found = counted(path.read_text(encoding="utf-8"))
        files.append((name.as_posix(), found))
        rooms[name.parts[0] if len(name.parts) > 1 else "(top)"].add(found)
        total.add(found)
    print(f"{'':34} {'lines':>6} {'nodes':>6} {'cond.':>6} {'D+':>4} {'units':>6}")
    for name, found in sorted(rooms.items()):
        print(row(name, found))
    print(row("all", total))
    dense = [(name, found) for name, found in files if found.lines > SMALL and found.density > DENSE_FILE]
    shown = files if options.files else dense
    for name, found in sorted(shown, key=lambda item: -item[1].density):
        print(row(f"  {name}", found))
    few_units = total.unit_share is not None and total.unit_share < FEW_UNITS
    passed = total.density > DENSE_ALL or total.per_thousand > MANY_CONDITIONALS or total.tangled > MANY_TANGLED
    return int(passed or few_units or bool(dense))


if __name__ == "__main__":
    raise SystemExit(main())
