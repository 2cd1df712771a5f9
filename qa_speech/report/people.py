"""A report as people may see it: customers' data masked, with a warning where the sound could not be searched for it."""

from __future__ import annotations

import msgspec

from qa_speech.call import Call
from qa_speech.privacy.redact import masked
from qa_speech.privacy.unheard import hidden, masked_places
from qa_speech.scores import CallReport
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


def _warning(call: Call, lang: Lang) -> str:
    """What a listener has to know of the sound of a page: not searched, or hidden in long stretches; "" for most calls."""
    if call.recording.layout == "none":
        return ""
    if hidden(call) is None:
        return NOT_SEARCHED[lang]
    if any(place.extent in ("stretch", "call") for place in masked_places(call)):
        return HIDDEN_WIDE[lang]
    return ""
