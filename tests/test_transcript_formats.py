"""Every format of transcripts in the shape that its maker documents: who speaks, when, what, how sure."""

import json
import re
from pathlib import Path

import pytest

from qa_speech.call import Role
from qa_speech.engines.transcripts import call_from_transcript, read_transcript
from qa_speech.engines.transcripts.formats import FORMATS
from qa_speech.engines.transcripts.rttm import read_rttm
from qa_speech.errors import ConfigError
from tests import transcript_kit as kit
from tests.transcript_kit import AGENT, CUSTOMER, write

DOCUMENTS = [pytest.param("a.json", *kit.JSON_FORMATS[name], id=name) for name in kit.JSON_FORMATS]
DOCUMENTS += [pytest.param(name, *kit.TEXT_FORMATS[name], id=name) for name in kit.TEXT_FORMATS]


@pytest.mark.parametrize(("name", "content", "form"), DOCUMENTS)
def test_who_says_what_and_when(tmp_path: Path, name: str, content: object, form: str) -> None:
    transcript = read_transcript(write(tmp_path, name, content))
    call = call_from_transcript(transcript, call_id="a")
    agent, customer = call.utterances

    assert transcript.form == form
    assert (agent.role, customer.role) == (Role.AGENT, Role.CUSTOMER)
    assert (agent.start, customer.start) == kit.STARTS
    assert [_letters(said.text) for said in call.utterances] == [_letters(AGENT), _letters(CUSTOMER)]
    assert "".join(word.text for word in customer.words) == CUSTOMER
    assert "roles_unknown" not in call.warnings
    if form != "headed":
        assert (round(agent.end, 3), round(customer.end, 3)) == kit.ENDS
        assert call.warnings == ()


def _letters(text: str | None) -> str:
    return (text or "").replace("，", "").replace("。", "").replace(" ", "")


WORDED = (
    "openai-words", "amazon", "call-analytics", "azure", "aliyun", "paraformer", "tencent", "iflytek", "iflytek-lattice",
    "google",
)  # fmt: skip


@pytest.mark.parametrize("name", WORDED)
def test_words_have_the_times_of_the_file(tmp_path: Path, name: str) -> None:
    transcript = read_transcript(write(tmp_path, "a.json", kit.JSON_FORMATS[name][0]))
    words = transcript.lines[-1].words

    expected = [(word, start / 1000, end / 1000) for word, start, end in kit.WORDS[1]]
    assert [(word.text, round(word.start or 0, 3), round(word.end or 0, 3)) for word in words] == expected
    assert not any(word.estimated for word in words)


@pytest.mark.parametrize(
    ("name", "sure"),
    [
        ("amazon", 0.9),
        ("azure", 0.8),
        ("iflytek", 0.9),
        ("google", 0.8),
        ("whisper-cpp", 0.6),
        ("openai-words", 0.4966),
    ],
)
def test_how_sure_the_recogniser_is_goes_with_the_words(tmp_path: Path, name: str, sure: float) -> None:
    transcript = read_transcript(write(tmp_path, "a.json", kit.JSON_FORMATS[name][0]))

    assert transcript.lines[0].words[0].probability == pytest.approx(sure, abs=0.001)


def test_punctuation_follows_the_word_before_it(tmp_path: Path) -> None:
    for document in (kit.AMAZON, kit.IFLYTEK_LATTICE):
        transcript = read_transcript(write(tmp_path, "a.json", document))

        assert transcript.lines[0].text == AGENT
        assert transcript.lines[0].words[1].text == "好，"


@pytest.mark.parametrize(("name", "count"), [("a.json", 2), ("a.txt", 2)])
def test_channels_are_kept(tmp_path: Path, name: str, count: int) -> None:
    transcript = read_transcript(write(tmp_path, name, kit.ALIYUN))

    assert [line.channel for line in transcript.lines] == [1, 2]
    assert len(transcript.lines) == count


@pytest.mark.parametrize(
    "document",
    [
        {"mode": "offline", "items": [1, 2]},
        {"text": "您好", "foo": 1},
        [{"text": "您好"}, {"text": "喂"}],
        [{"content": "您好", "speaker": "agent"}, {"content": "喂"}],
        {"results": [{"score": 1}]},
        {"data": "bare text"},
        [1, 2, 3],
        "text",
        {"Result": {"Words": []}},
    ],
)
def test_what_no_reader_recognises_is_refused_with_what_was_looked_for(tmp_path: Path, document: object) -> None:
    with pytest.raises(ConfigError, match=r"looked for qa_speech, whisperx, .* turns and found none of them"):
        read_transcript(write(tmp_path, "a.json", document if isinstance(document, (dict, list)) else f'"{document}"'))


def test_units_are_told_by_how_fast_people_speak(tmp_path: Path) -> None:
    seconds = [{"spk": 1, "begin": 1, "end": 3, "text": AGENT}, {"spk": 2, "begin": 3.5, "end": 5.25, "text": CUSTOMER}]
    thousands = [{"spk": 1, "begin": "1000", "end": "3000", "text": AGENT}]
    named = [{"spk": 1, "start_ms": 1000, "end_ms": 1500, "text": "好"}]
    clocks = [{"spk": 1, "start": "00:00:01.000", "end": "00:00:03,000", "text": AGENT}]

    for turns in (seconds, thousands, named, clocks):
        transcript = read_transcript(write(tmp_path, "a.json", turns))

        assert transcript.lines[0].start == 1.0


def test_units_that_fit_neither_way_are_doubtful(tmp_path: Path) -> None:
    turns = [{"spk": 1, "begin": 100, "end": 103, "text": AGENT * 30}]

    transcript = read_transcript(write(tmp_path, "a.json", turns))

    assert "transcript_too_fast:1" in transcript.notes


def test_vosk_writes_one_result_behind_the_other(tmp_path: Path) -> None:
    result = '{"result": [{"conf": 0.5, "start": 1, "end": 2, "word": "喂"}], "text": "喂"}\n'

    transcript = read_transcript(write(tmp_path, "a.json", result * 2 + '{"text": ""}'))

    assert [line.text for line in transcript.lines] == ["喂", "喂"]


def test_of_a_ctm_of_several_calls_that_of_its_name_counts(tmp_path: Path) -> None:
    content = "call 1 0.0 0.5 喂\nother 1 0.0 0.5 好\n"

    assert [line.text for line in read_transcript(write(tmp_path, "call.ctm", content)).lines] == ["喂"]
    with pytest.raises(ConfigError, match="words of several files"):
        read_transcript(write(tmp_path, "third.ctm", content))


RTTM = "SPEAKER call 1 0.9 2.2 <NA> <NA> S1 <NA> <NA>\nSPEAKER call 1 3.4 2.0 <NA> <NA> S2 <NA> <NA>\n"


def test_an_rttm_file_beside_a_transcript_tells_who_speaks(tmp_path: Path) -> None:
    words = [
        {"word": word, "start": start / 1000, "end": end / 1000} for line in kit.WORDS for word, start, end in line
    ]
    document = {"segments": [{"start": 1.0, "end": 5.25, "text": AGENT + CUSTOMER, "words": words}]}
    write(tmp_path, "call.rttm", RTTM)

    call = call_from_transcript(read_transcript(write(tmp_path, "call.json", document)), call_id="a")

    assert [(said.role, said.text) for said in call.utterances] == [(Role.AGENT, AGENT), (Role.CUSTOMER, CUSTOMER)]


def test_an_rttm_file_tells_lines_apart_and_leaves_named_ones_alone(tmp_path: Path) -> None:
    write(tmp_path, "call.rttm", RTTM)
    cues = f"1\n00:00:01,000 --> 00:00:03,000\n{AGENT}\n\n2\n00:00:03,500 --> 00:00:05,250\n坐席: {CUSTOMER}\n"

    transcript = read_transcript(write(tmp_path, "call.srt", cues))

    assert [line.speaker for line in transcript.lines] == ["S1", "坐席"]
    write(tmp_path, "call.rttm", "SPEAKER call 1\n")
    with pytest.raises(ConfigError, match=r"call\.rttm: not RTTM: line 1: 3 fields"):
        read_transcript(tmp_path / "call.srt")


def test_a_cue_in_which_two_speak_is_divided(tmp_path: Path) -> None:
    cues = f"1\n00:00:01,000 --> 00:00:03,000\n坐席: {AGENT}\n客户: 喂\n\n"

    lines = read_transcript(write(tmp_path, "a.srt", cues)).lines

    assert [(line.speaker, line.text) for line in lines] == [("坐席", AGENT), ("客户", "喂")]
    assert lines[0].end == lines[1].start


def test_voices_inside_a_cue_of_webvtt_are_told_apart(tmp_path: Path) -> None:
    cues = f"WEBVTT\n\n00:01.000 --> 00:03.000\n<v Agent>{AGENT}</v> <v Customer>喂</v>\n"

    lines = read_transcript(write(tmp_path, "a.vtt", cues)).lines

    assert [(line.speaker, line.text) for line in lines] == [("Agent", AGENT), ("Customer", "喂")]


def test_the_unknown_speaker_of_whisper_cpp_is_nobody(tmp_path: Path) -> None:
    cues = (
        f"1\n00:00:01,000 --> 00:00:03,000\n(speaker ?) {AGENT}\n\n2\n00:00:03,500 --> 00:00:05,250\n(speaker 1) 喂\n"
    )

    lines = read_transcript(write(tmp_path, "a.srt", cues)).lines

    assert [(line.speaker, line.text) for line in lines] == [("", AGENT), ("1", "喂")]


def test_tags_of_sensevoice_are_no_words_and_begin_lines(tmp_path: Path) -> None:
    tags = "<|zh|><|NEUTRAL|><|Speech|><|withitn|>"
    document = [{"key": "call", "text": f"{tags}{AGENT}{tags}{CUSTOMER}"}]

    lines = read_transcript(write(tmp_path, "a.json", document)).lines

    assert [line.text for line in lines] == [AGENT, CUSTOMER]
    turns = [{"speaker": "agent", "start": 0, "end": 2, "text": f"{tags}{AGENT}"}]
    assert read_transcript(write(tmp_path, "a.json", turns)).lines[0].text == AGENT


def test_json_is_read_whatever_its_suffix(tmp_path: Path) -> None:
    assert read_transcript(write(tmp_path, "a.txt", kit.IFLYTEK)).form == "iflytek"


EXAMPLE = re.compile(r"^```(?P<language>\w+) (?P<form>\w+)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)
DOCS = Path(__file__).parents[1] / "docs"
DOCUMENTED = list(EXAMPLE.finditer((DOCS / "recordings.md").read_text(encoding="utf-8")))


@pytest.mark.parametrize("example", DOCUMENTED, ids=lambda example: str(example["form"]))
def test_every_example_of_the_documents_is_read_as_what_it_is_shown_for(tmp_path: Path, example: re.Match[str]) -> None:
    suffix = {"text": "txt"}.get(example["language"], example["language"])
    if example["form"] == "rttm":
        assert read_rttm(example["content"]).speaker_at(1.0, 2.0) == "S1"
        return

    transcript = read_transcript(write(tmp_path, f"call.{suffix}", example["content"]))

    assert transcript.form == example["form"]
    assert "".join(line.text for line in transcript.lines).startswith("您好")


def test_the_chinese_page_shows_the_same_examples() -> None:
    chinese = EXAMPLE.finditer((DOCS / "zh" / "recordings.md").read_text(encoding="utf-8"))

    assert [example[0] for example in chinese] == [example[0] for example in DOCUMENTED]


def test_every_format_has_an_example_in_the_documents() -> None:
    shown = {example["form"] for example in DOCUMENTED}

    assert {form.name for form in FORMATS} - {"qa_speech"} <= shown


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ([{"key": "a", "text": "您好"}, {"key": "b", "text": "喂"}], "results of 2 recordings"),
        ({"StatusText": "RUNNING", "TaskId": "1"}, "StatusText"),
        (
            [
                {"speaker": "agent", "start": 1000, "end": 3000, "text": "您好请问您要办什么"},
                {"speaker": "customer", "start": 3.5, "end": 5.25, "text": "我想查话费"},
            ],
            r"seconds \(\$\[1\]\) and in milliseconds \(\$\[0\]\)",
        ),
    ],
)
def test_what_is_no_single_transcript_is_refused_and_says_why(tmp_path: Path, document: object, what: str) -> None:
    (tmp_path / "t.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ConfigError, match=what):
        read_transcript(tmp_path / "t.json")


def test_channels_with_a_list_of_turns_each_are_told_apart(tmp_path: Path) -> None:
    channels = [
        {"channel": number, "utterances": [{"start": start, "end": start + 2, "text": text}]}
        for number, start, text in ((0, 1, AGENT), (1, 3.5, CUSTOMER))
    ]
    (tmp_path / "t.json").write_text(json.dumps({"channels": channels}), encoding="utf-8")

    lines = read_transcript(tmp_path / "t.json").lines

    assert [(line.channel, line.text, line.start) for line in lines] == [(1, AGENT, 1.0), (2, CUSTOMER, 3.5)]


def test_a_result_that_stands_as_text_is_read_and_what_was_only_heard_at_first_is_not(tmp_path: Path) -> None:
    inner = {"Sentences": [{"BeginTime": 1000, "EndTime": 3000, "Text": AGENT, "ChannelId": 0}]}
    (tmp_path / "a.json").write_text(
        json.dumps({"StatusText": "SUCCESS", "Result": json.dumps(inner)}), encoding="utf-8"
    )
    messages = [
        {"mode": "2pass-online", "wav_name": "c", "text": "我想"},
        {"mode": "2pass-offline", "wav_name": "c", "text": CUSTOMER, "timestamp": "[[3500, 5250]]"},
    ]
    (tmp_path / "f.json").write_text("\n".join(json.dumps(message) for message in messages), encoding="utf-8")

    assert [line.text for line in read_transcript(tmp_path / "a.json").lines] == [AGENT]
    assert [line.text for line in read_transcript(tmp_path / "f.json").lines] == [CUSTOMER]
