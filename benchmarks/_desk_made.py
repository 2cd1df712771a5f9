"""What the desk is measured on: a run of sample calls, a hundred more to judge, an hour of two voices; and the server itself."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import httpx2
import msgspec
import numpy as np
import numpy.typing as npt
from _common import ROOT

sys.path.insert(0, str(ROOT))

from qa_speech.call import Call, Role
from qa_speech.files import sha256
from qa_speech.inputs.rows import Row
from qa_speech.marks.accounts import add_account
from qa_speech.marks.desk_base import DeskBase
from qa_speech.marks.work import assign
from qa_speech.pipeline import report
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.store.parquet import open_run
from qa_speech.store.records import record_of
from qa_speech.testing import make_call
from tests import desk_kit as kit

RATE, HOUR_S = 8000, 3600
BEEP_S = HOUR_S - 3.0
LISTENER = "听"
INSPECTORS = 50
CALLS_EACH = 2
SAID = "您好请问有什么可以帮您我想查一下这个月的话费为什么比上个月多了二十块钱麻烦您帮我看看"
"""Said in eight seconds of every twelve: with it an hour has thirteen thousand characters."""


class Hour(NamedTuple):
    """An hour of two channels: `name`, how it was written, in how many files."""

    name: str
    subtype: str
    files: int


HOURS = (Hour("hour-gsm.wav", "GSM610", 2), Hour("hour-adpcm.wav", "IMA_ADPCM", 1))
"""GSM 6.10 in WAV has one channel, so that a call of two is two files."""


class Server:
    """The desk as its command starts it, in a process of its own."""

    def __init__(self, run_folder: Path, recordings: Path, marks_db: str = "") -> None:
        self.run = run_folder
        self.recordings = recordings
        self.marks_db = marks_db
        self.port = kit.free_port()
        self.place = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "qa_speech", "desk", str(self.run), "--port", str(self.port)]
        command += ["--recordings", str(self.recordings)]
        if self.marks_db:
            command += ["--marks-db", self.marks_db]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            if self.process.poll() is not None:
                raise RuntimeError("the desk has stopped by itself")
            try:
                httpx2.get(f"{self.place}/healthz", timeout=5)
                return
            except httpx2.HTTPError:
                time.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


def made_desk(folder: Path) -> tuple[Path, Path]:
    """The run of the samples, and the folder of its recordings."""
    run_folder = kit.made_run(folder)
    recordings = folder / "recordings"
    recordings.mkdir()
    for path in (ROOT / "samples").glob("*.*g"):
        shutil.copy(path, recordings)
    return run_folder, recordings


def card_of(run_folder: Path) -> Scorecard:
    """The scorecard of the run."""
    return load_scorecard(next((run_folder / "scorecards").glob("*.yaml")))


# -- an hour


def add_hour(run_folder: Path, recordings: Path, hour: Hour) -> None:
    """An hour of two voices with a beep near its end, stored as a call of the run."""
    import soundfile

    samples = _hour_of_noise()
    path = recordings / hour.name
    other = recordings / f"in-{hour.name}"
    if hour.files == 2:
        soundfile.write(path, samples[:, 0], RATE, format="WAV", subtype=hour.subtype)
        soundfile.write(other, samples[:, 1], RATE, format="WAV", subtype=hour.subtype)
    else:
        soundfile.write(path, samples, RATE, format="WAV", subtype=hour.subtype)
    lines = []
    for number in range(HOUR_S // 12):
        role = ("agent", "customer")[number % 2]
        lines.append(f"{role}@{12 * number}-{12 * number + 8}: {SAID}")
    call = make_call(*lines, duration=HOUR_S, call_id=hour.name, metadata={"agent": "1001", "team": "甲组"})
    recording = msgspec.structs.replace(
        call.recording, path=str(path), sha256=sha256(path), channels=(Role.AGENT, Role.CUSTOMER), sampling_rate=RATE,
        num_samples=HOUR_S * RATE,
    )  # fmt: skip
    if hour.files == 2:
        recording = msgspec.structs.replace(recording, path_customer=str(other), sha256_customer=sha256(other))
    add_calls(run_folder, [msgspec.structs.replace(call, recording=recording)])


def _hour_of_noise() -> npt.NDArray[np.float32]:
    chance = np.random.default_rng(1)
    samples = (0.05 * chance.standard_normal((HOUR_S * RATE, 2))).astype(np.float32)
    at = round(BEEP_S * RATE)
    samples[at : at + RATE // 5] = 0.9 * np.sin(2 * np.pi * 700 * np.arange(RATE // 5) / RATE)[:, None]
    return samples


def add_calls(run_folder: Path, calls: list[Call]) -> None:
    """Store calls with their scores in a run."""
    store = open_run(run_folder)
    card = card_of(run_folder)
    store.append([record_of(report(call, card)) for call in calls])
    rows = [Row(call.id, call.recording.path, metadata=dict(call.recording.metadata)) for call in calls]
    store.keep_rows([*store.rows(), *rows])


# -- people


def add_people(base: DeskBase, run_folder: Path) -> dict[str, list[str]]:
    """Fifty inspectors, each with calls of his own; the calls by name."""
    lines = [f"{('agent', 'customer')[number % 2]}@{4 * number}-{4 * number + 3}: {SAID[:16]}" for number in range(60)]
    given: dict[str, list[str]] = {}
    made: list[Call] = []
    for number in range(INSPECTORS):
        name = f"质检{number:02}"
        given[name] = [f"own-{number:02}-{own}.wav" for own in range(CALLS_EACH)]
        for call in given[name]:
            made.append(make_call(*lines, duration=245, call_id=call, metadata={"agent": "1001", "team": "甲组"}))
        add_account(base, name, ["inspector"], password=kit.PASSWORD)
    add_calls(run_folder, made)
    assign(base, [(call, name) for name, calls in given.items() for call in calls], by="-")
    return given


def add_listener(base: DeskBase) -> None:
    """Somebody who hears the hours; neither is the first of his list, which is read while he looks at it."""
    add_account(base, LISTENER, ["inspector"], password=kit.PASSWORD)
    assign(base, [(call, LISTENER) for call in ("deflection.ogg", *[hour.name for hour in HOURS])], by="-")
