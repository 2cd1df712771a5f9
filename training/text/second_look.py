"""When the tuned base reads, and what its word weighs: found on `turns_b`, a hand that neither of the two models has read.

    python training/text/second_look.py TUNED models/text-zh-base

TUNED: the folder that `tune.py` wrote. The linear model of `models/text-zh` reads everything; what it is in doubt about the base
reads again (`qa_speech.conduct.second_look`). Neither the frozen test nor the blind one is looked at.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import strangers

from qa_speech.conduct.classifier import DESCRIPTION, FORMAT, NONE, SECOND_LOOK, SHIPPED, load_text_models
from qa_speech.conduct.passages import Passage
from qa_speech.conduct.second_look import SecondLook
from qa_speech.files import write_bytes
from qa_speech.resources import folder

DOUBT = {"violation": 0.2, "politeness": 0.3}
"""Doubt of the linear model from which on the base reads a text: of the turns of real agents 2 % and about half."""
PLAIN = {"violation": 0, "politeness": None}
"""The column that needs no second look: `none`; of levels whichever is sure."""
SHARE = {"violation": 0.3, "politeness": 0.5}
"""What the base's word weighs."""
ALARMS_PER_1000 = 8.0
"""Of the civil turns of `turns_b`, more than half of them hard cases: with more, turns of real agents have above 1.5 per 1,000."""


def main() -> None:
    """Read, decide, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tuned", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    small = load_text_models(folder("models") / SHIPPED).classifiers
    large = load_text_models(options.tuned).classifiers
    entries = {}
    for name, doubt in DOUBT.items():
        look = SecondLook(doubt, SHARE[name], plain=PLAIN[name])
        texts = [Passage(turn.text) for turn in strangers.unread()]
        rows = list(replace(small[name], again=None).classify(texts))
        if name == "violation":
            civil = np.array([turn.kind == NONE for turn in strangers.unread()])
            look = with_limit(look, texts, civil, rows, large[name].scorer)
        told = {"doubt": look.doubt, "share": look.share, "bias": list(look.bias), "plain": look.plain}
        entries[name] = {**large[name].entry, SECOND_LOOK: told}
        again = np.mean([look.is_read_again(row) for row in rows])
        print(f"{name}: {told}, reads {again:.2f} of {len(texts)} texts again")
    options.out.mkdir(parents=True, exist_ok=True)
    for file in ("model.onnx", "tokenizer.json"):
        shutil.copyfile(options.tuned / file, options.out / file)
    content = json.dumps({"format": FORMAT, "classifiers": entries}, ensure_ascii=False, indent=1, sort_keys=True)
    write_bytes(options.out / DESCRIPTION, content.encode() + b"\n")


def with_limit(
    look: SecondLook,
    texts: Sequence[Passage],
    civil: npt.NDArray[np.bool_],
    rows: Sequence[Sequence[float]],
    base: object,
) -> SecondLook:
    """The log-odd for `none` at which so many civil turns are flagged at one half."""
    none = np.array([row[0] for row in look.read_again(texts, rows, base)])  # type: ignore[arg-type]
    read = np.array([look.is_read_again(row) for row in rows])
    odds = np.log(np.maximum(none, 1e-6)) - np.log(np.maximum(1 - none, 1e-6))
    allowed = int(ALARMS_PER_1000 * civil.sum() / 1000) - int((~read & civil & (none < 0.5)).sum())
    limit = float(np.sort(odds[civil & read])[allowed])
    return replace(look, bias=(-limit, *[0.0] * (len(rows[0]) - 1)))


if __name__ == "__main__":
    main()
