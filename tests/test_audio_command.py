"""`qa-speech audio`: what the channel doctor prints."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from msgspec.structs import replace
from typer.testing import CliRunner, Result

from qa_speech.call import Finding, Role
from qa_speech.cli import app
from qa_speech.cli.audio import as_data, as_lines
from qa_speech.documents import decode
from qa_speech.resources import folder
from qa_speech.scores import CallFailure
from qa_speech.testing import make_call
from tests.voices import noise, voice

SAMPLES = folder("samples")
LENGTH_S = 30.0
AGENT = voice([(1, 6), (12, 17), (21, 27)], LENGTH_S, level_db=-20, seed=1)
CUSTOMER = voice([(7, 11), (17.5, 20)], LENGTH_S, level_db=-24, seed=2) + noise(LENGTH_S, -60)


def run(*args: object, lang: str = "zh_CN.UTF-8") -> Result:
    return CliRunner().invoke(app, ["audio", *map(str, args)], env={"LC_ALL": lang})


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Channel 2 hears the agent at −14 dB, 100 ms later, and has a constant added."""
    path = tmp_path_factory.mktemp("sound") / "串音.wav"
    delayed = np.concatenate((np.zeros(800, np.float32), AGENT))[: len(AGENT)]
    other = CUSTOMER + delayed * np.float32(0.2) + np.float32(0.05)
    soundfile.write(path, np.stack([AGENT + noise(LENGTH_S, -62, seed=3), other], axis=1), 8000)
    return path


def test_people_read_channels_roles_and_what_is_wrong_with_level_and_lag(leaking: Path) -> None:
    result = run(leaking)
    lines = result.stdout.splitlines()

    assert result.exit_code == 0, result.output
    assert lines[0].startswith("串音.wav  00:30  8 kHz  双声道（1 坐席，2 客户）  默认：声道 1 为坐席")
    assert lines[0].endswith("时间类指标可靠性低（两声道串音）")
    assert lines[1].split() == ["声道", "角色", "说话", "音量", "信噪比", "WADA", "频带上限"]
    assert [line.split()[1] for line in lines[2:4]] == ["坐席", "客户"]
    assert any("声道 2：串音" in line and "延迟 100 毫秒" in line for line in lines[4:])
    assert any("声道 2：直流偏移（5%）" in line for line in lines[4:])


def test_programs_read_one_object_per_recording(leaking: Path) -> None:
    found = json.loads(run(leaking, "--json", "--agent-channel", 2).stdout)
    second = {item["code"]: item for item in found["channels"][1]["findings"]}

    assert [item["role"] for item in found["channels"]] == ["customer", "agent"]
    assert found["roles_from"] == "settings"
    assert second["crosstalk"]["value"] == pytest.approx(-14, abs=1.5)
    assert second["crosstalk_lag"]["value"] == pytest.approx(100, abs=2)
    assert found["reliability"] == "low"
    assert found["reliability_reason"] == "crosstalk"


def test_sounds_that_are_nobodys_speech_are_named_with_their_place() -> None:
    chinese, english = run(SAMPLES / "hold-and-thanks.ogg"), run(SAMPLES / "hold-and-thanks.ogg", "--ui", "en")

    assert "坐席声道上有音乐：1 段，共 13 秒，首段 00:22–00:35" in chinese.stdout
    assert "music on the agent's channel: 13 s in 1, first 00:22–00:35" in english.stdout


def test_one_channel_says_plainly_that_the_parties_cannot_be_told_apart() -> None:
    stdout = run(SAMPLES / "mono-mix.mp3", lang="en_US.UTF-8").stdout

    assert "timing of low reliability (one channel: agent and customer cannot be told apart)" in stdout
    assert "! one channel; agent and customer are not separated" in stdout


def test_transcripts_check_the_roles(tmp_path: Path) -> None:
    turns = ["客户：您好，工号一零零一，很高兴为您服务", "坐席：我想查一下话费", "客户：感谢您的来电，祝您生活愉快"]
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "call.txt").write_text("\n".join(turns), encoding="utf-8")
    soundfile.write(tmp_path / "call.wav", np.stack([CUSTOMER, AGENT + noise(LENGTH_S, -62)], axis=1), 8000)

    found = json.loads(run(tmp_path / "call.wav", "--transcripts", tmp_path / "words", "--json").stdout)

    assert found["roles_from"] == "words"
    assert [item["role"] for item in found["channels"]] == ["customer", "agent"]
    assert found["findings"] == [{"code": "swapped_roles", "value": None, "unit": "", "note": "corrected"}]


def test_broken_recordings_are_one_clear_line_each_and_the_others_go_on(leaking: Path, tmp_path: Path) -> None:
    broken = tmp_path / "坏.wav"
    broken.write_bytes(b"nothing")

    some, all_ = run(broken, leaking), run(broken, "--json")

    assert (some.exit_code, all_.exit_code) == (3, 1)
    assert some.stdout.splitlines()[0].startswith("坏.wav  失败：")
    assert any(line.startswith("串音.wav") for line in some.stdout.splitlines())
    assert decode(all_.stdout, CallFailure).error == "DecodeError"


def test_a_missing_path_is_exit_1_and_wrong_settings_exit_2(tmp_path: Path) -> None:
    settings = tmp_path / "qa_speech.toml"
    settings.write_text("nonsense = 1", encoding="utf-8")

    assert run(tmp_path / "none.wav").exit_code == 1
    assert run(SAMPLES, "--config", settings).exit_code == 2


@pytest.fixture(scope="module")
def spoken() -> tuple[np.ndarray, int]:
    """Half a minute of a shipped sample in which both speak, both channels."""
    samples, rate = soundfile.read(SAMPLES / "taboo-interruption.wav", dtype="float32")
    return samples[: 30 * rate], rate


def test_a_dead_channel_of_a_headerless_file_has_no_speech(spoken: tuple[np.ndarray, int], tmp_path: Path) -> None:
    samples, rate = spoken
    samples = samples * np.array([1, 0], np.float32)
    soundfile.write(tmp_path / "call.V3", samples, rate, format="RAW", subtype="ULAW")

    found = json.loads(run(tmp_path / "call.V3", "--raw", f"ulaw:{rate}:2", "--json").stdout)

    assert found["channels"][0]["speech_s"] > 5
    assert found["channels"][1]["speech_s"] == 0.0
    assert "dead_channel" in {item["code"] for item in found["channels"][1]["findings"]}
    assert run(tmp_path / "call.V3").exit_code == 1


def test_the_speech_of_one_channel_is_that_of_all_who_share_it() -> None:
    found = json.loads(run(SAMPLES / "mono-mix.mp3", "--json").stdout)

    assert [item["speech_s"] for item in found["channels"]] == [found["speech_s"]["unknown"]]
    assert found["channels"][0]["speech_s"] > 5


def test_a_clean_recording_is_said_to_be_clean() -> None:
    path = SAMPLES / "good-service.ogg"

    shown = [run(path, "--ui", lang).stdout.splitlines()[-1].strip() for lang in ("zh", "en")]

    assert shown == ["未发现问题", "nothing wrong was found"]


def test_what_is_counted_is_said_in_places_and_why_a_thing_is_thought_is_said_with_it() -> None:
    findings = (Finding("dropouts", 1, 3.0, "count", ""), Finding("swapped_roles", note="suspected"))
    call = make_call("agent@0-2: 您好", "customer@3-4: 喂")
    call = replace(call, recording=replace(call.recording, findings=findings))

    assert as_lines(call, "zh")[-2:] == ["  ! 声道 1：丢音（3 处）", "  ! 坐席与客户声道接反（请核对）"]
    assert as_lines(call, "en")[-2].endswith("channel 1: drop-outs (3 places)")


def test_a_channel_that_voices_share_has_the_speech_of_all_and_a_dead_one_none() -> None:
    call = make_call(agent=[(0, 2)], customer=[(1, 4)])
    recording = replace(
        call.recording,
        channels=(Role.UNKNOWN, Role.UNKNOWN),
        findings=(Finding("dead_channel", 2, -80.0, "dBFS"),),
    )

    channels = as_data(replace(call, recording=recording))["channels"]

    assert [channel["speech_s"] for channel in channels] == [4.0, 0.0]
