"""Recordings made at test time, in every format a contact centre has; used by several tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import soundfile

from qa_speech.testing import tone

RATE = 8000


def two_tones(seconds: float = 2.0, rate: int = RATE) -> npt.NDArray[np.float32]:
    """400 Hz on the left, 1000 Hz at a quarter of its level on the right; shape (n, 2)."""
    return np.stack([tone(seconds, 400, -12, rate), tone(seconds, 1000, -24, rate)], axis=1)


def by_soundfile(form: str, subtype: str, rate: int = RATE, channels: int = 2) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        samples = two_tones(rate=rate)[:, :channels]
        with soundfile.SoundFile(path, "w", rate, channels, subtype=subtype, format=form) as file:
            for start in range(0, len(samples), 65_536):
                file.write(samples[start : start + 65_536])

    return write


def by_ffmpeg(
    codec: str, container: str, rate: int = RATE, channels: int = 2, bit_rate: int = 0
) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        samples = two_tones(rate=rate)[:, :channels]
        layout = "stereo" if channels == 2 else "mono"
        with av.open(os.fspath(path), "w", format=container) as file:
            stream = file.add_stream(codec, rate=rate, layout=layout)
            if bit_rate:
                stream.bit_rate = bit_rate
            resampler = av.AudioResampler(
                format=stream.format, layout=layout, rate=rate, frame_size=stream.frame_size or 0
            )
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout=layout)
            frame.sample_rate = rate
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                file.mux(stream.encode(piece))
            file.mux(stream.encode(None))

    return write


FORMATS: dict[str, tuple[str, Callable[[Path], None], int]] = {
    "pcm-u8": ("wav", by_soundfile("WAV", "PCM_U8"), 2),
    "pcm-16": ("wav", by_soundfile("WAV", "PCM_16"), 2),
    "pcm-24": ("wav", by_soundfile("WAV", "PCM_24"), 2),
    "pcm-32": ("wav", by_soundfile("WAV", "PCM_32"), 2),
    "float": ("wav", by_soundfile("WAV", "FLOAT"), 2),
    "double": ("wav", by_soundfile("WAV", "DOUBLE"), 2),
    "a-law": ("wav", by_soundfile("WAV", "ALAW"), 2),
    "mu-law": ("wav", by_soundfile("WAV", "ULAW"), 2),
    "ima-adpcm": ("wav", by_soundfile("WAV", "IMA_ADPCM"), 2),
    "ms-adpcm": ("wav", by_soundfile("WAV", "MS_ADPCM"), 2),
    "gsm": ("wav", by_soundfile("WAV", "GSM610", channels=1), 1),
    "mp3": ("mp3", by_soundfile("MP3", "MPEG_LAYER_III", rate=16_000), 2),
    "mp3-in-wav": ("wav", by_ffmpeg("libmp3lame", "wav", rate=16_000), 2),
    "flac": ("flac", by_soundfile("FLAC", "PCM_16"), 2),
    "opus": ("ogg", by_soundfile("OGG", "OPUS"), 2),
    "48k": ("wav", by_soundfile("WAV", "PCM_16", rate=48_000), 2),
    "44.1k": ("wav", by_soundfile("WAV", "PCM_16", rate=44_100), 2),
    "m4a": ("m4a", by_ffmpeg("aac", "mp4", rate=16_000), 2),
    "amr": ("amr", by_ffmpeg("libopencore_amrnb", "amr", channels=1, bit_rate=12_200), 1),
    "g723": ("wav", by_ffmpeg("g723_1", "wav", channels=1, bit_rate=6300), 1),
    "g726": ("wav", by_ffmpeg("g726", "wav", channels=1, bit_rate=32_000), 1),
    "webm": ("webm", by_ffmpeg("libopus", "webm", rate=48_000), 2),
}
"""name → (suffix, how it is written, channels)"""
