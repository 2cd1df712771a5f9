"""Inputs → one report or failure each, in the order given; `report` is the half that needs no sound and no models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech.call import Call
from qa_speech.engines.base import LEAST_PAD_S, Diarizer, Recognizer, SpeechDetector, traits_of
from qa_speech.engines.diarize import load_diarizer
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import AudioError, QaSpeechError
from qa_speech.filenames import as_text
from qa_speech.inputs import CallInput
from qa_speech.metrics import BUILTIN, measure_all
from qa_speech.metrics.kept import kept_measurements, with_measurements
from qa_speech.pipeline.prepare import Prepared, begin
from qa_speech.pipeline.recognise import failure, recognise
from qa_speech.scorecard import score
from qa_speech.scores import CallFailure, CallReport, Measurement
from qa_speech.settings import Settings

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard
    from qa_speech.scorecard.choice import Chooser, Trusted


def inspect_many(
    inputs: Iterable[CallInput],
    *,
    scorecard: Scorecard | Chooser | None = None,
    recognizer: Recognizer | None = None,
    detector: SpeechDetector | None = None,
    diarizer: Diarizer | None = None,
    settings: Settings | None = None,
) -> Iterator[CallReport | CallFailure]:
    """Inspect recordings: exactly one outcome per input, in the order given.

    Parameters
    ----------
    inputs
        Rows of work, e.g. from `find_inputs`.
    scorecard
        From `load_scorecard`, or a function that chooses one for a call (a `Shelf`); None = measure only.
    recognizer
        E.g. from `load_recognizer`; None = everything but words.

    Yields
    ------
    CallReport or CallFailure
        A `QaSpeechError` of a recording becomes its CallFailure; any other exception is a bug and propagates.

    Examples
    --------
    >>> import qa_speech
    >>> rows = qa_speech.find_inputs(["samples/slow-answer.ogg", "samples/gsm.wav"])
    >>> for outcome in qa_speech.inspect_many(rows):
    ...     print(outcome.id, outcome.measurements["silence"].value)
    slow-answer.ogg 5
    gsm.wav 0
    """
    settings = settings or Settings()
    speech_detector = detector or SileroDetector()
    splitter = diarizer or load_diarizer(settings)
    window_s, least_pad_s = None, LEAST_PAD_S
    if recognizer is not None:
        window_s = recognizer.window_s
        least_pad_s = traits_of(recognizer).least_pad_s

    def prepared() -> Iterator[Prepared | Call | CallFailure]:
        for row in inputs:
            try:
                yield begin(
                    row,
                    detector=speech_detector,
                    settings=settings,
                    window_s=window_s,
                    least_pad_s=least_pad_s,
                    diarizer=splitter,
                )
            except QaSpeechError as exc:
                yield failure(row.name, as_text(row.path), exc)

    for outcome in recognise(prepared(), recognizer, settings=settings):
        yield outcome if isinstance(outcome, CallFailure) else report(outcome, scorecard, keep=True)


def inspect_call(
    path: str | Path,
    *,
    scorecard: Scorecard | None = None,
    recognizer: Recognizer | None = None,
    settings: Settings | None = None,
) -> CallReport:
    """Inspect one recording.

    Raises
    ------
    QaSpeechError
        The recording cannot be used.

    Examples
    --------
    >>> import qa_speech
    >>> card = qa_speech.load_scorecard("scorecards/telecom-hotline.yaml")
    >>> words = qa_speech.load_recognizer("demo")
    >>> report = qa_speech.inspect_call("samples/good-service.ogg", scorecard=card, recognizer=words)
    >>> report.score.total, report.score.band
    (100.0, '优秀')
    """
    row = CallInput(Path(path))
    outcome = next(inspect_many([row], scorecard=scorecard, recognizer=recognizer, settings=settings))
    if isinstance(outcome, CallFailure):
        raise AudioError(outcome.path, outcome.message.removeprefix(f"{outcome.path}: "))
    return outcome


def report(
    call: Call, scorecard: Scorecard | Chooser | None = None, *, trusted: Trusted | None = None, keep: bool = False
) -> CallReport:
    """Measure a call and score it by a scorecard, or by the one that is chosen for it: no audio, no models.

    Parameters
    ----------
    trusted
        Says of a card which criteria count without a person, where the card asks for it; None = none of them.
    keep
        Keep the figures with the call of the report, as for a call that was just made: those that no scorecard decides, so
        that the same recording gives the same call under every card (`with_measured` adds those of a card).

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> report(make_call(agent=[(0, 6)], customer=[(7, 9)])).measurements["talk:agent"].value
    6.0
    """
    measured = measure_all(call)
    card = scorecard(call) if callable(scorecard) else scorecard
    kept = with_measurements(call, _own(measured)) if keep else call
    if card is None:
        return CallReport(kept, measured)
    known = {**kept_measurements(call), **measured}
    sure = frozenset[str]() if trusted is None else trusted(card)
    return CallReport(kept, measured, score(kept, card, measurements=known, trusted=sure))


def _own(measured: Mapping[str, Measurement]) -> dict[str, Measurement]:
    """Those of this package's own metrics: of others nothing tells when their code changes."""
    names = {metric.name for metric in BUILTIN}
    return {key: figure for key, figure in measured.items() if key.partition(":")[0] in names}
