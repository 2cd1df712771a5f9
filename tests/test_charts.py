"""The lanes of a call as numbers: nothing is lost, nothing lies outside."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import OtherSound, Role
from qa_speech.report import charts
from qa_speech.scores import Evidence, Measurement
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

spans = st.lists(
    st.tuples(st.integers(0, 7000_00), st.integers(5, 3000)).map(lambda pair: (pair[0] / 100, sum(pair) / 100)),
    max_size=12,
)


def drawn(path: str) -> list[tuple[float, float]]:
    """The spans an SVG path made of bars covers."""
    bars = re.findall(r"M([\d.]+) 0h([\d.]+)v1h-[\d.]+z", path)
    assert "".join(f"M{x} 0h{w}v1h-{w}z" for x, w in bars) == path
    return [(float(x), float(x) + float(w)) for x, w in bars]


@given(spans, spans)
def test_a_lane_draws_exactly_the_speech_of_its_role(
    agent: list[tuple[float, float]], customer: list[tuple[float, float]]
) -> None:
    call = make_call(agent=agent, customer=customer)

    agent_lane, customer_lane = charts.lanes(call)

    for lane, line in ((agent_lane, Timeline(agent)), (customer_lane, Timeline(customer))):
        bars = drawn(lane.path)
        assert len(bars) == len(line)
        for (start, end), segment in zip(bars, line, strict=True):
            assert start == pytest.approx(segment.start, abs=0.006)
            assert end == pytest.approx(segment.end, abs=0.011)


@given(spans, spans)
def test_bands_lie_inside_the_call_and_overlap_is_what_both_say(
    agent: list[tuple[float, float]], customer: list[tuple[float, float]]
) -> None:
    call = make_call(agent=agent, customer=customer)

    found = charts.bands(call, {})

    assert all(band.x >= 0 and band.x + band.width <= 100.01 for band in found)
    overlap = Timeline((band.start, band.end) for band in found if band.kind == "overlap")
    assert overlap == Timeline(agent) & Timeline(customer)
    assert all(band.end - band.start >= charts.SILENCE_S for band in found if band.kind == "silence")


def test_measured_silence_is_drawn_as_measured_and_a_hold_once() -> None:
    call = make_call(agent=[(0, 2), (20, 22)], customer=[(2, 3)])
    hold = Evidence("interval", 3.0, 20.0, Role.AGENT, note="hold")
    measured = Measurement(1, "count", {}, (hold,))

    found = charts.bands(call, {"silence": measured, "hold": measured})

    assert [(band.kind, band.start, band.end) for band in found] == [("hold", 3.0, 20.0)]


def test_music_is_a_band_of_its_own_and_ends_with_the_call() -> None:
    call = make_call(agent=[(0, 2)], duration=10)
    call = msgspec.structs.replace(call, sounds=(OtherSound("music", Role.AGENT, 4.0, 30.0),))

    (band,) = charts.bands(call, {})

    assert (band.kind, band.end, band.x, band.width) == ("music", 10.0, 40.0, 60.0)


def test_a_call_without_times_has_nothing_to_draw() -> None:
    assert charts.bands(make_call("agent: 您好", times="nominal"), {}) == []


@given(st.floats(0.1, 20000))
def test_the_axis_has_few_marks_all_inside(duration: float) -> None:
    marks = charts.ticks(duration)

    assert marks[0].seconds == 0
    assert len(marks) <= 10 or duration > 9 * charts.TICK_STEPS_S[-1]
    assert all(mark.seconds <= duration and 0 <= mark.x <= 100 for mark in marks)
