"""What agreement comes to, line by line, Chinese or English: n and interval beside every figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from qa_speech.marks.agreement import RECENT, CriterionAgreement, Drift
from qa_speech.marks.recognition import EVERYBODY, RoleErrors
from qa_speech.marks.study import Bound, PersonAgreement, Study
from qa_speech.stats.agreement import Agreement
from qa_speech.wording.catalogue import OUTCOMES, ROLES
from qa_speech.wording.lang import Lang, Words, pick
from qa_speech.wording.terms import term

KINDS: Words = {
    "machine": ("机器与人", "machine against people"),
    "people": ("人与人", "people against people"),
    "expert": ("校准：各人与专家", "calibration: everybody against the expert"),
}
SIDES: Words = {"at_least": ("不低于", "at least"), "at_most": ("不超过", "at most")}


def sentences(found: Study, lang: Lang) -> Iterator[str]:
    """The answer, a line each."""
    kind = pick(lang, *KINDS[found.kind])
    if found.alike is None:
        yield pick(lang, f"{kind}：还没有可以对照的评定", f"{kind}: no marks to hold against each other yet")
    else:
        yield _headline(found, kind, lang)
    for criterion in found.criteria:
        yield from _criterion(criterion, lang)
    if found.people:
        yield ""
        yield pick(lang, "按人（按姓名排列，不是名次）：", "by person (in order of names, no ranking):")
    for person in found.people:
        yield f"  {_person(person, lang)}"
    yield from _drifts(found, lang)
    yield from _reword(found, lang)
    if found.totals.value is not None:
        yield ""
        yield pick(
            lang, f"校准总分 ICC(2,1)：{_coefficient(found.totals, lang)}",
            f"totals in calibration, ICC(2,1): {_coefficient(found.totals, lang)}",
        )  # fmt: skip
    yield from _bounds(found.bounds, lang)


def _headline(found: Study, kind: str, lang: Lang) -> str:
    alike = found.alike
    assert alike is not None
    share = _share(alike.value, alike.low, alike.high, alike.n, lang)
    return pick(lang, f"{kind}：一致 {share}，{alike.calls} 通", f"{kind}: alike {share}, {alike.calls} calls")


def _share(value: float, low: float, high: float, n: int, lang: Lang) -> str:
    """A share with its interval, in per cent.

    >>> _share(0.9, 0.596, 0.982, 10, "zh")
    '90.0%（59.6–98.2，n 10）'
    """
    numbers = f"{100 * low:.1f}–{100 * high:.1f}"
    return pick(lang, f"{100 * value:.1f}%（{numbers}，n {n}）", f"{100 * value:.1f} % ({numbers}, n {n})")


def _coefficient(found: Agreement, lang: Lang) -> str:
    """A coefficient with its interval.

    >>> _coefficient(Agreement(0.484, 0.214, 0.755, 19), "zh"), _coefficient(Agreement(None, None, None, 5), "zh")
    ('0.48（0.21–0.76，n 19）', '无从计算（n 5）')
    """
    if found.value is None:
        return pick(lang, f"无从计算（n {found.n}）", f"not defined (n {found.n})")
    if found.low is None or found.high is None:
        return pick(lang, f"{found.value:.2f}（n {found.n}）", f"{found.value:.2f} (n {found.n})")
    numbers = f"{found.low:.2f}–{found.high:.2f}"
    return pick(lang, f"{found.value:.2f}（{numbers}，n {found.n}）", f"{found.value:.2f} ({numbers}, n {found.n})")


def _criterion(found: CriterionAgreement, lang: Lang) -> Iterator[str]:
    if found.share is None:
        return
    yield ""
    share = _share(found.share.value, found.share.low, found.share.high, found.n, lang)
    yield pick(lang, f"{found.criterion}  一致 {share}", f"{found.criterion}  alike {share}")
    kappa, weighted = _coefficient(found.kappa, lang), _coefficient(found.weighted, lang)
    alpha = _coefficient(found.alpha, lang)
    yield pick(
        lang, f"  κ {kappa}  加权 κ {weighted}  α {alpha}", f"  kappa {kappa}  weighted {weighted}  alpha {alpha}"
    )
    for (first, second), count in found.confusion.items():
        if first != second:
            yield f"  {term(OUTCOMES, first, lang)} → {term(OUTCOMES, second, lang)}  {count}"


def _person(found: PersonAgreement, lang: Lang) -> str:
    alike = found.alike
    return f"{found.person}  {_share(alike.value, alike.low, alike.high, alike.n, lang)}"


def _drifts(found: Study, lang: Lang) -> Iterator[str]:
    alarms = [one for one in (*found.drifting, *found.drifting_people) if one.alarm]
    looked = len(found.drifting) + len(found.drifting_people)
    if not looked:
        return
    yield ""
    yield pick(
        lang,
        f"漂移：最近 {RECENT} 条与此前相比，看了 {looked} 处（每处误报不到 1%），报警 {len(alarms)} 处",
        f"drift: the last {RECENT} against those before, {looked} looked at (false alarms below 1 % each), {len(alarms)} alarms",
    )
    for one in alarms:
        yield f"  {_drift(one, lang)}"


def _drift(one: Drift, lang: Lang) -> str:
    before = _share(one.before.value, one.before.low, one.before.high, one.n_before, lang)
    recent = _share(one.recent.value, one.recent.low, one.recent.high, one.n_recent, lang)
    return f"{one.name}  {before} → {recent}  p {one.p:.4f}"


def _reword(found: Study, lang: Lang) -> Iterator[str]:
    if not found.reword:
        return
    yield ""
    yield pick(
        lang,
        "先改写这几项（人与人的判法就不一致）：",
        "reword these criteria first (people do not agree among themselves):",
    )
    for one in found.reword:
        yield f"  {one.criterion}  κ {_coefficient(one.kappa, lang)}"


def _bounds(bounds: Iterable[Bound], lang: Lang) -> Iterator[str]:
    for place, one in enumerate(bounds):
        if place == 0:
            yield ""
            yield pick(
                lang,
                "下面的界限与人更一致（只是建议，不会改评分表；是在同一批评定上挑出来的，换一批再验）：",
                "these bounds would have agreed better (suggestions, never applied; chosen on these marks, so try them on others):",
            )
        now, better = one.suggestion.agree_now, one.suggestion.agree
        side = pick(lang, *SIDES[one.side])
        before = _share(now.value, now.low, now.high, one.suggestion.n, lang)
        after = _share(better.value, better.low, better.high, one.suggestion.n, lang)
        yield f"  {one.criterion}  {one.metric} {side} {one.now:g} → {one.suggestion.bound:g}  {before} → {after}"


def recognition_sentences(found: Iterable[RoleErrors], lang: Lang) -> Iterator[str]:
    """Characters misheard, by role."""
    yield ""
    yield pick(lang, "识别字错率（与人工转写对照）：", "characters misheard (against people's transcripts):")
    for one in found:
        role = pick(lang, "全部", "all") if one.role == EVERYBODY else term(ROLES, one.role, lang)
        interval = pick(lang, "只有一通，没有区间", "one call, no interval")
        if one.low is not None and one.high is not None:
            interval = f"{100 * one.low:.1f}–{100 * one.high:.1f}"
        yield pick(
            lang,
            f"  {role}  {100 * one.rate:.1f}%（{interval}；{one.characters:,} 字，{one.calls} 通）",
            f"  {role}  {100 * one.rate:.1f} % ({interval}; {one.characters:,} characters, {one.calls} calls)",
        )
