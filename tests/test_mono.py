"""A call in which nothing tells who speaks: what needs no roles is shown with its doubt, and no sentence names a party."""

from __future__ import annotations

import csv
from functools import partial
from pathlib import Path

import msgspec
import pytest
from openpyxl import load_workbook

from qa_speech.call import Role
from qa_speech.inputs.rows import Row
from qa_speech.pipeline import report
from qa_speech.report.figure_table import figure_table
from qa_speech.report.sheets import write_csv
from qa_speech.report.workbook import write_workbook
from qa_speech.scorecard import load_scorecard
from qa_speech.scores import CallReport
from qa_speech.store.parquet import store_at
from qa_speech.store.records import record_of
from qa_speech.store.reports import reports_of
from qa_speech.testing import make_call
from qa_speech.wording import messages
from qa_speech.wording.explain import explain
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence

MONO = "单声道录音，分不出坐席和客户"
LINES = (
    "unknown@0-6: 您好请问有什么可以帮您我想查一下上个月的话费怎么多了这么多",
    "unknown@8-12: 好的我帮您查一下请您稍等",
)


@pytest.fixture(scope="module")
def mono() -> CallReport:
    """A mono call of two utterances, judged by the shipped card."""
    return judged(*LINES)


def judged(*lines: str) -> CallReport:
    """A mono call of half a minute, judged by the shipped card."""
    made = make_call(*lines, duration=30, call_id="mono.wav")
    recording = msgspec.structs.replace(made.recording, layout="mono", channels=(Role.UNKNOWN,))
    speech = {Role.UNKNOWN: made.speech[Role.UNKNOWN]}
    call = msgspec.structs.replace(made, recording=recording, speech=speech)
    return report(call, load_scorecard("telecom-hotline"))


def test_the_rate_of_the_whole_stands_on_the_page_beside_the_other_figures_of_the_call(mono: CallReport) -> None:
    table = figure_table(mono, "zh")
    rows = {row.name: row for row in table.rows}

    assert table.columns == ("全程",)
    assert rows["语速"].cells == (("246 字/分", True),)
    assert rows["语速"].low == MONO
    assert rows["说话时长"].cells[0].known


def test_the_line_of_the_terminal_says_the_rate_and_why_it_is_doubtful(mono: CallReport) -> None:
    assert f"全程语速 246 字/分（可靠性低：{MONO}）" in messages.summary_line(mono, "zh")
    assert "overall speech rate 246 syllables/min (low reliability: one channel" in messages.summary_line(mono, "en")


def test_tables_hold_the_rate_and_say_which_figures_are_doubtful_and_why(mono: CallReport, tmp_path: Path) -> None:
    write_csv([mono], tmp_path / "results.csv", lang="zh")
    (row,) = csv.DictReader((tmp_path / "results.csv").read_text(encoding="utf-8-sig").splitlines())

    assert float(row["speech_rate:unknown"]) == pytest.approx(246)
    assert row["speech_rate:agent"] == ""
    assert row["low_reliability"].endswith(MONO)
    assert "全程语速" in row["low_reliability"]


def test_the_workbook_holds_the_rate_and_the_doubt(mono: CallReport, tmp_path: Path) -> None:
    store = store_at(tmp_path / "run")
    store.append([record_of(mono)])
    store.keep_rows([Row("mono.wav", "/rec/mono.wav")])
    write_workbook(store.results(), tmp_path / "r.xlsx", reports=partial(reports_of, store), title="批次")
    head, values = load_workbook(tmp_path / "r.xlsx")["指标"].iter_rows(values_only=True)
    cells = dict(zip(head, values, strict=True))

    assert cells["全程语速（字/分）"] == pytest.approx(246)
    assert str(cells["可靠性低的指标"]).endswith(MONO)


@pytest.mark.parametrize(("lang", "parties"), [("zh", ("坐席", "客户")), ("en", ("agent", "customer"))])
def test_no_sentence_of_what_was_judged_names_a_party(mono: CallReport, lang: Lang, parties: tuple[str, str]) -> None:
    assert mono.score is not None
    decided = [one for one in mono.score.criteria if one.outcome in ("pass", "partial", "fail")]
    said = [sentence(one, lang=lang, call=mono.call) for one in decided]
    said += [sentence(one, lang=lang) for one in decided]

    assert len(said) > 8
    assert [text for text in said if any(party in text for party in parties)] == []


def test_improper_words_are_somebodys_until_a_person_tells_whose() -> None:
    found = judged("unknown@0-4: 你有病吧你", "unknown@5-9: 我要退费")
    assert found.score is not None
    told = "\n".join(explain(found.score))

    assert "通话中" in told
    assert "坐席说了" not in told
    assert "坐席用语不当" not in told
