"""Reports stored earlier, one after the other: a result folder of `inspect` or `score`, or the run of `batch run`.

The Call is always stored; the score lies beside it in a result folder, and is computed again from the run's own
scorecard for a run (a millisecond per call).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from qa_speech import documents
from qa_speech.call import Call
from qa_speech.documents import Unread, decode
from qa_speech.errors import ConfigError, problem
from qa_speech.files import ResultFolder
from qa_speech.pipeline import report
from qa_speech.scorecard import Scorecard
from qa_speech.scorecard.choice import Chooser, Trusted
from qa_speech.scores import CallReport, Score
from qa_speech.store.base import Result, Store, unread_calls_of
from qa_speech.store.cards import RunScorecards
from qa_speech.store.folder import is_run
from qa_speech.store.parquet import open_run
from qa_speech.store.records import record_of


def read_reports(
    path: str | Path,
    *,
    scorecard: Scorecard | Chooser | None = None,
    trusted: Trusted | None = None,
    ids: Collection[str] | None = None,
) -> Iterator[CallReport]:
    """The calls stored at `path` with their scores, in the order they are stored.

    Parameters
    ----------
    path : result folder, folder of a batch run, ``.json`` or ``.jsonl`` of calls
    scorecard : Scorecard, function from Call to Scorecard, or None
        Score all calls anew with this one, or with the one the function chooses; None = the scores that are there.
    trusted
        Of a scorecard that asks for trust the criteria that have it; None = none of them. Scores that lie beside their calls
        in a result folder stay as they are.
    ids : collection of str, or None
        Only these calls; those that are not there are left out.

    Raises
    ------
    ConfigError
        Nothing stored there, or a file in it is not what it should be.

    Examples
    --------
    >>> import qa_speech
    >>> call = qa_speech.inspect_call("samples/slow-answer.ogg").call
    >>> qa_speech.write_call(call, "stored.json")
    >>> card = qa_speech.load_scorecard("scorecards/quality-only.yaml")
    >>> for report in read_reports("stored.json", scorecard=card):
    ...     print(report.id, report.score.total)
    slow-answer.ogg 71.0
    """
    path = Path(path)
    if scorecard is None and is_run(path):
        yield from reports_of(open_run(path), ids, trusted=trusted)
        return
    found: Iterator[CallReport]
    if scorecard is not None:
        wanted = (call for call in read_calls(path) if ids is None or call.id in ids)
        found = (report(call, scorecard, trusted=trusted) for call in wanted)
    elif path.is_dir():
        found = _of_folder(ResultFolder(path))
    else:
        found = map(CallReport, read_calls(path))
    for one in found:
        if ids is None or one.id in ids:
            yield one


def read_calls(path: str | Path) -> Iterator[Call]:
    """The calls stored at `path`: what `qa_speech.documents.read_calls` reads, or the folder of a batch run.

    Raises
    ------
    ConfigError
        Nothing stored there, or a file in it is not a call.
    """
    return (read() for read in unread_calls(path))


def unread_calls(path: str | Path) -> Iterator[Unread]:
    """What `read_calls` reads from `path`, not yet read."""
    if is_run(path):
        return unread_calls_of(open_run(path))
    return documents.unread_calls(path)


def reports_of(
    store: Store, ids: Collection[str] | None = None, *, trusted: Trusted | None = None
) -> Iterator[CallReport]:
    """The calls of a run, each scored by the scorecard that the run used for it; with `ids` only these, in any order."""
    rows = {row.id: row for row in store.rows()}
    cards = RunScorecards(store.place)
    for one in store.calls(ids):
        yield report(one.decoded(rows.get(one.id)), cards.get(one.scorecard_sha256), trusted=trusted)


def measured_reports(path: str | Path, ids: Collection[str] | None = None) -> Iterator[CallReport]:
    """`read_reports` with all figures, a folder's too, which stores none: measured again from its calls, about a
    millisecond each. With `ids` only these calls, in any order.

    Raises
    ------
    ConfigError
        As for `read_reports`.
    """
    if is_run(path):
        yield from reports_of(open_run(path), ids)
        return
    for one in read_reports(path, ids=ids):
        yield CallReport(one.call, report(one.call).measurements, one.score)


def results_at(path: str | Path) -> Iterator[Result]:
    """Every outcome stored at a place, as the store of a run gives it back: of a batch run, or of a result folder, whose calls
    are measured again.

    Raises
    ------
    ConfigError
        As for `read_reports`.
    """
    if is_run(path):
        yield from open_run(path).results()
        return
    for one in measured_reports(path):
        yield Result(record_of(one).row, None, one.call.recording.metadata)


def _of_folder(folder: ResultFolder) -> Iterator[CallReport]:
    files = folder.call_files()
    if not files:
        what = problem("no stored calls here; expected the result folder of inspect, score or batch run")
        raise ConfigError(str(folder.path), [what])
    for file in files:
        call = decode(_bytes(file), Call, str(file))
        scored = folder.score_file(file.stem)
        score = decode(_bytes(scored), Score, str(scored)) if scored.is_file() else None
        yield CallReport(call, score=score)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
