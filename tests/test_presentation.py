"""What an assessment shows of itself: panels, overlays, HTML, plain values, and its crops."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.crop_assessment import crop_photo
from aesmap.errors import ImageMissingError, UsageError
from aesmap.images.reading import read_image
from aesmap.presentation import map_names
from aesmap.types import Box, Size


@pytest.fixture(scope="module")
def file(photo_files: Path) -> Path:
    return photo_files / "astronaut.jpg"


@pytest.fixture(scope="module")
def said(analyzer: Analyzer, file: Path) -> Assessment:
    return analyzer.assess(file)


def test_every_map_that_is_named_can_be_laid_over_the_photograph(said: Assessment) -> None:
    names = map_names(said)
    assert {"evidence", "within", "high", "low", "technical", "soft", "Sky"} <= set(names)
    height, width = said.size
    for name in names:
        picture = said.overlay(name)
        assert (picture.mode, picture.size) == ("RGB", (width, height)), name


def test_colours_follow_the_sign(said: Assessment) -> None:
    # Orange has more red than blue, blue the reverse; the photograph under it is grey.
    for name, sign in (("high", 1), ("low", -1)):
        pixels = np.asarray(said.overlay(name)).astype(int)
        tint = pixels[..., 0] - pixels[..., 2]
        assert (sign * tint).min() >= -1, name
    high = np.asarray(said.overlay("high")).astype(int)
    assert (high[..., 0] - high[..., 2]).max() > 20


def test_a_face_has_no_colour_and_its_numbers_stay(said: Assessment, file: Path) -> None:
    assert said.faces is None  # nobody asked so far
    evidence = said.maps.evidence.copy()
    picture = np.asarray(said.overlay("evidence")).astype(int)
    # Of the astronaut's face, in a photograph of 512 x 512: nose and cheeks.
    inside = picture[95:140, 200:250]
    assert np.ptp(inside, axis=-1).max() <= 2
    assert np.ptp(picture, axis=-1).max() > 60
    np.testing.assert_array_equal(said.maps.evidence, evidence)


def test_words_are_the_same_whoever_looked_for_faces(
    said: Assessment, analyzer: Analyzer, file: Path
) -> None:
    looked = analyzer.assess_prepared([analyzer.prepare(file, extras=("faces",))])[0]
    assert looked.faces
    assert said.sentence == looked.sentence
    assert said.to_dict()["words"]["text"] == looked.sentence


def test_a_map_that_is_not_there_is_refused_with_those_that_are(said: Assessment) -> None:
    with pytest.raises(UsageError, match="is no map here; use one of evidence, within, high"):
        said.overlay("Sky2")
    with pytest.raises(UsageError, match="difference"):
        said.overlay("difference")


def test_the_panel_is_what_the_command_draws(said: Assessment, file: Path, tmp_path: Path) -> None:
    said.save(tmp_path / "panel.png")
    with Image.open(tmp_path / "panel.png") as picture:
        assert picture.width > 1000
    said.save(str(tmp_path / "strip.png"), "fig7")
    assert (tmp_path / "strip.png").read_bytes() != (tmp_path / "panel.png").read_bytes()


def test_a_panel_never_replaces_the_photograph_nor_a_picture_made_elsewhere(
    analyzer: Analyzer, tmp_path: Path, photos: dict[str, Any]
) -> None:
    mine = tmp_path / "mine.png"
    Image.fromarray(photos["coffee"]).save(mine)
    before = mine.read_bytes()
    said = analyzer.assess(mine)
    for force in (False, True):
        with pytest.raises(UsageError, match="is read; give another name"):
            said.save(mine, force=force)
    other = tmp_path / "other.png"
    other.write_bytes(before)
    with pytest.raises(UsageError, match="aesmap did not make"):
        said.save(other)
    with pytest.raises(UsageError, match=r"end the name in \.png"):
        said.save(tmp_path / "panel.jpg")
    assert mine.read_bytes() == before == other.read_bytes()


def test_what_was_in_memory_is_drawn_too(analyzer: Analyzer, photos: dict[str, Any]) -> None:
    array = photos["coffee"]
    assert analyzer.assess(array).overlay().size == (array.shape[1], array.shape[0])
    said = next(analyzer.assess_many([array]))
    with pytest.raises(UsageError, match=r"is not kept; give it as photo="):
        said.overlay()
    assert said.overlay(photo=array).size == (array.shape[1], array.shape[0])
    with pytest.raises(UsageError, match="is not kept"):
        said.crop("1:1").image()
    assert said.crop("1:1").image(array).size[0] == said.crop("1:1").box.width


def test_streamed_files_can_be_drawn(analyzer: Analyzer, file: Path) -> None:
    (said,) = analyzer.assess_many([file])
    assert said.photo == str(file)
    assert said.overlay().size == (said.size.width, said.size.height)


def test_another_photograph_is_refused(said: Assessment, photo_files: Path) -> None:
    with pytest.raises(UsageError, match="what was assessed 512x512"):
        said.overlay(photo=photo_files / "coffee.jpg")


def test_a_photograph_that_is_gone_is_named(analyzer: Analyzer, file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "gone.jpg"
    copy.write_bytes(file.read_bytes())
    said = analyzer.assess(copy)
    copy.unlink()
    with pytest.raises(ImageMissingError, match=r"gone\.jpg"):
        said.overlay()
    with pytest.raises(ImageMissingError, match=r"gone\.jpg"):
        said.crop().image()
    assert "gone.jpg" in said._repr_html_()
    assert "<img" not in said._repr_html_()


def test_a_crop_s_image_is_the_box_of_the_photograph(said: Assessment, file: Path) -> None:
    crop = said.crop("16:9")
    left, top, right, bottom = crop.box
    expected = read_image(file).rgb[top:bottom, left:right]
    assert np.array_equal(np.asarray(crop.image()), expected)
    smaller = Image.new("RGB", (20, 20))
    with pytest.raises(UsageError, match="the crop reaches beyond them"):
        crop.image(smaller)


def test_a_judged_crop_has_its_picture_too(analyzer: Analyzer, file: Path) -> None:
    crop = crop_photo(file, "1:1", analyzer=analyzer)
    assert crop.proposal.image().size == (crop.judged.box.width, crop.judged.box.height)


def test_a_notebook_shows_photograph_map_numbers_and_words(said: Assessment) -> None:
    page = said._repr_html_()
    pictures = re.findall(r"data:image/jpeg;base64,([^\"]+)", page)
    shown = [Image.open(io.BytesIO(base64.b64decode(data))) for data in pictures]
    assert [max(picture.size) for picture in shown] == [320, 320]
    assert f"{said.score:.1f} of 10" in page
    assert "http" not in page


def test_names_are_escaped_in_a_notebook(analyzer: Analyzer, file: Path, tmp_path: Path) -> None:
    path = tmp_path / "<b>&.jpg"
    path.write_bytes(file.read_bytes())
    page = analyzer.assess(path)._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;&amp;.jpg" in page


def test_plain_values_are_json_and_add_up(said: Assessment) -> None:
    values = json.loads(json.dumps(said.to_dict()))
    assert values["mean_evidence"] + values["bias"] == pytest.approx(said.logit, abs=1e-12)
    assert values["p_high"] == said.p_high
    assert values["words"]["text"] == said.sentence


def test_equality_knows_no_photograph(analyzer: Analyzer, file: Path) -> None:
    one = analyzer.assess(file)
    (other,) = analyzer.assess_many([file])
    assert one == other
    assert hash(one) == hash(other)


def test_boxes_and_sizes_unpack() -> None:
    assert tuple(Box(1, 2, 3, 4)) == (1, 2, 3, 4)
    assert tuple(Size(3, 4)) == (3, 4)
