"""Depth of a call: exchanges and their levels in figures and evidence, with the rules alone and with a model."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Annotation, Call, Role
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import LABELS, load_text_models
from qa_speech.conduct.kinds import PART_KINDS
from qa_speech.conduct.passages import exchange_passages, text_hash
from qa_speech.metrics.answer_depth import depth, rated_exchanges
from qa_speech.testing import make_call

MODELS = load_text_models()
ANSWERS = {
    0: "这个我也不清楚，你问营业厅吧",
    1: "好的，请您稍等",
    2: "是套餐外的",
    3: "是因为您超出了套餐流量，超出的部分每兆按两毛九收取",
    4: "是因为您超出了套餐流量，每兆两毛九，建议您开一个流量包，您看可以吗",
}


def asked(*answers: str) -> Call:
    """One question, answered in so many utterances."""
    return make_call("customer@0-3: 我的话费怎么多了二十块", *(f"agent: {text}" for text in answers))


def judged(call: Call, *rows: tuple[float, ...]) -> Call:
    """The call with depths made by hand, one row per exchange that has an answer."""
    items = tuple(passage.utterances for passage in exchange_passages(call))
    made = Annotation("depth", "by hand", text_hash(call), LABELS["depth"], items, rows)
    return msgspec.structs.replace(call, annotations={"depth": made})


@pytest.mark.parametrize("level", ANSWERS)
def test_the_level_of_an_answer_is_counted(level: int) -> None:
    parts = depth(asked(ANSWERS[level])).components

    assert [parts[f"level{number}_count"] for number in range(5)] == [number == level for number in range(5)]
    assert (parts["answered_count"], parts["unanswered_count"]) == ((1, 0) if level >= 2 else (0, 1))
    assert parts["substance_share"] == (100 if level >= 3 else 0)


def test_a_poor_answer_is_shown_with_the_words_that_make_it_poor() -> None:
    notes = [[(item.note, item.role) for item in depth(asked(ANSWERS[level])).evidence] for level in (0, 1, 2)]

    assert notes == [[("deflected", Role.AGENT)], [("acknowledged_only", Role.CUSTOMER)], []]
    assert [item.note for item in depth(make_call("agent: 您好", "customer: 这个套餐多少钱")).evidence] == ["no_answer"]
    assert [item.note for item in depth(asked(ANSWERS[2]), low_below=3).evidence] == ["short_answer"]


def test_parts_are_quoted_on_demand() -> None:
    found = depth(asked(ANSWERS[4]), short_parts=True)

    assert {item.note for item in found.evidence} == {"part_reason", "part_number", "part_option", "part_check_back"}
    assert all(item.quote in ANSWERS[4] for item in found.evidence)
    assert found.components["guidance_share"] == 100


def test_a_matter_taken_on_needs_a_time_limit_or_a_next_step() -> None:
    silent = depth(make_call("customer: 宽带坏了三天了", "agent: 您的报修单登记好了"))
    clear = depth(make_call("customer: 宽带坏了三天了", "agent: 给您登记了，师傅四十八小时之内会联系您"))

    assert (silent.components["taken_on_count"], silent.components["transparency_share"]) == (1, 0)
    assert "not_informed" in {item.note for item in silent.evidence}
    assert clear.components["transparency_share"] == 100
    assert depth(asked(ANSWERS[2])).components["transparency_share"] is None


def test_a_question_left_open_beside_one_that_is_answered_counts_as_unanswered() -> None:
    call = make_call("customer: 这个月怎么多了二十块另外宽带什么时候能修好", f"agent: {ANSWERS[3]}")
    parts = depth(call).components

    assert (parts["multi_count"], parts["question_count"], parts["unanswered_count"]) == (1, 2, 1)


def test_the_customers_reaction_is_counted() -> None:
    call = make_call(
        "customer: 漫游费怎么算的", f"agent: {ANSWERS[3]}", "customer: 我问的是漫游费怎么算的", f"agent: {ANSWERS[4]}",
        "customer: 好的明白了谢谢",
    )  # fmt: skip
    parts = depth(call).components
    assert (parts["again_count"], parts["confirmed_count"]) == (1, 1)


def test_a_model_sets_depth_and_level_where_it_has_read_the_exchange() -> None:
    call = asked(ANSWERS[2])
    found = depth(judged(call, (0, 0, 0, 0.5, 0.5)))

    assert (found.value, found.components["modelled_count"]) == (pytest.approx(87.5), 1)
    assert found.components["level4_count"] == 1
    assert depth(call).components["modelled_count"] == 0


def test_silence_is_judged_without_the_model() -> None:
    call = make_call("customer: 套餐多少钱", "agent: 三十九元", "customer: 怎么退订")
    found = rated_exchanges(judged(call, (0, 0, 1.0, 0, 0)))
    assert [(rated.level, rated.by_model) for rated in found] == [(2, True), (0, False)]


def test_an_annotation_of_other_words_is_not_used() -> None:
    marked = judged(asked(ANSWERS[2]), (0, 0, 0, 0, 1.0))
    edited = msgspec.structs.replace(marked, utterances=asked(ANSWERS[0]).utterances)
    assert (depth(edited).value, depth(edited).reason) == (None, "stale_annotation")


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (make_call("agent: 您好", "customer: 嗯"), "no_event"),
        (make_call("unknown: 话费怎么多了"), "mono"),
        (make_call("customer: 话费怎么多了"), "no_words"),
        (make_call("agent: ", "customer: "), "no_words"),
    ],
)
def test_no_figure_has_a_reason(call: Call, reason: str) -> None:
    assert (depth(call).value, depth(call).reason) == (None, reason)


@settings(deadline=None)
@given(st.lists(st.sampled_from(["", *ANSWERS.values()]), min_size=1, max_size=5))
def test_the_sums_of_a_call_add_up(answers: list[str]) -> None:
    lines = [
        line
        for number, text in enumerate(answers)
        for line in (f"customer: 第{'一二三四五'[number]}笔话费怎么扣的", f"agent: {text}")
    ]
    found = depth(make_call("agent: 您好", *lines))
    parts = found.components

    assert sum(parts[f"level{level}_count"] for level in range(5)) == parts["count"]
    assert found.value == pytest.approx(parts["depth_total"] / parts["count"])
    assert parts["answered_count"] + parts["low_count"] == parts["count"]
    assert 0 <= parts["lowest"] <= found.value <= 100
    assert all(parts[f"{kind}_count"] <= parts["count"] for kind in PART_KINDS)


def test_the_shipped_model_ranks_the_levels_as_they_are() -> None:
    values = [depth(annotate(asked(ANSWERS[level]), MODELS)).value for level in ANSWERS]
    assert values == sorted(values)


def test_rude_words_answer_nothing_however_many() -> None:
    rude = asked("你先别说了，我刚才都说了多少遍了", "你急什么，急也没有用，你这个人怎么还不明白", "随便你")
    assert depth(annotate(rude, MODELS)).value < depth(annotate(asked(ANSWERS[3]), MODELS)).value - 20


def test_courtesies_around_an_answer_do_not_change_its_depth() -> None:
    bare = annotate(asked(ANSWERS[2]), MODELS)
    padded = annotate(asked("好的，请您稍等", ANSWERS[2], "感谢您的来电，祝您生活愉快，再见"), MODELS)
    assert depth(padded).value == pytest.approx(depth(bare).value)


def test_a_consent_to_wait_is_no_question_whatever_mark_it_ends_in() -> None:
    call = make_call(
        "customer: 我的宽带怎么断了",
        "agent: 您稍等我查一下",
        "customer: 好，你快一点？",
        "agent: 因为小区割接，八点恢复",
    )
    assert depth(call).components["count"] == 1
