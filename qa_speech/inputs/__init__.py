"""Rows of work: recordings and transcripts among files and folders, each with an id of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from qa_speech.audio.decode import RawFormat
from qa_speech.errors import AudioError, ConfigError

AUDIO_SUFFIXES = frozenset(
    ".wav .mp3 .ogg .opus .flac .m4a .aac .amr .awb .gsm .au .aiff .aif .wma .mp4 .webm .vox .v3 .3gp .w64 .rf64"
    " .raw .pcm .al .ul .alaw .ulaw".split()
)
HEADERLESS_SUFFIXES = frozenset(".raw .pcm .al .ul .alaw .ulaw .vox .v3".split())
TRANSCRIPT_SUFFIXES = frozenset((".json", ".srt", ".vtt", ".txt"))


@dataclass(frozen=True)
class CallInput:
    """One row of work: a recording (or a transcript alone) and what is known about it.

    `id` is unique in a run: the path relative to the input folder unless a manifest names one. `agent_channel` 1 or 2
    when the row itself says so. `transcript` lends its words to the recording, so that none are recognised. `raw` says
    what a headerless file holds.
    """

    path: Path
    id: str = ""
    agent_channel: int | None = None
    transcript: Path | None = None
    raw: RawFormat | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its id, or the name of the file."""
        return self.id or self.path.name

    @property
    def is_transcript(self) -> bool:
        """Whether there is no sound, only words."""
        return self.path.suffix.lower() in TRANSCRIPT_SUFFIXES

    @property
    def needs_recognizer(self) -> bool:
        """Whether its words are not known yet."""
        return self.transcript is None and not self.is_transcript


def find_inputs(paths: Iterable[str | Path]) -> list[CallInput]:
    """Recordings among files and folders (searched to any depth), sorted, with ids relative to the folder given.

    A file named by hand is taken whatever its suffix. A folder without any recording gives its transcripts.

    Raises
    ------
    AudioError
        A path does not exist, or a folder holds nothing to inspect; the message says which.
    """
    found: list[CallInput] = []
    for path in map(Path, paths):
        if path.is_dir():
            inside = _inside(path, AUDIO_SUFFIXES) or _inside(path, TRANSCRIPT_SUFFIXES)
            if not inside:
                raise AudioError(
                    str(path), f"no recordings in this folder (looked for {' '.join(sorted(AUDIO_SUFFIXES))})"
                )
            found += [CallInput(item, item.relative_to(path).as_posix()) for item in inside]
        elif path.exists():
            found.append(CallInput(path, path.name))
        else:
            raise AudioError(str(path), "no such file or folder")
    return _with_unique_ids(found)


def with_transcripts(inputs: Iterable[CallInput], place: str | Path) -> list[CallInput]:
    """The same inputs, each with the transcript in folder `place` that has its id or else its stem, if there is one.

    Raises
    ------
    ConfigError
        `place` is no folder, or holds two transcripts of one name.
    """
    place = Path(place)
    if not place.is_dir():
        raise ConfigError(str(place), ["not a folder of transcripts"])
    found: dict[str, Path] = {}
    for item in _inside(place, TRANSCRIPT_SUFFIXES):
        other = found.setdefault(item.relative_to(place).with_suffix("").as_posix(), item)
        if other != item:
            raise ConfigError(str(place), [f"two transcripts of one name: {other.name} and {item.name}"])
    return [
        replace(item, transcript=found.get(Path(item.name).with_suffix("").as_posix()) or found.get(item.path.stem))
        for item in inputs
    ]


def with_raw(inputs: Iterable[CallInput], raw: RawFormat) -> list[CallInput]:
    """The same inputs; those whose suffix says that they have no header (or that has no known one) hold `raw`."""
    return [
        replace(item, raw=raw)
        if item.path.suffix.lower() in HEADERLESS_SUFFIXES or item.path.suffix.lower() not in AUDIO_SUFFIXES
        else item
        for item in inputs
    ]


def _inside(path: Path, suffixes: Iterable[str]) -> list[Path]:
    return sorted(item for item in path.rglob("*") if item.suffix.lower() in suffixes and item.is_file())


def _with_unique_ids(inputs: list[CallInput]) -> list[CallInput]:
    seen: dict[str, int] = {}
    unique = []
    for item in inputs:
        seen[item.id] = count = seen.get(item.id, 0) + 1
        unique.append(item if count == 1 else replace(item, id=f"{item.id}~{count}"))
    return unique
