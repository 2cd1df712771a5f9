"""`qa-speech transcribe`: the words of recordings and nothing else; two recognisers on the same recordings with `--compare`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa_speech.cli.common import (
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    Language,
    PairsOption,
    RawOption,
    UiOption,
    friendly_errors,
    in_words,
    raw_option,
    tell_overlooked,
    ui,
)
from qa_speech.cli.inspect import ConfigOption, progress, settings_of
from qa_speech.errors import problem

if TYPE_CHECKING:
    from qa_speech.call import Call, Role
    from qa_speech.inputs import CallInput
    from qa_speech.report.disagreement import Disagreement
    from qa_speech.scores import CallFailure, CallReport
    from qa_speech.settings import Settings

RECOGNISING = {"zh": "识别中", "en": "recognising"}


class Form(StrEnum):
    """How words are written."""

    json = "json"
    srt = "srt"
    txt = "txt"


class Side(StrEnum):
    """Whose words."""

    agent = "agent"
    customer = "customer"


MaskWordsOption = Annotated[
    bool,
    typer.Option(
        "--mask/--no-mask",
        help="Mask customers' data in txt, srt and comparisons (not in json).",
    ),
]


def transcribe(
    paths: Annotated[list[Path], typer.Argument(help="Recordings, or folders of them.", show_default=False)],
    model: Annotated[
        str | None,
        typer.Option("--model", "-m", help="A model folder or name; demo = the bundled one.", show_default=False),
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--compare",
            metavar="A B",
            help="Two models: how far they differ, what to hear.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="How words are written.")] = Form.txt,
    role: Annotated[Side | None, typer.Option("--role", help="One party's words alone.", show_default=False)] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            file_okay=False,
            help="Folder: a file per call and role.",
            show_default=False,
        ),
    ] = None,
    clips: Annotated[
        bool, typer.Option("--clips", help="With --compare and --out: the sound of what to hear.")
    ] = False,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="The agent's channel; 1 unless given."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="Language spoken, e.g. zh.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    raw: RawOption = None,
    pairs: PairsOption = None,
    mask: MaskWordsOption = True,
    ui_language: UiOption = None,
) -> None:
    """Words alone, as text, subtitles or JSON, by role; or where two recognisers differ.

    Example: qa-speech transcribe 录音目录 --model whisper-base --format srt --out 字幕
    Example: qa-speech transcribe 录音目录 --compare whisper-base /models/paraformer-zh
    """
    if clips and (compare is None or out is None):
        raise typer.BadParameter(problem("goes with --compare A B --out DIR alone"), param_hint="--clips")
    lang = ui(ui_language)
    with friendly_errors(ui_language):
        from qa_speech.inputs import find_inputs, with_raw

        settings = settings_of(config, model, agent_channel, language)
        joined = pairs if pairs is not None else settings.pairs
        inputs = find_inputs(paths, pairs=joined)
        tell_overlooked(paths, joined, lang)
        if raw is not None:
            inputs = with_raw(inputs, raw_option(raw))
        if compare is not None:
            failed = _compared(inputs, compare, settings, form, out, clips, mask, lang)
        else:
            failed = _transcribed(inputs, settings, form, role, out, mask, lang)
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED if failed < len(inputs) else EXIT_UNUSABLE)


def _transcribed(
    inputs: Sequence[CallInput], settings: Settings, form: Form, role: Side | None, out: Path | None, mask: bool,
    lang: Language,
) -> int:  # fmt: skip
    """Write the words of each call as it comes; how many failed."""
    from qa_speech.call import Role
    from qa_speech.report.people import for_people
    from qa_speech.report.spoken import spoken
    from qa_speech.scores import CallFailure

    wanted = None if role is None else Role(role.value)
    failed = 0
    with progress(len(inputs), lang, RECOGNISING[lang]) as advance:
        for outcome in _outcomes(inputs, settings, settings.model):
            advance(outcome.id)
            if isinstance(outcome, CallFailure):
                failed += 1
                _tell_failure(outcome, mask, lang)
                continue
            shown = for_people(outcome, lang=lang) if mask and form is not Form.json else outcome
            _tell_warnings(shown.call, mask, lang)
            if out is None:
                _print(spoken(shown.call, form.value, lang=lang, role=wanted))
            else:
                _write(out, shown.call, form, wanted, lang)
    if out is not None and failed < len(inputs):
        typer.echo(in_words(lang, f"结果已写入 {out}", f"results in {out}"), err=True)
    return failed


def _outcomes(inputs: Sequence[CallInput], settings: Settings, model: str | None) -> Iterator[CallReport | CallFailure]:
    """The calls as one recogniser hears them."""
    from qa_speech.engines.registry import load_recognizer
    from qa_speech.errors import ModelError
    from qa_speech.pipeline import inspect_many

    if model in (None, "none"):
        raise ModelError("--model", problem("no recogniser chosen; give a folder or name, e.g. --model whisper-base"))
    return inspect_many(inputs, recognizer=load_recognizer(model, settings), settings=settings)


def _write(out: Path, call: Call, form: Form, role: Role | None, lang: Language) -> None:
    """A file per role; one for all of a call where it is JSON."""
    from qa_speech.files import write_bytes
    from qa_speech.report.spoken import spoken

    place = out / _name(call.id)
    place.parent.mkdir(parents=True, exist_ok=True)
    roles: Sequence[Role | None] = (
        [role] if form is Form.json else [each for each in call.speech if role in (None, each)]
    )
    for each in roles:
        end = f".{each.value}.{form.value}" if each is not None else f".{form.value}"
        text = spoken(call, form.value, lang=lang, role=each)
        write_bytes(place.with_name(place.name + end), text.encode())


def _name(call_id: str) -> Path:
    """The id of a call as a path below a folder."""
    parts = [part for part in Path(call_id).parts if part not in ("..", "/")]
    return Path(*parts or ["call"])


def _compared(
    inputs: Sequence[CallInput], models: tuple[str, str], settings: Settings, form: Form, out: Path | None, clips: bool,
    mask: bool, lang: Language,
) -> int:  # fmt: skip
    """Both recognisers on every call; how many calls one of them could not hear."""
    from qa_speech.report.disagreement import disagreement
    from qa_speech.scores import CallReport

    heard: dict[str, tuple[Call, Call]] = {}
    failed = 0

    def pairs() -> Iterator[tuple[Call, Call]]:
        nonlocal failed
        both = zip(*(_outcomes(inputs, settings, model) for model in models), strict=True)
        with progress(len(inputs), lang, RECOGNISING[lang]) as advance:
            for first, second in both:
                advance(first.id)
                if isinstance(first, CallReport) and isinstance(second, CallReport):
                    heard[first.id] = (first.call, second.call)
                    yield heard[first.id]
                else:
                    failed += 1
                    for outcome in (first, second):
                        if not isinstance(outcome, CallReport):
                            _tell_failure(outcome, mask, lang)

    found = disagreement(pairs(), shown=_shown_to_people(lang) if mask else None)
    _show(found, models, form, out, mask, lang)
    if clips and out is not None:
        _cut(found, heard, out, mask, lang)
    return failed


def _shown_to_people(lang: Language) -> Callable[[Call], Call]:
    """A call with customers' data masked."""
    from qa_speech.report.people import for_people
    from qa_speech.scores import CallReport

    def shown(call: Call) -> Call:
        return for_people(CallReport(call), lang=lang).call

    return shown


def _show(
    found: Disagreement, models: tuple[str, str], form: Form, out: Path | None, mask: bool, lang: Language
) -> None:
    """The comparison on stdout, and as JSON and CSV in a folder."""
    import json

    from qa_speech.files import write_bytes
    from qa_speech.privacy.redact import masked_id
    from qa_speech.report.disagreement import as_csv, as_table
    from qa_speech.wording.masking import placeholders

    if mask:
        words = placeholders(lang)
        named = tuple(one._replace(call_id=masked_id(one.call_id, words)) for one in found.worth_hearing)
        found = found._replace(worth_hearing=named)
    data = json.dumps({"models": list(models), **found.as_data()}, ensure_ascii=False, indent=1) + "\n"
    _print(data if form is Form.json else as_table(found, models, lang=lang))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_bytes(out / "disagreement.json", data.encode())
        write_bytes(out / "disagreement.csv", as_csv(found).encode("utf-8-sig"))


def _cut(found: Disagreement, heard: dict[str, tuple[Call, Call]], out: Path, mask: bool, lang: Language) -> None:
    """The sound of each stretch worth hearing."""
    from qa_speech.coaching.stretches import write_stretch

    for number, stretch in enumerate(found.worth_hearing, 1):
        path = out / "audio" / f"{number:02d}-{stretch.role.value}.wav"
        problem = write_stretch(heard[stretch.call_id], stretch.start, stretch.end, path, mask=mask)
        if problem:
            said = in_words(lang, f"第 {number} 段没有声音", f"no sound of number {number}")
            typer.echo(f"{said}: {problem}", err=True)


def _tell_failure(outcome: CallFailure, mask: bool, lang: Language) -> None:
    from qa_speech.filenames import visible
    from qa_speech.report.people import with_masked_id
    from qa_speech.wording.translate import retold

    shown = with_masked_id(outcome, lang=lang) if mask else outcome
    typer.echo(visible(f"{shown.id}  {in_words(lang, '失败：', 'failed: ')}{retold(shown.message, lang)}"), err=True)


def _tell_warnings(call: Call, mask: bool, lang: Language) -> None:
    """What has to be known of the words of a call, for whoever watches."""
    from qa_speech.filenames import visible
    from qa_speech.privacy.redact import masked_id
    from qa_speech.wording import terms
    from qa_speech.wording.masking import placeholders

    name = masked_id(call.id, placeholders(lang)) if mask else call.id
    for warning in call.warnings:
        if terms.warning_code(warning):
            typer.echo(visible(f"{name}  {terms.warning(warning, lang)}"), err=True)


def _print(text: str) -> None:
    """Text to stdout, line by line, without what would steer a terminal."""
    from qa_speech.filenames import visible

    for line in text.splitlines():
        sys.stdout.write(f"{visible(line)}\n")
    sys.stdout.flush()
