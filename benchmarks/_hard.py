"""Calls in which a voice is easily lost: quiet, hoarse, whispered, beside digital silence, among noise or hold music.

    one party   real · synthetic · hoarse · whispered     at −20 … −55 dBFS
    its line    digital silence (no dither) · dither · line noise 20 … 40 dB below; DC of 0 … 1 %, always or while it sounds
    between     nothing · white · brown · hammer · horn · recorded machines in its pauses, −10 … +6 dB to the voice
    hold        12 … 20 s of recorded music on one channel, −6 … +9 dB to its voice
    codec       none, or one of `calls.CODECS`

Used by `calls.py` and `timing.py`. Recordings for development and for the report are different ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import _line
import numpy as np
import numpy.typing as npt
from _dialogue import RATE, Audio, energy_truth, levelled
from _spoken import DATA, FIRST_DEVELOPMENT_SEED
from _talks import fresh

from qa_speech.timeline import Segment, Timeline

VOICES = ("real", "synthetic", "hoarse", "whispered")
VOICE_SHARES = (0.45, 0.25, 0.2, 0.1)
QUIET = ("zeros", "dither", "line")
BETWEEN = ("white", "brown", "hammer", "horn", "machines")
CODECS = ("", "alaw", "ulaw", "gsm", "mp3_16k", "amr_4.75", "amr_12.2", "opus_8k")
TALK_S = 45.0
DITHER_DB = -80.0
LEAST_PAUSE_S, EDGE_S, LONGEST_NOISE_S = 0.4, 0.05, 3.0
MIX = "music_noise_speech/ina/musanmix.mp3"
PARTS = {
    ("music", True): (0.0, 11.0), ("music", False): (11.0, 22.4),
    ("machines", True): (33.0, 42.0), ("machines", False): (42.0, 52.0),
}  # fmt: skip
"""Seconds of the mixture: what it holds, for the report or for development."""


@dataclass(frozen=True)
class Party:
    """What fate chose for one voice and its channel; levels in dB to the voice, but `level_db` in dBFS."""

    voice: str
    level_db: float
    quiet: str
    snr_db: float
    dc: float
    dc_always: bool
    between: str
    between_db: float
    music_db: float | None = None


@dataclass(frozen=True, eq=False)
class HardCall:
    """A call, `samples` int16 of shape (2, n) at `rate` Hz; per party when it speaks, and when noise or music sounds."""

    seed: int
    samples: npt.NDArray[np.int16]
    rate: int
    codec: str
    parties: tuple[Party, Party]
    truth: tuple[Timeline, Timeline]
    noise: tuple[Timeline, Timeline]
    music: tuple[Timeline, Timeline]


def make_hard(seed: int, *, variant: int = 0, data: Path = DATA) -> HardCall:
    """One hard call, the same for the same arguments. Seeds below 500 are for reports, those from 1000 for development."""
    random = np.random.default_rng([20_261_130, seed, variant])
    codec = str(random.choice(CODECS))
    held = int(random.integers(2)) if random.random() < 0.4 else None
    parties = (_party(random, held == 0), _party(random, held == 1))
    kinds = tuple(party.voice.replace("hoarse", "real") for party in parties)
    tracks, _, truth = fresh("talk_by", kinds, seed, variant, data, TALK_S)
    report = seed < FIRST_DEVELOPMENT_SEED
    hold = None
    if held is not None:
        tracks, hold = _with_hold(tracks, truth, float(random.uniform(12, 20)))
    made = []
    for party, track in zip(parties, tracks, strict=True):
        made.append(_channel(party, track, hold, report, data, random))
    channels = [_line.coded(channel.audio, codec) if codec else channel.audio for channel in made]
    samples = np.rint(np.clip(np.stack(channels), -1, 32767 / 32768) * 32768).astype(np.int16)
    one, two = made
    return HardCall(
        seed, samples, RATE, codec, parties, (one.truth, two.truth), (one.noise, two.noise), (one.music, two.music)
    )


def _party(random: np.random.Generator, holds: bool) -> Party:
    """Draw a voice and its line."""
    return Party(
        voice=str(random.choice(VOICES, p=VOICE_SHARES)),
        level_db=float(random.uniform(-55, -20)),
        quiet=str(random.choice(QUIET)),
        snr_db=float(random.uniform(20, 40)),
        dc=float(random.uniform(0, 0.01)) * float(random.choice((-1, 0, 1))),
        dc_always=bool(random.random() < 0.5),
        between=str(random.choice(BETWEEN)) if random.random() < 0.35 else "",
        between_db=float(random.uniform(-10, 6)),
        music_db=float(random.uniform(-6, 9)) if holds else None,
    )


def _with_hold(
    tracks: npt.NDArray[np.float32], truth: tuple[Timeline, Timeline], length_s: float
) -> tuple[npt.NDArray[np.float32], Segment | None]:
    """The tracks with silence put in where nobody speaks, nearest to the middle, and where that is."""
    middle = tracks.shape[1] / RATE / 2
    gaps = [gap for gap in (truth[0] | truth[1]).gaps() if gap.duration > LEAST_PAUSE_S]
    if not gaps:
        return tracks, None
    nearest = min(gaps, key=lambda gap: abs(gap.start - middle))
    at = round((nearest.start + nearest.end) / 2 * RATE)
    silence = np.zeros((2, round(length_s * RATE)), np.float32)
    longer = np.concatenate((tracks[:, :at], silence, tracks[:, at:]), axis=1)
    return longer, Segment(at / RATE, at / RATE + length_s)


@dataclass(frozen=True, eq=False)
class _Channel:
    """One channel before its codec, and what is heard when."""

    audio: Audio
    truth: Timeline
    noise: Timeline
    music: Timeline


def _channel(
    party: Party, track: Audio, hold: Segment | None, report: bool, data: Path, random: np.random.Generator
) -> _Channel:
    """A party's clean track (active level 0 dB) as the recorder gets it."""
    if party.voice == "hoarse":
        track = hoarse(track, random)
    truth = energy_truth(track)
    level = _line.gain(party.level_db)
    heard = track * level
    free = [gap for gap in truth.gaps() if gap.duration > LEAST_PAUSE_S]
    if hold is not None:
        free = [gap for gap in free if not Timeline([hold]).crop(gap)]
    noise = []
    for gap in free if party.between else []:
        end = min(gap.end - EDGE_S, gap.start + LONGEST_NOISE_S)
        noise.append(Segment(gap.start + EDGE_S, end))
    for piece in noise:
        sound = between(party.between, round(piece.duration * RATE), report, data, random)
        _put(heard, piece.start, sound * level * _line.gain(party.between_db))
    music = Timeline()
    if party.music_db is not None and hold is not None:
        music = Timeline([Segment(hold.start + 0.5, hold.end - 0.5)])
        tune = np.resize(recorded("music", report, data), round((hold.duration - 1) * RATE))
        _put(heard, hold.start + 0.5, tune * level * _line.gain(party.music_db))
    sounding = np.abs(heard) > 0
    if party.quiet == "line":
        heard = heard + random.standard_normal(len(heard)) * level * _line.gain(-party.snr_db)
    elif party.quiet == "dither":
        heard = heard + random.standard_normal(len(heard)) * _line.gain(DITHER_DB)
    heard = heard + party.dc * np.where(sounding | party.dc_always, 1, 0)
    return _Channel(heard.astype(np.float32), truth, Timeline(noise), music)


def _put(audio: Audio, start_s: float, sound: Audio) -> None:
    """Add a sound at a time, in place."""
    first = round(start_s * RATE)
    room = audio[first : first + len(sound)]
    room += sound[: len(room)]


def hoarse(track: Audio, random: np.random.Generator) -> Audio:
    """A voice without its low notes, with breath: noise that follows its loudness, 3 to 12 dB below; active level 0 dB."""
    hertz = float(random.uniform(200, 600))
    thin = track - _line.low_passed(track, hertz)
    size = RATE // 100
    loudness = np.sqrt(np.convolve(thin**2, np.ones(size) / size, mode="same"))
    loudness[track == 0] = 0
    breath = loudness * random.standard_normal(len(thin)) * _line.gain(-float(random.uniform(3, 12)))
    return levelled((thin + breath).astype(np.float32))


def between(kind: str, count: int, report: bool, data: Path, random: np.random.Generator) -> Audio:
    """`count` samples of a noise of RMS 1 while it sounds."""
    clock = np.arange(count) / RATE
    if kind == "machines":
        tape = recorded("machines", report, data)
        start = int(random.integers(len(tape)))
        return np.resize(np.roll(tape, -start), count)
    if kind == "horn":
        pitch = float(random.uniform(250, 500))
        parts = [np.sin(2 * np.pi * pitch * number * clock) / number for number in range(1, 6)]
        blown = clock % 0.8 < 0.5
        sound = np.sum(parts, axis=0) * blown
    else:
        sound = random.standard_normal(count)
    if kind == "brown":
        sound = np.convolve(sound, np.ones(20) / 20, mode="same")
    if kind == "hammer":
        period, blow = float(random.uniform(0.12, 0.5)), float(random.uniform(0.03, 0.09))
        sound = sound * (clock % period < blow)
    rms = np.sqrt(np.mean(sound[np.abs(sound) > 0] ** 2)) if sound.any() else 1.0
    return (sound / rms).astype(np.float32)


@cache
def recorded(what: str, report: bool, data: Path) -> Audio:
    """Music or machines of the mixture in the data folder, at 8 kHz, its loud parts at 0 dB."""
    import soxr

    from qa_speech.audio.decode import decode

    start, end = PARTS[what, report]
    mixture = decode(data / MIX)
    piece = mixture.cut(0, start, end)
    return levelled(soxr.resample(piece, mixture.rate, RATE).astype(np.float32))
