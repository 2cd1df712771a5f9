"""The runner with the pipeline in this process and a recogniser that says 嗯."""

import datetime as dt
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import soundfile

from qa_speech.batch.cards import Book
from qa_speech.batch.plan import plan
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import find_rows
from qa_speech.settings import ScorecardRule, Settings, load_settings
from qa_speech.store.base import calls_of
from qa_speech.store.folder import CALLS, locked
from qa_speech.store.parquet import ParquetStore
from qa_speech.testing import FakeStore
from tests.batch_kit import NOW, Fake, go, make_calls, speech


@pytest.fixture
def place(tmp_path: Path) -> Path:
    make_calls(tmp_path / "rec", 3)
    return tmp_path / "rec"


def results(run: Path, columns: str = "id, status, error") -> list[tuple[Any, ...]]:
    return list(ParquetStore(run).query(f"SELECT {columns} FROM results ORDER BY position").rows)


def test_every_row_has_one_outcome_and_is_not_done_again(place: Path, tmp_path: Path) -> None:
    (place / "c00001x.wav").write_bytes(b"not a recording")
    started: list[str] = []

    first = go(place, tmp_path / "run", fake=Fake(), started=started)
    again = go(place, tmp_path / "run", fake=Fake(), started=started)

    assert (first.ok, first.failed, first.left) == (3, 1, 0)
    assert first.errors == {"DecodeError": 1}
    assert (again.todo, again.ok, again.failed) == (0, 0, 0)
    assert results(tmp_path / "run") == [
        ("c00000.wav", "ok", None), ("c00001.wav", "ok", None),
        ("c00001x.wav", "failed", "DecodeError"), ("c00002.wav", "ok", None),
    ]  # fmt: skip
    assert len(started) == 4
    assert len(list(calls_of(ParquetStore(tmp_path / "run")))) == 3


def test_the_runner_needs_no_more_of_a_store_than_its_protocol(place: Path, tmp_path: Path) -> None:
    (place / "c00001x.wav").write_bytes(b"not a recording")
    shutil.copy(place / "c00000.wav", place / "copy.wav")
    started: list[str] = []
    (tmp_path / "fake").mkdir()
    fake, real = FakeStore(tmp_path / "fake"), ParquetStore(tmp_path / "real")

    session = go(place, fake, fake=Fake(), card="quality-only", started=started)
    again = go(place, fake, fake=Fake(), card="quality-only", started=started)
    scored = go(place, fake, fake=Fake(), card="complaint")
    go(place, real.place, fake=Fake(), card="quality-only")
    go(place, real.place, fake=Fake(), card="complaint")

    assert (session.ok, session.failed, again.todo) == (4, 1, 0)
    assert (scored.todo, scored.scores, scored.ok) == (0, 4, 4)
    assert list(calls_of(fake)) == list(calls_of(real))
    ours, theirs = fake.figures(), real.figures()
    assert (ours.ok, ours.failed, ours.copies, ours.errors) == (theirs.ok, theirs.failed, theirs.copies, theirs.errors)
    assert (tmp_path / "fake" / "summary.txt").is_file()


def test_failed_rows_are_done_again_only_on_retry(place: Path, tmp_path: Path) -> None:
    broken = place / "c00003.wav"
    broken.write_bytes(b"x" * 100)
    go(place, tmp_path / "run")
    stat = broken.stat()

    retried = go(place, tmp_path / "run", retry=True)

    assert (retried.todo, retried.failed) == (1, 1)
    assert stat.st_mtime_ns == broken.stat().st_mtime_ns
    assert [row[1] for row in results(tmp_path / "run")] == ["ok", "ok", "ok", "failed"]


def test_what_changes_a_call_makes_it_be_done_again(place: Path, tmp_path: Path) -> None:
    go(place, tmp_path / "run")
    os.utime(place / "c00001.wav", (1, 1))
    os.truncate(place / "c00002.wav", 20_044)
    started: list[str] = []

    touched = go(place, tmp_path / "run", started=started)
    other = Settings.model_validate({**NOW.model_dump(), "speech": {"threshold": 0.6, "pitch": False}})
    everything = go(place, tmp_path / "run", settings=other)

    assert touched.todo == 2  # the first is the same inside, so its Call is taken over
    assert everything.todo == 3
    assert [row[0] for row in results(tmp_path / "run")] == ["c00000.wav", "c00001.wav", "c00002.wav"]


def test_another_scorecard_or_other_metadata_mean_scoring_only(place: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    go(place, run, fake=Fake(), card="telecom-hotline")
    before = results(run, "call_sha256, prepare_s, audio_sha256")

    session = go(place, run, fake=Fake(), card="complaint")
    manifest = place / "m.csv"
    manifest.write_text("path,agent\n" + "".join(f"c0000{i}.wav,7\n" for i in range(3)), encoding="utf-8")
    moved = go(place, run, fake=Fake(), card="complaint", rows=find_rows([manifest]))

    assert (session.todo, session.scores, session.ok) == (0, 3, 3)
    assert (moved.todo, moved.scores) == (0, 3)
    assert {row[0] for row in results(run, "scorecard")} == {"complaint"}
    assert {row[0] for row in results(run, "agent")} == {"7"}
    assert results(run, "call_sha256, prepare_s, audio_sha256") == before
    assert len(list((run / CALLS).iterdir())) == 1


def test_equal_recordings_are_recognised_once(place: Path, tmp_path: Path) -> None:
    shutil.copy(place / "c00000.wav", place / "copy.wav")
    started: list[str] = []
    run = tmp_path / "run"

    session = go(place, run, fake=Fake(), started=started)
    shutil.copy(place / "c00001.wav", place / "later.wav")
    go(place, run, fake=Fake(), started=started)

    assert (session.ok, started) == (4, ["c00000.wav", "c00001.wav", "c00002.wav", "copy.wav", "later.wav"])
    assert results(run, "id, copied_from")[3:] == [("copy.wav", "c00000.wav"), ("later.wav", "c00001.wav")]
    one, *_, copy, _ = calls_of(ParquetStore(run))
    assert copy.utterances == one.utterances
    assert (copy.id, copy.recording.path) == ("copy.wav", str(place / "copy.wav"))
    assert results(run, "prepare_s > 0, copied_from")[3:] == [(True, "c00000.wav"), (True, "c00001.wav")]


def test_twins_of_a_failed_recording_fail_alike(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / "rec").mkdir(exist_ok=True)
        (tmp_path / "rec" / name).write_bytes(b"same rubbish")
    started: list[str] = []

    session = go(tmp_path / "rec", tmp_path / "run", started=started)

    assert (session.failed, started) == (2, ["a.wav"])
    assert [row[:2] for row in results(tmp_path / "run")] == [("a.wav", "failed"), ("b.wav", "failed")]


def test_a_growing_recording_waits_and_is_left_in_the_end(place: Path, tmp_path: Path) -> None:
    batch = {"settle_s": 3600, "settle_limit_s": 0, "min_free_disk_gb": 0}
    patient = Settings.model_validate({**NOW.model_dump(), "batch": batch})
    for path in list(place.iterdir())[:2]:
        os.utime(path, (1, 1))

    session = go(place, tmp_path / "run", settings=patient)

    assert (session.ok, session.left) == (2, 1)
    assert len(results(tmp_path / "run")) == 2


def test_a_recording_that_changes_while_it_is_worked_on_has_no_outcome_yet(place: Path, tmp_path: Path) -> None:
    started: list[str] = []

    class Growing(list[str]):
        def append(self, name: str) -> None:
            super().append(name)
            if name == "c00001.wav" and self.count(name) == 1:
                with (place / name).open("ab") as file:
                    file.write(b"\0" * 3200)

    started = Growing()
    session = go(place, tmp_path / "run", started=started)

    assert session.ok == 3
    assert started.count("c00001.wav") == 2
    assert results(tmp_path / "run", "bytes")[1] == ((place / "c00001.wav").stat().st_size,)


def test_after_the_time_given_no_call_is_taken(place: Path, tmp_path: Path) -> None:
    session = go(place, tmp_path / "run", until=dt.datetime.now() - dt.timedelta(seconds=1))

    assert (session.stopped, session.ok, session.left) == ("until", 0, 3)
    assert go(place, tmp_path / "run").ok == 3


def test_twenty_failures_alike_in_a_row_end_the_run(tmp_path: Path) -> None:
    place = tmp_path / "rec"
    place.mkdir()
    for number in range(40):
        (place / f"{number:02}.wav").write_bytes(b"rubbish %d" % number)
    quick = Settings.model_validate(
        {**NOW.model_dump(), "batch": {"settle_s": 0, "min_free_disk_gb": 0, "stop_after": 5}}
    )

    session = go(place, tmp_path / "run", settings=quick)

    assert 5 <= session.failed < 10
    assert "in a row" in session.stopped
    assert session.left == 40 - session.failed


def test_the_same_failure_now_and_then_ends_nothing(place: Path, tmp_path: Path) -> None:
    for number in range(3):
        (place / f"c0000{number}x.wav").write_bytes(b"rubbish %d" % number)
    quick = Settings.model_validate(
        {**NOW.model_dump(), "batch": {"settle_s": 0, "min_free_disk_gb": 0, "stop_after": 2}}
    )

    session = go(place, tmp_path / "run", settings=quick)

    assert (session.ok, session.failed, session.stopped) == (3, 3, "")


def test_a_bug_is_a_row_with_its_place_and_without_what_was_said(place: Path, tmp_path: Path) -> None:
    session = go(place, tmp_path / "run", fake=Fake("c00001.wav", "bug"))

    assert (session.ok + session.failed, session.errors) == (3, {"bug": session.failed})
    (message,) = {row[0] for row in results(tmp_path / "run", "message") if row[0]}
    assert "ZeroDivisionError" in message
    assert "batch_kit.py" in message


def test_a_full_disk_stops_before_the_first_call(place: Path, tmp_path: Path) -> None:
    huge = Settings.model_validate({**NOW.model_dump(), "batch": {"settle_s": 0, "min_free_disk_gb": 1e9}})

    with pytest.raises(ConfigError, match="GB free"):
        go(place, tmp_path / "run", settings=huge)


def test_a_disk_that_fills_up_stops_the_run_and_keeps_what_is_stored(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    often = Settings.model_validate(
        {**NOW.model_dump(), "batch": {"settle_s": 0, "min_free_disk_gb": 0, "flush_calls": 1}}
    )
    write, count = ParquetStore.append, 0

    def fills_up(*given: Any, **named: Any) -> str:
        nonlocal count
        count += 1
        if count > 1:
            raise OSError(28, "No space left on device")
        return write(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(ParquetStore, "append", fills_up)
        with pytest.raises(OSError, match="No space left"):
            go(place, tmp_path / "run", settings=often)

    assert len(results(tmp_path / "run")) == 1
    assert go(place, tmp_path / "run", settings=often).ok == 2
    assert len(results(tmp_path / "run")) == 3


def test_ctrl_c_stores_what_is_finished(place: Path, tmp_path: Path) -> None:
    class Impatient(list[str]):
        def append(self, name: str) -> None:
            super().append(name)
            if name == "c00002.wav":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        go(place, tmp_path / "run", started=Impatient())

    assert [row[0] for row in results(tmp_path / "run")] == ["c00000.wav", "c00001.wav"]
    summary = json.loads((tmp_path / "run" / "summary.json").read_text(encoding="utf-8"))
    assert summary["session"]["stopped"] == "interrupted"


def test_only_one_process_works_on_a_run(place: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with locked(tmp_path / "run"), pytest.raises(ConfigError, match="another process"):
        go(place, tmp_path / "run")


def test_rows_are_added_and_replaced_but_never_lost(place: Path, tmp_path: Path) -> None:
    from qa_speech.inputs.rows import Row

    (tmp_path / "run").mkdir()
    store = ParquetStore(tmp_path / "run")
    plan(store, [Row("a", "a.wav"), Row("b", "b.wav")])
    rows = plan(store, [Row("c", "c.wav"), Row("b", "new.wav")])

    assert [(row.id, row.path) for row in rows] == [("a", "a.wav"), ("b", "new.wav"), ("c", "c.wav")]
    assert store.rows() == rows


@pytest.fixture
def two_versions(tmp_path: Path) -> Path:
    from qa_speech.resources import folder

    text = (folder("scorecards") / "telecom-hotline.yaml").read_text(encoding="utf-8")
    (tmp_path / "v1.yaml").write_text(text, encoding="utf-8")
    newer = text.replace("version: 3", "version: 4", 1).replace("from: 2026-01-01", "from: 2026-06-01", 1)
    (tmp_path / "v2.yaml").write_text(newer, encoding="utf-8")
    (tmp_path / "qa_speech.toml").write_text(
        '[[scorecards]]\nfile = "v1.yaml"\nwhen = {queue = ["宽带", "移动"]}\n'
        '[[scorecards]]\nfile = "v2.yaml"\nwhen = {queue = ["宽带", "移动"]}\n'
        '[[scorecards]]\nfile = "complaint"\nwhen = {queue = "投诉"}\n',
        encoding="utf-8",
    )
    return tmp_path


def test_rules_choose_the_scorecard_by_metadata_and_its_version_by_date(two_versions: Path) -> None:
    from qa_speech.inputs.rows import Row

    settings = load_settings(two_versions / "qa_speech.toml")
    book = Book(default="outbound-sales", rules=settings.scorecards)

    def chosen(**metadata: str) -> tuple[str, int] | None:
        card = book.choose(Row("x", "x.wav", metadata=metadata))
        return (card.id, card.version) if card else None

    assert chosen(queue="宽带", started_at="2026-02-01T10:00:00") == ("telecom-hotline", 3)
    assert chosen(queue="移动", started_at="2026-07-01") == ("telecom-hotline", 4)
    assert chosen(queue="投诉") == ("complaint", chosen(queue="投诉")[1])  # type: ignore[index]
    assert chosen(queue="其他") == ("outbound-sales", chosen()[1])  # type: ignore[index]
    own = book.choose(Row("x", "x.wav", scorecard="complaint", metadata={"queue": "宽带"}))
    assert own is not None
    assert own.id == "complaint"


def test_a_scorecard_that_is_not_there_is_known_before_the_first_call(place: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such scorecard"):
        Book(rules=[ScorecardRule(file="none-such")])
    manifest = place / "m.csv"
    manifest.write_text("path,scorecard\nc00000.wav,none-such\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="no such scorecard"):
        go(place, tmp_path / "run", rows=find_rows([manifest]))


def test_the_summary_is_a_screen_of_chinese_and_the_log_names_no_words(place: Path, tmp_path: Path) -> None:
    (place / "x.wav").write_bytes(b"rubbish")
    go(place, tmp_path / "run", fake=Fake(), card="telecom-hotline")

    text = (tmp_path / "run" / "summary.txt").read_text(encoding="utf-8")
    log = (tmp_path / "run" / "run.log").read_text(encoding="utf-8")

    assert "登记 4 通：完成 3，失败 1，未处理 0" in text
    assert "录音无法解码" in text
    assert len(text.splitlines()) <= 24
    assert "嗯" not in log
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["plan", "failed", "end"]


def test_a_headerless_recording_is_done_as_its_row_says_and_again_when_that_changes(tmp_path: Path) -> None:
    samples, rate = speech(3.0)
    soundfile.write(tmp_path / "a.V3", samples, rate, format="RAW", subtype="ALAW")
    wrong, right = (find_rows([tmp_path / "a.V3"], raw=raw) for raw in ("alaw:8000:1", f"alaw:{rate}:2"))

    go(tmp_path, tmp_path / "run", rows=wrong)
    session = go(tmp_path, tmp_path / "run", rows=right)
    rested = go(tmp_path, tmp_path / "run", rows=ParquetStore(tmp_path / "run").rows())

    assert (session.ok, rested.todo) == (1, 0)
    assert results(tmp_path / "run", "round(duration_s, 2), layout") == [(3.0, "two_channel")]


def test_calls_without_a_total_are_counted_by_reason(place: Path, tmp_path: Path) -> None:
    go(place, tmp_path / "run", fake=Fake(), card="telecom-hotline")

    text = (tmp_path / "run" / "summary.txt").read_text(encoding="utf-8")

    assert "没有总分 3 通：通话过短 3" in text
    assert "录音共 0.1 分钟" in text
