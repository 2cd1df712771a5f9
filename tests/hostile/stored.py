"""Runs whose files are not what was written: cut off, zeroed, a bit flipped, foreign, of another version, behind links."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path

import msgspec

from qa_speech.batch.cards import Book, score_key
from qa_speech.batch.work import input_key, needs, options_key
from qa_speech.files import sha256
from qa_speech.inputs.rows import Row, stat_row
from qa_speech.pipeline import report
from qa_speech.settings import Settings
from qa_speech.store.folder import CALLS, DAMAGED, RESULTS
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.parts import KEY
from qa_speech.store.records import Record, Source, record_of
from qa_speech.store.sql import write_parquet
from qa_speech.testing import make_call
from tests.hostile.kit import Case, fine, refused, said

IDS = ("a.wav", "b.wav", "c.wav", "d.wav")
OPTIONS = options_key(Settings(), "")
HIT = 0
"""Which of the two parts is damaged: the one that holds the first two calls."""


@cache
def template() -> Path:
    """A run of four calls in two parts, done: nothing is left to do."""
    place = Path(tempfile.mkdtemp(prefix="hostile-"))
    rows = []
    for name in IDS:
        path = place / "rec" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(name.encode() * 100)
        rows.append(stat_row(Row(name, str(path), metadata={"agent": "1001"})))
    store = ParquetStore(place / "run")
    store.place.mkdir()
    store.keep_rows(rows)
    for position in (0, 2):
        store.append([record(row) for row in rows[position : position + 2]], position=position)
    (store.place / "run.json").write_bytes(msgspec.json.encode({"settings": {}, "scorecard": "none"}))
    (store.place / "run.log").write_bytes(b'{"event":"end"}\n')
    assert left(store.place) == []
    return place


def record(row: Row) -> Record:
    found = record_of(report(make_call("agent: 您好", "customer: 电话13800138000", call_id=row.id)))
    columns = msgspec.structs.replace(found.row, audio_sha256=sha256(Path(row.path)))
    return Record(columns, found.call).of(
        Source(row.path, row.bytes, row.mtime_ns, input_key(row, OPTIONS), score_key(None, row))
    )


def laid_out(place: Path) -> Path:
    """A copy of the run."""
    shutil.copytree(template() / "run", place / "run")
    return place / "run"


def left(run: Path) -> list[str]:
    """What the next run will do."""
    store = ParquetStore(run)
    found = needs(store.rows(), store.known(), Book(), OPTIONS)
    return sorted(need.row.id for need in [*found.everything, *found.scores])


# -- parts ------------------------------------------------------------------------------------------------------


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def shortened(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0" * 64)


def zeroed(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


def middle_zeroed(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:64] + b"\0" * 256 + content[320:])


def flipped(path: Path, at: float) -> None:
    content = bytearray(path.read_bytes())
    content[int(len(content) * at)] ^= 4
    path.write_bytes(content)


def no_parquet(path: Path) -> None:
    path.write_text("id,status\na.wav,ok\n", encoding="utf-8")


def seal_overwritten(path: Path) -> None:
    """The footer is broken where the seal stands, so the file looks like one without."""
    content = bytearray(path.read_bytes())
    at = content.rfind(KEY.encode("ascii"))
    content[at - 8 : at + 8] = b"\xff" * 16
    path.write_bytes(content)


def foreign(path: Path) -> None:
    path.unlink()
    write_parquet(path, [{"x": 1}], {"x": "INTEGER"}, per_group=10)


def of_the_other_kind(path: Path) -> None:
    kind = CALLS if RESULTS.parts[0] in path.parts[-3:] else RESULTS
    shutil.copyfile(path.parents[2] / kind / path.name, path)


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nothing")


def removed(path: Path) -> None:
    path.unlink()


DAMAGES: Mapping[str, Callable[[Path], None]] = {
    "empty": emptied,
    "cut off in the middle": cut,
    "without its last byte": shortened,
    "with zeros behind it": lengthened,
    "zeros": zeroed,
    "zeros in the middle": middle_zeroed,
    "a bit flipped in a page": partial(flipped, at=0.2),
    "a bit flipped in a later page": partial(flipped, at=0.4),
    "a bit flipped in the footer": partial(flipped, at=0.9),
    "no Parquet": no_parquet,
    "Parquet from elsewhere": foreign,
    "a part of the other kind": of_the_other_kind,
    "a link to nothing": linked,
    "gone": removed,
}


def is_recovered(kind: Path, damage: Callable[[Path], None], place: Path) -> None:
    """Commands go on, say which calls are to be done again, and exactly these the next run does."""
    run = laid_out(place)
    part = sorted((run / kind).glob("*.parquet"))[HIT]
    damage(part)
    checked = said("batch", "check", run, "--ui", "en")
    asked = fine("query", run, "SELECT (SELECT count(*) FROM calls), count(*) FROM results", "--ui", "en")
    assert left(run) == ["a.wav", "b.wav"]
    assert asked.out.splitlines()[1].startswith("2,")
    if damage not in (removed, linked):
        assert checked.code == 1
        assert "a.wav, b.wav" in checked.out
        assert "a.wav, b.wav" in asked.err
        assert (run / DAMAGED / kind / part.name).exists()
        rows = ParquetStore(run).rows()
        ParquetStore(run).append([record(row) for row in rows[:2]], position=0)
        assert left(run) == []


def recoveries() -> dict[str, Callable[[Path], None]]:
    """Damaged parts by name: `damaged_parts_recovered` counts those whose calls alone are done again."""
    found: dict[str, Callable[[Path], None]] = {}
    for kind in (RESULTS, CALLS):
        for name, damage in DAMAGES.items():
            found[f"{kind.parts[0]}, {name}"] = partial(is_recovered, kind, damage)
    return found


# -- the other files of a run -----------------------------------------------------------------------------------

OF_THE_LIST = (
    "empty",
    "cut off in the middle",
    "zeros",
    "a bit flipped in a page",
    "no Parquet",
    "Parquet from elsewhere",
)


def list_is_said(damage: Callable[[Path], None], place: Path) -> None:
    """Without its list a run is still read; to go on it has to be told its calls again."""
    run = laid_out(place)
    damage(run / "manifest.parquet")
    fine("batch", "status", run, "--ui", "en", says="name the folders or lists again")
    fine("export", run, "--to", place / "x.csv")
    refused("batch", "run", "--out", run, "--model", "none", says="no calls are listed", codes=(2,))


STATES: Mapping[str, bytes] = {
    "empty": b"",
    "cut off": b'{"settings": {"mod',
    "zeros": b"\0" * 100,
    "a list": b"[1, 2]",
    "no UTF-8": b'{"scorecard": "\xff\xfe"}',
    "very deep": b'{"settings": ' + b'{"a": ' * 50_000 + b"1" + b"}" * 50_001,
    "settings there are none of": b'{"settings": {"nothing": 1}}',
    "a layout there is none of": b'{"layout": {"workers": "many"}}',
}
MARKS: Mapping[str, bytes] = {
    "empty": b"",
    "cut off": b'{"key": "00',
    "a key that is none": b'{"key": "zz", "marks": []}',
    "a list": b"[]",
}
LOGS: Mapping[str, bytes] = {
    "a line cut off": b'{"event":"plan"}\n{"event":"fai',
    "zeros": b"\0" * 50,
    "no UTF-8": b'{"event":"\xff\xfe"}\n',
}


def state_is_named(content: bytes, place: Path) -> None:
    run = laid_out(place)
    (run / "run.json").write_bytes(content)
    fine("batch", "status", run)
    refused("batch", "run", "--out", run, "--model", "none", says="run.json", codes=(2,))
    assert said("batch", "check", run).code in (0, 1)


def marks_are_named(content: bytes, place: Path) -> None:
    run = laid_out(place)
    (run / "forgotten.json").write_bytes(content)
    fine("batch", "status", run)
    refused("batch", "plan", "--out", run, says="forgotten.json", codes=(2,))
    refused("batch", "forget", run, "--call", "a.wav", says="forgotten.json", codes=(2,))


def log_goes_on(content: bytes, place: Path) -> None:
    """What cannot be read hinders nobody, and forgetting leaves no line that may name the call."""
    run = laid_out(place)
    (run / "run.log").write_bytes(content + b'{"id":"a.wav","ev')
    fine("batch", "status", run)
    fine("batch", "forget", run, "--call", "a.wav")
    assert b"a.wav" not in (run / "run.log").read_bytes()


SCHEMAS = ("results/schema=2", "calls/schema=9", "results/schema=0", "results/schema=new")


def schema_is_named(folder: str, place: Path) -> None:
    run = laid_out(place)
    (run / folder).mkdir()
    refused("batch", "status", run, says=folder, codes=(2,))
    refused("batch", "plan", template() / "rec", "--out", run, says=folder, codes=(2,))


def victim_of(place: Path) -> Path:
    """A file that is none of the run's business."""
    path = place / "victim.txt"
    path.write_text("keep me", encoding="utf-8")
    return path


def lock_as_link(place: Path) -> None:
    run, victim = laid_out(place), victim_of(place)
    (run / "lock").unlink(missing_ok=True)
    (run / "lock").symlink_to(victim)
    refused("batch", "compact", run, says="lock", codes=(2,))
    assert victim.read_text(encoding="utf-8") == "keep me"


def lock_as_pipe(place: Path) -> None:
    run = laid_out(place)
    (run / "lock").unlink(missing_ok=True)
    os.mkfifo(run / "lock")
    refused("batch", "compact", run, says="lock", codes=(2,))


def lock_as_folder(place: Path) -> None:
    run = laid_out(place)
    (run / "lock").unlink(missing_ok=True)
    (run / "lock").mkdir()
    refused("batch", "compact", run, says="lock", codes=(2,))


def summary_as_link(place: Path) -> None:
    run, victim = laid_out(place), victim_of(place)
    (run / "summary.txt").symlink_to(victim)
    (run / "manifest.parquet").replace(place / "kept")
    (run / "manifest.parquet").symlink_to(victim)
    said("batch", "forget", run, "--call", "a.wav")
    assert victim.read_text(encoding="utf-8") == "keep me"


def card_changed(place: Path) -> None:
    run = laid_out(place)
    path = run / "scorecards" / f"{'0' * 64}.yaml"
    path.parent.mkdir()
    path.write_text("id: x\nversion: 1\n", encoding="utf-8")
    told = said("batch", "check", run, "--ui", "en", codes=(1,))
    assert "changed since it was kept" in told.out


def everything_goes_on(place: Path) -> None:
    """All that reads a run reads the rest of it."""
    run = laid_out(place)
    cut(sorted((run / CALLS).glob("*.parquet"))[0])
    fine("batch", "status", run, "--ui", "en")
    fine("export", run, "--to", place / "x.csv")
    fine("score", run, "--out", place / "pages", "--scorecard", "quality-only")
    fine("batch", "compact", run)
    assert left(run) == ["a.wav", "b.wav"]


def no_run(place: Path) -> None:
    (place / "run").mkdir()
    refused("batch", "status", place / "run", says="not the folder of a batch run", codes=(2,))
    refused("query", place / "run", "SELECT 1", says="not the folder of a batch run", codes=(2,))
    refused("batch", "check", place / "run", says="not the folder of a batch run", codes=(2,))


def nothing_stored(place: Path) -> None:
    (place / "run" / "results").mkdir(parents=True)
    fine("query", place / "run", "SELECT count(*) FROM results", says="0")
    fine("batch", "status", place / "run")
    fine("batch", "check", place / "run")


OTHERS: Mapping[str, Callable[[Path], None]] = {
    "a lock that is a link": lock_as_link,
    "a lock that is a pipe": lock_as_pipe,
    "a lock that is a folder": lock_as_folder,
    "files that are links": summary_as_link,
    "a scorecard that was changed": card_changed,
    "a damaged part, whatever is asked": everything_goes_on,
    "no run": no_run,
    "a run of nothing": nothing_stored,
}

CASES = (
    *[Case("damaged parts", name, attack) for name, attack in recoveries().items()],
    *[Case("damaged list", name, partial(list_is_said, DAMAGES[name])) for name in OF_THE_LIST],
    Case("damaged list", "the seal overwritten", partial(list_is_said, seal_overwritten)),
    *[Case("damaged run.json", name, partial(state_is_named, content)) for name, content in STATES.items()],
    *[Case("damaged forgotten.json", name, partial(marks_are_named, content)) for name, content in MARKS.items()],
    *[Case("damaged run.log", name, partial(log_goes_on, content)) for name, content in LOGS.items()],
    *[Case("schema", name, partial(schema_is_named, name)) for name in SCHEMAS],
    *[Case("files of a run", name, attack) for name, attack in OTHERS.items()],
)
