"""Turn a checkpoint into a CTranslate2 Whisper (int8) that stock faster-whisper loads.

    python export.py checkpoints/first/last.pt ../../models/demo-zh [--layout full]
    python export.py checkpoints/wide/last.pt checkpoints/more/last.pt ../../models/demo-zh    # their mean

Two layouts of the vocabulary: ``compact`` has only the tokens that are needed (about 2200, a third of the size);
``full`` uses the ids of the real Whisper (51 865).  CTranslate2 calls a model multilingual when its vocabulary holds
the *empty string*, and counts languages as id(nospeech) - id(startoftranscript) - 5.

Tokens that were never trained must never be written.  The last hidden dimension of the decoder's output is reserved
for that: it is always 1, trained tokens have 0 there and all others -30.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters.transformers import WhisperLoader
from ctranslate2.specs.model_spec import ModelSpec
from model import RESERVED
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from train import read_checkpoint
from transformers import WhisperForConditionalGeneration
from windows import EOT, NO_TIMESTAMPS, NUM_CHARACTERS, SOT, TRANSCRIBE, ZH

__all__ = ["COMPACT", "FULL", "Layout", "export"]

ALIGNMENT_HEADS = [[2, 0], [2, 1], [2, 2], [2, 3]]
"""The heads whose attention gives the best times (``evaluate.py heads``)."""

TIMESTAMPS = 1501
NEVER = -30.0


@dataclass(frozen=True)
class Layout:
    """The id of each special token; characters have the ids from 0 on."""

    empty: int
    end: int
    start: int
    language: int
    translate: int
    transcribe: int
    language_model: int
    previous: int
    no_speech: int
    no_timestamps: int
    first_timestamp: int

    @property
    def size(self) -> int:
        """Tokens of the vocabulary."""
        return self.first_timestamp + TIMESTAMPS

    def names(self) -> dict[str, int]:
        """The special tokens under the names that Whisper gives them."""
        return {
            "<|endoftext|>": self.end,
            "<|startoftranscript|>": self.start,
            "<|zh|>": self.language,
            "<|translate|>": self.translate,
            "<|transcribe|>": self.transcribe,
            "<|startoflm|>": self.language_model,
            "<|startofprev|>": self.previous,
            "<|nospeech|>": self.no_speech,
            "<|notimestamps|>": self.no_timestamps,
        }


FULL = Layout(50256, 50257, 50258, 50260, 50358, 50359, 50360, 50361, 50362, 50363, 50364)
COMPACT = Layout(*range(NUM_CHARACTERS, NUM_CHARACTERS + 11))


def export(checkpoints: Path | Sequence[Path], folder: Path, layout: Layout = COMPACT) -> None:
    """Write a model folder; other files in it stay. Of several checkpoints of one line of training: their mean weights."""
    contents = [read_checkpoint(path) for path in ([checkpoints] if isinstance(checkpoints, Path) else checkpoints)]
    content = contents[-1]
    shape = content["shape"]
    weights = {
        name: torch.stack([one["whisper"][name].float() for one in contents]).mean(dim=0) for name in content["whisper"]
    }
    embedding = _embedding(weights["model.decoder.embed_tokens.weight"], layout)
    weights["model.decoder.embed_tokens.weight"] = weights["proj_out.weight"] = embedding
    weights["model.decoder.layer_norm.weight"][RESERVED] = 0
    weights["model.decoder.layer_norm.bias"][RESERVED] = 1
    whisper = WhisperForConditionalGeneration(shape.config(layout.size, end=layout.end, start=layout.start))
    whisper.load_state_dict(weights)
    whisper.eval()
    settings: Any = whisper.generation_config
    settings.suppress_tokens = settings.begin_suppress_tokens = []
    settings.lang_to_id = {f"language {i}": i for i in range(layout.start + 1, layout.translate)}
    heads = [head for head in ALIGNMENT_HEADS if head[0] < shape.decoder_layers and head[1] < shape.heads]
    settings.alignment_heads = heads or [[shape.decoder_layers - 1, 0]]
    loader = WhisperLoader()
    spec = loader.get_model_spec(whisper)
    loader.set_config(spec.config, whisper, None)
    spec.register_vocabulary(_vocabulary(content["characters"], layout))
    spec.validate()
    spec.optimize(quantization="int8")
    _save(spec, folder)
    _tokenizer(content["characters"], layout).save(str(folder / "tokenizer.json"))
    features = {"feature_size": 80, "sampling_rate": 16000, "hop_length": 160, "chunk_length": 30, "n_fft": 400}
    (folder / "preprocessor_config.json").write_text(json.dumps(features), encoding="utf-8")


def _embedding(trained: torch.Tensor, layout: Layout) -> torch.Tensor:
    """Rows of the trained tokens at their new ids; all other rows can never win."""
    trained = trained.clone()
    trained[:, RESERVED] = 0
    embedding = torch.zeros(layout.size, trained.shape[1])
    embedding[:, RESERVED] = NEVER
    embedding[:NUM_CHARACTERS] = trained[:NUM_CHARACTERS]
    embedding[layout.end] = trained[EOT]
    inputs = {
        layout.start: SOT,
        layout.language: ZH,
        layout.transcribe: TRANSCRIBE,
        layout.no_timestamps: NO_TIMESTAMPS,
    }
    for new, old in inputs.items():  # tokens of the prompt are read, never written
        embedding[new] = trained[old]
    return embedding


def _vocabulary(characters: Sequence[str], layout: Layout) -> list[str]:
    tokens = [f"_{index}" for index in range(layout.size)]
    tokens[: len(characters)] = characters
    tokens[layout.empty] = ""
    for name, index in layout.names().items():
        tokens[index] = name
    for step in range(TIMESTAMPS):
        tokens[layout.first_timestamp + step] = f"<|{step * 0.02:.2f}|>"
    return tokens


def _tokenizer(characters: Sequence[str], layout: Layout) -> Tokenizer:
    """One token per character."""
    vocabulary = {character: index for index, character in enumerate(characters)} | layout.names()
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<|nospeech|>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in layout.names()])
    return tokenizer


def _save(spec: ModelSpec, folder: Path) -> None:
    """CTranslate2 wants a folder that does not exist; other files of `folder` stay (the model card)."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        new = Path(scratch) / "model"
        new.mkdir()
        spec.save(str(new))
        for path in new.iterdir():
            shutil.copyfile(path, folder / path.name)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="+", help="several: their weights are averaged")
    parser.add_argument("folder", type=Path, help="model folder to write")
    parser.add_argument("--layout", choices=["compact", "full"], default="compact")
    options = parser.parse_args(arguments)
    export(options.checkpoint, options.folder, COMPACT if options.layout == "compact" else FULL)
    for path in sorted(options.folder.iterdir()):
        print(f"{path.name}\t{path.stat().st_size}")


if __name__ == "__main__":
    main()
