"""Alarms, manual items that keep their weight, and roles that nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from qa_speech.call import Role
from qa_speech.marks.scores import marked_results
from qa_speech.report.index import run_view
from qa_speech.report.index_rows import index_row
from qa_speech.report.page import write_page
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.model import Scorecard
from qa_speech.scores import CallReport, CriterionScore, Score
from qa_speech.store.base import Result
from qa_speech.store.records import record_of
from qa_speech.testing import make_call
from qa_speech.wording.messages import judged_so_far, summary_line
from qa_speech.wording.sentences import sentence, why_unjudged

CARD = load_scorecard("""
id: house
version: 1
title: 示例
manual: {keep_weight: true}
min_coverage: 0.1
bands: [{from: 80, name: 好}, {from: 0, name: 差}]
eligible: {min_duration_s: 3}
alarms:
  - id: threat
    title: 扬言升级
    check: {any: [{phrase: {any: [工信部], role: customer}}, {not: {phrase: {none: [曝光], role: customer}}}]}
sections:
  - id: business
    title: 业务
    weight: 60
    criteria:
      - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
      - {id: accurate, title: 准确, points: 30, manual: true, guide: 对照知识库}
      - id: identity
        title: 核实
        points: 10
        when: {phrase: {any: [办理], role: customer}}
        otherwise: 客户未要求办理
        check: {phrase: {any: [身份], role: agent}}
  - id: talk
    title: 用语
    weight: 40
    criteria:
      - id: taboo
        title: 忌语
        points: 10
        check:
          all:
            - {phrase: {none: [滚蛋], role: anyone_if_unknown}}
            - {metric: violations, params: {types: [insult]}, at_most: 0, role: anyone_if_unknown}
      - {id: number, title: 报工号, points: 10, check: {phrase: {any: [工号], role: anyone_if_unknown}}}
""")
AGENT = ("agent: 您好，工号八零三六", "customer: 好")


def judged(*lines: str, card: Scorecard = CARD) -> Score:
    return score(make_call(*lines, duration=30), card)


def of(found: Score, name: str) -> CriterionScore:
    return next(one for one in found.criteria if one.id == name)


def test_an_alarm_rings_with_its_words_and_moves_no_point() -> None:
    calm, loud = judged(*AGENT), judged(*AGENT, "customer: 我去找工信部")

    assert calm.alarms == ()
    assert [(one.id, one.evidence[0].quote) for one in loud.raised] == [("threat", "工信部")]
    assert loud.total == calm.total


def test_the_customers_threat_alone_rings() -> None:
    assert judged(*AGENT, "agent: 您也可以向工信部申诉").raised == ()


def test_an_alarm_rings_though_nobody_knows_who_spoke_and_though_the_call_is_not_scorable() -> None:
    found = judged("unknown: 再这样我就曝光")
    short = score(make_call("customer: 工信部见", duration=2), CARD)

    assert [one.review for one in found.raised] == [("who_said_it",)]
    assert (short.scorable, [one.id for one in short.raised]) == (False, ["threat"])


def test_an_alarm_that_cannot_be_looked_for_is_said() -> None:
    found = score(make_call(agent=[(0, 9)], customer=[(10, 20)], duration=30), CARD)

    assert [(one.raised, one.reason) for one in found.alarms or ()] == [(None, "no_words")]


def test_what_a_person_has_yet_to_judge_keeps_its_weight() -> None:
    """60 × (10 of 40 judged) + 40: 55 points; of these the greeting's 15 and both of the talk are earned, less the number."""
    found = judged("agent: 您好，请讲", "customer: 好")

    assert (found.judged_points, found.possible_points) == (55.0, 100.0)
    assert found.total == pytest.approx((15 * 100 + 40 * 50) / 55, abs=0.01)
    assert judged_so_far(found, "zh") == "已评 55 分中的 35 分；另有 45 分待人工评定"


def test_nothing_is_provisional_once_it_is_judged_or_where_the_card_does_not_ask() -> None:
    text = "id: a\nversion: 1\ntitle: A\nmin_coverage: 0.1\nsections:\n  - id: s\n    title: S\n    criteria:\n"
    text += "      - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}\n"
    text += "      - {id: hand, title: 人工, points: 90, manual: true}\n"
    found = judged("agent: 您好", card=load_scorecard(text))

    assert (found.total, judged_so_far(found, "zh")) == (100.0, "")


@pytest.mark.parametrize(
    ("lines", "outcome", "pending", "review"),
    [
        (["unknown: 您好", "unknown: 给我滚蛋"], "fail", True, ("who_said_it",)),
        (["unknown: 您好", "unknown: 你这个傻逼"], "fail", True, ("who_said_it",)),
        (["unknown: 您好", "unknown: 我想查话费"], "pass", False, ()),
        (["agent: 您好", "customer: 滚蛋"], "pass", False, ()),
        (["agent: 滚蛋", "customer: 您好"], "fail", False, ()),
    ],
)
def test_forbidden_words_of_nobody_in_particular_wait_for_a_person(
    lines: Sequence[str], outcome: str, pending: bool, review: tuple[str, ...]
) -> None:
    found = of(judged(*lines), "taboo")

    assert (found.outcome, found.pending, found.review) == (outcome, pending, review)
    if pending:
        assert {one.role for one in found.evidence} == {Role.UNKNOWN}


def test_wanted_words_of_nobody_in_particular_count_and_their_absence_does_not() -> None:
    said, missed = judged("unknown: 工号一二三"), judged("unknown: 喂")

    assert (of(said, "number").outcome, of(said, "number").review) == ("pass", ("who_said_it",))
    assert (of(missed, "number").outcome, of(missed, "number").reason) == ("not_measured", "mono")


@pytest.mark.parametrize(
    "check",
    [
        "{metric: silence.longest_s, at_most: 5, role: anyone_if_unknown}",
        "{repeat: {role: anyone_if_unknown}}",
    ],
)
def test_what_needs_to_know_who_speaks_refuses_anyone(check: str) -> None:
    text = "id: a\nversion: 1\ntitle: A\nsections:\n  - id: s\n    title: S\n    criteria:\n"
    text += f"      - {{id: c, title: C, points: 1, check: {check}}}\n"

    with pytest.raises(Exception, match="needs to know who speaks"):
        load_scorecard(text)


def test_the_page_names_the_condition() -> None:
    found = of(judged(*AGENT), "identity")

    assert why_unjudged(found, "zh") == "客户未要求办理"
    assert sentence(found, lang="zh") == "不适用：客户未要求办理"


def test_pages_and_lists_show_alarms_first(tmp_path) -> None:
    call = make_call(*AGENT, "customer: 我去找工信部", duration=30)
    report = CallReport(call, {}, score(call, CARD))
    write_page(report, tmp_path / "call.html", audio=None, lang="zh")
    page = (tmp_path / "call.html").read_text(encoding="utf-8")
    row = index_row(report, "zh")

    assert page.index("报警 · 扬言升级") < page.index('id="sheet"')
    assert "没有扣分" not in page
    assert row.alarms == ("扬言升级",)
    assert run_view([row]).alarms == 1
    assert "报警 扬言升级" in summary_line(report, "zh")


def test_alarms_and_what_was_judged_survive_the_store_and_peoples_marks() -> None:
    call = make_call(*AGENT, "customer: 我去找工信部", duration=30)
    row = record_of(CallReport(call, {}, score(call, CARD))).row
    marked = next(iter(marked_results([Result(row, 0, {})], {CARD.sha256: CARD}.get, {}, "final")))

    assert (row.judged_points, row.possible_points) == (55.0, 100.0)
    assert marked.row.alarms == row.alarms
    assert marked.row.alarms is not None
    assert [one.title for one in marked.row.alarms] == ["扬言升级"]
