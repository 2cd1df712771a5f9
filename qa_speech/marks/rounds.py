"""Rounds of blind calibration: the same calls for several people, who see neither the machine's marks nor each other's until
all are in.

    begun     calls, people, who of them is the expert (nobody, if not named)
    open      each has still to mark; the calls are blind for everybody
    ended     all have marked every call, or the lead has ended it: agreement, and which criteria to reword
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import select

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.desk_base import ASSIGNMENTS, ROUNDS, DeskBase
from qa_speech.marks.model import now
from qa_speech.marks.work import assign, assignments

MOST_CALLS, MOST_PEOPLE = 100, 50


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """A round; `ended_at` "" = still open."""

    number: int
    title: str
    calls: tuple[str, ...]
    people: tuple[str, ...]
    expert: str
    made_by: str
    made_at: str
    ended_at: str

    @property
    def is_open(self) -> bool:
        """Whether somebody has still to mark."""
        return not self.ended_at


def begin(
    base: DeskBase, title: str, calls: Sequence[str], people: Sequence[str], *, by: str, expert: str = "", due: str = ""
) -> Round:
    """Begin a round and give everybody its calls.

    Raises
    ------
    ConfigError
        It has no title, no call or fewer than two people, too many of them, or an expert who takes no part.
    """
    problems: list[str] = []
    if not title.strip():
        problems.append(problem("a round has a title"))
    if not 1 <= len(calls) <= MOST_CALLS:
        problems.append(problem("a round has 1 to {most_calls} calls", most_calls=MOST_CALLS))
    if not 2 <= len(people) <= MOST_PEOPLE:
        problems.append(problem("2 to {most_people} people take part", most_people=MOST_PEOPLE))
    if expert and expert not in people:
        problems.append(problem("the expert takes part as well"))
    if problems:
        raise ConfigError("calibration", problems)
    row = {
        "title": title.strip()[:200], "calls": _text(calls), "people": _text(people), "expert": expert, "made_by": by,
        "made_at": now(), "ended_at": "",
    }  # fmt: skip
    with base.writing() as connection:
        number = connection.execute(ROUNDS.insert().values(row).returning(ROUNDS.c.number)).scalar_one()
    given = [(call, person) for person in people for call in calls]
    assign(base, given, by=by, stage="calibration", due=due, round=number)
    return round_numbered(base, number)


def _text(names: Iterable[str]) -> str:
    return msgspec.json.encode(list(names)).decode()


def rounds(base: DeskBase) -> list[Round]:
    """All rounds, the newest first."""
    with base.reading() as connection:
        found = connection.execute(select(ROUNDS).order_by(ROUNDS.c.number.desc())).mappings()
        return [_round(row) for row in found]


def round_numbered(base: DeskBase, number: int) -> Round:
    """The round of this number.

    Raises
    ------
    ConfigError
        There is none.
    """
    with base.reading() as connection:
        row = connection.execute(select(ROUNDS).where(ROUNDS.c.number == number)).mappings().first()
    if row is None:
        raise ConfigError(f"calibration {number}", [problem("there is no such round")])
    return _round(row)


def _round(row: Any) -> Round:
    held = {name: row[name] for name in Round.__struct_fields__}
    for name in ("calls", "people"):
        held[name] = msgspec.json.decode(row[name], type=tuple[str, ...])
    return Round(**held)


def blind_calls(base: DeskBase) -> frozenset[str]:
    """Calls of open rounds."""
    return frozenset(call for one in rounds(base) if one.is_open for call in one.calls)


def waiting(base: DeskBase, one: Round) -> dict[str, int]:
    """How many calls of a round each has still to mark, by person; those who have marked all are left out."""
    found: dict[str, int] = {}
    for held in assignments(base, open_only=True):
        if held.round == one.number:
            found[held.person] = found.get(held.person, 0) + 1
    return found


def end_if_all_are_in(base: DeskBase, number: int) -> bool:
    """End a round if nobody has anything left to mark; whether it has ended."""
    one = round_numbered(base, number)
    if one.is_open and not waiting(base, one):
        end(base, number)
        return True
    return not one.is_open


def end(base: DeskBase, number: int) -> None:
    """End a round; what anybody has still to mark is taken back."""
    with base.writing() as connection:
        connection.execute(
            ROUNDS.update().where(ROUNDS.c.number == number, ROUNDS.c.ended_at == "").values(ended_at=now())
        )
        gone = ASSIGNMENTS.delete().where(ASSIGNMENTS.c.round == number, ASSIGNMENTS.c.done_at == "")
        connection.execute(gone)
