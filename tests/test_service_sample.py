"""Under people's marks mean total and pass rate are those of `qa-speech estimate`, or are said to be of the heard alone."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from qa_speech.errors import ConfigError
from qa_speech.marks.database import marks_file, open_marks
from qa_speech.marks.scores import by_call
from qa_speech.marks.stages import MarksMode
from qa_speech.sampling.estimation import Line, figure_named
from qa_speech.sampling.of_run import Question, answered
from qa_speech.service.gather import Inputs
from qa_speech.service.rules import load_rules
from qa_speech.service.write import Written, write_report
from qa_speech.settings import Tables
from qa_speech.store.parquet import open_run
from tests.marked_run import copied, judged_as_shown, marked, sampled

UNEQUAL = (
    'seed = 7\nnumber = 5\n[risk]\nfloor = 0.2\n[[risk.terms]]\nname = "低分"\nwhere = ["total < 80"]\nweight = 3\n'
)


def harsher(number: int, criterion: str, outcome: str) -> str | None:
    return "fail" if criterion == "greeting" else judged_as_shown(number, criterion, outcome)


def november(place: Path) -> Path:
    run = copied(place)
    store = open_run(run)
    stamps = [f"2026-11-{day:02}T09:15:00" for day in range(1, 29)]
    rows = [
        msgspec.structs.replace(row, metadata={**row.metadata, "started_at": stamp})
        for row, stamp in zip(store.rows(), stamps, strict=False)
    ]
    store.keep_rows(rows)
    return run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = november(tmp_path_factory.mktemp("sample"))
    record = sampled(place)
    marked(place, [one.id for one in record.drawn[:9]], harsher)
    return place


def reported(run: Path, out: Path, mode: MarksMode, sample: Path | None) -> Written:
    store = open_marks(marks_file(run))
    marks = by_call(store)
    store.close()
    inputs = Inputs([run], "2026-11", marks=mode, sample=sample)
    return write_report(inputs, out, rules=load_rules(), settings=Tables(), forms=["html"], marks=marks)


def shown(written: Written, table: str) -> list[list[str]]:
    found = next(one for one in written.report.document.tables() if one.id == table)
    return [[cell.text for cell in row] for row in found.rows]


def spoken(written: Written) -> str:
    blocks = [block for section in written.report.document.sections for block in section.blocks]
    items = [item for block in blocks for item in getattr(block, "items", ())]
    return "\n".join([*items, *(getattr(block, "text", "") for block in blocks)])


@pytest.fixture(scope="module")
def by_risk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = november(tmp_path_factory.mktemp("risk"))
    record = sampled(place, UNEQUAL)
    assert len({one.chance for one in record.drawn}) > 2
    marked(place, [one.id for one in record.drawn[:9]], harsher)
    return place


def ends(line: Line) -> str:
    return f"{line.own_low:,.1f}–{line.own_high:,.1f}"


@pytest.mark.parametrize(("place", "mode"), [("run", "human"), ("by_risk", "final")])
def test_the_figures_of_units_are_those_of_estimate(
    request: pytest.FixtureRequest, tmp_path: Path, place: str, mode: MarksMode
) -> None:
    run: Path = request.getfixturevalue(place)
    total, passed = figure_named("total"), figure_named("passed")
    assert total is not None
    assert passed is not None
    expected = answered(run, run / "样本", Question(total, mode, "agent")).estimates
    rate = answered(run, run / "样本", Question(passed, mode)).estimates.whole
    whole = expected.whole
    assert whole is not None
    assert rate is not None

    written = reported(run, tmp_path, mode, run / "样本")
    said = spoken(written)

    agents = shown(written, "score-agent")
    assert [(row[0], row[2], row[3]) for row in agents] == [
        (line.group, ends(line), f"{line.own_n}") for line in expected.groups
    ]
    assert "批次全部 14 通中抽 10 通，评完 9 通" in said
    assert "抽样估计：评完 9 通，推算全部 14 通" in said
    assert f"平均分 {whole.value:.1f} 分（95% 区间 {ends(whole)}，n 9）" in said
    assert f"合格率 {rate.value:.1f}%（95% 区间 {ends(rate)}，n 9）" in said
    assert "没有给出抽样记录" not in said
    assert not any(one.figure.id == "score" for one in written.report.answers)


@pytest.mark.parametrize(
    ("mode", "told"), [("human", "只说明它们自己，不代表全部通话"), ("final", "没有按抽中的机会推算")]
)
def test_without_a_draw_it_is_said_that_the_calls_are_taken_as_they_are(
    run: Path, tmp_path: Path, mode: MarksMode, told: str
) -> None:
    said = spoken(reported(run, tmp_path, mode, None))

    assert told in said
    assert "抽样：批次" not in said


def test_a_draw_nobody_has_finished_estimates_nothing_and_says_so(tmp_path: Path) -> None:
    place = november(tmp_path)
    record = sampled(place)
    marked(
        place, [record.drawn[0].id], lambda _number, criterion, _outcome: "fail" if criterion == "greeting" else None
    )

    said = spoken(reported(place, tmp_path / "out", "human", place / "样本"))

    assert "抽 10 通，评完 0 通。还没有一通评完" in said


def test_a_draw_is_refused_where_it_cannot_speak_for_the_month(run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="human"):
        reported(run, tmp_path, "machine", run / "样本")
    place = november(tmp_path)
    store = open_run(place)
    first, *others = store.rows()
    early = msgspec.structs.replace(first, metadata={**first.metadata, "started_at": "2026-10-01T09:15:00"})
    store.keep_rows([early, *others])
    marked(place, [one.id for one in sampled(place).drawn])
    with pytest.raises(ConfigError, match=r"1 of 14 calls .* do not lie in 2026-11"):
        reported(place, tmp_path / "out", "final", place / "样本")
    assert not (tmp_path / "out").exists()
