"""Lines as a file gives them → lines whose times hold, and notes of all that had to be mended or is doubtful.

    file     |--line 1 (start of its last word)--|  words outside it, NaN, negative, out of order, more times than words
    mended   |------- line 1 -------| |- line 2 -|  in order, words inside their line, each with a time
    notes    transcript_spans_mended:1, transcript_words_untimed:3 …

A note is a warning of the call: a code, and how many lines or words it concerns.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from qa_speech.engines.transcripts.base import Line, MalformedError, Spoken
from qa_speech.engines.transcripts.matching import cut_like, letters, units
from qa_speech.errors import problem
from qa_speech.language.limits import TranscriptLimits
from qa_speech.language.reading import syllables
from qa_speech.language.script import CHARACTER_S

SLACK_S = 0.3
"""Seconds by which lines of one voice may overlap, and words stand before each other, without being doubtful."""
FASTEST = 15.0
"""Syllables a second; faster speech is a fault of the times."""
SLOWEST = 0.4
"""Syllables a second of a line of `LONG_S` seconds; slower speech is a line that lies over silence."""
LONG_S = 10.0
JUDGED = 8
"""Syllables from which on a line is judged for speed."""
_ROOM_S = 1.0
_DISORDER = 0.1
"""Share of the words of a line that may stand out of order before none of its times is believed."""


class Mended(NamedTuple):
    """Lines in the order of their starts, and the notes."""

    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def mended(lines: Sequence[Line], limits: TranscriptLimits) -> Mended:
    """Lines whose times hold; a file without times keeps its order and gets none.

    Raises
    ------
    MalformedError
        A line ends later than a call may.

    Examples
    --------
    >>> found = mended([Line("a", "您好", 1.0, 1.0), Line("b", "喂", 3.0, 3.5)], TranscriptLimits())
    >>> [(line.start, line.end) for line in found.lines], found.notes
    ([(1.0, 3.0), (3.0, 3.5)], ('transcript_ends_estimated:1',))
    """
    notes: Counter[str] = Counter()
    whole = [replace(line, text=line.text.strip()) for line in lines]
    started = sum(line.start is not None for line in whole)
    if started * 2 < len(whole) or _all_at_once(whole):
        if started:
            notes["transcript_times_unused"] = started
        return Mended(tuple([_untimed(line) for line in whole]), _told(notes))
    placed = _placed([_with_span_of_words(line, notes) for line in whole], notes)
    timed = [_with_words(line, notes) for line in placed]
    _check_length(timed, limits)
    _check_order(timed, notes)
    timed.sort(key=_start)
    _check_voices(timed, notes)
    _check_speed(timed, notes)
    return Mended(tuple(timed), _told(notes))


def _all_at_once(lines: Sequence[Line]) -> bool:
    """Whether several lines begin and end at one moment: a file that fills in a time it does not have."""
    moments = {moment for line in lines for moment in (line.start, line.end)}
    return len(lines) > 1 and len(moments) == 1


def _told(notes: Counter[str]) -> tuple[str, ...]:
    told = []
    for code in sorted(notes):
        if notes[code]:
            told.append(f"{code}:{notes[code]}")
    return tuple(told)


def _untimed(line: Line) -> Line:
    return replace(line, start=None, end=None, words=())


def _start(line: Line) -> float:
    return line.start or 0.0


# -------------------------------------------------------------------------------------------------------------- lines


def _with_span_of_words(line: Line, notes: Counter[str]) -> Line:
    """A line as wide as its words; words that lie wholly outside it are not believed."""
    starts = [word.start for word in line.words if word.start is not None]
    ends = [word.end for word in line.words if word.end is not None]
    if not starts or not ends:
        return line
    first, last = min(starts), max(*starts, *ends)
    if line.start is None or line.end is None:
        return replace(line, start=first, end=last)
    if line.end > line.start and (last < line.start or first > line.end):
        notes["transcript_words_outside"] += 1
        return replace(line, words=())
    if first < line.start - SLACK_S or last > line.end + SLACK_S:
        notes["transcript_spans_mended"] += 1
    return replace(line, start=min(first, line.start), end=max(last, line.end))


def _placed(lines: Sequence[Line], notes: Counter[str]) -> list[Line]:
    """The lines, each with start and end: what is missing lies between its neighbours."""
    following: list[float | None] = [None] * len(lines)
    later: float | None = None
    for place in range(len(lines) - 1, -1, -1):
        following[place] = later
        later = later if lines[place].start is None else lines[place].start
    placed = []
    before = 0.0
    for line, after in zip(lines, following, strict=True):
        line = _with_start(line, before, after, notes)
        line = _with_end(line, after, notes)
        before = line.end or before
        placed.append(line)
    return placed


def _with_start(line: Line, before: float, after: float | None, notes: Counter[str]) -> Line:
    if line.start is None:
        notes["transcript_lines_untimed"] += 1
        end = after if after is not None and after > before else None
        return replace(line, start=before, end=end, words=())
    if line.start < 0:
        notes["transcript_before_start"] += 1
        return replace(line, start=0.0)
    return line


def _with_end(line: Line, after: float | None, notes: Counter[str]) -> Line:
    """A line that ends after it starts; where the file does not say when, where the next begins, if that is soon."""
    start = _start(line)
    if line.end is not None and line.end > start:
        return line
    notes["transcript_ends_estimated"] += 1
    spoken_s = CHARACTER_S * max(1, syllables(line.text))
    latest = start + 2 * spoken_s + _ROOM_S
    end = start + spoken_s
    if after is not None and start < after <= latest:
        end = after
    elif line.end is None:
        end = latest
    if after is not None and after > start:
        end = min(end, after)
    return replace(line, end=end)


# -------------------------------------------------------------------------------------------------------------- words


def _with_words(line: Line, notes: Counter[str]) -> Line:
    """A line whose words have times in order and together are its text; none where the file's cannot be used."""
    if not line.words:
        return line
    words = [_sound(word) for word in line.words if word.text.strip()]
    known = sum(word.start is not None for word in words)
    if not known:
        notes["transcript_stamps_differ"] += bool(words) and _was_given_times(line)
        return replace(line, words=())
    if letters("".join([word.text for word in words])) != letters(line.text):
        return _reworded(line, words, notes)
    if _disorder(words) > _DISORDER * len(words):
        notes["transcript_words_disordered"] += 1
        return replace(line, words=())
    notes["transcript_words_untimed"] += len(words) - known
    pieces = cut_like(line.text, [word.text for word in words])
    spelled = []
    for word, piece in zip(words, pieces, strict=True):
        spelled.append(replace(word, text=piece))
    filled = _filled(spelled, line)
    return replace(line, words=tuple(_in_order(filled)))


def _was_given_times(line: Line) -> bool:
    """Words without any time stand for times that do not fit the text, or are none."""
    return any(word.start is None for word in line.words)


def _sound(word: Spoken) -> Spoken:
    """A word whose times, if it has any, are possible."""
    if word.start is None:
        return replace(word, start=None, end=None)
    start = max(0.0, word.start)
    end = start if word.end is None else max(start, word.end)
    return replace(word, start=start, end=end)


def _disorder(words: Sequence[Spoken]) -> int:
    """How many words begin well before the one before them."""
    starts = [word.start for word in words if word.start is not None]
    return sum(later < earlier - SLACK_S for earlier, later in pairwise(starts))


def _reworded(line: Line, words: Sequence[Spoken], notes: Counter[str]) -> Line:
    """The text is what was said: where its words are others, its own units are spread over their time."""
    notes["transcript_words_differ"] += 1
    timed = [word for word in words if word.start is not None]
    sure = min([word.probability for word in words], default=1.0)
    said = [Spoken(unit, probability=sure) for unit in units(line.text)]
    if not said:
        return replace(line, words=())
    start = timed[0].start or 0.0
    end = timed[-1].end or 0.0
    if end <= start:
        return replace(line, words=(), probability=sure)
    return replace(line, words=tuple(_spread(said, start, end)))


def _spread(words: Sequence[Spoken], start: float, end: float) -> list[Spoken]:
    """Words at an even pace between two times (s)."""
    step = (end - start) / max(1, len(words))
    found = []
    for number, word in enumerate(words):
        first = start + number * step
        last = min(end, first + step)
        found.append(replace(word, start=first, end=last, estimated=True))
    return found


def _filled(words: Sequence[Spoken], line: Line) -> list[Spoken]:
    """Words without times between their neighbours, or the ends of the line."""
    found: list[Spoken] = []
    waiting: list[Spoken] = []
    for word in words:
        if word.start is None:
            waiting.append(word)
            continue
        found += _between(waiting, found, _start(line), word.start)
        waiting = []
        found.append(word)
    return found + _between(waiting, found, _start(line), line.end or 0.0)


def _between(waiting: Sequence[Spoken], before: Sequence[Spoken], start: float, until: float) -> list[Spoken]:
    if not waiting:
        return []
    first = start
    if before:
        first = before[-1].end or start
    return _spread(waiting, first, max(first, until))


def _in_order(words: Sequence[Spoken]) -> list[Spoken]:
    """No word begins before the one before it."""
    found: list[Spoken] = []
    latest = 0.0
    for word in words:
        start = max(latest, word.start or 0.0)
        end = max(start, word.end or 0.0)
        found.append(replace(word, start=start, end=end))
        latest = start
    return found


# ------------------------------------------------------------------------------------------------------------- checks


def _check_length(lines: Sequence[Line], limits: TranscriptLimits) -> None:
    longest_s = limits.max_hours * 3600
    for number, line in enumerate(lines, start=1):
        end = line.end or 0.0
        if end > longest_s:
            hours = end / 3600
            raise MalformedError(
                problem(
                    "utterance {number}: ends after {hours:.1f} h; transcripts.max_hours is {max_hours:g}",
                    number=number,
                    hours=hours,
                    max_hours=limits.max_hours,
                )
            )


def _check_order(lines: Sequence[Line], notes: Counter[str]) -> None:
    """Lines of one voice stand in the file in the order in which they were said; voices may follow each other."""
    latest: dict[str, float] = {}
    for line in lines:
        if _start(line) < latest.get(line.voice, 0.0) - SLACK_S:
            notes["transcript_disordered"] += 1
        before = latest.get(line.voice, 0.0)
        latest[line.voice] = max(_start(line), before)


def _check_voices(lines: Sequence[Line], notes: Counter[str]) -> None:
    """Nobody says two things at once."""
    until: dict[str, float] = {}
    for line in lines:
        if not line.voice:
            continue
        if _start(line) < until.get(line.voice, 0.0) - SLACK_S:
            notes["transcript_overlaps"] += 1
        before = until.get(line.voice, 0.0)
        until[line.voice] = max(line.end or 0.0, before)


def _check_speed(lines: Sequence[Line], notes: Counter[str]) -> None:
    for line in lines:
        spoken = syllables(line.text)
        end = line.end or 0.0
        seconds = end - _start(line)
        if spoken >= JUDGED and spoken > FASTEST * seconds:
            notes["transcript_too_fast"] += 1
        elif seconds >= LONG_S and spoken < SLOWEST * seconds:
            notes["transcript_over_silence"] += 1
