"""From where on a figure or a word is doubtful: each limit once, for metrics, scorecards and pages alike."""

from __future__ import annotations

LOW_SNR_DB = 10.0
"""dB; with less speech above the noise the voice detector and the recogniser are known to miss speech: figures are `low`.

The channel doctor names a channel noisy from 12 dB down, because that disturbs a listener before it harms a figure.
"""
STRONG_LEAK_DB = -20.0
"""dB; leaked speech above this level cannot be removed without touching the other side's own."""
UNSURE = 0.5
"""Probability, 0–1, of a recognised word below which a person has to listen."""
UNSURE_SHARE = 0.2
"""Share, 0–1, of unsure words above which a figure over many words, or “not said”, is of low reliability."""
NEAR_BOUND = 0.05
"""Share, 0–1, of a bound within which a figure is too close to it: an error of measurement could decide."""
