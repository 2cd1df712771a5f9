"""What the sentence of a criterion is made of: who, where, which words and figures, in the language asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from qa_speech.call import Call, Role
from qa_speech.metrics.common import nobody_known
from qa_speech.scores import CriterionScore, Evidence
from qa_speech.wording import exhibit, terms
from qa_speech.wording.lang import Lang, Words, clauses, labelled, listed, pick
from qa_speech.wording.terms import bracket

MOST_QUOTES = 3
MOST_PHRASES = 3


@dataclass(frozen=True)
class Case:
    """A criterion as it came out, the language its sentence is wanted in, and the call where it is at hand.

    >>> Case(CriterionScore("id", "", "s", "fail", 0, 1, detail={"role": "agent", "count": 2}), "zh", None).say(
    ...     "{who}说了 {count} 次{what}", "{who} said {what} {count} times", what="“您好”"
    ... )
    '坐席说了 2 次“您好”'
    """

    criterion: CriterionScore
    lang: Lang
    call: Call | None

    def say(self, zh: str, en: str, **pieces: str) -> str:
        """A sentence of the language asked for. Its pieces in braces: those given; who, window, quotes; else a detail."""
        known = {"who": self.who, "window": self.window, "quotes": self.quotes, **pieces}
        return self.pick(zh, en).format_map(_Pieces(self, known))

    # ------------------------------------------------------------------------------------------- language

    def pick(self, zh: str, en: str) -> str:
        """The text of the language asked for."""
        return pick(self.lang, zh, en)

    def listed(self, texts: Iterable[str]) -> str:
        """Texts side by side."""
        return listed(texts, self.lang)

    def clauses(self, texts: Iterable[str]) -> str:
        """Clauses with a semicolon between."""
        return clauses(texts, self.lang)

    def labelled(self, label: str, text: str) -> str:
        """A text with its label before a colon."""
        return labelled(label, text, self.lang)

    # -------------------------------------------------------------------------------------------- details

    def text(self, key: str) -> str:
        """A detail as text, "" when it is not there."""
        value = self.criterion.detail.get(key)
        if value is None:
            return ""
        if isinstance(value, (int, float)):
            return terms.number(value)
        return str(value)

    def value(self, key: str) -> float | None:
        """A detail as a number, in the unit of what the criterion asks, None when it is not there or is none."""
        value = self.criterion.detail.get(key)
        if isinstance(value, (int, float)):
            return float(value)
        return None

    def name(self, table: Words, key: str) -> str:
        """What a detail that is a code is called."""
        return terms.term(table, self.text(key), self.lang)

    def figure(self, value: float | None, unit: str) -> str:
        """A value with its unit."""
        return terms.figure(value, unit, self.lang)

    @property
    def reason(self) -> str:
        """The reason code of the outcome."""
        return self.criterion.reason

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """The evidence of the outcome."""
        return self.criterion.evidence

    @property
    def negated(self) -> bool:
        """Whether the check is turned round by `not`."""
        return bool(self.text("negated"))

    @property
    def passed(self) -> bool:
        """Whether nothing went wrong."""
        return self.criterion.outcome == "pass"

    # ------------------------------------------------------------------------------------- who and where

    @property
    def who(self) -> str:
        """Who is judged: the role of the check, else of all the evidence; 通话中, somebody where nobody in particular is."""
        role = self.text("role") or self._only_role_heard()
        if not role or role == Role.UNKNOWN:
            return self.pick("通话中", "somebody")
        return terms.role(role, self.lang)

    @property
    def nobody_known(self) -> bool:
        """Whether nothing tells who speaks: no sentence names a party then."""
        if self.text("role") == Role.UNKNOWN or self._only_role_heard() == Role.UNKNOWN:
            return True
        return self.call is not None and nobody_known(self.call)

    def _only_role_heard(self) -> str:
        heard = {str(one.role) for one in self.evidence if one.role}
        if len(heard) == 1:
            return heard.pop()
        return ""

    def nobody(self, rest: str, alone: str) -> str:
        """English: ``agent did not say …``; where nobody in particular is meant, ``nobody said …``."""
        if self.who == "somebody":
            return f"nobody {alone}"
        return f"{self.who} {rest}"

    @property
    def window(self) -> str:
        """The window of the check, as an adverbial with its spaces; "" for the whole call."""
        found = self._window_in_seconds() + self._window_in_turns()
        if not found:
            return ""
        return self.pick(found, f" {found}")

    def _window_in_seconds(self) -> str:
        kind, seconds = self.text("window"), self.text("window_s")
        start, end = self.text("window_from_s"), self.text("window_to_s")
        if kind == "first_s":
            return self.pick(f"开头 {seconds} 秒内", f"in the first {seconds} s")
        if kind == "last_s":
            return self.pick(f"最后 {seconds} 秒内", f"in the last {seconds} s")
        if kind == "between_s":
            return self.pick(f"第 {start} 到 {end} 秒之间", f"from {start} s to {end} s")
        return ""

    def _window_in_turns(self) -> str:
        first, last = self.text("first_turn"), self.text("last_turn")
        if not (first and last):
            return ""
        if first == "1":
            return self.pick(f"开头 {last} 个轮次内", f"in the first {last} turns")
        if last == "-1":
            count = first.removeprefix("-")
            return self.pick(f"最后 {count} 个轮次内", f"in the last {count} turns")
        return self.pick(f"第 {first} 到 {last} 个轮次", f"in turns {first} to {last}")

    @property
    def timed(self) -> bool:
        """Whether seconds may be named."""
        return self.call is None or self.call.times != "nominal"

    def note(self, evidence: Evidence) -> str:
        """What a piece of evidence is."""
        return exhibit.note(evidence, self.lang, self.call)

    def quoted(self, text: str) -> str:
        """Words in quotation marks."""
        return terms.quoted(text, self.lang)

    def at(self, evidence: Evidence) -> str:
        """Where to hear it, in brackets."""
        return bracket(exhibit.where(evidence, self.lang, self.call), self.lang)

    # ----------------------------------------------------------------------------------------------- words

    @property
    def quotes(self) -> str:
        """Words that were heard, each with its time: “您好”（00:01）、“工号”（00:02）."""
        heard = [one for one in self.evidence if one.quote]
        shown = [f"{self.quoted(one.quote)}{self.at(one)}" for one in heard[:MOST_QUOTES]]
        more = len(heard) - len(shown)
        text = self.listed(shown)
        if more > 0:
            text += self.pick(f"等 {len(heard)} 处", f" and {more} more")
        return text

    def and_so_on(self, found: Sequence[object]) -> str:
        """What follows the first of many, where more were found than are shown."""
        if len(found) <= MOST_QUOTES:
            return ""
        return self.pick(" 等", " …")

    def phrases(self, names: str, *, each: bool) -> str:
        """Phrases of the scorecard (joined by 、) in quotation marks; patterns are counted, but not shown to people."""
        wanted = [one for one in names.split("、") if one]
        shown = [self.quoted(one) for one in wanted if not one.startswith("/")][:MOST_PHRASES]
        count = len(wanted)
        if not each:
            count = max(int(self.value("phrase_count") or 0), count)
        if not shown:
            return ""
        if count > len(shown):
            return self.listed(shown) + self.pick(f"等 {count} 种说法", f" or any other of {count} wordings")
        if each:
            return self.pick("和", " and ").join(shown)
        return self.pick("或", " or ").join(shown)


class _Pieces(dict[str, str]):
    """The pieces of a sentence; what is no piece is a detail, "" when it is not there."""

    def __init__(self, case: Case, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self.case = case

    def __missing__(self, key: str) -> str:
        return self.case.text(key)
