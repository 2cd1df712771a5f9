"""What every request passes before any page sees it, and what every answer carries.

host      the one that people type, nothing else (a foreign name that resolves to this machine is refused)
origin    of whatever changes something: our own, and given
token     the same in the header, in the cookie and in the session (double submit)
size      1 MiB at most; there are no uploads
answer    a content security policy without inline script, no third party, no framing, no caching of pages
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from qa_speech.desk.office import DeskOptions
from qa_speech.desk.words import REFUSED
from qa_speech.wording.lang import Lang, pick

SAFE = ("GET", "HEAD")
ALLOWED = (*SAFE, "POST")
LARGEST_BODY = 1 << 20
REFUSED_WITH = {"unknown_host": 421, "method": 405, "too_large": 413, "cross_site": 403, "no_token": 403}
"""Why a request is refused, and the status that says so."""
LANG_COOKIE = "desk_lang"
CSRF_COOKIE, CSRF_HEADER = "desk_csrf", "x-csrf-token"
CACHED = "/static/"
HEADERS: Mapping[str, str] = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; media-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class TooLargeError(Exception):
    """The body of a request is longer than any form of ours."""


class Guards:
    """The first and last that a request meets."""

    def __init__(self, app: ASGIApp, options: DeskOptions) -> None:
        self._app = app
        self._options = options
        self._hosts = {origin.partition("://")[2] for origin in options.origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        answer = self._answering(scope, send, nonce)
        refused = self._refused(scope)
        if refused is not None:
            await refused(scope, receive, answer)
            return
        try:
            await self._app(scope, _counted(receive), answer)
        except TooLargeError:
            await self._refusal(scope, "too_large")(scope, receive, answer)

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if headers.get("host", "") not in self._hosts and scope["path"] != "/healthz":
            return self._refusal(scope, "unknown_host")
        if scope["method"] not in ALLOWED:
            return self._refusal(scope, "method")
        if scope["method"] in SAFE:
            return None
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            return self._refusal(scope, "too_large")
        if headers.get("origin") not in self._options.origins:
            return self._refusal(scope, "cross_site")
        if not _same(headers.get(CSRF_HEADER, ""), HTTPConnection(scope).cookies.get(CSRF_COOKIE, "")):
            return self._refusal(scope, "no_token")
        return None

    def _refusal(self, scope: Scope, why: str) -> Response:
        """A refusal as a line in the language of who asks, as far as it is known before anybody has signed in."""
        lang = lang_of(HTTPConnection(scope), self._options)
        status = REFUSED_WITH[why]
        response = PlainTextResponse(pick(lang, *REFUSED[why]), status)
        if status == 405:
            response.headers["allow"] = ", ".join(ALLOWED)
        return response

    def _answering(self, scope: Scope, send: Send, nonce: str) -> Send:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers["content-security-policy"] = POLICY.format(nonce=nonce)
                if not scope["path"].startswith(CACHED):
                    headers["cache-control"] = "no-store"
                if self._options.is_secure:
                    headers["strict-transport-security"] = "max-age=31536000"
            await send(message)

        return answer


def lang_of(request: HTTPConnection, options: DeskOptions, own: str = "") -> Lang:
    """The language of an account, of a cookie, or of the desk."""
    for chosen in (own, request.cookies.get(LANG_COOKIE, "")):
        if chosen == "zh":
            return "zh"
        if chosen == "en":
            return "en"
    return options.lang


def _same(one: str, other: str) -> bool:
    return bool(one) and hmac.compare_digest(one.encode(), other.encode())


def require_own_token(request: Request, csrf: str) -> bool:
    """Whether the token of a request is that of its session, not only that of its cookie."""
    return _same(request.headers.get(CSRF_HEADER, ""), csrf)


def _counted(receive: Receive) -> Receive:
    """A body that was announced shorter than it is, or not at all, ends here."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > LARGEST_BODY:
            raise TooLargeError
        return message

    return counted


def address_of(request: Request, options: DeskOptions) -> str:
    """Who asks: the other end of the connection, or whom a proxy we believe names last."""
    peer = request.client.host if request.client is not None else ""
    if peer not in options.proxies:
        return peer
    forwarded = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    return forwarded or peer


def user_of_proxy(request: Request, options: DeskOptions) -> str:
    """Whom a proxy we believe has signed in, "" = nobody."""
    peer = request.client.host if request.client is not None else ""
    if not options.user_header or peer not in options.proxies:
        return ""
    raw = request.headers.get(options.user_header, "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace").strip()
