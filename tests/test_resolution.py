"""Whether it was solved by the customer's words, and in what mood he says them."""

from __future__ import annotations

import msgspec
import pytest

from qa_speech.call import Call
from qa_speech.coaching.choose import Wish, choose
from qa_speech.conduct.annotate import annotate
from qa_speech.conduct.classifier import load_text_models
from qa_speech.conduct.outcomes import ending
from qa_speech.language.marked import marked
from qa_speech.language.notation import RuleSet, read_rules
from qa_speech.language.threats import threat_words, threats
from qa_speech.metrics import metrics
from qa_speech.metrics.resolution import mood, moods, resolution
from qa_speech.report.moods import mood_course
from qa_speech.report.page import render_view
from qa_speech.report.view import call_view
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scores import CallReport
from qa_speech.testing import check_metric, make_call

ASKED = ("customer: 宽带连不上怎么办", "agent: 您重插一下网线，等两分钟灯变绿就好了")
SHIPPED = ("complaint", "telecom-hotline", "text-service")


def ended(*said: str) -> Call:
    return make_call(*ASKED, *said)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (["customer: 绿了，可以了"], "confirmed"),
        (["customer: 收到了，谢谢你"], "confirmed"),
        (["customer: 弄好了", "agent: 祝您愉快", "customer: 再见"], "confirmed"),
        (["customer: 还是不行"], "not_solved"),
        (["customer: 没用，试过了"], "not_solved"),
        (["customer: 算了，我自己想办法"], "not_solved"),
        (["customer: 不给我弄我就找工信部"], "not_solved"),
        (["customer: 呵呵，谢谢你啊，真会做生意"], "not_solved"),
        (["customer: 还是不行", "agent: 请您耐心等待"], "not_solved"),
        (["customer: 还是不行", "agent: 给您派师傅，明天上午九点到", "customer: 嗯"], "unknown"),
        (["customer: 还是不行", "agent: 给您派师傅，明天上午九点到", "customer: 修好了"], "confirmed"),
        (["customer: 好了", "agent: 好的", "customer: 那月租多少钱", "agent: 三十九元"], "unknown"),
        (["customer: 什么时候能用了告诉我"], "unknown"),
        (["customer: 好的谢谢"], "unknown"),
        ([], "unknown"),
    ],
)
def test_the_outcome_is_that_of_the_last_answer(said: list[str], outcome: str) -> None:
    assert ending(ended(*said)).outcome == outcome


def test_before_anything_was_answered_nothing_can_be_solved() -> None:
    assert ending(make_call("customer: 好了", "agent: 您好请讲")).outcome == "unknown"
    assert resolution(make_call("agent: 您好", "customer: 嗯")).reason == "no_event"


def test_his_words_are_the_evidence() -> None:
    found = resolution(ended("customer: 还是不行，我打12315", "agent: 您好", "customer: 呵呵，谢谢你啊真行"))

    assert found.value == 0
    assert [(one.note, one.quote) for one in found.evidence][:2] == [
        ("not_solved", "还是不行"),
        ("threatened", "12315"),
    ]
    assert found.components["threatened_count"] == 1
    assert found.components["thanked_in_anger_count"] == 1
    assert (found.components["again_count"], found.components["first_contact_share"]) == (1, 0)


def test_the_first_contact_counts_what_was_asked_once() -> None:
    once = resolution(ended("customer: 可以了，谢谢"))
    twice = resolution(ended("customer: 还是不行", "agent: 给您派师傅，明天上午九点到", "customer: 修好了"))

    assert (once.components["first_contact"], twice.components["first_contact"]) == (1, 0)
    assert (once.components["first_contact_share"], twice.components["first_contact_share"]) == (100, 50)


def test_what_he_does_not_say_the_model_may_say_and_a_person_decides() -> None:
    silent = ended("customer: 好的，明白你的意思，谢谢啊")
    bare = resolution(msgspec.structs.replace(silent, annotations={}))
    read = resolution(annotate(ended("customer: 那行吧，谢谢，再见"), load_text_models()))

    assert (bare.value, bare.reason) in ((None, "no_event"), (100.0, ""))
    assert read.value is not None
    assert (read.reliability, read.reliability_reason) == ("low", "model_only")


def test_threats_stand_in_one_list() -> None:
    for name in SHIPPED:
        (alarm,) = load_scorecard(folder("scorecards") / f"{name}.yaml").alarms
        (wording,) = alarm.check.phrase.wordings if alarm.check.phrase else ()
        assert (wording.list, wording.pattern) == ("threats", None)
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    for text in ("我打幺二三幺五", "法院见", "不用起诉了吧", "起诉书收到了", "我上热搜曝光你们", "今天的天气"):
        call = ended(f"customer: {text}")
        rang = bool(score(call, card).alarms)
        assert rang == bool(threats(text)) == bool(resolution(call).components["threatened_count"]), text
    assert threat_words().patterns


def test_every_rule_catches_its_example_and_lets_its_counter_example_pass() -> None:
    for rule in read_rules("outcome_rules"):
        one = RuleSet("outcome_rules")
        one.rules = (rule,)
        assert list(one.hits(marked(rule.example))), rule
        assert rule.counter, rule
        assert not list(one.hits(marked(rule.counter))), rule


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("我想查一下余额", "calm"),
        ("急死了，怎么还没到", "anxious"),
        ("你们什么态度", "angry"),
        ("修好了，太谢谢了", "relieved"),
    ],
)
def test_the_mood_of_a_turn(text: str, named: str) -> None:
    for call in (
        make_call(f"customer: {text}"),
        annotate(make_call("agent: 您好", f"customer: {text}"), load_text_models()),
    ):
        assert [one.mood for one in moods(call)] == [named]


def test_the_course_and_its_turning_points() -> None:
    call = make_call(
        "customer: 查一下快递", "agent: 您好", "customer: 急死了，怎么还没到", "agent: 问快递",
        "customer: 你们什么态度", "agent: 到楼下了", "customer: 收到了，谢谢啊",
    )  # fmt: skip
    found = mood(call)

    assert [one.note for one in found.evidence] == ["mood_worse", "mood_worse", "mood_better"]
    assert found.components["last"] == 100
    assert (found.components["worse_count"], found.components["better_count"]) == (2, 1)
    assert found.value == (70 + 35 + 0 + 100) / 4


def test_the_page_draws_the_course_with_and_without_times() -> None:
    lines = (
        "customer: 查一下快递",
        "agent: 您好",
        "customer: 你们什么态度",
        "agent: 到楼下了",
        "customer: 收到了，谢谢啊",
    )
    for times in ("audio", "nominal"):
        call = make_call(*lines, times=times)
        page = render_view(call_view(CallReport(call), "zh"), "zh", audio="", index=None)
        assert page.count('<li class="angry turning"') == 1
        assert ("data-t" in page.partition('class="moods"')[2].partition("</figure>")[0]) == (times == "audio")
    assert mood_course(make_call("customer: 你好", "agent: 您好"), "zh") == ()


def test_a_turning_point_is_a_moment_to_coach() -> None:
    call = make_call("customer@0-2: 查一下快递", "agent@3-4: 您好", "customer@5-7: 你们什么态度", "agent@8-40: 抱歉")
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    (moment,) = choose([CallReport(call, score=score(call, card))], Wish(criteria=("mood-turns",)))

    assert [one.quote for one in moment.criterion.evidence] == ["你们什么态度"]
    assert moment.criterion.possible == 0


def test_plain_words_are_angry_after_anger_that_nobody_answered_and_calm_by_themselves() -> None:
    models = load_text_models()
    plain = "customer: 我家住三楼"
    alone = annotate(make_call("agent: 您好", plain), models)
    after = annotate(make_call("customer: 你们什么态度，气死我了", "agent: 请您耐心等待", plain), models)
    assert [one.mood for one in moods(alone)] == ["calm"]
    assert [one.mood for one in moods(after)] == ["angry", "angry"]


def test_no_shipped_card_takes_points_for_a_mood() -> None:
    for path in folder("scorecards").glob("*.yaml"):
        for criterion in load_scorecard(path).criteria:
            about = criterion.check is not None and str(criterion.check.metric or "").startswith("mood")
            assert not (about and criterion.scored), (path.name, criterion.id)


@pytest.mark.parametrize("name", ["resolution", "mood"])
def test_they_keep_their_promises(name: str) -> None:
    check_metric(metrics()[name], ended("customer: 还是不行", "agent: 派师傅，明天到", "customer: 修好了，谢谢啊"))
