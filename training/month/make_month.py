"""Make samples/month: a month of a hotline that does not exist, and the month before, with five things planted to be found.

    python training/month/make_month.py [FOLDER] [--clean] [--page]      default: samples/month

run, run-before      scored calls of November and October, as `qa-speech batch run` keeps them, without calls and without words
cdr.csv              call records of both months (UTF-8)      survey.csv      answers of the survey
tickets.csv          problems and complaints (GB18030)        org.xlsx        who belongs where, with the day on which a team moved
report.html          the report of it, which `qa-speech demo` shows; --page makes it alone again

What is planted, and by which chances everything else is made: benchmarks/_made_month.py. The same seed makes the same files.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import random
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from _made_month import (  # noqa: E402
    CITIES,
    CITY_OF_TEAM,
    CRITERIA,
    MOVED_ON,
    MOVED_TEAM,
    MOVED_TO,
    PERIOD,
    PROVINCES,
    QUEUES,
    TEAMS,
    THEMES,
    MadeMonth,
    Plan,
    agents_of,
    made,
    team_of,
)

from qa_speech.inputs.rows import Row  # noqa: E402
from qa_speech.resources import folder  # noqa: E402
from qa_speech.scorecard import load_scorecard  # noqa: E402
from qa_speech.scorecard.arithmetic import total_of  # noqa: E402
from qa_speech.scorecard.model import Scorecard  # noqa: E402
from qa_speech.scores import CriterionScore, Evidence  # noqa: E402
from qa_speech.service.gather import Inputs, gathered_month  # noqa: E402
from qa_speech.service.html import write_html  # noqa: E402
from qa_speech.service.report import Report, report_of  # noqa: E402
from qa_speech.service.rules import load_rules  # noqa: E402
from qa_speech.settings import Tables  # noqa: E402
from qa_speech.store.cards import card_file  # noqa: E402
from qa_speech.store.parquet import store_at  # noqa: E402
from qa_speech.store.records import OK, Record, ResultRow, with_score  # noqa: E402

SEED = 20261101
CARD = "telecom-hotline.yaml"
PAGE = "report.html"
PHRASES = Path(__file__).with_name("phrases.tsv")
AT_ONCE = 5000
OUTCOMES = {0: "not_applicable", 1: "pass", 2: "fail"}


def main() -> None:
    """Write the folder named on the command line."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    place = Path(words[0]) if words else ROOT / "samples" / "month"
    if "--page" not in sys.argv:
        write(place, Plan(SEED, planted="--clean" not in sys.argv, spread=0.15))
    write_html(report(place).document, place / PAGE)


def report(place: Path) -> Report:
    """The report of a folder made here."""
    inputs = Inputs(
        [place / "run"], PERIOD, str(place / "run-before"), [place / "cdr.csv"], [place / "survey.csv"], [place / "tickets.csv"],
        place / "org.xlsx",
    )  # fmt: skip
    rules = load_rules()
    return report_of(gathered_month(inputs, rules, Tables()), rules)


def write(place: Path, plan: Plan, *, before: bool = True) -> None:
    """Write both months into a folder, which is made anew; without `before` the lists of both and the run of the later one."""
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    months = made(plan)
    write_run(place / "run", plan, months[0])
    if before:
        write_run(place / "run-before", plan, months[1])
    _csv(place / "cdr.csv", "utf-8", _cdr(plan, months))
    _csv(place / "survey.csv", "utf-8", _survey(plan, months))
    _csv(place / "tickets.csv", "gb18030", _tickets(plan, months))
    _org(place / "org.xlsx", plan)


def ids_of(month: MadeMonth) -> list[str]:
    """The ids of a month's calls."""
    return [f"{month.name.replace('-', '')}-{number:05}" for number in range(len(month.calls.agent))]


def stamp(month: MadeMonth, second: int) -> str:
    """A second of the month as text."""
    first = dt.datetime.fromisoformat(f"{month.name}-01")
    return (first + dt.timedelta(seconds=int(second))).isoformat(sep=" ")


# -- scored calls


def write_run(place: Path, plan: Plan, month: MadeMonth) -> None:
    """The scored calls of a month as a run."""
    card = load_scorecard(folder("scorecards") / CARD)
    store = store_at(place)
    ids = ids_of(month)
    agents, teams = agents_of(plan), team_of(plan, month.calls.agent)
    rows = []
    for number, call in enumerate(ids):
        metadata = {
            "agent": agents[month.calls.agent[number]],
            "team": TEAMS[teams[number]],
            "queue": QUEUES[month.calls.queue[number]],
            "started_at": stamp(month, month.calls.second[number]).replace(" ", "T"),
        }
        rows.append(Row(call, "", metadata=metadata))
    store.keep_rows(rows)
    copy = card_file(place, card.sha256)
    copy.parent.mkdir()
    shutil.copyfile(folder("scorecards") / CARD, copy)
    chance = random.Random(f"{plan.seed} {month.name}")
    written = dt.datetime.fromisoformat(f"{month.name}-28T23:00:00").replace(tzinfo=dt.UTC)
    records = []
    for number, call in enumerate(ids):
        records.append(Record(_result(call, month, number, card, chance)))
        if len(records) == AT_ONCE or number + 1 == len(ids):
            store.append(records, position=number + 1 - len(records), now=written)
            records = []


def _result(call: str, month: MadeMonth, number: int, card: Scorecard, chance: random.Random) -> ResultRow:
    calls = month.calls
    duration = float(calls.duration[number])
    outcomes = dict(zip(CRITERIA, calls.outcome[number].tolist(), strict=True))
    scored = tuple(_criterion(one, outcomes.get(one.id), duration, chance) for one in card.criteria)
    reliable = bool(calls.reliable[number])
    row = ResultRow(
        id=call,
        status=OK,
        duration_s=duration,
        layout="two_channel" if reliable else "mono",
        times="audio",
        language="zh",
        low_reliability=() if reliable else ("silence", "response"),
        figures=_figures(outcomes, duration, chance),
    )
    return with_score(row, total_of(card, call, scored))


def _criterion(held, outcome: int | None, duration: float, chance: random.Random) -> CriterionScore:  # type: ignore[no-untyped-def]
    """The outcome of one criterion; what the made month does not know of waits for a person."""
    possible = held.points or 0.0
    if outcome is None:
        return CriterionScore(held.id, held.title, "", "manual", None, possible)
    verdict = OUTCOMES[outcome]
    points: float | None = possible if outcome == 1 else 0.0
    if held.deduct is not None:
        points = -held.deduct.points if outcome == 2 else 0.0
    if outcome == 0:
        points = None
    evidence = ()
    if outcome == 2:
        start = round(chance.uniform(2, max(3.0, duration - 5)), 1)
        evidence = (Evidence("interval", start, start + 2),)
    fatal = ""
    if held.fatal is not None and outcome == 2:
        fatal = f"cap:{held.fatal.cap:g}" if held.fatal.cap is not None else str(held.fatal.effect)
    return CriterionScore(
        held.id, held.title, "", verdict, points, possible, fatal=fatal, evidence=evidence, scored=held.scored
    )  # type: ignore[arg-type]


def _figures(outcomes: dict[str, int], duration: float, chance: random.Random) -> dict[str, float | None]:
    """A few of the figures that a real run keeps, fitting to the outcomes."""
    spoken = 0.42 * duration
    fast = chance.gauss(238, 18) + (70 if outcomes["speech-rate"] == 2 else 0)
    dead = chance.expovariate(1 / 3.0) + (chance.uniform(10, 30) if outcomes["dead-air"] == 2 else 0)
    taken = float(outcomes["progress"] > 0)
    return {
        "speech_rate_agent_syllables": round(spoken * fast / 60),
        "speech_rate_agent_utterance_s": round(spoken, 1),
        "silence_total_s": round(dead + chance.expovariate(1 / 6.0), 1),
        "silence_call_s": round(duration, 1),
        "silence_agent_total_s": round(dead, 1),
        "interruption_agent": float(outcomes["interruption"] == 2) * chance.randint(2, 4),
        "politeness": round(chance.gauss(72, 7) - (22 if outcomes["courtesy"] == 2 else 0), 1),
        "violations": float((outcomes["taboo"] == 2) + (outcomes["curt"] == 2) + (outcomes["deflection"] == 2)),
        "depth": round(chance.gauss(66, 9) - (25 if outcomes["depth"] == 2 else 0), 1),
        "depth_informed_count": taken * float(outcomes["progress"] == 1),
        "depth_taken_on_count": taken,
        "recording_noise_count": float(chance.random() < 0.05),
        "recording_echo_count": float(chance.random() < 0.02),
        "recording_dropout_count": float(chance.random() < 0.03),
    }


# -- lists

Rows = Iterator[Sequence[object]]


def _csv(path: Path, encoding: str, rows: Rows) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))


def _whole(value: float) -> str:
    return "" if np.isnan(value) else f"{value:g}"


def _cdr(plan: Plan, months: Sequence[MadeMonth]) -> Rows:
    yield (
        "编号",
        "开始时间",
        "工号",
        "队列",
        "结果",
        "等待时长",
        "通话时长",
        "保持时长",
        "话后处理时长",
        "客户标识",
        "业务类型",
    )
    agents = agents_of(plan)
    for month in months:
        calls, lost = month.calls, month.lost
        for number, call in enumerate(ids_of(month)):
            queue = QUEUES[calls.queue[number]]
            yield (
                call, stamp(month, calls.second[number]), agents[calls.agent[number]], queue, "接通", _whole(calls.wait[number]),
                _whole(calls.duration[number]), _whole(calls.hold[number]), _whole(calls.wrap[number]),
                f"k{calls.customer[number]}", queue,
            )  # fmt: skip
        for second, ivr, wait, queue in zip(lost.second, lost.ivr, lost.wait, lost.queue, strict=True):
            result = "IVR放弃" if ivr else "放弃"
            yield "", stamp(month, second), "", QUEUES[queue], result, _whole(wait), "", "", "", "", ""


def _survey(plan: Plan, months: Sequence[MadeMonth]) -> Rows:
    yield ("编号", "总体满意度", *(f"{theme}满意度" for theme in THEMES))
    chance = random.Random(plan.seed)
    for month in months:
        calls = month.calls
        for number, call in enumerate(ids_of(month)):
            if not calls.invited[number]:
                continue
            themes = (_answer(value, chance) for value in calls.themes[:, number])
            yield call, _answer(calls.satisfied[number], chance), *themes


def _answer(value: float, chance: random.Random) -> str:
    if np.isnan(value):
        return ""
    return chance.choice("4455" if value else "3321")


def _tickets(plan: Plan, months: Sequence[MadeMonth]) -> Rows:
    yield ("工单号", "编号", "受理时间", "类型", "清单", "原因", "内容", "处理历时", "重复工单", "移交次数")
    phrases: dict[str, list[str]] = {}
    with PHRASES.open(encoding="utf-8") as file:
        for line in csv.DictReader(file, delimiter="\t"):
            phrases.setdefault(line["cause"], []).append(line["text"])
    chance = random.Random(plan.seed + 1)
    for month in months:
        ids, tickets = ids_of(month), month.tickets
        earlier = ""
        for number, row in enumerate(tickets.call.tolist()):
            name = f"T{month.name.replace('-', '')}{number:04}"
            true = tickets.true_causes[number]
            about = "other-now" if true == "other" and month.name == PERIOD and plan.planted else true
            heap = phrases[about] + (phrases["other"] if about == "other-now" and chance.random() < 0.3 else [])
            second = int(month.calls.second[row]) + 900
            yield (
                name, ids[row], stamp(month, second), "投诉" if tickets.complaint[number] else "报障", tickets.lists[number],
                tickets.causes[number], chance.choice(heap), tickets.hours[number],
                earlier if tickets.repeated[number] else "", tickets.handovers[number],
            )  # fmt: skip
            earlier = name


def _org(path: Path, plan: Plan) -> None:
    import xlsxwriter

    rows: list[tuple[str, ...]] = [("工号", "班组", "城市", "省", "生效日期")]
    teams = team_of(plan, np.arange(plan.agents))
    rows += [(agent, TEAMS[team], "", "", "") for agent, team in zip(agents_of(plan), teams, strict=True)]
    for team, city in zip(TEAMS, CITY_OF_TEAM, strict=True):
        rows.append(("", team, CITIES[city], PROVINCES[CITIES[city]], "2026-01-01"))
    if plan.planted:
        rows.append(("", MOVED_TEAM, MOVED_TO, PROVINCES[MOVED_TO], MOVED_ON))
    book = xlsxwriter.Workbook(str(path))
    book.set_properties({"created": dt.datetime(2026, 11, 1)})
    sheet = book.add_worksheet("组织")
    for number, row in enumerate(rows):
        for column, text in enumerate(row):
            sheet.write_string(number, column, text)
    book.close()


if __name__ == "__main__":
    main()
