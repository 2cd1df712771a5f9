"""A report as people may see it: customers' data masked, with a warning where the sound could not be searched for it."""

from __future__ import annotations

import msgspec

from qa_speech.privacy.redact import hidden, masked
from qa_speech.scores import CallReport
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import NOT_SEARCHED, placeholders


def for_people(report: CallReport, *, lang: Lang = "zh") -> CallReport:
    """`masked`, with a warning on a call whose sound could not be searched.

    >>> from qa_speech.testing import make_call
    >>> for_people(CallReport(make_call(agent=[(0, 2)])), lang="en").call.warnings[0][:15]
    'not recognised:'
    """
    shown = masked(report, placeholders(lang))
    if report.call.recording.layout == "none" or hidden(report.call) is not None:
        return shown
    call = msgspec.structs.replace(shown.call, warnings=(*shown.call.warnings, NOT_SEARCHED[lang]))
    return msgspec.structs.replace(shown, call=call)
