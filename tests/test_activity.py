from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.audio.activity import active_level, normalising_gain, padded, tight
from qa_speech.audio.limits import SpeechLimits
from qa_speech.audio.track import SILENT_DB
from qa_speech.timeline import Segment, Timeline

FRAME_S, LEVEL_S = 0.032, 0.01


def frames(
    spans: list[tuple[float, float]], length_s: float, *, step: float, inside: float, outside: float
) -> np.ndarray:
    """`inside` where the middle of a frame lies in a span, else `outside`."""
    middles = (np.arange(round(length_s / step)) + 0.5) * step
    found = np.full(len(middles), outside, np.float32)
    for start, end in spans:
        found[(middles >= start) & (middles < end)] = inside
    return found


def likely(*spans: tuple[float, float], length_s: float = 10.0, most: float = 0.9) -> np.ndarray:
    return frames(list(spans), length_s, step=FRAME_S, inside=most, outside=0.02)


def heard(*spans: tuple[float, float], length_s: float = 10.0, loud: float = -20, floor: float = -70) -> np.ndarray:
    return frames(list(spans), length_s, step=LEVEL_S, inside=loud, outside=floor)


def agree(found: Timeline, spoken: list[tuple[float, float]], within_s: float = 0.015) -> bool:
    return len(found) == len(spoken) and all(
        abs(item.start - start) <= within_s and abs(item.end - end) <= within_s
        for item, (start, end) in zip(found, spoken, strict=True)
    )


def test_ends_go_where_the_level_rises_and_falls() -> None:
    found = tight(likely((2.1, 4.3)), FRAME_S, heard((2.0, 4.1)), LEVEL_S)

    assert found == Timeline([(2.0, 4.1)])


def test_pauses_from_a_fifth_of_a_second_stay() -> None:
    spoken = [(1.0, 2.0), (2.19, 3.0), (3.21, 4.0)]

    found = tight(likely((1.0, 4.0)), FRAME_S, heard(*spoken), LEVEL_S)

    assert found == Timeline([(1.0, 3.0), (3.21, 4.0)])


def test_speech_shorter_than_a_tenth_of_a_second_is_dropped() -> None:
    spoken = [(1.0, 1.09), (3.0, 3.2)]

    found = tight(likely((0.9, 1.2), (2.9, 3.3)), FRAME_S, heard(*spoken), LEVEL_S)

    assert found == Timeline([(3.0, 3.2)])


def test_sound_the_detector_is_sure_is_no_speech_is_left_out() -> None:
    found = tight(likely((1.0, 2.0)), FRAME_S, heard((1.0, 2.0), (5.0, 9.0)), LEVEL_S)

    assert agree(found, [(1.0, 2.0)])


def test_doubtful_speech_as_loud_as_the_rest_is_kept_and_faint_is_not() -> None:
    doubtful = np.maximum(likely((1.0, 2.0)), likely((4.0, 5.0), (7.0, 8.0), most=0.25))
    levels = np.maximum(heard((1.0, 2.0), (4.0, 5.0)), heard((7.0, 8.0), loud=-48))

    assert tight(doubtful, FRAME_S, levels, LEVEL_S) == Timeline([(1.0, 2.0), (4.0, 5.0)])


def test_background_that_the_detector_takes_for_speech_is_not() -> None:
    random = np.random.default_rng(3)
    babble = random.normal(-40, 3, 3000).astype(np.float32)
    levels = np.maximum(babble, heard((5.0, 8.0), length_s=30.0))
    chatter = np.maximum(likely((5.0, 8.0), length_s=30.0), likely((12.0, 20.0), length_s=30.0, most=0.6))

    found = tight(chatter, FRAME_S, levels, LEVEL_S)

    assert found.crop(Segment(4.9, 8.1)).duration == pytest.approx(3.0, abs=0.1)
    assert (found - Timeline([(4.9, 8.1)])).duration < 0.5


def test_where_the_background_covers_a_voice_only_a_confident_detector_is_believed() -> None:
    """A voice at the level of the babble around it for a second in the middle of its turn."""
    levels = heard((2.0, 4.0), (5.0, 7.0), floor=-32)

    assert agree(tight(likely((2.0, 7.0), most=0.9), FRAME_S, levels, LEVEL_S), [(2.0, 7.0)], 0.04)
    assert agree(tight(likely((2.0, 7.0), most=0.7), FRAME_S, levels, LEVEL_S), [(2.0, 4.05), (4.95, 7.0)], 0.04)


def test_voices_far_behind_the_voice_of_the_channel_are_not_its_own() -> None:
    """The detector is confident of the babble of an office, 30 dB below who speaks."""
    levels = heard((2.0, 4.0), floor=-50)

    assert agree(tight(likely((2.0, 4.0), (6.0, 9.0)), FRAME_S, levels, LEVEL_S), [(2.0, 4.0)], 0.06)


@pytest.mark.parametrize(("moves", "begins"), [(False, 3.65), (True, 3.4)])
def test_loud_sound_that_moves_and_goes_on_into_speech_is_its_beginning(moves: bool, begins: float) -> None:
    """A detector that is late, by more than it usually is, after a long silence."""
    levels = heard((3.4, 6.0), (8.0, 8.3))
    moving = levels > -30 if moves else None

    assert agree(tight(likely((4.0, 6.0)), FRAME_S, levels, LEVEL_S, moving=moving), [(begins, 6.0)], 0.04)


def test_music_in_one_minute_does_not_hide_a_quiet_voice_in_the_next() -> None:
    levels = np.maximum(heard((1.0, 3.0), (60.0, 62.0), length_s=80.0, loud=-38), heard((20.0, 45.0), length_s=80.0))

    found = tight(likely((1.0, 3.0), (60.0, 62.0), length_s=80.0), FRAME_S, levels, LEVEL_S)

    assert agree(found, [(1.0, 3.0), (60.0, 62.0)])


def test_what_leaked_in_is_not_speech() -> None:
    explained = heard((4.0, 6.0)) > -40

    found = tight(likely((1.0, 2.0), (4.0, 6.0)), FRAME_S, heard((1.0, 2.0), (4.0, 6.0)), LEVEL_S, explained=explained)

    assert found == Timeline([(1.0, 2.0)])


def test_nothing_to_hear_is_an_empty_timeline() -> None:
    nothing = np.zeros(0, np.float32)

    assert tight(nothing, FRAME_S, nothing, LEVEL_S) == Timeline()
    assert tight(likely(), FRAME_S, heard(), LEVEL_S) == Timeline()


@given(
    st.lists(st.floats(0, 1, width=32), min_size=1, max_size=200),
    st.lists(st.floats(-120, 0, width=32), min_size=1, max_size=600),
)
def test_every_pause_and_every_stretch_keeps_its_least_length(chances: list[float], levels: list[float]) -> None:
    found = tight(np.array(chances, np.float32), FRAME_S, np.array(levels, np.float32), LEVEL_S)

    assert all(item.duration > 0.1 - 1e-6 for item in found)
    assert all(gap.duration > 0.2 - 1e-6 for gap in found.gaps())
    assert all(item.end <= len(levels) * LEVEL_S + 1e-9 for item in found)


@pytest.mark.parametrize(("level", "gain"), [(-12, 0), (-20, 0), (-30, 10), (-45, 25), (-60, 40), (-67, 0)])
def test_gain_brings_quiet_channels_up_and_leaves_dead_ones_alone(level: float, gain: float) -> None:
    assert normalising_gain(np.full(50, level, np.float32)) == gain


def test_gain_is_that_of_who_speaks_for_a_moment_not_of_the_line() -> None:
    levels = np.full(6000, -62, np.float32)
    levels[3000:3120] = -24

    assert normalising_gain(levels) == pytest.approx(4)


def test_noise_in_the_pauses_hides_no_speech() -> None:
    """As loud as the voice, but the voice has moments in which the noise would be heard, and is not."""
    spoken = np.tile(np.repeat(np.array([-20, -22, -30, -45], np.float32), 5), 5)
    levels = np.tile(np.concatenate((spoken, np.full(100, -20, np.float32))), 10)
    sure = np.tile(np.repeat([0.95, 0.02], 100), 10).astype(np.float32)

    found = tight(sure, 0.01, levels, 0.01)

    assert [(round(said.start, 1), round(said.end, 1)) for said in found][:2] == [(0, 1), (2, 3)]
    assert found.duration == pytest.approx(10, abs=0.5)


def test_an_empty_channel_is_silent() -> None:
    assert active_level(np.zeros(0, np.float32)) == SILENT_DB


def test_pieces_have_room_and_stay_in_the_recording() -> None:
    pieces = padded(
        Timeline([(0.1, 1.0), (1.5, 2.0), (9.5, 9.9)]), likely(), FRAME_S, 10.0, limits=SpeechLimits(pad_s=0.3)
    )

    assert pieces == (Segment(0, 2.3), Segment(9.2, 10.0))


@given(st.lists(st.tuples(st.floats(0, 300), st.floats(0.1, 90)), max_size=6), st.floats(1, 30), st.integers(0, 99))
def test_pieces_cover_the_speech_once_and_none_is_too_long(
    spans: list[tuple[float, float]], longest: float, seed: int
) -> None:
    speech = Timeline((start, start + length) for start, length in spans)
    chances = np.random.default_rng(seed).random(13_000).astype(np.float32)

    pieces = padded(speech, chances, FRAME_S, 400.0, limits=SpeechLimits(pad_s=0.3, max_piece_s=longest))

    assert all(piece.duration <= longest + 1e-9 for piece in pieces)
    assert all(one.end <= two.start + 1e-9 for one, two in pairwise(pieces))
    assert (speech - Timeline(pieces)).duration == pytest.approx(0, abs=1e-6)


def test_a_long_piece_is_cut_where_speech_is_least_likely() -> None:
    chances = likely((0.0, 40.0), length_s=40.0)
    chances[round(21.5 / FRAME_S)] = 0.1

    pieces = padded(Timeline([(0.0, 40.0)]), chances, FRAME_S, 40.0, limits=SpeechLimits(max_piece_s=30))

    assert pieces[0].end == pytest.approx(21.5, abs=FRAME_S)


def test_a_sound_that_stands_still_is_speech_only_where_the_detector_thinks_so() -> None:
    horn = frames([(4.0, 4.3)], 10.0, step=LEVEL_S, inside=True, outside=False).astype(bool)
    levels = heard((2.0, 4.3))

    ends = [tight(likely((2.0, 4.0)), FRAME_S, levels, LEVEL_S, still=still)[-1].end for still in (None, horn)]

    assert ends == pytest.approx([4.2, 4.0], abs=0.03)
    vowel = tight(likely((2.0, 4.3), most=0.6), FRAME_S, levels, LEVEL_S, still=horn)
    assert vowel[-1].end == pytest.approx(4.3, abs=0.03)
