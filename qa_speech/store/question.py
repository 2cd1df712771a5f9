"""A question in SQL: one SELECT over the views of a run, answered by an engine that can reach nothing else.

DuckDB's own parser says what a text asks for. It must be a single SELECT over `VIEWS`; `UNMASKED` holds every word that was
said and is there only for a question that names it. The engine may open the parts behind these views and no other file,
and its settings are locked. Rows, seconds and memory are limited.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import readable
from qa_speech.store.base import Answer, QueryLimits
from qa_speech.store.folder import CALLS, MANIFEST, RESULTS
from qa_speech.store.parts import parts_in
from qa_speech.store.sql import connect, engine, rows_of, text_of

VIEWS = ("results", "manifest", "history", "calls")
UNMASKED = "calls"
"""The view of whole Calls: words as they were said."""
TABLE_FUNCTIONS = frozenset(("range", "generate_series", "unnest", "json_each", "json_tree"))
"""What may stand in a FROM besides views: functions that make rows of their arguments."""
THREADS = 4
MOST_SPILLED = "4GB"
_SYNTAX = re.compile(r'Parser Error: syntax error at or near "(?P<word>[^"]*)"')
_NO_COLUMN = re.compile(
    r'Binder Error: Referenced column "(?P<name>[^"]*)" not found in FROM clause!(\nCandidate bindings: (?P<near>.*))?'
)
_CANDIDATE = re.compile(r'"([^"]*)"')
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def ask(run: Path, sql: str, limits: QueryLimits) -> Answer:
    """The answer to a question; its rows are read as they are taken.

    Raises
    ------
    ConfigError
        It is not one SELECT over the views, DuckDB cannot answer it, or it takes longer than it may: also while rows are taken.
    """
    import duckdb

    words = UNMASKED in tables_of(sql)
    opened = connect(run, words=words)
    stopped = threading.Event()

    def stop() -> None:
        stopped.set()
        opened.interrupt()

    timer = threading.Timer(limits.seconds, stop)
    timer.daemon = True
    try:
        _confine(opened, run, limits, words=words)
        timer.start()
        found = opened.execute(sql)
        names = [column[0] for column in found.description]
    except duckdb.Error as exc:
        _end(timer)
        opened.close()
        raise _refusal(exc, limits, stopped) from exc

    def rows() -> Iterator[tuple[Any, ...]]:
        taken = 0
        try:
            with opened:
                for row in rows_of(found):
                    if taken == limits.rows:
                        raise ConfigError("query", [_too_many(limits)])
                    yield row
                    taken += 1
        except duckdb.Error as exc:
            raise _refusal(exc, limits, stopped) from exc
        finally:
            _end(timer)

    return Answer(names, rows(), words)


def _end(timer: threading.Timer) -> None:
    """Let a timer go, and wait until it has."""
    timer.cancel()
    if timer.ident is not None:
        timer.join()


def _too_many(limits: QueryLimits) -> str:
    return problem(
        "more than {rows} rows; these are the first. Ask for fewer (LIMIT), or allow more with --rows", rows=limits.rows
    )


def _refusal(exc: Exception, limits: QueryLimits, stopped: threading.Event) -> ConfigError:
    """What went wrong as DuckDB says it; values that did not convert are left out, they may be words of a caller."""
    import duckdb

    if stopped.is_set():
        return ConfigError(
            "query",
            [
                problem(
                    "stopped after {seconds:g} s; ask for less, or allow more with --seconds", seconds=limits.seconds
                )
            ],
        )
    text = told_by_engine(str(exc))
    if isinstance(exc, duckdb.OutOfMemoryException):
        text = problem("needs more memory than it may have ({memory_mb} MB)", memory_mb=limits.memory_mb)
    elif "pytz" in text:
        text = problem("holds a TIMESTAMP WITH TIME ZONE; ask for it ::TIMESTAMP or ::VARCHAR")
    elif isinstance(exc, duckdb.ConversionException | duckdb.InvalidInputException | duckdb.OutOfRangeException):
        text = _QUOTED.sub("…", text.partition("\n")[0])
    return ConfigError("query", [text])


def told_by_engine(message: str) -> str:
    """What DuckDB says of a question, the usual slips in our words; anything else as it is.

    >>> told_by_engine('Parser Error: syntax error at or near "selec"')
    "no SQL at or near 'selec'"
    """
    slip = _SYNTAX.match(message)
    if slip:
        return problem("no SQL at or near {word!r}", word=slip["word"])
    unknown = _NO_COLUMN.match(message)
    if unknown is None:
        return message
    what = problem("there is no column {name!r}", name=unknown["name"])
    near = ", ".join(_CANDIDATE.findall(unknown["near"] or ""))
    if not near:
        return what
    return problem("{what}; near names: {near}", what=what, near=near)


def _confine(opened: Any, run: Path, limits: QueryLimits, *, words: bool) -> None:
    """Shut the engine in: the parts of these views, no settings, so much memory."""
    opened.execute(f"SET memory_limit = '{limits.memory_mb}MB'")
    opened.execute(f"SET threads = {THREADS}")
    opened.execute(f"SET max_temp_directory_size = '{MOST_SPILLED}'")
    readable = [*parts_in(run / RESULTS), run / MANIFEST]
    if words:
        readable += parts_in(run / CALLS)
    opened.execute(f"SET allowed_paths = [{', '.join(map(text_of, readable))}]")
    opened.execute("SET enable_external_access = false")
    opened.execute("SET lock_configuration = true")


# -- what a question asks for -----------------------------------------------------------------------------------


def tables_of(sql: str) -> frozenset[str]:
    """The views that a question names.

    Raises
    ------
    ConfigError
        It is not one SELECT, or asks for something else.

    Examples
    --------
    >>> sorted(tables_of("WITH x AS (FROM results) SELECT * FROM x JOIN calls USING (id)"))
    ['calls', 'results']
    >>> try:
    ...     tables_of("SELECT * FROM read_text('/etc/passwd')")
    ... except ConfigError as error:
    ...     print(error)
    query: read_text() cannot be asked; there are the views results, manifest, history, calls
    """
    named: set[str] = set()
    own: set[str] = set()
    problems: list[str] = []
    for node in _nodes(_parsed(sql)):
        kind = node.get("type")
        if kind == "BASE_TABLE":
            named.add(_name_of_table(node))
        elif kind == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if name not in TABLE_FUNCTIONS:
                problems.append(f"{name}()")
        for entry in node.get("cte_map", {}).get("map", ()):
            own.add(str(entry["key"]).lower())
    problems += sorted(name for name in named - own if name not in VIEWS)
    if problems:
        raise ConfigError(
            "query",
            [
                problem("{name} cannot be asked; there are the views {views}", name=name, views=", ".join(VIEWS))
                for name in problems
            ],
        )
    return frozenset(named & frozenset(VIEWS))


def _name_of_table(node: dict[str, Any]) -> str:
    """A table as the question names it; the schema of the views themselves is left out."""
    parts = [str(node.get(key) or "").lower() for key in ("catalog_name", "schema_name", "table_name")]
    if parts[:2] in (["", ""], ["", "main"], ["memory", "main"]):
        return parts[2]
    return ".".join(part for part in parts if part)


def _parsed(sql: str) -> dict[str, Any]:
    """What DuckDB's parser makes of a text that is one SELECT."""
    import duckdb

    if "\0" in sql or readable(sql) != sql:
        raise ConfigError("query", [problem("holds characters that are none; expected one SELECT")])
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as exc:
        raise ConfigError("query", [told_by_engine(str(exc))]) from exc
    kinds = [str(statement.type).rpartition(".")[2] for statement in statements]
    if kinds != ["SELECT"]:
        raise ConfigError("query", [problem("{what}; expected one SELECT", what=_told(kinds))])
    with engine() as opened:
        question = "SELECT json_serialize_sql(?::VARCHAR, skip_null := true, skip_empty := true)"
        (text,) = opened.execute(question, [statements[0].query]).fetchone()
    found: dict[str, Any] = msgspec.json.decode(text)
    if found.get("error"):
        raise ConfigError("query", [problem("{what}; expected one SELECT", what=found.get("error_message"))])
    return found


def _told(kinds: Sequence[str]) -> str:
    """What a text holds instead of one SELECT."""
    if not kinds:
        return problem("nothing is asked")
    if len(kinds) > 1:
        return f"{len(kinds)} statements"
    return problem("a statement of the kind {kinds}", kinds=kinds[0])


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object in a tree of JSON."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
