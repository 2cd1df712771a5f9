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
        assert one[-1].window_end + (two[0].call_end - two[0].call_start) > 30.0 - 1e-6


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
