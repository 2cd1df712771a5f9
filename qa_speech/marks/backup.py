"""A copy of the database of marks and desk while people work: SQLite's own online backup, or pg_dump."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from qa_speech.errors import ConfigError, problem
from qa_speech.files import whole_file
from qa_speech.marks.connection import shown


def back_up(place: str | Path, out: str | Path) -> Path:
    """Write a copy of the database at a path (a SQLite file) or URL (an archive of pg_dump), whole or not at all.

    Raises
    ------
    ConfigError
        There is no database, or pg_dump is missing or refuses.

    Examples
    --------
    >>> from qa_speech.marks.desk_base import open_desk_base
    >>> open_desk_base("marks.sqlite").close()
    >>> copy = open_desk_base(back_up("marks.sqlite", "copy.sqlite"), create=False)
    >>> copy.marks.marks()
    []
    >>> copy.close()
    """
    out = Path(out)
    if "://" in str(place):
        return _dumped(str(place), out)
    source = Path(place)
    if not source.is_file():
        raise ConfigError(str(place), [problem("no marks here yet")])
    with whole_file(out, durable=True) as temporary:
        before, after = sqlite3.connect(source), sqlite3.connect(temporary)
        try:
            before.backup(after)
        except sqlite3.Error as exc:
            raise ConfigError(str(place), [problem("cannot be copied: {reason}", reason=exc)]) from exc
        finally:
            before.close()
            after.close()
    return out


def _dumped(url: str, out: Path) -> Path:
    if shutil.which("pg_dump") is None:
        raise ConfigError(shown(url), [problem("needs the program pg_dump (Debian: postgresql-client)")])
    plain = make_url(url).set(drivername="postgresql")
    password = str(plain.password or "")
    place = plain.set(password=None).render_as_string()
    with whole_file(out, durable=True) as temporary:
        command = ["pg_dump", "--format=custom", f"--file={temporary}", place]
        done = subprocess.run(command, env=_environment(password), capture_output=True, text=True, check=False)
        if done.returncode:
            raise ConfigError(shown(url), [problem("pg_dump: {stderr}", stderr=done.stderr.strip()[:500])])
    return out


def _environment(password: str) -> dict[str, str]:
    """The password goes to pg_dump where nobody can see it in the list of processes."""
    extra = {"PGPASSWORD": password} if password else {}
    return {**os.environ, **extra}
