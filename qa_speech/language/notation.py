"""The notation of the rule files in ``data/``: sections of patterns over spoken text, with groups of words by name.

    @你 = [你您]们?                 a group; <你> in a pattern stands for it
    [impatience major]              a section; its words go with every rule below
    有完没完|<你>真~啰嗦             a google-re2 pattern; … up to eight characters, ~ up to three
    够了$ !! 足够                   after !! what speaks against it near by
    烦死了(你|$)                    what stands in ( ) has to follow, but is no part of the words found
    我不清楚$ ??                    ?? marks a rule; what the mark means is up to the reader of the file
    有完没完	有完没完了	还没完成	behind tabs: words that the rule is for, and words that it must leave alone

No gap crosses a border of clauses (``marked.MARKS``) where the text has any: …, ~, . and [^ ] stop there, ^ and $ stand beside
one as well as at the ends of what is said. A pattern that means to cross says so: 不满意，?就别买.

A few patterns at a time are one set: a call is read once per set, and only the rules that occur in it are looked for one by
one. Why not all in one: the automaton of a set is built as text is read, and the gaps in 230 patterns (…, ~) multiply to more
states than its memory holds, so that it is thrown away and built anew: 180 ms a call of 120 utterances, by sixes 2 ms.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from qa_speech.language.data import word_list
from qa_speech.language.marked import MARKS

NEAR = 8
"""Spoken characters on either side of a hit in which its exclusion is looked for."""

_SECTION = re.compile(r"\[([\w ]+)\]")
_GROUP = re.compile(r"<(\w+)>")
_INSIDE = f"[^\\n{MARKS}]"
_MEANS = {
    ".": _INSIDE, "…": _INSIDE + "{0,8}", "~": _INSIDE + "{0,3}", "^": f"(?:^|[{MARKS}])", "$": f"($|[{MARKS}])",
}  # fmt: skip
_SIGN = re.compile(r"\\.|\[(?:\\.|[^\]])*\]|[.…~^$]")
_TOGETHER = 6
"""Rules in one set."""
_SET_MEMORY = 1 << 24


class Rule(NamedTuple):
    """One line of a rule file: the words of its section, the pattern, what speaks against it, whether it is marked.

    `example` is what the rule is for, `counter` what comes near and must pass; empty where the file names none.
    """

    section: tuple[str, ...]
    pattern: str
    unless: str
    marked: bool
    example: str = ""
    counter: str = ""


class RuleHit(NamedTuple):
    """A rule that occurs: line of the joined text, half-open place in that line, number of the rule."""

    line: int
    start: int
    end: int
    rule: int


@cache
def read_rules(name: str) -> tuple[Rule, ...]:
    """The rules of ``data/NAME.txt`` in the order of the file, groups written out.

    >>> read_rules("violation_rules")[0].section
    ('insult', 'critical')
    """
    groups: dict[str, str] = {}
    found: list[Rule] = []
    section: tuple[str, ...] = ()
    for line in word_list(name):
        head = _SECTION.fullmatch(line)
        if head:
            section = tuple(head.group(1).split())
        elif line.startswith("@"):
            group, _, pattern = line[1:].partition("=")
            groups[group.strip()] = _with_groups(pattern, groups)
        else:
            found.append(_rule(section, line, groups))
    return tuple(found)


def _rule(section: tuple[str, ...], line: str, groups: dict[str, str]) -> Rule:
    rule, example, counter, *_ = [*line.split("\t"), "", ""]
    pattern, _, unless = rule.removesuffix("??").partition("!!")
    return Rule(
        section,
        _as_regex(_with_groups(pattern, groups)),
        _as_regex(_with_groups(unless, groups)),
        rule.endswith("??"),
        example,
        counter,
    )


def _with_groups(pattern: str, groups: dict[str, str]) -> str:
    return _GROUP.sub(lambda match: f"(?:{groups[match.group(1)]})", pattern.strip())


def _as_regex(pattern: str) -> str:
    """A pattern as google-re2 takes it: its gaps and classes of anything else stop at the borders of clauses."""
    return _SIGN.sub(_meaning, pattern)


def _meaning(sign: re.Match[str]) -> str:
    written = sign.group()
    if written.startswith("[^"):
        return f"[^\\n{MARKS}{written[2:]}"
    return _MEANS.get(written, written)


class RuleSet:
    """The rules of a file, or of some of its sections, compiled when first used.

    >>> rules = RuleSet("violation_rules")
    >>> [rules.rules[hit.rule].section[0] for hit in rules.hits("您好\\n有完没完")]
    ['impatience']
    """

    def __init__(self, name: str, heads: tuple[str, ...] = ()) -> None:
        self.rules = tuple([rule for rule in read_rules(name) if not heads or rule.section[0] in heads])

    @cached_property
    def _sets(self) -> list[_Set]:
        import re2

        options = re2.Options()
        options.max_mem = _SET_MEMORY
        found = []
        for first in range(0, len(self.rules), _TOGETHER):
            automaton = re2.Set.SearchSet(options)
            for rule in self.rules[first : first + _TOGETHER]:
                automaton.Add(_searched(rule))
            automaton.Compile()
            found.append(_Set(first, automaton))
        return found

    @cached_property
    def _compiled(self) -> list[_Compiled]:
        import re2

        found = []
        for rule in self.rules:
            pattern = re2.compile(_searched(rule))
            unless = re2.compile(rule.unless) if rule.unless else None
            found.append(_Compiled(pattern, pattern.groups, unless))
        return found

    def hits(self, joined: str) -> Iterator[RuleHit]:
        """Every place of every rule in lines (`phrases.fold_lines`, or of `marked.marked`), less those that an exclusion
        speaks against."""
        # in UTF-8: for every match in a str re2 counts its characters anew
        data = joined.encode()
        fired: list[int] = []
        for first, automaton in self._sets:
            fired += [first + place for place in sorted(automaton.Match(data) or ())]
        if not fired:
            return
        coded = data.split(b"\n")
        lines = joined.split("\n")
        starts = list(accumulate([len(line) + 1 for line in coded], initial=0))
        for number in fired:
            pattern, groups, unless = self._compiled[number]
            for match in pattern.finditer(data):
                start, end = match.start(), _end(match, groups)
                if start == end:
                    continue
                line = bisect_right(starts, start) - 1
                words = data[start:end].decode()
                begun = len(data[starts[line] : start].decode()) + len(words)
                first = begun - len(words.lstrip(MARKS))
                last = first + len(words.strip(MARKS))
                around = lines[line][max(0, first - NEAR) : last + NEAR]
                if unless is None or not unless.search(around.encode()):
                    yield RuleHit(line, first, last, number)


class _Set(NamedTuple):
    """A few rules that are looked for at once, and the number of the first."""

    first: int
    automaton: Any


class _Compiled(NamedTuple):
    """The pattern of a rule, how many groups it has, and what speaks against it near by."""

    pattern: Any
    groups: int
    unless: Any


def _searched(rule: Rule) -> str:
    return f"(?m)(?:{rule.pattern})"


def _end(match: Any, groups: int) -> int:
    """Where the words of a match end: before a group, which has to follow but is no part of them."""
    end: int = match.end()
    for group in range(1, groups + 1):
        start = match.start(group)
        if 0 <= start < end:
            end = start
    return end


@cache
def rule_set(name: str, heads: tuple[str, ...] = ()) -> RuleSet:
    """The compiled rules of a file, or those of the sections whose first word is one of `heads`; once per process."""
    return RuleSet(name, heads)
