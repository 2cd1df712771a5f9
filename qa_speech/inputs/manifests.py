"""Manifests as people make them → lines of text by field; what the fields mean for a row of work is for `rows`.

Tables (csv, tsv, xlsx) are read by `tables.reading`; JSONL has an object a line, `metadata` in it may be nested. Columns may
be called by any of `NAMES`, and by what the settings add. When a call began is made ISO 8601 here, once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.errors import ConfigError, problem, said_by
from qa_speech.language.encodings import decoded
from qa_speech.settings import Tables
from qa_speech.tables import dates
from qa_speech.tables.dates import DateError
from qa_speech.tables.head import known_fields
from qa_speech.tables.reading import SUFFIXES as TABLE_SUFFIXES
from qa_speech.tables.reading import Line, Table, read_table, with_more

JSON_SUFFIXES = frozenset((".jsonl", ".ndjson"))
SUFFIXES = TABLE_SUFFIXES | JSON_SUFFIXES
NAMES: Mapping[str, tuple[str, ...]] = {
    "path": ("file", "audio", "录音", "录音文件", "录音路径", "录音地址", "坐席录音", "路径", "文件", "文件名", "录音文件名",
             "录音文件名称", "录音名称", "录音文件路径", "文件名称", "文件路径", "音频", "音频文件", "语音文件",
             "file_name", "file_path", "recording", "record_file", "recording_path", "audio_path", "audio_file", "wav"),
    "path_customer": ("客户录音", "客户侧录音", "客户录音文件", "customer_path"),
    "id": ("编号", "通话编号", "录音编号", "通话id", "call_id"),
    "roles": ("声道角色",),
    "agent_channel": ("坐席声道", "座席声道"),
    "transcript": ("转写", "转写文件", "转写文本"),
    "scorecard": ("评分表",),
    "raw": ("裸数据格式",),
    "agent": ("工号", "坐席工号", "座席工号", "客服工号", "员工工号", "话务员工号", "坐席", "座席", "客服", "话务员",
              "坐席号", "座席号", "坐席账号", "坐席姓名", "座席姓名", "agent_id", "agent_no"),
    "team": ("班组", "团队", "小组", "坐席组", "座席组"),
    "queue": ("队列", "技能组", "技能队列", "业务队列", "队列名称", "技能组名称", "skill", "skill_group"),
    "started_at": ("开始时间", "通话开始时间", "呼叫开始时间", "通话时间", "呼叫时间", "来电时间", "接通时间", "录音时间",
                   "时间", "start_time", "begin_time", "call_time", "start"),
    "date": ("日期", "通话日期", "呼叫日期", "来电日期", "录音日期", "call_date"),
    "direction": ("方向", "呼叫方向", "呼叫类型"),
    "customer_number": ("客户号码", "客户电话", "用户号码", "来电号码", "customer_phone", "caller_number"),
    "ticket": ("工单号", "工单编号", "工单", "ticket_number"),
}  # fmt: skip
"""What a column may be called; every other column is metadata under its own name."""
_NUMBERS = ("agent", "agent_channel", "customer_number", "ticket")
_FIGURE = re.compile(r"\d{1,15}\.0")
_LINE_END = re.compile(r"\r\n|\r|\n")


def read_manifest(path: Path, settings: Tables) -> Table:
    """The lines of a manifest that hold anything, `started_at` as ISO 8601.

    Raises
    ------
    ConfigError
        It cannot be read, or lacks a column.
    """
    if path.suffix.lower() in JSON_SUFFIXES:
        table = _of_json(path, settings)
    else:
        table = read_table(path, NAMES, needed=("path",), more=settings.columns)
    problems = [*table.problems]
    for line in table.lines:
        _whole_numbers(line)
        what = _date(line, table, settings)
        if what:
            problems.append(table.at(line, what))
    return table._replace(problems=problems)


def _whole_numbers(line: Line) -> None:
    """Numbers of people and papers as they were before a program took them for figures: 1001.0 is 1001."""
    for field in _NUMBERS:
        text = line.values.get(field, "")
        if _FIGURE.fullmatch(text):
            line.values[field] = text.removesuffix(".0")


def _date(line: Line, table: Table, settings: Tables) -> str:
    """Make one of date and time, in ISO 8601; what is wrong with it, or ""."""
    day = line.values.pop("date", "")
    text = line.values.get("started_at", "")
    if not (text or day):
        return ""
    try:
        if not day:
            moment = dates.parse(text, order=settings.date_order, epoch=table.epoch)
        else:
            moment = dates.parse(day, order=settings.date_order, epoch=table.epoch)
            moment = dates.joined(moment, text, order=settings.date_order, epoch=table.epoch)
    except DateError as exc:
        return problem("started_at: {reason}", reason=exc)
    line.values["started_at"] = moment.iso
    return ""


# -- JSONL -------------------------------------------------------------------------------------------------------------


def _of_json(path: Path, settings: Tables) -> Table:
    try:
        text = decoded(path.read_bytes())
    except UnicodeError as exc:
        raise ConfigError(str(path), [said_by(exc)]) from exc
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    table = Table(path, (), [], [])
    table.lines.extend(_json_lines(text, table, with_more(NAMES, settings.columns)))
    return table


def _json_lines(content: str, table: Table, names: Mapping[str, tuple[str, ...]]) -> Iterator[Line]:
    for number, text in enumerate(_LINE_END.split(content), start=1):
        if not text.strip():
            continue
        line = Line(number, {})
        try:
            record = msgspec.json.decode(text, type=dict[str, Any])
            inner = msgspec.convert(record.pop("metadata", None) or {}, dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError) as exc:
            table.problems.append(table.at(line, problem("not a JSON object: {reason}", reason=exc)))
            continue
        except RecursionError:
            table.problems.append(table.at(line, problem("not a JSON object: nested too deeply")))
            continue
        roles = record.get("roles")
        if isinstance(roles, list):
            record["roles"] = ",".join(map(str, roles))
        merged = {**inner, **record}
        named = {place: field for field, place in known_fields(merged, names).items()}
        for place, (key, value) in enumerate(merged.items()):
            if value is not None:
                line.values[named.get(place, key)] = str(value)
        yield line
