"""A run that lies in S3-compatible storage, held against moto's server. ``make test-ray``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer
from typer.testing import CliRunner

from qa_speech.batch.ray import run_on_ray
from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.store.bucket import S3, link_bucket
from qa_speech.store.folder import CALLS, RESULTS
from qa_speech.store.parquet import open_run
from tests.batch_kit import Fake, FakeShare, make_calls
from tests.cluster.cluster_kit import cluster_of, digest_of, locally, order_of, prepare

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture(scope="module")
def storage() -> Iterator[Any]:
    """A client of an empty storage, where boto3 looks for one."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in KEYS.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        client = boto3.client("s3")
        client.create_bucket(Bucket="calls")
        yield client
    server.stop()


@pytest.fixture
def url(storage: Any, tmp_path: Path) -> str:
    """A prefix of its own."""
    return f"s3://calls/{tmp_path.name}"


def batch(place: Path, out: str, *more: str) -> tuple[int, str]:
    config = place / "qa.toml"
    config.write_text("[batch]\nsettle_s = 0\n[speech]\npitch = false\n")
    base = ["batch", "run", str(place / "rec"), "--out", str(place / out), "--model", "none", "--workers", "0"]
    options = ["--config", str(config), "--scorecard", "quality-only", "--ui", "en"]
    done = CliRunner().invoke(app, [*base, *options, *more])
    return done.exit_code, done.output


def test_a_part_is_put_once(url: str, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    bucket = S3(url)

    bucket.put("a/b", one, once=True)
    bucket.put("a/b", two, once=True)
    bucket.fetch("a/b", tmp_path / "back")

    assert (tmp_path / "back").read_bytes() == b"1"
    bucket.put("a/b", two, once=False)
    bucket.fetch("a/b", tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"2"
    assert list(bucket.tags()) == ["a/b"]
    bucket.remove("a/b")
    assert bucket.tags() == {}


def test_another_machine_goes_on_from_what_lies_in_the_bucket(url: str, tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 2, seconds=1.0)
    assert batch(tmp_path, "here", "--bucket", url)[0] == 0

    make_calls(tmp_path / "rec", 1, prefix="d", seconds=1.0)
    code, said = batch(tmp_path, "there", "--bucket", url, "--json")

    assert code == 0
    assert '"todo": 1' in said
    assert batch(tmp_path, "here", "--json")[1].count('"todo": 0')
    assert digest_of(tmp_path / "here") == digest_of(tmp_path / "there")
    assert len({*S3(url).tags()} & {"run.json", "manifest.parquet"}) == 2


def test_what_is_merged_or_forgotten_goes_from_the_bucket_and_from_other_mirrors(url: str, tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 2, seconds=1.0)
    assert batch(tmp_path, "here", "--bucket", url)[0] == 0
    shutil.rmtree(tmp_path / "there", ignore_errors=True)
    link_bucket(tmp_path / "there", url)
    before = parts(S3(url))

    forgot = CliRunner().invoke(app, ["batch", "forget", str(tmp_path / "here"), "--call", "c00000.wav"])
    merged = CliRunner().invoke(app, ["batch", "compact", str(tmp_path / "here")])

    assert (forgot.exit_code, merged.exit_code) == (0, 0)
    assert parts(S3(url)) & before == set()
    assert "forgotten.json" in S3(url).tags()
    with open_run(tmp_path / "there").locked():
        pass
    assert [stored.id for stored in open_run(tmp_path / "there").calls()] == ["c00001.wav"]
    assert {path.name for path in (tmp_path / "there" / CALLS).iterdir()} == {
        name.split("/")[-1] for name in parts(S3(url))
    }


def parts(bucket: S3) -> set[str]:
    """Parts with Calls."""
    return {name for name in bucket.tags() if name.startswith(f"{CALLS}/")}


def test_a_bucket_that_is_none_or_holds_another_run_is_refused(url: str, tmp_path: Path) -> None:
    make_calls(tmp_path / "rec", 1, seconds=1.0)
    assert batch(tmp_path, "here")[0] == 0
    with pytest.raises(ConfigError, match="expected s3://"):
        link_bucket(tmp_path / "new", "http://calls")
    code, said = batch(tmp_path, "new", "--bucket", "s3://no-such-bucket/run")
    assert (code, "does not answer" in said) == (1, True)

    link_bucket(tmp_path / "here", url)  # a run that was in its folder alone

    assert len(parts(S3(url))) == 1
    with pytest.raises(ConfigError, match="another bucket"):
        link_bucket(tmp_path / "here", f"{url}-other")
    assert batch(tmp_path, "other")[0] == 0
    with pytest.raises(ConfigError, match="both hold a run"):
        link_bucket(tmp_path / "other", url)


def test_machines_of_a_cluster_share_nothing_but_the_bucket(url: str, tmp_path: Path) -> None:
    prepare(tmp_path, 24)
    link_bucket(tmp_path / "run", url)
    locally(tmp_path, tmp_path / "local", Fake())

    with cluster_of(2) as machines:
        session = run_on_ray(order_of(tmp_path), start=lambda sample: FakeShare(Fake()), address=machines.address)

    assert (session.ok, session.failed, session.left) == (25, 1, 0)
    assert digest_of(tmp_path / "run") == digest_of(tmp_path / "local")
    assert {path.name for path in (tmp_path / "run" / RESULTS).iterdir()} == {
        name.split("/")[-1] for name in S3(url).tags() if name.startswith(f"{RESULTS}/")
    }
