"""Edits between two texts are the fewest there are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qa_speech.stats.edits import aligned, edit_distance

texts = st.text(alphabet="您好a1", max_size=9)


def plainly(reference: str, heard: str) -> int:
    if not reference or not heard:
        return len(reference) + len(heard)
    same = plainly(reference[1:], heard[1:])
    if reference[0] == heard[0]:
        return same
    return 1 + min(same, plainly(reference[1:], heard), plainly(reference, heard[1:]))


@given(st.text(alphabet="您好a", max_size=6), st.text(alphabet="您好a", max_size=6))
def test_the_distance_is_that_of_the_definition(reference: str, heard: str) -> None:
    assert edit_distance(reference, heard) == plainly(reference, heard)


@given(texts, texts)
def test_it_is_a_distance_and_matches_rise_together(reference: str, heard: str) -> None:
    found = aligned(reference, heard)

    assert found.edits == edit_distance(heard, reference) <= max(len(reference), len(heard))
    assert all(reference[one] == heard[two] for one, two in found.matches)
    assert all(
        before[0] < after[0] and before[1] < after[1]
        for before, after in zip(found.matches, found.matches[1:], strict=False)
    )
    assert len(found.matches) >= len(reference) - found.edits


def test_long_texts_and_strange_characters_are_taken() -> None:
    assert edit_distance("好" * 3000, "好" * 2990 + "\ud800😀") == 10
