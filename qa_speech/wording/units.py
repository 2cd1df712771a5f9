"""What units are called: code → Chinese, English; a unit that is not here is written as its code. No logic here.

Metrics and their components bring their names themselves (`qa_speech.metrics.base`).
"""

from __future__ import annotations

from qa_speech.wording.lang import Words

UNITS: Words = {
    "s": ("秒", "s"),
    "ms": ("毫秒", "ms"),
    "count": ("次", ""),
    "share": ("%", "%"),
    "per min": ("次/分", "per min"),
    "字": ("字", "syllables"),
    "字/分": ("字/分", "syllables/min"),
    "syllables/s": ("音节/秒", "syllables/s"),
    "st": ("半音", "semitones"),
    "points": ("分", "points"),
}
