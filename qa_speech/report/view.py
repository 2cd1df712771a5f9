"""A call report as the page shows it: lines, criteria, figures, facts — text ready, nothing escaped, no markup.

`page` renders it; tests read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from qa_speech import wording
from qa_speech.call import Call, CallReport, CriterionScore, Evidence, Measurement, Role, Score, Utterance
from qa_speech.metrics.doubt import UNSURE
from qa_speech.report import charts
from qa_speech.wording import Lang, labels
from qa_speech.wording import catalogue as words
from qa_speech.wording.terms import declared, highlights

PUNCTUATION = "，。？！、；：,.?!;:…"
LEAD_S = 1.0
"""A silence or an overlap is played from a little before, so that one hears what it interrupts."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text; `start` None = not a word of its own (punctuation)."""

    text: str
    start: float | None = None
    low: bool = False
    hit: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """One piece of evidence with where to hear it; `at` None when the call has no times."""

    text: str
    where: str
    at: float | None
    line: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One criterion of the score sheet. `state` is its outcome, or ``undone`` for a miss that costs nothing (a bonus)."""

    id: str
    title: str
    state: str
    mark: str
    points: str
    sentence: str
    proofs: tuple[Proof, ...]
    review: tuple[str, ...]
    pending: bool
    fatal: str
    severity: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """One section of the score sheet."""

    id: str
    title: str
    weight: str
    total: str
    voided: bool
    entries: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One utterance of the transcript, with the silence before it and what was found in it."""

    index: int
    role: str
    who: str
    start: float
    where: str
    pieces: tuple[Piece, ...]
    state: str
    flags: tuple[tuple[str, str], ...]
    silence: str
    silence_at: float


@dataclass(frozen=True, slots=True)
class Row:
    """One metric: per column of `Figures.columns` the figure, or why there is none, and which of the two it is."""

    name: str
    cells: tuple[tuple[str, bool], ...]
    highlights: tuple[tuple[str, tuple[str, ...]], ...]
    components: tuple[tuple[str, tuple[str, ...]], ...]
    low: str


@dataclass(frozen=True, slots=True)
class Figures:
    """The table of metrics."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]


def proof(evidence: Evidence, call: Call, lang: Lang) -> Proof:
    """Evidence as the page links it."""
    timed = call.times != "nominal"
    lead = LEAD_S if evidence.kind == "interval" else 0.0
    return Proof(
        wording.note(evidence, lang, call),
        wording.where(evidence, lang, call),
        max(0.0, evidence.start - lead) if timed else None,
        wording.line_of(evidence, call),
    )


def sheets(report: CallReport, lang: Lang) -> list[Sheet]:
    """The score sheet by section; criteria whose section is unknown come last, under no title."""
    score = report.score
    if score is None:
        return []
    found = []
    known = {section.id for section in score.sections}
    for section in score.sections:
        total = "–" if section.total is None else wording.number(section.total)
        entries = tuple(item(one, report.call, lang) for one in score.criteria if one.section == section.id)
        weight = wording.number(section.weight)
        found.append(Sheet(section.id, section.title, weight, total, bool(section.voided_by), entries))
    rest = tuple(item(one, report.call, lang) for one in score.criteria if one.section not in known)
    return [*found, Sheet("", "", "", "", False, rest)] if rest else found


def item(criterion: CriterionScore, call: Call, lang: Lang) -> Item:
    """One criterion as the score sheet shows it."""
    judged = criterion.outcome in ("pass", "partial", "fail")
    costs = criterion.outcome == "pass" or wording.counts(criterion)  # a bonus not earned costs nothing
    if judged:
        state = criterion.outcome if costs else "undone"
        said = wording.sentence(criterion, lang=lang, call=call)
    else:
        state = criterion.outcome
        said = "" if criterion.reason == state else wording.reason(criterion.reason, lang)
    mark = wording.term(labels.UI, "not_done", lang) if state == "undone" else wording.outcome(state, lang)
    return Item(
        id=criterion.id,
        title=criterion.title,
        state=state,
        mark=mark,
        points="" if state == "not_applicable" else wording.points(criterion, lang),
        sentence=said,
        proofs=_proofs(criterion, call, lang),
        review=wording.review(criterion, lang),
        pending=criterion.pending and costs,
        fatal=wording.fatal(criterion.fatal, lang),
        severity=wording.severity(criterion.severity, lang),
    )


@dataclass(frozen=True, slots=True)
class Pin:
    """A mark under the lanes where a criterion was not met; `x` in % of the call."""

    x: float
    at: float
    outcome: str
    title: str


def pins(report: CallReport, lang: Lang) -> list[Pin]:
    """Where to listen: the evidence of everything not met that has a place in the call."""
    call = report.call
    if call.times == "nominal":
        return []
    found = []
    for criterion in _wrong(report.score):
        for evidence in criterion.evidence:
            if evidence.kind != "absence":
                one = proof(evidence, call, lang)
                title = f"{criterion.title} · {one.text} · {one.where}"
                x = charts.percent(evidence.start, call.duration)
                found.append(Pin(x, one.at or 0.0, "pending" if criterion.pending else criterion.outcome, title))
    return found


def _proofs(criterion: CriterionScore, call: Call, lang: Lang) -> tuple[Proof, ...]:
    """Evidence worth a link. A metric's evidence speaks of the whole metric: none of it proves that all went well."""
    detail = criterion.detail
    if detail.get("operator") == "metric":
        shown = declared(str(detail.get("metric")), str(detail.get("component")))
        if not shown.placed or (criterion.outcome == "pass" and detail.get("unit") != "count"):
            return ()
    kept = [one for one in criterion.evidence if one.kind != "absence" or criterion.outcome != "pass"]
    return tuple(proof(one, call, lang) for one in kept)


def lines(report: CallReport, lang: Lang, *, low_probability: float = UNSURE) -> list[Line]:
    """The transcript in order, silences between, what was found marked."""
    call, timed = report.call, report.call.times != "nominal"
    flags = _flags(report, lang)
    hits = _hits(report)
    quiet = sorted(charts.silences(call, report.measurements), key=lambda one: one.start) if timed else []
    found, used = [], 0
    for index, utterance in enumerate(call.utterances):
        before = None
        while used < len(quiet) and quiet[used].start < utterance.start:
            before, used = quiet[used], used + 1
        said = wording.note(before, lang, call) if before else ""
        where = wording.line(index, lang) if call.times == "nominal" else wording.clock(utterance.start)
        state = "" if utterance.text else ("unknown" if utterance.text is None else "empty")
        found.append(
            Line(
                index=index,
                role=str(utterance.role),
                who=wording.role(utterance.role, lang),
                start=utterance.start,
                where=where,
                pieces=tuple(pieces(utterance, hits.get(index, ()), low_probability, timed=timed)),
                state=state,
                flags=tuple(flags.get(index, ())),
                silence=said,
                silence_at=max(0.0, before.start - LEAD_S) if before else 0.0,
            )
        )
    return found


def pieces(
    utterance: Utterance,
    hits: Sequence[tuple[float, float]] = (),
    low_probability: float = UNSURE,
    *,
    timed: bool = True,
) -> Iterator[Piece]:
    """The text cut at its words, so that each can be clicked; text whose words do not match it stays in one piece."""
    text, at = utterance.text or "", 0
    places = []
    for word in utterance.words:
        spoken = word.text.strip().strip(PUNCTUATION)
        start = text.find(spoken, at) if spoken else -1
        if start >= 0:
            places.append((start, start + len(spoken), word))
            at = start + len(spoken)
        elif spoken:
            places = []
            break
    if not places:
        yield Piece(text, utterance.start if timed else None)
        return
    at = 0
    for start, end, word in places:
        if at < start:
            yield Piece(text[at:start])
        middle = (word.start + word.end) / 2
        hit = any(first <= middle <= last for first, last in hits)
        yield Piece(text[start:end], word.start if timed else None, word.probability < low_probability, hit)
        at = end
    if at < len(text):
        yield Piece(text[at:])


def _wrong(score: Score | None) -> Iterator[CriterionScore]:
    if score is not None:
        yield from (one for one in score.criteria if wording.counts(one))


def _flags(report: CallReport, lang: Lang) -> dict[int, list[tuple[str, str]]]:
    """Per utterance: (criterion id, title) of what was found in it; interruptions too, without an id."""
    found: dict[int, list[tuple[str, str]]] = {}
    for criterion in _wrong(report.score):
        for evidence in criterion.evidence:
            index = wording.line_of(evidence, report.call) if evidence.kind != "absence" else None
            if index is not None and (criterion.id, criterion.title) not in found.setdefault(index, []):
                found[index].append((criterion.id, criterion.title))
    judged = {(one.start, one.end) for criterion in _wrong(report.score) for one in criterion.evidence}
    for who in (Role.AGENT, Role.CUSTOMER):
        cut = report.measurements.get(f"interruption:{who}")
        for evidence in cut.evidence if cut else ():
            index = wording.line_of(evidence, report.call)
            if index is not None and (evidence.start, evidence.end) not in judged:
                found.setdefault(index, []).append(("", wording.term(words.FLAGS, evidence.note, lang)))
    return {index: [flag for flag in flags if flag] for index, flags in found.items()}


def _hits(report: CallReport) -> dict[int, list[tuple[float, float]]]:
    """Per utterance: the spans of words quoted against a criterion."""
    found: dict[int, list[tuple[float, float]]] = {}
    for criterion in _wrong(report.score):
        for evidence in criterion.evidence:
            if evidence.kind == "quote":
                index = wording.line_of(evidence, report.call)
                if index is not None:
                    found.setdefault(index, []).append((evidence.start, evidence.end))
    return found


def figures(report: CallReport, lang: Lang) -> Figures:
    """The measurements as a table: a row per metric, columns for whoever was measured."""
    columns = [who for who in ("", "agent", "customer", "unknown") if _column_used(report.measurements, who)]
    names = list(dict.fromkeys(key.partition(":")[0] for key in report.measurements))
    heads = tuple(
        wording.term(labels.UI, "whole_call", lang) if not who else wording.role(who, lang) for who in columns
    )
    rows = []
    for name in names:
        cells = [report.measurements.get(f"{name}:{who}" if who else name) for who in columns]
        parts = dict.fromkeys(part for cell in cells if cell for part in cell.components)
        known = [part for part in parts if any(cell and cell.components.get(part) is not None for cell in cells)]
        shown = {
            part: (wording.component(name, part, lang), tuple(_component(cell, name, part, lang) for cell in cells))
            for part in known
        }
        rows.append(
            Row(
                wording.metric(name, lang),
                tuple(
                    (wording.measurement(cell, lang), cell.value is not None) if cell else ("", False) for cell in cells
                ),
                tuple(shown[part] for part in highlights(name) if part in shown),
                tuple(shown.values()),
                next((wording.reason(c.reliability_reason, lang) for c in cells if c and c.reliability == "low"), ""),
            )
        )
    return Figures(heads, tuple(rows))


def _column_used(measurements: Mapping[str, Measurement], who: str) -> bool:
    return any(key.partition(":")[2] == who for key in measurements)


def _component(cell: Measurement | None, name: str, part: str, lang: Lang) -> str:
    if cell is None:
        return ""
    return wording.component_figure(name, part, cell.components.get(part), lang)


def facts(report: CallReport, lang: Lang) -> list[tuple[str, str]]:
    """What is known of the call, as name and value."""
    call, recording, score = report.call, report.call.recording, report.score
    rows: list[tuple[str, str]] = [("file", recording.path or recording.id)]
    if recording.num_samples:
        rows.append(("duration", wording.clock(recording.duration)))
        rows.append(("sampling", f"{recording.sampling_rate} Hz"))
    rows.append(("layout", wording.layout(recording, lang)))
    if recording.channels and recording.layout == "two_channel":
        rows.append(("roles_from", wording.term(words.ROLES_FROM, recording.roles_from, lang)))
    rows.append(("times", wording.term(words.TIMES, call.times, lang)))
    if call.language:
        rows.append(("language", wording.term(words.LANGUAGES, call.language, lang)))
    if score is not None:
        version = wording.term(labels.UI, "version", lang)
        rows.append(("scorecard", f"{score.scorecard_id} · {version} {score.scorecard_version}"))
    named = [(wording.term(labels.UI, key, lang), value) for key, value in rows]
    return named + [(wording.term(words.METADATA, key, lang), value) for key, value in recording.metadata.items()]


def notices(report: CallReport, lang: Lang) -> list[str]:
    """What a reader must know before believing the page: warnings, then grave findings of the channel doctor."""
    call = report.call
    found = [wording.warning(text, lang) for text in call.warnings]
    found += [wording.finding(one, lang) for one in call.recording.findings if one.code in words.GRAVE_FINDINGS]
    return list(dict.fromkeys(found))
