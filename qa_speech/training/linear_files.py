"""Write linear models as a folder for `load_text_models`: ``text.json`` and one file of arrays each."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qa_speech.conduct.classifier import DESCRIPTION, FORMAT, with_hashes
from qa_speech.conduct.clauses import ROLES
from qa_speech.conduct.linear import LinearScorer
from qa_speech.files import write_bytes
from qa_speech.training.linear import Fit


def write_linear(
    fits: Mapping[str, Fit], folder: Path, *, thresholds: Mapping[str, float] | None = None, **about: Any
) -> None:
    """Write classifiers as a folder for `load_text_models`; others already described there stay.

    `thresholds` are probabilities, 0–1; `about` is kept beside each entry (where it was trained, on what).
    """
    folder.mkdir(parents=True, exist_ok=True)
    description = folder / DESCRIPTION
    entries: dict[str, Any] = {}
    if description.is_file():
        entries = json.loads(description.read_text(encoding="utf-8"))["classifiers"]
    for name, fit in fits.items():
        entry = _written(folder, name, fit)
        if thresholds and name in thresholds:
            entry["threshold"] = round(thresholds[name], 4)
        entries[name] = with_hashes({**entry, **about}, folder)
    content = json.dumps({"format": FORMAT, "classifiers": entries}, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(description, content.encode() + b"\n")


def _written(folder: Path, name: str, fit: Fit) -> dict[str, Any]:
    """The entry of a model whose arrays were written, and those of its model of clauses."""
    scorer = fit.scorer
    entry = {**_described(scorer, fit.plan.labels), "kind": "linear", "files": [f"{name}.npz"]}
    write_bytes(folder / f"{name}.npz", _arrays(scorer))
    if scorer.cues is not None and scorer.cues.clauses is not None:
        write_bytes(folder / f"{name}_clauses.npz", _arrays(scorer.cues.clauses))
        entry["files"].append(f"{name}_clauses.npz")
        entry["clauses"] = _described(scorer.cues.clauses, ROLES)
    return entry


def _described(model: LinearScorer, labels: Sequence[str]) -> dict[str, Any]:
    return {
        "labels": list(labels),
        "head": model.head,
        "longest": model.longest,
        "window": model.window,
        "floor": model.floor,
        "marks": model.marks,
        "cues": [] if model.cues is None else list(model.cues.names),
    }


def _arrays(model: LinearScorer) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(
        file,
        weights=model.weights,
        scales=model.scales,
        bias=model.bias,
        dense=model.dense,
        centre=model.centre,
        spread=model.spread,
        cuts=model.cuts,
    )
    return file.getvalue()
