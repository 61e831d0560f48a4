"""Frames of a panorama and frames of a moment, cut from one photograph."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from aesmap.images.moments.frame_cues import frame_cues
from aesmap.images.moments.overlap import are_panned, shifted

Pictures = dict[str, npt.NDArray[np.uint8]]
NAMES = ("china", "coffee", "astronaut")


def panned(photo: npt.NDArray[np.uint8], right: float, down: float = 0.0) -> bool:
    """Two frames of 0.55 of the photograph, of which the second lies these shares away."""
    image = Image.fromarray(photo)
    width, height = (int(0.55 * side) for side in image.size)
    left, top = int(right * width), int(down * height)
    cues = [
        frame_cues(np.asarray(image.crop((x, y, x + width, y + height)).resize((384, 256))))
        for x, y in ((0, 0), (left, top))
    ]
    assert are_panned(*cues) == are_panned(*reversed(cues))
    return are_panned(*cues)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.25, 0.4, 0.6])
def test_frames_that_lie_side_by_side_are_panned(photos: Pictures, name: str, share: float) -> None:
    assert panned(photos[name], share)
    assert panned(photos[name], 0, share)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("share", [0.0, 0.03, 0.08])
def test_a_hand_that_moves_pans_nothing(photos: Pictures, name: str, share: float) -> None:
    assert not panned(photos[name], share, share)


def test_other_pictures_and_plain_ones_are_not_panned(photos: Pictures) -> None:
    cues = [
        frame_cues(np.asarray(Image.fromarray(photos[name]).resize((384, 256)))) for name in NAMES
    ]
    cues.append(frame_cues(np.full((256, 384, 3), 90, np.uint8)))
    cues.append(frame_cues(np.full((320, 320, 3), 90, np.uint8)))  # of another shape
    for one in cues:
        for other in cues:
            assert not are_panned(one, other)


def test_correlations_are_those_of_what_overlaps() -> None:
    rng = np.random.default_rng(1)
    one, other = rng.normal(size=(12, 16)), rng.normal(size=(12, 16))
    found = shifted(one, other)
    expected = np.corrcoef(one[2:, :-3].ravel(), other[:-2, 3:].ravel())[0, 1]
    assert found[2, -3] == pytest.approx(expected)
    assert found[0, 0] == pytest.approx(np.corrcoef(one.ravel(), other.ravel())[0, 1])
    assert found[11, 0] == -1  # a row of 12 is too little
