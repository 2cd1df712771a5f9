"""Who put whom on hold: real music on one side of two-channel A-law calls, through the whole pipeline.

    python benchmarks/holds.py [--quick] [--data DIR]     the pieces that were kept back
    python benchmarks/holds.py --open                     call by call, the pieces for development

Right: at least 80 % of the music lies in holds of the side that plays it, and a second at most in waits of the other. With words:
the same calls with a transcript in which the agent asks to wait, or the customer does. Needs the package asterisk-moh-opsound-wav.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from _common import DEFAULT_DATA, Figure, Options, figure, run
from _holds import EXCHANGE, LEVELS_DB, HeldCall, held, music
from _real_calls import Clips

from qa_speech.call import Call, Role
from qa_speech.inputs.calls import CallInput
from qa_speech.metrics.gaps import silences
from qa_speech.metrics.response import hold
from qa_speech.pipeline import inspect_many
from qa_speech.timeline import Timeline

SIDES = (Role.AGENT, Role.CUSTOMER)
FOUND, OTHERS_S = 0.8, 1.0
LEAKS_DB = (0.0, -25.0)


class Held(NamedTuple):
    """What became of the music of one call: share of it in holds of its side, seconds in waits of the other, share as speech."""

    name: str
    side: Role
    own: float
    others_s: float
    as_speech: float
    announced: bool
    count: float | None

    @property
    def right(self) -> bool:
        """Whether the hold is its owner's."""
        return self.own >= FOUND and self.others_s <= OTHERS_S


def calls(options: Options, *, closed: bool) -> list[HeldCall]:
    """Each piece at each level on each side, and once more heard on the other channel too."""
    clips = Clips(options.data / "mandarin_asr_mini")
    made = []
    for name, tune in music(options.data, closed=closed).items():
        for level_db in LEVELS_DB:
            for side in (0, 1):
                for leak_db in LEAKS_DB:
                    made.append(held(clips, name, tune, side, level_db, closed=closed, leak_db=leak_db))
    return made[:6] if options.quick else made


def judged(made: list[HeldCall], *, words: bool) -> Iterator[Held]:
    """All calls through the pipeline, with or without words."""
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for one in made:
            path = Path(folder) / f"{one.name}.wav"
            path.write_bytes(one.wav)
            transcript = path.with_suffix(".json")
            transcript.write_text(json.dumps(one.lines), encoding="utf-8")
            rows.append(CallInput(path, transcript=transcript if words else None))
        for one, outcome in zip(made, inspect_many(rows), strict=True):
            yield _held(one, outcome.call)


def _held(made: HeldCall, call: Call) -> Held:
    tune = Timeline([(made.start, made.end)])
    side = SIDES[made.side]
    own, others = [], []
    announced = False
    for wait in silences(call):
        span = (wait.start, wait.end)
        if wait.owner is side and wait.kind == "hold":
            own.append(span)
            announced = announced or bool(wait.announced)
        else:
            others.append(span)
    spoken = (call.speech[Role.AGENT] | call.speech[Role.CUSTOMER]) & tune
    mine = (Timeline(own) & tune).duration / tune.duration
    value = hold(call).value
    return Held(
        made.name, side, mine, (Timeline(others) & tune).duration, spoken.duration / tune.duration, announced, value
    )


def measure(options: Options) -> Iterator[Figure]:
    """Figures on the pieces that were kept back."""
    if not EXCHANGE.is_dir():
        yield figure(
            "hold_owner_right", None, "", 0, f"{EXCHANGE} is missing: apt-get install asterisk-moh-opsound-wav"
        )
        return
    made = calls(options, closed=True)
    for suffix, words in (("", False), ("_with_words", True)):
        found = list(judged(made, words=words))
        right = [one.right for one in found]
        yield figure(f"hold_owner_right{suffix}", sum(right) / len(right), "", len(right), "target >= 0.95")
        for side in SIDES:
            of_side = [one.right for one in found if one.side is side]
            share = sum(of_side) / len(of_side)
            yield figure(f"hold_owner_right_{side}{suffix}", share, "", len(of_side), f"music on the {side}'s channel")
        speech = sum(one.as_speech for one in found) / len(found)
        yield figure(f"hold_music_as_speech{suffix}", speech, "", len(found), "share of the music, mean")


if __name__ == "__main__":
    if "--open" in sys.argv:
        for with_words in (False, True):
            for row in judged(calls(Options(quick=False, data=DEFAULT_DATA), closed=False), words=with_words):
                print(with_words, row.right, row, flush=True)
    else:
        run(measure)
