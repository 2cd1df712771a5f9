"""Level, pitch and raised voice, relative to the same speaker."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qa_speech.call import Acoustics, Call, Role
from qa_speech.metrics.voice import voice
from qa_speech.testing import make_call

A, C = Role.AGENT, Role.CUSTOMER


def spoken(*sounds: Acoustics, length: float = 2.0) -> Call:
    call = make_call(agent=[(3 * i, 3 * i + length) for i in range(len(sounds))], customer=[(2.1, 2.9)])
    order = [0, 1] + [0] * (len(call.utterances) - 2)
    mixed = [sounds[0], Acoustics(level_db=-50.0), *sounds[1:]] if len(sounds) > 0 else []
    assert [item.role for item in call.utterances[:2]] == [A, C] or not order
    return msgspec.structs.replace(call, acoustics=tuple(mixed))


levels = st.lists(st.tuples(st.integers(-50, -5), st.integers(80, 300)), min_size=1, max_size=8)


def heard(sounds: list[tuple[int, int]], gain_db: int = 0, octaves: int = 0) -> Call:
    call = make_call(agent=[(3 * i, 3 * i + 2) for i in range(len(sounds))])
    acoustics = tuple(Acoustics(float(level + gain_db), hz * 2.0**octaves, 4.0) for level, hz in sounds)
    return msgspec.structs.replace(call, acoustics=acoustics)


@settings(deadline=None)
@given(levels, st.integers(-20, 20), st.integers(-1, 1))
def test_a_gain_moves_the_level_and_nothing_else(sounds, gain_db, octaves):
    here, there = voice(heard(sounds), role=A), voice(heard(sounds, gain_db, octaves), role=A)
    mine, moved = here.components, there.components

    assert there.value == pytest.approx(here.value + gain_db)
    assert moved["f0_hz"] == pytest.approx(mine["f0_hz"] * 2.0**octaves)
    for part in ("level_spread_db", "jump_count", "rise_count", "largest_jump_db", "utterance_s"):
        assert moved[part] == (None if mine[part] is None else pytest.approx(mine[part])), part


@settings(deadline=None)
@given(levels)
def test_a_level_lies_among_those_of_the_utterances_and_fewer_than_half_are_raised(sounds):
    found = voice(heard(sounds), role=A)
    parts = found.components
    measured = [level for level, _ in sounds]

    assert min(measured) - 1e-9 <= found.value <= max(measured) + 1e-9
    assert parts["rise_count"] <= parts["jump_count"] <= len(sounds) - 1
    assert 2 * parts["raised_count"] <= len(sounds)  # a voice is raised above its own median
    raised = [sounds[int(one.start) // 3] for one in found.evidence if one.note == "raised_voice"]
    assert len(raised) == parts["raised_count"]
    assert all(level - parts["level_p50_db"] >= 6 and hz > parts["f0_hz"] for level, hz in raised)
    assert parts["raised_s"] == 2 * parts["raised_count"]
    assert parts["raised_share"] == pytest.approx(100 * parts["raised_count"] / len(sounds))


@settings(deadline=None)
@given(levels)
def test_what_rises_falls_when_the_call_is_heard_backwards(sounds):
    here, backwards = voice(heard(sounds), role=A).components, voice(heard(sounds[::-1]), role=A).components

    assert here["jump_count"] == backwards["jump_count"]
    assert here["rise_count"] + backwards["rise_count"] == here["jump_count"]


def test_level_is_mean_power_weighted_by_length():
    call = make_call(agent=[(0, 3), (4, 5)])
    call = msgspec.structs.replace(call, acoustics=(Acoustics(level_db=-20.0), Acoustics(level_db=-30.0)))

    assert voice(call, role=A).value == pytest.approx(-21.1070, abs=1e-4)


def test_a_raised_voice_is_louder_and_higher_than_the_speakers_own_median():
    usual = Acoustics(-26.0, 190.0, 4.0)
    call = spoken(usual, usual, Acoustics(-18.0, 240.0, 8.0), Acoustics(-18.0, 190.0), Acoustics(-26.0, 240.0), usual)
    found = voice(call, role=A)
    parts = found.components

    assert (parts["raised_count"], parts["raised_s"]) == (1, 2)
    assert parts["raised_share"] == pytest.approx(100 / 6)
    assert [item.start for item in found.evidence if item.note == "raised_voice"] == [6]
    assert (parts["f0_hz"], parts["f0_range_st"]) == (190, 4)
    assert voice(call, role=A, raised_level_db=9).components["raised_count"] == 0
    assert voice(call, role=A, raised_pitch_st=5).components["raised_count"] == 0


def test_jumps_are_between_neighbours_of_the_same_role_and_rises_are_told_apart():
    found = voice(spoken(Acoustics(-26.0), Acoustics(-17.0), Acoustics(-27.0), Acoustics(-24.0)), role=A)
    parts = found.components

    assert (parts["jump_count"], parts["rise_count"], parts["largest_jump_db"]) == (2, 1, 10)
    assert [(item.note, item.start) for item in found.evidence] == [("level_jump", 3), ("level_jump", 6)]


def test_without_pitch_nothing_is_said_about_raised_voice():
    parts = voice(spoken(Acoustics(-26.0), Acoustics(-10.0)), role=A).components

    assert (parts["raised_count"], parts["f0_hz"]) == (None, None)


def test_short_utterances_are_left_out():
    assert voice(spoken(Acoustics(-26.0), length=0.4), role=A).reason == "not_measured"
    assert voice(spoken(Acoustics(-26.0), length=0.4), role=A, min_utterance_s=0.3).value == pytest.approx(-26)


def test_what_was_not_measured_is_not_made_up():
    assert voice(make_call(agent=[(0, 2)], customer=[(3, 4)]), role=A).reason == "not_measured"
    assert voice(make_call("unknown: 您好"), role=A).reason == "mono"
