from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from aesmap.images.moments.frame_cues import (
    NAMES,
    FrameCues,
    alignment,
    detail_of,
    frame_cues,
    is_focus_elsewhere,
    is_motion,
)

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


def moved(image: Image.Image, length: int) -> Image.Image:
    """Moved sideways while the shutter was open."""
    pixels = np.asarray(image).astype(float)
    steps = [np.roll(pixels, step, axis=1) for step in range(length)]
    return Image.fromarray(np.mean(steps, axis=0).astype(np.uint8))


def test_motion_is_told_from_a_lens_out_of_focus(photos: Pictures) -> None:
    image = small(photos["china"])
    sharp, shaken = cues_of(image), cues_of(moved(image, 7))
    soft, dark = image.filter(ImageFilter.GaussianBlur(2)), image.point(lambda level: level // 2)
    assert is_motion(sharp, shaken)
    assert is_motion(
        sharp, cues_of(moved(image.rotate(90, expand=True), 7).rotate(-90, expand=True))
    )
    assert not is_motion(shaken, sharp)
    assert not is_motion(sharp, cues_of(soft))
    assert not is_motion(sharp, cues_of(dark))
    assert not is_motion(sharp, sharp)


def test_focus_lies_elsewhere_where_each_is_sharper_somewhere(photos: Pictures) -> None:
    image = small(photos["china"])
    soft = image.filter(ImageFilter.GaussianBlur(2))
    left_soft, right_soft = image.copy(), soft.copy()
    half = (0, 0, 192, 256)
    left_soft.paste(soft.crop(half), half)
    right_soft.paste(image.crop(half), half)
    one, other = cues_of(left_soft), cues_of(right_soft)
    assert is_focus_elsewhere(one, other)
    assert is_focus_elsewhere(other, one)
    for plain in (cues_of(image), cues_of(soft)):
        assert not is_focus_elsewhere(plain, one)
    assert (detail_of(one)[:, 6:] > detail_of(other)[:, 6:]).all()


def test_the_same_pixels_have_the_same_cues_wherever_they_lie(photos: Pictures) -> None:
    """Copies of one picture are told by that."""
    picture = np.asarray(small(photos["china"]))
    cues = frame_cues(picture)
    for shift in range(1, 9):
        room = np.empty(picture.size + 16, np.uint8)
        moved_on = room[shift : shift + picture.size].reshape(picture.shape)
        moved_on[:] = picture
        assert frame_cues(moved_on) == cues


def test_cues_come_back_as_they_were_kept(photos: Pictures) -> None:
    cues = cues_of(small(photos["coffee"]))
    assert FrameCues.of_parts(cues.parts) == cues
    assert FrameCues.of_parts(cues.parts[:2]) is None  # as an earlier version kept them
    assert FrameCues.of_parts([]) is None


@pytest.mark.parametrize("shape", [(1, 1), (8, 8), (3, 400), (320, 320)])
@pytest.mark.parametrize("level", [0, 255, None])
def test_every_picture_has_finite_cues(shape: tuple[int, int], level: int | None) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (*shape, 3), dtype=np.uint8)
    cues = frame_cues(noise if level is None else np.full_like(noise, level))
    assert cues.array.shape == (len(NAMES),)
    assert np.isfinite(cues.array).all()
    assert np.isfinite(alignment(cues, [cues])).all()
    assert not is_motion(cues, cues)
    assert not is_focus_elsewhere(cues, cues)
