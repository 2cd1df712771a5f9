"""Two-channel calls of real clips in which one side waits to real music: 8 kHz A-law, exact truth. Used by `holds.py`.

    customer  |=clip=|                    |♪♪♪♪♪♪♪♪♪♪♪♪|   or on the agent's channel, at −6, 0 or +6 dB to the voice
    agent              |=clip=| pause 1 s |            |    |=clip=|

The music is that of the package asterisk-moh-opsound-wav (Debian, CC BY-SA 3.0), which telephone exchanges play, and of the
data folder. One piece of each is for development, the others are kept back.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from _real_calls import CLOSED, RATE, TUNING, Clips, Sound

EXCHANGE = Path("/usr/share/asterisk/moh")
MIXTURE = Path("music_noise_speech") / "ina" / "musanmix.mp3"
CLOSED_MUSIC = ("macroform-cold_day", "macroform-the_simplicity", "manolo_camp-morning_coffee", "reno_project-system")
OPEN_MUSIC = ("macroform-robot_dity",)
CLOSED_PART, OPEN_PART = (0.0, 11.0), (11.0, 22.4)
LEVELS_DB = (-6.0, 0.0, 6.0)
VOICE_DB = -26.0
WAITS_S, LONGEST_S = 1.0, 25.0
SAYS = (
    ((1, "我想查一下上个月的话费"), (0, "好的请您稍等"), (0, "让您久等了，查到了")),
    ((0, "请您报一下手机号码"), (1, "等一下我找一找"), (1, "找到了，是这个号码")),
)
"""Side and words of each turn, where the agent holds the line and where the customer does; the wait is before the last."""


@dataclass(frozen=True)
class HeldCall:
    """A made call: `wav` A-law of two channels; `side` 0 (agent) or 1 carries the music from `start` to `end` seconds.

    `lines` are the turns as a transcript gives them: speaker, start, end, text.
    """

    name: str
    wav: bytes
    side: int
    start: float
    end: float
    lines: tuple[dict[str, object], ...]


def music(data: Path, *, closed: bool) -> dict[str, Sound]:
    """The pieces at 8 kHz, loudness made equal."""
    names = CLOSED_MUSIC if closed else OPEN_MUSIC
    found: dict[str, Sound] = {}
    for name in names:
        path = EXCHANGE / f"{name}.wav"
        if path.is_file():
            whole, rate = soundfile.read(path, dtype="float32")
            found[name] = whole[20 * rate : round((20 + LONGEST_S) * rate)]
    mixture = data / MIXTURE
    if mixture.is_file():
        whole, rate = soundfile.read(mixture, dtype="float32")
        start, end = CLOSED_PART if closed else OPEN_PART
        mono = whole if whole.ndim == 1 else whole.mean(axis=1)
        part = soxr.resample(mono[round(start * rate) : round(end * rate)], rate, RATE)
        found["musan"] = np.asarray(part, np.float32)
    return found


def held(
    clips: Clips, name: str, tune: Sound, side: int, level_db: float, *, closed: bool, leak_db: float = 0.0
) -> HeldCall:
    """One call; `leak_db` below 0: how loud the music is heard on the other channel too."""
    names = CLOSED if closed else TUNING
    seed = [side, round(level_db) + 20, len(name), round(-leak_db)]
    random = np.random.default_rng(seed)
    chosen = random.choice(len(names), 3, replace=False)
    voices = [clips.sound(names[index], VOICE_DB) for index in chosen]
    channels: list[tuple[int, float, Sound]] = []
    lines: list[dict[str, object]] = []
    at = 0.8
    start = end = 0.0
    for number, (voice, (channel, text)) in enumerate(zip(voices, SAYS[side], strict=True)):
        if number == 2:
            start = at + WAITS_S
            end = start + len(tune) / RATE
            at = end + WAITS_S
        seconds = len(voice) / RATE
        channels.append((channel, at, voice))
        lines.append({"speaker": ("坐席", "客户")[channel], "start": at, "end": at + seconds, "text": text})
        at += seconds + 0.5
    rms = float(np.sqrt(np.mean(tune.astype(np.float64) ** 2)))
    loud = tune * np.float32(10 ** ((VOICE_DB + level_db) / 20) / rms)
    channels.append((side, start, loud))
    if leak_db:
        channels.append((1 - side, start, loud * np.float32(10 ** (leak_db / 20))))
    mixed = random.normal(0, 10 ** (-62 / 20), (round((at + 1) * RATE), 2)).astype(np.float32)
    for channel, begin, sound in channels:
        place = round(begin * RATE)
        mixed[place : place + len(sound), channel] += sound
    file = io.BytesIO()
    soundfile.write(file, np.clip(mixed, -1, 1), RATE, subtype="ALAW", format="WAV")
    label = f"{name}-{'agent' if side == 0 else 'customer'}{level_db:+.0f}{'-leak' if leak_db else ''}"
    return HeldCall(label, file.getvalue(), side, start, end, tuple(lines))
