"""Seeded two-channel calls with exact truth, for measuring; nothing here knows how they will be measured.

    python benchmarks/calls.py SEED [--out call.wav] [--data DIR]        writes one call and prints what was drawn

Develop on seeds ≥ 1000; seeds 0–199 are for reports and are never looked at. The two ranges share no voice: each has
its own espeak-ng variants (none of them used by the samples) and its own recordings of real speakers.

    dialogue (who speaks when, planned overlaps) → one clean track per party → truth
        → leak into the other channel → level → noise → codec → samples

Truth is the frame energy of each clean track (within 40 dB of its 95th percentile, pauses < 0.2 s bridged, speech
< 0.1 s dropped), not the plan. A leak is given relative to the level its source has on its own channel, as recorded.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent / "training" / "demo_asr")]

import _line  # noqa: E402
import speech  # noqa: E402

from qa_speech.timeline import Timeline  # noqa: E402

RATE = 8000
REPORT_SEEDS = range(200)
FIRST_DEVELOPMENT_SEED = 1000
DATA = HERE.parent.parent / "shared" / "data"
BABBLE_SENTENCES = 24
CODECS = ("alaw", "ulaw", "gsm", "mp3_16k", "amr_4.75", "amr_12.2", "opus_8k")
NOISES = ("white", "babble", "hum", "line")
SNRS = (None, 30.0, 20.0, 15.0, 10.0, 5.0)
EVENTS = ("backchannel", "success", "attempt", "simultaneous", "brief")

DEVELOPMENT_VOICES = ("m4", "m5", "Andy", "Annie", "linda", "michael", "steph", "klatt")
REPORT_VOICES = ("f5", "m6", "m8", "Alicia", "Andrea", "belinda", "david", "edward", "steph2", "max")
# Clean enough to give a truth by energy: at least 97 % of what lies within 40 dB of the speech lies within 30 dB.
DEVELOPMENT_REAL = (
    "mandarin_asr_mini/azure_customspeech_train1.wav", "mandarin_asr_mini/azure_customspeech_train2.wav",
    "mandarin_asr_mini/azure_en-us_zh-cn_codeswitch.wav",
)  # fmt: skip
REPORT_REAL = (
    "mandarin_asr_mini/azure_customspeech_test.wav", "mandarin_asr_mini/azure_zhcn_continuous.wav",
    "mandarin_asr_mini/cosyvoice_zero_shot_prompt.wav", "mandarin_asr_mini/funasr_asr_example.wav",
    "mandarin_asr_mini/SSB00050015.wav",
)  # fmt: skip

SENTENCES = (
    "您好，很高兴为您服务，请问有什么可以帮您", "我想问一下上个月的账单为什么多了二十块钱", "麻烦您把手机号码报一下，我这边给您核实",
    "一三八零零一二三四五六", "好的，我马上帮您查一下，请您稍等片刻", "我家的宽带从昨天晚上开始一直连不上",
    "这个套餐每个月包含三十个流量和五百分钟通话", "如果超出的话会按照标准资费另外计算", "那我现在不想用了，能不能直接取消",
    "可以的，不过合约还有三个月到期，提前取消需要交违约金", "你们这个规定也太不合理了吧", "非常抱歉给您带来不便，我把您的情况记录下来",
    "师傅会在明天上午十点之前跟您联系", "我之前已经打过两次电话了，每次都说会处理", "请问您家里的路由器指示灯是什么颜色",
    "红色的那个灯一直在闪", "您可以先把电源拔掉，过一分钟再插上试试", "我试过了还是不行", "那我给您下一个维修单，稍后会有短信通知",
    "您看还有其他可以帮您的吗", "暂时没有了，谢谢你", "感谢您的来电，请对我的服务做出评价，再见", "流量是怎么算的呀，我没有用那么多",
    "系统显示您在十二号开通了一个视频会员业务", "我从来没有开通过这个东西", "这边可以帮您退订并且退还本月的费用",
    "退款大概需要几个工作日到账", "一般是三到五个工作日，会原路退回", "身份证号码后四位请您提供一下", "六零二七",
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


@dataclass(frozen=True)
class Drawn:
    """What fate chose. Pairs are (agent, customer); `leaks_db[i]` is how loud channel i is heard in the other."""

    real: bool
    codec: str
    noise: str
    snr_db: float | None
    levels_db: tuple[float, float]
    leaks_db: tuple[float | None, float | None]
    lags_ms: tuple[float, float]
    fault: str = ""
    fault_value: float = 0.0

    @property
    def target(self) -> bool:
        """Whether the call lies in the stratum that targets are set for."""
        snr = 99.0 if self.snr_db is None else self.snr_db
        return snr >= 15 and min(self.levels_db) >= -40 and all(x is None or x <= -20 for x in self.leaks_db)


@dataclass(frozen=True, eq=False)
class MadeCall:
    """A call, `samples` int16 of shape (channels, n) at `rate` Hz, and the truth about it per party."""

    seed: int
    samples: npt.NDArray[np.int16]
    rate: int
    truth: tuple[Timeline, Timeline]
    items: tuple[Item, ...]
    drawn: Drawn

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1]) / self.rate


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


# -- the whole call ---------------------------------------------------------------------------------------------


def make(seed: int, *, fault: str = "", clean: bool = False, data: Path = DATA, length_s: float = 0.0) -> MadeCall:
    """One call, the same for the same arguments.

    Parameters
    ----------
    seed
        Below 200: for reports. From 1000: for development.
    fault
        Plant one of `_line.FAULTS` in a call that is otherwise without fault.
    clean
        No fault, no leak, SNR at least 15 dB.
    data
        Folder with the recordings of real speakers; without it all voices are synthetic.
    length_s
        About how long; 0 = drawn, 60 to 120 s.
    """
    random = np.random.default_rng([20_261_123, seed])
    drawn = draw(random, data=data, fault=fault, plain=clean or bool(fault))
    stage = Stage(cast(seed, random, drawn.real, data), random)
    dialogue(stage, length_s or float(random.uniform(60, 120)), float(random.uniform(0, 0.15)))
    tracks, items = clean_tracks(stage)
    truth = (energy_truth(tracks[0]), energy_truth(tracks[1]))
    samples, rate = recorded(tracks, truth, drawn, random, seed)
    return MadeCall(seed, samples, rate, truth, items, drawn)


def draw(random: np.random.Generator, *, data: Path, fault: str, plain: bool) -> Drawn:
    """Choose what happens to a call; `plain` leaves out leaks, hum and SNR below 15 dB."""
    real = bool(random.random() < 0.4) and data.is_dir()
    first = float(random.uniform(-45, -12))
    second = float(np.clip(first + random.uniform(-20, 20), -45, -12))
    leaks = [float(random.uniform(-45, -10)) if random.random() < 0.4 else None for _ in range(2)]
    lags = [float(random.uniform(0, 300)) for _ in range(2)]
    noise, snr = str(random.choice(NOISES)), SNRS[int(random.integers(len(SNRS)))]
    codec = str(random.choice(CODECS))
    if plain:
        leaks = [None, None]
        noise = "white" if noise == "hum" else noise
        snr = snr if snr is None or snr >= 15 else 20.0
    if fault in ("clipping", "dc_offset"):
        codec = str(random.choice(("alaw", "ulaw")))
    if fault == "band_limit" and codec == "opus_8k":
        codec = "gsm"
    if fault == "dropouts":
        snr = snr or 20.0
    if fault == "crosstalk":
        leaks[int(random.integers(2))] = float(random.uniform(-35, -10))
    if fault == "low_snr":
        snr = float(random.uniform(0, 8))
    low, high = {
        "clipping": (0.002, 0.05), "dc_offset": (0.02, 0.2), "band_limit": (1000, 2200), "echo": (-18, -6),
        "hum": (-22, -8), "dead_channel": (-100, -80), "fake_stereo": (-12, 12),
    }.get(fault, (0, 0))  # fmt: skip
    value = float(random.uniform(low, high))
    return Drawn(real, codec, noise, snr, (first, second), (leaks[0], leaks[1]), (lags[0], lags[1]), fault, value)


def cast(seed: int, random: np.random.Generator, real: bool, data: Path) -> tuple[Any, Any]:
    """Two voices, from the half that this seed may use."""
    report = seed < FIRST_DEVELOPMENT_SEED
    names = random.choice(REPORT_VOICES if report else DEVELOPMENT_VOICES, 2, replace=False)
    voices: list[Any] = [
        Synthetic(str(name), int(random.integers(140, 260)), int(random.integers(30, 75))) for name in names
    ]
    if real:
        clips = random.choice(REPORT_REAL if report else DEVELOPMENT_REAL, 2, replace=False)
        chosen = [Real(data / str(clip)) for clip in clips]
        voices = chosen if random.random() < 0.5 else [chosen[0], voices[1]]
        voices = voices[::-1] if random.random() < 0.5 else voices
    return voices[0], voices[1]


@cache
def babble(report: bool, channel: int) -> Audio:
    """Half a minute of the voices, one sentence after the other."""
    random = np.random.default_rng([report, channel])
    voices = REPORT_VOICES if report else DEVELOPMENT_VOICES
    parts = []
    for number in range(BABBLE_SENTENCES):
        voice = Synthetic(voices[number % len(voices)], int(random.integers(150, 240)), int(random.integers(30, 75)))
        parts.append(voice.say(str(random.choice(SENTENCES)), random).audio)
    return np.concatenate(parts)


def recorded(
    tracks: npt.NDArray[np.float32], truth: tuple[Timeline, Timeline], drawn: Drawn, random: np.random.Generator, seed: int
) -> tuple[npt.NDArray[np.int16], int]:
    """What the recorder stores: int16, shape (channels, n), and its rate."""
    own = [track * _line.gain(level) for track, level in zip(tracks, drawn.levels_db, strict=True)]
    hit = int(random.integers(2))
    own = _before_noise(own, truth, drawn, hit, random)
    noisy = []
    for i in (0, 1):
        heard = own[i].copy()
        leak = drawn.leaks_db[1 - i]
        if leak is not None:
            heard += _line.leaked(own[1 - i], leak, drawn.lags_ms[1 - i] / 1000, random)
        if drawn.snr_db is not None:
            level = speech_rms(own[i], truth[i]) * _line.gain(-drawn.snr_db)
            heard += level * _line.noise(drawn.noise, len(heard), random, lambda i=i: babble(seed < FIRST_DEVELOPMENT_SEED, i))
        if drawn.fault == "hum" and i == hit:
            level = speech_rms(own[i], truth[i]) * _line.gain(drawn.fault_value)
            heard += level * _line.noise("hum", len(heard), random, lambda: own[0])
        noisy.append(heard)
    return _stored(noisy, truth, drawn, hit, random)


def speech_rms(audio: Audio, spans: Timeline) -> np.float32:
    """RMS over the speech of a clean track; a very low one where there is none."""
    parts = [audio[round(s.start * RATE) : round(s.end * RATE)] for s in spans]
    return np.float32(np.sqrt(np.mean(np.concatenate(parts) ** 2))) if parts else np.float32(1e-3)


def _before_noise(
    own: list[Audio], truth: tuple[Timeline, Timeline], drawn: Drawn, hit: int, random: np.random.Generator
) -> list[Audio]:
    if drawn.fault == "echo":
        delay = float(random.uniform(0.08, 0.4))
        own[hit] = own[hit] + _line.delayed(own[hit], delay) * _line.gain(drawn.fault_value)
    if drawn.fault == "band_limit":
        own[hit] = _line.low_passed(own[hit], drawn.fault_value)
    return own


def _stored(
    noisy: list[Audio], truth: tuple[Timeline, Timeline], drawn: Drawn, hit: int, random: np.random.Generator
) -> tuple[npt.NDArray[np.int16], int]:
    fault = drawn.fault
    if fault == "clipping":
        noisy[hit] = _line.clipped(noisy[hit], drawn.fault_value, float(random.uniform(0.5, 1.0)))
    if fault == "dc_offset":
        noisy[hit] = noisy[hit] + np.float32(drawn.fault_value * random.choice((-1, 1)))
    if fault == "band_limit":
        noisy[hit] = _line.low_passed(noisy[hit], drawn.fault_value)
    holes = [(s.start, s.end) for s in truth[hit]]
    if fault == "dropouts":
        noisy[hit] = _line.with_holes(noisy[hit], holes, random)
    if fault in ("mono", "fake_stereo"):
        noisy = [noisy[0] + noisy[1]]
    channels = [_line.coded(audio, drawn.codec) for audio in noisy]
    if fault == "fake_stereo":
        other = _line.delayed(channels[0], float(random.uniform(0, 0.01))) * _line.gain(drawn.fault_value)
        channels = [channels[0], np.clip(other, -1, 1)]
        if random.random() < 0.5:
            channels = [_line.coded(audio, "alaw") for audio in channels]
    if fault == "dead_channel":
        silence = random.standard_normal(len(channels[hit])) * _line.gain(drawn.fault_value)
        channels[hit] = (silence if random.random() < 0.5 else silence * 0).astype(np.float32)
    rate = RATE
    if fault == "sampling_rate":
        import soxr

        rate = 16_000
        channels = [soxr.resample(audio, RATE, rate) for audio in channels]
    return np.rint(np.clip(np.stack(channels), -1, 32767 / 32768) * 32768).astype(np.int16), rate


def main() -> None:
    """Write one call as a WAV file and print what was drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seed", type=int)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--fault", default="", choices=("", *_line.FAULTS))
    options = parser.parse_args()
    call = make(options.seed, fault=options.fault, data=options.data)
    print(f"{call.duration:.1f} s, {len(call.items)} items, speech {[round(t.duration, 1) for t in call.truth]} s")
    print(call.drawn)
    if options.out:
        import soundfile

        soundfile.write(options.out, call.samples.T, call.rate)


if __name__ == "__main__":
    main()
