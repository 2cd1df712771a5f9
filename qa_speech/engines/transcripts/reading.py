"""A file on disk → a `Transcript`; whatever is wrong with the file becomes a `ConfigError` that names it and the place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa_speech.call import Call
from qa_speech.engines.transcripts.base import Document, Line, MalformedError, Transcript
from qa_speech.engines.transcripts.formats import format_of
from qa_speech.errors import ConfigError
from qa_speech.filenames import as_text
from qa_speech.language.encodings import decoded

_UNKNOWN = (
    "JSON, but neither a qa_speech call, nor WhisperX (segments), nor FunASR (text, timestamp) "
    "or another of the formats in docs/recordings.md"
)


def read_transcript(path: str | Path) -> Transcript:
    """Read a transcript; the format is told by suffix and content.

    Raises
    ------
    ConfigError
        Cannot be read, is none of the formats, or holds no line; the message names the file and the place.
    """
    path = Path(path)
    source = as_text(path)
    text = _text(path)
    suffix = path.suffix.lower()
    try:
        document = Document(source, suffix, text, _json(text) if suffix == ".json" else None)
        form = format_of(document)
        if form is None:
            raise MalformedError(_UNKNOWN)
        found = form.read(document)
        if isinstance(found, Call):
            return Transcript(source, form.name, (), found)
        return Transcript(source, form.name, _checked(found, source))
    except MalformedError as exc:
        raise ConfigError(source, [f"not a transcript this program knows: {exc}"]) from exc


def _text(path: Path) -> str:
    try:
        return decoded(path.read_bytes())
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
    except UnicodeError as exc:
        raise ConfigError(str(path), [str(exc)]) from exc


def _json(text: str) -> Any:
    """Python's reader, not msgspec's: recognisers write NaN where they have no figure."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as exc:
        raise MalformedError(f"not JSON: line {exc.lineno}, column {exc.colno}: {exc.msg}") from exc
    except ValueError as exc:
        raise MalformedError("not JSON that can be read: a number of too many digits") from exc
    except RecursionError as exc:
        raise MalformedError("nested too deeply") from exc


def _checked(lines: Sequence[Line], source: str) -> tuple[Line, ...]:
    """The lines that hold text."""
    found = tuple(line for line in lines if line.text.strip())
    if not found:
        raise ConfigError(source, ["holds no line of text; expected lines like 坐席: 您好"])
    for number, line in enumerate(found, start=1):
        if not _can_be_stored(line):
            raise MalformedError(f"utterance {number}: half a character (a lone surrogate)")
    return found


def _can_be_stored(line: Line) -> bool:
    words = "".join(word.text for word in line.words)
    try:
        f"{line.speaker}{line.text}{words}".encode()
    except UnicodeEncodeError:
        return False
    return True
