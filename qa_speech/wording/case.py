"""What the sentence of a criterion is made from: who, where, which words and figures, in the language asked for."""

from __future__ import annotations

from dataclasses import dataclass

from qa_speech.call import Call, CriterionScore, Evidence, Role
from qa_speech.wording import terms
from qa_speech.wording.terms import Lang, bracket, quoted

MOST_QUOTES = 3
MOST_PHRASES = 3


@dataclass(frozen=True)
class Case:
    """What a sentence is made from."""

    criterion: CriterionScore
    lang: Lang
    call: Call | None

    def pick(self, zh: str, en: str) -> str:
        """The words of the language asked for."""
        return zh if self.lang == "zh" else en

    def text(self, key: str) -> str:
        """A detail as text, "" when it is not there."""
        value = self.criterion.detail.get(key)
        return "" if value is None else terms.number(value) if isinstance(value, (int, float)) else str(value)

    def value(self, key: str) -> float | None:
        """A detail as a number, None when it is not there or is none."""
        value = self.criterion.detail.get(key)
        return float(value) if isinstance(value, (int, float)) else None

    @property
    def who(self) -> str:
        """Who is judged: the role of the check, else of all the evidence; 通话中, somebody where that is nobody in particular."""
        heard = {str(one.role) for one in self.criterion.evidence if one.role}
        role = self.text("role") or (heard.pop() if len(heard) == 1 else "")
        if not role or role == Role.UNKNOWN:
            return self.pick("通话中", "somebody")
        return terms.role(role, self.lang)

    @property
    def negated(self) -> bool:
        """Whether the check is turned round by `not`."""
        return bool(self.text("negated"))

    def nobody(self, rest: str, alone: str) -> str:
        """English: ``agent did not say …``, where nobody in particular is meant ``nobody said …``."""
        return f"nobody {alone}" if self.who == "somebody" else f"{self.who} {rest}"

    @property
    def window(self) -> str:
        """The window of the check, as an adverbial with its spaces; "" for the whole call."""
        turns, kind = (self.text("first_turn"), self.text("last_turn")), self.text("window")
        seconds, start, end = self.text("window_s"), self.text("window_from_s"), self.text("window_to_s")
        found = {
            "first_s": self.pick(f"开头 {seconds} 秒内", f"in the first {seconds} s"),
            "last_s": self.pick(f"最后 {seconds} 秒内", f"in the last {seconds} s"),
            "between_s": self.pick(f"第 {start} 到 {end} 秒之间", f"from {start} s to {end} s"),
        }.get(kind, "")
        if all(turns):
            found += self.pick(f"第 {turns[0]} 到 {turns[1]} 个话轮", f"in turns {turns[0]} to {turns[1]}")
        return self.pick(found, f" {found}" if found else "")

    @property
    def quotes(self) -> str:
        """Words that were heard, each with its time: “您好”（00:01）、“工号”（00:02）."""
        heard = [one for one in self.criterion.evidence if one.quote]
        shown = [f"{quoted(one.quote, self.lang)}{self.at(one)}" for one in heard[:MOST_QUOTES]]
        more = len(heard) - len(shown)
        tail = self.pick(f"等 {len(heard)} 处", f" and {more} more") if more > 0 else ""
        return self.pick("、", ", ").join(shown) + tail

    def at(self, evidence: Evidence) -> str:
        """Where to hear it, in brackets."""
        return bracket(terms.where(evidence, self.lang, self.call), self.lang)

    def phrases(self, listed: str, *, each: bool) -> str:
        """Phrases of the scorecard (joined by 、) in quotation marks; patterns are counted, but not shown to people."""
        names = [one for one in listed.split("、") if one]
        count = max(int(self.value("phrase_count") or 0), len(names)) if not each else len(names)
        shown = [quoted(one, self.lang) for one in names if not one.startswith("/")][:MOST_PHRASES]
        if not shown:
            return ""
        if count > len(shown):
            return self.pick("、", ", ").join(shown) + self.pick(
                f"等 {count} 种说法", f" or any other of {count} wordings"
            )
        return self.pick("和" if each else "或", " and " if each else " or ").join(shown)
