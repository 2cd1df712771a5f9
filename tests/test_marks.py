"""Marks: what counts at which stage, nothing changed or lost, sheets that come back, two who write at once."""

from __future__ import annotations

import ast
import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

import qa_speech.marks
from qa_speech.documents import decode, encode
from qa_speech.errors import ConfigError
from qa_speech.marks.base import MarkStore
from qa_speech.marks.connection import file_system
from qa_speech.marks.database import HEAD, MARKS, DatabaseMarks, open_marks, upgrade
from qa_speech.marks.model import Mark, Seconds, Stage, checked
from qa_speech.marks.scores import marked_results
from qa_speech.marks.stages import open_appeals, require_in_time, standing, under_marks
from qa_speech.pipeline import report
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scores import Score
from qa_speech.store.base import Result
from qa_speech.store.records import record_of
from qa_speech.testing import FakeMarks, make_call
from qa_speech.wording.sentences import sentence
from tests.desk_kit import emptied

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


POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgres)


@pytest.fixture(params=["memory", "sqlite", POSTGRESQL])
def marks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MarkStore]:
    store: MarkStore = FakeMarks() if request.param == "memory" else open_marks(database(request.param, tmp_path))
    yield store
    store.close()


def database(kind: str, folder: Path) -> str:
    """An empty database of its own."""
    if kind == "sqlite":
        return str(folder / "marks.sqlite")
    return emptied(POSTGRES)


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
    marks.add([mark("fail", stage="calibration", blind=True)])

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
        ({"stage": "third"}, "stage third; expected one of"),
        ({"stage": "calibration"}, "calibration is blind"),
        ({"at": "2026-11-01T08:00:00+08:00"}, "without offset"),
        ({"at": "20261101T080000"}, "expected ISO 8601"),
        ({"points": float("nan")}, "expected a finite number"),
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


KILLS = 20


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_two_people_mark_one_finding_at_once_and_are_killed_and_nothing_is_lost(kind: str, tmp_path: Path) -> None:
    place = database(kind, tmp_path)
    open_marks(place).close()
    for attempt in range(KILLS // 2):  # two are killed each time
        people = [f"{name}{attempt}" for name in ("甲", "乙")]
        writers = [
            subprocess.Popen([sys.executable, "-c", WRITER, place, person], stdout=subprocess.PIPE, text=True)
            for person in people
        ]
        first = [writer.stdout.readline() for writer in writers if writer.stdout is not None]
        time.sleep(0.03 * attempt)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        said = [[one, *writer.communicate()[0].splitlines()] for one, writer in zip(first, writers, strict=True)]
        store = open_marks(place)
        kept = store.marks()
        store.close()
        for person, told in zip(people, said, strict=True):
            reasons = [int(one.reason) for one in kept if one.person == person]
            assert reasons == list(range(len(reasons))), "in order, none missing, none twice"
            assert len(reasons) >= len(told) > 0, "whatever was told to be kept is kept"


def numbered(number: int, person: str) -> Mark:
    """A mark that is never the same as the one before it."""
    return mark("fail" if number % 2 else "pass", person=person, at=f"2026-11-01T08:00:00.{number:06}")


def test_two_who_never_pause_on_a_slow_disk_have_their_turns(tmp_path: Path) -> None:
    stores = [open_marks(tmp_path / "marks.sqlite") for _ in range(2)]
    for store in stores:
        event.listen(
            store.engine, "commit", lambda connection: time.sleep(0.1)
        )  # a disk that takes 0.1 s to keep anything
    until = time.monotonic() + 4

    def write_on(store: DatabaseMarks, person: str) -> None:
        number = 0
        while time.monotonic() < until:
            store.add([numbered(number, person)])
            number += 1

    writers = [threading.Thread(target=write_on, args=pair) for pair in zip(stores, ["甲", "乙"], strict=True)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    people = [one.person for one in stores[0].marks()]
    for store in stores:
        store.close()

    fewer, more = sorted([people.count("甲"), people.count("乙")])
    assert more <= 2 * fewer + 2, people


SAME = """
import sys
from qa_speech.marks.database import open_marks
from qa_speech.marks.model import Mark
store = open_marks(sys.argv[1])
made = [Mark(call=str(number), criterion="thanks", stage="first", outcome="fail", person="甲", role="inspector",
             at="2026-11-01T08:00:00") for number in range(200)]
sys.stdin.readline()
print(store.add(made))
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_one_sheet_taken_in_twice_at_once_is_kept_once(kind: str, tmp_path: Path) -> None:
    place = database(kind, tmp_path)
    open_marks(place).close()
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    writers = [subprocess.Popen([sys.executable, "-c", SAME, place], **pipes) for _ in range(3)]
    new = sorted(int(writer.communicate("go\n")[0]) for writer in writers)

    assert new == [0, 0, 200]
    store = open_marks(place)
    assert len(store.marks()) == 200
    store.close()


def test_a_second_opinion_is_somebody_elses(marks: MarkStore) -> None:
    marks.add([mark("fail")])

    with pytest.raises(ConfigError, match="second stage by 甲, who marked it first"):
        marks.add([mark("pass", stage="second", at="2026-11-02T08:00:00")])
    with pytest.raises(ConfigError, match="second stage by 丙, who marked it first"):
        marks.add([mark("fail", person="丙"), mark("pass", stage="second", person="丙", at="2026-11-02T08:00:00")])
    other = mark("pass", stage="second", criterion="greeting", at="2026-11-02T08:00:00")
    assert marks.add([other, mark("pass", stage="second", person="乙", at="2026-11-02T08:00:00")]) == 2
    assert [one.person for one in marks.marks()] == ["甲", "甲", "乙"]


def test_an_appeal_alone_is_no_inspection(marks: MarkStore) -> None:
    marks.add([mark("pass", stage="appeal", role="agent", person="1001", reason="说了")])

    assert marks.inspected() == frozenset()


def test_a_decision_taken_back_and_made_again_is_kept_each_time(marks: MarkStore) -> None:
    for day, outcome in enumerate(("fail", "pass", "fail"), start=1):
        assert marks.add([mark(outcome, at=f"2026-11-0{day}T08:00:00")]) == 1
    assert standing(marks.marks())["a", "thanks"].outcome == "fail"


OF_THE_DESK = {"SESSIONS", "LINKS", "ASSIGNMENTS", "DRAFTS", "FILTERS"}
"""Tables beside the marks whose rows come and go."""


def test_nothing_in_the_room_changes_or_removes_a_mark() -> None:
    room = Path(qa_speech.marks.__file__).parent
    for path in room.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        removed_from = {
            ast.unparse(node.func.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"delete", "truncate", "drop_table", "drop_all"}
        }
        assert removed_from <= OF_THE_DESK, path
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words = node.value.lstrip().upper()
                assert not words.startswith(("UPDATE ", "DELETE ", "DROP ", "TRUNCATE ")), path
            if isinstance(node, ast.Attribute) and node.attr == "update":
                assert ast.unparse(node.value) not in ("MARKS", "AUDIT"), path
    offered = {name for name in vars(MarkStore) if not name.startswith("_")}
    assert offered == {"add", "marks", "inspected", "forget", "close"}
    source = (room / "database.py").read_text(encoding="utf-8")
    assert source.count("update(MARKS)") == 1  # forgetting a call takes its name and what was typed, no decision


def test_forgetting_a_call_leaves_its_decisions_and_nothing_that_leads_to_it(marks: MarkStore) -> None:
    kept = mark("pass", call="b", reason="客户说 b")
    marks.add([mark("fail", reason="客户说 13800138000", evidence=(Seconds(1, 2),), points=3.0), kept])

    assert marks.forget({"a": "forgotten-1", "x": "forgotten-2"}) == 1

    assert marks.marks() == [mark("fail", call="forgotten-1", points=3.0), kept]
    assert marks.marks(["a"]) == []


def test_the_migrations_make_the_tables_that_the_code_writes(tmp_path: Path) -> None:
    from sqlalchemy import create_engine, inspect

    open_marks(tmp_path / "marks.sqlite").close()
    engine = create_engine(f"sqlite:///{tmp_path / 'marks.sqlite'}")
    made = {column["name"]: column for column in inspect(engine).get_columns("marks")}
    engine.dispose()

    assert list(made) == [column.name for column in MARKS.columns]
    assert set(made) == {"number", *Mark.__struct_fields__}
    for column in MARKS.columns:
        assert made[column.name]["nullable"] == column.nullable, column.name
        assert str(made[column.name]["type"]) == str(column.type), column.name


def test_the_password_of_a_database_is_in_no_message() -> None:
    with pytest.raises(ConfigError) as refused:
        open_marks("postgresql+psycopg://boss:topsecret@127.0.0.1:1/marks")

    assert "topsecret" not in str(refused.value)
    assert "boss:***@127.0.0.1" in str(refused.value)


@pytest.mark.parametrize("form", ["{}", "sqlite:///{}"])
def test_marks_on_a_network_file_system_are_refused_by_name(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_speech.marks.connection.file_system", lambda path: "nfs4")

    with pytest.raises(ConfigError, match=r"network file system \(nfs4\).*--marks-db URL"):
        open_marks(form.format(tmp_path / "marks.sqlite"))
    assert not (tmp_path / "marks.sqlite").exists()


def test_an_appeal_comes_within_the_days_of_the_card() -> None:
    made = [mark("fail", at="2026-11-01T08:00:00")]

    require_in_time(made, "a", "thanks", "2026-11-06T08:00:00")
    require_in_time(made, "a", "greeting", "2027-11-06T08:00:00")  # nobody has marked it yet
    with pytest.raises(ConfigError, match=r"could be appealed until 2026-11-03 08:00 UTC \(2 days\)"):
        require_in_time(made, "a", "thanks", "2026-11-03T08:00:01", days=2)


BANDED = """
id: banded
version: 1
title: 示例
appeal_days: 9
sections:
  - id: tone
    title: 语气
    start_points: 50
    criteria:
      - {id: rude, title: 忌语, deduct: {points: 10, per: hit, limit: 40}, check: {phrase: {none: [不知道], role: agent}}}
      - id: pace
        title: 语速
        points: 50
        check: {metric: speech_rate, role: agent}
        bands: [{below: 1, points: 0}, {below: 100000, points: 20}, {points: 50}]
"""


def test_a_person_who_confirms_the_machine_changes_no_points() -> None:
    card = load_scorecard(BANDED)
    call = make_call("agent: 不知道", "customer: 你好", "agent: 我不知道", "agent: 不知道啊", call_id="a")
    machine = score(call, card)
    held = {one.id: one for one in machine.criteria}
    assert (held["rude"].points, held["pace"].outcome, held["pace"].points) == (-30.0, "partial", 20.0)

    confirmed = [mark("fail", criterion="rude"), mark("partial", criterion="pace")]
    assert under_marks(machine, card, confirmed, "final").total == machine.total == 40.0
    assert under_marks(machine, card, [mark("pass", criterion="rude")], "final").total == 70.0
    assert card.appeal_days == 9


def test_a_call_that_cannot_be_scored_stays_so() -> None:
    card = load_scorecard(CARD.replace("pass_mark: 60", "pass_mark: 60\neligible: {min_duration_s: 600}"))
    machine = score(make_call("agent: 您好", call_id="a"), card)

    found = under_marks(machine, card, [mark("pass")], "final")

    assert (found.scorable, found.total, found.marks) == (False, None, "final")


def test_stored_rows_under_marks_are_what_scoring_under_marks_gives() -> None:
    card = load_scorecard(CARD)
    found = report(make_call("agent: 您好", "customer: 你好", call_id="a"), card)
    assert found.score is not None
    stored = Result(record_of(found).row, 0, {"agent": "1001"})
    marks = {"a": [mark("partial", points=30.0)]}

    (same,) = marked_results([stored], {card.sha256: card}.get, marks, "machine")
    (under,) = marked_results([stored], {card.sha256: card}.get, marks, "final")

    assert same == stored
    wanted = under_marks(found.score, card, marks["a"], "final")
    assert (under.row.total, under.row.passed, under.row.coverage) == (wanted.total, wanted.passed, wanted.coverage)
    assert (under.row.total, under.metadata["marks"], under.row.figures) == (70.0, "final", stored.row.figures)
    with pytest.raises(ConfigError, match="not at hand"):
        list(marked_results([stored], {}.get, marks, "final"))


def test_what_the_machine_said_stays_beside_the_decision() -> None:
    card = load_scorecard(CARD)
    machine = score(make_call("agent: 您好", "customer: 你好", call_id="a"), card)

    final = under_marks(machine, card, [mark("pass", reason="说了谢谢", machine_outcome="fail")], "final")

    decided = final.criteria[1]
    assert (decided.outcome, decided.detail["machine_outcome"], decided.detail["marked_by"]) == ("pass", "fail", "甲")
    assert sentence(decided, lang="zh") == "初检 甲 判定通过：说了谢谢；机器判定：未通过"
    assert sentence(decided, lang="en") == "甲 decided (first): Pass: 说了谢谢; the machine: Fail"
    human = under_marks(machine, card, [mark("pass")], "human")
    assert sentence(human.criteria[0], lang="zh") == "未能判定：没有人工判定"
    assert decode(encode(final), Score) == final
    assert b'"marks"' not in encode(machine)


@pytest.mark.parametrize("kind", ["sqlite", POSTGRESQL])
def test_forgetting_a_call_reaches_the_tables_of_a_desk(kind: str, tmp_path: Path) -> None:
    from sqlalchemy import Integer, String, Text

    from qa_speech.marks.desk_base import DRAFTS, NOTICES, ROUNDS, forget_on_desk, open_desk_base

    base = open_desk_base(database(kind, tmp_path))
    added = [
        (NOTICES, {"call": "a.wav", "person": "甲"}),
        (DRAFTS, {"call": "a.wav", "body": "13800138000"}),
        (DRAFTS, {"call": "b.wav", "body": "好"}),
        (ROUNDS, {"calls": '["a.wav","b.wav"]', "people": "[]"}),
    ]
    with base.writing() as connection:
        for table, values in added:
            empty_row = {column.name: "" for column in table.columns if isinstance(column.type, String | Text)}
            numbers = {column.name: 1 for column in table.columns if isinstance(column.type, Integer)}
            connection.execute(table.insert(), [empty_row | numbers | values])

    forget_on_desk(base.marks, {"a.wav": "forgotten-1"})
    base.marks.forget({"a.wav": "forgotten-1"})

    with base.reading() as connection:
        assert [(row.call, row.person) for row in connection.execute(NOTICES.select())] == [("forgotten-1", "甲")]
        assert [row.call for row in connection.execute(DRAFTS.select())] == ["b.wav"]
        assert [row.calls for row in connection.execute(ROUNDS.select())] == ['["forgotten-1","b.wav"]']
    base.close()
    base.marks.close()
    for path in tmp_path.iterdir():
        assert b"a.wav" not in path.read_bytes()
        assert b"13800138000" not in path.read_bytes()
