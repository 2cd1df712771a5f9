"""Whether the customer's matter was solved, by the customer's own words; and the customer's mood, turn by turn. 问题解决与情绪.

    customer   宽带连不上怎么办            anxious
    agent      重插一下网线，灯变绿就好了
    customer   试过了，还是不行            angry         asked again
    agent      那给您派师傅，今天下午到
    customer   修好了，谢谢啊              relieved      confirmed: resolution 100

**Resolution** reads what the customer says after the last answer: confirmed (好了, 可以了, 收到了), not solved (还是不行, 没用,
算了我自己想办法), threatened (工信部, 12315), thanked in anger (呵呵，谢谢你啊). Where he says nothing of it a text model says
how likely it is, and the figure is of low reliability; without a model there is none.

**Mood** is said by text, and where there is sound by the voice beside it: what sounds anxious is angry in a raised voice. It
is reported, with its turning points to hear; that somebody is angry is no fault of who answers.

Who else: Amazon, Google and Verint publish sentiment as positive, neutral, negative per turn, and leave to the user what of it
is the matter's and what the agent's. Salesforce and Zendesk ask the customer in a survey, which one in ten answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from qa_speech.call import Call, Role
from qa_speech.conduct.levels import graded_exchanges
from qa_speech.conduct.mood_course import answer_kind, mood_in_course
from qa_speech.conduct.outcomes import MOODS, Ending, Mood, Said, ending, mood_by_rules
from qa_speech.conduct.passages import customer_turns
from qa_speech.language.phrases import span_time
from qa_speech.language.remembered import per_call
from qa_speech.metrics.answer_depth import rated_exchanges
from qa_speech.metrics.base import COUNT, Component, Metric
from qa_speech.metrics.common import missing, no_pair, no_role, ratio
from qa_speech.metrics.text import annotation, no_text, words_reliability
from qa_speech.metrics.voice import voice
from qa_speech.scores import Evidence, Measurement

RESOLUTION = (
    Component("confirmed", "", "客户确认解决", "confirmed by the customer"),  # 1 or 0, as are the three below
    Component("not_solved", "", "客户说未解决", "not solved, by the customer"),
    Component("unknown", "", "客户未表态", "nothing said of it"),
    Component("first_contact", "", "一次答复解决", "solved at the first answer"),
    Component("likelihood", "points", "解决的可能", "likelihood that it was solved"),
    Component("unsolved_count", "count", "说未解决", "said it was not solved"),
    Component("threatened_count", "count", "扬言升级", "threatened to go further"),
    Component("thanked_in_anger_count", "count", "反话致谢", "thanked in anger"),
    Component("again_count", "count", "客户再问", "asked again"),
    Component("matter_count", "count", "客户的事", "matters", counted="件"),
    Component("first_contact_count", "count", "一次答复即可", "settled at the first answer", counted="件"),
    Component("first_contact_share", "%", "一次答复即可占比", "share settled at the first answer"),
)

MOOD = (
    COUNT,
    Component("calm_count", "count", "平静", "calm turns", counted="轮"),
    Component("anxious_count", "count", "着急", "anxious turns", counted="轮"),
    Component("angry_count", "count", "生气", "angry turns", counted="轮"),
    Component("relieved_count", "count", "释然", "relieved turns", counted="轮"),
    Component("worse_count", "count", "情绪转坏", "turns for the worse"),
    Component("better_count", "count", "情绪转好", "turns for the better"),
    Component("last", "points", "结束时的情绪", "mood at the end"),
    Component("modelled_count", "count", "由模型判定", "judged by the model", counted="轮"),
)

POINTS: Mapping[Mood, float] = {"relieved": 100.0, "calm": 70.0, "anxious": 35.0, "angry": 0.0}
"""A mood on a line from angry to relieved: what the figure `mood` is the mean of."""

_NOTE = {
    "confirmed": "solved", "unsolved": "not_solved", "threatened": "threatened", "thanked_in_anger": "thanked_in_anger",
}  # fmt: skip
LEVEL = 25.0
"""Points of depth that are a level."""


# ------------------------------------------------------------------------------------------------------------ resolution


def resolution(call: Call) -> Measurement:
    """Whether the customer's matter was solved, 0–100: 100 confirmed, 0 not solved, by his own words after the last answer.

    Parameters
    ----------
    call : Call
        Needs words and both roles. Where the customer says nothing of it, a `resolution` annotation (`qa-speech annotate`) gives
        the likelihood instead.

    Returns
    -------
    Measurement, unit ``points``
        ``confirmed``, ``not_solved``, ``unknown`` 1 or 0; ``first_contact`` 1 where it is confirmed and nothing was asked again;
        ``likelihood`` 0–100 by the model alone (empty without one); ``unsolved_count``, ``threatened_count``,
        ``thanked_in_anger_count`` what the customer says; ``matter_count`` the customer's questions and problems,
        ``again_count`` of them asked again or answered without help, ``first_contact_count`` the others that were answered, and
        ``first_contact_share`` (% of ``matter_count``).
        Evidence: the customer's words (``solved``, ``not_solved``, ``threatened``, ``thanked_in_anger``). Reliability is low where
        only the model says it (``model_only``).
        Value None: ``no_recogniser``, ``no_words``, ``mono``, ``no_role``, ``no_event`` (nothing asked, or nothing said of it and
        no model), ``stale_annotation``.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> lines = ("customer: 宽带连不上怎么办", "agent: 重插一下网线，等灯变绿就好了")
    >>> found = resolution(make_call(*lines, "customer: 绿了，可以了"))
    >>> found.value, found.evidence[0].quote, found.components["first_contact"]
    (100.0, '绿了', 1)
    >>> resolution(make_call(*lines, "customer: 还是不行")).value, resolution(make_call(*lines)).reason
    (0.0, 'no_event')
    """
    if reason := no_text(call, "resolution") or no_pair(call):
        return missing("points", RESOLUTION, reason)
    matters = graded_exchanges(call)
    if not matters:
        return missing("points", RESOLUTION, "no_event")
    found = ending(call)
    likelihood = _likelihood(call)
    again = sum([grade.again for _, grade in matters])
    settled = sum([grade.level >= 2 and not grade.again for _, grade in matters])
    kinds = [said.kind for said in found.said]
    confirmed = found.outcome == "confirmed"
    components: dict[str, float | None] = {
        "confirmed": int(confirmed),
        "not_solved": int(found.outcome == "not_solved"),
        "unknown": int(found.outcome == "unknown"),
        "first_contact": int(confirmed and not again and "unsolved" not in kinds),
        "likelihood": likelihood,
        "unsolved_count": kinds.count("unsolved"),
        "threatened_count": kinds.count("threatened"),
        "thanked_in_anger_count": kinds.count("thanked_in_anger"),
        "again_count": again,
        "matter_count": len(matters),
        "first_contact_count": settled,
        "first_contact_share": ratio(settled, len(matters)),
    }
    evidence = tuple([_quote(call, said) for said in found.said])
    return _resolved(call, found, likelihood, components, evidence)


def _resolved(
    call: Call,
    found: Ending,
    likelihood: float | None,
    components: Mapping[str, float | None],
    evidence: tuple[Evidence, ...],
) -> Measurement:
    if found.outcome == "unknown":
        if likelihood is None:
            return Measurement(None, "points", components, evidence, "no_event")
        return Measurement(likelihood, "points", components, evidence, "", "low", "model_only")
    value = 100.0 if found.outcome == "confirmed" else 0.0
    trust, why = words_reliability(call, [said.utterance for said in found.said])
    return Measurement(value, "points", components, evidence, "", trust, why)


def _likelihood(call: Call) -> float | None:
    """0–100 that the matter was solved, by the model; None where none has read the call."""
    held = annotation(call, "resolution")
    if held is None or not held.values:
        return None
    return 100 * held.values[0][held.labels.index("solved")]


def _quote(call: Call, said: Said) -> Evidence:
    spoken = call.utterances[said.utterance]
    start, end, _ = span_time(spoken, said.start, said.end)
    words = (spoken.text or "")[said.start : said.end]
    return Evidence("quote", start, end, spoken.role, words, _NOTE[said.kind], said.utterance)


# ------------------------------------------------------------------------------------------------------------------ mood


class MoodOf(NamedTuple):
    """The mood of a turn of the customer: its utterances, the mood, and whether only a model says so."""

    utterances: tuple[int, ...]
    mood: Mood
    by_model: bool


@per_call
def moods(call: Call) -> tuple[MoodOf, ...]:
    """The customer's mood, turn by turn: by the rules where they know it, else by the model in the course of the call
    (`mood_course`: the mood before, and how the agent answered since), and by the voice.

    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 急死我了，怎么还没到", "agent: 车到楼下了", "customer: 收到了，谢谢啊")
    >>> [one.mood for one in moods(call)]
    ['anxious', 'relieved']
    """
    read = _by_model(call)
    answered = _answered(call) if read else {}
    raised = _raised(call)
    found: list[MoodOf] = []
    for turn in customer_turns(call):
        text = "，".join([call.utterances[index].text or "" for index in turn])
        mood, _ = mood_by_rules(text)
        by_model = mood == "calm" and turn in read
        if by_model:
            before = found[-1].mood if found else None
            mood = mood_in_course(read[turn], before, answered[turn[0]])
        if mood == "anxious" and not raised.isdisjoint(turn):
            mood = "angry"
        found.append(MoodOf(turn, mood, by_model))
    return tuple(found)


def _by_model(call: Call) -> dict[tuple[int, ...], Sequence[float]]:
    """The probabilities (0–1) of `MOODS` that a model gives each turn by its own words."""
    held = annotation(call, "mood")
    if held is None:
        return {}
    return dict(zip(held.items, held.values, strict=True))


def _answered(call: Call) -> dict[int, int]:
    """For every utterance how the agent's last turn before it answers (`answer_kind`)."""
    levels: dict[int, float] = {}
    for one in rated_exchanges(call):
        for turn in one.turns:
            levels.update(dict.fromkeys(turn.utterances, turn.depth / LEVEL))
    found: dict[int, int] = {}
    last: int | None = None
    for index, said in enumerate(call.utterances):
        found[index] = answer_kind(last is not None, None if last is None else levels.get(last))
        if said.role is Role.AGENT and said.text:
            last = index
    return found


def _raised(call: Call) -> frozenset[int]:
    """The customer's utterances in a raised voice; none without measured levels."""
    if no_role(call, Role.CUSTOMER):
        return frozenset()
    heard = voice(call, role=Role.CUSTOMER).evidence
    return frozenset([one.utterance for one in heard if one.note == "raised_voice" and one.utterance is not None])


def mood(call: Call) -> Measurement:
    """The customer's mood over the call, 0–100: the mean of his turns from angry (0) to relieved (100); 70 is calm.

    Parameters
    ----------
    call : Call
        Needs words and roles. `mood` annotations (`qa-speech annotate`) refine the rules where they are there.

    Returns
    -------
    Measurement, unit ``points``
        ``count`` turns of the customer with words; of each mood ``calm_count``, ``anxious_count``, ``angry_count``,
        ``relieved_count``; turning points ``worse_count`` and ``better_count``; ``last`` the points of the last turn;
        ``modelled_count`` turns whose mood only a model tells.
        Evidence: the turning points (``mood_worse``, ``mood_better``), each by the words of the turn that begins it.
        Value None: ``no_recogniser``, ``no_words``, ``mono``, ``no_role``, ``no_event``, ``stale_annotation``.

    Notes
    -----
    A turning point is a turn that is nearer to anger than the one before (calm → anxious → angry), or comes back from it. It says
    where to listen, not who is to blame: no card takes points for it.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> call = make_call("customer: 查一下快递", "agent: 您问快递公司吧", "customer: 你们就知道推来推去", "agent: 我帮您催",
    ...                  "customer: 收到了，谢谢啊")
    >>> found = mood(call)
    >>> found.components["worse_count"], [one.note for one in found.evidence]
    (1, ['mood_worse', 'mood_better'])
    """
    if reason := no_text(call, "mood") or no_role(call, Role.CUSTOMER):
        return missing("points", MOOD, reason)
    every = moods(call)
    if not every:
        return missing("points", MOOD, "no_event")
    points = [POINTS[one.mood] for one in every]
    named = [one.mood for one in every]
    evidence = tuple([_turning(call, before, after) for before, after in pairwise(every) if mood_turns(before, after)])
    notes = [one.note for one in evidence]
    components: dict[str, float | None] = {
        "count": len(every),
        **{f"{name}_count": named.count(name) for name in MOODS},
        "worse_count": notes.count("mood_worse"),
        "better_count": notes.count("mood_better"),
        "last": points[-1],
        "modelled_count": sum([one.by_model for one in every]),
    }
    spoken = [index for one in every for index in one.utterances]
    trust, why = words_reliability(call, spoken)
    return Measurement(sum(points) / len(points), "points", components, evidence, "", trust, why)


def mood_turns(before: MoodOf, after: MoodOf) -> bool:
    """Whether the mood turns between two turns: from calm to relieved it only stays well.

    >>> mood_turns(MoodOf((0,), "calm", False), MoodOf((2,), "angry", False))
    True
    """
    both = {before.mood, after.mood}
    return len(both) > 1 and both != {"calm", "relieved"}


def _turning(call: Call, before: MoodOf, after: MoodOf) -> Evidence:
    note = "mood_better" if POINTS[after.mood] > POINTS[before.mood] else "mood_worse"
    first = after.utterances[0]
    said = call.utterances[first]
    return Evidence("quote", said.start, said.end, said.role, said.text or "", note, first)


METRICS = (
    Metric("resolution", resolution, "points", ("words",), RESOLUTION, "问题解决", "resolution"),
    Metric("mood", mood, "points", ("words",), MOOD, "客户情绪", "customer's mood"),
)
