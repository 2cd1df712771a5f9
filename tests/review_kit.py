"""The review commands over the run of the sample calls; sheets filled in by openpyxl, as a person would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openpyxl import load_workbook
from typer.testing import CliRunner

from qa_speech.cli import app

BEFORE = Path(__file__).parent / "before" / "run"
"""The run of the sample calls, as an earlier version left it."""
CALL = "deflection.ogg"
runner = CliRunner()


def said(*args: object, code: int = 0) -> str:
    result = runner.invoke(app, [*map(str, args), "--ui", "zh"])
    assert result.exit_code == code, result.output
    return result.output


def table(path: Path) -> list[list[Any]]:
    return [[cell.value for cell in row] for row in load_workbook(path)["复核"].iter_rows(min_row=2)]


def fill(path: Path, decided: dict[tuple[str, str], tuple[Any, ...]]) -> None:
    """Type outcome, points, reason and person into the rows of calls and criteria."""
    book = load_workbook(path)
    left = dict(decided)
    for row in book["复核"].iter_rows(min_row=2):
        typed = left.pop((row[0].value, row[1].value), ())
        for cell, value in zip(row[8:12], typed, strict=False):
            cell.value = value
    assert not left, "not on the sheet"
    book.save(path)


def totals(run: Path, *options: object) -> dict[str, float | None]:
    lines = [json.loads(line) for line in said("score", run, "--json", *options).splitlines()]
    return {line["call"]["recording"]["id"]: line["score"]["total"] for line in lines}
