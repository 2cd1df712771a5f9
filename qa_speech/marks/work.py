"""What waits for whom at the desk: assignments with their deadlines, drafts, notices, saved filters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, and_, func, select

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.desk_base import ASSIGNMENTS, DRAFTS, FILTERS, NOTICES, DeskBase
from qa_speech.marks.model import Seconds, Stage, now
from qa_speech.scores import Outcome

LONGEST_REASON = 4000
MOST_FILTERS = 50


class Assignment(msgspec.Struct, frozen=True, kw_only=True):
    """A call that somebody has to judge at a stage until `due` (ISO date, "" = no deadline); `done_at` "" = not yet. `round`
    numbers the calibration it belongs to, 0 = none."""

    number: int
    call: str
    person: str
    stage: Stage
    due: str = ""
    given_at: str = ""
    given_by: str = ""
    done_at: str = ""
    round: int = 0


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody thinks of a criterion before he submits the call. `outcome` None = not decided; `points` None = by the
    card; `agreed`: it is the machine's."""

    outcome: Outcome | None = None
    points: float | None = None
    reason: str = ""
    evidence: tuple[Seconds, ...] = ()
    agreed: bool = False


class Kept(msgspec.Struct, frozen=True):
    """A draft as it is kept; `version` grows by one with every change."""

    draft: Draft
    version: int


class StaleError(ConfigError):
    """Somebody has changed it since it was read."""


class Notice(msgspec.Struct, frozen=True):
    """Something a person should know: `kind` is a code, `other` whoever did it."""

    number: int
    person: str
    at: str
    kind: str
    call: str
    criterion: str
    other: str


class Filter(msgspec.Struct, frozen=True):
    """A search somebody has kept: `question` as in the address of the page."""

    number: int
    name: str
    question: str


# -- assignments


def assign(
    base: DeskBase, given: Iterable[tuple[str, str]], *, by: str, stage: Stage = "first", due: str = "", round: int = 0
) -> int:
    """Give calls to people, (call, person) each; what somebody has already is left as it is. How many are new.

    >>> from qa_speech.marks.desk_base import open_desk_base
    >>> base = open_desk_base("marks.sqlite")
    >>> assign(base, [("a.wav", "质检一"), ("b.wav", "质检一")], by="班长", due="2026-12-01")
    2
    >>> assign(base, [("a.wav", "质检一")], by="班长"), [one.call for one in assignments(base, person="质检一")]
    (0, ['a.wav', 'b.wav'])
    >>> base.close()
    """
    at = now()
    of_stage = and_(ASSIGNMENTS.c.stage == stage, ASSIGNMENTS.c.round == round)
    held = select(ASSIGNMENTS.c.call, ASSIGNMENTS.c.person).where(of_stage)
    with base.writing() as connection:
        known = {(call, person) for call, person in connection.execute(held)}
        rows: list[dict[str, Any]] = []
        for call, person in dict.fromkeys(given):
            if (call, person) in known:
                continue
            row = {
                "call": call,
                "person": person,
                "stage": stage,
                "due": due,
                "given_at": at,
                "given_by": by,
                "round": round,
                "done_at": "",
            }
            rows.append(row)
        if rows:
            connection.execute(ASSIGNMENTS.insert(), rows)
    return len(rows)


def assignments(
    base: DeskBase, *, person: str | None = None, call: str | None = None, open_only: bool = False
) -> list[Assignment]:
    """Assignments, those with the nearest deadline first, those without one last."""
    columns = [ASSIGNMENTS.c[name] for name in Assignment.__struct_fields__]
    wanted: Select[Any] = select(*columns)
    if person is not None:
        wanted = wanted.where(ASSIGNMENTS.c.person == person)
    if call is not None:
        wanted = wanted.where(ASSIGNMENTS.c.call == call)
    if open_only:
        wanted = wanted.where(ASSIGNMENTS.c.done_at == "")
    with base.reading() as connection:
        found = [Assignment(**row) for row in connection.execute(wanted).mappings()]
    return sorted(found, key=lambda one: (one.due == "", one.due, one.number))


def done(base: DeskBase, call: str, person: str, stage: Stage) -> None:
    """A call was judged at a stage: its assignment is done, its drafts have become marks."""
    mine = and_(ASSIGNMENTS.c.call == call, ASSIGNMENTS.c.person == person, ASSIGNMENTS.c.stage == stage)
    with base.writing() as connection:
        connection.execute(ASSIGNMENTS.update().where(mine, ASSIGNMENTS.c.done_at == "").values(done_at=now()))
        connection.execute(DRAFTS.delete().where(_drafts_of(call, person, stage)))


def take_back(base: DeskBase, number: int) -> None:
    """Nobody has to judge it any more: an assignment that is not done goes."""
    with base.writing() as connection:
        connection.execute(ASSIGNMENTS.delete().where(ASSIGNMENTS.c.number == number, ASSIGNMENTS.c.done_at == ""))


# -- drafts


def drafts(base: DeskBase, call: str, person: str, stage: Stage) -> dict[str, Kept]:
    """What somebody has drafted of a call, by criterion."""
    wanted = select(DRAFTS.c.criterion, DRAFTS.c.body, DRAFTS.c.version).where(_drafts_of(call, person, stage))
    with base.reading() as connection:
        rows = connection.execute(wanted).all()
    return {name: Kept(msgspec.json.decode(body, type=Draft), version) for name, body, version in rows}


def begun(base: DeskBase, person: str) -> set[tuple[str, str]]:
    """Calls and stages of which somebody has drafts."""
    wanted = select(DRAFTS.c.call, DRAFTS.c.stage).where(DRAFTS.c.person == person).distinct()
    with base.reading() as connection:
        return {(call, stage) for call, stage in connection.execute(wanted)}


def others_drafting(base: DeskBase, call: str, person: str, stage: Stage) -> list[str]:
    """Who else has drafts of a call at this stage, by name."""
    wanted = select(DRAFTS.c.person).where(DRAFTS.c.call == call, DRAFTS.c.stage == stage, DRAFTS.c.person != person)
    with base.reading() as connection:
        return sorted({row[0] for row in connection.execute(wanted)})


def keep_draft(
    base: DeskBase,
    call: str,
    person: str,
    stage: Stage,
    criterion: str,
    draft: Draft,
    *,
    version: int,
    page: str = "",
) -> Kept:
    """Keep a draft in the place of the version that was read; 0 = there was none. `page` names the open page it comes from.

    Raises
    ------
    StaleError
        Another page has kept another version by now.
    ConfigError
        Its reason is too long.
    """
    if len(draft.reason) > LONGEST_REASON:
        raise ConfigError(
            f"{call}/{criterion}",
            [problem("a reason has at most {longest_reason} characters", longest_reason=LONGEST_REASON)],
        )
    place = and_(_drafts_of(call, person, stage), DRAFTS.c.criterion == criterion)
    values: dict[str, Any] = {"body": msgspec.json.encode(draft).decode(), "page": page, "at": now()}
    with base.writing() as connection:
        row = connection.execute(select(DRAFTS.c.version, DRAFTS.c.page).where(place)).first()
        held, kept_by = 0, page
        if row is not None:
            held, kept_by = row
        is_own = bool(page) and kept_by == page
        if held != version and not is_own:
            raise StaleError(
                f"{call}/{criterion}",
                [problem("changed elsewhere: version {held}, not {version}", held=held, version=version)],
            )
        values["version"] = held + 1
        if row is None:
            keys = {"call": call, "person": person, "stage": stage, "criterion": criterion}
            connection.execute(DRAFTS.insert(), keys | values)
        else:
            connection.execute(DRAFTS.update().where(place).values(values))
    return Kept(draft, held + 1)


def _drafts_of(call: str, person: str, stage: Stage) -> Any:
    return and_(DRAFTS.c.call == call, DRAFTS.c.person == person, DRAFTS.c.stage == stage)


# -- notices


def tell(
    base: DeskBase, people: Iterable[str], kind: str, *, call: str = "", criterion: str = "", other: str = ""
) -> None:
    """Leave a notice for people; who has the same one unread is not told twice."""
    with base.writing() as connection:
        for person in dict.fromkeys(people):
            row = {"person": person, "kind": kind, "call": call, "criterion": criterion, "other": other, "seen_at": ""}
            same = [NOTICES.c[name] == value for name, value in row.items()]
            unread = select(func.count()).select_from(NOTICES).where(*same)
            if connection.execute(unread).scalar_one() == 0:
                connection.execute(NOTICES.insert(), {**row, "at": now()})


def notices(base: DeskBase, person: str) -> list[Notice]:
    """What a person has not read yet, oldest first."""
    columns = [NOTICES.c[name] for name in Notice.__struct_fields__]
    wanted = select(*columns).where(NOTICES.c.person == person, NOTICES.c.seen_at == "").order_by(NOTICES.c.number)
    with base.reading() as connection:
        return [Notice(**row) for row in connection.execute(wanted).mappings()]


def read_notices(base: DeskBase, person: str, numbers: Sequence[int]) -> None:
    """A person has read these notices of his."""
    mine = and_(NOTICES.c.person == person, NOTICES.c.number.in_(numbers))
    with base.writing() as connection:
        connection.execute(NOTICES.update().where(mine).values(seen_at=now()))


# -- saved filters


def filters(base: DeskBase, person: str) -> list[Filter]:
    """The searches a person has kept, by name."""
    wanted = select(FILTERS.c.number, FILTERS.c.name, FILTERS.c.question).where(FILTERS.c.person == person)
    with base.reading() as connection:
        return [Filter(*row) for row in connection.execute(wanted.order_by(FILTERS.c.name))]


def keep_filter(base: DeskBase, person: str, name: str, question: str) -> None:
    """Keep a search under a name, in the place of an earlier one of that name.

    Raises
    ------
    ConfigError
        It has no name, is too long, or there are too many.
    """
    name = name.strip()
    if not name or len(name) > 100 or len(question) > 2000:
        raise ConfigError("filter", [problem("a saved filter has a name of 1 to 100 characters")])
    mine = FILTERS.c.person == person
    with base.writing() as connection:
        connection.execute(FILTERS.delete().where(mine, FILTERS.c.name == name))
        count = connection.execute(select(func.count()).select_from(FILTERS).where(mine)).scalar_one()
        if count >= MOST_FILTERS:
            raise ConfigError("filter", [problem("at most {most_filters} saved filters", most_filters=MOST_FILTERS)])
        connection.execute(FILTERS.insert(), {"person": person, "name": name, "question": question})


def drop_filter(base: DeskBase, person: str, number: int) -> None:
    """Forget a search of one's own."""
    with base.writing() as connection:
        connection.execute(FILTERS.delete().where(FILTERS.c.person == person, FILTERS.c.number == number))
