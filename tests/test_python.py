"""What a notebook and a service use: pages, sentences, data frames, a recogniser that is shared, the example service."""

import asyncio
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
import soundfile

import qa_speech
from qa_speech.engines.base import Window, WindowWords
from qa_speech.errors import BusyError, ConfigError, EngineError
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scores import CallFailure, CallReport
from qa_speech.testing import FakeRecognizer, make_call

ROOT = Path(__file__).parent.parent
SAMPLES = folder("samples")
CARD = qa_speech.load_scorecard("telecom-hotline")
BAD = ("agent: 喂", "customer: 我的号码是13800138000，再这样我去工信部投诉", "agent: 你急什么，随便你")


def bad(times: str = "word") -> CallReport:
    """A call with an alarm, a fatal failure and a customer's number."""
    return report(make_call(*BAD, call_id="a.wav", duration=75, metadata={"agent": "1001"}), CARD)


# ------------------------------------------------------------------------------------------------ show, explain


def test_show_gives_a_notebook_the_page_and_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    shown = qa_speech.show(bad(), height=300)
    frame = shown._repr_html_()

    assert "13800138000" not in shown.html
    assert "13800138000" in qa_speech.show(bad(), mask=False).html
    assert re.match(
        r'<iframe sandbox="allow-scripts" style="width:100%;height:300px;border:0" srcdoc="&lt;!doctype', frame
    )
    assert frame.count("<") == 2
    assert "lang=&quot;en&quot;" in qa_speech.show(bad(), lang="en")._repr_html_()
    assert capfd.readouterr() == ("", "")


@pytest.mark.tool("chromium")
def test_the_page_works_inside_the_frame_of_a_notebook(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    (tmp_path / "notebook.html").write_text(
        f"<!doctype html><meta charset=utf-8>{qa_speech.show(bad())._repr_html_()}", encoding="utf-8"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.goto((tmp_path / "notebook.html").as_uri())
        inside = page.frames[1]
        inside.wait_for_selector("h1")
        text = inside.inner_text("body")
        browser.close()

    assert "扬言升级投诉" in text
    assert problems == []


def test_explain_tells_the_total_alarms_deductions_and_what_is_open() -> None:
    found = bad()
    assert found.score is not None

    lines = qa_speech.explain(found.score)

    assert isinstance(lines, tuple)
    assert re.fullmatch(r"总分 [\d.]+，\S+", lines[0])
    assert lines[1].startswith("报警，扬言升级投诉：客户：“工信部”（00:")
    taboo = next(line for line in lines if line.startswith("服务忌语"))
    assert taboo.startswith("服务忌语，一票否决（总分封顶 59）：坐席说了不该说的话：“你急什么”")
    assert any(re.match(r"15 秒内问候，扣 5 分：坐席", line) for line in lines)
    assert any(line.startswith("待人工评定：") for line in lines)
    english = qa_speech.explain(found.score, lang="en")
    assert len(english) == len(lines)
    assert re.match(r"[\d.]+ points", english[0])


def test_explain_says_why_there_is_no_total() -> None:
    short = report(make_call("agent: 您好", "customer: 喂", duration=5), CARD).score
    assert short is not None

    assert qa_speech.explain(short)[0].startswith("不参加评分（内容太短，不足以判断：评分表要求至少 20 秒；")


def test_explain_of_a_call_without_times_names_lines() -> None:
    call = make_call(*BAD, times="nominal")
    found = qa_speech.score(call, CARD)

    lines = qa_speech.explain(found, call=call)

    assert any("第 2 句" in line for line in lines)
    assert not any(re.search(r"\d\d:\d\d", line) for line in lines)


# ------------------------------------------------------------------------------------------------ data frames


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_frame_has_a_row_for_each_call_with_the_columns_of_export(library: str) -> None:
    pytest.importorskip(library)

    gone = CallFailure("gone.wav", "/rec/gone.wav", "DecodeError", "gone.wav: no such file")
    frame = qa_speech.to_frame([bad(), gone], library=library)  # type: ignore[arg-type]

    assert type(frame).__module__.partition(".")[0] == library
    columns = {name: list(frame[name]) for name in ("id", "status", "agent", "error", "taboo.outcome", "alarms")}
    assert columns["id"] == ["a.wav", "gone.wav"]
    assert columns["status"] == ["ok", "failed"]
    assert columns["taboo.outcome"][0] == "fail"
    assert columns["alarms"][0] == "扬言升级投诉"
    assert float(frame["silence_longest_s"][0]) >= 0
    assert (frame["total"].is_null() if library == "polars" else frame["total"].isna()).to_list() == [False, True]


def test_without_a_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_speech.store.frame.find_spec", lambda name: None)

    with pytest.raises(ConfigError, match=r"pandas or polars is not installed; .* 'qa-speech\[pandas\]'"):
        qa_speech.to_frame([])
    with pytest.raises(ConfigError, match=r"polars is not installed; .* 'qa-speech\[polars\]'"):
        qa_speech.to_frame([], library="polars")


# ------------------------------------------------------------------------------------------------ the pool


class Watched(FakeRecognizer):
    """Counts how many callers it hears at a time; it may not be more than one."""

    def __init__(self, gate: threading.Event | None = None) -> None:
        super().__init__()
        self.inside = self.most = self.turns = 0
        self.gate = gate

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        """The same, watched."""
        self.inside += 1
        self.turns += 1
        self.most = max(self.most, self.inside)
        if self.gate is not None:
            self.gate.wait(20)
        answers = list(super().recognize(windows))
        self.inside -= 1
        yield from answers


def beginning(name: str, place: Path) -> Path:
    """The first 12 seconds of a sample."""
    samples, rate = soundfile.read(SAMPLES / name, frames=12 * 8000)
    soundfile.write(place / f"{name}.wav", samples, rate)
    return place / f"{name}.wav"


def test_tasks_and_threads_that_share_a_real_recogniser_get_what_each_would_get_alone(tmp_path: Path) -> None:
    words = qa_speech.load_recognizer("demo")
    paths = [beginning(name, tmp_path) for name in ("good-service.ogg", "deflection.ogg", "slow-answer.ogg")]
    reports = [qa_speech.inspect_call(path, scorecard=CARD, recognizer=words) for path in paths]
    alone = {found.id: found for found in reports}

    async def tasks(pool: qa_speech.RecognizerPool) -> list[CallReport]:
        return await asyncio.gather(*[pool.inspect(path, scorecard=CARD) for path in paths])

    with qa_speech.RecognizerPool([words], calls=2) as pool, ThreadPoolExecutor(1) as threads:
        threaded = threads.submit(qa_speech.inspect_call, paths[0], scorecard=CARD, recognizer=pool)
        together = [*asyncio.run(tasks(pool)), threaded.result()]

    assert [len(found.call.utterances) > 0 for found in reports] == [True] * 3
    for found in together:
        assert found.call.utterances == alone[found.id].call.utterances
        assert found.score == alone[found.id].score
    assert pool.made_with == words.made_with


def test_a_recogniser_hears_one_caller_at_a_time_and_more_callers_than_may_are_turned_away() -> None:
    gate = threading.Event()
    watched = Watched(gate)
    path = SAMPLES / "gsm.wav"

    async def many(pool: qa_speech.RecognizerPool) -> list[str]:
        running = [asyncio.create_task(pool.inspect(path)) for _ in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="3 calls are worked on or waiting"):
            await pool.inspect(path)
        gate.set()
        names = [found.id for found in await asyncio.gather(*running)]
        names.append((await pool.inspect(path)).id)  # there is room again
        return names

    with qa_speech.RecognizerPool([watched], calls=2, waiting=1) as pool:
        assert asyncio.run(many(pool)) == ["gsm.wav"] * 4
    assert (watched.most, watched.turns >= 4) == (1, True)
    with pytest.raises(EngineError, match="it is closed"):
        asyncio.run(pool.inspect(path))


def test_errors_of_a_recording_reach_the_task_and_leave_room() -> None:
    async def wrong(pool: qa_speech.RecognizerPool) -> None:
        for _ in range(3):
            with pytest.raises(qa_speech.AudioError):
                await pool.inspect("missing.wav")

    with qa_speech.RecognizerPool([Watched()], calls=1, waiting=0) as pool:
        asyncio.run(wrong(pool))


@pytest.mark.parametrize(("recognizers", "calls", "waiting"), [(0, 1, 1), (1, 0, 1), (1, 1, -1)])
def test_a_pool_without_room_is_refused(recognizers: int, calls: int, waiting: int) -> None:
    with pytest.raises(ValueError, match="need a recogniser"):
        qa_speech.RecognizerPool([Watched()] * recognizers, calls=calls, waiting=waiting)


# ------------------------------------------------------------------------------------------------ the service


def test_the_example_service_answers(tmp_path: Path) -> None:
    source = ROOT / "docs" / "example_service.py"
    assert len(source.read_text(encoding="utf-8").splitlines()) <= 40
    command = [sys.executable, "-m", "uvicorn", "example_service:app", "--port", "0", "--log-level", "info"]
    environment = {**os.environ, "PYTHONPATH": f"{source.parent}{os.pathsep}{ROOT}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = ""
            for line in server.stderr:
                found = re.search(r"http://127\.0\.0\.1:\d+", line)
                if found:
                    address = found[0]
                    break
            assert address, "the service did not start"
            sound = (SAMPLES / "deflection.ogg").read_bytes()
            answer = httpx2.post(f"{address}/calls?name=deflection.ogg", content=sound, timeout=60)
            broken = httpx2.post(f"{address}/calls?name=x.wav", content=b"no sound", timeout=60)
        finally:
            server.terminate()

    assert answer.status_code == 200
    assert answer.json()["total"] == 65
    assert any(line.startswith("推诿客户，一票否决") for line in answer.json()["why"])
    assert (broken.status_code, broken.json()) == (422, {"detail": "AudioError"})
