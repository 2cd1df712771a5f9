"""Text without times is judged by turns: windows, what is too short, the card for chats on sixty dialogues."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import load_text_models
from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.scorecard import Scorecard, load_scorecard, score
from qa_speech.testing import make_call
from qa_speech.wording.sentences import sentence

CHATS = Path(__file__).parents[1] / "training" / "text" / "dialogues" / "chats.tsv"
CARD = """
id: tiny
version: 1
title: 示例
eligible: {min_duration_s: 20, min_turns: 3}
sections:
  - id: only
    title: 只有一节
    criteria:
      - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent, first_s: 5, first_turns: 2}}}
      - {id: closing, title: 再见, points: 10, check: {phrase: {any: [再见], role: agent, last_turns: 2}}}
      - {id: clock, title: 按秒, points: 10, check: {phrase: {any: [您好], role: agent, first_s: 5}}}
"""


@pytest.fixture(scope="module")
def chats() -> list[tuple[str, Call]]:
    """Outcome and call of each dialogue."""
    with CHATS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    lines: dict[str, list[str]] = {}
    outcomes: dict[str, str] = {}
    for row in rows:
        lines.setdefault(row["dialogue"], []).append(f"{row['role']}: {row['text']}")
        outcomes[row["dialogue"]] = row["outcome"]
    return [(outcomes[name], make_call(*said, times="nominal", call_id=name)) for name, said in lines.items()]


def text_card() -> Scorecard:
    return load_scorecard(folder("scorecards") / "text-service.yaml")


def test_every_chat_has_a_total_with_it(chats: list[tuple[str, Call]]) -> None:
    card = text_card()
    read = list(annotate_many([call for _, call in chats], load_text_models()))
    totals = {True: [], False: []}
    for (outcome, bare), call in zip(chats, read, strict=True):
        for one in (bare, call):
            found = score(one, card)
            assert found.scorable, (one.id, found.reason)
            assert found.total is not None, one.id
        if outcome != "unknown":
            totals[outcome == "solved"].append(score(call, card).total)

    assert len(chats) == 60
    solved, unsolved = (sum(held) / len(held) for held in (totals[True], totals[False]))
    assert solved > unsolved + 20


def test_no_second_is_named_in_a_text_without_times(chats: list[tuple[str, Call]]) -> None:
    for _, call in chats[:6]:
        for criterion in score(call, text_card()).criteria:
            assert " 秒" not in sentence(criterion, lang="zh", call=call)


def outcomes(*lines: str, **options: str) -> Iterator[str]:
    found = score(make_call(*lines, **options), load_scorecard(CARD))
    yield from (one.outcome for one in found.criteria)


SAID = ("customer: 喂", "agent: 您好", "customer: 查话费", "agent: 三十元", "customer: 好的谢谢", "agent: 再见")


def test_by_turns_where_there_are_no_times_and_by_seconds_where_there_are() -> None:
    late = ("customer@0-9: 喂，我想问一下我的话费", "agent@10-12: 您好", "customer@13-15: 查话费", "agent@20-21: 再见")

    assert list(outcomes(*SAID, times="nominal")) == ["pass", "pass", "not_measured"]
    assert list(outcomes(*late)) == ["fail", "pass", "fail"]


def test_too_short_goes_by_turns_in_a_text_without_times() -> None:
    card = load_scorecard(CARD)

    assert score(make_call("agent: 您好", "customer: 喂", times="nominal"), card).reason == "too_short:min_turns=3"
    assert score(make_call(*SAID[:3], times="nominal"), card).scorable
    assert score(make_call("agent@0-2: 您好", "customer@3-4: 喂"), card).reason in ("too_short:min_duration_s=20", "")
    assert (
        score(make_call("agent@0-2: 您好", "customer@3-4: 喂", duration=8), card).reason
        == "too_short:min_duration_s=20"
    )


@pytest.mark.parametrize(
    "window",
    ["first_turns: 2, last_turns: 2", "first_turns: 2, turns: [1, 2]", "last_turns: 2, first_s: 3", "first_turns: 0"],
)
def test_windows_that_contradict_are_refused(window: str) -> None:
    with pytest.raises(ConfigError):
        load_scorecard(CARD.replace("first_s: 5, first_turns: 2", window))
