"""Pages of the calls of a batch run, inside its folder: those that somebody has to look at, and an index of all calls.

A page is made once: it stays as long as its call, its score, the language and the form of pages are the same. What is broken
off is gone on with.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from qa_speech import __version__
from qa_speech.errors import ConfigError, Problem, problem
from qa_speech.report.folder import ReportFolder
from qa_speech.report.html import asset
from qa_speech.report.index import write_index_rows
from qa_speech.report.index_rows import IndexRow, Row, stored_row, worst_first
from qa_speech.report.wanted import Choice, Wanted, chosen
from qa_speech.scores import CallReport
from qa_speech.store.base import Result, Store, digest_of
from qa_speech.store.masking import masked_results
from qa_speech.store.page_list import INDEX, Paged, PageList, Why, keep_pages, page_folder, read_pages
from qa_speech.store.parquet import open_run
from qa_speech.store.records import FAILED, FORGOTTEN
from qa_speech.store.reports import reports_of
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import placeholders
from qa_speech.wording.translate import retold

AT_ONCE = 50
"""Calls that are read together."""
FORM = ("style.css", "call.css", "call.js", "call.html", "call_body.html")
"""What pages are made with."""


@dataclasses.dataclass(frozen=True, slots=True)
class Written:
    """The pages of a run: the index over all calls, the list of pages, the ids of the calls that were wanted, those whose page
    was made now, and (as people see them) those whose recording is no longer the one that was inspected. `differing` calls come
    to another total now than the run has stored: the program has changed. `is_new` False = nothing had to be written."""

    index: Path
    pages: PageList
    wanted: frozenset[str]
    made: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    differing: int = 0
    is_new: bool = True


def write_run_pages(
    run: str | Path,
    wanted: Wanted,
    *,
    lang: Lang = "zh",
    mask: bool = True,
    until: dt.datetime | None = None,
    told: Callable[[str], None] = lambda call: None,
) -> Written:
    """Write the pages that are wanted and not there yet, and the index of the run.

    Parameters
    ----------
    run
        Folder of a batch run.
    wanted
        Which calls; pages that are there stay, unless their calls have changed.
    mask
        False = as it was said, in a folder of its own.
    until
        Begin no further page after this time.
    told
        Is told the id of each call whose page is written.

    Raises
    ------
    ConfigError
        It is no run, or a part of it is damaged.
    OSError
        Pages cannot be stored.
    """
    store = open_run(run)
    folder = page_folder(store.place, mask=mask)
    before = read_pages(folder)
    key = digest_of([str(store.next_sequence()), repr(wanted), lang, _form()])
    if before.key == key and not wanted.calls and (folder / INDEX).is_file():
        return Written(folder / INDEX, before, frozenset(page.id for page in before.pages), is_new=False)
    writer = _Writer(store, folder, lang, mask=mask)
    choice = chosen(writer.calls(), wanted)
    writer.keep(before)
    try:
        writer.write(choice, until, told)
    finally:
        pages = writer.finish(choice, key)
    made, changed = tuple(writer.made), tuple(writer.reports.changed)
    return Written(folder / INDEX, pages, frozenset(choice.why), made, changed, writer.differing)


def calls_named(run: str | Path, names: Collection[str], *, lang: Lang = "zh") -> frozenset[str]:
    """The ids of calls that are named by their id, or by what people see of it; one that people see may be several.

    Raises
    ------
    ConfigError
        There is no such call, or it did not work and has nothing to show.
    """
    by_name: dict[str, set[str]] = {}
    failed: dict[str, str] = {}
    for result in open_run(run).results():
        name = result.row.id
        (shown,) = masked_results([result], placeholders(lang))
        for known in (name, shown.row.id):
            by_name.setdefault(known, set()).add(name)
        if result.row.status == FAILED:
            failed[name] = retold(shown.row.message or "", lang) or shown.row.error or ""
    found: set[str] = set()
    problems: list[str | Problem] = []
    for name in names:
        there = by_name.get(name, set())
        if not there:
            problems.append(problem("no call of id {name!r}", name=name))
        for one in sorted(there & failed.keys()):
            problems.append(problem("{name!r} did not work and has no page: {why}", name=name, why=failed[one]))
        found |= there
    if problems:
        raise ConfigError(str(run), problems)
    return frozenset(found)


def calls_where(run: str | Path, condition: str) -> frozenset[str]:
    """The ids of calls that fulfil a condition in SQL, over the view ``results``.

    Raises
    ------
    ConfigError
        It is no condition, or no call fulfils it.
    """
    found = frozenset(str(name) for (name,) in open_run(run).query(f"SELECT id FROM results WHERE ({condition})").rows)
    if not found:
        raise ConfigError("--where", [problem("no call fulfils {condition!r}", condition=condition)])
    return found


def _form() -> str:
    """What tells pages of one form from those of another."""
    return digest_of([__version__, *(str(asset(name)) for name in FORM)])


class _Writer:
    """Pages of one run as they are written; `rows` are those of the index, by id, at first without pages."""

    def __init__(self, store: Store, folder: Path, lang: Lang, *, mask: bool) -> None:
        self.store, self.folder, self.lang = store, folder, lang
        self.reports = ReportFolder(folder, lang=lang, mask=mask, data=False)
        self.rows: dict[str, Row] = {}
        self.keys: dict[str, str] = {}
        self.kept: dict[str, Paged] = {}
        self.made: list[str] = []
        self.differing = 0
        form = _form()
        for result in store.results():
            if result.row.status == FORGOTTEN:
                continue
            self.keys[result.row.id] = _key(result, lang, form)
            self.rows[result.row.id] = stored_row(self._shown(result) if mask else result, lang)

    def _shown(self, result: Result) -> Result:
        (shown,) = masked_results([result], placeholders(self.lang))
        return shown

    def calls(self) -> Iterator[IndexRow]:
        """The calls that worked, under the ids of the run."""
        for name, row in self.rows.items():
            if isinstance(row, IndexRow):
                yield dataclasses.replace(row, id=name)

    def keep(self, before: PageList) -> None:
        """Pages whose calls are as they were stay; all others go."""
        for page in before.pages:
            file = self.folder / "pages" / Path(page.file).name
            if self.keys.get(page.id) == page.key and file.is_file():
                self.kept[page.id] = page
                self.reports.pages[page.id] = page.file
            else:
                file.unlink(missing_ok=True)
                (self.folder / "audio" / f"{file.stem}.mp3").unlink(missing_ok=True)

    def write(self, choice: Choice, until: dt.datetime | None, told: Callable[[str], None]) -> None:
        """The pages that are wanted and not there, the worst first; of those that are there the rows of the index."""
        for report in reports_of(self.store, list(self.kept)):
            self._list(report)
        names = [name for name in choice.why if name not in self.kept]
        for first in range(0, len(names), AT_ONCE):
            for report in reports_of(self.store, names[first : first + AT_ONCE]):
                if until is not None and dt.datetime.now(until.tzinfo) >= until:
                    return
                told(report.id)
                self.reports.add(report)
                self._list(report)
                self.made.append(report.id)

    def _list(self, report: CallReport) -> None:
        """The row of the index as its page tells it."""
        row, stored = self.reports.listed(report), self.rows[report.id]
        if isinstance(row, IndexRow) and isinstance(stored, IndexRow) and row.total != stored.total:
            self.differing += 1
        self.rows[report.id] = row

    def finish(self, choice: Choice, key: str) -> PageList:
        """Write the index over all calls, and the list of pages."""
        calls = [(name, row) for name, row in self.rows.items() if isinstance(row, IndexRow) and row.link]
        calls.sort(key=lambda one: worst_first(one[1]))
        pages = [self._paged(name, row, choice) for name, row in calls]
        missing = sum(name not in self.reports.pages for name in choice.why)
        found = PageList(tuple(pages), choice.left_out + missing, "" if missing else key)
        keep_pages(self.folder, found)
        title = self.store.place.resolve().name
        write_index_rows(list(self.rows.values()), self.folder / INDEX, lang=self.lang, title=title)
        return found

    def _paged(self, name: str, row: IndexRow, choice: Choice) -> Paged:
        why: Why = "asked"
        if name in choice.why:
            why = choice.why[name]
        elif name in self.kept:
            why = self.kept[name].why
        return Paged(name, row.id, self.reports.pages[name], self.keys[name], why, row.total)


def _key(result: Result, lang: Lang, form: str) -> str:
    """What a page is made from."""
    row = result.row
    parts = (row.call_sha256, row.score_key, row.scorecard_sha256, *sorted(result.metadata.items()), lang, form)
    return digest_of([str(part) for part in parts])
