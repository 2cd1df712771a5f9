import numpy as np
import pytest

from qa_speech.call import Role, Word
from qa_speech.engines.base import ENGINE_RATE, Piece, Window, WindowWords
from qa_speech.engines.guards import HALLUCINATION, guard, made_up, simplified
from qa_speech.inputs import CallInput
from qa_speech.pipeline import inspect_many
from qa_speech.resources import folder
from qa_speech.testing import FakeRecognizer, tone

MADE_UP = [
    "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目",
    "字幕由Amara.org社群提供",
    "谢谢大家观看",
    "中文字幕志愿者 杨茜茜",
]
REAL = [
    "请您稍等，我帮您查询",
    "谢谢，再见",
    "我订阅的视频会员怎么扣费了",
    "感谢您的来电，请对我的服务做出评价",
    "下个月再见效",
]


def words(text: str) -> tuple[Word, ...]:
    return tuple(Word(char, i * 0.2, i * 0.2 + 0.2, 0.9) for i, char in enumerate(text))


def window(level_db: float) -> Window:
    return Window("x", Role.AGENT, tone(4.0, level_db=level_db), (Piece(0, 4, 0),))


@pytest.mark.parametrize("text", MADE_UP)
def test_known_inventions_are_recognised(text: str) -> None:
    assert made_up(text)


@pytest.mark.parametrize("text", REAL)
def test_what_people_say_is_not(text: str) -> None:
    assert not made_up(text)


def test_inventions_on_near_silence_are_taken_out_and_kept_apart() -> None:
    answer, removed = guard(window(-70), WindowWords(words(MADE_UP[0])), simplify=True)

    assert answer.words == ()
    assert answer.notes == (HALLUCINATION,)
    assert "".join(word.text for word in removed) == MADE_UP[0]


def test_the_recognisers_own_doubt_counts_as_near_silence() -> None:
    assert guard(window(-20), WindowWords(words(MADE_UP[1]), no_speech=0.8), simplify=True)[0].words == ()


def test_the_same_words_said_aloud_stay() -> None:
    answer, removed = guard(window(-20), WindowWords(words(MADE_UP[0]), no_speech=0.01), simplify=True)

    assert len(answer.words) == len(MADE_UP[0])
    assert removed == ()


def test_ordinary_words_on_near_silence_stay() -> None:
    assert len(guard(window(-70), WindowWords(words(REAL[0])), simplify=True)[0].words) == len(REAL[0])


def test_traditional_becomes_simplified_with_times_kept() -> None:
    changed = simplified(words("請問您的話費為什麼這麼貴"))

    assert "".join(word.text for word in changed) == "请问您的话费为什么这么贵"
    assert [(word.start, word.end) for word in changed] == [(word.start, word.end) for word in words("一" * 12)]


def test_simplifying_can_be_turned_off() -> None:
    answer, _ = guard(window(-20), WindowWords(words("請問")), simplify=False)

    assert "".join(word.text for word in answer.words) == "請問"


class SubtitleReader(FakeRecognizer):
    """Hears subtitles everywhere and doubts it."""

    def recognize(self, windows):  # type: ignore[no-untyped-def]
        for item in windows:
            assert len(item.samples) <= self.window_s * ENGINE_RATE
            yield WindowWords(words("谢谢大家观看"), no_speech=0.9)


def test_in_a_call_they_are_stray_words_and_a_warning() -> None:
    sample = folder("samples") / "good-service.ogg"

    call = next(inspect_many([CallInput(sample)], recognizer=SubtitleReader())).call

    assert all(item.text == "" for item in call.utterances)
    assert {item.reason for item in call.stray} == {HALLUCINATION}
    assert "recogniser:hallucination" in call.warnings
    assert not np.isnan(call.duration)


def test_words_without_chinese_characters_stay_as_they_are() -> None:
    said = words("VIP 100")

    assert simplified(said) is said


def test_a_phrase_that_becomes_shorter_is_changed_word_by_word(monkeypatch: pytest.MonkeyPatch) -> None:
    shorter = {"請問": "请", "請": "请", "問": "问"}
    monkeypatch.setattr("qa_speech.engines.guards.to_simplified", shorter.__getitem__)

    assert [(word.text, word.end) for word in simplified(words("請問"))] == [("请", 0.2), ("问", 0.4)]
