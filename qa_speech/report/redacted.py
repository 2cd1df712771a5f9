"""Whole calls without what identifies the customer, as files: text, sound, JSON, and the list of what was masked and why.

OUT/masked.csv  OUT/text/NAME.txt  OUT/calls/NAME.json  OUT/scores/NAME.json  OUT/audio/NAME.mp3
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from itertools import count
from pathlib import Path

import msgspec

from qa_speech.audio.mask import Replacement, mask
from qa_speech.audio.sound_files import AudioFormat, write_sound
from qa_speech.call import Call
from qa_speech.documents import encode, write_call
from qa_speech.files import ResultFolder, sha256, write_bytes
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.redact import masked, masked_id
from qa_speech.privacy.sound import recorded
from qa_speech.privacy.unheard import MaskedPlace, hidden, masked_places
from qa_speech.report.page import page_name
from qa_speech.report.sheets import cell
from qa_speech.scores import CallReport, Score
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import EXTENTS, KINDS, WHY, placeholders

HEAD = ("call", "line", "role", "start_s", "end_s", "kind", "characters", "identifier", "hidden", "why")
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Redacted(msgspec.Struct, frozen=True):
    """One call that was written: its masked id, what was masked, and why there is no sound ("" = there is)."""

    id: str
    masked: tuple[MaskedPlace, ...]
    problem: str = ""


class RedactedFolder:
    """Takes calls one by one; `finish` writes the list. The values that were masked are nowhere in it.

    `also`: kinds that are masked by option only, see `papers.OPTIONAL_KINDS`.
    """

    def __init__(
        self, out: Path, *, recordings: Path | None = None, audio: AudioFormat | None = "mp3",
        replacement: Replacement = "tone", lang: Lang = "zh", also: Collection[Kind] = (),
    ) -> None:  # fmt: skip
        self.out = out
        self.recordings = recordings
        self.audio = audio
        self.replacement: Replacement = replacement
        self.lang: Lang = lang
        self.also = also
        self._lines: list[tuple[str, MaskedPlace]] = []
        self._names: set[str] = set()

    def add(self, report: CallReport) -> Redacted:
        """Write one call."""
        words = placeholders(self.lang)
        shown = masked(report, words, self.also)
        call_id = masked_id(report.id, words)
        name = self._name(call_id)
        sound = problem = ""
        if self.audio is not None:
            problem = self._write_audio(report.call, f"audio/{name}.{self.audio}")
        if self.audio is not None and not problem:
            sound = f"audio/{name}.{self.audio}"
        self._write_call(shown.call, name, call_id, sound)
        if shown.score is not None:
            self._write_score(shown.score, name, call_id)
        found = masked_places(report.call, self.also)
        self._lines += [(call_id, place) for place in found]
        return Redacted(call_id, found, problem)

    def finish(self) -> Path:
        """Write masked.csv: what was masked where, of what kind, and why; never the value."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(HEAD)
        for call_id, place in self._lines:
            writer.writerow([cell(value) for value in _row(call_id, place, self.lang)])
        path = self.out / "masked.csv"
        write_bytes(path, BYTE_ORDER_MARK + text.getvalue().encode("utf-8", "replace"))
        return path

    def _name(self, call_id: str) -> str:
        """A file name without the number that the id may hold: ids that are alike when masked are numbered."""
        plain = page_name(call_id).removesuffix(".html")
        name = plain
        numbers = count(2)
        while name in self._names:
            name = f"{plain}-{next(numbers)}"
        self._names.add(name)
        return name

    def _write_audio(self, call: Call, name: str) -> str:
        """Write the masked recording; the code of the problem where there is none."""
        spans = hidden(call, self.also)
        audio = recorded(call, spans, recordings=self.recordings)
        if isinstance(audio, str):
            return audio
        samples = mask(audio.samples[:2], audio.rate, spans or (), replacement=self.replacement)
        write_sound(samples, audio.rate, self.out / name)
        return ""

    def _write_call(self, shown: Call, name: str, call_id: str, sound: str) -> None:
        """The call of the redacted recording: neither the old path nor the old hash lead back to the original."""
        digest = ""
        if sound:
            digest = sha256(self.out / sound)
        recording = msgspec.structs.replace(shown.recording, id=call_id, path=sound, sha256=digest)
        write_call(msgspec.structs.replace(shown, recording=recording), ResultFolder(self.out).call_file(name))
        text = transcript(shown, self.lang).encode("utf-8", "replace")
        write_bytes(self.out / "text" / f"{name}.txt", text)

    def _write_score(self, shown: Score, name: str, call_id: str) -> None:
        score = msgspec.structs.replace(shown, call_id=call_id)
        write_bytes(ResultFolder(self.out).score_file(name), encode(score) + b"\n")


def _row(call_id: str, place: MaskedPlace, lang: Lang) -> tuple[object, ...]:
    """The cells of `HEAD`; lines and identifiers are counted from 1."""
    return (
        call_id, place.utterance + 1, terms.role(place.role, lang), place.start, place.end,
        terms.term(KINDS, place.kind, lang), place.characters, place.identifier + 1,
        terms.term(EXTENTS, place.extent, lang), terms.term(WHY, place.reason, lang),
    )  # fmt: skip


def transcript(call: Call, lang: Lang) -> str:
    """The words of a call as plain text, one utterance per line with time and role.

    >>> from qa_speech.testing import make_call
    >>> print(transcript(make_call("agent: 您好", "customer@2-3: 查话费"), "zh"), end="")
    00:00 坐席：您好
    00:02 客户：查话费
    """
    colon = "：" if lang == "zh" else ": "
    lines = []
    for number, utterance in enumerate(call.utterances, start=1):
        if utterance.text is None:
            continue
        where = terms.clock(utterance.start)
        if call.times == "nominal":
            where = str(number)
        lines.append(f"{where} {terms.role(utterance.role, lang)}{colon}{utterance.text}\n")
    return "".join(lines)
