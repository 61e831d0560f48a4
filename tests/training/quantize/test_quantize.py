"""An int8 model of a small float one: its form, its numbers, and when it is refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import onnx
import pytest
from onnx import numpy_helper

pytest.importorskip("onnxruntime.quantization")

from aesmap.errors import ExportError, UsageError
from aesmap.model.manifest import Manifest, read_model
from aesmap.model.session import Session, bundled_models
from aesmap.training.quantize import quantize as quantise
from aesmap.training.quantize.layerwise import Prefix
from small_network import BIAS, pictures, small_model
from tiny_model import tiny_graph
from tolerances import INT8_IDENTITY


@pytest.fixture(scope="module")
def source() -> tuple[Manifest, bytes]:
    return small_model()


@pytest.fixture(scope="module")
def made(source: tuple[Manifest, bytes]) -> tuple[Manifest, bytes]:
    return quantise.quantise_model(*source, pictures(24, 1), pictures(60, 2))


def tensors(data: bytes) -> dict[str, npt.NDArray[np.generic]]:
    graph = onnx.load_from_string(data).graph
    return {one.name: numpy_helper.to_array(one) for one in graph.initializer}


def test_the_manifest_says_what_it_is(
    source: tuple[Manifest, bytes], made: tuple[Manifest, bytes]
) -> None:
    manifest, data = made
    assert manifest.name == "small-int8"
    assert manifest.onnx_file == "small-int8.onnx"
    assert manifest.onnx_sha256 == hashlib.sha256(data).hexdigest()
    assert manifest.is_quantised
    assert not source[0].is_quantised
    assert manifest.provenance["quantisation"]["model"] == source[0].model_id
    assert manifest.provenance["sources"] == source[0].provenance["sources"]
    assert manifest.figures["srcc"] == 0.5
    figures = manifest.figures["int8 against fp32"]
    assert figures["photographs"] == 60
    assert figures["correlation"] >= 0.99
    assert figures["change_p99"] <= 0.05
    unchanged = {"level_bias", "attribute_bias", "rating_model", "preprocessing"}
    assert all(getattr(manifest, name) == getattr(source[0], name) for name in unchanged)


def test_stated_figures_are_those_of_the_package(
    source: tuple[Manifest, bytes], made: tuple[Manifest, bytes]
) -> None:
    """Measured again with the sessions that serve, from the maps."""
    z = []
    for manifest, data in (source, made):
        session = Session(manifest, data, num_threads=1)
        runs = [session.run(p[None]).evidence.mean(dtype="f8") + BIAS for p in pictures(60, 2)]
        z.append(np.array(runs))
    figures = made[0].figures["int8 against fp32"]
    change = np.abs(1 / (1 + np.exp(-z[0])) - 1 / (1 + np.exp(-z[1])))
    assert figures["correlation"] == pytest.approx(np.corrcoef(*z)[0, 1], abs=1e-4)
    assert figures["change_p99"] == pytest.approx(np.percentile(change, 99), abs=1e-3)
    assert 0 < change.max() < 0.1


def test_the_heads_stay_float_and_the_identity_holds(made: tuple[Manifest, bytes]) -> None:
    """And with them the linear layer that they read, whose outputs have no bounds."""
    manifest, data = made
    weights = tensors(data)
    for name in ("head.w", "third.w"):
        assert weights[name].dtype == np.float32
        assert not any(other.startswith(f"{name}_") for other in weights)
    assert weights["last.w_quantized"].dtype == np.int8  # behind a Clip
    session = Session(manifest, data, num_threads=1)
    for pixels in pictures(6, 3):
        maps = session.run(np.stack([pixels, -pixels]))
        means = maps.evidence.mean(axis=(1, 2), dtype=np.float64)
        np.testing.assert_allclose(means + BIAS, maps.logit, rtol=0, atol=INT8_IDENTITY)


def test_the_rest_is_integers_that_cannot_overflow_without_vnni(
    made: tuple[Manifest, bytes],
) -> None:
    graph = onnx.load_from_string(made[1]).graph
    weights = tensors(made[1])
    integers = {name: w for name, w in weights.items() if w.dtype == np.int8 and w.ndim == 4}
    assert len(integers) == sum(node.op_type == "Conv" for node in graph.node) - 2
    for name, kernel in integers.items():
        is_depthwise = kernel.shape[1] == 1
        assert np.abs(kernel.astype(int)).max() <= (127 if is_depthwise else 64), name
        scales = weights[name.replace("_quantized", "_scale")]
        assert scales.shape == (len(kernel),)  # one for each channel
    # Integers have bounds of their own.
    assert not [node.name for node in graph.node if node.op_type == "Clip"]


def test_fused_kernels_do_what_the_graph_says(made: tuple[Manifest, bytes]) -> None:
    """ONNX Runtime's integer kernels of this processor against the graph taken literally."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    cpu = ["CPUExecutionProvider"]
    literal = ort.InferenceSession(made[1], options, providers=cpu)
    fused = ort.InferenceSession(made[1], providers=cpu)
    extreme = [np.full((3, 32, 32), value, np.float32) for value in (-1, 1)]
    for pixels in [*pictures(12, 4), *extreme]:
        one, other = (s.run(["logit"], {"pixels": pixels[None]})[0] for s in (literal, fused))
        np.testing.assert_allclose(one, other, atol=0.05)  # a rounding here and there


def test_it_beats_plain_rounding(
    source: tuple[Manifest, bytes], made: tuple[Manifest, bytes]
) -> None:
    images = [pixels[None] for pixels in pictures(24, 1)]
    original = quantise._plain_float(source[1])
    excluded = quantise._left_float(original)
    plain = quantise._finished(quantise._quantised(original, images, excluded))
    check = pictures(60, 5)
    mine, _ = quantise._logits(*source, check)
    errors = [
        np.sqrt(np.mean((quantise._logits(source[0], data, check)[0] - mine) ** 2))
        for data in (plain, made[1])
    ]
    assert errors[1] < 0.8 * errors[0]


def test_what_does_not_agree_is_refused_with_its_figures(
    source: tuple[Manifest, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantise, "refine", lambda original, quantised, *_: coarse(quantised))
    with pytest.raises(
        ExportError, match=r"correlation 0\.\d+ .at least 0\.99.*nothing was written"
    ):
        quantise.quantise_model(*source, pictures(12, 1), pictures(30, 2))


def coarse(model: onnx.ModelProto) -> onnx.ModelProto:
    """The same with weights of two bits."""
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        if values.dtype == np.int8 and values.ndim == 4:
            rounded = np.sign(values) * (np.abs(values) > 32) * np.int8(48)
            tensor.CopyFrom(numpy_helper.from_array(rounded.astype(np.int8), tensor.name))
    return model


def test_an_int8_model_is_not_quantised_again(made: tuple[Manifest, bytes]) -> None:
    with pytest.raises(UsageError, match="is an int8 model already"):
        quantise.quantise_model(*made, pictures(4, 1), pictures(4, 2))


def test_a_graph_without_evidence_is_refused(source: tuple[Manifest, bytes]) -> None:
    model = onnx.load_from_string(source[1])
    for node in model.graph.node:
        node.output[:] = ["other" if name == "evidence" else name for name in node.output]
    with pytest.raises(ExportError, match="no convolution gives the evidence"):
        quantise._heads(model)


def test_the_heads_of_both_grids_stay_float() -> None:
    """And all between them and the logit, but not the layer that they read, behind a ReLU."""
    model = onnx.load_from_string(tiny_graph(two_grids=True))
    left = set(quantise._left_float(model))
    assert {"fine_head.node", "coarse_head.node", "spread.node", "head.node", "logit.node"} <= left
    assert "first.node" not in left


def test_every_head_of_the_bundled_model_stays_float() -> None:
    """Technical quality, attributes and nouns too; what becomes integers has a bias to correct."""
    _, weights = read_model(bundled_models()["lite0"])
    model = quantise._plain_float(weights)
    left = set(quantise._left_float(model))
    assert {"technical_tap4", "attributes_maps", "thing_maps"} <= left
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    assert all(len(node.input) == 3 for node in convolutions if node.name not in left)
    assert len([node for node in convolutions if node.name not in left]) > 40


def test_series_lie_on_one_side() -> None:
    calibrating, checking = quantise.split_photos([f"{n:04d}.jpg" for n in range(600)])
    assert len(calibrating) == quantise.NUM_CALIBRATION
    assert len(set(calibrating)) == len(calibrating)
    assert max(calibrating) < min(checking)
    assert len(checking) == 300
    with pytest.raises(UsageError, match="needs 16 or more"):
        quantise.split_photos(["a.jpg"] * 15)


def test_any_tensor_is_the_same_from_wherever_it_is_reached(source: tuple[Manifest, bytes]) -> None:
    images = [pixels[None] for pixels in pictures(3, 6)]
    model = quantise._plain_float(source[1])
    direct = list(Prefix(model, images).values("features"))
    stepped = Prefix(model, images)
    for tensor in ("first", "sum"):
        stepped.keep(tensor)
    for one, other in zip(direct, stepped.values("features"), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_written_with_its_manifest_under_the_name_given(
    made: tuple[Manifest, bytes], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("int8")
    manifest = quantise.write_int8(*made, folder / "mine-int8.onnx")
    session = Session.open(folder / "mine-int8.json")
    assert (
        session.manifest
        == manifest
        == replace(made[0], name="mine-int8", onnx_file="mine-int8.onnx")
    )
    assert session.precision == "int8"
