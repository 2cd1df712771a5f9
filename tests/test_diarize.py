"""Two speakers on one channel, with a stand-in where sherpa-onnx would be."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from qa_speech.call import Role
from qa_speech.engines import diarize
from qa_speech.engines.base import Samples
from qa_speech.errors import EngineError, ModelError
from qa_speech.inputs import CallInput
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Diarize, Settings, load_settings
from qa_speech.testing import FakeRecognizer
from qa_speech.timeline import Timeline
from tests.voices import FRAME_S, by_level, noise, voice

LENGTH_S = 30.0
FIRST, SECOND = [(1.0, 5.0), (12.0, 17.0)], [(6.0, 11.0), (16.0, 22.0)]


class Splitter:
    """What sherpa-onnx would answer: turns in any order, speakers numbered as they please."""

    sample_rate = 16_000

    def __init__(self, *turns: tuple[float, float, int]) -> None:
        self.turns = turns

    def process(self, samples: Samples) -> SimpleNamespace:
        found = [SimpleNamespace(start=start, end=end, speaker=speaker) for start, end, speaker in self.turns]
        return SimpleNamespace(sort_by_start_time=lambda: found)


class Detector:
    frame_s = FRAME_S
    made_with: Mapping[str, str] = {"name": "by level"}

    def probabilities(self, samples: Samples) -> Samples:
        return by_level(samples)


TURNS = (*((a, b, 7) for a, b in FIRST), *((a, b, 3) for a, b in SECOND))


@pytest.fixture
def models(tmp_path: Path) -> tuple[Path, Path]:
    paths = (tmp_path / "segmentation.onnx", tmp_path / "embedding.onnx")
    for path in paths:
        path.write_bytes(path.stem.encode())
    return paths


@pytest.fixture
def mono(tmp_path: Path) -> Path:
    path = tmp_path / "mono.wav"
    both = voice(FIRST, LENGTH_S, seed=1) + voice(SECOND, LENGTH_S, level_db=-24, seed=2) + noise(LENGTH_S, -66)
    soundfile.write(path, both, 8000)
    return path


def inspected(path: Path, models: tuple[Path, Path], answers: Sequence[str] = ()) -> CallReport:
    (report,) = inspect_many(
        [CallInput(path)],
        detector=Detector(),
        diarizer=diarize.SherpaDiarizer(*models, splitter=Splitter(*TURNS)),
        recognizer=FakeRecognizer(answers) if answers else None,
    )
    assert isinstance(report, CallReport)
    return report


def test_one_timeline_per_speaker_in_the_order_they_begin(models: tuple[Path, Path]) -> None:
    turns = Splitter((6, 9, 0), (1, 5, 1), (8.5, 40, 1), (12, 12, 0))

    found = diarize.SherpaDiarizer(*models, splitter=turns).diarize(np.zeros(16_000 * 20, np.float32))

    assert found == (Timeline([(1, 5), (8.5, 20)]), Timeline([(6, 9)]))


def test_what_goes_wrong_inside_names_the_engine(models: tuple[Path, Path]) -> None:
    three = diarize.SherpaDiarizer(*models, splitter=Splitter((0, 1, 0), (1, 2, 1), (2, 3, 2)))
    broken = diarize.SherpaDiarizer(*models, splitter=SimpleNamespace(sample_rate=16_000))

    with pytest.raises(EngineError, match="found 3 speakers; expected 2"):
        three.diarize(np.zeros(80_000, np.float32))
    with pytest.raises(EngineError, match="sherpa-onnx failed on valid audio"):
        broken.diarize(np.zeros(80_000, np.float32))


def test_without_the_extra_the_error_names_it(models: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)

    with pytest.raises(ModelError, match=r"sherpa-onnx is not installed; pip install 'qa-speech\[sherpa\]'"):
        diarize.SherpaDiarizer(*models)


class Sherpa(ModuleType):
    """As much of sherpa-onnx as is asked for: models that it takes, refuses, or breaks on."""

    def __init__(self, *, takes: bool = True, breaks: bool = False) -> None:
        super().__init__("sherpa_onnx")
        self.asked: list[Any] = []
        self.takes, self.breaks = takes, breaks
        for name in (
            "OfflineSpeakerSegmentationModelConfig", "OfflineSpeakerSegmentationPyannoteModelConfig",
            "SpeakerEmbeddingExtractorConfig", "FastClusteringConfig",
        ):  # fmt: skip
            setattr(self, name, lambda **options: SimpleNamespace(**options))

    def OfflineSpeakerDiarizationConfig(self, **options: Any) -> Any:
        return SimpleNamespace(validate=lambda: self.takes, **options)

    def OfflineSpeakerDiarization(self, config: Any) -> Splitter:
        if self.breaks:
            raise RuntimeError("no such input: x")
        self.asked.append(config)
        return Splitter((0, 1, 0))


def test_the_splitter_is_given_both_models_and_looks_for_two_speakers(
    models: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    sherpa = Sherpa()
    monkeypatch.setitem(sys.modules, "sherpa_onnx", sherpa)

    found = diarize.SherpaDiarizer(*models).diarize(np.zeros(32_000, np.float32))

    (config,) = sherpa.asked
    assert config.segmentation.pyannote.model == str(models[0])
    assert config.embedding.model == str(models[1])
    assert config.clustering.num_clusters == 2
    assert found == (Timeline([(0, 1)]),)


@pytest.mark.parametrize(
    ("sherpa", "says"), [(Sherpa(takes=False), "refuses .*segmentation"), (Sherpa(breaks=True), "no such input: x")]
)
def test_models_that_do_not_fit_are_named(
    models: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, sherpa: Sherpa, says: str
) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", sherpa)

    with pytest.raises(ModelError, match=says):
        diarize.SherpaDiarizer(*models)


def test_missing_files_and_other_rates_are_refused(models: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx is missing"):
        diarize.SherpaDiarizer(models[0], tmp_path / "none.onnx")
    with pytest.raises(ModelError, match="works at 8000 Hz, not 16000"):
        diarize.SherpaDiarizer(*models, splitter=SimpleNamespace(sample_rate=8000, process=None))


def test_what_is_wrong_for_every_call_fails_before_the_first(tmp_path: Path, mono: Path) -> None:
    settings = Settings(diarize=Diarize(segmentation=tmp_path / "a.onnx", embedding=tmp_path / "b.onnx"))

    with pytest.raises(ModelError, match=r"a\.onnx is missing"):
        next(inspect_many([CallInput(mono)], settings=settings, detector=Detector()))


def test_models_are_found_beside_the_settings_file(tmp_path: Path) -> None:
    path = tmp_path / "qa_speech.toml"
    path.write_text('[diarize]\nsegmentation = "a.onnx"\nembedding = "/models/b.onnx"\n', encoding="utf-8")

    found = load_settings(path).diarize

    assert found == Diarize(segmentation=tmp_path / "a.onnx", embedding=Path("/models/b.onnx"))


def test_a_divided_call_has_both_roles_and_says_why_it_is_not_to_be_trusted(
    models: tuple[Path, Path], mono: Path
) -> None:
    report = inspected(mono, models)
    call, talk = report.call, report.measurements["talk:customer"]

    assert (call.recording.layout, call.recording.channels) == ("mono", (Role.UNKNOWN,))
    assert call.recording.roles_from == "diarizer"
    assert call.speech[Role.AGENT].duration == pytest.approx(9, abs=0.3)
    assert talk.value == pytest.approx(11, abs=0.3)
    assert (talk.reliability, talk.reliability_reason) == ("low", "mono")
    assert call.made_with["diarizer_overlap"] == "modelled"
    assert report.measurements["overlap"].value == pytest.approx(1, abs=0.2)


def test_speech_the_diarizer_leaves_out_goes_to_the_nearest_voice(models: tuple[Path, Path], mono: Path) -> None:
    (report,) = inspect_many(
        [CallInput(mono)],
        detector=Detector(),
        diarizer=diarize.SherpaDiarizer(*models, splitter=Splitter((1, 5, 0), (6, 10, 1), (12, 17, 0), (17, 22, 1))),
    )
    assert isinstance(report, CallReport)

    assert report.call.speech[Role.CUSTOMER].covers(10.5)
    assert not report.call.speech[Role.AGENT].covers(10.5)


def test_words_settle_who_is_the_agent(models: tuple[Path, Path], mono: Path) -> None:
    swapped = inspected(mono, models, ["我想查一下话费", "您好工号一零零一很高兴为您服务"]).call
    kept = inspected(mono, models, ["您好很高兴为您服务", "我想查一下话费"]).call

    assert swapped.recording.roles_from == kept.recording.roles_from == "words"
    assert swapped.speech[Role.CUSTOMER].covers(2.0)
    assert kept.speech[Role.AGENT].covers(2.0)
    assert swapped.recording.finding("swapped_roles") is None


def test_what_is_recognised_of_one_voice_holds_nothing_only_the_other_says(
    models: tuple[Path, Path], mono: Path
) -> None:
    recognizer = FakeRecognizer()
    list(
        inspect_many(
            [CallInput(mono)], detector=Detector(), recognizer=recognizer,
            diarizer=diarize.SherpaDiarizer(*models, splitter=Splitter((1, 5.5, 0), (5.5, 11, 1), (12, 22, 0))),
        )
    )  # fmt: skip
    pieces = {window.role: Timeline((p.call_start, p.call_end) for p in window.pieces) for window in recognizer.seen}

    assert not pieces[Role.AGENT].covers(7.0)
    assert pieces[Role.CUSTOMER].extent is not None
    assert pieces[Role.CUSTOMER].extent.end < 11.5


def test_a_batch_fails_before_the_first_call_too(tmp_path: Path, mono: Path) -> None:
    from typer.testing import CliRunner

    from qa_speech.cli import app

    config = tmp_path / "qa_speech.toml"
    config.write_text('[diarize]\nsegmentation = "no.onnx"\nembedding = "no.onnx"\n', "utf-8")

    done = CliRunner().invoke(
        app, ["batch", "run", str(mono), "--out", str(tmp_path / "run"), "--model", "none", "--config", str(config)]
    )

    assert (done.exit_code, "no.onnx；应为 ONNX 文件" in done.stderr) == (2, True)
    assert not list((tmp_path / "run").rglob("*.parquet"))
