"""Calls to hear lead to the clip that holds the second, else to the call's page; lists of clips hide customers' numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from qa_speech.coaching.clips import Clip
from qa_speech.coaching.page import write_lists
from qa_speech.errors import ConfigError
from qa_speech.service.chapters.closing import findings, measures
from qa_speech.service.chapters.common import Context
from qa_speech.service.clips import clip_addresses
from qa_speech.service.columns import Month
from qa_speech.service.document import Section, Table
from qa_speech.service.findings import Finding, Hear, Measure
from qa_speech.service.rules import load_rules

PHONE = "20261103_13800138000_1001.wav"


def clip(number: int, call: str, start: float, audio: str) -> Clip:
    return Clip(
        number, "worst", call, "1001", "taboo", "不用忌语", "fail", 0.0, 5.0, 60.0, "", start + 4, start + 5, start, start + 9, (),
        audio=audio, problem="" if audio else "audio_missing",
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "片段"
    (place / "audio").mkdir(parents=True)
    for name in ("1.mp3", "2.mp3"):
        (place / "audio" / name).write_bytes(b"")
    (tmp_path / "outside.mp3").write_bytes(b"")
    listed = [
        clip(1, "a.wav", 10, "audio/1.mp3"),
        clip(2, "20261103_[电话]_1001.wav", 0, "audio/2.mp3"),
        clip(3, "b.wav", 0, ""),
        clip(4, "c.wav", 0, "audio/gone.mp3"),
        clip(5, "d.wav", 0, "../outside.mp3"),
    ]
    write_lists(listed, place, lang="zh", masked=True)
    return place


@pytest.mark.parametrize(
    ("call", "second", "expected"),
    [
        ("a.wav", 14.04, "%E7%89%87%E6%AE%B5/audio/1.mp3#t=4.0"),
        ("a.wav", 9.0, ""),
        ("a.wav", 19.5, ""),
        (PHONE, 3.0, "%E7%89%87%E6%AE%B5/audio/2.mp3#t=3.0"),
        ("b.wav", 3.0, ""),
        ("c.wav", 3.0, ""),
        ("d.wav", 3.0, ""),
        ("e.wav", 3.0, ""),
    ],
)
def test_a_clip_is_linked_where_it_holds_the_second(folder: Path, call: str, second: float, expected: str) -> None:
    calls = ["a.wav", "b.wav", "c.wav", "d.wav", "e.wav", PHONE]
    address = clip_addresses(folder, folder.parent / "report", calls)(call, second)

    assert address == (f"../{expected}" if expected else "")


def test_two_calls_that_look_alike_without_their_numbers_are_linked_to_neither(folder: Path) -> None:
    other = PHONE.replace("13800138000", "13900139000")
    address = clip_addresses(folder, folder.parent, [PHONE, other])

    assert address(PHONE, 3.0) == address(other, 3.0) == ""


def links(section: Section, table: str) -> list[tuple[str, str]]:
    found = next(block for block in section.blocks if isinstance(block, Table) and block.id == table)
    return [(cell.text, cell.link) for row in found.rows for cell in row if ".wav" in cell.text]


def test_findings_and_measures_name_calls_and_lead_to_clip_or_page(folder: Path) -> None:
    hear = (Hear("a.wav", 14.0, "不用忌语"), Hear("b.wav", 3.0, "不用禁语"), Hear("e.wav", None, "60 分"))
    found = [Finding("agent", "坐席 1001", "score", "质检得分", "60 分", "90 分", 30, "得分低。", 1.0, hear=hear)]
    wanted = [Measure(1, "辅导", "班组长", "得分", "得分低。", hear)]
    context = Context(
        Month("2026-11", "", "machine"), load_rules(), {}, [], found, wanted, lambda call: f"pages/{call}.html", "", "", "",
        clip_of=clip_addresses(folder, folder.parent, ["a.wav", "b.wav", "e.wav"]),
    )  # fmt: skip
    first = "%E7%89%87%E6%AE%B5/audio/1.mp3#t=4.0"

    assert links(findings(context), "hear") == [
        ("a.wav", first),
        ("b.wav", "pages/b.wav.html#t=3.0"),
        ("e.wav", "pages/e.wav.html"),
    ]
    assert links(measures(context), "measures") == [("a.wav 等 3 通", first)]


@pytest.mark.parametrize(
    ("text", "told"), [(None, "qa-speech clips --out"), ("call,audio\n", "start_s, end_s"), ("", "call")]
)
def test_a_folder_without_the_list_of_clips_is_refused(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "clips.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=told):
        clip_addresses(tmp_path, tmp_path, [])
