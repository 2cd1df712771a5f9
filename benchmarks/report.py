"""The service-quality report: speed on a large month, what it finds of what was planted, what it finds where nothing is.

    python benchmarks/report.py [--quick] [speed] [planted] [clean] [overdispersed]      parts

speed           100,000 calls of a month with call records, survey and records of problems of that month and the one before: all
                three forms, in a process of its own; every cell of the three compared
planted         20 months with five things planted: how many of the five are among the first ten findings, each with a measure
clean           100 months in which nothing happens: findings in all
overdispersed   100 months in which agents differ as people do (logit, standard deviation 0.4) and nothing else happens: findings in
                all; beside it the share of agents that a naive funnel of pass rates (99.8 %, exact binomial) calls outside

Development used seeds from 1000; reported are seeds from 1 (planted 1–20, clean 101–200, over-dispersed 201–300).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from _common import ROOT, Figure, Options, figure, run_parts  # noqa: E402
from _made_columns import columns_of  # noqa: E402
from _made_month import BAD_AGENT, BAD_HOUR, FALLING, MOVED_TEAM, PERIOD, Plan  # noqa: E402

from qa_speech.service.columns import AGENT, NOW  # noqa: E402
from qa_speech.service.figures import by_unit  # noqa: E402
from qa_speech.service.report import Report, report_of  # noqa: E402
from qa_speech.service.rules import load_rules  # noqa: E402
from qa_speech.stats.funnel import binomial_limits  # noqa: E402

MONTHS, PLANTED_MONTHS, QUICK = 100, 20, 4
FIRST_PLANTED, FIRST_CLEAN, FIRST_SPREAD = 1, 101, 201
SPREAD, PLANTED_SPREAD = 0.4, 0.15
CALLS, AGENTS = 100_000, 1000
TOP = 10
PLANTED = (
    ("agent", f"坐席 {BAD_AGENT}", ""),
    ("hour", f"{BAD_HOUR} 点时段", ""),
    ("other", "服务类：其它", ""),
    ("change", "全体", f"criterion:{FALLING}"),
    ("move", MOVED_TEAM, ""),
)


def planted(options: Options) -> Iterator[Figure]:
    """Of the five things planted in a month, how many are among the first findings with a measure: the worst month, and all."""
    months = QUICK if options.quick else PLANTED_MONTHS
    found: list[int] = []
    for seed in range(FIRST_PLANTED, FIRST_PLANTED + months):
        made = report_of(columns_of(Plan(seed, planted=True, spread=PLANTED_SPREAD)), load_rules())
        found.append(sum(_is_found(made, *wanted) for wanted in PLANTED))
    against = f"of 5 in each of {months} months, agents' spread {PLANTED_SPREAD:g}; the fewest in a month"
    yield figure("planted_found", float(min(found)), "of 5", months, f"{against}; target >= 5")
    yield figure("planted_found_mean", float(np.mean(found)), "of 5", months, "the mean over these months")


def _is_found(made: Report, kind: str, subject: str, name: str) -> bool:
    for place, one in enumerate(made.findings[:TOP], start=1):
        same = one.kind == kind and one.subject == subject and (not name or one.figure == name)
        if same and any(measure.finding == place for measure in made.measures):
            return True
    return False


def clean(options: Options) -> Iterator[Figure]:
    """Findings in months in which nothing happens."""
    months = QUICK if options.quick else MONTHS
    found = 0
    for seed in range(FIRST_CLEAN, FIRST_CLEAN + months):
        found += len(report_of(columns_of(Plan(seed)), load_rules()).findings)
    yield figure("false_findings", float(found), "findings", months, f"in {months} clean months; target <= 10")


def overdispersed(options: Options) -> Iterator[Figure]:
    """Findings in months in which agents differ as people do, and what a naive funnel calls outside."""
    months = QUICK if options.quick else MONTHS
    found = outside = agents = 0
    for seed in range(FIRST_SPREAD, FIRST_SPREAD + months):
        month = columns_of(Plan(seed, spread=SPREAD))
        made = report_of(month, load_rules())
        found += len(made.findings)
        flagged, size = _naive(month)
        outside, agents = outside + flagged, agents + size
    against = f"in {months} months, agents' logit sd {SPREAD:g}"
    yield figure("false_findings_overdispersed", float(found), "findings", months, f"{against}; target <= 10")
    yield figure("naive_funnel_flags", 100 * outside / agents, "% of agents", agents, f"{against}; target > 10")


def _naive(month) -> tuple[int, int]:  # type: ignore[no-untyped-def]
    """Agents outside an exact binomial funnel of pass rates that allows for chance alone, and how many there are."""
    from qa_speech.service.catalogue import figures_of

    sums = by_unit(figures_of(month, load_rules())["passed"], AGENT, NOW)
    centre = float(sums.numerators.sum() / sums.denominators.sum())
    limits = binomial_limits(centre, sums.denominators, 0.998)
    share = sums.numerators / sums.denominators
    return int(((share < limits.low) | (share > limits.high)).sum()), len(share)


# -- speed


def speed(options: Options) -> Iterator[Figure]:
    """The whole command on a large month, and every cell of the three forms."""
    calls, agents = (5_000, 100) if options.quick else (CALLS, AGENTS)
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        _make(place / "month", calls, agents)
        seconds, spent, peak = _timed(place)
        against = f"{calls:,} calls, {agents:,} agents, call records, survey, tickets; html, docx, xlsx"
        yield figure("report_100k_s", seconds, "s", calls, f"{against}; target <= 60")
        yield figure("report_100k_cpu_s", spent, "s", calls, f"processor time of all cores; {against}")
        yield figure("peak_mib", peak, "MiB", calls, f"resident, the whole process; {against}; target <= 1024")
        size = (place / "out" / "report.html").stat().st_size
        yield figure("html_bytes", float(size), "bytes", calls, "target <= 5000000")
        compared, differ = _cells(place / "out")
        yield figure("cells_differ", float(differ), "cells", compared, "page against Word and workbook; target <= 0")


def _make(place: Path, calls: int, agents: int) -> None:
    """Both months as files."""
    program = (
        "import sys; sys.path[:0] = [sys.argv[1], sys.argv[2]]\n"
        "from pathlib import Path; import make_month; from _made_month import Plan\n"
        "make_month.write(Path(sys.argv[3]), Plan(7, calls=int(sys.argv[4]), agents=int(sys.argv[5]),"
        " tickets=int(sys.argv[4]) // 20, spread=0.15, planted=True), before=False)\n"
    )
    command = [
        sys.executable,
        "-c",
        program,
        str(ROOT / "training" / "month"),
        str(HERE),
        str(place),
        str(calls),
        str(agents),
    ]
    subprocess.run(command, check=True)


def _timed(place: Path) -> tuple[float, float, float]:
    """Wall time, processor time and peak memory of the command."""
    month = place / "month"
    lists = [word for name in ("cdr", "survey", "tickets") for word in (f"--{name}", str(month / f"{name}.csv"))]
    program = (
        "import resource, runpy, sys\n"
        "sys.argv = sys.argv[1:]\n"
        "try:\n    runpy.run_module('qa_speech', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program, "qa-speech", "report", str(month / "run"), "--period", PERIOD, *lists]
    command += ["--org", str(month / "org.xlsx"), "--out", str(place / "out")]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - start
    spent, peak = done.stderr.splitlines()[-1].split()
    return seconds, float(spent), float(peak)


def _cells(place: Path) -> tuple[int, int]:
    """Cells of all tables: how many there are, and how many differ between the page and another form."""
    from _report_cells import of_page, of_word, of_workbook

    page, word, book = (
        of_page(place / "report.html"),
        of_word(place / "report.docx"),
        of_workbook(place / "report.xlsx"),
    )
    whole = [cell for table in page for row in table for cell in row]
    differ = 0
    for other in (word, book):
        cells = [cell for table in other for row in table for cell in row]
        differ += abs(len(cells) - len(whole)) + sum(one != two for one, two in zip(whole, cells, strict=False))
    return len(whole), differ


if __name__ == "__main__":
    run_parts({"speed": speed, "planted": planted, "clean": clean, "overdispersed": overdispersed})
