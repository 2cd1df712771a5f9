"""What `doctor` says about a GPU, on machines that have more or less of what it needs."""

import pytest

from qa_speech.cli import checkup
from qa_speech.cli.checkup import Check
from qa_speech.engines import whisper
from qa_speech.engines.models import find_model
from qa_speech.errors import ModelError


def machine(patch: pytest.MonkeyPatch, *, driver: bool, devices: int, cublas: bool) -> dict[str, Check]:
    patch.setattr(checkup, "_has_driver", lambda: driver)
    patch.setattr(whisper, "cuda_devices", lambda: devices)
    patch.setattr(whisper, "preload_cublas", lambda: cublas)
    return {check.name: check for check in checkup._gpu()}


@pytest.mark.parametrize(
    ("driver", "devices", "cublas", "states", "said"),
    [
        (False, 0, False, ("missing", "missing"), "no NVIDIA driver (libcuda.so.1)"),
        (True, 0, False, ("missing", "missing"), "CUDA_VISIBLE_DEVICES"),
        (True, 2, False, ("ok", "broken"), "libcublas.so.12 missing"),
        (True, 2, True, ("ok", "ok"), "2 CUDA devices"),
    ],
)
def test_what_a_gpu_lacks_is_named(
    monkeypatch: pytest.MonkeyPatch, driver: bool, devices: int, cublas: bool, states: tuple[str, str], said: str
) -> None:
    found = machine(monkeypatch, driver=driver, devices=devices, cublas=cublas)

    assert (found["gpu"].state, found["cuBLAS 12"].state) == states
    assert said in " ".join(item.en for item in found.values())


def test_what_to_install_is_said_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = machine(monkeypatch, driver=True, devices=1, cublas=False)["cuBLAS 12"]

    for text in (lacking.zh, lacking.en):
        assert "pip install 'qa-speech[cuda]'" in text
        assert "cuDNN" in text


def test_a_gpu_without_cublas_is_refused_before_the_first_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "cuda_devices", lambda: 1)
    monkeypatch.setattr(whisper, "preload_cublas", lambda: False)

    with pytest.raises(ModelError, match=r"cuBLAS 12.*qa-speech\[cuda\]"):
        whisper.WhisperRecognizer(find_model("demo"))


def test_cublas_of_the_extra_is_found_only_whole(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path_factory.mktemp("site")
    folder = site / "nvidia" / "cublas" / "lib"
    folder.mkdir(parents=True)
    monkeypatch.syspath_prepend(str(site))

    (folder / whisper.CUBLAS[0]).write_bytes(b"")
    assert whisper.cublas_folder() == ""
    (folder / whisper.CUBLAS[1]).write_bytes(b"")
    assert whisper.cublas_folder() == str(folder)
    assert not whisper._loaded(str(folder))  # empty files are no libraries
