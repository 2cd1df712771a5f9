"""Label files: bad rows are named, splits keep agents together, too few labels are refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.conduct.passages import Passage
from qa_speech.errors import ConfigError
from qa_speech.training.labels import Labelled, read_labels, refuse_too_few, split


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_a_csv_with_bom_and_extra_columns_is_read(tmp_path: Path) -> None:
    path = tmp_path / "l.csv"
    path.write_bytes("\ufeffText,Label,agent,note\n您好,4.5,a1,x\n\n没有,2,a2,\n".encode())
    first, second = read_labels(path, "politeness")
    assert (first.passage.text, first.label, first.group, first.row) == ("您好", 4.5, "agent:a1", 2)
    assert (second.group, second.row) == ("agent:a2", 4)


def test_an_xlsx_says_the_same_as_a_csv(tmp_path: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "l.xlsx") as book:
        sheet = book.add_worksheet()
        for row, cells in enumerate(
            [["text", "label", "question"], ["三天到账", 2, "几天"], ["", "", ""], ["不知道", 0, "几天"]]
        ):
            for column, cell in enumerate(cells):
                sheet.write(row, column, cell)
    found = read_labels(tmp_path / "l.xlsx", "depth")
    assert [(item.passage.text, item.passage.context, item.label, item.row) for item in found] == [
        ("三天到账", "几天", 2.0, 2),
        ("不知道", "几天", 0.0, 4),
    ]


def test_every_bad_row_is_named_by_file_and_row(tmp_path: Path) -> None:
    path = written(tmp_path / "bad.csv", "text,label\n您好,5\n,3\n好的,gut\n行,9\n您好,1\n")
    with pytest.raises(ConfigError) as caught:
        read_labels(path, "politeness")
    found = "\n".join(caught.value.problems)
    assert "bad.csv:3: text is empty" in found
    assert "bad.csv:4: label is 'gut'" in found
    assert "bad.csv:5: label is 9" in found
    assert "bad.csv:6: label 1, but the same text has 5 in row 2" in found


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("a.csv", "", "an empty table"),
        ("a.csv", "words,label\nx,1\n", "no column text"),
        ("a.xlsx", "PK\x03\x04", "not an xlsx workbook"),
        ("a.csv", "text,label\nx,nan\n", "expected 1…5"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, name: str, text: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        read_labels(written(tmp_path / name, text), "politeness")


def test_depth_needs_the_question(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no column question"):
        read_labels(written(tmp_path / "a.csv", "text,label\n好的,1\n"), "depth")


def test_labels_are_read_in_the_encoding_of_an_office_and_under_chinese_names(tmp_path: Path) -> None:
    (tmp_path / "gbk.csv").write_bytes("文本;分数;工号\n您好;4;07\n".encode("gbk"))

    (found,) = read_labels(tmp_path / "gbk.csv", "politeness")

    assert (found.passage.text, found.label, found.group) == ("您好", 4.0, "agent:07")


def test_too_few_labels_of_a_level_are_refused_with_the_counts(tmp_path: Path) -> None:
    rows = [Labelled(Passage(f"t{i}"), 4.0 if i < 30 else 1.0, f"row:{i}", i) for i in range(33)]
    with pytest.raises(ConfigError, match="1: 3, 4: 30"):
        refuse_too_few(rows, tmp_path / "l.csv", "politeness")
    with pytest.raises(ConfigError, match="two levels"):
        refuse_too_few(rows[:30], tmp_path / "l.csv", "politeness")
    refuse_too_few(rows, tmp_path / "l.csv", "politeness", minimum=3)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=200), st.integers(0, 5))
def test_no_agent_is_on_both_sides_and_no_row_is_lost(agents: list[int], seed: int) -> None:
    rows = [Labelled(Passage("x"), 3.0, f"agent:{agent}", i) for i, agent in enumerate(agents)]
    train, test = split(rows, seed=seed)
    assert not {item.group for item in train} & {item.group for item in test}
    assert sorted(item.row for item in [*train, *test]) == list(range(len(rows)))
    assert len(test) <= 0.4 * len(rows)
