"""What a run was made with is not changed unasked; where it is asked for, what depends on it is done again."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from qa_speech.batch.change import differences
from qa_speech.batch.state import State, read_state, write_state
from qa_speech.cli import app
from qa_speech.settings import Settings
from qa_speech.store.parquet import ParquetStore
from tests.batch_kit import make_calls

BASE = State(
    Settings(model="m").model_dump(mode="json"), "complaint", model_sha256="a" * 64, cards={"complaint": "1" * 64}
)


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (BASE, ""),
        (msgspec.structs.replace(BASE, scorecard="fault", cards={"fault": "2" * 64}), "scorecard: was complaint, is fault"),
        (msgspec.structs.replace(BASE, cards={"complaint": "2" * 64}), "scorecard complaint: was 111111111111, is 222222222222"),
        (msgspec.structs.replace(BASE, model_sha256="b" * 64), "model: was m (aaaaaaaaaaaa), is m (bbbbbbbbbbbb)"),
        (msgspec.structs.replace(BASE, model_sha256=""), "model: was m (aaaaaaaaaaaa), is none"),
        (msgspec.structs.replace(BASE, raw="alaw:8000:1"), "raw: was not set, is alaw:8000:1"),
        (msgspec.structs.replace(BASE, code_sha256="c" * 64), ""),
    ],
)  # fmt: skip
def test_a_difference_is_named(after: State, told: str) -> None:
    assert "; ".join(differences(BASE, after)) == told


def test_how_fast_it_goes_is_no_difference() -> None:
    faster = {"batch": {"workers": 3}, "recognition": {"threads": 8, "batch_size": 2, "device": "cpu"}, "model": "m"}
    after = msgspec.structs.replace(BASE, settings=Settings.model_validate(faster).model_dump(mode="json"))

    assert list(differences(BASE, after)) == []
    assert list(differences(State(), BASE)) == []


def run(place: Path, *more: str) -> tuple[int, str]:
    """Exit code and what was said."""
    base = ["batch", "run", str(place / "rec"), "--out", str(place / "run"), "--model", "none", "--workers", "0"]
    done = CliRunner().invoke(app, [*base, "--ui", "en", *more])
    return done.exit_code, done.output


def outcomes(place: Path) -> dict[str, tuple[str | None, str | None, int | None]]:
    found = ParquetStore(place / "run").query("SELECT id, scorecard, agent, sequence FROM results").rows
    return {name: (card, agent, sequence) for name, card, agent, sequence in found}


def test_a_run_goes_on_as_it_began_unless_a_change_is_asked_for(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1, prefix="7_", seconds=1.0)
    config = tmp_path / "qa.toml"
    config.write_text("[batch]\nsettle_s = 0\n[speech]\npitch = false\n")
    card = tmp_path / "own.yaml"
    shutil.copy(Path("scorecards/quality-only.yaml"), card)
    options = ("--config", str(config), "--scorecard", str(card), "--name-pattern", "{agent}_{_}.wav")
    assert run(tmp_path, *options)[0] == 0
    before = outcomes(tmp_path)
    assert [agent for _, agent, _ in before.values()] == ["7"]

    # without options it goes on with those it has, the pattern among them
    assert run(tmp_path)[0] == 0
    assert outcomes(tmp_path) == before

    code, said = run(tmp_path, "--agent-channel", "2", "--name-pattern", "")
    assert code == 2
    assert "agent_channel: was not set, is 2" in said
    assert "name_pattern: was {agent}_{_}.wav, is not set" in said
    assert "--change" in said
    assert read_state(tmp_path / "run").settings["agent_channel"] is None
    assert outcomes(tmp_path) == before

    card.write_text(card.read_text(encoding="utf-8") + "\n# another\n", encoding="utf-8")
    code, said = run(tmp_path)
    assert code == 2
    assert f"scorecard {card}: was" in said.replace("\n", "")
    assert run(tmp_path, "--change")[0] == 0
    assert len(set(outcomes(tmp_path).items()) & set(before.items())) == 0


def test_other_code_is_refused_or_does_every_call_again(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1, prefix="7_", seconds=1.0)
    config = tmp_path / "qa.toml"
    config.write_text("[batch]\nsettle_s = 0\n[speech]\npitch = false\n")
    assert (
        run(tmp_path, "--config", str(config), "--scorecard", "quality-only", "--name-pattern", "{agent}_{_}.wav")[0]
        == 0
    )
    before = outcomes(tmp_path)
    state = read_state(tmp_path / "run")
    write_state(tmp_path / "run", msgspec.structs.replace(state, code_sha256="0" * 64))

    code, said = run(tmp_path)
    assert (code, "code: another qa_speech" in said) == (2, True)
    assert outcomes(tmp_path) == before

    assert run(tmp_path, "--change")[0] == 0
    again = outcomes(tmp_path)
    assert all(again[name][2] != before[name][2] for name in before)
    assert run(tmp_path)[0] == 0
    assert outcomes(tmp_path) == again
