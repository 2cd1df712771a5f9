"""What is judged from a call: evidence, figures, outcomes of criteria, the score, and the report that holds them.

Reason codes of missing values: ``no_speech``, ``no_words`` (recognised, nothing said), ``no_recogniser`` (words
were not asked for), ``no_times`` (a transcript without times), ``mono`` (roles cannot be told apart), ``no_role``
(that role says nothing), ``no_event`` (nothing of the kind happened, so there is no figure to give), ``not_annotated``
(no text model has read the call), ``stale_annotation`` (one has read other words), ``not_measured``.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Literal

import msgspec

from qa_speech.call import SCHEMA_VERSION, Call, Role, check_numbers

Reliability = Literal["ok", "low"]
Outcome = Literal["pass", "partial", "fail", "not_applicable", "not_measured", "manual"]


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """What a person hears and reads to believe a figure.

    `kind` quote: words that were said (`utterance` = index into the call's utterances); interval: a stretch of time;
    absence: the span that was searched in vain. `role` None speaks of both parties. `note` is a reason code or name
    (``dead_air``, ``greeting``); sentences are made by `wording`.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call(agent=[(0, 2), (9, 12)])
    >>> [(proof.kind, proof.start, proof.end) for proof in qa_speech.measure(call, "silence").evidence]
    [('interval', 2.0, 9.0)]
    """

    kind: Literal["quote", "interval", "absence"]
    start: float
    end: float
    role: Role | None = None
    quote: str = ""
    note: str = ""
    utterance: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end < inf:
            raise ValueError(f"evidence: need 0 <= start <= end, got start={self.start}, end={self.end}")


class Measurement(msgspec.Struct, frozen=True):
    """One figure: value or None with a reason, unit, components, evidence, reliability.

    `components` are the counts and totals a corpus sums before it divides; rates are never averaged.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> found = qa_speech.measure(make_call(agent=[(0, 2), (9, 12)]), "silence")
    >>> found.value, found.unit, found.component("longest_s")
    (1, 'count', 7.0)
    >>> found = qa_speech.measure(make_call("agent: 您好", times="nominal"), "silence")
    >>> found.value, found.reason
    (None, 'no_times')
    """

    value: float | None
    unit: str
    components: Mapping[str, float | None] = {}
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    reliability: Reliability = "ok"
    reliability_reason: str = ""

    def __post_init__(self) -> None:
        check_numbers("Measurement", value=self.value, **self.components)
        if self.value is None and not self.reason:
            raise ValueError("a measurement without a value needs a reason")

    def component(self, name: str) -> float | None:
        """A component by name, in the unit that its metric declares; `value` names the value itself."""
        return self.value if name == "value" else self.components[name]


class CriterionScore(msgspec.Struct, frozen=True, gc=False):
    """The outcome of one criterion.

    `points` None when not judged; `pending` marks a fail (or a partial mark not yet trusted) that waits for a person, for
    its `review` reasons; `fatal` names the effect that a fail has (``form``, ``section``, ``cap:60``) or is empty. `detail`
    holds the numbers and names that `wording` needs for the plain sentence. `scored` False = shown, but outside every
    total; `comment_required`: whoever judges has to write why.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> greeting = result.criteria[0]
    >>> greeting.title, greeting.outcome, greeting.points, greeting.possible, greeting.evidence[0].quote
    ('15 秒内问候', 'pass', 5.0, 5.0, '您好')
    """

    id: str
    title: str
    section: str
    outcome: Outcome
    points: float | None
    possible: float
    review: tuple[str, ...] = ()
    pending: bool = False
    fatal: str = ""
    severity: str = ""
    tags: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    reason: str = ""
    detail: Mapping[str, str | float | None] = {}
    comment_required: bool = False
    scored: bool = True


class AlarmScore(msgspec.Struct, frozen=True, gc=False):
    """Something that has to be known at once, outside all points. `raised` None = it could not be looked for, see `reason`;
    what was looked for in vain is not listed. `review` says why it may be a mistake.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 再这样我就去工信部投诉", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> [(alarm.title, alarm.evidence[0].quote) for alarm in result.raised]
    [('扬言升级投诉', '工信部')]
    """

    id: str
    title: str
    severity: str
    raised: bool | None
    reason: str = ""
    review: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()


class SectionScore(msgspec.Struct, frozen=True, gc=False):
    """Points of one section; `total` 0–100, None when nothing in it was judged.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> opening = result.sections[0]
    >>> opening.title, opening.points, opening.possible, opening.total
    ('开头语', 15.0, 15.0, 100.0)
    """

    id: str
    title: str
    weight: float
    points: float
    possible: float
    total: float | None
    coverage: float = 1.0
    voided_by: str = ""


class Score(msgspec.Struct, frozen=True, tag_field="type", tag="score"):
    """A call judged by one version of one scorecard. `total` is None with a `reason` when it cannot be given.

    `marks`, where there: people's marks have gone into it, those alone (``human``) or over the machine's (``final``).
    `judged_points` of `possible_points`, where there: the card keeps the weight of what a person has yet to judge, and the
    total speaks only of the part that has been judged. `alarms`, where the card has any: those that rang or could not be
    looked for.

    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> result = qa_speech.score(call, qa_speech.load_scorecard("scorecards/telecom-hotline.yaml"))
    >>> result.scorecard_id, result.total, round(result.coverage, 2)
    ('telecom-hotline', 63.75, 0.79)
    >>> [criterion.title for criterion in result.criteria if criterion.outcome == "fail"][:3]
    ['办理前核实身份', '结束前问是否还有其他需要', '结束语']
    """

    call_id: str
    scorecard_id: str
    scorecard_version: int
    scorecard_sha256: str
    criteria: tuple[CriterionScore, ...]
    sections: tuple[SectionScore, ...]
    total: float | None
    total_if_confirmed: float | None
    coverage: float
    band: str = ""
    passed: bool | None = None
    scorable: bool = True
    reason: str = ""
    tags: Mapping[str, float | None] = {}
    schema_version: int = SCHEMA_VERSION
    marks: Literal["human", "final"] | msgspec.UnsetType = msgspec.UNSET
    alarms: tuple[AlarmScore, ...] | msgspec.UnsetType = msgspec.UNSET
    judged_points: float | msgspec.UnsetType = msgspec.UNSET
    possible_points: float | msgspec.UnsetType = msgspec.UNSET

    @property
    def raised(self) -> tuple[AlarmScore, ...]:
        """The alarms that rang."""
        return tuple(alarm for alarm in self.alarms or () if alarm.raised)


class CallReport(msgspec.Struct, frozen=True, tag_field="type", tag="report"):
    """One input that worked: the call, its measurements by metric name, and its score if a scorecard was given.

    >>> import qa_speech
    >>> report = qa_speech.inspect_call("samples/slow-answer.ogg")
    >>> report.id, round(report.call.duration), round(report.measurements["response"].value, 1)
    ('slow-answer.ogg', 80, 3.9)
    """

    call: Call
    measurements: Mapping[str, Measurement] = {}
    score: Score | None = None

    @property
    def id(self) -> str:
        """The recording's id."""
        return self.call.id


class CallFailure(msgspec.Struct, frozen=True, tag_field="type", tag="failure"):
    """One input that did not work: the class of the error and its message.

    >>> from pathlib import Path
    >>> import qa_speech
    >>> row = qa_speech.CallInput(Path("missing.wav"))
    >>> for outcome in qa_speech.inspect_many([row]):
    ...     if isinstance(outcome, qa_speech.CallFailure):
    ...         print(outcome.error, "|", outcome.message)
    DecodeError | missing.wav: no such file
    """

    id: str
    path: str
    error: str
    message: str
