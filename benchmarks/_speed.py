"""CPU of the whole analysis against the speech detection network alone, and against the usual packages. Used by `timing.py`."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from _common import ROOT, Figure, figure
from _recordings import DETECTOR, at_16k
from calls import make

from qa_speech.audio.decode import decode
from qa_speech.pipeline import inspect_call
from qa_speech.settings import Settings, Speech

ROUNDS = 5
FIRST = """
import sys, time, json
sys.path.insert(0, {root!r})
def once():
    start = time.process_time()
    from qa_speech.pipeline import inspect_call
    inspect_call({path!r})
    return time.process_time() - start
print(json.dumps([once(), once()]))
"""


def speed(*, quick: bool) -> Iterator[Figure]:
    """CPU seconds of one process, medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "five_minutes.wav"
        _write_call(path)
        yield from _ratios(path, quick=quick)
        code = FIRST.format(root=str(ROOT), path=str(path))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, second = json.loads(done.stdout)
        against = "CPU of the first call of a process, imports included, less the second"
        yield figure("first_call_extra_s", first - second, "s", 1, against)


def _write_call(path: Path) -> None:
    """Five minutes, two synthetic voices over faint noise, A-law."""
    import soundfile

    parts = [make(1000 + i, clean=True, data=Path("no real voices"), length_s=100) for i in range(4)]
    samples = np.concatenate([part.samples for part in parts], axis=1)[:, : 300 * 8000]
    soundfile.write(path, samples.T, 8000, subtype="ALAW")


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _ratios(path: Path, *, quick: bool) -> Iterator[Figure]:
    audio = decode(path)
    channels = [at_16k(row[None], audio.rate) for row in audio.samples]
    plain, pitched = (Settings(speech=Speech(pitch=pitch)) for pitch in (False, True))
    works: dict[str, Callable[[], object]] = {
        "network": lambda: [DETECTOR.probabilities(channel) for channel in channels],
        "plain": lambda: inspect_call(path, settings=plain),
        "pitch": lambda: inspect_call(path, settings=pitched),
    }
    if not quick:
        works["librosa"] = lambda: librosa_way(path)
    for work in works.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    rounds = 1 if quick else ROUNDS
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(_cpu(work))
    cost = {name: float(np.median(times)) for name, times in spent.items()}
    against = "the network alone, decode to all figures, a call of 300 s"
    yield figure("analysis_over_vad_cpu", cost["plain"] / cost["network"], "", rounds, f"{against}; <= 1.5")
    yield figure("analysis_pitch_over_vad_cpu", cost["pitch"] / cost["network"], "", rounds, f"{against}; <= 2.0")
    yield figure("vad_x_realtime", 600 / cost["network"], "", rounds, "two channels of 300 s, one core")
    against = "faster-whisper VAD + librosa rms, stft, yin, cross-correlation on whole channels"
    value = cost["librosa"] / cost["pitch"] if "librosa" in cost else None
    yield figure("librosa_way_over_ours_cpu", value, "", rounds, against if value else "not in a quick run")


def librosa_way(path: Path) -> None:
    """The same jobs as one would do them with the usual packages."""
    import librosa
    from faster_whisper.vad import get_speech_timestamps

    both, _ = librosa.load(path, sr=16_000, mono=False)
    for channel in both:
        get_speech_timestamps(channel.copy(), min_silence_duration_ms=200, speech_pad_ms=0)
        librosa.feature.rms(y=channel, frame_length=320, hop_length=160)
        spectrum = np.abs(librosa.stft(channel, n_fft=1024, hop_length=256))
        librosa.feature.spectral_flatness(S=spectrum)
        librosa.feature.spectral_bandwidth(S=spectrum, sr=16_000)
        librosa.onset.onset_strength(S=librosa.amplitude_to_db(spectrum), sr=16_000)
        librosa.yin(channel, fmin=70, fmax=420, sr=16_000, frame_length=1024, hop_length=320)
    size = 1 << (2 * both.shape[1]).bit_length()
    np.fft.irfft(np.fft.rfft(both[0], size) * np.conj(np.fft.rfft(both[1], size)))
