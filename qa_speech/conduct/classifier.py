"""Text classifiers: politeness, violations, strategies, answer depth, mood, resolution. Offline, small, numpy or ONNX.

The contract (what metrics and `annotate` may rely on)::

    load_text_models(path=None) -> TextModels          path None = shipped; a folder of `train export` replaces in
                                                       the shipped set the classifiers that it holds
    models.classifiers["violation"].classify(passages) one row of probabilities per passage, in the order given; passages of
                                                       any calls; lazily, in blocks of `BLOCK`
    models.classifiers[...].labels                     names of the columns
    models.classifiers[...].model_hash                 sha256 over arrays and description: goes into the Annotation
    models.classifiers[...].threshold                  the probability at which it was made to decide, or None
    models.classifiers[...].made_with                  {"name", "kind", "hash"}

=========== ==================================================================== ============ =======================
name        labels                                                               row sums to  `Passage`
=========== ==================================================================== ============ =======================
politeness  1 2 3 4 5 (ordinal; 3 = neutral)                                      1           text = agent's utterance
violation   none insult order rhetorical deflection impatience taboo              1           text = agent's utterance
strategy    greeting thanks apology softener honorific empathy promise            each 0…1    text = agent's utterance
depth       0 1 2 3 4 (ordinal, see docs/labels.md)                               1           text = a turn of the agent
                                                                                              context = the question
mood        calm anxious angry relieved                                           1           text = a turn of the customer
resolution  not_solved solved                                                     1           text = the customer's last words
=========== ==================================================================== ============ =======================

Politeness 0–100 = ``100 * (expected_level(row, labels) - 1) / 4``; depth 0–100 = ``100 * expected_level / 4``.
A violation is found where ``1 - row[0] >= threshold``; its type is the likeliest label but ``none``.
An empty text gets the neutral answer (politeness 3, no violation, no strategy, depth 0, calm) with certainty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from qa_speech.conduct.courtesy import STRATEGIES
from qa_speech.conduct.outcomes import MOODS
from qa_speech.conduct.passages import Passage
from qa_speech.conduct.second_look import SecondLook
from qa_speech.engines.hashes import kept_sha256
from qa_speech.errors import ModelError, problem
from qa_speech.files import sha256
from qa_speech.resources import folder

BLOCK = 2048
"""Passages that are looked at together: enough to batch by length, little enough to keep memory small."""

DESCRIPTION = "text.json"
"""The file that describes the classifiers of a folder."""

FORMAT = 1
HASHES = "sha256"
"""Key of a description: file → its SHA-256 in hex."""
SHIPPED = "text-zh"
AGAIN = "text-zh-base"
"""The shipped folder of the models that read again what those of `SHIPPED` are in doubt about."""
SECOND_LOOK = "second_look"
"""Key of the description of such a model: when it reads, and what it weighs."""

NONE = "none"
VIOLATIONS = (NONE, "insult", "order", "rhetorical", "deflection", "impatience", "taboo")
LABELS: Mapping[str, tuple[str, ...]] = {
    "politeness": ("1", "2", "3", "4", "5"),
    "violation": VIOLATIONS,
    "strategy": STRATEGIES,
    "depth": ("0", "1", "2", "3", "4"),
    "mood": MOODS,
    "resolution": ("not_solved", "solved"),
}
"""The labels of each classifier, in the order of its columns."""

NEUTRAL: Mapping[str, tuple[float, ...]] = {
    "politeness": (0.0, 0.0, 1.0, 0.0, 0.0),
    "violation": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "strategy": (0.0,) * 7,
    "depth": (1.0, 0.0, 0.0, 0.0, 0.0),
    "mood": (1.0, 0.0, 0.0, 0.0),
    "resolution": (0.5, 0.5),
}
"""The answer for a text without letters or digits."""


class Scorer(Protocol):
    """How one kind of model puts probabilities on a block of texts."""

    def rows(self, passages: Sequence[Passage]) -> Sequence[Sequence[float]]:
        """One row of label probabilities, 0–1, per passage, in the order given."""


@dataclass(frozen=True)
class TextClassifier:
    """One classifier of a folder; its arrays are read when it is first used.

    `again`: a larger model that reads what this one is in doubt about (`second_look`).

    Raises
    ------
    ModelError
        On first use: a file is missing or does not fit its description.
    """

    name: str
    path: Path
    entry: Mapping[str, Any] = field(repr=False)
    again: TextClassifier | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(self.entry["labels"])

    @property
    def threshold(self) -> float | None:
        """The probability at which the model was made to decide, or None."""
        found = self.entry.get("threshold")
        return None if found is None else float(found)

    @cached_property
    def model_hash(self) -> str:
        """SHA-256 over the description and the files, in hex."""
        told = {key: value for key, value in self.entry.items() if key != HASHES}
        digest = hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode())
        for name in self.files:
            digest.update((self.path / name).read_bytes())
        if self.again is not None:
            digest.update(self.again.model_hash.encode())
        return digest.hexdigest()

    @property
    def files(self) -> tuple[str, ...]:
        """The files it is made of, without the description."""
        return tuple(self.entry["files"])

    @property
    def made_with(self) -> Mapping[str, str]:
        """Name, kind and hash."""
        return {"name": self.name, "kind": str(self.entry["kind"]), "hash": self.model_hash}

    @cached_property
    def scorer(self) -> Scorer:
        """The loaded model."""
        if self.entry["kind"] == "linear":
            from qa_speech.conduct.linear_files import load_linear

            return load_linear(self.path / self.files[0], self.entry)
        from qa_speech.conduct.encoder import OnnxScorer

        return OnnxScorer.load(self.path, self.entry)

    def classify(self, passages: Iterable[Passage]) -> Iterator[Sequence[float]]:
        """One row of label probabilities, 0–1, per passage, in the order given; they may belong to different calls."""
        waiting = iter(passages)
        while block := list(islice(waiting, BLOCK)):
            spoken = [passage for passage in block if _says_anything(passage)]
            rows = iter(self._rows(spoken)) if spoken else iter(())
            for passage in block:
                yield next(rows) if _says_anything(passage) else self.neutral

    def _rows(self, spoken: Sequence[Passage]) -> Sequence[Sequence[float]]:
        rows = self.scorer.rows(spoken)
        if self.again is None:
            return rows
        look = SecondLook.of(self.again.entry[SECOND_LOOK])
        return look.read_again(spoken, rows, self.again.scorer)

    @cached_property
    def neutral(self) -> tuple[float, ...]:
        """The row (a probability per label, 0–1) of a text that says nothing."""
        if self.labels == LABELS.get(self.name):
            return NEUTRAL[self.name]
        first = 0.0 if self.entry.get("head") == "sigmoid" else 1.0
        return (first, *[0.0] * (len(self.labels) - 1))


def _says_anything(passage: Passage) -> bool:
    return any(map(str.isalnum, passage.text))


@dataclass(frozen=True)
class TextModels:
    """Classifiers by name. `second_look`: which of them look twice at doubtful texts, or why none does."""

    classifiers: Mapping[str, TextClassifier]

    @cached_property
    def second_look(self) -> str:
        """Names of the classifiers that have a larger model behind them, or why there is none."""
        looking = [name for name, model in self.classifiers.items() if model.again is not None]
        return " ".join(sorted(looking)) or f"none: {why_alone() or 'models of one’s own'}"


def load_text_models(path: Path | None = None) -> TextModels:
    """The shipped classifiers, with those of `path` in their place where it holds some.

    >>> models = load_text_models()
    >>> models.classifiers["depth"].labels
    ('0', '1', '2', '3', '4')
    >>> rude, = models.classifiers["violation"].classify([Passage("")])
    >>> rude[0]
    1.0

    Raises
    ------
    ModelError
        A folder has no description, or one that cannot be used; it says which and why.
    """
    found = _described(folder("models") / SHIPPED)
    for name, larger in _larger().items():
        found[name] = replace(found[name], again=larger)
    if path is not None:
        found = {**found, **_described(path)}
    return TextModels(found)


def why_alone() -> str:
    """Why the shipped models look at no text twice on this machine; empty where they do."""
    if absent := _absent_package():
        return problem("{package} is not installed here", package=absent)
    if not (folder("models") / AGAIN / DESCRIPTION).is_file():
        return problem("the folder {folder} is not here", folder=f"models/{AGAIN}")
    return ""


def _absent_package() -> str:
    """The first package that a larger model lacks here; empty where it has all."""
    absent = [name for name in ("onnxruntime", "tokenizers") if find_spec(name) is None]
    return "".join(absent[:1])


def _larger() -> dict[str, TextClassifier]:
    return {} if why_alone() else _described(folder("models") / AGAIN)


def _described(path: Path) -> dict[str, TextClassifier]:
    file = path / DESCRIPTION
    if not file.is_file():
        raise ModelError(
            str(path),
            problem(
                "no {description} in this folder: it is not a text model made by `qa-speech train export`",
                description=DESCRIPTION,
            ),
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        entries = content["classifiers"]
        version = content["format"]
    except (ValueError, KeyError, TypeError) as exc:
        raise ModelError(
            str(file), problem("cannot be read as a description of text models: {reason!r}", reason=exc)
        ) from exc
    if version != FORMAT:
        raise ModelError(
            str(file),
            problem(
                "format {version}, but this version of qa_speech reads format {format}", version=version, format=FORMAT
            ),
        )
    for name, entry in entries.items():
        what = _problem(path, entry)
        if what:
            raise ModelError(str(file), problem("classifier {name}: {what}", name=name, what=what))
    return {name: _of(name, path, entry) for name, entry in entries.items()}


def _of(name: str, path: Path, entry: Mapping[str, Any]) -> TextClassifier:
    larger = entry.get("again")
    if larger is None or _absent_package():
        return TextClassifier(name, path, entry)
    return TextClassifier(name, path, entry, TextClassifier(name, path, larger))


def _problem(path: Path, entry: Mapping[str, Any]) -> str:
    missing = [key for key in ("kind", "labels", "files", "head") if key not in entry]
    missing += [name for name in entry.get("files", ()) if not (path / name).is_file()]
    if missing:
        return f"missing {', '.join(missing)}"
    if entry["kind"] not in ("linear", "onnx"):
        return problem("kind is {kind!r}, expected linear or onnx", kind=entry["kind"])
    for name, digest in entry.get(HASHES, {}).items():
        if kept_sha256(path / name) != digest:
            return problem("{name} is not the file that was recorded (sha256)", name=name)
    return _problem(path, entry["again"]) if "again" in entry else ""


def with_hashes(entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A description of a classifier with the SHA-256 of each of its files in a folder: what is loaded later is held to it."""
    return {**entry, HASHES: {name: sha256(path / name) for name in entry["files"]}}


def expected_level(row: Sequence[float], labels: Sequence[str]) -> float:
    """The mean of numeric labels under their probabilities (0–1 each), in levels like the labels.

    >>> expected_level((0, 0, 0.5, 0.5, 0), ("1", "2", "3", "4", "5"))
    3.5
    """
    return sum(share * float(label) for share, label in zip(row, labels, strict=True))


def likeliest_violation(row: Sequence[float]) -> str:
    """The likeliest type of violation under a row of probabilities (0–1), whether or not it is likely enough.

    >>> likeliest_violation((0.1, 0, 0, 0.2, 0.7, 0, 0))
    'deflection'
    """
    return VIOLATIONS[max(range(1, len(VIOLATIONS)), key=row.__getitem__)]
