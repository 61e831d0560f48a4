"""Where faces are, so that a frame does not cut them, and no map colours them; for that alone.

Nothing else is asked of the detector: who somebody is, how many people there are and what they
look like is neither computed nor written anywhere. The detector is YuNet (Wu, Peng and Yu 2023,
doi:10.1007/s11633-023-1423-y) as the OpenCV Zoo publishes it, run by ONNX Runtime; decoding and
suppression follow OpenCV's ``FaceDetectorYN``.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from aesmap.crops.framing import Face, clipped_box
from aesmap.model.backends.onnxruntime import OnnxRuntimeEngine
from aesmap.types import Float32Array, FloatArray, Size, UInt8Array

THRESHOLD: Final = 0.7
"""Least score of a face; ``docs/crop.md`` has its precision and recall."""

ABOVE, ASIDE = 0.5, 0.15
"""What a head has beyond the box of its face: parts of the box's height and of its width."""

_FILE: Final = "face_detection_yunet_2023mar.onnx"
SIDE: Final = 640
NEARLY: Final = 0.85
"""A whole reduction is taken for the detector if it leaves so much of the side."""
STRIDES: Final = (8, 16, 32)
MOST_OVERLAP: Final = 0.3
MOST_CANDIDATES: Final = 1000
_OUTPUTS: Final = tuple(
    f"{name}_{stride}" for name in ("cls", "obj", "bbox", "kps") for stride in STRIDES
)
EYE_MARGIN: Final = 0.15


def detect_faces(rgb: UInt8Array, full_size: Size) -> tuple[Face, ...]:
    """Find the faces of a photograph.

    Parameters
    ----------
    rgb
        The upright photograph, uint8 (H,W,3), maybe decoded at reduced scale. About 640 pixels
        on its longer side are enough.
    full_size
        The size of the photograph in whose pixels the faces are wanted.

    Returns
    -------
    tuple of Face
        Those that score at least :data:`THRESHOLD`, the surest first.
    """
    boxes, points, scores = raw_detections(rgb)
    sure = scores >= THRESHOLD
    scale = np.array([full_size.width / rgb.shape[1], full_size.height / rgb.shape[0]])
    return tuple(
        _face(box * np.tile(scale, 2), eyes * scale, full_size)
        for box, eyes in zip(boxes[sure], points[sure, :2], strict=True)
    )


def raw_detections(
    rgb: UInt8Array, least_score: float = THRESHOLD
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Run the detector.

    Parameters
    ----------
    rgb
        The upright photograph, uint8 (H,W,3).
    least_score
        What scores less, 0 to 1, is left out.

    Returns
    -------
    tuple of arrays
        Boxes (N,4) of left, top, right and bottom, points (N,5,2) of which the first two are the
        eyes, both in pixels of ``rgb``, and scores (N,), highest first.
    """
    height, width = rgb.shape[:2]
    picture = _at_most(Image.fromarray(rgb), SIDE)
    small = picture.size
    # The graph takes one size: what the photograph leaves of the square stays black.
    pixels = np.zeros((1, 3, SIDE, SIDE), np.float32)
    pixels[0, :, : small[1], : small[0]] = np.asarray(picture)[:, :, ::-1].transpose(2, 0, 1)
    boxes, points, scores = _decoded(_detector().run(_OUTPUTS, "input", pixels), least_score)
    kept = _suppressed(boxes, scores)
    ratio = np.array([width / small[0], height / small[1]])
    return boxes[kept] * np.tile(ratio, 2), points[kept] * ratio, scores[kept]


def _at_most(picture: Image.Image, side: int) -> Image.Image:
    """Bring a picture's longer side to so many pixels, or to what is left of a whole reduction."""
    longer = max(picture.size)
    reduction = -(-longer // side)
    if reduction > 1 and longer >= NEARLY * side * reduction:
        return picture.reduce(reduction)  # five times cheaper than resampling
    scale = side / longer
    small = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return picture.resize(small, Image.Resampling.BILINEAR, reducing_gap=1.0)


@lru_cache(maxsize=1)
def _detector() -> OnnxRuntimeEngine:
    weights = (files("aesmap") / "assets" / "yunet" / _FILE).read_bytes()
    # One thread: whoever crops many photographs brings threads of their own.
    return OnnxRuntimeEngine(_FILE, weights, num_threads=1)


def _decoded(
    outputs: list[Float32Array], least_score: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Boxes (N,4), points (N,5,2) and scores (N,) from the outputs of all strides."""
    found: list[tuple[FloatArray, FloatArray, FloatArray]] = []
    for index, stride in enumerate(STRIDES):
        classes, objects, offsets, points = (
            outputs[kind * len(STRIDES) + index][0].astype(np.float64) for kind in range(4)
        )
        scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
        chosen = np.flatnonzero(scores >= least_score)
        # Cells in reading order; everything is told in strides from a cell's corner.
        cells = np.stack([chosen % (SIDE // stride), chosen // (SIDE // stride)], axis=1)
        centres = (cells + offsets[chosen, :2]) * stride
        halves = np.exp(offsets[chosen, 2:]) * stride / 2
        places = (points[chosen].reshape(-1, 5, 2) + cells[:, None]) * stride
        found.append((np.hstack([centres - halves, centres + halves]), places, scores[chosen]))
    boxes, places, scores = (np.concatenate(part) for part in zip(*found, strict=True))
    order = np.argsort(-scores, kind="stable")[:MOST_CANDIDATES]
    return boxes[order], places[order], scores[order]


def _suppressed(boxes: FloatArray, scores: FloatArray) -> npt.NDArray[np.intp]:
    """Indices of boxes, sorted by score, that no better one overlaps (non-maximum suppression)."""
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    left = np.arange(len(scores))
    kept = []
    while len(left):
        best, left = left[0], left[1:]
        kept.append(best)
        sides = np.minimum(boxes[best, 2:], boxes[left, 2:])
        sides = sides - np.maximum(boxes[best, :2], boxes[left, :2])
        shared = np.clip(sides, 0, None).prod(axis=1)
        left = left[shared <= MOST_OVERLAP * (areas[best] + areas[left] - shared)]
    return np.array(kept, dtype=np.intp)


def _face(box: FloatArray, eyes: FloatArray, size: Size) -> Face:
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    aside = ASIDE * width
    margin = EYE_MARGIN * width
    return Face(
        clipped_box(left, top, right, bottom, size),
        clipped_box(left - aside, top - ABOVE * height, right + aside, bottom, size),
        clipped_box(
            eyes[:, 0].min() - margin,
            eyes[:, 1].min() - margin,
            eyes[:, 0].max() + margin,
            eyes[:, 1].max() + margin,
            size,
        ),
    )
