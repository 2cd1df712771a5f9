"""Two scorecards over the same calls: who moves, by how much, and because of what."""

from urllib.parse import quote

import pytest

from qa_speech.report.compare import comparison_lines, comparison_page
from qa_speech.report.links import links_from
from qa_speech.report.page import page_name
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.compare import compare
from qa_speech.testing import make_call

OLD = """\
id: tiny
version: 1
title: 示例
pass_mark: 60
min_coverage: 0
bands: [{from: 60, name: 合格}, {from: 0, name: 不合格}]
sections:
  - id: opening
    title: 开头语
    criteria:
      - {id: greeting, title: 问候, points: 6, check: {phrase: {any: [您好], role: agent}}}
      - {id: closing, title: <结束>, points: 4, check: {phrase: {any: [再见], role: agent}}}
"""
CALLS = [
    make_call("agent: 您好，再见", "customer: 喂", call_id="both"),
    make_call("agent: 您好", "customer: 喂", call_id="hello"),
    make_call("agent: 喂", "customer: 喂", call_id="neither"),
]


def changed(*pairs: tuple[str, str]) -> str:
    text = OLD.replace("version: 1", "version: 2")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    return text


def compared(new: str, old: str = OLD):
    return compare(load_scorecard(old), load_scorecard(new), iter(CALLS))


def test_the_same_card_changes_nothing():
    found = compared(OLD)

    assert found.moved == ()
    assert all(item.changed == 0 for item in found.criteria)
    assert found.before == found.after
    assert found.moves == {"合格": {"合格": 2}, "不合格": {"不合格": 1}}


def test_a_call_that_changes_band_is_named_with_its_criterion():
    found = compared(changed(("any: [您好]", "any: [您好请讲]")))
    moved = {item.call_id: item for item in found.moved}

    assert set(moved) == {"both", "hello"}
    assert (moved["both"].old_total, moved["both"].new_total, moved["both"].difference) == (100, 40, -60)
    assert [(item.id, item.old, item.new, item.old_points, item.new_points) for item in moved["both"].criteria] == [
        ("greeting", "pass", "fail", 6, 0)
    ]


def test_criteria_are_counted_over_all_calls():
    found = compared(changed(("any: [再见]", "any: [喂]")))
    closing = next(item for item in found.criteria if item.id == "closing")

    assert (closing.old, closing.new) == ({"fail": 2, "pass": 1}, {"fail": 2, "pass": 1})
    assert (closing.changed, closing.bands_moved) == (2, 0)


def test_criteria_that_came_or_went_are_said_so():
    found = compared(changed(("{id: closing,", "{id: farewell,")))
    one = next(item for item in found.calls if item.call_id == "both")

    assert [(item.id, item.old, item.new) for item in one.criteria] == [
        ("closing", "pass", ""),
        ("farewell", "", "pass"),
    ]


def test_other_bands_alone_move_calls_without_a_criterion():
    found = compared(changed(("{from: 60, name: 合格}", "{from: 80, name: 合格}")))

    assert [(item.call_id, item.criteria) for item in found.moved] == [("hello", ())]
    assert "权重、分档或最低已评比例" in "".join(comparison_lines(found, lang="zh"))


def test_distributions_count_every_call_once():
    found = compared(changed(("pass_mark: 60", "pass_mark: 90")))

    assert found.before.histogram == (1, 0, 0, 0, 0, 0, 1, 0, 0, 1)
    assert (found.before.mean, found.before.p10, found.before.p50, found.before.p90) == (
        pytest.approx(160 / 3),
        0,
        60,
        100,
    )
    assert (found.before.passed, found.after.passed) == (2, 1)
    assert list(found.before.bands.items()) == [("合格", 2), ("不合格", 1)]


def test_calls_without_a_total_are_a_band_of_their_own():
    found = compared(changed(("min_coverage: 0", "min_coverage: 0\neligible: {min_duration_s: 999}")))

    assert found.after.without_total == 3
    assert found.moves == {"合格": {"-": 2}, "不合格": {"-": 1}}


def test_totals_are_those_of_score():
    new = changed(("points: 4", "points: 9"))

    for item, call in zip(compared(new).calls, CALLS, strict=True):
        assert item.old_total == score(call, load_scorecard(OLD)).total
        assert item.new_total == score(call, load_scorecard(new)).total


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_page_shows_what_moved_and_escapes_what_people_wrote(lang):
    page = comparison_page(
        compared(changed(("any: [您好]", "any: [您好请讲]"), ("any: [再见]", "any: [喂]"))), lang=lang
    )

    assert page.startswith("<!doctype html>")
    assert page.rstrip().endswith("</html>")
    assert "&lt;结束&gt;" in page
    assert "<结束>" not in page
    assert "hello" in page
    assert "http" not in page.replace("http-equiv", "")


@pytest.mark.parametrize(("lang", "words"), [("zh", "2 / 3 通电话换了等级"), ("en", "2 of 3 calls change band")])
def test_the_terminal_says_it_in_lines(lang, words):
    lines = list(comparison_lines(compared(changed(("any: [您好]", "any: [您好请讲]"))), lang=lang))

    assert words in lines
    assert any("both" in line and "100.0" in line and "40.0" in line for line in lines)
    assert len(list(comparison_lines(compared(changed(("any: [您好]", "any: [您好请讲]"))), lang=lang, most=1))) == len(
        lines
    )


def test_no_calls_at_all_is_no_mistake():
    found = compare(load_scorecard(OLD), load_scorecard(OLD), [])

    assert (found.before.n, found.before.mean, found.moved) == (0, None, ())
    assert comparison_page(found)


REMOVED = ("      - {id: closing, title: <结束>, points: 4, check: {phrase: {any: [再见], role: agent}}}\n", "")


@pytest.mark.parametrize(
    ("new", "lang", "says"),
    [
        (changed(REMOVED), "en", "not on the card"),
        (
            changed(("min_coverage: 0", "min_coverage: 0\neligible: {min_duration_s: 999}")),
            "zh",
            "100.0 合格 → – 无总分",
        ),
    ],
)
def test_what_is_gone_from_a_card_or_has_no_total_has_its_words(new, lang, says):
    found = compared(new)

    shown = "\n".join(comparison_lines(found, lang=lang)) + comparison_page(found, lang=lang)

    assert says in shown


def test_two_different_cards_are_said_to_be_so_first():
    other = changed(("id: tiny", "id: other"), ("{id: closing,", "{id: farewell,"))
    found = compared(other)
    told = "两份不同的评分表，不是同一份的两个版本：1 个项目两边都有，1 个只在前一份，1 个只在后一份"

    page = comparison_page(found)

    assert told in page
    assert page.index(told) < page.index("换了等级")
    assert told in list(comparison_lines(found))[1]
    assert "两份不同的评分表" not in comparison_page(compared(changed(("points: 4", "points: 9"))))


def test_bands_stand_from_the_best_to_the_worst_whichever_card_has_them():
    bands = (
        "bands: [{from: 60, name: 合格}, {from: 0, name: 不合格}]",
        "bands: [{from: 90, name: 优秀}, {from: 0, name: 待改进}]",
    )
    found = compared(changed(bands, ("min_coverage: 0", "min_coverage: 0\neligible: {min_duration_s: 0.5}")))

    assert found.bands == ("优秀", "合格", "不合格", "待改进")
    shown = comparison_page(found)
    assert shown.index('class="n">优秀') < shown.index('class="n">合格') < shown.index('class="n">不合格')


def test_calls_lead_to_their_pages_and_show_no_number(tmp_path):
    call = make_call("agent: 您好", "customer: 喂", call_id="13800138000.wav")
    page = tmp_path / "run" / "pages" / page_name("[电话].wav")
    page.parent.mkdir(parents=True)
    page.write_text("page", encoding="utf-8")
    stricter = load_scorecard(changed(("any: [您好]", "any: [您好请讲]")))
    found = compare(load_scorecard(OLD), stricter, [call])

    made = comparison_page(found, link=links_from(tmp_path / "new" / "changes.html", tmp_path / "run"))

    assert f'href="../run/pages/{quote(page.name)}"' in made
    assert "13800138000" not in made + "".join(comparison_lines(found))
    assert "13800138000.wav" in comparison_page(found, mask=False)
    assert 'href=""' not in comparison_page(found)
