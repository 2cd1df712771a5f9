"""What a draw, or drawing it again, has come to: lines for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

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
    lines = [*_of_the_frame(record, plan, frame, lang), *_of_groups(record, lang)]
    if plan.inspectors:
        lines += _of_inspectors(record, plan, lang)
    quotas = [one for one in record.short if not one.call]
    if quotas:
        lines.append(pick(lang, f"没有抽足 {len(quotas)} 处", f"{len(quotas)} quotas not met"))
        lines += _some([_shortfall(one, lang) for one in quotas], lang)
    unheard = [one.call for one in record.short if one.call]
    if unheard:
        zh = f"没有人可听 {len(unheard)} 通（只剩本组质检员，或都已派满）"
        en = f"{len(unheard)} calls that nobody may hear (own team, or everybody is full)"
        lines.append(pick(lang, zh, en))
        lines += _some(unheard, lang)
    return lines + _out_of_reach(record, lang)


def _of_the_frame(record: Record, plan: Plan, frame: Frame, lang: Lang) -> list[str]:
    left_out = len(frame.calls) - record.frame_size - len(record.inspected)
    lines = [pick(lang, f"抽样框 {record.frame_size} 通", f"frame: {record.frame_size} calls")]
    said = (
        (left_out, "通不符合条件", "do not fulfil the conditions"),
        (len(record.inspected), "通已质检，不再抽", "inspected already, not drawn again"),
        (frame.failed, "通处理失败，不能抽", "failed, cannot be drawn"),
        (frame.forgotten, "通已删除，不能抽", "forgotten, cannot be drawn"),
    )
    lines += [pick(lang, f"  另有 {count} {zh}", f"  {count} {en}") for count, zh, en in said if count]
    if frame.without_total:
        zh = f"  成功处理的 {len(frame.calls)} 通里，{frame.without_total} 通没有总分，照样可抽"
        en = f"  {frame.without_total} of the {len(frame.calls)} calls that worked have no total; they can be drawn"
        lines.append(pick(lang, zh, en))
    if frame.without_start and (plan.spread or plan.names.intersection(OF_THE_START)):
        zh = f"  {frame.without_start} 通没有可读的开始时间，按日期均匀抽取时排在一起"
        en = f"  {frame.without_start} calls have no readable start; an even spread over time lays them side by side"
        lines.append(pick(lang, zh, en))
    return lines


def _of_groups(record: Record, lang: Lang) -> list[str]:
    drawn = Counter(call.group for call in record.drawn)
    every = pick(lang, *EVERY_CALL)
    lines = []
    for group, totals in record.groups.items():
        name = group or every
        count = drawn[group]
        lines.append(
            pick(lang, f"{name}：{totals.calls} 通里抽 {count} 通", f"{name}: {count} drawn of {totals.calls}")
        )
    total = len(record.drawn)
    head = pick(lang, f"{len(record.groups)} 组，共抽 {total} 通", f"{len(record.groups)} groups, {total} calls drawn")
    return [head, *_some(lines, lang)]


def _of_inspectors(record: Record, plan: Plan, lang: Lang) -> list[str]:
    load = Counter(call.inspector for call in record.drawn)
    shares = [pick(lang, f"{one.name} {load[one.name]} 通", f"{one.name} {load[one.name]}") for one in plan.inspectors]
    return [labelled(pick(lang, "分派", "assigned"), listed(shares, lang), lang)]


def _shortfall(one: Shortfall, lang: Lang) -> str:
    name = listed([part for part in (one.group, one.stratum) if part], lang) or pick(lang, *EVERY_CALL)
    if one.wanted == 0:
        return pick(lang, f"{name}：没有可抽的，全部已质检", f"{name}: nothing left, all inspected already")
    return pick(
        lang, f"{name}：应抽 {one.wanted} 通，只有 {one.found} 通", f"{name}: {one.wanted} wanted, {one.found} found"
    )


def _out_of_reach(record: Record, lang: Lang) -> list[str]:
    count = sum(record.out_of_reach.values())
    if not count:
        return []
    zh = f"注意：{count} 通没有机会抽中（各层配额之和已达本组数量）；估计不涵盖它们，涉及："
    en = (
        f"note: {count} calls have no chance to be drawn (strata take the whole number); estimates say nothing of them:"
    )
    return [pick(lang, zh, en), *_some([group or pick(lang, *EVERY_CALL) for group in record.out_of_reach], lang)]


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
        return [pick(lang, zh, f"same: drawing again gives the same {count} calls, chances and inspectors")]
    lines = []
    if not verdict.same_frame:
        zh = f"抽样框变了：抽取时 {record.frame_size} 通，现在 {verdict.frame_size} 通（通话、分数或资料有改动）"
        en = f"another frame: {record.frame_size} calls then, {verdict.frame_size} now (calls, scores or metadata changed)"
        lines.append(pick(lang, zh, en))
    differences = (
        ("现在抽不到", "drawn no longer", verdict.missing),
        ("现在多抽到", "drawn now", verdict.added),
        ("概率、分组或分派不同", "another chance, group or inspector", verdict.changed),
    )
    for zh, en, calls in differences:
        lines += _listed_calls(pick(lang, zh, en), calls, lang)
    if verdict.same_list:
        lines.append(pick(lang, "抽中的名单没有变", "the list itself is the same"))
    return lines


def _listed_calls(title: str, calls: Iterable[str], lang: Lang) -> list[str]:
    names = list(calls)
    if not names:
        return []
    return [labelled(title, pick(lang, f"{len(names)} 通", f"{len(names)} calls"), lang), *_some(names, lang)]
