"""Rows of work as the pipeline takes them, from files and folders."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa_speech.audio.decode import RawFormat
from qa_speech.engines import transcripts
from qa_speech.errors import AudioError, ConfigError, problem
from qa_speech.filenames import as_text
from qa_speech.inputs.listing import listed
from qa_speech.inputs.names import unique
from qa_speech.inputs.pairs import Pair, pairs_in, parse_pairs

AUDIO_SUFFIXES = frozenset(
    ".wav .mp3 .ogg .opus .flac .m4a .aac .amr .awb .gsm .au .aiff .aif .wma .mp4 .webm .vox .v3 .3gp .w64 .rf64"
    " .raw .pcm .al .ul .alaw .ulaw".split()
)
HEADERLESS_SUFFIXES = frozenset(".raw .pcm .al .ul .alaw .ulaw .vox .v3".split())
TRANSCRIPT_SUFFIXES = transcripts.SUFFIXES


@dataclass(frozen=True)
class CallInput:
    """One row of work: a recording (or a transcript alone) and what is known about it.

    `id` is unique in a run: the path relative to the input folder unless a manifest names one; bytes of a name that are
    not UTF-8 stand in it as `filenames.as_text` writes them, while `path` is the file's own. `agent_channel` 1 or 2
    when the row itself says so. `path_customer`: the customer's side of a call that is two files, `path` the agent's.
    `transcript` lends its words to the recording, so that none are recognised. `raw` says what a headerless file holds.

    >>> row = CallInput(Path("录音/0412.wav"), agent_channel=2, metadata={"agent": "1001", "queue": "宽带"})
    >>> row.name, row.needs_recognizer
    ('0412.wav', True)
    """

    path: Path
    id: str = ""
    agent_channel: int | None = None
    transcript: Path | None = None
    raw: RawFormat | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    path_customer: Path | None = None

    @property
    def name(self) -> str:
        """Its id, or the name of the file."""
        return self.id or as_text(self.path.name)

    @property
    def is_transcript(self) -> bool:
        """Whether there is no sound, only words."""
        return self.path.suffix.lower() in TRANSCRIPT_SUFFIXES

    @property
    def needs_recognizer(self) -> bool:
        """Whether its words are not known yet."""
        return self.transcript is None and not self.is_transcript


def find_inputs(paths: Iterable[str | Path], *, pairs: str = "") -> list[CallInput]:
    """Recordings among files and folders (searched to any depth), sorted, with ids relative to the folder given.

    A file named by hand is taken whatever its suffix. A folder without any recording gives its transcripts. `pairs` says how
    the two files of one call end (`pairs.parse_pairs`); they are one row then.

    Raises
    ------
    AudioError
        A path does not exist, or a folder holds nothing to inspect; the message says which.

    Examples
    --------
    >>> rows = find_inputs(["samples"])
    >>> len(rows), rows[0].id
    (14, 'backchannels.ogg')
    """
    found: list[CallInput] = []
    for path in map(Path, paths):
        if path.is_dir():
            found += _in_folder(path)
        elif path.exists():
            found.append(CallInput(path, as_text(path.name)))
        else:
            raise AudioError(str(path), problem("no such file or folder"))
    found = _paired(found, parse_pairs(pairs))
    ids = unique([row.id for row in found])
    return [row if row.id == name else replace(row, id=name) for row, name in zip(found, ids, strict=True)]


def _paired(rows: list[CallInput], endings: Sequence[tuple[str, str]]) -> list[CallInput]:
    """The rows, the two files of one call as one."""
    if not endings:
        return rows
    by_path = {str(row.path): row for row in rows}
    pairs = {pair.agent: pair for pair in pairs_in(by_path, endings)}
    joined = {pair.customer for pair in pairs.values()}
    found: list[CallInput] = []
    for path, row in by_path.items():
        if path in pairs:
            pair = pairs[path]
            name = os.path.join(os.path.dirname(row.id), os.path.basename(as_text(pair.call)))
            found.append(replace(row, id=name, path_customer=by_path[pair.customer].path, agent_channel=_side(pair)))
        elif path not in joined:
            found.append(row)
    return found


def _side(pair: Pair) -> int | None:
    """The agent's channel of a pair; None where nobody said which file is the agent's."""
    return 1 if pair.told else None


def _in_folder(folder: Path) -> list[CallInput]:
    files = _inside(folder, AUDIO_SUFFIXES) or _inside(folder, TRANSCRIPT_SUFFIXES)
    if not files:
        raise nothing_in(folder)
    return [CallInput(path, _below(folder, path)) for path in files]


def nothing_in(folder: Path) -> AudioError:
    """The error of a folder without recordings."""
    return AudioError(
        str(folder),
        problem(
            "no recordings in this folder (looked for {audio_suffixes})",
            audio_suffixes=" ".join(sorted(AUDIO_SUFFIXES)),
        ),
    )


def with_transcripts(inputs: Iterable[CallInput], place: str | Path) -> list[CallInput]:
    """The same inputs, each with the transcript in folder `place` that has its id or else its stem, if there is one.

    Raises
    ------
    ConfigError
        `place` is no folder, holds two transcripts of one name, or one that could belong to several recordings.

    Examples
    --------
    >>> rows = with_transcripts(find_inputs(["samples/gsm.wav"]), "samples")
    >>> rows[0].transcript is None
    True
    """
    place = Path(place)
    if not place.is_dir():
        raise ConfigError(str(place), [problem("not a folder of transcripts")])
    found: dict[str, Path] = {}
    problems = []
    for path in _inside(place, TRANSCRIPT_SUFFIXES):
        other = found.setdefault(_stem(_below(place, path)), path)
        if other != path:
            problems.append(
                problem(
                    "two transcripts of one name: {name} and {other}",
                    name=as_text(other.name),
                    other=as_text(path.name),
                )
            )
    rows = list(inputs)
    own = {row.name: found.get(row.name) or found.get(_stem(row.name)) for row in rows}
    lent = {row.name: own[row.name] or _of_its_stem(row, found, set(own.values())) for row in rows}
    wanted: dict[Path, str] = {}
    for name, transcript in lent.items():
        if transcript is not None and transcript in wanted:
            problems.append(
                problem(
                    "{name} could belong to {wanted} or to {other}",
                    name=as_text(transcript.name),
                    wanted=wanted[transcript],
                    other=name,
                )
            )
        elif transcript is not None:
            wanted[transcript] = name
    if problems:
        raise ConfigError(str(place), problems)
    return [replace(row, transcript=lent[row.name] or row.transcript) for row in rows]


def _of_its_stem(row: CallInput, found: Mapping[str, Path], taken: Collection[Path | None]) -> Path | None:
    """The transcript that has the name of a recording in some folder, if it is not that of another one."""
    transcript = found.get(as_text(row.path.stem))
    return None if transcript in taken else transcript


def with_raw(inputs: Iterable[CallInput], raw: RawFormat) -> list[CallInput]:
    """The same inputs; those whose suffix says that they have no header (or that has no known one) hold `raw`."""
    given = []
    for row in inputs:
        suffix = row.path.suffix.lower()
        headerless = suffix in HEADERLESS_SUFFIXES or suffix not in AUDIO_SUFFIXES
        given.append(replace(row, raw=raw) if headerless and row.raw is None else row)
    return given


def _inside(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """The files below a folder; a folder inside it that cannot be read stands for itself."""
    try:
        return sorted(Path(found.path) for found in listed(str(folder), suffixes))
    except OSError as exc:
        raise AudioError(
            str(folder), problem("this folder cannot be read: {reason}", reason=exc.strerror or exc)
        ) from exc


def _below(folder: Path, path: Path) -> str:
    """A path relative to a folder, as text with ``/``."""
    return as_text(path.relative_to(folder).as_posix())


def _stem(name: str) -> str:
    """A name without the suffix of a recording or transcript; its folders stay, and so do other dots."""
    stem, suffix = os.path.splitext(name)
    return stem if suffix.lower() in AUDIO_SUFFIXES | TRANSCRIPT_SUFFIXES else name
