"""Generated conversations with and without identifiers, for `redaction.py`: seeded, invented, valid by form.

A `Case` is a short dialogue and what in it must be masked. What people say stands in `identifiers.tsv`, one sentence a
line; numbers and names are drawn by `_invented`. Seeds from 1000 on are for development, those below are reported.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from _invented import (
    DIGITS,
    HAN,
    aloud,
    bank_card,
    digits,
    filled,
    groups,
    id_card,
    landline,
    mobile,
    name,
    one_of,
    sentences,
    some_digits,
)

from qa_speech.privacy.numerals import is_mobile

Line = tuple[str, str]
"""(role, text); ``{…}`` in a text marks what must be masked."""


@dataclass(frozen=True)
class Case:
    """A dialogue; `secrets` are (utterance, start, end), none in a negative."""

    pattern: str
    lines: tuple[Line, ...]
    secrets: tuple[tuple[int, int, int], ...]


def case(pattern: str, *marked: Line) -> Case:
    """Take the marks ``{…}`` out of the lines and note where they were.

    >>> case("x", ("customer", "我是{王一}")).secrets
    ((0, 2, 4),)
    """
    lines, secrets = [], []
    for index, (role, text) in enumerate(marked):
        plain, start = "", 0
        for char in text:
            if char == "{":
                start = len(plain)
            elif char == "}":
                secrets.append((index, start, len(plain)))
            else:
                plain += char
        lines.append((role, plain))
    return Case(pattern, tuple(lines), tuple(secrets))


def customer(pattern: str, text: str) -> Case:
    """One thing that the customer says."""
    return case(pattern, ("customer", text))


def told(sentence: str, secret: str) -> str:
    """A sentence with what must be masked in the place of ``{}``.

    >>> told("号码是{}，谢谢", "138")
    '号码是{138}，谢谢'
    """
    return sentence.replace("{}", "{" + secret + "}")


NUMBERS: Mapping[str, Callable[[random.Random], str]] = {"phone": mobile, "id_card": id_card, "bank_card": bank_card}


class Speaker:
    """What is said of one kind of number, each time of another one."""

    def __init__(self, kind: str, rng: random.Random) -> None:
        self.kind, self.rng = kind, rng
        (self.called,) = sentences()[f"called {kind}"]

    def number(self) -> str:
        """A number of the kind."""
        return NUMBERS[self.kind](self.rng)

    def groups(self) -> list[str]:
        """Another number, in groups."""
        return groups(self.number(), self.rng)

    def spoken_groups(self) -> list[str]:
        """The same in words."""
        return [aloud(part, self.rng) for part in self.groups()]

    def told(self, secret: str) -> str:
        """A sentence that announces the number."""
        return told(one_of(f"told {self.kind}", self.rng), secret)

    def asked(self) -> Line:
        """A question for it."""
        return ("agent", one_of(f"asked {self.kind}", self.rng))

    def framed(self, text: str) -> str:
        """A sentence with something before and after."""
        return one_of("opening", self.rng) + text + one_of("closing", self.rng)


# ------------------------------------------------------------------------------------------------ written

JOINTS = {"plain": "", "spaces": " ", "hyphens": "-", "commas": ",", "wide commas": "，", "enumeration": "、"}


def written(rng: random.Random, kind: str) -> Iterator[Case]:
    """Numbers as recognisers with digits write them."""
    speaker = Speaker(kind, rng)
    for label, joint in JOINTS.items():
        number = speaker.number()
        text = number if label == "plain" else joint.join(groups(number, rng))
        sentence = speaker.told(text)
        yield customer(f"{kind}: {label}", speaker.framed(sentence))
    number = speaker.number()
    yield case(f"{kind}: answer, digits", speaker.asked(), ("customer", speaker.framed("{" + number + "}")))
    wide = "".join(chr(ord(char) + 0xFEE0) for char in speaker.number())
    yield customer(f"{kind}: full-width", f"{speaker.called}是{{{wide}}}")
    number = speaker.number()
    yield case(
        f"{kind}: read back, digits",
        ("customer", f"{speaker.called}{{{number}}}"),
        ("agent", f"跟您核对一下，{{{' '.join(groups(number, rng))}}}，对吗"),
        ("customer", "对的"),
    )


def written_more(rng: random.Random) -> Iterator[Case]:
    """What is written otherwise: country code, fixed lines, e-mail, names, addresses."""
    number = mobile(rng)
    yield customer("phone: country code", filled(one_of("country code", rng), rng, number=number))
    area, local = landline(rng)
    joint = one_of("fixed line joint", rng)
    yield customer("phone: fixed line", told(one_of("fixed line", rng), area + joint + local))
    yield customer("phone: local fixed line", told(one_of("local fixed line", rng), local))
    mailbox = one_of("mailbox", rng) + str(rng.randint(1, 9999))
    address = f"{mailbox}@{one_of('mail host', rng)}"
    yield customer("email: written", told(one_of("told email", rng), address) + one_of("after email", rng))
    who = name(rng)
    yield customer("name: announced", told(one_of("told name", rng), who) + one_of("after name", rng))
    yield case("name: answer", ("agent", one_of("asked name", rng)), ("customer", "{" + who + "}"))
    street = one_of("street first", rng) + one_of("street second", rng) + one_of("street kind", rng)
    city = one_of("city", rng)
    sentence = one_of("told street", rng)
    house = filled("<1-300>号<1-20>栋<101-2804>室", rng)
    yield customer("address: street", told(sentence, city + street + house))
    estate = one_of("estate name", rng) + one_of("estate kind", rng)
    sentence = one_of("told estate", rng)
    house = filled("<1-30>号楼<1-6>单元<101-2804>", rng)
    yield customer("address: estate", told(sentence, estate + house))


# ------------------------------------------------------------------------------------------------ spoken

SPOKEN_JOINTS = {"run on": "", "spaces": " ", "commas": "，", "stops": "。", "enumeration": "、"}


def spoken(rng: random.Random, kind: str) -> Iterator[Case]:
    """Numbers as words, digit by digit."""
    speaker = Speaker(kind, rng)
    for label, joint in SPOKEN_JOINTS.items():
        # 幺 and 一 in one number
        parts = [aloud(part, random.Random(rng.random())) for part in speaker.groups()]
        sentence = speaker.told(joint.join(parts))
        yield customer(f"{kind}: spoken, {label}", speaker.framed(sentence))
    parts = speaker.spoken_groups()
    answer = "{" + "，".join(parts) + "}"
    yield case(f"{kind}: spoken answer", speaker.asked(), ("customer", speaker.framed(answer)))
    parts = speaker.groups()
    lines = [speaker.asked()]
    for part in parts:
        lines.append(("customer", "{" + aloud(part, rng) + "}"))
        lines.append(("agent", one_of("nod", rng)))
    yield case(f"{kind}: over several utterances", *lines)
    number = speaker.number()
    lines = [speaker.asked()]
    for part in groups(number, rng):
        lines.append(("customer", "{" + aloud(part, rng) + "}"))
        lines.append(("agent", "{" + aloud(part, rng) + "}" if len(part) > 1 else "嗯"))
    yield case(f"{kind}: each group read back", *lines)
    parts = speaker.spoken_groups()
    yield case(
        f"{kind}: read back whole",
        ("customer", f"{speaker.called}是{{{''.join(parts)}}}"),
        ("agent", f"好的，我重复一下，{{{'，'.join(parts)}}}，对吗"),
        ("customer", "对"),
    )
    mixed = [part if rng.random() < 0.5 else aloud(part, rng) for part in speaker.groups()]
    yield customer(f"{kind}: digits and words mixed", f"{speaker.called}是{{{' '.join(mixed)}}}")


def spoken_more(rng: random.Random) -> Iterator[Case]:
    """What is spoken otherwise."""
    head = "1" + rng.choice("35789") + rng.choice(DIGITS) + rng.choice("23456789")
    tail = digits(rng, 4, "123456789")
    tripled = f"{aloud(head, rng)}三个零{aloud(tail, rng)}"
    if is_mobile(f"{head}000{tail}"):
        yield customer("phone: spoken, 三个零", f"号码是{{{tripled}}}")
    area, local = landline(rng)
    sentence = one_of("spoken fixed line", rng)
    line = aloud(area, rng) + one_of("spoken fixed line joint", rng) + aloud(local, rng)
    yield customer("phone: spoken fixed line", told(sentence, line))
    spelled = aloud(id_card(rng)[:17], rng)
    yield customer("id_card: spoken, 叉", f"身份证号是{{{spelled}叉}}")
    mailbox = one_of("spoken mailbox", rng) + aloud(str(rng.randint(10, 9999)), rng)
    host = one_of("spoken mail host", rng)
    sentence = one_of("told spoken email", rng)
    yield customer("email: spoken", told(sentence, mailbox + one_of("spoken at", rng) + host))
    who = name(rng)
    greeting = f"{{{who}}}先生您好" if len(who) > 2 else "好的"
    yield case("name: spoken and read back", ("customer", f"我叫{{{who}}}"), ("agent", greeting))
    street = one_of("street first", rng) + one_of("street second", rng) + one_of("spoken street kind", rng)
    house = aloud(str(rng.randint(11, 288)), rng)
    sentence = one_of("told spoken street", rng)
    building, entrance = HAN[rng.randint(1, 9)], HAN[rng.randint(1, 6)]
    room = aloud(str(rng.randint(101, 999)), rng)
    yield customer("address: spoken", told(sentence, f"{street}{house}号{building}栋{entrance}单元{room}"))


# ------------------------------------------------------------------------------------------------ noise

ALIKE = dict(zip("一幺七九四八零六五二", "要要期就是吧林留无而", strict=True))
"""Digits and the words they are heard as."""


def noisy(rng: random.Random, kind: str) -> Iterator[Case]:
    """What recognisers and people do to a number: fillers, restarts, homophones, a digit misheard."""
    speaker = Speaker(kind, rng)
    first, *rest = speaker.spoken_groups()
    with_fillers = first + "".join(one_of("filler", rng) + part for part in rest)
    yield customer(f"{kind}: fillers", speaker.told(with_fillers))
    yield _with_nods(speaker)
    number = speaker.number()
    wrong = aloud(number[:2] + rng.choice(DIGITS) + number[3 : rng.randint(4, 8)], rng)
    secret = wrong + one_of("restart", rng) + aloud(number, rng)
    yield customer(f"{kind}: restart from the beginning", f"{speaker.called}是{{{secret}}}")
    *parts, last = speaker.spoken_groups()
    spoiled = "".join(rng.choice(HAN) for _ in last)
    secret = f"{''.join(parts)}{spoiled}，不对，{last}"
    yield customer(f"{kind}: last group corrected", f"{speaker.called}是{{{secret}}}")
    heard = _misheard(aloud(speaker.number(), rng), rng)
    yield case(f"{kind}: homophone", speaker.asked(), ("customer", "{" + heard + "}"))
    number = speaker.number()
    place = rng.randrange(3, len(number) - 1)
    other = rng.choice([digit for digit in DIGITS if digit != number[place]])
    said = number[:place] + other + number[place + 1 :]
    if rng.random() >= 0.5:
        said = aloud(said, rng)
    yield customer(f"{kind}: one digit misheard", speaker.told(said))
    first, *rest = speaker.spoken_groups()
    secret = f"{first}，{first}{''.join(rest)}"
    yield customer(f"{kind}: first group said twice", f"{speaker.called}是{{{secret}}}")
    said = aloud(speaker.number(), rng)
    place = rng.randrange(3, len(said) - 1)
    missing = said[:place] + said[place + 1 :]
    yield case(f"{kind}: one digit missing", speaker.asked(), ("customer", "{" + missing + "}"))


def _with_nods(speaker: Speaker) -> Case:
    """The other side says 嗯 between most groups."""
    rng = speaker.rng
    parts = speaker.groups()
    lines = [speaker.asked()]
    for part in parts:
        before = one_of("before group", rng)
        group = "{" + aloud(part, rng) + "}"
        lines.append(("customer", before + group + one_of("after group", rng)))
        if rng.random() < 0.8:
            lines.append(("agent", one_of("nod", rng)))
    return case(f"{speaker.kind}: back-channels between groups", *lines)


def _misheard(spelled: str, rng: random.Random) -> str:
    """One or two digits heard as words that sound like them."""
    places = [place for place, char in enumerate(spelled) if char in ALIKE and 0 < place < len(spelled) - 1]
    heard = list(spelled)
    for place in rng.sample(places, min(len(places), rng.choice([1, 1, 2]))):
        heard[place] = ALIKE[heard[place]]
    return "".join(heard)


# ------------------------------------------------------------------------------------------------ negatives

NONE = "none: "


def negatives(rng: random.Random) -> Iterator[Case]:
    """What holds digits or looks like it, and identifies nobody."""
    code = some_digits(rng, 8, 20)
    year, month, day = f"20{rng.randint(20, 26)}", f"{rng.randint(1, 12):02}", f"{rng.randint(1, 28):02}"
    values = {
        "code": code,
        "day": f"{year}-{month}-{day}",
        "money": f"{rng.randint(1, 999)}.{rng.randint(0, 99):02}",
    }
    sentence = one_of("order number", rng)
    order = rng.choice([code, year + month + day + code[:8], aloud(code, rng)])
    texts = {f"{NONE}order number": filled(sentence, rng, order=order)}
    for pattern, told_so in sentences().items():
        if pattern.startswith(NONE):
            drawn = [filled(sentence, rng, **values) for sentence in told_so]
            texts[pattern] = rng.choice(drawn) if len(drawn) > 1 else drawn[0]
    for pattern, text in texts.items():
        yield _one_sentence(pattern, text, rng)
    asked = one_of("asked order", rng)
    answer = rng.choice([code, aloud(code, rng), f"嗯，{code}"])
    yield case(f"{NONE}asked for an order", ("agent", asked), ("customer", answer))


def _one_sentence(pattern: str, text: str, rng: random.Random) -> Case:
    """Said by either party, now and then as an answer."""
    role = rng.choice(["agent", "customer"])
    lines = [(role, one_of("opening", rng) + text + one_of("closing", rng))]
    if rng.random() < 0.3:
        other = "agent" if role == "customer" else "customer"
        lines.insert(0, (other, one_of("small talk", rng)))
    return case(pattern, *lines)


def cases(group: str, seeds: Sequence[int]) -> list[Case]:
    """All cases of a group (``written``, ``spoken``, ``noisy``, ``negative``) for these seeds; each seed gives every pattern."""
    found: list[Case] = []
    for seed in seeds:
        rng = random.Random(f"{group} {seed}")
        if group == "written":
            found += [one for kind in NUMBERS for one in written(rng, kind)]
            found += written_more(rng)
        elif group == "spoken":
            found += [one for kind in NUMBERS for one in spoken(rng, kind)]
            found += spoken_more(rng)
        elif group == "noisy":
            found += [one for kind in NUMBERS for one in noisy(rng, kind)]
        else:
            found += negatives(rng)
    return found
