"""Voices and the dialogue they hold: clean single-voice tracks with exact times. Used by `calls.py`."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "training" / "demo_asr")]

import speech  # noqa: E402

from qa_speech.timeline import Timeline  # noqa: E402

RATE = 8000
EVENTS = ("backchannel", "success", "attempt", "simultaneous", "brief")
SENTENCES = (
    "您好，很高兴为您服务，请问有什么可以帮您", "我想问一下上个月的账单为什么多了二十块钱",
    "麻烦您把手机号码报一下，我这边给您核实", "一三八零零一二三四五六", "好的，我马上帮您查一下，请您稍等片刻",
    "我家的宽带从昨天晚上开始一直连不上", "这个套餐每个月包含三十个流量和五百分钟通话",
    "如果超出的话会按照标准资费另外计算", "那我现在不想用了，能不能直接取消",
    "可以的，不过合约还有三个月到期，提前取消需要交违约金", "你们这个规定也太不合理了吧",
    "非常抱歉给您带来不便，我把您的情况记录下来", "师傅会在明天上午十点之前跟您联系",
    "我之前已经打过两次电话了，每次都说会处理", "请问您家里的路由器指示灯是什么颜色", "红色的那个灯一直在闪",
    "您可以先把电源拔掉，过一分钟再插上试试", "我试过了还是不行", "那我给您下一个维修单，稍后会有短信通知",
    "您看还有其他可以帮您的吗", "暂时没有了，谢谢你", "感谢您的来电，请对我的服务做出评价，再见",
    "流量是怎么算的呀，我没有用那么多", "系统显示您在十二号开通了一个视频会员业务", "我从来没有开通过这个东西",
    "这边可以帮您退订并且退还本月的费用", "退款大概需要几个工作日到账", "一般是三到五个工作日，会原路退回",
    "身份证号码后四位请您提供一下", "六零二七",
)  # fmt: skip
PHRASES = ("我跟你讲不是这样的", "等一下你先听我说", "这个我知道了", "不是这个意思", "你先别说了", "那到底怎么办呢")
BACKCHANNELS = ("嗯", "啊", "对", "好的", "是的", "行", "嗯嗯")


Audio = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Item:
    """Something one party says: its place on the clean track in seconds, its text, and the time of each character.

    `text` is empty for real recordings, whose words are not known. `kind` is ``speech`` or ``backchannel``.
    """

    role: int
    start: float
    end: float
    text: str
    kind: str
    times: tuple[tuple[float, float], ...]


# -- voices -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Said:
    """A stretch of one voice: audio at 8 kHz with its 95th percentile frame level at 0 dB, text, character times."""

    audio: Audio
    text: str
    times: npt.NDArray[np.float32]

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.audio) / RATE


class Synthetic:
    """An espeak-ng voice."""

    def __init__(self, voice: str, speed: int, pitch: int) -> None:
        self.voice, self.speed, self.pitch = voice, speed, pitch

    def say(self, text: str, random: np.random.Generator) -> Said:
        """Speak `text`."""
        spoken = speech.speak(text, self.voice, self.speed, self.pitch)
        if spoken is None:
            return self.say(str(random.choice(SENTENCES)), random)
        return Said(levelled(spoken.audio), "".join(c for c in text if c not in speech.PUNCTUATION), spoken.times)


class Real:
    """A recorded speaker: stretches of one clip, in random order; short ones stand for short answers."""

    def __init__(self, path: Path) -> None:
        self.pieces = real_pieces(path)

    def say(self, text: str, random: np.random.Generator) -> Said:
        """A stretch about as long as `text` would take."""
        wanted = 0.22 * len(text)
        order = sorted(self.pieces, key=lambda piece: abs(len(piece) / RATE - wanted))
        piece = order[int(random.integers(min(4, len(order))))]
        return Said(piece, "", np.zeros((0, 2), np.float32))


@cache
def real_pieces(path: Path) -> tuple[Audio, ...]:
    """A clip in the telephone band, cut at its pauses."""
    import soundfile
    import soxr

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    audio = levelled(speech.telephone_band(soxr.resample(samples[:, 0], rate, RATE).astype(np.float32)))
    parts = energy_truth(audio, bridge_s=0.25)
    keep = [audio[max(0, round((p.start - 0.05) * RATE)) : round((p.end + 0.05) * RATE)] for p in parts]
    return tuple(faded(piece) for piece in keep if 0.25 < len(piece) / RATE < 8)


def levelled(audio: Audio) -> Audio:
    """Bring the 95th percentile of the frame level to 0 dB."""
    return audio / np.float32(max(1e-9, np.sqrt(np.percentile(frame_power(audio), 95))))


def faded(audio: Audio, fade_s: float = 0.015) -> Audio:
    """Both ends faded, so that a cut makes no click."""
    count = min(round(fade_s * RATE), len(audio) // 2)
    shape = np.ones(len(audio), np.float32)
    shape[:count] = np.linspace(0, 1, count, dtype=np.float32)
    shape[len(audio) - count :] = np.linspace(1, 0, count, dtype=np.float32)
    return audio * shape


def frame_power(audio: Audio, hop: int = RATE // 100) -> npt.NDArray[np.float32]:
    """Mean square per 10 ms."""
    count = len(audio) // hop
    frames = audio[: count * hop].reshape(count, hop)
    return np.mean(frames * frames, axis=1)


def energy_truth(audio: Audio, *, within_db: float = 40.0, bridge_s: float = 0.2, drop_s: float = 0.1) -> Timeline:
    """Where a clean single-voice track is within `within_db` of its 95th percentile level (of its active frames)."""
    power = frame_power(audio)
    heard = power[power > 1e-9]
    if not len(heard):
        return Timeline()
    active = power > np.percentile(heard, 95) * 10 ** (-within_db / 10)
    edges = np.flatnonzero(np.diff(np.concatenate(([False], active, [False])).astype(np.int8)))
    spans = Timeline((int(a) / 100, int(b) / 100) for a, b in edges.reshape(-1, 2))
    return spans.bridged(bridge_s).without_short(drop_s)


# -- dialogue ---------------------------------------------------------------------------------------------------


class Stage:
    """Where the parties' sounds are put while a dialogue is made."""

    def __init__(self, voices: tuple[Any, Any], random: np.random.Generator) -> None:
        self.voices, self.random = voices, random
        self.placed: list[tuple[int, float, Said, str]] = []
        self.free = [0.0, 0.0]

    def put(self, role: int, start: float, said: Said, kind: str = "speech") -> float:
        """Let a party say something; when it ends. A party never talks over itself."""
        start = max(start, self.free[role] + 0.05)
        louder = np.float32(10 ** (np.clip(self.random.normal(0, 3), -6, 6) / 20))
        self.placed.append((role, start, Said(said.audio * louder, said.text, said.times), kind))
        self.free[role] = start + said.duration
        return self.free[role]

    def turn(self, role: int) -> Said:
        """One to three sentences with pauses between them."""
        parts: list[Audio] = []
        texts, times, clock = [], [], 0.0
        for number in range(int(self.random.integers(1, 4))):
            if number:
                pause = float(np.exp(self.random.uniform(np.log(0.1), np.log(1.2))))
                parts.append(np.zeros(round(pause * RATE), np.float32))
                clock += len(parts[-1]) / RATE
            said = self.voices[role].say(str(self.random.choice(SENTENCES)), self.random)
            parts.append(said.audio)
            texts.append(said.text)
            times.append(said.times + np.float32(clock))
            clock += said.duration
        return Said(np.concatenate(parts), "".join(texts), np.concatenate(times))

    def phrase(self, role: int, among: tuple[str, ...]) -> Said:
        """Something short."""
        said: Said = self.voices[role].say(str(self.random.choice(among)), self.random)
        return said

    def truncated(self, said: Said, length_s: float) -> Said:
        """Only the first `length_s` seconds: the party breaks off."""
        keep = said.times[:, 1] <= length_s
        text = "".join(c for c, kept in zip(said.text, keep, strict=False) if kept)
        return Said(faded(said.audio[: round(length_s * RATE)]), text, said.times[keep])


def dialogue(stage: Stage, length_s: float, overlap_share: float) -> None:
    """Fill `length_s` seconds with turns, pauses from 0.1 to 15 s and, up to their share, planned overlaps."""
    random = stage.random
    role, clock = 0, float(random.uniform(0.5, 4))
    overlapped = spoken = 0.0
    while clock < length_s:
        said = stage.turn(role)
        wanted = said.duration > 3.2 and overlapped < overlap_share * (spoken + said.duration)
        event = str(random.choice(EVENTS)) if wanted else ""
        end, added = play(stage, role, clock, said, event)
        overlapped += added
        spoken += said.duration
        same = random.random() < 0.15
        role = role if same else 1 - role
        kind = random.choice(3, p=(0.6, 0.2, 0.2))
        low, high = ((0.1, 0.8), (0.8, 3.2), (3.2, 15.0))[int(kind)]
        clock = max(end, *stage.free) + float(random.uniform(low, high))


def play(stage: Stage, role: int, start: float, said: Said, event: str) -> tuple[float, float]:
    """One turn with at most one planned overlap: (when it is over, seconds overlapped)."""
    random, other = stage.random, 1 - role
    start = max(start, stage.free[role] + 0.05)
    inside = start + float(random.uniform(1.4, max(1.5, said.duration - 1.6)))
    if event == "backchannel":
        word = stage.phrase(other, BACKCHANNELS)
        stage.put(other, inside, word, "backchannel")
        return stage.put(role, start, said), word.duration
    if event == "attempt" and said.duration > 5:
        phrase = stage.phrase(other, PHRASES)
        stage.put(other, start + float(random.uniform(1.4, said.duration - 3.4)), phrase)
        return stage.put(role, start, said), phrase.duration
    if event == "success":
        shared = float(random.uniform(0.65, 1.3))
        stage.put(role, start, stage.truncated(said, inside - start + shared))
        return stage.put(other, inside, stage.turn(other)), shared
    if event == "simultaneous":
        phrase = stage.phrase(other, PHRASES)
        stage.put(other, start + float(random.uniform(0, 0.22)), phrase)
        return stage.put(role, start, said), phrase.duration
    end = stage.put(role, start, said)
    if event == "brief":
        shared = float(random.uniform(0.25, 0.42))
        return stage.put(other, end - shared, stage.turn(other)), shared
    return end, 0.0


def clean_tracks(stage: Stage) -> tuple[npt.NDArray[np.float32], tuple[Item, ...]]:
    """One track per party, shape (2, n), active level 0 dB, and what was said."""
    length = max(stage.free) + float(stage.random.uniform(0.5, 3))
    tracks = np.zeros((2, round(length * RATE)), np.float32)
    items = []
    for role, start, said, kind in sorted(stage.placed, key=lambda placed: placed[1]):
        first = round(start * RATE)
        tracks[role, first : first + len(said.audio)] += said.audio[: tracks.shape[1] - first]
        times = tuple((float(a) + first / RATE, float(b) + first / RATE) for a, b in said.times)
        items.append(Item(role, first / RATE, first / RATE + said.duration, said.text, kind, times))
    return tracks, tuple(items)
