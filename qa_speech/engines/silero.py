"""Speech detection with Silero VAD v6, the model that ships inside the faster-whisper package.

The file is found without importing faster-whisper (which costs a second) and run by onnxruntime on one thread:
the network is small, so more threads only add waiting, and calls are spread over processes anyway. The graph takes
many frames at once and hands its LSTM state on, so a channel is fed in pieces of a few seconds that stay in the
processor's cache; the answer is that of one long run.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_speech.engines.base import ENGINE_RATE, Samples
from qa_speech.engines.hashes import kept_sha256
from qa_speech.errors import EngineError, ModelError, problem

PACKAGE = "faster_whisper"
ASSET = "assets/silero_vad_v6.onnx"
ASSET_SHA256 = "4cbf549b8326f60f80f2536d9eefeb450a9abe83365a098031c89719f1be17d2"
"""Of the file in faster-whisper 1.2.1."""
FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
"""Each frame is given with the last samples of the one before."""
STATE_SHAPE = (1, 1, 128)
CHUNK_FRAMES = 256
"""Frames per run: 8 s. From 64 to 1024 the cost is the same, above 4096 it is a fifth higher."""


class SileroDetector:
    """Speech probability per frame of 32 ms; a `SpeechDetector`.

    The model is read at the first use and kept once per process, so a detector is cheap to make and to pickle.

    Raises
    ------
    ModelError
        faster-whisper is not installed, or this release of it does not hold the model (on first use).

    Examples
    --------
    >>> import numpy as np
    >>> detector = SileroDetector()
    >>> silence = np.zeros(16_000, np.float32)
    >>> probabilities = detector.probabilities(silence)
    >>> probabilities.shape, bool(probabilities.max() < 0.5)
    ((32,), True)
    """

    @property
    def frame_s(self) -> float:
        """Seconds per frame: 0.032."""
        return FRAME_SAMPLES / ENGINE_RATE

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, the version of the package the model came with, and the sha256 of the model."""
        return _made_with()

    def probabilities(self, samples: Samples) -> npt.NDArray[np.float32]:
        """Speech probability in 0…1 per frame.

        Parameters
        ----------
        samples
            float32, shape (n,), at 16 kHz; left unchanged. The last frame is filled up with zeros.

        Returns
        -------
        ndarray of float32, shape (ceil(n / 512),)

        Raises
        ------
        EngineError
            The samples are not one-dimensional float32, or the network fails on them.
        """
        if samples.ndim != 1 or samples.dtype != np.float32:
            raise EngineError(
                "silero",
                problem(
                    "expected float32 of shape (n,), got {dtype} of {shape}", dtype=samples.dtype, shape=samples.shape
                ),
            )
        session = _session()
        hidden, cell = np.zeros(STATE_SHAPE, np.float32), np.zeros(STATE_SHAPE, np.float32)
        step = CHUNK_FRAMES * FRAME_SAMPLES
        found = [np.zeros(0, np.float32)]
        for start in range(0, len(samples), step):
            frames = _frames(samples, start, min(start + step, len(samples)))
            try:
                out, hidden, cell = session.run(None, {"input": frames, "h": hidden, "c": cell})
            except Exception as exc:
                raise EngineError("silero", problem("failed on valid audio: {reason}", reason=exc)) from exc
            found.append(out)
        return np.concatenate(found)


def _frames(samples: Samples, start: int, stop: int) -> npt.NDArray[np.float32]:
    """Frames of 64 + 512 samples, each beginning with the end of the one before; zeros before the first sample."""
    count = -(-(stop - start) // FRAME_SAMPLES)
    padded = np.zeros(CONTEXT_SAMPLES + count * FRAME_SAMPLES, np.float32)
    before = min(CONTEXT_SAMPLES, start)
    padded[CONTEXT_SAMPLES - before : CONTEXT_SAMPLES + stop - start] = samples[start - before : stop]
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT_SAMPLES + FRAME_SAMPLES)
    return np.ascontiguousarray(windows[::FRAME_SAMPLES])


@cache
def _asset() -> Path:
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "silero",
            problem("the package {package} is not installed; it brings the speech detection model", package=PACKAGE),
        )
    path = Path(next(iter(spec.submodule_search_locations))) / ASSET
    if not path.is_file():
        raise ModelError(
            "silero", problem("{path} is missing; expected faster-whisper >= 1.2.1, < 1.3, which holds it", path=path)
        )
    return path


@cache
def _made_with() -> Mapping[str, str]:
    try:
        release = version("faster-whisper")
    except PackageNotFoundError:
        release = "unknown"
    digest = kept_sha256(_asset())
    return MappingProxyType({"name": "silero-vad-v6", "package": f"faster-whisper {release}", "sha256": digest})


@cache
def _session() -> Any:
    import onnxruntime

    found = kept_sha256(_asset())
    if found != ASSET_SHA256:
        raise ModelError(
            "silero",
            problem(
                "{asset} is not the model this was tested with: sha256 {found}, expected {asset_sha256}",
                asset=_asset(),
                found=found,
                asset_sha256=ASSET_SHA256,
            ),
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    path = str(_asset())
    try:
        return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    except Exception as exc:
        raise ModelError("silero", problem("{path} cannot be loaded: {reason}", path=path, reason=exc)) from exc
