"""A comparison of two scorecards as one HTML file: no scripts, nothing from outside. Chinese or English."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from html import escape
from typing import Literal

from qa_speech.scorecard.compare import NO_TOTAL, CallChange, Comparison, CriterionSummary, Distribution
from qa_speech.wording import terms

Lang = Literal["zh", "en"]

MOST_CALLS = 500
_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("评分表对比", "Scorecards compared"),
    "moved": ("{moved} / {n} 通电话换了等级", "{moved} of {n} calls change band"),
    "mean": ("平均分 {old} → {new}", "mean {old} → {new}"),
    "distribution": ("总分分布", "Totals"),
    "bands": ("等级去向", "From band to band"),
    "criteria": ("因为哪些项目", "Because of which criteria"),
    "calls": ("哪些电话", "Which calls"),
    "criterion": ("项目", "criterion"),
    "before": ("改前", "before"),
    "after": ("改后", "after"),
    "changed": ("结果不同", "differ"),
    "bands_moved": ("其中换等级", "of these change band"),
    "call": ("电话", "call"),
    "none": ("无总分", "no total"),
    "nothing": ("没有差别。", "No difference."),
    "weights": ("各项结果相同，只是权重或分档不同", "the same outcomes; only weights or bands differ"),
    "more": ("另有 {n} 通未列出", "{n} more are not listed"),
    "passed": ("合格 {n}", "passed {n}"),
    "without": ("无总分 {n}", "without a total {n}"),
    "absent": ("没有此项", "not on the card"),
    "pending": ("待复核", "pending"),
}
_STYLE = """
:root{color-scheme:light dark;--paper:#f5f6f8;--card:#fff;--ink:#1b2330;--soft:#5b6675;--line:#e1e5eb;--old:#8a97a8;
--new:#1f6fb2;--bad:#b3261e;--good:#0b7a5d}
@media(prefers-color-scheme:dark){:root{--paper:#12161c;--card:#1b2129;--ink:#e6eaf0;--soft:#9aa6b5;--line:#2d3641;
--old:#7f8b99;--new:#6fb3ec;--bad:#ff8a80;--good:#4fc8a4}}
body{margin:0 auto;max-width:960px;padding:24px;background:var(--paper);color:var(--ink);line-height:1.6;font-size:15px;
font-family:system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;font-variant-numeric:tabular-nums}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:28px 0 8px}.soft{color:var(--soft)}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;background:var(--card)}
th,td{border-bottom:1px solid var(--line);padding:6px 10px;text-align:left;vertical-align:top}
th{color:var(--soft);font-weight:500}td.n,th.n{text-align:right;white-space:nowrap}
.same{color:var(--soft)}.up{color:var(--good)}.down{color:var(--bad)}
.bars{display:grid;grid-template-columns:repeat(10,1fr);gap:6px;align-items:end;height:140px;background:var(--card);padding:12px}
.bars div{display:flex;gap:2px;align-items:end;height:100%}.bars i{flex:1;display:block;min-height:1px}
.bars .a{background:var(--old)}.bars .b{background:var(--new)}
.axis{display:grid;grid-template-columns:repeat(10,1fr);gap:6px;padding:0 12px;font-size:12px;color:var(--soft);text-align:center}
.key::before{content:"";display:inline-block;width:.8em;height:.8em;margin:0 .4em 0 1em;background:var(--old)}
.key.b::before{background:var(--new)}
"""


def comparison_page(found: Comparison, *, lang: Lang = "zh") -> str:
    """The comparison as a whole HTML document; at most 500 changed calls are listed.

    >>> from qa_speech.scorecard.compare import Distribution
    >>> nothing = Distribution(0, 0, None, None, None, None, 0, {}, (0,) * 10)
    >>> "没有差别" in comparison_page(Comparison("a v1", "a v2", (), (), nothing, nothing, {}))
    True
    """
    parts = [
        f"<h1>{_word('title', lang)}</h1>",
        f'<p class="soft">{escape(found.old)} → {escape(found.new)}</p>',
        f"<p><b>{_word('moved', lang, moved=len(found.moved), n=len(found.calls))}</b>　"
        f"{_word('mean', lang, old=_number(found.before.mean), new=_number(found.after.mean))}</p>",
        f"<h2>{_word('distribution', lang)}</h2>",
        _histogram(found.before, found.after, lang),
        f"<h2>{_word('bands', lang)}</h2>",
        _moves(found, lang),
        f"<h2>{_word('criteria', lang)}</h2>",
        _criteria(found.criteria, lang),
        f"<h2>{_word('calls', lang)}</h2>",
        _calls(found.moved, lang),
    ]
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{_word("title", lang)}</title>'
    language = "zh-CN" if lang == "zh" else "en"
    body = "\n".join(parts)
    return f'<!doctype html><html lang="{language}"><head>{head}<style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n'


def comparison_lines(found: Comparison, *, lang: Lang = "zh", most: int = 50) -> Iterator[str]:
    """The comparison as lines of text for a terminal; at most `most` changed calls are listed."""
    zh = lang == "zh"
    yield f"{found.old} → {found.new}"
    yield _text("moved", lang, moved=len(found.moved), n=len(found.calls))
    for name, side in (("before", found.before), ("after", found.after)):
        bands = "  ".join(f"{band_name(band, lang)} {count}" for band, count in side.bands.items())
        figures = f"{_number(side.mean)}  P10 {_number(side.p10)}  P50 {_number(side.p50)}  P90 {_number(side.p90)}"
        yield f"  {_text(name, lang)}: {'平均' if zh else 'mean'} {figures}  |  {bands}"
    changed = sorted(
        [item for item in found.criteria if item.changed], key=lambda item: (-item.bands_moved, -item.changed)
    )
    for item in changed:
        figures = f"{_text('changed', lang)} {item.changed}, {_text('bands_moved', lang)} {item.bands_moved}"
        yield f"  {item.title} [{item.id}]: {figures}"
    for call in found.moved[:most]:
        old = f"{_number(call.old_total)} {band_name(call.old_band, lang)}"
        new = f"{_number(call.new_total)} {band_name(call.new_band, lang)}"
        yield f"  {call.call_id}: {old} → {new}  {because(call, lang)}"
    if len(found.moved) > most:
        yield f"  {_text('more', lang, n=len(found.moved) - most)}"


def _text(code: str, lang: Lang, **values: object) -> str:
    return _WORDS[code][0 if lang == "zh" else 1].format(**values)


def _word(code: str, lang: Lang, **values: object) -> str:
    return escape(_text(code, lang, **values))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


def outcome_name(code: str, lang: Lang) -> str:
    """The name of an outcome; ``pending`` and none at all have names too.

    >>> outcome_name("pending", "zh"), outcome_name("", "en")
    ('待复核', 'not on the card')
    """
    if code in ("pending", ""):
        return _WORDS[code or "absent"][0 if lang == "zh" else 1]
    return terms.outcome(code, lang)


def band_name(code: str, lang: Lang) -> str:
    """The name of a band; calls without a total have one too."""
    return _WORDS["none"][0 if lang == "zh" else 1] if code == NO_TOTAL else code


def _histogram(before: Distribution, after: Distribution, lang: Lang) -> str:
    top = max([*before.histogram, *after.histogram, 1])
    bars = "".join(
        f'<div title="{one} → {two}"><i class="a" style="height:{100 * one / top:.1f}%"></i>'
        f'<i class="b" style="height:{100 * two / top:.1f}%"></i></div>'
        for one, two in zip(before.histogram, after.histogram, strict=True)
    )
    axis = "".join(f"<span>{start}–{start + 10}</span>" for start in range(0, 100, 10))
    legend = "".join(
        f'<span class="key {mark}">{_word(name, lang)}：{_word("passed", lang, n=side.passed)}，'
        f"{_word('without', lang, n=side.without_total)}，P10 {_number(side.p10)} / P50 {_number(side.p50)} / "
        f"P90 {_number(side.p90)}</span><br>"
        for name, mark, side in (("before", "", before), ("after", "b", after))
    )
    return f'<div class="bars">{bars}</div><div class="axis">{axis}</div><p class="soft">{legend}</p>'


def _table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: frozenset[int] = frozenset()) -> str:
    def cells(tag: str, row: Iterable[str]) -> str:
        return "".join(f"<{tag}{' class=n' if i in numbers else ''}>{cell}</{tag}>" for i, cell in enumerate(row))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    return f'<div class="wide"><table><tr>{cells("th", head)}</tr>{body}</table></div>'


def _moves(found: Comparison, lang: Lang) -> str:
    bands = sorted(dict.fromkeys([*found.after.bands, *found.before.bands]), key=lambda band: band == NO_TOTAL)
    if not bands:
        return f'<p class="soft">{_word("nothing", lang)}</p>'
    head = [f"{_word('before', lang)} \\ {_word('after', lang)}", *(escape(band_name(band, lang)) for band in bands)]
    rows = []
    for old in bands:
        counts = [found.moves.get(old, {}).get(new, 0) for new in bands]
        shown = [
            f'<span class="{"same" if old == new else ""}">{count or "·"}</span>'
            for new, count in zip(bands, counts, strict=True)
        ]
        rows.append([escape(band_name(old, lang)), *shown])
    return _table(head, rows, frozenset(range(1, len(bands) + 1)))


def _criteria(summaries: Iterable[CriterionSummary], lang: Lang) -> str:
    changed = sorted([item for item in summaries if item.changed], key=lambda item: (-item.bands_moved, -item.changed))
    if not changed:
        return f'<p class="soft">{_word("nothing", lang)}</p>'
    rows = [
        [
            f'{escape(item.title)} <span class="soft">{escape(item.id)}</span>',
            _outcomes(item.old, lang),
            _outcomes(item.new, lang),
            str(item.changed),
            str(item.bands_moved),
        ]
        for item in changed
    ]
    names = ("criterion", "before", "after", "changed", "bands_moved")
    return _table([_word(name, lang) for name in names], rows, frozenset({3, 4}))


def _outcomes(counts: Mapping[str, int], lang: Lang) -> str:
    text = "，".join(f"{outcome_name(code, lang)} {count}" for code, count in counts.items())
    return escape(text or outcome_name("", lang))


def _calls(moved: tuple[CallChange, ...], lang: Lang) -> str:
    if not moved:
        return f'<p class="soft">{_word("nothing", lang)}</p>'
    rows = []
    for item in moved[:MOST_CALLS]:
        way = "" if item.difference is None else "up" if item.difference > 0 else "down"
        rows.append(
            [
                escape(item.call_id),
                f"{_number(item.old_total)} {escape(band_name(item.old_band, lang))}",
                f'<span class="{way}">{_number(item.new_total)} {escape(band_name(item.new_band, lang))}</span>',
                escape(because(item, lang)),
            ]
        )
    rest = len(moved) - MOST_CALLS
    more = f'<p class="soft">{_word("more", lang, n=rest)}</p>' if rest > 0 else ""
    return _table([_word(name, lang) for name in ("call", "before", "after", "criteria")], rows) + more


def because(item: CallChange, lang: Lang) -> str:
    """Which criteria moved a call: 问候：通过 → 未通过."""
    if not item.criteria:
        return _text("weights", lang)
    return ("；" if lang == "zh" else "; ").join(
        f"{one.title}: {outcome_name(one.old, lang)}{_points(one.old_points)} → "
        f"{outcome_name(one.new, lang)}{_points(one.new_points)}"
        for one in item.criteria
    )


def _points(points: float | None) -> str:
    return "" if points is None else f" {points:g}"
