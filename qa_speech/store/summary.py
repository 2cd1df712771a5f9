"""What a run has come to: `summary.txt` for the person who opens it in the morning, `summary.json` for programs."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, get_args

import msgspec

from qa_speech.filenames import visible
from qa_speech.files import write_bytes
from qa_speech.privacy.redact import masked_id, masked_message
from qa_speech.store.base import ErrorCount, Figures, Store
from qa_speech.store.folder import SUMMARY_JSON, SUMMARY_TEXT
from qa_speech.store.page_list import INDEX, MASKED, UNMASKED, PageList, Why, read_pages
from qa_speech.wording.lang import Lang, listed, pick, say
from qa_speech.wording.masking import placeholders
from qa_speech.wording.run_labels import ERRORS, NO_TOTAL, STOPPED, SUMMARY, WHY_A_PAGE
from qa_speech.wording.terms import term
from qa_speech.wording.translate import retold

ALIKE = re.compile(r"(\d+) failures in a row with one cause: ")
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


def write_summary(store: Store, session: Session | None = None, lang: Lang = "zh") -> Figures:
    """Write `summary.txt`, in `lang`, and `summary.json`; returns the figures."""
    figures = store.figures()
    now = dt.datetime.now().astimezone()
    found = as_json(figures)
    if session is not None:
        found["session"] = msgspec.structs.asdict(session)
    found["written_at"] = now.isoformat(timespec="seconds")
    write_bytes(store.place / SUMMARY_JSON, msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    text = in_words(figures, store.place, now, lang, session)
    write_bytes(store.place / SUMMARY_TEXT, text.encode())
    return figures


def renew_summary(store: Store, lang: Lang = "zh") -> None:
    """Write the summary again, with what it says of the last session: the pages of the run have changed, or who reads it."""
    session = None
    try:
        held = msgspec.json.decode((store.place / SUMMARY_JSON).read_bytes(), type=_Kept)
        session = held.session
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        pass  # it is written anew, without the session
    write_summary(store, session, lang)


def as_lines(figures: Figures, run: Path, lang: Lang) -> str:
    """The figures for a terminal."""
    return in_words(figures, run, dt.datetime.now(), lang).rstrip()


# -- one screen of words ------------------------------------------------------------------------------------------


def in_words(figures: Figures, run: Path, now: dt.datetime, lang: Lang, session: Session | None = None) -> str:
    """The figures of the run in this folder as one screen of words."""
    told = _Told(lang)
    lines = [told("title", when=f"{now:%Y-%m-%d %H:%M}"), ""]
    if figures.alarms:
        rang = []
        for title, count in figures.alarms.items():
            calls = told("calls", n=f"{count:,}")
            rang.append(f"{visible(title)} {calls}")
        lines += [told("alarms", what=listed(rang, lang)), ""]
    lines += _of_rows(figures, told)
    if session is not None:
        lines += _of_session(session, told)
    if figures.scored:
        lines += ["", *_of_totals(figures, told)]
    if figures.no_total:
        if not figures.scored:
            lines.append("")
        lines.append(_without_total(figures.no_total, told))
    if figures.criteria:
        lines += ["", told("most_failed")]
        for one in figures.criteria:
            lines.append(told("criterion", what=one.criterion, failed=f"{one.failed:,}", judged=f"{one.judged:,}"))
    if figures.errors:
        lines += ["", told("errors"), *[_of_error(one, told) for one in figures.errors]]
    lines += [*_of_pages(run, told), "", *_next_steps(figures, run, told)]
    return "\n".join(lines) + "\n"


class _Told(NamedTuple):
    """Says a line of the summary in a language."""

    lang: Lang

    def __call__(self, name: str, /, **parts: object) -> str:
        return say(self.lang, SUMMARY[name], **parts)


def _of_rows(figures: Figures, told: _Told) -> list[str]:
    rows = told(
        "rows",
        rows=f"{figures.rows:,}",
        ok=f"{figures.ok:,}",
        failed=f"{figures.failed:,}",
        left=f"{figures.left:,}",
    )
    if figures.forgotten:
        rows += told("forgotten", n=f"{figures.forgotten:,}")
    audio = told("audio", length=in_hours(figures.audio_h, told.lang))
    if figures.copies:
        audio += told("copies", n=f"{figures.copies:,}")
    return [rows, audio]


def _of_session(session: Session, told: _Told) -> list[str]:
    line = told("session", n=f"{session.done:,}", clock=clock(session.elapsed_s))
    if session.elapsed_s and session.done:
        per_h = session.done / session.elapsed_s * 3600
        times = session.audio_s / session.elapsed_s
        line += told("speed", per_h=f"{per_h:,.0f}", times=f"{times:.1f}")
    if not session.stopped:
        return [line]
    return [line, told("stopped", why=why_ended(session.stopped, told.lang))]


def _of_totals(figures: Figures, told: _Told) -> list[str]:
    totals = told("totals", n=f"{figures.scored:,}", mean=f"{figures.mean_total:.1f}", least=f"{figures.min_total:.1f}")
    if figures.pass_rate is not None:
        totals += told("pass_rate", rate=f"{100 * figures.pass_rate:.1f}")
    lines = [totals]
    if figures.bands:
        bands = [f"{name} {count:,}" for name, count in figures.bands.items()]
        lines.append(told("bands", what=" · ".join(bands)))
    if figures.to_review:
        lines.append(told("to_review", n=f"{figures.to_review:,}"))
    return lines


def _without_total(reasons: Mapping[str, int], told: _Told) -> str:
    """``no_total`` in words: attribute:NAME is one reason."""
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        name, code = reason, reason.partition(":")[0]
        if code in NO_TOTAL:
            name = term(NO_TOTAL, code, told.lang)
        counts[name] += count
    parts = [f"{name} {count:,}" for name, count in counts.items()]
    return told("no_total", n=f"{counts.total():,}", what=listed(parts, told.lang))


def _of_error(one: ErrorCount, told: _Told) -> str:
    marks = placeholders(told.lang)
    message = retold(masked_message(one.message, marks), told.lang)[:MESSAGE_SHOWN]
    return told(
        "error",
        name=error_name(one.error, told.lang),
        code=one.error,
        n=f"{one.count:,}",
        example=visible(masked_id(one.example, marks)),
        message=visible(message),
    )


def _of_pages(run: Path, told: _Told) -> list[str]:
    """Where the pages are, why their calls have one, and the worst of them."""
    lines: list[str] = []
    for folder in (run / MASKED, run / UNMASKED):
        if (folder / INDEX).is_file():
            lines += ["", *_of_folder(run, folder, read_pages(folder), told)]
    return lines


def _of_folder(run: Path, folder: Path, found: PageList, told: _Told) -> list[str]:
    name = "pages_unmasked" if folder.name == UNMASKED else "pages"
    lines = [told(name, place=folder / INDEX)]
    if found.pages:
        whys = pick(told.lang, "，", ", ").join(_whys(found, told))
        lines.append(told("with_page", n=f"{len(found.pages):,}", what=whys))
    for page in found.pages[:SHOWN_PAGES]:
        total = told("without_total")
        if page.total is not None:
            total = told("total", n=f"{page.total:.1f}")
        lines.append(f"  {total}  {visible(page.shown)}  {folder / 'pages' / page.file}")
    if found.left_out:
        lines.append(told("left_out", n=f"{found.left_out:,}", run=run))
    return lines


def _whys(found: PageList, told: _Told) -> Iterator[str]:
    """Why calls have a page, with how many for each reason."""
    counts = Counter(page.why for page in found.pages)
    for why in get_args(Why):
        if counts[why]:
            name = term(WHY_A_PAGE, why, told.lang)
            yield f"{name} {counts[why]:,}"


def _next_steps(figures: Figures, run: Path, told: _Told) -> list[str]:
    steps = ["open", "export"]
    if figures.failed:
        steps.insert(0, "retry")
    if figures.left:
        steps.insert(0, "go_on")
    return [told(step, run=run) for step in steps]


def error_name(code: str, lang: Lang) -> str:
    """A class of failure by its name.

    >>> error_name("DecodeError", "zh"), error_name("memory_limit", "en")
    ('录音无法解码', 'took too much memory')
    """
    return term(ERRORS, code, lang)


def why_ended(stopped: str, lang: Lang) -> str:
    """`Session.stopped` in words; other text as it is."""
    alike = ALIKE.match(stopped)
    if alike:
        return say(lang, SUMMARY["alike"], n=alike[1], what=retold(stopped[alike.end() :], lang))
    return term(STOPPED, stopped, lang)


def in_hours(hours: float, lang: Lang) -> str:
    """Hours, or minutes where there is not one.

    >>> in_hours(12.34, "zh"), in_hours(0.05, "en")
    ('12.3 小时', '3.0 minutes')
    """
    if hours >= 1:
        return say(lang, SUMMARY["hours"], n=f"{hours:,.1f}")
    return say(lang, SUMMARY["minutes"], n=f"{60 * hours:.1f}")


def clock(seconds: float) -> str:
    """Hours, minutes, seconds of a length in seconds.

    >>> clock(3725)
    '1:02:05'
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
