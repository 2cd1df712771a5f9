"""The review desk: first sound of an hour, memory of its page, drift, marks under load, marks lost to kill -9, probes.

    python benchmarks/desk.py [--quick]        --quick: 5 s of load, 2 kills, no probes

A browser (chromium) and a server of its own on loopback; the load is 50 inspectors who judge a criterion every 2 s.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import msgspec
import numpy as np
from _common import ROOT, Figure, Options, figure, run

sys.path.insert(0, str(ROOT))

from qa_speech.call import Role
from qa_speech.desk.source import key_of
from qa_speech.files import sha256
from qa_speech.inputs.rows import Row
from qa_speech.marks.accounts import add_account
from qa_speech.marks.desk_base import DeskBase, open_desk_base
from qa_speech.marks.work import assign, drafts
from qa_speech.pipeline import report
from qa_speech.store.parquet import open_run
from qa_speech.store.records import record_of
from qa_speech.testing import make_call
from tests import desk_kit as kit

RATE, HOUR_S = 8000, 3600
BEEP_S = HOUR_S - 3.0
INSPECTORS, LOAD_S, THINK_S, KILLS = 50, 120.0, 2.0, 20
ARGS = ["--no-sandbox", "--disable-gpu", "--autoplay-policy=no-user-gesture-required"]
WATCH = """
window.addEventListener("DOMContentLoaded", () => {
  const audio = document.getElementById("audio");
  if (!audio) return;
  window.seen = {};
  audio.addEventListener("playing", () => (window.seen.sound ??= Date.now()));
  audio.play().catch(() => {});
  new MutationObserver(() => {
    const wave = document.getElementById("wave");
    if (wave.dataset.ready) window.seen.wave ??= Date.now();
    if (wave.dataset.ready === "1") window.seen.whole ??= Date.now();
  }).observe(document.getElementById("wave"), { attributes: true });
});
"""
LISTEN = """(from) => new Promise((done) => {
  const audio = document.getElementById("audio");
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaElementSource(audio).connect(analyser);
  analyser.connect(context.destination);
  const data = new Float32Array(512);
  audio.currentTime = from;
  audio.play();
  const look = () => {
    analyser.getFloatTimeDomainData(data);
    if (data.some((value) => Math.abs(value) > 0.6)) done(audio.currentTime);
    else if (audio.ended) done(-1);
    else setTimeout(look, 4);
  };
  setTimeout(look, 300);
})"""


class Hour(NamedTuple):
    """An hour of sound: `name` and how it was written."""

    name: str
    subtype: str
    channels: int


HOURS = (Hour("hour-gsm.wav", "GSM610", 1), Hour("hour-adpcm.wav", "IMA_ADPCM", 2))
"""GSM 6.10 in WAV has one channel; two are as dear to decode in ADPCM as one in GSM."""


class Server:
    """The desk as its command starts it, in a process of its own."""

    def __init__(self, run_folder: Path, recordings: Path) -> None:
        self.run = run_folder
        self.recordings = recordings
        self.port = kit.free_port()
        self.place = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "qa_speech", "desk", str(self.run), "--port", str(self.port)]
        command += ["--recordings", str(self.recordings)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
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


def measure(options: Options) -> Iterator[Figure]:
    """All figures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_folder = kit.made_run(folder)
        recordings = folder / "recordings"
        recordings.mkdir()
        for path in (ROOT / "samples").glob("*.*g"):
            shutil.copy(path, recordings)
        for hour in HOURS:
            add_hour(run_folder, recordings, hour)
        base = open_desk_base(run_folder / "marks.sqlite")
        people = prepare(base)
        server = Server(run_folder, recordings)
        server.start()
        yield from in_a_browser(server)
        seconds = 5.0 if options.quick else LOAD_S
        taken = asyncio.run(load(server, people, seconds))
        yield figure(
            "mark_p95_ms", percentile(taken, 95), "ms", len(taken),
            f"target <= 200; {len(people)} inspectors, {seconds:g} s, SQLite; median {statistics.median(taken):.0f} ms",
        )  # fmt: skip
        server.kill()
        kills = 2 if options.quick else KILLS
        kept, lost = killed(server, base, people, kills)
        yield figure("marks_lost", lost, "count", kept, f"target <= 0; n = drafts acknowledged, kill -9 x {kills}")
        base.close()
    if not options.quick:
        yield from probes()


def add_hour(run_folder: Path, recordings: Path, hour: Hour) -> None:
    """An hour of two voices with a beep near its end, stored as a call of the run."""
    import soundfile

    chance = np.random.default_rng(1)
    samples = (0.05 * chance.standard_normal((HOUR_S * RATE, hour.channels))).astype(np.float32)
    at = round(BEEP_S * RATE)
    samples[at : at + RATE // 5] = 0.9 * np.sin(2 * np.pi * 700 * np.arange(RATE // 5) / RATE)[:, None]
    path = recordings / hour.name
    soundfile.write(path, samples, RATE, format="WAV", subtype=hour.subtype)
    lines = []
    for number in range(300):
        role = ("agent", "customer")[number % 2]
        lines.append(f"{role}@{12 * number}-{12 * number + 8}: 您好请问有什么可以帮您我想查一下话费为什么多了")
    call = make_call(*lines, duration=HOUR_S, call_id=hour.name, metadata={"agent": "1001", "team": "甲组"})
    roles = (Role.AGENT, Role.CUSTOMER)[: hour.channels]
    recording = msgspec.structs.replace(call.recording, path=str(path), sha256=sha256(path), channels=roles)
    call = msgspec.structs.replace(call, recording=recording)
    store = open_run(run_folder)
    card = next((run_folder / "scorecards").glob("*.yaml"))
    from qa_speech.scorecard import load_scorecard

    store.append([record_of(report(call, load_scorecard(card)))])
    store.keep_rows([*store.rows(), Row(hour.name, str(path), metadata=dict(call.recording.metadata))])


def prepare(base: DeskBase) -> list[str]:
    """Fifty inspectors, each with the same calls, and one for the browser."""
    names = [f"质检{number:02}" for number in range(INSPECTORS)]
    for name in [*names, "听"]:
        add_account(base, name, ["inspector"], password=kit.PASSWORD)
    calls = ["deflection.ogg", "slow-answer.ogg", "too-fast.ogg"]
    assign(base, [(call, name) for name in names for call in calls], by="-")
    assign(base, [(hour.name, "听") for hour in HOURS], by="-")
    return names


# -- in a browser


def in_a_browser(server: Server) -> Iterator[Figure]:
    """First sound, waveform, memory and drift of an hour."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        for hour in HOURS:
            yield from of_an_hour(browser, server, hour)
        browser.close()


def of_an_hour(browser: Any, server: Server, hour: Hour) -> Iterator[Figure]:
    """Open it for the first time, then again; listen near its end."""
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(server.place + "/login")
    tab.fill("[name=name]", "听")
    tab.fill("[name=password]", kit.PASSWORD)
    tab.click("button.main")
    tab.wait_for_url("**/mine")
    tab.wait_for_timeout(8000)  # the list is being read: the first call of it is prepared meanwhile
    tab.add_init_script(WATCH)
    what = f"{hour.subtype}, {hour.channels} channel(s), 60 min"
    began = time.time()
    tab.click(f'#rows a[href*="{key_of(hour.name)}"]')
    seen: dict[str, float] = {}
    while "whole" not in seen or "sound" not in seen:
        tab.wait_for_timeout(50)
        seen = tab.evaluate("window.seen || {}")
        if time.time() - began > 60:
            break
    for name, key in (("first_sound_s", "sound"), ("first_wave_s", "wave"), ("whole_wave_s", "whole")):
        value = None if key not in seen else seen[key] / 1000 - began
        target = "target <= 1; " if key != "whole" else ""
        yield figure(name, value, "s", 1, f"{target}{what}; from the click in the list")
    yield figure(
        "page_mib", memory_mib(browser), "MiB", 1, f"target <= 150; {what}; PSS of the renderer, after opening"
    )
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
    drawn = beep_in_peaks(server, hour, cookie)
    heard = tab.evaluate(LISTEN, BEEP_S - 2)
    yield figure(
        "drift_ms",
        1000 * abs(heard - drawn),
        "ms",
        1,
        f"target <= 50; {what}; beep at {BEEP_S:g} s, played against drawn",
    )
    context.close()


def memory_mib(browser: Any) -> float:
    """PSS of the renderer that holds the page, MiB."""
    session = browser.new_browser_cdp_session()
    found = session.send("SystemInfo.getProcessInfo")["processInfo"]
    sizes = []
    for one in found:
        if one["type"] == "renderer":
            text = Path(f"/proc/{one['id']}/smaps_rollup").read_text(encoding="utf-8")
            sizes.append(int(re.search(r"^Pss:\s+(\d+)", text, re.MULTILINE)[1]) / 1024)  # type: ignore[index]
    return max(sizes)


def beep_in_peaks(server: Server, hour: Hour, cookie: str) -> float:
    """Where the waveform shows the beep, in seconds."""
    answer = httpx2.get(f"{server.place}/calls/{key_of(hour.name)}/peaks", headers={"cookie": cookie})
    row = np.frombuffer(answer.content, np.uint8).reshape(int(answer.headers["x-channels"]), -1)[0]
    last = row[-50 * 10 :]
    return float((len(row) - len(last) + int(np.flatnonzero(last > 90)[0])) / len(row) * HOUR_S)


# -- under load


class Inspector:
    """Somebody who judges one criterion after the other; `kept` holds what the server said it has."""

    def __init__(self, server: Server, name: str) -> None:
        self.name = name
        self.client = httpx2.AsyncClient(base_url=server.place, timeout=30)
        self.origin = server.place
        self.kept: dict[tuple[str, str], str] = {}
        self.sent = 0

    async def sign_in(self) -> None:
        """Come in by the door."""
        await self.client.get("/login")
        answer = await self.post("/login", {"name": self.name, "password": kit.PASSWORD})
        assert answer.status_code == 204, answer.text

    async def post(self, place: str, form: dict[str, str]) -> Any:
        """A form as a page sends it."""
        headers = {"origin": self.origin, "x-csrf-token": self.client.cookies["desk_csrf"]}
        return await self.client.post(place, data=form, headers=headers)

    async def judge(self, chance: random.Random) -> float:
        """Draft one criterion; how long it took, in ms."""
        call = chance.choice(["deflection.ogg", "slow-answer.ogg", "too-fast.ogg"])
        criterion = chance.choice(["greeting", "courtesy", "survey", "dead-air", "speech-rate", "further-help"])
        self.sent += 1
        reason = f"{self.name} {self.sent}"
        form = {
            "criterion": criterion, "version": "0", "page": self.name, "seconds": "", "points": "", "outcome": "pass",
            "reason": reason,
        }  # fmt: skip
        began = time.perf_counter()
        answer = await self.post(f"/calls/{key_of(call)}/draft?stage=first", form)
        took = 1000 * (time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
        self.kept[call, criterion] = reason
        return took


async def load(server: Server, people: list[str], seconds: float) -> list[float]:
    """Everybody judges; latencies in ms."""
    inspectors = [Inspector(server, name) for name in people]
    for one in inspectors:
        await one.sign_in()
    until = time.monotonic() + seconds
    chance = random.Random(1)
    taken: list[float] = []

    async def work(one: Inspector) -> None:
        await asyncio.sleep(chance.uniform(0, THINK_S))
        while time.monotonic() < until:
            took = await one.judge(chance)
            taken.append(took)
            await asyncio.sleep(max(0.0, chance.uniform(0.5, 1.5) * THINK_S - took / 1000))

    await asyncio.gather(*[work(one) for one in inspectors])
    return taken


def percentile(values: list[float], per_cent: float) -> float:
    """Of latencies in ms."""
    return float(np.percentile(values, per_cent))


def killed(server: Server, base: DeskBase, people: list[str], times: int) -> tuple[int, int]:
    """Kill the server at some moment while ten people judge; what it had acknowledged, and what of that is gone."""
    acknowledged = lost = 0
    chance = random.Random(2)
    for _ in range(times):
        server.start()
        inspectors = asyncio.run(judged_until_killed(server, people[:10], chance))
        for one in inspectors:
            for (call, criterion), reason in one.kept.items():
                acknowledged += 1
                kept = drafts(base, call, one.name, "first").get(criterion)
                number = 0 if kept is None else int(kept.draft.reason.rpartition(" ")[2])
                lost += number < int(reason.rpartition(" ")[2])
    return acknowledged, lost


async def judged_until_killed(server: Server, people: list[str], chance: random.Random) -> list[Inspector]:
    """Ten people without a pause, until the server is gone."""
    inspectors = [Inspector(server, name) for name in people]
    for one in inspectors:
        one.sent = int(time.time())  # later than whatever was kept before
        await one.sign_in()

    async def work(one: Inspector) -> None:
        try:
            while True:
                await one.judge(chance)
        except httpx2.HTTPError:
            return

    async def kill() -> None:
        await asyncio.sleep(chance.uniform(0.5, 2.0))
        server.kill()

    await asyncio.gather(kill(), *[work(one) for one in inspectors])
    return inspectors


# -- probes


def probes() -> Iterator[Figure]:
    """How many of the attempts in tests/test_desk_probes.py were refused."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        command = [sys.executable, "-m", "pytest", "-q", "tests/test_desk_probes.py", f"--junitxml={told}"]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        suite = ElementTree.parse(told).getroot()[0]
        count = int(suite.attrib["tests"])
        failed = int(suite.attrib["failures"]) + int(suite.attrib["errors"])
    yield figure("probes", count, "count", count, "tests/test_desk_probes.py")
    yield figure("probes_refused", count - failed, "count", count, f"target >= {count}")


if __name__ == "__main__":
    run(measure)
