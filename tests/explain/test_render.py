"""Numbers on pictures are of the photograph, whatever scale it was decoded at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.explain import canvas
from aesmap.explain.headline import as_percentage
from aesmap.explain.render import draw_explanation
from aesmap.images.reading import open_image

TURNED = 6


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, photo_files: Path) -> dict[str, Path]:
    """A JPEG of 6000 x 4000, one turned by EXIF, and a panorama."""
    folder = tmp_path_factory.mktemp("large")
    exif = Image.Exif()
    exif[0x0112] = TURNED
    with Image.open(photo_files / "china.jpg") as photo:
        wide = photo.resize((6000, 4000))
        wide.save(folder / "6000 x 4000.jpg", quality=60)
        wide.save(folder / "4000 x 6000.jpg", quality=60, exif=exif)
        photo.resize((12000, 800)).save(folder / "12000 x 800.jpg", quality=60)
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.parametrize("layout", ["fig6", "fig7"])
@pytest.mark.parametrize("size", ["6000 x 4000", "4000 x 6000", "12000 x 800"])
def test_sizes_are_of_the_upright_photograph(
    analyzer: Analyzer,
    large: dict[str, Path],
    size: str,
    layout: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    text = canvas.Sheet.text

    def spy(sheet: canvas.Sheet, left: int, top: int, words: str, **options: Any) -> int:
        drawn.append(words)
        return text(sheet, left, top, words, **options)

    monkeypatch.setattr(canvas.Sheet, "text", spy)
    opened = open_image(large[size])
    assessment = analyzer.assess(large[size])
    draw_explanation(opened, assessment, layout)
    assert size in drawn
    decoded = opened.decode(assessment.size).rgb.shape
    assert opened.decode(type(assessment.size)(400, 400)).rgb.shape < decoded, "it is reduced"
    if layout == "fig7":
        crop = assessment.crop(method="aesam+attam")
        assert crop.aesam_box is not None
        assert f"{crop.aesam_box.width} x {crop.aesam_box.height}" in drawn
        share = crop.box.area / np.prod([assessment.size.height, assessment.size.width])
        assert f"{as_percentage(float(share))} of the photo" in drawn
