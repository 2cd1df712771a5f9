"""The admin's pages: accounts, and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from qa_speech.desk.pages import form_text, fragment, page, refused, told
from qa_speech.desk.showing import shown_id
from qa_speech.desk.signed import SignedIn, Visitor
from qa_speech.desk.source import key_of
from qa_speech.desk.words import ACTIONS
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import ROLES, account_named, accounts, add_account, change_account, new_link
from qa_speech.marks.audit import Entry, entries, noted
from qa_speech.store.export import csv_cell
from qa_speech.wording import terms

router = APIRouter(include_in_schema=False)
SHOWN = 200


@router.get("/users")
def users(request: Request, who: SignedIn) -> Response:
    """All accounts."""
    who.require("admin")
    return page(request, who, "users", people=accounts(who.office.base), roles=ROLES, key_of=key_of)


@router.post("/users")
async def user_added(request: Request, who: SignedIn) -> Response:
    """A new account, and the link by which its owner gives it a password."""
    who.require("admin")
    return await run_in_threadpool(_added, request, who, await request.form())


def _added(request: Request, who: Visitor, form: Any) -> Response:
    base = who.office.base
    name, agent = form_text(form, "name", most=200).strip(), form_text(form, "agent", most=100).strip()
    roles = [role for role in ROLES if role in form.getlist("roles")]
    if not roles:
        return told(who.lang, "no_role", status=422)
    if "agent" in roles and not agent:
        return told(who.lang, "agent_number", status=422)
    if account_named(base, name) is not None:
        return told(who.lang, "name_taken", status=422)
    try:
        account = add_account(
            base,
            name,
            roles,
            team=form_text(form, "team", most=100),
            agent=agent,
            unmasked=form_text(form, "unmasked") == "1",
        )
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    noted(base, who.name, "user_added", detail=f"{account.name} {','.join(account.roles)}", address=who.address)
    return _link(request, who, account.name)


def _link(request: Request, who: Visitor, name: str) -> Response:
    token = new_link(who.office.base, name)
    address = f"{who.office.options.origins[0]}/welcome/{token}"
    return fragment(request, who, "link", name=name, address=address)


@router.post("/users/change")
async def user_changed(request: Request, who: SignedIn) -> Response:
    """A link for a new password, on or off, customers' data or not."""
    who.require("admin")
    return await run_in_threadpool(_changed, request, who, await request.form())


def _changed(request: Request, who: Visitor, form: Any) -> Response:
    base = who.office.base
    name, what = form_text(form, "name", most=200), form_text(form, "what", most=20)
    changes: dict[str, dict[str, bool]] = {
        "on": {"active": True},
        "off": {"active": False},
        "mask": {"unmasked": False},
        "unmask": {"unmasked": True},
    }
    try:
        if what == "link":
            noted(base, who.name, "user_changed", detail=f"{name} link", address=who.address)
            return _link(request, who, name)
        change_account(base, name, **changes.get(what, {}))
    except ConfigError as exc:
        return refused(who.lang, exc.problems)
    noted(base, who.name, "user_changed", detail=f"{name} {what}", address=who.address)
    return Response(status_code=204, headers={"hx-refresh": "true"})


@router.get("/audit")
def audit(request: Request, who: SignedIn) -> Response:
    """The last lines."""
    who.require("admin")
    rows = list(entries(who.office.base, most=SHOWN, newest=True))
    return page(
        request,
        who,
        "audit",
        rows=rows,
        key_of=key_of,
        action=lambda code: terms.term(ACTIONS, code, who.lang),
        masked=lambda call: shown_id(call, who.lang),
    )


@router.get("/audit.csv")
def audit_csv(who: SignedIn) -> Response:
    """All lines, oldest first: UTF-8 with a byte order mark."""
    who.require("admin")
    noted(who.office.base, who.name, "audit_exported", address=who.address)

    def lines() -> Iterator[bytes]:
        import csv
        import io

        def line(cells: Any) -> bytes:
            text = io.StringIO(newline="")
            csv.writer(text, lineterminator="\r\n").writerow([csv_cell(cell) for cell in cells])
            return text.getvalue().encode("utf-8", "replace")

        yield b"\xef\xbb\xbf" + line(Entry.__struct_fields__)
        for entry in entries(who.office.base):
            yield line([getattr(entry, name) for name in Entry.__struct_fields__])

    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return StreamingResponse(lines(), headers=headers, media_type="text/csv; charset=utf-8")
