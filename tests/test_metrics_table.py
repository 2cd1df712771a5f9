"""The table of metrics: every line keeps its promises, and the two ways to use it."""

from __future__ import annotations

import inspect
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import msgspec
import pytest
from hypothesis import given, settings

import qa_speech.metrics as table
from qa_speech.call import Acoustics, Call, Finding, OtherSound, Recording, Role, Utterance
from qa_speech.documents import decode, encode
from qa_speech.errors import PluginError
from qa_speech.metrics import BUILTIN, Metric, measure, measure_all, metrics
from qa_speech.testing import check_metric, make_call
from qa_speech.timeline import Timeline
from tests.spoken import calls

RICH = make_call(
    "agent@1-4: 您好，工号6682，很高兴为您服务", "customer@4.5-9: 我的宽带坏了三天了到底什么时候修", "agent@8-11: 您先听我说完好吧",
    "customer@11.5-11.9: 嗯", "agent@12-14: 请您稍等我帮您查一下", "agent@26-30: 感谢您的耐心等待明天上门",
    "customer@36-38: 好那谢谢了",
    "agent@38.2-41: 祝您生活愉快再见", duration=45,
)  # fmt: skip
RICH = msgspec.structs.replace(
    RICH,
    acoustics=tuple(Acoustics(-26.0 + i, 180.0 + 9 * i, 4.0, 12, 25.0) for i in range(8)),
    sounds=(OtherSound("music", Role.AGENT, 15, 25),),
    recording=msgspec.structs.replace(RICH.recording, findings=(Finding("level", 1, -26.0, "dBFS"),)),
)
ONE_VOICE = Call(
    Recording("mono", sampling_rate=8000, num_samples=320_000, channels=(Role.UNKNOWN,), layout="mono"),
    {Role.UNKNOWN: Timeline([(0, 5), (9, 20)])},
    (Utterance(Role.UNKNOWN, 0.0, 5.0, "您好请讲"), Utterance(Role.UNKNOWN, 9.0, 20.0, "我的宽带坏了")),
)
SILENT = make_call(duration=20)
BARE = msgspec.structs.replace(make_call(agent=[(0, 4)], customer=[(5, 9)]), made_with={})
ORDERED = make_call("agent: 您好", "customer: 我要查话费", "agent: 好的请稍等", times="nominal")
CALLS = {"rich": RICH, "mono": ONE_VOICE, "silent": SILENT, "no words": BARE, "no times": ORDERED}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("metric", BUILTIN, ids=lambda item: item.name)
def test_every_metric_keeps_its_promises(metric, call):
    check_metric(metric, call)


@settings(max_examples=60, deadline=None)
@given(calls())
def test_every_call_is_answered(call):
    for metric in BUILTIN:
        check_metric(metric, call)


@settings(max_examples=60, deadline=None)
@given(calls())
def test_counts_and_totals_are_never_negative_but_for_latencies(call):
    for name, found in measure_all(call).items():
        for part, number in found.components.items():
            if name != "response" and not part.endswith("_db"):
                assert number is None or number >= 0, (name, part)


@settings(max_examples=60, deadline=None)
@given(calls())
def test_shares_lie_between_none_and_all(call):
    # speech of several parties at once may fill the call more than once, but no party alone does
    for key, found in measure_all(call).items():
        line = metrics()[key.partition(":")[0]]
        for part, number in found.components.items():
            if line.unit_of(part) == "%" and number is not None:
                assert -1e-9 <= number <= 100 + 1e-9, (key, part)


@settings(max_examples=60, deadline=None)
@given(calls())
def test_parts_of_a_count_are_whole_and_no_longer_than_the_call(call):
    for key, found in measure_all(call).items():
        line = metrics()[key.partition(":")[0]]
        for part, number in found.components.items():
            if line.unit_of(part) == "count" and number is not None:
                assert number == int(number), (key, part)
            if part.endswith("longest_s") and number is not None:
                assert number <= call.duration + 1e-9, (key, part)


def test_measuring_all_names_roles():
    found = measure_all(RICH)

    assert list(found)[:3] == ["talk:agent", "talk:customer", "turns"]
    assert {name.partition(":")[0] for name in found} == {item.name for item in BUILTIN}


def test_one_metric_by_name_with_parameters():
    assert measure(RICH, "silence", owner="customer").value == 1
    assert measure(RICH, "talk", role="agent") == measure(RICH, "talk", role=Role.AGENT)


def test_an_unknown_metric_lists_those_there_are():
    with pytest.raises(PluginError, match="there are: talk, turns"):
        measure(RICH, "dead_air")


def test_a_stored_call_measures_the_same():
    assert measure_all(decode(encode(RICH), Call)) == measure_all(RICH)


@pytest.mark.parametrize("metric", BUILTIN, ids=lambda item: item.name)
def test_every_component_and_parameter_is_explained(metric):
    text = inspect.getdoc(metric.function) or ""
    shared = {"delay_s", "min_overlap_s", "yield_s", "simultaneous_s", "backchannel_s"}  # explained once, in overlap

    for name in metric.params:
        assert name in text or name in shared
    assert metric.summary
    assert metric.unit in text


@pytest.mark.parametrize(("loaded", "problem"), [
    (Metric("talk", lambda call: None, "s", (), ()), "is taken"),
    ("talk", "publishes a str, expected a Metric"),
    (None, "does not load"),
])  # fmt: skip
def test_a_bad_plug_in_names_its_package(monkeypatch, loaded, problem):
    def load() -> object:
        if loaded is None:
            raise ImportError("no module named gone")
        return loaded

    entry = SimpleNamespace(name="talk", value="pack:talk", load=load, dist=SimpleNamespace(name="some-pack"))
    monkeypatch.setattr(table, "entry_points", lambda group: [entry])
    metrics.cache_clear()
    with pytest.raises(PluginError, match=rf"some-pack.*{problem}"):
        metrics()
    monkeypatch.undo()
    metrics.cache_clear()


def test_a_plug_in_joins_the_table(monkeypatch):
    entry = EntryPoint("again", "qa_speech.metrics:BUILTIN", "qa_speech.metrics")
    joined = SimpleNamespace(
        name="again", value=entry.value, dist=None, load=lambda: Metric("again", entry.load()[0].function, "s", (), ())
    )
    monkeypatch.setattr(table, "entry_points", lambda group: [joined])
    metrics.cache_clear()
    assert list(metrics())[-1] == "again"
    monkeypatch.undo()
    metrics.cache_clear()
