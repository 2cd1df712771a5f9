"""Violations and politeness of a call: what counts, where it stands, what the model adds, what is missing without it."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Annotation, Call, Role
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import LABELS, load_text_models
from qa_speech.conduct.courtesy import STRATEGIES
from qa_speech.conduct.passages import text_hash, utterance_passages
from qa_speech.conduct.violations import SEVERITIES, VIOLATION_TYPES
from qa_speech.errors import ConfigError
from qa_speech.metrics import BUILTIN
from qa_speech.metrics.found_violations import found_violations
from qa_speech.metrics.politeness import politeness, violations
from qa_speech.testing import check_metric, make_call

RUDE = make_call(
    "agent@0-2: 您好，工号一零零一", "customer@3-5: 怎么还没修好", "agent@6-9: 跟你说了多少遍了", "agent@10-12: 爱办不办",
    "customer@13-14: 我要投诉", "agent@15-17: 你急什么", duration=60,
)  # fmt: skip
GOOD = make_call(
    "agent: 您好，工号一零零一，很高兴为您服务", "customer: 查一下话费", "agent: 麻烦您报一下身份证后四位", "customer: 三三八五",
    "agent: 请您稍等", "agent: 感谢您的耐心等待，余额三十元", "customer: 好的", "agent: 请问还有其他可以帮您的吗",
    "customer: 没有了", "agent: 感谢您的来电，再见",
)  # fmt: skip
MODELS = load_text_models()


def judged(call: Call, name: str, rows: list[tuple[float, ...]]) -> Call:
    """The call with an annotation made by hand, one row per utterance of the agent."""
    made = Annotation(
        name,
        "by hand",
        text_hash(call),
        LABELS[name],
        tuple(passage.utterances for passage in utterance_passages(call)),
        tuple(rows),
    )
    return msgspec.structs.replace(call, annotations={**call.annotations, name: made})


def row(kind: str, share: float) -> tuple[float, ...]:
    """Probabilities of the violation model: `share` for `kind`, the rest for none."""
    return tuple(share if label == kind else 1 - share if label == "none" else 0.0 for label in LABELS["violation"])


@pytest.mark.parametrize("name", ["politeness", "violations", "depth"])
@pytest.mark.parametrize("call", [RUDE, GOOD, annotate(RUDE, MODELS), make_call("unknown: 你急什么")])
def test_the_text_metrics_keep_their_promises(name: str, call: Call) -> None:
    check_metric(next(metric for metric in BUILTIN if metric.name == name), call)


def test_each_violation_is_quoted_where_it_was_said() -> None:
    found = violations(RUDE)

    assert [(item.note, item.quote) for item in found.evidence] == [
        ("violation_impatience", "跟你说了多少遍了"),
        ("violation_taboo", "爱办不办"),
        ("violation_rhetorical", "你急什么"),
    ]
    assert all(6 <= item.start < item.end <= 17 and item.role is Role.AGENT for item in found.evidence)
    assert (found.components["rude_count"], found.components["utterance_count"]) == (3, 4)
    assert found.components["rude_share"] == 75
    assert found.components["per_min"] == pytest.approx(3)


def test_the_customers_own_rudeness_is_no_violation() -> None:
    assert violations(make_call("customer: 你有病吧", "agent: 请问您遇到什么问题")).value == 0


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["您好", "爱办不办", "你急什么", "请稍等", "跟你说了多少遍了", "性价比很高"]), max_size=8)
)
def test_types_and_severities_add_up_to_the_count(texts: list[str]) -> None:
    found = violations(make_call("customer: 喂", *(f"agent: {text}" for text in texts), "agent: 再见"))
    parts = found.components

    assert sum(parts[f"{kind}_count"] for kind in VIOLATION_TYPES) == found.value
    assert sum(parts[f"{name}_count"] for name in SEVERITIES) == found.value == len(found.evidence)
    assert parts["rude_count"] <= parts["utterance_count"]


def test_types_severity_and_allowed_words_narrow_what_counts() -> None:
    assert violations(RUDE, types=("taboo",)).value == 1
    assert violations(RUDE, min_severity="critical").value == 1
    assert violations(RUDE, allowed=("爱办不办", "急什么")).value == 1
    with pytest.raises(ConfigError, match="unknown type 'rude'; there are: insult"):
        violations(RUDE, types=("rude",))


def test_words_that_were_hardly_understood_make_a_violation_unsure() -> None:
    call = make_call("customer: 喂", "agent: 你急什么", probability=0.3)
    found = violations(call)

    assert (found.value, found.components["unsure_count"]) == (1, 1)
    assert (found.reliability, found.reliability_reason) == ("low", "unsure_words")


def test_the_model_adds_what_no_rule_has_and_says_so() -> None:
    call = make_call("customer: 网断了", "agent: 网断了关我们客服嘛事")
    marked = judged(call, "violation", [row("taboo", 0.9)])
    found = violations(marked)

    assert violations(call).value == 0
    assert (found.value, found.components["model_count"], found.reliability_reason) == (1, 1, "model_only")
    assert violations(marked, threshold=0.95).value == 0


def test_a_rule_and_the_model_on_the_same_words_are_one_violation() -> None:
    call = make_call("customer: 喂", "agent: 你急什么")
    assert violations(judged(call, "violation", [row("rhetorical", 0.99)])).value == 1


def test_the_threshold_is_the_one_the_model_was_made_to_decide_at() -> None:
    call = judged(make_call("customer: 喂", "agent: 网断了关我们客服嘛事"), "violation", [row("taboo", 0.7)])
    strict = msgspec.structs.replace(call, made_with={**call.made_with, "text_violation_threshold": "0.8"})

    assert len(found_violations(call)) == 1
    assert found_violations(strict) == ()


def test_a_deflection_by_the_model_is_excused_by_help_as_one_by_rule_is() -> None:
    help_after = make_call("customer: 喂", "agent: 这款咱们没有的", "agent: 我帮您问一下别的店")
    none_after = make_call("customer: 喂", "agent: 这款咱们没有的", "agent: 再见")
    rows = [row("deflection", 0.9), row("none", 1.0)]

    assert violations(judged(help_after, "violation", rows)).value == 0
    assert violations(judged(none_after, "violation", rows)).value == 1


def test_an_annotation_of_other_words_is_not_used() -> None:
    marked = judged(make_call("customer: 喂", "agent: 您好"), "violation", [row("insult", 1.0)])
    edited = msgspec.structs.replace(marked, utterances=make_call("customer: 喂", "agent: 你好").utterances)

    assert violations(edited).reason == politeness(annotate_stale(edited)).reason == "stale_annotation"


def annotate_stale(call: Call) -> Call:
    """The call with its annotation taken for one of politeness."""
    return msgspec.structs.replace(call, annotations={"politeness": call.annotations["violation"]})


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (msgspec.structs.replace(make_call(agent=[(0, 2)], customer=[(3, 4)]), made_with={}), "no_recogniser"),
        (make_call("agent: ", "customer: "), "no_words"),
        (make_call("unknown: 您好"), "mono"),
        (make_call("customer: 您好"), "no_words"),
    ],
)
def test_no_figure_has_a_reason(call: Call, reason: str) -> None:
    for found in (violations(call), politeness(call)):
        assert (found.value, found.reason) == (None, reason)


def test_politeness_without_a_model_counts_and_gives_no_value() -> None:
    found = politeness(GOOD)

    assert (found.value, found.reason) == (None, "not_annotated")
    assert found.components["count"] == 6
    assert found.components["thanks_count"] == 2


def test_politeness_is_the_mean_level_and_the_worst_come_first() -> None:
    call = make_call(
        "agent@0-2: 您好", "customer@3-4: 喂", "agent@5-6: 自己看", "agent@7-8: 办不了", "agent@9-10: 再见"
    )
    levels = [(0, 0, 0, 1.0, 0), (1.0, 0, 0, 0, 0), (0.5, 0.5, 0, 0, 0), (0, 0, 0, 1.0, 0)]
    found = politeness(judged(call, "politeness", levels), worst=2)

    assert found.value == pytest.approx((75 + 0 + 12.5 + 75) / 4)
    assert found.components["level_total"] == pytest.approx(162.5)
    assert (found.components["low_count"], found.components["polite_share"]) == (2, 50)
    assert [item.quote for item in found.evidence if item.note == "impolite"] == ["自己看", "办不了"]


def test_a_listening_word_is_not_judged() -> None:
    call = judged(
        make_call("agent: 您好", "customer: 喂", "agent: 嗯"), "politeness", [(0, 0, 0, 0, 1.0), (1.0, 0, 0, 0, 0)]
    )
    assert politeness(call).value == 100


def test_places_in_the_call() -> None:
    good, rude = politeness(GOOD).components, politeness(RUDE).components

    for name in ("opening_greeting", "opening_introduction", "closing_further_help", "closing_farewell"):
        assert good[name] == 1
    assert (good["identity_count"], good["identity_polite_count"]) == (1, 1)
    assert (good["wait_count"], good["wait_polite_count"], good["return_count"]) == (1, 1, 1)
    assert (rude["opening_greeting"], rude["closing_farewell"]) == (1, 0)
    assert [item.note for item in politeness(RUDE).evidence if item.kind == "absence"] == ["no_closing_farewell"]


@settings(deadline=None)
@given(st.lists(st.sampled_from(["您好", "请稍等", "谢谢您", "三十九元", "我马上给您登记", "嗯", "抱歉"]), max_size=8))
def test_shares_of_strategies_follow_their_counts(texts: list[str]) -> None:
    parts = politeness(make_call("customer: 喂", *(f"agent: {text}" for text in texts), "agent: 三十九元")).components

    for name in STRATEGIES:
        assert 0 <= parts[f"{name}_count"] <= parts["count"]
        assert parts[f"{name}_share"] == pytest.approx(100 * parts[f"{name}_count"] / parts["count"])


def test_the_shipped_model_sets_rude_and_civil_calls_far_apart() -> None:
    rude, good = politeness(annotate(RUDE, MODELS)).value, politeness(annotate(GOOD, MODELS)).value
    assert rude + 20 < good


def test_a_rule_yields_where_the_model_is_sure_of_a_longer_civil_sentence() -> None:
    quoting = make_call("customer: 凭什么收我六块", "agent: 您问凭什么要收这六块钱对吧，我给您解释，这是来电显示费")
    rude = make_call("customer: 给我退钱", "agent: 凭什么给你退钱啊，你自己订的套餐自己不清楚吗")
    scrap = make_call("customer: 给我退钱", "agent: 凭什么")

    found = [[hit.kind for hit in found_violations(annotate(call, MODELS))] for call in (quoting, rude, scrap)]

    assert [hit.kind for hit in found_violations(quoting)] == ["rhetorical"]  # by rules alone
    assert found == [[], ["rhetorical"], ["rhetorical"]]
