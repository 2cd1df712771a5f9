import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from qa_speech.engines import silero
from qa_speech.engines.silero import CHUNK_FRAMES, FRAME_SAMPLES, SileroDetector
from qa_speech.errors import EngineError, ModelError
from qa_speech.resources import folder


@pytest.fixture(scope="module")
def speech() -> np.ndarray:
    import soundfile
    import soxr

    samples, rate = soundfile.read(folder("samples") / "taboo-interruption.wav", dtype="float32", frames=8000 * 25)
    return np.asarray(soxr.resample(samples[:, 0], rate, 16_000), np.float32)


def test_one_probability_per_frame_also_for_a_part_of_one(speech: np.ndarray) -> None:
    assert SileroDetector().probabilities(speech[: FRAME_SAMPLES * 3 + 1]).shape == (4,)
    assert SileroDetector().probabilities(speech[:0]).shape == (0,)


def test_samples_are_left_as_they_are(speech: np.ndarray) -> None:
    before = speech.copy()

    SileroDetector().probabilities(speech)

    assert np.array_equal(speech, before)


def test_the_same_as_the_package_that_the_model_comes_with(speech: np.ndarray) -> None:
    from faster_whisper.vad import get_vad_model

    whole = speech[: len(speech) // FRAME_SAMPLES * FRAME_SAMPLES]
    assert len(whole) > CHUNK_FRAMES * FRAME_SAMPLES

    ours = SileroDetector().probabilities(whole)
    theirs = get_vad_model()(whole.copy())

    # its wrapper overwrites the end of the last frame with zeros
    assert np.array_equal(ours[:-1], theirs[:-1])


def test_finds_the_speech_of_a_sample(speech: np.ndarray) -> None:
    found = SileroDetector().probabilities(speech) > 0.5
    times = (np.arange(len(found)) + 0.5) * SileroDetector().frame_s

    assert found[(times > 1.1) & (times < 3.8)].mean() > 0.9
    assert found[times < 0.9].mean() == 0


def test_says_which_model_made_the_probabilities() -> None:
    made_with = SileroDetector().made_with

    assert made_with["name"] == "silero-vad-v6"
    assert made_with["package"].startswith("faster-whisper 1.")
    assert len(made_with["sha256"]) == 64


def test_a_detector_can_be_sent_to_another_process() -> None:
    assert pickle.loads(pickle.dumps(SileroDetector())).frame_s == 0.032


@pytest.mark.parametrize("samples", [np.zeros((2, 512), np.float32), np.zeros(512, np.float64)])
def test_refuses_what_is_no_mono_float32(samples: np.ndarray) -> None:
    with pytest.raises(EngineError, match="expected float32 of shape"):
        SileroDetector().probabilities(samples)


def test_a_missing_model_says_what_is_expected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    silero._asset.cache_clear()
    monkeypatch.setattr(silero, "ASSET", "assets/no_such.onnx")
    with pytest.raises(ModelError, match=r"no_such\.onnx is missing; expected faster-whisper >= 1\.2\.1"):
        silero._asset()

    silero._asset.cache_clear()
    monkeypatch.setattr(silero, "PACKAGE", "no_such_package")
    with pytest.raises(ModelError, match="no_such_package is not installed"):
        silero._asset()
    monkeypatch.undo()
    silero._asset.cache_clear()


def test_the_model_is_found_without_importing_faster_whisper() -> None:
    code = (
        "import sys; from qa_speech.engines.silero import SileroDetector; SileroDetector().made_with; "
        "print('faster_whisper' in sys.modules, 'onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
