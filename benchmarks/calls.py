"""Seeded two-channel calls with exact truth, for measuring; nothing here knows how they will be measured.

    python benchmarks/calls.py --seed 1000 [--fault echo] [--out call.wav] [--data DIR]     one call, and what was drawn
    python benchmarks/calls.py --seed 1000 --hard [--out call.wav] [--data DIR]             one that takes a voice away
    python benchmarks/calls.py [--quick] [--data DIR]                                       figures of the report set

Develop on seeds ≥ 1000; seeds 0–199 are for reports and are never looked at. The two ranges share no voice: each has
its own espeak-ng variants (none of them used by the samples) and its own recordings of real speakers.

    dialogue (who speaks when, planned overlaps) → one clean track per party → truth
        → leak into the other channel → level → noise → codec → samples

Hard calls (`_hard.py`): real, synthetic, hoarse and whispered voices at −20 to −55 dBFS, digital silence without dither, DC, noise
between words, recorded hold music at −6 to +9 dB; seeds 0–499 are for reports.

Truth is the frame energy of each clean track (within 40 dB of its 95th percentile, pauses < 0.2 s bridged, speech
< 0.1 s dropped), not the plan. A leak is given relative to the level its source has on its own channel, as recorded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "training" / "demo_asr")]

import _line  # noqa: E402
from _common import Figure, Options, figure, run  # noqa: E402
from _dialogue import Audio, Item  # noqa: E402
from _hard import make_hard  # noqa: E402
from _spoken import DATA, FIRST_DEVELOPMENT_SEED, Talk, chance  # noqa: E402
from _talks import fresh  # noqa: E402

from qa_speech.timeline import Timeline  # noqa: E402

RATE = 8000
REPORT_SEEDS = range(200)
LEAST_SPEECH_S = 8.0
"""Faults are planted on a party that speaks for this long, where one does."""
PEAK = 0.85
"""Calls without the fault of clipping never reach beyond this; others may."""
CODECS = ("alaw", "ulaw", "gsm", "mp3_16k", "amr_4.75", "amr_12.2", "opus_8k")
KEEP_SILENCE = ("alaw", "ulaw", "mp3_16k")
"""Codecs that give silence back as silence: drop-outs are planted before these, and behind the others."""
NOISES = ("white", "babble", "hum", "line")
SNRS = (None, 30.0, 20.0, 15.0, 10.0, 5.0)


@dataclass(frozen=True)
class Drawn:
    """What fate chose. Pairs are (agent, customer); `leaks_db[i]` is how loud channel i is heard in the other."""

    real: bool
    codec: str
    noise: str
    snr_db: float | None
    levels_db: tuple[float, float]
    leaks_db: tuple[float | None, float | None]
    lags_ms: tuple[float, float]
    unclipped: bool = False
    fault: str = ""
    fault_value: float = 0.0

    @property
    def target(self) -> bool:
        """Whether the call lies in the stratum that targets are set for."""
        snr = 99.0 if self.snr_db is None else self.snr_db
        return snr >= 15 and min(self.levels_db) >= -40 and all(x is None or x <= -20 for x in self.leaks_db)


@dataclass(frozen=True, eq=False)
class MadeCall:
    """A call, `samples` int16 of shape (channels, n) at `rate` Hz, and the truth about it per party."""

    seed: int
    samples: npt.NDArray[np.int16]
    rate: int
    truth: tuple[Timeline, Timeline]
    items: tuple[Item, ...]
    drawn: Drawn

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1]) / self.rate


# -- the whole call ---------------------------------------------------------------------------------------------


def make(
    seed: int,
    *,
    variant: int = 0,
    fault: str = "",
    clean: bool = False,
    known: bool = False,
    data: Path = DATA,
    length_s: float = 0.0,
) -> MadeCall:
    """One call, the same for the same arguments.

    Parameters
    ----------
    seed
        Below 200: for reports. From 1000: for development.
    variant
        Another call of the same seed.
    fault
        Plant one of `_line.FAULTS` in a call that is otherwise without fault.
    clean
        No fault, no leak, SNR at least 15 dB.
    known
        Spoken by voices that the bundled recogniser knows, which are those of the samples.
    data
        Folder with the recordings of real speakers; without it all voices are synthetic.
    length_s
        About how long; 0 = drawn, 60 to 120 s.
    """
    drawn = draw(chance(seed, variant, "line"), data=data, fault=fault, plain=clean or bool(fault))
    drawn = replace(drawn, real=drawn.real and not known)
    tracks, items, truth = spoken(seed, variant, drawn.real, data, length_s, known)
    samples, rate = recorded(tracks, truth, drawn, chance(seed, variant, "noise"), seed)
    return MadeCall(seed, samples, rate, truth, items, drawn)


@lru_cache(maxsize=4)
def spoken(seed: int, variant: int, real: bool, data: Path, length_s: float, known: bool) -> Talk:
    """Clean tracks, what was said, and the truth: kept for the faults that are planted in one and the same talk."""
    tracks, items, truth = fresh("talk", seed, variant, real, data, length_s, known)
    tracks.flags.writeable = False
    return tracks, items, truth


def draw(random: np.random.Generator, *, data: Path, fault: str, plain: bool) -> Drawn:
    """Choose what happens to a call; `plain` leaves out leaks, hum and SNR below 15 dB."""
    real = bool(random.random() < 0.4) and data.is_dir()
    first = float(random.uniform(-45, -12))
    second = float(np.clip(first + random.uniform(-20, 20), -45, -12))
    leaks = [float(random.uniform(-45, -10)) if random.random() < 0.4 else None for _ in range(2)]
    lags = [float(random.uniform(0, 300)) for _ in range(2)]
    noise, snr = str(random.choice(NOISES)), SNRS[int(random.integers(len(SNRS)))]
    codec = str(random.choice(CODECS))
    if plain:
        leaks = [None, None]
        noise = "white" if noise == "hum" else noise
        snr = snr if snr is None or snr >= 15 else 20.0
    if fault in ("clipping", "dc_offset"):
        codec = str(random.choice(("alaw", "ulaw")))
    if fault == "band_limit":
        codec = "gsm" if codec == "opus_8k" else codec
        first, second = max(first, -35.0), max(second, -35.0)
    if fault == "dropouts":
        snr = snr or 20.0
    if fault == "crosstalk":
        leaks[int(random.integers(2))] = float(random.uniform(-35, -10))
        second = float(np.clip(second, first - 6, first + 6))
        snr = snr if snr is None else 30.0
    if fault == "low_snr":
        noise = "white" if noise == "line" else noise
        snr = float(random.uniform(0, 6))
    low, high = {
        "clipping": (0.005, 0.05), "dc_offset": (0.02, 0.2), "band_limit": (1000, 2000), "echo": (-14, -6),
        "hum": (-18, -6), "dead_channel": (-100, -80), "fake_stereo": (-12, 0),
    }.get(fault, (0, 0))  # fmt: skip
    value = float(random.uniform(low, high))
    return Drawn(
        real, codec, noise, snr, (first, second), (leaks[0], leaks[1]), (lags[0], lags[1]), plain, fault, value
    )


@cache
def babble(report: bool, channel: int) -> Audio:
    """Half a minute of the voices, one sentence after the other."""
    found: Audio = fresh("voices", report, channel)
    return found


def recorded(
    tracks: npt.NDArray[np.float32],
    truth: tuple[Timeline, Timeline],
    drawn: Drawn,
    random: np.random.Generator,
    seed: int,
) -> tuple[npt.NDArray[np.int16], int]:
    """What the recorder stores: int16, shape (channels, n), and its rate."""
    own = [track * _line.gain(level) for track, level in zip(tracks, drawn.levels_db, strict=True)]
    hit = int(random.integers(2))
    if truth[hit].duration < LEAST_SPEECH_S < truth[1 - hit].duration:
        hit = 1 - hit  # a fault of a voice needs a voice
    own = _before_noise(own, truth, drawn, hit, random)
    noisy = []
    for i in (0, 1):
        heard = own[i].copy()
        leak = drawn.leaks_db[1 - i]
        if leak is not None:
            heard += _line.leaked(own[1 - i], leak, drawn.lags_ms[1 - i] / 1000, random)
        if drawn.snr_db is not None:
            level = speech_rms(own[i], truth[i]) * _line.gain(-drawn.snr_db)
            heard += level * _line.noise(
                drawn.noise, len(heard), random, lambda i=i: babble(seed < FIRST_DEVELOPMENT_SEED, i)
            )
        if drawn.fault == "hum" and i == hit:
            level = speech_rms(own[i], truth[i]) * _line.gain(drawn.fault_value)
            heard += level * _line.noise("hum", len(heard), random, lambda: own[0])
        if drawn.unclipped:
            heard = heard * np.float32(min(1.0, PEAK / max(1e-6, float(np.max(np.abs(heard))))))
        noisy.append(heard)
    return _stored(noisy, truth, drawn, hit, random)


def speech_rms(audio: Audio, spans: Timeline) -> np.float32:
    """RMS over the speech of a clean track; a very low one where there is none."""
    parts = [audio[round(s.start * RATE) : round(s.end * RATE)] for s in spans]
    return np.float32(np.sqrt(np.mean(np.concatenate(parts) ** 2))) if parts else np.float32(1e-3)


def _before_noise(
    own: list[Audio], truth: tuple[Timeline, Timeline], drawn: Drawn, hit: int, random: np.random.Generator
) -> list[Audio]:
    if drawn.fault == "echo":
        delay = float(random.uniform(0.08, 0.4))
        own[hit] = own[hit] + _line.delayed(own[hit], delay) * _line.gain(drawn.fault_value)
    if drawn.fault == "band_limit":
        own[hit] = _line.low_passed(own[hit], drawn.fault_value)
    return own


def _stored(
    noisy: list[Audio], truth: tuple[Timeline, Timeline], drawn: Drawn, hit: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int16], int]:
    fault = drawn.fault
    if fault == "clipping":
        noisy[hit] = _line.clipped(noisy[hit], drawn.fault_value, float(random.uniform(0.5, 1.0)))
    if fault == "dc_offset":
        noisy[hit] = noisy[hit] + np.float32(drawn.fault_value * random.choice((-1, 1)))
    if fault == "band_limit":
        noisy[hit] = _line.low_passed(noisy[hit], drawn.fault_value)
    holes = [(s.start, s.end) for s in truth[hit]]
    if fault == "dropouts" and drawn.codec in KEEP_SILENCE:
        noisy[hit] = _line.with_holes(noisy[hit], holes, random)
    if fault in ("mono", "fake_stereo"):
        noisy = [noisy[0] + noisy[1]]
    channels = [_line.coded(audio, drawn.codec) for audio in noisy]
    if fault == "dropouts" and drawn.codec not in KEEP_SILENCE:
        channels[hit] = _line.with_holes(channels[hit], holes, random)
    if fault == "fake_stereo":
        other = _line.delayed(channels[0], float(random.uniform(0, 0.01))) * _line.gain(drawn.fault_value)
        channels = [channels[0], np.clip(other, -1, 1)]
        if drawn.fault_value > -6 and min(drawn.levels_db) > -30:
            channels = [_line.coded(audio, "alaw") for audio in channels]
    if fault == "dead_channel":
        silence = random.standard_normal(len(channels[hit])) * _line.gain(drawn.fault_value)
        channels[hit] = (silence if random.random() < 0.5 else silence * 0).astype(np.float32)
    rate = RATE
    if fault == "sampling_rate":
        import soxr

        rate = 16_000
        channels = [soxr.resample(audio, RATE, rate) for audio in channels]
    return np.rint(np.clip(np.stack(channels), -1, 32767 / 32768) * 32768).astype(np.int16), rate


def measure(options: Options) -> Iterator[Figure]:
    """What the report set holds, so that a figure measured on it can be judged; nothing is tuned on these."""
    made = [make(seed, data=options.data) for seed in (REPORT_SEEDS[:8] if options.quick else REPORT_SEEDS)]
    speech_s = sum(truth.duration for call in made for truth in call.truth)
    shared_s = sum((call.truth[0] & call.truth[1]).duration for call in made)
    silences = [gap for call in made for gap in (call.truth[0] | call.truth[1]).gaps() if gap.duration >= 3]
    count = len(made)
    yield figure("audio_h", sum(call.duration for call in made) / 3600, "h", count, "two channels each")
    yield figure("overlap_share", shared_s / speech_s, "", count, "overlap over all speech")
    yield figure("silences_per_call", len(silences) / count, "", count, "nobody speaks for 3 s or more, between speech")
    yield figure(
        "real_share", sum(call.drawn.real for call in made) / count, "", count, "calls with a recorded speaker"
    )
    target = sum(call.drawn.target for call in made) / count
    yield figure("target_share", target, "", count, "SNR >= 15 dB, level >= -40 dBFS, leak <= -20 dB")


def one(arguments: list[str]) -> None:
    """Write one call as a WAV file and print what was drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fault", default="", choices=("", *_line.FAULTS))
    parser.add_argument("--hard", action="store_true")
    options = parser.parse_args(arguments)
    if options.hard:
        _one_hard(options.seed, options.data, options.out)
        return
    call = make(options.seed, fault=options.fault, data=options.data)
    print(f"{call.duration:.1f} s, {len(call.items)} items, speech {[round(t.duration, 1) for t in call.truth]} s")
    print(call.drawn)
    if options.out:
        import soundfile

        soundfile.write(options.out, call.samples.T, call.rate)


def _one_hard(seed: int, data: Path, out: Path | None) -> None:
    """The same for a hard call."""
    call = make_hard(seed, data=data)
    seconds = call.samples.shape[1] / call.rate
    spoken = [round(truth.duration, 1) for truth in call.truth]
    print(f"{seconds:.1f} s, speech {spoken} s, {call.codec or 'no codec'}")
    for party in call.parties:
        print(party)
    if out:
        import soundfile

        soundfile.write(out, call.samples.T, call.rate)


if __name__ == "__main__":
    if "--seed" in sys.argv:
        one(sys.argv[1:])
    else:
        run(measure)
