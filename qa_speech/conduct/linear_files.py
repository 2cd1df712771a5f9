"""A linear text model from its files: weights, the cues of answers, and the model of clauses that some of them need.

text.json      what the arrays are, and which cues
depth.npz      arrays of the model
depth_clauses.npz    those of its model of clauses
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.answer_cues import AnswerCues, known_cues
from qa_speech.conduct.linear import LinearScorer
from qa_speech.errors import ModelError, problem

ARRAYS = ("weights", "scales", "bias", "dense", "centre", "spread", "cuts")


def load_linear(path: Path, entry: Mapping[str, Any]) -> LinearScorer:
    """Read the arrays that an entry of ``text.json`` describes; those of a model of clauses lie in its second file.

    Raises
    ------
    ModelError
        The file is no such array file, or its shapes do not fit the entry.
    """
    arrays = _arrays(path)
    clauses = load_linear(path.with_name(entry["files"][1]), entry["clauses"]) if "clauses" in entry else None
    _check_weights(path, entry, arrays["weights"])
    return LinearScorer(
        **arrays,
        head=str(entry["head"]),
        longest=int(entry["longest"]),
        window=int(entry.get("window", 0)),
        floor=int(entry.get("floor", 0)),
        marks=bool(entry.get("marks", False)),
        cues=_cues(path, tuple(entry.get("cues", ())), clauses, len(arrays["dense"])),
    )


def _arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in ARRAYS}
    except (OSError, ValueError, KeyError, EOFError) as exc:
        raise ModelError(
            str(path), problem("cannot be read as the arrays of a linear text model: {reason}", reason=exc)
        ) from exc


def _check_weights(path: Path, entry: Mapping[str, Any], weights: npt.NDArray[Any]) -> None:
    labels = len(entry["labels"])
    expected = {"ordinal": 1, "cumulative": labels - 1}.get(str(entry["head"]), labels)
    buckets, outputs = weights.shape
    power_of_two = buckets & (buckets - 1) == 0
    if outputs != expected or not power_of_two or weights.dtype != np.int8:
        raise ModelError(
            str(path),
            problem(
                "weights are {shape} {dtype}, expected int8 × {expected}",
                shape=weights.shape,
                dtype=weights.dtype,
                expected=expected,
            ),
        )


def _cues(path: Path, names: tuple[str, ...], clauses: LinearScorer | None, weighed: int) -> AnswerCues | None:
    """The cues named; None where the model has none. `weighed` is how many the model has weights for."""
    unknown = sorted(set(names) - set(known_cues(clauses)))
    if unknown:
        raise ModelError(
            str(path), problem("wants cues that are not counted here: {unknown}", unknown=", ".join(unknown))
        )
    if len(names) != weighed:
        raise ModelError(
            str(path),
            problem("has weights for {weighed} cues, but {count} are named", weighed=weighed, count=len(names)),
        )
    return AnswerCues(names, clauses) if names else None
