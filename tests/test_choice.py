"""Which scorecard judges which call: the same rule for a batch, for `inspect` and for `score`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa_speech.batch.cards import Book
from qa_speech.cli import app
from qa_speech.documents import encode
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scorecard import choose_scorecard, load_scorecard
from qa_speech.scorecard.choice import Shelf, find_scorecard
from qa_speech.scorecard.model import Scorecard
from qa_speech.settings import ScorecardRule
from qa_speech.testing import make_call

TEXT = """\
id: {id}
version: {version}
title: 示例
effective: {{from: {day}}}
eligible: {{attributes: {{queue: [{queue}]}}}}
sections:
  - id: opening
    title: 开头语
    criteria:
      - {{id: greeting, title: 问候, points: 10, check: {{phrase: {{any: [您好], role: agent}}}}}}
"""


def card(name: str, version: int = 1, day: str = "2026-01-01", queue: str = "宽带, 移动, ''") -> Scorecard:
    return load_scorecard(TEXT.format(id=name, version=version, day=day, queue=queue))


def called(**metadata: str):
    return make_call("agent: 您好", metadata=metadata)


def test_a_card_for_other_calls_gives_way_to_one_that_is_meant_for_them() -> None:
    cards = [card("broadband", queue="宽带"), card("mobile", queue="移动")]
    names = [choose_scorecard(cards, called(queue=queue)) for queue in ("宽带", "移动", "投诉")]

    # nobody's call is judged by the first, which then says that it is not scorable
    assert [found and found.id for found in names] == ["broadband", "mobile", "broadband"]


def test_what_the_metadata_do_not_say_speaks_for_no_card() -> None:
    cards = [card("broadband", queue="宽带"), card("mobile", queue="移动")]

    assert [choose_scorecard(cards, call).id for call in (called(), called(queue=""))] == ["broadband", "broadband"]


def test_versions_are_chosen_among_the_cards_of_one_kind_only() -> None:
    cards = [card("mine"), card("other", day="2026-06-01"), card("mine", 2, "2026-03-01")]

    assert choose_scorecard(cards, called(started_at="2026-07-01")).version == 2


def test_one_card_judges_calls_of_any_day_and_several_only_of_theirs() -> None:
    early = called(started_at="2025-05-05")

    assert Shelf(others=[card("mine")])(early) is not None
    assert Shelf(others=[card("mine"), card("mine", 2, "2026-03-01")])(early) is None
    assert Shelf()(early) is None


def test_the_first_rule_that_fits_comes_before_the_card_for_all_others() -> None:
    rules = [({"queue": ["宽带", "移动"]}, card("ours")), ({"queue": "移动"}, card("never"))]
    shelf = Shelf(rules=rules, others=[card("rest")])

    assert [shelf(called(queue=name)).id for name in ("移动", "投诉")] == ["ours", "rest"]


RULES = [
    ScorecardRule(file="complaint", when={"queue": "投诉"}),
    ScorecardRule(file="telecom-hotline", when={"queue": "移动"}),
]


@pytest.fixture(scope="module")
def both() -> tuple[Book, Shelf]:
    """The same rules for a batch, and for calls one by one."""
    rules = [(rule.when, load_scorecard(find_scorecard(rule.file))) for rule in RULES]
    rest = load_scorecard(find_scorecard("broadband-fault"))
    return Book(default="broadband-fault", rules=RULES), Shelf(rules=rules, others=[rest])


@pytest.mark.parametrize("queue", ["宽带", "移动", "投诉", ""])
@pytest.mark.parametrize("day", ["", "2025-01-01", "2026-02-01T09:00:00", "2026-12-01"])
def test_a_batch_chooses_as_the_shelf_does(both: tuple[Book, Shelf], queue: str, day: str) -> None:
    metadata = {key: value for key, value in {"queue": queue, "started_at": day}.items() if value}
    book, shelf = both
    one, two = book.choose(Row("x", "x.wav", metadata=metadata)), shelf.of(metadata)

    assert (one and one.sha256) == (two and two.sha256)


def test_a_name_that_is_no_scorecard_lists_the_shipped_ones() -> None:
    with pytest.raises(ConfigError, match="telecom-hotline"):
        find_scorecard("hotline")


def test_a_report_takes_a_card_or_a_choice_and_measures_once() -> None:
    call = called(queue="移动")
    chosen = report(call, Shelf(others=[card("mine"), card("mine", 2, "2026-03-01")]))
    none = report(call, Shelf())

    assert (chosen.score.scorecard_version, none.score) == (2, None)
    assert chosen.measurements == none.measurements


# ------------------------------------------------------------------------------------------------------ commands

runner = CliRunner()


def run(*args: object, code: int = 0) -> str:
    result = runner.invoke(app, list(map(str, args)))
    assert result.exit_code == code, result.output
    return result.stdout


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """A folder with two versions of the hotline card."""
    place = tmp_path / "cards"
    place.mkdir()
    text = (folder("scorecards") / "telecom-hotline.yaml").read_text(encoding="utf-8")
    (place / "1.yaml").write_text(text, encoding="utf-8")
    newer = text.replace("version: 3", "version: 4", 1).replace("from: 2026-01-01", "from: 2026-06-01", 1)
    (place / "2.yaml").write_text(newer, encoding="utf-8")
    return place


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    path = tmp_path / "calls.jsonl"
    made = [
        make_call("agent: 您好", "customer: 喂", call_id=day, metadata={"started_at": day})
        for day in ("2025-12-31", "2026-05-31", "2026-06-01")
    ]
    path.write_bytes(b"\n".join(encode(call) for call in made))
    return path


def test_score_takes_the_version_in_force_on_the_day_of_each_call(versions: Path, calls: Path) -> None:
    lines = [json.loads(line) for line in run("score", calls, "--json", "-s", versions).splitlines()]

    assert [item["score"] and item["score"]["scorecard_version"] for item in lines] == [None, 3, 4]


def test_the_rules_of_the_settings_come_before_the_scorecard_of_the_command_line(versions: Path, calls: Path) -> None:
    config = versions / "qa_speech.toml"
    config.write_text('[[scorecards]]\nfile = "2.yaml"\nwhen = {started_at = "2026-06-01"}\n', encoding="utf-8")
    lines = run("score", calls, "--json", "-s", "complaint", "--config", config).splitlines()

    assert [json.loads(line)["score"]["scorecard_id"] for line in lines] == [
        "complaint",
        "complaint",
        "telecom-hotline",
    ]


def test_a_folder_without_scorecards_is_an_error(tmp_path: Path, calls: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    result = runner.invoke(app, ["score", str(calls), "-s", str(empty)])

    assert result.exit_code == 2
    assert "这个目录里没有评分表" in result.stderr
