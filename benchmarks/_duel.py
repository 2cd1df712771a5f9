"""A batch run and the loop over faster-whisper's batched pipeline, in turn over the same calls, with the same weights."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import _dialogues
from _common import Figure, figure

from qa_speech.batch.cards import Book
from qa_speech.batch.jobs import Layout, Setup
from qa_speech.batch.layout import measured
from qa_speech.batch.pool import Pool
from qa_speech.batch.remote import Remote
from qa_speech.batch.run import run_batch
from qa_speech.batch.worker import begin_row
from qa_speech.call import Role
from qa_speech.engines.base import Traits
from qa_speech.engines.models import Model
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer
from qa_speech.inputs.rows import Row, stat_row
from qa_speech.pipeline import Prepared
from qa_speech.settings import Settings
from qa_speech.store.base import calls_of
from qa_speech.store.parquet import ParquetStore

THREADS = 2
PEER_BATCHES = (1, 4, 8, 16)
OUR_BATCH = 8
PUNCTUATION = "，。？！、,.?! "
NOW = Settings.model_validate({"batch": {"settle_s": 0, "min_free_disk_gb": 0}, "speech": {"pitch": False}})


@dataclass(frozen=True)
class Loader:
    """Loads the same weights for both sides."""

    model: Model
    options: DecodeOptions
    max_length: int = 448
    device: str = "cpu"
    compute_type: str = "int8"
    threads: int = THREADS

    def __call__(self) -> WhisperRecognizer:
        loaded = WhisperRecognizer(
            self.model, device=self.device, compute_type=self.compute_type, threads=self.threads, options=self.options
        )
        loaded._model.max_length = self.max_length
        return loaded


@dataclass
class Found:
    """Sums over the calls that both sides have done."""

    calls: int = 0
    audio_s: float = 0.0
    ours_s: float = 0.0
    peer_s: float = 0.0
    characters: int = 0
    errors: Any = None
    ratios: Any = None
    peer_batch: int = 0

    layout: str = ""

    def figures(self, name: str, target: str) -> Iterator[Figure]:
        """The ratio, and both speeds."""
        spread = f"{min(self.ratios):.2f}–{max(self.ratios):.2f} over {len(self.ratios)} blocks"
        rival = f"BatchedInferencePipeline, batch {self.peer_batch}; {spread}; {target}; load {os.getloadavg()[0]:.1f}"
        yield figure(name, self.peer_s / self.ours_s, "ratio", self.calls, rival)
        yield figure(
            f"{name}_ours", self.audio_s / self.ours_s, "× real time", self.calls, f"decode to score; {self.layout}"
        )
        yield figure(f"{name}_peer", self.audio_s / self.peer_s, "× real time", self.calls, "decode to words")


class Duel:
    """Both sides over blocks of calls in turn."""

    def __init__(
        self,
        place: Path,
        loader: Loader,
        budget: float,
        *,
        block: int = 4,
        peer_batches: Sequence[int] = PEER_BATCHES,
        layout: Layout | None = None,
    ) -> None:
        self.place, self.loader, self.budget, self.block = place, loader, budget, block
        self.peer_batches, self.layout = peer_batches, layout

    def fight(self, count: int, lengths: tuple[float, float]) -> Found:
        """As many blocks as time allows, at most `count` calls."""
        (self.place / "rec").mkdir(parents=True)
        began, found = time.monotonic(), Found(errors={"ours": 0, "peer": 0}, ratios=[])
        warm = [make_call(self.place / "rec", 100_000 + i, lengths) for i in range(2)]
        layout = self.layout or self._measured(warm)
        found.layout = (
            f"{layout.workers} worker, {layout.recognizers}×{layout.threads} threads, batch {layout.batch_size}"
        )
        pool = Pool(Setup(NOW, self.place, layout, make=lambda index: self._loader(layout)))
        pool.start()
        peer = Peer(self.loader, self.peer_batches)
        try:
            self._ours(pool, warm, 99)
            found.peer_batch = peer.choose(warm)
            for first in range(0, count, self.block):
                made = [
                    make_call(self.place / "rec", seed, lengths)
                    for seed in range(first, min(count, first + self.block))
                ]
                ours_before_s, peer_before_s = found.ours_s, found.peer_s
                if first // self.block % 2 == 0:
                    self._block_ours(pool, made, first, found)
                    self._block_peer(peer, made, found)
                else:
                    self._block_peer(peer, made, found)
                    self._block_ours(pool, made, first, found)
                for one in made:
                    found.calls += 1
                    found.audio_s += one.duration_s
                    found.characters += sum(map(len, one.texts.values()))
                ours_s, peer_s = found.ours_s - ours_before_s, found.peer_s - peer_before_s
                found.ratios.append(peer_s / ours_s)
                if time.monotonic() - began > self.budget:
                    break
        finally:
            pool.close()
        return found

    def _loader(self, layout: Layout) -> Loader:
        options = replace(self.loader.options, batch_size=layout.batch_size or OUR_BATCH)
        return replace(self.loader, options=options, threads=layout.threads or THREADS)

    def _measured(self, made: Sequence[_dialogues.Made]) -> Layout:
        """What `--workers auto` finds on these calls."""
        return measured(self._loader, NOW, rows_of(made), THREADS)

    def _ours(self, pool: Pool, made: Sequence[_dialogues.Made], number: int) -> Path:
        out = self.place / f"run-{number}"
        rows = rows_of(made)
        keep = Keep(pool)
        session = run_batch(rows, out, doer=lambda run: keep, settings=NOW, book=Book(), recognizer="same")
        if session.failed:
            raise SystemExit(f"calls failed, so nothing is compared: {session.errors}; see {out}")
        return out

    def _block_ours(self, pool: Pool, made: Sequence[_dialogues.Made], number: int, found: Found) -> None:
        began = time.perf_counter()
        out = self._ours(pool, made, number)
        found.ours_s += time.perf_counter() - began
        calls = {call.id: call for call in calls_of(ParquetStore(out))}
        for item in made:
            call = calls[item.path.name]
            for role, text in item.texts.items():
                heard = "".join(one.text or "" for one in call.utterances_of(Role(role)))
                found.errors["ours"] += _dialogues.distance(text, plain(heard))

    def _block_peer(self, peer: Peer, made: Sequence[_dialogues.Made], found: Found) -> None:
        began = time.perf_counter()
        heard = [peer.transcribe(item.path, found.peer_batch) for item in made]
        found.peer_s += time.perf_counter() - began
        for item, texts in zip(made, heard, strict=True):
            for said, text in zip(item.texts.values(), texts, strict=True):
                found.errors["peer"] += _dialogues.distance(said, plain(text))


def rows_of(made: Sequence[_dialogues.Made]) -> list[Row]:
    """Rows of work for generated calls."""
    return [stat_row(Row(item.path.name, str(item.path))) for item in made]


class Keep:
    """A pool that outlives a run: loading the model is not what is compared."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.run = pool.run

    def close(self) -> None:
        """Not yet."""


class Peer:
    """The loop a user would write with faster-whisper."""

    def __init__(self, loader: Loader, batches: Sequence[int]) -> None:
        from faster_whisper import BatchedInferencePipeline

        self._loader, self._batches = loader, batches
        self._pipeline = BatchedInferencePipeline(loader()._model)

    def choose(self, made: Sequence[_dialogues.Made]) -> int:
        """Its best batch size on two calls."""
        times = {}
        for batch in self._batches:
            began = time.perf_counter()
            for item in made:
                self.transcribe(item.path, batch)
            times[batch] = time.perf_counter() - began
        return min(times, key=lambda batch: times[batch])

    def transcribe(self, path: Path, batch: int) -> list[str]:
        """Text per channel."""
        from faster_whisper import decode_audio

        options = self._loader.options
        texts = []
        for channel in decode_audio(str(path), split_stereo=True):
            segments, _ = self._pipeline.transcribe(
                channel, language=options.language, batch_size=batch, beam_size=options.beam_size, word_timestamps=True,
                chunk_length=round(options.window_s), no_repeat_ngram_size=options.no_repeat_ngram_size, temperature=[0.0],
            )  # fmt: skip
            texts.append("".join(segment.text for segment in segments))
        return texts


def make_call(place: Path, seed: int, lengths: tuple[float, float]) -> _dialogues.Made:
    """Lengths spread evenly on a logarithmic scale: most calls are short."""
    share = (seed * 0.618034) % 1
    return _dialogues.make(place, seed, lengths[0] * (lengths[1] / lengths[0]) ** share)


class Windows(NamedTuple):
    """How many 30 s windows ours makes of a call, and how many its speech would fill without a gap."""

    packed: int
    ideal: int


def windows_of(path: Path) -> Windows:
    """How many windows a call takes."""
    item = begin_row(Row(path.name, str(path)), NOW, Remote({}, 30.0, Traits()))
    assert isinstance(item, Prepared)
    ideal = sum(math.ceil(speech.duration / 30) for speech in item.call.speech.values())
    return Windows(len(item.plans), ideal)


def windows_of_peer(path: Path) -> int:
    """How many 30 s windows the peer's own VAD makes of a call."""
    from faster_whisper import decode_audio
    from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

    count = 0
    for channel in decode_audio(str(path), split_stereo=True):
        spoken = get_speech_timestamps(channel, VadOptions(max_speech_duration_s=30, min_silence_duration_ms=160))
        if spoken:
            count += len(collect_chunks(channel, spoken, max_duration=30)[0])
    return count


def plain(text: str) -> str:
    """Without punctuation and gaps."""
    return "".join(char for char in text if char not in PUNCTUATION)
