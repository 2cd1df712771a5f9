"""From a month to the report: figures, questions, findings, measures, then the sections in the order that offices expect."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from msgspec.structs import replace

from qa_speech.service.catalogue import figures_of, questions_of
from qa_speech.service.chapters import closing, consistency, hot_words, opening, quality, records, satisfaction, tickets
from qa_speech.service.chapters.common import Context, month_title, no_clip
from qa_speech.service.columns import Month
from qa_speech.service.document import Document, Section
from qa_speech.service.findings import Finding, Measure, findings_of, measures_of
from qa_speech.service.questions import Answer, answered
from qa_speech.service.rules import Rules
from qa_speech.service.sampled import Sampled, with_estimates

TITLE = "话务服务质量分析报告"
NUMERALS = "〇一二三四五六七八九"
TIERS = {"city": "市级", "province": "省级", "national": "全国"}
NOT_JUDGED_YET = "机器与人的一致率：还没有人工评定，不知道机器判得准不准。"


class Report(NamedTuple):
    """A report and what it was made of."""

    document: Document
    findings: list[Finding]
    measures: list[Measure]
    answers: list[Answer]


def no_page(call: str) -> str:
    """Where calls have no pages."""
    return ""


def report_of(
    month: Month,
    rules: Rules,
    *,
    level: str = "",
    page_of: Callable[[str], str] = no_page,
    agreement: str = NOT_JUDGED_YET,
    sampled: Sampled | None = None,
    clip_of: Callable[[str, float], str] = no_clip,
) -> Report:
    """The report of a month.

    Parameters
    ----------
    level
        The tier that writes it: city, province or national; "" = none is named.
    page_of
        The address of a call's page; "" where it has none.
    agreement
        A sentence on how far the machine and people agree.
    sampled
        What a draw says of all calls; nothing is asked of figures that are estimates, their units are shown with intervals.
    clip_of
        The address of the clip that holds a second of a call; "" where there is none: the call's page is linked then.
    """
    figures = with_estimates(figures_of(month, rules), sampled)
    answers = answered(questions_of({name: one for name, one in figures.items() if not one.estimates}))
    findings = findings_of(month, answers, rules)
    measures = measures_of(findings, rules)
    context = Context(
        month, rules, figures, answers, findings, measures, page_of, agreement, TITLE, level, sampled, clip_of
    )
    parts = [
        opening.introduction(context),
        opening.sources(context),
        satisfaction.section(context),
        records.section(context),
        tickets.section(context),
        quality.section(context),
        consistency.section(context),
        quality.transparency(context),
        hot_words.section(context),
        closing.findings(context),
        closing.measures(context),
        closing.assessment(context),
        closing.comparison(context),
        closing.limits(context),
        closing.conclusion(context),
    ]
    sections = [_numbered(section, number) for number, section in enumerate(filter(None, parts), start=1)]
    last = closing.bad_rows(context)
    whole = [opening.summary(context), *sections, *([last] if last is not None else [])]
    tier = f"{TIERS[level]} · " if level else ""
    document = Document(TITLE, f"{tier}{month_title(month.period)}", month.period, tuple(whole))
    return Report(document, findings, measures, answers)


def _numbered(section: Section, number: int) -> Section:
    return replace(section, title=f"{numeral(number)}、{section.title}")


def numeral(number: int) -> str:
    """A number from 1 to 99 as headings have it.

    >>> [numeral(number) for number in (1, 10, 12, 20, 21)]
    ['一', '十', '十二', '二十', '二十一']
    """
    tens, ones = divmod(number, 10)
    front = "" if not tens else f"{NUMERALS[tens] if tens > 1 else ''}十"
    return front + (NUMERALS[ones] if ones else "")
