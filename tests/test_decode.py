import os
import random
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from qa_speech.audio.decode import RawFormat, decode
from qa_speech.errors import DecodeError, QaSpeechError
from tests.recordings import FORMATS, RATE, two_tones


def level_at(samples: npt.NDArray[np.float32], rate: int, hz: float) -> float:
    """Level in dB of one frequency in the middle second."""
    middle = samples[len(samples) // 4 : -len(samples) // 4].astype(float)
    clock = np.arange(len(middle)) / rate
    return 20 * np.log10(abs(np.mean(middle * np.exp(-2j * np.pi * hz * clock))) * np.sqrt(2) + 1e-9)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_keeps_both_channels_apart(name: str, tmp_path: Path) -> None:
    suffix, write, channels = FORMATS[name]
    path = tmp_path / f"call.{suffix}"
    write(path)

    audio = decode(path)

    assert audio.samples.dtype == np.int16
    assert audio.samples.shape[0] == channels
    assert audio.duration == pytest.approx(2.0, abs=0.15)
    left = audio.cut(0, 0, audio.duration)
    assert level_at(left, audio.rate, 400) == pytest.approx(-12, abs=3)
    if channels == 2:
        right = audio.cut(1, 0, audio.duration)
        assert level_at(right, audio.rate, 1000) == pytest.approx(-24, abs=1.5)
        assert level_at(left, audio.rate, 1000) < -45
        assert level_at(right, audio.rate, 400) < -40


@pytest.mark.parametrize("subtype", ["PCM_16", "ALAW", "ULAW"])
def test_telephone_codecs_come_back_to_the_last_bit(subtype: str, tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, two_tones(), RATE, subtype=subtype)

    expected, _ = soundfile.read(path, dtype="int16", always_2d=True)

    assert np.array_equal(decode(path).samples, expected.T)


def test_loud_float_is_held_not_wrapped(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, np.array([[2.0], [-2.0], [np.nan], [0.5]] * 1000, np.float32), RATE, subtype="FLOAT")

    assert decode(path).samples[0, :4].tolist() == [32767, -32768, 0, 16384]


def test_vox_and_raw_with_a_given_codec(tmp_path: Path) -> None:
    vox, raw = tmp_path / "call.vox", tmp_path / "call.V3"
    soundfile.write(vox, two_tones()[:, 0], RATE, format="RAW", subtype="VOX_ADPCM")
    soundfile.write(raw, two_tones(), RATE, format="RAW", subtype="ALAW")

    assert level_at(decode(vox).cut(0, 0, 2), RATE, 400) == pytest.approx(-12, abs=1.5)
    assert decode(raw, raw=RawFormat("alaw", RATE, 2)).samples.shape == (2, 2 * RATE)
    with pytest.raises(DecodeError, match=r"call\.V3: not a recording"):
        decode(raw)


def test_raw_format_refuses_what_no_recording_has() -> None:
    with pytest.raises(ValueError, match="expected one of alaw"):
        RawFormat("mp4")
    with pytest.raises(ValueError, match="not a recording"):
        RawFormat("alaw", rate=3)


def header_with_size(path: Path, size: int) -> None:
    """Overwrite the size that the data chunk declares."""
    data = bytearray(path.read_bytes())
    at = data.index(b"data") + 4
    data[at : at + 4] = size.to_bytes(4, "little")
    path.write_bytes(bytes(data))


@pytest.fixture
def alaw(tmp_path: Path) -> Path:
    path = tmp_path / "call.wav"
    soundfile.write(path, two_tones(), RATE, subtype="ALAW")
    return path


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_a_recorder_that_never_wrote_the_size_loses_nothing(alaw: Path, size: int) -> None:
    header_with_size(alaw, size)

    audio = decode(alaw)

    assert audio.duration == pytest.approx(2.0, abs=0.01)
    assert audio.warnings == ("size_unknown",)


def test_a_truncated_file_gives_what_is_there_and_says_so(alaw: Path) -> None:
    alaw.write_bytes(alaw.read_bytes()[: -RATE * 2])

    audio = decode(alaw)

    assert audio.duration == pytest.approx(1.0, abs=0.01)
    assert audio.warnings == ("truncated",)


def test_a_sound_file_gives_no_warning(alaw: Path) -> None:
    assert decode(alaw).warnings == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (random.Random(1).randbytes(20_000), "not a recording that can be decoded"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "not a recording that can be decoded"),
        ("这不是录音".encode() * 200, "not a recording that can be decoded"),
    ],
    ids=["empty", "noise", "half-a-header", "text"],
)
def test_what_is_no_recording_is_refused_by_name_and_cause(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "坏.wav"
    path.write_bytes(content)

    with pytest.raises(DecodeError, match=f"坏.wav: {said}"):
        decode(path)


def test_a_header_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, np.zeros((0, 2), np.float32), RATE, subtype="PCM_16")

    with pytest.raises(DecodeError, match="holds no samples"):
        decode(path)


@pytest.mark.parametrize(("rate", "channels"), [(7, 1), (0xFFFFFFF0, 1), (8000, 60_000)])
def test_absurd_headers_are_refused(tmp_path: Path, rate: int, channels: int) -> None:
    path = tmp_path / "call.wav"
    soundfile.write(path, two_tones()[:, 0], RATE, subtype="PCM_16")
    data = bytearray(path.read_bytes())
    data[22:24] = channels.to_bytes(2, "little")
    data[24:28] = rate.to_bytes(4, "little")
    path.write_bytes(bytes(data))

    with pytest.raises(DecodeError):
        decode(path)


def test_missing_files_and_folders_are_named(tmp_path: Path) -> None:
    with pytest.raises(DecodeError, match="no such file"):
        decode(tmp_path / "none.wav")
    with pytest.raises(DecodeError, match="not a file"):
        decode(tmp_path)


@pytest.mark.parametrize("seed", range(60))
def test_damaged_bytes_never_crash(alaw: Path, seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(alaw.read_bytes())
    for _ in range(chance.randint(1, 12)):
        data[chance.randrange(64 if seed % 2 else len(data))] = chance.randrange(256)
    alaw.write_bytes(bytes(data[: chance.randrange(20, len(data))]))

    try:
        outcome = f"{decode(alaw).samples.shape[1]} samples"
    except QaSpeechError as exc:
        outcome = str(exc)

    assert os.fspath(alaw) in outcome or (outcome.endswith("samples") and outcome != "0 samples")


@pytest.mark.data
def test_odd_wavs_are_decoded_or_refused_never_worse_than_ffmpeg_and_libsndfile(data_dir: Path) -> None:
    folder = data_dir / "audio_torture"
    rows = [line.split("\t") for line in (folder / "manifest.tsv").read_text(encoding="utf-8").splitlines()[1:]]
    worse = []
    for row in rows:
        frames = row[2].split("/")
        readable = (len(frames) == 4 and frames[2] != "0") or (
            row[4].startswith("rc=0") and not row[4].endswith(" 0.000s")
        )
        try:
            decode(folder / row[0])
        except DecodeError:
            if readable:
                worse.append(row)
    assert worse == []
