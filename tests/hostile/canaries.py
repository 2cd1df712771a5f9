"""A number and a name in ids, file names, words and broken files: none of them is shown by any command, in any way it may end.

Looked through is what people see: terminal, pages, tables, logs, lists, clips. Data for programs (calls/, scores/, the store)
holds what was said, and is not looked through; neither are lists that come back with marks, whose ids are keys.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from qa_speech.documents import write_call
from qa_speech.testing import make_call
from tests.hostile.kit import EXIT_CODES, Case, Told, said

SAMPLES = Path(__file__).parents[2] / "samples"
NUMBER, NAME = "13822190045", "赵建国"
CANARIES = (NUMBER, NAME, "138 2219 0045", "138-2219-0045", "1382219")
FILE = f"20260105_{NUMBER}_{NAME}_1001"
SPOKEN = f"agent: 您好\ncustomer: 我叫{NAME}，电话{NUMBER}\nagent: 好的，再见\n"
DATA = ("calls", "scores", "parts", "store", "results", "manifest")
"""Folders and files for programs."""


def leaks(told: Told, *folders: Path) -> list[str]:
    """Where a canary is shown: on the terminal, or in a file that people open, its name included."""
    found = [f"terminal: {canary}" for canary in CANARIES if canary in told.out or canary in told.err]
    for folder in folders:
        for name, text in _shown(folder):
            found += [f"{name}: {canary}" for canary in CANARIES if canary in text]
    return found


def _shown(folder: Path) -> Iterator[tuple[str, str]]:
    files = [folder] if folder.is_file() else sorted(file for file in folder.rglob("*") if file.is_file())
    for file in files:
        inside = file.relative_to(folder).parts
        if inside and (inside[0] in DATA or file.suffix in (".parquet", ".json", ".jsonl", ".sqlite")):
            continue
        yield f"name of {file.suffix}", "/".join(inside)
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                for part in book.namelist():
                    yield file.name, book.read(part).decode("utf-8", "replace")
        elif file.suffix not in (".mp3", ".wav"):
            yield file.name, file.read_text("utf-8", "replace")


def recording(place: Path) -> Path:
    path = place / "in" / f"{FILE}.ogg"
    path.parent.mkdir(exist_ok=True)
    shutil.copy(SAMPLES / "slow-answer.ogg", path)
    return path


def broken(place: Path) -> Path:
    path = place / "in" / f"{FILE}.wav"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"RIFF" + SPOKEN.encode())
    return path


def words(place: Path, text: str = SPOKEN, suffix: str = ".txt") -> Path:
    path = place / "in" / f"{FILE}{suffix}"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def result(place: Path) -> Path:
    """A stored result whose call has all of it: id, path, words, metadata."""
    call = make_call(
        f"customer@0.5-4.25: 我叫{NAME}，电话{NUMBER}", "agent@5-6: 我也不清楚，你自己问去",
        duration=7, call_id=f"{FILE}.wav", metadata={"caller": NUMBER, "agent": "1001"},
    )  # fmt: skip
    write_call(call, place / "result" / "calls" / f"{FILE}.json")
    return place / "result"


def damaged(place: Path) -> Path:
    folder = result(place)
    text = (folder / "calls" / f"{FILE}.json").read_text("utf-8")
    (folder / "calls" / f"{FILE}.json").write_text(text[: len(text) * 2 // 3], encoding="utf-8")
    return folder


def wrong_type(place: Path) -> Path:
    folder = result(place)
    path = folder / "calls" / f"{FILE}.json"
    document = json.loads(path.read_text("utf-8"))
    document["utterances"][0]["words"][0]["start"] = f"{NAME}{NUMBER}"
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return folder


def run_of(*inputs: Path) -> Path:
    run = inputs[0].parents[1] / "run"
    said("batch", "run", inputs[0].parent, "--model", "none", "--out", run)
    return run


def shows_nothing(*arguments: object, out: Path | None = None) -> None:
    told = said(*arguments, codes=EXIT_CODES)
    assert leaks(told, *([out] if out is not None and out.exists() else [])) == []


def _inspect(make: Callable[[Path], Path]) -> Callable[[Path], None]:
    return lambda place: shows_nothing(
        "inspect", make(place), "--model", "none", "--out", place / "out", out=place / "out"
    )


def _score(make: Callable[[Path], Path]) -> Callable[[Path], None]:
    return lambda place: shows_nothing("score", make(place), "--out", place / "out", out=place / "out")


def _of_result(command: str, *more: str) -> Callable[[Path], None]:
    def attack(place: Path) -> None:
        shows_nothing(command, result(place), "--out", place / "out", *more, out=place / "out")

    return attack


def _of_damaged(command: str, make: Callable[[Path], Path]) -> Callable[[Path], None]:
    return lambda place: shows_nothing(command, make(place), "--out", place / "out", out=place / "out")


def _batch(make: Callable[[Path], Path]) -> Callable[[Path], None]:
    def attack(place: Path) -> None:
        run = place / "run"
        made = make(place)
        shows_nothing("batch", "run", made.parent, "--model", "none", "--out", run, out=run)
        shows_nothing("batch", "status", run, out=run)
        shows_nothing("export", run, "--to", place / "out.csv", out=place / "out.csv")
        shows_nothing("export", run, "--to", place / "out.xlsx", out=place / "out.xlsx")

    return attack


def _gone(place: Path) -> None:
    shows_nothing("inspect", place / f"{FILE}.wav", "--model", "none", "--out", place / "out")


def _missing_transcripts(place: Path) -> None:
    made = recording(place)
    shows_nothing("inspect", made, "--transcripts", place / NUMBER, "--out", place / "out")


def _audio(place: Path) -> None:
    shows_nothing("audio", broken(place))
    shows_nothing("audio", recording(place))


def _card(place: Path) -> None:
    card = place / f"{FILE}.yaml"
    card.write_text("id: a\nversion: x\ntitle: 示例\n", encoding="utf-8")
    shows_nothing("inspect", words(place), "--model", "none", "--scorecard", card, "--out", place / "out")


CASES = tuple(
    Case("canaries", name, attack)
    for name, attack in {
        "a recording": _inspect(recording),
        "a broken recording": _inspect(broken),
        "a transcript": _inspect(words),
        "a recording that is gone": _gone,
        "transcripts that are gone": _missing_transcripts,
        "audio": _audio,
        "a scorecard with faults": _card,
        "scored again": _score(result),
        "scored again, cut off": _score(damaged),
        "scored again, wrong type": _score(wrong_type),
        "clips": _of_result("clips", "--worst", "3"),
        "clips, cut off": _of_damaged("clips", damaged),
        "redact": _of_result("redact"),
        "redact, cut off": _of_damaged("redact", damaged),
        "redact, wrong type": _of_damaged("redact", wrong_type),
        "a batch": _batch(words),
        "a batch of broken recordings": _batch(broken),
    }.items()
)
