"""Marks: what counts at which stage, nothing changed or lost, sheets that come back, two who write at once."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from qa_speech.errors import ConfigError
from qa_speech.marks.base import MarkStore
from qa_speech.marks.database import HEAD, file_system, open_marks, upgrade
from qa_speech.marks.model import Mark, Seconds, Stage, checked
from qa_speech.marks.sheets import About, SheetRow, read_sheet, write_sheet
from qa_speech.marks.stages import open_appeals, standing, under_marks
from qa_speech.scorecard import load_scorecard, score
from qa_speech.testing import make_call

CARD = """
id: tiny
version: 1
title: 示例
pass_mark: 60
sections:
  - id: opening
    title: 开头语
    criteria:
      - {id: greeting, title: 问候, points: 40, check: {phrase: {any: [您好], role: agent}}}
      - {id: thanks, title: 致谢, points: 60, check: {phrase: {any: [感谢], role: agent}}}
"""
POSTGRES = os.environ.get("QA_SPEECH_TEST_POSTGRES", "")


def mark(outcome: str = "pass", stage: Stage = "first", at: str = "2026-11-01T08:00:00", **more: Any) -> Mark:
    values: dict[str, Any] = {
        "call": "a", "criterion": "thanks", "stage": stage, "outcome": outcome, "person": "甲", "role": "inspector", "at": at,
    }  # fmt: skip
    return Mark(**{**values, **more})


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def marks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MarkStore]:
    if request.param == "sqlite":
        store = open_marks(tmp_path / "marks.sqlite")
    else:
        if not POSTGRES:
            pytest.skip("set QA_SPEECH_TEST_POSTGRES to the URL of an empty database")
        empty(POSTGRES)
        store = open_marks(POSTGRES)
    yield store
    store.close()


def empty(url: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS marks, marks_version"))
    engine.dispose()


def test_marks_come_back_as_they_were_made_in_their_order(marks: MarkStore) -> None:
    made = [
        mark("fail", reason="没有致谢", evidence=(Seconds(12.5, 14.0),), machine_outcome="pass", machine_points=60.0),
        mark("pass", stage="second", person="乙", at="2026-11-02T08:00:00", blind=True, points=55.5),
    ]

    assert marks.add(made) == 2
    assert marks.marks() == made
    assert marks.marks(["b"]) == []
    assert marks.inspected() == {"a"}


def test_the_same_sheet_twice_changes_nothing_and_another_decision_is_added(marks: MarkStore) -> None:
    marks.add([mark("fail")])

    assert marks.add([mark("fail", at="2026-11-03T08:00:00")]) == 0
    assert marks.add([mark("pass", at="2026-11-04T08:00:00")]) == 1
    assert [one.outcome for one in marks.marks()] == ["fail", "pass"]


def test_all_or_none_of_a_set_of_marks_is_kept(marks: MarkStore) -> None:
    with pytest.raises(ConfigError, match="stage final is marked by lead"):
        marks.add([mark("fail"), mark("pass", stage="final")])

    assert marks.marks() == []


def test_calibration_counts_nowhere(marks: MarkStore) -> None:
    marks.add([mark("fail", stage="calibration")])

    assert marks.inspected() == frozenset()
    assert standing(marks.marks()) == {}


def test_the_newest_decided_stage_counts_and_an_open_appeal_changes_nothing() -> None:
    first, appeal = (
        mark("fail"),
        mark("pass", stage="appeal", role="agent", person="1001", reason="说了", at="2026-11-02T08:00:00"),
    )
    second = mark("pass", stage="second", person="乙", at="2026-11-03T08:00:00")
    late_first = mark("fail", person="丙", at="2026-11-09T08:00:00")

    assert standing([first, appeal])["a", "thanks"] == first
    assert standing([first, appeal, second, late_first])["a", "thanks"] == second


def test_an_appeal_has_a_clock_until_somebody_decides() -> None:
    appeal = mark("pass", stage="appeal", role="agent", person="1001", reason="说了", at="2026-11-02T08:00:00")
    now = dt.datetime(2026, 11, 8, 8)

    (waiting,) = open_appeals([appeal], now)
    assert waiting.due == dt.datetime(2026, 11, 7, 8)
    assert waiting.late_days == pytest.approx(1.0)
    assert open_appeals([appeal, mark("fail", stage="final", role="lead", at="2026-11-03T08:00:00")], now) == []


def test_a_score_under_marks_is_made_by_the_same_arithmetic() -> None:
    card = load_scorecard(CARD)
    machine = score(make_call("agent: 您好", "customer: 你好", call_id="a"), card)
    marks = [mark("pass", person="甲")]

    assert machine.total == 40.0
    assert under_marks(machine, card, marks, "machine") == machine
    final = under_marks(machine, card, marks, "final")
    assert (final.total, final.passed) == (100.0, True)
    human = under_marks(machine, card, marks, "human")
    assert [one.outcome for one in human.criteria] == ["not_measured", "pass"]
    assert under_marks(machine, card, [mark("partial", points=30.0)], "final").total == 70.0
    assert under_marks(machine, card, [mark("not_applicable")], "final").total == 100.0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"outcome": "not_measured"}, "outcome not_measured"),
        ({"person": " "}, "person is empty"),
        ({"at": "yesterday"}, "expected ISO 8601"),
        ({"stage": "appeal", "role": "agent"}, "an appeal needs its reason"),
        ({"stage": "second", "role": "agent"}, "stage second is marked by inspector or lead"),
    ],
)
def test_a_mark_that_may_not_be_made_is_refused(change: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        checked(mark(**change))


def test_a_newer_database_is_refused_and_an_older_one_waits_for_the_command(tmp_path: Path) -> None:
    import sqlite3

    path = tmp_path / "marks.sqlite"
    open_marks(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE marks_version SET version_num = '9999'")
    raw.close()

    with pytest.raises(ConfigError, match="written by a newer qa_speech"):
        open_marks(path)
    with pytest.raises(ConfigError, match="written by a newer qa_speech"):
        upgrade(path)
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE marks_version SET version_num = '0000'")
    raw.close()
    with pytest.raises(ConfigError, match="qa-speech review upgrade"):
        open_marks(path)


def test_upgrade_leaves_a_database_of_this_version_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "marks.sqlite"
    store = open_marks(path)
    store.add([mark()])
    store.close()

    assert upgrade(path) == HEAD
    assert open_marks(path).marks() == [mark()]


def test_a_network_file_system_is_told_by_its_name(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(f"server:/x / ext4 rw 0 0\nserver:/y {tmp_path} nfs4 rw 0 0\n", encoding="utf-8")

    assert file_system(tmp_path / "run" / "marks.sqlite", str(mounts)) == "nfs4"
    assert file_system(Path("/elsewhere"), str(mounts)) == "ext4"


WRITER = """
import sys
from qa_speech.marks.database import open_marks
from qa_speech.marks.model import Mark
place, person = sys.argv[1:]
store = open_marks(place)
for number in range(10_000):
    made = Mark(call="a", criterion="thanks", stage="first", outcome="fail" if number % 2 else "pass", person=person,
                role="inspector", at=f"2026-11-01T08:00:00.{number:06}", reason=str(number))
    store.add([made])
    print(number, flush=True)
"""


@pytest.mark.slow
def test_two_people_mark_one_finding_at_once_and_are_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "marks.sqlite"
    open_marks(path).close()
    for attempt in range(10):
        people = [f"{name}{attempt}" for name in ("甲", "乙")]
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, str(path), person], stdout=subprocess.PIPE, text=True)
            for person in people
        ]
        first = [writer.stdout.readline() for writer in writers if writer.stdout is not None]
        time.sleep(0.05 * attempt)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        said = [[one, *writer.communicate()[0].splitlines()] for one, writer in zip(first, writers, strict=True)]
        kept = open_marks(path).marks()
        for person, told in zip(people, said, strict=True):
            reasons = [int(one.reason) for one in kept if one.person == person]
            assert reasons == list(range(len(reasons))), "in order, none missing, none twice"
            assert len(reasons) >= len(told) > 0, "whatever was told to be kept is kept"


def sheet_rows() -> list[SheetRow]:
    return [
        SheetRow(
            "a.wav",
            "greeting",
            "问候",
            "pass",
            40.0,
            40.0,
            "坐席说了“您好”（00:01）",
            "pages/a.wav.html#t=1",
            Seconds(1.0, 2.0),
        ),
        SheetRow("a.wav", "thanks", "致谢", "fail", 0.0, 60.0, "坐席没有说到“感谢”", comment_required=True),
        SheetRow("0123", "thanks", "致谢", "fail", 0.0, 60.0),
    ]


def filled(path: Path, *changes: tuple[str, object]) -> None:
    book = load_workbook(path)
    for place, value in changes:
        book["复核"][place] = value
    book.save(path)


def test_a_sheet_goes_out_is_filled_in_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "复核单.xlsx"
    rows = sheet_rows()
    write_sheet(rows, path, About("first", "tiny", 3, blind=False, made_at="2026-11-30T08:00:00"))
    filled(path, ("I2", "通过"), ("L2", "李"), ("I4", "未通过"), ("J4", 0), ("K4", "确实没有说"), ("L4", "李"))

    found = read_sheet(path, known={(row.call, row.criterion): row for row in rows})

    assert [(one.call, one.criterion, one.outcome, one.person) for one in found] == [
        ("a.wav", "greeting", "pass", "李"), ("0123", "thanks", "fail", "李"),
    ]  # fmt: skip
    assert found[0].evidence == (Seconds(1.0, 2.0),)
    assert (found[1].scorecard_version, found[1].machine_outcome, found[1].points) == (3, "fail", 0.0)
    sheet = load_workbook(path)["复核"]
    assert sheet.protection.sheet
    assert sheet["A2"].protection.locked
    assert not sheet["I2"].protection.locked
    assert sheet["H2"].value == '=HYPERLINK("pages/a.wav.html#t=1","听")'
    assert "感谢" in sheet["G3"].value


def test_a_blind_sheet_does_not_say_what_the_machine_said(tmp_path: Path) -> None:
    path = tmp_path / "blind.xlsx"
    write_sheet(sheet_rows(), path, About("calibration", "tiny", 3, blind=True, made_at=""))

    sheet = load_workbook(path)["复核"]
    assert [sheet[place].value for place in ("D2", "E2", "G3")] == [None, None, None]


def test_every_wrong_row_is_told_with_its_number_and_nothing_is_taken_in(tmp_path: Path) -> None:
    path = tmp_path / "sheet.xlsx"
    rows = sheet_rows()
    write_sheet(rows, path, About("first", "tiny", 3, blind=False, made_at=""))
    filled(
        path, ("I2", "好"), ("L2", "李"), ("I3", "未通过"), ("L3", "李"), ("A4", "b.wav"), ("I4", "通过"), ("L4", "李")
    )

    with pytest.raises(ConfigError) as refused:
        read_sheet(path, known={(row.call, row.criterion): row for row in rows})

    told = refused.value.problems
    assert [one.split(":")[1] for one in told] == ["2", "3", "4"]
    assert all(word in " ".join(told) for word in ("人工判定应为", "必须写理由", "不在本批次"))


def test_what_is_no_review_sheet_is_refused(tmp_path: Path) -> None:
    for name, content in (("a.xlsx", b"PK no"), ("b.xlsx", b"")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError, match="not an xlsx workbook"):
            read_sheet(tmp_path / name, known={})
    with pytest.raises(ConfigError, match="cannot read"):
        read_sheet(tmp_path / "none.xlsx", known={})
