"""What `batch run`, `batch retry` and `batch plan` share: settings, the run itself, its exit code."""

from __future__ import annotations

import datetime as dt
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from qa_speech.cli.common import (
    DEFAULT_SCORECARD,
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    NO_SCORECARD,
    Language,
    in_words,
)
from qa_speech.cli.progress import line, telling

if TYPE_CHECKING:
    from qa_speech.batch.state import State
    from qa_speech.inputs.rows import Row
    from qa_speech.settings import Settings
    from qa_speech.store.base import Store


def settings_of(
    config: Path | None, state: State, *, model: str | None, workers: str | None, agent_channel: int | None
) -> Settings:
    """Option > file > what the run remembers > default."""
    from qa_speech.errors import ConfigError
    from qa_speech.settings import Settings, load_settings

    remembered = config is None and bool(state.settings)
    settings = Settings.model_validate(state.settings) if remembered else load_settings(config)
    update: dict[str, Any] = {}
    if model is not None:
        update["model"] = model
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    if workers is not None:
        if workers != "auto" and not workers.isdecimal():
            raise ConfigError("--workers", [f"{workers!r}; expected a number or auto"])
        number = workers if workers == "auto" else int(workers)
        update["batch"] = settings.batch.model_copy(update={"workers": number})
    return settings.model_copy(update=update)


def work(
    out: Path, rows: list[Row], settings: Settings, state: State, scorecard: str | None, *,
    until: str | None, json_lines: bool, lang: Language, again: bool = False,
) -> None:  # fmt: skip
    """Run, tell, choose the exit code."""
    from qa_speech.batch.cards import Book
    from qa_speech.batch.run import run_batch
    from qa_speech.batch.start import starter
    from qa_speech.engines.diarize import load_diarizer
    from qa_speech.errors import ModelError

    load_diarizer(settings)  # fails here, before the first call, if it cannot work
    if settings.model is None and any(row.call_input.needs_recognizer for row in rows):
        raise ModelError(
            "--model", "no recogniser chosen; give a folder or name, or --model none for everything but words"
        )
    default = _default_scorecard(scorecard or state.scorecard, settings)
    book = Book(default=default, rules=settings.scorecards)
    model, kept = _remembered(out, settings, state, default)
    try:
        with telling(json_lines, lang) as tell, _sigterm():
            session = run_batch(
                rows, out, doer=starter(out, settings, model, kept, rows, tell), settings=settings, book=book,
                recognizer=kept.model_sha256, retry=again, until=_until(until), tell=tell,
            )  # fmt: skip
    except OSError as exc:
        # e.g. a full disk; what was stored stays, and the same command goes on from there
        problem = in_words(lang, "错误：无法写入结果", "error: results cannot be stored")
        typer.echo(f"{problem}: {exc}", err=True)
        raise typer.Exit(EXIT_UNUSABLE) from exc
    if not json_lines:
        typer.echo((out / "summary.txt").read_text(encoding="utf-8"), nl=False)
    if session.failed and not session.ok:
        raise typer.Exit(EXIT_UNUSABLE)
    if session.failed:
        raise typer.Exit(EXIT_SOME_FAILED)


def _default_scorecard(name: str, settings: Settings) -> str:
    """The scorecard of calls that no rule fits: the one named, that of the settings, none beside rules, the shipped one."""
    if name:
        return name
    if settings.scorecard:
        return str(settings.scorecard)
    return NO_SCORECARD if settings.scorecards else DEFAULT_SCORECARD


def foreseen_layout(store: Store, settings: Settings, state: State, rows: Sequence[Row], lang: Language) -> str:
    """How the rows will be done, and how long that takes; what is measured for it is kept for `batch run`."""
    from qa_speech.batch.start import layout_for
    from qa_speech.inputs.listing import MISSING
    from qa_speech.store.summary import clock

    def tell(event: dict[str, Any]) -> None:
        typer.echo(line(event, lang), err=event["event"] == "measuring")

    model, kept = _remembered(store.place, settings, state, state.scorecard)
    there = [row for row in rows if row.bytes != MISSING]
    layout = layout_for(store.place, settings, model, kept, there, tell)
    done = store.known()
    left = sum(row.id not in done for row in there)
    if not layout.call_s or not left:
        return ""
    wanted = clock(layout.call_s * left)
    return in_words(lang, f"预计用时 {wanted}（{left:,} 通）", f"that takes about {wanted} for {left:,} calls")


def _remembered(out: Path, settings: Settings, state: State, scorecard: str) -> tuple[str | None, State]:
    """The model wanted (None = no words), and what the run keeps of its options from now on."""
    from qa_speech.batch.state import ModelHash, State, model_hash, write_state

    model = settings.model
    found = ModelHash("", None)
    if model == "none":
        model = None
    if model is not None:
        found = model_hash(model, settings, state)
    out.mkdir(parents=True, exist_ok=True)
    kept = State(
        settings=settings.model_dump(mode="json"),
        scorecard=scorecard,
        model_file=found.file,
        model_sha256=found.sha256,
        layout=state.layout,
        layout_for=state.layout_for,
    )
    write_state(out, kept)
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
        raise ConfigError("--until", [f"{text!r}; expected e.g. 07:30 or 2026-11-24T07:30"]) from exc
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
