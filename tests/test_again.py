"""Speech that came back with hardly a word is asked for again, alone; what stays wordless is told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest

from qa_speech.call import Call, Role, Utterance
from qa_speech.engines.base import Window, WindowWords
from qa_speech.language.script import spread
from qa_speech.metrics.speech_rate import speech_rate
from qa_speech.pipeline import inspect_call
from qa_speech.pipeline.again import LEAST_SPEECH_S, WORDLESS_S, within
from qa_speech.scorecard import load_scorecard, score
from qa_speech.scores import CallReport
from qa_speech.testing import FakeRecognizer, make_call
from qa_speech.wording.messages import summary_line

SAMPLE = Path("samples/good-service.ogg")
PER_S = 5
LOST_FROM_S = 5.0
TEXT = "".join(chr(0x4E00 + 97 * number) for number in range(200))
"""Characters that never come again: what repeats is taken for a loop."""
CARD = """
id: tiny
version: 1
title: 示例
pass_mark: 60
sections:
  - id: closing
    title: 结束语
    criteria:
      - {id: thanks, title: 致谢, points: 60, check: {phrase: {any: [感谢来电], role: agent}}}
"""


class FollowsOneVoice(FakeRecognizer):
    """Hears the first piece of a window and leaves the others out, as Whisper does where the voice changes."""

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            self.seen.append(window)
            first = window.pieces[0]
            length = first.window_end - first.window_start
            yield WindowWords(spread(TEXT[: round(length * PER_S)], first.window_start, first.window_end, 0.9))


class LosesTheRest(FakeRecognizer):
    """Hears enough in the first half of a window and nothing behind it, as one that loops there; short windows whole."""

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            self.seen.append(window)
            heard_s = window.duration
            if window.duration > LOST_FROM_S:
                heard_s = window.duration / 2
            yield WindowWords(spread(TEXT[: round(heard_s * PER_S)], 0.0, heard_s, 0.9))


class Deaf(FakeRecognizer):
    """Hears nothing."""

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            self.seen.append(window)
            yield WindowWords(())


class HearsLessAlone(FakeRecognizer):
    """Says two characters to a whole window, and one to a piece alone."""

    def recognize(self, windows: Iterable[Window]) -> Iterator[WindowWords]:
        for window in windows:
            self.seen.append(window)
            text = "好的" if len(window.pieces) > 1 else "嗯"
            yield WindowWords(spread(text, 0.0, window.duration, 0.9))


def called(recognizer: FakeRecognizer) -> Call:
    report = inspect_call(SAMPLE, recognizer=recognizer)
    assert isinstance(report, CallReport)
    return report.call


def places(windows: Iterable[Window]) -> list[tuple[Role, float, float]]:
    return [(window.role, window.pieces[0].call_start, window.pieces[-1].call_end) for window in windows]


def test_what_a_recogniser_left_out_of_a_full_window_is_asked_for_again_alone() -> None:
    recognizer = FollowsOneVoice()

    call = called(recognizer)

    long = [utterance for utterance in call.utterances if utterance.duration > LEAST_SPEECH_S]
    assert [utterance for utterance in long if not utterance.text] == []
    assert "windows_again" in call.made_with
    assert not any(warning.startswith("words_missing") for warning in call.warnings)
    alone = [window for window in recognizer.seen if len(window.pieces) == 1]
    assert len(alone) > 1


def test_a_stretch_of_a_piece_that_lost_its_words_is_asked_for_alone() -> None:
    """The piece as a whole has words enough."""
    path = Path("samples/hold-and-thanks.ogg")
    recognizer = LosesTheRest()

    call = inspect_call(path, recognizer=recognizer).call

    words = {role: [word for one in call.utterances_of(role) for word in one.words] for role in call.speech}
    for role, line in call.speech.items():
        for stretch in line:
            if WORDLESS_S <= stretch.duration < LOST_FROM_S - 0.8:
                assert within(words[role], stretch), (role, stretch)
    told = [warning for warning in call.warnings if warning.startswith("words_missing:")]
    silent = [s for role, line in call.speech.items() for s in line if s.duration >= 1 and not within(words[role], s)]
    assert bool(told) == bool(silent)


def test_words_are_not_said_twice_by_asking_again() -> None:
    call = called(FollowsOneVoice())

    for role in (Role.AGENT, Role.CUSTOMER):
        words = [word for utterance in call.utterances_of(role) for word in utterance.words]
        assert all(one.end <= two.start + 0.05 for one, two in pairwise(words))
        spoken = sum(len(word.text) for word in words)
        assert spoken == pytest.approx(call.speech[role].duration * PER_S, rel=0.35)


def test_speech_that_stays_wordless_is_told_and_every_piece_is_asked_for_once_more() -> None:
    recognizer = Deaf()

    call = called(recognizer)

    told = [warning for warning in call.warnings if warning.startswith("words_missing:")]
    assert len(told) == 1
    asked, of = call.made_with["windows_again"].split(" of ")
    assert len(recognizer.seen) == int(asked) + int(of)
    again = places(recognizer.seen[int(of) :])
    assert len(set(again)) == len(again)


def test_how_many_windows_were_recognised_again_is_printed() -> None:
    report = inspect_call(SAMPLE, recognizer=FollowsOneVoice())

    asked = report.call.made_with["windows_again"].split(" of ")[0]
    assert f"{asked} 段重识别" in summary_line(report, "zh")
    assert f"{asked} windows recognised again" in summary_line(report, "en")


def test_the_answer_with_more_characters_stands() -> None:
    call = called(HearsLessAlone())

    assert all(set(utterance.text or "") <= set("好的嗯") for utterance in call.utterances)
    assert any("好" in (utterance.text or "") for utterance in call.utterances)


def test_a_recogniser_that_hears_enough_is_asked_once() -> None:
    recognizer = FakeRecognizer([TEXT] * 40)

    assert "windows_again" not in called(recognizer).made_with


def test_words_that_are_missing_make_their_figures_doubtful_and_absence_a_question_for_a_person(tmp_path: Path) -> None:
    said = (
        Utterance(Role.AGENT, 0.0, 4.0, "您好请问有什么可以帮您", spread("您好请问有什么可以帮您", 0.0, 4.0, 0.9)),
        Utterance(Role.CUSTOMER, 4.5, 6.0, "我想查一下话费", spread("我想查一下话费", 4.5, 6.0, 0.9)),
        Utterance(Role.AGENT, 7.0, 12.0, ""),
    )
    call = msgspec.structs.replace(make_call("agent@0-4: 您好", "customer@4.5-6: 好"), utterances=said)
    (tmp_path / "card.yaml").write_text(CARD, encoding="utf-8")
    card = load_scorecard(tmp_path / "card.yaml")

    rate = speech_rate(call, role=Role.AGENT)
    judged = score(call, card).criteria[0]

    assert (rate.reliability, rate.reliability_reason) == ("low", "words_missing")
    assert (judged.outcome, judged.pending) == ("fail", True)
    assert "words_missing" in judged.review
