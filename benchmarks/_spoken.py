"""Who speaks in the generated calls, and what they say, clean; used by `calls.py` by way of `_talks.fresh`.

Run as a program it is the server that `_talks` starts: nothing has been spoken in it before.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "training" / "demo_asr")]

import speech  # noqa: E402
from _dialogue import (  # noqa: E402
    SENTENCES,
    Audio,
    Item,
    Real,
    Stage,
    Synthetic,
    clean_tracks,
    dialogue,
    energy_truth,
    real_pieces,
)
from _talks import serve  # noqa: E402

from qa_speech.timeline import Timeline  # noqa: E402

DATA = HERE.parent.parent / "shared" / "data"
FIRST_DEVELOPMENT_SEED = 1000
BABBLE_SENTENCES = 24

DEVELOPMENT_VOICES = ("m4", "m5", "Andy", "Annie", "linda", "michael", "steph", "klatt")
REPORT_VOICES = ("f5", "m6", "m8", "Alicia", "Andrea", "belinda", "david", "edward", "steph2", "max")
KNOWN_VOICES = (*speech.AGENT_VOICES, *speech.CUSTOMER_VOICES)
# Clean enough to give a truth by energy: at least 97 % of what lies within 40 dB of the speech lies within 30 dB.
DEVELOPMENT_REAL = (
    "mandarin_asr_mini/azure_customspeech_train1.wav", "mandarin_asr_mini/azure_customspeech_train2.wav",
    "mandarin_asr_mini/azure_en-us_zh-cn_codeswitch.wav",
)  # fmt: skip
REPORT_REAL = (
    "mandarin_asr_mini/azure_customspeech_test.wav", "mandarin_asr_mini/azure_zhcn_continuous.wav",
    "mandarin_asr_mini/cosyvoice_zero_shot_prompt.wav", "mandarin_asr_mini/funasr_asr_example.wav",
    "mandarin_asr_mini/SSB00050015.wav",
)  # fmt: skip
WHISPERS = {True: "whisperf", False: "whisper"}
"""The whispering variants, for the report and for development."""

Talk = tuple[npt.NDArray[np.float32], tuple[Item, ...], tuple[Timeline, Timeline]]
"""Clean tracks, what was said, and the truth about who speaks when."""


def chance(seed: int, variant: int, what: str) -> np.random.Generator:
    """Fate of one thing about one call, whatever else is drawn."""
    return np.random.default_rng(
        [20_261_123, seed, variant, ("line", "talk", "noise", "partly mono", "masked").index(what)]
    )


def talk(seed: int, variant: int, real: bool, data: Path, length_s: float, known: bool) -> Talk:
    """A talk of about `length_s` seconds (0 = 60 to 120), spoken here and now."""
    random = chance(seed, variant, "talk")
    stage = Stage(cast(seed, random, real, data, known), random)
    dialogue(stage, length_s or float(random.uniform(60, 120)), float(random.uniform(0, 0.15)))
    tracks, items = clean_tracks(stage)
    return tracks, items, (energy_truth(tracks[0]), energy_truth(tracks[1]))


def cast(seed: int, random: np.random.Generator, real: bool, data: Path, known: bool) -> tuple[Any, Any]:
    """Two voices, from the half that this seed may use, or two that the bundled recogniser knows."""
    report = seed < FIRST_DEVELOPMENT_SEED
    among = REPORT_VOICES if report else DEVELOPMENT_VOICES
    if known:
        among = KNOWN_VOICES
    names = random.choice(among, 2, replace=False)
    parties: list[Any] = [
        Synthetic(str(name), int(random.integers(140, 260)), int(random.integers(30, 75))) for name in names
    ]
    if real:
        clips = random.choice(REPORT_REAL if report else DEVELOPMENT_REAL, 2, replace=False)
        chosen = [Real(data / str(clip)) for clip in clips]
        parties = chosen if random.random() < 0.5 else [chosen[0], parties[1]]
        parties = parties[::-1] if random.random() < 0.5 else parties
    return parties[0], parties[1]


def talk_by(kinds: tuple[str, str], seed: int, variant: int, data: Path, length_s: float) -> Talk:
    """A talk of two voices, each ``real``, ``synthetic`` or ``whispered``."""
    random = chance(seed, variant, "talk")
    report = seed < FIRST_DEVELOPMENT_SEED
    names = random.choice(REPORT_VOICES if report else DEVELOPMENT_VOICES, 2, replace=False)
    clips = random.choice(REPORT_REAL if report else DEVELOPMENT_REAL, 2, replace=False)
    parties: list[Any] = []
    for kind, name, clip in zip(kinds, names, clips, strict=True):
        speed, pitch = int(random.integers(140, 240)), int(random.integers(30, 75))
        if kind == "real":
            parties.append(Real(data / str(clip)))
        elif kind == "whispered":
            parties.append(Synthetic(WHISPERS[report], speed, pitch))
        else:
            parties.append(Synthetic(str(name), speed, pitch))
    stage = Stage((parties[0], parties[1]), random)
    dialogue(stage, length_s, float(random.uniform(0, 0.1)))
    tracks, items = clean_tracks(stage)
    return tracks, items, (energy_truth(tracks[0]), energy_truth(tracks[1]))


def voices(report: bool, channel: int) -> Audio:
    """Half a minute of the voices, one sentence after the other, spoken here and now."""
    random = np.random.default_rng([report, channel])
    names = REPORT_VOICES if report else DEVELOPMENT_VOICES
    parts = []
    for number in range(BABBLE_SENTENCES):
        voice = Synthetic(names[number % len(names)], int(random.integers(150, 240)), int(random.integers(30, 75)))
        parts.append(voice.say(str(random.choice(SENTENCES)), random).audio)
    return np.concatenate(parts)


if __name__ == "__main__":
    speech._get_engine()
    for clip in (*DEVELOPMENT_REAL, *REPORT_REAL):
        if (DATA / clip).is_file():
            real_pieces(DATA / clip)
    serve({"talk": talk, "talk_by": talk_by, "voices": voices})
