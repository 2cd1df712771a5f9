"""What people's marks of a draw say of all calls of a run: mean total and pass rate, of the whole and of every unit.

The figures are those of `qa-speech estimate` (`sampling.estimates`): every call heard counts by the chance it had of being drawn,
the machine's scores of the others are corrected by them where there are enough. Units are those of the report, by its organisation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem
from qa_speech.filenames import readable
from qa_speech.marks.model import Mark
from qa_speech.marks.stages import MarksMode
from qa_speech.sampling.draw import UNKNOWN, Candidate
from qa_speech.sampling.estimates import PASS_RATE, SCORE, by_group, overall
from qa_speech.sampling.frame import frame_of
from qa_speech.sampling.joined import WHOLE, Joined, joined
from qa_speech.sampling.of_run import decided_calls
from qa_speech.sampling.record import read_record
from qa_speech.service.columns import HOUR, LEVELS, NATIONAL, NOW, Calls, Month, hours_of
from qa_speech.service.figures import Figure, Value
from qa_speech.stats.survey import Estimate

OPTION = "--sample"
OWN = "report:"
"""Before the names of the report's units: a plan may speak of metadata of the same name."""
ESTIMATED = {"score": SCORE, "passed": PASS_RATE}


class Sampled(NamedTuple):
    """A draw and what it says: so many `calls` in the run, `drawn` of them, `heard` to the end; `values` by figure, then by level
    and unit (empty: nobody has finished a call). `changed`: the run has other calls than at the draw, the machine is left out;
    `out_of_reach` calls no draw by the plan could take."""

    calls: int
    drawn: int
    heard: int
    changed: bool
    out_of_reach: int
    values: Mapping[str, Mapping[tuple[str, str], Value]]


def sampled_of(
    month: Month,
    run: Path,
    sample: Path,
    mode: MarksMode,
    marks: Mapping[str, list[Mark]],
) -> Sampled:
    """What a draw from a run of the month says.

    Raises
    ------
    ConfigError
        The draw cannot be read, no marks of people are asked for, or the run holds calls of other months.
    """
    if mode == "machine":
        raise ConfigError(
            OPTION, [problem("a draw weighs people's marks; expected --marks human or --marks final beside it")]
        )
    record = read_record(sample)
    calls = _placed(month, run)
    heard = [mark for one in record.drawn for mark in marks.get(one.id, [])]
    decided = decided_calls(run, heard, SCORE, mode)
    held = {name: joined(figure, record, calls, decided) for name, figure in ESTIMATED.items()}
    score = held["score"]
    return Sampled(
        len(calls),
        len(record.drawn),
        len(score.heard),
        score.changed,
        sum(record.out_of_reach.values()),
        {name: dict(_values(one)) for name, one in held.items() if one.heard},
    )


def _placed(month: Month, run: Path) -> list[Candidate]:
    """The calls of the run with the units the report places them in."""
    units = {} if month.calls is None else _units(month.calls)
    found: list[Candidate] = []
    elsewhere = 0
    for call in frame_of(run).calls:
        mine = units.get(call.id)
        elsewhere += mine is None
        found.append(Candidate(call.id, {**call.values, **(mine or {})}))
    if elsewhere:
        raise ConfigError(
            OPTION,
            [
                problem(
                    "{elsewhere:,} of {count:,} calls of {name} do not lie in {period}, or do not tell their "
                    "time; an estimate speaks of all calls of the run: expected a run of this month alone",
                    elsewhere=elsewhere,
                    count=len(found),
                    name=run.name,
                    period=month.period,
                )
            ],
        )
    return found


def _units(calls: Calls) -> dict[str, dict[str, str]]:
    """The units of every call of the month by its id."""
    columns = {level: calls.rows.unit(level) for level in LEVELS} | {HOUR: hours_of(calls.rows)}
    found: dict[str, dict[str, str]] = {}
    for row, (call, period) in enumerate(zip(calls.rows.calls, calls.rows.period.tolist(), strict=True)):
        if period != NOW:
            continue
        mine: dict[str, str] = {}
        for level, names in columns.items():
            code = int(names.codes[row])
            if code >= 0:
                mine[OWN + level] = names.names[code]
        found[readable(call)] = mine
    return found


def _values(data: Joined) -> Iterator[tuple[tuple[str, str], Value]]:
    whole = overall(data.figure, data.observed(WHOLE), data.frame(WHOLE))
    if whole is not None:
        yield (NATIONAL, NATIONAL), _value(whole)
    for level in (*LEVELS, HOUR):
        key = OWN + level
        for one in by_group(data.figure, data.observed(key), data.frame(key)):
            if one.group != UNKNOWN and one.estimate.n:
                yield (level, one.group), _value(one.estimate)


def _value(found: Estimate) -> Value:
    return Value(found.value, found.low, found.high, found.n)


def with_estimates(figures: Mapping[str, Figure], sampled: Sampled | None) -> dict[str, Figure]:
    """The figures, those that the draw speaks of with its estimates in the place of what rows say."""
    if sampled is None:
        return dict(figures)
    return {name: replace(one, estimates=sampled.values.get(name, {})) for name, one in figures.items()}


def sampled_sentence(sampled: Sampled) -> str:
    """How many calls were heard of how many, and what stands on them."""
    said = f"抽样：批次全部 {sampled.calls:,} 通中抽 {sampled.drawn:,} 通，评完 {sampled.heard:,} 通。"
    if not sampled.values:
        return f"{said}还没有一通评完，总分与合格率无法估计，以下按评过的通话原样计算。"
    said += (
        "平均分与合格率（全体和各单位）是按每通抽中的机会对全部通话的估计，包括可靠性低的通话；n 是评完的通数，区间是抽样误差。"
        "它们不与上期比较，也不参加发现的检验。等级、各项目和其他数字不是估计，按评过的通话原样计算。"
    )
    if sampled.changed:
        said += "批次里的通话与抽样时不同：估计只凭人的评定，不用机器评分。"
    if sampled.out_of_reach:
        said += f"有 {sampled.out_of_reach:,} 通没有机会抽中，估计没有涵盖它们的不同。"
    return said
