"""The result store with 100,000 calls: size, a table by agent, one call by its id.

    python benchmarks/store.py [--quick]        --quick: 10,000 calls

Rows are those of the shipped samples with other ids and numbers; parts of 256 rows as a run writes them, then compacted.
"""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from _common import Figure, Options, figure, run

from qa_speech.engines.silero import SileroDetector
from qa_speech.inputs import find_inputs
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import inspect_many
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.store.folder import CALLS, RESULTS
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.records import Record, record_of
from qa_speech.store.sql import connect
from qa_speech.testing import FakeRecognizer

PART = 256
AGENTS = 3000
REPEATS = 7
BY_AGENT = (
    "SELECT agent, count(*), avg(total), sum(silence_call_s), count(*) FILTER (NOT passed) FROM results "
    "WHERE status = 'ok' GROUP BY agent ORDER BY 3"
)


def measure(options: Options) -> Iterator[Figure]:
    """Size and speed, before and after `batch compact`."""
    count = 10_000 if options.quick else 100_000
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        store = ParquetStore(place)
        began = time.perf_counter()
        fill(store, count)
        yield figure(
            "write_ms_per_row",
            1000 * (time.perf_counter() - began) / count,
            "ms",
            count,
            "parts of 256 rows, fsync each",
        )
        yield figure("known_s", best(store.known), "s", count, "what a resumed run reads first")
        yield figure(
            "aggregate_parts_ms", 1000 * best(lambda: ask(place, BY_AGENT)), "ms", count, f"{-(-count // PART)} parts"
        )
        began = time.perf_counter()
        store.compact()
        yield figure("compact_s", time.perf_counter() - began, "s", count, "")
        yield figure(
            "bytes_per_row",
            bytes_in(place / RESULTS) / count,
            "bytes",
            count,
            "results with score and figures, no text",
        )
        yield figure(
            "bytes_per_call",
            bytes_in(place / CALLS) / count,
            "bytes",
            count,
            "Calls as JSON; samples repeated, so flattering",
        )
        yield figure(
            "aggregate_ms",
            1000 * best(lambda: ask(place, BY_AGENT)),
            "ms",
            count,
            f"by {AGENTS} agents, connect included",
        )
        ids = [f"call-{random.randrange(count):06d}" for _ in range(REPEATS)]
        with connect(place) as engine:
            times = [best(lambda one=one: point(engine, one), 1) for one in ids]  # type: ignore[misc]
        yield figure("point_read_ms", 1000 * statistics.median(times), "ms", REPEATS, "a result by id, connection open")
        times = [best(lambda one=one: ask(place, f"SELECT call FROM calls WHERE id = '{one}'"), 1) for one in ids]  # type: ignore[misc]
        yield figure("point_call_ms", 1000 * statistics.median(times), "ms", REPEATS, "a Call by id, connect included")


def fill(store: ParquetStore, count: int) -> None:
    """Rows as a night of calls would leave them."""
    chance = random.Random(1)
    made = templates()
    rows: list[Row] = []
    part: list[Record] = []
    for number in range(count):
        call_id = f"call-{number:06d}"
        path = f"/recordings/{call_id}.wav"
        part.append(varied(made[number % len(made)], call_id, path, number, chance))
        rows.append(Row(call_id, path, metadata={"agent": str(chance.randrange(AGENTS)), "queue": "宽带"}))
        if len(part) == PART or number == count - 1:
            store.append(part, position=number)
            part = []
    store.keep_rows(rows)


def varied(made_from: Record, call_id: str, path: str, number: int, chance: random.Random) -> Record:
    """The same outcome under another name, with other figures."""
    figures = {name: value + chance.uniform(0, 1) if value else value for name, value in made_from.row.figures.items()}
    total = made_from.row.total
    row = msgspec.structs.replace(
        made_from.row,
        id=call_id,
        path=path,
        input_key=f"{number:016x}",
        total=None if total is None else total + chance.uniform(0, 1),
        figures=figures,
    )
    return Record(row, made_from.call)


def bytes_in(folder: Path) -> int:
    """Size of the files in a folder."""
    return sum(path.stat().st_size for path in folder.iterdir())


def templates() -> list[Record]:
    """Outcomes of the shipped samples."""
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    inputs = find_inputs([folder("samples")])[:6]
    outcomes = inspect_many(
        inputs, scorecard=card, recognizer=FakeRecognizer(["您好请问有什么可以帮您"] * 999), detector=SileroDetector()
    )
    return [record_of(outcome) for outcome in outcomes]


def ask(place: Path, question: str) -> list[Any]:
    """A question with a connection of its own."""
    with connect(place) as engine:
        found: list[Any] = engine.execute(question).fetchall()
    return found


def point(engine: Any, call_id: str) -> None:
    """One result by id."""
    assert engine.execute("SELECT total, criteria FROM newest WHERE id = ?", [call_id]).fetchone()


def best(what: Callable[[], object], repeats: int = REPEATS) -> float:
    """Median seconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        what()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


if __name__ == "__main__":
    run(measure)
