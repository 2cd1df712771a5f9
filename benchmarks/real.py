"""Real Mandarin clips in two-channel calls of the telephone, recognised by whisper-base: ours beside stock faster-whisper.

    python benchmarks/real.py [words|speed] --data DIR        needs whisper-base and the clips of mandarin_asr_mini

The clips that decide were not used to choose any bound (`_real_calls`). Stock = `BatchedInferencePipeline` once per channel, with
its own speech detection and its own windows of 30 s. An utterance is lost where one that was said has no word near it.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soxr
from _common import Figure, Options, figure, run_parts
from _not_speech import heard_alone, heard_in_calls, sounds
from _real_calls import CLOSED, PASSAGES_CLOSED, RATE, Clips, RealCall, alone, many_voices, one_voice
from _word_starts import start_errors

from qa_speech.audio.decode import decode
from qa_speech.call import Call, Role, Word
from qa_speech.engines.models import find_model
from qa_speech.engines.silero import SileroDetector
from qa_speech.engines.whisper import DecodeOptions, WhisperRecognizer
from qa_speech.errors import ModelError
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings
from qa_speech.stats.edits import edit_distance

MANY, ONE = 6, 2
QUICK = 1
CALLS_A_TURN = 2
SPEED_CALLS, SPEED_SEED = 40, 1000
ROLES = (Role.AGENT, Role.CUSTOMER)
NEAR_S = 0.3
BOOTSTRAP = 4000


class Heard(NamedTuple):
    """Texts by channel of each call, the calls themselves where ours, and the seconds of CPU and of the clock."""

    texts: list[tuple[str, str]]
    calls: list[Call]
    cpu_s: float
    wall_s: float


def made(options: Options) -> list[RealCall]:
    """The calls that decide: several voices a channel, then one voice a channel."""
    clips = Clips(options.data / "mandarin_asr_mini")
    many = [many_voices(clips, CLOSED, seed) for seed in range(QUICK if options.quick else MANY)]
    one = [one_voice(clips, PASSAGES_CLOSED[0], seed) for seed in range(QUICK if options.quick else ONE)]
    return many + one


def ours(calls: Sequence[RealCall], folder: Path, recognizer: WhisperRecognizer) -> Heard:
    """Words by our pipeline; channel 1 is the agent's."""
    settings = Settings.model_validate({"speech": {"pitch": False}})
    cpu, wall = time.process_time(), time.perf_counter()
    inputs = [CallInput(folder / f"{call.name}.wav", call.name) for call in calls]
    reports = list(inspect_many(inputs, recognizer=recognizer, detector=SileroDetector(), settings=settings))
    found = [report.call for report in reports if isinstance(report, CallReport)]
    texts = []
    for call in found:
        agent, customer = ("".join(word.text for word in words_of(call, role)) for role in ROLES)
        texts.append((fold(agent), fold(customer)))
    return Heard(texts, found, time.process_time() - cpu, time.perf_counter() - wall)


def words_of(call: Call, role: Role) -> list[Word]:
    """All words of a role, those outside its speech included, in order."""
    words = [word for said in call.utterances_of(role) for word in said.words]
    words += [stray.word for stray in call.stray if stray.role is role]
    return sorted(words, key=lambda word: word.start)


def stock(calls: Sequence[RealCall], folder: Path, recognizer: WhisperRecognizer, *, batched: bool = True) -> Heard:
    """Words by faster-whisper's own pipeline, batched or sequential, one channel after the other."""
    from faster_whisper import BatchedInferencePipeline

    pipeline = recognizer._model
    options = {}
    if batched:
        pipeline = BatchedInferencePipeline(recognizer._model)
        options = {"batch_size": 8}
    cpu, wall = time.process_time(), time.perf_counter()
    texts = []
    for call in calls:
        audio = decode(folder / f"{call.name}.wav")
        found = []
        for channel in (0, 1):
            sound = soxr.resample(audio.cut(channel, 0, audio.duration), audio.rate, 16_000)
            segments, _ = pipeline.transcribe(sound, language="zh", word_timestamps=True, **options)
            found.append(fold("".join(segment.text for segment in segments)))
        texts.append((found[0], found[1]))
    return Heard(texts, [], time.process_time() - cpu, time.perf_counter() - wall)


def in_turns(calls: Sequence[RealCall], folder: Path, recognizer: WhisperRecognizer) -> tuple[Heard, Heard]:
    """Ours and stock over the same calls, part by part in turns, so that what else the machine does meets both."""
    mine: list[Heard] = []
    theirs: list[Heard] = []
    parts = [calls[first : first + CALLS_A_TURN] for first in range(0, len(calls), CALLS_A_TURN)]
    for number, part in enumerate(parts):
        if number % 2:
            theirs.append(stock(part, folder, recognizer))
        mine.append(ours(part, folder, recognizer))
        if not number % 2:
            theirs.append(stock(part, folder, recognizer))
    return together(mine), together(theirs)


def together(parts: Sequence[Heard]) -> Heard:
    """What was heard in several turns as one."""
    texts = [text for part in parts for text in part.texts]
    calls = [call for part in parts for call in part.calls]
    return Heard(texts, calls, sum(part.cpu_s for part in parts), sum(part.wall_s for part in parts))


def errors(calls: Sequence[RealCall], heard: Heard, kind: str) -> np.ndarray:
    """Errors and characters of each channel of the calls of a kind, shape (channels, 2)."""
    rows = []
    for call, texts in zip(calls, heard.texts, strict=True):
        if call.name.startswith(kind):
            for channel, text in enumerate(texts):
                reference = fold(call.texts(channel))
                rows.append((edit_distance(reference, text), len(reference)))
    return np.array(rows)


def bounds(table: np.ndarray) -> str:
    """95 % interval of the error rate, bootstrapped over channels."""
    chance = np.random.default_rng(1)
    drawn = table[chance.integers(0, len(table), (BOOTSTRAP, len(table)))].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], (2.5, 97.5))
    return f"{low:.3f}-{high:.3f}"


def lost(calls: Sequence[RealCall], heard: Heard) -> tuple[int, int]:
    """Turns without a word near them, and all turns."""
    missing = count = 0
    for made_call, call in zip(calls, heard.calls, strict=True):
        for turn in made_call.turns:
            words = words_of(call, ROLES[turn.channel])
            near = [word for word in words if turn.start - NEAR_S < word.start < turn.end + NEAR_S]
            count += 1
            missing += not near
    return missing, count


def characters_timed(heard: Heard) -> tuple[int, int]:
    """Utterances with words whose text has as many characters as its words have, and all of them."""
    told = [said for call in heard.calls for said in call.utterances if said.text]
    equal = [said for said in told if fold(said.text or "") == fold("".join(word.text for word in said.words))]
    return len(equal), len(told)


def on_non_speech(options: Options, folder: Path, recognizer: WhisperRecognizer) -> Iterator[Figure]:
    """In how many of eleven sounds without speech some text is written: given as speech, and through the whole pipeline."""
    found = sounds(options.data)
    for name, texts in (
        ("text_on_non_speech", heard_alone(found, recognizer)),
        ("text_on_non_speech_in_calls", heard_in_calls(found, recognizer, folder)),
    ):
        written = [one.name for one, text in zip(found, texts, strict=True) if fold(text)]
        beside = "; ".join(["sounds without speech of 10 s", "target <= 1", *written])
        yield figure(name, len(written), "sounds", len(found), beside)


def word_starts(options: Options, recognizer: WhisperRecognizer) -> Iterator[Figure]:
    """How far the starts of English words lie from where a person marked them."""
    off, marked = start_errors(options.data, recognizer)
    beside = f"{len(off)} of {marked} words of three hand-marked clips at 8 kHz are heard as marked; target <= 0.1"
    yield figure("real_word_start_error_p50_s", float(np.median(off)), "s", len(off), beside)


def clips_alone(options: Options, recognizer: WhisperRecognizer, folder: Path) -> Iterator[Figure]:
    """Closed clips, each alone on its channel: our pipeline, and stock faster-whisper as it comes, one after the other."""
    clips = Clips(options.data / "mandarin_asr_mini")
    calls = [alone(clips, name, seed) for seed, name in enumerate(CLOSED)]
    for call in calls:
        (folder / f"{call.name}.wav").write_bytes(call.wav)
    table = errors(calls, ours(calls, folder, recognizer), "alone")
    rival = errors(calls, stock(calls, folder, recognizer, batched=False), "alone")
    total = table[:, 1].sum()
    theirs = rival[:, 0].sum() / total
    beside = f"{total} characters, 95 % {bounds(table[::2])}; target <= {theirs:.3f}, which is stock's"
    yield figure("cer_clips", table[:, 0].sum() / total, "share", len(calls), beside)
    yield figure("cer_stock_clips", theirs, "share", len(calls), f"sequential; 95 % {bounds(rival[::2])}")


def measure(options: Options) -> Iterator[Figure]:
    """Error rates by kind of call, utterances lost, and what the time is."""
    wanted = options.data / "mandarin_asr_mini"
    try:
        model = find_model("whisper-base")
    except ModelError:
        yield figure(
            "cer_calls_many_voices", None, "share", 0, "no whisper-base here: qa-speech models pull whisper-base"
        )
        return
    if not wanted.is_dir():
        yield figure("cer_calls_many_voices", None, "share", 0, f"no clips in {wanted.name}")
        return
    calls = made(options)
    recognizer = WhisperRecognizer(model, threads=2, compute_type="int8")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for call in calls:
            (folder / f"{call.name}.wav").write_bytes(call.wav)
        mine, theirs = in_turns(calls, folder, recognizer)
        yield from on_non_speech(options, folder, recognizer)
        yield from clips_alone(options, recognizer, folder)
        english = WhisperRecognizer(model, threads=2, compute_type="int8", options=DecodeOptions(language="en"))
        yield from word_starts(options, english)
    for kind, name, target in (("many", "many_voices", "target <= 0.19"), ("one", "one_voice", "")):
        table, rival = errors(calls, mine, kind), errors(calls, theirs, kind)
        total = table.sum(axis=0)
        beside = f"{total[1]} characters, 95 % {bounds(table)}; {target}"
        yield figure(f"cer_calls_{name}", total[0] / total[1], "share", len(table), beside)
        yield figure(f"cer_stock_{name}", rival[:, 0].sum() / total[1], "share", len(rival), f"95 % {bounds(rival)}")
    equal, told = characters_timed(mine)
    yield figure("characters_equal_times", equal / told, "share", told, "utterances with words; target >= 1")
    missing, count = lost(calls, mine)
    yield figure("utterances_lost", missing, "turns", count, "no word near; target <= 0")
    again = [call.made_with.get("windows_again", "0 of 0").split(" of ") for call in mine.calls]
    asked, of = (sum(int(pair[place]) for pair in again) for place in (0, 1))
    yield figure(
        "windows_again", asked, "windows", max(of, 1), "asked again alone, of the first windows of those calls"
    )


def speed(options: Options) -> Iterator[Figure]:
    """Forty calls of real clips, ours and stock in turns (A-B-B-A …), from files to words."""
    try:
        model = find_model("whisper-base")
    except ModelError:
        yield figure(
            "wall_stock_over_ours", None, "ratio", 0, "no whisper-base here: qa-speech models pull whisper-base"
        )
        return
    clips = Clips(options.data / "mandarin_asr_mini")
    count = 2 if options.quick else SPEED_CALLS
    calls = [speed_call(clips, number) for number in range(count)]
    recognizer = WhisperRecognizer(model, threads=2, compute_type="int8")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for call in calls:
            (folder / f"{call.name}.wav").write_bytes(call.wav)
        mine, theirs = in_turns(calls, folder, recognizer)
    length_s = sum(len(call.wav) for call in calls) / (2 * RATE)
    beside = f"ours {mine.wall_s:.0f} s for {length_s:.0f} s of calls, load {os.getloadavg()[0]:.1f}; target >= 1.3"
    yield figure("wall_stock_over_ours", theirs.wall_s / mine.wall_s, "ratio", len(calls), beside)
    yield figure(
        "cpu_stock_over_ours", theirs.cpu_s / mine.cpu_s, "ratio", len(calls), f"ours {mine.cpu_s:.0f} s of CPU"
    )
    wrong, rival = errors(calls, mine, ""), errors(calls, theirs, "")
    total = wrong[:, 1].sum()
    yield figure(
        "cer_speed_calls", wrong[:, 0].sum() / total, "share", len(calls), f"{total} characters of these calls"
    )
    yield figure("cer_stock_speed_calls", rival[:, 0].sum() / total, "share", len(calls), "stock on the same")


def speed_call(clips: Clips, number: int) -> RealCall:
    """Every fourth call is of one voice a channel."""
    seed = SPEED_SEED + number
    if number % 4 == 3:
        return one_voice(clips, PASSAGES_CLOSED[0], seed)
    return many_voices(clips, CLOSED, seed)


PARTS = {"words": measure, "speed": speed}


if __name__ == "__main__":
    run_parts(PARTS)
