"""From the script of a call to its audio and the exact truth about it."""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import corpus
import numpy as np
import script
import speech
from numpy.typing import NDArray

__all__ = ["Event", "Scene", "Turn", "compose", "rate", "seed_of"]

SAMPLING_RATE = speech.SAMPLING_RATE
DEAD_AIR_S = 3.0
DELAY_S, MIN_OVERLAP_S, YIELD_S = 1.0, 0.5, 1.5
"""An interruption: the other has spoken this long, both speak this long, the other stops within this time."""
SLOWEST, FASTEST, MIN_CHARACTERS = 170, 320, 8
"""Characters a minute outside of which a turn of the agent is an event, if it is long enough to judge."""

MURMUR_LEVEL = 0.8
"""Backchannels are a little softer."""

Audio = NDArray[np.float32]


@dataclass(frozen=True)
class Turn:
    """What one party says, in seconds from the first sample of the recording."""

    role: str
    start: float
    end: float
    text: str
    kind: str
    chars: list[list[float]]


@dataclass(frozen=True)
class Event:
    """Something planted in the call."""

    kind: str
    role: str
    start: float
    end: float
    note: str


@dataclass
class Scene:
    """A call being put together: the audio of both roles, and the truth about it."""

    audio: dict[str, list[tuple[float, Audio]]] = field(default_factory=lambda: {"agent": [], "customer": []})
    turns: list[Turn] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    clock: float = 0.0

    def last_turn(self) -> Turn:
        """The last turn that is no backchannel."""
        return next(turn for turn in reversed(self.turns) if turn.kind == "speech")

    def add(self, role: str, text: str, kind: str, start: float, spoken: speech.Speech, level: float) -> Turn:
        """Place speech so that its first character starts at `start`."""
        offset = start - float(spoken.times[0, 0])
        chars = [[round(float(a) + offset, 3), round(float(b) + offset, 3)] for a, b in spoken.times]
        turn = Turn(role, chars[0][0], chars[-1][1], text, kind, chars)
        self.audio[role].append((offset, spoken.audio * level))
        self.turns.append(turn)
        return turn


def time_of(turn: Turn, phrase: str) -> tuple[float, float]:
    """Start and end of a phrase inside a turn."""
    spoken, wanted = corpus.without_punctuation(turn.text), corpus.without_punctuation(phrase)
    first = spoken.find(wanted)
    if first < 0:
        raise ValueError(f"{phrase!r} is not in {turn.text!r}")
    return turn.chars[first][0], turn.chars[first + len(wanted) - 1][1]


def compose(call: script.Call) -> Scene:
    """Speak every step of a call and note what happens when."""
    ctypes.CDLL(None).srand(seed_of(call))  # espeak-ng draws its small random variation from the C library
    scene = Scene()
    for step in call.steps:
        if isinstance(step, script.Line):
            add_line(scene, step, voice_of(call, step.role))
        elif isinstance(step, script.Murmur):
            add_murmur(scene, step, voice_of(call, step.role))
        else:
            add_hold(scene, step)
    scene.turns.sort(key=lambda turn: turn.start)
    scene.events += silences(scene)
    scene.events += odd_rates(scene)
    scene.events.sort(key=lambda event: event.start)
    return scene


def seed_of(call: script.Call) -> int:
    """The seed of a call, from its name."""
    return int(hashlib.sha256(call.id.encode()).hexdigest()[:7], 16)


def voice_of(call: script.Call, role: str) -> script.Voice:
    """The voice of a role."""
    return call.agent if role == "agent" else call.customer


def say(text: str, voice: script.Voice, speed: int | None = None) -> speech.Speech:
    """Speak a text, which must give the time of every character."""
    spoken = speech.speak(text, voice.variant, speed or voice.speed, voice.pitch)
    if spoken is None:
        raise ValueError(f"espeak-ng gives no time for every character of {text!r}")
    return spoken


def add_line(scene: Scene, line: script.Line, voice: script.Voice) -> None:
    """Place a turn `gap` seconds after the one before, with its marked phrases."""
    spoken = say(line.text, voice, line.speed)
    if line.gap < 0 and "interruption" not in line.marks:
        raise ValueError(f"starts inside another turn and is not marked as an interruption: {line.text!r}")
    turn = scene.add(line.role, line.text, "speech", scene.clock + line.gap, spoken, voice.level)
    for kind, note in line.marks.items():
        if kind == "interruption":
            scene.events.append(interruption(scene, turn, note))
        else:
            start, end = time_of(turn, note)
            scene.events.append(Event(kind, line.role, start, end, note))
    scene.clock = turn.end


def add_murmur(scene: Scene, murmur: script.Murmur, voice: script.Voice) -> None:
    """Place a backchannel under the turn before it."""
    host = scene.last_turn()
    _, start = time_of(host, murmur.after)
    text = murmur.text + "。"
    turn = scene.add(murmur.role, text, "backchannel", start, say(text, voice), voice.level * MURMUR_LEVEL)
    if turn.end > host.end:
        raise ValueError(f"the backchannel {murmur.text!r} outlasts {host.text!r}")
    scene.events.append(Event("backchannel", murmur.role, turn.start, turn.end, murmur.text))


def add_hold(scene: Scene, hold: script.Hold) -> None:
    """A wait: the line is silent, or plays music on the agent's channel."""
    start, end = scene.clock, scene.clock + hold.seconds
    scene.events.append(Event("hold", "agent", round(start, 3), round(end, 3), "announced"))
    if hold.music:
        scene.audio["agent"].append((start + 1.0, music(hold.seconds - 2.0)))
        scene.events.append(Event("hold_music", "agent", round(start + 1, 3), round(end - 1, 3), "synthetic chords"))
    scene.clock = end


def interruption(scene: Scene, turn: Turn, note: str) -> Event:
    """The event of a turn that cuts into the other party's; refuses one that is too mild to count."""
    other = max((t for t in scene.turns if t.role != turn.role and t.kind == "speech"), key=lambda t: t.start)
    spoken_before, together = turn.start - other.start, other.end - turn.start
    if spoken_before <= DELAY_S or not MIN_OVERLAP_S <= together <= YIELD_S or turn.end <= other.end:
        raise ValueError(f"no interruption: {spoken_before:.2f} s before, {together:.2f} s together: {turn.text!r}")
    return Event("interruption", turn.role, turn.start, other.end, note)


def silences(scene: Scene) -> Iterator[Event]:
    """Dead air (nobody speaks, no hold) and slow responses (the agent keeps the customer waiting)."""
    holds = [event for event in scene.events if event.kind == "hold"]
    turns = sorted(scene.turns, key=lambda turn: turn.start)
    spoken_until, last = turns[0].end, turns[0]
    for turn in turns[1:]:
        gap = turn.start - spoken_until
        held = any(hold.start < turn.start and spoken_until < hold.end for hold in holds)
        if gap >= DEAD_AIR_S and not held:
            yield Event("dead_air", turn.role, spoken_until, turn.start, f"{gap:.1f} s, not announced")
            if last.role == "customer" and turn.role == "agent":
                yield Event("slow_response", "agent", spoken_until, turn.start, f"{gap:.1f} s")
        if turn.end > spoken_until:
            spoken_until, last = turn.end, turn


def odd_rates(scene: Scene) -> Iterator[Event]:
    """Turns of the agent that are much too fast or much too slow."""
    for turn in scene.turns:
        if turn.role == "agent" and len(turn.chars) >= MIN_CHARACTERS:
            pace = rate([turn])
            if not SLOWEST <= pace <= FASTEST:
                kind = "slow_speech" if pace < SLOWEST else "fast_speech"
                yield Event(kind, "agent", turn.start, turn.end, f"{pace:.0f} characters a minute")


def rate(turns: Iterable[Turn]) -> float:
    """Characters per minute of the turns that are no backchannels, with the pauses inside them."""
    listed = [turn for turn in turns if turn.kind == "speech"]
    return 60 * sum(len(turn.chars) for turn in listed) / sum(turn.end - turn.start for turn in listed)


def music(seconds: float, level: float = 0.12) -> Audio:
    """Hold music: four soft chords in a row, each a second and a half."""
    chords = ((262, 330, 392), (220, 262, 330), (349, 440, 523), (392, 494, 587))
    length = int(1.5 * SAMPLING_RATE)
    time = np.arange(length) / SAMPLING_RATE
    envelope = np.minimum(time / 0.08, 1) * np.exp(-time / 1.2)
    bars = [
        sum(np.sin(2 * np.pi * note * k * time) / k**2 for note in chord for k in (1, 2, 3)) * envelope
        for chord in chords
    ]
    tune = np.tile(np.concatenate(bars), int(seconds / 6) + 1)[: int(seconds * SAMPLING_RATE)]
    fade = np.minimum(1, np.minimum(np.arange(len(tune)), np.arange(len(tune))[::-1]) / (0.3 * SAMPLING_RATE))
    return (tune / np.abs(tune).max() * fade * level).astype(np.float32)
