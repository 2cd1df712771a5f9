"""Whole calls without identifiers: text, words, evidence, details, sound; nothing else is changed."""

import csv
import io
import json
import logging
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import get_args

import msgspec
import numpy as np
import pytest
import soundfile
import typer.testing
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.audio.mask import ranges, tone
from qa_speech.call import Call, Role, StrayWord, Utterance, Word
from qa_speech.cli import app
from qa_speech.documents import encode, read_calls, write_call
from qa_speech.privacy import identifiers, sound
from qa_speech.privacy.identifiers import REASONS, find_identifiers
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.redact import masked, masked_id
from qa_speech.privacy.unheard import hidden, masked_places
from qa_speech.report.folder import ReportFolder
from qa_speech.report.people import for_people
from qa_speech.report.redacted import RedactedFolder
from qa_speech.report.view import lines as page_lines
from qa_speech.scores import CallReport, CriterionScore, Evidence, Measurement, Score
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from qa_speech.wording.masking import KINDS, NO_SOUND, PLACEHOLDERS, WHY, placeholders

RATE = 8000
NUMBER = "13822190045"
RUNNER = typer.testing.CliRunner()


def for_zh(report: CallReport) -> CallReport:
    return masked(report, placeholders("zh"))


def number_call(**more: object) -> Call:
    """The number is said from 1 s to 3.75 s."""
    return make_call(f"customer@0.5-4.25: 电话{NUMBER}谢谢", "agent@5-6: 好的", duration=7, call_id="a.wav", **more)


def recorded(call: Call, folder: Path) -> Call:
    samples = np.random.default_rng(1).integers(1, 9000, size=(2, 7 * RATE)).astype(np.int16)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(call.id).name
    soundfile.write(path, samples.T, RATE, subtype="PCM_16")
    return msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, path=str(path)))


def scored(call: Call) -> CallReport:
    quote = Evidence("quote", 0.5, 3.75, Role.CUSTOMER, f"电话{NUMBER}", note="phrase", utterance=0)
    criterion = CriterionScore(
        "a", "A", "s", "fail", 0.0, 10.0, evidence=(quote,), detail={"said": f"电话{NUMBER}", "count": 1.0}
    )
    score = Score(call.id, "card", 1, "0" * 64, (criterion,), (), 60.0, 60.0, 1.0)
    measurement = Measurement(1.0, "count", evidence=(quote,))
    return CallReport(call, {"violations": measurement}, score)


def test_text_words_and_times_of_a_masked_utterance_stay_together() -> None:
    before = number_call().utterances[0]

    after = for_zh(CallReport(number_call())).call.utterances[0]

    assert after.text == "电话[电话]谢谢"
    assert [word.text for word in after.words] == ["电", "话", "[电话]", "谢", "谢"]
    assert (after.words[2].start, after.words[2].end) == (before.words[2].start, before.words[12].end)
    assert after.words[3:] == before.words[13:]
    assert (after.start, after.end, after.role) == (before.start, before.end, before.role)


def test_evidence_and_details_and_metadata_are_masked_and_figures_stay() -> None:
    report = scored(number_call(metadata={"caller": NUMBER, "queue": "10010"}))

    shown = for_zh(report)

    assert NUMBER not in encode(shown).decode()
    assert shown.score is not None
    assert report.score is not None
    criterion = shown.score.criteria[0]
    assert criterion.evidence[0].quote == "电话[电话]"
    assert criterion.evidence[0].quote in (shown.call.utterances[0].text or "")
    assert criterion.detail == {"said": "电话[电话]", "count": 1.0}
    assert shown.measurements["violations"].evidence[0].quote == "电话[电话]"
    assert shown.call.recording.metadata == {"caller": "[电话]", "queue": "10010"}
    assert (shown.score.total, criterion.points) == (report.score.total, report.score.criteria[0].points)
    assert [one.start for one in shown.call.utterances] == [one.start for one in report.call.utterances]


def test_a_quote_that_cuts_a_number_shows_none_of_it() -> None:
    call = number_call()
    quote = Evidence("quote", 0.5, 2.0, Role.CUSTOMER, f"电话{NUMBER[:4]}", utterance=0)
    report = CallReport(call, {"violations": Measurement(1.0, "count", evidence=(quote,))})

    assert for_zh(report).measurements["violations"].evidence[0].quote == "电话[电话]"


def test_the_piece_of_a_number_is_masked_in_a_quote_of_another_utterance() -> None:
    call = make_call("customer: 电话一三八二二", "agent: 嗯", "customer: 一九零零四五谢谢", call_id="a")
    quote = Evidence("quote", 3.0, 5.0, Role.CUSTOMER, "九零零四五谢谢", utterance=2)

    shown = for_zh(CallReport(call, {"m": Measurement(1.0, "count", evidence=(quote,))}))

    assert [one.text for one in shown.call.utterances] == ["电话[电话]", "嗯", "[电话]谢谢"]
    assert shown.measurements["m"].evidence[0].quote == "[电话]谢谢"


@given(
    st.lists(
        st.sampled_from(["您好", "我叫李国庆，", f"电话{NUMBER}。", "查话费", "卡号4111111111111111", "嗯"]),
        min_size=1,
        max_size=5,
    )
)
def test_masking_twice_changes_nothing_more(parts: list[str]) -> None:
    once = for_zh(CallReport(make_call(f"customer: {''.join(parts)}")))

    assert for_zh(once) == once


def test_a_call_without_identifiers_is_unchanged() -> None:
    report = CallReport(make_call("agent: 您好，工号一零零一", "customer: 我想查话费，10010说是98.5元"))

    assert for_zh(report) == report


def test_words_of_several_characters_are_masked_whole() -> None:
    words = (
        Word("电话", 1.0, 1.5),
        Word("138", 1.5, 2.0),
        Word("2219", 2.0, 2.5),
        Word("0045谢", 2.5, 3.0),
        Word("谢", 3.0, 3.2),
    )
    call = msgspec.structs.replace(
        number_call(), utterances=(Utterance(Role.CUSTOMER, 1.0, 3.2, "电话13822190045谢谢", words),)
    )

    assert hidden(call) == Timeline([(1.5, 3.0)])
    assert [word.text for word in for_zh(CallReport(call)).call.utterances[0].words] == ["电话", "[电话]", "谢"]


# ------------------------------------------------------------------------------------------------ sound


def test_without_word_times_the_whole_utterance_is_hidden_and_said_so() -> None:
    call = msgspec.structs.replace(
        number_call(),
        utterances=(Utterance(Role.CUSTOMER, 0.5, 4.25, f"电话{NUMBER}谢谢"), Utterance(Role.AGENT, 5.0, 6.0, "好的")),
    )

    assert hidden(call) == Timeline([(0.5, 4.25)])
    assert [place.extent for place in masked_places(call)] == ["utterance"]


def test_words_that_do_not_match_the_text_are_not_trusted() -> None:
    words = (Word("电", 0.5, 0.6), Word("话", 0.6, 0.7))
    call = msgspec.structs.replace(
        number_call(), utterances=(Utterance(Role.CUSTOMER, 0.5, 4.25, f"电话{NUMBER}", words),)
    )

    assert hidden(call) == Timeline([(0.5, 4.25)])


def test_an_utterance_nobody_recognised_is_hidden_whole_in_a_recognised_call() -> None:
    call = msgspec.structs.replace(
        number_call(), utterances=(Utterance(Role.CUSTOMER, 0.5, 2.0), Utterance(Role.AGENT, 5.0, 6.0, "好的"))
    )

    assert hidden(call) == Timeline([(0.5, 2.0)])
    assert [(place.kind, place.reason) for place in masked_places(call)] == [("unrecognised", "not_recognised")]


def test_a_digit_outside_all_utterances_is_hidden_too() -> None:
    stray = (
        StrayWord(Role.CUSTOMER, Word("八", 6.5, 6.7), "far"),
        StrayWord(Role.CUSTOMER, Word("嗯", 6.8, 6.9), "far"),
    )
    call = msgspec.structs.replace(number_call(), stray=stray)

    assert hidden(call) == Timeline([(1.0, 3.75), (6.5, 6.7)])
    assert [one.word.text for one in for_zh(CallReport(call)).call.stray] == ["*", "嗯"]


def test_what_cannot_be_searched_is_none_and_warned_of() -> None:
    blind = make_call(agent=[(0, 2)], duration=3)

    assert hidden(blind) is None
    assert hidden(number_call(times="nominal")) is None
    assert "未遮蔽" in for_people(CallReport(blind)).call.warnings[-1]
    assert for_people(CallReport(number_call())).call.warnings == ()


def test_a_recording_is_played_only_where_it_is_known_what_it_holds(tmp_path: Path) -> None:
    call = recorded(number_call(), tmp_path)
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFF")

    def problem(changed: Call, spans: Timeline | None) -> str:
        found = sound.recorded(changed, spans, recordings=None)
        return found if isinstance(found, str) else ""

    def of(**recording: str) -> Call:
        return msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, **recording))

    assert problem(call, hidden(call)) == ""
    assert problem(msgspec.structs.replace(call, times="nominal"), hidden(call)) == "no_times"
    assert problem(call, None) == "no_words"
    assert problem(of(path=str(tmp_path / "gone.wav")), Timeline()) == "audio_missing"
    assert problem(of(sha256="0" * 64), Timeline()) == "audio_changed"
    assert problem(of(path=str(broken)), Timeline()) == "audio_unreadable"


def test_a_recording_that_was_moved_is_found_by_its_id_and_by_its_file_name(tmp_path: Path) -> None:
    call = recorded(number_call(), tmp_path / "old")
    new = tmp_path / "new"
    new.mkdir()
    (tmp_path / "old" / "a.wav").rename(new / "a.wav")

    assert sound.locate(call, None) is None
    assert sound.locate(call, new) == new / "a.wav"


@pytest.mark.parametrize("replacement", ["tone", "silence"])
def test_redacted_sound_is_the_recording_but_for_the_spans_sample_by_sample(tmp_path: Path, replacement: str) -> None:
    call = recorded(number_call(), tmp_path / "audio")
    folder = RedactedFolder(tmp_path / "out", audio="wav", replacement=replacement)  # type: ignore[arg-type]

    done = folder.add(CallReport(call))

    original, _ = soundfile.read(call.recording.path, dtype="int16", always_2d=True)
    result, rate = soundfile.read(tmp_path / "out" / "audio" / "a.wav.wav", dtype="int16", always_2d=True)
    spans = hidden(call)
    assert spans is not None
    ((start, end),) = ranges(spans, rate, len(original))
    assert (start / rate, end / rate) == pytest.approx((0.8, 3.95))
    assert np.array_equal(result[:start], original[:start])
    assert np.array_equal(result[end:], original[end:])
    expected = tone(end - start, rate) if replacement == "tone" else np.zeros(end - start, np.int16)
    for channel in (0, 1):
        assert np.array_equal(result[start:end, channel], expected)
    assert done.problem == ""


# ------------------------------------------------------------------------------------------------ one search


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The texts of each conversation that was searched, once for each search; single strings do not count."""
    seen: list[tuple[str, ...]] = []

    def spy(utterances: Sequence[Utterance], also: Collection[Kind] = ()) -> tuple[identifiers.Found, ...]:
        if len(utterances) > 1:
            seen.append(tuple(one.text or "" for one in utterances))
        return find_identifiers(utterances, also)

    monkeypatch.setattr(identifiers, "find_identifiers", spy)
    return seen


def test_a_call_is_searched_once_for_its_text_its_sound_and_its_list(
    searched: list[tuple[str, ...]], tmp_path: Path
) -> None:
    call = recorded(number_call(), tmp_path / "audio")

    RedactedFolder(tmp_path / "redacted").add(scored(call))

    assert (tmp_path / "redacted" / "audio" / "a.wav.mp3").is_file()
    assert len(searched) == 1


def test_a_call_is_searched_once_for_its_page_and_its_sound(searched: list[tuple[str, ...]], tmp_path: Path) -> None:
    folder = ReportFolder(tmp_path / "report", lang="zh")
    for name in ("a.wav", "b.wav"):
        folder.add(scored(recorded(number_call(), tmp_path / name)))
    folder.finish()

    assert len(searched) == 2


def test_a_command_searches_no_call_twice(searched: list[tuple[str, ...]], tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.txt").write_text(f"agent: 您好\ncustomer: 电话1382219004{n}\nagent: 好的，再见\n", "utf-8")

    done = RUNNER.invoke(app, ["inspect", str(tmp_path), "--out", str(tmp_path / "out"), "--ui", "zh"])

    assert done.exit_code == 0, done.output
    assert len(searched) == len(set(searched)) == 3


# ------------------------------------------------------------------------------------------------ files


def test_the_command_writes_everything_without_the_number(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    call = recorded(number_call(metadata={"caller": NUMBER}), tmp_path / "audio")
    call = msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, id=f"{NUMBER}.wav"))
    write_call(call, tmp_path / "result" / "calls" / "one.json")
    caplog.set_level(logging.DEBUG)

    done = RUNNER.invoke(app, ["redact", str(tmp_path / "result"), "--out", str(tmp_path / "out"), "--ui", "zh"])

    assert done.exit_code == 0, done.output
    files = [file for file in (tmp_path / "out").rglob("*") if file.is_file()]
    texts = [done.output, caplog.text, *(file.name for file in files)]
    texts += [file.read_text("utf-8") for file in files if file.suffix in (".csv", ".txt", ".json")]
    assert not [text for text in texts if NUMBER in text]
    (stored,) = read_calls(tmp_path / "out" / "calls")
    assert stored.recording.path.startswith("audio/")
    assert (tmp_path / "out" / stored.recording.path).is_file()
    (row,) = csv.DictReader(io.StringIO((tmp_path / "out" / "masked.csv").read_text("utf-8-sig")))
    assert (row["kind"], row["characters"], row["why"]) == ("电话号码", "11", "11 位，号段有效")
    assert (float(row["start_s"]), float(row["end_s"])) == (1.0, 3.75)


def test_ids_that_are_alike_when_masked_get_files_of_their_own(tmp_path: Path) -> None:
    folder = RedactedFolder(tmp_path, audio=None)
    for number in (NUMBER, "13822190046"):
        call = number_call()
        folder.add(
            CallReport(
                msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, id=f"{number}.wav"))
            )
        )

    assert len(list((tmp_path / "calls").iterdir())) == 2
    assert masked_id(f"20260105-{NUMBER}.wav", placeholders("zh")) == "20260105-[电话].wav"


def test_missing_audio_is_said_and_the_text_still_comes(tmp_path: Path) -> None:
    done = RedactedFolder(tmp_path).add(CallReport(number_call()))

    assert done.problem == "audio_missing"
    assert "[电话]" in (tmp_path / "text" / "a.wav.txt").read_text("utf-8")


def test_the_report_folder_masks_what_people_open_and_keeps_the_data(tmp_path: Path) -> None:
    report = scored(recorded(number_call(), tmp_path / "audio"))
    for name, mask in (("safe", True), ("bare", False)):
        folder = ReportFolder(tmp_path / name, lang="zh", mask=mask)
        folder.add(report)
        folder.finish()

    def seen(name: str) -> str:
        return "".join(
            file.read_text("utf-8") for file in sorted((tmp_path / name).rglob("*")) if file.suffix in (".html", ".csv")
        )

    assert NUMBER not in seen("safe")
    assert NUMBER in seen("bare")
    data = json.loads((tmp_path / "safe" / "calls" / "a.wav.json").read_text("utf-8"))
    assert NUMBER in data["utterances"][0]["text"]
    safe, _ = soundfile.read(tmp_path / "safe" / "audio" / "a.wav.mp3")
    bare, _ = soundfile.read(tmp_path / "bare" / "audio" / "a.wav.mp3")
    inside = slice(round(1.2 * RATE), round(3.5 * RATE))
    assert np.abs(np.corrcoef(safe[inside, 0], bare[inside, 0])[0, 1]) < 0.1
    assert np.std(safe[inside, 0]) < 0.06


def test_the_page_finds_the_masked_words_again() -> None:
    shown = for_zh(CallReport(number_call()))

    texts = [piece.text for piece in page_lines(shown, "zh")[0].pieces]

    assert "[电话]" in texts


def test_every_reason_and_kind_has_its_words() -> None:
    assert set(REASONS) | {"not_recognised"} == set(WHY)
    assert set(sound.PROBLEMS) == set(NO_SOUND)
    assert set(KINDS) == {*get_args(Kind), "unrecognised"}
    assert set(PLACEHOLDERS) == set(get_args(Kind))


def test_the_command_says_which_call_comes_without_sound_and_exits_so(tmp_path: Path) -> None:
    write_call(number_call(), tmp_path / "result" / "calls" / "one.json")

    done = RUNNER.invoke(app, ["redact", str(tmp_path / "result"), "--out", str(tmp_path / "out"), "--ui", "en"])

    assert done.exit_code == 1
    assert done.stdout == f"a.wav  1 masked  {NO_SOUND['audio_missing'][1]}\n"
