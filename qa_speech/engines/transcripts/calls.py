"""What a transcript is used for: a Call of its own, or the words of a recording."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from msgspec.structs import replace as replace_fields

from qa_speech.call import Call, Recording, Role, Times, Utterance, Word
from qa_speech.engines.transcripts.base import Line, Transcript
from qa_speech.engines.transcripts.speakers import numbered
from qa_speech.language.reading import syllables
from qa_speech.language.roles import identify_roles
from qa_speech.language.script import CHARACTER_S, GAP_S, role_named, spread
from qa_speech.timeline import Segment, Timeline

SHORTEST_S = 0.01
"""An utterance lasts at least this many seconds, whatever its transcript says."""
_UNIT = re.compile(r"(?:[A-Za-z0-9']+|[\u3400-\u9fff])[^\w\s]*")


def call_from_transcript(transcript: Transcript, *, call_id: str, metadata: Mapping[str, str] | None = None) -> Call:
    """A Call without sound: layout ``none``, times from the transcript or nominal (order only).

    Examples
    --------
    >>> lines = (Line("坐席", "您好"), Line("客户", "我想查话费"))
    >>> call = call_from_transcript(Transcript("t.txt", "plain", lines), call_id="t")
    >>> call.times, [(said.role.value, said.start, said.end) for said in call.utterances]
    ('nominal', [('agent', 0.0, 0.5), ('customer', 1.0, 2.25)])
    """
    if transcript.call is not None:
        return transcript.call
    roles = roles_of(transcript.lines)
    lines = transcript.lines if transcript.timed else _nominal(transcript.lines)
    said = [_utterance(line, roles[line.speaker]) for line in lines]
    said.sort(key=lambda utterance: utterance.start)
    present = sorted(set(roles.values()), key=list(Role).index)
    recording = Recording(
        call_id, path=transcript.source, layout="none", roles_from="transcript", metadata=dict(metadata or {})
    )
    times: Times = "transcript" if transcript.timed else "nominal"
    call = Call(
        recording,
        {role: Timeline(utterance.segment for utterance in said if utterance.role is role) for role in present},
        tuple(said),
        times=times,
        language="zh",
        made_with={"recognizer": f"transcript ({transcript.form})"},
    )
    call = replace_fields(call, estimated=estimated_in(transcript, call.duration))
    return identify_roles(call) if numbered(transcript.lines) else call


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
    lines = transcript.lines if transcript.call is None else _lines_of(transcript.call)
    roles = roles_of(lines)
    found: dict[Role, list[Word]] = {}
    for role, timeline in speech.items():
        mine = [line for line in lines if len(speech) == 1 or roles[line.speaker] is role]
        if all(line.start is not None for line in mine):
            found[role] = [word for line in mine for word in _line_words(line)]
        else:
            found[role] = _laid_over("".join(line.text for line in mine), timeline)
    return found


def estimated_in(transcript: Transcript, duration_s: float) -> tuple[Segment, ...] | None:
    """The stretches of a call of `duration_s` seconds in which the words of its transcript have no times of their own.

    Each is as wide as what is known: a line with times, or the whole call where one line has none.

    >>> lines = (Line("agent", "您好", 1.0, 2.0), Line("agent", "请讲", 3.0, 4.0, (Word("请讲", 3.0, 4.0),)))
    >>> estimated_in(Transcript("t", "cues", lines), 9.0), estimated_in(Transcript("t", "plain", (Line("", "喂"),)), 9.0)
    ((Segment(start=1.0, end=2.0),), (Segment(start=0.0, end=9.0),))
    """
    if transcript.call is not None:
        return transcript.call.estimated
    found = []
    for line in transcript.lines:
        if line.start is None or line.end is None:
            return (Segment(0.0, max(duration_s, SHORTEST_S)),)
        if line.text.strip() and not line.words:
            found.append(Segment(*_span(line)))
    return tuple(found)


def _lines_of(call: Call) -> tuple[Line, ...]:
    lines = []
    for said in call.utterances:
        lines.append(Line(said.role.value, said.text or "", said.start, said.end, said.words))
    return tuple(lines)


def roles_of(lines: Iterable[Line]) -> dict[str, Role]:
    """Role of each speaker name; of speakers that are only numbered the first is taken for the agent, the second for
    the customer, any further as unknown. A transcript without speakers speaks as unknown.
    """
    names = list(dict.fromkeys(line.speaker for line in lines))
    unnamed = iter((Role.AGENT, Role.CUSTOMER))
    roles: dict[str, Role] = {}
    for name in names:
        role = role_named(name)
        if role is None and name and len(names) > 1:
            role = next(unnamed, Role.UNKNOWN)
        roles[name] = role or Role.UNKNOWN
    return roles


# --------------------------------------------------------------------------------------------------------------- times


def _nominal(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines one after the other, each as long as its syllables take."""
    clock_s = 0.0
    placed = []
    for line in lines:
        end = clock_s + CHARACTER_S * max(1, syllables(line.text))
        placed.append(replace(line, start=clock_s, end=end, words=()))
        clock_s = end + GAP_S
    return tuple(placed)


def _span(line: Line) -> tuple[float, float]:
    """Start and end in seconds, the end after the start."""
    start = line.start or 0.0
    return start, max(line.end or 0.0, start + SHORTEST_S)


def _utterance(line: Line, role: Role) -> Utterance:
    start, end = _span(line)
    return Utterance(role, start, end, line.text, _line_words(line))


def _line_words(line: Line) -> tuple[Word, ...]:
    """The words of the file, else its characters spread evenly over the line."""
    if line.words:
        return line.words
    start, end = _span(line)
    return spread(_units(line.text), start, end)


def _units(text: str) -> list[str]:
    """Characters of Chinese, words of Latin letters and digits; punctuation stays with the unit before it."""
    return _UNIT.findall(text)


def _laid_over(text: str, speech: Timeline) -> list[Word]:
    """Text at an even pace over the seconds of `speech`."""
    units = _units(text)
    if not units or not speech:
        return []
    step = speech.duration / len(units)
    at = _clock_of(speech)
    words = []
    for number, unit in enumerate(units):
        start = at(number * step)
        words.append(Word(unit, start, start + min(step, CHARACTER_S)))
    return words


def _clock_of(speech: Timeline) -> Callable[[float], float]:
    """Seconds of speech → seconds of the call."""

    def at(spoken_s: float) -> float:
        for segment in speech:
            if spoken_s < segment.duration:
                return segment.start + spoken_s
            spoken_s -= segment.duration
        return speech[len(speech) - 1].end

    return at
