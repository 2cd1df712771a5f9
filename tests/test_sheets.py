"""results.csv: one row per input, readable by Excel and by programs, harmless in both."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from qa_speech.report.sheets import HEAD, cell, write_csv
from qa_speech.scores import CallFailure, CallReport, CriterionScore, Measurement, Score, SectionScore
from qa_speech.testing import make_call


def report(call_id: str, total: float | None = 80.0) -> CallReport:
    made = make_call("agent@0-2: 您好", duration=62.5, call_id=call_id)
    criterion = CriterionScore(
        "greeting", "问候", "s", "fail", 0.0, 10.0, reason="phrase_missing", detail={"role": "agent"}
    )
    score = Score(
        "x", "card", 3, "", (criterion,), (SectionScore("s", "节", 1, 0, 10, 0),), total, total, 0.75, "合格", True
    )
    return CallReport(
        made, {"silence": Measurement(2, "count"), "talk:agent": Measurement(None, "s", reason="mono")}, score
    )


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def test_every_input_has_one_row_in_the_order_given_failures_too(tmp_path: Path) -> None:
    failure = CallFailure("b.wav", "in/b.wav", "DecodeError", "in/b.wav: 没有声音")
    write_csv([report("a.wav"), failure, report("c.wav")], tmp_path / "results.csv", lang="zh")

    found = rows(tmp_path / "results.csv")

    assert [row["id"] for row in found] == ["a.wav", "b.wav", "c.wav"]
    assert [row["status"] for row in found] == ["ok", "DecodeError", "ok"]
    assert found[1]["reason"] == "in/b.wav: 没有声音"
    assert found[1]["total"] == ""


def test_a_row_holds_score_criteria_and_figures(tmp_path: Path) -> None:
    write_csv([report("a.wav")], tmp_path / "results.csv", lang="zh")

    (row,) = rows(tmp_path / "results.csv")

    assert list(row)[: len(HEAD)] == list(HEAD)
    assert (row["duration_s"], row["total"], row["coverage"], row["band"], row["passed"]) == (
        "62.5",
        "80",
        "0.75",
        "合格",
        "1",
    )
    assert (row["greeting.outcome"], row["greeting.points"]) == ("fail", "0")
    assert (row["silence"], row["talk:agent"]) == ("2", "")
    assert row["main_reasons"] == "问候：坐席没有说到要求的话"


def test_metadata_stand_behind_what_the_call_is_and_hide_no_column(tmp_path: Path) -> None:
    metadata = {"started_at": "2026-11-27T09:30:00", "agent": "=1001", "Status": "x", "渠道": "热线"}
    one = CallReport(make_call("agent@0-2: 您好", call_id="a.wav", metadata=metadata))
    write_csv([one, report("b.wav")], tmp_path / "results.csv", lang="zh")

    first, second = rows(tmp_path / "results.csv")

    assert list(first)[:7] == ["id", "path", "agent", "started_at", "meta_Status", "渠道", "status"]
    assert list(first.values())[2:7] == ["'=1001", "2026-11-27T09:30:00", "x", "热线", "ok"]
    assert (second["agent"], second["meta_Status"]) == ("", "")


def test_header_names_do_not_depend_on_the_language(tmp_path: Path) -> None:
    for lang in ("zh", "en"):
        write_csv([report("a.wav")], tmp_path / f"{lang}.csv", lang=lang)  # type: ignore[arg-type]

    first = [(tmp_path / f"{lang}.csv").read_bytes().splitlines()[0] for lang in ("zh", "en")]

    assert first[0] == first[1]


def test_excel_is_told_that_it_is_utf8(tmp_path: Path) -> None:
    write_csv([report("a.wav")], tmp_path / "results.csv", lang="zh")

    assert (tmp_path / "results.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_a_call_without_times_has_no_duration(tmp_path: Path) -> None:
    write_csv([CallReport(make_call("agent: 您好", times="nominal"))], tmp_path / "results.csv", lang="zh")

    assert rows(tmp_path / "results.csv")[0]["duration_s"] == ""


@given(
    st.one_of(
        st.text(), st.text(min_size=1).map(lambda text: "=" + text), st.floats(allow_nan=False, allow_infinity=False)
    )
)
def test_no_cell_is_taken_for_a_formula(value: str | float) -> None:
    text = cell(value)

    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", text):
        assert text[:1] not in ("=", "+", "-", "@")
        assert text.lstrip()[:1] not in ("=", "+", "@") or text.startswith("'")
