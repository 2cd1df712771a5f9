"""Pages and fragments of the desk: templates on top of those of the reports, and what each of them is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from qa_speech.desk.guards import CSRF_COOKIE
from qa_speech.desk.signed import Visitor, chosen_lang, office_of
from qa_speech.desk.words import ERRORS, UI
from qa_speech.marks.work import notices
from qa_speech.report.html import environment
from qa_speech.report.labels import UI as REPORT_UI
from qa_speech.report.page import marked_text
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang, clauses, pick
from qa_speech.wording.translate import translated

WORDS = {**REPORT_UI, **UI}


def words_of(lang: Lang) -> Callable[..., str]:
    """What templates call `t`: a label by its key, its gaps filled."""

    def t(key: str, **parts: object) -> str:
        text = pick(lang, *WORDS[key])
        return text.format(**parts) if parts else text

    return t


def page(request: Request, who: Visitor, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A whole page for somebody signed in."""
    told = notices(who.office.base, who.name)
    html = filled(request, who.lang, name, who=who, csrf=who.session.csrf, notices=told, **values)
    return HTMLResponse(html, status)


def plain_page(request: Request, name: str, *, csrf: str, status: int = 200, **values: Any) -> HTMLResponse:
    """A page for whoever is not signed in; sets the token that his form has to bring back."""
    office = office_of(request)
    lang = chosen_lang(request, office)
    response = HTMLResponse(filled(request, lang, name, who=None, csrf=csrf, notices=[], **values), status)
    response.set_cookie(CSRF_COOKIE, csrf, secure=office.options.is_secure, samesite="lax", path="/")
    return response


def fragment(request: Request, who: Visitor, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """A piece of a page."""
    return HTMLResponse(filled(request, who.lang, template, who=who, **values), status)


def filled(request: Request, lang: Lang, template: str, **values: Any) -> str:
    """What a template comes to."""
    return environment("qa_speech.desk").get_template(f"{template}.html").render(
        lang=lang, t=words_of(lang), nonce=request.state.nonce, path=request.url.path, text=marked_text, terms=terms,
        query=urlencode, **values,
    )  # fmt: skip


def told(lang: Lang, key: str, *, status: int = 400, **parts: object) -> HTMLResponse:
    """A line that says what went wrong, for where the form stands."""
    from markupsafe import escape

    text = pick(lang, *ERRORS[key]).format(**parts)
    return HTMLResponse(f'<p class="problem" role="alert">{escape(text)}</p>', status)


def refused(lang: Lang, problems: Iterable[str]) -> HTMLResponse:
    """A line that says why what was asked for is against the rules."""
    return told(lang, "refused", status=422, problem=clauses([translated(one, lang) for one in problems], lang))


def go(address: str, **parameters: str) -> Response:
    """Lead the browser to another page after a form."""
    target = f"{address}?{urlencode(parameters)}" if parameters else address
    return Response(status_code=204, headers={"hx-redirect": target})


def form_text(form: Mapping[str, Any], name: str, *, most: int = 4000) -> str:
    """A field of a form as text, "" where it is missing; cut where it is longer than any we ask for."""
    value = form.get(name)
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "")[:most]


def form_number(form: Mapping[str, Any], name: str) -> int:
    """A field of a form as a whole number from 0 on, at most nine digits; 0 where it is none."""
    text = form_text(form, name, most=9)
    if not text.isdecimal():
        return 0
    return int(text)
