import numpy as np
import pytest

from qa_speech.audio.channels import Survey, residual_db, sample_findings, survey
from qa_speech.audio.track import Track
from tests.voices import noise, voice

SPANS = [(0.5, 3.0), (4.0, 6.5), (8.0, 11.0)]


def surveyed(samples: np.ndarray) -> Survey:
    return survey(Track(np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16), 8000))


def codes(samples: np.ndarray) -> dict[str, float | None]:
    return {item.code: item.value for item in sample_findings(1, surveyed(samples))}


def test_a_good_channel_has_a_level_and_no_fault() -> None:
    found = codes(voice(SPANS, 12.0, level_db=-26) + noise(12.0, -60))

    assert set(found) == {"level"}
    assert found["level"] == pytest.approx(-26, abs=3)


@pytest.mark.parametrize("offset", [0.05, -0.1])
def test_dc_is_reported_with_its_sign_and_taken_off(offset: float) -> None:
    sound = voice(SPANS, 12.0) + np.float32(offset)

    assert codes(sound)["dc_offset"] == pytest.approx(100 * offset, abs=0.3)
    assert abs(surveyed(sound).track.read(0, 96_000).mean()) < 1e-4


@pytest.mark.parametrize("always", [True, False])
def test_digital_silence_is_silence_whether_dc_goes_with_the_signal_or_stays(always: bool) -> None:
    sound = voice(SPANS, 12.0)
    there = np.ones(len(sound), bool) if always else sound != 0

    found = surveyed(sound + np.float32(0.008) * there)

    assert not found.track.read(0, 3900).any()
    assert not found.track.read(25_000, 31_000).any()
    assert abs(found.track.read(8_000, 16_000).mean()) < 1e-3


def test_a_signal_that_never_moves_is_silence() -> None:
    assert surveyed(np.full(8000, 0.3)).level_db == pytest.approx(-120)


@pytest.mark.parametrize("ceiling", [1.0, 0.4])
def test_cut_off_peaks_are_clipping_wherever_the_ceiling_is(ceiling: float) -> None:
    sound = voice(SPANS, 12.0)
    limit = np.quantile(np.abs(sound[np.abs(sound) > 0.02]), 0.97)

    assert codes(np.clip(sound, -limit, limit) / limit * ceiling)["clipping"] == pytest.approx(1.4, abs=1.0)


def test_cut_off_peaks_show_through_the_coarse_steps_of_a_law() -> None:
    sound = voice([(0, 20)], 20.0, level_db=-12)
    limit = float(np.quantile(np.abs(sound[np.abs(sound) > 0.05 * np.abs(sound).max()]), 0.975))
    coarse = np.rint(np.clip(sound, -limit, limit) / limit * 0.61 * 32) / 32

    assert "clipping" in codes(coarse)
    assert "clipping" not in codes(np.rint(sound / np.abs(sound).max() * 0.61 * 32) / 32)


def test_who_speaks_for_a_moment_of_a_long_call_is_on_no_dead_channel() -> None:
    still = noise(60.0, -80, seed=5)

    assert "dead_channel" in codes(still)
    assert "dead_channel" not in codes(still + voice([(30, 31.2)], 60.0, level_db=-42, seed=6))


def test_loud_without_flat_tops_is_no_clipping() -> None:
    sound = voice(SPANS, 12.0)

    assert "clipping" not in codes(sound / np.abs(sound).max())


@pytest.mark.parametrize("samples", [np.zeros(96_000), noise(12.0, -80), np.full(96_000, 8 / 32768)])
def test_idle_channels_are_dead(samples: np.ndarray) -> None:
    assert "dead_channel" in codes(samples)


@pytest.mark.parametrize("gain", [1.0, 0.3, -0.6])
@pytest.mark.parametrize("delay", [0, 37, -400])
def test_the_same_signal_is_found_behind_gain_and_delay(gain: float, delay: int) -> None:
    one = voice(SPANS, 12.0) + noise(12.0, -50)

    assert residual_db(surveyed(one), surveyed(np.roll(one, delay) * gain)) < -40


def test_two_people_are_no_fake_stereo() -> None:
    agent, customer = voice([(0.5, 5)], 12.0, seed=1), voice([(4, 11)], 12.0, seed=2)

    assert residual_db(surveyed(agent), surveyed(customer)) == 0.0
    assert residual_db(surveyed(agent), surveyed(customer + 0.3 * agent)) > -20


def test_partly_the_same_is_measured_by_what_is_left() -> None:
    one = voice(SPANS, 12.0)
    hiss = noise(12.0, -46)
    expected = 10 * np.log10(np.mean(hiss**2) / np.mean((one + hiss) ** 2))

    assert residual_db(surveyed(one), surveyed(one + hiss)) == pytest.approx(expected, abs=0.5)


def test_the_idle_value_of_a_codec_makes_no_slope_beside_a_voice() -> None:
    """A codec that stands at 16 of 32768 in the pauses, and a voice without DC."""
    spoken = voice([(2.0, 4.0)], 6.0)
    idle = np.where(spoken == 0, np.float32(16 / 32768), spoken)
    idle[::39] -= np.float32(8 / 32768)

    found = survey(Track(idle.astype(np.float32), 8000))

    assert found.levels[405:].max() < -84
    assert found.levels[:195].max() < -84
