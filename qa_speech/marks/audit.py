"""Who did what at the desk, when and from where: rows are added and nothing else; the database itself refuses the rest."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from sqlalchemy import Connection, select

from qa_speech.marks.desk_base import AUDIT, DeskBase
from qa_speech.marks.model import now

AT_ONCE = 500
LONGEST_DETAIL = 2000


class Entry(msgspec.Struct, frozen=True):
    """One line of the audit; `at` ISO 8601 in UTC, `address` of whoever asked."""

    number: int
    at: str
    person: str
    action: str
    call: str
    detail: str
    address: str


def noted(base: DeskBase, person: str, action: str, *, call: str = "", detail: str = "", address: str = "") -> None:
    """Add a line.

    >>> from qa_speech.marks.desk_base import open_desk_base
    >>> base = open_desk_base("marks.sqlite")
    >>> noted(base, "质检一", "unmasked", call="a.wav", detail="12.0 s")
    >>> [(entry.person, entry.action) for entry in entries(base)]
    [('质检一', 'unmasked')]
    >>> base.close()
    """
    with base.writing() as connection:
        note(connection, person, action, call=call, detail=detail, address=address)


def note(
    connection: Connection, person: str, action: str, *, call: str = "", detail: str = "", address: str = ""
) -> None:
    """Add a line within a transaction."""
    row = {
        "at": now(), "person": person, "action": action, "call": call, "detail": detail[:LONGEST_DETAIL],
        "address": address[:80],
    }  # fmt: skip
    connection.execute(AUDIT.insert(), row)


def entries(base: DeskBase, *, after: int = 0, most: int | None = None, newest: bool = False) -> Iterator[Entry]:
    """The lines behind a number, oldest first, `most` at most; `newest`: the last ones, newest first."""
    order = AUDIT.c.number.desc() if newest else AUDIT.c.number
    with base.reading() as connection:
        wanted = select(*(AUDIT.c[name] for name in Entry.__struct_fields__)).where(AUDIT.c.number > after)
        found = connection.execute(wanted.order_by(order).limit(most))
        while chunk := found.fetchmany(AT_ONCE):
            for row in chunk:
                yield Entry(*row)
