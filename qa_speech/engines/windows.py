"""Speech of a call → recogniser windows, and words back to call time.

One role of one call per window, pieces in the order they were said, as few windows as the pieces allow:

    call       |--a--|   |-b-|            |------c------|
    windows    [ a b ]                    [ c ]             next piece would not fit
    words      window time → the piece that holds the word's midpoint → call time
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qa_speech.call import Word
from qa_speech.engines.base import Piece
from qa_speech.timeline import Segment


def pack(segments: Iterable[Segment], *, window_s: float) -> list[tuple[Piece, ...]]:
    """Fill windows of at most `window_s` seconds with `segments`, in order.

    A segment longer than a window is cut at its end; the speech view keeps that from happening by cutting at quiet
    places first.

    Examples
    --------
    >>> [len(window) for window in pack([Segment(0, 4), Segment(5, 9), Segment(20, 26)], window_s=10)]
    [2, 1]
    """
    windows: list[list[Piece]] = [[]]
    filled = 0.0
    for segment in segments:
        start = segment.start
        while start < segment.end:
            end = min(segment.end, start + window_s)
            if windows[-1] and filled + (end - start) > window_s + 1e-9:
                windows.append([])
                filled = 0.0
            windows[-1].append(Piece(start, end, filled))
            filled += end - start
            start = end
    return [tuple(window) for window in windows if window]


def to_call_time(words: Iterable[Word], pieces: Sequence[Piece]) -> list[Word]:
    """Move words from window time to call time.

    A word belongs to the piece that holds its midpoint and is kept inside that piece, so it never stretches over the
    silence between two pieces. Words past the last piece belong to it.

    Examples
    --------
    >>> pieces = (Piece(10.0, 12.0, 0.0), Piece(20.0, 21.0, 2.0))
    >>> [(word.start, word.end) for word in to_call_time([Word("好", 1.8, 2.1), Word("的", 2.2, 2.5)], pieces)]
    [(11.8, 12.0), (20.2, 20.5)]
    """
    moved = []
    at = 0
    for word in words:
        middle = (word.start + word.end) / 2
        while at + 1 < len(pieces) and middle >= pieces[at + 1].window_start:
            at += 1
        while at > 0 and middle < pieces[at].window_start:
            at -= 1
        piece = pieces[at]
        shift = piece.call_start - piece.window_start
        start = min(max(word.start + shift, piece.call_start), piece.call_end)
        end = min(max(word.end + shift, start), piece.call_end)
        moved.append(Word(word.text, start, max(start, end), word.probability))
    return moved
