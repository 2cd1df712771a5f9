"""Reports as a data frame, of whichever library is there."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, TypeAlias

from qa_speech.errors import ConfigError, problem
from qa_speech.scores import CallFailure, CallReport
from qa_speech.store.base import Result
from qa_speech.store.export import columns_of
from qa_speech.store.records import record_of

Library: TypeAlias = Literal["pandas", "polars"]
LIBRARIES: tuple[Library, ...] = ("pandas", "polars")


def to_frame(reports: Iterable[CallReport | CallFailure], *, library: Library | None = None) -> Any:
    """One row per call, with the columns of `qa-speech export`: what it is, its metadata, its score, outcome and points of each
    criterion, every figure in the unit of its metric.

    Parameters
    ----------
    reports
        Of `inspect_many`, `store.reports.read_reports` …; a failure is a row too.
    library
        Whose frame; None = pandas where it is installed, else polars.

    Returns
    -------
    pandas.DataFrame or polars.DataFrame
        A missing value is missing (None, NaN), never zero.

    Raises
    ------
    ConfigError
        The library is not installed; the message names the extra.

    Examples
    --------
    >>> import qa_speech
    >>> rows = qa_speech.find_inputs(["samples/slow-answer.ogg"])
    >>> frame = to_frame(qa_speech.inspect_many(rows))                 # doctest: +SKIP
    >>> frame[["id", "silence", "silence_longest_s"]]                  # doctest: +SKIP
                    id  silence  silence_longest_s
    0  slow-answer.ogg        5              8.258
    """
    frames = import_module(_installed(library))
    results = [_result(place, one) for place, one in enumerate(reports)]
    columns = columns_of(results)
    rows = [columns.cells(result) for result in results]
    return frames.DataFrame({name: [row[at] for row in rows] for at, name in enumerate(columns.header())})


def _installed(library: Library | None) -> str:
    wanted = LIBRARIES if library is None else (library,)
    for name in wanted:
        if find_spec(name) is not None:
            return name
    what = problem(
        "{names} is not installed; install the extra: pip install 'qa-speech[{extra}]'",
        names=" or ".join(wanted),
        extra=wanted[0],
    )
    raise ConfigError("to_frame", [what])


def _result(place: int, one: CallReport | CallFailure) -> Result:
    metadata = one.call.recording.metadata if isinstance(one, CallReport) else {}
    return Result(record_of(one).row, place, metadata)
