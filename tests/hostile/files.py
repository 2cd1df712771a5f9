"""Names, folders and links as they should not be; cells that would be formulas; recordings that were exchanged."""

from __future__ import annotations

import csv
import os
import shutil
import stat
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import soundfile

from qa_speech.batch.plan import plan
from qa_speech.cells import defused
from qa_speech.errors import ConfigError
from qa_speech.inputs import find_inputs, with_transcripts
from qa_speech.inputs.rows import find_rows
from qa_speech.report.compare import comparison_page
from qa_speech.report.page import page_name
from qa_speech.report.sheets import cell as csv_cell
from qa_speech.resources import folder
from qa_speech.scorecard.compare import Comparison, Distribution
from qa_speech.store.export import cell as xlsx_cell
from qa_speech.store.parquet import ParquetStore
from tests.hostile.kit import Case, Told, fine, said

SAMPLE, OTHER = "slow-answer.ogg", "too-slow.ogg"


def recording(path: Path, *, seconds: float = 0.5) -> Path:
    """A short recording of noise, unlike any other of another name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(abs(hash(path.as_posix())) % 1000).integers(-900, 900, int(8000 * seconds))
    soundfile.write(os.fsencode(path), noise.astype(np.int16), 8000, format="WAV", subtype="PCM_16")
    return path


def inspected(*paths: object, out: Path, more: tuple[object, ...] = (), codes: tuple[int, ...] = (0,)) -> Told:
    return said("inspect", *paths, "--model", "none", "--scorecard", "none", "--out", out, *more, codes=codes)


# -- names ------------------------------------------------------------------------------------------------------

NAMES: Mapping[str, str] = {
    "an escape sequence": "a\x1b[2J\x1b]0;x\x07.wav",
    "a line feed": "a\nb.wav",
    "a carriage return": "a\rOK.wav",
    "a bell and a backspace": "a\x07\x08.wav",
    "a C1 control": "a\x9b31m.wav",
    "right to left": "a\u202egpj.wav",
    "isolated directions": "a\u2066b\u2069.wav",
    "markup": "<script>alert(1)</script>.wav",
    "quotes": "a\"'`$(x).wav",
    "braces of a template": "{{ 7 * 7 }}{% x %}.wav",
    "a formula": "=HYPERLINK(1).wav",
    "a percent sign": "a%00%2e%2e.wav",
    "a dash in front": "--out.wav",
    "GBK": os.fsdecode("录音".encode("gbk")) + ".wav",
    "255 bytes": "x" * 251 + ".wav",
    "255 bytes of Chinese": "录" * 83 + "a.wav",
    "dots": "a.b..c.wav",
    "a dot at its end": "a..wav",
    "a tilde": "a~2.wav",
    "a backslash": "a\\x1b.wav",
}


def name_is_taken(name: str, place: Path) -> None:
    """It is inspected, has a page, and steers no terminal."""
    recording(place / "rec" / name)
    inspected(place / "rec", out=place / "out")
    assert len(list((place / "out" / "pages").iterdir())) == 1
    assert (place / "out" / "results.csv").is_file()


# -- what is left out -------------------------------------------------------------------------------------------


def hidden(rec: Path) -> str:
    recording(rec / ".b.wav")
    return ".b.wav"


def blank_behind(rec: Path) -> str:
    recording(rec / "b.wav ")
    return "b.wav "


def dot_behind(rec: Path) -> str:
    recording(rec / "b.wav.")
    return "b.wav."


def wide_blank_behind(rec: Path) -> str:
    recording(rec / "b.wav\u3000")
    return "b.wav"


def results_inside(rec: Path) -> str:
    inspected(rec, out=rec / "结果")
    recording(rec / "结果" / "audio" / "x.wav")
    return "结果"


def run_inside(rec: Path) -> str:
    recording(rec / "run" / "x.wav")
    (rec / "run" / "manifest.parquet").write_bytes(b"")
    return "run"


LEFT_OUT: Mapping[str, Callable[[Path], str]] = {
    "a hidden file": hidden,
    "a blank behind its suffix": blank_behind,
    "a dot behind its suffix": dot_behind,
    "a wide blank behind its suffix": wide_blank_behind,
    "a folder of results": results_inside,
    "a run": run_inside,
}


def left_out_is_said(lay: Callable[[Path], str], place: Path) -> None:
    """What looks like a recording and is none is named, by every command that lists."""
    recording(place / "rec" / "a.wav")
    name = lay(place / "rec")
    told = inspected(place / "rec", out=place / "out")
    assert f"{name}" in told.err
    planned = fine("batch", "plan", place / "rec", "--out", place / "new", "--ui", "en", says="1 rows")
    assert name in planned.err
    assert [row.id for row in find_inputs([place / "rec"])] == ["a.wav"]


# -- ids --------------------------------------------------------------------------------------------------------


def capitals(place: Path) -> None:
    for name in ("a.wav", "A.wav", "A.WAV"):
        recording(place / "rec" / name)
    inspected(place / "rec", out=place / "out")
    pages = [path.name.lower() for path in (place / "out" / "pages").iterdir()]
    assert len(set(pages)) == 3


def long_names_apart(place: Path) -> None:
    names = {page_name("录" * length + end) for length in (80, 200, 2000) for end in ("a", "b")}
    assert len(names) == 6
    assert max(len(name.encode()) for name in names) < 200


def two_folders(place: Path) -> None:
    for name in ("x", "y"):
        recording(place / name / "0001.wav")
    inspected(place / "x", place / "y", out=place / "out")
    assert len(list((place / "out" / "pages").iterdir())) == 2


def two_nights(place: Path) -> None:
    """The same name in tonight's folder is another call, and stays it; a folder that was moved is the same calls."""
    store = ParquetStore(place / "run")
    store.place.mkdir()
    for name, seconds in (("mon", 0.4), ("tue", 0.6)):
        recording(place / name / "0001.wav", seconds=seconds)
    plan(store, find_rows([place / "mon"]))
    once = plan(store, find_rows([place / "tue"]))
    again = plan(store, find_rows([place / "tue"]))
    shutil.move(place / "mon", place / "moved")
    moved = plan(store, find_rows([place / "moved"]))
    assert [row.id for row in once] == ["0001.wav", "0001.wav~2"]
    assert [(row.id, row.path) for row in again] == [(row.id, row.path) for row in once]
    assert [row.id for row in moved] == ["0001.wav", "0001.wav~2"]
    assert "moved" in moved[0].path


def transcripts_by_folder(place: Path) -> None:
    """A transcript is lent to the recording of its folder; one that could be two recordings' is refused by name."""
    for name in ("x/1.wav", "y/1.wav"):
        recording(place / "rec" / name)
    for name in ("x/1.txt", "y/1.txt"):
        (place / "words" / name).parent.mkdir(parents=True)
        (place / "words" / name).write_text("agent: 您好", encoding="utf-8")
    lent = with_transcripts(find_inputs([place / "rec"]), place / "words")
    assert [Path(row.transcript or "").parent.name for row in lent] == ["x", "y"]
    shutil.rmtree(place / "words")
    (place / "words").mkdir()
    (place / "words" / "1.txt").write_text("agent: 您好", encoding="utf-8")
    with pytest.raises(ConfigError, match="could belong to"):
        with_transcripts(find_inputs([place / "rec"]), place / "words")


def ids_with_dots(place: Path) -> None:
    """What stands behind the last dot of an id is part of it."""
    (place / "words").mkdir()
    (place / "words" / "12.txt").write_text("agent: 您好", encoding="utf-8")
    (place / "words" / "12.6.txt").write_text("agent: 再见", encoding="utf-8")
    for name in ("12.5.wav", "12.6.wav"):
        recording(place / "rec" / name)
    lent = with_transcripts(find_inputs([place / "rec"]), place / "words")
    assert [row.transcript.name if row.transcript else "" for row in lent] == ["", "12.6.txt"]


# -- files ------------------------------------------------------------------------------------------------------


def owner_alone(place: Path) -> None:
    recording(place / "rec" / "a.wav")
    inspected(place / "rec", out=place / "out")
    assert _rights(place / "out") == {(True, 0o700), (False, 0o600)}


def group_may_read(place: Path) -> None:
    recording(place / "rec" / "a.wav")
    options = ("--model", "none", "--scorecard", "none", "--out", place / "out")
    fine("--umask", "027", "inspect", place / "rec", *options)
    assert _rights(place / "out") == {(True, 0o750), (False, 0o640)}


def _rights(place: Path) -> set[tuple[bool, int]]:
    return {(path.is_dir(), stat.S_IMODE(path.stat().st_mode)) for path in [place, *place.rglob("*")]}


def wrong_umask(place: Path) -> None:
    for text in ("8", "rwx", "-1", "7777"):
        told = said("--umask", text, "metrics", "list", codes=(2,))
        assert "027" in told.err


def headerless_has_sound(place: Path) -> None:
    path = place / "rec" / "a.al"
    path.parent.mkdir()
    path.write_bytes(bytes(range(256)) * 40)
    inspected(place / "rec", out=place / "out", more=("--raw", "alaw:8000:1"))
    assert len(list((place / "out" / "audio").glob("*.mp3"))) == 1


def exchanged(place: Path) -> None:
    """Pages of stored calls do not play another recording than the one that was judged."""
    path = recording(place / "rec" / "a.wav")
    inspected(place / "rec", out=place / "first")
    os.utime(recording(path, seconds=0.7), (1, 1))
    told = said(
        "score", place / "first", "--scorecard", "quality-only", "--out", place / "second", "--ui", "en", codes=(3,)
    )
    assert "no longer those that were inspected" in told.err
    assert not list((place / "second").rglob("*.mp3"))
    assert "no longer the one" in next((place / "second" / "pages").iterdir()).read_text(encoding="utf-8")
    allowed = ("--changed-audio", "--scorecard", "quality-only", "--out", place / "third", "--ui", "en")
    fine("score", place / "first", *allowed)
    assert len(list((place / "third").rglob("*.mp3"))) == 1


def exchanged_is_not_redacted(place: Path) -> None:
    path = place / "rec" / SAMPLE
    path.parent.mkdir()
    shutil.copyfile(folder("samples") / SAMPLE, path)
    said("inspect", path, "--model", "demo", "--out", place / "first")
    path.write_bytes((folder("samples") / OTHER).read_bytes())
    said("redact", place / "first", "--out", place / "masked", codes=(1, 3))
    assert not list((place / "masked").rglob("*.mp3"))


def compare_page_is_closed(place: Path) -> None:
    nothing = Distribution(1, 0, None, None, None, None, 0, {}, (1,) + (0,) * 9)
    page = comparison_page(Comparison("<b>", "a v2", (), (), nothing, nothing, {}))
    assert "Content-Security-Policy" in page
    assert "default-src 'none'" in page
    assert "style=" not in page
    assert "<b>" not in page.partition("<body>")[2].partition("<p><b>")[0]


FILES: Mapping[str, Callable[[Path], None]] = {
    "capitals": capitals,
    "long names": long_names_apart,
    "two folders": two_folders,
    "two nights": two_nights,
    "transcripts by folder": transcripts_by_folder,
    "ids with dots": ids_with_dots,
    "for the owner alone": owner_alone,
    "for the group": group_may_read,
    "a wrong umask": wrong_umask,
    "a headerless recording": headerless_has_sound,
    "a recording exchanged": exchanged,
    "a recording exchanged, redacted": exchanged_is_not_redacted,
    "the page of a comparison": compare_page_is_closed,
}

# -- cells ------------------------------------------------------------------------------------------------------

FORMULAS: Mapping[str, str] = {
    "equals": "=1+1",
    "plus": "+1+1",
    "minus": "-1+1",
    "at": "@SUM(A1)",
    "full-width equals": "＝1+1",
    "full-width plus": "＋1",
    "full-width minus": "－1",
    "full-width at": "＠SUM(A1)",
    "a byte order mark": "\ufeff=1+1",
    "a zero-width blank": "\u200b=1+1",
    "a zero-width joiner": "\u200d\u2060=1+1",
    "a soft hyphen": "\u00ad=1+1",
    "a wide blank": "\u3000=1+1",
    "a direction": "\u202e=1+1",
    "a tab": "\t=1+1",
    "a carriage return": "\r=1+1",
    "a line feed": "\n=1+1",
    "blanks": "   =1+1",
    "a NUL": "\0=1+1",
    "several": "\ufeff \u200b＝cmd|' /C calc'!A0",
}


def is_defused(text: str, place: Path) -> None:
    """No cell begins with it, in CSV nor in xlsx; a number stays one."""
    assert defused(text) == f"'{text}"
    assert str(csv_cell(text)).startswith("'")
    assert str(xlsx_cell(text)).startswith("'")
    assert (defused("-3.5"), defused("+1"), defused("张"), defused("")) == ("-3.5", "+1", "张", "")


def results_are_defused(place: Path) -> None:
    """An agent's name in the list of recordings, all the way into the tables."""
    os.utime(recording(place / "a.wav"), (1, 1))
    names = [text for text in FORMULAS.values() if "\0" not in text and text.strip() == text]
    lines = [["path", "id", "agent"]] + [["a.wav", str(number), name] for number, name in enumerate(names)]
    with (place / "list.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)
    fine("batch", "plan", place / "list.csv", "--out", place / "run")
    fine("batch", "run", "--out", place / "run", "--model", "none", "--scorecard", "none", "--workers", "0")
    fine("export", place / "run", "--to", place / "x.csv")
    fine("export", place / "run", "--to", place / "x.xlsx")
    with (place / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        assert all(row["agent"].startswith("'") for row in csv.DictReader(file))
    sheet = openpyxl.load_workbook(place / "x.xlsx").worksheets[1]
    column = [str(cell.value).lower() for cell in sheet[1]].index("agent")
    assert all(str(cells[column].value).startswith("'") for cells in list(sheet.rows)[1:])


CASES = (
    *[Case("names", name, partial(name_is_taken, text)) for name, text in NAMES.items()],
    *[Case("left out", name, partial(left_out_is_said, lay)) for name, lay in LEFT_OUT.items()],
    *[Case("files", name, attack) for name, attack in FILES.items()],
    *[Case("cells", name, partial(is_defused, text)) for name, text in FORMULAS.items()],
    Case("cells", "in the tables of a run", results_are_defused),
)
