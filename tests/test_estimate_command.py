"""`qa-speech estimate`: from a run, a draw and marks to figures that are never without n and interval."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from qa_speech.cli import app
from tests.marked_run import copied, judged_as_shown, marked, sampled


def run_command(*args: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in args], env={"LANG": "zh_CN.UTF-8", "LC_ALL": "zh_CN.UTF-8"})


def estimate(run: Path, *args: object) -> dict[str, Any]:
    result = run_command("estimate", run, "--sample", run / "样本", *args, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return copied(tmp_path)


def test_what_people_said_of_the_drawn_calls_speaks_for_all_with_n_and_interval(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn])

    found = estimate(run, "--by", "agent")

    whole = found["whole"]
    assert (found["drawn"], found["finished"], whole["calls"], whole["n"]) == (10, 10, 14, 10)
    assert 0 <= whole["low"] < whole["value"] < whole["high"] <= 100
    assert [line["group"] for line in found["groups"]] == ["1001", "1037"]
    assert all(line["low"] <= line["value"] <= line["high"] and line["n"] == 5 for line in found["groups"])


def test_a_call_not_decided_whole_is_listed_with_what_is_missing_and_the_others_stand_for_it(run: Path) -> None:
    record = sampled(run)
    drawn = [one.id for one in record.drawn]

    def leaves_one_open(number: int, criterion: str, outcome: str) -> str | None:
        return None if (number, criterion) == (3, "greeting") else judged_as_shown(number, criterion, outcome)

    marked(run, drawn[:9], leaves_one_open)
    human = estimate(run, "--marks", "human")
    final = estimate(run, "--marks", "final")

    missing = {one["call"]: (one["reason"], one["undecided"]) for one in human["unfinished"]}
    assert missing == {drawn[3]: ("undecided", ["greeting"]), drawn[9]: ("no_marks", [])}
    assert human["finished"] == 8
    assert [one["call"] for one in final["unfinished"]] == [drawn[9]], (
        "the machine judged the greeting, people the rest"
    )


def test_a_violation_is_a_rate_of_all_calls_and_exact(run: Path) -> None:
    record = sampled(run)

    def finds_one(number: int, criterion: str, outcome: str) -> str | None:
        return "fail" if (number, criterion) == (0, "greeting") else judged_as_shown(number, criterion, outcome)

    marked(run, [one.id for one in record.drawn], finds_one)
    whole = estimate(run, "--figure", "criterion:greeting")["whole"]

    assert (whole["value"], whole["method"]) == (10.0, "exact")
    assert (whole["low"], whole["high"]) == pytest.approx((0.25, 44.5), abs=0.05)


def test_a_group_that_says_next_to_nothing_is_given_its_teams_interval_and_named_for_more_calls(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn if one.group == "1001"])

    found = estimate(run, "--by", "agent", "--figure", "passed", "--width", 30)
    silent = found["groups"][1]

    assert (silent["group"], silent["own_n"], silent["carried_by"]) == ("1037", 0, "all")
    assert (silent["own_low"], silent["own_high"]) == (0.0, 100.0)
    assert silent["n"] == 5, "n of those whose interval it is"
    assert silent["top_up"] > 0
    text = run_command("estimate", run, "--sample", run / "样本", "--by", "agent", "--figure", "passed").stdout
    assert "没有评完的通话；这是全体的" in text
    assert "工号 1037 再听" in text
    assert "不是名次" in text


def test_the_team_carries_before_the_whole_does(run: Path) -> None:
    record = sampled(run)

    def finds_one(number: int, criterion: str, outcome: str) -> str | None:
        return "fail" if (number, criterion) == (0, "greeting") else judged_as_shown(number, criterion, outcome)

    marked(run, [one.id for one in record.drawn], finds_one)
    found = estimate(run, "--by", "agent", "--figure", "criterion:greeting", "--width", 25)

    assert {(line["carried_by"], line["carried_from"]) for line in found["groups"]} == {("team", "A组")}


def test_the_machine_alone_is_a_census_with_its_agreement_beside_it(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn])

    found = estimate(run, "--marks", "machine", "--by", "agent")
    text = run_command("estimate", run, "--marks", "machine").stdout

    assert (found["whole"]["method"], found["whole"]["n"], found["drawn"]) == ("census", 11, 14)
    assert found["agreement"]["n"] > found["agreement"]["calls"] == 10
    assert "没有抽样误差" in text
    assert "机器与人的一致率" in text


def test_the_stop_rule_says_not_yet_and_the_interval_so_far(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn if one.group == "1001"])

    stop = estimate(run, "--until", "±45")["stop"]

    assert (stop["within"], stop["enough"], stop["waiting"]) == (45.0, False, ["1037"])
    assert stop["low"] <= stop["value"] <= stop["high"]


def test_a_run_that_has_grown_since_the_draw_leaves_the_machine_out_and_says_so(run: Path) -> None:
    record = sampled(run, 'seed = 7\nnumber = 4\nwhere = ["duration_s > 20"]\n')
    marked(run, [one.id for one in record.drawn])
    path = run / "样本" / "sample.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["groups"]["1001"]["calls"] += 3
    path.write_text(json.dumps(document), encoding="utf-8")

    found = estimate(run)
    text = run_command("estimate", run, "--sample", run / "样本").stdout

    assert found["changed"]
    assert "machine" not in found["whole"]["method"]
    assert "机器评分不用" in text


def test_calls_that_no_draw_could_take_are_told_beside_the_answer(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn])
    path = run / "样本" / "sample.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "out_of_reach": {"1001": 2, "1037": 1}}), encoding="utf-8")

    assert estimate(run)["out_of_reach"] == 3
    assert "3 通没有机会抽中" in run_command("estimate", run, "--sample", run / "样本").stdout


def test_tables_come_back_with_their_chinese(run: Path) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn[:-1]])
    for name in ("估计.xlsx", "估计.csv"):
        assert (
            run_command("estimate", run, "--sample", run / "样本", "--by", "agent", "--out", run / name).exit_code == 0
        )

    book = load_workbook(run / "估计.xlsx")
    assert [cell.value for cell in book["估计"][1]][:4] == ["组", "全部通话", "估计", "区间下限"]
    assert [row[0].value for row in book["估计"].iter_rows(min_row=2)] == ["all", "1001", "1037"]
    assert book["没有计入"]["D2"].value == "还没有人评"
    rows = list(csv.reader((run / "估计.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 4
    assert rows[2][0] == "1001"


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--figure", "mean"), "应为 total、passed 或 criterion:编号"),
        (("--figure", "criterion:nothing"), "没有通话评过“nothing”"),
        (("--by", "planet"), "没有通话带有“planet”"),
        (("--until", "soon"), "应为分数，如 ±2"),
        (("--marks", "mine"), "可写：machine, human, final"),
        (("--out", "table.pdf"), "应为 .csv 或 .xlsx"),
    ],
)
def test_what_is_asked_wrongly_is_told_in_a_sentence(run: Path, args: tuple[str, str], told: str) -> None:
    record = sampled(run)
    marked(run, [one.id for one in record.drawn])
    result = run_command("estimate", run, "--sample", run / "样本", *args)

    assert result.exit_code == 2
    assert told in result.stderr.replace("\n", " ").replace("│", "").replace("  ", " ")


def test_without_marks_or_a_draw_it_says_what_is_missing(run: Path) -> None:
    sampled(run)

    assert "这里还没有标注" in run_command("estimate", run, "--sample", run / "样本").stderr
    assert "--sample" in run_command("estimate", run).stderr
