import time

import pytest

from qa_speech.call import Role
from qa_speech.language.script import ScriptLine, example_line, line_problem, read_line
from qa_speech.scorecard.examples import dialogue_call
from qa_speech.testing import make_call


@pytest.mark.parametrize(
    ("line", "read"),
    [
        ("坐席：您好", ScriptLine("坐席", "您好")),
        ("  agent : 您好 ", ScriptLine("agent", "您好")),
        ("agent@1.5-3: 您好：请讲", ScriptLine("agent", "您好：请讲", 1.5, 3.0)),
        ("agent@1.5-3", ScriptLine("agent", None, 1.5, 3.0)),
        ("[客户] 喂", ScriptLine("客户", "喂", bracketed=True)),
        ("【客户】：喂", ScriptLine("客户", "喂", bracketed=True)),
        ("agent:", ScriptLine("agent", "")),
        ("agent@1.2.3-4: 您好", None),
        ("好的，再 见", None),
        ("", None),
    ],
)
def test_a_line_is_read_alike_for_everybody(line: str, read: ScriptLine | None) -> None:
    assert read_line(line) == read


@pytest.mark.parametrize(
    "line", ["agnet: 您好", "坐席: 您好", "[agent] 您好", "agent", "agent@3-1: 您好", "agent@0-86400: 您好"]
)
def test_scorecards_and_tests_take_the_three_roles_only(line: str) -> None:
    assert example_line(line) is None
    assert line_problem(line).startswith("expected 'agent: 您好'")
    with pytest.raises(ValueError, match="expected"):
        dialogue_call([line])
    with pytest.raises(ValueError, match="expected"):
        make_call(line)


def test_calls_of_scorecards_and_of_tests_hold_the_same_utterances() -> None:
    lines = ("agent: 您好", "customer@2-3.5: 我想查话费", "unknown: 喂")

    assert make_call(*lines).utterances == dialogue_call(lines).utterances
    assert [said.role for said in make_call(*lines).utterances] == [Role.AGENT, Role.CUSTOMER, Role.UNKNOWN]


@pytest.mark.parametrize(
    "line", ["坐席" + " " * 50_000 + "x", "[" * 50_000, "(" + " " * 50_000, "a@" + "1" * 50_000, ":" * 50_000]
)
def test_no_line_takes_long(line: str) -> None:
    began = time.process_time()
    read_line(line)

    assert time.process_time() - began < 1.0
