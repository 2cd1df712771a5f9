"""A run on a real Ray cluster of this machine: the outcomes of the local engine, whoever is killed. ``make test-ray``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from qa_speech.batch.ray import run_on_ray
from qa_speech.batch.shards import Order
from qa_speech.errors import ConfigError, ModelError
from qa_speech.inputs.rows import find_rows
from tests.batch_kit import NOW, Fake, FakeShare, make_calls
from tests.cluster.cluster_kit import ROOT, Machines, cluster_of, digest_of, kill_at_random, locally, prepare

KILLS, CALLS = 4, 96


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with cluster_of(2) as made:
        yield made


def test_drivers_actors_and_machines_are_killed_and_every_row_has_the_outcome_of_the_local_engine(
    machines: Machines, tmp_path: Path
) -> None:
    prepare(tmp_path, CALLS)

    found = kill_at_random(machines, tmp_path, KILLS, seed=3, wait_s=(0.5, 2.0))
    locally(tmp_path, tmp_path / "local", Fake())

    assert found.kills.total() == KILLS
    assert (found.lost, found.twice) == (0, 0)
    assert found.again_shards_per_kill <= 1
    assert digest_of(tmp_path / "run") == digest_of(tmp_path / "local")


def test_a_machine_where_the_model_is_missing_ends_the_run_with_the_cause(machines: Machines, tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1, seconds=1.0)
    order = Order(tmp_path / "run", partial(find_rows, [tmp_path / "rec"]), NOW, "none", "0" * 64)
    notes: list[str] = []

    def tell(event: dict[str, object]) -> None:
        if event["event"] == "note":
            notes.append(str(event["text"]))

    with pytest.raises(ModelError, match="another model"):
        run_on_ray(order, start=Missing(), address=machines.address, tell=tell)

    assert len(notes) == 6  # three times on each of two machines
    assert (tmp_path / "run" / "summary.txt").is_file()


class Missing:
    """Starts what nobody has: the bundled model under another hash."""

    def __call__(self, sample: object) -> object:
        from qa_speech.batch.node import WithModel

        return WithModel(NOW, "demo", "0" * 64)


def test_where_no_cluster_is_the_address_is_named(tmp_path: Path) -> None:
    order = Order(tmp_path / "run", list, NOW)

    with pytest.raises(ConfigError, match="no Ray cluster answers"):
        run_on_ray(order, start=lambda sample: FakeShare(None), address="nowhere")


def test_the_command_starts_a_cluster_of_its_own_and_leaves_nothing_behind(tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 3)
    (tmp_path / "qa.toml").write_text("[batch]\nsettle_s = 0\n[speech]\npitch = false\n")
    home = tmp_path / "home"
    home.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [
        sys.executable, "-m", "qa_speech", "batch", "run", str(tmp_path / "rec"), "--out", str(tmp_path / "run"), "--model", "demo",
        "--config", str(tmp_path / "qa.toml"), "--workers", "1", "--engine", "ray", "--json",
    ]  # fmt: skip

    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "HOME": str(home)}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert (events[-1]["event"], events[-1]["ok"], events[-1]["left"]) == ("end", 3, 0)
    assert sorted(path.name for path in home.rglob("*") if path.is_file() and ".ray" in str(path)) == []
