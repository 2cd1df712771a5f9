"""Signing in and out: by password, by a link that works once, by a proxy we believe; one's own page."""

from __future__ import annotations

import secrets
from math import ceil

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from qa_speech.desk.guards import LANG_COOKIE, address_of, user_of_proxy
from qa_speech.desk.office import Office
from qa_speech.desk.pages import form_text, go, page, plain_page, told
from qa_speech.desk.signed import (
    SignedIn,
    chosen_lang,
    drop_session,
    keep_session,
    office_of,
    session_cookie,
)
from qa_speech.desk.words import ERRORS
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import (
    Account,
    account_named,
    account_of_link,
    change_account,
    close_session,
    open_session,
    session_of,
    set_password,
    signed_in,
)
from qa_speech.marks.audit import noted
from qa_speech.marks.work import read_notices
from qa_speech.wording.lang import pick

router = APIRouter(include_in_schema=False)


def own_page(address: str) -> str:
    """Where to go after signing in: a page of this desk, or the start.

    >>> own_page("/calls/abc?stage=first"), own_page("//elsewhere.example"), own_page("https://elsewhere.example")
    ('/calls/abc?stage=first', '/', '/')
    """
    is_own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_own else "/"


def welcomed(request: Request, office: Office, account: Account, response: Response, how: str) -> Response:
    """Open a session for somebody who has shown who he is; whatever session came with the request ends."""
    close_session(office.base, request.cookies.get(session_cookie(office), ""))
    token, session = open_session(office.base, account)
    keep_session(response, office, token, session.csrf)
    address = address_of(request, office.options)
    noted(office.base, account.name, "signed_in", detail=how, address=address)
    return response


@router.get("/login")
def login_page(request: Request, next: str = "/") -> Response:
    """The form; whom a proxy has signed in already needs none."""
    office = office_of(request)
    target = own_page(next)
    if session_of(office.base, request.cookies.get(session_cookie(office), "")) is not None:
        return RedirectResponse(target, 303)
    name = user_of_proxy(request, office.options)
    account = account_named(office.base, name) if name else None
    if account is not None and account.active:
        return welcomed(request, office, account, RedirectResponse(target, 303), "proxy")
    return plain_page(
        request, "login", csrf=secrets.token_urlsafe(32), next=target, sso=office.options.oidc is not None
    )


@router.post("/login")
async def login(request: Request) -> Response:
    """Name and password."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    name, password = form_text(form, "name", most=100).strip(), form_text(form, "password", most=200)
    return await run_in_threadpool(_login, request, name, password, own_page(form_text(form, "next")))


def _login(request: Request, name: str, password: str, target: str) -> Response:
    office = office_of(request)
    lang, address = chosen_lang(request, office), address_of(request, office.options)
    wait = office.throttle.wait_s(name, address)
    if wait:
        return told(lang, "too_often", status=429, minutes=ceil(wait / 60))
    account = signed_in(office.base, name, password)
    if account is None:
        office.throttle.failed(name, address)
        noted(office.base, name, "sign_in_failed", address=address)
        return told(lang, "wrong_password", status=401)
    office.throttle.succeeded(name, address)
    return welcomed(request, office, account, go(target), "password")


@router.post("/logout")
def logout(request: Request, who: SignedIn) -> Response:
    """End the session."""
    close_session(who.office.base, request.cookies.get(session_cookie(who.office), ""))
    noted(who.office.base, who.name, "signed_out", address=who.address)
    response = go("/login")
    drop_session(response, who.office)
    return response


@router.get("/welcome/{token}")
def welcome_page(request: Request, token: str) -> Response:
    """Where a link that works once leads."""
    office = office_of(request)
    account = account_of_link(office.base, token)
    if account is None:
        said = pick(chosen_lang(request, office), *ERRORS["link_void"])
        values = {"heading": said, "said": ""}
        return plain_page(request, "message", csrf=secrets.token_urlsafe(32), status=404, **values)
    return plain_page(request, "welcome", csrf=secrets.token_urlsafe(32), account=account, token=token)


@router.post("/welcome/{token}")
async def welcome(request: Request, token: str) -> Response:
    """The first password of an account, or a new one."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    password, again = form_text(form, "password", most=400), form_text(form, "again", most=400)
    return await run_in_threadpool(_welcome, request, token, password, again)


def _welcome(request: Request, token: str, password: str, again: str) -> Response:
    office = office_of(request)
    lang = chosen_lang(request, office)
    account = account_of_link(office.base, token)
    if account is None:
        return told(lang, "link_void", status=404)
    if password != again:
        return told(lang, "not_alike", status=422)
    try:
        account = set_password(office.base, account.name, password)
    except ConfigError:
        return told(lang, "password_length", status=422)
    noted(office.base, account.name, "password_set", detail="link", address=address_of(request, office.options))
    return welcomed(request, office, account, go("/"), "link")


@router.get("/me")
def me(request: Request, who: SignedIn) -> Response:
    """One's own account."""
    return page(request, who, "me")


@router.post("/me/password")
async def change_password(request: Request, who: SignedIn) -> Response:
    """A new password in the place of the present one; every other session ends."""
    from starlette.concurrency import run_in_threadpool

    form = await request.form()
    old, new = form_text(form, "old", most=200), form_text(form, "password", most=400)
    return await run_in_threadpool(_change_password, request, who, old, new)


def _change_password(request: Request, who: SignedIn, old: str, new: str) -> Response:
    base = who.office.base
    wait = who.office.throttle.wait_s(who.name, who.address)
    if wait:
        return told(who.lang, "too_often", status=429, minutes=ceil(wait / 60))
    if signed_in(base, who.name, old) is None:
        who.office.throttle.failed(who.name, who.address)
        return told(who.lang, "wrong_password", status=401)
    try:
        account = set_password(base, who.name, new)
    except ConfigError:
        return told(who.lang, "password_length", status=422)
    noted(base, who.name, "password_set", detail="own", address=who.address)
    return welcomed(request, who.office, account, go("/me"), "password changed")


@router.post("/language")
async def language(request: Request) -> Response:
    """Chinese or English, kept in the browser and with the account."""
    office = office_of(request)
    form = await request.form()
    lang = "en" if form_text(form, "lang") == "en" else "zh"
    found = session_of(office.base, request.cookies.get(session_cookie(office), ""))
    if found is not None:
        change_account(office.base, found.account.name, lang=lang)
    response = Response(status_code=204, headers={"hx-refresh": "true"})
    response.set_cookie(LANG_COOKIE, lang, max_age=365 * 86400, samesite="lax", secure=office.options.is_secure)
    return response


@router.post("/notices")
async def notices_read(request: Request, who: SignedIn) -> Response:
    """Somebody has read his notices."""
    numbers = [int(text) for text in form_text(await request.form(), "read").split(",") if text.isdecimal()]
    read_notices(who.office.base, who.name, numbers[:1000])
    return Response("")
