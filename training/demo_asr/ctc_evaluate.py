"""Character errors of `demo-ctc` beside those of the bundled Whisper, on the test utterances of ``synth.py test``.

    python ctc_evaluate.py ../../models/demo-ctc ../../models/demo-zh data/test.npz

Both hear the same utterance alone, at 16 kHz with a little silence around it, through this program's own recognisers. No
punctuation counts; sums are over characters.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

import evaluate
import numpy as np
import soxr
import speech
import synth

from qa_speech.call import Role
from qa_speech.engines.base import Piece, Window
from qa_speech.engines.registry import load_recognizer
from qa_speech.settings import Settings


def heard(model: str, utterances: Sequence[synth.Utterance]) -> Iterator[tuple[str, list[float]]]:
    """Text without punctuation of each utterance, and when its characters begin."""
    settings = Settings.model_validate({"recognition": {"threads": 1}})
    for answer in load_recognizer(model, settings).recognize(map(window, utterances)):
        text, starts = "", []
        for word in answer.words:
            said = evaluate.plain(word.text)
            text += said
            starts += [word.start] * len(said)
        yield text, starts


def window(utterance: synth.Utterance) -> Window:
    """An utterance on a line, as a window of its own."""
    audio = evaluate.on_a_line(speech.alaw_decode(utterance.codes) * 0.5)
    wide = soxr.resample(audio, speech.SAMPLING_RATE, 16_000).astype(np.float32)
    return Window("test", Role.AGENT, wide, (Piece(0.0, len(wide) / 16_000, 0.0),))


def measure(models: Sequence[str], path: Path) -> dict[str, dict[str, evaluate.Tally]]:
    """By model and kind of utterance: errors, characters, times of the starts."""
    utterances = synth.load(path)
    found: dict[str, dict[str, evaluate.Tally]] = {}
    for model in models:
        sums = found.setdefault(model, {})
        for utterance, (text, starts) in zip(utterances, heard(model, utterances), strict=True):
            errors, pairs = evaluate.align(evaluate.plain(utterance.text), text)
            tally = evaluate.Tally(errors, len(evaluate.plain(utterance.text)))
            tally.starts = [starts[b] - (utterance.times[a][0] + evaluate.EDGE_S) for a, b in pairs]
            for kind in (utterance.kind, "all"):
                sums.setdefault(kind, evaluate.Tally()).add(tally)
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="model folders")
    parser.add_argument("data", type=Path, help="utterances of synth.py")
    options = parser.parse_args(arguments)
    for model, sums in measure(options.models, options.data).items():
        for kind in ("unseen-template", "new-filling", "salad", "all"):
            if kind in sums:
                print(model, kind, *(f"{name}={value}" for name, value in sums[kind].figures().items()), sep="\t")


if __name__ == "__main__":
    main()
