"""`qa-speech audio`: what the channel doctor found in recordings, before anybody trusts a figure taken from them."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from unicodedata import east_asian_width

import typer

from qa_speech.cli.common import (
    EXIT_SOME_FAILED,
    EXIT_UNUSABLE,
    Language,
    MaskOption,
    PairsOption,
    RawOption,
    UiOption,
    friendly_errors,
    raw_option,
    tell_overlooked,
    ui,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa_speech.call import Call, Finding, OtherSound
    from qa_speech.scores import CallFailure, CallReport
    from qa_speech.settings import Settings

FIGURES = ("level", "snr", "wada_snr", "band_limit")
"""Findings that every channel has: columns of the table. All others are something found."""
LAGS = {"crosstalk": "crosstalk_lag", "echo": "echo_lag"}
"""A finding and the one that says how much later; both stand on one line."""
TRUSTED = {"zh": "时间类指标可靠", "en": "timing reliable"}
DOUBTED = {"zh": "时间类指标可靠性低", "en": "timing of low reliability"}
CHANNEL = {"zh": "声道 {}：", "en": "channel {}: "}
LAG = {"zh": "延迟", "en": "lag"}
HEAD = {
    "zh": ("声道", "角色", "说话", "音量", "信噪比", "WADA", "频带上限"),
    "en": ("channel", "role", "speech", "level", "SNR", "WADA", "band limit"),
}


def audio(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Recordings, folders of them, or manifests (xlsx, csv, jsonl).",
            show_default=False,
        ),
    ],
    json_lines: Annotated[bool, typer.Option("--json", help="One JSON object per recording on stdout.")] = False,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="The agent's channel; 1 unless given."),
    ] = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(
            "--transcripts",
            help="Folder of transcripts with the same stem, to check the roles.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="Settings file, e.g. qa_speech.toml.", show_default=False),
    ] = None,
    raw: RawOption = None,
    pairs: PairsOption = None,
    mask: MaskOption = True,
    ui_language: UiOption = None,
) -> None:
    """Examine recordings: channels, leaks, noise, echo, drop-outs, other sounds. No recogniser needed.

    Example: qa-speech audio 录音目录
    """
    with friendly_errors(ui_language):
        from qa_speech.inputs import with_raw, with_transcripts
        from qa_speech.inputs.rows import inputs_in
        from qa_speech.pipeline import inspect_many
        from qa_speech.report.people import with_masked_id
        from qa_speech.scores import CallFailure

        settings = _settings(config, agent_channel)
        joined = pairs if pairs is not None else settings.pairs
        inputs = inputs_in(paths, tables=settings.tables, pairs=joined)
        tell_overlooked(paths, joined, ui(ui_language))
        if transcripts is not None:
            inputs = with_transcripts(inputs, transcripts)
        if raw is not None:
            inputs = with_raw(inputs, raw_option(raw))
        lang, failed = ui(ui_language), 0
        for outcome in inspect_many(inputs, settings=settings):
            failed += isinstance(outcome, CallFailure)
            if json_lines:
                lines = [_as_json(outcome)]
            else:
                lines = _told(with_masked_id(outcome, lang=lang) if mask else outcome, lang)
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED if failed < len(inputs) else EXIT_UNUSABLE)


def _as_json(outcome: CallReport | CallFailure) -> str:
    """One outcome as one line for programs."""
    from qa_speech.documents import encode
    from qa_speech.scores import CallFailure

    if isinstance(outcome, CallFailure):
        return encode(outcome).decode()
    return json.dumps(as_data(outcome.call), ensure_ascii=False)


def _told(outcome: CallReport | CallFailure, lang: Language) -> list[str]:
    """One outcome as lines for people."""
    from qa_speech.scores import CallFailure
    from qa_speech.wording.translate import retold

    if isinstance(outcome, CallFailure):
        failed = "失败：" if lang == "zh" else "failed: "
        return [f"{outcome.id}  {failed}{retold(outcome.message, lang)}"]
    return as_lines(outcome.call, lang)


def _settings(config: Path | None, agent_channel: int | None) -> Settings:
    """The settings file's, without what only words and voices need."""
    from qa_speech.settings import load_settings

    settings = load_settings(config)
    speech = settings.speech.model_copy(update={"pitch": False})
    update: dict[str, object] = {"text_model": "none", "speech": speech}
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    return settings.model_copy(update=update)


def as_data(call: Call) -> dict[str, object]:
    """What was found, for programs: units in the names, or beside each value."""
    from qa_speech.metrics.common import reliability

    recording = call.recording
    trust, why = reliability(call)
    return {
        "type": "audio",
        "id": call.id,
        "path": recording.path,
        "duration_s": round(call.duration, 3),
        "sampling_hz": recording.sampling_rate,
        "layout": recording.layout,
        "roles_from": recording.roles_from,
        "reliability": trust,
        "reliability_reason": why,
        "channels": [_channel(call, number) for number in range(1, len(recording.channels) + 1)],
        "speech_s": {role.value: round(line.duration, 2) for role, line in call.speech.items()},
        "sounds": [[sound.kind, sound.role.value, round(sound.start, 2), round(sound.end, 2)] for sound in call.sounds],
        "findings": _findings(call, None),
        "warnings": list(call.warnings),
    }


def _channel(call: Call, number: int) -> dict[str, object]:
    return {
        "channel": number,
        "role": call.recording.channels[number - 1].value,
        "speech_s": _speech_s(call, number),
        "findings": _findings(call, number),
    }


def _findings(call: Call, channel: int | None) -> list[dict[str, object]]:
    """Findings, each with its unit, of one channel (from 1), or of the whole recording."""
    return [
        {"code": finding.code, "value": finding.value, "unit": finding.unit, "note": finding.note}
        for finding in call.recording.findings
        if finding.channel == channel
    ]


def _speech_s(call: Call, number: int) -> float:
    """Seconds of speech on a channel: of its role, or of all the voices that share it; none on a dead one."""
    from qa_speech.timeline import Timeline

    role = call.recording.channels[number - 1]
    if role in call.speech:
        return round(call.speech[role].duration, 2)
    if any(finding.code == "dead_channel" and finding.channel == number for finding in call.recording.findings):
        return 0.0
    anybody = Timeline()
    for line in call.speech.values():
        anybody = anybody | line
    return round(anybody.duration, 2)


def as_lines(call: Call, lang: Language) -> list[str]:
    """What was found, for people: one line for the recording, a table of its channels, then everything odd."""
    from qa_speech.wording import terms

    rows: list[Sequence[str]] = [HEAD[lang]]
    for number, role in enumerate(call.recording.channels, start=1):
        speech = terms.figure(_speech_s(call, number), "s", lang)
        rows.append((str(number), terms.role(role, lang), speech, *_figures(call, number, lang)))
    odd = [f"  ! {line}" for line in _problems(call, lang)]
    odd += [f"  · {line}" for line in _sounds(call, lang)]
    if not odd:
        odd = ["  未发现问题" if lang == "zh" else "  nothing wrong was found"]
    return [_headline(call, lang), *_table(rows), *odd]


def _figures(call: Call, number: int, lang: Language) -> list[str]:
    """The figures that every channel has, with their units; – where one could not be taken."""
    from qa_speech.wording import terms

    own = {finding.code: finding for finding in call.recording.findings if finding.channel == number}
    cells = []
    for code in FIGURES:
        finding = own.get(code)
        cells.append(terms.figure(finding.value, finding.unit, lang) if finding is not None else "–")
    return cells


def _headline(call: Call, lang: Language) -> str:
    from qa_speech.metrics.common import reliability
    from qa_speech.wording import recordings, terms

    recording = call.recording
    trust, why = reliability(call)
    trusted = TRUSTED[lang]
    if trust != "ok":
        trusted = DOUBTED[lang] + terms.bracket(terms.reason(why, lang), lang)
    roles = terms.term(recordings.ROLES_FROM, recording.roles_from, lang)
    rate = f"{terms.number(recording.sampling_rate / 1000)} kHz"
    layout = terms.layout(recording, lang)
    return "  ".join((call.id, terms.clock(call.duration), rate, layout, roles, trusted))


def _problems(call: Call, lang: Language) -> list[str]:
    """Every finding that is no mere figure, with its level, lag, share or seconds; then what was odd about the file."""
    from qa_speech.wording import recordings, terms

    found = {(finding.code, finding.channel): finding for finding in call.recording.findings}
    lines = []
    for finding in call.recording.findings:
        if finding.code in FIGURES or finding.code in LAGS.values():
            continue
        lag = found.get((LAGS.get(finding.code, ""), finding.channel))
        text = terms.term(recordings.FINDINGS, finding.code, lang) + terms.bracket(_details(finding, lag, lang), lang)
        if finding.channel is not None:
            text = f"{CHANNEL[lang].format(finding.channel)}{text}"
        lines.append(text)
    return lines + [terms.warning(text, lang) for text in call.warnings]


def _details(finding: Finding, lag: Finding | None, lang: Language) -> str:
    """How much of it there is, how much later, and what else is known."""
    from qa_speech.wording import terms

    parts = [_amount(finding, lang)]
    if lag is not None:
        parts.append(f"{LAG[lang]} {terms.figure(lag.value, lag.unit, lang)}")
    if finding.note:
        parts.append(terms.reason(finding.note, lang))
    comma = "，" if lang == "zh" else ", "
    return comma.join(part for part in parts if part)


def _amount(finding: Finding, lang: Language) -> str:
    from qa_speech.wording import recordings, terms

    if finding.value is None or finding.code in recordings.PLAIN_FINDINGS:
        return ""
    if finding.unit == "count":
        places = "处" if lang == "zh" else "places"
        return f"{terms.number(finding.value)} {places}"
    return terms.figure(finding.value, finding.unit, lang)


def _sounds(call: Call, lang: Language) -> list[str]:
    """Music, tones and the like, by kind: how often, how long, and where the first is."""
    from qa_speech.wording import catalogue as words
    from qa_speech.wording import terms

    by_kind: dict[tuple[str, str], list[OtherSound]] = {}
    for sound in call.sounds:
        by_kind.setdefault((sound.role.value, sound.kind), []).append(sound)
    lines = []
    for (role, kind), own in sorted(by_kind.items()):
        total = terms.figure(sum(sound.end - sound.start for sound in own), "s", lang)
        first = f"{terms.clock(own[0].start)}–{terms.clock(own[0].end)}"
        name, who = terms.term(words.KINDS, kind, lang), terms.role(role, lang)
        if lang == "zh":
            lines.append(f"{who}声道上有{name}：{len(own)} 段，共 {total}，首段 {first}")
        else:
            lines.append(f"{name} on the {who.lower()}'s channel: {total} in {len(own)}, first {first}")
    return lines


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; a Chinese character takes two places."""
    widths = [max(_width(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  " + "  ".join(map(_filled, row, widths)).rstrip() for row in rows]


def _filled(cell: str, width: int) -> str:
    """A cell with spaces after it, up to a width in columns of a terminal."""
    return cell + " " * (width - _width(cell))


def _width(text: str) -> int:
    """Columns that a text takes on a terminal: a count in which a Chinese character is two."""
    wide = sum(east_asian_width(char) in "WF" for char in text)
    return len(text) + wide
