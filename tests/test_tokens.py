"""Words of Chinese text with the dictionary of the domain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.errors import ConfigError
from qa_speech.language.data import word_list
from qa_speech.language.tokens import borders, tokenize, words


@pytest.mark.parametrize("term", [line.split()[0] for line in word_list("domain_words")])
def test_terms_of_the_domain_stay_whole(term):
    assert words(term) == [term]


@given(st.text(alphabet="我要办理套餐外流量光猫的AB12，。 ", max_size=30))
def test_words_join_to_the_text_again(text):
    found = tokenize(text)

    assert "".join(token.text for token in found) == text
    assert all(text[token.start : token.end] == token.text for token in found)
    assert borders(text) >= {0, len(text)}


def test_a_user_dictionary_is_used_where_it_is_named_and_nowhere_else(tmp_path):
    path = tmp_path / "user.txt"
    path.write_text("畅享冰激凌 1000 n\n\n无忧卡\n", encoding="utf-8")

    assert words("畅享冰激凌", dictionaries=(str(path),)) == ["畅享冰激凌"]
    assert words("畅享冰激凌") != ["畅享冰激凌"]


def test_bad_dictionaries_list_every_bad_line(tmp_path):
    path = tmp_path / "user.txt"
    path.write_text("好 词 n x\n可以 3 n\n坏 a b\n", encoding="utf-8")

    with pytest.raises(ConfigError) as caught:
        words("好", dictionaries=(str(path),))
    assert [problem.split(":")[0] for problem in caught.value.problems] == ["line 1", "line 3"]


def test_a_dictionary_that_is_not_there_is_named():
    with pytest.raises(ConfigError, match=r"nowhere\.txt"):
        words("好", dictionaries=("nowhere.txt",))
