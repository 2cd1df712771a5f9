"""From runs and lists to a `Month`: everything read once, joined, placed in its period; every source told with its counts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from qa_speech.errors import ConfigError, problem
from qa_speech.marks.model import Mark
from qa_speech.marks.scores import cards_of, marked_results
from qa_speech.marks.stages import MarksMode
from qa_speech.service.catalogue import WANTED
from qa_speech.service.columns import (
    BEFORE,
    NOW,
    OUTSIDE,
    BadRow,
    Codes,
    Month,
    Rows,
    Source,
    month_before,
)
from qa_speech.service.joins import Joined, OneCall, has_unnamed, index_of, join_sentence, with_calls
from qa_speech.service.lists import Gathered
from qa_speech.service.org import NOBODY, days_in, moves
from qa_speech.service.records import (
    Window,
    read_org,
    read_records,
    read_survey,
    records_of,
    survey_of,
)
from qa_speech.service.rules import Limits, Rules
from qa_speech.service.scored import Scored, calls_of, read_scored, started
from qa_speech.service.texts import hot_words
from qa_speech.service.tickets import read_tickets, tickets_of
from qa_speech.settings import Tables
from qa_speech.store.brief import Brief, brief_of, briefs
from qa_speech.store.folder import is_run
from qa_speech.store.parquet import open_run
from qa_speech.store.reports import results_at

Kind = TypeVar("Kind")
UNITS = ("agent", "team", "city", "province", "queue")
KINDS = {"run": "批次", "survey": "满意度调查", "tickets": "问题记录"}
_MONTH = re.compile(r"20\d\d-(?:0[1-9]|1[0-2])")


class Inputs(NamedTuple):
    """What a report is asked to read. `previous` a month, a run, or "" = the month before, if anything lies in it;
    `sample` the folder of a draw from the run, by which people's marks speak for all its calls."""

    runs: Sequence[Path]
    period: str
    previous: str = ""
    cdr: Sequence[Path] = ()
    survey: Sequence[Path] = ()
    tickets: Sequence[Path] = ()
    org: Path | None = None
    marks: MarksMode = "machine"
    sample: Path | None = None


def is_month(text: str) -> bool:
    """Whether a text names a month.

    >>> is_month("2026-11"), is_month("2026-13")
    (True, False)
    """
    return _MONTH.fullmatch(text) is not None


def gathered_month(
    inputs: Inputs,
    rules: Rules,
    settings: Tables,
    marks: Mapping[str, list[Mark]] | None = None,
) -> Month:
    """Everything of a month.

    Raises
    ------
    ConfigError
        A run or a list cannot be read, or nothing lies in the period.
    """
    if not is_month(inputs.period):
        raise ConfigError(
            "--period",
            [problem("{period!r} is no month; expected e.g. 2026-11", period=inputs.period)],
        )
    places = list(inputs.runs)
    previous = month_before(inputs.period)
    if inputs.previous and not is_month(inputs.previous):
        places.append(Path(inputs.previous))
    elif inputs.previous:
        previous = inputs.previous
    scored = read_scored(_briefs(places, inputs.marks, marks or {}))
    cdr = [read_records(path, settings) for path in inputs.cdr]
    known = known_calls(scored, cdr)
    if inputs.previous and not is_month(inputs.previous):
        previous = _usual_month(scored, known, inputs.previous)
    return _month(inputs, scored, cdr, known, previous, rules, settings)


def _briefs(places: Iterable[Path], mode: MarksMode, marks: Mapping[str, list[Mark]]) -> Iterator[tuple[str, Brief]]:
    """The calls of runs, under marks where they count."""
    for place in places:
        if mode == "machine" and is_run(place):
            found = briefs(open_run(place), WANTED)
        else:
            results = marked_results(results_at(place), cards_of(place), marks, mode)
            found = (brief_of(result, WANTED) for result in results)
        for brief in found:
            yield place.name, brief


Known: TypeAlias = Mapping[str, Mapping[str, str]]


def _usual_month(scored: Scored, known: Known, place: str) -> str:
    """The month that most calls of a run lie in."""
    months: Counter[str] = Counter()
    for source, call in zip(scored.sources, scored.ids, strict=True):
        stamp = known[call]["started_at"]
        if source == Path(place).name and stamp:
            months[stamp[:7]] += 1
    if not months:
        raise ConfigError(
            place,
            [problem("no call of this run tells when it began (started_at), so it is no period to compare with")],
        )
    return months.most_common(1)[0][0]


def _month(
    inputs: Inputs,
    scored: Scored,
    cdr: Sequence[Gathered],
    known: Known,
    previous: str,
    rules: Rules,
    settings: Tables,
) -> Month:
    org, org_file = NOBODY, None
    if inputs.org is not None:
        org, org_file = read_org(inputs.org, settings)
    window = Window(inputs.period, previous, org, known)
    calls = calls_of(scored, window) if scored.ids else None
    lists = {
        "survey": [read_survey(path, settings, rules.limits) for path in inputs.survey],
        "tickets": [read_tickets(path, settings, rules) for path in inputs.tickets],
    }
    records = _first(records_of(one, window, rules.limits) for one in _one(cdr))
    told = _calls_wanted(lists, scored, cdr, known)
    index = index_of(told, known.keys(), complete=bool(cdr))
    joined = {name: [with_calls(one, index, rules.limits) for one in _one(several)] for name, several in lists.items()}
    survey = _first(survey_of(one.found, window, rules.limits) for one in joined["survey"])
    tickets = _first(tickets_of(one.found, window, rules, settings) for one in joined["tickets"])
    found = {"run": calls, "cdr": records, "survey": survey, "tickets": tickets}
    held = {name: one.rows for name, one in found.items() if one}
    if not any(rows.count(NOW) for rows in held.values()):
        raise ConfigError(
            "--period",
            [problem("nothing lies in {period}; {lies_in}", period=inputs.period, lies_in=_lies_in(held.values()))],
        )
    if not any(rows.count(BEFORE) for rows in held.values()):
        previous = ""
    joins = _joins(joined, rules.limits, known=bool(scored.ids or cdr))
    files = {"cdr": cdr, **lists, "org": [org_file] if org_file else []}
    words, counts = hot_words(inputs.runs, calls, tickets, rules.limits.texts)
    first, last = days_in(inputs.period)
    return Month(
        inputs.period,
        previous,
        inputs.marks,
        calls,
        records,
        survey,
        tickets,
        moves(org, first, last),
        words,
        counts,
        tuple(_sources(files, held, scored)),
        _bad_rows(files),
        (*_notes(scored, held), *joins),
    )


def _calls_wanted(
    lists: Mapping[str, Sequence[Gathered]], scored: Scored, cdr: Sequence[Gathered], known: Known
) -> Iterable[OneCall]:
    """The calls that rows without a call may belong to; none where every row names its own."""
    for several in lists.values():
        if any(has_unnamed(one) for one in several):
            return _calls_told(scored, cdr, known)
    return ()


def _joins(joined: Mapping[str, Sequence[Joined]], limits: Limits, *, known: bool) -> list[str]:
    """For each list, by kind, how its rows were joined to calls; nothing where no calls are `known`."""
    lines: list[str] = []
    if not known:
        return lines
    for name, several in joined.items():
        lines += [join_sentence(KINDS[name], one.ways, limits) for one in several]
    return lines


def _bad_rows(files: Mapping[str, Sequence[Gathered]]) -> tuple[BadRow, ...]:
    """The rows of all files that could not be read."""
    bad: list[BadRow] = []
    for several in files.values():
        for one in several:
            bad += one.bad
    return tuple(bad)


def _first(found: Iterator[Kind]) -> Kind | None:
    return next(found, None)


def _one(files: Sequence[Gathered]) -> Sequence[Gathered]:
    """Several files of a kind as one list."""
    if len(files) < 2:
        return files
    first = files[0]
    columns = tuple(dict.fromkeys(name for one in files for name in one.table.columns))
    return [
        Gathered(
            first.table._replace(columns=columns),
            [line for one in files for line in one.lines],
            np.concatenate([one.when for one in files]),
            np.concatenate([one.has_hour for one in files]),
            [row for one in files for row in one.bad],
        )
    ]


def _lies_in(held: Iterable[Rows]) -> str:
    months: Counter[str] = Counter()
    for rows in held:
        told = rows.when[~np.isnat(rows.when)].astype("M8[M]")
        months.update(str(month) for month in told)
    if not months:
        return problem("no row tells its day: started_at in the manifest, a time in the lists")
    return "rows lie in " + ", ".join(f"{month} ({count:,})" for month, count in sorted(months.items())[:12])


def known_calls(scored: Scored, cdr: Sequence[Gathered]) -> dict[str, dict[str, str]]:
    """What is known of a call by its id: from the call records, and from the run, which counts first."""
    found: dict[str, dict[str, str]] = {}
    for one in cdr:
        for line, stamp in zip(one.lines, _stamps(one), strict=True):
            call = line.values.get("call", "")
            if call:
                found[call] = {**_told(line.values), "started_at": stamp}
    for call, metadata in zip(scored.ids, scored.metadata, strict=True):
        before = found.get(call) or found.get(_stem(call), {})
        stamp = started(metadata.get("started_at", "")) or before.get("started_at", "")
        held = {**before, **_told(metadata), "started_at": stamp}
        found[call] = held
        found.setdefault(_stem(call), held)
    return found


def _stamps(one: Gathered) -> list[str]:
    """When each row was, its day alone where no hour is told."""
    stamps = np.where(np.isnat(one.when), "", one.when.astype(str)).tolist()
    return [stamp if has_hour else stamp[:10] for stamp, has_hour in zip(stamps, one.has_hour.tolist(), strict=True)]


def _calls_told(scored: Scored, cdr: Sequence[Gathered], known: Known) -> Iterator[OneCall]:
    """Every call once, of the run and of the call records, that tells the hour at which it began."""
    names = {*scored.ids, *map(_stem, scored.ids)}
    told = [(call, known[call]) for call in scored.ids]
    for one in cdr:
        for line, stamp in zip(one.lines, _stamps(one), strict=True):
            call = line.values.get("call", "")
            if call not in names:
                told.append((call, {**_told(line.values), "started_at": stamp}))
    for call, values in told:
        if "T" in values["started_at"]:
            at = int(np.datetime64(values["started_at"], "s").astype(np.int64))
            yield OneCall(call, values.get("customer", ""), values.get("agent", ""), at)


def _stem(call: str) -> str:
    """A file's name without folders and suffix: lists often name calls so."""
    return call.rpartition("/")[2].rpartition(".")[0] or call


def _told(values: Mapping[str, str]) -> dict[str, str]:
    told = {field: values[field] for field in UNITS if values.get(field)}
    customer = values.get("customer") or values.get("customer_number")
    return {**told, "customer": customer} if customer else told


def _sources(
    files: Mapping[str, Sequence[Gathered]],
    held: Mapping[str, Rows],
    scored: Scored,
) -> Iterator[Source]:
    calls = {*scored.ids, *map(_stem, scored.ids)}
    if "run" in held:
        rows = held["run"]
        for name in dict.fromkeys(scored.sources):
            mine = np.array([source == name for source in scored.sources], bool)
            now, before, outside = _by_period(rows.period[mine])
            yield Source("run", name, now, before, outside, scored.failed.get(name, 0))
    for kind, several in files.items():
        start = 0
        for one in several:
            end = start + len(one.lines)
            name = one.table.path.name
            if kind in held:
                now, before, outside = _by_period(held[kind].period[start:end])
                joined = sum(call in calls for call in held[kind].calls[start:end] if call)
                yield Source(
                    kind,
                    name,
                    now,
                    before,
                    outside,
                    len(one.bad),
                    joined if calls else None,
                    "已评分的通话",
                )
            else:
                yield Source(kind, name, len(one.lines), 0, 0, len(one.bad))
            start = end


def _by_period(period: Codes) -> tuple[int, int, int]:
    return (
        int((period == NOW).sum()),
        int((period == BEFORE).sum()),
        int((period == OUTSIDE).sum()),
    )


def _notes(scored: Scored, held: Mapping[str, Rows]) -> Iterator[str]:
    """What of the input could not be placed."""
    for kind, name in KINDS.items():
        if kind not in held:
            continue
        rows = held[kind]
        without = int(np.isnat(rows.when).sum())
        if without:
            yield f"{name}中有 {without:,} 条没有写明时间，也对不上有时间的通话，没有计入。"
        unknown = int(((rows.period == NOW) & (rows.unit("agent").codes < 0)).sum())
        if unknown:
            yield f"{name}中本期有 {unknown:,} 条不知道坐席，只进入全体与时段的数字。"
    failed = sum(scored.failed.values())
    if failed:
        yield f"批次中有 {failed:,} 通处理失败，没有评分，不在任何数字之内。"


def bad_row_lines(rows: Iterable[BadRow]) -> list[str]:
    """Bad rows, ``file:row: what``."""
    return [f"{row.file}:{row.row}: {row.what}" for row in rows]
