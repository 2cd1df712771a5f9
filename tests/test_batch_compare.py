"""Two scorecards over stored calls in several processes: the same as in one, in the order in which they are stored."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NoReturn

import pytest

from qa_speech.batch import compare as stored
from qa_speech.batch.compare import compare_stored
from qa_speech.documents import encode, unread_calls
from qa_speech.errors import ConfigError, QaSpeechError
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.scorecard.compare import compare
from qa_speech.testing import make_call

CARD = """
id: tiny
version: 1
title: 示例
min_coverage: 0
bands: [{from: 60, name: 合格}, {from: 0, name: 不合格}]
sections:
  - id: opening
    title: 开头语
    criteria:
      - {id: greeting, title: 问候, points: 6, check: {phrase: {any: [您好], role: agent}}}
      - {id: closing, title: 结束, points: 4, check: {phrase: {any: [再见], role: agent}}}
"""
SAID = ("您好", "您好，再见", "喂", "再见", "您好您好", "讲", "你好")
CALLS = [make_call(f"agent: {text}", "customer: 喂", call_id=f"{number}") for number, text in enumerate(SAID)]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> tuple[Scorecard, Scorecard]:
    """Two versions of a card; more than two calls are many, and a process is given two at a time."""
    monkeypatch.setattr(stored, "FEW", 2)
    monkeypatch.setattr(stored, "BLOCK", 2)
    return load_scorecard(CARD), load_scorecard(
        CARD.replace("[您好]", "[您好, 你好]").replace("version: 1", "version: 2")
    )


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The calls, one a line."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"\n".join(encode(call) for call in CALLS))
    return path


def no_process(*_: object) -> NoReturn:
    raise AssertionError("a process was started")


def test_several_processes_find_what_one_finds(cards: tuple[Scorecard, Scorecard], file: Path) -> None:
    found = compare_stored(*cards, file, workers=2)

    assert found == compare(*cards, CALLS) == compare_stored(*cards, file, workers=1)
    assert [change.call_id for change in found.calls] == [call.id for call in CALLS]
    assert [change.call_id for change in found.moved] == ["6"]


def test_a_line_that_is_no_call_is_named_by_the_process_that_reads_it(
    cards: tuple[Scorecard, Scorecard], file: Path
) -> None:
    file.write_bytes(file.read_bytes() + b"\n{}")

    with pytest.raises(ConfigError, match=r"calls\.jsonl:8: not a qa_speech call"):
        compare_stored(*cards, file, workers=2)


def test_a_process_that_is_killed_is_said_in_one_line(
    cards: tuple[Scorecard, Scorecard], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadly(path: Path) -> Iterator[partial[object]]:
        yield from unread_calls(path)
        yield partial(os._exit, 1)

    monkeypatch.setattr(stored, "unread_calls", deadly)

    with pytest.raises(QaSpeechError, match="a process that compared calls was ended"):
        compare_stored(*cards, file, workers=2)


def test_few_calls_or_one_worker_start_no_process(
    cards: tuple[Scorecard, Scorecard], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "ProcessPoolExecutor", no_process)

    assert len(compare_stored(*cards, file, workers=1).calls) == len(CALLS)
    monkeypatch.setattr(stored, "FEW", len(CALLS))
    assert compare_stored(*cards, file) == compare(*cards, CALLS)
    monkeypatch.setattr(stored, "FEW", len(CALLS) - 1)
    with pytest.raises(AssertionError, match="started"):
        compare_stored(*cards, file, workers=2)
