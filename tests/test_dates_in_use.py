"""Seven calls of one day in seven spellings: judged by one card, of one hour, forgotten together; what is in doubt is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from qa_speech.batch.cards import Book
from qa_speech.cli import app
from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row, find_rows
from qa_speech.pipeline import report
from qa_speech.scorecard.attributes import attribute_of
from qa_speech.settings import ScorecardRule, load_settings
from qa_speech.store.parquet import store_at
from qa_speech.store.records import record_of
from qa_speech.testing import make_call

SPELLINGS = (
    "2026-01-05 09:30:00", "2026/1/5 9:30", "20260105093000", "2026-01-05T09:30:00Z", "2026年1月5日 09:30", "1/5/2026 9:30",
    "2026-1-5 9:30",
)  # fmt: skip
CARD = """
id: day-card
version: {version}
title: 版本
effective: {{from: {start}}}
sections:
  - id: s
    title: 节
    criteria:
      - {{id: early, title: 上午, points: 10, check: {{call: {{attribute: hour, at_least: 9, at_most: 18}}}}}}
"""


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """The list, as a spreadsheet of a Chinese office writes it."""
    lines = [f"rec/c{number}.wav,0012,宽带,{text}" for number, text in enumerate(SPELLINGS, start=1)]
    (tmp_path / "list.csv").write_bytes("\r\n".join(["路径,工号,队列,开始时间", *lines]).encode("gb18030"))
    return tmp_path / "list.csv"


def test_what_is_ambiguous_is_refused_before_the_run(listed: Path) -> None:
    with pytest.raises(ConfigError, match=r"list.csv:7: started_at: .*could be either way") as refused:
        find_rows([listed])
    assert len(refused.value.problems) == 1


def test_every_spelling_means_the_same_day_hour_and_card(listed: Path, tmp_path: Path) -> None:
    (tmp_path / "qa_speech.toml").write_text('[tables]\ndate_order = "month-first"\n', encoding="utf-8")
    for version, start in ((1, "2026-01-01"), (2, "2026-07-01")):
        (tmp_path / f"v{version}.yaml").write_text(CARD.format(version=version, start=start), encoding="utf-8")
    rules = [ScorecardRule(file=str(tmp_path / f"v{version}.yaml")) for version in (1, 2)]

    rows = find_rows([listed], tables=load_settings(tmp_path / "qa_speech.toml").tables)

    cards = [Book(rules=rules).choose(row) for row in rows]
    hours = {attribute_of(make_call("agent: 您好", metadata=dict(row.metadata)), "hour") for row in rows}
    assert [card and card.version for card in cards] == [1] * 7
    assert hours == {9}
    assert {row.metadata["agent"] for row in rows} == {"0012"}


def test_forgetting_takes_what_is_dated_and_lists_what_is_not(tmp_path: Path) -> None:
    run = tmp_path / "run"
    store = store_at(run)
    starts = {"a": "2026-01-05T09:30:00", "b": "20260105", "c": "1/5/2026", "d": "", "e": "2026-09-01"}
    store.append([record_of(report(make_call("agent: 您好", call_id=name))) for name in starts])
    store.keep_rows([Row(name, f"/{name}.wav", metadata={"started_at": text}) for name, text in starts.items()])

    said = CliRunner().invoke(app, ["batch", "forget", str(run), "--before", "2026年5月1日", "--ui", "zh"])

    assert said.exit_code == 3
    assert "已删除 2 通" in said.output
    assert "2 通没有能读懂的开始时间" in said.output
    assert said.output.splitlines()[-2:] == ["c", "d"]
    assert [row.id for row in store.rows()] == ["c", "d", "e"]
    again = CliRunner().invoke(app, ["batch", "forget", str(run), "--call", "c", "--call", "d", "--ui", "zh"])
    assert again.exit_code == 0
    assert CliRunner().invoke(app, ["batch", "forget", str(run), "--before", "2026-05-01"]).exit_code == 0
