"""The silences of a call: where nobody speaks, of which kind each is, and whose.

agent      |====|                  |==|            |====|
customer          |===|       |==|       |===|
masked                                    |##|            somebody may have spoken: no silence, and no side of one
music                     ♪♪♪♪                            on the agent's channel: the customer waits for the agent
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from qa_speech.call import MASKED, THIRD, Call, Role, Utterance
from qa_speech.language.asking import ANNOUNCED_AT_END, accepts_wait, ends_in_question
from qa_speech.language.data import word_list
from qa_speech.language.dialogue import EPS, is_backchannel
from qa_speech.language.phrases import fold, says
from qa_speech.language.remembered import per_call
from qa_speech.metrics.common import Span, all_spans, merged, stretches_of, total

ANNOUNCEMENTS = word_list("hold_announcements")
CUSTOMER_WAITS = word_list("customer_waits")
STILL_THERE = word_list("still_there")
SOUND_OF_WAITING = ("music", "tone", "ring_back", "ivr")
ASKS_THE_AGENT = ("帮我", "给我", "替我", "为我", "麻烦你", "麻烦您")
WAIT_AT_END = 14  # spoken characters at the end of a customer's utterance in which a wait counts

ONE_SIDED = 3.0
"""Times as much of the sound of waiting on one channel as on the other tells whose it is."""
LOOK_BACK = 4  # utterances before a silence among which the one that holds the floor is looked for
GRACE_S = 1e-3  # utterance borders and speech borders may differ by rounding

Kind = Literal["pause", "gap", "hold"]


class Silence(NamedTuple):
    """One silence. `kind`, `owner` and `announced` are None where roles or words are not known."""

    start: float
    end: float
    kind: Kind | None
    owner: Role | None
    announced: bool | None
    before: int | None
    after: int | None

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.end - self.start


def silences(
    call: Call,
    *,
    min_silence_s: float = 3.0,
    announcements: tuple[str, ...] = ANNOUNCEMENTS,
    customer_waits: tuple[str, ...] = CUSTOMER_WAITS,
) -> list[Silence]:
    """Every stretch of at least `min_silence_s` seconds between speech in which nobody speaks, with kind and owner.

    >>> from qa_speech.testing import make_call
    >>> one, = silences(make_call("customer@0-2: 我想查话费", "agent@3-5: 请您稍等", "agent@12-14: 让您久等了"))
    >>> one.duration, one.kind, str(one.owner), one.announced
    (7.0, 'hold', 'agent', True)
    """
    return list(_silences(call, min_silence_s, tuple(announcements), tuple(customer_waits)))


@per_call
def _silences(
    call: Call, min_silence_s: float, announcements: tuple[str, ...], customer_waits: tuple[str, ...]
) -> list[Silence]:
    gaps = _gaps(call, min_silence_s)
    if not gaps:
        return []
    masked = stretches_of(call, MASKED, THIRD)
    begun_by_mask = {end for _, end in masked}
    ended_by_mask = {start for start, _ in masked}
    by_end = sorted([(said.end, index) for index, said in enumerate(call.utterances)])
    starts = [said.start for said in call.utterances]
    found = []
    for start, end in gaps:
        ended = bisect_right(by_end, (start + GRACE_S, len(by_end)))
        past = [index for _, index in by_end[:ended][-LOOK_BACK:]]
        place = bisect_left(starts, end - GRACE_S)
        after = place if place < len(starts) else None
        if start in begun_by_mask:  # somebody may have spoken until then, nobody knows who
            past = []
        if end in ended_by_mask:
            after = None
        found.append(_classified(call, (start, end), past, after, announcements, customer_waits))
    return found


def _gaps(call: Call, least_s: float) -> list[Span]:
    """Where nobody speaks, between the first and the last speech; what is masked, or said by a third speaker, is not silent."""
    active = all_spans(call)
    if not active:
        return []
    first, last = active[0][0], active[-1][1]
    masked: list[Span] = []
    for start, end in stretches_of(call, MASKED, THIRD):
        if start < last and first < end:
            masked.append((max(first, start), min(end, last)))
    taken = merged([*active, *masked])
    return [(a, b) for (_, a), (b, _) in pairwise(taken) if b - a >= least_s - EPS]


def _classified(
    call: Call,
    gap: Span,
    past: Sequence[int],
    after: int | None,
    announcements: tuple[str, ...],
    customer_waits: tuple[str, ...],
) -> Silence:
    """`past`: the utterances that ended before the gap, the latest end last; `after`: the first that starts behind it."""
    every = call.utterances
    before = past[-1] if past else None
    kind: Kind | None = None
    side: Role | None = None
    if total(_waiting(call, gap)) >= (gap[1] - gap[0]) / 2:
        kind = "hold"
        side = _side_of_music(call, gap)
    if before is None or after is None or Role.UNKNOWN in (every[before].role, every[after].role):
        return Silence(*gap, kind, side, None, before, after)
    owner, announced = _owner(every, past, every[after], announcements, customer_waits)
    if not announced and side is not None:
        owner = side  # nobody said who waits for whom: it is whose line plays the music
    if announced:
        kind = "hold"
    elif kind is None:
        kind = "pause" if every[before].role is every[after].role else "gap"
    has_words = every[before].text is not None
    return Silence(*gap, kind, owner, announced if has_words else None, before, after)


def _waiting(call: Call, gap: Span, role: Role | None = None) -> list[Span]:
    """The parts of a gap that are filled with the sound of waiting (music, tones, announcements of a machine), on any channel
    or on that of one role."""
    start, end = gap
    found: list[Span] = []
    for sound in call.sounds:
        is_wanted = sound.kind in SOUND_OF_WAITING and role in (None, sound.role)
        if is_wanted and sound.start < end and start < sound.end:
            found.append((max(sound.start, start), min(sound.end, end)))
    return merged(found)


def _side_of_music(call: Call, gap: Span) -> Role | None:
    """The role whose channel carries the sound of waiting in a gap; None where both do, or neither is told.

    What is played to the customer is sent on the agent's channel, and the other way round.
    """
    agent_s, customer_s = (total(_waiting(call, gap, role)) for role in (Role.AGENT, Role.CUSTOMER))
    if agent_s >= ONE_SIDED * max(customer_s, EPS):
        return Role.AGENT
    if customer_s >= ONE_SIDED * max(agent_s, EPS):
        return Role.CUSTOMER
    return None


def _owner(
    every: Sequence[Utterance],
    past: Sequence[int],
    following: Utterance,
    announcements: tuple[str, ...],
    customer_waits: tuple[str, ...],
) -> tuple[Role, bool]:
    """Who was to speak, and whether the silence was announced; `past` are indices of utterances, in order."""
    last = every[past[-1]]
    said = [every[index] for index in reversed(past) if not is_backchannel(every[index])]
    floor = said[0] if said else last
    if floor.role is Role.CUSTOMER:
        if _asks_to_wait(floor.text, customer_waits):
            return Role.CUSTOMER, True
        return Role.AGENT, _announced_before(said, announcements)
    if _announces(floor.text, announcements):
        return Role.AGENT, True
    if last.role is Role.CUSTOMER:
        return Role.AGENT, False  # the customer only acknowledged or answered: the agent goes on
    if floor.text and ends_in_question(floor.text):
        return Role.CUSTOMER, False
    if following.role is Role.CUSTOMER and says(following.text, STILL_THERE):
        return Role.AGENT, False
    return following.role, False


def _announced_before(said: Sequence[Utterance], announcements: tuple[str, ...]) -> bool:
    """Whether the agent had announced a look-up, to which the customer has done no more than consent; the latest first."""
    for one in said:
        if one.role is Role.AGENT:
            return _announces(one.text, announcements)
        if not accepts_wait(one.text or ""):
            return False
    return False


def _announces(text: str | None, phrases: tuple[str, ...]) -> bool:
    """Towards the end of what was said: 您稍等 … 这张卡的话费还有十三块九 has kept its promise already."""
    return bool(text) and says(fold(text or "")[-ANNOUNCED_AT_END:], phrases)


def _asks_to_wait(text: str | None, phrases: tuple[str, ...]) -> bool:
    """At the end of what was said, and not 帮我看一下, which asks the agent to look."""
    if not text:
        return False
    tail = fold(text)[-WAIT_AT_END:]
    return says(tail, phrases) and not any(word in tail for word in ASKS_THE_AGENT)
