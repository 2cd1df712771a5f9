"""All hostile inputs: one line per family. A new family is a module with `CASES`, and its line here."""

from __future__ import annotations

from tests.hostile import canaries, files, forgetting, questions, stored, transcripts
from tests.hostile.kit import Case

CASES: tuple[Case, ...] = (
    *canaries.CASES,
    *questions.CASES,
    *stored.CASES,
    *forgetting.CASES,
    *transcripts.CASES,
    *files.CASES,
)
