"""The face detector: a photograph whose face is known, photographs without, hand-made boxes."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest
from PIL import Image

from aesmap.crops import faces as detector
from aesmap.crops.faces import detect_faces, raw_detections
from aesmap.crops.framing import Face
from aesmap.types import Box, Size

# Of skimage's astronaut, read off the photograph: the face from hairline to chin, and both eyes.
FACE = Box(175, 65, 268, 190)
EYES = ((203, 115), (245, 115))


def only_face(rgb: np.ndarray, size: Size | None = None) -> Face:
    (face,) = detect_faces(rgb, size or Size(*rgb.shape[:2]))
    return face


def test_a_face_lies_where_people_see_it(photos: dict[str, np.ndarray]) -> None:
    face = only_face(photos["astronaut"])
    assert face.box.iou(FACE) > 0.7
    for x, y in EYES:
        assert face.eyes.left < x < face.eyes.right
        assert face.eyes.top < y < face.eyes.bottom
    assert face.head.top < face.box.top - 0.4 * face.box.height
    assert face.head.left < face.box.left < face.box.right < face.head.right
    assert face.head.bottom == face.box.bottom


def test_boxes_are_of_the_full_size_whatever_was_decoded(photos: dict[str, np.ndarray]) -> None:
    whole = only_face(photos["astronaut"])
    half = np.ascontiguousarray(photos["astronaut"][::2, ::2])
    assert only_face(half, Size(512, 512)).box.iou(whole.box) > 0.85
    doubled = only_face(photos["astronaut"], Size(1024, 1024)).box
    assert doubled.left == pytest.approx(2 * whole.box.left, abs=2)
    assert doubled.bottom == pytest.approx(2 * whole.box.bottom, abs=2)


@pytest.mark.parametrize("times", [1.25, 2, 2.3, 5])
def test_a_larger_photograph_has_its_face_in_the_same_place(
    photos: dict[str, np.ndarray], times: float
) -> None:
    # Reduced wholly (640, 1024 to 512 at 2, 1178 to 589) or resampled, and both in turn (2560).
    side = round(512 * times)
    larger = np.asarray(Image.fromarray(photos["astronaut"]).resize((side, side)))
    assert only_face(larger, Size(512, 512)).box.iou(only_face(photos["astronaut"]).box) > 0.85


@pytest.mark.parametrize("shape", [(1024, 512), (512, 1024), (512, 512)])
def test_place_and_mirror_in_photos_of_any_shape(
    photos: dict[str, np.ndarray], shape: tuple[int, int]
) -> None:
    canvas = np.full((*shape, 3), 127, np.uint8)
    canvas[-512:, -512:] = photos["astronaut"]
    down, across = shape[0] - 512, shape[1] - 512
    expected = Box(FACE.left + across, FACE.top + down, FACE.right + across, FACE.bottom + down)
    assert only_face(canvas).box.iou(expected) > 0.6
    mirrored = only_face(np.ascontiguousarray(canvas[:, ::-1])).box
    assert mirrored.iou(
        Box(shape[1] - expected.right, expected.top, shape[1] - expected.left, expected.bottom)
    ) > (0.6)


@pytest.mark.parametrize("name", ["coffee", "rocket", "china", "flower", "hubble", "motorcycle"])
def test_no_face_where_nobody_is(photos: dict[str, np.ndarray], name: str) -> None:
    assert detect_faces(photos[name], Size(*photos[name].shape[:2])) == ()


@pytest.mark.parametrize("shape", [(1, 1), (1, 900), (900, 1), (8, 8)])
def test_tiny_and_thin_pictures_are_no_trouble(shape: tuple[int, int]) -> None:
    assert detect_faces(np.zeros((*shape, 3), np.uint8), Size(*shape)) == ()


def test_scores_fall_and_no_two_boxes_are_of_one_face(photos: dict[str, np.ndarray]) -> None:
    crowd = np.hstack([photos["astronaut"], photos["astronaut"][:, ::-1]])
    boxes, points, scores = raw_detections(crowd, 0.5)
    assert list(scores) == sorted(scores, reverse=True)
    assert sum(scores >= detector.THRESHOLD) == 2
    assert boxes.shape == (len(scores), 4)
    assert points.shape == (len(scores), 5, 2)


def test_suppression_by_hand() -> None:
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [8, 0, 18, 10], [40, 40, 50, 50]], float)
    # The second has an IoU of 90/110 with the first, the third one of 20/180.
    kept = detector._suppressed(boxes, np.array([0.9, 0.8, 0.7, 0.6]))
    assert kept.tolist() == [0, 2, 3]


def test_the_shipped_file_is_the_published_one_with_its_licence() -> None:
    folder = files("aesmap") / "assets" / "yunet"
    weights = (folder / "face_detection_yunet_2023mar.onnx").read_bytes()
    # The hash that the OpenCV Zoo's Git LFS pointer gives.
    assert hashlib.sha256(weights).hexdigest() == (
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
    )
    licence = (folder / "LICENSE").read_text()
    assert "MIT License" in licence
    assert "Shiqi Yu" in licence
