"""What of a masked number is heard, and where a number or a name in ids, words and broken files is shown.

Figures: number_audible_share_max (the largest share of a number's loud samples that `redact` leaves, over all forms of
transcripts of tests/test_number_sound.py), canary_leaks (how many of the canaries of tests/hostile are shown by any command).
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from _common import ROOT, Figure, Options, figure, run

sys.path.insert(0, str(ROOT))

from tests.hostile.canaries import CASES
from tests.test_number_sound import FORMS, audible_share, redacted, two_channels, written


def measure(options: Options) -> Iterator[Figure]:
    """Both figures; a quick run takes some forms and some canaries."""
    forms = list(FORMS)[::4] if options.quick else list(FORMS)
    cases = CASES[::4] if options.quick else CASES
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        recording = two_channels(place / "a.wav")
        shares = []
        for form in forms:
            folder = place / form
            folder.mkdir()
            redacted(written(recording, form, folder), folder / "out")
            shares.append(audible_share(recording, folder / "out"))
    yield figure("number_audible_share_max", max(shares), "share", len(shares), "target <= 0; forms of transcripts")
    shown = []
    for case in cases:
        with tempfile.TemporaryDirectory() as name:
            try:
                case.attack(Path(name))
            except AssertionError:
                shown.append(case.name)
    yield figure("canary_leaks", len(shown), "cases", len(cases), f"target <= 0; {', '.join(shown) or 'none'}")


if __name__ == "__main__":
    run(measure)
