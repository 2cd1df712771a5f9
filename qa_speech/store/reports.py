"""Reports stored earlier, one after the other: a result folder of `inspect` or `score`, or the run of `batch run`.

The Call is always stored; the score lies beside it in a result folder, and is computed again from the run's own
scorecard for a run (a millisecond per call).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from qa_speech import call as stored
from qa_speech.call import Call, CallReport, Score, decode
from qa_speech.errors import ConfigError

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard
    from qa_speech.scorecard.choice import Chooser


def read_reports(path: str | Path, *, scorecard: Scorecard | Chooser | None = None) -> Iterator[CallReport]:
    """The calls stored at `path` with their scores, in the order they are stored.

    Parameters
    ----------
    path : result folder, folder of a batch run, ``.json`` or ``.jsonl`` of calls
    scorecard : Scorecard, function from Call to Scorecard, or None
        Score all calls anew with this one, or with the one the function chooses; None = the scores that are there.

    Raises
    ------
    ConfigError
        Nothing stored there, or a file in it is not what it should be.
    """
    path = Path(path)
    if scorecard is not None:
        from qa_speech.pipeline import report

        for call in read_calls(path):
            yield report(call, scorecard)
    elif is_run(path):
        yield from _of_run(path)
    elif path.is_dir():
        yield from _of_folder(path)
    else:
        yield from (CallReport(call) for call in read_calls(path))


def read_calls(path: str | Path) -> Iterator[Call]:
    """The calls stored at `path`: what `qa_speech.call.read_calls` reads, or the folder of a batch run.

    Raises
    ------
    ConfigError
        Nothing stored there, or a file in it is not a call.
    """
    if not is_run(path):
        return stored.read_calls(path)
    from qa_speech.store.parquet import read_calls as read_run

    return read_run(path)


def is_run(path: str | Path) -> bool:
    """Whether a path is the folder of `qa-speech batch run`."""
    if not Path(path).is_dir():
        return False
    from qa_speech.store import parquet as store

    return store.is_run(path)


def _of_folder(path: Path) -> Iterator[CallReport]:
    inner = path / "calls"
    files = sorted((inner if inner.is_dir() else path).rglob("*.json"))
    if not files:
        raise ConfigError(
            str(path), ["no stored calls here; expected the result folder of inspect, score or batch run"]
        )
    for file in files:
        call = decode(_bytes(file), Call, str(file))
        scored = path / "scores" / file.name
        yield CallReport(call, score=decode(_bytes(scored), Score, str(scored)) if scored.is_file() else None)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc


def _of_run(path: Path) -> Iterator[CallReport]:
    from qa_speech.pipeline import report
    from qa_speech.scorecard import load_scorecard
    from qa_speech.store.parquet import connect
    from qa_speech.store.parquet import read_calls as read_run

    with connect(path) as engine:
        of_call = dict(engine.execute("SELECT id, scorecard_sha256 FROM newest").fetchall())
    cards: dict[str, Scorecard | None] = {}
    for call in read_run(path):
        name = of_call.get(call.id) or ""
        if name not in cards:
            file = path / "scorecards" / f"{name}.yaml"
            cards[name] = load_scorecard(file) if name and file.is_file() else None
        yield report(call, cards[name])
