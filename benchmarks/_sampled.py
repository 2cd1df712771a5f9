"""Made-up months for `sampling.py`: what people would say of every call, what the machine says, and who took it.

Fixed before any estimator was tuned. Scores: 100 less a skewed loss (gamma, shape 1.5, scale 5), 0 for a fatal call. The
machine's verdict on fatal is that of people with probability `agreement`, else the opposite; its other points are off by
4 (standard deviation). Agents differ by 3. A planted agent loses 40 points in 30 or 50 % of his calls, which the machine
does not see. Development: seeds from 1000; reported: seeds from 2.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

CALLS = 2000
AGENTS, CALLS_EACH = 40, 200
PLANTED_POINTS = 40.0


class Month(NamedTuple):
    """Scores of all calls, 0–100, shape (agents, calls each)."""

    people: Array
    machine: Array


def month(
    draw: np.random.Generator, agents: int, each: int, fatal: float, agreement: float, planted: float = 0.0
) -> Month:
    """One month; `planted` = share of the first agent's calls that hold a fault the machine cannot see."""
    differ = draw.normal(0, 3, agents) if agents > 1 else np.zeros(1)
    base = np.clip(100 - draw.gamma(1.5, 5, (agents, each)) + differ[:, None], 0, 100)
    machine = np.clip(base + draw.normal(0, 4, (agents, each)), 0, 100)
    is_fatal = draw.random((agents, each)) < fatal
    same = draw.random((agents, each)) < agreement
    called_fatal = np.where(same, is_fatal, ~is_fatal)
    people = base.copy()
    faulty = draw.random(each) < planted
    people[0, faulty] = np.maximum(0, people[0, faulty] - PLANTED_POINTS)
    return Month(np.where(is_fatal, 0.0, people), np.where(called_fatal, 0.0, machine))
