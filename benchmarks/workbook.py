"""The workbook of a run of 100,000 calls, whole: time, memory, size.

    python benchmarks/workbook.py [--quick]        --quick: 1,000 calls

Outcomes are those of the shipped samples with other ids, agents and numbers, a third of them with deductions; the workbook is
written by the command, in a process of its own.
"""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from _common import Figure, Options, figure, run
from store import AGENTS, templates, varied

from qa_speech.inputs.rows import Row
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import Record

PART = 5000
MIB = 1024
"""Of what the system tells of memory."""


def measure(options: Options) -> Iterator[Figure]:
    """What the command takes, and what it writes."""
    count = 1000 if options.quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        place, to = Path(name) / "run", Path(name) / "results.xlsx"
        fill(place, count)
        began = time.perf_counter()
        command = [sys.executable, "-m", "qa_speech", "export", str(place), "--to", str(to), "--ui", "zh"]
        subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)})
        seconds = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        against = f"{count:,} calls, {AGENTS:,} agents, all sheets, masked, 2,000 calls quoted"
        yield figure(f"workbook_s_{count}", seconds, "s", count, f"{against}; target <= 600")
        yield figure(f"workbook_cpu_s_{count}", used.ru_utime + used.ru_stime, "s", count, against)
        yield figure(
            "peak_mib", used.ru_maxrss / MIB, "MiB", count, f"resident, the whole process; {against}; target <= 1024"
        )
        yield figure("file_mib", to.stat().st_size / MIB**2, "MiB", count, against)
        yield figure("rows", float(rows_in(to)), "rows", count, "of all sheets, heads among them")


def fill(place: Path, count: int) -> None:
    """A run of so many calls."""
    store = ParquetStore(place)
    chance = random.Random(1)
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    (place / "scorecards").mkdir(parents=True)
    (place / "scorecards" / f"{card.sha256}.yaml").write_bytes(
        (folder("scorecards") / "telecom-hotline.yaml").read_bytes()
    )
    made = templates()
    rows: list[Row] = []
    part: list[Record] = []
    for number in range(count):
        call_id = f"2026-11/{number:06d}.wav"
        path = f"/recordings/{call_id}"
        part.append(varied(made[number % len(made)], call_id, path, number, chance))
        agent = str(chance.randrange(AGENTS))
        day, hour = chance.randrange(1, 31), chance.randrange(8, 21)
        metadata = {
            "agent": agent,
            "team": f"{agent[-1]} 班",
            "queue": "宽带",
            "started_at": f"2026-11-{day:02}T{hour:02}:00:00",
        }
        rows.append(Row(call_id, path, metadata=metadata))
        if len(part) == PART or number == count - 1:
            store.append(part, position=number)
            part = []
    store.keep_rows(rows)


def rows_in(workbook: Path) -> int:
    """Rows of all sheets."""
    found = 0
    with ZipFile(workbook) as packed:
        for name in packed.namelist():
            if name.startswith("xl/worksheets/sheet"):
                with packed.open(name) as sheet:
                    while piece := sheet.read(1 << 20):
                        found += piece.count(b"<row ")
    return found


if __name__ == "__main__":
    run(measure)
