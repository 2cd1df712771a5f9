"""The sound of calls as the desk plays it: decoded while it is already being heard, masked as it goes out.

    recording   one file or two; decoded block by block by a thread of its own
    Sound       the samples so far; later ones are decoded by themselves where the format allows it, else waited for
    wav         a WAV of known length from the first byte on: any range of it can be asked for
    peaks       the loudest sample of every 20 ms, by channel, at first as glimpses show it: never computed by a browser

Nothing with a name is written to disk (`audio.store`), so nothing has to be forgotten there. What was used longest ago is
let go first.
"""

from __future__ import annotations

import struct
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from qa_speech.audio.blocks import Blocks, Pair, open_blocks, open_pair
from qa_speech.audio.decode import KEEP_RATE_MAX
from qa_speech.audio.mask import PADDING_S, hide, tone
from qa_speech.audio.mask import ranges as masked_ranges
from qa_speech.call import Call
from qa_speech.errors import DecodeError
from qa_speech.privacy.sound import Sources, decoded_sources, sources
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
OPENERS = 4
"""How many recordings are opened at once: nobody who only wants to hear waits for what others have decoded."""
DECODE_AFTER_S = 1.5
"""What can be heard and seen already is decoded once the page that shows it has been drawn."""
GLIMPSES = 1500
"""Places at which a recording is looked at before it is decoded: more than a screen has columns for each lane."""
GLIMPSE_COLUMNS = 4
"""Columns of 20 ms that a glimpse stands for at least."""
TONE_LOUDNESS = int(np.abs(tone(8000, 8000)).max()) >> 8

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
        self._blocks: Blocks | Pair | None = None
        self._loudness = Loudness(self.rate, self.frames)
        self._is_whole = False
        self._changed = threading.Condition()

    def open(self, call: Call, recordings: Path | None) -> Sources | None:
        """Find its files; where their format allows it, it can be heard from anywhere and seen as a whole from now on."""
        problem = "audio_unreadable"
        try:
            found = sources(call, Timeline(), recordings=recordings)
            if isinstance(found, str):
                problem = found
                return None
            self._look(_blocks_of(call, found))
            problem = ""
            return found
        finally:
            if problem:
                self._ended(problem)

    def _look(self, blocks: Blocks | Pair | None) -> None:
        if blocks is None or blocks.rate != self.rate or not self.frames:
            return
        try:
            self._loudness.glimpsed(blocks)
        except DecodeError:
            return  # another reader may manage it, from its beginning
        with self._changed:
            self._blocks = blocks
            self._changed.notify_all()

    def decode(self, call: Call, found: Sources) -> None:
        """Decode it all; whoever waits is told block by block."""
        problem = "audio_unreadable"
        try:
            decoded = decoded_sources(call, found, told=self._grown)
            if isinstance(decoded, str):
                problem = decoded
                return
            self._grown(decoded.samples, decoded.rate)
            problem = ""
        finally:
            self._ended(problem)

    def _ended(self, problem: str) -> None:
        with self._changed:
            self.problem = problem
            self._is_whole = True
            self._blocks = None
            self._changed.notify_all()

    def _grown(self, samples: Samples, rate: int) -> None:
        heard = samples[:CHANNELS_MAX]
        if rate != self.rate:
            self._loudness = Loudness(rate, self.frames)
        self._loudness.measured(heard)
        with self._changed:
            self.rate = rate
            self._samples = heard
            self._changed.notify_all()

    @property
    def ready(self) -> int:
        """Samples of each channel that are decoded."""
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
        with self._changed:
            self._changed.wait_for(lambda: self.has(1), PATIENCE_S)
        return self.can_be_heard

    @property
    def can_be_heard(self) -> bool:
        """Whether anything of it can be read now."""
        return not self.problem and self.channels > 0

    @property
    def channels(self) -> int:
        """How many are played, 1 or 2; 0 before anything is known."""
        blocks = self._blocks
        if self.ready == 0 and blocks is not None:
            return blocks.channels
        return int(self._samples.shape[0])

    def has(self, last: int) -> bool:
        """Whether samples up to this one can be read without waiting."""
        return self._is_whole or self.ready >= last or self._blocks is not None

    def read(self, first: int, last: int) -> Samples:
        """Samples ``[first, last)``, shape (channels, n): decoded, else by themselves where that can be done, else waited for;
        silence where the recording turns out shorter."""
        blocks = self._blocks
        if self.ready < last and blocks is not None:
            return blocks.read(first, last)
        with self._changed:
            self._changed.wait_for(lambda: self._is_whole or self.ready >= last, PATIENCE_S)
        piece = self._samples[:, first:last]
        missing = last - first - piece.shape[1]
        return np.pad(piece, ((0, 0), (0, missing))) if missing else piece

    @property
    def loudness(self) -> Loudness:
        """How loud it is, as far as that is known."""
        return self._loudness


def _blocks_of(call: Call, found: Sources) -> Blocks | Pair | None:
    """The files of a call as they can be read from anywhere; None where they cannot."""
    if call.recording.raw:
        return None
    if found.customer is None:
        return open_blocks(found.path)
    lag_s = 0.0
    for warning in call.warnings:
        code, _, value = warning.partition(":")
        if code == "pair_lag":
            lag_s = float(value)
    return open_pair(found.path, found.customer, lag_s)


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


def parts(sound: Sound, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The bytes ``[start, end)`` of the WAV as pieces of `PIECE_FRAMES` at most, each with its start and end."""
    size = PIECE_FRAMES * sound.channels * SAMPLE_BYTES
    at = start
    while at < end:
        behind_head = max(0, at - WAV_HEAD)
        stop = min(end, WAV_HEAD + (behind_head // size + 1) * size)
        yield at, stop
        at = stop


def frames_before(sound: Sound, end: int) -> int:
    """How many samples have to be there for the bytes before `end`."""
    frame = sound.channels * SAMPLE_BYTES
    return -(-max(0, end - WAV_HEAD) // frame)


def wav(sound: Sound, masked: Masked, start: int, end: int) -> bytes:
    """The bytes ``[start, end)`` of the WAV; waits for what has to be decoded first (`Sound.has`)."""
    head = wav_head(sound)[start:end] if start < WAV_HEAD else b""
    frame = sound.channels * SAMPLE_BYTES
    at, last = max(0, start - WAV_HEAD), max(0, end - WAV_HEAD)
    if at >= last:
        return head
    first, stop = at // frame, frames_before(sound, end)
    piece = hidden(sound.read(first, stop), first, masked, sound.rate).T.astype("<i2").tobytes()
    shift = at - first * frame
    return head + piece[shift : shift + last - at]


def hidden(piece: Samples, first: int, masked: Masked, rate: int) -> Samples:
    """A piece that begins at sample `first`, with a tone in the masked ranges.

    >>> hidden(np.full((1, 4), 999, np.int16), 10, [(0, 12)], 8000)[0].tolist()[2:]
    [999, 999]
    """
    shown = piece.copy()
    hide(shown, first, masked, rate, "tone")
    return shown


def masked_of(sound: Sound, spans: Timeline) -> Masked:
    """What must not be heard of a sound."""
    return masked_ranges(spans, sound.rate, sound.frames, padding_s=PADDING_S)


# -- as a waveform


class Loudness:
    """The loudest sample of every 20 ms of each channel, 0–127: at first as far as glimpses tell, then as it is decoded."""

    def __init__(self, rate: int, frames: int) -> None:
        self._size = max(1, rate // PEAKS_PER_S)
        self._frames = frames
        self._rows = np.zeros((0, 0), np.uint8)
        self._known = 0

    def glimpsed(self, blocks: Blocks | Pair) -> None:
        """Look at it in so many places; each stands for the stretch up to the next."""
        count = -(-self._frames // self._size)
        step = max(GLIMPSE_COLUMNS, -(-count // GLIMPSES))
        places = range(0, count * self._size, step * self._size)
        loudest = np.abs(blocks.glimpses(places).astype(np.int32)).max(axis=2)
        self._rows = np.repeat(_as_bytes(loudest), step, axis=1)[:, :count]

    def measured(self, samples: Samples) -> None:
        """Take in what is decoded, from the first sample on; what was taken in before is not looked at again."""
        count = -(-self._frames // self._size)
        if self._rows.shape[0] != samples.shape[0]:
            self._rows = np.zeros((samples.shape[0], count), np.uint8)
        there = min(samples.shape[1], self._frames)
        if there < self._known:  # a second reader begins anew
            self._known = 0
        while self._known < there:
            first = self._known - self._known % self._size
            last = min(there, first + self._size * PIECE_FRAMES)
            piece = samples[:, first:last]
            full = -(-piece.shape[1] // self._size)
            padded = np.pad(piece, ((0, 0), (0, full * self._size - piece.shape[1])))
            blocks = padded.reshape(len(piece), full, self._size)
            loudest = np.maximum(blocks.max(axis=2), -blocks.min(axis=2).astype(np.int32))
            column = first // self._size
            self._rows[:, column : column + full] = _as_bytes(loudest)
            self._known = last

    def shown(self, masked: Masked) -> npt.NDArray[np.uint8]:
        """A row for each channel; what is masked is as loud as the tone."""
        rows = self._rows.copy()
        for first, last in masked:
            rows[:, first // self._size : -(-last // self._size)] = TONE_LOUDNESS
        return rows


def _as_bytes(loudest: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.uint8]:
    held: npt.NDArray[np.uint8] = np.minimum(127, loudest >> 8).astype(np.uint8)
    return held


class Peaks(NamedTuple):
    """The loudness of every 20 ms, one row of bytes after the other; `ready` 0–1 of it is decoded."""

    data: bytes
    channels: int
    ready: float


def peaks(sound: Sound, masked: Masked) -> Peaks:
    """The waveform as far as it is known."""
    ready = 1.0 if sound.is_whole else min(0.999, sound.ready / max(1, sound.frames))
    rows = sound.loudness.shown(masked)
    return Peaks(rows.tobytes(), len(rows), ready)


# -- those that are kept


class Sounds:
    """Decoded recordings, `memory_bytes` of them at most; those used last stay."""

    def __init__(self, recordings: Path | None = None, *, memory_bytes: int = MEMORY_BYTES) -> None:
        self._recordings = recordings
        self._memory_bytes = memory_bytes
        self._held: OrderedDict[str, Sound] = OrderedDict()
        self._lock = threading.Lock()
        self._openers = ThreadPoolExecutor(OPENERS, thread_name_prefix="open")
        self._decoders = ThreadPoolExecutor(DECODERS, thread_name_prefix="decode")
        self._is_closed = False

    def of(self, call: Call) -> Sound:
        """The sound of a call; begins to decode it where it is not held."""
        with self._lock:
            sound = self._held.get(call.id)
            if sound is None:
                sound = Sound(call)
                self._held[call.id] = sound
                self._openers.submit(self._open, sound, call)
            self._held.move_to_end(call.id)
            self._let_go()
        return sound

    def _open(self, sound: Sound, call: Call) -> None:
        found = sound.open(call, self._recordings)
        if found is None:
            return
        wait_s = DECODE_AFTER_S if sound.has(sound.frames) else 0.0
        timer = threading.Timer(wait_s, self._decode, (sound, call, found))
        timer.daemon = True
        timer.start()

    def _decode(self, sound: Sound, call: Call, found: Sources) -> None:
        with self._lock:
            if not self._is_closed:
                self._decoders.submit(sound.decode, call, found)

    def _let_go(self) -> None:
        while len(self._held) > 1 and sum(sound.bytes for sound in self._held.values()) > self._memory_bytes:
            self._held.popitem(last=False)

    def close(self) -> None:
        """Decode nothing more."""
        with self._lock:
            self._is_closed = True
        self._openers.shutdown(wait=False, cancel_futures=True)
        self._decoders.shutdown(wait=False, cancel_futures=True)
