"""Rows that name no call are joined by customer and time, or agent and time; what could be several calls is left and counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa_speech.service.gather import Inputs, gathered_month
from qa_speech.service.joins import OneCall, call_before, index_of
from qa_speech.service.report import report_of
from qa_speech.service.rules import Limits, load_rules
from qa_speech.settings import Tables

HOUR = 3600
CALLS = [
    OneCall("a", "k1", "1001", 0),
    OneCall("b", "k1", "1002", HOUR),
    OneCall("c", "k2", "1002", HOUR + 300),
    OneCall("d", "k2", "1003", HOUR + 300),
    OneCall("e", "138****1234", "1004", 0),
    OneCall("f", "138****1234", "1005", 60),
    OneCall("", "k3", "1006", 0),
    OneCall("g", "", "1007", 0),
]
INDEX = index_of(CALLS, "abcdefg", complete=True)


@pytest.mark.parametrize(
    ("customer", "agent", "at", "expected"),
    [
        ("k1", "", HOUR, ("b", "customer")),
        ("k1", "", HOUR - 1, ("a", "customer")),
        ("k1", "", 25 * HOUR, ("b", "customer")),
        ("k1", "", 25 * HOUR + 1, ("", "unknown")),
        ("k1", "", -1, ("", "unknown")),
        ("k2", "", 2 * HOUR, ("", "ambiguous")),
        ("138****1234", "", 30, ("e", "customer")),
        ("138****1234", "", 90, ("", "ambiguous")),
        ("k3", "", 60, ("", "unknown")),
        ("", "1001", 900, ("a", "agent")),
        ("", "1001", 901, ("", "unknown")),
        ("", "1002", HOUR + 200, ("b", "agent")),
        ("k9", "1001", 60, ("", "unknown")),
        ("k9", "1007", 60, ("g", "agent")),
    ],
)
def test_which_call_a_row_speaks_of(customer: str, agent: str, at: int, expected: tuple[str, str]) -> None:
    assert call_before(OneCall("", customer, agent, at), INDEX, Limits()) == expected


def test_an_agent_alone_tells_no_call_where_nobody_knows_all_of_them() -> None:
    index = index_of(CALLS, "abcdefg", complete=False)

    assert call_before(OneCall("", "", "1001", 900), index, Limits()) == ("", "unknown")
    assert call_before(OneCall("", "k1", "", 900), index, Limits()) == ("a", "customer")


def test_the_report_says_how_many_rows_were_joined_by_which_way(tmp_path: Path) -> None:
    (tmp_path / "cdr.csv").write_text(
        "编号,开始时间,工号,客户标识\na,2026-11-03 09:00:00,1001,k1\nb,2026-11-03 10:00:00,1002,k2\n"
        "c,2026-11-03 10:05:00,1002,k3\n",
        encoding="utf-8",
    )
    (tmp_path / "survey.csv").write_text(
        "编号,评价时间,客户标识,工号,满意度\na,,,,满意\n,2026-11-03 09:30:00,k1,,满意\n,2026-11-03 10:01:00,,1002,不满意\n"
        ",2026-11-03 10:10:00,,1002,满意\n,2026-11-04,k1,,满意\nz,2026-11-04,,,满意\n",
        encoding="utf-8",
    )
    inputs = Inputs([], "2026-11", cdr=[tmp_path / "cdr.csv"], survey=[tmp_path / "survey.csv"])
    month = gathered_month(inputs, load_rules(), Tables())
    assert month.survey is not None

    assert list(month.survey.rows.calls) == ["a", "a", "b", "", "", "z"]
    agents = month.survey.rows.unit("agent")
    assert [agents.names[code] if code >= 0 else "" for code in agents.codes] == [
        "1001",
        "1001",
        "1002",
        "1002",
        "",
        "",
    ]
    said = (
        "满意度调查 6 行与通话的对应：按编号 1 行、按客户标识与时间 1 行（该客户此前 24 小时内最近的一通）、"
        "按工号与时间 1 行（该坐席此前 15 分钟内只有这一通）；可能是几通中的任何一通、因此没有对应的 1 行，找不到通话的 2 行。"
    )
    assert said in month.notes
    sources = next(one for one in report_of(month, load_rules()).document.sections if one.id == "sources")
    assert any(said in getattr(block, "items", ()) for block in sources.blocks)
