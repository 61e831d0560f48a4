"""maps.js against Python: the same numbers in the browser and in Python."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from aesmap.explain import overlay
from aesmap.model.maps import footprint_weights, upsample
from aesmap.types import Size
from browser_files import WEB

SHAPES = [((8, 12), (213, 320)), ((1, 1), (5, 7)), ((1, 6), (40, 9)), ((10, 10), (3, 4)),
          ((2, 2), (2, 2)), ((7, 12), (480, 301))]  # fmt: skip


@pytest.fixture(scope="module")
def maps_js(chromium: Any) -> Any:
    """A page on which ``maps`` is the module."""
    page = chromium.new_page()
    scales, script = (
        (WEB / name).read_text(encoding="utf-8") for name in ("colour_scales.js", "maps.js")
    )
    script = scales + script.replace('import { COLOUR_SCALES } from "./colour_scales.js";\n', "")
    encoded = base64.b64encode(script.encode()).decode()
    page.evaluate(
        f"import('data:text/javascript;base64,{encoded}').then(m => {{ window.maps = m; }})"
    )
    yield page
    page.close()


def cells_of(shape: tuple[int, int], seed: int = 0) -> npt.NDArray[np.float32]:
    return np.random.default_rng(seed).normal(0.5, 4, shape).astype(np.float32)


def as_map(cells: npt.NDArray[np.float32]) -> list[Any]:
    return [base64.b64encode(cells.astype("<f4").tobytes()).decode(), *cells.shape]


@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_upsampling_is_that_of_core(
    maps_js: Any, shape: tuple[int, int], size: tuple[int, int]
) -> None:
    cells = cells_of(shape)
    found = maps_js.evaluate(
        "([map, size]) => Array.from(maps.upsample(maps.decodeMap(...map), ...size))",
        [as_map(cells), size],
    )
    expected = upsample(cells, Size(*size))
    np.testing.assert_allclose(np.reshape(found, size), expected, rtol=0, atol=1e-12)
    # The identity: no picture changes the mean, which is the assessment.
    assert np.mean(found) == pytest.approx(cells.mean(dtype=np.float64), abs=1e-12)


@pytest.mark.parametrize(
    ("cells", "pixels"), [(1, 1), (1, 9), (5, 3), (5, 5), (12, 320), (12, 31), (40, 7)]
)
def test_weights_are_those_of_core(maps_js: Any, cells: int, pixels: int) -> None:
    found = maps_js.evaluate(f"maps.footprintWeights({cells}, {pixels})")
    dense = np.zeros((pixels, cells))
    for row, pixel in zip(dense, found, strict=True):
        row[pixel["first"] : pixel["first"] + len(pixel["weights"])] = pixel["weights"]
    np.testing.assert_allclose(dense, footprint_weights(cells, pixels), rtol=0, atol=1e-13)


@pytest.mark.parametrize("kind", ["evidence", "within", "high", "low", "attribute"])
def test_colours_are_those_of_core(maps_js: Any, kind: str) -> None:
    cells, size = cells_of((8, 12)), Size(90, 140)
    found = maps_js.evaluate(
        "([map, kind]) => Array.from(maps.colours(maps.decodeMap(...map), kind, 90, 140))",
        [as_map(cells), kind],
    )
    expected = {
        "evidence": lambda: overlay.colour_evidence(cells, size),
        "within": lambda: overlay.colour_within(cells, size),
        "high": lambda: overlay.colour_positive(cells, size, pigment=overlay.SPEAKS_FOR),
        "low": lambda: overlay.colour_positive(-cells, size, pigment=overlay.WEIGHS_AGAINST),
        "attribute": lambda: overlay.colour_positive(
            cells, size, pigment=overlay.ATTRIBUTE, limit=overlay.ATTRIBUTE_LIMIT
        ),
    }[kind]()
    painted = np.reshape(found, (90, 140, 4))
    np.testing.assert_array_equal(painted[..., 3], expected[..., 3])
    seen = expected[..., 3] > 0
    np.testing.assert_array_equal(painted[seen], expected[seen])


def test_faces_are_left_uncoloured_as_in_core(maps_js: Any) -> None:
    cells, boxes = cells_of((8, 12)), [(0.3, 0.2, 0.42, 0.5), (0.9, 0.7, 1.0, 0.95)]
    found = maps_js.evaluate(
        """([map, boxes]) =>
            Array.from(maps.colours(maps.decodeMap(...map), "evidence", 90, 140, boxes))""",
        [as_map(cells), boxes],
    )
    plain = overlay.colour_evidence(cells, Size(90, 140))
    expected = overlay.uncolour(plain, boxes)
    assert (expected[..., 3] != plain[..., 3]).sum() > 500
    np.testing.assert_array_equal(np.reshape(found, (90, 140, 4))[..., 3], expected[..., 3])
    ask = "([boxes, x, y]) => maps.isUncoloured(boxes, x, y)"
    assert maps_js.evaluate(ask, [boxes, 0.35, 0.3])
    assert not maps_js.evaluate(ask, [boxes, 0.5, 0.3])


def test_a_map_over_a_photo_is_that_of_core(maps_js: Any, photos: dict[str, Any]) -> None:
    size = Size(107, 160)
    photo = np.asarray(Image.fromarray(photos["china"]).resize((160, 107)))
    cells = cells_of((8, 12), seed=1)
    rgba = np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)])
    found = maps_js.evaluate(
        """([photo, map]) => {
            const bytes = Uint8ClampedArray.from(atob(photo), (letter) => letter.charCodeAt(0));
            const painted = maps.colours(maps.decodeMap(...map), "evidence", 107, 160);
            return Array.from(maps.blend(bytes, painted));
        }""",
        [base64.b64encode(rgba.tobytes()).decode(), as_map(cells)],
    )
    expected = overlay.blend(photo, overlay.colour_evidence(cells, size))
    difference = np.abs(np.reshape(found, (107, 160, 4))[..., :3] - expected.astype(int))
    assert difference.max() <= 1  # float64 here, float32 there
    assert (difference > 0).mean() < 1e-3


def test_the_value_at_a_point_is_the_interpolant(maps_js: Any) -> None:
    """Pixels so small that the mean over one is its middle, but for its curvature."""
    cells = cells_of((5, 7))
    fine = upsample(cells, Size(500, 700))
    for row, column in ((0, 0), (499, 699), (250, 350), (123, 456), (49, 699), (307, 12)):
        point = [(column + 0.5) / 700, (row + 0.5) / 500]
        found = maps_js.evaluate(
            "([map, point]) => maps.valueAt(maps.decodeMap(...map), ...point)",
            [as_map(cells), point],
        )
        assert found == pytest.approx(fine[row, column], abs=0.03)
    centre = maps_js.evaluate(
        "(map) => maps.valueAt(maps.decodeMap(...map), 2.5 / 7, 1.5 / 5)", as_map(cells)
    )
    assert centre == pytest.approx(cells[1, 2], abs=1e-6)


def test_limits_are_those_of_python(maps_js: Any) -> None:
    for kind, limit in (
        ("evidence", overlay.EVIDENCE_LIMIT),
        ("within", overlay.WITHIN_LIMIT),
        ("high", overlay.EVIDENCE_LIMIT),
        ("low", overlay.EVIDENCE_LIMIT),
        ("attribute", overlay.ATTRIBUTE_LIMIT),
    ):
        assert maps_js.evaluate(f"maps.limitOf('{kind}')") == limit


def test_legends_have_the_pigments_of_maps() -> None:
    styles = (WEB / "report.css").read_text(encoding="utf-8")
    for name, (red, green, blue) in (
        ("warm", overlay.SPEAKS_FOR),
        ("cool", overlay.WEIGHS_AGAINST),
        ("violet", overlay.ATTRIBUTE),
        ("above", overlay.ABOVE_MEAN),
        ("below", overlay.BELOW_MEAN),
    ):
        assert f"--{name}: #{red:02x}{green:02x}{blue:02x};" in styles


def test_a_map_of_another_size_is_refused(maps_js: Any) -> None:
    message = maps_js.evaluate(
        "(map) => { try { maps.decodeMap(map, 3, 3); } catch (error) { return error.message; } }",
        as_map(cells_of((2, 4)))[0],
    )
    assert message == "8 cells are not 3 x 3"
