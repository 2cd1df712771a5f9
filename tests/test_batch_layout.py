"""How many processes: as set, by rule of thumb, or by measuring."""

import pickle
from collections.abc import Callable
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from qa_speech.batch import layout, trial
from qa_speech.batch.factory import factories, factory_of
from qa_speech.batch.jobs import Layout
from qa_speech.batch.layout import Trial, cheapest, choose
from qa_speech.batch.remote import Remote
from qa_speech.batch.start import limits_of, starter
from qa_speech.batch.state import State, model_hash, read_state, write_state
from qa_speech.batch.worker import begin_row
from qa_speech.engines.base import LEAST_PAD_S, Traits
from qa_speech.engines.models import find_model
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer
from qa_speech.errors import ConfigError
from qa_speech.inputs import CallInput
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.pipeline import Prepared, inspect_many
from qa_speech.resources import folder
from qa_speech.scores import CallReport
from qa_speech.settings import Settings
from tests.batch_kit import NOW, Fake

MANY = [Row(str(number), f"{number}.wav", 1) for number in range(layout.WORTH_MEASURING)]
CPU: dict[str, Any] = {"recognition": {"device": "cpu"}}


@pytest.fixture
def two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: {0, 1})


@pytest.mark.usefixtures("two_cores")
def test_what_is_set_is_taken_and_few_calls_are_not_worth_a_measurement() -> None:
    fixed = choose(Settings.model_validate({**CPU, "batch": {"workers": 5}}), "demo", MANY)
    few = choose(Settings.model_validate(CPU), "demo", MANY[1:])
    silent = choose(Settings(), None, MANY)

    assert (fixed.workers, fixed.recognizers, fixed.threads) == (5, 1, 2)
    assert (few.workers, few.recognizers, few.threads, few.measured) == (1, 1, 2, False)
    assert (silent.workers, silent.recognizers) == (2, 0)


@pytest.mark.usefixtures("two_cores")
def test_the_measurement_chooses_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(count: int, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        if function is trial.prepare_trial:
            return [trial.PreparedTrial([b"window"], 1.0, 4.0)]
        return [{size: (1.0 if count == 1 else 3.0) / min(size, 4) for size in trial.BATCHES}] * count

    monkeypatch.setattr(layout, "in_processes", fake)

    chosen = choose(Settings.model_validate(CPU), "demo", MANY)

    assert (chosen.recognizers, chosen.threads, chosen.batch_size, chosen.measured) == (1, 2, 4, True)
    assert chosen.workers == 1  # a call takes 1 s to prepare and 4 windows of 0.25 s to recognise
    assert "0.250 s/window" in chosen.why
    assert "每窗 0.250 秒" in chosen.why_zh
    assert chosen.call_s == pytest.approx(1.0 / 2 + 4.0 * 0.25)  # two cores share the preparing


def test_little_gpu_memory_means_smaller_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "free_gpu_memory", lambda: [4_000])

    chosen = choose(Settings(), "demo", MANY)
    make = factories(Settings(), "demo", chosen)
    named = factories(Settings.model_validate({"recognition": {"compute_type": "int8"}}), "demo", chosen)

    assert (chosen.batch_size, chosen.compute_type) == (4, "int8_float16")
    assert make is not None
    assert named is not None
    assert make(0).settings.recognition.compute_type == "int8_float16"  # type: ignore[attr-defined]
    assert named(0).settings.recognition.compute_type == "int8"  # type: ignore[attr-defined]


def test_a_slow_model_is_tried_with_fewer_windows_and_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, given = [0.0], []

    class Slow:
        def recognize(self, windows: list[int]) -> list[int]:
            clock[0] += 9.0 * len(windows)
            given.append(len(windows))
            return windows

    monkeypatch.setattr("time.perf_counter", lambda: clock[0])

    found = trial.recognise_trial([pickle.dumps(0)] * trial.TRIAL_WINDOWS, Slow)  # type: ignore[arg-type]

    assert found == {1: 9.0, 2: 9.0}  # four more would end long after the limit
    assert sum(given) * 9.0 < 2 * trial.TRIAL_LIMIT_S


def test_a_simpler_layout_wins_unless_it_is_clearly_slower() -> None:
    trials = [Trial(1, 2, 4, 1.00), Trial(1, 2, 8, 0.98), Trial(2, 1, 8, 0.975)]

    assert cheapest(trials) == trials[0]
    assert cheapest([*trials, Trial(2, 1, 4, 0.8)]).recognizers == 2


def test_gpus_get_one_recogniser_each_with_a_batch_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "free_gpu_memory", lambda: [24_000, 11_000])

    chosen = choose(Settings(), "demo", MANY)

    assert (chosen.recognizers, chosen.devices, chosen.batch_size) == (2, (0, 1), 16)
    assert "on GPU 0, 1" in chosen.in_words("en")
    assert "显卡 0、1" in chosen.in_words("zh")


def test_calls_go_into_as_few_windows_as_their_recogniser_bears() -> None:
    row = Row("a", str(folder("samples") / "good-service.ogg"))

    def windows(least_pad_s: float) -> int:
        item = begin_row(row, NOW, Remote({}, 30.0, Traits(least_pad_s)))
        assert isinstance(item, Prepared)
        return len(item.plans)

    assert windows(LEAST_PAD_S) < windows(0.3)


@pytest.mark.slow
def test_trials_really_measure_the_bundled_model() -> None:
    rows = find_rows([folder("samples")])[:1]
    prepared = trial.prepare_trial(rows, Settings(), factory_of(Settings(), "demo", Layout(threads=1)))
    batched = factory_of(Settings(), "demo", Layout(threads=1, batch_size=16))
    found = trial.recognise_trial(prepared.windows[:1], batched)

    assert prepared.call_s > 0
    assert len(prepared.windows) == prepared.windows_per_call
    assert set(found) == set(trial.BATCHES)


def test_a_run_remembers_its_settings_and_the_hash_of_its_model(tmp_path: Path) -> None:
    digest, stamp = model_hash("demo", Settings(), State())
    write_state(tmp_path, State(Settings(agent_channel=2).model_dump(mode="json"), "complaint", stamp, "kept"))

    state = read_state(tmp_path)

    assert Settings.model_validate(state.settings).agent_channel == 2
    assert model_hash("demo", Settings(), state)[0] == "kept"
    assert len(digest) == 64
    (tmp_path / "run.json").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="damaged"):
        read_state(tmp_path)


def test_the_model_of_an_installed_engine_is_told_from_others_by_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa_speech.batch.state.recognizers", lambda: {"other": None})
    (tmp_path / "model.onnx").write_bytes(b"weights")

    one, _ = model_hash(f"other:{tmp_path}", Settings(), State())
    again, _ = model_hash(f"other:{tmp_path}", Settings(), State())
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    changed, _ = model_hash(f"other:{tmp_path}", Settings(), State())

    assert one == again
    assert one != changed


def test_the_layout_is_chosen_once_per_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen: list[int] = []

    def once(settings: Settings, model: str | None, todo: Any, tell: Any) -> Layout:
        chosen.append(1)
        return Layout(0, 0, why="tried", measured=True)

    monkeypatch.setattr("qa_speech.batch.start.choose", once)
    told: list[dict[str, Any]] = []
    for _ in range(2):
        starter(tmp_path, Settings(), None, read_state(tmp_path), [], told.append)(tmp_path).close()

    assert chosen == [1]
    assert [event["event"] for event in told] == ["layout", "layout"]


def test_memory_is_shared_out_when_no_limit_is_set() -> None:
    assert limits_of(Settings.model_validate({"batch": {"memory_limit_mb": 700}}), Layout(2, 1)).memory_mb == 700
    assert limits_of(Settings(), Layout(1, 0)).memory_mb >= limits_of(Settings(), Layout(4, 1)).memory_mb >= 2048


def test_tight_windows_say_nearly_the_same_as_full_ones_with_the_bundled_model() -> None:
    recording = CallInput(folder("samples") / "taboo-interruption.wav")
    known = {
        name: value for name, value in find_model("demo").decode.items() if name in DecodeOptions.__dataclass_fields__
    }
    heard = []
    for window in ("full", "tight"):
        recognizer = WhisperRecognizer(
            find_model("demo"), threads=2, options=DecodeOptions(**{**known, "window": window})
        )
        (report,) = inspect_many([recording], recognizer=recognizer, settings=NOW)
        assert isinstance(report, CallReport)
        assert report.call.made_with["window"] == window
        heard.append([word for item in report.call.utterances for word in item.words])

    full, tight = ("".join(word.text for word in words) for words in heard)
    same = SequenceMatcher(None, full, tight, autojunk=False)
    pairs = [
        (a + i, b + i) for a, b, size in same.get_matching_blocks() for i in range(size) if len(full) == len(heard[0])
    ]
    assert same.ratio() > 0.9
    assert all(abs(heard[0][a].start - heard[1][b].start) < 0.5 for a, b in pairs)


@pytest.mark.parametrize(
    ("says", "free_mb"),
    [
        ("echo 40960; echo 8000; echo 1", [40960, 8000]),
        ("echo N/A", [0, 0]),
        ("exit 9", [0, 0]),
    ],
)
def test_free_gpu_memory_is_what_the_driver_says_else_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, free_mb: list[int]
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(layout, "cuda_devices", lambda: 2)

    assert layout.free_gpu_memory() == free_mb


@pytest.mark.usefixtures("two_cores")
def test_calls_without_speech_give_the_rule_of_thumb(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silent.wav", np.zeros((16_000, 2)), 8000)

    chosen = layout.measured(lambda tried: Fake(), NOW, find_rows([tmp_path]), cores=2)

    assert (chosen.workers, chosen.recognizers, chosen.threads, chosen.measured) == (1, 1, 2, False)
    assert "no speech" in chosen.why
