"""What agreement comes to, line by line, Chinese or English: n and interval beside every figure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from qa_speech.marks.agreement import RECENT, Alike, CriterionAgreement
from qa_speech.marks.recognition import EVERYBODY, RoleErrors
from qa_speech.marks.study import Bound, Study
from qa_speech.stats.agreement import Agreement
from qa_speech.stats.intervals import Interval
from qa_speech.wording.catalogue import OUTCOMES, ROLES
from qa_speech.wording.lang import Lang, Words, pick, say
from qa_speech.wording.terms import term

KINDS: Words = {
    "machine": ("机器与人", "machine against people"),
    "people": ("人与人", "people against people"),
    "expert": ("校准：各人与专家", "calibration: everybody against the expert"),
}
SIDES: Words = {"at_least": ("不低于", "at least"), "at_most": ("不超过", "at most")}
SHARE = ("{value:.1f}%（{low:.1f}–{high:.1f}，n {n}）", "{value:.1f} % ({low:.1f}–{high:.1f}, n {n})")
COEFFICIENT = ("{value:.2f}（{low:.2f}–{high:.2f}，n {n}）", "{value:.2f} ({low:.2f}–{high:.2f}, n {n})")
NO_INTERVAL = ("{value:.2f}（n {n}）", "{value:.2f} (n {n})")
NOT_DEFINED = ("无从计算（n {n}）", "not defined (n {n})")
NOTHING = ("{kind}：还没有可以对照的评定", "{kind}: no marks to hold against each other yet")
HEADLINE = ("{kind}：一致 {share}，{calls} 通", "{kind}: alike {share}, {calls} calls")
CRITERION = ("{name}  一致 {share}", "{name}  alike {share}")
COEFFICIENTS = (
    "  κ {kappa}  加权 κ {weighted}  α {alpha}",
    "  kappa {kappa}  weighted {weighted}  alpha {alpha}",
)
BY_PERSON = ("按人（按姓名排列，不是名次）：", "by person (in order of names, no ranking):")
TOTALS = ("校准总分 ICC(2,1)：{icc}", "totals in calibration, ICC(2,1): {icc}")
DRIFT = (
    "漂移：最近 {recent} 条与此前相比，看了 {looked} 处（每处误报不到 1%），报警 {alarms} 处",
    "drift: the last {recent} against those before, {looked} looked at (false alarms below 1 % each), {alarms} alarms",
)
REWORD = (
    "先改写这几项（人与人的判法就不一致）：",
    "reword these criteria first (people do not agree among themselves):",
)
BOUNDS = (
    "下面的界限与人更一致（只是建议，不会改评分表；是在同一批评定上挑出来的，换一批再验）：",
    "these bounds would have agreed better (suggestions, never applied; chosen on these marks, so try them on others):",
)
MISHEARD = ("识别字错率（与人工转写对照）：", "characters misheard (against people's transcripts):")
OF_A_ROLE = (
    "  {role}  {rate:.1f}%（{interval}；{characters:,} 字，{calls} 通）",
    "  {role}  {rate:.1f} % ({interval}; {characters:,} characters, {calls} calls)",
)
ONE_CALL = ("只有一通，没有区间", "one call, no interval")
ALL_ROLES = ("全部", "all")


def sentences(found: Study, lang: Lang) -> Iterator[str]:
    """The answer, a line each."""
    kind = pick(lang, *KINDS[found.kind])
    if found.alike is None:
        yield say(lang, NOTHING, kind=kind)
    else:
        yield say(lang, HEADLINE, kind=kind, share=_share(found.alike, found.alike.n, lang), calls=found.alike.calls)
    for criterion in found.criteria:
        yield from _criterion(criterion, lang)
    if found.people:
        yield ""
        yield pick(lang, *BY_PERSON)
    for person in found.people:
        share = _share(person.alike, person.alike.n, lang)
        yield f"  {person.person}  {share}"
    yield from _drifts(found, lang)
    yield from _reword(found, lang)
    if found.totals.value is not None:
        yield ""
        yield say(lang, TOTALS, icc=_coefficient(found.totals, lang))
    yield from _bounds(found.bounds, lang)


def _share(found: Interval | Alike, n: int, lang: Lang) -> str:
    """A share with its interval, in per cent.

    >>> _share(Interval(0.9, 0.596, 0.982), 10, "zh")
    '90.0%（59.6–98.2，n 10）'
    """
    return say(lang, SHARE, value=100 * found.value, low=100 * found.low, high=100 * found.high, n=n)


def _coefficient(found: Agreement, lang: Lang) -> str:
    """A coefficient with its interval.

    >>> _coefficient(Agreement(0.484, 0.214, 0.755, 19), "zh"), _coefficient(Agreement(None, None, None, 5), "zh")
    ('0.48（0.21–0.76，n 19）', '无从计算（n 5）')
    """
    if found.value is None:
        return say(lang, NOT_DEFINED, n=found.n)
    if found.low is None or found.high is None:
        return say(lang, NO_INTERVAL, value=found.value, n=found.n)
    return say(lang, COEFFICIENT, value=found.value, low=found.low, high=found.high, n=found.n)


def _criterion(found: CriterionAgreement, lang: Lang) -> Iterator[str]:
    if found.share is None:
        return
    yield ""
    yield say(lang, CRITERION, name=found.criterion, share=_share(found.share, found.n, lang))
    kappa, weighted = _coefficient(found.kappa, lang), _coefficient(found.weighted, lang)
    yield say(lang, COEFFICIENTS, kappa=kappa, weighted=weighted, alpha=_coefficient(found.alpha, lang))
    for (first, second), count in found.confusion.items():
        if first != second:
            before, after = term(OUTCOMES, first, lang), term(OUTCOMES, second, lang)
            yield f"  {before} → {after}  {count}"


def _drifts(found: Study, lang: Lang) -> Iterator[str]:
    looked = [*found.drifting, *found.drifting_people]
    if not looked:
        return
    alarms = [one for one in looked if one.alarm]
    yield ""
    yield say(lang, DRIFT, recent=RECENT, looked=len(looked), alarms=len(alarms))
    for one in alarms:
        before, recent = _share(one.before, one.n_before, lang), _share(one.recent, one.n_recent, lang)
        yield f"  {one.name}  {before} → {recent}  p {one.p:.4f}"


def _reword(found: Study, lang: Lang) -> Iterator[str]:
    if not found.reword:
        return
    yield ""
    yield pick(lang, *REWORD)
    for one in found.reword:
        kappa = _coefficient(one.kappa, lang)
        yield f"  {one.criterion}  κ {kappa}"


def _bounds(bounds: Sequence[Bound], lang: Lang) -> Iterator[str]:
    if bounds:
        yield ""
        yield pick(lang, *BOUNDS)
    for one in bounds:
        better = one.suggestion
        side = pick(lang, *SIDES[one.side])
        before, after = _share(better.agree_now, better.n, lang), _share(better.agree, better.n, lang)
        yield f"  {one.criterion}  {one.metric} {side} {one.now:g} → {better.bound:g}  {before} → {after}"


def recognition_sentences(found: Iterable[RoleErrors], lang: Lang) -> Iterator[str]:
    """Characters misheard, by role."""
    yield ""
    yield pick(lang, *MISHEARD)
    for one in found:
        role = term(ROLES, one.role, lang)
        if one.role == EVERYBODY:
            role = pick(lang, *ALL_ROLES)
        interval = pick(lang, *ONE_CALL)
        if one.low is not None and one.high is not None:
            interval = f"{100 * one.low:.1f}–{100 * one.high:.1f}"
        rate = 100 * one.rate
        yield say(lang, OF_A_ROLE, role=role, rate=rate, interval=interval, characters=one.characters, calls=one.calls)
