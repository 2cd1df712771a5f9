"""The same recording, model and options give the same Call, whatever command made it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.documents import encode, read_calls
from qa_speech.resources import folder
from qa_speech.store.base import calls_of
from qa_speech.store.parquet import open_run


@pytest.mark.slow
def test_inspect_and_batch_store_the_same_calls_byte_for_byte(tmp_path: Path) -> None:
    samples = str(folder("samples"))

    inspected = CliRunner().invoke(app, ["inspect", samples, "--model", "demo", "--out", str(tmp_path / "report")])
    batched = CliRunner().invoke(app, ["batch", "run", samples, "--model", "demo", "--out", str(tmp_path / "run")])

    assert (inspected.exit_code, batched.exit_code) == (0, 0), inspected.output + batched.output
    one = {call.id: encode(call) for call in read_calls(tmp_path / "report")}
    other = {call.id: encode(call) for call in calls_of(open_run(tmp_path / "run"))}
    assert len(one) == 14
    assert [name for name in one if one[name] != other[name]] == []
    assert one.keys() == other.keys()
