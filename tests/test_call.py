import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_speech.call import Acoustics, Call, Finding, Recording, Role, StrayWord, Utterance, Word
from qa_speech.documents import decode, encode, read_calls, write_call
from qa_speech.errors import ConfigError
from qa_speech.scores import CallReport, Evidence, Measurement
from qa_speech.testing import make_call
from qa_speech.timeline import Timeline

seconds = st.floats(0, 7200, allow_nan=False)
texts = st.text(max_size=8)


@st.composite
def spans(draw: st.DrawFn) -> tuple[float, float]:
    start = draw(seconds)
    return start, start + draw(st.floats(1e-3, 60))


@st.composite
def words(draw: st.DrawFn) -> Word:
    return Word(draw(texts), *draw(spans()), draw(st.floats(0, 1)))


@st.composite
def calls(draw: st.DrawFn) -> Call:
    utterances = tuple(
        Utterance(
            draw(st.sampled_from(Role)),
            *draw(spans()),
            draw(st.none() | texts),
            tuple(draw(st.lists(words(), max_size=3))),
        )
        for _ in range(draw(st.integers(0, 4)))
    )
    return Call(
        Recording(
            draw(texts), sha256="ab", sampling_rate=8000, num_samples=draw(st.integers(0, 10**8)),
            channels=(Role.CUSTOMER, Role.AGENT), layout="two_channel",
            findings=(Finding("snr", 1, draw(st.floats(-20, 90)), "dB"),), metadata={"agent": draw(texts)},
        ),
        {role: Timeline(draw(st.lists(spans(), max_size=4))) for role in (Role.AGENT, Role.CUSTOMER)},
        utterances,
        stray=(StrayWord(Role.AGENT, draw(words()), "far"),),
        acoustics=tuple(Acoustics(level_db=draw(st.none() | st.floats(-90, 0)), nuclei=3) for _ in utterances),
        language="zh",
        warnings=("truncated",),
    )  # fmt: skip


@given(calls())
def test_a_call_comes_back_from_json_exactly(call: Call) -> None:
    assert decode(encode(call), Call) == call
    assert encode(decode(encode(call), Call)) == encode(call)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_are_none_are_refused_where_they_are_made(number: float) -> None:
    for make in (
        lambda: Word("好", 0, number),
        lambda: Word("好", 0, 1, number),
        lambda: Utterance(Role.AGENT, 0, number),
        lambda: Finding("snr", value=number),
        lambda: Acoustics(level_db=number),
        lambda: Measurement(number, "s"),
        lambda: Measurement(1, "s", {"total_s": number}),
        lambda: Evidence("interval", 0, number),
    ):
        with pytest.raises(ValueError):
            make()


def test_a_missing_value_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="needs a reason"):
        Measurement(None, "s")


def test_impossible_times_in_a_file_are_refused_with_their_place() -> None:
    text = encode(make_call("agent@0-2: 好")).replace(b'"start":0.0,"end":2.0', b'"start":3.0,"end":2.0', 1)

    with pytest.raises(ConfigError, match=r"call\.json: not a qa_speech call: .*start"):
        decode(text, Call, "call.json")


def test_unknown_fields_are_ignored_within_a_schema_version() -> None:
    document = json.loads(encode(make_call("agent: 好")))
    document["added_later"] = 1

    assert decode(json.dumps(document), Call) == make_call("agent: 好")


def test_a_newer_schema_is_refused() -> None:
    document = json.loads(encode(make_call("agent: 好"))) | {"schema_version": 99}

    with pytest.raises(ConfigError, match="newer qa_speech"):
        decode(json.dumps(document), Call)


def test_a_score_is_not_taken_for_a_call() -> None:
    with pytest.raises(ConfigError, match="not a qa_speech call"):
        decode(encode(CallReport(make_call("agent: 好"))), Call)


def test_read_calls_takes_a_file_a_folder_and_jsonl(tmp_path: Path) -> None:
    one, two = make_call("agent: 好", call_id="一"), make_call("customer: 喂", call_id="二")
    write_call(one, tmp_path / "calls" / "1.json")
    write_call(two, tmp_path / "calls" / "2.json")
    (tmp_path / "all.jsonl").write_bytes(encode(one) + b"\n\n" + encode(two) + b"\n")

    assert list(read_calls(tmp_path)) == [one, two]
    assert list(read_calls(tmp_path / "calls")) == [one, two]
    assert list(read_calls(tmp_path / "calls" / "2.json")) == [two]
    assert list(read_calls(tmp_path / "all.jsonl")) == [one, two]


def test_read_calls_names_the_line_that_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "all.jsonl").write_bytes(encode(make_call("agent: 好")) + b"\nnot json\n")

    with pytest.raises(ConfigError, match=r"all\.jsonl:2: not a qa_speech call"):
        list(read_calls(tmp_path / "all.jsonl"))


@pytest.mark.parametrize("name", ["missing.json", "missing"])
def test_read_calls_says_what_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        list(read_calls(tmp_path / name))
    with pytest.raises(ConfigError, match="no stored calls here"):
        list(read_calls(tmp_path))


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "call.json"
    write_call(make_call("agent: 好"), path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        write_call(make_call("agent: 新的"), path)

    assert path.read_bytes() == before
    assert [item.name for item in tmp_path.iterdir()] == ["call.json"]


def test_duration_is_of_the_sound_or_else_of_the_words() -> None:
    call = make_call("agent@0-2: 好", duration=9)

    assert call.duration == 9
    assert Call(Recording("text only"), utterances=call.utterances).duration == 2
