"""What a run has come to: `summary.txt` for the person who opens it in the morning, `summary.json` for programs."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from qa_speech.call import write_bytes
from qa_speech.filenames import as_path
from qa_speech.inputs.rows import Row
from qa_speech.store import parquet as store

if TYPE_CHECKING:
    from qa_speech.batch.run import Session

ERRORS_ZH = {
    "DecodeError": "录音无法解码", "ChannelError": "声道不可用", "AudioError": "录音不可用", "EngineError": "识别引擎出错",
    "ConfigError": "转写文件有误", "time_limit": "处理超时", "process_died": "处理进程异常退出",
    "memory_limit": "内存超限", "bug": "程序错误（见 run.log）",
}  # fmt: skip
NO_TOTAL_ZH = {
    "too_short": "通话过短", "too_long": "通话过长", "one_sided": "只有一方说话", "no_words": "没有识别出字词",
    "attribute": "通话资料不合适用条件", "low_coverage": "能评的项目太少", "nothing_applies": "没有适用的项目",
    "nothing_judged": "没有评出的项目",
}  # fmt: skip
BRIEF = (
    "id, status, duration_s, total, passed, to_review, copied_from, band, reason, error, message, "
    "list_transform(criteria, lambda c: {'id': c.id, 'title': c.title, 'outcome': c.outcome}) AS criteria"
)
ALIKE = re.compile(r"(\d+) failures in a row with one cause: ")
TOP = 5
PROBED = 200
BYTES_PER_CALL = 40_000
"""Disk a stored call takes, generously."""


def summarise(run: Path) -> dict[str, Any]:
    """The figures of a run as they are stored now, over all its sessions.

    Totals are means over calls that have one; `pass_rate` is over calls that were judged passed or not.
    """
    with store.connect(run) as engine:
        engine.execute(f"CREATE TEMP TABLE brief AS SELECT {BRIEF} FROM newest")
        names = (
            "stored", "ok", "failed", "forgotten", "audio_h", "scored", "mean_total", "min_total", "passed", "judged",
            "to_review", "copies",
        )  # fmt: skip
        values = engine.execute(
            "SELECT count(*), count(*) FILTER (status = 'ok'), count(*) FILTER (status = 'failed'), "
            "count(*) FILTER (status = 'forgotten'), coalesce(sum(duration_s), 0) / 3600, count(total), avg(total), "
            "min(total), count(*) FILTER (passed), count(passed), coalesce(sum(to_review), 0), count(copied_from) "
            "FROM brief"
        ).fetchone()
        found: dict[str, Any] = dict(zip(names, values, strict=True))
        found["rows"] = engine.execute(
            "SELECT count(*) FROM (SELECT id FROM manifest UNION SELECT id FROM brief)"
        ).fetchone()[0]
        found["bands"] = dict(
            engine.execute(
                "SELECT band, count(*) FROM brief WHERE band <> '' GROUP BY band ORDER BY max(total) DESC"
            ).fetchall()
        )
        found["no_total"] = dict(
            engine.execute(
                "SELECT reason, count(*) FROM brief WHERE total IS NULL AND reason <> '' GROUP BY 1 ORDER BY 2 DESC"
            ).fetchall()
        )
        found["errors"] = [
            {"error": error, "count": count, "example": example, "message": message}
            for error, count, example, message in engine.execute(
                "SELECT error, count(*), min(id), arg_min(message, id) FROM brief WHERE status = 'failed' "
                "GROUP BY error ORDER BY 2 DESC, 1"
            ).fetchall()
        ]
        found["criteria"] = [
            {"criterion": name, "failed": failed, "judged": judged}
            for name, failed, judged in engine.execute(
                "SELECT any_value(c.title), count(*) FILTER (c.outcome = 'fail'), "
                "count(*) FILTER (c.outcome IN ('pass', 'partial', 'fail')) "
                "FROM (SELECT unnest(criteria) AS c FROM brief) GROUP BY c.id HAVING count(*) FILTER (c.outcome = 'fail') > 0 "
                f"ORDER BY 2 DESC, 1 LIMIT {TOP}"
            ).fetchall()
        ]
    found["pass_rate"] = found["passed"] / found["judged"] if found["judged"] else None
    found["left"] = found["rows"] - found["stored"]
    return found


def write_summary(run: Path, session: Session | None = None) -> dict[str, Any]:
    """Write `summary.txt` and `summary.json`; returns the figures."""
    found = summarise(run)
    if session is not None:
        found["session"] = msgspec.structs.asdict(session)
    found["written_at"] = dt.datetime.now().astimezone().isoformat(timespec="seconds")
    write_bytes(run / "summary.json", msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    write_bytes(run / "summary.txt", text(found, run).encode())
    return found


def as_lines(found: dict[str, Any], run: Path, lang: str) -> str:
    """The figures for a terminal: the Chinese screen, or the plain figures in English."""
    if lang == "zh":
        return text({**found, "written_at": dt.datetime.now().isoformat()}, run).rstrip()
    plain = {key: value for key, value in found.items() if not isinstance(value, list | dict)}
    lines = [
        f"{key:<12} {value:.4g}" if isinstance(value, float) else f"{key:<12} {value}" for key, value in plain.items()
    ]
    lines += [
        f"{one['error']:<12} {one['count']}  e.g. {one['example']}: {one['message'][:160]}" for one in found["errors"]
    ]
    return "\n".join(lines)


def foreseen(run: Path, rows: Sequence[Row], lang: str) -> str:
    """What the rows will take: how many, hours (from the headers of a sample of them), disk."""
    import soundfile

    there = [row for row in rows if row.bytes >= 0]
    step = max(1, len(there) // PROBED)
    seconds = size = 0.0
    for row in there[::step][:PROBED]:
        with suppress(soundfile.LibsndfileError, OSError, RuntimeError, TypeError):  # TypeError: headerless
            seconds, size = seconds + soundfile.info(os.fsencode(as_path(row.path))).duration, size + row.bytes
    hours = sum(row.bytes for row in there) * seconds / size / 3600 if size else None
    known = store.known(run)
    todo = sum(row.id not in known for row in rows)
    free, wanted = shutil.disk_usage(run).free / 1e9, todo * BYTES_PER_CALL / 1e9
    missing = len(rows) - len(there)
    if lang == "zh":
        length = "时长未知" if hours is None else f"约 {_length(hours)}"
        text = f"登记 {len(rows):,} 通（{length}），未处理 {todo:,} 通；结果约需 {wanted:.2f} GB，可用 {free:.0f} GB"
        return text + (f"；{missing:,} 个文件不存在" if missing else "")
    length = "length unknown" if hours is None else f"about {hours:,.1f} h"
    text = (
        f"{len(rows):,} rows ({length}), {todo:,} not done; results take about {wanted:.2f} GB, {free:.0f} GB are free"
    )
    return text + (f"; {missing:,} files are missing" if missing else "")


def text(found: dict[str, Any], run: Path) -> str:
    """The figures as one screen of Chinese."""
    lines = [
        f"质检批次小结  {found['written_at'][:16].replace('T', ' ')}",
        "",
        f"登记 {found['rows']:,} 通：完成 {found['ok']:,}，失败 {found['failed']:,}，未处理 {found['left']:,}"
        + (f"，已删除 {found['forgotten']:,}" if found["forgotten"] else ""),
        f"录音共 {_length(found['audio_h'])}"
        + (f"；{found['copies']:,} 通与其他录音完全相同" if found["copies"] else ""),
    ]
    session = found.get("session")
    if session:
        lines.append(_of_session(session))
    if found["scored"]:
        lines += [
            "",
            f"有总分 {found['scored']:,} 通：平均 {found['mean_total']:.1f} 分，最低 {found['min_total']:.1f} 分",
        ]
        if found["pass_rate"] is not None:
            lines[-1] += f"，合格率 {100 * found['pass_rate']:.1f}%"
        if found["bands"]:
            lines.append("等级  " + " · ".join(f"{name} {count:,}" for name, count in found["bands"].items()))
        if found["to_review"]:
            lines.append(f"待人工复核 {found['to_review']:,} 项")
    if found["no_total"]:
        lines += [*([] if found["scored"] else [""]), _without_total(found["no_total"])]
    if found["criteria"]:
        lines += ["", "未通过最多的项目"]
        lines += [f"  {one['criterion']}：{one['failed']:,} / {one['judged']:,} 通" for one in found["criteria"]]
    if found["errors"]:
        lines += ["", "失败原因"]
        for one in found["errors"]:
            name = ERRORS_ZH.get(one["error"], one["error"])
            lines.append(
                f"  {name}（{one['error']}）{one['count']:,} 通，例如 {one['example']}：{one['message'][:160]}"
            )
    lines += ["", *_next_steps(found, run)]
    return "\n".join(lines) + "\n"


def _length(hours: float) -> str:
    """Hours, or minutes where there is not one.

    >>> _length(12.34), _length(0.05)
    ('12.3 小时', '3.0 分钟')
    """
    return f"{hours:,.1f} 小时" if hours >= 1 else f"{60 * hours:.1f} 分钟"


def _without_total(reasons: dict[str, int]) -> str:
    """``no_total`` in words: attribute:NAME is one reason."""
    counts: dict[str, int] = {}
    for reason, count in reasons.items():
        name = NO_TOTAL_ZH.get(reason.partition(":")[0], reason)
        counts[name] = counts.get(name, 0) + count
    return f"没有总分 {sum(counts.values()):,} 通：" + "、".join(f"{name} {count:,}" for name, count in counts.items())


def _of_session(session: dict[str, Any]) -> str:
    elapsed = session["elapsed_s"]
    done = session["ok"] + session["failed"]
    line = f"本次处理 {done:,} 通，用时 {clock(elapsed)}"
    if elapsed and done:
        line += f"，每小时 {done / elapsed * 3600:,.0f} 通，{session['audio_s'] / elapsed:.1f} 倍实时"
    stopped = session["stopped"]
    reason = why_ended(stopped)
    return line + (f"\n提前结束：{reason}" if stopped else "")


def why_ended(stopped: str) -> str:
    """`Session.stopped` in Chinese; other text as it is."""
    known = {"until": "到了规定时间", "interrupted": "被中断"}
    alike = ALIKE.match(stopped)
    return f"连续 {alike[1]} 通因同一原因失败：{stopped[alike.end() :]}" if alike else known.get(stopped, stopped)


def _next_steps(found: dict[str, Any], run: Path) -> list[str]:
    steps = []
    if found["left"]:
        steps.append(f"继续未处理的：qa-speech batch run --out {run}")
    if found["failed"]:
        steps.append(f"重做失败的：  qa-speech batch retry {run}")
    steps.append(f"导出表格：    qa-speech export {run} --to 结果.xlsx")
    return steps


def clock(seconds: float) -> str:
    """Hours, minutes, seconds.

    >>> clock(3725)
    '1:02:05'
    """
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
