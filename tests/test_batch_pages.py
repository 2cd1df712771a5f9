"""A batch ends with pages of the calls that somebody has to look at; others are written when they are asked for."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from urllib.parse import unquote

import pytest
from typer.testing import CliRunner, Result

from qa_speech.cli import app
from qa_speech.report.index_rows import IndexRow, stored_row
from qa_speech.report.wanted import EVERY, Wanted, chosen, wanted_pages
from qa_speech.store.page_list import read_pages
from qa_speech.store.parquet import open_run
from tests.batch_kit import make_calls

NUMBER = "13800138000"


def qa(*arguments: object) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--ui", "zh"])


def rows(folder: Path) -> list[dict[str, object]]:
    """What the index lists."""
    text = (folder / "index.html").read_text(encoding="utf-8")
    held = json.loads(text.split('id="rows">')[1].split("</script>")[0])
    return [dict(zip(held["fields"], row, strict=True)) for row in held["rows"]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four calls that has ended with pages of the two worst; one file is no recording."""
    place = tmp_path_factory.mktemp("pages")
    make_calls(place / "rec", 3)
    make_calls(place / "rec", 1, prefix=f"{NUMBER}-")
    (place / "rec" / "bad.wav").write_bytes(b"no sound")
    done = qa(
        "batch", "run", place / "rec", "--out", place / "run", "--model", "none", "--workers", 0, "--pages", "worst:2"
    )
    assert done.exit_code == 3, done.output
    assert f"网页：{place / 'run' / 'report' / 'index.html'}" in done.output
    assert "2 通有自己的网页：最差 2" in done.output
    return place / "run"


def test_the_index_lists_all_calls_and_links_those_with_pages(run: Path) -> None:
    listed = rows(run / "report")

    assert len(listed) == 4
    links = [unquote(str(row["link"])) for row in listed if row["link"]]
    assert len(links) == 2
    for link in links:
        page = (run / "report" / link).read_text(encoding="utf-8")
        assert 'href="../index.html"' in page
        assert (run / "report" / "audio" / f"{Path(link).stem}.mp3").stat().st_size > 1000
    assert "bad.wav" in (run / "report" / "index.html").read_text(encoding="utf-8")
    assert not (run / "report" / "results.csv").exists()


def test_a_page_is_made_once_and_others_when_they_are_asked_for(run: Path) -> None:
    before = {page: page.stat().st_mtime_ns for page in (run / "report" / "pages").iterdir()}

    done = qa("batch", "pages", run, "--where", "status = 'ok'")

    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 4
    assert {page: page.stat().st_mtime_ns for page in before} == before
    assert len(list((run / "report" / "pages").iterdir())) == 4
    assert "4 通有自己的网页" in (run / "summary.txt").read_text(encoding="utf-8")
    assert "本次处理 5 通" in (run / "summary.txt").read_text(encoding="utf-8")  # what the last session did stays


def test_nothing_in_the_folder_for_people_tells_the_number_unless_it_is_asked_for(run: Path) -> None:
    masked = qa("batch", "pages", run, "--call", "[电话]-00000.wav")
    plain = qa("batch", "pages", run, "--call", f"{NUMBER}-00000.wav", "--no-mask")

    assert NUMBER not in masked.output
    for file in (run / "report").rglob("*.*"):
        assert NUMBER not in file.name
        if file.suffix == ".html":
            assert NUMBER not in file.read_text(encoding="utf-8")
    assert (
        NUMBER
        not in (run / "summary.txt")
        .read_text(encoding="utf-8")
        .replace("report-unmasked/pages/", "")
        .partition("未遮蔽")[0]
    )
    (page,) = plain.stdout.split()
    assert Path(page).parent == run / "report-unmasked" / "pages"
    assert NUMBER in Path(page).read_text(encoding="utf-8")


def test_what_cannot_be_shown_is_said(run: Path) -> None:
    for arguments, told in (
        (("--call", "nix.wav"), "nix.wav"),
        (("--call", "bad.wav"), "未能处理，没有网页"),
        (("--where", "total > 1000"), "没有通话符合"),
        (("--where", "1) UNION SELECT content FROM read_text('x'"), ""),
    ):
        done = qa("batch", "pages", run, *arguments)
        assert done.exit_code == 2
        assert told in done.output


def test_a_page_can_be_opened_where_there_is_a_browser(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []
    monkeypatch.setenv("BROWSER", "x")
    monkeypatch.setattr("webbrowser.open", lambda address: bool(shown.append(address)) or True)

    assert qa("batch", "open", run, "--call", "c00001.wav").exit_code == 0
    assert qa("batch", "open", run).exit_code == 0

    page, index = shown
    assert page.endswith("/report/pages/c00001.wav.html")
    assert index.endswith("/report/index.html")


def test_a_call_that_has_changed_gets_its_page_anew_and_who_forgets_one_forgets_all_pages(
    run: Path, tmp_path: Path
) -> None:
    page = run / "report" / "pages" / "c00001.wav.html"
    qa("batch", "pages", run, "--call", "c00001.wav")
    before = page.read_text(encoding="utf-8")

    again = qa(
        "batch", "run", "--out", run, "--scorecard", "quality-only", "--change", "--workers", 0, "--pages", "all"
    )

    assert again.exit_code == 0, again.output
    assert page.read_text(encoding="utf-8") != before
    assert "quality-only" in page.read_text(encoding="utf-8")
    assert all(page.key for page in read_pages(run / "report").pages)
    assert qa("batch", "forget", run, "--call", "c00001.wav").exit_code == 0
    assert not (run / "report").exists()
    assert not (run / "report-unmasked").exists()
    assert not list(run.glob("report*.json"))


def test_a_setting_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qa.toml").write_text('[batch]\npages = "best"\n', encoding="utf-8")
    make_calls(tmp_path / "rec", 1)
    common = ("batch", "run", tmp_path / "rec", "--out", tmp_path / "run", "--model", "none")

    assert "batch.pages" in qa(*common, "--config", tmp_path / "qa.toml").output
    assert "应为 worst:20" in qa(*common, "--pages", "worst").output
    assert not (tmp_path / "run" / "results").exists()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("none", Wanted()),
        ("all", Wanted(worst=EVERY)),
        ("pending", Wanted(pending=EVERY)),
        ("worst:3,pending:2", Wanted(3, 2)),
        ("pending,worst:3", Wanted(3, EVERY)),
    ],
)
def test_which_calls_get_a_page_is_said_in_words(text: str, wanted: Wanted) -> None:
    assert wanted_pages(text) == wanted


def test_alarms_come_first_and_what_waits_for_a_person_is_not_lost(run: Path) -> None:
    row = next(row for row in (stored_row(one, "zh") for one in open_run(run).results()) if isinstance(row, IndexRow))
    many = [dataclasses.replace(row, id=str(place), total=90.0 - place, pending=1, alarms=()) for place in range(10)]
    many.append(dataclasses.replace(row, id="alarm", total=99.0, pending=0, alarms=("起诉",)))

    choice = chosen(many, Wanted(worst=2, pending=5))

    assert list(choice.why)[:2] == ["alarm", "9"]
    assert choice.why["alarm"] == "alarm"
    assert len(choice.why) == 6
    assert choice.left_out == 5
