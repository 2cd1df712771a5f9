"""Strata of calls whose channels do not hold a party each throughout: one signal on both, masked, held. Used by `stretches.py`.

Each takes a call of `calls.py` and does to a stretch of it what recorders, redactors and exchanges do; truth is what was done.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from _line import Audio, coded, delayed, gain
from calls import MadeCall

from qa_speech.audio.mask import Replacement, mask_ranges
from qa_speech.timeline import Segment, Timeline

Samples = npt.NDArray[np.int16]
ONCE_MORE = ("", "", "alaw", "mp3_16k", "opus_8k", "gsm")
"""What a recorder does to the mixture when it stores it; nothing, or a codec."""
FULL = 32768


class Planted(NamedTuple):
    """The samples, shape (channels, n), and the stretches that are of the kind, in seconds."""

    samples: Samples
    stretches: Timeline


def partly_mono(made: MadeCall, random: np.random.Generator) -> Planted:
    """From 10 s to half of the call carry both parties on both channels: at its start, or after a transfer in its middle."""
    length_s = float(random.uniform(10, max(11, min(60, made.duration / 2))))
    start = 0.0 if random.random() < 0.6 else float(random.uniform(5, made.duration - length_s - 1))
    stretch = Segment(start, start + length_s)
    one, two = _floats(made.samples)
    mixed = one + two
    mixed *= np.float32(min(1.0, 0.95 / max(1e-6, float(np.max(np.abs(mixed))))))
    louder_db, lag_s = float(random.uniform(-5, 5)), float(random.choice((0, 0, 0.001, 0.012)))
    other = delayed(mixed, lag_s) * gain(louder_db)
    first, last = round(stretch.start * made.rate), round(stretch.end * made.rate)
    both = np.stack((one, two))
    both[0, first:last], both[1, first:last] = mixed[first:last], np.clip(other, -1, 1)[first:last]
    return Planted(_stored(both, random), Timeline([stretch]))


def masked(made: MadeCall, random: np.random.Generator) -> Planted:
    """One to three stretches, each around what somebody says, are silenced or covered with a tone on both channels."""
    spoken = [span for line in made.truth for span in line if span.duration > 0.8]
    chosen = random.choice(len(spoken), min(len(spoken), int(random.integers(1, 4))), replace=False)
    spans = [Segment(max(0.3, spoken[place].start - 0.2), spoken[place].end + 0.2) for place in chosen]
    stretches = Timeline(Segment(span.start, min(span.end, made.duration - 0.3)) for span in spans)
    ranges = [(round(span.start * made.rate), round(span.end * made.rate)) for span in stretches]
    kind = str(random.choice(("silence", "silence", "own tone", "other tone")))
    if kind == "other tone":
        return Planted(_toned(made.samples, ranges, made.rate, random), stretches)
    replacement = "silence" if kind == "silence" else "tone"
    samples = mask_ranges(made.samples, made.rate, ranges, replacement=replacement)
    return Planted(_stored(np.stack(_floats(samples)), random), stretches)


def masked_side(made: MadeCall, side: int, random: np.random.Generator) -> Planted:
    """One to three stretches in which one party (0 or 1) speaks are silenced, or covered with our tone, on its channel alone."""
    spoken = [span for span in made.truth[side] if span.duration > 0.8]
    chosen = random.choice(len(spoken), min(len(spoken), int(random.integers(1, 4))), replace=False)
    spans = [Segment(max(0.3, spoken[place].start - 0.2), spoken[place].end + 0.2) for place in chosen]
    stretches = Timeline(Segment(span.start, min(span.end, made.duration - 0.3)) for span in spans)
    ranges = [(round(span.start * made.rate), round(span.end * made.rate)) for span in stretches]
    replacement: Replacement = "silence" if random.random() < 0.7 else "tone"
    hidden = mask_ranges(made.samples[side : side + 1], made.rate, ranges, replacement=replacement)
    samples = made.samples.copy()
    samples[side] = hidden[0]
    return Planted(_stored(np.stack(_floats(samples)), random), stretches)


def _toned(samples: Samples, ranges: list[tuple[int, int]], rate: int, random: np.random.Generator) -> Samples:
    """Another redactor's tone: of any pitch that is no ringing, at any level."""
    pitch_hz = float(random.choice((600, 800, 1000, 1400, 2000))) * float(random.uniform(0.97, 1.03))
    level = float(gain(float(random.uniform(-30, -8)))) * np.sqrt(2) * FULL
    toned = samples.copy()
    for first, last in ranges:
        clock = np.arange(last - first) / rate
        toned[:, first:last] = np.rint(np.clip(level * np.sin(2 * np.pi * pitch_hz * clock), -FULL, FULL - 1))
    return toned


def natural_silence(made: MadeCall) -> bool:
    """Whether both channels are digital silence wherever nobody speaks: there a masked stretch looks like any pause."""
    return all(naturally_silent(made))


def naturally_silent(made: MadeCall) -> list[bool]:
    """The same, channel by channel."""
    return [_still_share(channel, made) > 0.01 for channel in made.samples]


def _still_share(channel: Samples, made: MadeCall) -> float:
    """Share of the frames of a channel in which no two samples differ by more than three steps."""
    hop = made.rate // 100
    frames = channel[: len(channel) // hop * hop].reshape(-1, hop).astype(np.int32)
    return float(np.mean(np.ptp(frames, axis=1) <= 3))


def _floats(samples: Samples) -> tuple[Audio, Audio]:
    one, two = samples.astype(np.float32) / np.float32(FULL)
    return one, two


def _stored(channels: npt.NDArray[np.float32], random: np.random.Generator) -> Samples:
    """As the recorder writes it."""
    codec = str(random.choice(ONCE_MORE))
    if codec:
        length = channels.shape[1]
        channels = np.stack([np.resize(coded(np.ascontiguousarray(channel), codec), length) for channel in channels])
    return np.rint(np.clip(channels, -1, (FULL - 1) / FULL) * FULL).astype(np.int16)
