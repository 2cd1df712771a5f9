"""Decoding: odd files decoded or refused, never a crash; speed beside PyAV doing the same job."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from _common import Figure, Options, figure, run

from qa_speech.audio.decode import decode

ONE = """
import sys
from qa_speech.audio.decode import decode
from qa_speech.errors import QaSpeechError
for path in sys.argv[1:]:
    try:
        print("decoded", decode(path).samples.shape[1], flush=True)
    except QaSpeechError:
        print("refused", 0, flush=True)
"""
MINUTES = 5


def outcomes(paths: list[Path]) -> list[str]:
    """decoded, refused or crashed per file; a process that dies or raises anything else counts as a crash."""
    found: list[str] = []
    while len(found) < len(paths):
        rest = [str(path) for path in paths[len(found) :]]
        done = subprocess.run([sys.executable, "-c", ONE, *rest], capture_output=True, text=True, check=False)
        found += [line.split()[0] for line in done.stdout.splitlines()]
        if len(found) < len(paths):
            found.append("crashed")
    return found


def by_pyav(path: Path) -> np.ndarray:
    """What `decode` does, by PyAV alone: int16 planes of all channels."""
    import av

    with av.open(os.fspath(path)) as container:
        stream = container.streams.audio[0]
        resampler = av.AudioResampler(format="s16p", rate=stream.rate)
        frames = [piece.to_ndarray() for frame in container.decode(stream) for piece in resampler.resample(frame)]
    return np.concatenate(frames, axis=1)


def cpu(job: Callable[[], object]) -> float:
    """CPU seconds of one run, all threads."""
    start = time.process_time()
    job()
    return time.process_time() - start


def measure(options: Options) -> Iterator[Figure]:
    """Outcomes on the odd files, then speed on a five-minute two-channel A-law call."""
    place = options.data / "audio_torture"
    if place.is_dir():
        rows = [line.split("\t") for line in (place / "manifest.tsv").read_text(encoding="utf-8").splitlines()[1:]]
        found = outcomes([place / row[0] for row in rows])
        libsndfile = sum(not row[2].startswith("ERR") and row[2].split("/")[2] != "0" for row in rows)
        ffmpeg = sum(row[4].startswith("rc=0") for row in rows)
        rivals = f"odd WAV files; libsndfile opens {libsndfile}, ffmpeg exits 0 on {ffmpeg}"
        for name in ("decoded", "refused"):
            yield figure(name, found.count(name), "files", len(rows), rivals)
        yield figure("crashed", found.count("crashed"), "files", len(rows), f"{rivals}; target <= 0")
    else:
        for name in ("decoded", "refused", "crashed"):
            yield figure(name, None, "files", 0, f"no data at {place}")

    rounds = 5 if options.quick else 15
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "call.wav"
        samples = np.random.default_rng(1).normal(0, 0.05, (MINUTES * 60 * 8000, 2)).astype(np.float32)
        soundfile.write(path, samples, 8000, subtype="ALAW")
        decode(path), by_pyav(path)
        ours, rival, wall = [], [], []
        for _ in range(rounds):
            start = time.perf_counter()
            ours.append(cpu(lambda: decode(path)))
            wall.append(time.perf_counter() - start)
            rival.append(cpu(lambda: by_pyav(path)))
    yield figure(
        "x_realtime_alaw", MINUTES * 60 / statistics.median(wall), "x", rounds, "five minutes, two channels, 8 kHz"
    )
    yield figure(
        "pyav_over_ours_cpu", statistics.median(rival) / statistics.median(ours), "ratio", rounds, "PyAV to int16"
    )


if __name__ == "__main__":
    run(measure)
