"""The sound of calls as the desk plays it: decoded in memory while it is already being heard, masked as it goes out.

    recording   one file; decoded block by block by a thread of its own
    Sound       the samples so far; whoever wants later ones waits
    wav         a WAV of known length from the first byte on: any range of it can be asked for
    peaks       the loudest sample of every 20 ms, by channel: the waveform is never computed by a browser

Nothing is written to disk, so nothing has to be forgotten there. What was used longest ago is let go first.
"""

from __future__ import annotations

import struct
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.decode import KEEP_RATE_MAX
from qa_speech.audio.mask import PADDING_S, tone
from qa_speech.audio.mask import ranges as masked_ranges
from qa_speech.call import Call
from qa_speech.privacy.sound import recorded
from qa_speech.timeline import Timeline

PEAKS_PER_S = 50
WAV_HEAD = 44
SAMPLE_BYTES = 2
CHANNELS_MAX = 2
PIECE_FRAMES = 1 << 14
"""Samples of each channel that go out at once."""
MEMORY_BYTES = 1 << 30
"""Of decoded sound that is kept: nine hours of two channels at 8 kHz."""
PATIENCE_S = 60.0
"""How long a listener waits for samples that are being decoded."""
DECODERS = 2

Samples = npt.NDArray[np.int16]
Masked = Sequence[tuple[int, int]]
"""Half-open ranges of samples in which nothing of the recording may be heard."""


class Sound:
    """A recording while it is decoded and after; `frames` are announced from what is known of the call."""

    def __init__(self, call: Call) -> None:
        recording = call.recording
        self.rate = min(recording.sampling_rate, KEEP_RATE_MAX) or KEEP_RATE_MAX
        self.frames = -(-recording.num_samples * self.rate // max(1, recording.sampling_rate))
        self.problem = ""
        self._samples: Samples = np.zeros((0, 0), np.int16)
        self._is_whole = False
        self._changed = threading.Condition()

    def decode(self, call: Call, recordings: Path | None) -> None:
        """Decode it all; whoever waits is told block by block."""
        problem = "audio_unreadable"
        try:
            found = recorded(call, Timeline(), recordings=recordings, told=self._grown)
            if isinstance(found, str):
                problem = found
            else:
                problem = ""
                self._grown(found.samples, found.rate)
        finally:
            with self._changed:
                self.problem = problem
                self._is_whole = True
                self._changed.notify_all()

    def _grown(self, samples: Samples, rate: int) -> None:
        with self._changed:
            self.rate = rate
            self._samples = samples[:CHANNELS_MAX]
            self._changed.notify_all()

    @property
    def ready(self) -> int:
        """Samples of each channel that are there."""
        return int(self._samples.shape[1])

    @property
    def is_whole(self) -> bool:
        """Whether all of it is there, or never will be."""
        return self._is_whole

    @property
    def bytes(self) -> int:
        """What it takes in memory, at the end."""
        return self.frames * CHANNELS_MAX * SAMPLE_BYTES

    def begun(self) -> bool:
        """Wait for the first samples; False where there will be none (`problem` says why)."""
        self._wait(1)
        return not self.problem and self.ready > 0

    @property
    def channels(self) -> int:
        """How many are played, 1 or 2."""
        return int(self._samples.shape[0])

    def read(self, first: int, last: int) -> Samples:
        """Samples ``[first, last)``, shape (channels, n); waits for them, silence where the recording turns out shorter."""
        self._wait(last)
        piece = self._samples[:, first:last]
        missing = last - first - piece.shape[1]
        return np.pad(piece, ((0, 0), (0, missing))) if missing else piece

    def _wait(self, frames: int) -> None:
        until = time.monotonic() + PATIENCE_S
        with self._changed:
            while not self._is_whole and self.ready < frames:
                if not self._changed.wait(until - time.monotonic()):
                    return


# -- as a WAV


def wav_bytes(sound: Sound) -> int:
    """Length of the WAV, in bytes."""
    return WAV_HEAD + sound.frames * sound.channels * SAMPLE_BYTES


def wav_head(sound: Sound) -> bytes:
    """Its first 44 bytes: PCM, 16 bits."""
    frame = sound.channels * SAMPLE_BYTES
    size = sound.frames * frame
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, sound.channels, sound.rate, sound.rate * frame, frame, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVE" + form + b"data" + struct.pack("<I", size)


def wav(sound: Sound, masked: Masked, start: int, end: int) -> Iterator[bytes]:
    """The bytes ``[start, end)`` of the WAV, piece by piece, as they are decoded."""
    if start < WAV_HEAD:
        yield wav_head(sound)[start:end]
    frame = sound.channels * SAMPLE_BYTES
    at, last = max(0, start - WAV_HEAD), max(0, end - WAV_HEAD)
    while at < last:
        first = at // frame
        stop = min(first + PIECE_FRAMES, -(-last // frame))
        piece = hidden(sound.read(first, stop), first, masked, sound.rate).T.astype("<i2").tobytes()
        shift = at - first * frame
        yield piece[shift : shift + last - at]
        at = stop * frame


def hidden(piece: Samples, first: int, masked: Masked, rate: int) -> Samples:
    """A piece that begins at sample `first`, with a tone in the masked ranges.

    >>> hidden(np.full((1, 4), 999, np.int16), 10, [(0, 12)], 8000)[0].tolist()[2:]
    [999, 999]
    """
    last = first + piece.shape[1]
    shown = piece
    for begin, end in masked:
        if begin >= last or end <= first:
            continue
        if shown is piece:
            shown = piece.copy()
        low, high = max(begin, first), min(end, last)
        shown[:, low - first : high - first] = tone(end - begin, rate)[low - begin : high - begin]
    return shown


def masked_of(sound: Sound, spans: Timeline) -> Masked:
    """What must not be heard of a sound."""
    return masked_ranges(spans, sound.rate, sound.frames, padding_s=PADDING_S)


# -- as a waveform


class Peaks(NamedTuple):
    """The loudest sample of every 20 ms, 0–127, one row of bytes after the other; `ready` 0–1 of it is there."""

    data: bytes
    channels: int
    ready: float


def peaks(sound: Sound, masked: Masked) -> Peaks:
    """The waveform as far as it is decoded; what is masked is drawn as the tone."""
    size = max(1, sound.rate // PEAKS_PER_S)
    count = -(-sound.frames // size)
    there = min(sound.ready, sound.frames)
    rows = np.zeros((max(1, sound.channels), count), np.uint8)
    for first in range(0, there, size * PIECE_FRAMES):
        last = min(there, first + size * PIECE_FRAMES)
        piece = hidden(sound.read(first, last), first, masked, sound.rate)
        full = -(-piece.shape[1] // size)
        padded = np.pad(piece, ((0, 0), (0, full * size - piece.shape[1])))
        blocks = padded.reshape(len(piece), full, size)
        loudest = np.maximum(blocks.max(axis=2), -blocks.min(axis=2).astype(np.int32))
        rows[:, first // size : first // size + full] = np.minimum(127, loudest >> 8)
    ready = 1.0 if sound.is_whole else there / max(1, sound.frames)
    return Peaks(rows.tobytes(), len(rows), ready)


# -- those that are kept


class Sounds:
    """Decoded recordings, `memory_bytes` of them at most; those used last stay."""

    def __init__(self, recordings: Path | None = None, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._recordings = recordings
        self._memory_bytes = memory_bytes
        self._held: OrderedDict[str, Sound] = OrderedDict()
        self._lock = threading.Lock()
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")

    def of(self, call: Call) -> Sound:
        """The sound of a call; begins to decode it where it is not held."""
        with self._lock:
            sound = self._held.get(call.id)
            if sound is None:
                sound = Sound(call)
                self._held[call.id] = sound
                self._decoders.submit(sound.decode, call, self._recordings)
            self._held.move_to_end(call.id)
            self._let_go()
        return sound

    def _let_go(self) -> None:
        while len(self._held) > 1 and sum(sound.bytes for sound in self._held.values()) > self._memory_bytes:
            self._held.popitem(last=False)

    def close(self) -> None:
        """Decode nothing more."""
        self._decoders.shutdown(wait=False, cancel_futures=True)
