"""Politeness, violations and answer depth: how good the shipped text models are, against what, and how fast.

The frozen test (``models/text-zh/frozen``) was written before any model. `--data` brings the public sets. Each figure says its
bootstrap 95 % interval under `against`. A full run writes the alarms on real turns to benchmarks/results/text-alarms.tsv.
BENCH_CANDIDATE=DIR measures a candidate folder beside the shipped models.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from _common import ROOT, Figure, Options, figure, run
from _text import SEED, Dialogue, frozen, items_of, levels, missing, of, probabilities, real_dialogues, table
from _text_blind import Baseline, blind
from _text_candidate import candidate
from _text_customers import auc, customers
from _text_speed import agreement, pipeline, speed
from _text_violations import violations

from qa_speech.call import Call
from qa_speech.conduct.annotate import annotate_many
from qa_speech.conduct.answer_cues import PATTERNS, AnswerCues
from qa_speech.conduct.classifier import TextClassifier, TextModels, load_text_models
from qa_speech.conduct.passages import Passage
from qa_speech.metrics.answer_depth import RatedExchange, rated_exchanges
from qa_speech.metrics.answer_depth import depth as depth_of
from qa_speech.testing import make_call
from qa_speech.training.measure import Array, estimate, pearson, spearman


def pair_order(score: Array, level: Array, size: Array) -> float:
    """Among pairs of equal length (± 10 %) and different level: the share in the right order; a tie is half right."""
    near = np.abs(size[:, None] - size[None]) <= 0.1 * np.maximum(size[:, None], size[None])
    pairs = near & (level[:, None] > level[None]) & (size[:, None] > 0) & (size[None] > 0)
    if not pairs.any():
        return 0.5
    ahead = score[:, None] - score[None]
    return float(((ahead > 0) + 0.5 * (ahead == 0))[pairs].mean())


def depth(models: TextModels, options: Options) -> Iterator[Figure]:
    """Ranks the frozen exchanges; against length, counted cues and a linear model of n-grams alone."""
    model = models.classifiers["depth"]
    rows = frozen("exchanges.tsv")
    level = np.array([float(row["level"]) for row in rows])
    items = items_of([row["answer"] for row in rows], [row["question"] for row in rows])
    size = _sizes(items)
    score = levels(model, items)
    mine = estimate(spearman, score, level, seed=SEED)
    yield of("depth_spearman", mine, "", "target >= 0.75")
    baselines: dict[str, Baseline] = {"length": _sizes, "cues": _cue_counts}
    if not options.quick:
        baselines["linear"] = _ngram_baseline()
    rivals = {name: read(items) for name, read in baselines.items()}
    for name, what in (
        ("length", "characters"),
        ("cues", f"cues counted, {len(PATTERNS)} patterns known"),
        ("linear", "n-grams alone, same corpus"),
    ):
        if name in rivals:
            value = estimate(spearman, rivals[name], level, seed=SEED)
            yield of(f"depth_spearman_{name}", value, "", f"baseline: {what}")
    for name, rival in rivals.items():
        gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), score, rival, level, seed=SEED)
        yield of(f"depth_gain_over_{name}", gain, "", "beyond the interval where it is above 0")
    yield of("depth_pairs_equal_length", estimate(pair_order, score, level, size, seed=SEED), "", "target >= 0.75")
    yield of(
        "depth_pairs_equal_length_by_length", estimate(pair_order, size, level, size, seed=SEED), "", "length itself"
    )
    yield from _as_calls(models, rows, level)
    yield from _satisfaction(models, options)
    yield from blind(models, pair_order, baselines)


def _sizes(passages: Sequence[Passage]) -> Array:
    return np.array([float(len(passage.text)) for passage in passages])


def _cue_counts(passages: Sequence[Passage]) -> Array:
    told = ("number", "time_limit", "reason", "steps", "condition", "option", "next_step", "advice")
    return AnswerCues(told).count(passages).sum(1).astype(float)


def _as_calls(models: TextModels, rows: Sequence[dict[str, str]], level: Array) -> Iterator[Figure]:
    """The same exchanges as calls of two turns through the metric: an exchange has to be seen as one first."""
    lines = [[f"customer: {row['question']}", *[f"agent: {row['answer']}"] * bool(row["answer"])] for row in rows]
    found = [
        rated_exchanges(call) for call in annotate_many([make_call("agent: 您好", *said) for said in lines], models)
    ]
    seen = np.array([bool(one) for one in found])
    yield figure(
        "depth_exchanges_seen", float(seen.mean()), "", len(rows), "frozen exchanges that the rules see as one"
    )
    score = np.array([one[-1].depth for one in found if one])
    against = "of those: the metric's own depth, model and rules"
    yield of("depth_spearman_as_calls", estimate(spearman, score, level[seen], seed=SEED), "", against)
    by_rules = np.array([one[-1].grade.score for one in found if one])
    yield of("depth_spearman_rules", estimate(spearman, by_rules, level[seen], seed=SEED), "", "of those: rules alone")


def _satisfaction(models: TextModels, options: Options) -> Iterator[Figure]:
    """JDDC: mean depth of a dialogue against the mean satisfaction that annotators gave its turns. Another thing."""
    try:
        dialogues = [one for one in real_dialogues(options.data) if one.satisfaction is not None]
    except FileNotFoundError as exc:
        yield from missing(["depth_spearman_satisfaction"], f"no data: {exc.filename}")
        return
    values = [depth_of(call).value for call in annotate_many([one.call for one in dialogues], models)]
    held = [(value, one) for value, one in zip(values, dialogues, strict=True) if value is not None]
    score = np.array([value for value, _ in held])
    goal = np.array([one.satisfaction for _, one in held])
    against = "JDDC, dialogue means; satisfaction is not depth; reported only"
    yield of("depth_spearman_satisfaction", estimate(spearman, score, goal, seed=SEED), "", against)
    size = np.array([np.mean([_length(one.call, rated) for rated in rated_exchanges(one.call)]) for _, one in held])
    yield of("length_spearman_satisfaction", estimate(spearman, size, goal, seed=SEED), "", "characters per exchange")
    yield from _read_through(models, real_dialogues(options.data))


def _length(call: Call, one: RatedExchange) -> int:
    return sum(len(call.utterances[index].text or "") for index in one.exchange.answer)


def _read_through(models: TextModels, dialogues: Sequence[Dialogue]) -> Iterator[Figure]:
    """Exchanges of real dialogues that a reader gave a level by docs/labels.md (text_read.tsv; the texts may not be kept)."""
    with (ROOT / "benchmarks" / "text_read.tsv").open(encoding="utf-8", newline="") as file:
        given = {(row["dialogue"], row["turn"]): float(row["level"]) for row in csv.DictReader(file, delimiter="\t")}
    found: list[tuple[float, float, float, float]] = []
    for one in dialogues:
        if one.call.recording.id in {name for name, _ in given}:
            call = next(iter(annotate_many([one.call], models)))
            for rated in rated_exchanges(call):
                name, _, turn = one.turns[rated.exchange.question[0]].rpartition("/")
                level = given.get((name, turn))
                if level is not None:
                    found.append((rated.depth, rated.grade.score, float(_length(call, rated)), level))
    columns = np.array(found).T
    for name, column in (("depth", columns[0]), ("rules", columns[1]), ("length", columns[2])):
        against = f"{len({name for name, _ in given})} real dialogues read by one reader"
        yield of(f"{name}_spearman_read", estimate(spearman, column, columns[3], seed=SEED), "", against)
    gain = estimate(lambda a, b, c: spearman(a, c) - spearman(b, c), columns[0], columns[2], columns[3], seed=SEED)
    yield of("depth_gain_over_length_read", gain, "", "beyond the interval where it is above 0")


def _ngram_baseline() -> Baseline:
    import sys

    sys.path.insert(0, str(ROOT / "training" / "text"))
    import train

    from qa_speech.training.linear import Plan, fit_linear

    items, groups, given, weights = train.exchange_passages()
    plan = Plan(("0", "1", "2", "3", "4"), "ordinal")
    fitted = fit_linear(items, np.array(given, float), groups, plan, weights=np.array(weights))

    def read(items: Sequence[Passage]) -> Array:
        shares = fitted.scorer.probabilities(items)
        return np.asarray(shares @ np.arange(5), float) * np.array([bool(item.text) for item in items])

    return read


def politeness(model: TextClassifier, options: Options) -> Iterator[Figure]:
    """The frozen utterances, and sentences of Wikipedia talk pages with five annotators."""
    rows = frozen("politeness.tsv")
    said = levels(model, items_of([row["text"] for row in rows]))
    yield of(
        "politeness_spearman_frozen",
        estimate(spearman, said, [float(row["level"]) for row in rows], seed=SEED),
        "",
        "own frozen test",
    )
    names = ["politeness_pearson_shipped", "politeness_pearson_trained", "politeness_pearson_char_ridge"]
    place = options.data / "politeness_zh_wiki"
    if not place.is_dir():
        yield from missing(names, f"no data: {place}")
        return
    train, test = table(place / "chinese_train.csv"), table(place / "chinese_val.csv")
    goal = np.array([float(row["labels"]) for row in test])
    items = items_of([row["Utterance"] for row in test])
    yield of(
        names[0],
        estimate(pearson, levels(model, items), goal, seed=SEED),
        "",
        "politeness_zh_wiki val, model as shipped",
    )
    if options.quick:
        yield from missing(names[1:], "full run only (trains)")
        return
    yield from _politeness_trained(train, items, goal)


def _politeness_trained(train: Sequence[dict[str, str]], items: Sequence[Passage], goal: Array) -> Iterator[Figure]:
    trained, anew = _trained(train, items, "shipped"), _trained(train, items, "linear")
    texts, labels = [row["Utterance"] for row in train], [float(row["labels"]) for row in train]
    ridge = _char_ridge(texts, labels, [item.text for item in items])
    for name, found, against in (
        ("trained", trained, "after the fit of `train fit politeness --base shipped` on its train part"),
        ("trained_linear", anew, "the same with --base linear"),
        ("char_ridge", ridge, "TF-IDF of character 1-3-grams, ridge alpha 1; published .645 on another half"),
    ):
        yield of(f"politeness_pearson_{name}", estimate(pearson, found, goal, seed=SEED), "", against)
    gain = estimate(lambda a, b, c: pearson(a, c) - pearson(b, c), trained, ridge, goal, seed=SEED)
    yield of("politeness_trained_minus_ridge", gain, "", "target >= 0")


def _trained(train: Sequence[dict[str, str]], items: Sequence[Passage], base: str) -> Array:
    """The model that `qa-speech train fit politeness` makes, on all rows of the train part."""
    from qa_speech.training.fit import fitted

    goal = np.array([float(row["labels"]) for row in train])
    groups = [str(number) for number in range(len(train))]
    made = fitted("politeness", items_of([row["Utterance"] for row in train]), goal - goal.min(), groups, base=base)
    return np.asarray(made.scorer.probabilities(items) @ np.arange(1, 6), float)


def _char_ridge(train: Sequence[str], goal: Sequence[float], test: Sequence[str]) -> Array:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import Ridge

    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True, min_df=2)
    return np.asarray(Ridge(alpha=1.0).fit(vectors.fit_transform(train), goal).predict(vectors.transform(test)), float)


def offensive(model: TextClassifier, options: Options) -> Iterator[Figure]:
    """COLD: offensive or not, in forum posts. The shipped model looks for rude agents, another thing."""
    place = options.data / "cold_offensive_zh"
    if not place.is_dir():
        yield from missing(["cold_accuracy", "cold_auc_shipped"], f"no data: {place}")
        return
    test = table(place / "dev.csv")
    goal = np.array([float(row["label"]) for row in test])
    score = 1 - probabilities(model, items_of([row["TEXT"] for row in test]))[:, 0]
    yield figure("cold_auc_shipped", auc(score, goal), "", len(test), "shipped violation model as is")
    yield from _insults(model, score, goal, [row["TEXT"] for row in test])
    if options.quick:
        yield figure("cold_accuracy", None, "", 0, "full run only")
        return
    from qa_speech.training.linear import Plan, fit_linear

    train = table(place / "train.csv")
    fitted = fit_linear(
        items_of([row["TEXT"] for row in train]), np.array([int(row["label"]) for row in train]),
        [str(i) for i in range(len(train))], Plan(("fine", "offensive"), "softmax", longest=3),
    )  # fmt: skip
    right = (fitted.scorer.probabilities(items_of([row["TEXT"] for row in test]))[:, 1] >= 0.5) == goal
    yield of(
        "cold_accuracy",
        estimate(lambda a: float(a.mean()), right.astype(float), seed=SEED),
        "",
        "dev, our linear model on its train part; published on its hand-labelled test part: char LR .800, BERT .81",
    )


def _insults(model: TextClassifier, score: Array, goal: Array, texts: Sequence[str]) -> Iterator[Figure]:
    """The shipped model on dev, at the threshold that it decides by: its train part is COLD's, dev was not seen."""
    limit = model.threshold or 0.5
    insult = probabilities(model, items_of(texts))[:, model.labels.index("insult")]
    flagged = (score >= limit) & (insult >= score - insult)
    right = (flagged == (goal > 0)).astype(float)
    dev = f"COLD dev, shipped violation model at its threshold {limit:g}"
    yield of(
        "cold_accuracy_shipped", estimate(lambda a: float(a.mean()), right, seed=SEED), "", f"{dev}; target >= 0.81"
    )
    hit = goal[flagged]
    yield of("cold_insult_precision", estimate(lambda a: float(a.mean()), hit, seed=SEED), "", f"{dev}; target >= 0.72")
    found = flagged[goal > 0].astype(float)
    yield of("cold_insult_recall", estimate(lambda a: float(a.mean()), found, seed=SEED), "", f"{dev}; target >= 0.5")


def measure(options: Options) -> Iterator[Figure]:
    """All figures."""
    models = load_text_models()
    yield from violations(models, options)
    yield from depth(models, options)
    yield from politeness(models.classifiers["politeness"], options)
    yield from offensive(models.classifiers["violation"], options)
    yield from customers(models, options)
    yield from speed(models)
    if options.quick:
        yield figure("int8_agreement", None, "", 0, "full run only (trains again)")
        return
    yield from agreement(options.data)
    yield from pipeline()
    folder = os.environ.get("BENCH_CANDIDATE")
    if folder:
        yield from candidate(Path(folder), models, options)


if __name__ == "__main__":
    run(measure)
