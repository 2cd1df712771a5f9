"""Nothing of the recording is left inside a masked span, and nothing outside it is changed: sample by sample."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.audio.mask import TONE_HZ, mask, mask_ranges, ranges, tone
from qa_speech.timeline import Segment

RATE = 8000
SPANS = st.lists(
    st.tuples(st.floats(0, 3), st.floats(0.01, 1.5)).map(lambda one: Segment(one[0], one[0] + one[1])),
    max_size=4,
)


def speech(seed: int, seconds: float = 2.0, channels: int = 2) -> np.ndarray:
    """Noise that is never zero, so that every sample tells."""
    rng = np.random.default_rng(seed)
    samples = rng.integers(1, 20000, size=(channels, round(seconds * RATE)))
    return (samples * rng.choice([-1, 1], size=samples.shape)).astype(np.int16)


def covered(spans: list[Segment], padding_s: float, length: int) -> np.ndarray:
    inside = np.zeros(length, bool)
    at = np.arange(length) / RATE
    for span in spans:
        inside |= (at >= span.start - padding_s) & (at < span.end + padding_s)
    return inside


@given(SPANS, st.sampled_from([0.0, 0.1, 0.2]), st.sampled_from(["tone", "silence"]))
@settings(max_examples=60)
def test_inside_depends_on_the_span_alone_and_outside_is_untouched(
    spans: list[Segment], padding_s: float, replacement: str
) -> None:
    one, two = speech(1), speech(2)

    first = mask(one, RATE, spans, replacement=replacement, padding_s=padding_s)
    second = mask(two, RATE, spans, replacement=replacement, padding_s=padding_s)

    inside = covered(spans, padding_s, one.shape[1])
    assert np.array_equal(first[:, inside], second[:, inside])
    changed = np.zeros(one.shape[1], bool)
    for start, end in ranges(spans, RATE, one.shape[1], padding_s=padding_s):
        changed[start:end] = True
    assert np.array_equal(first[:, ~changed], one[:, ~changed])
    assert not (inside & ~changed).any()
    assert int((changed & ~inside).sum()) <= 2 * len(spans)  # edges are rounded outward by less than a sample


def test_silence_is_zero_on_both_channels_and_ends_where_the_padding_ends() -> None:
    masked = mask(speech(3), RATE, [Segment(0.5, 1.0)], replacement="silence", padding_s=0.1)

    assert (masked[:, 3200:8800] == 0).all()
    assert (masked[:, 3199] != 0).all()
    assert (masked[:, 8800] != 0).all()


def test_the_tone_is_a_sine_at_its_frequency_and_the_same_on_both_channels() -> None:
    masked = mask(speech(4), RATE, [Segment(0.5, 1.5)], padding_s=0.0)[:, 4000:12000]

    assert np.array_equal(masked[0], masked[1])
    assert np.array_equal(masked[0], tone(8000, RATE))
    spectrum = np.abs(np.fft.rfft(masked[0]))
    assert abs(np.argmax(spectrum) - TONE_HZ) <= 1


def test_the_recording_itself_is_not_changed() -> None:
    original = speech(5)
    before = original.copy()

    mask(original, RATE, [Segment(0.0, 2.0)])

    assert np.array_equal(original, before)


def test_a_span_beyond_the_end_masks_up_to_the_end() -> None:
    masked = mask(speech(6), RATE, [Segment(1.9, 30.0)], replacement="silence", padding_s=0.0)

    assert (masked[:, 15200:] == 0).all()
    assert ranges([Segment(5.0, 6.0)], RATE, 16000) == []


def test_no_span_changes_nothing() -> None:
    assert np.array_equal(mask(speech(7), RATE, []), speech(7))
    assert np.array_equal(mask_ranges(speech(7), RATE, []), speech(7))


def test_every_channel_is_masked() -> None:
    masked = mask(speech(8, channels=4), RATE, [Segment(0.0, 2.0)], replacement="silence")

    assert not masked.any()


@pytest.mark.parametrize("bad", [np.zeros(8000, np.int16), np.zeros((2, 8000), np.float32)])
def test_other_shapes_and_types_are_refused(bad: np.ndarray) -> None:
    with pytest.raises(ValueError, match="int16 samples of shape"):
        mask(bad, RATE, [Segment(0, 1)])


def test_negative_padding_is_refused() -> None:
    with pytest.raises(ValueError, match="padding_s must be 0 or more"):
        ranges([Segment(0, 1)], RATE, 8000, padding_s=-0.1)
