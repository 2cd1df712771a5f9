"""What works on this machine and what does not: versions, codecs, models, processor, disk. Loads no model, no network."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

from qa_speech.errors import QaSpeechError
from qa_speech.wording.lang import Lang
from qa_speech.wording.translate import error_text, translated

CORE = (
    "faster-whisper", "ctranslate2", "onnxruntime", "av", "soundfile", "soxr", "librosa", "jieba", "rjieba", "typer",
    "duckdb", "xlsxwriter",
)  # fmt: skip
EXTRAS = {"sherpa-onnx": "sherpa", "ray": "ray", "torch": "train", "transformers": "train"}
CUDA_EXTRA = "pip install 'qa-speech[cuda]'"
LOW_DISK_GB = 5


State = Literal["ok", "missing", "broken"]


class Check(NamedTuple):
    """One thing that was looked at: `state` is ok, missing (works without) or broken (something a user will need does not work)."""

    name: str
    state: State
    zh: str
    en: str


CALLED = {
    "codecs": "编解码", "speech detector": "语音检测", "models": "识别模型", "processor": "处理器", "gpu": "显卡", "disk": "磁盘",
}  # fmt: skip


def called(name: str, lang: Lang) -> str:
    """What something that was looked at is called.

    >>> called("gpu", "zh"), called("model demo", "zh"), called("gpu", "en"), called("av", "zh")
    ('显卡', '识别模型 demo', 'gpu', 'av')
    """
    if lang == "en":
        return name
    kind, _, which = name.partition(" ")
    if kind == "model":
        return f"识别模型 {which}"
    return CALLED.get(name, name)


def checkup() -> Iterator[Check]:
    """Look at this machine, one thing after the other."""
    python = f"{platform.python_version()} · {platform.system()} {platform.machine()}"
    yield Check("python", "ok", python, python)
    for name in CORE:
        yield _package(name, "broken", "未安装，请重新安装 qa-speech", "not installed; reinstall qa-speech")
    for name, extra in EXTRAS.items():
        hint = f"pip install 'qa-speech[{extra}]'"
        yield _package(name, "missing", f"未安装（可选：{hint}）", f"not installed (optional: {hint})")
    yield from _codecs()
    yield from _models()
    yield _processor()
    yield from _gpu()
    yield _disk()


def _package(name: str, without: State, zh: str, en: str) -> Check:
    """The release of a package, or what it means that it is not there."""
    try:
        release = version(name)
    except PackageNotFoundError:
        return Check(name, without, zh, en)
    return Check(name, "ok", release, release)


def _codecs() -> Iterator[Check]:
    try:
        import soundfile

        names = f"libsndfile {soundfile.__libsndfile_version__}: WAV (PCM A-law µ-law ADPCM GSM) FLAC Ogg/Opus MP3"
        yield Check("codecs", "ok", names, names)
    except (ImportError, OSError) as exc:
        yield Check("codecs", "broken", f"libsndfile 无法加载：{exc}", f"libsndfile does not load: {exc}")
    try:
        import av

        wanted = ("amrnb", "amrwb", "aac", "g723_1", "g726", "mp3", "opus")
        have = [name for name in wanted if name in av.codecs_available]
        names = f"FFmpeg (PyAV {av.__version__}): {' '.join(have)}"
        lacking = len(have) < len(wanted)
        yield Check("codecs", "missing" if lacking else "ok", names, names)
    except (ImportError, OSError) as exc:
        yield Check("codecs", "broken", f"PyAV 无法加载：{exc}", f"PyAV does not load: {exc}")


def _models() -> Iterator[Check]:
    from qa_speech.engines.models import find_model, shipped
    from qa_speech.engines.silero import SileroDetector

    try:
        made_with = SileroDetector().made_with
        text = f"{made_with['name']} ({made_with['package']}, sha256 {made_with['sha256'][:12]})"
        yield Check("speech detector", "ok", text, text)
    except QaSpeechError as exc:
        yield Check("speech detector", "broken", error_text(exc, "zh"), error_text(exc, "en"))
    try:
        for name in shipped():
            path = find_model(name).path
            zh, en = f"{path}（仅识别自带样例）", f"{path} (knows only the bundled samples)"
            yield Check(f"model {name}", "ok", zh, en)
    except QaSpeechError as exc:
        yield Check("models", "broken", error_text(exc, "zh"), error_text(exc, "en"))
    yield _text_models()
    place = os.environ.get("QA_SPEECH_MODELS")
    if place:
        there = sorted(os.listdir(place)) if Path(place).is_dir() else []
        text = f"{place}: {', '.join(there) or '-'}"
        yield Check("QA_SPEECH_MODELS", "ok" if there else "broken", text, text)


def _text_models() -> Check:
    """The linear models always read; whether a larger one looks twice at what they are in doubt about."""
    from qa_speech.conduct.classifier import load_text_models, why_alone

    try:
        models = load_text_models()
    except QaSpeechError as exc:
        return Check("text models", "broken", error_text(exc, "zh"), error_text(exc, "en"))
    if why := why_alone():
        zh, en = f"仅线性模型（{translated(why, 'zh')}）", f"the linear ones alone ({why})"
        return Check("text models", "missing", zh, en)
    twice = models.second_look
    zh, en = (
        f"线性模型，拿不准的句子由较大模型复读：{twice}",
        f"linear ones; a larger one reads doubtful texts again: {twice}",
    )
    return Check("text models", "ok", zh, en)


def _processor() -> Check:
    cores = os.cpu_count() or 1
    memory = _memory_gb()
    return Check("processor", "ok", f"{cores} 核，内存 {memory:.0f} GB", f"{cores} cores, {memory:.0f} GB memory")


def _memory_gb() -> float:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (ValueError, OSError, AttributeError):
        return 0.0


def _gpu() -> Iterator[Check]:
    """The driver with its devices, then cuBLAS 12: all that recognition on a GPU needs; cuDNN is not among it."""
    from qa_speech.engines.whisper import CUBLAS, cublas_folder, cuda_devices, preload_cublas

    devices, cublas = cuda_devices(), preload_cublas()
    yield _device(devices)
    if cublas:
        place = cublas_folder()
        yield Check("cuBLAS 12", "ok", place or "系统自带", place or "from the system")
    elif devices:
        names_zh, names_en = "、".join(CUBLAS), ", ".join(CUBLAS)
        yield Check(
            "cuBLAS 12",
            "broken",
            f'缺少 {names_zh}，显卡上无法识别。请运行 {CUDA_EXTRA}（约 600 MB；不需要 cuDNN），或设 device = "cpu"',
            f"{names_en} missing: no recognition on the GPU. Run {CUDA_EXTRA} (600 MB; cuDNN is not needed), "
            'or set device = "cpu"',
        )
    else:
        yield Check(
            "cuBLAS 12",
            "missing",
            f"未安装，只有显卡需要（{CUDA_EXTRA}）",
            f"not installed; only a GPU needs it ({CUDA_EXTRA})",
        )


def _device(count: int) -> Check:
    """The driver and how many devices it shows."""
    if not _has_driver():
        return Check(
            "gpu",
            "missing",
            "没有 NVIDIA 驱动（libcuda.so.1），使用 CPU。要用显卡：装驱动，再装 qa-speech[cuda]",
            "no NVIDIA driver (libcuda.so.1); the CPU is used. For a GPU: the driver, then qa-speech[cuda]",
        )
    if not count:
        return Check(
            "gpu",
            "missing",
            "有 NVIDIA 驱动，但没有可用的显卡，使用 CPU：看 nvidia-smi 和 CUDA_VISIBLE_DEVICES",
            "there is an NVIDIA driver but no device; the CPU is used: see nvidia-smi and CUDA_VISIBLE_DEVICES",
        )
    return Check("gpu", "ok", f"{count} 块 CUDA 显卡", f"{count} CUDA devices")


def _has_driver() -> bool:
    try:
        ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    return True


def _disk() -> Check:
    free = shutil.disk_usage(Path.cwd()).free / 1e9
    zh, en = f"当前目录可用 {free:.0f} GB", f"{free:.0f} GB free here"
    return Check("disk", "ok" if free >= LOW_DISK_GB else "broken", zh, en)
