"""`qa-speech agreement`, trust from marks, and characters misheard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from qa_speech.call import Role
from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.marks.agreement import agreement_of, trusted_criteria
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.model import Mark
from qa_speech.marks.recognition import recognition_errors
from qa_speech.marks.study import study
from qa_speech.marks.trust import TrustOfMarks
from qa_speech.scorecard import load_scorecard, score
from qa_speech.store.reports import read_calls
from qa_speech.testing import make_call
from tests.marked_run import copied, judged_as_shown, marked, sampled

CARD = """
id: tiny
version: 2
title: 示例
min_coverage: 0
review: {trust: {min_agreement: 0.7, marks: 20}}
sections:
  - id: part
    title: 部分
    criteria:
      - {id: greeting, title: 问候, points: 40, check: {phrase: {any: [您好], role: agent}}}
      - {id: pause, title: 停顿, points: 60, check: {metric: silence.longest_s, at_most: 3}}
"""


def run_command(*args: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in args], env={"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return copied(tmp_path)


def mark(call: str, criterion: str, outcome: str, **more: Any) -> Mark:
    values: dict[str, Any] = {
        "stage": "first", "person": "甲", "role": "inspector", "at": "2026-11-01T08:00:00", "machine_outcome": "pass",
        "scorecard": "tiny", "scorecard_version": 2,
    }  # fmt: skip
    return Mark(call=call, criterion=criterion, outcome=outcome, **{**values, **more})  # type: ignore[arg-type]


def test_agreement_has_n_and_interval_by_criterion_and_tells_where_it_differs(run: Path) -> None:
    record = sampled(run)

    def finds_one(number: int, criterion: str, outcome: str) -> str | None:
        return "fail" if (number, criterion) == (0, "greeting") else judged_as_shown(number, criterion, outcome)

    marked(run, [one.id for one in record.drawn], finds_one)
    found = json.loads(run_command("agreement", run, "--json").stdout)
    text = run_command("agreement", run).stdout

    by_id = {one["criterion"]: one for one in found["criteria"]}
    greeting = by_id["greeting"]
    assert {"first": "pass", "second": "fail", "n": 1} in greeting["confusion"]
    assert greeting["share"]["low"] < greeting["share"]["value"] < greeting["share"]["high"]
    assert found["alike"]["calls"] == 10
    assert [one["person"] for one in found["people"]] == ["甲"]
    assert "greeting  一致" in text
    assert "通过 → 未通过  1" in text


def test_the_kinds_and_what_is_missing_are_told(run: Path) -> None:
    assert "这里还没有标注" in run_command("agreement", run).stderr
    record = sampled(run)
    marked(run, [one.id for one in record.drawn])

    assert "人与人：还没有可以对照的评定" in run_command("agreement", run, "--kind", "people").stdout
    assert run_command("agreement", run, "--kind", "both").exit_code == 2


def test_pairs_of_one_call_do_not_count_as_if_they_were_independent() -> None:
    from qa_speech.marks.agreement import Pair

    single = [Pair(f"call-{number}", "x", "pass", "pass", "甲", "1") for number in range(10)]
    tripled = agreement_of("x", [*single, *single, *single])

    assert (tripled.n, tripled.calls) == (30, 10)
    assert tripled.share == agreement_of("x", single).share


def test_a_handful_of_cases_alike_is_no_proof_that_all_are() -> None:
    from qa_speech.marks.agreement import Pair

    outcomes = ["pass"] * 5 + ["fail"] * 4
    pairs = [Pair(f"call-{number}", "x", one, one, "甲", "1") for number, one in enumerate(outcomes)]
    found = agreement_of("x", pairs)
    one_sided = agreement_of("x", [pair._replace(first="pass") for pair in pairs])

    assert (found.kappa.value, found.alpha.value) == (1.0, 1.0)
    assert found.kappa.low is not None
    assert found.alpha.low is not None
    assert found.kappa.low < 0.6
    assert found.alpha.low < 0.6
    assert (one_sided.kappa.value, one_sided.kappa.low) == (0.0, None)


def test_trust_comes_from_marks_under_this_card_and_version_alone() -> None:
    card = load_scorecard(CARD)
    own = [mark(str(number), "greeting", "pass") for number in range(20)]
    older = [mark(str(number), "pause", "pass", scorecard_version=1) for number in range(40)]
    differing = [mark(str(number), "pause", "fail") for number in range(20)]

    assert trusted_criteria([*own, *older], card) == {"greeting"}
    assert trusted_criteria([*own, *differing], card) == {"greeting"}
    assert trusted_criteria(own[:19], card) == frozenset()
    assert (
        trusted_criteria(own, load_scorecard(CARD.replace("review: {trust: {min_agreement: 0.7, marks: 20}}", "")))
        == set()
    )


def test_score_reads_the_agreement_from_the_marks_it_is_shown(run: Path, tmp_path: Path) -> None:
    card = tmp_path / "tiny.yaml"
    card.write_text(CARD.replace("您好", "早安早安"), encoding="utf-8")
    store = open_marks(tmp_path / "elsewhere.sqlite")
    store.add([mark(str(number), "greeting", "pass") for number in range(25)])
    store.close()

    def waiting(*args: object) -> set[str]:
        result = run_command("score", run, "--scorecard", card, "--json", *args)
        assert result.exit_code == 0, result.output
        found: set[str] = set()
        for line in result.stdout.splitlines():
            criteria = json.loads(line)["score"]["criteria"]
            found.update(one["id"] for one in criteria if "untrusted" in one.get("review", ()))
        return found

    assert waiting() == {"greeting", "pause"}
    assert waiting("--marks-db", tmp_path / "elsewhere.sqlite") == {"pause"}
    assert not marks_file(run).exists()


def test_marks_are_not_looked_for_where_no_card_asks_for_trust(tmp_path: Path) -> None:
    plain = load_scorecard(CARD.replace("review: {trust: {min_agreement: 0.7, marks: 20}}", ""))

    assert TrustOfMarks(tmp_path / "nowhere", str(tmp_path / "none.sqlite"))(plain) == frozenset()
    with pytest.raises(ConfigError, match="no marks here yet"):
        TrustOfMarks(tmp_path / "nowhere", str(tmp_path / "none.sqlite"))(load_scorecard(CARD))


def paused(seconds: float, number: int) -> tuple[str, Any]:
    call = make_call("agent@0-2: 您好", f"customer@{2 + seconds}-{4 + seconds}: 我想查话费", call_id=str(number))
    return call.id, call


def test_a_bound_that_agrees_better_is_suggested_and_totals_of_calibration_are_held_together() -> None:
    card = load_scorecard(CARD)
    calls = dict(paused(1 + number * 0.5, number) for number in range(12))
    scored = {name: (score(call, card), card) for name, call in calls.items()}
    marks = [
        mark(name, "pause", "pass" if 1 + number * 0.5 <= 4.5 else "fail")
        for number, name in enumerate(calls)
    ]  # fmt: skip
    for number in range(3):
        for person, role in (("甲", "inspector"), ("师", "expert")):
            for criterion in ("greeting", "pause"):
                outcome = "fail" if criterion == "pause" and number else "pass"
                marks.append(
                    mark(str(number), criterion, outcome, person=person, role=role, stage="calibration", blind=True)
                )

    found = study(scored, marks, "machine")
    expert = study(scored, marks, "expert")

    (bound,) = found.bounds
    assert (bound.criterion, bound.side, bound.now) == ("pause", "at_most", 3.0)
    assert 4.5 < bound.suggestion.bound < 5.0
    assert bound.suggestion.agree.value == 1.0 > bound.suggestion.agree_now.value
    assert (found.totals.value, found.totals.n) == (1.0, 3)
    assert expert.alike is not None
    assert (expert.alike.value, expert.alike.n, expert.alike.calls) == (1.0, 6, 3)


def test_criteria_on_which_people_differ_are_named_for_new_words() -> None:
    marks: list[Mark] = []
    for number in range(12):
        marks.append(mark(str(number), "greeting", "pass"))
        second = "fail" if number % 2 else "pass"
        marks.append(mark(str(number), "greeting", second, stage="second", person="乙", at="2026-11-02T08:00:00"))

    assert [one.criterion for one in study({}, marks).reword] == ["greeting"]


def test_characters_misheard_are_counted_by_role_without_punctuation(tmp_path: Path) -> None:
    calls = [
        make_call("agent: 你好，请讲。", "customer: 我想查话费", call_id="a"),
        make_call("agent: 您好", "customer: 查 10 元", call_id="b"),
    ]
    (tmp_path / "a.txt").write_text("坐席: 您好请讲\n客户: 我想查话费\n", encoding="utf-8")
    (tmp_path / "b.txt").write_text("坐席: 您好！\n客户: 查１０元吧\n", encoding="utf-8")

    found = {one.role: one for one in recognition_errors(calls, tmp_path)}

    assert (found["agent"].errors, found["agent"].characters, found["agent"].calls) == (1, 6, 2)
    assert (found["customer"].errors, found["customer"].characters) == (1, 10)
    assert found["all"].rate == pytest.approx(2 / 16)
    assert found["all"].low is not None
    assert found["all"].low <= found["all"].rate <= (found["all"].high or 0)
    with pytest.raises(ConfigError, match="no transcript here is named like"):
        recognition_errors([make_call("agent: 您好", call_id="c")], tmp_path)


def test_the_command_compares_own_calls_with_transcripts_and_needs_no_marks(run: Path, tmp_path: Path) -> None:
    references = tmp_path / "转写"
    references.mkdir()
    for call in list(read_calls(run))[:2]:
        lines = [
            f"{'坐席' if said.role is Role.AGENT else '客户'}: {said.text}" for said in call.utterances if said.text
        ]
        (references / f"{Path(call.id).stem}.txt").write_text("\n".join(lines), encoding="utf-8")

    result = run_command("agreement", run, "--transcripts", references)

    assert result.exit_code == 0, result.output
    assert "识别字错率" in result.stdout
    assert "全部  0.0%（0.0–0.0" in result.stdout
