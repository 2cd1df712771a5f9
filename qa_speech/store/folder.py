"""Where a run keeps what, how a run is told from other folders, and its lock.

results/schema=1/PART.parquet    one flat row per outcome
calls/schema=1/PART.parquet      the Calls as JSON, written before their results
manifest.parquet                 rows of work with their metadata
scorecards/SHA256.yaml           every scorecard that was used
run.json                         settings, model and layout of the last session
report/                          pages of calls and their index, see `page_list`
damaged/                         files that were not what had been written, set aside
bucket.json                      the bucket that the run lies in, where it does
run.log  summary.txt  summary.json  forgotten.json  forgetting.json  made.jsonl  lock
"""

from __future__ import annotations

import datetime as dt
import errno
import fcntl
import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import readable

SCHEMA = 1
RESULTS = Path("results") / f"schema={SCHEMA}"
CALLS = Path("calls") / f"schema={SCHEMA}"
PARTITION = "schema"
"""A column of every part, which DuckDB takes from the name of its folder; it is no figure."""
MANIFEST = Path("manifest.parquet")
SCORECARDS = "scorecards"
STATE = "run.json"
LOG = "run.log"
SUMMARY_TEXT, SUMMARY_JSON = "summary.txt", "summary.json"
FORGOTTEN_MARKS = "forgotten.json"
FORGETTING = "forgetting.json"
MADE = "made.jsonl"
"""Where files were made of the run: what `forget` does not reach."""
DAMAGED = Path("damaged")
BUCKET = "bucket.json"
LOCK = "lock"
NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL}
"""What `flock` says where the file system has none."""


def is_run(path: str | Path) -> bool:
    """Whether a path is the folder of `qa-speech batch run`.

    >>> is_run("samples")
    False
    """
    place = Path(path)
    return place.is_dir() and any((place / name).exists() for name in (STATE, MANIFEST, "results"))


def storable(run: Path) -> Path:
    """The folder of a run, if Parquet files can be written there.

    Raises
    ------
    ConfigError
        Its name holds bytes that are not UTF-8, which the engine cannot open.
    """
    whole = os.path.abspath(run)
    if readable(whole) != whole:
        raise ConfigError(
            str(run), [problem("the folder of a batch run needs a name in UTF-8; choose another with --out")]
        )
    return run


def require_run(path: str | Path) -> Path:
    """The path, if it is a run this version can read.

    Raises
    ------
    ConfigError
        It is none, or was written by a newer version.
    """
    run = storable(Path(path))
    if not is_run(run):
        what = problem("not the folder of a batch run; expected one made by: qa-speech batch run … --out")
        raise ConfigError(str(run), [what])
    require_schema(run)
    return run


def require_schema(run: Path) -> None:
    """Nothing: the store of a run, if there is one yet, is of the schema this version reads.

    Raises
    ------
    ConfigError
        It was written by a newer version, or by none that is known.
    """
    problems = []
    for part in sorted([*run.glob("results/schema=*"), *run.glob("calls/schema=*")]):
        number = part.name.removeprefix("schema=")
        told = part.relative_to(run).as_posix()
        if number.isdigit() and int(number) > SCHEMA:
            problems.append(
                problem(
                    "{told} was written by a newer qa_speech; this one reads up to {schema}", told=told, schema=SCHEMA
                )
            )
        elif number != str(SCHEMA):
            problems.append(
                problem(
                    "{told} is of no schema that any qa_speech has written; this one reads {schema}",
                    told=told,
                    schema=SCHEMA,
                )
            )
    if problems:
        raise ConfigError(str(run), problems)


def stamp() -> str:
    """The present time as lines of the log have it."""
    return dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds")


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """One process at a time works on a run.

    A file system may have no locks (NFS without its lock service): it is said, and the work goes on. Nothing that is stored
    depends on the lock, for parts come by renaming alone; it spares two processes each other's work.

    Raises
    ------
    ConfigError
        Another one does.
    """
    path = storable(run) / LOCK
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        handle = os.open(path, flags, 0o666)
    except OSError as exc:
        raise ConfigError(
            str(path), [problem("cannot be locked ({reason}); expected a plain file", reason=exc.strerror or exc)]
        ) from exc
    with open(handle, "rb+", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ConfigError(str(path), [problem("cannot be locked; expected a plain file")])
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno not in NO_LOCKS:
                raise ConfigError(str(run), [problem("another process is working on this run")]) from exc
            told = problem(
                "{run}: no locks on this file system: do not run twice at once ({reason})",
                run=run,
                reason=exc.strerror or exc,
            )
            logging.getLogger("qa_speech").warning(told)
        yield
