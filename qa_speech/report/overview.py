"""A run at a glance, as the index shows it: one row per input, counts above. Text ready, no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa_speech.call import CallFailure, CallReport
from qa_speech.report import wording, words
from qa_speech.report.wording import Lang


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that worked. Numbers stand beside their text, for sorting; −1 sorts what is missing below zero."""

    id: str
    link: str
    duration: str
    seconds: float
    total: str
    points: float
    confirmed: str
    coverage: str
    covered: float
    band: str
    passed: bool | None
    why: str
    pending: int
    reasons: tuple[tuple[str, str, bool], ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Failed:
    """One input that did not work."""

    id: str
    cause: str


@dataclass(frozen=True, slots=True)
class Run:
    """All of a run. `mean` speaks of the calls that have a total; `bands` counts them."""

    entries: tuple[Entry, ...]
    failures: tuple[Failed, ...]
    scored: int
    mean: str
    unscored: int
    pending: int
    bands: tuple[tuple[str, int], ...]


def overview(reports: Sequence[CallReport | CallFailure], lang: Lang, link: Callable[[str], str]) -> Run:
    """What the index says of these inputs, in the order given."""
    good = [report for report in reports if isinstance(report, CallReport)]
    entries = tuple(_entry(report, lang, link(report.id)) for report in good)
    totals = [report.score.total for report in good if report.score and report.score.total is not None]
    bands = Counter(report.score.band for report in good if report.score and report.score.band)
    best = {name: max(one.points for one in entries if one.band == name) for name in bands}
    return Run(
        entries,
        tuple(Failed(item.id, item.message) for item in reports if isinstance(item, CallFailure)),
        len(totals),
        wording.number(sum(totals) / len(totals)) if totals else "–",
        len(good) - len(totals),
        sum(one.pending > 0 for one in entries),
        tuple(sorted(bands.items(), key=lambda band: -best[band[0]])),
    )


def _entry(report: CallReport, lang: Lang, link: str) -> Entry:
    call, score = report.call, report.score
    timed = call.times != "nominal"
    total = score.total if score else None
    confirmed = score.total_if_confirmed if score else None
    main = wording.deductions(score)[:3] if score else []
    return Entry(
        report.id,
        link,
        wording.clock(call.duration) if timed else "–",
        call.duration if timed else -1,
        "–" if total is None else wording.number(total),
        -1 if total is None else total,
        "" if confirmed is None or confirmed == total else wording.number(confirmed),
        f"{100 * score.coverage:.0f}%" if score else "–",
        score.coverage if score else -1,
        score.band if score else "",
        score.passed if score else None,
        "" if total is not None else wording.total(score, lang),
        wording.pending(score) if score else 0,
        tuple((one.title, wording.sentence(one, lang=lang, call=call), one.pending) for one in main),
        tuple(wording.warning(text, lang) for text in call.warnings)
        + tuple(
            wording.term(words.FINDINGS, one.code, lang)
            for one in call.recording.findings
            if one.code in words.GRAVE_FINDINGS
        ),
    )
