"""Measure a model with stock faster-whisper: character errors and times.

    python evaluate.py ../../models/demo-zh calls ../../samples data/dialogues    # folders of recordings with truth
    python evaluate.py ../../models/demo-zh utterances data/test.npz
    python evaluate.py ../../models/demo-zh voices                                # every voice, pitch, speed, level
    python evaluate.py ../../models/demo-zh heads data/dialogues                  # which attention heads time best

The character error rate (CER) counts no punctuation; sums are over characters, never means of rates.  `--out FILE`
writes the figures as JSON.
"""

from __future__ import annotations

import argparse
import io
import json
import random
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import corpus
import numpy as np
import soundfile
import speech
import synth
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

RECOMMENDED: dict[str, Any] = {
    "language": "zh",
    "beam_size": 3,
    "chunk_length": 15,
    "no_repeat_ngram_size": 8,
    "vad_parameters": {"max_speech_duration_s": 15, "min_silence_duration_ms": 160},
}
"""Settings of the batched pipeline."""

SEQUENTIAL: dict[str, Any] = {
    "language": "zh",
    "beam_size": 1,
    "temperature": 0,
    "vad_filter": True,
    "without_timestamps": True,
    "condition_on_previous_text": False,
}
"""Settings of the sequential mode, for comparison."""

EDGE_S = 0.4
"""Silence before and after a single utterance."""


@dataclass
class Tally:
    """Errors and times summed over recordings."""

    errors: int = 0
    characters: int = 0
    starts: list[float] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add another tally."""
        self.errors += other.errors
        self.characters += other.characters
        self.starts += other.starts
        self.ends += other.ends

    def figures(self) -> dict[str, float | int]:
        """CER in percent, and the errors of the times in seconds."""
        figures: dict[str, float | int] = {
            "cer_percent": round(100 * self.errors / max(1, self.characters), 2),
            "errors": self.errors,
            "characters": self.characters,
        }
        for name, values in (("start", self.starts), ("end", self.ends)):
            if values:
                figures[f"{name}_error_p50_s"] = round(float(np.median(np.abs(values))), 3)
                figures[f"{name}_error_p90_s"] = round(float(np.percentile(np.abs(values), 90)), 3)
                figures[f"{name}_bias_s"] = round(float(np.median(values)), 3)
        return figures


def align(reference: str, hypothesis: str) -> tuple[int, list[tuple[int, int]]]:
    """Edit distance, and the index pairs of the characters that agree.

    >>> align("您好请讲", "您好情讲")
    (1, [(0, 0), (1, 1), (3, 3)])
    """
    rows, columns = len(reference), len(hypothesis)
    distance = np.zeros((rows + 1, columns + 1), np.int32)
    distance[0], distance[:, 0] = np.arange(columns + 1), np.arange(rows + 1)
    letters, index = np.array(list(hypothesis)), np.arange(columns + 1)
    for row in range(1, rows + 1):
        differs = letters != reference[row - 1] if columns else np.zeros(0, bool)
        best = np.minimum(distance[row - 1, 1:] + 1, distance[row - 1, :-1] + differs)
        distance[row] = np.minimum.accumulate(np.concatenate([[row], best]) - index) + index
    pairs = []
    row, column = rows, columns
    while row and column:
        same = reference[row - 1] == hypothesis[column - 1]
        if distance[row, column] == distance[row - 1, column - 1] + (not same):
            if same:
                pairs.append((row - 1, column - 1))
            row, column = row - 1, column - 1
        elif distance[row, column] == distance[row - 1, column] + 1:
            row -= 1
        else:
            column -= 1
    return int(distance[rows, columns]), pairs[::-1]


class Recogniser:
    """Stock faster-whisper over a model folder."""

    def __init__(self, folder: Path, *, sequential: bool = False, threads: int = 2) -> None:
        model = WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads)
        self._model: Any = model if sequential else BatchedInferencePipeline(model)
        self._settings = SEQUENTIAL if sequential else RECOMMENDED

    def __call__(self, audio: NDArray[np.float32], *, times: bool = True) -> tuple[str, list[tuple[float, float]]]:
        """Text without punctuation of 8 kHz audio, and start and end of each character (none without `times`)."""
        file = io.BytesIO()
        soundfile.write(file, audio, speech.SAMPLING_RATE, format="WAV", subtype="PCM_16")
        file.seek(0)
        segments, _ = self._model.transcribe(file, word_timestamps=times, **self._settings)
        if not times:
            return corpus.without_punctuation("".join(segment.text for segment in segments)), []
        text, spans = "", []
        for segment in segments:
            for word in segment.words or ():
                spoken = corpus.without_punctuation(word.word)
                step = (word.end - word.start) / max(1, len(spoken))
                text += spoken
                spans += [(word.start + i * step, word.start + (i + 1) * step) for i in range(len(spoken))]
        return text, spans


def compare(recognise: Recogniser, audio: NDArray[np.float32], text: str, spans: Sequence[Sequence[float]]) -> Tally:
    """Recognise audio and compare text and times with the truth."""
    heard, times = recognise(audio, times=len(spans) > 0)
    errors, pairs = align(text, heard)
    tally = Tally(errors, len(text))
    if len(times):
        tally.starts = [times[b][0] - spans[a][0] for a, b in pairs]
        tally.ends = [times[b][1] - spans[a][1] for a, b in pairs]
    return tally


# -- what is measured -------------------------------------------------------------------------------------------


def measure_calls(recognise: Recogniser, folders: Iterable[Path]) -> dict[str, Any]:
    """Every channel of every recording that has a ``.truth.json``."""
    figures: dict[str, Any] = {}
    for folder in folders:
        total = Tally()
        for path in sorted(folder.glob("*.truth.json")):
            truth = json.loads(path.read_text(encoding="utf-8"))
            audio, _ = soundfile.read(folder / truth["file"], dtype="float32", always_2d=True)
            for column, roles in enumerate(truth["channels"].values()):
                turns = [turn for turn in truth["turns"] if turn["role"] in roles]
                text = corpus.without_punctuation("".join(turn["text"] for turn in turns))
                spans = [span for turn in turns for span in turn["chars"]]
                tally = compare(recognise, audio[:, column], text, spans)
                total.add(tally)
                name = roles if isinstance(roles, str) else "+".join(roles)
                figures[f"{truth['id']}/{column + 1} {name}"] = tally.figures()
        figures[f"all of {folder.name}"] = total.figures()
    return figures


def measure_utterances(recognise: Recogniser, path: Path) -> dict[str, Any]:
    """Single utterances with a little silence around them, by kind."""
    tallies: dict[str, Tally] = {}
    for utterance in synth.load(path):
        tally = compare(recognise, on_a_line(speech.alaw_decode(utterance.codes) * 0.5), plain(utterance.text), [])
        for kind in (utterance.kind, "all"):
            tallies.setdefault(kind, Tally()).add(tally)
    return {kind: tally.figures() for kind, tally in tallies.items()}


def measure_voices(
    recognise: Recogniser, pitches: Sequence[int], speeds: Sequence[int], levels: Sequence[float], count: int
) -> dict[str, Any]:
    """The same fresh sentences and salad in every voice, pitch, speed and level, ten at a time in one recording."""
    rng = random.Random(99)
    templates = [template for template in corpus.TEMPLATES if template.held_out]
    texts = [corpus.fill(rng.choice(templates).text, rng) for _ in range(count // 2)]
    texts += [corpus.salad(rng) for _ in range(count - len(texts))]
    figures: dict[str, Any] = {}
    sums: dict[str, Tally] = {}
    for voice in speech.AGENT_VOICES + speech.CUSTOMER_VOICES:
        for pitch, speed, level in product(pitches, speeds, levels):
            spoken = [(text, speech.speak(text, voice, speed, pitch)) for text in texts]
            tally = Tally()
            for first in range(0, len(spoken), 10):
                group = [(text, said) for text, said in spoken[first : first + 10] if said is not None]
                audio = np.concatenate([on_a_line(said.audio * level) for _, said in group])
                tally.add(compare(recognise, audio, "".join(plain(text) for text, _ in group), []))
            figures[f"{voice} pitch {pitch} speed {speed} level {level:g}"] = tally.figures()
            for key in (f"voice {voice}", f"pitch {pitch}", f"speed {speed}", f"level {level:g}", "all"):
                sums.setdefault(key, Tally()).add(tally)
    return figures | {key: tally.figures() for key, tally in sums.items()}


def plain(text: str) -> str:
    """Text without punctuation."""
    return corpus.without_punctuation(text)


def on_a_line(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    """Silence around speech, and a little line noise."""
    edge = np.zeros(int(EDGE_S * speech.SAMPLING_RATE), np.float32)
    padded = np.concatenate([edge, audio, edge])
    return padded + np.random.default_rng(1).standard_normal(len(padded)).astype(np.float32) * 3e-4


def measure_heads(folder: Path, calls: Path, layers: int = 3, heads: int = 4) -> dict[str, Any]:
    """Character times with single alignment heads and with each layer's heads together."""
    candidates = [[[layer, head]] for layer in range(layers) for head in range(heads)]
    candidates += [[[layer, head] for head in range(heads)] for layer in range(layers)]
    figures: dict[str, Any] = {}
    for candidate in candidates:
        with tempfile.TemporaryDirectory() as name:
            copy = shutil.copytree(folder, Path(name) / "model")
            config = json.loads((copy / "config.json").read_text(encoding="utf-8"))
            config["alignment_heads"] = candidate
            (copy / "config.json").write_text(json.dumps(config), encoding="utf-8")
            measured = measure_calls(Recogniser(copy), [calls])
        figures[str(candidate)] = measured[f"all of {calls.name}"]
    return figures


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the command; return the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="model folder")
    parser.add_argument("what", choices=["calls", "utterances", "voices", "heads"])
    parser.add_argument("data", type=Path, nargs="*", help="folders, or the .npz file of utterances")
    parser.add_argument("--sequential", action="store_true", help="sequential mode instead of batched")
    parser.add_argument("--pitches", type=int, nargs="+", default=[25, 50, 80])
    parser.add_argument("--speeds", type=int, nargs="+", default=[150, 165, 200, 250, 330])
    parser.add_argument("--levels", type=float, nargs="+", default=[0.4], help="peaks, 1 = full scale")
    parser.add_argument("--count", type=int, default=20, help="sentences per voice and setting")
    parser.add_argument("--out", type=Path, help="JSON file for the figures")
    options = parser.parse_args(arguments)
    recognise = Recogniser(options.model, sequential=options.sequential)
    if options.what == "calls":
        figures = measure_calls(recognise, options.data)
    elif options.what == "utterances":
        figures = measure_utterances(recognise, options.data[0])
    elif options.what == "voices":
        figures = measure_voices(recognise, options.pitches, options.speeds, options.levels, options.count)
    else:
        figures = measure_heads(options.model, options.data[0])
    for name, values in figures.items():
        print(name, *(f"{key}={value}" for key, value in values.items()), sep="\t")
    if options.out:
        options.out.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return figures


if __name__ == "__main__":
    main()
