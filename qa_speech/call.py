"""The facts of one call and what is judged from them; JSON in and out.

Engines make a `Call` once; metrics turn it into `Measurement`s; a scorecard turns those into a `Score`.
Everything is frozen and small. Times are float seconds from the first sample, half-open; other units stand in
the name (`_ms`, `_hz`, `_db`). A `None` where a number could stand always comes with a reason code.

JSON: `encode` and `decode` are exact inverses, NaN and infinity are refused when a value is made, and within
one `SCHEMA_VERSION` fields are only added: a reader ignores fields it does not know.

Why msgspec and not dataclasses: the same call (900 words) decodes in two thirds of the time, checks included
(`benchmarks/startup.py`, `call_decode_ms`).

Reason codes of missing values: ``no_speech``, ``no_words`` (recognised, nothing said), ``no_recogniser`` (words
were not asked for), ``no_times`` (a transcript without times), ``mono`` (roles cannot be told apart), ``no_role``
(that role says nothing), ``no_event`` (nothing of the kind happened, so there is no figure to give), ``not_annotated``
(no text model has read the call), ``stale_annotation`` (one has read other words), ``not_measured``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec

from qa_speech.errors import ConfigError
from qa_speech.files import ResultFolder, whole_file
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


Layout = Literal["two_channel", "mono", "fake_stereo", "none"]
Times = Literal["audio", "transcript", "nominal"]
Reliability = Literal["ok", "low"]
Outcome = Literal["pass", "partial", "fail", "not_applicable", "not_measured", "manual"]


def _check_numbers(owner: str, **numbers: float | None) -> None:
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
        _check_numbers("Finding", value=self.value)


class Recording(msgspec.Struct, frozen=True):
    """The file a call came from. `channels[0]` is the role of channel 1.

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
    """Sound on a channel that is not the speech of its role: ``music``, ``tone``, ``ring_back``, ``dtmf``, ``ivr``.

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
        _check_numbers("Acoustics", level_db=self.level_db, f0_hz=self.f0_hz, snr_db=self.snr_db)


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


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What a person hears and reads to believe a figure.

    `kind` quote: words that were said (`utterance` = index into the call's utterances); interval: a stretch of time;
    absence: the span that was searched in vain. `role` None speaks of both parties. `note` is a reason code or name
    (``dead_air``, ``greeting``); sentences are made by `wording`.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(0, 2), (9, 12)])
    >>> [(proof.kind, proof.start, proof.end) for proof in qa_speech.measure(call, "silence").evidence]
    [('interval', 2.0, 9.0)]
    """

    kind: Literal["quote", "interval", "absence"]
    start: float
    end: float
    role: Role | None = None
    quote: str = ""
    note: str = ""
    utterance: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < inf:
            raise ValueError(f"evidence: need 0 <= start <= end, got start={self.start}, end={self.end}")


class Measurement(msgspec.Struct, frozen=True):
    """One figure: value or None with a reason, unit, components, evidence, reliability.

    `components` are the counts and totals a corpus sums before it divides; rates are never averaged.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> found = qa_speech.measure(make_call(agent=[(0, 2), (9, 12)]), "silence")
    >>> found.value, found.unit, found.component("longest_s")
    (1, 'count', 7.0)
    >>> found = qa_speech.measure(make_call("agent: 您好", times="nominal"), "silence")
    >>> found.value, found.reason
    (None, 'no_times')
    """

    value: float | None
    unit: str
    components: Mapping[str, float | None] = {}
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    reliability: Reliability = "ok"
    reliability_reason: str = ""

    def __post_init__(self) -> None:
        _check_numbers("Measurement", value=self.value, **self.components)
        if self.value is None and not self.reason:
            raise ValueError("a measurement without a value needs a reason")

    def component(self, name: str) -> float | None:
        """A component by name, in the unit that its metric declares; `value` names the value itself."""
        return self.value if name == "value" else self.components[name]


class CriterionScore(msgspec.Struct, frozen=True, gc=False):
    """The outcome of one criterion.

    `points` None when not judged; `pending` marks a fail (or a partial mark not yet trusted) that waits for a person, for
    its `review` reasons; `fatal` names the effect that a fail has (``form``, ``section``, ``cap:60``) or is empty. `detail`
    holds the numbers and names that `wording` needs for the plain sentence. `scored` False = shown, but outside every
    total; `comment_required`: whoever judges has to write why.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> greeting = result.criteria[0]
    >>> greeting.title, greeting.outcome, greeting.points, greeting.possible, greeting.evidence[0].quote
    ('15 秒内问候', 'pass', 5.0, 5.0, '您好')
    """

    id: str
    title: str
    section: str
    outcome: Outcome
    points: float | None
    possible: float
    review: tuple[str, ...] = ()
    pending: bool = False
    fatal: str = ""
    severity: str = ""
    tags: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    detail: Mapping[str, str | float | None] = {}
    comment_required: bool = False
    scored: bool = True


class SectionScore(msgspec.Struct, frozen=True, gc=False):
    """Points of one section; `total` 0–100, None when nothing in it was judged.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> opening = result.sections[0]
    >>> opening.title, opening.points, opening.possible, opening.total
    ('开头语', 15.0, 15.0, 100.0)
    """

    id: str
    title: str
    weight: float
    points: float
    possible: float
    total: float | None
    coverage: float = 1.0
    voided_by: str = ""


class Score(msgspec.Struct, frozen=True, tag_field="type", tag="score"):
    """A call judged by one version of one scorecard. `total` is None with a `reason` when it cannot be given.

    `marks`, where there: people's marks have gone into it, those alone (``human``) or over the machine's (``final``).

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> result.scorecard_id, result.total, round(result.coverage, 2)
    ('telecom-hotline', 63.75, 0.79)
    >>> [criterion.title for criterion in result.criteria if criterion.outcome == "fail"][:3]
    ['办理前核实身份', '结束前问是否还有其他需要', '结束语']
    """

    call_id: str
    scorecard_id: str
    scorecard_version: int
    scorecard_sha256: str
    criteria: tuple[CriterionScore, ...]
    sections: tuple[SectionScore, ...]
    total: float | None
    total_if_confirmed: float | None
    coverage: float
    band: str = ""
    passed: bool | None = None
    scorable: bool = True
    reason: str = ""
    tags: Mapping[str, float | None] = {}
    schema_version: int = SCHEMA_VERSION
    marks: Literal["human", "final"] | msgspec.UnsetType = msgspec.UNSET


class CallReport(msgspec.Struct, frozen=True, tag_field="type", tag="report"):
    """One input that worked: the call, its measurements by metric name, and its score if a scorecard was given.

    >>> import qa_speech
    >>> report = qa_speech.inspect_call("samples/slow-answer.ogg")
    >>> report.id, round(report.call.duration), round(report.measurements["response"].value, 1)
    ('slow-answer.ogg', 80, 3.8)
    """

    call: Call
    measurements: Mapping[str, Measurement] = {}
    score: Score | None = None

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.call.id


class CallFailure(msgspec.Struct, frozen=True, tag_field="type", tag="failure"):
    """One input that did not work: the class of the error and its message.

    >>> import qa_speech
    >>> row = qa_speech.CallInput(Path("missing.wav"))
    >>> for outcome in qa_speech.inspect_many([row]):
    ...     if isinstance(outcome, qa_speech.CallFailure):
    ...         print(outcome.error, "|", outcome.message)
    DecodeError | missing.wav: no such file
    """

    id: str
    path: str
    error: str
    message: str


T = TypeVar("T")


def _to_json(value: object) -> object:
    if isinstance(value, Timeline):
        return tuple(value)
    raise NotImplementedError(f"cannot store {type(value).__name__} as JSON")


def _from_json(kind: type, value: Any) -> Any:
    if kind is Timeline:
        return Timeline(msgspec.convert(value, tuple[Segment, ...]))
    raise NotImplementedError(f"cannot read {kind.__name__} from JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_to_json, decimal_format="number")
_DECODERS: dict[type, msgspec.json.Decoder[Any]] = {
    kind: msgspec.json.Decoder(kind, dec_hook=_from_json) for kind in (Call, Score, CallReport, CallFailure)
}


def encode(value: Call | Score | CallReport | CallFailure) -> bytes:
    """The JSON of a call, score, report or failure, as UTF-8 without line breaks.

    >>> line = encode(Call(Recording("call.wav")))
    >>> decode(line, Call).id
    'call.wav'
    """
    return _ENCODER.encode(value)


def decode(data: bytes | str, kind: type[T], source: str = "JSON") -> T:
    """Read what `encode` wrote.

    Raises
    ------
    ConfigError
        Not JSON, not a `kind`, or written by a newer schema; the message says where in the document.
    """
    try:
        value: T = _DECODERS[kind].decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError, ValueError) as exc:
        raise ConfigError(source, [f"not a qa_speech {kind.__name__.lower()}: {exc}"]) from exc
    except RecursionError as exc:
        raise ConfigError(source, [f"not a qa_speech {kind.__name__.lower()}: nested too deeply"]) from exc
    version = value.schema_version if isinstance(value, Call | Score) else SCHEMA_VERSION
    if version > SCHEMA_VERSION:
        problem = f"schema_version {version} was written by a newer qa_speech; this one reads up to {SCHEMA_VERSION}"
        raise ConfigError(source, [problem])
    return value


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    with whole_file(Path(path)) as temporary:
        temporary.write_bytes(data)


def write_call(call: Call, path: str | Path) -> None:
    """Write one call as a JSON file, whole or not at all.

    >>> from qa_speech.testing import make_call
    >>> write_call(make_call("agent: 您好", call_id="a"), "a.json")
    >>> [call.id for call in read_calls("a.json")]
    ['a']
    """
    write_bytes(path, encode(call) + b"\n")


def read_calls(path: str | Path) -> Iterator[Call]:
    """Iterate the calls stored at `path`: a ``.json`` file, a ``.jsonl`` file, or a folder of ``.json`` files.

    A folder made by `qa-speech inspect` keeps its calls in ``calls/``; that is found too. Files come in the order
    of their names.

    Raises
    ------
    ConfigError
        The path does not exist, holds no calls, or a file in it is not a call (the message names it).

    Examples
    --------
    >>> import qa_speech
    >>> write_call(qa_speech.inspect_call("samples/slow-answer.ogg").call, "stored.json")
    >>> for call in read_calls("stored.json"):
    ...     print(call.id, qa_speech.measure(call, "silence").value)
    slow-answer.ogg 5
    """
    path = Path(path)
    if path.is_dir():
        names = ResultFolder(path).call_files()
        if not names:
            raise ConfigError(str(path), ["no stored calls here; expected *.json files, or a folder calls/ with them"])
        for name in names:
            yield decode(_read(name), Call, str(name))
    elif path.suffix == ".jsonl":
        for number, line in enumerate(_read(path).splitlines(), start=1):
            if line.strip():
                yield decode(line, Call, f"{path}:{number}")
    else:
        yield decode(_read(path), Call, str(path))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(str(path), [f"cannot read: {exc.strerror or exc}"]) from exc
