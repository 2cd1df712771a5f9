from pathlib import Path

import numpy as np
import pytest

from qa_speech.audio import quality
from qa_speech.audio.track import Floats, Track, frame_levels
from qa_speech.timeline import Timeline
from tests.voices import noise, voice

LENGTH_S = 40.0
SPANS = [(1, 6), (8, 12), (14, 20), (23, 30), (33, 38)]
SPEECH = Timeline(SPANS)
VOICE = voice(SPANS, LENGTH_S, level_db=-20)
CLEAN = VOICE + noise(LENGTH_S, -55)


def values(samples: Floats, rate: int = 8000, speech: Timeline = SPEECH) -> dict[str, float | None]:
    track = Track(samples, rate)
    return {item.code: item.value for item in quality.findings(1, track, frame_levels(track), speech)}


def value(samples: Floats, code: str, rate: int = 8000) -> float:
    found = values(samples, rate)[code]
    assert found is not None
    return found


def low_passed(samples: Floats, hertz: float, rate: int = 8000) -> Floats:
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / rate) > hertz] = 0
    return np.fft.irfft(spectrum, len(samples)).astype(np.float32)


def test_a_good_channel_has_figures_and_no_fault() -> None:
    assert set(values(CLEAN)) == {"snr", "wada_snr", "band_limit"}


@pytest.mark.parametrize("below", [25, 15, 5])
def test_snr_is_speech_over_background(below: float) -> None:
    spoken = VOICE[np.abs(VOICE) > 0]
    level = 10 * np.log10(np.mean(spoken**2))

    found = values(VOICE + noise(LENGTH_S, level - below))

    assert found["snr"] == pytest.approx(below, abs=1.5)
    assert ("low_snr" in found) == (below < 12)


def test_snr_needs_a_background() -> None:
    assert quality.snr_db(np.full(50, -20, np.float32), np.ones(50, bool)) is None
    assert quality.snr_db(np.full(50, -20, np.float32), np.zeros(50, bool)) is None


@pytest.mark.parametrize("true_db", [0.0, 10.0, 20.0, 30.0])
def test_wada_snr_of_what_its_model_assumes(true_db: float) -> None:
    random = np.random.default_rng(1)
    speech = random.gamma(0.4, 1.0, 160_000) * random.choice([-1, 1], 160_000)
    speech = speech / np.std(speech)
    mixed = (speech + random.standard_normal(160_000) * 10 ** (-true_db / 20)) * 0.05
    track = Track(mixed.astype(np.float32), 8000)

    assert quality.wada_snr_db(track, Timeline([(0, 20)])) == pytest.approx(true_db, abs=1.0)


def test_the_wada_table_is_what_its_model_gives() -> None:
    """E[log mean|x| − mean log|x|] by drawing from the model; the table in the code was integrated."""
    random = np.random.default_rng(2)
    speech = random.gamma(0.4, 1.0, 400_000) / np.sqrt(0.4 * 1.4)
    other = random.standard_normal(400_000)
    for snr_db, ratio in zip(range(-20, 52, 10), quality.WADA_RATIOS[::5], strict=True):
        drawn = np.abs(speech + other * 10 ** (-snr_db / 20))
        assert np.log(drawn.mean()) - np.log(drawn).mean() == pytest.approx(ratio, abs=0.012)


@pytest.mark.data
def test_the_wada_table_is_the_published_one(data_dir: Path) -> None:
    published = np.loadtxt(data_dir / "snr_wada_table" / "wada_alpha0.4.tsv", skiprows=1)
    steps = quality.WADA_FIRST_DB + quality.WADA_STEP_DB * np.arange(len(quality.WADA_RATIOS))

    ours = np.interp(published[:, 0], steps, quality.WADA_RATIOS)

    assert np.max(np.abs(ours - published[:, 1])) < 0.005


def test_too_little_speech_says_nothing() -> None:
    assert set(values(CLEAN[:4000], speech=Timeline([(0, 0.4)]))) <= {"snr", "band_limit"}
    assert values(np.zeros(80_000, np.float32), speech=Timeline()) == {}


@pytest.mark.parametrize("hertz", [1200, 1800])
def test_a_narrow_band_is_measured_and_reported(hertz: float) -> None:
    found = values(low_passed(CLEAN, hertz))

    assert found["band_limit"] == pytest.approx(hertz, abs=150)
    assert "narrow_band" in found


def test_sound_brought_to_a_higher_rate_is_found_out() -> None:
    import soxr

    raised = soxr.resample(CLEAN, 8000, 16_000).astype(np.float32)
    wide = voice(SPANS, LENGTH_S, rate=16_000) + noise(LENGTH_S, -55, rate=16_000)

    assert value(raised, "sampling_rate", 16_000) == 8000
    assert "sampling_rate" not in values(wide, 16_000)


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_mains_hum_between_the_words(mains: float) -> None:
    clock = np.arange(len(CLEAN)) / 8000
    hum = sum(np.sin(2 * np.pi * mains * n * clock) / n for n in (1, 2, 3, 5))
    hum = (hum / np.std(hum) * 10 ** (-42 / 20)).astype(np.float32)
    track = Track(CLEAN + hum, 8000)
    found = next(item for item in quality.findings(1, track, frame_levels(track), SPEECH) if item.code == "hum")

    assert found.value == pytest.approx(-42, abs=2)
    assert found.note == f"{mains:g} Hz"


@pytest.mark.parametrize(("level_db", "delay_s"), [(-8, 0.1), (-14, 0.25), (-12, 0.4)])
def test_the_own_voice_coming_back_is_an_echo(level_db: float, delay_s: float) -> None:
    count = round(delay_s * 8000)
    echo = np.concatenate((np.zeros(count, np.float32), VOICE[:-count])) * np.float32(10 ** (level_db / 20))

    found = values(CLEAN + echo)

    assert found["echo_lag"] == pytest.approx(delay_s * 1000, abs=1.5)
    assert found["echo"] == pytest.approx(level_db, abs=4)


def test_holes_in_speech_are_counted_and_pauses_are_not() -> None:
    holed = CLEAN.copy()
    for start, length in ((2.0, 0.08), (9.0, 0.2), (16.0, 0.4), (25.0, 0.03)):
        holed[round(start * 8000) : round((start + length) * 8000)] = 0

    assert value(holed, "dropouts") == 3


def test_holes_under_a_constant_are_found_where_the_background_itself_is_faint_at_times() -> None:
    """A speech codec makes the pauses of a babble as faint as the constant it leaves in a hole."""
    clock = np.arange(len(VOICE)) / 8000
    babble = noise(LENGTH_S, -66) * (np.sin(2 * np.pi * 0.9 * clock) > -0.95) + noise(LENGTH_S, -80, seed=5)
    holed = (VOICE + babble).astype(np.float32)
    for start, length in ((2.0, 0.1), (9.0, 0.2), (16.0, 0.4)):
        holed[round(start * 8000) : round((start + length) * 8000)] = 1.2e-4

    assert "dropouts" not in values(VOICE + babble)
    assert value(holed, "dropouts") == 3


def test_hum_is_found_where_hardly_anything_is_left_unspoken() -> None:
    clock = np.arange(len(CLEAN)) / 8000
    hum = (sum(np.sin(2 * np.pi * 50 * n * clock) for n in (1, 2, 3)) * 0.01).astype(np.float32)
    spoken = Timeline([(0, 17), (19.3, 40)])

    assert "hum" in values(CLEAN + hum, speech=spoken)
    assert "hum" not in values(CLEAN, speech=spoken)


def test_hum_that_nobody_hears_is_none() -> None:
    clock = np.arange(len(VOICE)) / 8000
    hum = sum(np.sin(2 * np.pi * 50 * n * clock) for n in (1, 2, 3)).astype(np.float32)
    quiet = VOICE * np.float32(10 ** (-20 / 20))

    assert "hum" in values(quiet + hum * np.float32(10 ** (-65 / 20)), speech=SPEECH)
    assert "hum" not in values(quiet + hum * np.float32(10 ** (-82 / 20)), speech=SPEECH)


def test_without_a_background_holes_cannot_be_told_from_pauses() -> None:
    track = Track(VOICE, 8000)

    assert quality.holes(track, frame_levels(track), SPEECH) is None
