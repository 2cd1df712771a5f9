"""A recogniser on a server that speaks the OpenAI interface: ``POST {url}/audio/transcriptions``, words with times.

    window → WAV, 16 bit, 16 kHz → POST      file, model, language, verbose_json, word and segment times; no name, no call id
    words with times                         as they are, inside the window
    segments with times, no words            laid evenly over each segment: `times_estimated`
    a text alone                             laid evenly over the window: `times_estimated`

Nothing leaves this machine unless `allow_remote` says so: without it the host must resolve to loopback addresses alone, the
connection goes to the very address that was looked at, proxies of the environment are not asked. Redirects are never followed.
Errors name the status and the place, never what a server wrote: that may be a customer's words.
"""

from __future__ import annotations

import io
import ipaddress
import os
import socket
import time
import wave
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import msgspec
import numpy as np

from qa_speech.call import Word
from qa_speech.engines.base import ENGINE_RATE, TIMES_ESTIMATED, Samples, Traits, Window, WindowWords
from qa_speech.engines.pieces import spread
from qa_speech.errors import EngineError, ModelError, problem, without_values
from qa_speech.settings import Recognition, Recognizer

if TYPE_CHECKING:
    import httpx2

NAME = "remote"
WINDOW_S = 24.0
MOST_BYTES = 4_000_000
"""What an answer to one window may hold at most."""
BEYOND_S = 1.0
"""How far behind the end of its window a word may end; later ones are times of something else (milliseconds, another sound)."""
BUSY = (429, 503)
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
DISORDERED = "words_disordered"


class _Word(msgspec.Struct):
    word: str
    start: float
    end: float
    probability: float | None = None


class _Segment(msgspec.Struct):
    text: str
    start: float
    end: float
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    compression_ratio: float | None = None
    words: list[_Word] | None = None


class _Answer(msgspec.Struct):
    text: str = ""
    words: list[_Word] | None = None
    segments: list[_Segment] | None = None


class Address(NamedTuple):
    """Where requests go: the address, and the host's name where the address bears a number in its place."""

    url: str
    host: str
    loopback: bool


class RemoteRecognizer:
    """A recogniser (see `engines.base.Recognizer`) over a server; nothing is sent on construction.

    Raises
    ------
    ModelError
        The address is none, it is not this machine and `allow_remote` is off, or the key is not in the environment.
    """

    def __init__(self, model: str, server: Recognizer, wanted: Recognition) -> None:
        self._model = model or server.model
        self._server, self._wanted = server, wanted
        self._address = address_of(server.url, allow_remote=server.allow_remote)
        self._client = _client(self._address, server, _key(server))
        # the address bears a number where the host is this machine; a certificate bears the name
        self._extensions = {"sni_hostname": urlsplit(server.url).hostname or ""}
        self._window_s = wanted.window_s or WINDOW_S

    @property
    def made_with(self) -> Mapping[str, str]:
        """The server and its model; recorded in every Call."""
        return {
            "recognizer": "openai-compatible server",
            "model": self._model,
            "server": self._server.url,
            "window_s": f"{self._window_s:g}",
        }

    @property
    def window_s(self) -> float:
        """Longest window in seconds."""
        return self._window_s

    @property
    def traits(self) -> Traits:
        """Windows under way at once."""
        return Traits(batch_size=self._server.requests)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """One answer per window, in order; `requests` of them are under way at a time.

        Raises
        ------
        EngineError
            The server does not answer, answers with an error, too much, or something else than a transcription.
        """
        source = iter(windows)
        with ThreadPoolExecutor(self._server.requests) as pool:
            while batch := list(islice(source, self._server.requests)):
                yield from pool.map(self._heard, batch)

    def _heard(self, window: Window) -> WindowWords:
        return words_in(self._asked(wav(window.samples)), window.duration)

    def _asked(self, sound: bytes) -> bytes:
        """The body of the server's answer; a busy one is asked again, a bounded number of times."""
        wait_s = FIRST_WAIT_S
        for attempt in range(self._server.retries + 1):
            status, after_s, body = self._posted(sound)
            if status == 200:
                return body
            if status not in BUSY or attempt == self._server.retries:
                raise self._error(_of_status(status, attempt))
            time.sleep(min(LONGEST_WAIT_S, max(wait_s, after_s)))
            wait_s *= 2
        raise self._error(problem("no answer"))

    def _posted(self, sound: bytes) -> tuple[int, float, bytes]:
        """Status, seconds the server asks to wait, and the body where all is well."""
        import httpx2

        deadline = time.monotonic() + self._server.timeout_s
        files = {"file": ("window.wav", sound, "audio/wav")}
        try:
            with self._client.stream(
                "POST", self._address.url, data=self._fields(), files=files, extensions=self._extensions
            ) as answer:
                after_s = _seconds(answer.headers.get("retry-after", ""))
                if answer.status_code != 200:
                    return answer.status_code, after_s, b""
                return 200, after_s, self._read(answer, deadline)
        except httpx2.TimeoutException as exc:
            raise self._error(problem("no answer within {timeout_s:g} s", timeout_s=self._server.timeout_s)) from exc
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as exc:
            raise self._error(problem("cannot be reached ({kind})", kind=type(exc).__name__)) from exc

    def _read(self, answer: httpx2.Response, deadline: float) -> bytes:
        body = bytearray()
        for part in answer.iter_bytes():
            body += part
            if len(body) > MOST_BYTES:
                raise self._error(
                    problem("an answer of more than {most_mb} MB to one window", most_mb=MOST_BYTES // 1000000)
                )
            if time.monotonic() > deadline:
                raise self._error(problem("no answer within {timeout_s:g} s", timeout_s=self._server.timeout_s))
        return bytes(body)

    def _fields(self) -> dict[str, str | list[str]]:
        fields: dict[str, str | list[str]] = {
            "model": self._model,
            "language": self._wanted.language,
            "response_format": "verbose_json",
            "temperature": "0",
            "timestamp_granularities[]": ["word", "segment"],
        }
        prompt = " ".join(part for part in (self._wanted.initial_prompt, self._wanted.hotwords) if part)
        if prompt:
            fields["prompt"] = prompt
        return fields

    def _error(self, what: str) -> EngineError:
        return EngineError(NAME, problem("{url}: {what}", url=self._server.url, what=what))


def address_of(url: str, *, allow_remote: bool) -> Address:
    """Where requests go. Without `allow_remote` every address of the host must be loopback, and one of them is used.

    Raises
    ------
    ModelError
        It is no address, it bears a name and password, it cannot be resolved, or it is another machine.

    Examples
    --------
    >>> address_of("http://127.0.0.1:8000/v1", allow_remote=False)
    Address(url='http://127.0.0.1:8000/v1/audio/transcriptions', host='127.0.0.1:8000', loopback=True)
    >>> address_of("http://192.0.2.1/v1", allow_remote=False)
    Traceback (most recent call last):
    ...
    qa_speech.errors.ModelError: remote: http://192.0.2.1/v1 is another machine (192.0.2.1); customers' voices are sent to one \
only where [recognizer] says allow_remote = true
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as exc:
        raise ModelError(NAME, problem("recognizer.url is no address; expected e.g. http://127.0.0.1:8000/v1")) from exc
    plain = parts.scheme in ("http", "https") and host and not (parts.query or parts.fragment)
    if not plain or "@" in parts.netloc:
        raise ModelError(
            NAME,
            problem(
                "recognizer.url: expected http or https, a host, a path and nothing else, e.g. "
                "http://127.0.0.1:8000/v1; a key is named by api_key_env"
            ),
        )
    path = f"{parts.path.rstrip('/')}/audio/transcriptions"
    found = _addresses(url, host, port or (443 if parts.scheme == "https" else 80))
    loopback = all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)
    if loopback:
        number = f"[{found[0]}]" if ":" in found[0] else found[0]
        place = number if port is None else f"{number}:{port}"
        return Address(f"{parts.scheme}://{place}{path}", parts.netloc, loopback=True)
    if not allow_remote:
        raise ModelError(
            NAME,
            problem(
                "{url} is another machine ({found}); customers' voices are sent to one only where "
                "[recognizer] says allow_remote = true",
                url=url,
                found=", ".join(found),
            ),
        )
    return Address(f"{parts.scheme}://{parts.netloc}{path}", parts.netloc, loopback=False)


def _addresses(url: str, host: str, port: int) -> list[str]:
    """All addresses of a host."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise ModelError(NAME, problem("{url}: the host is not known here", url=url)) from exc
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _key(server: Recognizer) -> str:
    """The key from the environment; "" where none is named."""
    if not server.api_key_env:
        return ""
    key = os.environ.get(server.api_key_env, "").strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ModelError(
            NAME, problem("the environment variable {api_key_env} holds no key", api_key_env=server.api_key_env)
        )
    return key


def _client(address: Address, server: Recognizer, key: str) -> httpx2.Client:
    import httpx2

    headers = {"Host": address.host, "Accept-Encoding": "identity"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    return httpx2.Client(
        headers=headers,
        timeout=server.timeout_s,
        follow_redirects=False,
        trust_env=not address.loopback,
    )


def _of_status(status: int, attempt: int) -> str:
    """What a status means, in words."""
    if status in BUSY:
        return problem("busy (status {status}), asked {times} times", status=status, times=attempt + 1)
    if 300 <= status < 400:
        return problem("it sends us elsewhere (status {status}); redirects are not followed", status=status)
    if status in (401, 403):
        return problem(
            "it refuses us (status {status}); the key is taken from the variable that api_key_env names", status=status
        )
    if status == 404:
        return problem("it has no /audio/transcriptions there, or no such model (status 404)")
    return problem("it answers with status {status}", status=status)


def _seconds(told: str) -> float:
    """Seconds of a ``Retry-After``; 0 where it is a date or nothing."""
    return float(told) if told.strip().isdigit() else 0.0


def wav(samples: Samples) -> bytes:
    """Samples in −1…1 at 16 kHz as a WAV file of 16 bits."""
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(ENGINE_RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return out.getvalue()


def words_in(body: bytes, duration: float) -> WindowWords:
    """The words of a server's answer to a window of `duration` seconds.

    Raises
    ------
    EngineError
        It is not a transcription, or its times are not those of the window.

    Examples
    --------
    >>> words_in(b'{"text": "ab", "words": [{"word": "hello", "start": 0.25, "end": 0.75}]}', 2.0).words
    (Word(text='hello', start=0.25, end=0.75, probability=1.0),)
    """
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as exc:
        raise EngineError(
            NAME, problem("the answer is no transcription: {reason}", reason=without_values(str(exc)))
        ) from exc
    segments = answer.segments or []
    said = answer.words or [word for segment in segments for word in segment.words or []]
    notes: tuple[str, ...] = ()
    if said:
        starts = [word.start for word in said]
        if starts != sorted(starts):
            notes = (DISORDERED,)
            said = sorted(said, key=_start)
        words = [one for word in said for one in _placed(word.word, word.start, word.end, duration, word.probability)]
    elif segments:
        words = [one for part in segments for one in _placed(part.text, part.start, part.end, duration)]
        notes = (TIMES_ESTIMATED,) if words else ()
    else:
        words = _placed(answer.text, 0.0, duration, duration)
        notes = (TIMES_ESTIMATED,) if words else ()
    return WindowWords(
        tuple(words),
        avg_log_prob=_mean([part.avg_logprob for part in segments]),
        no_speech=_mean([part.no_speech_prob for part in segments]),
        compression_ratio=_mean([part.compression_ratio for part in segments]),
        notes=notes,
    )


def _start(word: _Word) -> float:
    return word.start


def _placed(text: str, start: float, end: float, duration: float, probability: float | None = None) -> list[Word]:
    """A text between two times of a window, by characters and words."""
    if not (isfinite(start) and isfinite(end)) or end > duration + BEYOND_S or start < -BEYOND_S or end < start:
        raise EngineError(
            NAME,
            problem(
                "times that are not of the window: {start:g} to {end:g} s of {duration:g} s",
                start=start,
                end=end,
                duration=duration,
            ),
        )
    first = min(max(start, 0.0), duration)
    sure = 1.0 if probability is None else min(max(probability, 0.0), 1.0)
    return spread(text, first, max(first, min(end, duration)), sure)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None and isfinite(value)]
    return sum(known) / len(known) if known else None
