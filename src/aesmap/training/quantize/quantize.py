"""A float model to an int8 one that agrees with it, or to a refusal.

onnxruntime.quantization measures the activations and writes the graph (QDQ, one scale for each
output channel); ``layerwise`` then chooses better integers, within 7 bits where processors without
VNNI would overflow. The heads stay float, so that the logit is still the mean of its map plus the
bias.
"""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from aesmap.errors import ExportError, UsageError
from aesmap.images.reading import open_image
from aesmap.model.manifest import Manifest, write_model
from aesmap.model.preprocess import Preprocessing
from aesmap.model.ratings import sigmoid
from aesmap.training.head_nodes import head_convolutions, map_outputs
from aesmap.training.quantize.layerwise import num_layers, refine
from aesmap.types import Float32Array, FloatArray

MIN_CORRELATION = 0.99
MAX_CHANGE = 0.05  # 99th percentile, in p_high
MAX_IDENTITY = 1e-5  # |mean(E) + b - logit|, relative to a logit above 1

NUM_CALIBRATION = 128
MIN_PHOTOS = 16
_LAYERS = ["Conv", "Clip", "Add"]
# Between the head and the layers whose outputs it sees: taps, their magnitudes, their averages. Not
# behind a Clip, which bounds what 8 bits have to span.
_PASSED_ON = ("Concat", "Abs", "AveragePool")

Log = Callable[[str], None]
Progress = Callable[[str, int], AbstractContextManager[Callable[[], None]]]


def quantise_model(
    manifest: Manifest,
    weights: bytes,
    calibration: Sequence[Float32Array],
    check: Sequence[Float32Array],
    log: Log = lambda _: None,
    progress: Progress = lambda _, __: nullcontext(lambda: None),
) -> tuple[Manifest, bytes]:
    """The int8 model of a float one: its manifest, named ``NAME-int8``, and its .onnx.

    ``calibration`` are prepared photographs, float32 (3,h,w), that activations are measured and
    integers chosen on; ``check`` others, on which it is compared with the float model. Raises
    :class:`ExportError`, with the figures, where the two do not agree.
    """
    if manifest.is_quantised:
        raise UsageError(f"{manifest.model_id}: is an int8 model already; give the one it is from")
    original = _plain_float(weights)
    images = [pixels[None] for pixels in calibration]
    log(f"measuring activations on {len(images)} photographs")
    quantised = _quantised(original, images, _left_float(original))
    log("choosing integers, layer by layer")
    with progress("layers", num_layers(quantised)) as advance:
        data = _finished(refine(original, quantised, images, advance))
    log(f"comparing on {len(check)} photographs")
    figures = agreement(manifest, weights, data, check)
    _gate(manifest, figures)
    made_from = {
        "model": manifest.model_id,
        "onnx_sha256": manifest.onnx_sha256,
        "calibration_photographs": len(calibration),
        "onnxruntime": _version(),
    }
    name = f"{manifest.name}-int8"
    int8 = replace(
        manifest,
        name=name,
        onnx_file=f"{name}.onnx",
        onnx_sha256=hashlib.sha256(data).hexdigest(),
        head_input=None,  # its channels are integers: no taste stands beside it
        provenance=manifest.provenance | {"quantisation": made_from},
        figures=manifest.figures | {"int8 against fp32": figures},
    )
    return int8, data


def write_int8(manifest: Manifest, data: bytes, path: Path) -> Manifest:
    """Write the .onnx to ``path`` and its manifest beside it; returns the manifest as written."""
    manifest = replace(manifest, name=path.stem, onnx_file=path.name)
    write_model(manifest, data, path.parent)
    return manifest


def prepared(preprocessing: Preprocessing, paths: Sequence[str]) -> list[Float32Array]:
    """Photographs as the network sees them, (3,h,w) each; raises :class:`ImageError`."""
    pixels = []
    for path in paths:
        opened = open_image(path)
        decoded = opened.decode(at_least=preprocessing.decode_size(opened.full_size))
        pixels.append(preprocessing.prepare(decoded))
    return pixels


def split_photos(paths: Sequence[str]) -> tuple[list[str], list[str]]:
    """Photographs to calibrate on, and those to check with.

    Neighbours by name are often of one series, so the list is cut once in the middle: a series lies
    on one side. Raises :class:`UsageError` below ``MIN_PHOTOS``.
    """
    if len(paths) < MIN_PHOTOS:
        raise UsageError(
            f"{len(paths)} photographs: quantising needs {MIN_PHOTOS} or more, and some hundred"
            " do well"
        )
    middle = len(paths) // 2
    return spread(paths[:middle], NUM_CALIBRATION), list(paths[middle:])


def spread(items: Sequence[str], count: int) -> list[str]:
    """At most ``count`` of them, evenly spread."""
    if len(items) <= count:
        return list(items)
    return [items[index * len(items) // count] for index in range(count)]


def agreement(
    manifest: Manifest, weights: bytes, other: bytes, photographs: Sequence[Float32Array]
) -> dict[str, Any]:
    """How near one .onnx comes to another on prepared photographs.

    ``correlation`` of z, the 99th percentile and the largest change of p_high, the share of levels
    that differ, and ``identity``, the largest |mean(E) + b - logit| over max(1, |logit|).
    """
    mine, _ = _logits(manifest, weights, photographs)
    theirs, identity = _logits(manifest, other, photographs)
    change = np.abs(sigmoid(theirs) - sigmoid(mine))
    return {
        "photographs": len(photographs),
        "correlation": round(float(np.corrcoef(mine, theirs)[0, 1]), 5),
        "change_p99": round(float(np.percentile(change, 99)), 4),
        "change_max": round(float(change.max()), 4),
        "levels_changed": round(float(np.mean((mine > 0) != (theirs > 0))), 4),
        "identity": float(f"{identity:.1e}"),
    }


def _gate(manifest: Manifest, figures: dict[str, Any]) -> None:
    if (
        figures["correlation"] >= MIN_CORRELATION
        and figures["change_p99"] <= MAX_CHANGE
        and figures["identity"] <= MAX_IDENTITY
    ):
        return
    raise ExportError(
        f"{manifest.model_id}: in int8 it does not agree with itself on {figures['photographs']}"
        f" photographs: correlation {figures['correlation']} (at least {MIN_CORRELATION}), 99th"
        f" percentile of the change in p_high {figures['change_p99']} (at most {MAX_CHANGE}),"
        f" identity {figures['identity']} (at most {MAX_IDENTITY}); nothing was written. More"
        " photographs, of the kinds that it will see, may help"
    )


def _logits(
    manifest: Manifest, weights: bytes, photographs: Sequence[Float32Array]
) -> tuple[FloatArray, float]:
    """Each photograph's z (N,) from its map, and how far the graph's own logits are from it."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 3
    session = ort.InferenceSession(weights, options, providers=["CPUExecutionProvider"])
    found, worst = [], 0.0
    for pixels in photographs:
        logit, evidence = session.run(["logit", "evidence"], {"pixels": pixels[None]})
        z = float(evidence.mean(dtype=np.float64)) + manifest.level_bias
        worst = max(worst, abs(z - float(logit[0])) / max(1.0, abs(z)))
        found.append(z)
    return np.array(found), worst


def _plain_float(weights: bytes) -> onnx.ModelProto:
    """The graph with float16 weights widened and constants folded, as quantising needs it."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory() as folder:
        given, path = Path(folder) / "given.onnx", Path(folder) / "float.onnx"
        given.write_bytes(weights)
        quant_pre_process(given, path, skip_symbolic_shape=True)
        return onnx.load(path)


def _heads(model: onnx.ModelProto) -> list[onnx.NodeProto]:
    """The convolutions that give the evidence: one for each grid."""
    found = head_convolutions(model.graph, ["evidence"])
    if not found:
        raise ExportError("no convolution gives the evidence; export the model with 'aesmap train'")
    return found


def _left_float(model: onnx.ModelProto) -> list[str]:
    """The names of all heads, of all that follows from them, and of the linear layers they read.

    What the level's layers give is the evidence but for one product, so that their error is its
    error; the other heads (attributes, technical quality, nouns) read what there is.
    """
    producers = {output: node for node in model.graph.node for output in node.output}
    heads = _heads(model)
    names = _from(model, head_convolutions(model.graph, map_outputs(model.graph)))
    waiting = [name for head in heads for name in head.input]
    while waiting:
        node = producers.get(waiting.pop())
        if node is None or node.name in names:
            continue
        if node.op_type in _PASSED_ON:
            waiting.extend(node.input)
        if node.op_type in (*_PASSED_ON, "Conv"):
            names.append(node.name)
    return names


def _from(model: onnx.ModelProto, nodes: Sequence[onnx.NodeProto]) -> list[str]:
    """The names of nodes and of all that follows from them; the graph's nodes are in order."""
    reached = {output for node in nodes for output in node.output}
    names = [node.name for node in nodes]
    for other in model.graph.node:
        if reached & set(other.input):
            reached |= set(other.output)
            names.append(other.name)
    return names


def _quantised(
    model: onnx.ModelProto, images: Sequence[Float32Array], left_float: Sequence[str]
) -> onnx.ModelProto:
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self._left: Iterator[Float32Array] = iter(images)

        def get_next(self) -> dict[str, Float32Array] | None:
            pixels = next(self._left, None)
            return None if pixels is None else {"pixels": pixels}

    with tempfile.TemporaryDirectory() as folder:
        given, path = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
        onnx.save(model, given)
        logger = logging.getLogger()
        level = logger.level
        logger.setLevel(logging.ERROR)  # it recommends what has been done
        try:
            quantize_static(
                given,
                path,
                Reader(),
                op_types_to_quantize=_LAYERS,
                nodes_to_exclude=list(left_float),
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
            )
        finally:
            logger.setLevel(level)
        return onnx.load(path)


def _finished(model: onnx.ModelProto) -> bytes:
    """As it is shipped: only the operators' own domain, and nothing noted along the way."""
    from aesmap.training.export import store_float16

    store_float16(model)
    plain = [one for one in model.opset_import if one.domain in ("", "ai.onnx")]
    del model.opset_import[:]
    model.opset_import.extend(plain)
    del model.graph.value_info[:]
    del model.metadata_props[:]
    model.producer_name = "aesmap"
    model.graph.name = "aesmap"
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def _version() -> str:
    import onnxruntime as ort

    return str(ort.__version__)
