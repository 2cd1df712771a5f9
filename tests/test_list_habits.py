"""Lists of recordings as people keep them: what their programs did to numbers, how they write paths and sides."""

import logging
from pathlib import Path

import pytest
from openpyxl.workbook import Workbook

from qa_speech.errors import ConfigError
from qa_speech.inputs.pairs import pairs_in
from qa_speech.inputs.rows import Row, find_rows


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("a.wav", "b.WAV", "c.wav", "c.mp3", "深/d.wav"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"RIFF")
    return tmp_path


def _rows(folder: Path, text: str, *, name: str = "list.csv", encoding: str = "utf-8") -> list[Row]:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return find_rows([path])


def _only(folder: Path, text: str) -> Row:
    (row,) = _rows(folder, text)
    return row


@pytest.mark.parametrize(
    ("given", "found"),
    [('"""a.wav"""', "a.wav"), ("a", "a.wav"), ("b", "b.WAV"), ("深\\d", "深/d.wav"), ("c", "c"), ("e", "e")],
)
def test_a_path_is_found_as_it_is_written(folder: Path, given: str, found: str) -> None:
    assert _only(folder, f"录音文件名称,工号\n{given},1001\n").path == str(folder / found)


@pytest.mark.parametrize(
    ("column", "value", "channel"),
    [
        ("坐席声道", "左", 1), ("坐席声道", "右声道", 2), ("坐席声道", "R", 2), ("坐席声道", "2.0", 2),
        ("声道角色", '"坐席,客户"', 1), ("声道角色", "用户/客服", 2), ("声道角色", '"customer, agent"', 2),
    ],
)  # fmt: skip
def test_whose_channel_is_whose_may_be_said_in_words(folder: Path, column: str, value: str, channel: int) -> None:
    assert _only(folder, f"录音,{column}\na.wav,{value}\n").agent_channel == channel


@pytest.mark.parametrize("value", ["3", "客户,客户", "坐席", "左右"])
def test_sides_that_say_nothing_are_refused(folder: Path, value: str) -> None:
    with pytest.raises(ConfigError, match=r"list\.csv:2: agent_channel .* expected 1 or 2"):
        _rows(folder, f'录音,坐席声道\na.wav,"{value}"\n')


def test_numbers_are_what_they_were_before_a_program_took_them_for_figures(folder: Path) -> None:
    row = _only(folder, "录音,工号,客户号码,工单号,评分\na.wav,1001.0,'013800138000,7.0,3.0\n")

    assert row.metadata == {"agent": "1001", "customer_number": "013800138000", "ticket": "7", "评分": "3.0"}


def test_a_web_address_is_no_recording(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _rows(folder, "录音\nhttps://example.com/a.wav\n")

    assert list(caught.value.problems) == [
        "list.csv:2: path is a web address; download the recording and write its file"
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
def test_lines_of_json_may_be_in_any_encoding(folder: Path, encoding: str) -> None:
    (row,) = _rows(folder, '{"录音": "a.wav", "队列": "宽带"}\r\n', name="list.jsonl", encoding=encoding)

    assert row.metadata == {"queue": "宽带"}


def test_rows_that_a_filter_hides_are_read_and_told(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    book = Workbook()
    for cells in (["录音"], ["a.wav"], ["c.wav"]):
        book.active.append(cells)  # type: ignore[union-attr]
    book.active.row_dimensions[3].hidden = True  # type: ignore[union-attr]
    book.save(folder / "list.xlsx")

    with caplog.at_level(logging.WARNING, "qa_speech"):
        rows = find_rows([folder / "list.xlsx"])

    assert len(rows) == 2
    assert caplog.messages == ["list.xlsx: 1 hidden rows (by a filter?) are read too"]


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old .xls workbook"), (b"<html><table></table></html>", "a web page")],
)
def test_an_old_workbook_or_a_page_that_says_it_is_one_is_refused_as_such(
    folder: Path, content: bytes, what: str
) -> None:
    (folder / "list.xls").write_bytes(content)

    with pytest.raises(ConfigError, match=what):
        find_rows([folder / "list.xls"])


@pytest.mark.parametrize(
    ("agent", "customer", "told"),
    [
        ("1-operator", "1-client", True), ("1_callee", "1_caller", False), ("1_L", "1_R", False), ("1-ch0", "1-ch1", False),
        ("1坐席", "1用户", True), ("1_左声道", "1_右声道", False),
    ],
)  # fmt: skip
def test_sides_in_names_of_files(agent: str, customer: str, told: bool) -> None:
    (pair,) = pairs_in([f"{customer}.wav", f"{agent}.wav"])

    assert (pair.agent, pair.customer, pair.call, pair.told) == (f"{agent}.wav", f"{customer}.wav", "1.wav", told)
