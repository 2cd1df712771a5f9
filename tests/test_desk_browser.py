"""The desk in a real browser against a real server: the whole way from the first start to the final mark and the estimate."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qa_speech.desk.office import Office
from qa_speech.desk.serving import first_link
from qa_speech.marks.stages import standing
from tests import desk_kit as kit

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.tool("chromium")
POSTGRES = os.environ.get("QA_SPEECH_TEST_POSTGRES", "")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as running:
        started = running.chromium.launch(executable_path=kit.chromium(), args=kit.ARGS)
        yield started
        started.close()


class Person:
    """Somebody at a browser of his own; whatever goes wrong on his pages is remembered."""

    def __init__(self, browser: Any, place: str, trouble: list[str]) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 844})
        self.place = place
        self.tab = self.context.new_page()
        self.keys = 0
        self.tab.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        self.tab.on("console", lambda message: message.type == "error" and trouble.append(message.text))
        self.tab.on("request", lambda request: self._own(request.url) or trouble.append(request.url))

    def _own(self, url: str) -> bool:
        return url.startswith((self.place, "data:", "blob:"))

    def go(self, path: str) -> None:
        self.tab.goto(self.place + path)

    def enter(self, link: str) -> None:
        """Open a link that works once, and set a password."""
        self.tab.goto(link)
        self.tab.fill("[name=password]", kit.PASSWORD)
        self.tab.fill("[name=again]", kit.PASSWORD)
        self.tab.click("button.main")
        self.tab.wait_for_url(lambda url: "/welcome/" not in url)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.tab.keyboard.press(key)
            self.keys += 1

    def chosen(self) -> str:
        """Id of the criterion that is chosen."""
        return str(self.tab.get_attribute("li.criterion.current", "id")).removeprefix("c-")

    def until(self, expression: str) -> None:
        """Wait until something holds; asked from outside, since no page may evaluate strings."""
        for _ in range(300):
            if self.tab.evaluate(expression):
                return
            self.tab.wait_for_timeout(50)
        raise AssertionError(expression)

    def wait(self, selector: str, **more: Any) -> Any:
        """Until it is there, on a page whose keys work: they are bound once the whole document is read."""
        found = self.tab.wait_for_selector(selector, timeout=45_000, **more)
        self.tab.wait_for_load_state("domcontentloaded")
        return found


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    database = kit.emptied(POSTGRES) if request.param == "postgresql" else ""
    found = kit.opened(tmp_path, database=database, port=kit.free_port())
    yield found
    found.close()


def added(admin: Person, name: str, role: str, team: str = "", agent: str = "") -> str:
    """The link that a new account is opened with."""
    admin.go("/users")
    admin.tab.fill("form [name=name]", name)
    admin.tab.uncheck("[value=inspector]")
    admin.tab.check(f"[value={role}]")
    admin.tab.fill("[name=team]", team)
    admin.tab.fill("[name=agent]", agent)
    admin.tab.click("form button.main")
    admin.wait("#add-problem .link")
    return str(admin.tab.input_value("#add-problem .link input"))


def judged(person: Person) -> None:
    """Judge a whole call by keys: agree where the machine has judged, pass what it has not."""
    person.wait("form.marking")
    count = person.tab.locator("form.marking").count()
    person.keys = 0
    for _ in range(count):
        item = person.tab.locator("li.criterion.current")
        has_machine = item.count() and item.locator("input[value=agree]").count()
        person.press("a" if has_machine else "1")
        if person.tab.evaluate("document.activeElement.name === 'reason'"):
            person.tab.keyboard.type("已核对录音")
            person.press("Enter")
    person.wait(f'#decided:text-is("{count}")')


def test_from_the_first_start_to_the_final_mark_and_the_estimate(office: Office, browser: Any) -> None:
    trouble: list[str] = []
    link = first_link(office.base, office.options)
    office.warm()
    with kit.served(office) as place:
        everybody = {name: Person(browser, place, trouble) for name in ("管理员", "班长", "质检一", "复核员", "坐席")}
        admin, lead, inspector, second, agent = everybody.values()

        # the first admin lets the others in
        admin.enter(link)
        lead.enter(added(admin, "班长", "lead"))
        inspector.enter(added(admin, "质检一", "inspector", team="丁组"))
        second.enter(added(admin, "复核员", "second", team="丙组"))
        agent.enter(added(admin, "坐席甲", "agent", agent="1001"))
        assert "没有等您判的通话" in inspector.tab.inner_text("main")

        # the lead gives out the drawn list
        lead.go("/team")
        lead.tab.click("text=分派抽样名单")
        lead.wait("#assigned li")
        assert "已分派 2 通" in lead.tab.inner_text("#assigned")

        # the inspector judges both calls by keys
        inspector.go("/mine")
        calls = [row.get_attribute("data-href") or "" for row in inspector.tab.query_selector_all("#rows tbody tr")]
        assert len(calls) == 2
        inspector.press("Enter")
        for number in range(2):
            inspector.wait("#wave[data-ready]")
            inspector.keys = 0
            if number == 0:
                a_finding_takes_two_keys(inspector)
            judged(inspector)
            criteria = inspector.tab.locator("form.marking").count()
            inspector.press("Control+Enter")
            assert inspector.keys <= 40 <= 2 * criteria
            after = calls[1] if number == 0 else "/mine"
            inspector.tab.wait_for_url(f"{place}{after}", timeout=45_000)
        assert "今天已完成 2 通" in inspector.tab.inner_text("main")

        # the agent sees his own call alone, and appeals
        agent.go("/own")
        assert agent.tab.locator("#rows tbody tr").count() == 1
        agent.tab.click("#rows tbody tr a")
        agent.wait("details.appeal")
        criterion = (agent.tab.get_attribute(".judging:has(details.appeal)", "id") or "").removeprefix("j-")
        agent.tab.click(f"#j-{criterion} summary")
        agent.tab.fill(f"#j-{criterion} [name=reason]", "已经说过，请再听一遍")
        agent.tab.click(f"#j-{criterion} form button")
        agent.wait(f"#j-{criterion} .saved-now")

        # a second inspector decides about it, the lead has the last word
        for person, stage, key in ((second, "second", "0"), (lead, "final", "1")):
            person.go("/mine")
            assert "已经说过，请再听一遍" in person.tab.inner_text("main")
            person.tab.click(f'a[href*="stage={stage}"]')
            person.wait(f"#f-{criterion}")
            person.tab.click(f"#c-{criterion} h4")
            assert person.chosen() == criterion
            person.press(key)
            person.wait(f"#f-{criterion} .saved-now")
            person.press("Control+Enter")
            person.tab.wait_for_url("**/mine", timeout=45_000)
            if person is second:
                kept = office.base.marks.marks()
                assert [mark.outcome for mark in kept if mark.stage == "second"] == ["not_applicable"]
                reopen = ("坐席甲", criterion)
                agent.go("/own")
                assert "您的申诉已有结果" in agent.tab.inner_text("#notices")
                agent.tab.click("#notices button")
                agent.tab.wait_for_selector("#notices", state="detached")
                assert reopen[0]
                agent.tab.click("#rows tbody tr a")
                agent.wait(f"#j-{criterion} summary")
                agent.tab.click(f"#j-{criterion} summary")
                agent.tab.fill(f"#j-{criterion} [name=reason]", "已经说过，请再听一遍 ")
                agent.tab.select_option(f"#j-{criterion} select", "partial")
                agent.tab.click(f"#j-{criterion} form button")
                agent.wait(f"#j-{criterion} .saved-now")

        marks = office.base.marks.marks()
        last = [mark for mark in marks if mark.stage == "final"]
        assert len(last) == 1
        assert standing(marks)[last[0].call, criterion] == last[0]
        assert (last[0].person, last[0].role, last[0].outcome) == ("班长", "lead", "pass")

        # what the two calls say of all
        lead.go("/team")
        assert "人工判过 2 通" in lead.tab.inner_text("main")
        lead.tab.click("#main form[hx-get] button")
        lead.wait("#estimate li")
        assert "95%" in lead.tab.inner_text("#estimate")

        # and it stands in the audit, which can be taken away
        admin.go("/audit")
        assert "提交终审" in admin.tab.inner_text("main")
        with admin.tab.expect_download() as taken:
            admin.tab.click("text=导出 CSV")
        assert "submitted_final" in Path(taken.value.path()).read_text(encoding="utf-8-sig")
        for person in everybody.values():
            person.context.close()
    assert trouble == []


def a_finding_takes_two_keys(person: Person) -> None:
    """j goes to it and plays it, a agrees: kept before anything else is done."""
    person.press("j", "a")
    person.wait(".saved-now")
    assert person.keys == 2
    person.until("!audio.paused && audio.currentTime > 0")
    person.press(" ")
