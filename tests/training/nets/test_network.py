"""The identity of maps and logits, in training and testing order."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from aesmap.training.nets.backbones import build_backbone  # noqa: E402
from aesmap.training.nets.folding import fold_batch_norm  # noqa: E402
from aesmap.training.nets.heads import LinearHead  # noqa: E402
from aesmap.training.nets.network import AestheticNetwork  # noqa: E402


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    built = AestheticNetwork(build_backbone("efficientnet_lite0"), num_attributes=3)
    torch.nn.init.normal_(built.level.weight)
    torch.nn.init.normal_(built.level.bias)
    return built.eval()


@pytest.mark.parametrize("size", [(32, 32), (45, 77), (224, 288)])
def test_logits_are_means_of_maps_plus_bias(network, size: tuple[int, int]) -> None:
    with torch.inference_mode():
        out = network(torch.randn(2, 3, *size))
    means = out.level_map.mean(dim=(2, 3)) + network.level.bias
    torch.testing.assert_close(out.level_logits, means, rtol=0, atol=1e-4)
    bias = network.level.bias[1] - network.level.bias[0]
    torch.testing.assert_close(out.logit, out.evidence.mean(dim=(1, 2)) + bias, rtol=0, atol=1e-4)
    means = out.attribute_map.mean(dim=(2, 3)) + network.attributes.bias
    torch.testing.assert_close(out.attribute_logits, means, rtol=0, atol=1e-4)


def test_training_order_gives_the_testing_orders_logits() -> None:
    """Eq. 1-2, pooling before classifier, against eq. 5-8: eq. 12."""
    torch.manual_seed(1)
    head = LinearHead(6, 2)
    x = torch.randn(3, 6, 5, 7, dtype=torch.float64)
    logits, _ = head.double()(x)
    pooled_first = x.mean(dim=(2, 3)) @ head.weight.T + head.bias
    torch.testing.assert_close(logits, pooled_first, rtol=0, atol=1e-12)


def test_softmax_of_the_pair_is_sigmoid_of_the_one_logit(network) -> None:
    with torch.inference_mode():
        out = network(torch.randn(2, 3, 64, 64))
    high = out.level_logits.softmax(dim=1)[:, 1]
    torch.testing.assert_close(high, out.logit.sigmoid(), rtol=0, atol=1e-6)


def test_a_network_without_attributes_has_empty_ones() -> None:
    bare = AestheticNetwork(build_backbone("alexnet")).eval()
    with torch.inference_mode():
        out = bare(torch.randn(2, 3, 64, 64))
    assert out.attribute_logits.shape == (2, 0)
    assert out.attribute_map.shape[:2] == (2, 0)


def test_dropout_keeps_the_identity_while_training() -> None:
    torch.manual_seed(2)
    net = AestheticNetwork(build_backbone("alexnet"), dropout=0.5).train()
    out = net(torch.randn(2, 3, 64, 64))
    means = out.level_map.mean(dim=(2, 3)) + net.level.bias
    torch.testing.assert_close(out.level_logits, means, rtol=0, atol=1e-5)


def test_folding_batch_norm_changes_nothing_but_the_modules() -> None:
    torch.manual_seed(3)
    backbone = build_backbone("efficientnet_lite0").eval()
    for module in backbone.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 3, 65, 64)
    with torch.inference_mode():
        before = backbone(x)
        fold_batch_norm(backbone)
        after = backbone(x)
    assert not any(isinstance(m, torch.nn.BatchNorm2d) for m in backbone.modules())
    torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-4 * float(before.abs().max()))
