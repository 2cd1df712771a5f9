"""The folder a person opens: index.html, a page per call, results.csv, the calls and scores as JSON, mp3 to listen to.

out/index.html  out/results.csv
out/pages/NAME.html  out/audio/NAME.mp3  out/calls/NAME.json  out/scores/NAME.json

Customers' data is masked in everything a person opens (pages, sound, table, index); calls/ and scores/ are data for
programs and hold what was said.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import NamedTuple

import msgspec

from qa_speech.audio.decode import Audio, decode
from qa_speech.audio.mask import mask
from qa_speech.audio.mp3 import write_mp3
from qa_speech.audio.pairs import decode_pair
from qa_speech.call import Call
from qa_speech.documents import encode, write_call
from qa_speech.errors import AudioError
from qa_speech.filenames import as_path
from qa_speech.files import ResultFolder, write_bytes
from qa_speech.privacy.sound import format_of, is_changed, is_customer_changed
from qa_speech.privacy.unheard import hidden
from qa_speech.report.charts import Levels
from qa_speech.report.index import write_index_rows
from qa_speech.report.index_rows import FailedRow, IndexRow, index_row
from qa_speech.report.loudness import levels_of
from qa_speech.report.page import page_name, write_page
from qa_speech.report.people import for_people, with_masked_id
from qa_speech.report.sheets import Row, row, write_rows
from qa_speech.scores import CallFailure, CallReport
from qa_speech.wording.lang import Lang


class ReportFolder:
    """Takes outcomes one by one; `finish` writes the table and the index over all of them.

    Nothing is kept of a call but what the index shows. Without `data` there are pages, their sound and the index alone: the
    folder of a run keeps the rest already. With `embed_audio` the sound is inside the pages. With `mask`
    (the default) identifiers are placeholders in the text and in the ids that are shown, and a tone in the sound. `pages`
    tells the file in pages/ of each id. A recording that is no longer the one that was inspected is not played, unless
    `changed_audio`; `changed` are the ids of such calls, and their pages say so.
    """

    def __init__(
        self,
        out: Path,
        *,
        lang: Lang,
        embed_audio: bool = False,
        mask: bool = True,
        changed_audio: bool = False,
        data: bool = True,
    ) -> None:
        self.out = out
        self.lang: Lang = lang
        self.embed_audio = embed_audio
        self.mask = mask
        self.pages: dict[str, str] = {}
        self.changed_audio = changed_audio
        self.data = data
        self.changed: list[str] = []
        self._index: list[IndexRow | FailedRow] = []
        self._rows: list[Row] = []

    def add(self, outcome: CallReport | CallFailure) -> CallReport | CallFailure:
        """Write the files of one call; a failure has none, but its row. Returns the outcome as people see it."""
        shown, changed = self._shown(outcome)
        if changed:
            self.changed.append(shown.id)
        page = self._page_of(outcome.id, shown.id)
        self._index.append(index_row(shown, self.lang, lambda _: f"pages/{page}"))
        if self.data:
            self._rows.append(row(shown, self.lang))
        if isinstance(outcome, CallReport) and isinstance(shown, CallReport):
            self._write(outcome, shown, changed=changed)
        return shown

    def listed(self, report: CallReport) -> IndexRow | FailedRow:
        """The row of a call that has a page, as people see it."""
        shown, _ = self._shown(report)
        page = self._page_of(report.id, shown.id)
        return index_row(shown, self.lang, lambda _: f"pages/{page}")

    def _shown(self, outcome: CallReport | CallFailure) -> tuple[CallReport | CallFailure, bool]:
        """An outcome as people see it, and whether its recording is no longer the one that was inspected."""
        shown = outcome
        if self.mask and isinstance(outcome, CallReport):
            shown = for_people(outcome, lang=self.lang)
        changed = isinstance(outcome, CallReport) and _is_changed(outcome.call)
        if changed and isinstance(shown, CallReport):
            shown = _warned(shown)
        if self.mask:
            shown = with_masked_id(shown, lang=self.lang)
        return shown, changed

    def _write(self, outcome: CallReport, shown: CallReport, *, changed: bool) -> None:
        """The data as it is; the page and its sound as people see and hear them."""
        if self.data:
            self._write_data(outcome)
        name = self.pages[outcome.id].removesuffix(".html")
        sound = self._sound(outcome, name, changed=changed)
        link: str | None = None
        embedded: bytes | None = None
        if sound is not None and self.embed_audio:
            embedded = sound.file.read_bytes()
            sound.file.unlink()
        elif sound is not None:
            link = f"../audio/{name}.mp3"
        levels = None if sound is None else sound.levels
        page = self.out / "pages" / f"{name}.html"
        write_page(shown, page, audio=link, embed_audio=embedded, lang=self.lang, index="../index.html", levels=levels)

    def _write_data(self, outcome: CallReport) -> None:
        data = page_name(outcome.id).removesuffix(".html")
        write_call(outcome.call, ResultFolder(self.out).call_file(data))
        if outcome.score is not None:
            write_bytes(ResultFolder(self.out).score_file(data), encode(outcome.score) + b"\n")

    def _page_of(self, call_id: str, shown_id: str) -> str:
        """The file of a call's page, by the id that people see; pages of ids that are alike when masked are numbered."""
        if call_id in self.pages:
            return self.pages[call_id]
        plain = page_name(shown_id)
        page = plain
        numbers = count(2)
        while shown_id != call_id and page in self.pages.values():
            page = f"{plain.removesuffix('.html')}-{next(numbers)}.html"
        self.pages[call_id] = page
        return page

    def finish(self, *, title: str = "") -> Path:
        """Write results.csv and index.html; returns the index."""
        if self.data:
            write_rows(self._rows, self.out / "results.csv")
        index = self.out / "index.html"
        write_index_rows(self._index, index, lang=self.lang, title=title)
        sound = self.out / "audio"
        if self.embed_audio and sound.is_dir() and not any(sound.iterdir()):
            sound.rmdir()
        return index

    def _sound(self, outcome: CallReport, name: str, *, changed: bool) -> _Sound | None:
        """An mp3 of the recording, with its levels; None where there is none (any more), or another whose masks would not hold."""
        source = as_path(outcome.call.recording.path)
        if outcome.call.recording.layout == "none" or not source.is_file():
            return None
        spans = hidden(outcome.call) if self.mask else None
        if changed and (spans or not self.changed_audio):
            return None
        try:
            audio = _decoded(outcome.call, source)
        except (AudioError, ValueError):
            return None
        samples = audio.samples[:2]
        if spans:
            samples = mask(samples, audio.rate, spans)
        path = self.out / "audio" / f"{name}.mp3"
        write_mp3(samples, audio.rate, path)
        return _Sound(path, levels_of(samples, audio.rate))


class _Sound(NamedTuple):
    """The sound of a page, and how loud it is by channel."""

    file: Path
    levels: Levels


def _decoded(call: Call, source: Path) -> Audio:
    """The recording, or both where a call is two."""
    if not call.recording.path_customer:
        return decode(source, raw=format_of(call))
    return decode_pair(source, as_path(call.recording.path_customer))


def _is_changed(call: Call) -> bool:
    """Whether a recording of the call lies where it was, and is another."""
    source = as_path(call.recording.path)
    if call.recording.layout == "none" or not source.is_file():
        return False
    other = as_path(call.recording.path_customer)
    pair = bool(call.recording.path_customer) and other.is_file()
    return is_changed(call, source) or (pair and is_customer_changed(call, other))


def _warned(shown: CallReport) -> CallReport:
    """The report of a call whose recording is no longer the one that was inspected."""
    call = msgspec.structs.replace(shown.call, warnings=(*shown.call.warnings, "audio_changed"))
    return msgspec.structs.replace(shown, call=call)
