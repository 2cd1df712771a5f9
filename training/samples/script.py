"""How a sample call is written down: who says what, when, and which faults are planted.

A call is a list of steps.  `agent` and `customer` are turns, placed `gap` seconds after the turn before them; a
negative gap makes them start before it has ended.  A `Murmur` is a backchannel under the turn before it, placed
when that turn has said a given word.  A `Hold` is a wait with or without music.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Call", "Hold", "Layout", "Line", "Murmur", "Role", "Step", "Voice", "agent", "customer"]

Role = Literal["agent", "customer"]

Layout = Literal["two_channel", "swapped", "fake_stereo", "mono"]
"""Agent left and customer right; the other way round; the same mixture on both channels; one channel."""


@dataclass(frozen=True)
class Line:
    """One turn.  `marks` names phrases in it that become events, as ``{kind: phrase}``."""

    role: Role
    text: str
    gap: float = 0.5
    speed: int | None = None
    marks: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Murmur:
    """A backchannel of `role` that starts when the turn before has finished saying `after`."""

    role: Role
    text: str
    after: str


@dataclass(frozen=True)
class Hold:
    """A wait of `seconds` that the agent has announced."""

    seconds: float
    music: bool = True


Step = Line | Murmur | Hold


@dataclass(frozen=True)
class Voice:
    """An espeak-ng variant with its settings; `level` is the peak of the channel (1 = full scale)."""

    variant: str
    speed: int
    pitch: int = 50
    level: float = 0.45


@dataclass(frozen=True)
class Call:
    """One sample call.

    `suffix` chooses the format: Ogg is Opus, `codec` is that of WAV (GSM 6.10 has one channel only).
    `noise_db` is the line noise of both channels, `street_db` a street around the customer, `leak_db` how loud each
    party is heard in the other's channel; all in dB relative to full scale or, for the leak, to the party itself.
    """

    id: str
    title_zh: str
    title_en: str
    agent_id: str
    agent: Voice
    customer: Voice
    steps: tuple[Step, ...]
    suffix: Literal[".ogg", ".mp3", ".wav"] = ".ogg"
    codec: Literal["ALAW", "GSM610"] = "ALAW"
    layout: Layout = "two_channel"
    noise_db: float = -62.0
    street_db: float | None = None
    leak_db: float | None = None


def agent(text: str, gap: float = 0.5, speed: int | None = None, **marks: str) -> Line:
    """A turn of the agent."""
    return Line("agent", text, gap, speed, marks)


def customer(text: str, gap: float = 0.6, speed: int | None = None, **marks: str) -> Line:
    """A turn of the customer."""
    return Line("customer", text, gap, speed, marks)
