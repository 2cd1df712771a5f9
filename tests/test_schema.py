"""Careless and hostile scorecard files: the complete list of what is wrong, quickly, and nothing is executed."""

import time
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.scorecard import choose_scorecard
from qa_speech.scorecard.schema import MAX_BYTES, json_schema, load_scorecard
from qa_speech.testing import make_call

GOOD = """\
id: tiny
version: 1
title: 示例
sections:
  - id: opening
    title: 开头语
    criteria:
      - id: greeting
        title: 问候
        points: 10
        check: {phrase: {any: [您好], role: agent}}
"""


def problems(text: str | Path) -> list[str]:
    started = time.monotonic()
    with pytest.raises(ConfigError) as caught:
        load_scorecard(text)
    # a hang would be the fault here, not a slow machine
    assert time.monotonic() - started < 10
    return [item.removeprefix("<text>:") for item in caught.value.problems]


def changed(old: str, new: str, text: str = GOOD) -> str:
    assert old in text
    return text.replace(old, new, 1)


def criterion(text: str) -> str:
    """The good card with other lines in place of its one criterion's points and check."""
    head = GOOD[: GOOD.index("        points: 10")]
    return head + "".join(f"        {line}\n" for line in text.splitlines())


HOSTILE = {
    "recursive anchor": ("a: &a [*a]\n" + GOOD, "1: a: anchor &a is not allowed"),
    "alias": (changed("title: 示例", "title: &t 示例\ndescription: *t"), "4: description: alias *t is not allowed"),
    "billion laughs": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n" + GOOD, "3: c[1]: alias *b"),
    "python object tag": (
        changed("示例", "!!python/object/apply:os.system ['true']"),
        "3: title: tag tag:yaml.org,2002:python",
    ),
    "own tag": (changed("示例", "!env HOME"), "3: title: tag !env is not allowed"),
    "duplicate key": (
        changed("version: 1", "version: 1\nversion: 2"),
        "3: version: key 'version' is given twice; first on line 2",
    ),
    "duplicate key deep down": (
        changed("role: agent}", "role: agent, role: agent}"),
        "11: sections[1].criteria[1].check.phrase.role: key 'role'",
    ),
    "merge key": (changed("version: 1", "version: 1\n<<: {x: 1}"), "3: <<: unknown key '<<'"),
    "nesting of lists": ("id: " + "[" * 200 + "]" * 200 + "\n", "1: file: nested deeper than 20 levels"),
    "nesting of mappings": ("".join("  " * n + "a:\n" for n in range(60)), "file: nested deeper than 20 levels"),
    "nesting never closed": ("id: " + "[" * 100_000 + "\n", "nested deeper than 20 levels"),
    "nested checks": (criterion("check: " + "{not: " * 30 + "{}" + "}" * 30), "nested deeper than 20 levels"),
    "too many values": ("x: [" + "1," * 210_000 + "]\n", "1: file: more than 200,000 values"),
    "too large": ("#" + "x" * MAX_BYTES + "\n", "1: file: larger than 1,048,576 bytes"),
    "two documents": (GOOD + "---\n" + GOOD, "file: more than one document"),
    "not YAML": ("id: [1, 2\ntitle: x\n", "file: not YAML:"),
    "tab": ("id: tiny\n\tversion: 1\n", "2: file: not YAML:"),
    "unfinished quote": ("id: 'tiny\nversion: 1\n", "not YAML:"),
    "a list": ("- id: tiny\n- version: 1\n", "1: file: expected a mapping"),
    "a word": ("hello\nworld\n", "1: file: expected a mapping"),
    "empty": ("\n\n", "1: file: expected a mapping"),
    "only a comment": ("# nothing here\n", "1: file: expected a mapping"),
    "list as key": ("[a, b]: 1\n" + GOOD, "1: file: a key must be plain text"),
    "mapping as key": ("{a: 1}: 1\n" + GOOD, "1: file: a key must be plain text"),
    "control character": (changed("示例", "示\x00例"), "not YAML:"),
    "near-miss key": (
        changed("points: 10", "point: 10"),
        "10: sections[opening].criteria[greeting].point: unknown key 'point'; did you mean 'points'?",
    ),
    "near-miss key at the top": (
        changed("version", "versionn"),
        "2: versionn: unknown key 'versionn'; did you mean 'version'?",
    ),
    "near-miss operator": (
        criterion("points: 1\ncheck: {phrases: {any: [您好]}}"),
        "unknown key 'phrases'; did you mean 'phrase'?",
    ),
    "near-miss inside a phrase": (changed("any: [您好]", "anys: [您好]"), "unknown key 'anys'; did you mean 'any'?"),
    "unknown key far from all": (changed("version: 1", "version: 1\nqqqqqq: 1"), "here may stand: id, version, title"),
    "very long key": (changed("version: 1", f"version: 1\n? {'k' * 5000}\n: 1"), "unknown key 'kkkkk"),
    "deduct with points": (
        criterion("points: 5\ndeduct: {points: 3}\ncheck: {phrase: {any: [您好]}}"),
        "deduct takes points from the section; it does not go with points, bands or bonus",
    ),
    "a bonus that is fatal": (
        criterion("points: 5\nbonus: form\nfatal: form\ncheck: {phrase: {any: [您好]}}"),
        "bonus needs points and does not go with fatal",
    ),
    "shown only, and fatal": (
        criterion("scored: false\nfatal: form\ncheck: {phrase: {any: [您好]}}"),
        "scored: false does not go with deduct, bonus or fatal",
    ),
    "bands of a phrase": (
        criterion("points: 5\nbands: [{below: 3, points: 5}, {points: 0}]\ncheck: {phrase: {any: [您好]}}"),
        "bands need a metric check without at_least and at_most",
    ),
    "bands without points": (
        criterion("bands: [{below: 3, points: 5}, {points: 0}]\ncheck: {metric: silence}\nfatal: form"),
        "bands need points: the full mark",
    ),
    "a fatal that does nothing": (
        criterion("fatal: {}\ncheck: {phrase: {any: [您好]}}"),
        "expected form, section, or {cap: 60}",
    ),
    "start points of a section of sections": (
        "id: tiny\nversion: 1\ntitle: 示例\nsections:\n  - id: outer\n    title: 外\n    start_points: 5\n    sections:\n"
        "      - {id: inner, title: 内, criteria: [{id: a, title: 项, points: 1, manual: true}]}\n",
        "start_points belongs to a section with criteria",
    ),
    "a card that ends before it begins": (
        changed("version: 1", "version: 1\neffective: {from: 2026-05-01, until: 2026-04-01}"),
        "from must be before until",
    ),
    "order on two sides": (
        criterion(
            "points: 1\ncheck: {order: {anchor: {phrase: {any: [您好]}}, before: {phrase: {any: [好]}}, "
            "after: {phrase: {any: [好]}}}}"
        ),
        "give exactly one of after, before, around",
    ),
    "a bound beside a phrase": (
        criterion("points: 1\ncheck: {phrase: {any: [您好]}, at_most: 3}"),
        "at_most beside phrase has no meaning; write it inside phrase",
    ),
    "text for a number": (
        changed("points: 10", "points: ten"),
        "10: sections[opening].criteria[greeting].points: expected a number, got 'ten'",
    ),
    "number in quotes": (changed("points: 10", "points: '10'"), "expected a number, got '10'"),
    "yes for a number": (changed("points: 10", "points: yes"), "expected a number, got 'yes'"),
    "true for a number": (changed("points: 10", "points: true"), "expected a number, got true"),
    "infinity": (changed("points: 10", "points: .inf"), "points: expected a finite number"),
    "infinity in capitals": (changed("points: 10", "points: -.INF"), "points: expected a finite number"),
    "not a number": (changed("points: 10", "points: .nan"), "points: "),
    "an enormous number": (changed("points: 10", f"points: {'9' * 500_000}"), "expected a number, got '9999"),
    "negative points": (changed("points: 10", "points: -1"), "points: it should be greater than or equal to 0; got -1"),
    "version one and a half": (changed("version: 1", "version: 1.5"), "2: version: expected a whole number, got 1.5"),
    "a mapping for a list": (changed("any: [您好]", "any: {a: 1}"), "check.phrase.any: expected a list, got a mapping"),
    "a word for a list": (changed("any: [您好]", "any: 您好"), "check.phrase.any: expected a list, got '您好'"),
    "no for an unquoted word": (changed("示例", "null"), "3: title: expected text, got nothing"),
    "a number for a title": (changed("示例", "12"), "3: title: expected text, got 12"),
    "capital id": (changed("id: tiny", "id: Tiny"), "1: id: expected an id of lower-case letters"),
    "id used twice": (
        changed("id: greeting", "id: opening"),
        "8: sections[opening].criteria[opening].id: id 'opening' is used twice",
    ),
    "missing keys": ("id: tiny\nversion: 1\n", "1: title: required, but missing"),
    "no criteria": (
        "id: tiny\nversion: 1\ntitle: x\nsections:\n  - {id: a, title: b}\n",
        "a section holds either criteria or sections",
    ),
    "unknown role": (
        changed("role: agent", "role: agnet"),
        "check.phrase.role: it should be 'agent', 'customer' or 'anyone_if_unknown'; got 'agnet'",
    ),
    "look-ahead": (
        criterion("points: 1\ncheck: {phrase: {any: [{pattern: '您(?!好)'}]}}"),
        "look-ahead and look-behind are not supported",
    ),
    "broken pattern": (
        criterion("points: 1\ncheck: {phrase: {any: [{pattern: '(您'}]}}"),
        "not a usable regular expression",
    ),
    "enormous pattern": (
        criterion("points: 1\ncheck: {phrase: {any: [{pattern: '((a{100}){100}){100}'}]}}"),
        "not a usable regular expression",
    ),
    "pattern of nothing": (criterion("points: 1\ncheck: {phrase: {any: [{pattern: 'a*'}]}}"), "matches empty text"),
    "phrase of punctuation": (
        criterion("points: 1\ncheck: {phrase: {any: ['，。']}}"),
        "holds nothing that can be spoken",
    ),
    "two operators": (
        criterion("points: 1\ncheck: {phrase: {any: [a]}, entity: {kind: phone}}"),
        "got phrase and entity",
    ),
    "no operator": (criterion("points: 1\ncheck: {}"), "got none of them"),
    "check and manual": (
        criterion("points: 1\nmanual: true\ncheck: {entity: {kind: phone}}"),
        "give either check or manual: true",
    ),
    "worth nothing": (criterion("check: {entity: {kind: phone}}"), "worth nothing"),
    "unknown metric": (
        criterion("points: 1\ncheck: {metric: silense.longest_s, at_most: 1}"),
        "did you mean 'silence'?",
    ),
    "unknown component": (
        criterion("points: 1\ncheck: {metric: silence.longst_s, at_most: 1}"),
        "did you mean 'longest_s'?",
    ),
    "unknown parameter": (
        criterion("points: 1\ncheck: {metric: silence, params: {min_s: 1}, at_most: 1}"),
        "metric silence has no parameter 'min_s'",
    ),
    "parameter of the wrong type": (
        criterion("points: 1\ncheck: {metric: silence, params: {min_silence_s: long}, at_most: 1}"),
        "parameter min_silence_s of metric silence",
    ),
    "metric without a role": (
        criterion("points: 1\ncheck: {metric: talk, at_most: 1}"),
        "metric talk is measured per role",
    ),
    "metric without a bound": (
        criterion("points: 1\ncheck: {metric: silence}"),
        "a metric needs at_least, at_most, or bands",
    ),
    "bands that fall": (
        criterion(
            "points: 9\ncheck: {metric: silence}\nbands: [{below: 5, points: 9}, {below: 3, points: 5}, {points: 0}]"
        ),
        "bands must rise",
    ),
    "bands without an end": (
        criterion("points: 9\ncheck: {metric: silence}\nbands: [{below: 5, points: 9}, {below: 8, points: 5}]"),
        "the last must not have it",
    ),
    "bands with other points": (
        criterion("points: 9\ncheck: {metric: silence}\nbands: [{below: 5, points: 8}, {points: 0}]"),
        "the best band gives 8 points, but points is 9",
    ),
    "windows twice": (
        changed("role: agent", "role: agent, first_s: 5, last_s: 5"),
        "give only one of first_s, last_s, between_s",
    ),
    "turn zero": (changed("role: agent", "role: agent, turns: [0, 3]"), "1 is the first turn"),
    "a bad date": (
        changed("version: 1", "version: 1\neffective: {from: 2026-02-30}"),
        "3: effective.from: expected a date like 2026-01-31",
    ),
    "bands of totals rising": (
        changed("version: 1", "version: 1\nbands: [{from: 0, name: a}, {from: 80, name: b}]"),
        "3: bands: bands must fall",
    ),
    "bands of totals with a gap": (
        changed("version: 1", "version: 1\nbands: [{from: 80, name: a}, {from: 60, name: b}]"),
        "3: bands: the last band must be from: 0",
    ),
    "a test of nothing": (
        GOOD + "tests:\n  - {name: x, dialogue: ['agent: 您好'], expect: {greting: pass}}\n",
        "tests[x].expect.greting: no criterion 'greting'; did you mean 'greeting'?",
    ),
    "a given figure unheard of": (
        GOOD + "tests:\n  - {name: x, dialogue: ['agent: 您好'], given: {voise: 1}}\n",
        "tests[x].given: no metric 'voise'; there are: talk",
    ),
    "a fatal unheard of": (
        criterion("points: 1\nfatal: all\ncheck: {entity: {kind: phone}}"),
        "criteria[greeting].fatal: it should be 'form' or 'section'; got 'all'",
    ),
    "a cap that is not": (
        criterion("points: 1\nfatal: {cap: 160}\ncheck: {entity: {kind: phone}}"),
        "fatal.cap: it should be less than or equal to 100; got 160",
    ),
}


@pytest.mark.parametrize(("text", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_bad_file_is_refused_with_its_line(text, expected):
    found = problems(text)

    assert any(expected in item for item in found), found


def test_there_are_at_least_forty_of_them():
    assert len(HOSTILE) >= 40


def test_the_good_file_is_good():
    assert load_scorecard(GOOD).id == "tiny"


def test_all_problems_are_listed_at_once_in_the_order_of_the_file():
    text = changed("id: tiny", "id: Tiny", changed("version: 1", "versionn: 1", changed("points: 10", "points: ten")))
    lines = [int(item.split(":")[0]) for item in problems(text)]

    assert len(lines) == 4
    assert lines == sorted(lines)


def test_ten_thousand_unknown_keys_are_all_named_within_a_second():
    text = GOOD + "".join(f"key{number}: 1\n" for number in range(10_000))
    started = time.process_time()
    found = problems(text)

    assert len(found) == 10_000
    assert time.process_time() - started < 10


def test_a_megabyte_of_text_is_answered():
    assert problems("id: tiny\ntitle: " + "长" * 300_000 + "\n")


@pytest.mark.parametrize(
    ("written", "read"),
    [("no", "no"), ("12:30", "12:30"), ("on", "on"), ("1_000", "1_000"), ("2026-01-31", "2026-01-31"), ("'12'", "12")],
)
def test_plain_words_stay_words_as_in_yaml_1_2(written, read):
    assert load_scorecard(changed("示例", written)).title == read


def test_a_leading_zero_is_ten_not_eight():
    assert load_scorecard(changed("points: 10", "points: 010")).criteria[0].points == 10


def test_the_file_names_itself_and_a_byte_order_mark_is_no_problem(tmp_path):
    path = tmp_path / "card.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert load_scorecard(path).id == "tiny"
    path.write_bytes(GOOD.replace("version", "versionn").encode())

    with pytest.raises(ConfigError) as caught:
        load_scorecard(path)

    assert all(item.startswith(f"{path}:") for item in caught.value.problems)


@pytest.mark.parametrize("data", [b"id: \xff\xfe\n", "id: 评分".encode("gbk"), b"\x00\x01\x02"])
def test_other_encodings_and_binaries_are_named(tmp_path, data):
    path = tmp_path / "card.yaml"
    path.write_bytes(data)

    with pytest.raises(ConfigError, match=r"UTF-8|not YAML"):
        load_scorecard(path)


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_named(name):
    with pytest.raises(ConfigError, match=r"cannot be read|not a file name"):
        load_scorecard(name)


def test_nothing_is_executed(tmp_path):
    mark = tmp_path / "ran"
    problems(
        changed("示例", f"!!python/object/apply:pathlib.Path.touch [!!python/object/apply:pathlib.Path ['{mark}']]")
    )

    assert not mark.exists()


@given(st.text(max_size=200))
def test_any_text_is_a_card_or_a_list_of_problems(text):
    with pytest.raises(ConfigError) as caught:
        load_scorecard(text + "\n")

    assert caught.value.problems


KEYS = st.sampled_from(
    ["id", "version", "title", "sections", "criteria", "check", "phrase", "any", "metric", "bands", "points", "x"]
)
VALUES = st.recursive(
    st.sampled_from(["1", "ten", "true", "null", "[您好]", "1.5", "-3", ".inf", "agent", "silence.longest_s"]),
    lambda inner: (
        st.dictionaries(KEYS, inner, max_size=3).map(lambda d: "{" + ", ".join(f"{k}: {v}" for k, v in d.items()) + "}")
        | st.lists(inner, max_size=3).map(lambda items: "[" + ", ".join(items) + "]")
    ),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=5))
def test_any_mapping_is_a_card_or_a_list_of_problems(tree):
    text = "".join(f"{key}: {value}\n" for key, value in tree.items())

    with pytest.raises(ConfigError):
        load_scorecard(text + "\n")


def dated(version: int, dates: str):
    return load_scorecard(changed("version: 1", f"version: {version}\neffective: {dates}"))


def test_the_version_in_force_on_the_day_of_the_call_is_chosen():
    cards = [dated(2, "{from: 2026-03-01}"), dated(1, "{from: 2026-01-01, until: 2026-03-01}")]

    def chosen(day):
        card = choose_scorecard(cards, make_call("agent: 您好", metadata={"started_at": day} if day else {}))
        return card and card.version

    assert [chosen("2026-02-28T23:59:59"), chosen("2026-03-01"), chosen("2025-12-31"), chosen("")] == [1, 2, None, 2]


def test_the_schema_for_editors_is_the_one_in_the_repository():
    assert (folder("scorecards") / "scorecard.schema.json").read_text(encoding="utf-8") == json_schema()


def test_the_schema_for_editors_names_every_operator():
    check = msgspec.json.decode(json_schema().encode())["$defs"]["Check"]["properties"]

    assert {"phrase", "metric", "order", "repeat", "entity", "similar", "call", "all", "any", "not"} <= set(check)
