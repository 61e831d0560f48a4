"""The export agrees with torch, and refuses to be written when it does not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
onnx = pytest.importorskip("onnx")

from aesmap.errors import ExportError  # noqa: E402
from aesmap.model.manifest import read_model  # noqa: E402
from aesmap.model.session import model_path  # noqa: E402
from aesmap.training import export  # noqa: E402
from aesmap.training.judge.calibrate import Calibration  # noqa: E402
from aesmap.training.nets.backbones import build_backbone  # noqa: E402
from aesmap.training.nets.folding import fold_batch_norm  # noqa: E402
from aesmap.training.nets.network import AestheticNetwork  # noqa: E402
from aesmap.types import Size  # noqa: E402

CALIBRATION = Calibration(slope=0.7, offset=-0.3)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    built = AestheticNetwork(build_backbone("efficientnet_lite0"), num_attributes=2).eval()
    for head in (built.level, built.attributes):
        torch.nn.init.normal_(head.weight, std=0.05)
        torch.nn.init.normal_(head.bias)
    fold_batch_norm(built)
    return built


@pytest.fixture(scope="module")
def serving(network):
    return export.ServingNetwork(network, CALIBRATION).eval()


@pytest.fixture(scope="module")
def data(serving) -> bytes:
    return export.to_onnx(serving)


def test_parity_over_shapes_and_batches(serving, data: bytes) -> None:
    worst = export.check_parity(serving, data, [Size(64, 64), Size(65, 97), Size(128, 33)])
    assert worst < export.PARITY_TOLERANCE


def test_parity_is_checked_at_fifty_random_sizes(serving, data: bytes, monkeypatch) -> None:
    from onnxruntime import InferenceSession

    seen = []
    run = InferenceSession.run

    def spy(session, names, feed):
        seen.append(feed["pixels"].shape)
        return run(session, names, feed)

    monkeypatch.setattr(InferenceSession, "run", spy)
    export.check_parity(serving, data, [Size(64, 64)])
    assert len({shape[2:] for shape in seen}) >= 50
    assert {shape[0] for shape in seen} == {1, 2, 3}
    assert any(height % 32 and width % 32 for *_, height, width in seen)


def test_calibration_is_folded_into_the_head(network, serving) -> None:
    x = torch.randn(2, 3, 64, 64)
    rounded = export.ServingNetwork(network, Calibration(1.0, 0.0)).eval()
    with torch.inference_mode():
        plain, calibrated = rounded(x)[0], serving(x)[0]
    torch.testing.assert_close(calibrated, 0.7 * plain - 0.3, rtol=0, atol=1e-4)


def test_weights_are_stored_in_half_the_bytes(serving, data: bytes) -> None:
    num_weights = sum(p.numel() for p in serving.backbone.parameters())
    assert len(data) < 2.1 * num_weights
    kinds = {t.data_type for t in onnx.load_from_string(data).graph.initializer if len(t.dims) > 1}
    assert onnx.TensorProto.FLOAT16 in kinds


def test_nothing_of_this_machine_is_in_the_file(data: bytes) -> None:
    assert str(Path.home()).encode() not in data
    assert b"site-packages" not in data
    assert b".py" not in data


@pytest.mark.parametrize("what", ["weight", "bias"])
def test_a_wrong_export_is_refused(serving, data: bytes, what: str) -> None:
    import copy

    other = copy.deepcopy(serving)
    if what == "bias":
        other.level_bias += 0.01
    else:
        with torch.no_grad():
            next(other.backbone.parameters()).mul_(1.05)
    with pytest.raises(ExportError, match="nothing was written"):
        export.check_parity(other, data, [Size(64, 64)])


def test_parity_of_large_outputs_is_relative(serving, data: bytes, monkeypatch) -> None:
    """A thousand times the maps, off by 1e-4 of that: as good as maps of 1 that are off by 1e-4."""
    import copy

    from onnxruntime import InferenceSession

    large = copy.deepcopy(serving)
    with torch.no_grad():
        large.weights[0].mul_(1000)
        large.attribute_bias.mul_(1000)
    large.level_bias *= 1000
    run = InferenceSession.run

    def enlarged(share: float):
        def fake(session, names, feed):
            logit, evidence, logits, maps, activity = run(session, names, feed)
            return [
                *(1000 * (1 + share) * one for one in (logit, evidence, logits, maps)),
                activity,
            ]

        return fake

    monkeypatch.setattr(InferenceSession, "run", enlarged(1e-4))
    assert export.check_parity(large, data, [Size(64, 64)]) == pytest.approx(1e-4, rel=0.1)
    monkeypatch.setattr(InferenceSession, "run", enlarged(3e-4))
    with pytest.raises(ExportError):
        export.check_parity(large, data, [Size(64, 64)])


def test_an_export_that_is_refused_leaves_no_file(
    network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aesmap.loading import load

    monkeypatch.setattr(export, "PARITY_TOLERANCE", 0.0)
    with pytest.raises(ExportError):
        export.export_model(network, CALIBRATION, load().manifest, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_float16_is_used_only_where_it_is_exact() -> None:
    values = np.array([[1.0, 1 / 3], [0.5, 2.0]], dtype=np.float32)
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Identity", ["exact"], ["a"])],
        "g",
        [],
        [],
        [
            onnx.numpy_helper.from_array(values[:, :1].copy(), "exact"),
            onnx.numpy_helper.from_array(values, "inexact"),
        ],
    )
    model = onnx.helper.make_model(graph)
    export.store_float16(model)
    names = {t.name: t.data_type for t in model.graph.initializer}
    assert names == {"exact.half": onnx.TensorProto.FLOAT16, "inexact": onnx.TensorProto.FLOAT}


@pytest.mark.parametrize("name", ["lite0", "ava"])
def test_the_heads_input_is_found(name: str) -> None:
    """The mean of what is found, weighed by a taste, is tested in tests/model/test_taste.py."""
    manifest, data = read_model(model_path(name))
    assert manifest.head_input is not None
    channels = manifest.head_input.channels
    assert export.head_input_of(data, channels) == manifest.head_input


@pytest.fixture(scope="module")
def two_grids():
    """A network whose taps keep their own grid, with weights that float16 holds."""
    torch.manual_seed(2)
    backbone = build_backbone(
        "efficientnet_lite0", taps=(4, 5, 6), tap_magnitudes=True, own_grids=True
    )
    built = AestheticNetwork(backbone, num_attributes=2).eval()
    for head in (built.level, built.attributes):
        torch.nn.init.normal_(head.weight, std=0.05)
        torch.nn.init.normal_(head.bias)
    fold_batch_norm(built)
    with torch.no_grad():
        for parameter in built.backbone.parameters():
            parameter.copy_(parameter.half().float())
    return built


@pytest.fixture(scope="module")
def two_grid_data(two_grids) -> bytes:
    return export.to_onnx(export.ServingNetwork(two_grids, CALIBRATION).eval())


@pytest.mark.parametrize(("height", "width"), [(64, 64), (97, 131), (33, 47), (192, 512)])
def test_maps_of_two_grids_are_served_as_they_were_trained(
    two_grids, height: int, width: int
) -> None:
    """Weighing each grid and then spreading is spreading each channel and then weighing."""
    serving = export.ServingNetwork(two_grids, Calibration(1.0, 0.0)).eval()
    x = torch.randn(2, 3, height, width)
    with torch.inference_mode():
        trained, served = two_grids(x), serving(x)
    assert served[1].shape == (2, -(-height // 16), -(-width // 16))
    assert served[4].shape == (2, -(-height // 32), -(-width // 32))
    expected = (trained.logit, trained.evidence, trained.attribute_logits, trained.attribute_map)
    for mine, theirs in zip(served, expected, strict=False):
        torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-3)


def test_parity_of_two_grids(two_grids, two_grid_data: bytes) -> None:
    serving = export.ServingNetwork(two_grids, CALIBRATION).eval()
    sizes = [Size(64, 64), Size(65, 97), Size(288, 384), Size(192, 512)]
    assert export.check_parity(serving, two_grid_data, sizes) < export.PARITY_TOLERANCE


def test_both_parts_of_the_evidence_add_to_its_mean(two_grids, two_grid_data: bytes) -> None:
    """At every served shape the fine grid is twice the coarse one, and no cell is cut off."""
    from onnxruntime import InferenceSession

    session = InferenceSession(two_grid_data)
    weight = CALIBRATION.slope * (two_grids.level.weight[1] - two_grids.level.weight[0])
    parts = weight.detach().split(list(two_grids.backbone.grid_features))
    for shape in read_model(model_path())[0].preprocessing.shapes:
        pixels = torch.randn(1, 3, shape.height, shape.width)
        with torch.inference_mode():
            means = [one.mean(dim=(2, 3))[0] for one in two_grids.backbone.grids(pixels)]
        expected = sum(float(mean @ part) for mean, part in zip(means, parts, strict=True))
        (evidence,) = session.run(["evidence"], {"pixels": pixels.numpy()})
        assert evidence.mean(dtype=np.float64) == pytest.approx(expected, abs=2e-4)


def test_a_taste_reads_the_last_grid_of_two(two_grids, two_grid_data: bytes) -> None:
    from onnxruntime import InferenceSession

    from aesmap.model.graph_outputs import FEATURES, with_features

    channels = two_grids.backbone.grid_features[-1]
    head = export.head_input_of(two_grid_data, channels)
    session = InferenceSession(with_features(two_grid_data, head))
    pixels = torch.randn(2, 3, 64, 96)
    (found,) = session.run([FEATURES], {"pixels": pixels.numpy()})
    with torch.inference_mode():
        expected = two_grids.backbone.grids(pixels)[-1].mean(dim=(2, 3))
    np.testing.assert_allclose(found[:, :, 0, 0], expected.numpy(), rtol=1e-3, atol=1e-3)
