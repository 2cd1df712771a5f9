"""Turn checkpoints of ``ctc.py`` into a folder that sherpa-onnx loads as a zipformer CTC model: int8 ONNX and tokens.txt.

    python ctc_export.py checkpoints/ctc/last.pt ../../models/demo-ctc

Of several checkpoints of one line of training: their mean weights. sherpa-onnx takes 10 ms features and four of them to a frame
for granted of this kind of model; the last dimension of the output tells it how many tokens there are.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import corpus
import ctc_model
import onnx
import speech
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic

MODEL, TOKENS = "model.int8.onnx", "tokens.txt"
METADATA = {
    "model_type": "zipformer2_ctc",
    "version": "1",
    "model_author": "qa_speech",
    "comment": "demo-ctc: eight synthetic voices, one hotline; not for real speech",
    "vocab_size": str(ctc_model.NUM_TOKENS),
    "subsampling_factor": str(ctc_model.FEATURES_PER_FRAME),
    "sample_rate": str(speech.SAMPLING_RATE),
    "feature_dim": str(ctc_model.BINS),
}


def mean_of(checkpoints: Sequence[Path], model: ctc_model.DemoCtc) -> ctc_model.DemoCtc:
    """The model with the mean weights of checkpoints."""
    states = [torch.load(path, weights_only=True)["model"] for path in checkpoints]
    model.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return model.eval()


def export(model: ctc_model.DemoCtc, folder: Path) -> None:
    """Write the two files; others in the folder stay."""
    folder.mkdir(parents=True, exist_ok=True)
    example = (torch.zeros(2, 400, ctc_model.BINS), torch.tensor([400, 300]))
    axes = {"x": {0: "N", 1: "T"}, "x_lens": {0: "N"}, "log_probs": {0: "N", 1: "T4"}, "log_probs_len": {0: "N"}}
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "model.onnx"
        torch.onnx.export(
            model, example, str(whole), input_names=["x", "x_lens"], output_names=["log_probs", "log_probs_len"],
            dynamic_axes=axes, opset_version=17, dynamo=False,
        )  # fmt: skip
        quantize_dynamic(whole, folder / MODEL, op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
    made = onnx.load(str(folder / MODEL))
    for name, value in METADATA.items():
        entry = made.metadata_props.add()
        entry.key, entry.value = name, value
    onnx.save(made, str(folder / MODEL))
    rows = ["<blk>", *corpus.CHARACTERS]
    lines = [f"{token} {number}\n" for number, token in enumerate(rows)]
    (folder / TOKENS).write_text("".join(lines), encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=Path, nargs="+", help="several: their weights are averaged")
    parser.add_argument("folder", type=Path, help="model folder to write")
    options = parser.parse_args(arguments)
    export(mean_of(options.checkpoint, ctc_model.DemoCtc()), options.folder)
    for path in sorted(options.folder.iterdir()):
        print(f"{path.name}\t{path.stat().st_size}")


if __name__ == "__main__":
    main()
