"""Overlap, talk and silence arithmetic against public turn times with known totals (needs the external data)."""

from __future__ import annotations

import os
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from qa_speech.call import Call, Recording, Role
from qa_speech.language.dialogue import build_utterances
from qa_speech.metrics.overlap import overlap
from qa_speech.metrics.silence import silence
from qa_speech.metrics.talk import talk
from qa_speech.timeline import Timeline

DATA = Path(os.environ.get("QA_SPEECH_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")
TURNS = DATA / "rttm_timing_reference"
A, C = Role.AGENT, Role.CUSTOMER

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not TURNS.is_dir(), reason=f"no {TURNS}: set QA_SPEECH_DATA to the external data"),
]


def read(name: str) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """Turn times by file and speaker."""
    files: dict[str, dict[str, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for line in (TURNS / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("SPEAKER"):
            _, file, _, start, length, _, _, speaker, *_ = line.split()
            if float(length) > 0:
                files[file][speaker].append((float(start), float(start) + float(length)))
    return files


@pytest.mark.parametrize(("name", "speech", "both", "share", "added"), [
    ("AISHELL4_test.rttm", 11.511, 0.570, 0.0495, 12.101),
    ("AMI_test.rttm", 7.290, 1.063, 0.1458, 8.532),
    ("AliMeeting_test.rttm", 9.910, 2.017, 0.2036, 12.456),
    ("voxconverse_test.rttm", 38.986, 1.190, 0.0305, 40.219),
])  # fmt: skip
def test_totals_of_many_speakers_are_the_published_ones(name, speech, both, share, added):
    seconds = {"speech": 0.0, "both": 0.0, "added": 0.0}
    for speakers in read(name).values():
        active, shared = Timeline(), Timeline()
        for spans in speakers.values():
            line = Timeline(spans)
            shared, active = shared | (active & line), active | line
            seconds["added"] += line.duration
        seconds["speech"] += active.duration
        seconds["both"] += shared.duration

    assert round(seconds["speech"] / 3600, 3) == speech
    assert round(seconds["both"] / 3600, 3) == both
    assert round(seconds["both"] / seconds["speech"], 4) == share
    assert round(seconds["added"] / 3600, 3) == added


def swept(one: list[tuple[float, float]], two: list[tuple[float, float]]) -> dict[str, float]:
    """The same figures by another way: sorted events and a counter per side."""
    events = sorted(
        [(at, side, step) for side, spans in enumerate((one, two)) for a, b in spans for at, step in ((a, 1), (b, -1))]
    )
    depth, seconds = [0, 0], {"one": 0.0, "two": 0.0, "both": 0.0, "any": 0.0}
    quiet, silent = 0.0, 0.0
    for (at, side, step), (following, _, _) in pairwise(events):
        depth[side] += step
        length = following - at
        active = [count > 0 for count in depth]
        seconds["one"] += length * active[0]
        seconds["two"] += length * active[1]
        seconds["both"] += length * all(active)
        seconds["any"] += length * any(active)
        if length > 0:
            quiet = 0.0 if any(active) else quiet + length
            silent += length if quiet >= 3 - 1e-6 else 0.0
    return seconds | {"silence": silent}


@pytest.mark.parametrize(
    "name", ["AISHELL4_test.rttm", "AMI_test.rttm", "AliMeeting_test.rttm", "voxconverse_test.rttm"]
)
def test_the_metrics_give_the_swept_totals_for_the_two_who_speak_most(name):
    compared = 0
    for file, speakers in read(name).items():
        most = sorted(speakers.values(), key=lambda spans: -sum(b - a for a, b in spans))[:2]
        if len(most) < 2:
            continue
        speech = {A: Timeline(most[0]), C: Timeline(most[1])}
        utterances, _ = build_utterances(speech)
        last = max(line[len(line) - 1].end for line in speech.values())
        call = Call(
            Recording(file, sampling_rate=1000, num_samples=round(last * 1000) + 1000, layout="two_channel"),
            speech,
            utterances,
        )
        expected = swept(*most)

        assert talk(call, role=A).value == pytest.approx(expected["one"], abs=1e-6)
        assert talk(call, role=C).value == pytest.approx(expected["two"], abs=1e-6)
        assert overlap(call).value == pytest.approx(expected["both"], abs=1e-6)
        assert overlap(call).components["active_s"] == pytest.approx(expected["any"], abs=1e-6)
        assert silence(call).components["total_s"] == pytest.approx(expected["silence"], abs=1e-6)
        compared += 1

    assert compared >= 16
