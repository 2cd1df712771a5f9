"""qa_speech: offline call quality inspection (质检): transcribe, measure, score, with evidence.

    >>> import qa_speech
    >>> card = qa_speech.load_scorecard("scorecards/telecom-hotline.yaml")       # doctest: +SKIP
    >>> words = qa_speech.load_recognizer("/models/large-v3-turbo")              # doctest: +SKIP
    >>> report = qa_speech.inspect_call("call.wav", scorecard=card, recognizer=words)  # doctest: +SKIP
    >>> report.score.total, report.score.band                                    # doctest: +SKIP
    (86.5, '合格')

Importing the package loads nothing heavy: each name is fetched from its module when it is first used.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

# Every native library is loaded behind this line, in workers and actors too. Each reads its switch at its own first import,
# and would call its makers otherwise.
os.environ.update(
    ORT_DISABLE_TELEMETRY="1",
    HF_HUB_DISABLE_TELEMETRY="1",
    RAY_USAGE_STATS_ENABLED="0",
)

if TYPE_CHECKING:
    from qa_speech import metrics
    from qa_speech.call import Acoustics, Call, Finding, OtherSound, Recording, Role, Utterance, Word
    from qa_speech.documents import read_calls, write_call
    from qa_speech.engines.registry import load_recognizer
    from qa_speech.errors import (
        AudioError,
        BusyError,
        ChannelError,
        ConfigError,
        DecodeError,
        EngineError,
        ModelError,
        PluginError,
        QaSpeechError,
    )
    from qa_speech.inputs import CallInput, find_inputs
    from qa_speech.metrics import measure, measure_all
    from qa_speech.pipeline import inspect_call, inspect_many
    from qa_speech.pipeline.shared import RecognizerPool
    from qa_speech.report.notebook import show
    from qa_speech.scorecard import Scorecard, load_scorecard, score
    from qa_speech.scores import CallFailure, CallReport, CriterionScore, Evidence, Measurement, Score, SectionScore
    from qa_speech.settings import Settings, load_settings
    from qa_speech.store.frame import to_frame
    from qa_speech.timeline import Segment, Timeline
    from qa_speech.wording.explain import explain

_HOME = {
    "call": ("Acoustics", "Call", "Finding", "OtherSound", "Recording", "Role", "Utterance", "Word"),
    "documents": ("read_calls", "write_call"),
    "errors": (
        "AudioError", "BusyError", "ChannelError", "ConfigError", "DecodeError", "EngineError", "ModelError", "PluginError",
        "QaSpeechError",
    ),
    "metrics": ("measure", "measure_all"),
    "inputs": ("CallInput", "find_inputs"),
    "pipeline": ("inspect_call", "inspect_many"),
    "pipeline.shared": ("RecognizerPool",),
    "report.notebook": ("show",),
    "engines.registry": ("load_recognizer",),
    "scorecard": ("Scorecard", "load_scorecard", "score"),
    "scores": ("CallFailure", "CallReport", "CriterionScore", "Evidence", "Measurement", "Score", "SectionScore"),
    "settings": ("Settings", "load_settings"),
    "store.frame": ("to_frame",),
    "timeline": ("Segment", "Timeline"),
    "wording.explain": ("explain",),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "Acoustics", "AudioError", "BusyError", "Call", "CallFailure", "CallInput", "CallReport", "ChannelError",
    "ConfigError", "CriterionScore", "DecodeError", "EngineError", "Evidence", "Finding", "Measurement",
    "ModelError", "OtherSound", "PluginError", "QaSpeechError", "RecognizerPool", "Recording", "Role", "Score",
    "Scorecard", "SectionScore", "Segment", "Settings", "Timeline", "Utterance", "Word", "explain", "find_inputs",
    "inspect_call", "inspect_many", "load_recognizer", "load_scorecard", "load_settings", "measure", "measure_all",
    "metrics", "read_calls", "score", "show", "to_frame", "write_call",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module("qa_speech.metrics")
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'qa_speech' has no attribute {name!r}")
    value = getattr(import_module(f"qa_speech.{_MODULE_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
