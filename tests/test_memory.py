"""A recording of any length is read, examined and written block by block."""

from __future__ import annotations

import tracemalloc
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from qa_speech import Settings, find_inputs, inspect_many
from qa_speech.audio import decode as decoding
from qa_speech.audio import hearing, mask, sounds
from qa_speech.audio.analysis import analyse
from qa_speech.audio.decode import decode
from qa_speech.audio.limits import RecordingLimits
from qa_speech.audio.mp3 import write_mp3
from qa_speech.audio.sound_files import write_sound
from qa_speech.audio.store import BLOCK_FRAMES, Store, blocks
from qa_speech.audio.track import Floats, Track
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import DecodeError
from qa_speech.report.loudness import levels_of
from qa_speech.scores import CallFailure
from qa_speech.timeline import Segment

SAMPLES = Path("samples")


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(1, 3), st.sampled_from([0, 30, 10**6]))
def test_samples_in_a_file_are_those_in_memory(sizes: list[int], channels: int, memory_bytes: int) -> None:
    random = np.random.default_rng(0)
    store = Store(channels, memory_bytes=memory_bytes)
    given_blocks = [random.integers(-32768, 32767, (size, channels)).astype(np.int16) for size in sizes]
    for block in given_blocks:
        store.add(block)
    whole = np.concatenate([np.zeros((0, channels), np.int16), *given_blocks]).T
    assert np.array_equal(store.samples, whole)
    assert [block.shape[1] for block in blocks(store.samples)] == ([whole.shape[1]] if whole.size else [])


def test_what_was_shown_before_stays(tmp_path: Path) -> None:
    store = Store(1, memory_bytes=0)
    store.add(np.array([[1], [2]], np.int16))
    early = store.samples
    store.add(np.array([[3]], np.int16))
    assert (early.tolist(), store.samples.tolist()) == ([[1, 2]], [[1, 2, 3]])


@pytest.fixture
def in_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every recording lies in a temporary file, however short."""
    monkeypatch.setattr(decoding, "Store", partial(Store, memory_bytes=0))


@pytest.mark.parametrize("name", ["good-service.ogg", "mono-mix.mp3", "gsm.wav"])
def test_a_call_in_a_file_is_the_call_in_memory(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    in_memory = decode(SAMPLES / name)
    monkeypatch.setattr(decoding, "Store", partial(Store, memory_bytes=0))
    in_file = decode(SAMPLES / name)
    assert not in_file.samples.flags.writeable
    assert np.array_equal(in_memory.samples, in_file.samples)
    assert np.array_equal(in_memory.cut(0, 0.3, 1.7), in_file.cut(0, 0.3, 1.7))
    detector = SileroDetector()
    one, two = (
        analyse(audio.samples, audio.rate, detector.probabilities, detector.frame_s) for audio in (in_memory, in_file)
    )
    assert (one.speech, one.padded, one.sounds, one.findings) == (two.speech, two.padded, two.sounds, two.findings)


@pytest.mark.usefixtures("in_files")
@pytest.mark.parametrize("ending", ["mp3", "wav"])
def test_sound_is_written_from_a_file(ending: str, tmp_path: Path) -> None:
    samples = decode(SAMPLES / "too-fast.ogg").samples
    write_sound(samples, 8000, tmp_path / f"a.{ending}")
    write_sound(np.ascontiguousarray(samples), 8000, tmp_path / f"b.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {f"a.{ending}", f"b.{ending}"}


@pytest.mark.parametrize("replacement", ["tone", "silence"])
def test_a_mask_over_several_blocks_is_that_of_one(replacement: str) -> None:
    samples = np.full((2, 2 * BLOCK_FRAMES + 77), 999, np.int16)
    hidden = [(5, 900), (1000, 2 * BLOCK_FRAMES + 9)]
    masked = mask.mask_ranges(samples, 8000, hidden, replacement=replacement)  # type: ignore[arg-type]
    wanted = samples.copy()
    for first, last in hidden:
        wanted[:, first:last] = mask.tone(last - first, 8000) if replacement == "tone" else 0
    assert np.array_equal(masked, wanted)


def test_a_long_sound_is_what_it_is_in_small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = np.arange(40 * 8000) / 8000
    music = sum(np.sin(2 * np.pi * hertz * clock) for hertz in (330, 660, 1188)) * 0.05
    noisy = music + np.random.default_rng(0).normal(0, 0.005, len(clock))
    ringing = 0.2 * np.sin(2 * np.pi * 450 * clock)
    for samples in (noisy, ringing):
        track = Track(samples.astype(np.float32), 8000)
        stretch = Segment(0.5, 39.0)
        found = []
        for steps in (37, 1024, 10**6):
            monkeypatch.setattr(sounds, "BLOCK_STEPS", steps)
            steady = sounds._is_steady(track, stretch, sounds._always(track))
            found.append((sounds.tone_in(track, stretch), sounds.pure_parts(track, stretch), steady))
        assert found[0] == found[1] == found[2]


@pytest.mark.usefixtures("in_files")
def test_memory_hardly_grows_with_the_length(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Noise without a pause, which every measurement looks at, takes less than a megabyte more for a minute more."""
    monkeypatch.setattr(hearing, "DETECT_S", 60.0)
    monkeypatch.setattr(mask, "Store", partial(Store, memory_bytes=0))
    tracemalloc.start()
    peaks = []
    for minutes in (2, 6):
        path = tmp_path / "noise.wav"
        with soundfile.SoundFile(path, "w", 8000, 1, subtype="PCM_16") as file:
            for minute in range(minutes):
                file.write(np.random.default_rng(minute).normal(0, 3000, 480_000).astype(np.int16))
        tracemalloc.reset_peak()
        audio = decode(path)
        analyse(audio.samples, audio.rate, _nobody, 0.032)
        write_mp3(mask.mask_ranges(audio.samples, audio.rate, [(0, 10**6)]), audio.rate, tmp_path / "noise.mp3")
        peaks.append(tracemalloc.get_traced_memory()[1] / 1e6)
    tracemalloc.stop()
    assert peaks[1] < peaks[0] + 4, peaks


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the kernel tells mapped pages under /proc only")
def test_what_the_lanes_of_a_page_have_read_leaves_the_memory() -> None:
    store = Store(2, memory_bytes=0)
    for minute in range(10):
        store.add(np.full((480_000, 2), minute, np.int16))
    samples = store.samples
    before = _mapped_mib()
    levels_of(samples, 8000)
    assert _mapped_mib() - before < 4  # of 18


def _mapped_mib() -> float:
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = [line for line in status.splitlines() if line.startswith("RssFile:")]
    return int(line.split()[1]) / 1024


def _nobody(piece: Floats) -> Floats:
    return np.zeros(-(-len(piece) // 512), np.float32)


def test_a_recording_beyond_the_limits_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "long.flac"
    with soundfile.SoundFile(path, "w", 8000, 1, subtype="PCM_16") as file:
        for _ in range(61):
            file.write(np.zeros(480_000, np.int16))
    assert decode(path).duration == 3660
    with pytest.raises(DecodeError, match=r"long\.flac: longer than 1 hours, .*recordings\.max_hours"):
        decode(path, limits=RecordingLimits(max_hours=1))
    with pytest.raises(DecodeError, match="sampling rate 8000 Hz; expected 16000…48000"):
        decode(path, limits=RecordingLimits(min_rate=16_000, max_rate=48_000))
    settings = Settings.model_validate({"recordings": {"max_hours": 0.5}})
    outcome = next(inspect_many(find_inputs([path]), settings=settings))
    assert isinstance(outcome, CallFailure)
    assert "0.5 hours" in outcome.message


def test_a_full_temporary_folder_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(Store):
        def add(self, block: object) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(decoding, "Store", Full)
    with pytest.raises(DecodeError, match=r"gsm\.wav: its sound does not fit into .*No space left"):
        decode(SAMPLES / "gsm.wav")
