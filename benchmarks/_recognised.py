"""Overlap classes with recognised words: calls spoken by the voices that the bundled recogniser knows. Used by `timing.py`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from _common import Figure, figure
from _scores import as_call, classes, macro_f1
from calls import MadeCall, make

from qa_speech import inspect_call, load_recognizer
from qa_speech.call import Role
from qa_speech.metrics.overlap import events
from qa_speech.timeline import Timeline


def recognised(seeds: Sequence[int], data: Path) -> Iterator[Figure]:
    """Five-class F1 in the target stratum with the words of the bundled recogniser, and with true words on the same calls.

    The bundled model knows no other voices, so its words are better than those of an unknown model on unknown voices would
    be; the truth is classified with the true words.
    """
    made = [call for call in (make(seed, known=True, data=data) for seed in seeds) if call.drawn.target]
    words = load_recognizer("demo")
    heard, told = [], []
    with tempfile.TemporaryDirectory() as folder:
        for call in made:
            found = inspect_call(_written(call, Path(folder)), recognizer=words).call
            truth = events(as_call(call, call.truth))
            speech = (found.speech.get(Role.AGENT, Timeline()), found.speech.get(Role.CUSTOMER, Timeline()))
            heard.append(classes(truth, events(found)))
            told.append(classes(truth, events(as_call(call, speech))))
    number = sum(counts[1] for row in told for counts in row.values())
    against = f"target stratum, {len(made)} calls by the eight voices that the bundled recogniser knows"
    for name, rows, what in (("", heard, "its words"), ("_true_words", told, "true words, the same calls")):
        value = macro_f1(rows) if rows else None
        yield figure(f"overlap_macro_f1_recognised{name}", value, "", number, f"{what}; {against}")


def _written(call: MadeCall, folder: Path) -> Path:
    import soundfile

    path = folder / f"{call.seed}.wav"
    soundfile.write(path, call.samples.T, call.rate)
    return path
