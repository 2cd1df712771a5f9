"""`qa-speech desk …`: the review page, its accounts, its database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from qa_speech.cli.common import EXIT_USAGE, UiOption, friendly_errors, in_words, ui
from qa_speech.cli.marking import MarksDbOption

if TYPE_CHECKING:
    from typer._click import Context


class DeskGroup(TyperGroup):
    """`qa-speech desk RUN` serves; the other commands have names."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Whatever does not begin with the name of a command is the run to serve."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["serve", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=DeskGroup,
    help="The review desk: hear, judge, appeal, calibrate in a browser; `desk RUN` serves it.",
    no_args_is_help=True,
)

RunArgument = Annotated[
    Path,
    typer.Argument(
        metavar="RUN",
        help="A batch run, or the result folder of inspect or score.",
        show_default=False,
    ),
]


@app.command("serve")
def serve(
    run: RunArgument,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", help="The folder of sample draw: the list to give out.", show_default=False),
    ] = None,
    recordings: Annotated[
        Path | None,
        typer.Option("--recordings", help="Where recordings lie now, if they moved.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port.")] = 8765,
    origin: Annotated[
        str,
        typer.Option(
            "--origin",
            help="What people type, behind a proxy with TLS: https://desk.example.",
            show_default=False,
        ),
    ] = "",
    proxy: Annotated[
        list[str] | None,
        typer.Option("--proxy", help="Address of a proxy that is believed.", show_default=False),
    ] = None,
    user_header: Annotated[
        str,
        typer.Option(
            "--user-header",
            help="Header with the user the proxy signed in.",
            show_default=False,
        ),
    ] = "",
    oidc: Annotated[
        Path | None,
        typer.Option(
            "--oidc",
            help="Settings of the single sign-on, TOML: issuer, client_id, client_secret, claim.",
            show_default=False,
        ),
    ] = None,
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Serve the desk until interrupted; the first start prints a link for the first admin.

    Example: qa-speech desk 批次 --sample 样本
    """
    lang = ui(ui_language)
    _require_extra(lang)
    with friendly_errors(ui_language):
        from qa_speech.desk.office import DeskOptions, Office, read_oidc
        from qa_speech.desk.serving import first_link
        from qa_speech.desk.serving import serve as serve_office

        options = DeskOptions(
            run=run, marks_db=marks_db or "", sample=sample, recordings=recordings, host=host, port=port,
            origin=origin.rstrip("/"), proxies=tuple(proxy or ()), user_header=user_header,
            oidc=None if oidc is None else read_oidc(oidc), lang=lang,
        )  # fmt: skip
        office = Office(options)
        try:
            link = first_link(office.base, options)
            place = options.origins[0]
            typer.echo(in_words(lang, f"工作台：{place}（Ctrl+C 停止）", f"desk: {place} (Ctrl+C stops it)"), err=True)
            if link:
                typer.echo(
                    in_words(
                        lang,
                        "第一次使用，请打开此链接设置密码（24 小时内有效）：",
                        "first use: open this link (good for 24 hours):",
                    ),
                    err=True,
                )
                typer.echo(link)
            serve_office(office)
        finally:
            office.close()


def _require_extra(lang: Any) -> None:
    """The packages of the extra, or how to install them."""
    from importlib.util import find_spec

    missing = [name for name in ("fastapi", "uvicorn", "argon2", "python_multipart") if find_spec(name) is None]
    if missing:
        problem = in_words(lang, "缺少组件，请安装", "packages are missing; install")
        typer.echo(f"{problem}: pip install 'qa-speech[desk]' ({', '.join(missing)})", err=True)
        raise typer.Exit(EXIT_USAGE)


Action = Literal["add", "passwd", "list", "disable", "enable"]


@app.command("user")
def user(
    action: Annotated[Action, typer.Argument(help="What to do: add, passwd (new password), list, disable or enable.")],
    run: RunArgument,
    name: Annotated[str, typer.Argument(help="Name of the account.")] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(
            "--role",
            help="Role, repeatable: inspector, second, lead, agent, trainer or admin.",
            show_default=False,
        ),
    ] = None,
    team: Annotated[str, typer.Option("--team", help="His own team.", show_default=False)] = "",
    agent: Annotated[str, typer.Option("--agent", help="The agent number of an agent.", show_default=False)] = "",
    unmasked: Annotated[bool, typer.Option("--unmasked", help="May see and hear customers' data.")] = False,
    origin: Annotated[
        str, typer.Option("--origin", help="Address that the link begins with.")
    ] = "http://127.0.0.1:8765",
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Accounts: whoever is added or given a new password gets a link that works once.

    Example: qa-speech desk user add 批次 质检一 --role inspector --team A组
    """
    lang = ui(ui_language)
    _require_extra(lang)
    if not name and action != "list":
        typer.echo(in_words(lang, "请写明姓名", "name the account"), err=True)
        raise typer.Exit(EXIT_USAGE)
    with friendly_errors(ui_language):
        from qa_speech.marks.accounts import accounts, add_account, change_account, known_roles, new_link
        from qa_speech.marks.audit import noted
        from qa_speech.marks.database import marks_file
        from qa_speech.marks.desk_base import open_desk_base

        base = open_desk_base(marks_db or marks_file(run))
        try:
            if action == "list":
                for one in accounts(base):
                    state = in_words(lang, "正常", "active") if one.active else in_words(lang, "停用", "off")
                    typer.echo("\t".join((one.name, ",".join(one.roles), one.team, one.agent, state)))
                return
            if action == "add":
                add_account(base, name, known_roles(role or ["inspector"]), team=team, agent=agent, unmasked=unmasked)
            if action in ("disable", "enable"):
                change_account(base, name, active=action == "enable")
            noted(base, "(command line)", "user_changed", detail=f"{name} {action}")
            if action in ("add", "passwd"):
                typer.echo(f"{origin.rstrip('/')}/welcome/{new_link(base, name)}")
        finally:
            base.close()


@app.command("backup")
def backup(
    run: RunArgument,
    out: Annotated[Path, typer.Option("--out", "-o", dir_okay=False, help="The copy to write.", show_default=False)],
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Copy marks, accounts and audit while people work: SQLite online, PostgreSQL by pg_dump.

    Example: qa-speech desk backup 批次 --out 备份.sqlite
    """
    with friendly_errors(ui_language):
        from qa_speech.marks.backup import back_up
        from qa_speech.marks.database import marks_file

        typer.echo(str(back_up(marks_db or marks_file(run), out)))


@app.command("upgrade")
def upgrade(
    place: Annotated[str, typer.Argument(help="File or URL of the marks.", show_default=False)],
    ui_language: UiOption = None,
) -> None:
    """Bring marks and desk to the form of this version. Nothing else ever does; back up first.

    Example: qa-speech desk upgrade 批次/marks.sqlite
    """
    with friendly_errors(ui_language):
        from qa_speech.marks.desk_base import upgrade as bring

        version = bring(place)
        typer.echo(in_words(ui(ui_language), f"工作台库版本 {version}", f"the desk is of version {version}"))
