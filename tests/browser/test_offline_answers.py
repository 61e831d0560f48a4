"""What the single file says of photographs, against Python: decoded and run by the browser."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.crop_assessment import propose_crops, run_steps
from aesmap.crops.aspect import ASPECTS, OWN
from aesmap.explain.text import describe
from aesmap.images.reading import open_image
from aesmap.loading import load
from sample_images import (
    ADOBE_RGB_TO_XYZ,
    encode,
    encode_turned,
    rgb_profile,
)
from sample_photos import packaged_files
from shared_data import SHARED, needs
from single_file import Service, bare
from tolerances import BROWSER_COLOUR, BROWSER_FP32, BROWSER_REDUCED

DISPLAY_P3_TO_XYZ = np.array(
    [[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]]
)
"""D50, as profiles have it (SMPTE EG 432-1, adapted by Bradford's matrix)."""


@pytest.fixture(scope="module")
def python() -> Analyzer:
    return load(num_threads=1)


def opened(chromium: Any, folder: Path, model: str = "lite0") -> Service:
    (folder / f"{model}.html").write_bytes(bare(model).encode())
    page = chromium.new_page()
    page.set_default_timeout(120_000)
    page.goto((folder / f"{model}.html").as_uri())
    return Service(page)


@pytest.fixture(scope="module")
def service(chromium: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    service = opened(chromium, tmp_path_factory.mktemp("file"))
    yield service
    service.page.close()


def assessed(python: Analyzer, path: Path) -> Any:
    """As the service assesses: with the faces."""
    prepared = python.prepare(path, extras=("faces",))
    return python.assess_prepared([prepared])[0]


def check(service: Service, python: Analyzer, path: Path, tolerance: float) -> Any:
    """Both say the same; to rounding, that is every number and every word."""
    mine, wanted = service.assess(path), assessed(python, path)
    assert (mine["width"], mine["height"]) == (wanted.size.width, wanted.size.height)
    assert mine["logit"] == pytest.approx(wanted.logit, abs=tolerance), path.name
    evidence = np.array(mine["maps"]["evidence"])
    assert evidence.mean() + mine["bias"] == pytest.approx(mine["logit"], abs=1e-9)
    if tolerance > BROWSER_FP32:
        return mine
    np.testing.assert_allclose(evidence, wanted.maps.evidence, atol=100 * tolerance)
    assert mine["words"]["text"] == describe(wanted).text
    assert mine["score"] == pytest.approx(wanted.score, abs=tolerance)
    assert mine["uncertain_reason"] == wanted.uncertain_reason
    assert list(mine["attributes"]) == [name for name, _ in wanted.attributes]
    if wanted.technical is None:
        assert mine["technical"] is None
    else:
        assert mine["technical"] == pytest.approx(wanted.technical.score, abs=tolerance)
        assert list(mine["faults"]) == list(wanted.technical.faults)
    return mine


# Its profile is Adobe's: rocket.jpg is among those whose colours the browser converts.
PACKAGED = sorted(set(packaged_files()) - {"rocket"})


@pytest.mark.parametrize("name", PACKAGED)
def test_packaged_photographs(service: Service, python: Analyzer, name: str) -> None:
    check(service, python, packaged_files()[name], BROWSER_FP32)


@needs("oasis", "flms")
def test_forty_photographs_of_others(service: Service, python: Analyzer) -> None:
    paths = [
        path
        for folder, number in (("oasis", 20), ("flms", 20))
        for path in sorted((SHARED / folder).rglob("*.jpg"))[::13][:number]
    ]
    assert len(paths) == 40
    for path in paths:
        has_profile = "icc_profile" in Image.open(path).info
        check(service, python, path, BROWSER_COLOUR if has_profile else BROWSER_FP32)


@pytest.mark.parametrize("name", ["china", "astronaut"])
def test_crops_and_what_is_said_of_them(service: Service, python: Analyzer, name: str) -> None:
    path = packaged_files()[name]
    found = service.ask(path, f"v1/assess?crops={','.join(ASPECTS)}")["crops"]
    aspects = [None if aspect == OWN else aspect for aspect in ASPECTS]
    _, wanted = run_steps(python, propose_crops(python, open_image(path), aspects))
    for aspect, mine, crop in zip(ASPECTS, found, wanted, strict=True):
        judged = crop.judged
        assert mine["aspect"] == aspect
        assert tuple(mine["box"]) == judged.box.as_tuple(), aspect
        assert mine["p_high_after"] == pytest.approx(judged.p_high_after, abs=BROWSER_FP32)
        assert mine["words"] == judged.words, aspect
        assert mine["reason"] == crop.proposal.reason
        assert tuple(mine["focal_point"]) == judged.focal_point
        assert mine["evidence_kept"] == pytest.approx(judged.evidence_kept, abs=BROWSER_FP32)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation(
    service: Service, python: Analyzer, photos: dict[str, Any], tmp_path: Path, orientation: int
) -> None:
    path = tmp_path / f"{orientation}.jpg"
    path.write_bytes(encode_turned(photos["china"], "JPEG", orientation))
    assert check(service, python, path, BROWSER_FP32)["width"] == 640


@pytest.mark.parametrize(
    ("name", "to_xyz", "curve"),
    [("adobe", ADOBE_RGB_TO_XYZ, 563 / 256), ("p3", DISPLAY_P3_TO_XYZ, 2.2)],
)
def test_colour_profiles(
    service: Service,
    python: Analyzer,
    photos: dict[str, Any],
    tmp_path: Path,
    name: str,
    to_xyz: Any,
    curve: float,
) -> None:
    changes = []
    for photo in ("china", "flower", "coffee"):
        path = tmp_path / f"{photo}-{name}.jpg"
        path.write_bytes(encode(photos[photo], "JPEG", icc_profile=rgb_profile(to_xyz, curve)))
        check(service, python, path, BROWSER_COLOUR)
        bare_path = tmp_path / "bare.jpg"
        bare_path.write_bytes(encode(photos[photo], "JPEG"))
        changes.append(abs(python.assess(path).logit - python.assess(bare_path).logit))
    # The profile matters: without it the same pixels are another photograph.
    assert max(changes) > BROWSER_COLOUR


def test_a_profile_from_the_wild(service: Service, python: Analyzer) -> None:
    path = packaged_files()["rocket"]
    assert b"ADBE" in Image.open(path).info["icc_profile"]
    check(service, python, path, BROWSER_COLOUR)


@pytest.mark.parametrize(("size", "orientation"), [((2400, 1600), 1), ((2403, 1601), 3)])
def test_large_jpegs_that_python_decodes_at_reduced_scale(
    service: Service,
    python: Analyzer,
    photos: dict[str, Any],
    tmp_path: Path,
    size: tuple[int, int],
    orientation: int,
) -> None:
    large = np.asarray(Image.fromarray(photos["china"]).resize(size, Image.Resampling.BICUBIC))
    path = tmp_path / "large.jpg"
    path.write_bytes(encode_turned(large, "JPEG", orientation))
    check(service, python, path, BROWSER_REDUCED)


def test_a_large_png_is_resized_from_all_its_pixels(
    service: Service, python: Analyzer, photos: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    Image.fromarray(photos["coffee"]).resize((1801, 1203)).save(path)
    check(service, python, path, BROWSER_FP32)


def test_transparent_parts_stand_on_white(
    service: Service, python: Analyzer, photos: dict[str, Any], tmp_path: Path
) -> None:
    cut_out = Image.fromarray(photos["coffee"]).convert("RGBA")
    half = Image.linear_gradient("L").point(lambda level: 255 * (level > 99))
    cut_out.putalpha(half.resize(cut_out.size))
    cut_out.save(tmp_path / "cut.png")
    check(service, python, tmp_path / "cut.png", BROWSER_COLOUR)


def test_pictures_that_the_model_does_not_know(
    service: Service, python: Analyzer, tmp_path: Path
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    pictures = {
        "noise": noise,
        "flat": np.full((300, 400, 3), 120, np.uint8),
        "small": noise[:40, :40] // 4,
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
        mine = check(service, python, tmp_path / f"{name}.png", BROWSER_FP32)
        assert mine["uncertain_reason"] == "unfamiliar"


def test_the_other_judge(chromium: Any, tmp_path: Path) -> None:
    # Another way to the network's input (a stride), no attributes and nothing technical.
    service, python = opened(chromium, tmp_path, "ava"), load("ava", num_threads=1)
    for name in ("china", "coffee", "astronaut"):
        mine = check(service, python, packaged_files()[name], BROWSER_FP32)
        assert mine["model"].startswith("ava@")
        assert mine["technical"] is None
    service.page.close()


def test_a_crop_has_the_pixels_of_its_box(
    service: Service, photos: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "china.png"
    Image.fromarray(photos["china"]).save(path)
    cut = Image.open(io.BytesIO(service.cut(path, "box=100,50,420,250&format=image")))
    assert cut.format == "PNG"
    np.testing.assert_array_equal(np.asarray(cut.convert("RGB")), photos["china"][50:250, 100:420])


REFUSED = {
    "empty.jpg": (b"", "This file is empty."),
    "notes.jpg": (b"These are no pixels.", "This is no photograph that can be read"),
    "cut.jpg": (None, "the file ends before its picture does"),
    "cut.png": (None, "the file ends before its picture does"),
    "damaged.png": (None, "its data are damaged"),
    "tiny.png": (None, "it has 5x5 pixels, too few to judge"),
    "huge.png": (None, "megapixels"),
    "film.tif": (None, "this browser reads no TIFF; save it as JPEG"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_judged_is_refused_in_words(
    service: Service, photos: dict[str, Any], tmp_path: Path, name: str
) -> None:
    data, words = REFUSED[name]
    jpeg, png = (encode(photos["china"], kind) for kind in ("JPEG", "PNG"))
    made = {
        "cut.jpg": lambda: jpeg[: len(jpeg) // 2],
        "cut.png": lambda: png[: len(png) // 2],
        "damaged.png": lambda: png[:8] + bytes(60) + png[-12:],
        "tiny.png": lambda: encode(photos["china"][:5, :5], "PNG"),
        "huge.png": lambda: encode(np.zeros((12_000, 12_000), np.uint8), "PNG"),
        "film.tif": lambda: encode(photos["china"], "TIFF"),
    }
    path = tmp_path / name
    path.write_bytes(made[name]() if data is None else data)
    assert words in service.assess(path)["problem"]
