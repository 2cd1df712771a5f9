"""How a total came about, in a line that adds up, and what an item that waits for a person would cost."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

import qa_speech
from qa_speech.call import Finding, Recording, Role
from qa_speech.metrics import measure_all
from qa_speech.report import sums
from qa_speech.report.loudness import levels_of
from qa_speech.report.page import render_page
from qa_speech.report.recording_check import check_of
from qa_speech.report.score_sheet import gathered, section_views
from qa_speech.report.transcript import lines
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.scores import CallReport, CriterionScore, Score, SectionScore
from qa_speech.testing import make_call

CARD = """
id: sums
version: 1
title: 求和
sections:
  - id: a
    title: 甲
    weight: 40
    criteria:
      - {id: hello, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
      - {id: name, title: 工号, points: 30, check: {phrase: {any: [工号], role: agent}}}
  - id: b
    title: 乙
    weight: 60
    sections:
      - id: c
        title: 丙
        weight: 1
        criteria: [{id: thanks, title: 谢谢, points: 5, check: {phrase: {any: [谢谢], role: agent}}}]
      - id: d
        title: 丁
        weight: 3
        criteria: [{id: bye, title: 再见, points: 5, check: {phrase: {any: [再见], role: agent}}}]
  - id: e
    title: 戊
    weight: 10
    criteria:
      - {id: extra, title: 表扬, bonus: form, points: 3, check: {phrase: {any: [辛苦], role: customer}}}
      - {id: worst, title: 推诿, fatal: {cap: 60}, check: {phrase: {none: [不归我管], role: agent}}}
"""


def score(*said: str) -> Score:
    return qa_speech.score(make_call(*said, duration=60), load_scorecard(CARD))


def test_the_line_adds_up_with_sections_inside_bonus_and_cap() -> None:
    found = score("agent: 您好，谢谢，不归我管", "customer: 辛苦了")

    assert found.total == 28.0
    assert sums.lines(found, "zh") == (
        "(40 × 25 + 60 × 25) ÷ 100 = 25；加分 3 → 28；封顶 60（推诿），没有超过",
        "乙: (1 × 100 + 3 × 0) ÷ 4 = 25",
        "没有评出、不计入的：戊",
    )
    capped = score("agent: 您好，工号一，谢谢，再见，不归我管", "customer: 好")
    assert capped.total == 60.0
    assert sums.lines(capped, "zh")[0] == "(40 × 100 + 60 × 100) ÷ 100 = 100；封顶 60（推诿）→ 60"


@pytest.mark.parametrize("card", sorted(folder("scorecards").glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_cards_tell_how_their_totals_come_about(card: Path) -> None:
    loaded = load_scorecard(card)
    for said in (
        (
            "agent: 您好，工号一零零一，请问有什么可以帮您",
            "customer: 我想查话费",
            "agent: 请稍等，感谢您的等待，祝您生活愉快",
        ),
        ("agent: 喂，你急什么，不归我管", "customer: 我要投诉", "agent: 我也不清楚"),
    ):
        found = qa_speech.score(make_call(*said, duration=60), loaded)
        if found.total is None:
            continue
        line = sums.lines(found, "zh")[0]
        products = line.partition(") ÷ ")[0].removeprefix("(")
        whole, _, mean = re.sub("；.*", "", line.partition(") ÷ ")[2]).partition(" = ")
        by_hand = sum(float(one) * float(other) for one, other in re.findall(r"([\d.]+) × ([\d.]+)", products)) / float(
            whole
        )
        assert by_hand == pytest.approx(float(mean), abs=0.02)
        assert line.endswith(f"{found.total:g}") or "没有超过" in line or "加分" in line or "封顶" in line


def waiting() -> Score:
    """A total of two sections, with two items that wait: one of 10 points, one that voids the form."""
    criteria = (
        CriterionScore("a1", "甲一", "a", "pass", 10, 10),
        CriterionScore("a2", "甲二", "a", "fail", 0, 10, pending=True, review=("near_threshold",)),
        CriterionScore("b1", "乙一", "b", "pass", 5, 5),
        CriterionScore("b2", "乙二", "b", "fail", 0, 0, pending=True, fatal="form", review=("near_threshold",)),
    )
    sections = (SectionScore("a", "甲", 30, 10, 10, 100), SectionScore("b", "乙", 70, 5, 5, 100))
    return Score("x", "c", 1, "", criteria, sections, 100.0, 0.0, 1.0)


def test_an_item_that_waits_says_what_it_would_cost() -> None:
    assert sums.costs(waiting()) == {"a2": 15.0, "b2": 100.0}
    page = render_page(CallReport(make_call("agent: 您好", duration=60), {}, waiting()), None, "zh")
    assert "待复核，暂不计入总分 · 确认则总分 −15" in page
    assert "待复核 2 项还没有计入" in page


def test_a_sum_that_does_not_come_to_the_stored_total_is_not_shown() -> None:
    wrong = msgspec.structs.replace(waiting(), total=90.0)

    assert sums.lines(wrong, "zh") == ()
    assert sums.costs(wrong) == {}
    assert sums.costs(msgspec.structs.replace(waiting(), total_if_confirmed=50.0)) == {}


def test_what_could_not_be_judged_for_one_reason_stands_apart() -> None:
    card = load_scorecard(folder("scorecards") / "telecom-hotline.yaml")
    call = make_call("unknown: 您好，工号一零零一，你急什么", duration=60)
    call = msgspec.structs.replace(
        call, recording=msgspec.structs.replace(call.recording, channels=(Role.UNKNOWN,), layout="mono")
    )
    report = CallReport(call, measure_all(call), qa_speech.score(call, card))

    sheet = gathered(section_views(report, "zh"))

    shown = [one for part in sheet.sections for one in part.criteria]
    (apart,) = sheet.apart
    assert apart.reason == "单声道录音，分不出坐席和客户"
    assert len(apart.names) + len(shown) == len(card.criteria)
    assert not [one for one in shown if one.sentence == apart.reason]
    page = render_page(report, None, "zh")
    assert page.count("单声道录音，分不出坐席和客户") < 8
    assert f"{len(card.criteria)} 项中有 {len(apart.names)} 项没法判定" in page


def test_a_long_call_is_printed_around_what_was_found() -> None:
    said = [f"{'agent' if place % 2 else 'customer'}@{4 * place}-{4 * place + 3}: 第{place}句" for place in range(200)]
    call = make_call(*said, duration=900)
    heard = qa_speech.Evidence("quote", 400.5, 401.0, Role.CUSTOMER, "第", utterance=100)
    criterion = CriterionScore("x", "忌语", "s", "fail", 0, 10, evidence=(heard,))
    report = CallReport(call, {}, Score("x", "c", 1, "", (criterion,), (), 0.0, 0.0, 1.0))

    found = lines(report, "zh")

    assert [line.index for line in found if line.printed] == [98, 99, 100, 101, 102]
    assert found[98].skipped == 98
    assert all(line.printed for line in lines(CallReport(make_call(*said[:20], duration=90)), "zh"))
    every = tuple(
        qa_speech.Evidence("quote", 4 * at + 0.5, 4 * at + 1, Role.CUSTOMER, "第", utterance=at)
        for at in range(0, 200, 3)
    )
    many = msgspec.structs.replace(report.score, criteria=(msgspec.structs.replace(criterion, evidence=every),))
    printed = [line for line in lines(msgspec.structs.replace(report, score=many), "zh") if line.printed]
    assert len(printed) <= 200
    assert {line.index for line in printed} >= set(range(0, 200, 3))


def test_lanes_show_how_loud_it_is() -> None:
    sound = np.zeros((2, 16000), np.int16)
    sound[0, 8000:] = 16384

    levels = levels_of(sound, 8000)
    page = render_page(CallReport(make_call(agent=[(1, 2)], duration=2)), "a.mp3", "zh", levels=levels)

    assert (set(levels[0]), set(levels[1])) == ({0, 54}, {0})
    assert len(levels[0]) == 40
    assert 'class="loudness agent" d="M0 60V60h1' in page
    assert levels_of(np.zeros((1, 0), np.int16), 8000) == []


def test_the_check_of_a_recording_speaks_in_verdicts() -> None:
    found = (
        Finding("level", 1, -24.0, "dBFS"), Finding("snr", 1, 31.0, "dB"), Finding("band_limit", 1, 3400.0, "Hz"),
        Finding("level", 2, -47.0, "dBFS"), Finding("snr", 2, 13.0, "dB"), Finding("echo", 2, -20.0, "dB"),
    )  # fmt: skip
    check = check_of(Recording("a", channels=(Role.AGENT, Role.CUSTOMER), findings=found), "zh")

    assert check.channels == ("声道 1（坐席）：音量正常、噪声正常、频带正常", "声道 2（客户）：音量有问题、噪声偏大")
    assert check.faults == ("声道 2：回声",)
    assert "声道 2：信噪比（13 dB）" in check.figures
