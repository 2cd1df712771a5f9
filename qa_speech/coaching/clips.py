"""Coaching clips: the chosen moments as sound files, safe to play to a room, with a line each for the lists.

    window          |-----------------------|
    clip            <~~~~~~~#####~~~~~~~~~~~>      loudness evened out, identifiers under a tone, edges faded

A clip holds its window and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from qa_speech.audio.mask import Replacement
from qa_speech.audio.sound_files import AudioFormat, write_sound
from qa_speech.call import Call
from qa_speech.coaching.choose import Moment, Side, agent_of, evidence_to_hear, nothing_to_hear
from qa_speech.coaching.sound import render
from qa_speech.coaching.window import ClipLine, lines, window
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.placeholders import Placeholders
from qa_speech.privacy.redact import masked, masked_id
from qa_speech.privacy.sound import recorded
from qa_speech.privacy.unheard import MaskedPlace, hidden, masked_places
from qa_speech.scores import CallReport, CriterionScore, Evidence
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording.lang import Lang
from qa_speech.wording.masking import placeholders
from qa_speech.wording.sentences import sentence

_UNSAFE = re.compile(r"[^\w-]")
LONGEST_NAME = 40
"""Characters of a criterion's id in a file name."""


class Cut(msgspec.Struct, frozen=True):
    """How clips are cut and written; seconds of context, and no clip longer than `longest_s`. `changed_audio`: also of
    a recording that is no longer the one that was inspected, where nothing has to be masked.

    `also`: kinds that are masked by option only, see `papers.OPTIONAL_KINDS`.
    """

    before_s: float = 4.0
    after_s: float = 4.0
    longest_s: float = 60.0
    format: AudioFormat = "mp3"
    mix: bool = False
    mask: bool = True
    replacement: Replacement = "tone"
    also: frozenset[Kind] = frozenset()
    changed_audio: bool = False


class Clip(msgspec.Struct, frozen=True):
    """One moment. `start`, `end`: its window in the call, in seconds; `audio`: the file beside the page, empty with a `problem`.

    `wide`: more than the identifiers is masked in it, since the transcript does not time its words. Problems are codes of
    `privacy.sound.PROBLEMS`, or ``long_absence``: something was not said in a stretch too long to play.
    """

    number: int
    side: Side
    call_id: str
    agent: str
    criterion: str
    title: str
    outcome: str
    points: float | None
    possible: float
    total: float | None
    sentence: str
    evidence_start: float
    evidence_end: float
    start: float
    end: float
    lines: tuple[ClipLine, ...]
    audio: str = ""
    problem: str = ""
    masked: int = 0
    wide: bool = False


class _Shown(NamedTuple):
    """A report as the room may see it: its id, what must not be heard (None: unknown), and for which identifiers."""

    report: CallReport
    call_id: str
    spans: Timeline | None
    places: tuple[MaskedPlace, ...] = ()


def make_clips(
    chosen: Iterable[Moment],
    out: str | Path,
    *,
    cut: Cut | None = None,
    recordings: Path | None = None,
    lang: Lang = "zh",
) -> Iterator[Clip]:
    """Write the sound of each moment to ``OUT/audio`` and yield its line for the lists; a problem is said, never raised.

    Those without sound come last, after all that can be heard, and are numbered after them. A call is masked once, however
    many of its moments were chosen.

    Parameters
    ----------
    chosen : what `choose` found.
    out : folder
    cut : how to cut; default `Cut()`: masked, mp3, both channels.
    recordings : folder to look for the recordings in, by id or file name, before the path they had when inspected.
    """
    cut = cut or Cut()
    moments = list(chosen)
    words = None
    if cut.mask:
        words = placeholders(lang)
    shown: dict[int, _Shown] = {}
    heard = 0
    silent: list[Clip] = []
    for moment in moments:
        # every report stays in hand until the last clip is made, so its address tells it from all others
        key = id(moment.report)
        if key not in shown:
            shown[key] = _shown(moment.report, words, cut.also)
        clip = _clip(heard + 1, moment, shown[key], Path(out), cut, recordings=recordings, lang=lang)
        if clip.audio:
            heard += 1
            yield clip
        else:
            silent.append(clip)
    for number, clip in enumerate(silent, start=heard + 1):
        yield msgspec.structs.replace(clip, number=number)


def _shown(report: CallReport, words: Placeholders | None, also: frozenset[Kind]) -> _Shown:
    """The report masked, or as it is without placeholders."""
    if words is None:
        return _Shown(report, report.id, Timeline())
    call = report.call
    return _Shown(
        masked(report, words, also), masked_id(report.id, words), hidden(call, also), masked_places(call, also)
    )


def _clip(
    number: int, moment: Moment, shown: _Shown, out: Path, cut: Cut, *, recordings: Path | None, lang: Lang
) -> Clip:
    """Write one clip; its line. `number` counts the clips from 1, as the names of the files do."""
    side, report, criterion = moment
    evidence = evidence_to_hear(criterion)
    assert evidence is not None  # choose() takes no criterion without
    total = None
    if report.score is not None:
        total = report.score.total
    said: tuple[ClipLine, ...] = ()
    problem, count = "long_absence", 0
    held = Segment(evidence.start, evidence.end)
    name = f"audio/{number:03}-{_safe(criterion.id)}-{side}.{cut.format}"
    if not nothing_to_hear(evidence):
        held = _window(report.call, evidence, cut)
        said = lines(shown.report.call, held, evidence)
        problem, count = _write(report.call, held, shown.spans, out / name, cut, recordings)
    return Clip(
        number=number,
        side=side,
        call_id=shown.call_id,
        agent=agent_of(shown.report.call),
        criterion=criterion.id,
        title=criterion.title,
        outcome=criterion.outcome,
        points=criterion.points,
        possible=criterion.possible,
        total=total,
        sentence=sentence(_same(criterion, shown.report), lang=lang, call=shown.report.call),
        evidence_start=evidence.start,
        evidence_end=evidence.end,
        start=held.start,
        end=held.end,
        lines=said,
        audio="" if problem else name,
        problem=problem,
        masked=count,
        wide=count > 0 and _is_wide(shown, held),
    )


def _is_wide(shown: _Shown, held: Segment) -> bool:
    """Whether a whole cue is hidden in the clip for the sake of an identifier."""
    wide = [place for place in shown.places if place.extent in ("stretch", "call")]
    return any(place.start < held.end and held.start < place.end for place in wide)


def _window(call: Call, evidence: Evidence, cut: Cut) -> Segment:
    return window(call, evidence, before_s=cut.before_s, after_s=cut.after_s, longest_s=cut.longest_s)


def _same(criterion: CriterionScore, report: CallReport) -> CriterionScore:
    """The criterion as it stands in the report that is shown."""
    if report.score is None:
        return criterion
    return next((shown for shown in report.score.criteria if shown.id == criterion.id), criterion)


def _safe(name: str) -> str:
    """A name that every file system takes."""
    return _UNSAFE.sub("-", name)[:LONGEST_NAME]


def _write(
    call: Call, held: Segment, spans: Timeline | None, path: Path, cut: Cut, recordings: Path | None
) -> tuple[str, int]:
    """Write the sound of one clip; (problem code or "", number of masked stretches in it)."""
    audio = recorded(call, spans, recordings=recordings, changed=cut.changed_audio)
    if isinstance(audio, str):
        return audio, 0
    samples, count = render(
        audio.samples[:2], audio.rate, held, spans or Timeline(), mix=cut.mix, replacement=cut.replacement
    )
    write_sound(samples, audio.rate, path)
    return "", count
