"""Attempts to get from the desk what is not one's own, or to make it do what it should not; none may succeed, none may break it."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from starlette.testclient import TestClient

from qa_speech.desk.app import make_app
from qa_speech.desk.office import DeskOptions, Office
from qa_speech.desk.source import key_of
from qa_speech.marks.accounts import add_account, session_of
from qa_speech.marks.audit import entries
from qa_speech.marks.model import Mark, now
from qa_speech.marks.work import assign
from tests import desk_kit as kit

OF_1001, OF_1037 = "backchannels.ogg", "complaint-handled-well.ogg"
EVIL = '"><script>document.title="got"</script><img src=x onerror=alert(1)>'


class Tags(HTMLParser):
    """The elements of a page with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    found = kit.opened(tmp_path_factory.mktemp("desk"))
    kit.people(found)
    made = [
        Mark(
            call=call, criterion="greeting", stage="first", outcome="fail", person="质检一", role="inspector", at=now(), reason=EVIL
        )
        for call in (OF_1001, OF_1037)
    ]  # fmt: skip
    found.base.marks.add(made)
    assign(found.base, [(OF_1001, "质检一")], by="班长")
    yield found
    found.close()


@pytest.fixture(scope="module")
def by_name(office: Office) -> dict[str, kit.Visitor]:
    return {name: kit.Visitor(office, name) for name in ("质检一", "班长", "坐席甲", "坐席乙", "培训师", "管理员")}


def test_nothing_but_the_door_is_open_to_strangers(office: Office) -> None:
    stranger = kit.Visitor(office)

    for path in (
        "/",
        "/mine",
        "/calls",
        kit.address(OF_1001),
        "/team",
        "/users",
        "/audit",
        "/audit.csv",
        "/rounds",
        "/me",
    ):
        assert stranger.get(path).status_code == 303, path
    assert stranger.get(kit.address(OF_1001, "/audio")).status_code == 303
    for path in ("/api/me", "/api/calls", "/api/openapi.json"):
        assert stranger.get(path).status_code == 401, path


@pytest.mark.parametrize(
    "path",
    [
        "/static/../desk/app.py", "/static/..%2f..%2fsettings.py", "/static/%2e%2e/app.py", "/static/....//app.py",
        "/calls/..%2f..%2f..%2fetc%2fpasswd", "/calls/..%2f..%2fetc%2fpasswd/audio", "/calls/%2fetc%2fpasswd/audio",
        "/calls/deflection.ogg", "/calls/deflection.ogg/audio", "/calls/" + "a" * 5000, "/api/calls/..%2f..%2fetc%2fpasswd",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file(by_name: dict[str, kit.Visitor], path: str) -> None:
    answer = by_name["班长"].get(path)

    assert answer.status_code in (404, 422)
    assert "root:" not in answer.text


def test_an_agent_gets_nothing_of_another_agents_calls(by_name: dict[str, kit.Visitor]) -> None:
    mine, other = by_name["坐席甲"], by_name["坐席乙"]

    assert mine.get(kit.address(OF_1001)).status_code == 200
    for rest in ("", "/audio", "/peaks", "/ahead", "/clip?start=0&end=1"):
        assert other.get(kit.address(OF_1001, rest)).status_code in (403, 404), rest
    for rest in ("", "/marks", "/draft?stage=first"):
        assert other.get(f"/api/calls/{key_of(OF_1001)}{rest}").status_code in (403, 404), rest
    refused = other.post(kit.address(OF_1001, "/appeal"), criterion="greeting", outcome="pass", reason="x")
    assert refused.status_code == 404
    for path in ("/users", "/audit", "/audit.csv", "/team", "/rounds", "/calls", "/mine", "/estimate"):
        assert mine.get(path).status_code == 403, path


def test_nobody_judges_beyond_his_role(by_name: dict[str, kit.Visitor], office: Office) -> None:
    before = len(office.base.marks.marks())

    for name, stage, status in (
        ("质检一", "final", 403),
        ("坐席甲", "first", 403),
        ("培训师", "second", 403),
        ("管理员", "first", 404),
    ):
        answer = by_name[name].post(kit.address(OF_1001, f"/submit?stage={stage}"), seen=0)
        assert answer.status_code == status, name
    assert by_name["质检一"].post("/users", name="x", roles="admin").status_code == 403
    assert by_name["质检一"].post("/assign", source="call", call=OF_1001, people="质检一").status_code == 403
    assert len(office.base.marks.marks()) == before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"origin": kit.ORIGIN}, 403),
        ({"origin": kit.ORIGIN, "x-csrf-token": "guessed"}, 403),
        ({"origin": "https://elsewhere.example", "x-csrf-token": "OWN"}, 403),
        ({"origin": "null", "x-csrf-token": "OWN"}, 403),
        ({"x-csrf-token": "OWN"}, 403),
        ({"origin": kit.ORIGIN, "x-csrf-token": "OWN"}, 204),
    ],
)
def test_what_changes_anything_comes_from_our_own_page(
    by_name: dict[str, kit.Visitor], headers: dict[str, str], status: int
) -> None:
    person = by_name["质检一"]
    sent = {name: person.token if value == "OWN" else value for name, value in headers.items()}

    assert person.client.post("/language", data={"lang": "zh"}, headers=sent).status_code == status


def test_what_is_refused_before_any_page_is_said_in_the_language_of_who_asks(by_name: dict[str, kit.Visitor]) -> None:
    client = by_name["质检一"].client
    said = {}
    for lang in ("zh", "en"):
        said[lang] = client.post("/language", headers={"cookie": f"desk_lang={lang}"}).text

    assert said == {"zh": "请求来自别的网站，已拒绝", "en": "cross-site request refused"}


def test_a_token_of_a_cookie_that_was_planted_is_not_that_of_the_session(by_name: dict[str, kit.Visitor]) -> None:
    person = by_name["质检一"]
    headers = {
        "origin": kit.ORIGIN,
        "x-csrf-token": "planted",
        "cookie": f"desk={person.client.cookies['desk']}; desk_csrf=planted",
    }

    answer = person.client.post("/notices", data={"read": "1"}, headers=headers)

    assert answer.status_code == 403


def test_a_session_that_was_planted_is_not_the_one_after_signing_in(office: Office) -> None:
    person = kit.Visitor(office)
    person.client.cookies.set("desk", "planted-by-somebody-else", domain="127.0.0.1", path="/")
    person.sign_in("质检一")

    token = person.client.cookies.get("desk", domain="127.0.0.1") or ""
    assert token != "planted-by-somebody-else"
    assert session_of(office.base, "planted-by-somebody-else") is None
    first = [cookie.value for cookie in person.client.cookies.jar if cookie.name == "desk"][-1]
    person.client.cookies.clear()
    person.sign_in("质检一")
    second = [cookie.value for cookie in person.client.cookies.jar if cookie.name == "desk"][-1]
    assert first != second


def test_cookies_are_for_the_browser_alone_and_secure_behind_tls(office: Office) -> None:
    options = DeskOptions(run=office.options.run, host="0.0.0.0", origin="https://desk.example")
    behind = started_otherwise(office, options)
    client = TestClient(make_app(behind), base_url="https://desk.example", follow_redirects=False)
    client.get("/login")
    headers = {"origin": "https://desk.example", "x-csrf-token": client.cookies["desk_csrf"]}
    answer = client.post("/login", data={"name": "质检一", "password": kit.PASSWORD}, headers=headers)

    session = next(value for value in answer.headers.get_list("set-cookie") if value.startswith("__Host-desk="))
    assert {"HttpOnly", "Secure", "Path=/"} <= set(session.split("; "))
    assert "max-age" in answer.headers["strict-transport-security"]
    assert client.get("/login", headers={"host": "evil.example"}).status_code == 421


def started_otherwise(office: Office, options: DeskOptions) -> Office:
    """The same desk as if it had been started otherwise."""
    other = object.__new__(Office)
    other.__dict__.update(office.__dict__)
    other.options = options
    return other


def test_passwords_are_not_guessed_by_the_hundred(office: Office) -> None:
    thief = kit.Visitor(office)

    answers = [thief.sign_in("复核员", "guess number one").status_code for _ in range(7)]

    assert answers == [401] * 5 + [429] * 2
    assert thief.sign_in("复核员").status_code == 429
    office.throttle.succeeded("复核员", "testclient")
    assert thief.sign_in("复核员").status_code == 204


def test_an_unknown_name_and_a_wrong_password_are_told_the_same(office: Office) -> None:
    thief = kit.Visitor(office)

    wrong, unknown = thief.sign_in("班长", "wrong"), thief.sign_in("没有这个人", "wrong")

    assert (wrong.status_code, wrong.text) == (unknown.status_code, unknown.text)


@pytest.mark.parametrize(
    "header",
    [
        "bytes=0-0,2-3", "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)), "bytes=-0", "bytes=5-1", "bytes=abc",
        "bytes=99999999999999999999-", "bytes=--1", "items=0-1", "bytes=", "bytes=999999999-",
    ],
)  # fmt: skip
def test_ranges_that_make_no_sense_are_refused(by_name: dict[str, kit.Visitor], header: str) -> None:
    answer = by_name["班长"].get(kit.address(OF_1001, "/audio"), headers={"range": header})

    assert answer.status_code == 416
    assert answer.content == b""


def test_a_range_gives_just_these_bytes(by_name: dict[str, kit.Visitor]) -> None:
    person, place = by_name["班长"], kit.address(OF_1001, "/audio")
    whole = person.get(place).content

    for first, last in ((0, 0), (0, 43), (40, 50), (44, 47), (45, 46), (101, 70_001)):
        part = person.get(place, headers={"range": f"bytes={first}-{last}"})
        assert (part.status_code, part.content) == (206, whole[first : last + 1])
    tail = person.get(place, headers={"range": "bytes=-7"})
    assert tail.content == whole[-7:]
    assert tail.headers["content-range"] == f"bytes {len(whole) - 7}-{len(whole) - 1}/{len(whole)}"


@pytest.mark.parametrize(
    "question",
    [
        "words=' OR 1=1 --", "agent=1001' OR '1'='1", "failed=x'; DROP TABLE marks; --", "queue=%25", "words=%",
        "sort=id; DROP TABLE desk_accounts", "page=-1", "page=99999999999", "since=2026-13-45", "until=x", "words=\x00",
    ],
)  # fmt: skip
def test_what_is_searched_for_is_no_sql(by_name: dict[str, kit.Visitor], office: Office, question: str) -> None:
    name, _, value = question.partition("=")
    answer = by_name["班长"].get("/calls", params={name: value})

    assert answer.status_code == 200
    if name in ("words", "agent", "failed", "queue"):
        assert "没有符合条件的通话" in answer.text
    assert office.base.marks.marks()


def test_what_people_write_stays_text(by_name: dict[str, kit.Visitor], office: Office) -> None:
    add_account(office.base, EVIL, ["agent"], agent=EVIL, password=kit.PASSWORD)

    lead = by_name["班长"]
    pages = [
        lead.get(kit.address(OF_1001)), by_name["管理员"].get("/users"), lead.get("/calls", params={"words": EVIL}),
        lead.get("/calls", params={"agent": EVIL}), kit.Visitor(office, EVIL).get("/me"),
    ]  # fmt: skip

    for page in pages:
        assert page.status_code == 200
        assert "<script>document" not in page.text
        assert "<img src=x" not in page.text


def test_every_page_forbids_foreign_and_inline_script(by_name: dict[str, kit.Visitor]) -> None:
    for path in ("/mine", "/calls", kit.address(OF_1001), "/login", "/nothing"):
        answer = by_name["班长"].get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        found = Tags(answer.text)
        assert [name for name, attributes in found.tags if name == "script" and "src" not in attributes] == []
        assert [name for _, attributes in found.tags for name in attributes if name.startswith("on")] == []
        addresses = [given.get(name) or "" for _, given in found.tags for name in ("src", "href")]
        assert [one for one in addresses if one.startswith(("http", "//", "javascript"))] == []


def test_customers_data_are_masked_unless_somebody_may_see_them_and_that_is_logged(
    by_name: dict[str, kit.Visitor], office: Office
) -> None:
    inspector, lead = by_name["质检一"], by_name["班长"]
    before = len(list(entries(office.base)))

    assert inspector.get(kit.address(OF_1001, "?plain=1")).status_code == 403
    assert inspector.get(kit.address(OF_1001, "/audio?plain=1")).status_code == 403
    assert lead.get(kit.address(OF_1001, "?plain=1")).status_code == 200
    assert lead.get(kit.address(OF_1001, "/audio?plain=1"), headers={"range": "bytes=16044-16045"}).status_code == 206
    new = list(entries(office.base))[before:]
    assert [(one.person, one.action, one.call) for one in new] == [
        ("班长", "saw_unmasked", OF_1001), ("班长", "heard_unmasked", OF_1001),
    ]  # fmt: skip


def test_bodies_and_methods_that_no_page_sends_are_refused(by_name: dict[str, kit.Visitor]) -> None:
    person = by_name["质检一"]
    headers = {"origin": kit.ORIGIN, "x-csrf-token": person.token}

    assert person.client.post("/filters", content=b"x" * (1 << 21), headers=headers).status_code == 413
    assert person.client.put("/mine", headers=headers).status_code == 405
    assert person.client.request("TRACE", "/mine").status_code == 405


def test_the_json_side_never_breaks(office: Office) -> None:
    import schemathesis
    from hypothesis import HealthCheck, settings

    person = kit.Visitor(office, "班长")
    described = person.get("/api/openapi.json").json()
    schema = schemathesis.openapi.from_dict(described)
    seen: list[int] = []

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    def tried(case: schemathesis.Case) -> None:
        address = case.formatted_path
        answer = person.client.request(case.method, address, params=case.query, headers=dict(case.headers or {}))
        seen.append(answer.status_code)
        assert answer.status_code < 500, (case.method, address, case.query)

    for operation in schema.get_all_operations():
        strategy = operation.ok().as_strategy()
        from hypothesis import given

        given(case=strategy)(tried)()
    assert len(seen) > 30
