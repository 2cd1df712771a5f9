"""What `batch run`, `batch retry` and `batch plan` share: settings, the run itself, its exit code."""

from __future__ import annotations

import datetime as dt
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import typer

from qa_speech.cli.batch_pages import pages_after
from qa_speech.cli.common import (
    DEFAULT_SCORECARD,
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    NO_SCORECARD,
    Language,
    in_words,
)
from qa_speech.cli.progress import line, telling
from qa_speech.cli.tongue import remembered
from qa_speech.errors import problem

if TYPE_CHECKING:
    from qa_speech.batch.cards import Book
    from qa_speech.batch.journal import Tell
    from qa_speech.batch.state import State
    from qa_speech.inputs.rows import Row
    from qa_speech.settings import Settings
    from qa_speech.store.base import Store
    from qa_speech.store.summary import Session


@dataclass(frozen=True)
class Options:
    """What the command line says of a run; None = not said."""

    out: Path
    config: Path | None = None
    model: str | None = None
    scorecard: str | None = None
    workers: str | None = None
    name_pattern: str | None = None
    transcripts: Path | None = None
    raw: str | None = None
    pairs: str | None = None
    agent_channel: int | None = None
    window: Literal["full", "tight"] | None = None
    change: bool = False
    pages: str | None = None


@dataclass(frozen=True)
class Cluster:
    """A Ray cluster by its address; "" = one that is started here."""

    address: str = ""


@dataclass(frozen=True)
class Asked:
    """A run as it is asked for: option > settings file > what the run remembers > default. `before` is what it remembers,
    `rows` lists its rows of work (it pickles), `scorecard` is "" where none was named."""

    out: Path
    settings: Settings
    before: State
    rows: Callable[[], list[Row]]
    scorecard: str
    transcripts: str
    raw: str
    change: bool


def linked(out: Path, url: str, lang: Language) -> None:
    """The run lies in a bucket from now on."""
    from qa_speech.store.bucket import link_bucket

    try:
        link_bucket(out, url)
    except OSError as exc:
        typer.echo(f"{in_words(lang, '错误：存储没有回答', 'error: the bucket does not answer')}: {exc}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from exc


def asked_of(options: Options, paths: Sequence[str] | None) -> Asked:
    """What is asked for; without paths the rows are those that the run has."""
    from qa_speech.batch.state import read_state
    from qa_speech.inputs.rows import find_rows

    before = read_state(options.out)
    settings = _settings_of(options, before)
    remembered(settings.ui)
    transcripts = before.transcripts if options.transcripts is None else os.path.abspath(options.transcripts)
    raw = before.raw if options.raw is None else options.raw
    rows: Callable[[], list[Row]] = partial(rows_of, options.out)
    if paths:
        rows = partial(
            find_rows, paths, name_pattern=settings.batch.name_pattern, transcripts=transcripts or None, raw=raw,
            tables=settings.tables, pairs=settings.pairs,
        )  # fmt: skip
    scorecard = options.scorecard or before.scorecard
    return Asked(options.out, settings, before, rows, scorecard, transcripts, raw, options.change)


def rows_of(run: Path) -> list[Row]:
    """The rows of work of a run that goes on.

    Raises
    ------
    ConfigError
        It has none.
    """
    from qa_speech.errors import ConfigError
    from qa_speech.store.parquet import open_run

    rows = open_run(run).rows()
    if not rows:
        what = problem("no calls are listed here; name folders, recordings or lists: batch run PATHS --out")
        raise ConfigError(str(run), [what])
    return rows


def _settings_of(options: Options, before: State) -> Settings:
    from qa_speech.errors import ConfigError
    from qa_speech.settings import Settings, load_settings

    remembered = options.config is None and bool(before.settings)
    settings = Settings.model_validate(before.settings) if remembered else load_settings(options.config)
    update: dict[str, Any] = {}
    batch: dict[str, Any] = {}
    if options.model is not None:
        update["model"] = options.model
    if options.agent_channel is not None:
        update["agent_channel"] = options.agent_channel
    if options.pairs is not None:
        update["pairs"] = options.pairs
    if options.window is not None:
        update["recognition"] = settings.recognition.model_copy(update={"window": options.window})
    if options.name_pattern is not None:
        batch["name_pattern"] = options.name_pattern
    if options.pages is not None:
        batch["pages"] = options.pages
    workers = options.workers
    if workers is not None:
        if workers != "auto" and not workers.isdecimal():
            raise ConfigError("--workers", [problem("{workers!r}; expected a number or auto", workers=workers)])
        batch["workers"] = workers if workers == "auto" else int(workers)
    update["batch"] = settings.batch.model_copy(update=batch)
    return settings.model_copy(update=update)


def work(
    asked: Asked, cluster: Cluster | None, *, until: str | None, json_lines: bool, lang: Language, again: bool = False,
    mask: bool = True,
) -> None:  # fmt: skip
    """Run on this machine or on a cluster, write the pages, tell, choose the exit code."""
    from qa_speech.engines.diarize import load_diarizer
    from qa_speech.report.wanted import wanted_pages
    from qa_speech.store.folder import SUMMARY_TEXT
    from qa_speech.store.parquet import open_run
    from qa_speech.store.summary import renew_summary

    load_diarizer(asked.settings)  # fails here, before the first call, if it cannot work
    pages = wanted_pages(asked.settings.batch.pages)
    do = _here if cluster is None else partial(_on_cluster, cluster)
    try:
        with telling(json_lines, lang) as tell, _sigterm():
            end = _until(until)
            session = do(asked, end, tell, again)
            if asked.settings.batch.pages != "none":
                pages_after(asked.out, pages, end, mask=mask, lang=lang)
            renew_summary(open_run(asked.out), lang)  # it may be of another folder, or in another language
    except OSError as exc:
        # e.g. a full disk; what was stored stays, and the same command goes on from there
        problem = in_words(lang, "错误：无法写入结果", "error: results cannot be stored")
        typer.echo(f"{problem}: {exc}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from exc
    if not json_lines:
        typer.echo((asked.out / SUMMARY_TEXT).read_text(encoding="utf-8"), nl=False)
    if session.failed and not session.ok:
        raise typer.Exit(EXIT_UNUSABLE)
    if session.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


def _here(asked: Asked, until: dt.datetime | None, tell: Tell, again: bool) -> Session:
    from qa_speech.batch.cards import Book
    from qa_speech.batch.run import run_batch
    from qa_speech.batch.shards import require_recognizer
    from qa_speech.batch.start import starter

    rows, settings = asked.rows(), asked.settings
    require_recognizer(settings, rows)
    default = _default_scorecard(asked)
    book = Book(default=default, rules=settings.scorecards)
    model, kept = _remembered(asked, default, book)
    return run_batch(
        rows, asked.out, doer=starter(asked.out, settings, model, kept, rows, tell), settings=settings, book=book,
        recognizer=kept.model_sha256, retry=again, again=kept.again, until=until, tell=tell,
    )  # fmt: skip


def _on_cluster(cluster: Cluster, asked: Asked, until: dt.datetime | None, tell: Tell, again: bool) -> Session:
    from qa_speech.batch.cards import Book
    from qa_speech.batch.node import WithModel
    from qa_speech.batch.ray import run_on_ray
    from qa_speech.batch.shards import Order

    settings, default = asked.settings, _default_scorecard(asked)
    model, kept = _remembered(asked, default, Book(default=default, rules=settings.scorecards))
    order = Order(asked.out, asked.rows, settings, default, kept.model_sha256, retry=again, again=kept.again)
    start = partial(WithModel, settings, model, kept.model_sha256)
    return run_on_ray(order, start=start, address=cluster.address, until=until, tell=tell)


def _default_scorecard(asked: Asked) -> str:
    """The scorecard of calls that no rule fits: the one named, that of the settings, none beside rules, the shipped one."""
    settings = asked.settings
    if asked.scorecard:
        return asked.scorecard
    if settings.scorecard:
        return str(settings.scorecard)
    return NO_SCORECARD if settings.scorecards else DEFAULT_SCORECARD


def foreseen_layout(store: Store, asked: Asked, rows: Sequence[Row], lang: Language) -> str:
    """How the rows will be done, and how long that takes; what is measured for it is kept for `batch run`."""
    from qa_speech.batch.cards import Book
    from qa_speech.batch.start import layout_for
    from qa_speech.inputs.listing import MISSING
    from qa_speech.store.summary import clock

    def tell(event: dict[str, Any]) -> None:
        typer.echo(line(event, lang), err=event["event"] == "measuring")

    model, kept = _remembered(asked, asked.before.scorecard, Book())
    there = [row for row in rows if row.bytes != MISSING]
    layout = layout_for(store.place, asked.settings, model, kept, there, tell)
    done = store.known()
    left = sum(row.id not in done for row in there)
    if not layout.call_s or not left:
        return ""
    wanted = clock(layout.call_s * left)
    return in_words(lang, f"预计用时 {wanted}（{left:,} 通）", f"that takes about {wanted} for {left:,} calls")


def _remembered(asked: Asked, scorecard: str, book: Book) -> tuple[str | None, State]:
    """The model wanted (None = no words), and what the run keeps of its options from now on.

    Raises
    ------
    ConfigError
        They differ from those that its outcomes were made with, and no change was asked for.
    """
    import msgspec

    from qa_speech.batch.change import outcome_code, require_unchanged
    from qa_speech.batch.state import ModelHash, State, model_hash, write_state

    settings, before = asked.settings, asked.before
    model = settings.model
    found = ModelHash("", None)
    if model == "none":
        model = None
    if model is not None:
        found = model_hash(model, settings, before)
    code = outcome_code()
    kept = State(
        settings=settings.model_dump(mode="json"),
        scorecard=scorecard,
        model_file=found.file,
        model_sha256=found.sha256,
        layout=before.layout,
        layout_for=before.layout_for,
        transcripts=asked.transcripts,
        raw=asked.raw,
        cards={**before.cards, **book.hashes},
        code_sha256=code,
        again=before.again,
    )
    if not asked.change:
        require_unchanged(asked.out, before, kept)
    elif before.code_sha256 and before.code_sha256 != code:
        kept = msgspec.structs.replace(kept, again=code)
    asked.out.mkdir(parents=True, exist_ok=True)
    write_state(asked.out, kept)
    return model, kept


def _until(text: str | None) -> dt.datetime | None:
    """``07:30`` = the next time it is so; or a date and time."""
    from qa_speech.errors import ConfigError

    if text is None:
        return None
    now = dt.datetime.now()
    try:
        if len(text) > len("07:30:00"):
            return dt.datetime.fromisoformat(text)
        clock = f"0{text}" if text[1:2] == ":" else text  # 7:30
        found = dt.datetime.combine(now.date(), dt.time.fromisoformat(clock))
    except ValueError as exc:
        raise ConfigError("--until", [problem("{text!r}; expected e.g. 07:30 or 2026-11-24T07:30", text=text)]) from exc
    if found <= now:
        found += dt.timedelta(days=1)
    return found


@contextmanager
def _sigterm() -> Iterator[None]:
    """SIGTERM and a lost terminal end a run as Ctrl-C does: what is finished is stored."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = {name: signal.signal(name, stop) for name in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
