"""Lists of the department as tables: what their columns may be called, times and lengths in them, every bad row by its place.

cdr       编号 开始时间 工号 队列 结果 等待时长 通话时长 保持时长 话后处理时长 客户标识 业务类型
survey    编号 评价时间 工号 总体满意度, and a column for each theme
tickets   工单号 编号 受理时间 工号 类型 清单 原因 内容 办结时间 重复工单
org       工号 班组 城市 省 生效日期
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np

from qa_speech.errors import Problem, problem, said_by
from qa_speech.inputs.manifests import NAMES as CALL_NAMES
from qa_speech.service.columns import BadRow, Flags, Times
from qa_speech.settings import Tables
from qa_speech.tables import dates
from qa_speech.tables.dates import DateError, Moment
from qa_speech.tables.reading import Line, Table, read_table

FieldNames: TypeAlias = Mapping[str, tuple[str, ...]]

CALL = ("编号", "通话编号", "通话id", "call_id", "id", "call", "录音", "录音文件", "文件名", "录音编号", "流水号")
CUSTOMER = ("客户标识", "客户号码", "主叫号码", "主叫", "来电号码", "客户电话", "caller", "customer_id", "phone")
CITY, PROVINCE = ("城市", "地市", "市", "所属地市"), ("省", "省份", "所属省")
SHARED: FieldNames = {
    "call": CALL,
    "agent": CALL_NAMES["agent"],
    "team": CALL_NAMES["team"],
    "queue": CALL_NAMES["queue"],
    "city": CITY,
    "province": PROVINCE,
    "customer": CUSTOMER,
    "date": CALL_NAMES["date"],
}
NAMES: Mapping[str, FieldNames] = {
    "cdr": {
        **SHARED,
        "at": ("started_at", *CALL_NAMES["started_at"]),
        "answered": ("结果", "通话结果", "呼叫结果", "是否接通", "接通", "result", "disposition"),
        "wait_s": ("等待时长", "排队时长", "等待秒数", "排队秒数", "应答时长", "wait", "queue_time", "ring_time"),
        "talk_s": ("通话时长", "通话秒数", "时长", "talk", "talk_time", "duration", "duration_s"),
        "hold_s": ("保持时长", "等候时长", "hold", "hold_time"),
        "wrap_s": ("话后处理时长", "事后处理时长", "整理时长", "wrap", "wrap_up", "acw"),
        "cause": ("业务类型", "来电原因", "原因", "reason", "topic"),
    },
    "survey": {
        **SHARED,
        "at": ("评价时间", "调查时间", "答复时间", "答复日期", "started_at", *CALL_NAMES["started_at"]),
        "overall": ("总体满意度", "整体满意度", "满意度", "评价", "评价结果", "satisfaction", "csat"),
    },
    "tickets": {
        **SHARED,
        "at": ("受理时间", "创建时间", "投诉时间", "登记时间", "created_at", "started_at", *CALL_NAMES["started_at"]),
        "number": ("工单号", "工单编号", "投诉单号", "ticket", "ticket_number"),
        "kind": ("类型", "工单类型", "记录类型", "type"),
        "list": ("清单", "大类", "一级分类", "category"),
        "cause": ("原因", "原因代码", "投诉原因", "问题原因", "故障原因", "二级分类", "reason"),
        "text": ("内容", "问题描述", "投诉内容", "描述", "content", "description"),
        "done_at": ("办结时间", "完成时间", "归档时间", "closed_at", "done"),
        "handled_h": ("处理历时", "处理时长", "历时", "handling_hours"),
        "repeats": ("重复工单", "重复", "重复投诉", "原工单", "原工单号", "repeated_of", "repeat_of"),
    },
    "org": {
        "agent": CALL_NAMES["agent"],
        "team": CALL_NAMES["team"],
        "city": CITY,
        "province": PROVINCE,
        "at": ("生效日期", "开始日期", "变动日期", "起始日期", "from", "since", "effective"),
    },
}
"""What a column may be called, the likeliest first; `[tables.columns]` of the settings adds to it."""
NEEDED: Mapping[str, tuple[str, ...]] = {
    "cdr": ("at",), "survey": ("overall",), "tickets": ("at",), "org": ("team",),
}  # fmt: skip
_CLOCK = re.compile(r"(?:(\d+):)?([0-5]?\d):([0-5]?\d)(?:\.\d+)?")
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(?:s|秒|sec|seconds)?")
LONGEST_S = 86_400.0


class RowError(ValueError):
    """A cell cannot be read; the message says which and what was expected, never what stands there."""


class Gathered(NamedTuple):
    """The lines of a table that could be read, with their times, and the bad rows."""

    table: Table
    lines: list[Line]
    when: Times
    has_hour: Flags
    bad: list[BadRow]

    def texts(self, field: str) -> list[str]:
        """A column as text; "" where the table has none or the cell is empty."""
        return [line.values.get(field, "") for line in self.lines]

    def has(self, field: str) -> bool:
        """Whether the table has this column."""
        return field in self.table.columns


Check: TypeAlias = Callable[[Line], None]


def gathered(kind: str, path: Path, settings: Tables, check: Check, *, dated: bool = True) -> Gathered:
    """Read a list: lines whose cells can be read, the others as bad rows.

    Parameters
    ----------
    check
        Raises `RowError` for a line that cannot be used.
    dated
        Whether each line has to tell a day; else those without are kept with no time.

    Raises
    ------
    ConfigError
        The file cannot be read or lacks a column.
    """
    table = read_table(path, NAMES[kind], needed=NEEDED[kind], more=settings.columns)
    bad = [_bad_of(path, told) for told in table.problems]
    lines: list[Line] = []
    moments: list[Moment | None] = []
    for line in table.lines:
        try:
            moment = moment_of(line, table, settings, needed=dated)
            check(line)
        except RowError as exc:
            bad.append(BadRow(path.name, line.number, said_by(exc)))
            continue
        lines.append(line)
        moments.append(moment)
    when = np.array([_stamp(moment) for moment in moments], "M8[s]")
    has_hour = np.array([moment is not None and moment.clock is not None for moment in moments], bool)
    return Gathered(table, lines, when, has_hour, bad)


def _bad_of(path: Path, told: str) -> BadRow:
    """A problem of the reader of tables, ``file:row: what``, in parts."""
    if isinstance(told, Problem):
        what = told.fields["what"]
        return BadRow(path.name, int(str(told.fields["number"])), what if isinstance(what, str) else str(what))
    return BadRow(path.name, 0, told)


def _stamp(moment: Moment | None) -> np.datetime64:
    if moment is None:
        return np.datetime64("NaT")
    clock = "00:00:00" if moment.clock is None else moment.clock.strftime("%H:%M:%S")
    return np.datetime64(f"{moment.day.isoformat()}T{clock}")


def moment_of(line: Line, table: Table, settings: Tables, *, field: str = "at", needed: bool = True) -> Moment | None:
    """The moment that a line tells, of one column or of date and time.

    Raises
    ------
    RowError
        It tells none, or none surely.
    """
    text, day = line.values.get(field, ""), line.values.get("date", "") if field == "at" else ""
    if not text and not day:
        if needed:
            raise RowError(problem("no time is told"))
        return None
    try:
        if not day:
            return dates.parse(text, order=settings.date_order, epoch=table.epoch)
        moment = dates.parse(day, order=settings.date_order, epoch=table.epoch)
        return dates.joined(moment, text, order=settings.date_order, epoch=table.epoch)
    except DateError as exc:
        raise RowError(said_by(exc)) from exc


def seconds_of(text: str, field: str) -> float:
    """A length in seconds: ``95``, ``95 秒``, ``1:35``, ``0:01:35``; nan for an empty cell.

    Raises
    ------
    RowError
        It is none, or longer than a day.

    Examples
    --------
    >>> seconds_of("1:35", "talk_s"), seconds_of("95秒", "talk_s")
    (95.0, 95.0)
    """
    if not text:
        return np.nan
    clock, length = _CLOCK.fullmatch(text), _LENGTH.fullmatch(text.lower())
    if clock is not None:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        found = 3600.0 * hours + 60 * minutes + seconds
    elif length is not None:
        found = float(length[1])
    else:
        raise RowError(problem("{field}: no length of time; expected seconds or 分:秒", field=field))
    if found > LONGEST_S:
        raise RowError(problem("{field}: longer than a day", field=field))
    return found


def number_of(text: str) -> float | None:
    """A plain number, or None.

    >>> number_of("2"), number_of("两次")
    (2.0, None)
    """
    try:
        found = float(text)
    except ValueError:
        return None
    return found if np.isfinite(found) else None


def other_columns(found: Gathered, kind: str) -> Iterator[str]:
    """Columns that are none of the known fields."""
    for name in found.table.columns:
        if name not in NAMES[kind]:
            yield name


def filled(found: Gathered, column: str) -> list[str]:
    """The cells of a column that hold anything."""
    return [text for text in found.texts(column) if text]


def parsed(texts: Sequence[str], read: Callable[[str], float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column of numbers; the reader has been tried on every cell before."""
    return np.fromiter((read(text) for text in texts), float, len(texts))
