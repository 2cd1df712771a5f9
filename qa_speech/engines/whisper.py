"""Whisper by faster-whisper and CTranslate2: windows of any calls in batches, words with times.

The batch holds windows, not files, so many short calls fill it as well as one long one. A window whose decoding is
out of bounds (mean log probability, compression ratio) is decoded again at rising temperatures, alone; the batch is
not. Words are single characters in Chinese; punctuation belongs to the word before it.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from typing import Any, Literal

import numpy as np

from qa_speech.engines.base import LEAST_PAD_S, Traits, Window, WindowWords
from qa_speech.engines.models import Model
from qa_speech.engines.spelling import timed_words
from qa_speech.engines.tuned import tuned_options
from qa_speech.errors import EngineError, ModelError, problem

FRAMES_PER_S = 100
"""Mel frames a second."""
FULL_FRAMES = 3000
TIGHT_STEP = 200
"""Tight windows are filled up to steps of two seconds: few lengths, so that many windows share one."""
TOKENS_PER_S = 15
"""Text that a second of speech can hold: the fastest speakers say eight characters. What goes on beyond is a loop."""
LEAST_TOKENS = 24
PLAIN_TYPES = ("int8", "int8_float32", "int16", "float32")
"""Compute types whose encoder output is float32, so that numpy can hold it."""
CUBLAS = ("libcublasLt.so.12", "libcublas.so.12")
"""All of CUDA that CTranslate2 loads by name, besides the driver; it uses no cuDNN."""
SEED = 20_000
NO_CUBLAS = problem("cuBLAS 12 (libcublas.so.12, libcublasLt.so.12) is missing; run: pip install 'qa-speech[cuda]'")


@dataclass(frozen=True)
class DecodeOptions:
    """How a window is decoded, and the bounds within which the first try stands.

    `window`: ``full`` fills every window up to 30 s, as Whisper was trained; ``tight`` only up to the next two seconds and to
    `least_window_s` at least, which costs the encoder as much less. A stock Whisper bears that from about ten seconds on; below,
    it loops. A model trained on shorter windows says so in its manifest.
    `least_pad_s`: how far the padding around speech may shrink where that saves a window (`windows.pack`).
    """

    language: str = "zh"
    batch_size: int = 8
    beam_size: int = 5
    window_s: float = 16.0
    window: Literal["full", "tight"] = "tight"
    least_window_s: float = 10.0
    least_pad_s: float = LEAST_PAD_S
    no_repeat_ngram_size: int = 0
    hotwords: str = ""
    initial_prompt: str = ""
    temperatures: tuple[float, ...] = (0.4, 0.8)
    min_avg_log_prob: float = -1.0
    max_compression_ratio: float = 2.4
    max_no_speech: float = 0.6


def known_options(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that `DecodeOptions` knows."""
    known = {field.name for field in fields(DecodeOptions)}
    return {name: value for name, value in values.items() if name in known}


def options_for(model: Model, chosen: Mapping[str, Any] | None = None) -> DecodeOptions:
    """How a model decodes: what is chosen over what was measured for it (`engines.tuned`), over its manifest, over the defaults.

    Raises
    ------
    ModelError
        What was kept of a measurement cannot be used.
    """
    values = {**model.decode, **tuned_options(model.path), **(chosen or {})}
    return DecodeOptions(**known_options(values))


@dataclass(frozen=True)
class _Decoded:
    tokens: list[int]
    text: str
    avg_log_prob: float
    no_speech: float
    compression_ratio: float
    notes: tuple[str, ...] = ()


class WhisperRecognizer:
    """A recogniser (see `engines.base.Recognizer`) over one loaded model; loads on construction.

    Raises
    ------
    ModelError
        The folder does not load.
    """

    def __init__(
        self, model: Model, *, device: str = "auto", compute_type: str = "auto", threads: int = 0,
        options: DecodeOptions | None = None,
    ) -> None:  # fmt: skip
        from faster_whisper import WhisperModel
        from faster_whisper.tokenizer import Tokenizer

        self.options = options or options_for(model)
        if device == "auto":
            device = "cuda" if cuda_devices() else "cpu"
        if device == "cuda" and not preload_cublas():
            raise ModelError(
                model.name, problem("cannot run on the GPU: {no_cublas}; or choose device cpu", no_cublas=NO_CUBLAS)
            )
        if compute_type == "auto":
            compute_type = cuda_type() if device == "cuda" else "int8"
        _seed_sampling()
        try:
            self._model = WhisperModel(
                str(model.path), device=device, compute_type=compute_type, cpu_threads=threads or os.cpu_count() or 1,
                local_files_only=True,
            )  # fmt: skip
            self._tokenizer = Tokenizer(
                self._model.hf_tokenizer, self._model.model.is_multilingual,
                task="transcribe", language=self.options.language,
            )  # fmt: skip
        except (RuntimeError, ValueError, OSError) as exc:
            raise ModelError(
                model.name,
                problem("{path} does not load on {device}: {reason}", path=model.path, device=device, reason=exc),
            ) from exc
        language = self.options.language
        if not self._model.model.is_multilingual and language != "en":
            raise ModelError(
                model.name,
                problem(
                    "{path} knows English alone; it cannot be used with language {language}",
                    path=model.path,
                    language=language,
                ),
            )
        self._encodes_one_by_one = device == "cpu" and compute_type in PLAIN_TYPES
        self._samples_only = model.samples_only
        self._identity = {
            "recognizer": f"faster-whisper {version('faster-whisper')}",
            "ctranslate2": version("ctranslate2"),
            "model": model.name,
            "model_sha256": model.sha256,
            "device": f"{device}/{compute_type}",
        }

    @property
    def made_with(self) -> Mapping[str, str]:
        """Versions, model hash and options, recorded in every Call."""
        options = self.options
        return {
            **self._identity,
            "beam_size": str(options.beam_size),
            "window_s": f"{options.window_s:g}",
            "window": options.window,
            "least_window_s": f"{options.least_window_s:g}",
            "least_pad_s": f"{options.least_pad_s:g}",
            "no_repeat_ngram_size": str(options.no_repeat_ngram_size),
        }

    def with_options(self, **changed: Any) -> WhisperRecognizer:
        """The same loaded model with other options (fields of `DecodeOptions`)."""
        other = copy(self)
        other.options = replace(self.options, **changed)
        return other

    @property
    def window_s(self) -> float:
        """Longest window in seconds."""
        return self.options.window_s

    @property
    def traits(self) -> Traits:
        """Least padding, batch size, and whether it knows the bundled samples alone."""
        return Traits(self.options.least_pad_s, self.options.batch_size, self._samples_only)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """One answer per window, in order; `batch_size` windows are in memory at a time.

        Raises
        ------
        EngineError
            The model fails on a batch.
        """
        source = iter(windows)
        while batch := list(islice(source, self.options.batch_size)):
            try:
                yield from self._batch(batch)
            except (RuntimeError, ValueError, IndexError, MemoryError) as exc:
                raise EngineError(
                    "whisper", problem("failed on {count} windows: {reason}", count=len(batch), reason=exc)
                ) from exc

    def _batch(self, windows: Sequence[Window]) -> list[WindowWords]:
        """Windows of one length go through together, so that no answer depends on what else is in the batch."""
        extract = self._model.feature_extractor
        heard = [extract(window.samples)[..., :-1] for window in windows]
        alike: dict[int, list[int]] = {}
        for index, features in enumerate(heard):
            alike.setdefault(self._frames(features.shape[-1]), []).append(index)
        answers: dict[int, WindowWords] = {}
        for frames, group in alike.items():
            found = self._of_one_length([heard[i] for i in group], [windows[i] for i in group], frames)
            answers.update(zip(group, found, strict=True))
        return [answers[index] for index in range(len(windows))]

    def _of_one_length(self, heard: Sequence[Any], windows: Sequence[Window], frames: int) -> list[WindowWords]:
        from faster_whisper.audio import pad_or_trim

        features = np.stack([pad_or_trim(window, frames) for window in heard])
        encoded = self._encode(features)
        tokens = LEAST_TOKENS + TOKENS_PER_S * frames // FRAMES_PER_S
        decoded = self._generate(encoded, len(windows), tokens, temperature=0.0)
        for index, first in enumerate(decoded):
            if self._out_of_bounds(first):
                decoded[index] = self._again(self._encoded_alone(encoded, features, index), first, tokens)
        return self._with_words(encoded, decoded, windows)

    def _encode(self, features: Any) -> Any:
        """Encoder output of a batch. On a CPU each window goes through alone: the same numbers for a fifth less time,
        since one window fills its caches already; it is decoding that gains from a batch."""
        if not self._encodes_one_by_one or len(features) == 1:
            return self._model.encode(features)
        encoded = [np.asarray(self._model.encode(window[None])) for window in features]
        return _storage(np.concatenate(encoded))

    def _encoded_alone(self, encoded: Any, features: Any, index: int) -> Any:
        """Encoder output of one window of a batch of windows, given its index."""
        if self._encodes_one_by_one:
            return _storage(np.asarray(encoded)[index : index + 1])
        return self._model.encode(features[index : index + 1])

    def _frames(self, length: int) -> int:
        """Mel frames (10 ms each) that a window of this many is filled up to."""
        if self.options.window == "full":
            return FULL_FRAMES
        least = round(self.options.least_window_s * FRAMES_PER_S)
        steps = -(-max(length, least, 1) // TIGHT_STEP)
        return min(FULL_FRAMES, steps * TIGHT_STEP)

    def _generate(self, encoded: Any, count: int, tokens: int, *, temperature: float) -> list[_Decoded]:
        """The texts of `count` encoded windows of one length, each of at most so many tokens."""
        from faster_whisper.transcribe import get_suppressed_tokens

        options, tokenizer, model = self.options, self._tokenizer, self._model
        before = tokenizer.encode(f" {options.initial_prompt}") if options.initial_prompt else []
        prompt = model.get_prompt(
            tokenizer,
            previous_tokens=before,
            without_timestamps=True,
            hotwords=options.hotwords or None,
        )
        sampling = {"sampling_topk": 0, "num_hypotheses": 5} if temperature else {}
        results = model.model.generate(
            encoded, [list(prompt) for _ in range(count)],
            beam_size=1 if temperature else options.beam_size, max_length=min(model.max_length, len(prompt) + tokens),
            suppress_tokens=get_suppressed_tokens(tokenizer, [-1]), suppress_blank=True,
            no_repeat_ngram_size=options.no_repeat_ngram_size, sampling_temperature=temperature,
            return_scores=True, return_no_speech_prob=True, **sampling,
        )  # fmt: skip
        return [self._decoded(result) for result in results]

    def _decoded(self, result: Any) -> _Decoded:
        from faster_whisper.transcribe import get_compression_ratio

        tokens = [token for token in result.sequences_ids[0] if token < self._tokenizer.eot]
        text = self._tokenizer.decode(tokens).strip()
        length = len(result.sequences_ids[0])
        return _Decoded(
            tokens=tokens,
            text=text,
            avg_log_prob=result.scores[0] * length / (length + 1),
            no_speech=result.no_speech_prob,
            compression_ratio=get_compression_ratio(text) if text else 0.0,
        )

    def _out_of_bounds(self, found: _Decoded) -> bool:
        options = self.options
        unlikely = found.avg_log_prob < options.min_avg_log_prob
        nobody_speaks = found.no_speech > options.max_no_speech
        if nobody_speaks and unlikely:
            return False  # no temperature will help
        return unlikely or found.compression_ratio > options.max_compression_ratio

    def _again(self, encoded: Any, first: _Decoded, tokens: int) -> _Decoded:
        """Rising temperatures until one is in bounds; else the most probable of all tries that does not repeat."""
        if not self.options.temperatures:
            return replace(first, notes=(*first.notes, "out_of_bounds"))
        tries = [first]
        for temperature in self.options.temperatures:
            found = self._generate(encoded, 1, tokens, temperature=temperature)[0]
            tries.append(replace(found, notes=(f"temperature:{temperature:g}",)))
            if not self._out_of_bounds(found):
                return tries[-1]
        sane = [one for one in tries if one.compression_ratio <= self.options.max_compression_ratio]
        best = max(sane or tries, key=lambda one: one.avg_log_prob)
        return replace(best, notes=(*best.notes, "out_of_bounds"))

    def _with_words(self, encoded: Any, decoded: list[_Decoded], windows: Sequence[Window]) -> list[WindowWords]:
        frames = []
        for window in windows:
            whole_seconds = int(np.ceil(window.duration)) * self._model.frames_per_second
            frames.append(min(max(whole_seconds, 2), FULL_FRAMES))
        alignments = self._aligned(encoded, [found.tokens for found in decoded], frames)
        return [
            WindowWords(
                words=timed_words(alignment, window.duration),
                avg_log_prob=found.avg_log_prob,
                no_speech=found.no_speech,
                compression_ratio=found.compression_ratio,
                notes=found.notes,
            )
            for found, alignment, window in zip(decoded, alignments, windows, strict=True)
        ]

    def _aligned(self, encoded: Any, tokens: list[list[int]], frames: list[int]) -> list[Any]:
        """Word times of each window. On a CPU each is aligned alone: in a batch the shorter texts are filled up, which
        moves times by a frame, so that they would depend on what else was in it."""
        if not self._encodes_one_by_one:
            return list(self._model.find_alignment(self._tokenizer, tokens, encoded, frames))
        found: list[Any] = []
        values = np.asarray(encoded)
        for index, (mine, count) in enumerate(zip(tokens, frames, strict=True)):
            alone = _storage(values[index : index + 1])
            found += self._model.find_alignment(self._tokenizer, [mine], alone, [count])
        return found


def _storage(values: Any) -> Any:
    import ctranslate2

    return ctranslate2.StorageView.from_array(np.ascontiguousarray(values))


def cuda_devices() -> int:
    """How many CUDA devices CTranslate2 sees; whether it can compute on them is for `preload_cublas` to say."""
    import ctranslate2

    return int(ctranslate2.get_cuda_device_count())


def cuda_type() -> str:
    """float16 where the device computes in it, else what CTranslate2 holds for the best of the others."""
    import ctranslate2

    return "float16" if "float16" in ctranslate2.get_supported_compute_types("cuda") else "auto"


def _seed_sampling() -> None:
    """What is drawn at a raised temperature is the same in every process that hears the same windows in the same order."""
    import ctranslate2

    ctranslate2.set_random_seed(SEED)


@cache
def preload_cublas() -> bool:
    """Load cuBLAS 12, from the package of the extra ``cuda`` (where CTranslate2 would not look) or from the system; whether
    it is there."""
    return _loaded(cublas_folder()) or _loaded("")


def cublas_folder() -> str:
    """Folder of the cuBLAS 12 that the extra ``cuda`` brings; "" without it."""
    if find_spec("nvidia") is None:
        return ""
    spec = find_spec("nvidia.cublas")
    if spec is None:
        return ""
    for place in spec.submodule_search_locations or ():
        folder = os.path.join(place, "lib")
        if all(os.path.isfile(os.path.join(folder, name)) for name in CUBLAS):
            return folder
    return ""


def _loaded(folder: str) -> bool:
    try:
        for name in CUBLAS:
            ctypes.CDLL(os.path.join(folder, name), mode=ctypes.RTLD_GLOBAL)
    except OSError:
        return False
    return True
