"""Timing, voice and sound quality against ground truth, and their speed.

    python benchmarks/timing.py [--quick] [--data DIR] [speed] [recordings] [generated] [voices] [recognised] [doctor]     parts

Generated calls (`calls.py`, seeds 0–199): talk time, silences, overlap and its classes, speech rate, leaks; and the
channel doctor on 200 calls per planted fault and 1,000 without. Voices that are easily lost (`_hard.py`, seeds 0–499):
parties lost, speech lost among noise and beside music; goes on where it was stopped. Recordings in the data folder:
meetings with hand labels, hold music, Mandarin clips with known text. Speed: CPU of one process on a five-minute
two-channel A-law call, as ratios against the speech detection network alone, interleaved. One core; the whole takes
about an hour.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _common import Figure, Options, figure, run_parts  # noqa: E402
from _line import FAULTS  # noqa: E402
from _lost import lost  # noqa: E402
from _recognised import recognised  # noqa: E402
from _recordings import PEERS, analysed, recordings  # noqa: E402
from _scores import FAULT_CODES, Scored, f1, fault_codes, macro_f1, scored, upper_bound  # noqa: E402
from _speed import speed  # noqa: E402
from calls import CODECS, NOISES, REPORT_SEEDS, MadeCall, make  # noqa: E402

from qa_speech.audio.voice import acoustics  # noqa: E402

CLEAN_VARIANTS = 5
DOCTOR_S = 32.0
PEER_CALLS = 60
"""Calls on which the other detectors are tried too."""


# -- generated calls --------------------------------------------------------------------------------------------


def score_call(made: MadeCall, *, peers: bool = False) -> Scored:
    """One generated call, analysed and held against its truth."""
    found = analysed(made.samples, made.rate)
    nuclei = []
    for track, levels, speech in zip(found.tracks, found.levels, found.speech, strict=True):
        voices = acoustics(track, levels, speech, list(speech), pitch=False)
        nuclei.append([voice.nuclei or 0 for voice in voices])
    others = {}
    for rival in PEERS if peers else ():
        try:
            one, two = (rival.detect(made.samples[i : i + 1], made.rate) for i in (0, 1))
        except ImportError:
            continue
        others[rival.suffix] = (one, two)
    return scored(made, found, nuclei, others)


def generated(options: Options) -> Iterator[Figure]:
    """Timing figures over the report seeds: the target stratum first, then the others."""
    seeds = REPORT_SEEDS[:5] if options.quick else REPORT_SEEDS
    rows = [score_call(make(seed, data=options.data), peers=number < PEER_CALLS) for number, seed in enumerate(seeds)]
    target = [row for row in rows if row.made.drawn.target]
    yield from stratum("", target, "target stratum")
    yield from _peers([row for row in target if row.peers])
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
        yield from stratum(prefix, [row for row in rows if inside(row)], name)
    for codec in CODECS:
        yield from _short(f"{codec}_", [row for row in target if row.made.drawn.codec == codec], f"target, {codec}")
    for noise in NOISES:
        noisy = [row for row in rows if row.made.drawn.noise == noise and (row.made.drawn.snr_db or 99) <= 15]
        yield from _short(f"{noise}_", noisy, f"{noise} noise, SNR <= 15 dB")


def _loud_leak(row: Scored) -> bool:
    drawn = row.made.drawn
    return (drawn.snr_db or 99) >= 15 and any(level is not None and level > -20 for level in drawn.leaks_db)


def _quiet(row: Scored) -> bool:
    return (row.made.drawn.snr_db or 99) >= 15 and min(row.made.drawn.levels_db) < -40


def stratum(prefix: str, rows: list[Scored], name: str) -> Iterator[Figure]:
    """All figures of one stratum."""
    if not rows:
        yield figure(f"{prefix}talk_time_error", None, "", 0, f"no call with {name}")
        return
    yield from _short(prefix, rows, name)
    true_s = sum(row.overlap_s[0] for row in rows)
    wrong_s = sum(abs(row.overlap_s[1] - row.overlap_s[0]) for row in rows)
    share = wrong_s / true_s if true_s else None
    yield figure(f"{prefix}overlap_duration_error", share, "", len(rows), _against("truth", name, "<= 0.10"))
    number = sum(counts[1] for row in rows for counts in row.classes.values())
    for label, value, what in (
        ("overlap_macro_f1", macro_f1(row.classes for row in rows), _against("true words", name, ">= 0.90")),
        ("overlap_macro_f1_no_words", macro_f1(row.classes_bare for row in rows), f"no words, by length alone, {name}"),
    ):
        yield figure(f"{prefix}{label}", value, "", number, what)
    for label, errors, what in (
        ("rate_error_words", [x for row in rows for x in row.rate_words], _against("true words", name, "<= 0.03")),
        ("rate_error_asr_free_synthetic", [x for row in rows for x in row.rate_free], f"syllables spoken, {name}"),
    ):
        yield figure(f"{prefix}{label}", float(np.median(errors)) if errors else None, "", len(errors), what)
    leaks = [error for row in rows for error in row.leaks]
    p90 = float(np.percentile(leaks, 90)) if leaks else None
    yield figure(f"{prefix}leak_error_db_p90", p90, "dB", len(leaks), _against("leaks >= -35 dB", name, "<= 3"))


def _against(what: str, name: str, target: str) -> str:
    """What a figure is held against; targets are set for the target stratum as a whole, the others only show where it fails."""
    if not name.startswith("target stratum"):
        return f"{what}, {name}"
    return f"{what}, {name}; target {target}"


def _short(prefix: str, rows: list[Scored], name: str) -> Iterator[Figure]:
    """Talk time and silences of a stratum."""
    talk = [abs(error) for row in rows for error in row.talk]
    count = sum(row.silences[1] for row in rows)
    value = float(np.median(talk)) if talk else None
    yield figure(f"{prefix}talk_time_error", value, "", len(talk), _against("truth", name, "<= 0.03"))
    score = f1(row.silences for row in rows) if count else None
    yield figure(f"{prefix}silence_f1", score, "", count, _against("truth", name, ">= 0.97"))


def _peers(rows: list[Scored]) -> Iterator[Figure]:
    """The same two figures by the other detectors, and by ours on the calls they were tried on."""
    yield from _short("peer_calls_", rows, "target stratum, the calls of the lines below")
    for rival in PEERS:
        found = [row.peers[rival.suffix] for row in rows if rival.suffix in row.peers]
        talk = [abs(error) for errors, _ in found for error in errors]
        count = sum(silences[1] for _, silences in found)
        against = rival.what if found else "not installed"
        yield figure(f"talk_time_error{rival.suffix}", float(np.median(talk)) if talk else None, "", len(talk), against)
        score = f1(silences for _, silences in found) if count else None
        yield figure(f"silence_f1{rival.suffix}", score, "", count, against)


# -- the channel doctor -----------------------------------------------------------------------------------------


def codes(seed: int, variant: int, fault: str, data: Path) -> set[str]:
    """The faults reported for one call with `fault` planted, or none ("")."""
    made = make(seed, variant=variant, fault=fault, clean=not fault, data=data, length_s=DOCTOR_S)
    return set(fault_codes(analysed(made.samples, made.rate)))


def doctor(options: Options) -> Iterator[Figure]:
    """Recall per planted fault, and false alarms of each kind on calls without any."""
    seeds = REPORT_SEEDS[:1] if options.quick else REPORT_SEEDS
    found: dict[str, int] = dict.fromkeys(FAULTS, 0)
    alarms: list[set[str]] = []
    for seed in seeds:
        for fault in FAULTS:
            found[fault] += FAULT_CODES[fault] in codes(seed, 0, fault, options.data)
        for variant in range(1 if options.quick else CLEAN_VARIANTS):
            alarms.append(codes(seed, variant, "", options.data))
    for fault in FAULTS:
        yield figure(
            f"doctor_recall_{fault}", found[fault] / len(seeds), "", len(seeds), "planted fault; target >= 0.99"
        )
    total = len(seeds) * len(FAULTS)
    yield figure("doctor_recall", sum(found.values()) / total, "", total, "planted faults of all kinds; target >= 0.99")
    yield figure(
        "doctor_recall_worst", min(found.values()) / len(seeds), "", len(seeds), "the worst kind; target >= 0.99"
    )
    wrong = sum(bool(item) for item in alarms)
    yield figure(
        "doctor_false_alarms", wrong / len(alarms), "", len(alarms), "calls without fault, any alarm; target <= 0.01"
    )
    yield figure("doctor_false_alarms_upper", upper_bound(wrong, len(alarms)), "", len(alarms), "95 % upper bound")
    for code in sorted(set().union(*alarms)):
        count = sum(code in item for item in alarms)
        yield figure(f"doctor_false_{code}", count / len(alarms), "", len(alarms), "calls without fault")


PARTS: dict[str, Callable[[Options], Iterator[Figure]]] = {
    "speed": lambda options: speed(quick=options.quick),
    "recordings": lambda options: recordings(options.data),
    "generated": generated,
    "voices": lost,
    "recognised": lambda options: recognised(REPORT_SEEDS[:4] if options.quick else REPORT_SEEDS[:100], options.data),
    "doctor": doctor,
}

if __name__ == "__main__":
    run_parts(PARTS)
