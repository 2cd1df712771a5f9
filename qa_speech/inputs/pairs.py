"""Which two files are the two sides of one call, told by how their names end.

q-1509-20260330-in.wav   q-1509-20260330-out.wav → one call, q-1509-20260330.wav
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from qa_speech.errors import ConfigError, problem

AUTO = "auto"
"""In place of two endings: all those of `ENDINGS`."""
ENDINGS: tuple[tuple[str, str], ...] = (
    ("in", "out"), ("agent", "customer"), ("agent", "client"), ("agent", "caller"), ("operator", "client"), ("callee", "caller"),
    ("tx", "rx"), ("a", "b"), ("l", "r"), ("left", "right"), ("ch0", "ch1"), ("ch1", "ch2"), ("local", "remote"), ("坐席", "客户"),
    ("座席", "客户"), ("客服", "客户"), ("坐席", "用户"), ("座席", "用户"), ("客服", "用户"), ("被叫", "主叫"), ("左", "右"),
    ("左声道", "右声道"),
)  # fmt: skip
"""How the agent's file and the customer's end, as recorders name them: Asterisk's queues record on the agent's line, in = what
comes in from there. Others may mean the opposite: words correct what was taken for the wrong side."""
NAMED = frozenset(("agent", "operator", "坐席", "座席", "客服"))
"""Endings that say themselves whose side it is."""
_SIDE = re.compile(r"(?P<call>.*?)[-_. ]+(?P<side>[^-_. ]+)")
_CHINESE_SIDE = re.compile(r"(?P<call>.+?)(?P<side>坐席|座席|客服|客户|用户|主叫|被叫|左声道|右声道)")


class Pair(NamedTuple):
    """Two names of one call, the name of the call, and whether it is told which of them is the agent's."""

    agent: str
    customer: str
    call: str
    told: bool = False

    @property
    def ends(self) -> tuple[str, str]:
        """How the two names end, without what may tell whose call it is.

        >>> Pair("q-1-in.wav", "q-1-out.wav", "q-1.wav").ends
        ('-in', '-out')
        """
        call = os.path.splitext(self.call)[0]
        agent, customer = (os.path.splitext(name)[0] for name in (self.agent, self.customer))
        return agent[len(call) :], customer[len(call) :]


def parse_pairs(text: str) -> tuple[tuple[str, str], ...]:
    """``out,in`` = the agent's file ends so, the customer's so; ``auto`` = whatever recorders usually write; "" = none.

    Raises
    ------
    ConfigError
        It is neither.

    Examples
    --------
    >>> parse_pairs("-OUT,-in"), len(parse_pairs("auto")) > 5, parse_pairs("")
    ((('out', 'in'),), True, ())
    """
    if not text:
        return ()
    if text == AUTO:
        return ENDINGS
    sides = [side.strip().strip("-_. ").lower() for side in text.split(",")]
    if len(sides) != 2 or not all(sides) or sides[0] == sides[1]:
        raise ConfigError(
            "pairs",
            [problem("{text!r}; expected the agent's ending and the customer's, e.g. out,in, or auto", text=text)],
        )
    agent, customer = sides
    return ((agent, customer),)


def pairs_in(names: Iterable[str], endings: Sequence[tuple[str, str]] = ENDINGS) -> list[Pair]:
    """The pairs among file names (or paths) of one folder and below; a name belongs to one pair at most.

    >>> pairs_in(["1/q-out.wav", "1/q-in.wav", "1/z.wav", "2/q-in.wav"])
    [Pair(agent='1/q-in.wav', customer='1/q-out.wav', call='1/q.wav', told=False)]
    """
    sides: dict[tuple[str, str], str] = {}
    for name in names:
        call, side = _divided(name)
        if side:
            sides.setdefault((call, side), name)
    found: list[Pair] = []
    taken: set[str] = set()
    is_given = endings is not ENDINGS
    for call, side in sides:
        for agent_end, customer_end in endings:
            agent, customer = sides.get((call, agent_end)), sides.get((call, customer_end))
            is_free = agent is not None and customer is not None and not {agent, customer} & taken
            if side == agent_end and is_free:
                found.append(Pair(str(agent), str(customer), call, is_given or side in NAMED))
                taken |= {str(agent), str(customer)}
    return found


def _divided(name: str) -> tuple[str, str]:
    """The name of the call and the side, in lower case; "" where the name tells none."""
    stem, suffix = os.path.splitext(name)
    folder, base = os.path.split(stem)
    match = _SIDE.fullmatch(base) or _CHINESE_SIDE.fullmatch(base)
    if match is None or not match["call"]:
        return name, ""
    call = match["call"].rstrip("-_. ") or match["call"]
    return os.path.join(folder, call) + suffix, match["side"].lower()
