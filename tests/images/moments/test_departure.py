"""What departs from the rest of a moment, and what says nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from aesmap.images.moments.departure import NO_DEPARTURE, departures
from aesmap.images.moments.frame_cues import FrameCues, frame_cues

Pictures = dict[str, npt.NDArray[np.uint8]]


@pytest.fixture
def photo(photos: Pictures) -> Image.Image:
    return Image.fromarray(photos["coffee"]).resize((480, 320))


def cues(image: Image.Image) -> FrameCues:
    return frame_cues(np.asarray(image.crop((48, 32, 432, 288))))


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, Image.Resampling.BICUBIC)


def brighter(image: Image.Image, factor: float) -> Image.Image:
    return image.point(lambda level: min(255, round(factor * level)))


def test_the_frame_that_is_turned_against_the_rest_departs(photo: Image.Image) -> None:
    blurred = photo.filter(ImageFilter.GaussianBlur(1))
    found = departures([cues(one) for one in (photo, turned(photo, 3), blurred, photo)])
    assert found[1].turned_deg == pytest.approx(3, abs=0.4)
    assert found[1].exposed_ev == 0
    assert [one for n, one in enumerate(found) if n != 1] == [NO_DEPARTURE] * 3


def test_the_majority_may_be_the_turned_ones(photo: Image.Image) -> None:
    """Nothing else is known: what most frames do is what was meant."""
    found = departures([cues(one) for one in (photo, turned(photo, 3), turned(photo, 3.1))])
    assert found[0].turned_deg > 2
    assert found[1] == found[2] == NO_DEPARTURE


def test_the_frame_with_other_light_departs(photo: Image.Image) -> None:
    found = departures([cues(one) for one in (photo, brighter(photo, 0.7), photo)])
    assert found[1].exposed_ev == pytest.approx(-np.log2(0.7) * 2.2, abs=0.35)
    assert found[0] == found[2] == NO_DEPARTURE


def test_a_hand_that_turns_every_frame_says_nothing(photo: Image.Image) -> None:
    frames = [cues(turned(photo, degrees)) for degrees in (-2, -1, 0, 1, 2)]
    assert departures(frames) == [NO_DEPARTURE] * 5


def test_two_frames_have_no_majority(photo: Image.Image, photos: Pictures) -> None:
    pair = [cues(photo), cues(turned(photo, 3))]
    assert departures(pair) == [NO_DEPARTURE] * 2
    other = cues(Image.fromarray(photos["china"]).resize((480, 320)))
    assert departures([*pair, other]) == [NO_DEPARTURE] * 3
    assert departures([]) == []
