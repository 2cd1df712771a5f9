"""How long a person waits before anything happens: the command's help, one score, one stored call."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Iterator, Sequence
from pathlib import Path

from _common import Figure, Options, figure, run

from qa_speech.call import Call
from qa_speech.documents import decode, encode, write_call
from qa_speech.resources import folder
from qa_speech.testing import make_call

BARE = """
import typer
app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
@app.command()
def one(name: str = "x"): pass
@app.command()
def two(name: str = "x"): pass
app()
"""


def five_minutes() -> Call:
    """A stored call of five minutes: 60 utterances of 15 words."""
    lines = [f"{'agent' if i % 2 else 'customer'}@{i * 5}-{i * 5 + 4}: 您好请问有什么可以帮您的吗谢" for i in range(60)]
    return make_call(*lines, duration=300)


def wall(command: Sequence[str]) -> float:
    """Seconds of one run."""
    return timeit.timeit(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL), number=1)


def measure(options: Options) -> Iterator[Figure]:
    """Interleaved runs, so that a busy machine slows both sides alike."""
    rounds = 7 if options.quick else 25
    ours, bare = [], []
    for _ in range(rounds):
        ours.append(wall([sys.executable, "-m", "qa_speech", "--help"]))
        bare.append(wall([sys.executable, "-c", BARE, "--help"]))
    ratio = statistics.median(ours) / statistics.median(bare)
    yield figure("help_over_bare_typer", ratio, "ratio", rounds, "a bare Typer app of two commands; target <= 1.5")

    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "call.json"
        write_call(five_minutes(), path)
        command = [sys.executable, "-m", "qa_speech", "score", str(path)]
        command += ["--scorecard", str(folder("scorecards") / "telecom-hotline.yaml")]
        times = [wall(command) for _ in range(rounds)]
    yield figure("score_one_call_s", statistics.median(times), "s", rounds, "whole process, one five-minute call")

    data = encode(five_minutes())
    repeats = timeit.repeat(lambda: decode(data, Call), number=20, repeat=rounds)
    best = min(repeats) / 20 * 1000
    yield figure("call_decode_ms", best, "ms", rounds * 20, f"{len(data) // 1000} kB of JSON; target <= 1")


if __name__ == "__main__":
    run(measure)
