"""The check of a recording as people read it: a verdict for each channel, faults by their name, figures for whoever wants them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qa_speech.audio.quality import LOW_SNR_DB
from qa_speech.call import Finding, Recording
from qa_speech.report.labels import CHECK
from qa_speech.wording import recordings, terms
from qa_speech.wording.lang import Lang, labelled, listed, pick

FIGURES = frozenset(("level", "snr", "wada_snr", "band_limit", "crosstalk_lag", "echo_lag"))
"""Findings that are no fault by themselves."""
USUAL_LEVEL_DB = -26.0
"""Level of speech on telephone lines, dBFS (ITU-T P.56 measures it, networks are set up for it)."""
LOW_DB, BAD_DB = 10.0, 20.0
"""How far below it speech is quiet, and too quiet to be understood with ease."""
SOME_NOISE_DB = 6.0
"""Within so much of the limit of a noisy channel noise is heard."""

Verdict: TypeAlias = str
"""``fine``, ``low`` (of noise: ``much``) or ``bad``."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found of a recording: a line for each channel, the faults by their names, and all figures."""

    channels: tuple[str, ...]
    faults: tuple[str, ...]
    figures: tuple[str, ...]


def check_of(recording: Recording, lang: Lang) -> Check:
    """The check of a recording.

    >>> from qa_speech.call import Role
    >>> found = (Finding("level", 1, -40.0, "dBFS"), Finding("snr", 1, 30.0, "dB"), Finding("echo", 1, -21.0, "dB"))
    >>> check = check_of(Recording("a.wav", channels=(Role.AGENT,), findings=found), "zh")
    >>> check.channels, check.faults
    (('声道 1（坐席）：音量偏低、噪声正常',), ('声道 1：回声',))
    """
    findings = recording.findings
    numbers = sorted({one.channel for one in findings if one.channel is not None})
    lines = [_channel(recording, number, lang) for number in numbers]
    return Check(
        channels=tuple(line for line in lines if line),
        faults=tuple(dict.fromkeys(_faults(findings, lang))),
        figures=tuple(terms.finding(one, lang) for one in findings if one.value is not None),
    )


def _channel(recording: Recording, number: int, lang: Lang) -> str:
    own = [one for one in recording.findings if one.channel == number]
    said = [f"{terms.term(CHECK, name, lang)}{terms.term(CHECK, verdict, lang)}" for name, verdict in _verdicts(own)]
    if not said:
        return ""
    name = pick(lang, f"声道 {number}", f"channel {number}")
    if number <= len(recording.channels):
        name += terms.bracket(terms.role(recording.channels[number - 1], lang), lang)
    return labelled(name, listed(said, lang), lang)


def _verdicts(own: Sequence[Finding]) -> Iterator[tuple[str, Verdict]]:
    values = {one.code: one.value for one in own}
    level = values.get("level")
    if level is not None:
        yield "level", _graded(USUAL_LEVEL_DB - level, LOW_DB, BAD_DB)
    noise = values.get("snr")
    if noise is not None:
        grade = _graded(LOW_SNR_DB + SOME_NOISE_DB - noise, 0.0, SOME_NOISE_DB)
        yield "noise", "much" if grade == "low" else grade
    if "band_limit" in values:
        yield "band", "bad" if "narrow_band" in values else "fine"


def _graded(excess: float, low: float, bad: float) -> Verdict:
    if excess > bad:
        return "bad"
    if excess > low:
        return "low"
    return "fine"


def _faults(findings: Iterable[Finding], lang: Lang) -> Iterator[str]:
    for one in findings:
        if one.code in FIGURES:
            continue
        name = terms.term(CHECK_NAMES, one.code, lang)
        if one.channel is None:
            yield name
        else:
            yield labelled(pick(lang, f"声道 {one.channel}", f"channel {one.channel}"), name, lang)


CHECK_NAMES = {
    **recordings.FINDINGS,
    "silent_channel": ("有声音，但没有找到人声", "carries sound, yet no speech was found"),
    "little_speech": ("几乎没有找到人声", "next to no speech was found"),
    "level_disagrees": (
        "人声检测与音量不一致，以检测为准",
        "the speech detector and the level disagree, the detector was believed",
    ),
}
"""What a fault is called without its figure."""
