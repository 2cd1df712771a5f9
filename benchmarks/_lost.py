"""Whose speech is lost: hard calls (`_hard.py`) held against their truth, one row a party. Used by `timing.py`.

Rows are kept in results/voices.tsv as they come, so that a run that was stopped goes on where it was. Those of another
state of `qa_speech/audio` or of the generator are thrown away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from _common import ROOT, Figure, Options, figure
from _hard import HardCall, make_hard
from _recordings import DETECTOR, analysed

from qa_speech.audio.analysis import Analysis, analyse
from qa_speech.audio.decode import decode
from qa_speech.errors import ChannelError, DecodeError
from qa_speech.metrics.doubt import DOUBTFUL_SPEECH
from qa_speech.timeline import Segment, Timeline

REPORT_SEEDS = range(500)
VARIANTS = 2
QUICK_SEEDS = 3
ROWS = ROOT / "benchmarks" / "results" / "voices.tsv"
SOURCES = (
    *sorted((ROOT / "qa_speech" / "audio").glob("*.py")),
    *(ROOT / "benchmarks" / name for name in ("_hard.py", "_spoken.py", "_dialogue.py", "_line.py", "_lost.py")),
)
LEAST_S = 5.0
"""A party that speaks for less cannot be lost."""
BESIDE_S = 15.0
"""Speech this near to music is beside it."""
VOICED = ("real", "synthetic")
SHORT = (0, 1, 79, 80, 81, 800, 1600, 2400, 2560, 4000, 4800, 8000)


@dataclass(frozen=True)
class Row:
    """One party of one call: what was drawn, and seconds spoken, found, rightly found; the same in noise, music, beside it."""

    seed: int
    variant: int
    party: int
    voice: str
    level_db: float
    quiet: str
    dc: float
    codec: str
    between: str
    between_db: float
    music_db: float
    spoken_s: float
    found_s: float
    hit_s: float
    noise_s: float
    noise_found_s: float
    music_s: float
    music_found_s: float
    beside_s: float
    beside_hit_s: float
    doubts: str

    @property
    def counts(self) -> bool:
        """Whether the party speaks long enough to be lost."""
        return self.spoken_s >= LEAST_S

    @property
    def lost(self) -> bool:
        """Whether less than half of its speech was found."""
        return self.counts and self.hit_s < self.spoken_s / 2

    @property
    def error(self) -> float:
        """Relative error of the talk time."""
        return abs(self.found_s - self.spoken_s) / self.spoken_s


def rows_of(call: HardCall, variant: int) -> Iterator[Row]:
    """Both parties of one call."""
    found = analysed(call.samples, call.rate)
    speech = found.speech * (2 // len(found.speech))
    for number, party in enumerate(call.parties):
        truth, heard = call.truth[number], speech[number]
        beside = _around(call.music[number]) & truth
        yield Row(
            seed=call.seed,
            variant=variant,
            party=number,
            voice=party.voice,
            level_db=round(party.level_db, 1),
            quiet=party.quiet,
            dc=round(party.dc, 4),
            codec=call.codec,
            between=party.between,
            between_db=round(party.between_db, 1),
            music_db=round(party.music_db or 0, 1),
            spoken_s=round(truth.duration, 2),
            found_s=round(heard.duration, 2),
            hit_s=round((truth & heard).duration, 2),
            noise_s=round(call.noise[number].duration, 2),
            noise_found_s=round((call.noise[number] & heard).duration, 2),
            music_s=round(call.music[number].duration, 2),
            music_found_s=round((call.music[number] & heard).duration, 2),
            beside_s=round(beside.duration, 2),
            beside_hit_s=round((beside & heard).duration, 2),
            doubts=",".join(_doubts(found, number + 1)),
        )


def _around(music: Timeline) -> Timeline:
    """The stretches beside the music."""
    return Timeline(Segment(max(0.0, part.start - BESIDE_S), part.end + BESIDE_S) for part in music)


def _doubts(found: Analysis, channel: int) -> list[str]:
    """What the doctor says against the speech of a channel."""
    said = {item.code for item in found.findings if item.channel in (channel, None)}
    low = DOUBTFUL_SPEECH | {"low_snr", "fake_stereo"}
    return sorted(said & low)


def all_rows(options: Options) -> list[Row]:
    """The rows of the report set, those that were made before among them."""
    if options.quick:
        return [row for seed in REPORT_SEEDS[:QUICK_SEEDS] for row in rows_of(make_hard(seed, data=options.data), 0)]
    state = f"# {_state()}"
    rows = _kept(state)
    done = {(row.seed, row.variant) for row in rows}
    if not rows:
        names = "\t".join(field.name for field in fields(Row))
        ROWS.write_text(f"{state}\n{names}\n", encoding="utf-8")
    with ROWS.open("a", encoding="utf-8") as file:
        for variant in range(VARIANTS):
            for seed in REPORT_SEEDS:
                if (seed, variant) not in done:
                    fresh = list(rows_of(make_hard(seed, variant=variant, data=options.data), variant))
                    file.writelines("\t".join(map(str, astuple(row))) + "\n" for row in fresh)
                    file.flush()
                    rows += fresh
    return rows


def _state() -> str:
    """A hash of all that a row depends on."""
    digest = hashlib.sha256()
    for path in SOURCES:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _kept(state: str) -> list[Row]:
    """The rows of the same state that were made before; of a call cut short none."""
    if not ROWS.is_file():
        return []
    lines = ROWS.read_text(encoding="utf-8").splitlines()
    if lines[0] != state:
        return []
    rows = [_read(line.split("\t")) for line in lines[2:]]
    whole = {(row.seed, row.variant) for row in rows if row.party == 1}
    return [row for row in rows if (row.seed, row.variant) in whole]


def _read(cells: list[str]) -> Row:
    """One row as it was written."""
    kinds = {"int": int, "float": float, "str": str}
    return Row(*(kinds[str(field.type)](cell) for field, cell in zip(fields(Row), cells, strict=True)))


def lost(options: Options) -> Iterator[Figure]:
    """The figures of all rows, then by voice and level; last the odd files."""
    if not (options.data / "music_noise_speech").is_dir():
        yield figure("party_lost", None, "", 0, f"{options.data} is missing")
        return
    yield from summary(all_rows(options))
    yield _odd_files(options.data / "audio_torture")


def summary(rows: list[Row]) -> Iterator[Figure]:
    """The figures of some rows."""
    counted = [row for row in rows if row.counts]
    gone = [row for row in counted if row.lost]
    yield figure(
        "party_lost", len(gone), "count", len(counted), "parties that speak for 5 s, less than half found; target <= 0"
    )
    silent = [row for row in gone if not row.doubts]
    yield figure("party_lost_silently", len(silent), "count", len(counted), "of these without a finding; target <= 0")
    yield _error("hard_talk_time_error", counted, "quiet, hoarse, whispered, noise, music, DC; target <= 0.02")
    voiced = [row for row in counted if row.voice in VOICED]
    plain = [row for row in voiced if not row.between]
    noisy = [row for row in voiced if row.between]
    held = [row for row in voiced if row.music_s]
    yield _error(
        "hard_talk_time_error_voiced", plain, "real and synthetic voices, no noise between words; target <= 0.02"
    )
    yield _error("hard_talk_time_error_in_noise", noisy, "the same with noise between words, -10 to +6 dB")
    for voice in ("real", "synthetic", "hoarse", "whispered"):
        of_voice = [row for row in counted if row.voice == voice]
        yield _error(f"hard_talk_time_error_{voice}", of_voice, f"{voice} voices")
        missing = sum(row.lost for row in of_voice)
        yield figure(f"party_lost_{voice}", missing, "count", len(of_voice), f"{voice} voices")
    yield _error(
        "hard_talk_time_error_below_40", [row for row in plain if row.level_db < -40], "voiced, -40 to -55 dBFS"
    )
    yield _share(
        "speech_lost_in_noise", noisy, lambda row: (row.spoken_s - row.hit_s, row.spoken_s), "voiced; target <= 0.02"
    )
    yield _share(
        "speech_lost_without_noise", plain, lambda row: (row.spoken_s - row.hit_s, row.spoken_s), "voiced, the others"
    )
    yield _share(
        "noise_as_speech", noisy, lambda row: (row.noise_found_s, row.noise_s), "noise between words, all kinds"
    )
    for kind in sorted({row.between for row in noisy}):
        of_kind = [row for row in noisy if row.between == kind]
        yield _share(
            f"noise_as_speech_{kind}", of_kind, lambda row: (row.noise_found_s, row.noise_s), f"{kind} between words"
        )
    beside = "voiced, within 15 s of music at -6 to +9 dB; target <= 0.02"
    yield _share("speech_lost_beside_music", held, lambda row: (row.beside_s - row.beside_hit_s, row.beside_s), beside)
    louder = [row for row in held if row.music_db >= 3]
    beside = "the same, music at +3 to +9 dB; target <= 0.02"
    yield _share(
        "speech_lost_beside_louder_music", louder, lambda row: (row.beside_s - row.beside_hit_s, row.beside_s), beside
    )
    yield _share("hold_music_as_speech", held, lambda row: (row.music_found_s, row.music_s), "hold music, MUSAN")


def _error(name: str, rows: list[Row], what: str) -> Figure:
    """Median relative error of the talk time."""
    value = float(np.median([row.error for row in rows])) if rows else None
    return figure(name, value, "", len(rows), f"truth, {what}")


def _share(name: str, rows: list[Row], parts: Callable[[Row], tuple[float, float]], what: str) -> Figure:
    """Seconds of one kind over those of another, all rows together."""
    pairs = [parts(row) for row in rows]
    whole = sum(pair[1] for pair in pairs)
    value = sum(pair[0] for pair in pairs) / whole if whole else None
    return figure(name, value, "", len(rows), what)


def _odd_files(folder: Path) -> Figure:
    """Files of other projects' tests, and short recordings of all kinds, that end in anything but an answer or a refusal."""
    paths = sorted(folder.rglob("*.wav"))
    crashed = 0
    for path in paths:
        try:
            audio = decode(path)
            analysed(audio.samples, audio.rate)
        except (DecodeError, ChannelError):
            continue
        except Exception:
            crashed += 1
    random = np.random.default_rng(0)
    for count in SHORT:
        hiss = random.normal(0, 0.1, (2, count)).astype(np.float32)
        hiss[1] = 0.1 * np.roll(hiss[0], 20)
        for samples in (hiss, hiss * 0, hiss * 0 + 0.3, hiss / 0.1 * np.nan):
            try:
                analyse(samples, 8000, DETECTOR.probabilities, DETECTOR.frame_s)
            except Exception:
                crashed += 1
    number = len(paths) + 4 * len(SHORT)
    return figure("odd_files_crashed", crashed, "count", number, "odd files and short recordings; target <= 0")
