"""Recognition on the two-channel samples: our pipeline beside faster-whisper's own batched pipeline, same model.

CER counts letters, digits and Han characters, small and capital alike, over both channels. Stock =
`BatchedInferencePipeline` once per channel with the same decoding settings and its own speech detection. A difference is
bootstrapped over calls and channels.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from _common import Figure, Options, figure, run

from qa_speech.audio.decode import decode
from qa_speech.call import Call, Role
from qa_speech.engines.models import find_model
from qa_speech.engines.silero import SileroDetector
from qa_speech.engines.whisper import WhisperRecognizer
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline import inspect_many
from qa_speech.resources import folder
from qa_speech.settings import Settings
from qa_speech.stats.edits import aligned, edit_distance

PLANTED_NOISE = ("noise-crosstalk",)
ROUNDS = 3
BOOTSTRAP = 4000


@dataclass(frozen=True)
class Truth:
    """One sample: what was said on each channel and when each character starts."""

    name: str
    path: Path
    texts: dict[Role, str]
    starts: dict[Role, list[float]]


def samples() -> list[Truth]:
    """Two-channel samples without planted noise, roles as their channels say."""
    found = []
    for path in sorted(folder("samples").glob("*.truth.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if truth["layout"] != "two_channel" or truth["id"] in PLANTED_NOISE:
            continue
        texts: dict[Role, str] = {}
        starts: dict[Role, list[float]] = {}
        for turn in truth["turns"]:
            role = Role(turn["role"])
            texts[role] = texts.get(role, "") + fold(turn["text"])
            starts.setdefault(role, []).extend(start for start, _ in turn["chars"])
        found.append(Truth(truth["id"], path.with_name(truth["file"]), texts, starts))
    return found


def spoken(call: Call, role: Role) -> tuple[str, list[float]]:
    """What was recognised for a role: characters and their start times, strays included."""
    words = [word for item in call.utterances_of(role) for word in item.words]
    words += [item.word for item in call.stray if item.role is role]
    words.sort(key=lambda word: word.start)
    chars, starts = [], []
    for word in words:
        text = fold(word.text)
        for index, char in enumerate(text):
            chars.append(char)
            starts.append(word.start + (word.end - word.start) * index / len(text))
    return "".join(chars), starts


def ours(truths: Sequence[Truth], recognizer: WhisperRecognizer) -> tuple[list[Call], float]:
    """Calls by our pipeline, and the seconds it took (pitch off: stock measures no voices)."""
    settings = Settings.model_validate({"speech": {"pitch": False}})
    start = time.perf_counter()
    detector = SileroDetector()
    reports = inspect_many(
        [CallInput(item.path, item.name) for item in truths],
        recognizer=recognizer,
        detector=detector,
        settings=settings,
    )
    calls = [report.call for report in reports]  # type: ignore[union-attr]
    return calls, time.perf_counter() - start


def stock(truths: Sequence[Truth], recognizer: WhisperRecognizer, batch: int) -> tuple[list[dict[Role, str]], float]:
    """Texts by `BatchedInferencePipeline` per channel, and the seconds it took."""
    from faster_whisper import BatchedInferencePipeline

    pipeline: Any = BatchedInferencePipeline(recognizer._model)
    window = round(recognizer.window_s)
    start = time.perf_counter()
    texts = []
    for item in truths:
        audio = decode(item.path)
        found = {}
        for channel, role in enumerate(item.texts and _channels(item)):
            sound = soxr.resample(audio.cut(channel, 0, audio.duration), audio.rate, 16_000)
            segments, _ = pipeline.transcribe(
                sound, language="zh", beam_size=recognizer.options.beam_size, word_timestamps=True, batch_size=batch,
                no_repeat_ngram_size=recognizer.options.no_repeat_ngram_size, chunk_length=window,
                vad_parameters={"max_speech_duration_s": window, "min_silence_duration_ms": 160},
            )  # fmt: skip
            found[role] = fold("".join(segment.text for segment in segments))
        texts.append(found)
    return texts, time.perf_counter() - start


def _channels(item: Truth) -> list[Role]:
    truth = json.loads(item.path.with_name(f"{item.name}.truth.json").read_text(encoding="utf-8"))
    return [Role(truth["channels"][number]) for number in ("1", "2")]


def measure(options: Options) -> Iterator[Figure]:
    """CER, its difference with a 95 % bound, wall time interleaved, and word times."""
    truths = samples()
    recognizer = WhisperRecognizer(find_model("demo"), threads=2)
    ours(truths[:1], recognizer)
    stock(truths[:1], recognizer, 8)  # both warm
    ratios = []
    for _ in range(1 if options.quick else ROUNDS):
        calls, our_s = ours(truths, recognizer)
        best = min((stock(truths, recognizer, batch) for batch in (4, 8)), key=lambda pair: pair[1])
        texts, stock_s = best
        ratios.append(stock_s / our_s)
    rows, late = [], []
    for truth, call, text in zip(truths, calls, texts, strict=True):
        for role, reference in truth.texts.items():
            heard, times = spoken(call, role)
            errors, pairs = aligned(reference, heard)
            rows.append((errors, edit_distance(reference, text[role]), len(reference)))
            late += [abs(times[j] - truth.starts[role][i]) for i, j in pairs]
    table = np.array(rows)
    total = int(table[:, 2].sum())
    named = f"{len(truths)} samples without planted noise, {total} characters"
    yield figure("cer_ours", table[:, 0].sum() / total, "share", len(rows), f"{named}; target <= 0.05")
    yield figure("cer_stock", table[:, 1].sum() / total, "share", len(rows), "BatchedInferencePipeline per channel")
    yield figure("cer_difference_upper", upper(table), "share", len(rows), "95 % bound, ours - stock; target <= 0.005")
    spread = f"stock at its best of batch 4, 8; {min(ratios):.2f}-{max(ratios):.2f}"
    yield figure("wall_stock_over_ours", statistics.median(ratios), "ratio", len(ratios), spread)
    yield figure("word_start_error_p50_s", float(np.median(late)), "s", len(late), "character starts; target <= 0.2")


def upper(table: np.ndarray[Any, np.dtype[np.int64]]) -> float:
    """97.5th percentile of the bootstrapped difference of CER: the upper end of a 95 % interval."""
    chance = np.random.default_rng(1)
    drawn = table[chance.integers(0, len(table), (BOOTSTRAP, len(table)))]
    difference = (drawn[:, :, 0] - drawn[:, :, 1]).sum(axis=1) / drawn[:, :, 2].sum(axis=1)
    return float(np.percentile(difference, 97.5))


if __name__ == "__main__":
    run(measure)
