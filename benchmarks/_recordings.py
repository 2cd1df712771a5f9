"""Figures on the recordings of the data folder, beside the detectors that a user would pick instead. Used by `timing.py`."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from _common import Figure, figure
from _line import RATE, coded

from qa_speech.audio.analysis import Analysis, analyse
from qa_speech.audio.decode import decode
from qa_speech.audio.quality import WADA_FIRST_DB, WADA_RATIOS, WADA_STEP_DB
from qa_speech.audio.voice import acoustics
from qa_speech.engines.silero import SileroDetector
from qa_speech.language.reading import decimal, syllables
from qa_speech.timeline import Segment, Timeline

DETECTOR = SileroDetector()
Detect = Callable[[np.ndarray, int], Timeline]
MUSIC, SPEECH_AFTER = Segment(0, 22.5), Segment(63, 74)
"""Where the mixture of the data folder holds music, and speech 20 dB softer."""
TELEPHONE = ("alaw", "gsm", "amr_4.75", "opus_8k")
TOTALS = {
    "AISHELL4_test.rttm": (11.511, 0.570, 12.101), "AMI_test.rttm": (7.290, 1.063, 8.532),
    "AliMeeting_test.rttm": (9.910, 2.017, 12.456), "voxconverse_test.rttm": (38.986, 1.190, 40.219),
}  # fmt: skip
"""Published hours of speech, of overlap, and of all speakers added up."""
CLOSED_S = 1.0
TONE_DBFS = -3.0523438444331137


class Rival(NamedTuple):
    """A way to find speech: suffix of its figures, the function, and what it is."""

    suffix: str
    detect: Detect
    what: str


def analysed(samples: np.ndarray, rate: int) -> Analysis:
    """Our analysis with the shipped detector."""
    return analyse(samples, rate, DETECTOR.probabilities, DETECTOR.frame_s)


def at_16k(samples: np.ndarray, rate: int) -> np.ndarray:
    """The first channel as float32 at 16 kHz."""
    import soxr

    audio = samples[0].astype(np.float32) / 32768
    return np.asarray(audio if rate == 16_000 else soxr.resample(audio, rate, 16_000), np.float32)


def ours(samples: np.ndarray, rate: int) -> Timeline:
    """The tight view of one channel."""
    return analysed(samples[:1], rate).speech[0]


def ours_padded(samples: np.ndarray, rate: int) -> Timeline:
    """The view for the recogniser."""
    return Timeline(analysed(samples[:1], rate).padded[0])


def stock(samples: np.ndarray, rate: int, **options: int) -> Timeline:
    """faster-whisper's detector, with its defaults unless told."""
    from faster_whisper.vad import get_speech_timestamps

    audio = at_16k(samples, rate)
    return Timeline((item["start"] / 16_000, item["end"] / 16_000) for item in get_speech_timestamps(audio, **options))


def stock_tight(samples: np.ndarray, rate: int) -> Timeline:
    """faster-whisper's detector set for pauses."""
    return stock(samples, rate, min_silence_duration_ms=200, speech_pad_ms=0)


def webrtc(samples: np.ndarray, rate: int) -> Timeline:
    """webrtcvad, mode 2, frames of 30 ms."""
    import webrtcvad

    audio = (np.clip(at_16k(samples, rate), -1, 1) * 32767).astype(np.int16)
    detector = webrtcvad.Vad(2)
    frames = [audio[start : start + 480].tobytes() for start in range(0, len(audio) - 480, 480)]
    return Timeline((i * 0.03, (i + 1) * 0.03) for i, frame in enumerate(frames) if detector.is_speech(frame, 16_000))


PEERS = (
    Rival("_faster_whisper", stock, "faster-whisper's defaults, same files"),
    Rival("_faster_whisper_tight", stock_tight, "faster-whisper, pauses from 0.2 s, no padding, same files"),
    Rival("_webrtcvad", webrtc, "webrtcvad, mode 2, same files"),
)
ALL = (Rival("", ours, "ours for timing"), Rival("_padded", ours_padded, "ours for recognition"), *PEERS)


def recordings(data: Path) -> Iterator[Figure]:
    """All figures of this file."""
    for rival in ALL:
        try:
            yield from _meetings(data / "ami_overlap_30s", rival)
            yield from _music(data / "music_noise_speech" / "ina" / "musanmix.mp3", rival)
            yield _keys(data / "music_noise_speech" / "auditok" / "DTMF_tones_16KHZ_mono.flac", rival)
        except ImportError as exc:
            yield figure(f"ami_detection_error{rival.suffix}", None, "", 0, f"not installed: {exc.name}")
    yield _free_rate(data / "mandarin_asr_mini")
    yield _readings(data / "text_normalisation_zh" / "wetext_tn")
    yield _totals(data / "rttm_timing_reference")
    yield _level(data / "loudness_reference" / "sine_1000.wav")
    yield _wada(data / "snr_wada_table" / "wada_alpha0.4.tsv")


def _meetings(folder: Path, rival: Rival) -> Iterator[Figure]:
    name = f"ami_detection_error{rival.suffix}"
    if not folder.is_dir():
        yield figure(name, None, "", 0, f"{folder} is missing")
        return
    labels: dict[str, list[tuple[float, float]]] = {}
    for line in (folder / "debug.train.rttm").read_text(encoding="utf-8").splitlines():
        parts = line.split()
        labels.setdefault(parts[1], []).append((float(parts[3]), float(parts[3]) + float(parts[4])))
    missed = false = closed = total = 0.0
    for stem, spans in labels.items():
        audio = decode(folder / f"{stem}.wav")
        found, truth = rival.detect(audio.samples, audio.rate), Timeline(spans)
        missed += (truth - found).duration
        false += (found - truth).duration
        whole = found.bridged(CLOSED_S)
        closed += (whole - truth).duration + (truth - whole).duration
        total += truth.duration
    against = f"hand labels (pauses closed): missed and false over all speech; {rival.what}"
    yield figure(name, (missed + false) / total, "", len(labels), against)
    against = f"the same after pauses below {CLOSED_S:g} s are closed, as in the labels; {rival.what}"
    yield figure(f"ami_detection_error_closed{rival.suffix}", closed / total, "", len(labels), against)
    yield figure(f"ami_missed{rival.suffix}", missed / total, "", len(labels), f"missed speech; {rival.what}")
    yield figure(f"ami_false{rival.suffix}", false / total, "", len(labels), f"false speech; {rival.what}")


def _music(file: Path, rival: Rival) -> Iterator[Figure]:
    name = f"hold_music_as_speech_share{rival.suffix}"
    if not file.is_file():
        yield figure(name, None, "", 0, f"{file} is missing")
        return
    audio = decode(file)
    found = rival.detect(audio.samples, audio.rate)
    share = found.crop(MUSIC).duration / MUSIC.duration
    yield figure(name, share, "", 1, f"22.5 s of music; {rival.what}")
    yield figure(
        f"speech_after_music_s{rival.suffix}", found.crop(SPEECH_AFTER).duration, "s", 1,
        f"of 11 s with pauses, 20 dB softer; {rival.what}",
    )  # fmt: skip
    shares = []
    for codec in TELEPHONE:
        line = coded(_at_8k(audio.samples, audio.rate) * np.float32(0.7), codec)
        heard = rival.detect(np.rint(np.clip(line, -1, 0.9999) * 32768).astype(np.int16)[None], RATE)
        shares.append(heard.crop(MUSIC).duration / MUSIC.duration)
    against = f"the same at 8 kHz through {', '.join(TELEPHONE)}; {rival.what}"
    yield figure(f"hold_music_telephone_share{rival.suffix}", float(np.mean(shares)), "", len(shares), against)


def _keys(file: Path, rival: Rival) -> Figure:
    name = f"keys_as_speech_share{rival.suffix}"
    if not file.is_file():
        return figure(name, None, "", 0, f"{file} is missing")
    audio = decode(file)
    found = rival.detect(audio.samples, audio.rate)
    return figure(name, found.duration / audio.duration, "", 1, f"key tones, of {audio.duration:.1f} s; {rival.what}")


def _at_8k(samples: np.ndarray, rate: int) -> np.ndarray:
    import soxr

    return np.asarray(soxr.resample(samples[0].astype(np.float32) / 32768, rate, RATE), np.float32)


def _free_rate(folder: Path) -> Figure:
    """Syllable nuclei against characters, clips of pure Han text."""
    name = "rate_error_asr_free_real"
    if not folder.is_dir():
        return figure(name, None, "", 0, f"{folder} is missing")
    errors = []
    for line in (folder / "refs.tsv").read_text(encoding="utf-8").splitlines():
        stem, text = line.split("\t")[:2]
        count = len(re.findall(r"[\u4e00-\u9fff]", text))
        if re.search("[A-Za-z0-9]", text) or count < 5 or not (folder / stem).is_file():
            continue
        audio = decode(folder / stem)
        found = analysed(audio.samples[:1], audio.rate)
        if not found.speech[0]:
            errors.append(1.0)
            continue
        heard = acoustics(found.tracks[0], found.levels[0], found.speech[0], list(found.speech[0]), pitch=False)
        errors.append(abs(sum(item.nuclei or 0 for item in heard) / count - 1))
    return figure(name, float(np.median(errors)), "", len(errors), "characters of the reference text, Mandarin clips")


def _readings(folder: Path) -> Figure:
    """Cases whose syllables, as we read them, are as many as published."""
    if not folder.is_dir():
        return figure("reading_agreement", None, "", 0, f"{folder} is missing")
    cases = [
        (path.stem, *(part.strip() for part in line.split("=>")))
        for path in sorted(folder.glob("*.txt"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if "=>" in line
    ]
    kept = [
        (kind, written, spoken)
        for kind, written, spoken in cases
        if "<oov>" not in spoken and not any(written.count(char) > spoken.count(char) for char in "呃啊儿")
    ]
    agree = [syllables(decimal(w) if kind == "number" else w) == syllables(s) for kind, w, s in kept]
    return figure("reading_agreement", sum(agree) / len(agree), "", len(agree), "published readings; >= 0.97")


def _totals(folder: Path) -> Figure:
    """Hours that differ from the published totals in the last digit given."""
    if not folder.is_dir():
        return figure("rttm_totals_off", None, "", 0, f"{folder} is missing")
    off = files = 0
    for name, expected in TOTALS.items():
        speakers: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if line.startswith("SPEAKER"):
                _, file, _, start, length, _, _, speaker, *_ = line.split()
                if float(length) > 0:
                    speakers[file][speaker].append((float(start), float(start) + float(length)))
        sums = np.zeros(3)
        for spans in speakers.values():
            active, shared, added = Timeline(), Timeline(), 0.0
            for line_ in map(Timeline, spans.values()):
                shared, active = shared | (active & line_), active | line_
                added += line_.duration
            sums += (active.duration, shared.duration, added)
        off += sum(round(found / 3600, 3) != hours for found, hours in zip(sums, expected, strict=True))
        files += len(speakers)
    return figure("rttm_totals_off", off, "count", files, "12 published totals of speech and overlap; 0")


def _level(file: Path) -> Figure:
    """A 1 kHz tone, where RMS level and loudness are the same."""
    if not file.is_file():
        return figure("level_error_db", None, "dB", 0, f"{file} is missing")
    audio = decode(file)
    level = float(np.median(analysed(audio.samples[:1], audio.rate).levels[0]))
    return figure("level_error_db", abs(level - TONE_DBFS), "dB", 1, "published loudness of a 1 kHz tone")


def _wada(file: Path) -> Figure:
    """The SNR that our table gives for each published ratio, from 0 to 40 dB, where the curve is not flat."""
    if not file.is_file():
        return figure("wada_error_db", None, "dB", 0, f"{file} is missing")
    published = np.loadtxt(file, skiprows=1)
    inside = (published[:, 0] >= 0) & (published[:, 0] <= 40)
    steps = WADA_FIRST_DB + WADA_STEP_DB * np.arange(len(WADA_RATIOS))
    read = np.interp(published[inside, 1], WADA_RATIOS, steps)
    worst = float(np.max(np.abs(read - published[inside, 0])))
    return figure("wada_error_db", worst, "dB", int(inside.sum()), "published WADA table, 0 to 40 dB, worst")
