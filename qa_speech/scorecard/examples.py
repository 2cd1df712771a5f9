"""The tests written inside a scorecard: dialogues and what they must come to.

An example is judged as a call is, except that eligibility is only looked at when the example speaks of it (`scorable`),
so that three lines are enough to try one criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import msgspec

from qa_speech.call import Call, Recording, Role, Utterance
from qa_speech.errors import problem
from qa_speech.language.phrases import fold
from qa_speech.language.script import CHARACTER_S, GAP_S, example_line, line_problem, spread
from qa_speech.scorecard.evidence import unproven
from qa_speech.scorecard.score import NOBODY, judged, score
from qa_speech.scores import CriterionScore, Score
from qa_speech.timeline import Timeline

if TYPE_CHECKING:
    from qa_speech.scorecard.model import Example, Scorecard

_RATE = 8000
_SAME_TOTAL = 0.005
"""Points: totals are rounded to 0.01."""


class ExampleResult(msgspec.Struct, frozen=True):
    """What an example came to; `problems` is empty when it passed."""

    name: str
    problems: tuple[str, ...]
    score: Score

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not self.problems


def run_examples(card: Scorecard) -> list[ExampleResult]:
    """Judge every example of a scorecard, in the order of the file.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... tests:
    ...   - {name: 没有问候, dialogue: ["agent: 请讲"], expect: {greeting: pass}}
    ... ''')
    >>> [result.problems for result in run_examples(card)]
    [('greeting: expected pass, got fail (phrase_missing)',)]
    """
    return [_run(card, example) for example in card.tests]


def _run(card: Scorecard, example: Example) -> ExampleResult:
    call = dialogue_call(
        example.dialogue,
        call_id=example.name,
        duration_s=example.duration_s,
        metadata=example.metadata,
        probability=example.probability,
    )
    trusted = _everything(card)
    if example.scorable is not None:
        found = score(call, card, trusted=trusted)
    else:
        found = judged(call, card, given=example.given, trusted=trusted)
    return ExampleResult(example.name, (*_problems(example, found), *unproven(found, call)), found)


def _everything(card: Scorecard) -> frozenset[str]:
    """All criteria, where the card asks for trust: examples try the checks, not how often they were right so far."""
    if card.review.trust is None:
        return NOBODY
    return frozenset(criterion.id for criterion in card.criteria)


def _problems(example: Example, found: Score) -> Iterator[str]:
    """Where the score is not what the example expects."""
    if example.scorable is not None and example.scorable != found.scorable:
        yield problem(
            "expected scorable: {scorable}, got {found}",
            scorable=str(example.scorable).lower(),
            found=found.reason or "scorable",
        )
    by_id = {criterion.id: criterion for criterion in found.criteria}
    for name, wanted in example.expect.items():
        criterion = by_id.get(name)
        if criterion is None:
            yield problem("{name}: expected {wanted}, got nothing: the call is not scorable", name=name, wanted=wanted)
        elif outcome_of(criterion) != wanted:
            because = ", ".join([criterion.reason, *criterion.review])
            yield problem(
                "{name}: expected {wanted}, got {outcome} ({because})",
                name=name,
                wanted=wanted,
                outcome=outcome_of(criterion),
                because=because,
            )
    if example.alarms is not None:
        rang = [alarm.id for alarm in found.raised]
        if sorted(rang) != sorted(example.alarms):
            yield problem(
                "expected alarms: {wanted}, got {found}",
                wanted=", ".join(example.alarms) or "none",
                found=", ".join(rang) or "none",
            )
    if example.total is not None:
        if found.total is None:
            yield problem("expected total {total:g}, got none", total=example.total)
        elif abs(found.total - example.total) > _SAME_TOTAL:
            yield problem("expected total {total:g}, got {found:g}", total=example.total, found=found.total)
    if example.band is not None and example.band != found.band:
        yield problem("expected band {band}, got {found}", band=example.band, found=found.band or "none")


def outcome_of(criterion: CriterionScore) -> str:
    """The outcome as examples name it: a fail that waits for a person is ``pending``."""
    return "pending" if criterion.pending else criterion.outcome


def covered(card: Scorecard, results: Iterable[ExampleResult]) -> Mapping[str, frozenset[str]]:
    """For every criterion the outcomes that passing examples expect of it, ``partial`` and ``pending`` as ``fail``."""
    shown: dict[str, set[str]] = {criterion.id: set() for criterion in card.criteria}
    for example, result in zip(card.tests, results, strict=True):
        if not result.passed:
            continue
        for name, wanted in example.expect.items():
            shown[name].add("fail" if wanted in ("partial", "pending") else wanted)
    return {name: frozenset(outcomes) for name, outcomes in shown.items()}


def dialogue_call(
    lines: Iterable[str],
    *,
    call_id: str = "dialogue",
    duration_s: float | None = None,
    metadata: Mapping[str, str] | None = None,
    probability: float = 0.95,
) -> Call:
    """A two-channel call from the lines of an example.

    A line without times begins 0.5 s after the one before and lasts 0.25 s per character (240 字/分). A line without
    text is speech that was not transcribed; with none but such lines nothing was.

    >>> call = dialogue_call(["agent: 您好", "customer@2-3.5: 我想查话费", "agent@4-5"])
    >>> [(item.start, item.end, item.text) for item in call.utterances]
    [(0.0, 0.5, '您好'), (2.0, 3.5, '我想查话费'), (4.0, 5.0, None)]
    """
    said: list[Utterance] = []
    clock_s = -GAP_S
    for line in lines:
        read = example_line(line)
        if read is None:
            raise ValueError(line_problem(line))
        spoken = fold(read.text or "")
        start = clock_s + GAP_S if read.start is None else read.start
        end = start + CHARACTER_S * max(1, len(spoken)) if read.end is None else read.end
        words = spread(spoken, start, end, probability)
        said.append(Utterance(Role(read.name), start, end, read.text, words))
        clock_s = end
    said.sort(key=lambda utterance: (utterance.start, utterance.end))
    length = duration_s if duration_s is not None else max((item.end for item in said), default=0.0)
    made_with = {"recognizer": "by hand"} if any(item.text is not None for item in said) else {}
    roles = [role for role in Role if role is not Role.UNKNOWN or any(item.role is role for item in said)]
    speech = {role: Timeline(item.segment for item in said if item.role is role) for role in roles}
    recording = Recording(
        id=call_id,
        sampling_rate=_RATE,
        num_samples=round(length * _RATE),
        channels=(Role.AGENT, Role.CUSTOMER),
        layout="two_channel",
        roles_from="given",
        metadata=metadata or {},
    )
    return Call(recording, speech, tuple(said), language="zh", made_with=made_with)
