"""How text sounds, for phrases that a recogniser may have written with the wrong characters of the right sound.

Every Han character stands for its toneless syllable. Sounds that speakers merge are one: zh z, ch c, sh s, n l, r l,
f h before u, -ng -n. In what was said a character counts with its first two readings, in the phrase looked for with all
of them; characters outside GB 2312 are not considered, recognisers of Mandarin do not write them.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from qa_speech.language.phrases import fold

_PRIVATE = 0xF0000
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvvnnnm")
_SYLLABLES = re.compile(r"^(?:(?P<retroflex>[zcs])h|[lr]|(?P<breath>hu(?=[aeo])|h(?=u$)))|(?<=[aei])ng$")


@cache
def readings(char: str) -> tuple[str, ...]:
    """The merged, toneless readings of a character; none for what is not Han.

    >>> readings("长"), readings("工"), readings("A")
    (('zan', 'can'), ('gong',), ())
    """
    from pypinyin.constants import PINYIN_DICT

    written = PINYIN_DICT.get(ord(char), "")
    plain = [_merged(syllable.translate(_TONES)) for syllable in written.split(",") if syllable]
    return tuple(dict.fromkeys(plain))


def _merged(syllable: str) -> str:
    """One name for syllables that are told apart badly on the telephone."""
    return _SYLLABLES.sub(_merged_sound, syllable)


def _merged_sound(match: re.Match[str]) -> str:
    if match["retroflex"]:
        return match["retroflex"]
    return "f" if match["breath"] else "n"


@cache
def _alike() -> dict[str, str]:
    """Syllable → the characters of GB 2312 that are read so."""
    found: dict[str, list[str]] = {}
    for high in range(0xB0, 0xF8):
        for low in range(0xA1, 0xFF):
            char = bytes((high, low)).decode("gb2312", "ignore")
            if not char:
                continue
            for syllable in readings(char)[:2]:
                found.setdefault(syllable, []).append(char)
    return {syllable: "".join(chars) for syllable, chars in found.items()}


@lru_cache(maxsize=4096)
def sound_pattern(phrase: str) -> str:
    """A regular expression for everything in folded text that sounds like a phrase.

    >>> bool(re.fullmatch(sound_pattern("工号"), "公好")), bool(re.fullmatch(sound_pattern("工号"), "账号"))
    (True, False)
    """
    parts = []
    for char in fold(phrase):
        alike = [_alike().get(syllable, "") for syllable in readings(char)]
        if any(alike):
            parts.append(f"[{char}{''.join(alike)}]")
        else:
            parts.append(re.escape(char))
    return "".join(parts)


class _Sounds(dict[int, int]):
    """Code point → a private one that stands for its first reading; everything else stays itself."""

    def __missing__(self, code: int) -> int:
        known = readings(chr(code))
        sound = code
        if known:
            sound = _PRIVATE + _number(known[0])
        self[code] = sound
        return sound


_NUMBERS: dict[str, int] = {}
_TABLE = _Sounds()


def _number(syllable: str) -> int:
    return _NUMBERS.setdefault(syllable, len(_NUMBERS))


@lru_cache(maxsize=4096)
def sounds(folded: str) -> str:
    """Folded text as sounds, one private character for each, for likeness by sound.

    >>> sounds("公号") == sounds("工号"), sounds("工号") == sounds("账号"), len(sounds("工号1001"))
    (True, False, 6)
    """
    return folded.translate(_TABLE)
