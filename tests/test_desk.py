"""The desk through its pages: two on one finding, calibration, drafts, the night batch, sound; on SQLite and PostgreSQL alike."""

from __future__ import annotations

import hashlib
import os
import re
import struct
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from sqlalchemy import text

from qa_speech.audio.decode import decode
from qa_speech.desk.office import DeskOptions, Office, checked
from qa_speech.desk.serving import first_link
from qa_speech.desk.showing import blinded
from qa_speech.desk.sound import WAV_HEAD, Sound, Sounds, masked_of, peaks, wav, wav_bytes
from qa_speech.desk.source import Calls
from qa_speech.errors import ConfigError
from qa_speech.marks.accounts import account_named, change_account, new_link
from qa_speech.marks.audit import entries
from qa_speech.marks.backup import back_up
from qa_speech.marks.desk_base import AUDIT, open_desk_base
from qa_speech.marks.desk_base import upgrade as upgrade_desk
from qa_speech.marks.rounds import rounds
from qa_speech.marks.stages import standing
from qa_speech.marks.work import assign, notices
from qa_speech.pipeline import report
from qa_speech.scorecard.schema import load_scorecard
from qa_speech.store.base import Result
from qa_speech.store.parquet import open_run
from qa_speech.store.records import record_of
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests import desk_kit as kit

POSTGRES = os.environ.get("QA_SPEECH_TEST_POSTGRES", "")
CALL = "backchannels.ogg"
EVIL = '"><script>document.title="got"</script>'


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def office(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    database = kit.emptied(POSTGRES) if request.param == "postgresql" else ""
    found = kit.opened(tmp_path_factory.mktemp("desk"), database=database)
    kit.people(found)
    yield found
    found.close()


def forms(page: str) -> dict[str, str]:
    """The criteria that a page asks about, with their forms."""
    parts = re.split(r'(?=<form class="marking" id="f-)', page)[1:]
    return {re.match(r'<form class="marking" id="f-([a-z0-9-]+)"', part)[1]: part for part in parts}  # type: ignore[index]


def judge(person: kit.Visitor, call: str, stage: str, **said: str) -> Any:
    """Draft every criterion: as said, else as the machine, else a pass; then submit as a page read now would."""
    page = person.get(kit.address(call, f"?stage={stage}")).text
    seen = re.search(r'"seen": "(\d+)"', page)
    assert seen is not None
    for criterion, form in forms(page).items():
        outcome = said.get(criterion.replace("-", "_"), "agree" if 'value="agree"' in form else "pass")
        answer = drafted(person, call, stage, criterion, outcome)
        assert answer.status_code == 200, answer.text
    return person.post(kit.address(call, f"/submit?stage={stage}"), seen=seen[1])


def drafted(person: kit.Visitor, call: str, stage: str, criterion: str, outcome: str, **more: str) -> Any:
    form = {"version": "0", "page": f"page of {person}"[-40:], "seconds": "", "points": "", "reason": "已核对", **more}
    return person.post(kit.address(call, f"/draft?stage={stage}"), criterion=criterion, outcome=outcome, **form)


def test_two_people_on_one_finding_are_both_told_and_both_kept(office: Office) -> None:
    call = "deflection.ogg"
    assign(office.base, [(call, "质检一"), (call, "质检二")], by="班长")
    one, two = kit.Visitor(office, "质检一"), kit.Visitor(office, "质检二")
    page = two.get(kit.address(call, "?stage=first")).text
    assert judge(one, call, "first", greeting="pass").status_code == 204

    for criterion, form in forms(page).items():
        drafted(two, call, "first", criterion, "agree" if 'value="agree"' in form else "pass")
    late = two.post(kit.address(call, "/submit?stage=first"), seen=0)

    assert late.status_code == 409
    assert "质检一" in late.text
    assert {mark.person for mark in office.base.marks.marks([call])} == {"质检一"}
    assert [notice.kind for notice in notices(office.base, "质检一")] == ["also_marking"]
    seen = re.search(r'"seen": "(\d+)"', late.text)
    assert seen is not None
    again = two.post(kit.address(call, "/submit?stage=first"), seen=seen[1], confirmed="1")
    assert again.status_code == 204
    assert {mark.person for mark in office.base.marks.marks([call])} == {"质检一", "质检二"}
    assert [notice.kind for notice in notices(office.base, "质检一")] == ["also_marking", "also_marked"]


def test_a_draft_that_another_window_has_changed_is_not_overwritten(office: Office) -> None:
    assign(office.base, [("slow-answer.ogg", "质检一")], by="班长")
    person = kit.Visitor(office, "质检一")

    assert drafted(person, "slow-answer.ogg", "first", "greeting", "fail", page="first window").status_code == 200
    assert drafted(person, "slow-answer.ogg", "first", "greeting", "pass", page="first window").status_code == 200
    stale = drafted(person, "slow-answer.ogg", "first", "greeting", "partial", page="second window")

    assert stale.status_code == 409
    assert "别的窗口" in stale.text
    kept = person.get("/api/calls/" + kit.key_of("slow-answer.ogg") + "/draft?stage=first").json()
    assert kept["greeting"]["outcome"] == "pass"


def test_a_call_is_submitted_whole_and_with_the_reasons_that_the_card_wants(office: Office) -> None:
    call = "taboo-interruption.wav"
    assign(office.base, [(call, "质检一")], by="班长")
    person = kit.Visitor(office, "质检一")

    few = person.post(kit.address(call, "/submit?stage=first"), seen=0)
    assert few.status_code == 422
    assert "没有判" in few.text
    page = person.get(kit.address(call, "?stage=first")).text
    for criterion, form in forms(page).items():
        outcome = "agree" if 'value="agree"' in form else "pass"
        assert drafted(person, call, "first", criterion, outcome, reason="").status_code == 200
    without = person.post(kit.address(call, "/submit?stage=first"), seen=0)
    assert without.status_code == 422
    assert "必须写理由" in without.text
    drafted(person, call, "first", "taboo", "agree", reason="00:31 用了忌语", seconds="31.00-32.50")
    assert person.post(kit.address(call, "/submit?stage=first"), seen=0).status_code == 204
    mark = standing(office.base.marks.marks([call]))[call, "taboo"]
    assert (mark.reason, mark.evidence[0].start, mark.evidence[0].end) == ("00:31 用了忌语", 31.0, 32.5)


def test_nobody_sees_anything_of_a_calibration_until_all_are_in(office: Office) -> None:
    call = "too-fast.ogg"
    lead, one, two = (kit.Visitor(office, name) for name in ("班长", "质检一", "质检二"))
    begun = lead.post("/rounds", title="十一月校准", calls=call, people=["质检一", "质检二"])
    number = rounds(office.base)[0].number
    assert begun.headers["hx-redirect"] == f"/rounds/{number}"

    for person in (lead, one):
        page = person.get(kit.address(call)).text
        shown = person.get(f"/api/calls/{kit.key_of(call)}").json()
        assert shown["result"] is None
        assert {item["state"] for part in shown["sections"] for item in part["criteria"]} == {"manual"}
        assert (shown["deductions"], shown["pins"]) == ([], [])
        assert "字/分" not in page.split('id="sheet"')[1].split('id="talk"')[0]
        assert 'value="agree"' not in page
    assert judge(one, call, "calibration", speech_rate="fail").status_code == 204
    assert "质检一" not in two.get(kit.address(call)).text
    assert two.get(f"/api/calls/{kit.key_of(call)}/marks").json() == []
    waiting = lead.get(f"/rounds/{number}").text
    assert "进行中" in waiting
    assert "一致率" not in waiting
    assert judge(two, call, "calibration", speech_rate="pass").status_code == 204

    ended = lead.get(f"/rounds/{number}").text
    assert "人与人的一致率" in ended
    assert "改写这一条" in ended
    assert lead.get(f"/api/calls/{kit.key_of(call)}").json()["result"] is not None
    marks = office.base.marks.marks([call])
    assert {(mark.stage, mark.blind) for mark in marks} == {("calibration", True)}
    assert call not in office.base.marks.inspected()


def test_a_second_opinion_is_never_of_ones_own_team_nor_on_ones_own_mark(office: Office) -> None:
    call = "complaint-handled-well.ogg"
    assign(office.base, [(call, "质检一")], by="班长")
    judge(kit.Visitor(office, "质检一"), call, "first")
    second = kit.Visitor(office, "复核员")
    assert second.get(kit.address(call)).status_code == 200

    change_account(office.base, "复核员", team="乙组")
    try:
        assert second.get(kit.address(call)).status_code == 404
        assert second.post(kit.address(call, "/submit?stage=second"), seen=0).status_code == 404
    finally:
        change_account(office.base, "复核员", team="丙组")
    lead = kit.Visitor(office, "班长")
    assign(office.base, [("gsm.wav", "班长")], by="班长")
    assert judge(lead, "gsm.wav", "first").status_code == 204
    assert lead.post(kit.address("gsm.wav", "/submit?stage=second"), seen=0).status_code == 403


def test_a_trainer_takes_clips_of_submitted_calls_masked_and_logged(office: Office) -> None:
    call = "deflection.ogg"
    trainer = kit.Visitor(office, "培训师")

    links = re.findall(r'href="(/calls/[0-9a-f]+/clip[^"]+)"', trainer.get(kit.address(call)).text)
    answer = trainer.get(links[0].replace("&amp;", "&"))

    assert answer.headers["content-type"] == "audio/mpeg"
    assert len(answer.content) > 5000
    assert [one.action for one in entries(office.base)][-1] == "clip"
    assert trainer.get(kit.address("good-service.ogg")).status_code == 404
    assert trainer.get(kit.address(call, "/clip?start=0&end=99999")).status_code == 404


def test_the_audit_can_only_grow(office: Office) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    before = list(entries(office.base))
    for statement in (AUDIT.update().values(person="x"), AUDIT.delete(), text("DELETE FROM desk_audit")):
        with pytest.raises((ConfigError, SQLAlchemyError), match="append-only"), office.base.writing() as connection:
            connection.execute(statement)

    assert list(entries(office.base)) == before
    assert len(before) > 5


def test_whoever_is_switched_off_is_out_at_once_and_the_last_admin_stays(office: Office) -> None:
    person, admin = kit.Visitor(office, "培训师"), kit.Visitor(office, "管理员")
    assert person.get("/api/me").status_code == 200
    assert admin.post("/users/change", name="培训师", what="off").status_code == 204

    assert person.get("/api/me").status_code == 401
    assert kit.Visitor(office).sign_in("培训师").status_code == 401
    refused = admin.post("/users/change", name="管理员", what="off")
    assert refused.status_code == 422
    kept = account_named(office.base, "管理员")
    assert kept is not None
    assert kept.active


def test_a_link_works_once_and_an_older_one_not_at_all(office: Office) -> None:
    older, newer = new_link(office.base, "坐席乙"), new_link(office.base, "坐席乙")
    person = kit.Visitor(office)

    assert person.get(f"/welcome/{older}").status_code == 404
    assert person.get(f"/welcome/{newer}").status_code == 200
    assert person.post(f"/welcome/{newer}", password="short", again="short").status_code == 422
    assert person.post(f"/welcome/{newer}", password=kit.PASSWORD, again=kit.PASSWORD).status_code == 204
    assert person.get("/api/me").json()["name"] == "坐席乙"
    assert kit.Visitor(office).post(f"/welcome/{newer}", password=kit.PASSWORD, again=kit.PASSWORD).status_code in (
        403,
        404,
    )


def test_a_search_is_kept_and_a_masked_number_is_not_found_by_it(office: Office) -> None:
    lead = kit.Visitor(office, "班长")

    assert "营业厅" in lead.get("/calls", params={"words": "营业厅"}).text
    assert lead.post("/filters", name="投诉", question="agent=1001&failed=taboo").status_code == 204
    assert "agent=1001&amp;failed=taboo" in lead.get("/calls").text
    assert "投诉" not in kit.Visitor(office, "质检一").get("/calls").text


def test_a_backup_holds_what_was_there_while_people_work(office: Office, tmp_path: Path) -> None:
    if office.base.backend == "postgresql":
        copy = back_up(office.marks_place, tmp_path / "copy.dump")
        assert copy.read_bytes()[:5] == b"PGDMP"
        return
    copy = back_up(office.marks_place, tmp_path / "copy.sqlite")
    other = open_desk_base(copy, create=False)
    assert other.marks.marks() == office.base.marks.marks()
    assert account_named(other, "班长") is not None
    other.close()
    assert upgrade_desk(copy) == "0001"


# -- without a database of its own


def test_the_night_batch_and_the_desk_both_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa_speech.desk.source.LOOK_EVERY_S", 0.0)
    run = kit.made_run(tmp_path)
    calls = Calls(run)
    before = len(calls.rows().by_key)
    store = open_run(run)
    with store.locked():
        call = make_call(
            "agent@0-2: 您好", "customer@3-5: 查话费", call_id=EVIL, metadata={"agent": EVIL, "queue": EVIL}
        )
        store.append([record_of(report(call))])
        for _ in range(200):
            if len(calls.rows().by_key) > before:
                break
            __import__("time").sleep(0.05)
        found = calls.rows().of(EVIL)
        assert found is not None
        assert calls.report(EVIL) is not None
    results: list[Result] = list(store.results())
    assert len(results) == before + 1


def test_names_and_words_of_calls_stay_text(tmp_path: Path) -> None:
    run = kit.made_run(tmp_path)
    store = open_run(run)
    call = make_call(f"agent@0-2: {EVIL}", "customer@3-5: 查话费", call_id=EVIL, metadata={"agent": EVIL})
    store.append([record_of(report(call))])
    rows = [
        *store.rows(),
        msgspec.structs.replace(store.rows()[0], id=EVIL, path=EVIL, metadata={"agent": EVIL, "queue": EVIL}),
    ]
    store.keep_rows(rows)
    office = Office(DeskOptions(run=run))
    kit.people(office)
    lead = kit.Visitor(office, "班长")

    pages = [lead.get(path) for path in (kit.address(EVIL), "/calls", "/calls?words=查话费", "/team")]
    office.close()

    assert [page.status_code for page in pages] == [200] * 4
    assert all("<script>document" not in page.text for page in pages)
    assert "&lt;script&gt;document" in pages[0].text


def test_the_sound_is_that_of_our_own_decoder_sample_by_sample_and_masked_where_asked(tmp_path: Path) -> None:
    run = kit.made_run(tmp_path)
    call = Calls(run).report("gsm.wav")
    assert call is not None
    sounds = Sounds(kit.ROOT / "samples")
    sound = sounds.of(call.call)
    assert sound.begun()
    while not sound.is_whole:
        time.sleep(0.01)
    whole = wav(sound, (), 0, wav_bytes(sound))
    audio = decode(kit.ROOT / "samples" / "gsm.wav")

    assert struct.unpack("<I", whole[40:44])[0] == len(whole) - WAV_HEAD
    assert whole[WAV_HEAD:] == audio.samples[:2].T.astype("<i2").tobytes()
    masked = masked_of(sound, Timeline([(10, 12)]))
    hidden = np.frombuffer(wav(sound, masked, WAV_HEAD, wav_bytes(sound)), "<i2").reshape(-1, sound.channels)
    same = np.flatnonzero((hidden == audio.samples[:2].T).all(axis=1))
    inside = same[(same > 9.9 * sound.rate) & (same < 12.1 * sound.rate)]
    assert len(inside) < 400  # where the recording happens to cross the tone
    shown = peaks(sound, masked)
    row = np.frombuffer(shown.data, np.uint8).reshape(shown.channels, -1)
    tone = row[:, 50 * 10 : 50 * 12]
    assert shown.ready == 1.0
    assert tone.max() - tone.min() <= 1
    sounds.close()


def test_any_second_is_heard_and_the_whole_is_seen_before_it_is_decoded(tmp_path: Path) -> None:
    run = kit.made_run(tmp_path)
    report = Calls(run).report("gsm.wav")
    assert report is not None
    audio = decode(kit.ROOT / "samples" / "gsm.wav")
    sound = Sound(report.call)
    found = sound.open(report.call, kit.ROOT / "samples")
    assert found is not None

    late = sound.read(50 * sound.rate, 51 * sound.rate)
    masked = masked_of(sound, Timeline([(10, 12)]))
    seen = peaks(sound, masked)

    assert (sound.ready, sound.has(sound.frames)) == (0, True)
    assert np.array_equal(late, audio.samples[:, 50 * sound.rate : 51 * sound.rate])
    glimpsed = np.frombuffer(seen.data, np.uint8).reshape(seen.channels, -1).astype(int)
    assert seen.ready == 0.0
    assert np.ptp(glimpsed[:, 490:609]) == 0
    sound.decode(report.call, found)
    shown = peaks(sound, masked)
    exact = np.frombuffer(shown.data, np.uint8).reshape(shown.channels, -1).astype(int)
    assert (shown.ready, sound.ready) == (1.0, audio.samples.shape[1])
    assert np.corrcoef(glimpsed[0], exact[0])[0, 1] > 0.6


def test_a_recording_that_is_not_the_one_inspected_is_not_played(tmp_path: Path) -> None:
    run = kit.made_run(tmp_path)
    recordings = tmp_path / "录音"
    recordings.mkdir()
    (recordings / "gsm.wav").write_bytes((kit.ROOT / "samples" / "taboo-interruption.wav").read_bytes())
    call = Calls(run).report("gsm.wav")
    assert call is not None
    sounds = Sounds(recordings)

    sound = sounds.of(call.call)

    assert not sound.begun()
    assert sound.problem == "audio_changed"
    sounds.close()


def test_the_first_start_leads_to_one_admin_and_later_ones_to_none(tmp_path: Path) -> None:
    base = open_desk_base(tmp_path / "marks.sqlite")
    options = DeskOptions(run=tmp_path)

    link = first_link(base, options)
    assert link.startswith("http://127.0.0.1:8765/welcome/")
    assert first_link(base, options) != link
    from qa_speech.marks.accounts import set_password

    set_password(base, "管理员", kit.PASSWORD)
    assert first_link(base, options) == ""
    base.close()


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"host": "0.0.0.0"}, "without TLS"),
        ({"host": "0.0.0.0", "origin": "http://desk.example"}, "without TLS"),
        ({"origin": "https://desk.example/path"}, "without a path"),
        ({"user_header": "x-remote-user"}, "believed from anybody"),
    ],
)
def test_a_desk_is_not_opened_to_a_network_carelessly(options: dict[str, str], problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=problem):
        checked(DeskOptions(run=tmp_path, **options))  # type: ignore[arg-type]


def test_scripts_of_others_are_those_that_are_listed() -> None:
    folder = kit.ROOT / "qa_speech" / "desk" / "static"
    lines = (folder / "THIRD_PARTY.tsv").read_text(encoding="utf-8").splitlines()[1:]

    listed = [line.split("\t") for line in lines]
    for file, _, _, _, digest, licence in listed:
        assert hashlib.sha256((folder / file).read_bytes()).hexdigest() == digest
        assert (folder / licence).is_file()
    assert {path.name for path in folder.glob("*.min.*")} == {one[0] for one in listed}


def test_a_blind_score_tells_of_no_alarm_and_of_no_points() -> None:
    card = load_scorecard("telecom-hotline")
    call = make_call("customer: 宽带坏了三天了", "agent: 请稍等", "customer: 我要打12315投诉你们", "agent: 非常抱歉")
    judged = report(call, card).score
    assert judged is not None
    assert judged.raised

    blind = blinded(judged)

    assert (blind.raised, blind.judged_points) == ((), msgspec.UNSET)
