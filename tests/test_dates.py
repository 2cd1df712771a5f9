"""Dates as people write them: one moment or a refusal, never a guess."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.scorecard.attributes import attribute_of
from qa_speech.tables.dates import DateError, Moment, day_of, joined, known, parse
from qa_speech.testing import make_call

HALF_PAST_NINE = """
2026-01-05 09:30:00
2026-1-5 9:30
2026/1/5 9:30
2026/01/05 09:30
2026.1.5 9:30
2026-01-05T09:30:00
20260105093000
202601050930
20260105T093000
20260105-0930
20260105_093000
2026-01-05_09-30-00
2026年1月5日 09:30
2026年01月05日9时30分
2026年1月5日 上午9点30分
2026-1-5 周一 9:30
2026-1-5(星期一) 9:30:00
２０２６－１－５　９：３０
5 Jan 2026 9:30
5-Jan-2026 9:30 AM
Jan 5, 2026 9:30
""".strip().splitlines()


@pytest.mark.parametrize("text", HALF_PAST_NINE)
def test_every_spelling_tells_the_same_moment(text: str) -> None:
    assert parse(text).iso == "2026-01-05T09:30:00"


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-01-05T09:30:00Z", "2026-01-05T09:30:00+00:00"),
        ("2026-01-05 09:30:00 +0800", "2026-01-05T09:30:00+08:00"),
        ("2026-01-05T23:30:15.250-05:30", "2026-01-05T23:30:15.250000-05:30"),
        ("2026-1-5 下午2:30", "2026-01-05T14:30:00"),
        ("2026-1-5 晚上12:10", "2026-01-05T12:10:00"),
        ("2026-1-5 中午1:10", "2026-01-05T13:10:00"),
        ("2026-1-5 凌晨12:10", "2026-01-05T00:10:00"),
        ("2026/1/5 12:00 AM", "2026-01-05T00:00:00"),
        ("2026年1月5日", "2026-01-05"),
        ("13/1/2026", "2026-01-13"),
        ("1/13/2026", "2026-01-13"),
        ("5/5/2026", "2026-05-05"),
    ],
)
def test_zones_halves_of_the_day_and_what_can_be_read_in_one_way_only(text: str, iso: str) -> None:
    assert parse(text).iso == iso


def test_day_and_month_that_could_be_either_way_are_refused_unless_the_order_is_given() -> None:
    with pytest.raises(DateError, match="could be either way"):
        parse("1/5/2026 9:30")
    assert parse("1/5/2026 9:30", order="month-first").iso == "2026-01-05T09:30:00"
    assert parse("1/5/2026", order="day-first").iso == "2026-05-01"
    with pytest.raises(DateError, match="no such day"):
        parse("13/1/2026", order="month-first")


@pytest.mark.parametrize(
    "text",
    [
        "昨天", "", "9:40", "20269", "26-1-5", "2026-02-30", "2026-13-1", "13/13/2026", "2026-01-05 25:00", "2026-1-5 上午13:00",
        "13800001111", "1767605400", "46027.4", "2026-01-05 第二次", "2026-1/5",
        "2026-01-05" + " " * 10_000 + "9:30", "9" * 100_000,
    ],
)  # fmt: skip
def test_what_tells_no_moment_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(DateError) as refused:
        parse(text)
    assert not text or text not in str(refused.value)
    assert known(text) is None
    assert day_of(text) == ""


def test_numbers_of_a_spreadsheet_count_from_what_the_workbook_says() -> None:
    assert parse("46027.395833333", epoch=1900).iso == "2026-01-05T09:30:00"
    assert parse("44565.395833333", epoch=1904).iso == "2026-01-05T09:30:00"
    assert parse("46027", epoch=1900).iso == "2026-01-05"
    assert parse("46027.9999999", epoch=1900).iso == "2026-01-06T00:00:00"
    with pytest.raises(DateError, match="this number is no date"):
        parse("99999", epoch=1900)


def test_a_day_and_a_time_of_two_columns_are_one_moment() -> None:
    day = parse("2026/1/5")

    assert joined(day, "9:30").iso == joined(day, "2026-1-5 9:30").iso == "2026-01-05T09:30:00"
    assert joined(day, "0.3958333333", epoch=1900).iso == "2026-01-05T09:30:00"
    with pytest.raises(DateError, match="two days"):
        joined(day, "2026-1-6 9:30")


@given(st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2100, 12, 31)))
def test_what_is_stored_is_read_back(moment: dt.datetime) -> None:
    found = Moment(moment.date(), moment.time())

    assert parse(found.iso) == found
    assert parse(Moment(moment.date()).iso) == Moment(moment.date())


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    assert known(text) is None or 1970 <= known(text).day.year <= 2100  # type: ignore[union-attr]


def test_the_hour_is_the_one_that_was_written_and_a_day_alone_has_none() -> None:
    def hour(started_at: str) -> object:
        return attribute_of(make_call("agent: 您好", metadata={"started_at": started_at}), "hour")

    assert [hour(text) for text in ("2026-01-05T09:30:00Z", "2026/1/5 9:30", "2026-01-05", "昨天")] == [
        9,
        9,
        None,
        None,
    ]


def test_a_hundred_thousand_dates_take_no_two_seconds() -> None:
    texts = [f"2026/{1 + i % 12}/{1 + i % 28} {i % 24}:{i % 60:02}:{i * 7 % 60:02}" for i in range(10_000)]
    before = time.process_time()
    for text in texts:
        parse(text)
    assert time.process_time() - before < 0.6  # a tenth of them, with room for a slow machine
