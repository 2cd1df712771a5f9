"""Names in bytes that are no UTF-8: through every way that lists, stores, opens and shows recordings."""

import csv
import json
import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from qa_speech.cli import app
from qa_speech.errors import AudioError, ConfigError
from qa_speech.filenames import as_path, as_text, readable
from qa_speech.inputs import find_inputs, with_transcripts
from qa_speech.inputs.rows import find_rows
from qa_speech.resources import folder
from qa_speech.store.parquet import open_run
from tests.batch_kit import make_calls

NAME = "张三.wav".encode("gbk")
SHOWN = r"\xd5\xc5\xc8\xfd.wav"


def run(*args: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in args], env={"LC_ALL": "zh_CN.UTF-8"})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Three recordings: one of an ordinary name, one whose name is GBK, one that is none."""
    place = tmp_path / "in"
    paths = make_calls(place, 2)
    try:
        os.rename(os.fsencode(paths[0]), os.path.join(os.fsencode(place), NAME))
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    paths[1].rename(place / "good.wav")
    (place / "broken.wav").write_bytes(b"RIFF")
    return place


@given(st.binary(min_size=1, max_size=30).filter(lambda name: b"\0" not in name))
def test_every_name_comes_back_from_its_text(name: bytes) -> None:
    text = as_text(os.fsdecode(name))

    text.encode()
    assert os.fsencode(as_path(text)) == os.fsencode(Path(os.fsdecode(name)))


@given(st.sets(st.text("\\x5cd0\udcd5\udcff", min_size=1, max_size=8), min_size=2))
def test_no_two_names_have_one_text(names: set[str]) -> None:
    assert len({as_text(name) for name in names}) == len(names)


def test_names_that_are_utf8_stay_as_they_are() -> None:
    for name in ("录音/张三.wav", r"C:\new\folder.wav", "a b~2.wav", "😀.wav"):
        assert as_text(name) == name


def test_errors_hold_no_half_characters() -> None:
    raw = os.fsdecode(NAME)
    for error in (AudioError(raw, f"{raw} is broken"), ConfigError(raw, [raw])):
        assert SHOWN in str(error)
        str(error).encode()
    assert readable(readable(raw)) == SHOWN


def test_inspect_lists_opens_and_shows_it(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    result = run("inspect", place, "--model", "none", "--out", out)

    assert result.exit_code == 3, result.output
    rows = list(csv.DictReader((out / "results.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert {row["id"]: row["status"] for row in rows} == {"broken.wav": "DecodeError", "good.wav": "ok", SHOWN: "ok"}
    assert {row["path"] for row in rows if row["id"] == SHOWN} == {f"{place}/{SHOWN}"}
    assert json.dumps(SHOWN)[1:-1] in (out / "index.html").read_text(encoding="utf-8")
    assert len(list((out / "audio").glob("*.mp3"))) == 2


def test_json_lines_can_be_read_again(place: Path) -> None:
    result = run("inspect", place, "--model", "none", "--json")

    reports = [json.loads(line) for line in result.stdout.splitlines()]
    assert [report["call"]["recording"]["id"] for report in reports if report["type"] == "report"] == [
        "good.wav",
        SHOWN,
    ]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_batch_run_plans_does_and_stores_it(place: Path, tmp_path: Path, workers: int) -> None:
    config = tmp_path / "now.toml"
    config.write_text("[batch]\nsettle_s = 0\nmin_free_disk_gb = 0\n", encoding="utf-8")
    out = tmp_path / "run"

    planned = run("batch", "plan", place, "--out", out)
    assert planned.exit_code == 0, planned.output
    assert [row.id for row in open_run(out).rows()] == ["broken.wav", "good.wav", SHOWN]

    done = run("batch", "run", place, "--model", "none", "--out", out, "--config", config, "--workers", workers)
    assert done.exit_code == 3, done.output
    again = run("batch", "run", "--out", out, "--config", config, "--model", "none", "--workers", workers)
    assert again.exit_code == 0, again.output

    told = run("query", out, "select id, path, status from results", "--format", "csv").stdout
    rows = {row["id"]: row for row in csv.DictReader(told.splitlines())}
    assert {name: row["status"] for name, row in rows.items()} == {
        "broken.wav": "failed",
        "good.wav": "ok",
        SHOWN: "ok",
    }
    assert rows[SHOWN]["path"] == f"{place}/{SHOWN}"
    for suffix in (".csv", ".jsonl", ".xlsx"):
        assert run("export", out, "--to", tmp_path / f"x{suffix}").exit_code == 0
    assert SHOWN in (tmp_path / "x.csv").read_text(encoding="utf-8-sig")
    scored = run("score", out, "--out", tmp_path / "scored")
    assert scored.exit_code == 0, scored.output
    assert len(list((tmp_path / "scored" / "audio").glob("*.mp3"))) == 2


def test_a_manifest_may_name_it_as_it_is_shown(place: Path) -> None:
    (place / "m.csv").write_text(f"path,agent\n{SHOWN},7\n", encoding="utf-8")

    (row,) = find_rows([place / "m.csv"])

    assert (row.id, row.bytes) == (SHOWN, row.call_input.path.stat().st_size)


def test_its_transcript_is_found_by_its_stem_and_its_name_tells_metadata(place: Path, tmp_path: Path) -> None:
    words = tmp_path / "t"
    words.mkdir()
    (words / os.fsdecode("张三.txt".encode("gbk"))).write_text("坐席：您好", encoding="utf-8")

    (found,) = [one for one in with_transcripts(find_inputs([place]), words) if one.transcript]
    rows = find_rows([place], transcripts=words, name_pattern="{agent}.wav")

    assert found.id == SHOWN
    assert [row.id for row in rows if row.transcript] == [SHOWN]
    assert [row.metadata["agent"] for row in rows if row.id == SHOWN] == [r"\xd5\xc5\xc8\xfd"]


def test_a_surrogate_that_is_no_byte_is_written_as_what_it_is() -> None:
    assert readable("no file 'a\ud800.wav'") == "no file 'a\\ud800.wav'"


def test_two_transcripts_of_one_name_or_no_folder_of_them_are_refused(tmp_path: Path) -> None:
    for name in ("a.txt", "a.srt"):
        (tmp_path / name).write_text("坐席：您好", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"two transcripts of one name: a\.srt and a\.txt"):
        with_transcripts([], tmp_path)
    with pytest.raises(ConfigError, match="not a folder of transcripts"):
        with_transcripts([], tmp_path / "a.txt")


def test_a_folder_of_such_a_name_can_be_given_and_written(tmp_path: Path) -> None:
    place = tmp_path / os.fsdecode("李四".encode("gbk"))
    place.mkdir()
    shutil.copy(folder("samples") / "good-service.ogg", place)

    result = run("inspect", place, "--model", "none", "--out", place / "out")

    assert result.exit_code == 0, result.output
    assert (place / "out" / "index.html").is_file()


def test_a_batch_run_is_not_stored_under_such_a_name_and_says_so(place: Path, tmp_path: Path) -> None:
    out = tmp_path / os.fsdecode("李四".encode("gbk"))

    for command in (("batch", "plan", place, "--out", out), ("batch", "run", place, "--model", "none", "--out", out)):
        result = run(*command)
        assert result.exit_code == 2
        assert "名称应为 UTF-8" in result.stderr
