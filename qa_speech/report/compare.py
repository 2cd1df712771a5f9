"""A comparison of two scorecards: as one HTML file without scripts, and as lines for a terminal. Chinese or English."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from qa_speech.privacy.redact import masked_id
from qa_speech.report.html import asset, fill, policy_hash
from qa_speech.report.labels import COMPARISON
from qa_speech.scorecard.compare import (
    NO_TOTAL,
    CallChange,
    Comparison,
    CriterionChange,
    CriterionSummary,
    Distribution,
)
from qa_speech.wording import terms
from qa_speech.wording.lang import Lang, clauses, pick
from qa_speech.wording.masking import placeholders

MOST_CALLS = 500
"""Changed calls that a page lists."""
MOST_REASONS = 6
"""Criteria that are named for a call, those of the largest change."""
MOST_LINES = 50
"""Changed calls that a terminal lists."""


def _no_page(call_id: str) -> str:
    """The address of no page."""
    return ""


def _shown(call_id: str, lang: Lang, *, mask: bool) -> str:
    """An id as people see it."""
    return masked_id(call_id, placeholders(lang)) if mask else call_id


class Bar(NamedTuple):
    """How many calls have a total in one step of ten points, under both cards; the heights are in % of the largest."""

    old: int
    new: int
    old_height: float
    new_height: float


class CriterionRow(NamedTuple):
    """One criterion that came out differently somewhere."""

    title: str
    id: str
    old: str
    new: str
    changed: int
    bands_moved: int


class CallRow(NamedTuple):
    """One call that changed band; `way` is ``up``, ``down``, or "" where one of the totals is missing; `link` leads to its page,
    "" where there is none."""

    id: str
    link: str
    old: str
    new: str
    way: str
    because: str


class MovesRow(NamedTuple):
    """The calls of one band under the old card, counted by their band under the new one."""

    band: str
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """What the page of a comparison shows, text ready."""

    old: str
    new: str
    different: str
    moved: str
    mean: str
    bars: tuple[Bar, ...]
    before: str
    after: str
    bands: tuple[str, ...]
    moves: tuple[MovesRow, ...]
    criteria: tuple[CriterionRow, ...]
    calls: tuple[CallRow, ...]
    more: str


def comparison_page(
    found: Comparison, *, lang: Lang = "zh", link: Callable[[str], str] = _no_page, mask: bool = True
) -> str:
    """The comparison as a whole HTML document; at most 500 changed calls are listed.

    `link` gives the address of the page of a call, "" for none. With `mask` ids are shown without what identifies customers.

    >>> from qa_speech.scorecard.compare import Distribution
    >>> nothing = Distribution(0, 0, None, None, None, None, 0, {}, (0,) * 10)
    >>> "没有差别" in comparison_page(Comparison("a v1", "a v2", (), (), nothing, nothing, {}))
    True
    """
    view = comparison_view(found, lang, link=link, mask=mask)
    style = asset("compare.css")
    values = {"style": style, "style_hash": policy_hash(style), "view": view}
    page = fill("compare", lang=lang, t=lambda key: _label(key, lang), **values)
    return f"{page}\n"


def comparison_view(
    found: Comparison, lang: Lang, *, link: Callable[[str], str] = _no_page, mask: bool = True
) -> ComparisonView:
    """The comparison as its page shows it."""
    bands = _all_bands(found)
    rest = len(found.moved) - MOST_CALLS
    return ComparisonView(
        old=found.old,
        new=found.new,
        different=_different(found, lang),
        moved=_label("moved", lang, moved=len(found.moved), n=len(found.calls)),
        mean=_label("mean", lang, old=_number(found.before.mean), new=_number(found.after.mean)),
        bars=tuple(_bars(found.before, found.after)),
        before=_figures(found.before, lang),
        after=_figures(found.after, lang),
        bands=tuple(band_name(band, lang) for band in bands),
        moves=tuple(_moves(found, bands, lang)),
        criteria=tuple(_criterion_row(one, lang) for one in _changed(found.criteria)),
        calls=tuple(_call_row(one, lang, link, mask=mask) for one in found.moved[:MOST_CALLS]),
        more=_label("more", lang, n=rest) if rest > 0 else "",
    )


def _different(found: Comparison, lang: Lang) -> str:
    """That these are two cards, not two versions of one, and what they have in common; "" where they are versions."""
    if found.same_card:
        return ""
    shared = sum(1 for one in found.criteria if one.old and one.new)
    only_old = sum(1 for one in found.criteria if one.old and not one.new)
    only_new = sum(1 for one in found.criteria if one.new and not one.old)
    return _label("different", lang, shared=shared, old=only_old, new=only_new)


def _bars(before: Distribution, after: Distribution) -> Iterator[Bar]:
    highest = max(*before.histogram, *after.histogram, 1)
    for old, new in zip(before.histogram, after.histogram, strict=True):
        yield Bar(old, new, round(100 * old / highest, 1), round(100 * new / highest, 1))


def _figures(side: Distribution, lang: Lang) -> str:
    """Under one card: calls that passed, calls without a total, percentiles of the totals."""
    passed = _label("passed", lang, n=side.passed)
    without = _label("without", lang, n=side.without_total)
    return f"{passed}，{without}，{_percentiles(side, lang)}"


def _percentiles(side: Distribution, lang: Lang) -> str:
    values = {"p10": _number(side.p10), "p50": _number(side.p50), "p90": _number(side.p90)}
    return _label("percentiles", lang, **values)


def _all_bands(found: Comparison) -> list[str]:
    """The bands that calls are in, from the best to the worst; the calls without a total come last."""
    held = {*found.after.bands, *found.before.bands}
    named = [band for band in found.bands if band in held]
    return [*named, *sorted(held - {*named, NO_TOTAL}), *([NO_TOTAL] if NO_TOTAL in held else [])]


def _moves(found: Comparison, bands: Sequence[str], lang: Lang) -> Iterator[MovesRow]:
    for old in bands:
        moved = found.moves.get(old, {})
        yield MovesRow(band_name(old, lang), tuple(moved.get(new, 0) for new in bands))


def _changed(criteria: Iterable[CriterionSummary]) -> list[CriterionSummary]:
    """The criteria that came out differently, those first that moved most calls to another band."""
    changed = [one for one in criteria if one.changed]
    return sorted(changed, key=lambda one: (-one.bands_moved, -one.changed))


def _criterion_row(summary: CriterionSummary, lang: Lang) -> CriterionRow:
    return CriterionRow(
        title=summary.title,
        id=summary.id,
        old=_outcomes(summary.old, lang),
        new=_outcomes(summary.new, lang),
        changed=summary.changed,
        bands_moved=summary.bands_moved,
    )


def _outcomes(counts: Mapping[str, int], lang: Lang) -> str:
    if not counts:
        return outcome_name("", lang)
    return "，".join(f"{outcome_name(code, lang)} {count}" for code, count in counts.items())


def _call_row(change: CallChange, lang: Lang, link: Callable[[str], str], *, mask: bool) -> CallRow:
    way = ""
    if change.difference is not None:
        way = "up" if change.difference > 0 else "down"
    return CallRow(
        id=_shown(change.call_id, lang, mask=mask),
        link=link(change.call_id),
        old=_total_and_band(change.old_total, change.old_band, lang),
        new=_total_and_band(change.new_total, change.new_band, lang),
        way=way,
        because=because(change, lang),
    )


# ------------------------------------------------------------------------------------------------- terminal


def comparison_lines(
    found: Comparison, *, lang: Lang = "zh", most: int = MOST_LINES, mask: bool = True
) -> Iterator[str]:
    """The comparison as lines of text for a terminal; at most `most` changed calls are listed."""
    yield f"{found.old} → {found.new}"
    if not found.same_card:
        yield _different(found, lang)
    yield _label("moved", lang, moved=len(found.moved), n=len(found.calls))
    yield _side_line("before", found.before, lang)
    yield _side_line("after", found.after, lang)
    for summary in _changed(found.criteria):
        changed = f"{_label('changed', lang)} {summary.changed}"
        moved = f"{_label('bands_moved', lang)} {summary.bands_moved}"
        yield f"  {summary.title} [{summary.id}]: {changed}, {moved}"
    for change in found.moved[:most]:
        old = _total_and_band(change.old_total, change.old_band, lang)
        new = _total_and_band(change.new_total, change.new_band, lang)
        yield f"  {_shown(change.call_id, lang, mask=mask)}: {old} → {new}  {because(change, lang)}"
    if len(found.moved) > most:
        yield f"  {_label('more', lang, n=len(found.moved) - most)}"


def _side_line(name: str, side: Distribution, lang: Lang) -> str:
    bands = "  ".join(f"{band_name(band, lang)} {count}" for band, count in side.bands.items())
    mean = f"{_label('mean_of', lang)} {_number(side.mean)}"
    return f"  {_label(name, lang)}: {mean}  {_percentiles(side, lang)}  |  {bands}"


# ---------------------------------------------------------------------------------------------------- names


def because(change: CallChange, lang: Lang) -> str:
    """Which criteria moved a call: 问候: 通过 6 → 未通过 0."""
    if not change.criteria:
        return _label("weights", lang)
    told = [_changed_outcome(one, lang) for one in change.criteria[:MOST_REASONS]]
    if len(change.criteria) > MOST_REASONS:
        told.append(_label("and_more", lang, n=len(change.criteria)))
    return clauses(told, lang)


def _changed_outcome(change: CriterionChange, lang: Lang) -> str:
    old = outcome_name(change.old, lang) + _points(change.old_points)
    new = outcome_name(change.new, lang) + _points(change.new_points)
    return f"{change.title}: {old} → {new}"


def _points(points: float | None) -> str:
    if points is None:
        return ""
    return f" {points:g}"


def outcome_name(code: str, lang: Lang) -> str:
    """The name of an outcome; ``pending`` and none at all have names too.

    >>> outcome_name("pending", "zh"), outcome_name("", "en")
    ('待复核', 'not on the card')
    """
    if code == "pending":
        return _label("pending", lang)
    if not code:
        return _label("absent", lang)
    return terms.outcome(code, lang)


def band_name(code: str, lang: Lang) -> str:
    """The name of a band; calls without a total have one too.

    >>> band_name("优秀", "zh"), band_name("-", "zh")
    ('优秀', '无总分')
    """
    if code == NO_TOTAL:
        return _label("none", lang)
    return code


def _total_and_band(total: float | None, band: str, lang: Lang) -> str:
    return f"{_number(total)} {band_name(band, lang)}"


def _number(value: float | None) -> str:
    if value is None:
        return terms.NO_FIGURE
    return f"{value:.1f}"


def _label(code: str, lang: Lang, **values: object) -> str:
    return pick(lang, *COMPARISON[code]).format(**values)
