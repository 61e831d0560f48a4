from __future__ import annotations

import io
import json
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw, ImageFont

import aesmap
from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.errors import (
    ImageMissingError,
    ImageTooLargeError,
    ImageUnreadableError,
    ModelError,
    UsageError,
)
from aesmap.images.limits import ImageLimits
from aesmap.images.opened import MIN_SIDE_PX
from aesmap.loading import load
from aesmap.types import Size
from fake_session import TOLERANCE, FakeSession, assert_same, fake_analyzer, numbers, picture
from sample_images import encode, encode_turned, quadrants
from sample_model import copy_bundled_model

Array = npt.NDArray[np.uint8]


def resized(image: Array, longest: int) -> Array:
    scale = longest / max(image.shape)
    width, height = round(image.shape[1] * scale), round(image.shape[0] * scale)
    return np.asarray(Image.fromarray(image).resize((width, height), Image.Resampling.LANCZOS))


# --- one photograph ---------------------------------------------------------------------------


@pytest.mark.parametrize("longest", [1024, 333, 97])
def test_the_map_is_the_score(analyzer: Analyzer, photos: dict[str, Array], longest: int) -> None:
    manifest = analyzer.manifest
    for name, photo in photos.items():
        image = resized(photo, longest)
        assessment = analyzer.assess(image)
        maps = assessment.maps
        assert np.isfinite(numbers(assessment)).all(), name
        mean = float(maps.evidence.mean(dtype=np.float64))
        assert abs(mean + maps.bias - assessment.logit) < TOLERANCE, name
        # The graph's own logit, which it returns beside the maps.
        preprocessing = manifest.preprocessing
        shape = preprocessing.shape_for(assessment.size)
        pixels = preprocessing.normalise(preprocessing.resize(image, shape))
        assert (
            abs(float(analyzer._session.run(pixels[None]).logit[0]) - assessment.logit) < TOLERANCE
        )

        assert assessment.p_high == pytest.approx(1 / (1 + math.exp(-assessment.logit)), abs=1e-12)
        assert sum(assessment.distribution) == pytest.approx(1, abs=1e-12)
        assert min(assessment.distribution) >= 0
        mean_vote = sum(k * share for k, share in enumerate(assessment.distribution, 1))
        assert assessment.score == pytest.approx(mean_vote, abs=1e-9)
        variance = sum(
            share * (k - mean_vote) ** 2 for k, share in enumerate(assessment.distribution, 1)
        )
        assert assessment.spread == pytest.approx(math.sqrt(variance), abs=1e-9)
        assert 1 <= assessment.score <= 10
        assert assessment.level == ("high" if assessment.p_high > 0.5 else "low")
        assert assessment.model == manifest.model_id


def test_it_ranks_by_the_manifest_but_not_with_a_taste(
    analyzer: Analyzer, photos: dict[str, Array]
) -> None:
    reference = analyzer.manifest.reference
    assert reference is not None
    for photo in photos.values():
        assessment = analyzer.assess(photo)
        known = assessment.uncertain_reason != "unfamiliar"
        assert assessment.better_than == (
            reference.better_than(assessment.score) if known else None
        )
        assert ("ordinary photographs" in assessment.sentence) == known
    for taste_id in ("", "5f0c1a2b"):
        session = FakeSession(reference=reference, taste_id=taste_id)
        assessment = fake_analyzer(session).assess(photos["china"])
        assert (assessment.better_than is None) == bool(taste_id)
    assert fake_analyzer().assess(photos["china"]).better_than is None


def test_photographs_differ(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    logits = [analyzer.assess(photo).logit for photo in photos.values()]
    assert len({round(logit, 3) for logit in logits}) == len(photos)


def test_each_attribute_is_the_sigmoid_of_its_own_map(
    analyzer: Analyzer, photos: dict[str, Array]
) -> None:
    assessment = analyzer.assess(photos["china"])
    assert {name for name, _ in assessment.attributes} == set(analyzer.manifest.attribute_names)
    biases = dict(
        zip(analyzer.manifest.attribute_names, analyzer.manifest.attribute_bias, strict=True)
    )
    for name, probability in assessment.attributes:
        logit = float(assessment.maps.attribute_map(name).mean(dtype=np.float64)) + biases[name]
        assert probability == pytest.approx(1 / (1 + math.exp(-logit)), abs=1e-5)
    probabilities = [probability for _, probability in assessment.attributes]
    assert probabilities == sorted(probabilities, reverse=True)


def test_every_kind_of_input_gives_the_same_numbers(
    analyzer: Analyzer, photos: dict[str, Array], tmp_path: Path
) -> None:
    photo = photos["chelsea"]
    path = tmp_path / "chelsea.png"
    path.write_bytes(encode(photo, "PNG"))
    expected = analyzer.assess(photo)
    assert expected.size == Size(*photo.shape[:2])
    alpha = np.full((*photo.shape[:2], 1), 255, np.uint8)
    sources: dict[str, Any] = {
        "str": str(path),
        "Path": path,
        "bytes": path.read_bytes(),
        "bytearray": bytearray(path.read_bytes()),
        "memoryview": memoryview(path.read_bytes()),
        "opened": Image.open(path),
        "image": Image.fromarray(photo),
        "floats": photo / 255.0,
        "uint16": photo.astype(np.uint16) * 257,
        "rgba": np.concatenate([photo, alpha], axis=2),
        "view": photo[::-1][::-1],
    }
    for kind, source in sources.items():
        assessment = analyzer.assess(source)
        np.testing.assert_array_equal(numbers(assessment), numbers(expected), err_msg=kind)
    assert analyzer.assess(path).source == str(path)


def test_a_jpeg_is_the_same_from_its_path_and_from_its_bytes(
    analyzer: Analyzer, photo_files: Path
) -> None:
    path = photo_files / "rocket.jpg"
    assert_same(analyzer.assess(path), analyzer.assess(path.read_bytes()), tolerance=0)


def test_grey_arrays_are_grey_photographs(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    grey = photos["camera"]
    assert_same(analyzer.assess(grey[..., 0]), analyzer.assess(grey), tolerance=0)


def test_decoding_at_reduced_scale_hardly_moves_the_assessment(
    analyzer: Analyzer, photos: dict[str, Array]
) -> None:
    # Measured on ten photographs: at most 0.01 with inputs of 64 px, 0.002 with 256 px and up.
    data = encode(resized(photos["china"], 3600), "JPEG", quality=92)
    reduced, full = analyzer.assess(data), analyzer.assess(np.asarray(Image.open(io.BytesIO(data))))
    assert reduced.size == full.size
    assert abs(reduced.p_high - full.p_high) < 0.02


def test_a_photo_is_assessed_upright(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    upright = photos["rocket"]
    expected = analyzer.assess(upright)
    for orientation in (3, 6, 8):
        assessment = analyzer.assess(encode_turned(upright, "PNG", orientation))
        assert_same(assessment, expected, tolerance=0)


def test_threads_may_share_an_analyzer(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    some = [photos[name] for name in ("astronaut", "chelsea", "coffee", "rocket")]
    alone = [analyzer.assess(photo) for photo in some]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(analyzer.assess, some * 3))
    for assessment, expected in zip(together, alone * 3, strict=True):
        assert_same(assessment, expected)


def test_model_and_provider_are_told(analyzer: Analyzer) -> None:
    assert analyzer.provider == "CPUExecutionProvider"
    assert analyzer.manifest.model_id.startswith("lite0@")


def test_the_public_face() -> None:
    assert aesmap.load is load
    assert aesmap.Analyzer is Analyzer
    assert aesmap.Assessment is Assessment
    assert set(aesmap.__all__) <= set(dir(aesmap))
    assert all(hasattr(aesmap, name) for name in aesmap.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        aesmap.nothing  # noqa: B018


def test_every_listed_model_loads() -> None:
    names = aesmap.list_models()
    assert names == sorted(names)
    assert {"ava", "lite0"} <= set(names)
    for name in names:
        assert load(name).manifest.name == name


def test_an_analyzer_can_be_called(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    assert analyzer(photos["china"]) == analyzer.assess(photos["china"])


def test_load_takes_a_path(analyzer: Analyzer, photos: dict[str, Array], tmp_path: Path) -> None:
    copied = load(copy_bundled_model(tmp_path), num_threads=1)
    assert_same(copied.assess(photos["coffee"]), analyzer.assess(photos["coffee"]))
    with pytest.raises(ModelError):
        load(tmp_path / "gone.onnx")


# --- doubt ------------------------------------------------------------------------------------


def test_photographs_are_familiar(analyzer: Analyzer, colour_photos: dict[str, Array]) -> None:
    """All but the Hubble deep field: points of light on black, unlike anything trained on."""
    found = {name: analyzer.assess(photo).uncertain_reason for name, photo in colour_photos.items()}
    assert [name for name, reason in found.items() if reason == "unfamiliar"] == ["hubble"]


def page_of_text() -> Array:
    image = Image.new("RGB", (900, 1200), "white")
    font = ImageFont.load_default(20)
    for y in range(30, 1160, 30):
        ImageDraw.Draw(image).text((30, y), f"{y} lines of words on a page " * 2, "black", font)
    return np.asarray(image)


def test_what_is_no_photograph_is_unfamiliar(analyzer: Analyzer, photos: dict[str, Array]) -> None:
    random = np.random.default_rng(0)
    strange = {
        "white": np.full((400, 600, 3), 255, np.uint8),
        "black": np.zeros((400, 600, 3), np.uint8),
        "red": np.full((600, 400, 3), (200, 10, 10), np.uint8),
        # As fine as any network input: an average over many pixels would be flat, not noise.
        "noise": random.integers(0, 256, (400, 400, 3), np.uint8),
        "grey noise": random.integers(0, 256, (64, 96), np.uint8),
        "coarse noise": random.integers(0, 256, (80, 120, 3), np.uint8).repeat(4, 0).repeat(4, 1),
        "text": page_of_text(),
        "gradient": np.tile(np.linspace(0, 255, 600)[None, :, None], (400, 1, 3)).astype(np.uint8),
        "tiny": resized(photos["china"], 40),
        "sliver": photos["china"][:20],
        "one pixel row too few": photos["china"][:47],
    }
    for name, image in strange.items():
        assessment = analyzer.assess(image)
        assert assessment.uncertain_reason == "unfamiliar", name
        assert assessment.uncertain, name
        assert np.isfinite(numbers(assessment)).all(), name


@pytest.mark.parametrize(
    ("logit", "reason"), [(0.3, ""), (0.2, "close"), (0.0, "close"), (-0.2, "close"), (-0.3, "")]
)
def test_close_is_a_logit_near_zero(logit: float, reason: str) -> None:
    # Evidence is the brightness, 0.5 on average here; the bias brings it to the logit wanted.
    ramp = np.tile(np.linspace(0, 255, 64)[None, :, None], (64, 1, 3)) / 255
    analyzer = fake_analyzer(FakeSession(level_bias=logit - 0.5))
    assessment = analyzer.assess(ramp)
    assert assessment.logit == pytest.approx(logit, abs=2e-3)
    assert assessment.uncertain_reason == reason


def test_level_probability_and_score_turn_together() -> None:
    ramp = np.tile(np.linspace(0, 255, 64)[None, :, None], (64, 1, 3)) / 255
    at_zero = fake_analyzer(FakeSession(level_bias=0)).assess(ramp).logit
    assessments = [
        fake_analyzer(FakeSession(level_bias=shift - at_zero)).assess(ramp)
        for shift in (-1e-6, 0.0, 1e-6)
    ]
    assert [v.level for v in assessments] == ["low", "low", "high"]
    assert [v.p_high > 0.5 for v in assessments] == [False, False, True]
    # Thresholds that lie evenly around 0: the mean vote at even odds is the middle of 1-10.
    assert assessments[1].score == pytest.approx(5.5, abs=1e-9)
    assert assessments[0].score < assessments[1].score < assessments[2].score


def test_unfamiliar_goes_before_close() -> None:
    analyzer = fake_analyzer(FakeSession(level_bias=-0.5))
    assessment = analyzer.assess(picture(127))
    assert abs(assessment.logit) < 0.25
    assert assessment.uncertain_reason == "unfamiliar"


# --- what cannot be read ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (MIN_SIDE_PX - 1, 100)])
def test_an_image_without_a_picture_is_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ImageUnreadableError, match=rf"^<array>: has {shape[1]}x{shape[0]} pixels"):
        fake_analyzer().assess(np.zeros((*shape, 3), np.uint8))
    fake_analyzer().assess(np.zeros((MIN_SIDE_PX, MIN_SIDE_PX, 3), np.uint8))


def test_errors_name_the_file(analyzer: Analyzer, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("not a photo")
    with pytest.raises(ImageMissingError, match=r"gone\.jpg"):
        analyzer.assess(tmp_path / "gone.jpg")
    with pytest.raises(ImageUnreadableError, match=r"text\.jpg"):
        analyzer.assess(tmp_path / "text.jpg")
    with pytest.raises(ImageUnreadableError, match="<bytes>"):
        analyzer.assess(b"")
    with pytest.raises(UsageError, match="int"):
        analyzer.assess(cast(Any, 3))


def test_limits_are_the_callers(tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encode(picture(9), "PNG"))
    limited = fake_analyzer(limits=ImageLimits(max_pixels=100))
    with pytest.raises(ImageTooLargeError, match=r"large\.png"):
        limited.assess(path)


def test_a_assessment_is_a_row(analyzer: Analyzer) -> None:
    row = analyzer.assess(encode(quadrants(96, 128), "PNG")).to_row()
    assert json.loads(json.dumps(row))["width"] == 128
    assert row["path"] == "<bytes>"
