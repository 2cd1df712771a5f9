"""How fast stored calls are scored again: 5-minute calls, about 60 utterances of 15 words, the shipped hotline card.

    python benchmarks/scoring.py [--quick]

Calls are made up: 2,000 distinct ones (500 with --quick), each a scripted opening and closing around talk put together
from clauses, words of one or two characters with times and probabilities, unlike speeds, silences and overlaps, and the
outcomes of text models as `qa-speech annotate` stores them (made up too: what they say does not change the work).
They lie decoded in memory and are cycled, in two processes, so that the first figures are scoring alone; what
decoding adds is `decode_share`. Every call is scored whole: phrases, metrics, points, evidence, Score.
"""

from __future__ import annotations

import gc
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import msgspec  # noqa: E402
from _common import Figure, Options, figure, run  # noqa: E402

from qa_speech.call import Annotation, Call, Recording, Role, Utterance, Word  # noqa: E402
from qa_speech.conduct.courtesy import STRATEGIES  # noqa: E402
from qa_speech.conduct.passages import Passage, exchange_passages, text_hash, utterance_passages  # noqa: E402
from qa_speech.conduct.violations import VIOLATION_TYPES  # noqa: E402
from qa_speech.documents import decode, encode  # noqa: E402
from qa_speech.timeline import Timeline  # noqa: E402

if TYPE_CHECKING:
    from qa_speech.scorecard import Scorecard

CARD = HERE.parent / "scorecards" / "telecom-hotline.yaml"
PROCESSES = 2
WARM = 200
"""Calls before the clock starts: automata build their states as they meet new text, once per process."""
UTTERANCES = 60
OPENING = ("您好，工号{n}，很高兴为您服务", "早上好，请问有什么可以帮您", "您好，请讲")
CLOSING = ("请问还有其他问题吗", "没有了，谢谢", "感谢您的来电，请稍后为我打分，祝您生活愉快", "那就这样，再见")
SOMETIMES = (
    "请稍等，帮您查一下", "感谢您的耐心等待", "我先核实一下身份，请问您贵姓", "非常抱歉给您带来不便", "两个工作日之内给您答复",
    "我已经为您登记", "你急什么", "我要投诉你们", "这个在手机营业厅可以查到", "我也不清楚",
)  # fmt: skip
WHO = ("我", "我们家", "您这边", "系统里面", "上个月的账单", "这个套餐", "那个号码", "小区的邻居", "营业厅的人", "后台")
WHAT = (
    "显示", "说是", "一直没有收到", "刚才看到", "已经改成了", "大概需要", "好像少了", "每次都提示", "可能会影响", "暂时还没有",
    "应该包含", "原来就有", "突然变成", "正在核对", "建议选择",
)  # fmt: skip
THINGS = (
    "三十块钱的流量", "国际长途的费用", "宽带的速率", "合约的剩余时间", "短信里的验证码", "会员的扣费记录", "亲情号的设置",
    "账户里的余额", "光猫的信号", "视频的清晰度", "家里的地址", "下个月的优惠", "套餐外的语音", "新的电话卡", "发票的抬头",
)  # fmt: skip
OUTCOMES: dict[str, tuple[Callable[[Call], Sequence[Passage]], tuple[str, ...]]] = {
    "politeness": (utterance_passages, ("3", "1", "2", "4", "5")),
    "violation": (utterance_passages, ("none", *VIOLATION_TYPES)),
    "strategy": (utterance_passages, STRATEGIES),
    "depth": (exchange_passages, ("3", "0", "1", "2", "4")),
}
TAILS = (
    "对吧",
    "这个情况",
    "能不能说清楚一点",
    "我记一下",
    "您看行不行",
    "昨天晚上的时候",
    "之前没有遇到过",
    "是这个意思",
    "",
)


def made_call(seed: int) -> Call:
    """One call of about five minutes."""
    draw = random.Random(seed)
    said: list[Utterance] = []
    clock = draw.uniform(0.5, 2.0)
    for number in range(UTTERANCES):
        role = Role.AGENT if number % 2 == 0 else Role.CUSTOMER
        text = _text(draw, number)
        words = tuple(_words(draw, text, clock))
        said.append(Utterance(role, clock, words[-1].end, text, words))
        clock = max(clock + 0.2, words[-1].end + draw.choice((-0.8, 0.2, 0.3, 0.5, 0.5, 0.8, 1.2, 2.0, 4.0)))
    said.sort(key=lambda item: (item.start, item.end))
    speech = {
        role: Timeline(item.segment for item in said if item.role is role) for role in (Role.AGENT, Role.CUSTOMER)
    }
    recording = Recording(
        str(seed), sampling_rate=8000, num_samples=round((clock + 2) * 8000), channels=(Role.AGENT, Role.CUSTOMER),
        layout="two_channel",
    )  # fmt: skip
    call = Call(recording, speech, tuple(said), language="zh", made_with={"recognizer": "made up"})
    return msgspec.structs.replace(call, annotations=dict(_annotations(draw, call)))


def _annotations(draw: random.Random, call: Call) -> Iterator[tuple[str, Annotation]]:
    words = text_hash(call)
    for name, (passages_of, labels) in OUTCOMES.items():
        items = tuple(passage.utterances for passage in passages_of(call))
        rows = tuple(tuple(_shares(draw, len(labels))) for _ in items)
        yield name, Annotation("made up", "0" * 64, words, labels, items, rows)


def _shares(draw: random.Random, count: int) -> list[float]:
    """Probabilities of labels, most of it on one, the first of several more often than not."""
    parts = [draw.random() ** 4 + 0.001 for _ in range(count)]
    parts[0] += 3.0
    return [round(part / sum(parts), 4) for part in parts]


def _text(draw: random.Random, number: int) -> str:
    if number == 0:
        return draw.choice(OPENING).format(n="".join(draw.choices("零一二三四五六七八九", k=4)))
    if number >= UTTERANCES - 4:
        return CLOSING[number - UTTERANCES + 4]
    if draw.random() < 0.12:
        return draw.choice(SOMETIMES)
    clauses = [
        "".join((draw.choice(WHO), draw.choice(WHAT), draw.choice(THINGS)))
        for _ in range(draw.choice((1, 1, 1, 2, 2, 3)))
    ]
    return "，".join([*clauses, draw.choice(TAILS)]).rstrip("，") + "。"


def _words(draw: random.Random, text: str, start: float) -> Iterator[Word]:
    spoken, step = text.replace("，", "").replace("。", ""), draw.uniform(0.17, 0.25)
    at = 0
    while at < len(spoken):
        length = draw.choice((1, 1, 2, 2))
        part = spoken[at : at + length]
        begin = round(start + at * step, 3)
        yield Word(part, begin, round(begin + len(part) * step, 3), round(draw.betavariate(12, 1.2), 3))
        at += length


def _timed(work: Callable[[int], object], seconds: float) -> tuple[int, float, float]:
    """How many items were done, in how long (at least `seconds`), and with how much of a processor."""
    for number in range(WARM):
        work(number)
    gc.collect()
    gc.freeze()
    started, used, done = time.perf_counter(), time.process_time(), 0
    while (took := time.perf_counter() - started) < seconds:
        for _ in range(50):
            work(done)
            done += 1
    return done, took, time.process_time() - used


def _worker(task: tuple[str, int, int, float]) -> tuple[int, float, float]:
    kind, first, count, seconds = task
    from qa_speech.scorecard import load_scorecard, score
    from qa_speech.scorecard.score import measure_for

    card = load_scorecard(CARD)
    calls = [_kept(made_call(seed), card, kind) for seed in range(first, first + count)]
    if kind == "reused":
        measured = [measure_for(call, card) for call in calls]
        return _timed(lambda n: score(calls[n % count], card, measurements=measured[n % count]), seconds)
    if kind == "decode":
        stored = [encode(call) for call in calls]
        return _timed(lambda n: decode(stored[n % count], Call), seconds)
    return _timed(lambda n: score(calls[n % count], card), seconds)


def _kept(call: Call, card: Scorecard, kind: str) -> Call:
    """A call with what is kept of it: nothing (bare), what the rules say (rules), the measurements too (stored, decode)."""
    from qa_speech.conduct.manners import with_rules
    from qa_speech.scorecard.score import with_measured

    if kind in ("bare", "reused"):
        return call
    call = with_rules(call)
    return call if kind == "rules" else with_measured(call, card)


def _rate(kind: str, calls: int, seconds: float) -> tuple[float, int, str]:
    """Calls per second of all processes together, how many were done, and what they would be with two processors alone."""
    share = calls // PROCESSES
    tasks = [(kind, number * share, share, seconds) for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        found = list(pool.map(_worker, tasks))
    alone = sum(done / used for done, _, used in found)
    total = sum(done for done, _, _ in found)
    return sum(done / took for done, took, _ in found), total, f"{alone:.0f}/s by CPU time"


def _peak_mib() -> float:
    """Peak memory of a fresh process that decodes and scores 500 stored calls one after the other."""
    program = (
        "import resource,sys;sys.path.insert(0,sys.argv[1]);import scoring as s;"
        "from qa_speech.scorecard import load_scorecard,score;c=load_scorecard(s.CARD);"
        "[score(s.decode(s.encode(s.made_call(n)),s.Call),c) for n in range(500)];"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    out = subprocess.run([sys.executable, "-c", program, str(HERE)], capture_output=True, text=True, check=True)
    return int(out.stdout) / 1024


def _cards() -> tuple[Scorecard, Scorecard]:
    """Two versions of the card: one criterion has another bound."""
    from qa_speech.scorecard import load_scorecard

    text = CARD.read_text(encoding="utf-8")
    text = text.replace("version: 1", "version: 2", 1).replace("below: 4, points: 5", "below: 3, points: 5")
    return load_scorecard(CARD), load_scorecard(text)


def _comparer(task: tuple[str, int, int]) -> tuple[int, float, float]:
    kind, first, count = task
    from qa_speech.scorecard.compare import compare

    old, new = _cards()
    made = [_kept(made_call(seed), old, kind) for seed in range(first, first + WARM + count)]
    compare(old, new, made[:WARM])
    gc.collect()
    gc.freeze()
    started, used = time.perf_counter(), time.process_time()
    compare(old, new, made[WARM:])
    return count, time.perf_counter() - started, time.process_time() - used


def _compare_rate(kind: str, calls: int) -> tuple[float, str]:
    """Calls per second of all processes together, and what they would be with two processors alone."""
    share = calls // PROCESSES
    tasks = [(kind, number * (WARM + share), share) for number in range(PROCESSES)]
    with ProcessPoolExecutor(PROCESSES) as pool:
        found = list(pool.map(_comparer, tasks))
    alone = sum(done / used for done, _, used in found)
    return sum(done / took for done, took, _ in found), f"{alone:.0f}/s by CPU time"


def _compare_stored_rate(calls: int) -> float:
    """Calls per second from a file of JSON lines to the comparison, the start of the processes among it."""
    from qa_speech.batch.compare import compare_stored

    old, new = _cards()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.jsonl"
        with path.open("wb") as file:
            for seed in range(calls):
                file.write(encode(_kept(made_call(seed), old, "stored")) + b"\n")
        started = time.perf_counter()
        found = compare_stored(old, new, path, workers=PROCESSES)
        took = time.perf_counter() - started
    return len(found.calls) / took


def measure(options: Options) -> Iterable[Figure]:
    """All figures of the scorecard issue, each with and without what is kept with the calls."""
    calls, seconds = (500, 3.0) if options.quick else (2000, 15.0)
    which = f"{calls} distinct calls in memory, cycled, {PROCESSES} processes, telecom-hotline"
    bare, n, alone = _rate("bare", calls, seconds)
    yield figure("rescore_bare_per_s", bare, "calls/s", n, f"{alone}; {which}, nothing kept")
    rescored, n, alone = _rate("rules", calls, seconds)
    note = f"target >= 1000; {alone}; {which}, what the rules say is kept"
    yield figure("rescore_calls_per_s", rescored, "calls/s", n, note)
    stored, n, alone = _rate("stored", calls, seconds)
    note = f"{alone}; {which}, measurements kept with the call, their key checked and they decoded each time"
    yield figure("rescore_stored_per_s", stored, "calls/s", n, note)
    reused, n, alone = _rate("reused", calls, seconds)
    yield figure(
        "rescore_reused_per_s", reused, "calls/s", n, f"target >= 5000; {alone}; {which}, measurements in hand"
    )
    decoded, n, _ = _rate("decode", calls, seconds)
    share = (1 / decoded) / (1 / decoded + 1 / rescored)
    note = f"of decode + score from JSON; decode alone {decoded:.0f} calls/s, all that is kept among it"
    yield figure("decode_share", share, "share", n, note)
    yield figure("peak_mib", _peak_mib(), "MiB", 500, "one process, decode and score 500 calls in a stream")
    which = f"two versions of the card, calls in memory, {PROCESSES} processes"
    rate, alone = _compare_rate("bare", calls)
    yield figure("compare_bare_per_s", rate, "calls/s", calls, f"{alone}; {which}, nothing kept")
    rate, alone = _compare_rate("stored", calls)
    note = f"target >= 1000; {alone}; {which}, measurements kept with the call"
    yield figure("compare_calls_per_s", rate, "calls/s", calls, note)
    filed = max(calls, 1000)
    note = f"as `scorecard compare --workers {PROCESSES}`: from a file of JSON lines, processes started, calls decoded"
    yield figure("compare_stored_per_s", _compare_stored_rate(filed), "calls/s", filed, note)


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    run(measure)
