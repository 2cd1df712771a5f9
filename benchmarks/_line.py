"""What a telephone line and a recorder do to clean speech: leak, level, noise, codec, faults. Used by `calls.py`."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Audio = npt.NDArray[np.float32]

RATE = 8000
FAULTS = (
    "mono", "fake_stereo", "dead_channel", "crosstalk", "clipping", "dc_offset", "dropouts", "low_snr", "band_limit",
    "echo", "hum", "sampling_rate",
)  # fmt: skip


def gain(decibel: float) -> np.float32:
    """Factor of a level in dB."""
    return np.float32(10 ** (decibel / 20))


def delayed(audio: Audio, delay_s: float) -> Audio:
    """Later by `delay_s`, same length."""
    count = round(delay_s * RATE)
    return np.concatenate((np.zeros(count, np.float32), audio))[: len(audio)]


def leaked(audio: Audio, level_db: float, lag_s: float, random: np.random.Generator) -> Audio:
    """What is heard of `audio` elsewhere: through a short random path, its overall level `level_db` below."""
    taps = np.zeros(24, np.float32)
    taps[0] = 1
    if random.random() < 0.5:
        taps[1:] = random.standard_normal(23) * np.exp(-np.arange(1, 24) / 5) * 0.4
    heard = np.convolve(delayed(audio, lag_s), taps)[: len(audio)].astype(np.float32)
    rms = np.sqrt(np.mean(heard**2) / max(1e-20, float(np.mean(audio**2))))
    return heard * gain(level_db) / np.float32(max(1e-9, rms))


def noise(kind: str, count: int, random: np.random.Generator, babble: Callable[[], Audio]) -> Audio:
    """Noise of RMS 1: white, babble (many voices), hum (mains and its harmonics), line (1/f and crackle)."""
    if kind == "white":
        found = random.standard_normal(count)
    elif kind == "babble":
        voices = babble()
        found = np.zeros(count)
        for number in range(8):
            start = round((number + float(random.uniform(0, 0.5))) / 8 * len(voices))
            found += np.resize(np.roll(voices, -start), count)
    elif kind == "hum":
        clock = np.arange(count) / RATE
        mains = float(random.choice([50, 60])) * (1 + float(random.uniform(-1, 1)) * 0.002)
        found = sum(
            float(random.uniform(0.2, 1)) / n**0.5 * np.sin(2 * np.pi * mains * n * clock + random.uniform(0, 6))
            for n in (1, 2, 3, 5, 7)
        )
    else:
        size = 1 << max(1, (count - 1).bit_length())
        spectrum = np.fft.rfft(random.standard_normal(size))
        spectrum /= np.sqrt(np.maximum(np.fft.rfftfreq(size, 1 / RATE), 50))
        found = np.fft.irfft(spectrum, size)[:count]
        clicks = random.random(count) < 2 / RATE
        found = found / np.std(found) + clicks * random.standard_normal(count) * 20
    return (found / max(1e-9, float(np.std(found)))).astype(np.float32)


# -- codecs -----------------------------------------------------------------------------------------------------


def coded(audio: Audio, codec: str) -> Audio:
    """Through a codec and back, the codec's delay taken out; one channel at 8 kHz."""
    audio = np.clip(audio, -1, 1).astype(np.float32)
    if codec in ("alaw", "ulaw", "gsm"):
        return _soundfile(audio, {"alaw": "ALAW", "ulaw": "ULAW", "gsm": "GSM610"}[codec])
    name, container, bit_rate = {
        "mp3_16k": ("libmp3lame", "mp3", 16_000),
        "amr_4.75": ("libopencore_amrnb", "amr", 4_750),
        "amr_12.2": ("libopencore_amrnb", "amr", 12_200),
        "opus_8k": ("libopus", "ogg", 8_000),
    }[codec]
    return _aligned(_pyav(audio, name, container, bit_rate), audio)


def _soundfile(audio: Audio, subtype: str) -> Audio:
    import soundfile

    file = io.BytesIO()
    soundfile.write(file, audio, RATE, subtype=subtype, format="WAV")
    file.seek(0)
    return np.asarray(soundfile.read(file, dtype="float32")[0], np.float32)[: len(audio)]


def _pyav(audio: Audio, name: str, container: str, bit_rate: int) -> Audio:
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(name, rate=RATE)
        stream.bit_rate = bit_rate
        stream.layout = "mono"
        samples = np.rint(audio * 32767).astype(np.int16)
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
        for start in range(0, len(samples), 8000):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + 8000], format="s16", layout="mono")
            frame.sample_rate = RATE
            frame.pts = start
            for piece in resampler.resample(frame):
                output.mux(stream.encode(piece))
        output.mux(stream.encode(None))
    file.seek(0)
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE)
    with av.open(file) as source:
        parts = [piece.to_ndarray()[0] for frame in source.decode(audio=0) for piece in resampler.resample(frame)]
        parts += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    return np.concatenate(parts).astype(np.float32)


def _aligned(decoded: Audio, original: Audio, reach: int = 4000) -> Audio:
    """`decoded` moved to where it fits `original` best, same length."""
    middle = int(np.argmax(np.convolve(original[::80] ** 2, np.ones(200), "same"))) * 80
    start = max(0, min(len(original) - 16000, middle - 8000))
    piece = original[start : start + 16000]
    low = max(0, start - reach)
    around = decoded[low : start + len(piece) + reach]
    size = 1 << (len(around) + len(piece)).bit_length()
    fit = np.fft.irfft(np.fft.rfft(around, size) * np.conj(np.fft.rfft(piece, size)), size)
    shift = low + int(np.argmax(fit[: max(1, len(around) - len(piece) + 1)])) - start
    moved = decoded[shift:] if shift >= 0 else np.concatenate((np.zeros(-shift, np.float32), decoded))
    return np.pad(moved, (0, max(0, len(original) - len(moved))))[: len(original)]


# -- faults -----------------------------------------------------------------------------------------------------


def with_holes(audio: Audio, spans: list[tuple[float, float]], random: np.random.Generator) -> Audio:
    """3 to 20 holes of 60 to 400 ms, digital silence, inside `spans` (seconds)."""
    audio = audio.copy()
    long = [(a, b) for a, b in spans if b - a > 1.0]
    for _ in range(int(random.integers(3, 21))):
        a, b = long[int(random.integers(len(long)))]
        length = float(random.uniform(0.06, 0.4))
        start = round(float(random.uniform(a + 0.2, b - length - 0.2)) * RATE)
        audio[start : start + round(length * RATE)] = 0
    return audio


def low_passed(audio: Audio, hertz: float) -> Audio:
    """Nothing above `hertz`, with an edge of a tenth of it."""
    size = 1 << max(1, len(audio) - 1).bit_length()
    spectrum = np.fft.rfft(audio, size)
    frequency = np.fft.rfftfreq(size, 1 / RATE)
    shaped = np.fft.irfft(spectrum * np.clip((hertz * 1.1 - frequency) / (hertz * 0.1), 0, 1), size)
    return shaped[: len(audio)].astype(np.float32)


def clipped(audio: Audio, share: float, ceiling: float) -> Audio:
    """`share` of the samples that are heard cut off, at `ceiling` of full scale."""
    loud = np.abs(audio[np.abs(audio) > 0.05 * np.abs(audio).max()])
    limit = float(np.quantile(loud, 1 - share))
    return np.clip(audio, -limit, limit) * np.float32(ceiling / limit)
