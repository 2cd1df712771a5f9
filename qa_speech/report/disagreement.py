"""Where two recognisers write different words for the same calls: how often, by role, and what is worth hearing.

    call      |==agent==|      |==agent==|        stretches: where either of the two has an utterance of the role
    first      您好请讲           我帮您查
    second     你好请讲           -                differ: 1, 4        rate: 5 of (8 + 4) / 2 characters

Neither of them is the truth: a low rate says that the choice matters little, a stretch that differs is where to listen. Characters
are letters, digits and Han, small and capital alike; punctuation does not count. The number of edits is the least (Levenshtein).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from qa_speech.call import Call, Role, Word
from qa_speech.cells import defused
from qa_speech.engines.guards import HALLUCINATION, REPETITION
from qa_speech.language.phrases import fold
from qa_speech.stats.edits import edit_distance
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording import catalogue, terms
from qa_speech.wording.lang import Lang, pick

WORTH_HEARING = 20
TAKEN_OUT = (HALLUCINATION, REPETITION)
"""Words that a guard took out of a call: nobody said them."""


class Stretch(NamedTuple):
    """What two recognisers wrote for one stretch of a role (seconds of the call), and how many characters differ."""

    call_id: str
    role: Role
    start: float
    end: float
    first: str
    second: str
    differ: int


class RoleRate(NamedTuple):
    """How far the two differ over all calls of a role: n calls and stretches, characters of each, characters that differ."""

    role: Role
    calls: int
    stretches: int
    first: int
    second: int
    differ: int

    @property
    def rate(self) -> float | None:
        """Characters that differ, of the mean length of the two texts; None where neither has a character."""
        mean = (self.first + self.second) / 2
        return self.differ / mean if mean else None


class Disagreement(NamedTuple):
    """The rates by role, and the stretches in which most characters differ, most first."""

    roles: tuple[RoleRate, ...]
    worth_hearing: tuple[Stretch, ...]

    def as_data(self) -> dict[str, Any]:
        """For JSON: plain dictionaries and lists."""
        roles = [{**one._asdict(), "role": one.role.value, "rate": one.rate} for one in self.roles]
        heard = [{**one._asdict(), "role": one.role.value} for one in self.worth_hearing]
        return {"roles": roles, "worth_hearing": heard}


def disagreement(
    pairs: Iterable[tuple[Call, Call]], *, most: int = WORTH_HEARING, shown: Callable[[Call], Call] | None = None
) -> Disagreement:
    """How two recognisers differ over calls that both have heard.

    Parameters
    ----------
    pairs
        The same call twice, as each of them heard it.
    most
        How many stretches are named.
    shown
        How a call may be seen by people, e.g. with customers' data masked: its words are those of the stretches. Rates and
        differences are counted before that.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> one = make_call("agent@0-2: 您好请讲", "customer@3-5: 查话费")
    >>> other = make_call("agent@0-2: 你好请讲", "customer@3-5: 查话费")
    >>> found = disagreement([(one, other)])
    >>> [(rate.role.value, rate.differ, rate.rate) for rate in found.roles]
    [('agent', 1, 0.25), ('customer', 0, 0.0)]
    >>> [(said.start, said.first, said.second) for said in found.worth_hearing]
    [(0.0, '您好请讲', '你好请讲')]
    """
    sums: dict[Role, RoleRate] = {}
    worst: list[Stretch] = []
    for first, second in pairs:
        for role in sorted(set(first.speech) | set(second.speech)):
            found = list(_stretches(first, second, role))
            if not found:
                continue
            sums[role] = _added(sums.get(role, RoleRate(role, 0, 0, 0, 0, 0)), found)
            worst += _seen(found, (first, second), role, shown)
        worst = sorted(worst, key=_by_difference)[:most]
    return Disagreement(tuple(sums[role] for role in sorted(sums)), tuple(worst))


def _seen(
    found: list[Stretch], calls: tuple[Call, Call], role: Role, shown: Callable[[Call], Call] | None
) -> list[Stretch]:
    """The stretches that differ, in the words that people may see."""
    if not any(one.differ for one in found):
        return []
    if shown is not None:
        spans = [Segment(one.start, one.end) for one in found]
        first, second = (_texts(shown(call), role, spans) for call in calls)
        texts = zip(found, first, second, strict=True)
        found = [one._replace(first=mine, second=theirs) for one, mine, theirs in texts]
    return [one for one in found if one.differ]


def _added(rate: RoleRate, found: list[Stretch]) -> RoleRate:
    """The sums of a role with the stretches of one more call."""
    return RoleRate(
        rate.role,
        rate.calls + 1,
        rate.stretches + len(found),
        rate.first + sum(len(fold(one.first)) for one in found),
        rate.second + sum(len(fold(one.second)) for one in found),
        rate.differ + sum(one.differ for one in found),
    )


def _by_difference(stretch: Stretch) -> tuple[float, str, float]:
    """Most differing characters first; then as they lie in the calls."""
    return (-stretch.differ, stretch.call_id, stretch.start)


def _stretches(first: Call, second: Call, role: Role) -> Iterator[Stretch]:
    """Where either has an utterance of the role, with what each wrote there."""
    spans = [said.segment for call in (first, second) for said in call.utterances_of(role)]
    together = list(Timeline(spans))
    texts = [_texts(call, role, together) for call in (first, second)]
    for span, one, other in zip(together, *texts, strict=True):
        yield Stretch(first.id, role, span.start, span.end, one, other, edit_distance(fold(one), fold(other)))


def _texts(call: Call, role: Role, spans: list[Segment]) -> list[str]:
    """The words of a role by stretch: each in the one that is nearest to its middle, words outside of utterances too."""
    texts = [""] * len(spans)
    if not spans:
        return texts
    for word in _words(call, role):
        middle = (word.start + word.end) / 2
        distances = [max(span.start - middle, middle - span.end, 0.0) for span in spans]
        at = distances.index(min(distances))
        texts[at] = _joined(texts[at], word.text)
    return texts


def _words(call: Call, role: Role) -> list[Word]:
    words = [word for said in call.utterances_of(role) for word in said.words]
    words += [stray.word for stray in call.stray if stray.role is role and stray.reason not in TAKEN_OUT]
    return sorted(words, key=_start)


def _start(word: Word) -> float:
    return word.start


def _joined(text: str, word: str) -> str:
    """A text and its next word: with a space between two that are Latin."""
    latin = bool(text) and text[-1].isascii() and text[-1].isalnum() and word[:1].isascii() and word[:1].isalnum()
    return f"{text} {word}" if latin else f"{text}{word}"


def as_csv(found: Disagreement) -> str:
    """What is worth hearing as a table for programs: call, role, seconds, both texts, characters that differ."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("number", "call", "role", "start_s", "end_s", "first", "second", "differ"))
    for number, one in enumerate(found.worth_hearing, 1):
        texts = [defused(text) for text in (one.call_id, one.first, one.second)]
        writer.writerow(
            (number, texts[0], one.role.value, f"{one.start:.1f}", f"{one.end:.1f}", texts[1], texts[2], one.differ)
        )
    return out.getvalue()


def as_table(found: Disagreement, names: Sequence[str], *, lang: Lang = "zh") -> str:
    """The comparison for people: a line per role with n, then what is worth hearing, A and B below each other.

    Examples
    --------
    >>> from qa_speech.testing import make_call
    >>> one, other = make_call("agent@61-63: 您好请讲"), make_call("agent@61-63: 你好请讲")
    >>> print(as_table(disagreement([(one, other)]), ["demo", "demo-ctc"]), end="")
    A = demo    B = demo-ctc
    坐席：字差异率 25.0%（差 1 字；A 4 字，B 4 字；1 通 1 段）
    <BLANKLINE>
     1. made  坐席  01:01  差 1 字
        A 您好请讲
        B 你好请讲
    """
    lines = [f"A = {names[0]}    B = {names[1]}"]
    lines += [_rate_line(rate, lang) for rate in found.roles]
    for number, one in enumerate(found.worth_hearing, 1):
        minute, second = divmod(int(one.start), 60)
        who = terms.term(catalogue.ROLES, one.role.value, lang)
        told = pick(lang, f"差 {one.differ} 字", f"{one.differ} characters differ")
        lines += ["", f"{number:2d}. {one.call_id}  {who}  {minute:02d}:{second:02d}  {told}"]
        lines += [f"    A {one.first or '-'}", f"    B {one.second or '-'}"]
    if not found.worth_hearing:
        lines.append(pick(lang, "没有差异", "no difference"))
    return "\n".join(lines) + "\n"


def _rate_line(rate: RoleRate, lang: Lang) -> str:
    share = "-" if rate.rate is None else f"{rate.rate:.1%}"
    who = terms.term(catalogue.ROLES, rate.role.value, lang)
    return pick(
        lang,
        f"{who}：字差异率 {share}（差 {rate.differ} 字；A {rate.first} 字，B {rate.second} 字；{rate.calls} 通 "
        f"{rate.stretches} 段）",
        f"{who}: {share} of characters differ ({rate.differ}; A {rate.first}, B {rate.second}; {rate.calls} calls, "
        f"{rate.stretches} stretches)",
    )
