"""The desk as an ASGI application: every page behind the guards, errors as plain sentences."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp

from qa_speech import __version__
from qa_speech.desk import admin, api, calibrating, calls, doors, lists, playing, sso, teams
from qa_speech.desk.guards import Guards
from qa_speech.desk.office import Office
from qa_speech.desk.pages import page, plain_page
from qa_speech.desk.signed import SignInError, chosen_lang, visitor
from qa_speech.desk.source import key_of
from qa_speech.desk.words import EXPLAINED, STATUS
from qa_speech.errors import ConfigError
from qa_speech.wording.lang import labelled, pick

LOG = logging.getLogger("qa_speech.desk")
STATIC = Path(__file__).parent / "static"
SHARED = Path(__file__).parent.parent / "report" / "templates"
SERVED = {
    "htmx.min.js": STATIC, "wavesurfer.min.js": STATIC, "desk.js": STATIC, "lists.js": STATIC, "channels.js": STATIC,
    "desk.css": STATIC, "call.js": SHARED, "style.css": SHARED,
}  # fmt: skip
"""Files that are served, and where they lie: nothing else is, whatever is asked for."""
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
ROUTERS = (
    doors.router,
    sso.router,
    lists.router,
    calls.router,
    playing.router,
    teams.router,
    calibrating.router,
    admin.router,
    api.router,
)


def make_app(office: Office) -> ASGIApp:
    """The application of an open desk, guards outermost."""
    app = FastAPI(title="qa-speech desk", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.office = office
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/healthz", healthz, include_in_schema=False)
    app.add_api_route("/static/{name}", static, include_in_schema=False)
    app.add_exception_handler(SignInError, _sign_in)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(ConfigError, _broken)
    app.add_exception_handler(Exception, _broken)
    return Guards(app, office.options)


def healthz(request: Request) -> Response:
    """Whether the database answers and the run can be read."""
    office: Office = request.app.state.office
    try:
        with office.base.reading() as connection:
            connection.exec_driver_sql("SELECT 1")
        count = len(office.calls.rows().by_key)
    except ConfigError as exc:
        LOG.error("healthz: %s", exc)
        return JSONResponse({"ok": False}, 503)
    return JSONResponse({"ok": True, "version": __version__, "calls": count, "database": office.base.backend})


def static(name: str) -> Response:
    """A script or style sheet."""
    folder = SERVED.get(name)
    if folder is None:
        return PlainTextResponse("not found", 404)
    headers = {"cache-control": "public, max-age=300"}
    return FileResponse(folder / name, headers=headers, media_type=TYPES[Path(name).suffix])


async def _sign_in(request: Request, exc: Exception) -> Response:
    target = request.url.path
    if request.url.query:
        target = f"{target}?{request.url.query}"
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": "not signed in"}, 401)
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"hx-redirect": "/login"})
    return RedirectResponse(f"/login?next={quote(target)}", 303)


async def _refused(request: Request, exc: Exception) -> Response:
    assert isinstance(exc, HTTPException)
    return _said(request, exc.status_code)


async def _invalid(request: Request, exc: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": "a parameter is not what it should be"}, 422)
    return _said(request, 404)


async def _broken(request: Request, exc: Exception) -> Response:
    LOG.error("%s %s", request.method, request.url.path, exc_info=exc)
    return _said(request, 500)


def _said(request: Request, status: int) -> Response:
    """An error as whoever asked can use it: JSON, a line in a form, or a page."""
    office: Office = request.app.state.office
    if request.url.path.startswith("/api/"):
        return JSONResponse({"detail": STATUS.get(str(status), STATUS["500"])[1]}, status)
    lang = chosen_lang(request, office)
    heading = pick(lang, *STATUS.get(str(status), STATUS["404"]))
    said = pick(lang, *EXPLAINED.get(str(status), EXPLAINED["other"]))
    if request.headers.get("hx-request") or request.method not in ("GET", "HEAD"):
        from markupsafe import escape

        return Response(
            f'<p class="problem" role="alert">{escape(labelled(heading, said, lang))}</p>',
            status,
            media_type="text/html",
        )
    try:
        who = visitor(request)
    except (SignInError, HTTPException, ConfigError):
        return plain_page(
            request, "message", csrf=request.cookies.get("desk_csrf", ""), status=status, heading=heading, said=said
        )
    return page(request, who, "message", status=status, heading=heading, said=said, key_of=key_of)
