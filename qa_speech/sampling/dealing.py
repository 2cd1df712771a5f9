"""Work dealt out among inspectors by their shares; and the chance behind every draw, which seed and names alone decide."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from qa_speech.sampling.plan import Inspector


def luck(seed: int, *parts: str) -> float:
    """A number in 0–1 that seed and parts alone decide.

    >>> luck(1, "a") == luck(1, "a"), 0 <= luck(1, "a") < 1, luck(1, "a") == luck(2, "a")
    (True, True, False)
    """
    text = "\x1f".join([str(seed), *parts])
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    first_bits = int.from_bytes(digest[:6], "big")
    return first_bits / 2**48


def dealt(calls: Iterable[str], inspectors: Sequence[Inspector], teams: Mapping[str, str], seed: int) -> dict[str, str]:
    """Who hears which call: by share, nobody a call of his own team, nobody more than his most. Calls that nobody may hear, or
    has room for, are not in it.

    >>> people = [Inspector(name="甲", team="A"), Inspector(name="乙", team="B")]
    >>> dealt(["a", "b"], people, {"a": "A", "b": "B"}, 1)
    {'a': '乙', 'b': '甲'}
    """
    desk = _Desk(inspectors, teams, seed)
    for call in sorted(calls, key=lambda one: (desk.choices(one), luck(seed, "assign", one))):
        desk.give(call)
    return dict(sorted(desk.given.items()))


class _Desk:
    """Deals calls out; `given` says who hears which. Calls that few may hear are best dealt first."""

    def __init__(self, inspectors: Sequence[Inspector], teams: Mapping[str, str], seed: int) -> None:
        self.inspectors = inspectors
        self.teams = teams
        self.seed = seed
        self.given: dict[str, str] = {}
        self.held: dict[str, dict[str, list[str]]] = {person.name: {} for person in inspectors}
        """Calls of each inspector by their team."""
        self.load = {person.name: 0 for person in inspectors}
        self.stuck: set[str] = set()
        """Teams whose next call nobody has room for; no later call makes any."""

    def choices(self, call: str) -> int:
        """How many inspectors may hear a call."""
        team = self._team(call)
        return sum(_may_hear(person, team) for person in self.inspectors)

    def give(self, call: str) -> None:
        """To the one who has least of his share; where all who may hear it are full, somebody hands a call on."""
        team = self._team(call)
        free = [person for person in self.inspectors if _may_hear(person, team) and self._has_room(person)]
        if free:
            least = min(free, key=lambda one: self._load_with_one_more(one, call))
            self._take(least.name, call)
        elif team not in self.stuck and not self._hand_on(call):
            self.stuck.add(team)

    def _team(self, call: str) -> str:
        return self.teams.get(call, "")

    def _has_room(self, person: Inspector) -> bool:
        return person.most is None or self.load[person.name] < person.most

    def _load_with_one_more(self, person: Inspector, call: str) -> tuple[float, float]:
        """His part of the work by his share; chance decides among equals."""
        calls = self.load[person.name] + 1
        return calls / person.share, luck(self.seed, person.name, call)

    def _take(self, name: str, call: str) -> None:
        self.given[call] = name
        self.held[name].setdefault(self._team(call), []).append(call)
        self.load[name] += 1

    def _hand_on(self, call: str) -> bool:
        """Find the shortest way to make room: A hands a call to B, who hands one to C, who has room. False = there is none.

        An augmenting path of bipartite matching (Berge 1957), breadth first over inspectors.
        """
        came_from: dict[str, tuple[str, str]] = {}
        waiting: list[Inspector] = []
        for person in self.inspectors:
            if _may_hear(person, self._team(call)):
                came_from[person.name] = ("", call)
                waiting.append(person)
        for giver in waiting:  # grows while it is walked
            for person in self.inspectors:
                handed = self._one_for(giver, person)
                if person.name in came_from or handed is None:
                    continue
                came_from[person.name] = (giver.name, handed)
                if self._has_room(person):
                    self._move_along(person.name, came_from)
                    return True
                waiting.append(person)
        return False

    def _one_for(self, giver: Inspector, taker: Inspector) -> str | None:
        """A call of one inspector that another may hear."""
        for team, calls in self.held[giver.name].items():
            if calls and _may_hear(taker, team):
                return calls[-1]
        return None

    def _move_along(self, last: str, came_from: Mapping[str, tuple[str, str]]) -> None:
        name = last
        while name:
            giver, call = came_from[name]
            if giver:
                self.held[giver][self._team(call)].remove(call)
                self.load[giver] -= 1
            self._take(name, call)
            name = giver


def _may_hear(person: Inspector, team: str) -> bool:
    """Nobody hears a call of his own team; what team an unnamed one is, nobody knows."""
    return not team or person.team != team
