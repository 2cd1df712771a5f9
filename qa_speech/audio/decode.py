"""Any call recording → samples, with a warning for what was odd and one clear error for what cannot be used.

libsndfile reads what it can; PyAV (the FFmpeg libraries that come with faster-whisper) reads the rest and repairs
what libsndfile silently takes for empty. No ffmpeg program is needed.

Memory: samples are kept as int16, at the file's own rate up to 16 kHz, and the file is read in blocks; those of a long
recording lie in a temporary file (`audio.store`). `Audio.cut` gives float32 pieces on demand.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from qa_speech.audio.limits import UNLIMITED, RecordingLimits
from qa_speech.audio.riff import data_chunk
from qa_speech.audio.store import BLOCK_FRAMES, Store
from qa_speech.errors import DecodeError, problem, said_by

KEEP_RATE_MAX = 16_000
"""Hz; recordings with a higher rate are resampled to this while they are read."""
RATES = (1_000, 384_000)
"""Hz; what any sampling rate lies between."""
CHANNELS_MAX = 32
EMPTY_HEADER_BYTES = 1024
RAW_CODECS = {
    "alaw": "ALAW", "ulaw": "ULAW", "pcm_s16le": "PCM_16", "pcm_u8": "PCM_U8", "pcm_s8": "PCM_S8",
    "vox": "VOX_ADPCM", "gsm": "GSM610", "float": "FLOAT", "pcm_s24le": "PCM_24", "pcm_s32le": "PCM_32",
}  # fmt: skip


@dataclass(frozen=True)
class RawFormat:
    """What a headerless file holds; `codec` is one of `RAW_CODECS`."""

    codec: str
    rate: int = 8000
    channels: int = 1

    def __post_init__(self) -> None:
        if self.codec not in RAW_CODECS:
            raise ValueError(
                problem("codec {codec!r}: expected one of {known}", codec=self.codec, known=", ".join(RAW_CODECS))
            )
        if not RATES[0] <= self.rate <= RATES[1] or not 1 <= self.channels <= CHANNELS_MAX:
            raise ValueError(
                problem("rate {rate} Hz, {channels} channels: not a recording", rate=self.rate, channels=self.channels)
            )


def raw_text(raw: RawFormat | None) -> str:
    """A format as `parse_raw` reads it; "" for none.

    >>> raw_text(RawFormat("alaw", 8000, 2)), raw_text(None)
    ('alaw:8000:2', '')
    """
    return "" if raw is None else f"{raw.codec}:{raw.rate}:{raw.channels}"


def parse_raw(text: str) -> RawFormat:
    """``codec[:rate[:channels]]`` → RawFormat; 8000 Hz and one channel unless given.

    Raises
    ------
    ValueError
        Says what was expected.

    Examples
    --------
    >>> parse_raw("alaw:8000:2")
    RawFormat(codec='alaw', rate=8000, channels=2)
    """
    codec, *numbers = text.split(":")
    if len(numbers) > 2 or not all(number.isdecimal() for number in numbers):
        raise ValueError(problem("{text!r}: expected codec:rate:channels, e.g. alaw:8000:2", text=text))
    return RawFormat(codec, *map(int, numbers))


@dataclass(frozen=True, eq=False)
class Audio:
    """A decoded recording. `samples`: int16, shape (channels, n), at `rate` Hz.

    `source_rate` and `source_frames` are those of the file; `codec` is the name the reader gives it; `warnings` are
    codes with a number or name after a colon (``truncated``, ``size_unknown``, ``damaged_packets:3`` …).
    """

    samples: npt.NDArray[np.int16]
    rate: int
    source_rate: int
    source_frames: int
    codec: str
    warnings: tuple[str, ...] = ()

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1]) / self.rate

    def cut(self, channel: int, start: float, end: float) -> npt.NDArray[np.float32]:
        """Samples of `channel` (0-based) in ``[start, end)`` seconds, float32 in −1…1, at `rate`."""
        first, last = max(0, round(start * self.rate)), max(0, round(end * self.rate))
        return self.samples[channel, first:last].astype(np.float32) / np.float32(32768)


Told: TypeAlias = "Callable[[npt.NDArray[np.int16], int], None]"
"""Is shown the samples decoded so far, shape (channels, n), and their rate in Hz."""


def as_int16(block: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
    """Samples in −1…1 as int16, rounded; what is no number is silence, what lies beyond is held at the edge.

    >>> as_int16(np.array([0.5, 2.0, np.nan], np.float32)).tolist()
    [16384, 32767, 0]
    """
    scaled = np.nan_to_num(block * np.float32(32768), nan=0.0, posinf=32767, neginf=-32768)
    held: npt.NDArray[np.int16] = np.rint(scaled).clip(-32768, 32767).astype(np.int16)
    return held


@dataclass(frozen=True)
class _Wanted:
    """A recording to decode, what it may be at most, and who is shown the samples as they come."""

    path: Path
    limits: RecordingLimits
    told: Told | None


class _Refused(Exception):
    """No other reader is to try."""


class _Sink:
    """Collects blocks of float32 (frames, channels) as int16 rows, resampling on the way when the rate is high."""

    def __init__(self, wanted: _Wanted, rate: int, channels: int) -> None:
        self._wanted = wanted
        self.rate = min(rate, KEEP_RATE_MAX)
        self.channels = channels
        self.frames = 0
        self._most_frames = wanted.limits.max_hours * 3600 * rate
        self._store = Store(channels)
        self._resampler: Any = None
        if rate > KEEP_RATE_MAX:
            import soxr

            self._resampler = soxr.ResampleStream(rate, KEEP_RATE_MAX, channels, dtype="float32", quality="HQ")

    def add(self, block: npt.NDArray[np.float32]) -> None:
        self.frames += len(block)
        if self.frames > self._most_frames:
            most = self._wanted.limits.max_hours
            raise _Refused(f"longer than {most:g} hours, the most that is read (recordings.max_hours)")
        self._keep(self._resampler.resample_chunk(block) if self._resampler else block)

    def _keep(self, block: npt.NDArray[np.float32]) -> None:
        try:
            self._store.add(as_int16(block))
        except OSError as exc:
            where = tempfile.gettempdir()
            raise _Refused(f"its sound does not fit into {where}: {exc.strerror or exc}") from exc
        if self._wanted.told is not None and self._store.frames:
            self._wanted.told(self._store.samples, self.rate)

    def finish(self) -> npt.NDArray[np.int16]:
        """The samples, shape (channels, n)."""
        if self._resampler:
            self._keep(self._resampler.resample_chunk(np.zeros((0, self.channels), np.float32), last=True))
        if self.frames and not self._store.frames:
            self._keep(np.zeros((1, self.channels), np.float32))  # shorter than one sample of ours
        return self._store.samples


def decode(
    path: str | Path,
    *,
    raw: RawFormat | None = None,
    told: Told | None = None,
    limits: RecordingLimits = UNLIMITED,
) -> Audio:
    """Decode a recording.

    Parameters
    ----------
    path
        WAV (PCM, float, A-law, µ-law, ADPCM, GSM 6.10, G.72x, MP3), MP3, FLAC, Ogg/Opus, m4a, AMR …; ``.vox`` is read
        as 8 kHz OKI ADPCM, one channel.
    raw
        For headerless files: codec, rate, channels.
    told
        Is shown what there is after every block, for whoever does not want to wait for the end; begins anew where a second
        reader has to take over.
    limits
        What a recording may be at most; a longer one is refused when so much of it has been read.

    Raises
    ------
    DecodeError
        The file is missing, empty, not audio, holds no samples or more than the limits allow; the message names the file
        and the cause.
    """
    wanted = _Wanted(Path(path), limits, told)
    try:
        return _decoded(wanted, raw)
    except _Refused as exc:
        raise DecodeError(str(path), said_by(exc)) from exc


def _decoded(wanted: _Wanted, raw: RawFormat | None) -> Audio:
    """A recording by the first reader that can."""
    path = wanted.path
    size = _size(path)
    if raw is None and path.suffix.lower() == ".vox":
        raw = RawFormat("vox")
    if raw is not None:
        return _checked(_soundfile(wanted, raw), path)
    try:
        audio = _soundfile(wanted, None)
    except DecodeError as first:
        try:
            return _checked(_pyav(wanted), path)
        except DecodeError as second:
            raise DecodeError(
                str(path),
                problem(
                    "not a recording that can be decoded ({first}; {second})",
                    first=first.problem,
                    second=second.problem,
                ),
            ) from None
    if audio.source_frames == 0 and size > EMPTY_HEADER_BYTES:
        repaired = _pyav(wanted)
        return _checked(_warn(repaired, "size_unknown"), path)
    data = data_chunk(path)
    if data is not None and data.unknown:
        audio = _warn(audio, "size_unknown")
    elif data is not None and data.truncated:
        audio = _warn(audio, "truncated")
    return _checked(audio, path)


def _size(path: Path) -> int:
    try:
        if not path.is_file():
            raise DecodeError(str(path), problem("no such file") if not path.exists() else problem("not a file"))
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as exc:
        raise DecodeError(str(path), problem("cannot be opened: {reason}", reason=exc.strerror or exc)) from exc
    if size == 0:
        raise DecodeError(str(path), problem("the file is empty (0 bytes)"))
    return size


def _warn(audio: Audio, warning: str) -> Audio:
    return replace(audio, warnings=(*audio.warnings, warning))


def _checked(audio: Audio, path: Path) -> Audio:
    if audio.samples.shape[1] == 0:
        raise DecodeError(str(path), problem("holds no samples"))
    return audio


def _check_header(wanted: _Wanted, rate: int, channels: int) -> None:
    lowest, highest = wanted.limits.min_rate, wanted.limits.max_rate
    if not lowest <= rate <= highest:
        raise _Refused(f"sampling rate {rate} Hz; expected {lowest}…{highest}")
    if not 1 <= channels <= CHANNELS_MAX:
        raise _Refused(f"{channels} channels; expected 1…{CHANNELS_MAX}")


def _soundfile(wanted: _Wanted, raw: RawFormat | None) -> Audio:
    import soundfile

    path = wanted.path
    options: dict[str, Any] = {}
    if raw is not None:
        options = {
            "format": "RAW", "subtype": RAW_CODECS[raw.codec], "samplerate": raw.rate, "channels": raw.channels,
        }  # fmt: skip
    elif path.suffix.lower() == ".raw":
        raise DecodeError(str(path), problem("headerless: its codec, rate and channels must be given"))
    try:
        with soundfile.SoundFile(os.fsencode(path), **options) as file:  # a name need not be UTF-8
            _check_header(wanted, file.samplerate, file.channels)
            sink = _Sink(wanted, file.samplerate, file.channels)
            while len(block := file.read(BLOCK_FRAMES, dtype="float32", always_2d=True)):
                sink.add(block)
            codec = f"{file.format}/{file.subtype}"
            return Audio(sink.finish(), sink.rate, file.samplerate, sink.frames, codec)
    except soundfile.LibsndfileError as exc:
        raise DecodeError(str(path), problem("libsndfile: {reason}", reason=exc.error_string.rstrip("."))) from exc
    except (RuntimeError, TypeError, ValueError, MemoryError) as exc:
        raise DecodeError(str(path), problem("libsndfile: {reason}", reason=exc)) from exc


@contextmanager
def _av_errors(path: Path) -> Iterator[None]:
    import av

    try:
        yield
    except (av.error.FFmpegError, av.error.InvalidDataError) as exc:
        raise DecodeError(str(path), problem("FFmpeg: {reason}", reason=exc.strerror or exc)) from exc
    except (ValueError, MemoryError, OverflowError, IndexError) as exc:
        raise DecodeError(str(path), problem("FFmpeg: {reason}", reason=exc)) from exc


CONTAINERS = (
    "aac,ac3,adts,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,eac3,ea,flac,flv,g722,g723_1,g726,g726le,g729,gsm,ilbc,latm,loas,"
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,nistsphere,nut,ogg,oma,rm,rso,sbc,sln,sox,spdif,tta,voc,w64,wav,wv,xa,xwma"
)
"""Formats that FFmpeg may take a file for, whatever its name: none that names other files (playlists, ``ffconcat``)."""

_ALONE = {"format_whitelist": CONTAINERS, "protocol_whitelist": "file"}


def _pyav(wanted: _Wanted) -> Audio:
    import av

    path = wanted.path
    av.logging.set_level(av.logging.PANIC)
    with _av_errors(path), av.open(os.fspath(path), metadata_errors="ignore", options=_ALONE) as container:
        if not container.streams.audio:
            raise DecodeError(str(path), problem("FFmpeg: no audio stream"))
        stream = container.streams.audio[0]
        decoder: _Decoder | None = stream.codec_context
        if decoder is None or not decoder.sample_rate or not decoder.channels:
            raise DecodeError(str(path), problem("FFmpeg: no decoder for this codec"))
        rate, channels = decoder.sample_rate, decoder.channels
        _check_header(wanted, rate, channels)
        sink = _Sink(wanted, rate, channels)
        resampler = av.AudioResampler(format="fltp", rate=rate)
        damaged = 0
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                damaged += 1
                continue
            for frame in frames:
                for piece in resampler.resample(frame):
                    sink.add(_planes(piece, channels))
        for piece in resampler.resample(None):
            sink.add(_planes(piece, channels))
        warnings = (f"damaged_packets:{damaged}",) if damaged else ()
        form = container.format.name.partition(",")[0]
        return Audio(sink.finish(), sink.rate, rate, sink.frames, f"{form}/{decoder.name}", warnings)


class _Decoder(Protocol):
    """What is used of the codec context of an audio stream; FFmpeg gives none for a codec that it cannot decode."""

    @property
    def name(self) -> str:
        """Name of the codec."""

    @property
    def sample_rate(self) -> int | None:
        """Hz; None or 0 where the file does not say."""

    @property
    def channels(self) -> int:
        """How many there are; 0 where the file does not say."""


def _planes(frame: Any, channels: int) -> npt.NDArray[np.float32]:
    block: npt.NDArray[np.float32] = frame.to_ndarray().T
    if block.shape[1] != channels:
        raise ValueError(
            problem(
                "the number of channels changes inside the file ({channels} → {found})",
                channels=channels,
                found=block.shape[1],
            )
        )
    return block
