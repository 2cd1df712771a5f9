"""Stretches of a kind of their own: masked on purpose, or one signal on both channels. Built from the sample calls."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from qa_speech import CallReport, inspect_call, inspect_many, load_scorecard
from qa_speech.audio.channels import survey
from qa_speech.audio.mask import mask_ranges
from qa_speech.audio.masked import masked
from qa_speech.audio.track import Track
from qa_speech.audio.undivided import undivided
from qa_speech.call import MASKED, THIRD, UNDIVIDED, Call, OtherSound, Role
from qa_speech.engines.transcripts import Line, Transcript, words_for
from qa_speech.inputs.calls import CallInput
from qa_speech.metrics.gaps import silences
from qa_speech.metrics.overlap import overlap
from qa_speech.metrics.response import hold, response
from qa_speech.metrics.silence import silence
from qa_speech.metrics.speech_rate import speech_rate
from qa_speech.metrics.talk import talk, turns
from qa_speech.report.charts import bands
from qa_speech.scorecard.choice import find_scorecard
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

A, C, U = Role.AGENT, Role.CUSTOMER, Role.UNKNOWN
SAMPLES = Path(__file__).parent.parent / "samples"
Samples = npt.NDArray[np.int16]


@cache
def sample(name: str) -> tuple[Samples, int]:
    """A sample call: int16 of shape (channels, n), with a faint line noise of its own on each channel, and its rate."""
    audio, rate = soundfile.read(SAMPLES / name, dtype="int16", always_2d=True)
    noise = np.random.default_rng(7).normal(0, 12, audio.T.shape)
    return np.clip(audio.T + np.rint(noise), -32768, 32767).astype(np.int16), rate


def mixed(
    samples: Samples, rate: int, start_s: float, end_s: float, louder_db: float = 0.0, lag_s: float = 0.0
) -> Samples:
    """Both parties on both channels for a while, on the second louder and later."""
    both = samples.astype(np.float32).sum(axis=0) * 0.7
    later = np.roll(both, round(lag_s * rate)) * 10 ** (louder_db / 20)
    made = samples.copy()
    first, last = round(start_s * rate), round(end_s * rate)
    made[0, first:last] = np.clip(both[first:last], -32768, 32767)
    made[1, first:last] = np.clip(later[first:last], -32768, 32767)
    return made


def found_in(samples: Samples, rate: int) -> tuple[Timeline, Timeline]:
    """Where the samples are masked, and where they are one signal."""
    one, two = (survey(Track(channel, rate)) for channel in samples)
    first, second = masked([one, two])
    assert first == second
    return first, undivided(one, two, first)


def judged(folder: Path, samples: Samples, rate: int) -> CallReport:
    """The report of the first three quarters of a minute."""
    soundfile.write(folder / "call.wav", samples[:, : 45 * rate].T, rate)
    return inspect_call(folder / "call.wav", scorecard=load_scorecard(find_scorecard("quality-only")))


# -- found where they are, and nowhere else


@pytest.mark.parametrize(("louder_db", "lag_s"), [(0, 0), (-5, 0.0), (3, 0.012)])
@pytest.mark.parametrize("start_s", [0.0, 25.0])
def test_one_signal_on_both_channels_is_found(start_s: float, louder_db: float, lag_s: float) -> None:
    samples, rate = sample("good-service.ogg")

    hidden, shared = found_in(mixed(samples, rate, start_s, start_s + 20, louder_db, lag_s), rate)

    assert not hidden
    assert len(shared) == 1
    assert shared[0].start == pytest.approx(start_s, abs=0.8)
    assert shared[0].end == pytest.approx(start_s + 20, abs=0.8)


@pytest.mark.parametrize("replacement", ["silence", "tone"])
def test_what_was_masked_is_found(replacement: str) -> None:
    samples, rate = sample("good-service.ogg")
    ranges = [(20 * rate, 26 * rate), (40 * rate, 41 * rate)]

    hidden, shared = found_in(mask_ranges(samples, rate, ranges, replacement=replacement), rate)  # type: ignore[arg-type]

    assert [(round(span.start, 1), round(span.end, 1)) for span in hidden] == [(20, 26), (40, 41)]
    assert not shared


def test_a_tone_of_another_redactor_is_found_and_ringing_is_none() -> None:
    samples, rate = sample("good-service.ogg")
    clock = np.arange(3 * rate) / rate

    def toned(pitch_hz: float) -> Timeline:
        made = samples.copy()
        made[:, 20 * rate : 23 * rate] = np.rint(3000 * np.sin(2 * np.pi * pitch_hz * clock))
        return found_in(made, rate)[0]

    assert toned(1700).duration == pytest.approx(3, abs=0.1)
    assert not toned(450)


def test_a_tone_is_found_that_follows_an_even_hum() -> None:
    rate = 8000
    times = np.arange(20 * rate) / rate
    hum = 300 * np.sin(2 * np.pi * 50 * times)
    line = np.stack([hum, 2.2 * hum]) + np.random.default_rng(3).normal(0, 3, (2, len(times)))
    line[:, 10 * rate : 12 * rate] = 11_000 * np.sin(2 * np.pi * 1984 * times[: 2 * rate])

    one, two = masked([survey(Track(channel.astype(np.int16), rate)) for channel in line])

    assert (one & two).duration == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize(("hertz", "loud"), [(50, 900), (100, 900), (120, 2000), (1250, 900)])
def test_an_even_hum_or_whine_as_loud_on_both_channels_is_no_mask(hertz: float, loud: float) -> None:
    samples, rate = sample("good-service.ogg")
    hum = np.rint(loud * np.sin(2 * np.pi * hertz * np.arange(samples.shape[1]) / rate))

    assert not any(found_in(np.clip(samples + hum, -32768, 32767).astype(np.int16), rate))


def test_the_hum_of_both_lines_is_not_one_signal() -> None:
    samples, rate = sample("good-service.ogg")
    times = np.arange(samples.shape[1]) / rate
    hum = 400 * np.sin(2 * np.pi * 50 * times) + 200 * np.sin(2 * np.pi * 150 * times)
    one, two = (np.clip(channel * 0.2 + hum, -32768, 32767).astype(np.int16) for channel in samples)

    assert not undivided(survey(Track(one, rate)), survey(Track(two, rate)))


def test_one_signal_goes_on_through_the_pauses_of_its_background() -> None:
    samples, rate = sample("good-service.ogg")
    quiet = np.random.default_rng(1).normal(0, 12, (2, 8 * rate)).astype(np.int16)
    longer = np.concatenate((quiet, samples), axis=1)
    made = mixed(longer, rate, 0, 20)

    found = undivided(survey(Track(made[0], rate)), survey(Track(made[1], rate)))

    assert found[0].start == 0
    assert found[0].end == pytest.approx(20, abs=1.5)


def test_a_note_that_leaks_from_one_channel_into_the_other_is_no_mask() -> None:
    samples, rate = sample("good-service.ogg")
    note = np.sin(2 * np.pi * 1320 * np.arange(rate) / rate)
    samples = samples.copy()
    for channel, loudness in ((0, 6000), (1, 340)):
        samples[channel, 20 * rate : 21 * rate] = np.rint(loudness * note)

    assert not found_in(samples, rate)[0]


@pytest.mark.parametrize("name", ["good-service.ogg", "hold-and-thanks.ogg", "noise-crosstalk.ogg", "slow-answer.ogg"])
def test_calls_whose_channels_hold_a_party_each_have_neither(name: str) -> None:
    samples, rate = sample(name)

    assert found_in(samples, rate) == (Timeline(), Timeline())


def test_digital_silence_tells_nothing_where_every_pause_is_one() -> None:
    samples, rate = sample("good-service.ogg")
    gated = np.where(np.abs(samples) > 60, samples, 0).astype(np.int16)

    assert not found_in(mask_ranges(gated, rate, [(20 * rate, 26 * rate)], replacement="silence"), rate)[0]


def test_of_one_channel_only_the_own_tone_is_a_mask() -> None:
    samples, rate = sample("good-service.ogg")
    one = samples.sum(axis=0, keepdims=True, dtype=np.int32).astype(np.int16)
    clock = np.arange(3 * rate) / rate
    own = mask_ranges(one, rate, [(20 * rate, 23 * rate)])
    other = one.copy()
    other[0, 20 * rate : 23 * rate] = np.rint(3000 * np.sin(2 * np.pi * 1700 * clock))

    (found,) = masked([survey(Track(own[0], rate))])
    assert found.duration == pytest.approx(3, abs=0.1)
    assert masked([survey(Track(other[0], rate))]) == (Timeline(),)


@pytest.mark.parametrize("replacement", ["silence", "tone"])
def test_a_mask_on_one_channel_hides_that_party_alone(tmp_path: Path, replacement: str) -> None:
    samples, rate = sample("good-service.ogg")
    full = judged(tmp_path, samples, rate)
    said = max(full.call.utterances_of(C), key=lambda one: one.duration)
    ranges = [(round((said.start - 0.3) * rate), round((said.end + 0.3) * rate))]
    hidden = samples.copy()
    hidden[1] = mask_ranges(samples[1:], rate, ranges, replacement=replacement)[0]  # type: ignore[arg-type]

    report = judged(tmp_path, hidden, rate)

    call = report.call
    (stretch,) = [sound for sound in call.sounds if sound.kind == MASKED]
    assert (stretch.role, round(stretch.segment.duration, 1)) == (C, pytest.approx(said.duration + 0.6, abs=0.1))
    assert [(found.channel, found.value) for found in call.recording.findings if found.code == "masked"] == [
        (2, pytest.approx(said.duration + 0.6, abs=0.1))
    ]
    assert call.speech[A] == full.call.speech[A]
    for found in (silence(call, min_silence_s=1), hold(call, min_hold_s=1), response(call, slow_s=0.5)):
        for one in found.evidence:
            assert (one.end or 0) <= stretch.start + 0.1 or (one.start or 0) >= stretch.end - 0.1


def test_digital_silence_of_another_value_than_that_of_the_line_is_a_mask() -> None:
    samples, rate = sample("good-service.ogg")
    gated = np.where(np.abs(samples) > 60, samples, 8).astype(np.int16)
    hidden, _ = found_in(mask_ranges(gated, rate, [(20 * rate, 26 * rate)], replacement="silence"), rate)

    assert [(round(span.start, 1), round(span.end, 1)) for span in hidden] == [(20, 26)]


def test_a_mask_on_one_channel_of_a_line_that_is_silent_by_itself_is_not_the_others_too() -> None:
    samples, rate = sample("good-service.ogg")
    gated = np.where(np.abs(samples) > 60, samples, 8).astype(np.int16)
    gated[1, 20 * rate : 26 * rate] = 0

    one, two = masked([survey(Track(channel, rate)) for channel in gated])

    assert not one
    assert [(round(span.start, 1), round(span.end, 1)) for span in two] == [(20, 26)]


def test_a_recording_that_was_paused_for_most_of_the_call_is_masked_there() -> None:
    samples, rate = sample("good-service.ogg")
    short = samples[:, : 40 * rate]
    hidden, _ = found_in(mask_ranges(short, rate, [(8 * rate, 35 * rate)], replacement="silence"), rate)

    assert [(round(span.start, 1), round(span.end, 1)) for span in hidden] == [(8, 35)]


def test_a_line_whose_long_pauses_become_digital_silence_is_not_masked() -> None:
    samples, rate = sample("good-service.ogg")
    gated = samples.copy()
    for channel in gated:
        heard_so_far = np.cumsum(np.abs(channel) > 200)
        heard_lately = heard_so_far.copy()
        heard_lately[rate:] -= heard_so_far[:-rate]
        channel[heard_lately == 0] = 0

    assert masked([survey(Track(channel, rate)) for channel in gated]) == (Timeline(), Timeline())


def test_a_tone_over_two_faint_channels_does_not_make_them_one(tmp_path: Path) -> None:
    samples, rate = sample("good-service.ogg")
    faint = (samples // 60).astype(np.int16)
    clock = np.arange(12 * rate) / rate
    faint[:, 20 * rate : 32 * rate] = np.rint(14000 * np.sin(2 * np.pi * 1400 * clock))

    call = judged(tmp_path, faint, rate).call

    assert call.recording.layout == "two_channel"
    assert sum(sound.segment.duration for sound in call.sounds if sound.kind == MASKED) == pytest.approx(12, abs=0.1)


def test_in_a_stretch_of_one_signal_a_transcript_tells_whose_the_words_are_and_nothing_is_timed(tmp_path: Path) -> None:
    samples, rate = sample("good-service.ogg")
    clean = judged(tmp_path, samples, rate).call
    lines = []
    for said in clean.utterances:
        name = "坐席" if said.role is A else "客户"
        lines.append({"speaker": name, "start": said.start + 0.1, "end": said.end - 0.1, "text": "好的没问题"})
    (tmp_path / "call.json").write_text(json.dumps(lines), encoding="utf-8")
    soundfile.write(tmp_path / "call.wav", mixed(samples, rate, 0, 18)[:, : 45 * rate].T, rate)

    row = CallInput(tmp_path / "call.wav", transcript=tmp_path / "call.json")
    call = next(inspect_many([row])).call

    (stretch,) = [sound for sound in call.sounds if sound.kind == UNDIVIDED]
    words = sum(len(said.words) for said in call.utterances)
    assert not call.stray
    assert words == 5 * len(lines)
    for role in (A, C):
        early = [said for said in clean.utterances_of(role) if said.end < stretch.end - 0.5]
        found = [said for said in call.utterances_of(role) if said.end < stretch.end]
        assert early
        assert sum(len(said.words) for said in found) == 5 * len(early)
    assert not [said for said in call.utterances_of(U) if said.text]
    assert not (call.speech[A] | call.speech[C]) & Timeline([stretch.segment])
    for timed in (overlap(call), response(call), speech_rate(call, role=A, max_rate=1), turns(call)):
        assert not [one for one in timed.evidence if (one.start or 0) < stretch.end - 0.01]


# -- through the whole program


def test_a_call_that_is_one_signal_for_a_third_keeps_its_score_and_invents_no_overlap(tmp_path: Path) -> None:
    samples, rate = sample("good-service.ogg")
    clean = judged(tmp_path, samples, rate)

    report = judged(tmp_path, mixed(samples, rate, 0, 18), rate)

    call = report.call
    (stretch,) = [sound for sound in call.sounds if sound.kind == UNDIVIDED]
    assert (stretch.role, stretch.start) == (U, 0)
    assert call.speech[U].extent is not None
    assert call.speech[U].extent.end <= stretch.end
    assert not (call.speech[A] | call.speech[C]) & Timeline([stretch.segment])
    assert overlap(call).reliability == "ok"
    assert not [one for one in overlap(call).evidence if (one.start or 0) < stretch.end]
    assert response(call).components["first_word_s"] is None
    assert report.score is not None
    assert clean.score is not None
    assert report.score.total == clean.score.total
    assert call.recording.finding("partly_mono") is not None
    assert "undivided" in [band.kind for band in bands(call, {})]


@pytest.mark.parametrize("replacement", ["silence", "tone"])
def test_a_masked_number_is_no_silence_no_hold_no_slow_answer_and_no_noise(tmp_path: Path, replacement: str) -> None:
    samples, rate = sample("good-service.ogg")
    full = judged(tmp_path, samples, rate)
    utterance = max(full.call.utterances_of(C), key=lambda said: said.duration)
    ranges = [(round((utterance.start - 0.3) * rate), round((utterance.end + 5) * rate))]

    report = judged(tmp_path, mask_ranges(samples, rate, ranges, replacement=replacement), rate)  # type: ignore[arg-type]

    call = report.call
    (stretch,) = [sound for sound in call.sounds if sound.kind == MASKED]
    assert stretch.start == pytest.approx(ranges[0][0] / rate, abs=0.05)
    for found in (silence(call, min_silence_s=1), hold(call, min_hold_s=1), response(call, slow_s=0.5)):
        for one in found.evidence:
            assert (one.end or 0) <= stretch.start + 0.1 or (one.start or 0) >= stretch.end - 0.1
    before, after = (one.call.recording.finding("snr") for one in (full, report))
    assert before is not None
    assert before.value is not None
    assert after is not None
    assert after.value == pytest.approx(before.value, abs=1.5)
    assert "masked" in [band.kind for band in bands(call, {})]


def test_what_a_recogniser_wrote_twice_because_both_channels_carry_it_is_nobodys_and_kept_once() -> None:
    speech = {A: Timeline([(10, 12)]), C: Timeline([(13, 15)]), U: Timeline([(0, 3), (4, 6)])}
    lines = (
        Line("", "您好请问有什么可以帮您", 0, 3, channel=1),
        Line("", "您好，请问有什么可以帮你", 0.1, 3, channel=2),
        Line("", "我想查话费", 4, 6, channel=1),
        Line("", "我想查话费", 4, 6, channel=2),
        Line("", "好的", 10, 12, channel=1),
        Line("", "谢谢", 13, 15, channel=2),
    )

    found = words_for(Transcript("t", "turns", lines), speech, channels=(A, C))

    said = {role: "".join(word.text for word in words) for role, words in found.words.items()}
    assert said == {A: "好的", C: "谢谢", U: "您好请问有什么可以帮您我想查话费"}
    assert found.warnings == ("said_on_both_channels:2",)
    assert len(found.stray) == 16


def test_what_a_third_speaker_and_a_machine_say_is_neither_partys_talk(tmp_path: Path) -> None:
    samples, rate = sample("good-service.ogg")
    clean = judged(tmp_path, samples, rate).call
    third = max(clean.utterances_of(C), key=lambda said: said.duration)
    lines = []
    for number, said in enumerate(clean.utterances):
        name = "坐席" if said.role is A else "客户"
        if number == 0:
            name = "IVR"
        elif said is third:
            name = "旁人"
        lines.append({"speaker": name, "start": said.start, "end": said.end, "text": "好的没问题"})
    (tmp_path / "call.json").write_text(json.dumps(lines), encoding="utf-8")

    row = CallInput(tmp_path / "call.wav", transcript=tmp_path / "call.json")
    call = next(inspect_many([row])).call

    kinds = {sound.kind: sound for sound in call.sounds}
    assert kinds[THIRD].segment.duration == pytest.approx(third.duration, abs=0.05)
    assert kinds["ivr"].start == clean.utterances[0].start
    mine, before = talk(call, role=C), talk(clean, role=C)
    assert mine.value is not None
    assert mine.value == pytest.approx((before.value or 0) - (clean.speech[C].crop(third.segment)).duration, abs=0.01)
    assert response(call).components["first_word_s"] == pytest.approx(
        clean.utterances_of(A)[1].start - kinds["ivr"].end, abs=0.05
    )
    for found in (silence(call, min_silence_s=1), response(call, slow_s=0.5)):
        for one in found.evidence:
            assert one.note == "first_word" or not Timeline([(one.start or 0, one.end or 0)]).crop(third.segment)
    assert (mine.reliability, mine.reliability_reason) == ("low", "third_speaker")


# -- what the figures make of them


def with_sounds(call: Call, *sounds: OtherSound) -> Call:
    return msgspec.structs.replace(call, sounds=sounds)


def test_a_gap_ends_where_the_mask_begins_and_nobody_owns_what_is_left() -> None:
    call = make_call("customer@0-2: 我想查话费", "agent@20-22: 好的，我帮您查", duration=30)
    call = with_sounds(call, OtherSound(MASKED, U, 6, 15))

    found = silences(call)

    assert [(one.start, one.end, one.owner, one.kind) for one in found] == [(2, 6, None, None), (15, 20, None, None)]
    assert silence(call).components["share"] == pytest.approx(100 * 9 / 21)
    assert response(call).components["count"] == 0
    assert turns(call).value == 2


def test_an_answer_is_not_timed_through_a_mask_that_began_while_the_customer_spoke() -> None:
    call = make_call("agent@0-3: 您好", "customer@4-6: 我想查话费", "agent@14-16: 您的话费是三十元", duration=20)

    assert response(call).components["longest_s"] == pytest.approx(8.0)
    assert response(with_sounds(call, OtherSound(MASKED, U, 5.5, 13.5))).value is None
    assert silences(with_sounds(call, OtherSound(MASKED, U, 5.5, 13.5))) == []


def test_a_turn_ends_where_the_recording_is_masked_and_shares_of_speech_are_withheld() -> None:
    call = make_call("agent@0-4: 您的号码是", "agent@9-12: 对吗", "customer@13-14: 对", duration=20)
    hidden = with_sounds(call, OtherSound(MASKED, U, 4.1, 8.9))

    assert (turns(call).value, turns(hidden).value) == (2, 3)
    assert turns(hidden).components["agent_longest_s"] == 4
    assert turns(hidden).components["role_changes"] == 1
    withheld = talk(hidden, role=A)
    assert (withheld.value, withheld.components["share_of_speech"], withheld.reason) == (7, None, "masked")
    brief = with_sounds(call, OtherSound(MASKED, U, 4.1, 4.7))
    assert talk(brief, role=A).components["share_of_call"] == pytest.approx(100 * 7 / 19.4)


def test_reliability_falls_where_most_of_the_speech_is_one_signal() -> None:
    call = make_call("unknown@0-8: 好", "agent@20-24: 好", "customer@25-26: 好", duration=30)
    call = with_sounds(call, OtherSound(UNDIVIDED, U, 0, 10))

    found = talk(call, role=A)

    assert (found.reliability, found.reliability_reason) == ("low", "partly_mono")
    assert found.components["share_of_speech"] == 80
    assert found.components["share_of_call"] == 20


@pytest.mark.parametrize(("channel", "owner", "count"), [(A, A, 1), (C, C, 0)])
def test_a_hold_is_owned_by_the_side_whose_channel_carries_the_music(channel: Role, owner: Role, count: int) -> None:
    call = make_call("customer@0-3: 我想查话费", "agent@4-6: 好的", "customer@29-31: 喂，还在吗")
    held = with_sounds(call, OtherSound("music", channel, 6.5, 28.5))

    (one,) = silences(held)

    assert (one.kind, one.owner) == ("hold", owner)
    assert hold(held).value == count


def test_what_was_said_before_goes_before_the_channel_of_the_music() -> None:
    call = make_call("customer@0-3: 我想查话费", "agent@4-6: 请您稍等", "agent@29-31: 让您久等了")
    held = with_sounds(call, OtherSound("music", C, 6.5, 28.5))
    asked = make_call("agent@0-3: 请提供一下号码", "customer@4-6: 你等一下我找找", "customer@29-31: 找到了")
    own_wish = with_sounds(asked, OtherSound("music", A, 6.5, 28.5))

    assert [(one.owner, one.announced) for one in silences(held)] == [(A, True)]
    assert [(one.owner, one.announced) for one in silences(own_wish)] == [(C, True)]


def rings(*bursts: tuple[float, float]) -> tuple[OtherSound, ...]:
    return tuple(OtherSound("ring_back", C, start, end) for start, end in bursts)


@pytest.mark.parametrize(
    ("bursts", "first_word_s"),
    [
        (((0, 1), (5, 6)), 5.0),
        (((0, 1), (5, 6), (10, 11)), 0.0),
        (((0, 1), (5, 5.4)), 9.6),
        (((0, 1),), 10.0),
        (((2, 8),), 7.0),
    ],
)
def test_the_first_word_counts_from_the_end_of_the_ringing_with_its_last_pause(
    bursts: tuple[tuple[float, float], ...], first_word_s: float
) -> None:
    call = make_call("agent@15-16: 您好", "customer@17-18: 你好")

    assert response(with_sounds(call, *rings(*bursts))).components["first_word_s"] == pytest.approx(first_word_s)


def test_words_that_may_have_been_said_in_such_a_stretch_are_left_to_a_person() -> None:
    text = """
id: tiny
version: 1
title: 示例
sections:
  - id: s
    title: 节
    criteria:
      - {id: goodbye, title: 结束语, points: 10, check: {phrase: {any: [再见], role: agent}}}
"""
    from qa_speech.scorecard.score import score

    call = make_call("unknown@0-2: 再见吧", "agent@10-12: 您好请讲", "customer@13-14: 查话费", duration=20)
    card = load_scorecard(text)

    def review(*sounds: OtherSound) -> tuple[str, ...]:
        return score(with_sounds(call, *sounds), card).criteria[0].review

    assert review() == ()
    assert review(OtherSound(UNDIVIDED, U, 0, 5)) == ("undivided",)
    assert review(OtherSound(MASKED, U, 12.2, 12.9)) == ("masked",)


def test_of_a_stretch_of_one_signal_a_transcript_without_times_takes_its_share() -> None:
    talk = [("agent", "您好请讲"), ("customer", "查话费"), ("agent", "请稍等查到了"), ("customer", "谢谢再见啊")]
    lines = tuple(Line(who, said) for who, said in talk)
    speech = {U: Timeline([(0, 4), (5, 8)]), A: Timeline([(10, 16)]), C: Timeline([(17, 22)])}

    lent = words_for(Transcript("t", "plain", lines), speech)

    said = {role: "".join(word.text for word in lent.words[role] if word.start < 9) for role in (A, C)}
    assert said == {A: "您好请讲", C: "查话费"}
    assert lent.speech[A] == Timeline([(0, 4), (10, 16)])
    assert lent.speech[C] == Timeline([(5, 8), (17, 22)])
    assert not lent.words.get(U)
