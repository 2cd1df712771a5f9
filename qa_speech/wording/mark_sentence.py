"""The sentence of a criterion that a person has decided."""

from __future__ import annotations

from qa_speech.wording import catalogue as words
from qa_speech.wording import terms
from qa_speech.wording.case import Case


def marked(case: Case) -> str:
    """What a person decided, why, and what the machine had said where that was something else."""
    text = case.say(
        "{stage}{person}判定{outcome}",
        "{person} decided ({stage}): {outcome}",
        stage=case.name(words.STAGES, "marked_at_stage"),
        person=case.pick(f" {case.text('marked_by')} ", case.text("marked_by")),
        outcome=terms.outcome(case.criterion.outcome, case.lang),
    )
    if case.text("mark_reason"):
        text = case.labelled(text, case.text("mark_reason"))
    before = case.text("machine_outcome")
    if before and before != case.criterion.outcome:
        name = terms.outcome(before, case.lang)
        text += case.pick(f"；机器判定：{name}", f"; the machine: {name}")
    return text
