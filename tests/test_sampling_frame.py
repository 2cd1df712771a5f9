"""The frame of a draw: what a plan may say of a call, from a run and from a folder alike; names nobody has are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.report.folder import ReportFolder
from qa_speech.sampling.draw import draw
from qa_speech.sampling.frame import Frame, check, frame_from, frame_of
from qa_speech.sampling.plan import plan_from
from qa_speech.scorecard import load_scorecard
from qa_speech.scorecard.choice import find_scorecard
from qa_speech.scores import CallReport
from qa_speech.store.base import Result
from qa_speech.store.parquet import store_at
from qa_speech.store.records import CriterionRow, ResultRow, failure, record_of
from qa_speech.testing import make_call

METADATA = {"agent": "1001", "queue": "宽带", "started_at": "20261130093000", "status": "办结"}


def reports() -> list[CallReport]:
    card = load_scorecard(find_scorecard("telecom-hotline"))
    calls = (
        make_call(
            "agent: 您好，工号一零零一",
            "customer: 我想查话费",
            "agent: 随便你",
            duration=90,
            call_id="a",
            metadata=METADATA,
        ),
        make_call("agent: 您好", "customer: 宽带断了", duration=90, call_id="b/2.wav", metadata={"agent": "1002"}),
    )
    return [report(call, card) for call in calls]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run of two calls, one failed row and one not done yet."""
    place = tmp_path / "run"
    store = store_at(place)
    done = reports()
    rows = [Row(one.id, one.id, metadata=one.call.recording.metadata) for one in done]
    store.keep_rows([*rows, Row("broken", "broken.wav"), Row("waiting", "waiting.wav")])
    store.append([*(record_of(one) for one in done), failure("broken", "broken.wav", "DecodeError", "no audio")])
    (place / "scorecards").mkdir(exist_ok=True)
    return place


def result(**columns: object) -> Result:
    metadata = columns.pop("metadata", {})
    row = ResultRow(**{"id": "7", "status": "ok", **columns})  # type: ignore[arg-type]
    return Result(row, 0, metadata)  # type: ignore[arg-type]


def test_a_run_and_a_folder_of_the_same_calls_are_the_same_frame(run: Path, tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "report", lang="zh")
    for one in reports():
        folder.add(one)
    folder.finish()

    of_run, of_folder = frame_of(run), frame_of(tmp_path / "report")

    assert (of_run.failed, of_folder.failed) == (1, 0)
    assert of_run.names == of_folder.names
    assert {one.id: one.values for one in of_run.calls} == {one.id: one.values for one in of_folder.calls}


def test_figures_outcomes_and_metadata_have_the_names_of_the_table(run: Path) -> None:
    values = frame_of(run).calls[0].values

    assert (values["id"], values["agent"], values["queue"]) == ("a", "1001", "宽带")
    assert values["criterion.taboo"] == "fail"
    assert values["silence_longest_s"] is not None
    assert values["meta_status"] == "办结", "metadata do not hide a column of the results"
    assert {"duration_s", "total", "passed", "coverage", "fatal", "to_review"} <= values.keys()


def test_the_beginning_is_read_in_the_forms_that_names_and_manifests_have(run: Path) -> None:
    first, second = frame_of(run).calls
    named = {name: first.values[name] for name in ("started_at", "hour", "day", "week", "weekday", "month")}

    assert named == {
        "started_at": "2026-11-30T09:30:00", "hour": 9, "day": "2026-11-30", "week": "2026-W49", "weekday": 1,
        "month": "2026-11",
    }  # fmt: skip
    assert "hour" not in second.values
    assert frame_of(run).without_start == 1


def test_a_bare_day_tells_no_hour_and_nonsense_tells_nothing() -> None:
    bare = frame_from([result(metadata={"started_at": "2026-11-30"})]).calls[0].values
    odd = frame_from([result(metadata={"started_at": "昨天上午"})])

    assert bare["day"] == "2026-11-30"
    assert "hour" not in bare
    assert odd.calls[0].values["started_at"] == "昨天上午"
    assert "day" not in odd.filled
    assert odd.without_start == 1


def test_fatal_is_a_fatal_criterion_that_failed_also_one_that_waits_for_a_person() -> None:
    waiting = CriterionRow(id="taboo", outcome="fail", fatal="cap:60", pending=True, review=("unsure_words",))
    passed = CriterionRow(id="greeting", outcome="pass", fatal="form", review=("unsure_words", "near_threshold"))

    values = frame_from([result(criteria=(waiting, passed))]).calls[0].values

    assert values["fatal"] == 1
    assert (values["review.unsure_words"], values["review.near_threshold"]) == (2, 1)
    assert frame_from([result(criteria=(passed,))]).calls[0].values["fatal"] == 0
    assert "fatal" not in frame_from([result()]).filled, "a call that was not judged broke no rule and kept none"


def test_only_what_the_plan_speaks_of_is_kept_and_a_reason_that_nobody_has_is_0(run: Path) -> None:
    plan = plan_from('seed = 1\nnumber = 1\nwhere = ["review.near_threshold = 0", "layout = two_channel"]')
    frame = frame_of(run, plan.names)

    assert set(frame.calls[0].values) <= {*plan.names, "total", "passed", "agent", "team", "started_at", "duration_s"}
    assert frame.calls[0].values["review.near_threshold"] == 0
    assert "silence_longest_s" in frame.names, "names are those of all values"


def test_calls_without_a_total_are_in_the_frame_and_counted() -> None:
    frame = frame_from([result(total=80.0), result(id="8", reason="too_short")])

    assert (len(frame.calls), frame.without_total) == (2, 1)


def test_forgotten_calls_are_counted_apart_from_failed_ones() -> None:
    frame = frame_from([result(status="forgotten"), result(status="failed"), result(status="failed")])

    assert (len(frame.calls), frame.failed, frame.forgotten) == (0, 2, 1)


def test_metadata_named_like_an_outcome_hide_none() -> None:
    row = result(
        criteria=(CriterionRow(id="taboo", outcome="fail"),), figures={"talk": 3.0},
        metadata={"criterion.taboo": "pass", "talk": "9", "hour": "3"},
    )  # fmt: skip
    values = frame_from([row]).calls[0].values

    assert (values["criterion.taboo"], values["talk"]) == ("fail", 3.0)
    assert (values["meta_criterion.taboo"], values["meta_talk"], values["meta_hour"]) == ("pass", "9", "3")


@pytest.mark.parametrize("text", ["a\udcd5.wav", "录音\x00", "=1+1", "a\x1fb", "x" * 5000, " ", "~"])
def test_odd_ids_are_drawn_and_hashed(text: str) -> None:
    frame = frame_from([result(id=text), result(id="other")])
    sample = draw(plan_from("seed = 1\nnumber = 2\nper = []"), frame.calls)

    assert len(sample.drawn) == 2
    assert len(sample.frame_sha256) == 64
    "".join(call.id for call in sample.drawn).encode()


# -- does the plan speak of what there is?


def known(*names: str) -> Frame:
    calls = frame_from([result(metadata={"agent": "1001"})]).calls
    return Frame(calls, frozenset(("agent", *names)), frozenset(("agent",)))


def problems(text: str, frame: Frame) -> str:
    with pytest.raises(ConfigError) as refused:
        check(plan_from(f"seed = 1\nnumber = 1\n{text}"), frame)
    return str(refused.value)


def test_a_name_that_no_call_has_is_refused_with_near_ones() -> None:
    frame = known("silence_longest_s", "criterion.taboo")
    told = problems(
        'where = ["silence_longest >= 3", "criterion.tabu = fail"]\n[[strata]]\nname = "x"\nnumber = 1\n'
        'where = ["agnet = 1001"]', frame
    )  # fmt: skip

    assert "3 problems" in told
    assert "no call has 'silence_longest'; near names: silence_longest_s" in told
    assert "near names: criterion.taboo" in told
    assert "near names: agent" in told


def test_a_group_by_what_no_call_has_is_refused() -> None:
    assert "per: no call has 'team'" in problems('per = ["team"]', known())


def test_a_column_that_is_empty_in_every_call_may_be_spoken_of_but_makes_no_groups() -> None:
    frame = frame_from([result(figures={"hold_longest_s": None}, metadata={"agent": "1001"})])

    check(plan_from('seed = 1\nnumber = 1\nwhere = ["hold_longest_s >= 3", "passed = 0", "hour >= 9"]'), frame)
    assert "per: no call has 'hour'" in problems('per = ["hour"]', frame)


def test_whether_something_is_missing_may_be_asked_of_any_name() -> None:
    check(plan_from('seed = 1\nnumber = 1\nwhere = ["vip is missing"]'), known())

    assert "no call has 'vip'" in problems('where = ["vip = 1"]', known())


def test_a_reason_of_the_program_is_known_though_no_call_of_this_run_has_it() -> None:
    check(plan_from('seed = 1\nnumber = 1\nwhere = ["review.unsure_words >= 1"]'), known())

    assert "no call has 'review.unsure'" in problems('where = ["review.unsure >= 1"]', known())


def test_an_outcome_that_there_is_not_is_refused() -> None:
    told = problems('where = ["criterion.taboo in fail, failed"]', known("criterion.taboo"))

    assert "no outcome 'failed'; expected one of: pass, partial, fail" in told


def test_of_an_empty_frame_nothing_is_asked() -> None:
    plan = plan_from('seed = 1\nnumber = 1\nwhere = ["anything = 1"]')
    check(plan, Frame((), frozenset(), frozenset()))

    assert draw(plan, ()).drawn == ()
