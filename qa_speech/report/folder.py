"""The folder a person opens: index.html, a page per call, results.csv, the calls and scores as JSON, mp3 to listen to.

out/index.html  out/results.csv
out/pages/NAME.html  out/audio/NAME.mp3  out/calls/NAME.json  out/scores/NAME.json

Customers' data is masked in everything a person opens (pages, sound, table, index); calls/ and scores/ are data for
programs and hold what was said.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from qa_speech.audio.decode import decode
from qa_speech.audio.mask import mask
from qa_speech.audio.mp3 import write_mp3
from qa_speech.call import CallFailure, CallReport, encode, write_bytes, write_call
from qa_speech.errors import AudioError
from qa_speech.files import ResultFolder
from qa_speech.privacy.redact import for_people, hidden
from qa_speech.report import overview
from qa_speech.report.page import index_row, page_name, write_overview, write_page
from qa_speech.report.sheets import Row, row, write_rows


class ReportFolder:
    """Takes outcomes one by one; `finish` writes the table and the index over all of them.

    Nothing is kept of a call but what the index shows. With `embed_audio` the sound is inside the pages. With `mask`
    (the default) identifiers are placeholders in the text and a tone in the sound.
    """

    def __init__(self, out: Path, *, lang: Literal["zh", "en"], embed_audio: bool = False, mask: bool = True) -> None:
        self.out = out
        self.lang: Literal["zh", "en"] = lang
        self.embed_audio = embed_audio
        self.mask = mask
        self._index: list[overview.Entry | overview.Failed] = []
        self._rows: list[Row] = []

    def add(self, outcome: CallReport | CallFailure) -> CallReport | CallFailure:
        """Write the files of one call; a failure has none, but its row. Returns the outcome as people see it."""
        shown = for_people(outcome, lang=self.lang) if self.mask and isinstance(outcome, CallReport) else outcome
        self._index.append(index_row(shown, self.lang))
        self._rows.append(row(shown, self.lang))
        if isinstance(outcome, CallReport) and isinstance(shown, CallReport):
            self._write(outcome, shown)
        return shown

    def _write(self, outcome: CallReport, shown: CallReport) -> None:
        """The data as it is; the page and its sound as people see and hear them."""
        name = page_name(outcome.id).removesuffix(".html")
        write_call(outcome.call, ResultFolder(self.out).call_file(name))
        if outcome.score is not None:
            write_bytes(ResultFolder(self.out).score_file(name), encode(outcome.score) + b"\n")
        audio = self._audio(outcome, name)
        page = self.out / "pages" / f"{name}.html"
        embedded = audio.read_bytes() if audio is not None and self.embed_audio else None
        link = f"../audio/{name}.mp3" if audio is not None and not self.embed_audio else None
        write_page(shown, page, audio=link, embed_audio=embedded, lang=self.lang, index="../index.html")
        if audio is not None and self.embed_audio:
            audio.unlink()

    def finish(self) -> Path:
        """Write results.csv and index.html; returns the index."""
        write_rows(self._rows, self.out / "results.csv")
        index = self.out / "index.html"
        write_overview(self._index, index, lang=self.lang)
        if self.embed_audio and (self.out / "audio").is_dir() and not any((self.out / "audio").iterdir()):
            (self.out / "audio").rmdir()
        return index

    def _audio(self, outcome: CallReport, name: str) -> Path | None:
        """An mp3 of the recording; None where there is none (any more)."""
        source = Path(outcome.call.recording.path)
        if outcome.call.recording.layout == "none" or not source.is_file():
            return None
        try:
            audio = decode(source)
        except AudioError:
            return None
        path = self.out / "audio" / f"{name}.mp3"
        spans = hidden(outcome.call) if self.mask else None
        write_mp3(mask(audio.samples[:2], audio.rate, spans) if spans else audio.samples[:2], audio.rate, path)
        return path
