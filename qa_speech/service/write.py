"""`qa-speech report` whole: read, work out, write the forms asked for, and the rows that could not be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias
from urllib.parse import quote

from qa_speech.errors import ConfigError, problem
from qa_speech.files import write_bytes
from qa_speech.marks.agreement import machine_pairs, share_alike
from qa_speech.marks.model import Mark
from qa_speech.report.page import page_name
from qa_speech.sampling.sentences import agreement_sentence
from qa_speech.service.chapters.common import no_clip
from qa_speech.service.clips import clip_addresses
from qa_speech.service.columns import BadRow, Month
from qa_speech.service.gather import Inputs, gathered_month
from qa_speech.service.hand_over import is_hand_over, write_hand_over
from qa_speech.service.html import write_html
from qa_speech.service.merged import merged_month
from qa_speech.service.report import NOT_JUDGED_YET, Report, report_of
from qa_speech.service.rules import Rules
from qa_speech.service.sampled import OPTION, Sampled, sampled_of
from qa_speech.service.word import require_packages, write_word
from qa_speech.service.workbook import write_workbook
from qa_speech.settings import Tables
from qa_speech.wording.translate import translated

Form: TypeAlias = Literal["html", "docx", "xlsx"]
FORMS: tuple[Form, ...] = ("html", "docx", "xlsx")
STEM = "report"
BAD_ROWS = "bad-rows.csv"


class Written(NamedTuple):
    """What was written, and what the report says."""

    files: list[Path]
    report: Report
    month: Month


def write_report(
    inputs: Inputs,
    out: str | Path,
    *,
    rules: Rules,
    settings: Tables,
    forms: Sequence[Form] = FORMS,
    marks: Mapping[str, list[Mark]] | None = None,
    pages: str | Path | None = None,
    clips: str | Path | None = None,
    template: str | Path | None = None,
    level: str = "",
    hand_over: str | Path | None = None,
) -> Written:
    """Write a report of a month into a folder: ``report.html``, ``report.docx``, ``report.xlsx``, and ``bad-rows.csv`` where there
    are any. The report is in Chinese.

    Parameters
    ----------
    marks
        All marks by call; they count as `inputs.marks` says, and tell how far the machine and people agree.
    pages
        Folder of the calls' pages; a call that has one is linked to it. None = ``pages`` of a result folder that is reported.
    clips
        Folder that `qa-speech clips` wrote: a call to hear is linked to its clip of that place, where there is one.
    hand_over
        File for the tier above, ``….jsonl.gz``; None = none is written.

    Raises
    ------
    ConfigError
        Something cannot be read, nothing lies in the period, or the packages for Word are missing: before anything is written.
    """
    if "docx" in forms:
        require_packages()
    month, marks = _month(inputs, rules, settings, marks)
    sampled = _sampled(month, inputs, marks)
    out = Path(out)
    address = _addresses(out, _page_folders(inputs, pages))
    report = report_of(
        month,
        rules,
        level=level,
        page_of=address,
        agreement=_agreement(marks),
        sampled=sampled,
        clip_of=no_clip if clips is None else clip_addresses(Path(clips), out, _calls(month)),
    )
    files = [_written(report, out, form, template) for form in forms]
    if hand_over is not None:
        files += write_hand_over(
            month,
            hand_over,
            [mark for held in (marks or {}).values() for mark in held],
        )
    if month.bad_rows:
        files.append(_bad_rows(out / BAD_ROWS, month.bad_rows))
    return Written(files, report, month)


def _month(
    inputs: Inputs,
    rules: Rules,
    settings: Tables,
    marks: Mapping[str, list[Mark]] | None,
) -> tuple[Month, Mapping[str, list[Mark]] | None]:
    """The month from runs and lists, or from hand-overs of the tier below."""
    handed = [path for path in inputs.runs if is_hand_over(path)]
    if not handed:
        return gathered_month(inputs, rules, settings, marks), marks
    if (
        len(handed) < len(inputs.runs)
        or inputs.cdr
        or inputs.survey
        or inputs.tickets
        or inputs.org
        or inputs.previous
        or inputs.sample
    ):
        raise ConfigError(
            str(handed[0]),
            [problem("hand-overs hold their lists and the period before; give nothing beside them")],
        )
    return merged_month(handed, inputs.period)


def _sampled(month: Month, inputs: Inputs, marks: Mapping[str, list[Mark]] | None) -> Sampled | None:
    if inputs.sample is None:
        return None
    if len(inputs.runs) != 1:
        raise ConfigError(OPTION, [problem("a draw is of one run; {count} are given", count=len(inputs.runs))])
    return sampled_of(month, inputs.runs[0], inputs.sample, inputs.marks, marks or {})


def _calls(month: Month) -> Sequence[str]:
    return month.calls.rows.calls if month.calls is not None else ()


def _written(report: Report, out: Path, form: Form, template: str | Path | None) -> Path:
    path = out / f"{STEM}.{form}"
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "html":
        write_html(report.document, path)
    elif form == "docx":
        write_word(report.document, path, template=template)
    else:
        write_workbook(report.document, path)
    return path


def _bad_rows(path: Path, rows: Sequence[BadRow]) -> Path:
    """All of them, as a table that a spreadsheet opens."""
    lines = ["file,row,problem"]
    for row in rows:
        cells = (row.file, str(row.row), translated(row.what, "zh"))
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in cells))
    write_bytes(path, ("\ufeff" + "\n".join(lines) + "\n").encode("utf-8", "replace"))
    return path


def _page_folders(inputs: Inputs, pages: str | Path | None) -> list[Path]:
    if pages is None:
        return [run / "pages" for run in inputs.runs if (run / "pages").is_dir()]
    place = Path(pages)
    if not place.is_dir():
        raise ConfigError(
            "--pages",
            [
                problem(
                    "{place}: no such folder; expected one of pages of calls, as `qa-speech inspect` writes",
                    place=place,
                )
            ],
        )
    return [place]


def _addresses(out: Path, folders: Sequence[Path]) -> Callable[[str], str]:
    """The address of a call's page from the report, "" where there is no page."""

    def address(call: str) -> str:
        name = page_name(call)
        for folder in folders:
            if (folder / name).is_file():
                return quote(Path(os.path.relpath(folder / name, out)).as_posix())
        return ""

    return address


def _agreement(marks: Mapping[str, list[Mark]] | None) -> str:
    """How far the machine and people agree, as far as people have looked."""
    if not marks:
        return NOT_JUDGED_YET
    alike = share_alike(machine_pairs([mark for held in marks.values() for mark in held]))
    return f"{agreement_sentence(alike, 'zh')}。"
