"""From the city to the province: what is handed up, what never is, and that the merged report says the same."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from qa_speech.errors import ConfigError
from qa_speech.resources import folder
from qa_speech.service.document import Cell, Table
from qa_speech.service.gather import Inputs, gathered_month
from qa_speech.service.hand_over import write_hand_over
from qa_speech.service.merged import merged_month
from qa_speech.service.report import Report, report_of
from qa_speech.service.rules import load_rules
from qa_speech.service.write import write_report
from qa_speech.settings import Tables

MONTH = folder("samples") / "month"
LEFT_OUT = ("words", "other-service")
"""Tables made of texts: they stay in the city."""


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    lists = Inputs([MONTH / "run"], "2026-11", str(MONTH / "run-before"), [MONTH / "cdr.csv"], [MONTH / "survey.csv"],
                   [MONTH / "tickets.csv"], MONTH / "org.xlsx")  # fmt: skip
    month = gathered_month(lists, load_rules(), Tables())
    path = tmp_path_factory.mktemp("up") / "甲-2026-11.jsonl.gz"
    write_hand_over(month, path)
    return path, report_of(month, load_rules())


def without_calls(table: Table) -> list[tuple[Cell, ...]]:
    """The rows of a table but for the calls that measures name: above, calls are numbers."""
    kept = [place for place, column in enumerate(table.columns) if column.title != "先听的通话"]
    return [tuple(row[place] for place in kept) for row in table.rows]


def test_the_merged_report_says_the_same(city: tuple[Path, Report]) -> None:
    path, below = city
    month, _ = merged_month([path], "2026-11")
    above = report_of(month, load_rules(), level="province")
    tables = {table.id: table for table in above.document.tables()}

    assert [one.sentence for one in above.findings] == [one.sentence for one in below.findings]
    for table in below.document.tables():
        if table.id not in (*LEFT_OUT, "sources", "hear"):
            assert without_calls(tables[table.id]) == without_calls(table), table.id
    assert "省级" in above.document.subtitle


def test_nothing_that_was_said_or_names_a_customer_leaves_the_city(city: tuple[Path, Report]) -> None:
    path, _ = city
    packed = gzip.decompress(path.read_bytes()).decode()

    assert "发票" not in packed
    assert "202611-0" not in packed
    assert re.search(r"\bk\d+\b", packed) is None  # marks of customers
    assert {json.loads(line)["type"] for line in packed.splitlines()} == {"head", "org", "call", "score", "measure"}


def test_which_call_a_number_is_stays_beside_it(city: tuple[Path, Report]) -> None:
    path, _ = city
    listed = path.with_name("甲-2026-11.calls.csv").read_text(encoding="utf-8-sig").splitlines()

    assert listed[0] == "number,call"
    assert len(listed) == 10_001


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"no gzip", "gzipped"), (gzip.compress(b'{"type":"song"}\n'), "line 1"), (gzip.compress(b""), "first line")],
    ids=["no gzip", "no kind we know", "empty"],
)
def test_what_is_no_hand_over_is_refused(content: bytes, told: str, tmp_path: Path) -> None:
    path = tmp_path / "甲.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=told):
        merged_month([path], "2026-11")


def test_a_hand_over_of_another_month_or_with_lists_beside_it_is_refused(
    city: tuple[Path, Report], tmp_path: Path
) -> None:
    path, _ = city
    with pytest.raises(ConfigError, match="of 2026-11, not of 2026-12"):
        merged_month([path], "2026-12")
    with pytest.raises(ConfigError, match="nothing beside them"):
        write_report(
            Inputs([path], "2026-11", cdr=[MONTH / "cdr.csv"]),
            tmp_path,
            rules=load_rules(),
            settings=Tables(),
            forms=["html"],
        )
