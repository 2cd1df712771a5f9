"""What an estimate says, line by line, Chinese or English: never a point without its n and interval."""

from __future__ import annotations

from collections.abc import Iterator

from qa_speech.marks.agreement import Alike
from qa_speech.sampling.estimation import ALL, Estimates, Line, Missing, Stopped
from qa_speech.wording.catalogue import METADATA
from qa_speech.wording.lang import Lang, Words, pick, say
from qa_speech.wording.terms import term

METHODS: Words = {
    "pooled": ("合并", "pooled"),
    "alone": ("单独：有一处改判很大", "alone: a grave correction"),
    "exact": ("精确", "exact"),
    "exact, weighted": ("精确，加权", "exact, weighted"),
    "normal": ("正态，偏度校正", "normal, skewness corrected"),
    "normal, weighted": ("正态，加权", "normal, weighted"),
    "no marks": ("没有评定", "no marks"),
    "census": ("全部", "census"),
}
CORRECTED = "machine, corrected ("
FIGURES: Words = {"total": ("总分", "mean total"), "passed": ("合格率", "pass rate")}
MARKS: Words = {
    "human": ("只用人工评定", "people's marks alone"),
    "final": ("人工评定优先，没有的用机器", "people's marks, else the machine"),
    "machine": ("机器评分", "the machine"),
}
MISSING: Words = {
    "no_marks": ("还没有人评", "nobody has marked it"),
    "undecided": ("还缺", "still open"),
    "no_total": ("评完了，但没有总分", "decided, but it has no total"),
    "gone": ("批次里已没有这通", "no longer in the run"),
}
OUT_OF_REACH = (
    "注意：{n:,} 通没有机会抽中，区间没有涵盖它们的不同",
    "note: {n:,} calls had no chance to be drawn; the intervals do not cover how they differ",
)
SHOWN_MISSING = 20
"""Unfinished calls that are named; the table has all."""


def spoken_method(method: str, lang: Lang) -> str:
    """A method in words.

    >>> spoken_method("machine, corrected (exact)", "zh")
    '机器校正，精确'
    """
    if method.startswith(CORRECTED):
        inner = spoken_method(method.removeprefix(CORRECTED).removesuffix(")"), lang)
        return pick(lang, f"机器校正，{inner}", f"machine, corrected; {inner}")
    return pick(lang, *METHODS[method]) if method in METHODS else method


def spoken_figure(name: str, lang: Lang) -> str:
    """A figure in words; a criterion by its id.

    >>> spoken_figure("criterion:taboo", "zh")
    'taboo 违规率（占全部通话）'
    """
    if name in FIGURES:
        return pick(lang, *FIGURES[name])
    criterion = name.partition(":")[2]
    return pick(lang, f"{criterion} 违规率（占全部通话）", f"{criterion}: share of all calls that fail it")


def level_name(level: str, lang: Lang) -> str:
    """A level of groups in words."""
    return pick(lang, "全体", "all calls") if level == ALL else _metadata(level, lang)


def _metadata(name: str, lang: Lang) -> str:
    return term(METADATA, name, lang).lower()


def sentences(found: Estimates, lang: Lang) -> Iterator[str]:
    """The answer, a line each."""
    figure, marks = spoken_figure(found.figure, lang), pick(lang, *MARKS[found.marks])
    if found.marks == "machine":
        yield pick(
            lang,
            f"{figure}，{marks}：{found.drawn:,} 通中判定 {found.finished:,} 通，没有抽样误差",
            f"{figure}, {marks}: {found.finished:,} of {found.drawn:,} calls judged, no sampling error",
        )
    else:
        yield pick(
            lang,
            f"{figure}，{marks}：抽 {found.drawn:,} 通，计入 {found.finished:,} 通",
            f"{figure}, {marks}: {found.drawn:,} calls drawn, {found.finished:,} count",
        )
    if found.changed:
        yield pick(
            lang,
            "批次里的通话与抽样时不同：机器评分不用，只凭评定估计",
            "the run holds other calls than at the draw: the machine is left out, marks alone count",
        )
    if found.out_of_reach:
        yield say(lang, OUT_OF_REACH, n=found.out_of_reach)
    if found.whole is None:
        yield pick(lang, "还没有一通评完，没有可估计的", "no call is finished yet, there is nothing to estimate")
    else:
        yield _whole(found.whole, found, lang)
    yield from _groups(found, lang)
    if found.stop is not None:
        yield stop_sentence(found.stop, found.figure, lang)
    yield from _missing(found.unfinished, lang)


def unit_of(figure: str, lang: Lang) -> str:
    """What a figure is counted in."""
    return pick(lang, " 分", " points") if figure == "total" else " %"


def _whole(line: Line, found: Estimates, lang: Lang) -> str:
    unit = unit_of(found.figure, lang)
    if line.method == "census":
        return pick(lang, f"全体：{line.value:.1f}{unit}，n {line.n:,}", f"all: {line.value:.1f}{unit}, n {line.n:,}")
    text = _estimated(line, unit, lang)
    if found.gain is not None:
        share = abs(100 * found.gain)
        zh, en = ("窄", "narrower") if found.gain >= 0 else ("宽", "wider")
        text += pick(lang, f"；有机器评分，区间{zh} {share:.0f}%", f"; the machine makes it {share:.0f} % {en}")
    return pick(lang, f"全体 {line.calls:,} 通：{text}", f"all {line.calls:,} calls: {text}")


def _interval(line: Line, unit: str, lang: Lang) -> str:
    value = f"{line.value:.1f}{unit}"
    low, high = f"{line.low:.1f}", f"{line.high:.1f}"
    return pick(lang, f"{value}（95% 区间 {low}–{high}，n {line.n}）", f"{value} (95 % {low}–{high}, n {line.n})")


def _estimated(line: Line, unit: str, lang: Lang) -> str:
    method = spoken_method(line.method, lang)
    return _interval(line, unit, lang) + pick(lang, f"，{method}", f", {method}")


def _groups(found: Estimates, lang: Lang) -> Iterator[str]:
    if not found.groups:
        return
    by, unit = _metadata(found.by, lang), unit_of(found.figure, lang)
    yield ""
    yield pick(lang, f"按{by}（按名称排列，不是名次）：", f"by {by} (in order of names, no ranking):")
    for line in found.groups:
        yield f"  {line.group}  {_group(line, unit, lang)}"
    if found.top_up:
        yield ""
        yield pick(
            lang, f"要把区间收到 {found.wanted_width:g} 以内：", f"to bring intervals to {found.wanted_width:g}:"
        )
    for line in found.top_up:
        yield f"  {top_up_sentence(found.by, line, lang)}"


def top_up_sentence(by: str, line: Line, lang: Lang) -> str:
    """Whose calls to hear next.

    >>> line = Line("1037", 200, 80, 60, 90, 4, "alone", 60, 90, 4, top_up=6)
    >>> top_up_sentence("agent", line, "zh")
    '工号 1037 再听 6 通'
    """
    name = pick(lang, "工号", "agent") if by == "agent" else _metadata(by, lang)
    return pick(lang, f"{name} {line.group} 再听 {line.top_up} 通", f"{name} {line.group}: {line.top_up} more calls")


def _group(line: Line, unit: str, lang: Lang) -> str:
    if line.method == "census":
        return pick(lang, f"{line.value:.1f}{unit}，n {line.n:,}", f"{line.value:.1f}{unit}, n {line.n:,}")
    if line.carried_by:
        level = level_name(line.carried_by, lang)
        name = "" if line.carried_by == ALL else f" {line.carried_from}"
        theirs = _interval(line, unit, lang)
        own = pick(lang, "没有评完的通话", "no finished call")
        if line.own_n:
            own = pick(
                lang,
                f"自己的 {line.own_n} 通只说得出 {line.own_low:.0f}–{line.own_high:.0f}",
                f"the own {line.own_n} only tell {line.own_low:.0f}–{line.own_high:.0f}",
            )
        return pick(lang, f"{own}；这是{level}{name}的：{theirs}", f"{own}; this is of {level}{name}: {theirs}")
    text = _estimated(line, unit, lang)
    if line.differs:
        zh, en = ("高于", "above") if line.differs == "above" else ("低于", "below")
        text += pick(lang, f"  ← 确定{zh}全体", f"  ← {en} the whole for sure")
    return text


def stop_sentence(stop: Stopped, figure: str, lang: Lang) -> str:
    """Whether one may stop.

    >>> stop_sentence(Stopped(2.0, True, 90.0, 89.0, 91.5, 300), "total", "zh")
    '±2 分：可以停了，已听 300 通，90.0 分（89.0–91.5，随时可看都成立）'
    """
    unit = unit_of(figure, lang)
    interval = f"{stop.value:.1f}{unit}"
    zh = "可以停了" if stop.enough else "还不够"
    en = "enough" if stop.enough else "not yet"
    if stop.waiting:
        names = "、".join(stop.waiting)
        zh += f"（还没有听到：{names}）"
        en += f" (nobody has heard: {names})"
    return pick(
        lang,
        f"±{stop.within:g}{unit}：{zh}，已听 {stop.n} 通，{interval}（{stop.low:.1f}–{stop.high:.1f}，随时可看都成立）",
        f"±{stop.within:g}{unit}: {en}, {stop.n} heard, {interval} ({stop.low:.1f}–{stop.high:.1f}, valid at any look)",
    )


def _missing(missing: tuple[Missing, ...], lang: Lang) -> Iterator[str]:
    if not missing:
        return
    yield ""
    yield pick(lang, f"没有计入 {len(missing)} 通：", f"{len(missing)} do not count:")
    for one in missing[:SHOWN_MISSING]:
        yield f"  {one.call}  {missing_reason(one, lang)}"
    if len(missing) > SHOWN_MISSING:
        rest = len(missing) - SHOWN_MISSING
        yield pick(lang, f"  …… 另有 {rest} 通，见 --out 的表", f"  … and {rest} more, see the table of --out")


def missing_reason(one: Missing, lang: Lang) -> str:
    """Why a call does not count."""
    text = pick(lang, *MISSING[one.reason])
    return f"{text} {', '.join(one.undecided)}" if one.undecided else text


def agreement_sentence(found: Alike | None, lang: Lang) -> str:
    """Beside a census: how often the machine is right, as far as people have looked."""
    if found is None:
        return pick(
            lang,
            "机器与人的一致率：还没有人工评定，不知道机器判得准不准",
            "agreement with people: nobody has marked anything yet; how right the machine is remains unknown",
        )
    share, low, high = 100 * found.value, 100 * found.low, 100 * found.high
    return pick(
        lang,
        f"机器与人的一致率：{share:.1f}%（95% 区间 {low:.1f}–{high:.1f}，{found.calls} 通的 {found.n} 条评定）",
        f"agreement with people: {share:.1f} % (95 % {low:.1f}–{high:.1f}, {found.n} marks of {found.calls} calls)",
    )
