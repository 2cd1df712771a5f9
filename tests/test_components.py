"""Every component is declared once, beside its metric, and everybody who shows it shows that unit and those names."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import msgspec
import pytest
from typer.testing import CliRunner

import qa_speech.metrics as table
from qa_speech.call import Acoustics, Call, Role
from qa_speech.cli import app
from qa_speech.metrics import BUILTIN, Component, Metric, Name, measure_all, metrics
from qa_speech.report import sheets
from qa_speech.report.figure_table import figure_table
from qa_speech.report.page import render_page
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scores import CallReport, Measurement, Score
from qa_speech.testing import check_metric, make_call
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence
from qa_speech.wording.units import UNITS

PARTS = [(line, part) for line in BUILTIN for part in ("value", *line.names)]
PLAIN_NUMBERS = {
    "speech_rate.ratio_to_other", "speech_rate.estimate_ratio",  # ratios
    "depth.level_mean",  # a rank
    "politeness.opening_greeting", "politeness.opening_introduction",  # 1 or 0
    "politeness.closing_further_help", "politeness.closing_farewell",
    "resolution.confirmed", "resolution.not_solved", "resolution.unknown", "resolution.first_contact",
}  # fmt: skip
CALL = make_call("agent@0-3: 您好请问有什么可以帮您", "customer@4-7: 我想查一下我的话费", duration=20)
IN_PLACES = {("violations", "value"), ("violations", "count")}
"""Improper words are counted as places, 处."""

each = pytest.mark.parametrize(("line", "part"), PARTS, ids=[f"{line.name}.{part}" for line, part in PARTS])


@each
def test_every_component_says_its_unit_and_both_names(line: Metric, part: str) -> None:
    one = line.component(part)

    assert one.name == part
    assert one.unit or f"{line.name}.{part}" in PLAIN_NUMBERS
    assert line.unit_of(part) == one.unit
    assert re.search("[\u4e00-\u9fff]", one.zh)
    assert one.en
    assert not re.search("[\u4e00-\u9fff]{2}", one.en)
    assert one.alone is None or (one.alone.zh and one.alone.en)


@each
def test_a_component_whose_name_ends_in_a_unit_has_that_unit(line: Metric, part: str) -> None:
    endings = {
        "_s": {"s"}, "_ms": {"ms"}, "_hz": {"Hz"}, "_db": {"dB", "dBFS"}, "_st": {"st"}, "_count": {"count"}, "_share": {"%"},
        "_per_min": {"per min"},
    }  # fmt: skip
    wanted = [units for ending, units in endings.items() if part.endswith(ending)]

    assert all(line.unit_of(part) in units for units in wanted)


@pytest.mark.parametrize("line", BUILTIN, ids=lambda line: line.name)
def test_no_component_is_declared_twice_and_highlights_are_components(line: Metric) -> None:
    assert len(set(line.names)) == len(line.names)
    assert set(line.highlights) <= set(line.names)
    components = [line.component(part) for part in line.names]
    for names in ([one.zh for one in components], [one.en for one in components]):
        assert [name for name in names if names.count(name) > 1] == []


def test_what_is_called_by_itself_is_called_so_by_one_figure_of_a_metric() -> None:
    for line in BUILTIN:
        alone = [one.alone for part in line.names if (one := line.component(part)).alone is not None]
        assert len(set(alone)) == len(alone), line.name


def card_of(line: Metric, part: str, at_most: float) -> str:
    role = "role: agent, " if line.per_role else ""
    return (
        "id: tiny\nversion: 1\ntitle: t\nsections:\n  - id: s\n    title: s\n    criteria:\n      - id: c\n        title: c\n"
        f"        points: 10\n        check: {{metric: {line.name}.{part}, {role}at_most: {at_most}}}\n"
    )


def judged(line: Metric, part: str, value: float, at_most: float) -> Score:
    key = f"{line.name}:agent" if line.per_role else line.name
    told = {key: Measurement(value, line.unit, dict.fromkeys(line.names, value))}
    return score(CALL, load_scorecard(card_of(line, part, at_most)), measurements=told)


@each
def test_a_sentence_about_a_component_prints_its_unit(line: Metric, part: str) -> None:
    (found,) = judged(line, part, value=58.25, at_most=41).criteria
    one = line.component(part)
    zh, en = UNITS.get(one.unit, (one.unit, one.unit))
    zh = one.counted or zh
    if (line.name, part) in IN_PLACES:
        zh = "处"

    for lang, unit in (("zh", zh), ("en", en)):
        said = sentence(found, lang=lang)
        assert found.detail["unit"] == one.unit
        assert re.search(rf"≤ 41(\.00)? ?{re.escape(unit)}$", said), said


def test_syllables_are_counted_in_syllables_and_rates_in_syllables_a_minute() -> None:
    line = metrics()["speech_rate"]
    (many,) = judged(line, "syllables", value=58, at_most=10).criteria
    (fast,) = judged(line, "max_rate", value=282, at_most=240).criteria

    assert sentence(many, lang="zh") == "坐席语速字数 58 字，标准 ≤ 10 字"
    assert sentence(many, lang="en") == "agent speech rate syllables: 58 syllables; limit ≤ 10 syllables"
    assert sentence(fast, lang="zh") == "坐席语速最快一句 282 字/分，标准 ≤ 240 字/分"


def test_utterances_channels_and_questions_are_counted_with_their_own_measure_words() -> None:
    told = {
        ("politeness", "polite_count"): "礼貌礼貌句数 3 句，标准 ≤ 2 句",
        ("recording", "noise_count"): "录音问题噪声大的声道 3 个，标准 ≤ 2 个",
        ("recording", "dropouts"): "录音问题丢音处数 3 处，标准 ≤ 2 处",
        ("depth", "question_count"): "回答深度客户提问数 3 个，标准 ≤ 2 个",
    }
    for (name, part), said in told.items():
        (found,) = judged(metrics()[name], part, value=3, at_most=2).criteria
        assert sentence(found, lang="zh") == said


def test_only_counts_have_a_measure_word() -> None:
    assert [part for line, part in PARTS if line.component(part).counted and line.unit_of(part) != "count"] == []


def test_a_ratio_is_shown_as_finely_as_it_declares() -> None:
    (found,) = judged(metrics()["speech_rate"], "ratio_to_other", value=1.314, at_most=1.25).criteria

    assert sentence(found, lang="zh") == "坐席语速与对方语速之比 1.31，标准 ≤ 1.25"


def rich() -> Call:
    sounds = (Acoustics(-26.0, 190.0, 4.0, 12, 25.0), Acoustics(-24.0, 210.0, 5.0, 10, 25.0))
    return msgspec.structs.replace(CALL, acoustics=sounds)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_every_component_with_its_name_and_unit(lang: Lang) -> None:
    found = measure_all(rich())
    rows = {row.name: row for row in figure_table(CallReport(rich(), measurements=found), lang).rows}

    for key, measured in found.items():
        name, _, who = key.partition(":")
        shown = dict(rows[terms.metric(name, lang)].components)
        for part, value in measured.components.items():
            if value is not None and who != "customer":
                one = metrics()[name].component(part)
                cells = shown[one.zh if lang == "zh" else one.en]
                assert terms.figure(value, one.unit, lang, one) in cells, (key, part)


def test_the_page_of_a_metric_that_is_not_installed_here_shows_it_as_it_is() -> None:
    told = {"laughter": Measurement(2, "count", {"peak_db": -12.0})}
    (row,) = figure_table(CallReport(CALL, measurements=told), "zh").rows

    assert (row.name, row.components, row.highlights) == ("laughter", (("peak_db", ("−12",)),), ())


def laughter(call: Call) -> Measurement:
    """Count the laughs, unit ``count``."""
    return Measurement(2, "count", {"total_s": 3.5, "peak": 1.0})


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Metric]:
    line: Metric = request.param
    entry = SimpleNamespace(name=line.name, value="pack:line", dist=None, load=lambda: line)
    monkeypatch.setattr(table, "entry_points", lambda group: [entry])
    metrics.cache_clear()
    yield line
    metrics.cache_clear()


LAUGHTER = (
    Component("total_s", "s", "合计", "total", alone=Name("笑声总长", "all laughter")),
    Component("peak", "dBFS", "最响", "loudest"),
)
NAMED = Metric("laughter", laughter, "count", ("speech",), LAUGHTER, "笑声", "laughs", highlights=("total_s",))
OLD = Metric("giggling", laughter, "count", ("speech",), ("total_s", "peak"))


@pytest.mark.parametrize("installed", [NAMED], indirect=True)
def test_a_plug_in_brings_its_own_names_units_and_highlights(installed: Metric) -> None:
    report = CallReport(CALL, measurements=measure_all(CALL))
    row = next(row for row in figure_table(report, "zh").rows if row.name == "笑声")
    (long,) = judged(installed, "total_s", value=3.5, at_most=2).criteria

    assert row.highlights == (("合计", ("3.5 秒", *[""] * (len(row.cells) - 1))),)
    assert dict(row.components)["最响"][0] == "1 dBFS"
    assert sentence(long, lang="zh") == "笑声总长 3.5 秒，标准 ≤ 2 秒"
    assert terms.metric("laughter:agent", "en") == "agent laughs"
    assert sheets.row(report, "zh").figures["laughter.total_s"] == 3.5
    assert "最响" in render_page(report, None, "zh")


@pytest.mark.parametrize("installed", [OLD], indirect=True)
def test_a_plug_in_of_plain_strings_still_loads_and_is_shown_as_it_is(installed: Metric) -> None:
    (long,) = judged(installed, "total_s", value=3.5, at_most=2).criteria

    assert metrics()["giggling"].names == ("total_s", "peak")
    assert (installed.unit_of("value"), installed.unit_of("peak")) == ("count", "")
    assert sentence(long, lang="zh") == "giggling total_s 3.5，标准 ≤ 2"
    assert terms.component("giggling", "peak", "zh") == "peak"
    with pytest.raises(KeyError, match="loudness"):
        installed.unit_of("loudness")


def test_the_tables_in_the_docs_are_those_of_the_code() -> None:
    docs = Path(__file__).parent.parent / "docs"
    spec = importlib.util.spec_from_file_location("make_metrics", docs / "make_metrics.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert (docs / "metrics.md").read_text(encoding="utf-8") == maker.page(), "run: python docs/make_metrics.py"


def test_the_example_in_the_docs_is_a_metric_that_keeps_its_promises() -> None:
    page = (Path(__file__).parent.parent / "docs" / "metrics.md").read_text(encoding="utf-8")
    chapter = page[page.index("## A metric of your own") :]
    code = chapter[chapter.index("```python\n") + len("```python\n") :].partition("```")[0]
    module = ModuleType("questions")
    sys.modules["questions"] = module  # where pickle looks for its function
    try:
        exec(compile(code, "questions.py", "exec"), module.__dict__)
        (line,) = module.METRICS
        check_metric(line, CALL)
        found = line.function(make_call("customer: 我的话费怎么多了", "agent: 我看看", "customer: 好的"))
    finally:
        del sys.modules["questions"]

    assert (found.value, found.components["share"], found.evidence[0].quote) == (1, 50, "我的话费怎么多了")
    assert [line.unit_of(part) for part in ("value", *line.names)] == ["count", "count", "%"]


def test_a_metric_of_a_package_has_to_give_its_title_and_stands_apart_where_it_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = Component("count", "count", "次数", "count")
    untitled = Metric("filler", metrics()["silence"].function, "count", ("speech",), (count,))
    monkeypatch.setattr("qa_speech.wording.terms.metrics", lambda: {"filler": untitled})

    assert terms.figure_name("filler", "count", "zh") == "filler 次数"
    with pytest.raises(AssertionError, match="filler: no title in Chinese and English"):
        check_metric(untitled, CALL)


def test_metrics_show_prints_unit_and_names() -> None:
    shown = CliRunner().invoke(app, ["metrics", "show", "speech_rate", "--ui", "en"]).stdout

    assert re.search(r"speech_rate\.syllables +\[字\] +syllables", shown)
    assert re.search(r"speech_rate\.max_rate +\[字/分\] +fastest utterance", shown)


def test_roles_of_a_pair_are_named_alike() -> None:
    for line in BUILTIN:
        for part in line.names:
            if part.startswith("agent_"):
                other = line.component(part.replace("agent_", "customer_", 1))
                mine = line.component(part)
                assert (other.unit, other.zh) == (mine.unit, mine.zh.replace("坐席", "客户")), part
                assert other.en == mine.en.replace(str(Role.AGENT), str(Role.CUSTOMER)), part
