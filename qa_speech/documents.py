"""Calls, scores, reports and failures as JSON, in and out.

JSON: `encode` and `decode` are exact inverses, NaN and infinity are refused when a value is made, and within
one `SCHEMA_VERSION` fields are only added: a reader ignores fields it does not know.

Why msgspec and not dataclasses: the same call (900 words) decodes in two thirds of the time, checks included
(`benchmarks/startup.py`, `call_decode_ms`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import msgspec

from qa_speech.call import SCHEMA_VERSION, Call
from qa_speech.errors import ConfigError, problem, without_values
from qa_speech.files import ResultFolder, write_bytes
from qa_speech.scores import CallFailure, CallReport, Score
from qa_speech.timeline import Segment, Timeline

T = TypeVar("T")
Unread: TypeAlias = Callable[[], Call]
"""A stored call that is read when it is asked for, here or in another process; a ConfigError where it is none."""


def _to_json(value: object) -> object:
    if isinstance(value, Timeline):
        return tuple(value)
    raise NotImplementedError(f"cannot store {type(value).__name__} as JSON")


def _from_json(kind: type, value: Any) -> Any:
    if kind is Timeline:
        return Timeline(msgspec.convert(value, tuple[Segment, ...]))
    raise NotImplementedError(f"cannot read {kind.__name__} from JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_to_json, decimal_format="number")
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind, dec_hook=_from_json) for kind in (Call, Score, CallReport, CallFailure)
}


def encode(value: Call | Score | CallReport | CallFailure) -> bytes:
    """The JSON of a call, score, report or failure, as UTF-8 without line breaks.

    >>> from qa_speech.testing import make_call
    >>> line = encode(make_call(call_id="call.wav"))
    >>> decode(line, Call).id
    'call.wav'
    """
    return _ENCODER.encode(value)


def decode(data: bytes | str, kind: type[T], source: str = "JSON") -> T:
    """Read what `encode` wrote.

    Raises
    ------
    ConfigError
        Not JSON, not a `kind`, or written by a newer schema; the message says where in the document.
    """
    try:
        value: T = _DECODERS[kind].decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as exc:
        raise ConfigError(
            source,
            [problem("not a qa_speech {kind}: {reason}", kind=kind.__name__.lower(), reason=without_values(str(exc)))],
        ) from exc
    except RecursionError as exc:
        raise ConfigError(
            source, [problem("not a qa_speech {kind}: nested too deeply", kind=kind.__name__.lower())]
        ) from exc
    version = value.schema_version if isinstance(value, Call | Score) else SCHEMA_VERSION
    if version > SCHEMA_VERSION:
        what = problem(
            "schema_version {version} was written by a newer qa_speech; this one reads up to {schema_version}",
            version=version,
            schema_version=SCHEMA_VERSION,
        )
        raise ConfigError(source, [what])
    return value


def write_call(call: Call, path: str | Path) -> None:
    """Write one call as a JSON file, whole or not at all.

    >>> from qa_speech.testing import make_call
    >>> write_call(make_call("agent: 您好", call_id="a"), "a.json")
    >>> [call.id for call in read_calls("a.json")]
    ['a']
    """
    write_bytes(path, encode(call) + b"\n")


def read_calls(path: str | Path) -> Iterator[Call]:
    """Iterate the calls stored at `path`: a ``.json`` file, a ``.jsonl`` file, or a folder of ``.json`` files.

    A folder made by `qa-speech inspect` keeps its calls in ``calls/``; that is found too. Files come in the order
    of their names.

    Raises
    ------
    ConfigError
        The path does not exist, holds no calls, or a file in it is not a call (the message names it).

    Examples
    --------
    >>> import qa_speech
    >>> write_call(qa_speech.inspect_call("samples/slow-answer.ogg").call, "stored.json")
    >>> for call in read_calls("stored.json"):
    ...     print(call.id, qa_speech.measure(call, "silence").value)
    slow-answer.ogg 5
    """
    for read in unread_calls(path):
        yield read()


def unread_calls(path: str | Path) -> Iterator[Unread]:
    """The calls that `read_calls` reads from `path`, not yet read.

    Raises
    ------
    ConfigError
        The path does not exist, or holds no calls.
    """
    path = Path(path)
    if path.is_dir():
        names = ResultFolder(path).call_files()
        if not names:
            raise ConfigError(
                str(path), [problem("no stored calls here; expected *.json files, or a folder calls/ with them")]
            )
        for name in names:
            yield partial(decode, _read(name), Call, str(name))
    elif path.suffix == ".jsonl":
        for number, line in enumerate(_lines(path), start=1):
            if line.strip():
                yield partial(decode, line, Call, f"{path}:{number}")
    else:
        yield partial(decode, _read(path), Call, str(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def _lines(path: Path) -> Iterator[bytes]:
    """The lines of a file one by one: a file of many calls is larger than the memory."""
    try:
        with path.open("rb") as file:
            yield from file
    except OSError as exc:
        raise _unreadable(path, exc) from exc


def _unreadable(path: Path, exc: OSError) -> ConfigError:
    return ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)])
