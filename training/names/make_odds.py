"""Make what names are known by: qa_speech/language/data/surnames.txt and given_characters.txt.

    python training/names/make_odds.py

For each character how much likelier it is in a name than in other words, as a natural logarithm: the persons' names of three
characters in jieba's dictionary (tag nr; MIT licence) against its other words by their frequency. The lists beside this file
say which characters may begin a name at all, and which are common in names of today, whatever the dictionary has.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

import jieba

HERE = Path(__file__).resolve().parent
DATA = HERE.parent.parent / "qa_speech" / "language" / "data"
DICTIONARY = Path(jieba.__file__).parent / "dict.txt"
LOWEST, HIGHEST = -4.0, 4.0
STEP = 0.5
KNOWN = 12
"""Names that a character of the written list is taken to be in beside those of the dictionary."""
UNSEEN, RARE = 2, 2000
"""The same for every character, and for its occurrences in other words: what is met nowhere is about as likely in both."""
CHARACTERS = 6000
"""Characters in use."""
OTHER_HIGHEST = 0.5
"""What a character that is on no list gets at most: the dictionary holds foreign names too."""


def lines_of(name: str) -> list[str]:
    """The lines of a list beside this file."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def counted(surnames: Iterable[str]) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How often each character begins a name, is in a given name, and is said in other words."""
    first, given, said = Counter[str](), Counter[str](), Counter[str]()
    known = frozenset(surnames)
    for line in DICTIONARY.read_text(encoding="utf-8").splitlines():
        word, frequency, tag = line.split()
        if tag == "nr" and len(word) == 3 and word[0] in known:
            first[word[0]] += 1
            given.update(word[1:])
        if not tag.startswith(("nr", "nz", "nt")):
            for char in word:
                said[char] += int(frequency)
    return first, given, said


def odds(named: Mapping[str, float], said: Mapping[str, int], char: str) -> float:
    """The logarithm of how much likelier a character is in a name."""
    in_names = (named.get(char, 0) + UNSEEN) / (sum(named.values()) + UNSEEN * CHARACTERS)
    in_words = (said.get(char, 0) + RARE) / (sum(said.values()) + RARE * CHARACTERS)
    return min(HIGHEST, max(LOWEST, math.log(in_names) - math.log(in_words)))


def by_odds(values: Mapping[str, float]) -> list[str]:
    """One line for each step: the value, then its characters."""
    rows: dict[float, str] = defaultdict(str)
    for char, value in values.items():
        rows[round(value / STEP) * STEP] += char
    return [f"{value:.1f} {rows[value]}" for value in sorted(rows, reverse=True)]


def write(name: str, about: str, lines: Iterable[str]) -> None:
    """One file of the word lists."""
    (DATA / name).write_text("\n".join([f"# {about}", *lines]) + "\n", encoding="utf-8")


def main() -> None:
    """Both files."""
    double, *rest = lines_of("surnames.txt")
    single = "".join(dict.fromkeys("".join(rest)))
    listed = frozenset("".join(lines_of("given.txt")))
    first, given, said = counted(single)
    with_listed = {char: given[char] + KNOWN * (char in listed) for char in {*given, *listed}}
    surnames = {char: odds(first, said, char) for char in single}
    characters = {}
    for char in sorted({*with_listed, *said}):
        value = odds(with_listed, said, char)
        characters[char] = max(value, 0.0) if char in listed else min(value, OTHER_HIGHEST)
    kept = {char: value for char, value in characters.items() if "一" <= char <= "鿿"}
    about = (
        "how much likelier at the beginning of a name than in other words, and the characters; made by training/names"
    )
    write("surnames.txt", f"Surnames: those of two characters, then {about}.", [double, *by_odds(surnames)])
    about = "How much likelier in a given name than in other words, and the characters. Made by training/names."
    write("given_characters.txt", about, by_odds(kept))


if __name__ == "__main__":
    main()
