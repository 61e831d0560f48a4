"""`aesmap crop`: boxes, files written, what is kept of the original."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from command import Aesmap
from sample_images import ADOBE_RGB_TO_XYZ, encode, encode_turned, quadrants, rgb_profile
from xmp_samples import RDF

METHODS = ["aesam", "aesam+attam", "search"]


@pytest.mark.parametrize("method", METHODS)
def test_the_box_lies_inside_and_adds_up(
    aesmap: Aesmap, analyzer: Analyzer, one_photo: Path, tmp_path: Path, method: str
) -> None:
    output = tmp_path / "crop.jpg"
    said = aesmap("crop", one_photo, "--method", method, "--output", output, "--json")
    about = said.succeeded().json
    left, top, right, bottom = about["box"]
    assert 0 <= left < right <= 640
    assert 0 <= top < bottom <= 427
    with Image.open(output) as cropped:
        assert cropped.size == (right - left, bottom - top)
    assert about["method"] == method
    assert about["reason"]
    assert about["output"] == str(output)
    assessment = analyzer.assess(one_photo)
    mean = float(assessment.maps.evidence.mean(dtype=np.float64))
    assert about["evidence_kept"] + about["evidence_lost"] == pytest.approx(mean, abs=1e-9)
    assert about["p_high_before"] == pytest.approx(assessment.p_high, abs=1e-6)
    inside = np.asarray(Image.open(one_photo))[top:bottom, left:right]
    assert about["p_high_after"] == pytest.approx(analyzer.assess(inside).p_high, abs=1e-6)


@pytest.mark.parametrize(
    ("aspect", "ratio"), [(None, 640 / 427), ("16:9", 16 / 9), ("1:1", 1.0), ("2:3", 2 / 3)]
)
def test_the_aspect_is_honoured_to_the_pixel(
    aesmap: Aesmap, one_photo: Path, aspect: str | None, ratio: float
) -> None:
    options = [] if aspect is None else ["--aspect", aspect]
    about = aesmap("crop", one_photo, "--json", *options).succeeded().json
    left, top, right, bottom = about["box"]
    width, height = right - left, bottom - top
    # The nearest whole number of pixels one way or the other.
    assert abs(width - height * ratio) <= 1 or abs(height - width / ratio) <= 1
    assert width * height > 0.15 * 640 * 427
    assert about["method"] == "search"
    assert about["output"] is None


def test_a_line_for_people(aesmap: Aesmap, one_photo: Path, tmp_path: Path) -> None:
    output = tmp_path / "crop.jpg"
    first, second = aesmap("crop", one_photo, "--output", output).succeeded().out.splitlines()
    found = re.match(rf"{re.escape(str(one_photo))}: (\d+)x(\d+) at \((\d+), (\d+)\): ", first)
    assert found is not None
    assert re.search(r"; this crop [a-z ]+: (> )?\d+ % -> (> )?\d+ %(; .*)?$", first)
    assert second == f"wrote {output}"
    with Image.open(output) as cropped:
        assert cropped.size == tuple(map(int, found.groups()[:2]))


def test_a_face_is_kept_and_gain_alternatives_and_focal_point_are_told(
    aesmap: Aesmap, photo_files: Path
) -> None:
    about = aesmap("crop", photo_files / "astronaut.jpg", "--aspect", "16:9", "--json")
    about = about.succeeded().json
    left, top, right, bottom = about["box"]
    # The face with its hair, read off the photograph.
    assert left <= 165
    assert top <= 10
    assert right >= 275
    assert bottom >= 190
    assert about["words"].startswith("this crop ")
    assert f"{about['p_high_after']:.0%}".removesuffix("%") in about["words"]
    x, y = about["focal_point"]
    assert x == 0.5
    # What CSS shows by it is the largest 16:9 box, 288 high, around the crop.
    shown = y * (512 - 288)
    assert shown <= top + 1
    assert shown + 288 >= bottom - 1
    assert 1 <= len(about["alternatives"]) <= 3
    assert all({"box", "words", "focal_point"} <= set(other) for other in about["alternatives"])


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_turned_photo_gives_the_upright_crop(
    aesmap: Aesmap,
    photos: dict[str, np.ndarray],
    tmp_path: Path,
    orientation: int,
) -> None:
    upright = photos["rocket"]
    straight, turned = tmp_path / "straight.png", tmp_path / "turned.png"
    straight.write_bytes(encode(upright, "PNG"))
    turned.write_bytes(encode_turned(upright, "PNG", orientation))
    output = tmp_path / "crop.png"
    expected = aesmap("crop", straight, "--aspect", "1:1", "--json").succeeded().json
    about = aesmap("crop", turned, "--aspect", "1:1", "--json", "--output", output)
    assert about.succeeded().json["box"] == expected["box"]
    left, top, right, bottom = expected["box"]
    with Image.open(output) as cropped:
        # What is written needs no more turning.
        assert cropped.getexif().get(0x0112, 1) == 1
        np.testing.assert_array_equal(
            np.asarray(cropped.convert("RGB")), upright[top:bottom, left:right]
        )


def test_a_turned_jpegs_box_is_in_upright_pixels(aesmap: Aesmap, tmp_path: Path) -> None:
    path, output = tmp_path / "turned.jpg", tmp_path / "crop.jpg"
    upright = np.random.default_rng(0).integers(0, 256, (600, 200, 3), np.uint8)
    path.write_bytes(encode_turned(upright, "JPEG", 6))  # stored as 600 wide, 200 high
    about = aesmap("crop", path, "--json", "--output", output).succeeded().json
    left, top, right, bottom = about["box"]
    assert 0 <= left < right <= 200
    assert 0 <= top < bottom <= 600
    assert bottom > 200, "this box would not fit the photo as it is stored"
    with Image.open(output) as cropped:
        assert cropped.size == (right - left, bottom - top)


def test_profile_and_quality_are_kept(
    aesmap: Aesmap, photos: dict[str, np.ndarray], tmp_path: Path
) -> None:
    profile = rgb_profile(ADOBE_RGB_TO_XYZ, 2.2)
    path, output = tmp_path / "adobe.jpg", tmp_path / "crop.jpg"
    path.write_bytes(
        encode(photos["coffee"], "JPEG", quality=83, subsampling=2, icc_profile=profile)
    )
    aesmap("crop", path, "--aspect", "1:1", "--output", output).succeeded()
    with Image.open(path) as original, Image.open(output) as cropped:
        assert cropped.info["icc_profile"] == profile
        assert cropped.quantization == original.quantization  # type: ignore[attr-defined]
        assert cropped.size[0] == cropped.size[1] <= original.size[1]


def test_a_photograph_is_never_cropped_onto_itself(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    path, link = tmp_path / "p.jpg", tmp_path / "link.jpg"
    path.write_bytes(one_photo.read_bytes())
    link.symlink_to(path)
    for photo, output in ((path, path), (path, link), (link, path)):
        aesmap("crop", photo, "--output", output, "--force").failed(2, "itself", "another name")
    assert path.read_bytes() == one_photo.read_bytes()


def test_somebody_elses_picture_wants_force_and_our_own_crop_does_not(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path
) -> None:
    output = tmp_path / "p.jpg"
    output.write_bytes(encode(quadrants(), "JPEG"))
    aesmap("crop", one_photo, "--output", output).failed(2, "--force")
    aesmap("crop", one_photo, "--output", output, "--force").succeeded()
    aesmap("crop", one_photo, "--output", output).succeeded()


def test_what_is_lost_is_said(aesmap: Aesmap, tmp_path: Path, one_photo: Path) -> None:
    gain_map = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="' + RDF.encode()
    gain_map += (
        b'"><rdf:Description xmlns:h="http://ns.adobe.com/hdr-gain-map/1.0/" h:Version="1"/>'
    )
    photo = tmp_path / "p.jpg"
    with Image.open(one_photo) as image:
        image.save(photo, xmp=gain_map + b"</rdf:RDF></x:xmpmeta>")
    said = aesmap("crop", photo, "--output", tmp_path / "c.jpg").succeeded().out
    assert "c.jpg; its HDR gain map is not kept" in said
    about = aesmap("crop", photo, "--output", tmp_path / "c.jpg", "--json").succeeded().json
    assert about["notes"] == ["its HDR gain map is not kept"]
    assert b"Version" not in (tmp_path / "c.jpg").read_bytes()


@pytest.mark.parametrize(
    ("policy", "kept", "gone"),
    [
        ("keep", [b"Jane", b"Grandma"], []),
        ("copyright", [b"Jane"], [b"Grandma"]),
        ("none", [], [b"Jane", b"Grandma"]),
    ],
)
def test_metadata_policies(
    aesmap: Aesmap,
    tmp_path: Path,
    one_photo: Path,
    policy: str,
    kept: list[bytes],
    gone: list[bytes],
) -> None:
    exif = Image.Exif()
    exif[0x8298], exif[0x9C9E] = "Jane", "Grandma".encode("utf-16-le")
    photo, output = tmp_path / "p.jpg", tmp_path / "c.jpg"
    with Image.open(one_photo) as image:
        image.save(photo, exif=exif)
    aesmap("crop", photo, "--output", output, "--metadata", policy).succeeded()
    data = output.read_bytes().replace(b"\0", b"")
    assert all(word in data for word in kept)
    assert not any(word in data for word in gone)


@pytest.mark.parametrize("method", METHODS)
def test_tiny_photos_have_crops_too(aesmap: Aesmap, tmp_path: Path, method: str) -> None:
    path, output = tmp_path / "tiny.png", tmp_path / "crop.png"
    noise = np.random.default_rng(0).integers(0, 256, (8, 11, 3), np.uint8)
    path.write_bytes(encode(noise, "PNG"))
    outcome = aesmap("crop", path, "--method", method, "--output", output, "--json").succeeded()
    left, top, right, bottom = outcome.json["box"]
    with Image.open(output) as cropped:
        np.testing.assert_array_equal(np.asarray(cropped), noise[top:bottom, left:right])
    # A crop of fewer than 8 pixels a side has no assessment of its own, and that stops nothing.
    too_small = min(right - left, bottom - top) < 8
    assert (outcome.json["p_high_after"] is None) == too_small
    aesmap("crop", path, "--method", method).succeeded()


def test_a_bad_file_is_named_and_nothing_is_left(
    aesmap: Aesmap, bad_images: dict[str, Path], tmp_path: Path
) -> None:
    output = tmp_path / "crop.jpg"
    for path in (*bad_images.values(), tmp_path / "gone.jpg"):
        outcome = aesmap("crop", path, "--output", output).failed(1, f"aesmap: {path}: ")
        assert outcome.out == ""
    # A folder of several is no single photograph.
    aesmap("crop", tmp_path, "--output", output).failed(2, "--output-dir")
    assert list(tmp_path.iterdir()) == [bad_images["text.jpg"].parent]


@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        (["--aspect", "0:3"], 2, ("0:3",)),
        (["--aspect", "wide"], 2, ("wide",)),
        (["--aspect", "16:9", "--method", "aesam"], 2, ("aspect", "search")),
        (["--method", "magic"], 2, ("--method", "'magic'")),
        (["--output", "crop.heic"], 1, ("crop.heic", ".jpg")),
        (["--output", "crop.xyz"], 1, ("crop.xyz", ".jpg")),
    ],
)
def test_options_that_do_not_fit(
    aesmap: Aesmap,
    one_photo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    options: list[str],
    exit_code: int,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    aesmap("crop", one_photo, *options).failed(exit_code, *words)
    assert list(tmp_path.iterdir()) == []


def test_16_bits_stay_16_bits(aesmap: Aesmap, tmp_path: Path) -> None:
    grey = np.linspace(0, 65535, 300 * 200).reshape(200, 300).astype(np.uint16)
    path, output = tmp_path / "deep.png", tmp_path / "crop.png"
    path.write_bytes(encode(Image.fromarray(grey), "PNG"))
    about = aesmap("crop", path, "--aspect", "1:1", "--output", output, "--json").succeeded().json
    left, top, right, bottom = about["box"]
    with Image.open(io.BytesIO(output.read_bytes())) as cropped:
        np.testing.assert_array_equal(np.asarray(cropped), grey[top:bottom, left:right])
