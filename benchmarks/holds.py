"""Who put whom on hold: real music on one side of two-channel A-law calls, through the whole pipeline.

    python benchmarks/holds.py [--quick] [--data DIR]     the pieces that were kept back
    python benchmarks/holds.py --open                     call by call, the pieces for development

Right: at least 80 % of the music lies in holds of the side that plays it, and a second at most in waits of the other. With words:
the same calls with a transcript in which the agent asks to wait, or the customer does. Needs the package asterisk-moh-opsound-wav.
Rows are kept in results/holds-rows.tsv as they come: a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from _common import DEFAULT_DATA, ROOT, Figure, Options, figure, run
from _holds import EXCHANGE, LEVELS_DB, HeldCall, held, music
from _real_calls import Clips
from _rows import kept_rows

from qa_speech.call import Call, Role
from qa_speech.inputs.calls import CallInput
from qa_speech.metrics.gaps import silences
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallFailure
from qa_speech.timeline import Timeline

SIDES = (Role.AGENT, Role.CUSTOMER)
FOUND, OTHERS_S = 0.8, 1.0
LEAKS_DB = (0.0, -25.0)
ROWS = ROOT / "benchmarks" / "results" / "holds-rows.tsv"
SOURCES = (
    *(ROOT / "qa_speech" / "audio").glob("*.py"),
    ROOT / "qa_speech" / "metrics" / "gaps.py",
    *(ROOT / "benchmarks" / name for name in ("holds.py", "_holds.py")),
)


@dataclass(frozen=True)
class Row:
    """What became of the music of one call: share of it in holds of its side, seconds in waits of the other, share as speech.

    `seed` counts the calls, first without words, then with a transcript; `side` is 0 for the agent, 1 for the customer.
    """

    seed: int
    name: str
    words: bool
    side: int
    own: float
    others_s: float
    as_speech: float

    @property
    def right(self) -> bool:
        """Whether the hold is its owner's."""
        return self.own >= FOUND and self.others_s <= OTHERS_S


def calls(options: Options, *, closed: bool) -> list[HeldCall]:
    """Each piece at each level on each side, and once more heard on the other channel too."""
    clips = Clips(options.data / "mandarin_asr_mini")
    made = []
    for leak_db in LEAKS_DB:
        for name, tune in music(options.data, closed=closed).items():
            for level_db in LEVELS_DB:
                for side in (0, 1):
                    made.append(held(clips, name, tune, side, level_db, closed=closed, leak_db=leak_db))
    return made


def judged(number: int, made: HeldCall, *, words: bool) -> Row:
    """One call through the pipeline, with or without words."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{made.name}.wav"
        path.write_bytes(made.wav)
        transcript = path.with_suffix(".json")
        transcript.write_text(json.dumps(made.lines), encoding="utf-8")
        row = CallInput(path, transcript=transcript if words else None)
        outcome = next(inspect_many([row]))
    if isinstance(outcome, CallFailure):
        raise RuntimeError(outcome.message)
    return _row(number, made, outcome.call, words)


def _row(number: int, made: HeldCall, call: Call, words: bool) -> Row:
    tune = Timeline([(made.start, made.end)])
    own, others = [], []
    for wait in silences(call):
        is_own = wait.owner is SIDES[made.side] and wait.kind == "hold"
        (own if is_own else others).append((wait.start, wait.end))
    spoken = (call.speech[Role.AGENT] | call.speech[Role.CUSTOMER]) & tune
    mine = (Timeline(own) & tune).duration / tune.duration
    others_s = (Timeline(others) & tune).duration
    as_speech = spoken.duration / tune.duration
    return Row(number, made.name, words, made.side, round(mine, 3), round(others_s, 2), round(as_speech, 3))


def measure(options: Options) -> Iterator[Figure]:
    """Figures on the pieces that were kept back."""
    if not EXCHANGE.is_dir():
        yield figure(
            "hold_owner_right", None, "", 0, f"{EXCHANGE} is missing: apt-get install asterisk-moh-opsound-wav"
        )
        return
    made = calls(options, closed=True)

    def tried(number: int) -> Row:
        words, place = divmod(number, len(made))
        return judged(number, made[place], words=bool(words))

    if options.quick:
        rows = [tried(number) for number in range(6)]
    else:
        rows = list(kept_rows(ROWS, Row, range(2 * len(made)), tried, SOURCES))
    for suffix, words in (("", False), ("_with_words", True)):
        yield from _figures([row for row in rows if row.words is words], suffix)


def _figures(rows: list[Row], suffix: str) -> Iterator[Figure]:
    if not rows:
        return
    yield _rate(f"hold_owner_right{suffix}", rows, "target >= 0.95")
    for number, role in enumerate(SIDES):
        of_side = [row for row in rows if row.side == number]
        yield _rate(f"hold_owner_right_{role}{suffix}", of_side, f"music on the {role}'s channel")
    leaking = [row for row in rows if row.name.endswith("leak")]
    if leaking:
        yield _rate(f"hold_owner_right_leak{suffix}", leaking, "the music is heard on the other channel too, at -25 dB")
    speech = sum(row.as_speech for row in rows) / len(rows)
    yield figure(f"hold_music_as_speech{suffix}", speech, "", len(rows), "share of the music, mean")


def _rate(name: str, rows: list[Row], against: str) -> Figure:
    return figure(name, sum(row.right for row in rows) / len(rows), "", len(rows), against)


if __name__ == "__main__":
    if "--open" in sys.argv:
        for place, one in enumerate(calls(Options(quick=False, data=DEFAULT_DATA), closed=False)):
            row = judged(place, one, words=False)
            print(row.right, row, flush=True)
    else:
        run(measure)
