"""Models for sherpa-onnx: the bundled one hears the samples; the other kinds are random weights in the documented shape."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa_speech.call import Role
from qa_speech.engines.base import Piece, Window, traits_of
from qa_speech.engines.models import find_model, listed, verify
from qa_speech.engines.registry import load_recognizer
from qa_speech.engines.sherpa_models import read_folder
from qa_speech.errors import EngineError, ModelError
from qa_speech.inputs import CallInput
from qa_speech.language.phrases import fold
from qa_speech.pipeline import inspect_many
from qa_speech.scores import CallReport
from qa_speech.settings import Settings
from qa_speech.stats.edits import edit_distance

onnx = pytest.importorskip("onnx")
pytest.importorskip("sherpa_onnx")

SAMPLES = Path(__file__).parent.parent / "samples"
TOKENS = ("<blk>", "<s>", "</s>", "您", "好", "▁WI", "FI", "。", "<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>")
LFR = {"vocab_size": len(TOKENS), "lfr_window_size": 7, "lfr_window_shift": 6}
CMVN = {"neg_mean": ",".join(["0"] * 560), "inv_stddev": ",".join(["1"] * 560)}


def graph(
    path: Path, inputs: dict[str, tuple[str, list[Any]]], outputs: dict[str, np.ndarray], **metadata: object
) -> None:
    """A model that gives the same outputs whatever it hears."""
    kinds = {"float": onnx.TensorProto.FLOAT, "int32": onnx.TensorProto.INT32, "int64": onnx.TensorProto.INT64}
    given = [onnx.helper.make_tensor_value_info(name, kinds[kind], shape) for name, (kind, shape) in inputs.items()]
    held = [onnx.numpy_helper.from_array(value, f"{name}_value") for name, value in outputs.items()]
    nodes = [onnx.helper.make_node("Identity", [f"{name}_value"], [name]) for name in outputs]
    made = [
        onnx.helper.make_tensor_value_info(name, onnx.helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for name, value in outputs.items()
    ]
    save(path, nodes, given, made, held, metadata)


def save(
    path: Path, nodes: list[Any], given: list[Any], made: list[Any], held: list[Any], metadata: dict[str, object]
) -> None:
    """Write a graph with its metadata."""
    whole = onnx.helper.make_graph(nodes, "tiny", given, made, held)
    model = onnx.helper.make_model(whole, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=9)
    for name, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, str(value)
    onnx.save(model, str(path))


def scores(*tokens: str) -> np.ndarray:
    """Scores of the vocabulary, shape (1, frames, tokens), that name these tokens one after the other."""
    rng = np.random.default_rng(1)
    found = rng.standard_normal((1, len(tokens), len(TOKENS))).astype(np.float32)
    for at, token in enumerate(tokens):
        found[0, at, TOKENS.index(token)] = 8
    return found


def vocabulary(folder: Path) -> None:
    folder.mkdir(exist_ok=True)
    lines = [f"{token} {number}\n" for number, token in enumerate(TOKENS)]
    (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")


def paraformer(folder: Path, *, peaks: Sequence[int] = (5, 20, 40, 60), times: bool = True) -> Path:
    """您好▁WI after 0.1, 0.4 and 0.8 s: a peak of each, and the one of the end."""
    vocabulary(folder)
    cif = np.zeros((1, 90), np.float32)
    cif[0, list(peaks)] = 1
    outputs = {"logits": scores("您", "好", "▁WI"), "token_num": np.array([3], np.int64)}
    if times:
        outputs |= {"us_alphas": np.zeros((1, 90), np.float32), "us_cif_peak": cif}
    inputs = {"speech": ("float", [1, "T", 560]), "speech_lengths": ("int32", [1])}
    graph(folder / "model.onnx", inputs, outputs, model_type="paraformer", **LFR, **CMVN)
    return folder


def sense_voice(folder: Path) -> Path:
    vocabulary(folder)
    heard = ("<|zh|>", "<|NEUTRAL|>", "<|Speech|>", "<|withitn|>", "<blk>", "您", "<blk>", "好", "。", "▁WI", "FI")
    silence = ["<blk>"] * 40
    inputs: dict[str, tuple[str, list[Any]]] = {"x": ("float", [1, "T", 560])}
    inputs |= {name: ("int32", [1]) for name in ("x_length", "language", "text_norm")}
    languages = {f"lang_{name}": at for at, name in enumerate(("auto", "zh", "en", "ja", "ko", "yue"))}
    graph(
        folder / "model.onnx", inputs, {"logits": scores(*heard, *silence)}, comment="", normalize_samples=0, with_itn=14,
        without_itn=15, **languages, **LFR, **CMVN,
    )  # fmt: skip
    return folder


def transducer(folder: Path) -> Path:
    """Frames of 40 ms that name 您, nothing, 好; the joiner adds what encoder and decoder say."""
    vocabulary(folder)
    width = len(TOKENS)
    frames = scores("您", "<blk>", "好")
    spread: dict[str, tuple[str, list[Any]]] = {"x": ("float", ["N", "T", 80]), "x_lens": ("int64", ["N"])}
    heard = {"encoder_out": frames, "encoder_out_lens": np.array([3], np.int64)}
    graph(folder / "encoder.onnx", spread, heard, model_type="zipformer2")
    said = {"decoder_out": np.zeros((1, width), np.float32)}
    graph(folder / "decoder.onnx", {"y": ("int64", ["N", 2])}, said, vocab_size=width, context_size=2)
    info = onnx.helper.make_tensor_value_info
    given = [info(name, onnx.TensorProto.FLOAT, ["N", width]) for name in ("encoder_out", "decoder_out")]
    made = [info("logit", onnx.TensorProto.FLOAT, ["N", width])]
    nodes = [onnx.helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])]
    save(folder / "joiner.onnx", nodes, given, made, [], {"joiner_dim": width})
    return folder


def window(*lengths: float) -> Window:
    """Pieces of quiet noise, of so many seconds each, one after the other; 10 s between them in the call."""
    pieces, at, clock = [], 0.0, 0.0
    for length in lengths:
        pieces.append(Piece(clock, clock + length, at))
        at += length
        clock += length + 10
    noise = np.random.default_rng(2).standard_normal(round(at * 16_000)) * 1e-3
    return Window("call", Role.AGENT, noise.astype(np.float32), tuple(pieces))


def heard(name: Path | str, sound: Window, **recognition: object) -> list[tuple[str, float]]:
    """Words and their starts."""
    settings = Settings.model_validate({"recognition": {"threads": 1, **recognition}})
    (answer,) = load_recognizer(str(name), settings).recognize([sound])
    return [(word.text, round(word.start, 2)) for word in answer.words]


def test_a_paraformer_gives_words_with_its_own_times(tmp_path: Path) -> None:
    found = heard(paraformer(tmp_path / "para"), window(2.0))

    assert found == [("您", 0.1), ("好", 0.4), ("WI", 0.8)]


def test_pieces_are_heard_alone_and_placed_where_they_are(tmp_path: Path) -> None:
    found = heard(paraformer(tmp_path / "para"), window(2.0, 1.5))

    assert [start for _, start in found] == [0.1, 0.4, 0.8, 2.1, 2.4, 2.8]


def test_a_paraformer_without_times_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="does not tell when a character is said"):
        load_recognizer(str(paraformer(tmp_path / "para", times=False)))


def test_tokens_without_their_times_fail_the_call_and_are_not_spread(tmp_path: Path) -> None:
    recognizer = load_recognizer(str(paraformer(tmp_path / "para", peaks=(5, 40))))

    with pytest.raises(EngineError, match="3 tokens have 0 times"):
        list(recognizer.recognize([window(2.0)]))


def test_a_sense_voice_model_gives_no_tags(tmp_path: Path) -> None:
    found = heard(sense_voice(tmp_path / "sense"), window(2.0))

    assert [text for text, _ in found] == ["您", "好。", "WIFI"]
    assert [start for _, start in found] == [0.06, 0.18, 0.3]


def test_a_transducer_knows_how_sure_it_is_and_takes_hotwords(tmp_path: Path) -> None:
    folder = transducer(tmp_path / "trans")
    (answer,) = load_recognizer(str(folder)).recognize([window(2.0)])

    assert [(word.text, round(word.start, 2)) for word in answer.words] == [("您", 0.0), ("好", 0.08)]
    assert all(0.9 < word.probability < 1 for word in answer.words)
    assert [text for text, _ in heard(folder, window(2.0), hotwords="您好")] == ["您", "好"]
    with pytest.raises(ModelError, match="no token for 谢"):
        heard(folder, window(2.0), hotwords="谢 您")


def test_what_the_model_has_no_token_for_is_told(tmp_path: Path) -> None:
    folder = paraformer(tmp_path / "para")
    lines = (folder / "tokens.txt").read_text(encoding="utf-8").replace("好 ", "<unk> ")
    (folder / "tokens.txt").write_text(lines, encoding="utf-8")

    (answer,) = load_recognizer(str(folder)).recognize([window(2.0)])

    assert ([word.text for word in answer.words], answer.notes) == (["您", "WI"], ("unknown_words",))


def test_hotwords_for_a_model_that_takes_none_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes no hotwords"):
        heard(paraformer(tmp_path / "para"), window(2.0), hotwords="宽带")


def test_int8_is_taken_where_it_is_wanted(tmp_path: Path) -> None:
    folder = paraformer(tmp_path / "para")
    shutil.copy(folder / "model.onnx", folder / "model.int8.onnx")

    assert read_folder(folder).weights.name == "model.onnx"
    assert read_folder(folder, int8=True).weights.name == "model.int8.onnx"


def without(path: Path, name: str) -> None:
    """Take one entry out of the metadata of a model."""
    model = onnx.load(str(path))
    kept = [(entry.key, entry.value) for entry in model.metadata_props if entry.key != name]
    del model.metadata_props[:]
    for key, value in kept:
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.save(model, str(path))


def test_what_sherpa_would_end_the_process_for_is_an_error(tmp_path: Path) -> None:
    folder = paraformer(tmp_path / "para")
    without(folder / "model.onnx", "neg_mean")
    with pytest.raises(ModelError, match="no neg_mean in its metadata"):
        load_recognizer(str(folder))
    unknown = paraformer(tmp_path / "unknown")
    for name in ("model_type", "inv_stddev"):
        without(unknown / "model.onnx", name)
    with pytest.raises(ModelError, match="no model_type"):
        load_recognizer(str(unknown))
    blank = sense_voice(tmp_path / "cut")
    whole = (blank / "model.onnx").read_bytes()
    (blank / "model.onnx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ModelError, match="not a whole ONNX file"):
        load_recognizer(str(blank))


def test_what_only_sherpa_finds_wrong_ends_a_process_of_its_own(tmp_path: Path) -> None:
    folder = paraformer(tmp_path / "para")
    model = onnx.load(str(folder / "model.onnx"))
    model.graph.node[0].op_type = "NoSuchOperator"
    onnx.save(model, str(folder / "model.onnx"))

    with pytest.raises(ModelError, match="is no paraformer model that sherpa-onnx runs"):
        load_recognizer(str(folder))


def test_an_encoder_and_a_decoder_alone_tell_no_times(tmp_path: Path) -> None:
    folder = transducer(tmp_path / "aed")
    (folder / "joiner.onnx").unlink()

    with pytest.raises(ModelError, match="without a joiner"):
        load_recognizer(str(folder))


def test_models_for_sherpa_are_listed_beside_the_others(tmp_path: Path) -> None:
    paraformer(tmp_path / "para")

    names = [model.name for model in listed(models_dir=tmp_path)]

    assert "para" in names


def test_the_bundled_model_hears_the_samples() -> None:
    """Two calls of the demo voices: few characters wrong, each with its time."""
    errors = characters = 0
    recognizer = load_recognizer("demo-ctc", Settings.model_validate({"recognition": {"threads": 1}}))
    for name in ("slow-answer", "complaint-handled-well"):
        truth = json.loads((SAMPLES / f"{name}.truth.json").read_text(encoding="utf-8"))
        (report,) = inspect_many([CallInput(SAMPLES / truth["file"])], recognizer=recognizer)
        assert isinstance(report, CallReport)
        for role in (Role.AGENT, Role.CUSTOMER):
            said = fold("".join(turn["text"] for turn in truth["turns"] if turn["role"] == role.value))
            words = [word for one in report.call.utterances_of(role) for word in one.words]
            text = fold("".join(word.text for word in words))
            errors += edit_distance(said, text)
            characters += len(said)
            assert len(words) == len(text)
            assert all(before.start <= after.start for before, after in pairwise(words))
        assert report.call.made_with["word_probability"] == "unknown"
        assert "demo_model" not in report.call.warnings

    assert errors / characters < 0.12


def test_the_bundled_model_is_whole_and_for_the_samples_alone() -> None:
    model = find_model("demo-ctc")

    assert verify(model) == []
    assert traits_of(load_recognizer("demo-ctc")).samples_only
    assert sum(path.stat().st_size for path in model.path.iterdir()) < 6_000_000
