"""How the agent treats the customer: violations found, and politeness. Two separate things, never mixed. 服务忌语、用语不当与礼貌.

    agent   您先别急，我帮您查一下        politeness 88: empathy, honorific, promise
    agent   跟你说了多少遍了              violation: impatience, major, at 01:12
    agent   三十九元                      neutral: politeness 50

A **violation** is words that must not be said, with their second: insult, taboo phrase, deflection 推诿, rhetorical question
反问, impatience, order. **Politeness** of an utterance is the expected level of an ordinal model, 1–5 made 0–100.
Politeness is not service quality: on 390 public helpdesk dialogues courtesy words per 100 characters correlate −0.26 … −0.34
with how well the case was solved, because apologies fill the bad ones.

Who else: Amazon, Alibaba and Huawei let users list forbidden phrases and publish none; ConvoKit's Chinese politeness lists
were made for microblogs, have no 您好 and count the single characters 干 and 操. Genesys and Medallia publish sentiment, not
politeness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from qa_speech.call import Call, Role
from qa_speech.conduct.manners import OPENING_UTTERANCES, RULED_COURTESIES, spoken_by_agent
from qa_speech.conduct.violations import SEVERITIES, VIOLATION_TYPES
from qa_speech.errors import ConfigError, problem
from qa_speech.language.phrases import fold, says, span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.base import CALL_S, COUNT, PER_MIN, Component, Metric
from qa_speech.metrics.common import missing, quantile, ratio
from qa_speech.metrics.found_violations import FoundViolation, found_violations
from qa_speech.metrics.text import mean_labels, no_text, words_reliability
from qa_speech.scores import Evidence, Measurement, Reliability

VIOLATIONS = (
    COUNT,
    Component("insult_count", "count", "辱骂", "insults"),
    Component("taboo_count", "count", "服务忌语", "taboo phrases"),
    Component("deflection_count", "count", "推诿", "deflections"),
    Component("rhetorical_count", "count", "反问", "rhetorical questions"),
    Component("impatience_count", "count", "不耐烦", "impatience"),
    Component("order_count", "count", "命令", "orders"),
    Component("critical_count", "count", "严重", "critical"),
    Component("major_count", "count", "较重", "major"),
    Component("minor_count", "count", "轻微", "minor"),
    Component("utterance_count", "count", "句数", "utterances", counted="句"),
    Component("rude_count", "count", "有违规的句数", "utterances with a violation", counted="句"),
    Component("rude_share", "%", "有违规的占比", "share with a violation"),
    PER_MIN,
    CALL_S,
    Component("unsure_count", "count", "待复核", "to be reviewed"),
    Component("model_count", "count", "由模型发现", "found by the model"),
)
POLITENESS = (
    Component("count", "count", "句数", "utterances", counted="句"),
    Component("level_total", "points", "礼貌得分合计", "total of politeness points"),
    Component("lowest", "points", "最低一句", "lowest"),
    Component("p10", "points", "10% 低于", "10th percentile"),
    Component("p50", "points", "中位数", "median"),
    Component("low_count", "count", "偏低次数", "low ones", counted="句"),
    Component("low_share", "%", "偏低占比", "share of low ones"),
    Component("polite_count", "count", "礼貌句数", "polite utterances", counted="句"),
    Component("polite_share", "%", "礼貌句占比", "share of polite utterances"),
    Component("greeting_count", "count", "问候句数", "greetings", counted="句"),
    Component("thanks_count", "count", "致谢句数", "thanks", counted="句"),
    Component("apology_count", "count", "致歉句数", "apologies", counted="句"),
    Component("softener_count", "count", "委婉句数", "softened requests", counted="句"),
    Component("honorific_count", "count", "敬语句数", "honorifics", counted="句"),
    Component("empathy_count", "count", "共情句数", "empathy", counted="句"),
    Component("promise_count", "count", "承诺句数", "promises", counted="句"),
    Component("greeting_share", "%", "问候占比", "share with a greeting"),
    Component("thanks_share", "%", "致谢占比", "share with thanks"),
    Component("apology_share", "%", "致歉占比", "share with an apology"),
    Component("softener_share", "%", "委婉占比", "share softened"),
    Component("honorific_share", "%", "敬语占比", "share with honorifics"),
    Component("empathy_share", "%", "共情占比", "share with empathy"),
    Component("promise_share", "%", "承诺占比", "share with a promise"),
    Component("formal_you_count", "count", "称“您”次数", "您 said"),
    Component("plain_you_count", "count", "称“你”次数", "你 said"),
    Component("formal_you_share", "%", "称“您”占比", "share of 您"),
    Component(
        "opening_greeting", "", "开场问候", "greeting at the opening"
    ),  # 1 or 0, as are the three below without a unit
    Component("opening_introduction", "", "开场报工号", "introduction at the opening"),
    Component("identity_count", "count", "核实身份次数", "identity checks"),
    Component("identity_polite_count", "count", "核实时用敬语", "polite identity checks"),
    Component("wait_count", "count", "请客户等待次数", "waits asked for"),
    Component("wait_polite_count", "count", "请等待时用敬语", "waits asked for politely"),
    Component("return_count", "count", "等待后致谢或致歉", "thanks or apology after a wait"),
    Component("closing_further_help", "", "结束前问其他需要", "further help offered"),
    Component("closing_farewell", "", "结束语", "farewell"),
)


def violations(
    call: Call,
    *,
    types: tuple[str, ...] = VIOLATION_TYPES,
    min_severity: Literal["minor", "major", "critical"] = "minor",
    threshold: float | None = None,
    allowed: tuple[str, ...] = (),
) -> Measurement:
    """Count what the agent must not say: insults, taboo phrases, deflection, rhetorical questions, impatience, orders.

    Parameters
    ----------
    call : Call
        Needs words and roles. Violation annotations (`qa-speech annotate`) add what no rule has.
    types : tuple of str
        Count only these: insult, taboo, deflection, rhetorical, impatience, order.
    min_severity : str
        Count only from this severity on: minor, major, critical.
    threshold : float, 0…1
        Probability from which a model's finding counts; None = the one the model was made to decide at.
    allowed : tuple of str
        A violation whose words hold one of these does not count (a house's own exceptions).

    Returns
    -------
    Measurement, unit ``count``
        Counts by type (``insult_count`` …) and by severity (``critical_count`` …); ``utterance_count`` agent utterances with
        words, ``rude_count`` of them with a violation and ``rude_share`` (%), ``per_min`` of ``call_s`` (empty without times);
        ``unsure_count`` violations whose words were recognised with probability below 0.5 or that only the model found,
        ``model_count`` the latter. One quote per violation, its note ``violation_TYPE``. Reliability is low where a violation
        counted is unsure: ``model_only`` or ``unsure_words``.
        Value None: ``no_recogniser``, ``no_words``, ``mono``, ``no_role``, ``stale_annotation``.

    Notes
    -----
    Two rules on the same words are one violation, of the graver kind. 我不清楚 is none where the agent goes on to offer help
    or apologises.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 怎么还没好", "agent: 跟你说了多少遍了，你急什么")
    >>> found = violations(call)
    >>> found.value, [item.note for item in found.evidence]
    (2, ['violation_impatience', 'violation_rhetorical'])
    """
    _check_types(types)
    if reason := no_text(call, "violation"):
        return missing("count", VIOLATIONS, reason)
    graves = SEVERITIES[: SEVERITIES.index(min_severity) + 1]
    found = []
    for hit in found_violations(call, threshold=threshold):
        if hit.kind in types and hit.severity in graves and not says(_words(call, hit), tuple(allowed)):
            found.append(hit)
    spoken = _worded_count(call)
    rude = len({hit.utterance for hit in found})
    length = None if call.times == "nominal" else call.duration
    kinds = [hit.kind for hit in found]
    severities = [hit.severity for hit in found]
    components: dict[str, float | None] = {
        "count": len(found),
        **{f"{kind}_count": kinds.count(kind) for kind in VIOLATION_TYPES},
        **{f"{severity}_count": severities.count(severity) for severity in SEVERITIES},
        "utterance_count": spoken, "rude_count": rude, "rude_share": ratio(rude, spoken),
        "per_min": ratio(len(found), length or 0.0, 60.0), "call_s": length,
        "unsure_count": sum([hit.unsure for hit in found]), "model_count": sum([hit.by_model for hit in found]),
    }  # fmt: skip
    trust, why = _trust(found)
    evidence = tuple(_quote(call, hit) for hit in found)
    return Measurement(len(found), "count", components, evidence, "", trust, why)


@per_call
def _worded_count(call: Call) -> int:
    """How many utterances of the agent have words."""
    return [said.role is Role.AGENT and bool(said.text) for said in call.utterances].count(True)


def _check_types(types: Sequence[str]) -> None:
    unknown = [name for name in types if name not in VIOLATION_TYPES]
    if unknown:
        known = ", ".join(VIOLATION_TYPES)
        problems = [problem("unknown type {name!r}; there are: {known}", name=name, known=known) for name in unknown]
        raise ConfigError("violations.types", problems)


def _words(call: Call, hit: FoundViolation) -> str:
    return (call.utterances[hit.utterance].text or "")[hit.start : hit.end]


def _trust(found: Sequence[FoundViolation]) -> tuple[Reliability, str]:
    if any(hit.by_model for hit in found):
        return "low", "model_only"
    return ("low", "unsure_words") if any(hit.unsure for hit in found) else ("ok", "")


def _quote(call: Call, hit: FoundViolation) -> Evidence:
    start, end, _ = span_time(call.utterances[hit.utterance], hit.start, hit.end)
    return Evidence("quote", start, end, Role.AGENT, _words(call, hit), f"violation_{hit.kind}", hit.utterance)


# ----------------------------------------------------------------------------------------------------- politeness


def politeness(call: Call, *, low_below: float = 30.0, polite_from: float = 60.0, worst: int = 3) -> Measurement:
    """How politely the agent speaks, 0–100: the mean over the agent's utterances; 50 is neutral.

    Parameters
    ----------
    call : Call
        Needs words and roles; the value needs politeness annotations (`qa-speech annotate`), the counts do not.
    low_below : float, 0…100
        Utterances below make ``low_count``.
    polite_from : float, 0…100
        Utterances from here on make ``polite_count``.
    worst : int
        Of the utterances below `low_below` this many, the lowest first, are evidence.

    Returns
    -------
    Measurement, unit ``points``
        ``count`` utterances judged (no backchannels), ``level_total`` (sum of their politeness; the value is
        level_total / count), ``lowest``, ``p10``, ``p50``, ``low_count``, ``low_share``, ``polite_count``, ``polite_share`` (%).
        Utterances with each strategy, by phrases: ``greeting_count``, ``thanks_count``, ``apology_count``, ``softener_count``,
        ``honorific_count``, ``empathy_count``, ``promise_count``, and their ``…_share`` (% of ``count``);
        ``formal_you_count`` 您, ``plain_you_count`` 你 (not 你好, 你们), ``formal_you_share`` (%).
        Place in the call, 1 or 0: ``opening_greeting``, ``opening_introduction`` in the agent's first three utterances,
        ``closing_further_help`` in the second half, ``closing_farewell`` in the last three; ``identity_count`` utterances that ask
        who the customer is, ``identity_polite_count`` of them with 请, 麻烦 or the like; ``wait_count`` announced look-ups,
        ``wait_polite_count`` of them with 请 or 您, ``return_count`` thanks or apology for the wait.
        Evidence: the worst utterances (``impolite``), and the place where a greeting or farewell is missing.
        Value None: ``no_recogniser``, ``no_words``, ``mono``, ``no_role``, ``not_annotated``, ``stale_annotation``.

    Notes
    -----
    Politeness says how it was said, not whether it helped: that is `depth`. What must not be said is `violations`.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> found = politeness(make_call("agent: 您好，请问有什么可以帮您", "customer: 查话费", "agent: 好的，请您稍等"))
    >>> found.value, found.reason, found.components["opening_greeting"], found.components["softener_count"]
    (None, 'not_annotated', 1, 2)
    """
    if reason := no_text(call, "politeness"):
        return missing("points", POLITENESS, reason)
    spoken = spoken_by_agent(call)
    scores = _scores(call, spoken)
    components = {**_levels(scores, low_below, polite_from), **_by_rules(call, len(spoken))}
    components["count"] = len(spoken)
    evidence = (*_worst(call, scores, low_below, worst), *_absent(call, spoken, components))
    if len(scores) < len(spoken) or not spoken:
        return Measurement(None, "points", components, evidence, "not_annotated" if spoken else "no_event")
    trust, why = words_reliability(call, spoken)
    return Measurement(sum(scores.values()) / len(scores), "points", components, evidence, "", trust, why)


def _scores(call: Call, spoken: Sequence[int]) -> dict[int, float]:
    """Politeness 0–100 of each utterance: levels 1–5 weighted by their probabilities."""
    levels = mean_labels(call, "politeness")
    found: dict[int, float] = {}
    for index in spoken:
        level = levels.get((index,))
        if level is not None:
            found[index] = 25 * (level - 1)
    return found


def _levels(scores: Mapping[int, float], low_below: float, polite_from: float) -> dict[str, float | None]:
    names = ("level_total", "lowest", "p10", "p50", "low_count", "low_share", "polite_count", "polite_share")
    if not scores:
        return dict.fromkeys(names)
    ordered = sorted(scores.values())
    low = sum([value < low_below for value in ordered])
    high = sum([value >= polite_from for value in ordered])
    return {
        "level_total": sum(ordered), "lowest": ordered[0], "p10": quantile(ordered, 0.1), "p50": quantile(ordered, 0.5),
        "low_count": low, "low_share": ratio(low, len(ordered)),
        "polite_count": high, "polite_share": ratio(high, len(ordered)),
    }  # fmt: skip


def _by_rules(call: Call, spoken: int) -> dict[str, float | None]:
    """The figures that rest on phrases alone."""
    found = RULED_COURTESIES(call)
    figures: dict[str, float | None] = {}
    for name, count in found.strategies.items():
        figures[f"{name}_count"] = count
    for name, count in found.strategies.items():
        figures[f"{name}_share"] = ratio(count, spoken)
    figures["formal_you_count"] = found.formal_you
    figures["plain_you_count"] = found.plain_you
    figures["formal_you_share"] = ratio(found.formal_you, found.formal_you + found.plain_you)
    figures.update(found.places)
    return figures


def _worst(call: Call, scores: Mapping[int, float], low_below: float, worst: int) -> list[Evidence]:
    low = sorted([(value, index) for index, value in scores.items() if value < low_below])
    found = []
    for _, index in low[:worst]:
        said = call.utterances[index]
        found.append(Evidence("quote", said.start, said.end, Role.AGENT, said.text or "", "impolite", index))
    return found


def _absent(call: Call, spoken: Sequence[int], components: Mapping[str, float | None]) -> list[Evidence]:
    """The stretch (seconds) that was searched for a greeting or a farewell in vain; `spoken` are indices of utterances."""
    if not spoken:
        return []
    searched = {"opening_greeting": spoken[:OPENING_UTTERANCES], "closing_farewell": spoken[-OPENING_UTTERANCES:]}
    found = []
    for name, indices in searched.items():
        has_words = any(fold(call.utterances[index].text or "") for index in indices)
        if has_words and not components[name]:
            start, end = call.utterances[indices[0]].start, call.utterances[indices[-1]].end
            found.append(Evidence("absence", start, end, Role.AGENT, note=f"no_{name}"))
    return found


METRICS = (
    Metric("politeness", politeness, "points", ("words", "annotations"), POLITENESS, "礼貌", "politeness"),
    Metric("violations", violations, "count", ("words",), VIOLATIONS, "用语不当", "violations"),
)
