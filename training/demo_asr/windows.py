"""Training windows: utterances on one telephone line, as log-mel features with every character's place in time.

Three sizes of window:

* ``A``: one to three utterances, up to 6 s; cheap, for the first steps;
* ``B``: up to eight utterances in 7, 10 or 14 s;
* ``C``: 30 s, padded as faster-whisper pads them: often full, sometimes nearly empty, and half of the full ones cut in
  the middle of a sentence.

Every window is drawn from a seed and its number, so that training can stop and go on.
"""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import corpus
import numpy as np
import soundfile
import soxr
import speech
import torch
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray
from synth import Utterance
from torch import Tensor

__all__ = [
    "EOT",
    "FIRST_TOKENS",
    "FRAME_S",
    "NUM_CHARACTERS",
    "NUM_TOKENS",
    "Batch",
    "Mixing",
    "Size",
    "make_batches",
]

Size = Literal["A", "B", "C"]

NUM_CHARACTERS = len(corpus.CHARACTERS)
INDEX = {character: index for index, character in enumerate(corpus.CHARACTERS)}
EOT, SOT, ZH, TRANSCRIBE, NO_TIMESTAMPS = range(NUM_CHARACTERS, NUM_CHARACTERS + 5)
NUM_TOKENS = NUM_CHARACTERS + 5
FIRST_TOKENS = (SOT, ZH, TRANSCRIBE, NO_TIMESTAMPS)
"""What every sequence begins with."""

FRAME_S = 0.02
"""Seconds per frame of the encoder's output."""

_FRAMES_PER_S = 50
_FULL_S = 30.0
_IGNORE = -100
_MAX_UTTERANCE_S = 12.0

_EXTRACTOR = FeatureExtractor()
_MEL = torch.from_numpy(_EXTRACTOR.mel_filters)
_HANN = torch.from_numpy(np.hanning(401)[:-1].astype(np.float32))

Audio = NDArray[np.float32]
Span = tuple[float, float]


@dataclass(frozen=True)
class Mixing:
    """How utterances become a line: quietest level (as a power of ten), and the share of lines sent through a codec."""

    quietest: float = -1.1
    coded: float = 0.0
    wrong_input: float = 0.08
    """Share of the decoder's input characters that are replaced by chance."""


class Batch(NamedTuple):
    """Windows of one size, padded."""

    features: Tensor
    """``(windows, 80, frames)``"""
    offset: int
    """Position of the first frame, for the encoder's position embedding."""
    inputs: Tensor
    """``(windows, tokens)``, some wrong on purpose"""
    labels: Tensor
    """``(windows, tokens)``, -100 where nothing is learnt"""
    frames: Tensor
    """``(windows, frames / 2)``: the character of each output frame, or `NUM_CHARACTERS`"""
    spans: Tensor
    """``(windows, tokens, 2)``: the output frames of each label, or -1"""
    spoken: list[list[int]]
    """The characters of each window without punctuation"""

    def to(self, device: str) -> Batch:
        """The same batch on another device."""
        moved = (part.to(device) if isinstance(part, Tensor) else part for part in self)
        return Batch(*moved)  # type: ignore[arg-type]


# -- audio ------------------------------------------------------------------------------------------------------


def line(pieces: Sequence[tuple[int, Audio]], length: int, rng: random.Random, mixing: Mixing) -> Audio:
    """Put pieces of 8 kHz audio on a noisy line; 16 kHz audio."""
    wide = soxr.resample(narrow_line(pieces, length, rng, mixing), 8000, 16000, quality=rng.choice(["HQ", "MQ", "LQ"]))
    if rng.random() < 0.3:
        wide += _noise(len(wide), rng) * 10 ** rng.uniform(-5, -3.5)
    return wide


def narrow_line(pieces: Sequence[tuple[int, Audio]], length: int, rng: random.Random, mixing: Mixing) -> Audio:
    """Put pieces of 8 kHz audio on a noisy line; 8 kHz audio of `length` samples."""
    audio = np.zeros(length, np.float32)
    for start, piece in pieces:
        first, last = max(0, start), min(length, start + len(piece))
        if last > first:
            audio[first:last] += piece[first - start : last - start]
    if rng.random() < 0.8:
        audio += _noise(length, rng) * 10 ** rng.uniform(-4.5, -2.3)
    if rng.random() < mixing.coded:
        audio = through_codec(audio, rng.choice(("opus", "opus", "gsm")))
    return audio


def _noise(length: int, rng: random.Random) -> Audio:
    return np.random.default_rng(rng.getrandbits(31)).standard_normal(length).astype(np.float32)


def through_codec(audio: Audio, codec: Literal["opus", "gsm"]) -> Audio:
    """8 kHz audio after Opus (about 18 kbit/s) or GSM 6.10, same length."""
    file = io.BytesIO()
    if codec == "opus":
        soundfile.write(file, audio, 8000, format="OGG", subtype="OPUS", compression_level=0.95)
    else:
        soundfile.write(file, audio, 8000, format="WAV", subtype="GSM610")
    file.seek(0)
    decoded, _ = soundfile.read(file, dtype="float32")
    return np.pad(decoded, (0, max(0, len(audio) - len(decoded))))[: len(audio)]


def log_mel(audio: Audio) -> Tensor:
    """The features of faster-whisper's ``FeatureExtractor``, computed by torch."""
    padded = torch.from_numpy(np.pad(audio, (0, 160)))
    spectrum = torch.stft(padded, 400, 160, window=_HANN, center=True, pad_mode="reflect", return_complex=True)
    power = spectrum[:, :-1].abs() ** 2
    mel = torch.log10(torch.clamp(_MEL @ power, min=1e-10))
    mel = torch.maximum(mel, mel.max() - 8.0)
    return ((mel + 4) / 4)[:, :-1]


# -- one window -------------------------------------------------------------------------------------------------


@dataclass
class _Layout:
    """Utterances placed on a line."""

    pieces: list[tuple[int, Audio]]
    tokens: list[int]
    """A character that is cut away is -1."""
    spans: list[Span | None]
    """None for punctuation and for characters cut away."""
    end: float | None
    """End of the last utterance with the pause behind it."""


def _place(rng: random.Random, pool: Sequence[Utterance], longest: float, size: Size, mixing: Mixing) -> _Layout:
    layout = _Layout([], [], [], None)
    clock = rng.uniform(0, 0.35)
    role, one_speaker = rng.choice(("agent", "customer")), rng.random() < 0.8
    gain = 10 ** rng.uniform(mixing.quietest, 0.0)
    wanted = _how_many(rng, size)
    full = size == "C" and wanted == 20
    if size == "C" and rng.random() < 0.15:
        clock = rng.uniform(0, 3)
    cut = full and rng.random() < 0.5
    if cut and rng.random() < 0.6:
        clock = -rng.uniform(0.2, 2)
    limit = longest if cut else longest - 0.15
    too_long = 0
    placed = 0
    while placed < wanted and clock < limit and too_long < 6:
        utterance = pool[rng.randrange(len(pool))]
        if one_speaker and utterance.role != role and rng.random() < 0.9:
            continue
        seconds = len(utterance.codes) / speech.SAMPLING_RATE
        if clock + seconds > limit and not cut:
            too_long += 1
            continue
        level = gain * (1 if one_speaker else 10 ** rng.uniform(-0.4, 0))
        layout.pieces.append((int(clock * speech.SAMPLING_RATE), speech.alaw_decode(utterance.codes) * level))
        _add_text(layout, utterance, clock, longest)
        clock += seconds + _pause(rng)
        layout.end = clock
        placed += 1
    return layout


def _how_many(rng: random.Random, size: Size) -> int:
    if size == "A":
        return rng.choice([1, 1, 1, 1, 2, 3])
    if size == "B":
        return rng.randint(2, 8)
    return rng.choice([0] + [1] * 3 + [2] * 2 + [4] * 2 + [20] * 16)


def _pause(rng: random.Random) -> float:
    draw = rng.random()
    if draw < 0.5:
        return rng.uniform(0.12, 0.5)
    return rng.uniform(0.4, 1.1) if draw < 0.92 else rng.uniform(1, 4)


def _add_text(layout: _Layout, utterance: Utterance, clock: float, longest: float) -> None:
    times = iter(utterance.times)
    for character in utterance.text:
        if character in speech.PUNCTUATION:
            layout.tokens.append(INDEX[character])
            layout.spans.append(None)
            continue
        start, end = (float(second) + clock for second in next(times))
        inside = 0.0 <= (start + end) / 2 <= longest
        layout.tokens.append(INDEX[character] if inside else -1)
        layout.spans.append((max(start, 0.0), min(end, longest)) if inside else None)


def _drop_cut(tokens: list[int], spans: list[Span | None]) -> tuple[list[int], list[Span | None]]:
    """Drop characters outside of the window, and punctuation that belongs to them."""
    heard = [index for index, span in enumerate(spans) if span is not None]
    if not heard:
        return [], []
    kept_tokens: list[int] = []
    kept_spans: list[Span | None] = []
    for index in range(heard[0], len(tokens)):
        if tokens[index] < 0:
            break
        kept_tokens.append(tokens[index])
        kept_spans.append(spans[index])
    return kept_tokens, kept_spans


def _give_pauses(spans: list[Span | None], end: float) -> list[Span]:
    """Punctuation gets the pause behind the character before it, one second at most."""
    given: list[Span] = []
    for index, span in enumerate(spans):
        if span is not None:
            given.append(span)
            continue
        start = given[-1][1] if given else 0.0
        following = next((later[0] for later in spans[index + 1 :] if later is not None), None)
        stop = min(end, start + 0.6) if following is None else following
        given.append((start, max(min(stop, start + 1.0), start + 0.02)))
    return given


def make_window(
    rng: random.Random, pool: Sequence[Utterance], longest: float, size: Size, mixing: Mixing
) -> tuple[Tensor, list[int], list[Span]]:
    """Features, tokens with the end token, and the span of each token in seconds."""
    layout = _place(rng, pool, longest, size, mixing)
    tokens, raw_spans = _drop_cut(layout.tokens, layout.spans)
    end = layout.end if layout.end is not None else rng.uniform(0.3, longest)
    end += rng.uniform(0, 0.3) if size != "C" else rng.choice([0, 0, rng.uniform(0, 5), longest])
    end = max(min(longest, end), 0.5)
    spans = _give_pauses(raw_spans, end)
    tokens.append(EOT)
    spans.append((min(spans[-1][1], end - 0.04), min(longest, end + 1.0)) if spans else (end - 0.04, longest))
    return log_mel(line(layout.pieces, int(end * speech.SAMPLING_RATE), rng, mixing)), tokens, spans


# -- batches ----------------------------------------------------------------------------------------------------


def make_batches(
    seed: int, size: Size, count: int, windows: int, pool: Sequence[Utterance], mixing: Mixing
) -> list[Batch]:
    """`count` batches of one size.

    `windows` is the number of windows in a batch of size A or C, and of those of 10 s in one of size B.  Windows of
    size A are sorted by length over all the batches, so that little is padding.
    """
    rng = random.Random(seed)
    if size == "A":
        made = [make_window(rng, pool, 6.0, "A", mixing) for _ in range(count * windows)]
        made.sort(key=lambda window: window[0].shape[1])
        groups = [made[first : first + windows] for first in range(0, len(made), windows)]
        rng.shuffle(groups)
    else:
        groups = []
        for _ in range(count):
            longest = rng.choice([7.0, 10.0, 14.0]) if size == "B" else _FULL_S
            number = max(2, int(windows * 10 / longest)) if size == "B" else windows
            groups.append([make_window(rng, pool, longest, size, mixing) for _ in range(number)])
    return [collate(group, size, rng, mixing) for group in groups]


def collate(
    windows: Sequence[tuple[Tensor, list[int], list[Span]]], size: Size, rng: random.Random, mixing: Mixing
) -> Batch:
    """Pad windows to one batch."""
    frames = 3000 if size == "C" else max(window[0].shape[1] for window in windows) + 2
    frames += frames % 2
    half = frames // 2
    tokens = max(len(window[1]) for window in windows) + len(FIRST_TOKENS) - 1
    features = torch.zeros(len(windows), 80, frames)
    inputs = torch.full((len(windows), tokens), EOT)
    labels = torch.full((len(windows), tokens), _IGNORE)
    frame_labels = torch.full((len(windows), half), NUM_CHARACTERS)
    spans = torch.full((len(windows), tokens, 2), -1)
    spoken: list[list[int]] = []
    for row, (mel, ids, seconds) in enumerate(windows):
        features[row, :, : mel.shape[1]] = mel[:, :frames]
        sequence = [*FIRST_TOKENS, *ids]
        inputs[row, : len(sequence) - 1] = torch.tensor(sequence[:-1])
        first = len(FIRST_TOKENS) - 1
        labels[row, first : first + len(ids)] = torch.tensor(ids)
        bounds = torch.tensor(seconds) * _FRAMES_PER_S
        starts = bounds[:, 0].floor().long().clamp(0, half - 1)
        ends = torch.maximum(bounds[:, 1].ceil().long(), starts + 1).clamp(max=half)
        spans[row, first : first + len(ids)] = torch.stack([starts, ends], 1)
        letters = [
            i for i, token in enumerate(ids) if token < EOT and corpus.CHARACTERS[token] not in speech.PUNCTUATION
        ]
        for i in letters:
            frame_labels[row, starts[i] : ends[i]] = ids[i]
        spoken.append([ids[i] for i in letters])
    offset = 0 if size == "C" or rng.random() < 0.3 else rng.randint(0, 1500 - half)
    _spoil(inputs, rng, mixing.wrong_input)
    return Batch(features, offset, inputs, labels, frame_labels, spans, spoken)


def _spoil(inputs: Tensor, rng: random.Random, share: float) -> None:
    """Replace some input characters, so that the decoder does not trust its own past too much."""
    generator = torch.Generator().manual_seed(rng.getrandbits(31))
    chosen = (torch.rand(inputs.shape, generator=generator) < share) & (inputs < NUM_CHARACTERS)
    chosen[:, : len(FIRST_TOKENS)] = False
    other = torch.randint(0, NUM_CHARACTERS, inputs.shape, generator=generator)
    inputs[chosen] = other[chosen]


def usable(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Utterances that fit into the windows and the vocabulary; sentences one and a half times as often as salad."""
    longest = _MAX_UTTERANCE_S * speech.SAMPLING_RATE
    kept = [u for u in utterances if len(u.codes) < longest and all(c in INDEX for c in u.text)]
    return kept + [u for index, u in enumerate(kept) if u.kind != "salad" and index % 2]
