"""The training corpus: frames written by this project → thousands of distinct utterances and exchanges with labels.

Frames lie in ``corpus/*.tsv``, all in one shape (corpus/README.md; NAME_*.tsv goes on where NAME.tsv ends). A frame is one
way to say something; slots in braces are filled, and what an ASR does to speech is added: no punctuation, fillers,
homophones. All items made from one frame carry one `group`, exchanges that of their part. Deterministic for a seed.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rows import labelled, rows, texts
from strangers import turns
from whole import civil

HERE = Path(__file__).resolve().parent
STRATEGY = {
    "g": "greeting", "t": "thanks", "a": "apology", "s": "softener", "h": "honorific", "e": "empathy", "p": "promise",
}  # fmt: skip
LEVEL_OF = {"insult": 1, "taboo": 1, "impatience": 1, "order": 2, "rhetorical": 2, "deflection": 2}
FILLERS = "嗯 呃 啊 那个 就是 就是说 这个 哎 然后 那 哦 呢".split()
OPENERS = "喂 我跟你说 你看 我说 先生 女士 那个 嗯 您好 不是 我告诉你 哎 你听着 这位先生 对不起啊 好 亲".split()
TAILS = "啊 了 吧 呢 嘛 啦 是吧 知道吗 好吧 行吗 先生 女士 哈".split()
TAKEN_OUT = frozenset(
    "在的 好的请稍等 晚上八点前 晚上八点 嗯 有的亲 亲亲在的 "
    "您好很高兴为您服务请问有什么可以帮您 能的 没货 没号了 三到五天 明白您的意思 收到收到 收到收到照 不好说 明天下午发 "
    "明天下午".split()
)
"""Texts (without punctuation) that came too near to the frozen test: see `separation.py`."""
PHRASES = ("answers", "normal", "polite", "slots", "topics", "violations")
"""Files of phrases that utterances and exchanges are put together from; ``whole_*.tsv`` holds exchanges written whole."""
PARTS = 4
"""Into how many parts topics and stock phrases are dealt for the exchanges."""
TURN_WEIGHT = 2.0
"""What a turn written whole by other people weighs, each of two times, beside an utterance made from a frame: README.md."""
NOISE_PROPORTION = 10
"""Fillings of each frame of ``normal.tsv``: what agents say most is nothing special, and all of it must stay quiet."""
RUDE_SECTIONS = ("agent shallow", "agent taboo")
"""Sections of the recogniser's templates in which agents are meant to be rude or evasive: no normal speech."""
_RUDE = re.compile("你(?!好)|谁也没有办法")
"""Sentences of its other sections that are: civil agents say 您 there."""
_ROUGH = re.compile("闭嘴|住口|给我|滚|你必须")
_UNSURE = re.compile(
    "自己|你|我不管|跟我们|随便|^等着?$|等着|说|挂|讲|干嘛|行了|完|大声|什么$|^啥$|知道了|先这样|就这样|没了吧|还有吗|不是我们"
)


@dataclass(frozen=True)
class Said:
    """One utterance of an agent. `violation` None: too curt to call either way, not used to train violations.

    `weight`: how much it counts beside an utterance made from a frame. `strategies` None: nobody marked them.
    """

    text: str
    group: str
    politeness: int
    violation: str | None
    strategies: tuple[str, ...] | None = ()
    weight: float = 1.0


@dataclass(frozen=True)
class Exchanged:
    """One exchange with its level; `group` is the part whose topics and phrases it is made of."""

    question: str
    answer: str
    group: str
    level: int


def filled(frame: str, rng: random.Random) -> str:
    """A frame with its slots filled."""
    return re.sub(r"\{(\w+)\}", lambda hit: rng.choice(labelled("slots")[hit[1]]), frame)


@cache
def homophones() -> dict[str, list[str]]:
    """Characters of the corpus that sound alike, tone aside: what an ASR mixes up."""
    from pypinyin import lazy_pinyin

    written = [text for name in PHRASES for text in texts(name)] + list(topics())
    text = "".join(written)
    by_sound: dict[str, set[str]] = defaultdict(set)
    for character in sorted({item for item in text if "\u4e00" <= item <= "\u9fff"}):
        by_sound[lazy_pinyin(character)[0]].add(character)
    return {item: sorted(group - {item}) for group in by_sound.values() for item in group if len(group) > 1}


def as_heard(text: str, rng: random.Random, *, noise: float = 1.0) -> str:
    """What a recogniser may write: sometimes no punctuation, fillers, a homophone now and then."""
    if rng.random() < 0.6 * noise:
        text = re.sub(r"[，。？！、；]", "", text)
    if rng.random() < 0.15 * noise:
        at = rng.choice([0, *(hit.end() for hit in re.finditer("[，。]", text))])
        text = text[:at] + rng.choice(FILLERS) + text[at:]
    if rng.random() < 0.25 * noise:
        swapped = [
            rng.choice(homophones()[item]) if item in homophones() and rng.random() < 0.08 else item for item in text
        ]
        text = "".join(swapped)
    return text


def joined(parts: list[str], rng: random.Random) -> str:
    """Clauses to one text."""
    return rng.choice("，，。").join(parts) + rng.choice(("", "", "。"))


def _bare(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


def utterances(seed: int = 1) -> list[Said]:
    """All utterances, distinct."""
    rng = random.Random(seed)
    found = [*_violations(rng), *_normal(rng), *_plain(rng), *_long_normal(rng), *_by_strangers(rng)]
    return list({item.text: item for item in found if _bare(item.text) not in TAKEN_OUT}.values())


def _violations(rng: random.Random) -> list[Said]:
    found = []
    neutral = [text for level, _, text in _polite_rows() if level == 3 and 4 <= len(text) <= 24]
    for kind, listed in labelled("violations").items():
        for frame in listed:
            level = 1 if kind == "order" and _ROUGH.search(frame) else LEVEL_OF[kind]
            for turn in range(7 if "{" in frame else 4):
                text = filled(frame, rng)
                if turn:
                    dice = rng.random()
                    if dice < 0.3:
                        text = rng.choice(OPENERS) + rng.choice(("", "，")) + text
                    elif dice < 0.5:
                        text += rng.choice(TAILS)
                    elif dice < 0.75:
                        pair = [filled(rng.choice(neutral), rng), text]
                        rng.shuffle(pair)
                        text = "，".join(pair)
                    text = as_heard(text, rng)
                found.append(Said(text, f"{kind}:{frame}", level, kind))
    return found


def _by_strangers(rng: random.Random) -> list[Said]:
    """Turns that other people wrote whole, as written and as heard."""
    found = []
    for turn in turns():
        for text in (turn.text, as_heard(turn.text, rng)):
            group = f"turn:{turn.text}"
            found.append(Said(text, group, turn.politeness, turn.kind, None, TURN_WEIGHT))
    return found


def _polite_rows() -> list[tuple[int, str, str]]:
    return [(int(row.label), row.group, row.text) for row in rows("polite")]


def _normal(rng: random.Random) -> list[Said]:
    found = []
    for level, marks, frame in _polite_rows():
        none = None if level == 2 and _UNSURE.search(frame) else "none"
        for turn in range(5 if "{" in frame else 4):
            text = filled(frame, rng)
            if turn:
                dice = rng.random()
                if dice < 0.2:
                    text = (
                        rng.choice(("嗯", "好的", "那个", "呃", "哦", "先生", "女士", "亲", "是这样", "就是说")) + text
                    )
                elif dice < 0.35:
                    text += rng.choice(("哈", "哦", "呢", "啊", "对吧", "的", "先生", "女士", "亲"))
                text = as_heard(text, rng)
            found.append(Said(text, f"polite:{frame}", level, none, tuple(STRATEGY[item] for item in marks)))
    return found


def _plain(rng: random.Random) -> list[Said]:
    """Everyday sentences about anything: ``normal.tsv``, the recogniser's hotline templates, words by themselves."""
    found = []
    for frame in texts("normal"):
        for turn in range(NOISE_PROPORTION if "{" in frame else 2):
            text = filled(frame, rng)
            if turn % 2:
                text = (
                    rng.choice(("嗯", "好的", "那", "亲", "哦", "您好", ""))
                    + text
                    + rng.choice(("", "", "呢", "哦", "哈", "吗"))
                )
            found.append(
                Said(as_heard(text, rng), f"plain:{frame}", 4 if "您" in text or "麻烦" in text else 3, "none")
            )
    slots = labelled("slots")
    anything = slots["o"] + slots["n"]
    nouns = slots["o"] + slots["w"] + slots["n"] + slots["c"]
    role = ""
    templates = [HERE.parent / "demo_asr" / f"templates{name}.txt" for name in ("", "_more")]
    for line in _lines(templates):
        if line.startswith("["):
            section = line[1:-1]
            role = "" if section in RUDE_SECTIONS else section.split()[0]
        elif role == "agent" and not (line.startswith("#") or _RUDE.search(line) or _bare(line) in TAKEN_OUT):
            text = re.sub(r"\{\w+\}", lambda _: rng.choice(anything), line.lstrip("*"))
            found += [Said(as_heard(text, rng), f"hotline:{line}", 4 if "您" in text else 3, "none") for _ in range(2)]
    for number in range(1500):
        words = rng.sample(nouns, rng.choice((1, 1, 2, 3)))
        found.append(Said(rng.choice(("", " ")).join(words), f"word:{number % 50}", 3, "none"))
    return found


def _lines(templates: Iterable[Path]) -> list[str]:
    """The lines of the recogniser's templates without blanks."""
    found: list[str] = []
    for file in templates:
        found += [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    return found


def _long_normal(rng: random.Random) -> list[Said]:
    """Two to four normal sentences in one breath: the best level counts, strategies add up."""
    rows = [row for row in _polite_rows() if row[0] >= 3]
    found = []
    plain = texts("normal")
    for number in range(2500):
        text = "".join(filled(frame, rng) for frame in rng.sample(plain, rng.choice((2, 3, 4))))
        at = rng.randrange(0, max(1, len(text) - 20))
        found.append(
            Said(
                as_heard(text[at : at + 40], rng), f"cut:{number % 40}", 4 if "您" in text[at : at + 40] else 3, "none"
            )
        )
    found += _fragments(rng)
    for number in range(2200):
        chosen = rng.sample(rows, rng.choice((2, 2, 3, 4)))
        text = as_heard("，".join(filled(row[2], rng) for row in chosen), rng)
        marks = {mark for row in chosen for mark in row[1]}
        level = max(row[0] for row in chosen)
        found.append(Said(text, f"long:{number % 40}", level, "none", tuple(STRATEGY[item] for item in sorted(marks))))
    for group, answer in _answers(rng):
        found.append(Said(answer, group, 4 if "您" in answer else 3, "none", ("honorific",) * ("您" in answer)))
    return found


def _answers(rng: random.Random) -> list[tuple[str, str]]:
    """(group, text) of what civil agents answer: put together, and out of exchanges written whole."""
    found = [(item.group, item.answer) for item in exchanges(seed=7)[::4] if item.level >= 2 and item.answer]
    for item in civil():
        for _ in range(2):
            at = rng.randrange(0, max(1, len(item.answer) - 30))
            found.append((f"whole:{item.domain}", as_heard(item.answer[at : at + 40], rng)))
    return [(group, text) for group, text in found if _bare(text)]


def _fragments(rng: random.Random) -> list[Said]:
    """Scraps of normal sentences, as recognition and windows leave them: a few characters prove nothing."""
    whole = [filled(frame, rng) for frame in texts("normal") for _ in range(2)]
    whole += [text for part in topics().values() for name in "QBG" for text in part[name]]
    found = []
    for number, text in enumerate(rng.choices(whole, k=3000)):
        size = rng.choice((1, 2, 3, 4, 5, 6, 8, 12))
        at = rng.randrange(0, max(1, len(text) - size))
        found.append(Said(text[at : at + size], f"scrap:{number % 50}", 3, "none"))
    return [item for item in found if any(map(str.isalnum, item.text))]


@cache
def topics() -> dict[str, dict[str, list[str]]]:
    """Topic → kind of line (Q S B G) → texts."""
    found: dict[str, dict[str, list[str]]] = {}
    for row in rows("topics"):
        found.setdefault(row.group, {}).setdefault(row.label, []).append(row.text)
    return found


@dataclass(frozen=True)
class Share:
    """A part of the corpus of exchanges that has its topics and its stock of phrases to itself."""

    topics: dict[str, dict[str, list[str]]]
    stock: dict[str, list[str]]
    rude: dict[str, list[str]]


def dealt(texts: Iterable[str], number: int) -> list[str]:
    """The texts that fall to the part of this number, below `PARTS`."""
    return [text for text in texts if int(hashlib.sha256(text.encode()).hexdigest(), 16) % PARTS == number]


def share(number: int) -> Share:
    """The part of this number."""
    stock, rude = (
        {name: dealt(texts, number) for name, texts in labelled(file).items()} for file in ("answers", "violations")
    )
    return Share({name: topics()[name] for name in dealt(topics(), number)}, stock, rude)


def exchanges(seed: int = 2, each: int = 4) -> list[Exchanged]:
    """`each` exchanges per question and level, distinct.

    Topics and stock phrases are dealt out to `PARTS` parts, and no exchange takes from two of them. The part is the group: what a
    model says of a group that it has not seen is what it says of new topics *and* of deflections worded anew.
    """
    rng = random.Random(seed)
    found = [item for number in range(PARTS) for item in _exchanges(share(number), f"part:{number}", each, rng)]
    return list({(item.question, item.answer): item for item in found if _bare(item.answer) not in TAKEN_OUT}.values())


def _exchanges(mine: Share, group: str, each: int, rng: random.Random) -> list[Exchanged]:
    found = []
    for topic, part in mine.topics.items():
        others = [item for name, item in mine.topics.items() if name != topic]
        for question in part["Q"]:
            for level in [level for level in range(5) for _ in range(each)]:
                answer = _answer(level, part, mine, rng)
                asked = as_heard(rng.choice(("", "", "你好", "喂", "那个", "我想问一下")) + question, rng)
                found.append(Exchanged(asked, as_heard(answer, rng), group, level))
            text = _answer(rng.choice((3, 4)), rng.choice(others), mine, rng)
            found.append(Exchanged(as_heard(question, rng), as_heard(text, rng), group, 0))
    return found


def _some(items: list[str], low: int, high: int, rng: random.Random) -> list[str]:
    return rng.sample(items, min(len(items), rng.randint(low, high)))


def _answer(level: int, part: dict[str, list[str]], mine: Share, rng: random.Random) -> str:
    stock = mine.stock
    head = [rng.choice(stock["open"])] if rng.random() < 0.4 else []
    tail = rng.choice(stock["close"]) if rng.random() < 0.2 else ""
    if level == 0:
        # rude words are no answer either, however many they are
        dice = rng.random()
        kind = "deflection" if dice < 0.6 else rng.choice(("taboo", "rhetorical", "impatience", "order", "insult"))
        source = stock["deflect"] if dice < 0.4 else mine.rude[kind]
        body = [filled(item, rng) for item in _some(source, 1, 3, rng)]
        if rng.random() < 0.3:
            body = [rng.choice(stock["ack"]), *body]
    elif level == 1:
        body = _some(stock["ack"], 1, rng.choice((1, 2, 3, 5)), rng)
        if rng.random() < 0.5:
            body += [filled(item, rng) for item in _some(stock["askback"], 1, 3, rng)]
            rng.shuffle(body)
    elif level == 2:
        body = [filled(rng.choice(part["S"] if rng.random() < 0.5 else stock["short"]), rng)]
        dice = rng.random()
        if dice < 0.5:
            body = [filled(item, rng) for item in _some(stock["ack" if dice < 0.35 else "askback"], 1, 2, rng)] + body
    else:
        body = _some(part["B"], 1, 3 if level == 3 else 2, rng)
        if level == 3 and rng.random() < 0.25:
            body = [rng.choice(re.split("[，。]", body[0], maxsplit=2)[:1]), *body[1:]] if len(body) > 1 else body
        if rng.random() < 0.25:
            body = [rng.choice(part["S"]), *body]
        if rng.random() < 0.25:
            body = [rng.choice(stock["ack"]), *body]
        if level == 4:
            own = _some(part["G"], 1, 1, rng) if rng.random() < 0.7 else []
            body += own + _some(stock["guide"], 0 if own else 1, 2, rng)
    return joined([*head, *body], rng) + tail


def customers(name: str, seed: int = 4, times: int = 4) -> list[tuple[str, str, str]]:
    """(text, label, group) of what customers say, as written and as heard: ``moods`` or ``endings``.

    Two of one label in one breath are of that label too.
    """
    rng = random.Random(seed)
    found = []
    for label, listed in labelled(name).items():
        for line in listed:
            group = f"{name}:{line}"
            found.append((line, label, group))
            found += [(as_heard(line, rng), label, group) for _ in range(times - 2)]
            found.append((as_heard(joined([line, rng.choice(listed)], rng), rng), label, group))
    return found


if __name__ == "__main__":
    from collections import Counter

    said, talked = utterances(), exchanges()
    print(len(said), "utterances", len({item.group for item in said}), "frames")
    print(Counter(item.violation for item in said), Counter(item.politeness for item in said))
    print(len(talked), "exchanges", len(topics()), "topics", Counter(item.level for item in talked))
