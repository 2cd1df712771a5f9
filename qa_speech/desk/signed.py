"""Who asks: the session of a request, its cookies, and what a page needs to know of whoever looks at it."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from fastapi import Depends
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from qa_speech.desk.guards import CSRF_COOKIE, SAFE, address_of, lang_of, require_own_token
from qa_speech.desk.office import Office
from qa_speech.marks.accounts import SESSION_HOURS, Account, DeskRole, Session, session_of
from qa_speech.wording.lang import Lang


class Visitor(NamedTuple):
    """Somebody signed in, at one request."""

    office: Office
    session: Session
    lang: Lang
    address: str

    @property
    def account(self) -> Account:
        """His account."""
        return self.session.account

    @property
    def name(self) -> str:
        """His name, which his marks bear."""
        return self.session.account.name

    def require(self, *roles: DeskRole) -> None:
        """Refuse him unless he has one of these roles."""
        if not self.account.may_be(*roles):
            raise HTTPException(403)


class SignInError(Exception):
    """Nobody is signed in."""


def office_of(request: Request) -> Office:
    """The desk that answers."""
    office: Office = request.app.state.office
    return office


def session_cookie(office: Office) -> str:
    """Name of the cookie: only a secure one may bear the prefix that binds it to this host."""
    return "__Host-desk" if office.options.is_secure else "desk"


def visitor(request: Request) -> Visitor:
    """Whoever is signed in; everybody else is sent to sign in."""
    office = office_of(request)
    found = session_of(office.base, request.cookies.get(session_cookie(office), ""))
    if found is None:
        raise SignInError
    if request.method not in SAFE and not require_own_token(request, found.csrf):
        raise HTTPException(403)
    lang = chosen_lang(request, office, found.account.lang)
    return Visitor(office, found, lang, address_of(request, office.options))


SignedIn = Annotated[Visitor, Depends(visitor)]


def chosen_lang(request: Request, office: Office, own: str = "") -> Lang:
    """The language of an account, of a cookie, or of the desk."""
    return lang_of(request, office.options, own)


def keep_session(response: Response, office: Office, token: str, csrf: str) -> None:
    """Put a new session into the browser; whatever was there before is worth nothing."""
    secure = office.options.is_secure
    most = SESSION_HOURS * 3600
    response.set_cookie(
        session_cookie(office), token, max_age=most, httponly=True, secure=secure, samesite="lax", path="/"
    )
    response.set_cookie(CSRF_COOKIE, csrf, max_age=most, secure=secure, samesite="lax", path="/")


def drop_session(response: Response, office: Office) -> None:
    """Take it out again."""
    for name in (session_cookie(office), CSRF_COOKIE):
        response.delete_cookie(name, path="/", secure=office.options.is_secure, samesite="lax")
