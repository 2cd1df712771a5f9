"""A file on disk → a `Transcript`; whatever is wrong with the file becomes a `ConfigError` that names it and the place.

bytes → text → JSON → the format that fits → lines → their times mended → past the guards
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qa_speech.call import Call
from qa_speech.engines.transcripts.base import Document, Line, MalformedError, Transcript
from qa_speech.engines.transcripts.formats import FORMATS, format_of
from qa_speech.engines.transcripts.guarded import guarded, without_tags
from qa_speech.engines.transcripts.mending import mended
from qa_speech.engines.transcripts.rttm import SUFFIX as RTTM
from qa_speech.engines.transcripts.rttm import read_rttm, with_speakers
from qa_speech.engines.transcripts.speakers import told_apart, with_own_names
from qa_speech.errors import ConfigError, problem, said_by
from qa_speech.filenames import as_text
from qa_speech.files import regular_bytes
from qa_speech.language.encodings import decoded
from qa_speech.language.limits import DEFAULT, MOST_NESTING, TranscriptLimits

_JSON = ".json"
_BRACKETS = re.compile(r'[\[{]|[\]}]|"(?:[^"\\]|\\.)*+"?', re.DOTALL)


def read_transcript(path: str | Path, *, simplify: bool = True, limits: TranscriptLimits = DEFAULT) -> Transcript:
    """Read a transcript; the format is told by suffix and content. Speakers may stand in an ``.rttm`` file beside it.

    Parameters
    ----------
    simplify
        Whether traditional characters become simplified ones.
    limits
        What a file may hold at most.

    Raises
    ------
    ConfigError
        Cannot be read, is none of the formats, holds no line or too much; the message names the file and the place, and
        never quotes what was said.
    """
    path = Path(path)
    source = as_text(path)
    text = _text(path, limits)
    suffix = path.suffix.lower()
    try:
        document = Document(source, suffix, text, _json(text, suffix), path.stem)
        if isinstance(document.json, list):
            _check_number(len(document.json), limits)
        form = format_of(document)
        if form is None:
            raise MalformedError(_looked_for(suffix))
        found = form.read(document)
        if isinstance(found, Call):
            return Transcript(source, form.name, (), found)
        lines = _checked([without_tags(line) for line in with_own_names(told_apart(found))], limits)
        timed = mended(lines, limits)
        told = _with_rttm(timed.lines, path, limits)
    except MalformedError as exc:
        raise ConfigError(source, [problem("not a transcript this program knows: {reason}", reason=exc)]) from exc
    checked = guarded(told, simplify=simplify)
    if not checked.lines:
        raise ConfigError(source, [problem("holds nothing but words that a recogniser made up")])
    return Transcript(source, form.name, checked.lines, None, (*timed.notes, *checked.notes), checked.apart)


def _text(path: Path, limits: TranscriptLimits) -> str:
    try:
        content = regular_bytes(path, most=int(limits.max_mb * 1e6))
        return decoded(content)
    except ValueError as exc:  # text that is none, a pipe, too much
        raise ConfigError(str(path), [said_by(exc)]) from exc
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc


def _json(text: str, suffix: str) -> Any:
    """What a file holds that is JSON by its suffix, or looks like it; None for another one.

    Python's reader, not msgspec's: recognisers write NaN where they have no figure.
    """
    begins_like_json = text.lstrip()[:1] in ("{", "[")
    if suffix != _JSON and not begins_like_json:
        return None
    if _nesting(text) > MOST_NESTING:
        raise MalformedError(problem("nested too deeply (more than {most_nesting} levels)", most_nesting=MOST_NESTING))
    try:
        return _documents(text)
    except json.JSONDecodeError as exc:
        if suffix != _JSON:
            return None
        raise MalformedError(_why_no_json(text, exc)) from exc
    except ValueError as exc:
        raise MalformedError(problem("not JSON that can be read: a number of too many digits")) from exc
    except RecursionError as exc:
        raise MalformedError(problem("nested too deeply")) from exc


def _why_no_json(text: str, error: json.JSONDecodeError) -> str:
    """What is wrong with text that should be JSON, in words of our own."""
    if not text.strip():
        return problem("nothing in it")
    if not text.lstrip().startswith(("{", "[")):
        return problem("not JSON: it begins neither with {{ nor with [")
    is_cut = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
    if is_cut:
        return problem("JSON that ends in the middle, line {line}: was the file cut off?", line=error.lineno)
    return problem("not JSON from line {line}, column {column} on", line=error.lineno, column=error.colno)


def _documents(text: str) -> Any:
    """The document, or a list of those that stand one behind the other."""
    decoder = json.JSONDecoder()
    found = []
    at = len(text) - len(text.lstrip())
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        found.append(document)
        while at < len(text) and text[at].isspace():
            at += 1
    if not found:
        raise json.JSONDecodeError("nothing in it", text, 0)
    return found[0] if len(found) == 1 else found


def _nesting(text: str) -> int:
    """The most brackets that are open at once, those in strings not counted."""
    deepest = depth = 0
    for match in _BRACKETS.finditer(text):
        sign = match.group()
        if sign in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif sign in "]}":
            depth -= 1
    return deepest


def _looked_for(suffix: str) -> str:
    names = [form.name for form in FORMATS if suffix in form.suffixes]
    return problem(
        "looked for {names} and found none of them; `qa-speech docs recordings` shows an example of each",
        names=", ".join(names),
    )


def _checked(lines: Sequence[Line], limits: TranscriptLimits) -> list[Line]:
    """The lines that hold text, as long and as many as are allowed."""
    found = [line for line in lines if line.text.strip()]
    if not found:
        raise MalformedError(problem("holds no line of text; expected lines like 坐席: 您好"))
    _check_number(len(found), limits)
    whole = sum(len(line.text) for line in found)
    if whole > limits.max_call_characters:
        raise MalformedError(
            problem(
                "{whole} characters; transcripts.max_call_characters is {max_call_characters}",
                whole=whole,
                max_call_characters=limits.max_call_characters,
            )
        )
    for number, line in enumerate(found, start=1):
        if len(line.text) > limits.max_characters:
            raise MalformedError(
                problem(
                    "utterance {number}: {count} characters; transcripts.max_characters is {max_characters}",
                    number=number,
                    count=len(line.text),
                    max_characters=limits.max_characters,
                )
            )
        if not _can_be_stored(line):
            raise MalformedError(problem("utterance {number}: half a character (a lone surrogate)", number=number))
    return found


def _check_number(utterances: int, limits: TranscriptLimits) -> None:
    if utterances > limits.max_lines:
        raise MalformedError(
            problem(
                "{utterances} utterances; transcripts.max_lines is {max_lines}",
                utterances=utterances,
                max_lines=limits.max_lines,
            )
        )


def _can_be_stored(line: Line) -> bool:
    words = "".join(word.text for word in line.words)
    try:
        f"{line.speaker}{line.text}{words}".encode()
    except UnicodeEncodeError:
        return False
    return True


def _with_rttm(lines: Sequence[Line], path: Path, limits: TranscriptLimits) -> Sequence[Line]:
    """The lines with the speakers of the file beside the transcript, where it does not name them itself."""
    beside = path.with_suffix(RTTM)
    timed = all(line.start is not None for line in lines)
    if not timed or all(line.speaker for line in lines) or not beside.is_file():
        return lines
    try:
        return with_speakers(lines, read_rttm(_text(beside, limits)))
    except MalformedError as exc:
        raise ConfigError(as_text(beside), [problem("not RTTM: {reason}", reason=exc)]) from exc
