"""How much of what identifies a customer is masked, how often something else is, and how fast.

Figures: recall_written, recall_spoken, recall_noisy (share of generated identifiers of which every character is masked),
false_mask_rate (share of generated dialogues without identifiers in which anything is masked), recall_in_context and
false_in_context (the same with other dialogues before and after), x_realtime (seconds of call per second of searching and
masking the text of whole calls).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from _common import Figure, Options, figure, run
from _identifiers import Case, cases

from qa_speech.call import CallReport, Role, Utterance
from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.privacy.redact import masked
from qa_speech.testing import make_call

TARGETS: dict[str, str] = {
    "recall_written": "target >= 1.00",
    "recall_spoken": "target >= 1.00",
    "recall_noisy": "target >= 0.95",
}
SEEDS = {"written": 60, "spoken": 35, "noisy": 90, "negative": 130}
"""Seeds per group in a full run: more than 2,000 each of written, spoken and noisy identifiers and of negative dialogues."""


def utterances(item: Case) -> tuple[Utterance, ...]:
    """The dialogue with nominal times."""
    return tuple(Utterance(Role(role), 3.0 * n, 3.0 * n + 2, text) for n, (role, text) in enumerate(item.lines))


def missed(item: Case) -> list[str]:
    """The secret characters that are not masked; punctuation in between may show."""
    covered = {
        (found.utterance, place)
        for found in find_identifiers(utterances(item))
        for place in range(found.start, found.end)
    }
    return [
        item.lines[index][1][start:end]
        for index, start, end in item.secrets
        if any(item.lines[index][1][place].isalnum() and (index, place) not in covered for place in range(start, end))
    ]


def recall(name: str, items: Sequence[Case]) -> Figure:
    """The share of identifiers masked whole."""
    total = sum(len(item.secrets) for item in items)
    gone = sum(len(missed(item)) for item in items)
    patterns = len({item.pattern for item in items})
    return figure(name, (total - gone) / total, "share", total, f"{TARGETS[name]}; {patterns} patterns")


def false_masks(items: Sequence[Case]) -> Figure:
    """The share of dialogues without identifiers in which something is masked."""
    wrong = Counter(item.pattern for item in items if find_identifiers(utterances(item)))
    worst = "; ".join(f"{name.removeprefix('none: ')} {count}" for name, count in wrong.most_common(3))
    return figure(
        "false_mask_rate", sum(wrong.values()) / len(items), "share", len(items), f"target <= 0.01; {worst or 'none'}"
    )


def in_context(items: Sequence[Case], around: Sequence[Case]) -> Iterator[Figure]:
    """The same dialogues between two others without identifiers: what was said before must not mislead."""
    rng = random.Random(len(items))
    total = gone = wrong = 0
    for item in items:
        before, after = rng.choice(around), rng.choice(around)
        shift = len(before.lines)
        call = Case(
            item.pattern,
            before.lines + item.lines + after.lines,
            tuple((index + shift, start, end) for index, start, end in item.secrets),
        )
        total += len(call.secrets)
        gone += len(missed(call))
        own = range(shift, shift + len(item.lines))
        wrong += any(found.utterance not in own for found in find_identifiers(utterances(call)))
    yield figure("recall_in_context", (total - gone) / total, "share", total, "all groups, other dialogues around")
    yield figure(
        "false_in_context", wrong / len(items), "share", len(items), "the dialogues around; same speaker, no pause"
    )


def speed(items: Sequence[Case], calls: int) -> Figure:
    """Seconds of call per second of work, on calls put together from the cases: about 75 utterances in five minutes."""
    made = []
    for n in range(calls):
        lines = [f"{role}: {text}" for item in items[40 * n : 40 * n + 40] for role, text in item.lines]
        made.append(CallReport(make_call(*lines)))
    begin = time.perf_counter()
    for report in made:
        masked(report)
    spent = time.perf_counter() - begin
    length = sum(report.call.duration for report in made)
    return figure("x_realtime", length / spent, "s/s", len(made), "text and words of whole calls, one core")


def measure(options: Options) -> Iterator[Figure]:
    """All figures; a quick run takes a tenth of the seeds."""
    seeds = {name: range(max(4, count // 10) if options.quick else count) for name, count in SEEDS.items()}
    yield recall("recall_written", cases("written", seeds["written"]))
    yield recall("recall_spoken", cases("spoken", seeds["spoken"]))
    yield recall("recall_noisy", cases("noisy", seeds["noisy"]))
    negative = cases("negative", seeds["negative"])
    yield false_masks(negative)
    dialogues = [
        item for group in ("written", "spoken", "noisy") for item in cases(group, range(4 if options.quick else 20))
    ]
    yield from in_context(dialogues, negative)
    mixed = [item for group in ("written", "spoken", "noisy", "negative") for item in cases(group, range(4))]
    yield speed(mixed, 5 if options.quick else 8)


if __name__ == "__main__":
    run(measure)
