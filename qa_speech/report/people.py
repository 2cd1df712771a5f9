"""A report as people may see it: customers' data masked, with a warning where the sound could not be searched for it."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from qa_speech.call import Call
from qa_speech.privacy.redact import masked, masked_id, masked_message
from qa_speech.privacy.unheard import hidden, masked_places
from qa_speech.scores import CallFailure, CallReport
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import HIDDEN_WIDE, NOT_SEARCHED, placeholders


def for_people(report: CallReport, *, lang: Lang = "zh") -> CallReport:
    """`masked`, with a warning on a call whose sound could not be searched.

    >>> from qa_speech.testing import make_call
    >>> for_people(CallReport(make_call(agent=[(0, 2)])), lang="en").call.warnings[0][:15]
    'not recognised:'
    """
    shown = masked(report, placeholders(lang))
    warning = _warning(report.call, lang)
    if not warning:
        return shown
    call = msgspec.structs.replace(shown.call, warnings=(*shown.call.warnings, warning))
    return msgspec.structs.replace(shown, call=call)


Outcome = TypeVar("Outcome", bound=CallReport | CallFailure)


def with_masked_id(outcome: Outcome, *, lang: Lang = "zh") -> Outcome:
    """An outcome whose id, path and message, wherever they are shown, hold no number and no name.

    >>> with_masked_id(CallFailure("13800138000.wav", "/x/13800138000.wav", "DecodeError", "13800138000.wav: no such file"))
    CallFailure(id='[电话].wav', path='/x/[电话].wav', error='DecodeError', message='[电话].wav: no such file')
    """
    words = placeholders(lang)
    if isinstance(outcome, CallFailure):
        return msgspec.structs.replace(
            outcome,
            id=masked_id(outcome.id, words),
            path=masked_id(outcome.path, words),
            message=masked_message(outcome.message, words),
        )
    recording = outcome.call.recording
    shown = msgspec.structs.replace(recording, id=masked_id(recording.id, words), path=masked_id(recording.path, words))
    score = outcome.score
    if score is not None:
        score = msgspec.structs.replace(score, call_id=masked_id(score.call_id, words))
    call = msgspec.structs.replace(outcome.call, recording=shown)
    return msgspec.structs.replace(outcome, call=call, score=score)


def _warning(call: Call, lang: Lang) -> str:
    """What a listener has to know of the sound of a page: not searched, or hidden in long stretches; "" for most calls."""
    if call.recording.layout == "none":
        return ""
    if hidden(call) is None:
        return NOT_SEARCHED[lang]
    if any(place.extent in ("stretch", "call") for place in masked_places(call)):
        return HIDDEN_WIDE[lang]
    return ""
