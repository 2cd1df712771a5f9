"""Whatever stands in a file from elsewhere, its reader answers with a value or with an error of ours: never another."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qa_speech.audio.decode import decode as decode_audio
from qa_speech.call import Call, Role
from qa_speech.documents import decode as decode_json
from qa_speech.documents import encode, read_calls
from qa_speech.engines.transcripts import call_from_transcript, read_transcript, words_for
from qa_speech.errors import ConfigError, QaSpeechError
from qa_speech.inputs.rows import find_rows
from qa_speech.pipeline import report
from qa_speech.resources import folder
from qa_speech.scorecard import Scorecard, load_scorecard
from qa_speech.scores import CallReport, Score
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline
from tests.test_transcript import FUNASR, PLAIN, SRT, TIMED, TURNS, VOSK, VTT, WHISPERX
from tests.transcript_kit import JSON_FORMATS, TEXT_FORMATS

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
KEYS = st.sampled_from(
    "segments text start end speaker words word score probability sentence_info timestamp spk type recording utterances"
    " speech metadata path id roles role language result conf".split()
)
ODD = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        -1,
        1e308,
        10**400,
        "\ud800",
        "\0",
        "",
        "1.5",
        "nan",
        [[]],
        [[1]],
        [1, 2],
        "call",
        "agent",
        {},
    ]
)
LEAVES = st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats() | st.text(max_size=8) | ODD
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6), max_leaves=25
)
OWN = json.loads(encode(make_call("agent@0-2: 您好", "customer@2.5-4: 我想查话费")))
MANIFEST = 'path,id,roles,agent,raw\na.wav,x,"agent,customer",7,alaw:8000:2\n录音/b.wav,y,,8,\n'


T = TypeVar("T")


def outcome(act: Callable[[], T]) -> T | QaSpeechError:
    """The answer, or the error of ours; anything else fails the test by itself."""
    try:
        return act()
    except QaSpeechError as exc:
        return exc


def is_told(found: object, place: Path | str) -> bool:
    """Whether it was refused in a sentence that names the place and can be stored."""
    if not isinstance(found, QaSpeechError):
        return False
    return str(found).encode().startswith(str(place).encode())


def is_usable(path: Path) -> bool:
    """Whether a transcript is refused by name, or becomes a Call that is stored, read, measured and lends its words."""
    transcript = outcome(lambda: read_transcript(path))
    if isinstance(transcript, QaSpeechError):
        return is_told(transcript, path)
    call = call_from_transcript(transcript, call_id="x")
    report(call)
    words_for(transcript, {role: Timeline([(0, 5)]) for role in call.roles})
    words_for(transcript, {Role.AGENT: Timeline([(0, 2)]), Role.CUSTOMER: Timeline([(1, 5)])}, channels=tuple(Role))
    return decode_json(encode(call), Call) == call


def mutated(draw: st.DrawFn, tree: object) -> object:
    """The tree with something else in one place."""
    if isinstance(tree, dict) and tree and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(tree)))
        if not draw(st.integers(0, 4)):
            return {name: value for name, value in tree.items() if name != key}
        return {**tree, key: mutated(draw, tree[key])}
    if isinstance(tree, list) and tree and draw(st.integers(0, 9)):
        at = draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], mutated(draw, tree[at]), *tree[at + 1 :]]
    return draw(TREES)


@st.composite
def mutations(draw: st.DrawFn, *trees: object) -> object:
    """One of the trees, altered in one place or in a few."""
    tree = draw(st.sampled_from(trees))
    for _ in range(draw(st.integers(1, 3))):
        tree = mutated(draw, tree)
    return tree


@st.composite
def noisy(draw: st.DrawFn, *contents: str) -> bytes:
    """One of the texts in one of the encodings, with bytes of it replaced, or noise alone."""
    content = bytearray(draw(st.sampled_from(contents)).encode(draw(st.sampled_from(["utf-8", "gb18030", "utf-16"]))))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 5))] = draw(st.binary(max_size=6))
    return bytes(content) if draw(st.integers(0, 5)) else draw(st.binary(max_size=200))


@QUICK
@given(document=TREES | mutations(OWN, WHISPERX, FUNASR, TURNS, VOSK))
def test_no_json_document_breaks_the_readers_of_transcripts(tmp_path: Path, document: object) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")

    assert is_usable(tmp_path / "a.json")


@pytest.mark.parametrize("name", JSON_FORMATS)
def test_no_document_of_a_vendor_breaks_its_reader(tmp_path: Path, name: str) -> None:
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(document=mutations(JSON_FORMATS[name][0]))
    def is_answered(document: object) -> None:
        (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")
        assert is_usable(tmp_path / "a.json")

    is_answered()


@QUICK
@given(
    suffix=st.sampled_from([".srt", ".vtt", ".txt", ".json", ".md", ".ctm"]),
    content=noisy(SRT, VTT, PLAIN, TIMED, json.dumps(OWN), *[text for text, _ in TEXT_FORMATS.values()]),
)
def test_no_bytes_break_the_readers_of_transcripts(tmp_path: Path, suffix: str, content: bytes) -> None:
    (tmp_path / f"a{suffix}").write_bytes(content)

    assert is_usable(tmp_path / f"a{suffix}")


@QUICK
@given(document=TREES | mutations(OWN))
def test_no_json_document_breaks_the_reader_of_stored_calls(tmp_path: Path, document: object) -> None:
    content = json.dumps(document).encode()
    (tmp_path / "a.json").write_bytes(content)
    (tmp_path / "a.jsonl").write_bytes(content + b"\n" + content)

    for name in ("a.json", "a.jsonl"):
        path = tmp_path / name
        calls = outcome(lambda path=path: list(read_calls(path)))  # type: ignore[misc]
        assert is_told(calls, path) or all(decode_json(encode(call), Call) == call for call in calls)
    for kind in (Score, CallReport):
        found = outcome(lambda kind=kind: decode_json(content, kind))  # type: ignore[misc]
        assert is_told(found, "JSON") or decode_json(encode(found), kind) == found


@QUICK
@given(content=noisy(json.dumps(OWN)))
def test_no_bytes_break_the_reader_of_stored_calls(content: bytes) -> None:
    found = outcome(lambda: decode_json(content, Call))

    assert is_told(found, "JSON") or decode_json(encode(found), Call) == found


@QUICK
@given(content=noisy(MANIFEST))
def test_no_bytes_break_the_reader_of_csv_manifests(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.csv").write_bytes(content)

    rows = outcome(lambda: find_rows([tmp_path / "m.csv"]))

    assert is_told(rows, tmp_path / "m.csv") or all(row.call_input.name == row.id for row in rows)


@QUICK
@given(record=mutations({"path": "a.wav", "id": "x", "roles": ["agent", "customer"], "metadata": {"agent": 7}}))
def test_no_json_document_breaks_the_reader_of_jsonl_manifests(tmp_path: Path, record: object) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps(record), encoding="utf-8")

    rows = outcome(lambda: find_rows([tmp_path / "m.jsonl"]))

    assert is_told(rows, tmp_path / "m.jsonl") or all(json.dumps(row.id, ensure_ascii=False).encode() for row in rows)
    assert is_told(rows, tmp_path / "m.jsonl") or all(row.call_input.name == row.id for row in rows)


@QUICK
@given(content=noisy((folder("scorecards") / "complaint.yaml").read_text(encoding="utf-8")[:1500]))
def test_no_bytes_break_the_reader_of_scorecards(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "card.yaml").write_bytes(content)

    found = outcome(lambda: load_scorecard(tmp_path / "card.yaml"))

    assert is_told(found, tmp_path / "card.yaml") or isinstance(found, Scorecard)


@QUICK
@given(
    suffix=st.sampled_from([".wav", ".mp3", ".vox", ".raw", ".amr"]),
    head=st.sampled_from(["taboo-interruption.wav", "good-service.ogg"]),
    at=st.integers(0, 100),
    noise=st.binary(max_size=12),
    length=st.integers(0, 3000),
)
def test_no_header_breaks_the_decoder(
    tmp_path: Path, suffix: str, head: str, at: int, noise: bytes, length: int
) -> None:
    content = bytearray((folder("samples") / head).read_bytes()[:length])
    content[at : at + len(noise)] = noise
    (tmp_path / f"a{suffix}").write_bytes(content)

    found = outcome(lambda: decode_audio(tmp_path / f"a{suffix}"))

    assert is_told(found, tmp_path / f"a{suffix}") or found.samples.ndim == 2


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"segments": [{"text": "您好", "start": 0, "end": 1}, "秘密"]}, r"\$\.segments\[1\]: Expected `object`, got `str`"),
        ([{"text": "您好", "timestamp": [[]]}], r"\$\[0\]\.timestamp\[0\]: Expected `array` of length 2, got 0"),
        ({"segments": [{"text": "您好", "start": "秘密", "end": 2}]}, r"\$\.segments\[0\]\.start: not a number"),
        ({"segments": [{"text": "您好", "start": 0, "end": 1e300}]}, r"\$\.segments\[0\]\.end: 1e\+300 s; expected 0 to"),
        ({"segments": [{"text": "您好", "start": float("nan"), "end": 2}]}, r"\$\.segments\[0\]\.start: nan s; expected 0"),
        ([{"key": "a", "text": "秘密\ud800"}], r"utterance 1: half a character"),
        ({"text": "您好", "timestamp": "[[1, 2"}, r"\$\.timestamp: text that is no list"),
    ],
)  # fmt: skip
def test_an_error_names_the_place_in_the_file_and_never_what_was_said(
    tmp_path: Path, document: object, place: str
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ConfigError, match=place) as caught:
        read_transcript(tmp_path / "a.json")

    assert str(tmp_path / "a.json") in str(caught.value)
    assert "您" not in str(caught.value)
    assert "秘密" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.json", "m.jsonl"])
def test_documents_nested_without_end_are_an_error_of_their_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text('{"path":' + "[" * 100_000, encoding="utf-8")

    with pytest.raises(ConfigError, match="nested too deeply"):
        read_transcript(tmp_path / name) if name == "a.json" else find_rows([tmp_path / name])
    with pytest.raises(ConfigError):
        list(read_calls(tmp_path / name))


def test_a_stored_call_with_impossible_words_is_refused_without_quoting_them(tmp_path: Path) -> None:
    document = json.loads(json.dumps(OWN))
    document["utterances"][0]["words"][0]["end"] = -1
    (tmp_path / "a.json").write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(ConfigError, match="need 0 <= start <= end") as caught:
        list(read_calls(tmp_path / "a.json"))

    assert "您" not in str(caught.value)


def test_half_of_a_character_in_the_place_of_a_list_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"Result": "[0:1.000,0:3.000,0]  您好", "ResultDetail": "\ud800"}), encoding="utf-8")

    assert is_usable(path)
