"""A transcript as a Call of its own, without sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from msgspec.structs import replace as replace_fields

from qa_speech.call import Call, OtherSound, Recording, Role, StrayWord, Times, Utterance, Word
from qa_speech.engines.transcripts.base import Apart, Line, Spoken, Transcript
from qa_speech.engines.transcripts.matching import letters, units
from qa_speech.engines.transcripts.roles import Settled, settle
from qa_speech.language.prompts import IVR, set_prompts_apart
from qa_speech.language.reading import syllables
from qa_speech.language.script import CHARACTER_S, GAP_S, spread
from qa_speech.timeline import Segment, Timeline

SHORTEST_S = 0.01
"""An utterance lasts at least this many seconds, whatever its transcript says."""
STRETCHED_S = 1.2
"""A character that lasts longer lies over silence, too."""
_NOWHERE = frozenset(("transcript_lines_untimed", "transcript_words_outside"))
"""Notes of lines that may have been said anywhere."""


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
    settled = settle(transcript.lines)
    lines = transcript.lines if transcript.timed else _nominal(transcript.lines)
    announced = [line for line in lines if line.voice in settled.machines]
    said = [_utterance(line, settled.roles[line.voice]) for line in lines if line.voice not in settled.machines]
    said.sort(key=lambda utterance: utterance.start)
    present = sorted({utterance.role for utterance in said}, key=list(Role).index)
    recording = Recording(
        call_id,
        path=transcript.source,
        layout="none",
        roles_from="words" if settled.from_words else "transcript",
        metadata=dict(metadata or {}),
    )
    times: Times = "transcript" if transcript.timed else "nominal"
    call = Call(
        recording,
        {role: Timeline(utterance.segment for utterance in said if utterance.role is role) for role in present},
        tuple(said),
        sounds=tuple(_announcements(announced)) if transcript.timed else (),
        stray=(*_as_stray(announced, IVR), *strays_of(transcript.apart)),
        times=times,
        language="zh",
        made_with=made_with(transcript, settled),
        warnings=(*transcript.notes, *warnings_of(settled, transcript.lines)),
    )
    call = replace_fields(call, estimated=estimated_in(transcript, call.duration))
    return set_prompts_apart(call)


def estimated_in(transcript: Transcript, duration_s: float) -> tuple[Segment, ...] | None:
    """The stretches of a call of `duration_s` seconds in which the words of its transcript have no times of their own.

    Each is as wide as what is surely known: a line with times, or the whole call where a line has none.

    >>> lines = (Line("agent", "您好", 1.0, 2.0), Line("agent", "请讲", 3.0, 4.0, (Spoken("请讲", 3.0, 4.0),)))
    >>> estimated_in(Transcript("t", "cues", lines), 9.0), estimated_in(Transcript("t", "plain", (Line("", "喂"),)), 9.0)
    ((Segment(start=1.0, end=2.0),), (Segment(start=0.0, end=9.0),))
    """
    if transcript.call is not None:
        return transcript.call.estimated
    codes = {note.partition(":")[0] for note in transcript.notes}
    if not transcript.timed or codes & _NOWHERE:
        return (Segment(0.0, max(duration_s, SHORTEST_S)),)
    found = []
    for line in transcript.lines:
        if line.text.strip() and (not line.words or any(_is_loose(word) for word in line.words)):
            found.append(Segment(*span_of(line)))
    return tuple(found)


def _is_loose(word: Spoken) -> bool:
    """Whether a word was said somewhere in its time, rather than in all of it."""
    seconds = (word.end or 0.0) - (word.start or 0.0)
    return word.estimated or seconds > STRETCHED_S * max(1, len(letters(word.text)))


def made_with(transcript: Transcript, settled: Settled) -> dict[str, str]:
    """What is kept of where the words come from, and of what tells the roles."""
    kept = {"recognizer": f"transcript ({transcript.form})"}
    if settled.evidence:
        kept["roles"] = settled.evidence
    return kept


def warnings_of(settled: Settled, lines: Sequence[Line]) -> tuple[str, ...]:
    """What a reader has to know about who speaks."""
    told = []
    if settled.open:
        told.append("roles_unknown")
    third = sum(line.voice in settled.third for line in lines)
    if third:
        told.append(f"third_speaker:{third}")
    nobodys = sum(not line.voice for line in lines)
    if nobodys and not settled.open:
        told.append(f"lines_without_role:{nobodys}")
    return tuple(told)


def strays_of(apart: Iterable[Apart]) -> list[StrayWord]:
    """What the guards took out of a transcript, as words of the call with the reason."""
    found: list[StrayWord] = []
    for one in apart:
        found += _as_stray([one.line], one.reason)
    return found


def _as_stray(lines: Iterable[Line], reason: str) -> list[StrayWord]:
    """Lines as words of nobody; a line without times is one word at the beginning."""
    found: list[StrayWord] = []
    for line in lines:
        if line.start is None:
            words: tuple[Word, ...] = (Word(line.text, 0.0, 0.0, line.probability),)
        else:
            words = words_of(line)
        found += [StrayWord(Role.UNKNOWN, word, reason) for word in words]
    return found


def _announcements(lines: Iterable[Line]) -> list[OtherSound]:
    found = []
    for line in lines:
        start, end = span_of(line)
        found.append(OtherSound(IVR, Role.AGENT, start, end))
    return sorted(found, key=lambda sound: sound.start)


def roles_of(lines: Iterable[Line]) -> dict[str, Role]:
    """Role of each speaker name, as far as names and words tell (`roles.settle`)."""
    return dict(settle(tuple(lines)).roles)


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


def span_of(line: Line) -> tuple[float, float]:
    """Start and end in seconds, the end after the start."""
    start = line.start or 0.0
    return start, max(line.end or 0.0, start + SHORTEST_S)


def _utterance(line: Line, role: Role) -> Utterance:
    start, end = span_of(line)
    return Utterance(role, start, end, line.text, words_of(line))


def words_of(line: Line) -> tuple[Word, ...]:
    """The words of the file, else its characters spread evenly over the line."""
    if line.words:
        return tuple([Word(word.text, word.start or 0.0, word.end or 0.0, word.probability) for word in line.words])
    start, end = span_of(line)
    return spread(units(line.text), start, end, line.probability)
