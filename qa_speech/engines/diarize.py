"""Two speakers on one channel: an adapter over sherpa-onnx with local ONNX files (the extra `sherpa`).

    mono channel     ===A===  ==B==   ==A==
    speaker 1        =======          =====        the first to speak
    speaker 2                 =====

Unverified: no weights could be had when this was written, so it was tried with a stand-in in sherpa-onnx's place, held to
the signatures of sherpa-onnx 2.0.1. Error rates on mono calls at 8 kHz are not known here; measure yours before you
believe a figure per role. All figures of such a call stay `low` (``mono``), whoever split it.

The two files: a pyannote segmentation model (which models overlap) and a speaker embedding model, both as published for
sherpa-onnx. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from qa_speech.audio.limits import DEFAULT
from qa_speech.engines.base import ENGINE_RATE, Samples
from qa_speech.engines.hashes import kept_sha256
from qa_speech.errors import EngineError, ModelError, problem
from qa_speech.timeline import Timeline

if TYPE_CHECKING:
    from qa_speech.settings import Settings

SPEAKERS = 2
PACKAGE, EXTRA = "sherpa-onnx", "pip install 'qa-speech[sherpa]'"


class Splitter(Protocol):
    """What is used of ``sherpa_onnx.OfflineSpeakerDiarization``."""

    @property
    def sample_rate(self) -> int:
        """Hz of the samples it takes."""

    def process(self, samples: Samples) -> Any:
        """A result whose ``sort_by_start_time()`` lists turns with ``start``, ``end`` (seconds) and ``speaker``."""


class _Turn(NamedTuple):
    """When a speaker (numbered from 0) speaks, in seconds."""

    start: float
    end: float
    speaker: int


class SherpaDiarizer:
    """Splits undivided mono into two speakers; a `Diarizer`.

    Parameters
    ----------
    segmentation, embedding
        The two ONNX files.
    splitter
        Stands in for sherpa-onnx; None = load it.

    Raises
    ------
    ModelError
        sherpa-onnx is not installed, a file is missing, or the files are not what they should be.
    """

    def __init__(self, segmentation: Path, embedding: Path, *, splitter: Splitter | None = None) -> None:
        for path in (segmentation, embedding):
            if not path.is_file():
                raise ModelError("diarize", problem("{path} is missing; expected an ONNX file", path=path))
        self._paths = (segmentation, embedding)
        self._splitter = splitter or _sherpa(segmentation, embedding)
        if self._splitter.sample_rate != ENGINE_RATE:
            raise ModelError(
                "diarize",
                problem(
                    "{segmentation} works at {sample_rate} Hz, not {engine_rate}",
                    segmentation=segmentation,
                    sample_rate=self._splitter.sample_rate,
                    engine_rate=ENGINE_RATE,
                ),
            )

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, the hashes of the two models, and that overlap is modelled."""
        segmentation, embedding = (kept_sha256(path) for path in self._paths)
        return {"name": PACKAGE, "segmentation": segmentation, "embedding": embedding, "overlap": "modelled"}

    def diarize(self, samples: Samples) -> Sequence[Timeline]:
        """One timeline per speaker, at most two, in the order they begin to speak.

        Parameters
        ----------
        samples
            float32, shape (n,), at 16 kHz: the whole call.

        Raises
        ------
        EngineError
            sherpa-onnx fails.
        """
        try:
            found = self._splitter.process(samples).sort_by_start_time()
            turns = sorted(_Turn(float(turn.start), float(turn.end), int(turn.speaker)) for turn in found)
        except Exception as exc:
            raise EngineError(
                "diarize", problem("{package} failed on valid audio: {reason}", package=PACKAGE, reason=exc)
            ) from exc
        latest = len(samples) / ENGINE_RATE
        spoken: dict[int, list[tuple[float, float]]] = {}
        for start, end, speaker in turns:
            start, end = max(0.0, start), min(latest, end)
            if end > start:
                spoken.setdefault(speaker, []).append((start, end))
        if len(spoken) > SPEAKERS:
            raise EngineError(
                "diarize",
                problem(
                    "{package} found {count} speakers; expected {speakers}",
                    package=PACKAGE,
                    count=len(spoken),
                    speakers=SPEAKERS,
                ),
            )
        return tuple(Timeline(spans) for spans in spoken.values())


def _sherpa(segmentation: Path, embedding: Path) -> Splitter:
    try:
        import sherpa_onnx
    except ImportError as exc:
        raise ModelError(
            "diarize", problem("{package} is not installed; {extra}", package=PACKAGE, extra=EXTRA)
        ) from exc
    config = sherpa_onnx.OfflineSpeakerDiarizationConfig(
        segmentation=sherpa_onnx.OfflineSpeakerSegmentationModelConfig(
            pyannote=sherpa_onnx.OfflineSpeakerSegmentationPyannoteModelConfig(model=str(segmentation))
        ),
        embedding=sherpa_onnx.SpeakerEmbeddingExtractorConfig(model=str(embedding)),
        clustering=sherpa_onnx.FastClusteringConfig(num_clusters=SPEAKERS),
        min_duration_on=DEFAULT.min_speech_s,  # as in the rest of the timing
        min_duration_off=DEFAULT.bridge_s,
    )
    if not config.validate():
        raise ModelError(
            "diarize",
            problem(
                "{package} refuses {segmentation} with {embedding}",
                package=PACKAGE,
                segmentation=segmentation,
                embedding=embedding,
            ),
        )
    try:
        splitter: Splitter = sherpa_onnx.OfflineSpeakerDiarization(config)
    except Exception as exc:
        raise ModelError(
            "diarize",
            problem(
                "{segmentation}, {embedding}: {reason}", segmentation=segmentation, embedding=embedding, reason=exc
            ),
        ) from exc
    return splitter


@cache
def _loaded(segmentation: Path, embedding: Path) -> SherpaDiarizer:
    return SherpaDiarizer(segmentation, embedding)


def load_diarizer(settings: Settings) -> SherpaDiarizer | None:
    """The diarizer that the settings ask for, loaded once per process; None where they name none.

    Raises
    ------
    ModelError
        See `SherpaDiarizer`.
    """
    wanted = settings.diarize
    return None if wanted is None else _loaded(wanted.segmentation, wanted.embedding)
