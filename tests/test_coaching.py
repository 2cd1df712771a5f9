"""Clips: the right moments, cut between words, holding nothing but their window, masked before anyone hears them."""

import csv
import io
import logging
import os
import zipfile
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile
import typer.testing
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from qa_speech.audio.loudness import TARGET_DB, active_level_db, levelled
from qa_speech.audio.mask import ranges, tone
from qa_speech.call import Call, Role, Utterance
from qa_speech.cli import app
from qa_speech.coaching.choose import Wish, choose, evidence_to_hear
from qa_speech.coaching.clips import Cut, make_clips
from qa_speech.coaching.notes import heard, kept_notes
from qa_speech.coaching.page import import_notes, render_page, write_lists
from qa_speech.coaching.sound import render
from qa_speech.coaching.window import lines, window
from qa_speech.documents import encode, write_call
from qa_speech.errors import ConfigError
from qa_speech.files import write_bytes
from qa_speech.privacy import identifiers
from qa_speech.privacy.identifiers import find_identifiers
from qa_speech.privacy.numerals import Kind
from qa_speech.privacy.sound import PROBLEMS
from qa_speech.privacy.unheard import hidden
from qa_speech.scores import CallReport, CriterionScore, Evidence, Score
from qa_speech.store.reports import read_reports
from qa_speech.testing import make_call
from qa_speech.timeline import Segment, Timeline
from qa_speech.wording.clip_labels import PROBLEMS as NO_SOUND

RATE = 8000
NOTES = "[...document.querySelectorAll('textarea')].map((item) => item.value)"
NUMBER = "13822190045"
RUNNER = typer.testing.CliRunner()


def criterion(
    outcome: str, *evidence: Evidence, name: str = "taboo", points: float = 0.0, fatal: str = ""
) -> CriterionScore:
    return CriterionScore(
        name,
        "服务忌语",
        "attitude",
        outcome,
        points,
        10.0,
        evidence=evidence,
        fatal=fatal,
        detail={"said": f"电话{NUMBER}"},
    )  # type: ignore[arg-type]


def report(call: Call, *criteria: CriterionScore, total: float | None = 60.0) -> CallReport:
    score = Score(call.id, "card", 1, "0" * 64, criteria, (), total, total, 1.0)
    return CallReport(call, score=score)


def spoken_call(call_id: str = "a.wav", **more: object) -> Call:
    """Agent and customer over twelve seconds; the customer gives a number from 3.5 s to 6.25 s."""
    return make_call(
        "agent@0-2: 请问您的手机", f"customer@3-6.25: 号码{NUMBER}", "agent@7-9: 我也不清楚你问他去", "customer@9.5-11: 怎么这样",
        duration=12, call_id=call_id, **more,
    )  # fmt: skip


def recorded(call: Call, folder: Path, seed: int = 1, *, secret_seed: int | None = None) -> Call:
    """The call with a recording: noise, other noise where the number is said."""
    samples = np.random.default_rng(seed).integers(-3000, 3000, size=(2, 12 * RATE)).astype(np.int16)
    if secret_seed is not None:
        other = np.random.default_rng(secret_seed).integers(-9000, 9000, size=(2, 12 * RATE)).astype(np.int16)
        start, end = round(3.5 * RATE), round(6.25 * RATE)
        samples[:, start:end] = other[:, start:end]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / Path(call.id).name
    soundfile.write(path, samples.T, RATE, subtype="PCM_16")
    return msgspec.structs.replace(call, recording=msgspec.structs.replace(call.recording, path=str(path)))


def stored(folder: Path, *reports: CallReport) -> Path:
    for one in reports:
        write_call(one.call, folder / "calls" / f"{one.id}.json")
        if one.score is not None:
            write_bytes(folder / "scores" / f"{one.id}.json", encode(one.score))
    return folder


QUOTE = Evidence("quote", 7.0, 8.0, Role.AGENT, "我也不清楚", utterance=2)
SECRET_QUOTE = Evidence("quote", 3.0, 6.25, Role.CUSTOMER, f"号码{NUMBER}", utterance=1)


# ------------------------------------------------------------------------------------------------ choosing


def test_worst_are_fatal_first_then_points_lost_and_best_by_total() -> None:
    def made(name: str, outcome: str, points: float, total: float, fatal: str = "") -> CallReport:
        return report(spoken_call(name), criterion(outcome, QUOTE, points=points, fatal=fatal), total=total)

    reports = [
        made("half", "partial", 5, 90), made("none", "fail", 0, 70), made("fatal", "fail", 0, 80, "form"),
        made("good", "pass", 10, 85), made("better", "pass", 10, 95),
    ]  # fmt: skip

    chosen = choose(iter(reports), Wish(worst=2, best=1))

    assert [(side, one.id) for side, one, _ in chosen] == [("worst", "fatal"), ("worst", "none"), ("best", "better")]


def test_of_equal_ones_the_first_is_taken() -> None:
    reports = [report(spoken_call(name), criterion("fail", QUOTE)) for name in ("one", "two", "three")]

    assert [one.id for _, one, _ in choose(reports, Wish(worst=2))] == ["one", "two"]


def test_criterion_and_agent_narrow_the_choice() -> None:
    reports = [
        report(
            spoken_call(f"{agent}.wav", metadata={"agent": agent}),
            criterion("fail", QUOTE),
            criterion("fail", QUOTE, name="late"),
        )
        for agent in ("1001", "1002")
    ]

    chosen = choose(reports, Wish(criteria=("late",), agents=("1002",)))

    assert [(one.id, item.id) for _, one, item in chosen] == [("1002.wav", "late")]


@pytest.mark.parametrize(
    ("wish", "says"), [(Wish(criteria=("lat",)), "there are: taboo"), (Wish(agents=("9",)), "there are: 1001")]
)
def test_an_unknown_criterion_or_agent_is_an_error_that_names_those_there(wish: Wish, says: str) -> None:
    reports = [report(spoken_call(metadata={"agent": "1001"}), criterion("fail", QUOTE))]

    with pytest.raises(ConfigError, match=says):
        choose(reports, wish)


def test_calls_without_scores_are_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ConfigError, match="name a scorecard"):
        choose([CallReport(spoken_call())], Wish())


def test_every_reason_for_no_sound_has_its_sentence() -> None:
    assert set(NO_SOUND) == {*PROBLEMS, "long_absence"}


def test_an_empty_list_is_written_all_the_same(tmp_path: Path) -> None:
    page = write_lists([], tmp_path, lang="zh", masked=True)

    assert "没有符合条件的片段" in page.read_text("utf-8")
    assert (tmp_path / "clips.xlsx").is_file()


def test_the_moment_is_the_longest_interval_the_first_quote_or_the_shortest_absence() -> None:
    short, long = Evidence("interval", 1.0, 2.0), Evidence("interval", 4.0, 8.0)

    assert evidence_to_hear(criterion("fail", QUOTE, short, long)) == long
    assert evidence_to_hear(criterion("fail", QUOTE, SECRET_QUOTE)) == QUOTE
    assert evidence_to_hear(criterion("fail", Evidence("absence", 0.0, 15.0))) == Evidence("absence", 0.0, 15.0)
    assert evidence_to_hear(criterion("fail", Evidence("absence", 0.0, 90.0))) == Evidence("absence", 0.0, 90.0)


def test_something_missing_from_a_long_stretch_is_listed_last_and_without_sound(tmp_path: Path) -> None:
    missing = Evidence("absence", 0.0, 90.0)
    calls = [recorded(spoken_call(name), tmp_path / "audio") for name in ("missing.wav", "said.wav")]
    reports = [report(call, criterion("fail", one)) for call, one in zip(calls, (missing, QUOTE), strict=True)]

    heard, listed = make_clips(choose(reports, Wish()), tmp_path / "out")

    assert (heard.call_id, heard.problem) == ("said.wav", "")
    assert (listed.call_id, listed.problem, listed.audio, listed.lines) == ("missing.wav", "long_absence", "", ())
    assert "没有可播放的一处" in render_page([heard, listed], lang="zh", masked=True)


def test_criteria_that_were_fatal_come_first() -> None:
    pace = criterion("fail", QUOTE, name="pace")
    fatal = criterion("fail", QUOTE, name="rude", fatal="form")

    chosen = choose([report(spoken_call(), pace, fatal)], Wish())

    assert [moment.criterion.id for moment in chosen] == ["rude", "pace"]


# ------------------------------------------------------------------------------------------------ notes


def listed(folder: Path) -> Path:
    """Two clips in a folder, one of them without sound."""
    call = recorded(spoken_call(), folder.parent / "audio")
    missing = criterion("fail", Evidence("absence", 0.0, 90.0), name="farewell")
    chosen = choose([report(call, missing, criterion("fail", QUOTE))], Wish())
    return write_lists(list(make_clips(chosen, folder)), folder, lang="zh", masked=True)


def table(path: Path, *rows: Sequence[str]) -> Path:
    """A file of notes, as a spreadsheet writes it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("call", "criterion", "at_s", "note"), *rows])
    path.write_text(text.getvalue(), encoding="utf-8")
    return path


def test_notes_are_kept_beside_the_clips_and_on_every_page_made_later(tmp_path: Path) -> None:
    page = listed(tmp_path / "out")
    said = "=先道歉，\n再“解释” </textarea><script>alert(1)</script>"
    file = table(tmp_path / "n.csv", ("a.wav", "taboo", "7", f"'{said}"), ("a.wav", "farewell", "0.00", ""))

    done = RUNNER.invoke(app, ["clips", "notes", "import", str(file), "--to", str(page.parent), "--ui", "zh"])

    assert (done.exit_code, done.stderr) == (0, f"1 条备注已存入 {page.parent}\n")
    assert list(kept_notes(page.parent).values()) == [said]
    text = listed(tmp_path / "out").read_text(encoding="utf-8")
    assert "=先道歉，\n再“解释” &lt;/textarea&gt;" in text
    assert "<script>alert" not in text
    assert "没有声音的片段 <span>1</span>" in text
    with (page.parent / "clips.csv").open(encoding="utf-8-sig", newline="") as lines:
        assert [row["note"] for row in csv.DictReader(lines)] == [f"'{said}", ""]


def test_the_list_with_its_column_of_notes_filled_in_is_a_file_of_notes_too(tmp_path: Path) -> None:
    folder = listed(tmp_path / "out").parent
    book = load_workbook(folder / "clips.xlsx")
    heads = [cell.value for cell in book.active[1]]
    book.active.cell(2, heads.index("讲评备注") + 1).value = "先听完"
    book.save(tmp_path / "filled.xlsx")

    assert import_notes(tmp_path / "filled.xlsx", folder) == 1
    (about,) = kept_notes(folder)
    assert (about.call, about.criterion, about.at, book.active.cell(2, 2).value) == ("a.wav", "taboo", 700, "反例")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("a.wav", "taboo", "nan", "x"), "at_s is no second"),
        (("a.wav", "taboo", "1e999", "x"), "at_s is no second"),
        (("a.wav", "taboo", "", "x"), "at_s is no second"),
        (("b.wav", "taboo", "7", "x"), "the file belongs to other clips"),
        (("a.wav", "taboo", "8", "x"), "the file belongs to other clips"),
        (("a.wav", "taboo", "7", "x" * 5001), "5000 are the most"),
        (("a.wav", "taboo", "7", "x\x1b[31m"), "control characters"),
    ],
)
def test_a_file_with_anything_wrong_in_it_is_refused_whole(tmp_path: Path, row: Sequence[str], says: str) -> None:
    folder = listed(tmp_path / "out").parent
    file = table(tmp_path / "n.csv", ("a.wav", "farewell", "0", "good"), row)

    with pytest.raises(ConfigError, match=says) as refused:
        import_notes(file, folder)

    assert refused.value.problems[0].startswith("n.csv:3")
    assert kept_notes(folder) == {}


def test_what_is_no_file_of_notes_and_what_is_no_folder_of_clips_are_one_clear_error(tmp_path: Path) -> None:
    folder = listed(tmp_path / "out").parent
    for name, content in (("a.csv", b""), ("b.xlsx", b"PK"), ("c.csv", b"x,y\n1,2\n"), ("d.csv", b"\0\xff" * 99)):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigError):
            import_notes(tmp_path / name, folder)
    good = table(tmp_path / "good.csv", ("a.wav", "taboo", "7", "x"))
    for data in (None, b"{}", b"[" * 100_000):
        (tmp_path / "none").mkdir(exist_ok=True)
        if data is not None:
            (tmp_path / "none" / "clips.json").write_bytes(data)
        with pytest.raises(ConfigError, match="no clips here"):
            import_notes(good, tmp_path / "none")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ConfigError, match="not a regular one"):
        import_notes(tmp_path / "pipe.csv", folder)


def test_a_note_stays_with_what_is_heard_when_clips_are_cut_longer(tmp_path: Path) -> None:
    call = recorded(spoken_call(), tmp_path / "audio")
    chosen = choose([report(call, criterion("fail", QUOTE))], Wish())
    short, long = (next(make_clips(chosen, tmp_path / name, cut=Cut(before_s=s))) for name, s in (("a", 0), ("b", 6)))

    assert short.start != long.start
    assert heard(short) == heard(long)


# ------------------------------------------------------------------------------------------------ cutting


def test_the_window_begins_and_ends_where_nobody_speaks_if_that_is_near() -> None:
    assert window(spoken_call(), QUOTE, before_s=1.5, after_s=2.0, longest_s=60) == Segment(6.25, 9.5)


@given(st.floats(0, 11), st.floats(0.1, 4), st.floats(0, 6), st.floats(0, 6))
@settings(max_examples=80)
def test_a_window_stays_in_its_context_and_cuts_no_word_of_the_one_heard(
    start: float, length: float, before: float, after: float
) -> None:
    call = spoken_call()
    evidence = Evidence("interval", start, min(start + length, 12.0), Role.AGENT)

    held = window(call, evidence, before_s=before, after_s=after, longest_s=60)

    assert max(0.0, evidence.start - before) <= held.start + 1e-6
    assert held.end <= max(evidence.end + after, evidence.start - before + 0.05) + 1e-6
    assert held.end <= call.duration
    agent = [word for one in call.utterances if one.role is Role.AGENT for word in one.words]
    inside = [
        word
        for word in agent
        if word.start + 1e-5 < evidence.start < word.end - 1e-5 or word.start + 1e-5 < evidence.end < word.end - 1e-5
    ]
    if not inside:  # evidence that itself begins in a word cannot be cut elsewhere
        for edge in (held.start, held.end):
            assert not any(word.start + 1e-5 < edge < word.end - 1e-5 for word in agent)


def test_a_clip_is_never_longer_than_asked_for() -> None:
    held = window(spoken_call(), Evidence("interval", 1.0, 11.0), before_s=1, after_s=1, longest_s=5)

    assert held.duration <= 5


def test_the_transcript_of_a_clip_holds_the_words_of_its_window_only() -> None:
    said = lines(spoken_call(), Segment(7.0, 8.0), QUOTE)

    assert [(one.role, one.text, one.hit) for one in said] == [(Role.AGENT, "我也不清", True)]


def test_a_clip_holds_its_window_and_no_sample_more() -> None:
    samples = np.zeros((2, 12 * RATE), np.int16)
    samples[:, : 6 * RATE] = 8000
    samples[:, 8 * RATE :] = 8000

    piece, masked = render(samples, RATE, Segment(6.0, 8.0), Timeline())

    assert piece.shape == (2, 2 * RATE)
    assert not piece.any()
    assert masked == 0


def test_masked_stretches_of_a_clip_are_the_tone_sample_by_sample() -> None:
    samples = np.random.default_rng(0).integers(-3000, 3000, size=(2, 12 * RATE)).astype(np.int16)
    spans = hidden(spoken_call())
    assert spans is not None
    held = Segment(2.0, 9.5)

    piece, count = render(samples, RATE, held, spans)

    ((start, end),) = ranges(spans, RATE, samples.shape[1])
    start, end = start - 2 * RATE, end - 2 * RATE
    assert count == 1
    assert (start / RATE + 2, end / RATE + 2) == pytest.approx((3.3, 6.45))
    for channel in piece:
        assert np.array_equal(channel[start:end], tone(end - start, RATE))
    assert not np.array_equal(piece[0, start - 80 : start], piece[1, start - 80 : start])


def test_a_clip_does_not_depend_on_what_is_masked_in_it(tmp_path: Path) -> None:
    made = []
    for secret in (2, 3):
        call = recorded(spoken_call(), tmp_path / str(secret), secret_seed=secret)
        chosen = choose([report(call, criterion("fail", SECRET_QUOTE))], Wish())
        (clip,) = make_clips(chosen, tmp_path / f"out{secret}", cut=Cut(format="wav"))
        made.append((tmp_path / f"out{secret}" / clip.audio).read_bytes())

    assert made[0] == made[1]


def test_a_call_is_searched_once_however_many_of_its_moments_are_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[tuple[str, ...]] = []

    def spy(utterances: Sequence[Utterance], also: Collection[Kind] = ()) -> tuple[identifiers.Found, ...]:
        if len(utterances) > 1:
            searched.append(tuple(one.text or "" for one in utterances))
        return find_identifiers(utterances, also)

    calls = [recorded(spoken_call(name), tmp_path / "audio") for name in ("a.wav", "b.wav")]
    reports = [report(call, criterion("fail", QUOTE), criterion("fail", SECRET_QUOTE, name="late")) for call in calls]
    monkeypatch.setattr(identifiers, "find_identifiers", spy)

    clips = list(make_clips(choose(reports, Wish()), tmp_path / "out"))

    # the two calls take turns: by criterion, then by call
    assert [(clip.criterion, clip.call_id) for clip in clips] == [
        ("taboo", "a.wav"), ("taboo", "b.wav"), ("late", "a.wav"), ("late", "b.wav"),
    ]  # fmt: skip
    assert all(clip.audio for clip in clips)
    assert len(searched) == 2


def test_padding_of_a_number_before_the_window_is_masked_in_the_clip() -> None:
    samples = np.full((1, 12 * RATE), 5000, np.int16)

    piece, count = render(samples, RATE, Segment(6.3, 7.0), Timeline([(3.5, 6.25)]), replacement="silence")

    assert count == 1
    assert not piece[:, : round(0.15 * RATE)].any()
    assert piece[:, round(0.2 * RATE)].all()


def test_channels_are_kept_or_mixed() -> None:
    samples = np.zeros((2, 12 * RATE), np.int16)

    assert render(samples, RATE, Segment(0, 1), Timeline())[0].shape[0] == 2
    assert render(samples, RATE, Segment(0, 1), Timeline(), mix=True)[0].shape[0] == 1


def test_a_moment_shorter_than_a_frame_comes_out_as_long_as_it_is() -> None:
    samples = np.full((2, RATE), 1000, np.int16)

    piece, _ = render(samples, RATE, Segment(0.5, 0.501), Timeline())
    single, _ = render(samples, RATE, Segment(0.5, 0.5 + 1 / RATE), Timeline())

    assert (piece.shape, single.shape) == ((2, 8), (2, 1))
    assert active_level_db(samples[0, :8], RATE) is None
    assert single.tolist() == [[1000], [1000]]


def test_what_is_masked_elsewhere_in_the_call_is_not_counted_in_the_clip() -> None:
    samples = np.random.default_rng(1).integers(-3000, 3000, size=(2, 4 * RATE)).astype(np.int16)

    piece, count = render(samples, RATE, Segment(0, 1), Timeline([(2, 3)]))

    assert count == 0
    np.testing.assert_array_equal(piece, render(samples, RATE, Segment(0, 1), Timeline())[0])


def test_both_sides_are_brought_to_one_level_without_clipping() -> None:
    clock = np.arange(3 * RATE)
    quiet, loud = np.sin(clock * 0.3) * 600, np.sin(clock * 0.3) * 16000
    silent = np.zeros_like(quiet)

    even = levelled(np.stack([quiet, loud, silent]).astype(np.int16), RATE)

    assert active_level_db(even[0], RATE) == pytest.approx(TARGET_DB, abs=0.5)
    assert active_level_db(even[1], RATE) == pytest.approx(TARGET_DB, abs=0.5)
    assert not even[2].any()


# ------------------------------------------------------------------------------------------------ files


def test_moved_or_changed_audio_is_said_so_and_the_lists_still_come(tmp_path: Path) -> None:
    gone = spoken_call("gone.wav")
    changed = recorded(spoken_call("changed.wav"), tmp_path / "audio")
    changed = msgspec.structs.replace(changed, recording=msgspec.structs.replace(changed.recording, sha256="0" * 64))
    moved = recorded(spoken_call("moved.wav"), tmp_path / "audio")
    moved = msgspec.structs.replace(
        moved, recording=msgspec.structs.replace(moved.recording, path="/nowhere/moved.wav")
    )
    chosen = choose([report(one, criterion("fail", QUOTE)) for one in (gone, changed, moved)], Wish())

    clips = list(make_clips(chosen, tmp_path / "out", recordings=tmp_path / "audio"))
    write_lists(clips, tmp_path / "out", lang="zh", masked=True)

    assert [(one.call_id, one.problem) for one in clips] == [
        ("moved.wav", ""), ("gone.wav", "audio_missing"), ("changed.wav", "audio_changed"),
    ]  # fmt: skip
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "clips.csv").read_text("utf-8-sig"))))
    assert [row["problem"] for row in rows] == ["", "找不到录音文件，只列出文字", "录音文件与质检时不是同一个，未剪"]
    assert all("我也不清楚" in row["transcript"] for row in rows)


def test_a_call_nobody_recognised_gives_no_sound_unless_masking_is_off(tmp_path: Path) -> None:
    call = recorded(make_call(agent=[(0, 3)], customer=[(4, 6)], duration=12, call_id="a.wav"), tmp_path)
    chosen = choose([report(call, criterion("fail", Evidence("interval", 4.0, 6.0)))], Wish())

    (safe,) = make_clips(chosen, tmp_path / "safe")
    (bare,) = make_clips(chosen, tmp_path / "bare", cut=Cut(mask=False))

    assert (safe.problem, safe.audio) == ("no_words", "")
    assert (tmp_path / "bare" / bare.audio).is_file()


def test_the_command_leaves_no_trace_of_a_number_anywhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    call = recorded(
        spoken_call(f"20260105_{NUMBER}.wav", metadata={"agent": "1001", "caller": NUMBER}), tmp_path / "audio"
    )
    folder = stored(tmp_path / "result", report(call, criterion("fail", SECRET_QUOTE)))
    caplog.set_level(logging.DEBUG)

    done = RUNNER.invoke(app, ["clips", str(folder), "--out", str(tmp_path / "out"), "--best", "1", "--ui", "zh"])

    assert done.exit_code == 0, done.output
    texts = [done.output, caplog.text]
    for file in (tmp_path / "out").rglob("*"):
        texts.append(file.name)
        if file.suffix == ".xlsx":
            with zipfile.ZipFile(file) as book:
                texts += [book.read(name).decode() for name in book.namelist()]
        elif file.suffix in (".html", ".csv"):
            texts.append(file.read_text("utf-8"))
    assert not [text for text in texts if NUMBER in text or NUMBER[:5] in text]
    assert any("[电话]" in text for text in texts)
    assert (tmp_path / "out" / "audio" / "001-taboo-worst.mp3").is_file()


def test_without_masking_the_page_says_so() -> None:
    assert "未遮蔽" in render_page([], lang="zh", masked=False)
    assert "未遮蔽" not in render_page([], lang="zh", masked=True)


def test_what_a_call_says_is_text_and_never_markup(tmp_path: Path) -> None:
    call = make_call("agent@0-4: <b>我</b>不清楚", duration=6, call_id="=1+1")
    chosen = choose(
        [report(call, criterion("fail", Evidence("quote", 0.0, 4.0, Role.AGENT, "<b>我</b>", utterance=0)))], Wish()
    )

    clips = list(make_clips(chosen, tmp_path))
    page = write_lists(clips, tmp_path, lang="zh", masked=True).read_text("utf-8")

    assert "<b>我" not in page
    assert "&lt;b&gt;" in page
    assert "'=1+1" in (tmp_path / "clips.csv").read_text("utf-8-sig")


def test_reports_come_from_a_result_folder_with_their_scores(tmp_path: Path) -> None:
    folder = stored(tmp_path, report(spoken_call("b.wav"), criterion("fail", QUOTE)), CallReport(spoken_call("a.wav")))

    assert [(one.id, one.score is not None) for one in read_reports(folder)] == [("a.wav", False), ("b.wav", True)]


def test_a_folder_without_calls_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no stored calls here"):
        list(read_reports(tmp_path))


@pytest.mark.tool("chromium")
def test_the_page_plays_its_clips_and_keeps_notes(tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    call = recorded(spoken_call(), tmp_path / "audio")
    chosen = choose(
        [report(call, criterion("fail", QUOTE), criterion("pass", QUOTE, name="other", points=10))], Wish(best=1)
    )
    page_file = write_lists(list(make_clips(chosen, tmp_path)), tmp_path, lang="zh", masked=True)
    flags = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--autoplay-policy=no-user-gesture-required",
    ]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=flags)
        page = browser.new_page(viewport={"width": 390, "height": 800})
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text))
        page.goto(page_file.as_uri())
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        page.keyboard.press(" ")
        for _ in range(100):
            if page.evaluate("document.getElementById('audio').currentTime > 0.1"):
                break
            page.wait_for_timeout(50)
        playing = page.evaluate(
            "document.getElementById('audio').currentTime && document.querySelector('.clip.now').id"
        )
        page.keyboard.press("e")
        page.keyboard.type("=note")
        with page.expect_download() as exported:
            page.click("#export")
        notes = Path(exported.value.path()).read_text("utf-8-sig")
        page.reload()
        kept = page.evaluate(NOTES)
        told = page.text_content("#export")
        (tmp_path / "downloaded.csv").write_text(notes, encoding="utf-8")
        import_notes(tmp_path / "downloaded.csv", tmp_path)
        page.reload()
        imported, told_then = page.evaluate(NOTES), page.text_content("#export")
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        browser.close()

    assert playing == "k2"
    assert kept == imported == ["", "=note"]
    assert (told, told_then) == ("下载备注文件 · 1 条未存", "下载备注文件")
    assert list(csv.reader(io.StringIO(notes))) == [
        ["number", "call", "criterion", "at_s", "note"],
        ["2", "a.wav", "other", "7.00", "'=note"],
    ]
    assert (problems, wide) == ([], 0)


@pytest.mark.parametrize(
    ("there", "code", "said"), [(0, 1, "2 clips, 2 without sound"), (1, 3, "2 clips, 1 without sound")]
)
def test_the_command_says_how_many_clips_have_no_sound_and_exits_so(
    tmp_path: Path, there: int, code: int, said: str
) -> None:
    calls = [spoken_call("a.wav"), spoken_call("b.wav")]
    calls[:there] = [recorded(call, tmp_path / "audio") for call in calls[:there]]
    folder = stored(tmp_path / "result", *[report(call, criterion("fail", QUOTE)) for call in calls])

    done = RUNNER.invoke(app, ["clips", str(folder), "--out", str(tmp_path / "out"), "--best", "0", "--ui", "en"])

    assert done.exit_code == code
    assert said in done.stderr
    assert done.stdout.strip() == str(tmp_path / "out" / "index.html")


def test_clips_can_be_chosen_by_another_scorecard_than_the_one_stored(tmp_path: Path) -> None:
    folder = stored(tmp_path / "result", report(recorded(spoken_call(), tmp_path / "audio"), criterion("fail", QUOTE)))
    (tmp_path / "mine.yaml").write_text(MINE, encoding="utf-8")

    done = RUNNER.invoke(
        app, ["clips", str(folder), "--out", str(tmp_path / "out"), "--scorecard", str(tmp_path / "mine.yaml")]
    )

    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "clips.csv").read_text("utf-8-sig"))))
    assert {row["criterion"] for row in rows} == {"sent-away"}


MINE = """
id: mine
version: 1
title: 示例
sections:
  - id: part
    title: 部分
    criteria:
      - {id: sent-away, title: 推诿, points: 10, check: {phrase: {none: [你问他去], role: agent}}}
"""
