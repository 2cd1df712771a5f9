"""From where on a figure or a word is doubtful: each limit once, for metrics, scorecards and pages alike."""

from __future__ import annotations

from qa_speech.call import Call

LOW_SNR_DB = 10.0
"""dB; with less speech above the noise the voice detector and the recogniser are known to miss speech: figures are `low`.

The channel doctor names a channel noisy from 12 dB down, because that disturbs a listener before it harms a figure.
"""
STRONG_LEAK_DB = -20.0
"""dB; leaked speech above this level cannot be removed without touching the other side's own."""
DOUBTFUL_SPEECH = frozenset(
    (
        "dead_channel", "silent_channel", "little_speech", "level_disagrees", "unvoiced_speech", "unexplained_sound",
        "sung_sound",
    )
)  # fmt: skip
"""Findings, whatever their value, after which it is not certain that all of a party's speech was found."""
MOST_UNDIVIDED = 0.5
"""Share, 0–1, of the speech that may be said while both channels carry one signal: figures of the rest then stand for the call."""
MOST_THIRD = 0.1
"""Share, 0–1, of all speech that a third speaker may have by a transcript: its lines tell whose it is, never to the word."""
MOST_MASKED = 0.1
"""Share, 0–1, of speech and masked stretches together that may be masked: nobody knows whose share it would have been."""
UNSURE = 0.5
"""Probability, 0–1, of a recognised word below which a person has to listen."""
UNSURE_SHARE = 0.2
"""Share, 0–1, of unsure words above which a figure over many words, or “not said”, is of low reliability."""
WORDLESS_S = 1.0
"""Seconds of speech in which a recogniser found no word, from which on words are missing there."""
WORDLESS_SHARE = 0.1
"""Share, 0–1, of a role's speech without words above which a figure over its words is of low reliability."""
NEAR_BOUND = 0.05
"""Share, 0–1, of a bound within which a figure is too close to it: an error of measurement could decide."""
DOUBTFUL_TIMES = frozenset(("recogniser:times_estimated", "recogniser:words_disordered")) | frozenset(
    f"transcript_{note}"
    for note in (
        "spans_mended", "ends_estimated", "lines_untimed", "words_outside", "words_disordered", "stamps_differ",
        "overlaps", "too_fast", "over_silence", "before_start", "disordered", "loops", "times_estimated",
        "longer_than_recording", "does_not_fit",
    )
)  # fmt: skip
"""Warnings of a call after which the times of its words cannot be relied on."""


def has_doubtful_times(call: Call) -> bool:
    """Whether something is wrong with the times that a transcript or a recogniser gave to this call's words.

    >>> from qa_speech.testing import make_call
    >>> has_doubtful_times(make_call("agent: 您好"))
    False
    """
    return any(warning in DOUBTFUL_TIMES or warning.partition(":")[0] in DOUBTFUL_TIMES for warning in call.warnings)
