"""Make the sample calls and their ground truth.

    python training/samples/make_samples.py [--only good-service] [--out samples] [--check-only]

Needs espeak-ng 1.51 (library), numpy, soundfile, soxr and PyAV.  Each call is checked first: every character must
be in the recogniser's vocabulary, and no run of eight characters may occur in its training text.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import av
import numpy as np
import soundfile
from numpy.typing import NDArray

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "demo_asr")]

import calls_of_audio  # noqa: E402
import calls_of_service  # noqa: E402
import corpus  # noqa: E402
import overlap  # noqa: E402
import script  # noqa: E402
import speech  # noqa: E402
from compose import Event, Scene, compose, rate, seed_of  # noqa: E402

CALLS = calls_of_service.CALLS + calls_of_audio.CALLS
SAMPLING_RATE = speech.SAMPLING_RATE
OPUS_BIT_RATE = 24_000
MP3_COMPRESSION = 0.9
BLOCK = 65_536
TAIL_S = 0.8
"""Line noise after the last word."""
LEAK_DELAY_S = 0.004

CHANNELS: dict[script.Layout, dict[str, str | list[str]]] = {
    "two_channel": {"1": "agent", "2": "customer"},
    "swapped": {"1": "customer", "2": "agent"},
    "fake_stereo": {"1": ["agent", "customer"], "2": ["agent", "customer"]},
    "mono": {"1": ["agent", "customer"]},
}

Audio = NDArray[np.float32]


# -- recording --------------------------------------------------------------------------------------------------


def mix(call: script.Call, scene: Scene) -> Audio:
    """The recording, as frames by channels."""
    pieces = scene.audio["agent"] + scene.audio["customer"]
    length = int((max(start + len(audio) / SAMPLING_RATE for start, audio in pieces) + TAIL_S) * SAMPLING_RATE)
    rng = np.random.default_rng(seed_of(call))
    noise = rng.standard_normal((length, 2)) * 10 ** (call.noise_db / 20)
    voices = {role: lay_out(scene.audio[role], length) for role in ("agent", "customer")}
    if call.street_db is not None:
        voices["customer"] += street(length, rng) * 10 ** (call.street_db / 20)
    if call.leak_db is not None:
        gain, delay = 10 ** (call.leak_db / 20), int(LEAK_DELAY_S * SAMPLING_RATE)
        agent, customer = voices["agent"], voices["customer"]
        voices = {
            "agent": agent + gain * np.pad(customer, (delay, 0))[:length],
            "customer": customer + gain * np.pad(agent, (delay, 0))[:length],
        }
    columns = []
    for index, roles in enumerate(CHANNELS[call.layout].values()):
        shared = isinstance(roles, list)
        heard = sum(voices[role] for role in roles) if shared else voices[str(roles)]
        columns.append(heard + noise[:, 0 if shared else index])
    return np.clip(np.stack(columns, axis=1), -1, 1).astype(np.float32)


def lay_out(pieces: Sequence[tuple[float, Audio]], length: int) -> Audio:
    """Add pieces of audio at their times."""
    channel = np.zeros(length, np.float32)
    for start, audio in pieces:
        first = round(start * SAMPLING_RATE)
        channel[first : first + len(audio)] += audio
    return channel


def street(length: int, rng: np.random.Generator) -> Audio:
    """Noise of a street, RMS 1: low-pitched, with cars that come and go."""
    frequency = np.fft.rfftfreq(length, 1 / SAMPLING_RATE)
    spectrum = np.fft.rfft(rng.standard_normal(length)) / np.sqrt(np.maximum(frequency, 50))
    rumble = speech.telephone_band(np.fft.irfft(spectrum, length).astype(np.float32))
    time = np.arange(length) / SAMPLING_RATE
    cars = 1 + 0.5 * np.sin(2 * np.pi * time / 7.3) + 0.3 * np.sin(2 * np.pi * time / 3.1 + 1)
    noise = rumble * cars
    return (noise / np.sqrt(np.mean(noise**2))).astype(np.float32)


def write(path: Path, recording: Audio, codec: str) -> None:
    """Write the recording in the format of its suffix."""
    if path.suffix == ".ogg":
        write_opus(path, recording)
    elif path.suffix == ".mp3":
        soundfile.write(path, recording, SAMPLING_RATE, format="MP3", compression_level=MP3_COMPRESSION)
    else:
        soundfile.write(path, recording, SAMPLING_RATE, format="WAV", subtype=codec)


def write_opus(path: Path, recording: Audio) -> None:
    """Ogg/Opus for speech; two channels are coded together."""
    layout = "stereo" if recording.shape[1] == 2 else "mono"
    with av.open(str(path), "w", format="ogg", options={"fflags": "+bitexact"}) as container:
        stream = container.add_stream("libopus", rate=SAMPLING_RATE, layout=layout)
        stream.bit_rate = OPUS_BIT_RATE
        stream.options = {"application": "voip", "vbr": "on", "frame_duration": "60"}
        samples = np.ascontiguousarray(recording.T)
        for first in range(0, samples.shape[1], BLOCK):
            block = np.ascontiguousarray(samples[:, first : first + BLOCK])
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=layout)
            frame.sample_rate = SAMPLING_RATE
            frame.pts = first
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


# -- truth ------------------------------------------------------------------------------------------------------


def sound_events(call: script.Call, duration: float) -> list[Event]:
    """What is planted in the sound rather than in the talk."""
    events = []
    if call.street_db is not None:
        events.append(Event("noise", "customer", 0.0, duration, f"street, {call.street_db:g} dBFS"))
    if call.leak_db is not None:
        note = f"heard in the other channel, {call.leak_db:g} dB, {LEAK_DELAY_S * 1000:g} ms later"
        events += [Event("crosstalk", role, 0.0, duration, note) for role in ("agent", "customer")]
    return events


def truth(call: script.Call, scene: Scene, recording: Audio) -> dict[str, Any]:
    """The ground truth of a call; the schema is in samples/README.md."""
    duration = round(len(recording) / SAMPLING_RATE, 3)
    return {
        "id": call.id,
        "title_zh": call.title_zh,
        "title_en": call.title_en,
        "file": call.id + call.suffix,
        "made_by": "training/samples/make_samples.py",
        "seed": seed_of(call),
        "sampling_rate": SAMPLING_RATE,
        "duration_s": duration,
        "layout": call.layout,
        "channels": CHANNELS[call.layout],
        "agent_id": call.agent_id,
        "voices": {"agent": asdict(call.agent), "customer": asdict(call.customer)},
        "turns": [asdict(turn) for turn in scene.turns],
        "events": [asdict(event) for event in sound_events(call, duration) + scene.events],
    }


# -- checks and command -----------------------------------------------------------------------------------------


def check_text(call: script.Call, matcher: overlap.TemplateMatcher) -> list[str]:
    """What is wrong with the text of a call: characters not known, runs shared with the training text."""
    problems = []
    for step in call.steps:
        text = "" if isinstance(step, script.Hold) else step.text
        unknown = [character for character in text if character not in corpus.CHARACTERS]
        if unknown:
            problems.append(f"{call.id}: not in the vocabulary: {''.join(unknown)} in {text}")
        problems += [f"{call.id}: in the training text: {run} in {text}" for run in overlap.shared_runs(text, matcher)]
    return problems


def make(task: tuple[script.Call, Path]) -> str:
    """Make one sample; return a line about it."""
    call, folder = task
    scene = compose(call)
    recording = mix(call, scene)
    path = folder / (call.id + call.suffix)
    write(path, recording, call.codec)
    text = json.dumps(truth(call, scene, recording), ensure_ascii=False, indent=1)
    path.with_name(call.id + ".truth.json").write_text(text + "\n", encoding="utf-8")
    agent, customer = (rate(turn for turn in scene.turns if turn.role == role) for role in ("agent", "customer"))
    return (
        f"{path.name}: {len(recording) / SAMPLING_RATE:.1f} s, {path.stat().st_size / 1000:.0f} kB, "
        f"agent {agent:.0f} and customer {customer:.0f} characters a minute"
    )


def write_sums(folder: Path) -> None:
    """SHA256SUMS of every recording and its truth."""
    files = sorted(path for path in folder.iterdir() if path.suffix in {".ogg", ".mp3", ".wav", ".json"})
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the samples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "samples")
    parser.add_argument("--only", action="append", help="make only this call (repeatable)")
    parser.add_argument("--check-only", action="store_true", help="check the texts, write nothing")
    options = parser.parse_args(arguments)
    calls = [call for call in CALLS if not options.only or call.id in options.only]
    matcher = overlap.TemplateMatcher()
    problems = [problem for call in calls for problem in check_text(call, matcher)]
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    if options.check_only:
        return 0
    options.out.mkdir(parents=True, exist_ok=True)
    # espeak-ng keeps state from sentence to sentence: a fresh process makes each call the same every time
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for line in pool.imap(make, [(call, options.out) for call in calls], chunksize=1):
            print(line, flush=True)
    write_sums(options.out)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
