"""A run at a glance, as the index shows it: one row per input, counts above. Text ready, no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qa_speech import wording
from qa_speech.call import CallFailure, CallReport
from qa_speech.wording import Lang
from qa_speech.wording import catalogue as words


@dataclass(frozen=True, slots=True)
class Entry:
    """One call that worked. Numbers stand beside their text, for sorting; −1 sorts what is missing below zero."""

    id: str
    link: str
    duration: str
    seconds: float
    total: str
    points: float
    scored: bool
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


def overview(rows: Sequence[Entry | Failed]) -> Run:
    """What the index says of these inputs, in the order given."""
    entries = tuple(row for row in rows if isinstance(row, Entry))
    totals = [one.points for one in entries if one.scored]
    bands = Counter(one.band for one in entries if one.band)
    best = {name: max(one.points for one in entries if one.band == name) for name in bands}
    return Run(
        entries=entries,
        failures=tuple(row for row in rows if isinstance(row, Failed)),
        scored=len(totals),
        mean=wording.number(sum(totals) / len(totals)) if totals else "–",
        unscored=len(entries) - len(totals),
        pending=sum(one.pending > 0 for one in entries),
        bands=tuple(sorted(bands.items(), key=lambda band: -best[band[0]])),
    )


def entry(report: CallReport | CallFailure, lang: Lang, link: Callable[[str], str]) -> Entry | Failed:
    """The row of one input; small, so that a run of many calls keeps nothing else of them."""
    if isinstance(report, CallFailure):
        return Failed(report.id, report.message)
    call, score = report.call, report.score
    timed = call.times != "nominal"
    total = score.total if score else None
    confirmed = score.total_if_confirmed if score else None
    main = wording.deductions(score)[:3] if score else []
    grave = [one for one in call.recording.findings if one.code in words.GRAVE_FINDINGS]
    return Entry(
        id=report.id,
        link=link(report.id),
        duration=wording.clock(call.duration) if timed else "–",
        seconds=call.duration if timed else -1,
        total="–" if total is None else wording.number(total),
        points=-1 if total is None else total,
        scored=total is not None,
        confirmed="" if confirmed is None or confirmed == total else wording.number(confirmed),
        coverage=f"{100 * score.coverage:.0f}%" if score else "–",
        covered=score.coverage if score else -1,
        band=score.band if score else "",
        passed=score.passed if score else None,
        why="" if total is not None else wording.total(score, lang),
        pending=wording.pending(score) if score else 0,
        reasons=tuple((one.title, wording.sentence(one, lang=lang, call=call), one.pending) for one in main),
        warnings=(
            *wording.grave_warnings(report, lang),
            *dict.fromkeys(wording.term(words.FINDINGS, one.code, lang) for one in grave),
        ),
    )
