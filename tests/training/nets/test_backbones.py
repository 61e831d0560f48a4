"""Backbones: any size from 32 px up, the paper's shapes, the offline weights."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import ModelError  # noqa: E402
from aesmap.training.nets.backbones import build_backbone  # noqa: E402
from aesmap.training.nets.pretrained import explained_download  # noqa: E402


@pytest.fixture(scope="module")
def lite0():
    return build_backbone("efficientnet_lite0").eval()


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (64, 97), (224, 288)])
@pytest.mark.parametrize("batch", [1, 3])
def test_lite0_takes_any_size_and_batch(lite0, height: int, width: int, batch: int) -> None:
    with torch.inference_mode():
        features = lite0(torch.randn(batch, 3, height, width))
    assert features.shape == (batch, 1280, -(-height // 32), -(-width // 32))
    assert torch.isfinite(features).all()


@pytest.mark.parametrize(
    ("name", "px", "expected"),
    [
        ("vgg16", 224, (512, 14, 14)),  # the paper's own 14x14
        ("vgg16", 33, (512, 2, 2)),
        ("alexnet", 227, (256, 13, 13)),
        ("alexnet", 32, (256, 1, 1)),
    ],
)
def test_the_papers_encoders_lose_their_last_pool(name: str, px: int, expected: tuple) -> None:
    backbone = build_backbone(name).eval()
    with torch.inference_mode():
        assert backbone(torch.randn(1, 3, px, px)).shape == (1, *expected)
    assert backbone.num_features == expected[0]


def test_the_last_pool_can_be_kept() -> None:
    backbone = build_backbone("vgg16", keep_last_pool=True).eval()
    with torch.inference_mode():
        assert backbone(torch.randn(1, 3, 224, 224)).shape == (1, 512, 7, 7)


def test_cam_convolution_comes_last() -> None:
    backbone = build_backbone("alexnet", cam_conv_channels=1024).eval()
    with torch.inference_mode():
        features = backbone(torch.randn(1, 3, 64, 64))
    assert features.shape[1] == backbone.num_features == 1024
    assert (features >= 0).all()  # the ReLU of the CAM paper


@pytest.mark.parametrize("name", ["resnet18", "vit_tiny_patch16_224"])
def test_any_timm_name_gives_a_feature_map(name: str) -> None:
    backbone = build_backbone(name).eval()
    with torch.inference_mode():
        features = backbone(torch.randn(2, 3, 64, 96))
    assert features.ndim == 4
    assert features.shape[:2] == (2, backbone.num_features)


def test_stages_can_be_run_in_two_parts(lite0) -> None:
    x = torch.randn(2, 3, 64, 64)
    with torch.inference_mode():
        for cut in (0, 1, 5, len(lite0.stages)):
            halves = lite0(lite0(x, stop=cut), start=cut)
            torch.testing.assert_close(halves, lite0(x), rtol=0, atol=0)


def test_bad_calls_are_refused(lite0) -> None:
    with pytest.raises(ValueError, match="unknown backbone 'nosuchnet'"):
        build_backbone("nosuchnet")
    with pytest.raises(ValueError, match="at least 32 px"):
        lite0(torch.randn(1, 3, 31, 64))


def test_lite0_imagenet_weights_come_from_their_package() -> None:
    """A photograph of a cat must look like one to the pretrained features' own classifier."""
    timm = pytest.importorskip("timm")
    data = pytest.importorskip("skimage.data")
    from aesmap.training.nets.pretrained import load_lite0_imagenet

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    load_lite0_imagenet(model)
    cat = torch.from_numpy(data.chelsea()).permute(2, 0, 1)[None].float()
    cat = torch.nn.functional.interpolate((cat - 127) / 128, (224, 224), mode="bilinear")
    with torch.inference_mode():
        top = model.eval()(cat).topk(5).indices[0].tolist()
    assert set(top) & set(range(281, 286))  # ImageNet's five kinds of domestic cat


def test_same_padding_is_timms_own() -> None:
    timm = pytest.importorskip("timm")
    reference = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    state = reference.state_dict()
    backbone = build_backbone("efficientnet_lite0").eval()
    own = list(backbone.state_dict())
    kept = [value for name, value in state.items() if not name.startswith("classifier")]
    backbone.load_state_dict(dict(zip(own, kept, strict=True)))
    for size in ((64, 64), (65, 91)):
        x = torch.randn(1, 3, *size)
        with torch.inference_mode():
            torch.testing.assert_close(
                backbone(x), reference.forward_features(x), rtol=1e-4, atol=1e-4
            )


def test_taps_stand_beside_the_last_stage() -> None:
    """Channel after channel, the last stage's at the end; a cut network sees the same."""
    torch.manual_seed(0)
    plain = build_backbone("efficientnet_lite0").eval()
    torch.manual_seed(0)
    tapped = build_backbone("efficientnet_lite0", taps=(6, 7)).eval()
    x = torch.rand(2, 3, 65, 97)
    with torch.inference_mode():
        stages = [plain(x, stop=stop) for stop in (7, 8, 9)]
        found = tapped(x)
        cut = tapped(tapped(x, stop=5), start=5)
    assert tapped.num_features == found.shape[1] == 192 + 320 + 1280
    torch.testing.assert_close(found, torch.cat(stages, dim=1))
    torch.testing.assert_close(found, cut)


def test_magnitudes_of_finer_stages_come_before_their_averages() -> None:
    """|x| first, then the mean of each cell's four: by numpy, for an even grid and an odd one."""
    torch.manual_seed(0)
    tapped = build_backbone("efficientnet_lite0", taps=(5, 7), tap_magnitudes=True).eval()
    for size, (height, width) in (((64, 96), (4, 6)), ((65, 97), (5, 7))):
        x = torch.rand(1, 3, *size)
        with torch.inference_mode():
            found = tapped(x)[0].numpy()
            fine = tapped(x, stop=6)[0].numpy()
            coarse = tapped(x, stop=8)[0].numpy()
        assert fine.shape == (112, height, width)
        assert tapped.num_features == len(found) == 2 * 112 + 2 * 320 + 1280
        assert tapped.tap_features == (2 * 112, 2 * 320)
        assert tapped.num_last_features == 1280
        rows, columns = found.shape[1:]
        for part, full in ((found[:112], fine), (found[112:224], np.abs(fine))):
            for i, j in itertools.product(range(rows), range(columns)):
                cell = full[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
                np.testing.assert_allclose(part[:, i, j], cell.mean(axis=(1, 2)), atol=1e-6)
        np.testing.assert_allclose(found[224:544], coarse)
        np.testing.assert_allclose(found[544:864], np.abs(coarse))
        assert np.abs(found[544:864]).mean() > np.abs(found[224:544].mean())


def test_taps_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match="no stage 8"):
        build_backbone("efficientnet_lite0", taps=(8,))


def test_local_weights_are_loaded_whole_or_refused(tmp_path: Path) -> None:
    """With or without a classifier; of another architecture, damaged or missing: named."""
    import torchvision

    source = torchvision.models.alexnet()
    for name, state in {
        "whole": source.state_dict(),
        "features": {k: v for k, v in source.state_dict().items() if "features" in k},
        "wrapped": {"state_dict": source.state_dict()},
    }.items():
        path = tmp_path / f"{name}.pt"
        torch.save(state, path)
        loaded = build_backbone("alexnet", weights=str(path))
        torch.testing.assert_close(loaded.stages[0][0].weight, source.features[0].weight)
    with pytest.raises(ModelError, match=r"whole\.pt: is of another architecture"):
        build_backbone("vgg16", weights=str(tmp_path / "whole.pt"))
    (tmp_path / "damaged.pt").write_bytes(b"no weights")
    for name in ("damaged.pt", "missing.pt"):
        with pytest.raises(ModelError, match=name):
            build_backbone("alexnet", weights=str(tmp_path / name))


def test_weights_of_data_parallel_lose_their_prefix(tmp_path: Path) -> None:
    import torchvision

    model = torchvision.models.alexnet(weights=None)
    path = tmp_path / "parallel.pt"
    torch.save({f"module.{name}": value for name, value in model.state_dict().items()}, path)
    loaded = build_backbone("alexnet", weights=str(path))
    assert torch.equal(loaded.stages[0][0].weight, model.features[0].weight)


def test_a_file_that_would_run_code_is_refused_without_torchs_advice(tmp_path: Path) -> None:
    """torch's own message says how to run what is in the file."""
    path = tmp_path / "whole_model.pt"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(ModelError, match="other things than arrays") as caught:
        build_backbone("alexnet", weights=str(path))
    assert "weights_only" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_cannot_be_downloaded_say_what_to_do() -> None:
    with (
        pytest.raises(ModelError, match="--weights FILE"),
        explained_download("vgg16", downloading=True),
    ):
        raise OSError("Name or service not known")
    with pytest.raises(OSError, match="other"), explained_download("vgg16", downloading=False):
        raise OSError("other")


TWO_GRIDS = {"taps": (5, 6), "tap_magnitudes": True}


def on_two_grids(own_grids: bool):
    """The same weights either way."""
    torch.manual_seed(0)
    return build_backbone("efficientnet_lite0", **TWO_GRIDS, own_grids=own_grids).eval()


def test_taps_keep_their_own_grid() -> None:
    backbone = on_two_grids(True)
    assert backbone.grid_factors == (2, 1)
    assert backbone.grid_features == (2 * 112, 2 * 192 + 1280)
    x = torch.randn(2, 3, 64, 96)
    with torch.inference_mode():
        fine, coarse = backbone.grids(x)
        whole = backbone(x)
        tap = backbone(x, stop=6)
    assert fine.shape == (2, 224, 4, 6)
    assert coarse.shape == (2, 1664, 2, 3)
    torch.testing.assert_close(fine, torch.cat([tap, tap.abs()], dim=1), rtol=0, atol=0)
    torch.testing.assert_close(whole[:, :224], fine, rtol=0, atol=0)
    assert whole.shape == (2, backbone.num_features, 4, 6)


@pytest.mark.parametrize(("height", "width"), [(64, 96), (320, 320), (192, 512)])
def test_means_are_those_of_taps_that_were_averaged_down(height: int, width: int) -> None:
    x = torch.randn(1, 3, height, width)
    with torch.inference_mode():
        own = on_two_grids(True)(x).mean(dim=(2, 3))
        down = on_two_grids(False)(x).mean(dim=(2, 3))
    torch.testing.assert_close(own, down, rtol=1e-4, atol=1e-5)


def test_on_one_grid_there_is_nothing_to_spread() -> None:
    backbone = on_two_grids(False)
    assert backbone.grid_factors == (1,)
    assert backbone.grid_features == (backbone.num_features,)
    x = torch.randn(1, 3, 65, 97)
    with torch.inference_mode():
        (only,) = backbone.grids(x)
        torch.testing.assert_close(only, backbone(x), rtol=0, atol=0)
