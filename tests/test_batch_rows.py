import json
import os
from pathlib import Path

import pytest

from qa_speech.audio.decode import RawFormat
from qa_speech.batch.plan import Forecast, foreseen
from qa_speech.batch.work import options_key
from qa_speech.errors import AudioError, ConfigError
from qa_speech.inputs.names import NamePattern
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.settings import Settings
from qa_speech.store.parquet import store_at


@pytest.fixture
def place(tmp_path: Path) -> Path:
    for name in ("b/1.wav", "a/1.wav", "a/notes.txt", "a/.part.wav", ".hidden/2.wav"):
        (tmp_path / "rec" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "rec" / name).write_bytes(b"x")
    return tmp_path / "rec"


def test_a_folder_gives_its_recordings_with_ids_below_it(place: Path) -> None:
    rows = find_rows([place])

    assert [(row.id, row.bytes) for row in rows] == [("a/1.wav", 1), ("b/1.wav", 1)]
    assert rows[0].mtime_ns == (place / "a/1.wav").stat().st_mtime_ns


def test_a_glob_gives_ids_below_its_fixed_part(place: Path) -> None:
    assert [row.id for row in find_rows([f"{place}/*/1.wav"])] == ["a/1.wav", "b/1.wav"]


def test_two_of_one_name_get_ids_of_their_own(place: Path) -> None:
    assert [row.id for row in find_rows([place / "a/1.wav", place / "b/1.wav"])] == ["1.wav", "1.wav~2"]


def test_what_is_not_there_is_said(place: Path, tmp_path: Path) -> None:
    for missing in (tmp_path / "none", tmp_path / "*.wav"):
        with pytest.raises(AudioError, match="no such file or folder"):
            find_rows([missing])
    (tmp_path / "empty").mkdir()
    with pytest.raises(AudioError, match="no recordings in this folder"):
        find_rows([tmp_path / "empty"])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_manifest_gives_ids_roles_and_metadata(place: Path, encoding: str) -> None:
    manifest = place / "清单.csv"
    manifest.write_bytes(
        'path,id,roles,agent,team,scorecard\na/1.wav,c1,"customer,agent",7,售后,complaint\nb/1.wav,,,8,,\nmissing.wav,c3,,,,\n'.encode(
            encoding
        )
    )

    one, two, three = find_rows([manifest])

    assert one == Row("c1", str(place / "a/1.wav"), 1, one.mtime_ns, 2, "", "complaint", {"agent": "7", "team": "售后"})
    assert (two.id, two.agent_channel, dict(two.metadata)) == ("b/1.wav", None, {"agent": "8"})
    assert three.bytes == -1


def test_a_path_that_windows_wrote_is_found(tmp_path: Path) -> None:
    (tmp_path / "rec").mkdir()
    (tmp_path / "rec" / "a.wav").write_bytes(b"a")
    (tmp_path / "list.csv").write_text("path\nrec\\a.wav\nrec\\b.wav\n", encoding="utf-8")

    found, missing = find_rows([tmp_path / "list.csv"])

    assert (found.path, found.bytes) == (str(tmp_path / "rec/a.wav"), 1)
    assert missing.path.endswith("rec\\b.wav")


def test_jsonl_and_csv_say_the_same(place: Path) -> None:
    lines = [
        {"path": "a/1.wav", "id": "x", "roles": ["agent", "customer"], "metadata": {"agent": "7"}, "queue": "宽带"},
        {"path": "b/1.wav", "agent_channel": 2},
    ]
    manifest = place / "m.jsonl"
    manifest.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    one, two = find_rows([manifest])

    assert (one.id, one.agent_channel, dict(one.metadata)) == ("x", 1, {"agent": "7", "queue": "宽带"})
    assert (two.id, two.agent_channel) == ("b/1.wav", 2)


def test_all_problems_of_a_manifest_are_listed_at_once(place: Path) -> None:
    manifest = place / "m.csv"
    manifest.write_text("path,id,roles,agent_channel\na/1.wav,x,both,\n,y,,\nb/1.wav,x,,3\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        find_rows([manifest])

    assert [problem.split(": ")[0] for problem in caught.value.problems] == ["m.csv:2", "m.csv:3", "m.csv:4", "m.csv:4"]


def test_what_headerless_files_hold_is_said_by_the_manifest_or_for_all(place: Path) -> None:
    (place / "a/2.V3").write_bytes(b"x" * 800)
    (place / "m.csv").write_text("path,raw\na/2.V3,vox:8000:1\na/1.wav,\na/2.V3x,\n", encoding="utf-8")

    one, plain, odd = find_rows([place / "m.csv"], raw="alaw:8000:2")

    assert (one.raw, plain.raw, odd.raw) == ("vox:8000:1", "", "alaw:8000:2")
    assert one.call_input.raw == RawFormat("vox", 8000, 1)
    assert [row.raw for row in find_rows([place], raw="alaw")] == ["", "alaw", ""]
    with pytest.raises(ConfigError, match="expected one of alaw"):
        find_rows([place], raw="mp3")
    (place / "m.csv").write_text("path,raw\na/2.V3,8000\na/1.wav,alaw:x\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        find_rows([place / "m.csv"])
    assert [problem.split(": ")[0] for problem in caught.value.problems] == ["m.csv:2", "m.csv:3"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("agent,queue\n1,2\n", "no column path"),
        ("path,agent,agent\na,b,c\n", "two columns named"),
        ("path\n", "no rows"),
    ],
)
def test_a_manifest_that_cannot_be_one_says_why(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "m.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        find_rows([tmp_path / "m.csv"])


def test_columns_that_no_table_can_hold_side_by_side_are_refused(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("path,Agent,agent\na.wav,1,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="'Agent' and 'agent' differ only in upper and lower case"):
        find_rows([tmp_path / "m.csv"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"path": "a\\u0000.wav"}', "m.jsonl:1: holds a NUL"),
        ('{"path": "a.wav", "metadata": [1]}', "m.jsonl:1: not a JSON object: Expected `object`, got `array`"),
        ('{"path": "a.wav", "id": "\\ud800"}', "m.jsonl:1: not a JSON object"),
        ('{"path": ' + "[" * 100_000, "m.jsonl:1: not a JSON object: nested too deeply"),
    ],
)
def test_what_a_line_cannot_hold_is_a_problem_of_that_line(tmp_path: Path, line: str, problem: str) -> None:
    (tmp_path / "m.jsonl").write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        find_rows([tmp_path / "m.jsonl"])
    assert problem in str(caught.value)


def test_a_folder_that_cannot_be_read_is_a_row_of_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.scandir

    def refused(path: str) -> object:
        if path.endswith("/b"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", refused)

    assert [(row.id, row.bytes) for row in find_rows([place])] == [("a/1.wav", 1), ("b", -1)]
    with pytest.raises(AudioError, match="this folder cannot be read: Permission denied"):
        find_rows([place / "b"])


def test_broken_lines_of_jsonl_are_named(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text('{"path": "a.wav"}\n[1]\n{\n', encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        find_rows([tmp_path / "m.jsonl"])
    assert len(caught.value.problems) == 2


def test_file_names_tell_metadata(tmp_path: Path) -> None:
    for name in ("宽带/20261123093000_7.wav", "宽带/odd.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    told, odd = find_rows([tmp_path], name_pattern="{queue}/{started_at}_{agent}.wav")

    assert dict(told.metadata) == {"queue": "宽带", "started_at": "2026-11-23T09:30:00", "agent": "7"}
    assert dict(odd.metadata) == {}


@pytest.mark.parametrize("pattern", ["plain.wav", "{a}_{a}.wav", "{1x}.wav"])
def test_a_pattern_that_tells_nothing_is_refused(place: Path, pattern: str) -> None:
    with pytest.raises(ConfigError, match="name pattern"):
        find_rows([place], name_pattern=pattern)


def test_transcripts_of_the_same_stem_are_found(place: Path, tmp_path: Path) -> None:
    (tmp_path / "t" / "a").mkdir(parents=True)
    (tmp_path / "t" / "a" / "1.json").write_text("{}", encoding="utf-8")

    one, two = find_rows([place], transcripts=tmp_path / "t")

    assert one.transcript == str(tmp_path / "t/a/1.json")
    assert two.transcript == ""


def test_names_whose_date_cannot_be_read_are_refused_before_any_run(tmp_path: Path) -> None:
    for name in ("20261123_1.wav", "昨天_2.wav", "1-5-2026_3.wav"):
        (tmp_path / name).write_bytes(b"x")

    with pytest.raises(ConfigError) as caught:
        find_rows([tmp_path], name_pattern="{started_at}_{agent}.wav")

    assert [problem.split(": ")[0] for problem in caught.value.problems] == ["1-5-2026_3.wav", "昨天_2.wav"]


def test_options_that_change_a_call_change_its_key_and_others_do_not() -> None:
    def key(**table: object) -> str:
        return options_key(Settings.model_validate(table), "model")

    voices = {"segmentation": "/a.onnx", "embedding": "/b.onnx"}

    assert key(batch={"workers": 3}) == key(recognition={"threads": 1, "batch_size": 2, "device": "cpu"}) == key()
    assert len({key(), key(speech={"pad_s": 0.2}), key(recognition={"beam_size": 1}), key(diarize=voices)}) == 4


@pytest.mark.parametrize(
    ("forecast", "zh", "en"),
    [
        (
            Forecast(rows=1200, todo=1000, missing=0, hours=80.0, wanted_gb=0.04, free_gb=12.4),
            "登记 1,200 通（约 80.0 小时），未处理 1,000 通；结果约需 0.04 GB，可用 12 GB",
            "1,200 rows (about 80.0 h), 1,000 not done; results take about 0.04 GB, 12 GB are free",
        ),
        (
            Forecast(rows=3, todo=3, missing=2, hours=None, wanted_gb=0.0, free_gb=1.0),
            "登记 3 通（时长未知），未处理 3 通；结果约需 0.00 GB，可用 1 GB；2 个文件不存在",
            "3 rows (length unknown), 3 not done; results take about 0.00 GB, 1 GB are free; 2 files are missing",
        ),
    ],
)
def test_a_plan_says_how_long_how_large_and_what_is_missing(forecast: Forecast, zh: str, en: str) -> None:
    assert (forecast.in_words("zh"), forecast.in_words("en")) == (zh, en)


def test_the_length_of_recordings_without_a_header_is_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "call.V3").write_bytes(bytes(16_000))
    rows = find_rows([tmp_path / "call.V3"], raw="ulaw:8000:2")

    assert foreseen(store_at(tmp_path / "run"), rows).hours is None


def test_a_part_of_a_name_can_be_skipped() -> None:
    pattern = NamePattern.of("{_}_{started_at}_{agent}.wav")

    assert pattern.told("/rec/ab_20261123_7.wav") == {"started_at": "20261123", "agent": "7"}
