"""Whole calls without what identifies the customer, as files: text, sound, JSON, and the list of what was masked and why.

OUT/masked.csv  OUT/text/NAME.txt  OUT/calls/NAME.json  OUT/scores/NAME.json  OUT/audio/NAME.mp3
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from itertools import count
from pathlib import Path

import msgspec

from qa_speech import wording
from qa_speech.call import Call, CallReport, encode, write_bytes, write_call
from qa_speech.privacy.redact import Masked, find, masked, masked_id
from qa_speech.privacy.sound import AudioFormat, Replacement, recorded, sha256, write_sound
from qa_speech.report.page import page_name
from qa_speech.report.sheets import cell
from qa_speech.wording import Lang

HEAD = ("call", "line", "role", "start_s", "end_s", "kind", "characters", "identifier", "whole_utterance", "why")
KINDS: Mapping[str, tuple[str, str]] = {
    "phone": ("电话号码", "telephone number"),
    "id_card": ("身份证号", "identity card"),
    "bank_card": ("银行卡号", "bank card"),
    "email": ("邮箱", "e-mail address"),
    "address": ("地址", "street address"),
    "name": ("姓名", "name"),
    "unrecognised": ("未识别语句", "utterance not recognised"),
}
WHY: Mapping[str, tuple[str, str]] = {
    "check_digit": ("18 位，校验位正确", "18 characters, check digit fits"),
    "mobile_prefix": ("11 位，号段有效", "11 digits, assigned mobile prefix"),
    "luhn": ("卡号长度，校验位（Luhn）正确", "length of a card, Luhn check digit fits"),
    "area_code": ("带区号的固定电话", "fixed line with area code"),
    "id_shape": (
        "长度、地区和出生日期像身份证号，校验位不符（可能听错一位）",
        "shape of an identity card; a digit may be misheard",
    ),
    "issuer": ("银联卡号段和长度，校验位不符（可能听错一位）", "card issuer and length; a digit may be misheard"),
    "mobile_shape": ("11 位，形如手机号", "11 digits, shape of a mobile number"),
    "cue": ("前后的话说明是这类号码，长度相近", "the words around it say so, the length is near"),
    "in_pieces": ("分几次说出，合起来是有效号码", "given in pieces that make up a valid number"),
    "repeated": ("重复或复述已找到的号码的一部分", "repeats part of a number found elsewhere"),
    "partial": ("核对身份证的末几位", "last digits of an identity card, asked for"),
    "corrected": ("说错后改口的号码", "a number said wrong and corrected"),
    "pattern": ("按说法和格式识别", "found by its words and form"),
    "not_recognised": ("没有识别出文字，整句遮蔽", "no words recognised, masked whole"),
}
NOT_WRITTEN: Mapping[str, tuple[str, str]] = {
    "audio_missing": ("找不到录音", "the recording was not found"),
    "audio_changed": ("录音文件与质检时不是同一个", "the file is not the one inspected"),
    "audio_unreadable": ("录音无法读取", "the recording cannot be read"),
    "no_times": ("文本没有时间信息，无法遮蔽录音", "the transcript has no times, the sound cannot be masked"),
    "no_words": ("没有转写，无法遮蔽录音", "not recognised, the sound cannot be masked"),
}


class Redacted(msgspec.Struct, frozen=True):
    """One call that was written: its masked id, what was masked, and why there is no sound ("" = there is)."""

    id: str
    masked: tuple[Masked, ...]
    problem: str = ""


class RedactedFolder:
    """Takes calls one by one; `finish` writes the list. The values that were masked are nowhere in it."""

    def __init__(
        self, out: Path, *, recordings: Path | None = None, audio: AudioFormat | None = "mp3",
        replacement: Replacement = "tone", lang: Lang = "zh",
    ) -> None:  # fmt: skip
        self.out, self.recordings, self.audio, self.replacement, self.lang = out, recordings, audio, replacement, lang
        self._lines: list[tuple[str, Masked]] = []
        self._names: set[str] = set()

    def add(self, report: CallReport) -> Redacted:
        """Write one call."""
        shown = masked(report, lang=self.lang)
        call_id = masked_id(report.id, self.lang)
        name = self._name(call_id)
        found = find(report.call)
        problem = self._write_audio(report.call, name) if self.audio else "not_wanted"
        sound = f"audio/{name}.{self.audio}" if not problem else ""
        write_call(_renamed(shown.call, call_id, self.out, sound), self.out / "calls" / f"{name}.json")
        if shown.score is not None:
            score = msgspec.structs.replace(shown.score, call_id=call_id)
            write_bytes(self.out / "scores" / f"{name}.json", encode(score) + b"\n")
        write_bytes(self.out / "text" / f"{name}.txt", transcript(shown.call, self.lang).encode("utf-8", "replace"))
        self._lines += [(call_id, item) for item in found]
        return Redacted(call_id, found, "" if problem == "not_wanted" else problem)

    def finish(self) -> Path:
        """Write masked.csv: what was masked where, of what kind, and why; never the value."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(HEAD)
        for call_id, item in self._lines:
            row = (
                call_id, item.utterance + 1, wording.role(item.role, self.lang), item.start, item.end,
                wording.term(KINDS, item.kind, self.lang), item.characters, item.identifier + 1, item.whole,
                wording.term(WHY, item.reason, self.lang),
            )  # fmt: skip
            writer.writerow([cell(one) for one in row])
        path = self.out / "masked.csv"
        write_bytes(path, b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace"))
        return path

    def _name(self, call_id: str) -> str:
        """A file name without the number that the id may hold: ids that are alike when masked are numbered."""
        first = page_name(call_id).removesuffix(".html")
        name = next(one for n in count(1) if (one := first if n == 1 else f"{first}-{n}") not in self._names)
        self._names.add(name)
        return name

    def _write_audio(self, call: Call, name: str) -> str:
        from qa_speech.audio.mask import mask

        found = recorded(call, mask=True, recordings=self.recordings)
        if isinstance(found, str):
            return found
        audio, spans = found
        samples = mask(audio.samples[:2], audio.rate, spans, replacement=self.replacement)
        write_sound(samples, audio.rate, self.out / "audio" / f"{name}.{self.audio}")
        return ""


def _renamed(call: Call, call_id: str, out: Path, audio: str) -> Call:
    """The call of the redacted recording: neither the old path nor the old hash lead back to the original."""
    recording = msgspec.structs.replace(
        call.recording, id=call_id, path=audio, sha256=sha256(out / audio) if audio else ""
    )
    return msgspec.structs.replace(call, recording=recording)


def transcript(call: Call, lang: Lang) -> str:
    """The words of a call as plain text, one utterance per line with time and role.

    >>> from qa_speech.testing import make_call
    >>> print(transcript(make_call("agent: 您好", "customer@2-3: 查话费"), "zh"), end="")
    00:00 坐席：您好
    00:02 客户：查话费
    """
    lines = []
    for number, item in enumerate(call.utterances, start=1):
        if item.text is not None:
            where = str(number) if call.times == "nominal" else wording.clock(item.start)
            lines.append(f"{where} {wording.role(item.role, lang)}{'：' if lang == 'zh' else ': '}{item.text}\n")
    return "".join(lines)
