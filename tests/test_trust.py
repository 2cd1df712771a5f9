"""A card that asks for trust: what the machine has not yet proved waits for a person; nothing else changes."""

from __future__ import annotations

import pytest

from qa_speech.errors import ConfigError
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.examples import run_examples
from qa_speech.testing import make_call
from qa_speech.wording.catalogue import REASONS

HEAD = "id: tiny\nversion: 1\ntitle: 示例\npass_mark: 60\nmin_coverage: 0\n"
BODY = """
sections:
  - id: opening
    title: 开头语
    criteria:
      - {id: greeting, title: 问候, points: 40, check: {phrase: {any: [您好], role: agent}}}
      - {id: thanks, title: 致谢, points: 20, check: {phrase: {any: [感谢], role: agent}}}
      - id: silence
        title: 冷场
        points: 40
        check: {metric: silence.longest_s}
        bands: [{below: 1, points: 40}, {below: 600, points: 20}, {points: 0}]
      - {id: shown, title: 展示, scored: false, check: {phrase: {any: [再见], role: agent}}}
      - {id: extra, title: 加分, points: 5, bonus: form, check: {phrase: {any: [祝您], role: agent}}}
tests:
  - {name: 没有问候, dialogue: ["agent: 请讲"], expect: {greeting: fail, thanks: fail}}
"""
TRUST = "review: {trust: {min_agreement: 0.8, marks: 25}}\n"
CALL = make_call("agent@0-2: 喂，请讲", "customer@12-14: 我想查话费", call_id="a")


def test_without_the_key_nothing_changes_whatever_is_known() -> None:
    card = load_scorecard(HEAD + BODY)

    assert score(CALL, card) == score(CALL, card, trusted=frozenset({"greeting"}))
    assert not any(one.pending for one in score(CALL, card).criteria)


def test_what_is_not_trusted_waits_partial_marks_too_and_takes_nothing_from_the_total() -> None:
    card = load_scorecard(HEAD + TRUST + BODY)
    found = score(CALL, card)
    by_id = {one.id: one for one in found.criteria}

    assert by_id["silence"].outcome == "partial"
    assert {name for name, one in by_id.items() if one.pending} == {"greeting", "thanks", "silence"}
    assert all(one.review == ("untrusted",) for one in found.criteria if one.pending)
    assert (found.total, found.total_if_confirmed) == (None, 20.0)


def test_a_criterion_that_has_proved_itself_counts_without_review() -> None:
    card = load_scorecard(HEAD + TRUST + BODY)
    found = score(CALL, card, trusted=frozenset({"greeting", "silence"}))

    assert [one.id for one in found.criteria if one.pending] == ["thanks"]
    assert (found.total, found.total_if_confirmed) == (25.0, 20.0)


def test_examples_in_the_card_try_the_checks_and_not_the_history() -> None:
    assert [one.problems for one in run_examples(load_scorecard(HEAD + TRUST + BODY))] == [()]


def test_the_reason_is_said_in_both_languages() -> None:
    zh, en = REASONS["untrusted"]
    assert "一致率" in zh
    assert "agreed" in en


@pytest.mark.parametrize("text", ["{min_agreement: 1.2}", "{marks: 25}", "{min_agreement: 0.8, marks: 0}"])
def test_limits_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="trust"):
        load_scorecard(HEAD + f"review: {{trust: {text}}}\n" + BODY)
