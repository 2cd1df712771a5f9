import json
from pathlib import Path

import numpy as np
import pytest

from qa_speech.audio.analysis import Analysis, analyse
from qa_speech.audio.decode import decode
from qa_speech.audio.track import Floats
from qa_speech.engines.silero import SileroDetector
from qa_speech.errors import ChannelError
from qa_speech.resources import folder
from qa_speech.timeline import Segment, Timeline
from tests.voices import FRAME_S, by_level, noise, voice

LENGTH_S = 40.0
AGENT = [(1.0, 6.0), (12.0, 17.0), (24.0, 31.0)]
CUSTOMER = [(7.0, 11.0), (15.0, 22.0), (32.0, 38.0)]


def analysed(*channels: Floats, rate: int = 8000) -> Analysis:
    samples = np.rint(np.clip(np.stack(channels), -1, 32767 / 32768) * 32768).astype(np.int16)
    return analyse(samples, rate, by_level, FRAME_S)


def agent(level_db: float = -20.0) -> Floats:
    return voice(AGENT, LENGTH_S, level_db=level_db, seed=1) + noise(LENGTH_S, -72, seed=3)


def customer(level_db: float = -26.0) -> Floats:
    return voice(CUSTOMER, LENGTH_S, level_db=level_db, seed=2) + noise(LENGTH_S, -72, seed=4)


def wrong_s(found: Timeline, spans: list[tuple[float, float]]) -> float:
    truth = Timeline(spans)
    return (found - truth).duration + (truth - found).duration


def codes(found: Analysis) -> set[str]:
    return {item.code for item in found.findings}


def test_two_channels_each_have_their_own_speech() -> None:
    found = analysed(agent(), customer())

    assert (found.layout, found.channels) == ("two_channel", (1, 2))
    assert wrong_s(found.speech[0], AGENT) < 0.3
    assert wrong_s(found.speech[1], CUSTOMER) < 0.3


def test_a_quiet_voice_is_brought_up_before_it_is_looked_for() -> None:
    found = analysed(agent(), customer(-44))

    assert found.gains_db[1] == pytest.approx(24, abs=2)
    assert wrong_s(found.speech[1], CUSTOMER) < 1.0
    assert np.std(found.cut(1, 8.0, 10.0)) == pytest.approx(10 ** (-22 / 20), rel=0.3)


def test_a_leak_is_reported_and_nobody_speaks_on_the_wrong_channel() -> None:
    delayed = np.concatenate((np.zeros(800, np.float32), agent()))[: len(agent())]

    found = analysed(agent(), customer() + delayed * np.float32(0.15))

    leak = next(item for item in found.findings if item.code == "crosstalk")
    assert (leak.channel, leak.value) == (2, pytest.approx(20 * np.log10(0.15), abs=1.5))
    assert wrong_s(found.speech[1], CUSTOMER) < 0.5
    assert np.std(found.cut(1, 2.0, 5.0)) < 0.2 * np.std(found.cut(1, 8.0, 10.0))


def test_noise_that_buries_everything_is_reported_and_a_quiet_listener_is_not() -> None:
    """The detector hears nothing above the noise of −35 dBFS; the other channel only listens."""
    samples = np.rint(np.stack([noise(LENGTH_S, -35, seed=5), noise(LENGTH_S, -62, seed=6)]) * 32768).astype(np.int16)

    found = analyse(samples, 8000, lambda piece: np.full(-(-len(piece) // 512), 0.02, np.float32), FRAME_S)

    assert [(item.channel, item.value) for item in found.findings if item.code == "low_snr"] == [(1, 0.0)]


def test_one_channel_is_mono() -> None:
    found = analysed(agent() + customer())

    assert (found.layout, found.channels, len(found.speech)) == ("mono", (1,), 1)
    assert "mono" in codes(found)


def test_the_same_on_both_channels_is_one_voice_channel() -> None:
    both = agent() + customer()

    found = analysed(both, np.roll(both, 40) * np.float32(0.5))

    assert (found.layout, found.channels, len(found.speech)) == ("fake_stereo", (1,), 1)


def test_a_dead_channel_stays_a_channel_without_speech_or_gain() -> None:
    found = analysed(agent(), np.zeros(len(agent()), np.float32))

    assert found.layout == "two_channel"
    assert found.speech[1] == Timeline()
    assert found.gains_db[1] == 0
    assert {item.code for item in found.findings if item.channel == 2} == {"dead_channel", "level"}


def test_dead_channels_beyond_two_are_left_out_wherever_they_are() -> None:
    dead = np.zeros(len(agent()), np.float32)

    assert analysed(dead, agent(), dead, customer()).channels == (2, 4)
    assert analysed(dead, dead, agent()).channels == (1, 3)


def test_three_live_channels_are_refused() -> None:
    with pytest.raises(ChannelError, match="3 of 3 channels carry sound; expected one or two"):
        analysed(agent(), customer(), noise(LENGTH_S, -30))


def test_samples_of_another_shape_are_refused() -> None:
    with pytest.raises(ChannelError, match="expected samples of shape"):
        analyse(np.zeros(100, np.int16), 8000, by_level, FRAME_S)


@pytest.mark.parametrize("count", [0, 1, 100, 5000])
def test_very_short_recordings_have_no_speech_and_do_not_fail(count: int) -> None:
    found = analysed(np.zeros(count, np.float32), np.zeros(count, np.float32))

    assert found.speech == (Timeline(), Timeline())
    assert found.padded == ((), ())


def test_long_calls_are_given_to_the_detector_in_parts_with_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.rint(np.stack([agent(), customer()]) * 32768).astype(np.int16)
    given: list[int] = []

    def counted(piece: Floats) -> Floats:
        given.append(len(piece))
        return by_level(piece)

    whole = analyse(samples, 8000, counted, FRAME_S)
    monkeypatch.setattr("qa_speech.audio.hearing.DETECT_S", 9.0)
    parts = analyse(samples, 8000, counted, FRAME_S)

    assert given[:2] == [640_000, 640_000]
    assert max(given[2:]) < 16_000 * 24.5
    for one, two in zip(whole.speech, parts.speech, strict=True):
        assert wrong_s(one, [(item.start, item.end) for item in two]) < 0.05


def test_samples_are_left_as_they_are() -> None:
    samples = np.rint(np.stack([agent(), customer()]) * 32768).astype(np.int16)
    before = samples.copy()

    analyse(samples, 8000, by_level, FRAME_S)

    assert np.array_equal(samples, before)


def test_pieces_hold_the_speech_and_samples_of_their_length() -> None:
    found = analysed(agent(), customer())

    for number, (speech, pieces) in enumerate(zip(found.speech, found.padded, strict=True)):
        assert (speech - Timeline(pieces)).duration == pytest.approx(0, abs=1e-6)
        for piece in pieces:
            assert abs(len(found.cut(number, piece.start, piece.end)) - piece.duration * 16_000) <= 1


@pytest.mark.parametrize("name", ["good-service.ogg", "taboo-interruption.wav", "hold-and-thanks.ogg"])
def test_speech_of_the_samples_agrees_with_their_truth(name: str) -> None:
    path = folder("samples") / name
    truth = json.loads((path.parent / f"{path.stem}.truth.json").read_text(encoding="utf-8"))
    audio, detector = decode(path), SileroDetector()

    found = analyse(audio.samples, audio.rate, detector.probabilities, detector.frame_s)

    for channel, role in enumerate(("agent", "customer")):
        turns = Timeline((turn["start"], turn["end"]) for turn in truth["turns"] if turn["role"] == role)
        inside = found.speech[channel] & turns
        assert (found.speech[channel] - turns).duration < 0.04 * turns.duration
        assert inside.bridged(0.5).duration > 0.9 * turns.duration


def test_hold_music_of_a_sample_is_music_and_not_speech() -> None:
    path = Path(folder("samples") / "hold-and-thanks.ogg")
    truth = json.loads((path.parent / f"{path.stem}.truth.json").read_text(encoding="utf-8"))
    music = next(event for event in truth["events"] if event["kind"] == "hold_music")
    audio, detector = decode(path), SileroDetector()

    found = analyse(audio.samples, audio.rate, detector.probabilities, detector.frame_s)

    ((kind, start, end),) = found.sounds[0]
    assert kind == "music"
    assert (start, end) == (pytest.approx(music["start"], abs=0.3), pytest.approx(music["end"], abs=0.6))
    assert found.speech[0].crop(Segment(music["start"] + 0.1, music["end"])).duration == 0


@pytest.mark.parametrize("length", [1, 79, 80, 160, 900, 1700])
def test_a_recording_of_a_moment_is_analysed_like_any_other(length: int) -> None:
    moment = (0.3 * np.sin(np.arange(length))).astype(np.float32)

    found = analyse(np.stack([moment, moment[::-1]]), 8000, by_level, FRAME_S)

    assert len(found.speech) in (1, 2)
    assert all(line.duration <= length / 8000 + 0.01 for line in found.speech)
