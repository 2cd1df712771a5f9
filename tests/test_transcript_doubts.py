"""What is wrong in a transcript is mended and said, or refused; figures that rest on it are of low reliability."""

from pathlib import Path

import pytest

from qa_speech.call import Call, Role
from qa_speech.engines.guards import is_credit, loops
from qa_speech.engines.transcripts import Line, Spoken, TranscriptLimits, call_from_transcript, read_transcript
from qa_speech.engines.transcripts.guarded import guarded
from qa_speech.engines.transcripts.mending import mended
from qa_speech.errors import ConfigError
from qa_speech.language.characters import to_simplified
from qa_speech.metrics import measure
from qa_speech.metrics.doubt import DOUBTFUL_TIMES
from qa_speech.wording import terms
from qa_speech.wording.transcripts import WARNINGS
from tests.transcript_kit import AGENT, write

LIMITS = TranscriptLimits()
ALL_WELL = Line("坐席", "您好", 0.0, 1.0)


def mend(*lines: Line) -> tuple[list[tuple[float | None, float | None]], tuple[str, ...]]:
    """Spans of the lines, and the notes."""
    found = mended(lines, LIMITS)
    return [(line.start, line.end) for line in found.lines], found.notes


def spoken(*times: tuple[float | None, float | None], text: str = "您好请讲吧啊") -> tuple[Spoken, ...]:
    return tuple(Spoken(char, *time) for char, time in zip(text, times, strict=False))


def test_a_file_in_order_has_no_notes() -> None:
    assert mend(ALL_WELL, Line("客户", "我想查话费", 1.5, 3.0)) == ([(0.0, 1.0), (1.5, 3.0)], ())


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        ((Line("a", "您好", 2.0, 1.0),), "transcript_ends_estimated:1"),
        ((Line("a", "您好", 2.0),), "transcript_ends_estimated:1"),
        ((Line("a", "您好", -0.2, 1.0),), "transcript_before_start:1"),
        ((ALL_WELL, Line("b", "喂"), Line("a", "好", 5.0, 6.0)), "transcript_lines_untimed:1"),
        ((Line("a", "您好", 3.0, 3.4, spoken((1.0, 2.0), (3.0, 3.4))),), "transcript_spans_mended:1"),
        ((Line("a", "您好", 60.0, 61.0, spoken((1.0, 1.5), (1.5, 2.0))),), "transcript_words_outside:1"),
        ((Line("a", "您好", 1.0, 3.0, spoken((2.5, 3.0), (1.0, 1.5))),), "transcript_words_disordered:1"),
        ((Line("a", "您好", 1.0, 3.0, spoken((None, None), (None, None))),), "transcript_stamps_differ:1"),
        ((Line("a", "您好啊", 1.0, 3.0, spoken((1.0, 2.0), (2.0, 3.0))),), "transcript_words_differ:1"),
        ((Line("a", "您好", 1.0, 3.0, spoken((1.0, 2.0), (None, None))),), "transcript_words_untimed:1"),
        ((Line("a", AGENT, 0.0, 4.0), Line("a", AGENT, 1.0, 5.0)), "transcript_overlaps:1"),
        ((Line("a", AGENT, 4.0, 7.0), Line("a", "您好", 1.0, 3.0)), "transcript_disordered:1"),
        ((Line("a", AGENT * 9, 0.0, 2.0),), "transcript_too_fast:1"),
        ((Line("a", "好的", 0.0, 40.0),), "transcript_over_silence:1"),
        ((Line("a", "您好"), Line("b", "喂"), Line("a", "好", 5.0, 6.0)), "transcript_times_unused:1"),
    ],
)
def test_what_is_wrong_is_mended_and_said(lines: tuple[Line, ...], note: str) -> None:
    found = mended(lines, LIMITS)

    assert note in found.notes
    code = note.partition(":")[0]
    assert terms.warning_code(note) == code
    assert "transcript_" not in terms.warning(note, "zh")
    for line in found.lines:
        assert (line.start is None) == (line.end is None)
        assert line.start is None or 0 <= line.start < (line.end or 0.0)
        times = [(word.start or 0.0, word.end or 0.0) for word in line.words]
        assert all(start <= end for start, end in times)
        assert times == sorted(times)


def test_every_note_has_its_sentence_and_every_doubt_is_a_note() -> None:
    of_transcripts = {doubt for doubt in DOUBTFUL_TIMES if doubt.startswith("transcript_")}
    assert of_transcripts - {"transcript_times_estimated"} <= set(WARNINGS)
    for doubt in DOUBTFUL_TIMES:
        assert terms.warning(doubt, "zh") != doubt


def test_a_word_without_time_lies_between_its_neighbours() -> None:
    (line,) = mended(
        [Line("a", "您好请讲", 1.0, 5.0, spoken((1.0, 2.0), (None, None), (None, None), (4.0, 5.0)))], LIMITS
    ).lines

    assert [(word.start, word.end, word.estimated) for word in line.words] == [
        (1.0, 2.0, False), (2.0, 3.0, True), (3.0, 4.0, True), (4.0, 5.0, False),
    ]  # fmt: skip


def test_words_take_the_punctuation_of_their_line() -> None:
    (line,) = mended(
        [Line("a", "您好，请讲。", 1.0, 3.0, spoken((1, 1.5), (1.5, 2), (2, 2.5), (2.5, 3)))], LIMITS
    ).lines

    assert [word.text for word in line.words] == ["您", "好，", "请", "讲。"]


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        ({"start": float("nan"), "end": 1}, r"\$\[0\]\.start: nan s; expected 0 to"),
        ({"start": -30, "end": 1}, r"\$\[0\]\.start: -30 s; expected 0 to"),
        ({"start": 0, "end": 1e15}, r"\$\[0\]\.end: 1e\+15 s; expected 0 to"),
        ({"start": 0, "end": 200_000}, r"utterance 1: ends after 55\.6 h; transcripts\.max_hours is 24"),
    ],
)
def test_times_that_no_call_has_are_refused(tmp_path: Path, turn: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_transcript(write(tmp_path, "a.json", [{"speaker": "agent", "text": AGENT, **turn}]))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (TranscriptLimits(max_lines=1), r"2 utterances; transcripts\.max_lines is 1"),
        (TranscriptLimits(max_characters=3), r"utterance 1: 4 characters; transcripts\.max_characters is 3"),
        (TranscriptLimits(max_mb=0.00001), r"0\.0 MB; 1e-05 MB is the most"),
    ],
)
def test_files_that_hold_too_much_are_refused_by_the_name_of_the_setting(
    tmp_path: Path, limits: TranscriptLimits, said: str
) -> None:
    path = write(tmp_path, "a.txt", "坐席: 您好请讲\n客户: 喂\n")

    with pytest.raises(ConfigError, match=said):
        read_transcript(path, limits=limits)


# ---------------------------------------------------------------------------------------------------------- reliability


def call_with(*lines: Line) -> Call:
    from qa_speech.engines.transcripts import Transcript

    found = mended(lines, LIMITS)
    return call_from_transcript(Transcript("t", "turns", found.lines, None, found.notes), call_id="t")


def test_figures_over_doubtful_times_say_so() -> None:
    call = call_with(Line("坐席", AGENT * 9, 0.0, 1.0), Line("客户", "我想查话费", 9.0, 11.0))

    rate, silence = measure(call, "speech_rate", role=Role.AGENT), measure(call, "silence")

    assert (rate.reliability, rate.reliability_reason) == ("low", "doubtful_times")
    assert (silence.reliability, silence.reliability_reason) == ("low", "doubtful_times")


# --------------------------------------------------------------------------------------------------------------- guards


@pytest.mark.parametrize("text", ["好的" * 30, "我帮您查一下，" * 9, "您的话费是八十九元，" * 25, "嗯" * 20])
def test_loops_are_found(text: str) -> None:
    (found,) = loops([f"请稍等，{text}谢谢"])

    assert len(found) == 1
    assert found[0].end - found[0].start > 0.7 * len(text) - 6


@pytest.mark.parametrize(
    "text",
    [
        "对对对对",
        "好的好的好的",
        "我的号码是13888888888",
        "一一一一二二二二",
        "喂喂喂，您好您好",
        "退钱！退钱！退钱！退钱！",
    ],
)
def test_what_people_say_again_is_no_loop(text: str) -> None:
    assert loops([text]) == [[]]


def test_a_loop_is_taken_out_with_its_words_and_kept_apart() -> None:
    text = "您好，" + "请稍等，" * 8 + "再见"
    words = tuple(Spoken(char, number * 0.2, number * 0.2 + 0.2) for number, char in enumerate(text) if char != "，")

    found = guarded([Line("坐席", text, 0.0, 9.0, words)], simplify=True)

    assert found.lines[0].text == "您好，请稍等，再见"
    assert "".join(word.text for word in found.lines[0].words) == "您好请稍等再见"
    assert "".join(word.text for word in found.apart[0].line.words) == "请稍等" * 7
    assert found.notes == ("transcript_loops:1",)


def test_the_same_line_again_and_again_is_a_loop() -> None:
    lines = [Line("客户", "我知道了", place, place + 1) for place in range(9)]

    found = guarded([ALL_WELL, *lines], simplify=True)

    assert [line.text for line in found.lines] == ["您好", "我知道了"]
    assert found.notes == ("transcript_loops:8",)
    assert len(guarded([*lines[:4]], simplify=True).lines) == 4


@pytest.mark.parametrize(
    "text", ["字幕由Amara.org社群提供", "请不吝点赞 订阅 转发 打赏支持明镜与点点栏目", "谢谢大家的观看。"]
)
def test_credits_are_taken_out(text: str) -> None:
    assert is_credit(text)
    assert guarded([ALL_WELL, Line("", text, 5.0, 8.0)], simplify=True).notes == ("transcript_made_up:1",)


@pytest.mark.parametrize(
    "text", ["我订阅的视频会员怎么扣费了", "电视的中文字幕怎么打开", "感谢您的来电，再见", "下期账单什么时候出"]
)
def test_what_customers_say_of_subtitles_stays(text: str) -> None:
    assert not is_credit(text)


def test_words_that_the_recogniser_itself_doubts_go_only_where_they_are_credits() -> None:
    lines = [Line("", "大家记得点赞订阅哦", 1.0, 2.0, no_speech=0.9), Line("", "查话费", 3.0, 4.0, no_speech=0.9)]

    assert [line.text for line in guarded(lines, simplify=True).lines] == ["查话费"]


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("您拿著手機等著", "您拿着手机等着"),
        ("著名的著作，非常顯著", "著名的著作，非常显著"),
        ("很高興爲您服務", "很高兴为您服务"),
        ("我想查一下話費", "我想查一下话费"),
        ("已经是简体，看着", "已经是简体，看着"),
    ],
)
def test_traditional_characters_become_simplified(traditional: str, simplified: str) -> None:
    assert to_simplified(traditional) == simplified


def test_simplifying_follows_the_settings(tmp_path: Path) -> None:
    path = write(tmp_path, "a.txt", "客戶: 我想查話費\n坐席: 請稍等\n")

    assert read_transcript(path).lines[0].text == "我想查话费"
    assert read_transcript(path, simplify=False).lines[0].text == "我想查話費"


def test_a_file_of_inventions_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing but words that a recogniser made up"):
        read_transcript(write(tmp_path, "a.txt", "坐席: 谢谢观看\n"))
