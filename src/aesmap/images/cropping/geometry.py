"""Boxes, pixels and densities of a stored picture, and what they are once it is upright."""

from __future__ import annotations

from PIL import Image

from aesmap.images.cropping.high_bit_depth import CROP_FILTER, UInt16Array
from aesmap.images.decoding import UPRIGHT_TRANSPOSITIONS
from aesmap.types import Box, Size


def reduced_window(
    image: Image.Image, box: Box, size: Size, orientation: int, target: Size | None
) -> Image.Image:
    """A stored box of an image that may be decoded at reduced scale, at a size where one is set."""
    if target is None:
        return cropped(image, box)
    stored = size if orientation < 5 else Size(size.width, size.height)
    across, down = image.width / stored.width, image.height / stored.height
    return image.resize(
        (target.width, target.height),
        CROP_FILTER,
        box=(box.left * across, box.top * down, box.right * across, box.bottom * down),
        reducing_gap=3.0,
    )


def size_of_crop(
    box: Box, *, width: int | None = None, height: int | None = None, upscale: bool = False
) -> Size:
    """Tell the size of a box's file at a width or a height, the other side to the nearest pixel.

    Without either, and where the box is smaller and ``upscale`` not set, it is the box's own.
    """
    if width is None and height is not None:
        turned = size_of_crop(Box(0, 0, box.height, box.width), width=height, upscale=upscale)
        return Size(turned.width, turned.height)
    if width is None or (width > box.width and not upscale):
        return box.size
    return Size(max(1, round(box.height * width / box.width)), width)


def box_as_stored(box: Box, size: Size, orientation: int) -> Box:
    """Where a box of the upright photo of ``size`` lies among the pixels of its file."""
    left, top, right, bottom = box.as_tuple()
    if orientation in (2, 3, 6, 7):
        left, right = size.width - right, size.width - left
    if orientation in (3, 4, 7, 8):
        top, bottom = size.height - bottom, size.height - top
    if orientation >= 5:  # the file's rows are the photo's columns
        left, top, right, bottom = top, left, bottom, right
    return Box(left, top, right, bottom)


def cropped(image: Image.Image, box: Box) -> Image.Image:
    """Cut a box out of a stored picture."""
    # Not Image.crop, which compares the crop with Pillow's global limit and warns or raises.
    window = Image.new(image.mode, (box.width, box.height))
    window.paste(image, (-box.left, -box.top))
    return window


def upright(image: Image.Image, orientation: int) -> Image.Image:
    """Turn a stored picture upright."""
    turn = UPRIGHT_TRANSPOSITIONS.get(orientation)
    return image if turn is None else image.transpose(turn)


def upright_samples(samples: UInt16Array, orientation: int) -> UInt16Array:
    """Turn stored samples (H,W) or (H,W,C) upright."""
    if orientation >= 5:
        samples = samples.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    return samples


def upright_density(dpi: object, orientation: int) -> tuple[float, float] | None:
    """Dots per inch of the upright picture, across and down, where the file states them."""
    if not (isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < float(v) < 1e5 for v in dpi)):
        return None
    across, down = map(float, dpi)
    return (down, across) if orientation >= 5 else (across, down)
