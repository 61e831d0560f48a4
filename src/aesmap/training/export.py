"""From a trained network to ``model.onnx`` with its manifest, or to a refusal.

The exported graph returns, from one pass, the logit and the evidence it is the mean of, and the
same for the attributes. Calibration is folded into the head; rows are centred, so that E is the
difference of the two class maps. Weights are stored as float16 and widened when the model loads;
the arithmetic stays float32.
"""

from __future__ import annotations

import copy
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from aesmap.errors import ExportError
from aesmap.model.graph_outputs import HeadInput
from aesmap.model.manifest import Manifest, write_model
from aesmap.training.head_nodes import head_convolutions
from aesmap.training.judge.calibrate import Calibration
from aesmap.training.nets.backbones import MIN_INPUT_PX
from aesmap.training.nets.network import HIGH, LOW, AestheticNetwork
from aesmap.training.nets.same_padding import SameConv2d
from aesmap.training.nets.spreading import Spread
from aesmap.types import Size

PARITY_TOLERANCE = 2e-4
_MAX_SIDE_PX = 4096
_NUM_RANDOM_SIZES, _LARGEST_RANDOM_PX = 50, 320
_NAMES = ("logit", "evidence", "attribute_logits", "attribute_maps", "activity")


class ServingNetwork(nn.Module):
    """The network as it is served: calibrated, centred, its weights exact in float16.

    Pixels (N,3,H,W) to logit (N,), evidence (N,h,w), attribute logits (N,K) and maps (N,K,h,w),
    and the activity (N,h,w): the root mean square over the channels of the last stage, on its grid.
    Taps that keep a finer grid are weighed there, and what the coarser ones add is spread over it:
    the same as :meth:`Backbone.forward`, which spreads channels, and much less work.
    """

    def __init__(self, network: AestheticNetwork, calibration: Calibration) -> None:
        super().__init__()
        self.backbone = copy.deepcopy(network.backbone).eval()
        with torch.no_grad():
            for parameter in self.backbone.parameters():
                parameter.copy_(parameter.half().float())
        level, attributes = network.level, network.attributes
        weight = level.weight[HIGH] - level.weight[LOW]
        bias = level.bias[HIGH] - level.bias[LOW]
        weights = torch.cat([calibration.slope * weight[None], attributes.weight]).detach()
        counts = list(self.backbone.grid_features)
        self.weights = nn.ParameterList(
            nn.Parameter(part.clone(), requires_grad=False)
            for part in torch.split(weights, counts, dim=1)
        )
        self.level_bias = float(calibration.slope * bias.detach() + calibration.offset)
        self.register_buffer("attribute_bias", attributes.bias.detach().clone())
        self.attribute_bias: Tensor

    def forward(self, pixels: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """One pass."""
        backbone = self.backbone
        grids = backbone.grids(pixels)
        on_grids = [
            nn.functional.conv2d(features, weight[:, :, None, None])
            for features, weight in zip(grids, self.weights, strict=True)
        ]
        maps, finest = on_grids[0], backbone.grid_factors[0]
        for coarse, factor in zip(on_grids[1:], backbone.grid_factors[1:], strict=True):
            maps = maps + backbone.spread(coarse, on_grids[0], finest // factor)
        last = grids[-1][:, -backbone.num_last_features :]
        means = maps.mean(dim=(2, 3))
        return (
            means[:, 0] + self.level_bias,
            maps[:, 0],
            means[:, 1:] + self.attribute_bias,
            maps[:, 1:],
            last.square().mean(dim=1).sqrt(),
        )


def export_model(
    network: AestheticNetwork, calibration: Calibration, manifest: Manifest, folder: Path
) -> Manifest:
    """Write ``<name>.onnx`` and ``<name>.json`` into ``folder``; returns the finished manifest.

    ``manifest`` comes with everything but the hash and the biases. Nothing is written when the
    export does not agree with torch (:class:`ExportError`).
    """
    serving = ServingNetwork(network, calibration).eval()
    data = to_onnx(serving)
    check_parity(serving, data, manifest.preprocessing.shapes)
    manifest = replace(
        manifest,
        onnx_file=f"{manifest.name}.onnx",
        onnx_sha256=hashlib.sha256(data).hexdigest(),
        head_input=head_input_of(data, int(serving.weights[-1].shape[1])),
        level_bias=serving.level_bias,
        attribute_bias=tuple(serving.attribute_bias.tolist()),
    )
    write_model(manifest, data, folder)
    return manifest


def head_input_of(data: bytes, channels: int) -> HeadInput:
    """Find the tensor whose ``channels`` the head of a graph weighs, as a personal taste does.

    Of a head on several grids it is that of the last, where most channels are.
    """
    head = head_convolutions(onnx.load_from_string(data).graph, ["evidence"])[-1]
    return HeadInput(str(head.input[0]), channels)


def to_onnx(serving: nn.Module, names: Sequence[str] = _NAMES) -> bytes:
    """The graph with dynamic batch, height and width, and float16 weights."""
    from onnxscript import opset18

    def same_conv2d(x: Any, weight: Any, bias: Any, stride: int, groups: int) -> Any:
        return opset18.Conv(
            x, weight, bias, auto_pad="SAME_UPPER", strides=[stride, stride], group=groups
        )

    def spread(coarse: Any, fine: Any, factor: int) -> Any:
        # Any: the types of onnxscript know no constant's own.
        scales: Any = opset18.Constant(value_floats=[1.0, 1.0, float(factor), float(factor)])
        wide = opset18.Resize(
            coarse, None, scales, mode="linear", coordinate_transformation_mode="half_pixel"
        )
        starts: Any = opset18.Constant(value_ints=[0, 0])
        axes: Any = opset18.Constant(value_ints=[2, 3])
        return opset18.Slice(wide, starts, opset18.Shape(fine, start=2, end=4), axes)

    exporting = copy.deepcopy(serving)
    for module in exporting.modules():
        if isinstance(module, SameConv2d | Spread):
            module.exporting = True
    # Two different sizes: an exporter that sees equal ones may take them for one dimension.
    example = torch.zeros(2, 3, 96, 128)
    side = {"min": MIN_INPUT_PX, "max": _MAX_SIDE_PX}
    dynamic = {
        0: torch.export.Dim("batch", min=1, max=1024),
        2: torch.export.Dim("height", **side),
        3: torch.export.Dim("width", **side),
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        program = torch.onnx.export(
            exporting,
            (example,),
            dynamo=True,
            dynamic_shapes=(dynamic,),
            custom_translation_table={
                torch.ops.aesmap.same_conv2d.default: same_conv2d,
                torch.ops.aesmap.spread.default: spread,
            },
            input_names=["pixels"],
            output_names=list(names),
            opset_version=18,
            verbose=False,
        )
        if program is None:
            raise ExportError("torch.onnx.export returned nothing")
        program.save(path, external_data=False)
        model = onnx.load(path)
    store_float16(model)
    _strip(model)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def store_float16(model: onnx.ModelProto) -> None:
    """Keep in float16 every weight that float16 holds exactly; a Cast widens it on loading."""
    graph = model.graph
    for tensor in list(graph.initializer):
        values = numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.ndim < 2:
            continue
        narrow = values.astype(np.float16)
        if not np.array_equal(narrow.astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(narrow, f"{name}.half"))
        cast = onnx.helper.make_node(
            "Cast", [f"{name}.half"], [name], name=f"{name}.widen", to=onnx.TensorProto.FLOAT
        )
        graph.node.insert(0, cast)


def _strip(model: onnx.ModelProto) -> None:
    """Drop what the exporter noted for debugging: file names and stack traces of this machine."""
    del model.metadata_props[:]
    graph = model.graph
    for holder in [*graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer]:
        del holder.metadata_props[:]
        holder.doc_string = ""
    del graph.metadata_props[:]
    del graph.value_info[:]
    graph.doc_string = model.doc_string = ""
    graph.name = "aesmap"


def check_parity(
    serving: ServingNetwork, data: bytes, shapes: Sequence[Size], *, seed: int = 0
) -> float:
    """The largest difference between the export and torch holding the same rounded weights.

    Differences are relative to the largest value of an output, or to 1 where that is less. Over
    every served shape, odd sizes and fifty random ones, in batches of one to three. Raises
    :class:`ExportError` above ``PARITY_TOLERANCE``, or when the identity mean(E) + b = logit does
    not hold.
    """
    import onnxruntime as ort

    session = ort.InferenceSession(data, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(seed)
    edges = rng.integers(MIN_INPUT_PX, _LARGEST_RANDOM_PX + 1, (_NUM_RANDOM_SIZES, 2))
    sizes = [(s.height, s.width) for s in shapes]
    sizes += [(32, 32), (33, 47), (97, 64), (131, 259), *map(tuple, edges.tolist())]
    worst = 0.0
    for index, (height, width) in enumerate(sizes):
        pixels = rng.uniform(-1, 1, (1 + index % 3, 3, height, width)).astype(np.float32)
        with torch.inference_mode():
            expected = [one.numpy() for one in serving(torch.from_numpy(pixels))]
        given = session.run(list(_NAMES), {"pixels": pixels})
        for name, mine, theirs in zip(_NAMES, expected, given, strict=True):
            largest = max(1.0, float(np.abs(mine).max(initial=0.0)))
            gap = float(np.abs(mine - theirs).max(initial=0.0)) / largest
            worst = max(worst, gap)
            if not gap <= PARITY_TOLERANCE:  # also catches NaN
                raise ExportError(
                    f"the export differs from torch by {gap:.2e} in {name} at {width}x{height}"
                    f" (allowed: {PARITY_TOLERANCE}); nothing was written"
                )
        identity = given[1].mean(axis=(1, 2), dtype=np.float64) + serving.level_bias - given[0]
        if not np.abs(identity).max() <= PARITY_TOLERANCE * max(1.0, np.abs(given[0]).max()):
            raise ExportError("the exported logit is not the mean of its map; nothing was written")
    return worst
