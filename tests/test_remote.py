"""A server of our own, with faults planted: what it says wrongly, late, too much or not at all is an error or a warning."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa_speech.call import Role
from qa_speech.engines import remote
from qa_speech.engines.base import Piece, Window
from qa_speech.engines.registry import load_recognizer
from qa_speech.engines.remote import RemoteRecognizer, address_of
from qa_speech.errors import EngineError, ModelError
from qa_speech.inputs import CallInput
from qa_speech.metrics import measure
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings

SAMPLES = Path(__file__).parent.parent / "samples"
SECRET = "我的银行卡号"


class Server(ThreadingHTTPServer):
    """Answers with what `reply` says: status, headers, body; keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reply: Callable[[int], tuple[int, dict[str, str], bytes]] = lambda count: (200, {}, b"{}")
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def says(self, answer: Any, status: int = 200, **headers: str) -> None:
        body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        self.reply = lambda count: (status, headers, body)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            self.server.asked.append((dict(self.headers.items()), body))
            count = len(self.server.asked)
        status, headers, answer = self.server.reply(count)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        try:
            for start in range(0, len(answer), 1 << 16):
                self.wfile.write(answer[start : start + (1 << 16)])
        except OSError:
            pass  # who asked has gone: that is the test

    def log_message(self, *arguments: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def engine(server: Server, **more: object) -> RemoteRecognizer:
    settings = Settings.model_validate({"recognizer": {"url": server.url, "model": "big", **more}})
    found = load_recognizer(settings.model or "", settings)
    assert isinstance(found, RemoteRecognizer)
    return found


def window(seconds: float = 4.0, call_id: str = "13800000000.wav") -> Window:
    sound = np.full(round(seconds * 16_000), 0.25, np.float32)
    return Window(call_id, Role.AGENT, sound, (Piece(0.0, seconds, 0.0),))


def heard(server: Server, **more: object) -> Any:
    (answer,) = engine(server, **more).recognize([window()])
    return answer


def test_words_come_with_the_times_of_the_server(server: Server) -> None:
    server.says({"text": "您好 WiFi", "words": [
        {"word": "您好", "start": 0.5, "end": 0.9}, {"word": " WiFi", "start": 1.0, "end": 1.5, "probability": 0.4},
    ]})  # fmt: skip

    answer = heard(server)

    assert [(word.text, round(word.start, 2), round(word.end, 2), word.probability) for word in answer.words] == [
        ("您", 0.5, 0.7, 1.0), ("好", 0.7, 0.9, 1.0), ("WiFi", 1.0, 1.5, 0.4),
    ]  # fmt: skip
    assert answer.notes == ()


def test_the_server_is_told_sound_and_settings_and_no_more(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QS_KEY", "sk-1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.says({"text": ""})

    heard(server, api_key_env="QS_KEY")

    headers, body = server.asked[0]
    parts = BytesParser().parsebytes(b"Content-Type: " + headers["Content-Type"].encode() + b"\r\n\r\n" + body)
    fields = [
        (str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True))
        for part in parts.walk()
    ][1:]
    assert headers["Authorization"] == "Bearer sk-1"
    assert [(name, value) for name, value in fields if name != "file"] == [
        ("model", b"big"), ("language", b"zh"), ("response_format", b"verbose_json"), ("temperature", b"0"),
        ("timestamp_granularities[]", b"word"), ("timestamp_granularities[]", b"segment"),
    ]  # fmt: skip
    sound = dict(fields)["file"]
    assert isinstance(sound, bytes)
    assert sound[:4] == b"RIFF"
    assert len(sound) == 44 + 4 * 16_000 * 2
    assert b"13800000000" not in body


def test_segments_without_words_have_estimated_times(server: Server) -> None:
    server.says({"text": "查话费", "segments": [{"text": "查话费", "start": 1.0, "end": 2.5, "avg_logprob": -0.2}]})

    answer = heard(server)

    assert [(word.text, round(word.start, 2)) for word in answer.words] == [("查", 1.0), ("话", 1.5), ("费", 2.0)]
    assert (answer.notes, answer.avg_log_prob) == (("times_estimated",), -0.2)


def test_a_text_alone_is_laid_over_the_window(server: Server) -> None:
    server.says({"text": "查话费吗"})

    answer = heard(server)

    assert [word.start for word in answer.words] == [0.0, 1.0, 2.0, 3.0]
    assert answer.notes == ("times_estimated",)


def test_words_out_of_order_are_sorted_and_told(server: Server) -> None:
    server.says({"words": [{"word": "好", "start": 1.0, "end": 1.2}, {"word": "您", "start": 0.5, "end": 0.8}]})

    answer = heard(server)

    assert ([word.text for word in answer.words], answer.notes) == (["您", "好"], ("words_disordered",))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (500, "status 500"),
        (400, "status 400"),
        (401, "refuses us"),
        (404, "no /audio/transcriptions"),
        (307, "redirects are not followed"),
    ],
)
def test_a_status_is_told_and_what_the_server_wrote_is_not(server: Server, status: int, said: str) -> None:
    server.says({"error": {"message": SECRET}}, status, Location=f"{server.url}/elsewhere")

    with pytest.raises(EngineError, match=said) as caught:
        heard(server)

    assert SECRET not in str(caught.value)
    assert len(server.asked) == 1


def test_a_busy_server_is_asked_again_a_few_times(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(remote.time, "sleep", waited.append)
    whole = json.dumps({"words": [{"word": "好", "start": 1, "end": 2}]}).encode()
    server.reply = lambda count: (429, {"Retry-After": "7"}, b"") if count < 3 else (200, {}, whole)

    assert [word.text for word in heard(server).words] == ["好"]
    assert waited == [7.0, 7.0]
    server.says(b"", 503)
    with pytest.raises(EngineError, match=r"busy \(status 503\), asked 3 times"):
        heard(server, retries=2)
    assert waited[2:] == [0.5, 1.0]


def test_a_slow_server_is_given_up(server: Server) -> None:
    def late(count: int) -> tuple[int, dict[str, str], bytes]:
        time.sleep(0.6)
        return 200, {}, b"{}"

    server.reply = late

    with pytest.raises(EngineError, match=r"no answer within 0\.2 s"):
        heard(server, timeout_s=0.2)


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": "' + SECRET.encode() + b'", "words": [{"word": "' + SECRET.encode(),
        b"[1, 2]",
        json.dumps({"words": SECRET}).encode(),
        json.dumps({"words": [{"word": SECRET, "start": "a", "end": 2}]}).encode(),
        json.dumps({"words": [{"word": SECRET, "start": 100, "end": 900}]}).encode(),
        json.dumps({"words": [{"word": SECRET, "start": 3, "end": 2}]}).encode(),
        b"<html>" + SECRET.encode(),
        b"\xff\xfe",
        b"",
    ],
    ids=["cut", "list", "text", "kinds", "milliseconds", "backwards", "page", "bytes", "nothing"],
)
def test_what_is_no_transcription_is_an_error_without_its_words(server: Server, body: bytes) -> None:
    server.says(body)

    with pytest.raises(EngineError) as caught:
        heard(server)

    assert SECRET not in str(caught.value)


def test_a_huge_answer_is_not_read_to_its_end(server: Server) -> None:
    server.says(b'{"text": "' + b"a" * 20_000_000 + b'"}')

    with pytest.raises(EngineError, match="more than 4 MB"):
        heard(server)


def test_no_server_there_is_an_error(server: Server) -> None:
    settings = Settings.model_validate({"recognizer": {"url": "http://127.0.0.1:9/v1"}})

    with pytest.raises(EngineError, match="cannot be reached"):
        list(load_recognizer("remote:big", settings).recognize([window()]))


def test_answers_keep_the_order_of_their_windows(server: Server) -> None:
    server.says({"text": "a"})
    lengths = (1.0, 2.0, 3.0, 1.5, 2.5)

    answers = engine(server, requests=3).recognize([window(length) for length in lengths])

    assert [answer.words[0].end for answer in answers] == list(lengths)


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.7:80/v1",
        "http://[2001:db8::1]/v1",
        "http://0.0.0.0:8000/v1",
        "http://[::ffff:192.0.2.1]/v1",
        "http://3221225985/v1",
    ],
)
def test_another_machine_is_asked_only_where_that_is_allowed(url: str) -> None:
    with pytest.raises(ModelError, match="allow_remote"):
        address_of(url, allow_remote=False)
    assert not address_of(url, allow_remote=True).loopback


def test_a_name_counts_by_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(*addresses: str) -> Callable[..., list[tuple[object, ...]]]:
        return lambda *arguments, **options: [(2, 1, 6, "", (address, 0)) for address in addresses]

    monkeypatch.setattr(remote.socket, "getaddrinfo", found("127.0.0.1", "192.0.2.1"))
    with pytest.raises(ModelError, match="another machine"):
        address_of("http://asr.internal/v1", allow_remote=False)
    monkeypatch.setattr(remote.socket, "getaddrinfo", found("127.0.0.2"))
    assert address_of("http://asr.internal:81/v1", allow_remote=False) == (
        "http://127.0.0.2:81/v1/audio/transcriptions",
        "asr.internal:81",
        True,
    )


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/v1", "127.0.0.1:80", "http://u:p@127.0.0.1/v1", "http://127.0.0.1/v1?k=1", "http://127.0.0.1:x/"],
)
def test_what_is_no_plain_address_is_refused(url: str) -> None:
    with pytest.raises(ModelError, match=r"recognizer\.url"):
        address_of(url, allow_remote=True)


def test_a_key_that_is_not_there_is_an_error(server: Server) -> None:
    with pytest.raises(ModelError, match="QS_NO_KEY holds no key"):
        engine(server, api_key_env="QS_NO_KEY")


def test_silence_of_the_server_in_a_call_is_missing_words(server: Server) -> None:
    server.says({"text": ""})
    row = CallInput(SAMPLES / "complaint-handled-well.ogg")

    (report,) = inspect_many([row], recognizer=engine(server))

    assert isinstance(report, CallReport)
    assert any(warning.startswith("words_missing") for warning in report.call.warnings)
    assert measure(report.call, "speech_rate", role=Role.AGENT).reason == "no_words"


def test_estimated_times_make_the_rate_doubtful(server: Server) -> None:
    server.says({"text": "您好我想查一下话费"})
    row = CallInput(SAMPLES / "complaint-handled-well.ogg")

    (report,) = inspect_many([row], recognizer=engine(server))

    assert isinstance(report, CallReport)
    assert report.call.estimated
    found = measure(report.call, "speech_rate", role=Role.AGENT)
    assert (found.reliability, found.reliability_reason) == ("low", "doubtful_times")
