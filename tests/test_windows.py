from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Word
from qa_speech.engines.base import Piece
from qa_speech.engines.windows import pack, to_call_time
from qa_speech.timeline import Segment, Timeline

speech = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 250)), max_size=20).map(
    lambda pairs: Timeline((start / 10, (start + length) / 10) for start, length in pairs)
)


@given(speech, st.sampled_from([5.0, 15.0, 30.0]))
def test_windows_hold_all_speech_once_in_order(segments: Timeline, window_s: float) -> None:
    windows = pack(segments, window_s=window_s)
    pieces = [piece for window in windows for piece in window]

    assert Timeline((piece.call_start, piece.call_end) for piece in pieces).duration == pytest.approx(segments.duration)
    assert [piece.call_start for piece in pieces] == sorted(piece.call_start for piece in pieces)
    assert all(window[-1].window_end <= window_s + 1e-6 for window in windows)
    assert all(window[0].window_start == 0 for window in windows)


@given(speech)
def test_no_two_neighbouring_windows_would_fit_in_one(segments: Timeline) -> None:
    windows = pack(segments, window_s=30.0)

    for one, two in pairwise(windows):
        assert one[-1].window_end + two[-1].window_end > 30.0 - 1e-6


@st.composite
def heard(draw: st.DrawFn) -> tuple[Timeline, list[Segment], float]:
    """Speech, the same with padding and cut where it is longer than a window, and the window."""
    window_s = draw(st.sampled_from([5.0, 15.0, 30.0]))
    spoken = draw(speech)
    roomy = Timeline((max(0.0, item.start - 0.3), item.end + 0.3) for item in spoken)
    pieces = []
    for item in roomy:
        start = item.start
        while item.end - start > window_s:
            cut = start + draw(st.integers(int(5 * window_s), int(10 * window_s))) / 10
            pieces.append(Segment(start, cut))
            start = cut
        pieces.append(Segment(start, item.end))
    return spoken, pieces, window_s


@given(heard())
def test_with_the_speech_known_no_more_windows_hold_all_of_it_once(made: tuple[Timeline, list[Segment], float]) -> None:
    spoken, padded, window_s = made
    windows = pack(padded, window_s=window_s, speech=spoken)
    pieces = [piece for window in windows for piece in window]
    taken = Timeline((piece.call_start, piece.call_end) for piece in pieces)

    assert len(windows) <= len(pack(padded, window_s=window_s))
    assert (spoken - taken).duration < 1e-6
    assert (taken - Timeline((item.start, item.end) for item in padded)).duration < 1e-6
    assert all(one.call_end <= two.call_start + 1e-6 for one, two in pairwise(pieces))
    assert all(window[-1].window_end <= window_s + 1e-6 for window in windows)


def test_padding_gives_way_only_where_that_saves_a_window() -> None:
    spoken = Timeline((start, start + 4.0) for start in range(10, 45, 5))
    padded = [Segment(item.start - 0.3, item.end + 0.3) for item in spoken]

    (squeezed,) = pack(padded, window_s=30.0, speech=spoken)  # 28 s of speech, 32.2 s with all its padding
    (roomy,) = pack(padded[:6], window_s=30.0, speech=Timeline(list(spoken)[:6]))

    assert len(pack(padded, window_s=30.0, speech=spoken, least_pad_s=0.3)) == 2
    assert {round(piece.call_end - piece.call_start, 2) for piece in squeezed} == {4.2}
    assert {round(piece.call_end - piece.call_start, 2) for piece in roomy} == {4.6}


def test_a_call_is_cut_in_its_longest_pauses() -> None:
    spoken = Timeline([(0, 6), (6.3, 12), (14, 20), (20.3, 26)])
    padded = [Segment(0, 12.3), Segment(13.7, 26.3)]

    windows = pack(padded, window_s=13.0, speech=spoken)

    assert [(window[0].call_start, window[-1].call_end) for window in windows] == [(0, 12.3), (13.7, 26.3)]


def test_a_piece_longer_than_a_window_is_cut_in_its_pause() -> None:
    spoken = Timeline([(0, 6), (6.4, 12)])

    windows = pack([Segment(0, 9.9), Segment(9.9, 12.3)], window_s=10.0, speech=spoken)

    assert [round(window[0].call_start, 2) for window in windows] == [0, 6.2]


@given(speech, st.lists(st.floats(0, 29), max_size=8))
def test_words_land_inside_the_piece_that_holds_their_midpoint(segments: Timeline, starts: list[float]) -> None:
    for pieces in pack(segments, window_s=30.0):
        words = [Word("好", start, start + 0.2) for start in sorted(starts) if start + 0.2 <= pieces[-1].window_end]
        for word, moved in zip(words, to_call_time(words, pieces), strict=True):
            home = [piece for piece in pieces if piece.window_start <= word.start + 0.1 < piece.window_end + 1e-9]
            assert any(piece.call_start - 1e-9 <= moved.start <= moved.end <= piece.call_end + 1e-9 for piece in home)


def test_a_word_never_stretches_over_the_silence_between_pieces() -> None:
    pieces = (Piece(0.0, 1.0, 0.0), Piece(60.0, 61.0, 1.0))

    moved = to_call_time([Word("您", 0.9, 1.3), Word("好", 1.3, 1.5)], pieces)

    assert [(round(word.start, 3), round(word.end, 3)) for word in moved] == [(60.0, 60.3), (60.3, 60.5)]


def test_a_segment_longer_than_a_window_is_cut() -> None:
    windows = pack([Segment(0, 70)], window_s=30)

    assert [(window[0].call_start, window[-1].call_end) for window in windows] == [
        (0, 30),
        (30, 60),
        (60, 70),
    ]
