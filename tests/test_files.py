import hashlib
from pathlib import Path

import pytest

from qa_speech import files


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    place = tmp_path / "new" / "a.txt"
    with files.whole_file(place, durable=True) as temporary:
        temporary.write_text("one", encoding="utf-8")
        assert not place.exists()
    with pytest.raises(UnicodeEncodeError), files.whole_file(place) as temporary:
        temporary.write_text("two \udc80", encoding="utf-8")

    assert place.read_text(encoding="utf-8") == "one"
    assert list(place.parent.iterdir()) == [place]


def test_a_file_written_whole_can_be_read_by_whom_others_can_be(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    with files.whole_file(tmp_path / "whole"):
        pass

    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")

    assert files.sha256(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()


def test_calls_of_a_result_folder_are_found_where_they_are_written(tmp_path: Path) -> None:
    result = files.ResultFolder(tmp_path)
    for name in ("b", "a"):
        with files.whole_file(result.call_file(name)):
            pass
    with files.whole_file(result.score_file("a")):
        pass

    assert result.call_files() == [result.call_file("a"), result.call_file("b")]
    assert files.ResultFolder(tmp_path / "calls").call_files() == result.call_files()
