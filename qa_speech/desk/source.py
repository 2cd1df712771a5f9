"""The calls of a run as the desk looks them up: a light row of each in memory, one whole report when it is opened.

A night batch may be writing: the rows are read again when the run has changed, behind whoever is working, and what was read
before is shown until then.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.inputs.rows import Row
from qa_speech.marks.scores import CardBook, cards_of
from qa_speech.marks.sheets import SheetRow
from qa_speech.pipeline import report
from qa_speech.report.review import Request, every_row
from qa_speech.scores import CallReport
from qa_speech.store.folder import MANIFEST, RESULTS, is_run
from qa_speech.store.parquet import open_run
from qa_speech.store.reports import read_reports

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard

LOOK_EVERY_S = 5.0
"""How often it is looked whether the run has changed."""
REPORTS_HELD = 64
KEY_LENGTH = 20
ROWS = """
    SELECT
        id, duration_s, total, passed, band, to_review,
        list_transform(list_filter(criteria, lambda c: c.outcome = 'fail'), lambda c: c.id),
        list_transform(criteria, lambda c: {'id': c.id, 'title': c.title}),
        scorecard_sha256
    FROM results WHERE status = 'ok'"""


class CallRow(msgspec.Struct, frozen=True, gc=False):
    """What lists show of a call: `total` 0–100 by the machine, `failed` the ids of criteria it failed, `key` its name in
    addresses."""

    key: str
    id: str
    duration_s: float | None
    total: float | None
    passed: bool | None
    band: str
    to_review: int
    failed: tuple[str, ...]
    card: str
    agent: str = ""
    team: str = ""
    queue: str = ""
    started_at: str = ""


class Rows(NamedTuple):
    """All rows at one moment, by key; `titles` of criteria by id; `work` the rows of the run."""

    by_key: Mapping[str, CallRow]
    titles: Mapping[str, str]
    work: Mapping[str, Row]

    def of(self, call_id: str) -> CallRow | None:
        """The row of a call."""
        return self.by_key.get(key_of(call_id))


def key_of(call_id: str) -> str:
    """A call's name in addresses: it tells nothing of the id, which often holds a telephone number.

    >>> key_of("a.wav")
    'bc30c538c410e224b945'
    """
    return hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:KEY_LENGTH]


class Calls:
    """The calls of a batch run, or of the result folder of `inspect` or `score`.

    Raises
    ------
    ConfigError
        Nothing is stored there.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._is_run = is_run(place)
        self._cards: CardBook = cards_of(place)
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._reports: OrderedDict[str, CallReport] = OrderedDict()
        self._sheets: OrderedDict[str, tuple[CallReport, list[SheetRow]]] = OrderedDict()
        self._reading = False
        self._looked = time.monotonic()
        self._seen = self._fingerprint()
        self._rows = self._read()

    def rows(self) -> Rows:
        """The rows as they were read last; they are read again in the background where the run has changed."""
        with self._lock:
            is_due = time.monotonic() - self._looked > LOOK_EVERY_S and not self._reading
            if is_due:
                self._looked = time.monotonic()
                self._reading = True
        if is_due:
            threading.Thread(target=self._look, name="rows", daemon=True).start()
        return self._rows

    def _look(self) -> None:
        try:
            found = self._fingerprint()
            if found != self._seen:
                rows = self._read()
                with self._lock:
                    self._rows, self._seen = rows, found
                    self._reports.clear()
        except (ConfigError, OSError):
            pass  # a part was being put in the place of another: it is looked at again
        finally:
            self._reading = False

    def _fingerprint(self) -> tuple[object, ...]:
        """What changes when outcomes are added, scored again or forgotten."""
        if not self._is_run:
            return ()
        found: list[object] = []
        for path in sorted((self.place / RESULTS).glob("*.parquet")):
            found.append((path.name, path.stat().st_mtime_ns))
        manifest = self.place / MANIFEST
        if manifest.is_file():
            found.append(manifest.stat().st_mtime_ns)
        return tuple(found)

    def _read(self) -> Rows:
        if not self._is_run:
            return _rows_of_reports(read_reports(self.place))
        store = open_run(self.place)
        work = {row.id: row for row in store.rows()}
        by_key: dict[str, CallRow] = {}
        titles: dict[str, str] = {}
        for call_id, duration, total, passed, band, to_review, failed, criteria, card in store.query(ROWS).rows:
            metadata = work[call_id].metadata if call_id in work else {}
            key = key_of(call_id)
            by_key[key] = CallRow(
                key, call_id, duration, total, passed, band or "", to_review or 0, tuple(failed or ()), card or "",
                **_shown(metadata),
            )  # fmt: skip
            for one in criteria or ():
                titles[one["id"]] = one["title"]
        return Rows(by_key, titles, work)

    def report(self, call_id: str) -> CallReport | None:
        """A call with its score, None where it is not stored (any more)."""
        held = self._held(call_id)
        if held is not None:
            return held
        with self._opening:  # whoever else wants the same call waits for it here
            held = self._held(call_id)
            if held is not None:
                return held
            found = next(iter(self.reports([call_id])), None)
            if found is not None:
                with self._lock:
                    self._reports[call_id] = found
                    while len(self._reports) > REPORTS_HELD:
                        self._reports.popitem(last=False)
            return found

    def _held(self, call_id: str) -> CallReport | None:
        with self._lock:
            held = self._reports.get(call_id)
            if held is not None:
                self._reports.move_to_end(call_id)
            return held

    def sheet(self, report: CallReport) -> list[SheetRow]:
        """The criteria of a call as rows of a review sheet, in the order of its card; made once as long as it is held."""
        with self._lock:
            held = self._sheets.get(report.id)
        if held is not None and held[0] is report:
            return held[1]
        rows = every_row(report, self._cards, Request("first", every=True, blind=True))
        with self._lock:
            self._sheets[report.id] = (report, rows)
            while len(self._sheets) > REPORTS_HELD:
                self._sheets.popitem(last=False)
        return rows

    def reports(self, ids: Collection[str]) -> Iterable[CallReport]:
        """Several calls with their scores, in any order."""
        if not self._is_run:
            yield from read_reports(self.place, ids=ids)
            return
        work = self._rows.work
        for stored in open_run(self.place).calls(ids):
            card = self._cards(stored.scorecard_sha256 or "")
            yield report(stored.decoded(work.get(stored.id)), card)

    def card(self, sha256: str) -> Scorecard | None:
        """The scorecard of a hash."""
        return self._cards(sha256)

    def card_of(self, row: CallRow) -> Scorecard | None:
        """The scorecard that a call was judged by."""
        if not row.card:
            return None
        return self._cards(row.card)

    @property
    def cards(self) -> CardBook:
        """All of them."""
        return self._cards


def _shown(metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata that lists show."""
    found = {name: metadata.get(name, "") for name in ("team", "queue", "started_at")}
    found["agent"] = metadata.get("agent") or metadata.get("agent_id", "")
    return found


def _rows_of_reports(reports: Iterable[CallReport]) -> Rows:
    by_key: dict[str, CallRow] = {}
    titles: dict[str, str] = {}
    for one in reports:
        score = one.score
        key = key_of(one.id)
        row = CallRow(key, one.id, one.call.duration, None, None, "", 0, (), "", **_shown(one.call.recording.metadata))
        if score is not None:
            titles |= {held.id: held.title for held in score.criteria}
            failed = tuple([held.id for held in score.criteria if held.outcome == "fail"])
            waiting = sum(held.pending for held in score.criteria)
            row = msgspec.structs.replace(
                row, total=score.total, passed=score.passed, band=score.band, to_review=waiting, failed=failed,
                card=score.scorecard_sha256,
            )  # fmt: skip
        by_key[key] = row
    return Rows(by_key, titles, {})
