"""Synthesise the data sets of the demo recogniser.

    python synth.py test  --out data                     # first: training leaves these texts out
    python synth.py train --out data/base-1.npz --seed 101 --sentences 7500 --salad 9500
    python synth.py train --out data/wide-1.npz --seed 201 --sentences 9000 --salad 9000 --wide --extra

``--wide`` draws pitch 25 to 80 and speed 110 to 330 for every voice (the first training had 38 to 62 and 200 to
280); ``--extra`` adds the sentences of ``templates_more.txt``.  About 7 ms a sentence.

The test sets are 400 utterances (templates never trained, new fillings, fresh salad) and 24 two-channel dialogues;
the dialogues are written like the sample calls: a recording and a ``.truth.json`` each.
"""

from __future__ import annotations

import argparse
import json
import random
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import corpus
import numpy as np
import overlap
import soundfile
import speech
from numpy.typing import NDArray

__all__ = ["Utterance", "load", "make_training_set", "save"]

HERE = Path(__file__).resolve().parent
SAMPLES = HERE.parents[1] / "samples"

NARROW = ((38, 62), (200, 280))
WIDE = ((25, 80), (110, 330))
"""Ranges of pitch and speed."""

VOICES: dict[str, tuple[str, ...]] = {"agent": speech.AGENT_VOICES, "customer": speech.CUSTOMER_VOICES}


class Utterance(NamedTuple):
    """One spoken sentence: A-law codes at 8 kHz, and ``[start, end]`` in seconds of each character."""

    text: str
    codes: NDArray[np.uint8]
    times: NDArray[np.float32]
    role: corpus.Role
    kind: str


# -- files ------------------------------------------------------------------------------------------------------


def save(path: Path, utterances: Sequence[Utterance]) -> None:
    """Write utterances to an ``.npz`` file."""
    np.savez(
        path,
        texts=np.array([u.text for u in utterances]),
        codes=np.concatenate([u.codes for u in utterances]),
        code_ends=np.cumsum([len(u.codes) for u in utterances]),
        times=np.concatenate([u.times for u in utterances]),
        time_ends=np.cumsum([len(u.times) for u in utterances]),
        roles=np.array([u.role for u in utterances]),
        kinds=np.array([u.kind for u in utterances]),
    )


def load(path: Path) -> list[Utterance]:
    """Read what `save` wrote."""
    with np.load(path, allow_pickle=False) as file:
        codes = np.split(file["codes"], file["code_ends"][:-1])
        times = np.split(file["times"], file["time_ends"][:-1])
        texts, roles, kinds = (file[name].tolist() for name in ("texts", "roles", "kinds"))
    return [Utterance(*fields) for fields in zip(texts, codes, times, roles, kinds, strict=True)]


# -- utterances -------------------------------------------------------------------------------------------------


def draw_voice(rng: random.Random, role: str, *, wide: bool = False) -> tuple[str, int, int]:
    """A voice of the role with speed and pitch.

    Half of the wide draws are of any role's voices: a sample may give any voice to either party.
    """
    pitch, speed = WIDE if wide else NARROW
    voices = speech.AGENT_VOICES + speech.CUSTOMER_VOICES if wide and rng.random() < 0.5 else VOICES[role]
    return rng.choice(voices), rng.randint(*speed), rng.randint(*pitch)


def utter(text: str, voice: tuple[str, int, int], role: corpus.Role, kind: str) -> Utterance | None:
    """Speak a text; None when espeak-ng does not give the time of every character."""
    spoken = speech.speak(text, *voice)
    if spoken is None:
        return None
    return Utterance(text, speech.alaw_encode(spoken.audio * 0.7), spoken.times, role, kind)


def make_training_set(
    seed: int, sentences: int, salads: int, *, wide: bool = False, extra: bool = False, leave_out: Iterable[str] = (),
    sample_runs: Iterable[str] = (),
) -> list[Utterance]:  # fmt: skip
    """Speak template sentences and phrase salad.

    Texts in `leave_out`, and texts with a run of characters in `sample_runs`, are left out.
    """
    rng = random.Random(seed)
    templates = corpus.TRAINING_TEMPLATES + (corpus.EXTRA_TEMPLATES if extra else [])
    unwanted, forbidden = set(leave_out), set(sample_runs)
    utterances: list[Utterance] = []
    dropped = 0
    for index in range(sentences + salads):
        if index < sentences:
            sentence = corpus.fill_sentence(rng, templates)
        else:
            role: corpus.Role = rng.choice(("agent", "customer"))
            sentence = corpus.Sentence(role, "salad", corpus.salad(rng, extra=extra))
        if sentence.text in unwanted or forbidden.intersection(overlap.runs(sentence.text)):
            dropped += 1
            continue
        voice = draw_voice(rng, sentence.role, wide=wide)
        utterance = utter(sentence.text, voice, sentence.role, sentence.topic)
        if utterance is None:
            dropped += 1
        else:
            utterances.append(utterance)
    hours = sum(len(u.codes) for u in utterances) / speech.SAMPLING_RATE / 3600
    print(f"{len(utterances)} utterances, {hours:.1f} h; {dropped} left out")
    return utterances


# -- test sets --------------------------------------------------------------------------------------------------


def make_test_utterances(rng: random.Random) -> list[Utterance]:
    """Unseen templates five times each, 160 new fillings of templates with numbers, 120 pieces of salad."""
    utterances: list[Utterance | None] = []

    def add(text: str, role: corpus.Role, kind: str) -> None:
        utterances.append(utter(text, draw_voice(rng, role), role, kind))

    for template in corpus.TEMPLATES:
        if template.held_out:
            for _ in range(5):
                add(corpus.fill(template.text, rng), template.role, "unseen-template")
    numbers = re.compile(r"\{(tel|acct|n4|n6|n8|money|g|min|month|day|plan)\}")
    with_numbers = [template for template in corpus.TRAINING_TEMPLATES if numbers.search(template.text)]
    for _ in range(160):
        sentence = corpus.fill_sentence(rng, with_numbers)
        add(sentence.text, sentence.role, "new-filling")
    for _ in range(120):
        add(corpus.salad(rng), rng.choice(("agent", "customer")), "salad")
    return [utterance for utterance in utterances if utterance is not None]


def make_test_dialogue(rng: random.Random, index: int, folder: Path) -> None:
    """Write one two-channel dialogue: ``dialogue-NN.wav`` (A-law) and ``dialogue-NN.truth.json``."""
    topic = list(corpus.TOPICS)[index % len(corpus.TOPICS)]
    manners: tuple[corpus.Manner, ...] = ("good", "deflect", "rude")
    sentences = corpus.dialogue(rng, topic, manners[index % 3])
    voices = {
        role: (rng.choice(VOICES[role]), rng.randint(205, 275), rng.randint(40, 60)) for role in ("agent", "customer")
    }
    gains = {role: rng.uniform(0.15, 0.8) for role in ("agent", "customer")}
    clock = rng.uniform(0.3, 1.5)
    placed: list[tuple[str, float, NDArray[np.float32]]] = []
    turns = []
    for sentence in sentences:
        spoken = speech.speak(sentence.text, *voices[sentence.role])
        if spoken is None:
            continue
        chars = [[round(float(a) + clock, 3), round(float(b) + clock, 3)] for a, b in spoken.times]
        placed.append((sentence.role, clock, spoken.audio * gains[sentence.role]))
        turns.append(
            {
                "role": sentence.role,
                "start": chars[0][0],
                "end": chars[-1][1],
                "text": sentence.text,
                "kind": "speech",
                "chars": chars,
            }
        )
        pause = rng.uniform(4, 12) if sentence.topic == "hold" else rng.uniform(0.15, 1.2)
        clock += len(spoken.audio) / speech.SAMPLING_RATE + pause
    length = int((clock + 1) * speech.SAMPLING_RATE)
    noise = np.random.default_rng(index)
    recording = noise.standard_normal((length, 2)) * [10 ** rng.uniform(-4, -2.8) for _ in range(2)]
    for role, start, audio in placed:
        first = int(start * speech.SAMPLING_RATE)
        recording[first : first + len(audio), 0 if role == "agent" else 1] += audio
    name = f"dialogue-{index:02d}"
    soundfile.write(folder / f"{name}.wav", np.clip(recording, -1, 1), speech.SAMPLING_RATE, subtype="ALAW")
    truth = {
        "id": name,
        "file": f"{name}.wav",
        "sampling_rate": speech.SAMPLING_RATE,
        "duration_s": length / speech.SAMPLING_RATE,
        "channels": {"1": "agent", "2": "customer"},
        "turns": turns,
    }
    (folder / f"{name}.truth.json").write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")


def make_test_sets(folder: Path) -> None:
    """Write both test sets."""
    rng = random.Random(4242)
    dialogues = folder / "dialogues"
    dialogues.mkdir(parents=True, exist_ok=True)
    utterances = make_test_utterances(rng)
    save(folder / "test.npz", utterances)
    for index in range(24):
        make_test_dialogue(rng, index, dialogues)
    print(f"{len(utterances)} test utterances, 24 dialogues in {folder}")


def texts_of_test_sets(folder: Path) -> set[str]:
    """The texts of the test sets, except those that are a template as it stands."""
    texts = {utterance.text for utterance in load(folder / "test.npz")}
    for path in folder.glob("dialogues/*.truth.json"):
        texts.update(turn["text"] for turn in json.loads(path.read_text(encoding="utf-8"))["turns"])
    return texts - {template.text for template in corpus.TEMPLATES}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    test = commands.add_parser("test", help="the test sets")
    test.add_argument("--out", type=Path, default=HERE / "data", help="folder")
    train = commands.add_parser("train", help="a training set")
    train.add_argument("--out", type=Path, required=True, help=".npz file; its folder holds the test sets")
    train.add_argument("--seed", type=int, default=101)
    train.add_argument("--sentences", type=int, default=7500)
    train.add_argument("--salad", type=int, default=9500)
    train.add_argument("--wide", action="store_true", help="wide ranges of pitch and speed")
    train.add_argument("--extra", action="store_true", help="with the sentences of templates_more.txt")
    options = parser.parse_args(arguments)
    if options.command == "test":
        make_test_sets(options.out)
        return
    utterances = make_training_set(
        options.seed,
        options.sentences,
        options.salad,
        wide=options.wide,
        extra=options.extra,
        leave_out=texts_of_test_sets(options.out.parent),
        sample_runs=overlap.sample_runs(SAMPLES),
    )
    save(options.out, utterances)


if __name__ == "__main__":
    main()
