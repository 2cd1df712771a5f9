"""Words alone: as text, subtitles and JSON that is read again; two recognisers side by side."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import soundfile
from typer.testing import CliRunner

from qa_speech.call import Role, StrayWord, Word
from qa_speech.cli import app
from qa_speech.engines.guards import REPETITION
from qa_speech.report.disagreement import as_csv, as_table, disagreement
from qa_speech.report.spoken import spoken
from qa_speech.testing import make_call

ROOT = Path(__file__).parent.parent
SLOW = ROOT / "samples" / "slow-answer.ogg"


def run(*arguments: object, code: int = 0) -> tuple[str, str]:
    """What a command writes to stdout and stderr."""
    done = CliRunner().invoke(app, ["transcribe", *map(str, arguments)], env={"LANG": "zh_CN.UTF-8"})
    assert done.exit_code == code, done.output
    return done.stdout, done.stderr


def test_each_role_has_a_file_of_its_own(tmp_path: Path) -> None:
    run(SLOW, "--model", "demo", "--format", "srt", "--out", tmp_path)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["slow-answer.ogg.agent.srt", "slow-answer.ogg.customer.srt"]
    agent = (tmp_path / "slow-answer.ogg.agent.srt").read_text(encoding="utf-8").splitlines()
    assert agent[:2] == ["1", "00:00:01,500 --> 00:00:05,560"]
    assert agent[2].startswith("您好")


def test_json_is_read_as_a_transcript_again(tmp_path: Path) -> None:
    run(SLOW, "--model", "demo", "--format", "json", "--out", tmp_path / "words")
    (tmp_path / "words" / "slow-answer.ogg.json").rename(tmp_path / "words" / "slow-answer.json")
    done = CliRunner().invoke(app, ["inspect", str(SLOW), "--transcripts", str(tmp_path / "words"), "--json"])

    call = json.loads(done.stdout)["call"]
    said = json.loads((tmp_path / "words" / "slow-answer.json").read_text(encoding="utf-8"))["segments"]
    assert [one["text"] for one in call["utterances"] if one["text"]] == [one["text"] for one in said]
    assert {one["speaker"] for one in said} == {"agent", "customer"}


def test_speech_without_words_is_a_line_that_says_so() -> None:
    call = make_call("agent@0-2: 您好", "customer@3-6: ")

    assert spoken(call, "txt").splitlines()[1] == "[00:03.0] 客户：［有人说话，没有识别出文字］"
    assert spoken(call, "txt", lang="en", role=Role.CUSTOMER) == "[00:03.0] [speech without a recognised word]\n"
    assert json.loads(spoken(call, "json"))["segments"][1]["text"] == ""


def test_text_is_masked_and_json_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    call = make_call("customer@0-13: 电话13800138000")
    from qa_speech.scores import CallReport

    monkeypatch.setattr("qa_speech.cli.transcribe._outcomes", lambda *arguments: iter([CallReport(call)]))

    assert "13800138000" not in run(SLOW, "--model", "demo")[0]
    assert "13800138000" in run(SLOW, "--model", "demo", "--no-mask")[0]
    assert "13800138000" in run(SLOW, "--model", "demo", "--format", "json")[0]


def test_words_are_printed_with_time_and_role_and_a_call_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"RIFF")
    out, err = run(SLOW, tmp_path / "broken.wav", "--model", "demo", code=3)

    lines = out.splitlines()
    assert lines[0].startswith("[00:01.5] 坐席：您好")
    assert any("] 客户：" in line for line in lines)
    assert "broken.wav  失败" in err


def test_without_a_model_nothing_is_guessed() -> None:
    _, err = run(SLOW, code=2)

    assert "没有选择识别模型" in err


def test_two_recognisers_are_compared_on_own_calls(tmp_path: Path) -> None:
    config = tmp_path / "qa_speech.toml"
    config.write_text("[recognition]\nbeam_size = 1\n", encoding="utf-8")
    out, _ = run(SLOW, "--compare", "demo", "demo", "--config", config, "--out", tmp_path / "cmp", "--clips")

    assert "没有差异" in out
    assert "坐席：字差异率 0.0%" in out
    data = json.loads((tmp_path / "cmp" / "disagreement.json").read_text(encoding="utf-8"))
    assert [one["role"] for one in data["roles"]] == ["agent", "customer"]
    run(SLOW, "--clips", "--compare", "demo", "demo", code=2)


def test_what_differs_most_is_heard_first(tmp_path: Path) -> None:
    one = make_call("agent@0-2: 您好请讲", "customer@3-6: 我要查话费", "agent@7-9: 好的")
    other = make_call("agent@0-2: 你好请讲", "customer@3-6: ", "agent@7-9: 好的")

    found = disagreement([(one, other)])

    assert [(rate.role, rate.calls, rate.stretches, rate.first, rate.second, rate.differ) for rate in found.roles] == [
        (Role.AGENT, 1, 2, 6, 6, 1),
        (Role.CUSTOMER, 1, 1, 5, 0, 5),
    ]
    assert [(said.differ, said.first, said.second) for said in found.worth_hearing] == [
        (5, "我要查话费", ""),
        (1, "您好请讲", "你好请讲"),
    ]
    assert disagreement([(one, other)], most=1).worth_hearing == found.worth_hearing[:1]
    assert "B -" in as_table(found, ["a", "b"])
    rows = list(csv.DictReader(as_csv(found).splitlines()))
    assert [row["differ"] for row in rows] == ["5", "1"]


def test_words_that_a_guard_took_out_do_not_count() -> None:
    import msgspec

    one = make_call("agent@0-2: 好的")
    loop = StrayWord(Role.AGENT, Word("好", 1.0, 1.2), REPETITION)
    other = msgspec.structs.replace(one, stray=(loop,))

    assert disagreement([(one, other)]).roles[0].differ == 0


def test_numbers_are_counted_before_they_are_masked() -> None:
    from qa_speech.cli.transcribe import _shown_to_people

    one = make_call("customer@0-13: 电话13800138000")
    other = make_call("customer@0-13: 电话13900138000")

    found = disagreement([(one, other)], shown=_shown_to_people("zh"))

    assert found.roles[0].differ == 1
    assert "138" not in found.worth_hearing[0].first + found.worth_hearing[0].second


def test_a_stretch_is_cut_out_of_the_recording(tmp_path: Path) -> None:
    from qa_speech.coaching.stretches import write_stretch
    from qa_speech.pipeline import inspect_call

    call = inspect_call(SLOW).call

    assert write_stretch((call, call), 1.5, 4.0, tmp_path / "a" / "1.wav") == "not_searched"
    assert write_stretch((call, call), 1.5, 4.0, tmp_path / "a" / "1.wav", mask=False) == ""
    assert soundfile.info(tmp_path / "a" / "1.wav").duration == pytest.approx(3.5, abs=0.01)
