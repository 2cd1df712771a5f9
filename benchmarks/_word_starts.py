"""How far the start of a recognised word lies from where a person marked it: English clips with hand-set borders.

The clips of `speech_rate_aligned` are read at 8 kHz, as from a telephone; only words that are heard as they are written count.
"""

from __future__ import annotations

import io
import re
import tempfile
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import soundfile
import soxr

from qa_speech.call import Word
from qa_speech.engines.silero import SileroDetector
from qa_speech.engines.whisper import WhisperRecognizer
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings

CLIPS = (
    ("praatio_bobby.wav", "praatio_bobby_words.TextGrid"),
    ("praatio_mary.wav", "praatio_mary.TextGrid"),
    ("the_north_wind_and_the_sun.wav", "the_north_wind_and_the_sun.TextGrid"),
)
BY_PHONES = (("the", 0), ("north", 2), ("wind", 5), ("and", 9), ("the", 11), ("sun", 13))
"""A clip that is marked by phones alone: each word and the phone that it begins with (and the: ə n · n ə)."""
RATE = 8000
_INDEX = re.compile(r"\[\d*\]")
_VALUE = re.compile(r'"((?:[^"]|"")*)"|(?<![\w.])(-?\d+(?:\.\d+)?(?:e-?\d+)?)')


class Marked(NamedTuple):
    """A word that a person marked: what, and from when in seconds."""

    text: str
    start: float


def marked_words(path: Path) -> list[Marked]:
    """The words of a TextGrid, long or short format: both hold the same values in the same order."""
    values = [quoted or number for quoted, number in _VALUE.findall(_INDEX.sub("", path.read_text(encoding="utf-8")))]
    kinds = [at for at, value in enumerate(values) if value == "IntervalTier"]
    tiers = {values[at + 1]: _tier(values, at) for at in kinds}
    for name, found in tiers.items():
        if name.startswith("word"):
            return found
    phones = tiers["phonemes"]
    return [Marked(word, phones[first].start) for word, first in BY_PHONES]


def _tier(values: list[str], at: int) -> list[Marked]:
    """What is marked in a tier: after its kind come its name, start, end and count, then start, end and text of each."""
    count = int(values[at + 4])
    cells = values[at + 5 : at + 5 + 3 * count]
    rows = zip(cells[::3], cells[2::3], strict=True)
    return [Marked(fold(text), float(start)) for start, text in rows if fold(text)]


def start_errors(data: Path, recognizer: WhisperRecognizer) -> tuple[list[float], int]:
    """Seconds by which each word that was heard as marked starts off its mark, and how many words are marked."""
    settings = Settings.model_validate({"recognition": {"language": "en"}, "speech": {"pitch": False}})
    off: list[float] = []
    count = 0
    with tempfile.TemporaryDirectory() as place:
        for sound, grid in CLIPS:
            marked = marked_words(data / "speech_rate_aligned" / grid)
            path = Path(place) / sound
            path.write_bytes(_telephone(data / "speech_rate_aligned" / sound))
            heard = _heard(path, recognizer, settings)
            count += len(marked)
            matcher = SequenceMatcher(None, [one.text for one in marked], [fold(word.text) for word in heard], False)
            for block in matcher.get_matching_blocks():
                for step in range(block.size):
                    off.append(abs(heard[block.b + step].start - marked[block.a + step].start))
    return off, count


def _telephone(path: Path) -> bytes:
    """The first channel at 8 kHz in A-law."""
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    low = soxr.resample(samples[:, 0], rate, RATE)
    file = io.BytesIO()
    soundfile.write(file, low, RATE, subtype="ALAW", format="WAV")
    return file.getvalue()


def _heard(path: Path, recognizer: WhisperRecognizer, settings: Settings) -> list[Word]:
    report = next(inspect_many([CallInput(path)], recognizer=recognizer, detector=SileroDetector(), settings=settings))
    if not isinstance(report, CallReport):
        return []
    return [word for said in report.call.utterances for word in said.words]
