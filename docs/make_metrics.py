"""Writes the tables of components at the end of docs/metrics.md: `python docs/make_metrics.py`. A test holds them to the code."""

from __future__ import annotations

from pathlib import Path

PAGE = Path(__file__).with_name("metrics.md")
START = "## All components\n"
HEAD = """
Written by `python docs/make_metrics.py` from what each metric declares. No unit: a ratio, a rank, or yes and no as 1 and 0.
`count` is written 次, `st` semitones. Names stand in pages and sentences; columns of results are called as in the first column.
"""


def tables() -> str:
    """The last chapter of docs/metrics.md."""
    from qa_speech.metrics import BUILTIN

    parts = [START, HEAD]
    for line in BUILTIN:
        parts.append(f"\n| {line.name} | unit | {line.zh} | {line.en} |\n|---|---|---|---|\n")
        for name in line.names:
            one = line.component(name)
            parts.append(f"| `{line.name}.{name}` | {one.unit} | {one.zh} | {one.en} |\n")
    return "".join(parts)


def page() -> str:
    """The text of docs/metrics.md: what people wrote, and the tables behind it."""
    written = PAGE.read_text(encoding="utf-8").partition(START)[0].rstrip("\n")
    return f"{written}\n\n{tables()}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
