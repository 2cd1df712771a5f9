"""Two-channel calls of real Mandarin clips: 8 kHz A-law, turns in order, exact truth.

    kind `one`     one long passage a channel, in pieces, turn by turn
    kind `alone`   one clip, nobody on the other channel
    kind `many`    several voices a channel (announcement, agent, the next agent; a second person), one clip a turn

Clips whose text a person wrote are divided once: those of TUNING may be used to choose bounds, those of CLOSED decide.
Passages (`one`) are counted by the channel, since their text cannot be divided by ear.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
import soxr

RATE = 8000
Sound = npt.NDArray[np.float32]

TUNING = (
    "BAC009S0724W0121.wav", "IT0011W0001.wav", "CCTV_1.wav", "TEST_NET_Y0000000000_-KTKHdZ2fb8_S00000.wav",
    "cosyvoice_zero_shot_prompt.wav", "funasr_sample.wav", "fired_hello_zh.wav", "f5_basic_ref_zh.wav",
)  # fmt: skip
CLOSED = (
    "BAC009S0764W0121.wav", "BAC009S0764W0122.wav", "CCTV_104.wav", "SSB00050015.wav",
    "TEST_MEETING_T0000000001_S00000.wav", "kimi_asr_example.wav", "funasr_asr_example.wav", "uberi_chinese.flac",
)  # fmt: skip
PASSAGES_TUNING = (("azure_customspeech_train1.wav", "azure_customspeech_train2.wav"),)
PASSAGES_CLOSED = (("azure_customspeech_test.wav", "azure_zhcn_continuous.wav"),)


@dataclass(frozen=True)
class Turn:
    """One clip in a call: channel (0 or 1), where it is heard in seconds, what it says."""

    channel: int
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class RealCall:
    """A made call: `wav` is a WAV file in A-law, two channels; `turns` in order of time."""

    name: str
    wav: bytes
    turns: tuple[Turn, ...]

    def texts(self, channel: int) -> str:
        """All that is said on a channel."""
        return "".join(turn.text for turn in self.turns if turn.channel == channel)


class Clips:
    """The clips of a folder, at 8 kHz and one level, with their texts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        lines = (folder / "refs.tsv").read_text(encoding="utf-8").splitlines()[1:]
        self._texts = {line.split("\t")[0]: line.split("\t")[1] for line in lines}

    def text(self, name: str) -> str:
        """What a clip says."""
        return self._texts[name]

    def sound(self, name: str, level_db: float) -> Sound:
        """A clip at 8 kHz; `level_db`: dBFS RMS of its louder half."""
        samples, rate = soundfile.read(self._folder / name, dtype="float32")
        if samples.ndim > 1:
            samples = samples.mean(axis=1)
        low = soxr.resample(samples, rate, RATE)
        frames = low[: len(low) // 160 * 160].reshape(-1, 160)
        power = np.sort((frames**2).mean(axis=1))
        loud = power[len(power) // 2 :].mean()
        return np.asarray(low * 10 ** (level_db / 20) / np.sqrt(loud), np.float32)


def many_voices(clips: Clips, names: tuple[str, ...], seed: int) -> RealCall:
    """A call of single clips: most voices on channel 1 (agent's side), turn by turn, with a little noise of the line."""
    chance = np.random.default_rng([seed, 1])
    order = list(chance.permutation(len(names)))
    placed: list[tuple[Turn, Sound]] = []
    at = float(chance.uniform(0.3, 1.5))
    for number, index in enumerate(order):
        name = names[index]
        sound = clips.sound(name, float(chance.uniform(-30, -20)))
        channel = int(number % 3 == 2)
        length = len(sound) / RATE
        placed.append((Turn(channel, at, at + length, clips.text(name)), sound))
        at += length + float(chance.uniform(0.2, 1.6))
    return _mixed(f"many-{seed}", placed, at, chance)


def one_voice(clips: Clips, pair: tuple[str, str], seed: int) -> RealCall:
    """A call of two passages, the second beginning when the first is over, each cut into pieces by a pause of the other."""
    chance = np.random.default_rng([seed, 2])
    placed: list[tuple[Turn, Sound]] = []
    at = 0.5
    for channel, name in enumerate(pair):
        sound = clips.sound(name, float(chance.uniform(-30, -20)))
        length = len(sound) / RATE
        placed.append((Turn(channel, at, at + length, clips.text(name)), sound))
        at += length + float(chance.uniform(0.2, 1.0))
    return _mixed(f"one-{seed}", placed, at, chance)


def alone(clips: Clips, name: str, seed: int) -> RealCall:
    """A call of one clip on the first channel."""
    chance = np.random.default_rng([seed, 3])
    sound = clips.sound(name, float(chance.uniform(-30, -20)))
    start = float(chance.uniform(0.3, 1.5))
    length = len(sound) / RATE
    turn = Turn(0, start, start + length, clips.text(name))
    return _mixed(f"alone-{seed}", [(turn, sound)], start + length, chance)


def _mixed(name: str, placed: list[tuple[Turn, Sound]], length_s: float, chance: np.random.Generator) -> RealCall:
    """The sounds at their places, noise of the line at −65…−50 dBFS, as an A-law file."""
    noise_db = chance.uniform(-65, -50)
    samples = (int(length_s * RATE) + RATE, 2)
    mixed = chance.normal(0, 10 ** (noise_db / 20), samples).astype(np.float32)
    for turn, sound in placed:
        first = int(turn.start * RATE)
        mixed[first : first + len(sound), turn.channel] += sound
    file = io.BytesIO()
    soundfile.write(file, np.clip(mixed, -1, 1), RATE, subtype="ALAW", format="WAV")
    return RealCall(name, file.getvalue(), tuple(turn for turn, _ in placed))
