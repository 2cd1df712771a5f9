"""Transcripts and recordings that would hang a program or fell it: too long, too many, too deep, no files, files of files."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

from qa_speech.language.phrases import fold
from qa_speech.resources import folder
from tests.hostile.kit import Case, fine, said

SAID = "您好，工号一零零一，很高兴为您服务"
SPOKEN_S = 0.35
"""Seconds that a character takes."""
LONGEST = 19_900
"""Characters of an utterance that is still read."""


def _turn(text: str, start: float = 0, end: float = 9, speaker: str = "agent") -> dict[str, object]:
    return {"speaker": speaker, "start": start, "end": end, "text": text}


def _fails(path: Path, out: Path, says: str) -> None:
    """The call fails, in a sentence that names the file and says this."""
    told = said("inspect", path, "--model", "none", "--out", out, codes=(1, 3))
    shown = told.out + told.err
    assert str(path) in shown
    assert says in shown, f"{says!r} is not said: {shown[-600:]}"
    assert len(shown) < 2000


def _inspect_refuses(name: str, content: str, says: str, place: Path) -> None:
    path = place / name
    path.write_text(content, encoding="utf-8")
    _fails(path, place / "out", says)


def _inspect_reads(text: str, place: Path) -> None:
    path = place / "a.json"
    end = 6 + len(fold(text)) * SPOKEN_S
    turns = [_turn(SAID, 0, 3), _turn(text, 3, end, "customer"), _turn("请您稍等", end + 1, end + 2)]
    path.write_text(json.dumps(turns, ensure_ascii=False), encoding="utf-8")
    fine("inspect", path, "--model", "none", "--out", place / "out")


def _pipe(name: str, place: Path) -> None:
    os.mkfifo(place / name)
    (place / "a.srt").write_text(f"1\n00:00:01,000 --> 00:00:03,000\n{SAID}\n", encoding="utf-8")
    if name.endswith(".rttm"):
        fine("inspect", place / "a.srt", "--model", "none", "--out", place / "out")
    else:
        _fails(place / name, place / "out", "not a")


def _device(place: Path) -> None:
    (place / "a.json").symlink_to("/dev/zero")
    _fails(place / "a.json", place / "out", "not a regular file")


def _list_of_files(content: str, place: Path) -> None:
    """A recording beside the file, which the file names: it may not be played in its place."""
    (place / "in").mkdir()
    for target in (place / "other.wav", place / "in" / "x.wav"):
        target.write_bytes((folder("samples") / "gsm.wav").read_bytes())
    path = place / "in" / "a.mp3"
    path.write_text(content.format(place=place), encoding="utf-8")
    _fails(path, place / "out", "not a recording that can be decoded")


def _dumped(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


REFUSED: dict[str, tuple[str, Callable[[], str], str]] = {
    "an utterance of 10 MB": ("a.json", lambda: _dumped([_turn("话" * 3_500_000)]), "transcripts.max_call_characters"),
    "a long utterance": ("a.txt", lambda: f"坐席: {'话' * 30_000}\n", "transcripts.max_characters"),
    "a file of 30 MB": ("a.json", lambda: _dumped([_turn(" " * 30_000_000)]), "20 MB is the most"),
    "100,000 lines": ("a.json", lambda: _dumped([_turn("嗯", at, at + 0.5) for at in range(100_000)]), "transcripts.max_lines"),
    "100,000 lines of text": ("a.txt", lambda: "坐席: 嗯\n" * 100_000, "transcripts.max_lines"),
    "a time of 1e15": ("a.json", lambda: _dumped([_turn(SAID, 0, 1e15)]), "expected 0 to"),
    "a time of 1e15 in a cue": ("a.srt", lambda: f"1\n00:00:01,000 --> 999999:00:00,000\n{SAID}\n", "expected 0 to"),
    "a time that is none": ("a.json", lambda: '[{"speaker":"agent","start":NaN,"end":1,"text":"喂"}]', "nan s"),
    "a call of 50 hours": ("a.json", lambda: _dumped([_turn(SAID, 0, 180_000)]), "transcripts.max_hours"),
    "lists in lists": ("a.json", lambda: "[" * 200_000, "nested too deeply"),
    "objects in objects": ("a.json", lambda: '{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "brackets in a broken string": ("a.json", lambda: '{"text": "' + '\\"[' * 500_000, "JSON that ends in the middle"),
    "a number of 5,000 digits": ("a.json", lambda: '[{"start": ' + "9" * 5000 + "}]", "a number of too many digits"),
    "nothing but spaces": ("a.json", lambda: " " * 1_000_000, "nothing in it"),
    "nothing but spaces in text": ("a.txt", lambda: " " * 1_000_000, "holds no line"),
    "a name of 50,000 spaces": ("a.txt", lambda: "坐席" + " " * 50_000 + "您好", "expected 'role: text'"),
    "50,000 brackets": ("a.txt", lambda: "[" * 50_000, "nested too deeply"),
    "an arrow of 50,000 spaces": ("a.srt", lambda: f"1\n00:00:01,000{' ' * 50_000}-> x\n{SAID}\n", "holds no line"),
    "text inside text": ("a.json", lambda: _dumped({"content": {"orderResult": '{"lattice": ' + "[" * 9000}}), "no JSON"),
}  # fmt: skip
READ = {
    "spaces": "查" + " " * LONGEST + "话费",
    "commas": "查" + "，" * LONGEST + "话费",
    "commas and then a word": "，" * LONGEST + "先生，先生，好",
    "digits": "13800138000，幺三八零" * (LONGEST // 16),
    "dots": "1.1." * (LONGEST // 4),
    "addresses": "幸福路8号" * (LONGEST // 5),
    "names": "我叫王小明" * (LONGEST // 5),
    "questions": "怎么还没好？多少钱？" * (LONGEST // 10),
    "one character": "对" * LONGEST,
    "brackets": "（" * LONGEST + "好",
}
LISTS = {
    "ffconcat that goes up": "ffconcat version 1.0\nfile '../other.wav'\n",
    "ffconcat inside the folder": "ffconcat version 1.0\nfile 'x.wav'\n",
    "ffconcat of itself": "ffconcat version 1.0\nfile 'a.mp3'\n",
    "ffconcat of any file": "ffconcat version 1.0\nfile '{place}/other.wav'\n",
    "a playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nx.wav\n#EXT-X-ENDLIST\n",
    "a playlist of any file": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile://{place}/other.wav\n#EXT-X-ENDLIST\n",
    "a playlist of the network": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://127.0.0.1:9/x.ts\n#EXT-X-ENDLIST\n",
    "an image list": "<?xml version='1.0'?><MPD><Period/></MPD>",
}


def _refused_case(name: str) -> Case:
    file, content, says = REFUSED[name]
    return Case("transcripts", name, lambda place: _inspect_refuses(file, content(), says, place))


CASES = (
    *(_refused_case(name) for name in REFUSED),
    *(Case("long utterances", name, partial(_inspect_reads, text)) for name, text in READ.items()),
    *(Case("lists of files", name, partial(_list_of_files, content)) for name, content in LISTS.items()),
    *(Case("pipes", name, partial(_pipe, name)) for name in ("a.json", "b.srt", "a.rttm", "a.wav", "b.mp3")),
    Case("pipes", "a device", _device),
)
