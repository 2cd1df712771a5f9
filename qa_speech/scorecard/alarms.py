"""What has to be known of a call at once, whatever its points: the alarms of a card, looked for like everything else.

Where it is not known who speaks an alarm rings whoever said it, and says so (``who_said_it``): better once too often.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from qa_speech.scorecard.question import WHO, Needs, Question
from qa_speech.scores import AlarmScore

if TYPE_CHECKING:
    from qa_speech.scorecard.checks.table import Check
    from qa_speech.scorecard.model import Alarm


class Watch:
    """One alarm, compiled: its check, and the same check whoever speaks."""

    def __init__(self, alarm: Alarm, needs: Needs) -> None:
        self.id = alarm.id
        self.title = alarm.title
        self.severity = alarm.severity
        self.check = alarm.check.operator.compiled(needs)
        self.of_anyone = _whoever_speaks(alarm.check).operator.compiled(needs)


def _whoever_speaks(check: Check) -> Check:
    """A check without the roles of what is said in it."""
    changed: dict[str, Any] = {}
    for name in ("phrase", "entity", "similar"):
        words = getattr(check, name)
        if words is not None:
            changed[name] = words.model_copy(update={"role": None})
    for name in ("all", "any"):
        parts = getattr(check, name)
        if parts is not None:
            changed[name] = tuple(_whoever_speaks(part) for part in parts)
    if check.not_ is not None:
        changed["not_"] = _whoever_speaks(check.not_)
    return check.model_copy(update=changed)


def watched(alarms: Sequence[Watch], question: Question) -> tuple[AlarmScore, ...] | UnsetType:
    """The alarms that rang, and those that could not be looked for; what was looked for in vain is left out. Unset where the card
    has none."""
    if not alarms:
        return UNSET
    is_anyones = question.context.nobody_known
    found: list[AlarmScore] = []
    for one in alarms:
        result = one.of_anyone(question) if is_anyones else one.check(question)
        review = result.review
        if is_anyones:
            review = (WHO, *[code for code in review if code != "mono"])
        if result.holds is None and result.applies:
            found.append(AlarmScore(one.id, one.title, one.severity, None, result.reason))
        elif result.holds:
            found.append(AlarmScore(one.id, one.title, one.severity, True, result.reason, review, result.evidence))
    return tuple(found)
