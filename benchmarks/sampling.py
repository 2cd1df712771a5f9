"""Whether intervals of samples cover: simulated months with known truth, small samples, rare fatal faults, poor machines.

    python benchmarks/sampling.py [--quick] [cells] [agents] [stop]     parts; cells is resumable

cells    one frame of 2,000 calls; n × share of fatal calls × agreement of the machine, plain and weighted by risk, with and
         without the machine: coverage and width of nominal 95 % intervals, beside the naive t interval and ppi_py's mean
         interval (`pip install ppi-python`, in an environment of its own) on the same draws
agents   40 agents, four marks each: coverage, width against the exact interval, and an agent whose faults the machine cannot see
stop     the rule that stops when the mean is known to ±5: how often it stops with a wrong interval

Every cell is kept in results/sampling-cells.tsv as soon as it is done; a run that is killed goes on there. Remove the file to
begin anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import product
from math import sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _common import Figure, Options, figure, run_parts  # noqa: E402
from _sampled import AGENTS, CALLS, CALLS_EACH, Month, month  # noqa: E402

from qa_speech.sampling.estimates import SCORE, GroupFrame, enough  # noqa: E402
from qa_speech.stats.groups import Marked, group_means  # noqa: E402
from qa_speech.stats.intervals import bounded_mean  # noqa: E402
from qa_speech.stats.survey import Estimate, chances, corrected, drawn, whole_mean  # noqa: E402

CELLS = HERE / "results" / "sampling-cells.tsv"
SIZES = (4, 10, 30, 100, 400)
FATAL = (0.01, 0.03, 0.1, 0.3)
AGREEMENT = (0.5, 0.7, 0.9, 0.97)
REPETITIONS, QUICK = 2000, 60
WAYS = ("people", "people, weighted", "machine", "machine, weighted", "naive t", "ppi_py")
RISKY = 60.0
"""Calls below this machine score are three times as likely to be drawn."""
HEAD = "n\tfatal\tagreement\tway\trepetitions\tcoverage\twidth\tbias"


class Cell(NamedTuple):
    """What one way came to in one cell; `bias` in points."""

    n: int
    fatal: float
    agreement: float
    way: str
    repetitions: int
    coverage: float
    width: float
    bias: float

    def line(self) -> str:
        """As it is kept."""
        parts = (self.n, f"{self.fatal:g}", f"{self.agreement:g}", self.way, self.repetitions)
        figures = (f"{self.coverage:.4f}", f"{self.width:.2f}", f"{self.bias:.3f}")
        return "\t".join(str(part) for part in (*parts, *figures))


def seed_of(*parts: int) -> np.random.Generator:
    """Chance of the report. Development used seeds from 1000, and 0: what it showed led to two changes."""
    return np.random.default_rng([2, *parts])


# -- cells


def cells(options: Options) -> Iterator[Figure]:
    """All cells, then their worst figures."""
    repetitions = QUICK if options.quick else REPETITIONS
    known = {} if options.quick else kept()
    found: list[Cell] = []
    for place in product(range(len(SIZES)), range(len(FATAL)), range(len(AGREEMENT))):
        n, fatal, agreement = SIZES[place[0]], FATAL[place[1]], AGREEMENT[place[2]]
        done = known.get((n, fatal, agreement))
        if done is None:
            done = cell(n, fatal, agreement, repetitions, seed_of(*place))
            if not options.quick:
                keep(done)
        found += done
    yield from _worst(found)


def cell(n: int, fatal: float, agreement: float, repetitions: int, draw: np.random.Generator) -> list[Cell]:
    """Coverage, width and bias of every way."""
    covered = dict.fromkeys(WAYS, 0)
    width = dict.fromkeys(WAYS, 0.0)
    error = dict.fromkeys(WAYS, 0.0)
    tried = dict.fromkeys(WAYS, 0)
    for _ in range(repetitions):
        made = month(draw, 1, CALLS, fatal, agreement)
        truth = float(made.people.mean())
        for way, found in estimates(made, n, draw):
            tried[way] += 1
            covered[way] += found.low - 1e-9 <= truth <= found.high + 1e-9
            width[way] += found.high - found.low
            error[way] += found.value - truth
    return [
        Cell(
            n,
            fatal,
            agreement,
            way,
            tried[way],
            covered[way] / tried[way],
            width[way] / tried[way],
            error[way] / tried[way],
        )
        for way in WAYS
        if tried[way]
    ]


def estimates(made: Month, n: int, draw: np.random.Generator) -> Iterator[tuple[str, Estimate]]:
    """Every way's estimate from one plain and one weighted draw."""
    people, machine = made.people[0], made.machine[0]
    plain = draw.choice(CALLS, n, replace=False)
    equal = np.full(n, n / CALLS)
    chance = chances(np.where(machine < RISKY, 3.0, 1.0), n, floor=0.5)
    weighted = draw.permutation(drawn(chance, float(draw.random()), list(draw.permutation(CALLS))))
    whole = float(machine.mean())
    least = np.full(n, chance.min())
    for suffix, taken, its, other in (("", plain, equal, equal), (", weighted", weighted, chance[weighted], least)):
        alone = whole_mean(people[taken], its, CALLS, low=0, high=100, usual=100, least=other)
        residuals = whole_mean(people[taken] - machine[taken], its, CALLS, low=-100, high=100, usual=0, least=other)
        assert alone is not None
        assert residuals is not None
        yield f"people{suffix}", alone
        yield f"machine{suffix}", corrected(whole, residuals, low=0, high=100)
    yield "naive t", naive_t(people[plain])
    rest = np.setdiff1d(np.arange(CALLS), plain)
    rival = ppi(people[plain], machine[plain], machine[rest])
    if rival is not None:
        yield "ppi_py", rival


def naive_t(values: np.ndarray) -> Estimate:
    """Mean ± t × s / √n, as spreadsheets do it."""
    from scipy.stats import t

    mean, n = float(values.mean()), len(values)
    half = float(t.ppf(0.975, n - 1)) * float(values.std(ddof=1)) / sqrt(n)
    return Estimate(mean, mean - half, mean + half, n, "t")


def ppi(people: np.ndarray, machine: np.ndarray, rest: np.ndarray) -> Estimate | None:
    """ppi_py's interval; None where it is not installed."""
    try:
        from ppi_py import ppi_mean_ci, ppi_mean_pointestimate
    except ImportError:
        return None
    low, high = ppi_mean_ci(people, machine, rest, alpha=0.05)
    value = ppi_mean_pointestimate(people, machine, rest)
    return Estimate(float(np.ravel(value)[0]), float(np.ravel(low)[0]), float(np.ravel(high)[0]), len(people), "ppi")


def kept() -> dict[tuple[int, float, float], list[Cell]]:
    """Cells of an earlier run."""
    found: dict[tuple[int, float, float], list[Cell]] = {}
    if not CELLS.is_file():
        return found
    for line in CELLS.read_text(encoding="utf-8").splitlines()[1:]:
        n, fatal, agreement, way, repetitions, coverage, width, bias = line.split("\t")
        one = Cell(
            int(n), float(fatal), float(agreement), way, int(repetitions), float(coverage), float(width), float(bias)
        )
        found.setdefault((one.n, one.fatal, one.agreement), []).append(one)
    return found


def keep(done: list[Cell]) -> None:
    """Add a cell to the file."""
    CELLS.parent.mkdir(exist_ok=True)
    with CELLS.open("a", encoding="utf-8") as file:
        if not file.tell():
            file.write(HEAD + "\n")
        file.write("".join(one.line() + "\n" for one in done))


def _worst(found: list[Cell]) -> Iterator[Figure]:
    ours = [one for one in found if one.way in WAYS[:4]]
    small = [one for one in ours if one.n < 200]
    large = [one for one in ours if one.n >= 200]
    common = [one for one in large if one.fatal >= 0.1]
    weighted = [one for one in large if one.way.endswith("weighted")]
    yield _least("coverage_min_small_n", small, "n < 200; target ≥ 0.93")
    yield _least("coverage_min_large_n", large, "n = 400; target ≥ 0.93")
    yield _least("coverage_weighted_200", weighted, "n = 400, drawn by risk; target ≥ 0.93")
    most = max(common, key=lambda one: one.coverage)
    yield figure(
        "coverage_max_large_n",
        most.coverage,
        "share",
        most.repetitions,
        f"n = 400, fatal ≥ 0.1; {_where(most)}; target ≤ 0.97",
    )
    yield _least("coverage_naive_min", [one for one in found if one.way == "naive t"], "mean ± t s/√n, the same draws")
    rival = [one for one in found if one.way == "ppi_py"]
    if rival:
        yield _least("coverage_ppi_min", rival, "ppi_py.ppi_mean_ci, the same draws")
    else:
        yield figure("coverage_ppi_min", None, "share", 0, "ppi_py is not installed")
    biased = max((one for one in ours if one.way.endswith("weighted")), key=lambda one: abs(one.bias))
    yield figure(
        "bias_weighted",
        biased.bias,
        "points",
        biased.repetitions,
        f"the largest of all weighted cells; {_where(biased)}",
    )
    for n in SIZES:
        mine = [one for one in ours if one.n == n and one.way == "machine" and one.agreement >= 0.9]
        width = sum(one.width for one in mine) / len(mine)
        yield figure(
            f"width_{n}", width, "points", len(mine), "machine corrected, agreement ≥ 0.9, mean over the cells"
        )


def _least(name: str, cells: list[Cell], against: str) -> Figure:
    worst = min(cells, key=lambda one: one.coverage)
    return figure(
        name, worst.coverage, "share", worst.repetitions, f"{against}; {_where(worst)}, width {worst.width:.1f}"
    )


def _where(one: Cell) -> str:
    return f"{one.way}, n {one.n}, fatal {one.fatal:g}, agreement {one.agreement:g}"


# -- agents


class Agents(NamedTuple):
    """Sums over repetitions of the agents' part."""

    covered: list[bool]
    width: list[float]
    exact: list[float]
    planted: dict[float, list[bool]]


def agents(options: Options) -> Iterator[Figure]:
    """Four marks each, the machine that of the middle cell and its neighbours."""
    repetitions = 4 if options.quick else REPETITIONS
    worst: list[tuple[float, int, str]] = []
    for place, (fatal, agreement) in enumerate(((0.03, 0.9), (0.03, 0.97), (0.1, 0.9), (0.01, 0.97), (0.03, 0.7))):
        found = agents_of(fatal, agreement, repetitions, seed_of(100 + place))
        where = f"fatal {fatal:g}, agreement {agreement:g}, {AGENTS} agents of {CALLS_EACH} calls, 4 marks each"
        name = f"{fatal:g}_{agreement:g}"
        covered, width = float(np.mean(found.covered)), float(np.mean(found.width))
        yield figure(
            f"agent_coverage_{name}", covered, "share", len(found.covered), f"mean over agents; target ≥ 0.93; {where}"
        )
        ratio = width / float(np.mean(found.exact))
        yield figure(
            f"agent_width_over_exact_{name}",
            ratio,
            "ratio",
            len(found.width),
            f"width {width:.1f} points; target ≤ 0.35; {where}",
        )
        for share, hits in found.planted.items():
            held = float(np.mean(hits))
            worst.append((held, len(hits), f"fault in {share:.0%} of his calls, {where}"))
            yield figure(
                f"planted_{share:g}_{name}", held, "share", len(hits), f"−40 points unseen; target ≥ 0.90; {where}"
            )
    held, n, where = min(worst[:2])
    yield figure("worst_agent_coverage", held, "share", n, f"the middle cell; target ≥ 0.90; {where}")
    held, n, where = min(worst)
    yield figure("worst_agent_coverage_all", held, "share", n, f"all cells; {where}")


def agents_of(fatal: float, agreement: float, repetitions: int, draw: np.random.Generator) -> Agents:
    """One cell: an ordinary month, and one with each planted agent."""
    found = Agents([], [], [], {0.3: [], 0.5: []})
    for _ in range(repetitions):
        for planted in (0.0, 0.3, 0.5):
            made = month(draw, AGENTS, CALLS_EACH, fatal, agreement, planted)
            marked = [_marked(made, agent, draw) for agent in range(AGENTS)]
            truth = made.people.mean(axis=1)
            hits = [
                one.low - 1e-9 <= true <= one.high + 1e-9 for one, true in zip(group_means(marked), truth, strict=True)
            ]
            if planted:
                found.planted[planted].append(hits[0])
                continue
            found.covered.extend(hits)
            found.width.extend(one.width for one in group_means(marked))
            if len(found.exact) < 2000:
                found.exact.extend(_exact(one) for one in marked)
    return found


def _marked(made: Month, agent: int, draw: np.random.Generator) -> Marked:
    taken = draw.choice(CALLS_EACH, 4, replace=False)
    people = tuple(float(value) for value in made.people[agent][taken])
    machine = tuple(float(value) for value in made.machine[agent][taken])
    return Marked(str(agent), float(made.machine[agent].mean()), CALLS_EACH, people, machine)


def _exact(one: Marked) -> float:
    found = bounded_mean(one.people, high=100, population=one.calls)
    assert found is not None
    return found.width


# -- the stop rule


def stop(options: Options) -> Iterator[Figure]:
    """Looked at after every tenth call: how often it stops with an interval that does not hold the truth."""
    repetitions = 20 if options.quick else 1000
    wrong = stopped = heard = 0
    draw = seed_of(200)
    for _ in range(repetitions):
        made = month(draw, 1, CALLS, 0.1, 0.9)
        people, machine = made.people[0], made.machine[0]
        order = draw.permutation(CALLS)
        frame = GroupFrame(CALLS, float(machine.mean()))
        for count in range(10, 801, 10):
            taken = order[:count]
            found = enough(SCORE, list(people[taken]), list(machine[taken]), frame, within=5.0)
            assert found is not None
            if found.enough:
                stopped += 1
                heard += count
                wrong += not found.estimate.low <= people.mean() <= found.estimate.high
                break
    yield figure(
        "false_stops",
        wrong / max(1, stopped),
        "share",
        stopped,
        f"±5 points; target ≤ 0.05; {heard / max(1, stopped):.0f} calls heard on average",
    )


if __name__ == "__main__":
    run_parts({"cells": cells, "agents": agents, "stop": stop})
