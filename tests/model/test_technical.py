"""Technical quality and faults: their maps add up, faults are named by their bounds, and truly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from aesmap.analyzer import Analyzer
from aesmap.errors import ConfigError
from aesmap.model.ratings import RatingModel, sigmoid
from aesmap.model.session import Session
from aesmap.model.technical import FAULT_WORDS, TechnicalHeads, highlights_of
from aesmap.training.judge.attach_heads import EXPOSURE
from sample_photos import packaged_files
from shared_data import SHARED, needs

RATINGS = RatingModel(slope=1.0, thresholds=tuple(range(-4, 5)))
HEADS = TechnicalHeads(
    faults=("soft", "motion_blurred", "too_dark"),
    bias=(0.5, 0.0, 0.0, 0.0),
    thresholds=(0.0, 0.0, 0.0),
    rating_model=RATINGS,
    dark_below=162,
)


def maps(*means: float) -> Any:
    """Maps (K,2,2) of these means, uneven."""
    wave = np.array([[1, -1], [-2, 2]], np.float32)
    return np.stack([np.full((2, 2), mean, np.float32) + wave for mean in means])


def test_a_map_and_its_bias_add_up_to_the_logit() -> None:
    quality = HEADS.assess(maps(1.0, -1.0, -1.0, -1.0), 200)
    assert quality.logit == pytest.approx(1.5)
    assert quality.p_fair == pytest.approx(float(sigmoid(1.5)))
    # 1 and the probability of each vote above k.
    assert quality.score == pytest.approx(1 + sum(float(sigmoid(1.5 - k)) for k in range(-4, 5)))
    assert quality.map_of("technical").mean() + quality.bias[0] == pytest.approx(quality.logit)
    assert quality.faults == {}
    assert quality.words() == ""
    with pytest.raises(KeyError):
        quality.map_of("tilted")


@pytest.mark.parametrize(
    ("means", "highlights", "faults", "words"),
    [
        ((1, -1, -1), 200, ["soft"], "soft"),
        ((1, 2, -1), 200, ["motion_blurred", "soft"], "blurred"),
        ((-1, -1, 1), 200, [], ""),
        ((-1, -1, 1), 161, ["too_dark"], "too dark"),
        ((1, 2, 3), 100, ["too_dark", "motion_blurred", "soft"], "blurred and too dark"),
        ((0, -0.01, -1), 200, ["soft"], "soft"),
    ],
)
def test_faults_are_named_by_their_bounds_the_surest_first(
    means: tuple[float, ...], highlights: float, faults: list[str], words: str
) -> None:
    quality = HEADS.assess(maps(0, *means), highlights)
    assert list(quality.faults) == faults
    assert quality.words() == words


@pytest.mark.parametrize(
    "changes",
    [
        {"faults": ("soft", "motion_blurred", "crooked")},
        {"bias": (0.0, 0.0)},
        {"thresholds": (0.0, 0.0)},
        {"bias": (0.0, float("nan"), 0.0, 0.0)},
    ],
)
def test_heads_that_do_not_fit_are_refused(changes: dict[str, Any]) -> None:
    fields = {name: getattr(HEADS, name) for name in ("faults", "bias", "thresholds")}
    with pytest.raises(ConfigError, match="technical"):
        TechnicalHeads(**(fields | {"rating_model": RATINGS} | changes))


def test_a_manifest_holds_them() -> None:
    assert TechnicalHeads.from_json(HEADS.to_json()) == HEADS


def test_highlights_are_the_99th_percentile_of_luma() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (100, 90, 3), np.uint8)
    luma = picture @ np.array([0.299, 0.587, 0.114])
    assert highlights_of(picture) == pytest.approx(np.percentile(luma, 99), abs=1.5)
    assert highlights_of(np.full((4, 4, 3), 7, np.uint8)) == 7


def test_the_bundled_models_maps_add_up_at_odd_sizes() -> None:
    session = Session.open()
    heads = session.manifest.technical
    assert heads is not None
    rng = np.random.default_rng(1)
    for side in ((97, 131), (320, 320), (192, 512)):
        pixels = rng.normal(0, 0.5, (2, 3, *side)).astype(np.float32)
        outputs = ["technical_logits", "technical_maps"]
        logits, found = session._engine.run(outputs, "pixels", pixels)
        means = found.mean(axis=(2, 3), dtype=np.float64) + np.array(heads.bias)
        np.testing.assert_allclose(means, logits, atol=1e-4 * max(1, np.abs(logits).max()))


def spoilt(image: Image.Image, fault: str) -> Any:
    pixels = np.asarray(image).astype(np.float64)
    if fault == "soft":
        return np.asarray(image.filter(ImageFilter.GaussianBlur(image.width / 120)))
    if fault == "noisy":
        noise = np.random.default_rng(0).normal(0, 28, pixels.shape)
        return (pixels + noise).clip(0, 255).astype(np.uint8)
    stops = {"too_dark": -2.5, "too_light": 2.0}[fault]
    light = ((pixels / 255) ** 2.2 * 2**stops).clip(0, 1)
    return np.rint(255 * light ** (1 / 2.2)).astype(np.uint8)


@pytest.mark.parametrize("fault", ["soft", "noisy", "too_dark"])
@pytest.mark.parametrize("name", ["china", "flower", "coffee", "chelsea"])
def test_what_is_spoilt_on_purpose_is_named_and_scores_less(
    analyzer: Analyzer, name: str, fault: str
) -> None:
    image = Image.open(packaged_files()[name]).convert("RGB")
    whole, worse = analyzer.assess(image).technical, analyzer.assess(spoilt(image, fault)).technical
    assert whole is not None
    assert worse is not None
    assert fault in worse.faults
    assert worse.score < whole.score


@needs("flms/images")
def test_plain_photographs_are_rarely_called_faulty(analyzer: Analyzer) -> None:
    """At most 6 % for each fault; the rule was looked at on these photographs, and not tuned."""
    paths = sorted((SHARED / "flms" / "images").glob("*.jpg"))[::3]
    faults = [a.technical.faults for a in analyzer.assess_many(paths) if a.technical is not None]
    assert len(faults) == len(paths)
    heads = analyzer.manifest.technical
    assert heads is not None
    for fault in heads.faults:
        assert sum(fault in named for named in faults) <= 0.06 * len(paths), fault


def test_thresholds_are_a_half_or_more_but_for_exposure(analyzer: Analyzer) -> None:
    heads = analyzer.manifest.technical
    assert heads is not None
    for fault, threshold in zip(heads.faults, heads.thresholds, strict=True):
        assert threshold >= 0 or fault in EXPOSURE


def test_a_model_without_them_leaves_its_columns_empty(tmp_path: Path) -> None:
    from fake_session import FakeSession, fake_analyzer

    assessment = fake_analyzer(FakeSession()).assess(np.full((96, 96, 3), 90, np.uint8))
    assert assessment.technical is None
    row = assessment.to_row()
    assert [row[name] for name in ("technical", "technical_p", "faults")] == [None] * 3


def test_words_are_of_what_is_likelier_than_not() -> None:
    heads = replace(HEADS, thresholds=(-2.0, -2.0, -2.0))
    below, above = heads.faults[0], heads.faults[1]
    means = np.array([0.0, -0.01, 0.01, -9.0])
    maps = np.repeat((means - np.array(heads.bias))[:, None, None], 4, axis=1).astype(np.float32)
    quality = heads.assess(maps, highlights=0.0)
    assert list(quality.faults) == [above, below]
    assert quality.words() == FAULT_WORDS[above]
