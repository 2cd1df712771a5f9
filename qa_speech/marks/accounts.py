"""Accounts of the review desk, their sessions, and links that are good for one use.

A token is known to its holder alone: kept is its SHA-256. Passwords are kept as Argon2id (RFC 9106).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, TypeAlias, get_args

import msgspec
from sqlalchemy import Connection, func, select

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.desk_base import ACCOUNTS, LINKS, SESSIONS, DeskBase
from qa_speech.marks.model import now

DeskRole: TypeAlias = Literal["inspector", "second", "lead", "agent", "trainer", "admin"]
ROLES: tuple[DeskRole, ...] = get_args(DeskRole)
LONGEST_NAME = 100
PASSWORD_FROM, PASSWORD_TO = 10, 200
"""Characters of a password (NIST SP 800-63B: length, and no rules of composition)."""
LINK_HOURS = 24
SESSION_HOURS = 12
IDLE_HOURS = 3
SEEN_EVERY_S = 60
"""How exactly it is kept when a session was last used."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in. `name` is the person of his marks; `team` his own team, `agent` the agent number whose calls he
    may see; `unmasked`: he may see and hear customers' data."""

    number: int
    name: str
    roles: tuple[DeskRole, ...]
    team: str = ""
    agent: str = ""
    unmasked: bool = False
    active: bool = True
    lang: str = ""
    has_password: bool = False

    def may_be(self, *roles: DeskRole) -> bool:
        """Whether he has one of these roles."""
        return any(role in roles for role in self.roles)


class Session(msgspec.Struct, frozen=True):
    """Somebody signed in: `csrf` has to come back with whatever changes anything."""

    account: Account
    csrf: str


# -- accounts


def known_roles(names: Iterable[str]) -> list[DeskRole]:
    """Roles by their names.

    Raises
    ------
    ConfigError
        One of them is none.
    """
    given = list(names)
    unknown = [name for name in given if name not in ROLES]
    if unknown:
        raise ConfigError(
            "role",
            [problem("{unknown}; expected some of: {roles}", unknown=", ".join(unknown), roles=", ".join(ROLES))],
        )
    return [role for role in ROLES if role in given]


def add_account(
    base: DeskBase,
    name: str,
    roles: Iterable[DeskRole],
    *,
    team: str = "",
    agent: str = "",
    unmasked: bool = False,
    password: str = "",
) -> Account:
    """Make an account; without a password it is opened by a link (`new_link`).

    Raises
    ------
    ConfigError
        The name is taken or no name, a role is none, an agent has no number, or the password is too short.

    Examples
    --------
    >>> from qa_speech.marks.desk_base import open_desk_base
    >>> base = open_desk_base("marks.sqlite")
    >>> made = add_account(base, "质检一", ["inspector"], team="A组", password="correct horse battery")
    >>> signed_in(base, "质检一", "correct horse battery").team, signed_in(base, "质检一", "wrong")
    ('A组', None)
    >>> base.close()
    """
    name = name.strip()
    chosen = tuple(role for role in ROLES if role in set(roles))
    problems = [*_name_problems(name)]
    if not chosen:
        problems.append(problem("no role; expected one of: {roles}", roles=", ".join(ROLES)))
    if "agent" in chosen and not agent:
        problems.append(problem("an agent needs the number that his calls carry"))
    if password:
        problems += _password_problems(password)
    if problems:
        raise ConfigError(f"account {name}", problems)
    row = {
        "name": name, "secret": hashed(password) if password else "", "roles": ",".join(chosen), "team": team.strip(),
        "agent": agent.strip(), "lang": "", "made_at": now(), "unmasked": unmasked, "active": True,
    }  # fmt: skip
    with base.writing() as connection:
        if _row_of(connection, name) is not None:
            raise ConfigError(f"account {name}", [problem("there is one of this name already")])
        connection.execute(ACCOUNTS.insert(), row)
        return _required(connection, name)


def _name_problems(name: str) -> Iterable[str]:
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        yield problem("a name has 1 to {longest_name} printable characters", longest_name=LONGEST_NAME)


def _password_problems(password: str) -> Iterable[str]:
    if not PASSWORD_FROM <= len(password) <= PASSWORD_TO:
        yield problem(
            "a password has {password_from} to {password_to} characters",
            password_from=PASSWORD_FROM,
            password_to=PASSWORD_TO,
        )


def change_account(base: DeskBase, name: str, **changes: Any) -> Account:
    """Change roles (a tuple), team, agent, unmasked, active or lang; whoever is switched off is signed out at once.

    Raises
    ------
    ConfigError
        There is no such account, or nobody would be left who may change accounts.
    """
    if "roles" in changes:
        changes["roles"] = ",".join(changes["roles"])
    with base.writing() as connection:
        before = _required(connection, name)
        connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.number == before.number).values(**changes))
        if before.may_be("admin") and not _admins(connection):
            raise ConfigError(f"account {name}", [problem("the last admin stays one; make another one first")])
        after = _required(connection, name)
        if not after.active:
            connection.execute(SESSIONS.delete().where(SESSIONS.c.account == after.number))
            connection.execute(LINKS.delete().where(LINKS.c.account == after.number))
    return after


def _admins(connection: Connection) -> list[str]:
    found = connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.active)).mappings()
    return [row["name"] for row in found if "admin" in row["roles"].split(",")]


def set_password(base: DeskBase, name: str, password: str) -> Account:
    """Give an account a new password; everybody signed in as it is signed out.

    Raises
    ------
    ConfigError
        There is no such account, or the password is too short or too long.
    """
    problems = [*_password_problems(password)]
    if problems:
        raise ConfigError(f"account {name}", problems)
    secret = hashed(password)
    with base.writing() as connection:
        account = _required(connection, name)
        connection.execute(ACCOUNTS.update().where(ACCOUNTS.c.number == account.number).values(secret=secret))
        connection.execute(SESSIONS.delete().where(SESSIONS.c.account == account.number))
        connection.execute(LINKS.delete().where(LINKS.c.account == account.number))
        return _required(connection, name)


def accounts(base: DeskBase) -> list[Account]:
    """All accounts, by name."""
    with base.reading() as connection:
        return [_account(row) for row in connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name)).mappings()]


def account_named(base: DeskBase, name: str) -> Account | None:
    """The account of this name."""
    with base.reading() as connection:
        row = _row_of(connection, name)
        return None if row is None else _account(row)


def is_empty(base: DeskBase) -> bool:
    """Whether there is no account yet."""
    with base.reading() as connection:
        return not connection.execute(select(func.count()).select_from(ACCOUNTS)).scalar()


def _row_of(connection: Connection, name: str) -> Any:
    return connection.execute(select(ACCOUNTS).where(ACCOUNTS.c.name == name)).mappings().first()


def _required(connection: Connection, name: str) -> Account:
    row = _row_of(connection, name)
    if row is None:
        raise ConfigError(f"account {name}", [problem("there is none of this name")])
    return _account(row)


def _account(row: Any) -> Account:
    roles = tuple(role for role in ROLES if role in row["roles"].split(","))
    return Account(
        number=row["number"], name=row["name"], roles=roles, team=row["team"], agent=row["agent"],
        unmasked=row["unmasked"], active=row["active"], lang=row["lang"], has_password=bool(row["secret"]),
    )  # fmt: skip


# -- passwords


def hashed(password: str) -> str:
    """A password as it is kept."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)


@cache
def _nobody() -> str:
    """Hash of a password that nobody has: an unknown name takes as long to refuse as a wrong password."""
    return hashed(secrets.token_urlsafe())


def signed_in(base: DeskBase, name: str, password: str) -> Account | None:
    """The account, if the password is its own and it is not switched off."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    with base.reading() as connection:
        row = _row_of(connection, name)
    kept = row["secret"] if row is not None else ""
    try:
        PasswordHasher().verify(kept or _nobody(), password)
    except (Argon2Error, InvalidHashError):
        return None
    if row is None or not kept or not row["active"]:
        return None
    return _account(row)


# -- sessions


def open_session(base: DeskBase, account: Account) -> tuple[str, Session]:
    """A new session and its token, which nobody has had before."""
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    at = now()
    row = {"token": _kept(token), "account": account.number, "csrf": csrf, "made_at": at, "seen_at": at}
    with base.writing() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.made_at < _ago(SESSION_HOURS)))
        connection.execute(SESSIONS.insert(), row)
    return token, Session(account, csrf)


def session_of(base: DeskBase, token: str) -> Session | None:
    """The session of a token; None where there is none, or it has ended: after 12 hours, or 3 without use."""
    if not token:
        return None
    kept = _kept(token)
    wanted = select(SESSIONS.c.csrf, SESSIONS.c.made_at.label("began_at"), SESSIONS.c.seen_at, ACCOUNTS).join_from(
        SESSIONS, ACCOUNTS, SESSIONS.c.account == ACCOUNTS.c.number
    )
    with base.reading() as connection:
        row = connection.execute(wanted.where(SESSIONS.c.token == kept)).mappings().first()
    if row is None or not row["active"]:
        return None
    if row["seen_at"] < _ago(IDLE_HOURS) or row["began_at"] < _ago(SESSION_HOURS):
        close_session(base, token)
        return None
    if row["seen_at"] < _ago(SEEN_EVERY_S / 3600):
        with base.writing() as connection:
            connection.execute(SESSIONS.update().where(SESSIONS.c.token == kept).values(seen_at=now()))
    return Session(_account(row), row["csrf"])


def close_session(base: DeskBase, token: str) -> None:
    """Sign out."""
    with base.writing() as connection:
        connection.execute(SESSIONS.delete().where(SESSIONS.c.token == _kept(token)))


# -- links


def new_link(base: DeskBase, name: str) -> str:
    """The token of a link by which an account is given a password, once, within 24 hours; earlier ones are void.

    Raises
    ------
    ConfigError
        There is no such account.
    """
    token = secrets.token_urlsafe(32)
    until = _at(dt.timedelta(hours=LINK_HOURS))
    with base.writing() as connection:
        account = _required(connection, name)
        connection.execute(LINKS.delete().where(LINKS.c.account == account.number))
        connection.execute(LINKS.insert(), {"token": _kept(token), "account": account.number, "until": until})
    return token


def account_of_link(base: DeskBase, token: str) -> Account | None:
    """Whom a link would give a password; None where it was used, is too old, or never was one."""
    wanted = select(LINKS.c.until, ACCOUNTS).join_from(LINKS, ACCOUNTS, LINKS.c.account == ACCOUNTS.c.number)
    with base.reading() as connection:
        row = connection.execute(wanted.where(LINKS.c.token == _kept(token))).mappings().first()
    if row is None or row["until"] < now() or not row["active"]:
        return None
    return _account(row)


def _kept(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def _ago(hours: float) -> str:
    return _at(-dt.timedelta(hours=hours))


def _at(away: dt.timedelta) -> str:
    """A moment so far away from now, as marks keep times."""
    moment = dt.datetime.now(dt.UTC) + away
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds")
