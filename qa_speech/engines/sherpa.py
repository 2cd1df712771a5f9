"""Paraformer, SenseVoice, FireRedASR-CTC, CTC and transducers by sherpa-onnx (the extra `sherpa`), words with times.

    window    [piece 1][piece 2]        each piece is heard alone and as long as it is: nothing is filled up
    tokens     你 好   我 想 查         words: `pieces`; times are those that the model gives, never made up here

What has tokens without times is refused. Only transducers say how sure they are of a word; of the others it is unknown, their
words bear probability 1 and the call says so (`word_probability`). sherpa-onnx ends the process where a file is not what it
expects: a model that did not come with this package is tried in a process of its own first.

Checked with the bundled `demo-ctc`; the other kinds with random weights in the shape that their makers document.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np
import soxr

from qa_speech.call import Word
from qa_speech.engines.base import ENGINE_RATE, Samples, Traits, Window, WindowWords
from qa_speech.engines.models import Model
from qa_speech.engines.pieces import Token, tokens_of, words_of
from qa_speech.engines.sherpa_models import BPE, SENSE_VOICE, TRANSDUCER, SherpaFiles, read_folder, read_tokens
from qa_speech.errors import EngineError, ModelError, problem

if TYPE_CHECKING:
    from qa_speech.settings import Recognition

PACKAGE, EXTRA = "sherpa-onnx", "pip install 'qa-speech[sherpa]'"
WINDOW_S = 20.0
LEAST_PAD_S = 0.2
"""Padding around speech: without it the first and the last character suffer."""
LEAST_S = 0.5
"""Shorter pieces are filled up with silence to this: some models take no less."""
SENSE_VOICE_LANGUAGES = ("zh", "en", "ja", "ko", "yue")
UNKNOWN = ("<unk>", "<UNK>")
UNKNOWN_WORDS = "unknown_words"
"""Note of an answer in which the model heard something that it has no token for."""
TRIAL_LIMIT_S = 300
_BETWEEN = re.compile("[\\s,，、;；/]+")
_TRIAL = """
import json, sys
import numpy as np
import sherpa_onnx
loader, hotwords, options = json.loads(sys.argv[1])
recognizer = getattr(sherpa_onnx.OfflineRecognizer, loader)(**options)
stream = recognizer.create_stream(hotwords or None)
rate = options.get("sample_rate", 16000)
stream.accept_waveform(rate, np.random.default_rng(1).standard_normal(rate).astype(np.float32) * 0.01)
recognizer.decode_stream(stream)
"""


class SherpaRecognizer:
    """A recogniser (see `engines.base.Recognizer`) over one loaded model; loads on construction.

    Raises
    ------
    ModelError
        sherpa-onnx is not installed, the folder holds nothing it takes, or it takes no hotwords but some are set.
    """

    def __init__(self, model: Model, wanted: Recognition) -> None:
        if find_spec("sherpa_onnx") is None:
            raise ModelError(
                model.name,
                problem(
                    "{path} needs the package {package}; run: {extra}", path=model.path, package=PACKAGE, extra=EXTRA
                ),
            )
        self._found = read_folder(model.path, int8="int8" in wanted.compute_type)
        if wanted.device == "cuda":
            raise ModelError(
                model.name,
                problem(
                    "{package} from the package index computes on a CPU; choose device cpu or auto", package=PACKAGE
                ),
            )
        self._hotwords = _hotwords(model, self._found, wanted.hotwords)
        options = _options(self._found, wanted, self._hotwords)
        if not model.shipped:
            _try(model, self._found, self._hotwords, options)
        self._recognizer = _loaded(model, self._found, options)
        self._window_s = wanted.window_s or WINDOW_S
        self._samples_only = model.samples_only
        self._made_with = {
            "recognizer": f"{PACKAGE} {version(PACKAGE)}",
            "model": model.name,
            "model_sha256": model.sha256,
            "model_kind": self._found.kind.name,
            "device": f"cpu/{'int8' if 'int8' in self._found.weights.name else 'float32'}",
            "window_s": f"{self._window_s:g}",
            "word_probability": "known" if self._found.kind is TRANSDUCER else "unknown",
        }

    @property
    def made_with(self) -> Mapping[str, str]:
        """Versions, kind and hash of the model, and whether words have probabilities; recorded in every Call."""
        return self._made_with

    @property
    def window_s(self) -> float:
        """Longest window in seconds."""
        return self._window_s

    @property
    def traits(self) -> Traits:
        """Least padding, and whether it knows the bundled samples alone."""
        return Traits(LEAST_PAD_S, samples_only=self._samples_only)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """One answer per window, in order.

        Raises
        ------
        EngineError
            sherpa-onnx fails, or gives tokens without times.
        """
        for window in windows:
            words: list[Word] = []
            notes: tuple[str, ...] = ()
            for piece in window.pieces:
                first, last = (round(at * ENGINE_RATE) for at in (piece.window_start, piece.window_end))
                duration = (last - first) / ENGINE_RATE
                tokens = self._tokens(window.samples[first:last], duration)
                heard = words_of(tokens, duration)
                if any(token.text in UNKNOWN for token in tokens):
                    notes = (UNKNOWN_WORDS,)
                words += [
                    Word(word.text, word.start + piece.window_start, word.end + piece.window_start, word.probability)
                    for word in heard
                ]
            yield WindowWords(tuple(words), notes=notes)

    def _tokens(self, samples: Samples, duration: float) -> list[Token]:
        """What is heard in one piece of `duration` seconds, in seconds from its start."""
        if not len(samples):
            return []
        short = round(LEAST_S * ENGINE_RATE) - len(samples)
        if short > 0:
            samples = np.pad(samples, (0, short))
        rate = self._found.rate
        if rate != ENGINE_RATE:
            samples = soxr.resample(samples, ENGINE_RATE, rate)
        try:
            stream = self._recognizer.create_stream(self._hotwords or None)
            stream.accept_waveform(rate, np.ascontiguousarray(samples, dtype=np.float32))
            self._recognizer.decode_stream(stream)
            found = stream.result
            return tokens_of(found.tokens, found.timestamps, found.ys_log_probs, duration)
        except (RuntimeError, ValueError, MemoryError) as exc:
            raise EngineError(
                "sherpa",
                problem(
                    "{name} on {duration:.1f} s: {reason}", name=self._found.kind.name, duration=duration, reason=exc
                ),
            ) from exc


def _loaded(model: Model, found: SherpaFiles, options: Mapping[str, Any]) -> Any:
    import sherpa_onnx

    try:
        return getattr(sherpa_onnx.OfflineRecognizer, found.kind.loader)(**options)
    except (RuntimeError, ValueError, TypeError) as exc:
        raise ModelError(model.name, problem("{path} does not load: {reason}", path=model.path, reason=exc)) from exc


def _options(found: SherpaFiles, wanted: Recognition, hotwords: str) -> dict[str, Any]:
    """What the loader of this kind is given."""
    options: dict[str, Any] = {name: str(path) for name, path in found.files.items()}
    options["num_threads"] = wanted.threads or os.cpu_count() or 1
    if (found.rate, found.bins) != (SherpaFiles.rate, SherpaFiles.bins):
        options |= {"sample_rate": found.rate, "feature_dim": found.bins}
    if found.kind is SENSE_VOICE:
        known = wanted.language in SENSE_VOICE_LANGUAGES
        options |= {"language": wanted.language if known else "auto", "use_itn": True}
    if hotwords:
        options["decoding_method"] = "modified_beam_search"
        vocabulary = found.files["tokens"].with_name(BPE)
        if vocabulary.is_file():
            options |= {"modeling_unit": "cjkchar+bpe", "bpe_vocab": str(vocabulary)}
    return options


def _hotwords(model: Model, found: SherpaFiles, told: str) -> str:
    """Hotwords as sherpa-onnx takes them, ``/`` between; "" without any.

    Raises
    ------
    ModelError
        The model takes none, or has no token for one of their characters.
    """
    listed = [word for word in _BETWEEN.split(told) if word]
    if not listed:
        return ""
    if not found.kind.hotwords:
        raise ModelError(
            model.name,
            problem("a {name} model takes no hotwords; leave recognition.hotwords empty", name=found.kind.name),
        )
    tokens = read_tokens(found.files["tokens"])
    if not found.files["tokens"].with_name(BPE).is_file():
        unknown = sorted({char for word in listed for char in word if char not in tokens})
        if unknown:
            raise ModelError(
                model.name, problem("hotwords: this model has no token for {unknown}", unknown=" ".join(unknown))
            )
    return "/".join(listed)


def _try(model: Model, found: SherpaFiles, hotwords: str, options: Mapping[str, Any]) -> None:
    """Load the model and let it hear a second of noise, in a process of its own: sherpa-onnx ends it where it is not content.

    Raises
    ------
    ModelError
        It ended, or it caught an error and went on without an answer.
    """
    command = [sys.executable, "-c", _TRIAL, json.dumps([found.kind.loader, hotwords, options])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TRIAL_LIMIT_S, check=False)
    except subprocess.TimeoutExpired as exc:
        raise ModelError(
            model.name,
            problem("{path} did not load within {trial_limit_s} s", path=model.path, trial_limit_s=TRIAL_LIMIT_S),
        ) from exc
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if done.returncode or any("Caught exception" in line for line in said):
        reason = said[-1] if done.returncode and said else " ".join(said)
        reason = re.sub(r"^/\S+ ", "", reason)[:400]
        raise ModelError(
            model.name,
            problem(
                "{path} is no {name} model that {package} runs: {reason}",
                path=model.path,
                name=found.kind.name,
                package=PACKAGE,
                reason=reason,
            ),
        )
