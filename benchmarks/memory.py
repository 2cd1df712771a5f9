"""What a long recording takes in memory over the program with its models loaded: from the file to its page and its sound.

    python benchmarks/memory.py [--quick]        --quick: a tenth of the length

Each in a process of its own that has inspected a short call before. Peaks of the whole process as the kernel counts them, pages of
the temporary file that happen to be mapped among them.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from _common import ROOT, Figure, Options, figure, run

from qa_speech import inspect_call, load_recognizer
from qa_speech.report.folder import ReportFolder

MOST_MIB = 400.0
RATE = 8000
MINUTE = 60 * RATE


def silence(path: Path, minutes: int) -> None:
    """Nothing, which compresses to nearly nothing."""
    with soundfile.SoundFile(path, "w", RATE, 1, format="FLAC", subtype="PCM_16") as file:
        for _ in range(minutes):
            file.write(np.zeros(MINUTE, np.int16))


def noise(path: Path, minutes: int) -> None:
    """Loud noise without a pause."""
    random = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, format="WAV", subtype="PCM_16") as file:
        for _ in range(minutes):
            file.write(random.normal(0, 3000, MINUTE).astype(np.int16))


def dialogue(path: Path, minutes: int) -> None:
    """Two sample calls, again and again."""
    calls = []
    for name in ("good-service.ogg", "hold-and-thanks.ogg"):
        samples, _ = soundfile.read(ROOT / "samples" / name, dtype="int16")
        calls.append(samples)
    with soundfile.SoundFile(path, "w", RATE, 2, format="WAV", subtype="PCM_16") as file:
        while file.tell() < minutes * MINUTE:
            for samples in calls:
                file.write(samples)


RECORDINGS: tuple[tuple[str, Callable[[Path, int], None], int, str], ...] = (
    ("silence_10h", silence, 600, "none"),
    ("noise_2h", noise, 120, "none"),
    ("dialogue_3h", dialogue, 180, "demo"),
)
"""Name, what makes it, minutes, recogniser."""


def measure(options: Options) -> Iterator[Figure]:
    """The peak of each recording."""
    with tempfile.TemporaryDirectory() as name:
        for what, make, whole_minutes, model in RECORDINGS:
            minutes = whole_minutes
            if options.quick:
                minutes = whole_minutes // 10
            path = Path(name) / f"{what}.audio"
            make(path, minutes)
            peak_mib = in_a_child(path, model, Path(name) / what)
            size_mb = path.stat().st_size / 1e6
            path.unlink()
            said = f"target <= {MOST_MIB:g}; {size_mb:.1f} MB on disk, recogniser {model}"
            yield figure(what, peak_mib, "MiB", minutes, said)


def in_a_child(path: Path, model: str, out: Path) -> float:
    """MiB that a recording takes at most, over what the process held before."""
    read, write = os.pipe()
    if not os.fork():
        os.write(write, str(taken_mib(path, model, out)).encode())
        os._exit(0)
    os.close(write)
    with open(read, encoding="ascii") as told:
        answer = told.read()
    os.wait()
    return float(answer)


def taken_mib(path: Path, model: str, out: Path) -> float:
    """Inspect a short call, then the recording with its page; the difference."""
    recognizer = None
    if model != "none":
        recognizer = load_recognizer(model)
    folder = ReportFolder(out, lang="zh")
    folder.add(inspect_call(ROOT / "samples" / "slow-answer.ogg", recognizer=recognizer))
    before = _status_mib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    folder.add(inspect_call(path, recognizer=recognizer))
    return _status_mib("VmHWM") - before


def _status_mib(key: str) -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    found = re.search(rf"^{key}:\s+(\d+) kB", status, re.MULTILINE)
    if found is None:
        sys.exit(f"{key} is not told on this system")
    return int(found[1]) / 1024


if __name__ == "__main__":
    run(measure)
