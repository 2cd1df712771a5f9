"""Lines of a dialogue as people write them, ``role: text``: in transcripts, in the tests of a scorecard, in our own tests.

坐席：您好              a name and what was said
[agent] 您好            the name in brackets
agent@1.5-3: 您好       with its start and end, seconds from the start of the call
agent@1.5-3             speech that was not transcribed
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from qa_speech.call import Role, Word
from qa_speech.errors import problem
from qa_speech.language.characters import to_simplified

CHARACTER_S = 0.25
"""What a spoken character lasts where nobody timed it, in seconds: 240 字/分."""
GAP_S = 0.5
"""The pause before a line that nobody timed, in seconds."""
LONGEST_S = 86_400.0
"""A dialogue written by hand ends before this many seconds."""

_NAMES = {
    Role.AGENT: "agent 坐席 客服 座席 话务员 服务代表 csr operator advisor 业务员 接线员 工作人员 坐席员 客服人员 客服代表 客服专员"
    " 坐席人员 服务人员 人工客服 人工坐席 客户经理 业务代表 受理员 representative rep staff internal customerservice",
    Role.CUSTOMER: "customer 客户 用户 顾客 caller client user 来电人 消费者 机主 来电者 来电客户 呼入客户 主叫 external enduser",
    Role.UNKNOWN: "unknown 未知",
}
_ROLE_OF = {name: role for role, names in _NAMES.items() for name in names.split()}
_MACHINES = frozenset(
    "ivr 系统 语音播报 系统播报 播报 自动语音 语音提示 提示音 语音导航 机器人 智能机器人 语音机器人 机器人客服 智能客服 system"
    " announcement prompt robot bot voicebot".split()
)
_JOINTS = re.compile(r"[\s_\-]+")
_NUMBER = re.compile(r"[\s_#（(]*[0-9]{1,6}[）)]?$")

# possessive quantifiers: a line of a thousand spaces takes no longer than any other
_NAME = r"(?P<name>[^\s:：@\]】>)）]{1,20}+)"
_TIMES = r"(?:@(?P<start>[\d.]++)-(?P<end>[\d.]++))?+"
_TEXT = r"(?:[:：](?P<text>.*))?"
_COLON = re.compile(rf"(?P<open>[\[【<(（])?+\s*+{_NAME}\s*+(?P<close>[\]】>)）])?+{_TIMES}\s*+{_TEXT}", re.DOTALL)
_BRACKETED = re.compile(r"[\[【(（]\s*+(?P<name>[^\]】)）]{1,20}?)\s*+[\]】)）]\s*+(?P<text>.+)", re.DOTALL)


@dataclass(frozen=True)
class ScriptLine:
    """One line. `text` None: none was given; times in seconds, None where none were given."""

    name: str
    text: str | None
    start: float | None = None
    end: float | None = None
    bracketed: bool = False

    @property
    def role(self) -> Role | None:
        """The role that the name stands for in any of the usual words; None for other names."""
        return role_named(self.name)


def role_named(name: str) -> Role | None:
    """Who goes by a name, in traditional characters and with a number behind it too; None where it is none of the usual.

    >>> role_named("坐席"), role_named("Caller"), role_named("客戶"), role_named("坐席1001"), role_named("张三")
    (<Role.AGENT: 'agent'>, <Role.CUSTOMER: 'customer'>, <Role.CUSTOMER: 'customer'>, <Role.AGENT: 'agent'>, None)
    """
    return _ROLE_OF.get(_plain(name))


def machine_named(name: str) -> bool:
    """Whether a name is that of a machine that makes announcements: nobody's speech.

    >>> machine_named("IVR"), machine_named("系统播报"), machine_named("坐席")
    (True, True, False)
    """
    return _plain(name) in _MACHINES


@lru_cache(maxsize=1024)
def _plain(name: str) -> str:
    """A name in small simplified letters, without spaces and without the number behind it."""
    bare = _JOINTS.sub("", name.strip().lower())
    if bare in _ROLE_OF or bare in _MACHINES:
        return bare
    return to_simplified(_NUMBER.sub("", bare))


def read_line(line: str) -> ScriptLine | None:
    """A line of a dialogue; None when it is none. Whether the name is one that is expected is for the caller to see.

    >>> read_line("坐席@1.5-3： 您好")
    ScriptLine(name='坐席', text='您好', start=1.5, end=3.0, bracketed=False)
    >>> read_line("[agent] 您好").name, read_line("agent").text, read_line("好的 再见")
    ('agent', None, None)
    """
    line = line.strip()
    match = _COLON.fullmatch(line)
    if match is None:
        return _bracketed(line)
    start = end = None
    if match["start"]:
        try:
            start, end = float(match["start"]), float(match["end"])
        except ValueError:  # 1.2.3
            return None
    text = None if match["text"] is None else match["text"].strip()
    return ScriptLine(match["name"], text, start, end, bracketed=bool(match["open"] or match["close"]))


def _bracketed(line: str) -> ScriptLine | None:
    """``[agent] 您好``."""
    match = _BRACKETED.fullmatch(line)
    if match is None:
        return None
    return ScriptLine(match["name"], match["text"].strip(), bracketed=True)


def example_line(line: str) -> ScriptLine | None:
    """A line of a scorecard's test: agent, customer or unknown, with text or times or both; None for anything else."""
    read = read_line(line)
    if read is None or read.bracketed or read.name not in list(Role):
        return None
    if read.start is None or read.end is None:
        fits = read.text is not None
    else:
        fits = 0 <= read.start < read.end < LONGEST_S
    return read if fits else None


def line_problem(line: str) -> str:
    """What is wrong with a line of a scorecard's test, or "".

    >>> line_problem("agnet: 您好"), line_problem("agent@1-2: 您好")
    ("expected 'agent: 您好' or 'customer@1.5-3: 您好', got 'agnet: 您好'", '')
    """
    if example_line(line) is not None:
        return ""
    return problem("expected 'agent: 您好' or 'customer@1.5-3: 您好', got {line!r}", line=line[:60])


def spread(units: Sequence[str], start: float, end: float, probability: float = 1.0) -> tuple[Word, ...]:
    """Words spread evenly between two times (s), each with the same `probability` (0–1).

    >>> [(word.text, word.start, word.end) for word in spread("您好", 1.0, 2.0)]
    [('您', 1.0, 1.5), ('好', 1.5, 2.0)]
    """
    step = (end - start) / max(1, len(units))
    words = []
    for index, unit in enumerate(units):
        first = start + index * step
        words.append(Word(unit, first, min(end, start + (index + 1) * step), probability))
    return tuple(words)
