"""What a draw, or drawing it again, has come to: lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from qa_speech.sampling.draw import Shortfall
from qa_speech.sampling.frame import OF_THE_START, Frame
from qa_speech.sampling.plan import Plan
from qa_speech.sampling.record import Record, Verdict
from qa_speech.wording.lang import Lang, labelled, listed, pick

SHOWN = 20
"""Groups, shortfalls and calls that are listed by name; of the others the number is said."""
EVERY_CALL = ("全部", "all calls")


def as_lines(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    """A draw: frame, groups, who hears how many, and all that could not be done as planned."""
    lines = _of_the_frame(record, plan, frame, lang)
    lines += _of_groups(record, lang)
    if plan.inspectors:
        lines.append(_of_inspectors(record, plan, lang))
        lines += _of_unknown_teams(record, plan, frame, lang)
    return lines + _of_quotas(record, lang) + _of_unheard(record, lang) + _of_those_out_of_reach(record, lang)


class _Part(NamedTuple):
    """So many calls of which something is to be said."""

    calls: int
    zh: str
    en: str


def _of_the_frame(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    other = len(frame.calls) - record.frame_size - len(record.inspected)
    undated = 0
    if plan.spread or plan.names.intersection(OF_THE_START):
        undated = frame.without_start
    parts = (
        _Part(other, "通不符合条件", "do not fulfil the conditions"),
        _Part(len(record.inspected), "通已质检，不再抽", "inspected already, not drawn again"),
        _Part(frame.failed, "通处理失败，不能抽", "failed, cannot be drawn"),
        _Part(frame.forgotten, "通已删除，不能抽", "forgotten, cannot be drawn"),
        _Part(frame.without_total, "通没有总分，照样可抽", "have no total; they can be drawn"),
        _Part(
            undated, "通没有可读的开始时间，均匀抽取时排在一起", "have no readable start, and are spread side by side"
        ),
    )
    lines = [pick(lang, f"抽样框 {record.frame_size} 通", f"frame: {record.frame_size} calls")]
    for part in parts:
        if part.calls:
            text = pick(lang, part.zh, part.en)
            lines.append(f"  {part.calls} {text}")
    return lines


def _of_groups(record: Record, lang: Lang) -> list[str]:
    drawn = Counter(call.group for call in record.drawn)
    lines = []
    for group, totals in record.groups.items():
        name = _name(group, lang)
        zh = f"{name}：{totals.calls} 通里抽 {drawn[group]} 通"
        en = f"{name}: {drawn[group]} drawn of {totals.calls}"
        lines.append(pick(lang, zh, en))
    groups, calls = len(record.groups), len(record.drawn)
    head = pick(lang, f"{groups} 组，共抽 {calls} 通", f"{groups} groups, {calls} calls drawn")
    return [head, *_some(lines, lang)]


def _name(group: str, lang: Lang) -> str:
    return group or pick(lang, *EVERY_CALL)


def _of_inspectors(record: Record, plan: Plan, lang: Lang) -> str:
    load = Counter(call.inspector for call in record.drawn)
    unit = pick(lang, " 通", "")
    shares = [f"{one.name} {load[one.name]}{unit}" for one in plan.inspectors]
    return labelled(pick(lang, "分派", "assigned"), listed(shares, lang), lang)


def _of_unknown_teams(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    """That nobody hears his own team can be promised only where the team of a call is known."""
    drawn = {call.id for call in record.drawn}
    unknown = [call for call in frame.calls if call.id in drawn and not call.text("team")]
    if not unknown or not any(one.team for one in plan.inspectors):
        return []
    zh = f"注意：抽中的 {len(unknown)} 通没有班组（team），可能分给了本组质检员"
    en = f"note: {len(unknown)} calls drawn have no team; their own team may hear them"
    return [pick(lang, zh, en)]


def _of_quotas(record: Record, lang: Lang) -> list[str]:
    quotas = [_shortfall(one, lang) for one in record.short if not one.call]
    if not quotas:
        return []
    head = pick(lang, f"没有抽足 {len(quotas)} 处", f"{len(quotas)} quotas not met")
    return [head, *_some(quotas, lang)]


def _shortfall(one: Shortfall, lang: Lang) -> str:
    name = _name(listed(filter(None, (one.group, one.stratum)), lang), lang)
    zh = f"应抽 {one.wanted} 通，只有 {one.found} 通"
    en = f"{one.wanted} wanted, {one.found} found"
    if one.wanted == 0:
        zh, en = "没有可抽的，全部已质检", "nothing left, all inspected already"
    return labelled(name, pick(lang, zh, en), lang)


def _of_unheard(record: Record, lang: Lang) -> list[str]:
    unheard = [one.call for one in record.short if one.call]
    if not unheard:
        return []
    zh = f"没有人可听 {len(unheard)} 通（只剩本组质检员，或都已派满）"
    en = f"{len(unheard)} calls that nobody may hear (own team, or everybody is full)"
    return [pick(lang, zh, en), *_some(unheard, lang)]


def _of_those_out_of_reach(record: Record, lang: Lang) -> list[str]:
    count = sum(record.out_of_reach.values())
    if not count:
        return []
    zh = f"注意：{count} 通没有机会抽中（各层配额之和已达本组数量）；估计不涵盖它们，涉及："
    en = (
        f"note: {count} calls have no chance to be drawn (strata take the whole number); estimates say nothing of them:"
    )
    groups = [_name(group, lang) for group in record.out_of_reach]
    return [pick(lang, zh, en), *_some(groups, lang)]


def _some(texts: Sequence[str], lang: Lang) -> list[str]:
    """The first of them, indented, and how many more there are."""
    lines = [f"  {text}" for text in texts[:SHOWN]]
    more = len(texts) - SHOWN
    if more > 0:
        lines.append(pick(lang, f"  ……还有 {more} 项，见 sample.json", f"  … and {more} more, in sample.json"))
    return lines


def verdict_lines(record: Record, verdict: Verdict, lang: Lang) -> list[str]:
    """Drawing again: that the same list came out, or what differs."""
    if verdict.holds:
        count = len(record.drawn)
        zh = f"一致：再抽一次得到同样的 {count} 通，概率和分派也相同"
        en = f"same: drawing again gives the same {count} calls, chances and inspectors"
        return [pick(lang, zh, en)]
    before, now = record.frame_size, verdict.frame_size
    lines = []
    if not verdict.same_frame:
        zh = f"抽样框变了：抽取时 {before} 通，现在 {now} 通（通话、分数或资料有改动）"
        en = f"another frame: {before} calls then, {now} now (calls, scores or metadata changed)"
        lines.append(pick(lang, zh, en))
    lines += _listed_calls(pick(lang, "现在抽不到", "drawn no longer"), verdict.missing, lang)
    lines += _listed_calls(pick(lang, "现在多抽到", "drawn now"), verdict.added, lang)
    changed = pick(lang, "概率、分组或分派不同", "another chance, group or inspector")
    lines += _listed_calls(changed, verdict.changed, lang)
    if verdict.same_list:
        lines.append(pick(lang, "抽中的名单没有变", "the list itself is the same"))
    return lines


def _listed_calls(title: str, calls: Sequence[str], lang: Lang) -> list[str]:
    if not calls:
        return []
    count = pick(lang, f"{len(calls)} 通", f"{len(calls)} calls")
    return [labelled(title, count, lang), *_some(calls, lang)]
