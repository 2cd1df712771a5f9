"""The shipped scorecards say what they mean, and the commands that work on scorecards."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.documents import encode
from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.evidence import unproven
from qa_speech.scorecard.examples import covered, dialogue_call, run_examples
from qa_speech.scorecard.lint import lint
from qa_speech.scorecard.schema import json_schema
from qa_speech.testing import make_call

SHIPPED = sorted(path.stem for path in folder("scorecards").glob("*.yaml"))
SAMPLES = sorted(path.stem.removesuffix(".truth") for path in folder("samples").glob("*.truth.json"))


def card(name: str):
    return load_scorecard(folder("scorecards") / f"{name}.yaml")


def sample(name: str):
    """A sample call as its ground truth has it."""
    truth = json.loads((folder("samples") / f"{name}.truth.json").read_text(encoding="utf-8"))
    lines = [f"{turn['role']}@{turn['start']}-{turn['end']}: {turn['text']}" for turn in truth["turns"] if turn["text"]]
    return make_call(*lines, duration=truth["duration_s"], call_id=name)


def test_six_are_shipped():
    assert SHIPPED == [
        "broadband-fault",
        "complaint",
        "outbound-sales",
        "quality-only",
        "telecom-hotline",
        "text-service",
    ]


@pytest.mark.parametrize("name", SHIPPED)
def test_their_examples_pass(name):
    assert [(item.name, item.problems) for item in run_examples(card(name)) if not item.passed] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_every_criterion_has_an_example_each_way(name):
    made = card(name)
    shown = covered(made, run_examples(made))

    assert [item.id for item in made.criteria if not item.manual and not {"pass", "fail"} <= shown[item.id]] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_lint_finds_nothing(name):
    assert [(item.where, item.code) for item in lint(card(name))] == []


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("call", SAMPLES)
def test_every_card_scores_every_sample_with_evidence_that_is_there(name, call):
    made, told = card(name), sample(call)
    found = score(told, made)

    assert unproven(found, told) == ()
    for item in found.criteria:
        assert item.outcome != "fail" or item.evidence, item.id


def outcomes(name: str, call: str) -> dict[str, str]:
    return {item.id: item.outcome for item in score(sample(call), card(name)).criteria}


def test_the_hotline_card_tells_the_good_sample_from_the_bad():
    good, bad = (score(sample(name), card("telecom-hotline")) for name in ("good-service", "taboo-interruption"))

    assert good.total >= 95
    assert good.passed
    assert bad.total <= 60
    assert {item.id for item in bad.criteria if item.outcome == "fail" and item.fatal} == {"taboo", "deflection"}


def test_the_hotline_card_hears_the_slow_answers_and_the_announced_hold():
    slow, hold = outcomes("telecom-hotline", "slow-answer"), outcomes("telecom-hotline", "hold-and-thanks")

    assert slow["dead-air"] == "fail"
    assert slow["response-time"] in ("partial", "fail")
    assert (hold["hold-announced"], hold["hold-thanked"], hold["dead-air"]) == ("pass", "pass", "pass")


# ------------------------------------------------------------------------------------------------------ examples


def test_lines_without_times_follow_each_other():
    call = dialogue_call(["agent: 您好，", "customer@3-4: 喂", "agent: 请讲"])

    assert [(item.start, item.end) for item in call.utterances] == [(0, 0.5), (3, 4), (4.5, 5)]


def test_speech_without_text_was_not_transcribed():
    call = dialogue_call(["agent@0-2", "customer@3-4"])

    assert not call.recognised
    assert [item.text for item in call.utterances] == [None, None]


BASE = """\
id: tiny
version: 1
title: 示例
bands: [{from: 50, name: 好}, {from: 0, name: 差}]
sections:
  - id: opening
    title: 开头语
    criteria:
      - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
      - {id: polite, title: 礼貌, points: 10, check: {metric: silence, at_most: 3}}
tests:
"""


@pytest.mark.parametrize(
    ("example", "problem"),
    [
        ("expect: {greeting: fail}", "greeting: expected fail, got pass (phrase_found)"),
        ("expect: {greeting: pass}, total: 90", "expected total 90, got 100"),
        ("expect: {greeting: pass}, band: 差", "expected band 差, got 好"),
        ("given: {silence: 9}, expect: {polite: pass}", "polite: expected pass, got fail (metric_above)"),
        ("scorable: false", "expected scorable: false, got scorable"),
    ],
)
def test_an_example_that_fails_says_what_came_instead(example, problem):
    made = load_scorecard(BASE + f"  - {{name: x, dialogue: ['agent: 您好'], {example}}}\n")

    assert [item.problems for item in run_examples(made)] == [(problem,)]


@pytest.mark.parametrize("line", ["agnet: 您好", "agent", "agent@5-3: 您好", "agent@x-y: 您好", ""])
def test_a_line_that_is_no_line_is_named(line):
    text = BASE + f"  - {{name: x, dialogue: ['agent: 喂', '{line}'], expect: {{greeting: pass}}}}\n"

    with pytest.raises(ConfigError, match=r"12: tests\[x\]\.dialogue\[2\]: expected 'agent: 您好'"):
        load_scorecard(text)


# ------------------------------------------------------------------------------------------------------ commands

runner = CliRunner()


def run(*args: str, code: int = 0) -> str:
    result = runner.invoke(app, ["scorecard", *map(str, args)])
    assert result.exit_code == code, result.output
    return result.output


@pytest.mark.parametrize("name", SHIPPED)
def test_commands_take_a_shipped_name_or_a_file(name):
    path = str(folder("scorecards") / f"{name}.yaml")

    assert "ok." in run("check", name, path, "--ui", "en")
    assert "0 failed" in run("test", name, "--ui", "en")
    assert "nothing to complain about" in run("lint", path, "--ui", "en")


def test_check_lists_every_problem_with_its_line(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(BASE.replace("version: 1", "versionn: 1").replace("points: 10", "points: ten"), encoding="utf-8")
    said = run("check", str(path), code=2)

    assert said.count(f"{path} 第 ") == 5
    assert "是不是想写“version”？" in said


def test_test_and_lint_fail_when_an_example_fails(tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        BASE + "  - {name: 坏例子, dialogue: ['agent: 您好'], expect: {greeting: fail}}\n", encoding="utf-8"
    )

    assert "FAIL" in run("test", str(path), code=1)
    assert "坏例子" in run("lint", str(path), "--ui", "zh", code=1)


def test_new_writes_a_card_that_is_ready_and_never_over_another(tmp_path):
    path = tmp_path / "mine.yaml"
    run("new", str(path), "--title", "我的评分表")

    assert "ok." in run("check", str(path), "--ui", "en")
    assert load_scorecard(path).title == "我的评分表"
    assert "已经存在" in run("new", str(path), code=2)


def test_new_like_a_shipped_card_has_its_own_id(tmp_path):
    path = tmp_path / "mine.yaml"
    run("new", str(path), "--like", "complaint")

    assert (load_scorecard(path).id, len(load_scorecard(path).criteria)) == ("mine", len(card("complaint").criteria))


def test_show_names_every_criterion():
    said = run("show", "complaint", "--ui", "zh")

    assert all(item.title in said and item.id in said for item in card("complaint").criteria)


def test_compare_prints_writes_a_page_and_gives_json(tmp_path):
    calls = tmp_path / "calls.jsonl"
    calls.write_bytes(b"\n".join(encode(sample(name)) for name in SAMPLES))
    stricter = tmp_path / "new.yaml"
    text = (folder("scorecards") / "telecom-hotline.yaml").read_text(encoding="utf-8")
    stricter.write_text(
        text.replace("{from: 90, name: 优秀}", "{from: 99.5, name: 优秀}").replace("version: 3", "version: 4"), "utf-8"
    )
    page = tmp_path / "changes.html"
    said = run("compare", "telecom-hotline", str(stricter), "--calls", str(calls), "--html", str(page), "--ui", "zh")

    assert "telecom-hotline v3 → telecom-hotline v4" in said
    assert "评分表对比" in page.read_text(encoding="utf-8")
    told = json.loads(run("compare", "telecom-hotline", str(stricter), "--calls", str(calls), "--json"))
    assert len(told["calls"]) == len(SAMPLES)


def test_a_name_that_is_neither_file_nor_shipped_lists_what_there_is():
    assert "telecom-hotline" in run("show", "no-such-card", code=2)


# --------------------------------------------------------------------------------------------------------- the guide

DOCS = Path(__file__).parent.parent / "docs"
GUIDES = (DOCS / "scorecards.md", DOCS / "zh" / "scorecards.md")
guides = pytest.mark.parametrize("guide", GUIDES, ids=("en", "zh"))


def blocks(guide: Path, kind: str) -> list[str]:
    return re.findall(rf"```{kind}\n(.*?)```", guide.read_text(encoding="utf-8"), re.DOTALL)


CHECKS = blocks(GUIDES[0], "yaml-check")


@guides
def test_the_card_of_the_guide_works_as_the_guide_says(guide):
    (text,) = blocks(guide, "yaml")
    made = load_scorecard(text)

    assert [item.problems for item in run_examples(made)] == [(), ()]
    assert [item.code for item in lint(made)] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda text: text.split(":")[0])
def test_every_check_of_the_guide_loads(check):
    inner = "".join(f"          {line}\n" for line in check.splitlines())
    text = (
        BASE.removesuffix("tests:\n") + "      - id: it\n        title: 它\n        points: 1\n        check:\n" + inner
    )

    assert check.split(":")[0] == load_scorecard(text).criteria[-1].check.operator.NAME


def test_both_guides_show_the_same_checks():
    here, there = [[yaml.safe_load(text) for text in blocks(guide, "yaml-check")] for guide in GUIDES]

    assert here == there


@guides
def test_every_other_piece_of_the_guide_loads(guide):
    review, tests = blocks(guide, "yaml-part")
    worst = yaml.safe_load(tests)["tests"][0]["band"]
    hold = "      - {id: hold, title: 等待, points: 1, check: {metric: hold.unannounced_count, at_most: 0}}\n"
    base = BASE.removesuffix("tests:\n").replace("{from: 0, name: 差}", f"{{from: 0, name: {worst}}}")

    assert load_scorecard(review + base + hold + tests).tests[0].given == {"voice.raised_count": 0}


@guides
def test_the_guide_names_every_key_of_a_criterion_and_every_operator(guide):
    text = guide.read_text(encoding="utf-8")
    schema = json.loads(json_schema())
    keys = set(schema["$defs"]["Criterion"]["properties"]) | set(schema["properties"])

    assert [key for key in sorted(keys) if f"`{key}" not in text and f"{key}:" not in text] == []
    for operator in ("phrase", "metric", "order", "repeat", "entity", "similar", "call", "all:", "any:", "not:"):
        assert operator in text
