"""A desk over the run of the sample calls: in this process for requests, served for browsers."""

from __future__ import annotations

import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import uvicorn
from starlette.testclient import TestClient

from qa_speech.desk.app import make_app
from qa_speech.desk.office import DeskOptions, Office
from qa_speech.desk.source import key_of
from qa_speech.marks.accounts import DeskRole, add_account
from qa_speech.report.sample_folder import write_sample
from qa_speech.store.parquet import open_run

ROOT = Path(__file__).parent.parent
BEFORE = Path(__file__).parent / "before" / "run"
PASSWORD = "correct horse battery"
ORIGIN = "http://127.0.0.1:8765"
PLAN = 'seed = 7\nnumber = 1\nwhere = ["total >= 0"]\n[[inspectors]]\nname = "质检一"\n'
TABLES = (
    "desk_accounts", "desk_sessions", "desk_links", "desk_assignments", "desk_drafts", "desk_rounds", "desk_filters",
    "desk_notices", "desk_audit", "desk_version", "marks", "marks_version",
)  # fmt: skip
NUMBER = "13800138000"
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--autoplay-policy=no-user-gesture-required",
]
"""Of the browser."""


def chromium() -> str | None:
    return shutil.which("chromium")


def made_run(place: Path) -> Path:
    """The run of the samples, its calls given to two agents of two teams."""
    run = place / "批次"
    shutil.copytree(BEFORE, run)
    store = open_run(run)
    rows = []
    for number, row in enumerate(store.rows()):
        agent, team = (("1001", "甲组"), ("1037", "乙组"))[number % 2]
        metadata = {"agent": agent, "team": team, "queue": "宽带", "started_at": f"2026-11-{10 + number} 08:00:00"}
        rows.append(msgspec.structs.replace(row, metadata=metadata))
    store.keep_rows(rows)
    return run


def sampled(run: Path) -> Path:
    """A drawn list of it: one call of each agent, for the first inspector."""
    plan = run / "plan.toml"
    plan.write_text(PLAN, encoding="utf-8")
    write_sample(run, plan, run / "样本", pages=False)
    return run / "样本"


def emptied(url: str) -> str:
    """The database of a URL without any table of ours."""
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"DROP TABLE IF EXISTS {table}"))
        connection.execute(text("DROP FUNCTION IF EXISTS desk_audit_kept"))
    engine.dispose()
    return url


def people(office: Office) -> None:
    """One of each: the inspector and the second are of other teams."""
    who: tuple[tuple[str, DeskRole, str, str], ...] = (
        ("质检一", "inspector", "甲组", ""), ("质检二", "inspector", "乙组", ""), ("复核员", "second", "丙组", ""),
        ("班长", "lead", "", ""), ("坐席甲", "agent", "", "1001"), ("坐席乙", "agent", "", "1037"),
        ("培训师", "trainer", "", ""), ("管理员", "admin", "", ""),
    )  # fmt: skip
    for name, role, team, agent in who:
        add_account(office.base, name, [role], team=team, agent=agent, unmasked=name == "班长", password=PASSWORD)


class Visitor:
    """Somebody with a browser of few words: requests with the headers that the pages send."""

    def __init__(self, office: Office, name: str = "", password: str = PASSWORD) -> None:
        self.client = TestClient(make_app(office), base_url=ORIGIN, follow_redirects=False)
        if name:
            self.sign_in(name, password)

    def sign_in(self, name: str, password: str = PASSWORD) -> Any:
        self.client.get("/login")
        return self.post("/login", name=name, password=password)

    @property
    def token(self) -> str:
        return self.client.cookies.get("desk_csrf") or ""

    def get(self, address: str, **more: Any) -> Any:
        return self.client.get(address, **more)

    def post(self, address: str, **form: Any) -> Any:
        headers = {"origin": ORIGIN, "x-csrf-token": self.token, "hx-request": "true"}
        return self.client.post(address, data=form, headers=headers)


def address(call: str, rest: str = "") -> str:
    return f"/calls/{key_of(call)}{rest}"


@contextmanager
def served(office: Office) -> Iterator[str]:
    """The desk at a port of its own, as `serving.serve` does it, until the end."""
    config = uvicorn.Config(
        make_app(office), host="127.0.0.1", port=office.options.port, log_level="error", proxy_headers=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield office.options.origins[0]
    server.should_exit = True
    thread.join(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def opened(place: Path, *, database: str = "", **more: Any) -> Office:
    """A desk over a new run in a folder."""
    run = made_run(place)
    values = {"sample": sampled(run), "recordings": ROOT / "samples", "marks_db": database, **more}
    return Office(DeskOptions(run=run, **values))
