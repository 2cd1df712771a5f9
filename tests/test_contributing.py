"""The worked examples of CONTRIBUTING.md run as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from qa_speech.call import Role
from qa_speech.engines.transcripts.base import Document
from qa_speech.scorecard.context import Context
from qa_speech.scorecard.question import Needs, Question
from qa_speech.testing import make_call
from qa_speech.wording import sentences

TEXT = (Path(__file__).parent.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def written(name: str) -> dict[str, Any]:
    """What the example defines whose module docstring names it."""
    (source,) = (example for example in EXAMPLES if name in example.partition("\n")[0])
    made: dict[str, Any] = {"__name__": "example"}
    exec(compile(source, name, "exec"), made)
    return made


def test_the_metric_keeps_its_promises() -> None:
    (metric,) = written("Latin letters that the agent says")["METRICS"]
    call = make_call("agent: 请打开APP", "customer: WiFi不行")

    assert metric.function(call).value == 3
    assert metric.function(make_call(agent=[(0, 2)])).reason == "no_words"
    assert metric.component("count").unit == "count"


def test_the_transcript_format_reads_turns_and_names_the_place_of_what_it_cannot_read() -> None:
    form = written("Tab-separated turns")["FORMAT"]
    (line,) = form.read(Document("a.tsv", ".tsv", "0\t2.5\t坐席\t您好\n"))

    assert (line.speaker, line.text, line.start, line.end) == ("坐席", "您好", 0.0, 2.5)


def test_the_operator_finds_what_was_said_and_has_a_sentence_for_every_reason() -> None:
    latin = written("`latin`")["Latin"]
    decide = latin(role="agent").compiled(Needs())
    heard = decide(Question(Context(make_call("agent: 请打开APP", "customer: 好的"))))
    clean = decide(Question(Context(make_call("agent: 请讲", "customer: WiFi不行"))))

    assert (heard.holds, heard.reason, heard.evidence[0].role) == (False, "latin_said", Role.AGENT)
    assert (clean.holds, clean.reason) == (True, "latin_avoided")
    (lines,) = (example for example in EXAMPLES if example.lstrip().startswith('"latin_found"'))
    makers = dict(re.findall(r'"(\w+)": (\w+),', lines))
    assert set(makers) == {reason.code for reason in latin.REASONS}
    assert all(hasattr(sentences, maker) for maker in makers.values())
