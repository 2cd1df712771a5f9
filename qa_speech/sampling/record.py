"""The record of a draw: plan, seed, frame hash, chance of every call. Enough to draw the same list again, and to weigh it.

SAMPLE/sample.json      the record; `worklist` writes the lists beside it
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from math import isclose
from pathlib import Path

import msgspec

from qa_speech.errors import ConfigError, problem
from qa_speech.files import write_bytes
from qa_speech.sampling.draw import Candidate, Drawn, Sample, Shortfall, draw, eligible, group_of
from qa_speech.sampling.plan import Plan, plan_from

FILE_NAME = "sample.json"
FORM = 1


class GroupTotals(msgspec.Struct, frozen=True):
    """What the machine says of all calls of a group: how many, mean total and share passed (both 0–100), None where it did
    not score all of them."""

    calls: int
    mean_total: float | None = None
    pass_rate: float | None = None


class Record(msgspec.Struct, frozen=True):
    """A draw as it is kept. `plan` is the text of the plan; `inspected` the calls left out because people had marked them;
    `out_of_reach` how many calls of a group no draw by this plan can take."""

    plan: str
    seed: int
    drawn_at: str
    frame_sha256: str
    frame_size: int
    drawn: tuple[Drawn, ...]
    short: tuple[Shortfall, ...]
    groups: Mapping[str, GroupTotals]
    inspected: tuple[str, ...] = ()
    out_of_reach: Mapping[str, int] = {}
    form: int = FORM


def made(plan_text: str, frame: Iterable[Candidate], inspected: Collection[str], at: str) -> tuple[Plan, Record]:
    """Draw by a plan and make the record of it."""
    plan = plan_from(plan_text)
    calls = list(frame)
    known = {call.id for call in calls}
    left_out = [] if plan.again else sorted(known.intersection(inspected))
    sample = draw(plan, calls, inspected=frozenset(left_out))
    record = Record(
        plan=plan_text,
        seed=plan.seed,
        drawn_at=at,
        frame_sha256=sample.frame_sha256,
        frame_size=sample.frame_size,
        drawn=sample.drawn,
        short=sample.short,
        groups=totals(plan, calls, left_out, sample),
        inspected=tuple(left_out),
        out_of_reach=sample.out_of_reach,
    )
    return plan, record


def totals(
    plan: Plan, frame: Iterable[Candidate], inspected: Collection[str], sample: Sample
) -> dict[str, GroupTotals]:
    """The machine's figures over every group of the frame."""
    held: dict[str, list[Candidate]] = {group: [] for group in sample.sizes}
    for call in eligible(plan, frame, inspected):
        held.setdefault(group_of(plan, call), []).append(call)
    found: dict[str, GroupTotals] = {}
    for group, calls in held.items():
        scores = [call.number("total") for call in calls]
        passed = [call.number("passed") for call in calls]
        found[group] = GroupTotals(len(calls), _mean(scores), _percent(passed))
    return found


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    if not known or len(known) < len(values):
        return None
    return sum(known) / len(known)


def _percent(values: list[float | None]) -> float | None:
    mean = _mean(values)
    if mean is None:
        return None
    return 100 * mean


def write_record(record: Record, folder: str | Path) -> Path:
    """Keep a record in a folder; returns its file."""
    path = Path(folder) / FILE_NAME
    write_bytes(path, msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
    return path


def read_record(folder: str | Path) -> Record:
    """The record in a folder, or in a file.

    Raises
    ------
    ConfigError
        There is none, or it is damaged.
    """
    path = Path(folder)
    path = path / FILE_NAME if path.is_dir() else path
    try:
        data = path.read_bytes()
    except OSError as exc:
        raise ConfigError(
            str(path),
            [problem("cannot read: {reason}; expected what `qa-speech sample draw` wrote", reason=exc.strerror or exc)],
        ) from exc
    try:
        record = msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ConfigError(str(path), [problem("not the record of a draw: {reason}", reason=exc)]) from exc
    if record.form > FORM:
        raise ConfigError(str(path), [problem("form {form} was written by a newer qa_speech", form=record.form)])
    return record


class Verdict(msgspec.Struct, frozen=True):
    """What `verify` came to: whether the frame is that of the draw, how many calls it holds now, and which calls are drawn
    no longer (`missing`), are drawn now (`added`), or have another chance, group or inspector (`changed`)."""

    same_frame: bool
    missing: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]
    frame_size: int = 0

    @property
    def holds(self) -> bool:
        """Whether the same list comes out, chance for chance."""
        return self.same_frame and self.same_list

    @property
    def same_list(self) -> bool:
        """Whether the same calls are drawn, with their chances and inspectors, whatever else changed in the frame."""
        return not self.missing and not self.added and not self.changed


def verify(record: Record, frame: Iterable[Candidate]) -> Verdict:
    """Draw again and compare.

    >>> frame = [Candidate(str(number), {"agent": "1001", "total": 80.0}) for number in range(10)]
    >>> plan, record = made("seed = 7\\nnumber = 2", frame, (), at="2026-01-05T09:00:00")
    >>> file = write_record(record, ".")
    >>> verify(read_record("."), frame).same_frame
    True
    """
    again = draw(plan_from(record.plan), frame, inspected=frozenset(record.inspected))
    before = {call.id: call for call in record.drawn}
    now = {call.id: call for call in again.drawn}
    both = sorted(before.keys() & now.keys())
    changed = [name for name in both if not _alike(before[name], now[name])]
    return Verdict(
        same_frame=again.frame_sha256 == record.frame_sha256,
        missing=tuple(sorted(before.keys() - now.keys())),
        added=tuple(sorted(now.keys() - before.keys())),
        changed=tuple(changed),
        frame_size=again.frame_size,
    )


def _alike(one: Drawn, other: Drawn) -> bool:
    """The same but for the last digits of the chance, which processors round differently."""
    near = isclose(one.chance, other.chance, rel_tol=1e-9)
    return near and msgspec.structs.replace(one, chance=other.chance) == other
