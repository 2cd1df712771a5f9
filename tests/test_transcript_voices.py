"""Who speaks in a transcript is told from names, channels, sound and words, and never guessed or lost."""

import json
from pathlib import Path

import pytest
import soundfile

from qa_speech.call import Call, Finding, Role
from qa_speech.engines.transcripts import Line, Spoken, Transcript, call_from_transcript, speakers_in, words_for
from qa_speech.engines.transcripts.roles import settle
from qa_speech.inputs import CallInput
from qa_speech.language.script import machine_named, role_named
from qa_speech.pipeline import inspect_many
from qa_speech.resources import folder
from qa_speech.timeline import Timeline

OPENING = "您好，工号一零零一，很高兴为您服务"
REQUEST = "我想查一下话费"
MENU = "欢迎致电客户服务热线，普通话请按一"


def call_of(*lines: Line) -> Call:
    return call_from_transcript(Transcript("t", "turns", lines), call_id="t")


def roles_in(call: Call) -> list[Role]:
    return [said.role for said in call.utterances]


@pytest.mark.parametrize("name", ["客戶", "用戶", "顧客", "Customer", "客户2", "USER_1", "end user"])
def test_customers_by_name(name: str) -> None:
    assert role_named(name) is Role.CUSTOMER


@pytest.mark.parametrize("name", ["坐席", "座席", "話務員", "客服1001", "Agent-2", "customer_service", "坐席（1001）"])
def test_agents_by_name(name: str) -> None:
    assert role_named(name) is Role.AGENT


def test_machines_and_strangers_by_name() -> None:
    assert machine_named("IVR")
    assert machine_named("系統")
    assert role_named("SPEAKER_01") is role_named("张三") is None


def test_the_customer_may_speak_first() -> None:
    call = call_of(Line("1", REQUEST, 0, 2), Line("2", OPENING, 2, 5))

    assert roles_in(call) == [Role.CUSTOMER, Role.AGENT]
    assert call.recording.roles_from == "words"
    assert call.made_with["roles"] == "1=customer: request@1; 2=agent: opening@2 agent_number@2"


def test_a_machine_that_speaks_first_is_no_agent() -> None:
    call = call_of(
        Line("0", MENU, 0, 3), Line("1", OPENING, 4, 7), Line("2", REQUEST, 8, 10), Line("1", "请稍等", 11, 12)
    )

    assert roles_in(call) == [Role.AGENT, Role.CUSTOMER, Role.AGENT]
    assert [(sound.kind, sound.start, sound.end) for sound in call.sounds] == [("ivr", 0, 3)]
    assert "".join(stray.word.text for stray in call.stray) == MENU
    assert {stray.reason for stray in call.stray} == {"ivr"}
    assert call.warnings == ()


def test_an_announcement_under_the_agents_name_is_none_of_his_words() -> None:
    call = call_of(Line("坐席", MENU, 0, 3), Line("坐席", OPENING, 4, 7), Line("客户", REQUEST, 8, 10))

    assert [said.text for said in call.utterances] == [OPENING, REQUEST]
    assert [sound.kind for sound in call.sounds] == ["ivr"]


def test_a_third_speaker_is_neither_party() -> None:
    lines = [
        Line("1", OPENING, 0, 3),
        Line("2", REQUEST, 4, 6),
        Line("3", "妈，吃饭了", 7, 8),
        Line("2", "等一下", 9, 10),
    ]

    call = call_of(*lines)

    assert roles_in(call) == [Role.AGENT, Role.CUSTOMER, Role.UNKNOWN, Role.CUSTOMER]
    assert call.warnings == ("third_speaker:1",)


def test_where_words_do_not_tell_roles_stay_open() -> None:
    call = call_of(Line("1", "喂", 0, 1), Line("2", "你好", 2, 3), Line("1", "好的", 4, 5))

    assert set(roles_in(call)) == {Role.UNKNOWN}
    assert call.warnings == ("roles_unknown",)


def test_of_several_strangers_an_agent_is_known_and_the_rest_is_not() -> None:
    lines = (Line("1", OPENING, 0, 3), Line("2", "嗯", 4, 5), Line("3", "好", 6, 7))

    assert settle(lines).roles == {"1": Role.AGENT, "2": Role.UNKNOWN, "3": Role.UNKNOWN}
    assert call_of(*lines).warnings == ("roles_unknown",)


def test_beside_a_named_party_the_only_other_is_the_other() -> None:
    assert settle((Line("坐席", "您好"), Line("张三", "嗯"))).roles["张三"] is Role.CUSTOMER
    assert settle((Line("客户", "嗯"), Line("S2", "您好"))).roles["S2"] is Role.AGENT


def test_a_line_without_a_name_among_named_ones_is_counted() -> None:
    call = call_of(Line("1", OPENING, 0, 3), Line("2", REQUEST, 4, 6), Line("", "快点", 7, 8))

    assert roles_in(call)[-1] is Role.UNKNOWN
    assert call.warnings == ("lines_without_role:1",)


# ---------------------------------------------------------------------------------------------------- with a recording

SPEECH = {Role.AGENT: Timeline([(0, 3), (8, 9)]), Role.CUSTOMER: Timeline([(4, 6)])}
CHANNELS = (Role.AGENT, Role.CUSTOMER)


def lent(*lines: Line, speech: dict[Role, Timeline] | None = None) -> tuple[dict[Role, str], tuple[str, ...]]:
    """Text by role, and the warnings."""
    found = words_for(Transcript("t", "turns", lines), SPEECH if speech is None else speech, channels=CHANNELS)
    said = {role: "".join(word.text for word in words) for role, words in found.words.items()}
    return said, found.warnings


def test_a_line_without_a_role_goes_to_whoever_speaks_then() -> None:
    said, warnings = lent(Line("", OPENING, 0, 3), Line("", REQUEST, 4, 6), Line("", "请稍等", 8, 9))

    assert said == {Role.AGENT: OPENING + "请稍等", Role.CUSTOMER: REQUEST}
    assert warnings == ("placed_by_sound:3",)


def test_a_line_of_both_parties_is_divided_by_its_words() -> None:
    words = tuple(Spoken(char, 0.3 * place, 0.3 * place + 0.3) for place, char in enumerate("您好请问您查什么"))
    later = tuple(Spoken(char, 4 + 0.4 * place, 4.4 + 0.4 * place) for place, char in enumerate("查话费"))

    said, warnings = lent(Line("", "您好，请问您查什么？查话费。", 0, 6, (*words, *later)))

    assert said == {Role.AGENT: "您好请问您查什么", Role.CUSTOMER: "查话费"}
    assert warnings == ("placed_by_sound:1",)


def test_a_voice_is_whoever_speaks_under_most_of_its_lines() -> None:
    said, warnings = lent(Line("S1", "喂", 4, 6), Line("S2", "你好", 0, 3))

    assert said == {Role.AGENT: "你好", Role.CUSTOMER: "喂"}
    assert warnings == ()


def test_a_channel_of_the_file_is_that_of_the_recording() -> None:
    said, _ = lent(Line("", "喂", channel=2), Line("", "你好", channel=1))

    assert said == {Role.AGENT: "你好", Role.CUSTOMER: "喂"}


def test_where_both_speak_a_word_is_no_more_than_likely() -> None:
    both = {Role.AGENT: Timeline([(0, 3)]), Role.CUSTOMER: Timeline([(0, 2)])}

    found = words_for(Transcript("t", "turns", (Line("", "请稍等", 0, 3),)), both, channels=CHANNELS)

    assert found.warnings == ("placed_by_sound:1", "placed_likely:3")
    assert {word.probability for word in found.words[Role.AGENT]} == {0.45}


def test_what_cannot_be_placed_is_kept_and_counted() -> None:
    lines = (Line("", "好的", 20, 21), Line("", "没有时间"))

    found = words_for(Transcript("t", "turns", lines), SPEECH, channels=CHANNELS)

    assert {stray.reason for stray in found.stray} == {"no_speech_near", "no_role"}
    assert "".join(stray.word.text for stray in found.stray) == "好的没有时间"
    assert found.warnings == ("lines_without_role:1", "lines_without_speech:1")
    assert found.words == {}


def test_a_third_speaker_and_an_announcement_are_nobodys_words() -> None:
    lines = (Line("IVR", MENU, 0, 1), Line("1", OPENING, 1, 3), Line("2", REQUEST, 4, 6), Line("3", "妈", 8, 9))

    found = words_for(Transcript("t", "turns", lines), SPEECH, channels=CHANNELS)

    assert sorted({stray.reason for stray in found.stray}) == ["ivr", "third_speaker"]
    assert "third_speaker:1" in found.warnings


def test_what_is_made_up_over_silence_is_taken_out() -> None:
    found = words_for(Transcript("t", "cues", (Line("坐席", "感谢大家的观看哦", 20, 24),)), SPEECH)

    assert {stray.reason for stray in found.stray} == {"hallucination"}


def test_a_cue_is_laid_where_its_speaker_speaks() -> None:
    found = words_for(
        Transcript("t", "cues", (Line("坐席", "您好请讲", 0, 10),)), {Role.AGENT: Timeline([(1, 2), (8, 9)])}
    )

    assert [word.start for word in found.words[Role.AGENT]] == [1.0, 1.5, 8.0, 8.5]


def test_a_word_stretched_over_silence_is_kept_in_its_speech() -> None:
    line = Line("坐席", "您好", 0, 9, (Spoken("您", 0.0, 6.5), Spoken("好", 8.0, 8.3)))

    found = words_for(Transcript("t", "cues", (line,)), {Role.AGENT: Timeline([(6, 6.6), (8, 8.4)])})

    assert [(word.start, word.end) for word in found.words[Role.AGENT]] == [(6.0, 6.5), (8.0, 8.3)]


def test_when_agent_and_customer_speak_by_a_transcript() -> None:
    lines = (Line("坐席", "您好", 0.0, 1.0), Line("客户", "喂", 2.0, 2.5))

    assert speakers_in(Transcript("t", "cues", lines)) == (Timeline([(0, 1)]), Timeline([(2, 2.5)]))
    assert speakers_in(Transcript("t", "cues", lines[:1])) is None
    assert speakers_in(Transcript("t", "plain", (Line("坐席", "您好"), Line("客户", "喂")))) is None


def transcript_of(sample: str, path: Path) -> Path:
    """What is really said in a bundled sample, as a list of turns."""
    truth = json.loads((folder("samples") / f"{sample}.truth.json").read_text(encoding="utf-8"))
    turns = [
        {"role": said["role"], "start": said["start"], "end": said["end"], "text": said["text"]}
        for said in truth["turns"]
        if said["text"]
    ]
    path.write_text(json.dumps(turns, ensure_ascii=False), encoding="utf-8")
    return path


def test_a_mono_recording_is_divided_by_its_transcript(tmp_path: Path) -> None:
    row = CallInput(folder("samples") / "mono-mix.mp3", transcript=transcript_of("mono-mix", tmp_path / "a.json"))

    (report,) = inspect_many([row])

    assert report.call.recording.roles_from == "transcript"
    assert {said.role for said in report.call.utterances} == {Role.AGENT, Role.CUSTOMER}
    assert report.call.speech[Role.AGENT].duration > 10
    assert report.measurements["talk:agent"].value is not None
    assert report.measurements["talk:agent"].reliability == "low"


def test_without_names_the_sound_of_two_channels_tells_the_same_roles(tmp_path: Path) -> None:
    path = transcript_of("deflection", tmp_path / "a.json")
    turns = json.loads(path.read_text(encoding="utf-8"))
    bare = [{"channel": 0, "start": turn["start"], "end": turn["end"], "text": turn["text"]} for turn in turns]
    (tmp_path / "b.json").write_text(json.dumps(bare, ensure_ascii=False), encoding="utf-8")
    sound = folder("samples") / "deflection.ogg"

    named, placed = inspect_many([CallInput(sound, transcript=path), CallInput(sound, transcript=tmp_path / "b.json")])

    true = {(said.role, word.text, word.start) for said in named.call.utterances for word in said.words}
    words = [(said.role, word) for said in placed.call.utterances for word in said.words]
    wrong = [word for role, word in words if (role, word.text, word.start) not in true]
    assert len(wrong) < 0.02 * len(words)
    assert {word.probability for word in wrong} <= {0.45}
    assert f"placed_by_sound:{len(turns)}" in placed.call.warnings


@pytest.mark.parametrize("agent_channel", [None, 1])
def test_names_that_are_on_each_others_channels_follow_the_sound(tmp_path: Path, agent_channel: int | None) -> None:
    path = transcript_of("deflection", tmp_path / "a.json")
    sound = folder("samples") / "deflection.ogg"
    samples, rate = soundfile.read(sound)
    soundfile.write(tmp_path / "a.wav", samples[:, ::-1], rate)
    crossed = CallInput(tmp_path / "a.wav", transcript=path, agent_channel=agent_channel)

    straight, found = inspect_many([CallInput(sound, transcript=path), crossed])

    told = found.call.recording
    doubt = told.finding("swapped_roles")
    if agent_channel is None:  # nobody said whose channel is whose: the transcript does
        assert (told.channels, told.roles_from, doubt) == ((Role.CUSTOMER, Role.AGENT), "transcript", None)
        roles = [said.role for said in found.call.utterances]
    else:  # what was said is kept, and a person has to look
        assert told.channels == (Role.AGENT, Role.CUSTOMER)
        assert doubt == Finding("swapped_roles", note="suspected")
        roles = [said.role.other for said in found.call.utterances]
    texts = [said.text for said in found.call.utterances]
    expected = straight.call.utterances
    assert list(zip(roles, texts, strict=True)) == [(said.role, said.text) for said in expected]
    assert not [word for word in found.call.stray if word.reason == "no_speech_near"]
