"""Coaching clips: the moments worth hearing, chosen by criterion, cut around their evidence, safe to play to a room.

    call      ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
    evidence                |-----|
    window          |-----------------------|      context before and after, no word cut in two
    clip            <~~~~~~~#####~~~~~~~~~~~>      loudness evened out, identifiers under a tone, edges faded

A clip holds its window and nothing else. A criterion is heard once per call: at its longest interval or first quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from heapq import heappush, heapreplace
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from qa_speech.call import Call, CallReport, CriterionScore, Evidence, Role, Utterance
from qa_speech.errors import ConfigError
from qa_speech.privacy.redact import masked, masked_id
from qa_speech.privacy.sound import AudioFormat, Replacement, recorded, render, write_sound
from qa_speech.scorecard.deductions import points_lost
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording.lang import Lang
from qa_speech.wording.sentences import sentence

Side: TypeAlias = Literal["worst", "best"]
AGENT_KEYS = ("agent", "agent_id", "agent_no", "agent_number", "agent_name")
"""Metadata that names the agent."""
TRIM_S = 2.5
"""So much context is given up to begin or end where nobody speaks."""
_HAIR = 1e-6
LONGEST_ABSENCE_S = 20.0
"""A stretch in which something was not said is played only up to this length; a longer one is listed without sound."""


class Wish(msgspec.Struct, frozen=True):
    """Which moments: of these criteria (none = all), so many of the worst and best each, of these agents (none = all)."""

    criteria: tuple[str, ...] = ()
    worst: int = 5
    best: int = 0
    agents: tuple[str, ...] = ()


class Cut(msgspec.Struct, frozen=True):
    """How clips are cut and written; seconds of context, and no clip longer than `longest_s`."""

    before_s: float = 4.0
    after_s: float = 4.0
    longest_s: float = 60.0
    format: AudioFormat = "mp3"
    mix: bool = False
    mask: bool = True
    replacement: Replacement = "tone"


class ClipLine(msgspec.Struct, frozen=True):
    """What one party says inside a clip; `at` seconds from the start of the clip, `hit` = the evidence lies in it."""

    role: Role
    at: float
    text: str
    hit: bool


class Clip(msgspec.Struct, frozen=True):
    """One moment. `start`, `end`: its window in the call; `audio`: the file beside the page, empty with a `problem`.

    Problems are codes of `clip_sound.PROBLEMS`, or ``long_absence``: something was not said in a stretch too long to play.
    """

    number: int
    side: Side
    call_id: str
    agent: str
    criterion: str
    title: str
    outcome: str
    points: float | None
    possible: float
    total: float | None
    sentence: str
    evidence_start: float
    evidence_end: float
    start: float
    end: float
    lines: tuple[ClipLine, ...]
    audio: str = ""
    problem: str = ""
    masked: int = 0


# ------------------------------------------------------------------------------------------------ choosing


def choose(reports: Iterable[CallReport], wish: Wish) -> list[tuple[Side, CallReport, CriterionScore]]:
    """The calls and criteria to hear: by criterion in the scorecard's order, worst first, then best.

    Worst: fatal, then the larger share of points lost, then the longer evidence, then the lower total. Best: criteria
    passed with evidence to hear, by points, then by the call's total. Only `wish.worst` + `wish.best` reports per
    criterion are held at a time.

    Raises
    ------
    ConfigError
        A criterion or an agent that no call has (the message names those there are), or calls without scores.
    """
    heaps: dict[tuple[str, Side], list[tuple[tuple[float, ...], int, CallReport, CriterionScore]]] = {}
    order: dict[str, None] = {}
    agents: dict[str, None] = {}
    for number, report in enumerate(reports):
        agents[agent_of(report.call)] = None
        for criterion in report.score.criteria if report.score else ():
            order[criterion.id] = None
            if (wish.criteria and criterion.id not in wish.criteria) or not _is_of(report.call, wish.agents):
                continue
            for side, limit, rank in (
                ("worst", wish.worst, _badness(report, criterion)), ("best", wish.best, _goodness(report, criterion)),
            ):  # fmt: skip
                if limit and rank is not None:
                    # heap items compare by rank, then by number, which no two reports share
                    item = (rank, -number, report, criterion)
                    heap = heaps.setdefault((criterion.id, side), [])  # type: ignore[arg-type]
                    if len(heap) < limit:
                        heappush(heap, item)
                    elif item[:2] > heap[0][:2]:
                        heapreplace(heap, item)
    if agents and not order:
        raise ConfigError("--scorecard", ["no call here has a score; name a scorecard to score them with"])
    _known("criterion", wish.criteria, order)
    _known("agent", wish.agents, agents)
    return [
        (side, report, criterion)
        for name in order
        for side in ("worst", "best")
        for _, _, report, criterion in sorted(heaps.get((name, side), ()), key=lambda item: item[:2], reverse=True)
    ]


def _known(what: str, wanted: Sequence[str], there: Iterable[str]) -> None:
    names = [name for name in there if name]
    missing = [name for name in wanted if name not in names]
    if missing:
        shown = ", ".join(names[:40]) or "none"
        raise ConfigError(f"--{what}", [f"no call has {', '.join(missing)}; there are: {shown}"])


def agent_of(call: Call) -> str:
    """The agent by the call's metadata; empty where it does not say.

    >>> from qa_speech.testing import make_call
    >>> agent_of(make_call("agent: 您好", metadata={"agent_id": "1001"}))
    '1001'
    """
    return next((call.recording.metadata[key] for key in AGENT_KEYS if call.recording.metadata.get(key)), "")


def _is_of(call: Call, agents: Sequence[str]) -> bool:
    return not agents or agent_of(call) in agents


def _badness(report: CallReport, criterion: CriterionScore) -> tuple[float, ...] | None:
    found = moment(criterion)
    if criterion.outcome not in ("fail", "partial") or found is None:
        return None
    share = points_lost(criterion) / criterion.possible if criterion.possible else 1.0
    total = report.score.total if report.score and report.score.total is not None else 50.0
    extent = -1.0 if nothing_to_hear(found) else found.end - found.start
    return (float(bool(criterion.fatal)), share, extent, -total)


def _goodness(report: CallReport, criterion: CriterionScore) -> tuple[float, ...] | None:
    found = moment(criterion)
    if criterion.outcome != "pass" or found is None or found.kind == "absence":
        return None
    total = report.score.total if report.score and report.score.total is not None else 50.0
    return (criterion.points or 0.0, total)


def moment(criterion: CriterionScore) -> Evidence | None:
    """The evidence to hear: the longest interval, else the first quote, else the shortest stretch searched in vain."""
    heard = [one for one in criterion.evidence if one.end > one.start]
    intervals = [one for one in heard if one.kind == "interval"]
    if intervals:
        return max(intervals, key=lambda one: one.end - one.start)
    quotes = [one for one in heard if one.kind == "quote"]
    if quotes:
        return quotes[0]
    return min((one for one in heard if one.kind == "absence"), key=lambda one: one.end - one.start, default=None)


def nothing_to_hear(evidence: Evidence) -> bool:
    """Whether the evidence is that something was not said, in a stretch too long to play.

    >>> nothing_to_hear(Evidence("absence", 0.0, 15.0)), nothing_to_hear(Evidence("absence", 0.0, 90.0))
    (False, True)
    """
    return evidence.kind == "absence" and evidence.end - evidence.start > LONGEST_ABSENCE_S


# ------------------------------------------------------------------------------------------------ cutting


def window(call: Call, evidence: Evidence, *, before_s: float, after_s: float, longest_s: float) -> Segment:
    """The stretch to play: the evidence and its context, cut where nobody is in the middle of a word.

    The edges move inward, toward the evidence: to where nobody speaks, if that is at most 2.5 s away; else to the first
    instant that lies in no word of either party; else in no word of the party the evidence speaks of. The window is
    inside the call and never wider than evidence and context.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-4: 我也不清楚你问他", duration=6)
    >>> window(call, Evidence("quote", 0.5, 2.5), before_s=0.2, after_s=0.6, longest_s=60)
    Segment(start=0.5, end=3.0)
    """
    first = max(0.0, evidence.start - before_s)
    last = min(call.duration, evidence.end + after_s)
    last = max(min(last, first + longest_s), first + 0.05)
    inner = min(evidence.end, last)
    near = [item for item in call.utterances if item.end > first and item.start < last]
    turns = [(item.start, item.end) for item in near]
    words = [(word.start, word.end) for item in near for word in item.words]
    own = [(word.start, word.end) for item in near if evidence.role in (None, item.role) for word in item.words]
    start, end = (
        next(
            (
                at
                for busy, limit in ((turns, TRIM_S), (words, longest_s), (own, longest_s))
                if (at := _free(busy, edge, inward, limit)) is not None
            ),
            edge,
        )
        for edge, inward in ((first, min(evidence.start, last)), (last, inner))
    )
    return Segment(start, end) if start < end else Segment(first, last)


def _free(busy: Sequence[tuple[float, float]], edge: float, inner: float, limit: float) -> float | None:
    """The instant nearest to `edge`, toward `inner` and at most `limit` away, that lies inside none of the busy spans."""
    spans = Timeline((start + _HAIR, end - _HAIR) for start, end in busy if end - start > 4 * _HAIR)
    ends = [round(at, 6) for span in spans for at in (span.start - _HAIR, span.end + _HAIR)]
    low, high = sorted((edge, inner))
    free = [at for at in (edge, *ends) if low <= at <= high and abs(at - edge) <= limit and not spans.covers(at)]
    return min(free, key=lambda at: abs(at - edge), default=None)


def lines(call: Call, held: Segment, evidence: Evidence) -> tuple[ClipLine, ...]:
    """What is said inside the window, cut at words where their times are known."""
    found = []
    for utterance in call.utterances:
        if utterance.end <= held.start or utterance.start >= held.end or not utterance.text:
            continue
        text = _heard(utterance, held)
        if text:
            hit = utterance.start < evidence.end and evidence.start < utterance.end
            hit = hit and evidence.kind != "absence" and evidence.role in (None, utterance.role)
            found.append(ClipLine(utterance.role, max(0.0, utterance.start - held.start), text, hit))
    return tuple(found)


def _heard(utterance: Utterance, held: Segment) -> str:
    """The text of the words whose middle is inside the window, with the punctuation after them."""
    text, at, out = utterance.text or "", 0, []
    if not utterance.words:
        return text if held.start <= utterance.start and utterance.end <= held.end else "…"
    for word in utterance.words:
        spoken = word.text.strip()
        found = text.find(spoken, at) if spoken else -1
        if found < 0:
            continue
        end = found + len(spoken)
        while end < len(text) and not text[end].isalnum() and text[end] != "[":
            end += 1
        if held.start <= (word.start + word.end) / 2 < held.end:
            out.append(text[found:end])
        at = end
    return "".join(out).strip()


def make_clips(
    chosen: Iterable[tuple[Side, CallReport, CriterionScore]],
    out: str | Path,
    *,
    cut: Cut | None = None,
    recordings: Path | None = None,
    lang: Lang = "zh",
) -> Iterator[Clip]:
    """Write the sound of each moment to ``OUT/audio`` and yield its line for the lists; a problem is said, never raised.

    Parameters
    ----------
    chosen : what `choose` found.
    out : folder
    cut : how to cut; default `Cut()`: masked, mp3, both channels.
    recordings : folder to look for the recordings in, by id or file name, before the path they had when inspected.
    """
    cut = cut or Cut()
    for number, (side, report, criterion) in enumerate(chosen, start=1):
        evidence = moment(criterion)
        assert evidence is not None  # choose() takes no criterion without
        call = report.call
        silent = nothing_to_hear(evidence)
        held = (
            Segment(evidence.start, evidence.end)
            if silent
            else window(call, evidence, before_s=cut.before_s, after_s=cut.after_s, longest_s=cut.longest_s)
        )
        name = f"audio/{number:03}-{_safe(criterion.id)}-{side}.{cut.format}"
        problem, count = ("long_absence", 0) if silent else _write(call, held, Path(out) / name, cut, recordings)
        shown = masked(report, lang=lang) if cut.mask else report
        shown_criterion = (
            next(item for item in shown.score.criteria if item.id == criterion.id) if shown.score else criterion
        )
        yield Clip(
            number, side, masked_id(call.id, lang) if cut.mask else call.id, agent_of(shown.call), criterion.id,
            criterion.title, criterion.outcome, criterion.points, criterion.possible,
            report.score.total if report.score else None,
            sentence(shown_criterion, lang=lang, call=shown.call), evidence.start, evidence.end, held.start,
            held.end, () if silent else lines(shown.call, held, evidence), "" if problem else name, problem, count,
        )  # fmt: skip


def _safe(name: str) -> str:
    return "".join(char if char.isalnum() or char in "-_" else "-" for char in name)[:40]


def _write(call: Call, held: Segment, path: Path, cut: Cut, recordings: Path | None) -> tuple[str, int]:
    """Write one clip; (problem code or "", number of masked stretches in it)."""
    found = recorded(call, mask=cut.mask, recordings=recordings)
    if isinstance(found, str):
        return found, 0
    audio, spans = found
    samples, count = render(audio.samples[:2], audio.rate, held, spans, mix=cut.mix, replacement=cut.replacement)
    write_sound(samples, audio.rate, path)
    return "", count
