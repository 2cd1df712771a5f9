"""Recordings → Calls → Scores; the only place that packs windows for a recogniser.

    prepare      decode, channel doctor, speech, other sound: CPU, one recording, may run in a process of its own
    recognise    prepared recordings → Calls, windows of several calls in one recogniser batch
    again        what came back with hardly a word is asked again, alone
    finish       words into the call, who is the agent, how the voices sound
    inspect      inputs → one CallReport or CallFailure each, in the order given

Errors of a recording become its outcome; a bug propagates.
"""

from __future__ import annotations

from qa_speech.pipeline.again import Heard, thin
from qa_speech.pipeline.finish import finish
from qa_speech.pipeline.inspect import inspect_call, inspect_many, report
from qa_speech.pipeline.prepare import Plan, Prepared, begin, prepare, wants_simplified
from qa_speech.pipeline.recognise import recognise

__all__ = [
    "Heard", "Plan", "Prepared", "begin", "finish", "inspect_call", "inspect_many", "prepare", "recognise", "report", "thin",
    "wants_simplified",
]  # fmt: skip
