"""What is worked out of a call and stored with it is used while it is true, and worked out anew where it is stale."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

import qa_speech
from qa_speech.call import Call, Derived, Role
from qa_speech.conduct import kept as rules
from qa_speech.conduct.levels import GRADED_EXCHANGES, graded_exchanges
from qa_speech.conduct.manners import RULED_COURTESIES, RULED_VIOLATIONS, with_rules
from qa_speech.documents import decode, encode
from qa_speech.files import code_sha256, tree_sha256
from qa_speech.metrics import kept as figures
from qa_speech.metrics import measure_all
from qa_speech.metrics.kept import kept_measurements, with_measurements
from qa_speech.pipeline import report
from qa_speech.privacy.identifiers import Kind
from qa_speech.privacy.redact import masked
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.compare import compare
from qa_speech.scorecard.score import measure_for, with_measured
from qa_speech.scores import CallReport
from qa_speech.testing import make_call

CARD = """
id: kept
version: 1
title: 示例
sections:
  - id: handling
    title: 处理
    criteria:
      - {id: silence, title: 无声, points: 10, check: {metric: silence.longest_s, params: {owner: agent}, at_most: 4}}
      - {id: rude, title: 服务忌语, points: 10, check: {metric: violations, at_most: 0}}
      - {id: answered, title: 答复, points: 10, check: {metric: depth.low_count, at_most: 0}}
      - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
"""
SAID = make_call(
    "agent@0-2: 您好，请讲",
    "customer@3-6: 我的话费怎么多了二十块",
    "agent@12-16: 因为超了套餐流量，每兆两毛九，建议您开个流量包",
    "customer@17-19: 那什么时候生效",
    "agent@20-23: 我也不清楚，你急什么",
)
STORED = {
    RULED_VIOLATIONS.name: RULED_VIOLATIONS,
    RULED_COURTESIES.name: RULED_COURTESIES,
    GRADED_EXCHANGES.name: GRADED_EXCHANGES,
}


def again(call: Call) -> Call:
    """The call as it is read back from where it was stored."""
    return decode(encode(call), Call)


def saying(call: Call, index: int, text: str) -> Call:
    """The call with other words in one utterance."""
    said = list(call.utterances)
    said[index] = msgspec.structs.replace(said[index], text=text, words=())
    return msgspec.structs.replace(call, utterances=tuple(said))


def lying(call: Call, name: str) -> Call:
    """The call with a kept answer that is wrong under a right key: what is read of it was kept."""
    wrong = {"exchanges": b"[]", "violations": b"{}", "measurements": b"{}"}[name]
    held = Derived(call.derived[name].key, msgspec.Raw(wrong))
    return msgspec.structs.replace(call, derived={**call.derived, name: held})


def test_calls_without_anything_kept_are_read_and_judged_as_before() -> None:
    bare = again(SAID)
    document = msgspec.json.decode(encode(bare))
    del document["derived"]

    old = decode(msgspec.json.encode(document), Call)

    assert old == bare
    assert encode(score(old, load_scorecard(CARD))) == encode(score(SAID, load_scorecard(CARD)))


# --------------------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize("name", STORED)
def test_what_the_rules_say_is_the_same_when_it_is_read_back(name: str) -> None:
    assert STORED[name](again(with_rules(SAID))) == STORED[name](SAID)


def test_what_the_rules_say_is_read_and_not_worked_out_while_it_is_true() -> None:
    call = lying(with_rules(SAID), "exchanges")

    assert graded_exchanges(call) == ()
    assert len(graded_exchanges(SAID)) == 2


def test_rules_that_are_kept_are_kept_once() -> None:
    call = with_rules(SAID)

    assert with_rules(call) is call
    assert with_rules(make_call(agent=[(0, 2)])).derived == {}


CHANGES: dict[str, Callable[[Call], Call]] = {
    "other words": lambda call: saying(call, 2, "好的"),
    "another role": lambda call: msgspec.structs.replace(
        call,
        utterances=(*call.utterances[:-1], msgspec.structs.replace(call.utterances[-1], role=Role.CUSTOMER)),
    ),
    "other times": lambda call: msgspec.structs.replace(
        call, utterances=(msgspec.structs.replace(call.utterances[0], start=1.0), *call.utterances[1:])
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_what_the_rules_said_of_other_words_roles_or_times_is_not_believed(change: Callable[[Call], Call]) -> None:
    changed = change(lying(with_rules(SAID), "exchanges"))

    assert graded_exchanges(changed) == graded_exchanges(change(SAID)) != ()
    assert graded_exchanges(with_rules(changed)) == graded_exchanges(change(SAID))


def test_what_other_rules_said_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    call = lying(with_rules(SAID), "exchanges")
    monkeypatch.setattr(rules, "rules_hash", lambda: "another")

    assert len(graded_exchanges(again(call))) == 2
    assert with_rules(again(call)).derived["exchanges"].key != call.derived["exchanges"].key


def test_a_damaged_answer_is_worked_out_anew() -> None:
    call = with_rules(SAID)
    held = Derived(call.derived["exchanges"].key, msgspec.Raw(b'{"not": "this"}'))
    damaged = msgspec.structs.replace(call, derived={**call.derived, "exchanges": held})

    assert graded_exchanges(damaged) == graded_exchanges(SAID)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the code and word lists of this package."""
    source = Path(qa_speech.__file__).parent
    copy = tmp_path / "qa_speech"
    for file in source.rglob("*"):
        if file.suffix in (".py", ".txt") and "_bundled" not in file.parts:
            target = copy / file.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
    return copy


def test_the_hash_is_that_of_the_package(package: Path) -> None:
    assert tree_sha256(package) == code_sha256()
    assert tree_sha256(package, *rules.ROOMS) == rules.rules_hash()


@pytest.mark.parametrize(
    "name", ["language/data/substance_rules.txt", "conduct/levels.py", "language/dialogue.py", "call.py"]
)
def test_a_changed_rule_file_or_its_reader_is_another_set_of_rules(package: Path, name: str) -> None:
    with (package / name).open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert tree_sha256(package, *rules.ROOMS) != rules.rules_hash()
    assert tree_sha256(package) != code_sha256()


def test_code_that_no_rule_rests_on_leaves_the_rules_as_they_are(package: Path) -> None:
    with (package / "metrics" / "talk.py").open("a", encoding="utf-8") as file:
        file.write("\n# changed\n")

    assert tree_sha256(package, *rules.ROOMS) == rules.rules_hash()
    assert tree_sha256(package) != code_sha256()


# -------------------------------------------------------------------------------------------------------- measurements


def test_a_score_of_kept_measurements_has_the_same_bytes() -> None:
    card = load_scorecard(CARD)
    call = again(with_measured(with_rules(SAID), card))

    assert kept_measurements(call) == measure_for(again(SAID), card)
    assert encode(score(call, card)) == encode(score(again(SAID), card))


def test_kept_measurements_are_read_and_not_measured_while_they_are_true() -> None:
    card = load_scorecard(CARD)
    call = with_measured(SAID, card)
    told = msgspec.structs.replace(measure_for(SAID, card)["violations"], value=0, components={"count": 0})
    call = with_measurements(msgspec.structs.replace(call, derived={}), {"violations": told})

    assert [one.outcome for one in score(SAID, card).criteria][1] == "fail"
    assert [one.outcome for one in score(call, card).criteria][1] == "pass"
    assert with_measured(with_measured(SAID, card), card).derived == with_measured(SAID, card).derived


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_measurements_of_other_facts_are_not_believed(change: Callable[[Call], Call]) -> None:
    card = load_scorecard(CARD)
    changed = change(with_measured(SAID, card))

    assert kept_measurements(changed) == {}
    assert encode(score(changed, card)) == encode(score(change(SAID), card))


def test_measurements_of_other_speech_or_annotations_are_not_believed() -> None:
    call = with_measured(SAID, load_scorecard(CARD))

    assert kept_measurements(msgspec.structs.replace(call, speech={})) == {}
    assert kept_measurements(msgspec.structs.replace(call, made_with={"text_violation_threshold": "0.9"})) == {}
    assert kept_measurements(msgspec.structs.replace(call, times="transcript")) == {}


def test_measurements_stay_true_under_another_id_path_and_metadata() -> None:
    call = with_measured(SAID, load_scorecard(CARD))
    recording = msgspec.structs.replace(call.recording, id="other", path="b.wav", metadata={"team": "A"})

    assert kept_measurements(msgspec.structs.replace(call, recording=recording)) == kept_measurements(call) != {}


def test_measurements_of_other_code_are_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    card = load_scorecard(CARD)
    call = again(with_measured(SAID, card))
    kept = kept_measurements(call)
    monkeypatch.setattr(figures, "code_sha256", lambda: "another")

    assert kept != {}
    assert kept_measurements(again(call)) == {}
    assert kept_measurements(with_measured(again(call), card)) == kept


def test_other_parameters_are_measured_and_kept_beside() -> None:
    card, other = load_scorecard(CARD), load_scorecard(CARD.replace("owner: agent", "owner: customer"))
    call = with_measured(SAID, card)

    assert encode(score(call, other)) == encode(score(SAID, other)) != encode(score(SAID, card))
    both = kept_measurements(with_measured(call, other))
    assert both.keys() - kept_measurements(call).keys() == {'silence{"owner":"customer"}'}
    assert both == {**measure_for(SAID, card), **measure_for(SAID, other)}


def test_damaged_measurements_are_measured_anew() -> None:
    card = load_scorecard(CARD)
    call = with_measured(SAID, card)
    held = Derived(call.derived["measurements"].key, msgspec.Raw(b"[1]"))

    damaged = msgspec.structs.replace(call, derived={"measurements": held})

    assert encode(score(damaged, card)) == encode(score(SAID, card))


# ------------------------------------------------------------------------------------------------- where it is made and used


def test_a_report_of_a_call_just_made_keeps_its_figures_with_the_call() -> None:
    card = load_scorecard(CARD)
    made = report(SAID, card, keep=True)
    plain = report(SAID, card)

    assert plain.call is SAID
    assert (made.measurements, made.score) == (plain.measurements, plain.score)
    assert kept_measurements(made.call) == measure_all(SAID)
    assert made.call == report(SAID, keep=True).call
    assert report(again(made.call), card).score == report(again(SAID), card).score


def test_two_cards_compare_the_same_with_and_without_what_is_kept() -> None:
    old = load_scorecard(CARD)
    calls = [SAID, saying(SAID, 4, "下个月"), make_call("agent@0-2: 您好"), make_call(agent=[(0, 2)])]
    kept = [again(with_measured(with_rules(call), old)) for call in calls]
    for text in (
        CARD.replace("at_most: 4", "at_most: 9"),
        CARD.replace("您好", "请讲"),
        CARD.replace("id: handling", "id: other"),
        CARD.replace("version: 1", "version: 2\nreview: {near: 0.5}"),
        CARD.replace("version: 1", "version: 2\neligible: {recognised: true}"),
    ):
        new = load_scorecard(text)
        found = compare(old, new, kept)
        assert found == compare(old, new, calls)
        assert [change.old_total for change in found.calls] == [score(call, old).total for call in calls]
        assert [change.new_total for change in found.calls] == [score(call, new).total for call in calls]


def test_what_is_kept_is_not_shown_where_words_are_masked() -> None:
    call = with_measured(with_rules(make_call("customer: 电话13800138000", "agent: 你急什么")), load_scorecard(CARD))
    placeholders: dict[Kind, str] = {"phone": "[电话]", "id_card": "[证件]", "bank_card": "[卡号]"}

    assert call.derived
    assert masked(CallReport(call), placeholders).call.derived == {}
