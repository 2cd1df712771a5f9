"""Shared fixtures. A test that needs a program says ``@pytest.mark.tool("espeak-ng")``; data, ``@pytest.mark.data``; a
recogniser of real speech, ``@pytest.mark.real``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("QA_SPEECH_DATA", ROOT.parent / "shared" / "data"))
CHROMIUM = "/usr/bin/chromium"

POSTGRES = "QA_SPEECH_TEST_POSTGRES"
REAL_MODEL = "QA_SPEECH_REAL_MODEL"


def own_database(url: str, worker: str) -> str:
    """The database of one of several processes that run the tests at once: each empties its own."""
    from psycopg import connect, sql
    from sqlalchemy.engine import make_url

    whole = make_url(url)
    own = whole.set(database=f"{whole.database}_{worker}")
    plain = whole.set(drivername="postgresql").render_as_string(hide_password=False)
    with connect(plain, autocommit=True) as connection:
        there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [own.database]).fetchone()
        if there is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(own.database or "")))
    return own.render_as_string(hide_password=False)


if os.environ.get(POSTGRES) and os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ[POSTGRES] = own_database(os.environ[POSTGRES], os.environ["PYTEST_XDIST_WORKER"])

settings.register_profile("project", deadline=None)  # machines are shared: a slow example is no fault
settings.load_profile("project")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("tool"):
        missing = [name for name in mark.args if shutil.which(name) is None]
        if missing and os.environ.get("QA_SPEECH_NO_SKIP") == "1":
            pytest.fail(f"needs {', '.join(missing)}, and QA_SPEECH_NO_SKIP=1 forbids the skip")
        if missing:
            pytest.skip(f"needs {', '.join(missing)} on the PATH")
    if any(item.iter_markers("postgres")) and not os.environ.get("QA_SPEECH_TEST_POSTGRES"):
        if os.environ.get("QA_SPEECH_NO_SKIP") == "1":
            pytest.fail("needs QA_SPEECH_TEST_POSTGRES, and QA_SPEECH_NO_SKIP=1 forbids the skip")
        pytest.skip("needs an empty PostgreSQL database: QA_SPEECH_TEST_POSTGRES=postgresql+psycopg://…")
    if any(item.iter_markers("real")) and not os.environ.get(REAL_MODEL):
        pytest.skip(f"needs a recogniser of real speech: {REAL_MODEL}=FOLDER (qa-speech models pull whisper-base)")
    if any(item.iter_markers("data")) and not DATA.is_dir():
        pytest.skip(f"needs the external data folder, not at {DATA}; QA_SPEECH_DATA names another place")


@pytest.fixture
def data_dir() -> Path:
    """The external data folder; tests that use it carry the mark `data`."""
    return DATA


@pytest.fixture(autouse=True)
def clean_environ(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test depends on the settings of the person who runs it."""
    for name in [name for name in os.environ if name.startswith("QA_SPEECH_") and name not in KEPT]:
        monkeypatch.delenv(name)


KEPT = ("QA_SPEECH_DATA", "QA_SPEECH_NO_SKIP", POSTGRES, REAL_MODEL)
