"""`qa-speech clips` and `redact`: from stored results to moments for coaching, and to calls without customers' data."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from typer.core import TyperGroup

from qa_speech.cli.common import EXIT_SOME_FAILED, EXIT_UNUSABLE, ChangedOption, UiOption, friendly_errors, ui

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typer._click import Context

    from qa_speech.cli.common import Language
    from qa_speech.privacy.numerals import Kind
    from qa_speech.report.redacted import Redacted
    from qa_speech.scores import CallReport

ResultArgument = Annotated[Path, typer.Argument(help="A result folder, or the run of batch run.", show_default=False)]
RecordingsOption = Annotated[
    Path | None,
    typer.Option(
        "--recordings",
        "-r",
        file_okay=False,
        help="Folder of the recordings, if they were moved.",
        show_default=False,
    ),
]
ScorecardOption = Annotated[
    str | None,
    typer.Option("--scorecard", "-s", help="Score anew with this scorecard first.", show_default=False),
]
FormatOption = Annotated[Literal["mp3", "wav"], typer.Option("--format", help="Format of the sound.")]
ReplacementOption = Annotated[Literal["tone", "silence"], typer.Option("--mask-with", help="What is heard instead.")]

ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model", "-m",
        help="Finds customers' data in the recording where the transcript does not time its words; without "
             "it the whole cue is masked.",
        show_default=False,
    ),
]  # fmt: skip


class Also(StrEnum):
    """Kinds that are masked by option."""

    PASSPORT = "passport"
    PLATE = "plate"
    CREDIT_CODE = "credit_code"


AlsoOption = Annotated[
    list[Also] | None,
    typer.Option(
        "--also",
        help="Masks passports, car plates or credit codes too; repeatable.",
        show_default=False,
    ),
]


class ClipsGroup(TyperGroup):
    """`qa-speech clips RESULT` cuts clips; the other commands have names."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Whatever does not begin with the name of a command is what clips are cut of."""
        if args and args[0] not in self.commands and args[0] not in ("-h", "--help"):
            args = ["cut", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=ClipsGroup,
    help="Cut the moments worth hearing, with customers' data masked; keep trainers' notes on them.",
    no_args_is_help=True,
)
notes_app = typer.Typer(
    help="Keep trainers' notes beside the clips.\n\nExample: qa-speech clips notes import notes.csv --to 辅导片段",
    no_args_is_help=True,
)
app.add_typer(notes_app, name="notes")


@app.command("cut")
def clips(
    result: ResultArgument,
    criterion: Annotated[
        list[str] | None,
        typer.Option("--criterion", "-c", help="Id of a criterion; repeatable.", show_default=False),
    ] = None,
    worst: Annotated[int, typer.Option("--worst", min=0, max=1000, help="The worst N per criterion.")] = 5,
    best: Annotated[int, typer.Option("--best", min=0, max=1000, help="The best N per criterion.")] = 0,
    agent: Annotated[
        list[str] | None,
        typer.Option("--agent", help="Only this agent; repeatable.", show_default=False),
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder for clips and lists.")] = Path(
        "qa-clips"
    ),
    recordings: RecordingsOption = None,
    scorecard: ScorecardOption = None,
    before: Annotated[float, typer.Option("--before", min=0, max=60, help="Seconds before the evidence.")] = 4.0,
    after: Annotated[float, typer.Option("--after", min=0, max=60, help="Seconds after it.")] = 4.0,
    longest: Annotated[float, typer.Option("--longest", min=1, max=600, help="No clip is longer, in seconds.")] = 60.0,
    audio_format: FormatOption = "mp3",
    mix: Annotated[bool, typer.Option("--mix", help="Mix both parties into one channel.")] = False,
    replacement: ReplacementOption = "tone",
    model: ModelOption = None,
    also: AlsoOption = None,
    no_mask: Annotated[bool, typer.Option("--no-mask", help="Leave customers' data as it is.")] = False,
    changed_audio: ChangedOption = False,
    ui_language: UiOption = None,
) -> None:
    """Cut the moments worth hearing, with customers' data masked.

    Example: qa-speech clips qa-report --criterion taboo --worst 5 --best 2 --out 辅导片段
    """
    with friendly_errors(ui_language):
        from qa_speech.coaching.choose import Wish, choose
        from qa_speech.coaching.clips import Cut, make_clips
        from qa_speech.coaching.page import write_lists
        from qa_speech.store.made import remember_made

        lang = ui(ui_language)
        wish = Wish(tuple(criterion or ()), worst, best, tuple(agent or ()))
        cut = Cut(before, after, longest, audio_format, mix, not no_mask, replacement, _kinds(also), changed_audio)
        reports = _reports(result, scorecard)
        if cut.mask:
            reports = _aligned(reports, model, recordings)
        chosen = choose(reports, wish)
        made = list(make_clips(chosen, out, cut=cut, recordings=recordings, lang=lang))
        page = write_lists(made, out, lang=lang, masked=cut.mask)
        remember_made(result, out)
    silent = sum(clip.problem not in ("", "long_absence") for clip in made)
    typer.echo(_counted(len(made), silent, lang), err=True)
    typer.echo(str(page))
    _exit_if_silent(silent, len(made))


@notes_app.command("import")
def import_notes(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, show_default=False,
            help="Notes downloaded from the page, or clips.xlsx with its column of notes filled in.",
        ),
    ],
    to: Annotated[Path, typer.Option("--to", file_okay=False, help="The folder of the clips.")] = Path("qa-clips"),
    ui_language: UiOption = None,
) -> None:  # fmt: skip
    """Keep notes beside their clips; the page and the lists show them, also when they are made again.

    Example: qa-speech clips notes import notes.csv --to 辅导片段
    """
    with friendly_errors(ui_language):
        from qa_speech.coaching.page import import_notes as keep

        count = keep(file, to)
    lang = ui(ui_language)
    typer.echo({"zh": f"{count} 条备注已存入 {to}", "en": f"{count} notes kept in {to}"}[lang], err=True)
    typer.echo(str(to / "index.html"))


def _kinds(also: list[Also] | None) -> frozenset[Kind]:
    from qa_speech.privacy.papers import OPTIONAL_KINDS

    return frozenset(kind for kind in OPTIONAL_KINDS if kind in (also or ()))


def _counted(made: int, silent: int, lang: Language) -> str:
    """How many clips there are, and how many without sound."""
    counted = {"zh": f"{made} 个片段", "en": f"{made} clips"}[lang]
    if silent:
        counted += {
            "zh": f"，其中 {silent} 个没有声音（原因见列表）",
            "en": f", {silent} without sound (the lists say why)",
        }[lang]
    return counted


def _exit_if_silent(silent: int, all_of_them: int) -> None:
    """The exit code says that a number of the clips (`silent`), or all, have no sound."""
    if silent:
        all_silent = silent == all_of_them
        raise typer.Exit(EXIT_UNUSABLE if all_silent else EXIT_SOME_FAILED)


def redact(
    result: ResultArgument,
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder to write to.")] = Path(
        "qa-redacted"
    ),
    recordings: RecordingsOption = None,
    audio_format: FormatOption = "mp3",
    no_audio: Annotated[bool, typer.Option("--no-audio", help="Text and JSON only.")] = False,
    replacement: ReplacementOption = "tone",
    model: ModelOption = None,
    also: AlsoOption = None,
    ui_language: UiOption = None,
) -> None:
    """Mask customers' data in whole calls: text, sound, JSON, and a list of what was masked and why.

    Example: qa-speech redact qa-report --out 脱敏
    """
    with friendly_errors(ui_language):
        from qa_speech.report.redacted import RedactedFolder
        from qa_speech.store.made import remember_made

        lang = ui(ui_language)
        wanted = None if no_audio else audio_format
        folder = RedactedFolder(
            out, recordings=recordings, audio=wanted, replacement=replacement, lang=lang, also=_kinds(also)
        )
        done = silent = 0
        for report in _aligned(_reports(result, None), model, recordings):
            redacted = folder.add(report)
            done += 1
            silent += bool(redacted.problem)
            typer.echo(_line(redacted, lang))
        path = folder.finish()
        remember_made(result, out)
    title = {"zh": "遮蔽清单", "en": "what was masked:"}[lang]
    typer.echo(f"{title} {path}", err=True)
    _exit_if_silent(silent, done)


def _line(redacted: Redacted, lang: Language) -> str:
    """One line per call: how many identifiers were masked, and why there is no sound."""
    from qa_speech.wording.masking import NO_SOUND
    from qa_speech.wording.terms import term

    count = len({place.identifier for place in redacted.masked})
    counted = {"zh": f"遮蔽 {count} 处", "en": f"{count} masked"}[lang]
    wide = len({place.identifier for place in redacted.masked if place.extent in ("stretch", "call")})
    if wide:
        counted += {
            "zh": f"，其中 {wide} 处文本没有字词时间，整段遮蔽",
            "en": f", {wide} of them with the whole cue: the transcript does not time its words",
        }[lang]
    parts = [redacted.id, counted]
    if redacted.problem:
        parts.append(term(NO_SOUND, redacted.problem, lang))
    return "  ".join(parts)


def _aligned(reports: Iterable[CallReport], model: str | None, recordings: Path | None) -> Iterator[CallReport]:
    """The reports, with the times of customers' data found in the recordings where their transcripts do not time words."""
    if model is None:
        yield from reports
        return
    from msgspec.structs import replace

    from qa_speech.engines.registry import load_recognizer
    from qa_speech.pipeline.align import aligned
    from qa_speech.privacy.sound import locate

    recognizer = load_recognizer(model)
    for report in reports:
        source = locate(report.call, recordings)
        if source is None or not report.call.estimated:
            yield report
        else:
            yield replace(report, call=aligned(report.call, source, recognizer))


def _reports(result: Path, scorecard: str | None) -> Iterator[CallReport]:
    """What is stored at a path, scored anew if asked for."""
    from qa_speech.cli.common import find_scorecard
    from qa_speech.store.reports import read_reports

    card = None
    if scorecard:
        card = find_scorecard(scorecard)
    return read_reports(result, scorecard=card)
