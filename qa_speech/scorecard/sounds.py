"""How text sounds, for phrases that a recogniser may have written with the wrong characters of the right sound.

Every Han character becomes one private character that stands for its toneless syllable, so text keeps its length
and phrases are searched for as usual. Sounds that speakers merge are one: zh z, ch c, sh s, n l, f h, -ng -n, r l.
A character with several readings counts with its commonest in what was said, and with all of them (at most 16
combinations) in the phrase looked for.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import islice, product

from qa_speech.language.phrases import fold

_COMBINATIONS = 16
_PRIVATE = 0xF0000
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")


class _Sounds(dict[int, int]):
    """Code point → private code point of its commonest reading; everything else stays itself."""

    def __missing__(self, code: int) -> int:
        known = _readings(code)
        self[code] = sound = _PRIVATE + _number(known[0]) if known else code
        return sound


@cache
def _number(syllable: str) -> int:
    return _NUMBERS.setdefault(syllable, len(_NUMBERS))


_NUMBERS: dict[str, int] = {}
_TABLE = _Sounds()


@cache
def _readings(code: int) -> tuple[str, ...]:
    from pypinyin.constants import PINYIN_DICT

    plain = (_merged(item.translate(_TONES)) for item in PINYIN_DICT.get(code, "").split(",") if item)
    return tuple(dict.fromkeys(plain))


def _merged(syllable: str) -> str:
    """One name for syllables that are told apart badly on the telephone."""
    syllable = re.sub(r"^([zcs])h", r"\1", syllable)
    syllable = re.sub(r"^[lr]", "n", syllable)
    syllable = re.sub(r"^hu(?=[aeo])|^h(?=u$)", "f", syllable)
    return re.sub(r"(?<=[aei])ng$", "n", syllable)


@lru_cache(maxsize=1024)
def sounds(folded: str) -> str:
    """Folded text as sounds, character for character.

    >>> sounds("公号") == sounds("工号"), sounds("工号") == sounds("账号"), len(sounds("工号1001"))
    (True, False, 6)
    """
    return folded.translate(_TABLE)


@lru_cache(maxsize=4096)
def needles(phrase: str) -> tuple[str, ...]:
    """All ways a phrase may sound.

    >>> sounds("换款") in needles("还款")
    True
    """
    choices = []
    for char in fold(phrase):
        readings = _readings(ord(char))
        choices.append([chr(_PRIVATE + _number(item)) for item in readings] or [char])
    return tuple("".join(item) for item in islice(product(*choices), _COMBINATIONS))
