"""The real recogniser on real (synthetic) sound: the bundled model and the sample calls."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa_speech.audio.decode import decode
from qa_speech.call import Role, Word
from qa_speech.engines import whisper
from qa_speech.engines.base import ENGINE_RATE, Piece, Window
from qa_speech.engines.models import Model, find_model
from qa_speech.engines.spelling import PUNCTUATION, timed_words
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer
from qa_speech.errors import EngineError, ModelError
from qa_speech.language.dialogue import join_words
from qa_speech.resources import folder
from qa_speech.testing import check_engine


@pytest.fixture(scope="module")
def recognizer() -> WhisperRecognizer:
    return WhisperRecognizer(find_model("demo"), threads=2)


def windows_of(name: str, role: str, count: int) -> tuple[list[Window], list[str]]:
    """One window per turn, cut by the ground truth."""
    import soxr

    truth = json.loads((folder("samples") / f"{name}.truth.json").read_text(encoding="utf-8"))
    audio = decode(folder("samples") / truth["file"])
    channel = next(int(number) for number, who in truth["channels"].items() if who == role) - 1
    turns = [turn for turn in truth["turns"] if turn["role"] == role and turn["kind"] == "speech"][:count]
    windows = []
    for turn in turns:
        start, end = max(0.0, turn["start"] - 0.2), turn["end"] + 0.2
        samples = soxr.resample(audio.cut(channel, start, end), audio.rate, ENGINE_RATE)
        windows.append(Window(name, Role(role), samples, (Piece(start, start + len(samples) / ENGINE_RATE, 0.0),)))
    return windows, [turn["text"] for turn in turns]


def bare(text: str) -> str:
    return "".join(char for char in text if char not in PUNCTUATION and not char.isspace())


def distance(one: str, two: str) -> int:
    row = list(range(len(two) + 1))
    for i, left in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, right in enumerate(two, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


def test_the_bundled_model_really_transcribes(recognizer: WhisperRecognizer) -> None:
    windows, texts = windows_of("good-service", "agent", 6)

    answers = list(recognizer.recognize(windows))

    heard = ["".join(word.text for word in answer.words) for answer in answers]
    errors = sum(distance(bare(text), bare(said)) for text, said in zip(texts, heard, strict=True))
    assert errors / sum(len(bare(text)) for text in texts) < 0.15
    assert "您好" in heard[0]


def test_words_are_in_order_inside_the_window_and_sure_of_themselves(recognizer: WhisperRecognizer) -> None:
    windows, _ = windows_of("good-service", "agent", 4)

    for window, answer in zip(windows, recognizer.recognize(windows), strict=True):
        starts = [word.start for word in answer.words]
        assert starts == sorted(starts)
        assert all(0 <= word.start <= word.end <= window.duration for word in answer.words)
        assert all(word.text.strip() and word.text[0] not in PUNCTUATION for word in answer.words)
        assert np.mean([word.probability for word in answer.words]) > 0.7


def test_the_batch_a_window_is_in_does_not_change_its_words(recognizer: WhisperRecognizer) -> None:
    windows, _ = windows_of("slow-answer", "customer", 4)

    together = [answer.words for answer in recognizer.recognize(windows)]
    alone = [next(recognizer.recognize([window])).words for window in windows]

    assert [[word.text for word in words] for words in together] == [[word.text for word in words] for words in alone]


def test_it_keeps_the_promises_of_a_recogniser(recognizer: WhisperRecognizer) -> None:
    check_engine(recognizer)
    assert recognizer.made_with["model"] == "demo"
    assert recognizer.window_s == 15


def test_silence_gives_no_words_to_speak_of(recognizer: WhisperRecognizer) -> None:
    silent = Window("x", Role.AGENT, np.zeros(ENGINE_RATE * 2, np.float32), (Piece(0, 2, 0),))

    answer = next(recognizer.recognize([silent]))

    assert len(answer.words) <= 2


def test_windows_are_read_no_further_ahead_than_a_batch(recognizer: WhisperRecognizer) -> None:
    taken = 0

    def source() -> Iterable[Window]:
        nonlocal taken
        for index in range(40):
            taken += 1
            yield Window(str(index), Role.AGENT, np.zeros(8000, np.float32), (Piece(0, 0.5, 0),))

    next(iter(recognizer.recognize(source())))

    assert taken == recognizer.options.batch_size


def test_a_window_out_of_bounds_is_decoded_again_and_says_so() -> None:
    windows, _ = windows_of("good-service", "agent", 2)
    strict = WhisperRecognizer(
        find_model("demo"), threads=2,
        options=DecodeOptions(beam_size=1, window_s=15, min_avg_log_prob=0.0, max_no_speech=1.1, temperatures=(0.2, 0.4)),
    )  # fmt: skip

    answers = list(strict.recognize(windows))

    assert all("out_of_bounds" in answer.notes for answer in answers)
    assert all(answer.words for answer in answers)


def test_a_broken_model_is_an_error_with_its_folder(tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "vocabulary.json", "model.bin"):
        (tmp_path / name).write_bytes(b"{}")

    with pytest.raises(ModelError, match=str(tmp_path)):
        WhisperRecognizer(Model("broken", tmp_path))


def test_what_fails_inside_is_an_engine_error(recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(recognizer, "_batch", fail)
    window = Window("x", Role.AGENT, np.zeros(8000, np.float32), (Piece(0, 0.5, 0),))
    with pytest.raises(EngineError, match="failed on 1 windows: out of memory"):
        next(recognizer.recognize([window]))


@pytest.mark.parametrize(
    ("devices", "kinds", "device", "compute_type"),
    [(0, (), "cpu", "int8"), (1, ("float16", "int8"), "cuda", "float16"), (1, ("int8",), "cuda", "auto")],
)
def test_the_device_and_its_numbers_are_chosen_by_what_the_machine_has(
    monkeypatch: pytest.MonkeyPatch, devices: int, kinds: tuple[str, ...], device: str, compute_type: str
) -> None:
    chosen: dict[str, Any] = {}

    def load(path: str, **options: Any) -> None:
        chosen.update(options)
        raise RuntimeError("stop here")

    monkeypatch.setattr(whisper, "cuda_devices", lambda: devices)
    monkeypatch.setattr(whisper, "preload_cublas", lambda: True)
    monkeypatch.setattr("ctranslate2.get_supported_compute_types", lambda name: set(kinds))
    monkeypatch.setattr("faster_whisper.WhisperModel", load)

    with pytest.raises(ModelError, match="stop here"):
        WhisperRecognizer(find_model("demo"))

    assert (chosen["device"], chosen["compute_type"]) == (device, compute_type)


def test_windows_that_go_through_together_are_heard_as_those_that_go_alone(
    recognizer: WhisperRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a GPU a batch is encoded and aligned at once."""
    windows, _ = windows_of("good-service", "agent", 3)
    alone = [["".join(word.text for word in answer.words)] for answer in recognizer.recognize(windows)]

    monkeypatch.setattr(recognizer, "_encodes_one_by_one", False)
    together = [["".join(word.text for word in answer.words)] for answer in recognizer.recognize(windows)]

    assert together == alone


def test_without_temperatures_a_window_out_of_bounds_says_so_and_is_not_decoded_again() -> None:
    windows, _ = windows_of("good-service", "agent", 1)
    once = WhisperRecognizer(
        find_model("demo"), threads=2,
        options=DecodeOptions(beam_size=1, window_s=15, min_avg_log_prob=0.0, max_no_speech=1.1, temperatures=()),
    )  # fmt: skip
    never = WhisperRecognizer(
        find_model("demo"), threads=2,
        options=DecodeOptions(beam_size=1, window_s=15, min_avg_log_prob=0.0, max_no_speech=-1.0),
    )  # fmt: skip

    assert next(once.recognize(windows)).notes == ("out_of_bounds",)
    assert next(never.recognize(windows)).notes == ()  # it is sure that nobody speaks: no temperature will help


def test_punctuation_joins_the_word_before_it_and_times_stay_inside_the_window() -> None:
    tokens = [
        {"word": "，", "start": 0.0, "end": 0.1, "probability": 0.5},
        {"word": " 您好", "start": -0.2, "end": 0.6, "probability": 1.2},
        {"word": "。", "start": 0.6, "end": 0.7, "probability": 0.5},
        {"word": " ", "start": 0.7, "end": 0.8, "probability": 0.5},
        {"word": "请讲", "start": 2.5, "end": 2.1, "probability": 0.9},
    ]

    assert timed_words(tokens, 2.0) == (Word("您好。", 0.0, 0.6, 1.0), Word("请讲", 2.0, 2.0, 0.9))


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (["用", "Mic", "ros", "oft", "的"], ["用", "Microsoft", "的"]),
        (["办", "V", "IP", "。"], ["办", "VIP。"]),
        (["开", "Vo", "L", "TE"], ["开", "VoLTE"]),
        (["连", "Wi", "-", "Fi"], ["连", "Wi-Fi"]),
        (["4", "G", "套餐"], ["4G", "套餐"]),
        ([" good", " morn", "ing"], ["good", "morning"]),
        (["1", "38", "0013"], ["1", "38", "0013"]),
        (["98", ".", "5", "%"], ["98.", "5%"]),
    ],
)
def test_latin_words_stay_whole(tokens: list[str], expected: list[str]) -> None:
    timed = [{"word": text, "start": at, "end": at + 1, "probability": 0.9 - at / 10} for at, text in enumerate(tokens)]

    words = timed_words(timed, 20.0)

    assert [word.text for word in words] == expected
    assert [word.start for word in words] == sorted(word.start for word in words)
    assert join_words(words).replace(" ", "") == "".join(tokens).replace(" ", "")


def test_a_latin_word_of_several_tokens_is_as_sure_as_the_least_and_as_long_as_all() -> None:
    timed = [
        {"word": "Mic", "start": 1.0, "end": 1.2, "probability": 0.9},
        {"word": "ros", "start": 1.2, "end": 1.5, "probability": 0.3},
        {"word": "oft", "start": 1.5, "end": 1.9, "probability": 0.8},
    ]

    assert timed_words(timed, 2.0) == (Word("Microsoft", 1.0, 1.9, 0.3),)
