"""`qa-speech inspect`, `demo` and `score`: recordings or stored calls in, one line per call and a folder out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import (
    EXIT_FAIL_UNDER,
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    ChangedOption,
    Language,
    PairsOption,
    RawOption,
    UiOption,
    friendly_errors,
    in_words,
    raw_option,
    shelf,
    tell_overlooked,
    ui,
)
from qa_speech.cli.marking import MarksDbOption, MarksOption, marks_of
from qa_speech.errors import problem

if TYPE_CHECKING:
    from qa_speech.report.folder import ReportFolder
    from qa_speech.scorecard import Scorecard
    from qa_speech.scorecard.choice import Shelf
    from qa_speech.scores import CallFailure, CallReport
    from qa_speech.settings import Settings

SHOWN_IDS = 20
DEFAULT_OUT = Path("qa-report")

ScorecardOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scorecard",
        "-s",
        help="A scorecard file, the name of a shipped one, a folder, or none; of several the one in force on "
        "the day of the call. Default: telecom-hotline.",
        show_default=False,
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Settings file, e.g. qa_speech.toml; its scorecard rules come before --scorecard.",
        show_default=False,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder for pages, table and calls.")]
JsonOption = Annotated[
    bool,
    typer.Option("--json", help="One JSON report per line on stdout, no folder."),
]
FailUnderOption = Annotated[
    float | None,
    typer.Option("--fail-under", min=0, max=100, help="Exit with 4 when a call scores less."),
]
EmbedOption = Annotated[bool, typer.Option("--embed-audio", help="Put the audio into the pages themselves.")]

MaskOption = Annotated[
    bool,
    typer.Option(
        "--mask/--no-mask",
        help="Mask customers' data in pages, sound and table (not in calls/).",
    ),
]


MONTH_PAGE = "month.html"


def demo(
    out: OutOption = Path("demo-report"),
    scorecard: ScorecardOption = None,
    embed_audio: EmbedOption = False,
    ui_language: UiOption = None,
) -> None:
    """Inspect the bundled sample calls with the bundled recogniser.

    The same as: qa-speech inspect SAMPLES --model demo

    Example: qa-speech demo
    """
    from qa_speech.inputs.calls import AUDIO_SUFFIXES
    from qa_speech.resources import folder

    with friendly_errors(ui_language):
        samples = folder("samples")
        recordings = sorted([place for place in samples.iterdir() if place.suffix in AUDIO_SUFFIXES])
    inspect(
        recordings, scorecard=scorecard, out=out, json_lines=False, model="demo", agent_channel=None, language=None,
        config=None, transcripts=None, raw=None, fail_under=None, embed_audio=embed_audio, mask=True,
        ui_language=ui_language,
    )  # fmt: skip
    with friendly_errors(ui_language):
        from qa_speech.files import write_bytes

        month = out / MONTH_PAGE
        write_bytes(month, (samples / "month" / "report.html").read_bytes())
        said = in_words(
            ui(ui_language), "一个月的服务质量分析报告（样例）", "the service-quality report of a made-up month"
        )
        typer.echo(in_words(ui(ui_language), f"{said}：{month}", f"{said}: {month}"), err=True)


def inspect(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, folders of them, or manifests (xlsx, csv, jsonl).",
            show_default=False,
        ),
    ],
    scorecard: ScorecardOption = None,
    out: OutOption = DEFAULT_OUT,
    json_lines: JsonOption = False,
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A model folder or name; demo = the bundled one; none = no words."),
    ] = None,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="The agent's channel; 1 unless given."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Language spoken, e.g. zh.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    transcripts: Annotated[
        Path | None,
        typer.Option("--transcripts", help="Folder of transcripts with the same stem.", show_default=False),
    ] = None,
    raw: RawOption = None,
    pairs: PairsOption = None,
    fail_under: FailUnderOption = None,
    embed_audio: EmbedOption = False,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """Inspect recordings: decode, transcribe, measure, score.

    Example: qa-speech inspect 录音目录 --model /models/large-v3-turbo --out 结果
    """
    with friendly_errors(ui_language):
        from qa_speech.engines.registry import load_recognizer
        from qa_speech.errors import ModelError
        from qa_speech.inputs import with_raw, with_transcripts
        from qa_speech.inputs.rows import inputs_in
        from qa_speech.pipeline import inspect_many

        settings = settings_of(config, model, agent_channel, language)
        joined = pairs if pairs is not None else settings.pairs
        inputs = inputs_in(paths, tables=settings.tables, pairs=joined)
        tell_overlooked(paths, joined, ui(ui_language))
        if transcripts is not None:
            inputs = with_transcripts(inputs, transcripts)
        if raw is not None:
            inputs = with_raw(inputs, raw_option(raw))
        needed = any(item.needs_recognizer for item in inputs)
        if settings.model is None and needed and transcripts is None:
            raise ModelError(
                "--model",
                problem(
                    "no recogniser chosen; give a folder or name, or\n  --model none   measures everything but "
                    "words\n  --model demo   knows only the bundled samples"
                ),
            )
        cards = shelf(scorecard or (), settings)
        recognizer = None
        if needed and settings.model not in (None, "none"):
            recognizer = load_recognizer(settings.model, settings)
        outcomes = inspect_many(inputs, scorecard=cards, recognizer=recognizer, settings=settings)
        _finish(
            outcomes, total=len(inputs), out=None if json_lines else out, embed_audio=embed_audio,
            fail_under=fail_under, mask=mask, lang=ui(ui_language),
        )  # fmt: skip


def score(
    paths: Annotated[
        list[Path],
        typer.Argument(help="Stored calls, result folders or batch runs.", show_default=False),
    ],
    scorecard: Annotated[
        list[str] | None,
        typer.Option(
            "--scorecard",
            "-s",
            help="As for inspect. Default: for a batch run the scorecards it used, else telecom-hotline.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", file_okay=False, help="Write pages and table there.", show_default=False),
    ] = None,
    json_lines: JsonOption = False,
    config: ConfigOption = None,
    fail_under: FailUnderOption = None,
    mask: MaskOption = True,
    changed_audio: ChangedOption = False,
    marks: MarksOption = "machine",
    marks_db: MarksDbOption = None,
    ui_language: UiOption = None,
) -> None:
    """Score stored calls again: no audio, no models.

    Example: qa-speech score qa-report --scorecard scorecards/telecom-hotline.yaml
    """
    with friendly_errors(ui_language):
        from qa_speech.marks.scores import marked_reports
        from qa_speech.marks.trust import TrustOfMarks
        from qa_speech.settings import load_settings
        from qa_speech.store.folder import is_run
        from qa_speech.store.made import remember_made
        from qa_speech.store.reports import read_reports

        settings = load_settings(config)
        cards = shelf(scorecard or (), settings)
        chosen = bool(scorecard or settings.scorecard or settings.scorecards)

        def reports() -> Iterator[CallReport]:
            for path in paths:
                if out is not None:
                    remember_made(path, out)
                own = is_run(path) and not chosen  # a run is scored by the scorecards it used
                trusted = TrustOfMarks(path, marks_db)
                found = read_reports(path, scorecard=None if own else cards, trusted=trusted)
                if marks == "machine":
                    yield from found
                    continue
                card_of = _cards_of_run(path) if own else _cards_chosen(cards)
                yield from marked_reports(found, card_of, marks_of(path, marks_db, marks), marks)

        _finish(
            reports(), total=None, out=None if json_lines else out, json_lines=json_lines, embed_audio=False,
            fail_under=fail_under, mask=mask, lang=ui(ui_language), changed_audio=changed_audio,
        )  # fmt: skip


def _cards_of_run(run: Path) -> Callable[[CallReport], Scorecard | None]:
    """The card by which a run has scored each call."""
    from qa_speech.marks.scores import cards_of

    cards = cards_of(run)
    return lambda report: None if report.score is None else cards(report.score.scorecard_sha256)


def _cards_chosen(cards: Shelf) -> Callable[[CallReport], Scorecard | None]:
    """The card that is chosen for each call."""
    return lambda report: cards(report.call)


def settings_of(config: Path | None, model: str | None, agent_channel: int | None, language: str | None) -> Settings:
    """Option > file > default."""
    from qa_speech.settings import load_settings

    settings = load_settings(config)
    update: dict[str, object] = {}
    if model is not None:
        update["model"] = model
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    if language is not None:
        update["recognition"] = settings.recognition.model_copy(update={"language": language})
    return settings.model_copy(update=update)


def _finish(
    outcomes: Iterable[CallReport | CallFailure], *, total: int | None, out: Path | None, embed_audio: bool,
    fail_under: float | None, mask: bool, lang: Language, json_lines: bool | None = None,
    changed_audio: bool = False,
) -> None:  # fmt: skip
    """Print each outcome as it comes, write the folder, choose the exit code; `fail_under` is in points, 0–100."""
    from qa_speech.documents import encode
    from qa_speech.filenames import visible
    from qa_speech.report.folder import ReportFolder
    from qa_speech.report.people import for_people, with_masked_id
    from qa_speech.scores import CallFailure

    as_json = out is None if json_lines is None else json_lines
    folder = None
    if out is not None:
        folder = ReportFolder(out, lang=lang, embed_audio=embed_audio, mask=mask, changed_audio=changed_audio)
    tally = _Tally(fail_under)
    with _written(folder, tally, lang), progress(total, lang) as advance:
        for outcome in outcomes:
            advance(outcome.id)
            tally.count(outcome)
            shown = folder.add(outcome) if folder is not None else outcome
            if folder is None and mask:
                seen = outcome if isinstance(outcome, CallFailure) else for_people(outcome, lang=lang)
                shown = with_masked_id(seen, lang=lang)
            line = encode(outcome).decode() if as_json else _line(shown, lang)
            sys.stdout.write(f"{visible(line)}\n")
            sys.stdout.flush()
    tally.leave()
    if folder is not None and folder.changed and not changed_audio:
        _tell_changed(folder.changed, lang)


def _tell_changed(ids: Sequence[str], lang: Language) -> None:
    """Say which recordings were not played because they are no longer those that were inspected; the exit code says so too."""
    zh = f"{len(ids)} 通的录音已不是当时质检的那一份，网页没有声音（--changed-audio 仍然播放）："
    en = f"{len(ids)} recordings are no longer those that were inspected; their pages have no sound (--changed-audio plays them):"
    typer.echo(in_words(lang, zh, en), err=True)
    for name in ids[:SHOWN_IDS]:
        typer.echo(f"  {name}", err=True)
    raise typer.Exit(EXIT_SOME_FAILED)


class _Tally:
    """How many calls were done, failed, scored less than `fail_under` (0–100); which exit code that makes."""

    def __init__(self, fail_under: float | None) -> None:
        self.fail_under = fail_under
        self.done = self.failed = self.under = 0

    def count(self, outcome: CallReport | CallFailure) -> None:
        from qa_speech.scores import CallFailure

        self.done += 1
        if isinstance(outcome, CallFailure):
            self.failed += 1
            return
        total = None if outcome.score is None else outcome.score.total
        if total is not None and self.fail_under is not None and total < self.fail_under:
            self.under += 1

    def leave(self) -> None:
        """Exit as this run must; returns where all is well."""
        if self.failed:
            raise typer.Exit(EXIT_UNUSABLE if self.failed == self.done else EXIT_SOME_FAILED)
        if self.under:
            raise typer.Exit(EXIT_FAIL_UNDER)


@contextmanager
def _written(folder: ReportFolder | None, tally: _Tally, lang: Language) -> Iterator[None]:
    """Index and table are written over all that was done, also where something ends the run before the last call."""
    from qa_speech.filenames import as_text

    ended = False
    try:
        yield
        ended = True
    finally:
        if folder is not None and (ended or tally.done):
            index = as_text(folder.finish())
            typer.echo(f"{in_words(lang, '结果已写入', 'written to')} {index}", err=True)


def _line(outcome: CallReport | CallFailure, lang: Language) -> str:
    """One line per input: score and main reasons, or why there is no result."""
    from qa_speech.scores import CallFailure
    from qa_speech.wording.messages import summary_line
    from qa_speech.wording.translate import retold

    if isinstance(outcome, CallFailure):
        return f"{outcome.id}  {in_words(lang, '失败：', 'failed: ')}{retold(outcome.message, lang)}"
    return summary_line(outcome, lang)


@contextmanager
def progress(total: int | None, lang: Language, doing: str = "") -> Iterator[Callable[[str], None]]:
    """A bar on stderr where a person watches; nothing otherwise. Yields the function that names the call just done.

    `total` is the number of calls, None where nobody knows it; `doing` is what is done to them, inspecting unless given.
    """
    if not sys.stderr.isatty():
        yield lambda name: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from qa_speech.cli.terminal import drawn_on
    from qa_speech.filenames import visible

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=drawn_on()), transient=True) as bar:
        task = bar.add_task(doing or in_words(lang, "质检中", "inspecting"), total=total)
        yield lambda name: bar.update(task, advance=1, description=escape(visible(name[-40:])))
