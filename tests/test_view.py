"""The view of a call: plain data that a page renders and a program can send, and nothing the page has beside it."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Finding, Role
from qa_speech.metrics import measure_all
from qa_speech.report import labels, page
from qa_speech.report.figure_table import figure_table
from qa_speech.report.transcript import pieces
from qa_speech.report.view import CallView, call_view
from qa_speech.scorecard.deductions import deductions, is_deduction, pending, points_lost
from qa_speech.scores import CallReport, CriterionScore, Evidence, Score, SectionScore
from qa_speech.testing import make_call
from qa_speech.wording.lang import Lang

TEMPLATES = Path(page.__file__).parent / "templates"


def criterion(outcome: str, points: float | None, possible: float, **more: object) -> CriterionScore:
    return CriterionScore("c", "标题", "s", outcome, points, possible, **more)  # type: ignore[arg-type]


def report(*criteria: CriterionScore, times: str = "audio") -> CallReport:
    call = make_call(
        "agent@0-2: 您好，请讲", "customer@3-6: 话费怎么多了？", "agent@13.2-15: 我也不清楚", duration=62, times=times,
        metadata={"agent": "1001"},
    )  # fmt: skip
    section = SectionScore("s", "服务过程", 100, 10, 20, 50, 0.5)
    score = Score("made", "card", 2, "", criteria, (section,), 50.0, 40.0, 0.5, "不合格", False)
    return CallReport(call, measure_all(call), score)


HEARD = Evidence("quote", 13.7, 14.6, Role.AGENT, "我也不清楚", utterance=2)
SAID = criterion("fail", 0, 10, evidence=(HEARD,), reason="phrase_said", detail={"role": "agent"})


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("times", ["audio", "nominal"])
def test_a_view_is_plain_data_and_survives_json(lang: Lang, times: str) -> None:
    view = call_view(report(SAID, times=times), lang)

    again = msgspec.json.decode(msgspec.json.encode(view), type=CallView)

    assert again == view
    assert page.render_view(again, lang, audio="a.mp3", index=None) == page.render_view(
        view, lang, audio="a.mp3", index=None
    )


def test_the_page_of_a_report_is_its_view_rendered() -> None:
    made = report(SAID)

    assert page.render_page(made, None, "zh") == page.render_view(call_view(made, "zh"), "zh", audio="", index=None)


def test_a_view_says_what_the_head_of_the_page_says() -> None:
    waits = msgspec.structs.replace(SAID, pending=True)
    view = call_view(report(SAID, waits), "zh")

    assert (view.id, view.duration, view.head) == ("made", "01:02", ("1001",))
    assert view.result is not None
    assert (view.result.total, view.result.confirmed, view.result.coverage, view.result.pending) == (
        "50", "40", "50%", 1,
    )  # fmt: skip
    assert [entry.pattern for entry in view.legend] == ["silence"]
    assert [one.pending for one in view.deductions] == [False, True]


def test_without_times_there_are_no_lanes_and_no_seconds() -> None:
    view = call_view(report(SAID, times="nominal"), "zh")

    assert (view.lanes, view.bands, view.pins) == ((), (), ())
    assert [line.where for line in view.lines] == ["第 1 句", "第 2 句", "第 3 句"]
    assert {proof.at for section in view.sections for one in section.criteria for proof in one.proofs} == {None}


def test_what_was_found_stands_at_its_line_once() -> None:
    twice = msgspec.structs.replace(SAID, evidence=(HEARD, HEARD))
    view = call_view(report(twice), "zh")

    assert [[flag.criterion_id for flag in line.flags] for line in view.lines] == [[], [], ["c"]]
    assert any(piece.hit for piece in view.lines[2].pieces)
    assert [line.silence != "" for line in view.lines] == [False, False, True]


def test_notices_are_said_once() -> None:
    made = report()
    recording = msgspec.structs.replace(made.call.recording, findings=(Finding("mono"), Finding("mono")))
    made = msgspec.structs.replace(made, call=msgspec.structs.replace(made.call, recording=recording))

    assert call_view(made, "zh").notices == ("单声道录音，坐席与客户未分开",)


def test_the_table_of_figures_has_a_cell_for_every_column() -> None:
    table = figure_table(report(), "zh")

    assert table.columns[:3] == ("全程", "坐席", "客户")
    assert all(len(row.cells) == len(table.columns) for row in table.rows)
    assert all(len(part.cells) == len(table.columns) for row in table.rows for part in row.components)
    assert all(part in row.components for row in table.rows for part in row.highlights)


@given(
    st.lists(st.text(st.sampled_from("您好工号一零，。 "), min_size=1, max_size=4), min_size=1, max_size=6),
    st.sampled_from(["", "，", "。"]),
)
def test_the_pieces_of_a_line_are_its_text(said: list[str], between: str) -> None:
    call = make_call(f"agent@0-5: {between.join(said)}")
    (line,) = call.utterances

    assert "".join(piece.text for piece in pieces(line)) == (line.text or "")


@pytest.mark.parametrize("name", ["call_body", "index", "compare"])
def test_every_label_of_a_template_has_words(name: str) -> None:
    table = labels.COMPARISON if name == "compare" else labels.UI
    asked = re.findall(r"\bt\('([a-z_0-9]+)'\)", (TEMPLATES / f"{name}.html").read_text(encoding="utf-8"))

    assert len(asked) > 5
    assert [key for key in asked if key not in table] == []


def test_no_label_is_left_over() -> None:
    sources = [*TEMPLATES.glob("*.html"), *TEMPLATES.parent.glob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources if path.name != "labels.py")
    named = {*re.findall(r"[\"']([a-z_0-9]+)[\"']", text)}
    by_pattern = {key for key in labels.UI if key.startswith("legend_")}

    assert sorted({*labels.UI, *labels.COMPARISON, *labels.SUMS, *labels.CHECK} - named - by_pattern) == []


# ------------------------------------------------------------------------------------------- deductions


def test_a_deduction_costs_points_or_is_fatal() -> None:
    assert is_deduction(criterion("partial", 6, 10))
    assert is_deduction(criterion("fail", 0, 0, fatal="form"))
    assert not is_deduction(criterion("fail", 0, 0))
    assert not is_deduction(criterion("pass", 10, 10))
    assert not is_deduction(criterion("not_measured", None, 10))


def test_a_criterion_without_points_has_lost_none() -> None:
    assert points_lost(CriterionScore("pace", "语速", "s", "not_measured", None, 10)) == 0


def test_deductions_come_gravest_first_and_what_waits_comes_last() -> None:
    small, large = criterion("partial", 6, 10), criterion("fail", 0, 20)
    waits, fatal = criterion("fail", 0, 30, pending=True), criterion("fail", 0, 0, fatal="form")
    score = report(small, waits, large, criterion("pass", 5, 5), fatal).score

    assert [points_lost(one) for one in deductions(score)] == [0, 20, 4, 30]
    assert pending(score) == 1
    assert (deductions(None), pending(None)) == ([], 0)
