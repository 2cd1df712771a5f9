"""What a draw, or drawing it again, has come to: lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from qa_speech.sampling.draw import Shortfall
from qa_speech.sampling.frame import OF_THE_START, Frame
from qa_speech.sampling.plan import Plan
from qa_speech.sampling.record import Record, Verdict
from qa_speech.wording.lang import Lang, Words, labelled, listed, pick, say

SHOWN = 20
"""Groups, shortfalls and calls that are listed by name; of the others the number is said."""
EVERY_CALL = ("全部", "all calls")
FRAME = ("抽样框 {n} 通", "frame: {n} calls")
LEFT_OUT: Words = {
    "other": ("通不符合条件", "do not fulfil the conditions"),
    "inspected": ("通已质检，不再抽", "inspected already, not drawn again"),
    "failed": ("通处理失败，不能抽", "failed, cannot be drawn"),
    "forgotten": ("通已删除，不能抽", "forgotten, cannot be drawn"),
    "without_total": ("通没有总分，照样可抽", "have no total; they can be drawn"),
    "undated": ("通没有可读的开始时间，均匀抽取时排在一起", "have no readable start, and are spread side by side"),
}
"""Of so many calls something is to be said beside the frame."""
GROUPS = ("{groups} 组，共抽 {calls} 通", "{groups} groups, {calls} calls drawn")
GROUP = ("{name}：{of} 通里抽 {drawn} 通", "{name}: {drawn} drawn of {of}")
ASSIGNED = ("分派", "assigned")
LOAD = ("{name} {n} 通", "{name} {n}")
NO_TEAM = (
    "注意：抽中的 {n} 通没有班组（team），可能分给了本组质检员",
    "note: {n} calls drawn have no team; their own team may hear them",
)
QUOTAS = ("没有抽足 {n} 处", "{n} quotas not met")
QUOTA = ("应抽 {wanted} 通，只有 {found} 通", "{wanted} wanted, {found} found")
NOTHING_LEFT = ("没有可抽的，全部已质检", "nothing left, all inspected already")
UNHEARD = (
    "没有人可听 {n} 通（只剩本组质检员，或都已派满）",
    "{n} calls that nobody may hear (own team, or everybody is full)",
)
OUT_OF_REACH = (
    "注意：{n} 通没有机会抽中（各层配额之和已达本组数量）；估计不涵盖它们，涉及：",
    "note: {n} calls have no chance to be drawn (strata take the whole number); estimates say nothing of them:",
)
MORE = ("  ……还有 {n} 项，见 sample.json", "  … and {n} more, in sample.json")
SAME = (
    "一致：再抽一次得到同样的 {n} 通，概率和分派也相同",
    "same: drawing again gives the same {n} calls, chances and inspectors",
)
OTHER_FRAME = (
    "抽样框变了：抽取时 {before} 通，现在 {now} 通（通话、分数或资料有改动）",
    "another frame: {before} calls then, {now} now (calls, scores or metadata changed)",
)
DIFFERENCES: Words = {
    "missing": ("现在抽不到", "drawn no longer"),
    "added": ("现在多抽到", "drawn now"),
    "changed": ("概率、分组或分派不同", "another chance, group or inspector"),
}
SAME_LIST = ("抽中的名单没有变", "the list itself is the same")
CALLS = ("{n} 通", "{n} calls")


def as_lines(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    """A draw: frame, groups, who hears how many, and all that could not be done as planned."""
    lines = _of_the_frame(record, plan, frame, lang)
    lines += _of_groups(record, lang)
    if plan.inspectors:
        lines.append(_of_inspectors(record, plan, lang))
        lines += _of_unknown_teams(record, plan, frame, lang)
    return lines + _of_quotas(record, lang) + _of_unheard(record, lang) + _of_those_out_of_reach(record, lang)


def _of_the_frame(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    by_start = plan.spread or plan.names.intersection(OF_THE_START)
    inspected = len(record.inspected)
    left_out = {
        "other": len(frame.calls) - record.frame_size - inspected,
        "inspected": inspected,
        "failed": frame.failed,
        "forgotten": frame.forgotten,
        "without_total": frame.without_total,
        "undated": frame.without_start if by_start else 0,
    }
    lines = [say(lang, FRAME, n=record.frame_size)]
    for why, calls in left_out.items():
        if calls:
            text = pick(lang, *LEFT_OUT[why])
            lines.append(f"  {calls} {text}")
    return lines


def _of_groups(record: Record, lang: Lang) -> list[str]:
    drawn = Counter(call.group for call in record.drawn)
    lines = []
    for group, totals in record.groups.items():
        lines.append(say(lang, GROUP, name=_name(group, lang), of=totals.calls, drawn=drawn[group]))
    head = say(lang, GROUPS, groups=len(record.groups), calls=len(record.drawn))
    return [head, *_some(lines, lang)]


def _name(group: str, lang: Lang) -> str:
    return group or pick(lang, *EVERY_CALL)


def _of_inspectors(record: Record, plan: Plan, lang: Lang) -> str:
    load = Counter(call.inspector for call in record.drawn)
    shares = [say(lang, LOAD, name=one.name, n=load[one.name]) for one in plan.inspectors]
    return labelled(pick(lang, *ASSIGNED), listed(shares, lang), lang)


def _of_unknown_teams(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    """That nobody hears his own team can be promised only where the team of a call is known."""
    drawn = {call.id for call in record.drawn}
    unknown = [call for call in frame.calls if call.id in drawn and not call.text("team")]
    if not unknown or not any(one.team for one in plan.inspectors):
        return []
    return [say(lang, NO_TEAM, n=len(unknown))]


def _of_quotas(record: Record, lang: Lang) -> list[str]:
    quotas = [_shortfall(one, lang) for one in record.short if not one.call]
    if not quotas:
        return []
    return [say(lang, QUOTAS, n=len(quotas)), *_some(quotas, lang)]


def _shortfall(one: Shortfall, lang: Lang) -> str:
    parts = [part for part in (one.group, one.stratum) if part]
    name = _name(listed(parts, lang), lang)
    words = QUOTA
    if one.wanted == 0:
        words = NOTHING_LEFT
    return labelled(name, say(lang, words, wanted=one.wanted, found=one.found), lang)


def _of_unheard(record: Record, lang: Lang) -> list[str]:
    unheard = [one.call for one in record.short if one.call]
    if not unheard:
        return []
    return [say(lang, UNHEARD, n=len(unheard)), *_some(unheard, lang)]


def _of_those_out_of_reach(record: Record, lang: Lang) -> list[str]:
    count = sum(record.out_of_reach.values())
    if not count:
        return []
    groups = [_name(group, lang) for group in record.out_of_reach]
    return [say(lang, OUT_OF_REACH, n=count), *_some(groups, lang)]


def _some(texts: Sequence[str], lang: Lang) -> list[str]:
    """The first of them, indented, and how many more there are."""
    lines = [f"  {text}" for text in texts[:SHOWN]]
    more = len(texts) - SHOWN
    if more > 0:
        lines.append(say(lang, MORE, n=more))
    return lines


def verdict_lines(record: Record, verdict: Verdict, lang: Lang) -> list[str]:
    """Drawing again: that the same list came out, or what differs."""
    if verdict.holds:
        return [say(lang, SAME, n=len(record.drawn))]
    lines = []
    if not verdict.same_frame:
        lines.append(say(lang, OTHER_FRAME, before=record.frame_size, now=verdict.frame_size))
    lines += _listed_calls("missing", verdict.missing, lang)
    lines += _listed_calls("added", verdict.added, lang)
    lines += _listed_calls("changed", verdict.changed, lang)
    if verdict.same_list:
        lines.append(pick(lang, *SAME_LIST))
    return lines


def _listed_calls(difference: str, calls: Sequence[str], lang: Lang) -> list[str]:
    if not calls:
        return []
    title = pick(lang, *DIFFERENCES[difference])
    return [labelled(title, say(lang, CALLS, n=len(calls)), lang), *_some(calls, lang)]
