"""Timing, voice and sound quality against ground truth, and their speed.

    python benchmarks/timing.py [--quick] [--data DIR]

Generated calls (`calls.py`, seeds 0–199): talk time, silences, overlap and its classes, speech rate, leaks; and the
channel doctor on 200 calls per planted fault and 1,000 without. Recordings in the data folder: meetings with hand
labels, hold music, Mandarin clips with known text. Speed: CPU of one process on a five-minute two-channel A-law call,
as ratios against the speech detection network alone, interleaved.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _common import Figure, Options, figure, run  # noqa: E402
from _line import FAULTS  # noqa: E402
from _scores import FAULT_CODES, Scored, f1, fault_codes, macro_f1, scored, upper_bound  # noqa: E402
from calls import REPORT_SEEDS, make  # noqa: E402

from qa_speech.audio.analysis import Analysis, analyse  # noqa: E402
from qa_speech.audio.decode import decode  # noqa: E402
from qa_speech.audio.voice import acoustics  # noqa: E402
from qa_speech.engines.silero import SileroDetector  # noqa: E402
from qa_speech.timeline import Segment, Timeline  # noqa: E402

DETECTOR = SileroDetector()
CLEAN_VARIANTS = 5
DOCTOR_S = 45.0
SPEED_ROUNDS = 7
PROCESSES = 2


def analysed(samples: np.ndarray, rate: int) -> Analysis:
    """Our analysis with the shipped detector."""
    return analyse(samples, rate, DETECTOR.probabilities, DETECTOR.frame_s)


# -- generated calls --------------------------------------------------------------------------------------------


def _score_seed(task: tuple[int, Path]) -> Scored:
    """One generated call, analysed and held against its truth."""
    made = make(task[0], data=task[1])
    found = analysed(made.samples, made.rate)
    nuclei = [
        [item.nuclei or 0 for item in acoustics(track, levels, speech, list(speech), pitch=False)]
        for track, levels, speech in zip(found.tracks, found.levels, found.speech, strict=True)
    ]
    return scored(made, found, nuclei)


def generated(options: Options, pool: Executor) -> Iterator[Figure]:
    """Timing figures over the report seeds: the target stratum first, then the others."""
    seeds = REPORT_SEEDS[:5] if options.quick else REPORT_SEEDS
    rows = list(pool.map(_score_seed, [(seed, options.data) for seed in seeds]))
    yield from _stratum("", [row for row in rows if row.made.drawn.target], "target stratum")
    if options.quick:
        return
    strata: list[tuple[str, str, Callable[[Scored], bool]]] = [
        ("snr10_", "SNR 10 dB", lambda row: row.made.drawn.snr_db == 10),
        ("snr5_", "SNR 5 dB", lambda row: row.made.drawn.snr_db == 5),
        ("leak_", "leak > -20 dB, SNR >= 15 dB", lambda row: _loud_leak(row)),
        ("quiet_", "level < -40 dBFS, SNR >= 15 dB", lambda row: _quiet(row)),
        ("real_", "target, a recorded speaker", lambda row: row.made.drawn.target and row.made.drawn.real),
        ("synthetic_", "target, synthetic voices", lambda row: row.made.drawn.target and not row.made.drawn.real),
    ]
    for prefix, name, inside in strata:
        yield from _stratum(prefix, [row for row in rows if inside(row)], name)


def _loud_leak(row: Scored) -> bool:
    drawn = row.made.drawn
    return (drawn.snr_db or 99) >= 15 and any(level is not None and level > -20 for level in drawn.leaks_db)


def _quiet(row: Scored) -> bool:
    return (row.made.drawn.snr_db or 99) >= 15 and min(row.made.drawn.levels_db) < -40


def _stratum(prefix: str, rows: list[Scored], name: str) -> Iterator[Figure]:
    if not rows:
        yield figure(f"{prefix}talk_time_error", None, "", 0, f"no call with {name}")
        return
    talk = [abs(error) for row in rows for error in row.talk]
    true_s = sum(row.overlap_s[0] for row in rows)
    wrong_s = sum(abs(row.overlap_s[1] - row.overlap_s[0]) for row in rows)
    yield figure(f"{prefix}talk_time_error", float(np.median(talk)), "", len(talk), f"truth, {name}; <= 0.03")
    count = sum(row.silences[1] for row in rows)
    yield figure(f"{prefix}silence_f1", f1(row.silences for row in rows), "", count, f"truth, {name}; >= 0.97")
    share = wrong_s / true_s if true_s else None
    yield figure(f"{prefix}overlap_duration_error", share, "", len(rows), f"truth, {name}; <= 0.10")
    number = sum(counts[1] for row in rows for counts in row.classes.values())
    yield figure(
        f"{prefix}overlap_macro_f1", macro_f1(row.classes for row in rows), "", number, f"true words, {name}; >= 0.90"
    )
    for label, errors, what in (
        ("rate_error_words", [x for row in rows for x in row.rate_words], f"true words, {name}; <= 0.03"),
        ("rate_error_asr_free_synthetic", [x for row in rows for x in row.rate_free], f"syllables spoken, {name}"),
    ):
        yield figure(f"{prefix}{label}", float(np.median(errors)) if errors else None, "", len(errors), what)
    leaks = [error for row in rows for error in row.leaks]
    p90 = float(np.percentile(leaks, 90)) if leaks else None
    yield figure(f"{prefix}leak_error_db_p90", p90, "dB", len(leaks), f"leaks >= -35 dB, {name}; <= 3")


def _codes(task: tuple[int, int, str, Path]) -> set[str]:
    """The faults reported for one call: seed, variant, planted fault or "", data folder."""
    seed, variant, fault, data = task
    made = make(seed, variant=variant, fault=fault, clean=not fault, data=data, length_s=DOCTOR_S)
    return set(fault_codes(analysed(made.samples, made.rate)))


def doctor(options: Options, pool: Executor) -> Iterator[Figure]:
    """Recall per planted fault, and false alarms of each kind on calls without any."""
    seeds = REPORT_SEEDS[:1] if options.quick else REPORT_SEEDS
    recalls = []
    for fault in FAULTS:
        found = pool.map(_codes, [(seed, 0, fault, options.data) for seed in seeds])
        recalls.append(sum(FAULT_CODES[fault] in codes for codes in found) / len(seeds))
        yield figure(f"doctor_recall_{fault}", recalls[-1], "", len(seeds), "planted fault; >= 0.99")
    yield figure("doctor_recall", min(recalls), "", len(seeds) * len(FAULTS), "the worst fault; >= 0.99")
    variants = range(1 if options.quick else CLEAN_VARIANTS)
    alarms = list(pool.map(_codes, [(seed, variant, "", options.data) for variant in variants for seed in seeds]))
    wrong = sum(bool(codes) for codes in alarms)
    yield figure("doctor_false_alarms", wrong / len(alarms), "", len(alarms), "calls without fault, any alarm; <= 0.01")
    yield figure("doctor_false_alarms_upper", upper_bound(wrong, len(alarms)), "", len(alarms), "95 % upper bound")
    for code in sorted(set().union(*alarms)):
        count = sum(code in codes for codes in alarms)
        yield figure(f"doctor_false_{code}", count / len(alarms), "", len(alarms), "calls without fault")


# -- recordings of the data folder ------------------------------------------------------------------------------


def recordings(options: Options) -> Iterator[Figure]:
    """Meetings, hold music, Mandarin clips; beside the detectors a user would pick instead."""
    rivals: dict[str, tuple[Callable[[np.ndarray, int], Timeline], str]] = {
        "": (_ours, "ours for timing"),
        "_padded": (_ours_padded, "ours for recognition"),
        "_faster_whisper": (_stock, "faster-whisper's defaults, same files"),
        "_faster_whisper_tight": (_stock_tight, "faster-whisper, pauses from 0.2 s, no padding, same files"),
        "_webrtcvad": (_webrtc, "webrtcvad, mode 2, same files"),
    }
    for suffix, (detect, against) in rivals.items():
        yield from _meetings(options.data / "ami_overlap_30s", detect, suffix, against)
        yield from _music(options.data / "music_noise_speech" / "ina" / "musanmix.mp3", detect, suffix, against)
    yield _free_rate(options.data / "mandarin_asr_mini")
    yield _readings(options.data / "text_normalisation_zh" / "wetext_tn")
    yield _loudness(options.data / "loudness_reference" / "sine_1000.wav")


def _ours(samples: np.ndarray, rate: int) -> Timeline:
    return analysed(samples[:1], rate).speech[0]


def _ours_padded(samples: np.ndarray, rate: int) -> Timeline:
    return Timeline(analysed(samples[:1], rate).padded[0])


def _stock(samples: np.ndarray, rate: int, **options: int) -> Timeline:
    from faster_whisper.vad import get_speech_timestamps

    audio = _at_16k(samples, rate)
    return Timeline((item["start"] / 16_000, item["end"] / 16_000) for item in get_speech_timestamps(audio, **options))


def _stock_tight(samples: np.ndarray, rate: int) -> Timeline:
    return _stock(samples, rate, min_silence_duration_ms=200, speech_pad_ms=0)


def _webrtc(samples: np.ndarray, rate: int) -> Timeline:
    import webrtcvad

    audio = (_at_16k(samples, rate) * 32767).astype(np.int16)
    detector = webrtcvad.Vad(2)
    frames = [audio[start : start + 480].tobytes() for start in range(0, len(audio) - 480, 480)]
    return Timeline((i * 0.03, (i + 1) * 0.03) for i, frame in enumerate(frames) if detector.is_speech(frame, 16_000))


def _at_16k(samples: np.ndarray, rate: int) -> np.ndarray:
    import soxr

    audio = samples[0].astype(np.float32) / 32768
    return np.asarray(audio if rate == 16_000 else soxr.resample(audio, rate, 16_000), np.float32)


def _meetings(
    folder: Path, detect: Callable[[np.ndarray, int], Timeline], suffix: str, against: str
) -> Iterator[Figure]:
    name = f"ami_detection_error{suffix}"
    if not folder.is_dir():
        yield figure(name, None, "", 0, f"{folder} is missing")
        return
    labels: dict[str, list[tuple[float, float]]] = {}
    for line in (folder / "debug.train.rttm").read_text(encoding="utf-8").splitlines():
        parts = line.split()
        labels.setdefault(parts[1], []).append((float(parts[3]), float(parts[3]) + float(parts[4])))
    wrong = total = 0.0
    for stem, spans in labels.items():
        audio = decode(folder / f"{stem}.wav")
        try:
            found = detect(audio.samples, audio.rate)
        except ImportError as exc:
            yield figure(name, None, "", 0, f"not installed: {exc.name}")
            return
        truth = Timeline(spans)
        wrong += (found - truth).duration + (truth - found).duration
        total += truth.duration
    yield figure(
        name,
        wrong / total,
        "",
        len(labels),
        f"hand labels (pauses closed): missed and false over all speech; {against}",
    )


def _music(file: Path, detect: Callable[[np.ndarray, int], Timeline], suffix: str, against: str) -> Iterator[Figure]:
    name = f"hold_music_as_speech_share{suffix}"
    if not file.is_file():
        yield figure(name, None, "", 0, f"{file} is missing")
        return
    audio = decode(file)
    try:
        found = detect(audio.samples, audio.rate)
    except ImportError as exc:
        yield figure(name, None, "", 0, f"not installed: {exc.name}")
        return
    yield figure(name, found.crop(Segment(0, 22.5)).duration / 22.5, "", 1, f"22.5 s of music; {against}")
    speech_s = found.crop(Segment(63, 74)).duration
    yield figure(f"speech_after_music_s{suffix}", speech_s, "s", 1, f"of 11 s with pauses, 20 dB softer; {against}")


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
    from qa_speech.language.reading import decimal, syllables

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


def _loudness(file: Path) -> Figure:
    """A 1 kHz tone, where RMS level and loudness are the same."""
    if not file.is_file():
        return figure("level_error_db", None, "dB", 0, f"{file} is missing")
    audio = decode(file)
    level = float(np.median(analysed(audio.samples[:1], audio.rate).levels[0]))
    return figure("level_error_db", abs(level - -3.0523438444331137), "dB", 1, "published loudness of a 1 kHz tone")


# -- speed ------------------------------------------------------------------------------------------------------


def speed(options: Options) -> Iterator[Figure]:
    """CPU seconds of one process, medians of interleaved rounds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "five_minutes.wav"
        _write_call(path)
        yield from _ratios(path, 1 if options.quick else SPEED_ROUNDS, quick=options.quick)
        code = _FIRST.format(root=str(HERE.parent), path=str(path))
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        first, second = json.loads(done.stdout)
        yield figure(
            "first_call_extra_s",
            first - second,
            "s",
            1,
            "CPU of the first call of a process, imports included, less the second",
        )


_FIRST = """
import sys, time, json
sys.path.insert(0, {root!r})
def once():
    start = time.process_time()
    from qa_speech.pipeline import inspect_call
    inspect_call({path!r})
    return time.process_time() - start
print(json.dumps([once(), once()]))
"""


def _write_call(path: Path) -> None:
    """Five minutes, two synthetic voices over faint noise, A-law."""
    import soundfile

    parts = [make(1000 + i, clean=True, data=Path("no real voices"), length_s=100) for i in range(4)]
    samples = np.concatenate([part.samples for part in parts], axis=1)[:, : 300 * 8000]
    soundfile.write(path, samples.T, 8000, subtype="ALAW")


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _ratios(path: Path, rounds: int, *, quick: bool) -> Iterator[Figure]:
    from qa_speech.pipeline import inspect_call
    from qa_speech.settings import Settings, Speech

    audio = decode(path)
    channels = [_at_16k(row[None], audio.rate) for row in audio.samples]
    plain, pitched = (Settings(speech=Speech(pitch=pitch)) for pitch in (False, True))
    works: dict[str, Callable[[], object]] = {
        "network": lambda: [DETECTOR.probabilities(channel) for channel in channels],
        "plain": lambda: inspect_call(path, settings=plain),
        "pitch": lambda: inspect_call(path, settings=pitched),
    }
    if not quick:
        works["librosa"] = lambda: _librosa_way(path)
    for work in works.values():
        work()
    spent: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            spent[name].append(_cpu(work))
    cost = {name: float(np.median(times)) for name, times in spent.items()}
    yield figure("analysis_over_vad_cpu", cost["plain"] / cost["network"], "", rounds, "the network alone; <= 1.5")
    yield figure(
        "analysis_pitch_over_vad_cpu", cost["pitch"] / cost["network"], "", rounds, "the network alone; <= 2.0"
    )
    yield figure("vad_x_realtime", 600 / cost["network"], "", rounds, "two channels of 300 s, one core")
    against = "faster-whisper VAD + librosa rms, stft, yin, cross-correlation on whole channels"
    value = cost["librosa"] / cost["pitch"] if "librosa" in cost else None
    yield figure("librosa_way_over_ours_cpu", value, "", rounds, against if value else "not in a quick run")


def _librosa_way(path: Path) -> None:
    """The same jobs as one would do them with the usual packages."""
    import librosa
    from faster_whisper.vad import get_speech_timestamps

    both, _ = librosa.load(path, sr=16_000, mono=False)
    for channel in both:
        get_speech_timestamps(channel.copy(), min_silence_duration_ms=200, speech_pad_ms=0)
        librosa.feature.rms(y=channel, frame_length=320, hop_length=160)
        spectrum = np.abs(librosa.stft(channel, n_fft=1024, hop_length=256))
        librosa.feature.spectral_flatness(S=spectrum)
        librosa.feature.spectral_bandwidth(S=spectrum, sr=16_000)
        librosa.onset.onset_strength(S=librosa.amplitude_to_db(spectrum), sr=16_000)
        librosa.yin(channel, fmin=70, fmax=420, sr=16_000, frame_length=1024, hop_length=320)
    size = 1 << (2 * both.shape[1]).bit_length()
    np.fft.irfft(np.fft.rfft(both[0], size) * np.conj(np.fft.rfft(both[1], size)))


def measure(options: Options) -> Iterator[Figure]:
    """All figures."""
    yield from speed(options)
    yield from recordings(options)
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield from generated(options, pool)
        yield from doctor(options, pool)


if __name__ == "__main__":
    run(measure)
