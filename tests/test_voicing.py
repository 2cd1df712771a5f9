import numpy as np
import pytest

from qa_speech.audio.voicing import STEP, voiced
from tests.voices import noise


def test_a_hiss_gets_a_pitch() -> None:
    found = voiced(noise(4.0, -20, rate=16_000))

    spectrum = np.abs(np.fft.rfft(found[16_000:20_800] * np.hanning(4800))) ** 2
    hertz = np.fft.rfftfreq(4800, 1 / 16_000)
    low = spectrum[(hertz > 60) & (hertz < 250)]

    assert low.max() > 20 * np.median(low)


def test_silence_stays_silent_and_sound_where_it_was() -> None:
    samples = np.zeros(32_000, np.float32)
    samples[8_000:16_000] = noise(0.5, -20, rate=16_000)

    found = voiced(samples)

    assert np.std(found[9_000:15_000]) == pytest.approx(0.1, rel=0.4)
    assert np.abs(found[: 8_000 - 4 * STEP]).max() < 1e-3
    assert np.abs(found[16_000 + 4 * STEP :]).max() < 1e-3


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 511, 512, 513, 600_000])
def test_any_number_of_samples_comes_back(count: int) -> None:
    found = voiced(np.full(count, 0.1, np.float32))

    assert found.shape == (count,)
    assert np.isfinite(found).all()
