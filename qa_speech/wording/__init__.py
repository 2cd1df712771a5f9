"""Each outcome, figure and finding as one plain sentence, Chinese or English, from its code and numbers.

Used by the page, the sheet and the terminal, so that all three say the same. Nothing here raises on an unknown code:
a plug-in's name is shown as it stands.

    clock(192.4)              03:12
    outcome("fail")           未通过
    sentence(criterion)       客户提问后坐席静音 7.2 秒（03:12–03:19），标准 ≤ 3 秒
    summary_line(report)      slow-answer.ogg  01:18  62.5 分 不合格  无声：客户提问后坐席静音 …

The words themselves stand in `words`, single terms are made in `terms`, sentences in `sentences`.
"""

from __future__ import annotations

from collections.abc import Sequence

from qa_speech.call import CallReport, CriterionScore, Score
from qa_speech.wording import catalogue as words
from qa_speech.wording.sentences import sentence
from qa_speech.wording.terms import (
    Lang,
    clock,
    component,
    component_figure,
    fatal,
    figure,
    finding,
    layout,
    line,
    line_of,
    measurement,
    metric,
    note,
    number,
    outcome,
    points,
    quoted,
    reason,
    role,
    severity,
    short,
    term,
    warning,
    warning_code,
    where,
)
from qa_speech.wording.terms import bracket as _bracket

__all__ = [
    "Lang", "clock", "component", "component_figure", "counts", "deductions", "fatal", "figure", "finding",
    "grave_warnings", "layout", "line", "line_of", "lost", "measurement", "metric", "note", "number",
    "outcome", "pending", "points", "quoted", "reason", "reasons", "review", "role", "sentence", "severity",
    "short", "summary_line", "term", "total", "warning", "warning_code", "where",
]  # fmt: skip


def review(criterion: CriterionScore, lang: Lang) -> tuple[str, ...]:
    """Why a person has to look at this criterion."""
    return tuple(reason(code, lang) for code in criterion.review)


def total(score: Score | None, lang: Lang) -> str:
    """The total as a person reads it, or why there is none.

    >>> total(None, "zh")
    '未评分'
    """
    if score is None:
        return "未评分" if lang == "zh" else "not scored"
    if score.total is not None:
        return f"{number(score.total)} 分" if lang == "zh" else f"{number(score.total)} points"
    name = ("无总分" if lang == "zh" else "no total") if score.scorable else reason("not_scorable", lang)
    return f"{name}{_bracket(reason(score.reason, lang), lang)}" if score.reason else name


def lost(criterion: CriterionScore) -> float:
    """Points a criterion did not get."""
    return criterion.possible - criterion.points if criterion.points is not None else 0.0


def counts(criterion: CriterionScore) -> bool:
    """Whether something went wrong that costs, or would cost once confirmed; a bonus not earned does not."""
    if criterion.outcome not in ("fail", "partial"):
        return False
    return bool(lost(criterion) or criterion.fatal)


def pending(score: Score) -> int:
    """How many deductions wait for a person."""
    return sum(item.pending and counts(item) for item in score.criteria)


def deductions(score: Score) -> list[CriterionScore]:
    """What cost points, gravest first: fatal ones, then by points; what still waits for a person after the rest."""
    wrong = [item for item in score.criteria if counts(item)]
    return sorted(wrong, key=lambda item: (not item.fatal, item.pending, -lost(item)))


def reasons(report: CallReport, lang: Lang, *, longest: int = 3) -> Sequence[str]:
    """The main reasons for a score, as ``title: sentence``; those that wait for a person say so."""
    if report.score is None:
        return ()
    colon = "：" if lang == "zh" else ": "
    waits = ("（待复核）", " (to review)")[lang == "en"]
    return [
        f"{item.title}{waits if item.pending else ''}{colon}{sentence(item, lang=lang, call=report.call)}"
        for item in deductions(report.score)[:longest]
    ]


def grave_warnings(report: CallReport, lang: Lang) -> list[str]:
    """The warnings of a call that a reader of a list must see."""
    kept = [text for text in report.call.warnings if warning_code(text) not in words.MINOR_WARNINGS]
    return list(dict.fromkeys(warning(text, lang) for text in kept))


def summary_line(report: CallReport, lang: Lang) -> str:
    """One line per call for the terminal: id, length, total, band, main reasons, warnings.

    >>> from qa_speech.testing import make_call
    >>> summary_line(CallReport(make_call("agent@0-2: 您好", duration=62)), "zh")
    'made  01:02  未评分'
    """
    score = report.score
    parts = [report.id]
    if report.call.times != "nominal":
        parts.append(clock(report.call.duration))
    parts.append(total(score, lang) + (f" {score.band}" if score and score.band else ""))
    if score is not None:
        waiting = pending(score)
        if waiting:
            parts.append(f"{waiting} 项待复核" if lang == "zh" else f"{waiting} to review")
        main = reasons(report, lang, longest=2)
        parts += ["；".join(main) if lang == "zh" else "; ".join(main)] if main else []
    parts += [f"⚠ {text}" for text in grave_warnings(report, lang)]
    return "  ".join(parts)
