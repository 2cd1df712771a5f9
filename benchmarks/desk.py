"""The review desk: first sound of an hour, memory of its page, drift, marks under load, marks lost to kill -9, probes.

    python benchmarks/desk.py [browser] [sqlite] [postgres] [probes] [--quick]

A browser (chromium) and servers of its own on loopback; the load is 50 inspectors who judge a criterion every 2 s. `postgres`
needs an empty database (QA_SPEECH_TEST_POSTGRES). `--quick`: 10 s of load, 2 kills, no probes. All takes ten minutes on an
idle machine.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from _common import ROOT, Figure, Options, figure, run_parts
from _desk_made import (
    BEEP_S,
    HOUR_S,
    HOURS,
    LISTENER,
    Hour,
    Server,
    add_hour,
    add_listener,
    add_people,
    card_of,
    kit,
    made_desk,
)
from _desk_people import killed, load

from qa_speech.desk.source import key_of
from qa_speech.marks.desk_base import open_desk_base

LOAD_S, KILLS = 120.0, 20
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WATCH = """
window.addEventListener("DOMContentLoaded", () => {
  const audio = document.getElementById("audio");
  const wave = document.getElementById("wave");
  if (!audio || !wave) return;
  window.seen = {};
  audio.addEventListener("playing", () => (window.seen.sound ??= Date.now()));
  new MutationObserver(() => {
    if (wave.dataset.ready) window.seen.wave ??= Date.now();
    if (wave.dataset.ready === "1") window.seen.whole ??= Date.now();
  }).observe(wave, { attributes: true });
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


# -- in a browser


def in_a_browser(options: Options) -> Iterator[Figure]:
    """First sound, waveform, memory and drift of an hour."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as name:
        run_folder, recordings = made_desk(Path(name))
        for hour in HOURS:
            add_hour(run_folder, recordings, hour)
        base = open_desk_base(run_folder / "marks.sqlite")
        add_listener(base)
        base.close()
        server = Server(run_folder, recordings)
        with sync_playwright() as running:
            browser = running.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
            for hour in HOURS:
                server.start()  # anew: nothing of the hour is known
                yield from of_an_hour(browser, server, hour)
                server.kill()
            browser.close()


def of_an_hour(browser: Any, server: Server, hour: Hour) -> Iterator[Figure]:
    """Open it from the list, press the key for playing, jump near its end; then listen there."""
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    tab = context.new_page()
    tab.goto(server.place + "/login")
    tab.fill("[name=name]", LISTENER)
    tab.fill("[name=password]", kit.PASSWORD)
    tab.click("button.main")
    tab.wait_for_url("**/mine")
    tab.wait_for_timeout(5000)
    tab.add_init_script(WATCH)
    what = f"{hour.subtype}, two channels in {hour.files} file(s), 60 min"
    began = time.time()
    tab.click(f'#rows a[href*="{key_of(hour.name)}"]')
    tab.wait_for_load_state("domcontentloaded")
    tab.keyboard.press(" ")
    seen = until(tab, began, "sound", "wave")
    for name, key in (("first_sound_s", "sound"), ("first_wave_s", "wave")):
        yield figure(
            name,
            after(began, seen, key),
            "s",
            1,
            f"target <= 1; {what}; from the click in the list, never opened before",
        )
    yield from a_jump(tab, what)
    seen = until(tab, began, "whole")
    yield figure(
        "exact_wave_s", after(began, seen, "whole"), "s", 1, f"{what}; every 20 ms of it decoded, not glimpsed"
    )
    yield figure(
        "page_mib", memory_mib(browser), "MiB", 1, f"target <= 150; {what}; PSS of the renderer, after playing"
    )
    cookie = "; ".join(f"{one['name']}={one['value']}" for one in context.cookies())
    drawn = beep_in_peaks(server, hour, cookie)
    heard = tab.evaluate(LISTEN, BEEP_S - 2)
    yield figure(
        "drift_ms", 1000 * abs(heard - drawn), "ms", 1,
        f"target <= 50; {what}; beep at {BEEP_S:g} s, played against drawn",
    )  # fmt: skip
    context.close()


def a_jump(tab: Any, what: str) -> Iterator[Figure]:
    """From a click on a second of the last minutes until it sounds."""
    tab.evaluate("window.seen.sound = undefined")
    began = time.time()
    tab.click(f"#u{HOUR_S // 12 - 20} button.time")
    seen = until(tab, began, "sound")
    at = tab.evaluate("audio.currentTime")
    assert at > HOUR_S - 300, at
    yield figure(
        "jump_sound_s",
        after(began, seen, "sound"),
        "s",
        1,
        f"target <= 1; {what}; to the 56th minute, right after the first sound",
    )


def until(tab: Any, began: float, *wanted: str) -> dict[str, float]:
    """What the page has seen so far, once it has seen all that is wanted, or a minute has gone by."""
    seen: dict[str, float] = {}
    while not all(seen.get(name) for name in wanted) and time.time() - began < 60:
        tab.wait_for_timeout(30)
        seen = tab.evaluate("window.seen || {}")
    return seen


def after(began: float, seen: dict[str, float], name: str) -> float | None:
    """Seconds until something was seen, None = never."""
    if not seen.get(name):
        return None
    return seen[name] / 1000 - began


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
    answer = httpx2.get(f"{server.place}/calls/{key_of(hour.name)}/peaks", headers={"cookie": cookie}, timeout=30)
    row = np.frombuffer(answer.content, np.uint8).reshape(int(answer.headers["x-channels"]), -1)[0]
    last = row[-50 * 10 :]
    return float((len(row) - len(last) + int(np.flatnonzero(last > 90)[0])) / len(row) * HOUR_S)


# -- under load, and killed


@contextmanager
def database_of_postgres() -> Iterator[str]:
    """The database that is named, empty before and after."""
    url = os.environ["QA_SPEECH_TEST_POSTGRES"]
    yield kit.emptied(url)
    kit.emptied(url)


def on_sqlite(options: Options) -> Iterator[Figure]:
    """Marks in the run itself."""
    yield from marks_kept(options, "", "")


def on_postgres(options: Options) -> Iterator[Figure]:
    """The same marks in PostgreSQL."""
    if not os.environ.get("QA_SPEECH_TEST_POSTGRES"):
        for name, unit in (("postgres_mark_p95_ms", "ms"), ("postgres_marks_lost", "count")):
            yield figure(name, None, unit, 0, "QA_SPEECH_TEST_POSTGRES names no database")
        return
    with database_of_postgres() as url:
        yield from marks_kept(options, url, "postgres_")


def marks_kept(options: Options, marks_db: str, prefix: str) -> Iterator[Figure]:
    """How fast marks are kept under load, and how many are lost when the server is killed."""
    seconds, kills = LOAD_S, KILLS
    if options.quick:
        seconds, kills = 10.0, 2
    with tempfile.TemporaryDirectory() as name:
        run_folder, recordings = made_desk(Path(name))
        base = open_desk_base(marks_db or run_folder / "marks.sqlite")
        given = add_people(base, run_folder)
        server = Server(run_folder, recordings, marks_db)
        server.start()
        taken = asyncio.run(load(server, base, given, seconds))
        server.kill()
        yield figure(
            f"{prefix}mark_p95_ms", percentile(taken, 95), "ms", len(taken),
            f"target <= 200; {len(given)} inspectors, {seconds:g} s, {base.backend}; drafts and submissions; "
            f"median {statistics.median(taken):.0f} ms, longest {max(taken):.0f} ms",
        )  # fmt: skip
        criteria = [one.id for one in card_of(run_folder).criteria]
        loss = killed(server, base, given, criteria, kills)
        yield figure(
            f"{prefix}marks_lost", loss.drafts_lost + loss.marks_lost, "count", loss.drafts + loss.marks,
            f"target <= 0; kill -9 x {kills}, {base.backend}; n = acknowledged: {loss.marks} marks of submitted calls, "
            f"{loss.drafts} drafts",
        )  # fmt: skip
        base.close()


def percentile(values: list[float], per_cent: float) -> float:
    """Of latencies in ms."""
    return float(np.percentile(values, per_cent))


# -- probes


def probes(options: Options) -> Iterator[Figure]:
    """How many of the attempts in tests/test_desk_probes.py, and of those in the browser, were refused."""
    if options.quick:
        return
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/test_desk_probes.py",
            "tests/test_desk_keys.py",
            "-k",
        ]
        command += ["test_desk_probes or probe", f"--junitxml={told}"]
        subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False)
        cases = ElementTree.parse(told).getroot().findall("./testsuite/testcase")
    tried = [case for case in cases if case.find("skipped") is None]
    refused = [case for case in tried if case.find("failure") is None and case.find("error") is None]
    count = len(tried)
    yield figure(
        "probes",
        count,
        "count",
        count,
        "tests of tests/test_desk_probes.py and probes in tests/test_desk_keys.py, run now",
    )
    yield figure("probes_refused", len(refused), "count", count, f"target >= {count}; counted from that run")


if __name__ == "__main__":
    run_parts({"browser": in_a_browser, "sqlite": on_sqlite, "postgres": on_postgres, "probes": probes})
