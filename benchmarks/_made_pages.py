"""Made data for the pages: rows of a large index, and a call of an hour with everything a page may show."""

from __future__ import annotations

import random
from pathlib import Path

import msgspec
import numpy as np

from qa_speech.audio.mp3 import write_mp3
from qa_speech.call import Role
from qa_speech.pipeline import report
from qa_speech.report.index_rows import IndexRow, Lost
from qa_speech.report.loudness import levels_of
from qa_speech.report.page import write_page
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.scores import CallReport
from qa_speech.testing import make_call

RATE = 8000
HOUR_S = 3600
TURN_S = 4.5
"""A turn of the long call: speech and a pause."""
SAID = {
    Role.AGENT: (
        "我帮您查一下这个月的账单请稍等", "这个套餐包含三十个流量和两百分钟通话", "您说的这个情况我已经登记了",
        "师傅会在二十四小时之内跟您联系", "这边看到您的宽带是上个月办理的",
    ),
    Role.CUSTOMER: (
        "我的话费怎么比上个月多了三十块", "这个业务我没有办过你们怎么就开通了", "那什么时候能修好呢",
        "好的我知道了还有一个问题想问", "我已经打了三次电话了",
    ),
}  # fmt: skip
WRONG = {
    40: "你急什么我还没查呢", 160: "这个不归我管你找营业厅吧", 310: "我跟你说了多少遍了", 455: "你自己看合同吧",
    600: "这个我也不清楚", 700: "那你去投诉好了",
}  # fmt: skip
"""What the agent says wrong, by turn."""
CRITERIA = (
    "十五秒内问候", "办理前核实身份", "解答有内容、有指引", "服务忌语", "结束前问是否还有其他需要", "结束语", "语速适中",
    "不抢话", "坐席无应答静音", "让客户等待先说明", "等待之后致谢或致歉", "客户的问题都有答复",
)  # fmt: skip
SENTENCES = (
    "坐席说了不该说的话：“这个我也不清楚”（03:12）", "客户提问后坐席静音 7.2 秒（00:06–00:13），标准 ≤ 7 秒",
    "坐席最后 60 秒内没有说到“还有其他”、“还有别的”等 7 种说法（已查 05:11–06:11）",
)  # fmt: skip


def made_rows(count: int, seed: int = 1) -> list[IndexRow]:
    """Rows of an index: 120 agents of nine teams, a month, four queues; every tenth without a page."""
    chance = random.Random(seed)
    return [_row(place, chance) for place in range(count)]


def _row(place: int, chance: random.Random) -> IndexRow:
    agent, day, hour = 1000 + chance.randrange(120), chance.randrange(1, 31), chance.choice(range(8, 21))
    names = chance.sample(CRITERIA, chance.randrange(7))
    lost = sorted([Lost(name, chance.choice((2.0, 5.0, 10.0)), chance.random() < 0.25) for name in names], key=_last)
    total = None if chance.random() < 0.06 else round(max(0.0, 99 - 1.3 * sum(one.points for one in lost)), 2)
    name = f"2026-11-{day:02}/{hour:02}{chance.randrange(60):02}_{agent}_{place:05}.wav"
    return IndexRow(
        id=name,
        link="" if place % 10 == 0 else f"pages/{name.replace('/', '_')}-1a2b3c4d.html",
        agent=str(agent),
        team=f"{agent % 9 + 1} 组",
        queue=chance.choice(("宽带", "移动", "投诉", "固话")),
        started=f"2026-11-{day:02} {hour:02}:{chance.randrange(60):02}",
        hour=hour,
        seconds=chance.uniform(20, 900),
        total=total,
        confirmed="",
        coverage=chance.choice((1.0, 0.83, 0.62)),
        band="" if total is None else ("优秀" if total >= 90 else "合格" if total >= 80 else "不合格"),
        passed=None if total is None else total >= 80,
        why="" if total is not None else "无总分（单声道录音，分不出坐席和客户：24 项中有 16 项没法判定）",
        pending=sum(one.pending for one in lost),
        lost=tuple(lost),
        sentence=chance.choice(SENTENCES) if lost else "",
        warnings=("单声道录音，坐席与客户未分开",) if total is None else (),
        alarms=("扬言升级投诉",) if chance.random() < 0.02 else (),
        judged="",
    )


def _last(lost: Lost) -> bool:
    return lost.pending


def hour_report(seed: int = 2) -> CallReport:
    """A call of an hour in 800 turns, judged by the shipped card."""
    chance = random.Random(seed)
    lines = ["agent@1-4: 您好工号一零零一请问有什么可以帮您"]
    start = TURN_S
    for turn in range(1, round(HOUR_S / TURN_S)):
        role = Role.AGENT if turn % 2 == 0 else Role.CUSTOMER
        text = WRONG.get(turn, chance.choice(SAID[role]))
        lines.append(f"{role}@{start:.1f}-{start + TURN_S - 0.8:.1f}: {text}")
        start += TURN_S
    call = make_call(*lines, duration=HOUR_S, call_id="2026-11-05/0930_1001_hour.wav", metadata={"agent": "1001"})
    return report(call, load_scorecard(folder("scorecards") / "telecom-hotline.yaml"))


def write_hour(out: Path) -> tuple[Path, CallReport]:
    """The page of that call with an hour of sound beside it."""
    made = hour_report()
    noise = np.random.default_rng(3).normal(0, 2500, (2, HOUR_S * RATE)).astype(np.int16)
    for channel, role in enumerate((Role.AGENT, Role.CUSTOMER)):
        quiet = np.ones(noise.shape[1], bool)
        for segment in made.call.speech[role]:
            quiet[int(segment.start * RATE) : int(segment.end * RATE)] = False
        noise[channel][quiet] = 0
    write_mp3(noise, RATE, out / "audio" / "hour.mp3")
    page = out / "pages" / "hour.html"
    write_page(made, page, audio="../audio/hour.mp3", lang="zh", levels=levels_of(noise, RATE))
    return page, msgspec.structs.replace(made)
