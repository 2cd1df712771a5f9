"""Phrases are found as they were spoken, at their place in the text and in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Role, Utterance, Word
from qa_speech.language import phrases as subject
from qa_speech.language.phrases import PhraseHit, find_phrases, fold, places, span_time

MANY = tuple(f"第{n}号业务" for n in range(200))
text_like = st.text(alphabet="您好请稍等ABab０１ ，。！İß_\n", max_size=30)


def test_punctuation_spaces_width_and_case_do_not_hide_a_phrase():
    text = "您 好，请。稍等！ＶＩＰ"

    assert [(hit.phrase, text[hit.start : hit.end]) for hit in find_phrases(text, ("您好请", "稍等", "vip"))] == [
        ("您好请", "您 好，请"),
        ("稍等", "稍等"),
        ("vip", "ＶＩＰ"),
    ]


def test_overlapping_phrases_are_all_found():
    assert find_phrases("请您稍等", ("请您稍等", "稍等", "您稍")) == [
        PhraseHit(0, 4, "请您稍等"),
        PhraseHit(1, 3, "您稍"),
        PhraseHit(2, 4, "稍等"),
    ]


def test_hits_of_one_phrase_do_not_overlap():
    assert [(hit.start, hit.end) for hit in find_phrases("好好好好好", ("好好",))] == [(0, 2), (2, 4)]


def test_a_phrase_of_punctuation_is_never_found():
    assert find_phrases("，，。", ("，", "")) == []


def test_many_phrases_find_what_a_loop_finds():
    text = "，".join(("第7号业务", "第77号业务", "第199号业务", "第200号业务"))

    assert [hit.phrase for hit in find_phrases(text, MANY)] == ["第7号业务", "第77号业务", "第199号业务"]


def test_a_thousand_phrases_still_fit_the_automaton():
    many = tuple(f"{chr(0x4E00 + n)}{chr(0x5E00 + n)}{chr(0x4F00 + n)}" for n in range(1000))

    assert [hit.phrase for hit in find_phrases("。".join(many), many)] == list(many)


@given(text_like)
def test_places_point_at_the_folded_characters(text):
    place = places(text)

    assert len(place) == len(fold(text))
    assert "".join(fold(text[at]) for at in place) == fold(text)


@given(text_like, st.lists(text_like, max_size=5), st.booleans())
def test_a_hit_reads_as_its_phrase(text, wanted, padded):
    phrases = tuple(wanted) + (MANY if padded else ())
    hits = find_phrases(text, phrases)

    assert all(fold(text[hit.start : hit.end]) == fold(hit.phrase) for hit in hits)
    assert {hit.phrase for hit in hits} == {item for item in phrases if fold(item) and fold(item) in fold(text)}


WORDS = (Word("您好", 1.0, 1.4, 0.9), Word("请", 1.5, 1.6, 0.8), Word("稍等", 1.7, 2.0, 0.3))


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((0, 2), (1.0, 1.4, 0.9)),
        ((3, 6), (1.5, 2.0, 0.3)),
        ((1, 4), (1.0, 1.6, 0.8)),
        ((0, 7), (1.0, 2.0, 0.3)),
    ],
)
def test_a_span_takes_the_times_of_the_words_it_touches(span, expected):
    assert span_time(Utterance(Role.AGENT, 1.0, 2.0, "您好，请稍等。", WORDS), *span) == expected


def test_without_words_a_span_is_placed_by_its_share_of_the_characters():
    assert span_time(Utterance(Role.AGENT, 2.0, 4.0, "您好，再见"), 3, 5) == (3.0, 4.0, 1.0)


def test_words_that_do_not_match_the_text_still_give_a_time_inside_them():
    start, end, _ = span_time(Utterance(Role.AGENT, 1.0, 2.0, "您好您好您好您好请稍等", WORDS), 8, 11)

    assert 1.0 <= start < end <= 2.0


@given(st.integers(0, 7), st.integers(0, 7))
def test_any_span_lies_inside_the_utterance(first, second):
    start, end, probability = span_time(
        Utterance(Role.AGENT, 1.0, 2.0, "您好，请稍等。", WORDS), min(first, second), max(first, second)
    )

    assert 1.0 <= start <= end <= 2.0
    assert 0 <= probability <= 1


def test_the_set_is_compiled_once_per_tuple():
    subject.occurring.cache_clear()
    find_phrases("您好", MANY)
    find_phrases("再见", MANY)

    assert subject.occurring.cache_info().misses == 1
