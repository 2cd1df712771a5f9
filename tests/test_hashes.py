import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qa_speech.engines import hashes
from qa_speech.engines.hashes import cache_folder, kept_sha256
from qa_speech.engines.models import Model, verify
from qa_speech.files import sha256

LONG_AGO_NS = time.time_ns() - 3_600_000_000_000


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "qa_speech"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that were read from end to end."""
    read: list[Path] = []

    def counted(path: Path) -> str:
        read.append(path)
        return sha256(path)

    monkeypatch.setattr(hashes, "sha256", counted)
    return read


def weights(place: Path, content: bytes, changed_ns: int = LONG_AGO_NS) -> Path:
    path = place / "model.bin"
    path.write_bytes(content)
    os.utime(path, ns=(changed_ns, changed_ns))
    return path


def test_a_file_is_read_once_and_again_when_it_has_changed(tmp_path: Path, reads: list[Path]) -> None:
    path = weights(tmp_path, b"one")
    first = [kept_sha256(path) for _ in range(3)]
    longer = kept_sha256(weights(tmp_path, b"longer"))
    same_size = kept_sha256(weights(tmp_path, b"LONGER", LONG_AGO_NS + 1))

    assert len(reads) == 3
    assert first == [sha256(weights(tmp_path, b"one"))] * 3
    assert len({first[0], longer, same_size}) == 3


def test_a_file_that_has_just_changed_is_not_kept(tmp_path: Path, cache: Path, reads: list[Path]) -> None:
    path = weights(tmp_path, b"new", time.time_ns())

    assert kept_sha256(path) == kept_sha256(path)
    assert len(reads) == 2
    assert not cache.exists()


def test_hashes_of_files_that_are_gone_are_dropped(tmp_path: Path, cache: Path) -> None:
    gone = weights(tmp_path, b"gone")
    kept_sha256(gone)
    gone.unlink()
    (tmp_path / "other").mkdir()
    kept_sha256(weights(tmp_path / "other", b"there"))

    text = (cache / hashes.FILE).read_text(encoding="utf-8")
    assert str(tmp_path / "other" / "model.bin") in text
    assert str(gone) not in text


def _damaged(cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / hashes.FILE).write_text('{"/x": "no"}', encoding="utf-8")


def _no_folder(cache: Path) -> None:
    cache.parent.write_text("a file where the folder should be", encoding="utf-8")


@pytest.mark.parametrize("harm", [_damaged, _no_folder])
def test_nothing_fails_where_nothing_can_be_kept(tmp_path: Path, cache: Path, harm: Callable[[Path], None]) -> None:
    harm(cache)
    path = weights(tmp_path, b"one")

    assert kept_sha256(path) == sha256(path)


def test_verify_reads_the_file_whatever_is_kept(tmp_path: Path, cache: Path) -> None:
    path = weights(tmp_path, b"one")
    (tmp_path / "SHA256SUMS").write_text(f"{kept_sha256(path)}  model.bin\n", encoding="utf-8")
    weights(tmp_path, b"two")  # as long, with the same time of change: only its bytes tell

    assert cache_folder() == cache
    assert kept_sha256(path) != sha256(path)
    assert verify(Model("mine", tmp_path)) == [f"{path}: sha256 is not {kept_sha256(path)}"]
