"""What a trainer opens: index.html with a player, the words, the reason and a field for notes; clips.csv and clips.xlsx."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from qa_speech.call import write_bytes
from qa_speech.coaching.choose import Clip
from qa_speech.report.sheets import cell
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang

if TYPE_CHECKING:
    from jinja2 import Environment

HEAD = (
    "number", "side", "criterion", "title", "outcome", "points", "possible", "call", "agent", "total", "start_s", "end_s",
    "sentence", "transcript", "audio", "problem", "masked",
)  # fmt: skip
WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("辅导片段", "Coaching clips"),
    "worst": ("待改进", "To improve"),
    "best": ("可学习", "To learn from"),
    "clips": ("个片段", "clips"),
    "without": ("个没有声音", "without sound"),
    "masked_on": ("客户信息已遮蔽", "Customers' data masked"),
    "masked_off": ("客户信息未遮蔽，请勿外放", "Customers' data is NOT masked: do not play to others"),
    "all": ("全部项目", "All criteria"),
    "both": ("好坏都要", "Both"),
    "call": ("录音", "Call"),
    "agent": ("坐席", "Agent"),
    "total": ("总分", "Total"),
    "points": ("得分", "Points"),
    "note": ("讲评备注", "Trainer's note"),
    "note_hint": ("只存在本机浏览器里，可导出", "Kept in this browser only; can be exported"),
    "export": ("导出备注", "Export notes"),
    "play": ("播放", "Play"),
    "pause": ("暂停", "Pause"),
    "previous": ("上一个", "Previous"),
    "next": ("下一个", "Next"),
    "through": ("连续播放", "Play through"),
    "keys": (
        "空格 播放/暂停 · ↑ ↓ 上一个/下一个 · ← → 退/进 3 秒 · E 写备注 · Esc 离开备注",
        "space play/pause · ↑ ↓ previous/next · ← → 3 s back/on · E write a note · Esc leave it",
    ),
    "filter": ("筛选", "Filter"),
    "speed": ("倍速", "Speed"),
    "stretches": ("处已消音", "masked"),
    "empty": ("没有符合条件的片段", "No such moments"),
    "gone": ("声音放不出来：文件不在网页旁边的 audio 目录里。", "No sound: the file is not in the folder audio beside this page."),
}  # fmt: skip
PROBLEMS: Mapping[str, tuple[str, str]] = {
    "long_absence": ("整段都没有说到，没有可播放的一处", "not said anywhere in this stretch: no one moment to play"),
    "audio_missing": ("找不到录音文件，只列出文字", "the recording was not found; text only"),
    "audio_changed": ("录音文件与质检时不是同一个，未剪", "the file is not the one inspected; not cut"),
    "audio_unreadable": ("录音文件无法读取", "the recording cannot be read"),
    "no_times": ("文本没有时间信息，无法剪辑", "the transcript has no times; nothing to cut"),
    "no_words": (
        "没有转写，无法遮蔽客户信息，不输出声音",
        "not recognised, so nothing can be masked: no sound is written",
    ),
}


def word(key: str, lang: Lang) -> str:
    """A word of the page.

    >>> word("note", "zh")
    '讲评备注'
    """
    return terms.term(WORDS, key, lang)


def problem(code: str, lang: Lang) -> str:
    """Why a clip has no sound, in one sentence.

    >>> problem("audio_missing", "en")
    'the recording was not found; text only'
    """
    return terms.term(PROBLEMS, code, lang) if code else ""


def write_lists(clips: Sequence[Clip], out: str | Path, *, lang: Lang, masked: bool) -> Path:
    """Write index.html, clips.csv and clips.xlsx into the folder of the clips; returns the page."""
    out = Path(out)
    rows = [_row(clip, lang) for clip in clips]
    _write_csv(rows, out / "clips.csv")
    _write_xlsx(rows, out / "clips.xlsx", lang)
    page = out / "index.html"
    write_bytes(page, render_page(clips, lang=lang, masked=masked).encode("utf-8", "replace"))
    return page


def _row(clip: Clip, lang: Lang) -> dict[str, object]:
    said = " ".join(f"{terms.role(line.role, lang)}：{line.text}" for line in clip.lines)
    return {
        "number": clip.number, "side": clip.side, "criterion": clip.criterion, "title": clip.title,
        "outcome": terms.outcome(clip.outcome, lang), "points": clip.points, "possible": clip.possible,
        "call": clip.call_id, "agent": clip.agent, "total": clip.total, "start_s": round(clip.start, 2),
        "end_s": round(clip.end, 2), "sentence": clip.sentence, "transcript": said, "audio": clip.audio,
        "problem": problem(clip.problem, lang), "masked": clip.masked,
    }  # fmt: skip


def _write_csv(rows: Sequence[Mapping[str, object]], path: Path) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEAD)
    for row in rows:
        writer.writerow([cell(row[name]) for name in HEAD])
    write_bytes(path, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))


def _write_xlsx(rows: Sequence[Mapping[str, object]], path: Path, lang: Lang) -> None:
    import xlsxwriter

    buffer = io.BytesIO()
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
    with xlsxwriter.Workbook(buffer, options) as book:
        sheet = book.add_worksheet("clips")
        bold, wrap = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
        names = (*HEAD, "note")
        for column, name in enumerate(names):
            sheet.write_string(0, column, word("note", lang) if name == "note" else name, bold)
            sheet.set_column(
                column,
                column,
                {"sentence": 40, "transcript": 60, "note": 40, "title": 18, "call": 22}.get(name, 11),
                wrap,
            )
        for number, row in enumerate(rows, start=1):
            for column, name in enumerate(HEAD):
                value = row[name]
                if isinstance(value, int | float):
                    sheet.write_number(number, column, value, wrap)
                elif name == "audio" and value:
                    sheet.write_url(number, column, f"external:{value}", string=str(value))
                elif value is not None:
                    sheet.write_string(number, column, str(value), wrap)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows), len(names) - 1)
    write_bytes(path, buffer.getvalue())


def render_page(clips: Sequence[Clip], *, lang: Lang, masked: bool) -> str:
    """The HTML of the playlist: one file that fetches nothing but the clips beside it."""
    environment = _environment()
    style, script = _asset("clips.css"), _asset("clips.js")
    titles = dict.fromkeys((clip.criterion, clip.title) for clip in clips)
    return environment.get_template("clips.html").render(
        lang=lang,
        t=lambda key: word(key, lang),
        clips=clips,
        titles=titles,
        sides=sorted({clip.side for clip in clips}, reverse=True),
        masked=masked,
        silent=sum(not clip.audio for clip in clips),
        problem=lambda code: problem(code, lang),
        role=lambda who: terms.role(who, lang),
        points=lambda clip: (
            f"{'–' if clip.points is None else terms.number(clip.points)} / {terms.number(clip.possible)}"
        ),
        outcome=lambda code: terms.outcome(code, lang),
        address=quote,
        # notes are kept by what the page shows, so two pages never share them
        key=hashlib.sha256("\n".join(f"{c.call_id} {c.criterion} {c.start}" for c in clips).encode()).hexdigest()[:16],
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qa_speech.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters.update(clock=terms.clock, number=terms.number)
    return environment


@cache
def _asset(name: str) -> Any:
    from markupsafe import Markup

    source, _, _ = _environment().loader.get_source(_environment(), name)  # type: ignore[union-attr]
    return Markup(source)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
