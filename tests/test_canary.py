"""What a customer said never stands in an error: every reader is given a canary in every place, and its errors are searched."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qa_speech.call import Call
from qa_speech.cli import app
from qa_speech.documents import decode, encode, read_calls
from qa_speech.engines.transcripts import TranscriptLimits, read_transcript
from qa_speech.errors import ConfigError, QaSpeechError
from qa_speech.testing import make_call
from tests.test_transcript import FUNASR, TURNS, VOSK, WHISPERX
from tests.transcript_kit import AGENT, JSON_FORMATS, write

CANARY = "秘鸟"
WRONG: tuple[Any, ...] = (CANARY, {CANARY: CANARY}, f"1e{CANARY}")
DOCUMENTS = {**{name: content for name, (content, _) in JSON_FORMATS.items()}, "funasr": FUNASR, "turns": TURNS}
DOCUMENTS |= {"vosk": VOSK, "whisperx": WHISPERX}


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document, of lists the first element."""
    yield path
    if isinstance(tree, dict):
        for key in tree:
            yield from places(tree[key], (*path, key))
    elif isinstance(tree, list) and tree:
        yield from places(tree[0], (*path, 0))


def altered(tree: Any, path: tuple[Any, ...], value: Any) -> Any:
    """The document with something else in one place."""
    if not path:
        return value
    changed = copy.deepcopy(tree)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return changed


def error_of(path: Path, limits: TranscriptLimits | None = None) -> str:
    """What the reader says against a transcript; "" where it reads it."""
    try:
        read_transcript(path, limits=limits or TranscriptLimits())
    except QaSpeechError as exc:
        return f"{exc} {exc.args}"
    return ""


def decoding_error(content: str) -> str:
    """What is said against a stored call; "" where it is one."""
    try:
        decode(content, Call, "a.json")
    except ConfigError as exc:
        return f"{exc} {exc.args}"
    return ""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_error_over_a_document_of_a_vendor_quotes_it(tmp_path: Path, name: str) -> None:
    told = set()
    for path in places(DOCUMENTS[name]):
        for wrong in WRONG:
            error = error_of(write(tmp_path, "a.json", altered(DOCUMENTS[name], path, wrong)))
            assert CANARY not in error
            told.add(error)

    assert len(told) >= 3


TEXTS = {
    "a.txt": [f"{CANARY}", f"坐席@1.2.3-4: {CANARY}", f"坐席@1-99999999: {CANARY}", f"坐席: {CANARY}\n{CANARY}：喂", "坐席："],
    "b.txt": [f"发言人1 00:01\n\n发言人2 {CANARY}", f"发言人1 99:99:99\n{CANARY}"],
    "a.srt": [CANARY, f"1\n00:00:01,000 --> 99999:00:03,000\n{CANARY}\n", f"1\n00:00:01,000 --> {CANARY}\n{CANARY}"],
    "a.vtt": [CANARY, f"WEBVTT\n\n00:01.000 --> 999999:99.000\n<v {CANARY}>{CANARY}"],
    "a.ctm": [f"call A 1 1 {CANARY} 1 1 1 1 1", f"call A {CANARY} 1 x", f"call {CANARY} 1 1 x\ncall B 1 1 x",
              f"{CANARY} A 1 1 x\ny A 1 1 x"],
    "a.json": [f'{{"text": "{CANARY}"', f'["{CANARY}"]', "[" * 500, f'{{"{CANARY}": {"9" * 5000}}}', f'"{CANARY}\\ud800"', ""],
}  # fmt: skip


@pytest.mark.parametrize(("name", "content"), [(name, text) for name, texts in TEXTS.items() for text in texts])
def test_no_error_over_text_quotes_it(tmp_path: Path, name: str, content: str) -> None:
    error = error_of(write(tmp_path, name, content))

    assert CANARY not in error


@pytest.mark.parametrize("limits", [TranscriptLimits(max_lines=1), TranscriptLimits(max_characters=1)])
def test_no_limit_quotes_what_exceeds_it(tmp_path: Path, limits: TranscriptLimits) -> None:
    error = error_of(write(tmp_path, "a.txt", f"坐席: {CANARY}\n客户: {CANARY}\n"), limits)

    assert "transcripts.max_" in error
    assert CANARY not in error


def test_an_rttm_file_is_not_quoted(tmp_path: Path) -> None:
    path = write(tmp_path, "a.srt", f"1\n00:00:01,000 --> 00:00:03,000\n{AGENT}\n")
    for row in (f"SPEAKER {CANARY}", f"SPEAKER a 1 {CANARY} 1 x x x x", CANARY):
        write(tmp_path, "a.rttm", row)

        error = error_of(path)

        assert "not RTTM" in error
        assert CANARY not in error


def test_no_error_over_a_stored_call_quotes_it(tmp_path: Path) -> None:
    stored = json.loads(encode(make_call("agent@0-2: 您好", "customer@2.5-4: 我想查话费")))
    for path in places(stored):
        for wrong in WRONG:
            error = decoding_error(json.dumps(altered(stored, path, wrong)))
            assert CANARY not in error
    (tmp_path / "a.jsonl").write_text(f'{{"{CANARY}', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        list(read_calls(tmp_path / "a.jsonl"))
    assert CANARY not in str(caught.value)


def test_what_is_shown_and_written_of_a_broken_transcript_does_not_quote_it(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write(folder, "broken.json", {"segments": [{"text": CANARY, "start": CANARY, "end": 1}]})
    write(folder, "good.json", TURNS)

    done = CliRunner().invoke(app, ["inspect", str(folder), "--model", "none", "--out", str(tmp_path / "out")])

    assert "broken.json" in done.output
    assert CANARY not in done.output
    written = [file.read_bytes() for file in (tmp_path / "out").rglob("*") if file.is_file()]
    assert written
    assert not any(CANARY.encode() in content for content in written)
