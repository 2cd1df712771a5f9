"""Two-channel calls of any length that the bundled recogniser can understand, with their texts."""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "training" / "demo_asr"))

import corpus
import speech

VOICES = {"agent": speech.AGENT_VOICES, "customer": speech.CUSTOMER_VOICES}


@dataclass(frozen=True)
class Made:
    """A recording, agent on channel 1, and what each party says, without punctuation."""

    path: Path
    duration_s: float
    texts: dict[str, str]


def make(folder: Path, seed: int, length_s: float) -> Made:
    """Dialogues one after the other until `length_s` seconds are full; pauses, a hold now and then, line noise."""
    chance = random.Random(seed)
    placed: list[tuple[int, float, np.ndarray]] = []
    texts = {"agent": "", "customer": ""}
    voices = {role: (chance.choice(VOICES[role]), chance.randint(205, 275), chance.randint(40, 60)) for role in VOICES}
    levels = {role: chance.uniform(0.15, 0.6) for role in VOICES}
    clock = chance.uniform(0.3, 2.0)
    manners: tuple[corpus.Manner, ...] = ("good", "deflect", "rude")
    while clock < length_s:
        for sentence in corpus.dialogue(chance, chance.choice(list(corpus.TOPICS)), chance.choice(manners)):
            said = speech.speak(sentence.text, *voices[sentence.role])
            if said is None:
                continue
            if clock + len(said.audio) / speech.SAMPLING_RATE > length_s:
                clock = length_s
                break
            placed.append((int(sentence.role == "customer"), clock, said.audio * levels[sentence.role]))
            texts[sentence.role] += corpus.without_punctuation(sentence.text)
            pause = chance.uniform(4, 12) if sentence.topic == "hold" else chance.uniform(0.15, 1.5)
            clock += len(said.audio) / speech.SAMPLING_RATE + pause
    length = int((clock + 1) * speech.SAMPLING_RATE)
    recording = np.random.default_rng(seed).standard_normal((length, 2)) * 10 ** chance.uniform(-4, -3)
    for channel, start, audio in placed:
        first = int(start * speech.SAMPLING_RATE)
        recording[first : first + len(audio), channel] += audio
    path = folder / f"call-{seed:05d}.wav"
    soundfile.write(path, np.clip(recording, -1, 1), speech.SAMPLING_RATE, subtype="ALAW")
    return Made(path, length / speech.SAMPLING_RATE, texts)


def distance(one: str, two: str) -> int:
    """Edits between two texts."""
    row = np.arange(len(two) + 1)
    other = np.frombuffer(two.encode("utf-32-le"), np.uint32)
    index = np.arange(len(two) + 1)
    for number, char in enumerate(one, 1):
        best = np.minimum(row[1:] + 1, row[:-1] + (other != ord(char)))
        row = np.minimum.accumulate(np.concatenate(([number], best)) - index) + index
    return int(row[-1])
