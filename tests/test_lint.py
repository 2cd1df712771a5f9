"""What is valid but wrong is found, and what is right is left alone."""

import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.scorecard import load_scorecard
from qa_speech.scorecard.finding import NOTES
from qa_speech.scorecard.lint import lint, problems
from qa_speech.scorecard.starter import new_scorecard
from qa_speech.wording.lint import MESSAGES, lint_sentence

CRITERION = "{id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}"


def card(*criteria: str, head: str = "", section: str = "", tests: str = "", sections: str = ""):
    listed = "".join(f"      - {item}\n" for item in criteria or (CRITERION,))
    return load_scorecard(
        f"id: tiny\nversion: 1\ntitle: 示例\nmin_coverage: 0\neffective: {{from: 2026-01-01}}\n{head}\n"
        f"sections:\n  - id: part\n    title: 部分\n    {section}\n    criteria:\n{listed}{sections}{tests}"
    )


def codes(*criteria: str, **parts: str) -> set[str]:
    found = {item.code for item in lint(card(*criteria, **parts))}
    return found - {"no_passing_example", "no_failing_example"}


def phrase(text: str, more: str = "points: 10") -> str:
    return f"{{id: greeting, title: 问候, {more}, check: {{phrase: {text}}}}}"


def metric(text: str, more: str = "points: 10") -> str:
    return f"{{id: greeting, title: 问候, {more}, check: {{metric: {text}}}}}"


OTHER = (
    "  - id: other\n    title: 其他\n    {}\n    criteria:\n"
    "      - {{id: closing, title: 结束, points: 5, check: {{entity: {{kind: phone}}}}}}\n"
)


def test_a_good_card_is_left_alone():
    assert codes() == set()


@pytest.mark.parametrize("name", ["my-card", "card_2.1"])
def test_a_new_card_has_nothing_to_complain_about(name):
    made = load_scorecard(new_scorecard(name, title="新表"))

    assert (made.id, made.title, lint(made)) == (name, "新表", [])


@pytest.mark.parametrize(
    ("file", "options", "name", "title"),
    [
        ("我的评分表", (), "wo-de-ping-fen-biao", "我的评分表"),
        ("宽带（2026年）", (), "kuan-dai-2026-nian", "质检评分表"),
        ("my card", ("--id", "mine", "--title", "装机"), "mine", "装机"),
    ],
)
def test_a_new_card_may_have_any_file_name(tmp_path, file, options, name, title):
    path = tmp_path / f"{file}.yaml"

    done = CliRunner().invoke(app, ["scorecard", "new", str(path), *options, "--ui", "zh"])

    made = load_scorecard(path)
    assert (done.exit_code, made.id, made.title, lint(made)) == (0, name, title, [])
    assert done.stderr == f"评分表编号：{name}\n"


def test_a_name_without_letters_and_a_bad_id_are_refused(tmp_path):
    nothing = CliRunner().invoke(app, ["scorecard", "new", str(tmp_path / "——.yaml"), "--ui", "en"])
    bad = CliRunner().invoke(app, ["scorecard", "new", str(tmp_path / "a.yaml"), "--id", "Bad Id", "--ui", "en"])

    assert (nothing.exit_code, bad.exit_code) == (2, 2)
    assert "give one with --id" in nothing.stderr
    assert "not an id" in bad.stderr
    assert list(tmp_path.iterdir()) == []


CASES = {
    "weights_sum": {"section": "weight: 40", "sections": OTHER.format("weight: 50")},
    "weights_mixed": {"section": "weight: 40", "sections": OTHER.format("")},
    "weight_zero": {"section": "weight: 0"},
    "weight_without_points": {
        "criteria": [phrase("{any: [您好], role: agent}", "fatal: form, comment_required: true")],
        "section": "weight: 10",
    },
    "manual_starves": {
        "criteria": ["{id: a, title: 甲, points: 9, manual: true, guide: x}", CRITERION.replace("10", "1")],
        "head": "description: x",
    },
    "bands_flat": {"criteria": [metric("silence", "points: 5, bands: [{below: 1, points: 5}, {points: 5}]")]},
    "bands_same": {
        "criteria": [metric("silence", "points: 5, bands: [{below: 1, points: 5}, {below: 2, points: 0}, {points: 0}]")]
    },
    "bands_zigzag": {
        "criteria": [metric("silence", "points: 5, bands: [{below: 1, points: 5}, {below: 2, points: 0}, {points: 3}]")]
    },
    "pass_mark_no_band": {"head": "pass_mark: 80\nbands: [{from: 60, name: 好}, {from: 0, name: 差}]"},
    "mostly_manual": {
        "criteria": ["{id: a, title: 甲, points: 9, manual: true, guide: x}", CRITERION.replace("10", "1")],
        "head": "description: x",
    },
    "alarm_no_evidence": {"head": "alarms: [{id: night, title: 夜间, check: {call: {attribute: hour, at_least: 22}}}]"},
    "trust_never": {"head": "review: {trust: {min_agreement: 1}}"},
    "trust_few_marks": {"head": "review: {trust: {min_agreement: 0.9, marks: 25}}"},
    "never_fails": {"criteria": [phrase("{any: [您好], role: agent, at_least: 0}")]},
    "never_passes": {"criteria": [phrase("{any: [您好], role: agent, unless: [您好]}")]},
    "when_always": {
        "criteria": [phrase("{any: [您好], role: agent}", "points: 10, when: {metric: silence.count, at_least: 0}")]
    },
    "when_never": {
        "criteria": [phrase("{any: [您好], role: agent}", "points: 10, when: {metric: silence.count, at_most: -1}")]
    },
    "when_is_check": {
        "criteria": [phrase("{any: [您好], role: agent}", "points: 10, when: {phrase: {any: [您好], role: agent}}")]
    },
    "shadowed": {"criteria": [phrase("{any: [您好, {say: 早上好, unless: [早上好]}], role: agent}")]},
    "useless_unless": {"criteria": [phrase("{any: [您好], role: agent, unless: [再见了]}")]},
    "redundant": {"criteria": [phrase("{any: [您好, 您好请讲], role: agent}")]},
    "said_twice": {"criteria": [phrase("{any: [您好, '您好，'], role: agent}")]},
    "one_character": {"criteria": [phrase("{any: [好], role: agent}")]},
    "short_homophone": {"criteria": [phrase("{any: [好], role: agent, homophones: true}")]},
    "pattern_punctuation": {"criteria": [phrase("{any: [{pattern: '您好，请讲'}], role: agent}")]},
    "no_role": {"criteria": [phrase("{any: [您好]}")]},
    "contradiction": {
        "criteria": ["{id: a, title: 甲, points: 1, check: {all: [{phrase: {any: [您好]}}, {phrase: {none: [您好]}}]}}"]
    },
    "fatal_no_evidence": {
        "criteria": [
            "{id: a, title: 甲, fatal: form, comment_required: true, check: {call: {attribute: queue, is: [x]}}}"
        ]
    },
    "fatal_no_comment": {"criteria": [phrase("{none: [滚蛋], role: agent}", "points: 5, fatal: form")]},
    "fatal_section_empty": {
        "criteria": [phrase("{none: [滚蛋], role: agent}", "fatal: section, comment_required: true")]
    },
    "deduct_nothing": {"criteria": [phrase("{none: [滚蛋], role: agent}", "deduct: {points: 2}")]},
    "deduct_no_limit": {
        "criteria": [
            CRITERION,
            phrase("{none: [滚蛋], role: agent}", "deduct: {points: 2, per: hit}")
            .replace("greeting", "rude")
            .replace("问候", "粗话"),
        ]
    },
    "similar_ids": {"criteria": [CRITERION, CRITERION.replace("greeting", "greet-ing").replace("问候", "再问候")]},
    "same_title": {"criteria": [CRITERION, CRITERION.replace("greeting", "welcome")]},
    "title_is_id": {"criteria": [CRITERION.replace("问候", "greeting")]},
    "manual_no_guide": {"criteria": [CRITERION, "{id: a, title: 甲, points: 1, manual: true}"]},
    "example_failed": {"tests": "tests:\n  - {name: x, dialogue: ['agent: 喂'], expect: {greeting: pass}}\n"},
    "example_checks_nothing": {"tests": "tests:\n  - {name: x, dialogue: ['agent: 喂']}\n"},
}


@pytest.mark.parametrize(("code", "parts"), CASES.items(), ids=CASES)
def test_each_mistake_has_its_finding(code, parts):
    parts = dict(parts)
    made = parts.pop("criteria", ())
    if code == "manual_starves":
        parts["head"] = "description: x\n"
        found = {item.code for item in lint(card(*made, **parts).model_copy(update={"min_coverage": 0.6}))}
    else:
        found = codes(*made, **parts)

    assert code in found


def test_every_finding_has_a_case_and_both_languages():
    elsewhere = {"no_effective", "no_passing_example", "no_failing_example"}

    assert set(CASES) | elsewhere == set(MESSAGES)
    assert set(MESSAGES) > NOTES
    for zh, en in MESSAGES.values():
        assert sorted(part for part in zh.split("{")[1:]) != [] or "{" not in en
        assert {part.split("}")[0].split("!")[0] for part in zh.split("{")[1:]} == {
            part.split("}")[0].split("!")[0] for part in en.split("{")[1:]
        }


def test_findings_render_in_both_languages():
    (found,) = [item for item in lint(card(phrase("{any: [好], role: agent}"))) if item.code == "one_character"]

    assert "好" in lint_sentence(found, "zh")
    assert "one character" in lint_sentence(found, "en")


def test_examples_count_for_coverage_only_when_they_pass():
    tests = (
        "tests:\n  - {name: good, dialogue: ['agent: 您好'], expect: {greeting: pass}}\n"
        "  - {name: bad, dialogue: ['agent: 您好'], expect: {greeting: fail}}\n"
    )
    found = {item.code for item in lint(card(tests=tests))}

    assert "no_failing_example" in found
    assert "no_passing_example" not in found


def test_a_card_without_dates_is_noted():
    text = (
        "id: tiny\nversion: 1\ntitle: 示例\nsections:\n  - id: part\n    title: 部分\n    criteria:\n      - "
        + CRITERION
        + "\n"
    )

    assert "no_effective" in {item.code for item in lint(load_scorecard(text))}


def test_manual_sections_on_top_of_a_hundred_are_no_mistake():
    manual = (
        "  - id: other\n    title: 其他\n    weight: 20\n    criteria:\n"
        "      - {id: a, title: 甲, points: 5, manual: true, guide: x}\n"
    )

    assert "weights_sum" not in codes(section="weight: 100", sections=manual)


def test_only_problems_are_problems():
    found = lint(card(phrase("{any: [好]}")))

    assert {item.code for item in problems(found)} == {"one_character"}


@pytest.mark.parametrize(
    ("name", "title", "says"),
    [
        ("My Card", "评分表", "not an id"),
        ("mine", "a: b", "plain words without YAML signs"),
        ("mine", "  ", "plain words"),
    ],
)
def test_a_new_card_has_a_plain_name_and_title(name, title, says):
    with pytest.raises(ConfigError, match=says):
        new_scorecard(name, title=title)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("greeting", "greetings", True),
        ("closing-question-asked", "closing-questions-asked", True),
        ("closing-question-asked", "closing-questien-asked", True),
        ("additional-help-offered-now", "aditional-help-ofered-now", True),
        ("q-1", "q_1", True),
        ("criterion-1", "criterion-2", False),
    ],
)
def test_ids_are_alike_that_hardly_differ(one, other, alike):
    criteria = [CRITERION.replace("greeting", one), CRITERION.replace("greeting", other).replace("问候", "再问候")]

    assert ("similar_ids" in codes(*criteria)) == alike


def test_each_title_is_named_with_the_first_that_has_it():
    criteria = [CRITERION.replace("greeting", name) for name in ("hello", "welcome", "opening")]

    found = [(item.where, item.values["other"]) for item in lint(card(*criteria)) if item.code == "same_title"]

    assert found == [("welcome", "hello"), ("opening", "hello")]


def test_a_phrase_that_holds_others_is_named_with_each():
    found = lint(card(phrase("{any: [话费, 查话费, 查话费吧], role: agent}")))

    pairs = [(item.values["short"], item.values["long"]) for item in found if item.code == "redundant"]
    assert pairs == [("话费", "查话费"), ("话费", "查话费吧"), ("查话费", "查话费吧")]
