from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

import aesmap
from aesmap.errors import ConfigError
from aesmap.images.moments.frame_cues import NAMES, frame_cues
from aesmap.model.frame_choice import (
    DEPARTURES,
    FEATURES,
    Frame,
    FrameChoice,
    differences,
    frames_together,
    rank_frames,
)
from aesmap.results.groups import frame_of

WEIGHTS = tuple(0.01 * (1 + n) for n in range(len(FEATURES)))
CHOICE = FrameChoice(WEIGHTS, 0.3)


def frame(seed: int, score: float = 5.0, technical_p: float = 0.7) -> Frame:
    picture = np.random.default_rng(seed).integers(0, 256, (64, 96, 3), dtype=np.uint8)
    return Frame(score, technical_p, frame_cues(picture))


def test_a_comparison_turned_round_has_the_other_sign() -> None:
    one, other = frame(1), frame(2, 6.0, 0.4)
    assert CHOICE.log_odds(one, [other]) == pytest.approx(-CHOICE.log_odds(other, [one]))
    assert CHOICE.log_odds(one, [one])[0] == 0


def test_ratings_are_weighed_as_log_odds_and_points() -> None:
    one = frame(1)
    row = differences(replace(one, score=7.0, technical_p=0.9), [one])[0]
    assert row[0] == pytest.approx(math.log(9) - math.log(7 / 3))
    assert row[1] == pytest.approx(2.0)
    assert not row[2:].any()


def test_exposure_counts_only_where_frames_lie_on_each_other() -> None:
    picture = np.zeros((64, 96, 3), np.uint8)
    picture[:, :48] = 200
    same, turned = frame_cues(picture // 2), frame_cues(picture[:, ::-1])
    one = Frame(5.0, 0.5, frame_cues(picture))
    exposure = [FEATURES.index(name) for name in ("luma_95", "to_bright", "contrast")]
    assert differences(one, [Frame(5.0, 0.5, same)])[0][exposure].any()
    assert not differences(one, [Frame(5.0, 0.5, turned)])[0][exposure].any()


def test_the_order_is_that_of_the_odds() -> None:
    frames = [frame(1, 3.0, 0.2), frame(1, 8.0, 0.9), frame(1, 6.0, 0.7)]
    ranking = rank_frames(frames, FrameChoice(WEIGHTS, 0.0))
    assert ranking.order == (1, 2, 0)
    assert ranking.ties == 1
    (margin,) = FrameChoice(WEIGHTS, 0.0).log_odds(frames[1], [frames[2]])
    assert ranking.margin == pytest.approx(margin)
    assert rank_frames(frames[:1], CHOICE).order == (0,)


def frames_of(images: list[Image.Image]) -> list[Frame]:
    analyzer = aesmap.load()
    prepared = [analyzer.prepare(image, extras=("signature",)) for image in images]
    return [frame_of(said) for said in analyzer.assess_prepared(prepared)]


def test_the_bundled_choice_says_what_is_wrong_with_a_copy(
    photos: dict[str, npt.NDArray[np.uint8]],
) -> None:
    choice = aesmap.load().manifest.frame_choice
    assert choice is not None
    image = Image.fromarray(photos["china"])
    blurred = image.filter(ImageFilter.GaussianBlur(3))
    burnt = image.point(lambda level: min(255, 2 * level))
    frames = frames_together(frames_of([image, blurred, burnt]))
    assert rank_frames(frames, choice).order[0] == 0
    assert next(iter(choice.reasons(frames[0], frames[1]))) == "sharper"
    assert {"exposed like the rest", "better taken"} == set(choice.reasons(frames[0], frames[2]))


def test_the_frame_that_departs_from_the_rest_loses_and_is_told_why(
    photos: dict[str, npt.NDArray[np.uint8]],
) -> None:
    choice = aesmap.load().manifest.frame_choice
    assert choice is not None
    image = Image.fromarray(photos["coffee"])
    width, height = image.size
    inside = (width // 12, height // 12, width - width // 12, height - height // 12)
    turned = image.rotate(3, Image.Resampling.BICUBIC)
    dark = image.point(lambda level: round(0.7 * level))
    noise = np.random.default_rng(1).normal(0, 6, (height, width, 3))
    noisy = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    frames = frames_of([one.crop(inside) for one in (image, turned, dark, noisy)])
    alone = choice.reasons(frames[0], frames[1])
    assert "level with the rest" not in alone  # two frames have no rest
    together = frames_together(frames)
    assert rank_frames(together, choice).order[0] == 0
    assert "level with the rest" in choice.reasons(together[0], together[1])
    assert "exposed like the rest" in choice.reasons(together[0], together[2])


def test_no_winner_is_claimed_where_focus_lies_on_other_things(
    photos: dict[str, npt.NDArray[np.uint8]],
) -> None:
    """A background that is sharp instead of the subject has more detail, and wins nothing."""
    choice = aesmap.load().manifest.frame_choice
    assert choice is not None
    image = Image.fromarray(photos["astronaut"]).convert("RGB")
    soft = image.filter(ImageFilter.GaussianBlur(image.width / 150))
    width, height = image.size
    subject = (width // 4, height // 4, 3 * width // 4, height)
    subject_soft, rest_soft = image.copy(), soft.copy()
    subject_soft.paste(soft.crop(subject), subject)
    rest_soft.paste(image.crop(subject), subject)
    ranking = rank_frames(frames_of([subject_soft, rest_soft]), choice)
    assert ranking.ties == 2
    assert ranking.margin <= 0
    assert rank_frames(frames_of([image, subject_soft]), choice).ties == 1


def test_a_choice_comes_back_from_json() -> None:
    assert FrameChoice.from_json(json.loads(json.dumps(CHOICE.to_json()))) == CHOICE


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"weights": {}}, "technical_logit"),
        ({"weights": dict.fromkeys(FEATURES, 1.0) | {"charm": 1.0}}, "'charm' is no cue"),
        ({"weights": dict.fromkeys(FEATURES, float("nan"))}, "finite"),
        ({"cannot_tell_below": -1.0}, "0 or more"),
    ],
)
def test_a_damaged_choice(change, words: str) -> None:
    with pytest.raises((ConfigError, KeyError), match=words):
        FrameChoice.from_json(CHOICE.to_json() | change)


def test_as_many_weights_as_features() -> None:
    assert len(FEATURES) == 2 + len(NAMES) + len(DEPARTURES)
    with pytest.raises(ConfigError, match="weights"):
        FrameChoice(WEIGHTS[:-1], 0.0)
