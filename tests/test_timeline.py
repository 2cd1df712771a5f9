import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.timeline import Segment, Timeline

ticks = st.integers(0, 400)
segments = st.tuples(ticks, st.integers(1, 60)).map(lambda pair: Segment(pair[0] / 8, (pair[0] + pair[1]) / 8))
timelines = st.lists(segments, max_size=12).map(Timeline)


@given(timelines, timelines)
def test_overlap_is_symmetric_and_inside_both(agent: Timeline, customer: Timeline) -> None:
    overlap = agent & customer

    assert overlap == customer & agent
    assert overlap.duration <= min(agent.duration, customer.duration) + 1e-9


@given(timelines, timelines)
def test_union_and_overlap_add_up(agent: Timeline, customer: Timeline) -> None:
    total = (agent | customer).duration + (agent & customer).duration

    assert total == pytest.approx(agent.duration + customer.duration)


@given(timelines, timelines)
def test_difference_is_what_the_other_does_not_hold(agent: Timeline, customer: Timeline) -> None:
    rest = agent - customer

    assert not rest & customer
    assert (rest | (agent & customer)) == agent


@given(timelines)
def test_gaps_fill_the_extent(agent: Timeline) -> None:
    extent = agent.extent
    if extent is None:
        assert agent.gaps() == Timeline()
    else:
        assert (agent | agent.gaps()).duration == pytest.approx(extent.duration)
        assert agent.gaps(extent) == agent.gaps()


@given(timelines, segments)
def test_crop_equals_overlap_with_one_segment(agent: Timeline, within: Segment) -> None:
    assert agent.crop(within) == agent & Timeline([within])


@given(timelines, ticks)
def test_covers_is_half_open(agent: Timeline, tick: int) -> None:
    instant = tick / 8

    assert agent.covers(instant) == any(item.start <= instant < item.end for item in agent)


def test_touching_segments_are_one() -> None:
    assert Timeline([(0, 1), (1, 2)]) == Timeline([(0, 2)])


def test_bridged_closes_only_shorter_gaps() -> None:
    speech = Timeline([(0, 1), (1.125, 2), (2.25, 3)])

    assert speech.bridged(0.25) == Timeline([(0, 2), (2.25, 3)])


def test_without_short_keeps_the_limit_itself() -> None:
    assert Timeline([(0, 0.125), (1, 1.25)]).without_short(0.25) == Timeline([(1, 1.25)])


@pytest.mark.parametrize(
    ("start", "end"), [(2, 1), (1, 1), (-1, 1), (float("nan"), 1), (0, float("nan")), (0, float("inf"))]
)
def test_segment_refuses_impossible_times(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="need 0 <= start < end"):
        Segment(start, end)


def test_timeline_is_a_value() -> None:
    assert hash(Timeline([(0, 1), (0.5, 2)])) == hash(Timeline([(0, 2)]))
    assert Timeline() != [(0, 1)]
