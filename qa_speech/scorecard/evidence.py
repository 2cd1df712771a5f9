"""Whether the evidence of a score is really in the call: a guard for scores that were stored, merged or edited."""

from __future__ import annotations

from qa_speech.call import Call
from qa_speech.errors import problem
from qa_speech.scores import Evidence, Score

_SLACK_S = 0.01


def unproven(score: Score, call: Call) -> tuple[str, ...]:
    """What a score claims of a call and the call does not bear out, one sentence each; none for what `score` made.

    A quote has to stand in the utterance it names, said by that role, at that time; every piece of evidence has to lie
    inside the call.

    Examples
    --------
    >>> from qa_speech.scorecard import load_scorecard
    >>> from qa_speech.scorecard.score import score
    >>> from qa_speech.testing import make_call
    >>> card = load_scorecard('''
    ... id: tiny
    ... version: 1
    ... title: 示例
    ... sections:
    ...   - id: opening
    ...     title: 开头语
    ...     criteria:
    ...       - {id: greeting, title: 问候, points: 10, check: {phrase: {any: [您好], role: agent}}}
    ... ''')
    >>> found = score(make_call("agent: 您好"), card)
    >>> unproven(found, make_call("agent: 您好")), unproven(found, make_call("agent: 请讲"))
    ((), ("greeting: '您好' was not said by agent at 0.0 s",))
    """
    last = max([call.duration, *[utterance.end for utterance in call.utterances]])
    found = []
    for criterion in score.criteria:
        problems = [_problem(piece, call, last) for piece in criterion.evidence]
        found += [problem("{criterion}: {what}", criterion=criterion.id, what=what) for what in problems if what]
    return tuple(found)


def _problem(piece: Evidence, call: Call, last: float) -> str:
    if piece.end > last + _SLACK_S:
        return problem("evidence up to {end:.1f} s, but the call ends at {last:.1f} s", end=piece.end, last=last)
    if piece.kind != "quote" or _is_said(piece, call):
        return ""
    return problem(
        "{quote!r} was not said by {role} at {start:.1f} s",
        quote=piece.quote,
        role=piece.role or "-",
        start=piece.start,
    )


def _is_said(piece: Evidence, call: Call) -> bool:
    """Whether a quote stands in the utterance it names, said by its role, at its time."""
    index = piece.utterance
    if index is None or not 0 <= index < len(call.utterances):
        return False
    said = call.utterances[index]
    inside = said.start - _SLACK_S <= piece.start and piece.end <= said.end + _SLACK_S
    return inside and piece.role is said.role and piece.quote in (said.text or "")
