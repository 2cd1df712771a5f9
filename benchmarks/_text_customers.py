"""Depth turn by turn, resolution and mood: on own chats (`training/text/dialogues`), and against satisfaction of real ones.

Used by `text.py`. The chats were written by one hand with their labels, and mended after: development figures. JDDC's satisfaction
is another thing than whether it was solved, and the nearest that is public.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from importlib.resources import files

import numpy as np
from _common import ROOT, Figure, Options, figure
from _text import SEED, missing, of, real_dialogues

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.classifier import TextModels
from qa_speech.conduct.outcomes import MOODS
from qa_speech.metrics.answer_depth import rated_exchanges
from qa_speech.metrics.resolution import moods, resolution
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, ranks, spearman

CHATS = ROOT / "training" / "text" / "dialogues" / "chats.tsv"
SATISFIED = 1.0
"""Mean satisfaction of a dialogue (0–2 per turn) from which its customer counts as satisfied."""


def customers(models: TextModels, options: Options) -> Iterator[Figure]:
    """All figures."""
    rows = _chats()
    calls = list(annotate_many([_call(name, turns) for name, turns in rows.items()], models))
    yield from _by_turn(calls, list(rows.values()))
    yield from _moods(calls, list(rows.values()))
    yield from _solved(calls, list(rows.values()))
    yield from _satisfied(models, options)
    size = len((files("qa_speech.language.data") / "violation_rules.txt").read_bytes())
    yield figure(
        "rules_bytes", size, "B", 1, "violation_rules.txt, examples and counter-examples included; 81,077 before"
    )


def _chats() -> dict[str, list[dict[str, str]]]:
    """The turns of each dialogue."""
    found: dict[str, list[dict[str, str]]] = {}
    with CHATS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            found.setdefault(row["dialogue"], []).append(row)
    return found


def _call(name: str, turns: Sequence[dict[str, str]]) -> Call:
    return make_call(*[f"{turn['role']}: {turn['text']}" for turn in turns], times="nominal", call_id=name)


def _by_turn(calls: Sequence[Call], rows: Sequence[Sequence[dict[str, str]]]) -> Iterator[Figure]:
    found: list[tuple[float, float, float]] = []
    for call, turns in zip(calls, rows, strict=True):
        for rated in rated_exchanges(call):
            for turn in rated.turns:
                level = float(np.mean([float(turns[index]["label"]) for index in turn.utterances]))
                size = sum(len(turns[index]["text"]) for index in turn.utterances)
                found.append((turn.depth, float(size), level))
    depth, size, level = np.array(found).T
    against = f"own chats, {len(calls)} dialogues; development"
    yield of("depth_turn_spearman", estimate(spearman, depth, level, seed=SEED), "", against)
    yield of("length_turn_spearman", estimate(spearman, size, level, seed=SEED), "", "characters")
    gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), depth, size, level, seed=SEED)
    yield of("depth_turn_gain_over_length", gain, "", "beyond the interval where it is above 0")


def _moods(calls: Sequence[Call], rows: Sequence[Sequence[dict[str, str]]]) -> Iterator[Figure]:
    said: list[int] = []
    goal: list[int] = []
    for call, turns in zip(calls, rows, strict=True):
        for one in moods(call):
            said.append(MOODS.index(one.mood))
            goal.append(MOODS.index(turns[one.utterances[-1]]["label"]))  # type: ignore[arg-type]
    value = estimate(macro_f1, np.array(said, float), np.array(goal, float), seed=SEED)
    yield of("mood_macro_f1", value, "", "own chats, customer's turns; development")


def macro_f1(said: Array, goal: Array) -> float:
    """The mean over moods of the harmonic mean of precision and recall, 0–1."""
    scores: list[float] = []
    for label in range(len(MOODS)):
        both = ((said == label) & (goal == label)).sum()
        every = (said == label).sum() + (goal == label).sum()
        if every:
            scores.append(2 * float(both) / float(every))
    return float(np.mean(scores))


def _solved(calls: Sequence[Call], rows: Sequence[Sequence[dict[str, str]]]) -> Iterator[Figure]:
    held: list[tuple[float, float]] = []
    for call, turns in zip(calls, rows, strict=True):
        value = resolution(call).value
        if turns[0]["outcome"] != "unknown" and value is not None:
            held.append((value, float(turns[0]["outcome"] == "solved")))
    score, goal = np.array(held).T
    yield of("resolution_auc_chats", estimate(auc, score, goal, seed=SEED), "", "own chats; development")


def _satisfied(models: TextModels, options: Options) -> Iterator[Figure]:
    names = ["resolution_auc", "resolution_auc_last", "resolution_auc_mean"]
    try:
        dialogues = [one for one in real_dialogues(options.data) if one.satisfaction is not None]
    except FileNotFoundError as exc:
        yield from missing(names, f"no data: {exc.filename}")
        return
    calls = list(annotate_many([one.call for one in dialogues], models))
    score = np.array([_likely(call) for call in calls])
    overall = np.array([one.overall == 2 for one in dialogues], float)
    against = "JDDC valid: likelihood against overall satisfaction 2 (of 0–2); never trained on; target >= 0.80"
    yield of(names[0], estimate(auc, score, overall, seed=SEED), "", against)
    mean = np.array([(one.satisfaction or 0.0) >= SATISFIED for one in dialogues], float)
    yield of(
        names[2],
        estimate(auc, score, mean, seed=SEED),
        "",
        f"… against mean satisfaction of the turns {SATISFIED:g} and above",
    )
    last = np.array([one.last >= SATISFIED for one in dialogues], float)
    yield of(names[1], estimate(auc, score, last, seed=SEED), "", "… against that of the last three turns")


def _likely(call: Call) -> float:
    """The likelihood that it was solved, 0–100; in the middle where nothing was asked."""
    found = resolution(call).components.get("likelihood")
    return 50.0 if found is None else found


def auc(score: Array, goal: Array) -> float:
    """Share of pairs of one with and one without that stand in the right order, 0–1."""
    high = goal > 0.5
    if high.all() or not high.any():
        return 0.5
    place = ranks(score)
    return float((place[high].sum() - high.sum() * (high.sum() - 1) / 2) / (high.sum() * (~high).sum()))
