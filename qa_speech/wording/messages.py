"""Whole lines about a call: its total, the main reasons for it, what must be known before it is believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from qa_speech.scorecard.deductions import deductions, pending
from qa_speech.scores import CallReport, CriterionScore, Score
from qa_speech.wording import catalogue as words
from qa_speech.wording import recordings, terms
from qa_speech.wording.lang import Lang, clauses, labelled, listed, pick
from qa_speech.wording.sentences import sentence

MOST_REASONS = 3
OVERALL_RATE = "speech_rate:unknown"
TOO_LITTLE = ("low_coverage", "nothing_judged")
"""Reasons for no total behind which stands another: that of the criteria which could not be measured."""


def review(criterion: CriterionScore, lang: Lang) -> tuple[str, ...]:
    """Why a person has to look at this criterion."""
    return tuple(terms.reason(code, lang) for code in criterion.review)


def total(score: Score | None, lang: Lang) -> str:
    """The total as a person reads it, or why there is none.

    >>> total(None, "zh")
    '未评分'
    """
    if score is None:
        return pick(lang, "未评分", "not scored")
    if score.total is not None:
        points = terms.number(score.total)
        return pick(lang, f"{points} 分", f"{points} points")
    reasons = [one.reason for one in score.criteria if one.outcome == "not_measured"]
    return no_total(score.scorable, score.reason, reasons, len(score.criteria), lang)


def no_total(scorable: bool, reason: str, unmeasured: Sequence[str], criteria: int, lang: Lang) -> str:
    """That there is no total, and why: by the code of the reason or, where too little could be judged, by what stood in the way.

    Parameters
    ----------
    unmeasured
        Why a criterion could not be measured, one code for each.
    criteria
        How many there are in all.

    Examples
    --------
    >>> no_total(True, "low_coverage", ["mono"] * 16, 24, "zh")
    '无总分（单声道录音，分不出坐席和客户：24 项中有 16 项没法判定）'
    >>> no_total(False, "too_short", [], 24, "en")
    'not scorable (too short to judge)'
    """
    name = terms.reason("not_scorable", lang)
    if scorable:
        name = pick(lang, "无总分", "no total")
    if reason not in TOO_LITTLE or not unmeasured:
        return name + terms.bracket(terms.reason(reason, lang), lang)
    ((common, count),) = Counter(unmeasured).most_common(1)
    why = terms.reason(common, lang)
    told = pick(
        lang,
        f"{why}：{criteria} 项中有 {count} 项没法判定",
        f"{why}: {count} of {criteria} criteria could not be judged",
    )
    return name + terms.bracket(told, lang)


def judged_so_far(score: Score, lang: Lang) -> str:
    """Of how many points a total speaks that is not final yet, and how many of these were earned; "" for a final one."""
    judged, possible = score.judged_points, score.possible_points
    if not isinstance(judged, float) or not isinstance(possible, float):
        return ""
    return points_so_far(score.total, judged, possible, lang)


def points_so_far(total: float | None, judged: float | None, possible: float | None, lang: Lang) -> str:
    """The same of a total, of the points judged and of those there are in all."""
    if total is None or judged is None or possible is None:
        return ""
    earned = terms.number(total * judged / 100)
    of, whole = terms.number(judged), terms.number(possible)
    return pick(
        lang,
        f"已评 {of} 分中的 {earned} 分；另有 {terms.number(possible - judged)} 分待人工评定",
        f"{earned} of the {of} points judged so far; {whole} in all, the rest waits for a person",
    )


def alarms(score: Score | None, lang: Lang) -> tuple[str, ...]:
    """The titles of the alarms that rang; those that are not sure say so."""
    if score is None:
        return ()
    return tuple(alarm(one.title, bool(one.review), lang) for one in score.raised)


def alarm(title: str, is_unsure: bool, lang: Lang) -> str:
    """An alarm that rang; one that is not sure says so."""
    return title + pick(lang, "（待确认）", " (to confirm)") * is_unsure


def reasons(report: CallReport, lang: Lang, *, longest: int = MOST_REASONS) -> Sequence[str]:
    """The main reasons for a score, `longest` at most in number, as ``title: sentence``; those that wait for a person say so."""
    found = []
    for criterion in deductions(report.score)[:longest]:
        title = criterion.title
        if criterion.pending:
            title += pick(lang, "（待复核）", " (to review)")
        found.append(labelled(title, sentence(criterion, lang=lang, call=report.call), lang))
    return found


def low_reliability(reasons: Mapping[str, str], lang: Lang) -> str:
    """Which figures are of low reliability, by why they are: metric → reason code; "" for none.

    >>> low_reliability({"silence": "mono", "speech_rate:unknown": "mono"}, "zh")
    '静音次数、全程语速：单声道录音，分不出坐席和客户'
    """
    by_reason: dict[str, list[str]] = {}
    for metric, reason in reasons.items():
        by_reason.setdefault(reason, []).append(terms.metric(metric, lang))
    told = []
    for reason, names in by_reason.items():
        if reason:
            told.append(labelled(listed(names, lang), terms.reason(reason, lang), lang))
        else:
            told.append(listed(names, lang))
    return clauses(told, lang)


def overall_rate(report: CallReport, lang: Lang) -> str:
    """How fast a call is spoken in which nothing tells who speaks, and how far that can be trusted; "" for any other.

    >>> from qa_speech.metrics import measure_all
    >>> from qa_speech.testing import make_call
    >>> call = make_call("unknown@0-2: 您好请问有什么")
    >>> overall_rate(CallReport(call, measure_all(call)), "zh")
    '全程语速 210 字/分（可靠性低：内容太短，不足以判断）'
    """
    measured = report.measurements.get(OVERALL_RATE)
    if measured is None or measured.value is None:
        return ""
    told = f"{terms.metric(OVERALL_RATE, lang)} {terms.measurement(measured, lang)}"
    if measured.reliability != "low":
        return told
    doubt = labelled(pick(lang, "可靠性低", "low reliability"), terms.reason(measured.reliability_reason, lang), lang)
    return told + terms.bracket(doubt, lang)


def grave_warnings(report: CallReport, lang: Lang) -> list[str]:
    """The warnings of a call that a reader of a list must see."""
    return grave_texts(report.call.warnings, lang)


def grave_texts(warnings: Sequence[str], lang: Lang) -> list[str]:
    """Of the warnings of a call those that a reader of a list must see, each once."""
    kept = [text for text in warnings if terms.warning_code(text) not in recordings.MINOR_WARNINGS]
    return list(dict.fromkeys(terms.warning(text, lang) for text in kept))


def summary_line(report: CallReport, lang: Lang) -> str:
    """One line per call for the terminal: id, length, total, band, overall rate, main reasons, windows recognised again, warnings.

    >>> from qa_speech.testing import make_call
    >>> summary_line(CallReport(make_call("agent@0-2: 您好", duration=62)), "zh")
    'made  01:02  未评分'
    """
    parts = [report.id]
    if report.call.times != "nominal":
        parts.append(terms.clock(report.call.duration))
    parts += [f"{pick(lang, '报警', 'ALARM')} {title}" for title in alarms(report.score, lang)]
    parts.append(_total_and_band(report.score, lang))
    rate = overall_rate(report, lang)
    if rate:
        parts.append(rate)
    waiting = pending(report.score)
    if waiting:
        parts.append(pick(lang, f"{waiting} 项待复核", f"{waiting} to review"))
    main = reasons(report, lang, longest=2)
    if main:
        parts.append(clauses(main, lang))
    again = report.call.made_with.get("windows_again", "").partition(" of ")[0]
    if again:
        parts.append(pick(lang, f"{again} 段重识别", f"{again} windows recognised again"))
    parts += [f"⚠ {text}" for text in grave_warnings(report, lang)]
    return "  ".join(parts)


def _total_and_band(score: Score | None, lang: Lang) -> str:
    text = total(score, lang)
    if score is None:
        return text
    if score.band:
        text = f"{text} {score.band}"
    text += terms.bracket(judged_so_far(score, lang), lang)
    return text + terms.bracket(marks(score, lang), lang)


def marks(score: Score, lang: Lang) -> str:
    """How people's marks went into a score; "" where they did not."""
    if isinstance(score.marks, str):
        return terms.term(words.MARKS, score.marks, lang)
    return ""
