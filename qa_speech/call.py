"""The facts of one call: who spoke when, what was recognised, what the recording is.

Engines make a `Call` once; metrics turn it into `Measurement`s and a scorecard those into a `Score` (`scores`).
Everything is frozen and small. Times are float seconds from the first sample, half-open; other units stand in
the name (`_ms`, `_hz`, `_db`). A `None` where a number could stand always comes with a reason code.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import inf, isfinite
from typing import Literal

import msgspec

from qa_speech.timeline import Segment, Timeline

SCHEMA_VERSION = 1


class Role(StrEnum):
    """Who speaks. Undivided mono and fake stereo speak as `unknown`.

    >>> Role("agent").other
    <Role.CUSTOMER: 'customer'>
    """

    AGENT = "agent"
    CUSTOMER = "customer"
    UNKNOWN = "unknown"

    @property
    def other(self) -> Role:
        """The other party; `unknown` has none and answers itself."""
        return {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}.get(self, self)


MASKED, UNDIVIDED, THIRD = "masked", "undivided", "third_speaker"
"""Kinds of `OtherSound` of which metrics know: silenced on purpose; one signal on both channels, so that nobody can tell who
speaks; what somebody says who is neither party."""
Layout = Literal["two_channel", "mono", "fake_stereo", "none"]
Times = Literal["audio", "transcript", "nominal"]


def check_numbers(owner: str, **numbers: float | None) -> None:
    """Raise ValueError where a number is NaN or infinite."""
    for name, number in numbers.items():
        if number is not None and not isfinite(number):
            raise ValueError(f"{owner}.{name} must be a finite number, got {number}")


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One thing the channel doctor found. `code` is stable (``fake_stereo``, ``dead_channel``, ``clipping`` …).

    `channel` counts from 1; None speaks of the whole recording. `value` carries `unit` (``dB``, ``%``, ``ms`` …).

    >>> found = Finding("clipping", channel=1, value=0.4, unit="%")
    >>> f"{found.code} on channel {found.channel}: {found.value} {found.unit}"
    'clipping on channel 1: 0.4 %'
    """

    code: str
    channel: int | None = None
    value: float | None = None
    unit: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        check_numbers("Finding", value=self.value)


class Recording(msgspec.Struct, frozen=True):
    """The file a call came from. `channels[0]` is the role of channel 1. Of two files `path` is that of channel 1 and
    `path_customer` that of channel 2. `raw` is what a file without a header holds, as it was told
    (``codec:rate:channels``), "" for all others.

    >>> level = Finding("level", channel=1, value=-23.4, unit="dBFS")
    >>> recording = Recording("call.wav", sampling_rate=8000, num_samples=480_000, findings=(level,))
    >>> recording.duration, recording.finding("level").value, recording.finding("clipping")
    (60.0, -23.4, None)
    """

    id: str
    path: str = ""
    sha256: str = ""
    sampling_rate: int = 0
    num_samples: int = 0
    channels: tuple[Role, ...] = ()
    layout: Layout = "none"
    roles_from: str = "default"
    findings: tuple[Finding, ...] = ()
    metadata: Mapping[str, str] = {}
    path_customer: str = ""
    sha256_customer: str = ""
    raw: str = ""

    @property
    def duration(self) -> float:
        """Length in seconds; 0 when there is no sound."""
        return self.num_samples / self.sampling_rate if self.sampling_rate else 0.0

    def finding(self, code: str) -> Finding | None:
        """The first finding with this code, or None."""
        return next((finding for finding in self.findings if finding.code == code), None)


class Word(msgspec.Struct, frozen=True, gc=False):
    """A recognised word with its time in seconds and the recogniser's probability in 0…1.

    >>> from qa_speech.testing import make_call
    >>> words = make_call("customer@2-3: 查话费", probability=0.8).utterances[0].words
    >>> [(word.text, round(word.start, 2), word.probability) for word in words]
    [('查', 2.0, 0.8), ('话', 2.33, 0.8), ('费', 2.67, 0.8)]
    """

    text: str
    start: float
    end: float
    probability: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.start <= self.end < inf and 0 <= self.probability <= 1):
            got = f"start={self.start}, end={self.end}, probability={self.probability}"  # never what was said
            raise ValueError(f"word: need 0 <= start <= end and probability in 0…1, got {got}")


class StrayWord(msgspec.Struct, frozen=True, gc=False):
    """A word that no utterance is near enough to hold: kept with the reason, never dropped."""

    role: Role
    word: Word
    reason: str


class Utterance(msgspec.Struct, frozen=True, gc=False):
    """The speech of one role up to a pause of its own, times in seconds.

    `text` None = not recognised; "" = recognised, no words.

    >>> said = Utterance(Role.AGENT, 2.5, 4.0, "请稍等")
    >>> said.text, said.duration
    ('请稍等', 1.5)
    """

    role: Role
    start: float
    end: float
    text: str | None = None
    words: tuple[Word, ...] = ()

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end < inf:
            raise ValueError(f"utterance: need 0 <= start < end, got start={self.start}, end={self.end}")

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start

    @property
    def segment(self) -> Segment:
        """Its stretch of time."""
        return Segment(self.start, self.end)


class OtherSound(msgspec.Struct, frozen=True, gc=False):
    """Sound on a channel that is not the speech of its role: ``music``, ``tone``, ``ring_back``, ``dtmf``, ``ivr``, and
    ``third_speaker`` where a transcript names one.

    Of the role `unknown` are the stretches that all channels have in common: ``masked`` (silenced on purpose: somebody may
    have spoken there; of another role where only its channel is) and ``undivided`` (both channels carry one signal; what is
    said there is `unknown`'s too).

    >>> music = OtherSound("music", Role.AGENT, start=62.0, end=95.5)
    >>> music.segment.duration
    33.5
    """

    kind: str
    role: Role
    start: float
    end: float

    @property
    def segment(self) -> Segment:
        """Its stretch of time."""
        return Segment(self.start, self.end)


class Acoustics(msgspec.Struct, frozen=True, gc=False):
    """Voice figures of one utterance, measured on its own channel with leaked speech removed.

    `level_db` dBFS of its speech frames; `f0_hz` median pitch; `f0_range_st` 10–90 % range in semitones;
    `nuclei` syllable nuclei counted in the energy envelope; `snr_db` speech against the channel's background.

    >>> voice = Acoustics(level_db=-24.5, f0_hz=182.0, f0_range_st=7.5, nuclei=14)
    >>> f"{voice.level_db} dBFS, {voice.f0_hz:.0f} Hz"
    '-24.5 dBFS, 182 Hz'
    """

    level_db: float | None = None
    f0_hz: float | None = None
    f0_range_st: float | None = None
    nuclei: int | None = None
    snr_db: float | None = None

    def __post_init__(self) -> None:
        check_numbers("Acoustics", level_db=self.level_db, f0_hz=self.f0_hz, snr_db=self.snr_db)


class Annotation(msgspec.Struct, frozen=True):
    """Outputs of a text classifier over a call: one row of label probabilities per item.

    `items` are utterance indices; `text_hash` and `model_hash` guard against stale figures.
    """

    model: str
    model_hash: str
    text_hash: str
    labels: tuple[str, ...]
    items: tuple[tuple[int, ...], ...]
    values: tuple[tuple[float, ...], ...]


class Derived(msgspec.Struct, frozen=True):
    """What was worked out of a call and is stored with it, so that it need not be worked out again; no fact of its own.

    `key` is a hash of all that it was worked out from, code included: where it is another one now, `value` is stale and is
    worked out anew. `value` is any JSON; it is decoded when it is asked for.
    """

    key: str
    value: msgspec.Raw


class Call(msgspec.Struct, frozen=True, tag_field="type", tag="call"):
    """All facts of one call: made once, stored, scored many times.

    `derived` is no fact of the call and may quote its words.

    `speech` holds one timeline per role. `times` says where times come from; with ``nominal`` they only keep the
    order and no timing figure may be taken from them. `acoustics` is parallel to `utterances` (or empty).

    `estimated` holds the stretches in which nobody timed the words (a cue of subtitles, a line, the whole call): a word
    that has its time in one was said somewhere in it. Empty: every word has a time of its own; None: nobody noted it.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent@0-2: 您好，请讲", "customer@2.5-4: 我想查话费")
    >>> for said in call.utterances:
    ...     print(f"{said.start:.1f}–{said.end:.1f} {said.role}: {said.text}")
    0.0–2.0 agent: 您好，请讲
    2.5–4.0 customer: 我想查话费
    >>> call.duration, call.speech[Role.AGENT].duration
    (5.0, 2.0)
    """

    recording: Recording
    speech: Mapping[Role, Timeline] = {}
    utterances: tuple[Utterance, ...] = ()
    sounds: tuple[OtherSound, ...] = ()
    stray: tuple[StrayWord, ...] = ()
    acoustics: tuple[Acoustics, ...] = ()
    annotations: Mapping[str, Annotation] = {}
    times: Times = "audio"
    language: str = ""
    made_with: Mapping[str, str] = {}
    warnings: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION
    derived: Mapping[str, Derived] = {}
    estimated: tuple[Segment, ...] | None = None

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.recording.id

    @property
    def duration(self) -> float:
        """Length in seconds: of the sound, or up to the last utterance where there is none."""
        return self.recording.duration or max((utterance.end for utterance in self.utterances), default=0.0)

    @property
    def recognised(self) -> bool:
        """Whether words were looked for (they may still be none)."""
        return any(utterance.text is not None for utterance in self.utterances) or "recognizer" in self.made_with

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that have a channel or words in this call, agent first."""
        present = {*self.speech, *(utterance.role for utterance in self.utterances)}
        return tuple(role for role in Role if role in present)

    @property
    def has_both_roles(self) -> bool:
        """Whether agent and customer are told apart."""
        return Role.AGENT in self.roles and Role.CUSTOMER in self.roles

    def utterances_of(self, role: Role) -> tuple[Utterance, ...]:
        """The utterances of one role, in order."""
        return tuple(utterance for utterance in self.utterances if utterance.role == role)
