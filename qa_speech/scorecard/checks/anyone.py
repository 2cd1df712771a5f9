"""`role: anyone_if_unknown`: the agent where it is known who speaks; where it is not, whoever it was.

Without roles something unwanted that was said is a fail that waits for a person (``who_said_it``), and nothing unwanted said
is a pass. Something wanted that was said is a pass with the same reason; that it was not heard is not measured: ``mono``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from qa_speech.call import Call, Role
from qa_speech.language.remembered import per_call
from qa_speech.scorecard.checks.base import ANYONE
from qa_speech.scorecard.checks.window import Counted
from qa_speech.scorecard.question import WHO, Evaluator, Question, Result, unique
from qa_speech.timeline import Timeline

Words = TypeVar("Words", bound=Counted)


def by_anyone(model: Words, make: Callable[[Words], Evaluator], *, forbids: bool) -> Evaluator:
    """The evaluator of an operator over words, for the role that its card asks for; `forbids` = it must not be said."""
    if model.role != ANYONE:
        return make(model)
    of_agent = make(model.model_copy(update={"role": "agent"}))
    of_anyone = make(model.model_copy(update={"role": None}))

    def decide(question: Question) -> Result:
        if not question.context.nobody_known:
            return of_agent(question)
        return whose(of_anyone(question), forbids=forbids)

    return decide


def whose(found: Result, *, forbids: bool) -> Result:
    """What was found without knowing who spoke, with the doubt that this leaves."""
    if found.holds is None:
        return found
    if not found.holds and not forbids:
        return Result(None, "mono", found.detail)
    review = tuple([code for code in found.review if code != "mono"])
    if found.holds and forbids:
        return found._replace(review=review)
    return found._replace(review=unique((WHO, *review)))


@per_call
def as_agent(call: Call) -> Call:
    """A call whose speakers are unknown, with all its words put down to the agent: for figures that read only words."""
    said = tuple(replace(utterance, role=Role.AGENT) for utterance in call.utterances)
    return replace(call, utterances=said, speech={Role.AGENT: call.speech.get(Role.UNKNOWN, Timeline())})
