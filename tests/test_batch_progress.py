"""What a run says while it works: to a person, to a log, to a program."""

import json
import os
import sys
from typing import Any

import pytest

from qa_speech.batch.jobs import Layout
from qa_speech.cli import progress
from qa_speech.cli.progress import line, telling

PROGRESS = {
    "event": "progress", "done": 50, "todo": 200, "failed": 1, "calls_per_h": 1800.0, "x_realtime": 31.4, "eta_s": 300,
}  # fmt: skip


def test_a_line_holds_rate_speed_failures_and_the_time_left() -> None:
    assert line(PROGRESS, "zh") == "50/200 通 · 每小时 1800 通 · 31.4 倍实时 · 失败 1 · 剩余 0:05:00"
    assert line(PROGRESS, "en") == "50/200 calls · 1800/h · 31.4 × real time · 1 failed · ETA 0:05:00"
    assert "剩余 –" in line({**PROGRESS, "eta_s": None}, "zh")


def test_without_a_terminal_there_is_a_line_every_half_minute(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    plan = {"event": "plan", "rows": 200, "done": 0, "todo": 200, "scores": 0}

    with telling(False, "zh") as tell:
        tell(plan)
        for _ in range(61):
            tell(PROGRESS)
            now += 1

    said = capsys.readouterr()
    assert said.out == ""
    assert [one.split()[1] for one in said.err.splitlines()] == ["登记", "50/200", "50/200", "50/200"]
    assert progress.LINE_EVERY_S == 30


def test_layout_and_reasons_are_said_in_the_language_of_the_interface() -> None:
    layout = Layout(1, 2, 1, 4, why="measured", why_zh="试跑 6 通")
    event = {"event": "layout", "text": layout.in_words("en"), "text_zh": layout.in_words("zh")}

    assert line(event, "zh") == "布局：准备进程 1 个，识别进程 2 个（各 1 线程，每批 4 窗）；试跑 6 通"
    assert line(event, "en") == "layout: 1 workers, 2 recognisers (1 threads each, batch 4); measured"
    assert "试跑" in line({"event": "measuring"}, "zh")
    assert "once per run" in line({"event": "measuring"}, "en")
    note = {"event": "note", "text": "20 failures in a row with one cause: DecodeError: …"}
    assert line(note, "zh") == "连续 20 通因同一原因失败：DecodeError: …"
    assert line(note, "en") == note["text"]
    assert line({"event": "end"}, "zh") == ""


def test_events_are_json_and_outlive_their_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", buffering=1) as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        with telling(True, "zh") as tell:
            tell({"event": "plan", "name": "宽带"})
            first: dict[str, Any] = json.loads(os.read(reading, 1000))
            os.close(reading)
            for _ in range(3):
                tell(PROGRESS)
        monkeypatch.undo()

    assert first == {"event": "plan", "name": "宽带"}


def test_where_a_person_watches_there_is_a_bar_and_notes_stand_above_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "200")

    with telling(False, "en") as tell:
        tell({"event": "plan", "rows": 200, "done": 0, "todo": 200, "scores": 0})
        tell(PROGRESS)
        tell({"event": "end"})

    said = capsys.readouterr().err
    assert "200 rows: 0 done, 200 to do, 0 to score again" in said
    assert "50/200 calls · 1800/h" in said
