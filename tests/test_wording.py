"""The words of the report: one sentence per outcome, in both languages, never an exception, never a bare code."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Finding, Role
from qa_speech.report import labels
from qa_speech.scorecard.checks.table import REASONS
from qa_speech.scores import CallReport, CriterionScore, Evidence, Measurement, Score, SectionScore
from qa_speech.testing import make_call
from qa_speech.wording import catalogue as words
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.messages import summary_line
from qa_speech.wording.sentences import MAKERS, sentence

AGENT = Role.AGENT


def quote(start: float, text: str, role: Role = AGENT) -> Evidence:
    return Evidence("quote", start, start + 1, role, text)


def criterion(
    reason: str,
    *evidence: Evidence,
    outcome: str = "fail",
    **detail: str | float | None,
) -> CriterionScore:
    return CriterionScore(
        "id", "标题", "s", outcome, 0.0, 10.0, evidence=evidence, reason=reason, detail={"role": "agent", **detail}
    )


SILENT = Evidence("interval", 192.0, 199.2, AGENT, note="dead_air")
ABSENT = Evidence("absence", 48.0, 78.0, AGENT, note="phrase_missing")
CASES = [
    (
        criterion("phrase_found", quote(1, "您好"), outcome="pass", window="first_s", window_s=15.0),
        "坐席开头 15 秒内说到“您好”（00:01）",
        'agent said in the first 15 s: "您好" (00:01)',
    ),
    (
        criterion("phrase_missing", ABSENT, mode="any", phrases="打分、评价", window="last_s", window_s=30.0),
        "坐席最后 30 秒内没有说到“打分”或“评价”（已查 00:48–01:18）",
        'agent did not say "打分" or "评价" in the last 30 s (searched 00:48–01:18)',
    ),
    (
        criterion("phrase_missing", ABSENT, mode="any", phrases="/(?:甲|乙)/、大概要", phrase_count=6.0),
        "坐席没有说到“大概要”等 6 种说法",
        'agent did not say "大概要" or any other of 6 wordings',
    ),
    (
        criterion("phrase_missing", quote(1, "您好"), ABSENT, mode="all", phrases="您好、工号", missing="工号"),
        "坐席说到“您好”（00:01），没有说到“工号”",
        'agent said: "您好" (00:01), but not "工号"',
    ),
    (
        criterion("phrase_too_few", quote(5, "请"), mode="any", count=1.0, at_least=3.0),
        "坐席只说到 1 处：“请”（00:05），要求至少 3 处",
        'agent said only 1: "请" (00:05); at least 3 wanted',
    ),
    (
        criterion("phrase_said", quote(72, "我也不清楚")),
        "坐席说了不该说的话：“我也不清楚”（01:12）",
        'agent said what must not be said: "我也不清楚" (01:12)',
    ),
    (
        criterion("phrase_too_many", quote(1, "那个"), count=5.0, at_most=2.0),
        "坐席说了 5 次：“那个”（00:01），最多 2 次",
        'agent said it 5 times: "那个" (00:01); at most 2',
    ),
    (
        criterion("phrase_avoided", outcome="pass"),
        "坐席没有说不该说的话",
        "agent said nothing that must not be said",
    ),
    (
        criterion("metric_above", SILENT, metric="silence", component="longest_s", value=7.2, unit="s", at_most=3.0),
        "坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒",
        "agent silent for 7.2 s (03:12–03:19); limit ≤ 3 s",
    ),
    (
        criterion(
            "band",
            metric="speech_rate",
            component="value",
            value=359.0,
            unit="字/分",
            full_from=140.0,
            full_below=280.0,
        ),
        "坐席语速 359 字/分，标准 140–280 字/分",
        "agent speech rate: 359 syllables/min; limit 140–280 syllables/min",
    ),
    (
        criterion(
            "band",
            Evidence("interval", 11, 12, AGENT, note="interruption"),
            Evidence("interval", 20, 21, AGENT, note="interruption"),
            metric="interruption",
            component="count",
            value=2.0,
            unit="count",
            full_below=1.0,
        ),
        "坐席抢话 2 次（00:11、00:20），标准：不得出现",
        "agent interruptions: 2 (00:11, 00:20); limit 0",
    ),
    (
        criterion(
            "order_broken",
            quote(23, "请稍等"),
            ABSENT,
            side="after",
            within_s=30.0,
            inner="phrase_missing",
            mode="any",
            phrases="久等",
            places=1.0,
            broken=1.0,
        ),
        "“请稍等”（00:23）之后 30 秒内：坐席没有说到“久等”",
        'After "请稍等" (00:23) within 30 s: agent did not say "久等"',
    ),
    (
        criterion("repeated", quote(9, "怎么回事", Role.CUSTOMER), role="customer", of="own", count=1.0),
        "客户把自己说过的话又说了 1 次：“怎么回事”（00:09）",
        'customer repeated own words once: "怎么回事" (00:09)',
    ),
    (
        criterion("entity_missing", ABSENT, kind="phone"),
        "坐席没有说到电话号码",
        "agent gave no phone number",
    ),
    (
        criterion("similar_missing", ABSENT, to="感谢您的来电", similarity=0.6, best=0.31),
        "坐席没有说到与“感谢您的来电”相近的话，最相近的只有 31%，要求相似 ≥ 60%",
        'agent said nothing like "感谢您的来电"; the nearest was 31%, 60% wanted',
    ),
    (
        criterion("attribute_differs", attribute="queue", value="宽带", wanted="话费"),
        "队列为“宽带”，要求 话费",
        "Queue is 宽带; wanted: 话费",
    ),
    (
        criterion("attribute_differs", attribute="priority", value=2.0, at_least=3.0, at_most=5.0),
        "priority 2，要求 3–5",
        "priority is 2; wanted: 3–5",
    ),
    (
        criterion("attribute_differs", attribute="queue", value="宽带", unwanted="宽带"),
        "队列为“宽带”，要求不是 宽带",
        "Queue is 宽带; wanted: not 宽带",
    ),
    (
        criterion("not_attribute_met", attribute="queue", value="宽带", wanted="宽带", negated="yes"),
        "队列为“宽带”，要求不是 宽带",
        "Queue is 宽带; wanted: not 宽带",
    ),
    (
        criterion("attribute_met", attribute="queue", value="宽带", wanted="宽带", outcome="pass"),
        "队列为“宽带”",
        "Queue is 宽带",
    ),
    (
        criterion("repeat_missing", of="other", at_least=1.0),
        "坐席没有重复对方说过的话，要求有重复",
        "agent did not repeat the other’s words; a repetition is wanted",
    ),
    (
        criterion("phrase_missing", mode="any", phrases="/(?:甲|乙)/", window="last_s", window_s=30.0),
        "坐席最后 30 秒内没有说到要求的话",
        "agent did not say what is asked in the last 30 s",
    ),
    (
        criterion("not_order_kept", quote(23, "请稍等"), side="after", inner="phrase_found", places=1.0, negated="yes"),
        "“请稍等”（00:23）之后：坐席说到了要求的话，不应如此",
        'After "请稍等" (00:23): agent said what is asked, which must not be',
    ),
    (
        criterion("order_broken", anchor="请稍等", side="before", within_turns=2.0, inner="phrase_avoided"),
        "请稍等之前 2 个轮次内：坐席没有说不该说的话",
        "Before 请稍等 within 2 turns: agent said nothing that must not be said",
    ),
    (criterion("no_words", outcome="not_measured"), "未能判定：已转写，但没有识别出字词", None),
    (criterion("condition_false", outcome="not_applicable"), "不适用：适用条件不成立", None),
    (criterion("manual", outcome="manual"), "待人工评定", "For a person"),
]


@pytest.mark.parametrize(("one", "zh", "en"), CASES, ids=lambda item: getattr(item, "reason", None))
def test_each_reason_makes_one_plain_sentence(one: CriterionScore, zh: str, en: str | None) -> None:
    assert sentence(one, lang="zh") == zh
    if en is not None:
        assert sentence(one, lang="en") == en


def test_a_silence_says_after_whose_words_it_came() -> None:
    call = make_call("customer@0-4: 我的话费怎么多了", "agent@11.2-13: 是这样的")
    silent = Evidence("interval", 4.0, 11.2, AGENT, note="dead_air")
    one = criterion("metric_above", silent, metric="silence", component="longest_s", value=7.2, unit="s", at_most=3.0)

    assert sentence(one, lang="zh", call=call) == "客户提问后坐席静音 7.2 秒（00:04–00:11），标准 ≤ 3 秒"


def test_a_call_without_times_names_lines_and_never_seconds() -> None:
    call = make_call("agent: 您好", "agent: 这个我不清楚，你自己查", times="nominal")
    heard = Evidence("quote", 1.5, 2.0, AGENT, "我不清楚", utterance=1)

    said = sentence(criterion("phrase_said", heard), lang="zh", call=call)

    assert said == "坐席说了不该说的话：“我不清楚”（第 2 句）"


def test_a_figure_just_beside_its_bound_is_not_rounded_onto_it() -> None:
    waited = Evidence("interval", 31.0, 39.02, AGENT, note="dead_air")
    one = criterion(
        "band", waited, metric="silence", component="longest_s", value=8.02, unit="s", full_below=8.0, role=None
    )

    assert sentence(one, lang="zh") == "最长静音 8.02 秒（00:31–00:39），标准 < 8 秒"
    assert sentence(one, lang="en") == "longest silence: 8.02 s (00:31–00:39); limit < 8 s"


def test_combined_checks_say_how_many_parts_failed() -> None:
    said = sentence(criterion("phrase_said", quote(1, "滚"), parts=3.0, deciding=2.0), lang="zh")

    assert said.endswith("；3 项要求中有 2 项未达到")


def test_braces_in_what_was_said_are_only_words() -> None:
    heard = quote(1, "{who}{0.__class__}%s")

    assert sentence(criterion("phrase_said", heard), lang="zh") == "坐席说了不该说的话：“{who}{0.__class__}%s”（00:01）"
    assert '"{who}{0.__class__}%s"' in sentence(criterion("order_kept", heard, side="after"), lang="en")


# What operators say and `score` documents is what `sentences` must speak.


def score_document() -> str:
    return importlib.import_module("qa_speech.scorecard.score").__doc__ or ""


def test_every_reason_of_every_operator_has_a_sentence_of_its_own() -> None:
    reasons = [*REASONS, "band"]

    assert len(reasons) > 20
    assert [one for one in reasons if one not in MAKERS] == []


def test_every_documented_code_without_judgement_has_words() -> None:
    document = score_document()
    codes = set(re.findall(r"``([a-z_]+)[:A-Z]*``", document[document.index("Reasons without a judgement") :]))

    assert len(codes) > 15
    assert {code for code in codes if code not in words.REASONS} == set()


def test_every_code_in_the_document_of_metrics_has_words() -> None:
    document = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    tables = document[: document.index("\n## The ground")]
    rows = [re.findall(r"`([a-z_]+)`", row.split("|")[1]) for row in tables.splitlines() if row.startswith("| `")]

    found = {code for row in rows for code in row}

    assert len(found) > 25
    assert {code for code in found if code not in words.NOTES and code not in words.REASONS} == set()


def test_both_languages_are_there_for_every_code() -> None:
    named = {**vars(words), **vars(labels)}
    tables = [table for name, table in named.items() if name.isupper() and isinstance(table, dict)]

    pairs = [pair for table in tables for pair in table.values()]

    assert len(pairs) > 150
    assert all(bool(zh) == bool(en) for zh, en in pairs)


TEXTS = [
    "", " ", "agent", "any", "first_s", "longest_s", "字/分", "count", "3", "nan",
    "您好", "“您好”", "您好、再见", "/(?:甲|乙)/", "{phrase}", "%s", "\n", "\u202e", "\ud800", "很长的话" * 20,
]  # fmt: skip
"""Texts that a detail or a quote may hold: names of things, signs that mean something, what cannot be shown."""
codes = st.sampled_from([*MAKERS, "order_broken", "not_phrase_said", "made_up_code", ""])
details = st.dictionaries(
    st.sampled_from(
        "role mode phrases phrase_count count at_least at_most said missing metric component value unit window window_s "
        "first_turn last_turn side within_s inner places broken of kind to similarity best attribute wanted parts "
        "deciding full_below full_from".split()
    ),
    st.none() | st.floats(-1e6, 1e6) | st.sampled_from(TEXTS),
    max_size=10,
)
evidence = st.builds(
    lambda kind, start, length, role, text, note: Evidence(kind, start, start + length, role, text, note),
    st.sampled_from(["quote", "interval", "absence"]),
    st.integers(0, 9000),
    st.sampled_from([0.0, 0.004, 1.5, 99.0]),
    st.sampled_from([None, *Role]),
    st.sampled_from(TEXTS),
    st.sampled_from(["", "dead_air", "hold", "plug_in_note"]),
)


@settings(deadline=None)
@given(
    codes,
    st.sampled_from(["pass", "partial", "fail", "not_applicable", "not_measured", "manual"]),
    details,
    st.lists(evidence, max_size=3),
    st.sampled_from(["zh", "en"]),
)
def test_whatever_a_criterion_holds_there_is_a_sentence(
    reason: str, outcome: str, detail: dict[str, str | float | None], found: list[Evidence], lang: Lang
) -> None:
    one = CriterionScore("id", "t", "s", outcome, 0.0, 1.0, evidence=tuple(found), reason=reason, detail=detail)

    assert sentence(one, lang=lang).strip()


def test_unknown_codes_are_shown_as_they_are() -> None:
    assert terms.reason("made_up", "zh") == "made_up"
    assert terms.finding(Finding("odd_thing", 2, 3.0, "dB"), "zh") == "声道 2：odd_thing（3 dB）"
    assert terms.warning("the tape is torn", "en") == "the tape is torn"
    assert terms.metric("laughter:agent", "zh") == "坐席laughter"


def test_a_finding_gives_channel_figure_and_unit() -> None:
    assert (
        terms.finding(Finding("crosstalk", 2, -31.2, "dB"), "zh") == "声道 2：串音：另一方的声音漏到本声道（−31.2 dB）"
    )
    assert terms.finding(Finding("swapped_roles", note="corrected"), "zh") == "坐席与客户声道接反（已按通话内容更正）"


def test_a_measurement_without_value_says_why() -> None:
    assert terms.measurement(Measurement(None, "s", reason="no_times"), "zh") == "文本没有时间信息"


def judged(*criteria: CriterionScore, total: float | None = 80.0, reason: str = "") -> CallReport:
    section = SectionScore("s", "节", 100, 0, 0, total)
    score = Score("made", "card", 1, "", criteria, (section,), total, total, 1.0, "合格", True, reason=reason)
    return CallReport(make_call("agent@0-2: 您好", duration=62), {}, score)


def test_the_line_of_a_call_gives_length_total_band_and_the_gravest_reason_first() -> None:
    small = criterion("phrase_said", quote(3, "那个"))
    grave = msgspec.structs.replace(criterion("phrase_said", quote(9, "滚")), title="辱骂", fatal="form", points=0.0)

    line = summary_line(judged(small, grave), "zh")

    assert line.startswith("made  01:02  80 分 合格  辱骂：坐席说了不该说的话：“滚”（00:09）；标题：")


def test_what_waits_for_a_person_is_said_so_and_a_bonus_not_earned_costs_nothing() -> None:
    waiting = msgspec.structs.replace(criterion("phrase_said", quote(3, "那个")), pending=True)
    bonus = msgspec.structs.replace(criterion("phrase_missing", ABSENT), possible=0.0, title="加分")

    line = summary_line(judged(waiting, bonus), "zh")

    assert "1 项待复核" in line
    assert "标题（待复核）：" in line
    assert "加分" not in line


def test_a_call_without_total_says_why() -> None:
    assert "无总分（已评占比低于评分表的最低要求）" in summary_line(judged(total=None, reason="low_coverage"), "zh")


def test_warnings_stand_in_the_line_of_a_call() -> None:
    report = judged()
    report = msgspec.structs.replace(report, call=msgspec.structs.replace(report.call, warnings=("demo_model",)))

    assert "⚠ 演示识别模型" in summary_line(report, "zh")
