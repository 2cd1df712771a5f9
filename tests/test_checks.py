"""The table of operators: what every one of them answers, so that nobody who reads a card has to know them."""

import pickle

import pytest
from pydantic import ValidationError

from qa_speech.scorecard import load_scorecard
from qa_speech.scorecard.checks.base import Operator, walk
from qa_speech.scorecard.checks.table import OPERATORS, REASONS, Check
from qa_speech.scorecard.context import Context
from qa_speech.scorecard.model import Scorecard
from qa_speech.scorecard.question import Needs, Question
from qa_speech.scorecard.score import judged
from qa_speech.scorecard.starter import new_scorecard
from qa_speech.testing import make_call

PHRASE = {"phrase": {"any": ("您好",)}}
ONE_OF_EACH = {
    "phrase": PHRASE,
    "metric": {"metric": "silence", "at_most": 3},
    "order": {"order": {"anchor": PHRASE, "after": {"entity": {"kind": "phone"}}}},
    "repeat": {"repeat": {"role": "customer"}},
    "entity": {"entity": {"kind": "amount"}},
    "similar": {"similar": {"to": ("您好",)}},
    "call": {"call": {"attribute": "queue", "is": ("宽带",)}},
    "all": {"all": (PHRASE, {"entity": {"kind": "date"}})},
    "any": {"any": (PHRASE, {"metric": "talk", "role": "agent", "at_most": 3})},
    "not": {"not": PHRASE},
}
INSIDE = {
    "order": ["phrase", "entity"], "all": ["phrase", "entity"], "any": ["phrase", "metric"], "not": ["phrase"],
}  # fmt: skip


def operator(check: dict[str, object]) -> Operator:
    return Check.model_validate(check).operator


def test_the_table_holds_every_operator_once_by_the_key_it_has_in_a_card():
    names = [row.kind.NAME for row in OPERATORS]
    keys = {field.alias or name for name, field in Check.model_fields.items()}

    assert names == list(ONE_OF_EACH)
    assert set(names) < keys


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_every_operator_answers_what_it_is_asked(name):
    one = operator(ONE_OF_EACH[name])
    call = Context(make_call("agent: 您好", "customer: 三十九元"))

    assert name == one.NAME
    assert [child.NAME for child in one.children()] == INSIDE.get(name, [])
    assert one.label()
    assert one.always() in (True, False, None)
    assert one.compiled(Needs())(Question(call)).detail["operator"]


def test_whoever_walks_a_check_sees_all_that_is_inside():
    deep = {"not": {"all": ({"order": {"anchor": PHRASE, "around": {"any": (PHRASE, ONE_OF_EACH["metric"])}}},)}}

    assert [one.NAME for one in walk(operator(deep))] == ["not", "all", "order", "phrase", "any", "phrase", "metric"]


def test_every_reason_code_belongs_to_one_operator_and_its_opposite_is_one_too():
    codes = [reason.code for row in OPERATORS for reason in row.kind.REASONS]

    assert len(codes) == len(set(codes)) == len(REASONS)
    assert {reason.opposite for reason in REASONS.values() if reason.opposite} <= set(codes)
    assert all(reason.detail for reason in REASONS.values())


def test_a_combined_check_is_labelled_by_its_parts():
    assert operator(ONE_OF_EACH["all"]).label() == "phrase + entity"
    assert operator({"any": (ONE_OF_EACH["all"], ONE_OF_EACH["metric"])}).label() == "phrase + entity | silence"


@pytest.mark.parametrize(
    ("check", "always"),
    [
        ({"entity": {"kind": "phone", "at_least": 0}}, True),
        ({"not": {"entity": {"kind": "phone", "at_least": 0}}}, False),
        ({"all": (PHRASE, {"metric": "silence.count", "at_most": -1})}, False),
        ({"any": (PHRASE, {"metric": "silence.count", "at_least": 0})}, True),
        ({"all": (PHRASE, {"metric": "silence.count", "at_least": 0})}, None),
        ({"phrase": {"none": ("您好",), "unless": ("您好",)}}, True),
        ({"phrase": {"all": ({"say": "您好", "unless": ("您好",)}, "再见")}}, False),
        (PHRASE, None),
    ],
)
def test_a_check_that_can_only_come_out_one_way_says_so(check, always):
    assert operator(check).always() is always


def test_how_much_is_gathered_is_asked_and_not_remembered():
    said = ["agent: 请稍等", "customer: 好"] * 20
    needs = Needs()
    anchored = {"order": {"anchor": {"phrase": {"any": ("请稍等",)}}, "after": {"phrase": {"any": ("好",)}}}}
    order = operator(anchored).compiled(needs)
    phrase = operator({"phrase": {"any": ("请稍等",)}}).compiled(needs)
    context = Context(make_call(*said), book=needs.book())
    few = Question(context)

    before = phrase(few)
    assert order(few._replace(gather="none")).detail["places"] == 20
    assert phrase(few._replace(gather="none")).evidence == ()
    assert len(phrase(few._replace(gather="all")).evidence) == 20
    assert phrase(few) == before


def test_a_card_knows_the_hash_of_its_file_from_the_start_and_for_good():
    text = new_scorecard("my-card")
    card = load_scorecard(text)
    made = Scorecard.model_validate({"id": "x", "version": 1, "title": "x", "sections": card.sections})

    assert made.sha256 == ""
    assert len(card.sha256) == 64
    assert load_scorecard(text + "# note\n").sha256 != card.sha256 == load_scorecard(text).sha256
    assert pickle.loads(pickle.dumps(card)).sha256 == card.model_copy(update={"version": 2}).sha256 == card.sha256
    with pytest.raises((AttributeError, ValidationError)):
        card.sha256 = "made up"


def test_the_same_card_read_twice_is_judged_by_one_plan():
    text = new_scorecard("my-card")
    one, other = load_scorecard(text), load_scorecard(text)

    assert (one, hash(one)) == (other, hash(other))
    assert judged(make_call("agent: 您好"), one) == judged(make_call("agent: 您好"), other)
