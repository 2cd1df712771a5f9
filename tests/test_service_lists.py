"""Lists of the department: what is read, what is refused row by row, who belonged where on which day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from qa_speech.errors import ConfigError
from qa_speech.service.columns import BEFORE, NOW, OUTSIDE
from qa_speech.service.org import EVER, OrgLine, moves, org_of, units_of
from qa_speech.service.records import Window, called_again, read_org, read_records, read_survey, records_of, survey_of
from qa_speech.service.rules import Limits, load_rules
from qa_speech.service.tickets import Causes, read_tickets, tickets_of
from qa_speech.settings import Tables
from qa_speech.wording.translate import translated

NOBODY = Window("2026-11", "2026-10", org_of([]), {})


def written(place: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = place / name
    path.write_bytes(text.encode(encoding))
    return path


def test_call_records_are_read_and_every_bad_row_is_named(tmp_path: Path) -> None:
    text = (
        "编号,开始时间,工号,结果,等待时长(秒),通话时长,客户标识\n"
        "a,2026-11-03 09:15:00,1001,接通,4,1:35,k1\n"
        "b,2026/10/4 9:15,,放弃,31,,k2\n"
        "c,2026年11月5日 10时,,IVR放弃,,,\n"
        "d,昨天,1001,接通,4,95,k1\n"
        "e,2026-11-06 09:00,1001,接线中,4,95,k1\n"
        "f,2026-11-06 09:00,1001,接通,很久,95,k1\n"
        "g,2025-01-06 09:00,1001,接通,3,95,k1\n"
    )
    found = read_records(written(tmp_path, "话单.csv", text, "gb18030"), Tables())
    records = records_of(found, NOBODY, Limits())

    assert records.rows.period.tolist() == [NOW, BEFORE, NOW, OUTSIDE]
    assert records.answered.tolist()[:2] == [1, 0]
    assert np.isnan(records.answered[2])
    assert records.talk_s[0] == 95
    assert [(row.row, translated(row.what, "zh").partition("；")[0].partition("：")[0]) for row in found.bad] == [
        (5, "不是日期或时间"),
        (6, "结果"),
        (7, "wait_s"),
    ]


def test_names_of_columns_and_the_order_of_dates_come_from_the_settings(tmp_path: Path) -> None:
    path = written(tmp_path, "cdr.csv", "起,秒\n1/11/2026 09:00,33\n")
    settings = Tables(columns={"at": ["起"], "talk_s": ["秒"]}, date_order="day-first")
    records = records_of(read_records(path, settings), NOBODY, Limits())

    assert (records.rows.period.tolist(), records.talk_s.tolist(), records.answered.tolist()) == ([NOW], [33], [1])


def test_a_list_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"话单\.csv"):
        read_records(written(tmp_path, "话单.csv", "甲,乙\n1,2\n"), Tables())


def test_answers_in_words_and_numbers_themes_and_rows_without_an_answer(tmp_path: Path) -> None:
    text = "编号,总体满意度,响应速度满意度,备注\n" + "a,非常满意,5,好\nb,2,1,\nc,,,\nd,一般,4,\ne,满意,5,\nf,9,1,\n"
    known = {call: {"started_at": "2026-11-02T10:00:00", "agent": "1001"} for call in "abcdef"}
    found = read_survey(written(tmp_path, "满意度.csv", text), Tables(), Limits())
    survey = survey_of(found, NOBODY._replace(known=known), Limits())

    assert survey.overall.tolist()[:2] == [1, 0]
    assert np.isnan(survey.overall[2])
    assert survey.overall.tolist()[3:] == [0, 1]
    assert list(survey.themes) == ["响应速度"]
    assert survey.rows.unit("agent").names == ("1001",)
    assert [(row.row, "1–5" in row.what) for row in found.bad] == [(7, True)]


def test_causes_are_taken_by_code_or_name_else_proposed_and_unknown_ones_are_bad_rows(tmp_path: Path) -> None:
    text = (
        "受理时间,类型,清单,原因,内容,处理历时,重复工单,移交次数\n"
        "2026-11-02 10:00,投诉,service,billing,扣费不明,5,,1\n"
        "2026-11-02 10:00,投诉,,信号弱,家里没信号,5,T1,0\n"
        "2026-11-02 10:00,报障,,,光猫红灯,5,,2\n"
        "2026-11-02 10:00,报障,,其它,机顶盒的事,5,,2\n"
        "2026-11-02 10:00,报障,,乱写的,,5,,2\n"
    )
    rules = load_rules()
    found = read_tickets(written(tmp_path, "投诉.csv", text), Tables(), rules)
    tickets = tickets_of(found, NOBODY, rules, Tables())
    held = [tickets.lists.names[code] for code in tickets.lists.codes]

    assert held == ["service", "communication", "broadband-fault", "broadband-fault"]
    assert [tickets.causes.names[code] for code in tickets.causes.codes] == [
        "billing",
        "weak-signal",
        "terminal",
        "other",
    ]
    assert tickets.proposed.tolist() == [False, False, True, False]
    assert tickets.is_complaint.tolist() == [True, True, False, False]
    assert tickets.repeats.tolist() == [False, True, False, False]
    assert list(tickets.numbers) == ["移交次数"]
    assert [row.row for row in found.bad] == [6]


@pytest.mark.parametrize("held", ["service", "communication", "broadband-fault"])
def test_every_shipped_list_has_its_other(held: str) -> None:
    one = load_rules().cause_list(held)

    assert one is not None
    assert one.name_of(one.other) == "其它"
    assert Causes([one]).proposed(held, "").cause == "other"


def test_who_belonged_where_depends_on_the_day(tmp_path: Path) -> None:
    text = "工号,班组,城市,省,生效日期\n1001,A组,,,\n,A组,东江市,东省,2026-01-01\n,A组,北河市,北省,2026-11-16\n,,,,2026-11-01\n"
    org, found = read_org(written(tmp_path, "org.csv", text), Tables())
    when = np.array(["2026-11-15", "2026-11-16", "NaT"], "M8[s]")
    units = units_of(org, when, {"agent": ["1001", "1001", "1001"]})
    moved = moves(org, dt.date(2026, 11, 1), dt.date(2026, 11, 30))

    assert [units["city"].names[code] for code in units["city"].codes] == ["东江市", "北河市", "东江市"]
    assert [units["province"].names[code] for code in units["province"].codes] == ["东省", "北省", "东省"]
    assert [(one.name, one.before, one.after, one.day) for one in moved] == [
        ("A组", "东江市", "北河市", dt.date(2026, 11, 16))
    ]
    assert len(found.bad) == 1


def test_a_team_whose_agents_move_together_has_moved() -> None:
    lines = [OrgLine(EVER, str(agent), "A组", "东江市", "") for agent in range(3)]
    lines += [OrgLine(dt.date(2026, 11, 9), str(agent), "A组", "北河市", "") for agent in range(3)]
    lines += [OrgLine(dt.date(2026, 11, 9), "9", "B组", "", ""), OrgLine(EVER, "9", "A组", "东江市", "")]

    found = moves(org_of(lines), dt.date(2026, 11, 1), dt.date(2026, 11, 30))

    assert [(one.level, one.name, one.after) for one in found] == [("team", "A组", "北河市"), ("agent", "9", "B组")]


def test_who_called_again_is_told_only_where_the_list_reaches_far_enough() -> None:
    when = np.array(["2026-11-01T09:00", "2026-11-02T09:00", "2026-11-20T09:00", "2026-11-01T09:00"], "M8[s]")
    again = called_again(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 0]), when, np.array([True, True, True, False]), 7)

    assert again.tolist()[:2] == [1, 0]
    assert np.isnan(again[2:]).all()


def test_rules_with_faults_name_all_of_them(tmp_path: Path) -> None:
    indicator = 'id="x"\ntitle="X"\npillar="b"\nfigure="score"\ntarget=1\nzero=1\nweight=0\n'
    text = f'[[pillars]]\nid="a"\ntitle="甲"\n[[indicators]]\n{indicator}'
    written(tmp_path, "assessment.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_rules(tmp_path)

    assert len(caught.value.problems) == 3
