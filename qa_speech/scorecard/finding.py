"""A finding of `lint`: codes and fields. Its sentence is made by `wording.lint`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import msgspec

Level: TypeAlias = Literal["problem", "note"]

NOTES = frozenset(
    (
        "bands_same", "deduct_no_limit", "fatal_no_comment", "manual_no_guide", "no_effective", "no_failing_example",
        "no_passing_example", "no_role", "pass_mark_no_band", "redundant", "said_twice", "title_is_id",
        "trust_few_marks",
    )
)  # fmt: skip
"""Codes of what is worth a look; by what any other code tells somebody would be judged wrongly."""


class LintFinding(msgspec.Struct, frozen=True):
    """One finding: where (criterion, section or test), a stable code, and the words and numbers of its sentence."""

    where: str
    code: str
    values: Mapping[str, str | float] = {}

    @property
    def level(self) -> Level:
        """Whether somebody will be judged wrongly.

        >>> LintFinding("greeting", "shadowed").level, LintFinding("greeting", "no_role").level
        ('problem', 'note')
        """
        return "note" if self.code in NOTES else "problem"
