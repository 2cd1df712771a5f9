"""A desk is opened and served until it is stopped; the first admin is let in by a link."""

from __future__ import annotations

from qa_speech.desk.office import DeskOptions, Office
from qa_speech.marks.accounts import account_named, add_account, is_empty, new_link
from qa_speech.marks.desk_base import DeskBase

FIRST_ADMIN = "管理员"
"""Name of the account that a new desk begins with: it may do everything a single person needs on his own machine."""


def first_link(base: DeskBase, options: DeskOptions) -> str:
    """The address by which the first admin gives himself a password; "" once he has one.

    >>> from pathlib import Path
    >>> from qa_speech.marks.desk_base import open_desk_base
    >>> base = open_desk_base("marks.sqlite")
    >>> first_link(base, DeskOptions(run=Path("run"))).startswith("http://127.0.0.1:8765/welcome/")
    True
    """
    if is_empty(base):
        add_account(base, FIRST_ADMIN, ["admin", "lead", "inspector"], unmasked=True)
    first = account_named(base, FIRST_ADMIN)
    if first is None or first.has_password or not first.active:
        return ""
    return f"{options.origins[0]}/welcome/{new_link(base, FIRST_ADMIN)}"


def serve(office: Office) -> None:
    """Serve until interrupted; one process, many threads."""
    import uvicorn

    from qa_speech.desk.app import make_app

    options = office.options
    office.warm()
    uvicorn.run(
        make_app(office), host=options.host, port=options.port, proxy_headers=False, server_header=False,
        date_header=False, access_log=False, log_level="warning", timeout_graceful_shutdown=5,
    )  # fmt: skip
