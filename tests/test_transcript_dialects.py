"""What systems write beside the usual shape of a format: another envelope, another spelling of keys, no words, no result."""

import json
from pathlib import Path

import pytest

from qa_speech.engines.transcripts import call_from_transcript, read_transcript
from qa_speech.errors import ConfigError
from qa_speech.wording.translate import translated
from tests.transcript_kit import AGENT, CUSTOMER, write

TIMES = [(1.0, 3.0), (3.5, 5.25)]
SENTENCES = [
    {"text": AGENT, "start_time": 1000, "end_time": 3000, "speaker_id": 0},
    {"text": CUSTOMER, "start_time": 3500, "end_time": 5250, "speaker_id": 0},
]
DETAIL = [
    {"FinalSentence": AGENT, "StartMs": 1000, "EndMs": 3000, "SpeakerId": 0, "Words": []},
    {"FinalSentence": CUSTOMER, "StartMs": 3500, "EndMs": 5250, "SpeakerId": 1, "Words": []},
]
GOOGLE_WORDS = (
    [{"startOffset": "1s", "endOffset": "3s", "word": AGENT, "speakerLabel": "1"}],
    [{"startOffset": "3.5s", "endOffset": "5.250s", "word": CUSTOMER, "speakerLabel": "2"}],
)
GOOGLE = [{"alternatives": [{"transcript": words[0]["word"], "words": words}]} for words in GOOGLE_WORDS]
SNAKE = [
    {"alternatives": [{"transcript": AGENT, "words": [
        {"start_time": "1s", "end_time": "3s", "word": AGENT, "speaker_tag": 1}]}]},
    {"alternatives": [{"transcript": CUSTOMER, "words": [
        {"start_time": "3.500s", "end_time": "5.250s", "word": CUSTOMER, "speaker_tag": 2}]}]},
]  # fmt: skip
TIMED = {
    "tencent, fast: sentences by channel": {"request_id": "r", "code": 0, "flash_result": [
        {"text": AGENT, "channel_id": 0, "sentence_list": SENTENCES[:1]},
        {"text": CUSTOMER, "channel_id": 1, "sentence_list": SENTENCES[1:]}]},
    "tencent, callback": {"code": 0, "text": "", "resultDetail": json.dumps(DETAIL)},
    "google, a batch of one": {"results": {"gs://b/a.wav": {"transcript": {"results": GOOGLE}}}},
    "google, keys of its Python client": {"results": SNAKE},
    "azure, results of the SDK in ticks": [
        {"Text": AGENT, "SpeakerId": "Guest-1", "Offset": 10_000_000, "Duration": 20_000_000},
        {"Text": CUSTOMER, "SpeakerId": "Guest-2", "Offset": 35_000_000, "Duration": 17_500_000}],
    "aliyun, quality inspection: a date beside the times": {"asrResult": [
        {"words": AGENT, "begin": 1000, "end": 3000, "beginTime": "2026-01-05 09:30:01", "role": "客服"},
        {"words": CUSTOMER, "begin": 3500, "end": 5250, "beginTime": "2026-01-05 09:30:03", "role": "客户"}]},
    "huawei: text and role in objects of the segment": {"status": "FINISHED", "segments": [
        {"start_time": 1000, "end_time": 3000, "result": {"text": AGENT, "analysis_info": {"role": "AGENT"}}},
        {"start_time": 3500, "end_time": 5250, "result": {"text": CUSTOMER, "analysis_info": {"role": "USER"}}}]},
    "volcengine: the speaker in additions": {"resp": {"code": 1000, "text": AGENT + CUSTOMER, "utterances": [
        {"text": AGENT, "start_time": 1000, "end_time": 3000, "additions": {"speaker": "1"}},
        {"text": CUSTOMER, "start_time": 3500, "end_time": 5250, "additions": {"speaker": "2"}}]}},
    "turns: left and right": [
        {"channel": "left", "start": 1.0, "end": 3.0, "text": AGENT},
        {"channel": "right", "start": 3.5, "end": 5.25, "msg": CUSTOMER}],
    "turns: units behind the times": [
        {"role": "agent", "start": "1s", "end": "3.000s", "text": AGENT},
        {"role": "customer", "start": "3500ms", "end": "5250ms", "text": CUSTOMER}],
    "turns: durations of ISO 8601": [
        {"role": "agent", "offset": "PT1S", "duration": "PT2S", "text": AGENT},
        {"role": "customer", "offset": "PT3.5S", "duration": "PT1.75S", "text": CUSTOMER}],
    "turns: keys in Chinese": [
        {"角色": "坐席", "开始时间": 1.0, "结束时间": 3.0, "内容": AGENT},
        {"角色": "客户", "开始时间": 3.5, "结束时间": 5.25, "内容": CUSTOMER}],
    "turns: a unit in the name, the speaker an object": [
        {"speaker": {"id": 1, "role": "agent"}, "startTimeInMs": 1000, "endTimeInMs": 3000, "text": AGENT},
        {"speaker": {"id": 2, "role": "customer"}, "startTimeInMs": 3500, "endTimeInMs": 5250, "text": CUSTOMER}],
    "turns: who in `from`": [
        {"from": "agent", "to": "customer", "start": 1.0, "end": 3.0, "text": AGENT},
        {"from": "customer", "to": "agent", "start": 3.5, "end": 5.25, "text": CUSTOMER}],
}  # fmt: skip
TEXTS = {
    "times before roles": f"[00:00:01 - 00:00:03] 坐席：{AGENT}\n[00:00:03.5 - 00:00:05.25] 客户：{CUSTOMER}\n",
    "times behind roles": f"坐席（00:01-00:03）：{AGENT}\n客户（00:03.5-00:05.25）：{CUSTOMER}\n",
    "whisper.cpp's print": (
        f"[00:00:01.000 --> 00:00:03.000]   坐席：{AGENT} [SPEAKER_TURN]\n"
        f"[00:00:03.500 --> 00:00:05.250]   客户：{CUSTOMER}\n"
    ),
    "no sign behind the name": f"坐席 00:01-00:03 {AGENT}\n[客户 00:03.5-00:05.25] {CUSTOMER}\n",
    "labels of an editor of sound": f"1.0\t3.0\t坐席\t{AGENT}\n3.5\t5.25\t客户\t{CUSTOMER}\n",
    "tencent's rows": f"[0:1.000,0:3.000,0]  {AGENT}\n[0:3.500,0:5.250,1]  {CUSTOMER}\n",
}
UNTIMED = {
    "a.txt": f"客服 2026-01-05 09:30:01\n{AGENT}\n\n客户 2026-01-05 09:30:06\n{CUSTOMER}\n",
    "b.txt": f"[2026-01-05 09:30:01] 客服：{AGENT}\n[2026-01-05 09:30:06] 客户：{CUSTOMER}\n",
    "c.txt": f"09:30:01 客服：{AGENT}\n09:30:06 客户：{CUSTOMER}\n",
    "d.json": [{"role": "坐席", "start": 1767576600500, "end": 1767576602500, "text": AGENT},
               {"role": "客户", "start": 1767576603000, "end": 1767576604750, "text": CUSTOMER}],
    "e.json": [{"role": "坐席", "startTime": "2026-01-05 09:30:00", "text": AGENT},
               {"role": "客户", "startTime": "20260105093005", "text": CUSTOMER}],
}  # fmt: skip
NO_RESULT = {
    "amazon": {"jobName": "j", "status": "FAILED", "results": {}},
    "tencent": {"Response": {"Data": {"Status": 1, "StatusStr": "doing", "Result": "", "ResultDetail": None}}},
    "iflytek": {"code": "000000", "content": {"orderInfo": {"status": 3}, "orderResult": ""}},
    "google": {"results": [], "totalBilledTime": "15s"},
}


def _said(path: Path) -> list[tuple[str, str | None]]:
    call = call_from_transcript(read_transcript(path), call_id="a")
    return [(said.role.value, said.text) for said in call.utterances]


@pytest.mark.parametrize("name", TIMED)
def test_dialects_tell_who_and_when(tmp_path: Path, name: str) -> None:
    call = call_from_transcript(read_transcript(write(tmp_path, "a.json", TIMED[name])), call_id="a")

    assert [(said.role.value, said.text) for said in call.utterances] == [("agent", AGENT), ("customer", CUSTOMER)]
    assert [(round(said.start, 3), round(said.end, 3)) for said in call.utterances] == TIMES
    assert call.warnings == ()


@pytest.mark.parametrize("name", TEXTS)
def test_lines_with_their_times_are_read(tmp_path: Path, name: str) -> None:
    call = call_from_transcript(read_transcript(write(tmp_path, "a.txt", TEXTS[name])), call_id="a")

    assert [(said.role.value, said.text) for said in call.utterances] == [("agent", AGENT), ("customer", CUSTOMER)]
    assert [(said.start, said.end) for said in call.utterances] == TIMES


@pytest.mark.parametrize("name", UNTIMED)
def test_times_of_day_are_no_times_of_the_call(tmp_path: Path, name: str) -> None:
    call = call_from_transcript(read_transcript(write(tmp_path, name, UNTIMED[name])), call_id="a")

    assert [(said.role.value, said.text) for said in call.utterances] == [("agent", AGENT), ("customer", CUSTOMER)]
    assert call.times == "nominal"


def test_a_number_of_one_channel_is_not_that_of_the_other(tmp_path: Path) -> None:
    sentences = [{"text": text, "begin_time": start, "end_time": start + 900, "speaker_id": who}
                 for text, start, who in ((AGENT, 1000, 0), (CUSTOMER, 2000, 0), ("让他查", 3000, 1))]  # fmt: skip
    document = {
        "transcripts": [{"channel_id": 0, "sentences": sentences[:1]}, {"channel_id": 1, "sentences": sentences[1:]}]
    }

    lines = read_transcript(write(tmp_path, "a.json", document)).lines

    assert [line.voice for line in lines] == ["channel 1", "2-0", "1"]


def test_words_alone_of_openai_become_lines_with_the_signs_of_the_text(tmp_path: Path) -> None:
    words = [{"word": "您好", "start": 1.0, "end": 1.4}, {"word": "请讲", "start": 4.0, "end": 4.6}]
    lines = read_transcript(write(tmp_path, "a.json", {"text": "您好，请讲。", "duration": 5.0, "words": words})).lines

    assert [(line.text, line.start, line.end) for line in lines] == [("您好，", 1.0, 1.4), ("请讲。", 4.0, 4.6)]


def test_what_vosk_only_heard_at_first_is_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "a.json", '{"partial": "您"}\n{"text": "您 好 工号"}\n{"partial": ""}\n{"text": "我 想 查"}')

    transcript = read_transcript(path)

    assert transcript.form == "vosk"
    assert [line.text for line in transcript.lines] == ["您好工号", "我想查"]


def test_the_last_result_of_google_says_all_words_again(tmp_path: Path) -> None:
    first = {"alternatives": [{"words": [{"startTime": "1s", "endTime": "2s", "word": "您 好"}]}]}
    tagged = [{"startTime": "1s", "endTime": "1.500s", "word": "您", "speakerTag": 1},
              {"startTime": "1.500s", "endTime": "2s", "word": "好", "speakerTag": 1}]  # fmt: skip

    lines = read_transcript(
        write(tmp_path, "a.json", {"results": [first, {"alternatives": [{"words": tagged}]}]})
    ).lines

    assert [line.text for line in lines] == ["您好"]


def test_a_dash_before_a_row_of_subtitles_is_another_speaker_and_marks_of_style_are_no_words(tmp_path: Path) -> None:
    first = f"1\n00:00:01,000 --> 00:00:05,000\n{{\\an8}}- 坐席：{AGENT}\n- 客户：{CUSTOMER}\n"
    rows = f"{first}\n2\n00:00:06,000 --> 00:00:08,000\n- 好\n- 行\n"

    lines = read_transcript(write(tmp_path, "a.srt", rows)).lines

    assert [(line.speaker, line.text) for line in lines] == [
        ("坐席", AGENT),
        ("客户", CUSTOMER),
        ("", "好"),
        ("", "行"),
    ]


def test_a_robot_is_no_party(tmp_path: Path) -> None:
    turns = [
        {"role": "机器人", "start": 0, "end": 1, "text": "请问您要办什么业务"},
        {"role": "用户", "start": 2, "end": 3, "text": "转人工"},
        {"role": "人工客服", "start": 4, "end": 6, "text": AGENT},
    ]

    assert _said(write(tmp_path, "a.json", turns)) == [("customer", "转人工"), ("agent", AGENT)]


def test_results_of_two_formats_in_one_file_are_refused(tmp_path: Path) -> None:
    both = {
        "segments": [{"start": 1.0, "end": 3.0, "text": AGENT}],
        "Transcript": [{"Content": CUSTOMER, "BeginOffsetMillis": 3500, "EndOffsetMillis": 5250}],
    }

    with pytest.raises(ConfigError, match=r"several formats at once \(whisperx, amazon_contact_lens\)"):
        read_transcript(write(tmp_path, "a.json", both))


@pytest.mark.parametrize("name", NO_RESULT)
def test_an_answer_without_a_result_is_refused_as_such(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="an answer without a result"):
        read_transcript(write(tmp_path, "a.json", NO_RESULT[name]))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("a.json", '[{"role": "坐席", "text": "您', "JSON 在第 1 行中途断了"),
        ("a.json", "<html>登录</html>", "开头既不是 { 也不是 ["),
        ("a.json", '[{"role": 坐席}]', "从第 1 行第 11 列起不是 JSON"),
        ("a.txt", "您好\n", "第 1 行：应为“角色: 文字”"),
        ("a.srt", "1\n00:00:01,000 --> 99999:00:05,000\n您好\n", "第 1 条字幕：3.59996e\\+08 秒"),
    ],
)
def test_what_is_wrong_is_said_in_the_language_asked_for(tmp_path: Path, name: str, content: str, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_transcript(write(tmp_path, name, content))

    assert what.replace("\\", "") in translated(caught.value.problems[0], "zh")


@pytest.mark.parametrize(
    ("agent", "customer"),
    [
        ("Speaker 1: ", "Speaker 2: "), ("坐席 1001：", "客户："), ("左声道：", "右声道："), ("〔客服〕", "〔用户〕"),
        ("<坐席>：", "<客户>："), ("坐席\t", "客户\t"), ("坐席|", "客户|"),
    ],
)  # fmt: skip
def test_labels_of_speakers_are_no_words(tmp_path: Path, agent: str, customer: str) -> None:
    rows = f"1\n00:00:01 --> 00:00:03\n{agent}{AGENT}\n2\n00:00:03,5 --> 00:00:05,25\n{customer}{CUSTOMER}\n"
    call = call_from_transcript(read_transcript(write(tmp_path, "a.srt", rows)), call_id="a")

    assert [(said.role.value, said.text) for said in call.utterances] == [("agent", AGENT), ("customer", CUSTOMER)]
    assert [(said.start, said.end) for said in call.utterances] == TIMES


@pytest.mark.parametrize("text", ["客户说：不要", "A>B", "我跟您说：好", "<b>您好</b>", "一>二"])
def test_what_only_looks_like_a_label_is_said(tmp_path: Path, text: str) -> None:
    (line,) = read_transcript(write(tmp_path, "a.srt", f"1\n00:00:01,000 --> 00:00:03,000\n{text}\n")).lines

    assert line.speaker == ""
    assert line.text == text.replace("<b>", "").replace("</b>", "")


def test_times_that_are_all_the_same_are_none(tmp_path: Path) -> None:
    turns = [
        {"role": "坐席", "start": 0, "end": 0, "text": AGENT},
        {"role": "客户", "start": 0, "end": 0, "text": CUSTOMER},
    ]
    call = call_from_transcript(read_transcript(write(tmp_path, "a.json", turns)), call_id="a")

    assert (call.times, call.warnings) == ("nominal", ("transcript_times_unused:2",))


def test_names_of_people_before_all_lines_are_speakers(tmp_path: Path) -> None:
    said = [("王", "您好，工号一零零一"), ("李", "我想查话费"), ("王", "好的"), ("李", "谢谢")]
    rows = [
        f"{number}\n00:00:0{number},000 --> 00:00:0{number},900\n{name}：{text}\n"
        for number, (name, text) in enumerate(said)
    ]

    assert _said(write(tmp_path, "a.srt", "\n".join(rows))) == [
        ("agent", "您好，工号一零零一"), ("customer", "我想查话费"), ("agent", "好的"), ("customer", "谢谢"),
    ]  # fmt: skip
    lines = read_transcript(write(tmp_path, "b.srt", "\n".join(rows[:3]))).lines
    assert [line.text for line in lines] == ["王：您好，工号一零零一", "李：我想查话费", "王：好的"]
