"""Calls that were forgotten and may not come back: under other names, after a kill in the middle, in any byte of the run."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest

from qa_speech.batch.plan import plan
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import find_rows
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark, Seconds
from qa_speech.store.forget import forget
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.sql import engine, text_of
from tests.hostile.kit import Case, fine, refused
from tests.hostile.stored import DAMAGED, IDS, RESULTS, laid_out, record, template

GONE = ("a.wav", "13800138000", "您好")
"""What the run held of the call: its id, a number and words that were said. All calls but this one are forgotten first."""


def bytes_of(run: Path) -> Iterator[bytes]:
    """Every byte of a run, and every value of its Parquet files."""
    for path in sorted(run.rglob("*")):
        if path.is_file():
            yield path.name.encode() + path.read_bytes()
        if path.suffix == ".parquet":
            with engine() as opened:
                rows = opened.execute(
                    f"SELECT * FROM read_parquet({text_of(path)}, hive_partitioning=false)"
                ).fetchall()
            yield str(rows).encode()


def is_gone(run: Path, words: tuple[str, ...] = GONE) -> None:
    """No byte of the run tells of the call."""
    for content in bytes_of(run):
        found = [word for word in words if word.encode() in content]
        assert found == []


def alone(place: Path) -> Path:
    """A run that holds words of one call only, with a log, a summary, marks, a damaged part and what a killed process left."""
    run = laid_out(place)
    forget(ParquetStore(run), ids=IDS[1:])
    marks = open_marks(marks_file(run))
    made = Mark(
        call="a.wav",
        criterion="greeting",
        stage="first",
        outcome="fail",
        person="李",
        role="inspector",
        at="2026-11-30T08:00:00",
        reason="客户说 13800138000",
        evidence=(Seconds(1, 2),),
    )
    marks.add([made])
    marks.close()
    (run / "run.log").write_bytes(b'{"event":"failed","id":"a.wav"}\n{"event":"failed","id":"a.wa')
    (run / "summary.txt").write_text("例如 a.wav", encoding="utf-8")
    (run / DAMAGED / RESULTS).mkdir(parents=True)
    (run / DAMAGED / RESULTS / "x.parquet").write_text("a.wav 13800138000", encoding="utf-8")
    (run / ".tmp").mkdir()
    (run / ".tmp" / "spilled").write_text("您好 13800138000", encoding="utf-8")
    return run


def no_byte_is_left(place: Path) -> None:
    run = alone(place)
    fine("batch", "forget", run, "--call", "a.wav")
    is_gone(run)
    marks = open_marks(marks_file(run))
    (kept,) = marks.marks()
    marks.close()
    assert (kept.outcome, kept.person, kept.reason, kept.evidence) == ("fail", "李", "", ())
    assert kept.call.startswith("forgotten-")


def scores_stay_nameless(place: Path) -> None:
    run = alone(place)
    fine("batch", "forget", run, "--call", "a.wav", "--keep-scores")
    is_gone(run)
    told = fine("query", run, "SELECT count(*) FROM results WHERE status = 'forgotten'")
    assert told.out.splitlines()[-1] == "1"


STEPS = ("_remember", "_forget_lines", "write_summary")


def goes_on(step: str, place: Path) -> None:
    """It is killed before a step; nothing is done in the run until it is gone on with, and then nothing is left."""
    run = alone(place)
    with patch(f"qa_speech.store.forget.{step}", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        forget(ParquetStore(run), ids=["a.wav"])
    finished(run)


def goes_on_among_parts(place: Path) -> None:
    run = alone(place)
    with patch.object(ParquetStore, "keep_rows", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        forget(ParquetStore(run), ids=["a.wav"])
    finished(run)


def goes_on_with_marks(place: Path) -> None:
    run = alone(place)

    def killed(marks: Mapping[str, str]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forget(ParquetStore(run), ids=["a.wav"], elsewhere=killed)
    finished(run)


def finished(run: Path) -> None:
    """The same command without any id goes on."""
    refused("batch", "plan", "--out", run, says="batch forget", codes=(2,))
    fine("batch", "forget", run)
    is_gone(run)
    fine("batch", "plan", "--out", run)


def twice_is_once(place: Path) -> None:
    run = alone(place)
    fine("batch", "forget", run, "--call", "a.wav")
    fine("batch", "forget", run, "--call", "a.wav")
    is_gone(run)
    refused("batch", "forget", run, "--call", "never", says="no call of id", codes=(2,))


def from_its_parent(place: Path) -> Path:
    return place / "all"


def under_another_id(place: Path) -> Path:
    path = place / "list.csv"
    path.write_text("path,id\nall/rec/a.wav,C-1\n", encoding="utf-8")
    return path


def copied(place: Path) -> Path:
    (place / "copies").mkdir()
    shutil.copyfile(place / "all" / "rec" / "a.wav", place / "copies" / "other name.wav")
    return place / "copies"


AGAIN: Mapping[str, Callable[[Path], Path]] = {
    "from its parent folder": from_its_parent,
    "under another id": under_another_id,
    "as a copy of another name": copied,
}


def is_not_taken_in(listed: Callable[[Path], Path], place: Path) -> None:
    run = laid_out(place)
    shutil.copytree(template() / "rec", place / "all" / "rec")
    forget(ParquetStore(run), ids=["a.wav"])
    rows = plan(ParquetStore(run), find_rows([listed(place)]))
    assert [row.id for row in rows if "a.wav" in row.path or row.path.endswith("other name.wav")] == []
    assert {"b.wav", "c.wav", "d.wav"} <= {row.id for row in rows}


def exports_are_named(place: Path) -> None:
    run = laid_out(place)
    fine("export", run, "--to", place / "kept.csv")
    fine("export", run, "--to", place / "gone.csv")
    (place / "gone.csv").unlink()
    told = fine("batch", "forget", run, "--call", "a.wav")
    assert "kept.csv" in told.err
    assert "gone.csv" not in told.err


def equal_recordings_go_too(place: Path) -> None:
    """One recording under two ids is one call."""
    run = laid_out(place)
    store = ParquetStore(run)
    copy = msgspec.structs.replace(store.rows()[0], id="C-1")
    store.keep_rows([*store.rows(), copy])
    store.append([record(copy)], position=4)
    assert forget(store, ids=["C-1"]) == 2
    assert sorted(store.known()) == ["b.wav", "c.wav", "d.wav"]


def marks_of_a_newer_key(place: Path) -> None:
    """A run whose marks cannot be read takes nothing in."""
    run = laid_out(place)
    forget(ParquetStore(run), ids=["a.wav"])
    (run / "forgotten.json").write_bytes(b"{}")
    with pytest.raises(ConfigError, match=r"forgotten\.json"):
        plan(ParquetStore(run), [])


OTHERS: Mapping[str, Callable[[Path], None]] = {
    "every byte": no_byte_is_left,
    "scores stay without a name": scores_stay_nameless,
    "killed among its parts": goes_on_among_parts,
    "killed before its marks": goes_on_with_marks,
    "twice": twice_is_once,
    "exports are named": exports_are_named,
    "equal recordings": equal_recordings_go_too,
    "marks that cannot be read": marks_of_a_newer_key,
}

CASES = (
    *[Case("forgotten", name, attack) for name, attack in OTHERS.items()],
    *[Case("forgotten", f"killed before {step}", partial(goes_on, step)) for step in STEPS],
    *[Case("forgotten", f"listed {name}", partial(is_not_taken_in, listed)) for name, listed in AGAIN.items()],
)
