"""What a customer can ask for and an agent can give: the kinds of questions and of parts of an answer, listed here alone.

    substance   reason  steps  number  time_limit  condition  option
    guidance                                                  option  next_step  check_back

An option is both: it says something, and it says where to go on from here. How each kind is recognised stands in
``language/data/substance_rules.txt``, in a section of its name; what each kind is called, in `wording`.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

SubstanceKind: TypeAlias = Literal["reason", "steps", "number", "time_limit", "condition", "option"]
GuidanceKind: TypeAlias = Literal["option", "next_step", "check_back"]
PartKind: TypeAlias = Literal[SubstanceKind, GuidanceKind]
AskKind: TypeAlias = Literal["amount", "time", "reason", "how", "yesno", "what"]
Level: TypeAlias = Literal[0, 1, 2, 3, 4]
"""0 no answer · 1 only acknowledged · 2 short answer · 3 substance that fits the question · 4 substance and guidance."""

PART_KINDS: tuple[PartKind, ...] = get_args(PartKind)
SUBSTANCE: frozenset[PartKind] = frozenset(get_args(SubstanceKind))
GUIDANCE: frozenset[PartKind] = frozenset(get_args(GuidanceKind))
ASK_KINDS: tuple[AskKind, ...] = get_args(AskKind)
"""Those that say most about the answer wanted first."""
LEVELS: tuple[Level, ...] = get_args(Level)

ANSWERED_BY: dict[AskKind, frozenset[PartKind]] = {
    "amount": frozenset(("number",)),
    "time": frozenset(("time_limit",)),
    "reason": frozenset(("reason", "condition")),
    "how": frozenset(("steps", "next_step", "option", "condition")),
    "yesno": frozenset(),
    "what": frozenset(),
}
"""Which parts answer which kind of question; 吗 and 什么 are answered by words of the question itself, or yes and no."""
