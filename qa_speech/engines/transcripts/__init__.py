"""Transcripts made elsewhere: read them, make a Call of them, or lend their words to a recording.

| format | told by | roles | times |
|---|---|---|---|
| qa_speech Call JSON | ``"type": "call"`` | yes | as stored |
| SRT, WebVTT | ``.srt``, ``.vtt`` | ``坐席: …``, ``[agent] …``, ``<v Agent>`` | per cue |
| WhisperX JSON | ``segments`` | ``speaker`` | per segment and word |
| FunASR JSON | ``sentence_info`` or ``timestamp`` | ``spk`` | per sentence and character, ms |
| plain text | ``role: text`` lines | yes | none, or ``role@1.5-3.2: text`` |

Speakers that are only numbered are taken in the order they first speak; who of two is the agent is then settled by
their words (`language.roles`). A transcript without times keeps the order and nothing else: its Call says
``times: nominal`` and no timing figure is taken from it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qa_speech.call import Call, Recording, Role, Times, Utterance, Word, decode
from qa_speech.errors import ConfigError
from qa_speech.language.reading import syllables
from qa_speech.language.roles import identify_roles
from qa_speech.timeline import Timeline

NOMINAL_SYLLABLE_S = 0.25
NOMINAL_GAP_S = 0.5
_NAMES = {
    Role.AGENT: "agent 坐席 客服 座席 话务员 服务代表 csr operator advisor 业务员 接线员 工作人员",
    Role.CUSTOMER: "customer 客户 用户 顾客 caller client user 来电人 消费者 机主",
    Role.UNKNOWN: "unknown 未知",
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names.split()}
_LINE = re.compile(
    r"\s*[\[【<(（]?\s*([^\s:：@\]】>)）]{1,20}?)\s*[\]】>)）]?(?:@([\d.]+)-([\d.]+))?\s*[:：]\s*(.*\S)\s*"
)
_BRACKETED = re.compile(r"\s*[\[【(（]\s*([^\]】)）]{1,20}?)\s*[\]】)）]\s*(.*\S)\s*")
_VOICE = re.compile(r"<v(?:\.[^ >]*)?\s+([^>]+)>")
_TAG = re.compile(r"<[^>]*>")
_CUE = re.compile(r"((?:\d+:)?\d+:\d+[.,]\d+)\s*-->\s*((?:\d+:)?\d+:\d+[.,]\d+)")


@dataclass(frozen=True)
class Line:
    """One thing said. `speaker` is the name in the file; times in seconds, None where the file has none."""

    speaker: str
    text: str
    start: float | None = None
    end: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """The lines of one file, in its order. `call` is set when the file is a stored call of ours."""

    source: str
    form: str
    lines: tuple[Line, ...]
    call: Call | None = None

    @property
    def timed(self) -> bool:
        """Whether every line has times."""
        return bool(self.lines) and all(item.start is not None and item.end is not None for item in self.lines)


def read_transcript(path: str | Path) -> Transcript:
    """Read a transcript; the format is told by suffix and content.

    Raises
    ------
    ConfigError
        Cannot be read, is none of the formats, or holds no line; the message names the file and the place.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
    except UnicodeDecodeError as exc:
        raise ConfigError(str(path), [f"not UTF-8 text (byte {exc.start})"]) from exc
    suffix = path.suffix.lower()
    try:
        if suffix == ".json":
            return _checked(_from_json(text, str(path)))
        form, read = ("cues", _cues) if suffix in (".srt", ".vtt") else ("plain", _plain)
        return _checked(Transcript(str(path), form, tuple(read(text))))
    except (KeyError, TypeError, ValueError) as exc:
        raise ConfigError(str(path), [f"not a transcript this program knows: {exc!r}"]) from exc


def call_from_transcript(transcript: Transcript, *, call_id: str, metadata: Mapping[str, str] | None = None) -> Call:
    """A Call without sound: layout ``none``, times from the transcript or nominal (order only).

    Examples
    --------
    >>> lines = (Line("坐席", "您好"), Line("客户", "我想查话费"))
    >>> call = call_from_transcript(Transcript("t.txt", "plain", lines), call_id="t")
    >>> call.times, [(item.role.value, item.start, item.end) for item in call.utterances]
    ('nominal', [('agent', 0.0, 0.5), ('customer', 1.0, 2.25)])
    """
    if transcript.call is not None:
        return transcript.call
    roles = roles_of(transcript.lines)
    lines = transcript.lines if transcript.timed else _nominal(transcript.lines)
    utterances = tuple(sorted((_utterance(line, roles[line.speaker]) for line in lines), key=lambda item: item.start))
    times: Times = "transcript" if transcript.timed else "nominal"
    present = sorted(set(roles.values()), key=list(Role).index)
    call = Call(
        Recording(
            call_id, path=transcript.source, layout="none", roles_from="transcript", metadata=dict(metadata or {})
        ),
        {role: Timeline(item.segment for item in utterances if item.role is role) for role in present},
        utterances,
        times=times,
        language="zh",
        made_with={"recognizer": f"transcript ({transcript.form})"},
    )
    return identify_roles(call) if _numbered(transcript.lines) else call


def words_for(transcript: Transcript, speech: Mapping[Role, Timeline]) -> dict[Role, list[Word]]:
    """The words of a transcript for a recording: times of the file where it has them, else spread over the speech.

    Without times the text of a role is laid over that role's own speech in order, at an even pace: good enough to
    find which utterance holds a word, not to time it. A recording that does not tell roles apart takes all words.

    Examples
    --------
    >>> lines = (Line("agent", "您好"), Line("agent", "请讲"))
    >>> found = words_for(Transcript("t", "plain", lines), {Role.AGENT: Timeline([(1, 2), (5, 6)])})
    >>> [(word.text, word.start) for word in found[Role.AGENT]]
    [('您', 1.0), ('好', 1.5), ('请', 5.0), ('讲', 5.5)]
    """
    roles = roles_of(transcript.lines) if transcript.call is None else {}
    lines = transcript.lines
    if transcript.call is not None:
        lines = tuple(
            Line(item.role, item.text or "", item.start, item.end, item.words) for item in transcript.call.utterances
        )
        roles = {role: role for role in Role}
    found: dict[Role, list[Word]] = {role: [] for role in speech}
    for role, timeline in speech.items():
        mine = [line for line in lines if len(speech) == 1 or roles[line.speaker] is role]
        if all(line.start is not None for line in mine):
            found[role] = [word for line in mine for word in _line_words(line)]
        else:
            found[role] = _laid_over("".join(line.text for line in mine), timeline)
    return found


def roles_of(lines: Iterable[Line]) -> dict[str, Role]:
    """Role of each speaker name; of speakers that are only numbered the first is taken for the agent, the second for
    the customer, any further as unknown. A transcript without speakers speaks as unknown.
    """
    roles: dict[str, Role] = {}
    unnamed = iter((Role.AGENT, Role.CUSTOMER))
    names = list(dict.fromkeys(line.speaker for line in lines))
    several = len(names) > 1
    for name in names:
        known = _ROLE_OF.get(name.strip().lower())
        roles[name] = known or (next(unnamed, Role.UNKNOWN) if name and several else Role.UNKNOWN)
    return roles


def _numbered(lines: Sequence[Line]) -> bool:
    return any(line.speaker and line.speaker.strip().lower() not in _ROLE_OF for line in lines)


def _checked(transcript: Transcript) -> Transcript:
    if transcript.call is not None:
        return transcript
    lines = tuple(line for line in transcript.lines if line.text.strip())
    if not lines:
        raise ConfigError(transcript.source, ["holds no line of text; expected lines like 坐席: 您好"])
    return replace(transcript, lines=lines)


# ------------------------------------------------------------------------------------------------------------- formats


def _from_json(text: str, source: str) -> Transcript:
    document = json.loads(text)
    if isinstance(document, dict) and document.get("type") == "call":
        call = decode(text, Call, source)
        return Transcript(source, "qa_speech", (), call)
    if isinstance(document, dict) and isinstance(document.get("segments"), list):
        return Transcript(source, "whisperx", tuple(map(_whisperx, document["segments"])))
    entries = document if isinstance(document, list) else [document]
    if all(isinstance(item, dict) and "text" in item for item in entries):
        return Transcript(source, "funasr", tuple(line for item in entries for line in _funasr(item)))
    raise ValueError("JSON, but neither a qa_speech call, nor WhisperX (segments), nor FunASR (text, timestamp)")


def _whisperx(segment: Mapping[str, Any]) -> Line:
    words = [item for item in segment.get("words", ()) if item.get("start") is not None and item.get("end") is not None]
    return Line(
        str(segment.get("speaker", "")), str(segment["text"]).strip(), float(segment["start"]), float(segment["end"]),
        tuple(
            Word(str(item["word"]).strip(), float(item["start"]), max(float(item["start"]), float(item["end"])),
                 min(1.0, max(0.0, float(item.get("score", 1.0)))))
            for item in words
        ) if len(words) == len(segment.get("words", ())) else (),
    )  # fmt: skip


def _funasr(entry: Mapping[str, Any]) -> Iterable[Line]:
    if entry.get("sentence_info"):
        for item in entry["sentence_info"]:
            yield _funasr_line(
                str(item.get("spk", "")), item["text"], item.get("timestamp"), item["start"], item["end"]
            )
    elif entry.get("timestamp"):
        stamps = entry["timestamp"]
        yield _funasr_line("", entry["text"], stamps, stamps[0][0], stamps[-1][1])
    else:
        yield Line("", str(entry["text"]))


def _funasr_line(speaker: str, text: str, stamps: Any, start: float, end: float) -> Line:
    """Times are milliseconds, one pair per spoken character; where their number differs from the text they are left."""
    units = re.findall(r"[A-Za-z0-9']+|[\u3400-\u9fff]", text)
    words: tuple[Word, ...] = ()
    if stamps and len(stamps) == len(units):
        words = tuple(Word(unit, a / 1000, b / 1000) for unit, (a, b) in zip(units, stamps, strict=True))
    return Line(speaker, text, start / 1000, end / 1000, words)


def _cues(text: str) -> Iterable[Line]:
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        match = _CUE.search(block)
        if match is None:
            continue
        said = block[match.end() :].partition("\n")[2].replace("\n", " ").strip()
        voice = _VOICE.search(said)
        said = _TAG.sub("", said).strip()
        speaker = voice[1] if voice else ""
        if not voice:
            speaker, said = _speaker(said)
        yield Line(speaker, said, _clock(match[1]), _clock(match[2]))


def _clock(text: str) -> float:
    seconds = 0.0
    for part in text.replace(",", ".").split(":"):
        seconds = seconds * 60 + float(part)
    return seconds


def _speaker(text: str) -> tuple[str, str]:
    """``坐席: 您好`` or ``[agent] 您好`` → speaker and text; a text without a known name has no speaker."""
    for form in (_LINE, _BRACKETED):
        match = form.fullmatch(text)
        if match and (match[1].lower() in _ROLE_OF or re.fullmatch(r"(?i)(speaker|spk|说话人)[ _]?\w{1,3}", match[1])):
            return match[1], match[match.re.groups]
    return "", text


def _plain(text: str) -> Iterable[Line]:
    for number, row in enumerate(text.splitlines(), start=1):
        if not row.strip() or row.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(row)
        speaker, said = _speaker(row)
        if match is None or not speaker:
            if _BRACKETED.fullmatch(row) and speaker:
                yield Line(speaker, said)
                continue
            raise ValueError(f"line {number}: expected 'role: text' with a role such as 坐席, 客户, agent, customer")
        start, end = (float(match[2]), float(match[3])) if match[2] else (None, None)
        yield Line(speaker, said, start, end)


# --------------------------------------------------------------------------------------------------------------- times


def _nominal(lines: Sequence[Line]) -> tuple[Line, ...]:
    clock = 0.0
    placed = []
    for line in lines:
        end = clock + NOMINAL_SYLLABLE_S * max(1, syllables(line.text))
        placed.append(replace(line, start=clock, end=end, words=()))
        clock = end + NOMINAL_GAP_S
    return tuple(placed)


def _utterance(line: Line, role: Role) -> Utterance:
    start = line.start or 0.0
    end = max(line.end or 0.0, start + 0.01)
    return Utterance(role, start, end, line.text, _line_words(line))


def _line_words(line: Line) -> tuple[Word, ...]:
    """The words of the file, else its characters spread evenly over the line."""
    if line.words:
        return line.words
    start = line.start or 0.0
    return _spread(line.text, start, max(line.end or 0.0, start + 0.01))


def _units(text: str) -> list[str]:
    """Characters of Chinese, words of Latin letters and digits; punctuation stays with the unit before it."""
    return re.findall(r"(?:[A-Za-z0-9']+|[\u3400-\u9fff])[^\w\s]*", text)


def _spread(text: str, start: float, end: float) -> tuple[Word, ...]:
    units = _units(text)
    step = (end - start) / max(1, len(units))
    return tuple(Word(unit, start + i * step, min(end, start + (i + 1) * step)) for i, unit in enumerate(units))


def _laid_over(text: str, speech: Timeline) -> list[Word]:
    """Text at an even pace over the seconds of `speech`."""
    units = _units(text)
    if not units or not speech:
        return []
    step = speech.duration / len(units)
    at = _clock_of(speech)
    starts = [at(i * step) for i in range(len(units))]
    return [Word(unit, start, start + min(step, NOMINAL_SYLLABLE_S)) for unit, start in zip(units, starts, strict=True)]


def _clock_of(speech: Timeline) -> Callable[[float], float]:
    def at(spoken_s: float) -> float:
        for segment in speech:
            if spoken_s < segment.duration:
                return segment.start + spoken_s
            spoken_s -= segment.duration
        return speech[len(speech) - 1].end

    return at
