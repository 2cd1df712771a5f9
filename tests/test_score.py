"""The order of scoring, step by step, and the laws that every score keeps."""

import pickle

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from qa_speech.call import Role
from qa_speech.documents import decode, encode
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scorecard.arithmetic import total_of
from qa_speech.scorecard.evidence import unproven
from qa_speech.scorecard.score import judged
from qa_speech.scores import CriterionScore, Score
from qa_speech.testing import make_call

CALL = make_call("agent: 您好", "customer: 我想查话费")
YES, NO = "{phrase: {any: [您好]}}", "{phrase: {any: [再见]}}"
UNKNOWN = "{call: {attribute: queue, is: [宽带]}}"


def card(*sections: str, head: str = ""):
    """A scorecard of sections, each written as criteria, one per line; ``#weight=3`` as the first line sets one."""
    text = f"id: tiny\nversion: 1\ntitle: 示例\nmin_coverage: 0\n{head}\nsections:\n"
    for number, lines in enumerate(sections):
        first, *rest = lines.strip().splitlines()
        options = first[1:].split() if first.startswith("#") else []
        text += f"  - id: section-{number}\n    title: 节\n"
        text += "".join(f"    {option.replace('=', ': ')}\n" for option in options)
        text += "    criteria:\n"
        text += "".join(f"      - {{title: 项, {line.strip()}}}\n" for line in (rest if options else [first, *rest]))
    return load_scorecard(text)


def total(*sections: str, head: str = "") -> float | None:
    return score(CALL, card(*sections, head=head)).total


GOOD, BAD = f"id: a, points: 30, check: {YES}", f"id: b, points: 10, check: {NO}"
TEN = f"id: a, points: 10, check: {YES}"
HALF = f"{TEN}\nid: b, points: 10, check: {NO}"
BOTH = f"{GOOD}\n{BAD}"

STEPS = {
    "base points make the total": [((BOTH,), 75)],
    "sections weigh by their points unless they say otherwise": [
        ((GOOD, BAD), 75),
        (("#weight=1\n" + GOOD, "#weight=1\n" + BAD), 50),
        (("#weight=0\n" + GOOD, "#weight=1\n" + BAD), 0),
    ],
    "a section in which nothing applies gives its weight away": [
        (
            (f"#weight=50\nid: a, points: 1, check: {NO}, when: {NO}", f"#weight=50\nid: b, points: 1, check: {YES}"),
            100,
        ),
    ],
    "deductions are taken from what the section earned, not below zero": [
        ((f"{TEN}\nid: b, deduct: {{points: 3}}, check: {NO}",), 70),
        ((f"{TEN}\nid: b, deduct: {{points: 30}}, check: {NO}",), 0),
        ((f"{TEN}\nid: b, deduct: {{points: 3}}, check: {YES}",), 100),
    ],
    "a section of deductions starts from its start points": [
        (
            (
                f"#start_points=20\nid: a, deduct: {{points: 5}}, check: {NO}\nid: b, deduct: {{points: 5}}, check: {YES}",
            ),
            75,
        ),
    ],
    "start points stand only where something was judged": [
        ((f"#start_points=20\nid: a, deduct: {{points: 5}}, check: {UNKNOWN}", f"id: b, points: 10, check: {NO}"), 0),
    ],
    "a section bonus fills up what is missing and no more": [
        ((f"{HALF}\nid: c, points: 4, bonus: section, check: {YES}",), 70),
        ((f"{HALF}\nid: c, points: 40, bonus: section, check: {YES}",), 100),
        ((f"{HALF}\nid: c, points: 4, bonus: section, check: {NO}",), 50),
    ],
    "the bonus comes after the deductions": [
        ((f"{TEN}\nid: b, deduct: {{points: 30}}, check: {NO}\nid: c, points: 4, bonus: section, check: {YES}",), 40),
    ],
    "a form bonus comes after weighting and stops at a hundred": [
        ((f"{BOTH}\nid: c, points: 5, bonus: form, check: {YES}",), 80),
        ((f"{BOTH}\nid: c, points: 50, bonus: form, check: {YES}",), 100),
    ],
    "a form fatal is zero whatever the bonus": [
        ((f"{GOOD}\nid: b, fatal: form, check: {NO}\nid: c, points: 50, bonus: form, check: {YES}",), 0),
    ],
    "caps come last and the lowest counts": [
        ((f"{GOOD}\nid: b, fatal: {{cap: 60}}, check: {NO}",), 60),
        ((f"{GOOD}\nid: b, fatal: {{cap: 60}}, check: {NO}\nid: c, fatal: {{cap: 40}}, check: {NO}",), 40),
        ((f"{GOOD}\nid: b, fatal: {{cap: 60}}, check: {YES}",), 100),
        ((f"id: a, points: 30, check: {NO}\nid: b, fatal: {{cap: 60}}, check: {NO}",), 0),
    ],
}


@pytest.mark.parametrize("step", STEPS)
def test_the_order_of_scoring(step):
    for sections, expected in STEPS[step]:
        assert total(*sections) == expected, sections


def test_what_is_not_applicable_leaves_the_denominator():
    when = f"id: b, points: 10, check: {NO}, when: {NO}"

    assert total(f"id: a, points: 30, check: {YES}\n{when}") == 100
    assert score(CALL, card(f"id: a, points: 30, check: {YES}\n{when}")).coverage == 1


def test_when_nothing_applies_there_is_no_total():
    found = score(CALL, card(f"id: a, points: 1, check: {NO}, when: {NO}"))

    assert (found.total, found.total_if_confirmed, found.reason, found.passed) == (None, None, "nothing_applies", None)


def test_not_measured_and_manual_leave_the_denominator_and_lower_coverage():
    found = score(
        CALL,
        card(f"id: a, points: 6, check: {YES}\nid: b, points: 2, check: {UNKNOWN}\nid: c, points: 2, manual: true"),
    )

    assert (found.total, found.coverage) == (100, 0.6)
    assert [item.outcome for item in found.criteria] == ["pass", "not_measured", "manual"]


def test_too_little_coverage_gives_no_total():
    found = score(
        CALL,
        card(f"id: a, points: 5, check: {YES}\nid: b, points: 5, manual: true", head="pass_mark: 60").model_copy(
            update={"min_coverage": 0.6}
        ),
    )

    assert (found.total, found.reason, found.coverage, found.passed) == (None, "low_coverage", 0.5, None)


def test_a_condition_that_is_not_known_makes_its_criterion_not_measured():
    found = score(CALL, card(f"id: a, points: 5, check: {YES}, when: {UNKNOWN}"))

    assert (found.criteria[0].outcome, found.criteria[0].reason) == ("not_measured", "no_attribute")


@pytest.mark.parametrize(
    ("deduct", "left"), [("{points: 2}", 80), ("{points: 2, per: hit}", 40), ("{points: 2, per: hit, limit: 5}", 50)]
)
def test_deductions_once_per_hit_or_up_to_a_limit(deduct, left):
    call = make_call("agent: 随便你", "agent: 随便你", "customer: 喂", "agent: 随便你")
    found = score(
        call,
        card(
            f"id: a, points: 10, check: {{phrase: {{any: [喂]}}}}\n"
            f"id: b, deduct: {deduct}, check: {{phrase: {{none: [随便你]}}}}"
        ),
    )

    assert found.total == left
    assert found.criteria[1].points == -(100 - left) / 10


def test_a_count_over_its_bound_deducts_per_unit_over():
    call = make_call("agent@0-2: 您好请讲", "agent@8-9: 喂", "agent@15-16: 喂", "customer@22-23: 嗯")
    found = score(
        call,
        card(
            f"id: a, points: 10, check: {YES}\nid: b, deduct: {{points: 1, per: hit}}, check: {{metric: silence, at_most: 1}}"
        ),
    )

    assert (found.criteria[1].detail["value"], found.criteria[1].points) == (3, -2)


def test_a_section_fatal_voids_the_section_and_its_bonus():
    found = score(
        CALL,
        card(
            f"#weight=50\nid: a, points: 10, check: {YES}\n"
            f"id: b, fatal: section, check: {NO}\nid: c, points: 4, bonus: section, check: {YES}",
            f"#weight=50\nid: d, points: 10, check: {YES}",
        ),
    )

    assert (found.total, found.sections[0].total, found.sections[0].voided_by) == (50, 0, "b")


def test_subsections_weigh_inside_their_section():
    text = f"""
id: tiny
version: 1
title: 示例
min_coverage: 0
sections:
  - id: outer
    title: 外
    sections:
      - {{id: one, title: 一, weight: 3, criteria: [{{id: a, title: 项, points: 1, check: {YES}}}]}}
      - {{id: two, title: 二, weight: 1, criteria: [{{id: b, title: 项, points: 9, check: {NO}}}]}}
"""
    found = score(CALL, load_scorecard(text))

    assert found.total == 75
    assert [(item.id, item.total) for item in found.sections] == [("outer", 75), ("one", 100), ("two", 0)]


PENDING = make_call("agent: 随便你", "customer: 好", probability=0.3)
UNSURE = "{phrase: {none: [随便你]}}"


def test_a_pending_fail_is_outside_the_total_and_inside_if_confirmed():
    found = score(
        PENDING, card(f"id: a, points: 10, check: {{phrase: {{any: [好]}}}}\nid: b, points: 10, check: {UNSURE}")
    )

    assert (found.total, found.total_if_confirmed, found.coverage) == (100, 50, 1)
    assert [item.pending for item in found.criteria] == [False, True]


@pytest.mark.parametrize(("fatal", "confirmed"), [("form", 0), ("section", 0), ("{cap: 60}", 60)])
def test_a_pending_fatal_never_takes_anything_from_the_total(fatal, confirmed):
    found = score(
        PENDING, card(f"id: a, points: 10, check: {{phrase: {{any: [好]}}}}\nid: b, fatal: {fatal}, check: {UNSURE}")
    )

    assert (found.total, found.total_if_confirmed) == (100, confirmed)


def test_a_pending_deduction_is_taken_only_if_confirmed():
    found = score(
        PENDING,
        card(f"id: a, points: 10, check: {{phrase: {{any: [好]}}}}\nid: b, deduct: {{points: 4}}, check: {UNSURE}"),
    )

    assert (found.total, found.total_if_confirmed) == (100, 60)


def test_when_everything_is_pending_nothing_is_judged_yet():
    found = score(PENDING, card(f"id: a, points: 10, check: {UNSURE}"))

    assert (found.total, found.total_if_confirmed, found.reason) == (None, 0, "nothing_judged")


def test_what_is_only_shown_changes_nothing():
    found = score(
        CALL,
        card(
            f"id: a, points: 10, check: {YES}\nid: b, scored: false, check: {NO}\nid: c, scored: false, points: 5, check: {NO}"
        ),
    )

    assert (found.total, found.coverage) == (100, 1)
    assert [item.outcome for item in found.criteria] == ["pass", "fail", "fail"]
    assert [item.scored for item in found.criteria] == [True, False, False]


def test_tags_have_scores_of_their_own():
    found = score(
        CALL,
        card(
            f"id: a, points: 30, tags: [x], check: {YES}\n"
            f"id: b, points: 10, tags: [x, y], check: {NO}\nid: c, points: 1, tags: [z], manual: true"
        ),
    )

    assert found.tags == {"x": 75, "y": 0, "z": None}


def test_bands_and_the_pass_mark_hold_from_their_edge():
    head = "pass_mark: 75\nbands: [{from: 75, name: 好}, {from: 0, name: 差}]"
    lines = f"id: a, points: 75, check: {YES}\nid: b, points: 25, check: {NO}"

    found = score(CALL, card(lines, head=head))
    assert (found.total, found.band, found.passed) == (75, "好", True)
    worse = score(CALL, card(lines.replace("75", "74").replace("25", "26"), head=head))
    assert (worse.band, worse.passed) == ("差", False)


@pytest.mark.parametrize(
    ("eligible", "reason"),
    [
        ("{min_duration_s: 100}", "too_short:min_duration_s=100"),
        ("{max_duration_s: 1}", "too_long:max_duration_s=1"),
        ("{both_spoke: true}", ""),
        ("{recognised: true}", ""),
        ("{attributes: {queue: [宽带]}}", "attribute:queue"),
    ],
)
def test_calls_outside_the_card_are_not_scorable(eligible, reason):
    found = score(CALL, card(f"id: a, points: 1, check: {YES}", head=f"eligible: {eligible}"))

    assert (found.scorable, found.reason) == (not reason, reason)
    assert (found.total is None) == bool(reason)


def test_one_party_alone_is_not_scorable_but_mono_is():
    both = card(
        "id: a, points: 1, check: {phrase: {any: [您好]}}", head="eligible: {both_spoke: true, recognised: true}"
    )
    alone = make_call("agent: 您好")
    line = alone.speech[Role.AGENT]
    mono = replace(
        alone,
        recording=replace(alone.recording, layout="mono"),
        speech={Role.UNKNOWN: line},
        utterances=(replace(alone.utterances[0], role=Role.UNKNOWN),),
    )

    assert score(alone, both).reason == "one_sided"
    assert score(mono, both).scorable
    assert score(make_call(agent=[(0, 2)], customer=[(3, 4)]), both).reason == "no_words"


def test_a_score_survives_json_and_its_card_survives_pickling():
    made = card(
        f"id: a, points: 10, check: {YES}\n"
        f"id: b, points: 10, check: {{metric: silence.longest_s}}, bands: [{{below: 3, points: 10}}, {{points: 0}}]"
    )
    found = score(CALL, made)

    assert decode(encode(found), Score) == found
    assert encode(score(CALL, pickle.loads(pickle.dumps(made)))) == encode(found)
    assert found.scorecard_sha256 == made.sha256 != ""


# ------------------------------------------------------------------------------------------------------------- laws

OUTCOMES = st.sampled_from(["pass", "partial", "fail", "not_applicable", "not_measured", "manual"])
LAW = card(
    "#weight=20\nid: a, points: 10, check: {entity: {kind: phone}}, tags: [t]\n"
    "id: b, points: 5, check: {entity: {kind: phone}}",
    "#weight=30 start_points=5\nid: c, points: 10, check: {entity: {kind: phone}}, fatal: section\n"
    "id: d, deduct: {points: 3, per: hit, limit: 9}, "
    "check: {entity: {kind: phone}}, tags: [t]\nid: e, points: 4, bonus: section, check: {entity: {kind: phone}}",
    "#weight=0\nid: f, check: {entity: {kind: phone}}, fatal: form\nid: g, check: {entity: {kind: phone}}, fatal: {cap: 60}",
    "id: h, points: 50, check: {entity: {kind: phone}}\nid: i, points: 5, bonus: form, check: {entity: {kind: phone}}",
)


@st.composite
def outcomes(draw) -> tuple[CriterionScore, ...]:
    """Any outcomes that `judge` could have given for the criteria of `LAW`."""
    found = []
    for plain in judged(CALL, LAW).criteria:
        criterion = next(item for item in LAW.criteria if item.id == plain.id)
        outcome = draw(OUTCOMES)
        full = criterion.points or 0.0
        points = {"pass": full, "partial": full * draw(st.floats(0.01, 0.99)), "fail": 0.0}.get(outcome)
        if points is not None and criterion.deduct is not None:
            points = -draw(st.sampled_from([3.0, 6.0, 9.0])) if outcome == "fail" else 0.0
        pending = outcome == "fail" and draw(st.booleans())
        found.append(replace(plain, outcome=outcome, points=points, pending=pending))
    return tuple(found)


@given(outcomes())
def test_totals_lie_between_nothing_and_a_hundred(items):
    found = total_of(LAW, "x", items)

    assert all(
        value is None or 0 <= value <= 100 for value in (found.total, found.total_if_confirmed, *found.tags.values())
    )
    assert 0 <= found.coverage <= 1
    assert all(item.total is None or 0 <= item.total <= 100 for item in found.sections)
    assert (found.total is None) == bool(found.reason)


@given(outcomes(), st.integers(0, 8), st.floats(0, 1))
@settings(max_examples=300, deadline=None)
def test_more_points_in_one_criterion_never_lower_the_total(items, place, share):
    item = items[place]
    criterion = LAW.criteria[place]
    if item.points is None or item.pending:
        return
    top = 0.0 if criterion.deduct is not None else criterion.points or 0.0
    points = item.points + share * (top - item.points)
    outcome = "pass" if points == top else item.outcome if points == item.points else "partial"
    better = (*items[:place], replace(item, points=points, outcome=outcome), *items[place + 1 :])
    before, after = total_of(LAW, "x", items), total_of(LAW, "x", better)

    assert (before.total is None) == (after.total is None)
    if before.total is not None:
        assert after.total >= before.total
        assert after.total_if_confirmed >= before.total_if_confirmed


@given(outcomes())
def test_without_anything_pending_both_totals_are_the_same(items):
    found = total_of(LAW, "x", tuple(replace(item, pending=False) for item in items))

    assert found.total == found.total_if_confirmed


lines = st.lists(
    st.tuples(
        st.sampled_from(["agent", "customer"]),
        st.text(alphabet="您好工号一零再见请稍等随便你，。a", min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=8,
)


@given(lines, st.floats(0.1, 1))
@settings(max_examples=60, deadline=None)
def test_the_same_call_and_card_give_the_same_bytes(said, probability):
    made = card(
        "id: a, points: 10, check: {phrase: {any: [您好, 工号], first_s: 9, homophones: true}}\n"
        "id: b, points: 10, check: {order: {anchor: {phrase: {any: [请稍等]}}, after: {phrase: {any: [再见]}}}}\n"
        "id: c, points: 5, check: {repeat: {role: agent}}",
        "id: d, deduct: {points: 1, per: hit}, check: {phrase: {none: [随便你]}}\n"
        "id: e, points: 3, check: {metric: silence.longest_s, at_most: 3}",
    )
    call = make_call(*[f"{role}: {text}" for role, text in said], probability=probability)

    first = encode(score(call, made))
    assert encode(score(call, made)) == first
    assert encode(score(decode(encode(call), type(call)), made)) == first


@given(lines)
@settings(max_examples=60, deadline=None)
def test_every_quote_was_said_there_by_that_role(said):
    made = card(
        "id: a, points: 10, check: {phrase: {any: [您好, 工号, 请稍等, a]}}\n"
        "id: b, points: 10, check: {repeat: {role: customer, min_chars: 2}}"
    )
    call = make_call(*[f"{role}: {text}" for role, text in said])
    found = score(call, made)

    assert unproven(found, call) == ()
    for item in found.criteria:
        for quote in item.evidence:
            if quote.kind == "quote":
                assert quote.quote in call.utterances[quote.utterance].text


@pytest.mark.parametrize(
    "change",
    [
        {"quote": "再见"},
        {"utterance": 1},
        {"utterance": None},
        {"utterance": 7},
        {"role": Role.CUSTOMER},
        {"start": 2.0, "end": 2.5},
        {"kind": "interval", "start": 50.0, "end": 60.0},
    ],
)
def test_evidence_that_the_call_does_not_bear_out_is_named(change):
    found = score(CALL, card(f"id: a, points: 3, check: {YES}"))
    item = found.criteria[0]
    forged = replace(item, evidence=(replace(item.evidence[0], **change),))

    assert unproven(found, CALL) == ()
    assert len(unproven(replace(found, criteria=(forged,)), CALL)) == 1


def test_points_are_what_the_card_says_whatever_the_order_of_sections():
    first, second = f"id: a, points: 3, check: {YES}", f"id: b, points: 7, check: {NO}"

    assert total(first, second) == total(second, first) == 30


def test_the_detail_of_a_score_is_plain_json():
    found = score(CALL, card(f"id: a, points: 3, check: {YES}\nid: b, deduct: {{points: 2, per: hit}}, check: {NO}"))

    assert msgspec.json.decode(encode(found))["criteria"][1]["detail"]["deduction"] == 2
