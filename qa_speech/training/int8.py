"""Weights of linear models in eight bits, and a cumulative model as one score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qa_speech.conduct.heads import Floats
from qa_speech.conduct.linear import LinearScorer


def one_score(model: LinearScorer) -> LinearScorer:
    """An ordinal model as it is; of a cumulative one the sum of its logits as one score."""
    if model.head == "ordinal":
        return model
    together = np.ones((model.weights.shape[1], 1))
    to_size = model.scales[:, None] * together
    exact = np.asarray(model.weights @ to_size, np.float32)
    packed, scales = to_int8(exact)
    return replace(
        model,
        weights=packed,
        scales=np.asarray(scales, np.float32),
        bias=np.asarray(model.bias @ together, np.float32),
        dense=np.asarray(model.dense @ together, np.float32),
        head="ordinal",
    )


def to_int8(exact: Floats) -> tuple[npt.NDArray[np.int8], Floats]:
    """int8 weights, −127…127, in units of one scale per output; the few that would be cut off set the scale, so none is."""
    scales = np.maximum(np.abs(exact).max(0), 1e-6) / 127
    return np.rint(exact / scales).astype(np.int8), scales
