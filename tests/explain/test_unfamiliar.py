"""Of a picture that the model does not know nothing is drawn that looks like a finding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment
from aesmap.explain import canvas
from aesmap.explain.render import draw_explanation
from aesmap.explain.unfamiliar import unfamiliar_panel
from aesmap.images.reading import open_image
from aesmap.types import Size

NOISE = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)


@pytest.fixture(scope="module")
def noise(analyzer: Analyzer) -> Assessment:
    found = analyzer.assess(NOISE)
    assert found.uncertain_reason == "unfamiliar"
    return found


@pytest.mark.parametrize("layout", ["fig6", "fig7"])
def test_every_layout_is_the_panel_without_maps(
    noise: Assessment, layout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    text = canvas.Sheet.text

    def spy(sheet: canvas.Sheet, left: int, top: int, words: str, **options: Any) -> int:
        drawn.append(words)
        return text(sheet, left, top, words, **options)

    monkeypatch.setattr(canvas.Sheet, "text", spy)
    panel = draw_explanation(open_image(NOISE), noise, layout, title="noise.png")
    plain = unfamiliar_panel(NOISE, title="noise.png")
    np.testing.assert_array_equal(np.asarray(panel), np.asarray(plain))
    words = " ".join(drawn)
    assert words.startswith("noise.png Unfamiliar: ")
    assert "400 x 300" in words
    assert "%" not in words


def test_the_picture_is_shown_as_it_is() -> None:
    """Red stays red: no colour of a map lies over it."""
    red = np.full((300, 400, 3), (200, 10, 10), np.uint8)
    panel = np.asarray(unfamiliar_panel(red, photo_size=Size(600, 800)))
    shown = (panel == (200, 10, 10)).all(axis=2)
    rows, columns = np.flatnonzero(shown.any(axis=1)), np.flatnonzero(shown.any(axis=0))
    assert shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
    assert (columns[-1] + 1 - columns[0]) / (rows[-1] + 1 - rows[0]) == pytest.approx(
        4 / 3, rel=0.01
    )


def test_nothing_is_named_of_it(noise: Assessment, analyzer: Analyzer) -> None:
    assert noise.named == ()
    html = replace(noise, photo=NOISE)._repr_html_()
    assert html.count("<img") == 1
    assert "of 10" not in html
