"""How much of what identifies a customer is masked, how often something else is, and how fast.

Figures: recall_written, recall_spoken, recall_noisy (share of generated identifiers of which every character is masked),
false_mask_rate (share of generated dialogues without identifiers in which anything is masked), recall_in_context and
false_in_context (the same with other dialogues before and after), x_realtime (processor seconds of searching and
masking the text of whole calls). On dialogues that were written before the finder was read, those that were not developed
on: recall_unread_* by kind, false_mask_rate_unread; on further ones for accounts and cards, the same with fresh.
Of lines by hands that had not read the finder: recall_strangers_* (never looked at), recall_developed_* (developed on).
On real dialogues, without customers' names in them: masked_real_* (share of turns with one masked, right or wrong).
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from _common import Figure, Options, figure, run
from _identifiers import NONE, Case, cases
from _strangers import Stranger, masked_places, strangers, whole
from _text import real_dialogues
from _unread import Dialogue, dialogues

from qa_speech.call import Role, Utterance
from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.papers import OPTIONAL_KINDS
from qa_speech.privacy.redact import masked
from qa_speech.scores import CallReport
from qa_speech.testing import make_call
from qa_speech.wording.masking import placeholders

TARGETS: dict[str, str] = {
    "recall_written": "target >= 1.00",
    "recall_spoken": "target >= 1.00",
    "recall_noisy": "target >= 0.95",
}
UNREAD: dict[str, tuple[tuple[str, ...], str]] = {
    "recall_unread_numbers": (("phone", "id_card", "bank_card"), "target >= 0.95"),
    "recall_unread_card": (("card_expiry", "security_code"), "target >= 0.95"),
    "recall_unread_accounts": (("email", "account"), "target >= 0.95"),
    "recall_unread_names": (("name",), "target >= 0.85"),
    "recall_unread_addresses": (("address",), "target >= 0.85"),
    "recall_unread_optional": (("passport", "plate", "credit_code"), "target >= 0.95; masked by option"),
}
"""Figure → the kinds it counts, and its target."""
DIALOGUES_A_CALL = 40
SEEDS = {"written": 60, "spoken": 35, "noisy": 90, "negative": 130}
"""Seeds per group in a full run: more than 2,000 each of written, spoken and noisy identifiers and of negative dialogues."""


STRANGERS: dict[str, tuple[tuple[str, ...], str]] = {
    "recall_strangers_numbers": (("phone", "idcard", "bankcard"), "target >= 0.95"),
    "recall_strangers_card": (("expiry", "cvv"), "target >= 0.95"),
    "recall_strangers_accounts": (("email", "wechat", "qq"), "target >= 0.95"),
    "recall_strangers_names": (("name",), "target >= 0.85"),
    "recall_strangers_addresses": (("address",), "target >= 0.85"),
}


def utterances(dialogue: Case) -> tuple[Utterance, ...]:
    """The dialogue with nominal times."""
    return tuple(Utterance(Role(role), 3.0 * n, 3.0 * n + 2, text) for n, (role, text) in enumerate(dialogue.lines))


def shown(dialogue: Case, also: Collection[Kind] = ()) -> list[bool]:
    """Whether each identifier shows a character; punctuation in between may show."""
    covered = set()
    for found in find_identifiers(utterances(dialogue), also):
        covered |= {(found.utterance, place) for place in range(found.start, found.end)}
    seen = []
    for index, start, end in dialogue.secrets:
        text = dialogue.lines[index][1]
        seen.append(any(text[place].isalnum() and (index, place) not in covered for place in range(start, end)))
    return seen


def missed(dialogue: Case) -> int:
    """How many identifiers show a character."""
    return sum(shown(dialogue))


def recall(name: str, dialogues: Sequence[Case]) -> Figure:
    """The share of identifiers masked whole."""
    total = sum(len(dialogue.secrets) for dialogue in dialogues)
    found = total - sum(missed(dialogue) for dialogue in dialogues)
    patterns = len({dialogue.pattern for dialogue in dialogues})
    return figure(name, found / total, "share", total, f"{TARGETS[name]}; {patterns} patterns")


def false_masks(dialogues: Sequence[Case]) -> Figure:
    """The share of dialogues without identifiers in which something is masked."""
    wrong = Counter(dialogue.pattern for dialogue in dialogues if find_identifiers(utterances(dialogue)))
    worst = [f"{pattern.removeprefix(NONE)} {count}" for pattern, count in wrong.most_common(3)]
    note = f"target <= 0.01; {'; '.join(worst) or 'none'}"
    return figure("false_mask_rate", wrong.total() / len(dialogues), "share", len(dialogues), note)


def unread() -> Iterator[Figure]:
    """Figures of the dialogues that were not developed on, by kind."""
    closed = [dialogue for dialogue in dialogues() if dialogue.is_closed]
    yield from of_kinds(closed, "unread")
    yield from of_kinds(dialogues(file_name="redaction_fresh.tsv"), "fresh")


def of_kinds(closed: Sequence[Dialogue], which: str) -> Iterator[Figure]:
    """Recall by kind, and how many dialogues without identifiers have something masked."""
    total, gone = Counter[str](), Counter[str]()
    for dialogue in closed:
        for kind, is_shown in zip(dialogue.kinds, shown(dialogue.case, OPTIONAL_KINDS), strict=True):
            total[kind] += 1
            gone[kind] += is_shown
    for name, (kinds, target) in UNREAD.items():
        count = sum(total[kind] for kind in kinds)
        left = sum(gone[kind] for kind in kinds)
        each = "; ".join([f"{kind} {total[kind] - gone[kind]}/{total[kind]}" for kind in kinds])
        if not count:
            continue
        yield figure(name.replace("unread", which), (count - left) / count, "share", count, f"{target}; {each}")
    without = [dialogue for dialogue in closed if not dialogue.kinds]
    wrong = sum(bool(find_identifiers(utterances(dialogue.case))) for dialogue in without)
    yield figure(f"false_mask_rate_{which}", wrong / len(without), "share", len(without), "target <= 0.01")


def by_strangers() -> Iterator[Figure]:
    """Lines by hands that had not read the finder: those nobody has looked at, and those it was developed on."""
    lines = strangers()
    yield from _of_hands([one for one in lines if one.is_unread], "strangers")
    yield from _of_hands([one for one in lines if not one.is_unread], "developed")


def _of_hands(lines: Sequence[Stranger], which: str) -> Iterator[Figure]:
    """Recall by kind, and lines without anything that are masked."""
    total, found = Counter[str](), Counter[str]()
    for one in lines:
        for kind, is_masked in whole(one):
            total[kind] += 1
            found[kind] += is_masked
    for name, (kinds, target) in STRANGERS.items():
        count = sum(total[kind] for kind in kinds)
        each = "; ".join([f"{kind} {found[kind]}/{total[kind]}" for kind in kinds])
        if which == "developed":
            target = "developed on"
        yield _share(name.replace("strangers", which), sum(found[kind] for kind in kinds), count, f"{target}; {each}")
    without = [one for one in lines if not one.spans and not one.more]
    wrong = sum(bool(masked_places(one.text)) for one in without)
    yield _share(
        f"false_mask_rate_{which}", wrong, len(without), "target <= 0.01" if which == "strangers" else "developed on"
    )


def _share(name: str, part: int, count: int, against: str) -> Figure:
    """A share; n/a of nothing."""
    if not count:
        return figure(name, None, "share", 0, f"{against}; no line of a hand that nobody has looked at")
    return figure(name, part / count, "share", count, against)


def on_real_turns(data: Path) -> Iterator[Figure]:
    """The share of real turns in which a name, a card's date or code, or an account is masked."""
    groups = {"names": ("name",), "card": ("card_expiry", "security_code"), "accounts": ("account",)}
    try:
        calls = [dialogue.call for dialogue in real_dialogues(data)]
    except FileNotFoundError:
        for name in groups:
            yield figure(f"masked_real_{name}", None, "share", 0, "the dialogues are not there")
        return
    places: dict[str, set[tuple[int, int]]] = {}
    for number, call in enumerate(calls):
        for found in find_identifiers(call.utterances):
            places.setdefault(found.kind, set()).add((number, found.utterance))
    turns = sum(len(call.utterances) for call in calls)
    for name, kinds in groups.items():
        count = len(set().union(*[places.get(kind, set()) for kind in kinds]))
        against = f"JDDC and MobileCS; target <= 0.01; {count} turns, right or wrong"
        yield figure(f"masked_real_{name}", count / turns, "share", turns, against)


def in_context(dialogues: Sequence[Case], around: Sequence[Case]) -> Iterator[Figure]:
    """The same dialogues between two others without identifiers: what was said before must not mislead."""
    rng = random.Random(len(dialogues))
    total = gone = wrong = 0
    for dialogue in dialogues:
        before, after = rng.choice(around), rng.choice(around)
        shift = len(before.lines)
        lines = before.lines + dialogue.lines + after.lines
        secrets = tuple((index + shift, start, end) for index, start, end in dialogue.secrets)
        call = Case(dialogue.pattern, lines, secrets)
        total += len(secrets)
        gone += missed(call)
        own = range(shift, shift + len(dialogue.lines))
        wrong += any(found.utterance not in own for found in find_identifiers(utterances(call)))
    yield figure("recall_in_context", (total - gone) / total, "share", total, "all groups, other dialogues around")
    note = "the dialogues around; same speaker, no pause"
    yield figure("false_in_context", wrong / len(dialogues), "share", len(dialogues), note)


def speed(dialogues: Sequence[Case], calls: int) -> Figure:
    """Seconds of call per second of work, on calls put together from dialogues: about 75 utterances in five minutes."""
    made = []
    for first in range(0, calls * DIALOGUES_A_CALL, DIALOGUES_A_CALL):
        lines = []
        for dialogue in dialogues[first : first + DIALOGUES_A_CALL]:
            lines += [f"{role}: {text}" for role, text in dialogue.lines]
        made.append(CallReport(make_call(*lines)))
    words = placeholders("zh")
    begin = time.process_time()
    for report in made:
        masked(report, words)
    spent = time.process_time() - begin
    length = sum(report.call.duration for report in made)
    return figure(
        "x_realtime", length / spent, "s/s", len(made), "text and words of whole calls, processor time of one core"
    )


def measure(options: Options) -> Iterator[Figure]:
    """All figures; a quick run takes a tenth of the seeds."""
    seeds = {name: range(max(4, count // 10) if options.quick else count) for name, count in SEEDS.items()}
    yield recall("recall_written", cases("written", seeds["written"]))
    yield recall("recall_spoken", cases("spoken", seeds["spoken"]))
    yield recall("recall_noisy", cases("noisy", seeds["noisy"]))
    negative = cases("negative", seeds["negative"])
    yield false_masks(negative)
    some = range(4 if options.quick else 20)
    some_dialogues = [dialogue for group in ("written", "spoken", "noisy") for dialogue in cases(group, some)]
    yield from in_context(some_dialogues, negative)
    yield from unread()
    yield from by_strangers()
    yield from on_real_turns(options.data)
    mixed = [dialogue for group in SEEDS for dialogue in cases(group, range(4))]
    yield speed(mixed, 5 if options.quick else 8)


if __name__ == "__main__":
    run(measure)
