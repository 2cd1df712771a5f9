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
    RawOption,
    UiOption,
    friendly_errors,
    raw_option,
    ui,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from qa_speech.call import Call, Finding
    from qa_speech.settings import Settings

FIGURES = ("level", "snr", "wada_snr", "band_limit")
"""Findings that every channel has: columns of the table. All others are something found."""
LAGS = {"crosstalk": "crosstalk_lag", "echo": "echo_lag"}
"""A finding and the one that says how much later; both stand on one line."""
HEAD = {
    "zh": ("声道", "角色", "说话", "音量", "信噪比", "WADA", "频带上限"),
    "en": ("channel", "role", "speech", "level", "SNR", "WADA", "band limit"),
}


def audio(
    paths: Annotated[
        list[Path], typer.Argument(help="录音文件或目录 recordings, or folders of them.", show_default=False)
    ],
    json_lines: Annotated[
        bool, typer.Option("--json", help="每个录音一行 JSON one JSON object per recording on stdout.")
    ] = False,
    agent_channel: Annotated[
        int | None,
        typer.Option("--agent-channel", min=1, max=2, help="坐席所在声道 the agent's channel; 1 unless given."),
    ] = None,
    transcripts: Annotated[
        Path | None,
        typer.Option(
            "--transcripts",
            help="同名转写目录，用来核对角色 folder of transcripts with the same stem, to check the roles.",
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option("--config", help="运行设置 settings file, e.g. qa_speech.toml.", show_default=False),
    ] = None,
    raw: RawOption = None,
    ui_language: UiOption = None,
) -> None:
    """检查录音 Examine recordings: channels, leaks, noise, echo, drop-outs, other sounds. No recogniser needed.

    Example: qa-speech audio 录音目录
    """
    with friendly_errors(ui_language):
        from qa_speech.call import CallFailure, encode
        from qa_speech.inputs import find_inputs, with_raw, with_transcripts
        from qa_speech.pipeline import inspect_many

        inputs = find_inputs(paths)
        if transcripts is not None:
            inputs = with_transcripts(inputs, transcripts)
        if raw is not None:
            inputs = with_raw(inputs, raw_option(raw))
        lang, failed = ui(ui_language), 0
        for outcome in inspect_many(inputs, settings=_settings(config, agent_channel)):
            if isinstance(outcome, CallFailure):
                failed += 1
                said = f"{outcome.id}  {'失败：' if lang == 'zh' else 'failed: '}{outcome.message}"
                lines = [encode(outcome).decode() if json_lines else said]
            elif json_lines:
                lines = [json.dumps(as_data(outcome.call), ensure_ascii=False)]
            else:
                lines = as_lines(outcome.call, lang)
            sys.stdout.write("\n".join(lines) + "\n")
            sys.stdout.flush()
    if failed:
        raise typer.Exit(EXIT_SOME_FAILED if failed < len(inputs) else EXIT_UNUSABLE)


def _settings(config: Path | None, agent_channel: int | None) -> Settings:
    """The settings file's, without what only words and voices need."""
    from qa_speech.settings import load_settings

    settings = load_settings(config)
    update: dict[str, object] = {"text_model": "none", "speech": settings.speech.model_copy(update={"pitch": False})}
    if agent_channel is not None:
        update["agent_channel"] = agent_channel
    return settings.model_copy(update=update)


def as_data(call: Call) -> dict[str, object]:
    """What was found, for programs: units in the names, or beside each value."""
    from qa_speech.metrics.common import reliability

    recording = call.recording
    trust, why = reliability(call)
    numbers = range(1, len(recording.channels) + 1)
    return {
        "type": "audio", "id": call.id, "path": recording.path, "duration_s": round(call.duration, 3),
        "sampling_hz": recording.sampling_rate, "layout": recording.layout, "roles_from": recording.roles_from,
        "reliability": trust, "reliability_reason": why,
        "channels": [_channel(call, number) for number in numbers],
        "speech_s": {role.value: round(line.duration, 2) for role, line in call.speech.items()},
        "sounds": [[item.kind, item.role.value, round(item.start, 2), round(item.end, 2)] for item in call.sounds],
        "findings": [_finding(item) for item in recording.findings if item.channel is None],
        "warnings": list(call.warnings),
    }  # fmt: skip


def _channel(call: Call, number: int) -> dict[str, object]:
    role = call.recording.channels[number - 1]
    return {
        "channel": number,
        "role": role.value,
        "speech_s": _speech_s(call, number),
        "findings": [_finding(item) for item in call.recording.findings if item.channel == number],
    }


def _finding(item: Finding) -> dict[str, object]:
    return {"code": item.code, "value": item.value, "unit": item.unit, "note": item.note}


def _speech_s(call: Call, number: int) -> float:
    """Seconds of speech on a channel: of its role, or of all the voices that share it; none on a dead one."""
    from qa_speech.timeline import Timeline

    role = call.recording.channels[number - 1]
    if role in call.speech:
        return round(call.speech[role].duration, 2)
    if any(item.code == "dead_channel" and item.channel == number for item in call.recording.findings):
        return 0.0
    return round(Timeline(item for line in call.speech.values() for item in line).duration, 2)


def as_lines(call: Call, lang: Language) -> list[str]:
    """What was found, for people: one line for the recording, a table of its channels, then everything odd."""
    from qa_speech.wording import terms

    rows: list[Sequence[str]] = [HEAD[lang]]
    for number, role in enumerate(call.recording.channels, 1):
        own = {item.code: item for item in call.recording.findings if item.channel == number}
        figures = [terms.figure(own[code].value, own[code].unit, lang) if code in own else "–" for code in FIGURES]
        rows.append((str(number), terms.role(role, lang), terms.figure(_speech_s(call, number), "s", lang), *figures))
    odd = [f"  ! {line}" for line in _problems(call, lang)] + [f"  · {line}" for line in _sounds(call, lang)]
    nothing = "  未发现问题" if lang == "zh" else "  nothing wrong was found"
    return [_headline(call, lang), *_table(rows), *(odd or [nothing])]


def _headline(call: Call, lang: Language) -> str:
    from qa_speech.metrics.common import reliability
    from qa_speech.wording import catalogue as words
    from qa_speech.wording import terms

    recording = call.recording
    trust, why = reliability(call)
    if trust == "ok":
        trusted = "时间类指标可靠" if lang == "zh" else "timing reliable"
    else:
        trusted = ("时间类指标可靠性低" if lang == "zh" else "timing of low reliability") + terms.bracket(
            terms.reason(why, lang), lang
        )
    roles = terms.term(words.ROLES_FROM, recording.roles_from, lang)
    rate = f"{terms.number(recording.sampling_rate / 1000)} kHz"
    return "  ".join((call.id, terms.clock(call.duration), rate, terms.layout(recording, lang), roles, trusted))


def _problems(call: Call, lang: Language) -> list[str]:
    """Every finding that is no mere figure, with its level, lag, share or seconds; then what was odd about the file."""
    from qa_speech.wording import catalogue as words
    from qa_speech.wording import terms

    found = {(item.code, item.channel): item for item in call.recording.findings}
    lines = []
    for item in call.recording.findings:
        if item.code in (*FIGURES, *LAGS.values()):
            continue
        parts = [_amount(item, lang)]
        lag = found.get((LAGS.get(item.code, ""), item.channel))
        if lag is not None:
            parts.append(f"{'延迟' if lang == 'zh' else 'lag'} {terms.figure(lag.value, lag.unit, lang)}")
        parts.append(terms.reason(item.note, lang) if item.note else "")
        told = ("，" if lang == "zh" else ", ").join(part for part in parts if part)
        text = terms.term(words.FINDINGS, item.code, lang) + terms.bracket(told, lang)
        where = (
            "" if item.channel is None else f"声道 {item.channel}：" if lang == "zh" else f"channel {item.channel}: "
        )
        lines.append(where + text)
    return lines + [terms.warning(text, lang) for text in call.warnings]


def _amount(item: Finding, lang: Language) -> str:
    from qa_speech.wording import catalogue as words
    from qa_speech.wording import terms

    if item.value is None or item.code in words.PLAIN_FINDINGS:
        return ""
    if item.unit == "count":
        return f"{terms.number(item.value)} 处" if lang == "zh" else f"{terms.number(item.value)} places"
    return terms.figure(item.value, item.unit, lang)


def _sounds(call: Call, lang: Language) -> list[str]:
    """Music, tones and the like, by kind: how often, how long, and where the first is."""
    from qa_speech.wording import catalogue as words
    from qa_speech.wording import terms

    lines = []
    for role, kind in sorted({(item.role.value, item.kind) for item in call.sounds}):
        own = [item for item in call.sounds if item.role.value == role and item.kind == kind]
        total = terms.figure(sum(item.end - item.start for item in own), "s", lang)
        first = f"{terms.clock(own[0].start)}–{terms.clock(own[0].end)}"
        name, who = terms.term(words.KINDS, kind, lang), terms.role(role, lang)
        if lang == "zh":
            lines.append(f"{who}声道上有{name}：{len(own)} 段，共 {total}，首段 {first}")
        else:
            lines.append(f"{name} on the {who.lower()}'s channel: {total} in {len(own)}, first {first}")
    return lines


def _table(rows: Iterable[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; a Chinese character takes two places."""
    columns = list(zip(*rows, strict=True))
    widths = [max(map(_width, column)) for column in columns]
    padded = zip(
        *(
            [cell + " " * (width - _width(cell)) for cell in column]
            for column, width in zip(columns, widths, strict=True)
        ),
        strict=True,
    )
    return ["  " + "  ".join(cells).rstrip() for cells in padded]


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text)
