"""int8 networks whose answer to a text does not depend on its neighbours in a batch.

    x float (batch, tokens, width)            one scale per token: largest |x| of its row / 127
    q = round(x / scale) + 128  uint8         MatMulInteger with int8 weights, one scale per output channel
    y = (q · W) × weight scale × row scale

onnxruntime's own dynamic quantisation takes one scale over the whole batch, so that a loud neighbour makes a text coarser:
on a tiny encoder probabilities moved by up to 0.06. A scale per row costs a maximum over each row and is finer besides.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

ZERO = 128
"""What stands for 0.0 in the unsigned activations."""
ROW_CONSTANTS = {"row_127": 127.0, "row_128": float(ZERO), "row_least": 1e-12}


def quantise(exact: Path, out: Path) -> None:
    """Write the float network `exact` as int8: weights per channel, activations per row. Needs onnx.

    Raises
    ------
    ValueError
        onnxruntime quantised in a form that is not known here, so that rows could not be made independent.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        batchwise = Path(folder) / "batchwise.onnx"
        quantize_dynamic(str(exact), str(batchwise), weight_type=QuantType.QInt8, per_channel=True)
        model = onnx.load(str(batchwise))
    _rows_apart(onnx, model)
    onnx.save(model, str(out))


def _rows_apart(onnx: Any, model: Any) -> None:
    """Put a scale per row in the place of each scale per batch."""
    helper, graph = onnx.helper, model.graph
    uint8 = onnx.TensorProto.UINT8
    for name, value in ROW_CONSTANTS.items():
        graph.initializer.append(helper.make_tensor(name, onnx.TensorProto.FLOAT, [], [value]))
    graph.initializer.append(helper.make_tensor("row_zero", uint8, [], [ZERO]))
    batchwise = [node for node in graph.node if node.op_type == "DynamicQuantizeLinear"]
    row_scales = {node.output[1] for node in batchwise}
    zeros = {node.output[2] for node in batchwise}
    made: list[Any] = []
    for node in graph.node:
        if node.op_type == "DynamicQuantizeLinear":
            made += _row_quantised(helper, uint8, node)
            continue
        for place, name in enumerate(node.input):
            if name in zeros:
                node.input[place] = "row_zero"
        made.append(node)
    made = _scaled_apart(helper, made, row_scales)
    del graph.node[:]
    graph.node.extend(made)


def _row_quantised(helper: Any, uint8: int, node: Any) -> list[Any]:
    (given,), (quantised, scale, _) = node.input, node.output
    part = [f"{scale}_{number}" for number in range(6)]
    return [
        helper.make_node("Abs", [given], [part[0]]),
        helper.make_node("ReduceMax", [part[0]], [part[1]], axes=[-1], keepdims=1),
        helper.make_node("Max", [part[1], "row_least"], [part[2]]),
        helper.make_node("Div", [part[2], "row_127"], [scale]),
        helper.make_node("Div", [given, scale], [part[3]]),
        helper.make_node("Round", [part[3]], [part[4]]),
        helper.make_node("Add", [part[4], "row_128"], [part[5]]),
        helper.make_node("Cast", [part[5]], [quantised], to=uint8),
    ]


def _scaled_apart(helper: Any, nodes: list[Any], row_scales: set[str]) -> list[Any]:
    """product × (row scale × weight scale) → (product × weight scale) × row scale.

    onnxruntime would else fuse the first form to an operator that knows scalars only.
    """
    both: dict[str, Any] = {}
    for node in nodes:
        if node.op_type == "Mul" and not row_scales.isdisjoint(node.input):
            both[node.output[0]] = node
    made: list[Any] = []
    split = 0
    for node in nodes:
        if node.op_type != "Mul":
            made.append(node)
            continue
        if node.output[0] in both:
            continue
        joint = [name for name in node.input if name in both]
        if not joint:
            made.append(node)
            continue
        (product,) = [name for name in node.input if name not in both]
        row, weight = sorted(both[joint[0]].input, key=lambda name: name not in row_scales)
        between = f"{node.output[0]}_weighted"
        made.append(helper.make_node("Mul", [product, weight], [between]))
        made.append(helper.make_node("Mul", [between, row], [node.output[0]]))
        split += 1
    if split < len(row_scales):
        raise ValueError(
            f"{len(row_scales)} quantised activations, but only {split} products known; onnxruntime changed"
        )
    return made
