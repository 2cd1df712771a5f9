"""What each rule of violations is worth: own violations it catches, those the shipped model misses, civil turns it fires on.

    python training/text/rules.py [--data DIR]        a line a rule, worst first; exit code 1 where a civil turn fires

Civil turns: own ones (corpus, tests but the closed half of the blind one) and, where `DIR` has them, real ones of JDDC valid.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import rows  # noqa: E402

from qa_speech.conduct.classifier import load_text_models  # noqa: E402
from qa_speech.conduct.passages import Passage  # noqa: E402
from qa_speech.conduct.violations import violations_in  # noqa: E402
from qa_speech.language.marked import marked  # noqa: E402
from qa_speech.language.notation import rule_set  # noqa: E402

OPEN = frozenset(("rail", "food", "ride", "gym", "kindergarten", "pet"))
"""Domains of the blind test whose rows may be read."""


def civil(data: Path) -> dict[str, list[str]]:
    """Civil turns by where they come from, each once."""
    own = [said.text for said in corpus.utterances() if said.violation == "none"]
    with (HERE / "blind" / "normal.tsv").open(encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        own += [row["text"] for row in table if row["domain"] in OPEN]
    real: list[str] = []
    place = data / "jddc_satisfaction" / "valid_dialogues.jsonl"
    if place.is_file():
        for line in place.read_text(encoding="utf-8").splitlines():
            real += [turn["agent"] for turn in json.loads(line)["turns"] if turn["agent"].strip()]
    return {"own": list(dict.fromkeys(own)), "jddc valid": list(dict.fromkeys(real))}


def fired(texts: list[str]) -> dict[int, set[int]]:
    """The texts on which each rule fires, by the number of the rule."""
    found: dict[int, set[int]] = {}
    for hit in rule_set("violation_rules").hits("\n".join([marked(text) for text in texts])):
        found.setdefault(hit.rule, set()).add(hit.line)
    return found


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    options = parser.parse_args()
    rng = random.Random(5)
    rude = [corpus.filled(frame, rng) for frames in rows.labelled("violations").values() for frame in frames]
    model = load_text_models().classifiers["violation"]
    limit = model.threshold or 0.5
    missed = {at for at, row in enumerate(model.classify([Passage(text) for text in rude])) if 1 - row[0] < limit}
    caught = fired(rude)
    alarms = 0
    for name, texts in civil(options.data).items():
        flagged = [text for text, hits in zip(texts, violations_in(texts), strict=True) if hits]
        alarms += len(flagged)
        print(f"{len(flagged)} of {len(texts)} civil turns ({name})", *flagged[:20], sep="\n    ")
    print("caught\tmissed by the model\trule")
    for number, rule in enumerate(rule_set("violation_rules").rules):
        mine = caught.get(number, set())
        print(f"{len(mine)}\t{len(mine & missed)}\t{rule.section[0]}\t{rule.example}")
    print(f"{len(rude)} own violations, {len(missed)} of them missed by the shipped model, which was trained on them")
    return int(alarms > 0)


if __name__ == "__main__":
    sys.exit(main())
