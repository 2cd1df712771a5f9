"""Whether a run is what was written: damaged parts are set aside before anything is read, and everything can be tried.

What a damaged part held is named; the next `batch run` finds that it is missing and does it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.store.folder import (
    CALLS,
    DAMAGED,
    FORGOTTEN_MARKS,
    LOG,
    MANIFEST,
    RESULTS,
    SCORECARDS,
    STATE,
    SUMMARY_JSON,
)
from qa_speech.store.parts import Damage, is_sealed, parts_in, problem_of, set_aside
from qa_speech.store.records import OK
from qa_speech.store.sql import connect, engine, rows_of, text_of

SHOWN_IDS = 20
LIST_AGAIN = problem("the list of calls is gone: name the folders or lists again, qa-speech batch run … --out")


def require_sound(run: Path, *, words: bool, whole: bool = True) -> list[Damage]:
    """Set aside what is damaged of a run, so that the rest can be read; with `words` its Calls too, of these with `whole`
    every byte."""
    found = _set_aside(run, RESULTS, whole=True)
    if words:
        found += _set_aside(run, CALLS, whole=whole)
    path = run / MANIFEST
    if path.exists() or path.is_symlink():
        what = _wrong_with(path, MANIFEST)
        if what:
            found.append(set_aside(run, path, what, LIST_AGAIN))
    return found


def _set_aside(run: Path, kind: Path, *, whole: bool) -> list[Damage]:
    found = []
    for path in parts_in(run / kind):
        problem = problem_of(path, kind, whole=whole)
        if problem:
            found.append(set_aside(run, path, problem, _harm(run, path)))
    return found


def unreadable(run: Path, exc: Exception) -> ConfigError:
    """What to say when the engine cannot read a run; parts that it cannot read are set aside first."""
    damaged = []
    for kind in (RESULTS, CALLS):
        for path in parts_in(run / kind):
            what = _wrong_with(path, kind)
            if what:
                damaged.append(set_aside(run, path, what, _harm(run, path)))
    if damaged:
        return ConfigError(
            str(run), [problem("{damage}; it was set aside, ask again", damage=damage) for damage in damaged]
        )
    return ConfigError(
        str(run),
        [problem("cannot be read, another process may have merged its parts: {reason}", reason=_first_line(exc))],
    )


def _wrong_with(path: Path, kind: Path) -> str:
    """What is wrong with a file; one whose seal is gone, or that never had one, is read."""
    return problem_of(path, kind) or _read_through(path)


def _read_through(path: Path) -> str:
    """What is wrong with a part without a seal, as far as reading all of it tells."""
    import duckdb

    if is_sealed(path):
        return ""
    try:
        with engine() as opened:
            opened.execute(f"SELECT count(COLUMNS(*)) FROM read_parquet({text_of(path)}, hive_partitioning=false)")
    except duckdb.Error as exc:
        return problem("cannot be read: {reason}", reason=_first_line(exc))
    return ""


def _first_line(exc: Exception) -> str:
    return str(exc).partition("\n")[0]


def _harm(run: Path, path: Path) -> str:
    """Which calls a part held, as far as it or the part beside it can still tell."""
    ids = _ids_in(path)
    if ids is None:
        other = RESULTS if CALLS.parts[0] in path.relative_to(run).parts else CALLS
        ids = _ids_in(run / other / path.name)
    if ids is None:
        return problem("the next batch run does again what is missing")
    ids_shown = ", ".join(ids[:SHOWN_IDS]) + " …" * (len(ids) > SHOWN_IDS)
    return problem("the next batch run does {count} calls again: {ids}", count=len(ids), ids=ids_shown)


def _ids_in(path: Path) -> list[str] | None:
    """The ids in a part, sorted; None where they cannot be read."""
    import duckdb

    if not path.is_file():
        return None
    try:
        with engine() as opened:
            found = opened.execute(f"SELECT DISTINCT id FROM read_parquet({text_of(path)}, hive_partitioning=false)")
            return sorted(str(values[0]) for values in found.fetchall())
    except (duckdb.Error, UnicodeError):
        return None


# -- everything -------------------------------------------------------------------------------------------------


def check_run(run: Path) -> Iterator[Damage]:
    """Everything that is wrong with a run; nothing is changed. Every byte of it is read.

    >>> from qa_speech.pipeline import report
    >>> from qa_speech.store.parquet import store_at
    >>> from qa_speech.store.records import record_of
    >>> from qa_speech.testing import make_call
    >>> store = store_at("run")
    >>> part = store.append([record_of(report(make_call("agent: 您好", call_id="a")))])
    >>> list(check_run(Path("run")))
    []
    >>> (Path("run") / "calls" / "schema=1" / part).write_bytes(b"")
    0
    >>> [damage.problem for damage in check_run(Path("run"))]
    ['no Parquet file, or one that was cut off', 'its Call is missing']
    """
    bad: list[str] = []
    for kind in (RESULTS, CALLS):
        for path in parts_in(run / kind):
            what = _wrong_with(path, kind)
            if what:
                bad.append(path.name)
                yield Damage(path.relative_to(run).as_posix(), what, _harm(run, path))
    path = run / MANIFEST
    if path.exists():
        what = _wrong_with(path, MANIFEST)
        if what:
            bad.append(path.name)
            yield Damage(path.name, what, LIST_AGAIN)
    yield from _wrong_documents(run)
    yield from _wrong_scorecards(run)
    if not bad:
        yield from _wrong_calls(run)
    else:
        yield from _missing_calls(run)
    for left in sorted((run / DAMAGED).rglob("*.parquet")):
        yield Damage(
            left.relative_to(run).as_posix(),
            problem("was set aside"),
            problem("may be removed once its calls are done again"),
        )


def _wrong_documents(run: Path) -> Iterator[Damage]:
    """Files of JSON that are none."""
    harms = {
        STATE: "give the options of the run again",
        SUMMARY_JSON: "written anew by the next run",
        FORGOTTEN_MARKS: "nothing is taken in until it is restored from a backup or removed",
    }
    for name, harm in harms.items():
        path = run / name
        if path.is_file() and not _is_json(path.read_bytes()):
            yield Damage(name, "no JSON", harm)
    log = run / LOG
    if log.is_file():
        wrong = sum(not _is_json(line) for line in log.read_bytes().splitlines())
        if wrong:
            yield Damage(
                LOG, problem("{wrong} lines are cut off", wrong=wrong), problem("nothing else depends on them")
            )


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _wrong_scorecards(run: Path) -> Iterator[Damage]:
    for path in sorted((run / SCORECARDS).glob("*.yaml")):
        if hashlib.sha256(path.read_bytes()).hexdigest() != path.stem:
            yield Damage(
                f"{SCORECARDS}/{path.name}", problem("changed since it was kept"), problem("remove it and run again")
            )


def _wrong_calls(run: Path) -> Iterator[Damage]:
    """Calls that are not those of their results: each is hashed."""
    with connect(run) as opened:
        found = opened.execute("SELECT c.id, c.call, n.call_sha256 FROM calls c JOIN newest n USING (id)")
        for call_id, text, wanted in rows_of(found):
            if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != wanted:
                yield Damage(f"call {call_id}", problem("not the Call of its result"))
    yield from _missing_calls(run)


def _missing_calls(run: Path) -> Iterator[Damage]:
    """Results whose Call is in no part that can be read."""
    there: set[tuple[str, str]] = set()
    newest: list[tuple[str, str]] = []
    with engine() as opened:
        for path in parts_in(run / CALLS):
            if not _wrong_with(path, CALLS):
                wanted = f"SELECT id, call_sha256 FROM read_parquet({text_of(path)}, hive_partitioning=false)"
                there.update(opened.execute(wanted).fetchall())
        for path in parts_in(run / RESULTS):
            if not _wrong_with(path, RESULTS):
                wanted = f"SELECT id, call_sha256 FROM read_parquet({text_of(path)}, hive_partitioning=false)"
                newest += opened.execute(f"{wanted} WHERE status = '{OK}'").fetchall()
    held = {call_id for call_id, _ in there}
    for call_id in sorted({call_id for call_id, _ in newest} - held):
        yield Damage(f"call {call_id}", problem("its Call is missing"), problem("the next batch run does it again"))
