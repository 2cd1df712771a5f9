"""Every figure of the report by its name, made from the columns of a month, and what is asked of which.

score, passed, criterion:ID          inspection              speech_rate, silence, interruption, politeness, depth … conduct
answer_rate, answered_in_time, talk_s, handled_s, solved_first          call records
satisfaction, satisfaction:THEME     survey                  complaint_rate, second_complaints, ticket_h      records of problems
told                                 transparency            noise, echo, dropouts                            sound
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from qa_speech.service.columns import (
    AGENT,
    CITY,
    DAY,
    FAILED,
    HOUR,
    NOT_JUDGED,
    PENDING,
    PROVINCE,
    TEAM,
    Array,
    Calls,
    Month,
    Names,
    Records,
    Rows,
    Survey,
    Tickets,
)
from qa_speech.service.figures import Figure, mean_figure, share_figure
from qa_speech.service.questions import Asked
from qa_speech.service.rules import Rules

CRITERION, SATISFACTION_OF, TICKETS_OF, PER_CALL = (
    "criterion:",
    "satisfaction:",
    "tickets:",
    "tickets_per_call:",
)
PROGRESS = f"{CRITERION}progress"
UNITS = (AGENT, HOUR, TEAM, CITY, PROVINCE)
OF_QUEUES = (HOUR,)


class Conduct(NamedTuple):
    """A figure from columns of the run: Σ of one over Σ of another, times a scale; "" = over the calls."""

    id: str
    title: str
    unit: str
    numerator: str
    denominator: str
    bad: int
    scale: float
    span: float
    digits: int = 1


CONDUCT = (
    Conduct(
        "speech_rate",
        "坐席语速",
        "字/分",
        "speech_rate_agent_syllables",
        "speech_rate_agent_utterance_s",
        0,
        60.0,
        300.0,
        0,
    ),
    Conduct(
        "silence",
        "静音占通话",
        "%",
        "silence_total_s",
        "silence_call_s",
        1,
        100.0,
        100.0,
    ),
    Conduct(
        "agent_silence",
        "坐席无应答静音",
        "秒/通",
        "silence_agent_total_s",
        "",
        1,
        1.0,
        60.0,
    ),
    Conduct(
        "interruption",
        "坐席抢话",
        "次/百通",
        "interruption_agent",
        "",
        1,
        100.0,
        100.0,
    ),
    Conduct("politeness", "礼貌程度", "分", "politeness", "", -1, 1.0, 100.0),
    Conduct("violations", "用语不当", "次/百通", "violations", "", 1, 100.0, 100.0),
    Conduct("depth", "解答深度", "分", "depth", "", -1, 1.0, 100.0),
    Conduct(
        "told",
        "告知进度或时限",
        "%",
        "depth_informed_count",
        "depth_taken_on_count",
        -1,
        100.0,
        100.0,
    ),
)
"""What agents do, of the columns that `qa-speech metrics list` explains."""
SOUNDS = (
    ("noise", "杂音", "recording_noise_count"),
    ("echo", "回音", "recording_echo_count"),
    ("dropouts", "丢音", "recording_dropout_count"),
)
"""Share of calls in which the channel doctor found it."""
_OF_CONDUCT = {one.numerator for one in CONDUCT} | {one.denominator for one in CONDUCT if one.denominator}
WANTED = (*sorted(_OF_CONDUCT), *(column for _, _, column in SOUNDS))
"""Columns of a run that figures are made of."""


def figures_of(month: Month, rules: Rules) -> dict[str, Figure]:
    """All figures that the columns of a month allow, by name; those nobody measured are left out."""
    found: list[Figure] = []
    if month.calls is not None:
        found += _of_calls(month.calls)
    if month.records is not None:
        found += _of_records(month.records, rules)
    if month.survey is not None:
        found += _of_survey(month.survey)
    if month.tickets is not None:
        found += _of_tickets(month.tickets, month)
    return {figure.id: figure for figure in found if figure.denominator.any()}


def _of_calls(calls: Calls) -> Iterator[Figure]:
    rows, sound = calls.rows, calls.reliable
    yield mean_figure(
        "score",
        "质检得分",
        "分",
        rows,
        np.where(sound, calls.total, np.nan),
        bad=-1,
    )
    yield share_figure(
        "passed",
        "合格率",
        rows,
        np.where(sound, calls.passed, np.nan),
        bad=-1,
    )
    for index, criterion in enumerate(calls.criteria):
        outcome = calls.outcomes[:, index]
        judged = (outcome != NOT_JUDGED) & (outcome != PENDING) & sound
        failed = np.where(judged, outcome == FAILED, np.nan)
        yield share_figure(
            f"{CRITERION}{criterion.id}",
            f"“{criterion.title}”未达标率",
            rows,
            failed,
            bad=1,
        )
    for one in CONDUCT:
        if one.numerator in calls.figures:
            yield _conduct(calls, one)
    for name, title, column in SOUNDS:
        if column in calls.figures:
            heard = calls.figures[column].astype(float)
            flags = np.where(np.isnan(heard), np.nan, heard > 0)
            yield share_figure(name, title, rows, flags, bad=1)


def _conduct(calls: Calls, one: Conduct) -> Figure:
    numerator = calls.figures[one.numerator].astype(float)
    if one.denominator:
        denominator = calls.figures.get(one.denominator, np.full(len(numerator), np.nan)).astype(float)
    else:
        denominator = np.ones(len(numerator))
    known = ~np.isnan(numerator) & ~np.isnan(denominator) & calls.reliable & (denominator > 0)
    return Figure(
        one.id,
        one.title,
        one.unit,
        calls.rows,
        np.where(known, np.nan_to_num(numerator), 0.0),
        np.where(known, np.nan_to_num(denominator), 0.0),
        one.bad,
        one.scale,
        False,
        AGENT,
        one.span,
        one.digits,
    )


def _of_records(records: Records, rules: Rules) -> Iterator[Figure]:
    rows = records.rows
    yield share_figure("answer_rate", "接通率", rows, records.answered, bad=-1, cluster=DAY)
    in_time = np.where(
        np.isnan(records.answered),
        np.nan,
        records.answered * (records.wait_s <= rules.answer_within_s),
    )
    in_time = np.where((records.answered == 1) & np.isnan(records.wait_s), np.nan, in_time)
    title = f"{rules.answer_within_s:g} 秒接通率"
    yield share_figure("answered_in_time", title, rows, in_time, bad=-1, cluster=DAY)
    talked = np.where(records.answered == 1, records.talk_s, np.nan)
    yield mean_figure("talk_s", "平均通话时长", "秒", rows, talked, span=600.0)
    handled = np.where(records.answered == 1, records.handled_s, np.nan)
    yield mean_figure("handled_s", "平均处理时长", "秒", rows, handled, span=600.0)
    yield share_figure("solved_first", "首次解决率", rows, 1 - records.again, bad=-1)


def _of_survey(survey: Survey) -> Iterator[Figure]:
    yield share_figure("satisfaction", "满意度", survey.rows, survey.overall, bad=-1)
    for theme, answers in survey.themes.items():
        yield share_figure(
            f"{SATISFACTION_OF}{theme}",
            f"{theme}满意度",
            survey.rows,
            answers,
            bad=-1,
        )


def _of_tickets(tickets: Tickets, month: Month) -> Iterator[Figure]:
    rows = tickets.rows
    if month.records is not None:
        complaints = tickets.is_complaint.astype(float)
        yield per_call("complaint_rate", "投诉率", tickets, complaints, month.records)
        for index, name in enumerate(tickets.lists.names):
            events = (tickets.lists.codes == index).astype(float)
            yield per_call(
                f"{PER_CALL}{name}",
                f"{name} 记录",
                tickets,
                events,
                month.records,
            )
    repeated = np.where(tickets.is_complaint, tickets.repeats, np.nan)
    yield share_figure("second_complaints", "二次投诉率", rows, repeated, bad=1, cluster=DAY)
    yield mean_figure(
        "ticket_h",
        "平均处理历时",
        "小时",
        rows,
        tickets.handled_h,
        bad=1,
        cluster=DAY,
        span=72.0,
    )
    for name, values in tickets.numbers.items():
        yield mean_figure(
            f"{TICKETS_OF}{name}",
            name,
            "",
            rows,
            values,
            bad=1,
            cluster=DAY,
            span=10.0,
        )


def per_call(id: str, title: str, tickets: Tickets, events: Array, records: Records) -> Figure:
    """Records of problems per hundred answered calls: rows of both lists one after the other."""
    answered = np.where(records.answered == 1, 1.0, 0.0)
    rows = joined(tickets.rows, records.rows)
    numerator = np.concatenate([events, np.zeros(len(answered))])
    denominator = np.concatenate([np.zeros(len(events)), answered])
    return Figure(
        id,
        title,
        "次/百通",
        rows,
        numerator,
        denominator,
        1,
        100.0,
        False,
        DAY,
        10.0,
        2,
    )


def joined(one: Rows, other: Rows) -> Rows:
    """The rows of two lists as one."""
    units: dict[str, Names] = {}
    for level in {*one.units, *other.units}:
        first, second = one.unit(level), other.unit(level)
        names = sorted({*first.names, *second.names})
        place = {name: index for index, name in enumerate(names)}
        codes = [_recoded(first, place), _recoded(second, place)]
        units[level] = Names(tuple(names), np.concatenate(codes))
    return Rows(
        np.concatenate([one.when, other.when]),
        np.concatenate([one.period, other.period]),
        units,
        (),
        np.concatenate([one.has_hour, other.has_hour]),
    )


def _recoded(names: Names, place: Mapping[str, int]) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    new = np.array([*(place[name] for name in names.names), -1], np.intp)
    return new[names.codes]


def questions_of(figures: Mapping[str, Figure]) -> list[Asked]:
    """What is asked of which figure: the fixed family of a month."""
    asked: list[Asked] = []
    for name, figure in figures.items():
        if name == "told" and PROGRESS in figures:
            continue  # the criterion asks the same
        if name == "score" or name.startswith((CRITERION, SATISFACTION_OF)) or name in ("satisfaction", "told"):
            asked.append(Asked(figure, UNITS))
        elif name in ("answer_rate", "answered_in_time"):
            asked.append(Asked(figure, OF_QUEUES))
        elif name == "solved_first":
            asked.append(Asked(figure, UNITS))
        elif name in ("complaint_rate", "second_complaints", "ticket_h"):
            asked.append(Asked(figure, ()))
    return asked
