"""Prune a base's vocabulary to what Chinese service text uses, before it is tuned.

    python training/text/prune.py BASE OUT

Kept: the special pieces, every Chinese character, figures, Latin letters and signs by themselves, every piece that the corpus or
COLD uses, and of the others the likeliest. A text that needs a piece that is gone is spelt in smaller ones.
"""

from __future__ import annotations

import argparse
import json
import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus  # noqa: E402
import strangers  # noqa: E402
import train  # noqa: E402
import whole  # noqa: E402

LIKELIEST = 5000
"""Pieces of several characters that are kept though no text here uses them."""
WORDS = "embeddings.word_embeddings.weight"
SPACE = "▁"


def texts(data: Path) -> list[str]:
    """What the models are trained on, forum posts included."""
    found = [said.text for said in corpus.utterances()]
    for item in (*whole.whole(), *corpus.exchanges()):
        found += [item.question, item.answer]
    found += [turn.text for turn in strangers.kept()]
    return found + [post.text for post in train.posts(data)]


def kept(tokenizer: Tokenizer, vocabulary: list[tuple[str, float]], written: Iterable[str]) -> list[int]:
    """Numbers of the pieces that stay, in order."""
    numbers = {number for text in tokenizer.encode_batch(list(written)) for number in text.ids}
    numbers |= {number for number, (piece, _) in enumerate(vocabulary) if _is_needed(piece)}
    others = [number for number in range(len(vocabulary)) if number not in numbers]
    others.sort(key=lambda number: -vocabulary[number][1])
    return sorted({*numbers, *others[:LIKELIEST]})


def _is_needed(piece: str) -> bool:
    bare = piece.removeprefix(SPACE)
    if len(bare) > 1:
        return piece.startswith("<") and piece.endswith(">")
    return bare.isascii() or unicodedata.name(bare, "").startswith("CJK UNIFIED IDEOGRAPH")


def write(base: Path, out: Path, stay: list[int]) -> None:
    """The base with the pieces of these numbers alone."""
    out.mkdir(parents=True, exist_ok=True)
    told = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    place = {number: new for new, number in enumerate(stay)}
    told["model"]["vocab"] = [told["model"]["vocab"][number] for number in stay]
    told["model"]["unk_id"] = place[told["model"]["unk_id"]]
    for token in told["added_tokens"]:
        token["id"] = place[token["id"]]
    for token in told["post_processor"]["special_tokens"].values():
        token["ids"] = [place[number] for number in token["ids"]]
    (out / "tokenizer.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    tensors = load_file(base / "model.safetensors")
    tensors[WORDS] = tensors[WORDS][stay]
    save_file(tensors, out / "model.safetensors", metadata={"format": "pt"})
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    config["vocab_size"] = len(stay)
    (out / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def main() -> None:
    """Read, prune, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("base", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path, default=train.DATA, help="folder that holds cold_offensive_zh")
    options = parser.parse_args()
    told = json.loads((options.base / "tokenizer.json").read_text(encoding="utf-8"))
    vocabulary = [(piece, score) for piece, score in told["model"]["vocab"]]
    stay = kept(Tokenizer.from_file(str(options.base / "tokenizer.json")), vocabulary, texts(options.data))
    write(options.base, options.out, stay)
    print(f"{len(stay)} of {len(vocabulary)} pieces")


if __name__ == "__main__":
    main()
