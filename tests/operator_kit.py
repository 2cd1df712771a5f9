"""One criterion with one check, judged on a short dialogue: the kit of the tests of operators."""

from __future__ import annotations

from qa_speech.call import Call
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scores import CriterionScore
from qa_speech.testing import make_call

HEAD = """\
id: tiny
version: 1
title: 示例
min_coverage: 0
sections:
  - id: part
    title: 部分
    criteria:
      - id: it
        title: 一项
        points: 10
"""


def judged(check: str, *lines: str, more: str = "", call: Call | None = None, **options: object) -> CriterionScore:
    """The outcome of one check on a dialogue."""
    text = f"{HEAD}        check: {check}\n" + "".join(f"        {line}\n" for line in more.splitlines())
    card = load_scorecard(text)
    return score(call if call is not None else make_call(*lines, **options), card).criteria[0]


def holds(check: str, *lines: str, **options: object) -> str:
    return judged(check, *lines, **options).outcome
