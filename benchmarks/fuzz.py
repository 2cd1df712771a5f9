"""Noise against everything that reads what others have written: examples of hypothesis, shrunk where one breaks.

    python benchmarks/fuzz.py [--quick] [NAME …]        ten minutes a target; --quick: two seconds

A target holds where every input is taken or refused by an error of ours. What breaks is printed with the input that broke it.
A new target is a function of bytes and its line in `TARGETS`.
"""

from __future__ import annotations

import logging
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from _common import ROOT, Figure, Options, figure, run_parts

sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests"))

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from transcript_kit import JSON_FORMATS, TEXT_FORMATS, write

from qa_speech.batch.state import read_state
from qa_speech.call import Call
from qa_speech.cells import defused
from qa_speech.documents import decode
from qa_speech.engines.transcripts.reading import read_transcript
from qa_speech.errors import QaSpeechError
from qa_speech.inputs.rows import find_rows
from qa_speech.resources import folder
from qa_speech.scorecard.schema import load_scorecard
from qa_speech.settings import load_settings
from qa_speech.store.base import QueryLimits
from qa_speech.store.parquet import ParquetStore
from qa_speech.store.question import ask
from qa_speech.store.sound import check_run
from tests.hostile import stored

SECONDS, QUICK_SECONDS = 600.0, 2.0
EXAMPLES = 20
"""Examples between two looks at the clock."""
Target = Callable[[bytes, Path], None]
DOCUMENTS: list[tuple[str, object]] = [("a.json", content) for content, _ in JSON_FORMATS.values()]
DOCUMENTS += [(name, content) for name, (content, _) in TEXT_FORMATS.items()]
OWN_MEMORY_MB = 6000
"""What the guided fuzzer may hold: it keeps what it has seen, 3.5 MB a second; the readers themselves stay at 40 MB."""
PIECE = 8
"""Bytes that are written over one place of a transcript."""
CARD = folder("scorecards") / "telecom-hotline.yaml"


def damaged_run(noise: bytes, place: Path) -> None:
    """Bytes of a run are overwritten at a place that the noise chooses; one reader of all reads it, and what is missing is known.

    Opening a run takes most of the time, so each input is read by one reader.
    """
    run_place = stored.laid_out(place)
    chance = random.Random(noise)
    files = [path for path in sorted(run_place.rglob("*")) if path.is_file()]
    path = chance.choice(files)
    content = bytearray(path.read_bytes())
    at = chance.randrange(len(content) + 1)
    content[at : at + len(noise)] = noise
    path.write_bytes(content)
    read_state(run_place)
    chance.choice(READERS)(run_place)
    told = path.relative_to(run_place)
    was = (stored.template() / "run" / told).read_bytes()
    if told.parts[0] in ("results", "calls") and bytes(content) != was:
        _calls(run_place)
        assert len(ParquetStore(run_place).rows()) == len(stored.IDS)
        assert stored.left(run_place) in (["a.wav", "b.wav"], ["c.wav", "d.wav"])


def _results(run_place: Path) -> None:
    list(ParquetStore(run_place).results())


def _calls(run_place: Path) -> None:
    list(ParquetStore(run_place).calls())


def _checked(run_place: Path) -> None:
    list(check_run(run_place))


def _figures(run_place: Path) -> None:
    ParquetStore(run_place).figures()


def _rows(run_place: Path) -> None:
    ParquetStore(run_place).rows()


READERS: tuple[Callable[[Path], None], ...] = (_results, _calls, _checked, _figures, _rows)


def question(noise: bytes, place: Path) -> None:
    """Pieces of SQL in any order: nothing outside the run is read, nothing is written."""
    words = "SELECT FROM results calls history ( ) * , ; -- /* */ read_text '/etc/passwd' COPY TO WITH x AS UNION ON id".split()
    chance = random.Random(noise)
    sql = " ".join(chance.choices(words, k=chance.randrange(1, 14)))
    run_place = stored.template() / "run"
    before = sorted(run_place.rglob("*"))
    answer = ask(run_place, sql, QueryLimits(1000, 2.0))
    told = str(list(answer.rows))
    assert "root:" not in told
    assert sorted(run_place.rglob("*")) == before


def stored_call(noise: bytes, place: Path) -> None:
    """A Call as JSON, from noise."""
    decode(noise, Call, "noise")


def transcript(noise: bytes, place: Path) -> None:
    """A documented transcript with some of its bytes overwritten, at places that the noise chooses."""
    chance = random.Random(noise)
    name, content = chance.choice(DOCUMENTS)
    path = write(place, name, content)
    damaged = bytearray(path.read_bytes())
    pieces = [noise[first : first + PIECE] for first in range(0, len(noise), PIECE)]
    for piece in pieces:
        at = chance.randrange(len(damaged) + 1)
        over = chance.choice((0, len(piece), 3 * len(piece)))
        damaged[at : at + over] = piece
    path.write_bytes(damaged)
    read_transcript(path)


def settings_file(noise: bytes, place: Path) -> None:
    """Settings, from noise behind a head."""
    path = place / "qa_speech.toml"
    path.write_bytes(b"[speech]\n" + noise)
    load_settings(path)


def card(noise: bytes, place: Path) -> None:
    """A shipped scorecard with some of its bytes overwritten."""
    chance = random.Random(noise)
    damaged = bytearray(CARD.read_bytes())
    at = chance.randrange(len(damaged) + 1)
    damaged[at : at + len(noise)] = noise
    path = place / "card.yaml"
    path.write_bytes(damaged)
    load_scorecard(path)


def list_of_recordings(noise: bytes, place: Path) -> None:
    """A list of recordings, from noise behind a head."""
    path = place / "list.csv"
    path.write_bytes(b"path,id,agent\n" + noise)
    find_rows([path])


def cell_of_a_table(noise: bytes, place: Path) -> None:
    """No cell begins a formula."""
    text = noise.decode("utf-8", "replace")
    first = defused(text).lstrip("\ufeff\u200b\u200c\u200d\u2060 \t\r\n\u3000")[:1]
    number = defused(text) == text
    assert number or first == "'"
    if first in tuple("=@＝＋－＠"):
        raise AssertionError("a formula")


TARGETS: Mapping[str, Target] = {
    "damaged_run": damaged_run,
    "question": question,
    "stored_call": stored_call,
    "transcript": transcript,
    "settings_file": settings_file,
    "card": card,
    "list_of_recordings": list_of_recordings,
    "cell_of_a_table": cell_of_a_table,
}


def part_of(name: str, target: Target, options: Options) -> Iterator[Figure]:
    """A target for its time."""
    seconds = seconds_of(options)
    tried, crash = fuzzed(target, seconds)
    if crash:
        print(f"{name}: {crash}", file=sys.stderr)
    yield figure(f"{name}_crashes", bool(crash), "crashes", tried, f"target <= 0; {seconds:g} s; {crash[:80]}")


def seconds_of(options: Options) -> float:
    """How long a target is run, in seconds."""
    if options.quick:
        return QUICK_SECONDS
    return SECONDS


def transcript_guided(options: Options) -> Iterator[Figure]:
    """The readers of transcripts under atheris."""
    yield guided(seconds_of(options))


def guided(seconds: float) -> Figure:
    """The readers of transcripts under atheris, which looks for inputs that reach new code; without it n/a."""
    name = "transcript_guided_crashes"
    if find_spec("atheris") is None:
        return figure(name, None, "crashes", 0, "atheris is not installed")
    with tempfile.TemporaryDirectory() as corpus:
        program = [
            sys.executable,
            str(ROOT / "benchmarks" / "_fuzz_readers.py"),
            corpus,
            f"-max_total_time={seconds:g}",
            f"-rss_limit_mb={OWN_MEMORY_MB}",
        ]
        done = subprocess.run(program, capture_output=True, text=True, check=False)
    told = re.search(r"Done (\d+) runs", done.stderr)
    crashed = done.returncode != 0
    if crashed:
        print(done.stderr[-3000:], file=sys.stderr)
    tried = int(told[1]) if told else 0
    return figure(name, crashed, "crashes", tried, f"target <= 0; {seconds:g} s; atheris")


def fuzzed(target: Target, seconds: float) -> tuple[int, str]:
    """How many inputs a target was given, and the first one that broke it, shrunk; "" for none."""
    tried = 0

    def once(noise: bytes) -> None:
        nonlocal tried
        tried += 1
        with tempfile.TemporaryDirectory() as name:
            try:
                target(noise, Path(name))
            except QaSpeechError:
                return

    ends = time.monotonic() + seconds
    seed = 0
    while time.monotonic() < ends:
        seed += 1
        try:
            _round(once, seed)
        except Exception as exc:
            return tried, f"{type(exc).__name__}: {exc}".replace("\n", " ").replace("\t", " ")
    return tried, ""


def _round(once: Callable[[bytes], None], seed: int) -> None:
    """Some examples of one seed."""
    phases = (Phase.generate, Phase.shrink)
    checks = list(HealthCheck)
    limits = settings(max_examples=EXAMPLES, database=None, deadline=None, phases=phases, suppress_health_check=checks)
    noise = st.binary(max_size=200) | st.text(max_size=100).map(partial(str.encode, errors="replace"))
    tried = given(noise)(once)
    tried._hypothesis_internal_use_seed = seed
    limits(tried)()


if __name__ == "__main__":
    logging.disable()  # damage is said for each of thousands of runs
    PARTS = {name: partial(part_of, name, target) for name, target in TARGETS.items()}
    run_parts({**PARTS, "transcript_guided": transcript_guided})
