"""What a store promises, held against both of them; and what Parquet adds."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Call
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.scores import CallFailure
from qa_speech.store.base import Compacted, Result, Store, calls_of
from qa_speech.store.folder import CALLS, MANIFEST, PARTITION, RESULTS, is_run
from qa_speech.store.forget import forget, undated
from qa_speech.store.parquet import ParquetStore, open_run
from qa_speech.store.records import COLUMNS, Record, Source, record_of
from qa_speech.store.sql import MANIFEST_COLUMNS, connect, first, write_parquet
from qa_speech.store.summary import as_lines
from qa_speech.testing import FakeStore, make_call

SAID = ("agent: 您好，工号一零零一，很高兴为您服务", "customer: 我想查一下话费", "agent: 好的，请稍等")
BEFORE = Path(__file__).parent / "before" / "run"
EARLY, LATE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2026, 1, 2, tzinfo=dt.UTC)


@pytest.fixture(params=[ParquetStore, FakeStore])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made: Store = request.param(tmp_path)
    return made


@pytest.fixture
def real(tmp_path: Path) -> ParquetStore:
    return ParquetStore(tmp_path)


def call(call_id: str, *, agent: str = "7") -> Call:
    return make_call(*SAID, call_id=call_id, duration=40, metadata={"agent": agent})


def hotline() -> Scorecard:
    return load_scorecard(folder("scorecards") / "telecom-hotline.yaml")


def record(call_id: str, card: Scorecard | None = None, **columns: Any) -> Record:
    made = record_of(report(call(call_id), card))
    return Record(msgspec.structs.replace(made.row, **columns), made.call)


def keep(store: Store, *ids: str, now: dt.datetime | None = None, **columns: Any) -> str:
    return store.append([record(name, **columns) for name in ids], now=now)


def failure(call_id: str) -> Record:
    return record_of(CallFailure(call_id, f"/p/{call_id}.wav", "DecodeError", f"{call_id} is no audio"))


def ask(store: Store, question: str) -> list[tuple[Any, ...]]:
    return list(store.query(question).rows)


# -- both stores ------------------------------------------------------------------------------------------------


def test_calls_come_back_as_they_were_in_the_order_of_the_rows_of_work(store: Store) -> None:
    keep(store, "b", "a")
    keep(store, "c")
    store.keep_rows([Row(name, "", metadata={"agent": "7"}) for name in ("c", "a", "b")])

    calls = list(calls_of(store))

    assert [one.id for one in calls] == ["c", "a", "b"]
    assert calls[1] == call("a")


def test_metadata_is_that_of_the_row_not_that_of_the_day_of_transcription(store: Store) -> None:
    keep(store, "a")
    metadata = {"agent": "8", "team": "乙", "status": "vip"}
    store.keep_rows([Row("a", "/new/a.wav", metadata=metadata)])

    found = next(calls_of(store))
    (result,) = store.results()

    assert dict(found.recording.metadata) == metadata
    assert found.recording.path == "/new/a.wav"
    assert (dict(result.metadata), result.position) == (metadata, 0)
    assert ask(store, "SELECT agent, team, meta_status, status FROM results") == [("8", "乙", "vip", "ok")]


def test_the_outcome_that_was_stored_last_wins_whatever_the_clock_said(store: Store) -> None:
    keep(store, "a", "b", now=LATE, input_key="old")
    keep(store, "a", now=EARLY, input_key="new")

    assert {name: known.input_key for name, known in store.known().items()} == {"a": "new", "b": "old"}
    assert sorted(one.id for one in calls_of(store)) == ["a", "b"]
    assert sorted(result.row.id for result in store.results()) == ["a", "b"]
    store.compact()
    assert {name: known.input_key for name, known in store.known().items()} == {"a": "new", "b": "old"}


def test_work_done_twice_is_stored_once(store: Store) -> None:
    one = keep(store, "a", "b", input_key="k")
    two = keep(store, "b", "a", input_key="k")
    other = keep(store, "a", "b", input_key="changed")

    assert one == two
    assert other != one
    assert ask(store, "SELECT count(*) FROM history") == [(4,)]
    assert ask(store, "SELECT count(*) FROM results") == [(2,)]


def test_a_row_comes_back_as_it_was(store: Store) -> None:
    source = Source("/p/a.wav", 2**40, 1_700_000_000_123_456_789, "input", "score")
    made = record("a", hotline(), prepare_s=0.25, warnings=("clipped",)).of(source)
    store.append([made, failure("x")], now=EARLY)

    found = {result.row.id: result.row for result in store.results()}

    stamp = EARLY.replace(tzinfo=None)
    fine, failed = found["a"], found["x"]
    assert msgspec.structs.replace(fine, figures={}) == msgspec.structs.replace(
        made.row, written_at=stamp, sequence=1, figures={}
    )
    assert {name: value for name, value in fine.figures.items() if value is not None} == {
        name: value for name, value in made.row.figures.items() if value is not None
    }
    assert (failed.status, failed.error, failed.message, failed.path, failed.total) == (
        "failed", "DecodeError", "x is no audio", "/p/x.wav", None,
    )  # fmt: skip
    assert [one.id for one in calls_of(store)] == ["a"]


def test_a_stored_call_tells_how_it_came_about(store: Store) -> None:
    source = Source("/p/a.wav", 7, 9, "input", "score")
    keep_it = record("a", hotline(), share_key="s", prepare_s=0.5, copied_from="z").of(source)
    store.append([keep_it])
    keep(store, "b", "c")

    (stored,) = store.calls(["a"])

    assert (stored.id, stored.text, stored.source) == ("a", keep_it.call, source)
    assert stored.scorecard_sha256 == hotline().sha256
    assert (stored.kept.share_key, stored.kept.prepare_s, stored.kept.copied_from) == ("s", 0.5, "z")
    assert stored.kept.call_sha256 == keep_it.row.call_sha256
    assert [one.id for one in store.calls()] == ["a", "b", "c"]
    assert list(store.calls([])) == []


def test_a_call_scored_again_keeps_the_words_it_has(store: Store) -> None:
    first_time = record("a")
    store.append([first_time], now=EARLY)
    store.append([Record(msgspec.structs.replace(first_time.row, scorecard="other"))], now=LATE)

    assert list(calls_of(store)) == [call("a")]
    assert [result.row.scorecard for result in store.results()] == ["other"]


def test_results_hold_no_word_that_was_said(store: Store) -> None:
    store.append([record("a", hotline())])

    values = repr(ask(store, "SELECT * FROM results")) + repr(list(store.results()))

    assert "greeting" in values
    assert not any(word in values for word in ("很高兴", "查一下话费", "请稍等"))


def test_figures_are_columns_named_as_in_scorecards(store: Store) -> None:
    keep(store, "a")
    measured = report(call("a")).measurements
    silence = measured["silence"]

    assert ask(store, "SELECT silence, silence_longest_s, talk_agent FROM results") == [
        (silence.value, silence.components["longest_s"], measured["talk:agent"].value)
    ]


def test_a_store_of_nothing_answers_all_the_same(store: Store) -> None:
    figures = store.figures()

    assert (list(store.results()), list(store.calls()), store.known(), store.rows()) == ([], [], {}, [])
    assert ask(store, "SELECT id, total, position FROM results") == []
    assert (figures.stored, figures.rows, figures.mean_total, figures.pass_rate) == (0, 0, None, None)
    assert store.compact().after == 0


def test_what_cannot_be_asked_is_said(store: Store) -> None:
    keep(store, "a")

    with pytest.raises(ConfigError, match="nothing"):
        store.query("SELECT nothing FROM results")


def test_one_at_a_time_works_on_a_run(store: Store) -> None:
    with store.locked(), pytest.raises(ConfigError, match="another process"), store.locked():
        pass
    with store.locked():
        pass


def test_figures_count_what_is_stored(store: Store) -> None:
    fill(store)

    figures = store.figures()

    assert (figures.stored, figures.ok, figures.failed, figures.rows, figures.left) == (6, 4, 2, 7, 1)
    assert (figures.scored, figures.mean_total, figures.min_total) == (3, pytest.approx(70.0), 50.0)
    assert (figures.passed, figures.judged, figures.pass_rate) == (2, 3, pytest.approx(2 / 3))
    assert dict(figures.bands) == {"优": 1, "良": 1, "差": 1}
    assert list(figures.bands) == ["优", "良", "差"]
    assert dict(figures.no_total) == {"too_short": 1}
    assert figures.copies == 1
    (errors,) = figures.errors
    assert (errors.error, errors.count, errors.example, errors.message) == ("DecodeError", 2, "x", "x is no audio")
    assert figures.audio_h == pytest.approx(4 * 40 / 3600)


def test_both_stores_come_to_the_same_figures(tmp_path: Path) -> None:
    one, other = ParquetStore(tmp_path / "one"), FakeStore(tmp_path / "other")
    for each in (one, other):
        fill(each)

    ours, theirs = one.figures(), other.figures()

    assert ours.criteria
    assert msgspec.structs.replace(ours, mean_total=None, audio_h=0.0) == msgspec.structs.replace(
        theirs, mean_total=None, audio_h=0.0
    )


def fill(store: Store) -> None:
    """Four calls, three of them with a total; two failures; one row of work that is not done."""
    totals = {"a": (90.0, "优", True), "b": (70.0, "良", True), "c": (50.0, "差", False)}
    for name, (total, band, passed) in totals.items():
        store.append([record(name, hotline(), total=total, band=band, passed=passed, reason="", scorable=True)])
    short = {"total": None, "band": "", "passed": None, "reason": "too_short", "copied_from": "a"}
    store.append([record("d", hotline(), **short), failure("x"), failure("y")])
    store.keep_rows([Row(name, f"/p/{name}.wav") for name in "abcdxyz"])


def test_forgotten_calls_leave_nothing_behind(store: Store) -> None:
    keep(store, "a", "b")
    store.append([record("c", copied_from="a")])
    store.keep_rows([Row(name, f"/p/{name}.wav", metadata={"agent": "7"}) for name in "abc"])

    store.forget({"a": "forgotten-1"})

    assert store.known().keys() == {"b", "c"}
    assert [row.id for row in store.rows()] == ["b", "c"]
    assert [one.id for one in store.calls()] == ["b", "c"]
    assert [result.row.copied_from for result in store.results()] == [None, None]
    assert ask(store, "SELECT count(*) FROM history") == [(2,)]


def test_scores_can_stay_under_a_mark_that_is_no_name(store: Store) -> None:
    source = Source("/p/a.wav", 7, 9, "input", "score")
    store.append([record("a", hotline()).of(source), failure("x")])
    metadata = {"agent": "7", "caller": "13800001111", "started_at": "2026-03-01T09:30:07"}
    store.keep_rows([Row("a", "/p/a.wav", metadata=metadata), Row("x", "/p/x.wav")])

    store.forget({"a": "forgotten-1", "x": "forgotten-2"}, keep_scores=True)

    (kept,) = store.results()
    assert (kept.row.id, kept.row.status, kept.row.utterances) == ("forgotten-1", "forgotten", 3)
    assert (kept.row.path, kept.row.input_key, kept.row.audio_sha256, kept.row.call_sha256) == (None, None, None, None)
    assert dict(kept.metadata) == {"agent": "7", "started_at": "2026-03-01"}
    assert kept.row.criteria
    assert list(store.calls()) == []
    assert store.figures().forgotten == 1


def test_compacting_changes_no_answer(store: Store) -> None:
    keep(store, "a", "b", now=EARLY)
    keep(store, "b", "c", now=LATE, input_key="new")
    known, calls, results = store.known(), list(store.calls()), list(store.results())

    assert store.compact(above=2).before == store.compact(above=2).after
    parts = store.compact()

    assert parts.after < parts.before
    assert (store.known(), list(store.calls()), list(store.results())) == (known, calls, results)
    assert ask(store, "SELECT count(*) FROM history") == [(3,)]


# -- Parquet ----------------------------------------------------------------------------------------------------


def test_a_full_disk_leaves_nothing_half_written(real: ParquetStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("qa_speech.files.os.replace", full)
        with pytest.raises(OSError, match="No space left"):
            keep(real, "a")

    assert [path for path in real.place.rglob("*") if path.is_file()] == []
    assert real.known() == {}


def test_what_a_killed_process_left_half_written_is_tidied_away(real: ParquetStore) -> None:
    name = keep(real, "a")
    real.keep_rows([Row("a", "/p/a.wav")])
    half = [real.place / RESULTS / f".{name}.x7", real.place / f".{MANIFEST}.x8"]
    for path in half:
        path.write_bytes(b"PAR1")

    real.tidy()

    assert not any(path.exists() for path in half)
    assert [one.id for one in calls_of(real)] == ["a"]


def test_calls_without_results_do_not_count(real: ParquetStore) -> None:
    name = keep(real, "a")
    (real.place / RESULTS / name).unlink()

    assert real.known() == {}
    assert list(calls_of(real)) == []


def test_files_are_parquet_whatever_reads_them(real: ParquetStore) -> None:
    name = keep(real, "a")

    for part in (RESULTS, CALLS):
        data = (real.place / part / name).read_bytes()
        assert (data[:4], data[-4:]) == (b"PAR1", b"PAR1")


def test_the_columns_that_are_written_are_those_of_before(real: ParquetStore) -> None:
    keep(real, "a")

    written = columns(real.place)
    known = COLUMNS.index("sequence")
    assert written[:known] == columns(BEFORE)[:known]
    assert written[known] == ("sequence", "BIGINT")
    assert [name for name, _ in written[: len(COLUMNS)]] == list(COLUMNS)
    assert columns(real.place)[-1] == columns(BEFORE)[-1] == (PARTITION, "BIGINT")
    assert {kind for _, kind in columns(real.place)[len(COLUMNS) : -1]} == {"DOUBLE"}


def columns(run: Path) -> list[tuple[str, str]]:
    (part,) = (run / RESULTS).glob("*.parquet")
    with connect(run) as opened:
        found = opened.execute(f"DESCRIBE SELECT * FROM read_parquet('{part}', hive_partitioning=false)").fetchall()
    return [(name, kind) for name, kind, *_ in found]


def test_what_is_no_run_or_newer_than_this_version_is_refused(tmp_path: Path) -> None:
    assert not is_run(tmp_path)
    with pytest.raises(ConfigError, match="not the folder of a batch run"):
        open_run(tmp_path)
    (tmp_path / "results" / "schema=2").mkdir(parents=True)
    with pytest.raises(ConfigError, match="written by a newer qa_speech"):
        open_run(tmp_path)


def test_the_rows_of_work_of_an_earlier_version_are_read(real: ParquetStore) -> None:
    columns = {name: kind for name, kind in MANIFEST_COLUMNS.items() if name != "raw"}
    row = {"position": 0, "id": "a", "path": "a.wav", "bytes": 7, "mtime_ns": 9}
    write_parquet(real.place / MANIFEST, [row], columns, per_group=100)

    assert real.rows() == [Row("a", "a.wav", 7, 9)]


def test_parts_are_put_together_only_above_so_many(real: ParquetStore) -> None:
    for name in "abc":
        keep(real, name)

    assert real.compact(above=3) == Compacted(6, 6)
    assert real.compact(above=2) == Compacted(6, 2)


def test_the_views_of_a_run_can_be_asked_by_any_tool(real: ParquetStore) -> None:
    keep(real, "a")

    with connect(real.place) as opened:
        assert first(opened, "SELECT count(*) FROM stored_calls") == 1


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
names = st.text(st.characters(codec="utf-8", categories=("L", "N")), min_size=1, max_size=8)


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(names.map(str.lower), texts.filter(bool), max_size=4), texts)
def test_any_rows_of_work_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, metadata: dict[str, str], path: str
) -> None:
    rows = [Row("a'\"", path, 7, 9, 2, "t.json", "card", metadata, "alaw:8000:2"), Row("b", "")]

    for kind in (ParquetStore, FakeStore):
        store = kind(tmp_path_factory.mktemp("run"))
        store.keep_rows(rows)
        assert store.rows() == rows


def test_no_metric_hides_a_column_of_the_store() -> None:
    row = record("a").row

    assert not set(row.figures) & set(COLUMNS)
    assert row.words == sum(len(utterance.words) for utterance in call("a").utterances)


def test_results_are_given_one_by_one(real: ParquetStore) -> None:
    keep(real, "a", "b")

    results = real.results()

    assert isinstance(results, Iterator)
    assert isinstance(next(results), Result)


def test_the_figures_of_a_run_are_said_for_a_terminal_in_both_languages(store: Store) -> None:
    fill(store)
    figures = store.figures()

    english = as_lines(figures, store.place, "en").splitlines()
    chinese = as_lines(figures, store.place, "zh").splitlines()

    assert "7 calls listed: 4 done, 2 failed, 1 to do" in english
    assert "3 calls with a total: mean 70.0 points, lowest 50.0, 66.7% passed" in english
    assert "  the recording cannot be decoded (DecodeError): 2, e.g. x: x is no audio" in english
    assert "登记 7 通：完成 4，失败 2，未处理 1" in chinese
    assert "有总分 3 通：平均 70.0 分，最低 50.0 分，合格率 66.7%" in chinese
    assert "等级  优 1 · 良 1 · 差 1" in chinese
    assert "没有总分 1 通：通话过短 1" in chinese


def test_totals_of_a_card_without_pass_mark_or_bands_are_said_alone(store: Store) -> None:
    store.append([record("a", hotline(), total=90.0, band="", passed=None, reason="", scorable=True)])

    said = as_lines(store.figures(), store.place, "zh")

    assert "有总分 1 通：平均 90.0 分，最低 90.0 分\n" in said
    assert "等级" not in said


def test_forgetting_by_day_names_the_calls_whose_day_nobody_told_and_leaves_them(store: Store) -> None:
    keep(store, "a", "b", "c", "d")
    recorded = round(dt.datetime(2026, 1, 5, 12).timestamp() * 1e9)
    store.keep_rows(
        [
            Row("a", "/p/a.wav", mtime_ns=recorded),
            Row("b", "/p/b.wav", mtime_ns=recorded, metadata={"started_at": "昨天"}),
            Row("c", "/p/c.wav", mtime_ns=recorded, metadata={"started_at": "2026-01-07"}),
            Row("d", "/p/d.wav", metadata={"started_at": "20260105093000"}),
        ]
    )

    counts = [forget(store, before=dt.date(2026, 1, day)) for day in (5, 6)]

    assert counts == [0, 1]
    assert [row.id for row in store.rows()] == ["a", "b", "c"]
    assert undated(store) == ["a", "b"]
