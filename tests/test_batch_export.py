"""What people get out of a run: tables, answers to SQL, forgetting, compacting, and the commands."""

import csv
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from qa_speech.batch.jobs import Layout
from qa_speech.batch.state import State, read_state
from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.resources import folder
from qa_speech.settings import Settings
from qa_speech.store.base import Answer, calls_of
from qa_speech.store.export import as_text, export
from qa_speech.store.folder import CALLS
from qa_speech.store.forget import forget
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.sql import SPILL, connect
from qa_speech.store.summary import Session
from tests.batch_kit import Fake, go, make_calls

runner = CliRunner()


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Three calls and a failure; agents with names that a spreadsheet would run."""
    make_calls(tmp_path / "rec", 3)
    (tmp_path / "rec" / "m.csv").write_text(
        "path,agent,started_at,caller\nc00000.wav,=1+1,2026-03-01,13800001111\nc00001.wav,王,2026-05-01T09:30:07,13800002222\n"
        "c00002.wav,李,2026-05-02,13800003333\nmissing.wav,-3,2026-05-02,\n",
        encoding="utf-8",
    )
    text = (folder("scorecards") / "telecom-hotline.yaml").read_text(encoding="utf-8")
    (tmp_path / "any.yaml").write_text(
        text.replace("eligible: {min_duration_s: 20, min_turns: 4, both_spoke: true}", ""), encoding="utf-8"
    )
    go(
        tmp_path,
        tmp_path / "run",
        fake=Fake(),
        card=str(tmp_path / "any.yaml"),
        rows=find_rows([tmp_path / "rec" / "m.csv"]),
    )
    return tmp_path / "run"


def everything(run: Path) -> bytes:
    """All a run holds, Parquet opened."""
    found = b"".join(path.read_bytes() for path in run.rglob("*") if path.is_file() and path.suffix != ".parquet")
    with connect(run) as engine:
        for view in ("history", "stored_calls", "manifest"):
            found += repr(engine.execute(f"SELECT * FROM {view}").fetchall()).encode()
    return found


def test_csv_has_one_row_per_call_and_no_formula(run: Path, tmp_path: Path) -> None:
    assert export(ParquetStore(run).results(), tmp_path / "x.csv") == 4

    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["c00000.wav", "c00001.wav", "c00002.wav", "missing.wav"]
    assert [row["agent"] for row in rows] == ["'=1+1", "王", "李", "-3"]
    assert rows[3]["error"] == "DecodeError"
    assert {"talk_agent", "greeting.outcome", "greeting.points", "total"} <= set(rows[0])


def test_parquet_has_the_columns_of_the_store_and_metadata(run: Path, tmp_path: Path) -> None:
    assert export(ParquetStore(run).results(), tmp_path / "x.parquet") == 4

    with duckdb.connect() as engine:
        found = engine.execute(
            f"SELECT id, agent, status, talk_agent IS NOT NULL, len(criteria) FROM '{tmp_path / 'x.parquet'}' ORDER BY position"
        ).fetchall()
    assert [row[:4] for row in found[1:]] == [
        ("c00001.wav", "王", "ok", True), ("c00002.wav", "李", "ok", True), ("missing.wav", "-3", "failed", False),
    ]  # fmt: skip
    assert found[1][4] > 20


def test_jsonl_keeps_what_is_nested(run: Path, tmp_path: Path) -> None:
    export(ParquetStore(run).results(), tmp_path / "x.jsonl")

    rows = [json.loads(line) for line in (tmp_path / "x.jsonl").read_text(encoding="utf-8").splitlines()]
    assert rows[1]["caller"] == "13800002222"
    assert isinstance(rows[0]["warnings"], list)


def test_an_unknown_suffix_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="csv, jsonl, parquet"):
        export(ParquetStore(run).results(), tmp_path / "x.ods")


def test_sql_over_results_with_metadata(run: Path) -> None:
    answer = ParquetStore(run).query("SELECT agent, count(*) AS n FROM results GROUP BY agent ORDER BY agent")

    assert list(as_text(answer, "csv")) == ["agent,n", "-3,1", "'=1+1,1", "李,1", "王,1"]
    with pytest.raises(ConfigError, match="nothing"):
        ParquetStore(run).query("SELECT nothing FROM results")


def test_an_answer_is_a_table_whose_columns_stand_under_each_other() -> None:
    started = dt.datetime(2026, 3, 1, 9, 30)
    answer = Answer(("agent", "mean", "at"), iter([("王", 71.23456, started), ("=1", None, None)]))

    assert list(as_text(answer, "table")) == ["agent  mean   at", "王     71.23  2026-03-01 09:30:00", "=1"]


def test_forgotten_calls_leave_no_trace(run: Path) -> None:
    assert b"c00001" in everything(run)

    assert forget(ParquetStore(run), ids=["c00001.wav", "missing.wav"]) == 2

    assert not any(word in everything(run) for word in (b"c00001", b"missing.wav", b"13800002222", "王".encode()))
    assert [call.id for call in calls_of(ParquetStore(run))] == ["c00000.wav", "c00002.wav"]


def test_what_a_killed_process_left_is_forgotten_too(run: Path) -> None:
    (run / CALLS / ".p.parquet.x7.jsonl").write_text("13800002222", encoding="utf-8")
    (run / SPILL).mkdir()
    (run / SPILL / "duckdb_temp_block").write_text("13800002222", encoding="utf-8")

    forget(ParquetStore(run), ids=["c00001.wav"])

    assert b"13800002222" not in everything(run)


def test_a_forgotten_call_is_not_taken_in_again(run: Path, tmp_path: Path) -> None:
    forget(ParquetStore(run), ids=["c00001.wav"])

    again = go(
        tmp_path, run, fake=Fake(), card=str(tmp_path / "any.yaml"), rows=find_rows([tmp_path / "rec" / "m.csv"])
    )

    assert (again.rows, again.todo) == (3, 0)
    assert b"c00001" not in everything(run)


def test_scores_can_stay_without_a_name(run: Path) -> None:
    assert forget(ParquetStore(run), before=dt.date(2026, 5, 2), keep_scores=True) == 2

    store = ParquetStore(run)
    rows = list(
        store.query(
            "SELECT id, path, agent, utterances > 0 FROM results WHERE status = 'forgotten' ORDER BY agent"
        ).rows
    )
    assert [row[1:] for row in rows] == [(None, "=1+1", True), (None, "王", True)]
    assert {row.metadata["started_at"] for row in store.rows() if not row.path} == {
        "2026-03-01",
        "2026-05-01",
    }
    assert all(row[0].startswith("forgotten-") for row in rows)
    assert not any(word in everything(run) for word in (b"c00000", b"c00001", b"13800001111"))
    assert [call.id for call in calls_of(ParquetStore(run))] == ["c00002.wav"]


def test_forgetting_what_is_not_there_changes_nothing(run: Path) -> None:
    before = everything(run)
    with pytest.raises(ConfigError, match="no call of id 'nobody'"):
        forget(ParquetStore(run), ids=["c00001.wav", "nobody"])
    assert everything(run) == before


def test_compacting_changes_no_answer(run: Path, tmp_path: Path) -> None:
    go(tmp_path, run, fake=Fake(), card="complaint", rows=find_rows([tmp_path / "rec" / "m.csv"]))
    store = ParquetStore(run)
    calls, known = list(calls_of(store)), store.known()

    parts = store.compact()

    assert (parts.before, parts.after) == (3, 2)
    assert list(calls_of(store)) == calls
    assert store.known() == known
    assert store.compact().after == 2


def test_the_commands_go_through_a_whole_run(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 2)
    (tmp_path / "rec" / "x.wav").write_bytes(b"rubbish")
    for path in (tmp_path / "rec").iterdir():
        os.utime(path, (1, 1))
    out = str(tmp_path / "run")

    plan = runner.invoke(app, ["batch", "plan", str(tmp_path / "rec"), "-o", out, "--ui", "en"])
    first = runner.invoke(app, ["batch", "run", "-o", out, "--model", "none", "--workers", "0", "--json"])
    again = runner.invoke(app, ["batch", "retry", out, "--ui", "en"])
    status = runner.invoke(app, ["batch", "status", out, "--json"])
    told = runner.invoke(app, ["batch", "status", out, "--ui", "en"])
    chinese = runner.invoke(app, ["batch", "status", out, "--ui", "zh"])
    asked = runner.invoke(
        app, ["query", out, "select status, count(*) n from results group by 1 order by 1", "--format", "json"]
    )
    plain = runner.invoke(app, ["query", out, "select id from results where status = 'failed'"])
    table = runner.invoke(app, ["export", out, "--to", str(tmp_path / "t.csv")])
    gone = runner.invoke(app, ["batch", "forget", out, "--call", "x.wav", "--ui", "en"])
    small = runner.invoke(app, ["batch", "compact", out, "--ui", "en"])
    smaller = runner.invoke(app, ["batch", "compact", out, "--ui", "zh"])

    assert "3 rows" in plan.output
    assert first.exit_code == 3, first.output
    assert json.loads(first.stdout.splitlines()[-1]) | {"ok": 2, "failed": 1} == json.loads(
        first.stdout.splitlines()[-1]
    )
    assert again.exit_code == 1  # all it did was one row that failed again
    assert json.loads(status.stdout)["ok"] == 2
    assert [json.loads(line)["n"] for line in asked.stdout.splitlines()] == [1, 2]
    assert plain.stdout.splitlines() == ["id", "x.wav"]
    assert table.exit_code == 0
    assert "1 calls removed" in gone.output
    assert "3 calls listed: 2 done, 1 failed, 0 to do" in told.stdout
    assert "登记 3 通：完成 2，失败 1" in chinese.stdout
    assert "合并为" in smaller.output
    assert "parts became" in small.output


def test_a_plan_says_how_the_rows_will_be_done_and_the_run_goes_on_with_it(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 2)
    for path in (tmp_path / "rec").iterdir():
        os.utime(path, (1, 1))
    out = str(tmp_path / "run")

    bare = runner.invoke(app, ["batch", "plan", str(tmp_path / "rec"), "-o", out, "--ui", "zh"])
    plan = runner.invoke(app, ["batch", "plan", "-o", out, "--model", "none", "--workers", "0", "--ui", "zh"])
    done = runner.invoke(app, ["batch", "run", "-o", out, "--scorecard", "none", "--json"])

    assert bare.stdout.startswith("登记 2 通（约 0.1 分钟），未处理 2 通")
    assert len(bare.stdout.splitlines()) == 1
    assert plan.stdout.splitlines()[1] == "布局：准备进程 0 个；不识别文字，按设置"
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout.splitlines()[-1])["ok"] == 2


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["batch", "status", "none-such"], "不是批次目录"),
        (["batch", "run", "none-such", "-o", "run", "--model", "none"], "没有这个文件或目录"),
        (["batch", "forget", "none-such"], "不是批次目录"),
        (["batch", "forget", "none-such", "--before", "May"], "YYYY-MM-DD"),
        (["export", "none-such"], "不是批次目录"),
    ],
)
def test_wrong_use_is_one_clear_message(
    arguments: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = runner.invoke(app, arguments)

    assert done.exit_code in (1, 2)
    assert text in done.output


def test_no_model_and_bad_values_are_said_before_anything_is_done(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1)
    base = ["batch", "run", str(tmp_path / "rec"), "-o", str(tmp_path / "run")]

    assert "没有选择识别模型" in runner.invoke(app, base).output
    assert "应为数字或 auto" in runner.invoke(app, [*base, "--model", "none", "--workers", "many"]).output
    assert "应为如 07:30" in runner.invoke(app, [*base, "--model", "none", "--workers", "0", "--until", "dawn"]).output


def test_a_run_remembers_its_options_and_those_given_later_count(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1)
    os.utime(tmp_path / "rec" / "c00000.wav", (1, 1))
    out = str(tmp_path / "run")
    (tmp_path / "qa_speech.toml").write_text('scorecard = "quality-only"\n', encoding="utf-8")
    base = ["batch", "run", str(tmp_path / "rec"), "-o", out, "--json"]

    first = runner.invoke(
        app,
        [*base, "--model", "none", "--workers", "0", "--agent-channel", "2", "--window", "tight", "--config",
         str(tmp_path / "qa_speech.toml")],
    )  # fmt: skip
    again = runner.invoke(app, base)

    remembered = read_state(Path(out)).settings
    assert (first.exit_code, again.exit_code) == (0, 0), first.output + again.output
    assert (remembered["agent_channel"], remembered["recognition"]["window"]) == (2, "tight")
    assert json.loads(again.stdout.splitlines()[-1])["todo"] == 0
    assert list(ParquetStore(out).query("SELECT scorecard FROM results").rows) == [("quality-only",)]


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("07:30", dt.datetime(2026, 3, 3, 7, 30)),
        ("7:30", dt.datetime(2026, 3, 3, 7, 30)),
        ("22:15", dt.datetime(2026, 3, 2, 22, 15)),
        ("2026-03-05T06:00", dt.datetime(2026, 3, 5, 6)),
    ],
)
def test_until_is_the_next_time_it_is_so_or_the_moment_named(
    text: str, ends: dt.datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Evening(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> dt.datetime:
            return dt.datetime(2026, 3, 2, 21, 0, tzinfo=tz)

    told: list[dt.datetime | None] = []
    monkeypatch.setattr("qa_speech.cli.running.dt.datetime", Evening)
    monkeypatch.setattr(
        "qa_speech.batch.run.run_batch", lambda *rows, until, **options: told.append(until) or Session()
    )
    make_calls(tmp_path / "rec", 1)

    runner.invoke(
        app,
        [
            "batch",
            "run",
            str(tmp_path / "rec"),
            "-o",
            str(tmp_path / "run"),
            "--model",
            "none",
            "--json",
            "--until",
            text,
        ],
    )

    assert told == [ends]


def test_a_plan_with_a_measured_layout_says_how_long_it_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measured(run: Path, settings: Settings, model: str, kept: State, rows: list[Row], tell: Any) -> Layout:
        tell({"event": "measuring"})
        return Layout(call_s=1800.0)

    monkeypatch.setattr("qa_speech.batch.start.layout_for", measured)
    make_calls(tmp_path / "rec", 2)
    command = ["batch", "plan", str(tmp_path / "rec"), "-o", str(tmp_path / "run"), "--model", "demo"]

    chinese, english = (runner.invoke(app, [*command, "--ui", lang]) for lang in ("zh", "en"))

    assert chinese.stdout.splitlines()[-1] == "预计用时 1:00:00（2 通）"
    assert english.stdout.splitlines()[-1] == "that takes about 1:00:00 for 2 calls"
    assert "trying layouts" in english.stderr


def test_a_full_disk_is_said_and_what_is_stored_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qa_speech.store.parquet.ParquetStore.append", full)
    make_calls(tmp_path / "rec", 1)
    os.utime(tmp_path / "rec" / "c00000.wav", (1, 1))
    command = ["batch", "run", str(tmp_path / "rec"), "-o", str(tmp_path / "run"), "--model", "none", "--workers", "0"]

    done = runner.invoke(app, [*command, "--ui", "en"])

    assert done.exit_code == 1
    assert "error: results cannot be stored: [Errno 28] No space left on device" in done.output


def test_sigterm_ends_a_run_with_130_and_nothing_half_written(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 60)
    for path in (tmp_path / "rec").iterdir():
        os.utime(path, (1, 1))
    command = [sys.executable, "-m", "qa_speech", "batch", "run", str(tmp_path / "rec"), "-o", str(tmp_path / "run")]
    with subprocess.Popen(
        [*command, "--model", "none", "--workers", "0", "--json"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if json.loads(line)["event"] == "progress":
                break
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            process.stdout.readline()

    assert process.returncode == 130
    store = ParquetStore(tmp_path / "run")
    done = len(store.known())
    assert 0 < done <= 60
    assert list((tmp_path / "run").rglob("*.tmp")) == []
    assert len(list(calls_of(store))) == done
