"""Pages in a browser: the index of ten thousand calls, and the page of a call of an hour on the screen and on paper.

    python benchmarks/pages.py [--quick] [index] [call]      parts

Needs chromium and playwright. Files are opened from disk, as people open them; each figure is the median of its runs, in a fresh
tab, on a machine that does other things too.
"""

from __future__ import annotations

import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _common import Figure, Options, figure, run_parts  # noqa: E402
from _made_pages import made_rows, write_hour  # noqa: E402

from qa_speech.report.index import write_index_rows  # noqa: E402

CALLS = 10_000
RUNS, QUICK_RUNS = 5, 3
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now()))))"
HEARD = "() => document.getElementById('audio').currentTime > 0"
PAGES = re.compile(rb"/Type\s*/Page[^s]")


def index(options: Options) -> Iterator[Figure]:
    """The index of ten thousand calls."""
    with _browser() as (browser, out):
        yield from _index(browser, out, _runs(options))


def call(options: Options) -> Iterator[Figure]:
    """The page of a call of an hour."""
    with _browser() as (browser, out):
        yield from _call(browser, out, _runs(options))


def _runs(options: Options) -> int:
    return QUICK_RUNS if options.quick else RUNS


@contextmanager
def _browser() -> Iterator[tuple[Any, Path]]:
    """A browser, and a folder for pages."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as playing:
        browser = playing.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield browser, Path(place)
        browser.close()


def _index(browser: Any, out: Path, runs: int) -> Iterator[Figure]:
    index = out / "index.html"
    write_index_rows(made_rows(CALLS), index, lang="zh")
    paints, drawn, filtered = [], [], []

    def look(tab: Any) -> None:
        tab.goto(index.as_uri())
        drawn.append(tab.evaluate(DRAWN) / 1000)
        tab.wait_for_function(PAINT)
        paints.append(tab.evaluate(PAINT) / 1000)
        before = tab.evaluate("performance.now()")
        tab.select_option("#by-queue", "宽带")
        filtered.append((tab.evaluate(DRAWN) - before) / 1000)

    _in_tabs(browser, runs, look)
    made = f"{CALLS} made calls, {index.stat().st_size / 1e6:.1f} MB, from disk, median"
    yield figure(
        "index_first_paint_s_10000",
        statistics.median(paints),
        "s",
        runs,
        f"target <= 2; first contentful paint; {made}",
    )
    yield figure(
        "index_rows_drawn_s_10000",
        statistics.median(drawn),
        "s",
        runs,
        f"target <= 2; first rows on the screen; {made}",
    )
    yield figure(
        "index_filter_s_10000", statistics.median(filtered), "s", runs, f"from a choice in a filter to its rows; {made}"
    )
    yield figure("index_bytes_per_call", index.stat().st_size / CALLS, "bytes", CALLS, "the whole file over its calls")


def _call(browser: Any, out: Path, runs: int) -> Iterator[Figure]:
    page, made = write_hour(out)
    heard, printed, whole = [], [], []

    def listen(tab: Any) -> None:
        tab.goto(page.as_uri())
        tab.keyboard.press("n")  # the first deduction, and its sound
        tab.wait_for_function(HEARD)
        heard.append(tab.evaluate("performance.now()") / 1000)
        tab.evaluate("document.getElementById('audio').pause()")

    def printing(tab: Any) -> None:
        tab.goto(page.as_uri())
        printed.append(_paper(tab))
        tab.check("#whole")
        whole.append(_paper(tab))

    _in_tabs(browser, runs, listen)
    _in_tabs(browser, 1, printing)
    size = page.stat().st_size / 1e6
    told = f"an hour in {len(made.call.utterances)} turns, page of {size:.1f} MB, sound beside it"
    yield figure(
        "page_seconds_to_first_sound", statistics.median(heard), "s", runs,
        f"from opening the page, N pressed at once, to sound; {told}, median",
    )  # fmt: skip
    yield figure("print_pages_60min", printed[0], "pages", 1, f"target <= 8; A4, 12 mm margins; {told}")
    yield figure(
        "print_pages_60min_whole", whole[0], "pages", 1, "the same with the whole transcript, which is asked for"
    )


def _in_tabs(browser: Any, runs: int, look: Callable[[Any], None]) -> None:
    for _ in range(runs):
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        look(tab)
        tab.close()


def _paper(tab: Any) -> int:
    """Pages of paper."""
    margin = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    return len(PAGES.findall(tab.pdf(format="A4", margin=margin)))


if __name__ == "__main__":
    run_parts({"index": index, "call": call})
