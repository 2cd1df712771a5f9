"""One call as two files: found by manifest and by names, put together, and what is odd about them said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from typer.testing import CliRunner

from qa_speech import CallInput, CallReport, inspect_call, read_calls
from qa_speech.audio.pairs import decode_pair
from qa_speech.batch.work import input_key, share_key
from qa_speech.cli import app
from qa_speech.errors import ChannelError, ConfigError
from qa_speech.inputs import find_inputs, with_transcripts
from qa_speech.inputs.overlooked import overlooked
from qa_speech.inputs.pairs import ENDINGS, pairs_in, parse_pairs
from qa_speech.inputs.rows import find_rows, inputs_in
from qa_speech.pipeline import inspect_many
from qa_speech.privacy.sound import recorded
from qa_speech.timeline import Timeline

RATE = 8000


def voice(seed: int, seconds: float) -> np.ndarray:
    """Bursts of noise with pauses, as somebody speaks; float in −1…1."""
    random = np.random.default_rng(seed)
    out = np.zeros(round(seconds * RATE), np.float32)
    at = 0.3
    while at < seconds - 1:
        length = float(random.uniform(0.2, 1.2))
        first, last = round(at * RATE), round((at + length) * RATE)
        out[first:last] = 0.2 * random.standard_normal(last - first)[: len(out[first:last])]
        at += length + float(random.uniform(0.2, 1.5))
    return out


def files(folder: Path, one: np.ndarray, two: np.ndarray, names: tuple[str, str] = ("q-in.wav", "q-out.wav")) -> None:
    for name, samples in zip(names, (one, two), strict=True):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / name, samples, RATE)


@pytest.mark.parametrize(
    ("agent", "customer", "call", "told"),
    [
        ("q-1-in.wav", "q-1-out.wav", "q-1.wav", False),
        ("a/20260330_A.wav", "a/20260330_B.wav", "a/20260330.wav", False),
        ("c.tx.ogg", "c.rx.ogg", "c.ogg", False),
        ("c_agent.WAV", "c_Customer.WAV", "c.WAV", True),
        ("录音坐席.wav", "录音客户.wav", "录音.wav", True),
        ("1-被叫.wav", "1-主叫.wav", "1.wav", False),
    ],
)
def test_the_two_sides_of_a_call_are_known_by_their_names(agent: str, customer: str, call: str, told: bool) -> None:
    assert list(map(tuple, pairs_in([customer, agent, "other.wav"]))) == [(agent, customer, call, told)]


def test_names_without_a_partner_or_in_other_folders_are_no_pairs() -> None:
    assert pairs_in(["1/q-in.wav", "2/q-out.wav", "z-in.wav", "z-in.mp3", "in.wav", "out.wav", "x.wav"]) == []
    assert [pair.told for pair in pairs_in(["q-x.wav", "q-y.wav"], (("y", "x"),))] == [True]


def test_endings_are_given_as_the_agents_and_the_customers() -> None:
    assert parse_pairs(" _L , -R ") == (("l", "r"),)
    assert parse_pairs("auto") is ENDINGS
    for text in ("in", "in,in", ",out"):
        with pytest.raises(ConfigError, match="expected the agent's ending and the customer's"):
            parse_pairs(text)


def test_a_folder_and_a_manifest_give_one_row_for_two_files(tmp_path: Path) -> None:
    files(tmp_path / "rec", voice(1, 3), voice(2, 3))
    (tmp_path / "m.csv").write_text("坐席录音,客户录音\nrec/q-in.wav,rec/q-out.wav\n", encoding="utf-8")

    (listed,) = find_rows([tmp_path / "m.csv"])
    (found,) = find_rows([tmp_path / "rec"], pairs="in,out")
    (item,) = find_inputs([tmp_path / "rec"], pairs="auto")

    for row in (listed, found):
        assert (row.path, row.path_customer) == (str(tmp_path / "rec/q-in.wav"), str(tmp_path / "rec/q-out.wav"))
        assert row.call_input.path_customer == item.path_customer == tmp_path / "rec/q-out.wav"
    assert (found.id, found.agent_channel, item.id, item.agent_channel) == ("q.wav", 1, "q.wav", None)
    assert len(find_rows([tmp_path / "rec"])) == 2
    (tmp_path / "m.csv").write_text("path,path_customer,agent_channel\na.wav,b.wav,2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"m\.csv:2: .*path is the agent's file"):
        find_rows([tmp_path / "m.csv"])


def test_inspect_takes_a_manifest_of_pairs_as_a_batch_run_does(tmp_path: Path) -> None:
    files(tmp_path, voice(1, 6), voice(2, 6), ("rec/q-out.wav", "rec/q-in.wav"))
    listed = "通话编号;坐席录音;客户录音;工号;开始时间;\nT-1;rec/q-out.wav;rec/q-in.wav;1001;2026/1/5 9:30;\n"
    (tmp_path / "清单.csv").write_text(listed, encoding="gb18030")

    done = CliRunner().invoke(
        app, ["inspect", str(tmp_path / "清单.csv"), "--model", "none", "--out", str(tmp_path / "out")]
    )

    assert done.exit_code == 0, done.output
    (row,) = inputs_in([tmp_path / "清单.csv"])
    assert (row.id, row.path.name, row.path_customer) == ("T-1", "q-out.wav", tmp_path / "rec/q-in.wav")
    assert row.metadata == {"agent": "1001", "started_at": "2026-01-05T09:30:00"}
    assert row.agent_channel == 1
    (stored,) = read_calls(tmp_path / "out")
    assert stored.recording.layout == "two_channel"
    assert stored.recording.path_customer.endswith("q-in.wav")


def test_what_a_manifest_says_of_a_row_goes_before_what_is_given_for_all(tmp_path: Path) -> None:
    files(tmp_path, voice(1, 2), voice(2, 2), ("1.wav", "2.wav"))
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "2.txt").write_text("坐席: 您好", encoding="utf-8")
    (tmp_path / "own.txt").write_text("坐席: 您好", encoding="utf-8")
    (tmp_path / "list.csv").write_text("path,transcript\n1.wav,own.txt\n2.wav,\n", encoding="utf-8")

    found = with_transcripts(inputs_in([tmp_path / "list.csv"]), tmp_path / "words")

    assert [row.transcript and row.transcript.name for row in found] == ["own.txt", "2.txt"]
    (tmp_path / "cards.csv").write_text("path,scorecard\n1.wav,complaint\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="batch run"):
        inputs_in([tmp_path / "cards.csv"])


def test_the_second_file_counts_in_what_is_done_again(tmp_path: Path) -> None:
    files(tmp_path, voice(1, 3), voice(2, 3))
    (row,) = find_rows([tmp_path], pairs="auto")
    before = input_key(row, "")

    files(tmp_path, voice(1, 3), voice(3, 4))

    assert input_key(row, "") != before
    assert share_key(row, "x", "") == ""


def test_two_recordings_are_one_of_two_channels(tmp_path: Path) -> None:
    one, two = voice(1, 20), voice(2, 17.5)
    files(tmp_path, one, two)

    audio = decode_pair(tmp_path / "q-in.wav", tmp_path / "q-out.wav")

    assert audio.samples.shape == (2, 20 * RATE)
    assert np.allclose(audio.samples[0] / 32768, one, atol=1e-4)
    assert np.allclose(audio.samples[1, : len(two)] / 32768, two, atol=1e-4)
    assert audio.warnings == ("pair_lengths:-2.5",)


@pytest.mark.parametrize("late_s", [1.5, -0.4])
def test_a_recording_that_began_later_is_moved_where_the_other_party_is_heard_in_it(
    tmp_path: Path, late_s: float
) -> None:
    one, two = voice(1, 40), voice(2, 40)
    leaked = two + 0.05 * one
    cut = round(abs(late_s) * RATE)
    files(tmp_path, one[cut:] if late_s < 0 else one, leaked[cut:] if late_s > 0 else leaked)

    audio = decode_pair(tmp_path / "q-in.wav", tmp_path / "q-out.wav")

    assert f"pair_lag:{late_s:.2f}" in audio.warnings
    again = audio.samples.astype(np.float64)
    assert np.argmax(np.correlate(again[1, 20_000:60_000], again[0, 20_100:59_900], "valid")) == 100


def test_clocks_that_run_apart_are_said(tmp_path: Path) -> None:
    import soxr

    one, two = voice(1, 240), voice(2, 240)
    files(tmp_path, one, soxr.resample(two + 0.1 * one, RATE, RATE * 1.0005))

    warnings = decode_pair(tmp_path / "q-in.wav", tmp_path / "q-out.wav").warnings

    (warning,) = [warning for warning in warnings if warning.startswith("pair_drift:")]
    assert float(warning.split(":")[1]) == pytest.approx(-500, abs=150)


def test_a_file_of_two_different_channels_is_no_side_and_rates_may_differ(tmp_path: Path) -> None:
    files(tmp_path, voice(1, 3), voice(2, 3))
    soundfile.write(tmp_path / "both.wav", np.stack((voice(1, 3), voice(2, 3)), axis=1), RATE)
    soundfile.write(tmp_path / "twice.wav", np.stack((voice(2, 3), voice(2, 3)), axis=1), RATE)
    soundfile.write(tmp_path / "fast.wav", np.repeat(voice(2, 3), 2), 2 * RATE)

    with pytest.raises(ChannelError, match="2 channels carry sound"):
        decode_pair(tmp_path / "q-in.wav", tmp_path / "both.wav")
    assert decode_pair(tmp_path / "q-in.wav", tmp_path / "twice.wav").samples.shape == (2, 3 * RATE)
    assert decode_pair(tmp_path / "q-in.wav", tmp_path / "fast.wav").samples.shape == (2, 3 * RATE)


def test_a_pair_is_inspected_as_its_two_channel_recording_and_can_be_heard_again(tmp_path: Path) -> None:
    audio, rate = soundfile.read(Path(__file__).parent.parent / "samples" / "slow-answer.ogg", dtype="int16")
    audio = audio[: 25 * rate]
    soundfile.write(tmp_path / "both.wav", audio, rate)
    soundfile.write(tmp_path / "q-in.wav", audio[:, 0], rate)
    soundfile.write(tmp_path / "q-out.wav", audio[:, 1], rate)

    whole = inspect_call(tmp_path / "both.wav").call
    (report,) = inspect_many([CallInput(tmp_path / "q-in.wav", "q", path_customer=tmp_path / "q-out.wav")])

    assert isinstance(report, CallReport)
    call = report.call
    assert (call.recording.layout, call.speech) == ("two_channel", whole.speech)
    assert call.recording.path_customer == str(tmp_path / "q-out.wav")
    heard = recorded(call, Timeline(), recordings=None)
    assert not isinstance(heard, str)
    assert heard.samples.shape == (2, len(audio))
    soundfile.write(tmp_path / "q-out.wav", audio[:, 0], rate)
    assert recorded(call, Timeline(), recordings=None) == "audio_changed"
    (tmp_path / "q-out.wav").unlink()
    assert recorded(call, Timeline(), recordings=None) == "audio_missing"


def test_what_a_folder_holds_beside_its_recordings_is_counted_and_named(tmp_path: Path) -> None:
    for name in ("a.wav", "a.srt", "b.DOCX", "sub/c.docx", "readme", ".hidden", "q-in.wav", "q-out.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")

    found = overlooked([tmp_path, tmp_path / "a.wav", "no*such"])

    assert found.suffixes == {".docx": 2, ".srt": 1, "": 1}
    assert [pair.call for pair in found.pairs] == ["q.wav"]


def test_the_commands_say_what_they_leave_out_and_hint_at_pairs(tmp_path: Path) -> None:
    files(tmp_path / "rec", voice(1, 3), voice(2, 3))
    (tmp_path / "rec" / "list.docx").write_bytes(b"x")

    def said(*options: str) -> str:
        arguments = ["batch", "plan", str(tmp_path / "rec"), "--out", str(tmp_path / "run"), "--ui", "zh", *options]
        return CliRunner().invoke(app, arguments).output

    assert "略过 1 个不是录音的文件：.docx 1" in said()
    assert "有 1 对文件像同一通电话的两侧，如名字以 -in 和 -out 结尾；加 --pairs auto" in said()
    assert "--pairs" not in said("--pairs", "in,out")
