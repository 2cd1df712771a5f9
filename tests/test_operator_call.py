"""What is known of the call besides its words: the operator `call`."""

import pytest

from qa_speech.scorecard.attributes import attribute_of
from qa_speech.testing import make_call
from tests.operator_kit import holds


@pytest.mark.parametrize(
    ("check", "outcome"),
    [
        ("{attribute: queue, is: [宽带, 固话]}", "pass"),
        ("{attribute: queue, is_not: [宽带]}", "fail"),
        ("{attribute: priority, at_least: 2}", "pass"),
        ("{attribute: queue, at_least: 2}", "not_measured"),
        ("{attribute: duration_s, at_most: 60}", "pass"),
        ("{attribute: hour, at_least: 9, at_most: 18}", "pass"),
        ("{attribute: weekday, at_least: 6}", "fail"),
        ("{attribute: layout, is: [two_channel]}", "pass"),
        ("{attribute: direction, is: [outbound]}", "not_measured"),
    ],
)
def test_attributes_of_the_call(check, outcome):
    metadata = {"queue": "宽带", "priority": "3", "started_at": "2026-03-02T09:30:00+08:00"}

    assert holds(f"{{call: {check}}}", "agent: 您好", metadata=metadata) == outcome


def test_an_unreadable_date_has_no_hour():
    assert attribute_of(make_call("agent: 您好", metadata={"started_at": "昨天"}), "hour") is None
