import numpy as np
import pytest

from qa_speech.audio.analysis import Analysis, analyse
from qa_speech.audio.track import Floats
from qa_speech.timeline import Segment, Timeline
from tests.voices import FRAME_S, by_level, noise, voice

LENGTH_S = 61.0
AGENT = [(1.0, 6.0), (12.0, 17.0), (24.0, 31.0), (40, 50)]


def analysed(*channels: Floats, detect: object = by_level) -> Analysis:
    samples = np.rint(np.clip(np.stack(channels), -1, 32767 / 32768) * 32768).astype(np.int16)
    return analyse(samples, 8000, detect, FRAME_S)  # type: ignore[arg-type]


def codes(found: Analysis, channel: int) -> dict[str, float | None]:
    return {item.code: item.value for item in found.findings if item.channel == channel}


def agent() -> Floats:
    return voice(AGENT, LENGTH_S, seed=1) + noise(LENGTH_S, -72, seed=3)


def deaf(samples: Floats) -> Floats:
    """A detector that hears nothing."""
    return np.full(-(-len(samples) // 512), 0.02, np.float32)


def by_pitch(samples: Floats) -> Floats:
    """A detector of pitch: likely where a frame repeats itself."""
    padded = np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512)
    power = np.abs(np.fft.rfft(padded, 2048, axis=1)) ** 2
    repeats = np.fft.irfft(power, axis=1)[:, 80:240].max(axis=1)
    energy = np.sum(padded**2, axis=1)
    return np.where((repeats > 0.3 * energy) & (energy > 512 * 1e-4), 0.95, 0.02).astype(np.float32)


def test_a_live_channel_without_speech_is_a_finding_and_so_is_one_of_a_party_that_hardly_speaks() -> None:
    customer = voice([(20.0, 21.0)], LENGTH_S, seed=2) + noise(LENGTH_S, -72, seed=4)

    assert codes(analysed(agent(), noise(LENGTH_S, -36), detect=deaf), 2)["silent_channel"] == pytest.approx(
        -35.5, abs=1
    )
    assert codes(analysed(agent(), customer), 2)["little_speech"] == pytest.approx(1.6, abs=0.3)
    assert "little_speech" in codes(analysed(agent(), noise(LENGTH_S, -62), detect=by_pitch), 2)


def test_a_short_call_a_dead_channel_and_music_say_it_otherwise() -> None:
    music = np.sin(2 * np.pi * 523.25 * np.arange(round(LENGTH_S * 8000)) / 8000) * 0.1
    dead = noise(LENGTH_S, -90)

    assert {"silent_channel", "little_speech"}.isdisjoint(codes(analysed(agent(), dead), 2))
    assert "silent_channel" not in codes(analysed(agent(), music.astype(np.float32), detect=deaf), 2)
    short = analysed(agent()[: 8000 * 20], noise(20.0, -62))
    assert "little_speech" not in codes(short, 2)


def whisper(spoken: list[tuple[float, float]]) -> Floats:
    """Noise through one mouth after the other, eight a second."""
    clock = np.arange(round(LENGTH_S * 8000)) / 8000
    vowels = np.stack(
        [resonant(noise(LENGTH_S, -24, seed=seed), hertz) for seed, hertz in enumerate((500, 1500, 2500))]
    )
    mouths = np.random.default_rng(0).integers(3, size=int(LENGTH_S * 8) + 1)
    said = np.take_along_axis(vowels, mouths[(clock * 8).astype(int)][None], axis=0)[0]
    return said * (np.abs(voice(spoken, LENGTH_S, seed=5)) > 0)


def resonant(sound: Floats, hertz: float) -> Floats:
    """A sound that is 20 dB louder within 400 Hz of a frequency."""
    spectrum = np.fft.rfft(sound)
    away = np.abs(np.fft.rfftfreq(len(sound), 1 / 8000) - hertz) > 400
    return np.fft.irfft(np.where(away, 0.1 * spectrum, spectrum), len(sound)).astype(np.float32)


def test_a_whisper_is_heard_again_and_said_to_be_one() -> None:
    spoken = [(5.0, 9.0), (20.0, 26.0), (52.0, 55.0)]

    found = analysed(agent(), whisper(spoken) + noise(LENGTH_S, -80, seed=6), detect=by_pitch)

    assert found.speech[1].duration == pytest.approx(13, abs=1.5)
    assert codes(found, 2)["unvoiced_speech"] == pytest.approx(5.5, abs=1)
    assert "unvoiced_speech" not in codes(found, 1)


def test_a_whisper_that_the_detector_hears_in_no_guise_is_found_by_how_it_moves() -> None:
    spoken = [(5.0, 9.0), (20.0, 26.0)]

    found = analysed(agent(), whisper(spoken) + noise(LENGTH_S, -80, seed=6), detect=deaf)

    assert [(round(said.start), round(said.end)) for said in found.speech[1]] == [(5, 9), (20, 26)]


def test_noise_that_comes_and_goes_stands_still_and_is_no_whisper() -> None:
    clock = np.arange(round(LENGTH_S * 8000)) / 8000
    bursts = noise(LENGTH_S, -24) * (clock % 5 < 2) + noise(LENGTH_S, -80, seed=6)

    found = analysed(agent(), bursts, detect=deaf)

    assert found.speech[1].duration == 0
    assert "unexplained_sound" in codes(found, 2)


def half_deaf(samples: Floats) -> Floats:
    """A detector that hears what is said before the 14th second, and nothing later."""
    likely = by_level(samples)
    likely[round(14 / FRAME_S) :] = 0.02
    return likely


def test_noise_beside_a_voice_that_is_heard_again_is_not_believed_with_it() -> None:
    """What moves is heard again, the noise between that goes on right after each word is not."""
    spoken = [(3.0, 7.0), (20.0, 22.0), (30.0, 32.0), (40.0, 42.0)]
    clock = np.arange(round(LENGTH_S * 8000)) / 8000
    hiss = noise(LENGTH_S, -26) * ((clock % 10 > 2.02) & (clock % 10 < 4) & (clock > 20) & (clock < 50))

    found = analysed(agent(), whisper(spoken) + hiss + noise(LENGTH_S, -80, seed=6), detect=half_deaf)

    noisy = Timeline([(22.3, 24), (32.3, 34), (42.3, 44)])
    assert (found.speech[1] & Timeline(spoken)).duration > 9
    assert (found.speech[1] & noisy).duration < 0.3


def test_a_quarter_as_much_restless_sound_as_speech_that_nothing_explains_is_said() -> None:
    """Sound that moves too little to be believed, and too much to be a machine."""
    spoken = voice([(2.0, 12.0)], LENGTH_S, seed=2)
    clock = np.arange(round(LENGTH_S * 8000)) / 8000
    wavering = np.where(clock % 0.4 < 0.2, 1, 0) * resonant(noise(LENGTH_S, -26), 900)
    other = noise(LENGTH_S, -24) * 0.6 + wavering * 0.8
    for length_s, said in ((5.0, True), (1.5, False)):
        beside = other * ((clock > 30) & (clock < 30 + length_s))
        found = analysed(agent(), spoken + beside + noise(LENGTH_S, -80, seed=6), detect=half_deaf)
        assert ("unexplained_sound" in codes(found, 2)) == said


def soon_tired(samples: Floats) -> Floats:
    """A detector that hears nothing after its first nine seconds."""
    likely = by_level(samples)
    likely[round(9 / FRAME_S) :] = 0.02
    return likely


def test_what_follows_a_long_tone_is_heard_as_if_it_were_the_first() -> None:
    clock = np.arange(round(LENGTH_S * 8000)) / 8000
    tone = 0.1 * np.sin(2 * np.pi * 523.25 * clock) * ((clock > 10) & (clock < 25))
    thanks = voice([(28.0, 31.0)], LENGTH_S, seed=2)

    found = analysed(agent(), tone.astype(np.float32) + thanks + noise(LENGTH_S, -80), detect=soon_tired)

    assert found.speech[1].crop(Segment(28, 31)).duration > 2.5
    assert not found.speech[1].crop(Segment(10.1, 24.9))


def test_where_the_level_would_take_most_away_the_detector_is_believed() -> None:
    """A voice that is heard loud for a moment and more than 40 dB softer for the rest of the call."""
    soft = noise(LENGTH_S, -58)
    soft[: 8000 * 6] += noise(6.0, -12, seed=1)

    found = analysed(agent(), soft, detect=lambda samples: np.full(-(-len(samples) // 512), 0.95, np.float32))

    assert codes(found, 2)["level_disagrees"] == pytest.approx(90, abs=1)
    assert found.speech[1].duration > 52
