"""Coarse maps on a finer grid: the linear interpolant, with the mean of the cells."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from aesmap.model.maps import upsample  # noqa: E402
from aesmap.training.nets.spreading import Spread, spread_op  # noqa: E402
from aesmap.types import Size  # noqa: E402

# Sums of a few products of float32 near 1.
TOLERANCE = 1e-6


@pytest.mark.parametrize(("height", "width", "factor"), [(10, 10, 2), (6, 16, 2), (1, 3, 4)])
def test_it_is_the_projects_upsampling_that_keeps_the_mean(
    height: int, width: int, factor: int
) -> None:
    torch.manual_seed(0)
    coarse = torch.randn(2, 3, height, width)
    fine = torch.empty(2, 5, factor * height, factor * width)
    found = Spread()(coarse, fine, factor)
    expected = upsample(coarse.numpy(), Size(factor * height, factor * width))
    torch.testing.assert_close(found.double(), torch.from_numpy(expected), rtol=0, atol=TOLERANCE)
    torch.testing.assert_close(
        found.mean(dim=(2, 3)), coarse.mean(dim=(2, 3)), rtol=0, atol=TOLERANCE
    )


def test_cells_beyond_the_fine_grid_are_cut_off() -> None:
    coarse = torch.randn(1, 1, 3, 2)
    whole = Spread()(coarse, torch.empty(1, 1, 6, 4), 2)
    cut = Spread()(coarse, torch.empty(1, 1, 5, 3), 2)
    torch.testing.assert_close(cut, whole[:, :, :5, :3], rtol=0, atol=0)


def test_a_convolution_of_one_pixel_commutes_with_it() -> None:
    torch.manual_seed(1)
    coarse, weight = torch.randn(1, 7, 4, 5), torch.randn(2, 7, 1, 1)
    fine = torch.empty(1, 1, 8, 9)
    first = Spread()(torch.nn.functional.conv2d(coarse, weight), fine, 2)
    second = torch.nn.functional.conv2d(Spread()(coarse, fine, 2), weight)
    torch.testing.assert_close(first, second, rtol=0, atol=10 * TOLERANCE)


def test_as_one_operation_it_is_the_same() -> None:
    coarse, fine = torch.randn(1, 2, 3, 4), torch.empty(1, 1, 6, 7)
    plain = Spread()(coarse, fine, 2)
    torch.testing.assert_close(spread_op(coarse, fine, 2), plain, rtol=0, atol=0)
    torch.library.opcheck(spread_op, (coarse, fine, 2))
