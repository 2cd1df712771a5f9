import json
from pathlib import Path

import pytest

from qa_speech.call import Role
from qa_speech.documents import encode, write_call
from qa_speech.engines.transcripts import Line, Transcript, call_from_transcript, read_transcript, roles_of, words_for
from qa_speech.engines.transcripts.formats import FORMATS
from qa_speech.errors import ConfigError
from qa_speech.inputs import TRANSCRIPT_SUFFIXES
from qa_speech.metrics import measure
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

SRT = """1
00:00:01,000 --> 00:00:03,000
坐席：您好，工号一零零一

2
00:00:03,500 --> 00:00:05,250
客户：我想查话费
"""
VTT = """WEBVTT

00:01.000 --> 00:03.000
<v Agent>您好，工号一零零一

00:03.500 --> 00:05.250
<v Customer>我想查话费
"""
WHISPERX = {
    "segments": [
        {
            "start": 1.0, "end": 3.0, "text": " 您好", "speaker": "SPEAKER_01",
            "words": [
                {"word": "您", "start": 1.0, "end": 1.4, "score": 0.9}, {"word": "好", "start": 1.4, "end": 3.0, "score": 0.8},
            ],
        },
        {"start": 3.5, "end": 5.25, "text": "我想查2", "speaker": "SPEAKER_00", "words": [{"word": "2"}]},
    ],
    "language": "zh",
}  # fmt: skip
FUNASR = [
    {
        "key": "call",
        "text": "您好，我想查话费",
        "timestamp": [[1000, 1200]],
        "sentence_info": [
            {"text": "您好，", "start": 1000, "end": 1400, "timestamp": [[1000, 1200], [1200, 1400]], "spk": 0},
            {"text": "我想查话费", "start": 3500, "end": 5250, "timestamp": [[3500, 3600]], "spk": 1},
        ],
    }
]
TURNS = [
    {"speaker": "agent", "start": 1, "end": 3, "text": "您好，工号一零零一"},
    {"role": "客户", "start": 3.5, "end": 5.25, "text": "我想查话费"},
]
VOSK = [
    {
        "text": "您 好 OK",
        "result": [
            {"word": "您", "start": 1, "end": 1.4, "conf": 0.3},
            {"word": "好", "start": 1.4, "end": 2, "conf": 0.9},
            {"word": "OK", "start": 2, "end": 3},
        ],
    },
    {"text": ""},
]
PLAIN = "# 说明\n坐席：您好，工号一零零一\n\n客户: 我想查话费\n[agent] 好的\n"
TIMED = "agent@1-3: 您好\ncustomer@3.5-5.25: 我想查话费\n"


@pytest.fixture
def write(tmp_path: Path):  # type: ignore[no-untyped-def]
    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        path.write_text(
            content if isinstance(content, str) else json.dumps(content, ensure_ascii=False), encoding="utf-8"
        )
        return path

    return write


@pytest.mark.parametrize(
    ("name", "content", "form"),
    [
        ("a.srt", SRT, "cues"),
        ("a.vtt", VTT, "cues"),
        ("a.json", WHISPERX, "whisperx"),
        ("a.json", FUNASR, "funasr"),
        ("a.json", TURNS, "turns"),
        ("a.txt", TIMED, "plain"),
    ],
)
def test_each_format_with_times(write, name: str, content: object, form: str) -> None:  # type: ignore[no-untyped-def]
    transcript = read_transcript(write(name, content))
    call = call_from_transcript(transcript, call_id="a")

    assert transcript.form == form
    assert call.times == "transcript"
    assert [item.role for item in call.utterances] == [Role.AGENT, Role.CUSTOMER]
    assert [item.start for item in call.utterances] == [1.0, 3.5]
    assert call.utterances[1].end == 5.25
    assert call.recording.layout == "none"


def test_plain_lines_keep_the_order_and_claim_no_times(write) -> None:  # type: ignore[no-untyped-def]
    call = call_from_transcript(read_transcript(write("a.txt", PLAIN)), call_id="a")

    assert call.times == "nominal"
    assert [item.role for item in call.utterances] == [Role.AGENT, Role.CUSTOMER, Role.AGENT]
    silence = measure(call, "silence")
    assert (silence.value, silence.reason) == (None, "no_times")


def test_word_times_of_the_file_are_kept(write) -> None:  # type: ignore[no-untyped-def]
    call = call_from_transcript(read_transcript(write("a.json", WHISPERX)), call_id="a")

    assert [(word.text, word.start, word.probability) for word in call.utterances[0].words] == [
        ("您", 1.0, 0.9),
        ("好", 1.4, 0.8),
    ]
    assert [word.text for word in call.utterances[1].words] == ["我", "想", "查", "2"]


def test_a_number_of_timestamps_that_differs_from_the_text_is_not_trusted(write) -> None:  # type: ignore[no-untyped-def]
    call = call_from_transcript(read_transcript(write("a.json", FUNASR)), call_id="a")

    assert [word.start for word in call.utterances[0].words] == [1.0, 1.2]
    assert len(call.utterances[1].words) == 5
    assert call.utterances[1].words[-1].end == 5.25


def test_vosk_tells_words_and_how_sure_it_is_but_no_speakers(write) -> None:  # type: ignore[no-untyped-def]
    transcript = read_transcript(write("a.json", VOSK))
    (line,) = transcript.lines

    assert transcript.form == "vosk"
    assert (line.speaker, line.text, line.start, line.end) == ("", "您好 OK", 1.0, 3.0)
    assert [word.probability for word in line.words] == [0.3, 0.9, 1.0]


def test_the_time_stamps_of_the_funasr_server_are_read_though_they_are_text(write) -> None:  # type: ignore[no-untyped-def]
    entry = {"text": "<|zh|><|NEUTRAL|>您好", "timestamp": "[[1000,1200],[1200,1400]]"}

    (line,) = read_transcript(write("a.json", entry)).lines

    assert (line.text, line.start, line.end) == ("您好", 1.0, 1.4)
    assert [word.start for word in line.words] == [1.0, 1.2]


def test_a_sentence_begins_with_its_first_word_whatever_its_own_start_says(write) -> None:  # type: ignore[no-untyped-def]
    sentence = {"text": "您好", "start": 1200, "end": 1400, "timestamp": [[1000, 1200], [1200, 1400]]}

    (line,) = read_transcript(write("a.json", [{"text": "您好", "sentence_info": [sentence]}])).lines

    assert (line.start, line.end) == (1.0, 1.4)


def test_the_probability_of_faster_whisper_is_kept(write) -> None:  # type: ignore[no-untyped-def]
    words = [
        {"word": "您", "start": 1, "end": 2, "probability": 0.12},
        {"word": "好", "start": 2, "end": 3, "score": float("nan")},
    ]
    (line,) = read_transcript(
        write("a.json", {"segments": [{"text": "您好", "start": 1, "end": 3, "words": words}]})
    ).lines

    assert [word.probability for word in line.words] == [0.12, 0.0]


def test_every_suffix_of_the_table_is_taken_for_a_transcript() -> None:
    assert (
        {suffix for form in FORMATS for suffix in form.suffixes}
        == {".json", ".srt", ".vtt", ".txt", ".ctm"}
        == TRANSCRIPT_SUFFIXES
    )


def test_a_stored_call_out_of_order_is_refused(write) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(encode(make_call("agent@0-2: 您好", "customer@3-4: 喂")))
    document["utterances"].reverse()

    with pytest.raises(ConfigError, match=r"utterances\[1\]: starts before"):
        read_transcript(write("a.json", document))


def test_our_own_json_comes_back_as_it_was(write, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call = make_call("agent@0-2: 您好")
    write_call(call, tmp_path / "own.json")

    assert call_from_transcript(read_transcript(tmp_path / "own.json"), call_id="x") == call


def test_numbered_speakers_get_their_roles_from_their_words() -> None:
    lines = (Line("SPEAKER_00", "喂你好我想查话费", 0, 2), Line("SPEAKER_01", "您好工号一零零一很高兴为您服务", 2, 4))

    call = call_from_transcript(Transcript("t", "whisperx", lines), call_id="t")

    assert [item.role for item in call.utterances] == [Role.CUSTOMER, Role.AGENT]


def test_a_transcript_without_speakers_speaks_as_unknown() -> None:
    assert roles_of([Line("", "您好"), Line("", "再见")]) == {"": Role.UNKNOWN}


def test_words_without_times_are_laid_over_the_speech_of_their_role() -> None:
    lines = (Line("坐席", "您好请讲"), Line("客户", "话费"))
    speech = {Role.AGENT: Timeline([(0, 1), (9, 10)]), Role.CUSTOMER: Timeline([(4, 5)])}

    found = words_for(Transcript("t", "plain", lines), speech)

    assert [(word.text, word.start) for word in found.words[Role.AGENT]] == [
        ("您", 0),
        ("好", 0.5),
        ("请", 9),
        ("讲", 9.5),
    ]
    assert [word.text for word in found.words[Role.CUSTOMER]] == ["话", "费"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.txt", "只有一句话没有角色\n", "line 1: expected 'role: text'"),
        ("a.txt", "# 空\n", "holds no line of text"),
        ("a.srt", "不是字幕", "holds no line of text"),
        ("a.json", {"hello": 1}, "looked for qa_speech, whisperx"),
        ("a.json", "{", "not a transcript"),
        ("a.json", {"type": "call", "recording": 3}, "not a qa_speech call"),
        ("a.json", {"segments": [{"text": "x"}]}, "not a transcript"),
    ],
)
def test_what_is_no_transcript_is_refused_by_name_and_cause(write, name: str, content: object, said: str) -> None:  # type: ignore[no-untyped-def]
    path = write(name, content)
    with pytest.raises(ConfigError, match=said) as caught:
        read_transcript(path)

    assert str(path) in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_encodings_that_offices_write_are_read(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("坐席：您好\r\n客户：喂".encode(encoding))

    assert [line.text for line in read_transcript(tmp_path / "a.txt").lines] == ["您好", "喂"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("坐席：您好，請問有什麼可以幫您的嗎".encode("big5"), "neither UTF-8 .byte 0. nor GB18030"),
        ("坐席：您好".encode("utf-16-be"), "neither UTF-8"),
        (b"\xff\xfe\x50", "begins as UTF-16"),
        (bytes(range(256)), "neither UTF-8 .byte 128. nor GB18030 .byte 128."),
    ],
)
def test_other_encodings_are_said_so(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.txt").write_bytes(content)

    with pytest.raises(ConfigError, match=said):
        read_transcript(tmp_path / "a.txt")


def test_missing_files_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_transcript(tmp_path / "none.txt")
