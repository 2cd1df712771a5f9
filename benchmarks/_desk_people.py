"""Inspectors at the desk without a browser: they open a call, judge its criteria one after the other, submit it, go on.

Each knows what the server has said it keeps; after it was killed that is looked for in its database.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import httpx2
import msgspec
from _desk_made import Server

from qa_speech.desk.source import key_of
from qa_speech.marks.accounts import account_named, open_session
from qa_speech.marks.desk_base import DRAFTS, DeskBase
from qa_speech.marks.model import now
from qa_speech.marks.work import Draft, drafts

THINK_S = 2.0
CRITERION = re.compile(r'id="f-([^"]+)"')


class Said(NamedTuple):
    """What an inspector has said of a criterion; `reason` is like no other."""

    call: str
    criterion: str
    reason: str


class Inspector:
    """Somebody who judges his calls in turn. `kept` holds what the server has acknowledged: drafts, and marks of submitted
    calls."""

    def __init__(self, server: Server, name: str, calls: list[str]) -> None:
        self.name = name
        self.calls = calls
        self.client = httpx2.AsyncClient(base_url=server.place, timeout=60)
        self.origin = server.place
        self.drafted: dict[str, Said] = {}
        self.marked: list[Said] = []
        self._prepared: dict[str, dict[str, Said]] = {}
        self._waiting: list[str] = []
        self._at = -1
        self._said = 0

    def let_in(self, base: DeskBase) -> None:
        """Have a session without the door: trying a password takes its time on purpose."""
        account = account_named(base, self.name)
        assert account is not None
        token, session = open_session(base, account)
        self.client.cookies.set("desk", token)
        self.client.cookies.set("desk_csrf", session.csrf)

    def prepare(self, base: DeskBase, criteria: list[str]) -> None:
        """Have all but one of the criteria drafted, so that the calls are submitted soon."""
        rows: list[dict[str, Any]] = []
        for call in self.calls:
            drafted: dict[str, Said] = {}
            for criterion in criteria[1:]:
                self._said += 1
                said = Said(call, criterion, f"{time.time_ns()} {self._said}")
                body = msgspec.json.encode(Draft(outcome="pass", reason=said.reason)).decode()
                row = {
                    "call": call, "person": self.name, "stage": "first", "criterion": criterion, "body": body, "version": 1,
                    "page": self.name, "at": now(),
                }  # fmt: skip
                rows.append(row)
                drafted[criterion] = said
            self._prepared[call] = drafted
        with base.writing() as connection:
            connection.execute(DRAFTS.delete().where(DRAFTS.c.person == self.name))
            connection.execute(DRAFTS.insert(), rows)

    async def open(self) -> None:
        """Open the next call and see what has to be judged."""
        self._at = (self._at + 1) % len(self.calls)
        answer = await self.client.get(f"{self._place}?stage=first")
        assert answer.status_code == 200, answer.text
        self.drafted = self._prepared.pop(self.calls[self._at], {})
        self._waiting = [name for name in CRITERION.findall(answer.text) if name not in self.drafted]
        assert self._waiting

    @property
    def _place(self) -> str:
        return f"/calls/{key_of(self.calls[self._at])}"

    async def judge(self) -> float:
        """Judge the next criterion, or submit the call where all are judged; how long the answer took, in ms."""
        if not self._waiting and not self.drafted:
            await self.open()
        began = time.perf_counter()
        if self._waiting:
            await self._draft(self._waiting[0])
            self._waiting.pop(0)
        else:
            await self._submit()
        return 1000 * (time.perf_counter() - began)

    async def _draft(self, criterion: str) -> None:
        self._said += 1
        said = Said(self.calls[self._at], criterion, f"{time.time_ns()} {self._said}")
        form = {
            "criterion": criterion, "version": "0", "page": self.name, "seconds": "", "points": "", "outcome": "pass",
            "reason": said.reason,
        }  # fmt: skip
        answer = await self._post(f"{self._place}/draft?stage=first", form)
        assert answer.status_code == 200, answer.text
        self.drafted[criterion] = said

    async def _submit(self) -> None:
        answer = await self._post(f"{self._place}/submit?stage=first", {"seen": "0", "confirmed": "1"})
        assert answer.status_code == 204, answer.text
        self.marked += self.drafted.values()
        self.drafted = {}

    async def _post(self, place: str, form: dict[str, str]) -> Any:
        """A form as a page sends it."""
        headers = {"origin": self.origin, "x-csrf-token": self.client.cookies["desk_csrf"]}
        return await self.client.post(place, data=form, headers=headers)


async def load(server: Server, base: DeskBase, given: dict[str, list[str]], seconds: float) -> list[float]:
    """Everybody judges for so many seconds, one criterion every `THINK_S`; latencies in ms."""
    inspectors = [Inspector(server, name, calls) for name, calls in given.items()]
    for one in inspectors:
        one.let_in(base)
        await one.open()
    until = time.monotonic() + seconds
    chance = random.Random(1)
    taken: list[float] = []

    async def work(one: Inspector) -> None:
        await asyncio.sleep(chance.uniform(0, THINK_S))
        while time.monotonic() < until:
            took = await one.judge()
            taken.append(took)
            await asyncio.sleep(max(0.0, chance.uniform(0.5, 1.5) * THINK_S - took / 1000))

    await asyncio.gather(*[work(one) for one in inspectors])
    return taken


# -- kill -9


class Loss(NamedTuple):
    """What was acknowledged before a server was killed, and how much of it is not there: drafts, and marks."""

    drafts: int
    drafts_lost: int
    marks: int
    marks_lost: int

    def plus(self, other: Loss) -> Loss:
        """Both together."""
        return Loss(*[mine + its for mine, its in zip(self, other, strict=True)])


def killed(server: Server, base: DeskBase, given: dict[str, list[str]], criteria: list[str], times: int) -> Loss:
    """Kill the server at some moment while `PEOPLE` judge without a pause, so many times; what is lost of what it had kept.

    They submit two calls each, then go on drafting. A draft that had become a mark when the answer was cut off counts as kept.
    """
    chance = random.Random(2)
    total = Loss(0, 0, 0, 0)
    people = list(given)
    for number in range(times):
        server.start()
        at = number * PEOPLE % len(people)
        chosen = (people + people)[at : at + PEOPLE]
        inspectors = [Inspector(server, name, given[name]) for name in chosen]
        for one in inspectors:
            one.let_in(base)
            one.prepare(base, criteria)
        asyncio.run(_judged_until_killed(server, inspectors, chance.uniform(*LIFE_S)))
        total = total.plus(_lost(base, inspectors))
    return total


PEOPLE = 6
LIFE_S = (0.2, 2.0)
"""How long a server lives once the first call is submitted."""


async def _judged_until_killed(server: Server, inspectors: list[Inspector], life_s: float) -> None:
    async def work(one: Inspector) -> None:
        try:
            while True:
                await one.judge()
        except httpx2.HTTPError:
            return

    async def kill() -> None:
        while not any(one.marked for one in inspectors):
            await asyncio.sleep(0.01)
        await asyncio.sleep(life_s)
        server.kill()

    await asyncio.gather(kill(), *[work(one) for one in inspectors])


def _lost(base: DeskBase, inspectors: Iterable[Inspector]) -> Loss:
    total = Loss(0, 0, 0, 0)
    for one in inspectors:
        marks = {
            (mark.call, mark.criterion, mark.reason) for mark in base.marks.marks(one.calls) if mark.person == one.name
        }
        kept = {
            (call, criterion, held.draft.reason)
            for call in one.calls
            for criterion, held in drafts(base, call, one.name, "first").items()
        }
        drafts_lost = len([said for said in one.drafted.values() if said not in kept and said not in marks])
        marks_lost = len([said for said in one.marked if said not in marks])
        total = total.plus(Loss(len(one.drafted), drafts_lost, len(one.marked), marks_lost))
    return total
