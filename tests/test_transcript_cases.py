"""Kinds of transcripts that were once read wrongly, rebuilt: the same call written well and written oddly scores the same."""

import json
from pathlib import Path

import pytest

from qa_speech.call import Call, Role
from qa_speech.engines.transcripts import call_from_transcript, read_transcript
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scorecard import load_scorecard
from qa_speech.scores import Score
from tests.transcript_kit import stamps, write

DIALOGUE = (
    ("agent", 1000, "您好，工号一零零一，很高兴为您服务。"),
    ("customer", 5600, "我想查一下话费。"),
    ("agent", 8000, "好的，请您稍等。"),
    ("customer", 10500, "快点他妈的。"),
    ("agent", 18000, "感谢您的耐心等待，您的话费是八十九元。"),
    ("customer", 23000, "好的，谢谢。"),
    ("agent", 25000, "不客气，感谢您的来电，再见。"),
)
SPEAKERS = {"agent": "SPEAKER_00", "customer": "SPEAKER_01"}


def _words(start: int, text: str) -> list[tuple[str, int, int]]:
    said = sum(char not in "，。" for char in text)
    return stamps(text, start, start + 220 * said)


LINES = tuple((role, text, _words(start, text)) for role, start, text in DIALOGUE)


def call_of(path: Path) -> Call:
    return call_from_transcript(read_transcript(path), call_id="call")


def scored(call: Call) -> Score:
    score = report(call, load_scorecard(folder("scorecards") / "telecom-hotline.yaml")).score
    assert score is not None
    return score


def turns(**changes: str) -> list[dict[str, object]]:
    return [
        {"speaker": role, "start": words[0][1] / 1000, "end": words[-1][2] / 1000, "text": changes.get(text, text)}
        for role, text, words in LINES
    ]


@pytest.fixture
def plain(tmp_path: Path) -> Score:
    return scored(call_of(write(tmp_path, "plain.json", turns())))


def _segment(*lines: tuple[str, str, list[tuple[str, int, int]]]) -> dict[str, object]:
    """Lines in one segment, which has the speaker of the first; each word has its own."""
    words = [
        {"word": word, "start": start / 1000, "end": end / 1000, "score": 0.9, "speaker": SPEAKERS[role]}
        for role, _, said in lines
        for word, start, end in said
    ]
    return {
        "start": words[0]["start"], "end": words[-1]["end"], "text": "".join(text for _, text, _ in lines),
        "speaker": SPEAKERS[lines[0][0]], "words": words,
    }  # fmt: skip


def test_one_segment_of_two_speakers_is_divided_by_its_words(tmp_path: Path, plain: Score) -> None:
    segments = [_segment(LINES[0]), _segment(LINES[1]), _segment(LINES[2], LINES[3]), *map(_segment, LINES[4:])]

    call = call_of(write(tmp_path, "a.json", {"segments": segments, "language": "zh"}))

    assert [said.text for said in call.utterances if said.role is Role.CUSTOMER][1] == "快点他妈的。"
    assert scored(call).total == plain.total


def _sentences(*, late: bool = False) -> list[dict[str, object]]:
    return [
        {"text": text, "spk": 0 if role == "agent" else 1, "start": words[-1 if late else 0][1], "end": words[-1][2],
         "timestamp": [[start, end] for _, start, end in words]}
        for role, text, words in LINES
    ]  # fmt: skip


def test_sentences_of_funasr_that_begin_with_their_last_word_are_mended(tmp_path: Path, plain: Score) -> None:
    text = "".join(text for _, text, _ in LINES)
    good = call_of(write(tmp_path, "a.json", [{"key": "call", "text": text, "sentence_info": _sentences()}]))
    late = call_of(write(tmp_path, "b.json", [{"key": "call", "text": text, "sentence_info": _sentences(late=True)}]))

    assert [said.start for said in late.utterances] == [said.start for said in good.utterances]
    assert scored(late).total == scored(good).total == plain.total
    assert late.warnings == ("transcript_spans_mended:7",)
    assert good.warnings == ()


def test_the_message_of_the_funasr_server_is_read_and_its_roles_stay_open(tmp_path: Path) -> None:
    message = {
        "mode": "offline", "is_final": True, "wav_name": "call", "text": "".join(text for _, text, _ in LINES),
        "timestamp": json.dumps([[start, end] for _, _, words in LINES for _, start, end in words]), "stamp_sents": "",
    }  # fmt: skip

    call = call_of(write(tmp_path, "a.json", message))

    assert "".join(said.text or "" for said in call.utterances) == message["text"]
    assert len(call.utterances[0].words) == sum(len(words) for _, _, words in LINES)
    assert call.warnings == ("roles_unknown",)


TRADITIONAL = {
    "您好，工号一零零一，很高兴为您服务。": "您好，工號一零零一，很高興爲您服務。",
    "我想查一下话费。": "我想查一下話費。",
    "好的，请您稍等。": "好的，請您稍等。",
    "快点他妈的。": "快點他媽的。",
    "感谢您的耐心等待，您的话费是八十九元。": "感謝您的耐心等待，您的話費是八十九元。",
    "好的，谢谢。": "好的，謝謝。",
    "不客气，感谢您的来电，再见。": "不客氣，感謝您的來電，再見。",
}


@pytest.mark.parametrize("names", [{}, {"agent": "坐席", "customer": "客戶"}, {"agent": "話務員", "customer": "用戶"}])
def test_traditional_characters_and_names_score_as_simplified_ones(
    tmp_path: Path, plain: Score, names: dict[str, str]
) -> None:
    written = [{**turn, "speaker": names.get(str(turn["speaker"]), turn["speaker"])} for turn in turns(**TRADITIONAL)]

    score = scored(call_of(write(tmp_path, "a.json", written)))

    assert score.total == plain.total
    assert [(one.id, one.outcome) for one in score.criteria] == [(one.id, one.outcome) for one in plain.criteria]


def test_unsure_words_of_faster_whisper_wait_for_a_person(tmp_path: Path, plain: Score) -> None:
    segments = [
        {"id": number, "start": words[0][1] / 1000, "end": words[-1][2] / 1000, "text": text, "speaker": role,
         "avg_logprob": -1.4, "no_speech_prob": 0.8,
         "words": [{"word": word, "start": start / 1000, "end": end / 1000, "probability": 0.12} for word, start, end in words]}
        for number, (role, text, words) in enumerate(LINES)
    ]  # fmt: skip

    score = scored(call_of(write(tmp_path, "a.json", {"text": "", "segments": segments, "language": "zh"})))

    assert sum(one.pending for one in score.criteria) > sum(one.pending for one in plain.criteria)


def test_a_loop_says_no_more_than_its_first_time(tmp_path: Path, plain: Score) -> None:
    bill = "感谢您的耐心等待，您的话费是八十九元。"
    looped = bill.removesuffix("。") + "，您的话费是八十九元" * 24

    call = call_of(write(tmp_path, "a.json", turns(**{bill: looped})))

    assert scored(call).total == plain.total
    assert "transcript_loops:1" in call.warnings


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_encodings_and_line_ends_change_nothing(tmp_path: Path, encoding: str, ending: str) -> None:
    rows = []
    for number, (role, text, _) in enumerate(LINES):
        rows += [
            str(number + 1),
            f"00:00:{number * 4:02d},000 --> 00:00:{number * 4 + 3:02d},500",
            f"{role}：{text}",
            "",
        ]
    (tmp_path / "a.srt").write_bytes(ending.join(rows).encode(encoding))

    call = call_of(tmp_path / "a.srt")

    assert [said.text for said in call.utterances] == [text for _, text, _ in LINES]
    assert call.warnings == ()
