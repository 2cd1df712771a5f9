"""The keys of the desk in a real browser: every one of them does what the list of keys says; and what a browser may not send."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from qa_speech.desk.office import Office
from qa_speech.marks.accounts import account_named, open_session
from qa_speech.marks.work import assign, drafts, filters
from tests import desk_kit as kit

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.tool("chromium")
CALL = "taboo-interruption.wav"
NAME = "质检一"
MOST_FOR_A_FINDING, MOST_FOR_TWENTY = 2, 40
STOPS = """[...document.querySelectorAll("#sheet li.criterion")]
    .filter((one) => one.matches(".fail, .partial, .pending, .manual, .not_measured, .undone") || one.querySelector(".chip.review"))
    .map((one) => one.id)"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, str]]:
    office = kit.opened(tmp_path_factory.mktemp("desk"), port=kit.free_port())
    kit.people(office)
    assign(office.base, [(CALL, NAME), ("deflection.ogg", NAME), ("too-fast.ogg", NAME)], by="班长")
    office.warm()
    with kit.served(office) as address:
        yield office, address
    office.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=kit.chromium(), args=kit.ARGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def signed_in(place: tuple[Office, str], browser: Any) -> Iterator[Any]:
    """A browser in which the inspector is signed in."""
    office, address = place
    account = account_named(office.base, NAME)
    assert account is not None
    token, session = open_session(office.base, account)
    context = browser.new_context(viewport={"width": 1280, "height": 844})
    context.add_cookies(
        [
            {"name": name, "value": value, "url": address}
            for name, value in (("desk", token), ("desk_csrf", session.csrf))
        ]
    )
    yield context
    context.close()


@pytest.fixture
def tab(signed_in: Any, place: tuple[Office, str]) -> Iterator[Any]:
    """The page of a call, once it can be heard."""
    opened = signed_in.new_page()
    opened.goto(place[1] + kit.address(CALL, "?stage=first"))
    opened.wait_for_selector("#wave[data-ready]", timeout=45_000)
    yield opened
    opened.close()


def until(tab: Any, expression: str) -> None:
    """Wait until something holds; asked from outside, since no page may evaluate strings."""
    for _ in range(400):
        if tab.evaluate(expression):
            return
        tab.wait_for_timeout(25)
    raise AssertionError(expression)


def press(tab: Any, *keys: str) -> None:
    for key in keys:
        tab.keyboard.press(key)


def test_a_channel_is_shut_off_or_heard_alone_by_key(tab: Any) -> None:
    both, first_off, second_alone = [[1, 0], [0, 1]], [[0, 0], [1, 1]], [[0, 0], [1, 1]]

    for key, levels in (
        ("z", first_off),
        ("z", both),
        ("Shift+X", second_alone),
        ("Shift+X", both),
        ("Shift+Z", [[1, 1], [0, 0]]),
        ("z", [[0, 0], [0, 0]]),
    ):
        press(tab, key)
        assert tab.evaluate("deskChannels.levels()") == levels, key
    assert tab.evaluate("[...document.querySelectorAll('.names .muted')].length") == 2


def test_speed_goes_from_three_quarters_to_double_and_the_pitch_is_kept(tab: Any) -> None:
    speeds = []

    for key in (",", ",", ".", ".", ".", ".", "."):
        press(tab, key)
        speeds.append(tab.evaluate("audio.playbackRate"))

    assert speeds == [0.75, 0.75, 1, 1.25, 1.5, 2, 2]
    assert tab.evaluate("audio.preservesPitch")
    assert tab.input_value("#speed") == "2"


def test_j_goes_to_every_deduction_and_review_and_plays_it_and_k_back(tab: Any) -> None:
    wanted = tab.evaluate(STOPS)
    assert len(wanted) >= 3
    visited: list[str] = []
    heard: list[float] = []

    for _ in range(60):
        press(tab, "j")
        here = tab.evaluate("document.querySelector('li.criterion.current').id")
        proof = tab.evaluate("Number(document.querySelector('li.criterion.current .proof.now')?.dataset.t ?? -1)")
        if [here, proof] == [visited[-1] if visited else "", heard[-1] if heard else -2.0]:
            break
        visited.append(here)
        heard.append(proof)
        if proof >= 0:
            until(tab, f"!audio.paused && Math.abs(audio.currentTime - {proof}) < 3")

    assert list(dict.fromkeys(visited)) == wanted
    assert tab.evaluate("document.querySelectorAll('li.criterion.current .proof').length") <= len(heard)
    press(tab, "k")
    assert tab.evaluate("document.querySelector('li.criterion.current').id") == visited[-2]


def test_a_finding_is_looped(tab: Any) -> None:
    tab.click("#c-taboo h4")
    press(tab, "l")
    until(tab, "document.body.classList.contains('looping') && !audio.paused")
    begin, end = tab.evaluate(
        "(() => { const one = document.querySelector('#c-taboo .proof').dataset; return [Number(one.t), Number(one.until)]; })()"
    )

    tab.evaluate(f"audio.currentTime = {end + 0.25}")
    until(tab, f"audio.currentTime < {end} && audio.currentTime >= {begin - 0.1}")
    press(tab, "l")

    assert not tab.evaluate("document.body.classList.contains('looping')")


def test_seconds_are_attached_by_dragging_and_kept(tab: Any, place: tuple[Office, str]) -> None:
    tab.click("#c-courtesy h4")
    box = tab.locator("#lanes").bounding_box()
    duration = tab.evaluate("Number(document.body.dataset.duration)")
    height = box["y"] + box["height"] / 2

    tab.mouse.move(box["x"] + 0.25 * box["width"], height)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.30 * box["width"], height, steps=4)
    tab.mouse.move(box["x"] + 0.40 * box["width"], height, steps=4)
    tab.mouse.up()
    tab.wait_for_selector("#f-courtesy .saved-now")

    kept = drafts(place[0].base, CALL, NAME, "first")["courtesy"].draft.evidence
    assert len(kept) == 1
    assert kept[0].start == pytest.approx(0.25 * duration, abs=0.01 * duration)
    assert kept[0].end == pytest.approx(0.40 * duration, abs=0.01 * duration)
    assert "▸" in tab.inner_text("#f-courtesy .attached")
    tab.click("#f-courtesy .attached .plain")
    until(tab, "!document.querySelector('#f-courtesy').elements.seconds.value")


def test_one_finding_takes_two_keys_and_a_call_of_twenty_criteria_forty(tab: Any, place: tuple[Office, str]) -> None:
    tab.goto(place[1] + kit.address("deflection.ogg", "?stage=first"))
    tab.wait_for_selector("#wave[data-ready]", timeout=45_000)
    keys = ["j", "a"]
    press(tab, *keys)
    tab.wait_for_selector(".saved-now")
    assert len(keys) <= MOST_FOR_A_FINDING
    count = tab.locator("form.marking").count()
    assert count >= 20

    while tab.evaluate(
        "[...document.querySelectorAll('form.marking')].some((one) => !one.querySelector('[name=outcome]:checked'))"
    ):
        has_machine = tab.locator("li.criterion.current input[value=agree]").count()
        keys.append("a" if has_machine else "1")
        press(tab, keys[-1])
        if tab.evaluate("document.activeElement.name === 'reason'"):
            tab.keyboard.type("已核对录音")  # what he has to say is not a key of the desk
            keys.append("Enter")
            press(tab, "Enter")
        assert len(keys) < 100
    keys.append("Control+Enter")
    press(tab, "Control+Enter")

    tab.wait_for_url(lambda url: "deflection" not in url and kit.key_of("deflection.ogg") not in url, timeout=45_000)
    assert len(place[0].base.marks.marks(["deflection.ogg"])) == count
    assert len(keys) <= MOST_FOR_TWENTY


# -- probes


def kept_filters(office: Office) -> int:
    return len(filters(office.base, NAME))


POSTED = """(token) => fetch("/filters", {
    method: "POST",
    headers: token ? { "X-CSRF-Token": token } : {},
    body: new URLSearchParams({ name: "planted", question: "agent=1" }),
}).then((answer) => answer.status)"""


def test_probe_of_a_post_without_the_token(tab: Any, place: tuple[Office, str]) -> None:
    before = kept_filters(place[0])

    assert tab.evaluate(POSTED, "") == 403
    assert tab.evaluate(POSTED, "guessed") == 403
    tab.evaluate("document.body.removeAttribute('hx-headers:inherited')")
    with tab.expect_response(lambda answer: "/draft" in answer.url) as refused:
        tab.click("#c-greeting h4")
        press(tab, "1")

    assert refused.value.status == 403
    assert kept_filters(place[0]) == before
    own = tab.evaluate("document.cookie.split('desk_csrf=')[1].split(';')[0]")
    assert tab.evaluate(POSTED, own) == 204  # what the refused ones lacked was the token alone


class Elsewhere(BaseHTTPRequestHandler):
    """A site of somebody else, on the same machine: his browser sends the cookies of the desk along."""

    target = ""

    def do_GET(self) -> None:
        page = f"""<form method="post" action="{self.target}/filters"><input name="name" value="planted from elsewhere">
            <input name="question" value="agent=1"><button>press</button></form>"""
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_probe_of_a_post_from_another_site(signed_in: Any, place: tuple[Office, str]) -> None:
    before = kept_filters(place[0])
    Elsewhere.target = place[1]
    other = HTTPServer(("127.0.0.1", 0), Elsewhere)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    page = signed_in.new_page()

    page.goto(f"http://127.0.0.1:{other.server_port}/")
    with page.expect_response(lambda answer: "/filters" in answer.url) as refused:
        page.click("button")
    sent = refused.value.request.all_headers()
    other.shutdown()
    other.server_close()
    page.close()

    assert refused.value.status == 403
    assert "desk=" in sent["cookie"]
    assert sent["origin"] == f"http://127.0.0.1:{other.server_port}"
    assert kept_filters(place[0]) == before
