from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from aesmap.images.frame_cues import NAMES, FrameCues, alignment, frame_cues

Pictures = dict[str, npt.NDArray[np.uint8]]


def cue(cues: FrameCues, name: str) -> float:
    return float(cues.array[NAMES.index(name)])


def small(picture: npt.NDArray[np.uint8]) -> Image.Image:
    return Image.fromarray(picture).resize((384, 256))


def cues_of(image: Image.Image) -> FrameCues:
    return frame_cues(np.asarray(image))


def test_a_blurred_copy_has_less_fine_detail(photos: Pictures) -> None:
    image = small(photos["china"])
    plain, blurred = cues_of(image), cues_of(image.filter(ImageFilter.GaussianBlur(1.5)))
    for name in ("fine_80", "fine_50", "coarse_80", "grain_80"):
        assert cue(plain, name) > cue(blurred, name) + 0.3


def test_a_turned_copy_is_off_upright(photos: Pictures) -> None:
    lines = np.zeros((256, 384, 3), np.uint8)
    lines[:, ::24] = lines[::24] = 255
    image = Image.fromarray(lines).resize((768, 512)).filter(ImageFilter.GaussianBlur(1))
    level = cues_of(image.crop((100, 100, 420, 340)))
    turned = cues_of(image.rotate(4, Image.Resampling.BICUBIC).crop((100, 100, 420, 340)))
    assert cue(level, "off_upright") < 1
    assert 3 <= cue(turned, "off_upright") <= 5
    assert cue(level, "upright") > cue(turned, "upright")


def test_exposure_is_of_the_luma(photos: Pictures) -> None:
    grey = np.full((64, 64, 3), 51, np.uint8)
    grey[:16] = 255
    cues = frame_cues(grey)
    assert cue(cues, "luma_50") == pytest.approx(0.2)
    assert cue(cues, "luma_95") == pytest.approx(1.0)
    assert cue(cues, "clipped") == pytest.approx(0.5)  # the root of a quarter
    assert cue(cues, "white") == pytest.approx(0.5)
    assert cue(cues, "dark") == 0


def test_alignment_is_of_what_lies_where(photos: Pictures) -> None:
    image = small(photos["china"])
    darker = image.point(lambda level: int(0.6 * level))
    moved = image.crop((80, 40, 384, 256)).resize(image.size)
    found = alignment(
        cues_of(image), [cues_of(one) for one in (image, darker, moved, small(photos["coffee"]))]
    )
    assert found[0] == 1
    assert found[1] == 1
    assert found[2] < 0.5
    assert found[3] == 0


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 400), (320, 320)])
@pytest.mark.parametrize("level", [0, 255, None])
def test_every_picture_has_finite_cues(shape: tuple[int, int], level: int | None) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    cues = frame_cues(noise if level is None else np.full_like(noise, level))
    assert cues.array.shape == (len(NAMES),)
    assert np.isfinite(cues.array).all()
    assert np.isfinite(alignment(cues, [cues])).all()
