"""`qa-speech review …`: sheets for people out and in, appeals, second complaints, the list of marks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from qa_speech.cli.common import EXIT_USAGE, UiOption, friendly_errors, in_words, ui
from qa_speech.cli.marking import MarksDbOption, all_marks, calls_at, marks_there, opened
from qa_speech.errors import problem, with_hint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_speech.marks.model import Mark
    from qa_speech.marks.scores import CardBook
    from qa_speech.marks.sheets import SheetRow
    from qa_speech.scores import CallReport

app = typer.Typer(
    help="People's marks: sheets out and in, appeals, second opinions.",
    no_args_is_help=True,
)

Place = Annotated[
    Path,
    typer.Argument(help="A batch run, or the result folder of inspect or score.", show_default=False),
]
SampleOption = Annotated[
    Path | None,
    typer.Option("--sample", help="The folder of sample draw: which calls, and whose.", show_default=False),
]
Form = Annotated[Literal["table", "csv", "json"], typer.Option("--format", help="Form of the list.")]
SheetStage = Literal["calibration", "first", "second", "final"]
MarkStage = Literal["calibration", "first", "appeal", "second", "final"]
RoleName = Literal["inspector", "agent", "lead", "expert"]


@app.command("export")
def export(
    run: Place,
    out: Annotated[Path, typer.Option("--out", "-o", dir_okay=False, help="The sheet to write, .xlsx.")] = Path(
        "复核单.xlsx"
    ),
    sample: SampleOption = None,
    stage: Annotated[SheetStage, typer.Option("--stage", help="Stage: calibration, first, second or final.")] = "first",
    inspector: Annotated[
        str, typer.Option("--inspector", help="For whom: his calls, his name filled in.", show_default=False)
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="Every criterion, not only what needs a person.")] = False,
    blind: Annotated[bool, typer.Option("--blind", help="Without what the machine said.")] = False,
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Write a review sheet: one criterion of one call a row, a sentence why, a link to its second.

    Example: qa-speech review export 批次 --sample 样本 --inspector 质检一 --out 复核单.xlsx
    """
    lang = ui(ui_language)
    if stage == "second" and not inspector:
        typer.echo(in_words(lang, "复核要写明 --inspector", "second stage: name the inspector, --inspector"), err=True)
        raise typer.Exit(EXIT_USAGE)
    with friendly_errors(ui_language):
        from qa_speech.marks.model import now
        from qa_speech.marks.scores import cards_of
        from qa_speech.marks.sheets import About, write_sheet
        from qa_speech.report.review import Request, rows_of
        from qa_speech.store.made import remember_made
        from qa_speech.store.reports import read_reports

        drawn = _sample(sample)
        request = Request(
            stage, inspector, every, blind or stage == "calibration", drawn.given, drawn.team_of.get(inspector, ""),
            sample or run, out,
        )  # fmt: skip
        marks = marks_there(run, marks_db)
        reports = read_reports(run, ids=_of_interest(stage, marks, drawn))
        rows = list(rows_of(reports, request, marks, cards_of(run)))
        if not rows:
            typer.echo(in_words(lang, "没有要看的项目，未写文件", "nothing to look at; no sheet was written"), err=True)
            return
        card, version = _one_card(rows)
        write_sheet(rows, out, About(stage, card, version, request.blind, now()))
        remember_made(run, out)
        calls = len({row.call for row in rows})
        typer.echo(
            in_words(lang, f"{out}：{calls} 通，{len(rows)} 行", f"{out}: {calls} calls, {len(rows)} rows"), err=True
        )


def _one_card(rows: Sequence[SheetRow]) -> tuple[str, int]:
    """The card of all rows; none where there are several: each row knows its own."""
    cards = {(row.scorecard, row.scorecard_version) for row in rows}
    return cards.pop() if len(cards) == 1 else ("", 0)


def _of_interest(stage: SheetStage, marks: Mapping[str, object], drawn: _Drawn) -> frozenset[str] | None:
    """Calls that may be on the sheet; None = all."""
    given = None if drawn.given is None else frozenset(drawn.given)
    if stage in ("calibration", "first"):
        return given
    marked = frozenset(marks)
    return marked if given is None else marked & given


class _Drawn(NamedTuple):
    """What a sample says: to whom each call was given (None = no sample), and the team of each inspector."""

    given: Mapping[str, str] | None
    team_of: Mapping[str, str]


def _sample(folder: Path | None) -> _Drawn:
    if folder is None:
        return _Drawn(None, {})
    from qa_speech.sampling.plan import plan_from
    from qa_speech.sampling.record import read_record

    record = read_record(folder)
    plan = plan_from(record.plan)
    return _Drawn(
        {call.id: call.inspector for call in record.drawn}, {person.name: person.team for person in plan.inspectors}
    )


@app.command("import")
def import_(
    sheet: Annotated[Path, typer.Argument(help="A sheet that was filled in.", show_default=False)],
    run: Annotated[
        Path,
        typer.Option("--run", file_okay=False, help="The run or result folder.", show_default=False),
    ],
    stage: Annotated[
        SheetStage | None, typer.Option("--stage", help="Stage; default: the sheet's own.", show_default=False)
    ] = None,
    role: Annotated[
        RoleName | None, typer.Option("--role", help="Who marks; default by stage.", show_default=False)
    ] = None,
    person: Annotated[
        str, typer.Option("--person", help="The inspector where the last column is empty.", show_default=False)
    ] = "",
    sample: SampleOption = None,
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Take in a sheet: every row is checked, and nothing is taken in where one is wrong.

    Example: qa-speech review import 复核单.xlsx --run 批次
    """
    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.marks.filled import calls_in, read_sheet
        from qa_speech.marks.scores import by_call, cards_of
        from qa_speech.report.review import Request, every_row, refusal
        from qa_speech.store.reports import read_reports

        wanted = calls_in(sheet, [call.id for call in calls_at(run)])
        known: dict[tuple[str, str], SheetRow] = {}
        teams: dict[str, str] = {}
        cards, request = cards_of(run), Request("first")
        for report in read_reports(run, ids=wanted):
            teams[report.id] = report.call.recording.metadata.get("team", "")
            known |= {(row.call, row.criterion): row for row in every_row(report, cards, request)}
        store = opened(run, marks_db, create=True)
        try:
            refuse = refusal(by_call(store), teams, _sample(sample).team_of)
            filled = read_sheet(sheet, known=known, role=role, stage=stage, person=person, refuse=refuse)
            new = store.add(filled.marks)
        finally:
            store.close()
        same = len(filled.marks) - new
        zh = f"新增 {new} 条，与已有相同 {same} 条，未判 {filled.waiting} 行"
        typer.echo(in_words(lang, zh, f"{new} new, {same} unchanged, {filled.waiting} rows not judged yet"))


@app.command("appeal")
def appeal(
    run: Place,
    call: Annotated[str, typer.Option("--call", help="Id of the call.", show_default=False)],
    criterion: Annotated[str, typer.Option("--criterion", help="Id of the criterion.", show_default=False)],
    reason: Annotated[str, typer.Option("--reason", help="Why.", show_default=False)],
    person: Annotated[str, typer.Option("--person", help="Who appeals.", show_default=False)],
    role: Annotated[Literal["agent", "lead"], typer.Option("--role", help="The agent, or the lead for him.")] = "agent",
    outcome: Annotated[
        Literal["pass", "partial", "not_applicable"], typer.Option("--outcome", help="What it should have been.")
    ] = "pass",
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Appeal against an outcome; nothing changes until somebody decides.

    Example: qa-speech review appeal 批次 --call a.wav --criterion greeting --reason 说了您好 --person 1037
    """
    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.marks.model import Mark, now
        from qa_speech.marks.scores import cards_of
        from qa_speech.marks.stages import require_in_time
        from qa_speech.store.reports import read_reports

        report = next(read_reports(run, ids=[call]), None)
        held = _held(run, call, criterion, report)
        store = opened(run, marks_db, create=True)
        try:
            made_at = now()
            require_in_time(store.marks([call]), call, criterion, made_at, days=_days(cards_of(run), report))
            mark = Mark(
                call=call, criterion=criterion, stage="appeal", outcome=outcome, person=person, role=role, at=made_at,
                reason=reason, scorecard=held.scorecard, scorecard_version=held.version, machine_outcome=held.outcome,
                machine_points=held.points,
            )  # fmt: skip
            new = store.add([mark])
        finally:
            store.close()
        if new:
            typer.echo(in_words(lang, "申诉已登记", "the appeal is registered"))
        else:
            typer.echo(in_words(lang, "同样的申诉已登记过", "this appeal was registered before"))


class _Held(NamedTuple):
    """What the machine said of a criterion, by which card."""

    outcome: str
    points: float | None
    scorecard: str
    version: int


def _held(run: Path, call: str, criterion: str, report: CallReport | None) -> _Held:
    """What was appealed against.

    Raises
    ------
    ConfigError
        There is no such call or criterion.
    """
    from qa_speech.errors import ConfigError

    score = None if report is None else report.score
    if score is None:
        raise ConfigError(str(run), [problem("no scored call {call}", call=call)])
    for one in score.criteria:
        if one.id == criterion:
            return _Held(one.outcome, one.points, score.scorecard_id, score.scorecard_version)
    known = [one.id for one in score.criteria]
    what = problem(
        "call {call} has no criterion {name}; there are: {known}", call=call, name=criterion, known=", ".join(known)
    )
    raise ConfigError(str(run), [with_hint(what, criterion, known)])


def _days(cards: CardBook, report: CallReport | None) -> int:
    """Days for appeals by the card of a call."""
    from qa_speech.marks.stages import APPEAL_DAYS

    card = None
    if report is not None and report.score is not None:
        card = cards(report.score.scorecard_sha256)
    return APPEAL_DAYS if card is None else card.appeal_days


@app.command("appeals")
def appeals(run: Place, form: Form = "table", marks_db: MarksDbOption = None, ui_language: UiOption = None) -> None:
    """Open appeals and until when they have to be decided, the most urgent first.

    Example: qa-speech review appeals 批次
    """
    with friendly_errors(ui_language):
        import datetime as dt

        from qa_speech.marks.scores import cards_of
        from qa_speech.marks.stages import APPEAL_DAYS, open_appeals
        from qa_speech.store.reports import read_reports

        marks = all_marks(run, marks_db)
        by_call: dict[str, list[Mark]] = {}
        for mark in marks:
            by_call.setdefault(mark.call, []).append(mark)
        appealed = {mark.call for mark in marks if mark.stage == "appeal"}
        cards = cards_of(run)
        days = {report.id: _days(cards, report) for report in read_reports(run, ids=appealed)}
        now = dt.datetime.now(dt.UTC).replace(tzinfo=None)
        found = []
        for call in appealed:
            found += open_appeals(by_call[call], now, days=days.get(call, APPEAL_DAYS))
        rows: list[tuple[Any, ...]] = []
        for one in sorted(found, key=lambda one: one.due):
            mark = one.mark
            left = round(-one.late_days, 1)
            rows.append(
                (mark.call, mark.criterion, mark.person, _day(mark.at), _day(one.due.isoformat()), left, mark.reason)
            )
        _print(("call", "criterion", "person", "appealed_at", "due", "days_left", "reason"), rows, form)


@app.command("list")
def list_marks(run: Place, form: Form = "table", marks_db: MarksDbOption = None, ui_language: UiOption = None) -> None:
    """All marks, by whom and when, and which of them count.

    Example: qa-speech review list 批次
    """
    with friendly_errors(ui_language):
        from qa_speech.marks.stages import standing

        marks = all_marks(run, marks_db)
        counts = standing(marks)
        rows: list[tuple[Any, ...]] = []
        for mark in marks:
            is_counted = "*" if counts.get((mark.call, mark.criterion)) is mark else ""
            rows.append(
                (
                    mark.call, mark.criterion, mark.stage, mark.person, mark.machine_outcome, mark.outcome, mark.points,
                    is_counted, _day(mark.at), mark.reason,
                )
            )  # fmt: skip
        names = ("call", "criterion", "stage", "person", "machine", "outcome", "points", "counts", "at", "reason")
        _print(names, rows, form)


@app.command("tickets")
def tickets(
    run: Place,
    table: Annotated[
        Path | None,
        typer.Option("--tickets", help="Table of tickets, CSV or xlsx: 工单号, 编号, 重复工单.", show_default=False),
    ] = None,
    column: Annotated[
        str, typer.Option("--column", help="Instead of a table: a column of the calls' metadata.", show_default=False)
    ] = "",
    out: Annotated[Path, typer.Option("--out", "-o", dir_okay=False, help="The list to write, .xlsx.")] = Path(
        "二次投诉.xlsx"
    ),
    config: Annotated[
        Path | None, typer.Option("--config", help="Settings file, [tables].", show_default=False)
    ] = None,
    ui_language: UiOption = None,
) -> None:
    """The re-inspection list: repeated complaints beside the calls they repeat; what is unknown is listed too.

    Example: qa-speech review tickets 批次 --tickets 工单.csv --out 二次投诉.xlsx
    """
    lang = ui(ui_language)
    if (table is None) == (not column):
        typer.echo(in_words(lang, "请给出 --tickets 或 --column", "give --tickets or --column"), err=True)
        raise typer.Exit(EXIT_USAGE)
    with friendly_errors(ui_language):
        from qa_speech.marks.tickets import read_tickets, repeats_of, tickets_in, write_list
        from qa_speech.settings import load_settings

        calls = calls_at(run)
        names = load_settings(config).tables.columns
        found = repeats_of(read_tickets(table, names) if table is not None else tickets_in(calls, column), calls)
        write_list(found, out)
        unknown = sum(1 for one in found if one.problem)
        zh = f"{out}：{len(found)} 行，其中 {unknown} 行有找不到的通话"
        typer.echo(in_words(lang, zh, f"{out}: {len(found)} rows, {unknown} with calls that are not known"), err=True)
        for one in found:
            if one.problem:
                typer.echo(f"  {one.ticket.line}: {one.problem}", err=True)


@app.command("upgrade")
def upgrade(
    place: Annotated[str, typer.Argument(help="File or URL of the marks.", show_default=False)],
    ui_language: UiOption = None,
) -> None:
    """Bring a database of marks to the form of this version. Nothing else ever does.

    Example: qa-speech review upgrade 批次/marks.sqlite
    """
    with friendly_errors(ui_language):
        from qa_speech.marks.database import upgrade as bring

        version = bring(place)
        typer.echo(in_words(ui(ui_language), f"标注库版本 {version}", f"the database is of version {version}"))


def _day(at: str) -> str:
    """A time (UTC) to the minute, in the time of this machine."""
    import datetime as dt

    when = dt.datetime.fromisoformat(at).replace(tzinfo=dt.UTC).astimezone()
    return when.strftime("%Y-%m-%d %H:%M")


def _print(names: Sequence[str], rows: Sequence[tuple[Any, ...]], form: Literal["table", "csv", "json"]) -> None:
    from qa_speech.store.base import Answer
    from qa_speech.store.export import as_text

    for line in as_text(Answer(names, iter(rows)), form):
        typer.echo(line)
