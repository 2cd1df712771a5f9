"""The record of a draw: plan, seed, frame hash, chance of every call. Enough to draw the same list again, and to weigh it.

SAMPLE/sample.json      the record
SAMPLE/worklist.xlsx    for people; worklist.csv for programs
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from qa_speech.call import write_bytes
from qa_speech.errors import ConfigError
from qa_speech.sampling.draw import Candidate, Drawn, Sample, Shortfall, draw, eligible, group_of
from qa_speech.sampling.plan import Plan, plan_from
from qa_speech.store.export import cell

FILE_NAME = "sample.json"
FORM = 1


class GroupTotals(msgspec.Struct, frozen=True):
    """What the machine says of all calls of a group: how many, mean total and share passed (both 0–100), None where it did
    not score all of them."""

    calls: int
    mean_total: float | None = None
    pass_rate: float | None = None


class Record(msgspec.Struct, frozen=True):
    """A draw as it is kept. `plan` is the text of the plan; `inspected` the calls left out because people had marked them."""

    plan: str
    seed: int
    drawn_at: str
    frame_sha256: str
    frame_size: int
    drawn: tuple[Drawn, ...]
    short: tuple[Shortfall, ...]
    groups: Mapping[str, GroupTotals]
    inspected: tuple[str, ...] = ()
    form: int = FORM


def made(plan_text: str, frame: Iterable[Candidate], inspected: Collection[str], at: str) -> tuple[Plan, Record]:
    """Draw by a plan and make the record of it."""
    plan = plan_from(plan_text)
    calls = list(frame)
    known = {call.id for call in calls}
    left_out = sorted(known.intersection(inspected))
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
        scores = [_number(call, "total") for call in calls]
        passed = [_number(call, "passed") for call in calls]
        found[group] = GroupTotals(len(calls), _mean(scores), _percent(passed))
    return found


def _number(call: Candidate, name: str) -> float | None:
    value = call.values.get(name)
    return float(value) if isinstance(value, int | float) else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None


def _percent(values: list[float | None]) -> float | None:
    mean = _mean(values)
    return None if mean is None else 100 * mean


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
            str(path), [f"cannot read: {exc.strerror or exc}; expected what `qa-speech sample draw` wrote"]
        ) from exc
    try:
        record = msgspec.json.decode(data, type=Record)
    except (msgspec.DecodeError, msgspec.ValidationError) as exc:
        raise ConfigError(str(path), [f"not the record of a draw: {exc}"]) from exc
    if record.form > FORM:
        raise ConfigError(str(path), [f"form {record.form} was written by a newer qa_speech"])
    return record


class Verdict(msgspec.Struct, frozen=True):
    """What `verify` came to: whether the frame is that of the draw, and which calls are drawn now or no longer."""

    same_frame: bool
    missing: tuple[str, ...]
    added: tuple[str, ...]
    changed: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether the same list comes out, chance for chance."""
        return self.same_frame and not self.missing and not self.added and not self.changed


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
    changed = sorted(name for name in before.keys() & now.keys() if before[name] != now[name])
    return Verdict(
        same_frame=again.frame_sha256 == record.frame_sha256,
        missing=tuple(sorted(before.keys() - now.keys())),
        added=tuple(sorted(now.keys() - before.keys())),
        changed=tuple(changed),
    )


# -- work lists


COLUMNS = ("质检员", "编号", "组", "层", "抽中概率", "风险", "开始时间", "时长（秒）", "机器总分", "听")


class WorkRow(msgspec.Struct, frozen=True):
    """One line of a work list: a drawn call, what is known of it, and where its page is."""

    call: Drawn
    started_at: str = ""
    duration_s: float | None = None
    total: float | None = None
    link: str = ""

    def cells(self) -> tuple[str | float | None, ...]:
        """In the order of `COLUMNS`, without the link."""
        one = self.call
        return (
            one.inspector, one.id, one.group, one.stratum, round(one.chance, 4), "；".join(one.risks), self.started_at,
            self.duration_s, self.total,
        )  # fmt: skip


def write_csv(rows: Iterable[WorkRow], path: str | Path) -> None:
    """The work list as CSV: UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([cell(value) for value in (*row.cells(), row.link)])
    write_bytes(Path(path), b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def write_xlsx(rows: Iterable[WorkRow], path: str | Path) -> None:
    """The work list as a workbook, one page per inspector, with links."""
    import xlsxwriter

    by_inspector: dict[str, list[WorkRow]] = {}
    for row in rows:
        by_inspector.setdefault(row.call.inspector or "未分配", []).append(row)
    options = {"strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        head = book.add_format({"bold": True, "bottom": 1})
        for number, (name, mine) in enumerate(sorted(by_inspector.items()), start=1):
            sheet = book.add_worksheet(sheet_name(name, number))
            sheet.write_row(0, 0, COLUMNS, head)
            sheet.set_column(0, len(COLUMNS), 16)
            sheet.freeze_panes(1, 2)
            for line, row in enumerate(mine, start=1):
                sheet.write_row(line, 0, row.cells())
                if row.link:
                    safe = row.link.replace('"', "%22")
                    sheet.write_formula(line, len(COLUMNS) - 1, f'=HYPERLINK("{safe}","听")', None, "听")
        if not by_inspector:
            book.add_worksheet("空").write_row(0, 0, COLUMNS, head)


def sheet_name(name: str, number: int) -> str:
    """A name that a workbook takes: 31 characters, none of ``[]:*?/\\``, never twice.

    >>> sheet_name("质检/一", 3)
    '3 质检_一'
    """
    plain = "".join("_" if char in "[]:*?/\\'" else char for char in name)
    return f"{number} {plain}"[:31]
