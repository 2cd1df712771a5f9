import numpy as np
import pytest

from qa_speech.call import Role, Word
from qa_speech.engines.base import ENGINE_RATE, Piece, Window, WindowWords
from qa_speech.engines.guards import HALLUCINATION, REPETITION, SYLLABLE_S, guard, made_up, simplified
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
    assert "".join(one.word.text for one in removed) == MADE_UP[0]


def test_the_recognisers_own_doubt_counts_as_near_silence() -> None:
    assert guard(window(-20), WindowWords(words(MADE_UP[1]), no_speech=0.8), simplify=True)[0].words == ()


def test_what_may_be_said_stays_where_it_is_said_aloud() -> None:
    said = "点赞再订阅能领会员吗"

    answer, removed = guard(window(-20), WindowWords(words(said), no_speech=0.01), simplify=True)

    assert len(answer.words) == len(said)
    assert removed == ()
    assert guard(window(-70), WindowWords(words(said)), simplify=True).answer.words == ()


@pytest.mark.parametrize("text", [MADE_UP[0], MADE_UP[1], "好的请稍等" + MADE_UP[1], "好的请稍等谢谢大家观看"])
def test_a_credit_is_taken_out_even_of_a_loud_window_and_said(text: str) -> None:
    answer, removed = guard(window(-20), WindowWords(words(text), no_speech=0.01), simplify=True)

    assert "".join(word.text for word in answer.words) in ("", "好的请稍等")
    assert {one.reason for one in removed} == {HALLUCINATION}
    assert HALLUCINATION in answer.notes


@pytest.mark.parametrize("text", ["中文字幕怎么打开", "字幕由机顶盒决定的", "感谢您的耐心等待", "我订阅的视频会员"])
def test_what_only_sounds_like_a_credit_stays(text: str) -> None:
    assert len(guard(window(-20), WindowWords(words(text), no_speech=0.01), simplify=True).answer.words) == len(text)


def test_a_loop_is_kept_once_and_said() -> None:
    answer, removed = guard(window(-20), WindowWords(words("您好" + "我帮您查" * 9)), simplify=True)

    assert "".join(word.text for word in answer.words) == "您好我帮您查"
    assert {one.reason for one in removed} == {REPETITION}
    assert answer.notes == (REPETITION,)


@pytest.mark.parametrize("text", ["对对对对对对", "好的好的好的好的", "一三八八八八八八八八八八八八八八"])
def test_what_people_repeat_is_no_loop(text: str) -> None:
    assert len(guard(window(-20), WindowWords(words(text)), simplify=True).answer.words) == len(text)


def test_a_word_stretched_over_seconds_is_cut() -> None:
    stretched = (Word("好", 0.0, 3.5, 0.9), Word("的", 3.5, 3.7, 0.9))

    kept = guard(window(-20), WindowWords(stretched), simplify=True).answer.words

    assert [(word.start, round(word.end, 3)) for word in kept] == [(0.0, SYLLABLE_S), (3.5, 3.7)]


def test_a_loop_in_a_call_is_a_warning_and_stray_words() -> None:
    class Loops(FakeRecognizer):
        def recognize(self, windows):  # type: ignore[no-untyped-def]
            for _ in windows:
                yield WindowWords(words("您好请问" + "有什么" * 8))

    call = next(inspect_many([CallInput(folder("samples") / "good-service.ogg")], recognizer=Loops())).call

    assert "recogniser:repetition" in call.warnings
    assert REPETITION in {item.reason for item in call.stray}
    assert all("有什么有什么" not in (item.text or "") for item in call.utterances)


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
