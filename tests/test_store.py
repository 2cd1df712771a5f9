import datetime as dt
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Call, CallFailure
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.store import parquet as store
from qa_speech.store.records import FIXED, entry
from qa_speech.testing import make_call

SAID = ("agent: 您好，工号一零零一，很高兴为您服务", "customer: 我想查一下话费", "agent: 好的，请稍等")


def call(call_id: str, *, agent: str = "7") -> Call:
    return make_call(*SAID, call_id=call_id, duration=40, metadata={"agent": agent})


def stored(run: Path, *ids: str, now: dt.datetime | None = None, **fields: object) -> str:
    entries = [entry(report(call(name))) for name in ids]
    return store.write_part(
        run, [msgspec.structs.replace(item, row={**item.row, **fields}) for item in entries], now=now
    )


def test_calls_come_back_as_they_were_in_the_order_of_the_manifest(tmp_path: Path) -> None:
    stored(tmp_path, "b", "a")
    stored(tmp_path, "c")
    store.write_manifest(tmp_path, [Row(name, "", metadata={"agent": "7"}) for name in ("c", "a", "b")])

    calls = list(store.read_calls(tmp_path))

    assert [item.id for item in calls] == ["c", "a", "b"]
    assert calls[1] == call("a")


def test_metadata_is_that_of_the_manifest_not_that_of_the_day_of_transcription(tmp_path: Path) -> None:
    stored(tmp_path, "a")
    store.write_manifest(tmp_path, [Row("a", "/new/a.wav", metadata={"agent": "8", "team": "乙", "status": "vip"})])

    found = next(store.read_calls(tmp_path))
    with store.connect(tmp_path) as engine:
        row = engine.execute("SELECT agent, team, meta_status, status FROM results").fetchone()

    assert dict(found.recording.metadata) == {"agent": "8", "team": "乙", "status": "vip"}
    assert found.recording.path == "/new/a.wav"
    assert row == ("8", "乙", "vip", "ok")


def test_the_newest_outcome_of_an_id_wins(tmp_path: Path) -> None:
    first, later = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    stored(tmp_path, "a", "b", now=later, input_key="new")
    stored(tmp_path, "a", now=first, input_key="old")

    known = store.known(tmp_path)

    assert {name: item.input_key for name, item in known.items()} == {"a": "new", "b": "new"}
    assert sorted(item.id for item in store.read_calls(tmp_path)) == ["a", "b"]


def test_work_done_twice_is_stored_once(tmp_path: Path) -> None:
    one = stored(tmp_path, "a", "b", input_key="k")
    two = stored(tmp_path, "b", "a", input_key="k")
    other = stored(tmp_path, "a", "b", input_key="changed")

    assert one == two
    assert other != one
    with store.connect(tmp_path) as engine:
        assert store.first(engine, "SELECT count(*) FROM history") == 4
        assert store.first(engine, "SELECT count(*) FROM results") == 2


def test_a_full_disk_leaves_nothing_half_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("qa_speech.store.parquet.os.replace", full)
        with pytest.raises(OSError, match="No space left"):
            stored(tmp_path, "a")

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    assert store.known(tmp_path) == {}


def test_calls_without_results_do_not_count(tmp_path: Path) -> None:
    name = stored(tmp_path, "a")
    (tmp_path / store.RESULTS / name).unlink()

    assert store.known(tmp_path) == {}
    assert list(store.read_calls_of(tmp_path)) == []


def test_results_hold_no_word_that_was_said(tmp_path: Path) -> None:
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    store.write_part(tmp_path, [entry(report(call("a"), card))])

    with store.connect(tmp_path) as engine:
        values = repr(engine.execute("SELECT * FROM results").fetchall())

    assert "greeting" in values
    assert not any(word in values for word in ("很高兴", "查一下话费", "请稍等"))


def test_a_failure_is_a_row_with_class_and_cause(tmp_path: Path) -> None:
    store.write_part(tmp_path, [entry(CallFailure("x", "/p/x.wav", "DecodeError", "not audio"))])

    with store.connect(tmp_path) as engine:
        row = engine.execute("SELECT id, status, error, message, path, total FROM results").fetchone()

    assert row == ("x", "failed", "DecodeError", "not audio", "/p/x.wav", None)
    assert list(store.read_calls_of(tmp_path)) == []


def test_figures_are_columns_named_as_in_scorecards(tmp_path: Path) -> None:
    stored(tmp_path, "a")
    measured = report(call("a")).measurements

    with store.connect(tmp_path) as engine:
        row = engine.execute("SELECT silence, silence_longest_s, talk_agent FROM results").fetchone()

    silence = measured["silence"]
    assert row == (silence.value, silence.components["longest_s"], measured["talk:agent"].value)


def test_files_are_parquet_whatever_reads_them(tmp_path: Path) -> None:
    name = stored(tmp_path, "a")

    for part in (store.RESULTS, store.CALLS):
        data = (tmp_path / part / name).read_bytes()
        assert (data[:4], data[-4:]) == (b"PAR1", b"PAR1")


def test_an_empty_run_has_all_views(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()

    with store.connect(tmp_path) as engine:
        assert engine.execute("SELECT id, total, position FROM results").fetchall() == []
    assert list(store.read_calls(tmp_path)) == []


def test_what_is_no_run_or_newer_than_this_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not the folder of a batch run"):
        store.require_run(tmp_path)
    (tmp_path / "results" / "schema=2").mkdir(parents=True)
    with pytest.raises(ConfigError, match="written by a newer qa_speech"):
        store.require_run(tmp_path)


def test_the_manifest_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    columns = {name: kind for name, kind in store.ROW_COLUMNS.items() if name != "raw"}
    row = {"position": 0, "id": "a", "path": "a.wav", "bytes": 7, "mtime_ns": 9}
    store.write_parquet(tmp_path / store.MANIFEST, [row], columns, per_group=100)

    assert store.read_manifest(tmp_path) == [Row("a", "a.wav", 7, 9)]


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
names = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(names.map(str.lower), texts.filter(bool), max_size=4), texts)
def test_any_manifest_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, str], path: str
) -> None:
    run = tmp_path_factory.mktemp("run")
    rows = [Row("a'\"", path, 7, 9, 2, "t.json", "card", metadata, "alaw:8000:2"), Row("b", "")]

    store.write_manifest(run, rows)

    assert store.read_manifest(run) == rows


def test_no_metric_hides_a_column_of_the_store() -> None:
    row = entry(report(call("a"))).row

    assert set(row) & set(FIXED) >= {"id", "status", "words"}
    assert row["words"] == sum(len(item.words) for item in call("a").utterances)
