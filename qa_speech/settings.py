"""How to run: `qa_speech.toml`, strict. What good service means stands in the scorecard, never here.

Option > file > the model's own settings > default. Unknown keys are refused and all problems are listed at once.

    ui = "zh"                   # language of messages and pages
    model = "demo"              # a folder, a name, or "none"
    agent_channel = 1
    pairs = "in,out"            # two files of one call: the agent's ends in -in, the customer's in -out; or "auto"

    [recognition]
    language = "zh"
    device = "auto"             # auto, cpu, cuda

    [recognizer]                # a server that speaks the OpenAI interface, in place of a model on this machine
    url = "http://127.0.0.1:8000/v1"
    model = "whisper-large-v3"

    [recordings]
    max_hours = 4

    [speech]
    threshold = 0.5

    [diarize]                   # mono recordings, with the extra `sherpa`
    segmentation = "/models/pyannote-segmentation-3-0.onnx"
    embedding = "/models/campplus-zh.onnx"

    [transcripts]
    max_lines = 5000

    [batch]
    workers = "auto"

    [tables]
    date_order = "month-first"  # 1/5/2026 is 5 January

    [tables.columns]            # further names of columns in lists
    agent = ["座席账号"]

    [[scorecards]]
    file = "broadband-fault"
    when = {queue = "宽带"}
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from qa_speech.audio.limits import DEFAULT, DIVIDED_HOURS, RECORDINGS, RecordingLimits, SpeechLimits
from qa_speech.errors import ConfigError, problem
from qa_speech.language.dialogue import UTTERANCE_PAUSE_S
from qa_speech.language.limits import DEFAULT as LARGEST
from qa_speech.language.limits import TranscriptLimits
from qa_speech.tables.dates import DayOrder
from qa_speech.validation import keys_of, unknown_key, wrong

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

FILE_NAME = "qa_speech.toml"
PAGES = r"all|none|(worst:\d+|pending(:\d+)?)(,(worst:\d+|pending(:\d+)?))?"
"""Which calls get a page when a run ends."""
REMOTE = "remote"
"""The engine of `[recognizer]`: ``remote:whisper-1``."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Recognition(_Strict):
    """Options of the recogniser; None = what the model's manifest says, else the default named here."""

    language: str = Field(default="zh", description="language spoken")
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="what computes; auto = a GPU where there is one"
    )
    compute_type: str = Field(
        default="auto", description="numbers of the model, e.g. int8, float16; auto = what suits the device"
    )
    threads: int = Field(default=0, ge=0, description="CPU threads; 0 = all")
    batch_size: int = Field(default=8, ge=1, le=256, description="windows recognised at once")
    beam_size: int | None = Field(
        default=None, ge=1, le=20, description="hypotheses looked at side by side; 5 unless given"
    )
    window_s: float | None = Field(default=None, gt=1, le=30, description="longest window in seconds; 16 unless given")
    window: Literal["full", "tight"] | None = Field(
        default=None,
        description="tight = filled up to 12 s at least; full = up to 30 s, which costs more; tight unless given",
    )
    no_repeat_ngram_size: int | None = Field(
        default=None, ge=0, description="no run of so many words is said twice; 0 = off, which it is unless given"
    )
    hotwords: str = Field(default="", description="words the recogniser should expect")
    initial_prompt: str = Field(default="", description="text that is taken to stand before the call")
    simplify: bool = Field(default=True, description="traditional to simplified characters, for Chinese")


class Recognizer(_Strict):
    """A recogniser on a server that speaks the OpenAI interface (vLLM, FunASR, whisper.cpp): `/audio/transcriptions` below `url`.

    Sound leaves this machine only where `allow_remote` says so; the key stands in the environment, never here.
    """

    url: str = Field(description="address up to /v1, e.g. http://127.0.0.1:8000/v1")
    model: str = Field(default="whisper-1", min_length=1, description="the server's name of the model")
    allow_remote: bool = Field(default=False, description="send customers' voices to another machine")
    api_key_env: str = Field(default="", description="environment variable that holds the key; none unless given")
    timeout_s: float = Field(default=120, gt=0, le=3600, description="for the whole answer to one window, seconds")
    retries: int = Field(default=3, ge=0, le=10, description="when the server is busy (429, 503)")
    requests: int = Field(default=4, ge=1, le=64, description="windows under way at once")


class Recordings(_Strict):
    """What a recording may be at most; one beyond is refused by name."""

    max_hours: float = Field(default=RECORDINGS.max_hours, gt=0, le=1000, description="longest, hours")
    min_rate: int = Field(default=RECORDINGS.min_rate, ge=1_000, le=384_000, description="lowest sampling rate, Hz")
    max_rate: int = Field(default=RECORDINGS.max_rate, ge=1_000, le=384_000, description="highest sampling rate, Hz")

    @property
    def limits(self) -> RecordingLimits:
        """The same for the decoder."""
        return RecordingLimits(**self.model_dump())


class Speech(_Strict):
    """Speech activity and utterances, probabilities 0–1 and seconds; recorded in every Call (`made_with`)."""

    threshold: float = Field(default=DEFAULT.threshold, gt=0, lt=1, description="probability from which it is speech")
    bridge_s: float = Field(default=DEFAULT.bridge_s, ge=0, le=2, description="shorter pauses are speech, seconds")
    min_speech_s: float = Field(default=DEFAULT.min_speech_s, ge=0, le=2, description="shorter speech is none, seconds")
    pad_s: float = Field(
        default=DEFAULT.pad_s, ge=0, le=2, description="what the recogniser hears before and behind speech, seconds"
    )
    utterance_pause_s: float = Field(
        default=UTTERANCE_PAUSE_S, gt=0, le=10, description="a longer pause ends an utterance, seconds"
    )
    pitch: bool = Field(default=True, description="measure pitch; off saves a third of the analysis time")

    @property
    def limits(self) -> SpeechLimits:
        """What the analysis of the sound needs of them."""
        return SpeechLimits(self.threshold, self.bridge_s, self.min_speech_s, self.pad_s)


class Diarize(_Strict):
    """Local ONNX files that tell two voices on one channel apart (the extra `sherpa`); relative to the settings file."""

    segmentation: Path = Field(description="model that tells when who speaks, ONNX")
    embedding: Path = Field(description="model that tells voices apart, ONNX")
    max_hours: float = Field(
        default=DIVIDED_HOURS,
        gt=0,
        le=100,
        description="longest call that is divided; it is held whole: 460 MB an hour",
    )


class Transcripts(_Strict):
    """What a transcript may hold at most; a larger one is refused by name."""

    max_mb: float = Field(default=LARGEST.max_mb, gt=0, le=1000, description="largest file, 10⁶ bytes")
    max_lines: int = Field(default=LARGEST.max_lines, ge=1, description="most utterances")
    max_characters: int = Field(default=LARGEST.max_characters, ge=1, description="most characters of one utterance")
    max_call_characters: int = Field(
        default=LARGEST.max_call_characters, ge=1, description="most characters of all utterances"
    )
    max_hours: float = Field(
        default=LARGEST.max_hours, gt=0, le=100, description="longest call, hours to the last word"
    )

    @property
    def limits(self) -> TranscriptLimits:
        """The same for the readers."""
        return TranscriptLimits(**self.model_dump())


class Batch(_Strict):
    """How `qa-speech batch run` works through many calls."""

    workers: Literal["auto"] | int = Field(default="auto", description="processes that prepare calls; auto = measured")
    recognizers: int = Field(default=0, ge=0, description="processes that recognise; 0 = one, or one per GPU")
    call_limit_s: float = Field(
        default=600, ge=0, description="longest decoding and speech detection of one call, seconds; 0 = no limit"
    )
    window_limit_s: float = Field(
        default=120, ge=0, description="longest recognition of one window, seconds; 0 = no limit"
    )
    memory_limit_mb: int = Field(default=0, ge=0, description="per process; 0 = four fifths of memory shared out")
    min_free_memory_mb: int = Field(default=300, ge=0, description="below it no further call is taken")
    min_free_disk_gb: float = Field(default=1, ge=0, description="below it no run begins")
    recycle_after: int = Field(default=1000, ge=0, description="calls until a worker is replaced; 0 = never")
    settle_s: float = Field(
        default=10, ge=0, description="a recording changed within so many seconds may still be growing"
    )
    settle_limit_s: float = Field(
        default=600, ge=0, description="how long to wait for growing recordings at the end, seconds"
    )
    flush_s: float = Field(default=20, gt=0, description="seconds until finished calls are stored")
    flush_calls: int = Field(default=256, ge=1, description="finished calls until they are stored")
    stop_after: int = Field(
        default=20, ge=0, description="failures in a row with one cause that end the run; 0 = never"
    )
    name_pattern: str = Field(default="", description="what file names tell, e.g. {started_at}_{agent}_{queue}.wav")
    pages: str = Field(
        default="worst:20,pending:500",
        pattern=f"^({PAGES})$",
        description="calls that get a page when a run ends: worst:20, pending, pending:500, all, none",
    )


class Tables(_Strict):
    """How lists are read (manifests, tickets, surveys): what people call the columns, how they write dates."""

    columns: dict[str, list[str]] = Field(default={}, description="field: further names of its column in lists")
    date_order: DayOrder | None = Field(
        default=None, description="month-first or day-first: how 1/5/2026 is meant; it is refused unless given"
    )


class ScorecardRule(_Strict):
    """Which calls a scorecard judges: those whose metadata have these values. The first rule that fits counts; of
    several versions under it the one in force on the day of the call."""

    file: str = Field(description="a file, relative to the settings file, or the name of a shipped scorecard")
    when: dict[str, str | list[str]] = Field(
        default={}, description="metadata and the values they must have; none = every call"
    )


class Settings(_Strict):
    """Everything `qa_speech.toml` may hold.

    >>> settings = Settings(model="/models/large-v3-turbo", agent_channel=2)
    >>> settings.batch.workers, settings.agent_channel
    ('auto', 2)
    """

    ui: Literal["zh", "en"] | None = Field(
        default=None,
        description="language of messages and pages; --ui and QA_SPEECH_UI come before it, the locale after it",
    )
    model: str | None = Field(default=None, description="recogniser: folder, name, hub id, or none")
    models_dir: Path | None = Field(default=None, description="folder in which models are looked for first")
    text_model: str | None = Field(
        default=None, description="folder of `train export`, or none; the shipped text models unless given"
    )
    agent_channel: Literal[1, 2] | None = Field(default=None, description="channel of the agent; 1 unless given")
    scorecard: Path | None = Field(default=None, description="scorecard of the calls that no rule fits")
    pairs: str = Field(
        default="", description="how the two files of one call end, the agent's and the customer's: in,out; or auto"
    )
    recordings: Recordings = Recordings()
    recognition: Recognition = Recognition()
    recognizer: Recognizer | None = Field(default=None, description="a server; then `model` is its unless given")
    speech: Speech = Speech()
    transcripts: Transcripts = Transcripts()
    diarize: Diarize | None = Field(
        default=None, description="two voices on one channel are told apart; they stay undivided unless given"
    )
    batch: Batch = Batch()
    tables: Tables = Tables()
    scorecards: list[ScorecardRule] = []

    @model_validator(mode="after")
    def _served(self) -> Settings:
        """Who names a server and no model means the server's."""
        if self.model is None and self.recognizer is not None:
            return self.model_copy(update={"model": f"{REMOTE}:{self.recognizer.model}"})
        return self


def load_settings(path: str | Path | None = None) -> Settings:
    """Read settings from a TOML file; None = defaults.

    Raises
    ------
    ConfigError
        The file is missing, not TOML, or has unknown keys or wrong values: all problems at once.

    Examples
    --------
    >>> _ = Path("qa_speech.toml").write_text("agent_channel = 2\\n[recognition]\\nlanguage = 'zh'\\n")
    >>> settings = load_settings("qa_speech.toml")
    >>> settings.agent_channel, settings.recognition.language
    (2, 'zh')
    """
    if path is None:
        return Settings()
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as exc:
        raise ConfigError(str(path), [problem("cannot read: {reason}", reason=exc.strerror or exc)]) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(str(path), [problem("not TOML: {reason}", reason=exc)]) from exc
    try:
        return _placed(Settings.model_validate(table), path.parent)
    except ValidationError as exc:
        problems = [_told(error) for error in exc.errors()]
        raise ConfigError(str(path), problems) from exc


def _told(error: ErrorDetails) -> str:
    """Where it is, and what is wrong there."""
    where = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return problem("{where}: {what}", where=where, what=wrong(error))
    what = unknown_key(str(error["loc"][-1]), _keys_beside(error["loc"]))
    return problem("{where}: {what}", where=where, what=what)


def _keys_beside(where: Sequence[int | str]) -> tuple[str, ...]:
    """The keys that may stand in the table in which an unknown one does."""
    model: type[BaseModel] = Settings
    for part in where[:-1]:
        field = model.model_fields.get(str(part))
        if field is not None:
            model = next(_models(field.annotation), model)
    return keys_of(model)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _placed(settings: Settings, base: Path) -> Settings:
    """Files beside the settings file are found from anywhere."""
    update: dict[str, object] = {"scorecards": [_rule_placed(rule, base) for rule in settings.scorecards]}
    if settings.diarize is not None:
        given = settings.diarize
        paths = {name: (base / getattr(given, name)).resolve() for name in ("segmentation", "embedding")}
        update["diarize"] = given.model_copy(update=paths)
    return settings.model_copy(update=update)


def _rule_placed(rule: ScorecardRule, base: Path) -> ScorecardRule:
    """A rule whose file is found from anywhere; what is no file beside the settings is a shipped scorecard's name."""
    file = base / rule.file
    if not file.is_file():
        return rule
    return rule.model_copy(update={"file": str(file.resolve())})
