"""A score as a person would tell it, sentence by sentence."""

from __future__ import annotations

from collections.abc import Iterator

from qa_speech.call import Call
from qa_speech.scorecard.deductions import deductions, points_lost
from qa_speech.scores import AlarmScore, CriterionScore, Score
from qa_speech.wording import exhibit, messages, terms
from qa_speech.wording.lang import Lang, clauses, labelled, listed, pick
from qa_speech.wording.sentences import sentence


def explain(score: Score, *, lang: Lang = "zh", call: Call | None = None) -> tuple[str, ...]:
    """What a score is, and why: the total or why there is none, alarms, every deduction with its words and its second, what
    waits for a person, what could not be judged.

    Parameters
    ----------
    lang : ``zh`` or ``en``
    call
        The call of the score, where at hand: calls without times are told by lines of the transcript instead of seconds.

    Returns
    -------
    tuple of str
        One sentence each, without a full stop. They quote what was said as it was said; ``privacy.redact.masked`` hides it first.

    Examples
    --------
    >>> import qa_speech
    >>> from qa_speech.testing import make_call
    >>> card = qa_speech.load_scorecard("telecom-hotline")
    >>> call = make_call("agent: 您好，工号一零零一", "customer: 我想查话费", duration=60)
    >>> for line in explain(qa_speech.score(call, card))[:2]:
    ...     print(line)
    总分 63.8，待改进
    已评 100 分中的 63.8 分；另有 20 分待人工评定
    """
    return tuple(_lines(score, lang, call))


def _lines(score: Score, lang: Lang, call: Call | None) -> Iterator[str]:
    yield _total(score, lang)
    for alarm in score.raised:
        yield _alarm(alarm, lang, call)
    so_far = messages.judged_so_far(score, lang)
    if so_far:
        yield so_far
    wrong = deductions(score)
    for criterion in wrong:
        yield labelled(_cost(criterion, lang), sentence(criterion, lang=lang, call=call), lang)
    if any(criterion.pending for criterion in wrong) and score.total_if_confirmed is not None:
        points = terms.number(score.total_if_confirmed)
        yield pick(
            lang, f"若待复核的全部成立，总分 {points}", f"if all that is to be reviewed is right: {points} points"
        )
    yield from _unjudged(score, lang)


def _total(score: Score, lang: Lang) -> str:
    if score.total is None:
        return messages.total(score, lang)
    total = pick(lang, f"总分 {terms.number(score.total)}", f"{terms.number(score.total)} points")
    if not score.band:
        return total
    return pick(lang, f"{total}，{score.band}", f"{total}, {score.band}")


def _alarm(alarm: AlarmScore, lang: Lang, call: Call | None) -> str:
    heard = [
        exhibit.note(one, lang, call) + terms.bracket(exhibit.start(one, lang, call), lang) for one in alarm.evidence
    ]
    name = pick(lang, f"报警，{alarm.title}", f"alarm, {alarm.title}")
    if alarm.review:
        name += pick(lang, "（待确认）", " (to confirm)")
    return labelled(name, clauses(heard, lang), lang)


def _cost(criterion: CriterionScore, lang: Lang) -> str:
    """The criterion, and what it costs or would cost."""
    parts = [criterion.title]
    lost = terms.number(points_lost(criterion))
    if criterion.fatal:
        parts.append(
            pick(lang, f"一票否决（{terms.fatal(criterion.fatal, lang)}）", terms.fatal(criterion.fatal, lang))
        )
    elif criterion.pending:
        parts.append(pick(lang, f"待复核（{lost} 分）", f"to review ({lost} points)"))
    else:
        parts.append(pick(lang, f"扣 {lost} 分", f"−{lost} points"))
    return pick(lang, "，", ", ").join(parts)


def _unjudged(score: Score, lang: Lang) -> Iterator[str]:
    """What has no outcome, by what it waits for or lacks."""
    for outcome in ("manual", "not_measured"):
        titles = [one.title for one in score.criteria if one.outcome == outcome and one.scored]
        if titles:
            yield labelled(terms.outcome(outcome, lang), listed(titles, lang), lang)
