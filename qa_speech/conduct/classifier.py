"""Text classifiers: politeness, violations, strategies, answer depth. Offline, small, numpy or ONNX.

The contract (what metrics and `annotate` may rely on)::

    load_text_models(path=None) -> TextModels          path None = shipped; a folder of `train export` replaces in
                                                       the shipped set the classifiers that it holds
    models.classifiers["violation"].classify(items)    one row of probabilities per item, in the order given; items of
                                                       any calls; lazily, in blocks of `BLOCK`
    models.classifiers[...].labels                     names of the columns
    models.classifiers[...].model_hash                 sha256 over arrays and description: goes into the Annotation
    models.classifiers[...].threshold                  the probability at which it was made to decide, or None
    models.classifiers[...].made_with                  {"name", "kind", "hash"}

=========== ==================================================================== ============ =======================
name        labels                                                               row sums to  `TextItem`
=========== ==================================================================== ============ =======================
politeness  1 2 3 4 5 (ordinal; 3 = neutral)                                      1           text = agent's utterance
violation   none insult order rhetorical deflection impatience taboo              1           text = agent's utterance
strategy    greeting thanks apology softener honorific empathy promise            each 0…1    text = agent's utterance
depth       0 1 2 3 4 (ordinal, see docs/labels.md)                               1           text = all the agent says
                                                                                              context = the question
=========== ==================================================================== ============ =======================

Politeness 0–100 = ``100 * (expected_level(row, labels) - 1) / 4``; depth 0–100 = ``100 * expected_level / 4``.
A violation is found where ``1 - row[0] >= threshold``; its type is the likeliest label but ``none``.
An empty text gets the neutral answer (politeness 3, no violation, no strategy, depth 0) with certainty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from qa_speech.engines.base import TextItem
from qa_speech.errors import ModelError
from qa_speech.resources import folder

BLOCK = 2048
"""Items that are looked at together: enough to batch by length, little enough to keep memory small."""

DESCRIPTION = "text.json"
"""The file that describes the classifiers of a folder."""

FORMAT = 1
SHIPPED = "text-zh"

VIOLATIONS = ("none", "insult", "order", "rhetorical", "deflection", "impatience", "taboo")
STRATEGIES = ("greeting", "thanks", "apology", "softener", "honorific", "empathy", "promise")
LABELS: Mapping[str, tuple[str, ...]] = {
    "politeness": ("1", "2", "3", "4", "5"),
    "violation": VIOLATIONS,
    "strategy": STRATEGIES,
    "depth": ("0", "1", "2", "3", "4"),
}
"""The labels of each classifier, in the order of its columns."""

NEUTRAL: Mapping[str, tuple[float, ...]] = {
    "politeness": (0.0, 0.0, 1.0, 0.0, 0.0),
    "violation": (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "strategy": (0.0,) * 7,
    "depth": (1.0, 0.0, 0.0, 0.0, 0.0),
}
"""The answer for a text without letters or digits."""


class Scorer(Protocol):
    """How one kind of model puts probabilities on a block of texts."""

    def rows(self, items: Sequence[TextItem]) -> Sequence[Sequence[float]]:
        """One row of label probabilities per item, in the order given."""


@dataclass(frozen=True)
class TextClassifier:
    """One classifier of a folder; its arrays are read when it is first used.

    Raises
    ------
    ModelError
        On first use: a file is missing or does not fit its description.
    """

    name: str
    path: Path
    entry: Mapping[str, Any] = field(repr=False)

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
        digest = hashlib.sha256(json.dumps(self.entry, sort_keys=True, ensure_ascii=False).encode())
        for name in self.files:
            digest.update((self.path / name).read_bytes())
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
            from qa_speech.conduct.linear import LinearScorer

            return LinearScorer.load(self.path / self.files[0], self.entry)
        from qa_speech.conduct.encoder import OnnxScorer

        return OnnxScorer.load(self.path, self.entry)

    def classify(self, items: Iterable[TextItem]) -> Iterator[Sequence[float]]:
        """One row of label probabilities per item, in the order given; items may belong to different calls."""
        waiting = iter(items)
        while block := list(islice(waiting, BLOCK)):
            said = [item for item in block if any(map(str.isalnum, item.text))]
            found = iter(self.scorer.rows(said)) if said else iter(())
            for item in block:
                yield next(found) if any(map(str.isalnum, item.text)) else self.neutral

    @cached_property
    def neutral(self) -> tuple[float, ...]:
        """The row of a text that says nothing."""
        if self.labels == LABELS.get(self.name):
            return NEUTRAL[self.name]
        first = 0.0 if self.entry.get("head") == "sigmoid" else 1.0
        return (first, *[0.0] * (len(self.labels) - 1))


@dataclass(frozen=True)
class TextModels:
    """Classifiers by name."""

    classifiers: Mapping[str, TextClassifier]


def load_text_models(path: Path | None = None) -> TextModels:
    """The shipped classifiers, with those of `path` in their place where it holds some.

    >>> models = load_text_models()
    >>> models.classifiers["depth"].labels
    ('0', '1', '2', '3', '4')
    >>> rude, = models.classifiers["violation"].classify([TextItem("c", 0, "")])
    >>> rude[0]
    1.0

    Raises
    ------
    ModelError
        A folder has no description, or one that cannot be used; it says which and why.
    """
    found = _read(folder("models") / SHIPPED)
    if path is not None:
        found = {**found, **_read(path)}
    return TextModels(found)


def _read(path: Path) -> dict[str, TextClassifier]:
    file = path / DESCRIPTION
    if not file.is_file():
        raise ModelError(
            str(path), f"no {DESCRIPTION} in this folder: it is not a text model made by `qa-speech train export`"
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        entries = content["classifiers"]
        version = content["format"]
    except (ValueError, KeyError, TypeError) as exc:
        raise ModelError(str(file), f"cannot be read as a description of text models: {exc!r}") from exc
    if version != FORMAT:
        raise ModelError(str(file), f"format {version}, but this version of qa_speech reads format {FORMAT}")
    for name, entry in entries.items():
        missing = [key for key in ("kind", "labels", "files", "head") if key not in entry]
        missing += [item for item in entry.get("files", ()) if not (path / item).is_file()]
        if missing:
            raise ModelError(str(file), f"classifier {name}: missing {', '.join(missing)}")
        if entry["kind"] not in ("linear", "onnx"):
            raise ModelError(str(file), f"classifier {name}: kind is {entry['kind']!r}, expected linear or onnx")
    return {name: TextClassifier(name, path, entry) for name, entry in entries.items()}


def expected_level(row: Sequence[float], labels: Sequence[str]) -> float:
    """The mean of numeric labels under their probabilities.

    >>> expected_level((0, 0, 0.5, 0.5, 0), ("1", "2", "3", "4", "5"))
    3.5
    """
    return sum(share * float(label) for share, label in zip(row, labels, strict=True))


def likeliest_violation(row: Sequence[float]) -> str:
    """The likeliest type of violation, whether or not it is likely enough.

    >>> likeliest_violation((0.1, 0, 0, 0.2, 0.7, 0, 0))
    'deflection'
    """
    return VIOLATIONS[max(range(1, len(VIOLATIONS)), key=row.__getitem__)]
