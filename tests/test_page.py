"""The page of a call and the index: everything is there, nothing untrusted gets through, nothing is fetched."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Call, Finding, Recording, Role, StrayWord, Utterance, Word
from qa_speech.metrics import measure_all
from qa_speech.report import page
from qa_speech.report.index import run_view, write_index
from qa_speech.report.index_rows import IndexRow, Lost
from qa_speech.report.overview import overview
from qa_speech.report.transcript import pieces as pieces_of
from qa_speech.scores import CallFailure, CallReport, CriterionScore, Evidence, Score, SectionScore
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

HOSTILE = "\"'><script>alert(1)</script><img src=x onerror=alert(2)></style></title>{{7*7}}"
VOID = {"meta", "link", "input", "br", "img"}


class Reader(HTMLParser):
    """Text, scripts and attributes of a page; checks that tags are closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        where = self.open[-1] if self.open else ""
        {"script": self.scripts, "style": self.styles}.get(where, self.text).append(data)

    @property
    def shown(self) -> str:
        return " ".join(" ".join(self.text).split())


def report(**changes: object) -> CallReport:
    call = make_call(
        "agent@0-2: 您好，工号一零零一", "customer@3-6: 我的话费怎么多了？", "agent@13.2-15: 这个我也不清楚", duration=62,
        call_id="a.wav", metadata={"agent": "1001"},
    )  # fmt: skip
    heard = Evidence("quote", 13.7, 14.6, Role.AGENT, "我也不清楚", utterance=2)
    silent = Evidence("interval", 6.0, 13.2, Role.AGENT, note="dead_air")
    criteria = (
        CriterionScore("taboo", "服务忌语", "s", "fail", 0, 10, evidence=(heard,), reason="phrase_said", detail={"role": "agent"}),
        CriterionScore(
            "dead-air", "无声", "s", "fail", 0, 10, review=("near_threshold",), pending=True, evidence=(silent,),
            reason="metric_above", detail={"metric": "silence", "component": "longest_s", "unit": "s", "value": 7.2, "at_most": 7},
        ),
        CriterionScore("accuracy", "业务准确", "s", "manual", None, 20, reason="manual"),
    )  # fmt: skip
    sections = (SectionScore("s", "服务过程", 100, 10, 20, 50, 0.5),)
    score = Score("a.wav", "card", 2, "", criteria, sections, 50.0, 0.0, 0.5, "不合格", False)
    call = msgspec.structs.replace(call, **changes)
    return CallReport(call, measure_all(call), score)


def html(made: CallReport, **options: object) -> str:
    return page.render_page(made, options.pop("audio", None), options.pop("lang", "zh"), **options)  # type: ignore[arg-type]


def test_the_page_shows_totals_reasons_quotes_times_and_silences() -> None:
    shown = Reader(html(report())).shown

    for text in (
        "总分 50 不合格", "若全部确认 0", "已评占比 50%", "待复核 1", "坐席说了不该说的话：“我也不清楚”（ 00:13 ）",
        "客户提问后坐席静音 7.2 秒（ 00:06 – 00:13 ），标准 ≤ 7 秒", "待复核，暂不计入总分",
        "数值接近标准线", "待人工评定 业务准确",
        "坐席静音 7.2 秒", "双声道（1 坐席，2 客户）", "服务过程 得分率 10 ÷ 20 = 50%（权重 100）",
    ):  # fmt: skip
        assert text in shown, text


def test_words_and_evidence_carry_the_second_to_jump_to() -> None:
    tags = Reader(html(report(), audio="a.mp3")).tags
    runs = [attrs for tag, attrs in tags if tag == "i"]
    times = [time for run in runs for time in (run.get("data-words") or "0").split()]
    proofs = [attrs for tag, attrs in tags if "data-ev" in attrs]

    assert len(times) == sum(len(one.words) for one in report().call.utterances)
    assert runs[0]["data-t"] == times[0] == "0"
    # a quote plays from its first word, a silence from a second before
    assert [(one["data-t"], one["data-line"]) for one in proofs] == [("13.70", "2"), ("5.00", "2")]
    assert [attrs["src"] for tag, attrs in tags if tag == "audio"] == ["a.mp3"]


def test_words_of_low_probability_are_marked() -> None:
    marked = make_call("agent@0-1: 您好", probability=0.2)

    assert 'class="low"' in html(CallReport(marked))
    assert 'class="low"' not in html(CallReport(marked), low_probability=0.1)


def test_punctuation_stays_between_the_words() -> None:
    line = Utterance(Role.AGENT, 0, 2, "您好，请讲。", (Word("您好，", 0, 1), Word(" 请讲。", 1, 2)))

    pieces = list(pieces_of(line))

    assert [(one.text, one.start) for one in pieces] == [("您好", 0), ("，", None), ("请讲", 1), ("。", None)]


def test_words_that_are_marked_alike_stand_together_and_say_where_each_begins() -> None:
    words = (Word("您好，", 1, 1.5), Word("A&B", 1.5, 2), Word("请", 2, 2.4, 0.1), Word("讲", 2.4, 3, 0.1))
    line = Utterance(Role.AGENT, 1, 3, "（您好，A&B请讲。", words)

    marked = page.marked_text(pieces_of(line))

    assert marked == (
        '（<i data-t="1" data-words="0:3 50:3">您好，A&amp;B</i>'
        '<i class="low" data-t="2" data-words="0 40:2">请讲。</i>'
    )


def test_text_that_its_words_do_not_spell_is_shown_whole() -> None:
    line = Utterance(Role.AGENT, 0.5, 2, "电话费", (Word("電話費", 0.5, 2),))

    assert [(one.text, one.start) for one in pieces_of(line)] == [("电话费", 0.5)]


def hostile() -> CallReport:
    made = report(warnings=(HOSTILE,), made_with={HOSTILE: HOSTILE}, language=HOSTILE)
    line = Utterance(Role.AGENT, 0, 2, HOSTILE, (Word(HOSTILE, 0, 2),))
    call = made.call
    recording = msgspec.structs.replace(
        call.recording,
        id=HOSTILE,
        path=HOSTILE,
        metadata={HOSTILE: HOSTILE},
        findings=(Finding(HOSTILE, note=HOSTILE),),
    )
    call = msgspec.structs.replace(
        call,
        recording=recording,
        utterances=(line, *call.utterances),
        stray=(StrayWord(Role.AGENT, Word(HOSTILE, 1, 2), "x"),),
    )
    evidence = Evidence("quote", 0, 1, Role.AGENT, HOSTILE, HOSTILE)
    assert made.score is not None
    criteria = (
        CriterionScore(
            "x",
            HOSTILE,
            "s",
            "fail",
            0,
            1,
            (HOSTILE,),
            False,
            HOSTILE,
            HOSTILE,
            (),
            (evidence,),
            HOSTILE,
            {"role": HOSTILE},
        ),
    )
    sections = (msgspec.structs.replace(made.score.sections[0], title=HOSTILE),)
    score = msgspec.structs.replace(
        made.score, criteria=criteria, sections=sections, band=HOSTILE, scorecard_id=HOSTILE
    )
    return CallReport(call, made.measurements, score)


@pytest.mark.parametrize("audio", [None, HOSTILE])
def test_nothing_from_a_call_becomes_markup(audio: str | None) -> None:
    honest, attacked = Reader(html(report())), Reader(html(hostile(), audio=audio))

    assert attacked.scripts == honest.scripts
    assert attacked.styles == honest.styles
    assert "img" not in {tag for tag, _ in attacked.tags}
    assert attacked.shown.count("<script>alert(1)</script>") > 10
    assert not [name for _, attrs in attacked.tags for name in attrs if name.startswith("on") or name == "style"]
    assert "49" not in attacked.shown.replace("{{7*7}}", "")


def test_nothing_from_a_call_becomes_markup_in_the_index(tmp_path: Path) -> None:
    reports = [hostile(), CallFailure(HOSTILE, HOSTILE, HOSTILE, HOSTILE)]
    write_index(reports, tmp_path / "index.html", lang="zh")

    read = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))

    assert len(read.scripts) == 3  # words, rows, and our own
    assert sum("type" in attrs for tag, attrs in read.tags if tag == "script") == 2
    assert json.loads(read.scripts[1])["rows"][0][0] == HOSTILE
    assert "img" not in {tag for tag, _ in read.tags}


def policy(read: Reader) -> str:
    return next(
        attrs["content"] or "" for tag, attrs in read.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    )


def test_the_policy_allows_our_own_script_and_style_only() -> None:
    read = Reader(html(report(), audio="a.mp3"))

    for kind, source in (("script-src", read.scripts[0]), ("style-src", read.styles[0])):
        digest = base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy(read)
    assert policy(read).startswith("default-src 'none'")
    assert "unsafe" not in policy(read)


def test_a_page_points_at_nothing_elsewhere() -> None:
    made = html(report(), audio="a.mp3", index="../index.html")

    addresses = re.findall(r"(?:src|href)=\"([^\"]*)\"|url\(([^)]*)\)", made)

    assert {one or two for one, two in addresses} >= {"a.mp3", "../index.html"}
    assert not [one or two for one, two in addresses if re.match(r"\w+:|//", one or two) and (one or two) != "data:,"]


def test_sound_can_be_carried_inside(tmp_path: Path) -> None:
    page.write_page(report(), tmp_path / "a.html", audio="a.mp3", embed_audio=b"ID3sound", lang="zh")

    made = (tmp_path / "a.html").read_text(encoding="utf-8")

    assert f'src="data:audio/mpeg;base64,{base64.b64encode(b"ID3sound").decode()}"' in made


def test_a_page_without_sound_draws_the_lanes_all_the_same() -> None:
    made = html(report(), audio=None)

    assert made.count('class="voice') == 2
    assert "<audio" not in made
    assert "此页未附录音" in made


def test_a_transcript_without_times_shows_lines_and_no_clock() -> None:
    call = make_call("agent: 您好，工号一零零一", "customer: 话费怎么多了", "agent: 这个我不清楚", times="nominal")
    call = msgspec.structs.replace(call, recording=Recording("talk.txt"), speech={})
    heard = Evidence("quote", 6.0, 7.0, Role.AGENT, "不清楚", utterance=2)
    criterion = CriterionScore("taboo", "忌语", "s", "fail", 0, 1, evidence=(heard,), reason="phrase_said")
    score = Score("x", "c", 1, "", (criterion,), (SectionScore("s", "节", 1, 0, 1, 0),), 0, 0, 1)

    made = html(CallReport(call, measure_all(call), score))
    shown = Reader(made).shown

    assert "（第 3 句）" in shown
    assert not re.search(r"\d\d:\d\d", shown)
    assert "data-t=" not in made.split("<script>")[0]


def test_a_mono_call_has_one_lane_and_says_so() -> None:
    recording = Recording(
        "m.wav",
        sampling_rate=8000,
        num_samples=480000,
        channels=(Role.UNKNOWN,),
        layout="mono",
        findings=(Finding("mono"),),
    )
    lines = (Utterance(Role.UNKNOWN, 1, 5), Utterance(Role.UNKNOWN, 9, 12, ""))
    call = Call(recording, {Role.UNKNOWN: Timeline([(1, 5), (9, 12)])}, lines)

    made = html(CallReport(call, measure_all(call)))
    shown = Reader(made).shown

    assert made.count('class="voice') == 1
    assert "单声道录音，坐席与客户未分开" in shown
    assert "（未转写）" in shown
    assert "（未识别出字词）" in shown
    assert "没有使用评分表" in shown


def test_an_empty_call_has_a_page() -> None:
    assert "没有可显示的对话" in html(CallReport(Call(Recording("empty"))))


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_both_languages_render_every_part(lang: str) -> None:
    shown = Reader(html(report(), lang=lang, audio="a.mp3")).shown

    assert ("Score sheet" in shown) == (lang == "en")


def test_a_two_hour_call_stays_under_two_megabytes() -> None:
    lines, start = [], 1.0
    while start < 7190:
        words = tuple(Word("话", start + i * 0.2, start + (i + 1) * 0.2, 0.9 if i % 3 else 0.3) for i in range(25))
        role = Role.AGENT if len(lines) % 2 else Role.CUSTOMER
        lines.append(Utterance(role, start, start + 5, "话" * 25, words))
        start += 5.5
    speech = {role: Timeline(one.segment for one in lines if one.role is role) for role in (Role.AGENT, Role.CUSTOMER)}
    recording = Recording("long.wav", sampling_rate=8000, num_samples=8000 * 7200, layout="two_channel")

    made = html(CallReport(Call(recording, speech, tuple(lines))), audio="long.mp3")

    assert sum(len(one.words) for one in lines) > 30_000
    assert len(made.encode()) < 2_000_000


def listed(read: Reader) -> list[dict[str, object]]:
    """The rows that an index carries for its script, texts put back in their places."""
    held = json.loads(read.scripts[1])
    texts = held["texts"]
    found = []
    for packed in held["rows"]:
        row = dict(zip(held["fields"], packed, strict=True))
        for name in ("agent", "team", "queue", "band", "why", "judged"):
            row[name] = texts[row[name]]
        row["lost"] = [texts[place if place >= 0 else -1 - place] for place in row["lost"]]
        found.append(row)
    return found


def test_the_index_has_every_input_once_with_its_reasons_and_causes(tmp_path: Path) -> None:
    plain = CallReport(make_call("agent@0-2: 您好", call_id="sub/b.wav", duration=125))
    failure = CallFailure("c.wav", "in/c.wav", "DecodeError", "in/c.wav: 没有声音")
    write_index([plain, report(), failure], tmp_path / "index.html", lang="zh")

    read = Reader((tmp_path / "index.html").read_text(encoding="utf-8"))
    bad, untotalled = listed(read)

    assert (bad["id"], bad["link"], bad["agent"], bad["total"]) == ("a.wav", "pages/a.wav.html", "1001", 50)
    assert bad["lost"] == ["服务忌语", "无声"]
    assert str(bad["sentence"]).startswith("坐席说了不该说的话")
    assert (bad["pending"], bad["band"], bad["passed"], bad["covered"]) == (1, "不合格", False, 50)
    assert untotalled["link"] == f"pages/{page.page_name('sub/b.wav')}"
    assert (untotalled["total"], untotalled["why"], untotalled["seconds"]) == (None, "未评分", 125)
    for text in ("通话数 3", "平均分 50 1 通有总分", "c.wav in/c.wav: 没有声音", "服务忌语 −10 分 · 1 通", "待复核 1"):
        assert text in read.shown, text


def made_row(place: int, **changes: object) -> IndexRow:
    """A row of an index."""
    row = IndexRow(
        id=f"{place}.wav", link="", agent="1001", team="", queue="", started="", hour=None, seconds=60.0, total=80.0,
        confirmed="", coverage=1.0, band="", passed=None, why="", pending=0, lost=(), sentence="", warnings=(), alarms=(),
        judged="",
    )  # fmt: skip
    return dataclasses.replace(row, **changes)  # type: ignore[arg-type]


def test_an_index_has_alarms_first_then_the_lowest_totals_and_those_without_last() -> None:
    rows = [
        made_row(0, total=None), made_row(1, total=95.0), made_row(2, total=40.0), made_row(3, total=99.0, alarms=("起诉",)),
    ]  # fmt: skip

    assert [row.id for row in run_view(rows).rows] == ["3.wav", "2.wav", "1.wav", "0.wav"]


def test_above_an_index_stand_totals_agents_criteria_and_hours() -> None:
    rows = [made_row(place, total=60.0 + place % 3, hour=9) for place in range(40)]
    rows += [made_row(40 + place, agent="1002", total=95.0, hour=14) for place in range(3)]
    rows += [made_row(50, agent="1003", total=100.0, lost=(Lost("结束语", 5.0, False), Lost("语速", 4.0, True)))]

    seen = overview(rows)

    assert [bar.calls for bar in seen.histogram] == [0, 0, 0, 0, 0, 0, 40, 0, 0, 4]
    assert [(one.name, one.calls) for one in seen.agents] == [("1001", 40), ("1002", 3)]
    assert seen.few == 1  # one call says nothing of an agent
    poor, good = seen.agents
    assert poor.low <= 60.9 <= poor.high
    assert good.high - good.low > 3 * (poor.high - poor.low)
    assert [one[:4] for one in seen.criteria] == [("结束语", 1, "5", 0), ("语速", 1, "0", 1)]
    assert [(one.hour, one.calls, one.text) for one in seen.hours if one.calls] == [(9, 40, "61"), (14, 3, "95")]


def test_an_index_of_nothing_says_so(tmp_path: Path) -> None:
    write_index([], tmp_path / "index.html", lang="zh")

    assert "没有通话" in (tmp_path / "index.html").read_text(encoding="utf-8")


@given(st.text(min_size=1), st.text(min_size=1))
def test_page_names_are_safe_and_different(one: str, two: str) -> None:
    name = page.page_name(one)

    assert name.endswith(".html")
    assert not re.search(r"[/\\:*?\"<>|\x00-\x1f]", name)
    assert not name.startswith(".")
    assert len(name.encode()) <= 255
    assert one == two or name != page.page_name(two)
