"""What a run has come to: `summary.txt` for the person who opens it in the morning, `summary.json` for programs."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from qa_speech.filenames import visible
from qa_speech.files import write_bytes
from qa_speech.privacy.redact import masked_id, masked_message
from qa_speech.store.base import Figures, Store
from qa_speech.store.folder import SUMMARY_JSON, SUMMARY_TEXT
from qa_speech.store.page_list import INDEX, MASKED, UNMASKED, PageList, Why, read_pages
from qa_speech.wording.masking import placeholders
from qa_speech.wording.translate import retold

ERRORS_ZH = {
    "DecodeError": "录音无法解码",
    "ChannelError": "声道不可用",
    "AudioError": "录音不可用",
    "EngineError": "识别引擎出错",
    "ConfigError": "转写文件有误",
    "time_limit": "处理超时",
    "process_died": "处理进程异常退出",
    "memory_limit": "内存超限",
    "bug": "程序错误（见 run.log）",
}
NO_TOTAL_ZH = {
    "too_short": "通话过短",
    "too_long": "通话过长",
    "one_sided": "只有一方说话",
    "no_words": "没有识别出字词",
    "attribute": "通话资料不合适用条件",
    "low_coverage": "能评的项目太少",
    "nothing_applies": "没有适用的项目",
    "nothing_judged": "没有评出的项目",
}
STOPPED_ZH = {"until": "到了规定时间", "interrupted": "被中断"}
ALIKE = re.compile(r"(\d+) failures in a row with one cause: ")
WHY_ZH: Mapping[Why, str] = {"alarm": "报警", "worst": "最差", "pending": "待复核", "asked": "点名"}
SHOWN_PAGES = 5
"""Pages that the summary names: the worst."""
MESSAGE_SHOWN = 160
"""Characters of a message that are shown."""


class Session(msgspec.Struct):
    """What one session of a run has done so far; `audio_s` and `elapsed_s` in seconds. `stopped`: why it ended before all
    was done, or ""."""

    rows: int = 0
    todo: int = 0
    scores: int = 0
    ok: int = 0
    failed: int = 0
    left: int = 0
    audio_s: float = 0.0
    elapsed_s: float = 0.0
    stopped: str = ""
    errors: dict[str, int] = {}

    @property
    def done(self) -> int:
        """Calls that have an outcome now."""
        return self.ok + self.failed


class _Kept(msgspec.Struct):
    """Of ``summary.json`` what does not follow from the store."""

    session: Session | None = None


def as_json(figures: Figures) -> dict[str, Any]:
    """The figures as `summary.json` has them."""
    found: dict[str, Any] = msgspec.to_builtins(figures)
    found["pass_rate"] = figures.pass_rate
    found["left"] = figures.left
    return found


def write_summary(store: Store, session: Session | None = None) -> Figures:
    """Write `summary.txt` and `summary.json`; returns the figures."""
    figures = store.figures()
    now = dt.datetime.now().astimezone()
    found = as_json(figures)
    if session is not None:
        found["session"] = msgspec.structs.asdict(session)
    found["written_at"] = now.isoformat(timespec="seconds")
    write_bytes(store.place / SUMMARY_JSON, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    write_bytes(store.place / SUMMARY_TEXT, in_chinese(figures, store.place, now, session).encode())
    return figures


def renew_summary(store: Store) -> None:
    """Write the summary again, with what it says of the last session: the pages of the run have changed."""
    session = None
    try:
        held = msgspec.json.decode((store.place / SUMMARY_JSON).read_bytes(), type=_Kept)
        session = held.session
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        pass  # it is written anew, without the session
    write_summary(store, session)


def as_lines(figures: Figures, run: Path, lang: str) -> str:
    """The figures for a terminal: the Chinese screen, or the plain figures in English."""
    if lang == "zh":
        return in_chinese(figures, run, dt.datetime.now()).rstrip()
    lines = []
    for key, value in as_json(figures).items():
        if isinstance(value, float):
            lines.append(f"{key:<12} {value:.4g}")
        elif not isinstance(value, list | dict):
            lines.append(f"{key:<12} {value}")
    for one in figures.errors:
        example = masked_id(one.example, placeholders("en"))
        message = masked_message(one.message, placeholders("en"))[:MESSAGE_SHOWN]
        lines.append(f"{one.error:<12} {one.count}  e.g. {visible(example)}: {visible(message)}")
    return "\n".join(lines)


# -- one screen of Chinese --------------------------------------------------------------------------------------


def in_chinese(figures: Figures, run: Path, now: dt.datetime, session: Session | None = None) -> str:
    """The figures as one screen of Chinese."""
    lines = [f"质检批次小结  {now:%Y-%m-%d %H:%M}", ""]
    if figures.alarms:
        rang = "、".join(f"{visible(title)} {count:,} 通" for title, count in figures.alarms.items())
        lines += [f"报警：{rang}", ""]
    lines += _of_rows(figures)
    if session is not None:
        lines += _of_session(session)
    if figures.scored:
        lines += ["", *_of_totals(figures)]
    if figures.no_total:
        if not figures.scored:
            lines.append("")
        lines.append(_without_total(figures.no_total))
    if figures.criteria:
        lines += ["", "未通过最多的项目"]
        lines += [f"  {one.criterion}：{one.failed:,} / {one.judged:,} 通" for one in figures.criteria]
    if figures.errors:
        lines += ["", "失败原因", *_of_errors(figures)]
    lines += [*_of_pages(run), "", *_next_steps(figures, run)]
    return "\n".join(lines) + "\n"


def _of_rows(figures: Figures) -> list[str]:
    rows = f"登记 {figures.rows:,} 通：完成 {figures.ok:,}，失败 {figures.failed:,}，未处理 {figures.left:,}"
    if figures.forgotten:
        rows += f"，已删除 {figures.forgotten:,}"
    audio = f"录音共 {in_hours(figures.audio_h)}"
    if figures.copies:
        audio += f"；{figures.copies:,} 通与其他录音完全相同"
    return [rows, audio]


def _of_session(session: Session) -> list[str]:
    line = f"本次处理 {session.done:,} 通，用时 {clock(session.elapsed_s)}"
    if session.elapsed_s and session.done:
        calls_per_h = session.done / session.elapsed_s * 3600
        line += f"，每小时 {calls_per_h:,.0f} 通，{session.audio_s / session.elapsed_s:.1f} 倍实时"
    if not session.stopped:
        return [line]
    return [line, f"提前结束：{why_ended(session.stopped)}"]


def _of_totals(figures: Figures) -> list[str]:
    totals = f"有总分 {figures.scored:,} 通：平均 {figures.mean_total:.1f} 分，最低 {figures.min_total:.1f} 分"
    if figures.pass_rate is not None:
        totals += f"，合格率 {100 * figures.pass_rate:.1f}%"
    lines = [totals]
    if figures.bands:
        lines.append("等级  " + " · ".join(f"{name} {count:,}" for name, count in figures.bands.items()))
    if figures.to_review:
        lines.append(f"待人工复核 {figures.to_review:,} 项")
    return lines


def _without_total(reasons: Mapping[str, int]) -> str:
    """``no_total`` in words: attribute:NAME is one reason."""
    counts: dict[str, int] = {}
    for reason, count in reasons.items():
        name = NO_TOTAL_ZH.get(reason.partition(":")[0], reason)
        counts[name] = counts.get(name, 0) + count
    return f"没有总分 {sum(counts.values()):,} 通：" + "、".join(f"{name} {count:,}" for name, count in counts.items())


def _of_errors(figures: Figures) -> list[str]:
    lines = []
    for one in figures.errors:
        name = error_name(one.error, "zh")
        message = retold(masked_message(one.message, placeholders("zh")), "zh")[:MESSAGE_SHOWN]
        example = masked_id(one.example, placeholders("zh"))
        lines.append(f"  {name}（{one.error}）{one.count:,} 通，例如 {visible(example)}：{visible(message)}")
    return lines


def _of_pages(run: Path) -> list[str]:
    """Where the pages are, why their calls have one, and the worst of them."""
    lines: list[str] = []
    for folder in (run / MASKED, run / UNMASKED):
        if (folder / INDEX).is_file():
            lines += ["", *_of_folder(run, folder, read_pages(folder))]
    return lines


def _of_folder(run: Path, folder: Path, found: PageList) -> list[str]:
    unmasked = "（未遮蔽客户信息）" if folder.name == UNMASKED else ""
    lines = [f"网页{unmasked}：{folder / INDEX}"]
    if found.pages:
        counts = Counter(page.why for page in found.pages)
        told = "，".join(f"{name} {counts[why]:,}" for why, name in WHY_ZH.items() if counts[why])
        lines.append(f"  {len(found.pages):,} 通有自己的网页：{told}")
    for page in found.pages[:SHOWN_PAGES]:
        total = "无总分" if page.total is None else f"{page.total:.1f} 分"
        lines.append(f"  {total}  {visible(page.shown)}  {folder / 'pages' / page.file}")
    if found.left_out:
        lines.append(
            f"  另有 {found.left_out:,} 通该写未写；全部待复核：qa-speech batch run --out {run} --pages pending"
        )
    return lines


def _next_steps(figures: Figures, run: Path) -> list[str]:
    steps = []
    if figures.left:
        steps.append(f"继续未处理的：qa-speech batch run --out {run}")
    if figures.failed:
        steps.append(f"重做失败的：  qa-speech batch retry {run}")
    steps.append(f"打开一通：    qa-speech batch open {run} --call 编号")
    steps.append(f"导出表格：    qa-speech export {run} --to 结果.xlsx")
    return steps


def error_name(code: str, lang: str) -> str:
    """A class of failure by its name, in English as it is.

    >>> error_name("DecodeError", "zh"), error_name("DecodeError", "en")
    ('录音无法解码', 'DecodeError')
    """
    return ERRORS_ZH.get(code, code) if lang == "zh" else code


def why_ended(stopped: str) -> str:
    """`Session.stopped` in Chinese; other text as it is."""
    alike = ALIKE.match(stopped)
    if alike:
        return f"连续 {alike[1]} 通因同一原因失败：{stopped[alike.end() :]}"
    return STOPPED_ZH.get(stopped, stopped)


def in_hours(hours: float) -> str:
    """Hours, or minutes where there is not one.

    >>> in_hours(12.34), in_hours(0.05)
    ('12.3 小时', '3.0 分钟')
    """
    if hours >= 1:
        return f"{hours:,.1f} 小时"
    return f"{60 * hours:.1f} 分钟"


def clock(seconds: float) -> str:
    """Hours, minutes, seconds of a length in seconds.

    >>> clock(3725)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
