"""The pages in a real browser: jumping, keys, no errors, no requests, phone width. Needs chromium."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from qa_speech.audio.mp3 import write_mp3
from qa_speech.call import Recording, Role
from qa_speech.metrics import measure_all
from qa_speech.report import page as pages
from qa_speech.report.index import write_index, write_index_rows
from qa_speech.report.index_rows import index_row
from qa_speech.scores import CallReport, CriterionScore, Evidence, Score, SectionScore
from qa_speech.testing import make_call, tone

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.tool("chromium")

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
LONG_ID = "2026-01-05/queue-7/" + "very_long_name_without_any_break_" * 4 + ".wav"


def made() -> CallReport:
    call = make_call(
        "agent@1-3: 您好，工号一零零一", "customer@4-9: 我的话费怎么多了三十块？", "agent@16-19: 这个我也不清楚",
        "customer@18-22: 那谁清楚？", "agent@24-28: 请您稍等，我帮您查一下。", duration=40, call_id=LONG_ID,
    )  # fmt: skip
    heard = Evidence("quote", 17.0, 18.0, Role.AGENT, "我也不清楚", utterance=2)
    silent = Evidence("interval", 9.0, 16.0, Role.AGENT, note="dead_air", utterance=None)
    criteria = (
        CriterionScore("dead-air", "无声", "s", "fail", 0, 10, evidence=(silent,), reason="metric_above"),
        CriterionScore("taboo", "服务忌语", "s", "fail", 0, 10, evidence=(heard,), reason="phrase_said"),
    )
    section = SectionScore("s", "服务过程", 100, 0, 20, 0)
    return CallReport(
        call, measure_all(call), Score("x", "c", 1, "", criteria, (section,), 0.0, 0.0, 1.0, "不合格", False)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A call page with sound, one without times, and an index."""
    root = tmp_path_factory.mktemp("report")
    write_mp3(np.stack([tone(40, 300, rate=8000), tone(40, 500, rate=8000)]), 8000, root / "pages" / "a.mp3")
    with_sound, text = (
        made(),
        make_call("agent: 您好", "customer: 话费", "agent: 我不清楚", times="nominal", call_id="t"),
    )
    pages.write_page(
        with_sound, root / "pages" / pages.page_name(LONG_ID), audio="a.mp3", lang="zh", index="../index.html"
    )
    pages.write_page(
        with_sound,
        root / "inside.html",
        audio=None,
        embed_audio=(root / "pages" / "a.mp3").read_bytes(),
        lang="zh",
    )
    pages.write_page(with_sound, root / "silent.html", audio=None, lang="zh")
    heard = Evidence("quote", 1.0, 2.0, Role.AGENT, "不清楚", utterance=2)
    criterion = CriterionScore("taboo", "服务忌语", "s", "fail", 0, 10, evidence=(heard,), reason="phrase_said")
    score = Score("t", "c", 1, "", (criterion,), (SectionScore("s", "节", 1, 0, 10, 0),), 0.0, 0.0, 1.0)
    text = msgspec.structs.replace(text, recording=Recording("t"), speech={})
    text_report = CallReport(text, measure_all(text), score)
    pages.write_page(text_report, root / "text.html", audio=None, lang="zh")
    better = CallReport(
        make_call("agent@0-2: 您好", call_id="b.wav"),
        {},
        Score("b", "c", 1, "", (), (), 96.0, 96.0, 1.0, "优秀", True),
    )
    write_index([with_sound, text_report, better], root / "index.html", lang="zh")
    return root


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    """One Chromium for all tests of this file."""
    import shutil

    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=shutil.which("chromium"), args=ARGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser, folder):  # type: ignore[no-untyped-def]
    """Open a page; at the end nothing may have been logged, thrown, or asked of a network."""
    opened, trouble = [], []

    def go(name: str, *, width: int = 1280, fragment: str = ""):  # type: ignore[no-untyped-def]
        tab = browser.new_page(viewport={"width": width, "height": 844})
        opened.append(tab)
        tab.on("console", lambda message: trouble.append(f"console {message.type}: {message.text}"))
        tab.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        tab.on("request", lambda request: request.url.startswith(("file:", "data:")) or trouble.append(request.url))
        tab.goto((folder / name).as_uri() + fragment)
        if tab.query_selector("#audio"):
            tab.wait_for_function("document.getElementById('audio').readyState >= 1")
        return tab

    yield go
    for tab in opened:
        tab.close()
    assert trouble == []


CALL = f"pages/{pages.page_name(LONG_ID)}"


def clock(tab) -> float:  # type: ignore[no-untyped-def]
    return float(tab.evaluate("document.getElementById('audio').currentTime"))


@pytest.mark.parametrize("name", [CALL, "inside.html"])
def test_a_click_on_a_word_plays_from_there(visit, name: str) -> None:  # type: ignore[no-untyped-def]
    tab = visit(name)
    tab.hover("#u2 i[data-t]")
    word = tab.query_selector("#u2 i:not([data-words])")

    word.click()

    assert clock(tab) == pytest.approx(float(word.get_attribute("data-t")), abs=0.5)
    assert not tab.evaluate("document.getElementById('audio').paused")
    assert "now" in tab.query_selector("#u2").get_attribute("class")


def test_a_click_on_evidence_plays_it_and_points_at_its_line(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(CALL)

    tab.click("#c-taboo [data-ev]")

    assert clock(tab) == pytest.approx(17.0, abs=0.5)
    assert "asked" in tab.query_selector("#u2").get_attribute("class")
    tab.click("#c-dead-air [data-ev]")
    assert clock(tab) == pytest.approx(8.0, abs=0.5)


def test_the_keys_play_jump_and_walk_the_evidence(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(CALL)

    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("ArrowRight")
    assert clock(tab) == pytest.approx(10.0, abs=0.3)
    tab.keyboard.press("ArrowLeft")
    assert clock(tab) == pytest.approx(5.0, abs=0.3)
    tab.keyboard.press("Space")
    tab.wait_for_function("!document.getElementById('audio').paused")
    tab.keyboard.press("Space")
    tab.wait_for_function("document.getElementById('audio').paused")
    tab.keyboard.press("n")
    assert clock(tab) == pytest.approx(8.0, abs=0.5)
    tab.keyboard.press("n")
    assert clock(tab) == pytest.approx(17.0, abs=0.5)
    tab.keyboard.press("p")
    assert clock(tab) == pytest.approx(8.0, abs=0.5)


def test_space_on_evidence_pauses_instead_of_starting_over(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(CALL)
    tab.click("#c-taboo [data-ev]")
    tab.wait_for_function("!document.getElementById('audio').paused")

    tab.keyboard.press("Space")

    tab.wait_for_function("document.getElementById('audio').paused")
    assert clock(tab) > 16.9


def test_the_lanes_can_be_clicked_and_zoomed(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(CALL)
    box = tab.query_selector("#lanes").bounding_box()

    tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + 40)

    assert clock(tab) == pytest.approx(20.0, abs=0.2)
    tab.click("#in")
    assert tab.evaluate("lanes.clientWidth") == pytest.approx(2 * box["width"], rel=0.02)
    marks = tab.evaluate("[...document.querySelectorAll('#ticks text')].map(mark => mark.textContent)")
    assert marks[:2] == ["00:00", "00:02"]


def test_an_address_with_a_time_opens_there(visit) -> None:  # type: ignore[no-untyped-def]
    assert clock(visit(CALL, fragment="#t=12.5")) == pytest.approx(12.5, abs=0.1)


def test_without_sound_a_click_still_moves_the_head(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit("silent.html")

    tab.hover("#u2 i[data-t]")
    tab.click("#u2 i:not([data-words])")

    assert tab.inner_text("#now") == "00:16"
    assert tab.evaluate("parseFloat(head.getAttribute('x1'))") == pytest.approx(40.0, abs=0.5)


def test_without_times_evidence_leads_to_its_line(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit("text.html")

    tab.click("[data-ev]")

    assert "asked" in tab.query_selector("#u2").get_attribute("class")


@pytest.mark.parametrize("name", [CALL, "silent.html", "text.html", "index.html"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_scrolls_sideways(visit, name: str, width: int) -> None:  # type: ignore[no-untyped-def]
    tab = visit(name, width=width)

    assert tab.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def totals(tab) -> list[str]:  # type: ignore[no-untyped-def]
    return [cell.inner_text() for cell in tab.query_selector_all("#runs td.at-total b")]


def test_the_index_sorts_by_the_whole_head_cell_with_what_is_missing_last(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit("index.html")

    assert totals(tab) == ["0", "0", "96"]
    tab.click("#runs th.at-total", position={"x": 2, "y": 2})
    tab.click("#runs th.at-total")
    assert totals(tab)[0] == "96"
    tab.click("#runs th.at-seconds")
    tab.click("#runs th.at-seconds")
    times = [cell.inner_text() for cell in tab.query_selector_all("#runs td.at-seconds")]
    assert times == ["00:03", "00:40", "–"]
    tab.click("#runs th.at-seconds")
    assert tab.inner_text("#runs tr:last-child td.at-seconds") == "–"


def test_what_the_index_was_asked_for_stands_in_its_address_and_back_brings_it_again(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit("index.html")

    tab.fill("#search", "b.wav")
    assert totals(tab) == ["96"]
    tab.fill("#search", "")
    tab.select_option("#by-band", "不合格")
    tab.click("[data-set='points=0-10']")
    assert totals(tab) == ["0"]
    assert tab.inner_text("#count") == "共 3 通，筛出 1 通"
    tab.click("#runs td.at-id a")
    tab.wait_for_selector("#audio", state="attached")
    tab.click(".crumb a")
    tab.wait_for_selector("#count")
    assert tab.inner_text("#count") == "共 3 通，筛出 1 通"
    tab.go_back()
    tab.go_back()
    tab.wait_for_selector("#runs td")
    assert tab.inner_text("#count") == "共 3 通，筛出 1 通"
    tab.go_back()
    tab.click(".asked .all")
    assert totals(tab) == ["0", "0", "96"]


def test_ten_thousand_calls_are_drawn_as_they_come_into_view(visit, folder: Path) -> None:  # type: ignore[no-untyped-def]
    row = index_row(made(), "zh")
    rows = [dataclasses.replace(row, id=f"{place:05d}.wav", total=place / 100) for place in range(10_000)]
    write_index_rows(rows, folder / "many.html", lang="zh")
    tab = visit("many.html")
    drawn = "document.querySelectorAll('#runs tbody tr:not(.space)').length"

    assert tab.inner_text("#count") == "共 10,000 通"
    assert 50 <= tab.evaluate(drawn) <= 150
    tab.keyboard.press("End")
    tab.wait_for_selector("text=09999.wav")
    assert tab.evaluate(drawn) <= 200
    tab.keyboard.press("/")
    tab.keyboard.type("00777")
    tab.keyboard.press("ArrowDown")
    assert tab.evaluate("document.activeElement.textContent") == "00777.wav"


def test_a_printed_page_shows_all_of_the_transcript_and_no_buttons(visit) -> None:  # type: ignore[no-untyped-def]
    tab = visit(CALL)

    tab.emulate_media(media="print")

    assert not tab.is_visible("#play")
    assert tab.is_visible("#u4")
    assert tab.evaluate("getComputedStyle(lines).overflowY") == "visible"
