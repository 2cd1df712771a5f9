"""A number that is masked in the text is not heard: of its loud samples none is left, whatever form the transcript has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import typer.testing

from qa_speech.call import Call, Word
from qa_speech.cli import app
from qa_speech.documents import write_call
from qa_speech.engines.base import Piece, Window, WindowWords
from qa_speech.inputs import CallInput
from qa_speech.pipeline import inspect_many
from qa_speech.pipeline.align import aligned
from qa_speech.privacy.unheard import masked_places
from qa_speech.report.redacted import Redacted, RedactedFolder
from qa_speech.scores import CallReport
from tests.voices import by_level, voice

RATE = 8000
LENGTH_S = 20.0
NUMBER = "13822190045"
ASKED, BEFORE, AFTER = "请问您的号码", "电话", "这个号码一直没有信号帮我查查"
SPOKEN_S = (3.0, 10.0)
"""When the number is really said: slowly, at the beginning of what the customer says from 2.5 s to 13 s."""
CUE = (2.5, 13.0)
RUNNER = typer.testing.CliRunner()


class ByLevel:
    """A detector of speech that goes by level."""

    made_with: ClassVar[dict[str, str]] = {"name": "level"}
    frame_s = 0.032

    def probabilities(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return by_level(samples)


class Hears:
    """A recogniser that hears the words of a list at their times, where a window holds them."""

    made_with: ClassVar[dict[str, str]] = {"name": "list"}
    window_s = 30.0

    def __init__(self, words: Iterable[Word]) -> None:
        self.words = tuple(words)

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            heard = []
            for piece in window.pieces:
                heard += [_in_window(word, piece) for word in self.words if _is_in(word, piece, window)]
            yield WindowWords(tuple(heard))


def _is_in(word: Word, piece: Piece, window: Window) -> bool:
    middle = (word.start + word.end) / 2
    return window.role == "customer" and piece.call_start <= middle < piece.call_end


def _in_window(word: Word, piece: Piece) -> Word:
    shift = piece.window_start - piece.call_start
    start = max(0.0, word.start + shift)
    return Word(word.text, start, max(start, word.end + shift))


def spoken(text: str, start: float, end: float) -> list[Word]:
    step = (end - start) / len(text)
    return [Word(char, start + step * place, start + step * (place + 1)) for place, char in enumerate(text)]


def truly(number: str = NUMBER) -> list[Word]:
    """The customer's words when they are really said."""
    return [*spoken(BEFORE, 2.5, 3.0), *spoken(number, *SPOKEN_S), *spoken(AFTER, 10.0, 13.0)]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_channels(tmp_path_factory.mktemp("sound") / "a.wav")


def two_channels(path: Path) -> Path:
    """A recording of both parties, the customer heard a little on the agent's channel too."""
    agent = voice([(0.5, 2.0), (14.0, 16.0)], LENGTH_S, seed=1)
    customer = voice([CUE], LENGTH_S, seed=2)
    leaked = agent + 0.1 * customer
    soundfile.write(path, np.stack([leaked, customer], axis=1), RATE, subtype="PCM_16")
    return path


# ------------------------------------------------------------------------------------------------ forms of a transcript


def _clock(seconds: float, mark: str) -> str:
    return f"00:00:{int(seconds):02}{mark}{round(seconds % 1 * 1000):03}"


def cues(mark: str) -> Iterator[str]:
    said = [("坐席", ASKED, (0.5, 2.0)), ("客户", BEFORE + NUMBER + AFTER, CUE), ("坐席", "好的稍等", (14.0, 16.0))]
    for number, (who, text, (start, end)) in enumerate(said, start=1):
        yield f"{number}\n{_clock(start, mark)} --> {_clock(end, mark)}\n{who}：{text}\n"


def srt() -> str:
    return "\n".join(cues(","))


def vtt() -> str:
    return "WEBVTT\n\n" + "\n".join(cues("."))


def two_cues() -> str:
    """The number begins in one cue and ends in the next."""
    lines = srt().replace(f"{BEFORE}{NUMBER}{AFTER}", f"{BEFORE}{NUMBER[:7]}").replace("00:00:13,000", "00:00:08,000")
    return lines + f"\n\n9\n00:00:08,000 --> 00:00:13,000\n客户：{NUMBER[7:]}{AFTER}\n"


def untimed() -> str:
    return f"坐席：{ASKED}\n客户：{BEFORE}{NUMBER}{AFTER}\n坐席：好的稍等\n"


def timed_lines() -> str:
    return f"坐席@0.5-2.0：{ASKED}\n客户@2.5-13.0：{BEFORE}{NUMBER}{AFTER}\n坐席@14-16：好的稍等\n"


def one_time_missing() -> str:
    return f"坐席@0.5-2.0：{ASKED}\n客户：{BEFORE}{NUMBER}{AFTER}\n坐席@14-16：好的稍等\n"


def turns() -> str:
    said = [("agent", ASKED, (0.5, 2.0)), ("customer", BEFORE + NUMBER + AFTER, CUE)]
    return json.dumps([{"speaker": who, "text": text, "start": a, "end": b} for who, text, (a, b) in said])


def _segments(words: list[dict[str, object]] | None) -> str:
    segment = {"speaker": "客户", "text": BEFORE + NUMBER + AFTER, "start": CUE[0], "end": CUE[1], "words": words}
    asked = {"speaker": "坐席", "text": ASKED, "start": 0.5, "end": 2.0}
    return json.dumps({"segments": [asked, segment]})


def whisperx() -> str:
    return _segments([{"word": word.text, "start": word.start, "end": word.end} for word in truly()])


def whisperx_one_unaligned() -> str:
    words: list[dict[str, object]] = [{"word": one.text, "start": one.start, "end": one.end} for one in truly()]
    words[4] = {"word": words[4]["word"]}
    return _segments(words)


def whisperx_segments() -> str:
    return _segments(None)


def funasr() -> str:
    stamps = [[round(one.start * 1000), round(one.end * 1000)] for one in spoken(BEFORE, 2.5, 3.0)]
    stamps.append([3000, 10_000])  # FunASR has one stamp for a run of digits
    stamps += [[round(one.start * 1000), round(one.end * 1000)] for one in spoken(AFTER, 10.0, 13.0)]
    sentence = {"text": BEFORE + NUMBER + AFTER, "start": 2500, "end": 13_000, "timestamp": stamps, "spk": 1}
    asked = {"text": ASKED, "start": 500, "end": 2000, "spk": 0}
    return json.dumps([{"text": ASKED + BEFORE + NUMBER + AFTER, "sentence_info": [asked, sentence]}])


def funasr_fewer_stamps() -> str:
    document = json.loads(funasr())
    document[0]["sentence_info"][1]["timestamp"].pop()
    return json.dumps(document)


def vosk() -> str:
    result = [{"word": one.text, "start": one.start, "end": one.end, "conf": 1.0} for one in truly()]
    return json.dumps({"result": result, "text": BEFORE + NUMBER + AFTER})


def at_one_moment() -> str:
    """Words that have times, at which nobody can speak."""
    return _segments([{"word": word.text, "start": 5.0, "end": 5.02} for word in truly()])


FORMS: dict[str, tuple[str, Callable[[], str]]] = {
    "srt": (".srt", srt),
    "vtt": (".vtt", vtt),
    "two_cues": (".srt", two_cues),
    "untimed": (".txt", untimed),
    "timed_lines": (".txt", timed_lines),
    "one_time_missing": (".txt", one_time_missing),
    "turns": (".json", turns),
    "whisperx": (".json", whisperx),
    "whisperx_one_unaligned": (".json", whisperx_one_unaligned),
    "whisperx_segments": (".json", whisperx_segments),
    "at_one_moment": (".json", at_one_moment),
    "funasr": (".json", funasr),
    "funasr_fewer_stamps": (".json", funasr_fewer_stamps),
}


def inspected(recording: Path, transcript: Path) -> Call:
    row = CallInput(recording, transcript=transcript)
    (outcome,) = inspect_many([row], detector=ByLevel())
    assert isinstance(outcome, CallReport), outcome
    return outcome.call


def written(recording: Path, form: str, folder: Path) -> Call:
    suffix, make = FORMS[form]
    transcript = folder / f"words{suffix}"
    transcript.write_text(make(), encoding="utf-8")
    return inspected(recording, transcript)


def redacted(call: Call, out: Path) -> Redacted:
    return RedactedFolder(out, audio="wav", replacement="silence").add(CallReport(call))


def audible_share(recording: Path, out: Path) -> float:
    """The share of the number's loud samples, on both channels, that are heard after masking."""
    (result,) = (out / "audio").iterdir()
    before, _ = soundfile.read(recording, dtype="int16", always_2d=True)
    after, _ = soundfile.read(result, dtype="int16", always_2d=True)
    first, last = (round(second * RATE) for second in SPOKEN_S)
    is_loud = np.abs(before[first:last].astype(int)) > 300
    assert is_loud.any(axis=0).all()
    return float((after[first:last][is_loud] != 0).mean())


@pytest.mark.parametrize("form", FORMS)
def test_no_loud_sample_of_the_number_is_left(form: str, recording: Path, tmp_path: Path) -> None:
    call = written(recording, form, tmp_path)

    done = redacted(call, tmp_path / "out")

    assert done.problem == ""
    assert {place.kind for place in done.masked} == {"phone"}
    assert audible_share(recording, tmp_path / "out") == 0.0


def test_nor_where_a_transcript_without_speakers_belongs_to_one_channel(recording: Path, tmp_path: Path) -> None:
    both, _ = soundfile.read(recording, always_2d=True)
    mono = tmp_path / "mono.wav"
    soundfile.write(mono, both.mean(axis=1), RATE, subtype="PCM_16")
    transcript = tmp_path / "words.json"
    transcript.write_text(vosk(), encoding="utf-8")

    redacted(inspected(mono, transcript), tmp_path / "out")

    assert audible_share(mono, tmp_path / "out") == 0.0


@pytest.mark.parametrize(
    ("form", "extent"),
    [
        ("whisperx", "words"),
        ("funasr", "words"),
        ("srt", "stretch"),
        ("whisperx_one_unaligned", "stretch"),
        ("at_one_moment", "utterance"),
        ("untimed", "call"),
    ],
)
def test_what_is_hidden_for_a_number_is_said(form: str, extent: str, recording: Path, tmp_path: Path) -> None:
    call = written(recording, form, tmp_path)

    assert {place.extent for place in masked_places(call)} == {extent}


def test_the_list_and_the_terminal_say_that_a_whole_cue_is_hidden(recording: Path, tmp_path: Path) -> None:
    write_call(written(recording, "srt", tmp_path), tmp_path / "result" / "calls" / "one.json")

    done = RUNNER.invoke(app, ["redact", str(tmp_path / "result"), "--out", str(tmp_path / "out"), "--ui", "zh"])

    assert done.exit_code == 0, done.output
    assert "遮蔽 1 处，其中 1 处文本没有字词时间，整段遮蔽" in done.output
    assert "整段（文本只有整段的时间）" in (tmp_path / "out" / "masked.csv").read_text("utf-8-sig")


def test_a_call_stored_before_estimates_were_noted_is_hidden_whole(recording: Path, tmp_path: Path) -> None:
    old = msgspec.structs.replace(written(recording, "srt", tmp_path), estimated=None)

    assert [place.extent for place in masked_places(old)] == ["call"]


def test_a_cue_that_goes_on_into_silence_is_hidden_whole(recording: Path, tmp_path: Path) -> None:
    """Its words are laid where the customer speaks in it, and that is no measurement."""
    transcript = tmp_path / "words.srt"
    transcript.write_text(f"1\n00:00:02,500 --> 00:00:19,500\n客户：我的号{NUMBER}\n", encoding="utf-8")

    call = inspected(recording, transcript)
    redacted(call, tmp_path / "out")

    assert not call.stray
    assert audible_share(recording, tmp_path / "out") == 0.0


# ------------------------------------------------------------------------------------------------ found in the recording


@pytest.mark.parametrize("form", ["srt", "untimed", "whisperx_one_unaligned"])
def test_a_number_that_is_heard_in_the_recording_is_hidden_there_alone(
    form: str, recording: Path, tmp_path: Path
) -> None:
    call = written(recording, form, tmp_path)

    found = aligned(call, recording, Hears(truly("一三八二二一九零零四五")), detector=ByLevel())
    redacted(found, tmp_path / "out")

    (place,) = masked_places(found)
    assert place.extent == "words"
    assert (place.start, place.end) == pytest.approx(SPOKEN_S)
    assert audible_share(recording, tmp_path / "out") == 0.0


@pytest.mark.parametrize("heard", ["13822190046", "1382219004", "", NUMBER * 2])
def test_a_number_that_is_heard_otherwise_is_hidden_with_its_cue(heard: str, recording: Path, tmp_path: Path) -> None:
    call = written(recording, "srt", tmp_path)
    words = truly(heard) if heard else []

    found = aligned(call, recording, Hears(words), detector=ByLevel())

    assert found == call


def test_another_recording_is_not_listened_to(recording: Path, tmp_path: Path) -> None:
    call = written(recording, "srt", tmp_path)
    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros((RATE, 2)), RATE)

    assert aligned(call, other, Hears(truly()), detector=ByLevel()) == call
