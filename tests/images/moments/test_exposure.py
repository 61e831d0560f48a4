"""Exposure brackets are told from bursts by what the camera was asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from aesmap.images.metadata.exif_summary import exif_summary
from aesmap.images.moments.exposure import NO_EXPOSURE, Exposure, exposure_of
from aesmap.images.moments.similarity import (
    SimilarGroups,
    are_bracketed,
    are_similar,
    photo_signature,
)

NOON = datetime(2026, 5, 6, 12)
SCENE = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8).repeat(16, 0).repeat(16, 1)


def exif(**tags: object) -> bytes:
    numbers = {"bias": 0x9204, "mode": 0xA402, "time": 0x829A, "aperture": 0x829D, "iso": 0x8827}
    block = Image.Exif()
    inner = block.get_ifd(0x8769)
    for name, value in tags.items():
        inner[numbers[name]] = value
    return block.tobytes()


def shot(seconds: float, exposure: Exposure):  # type: ignore[no-untyped-def]
    return photo_signature(SCENE, NOON + timedelta(seconds=seconds), exposure)


def test_what_is_read() -> None:
    block = exif(bias=-4 / 3, mode=2, time=0.01, aperture=4.0, iso=400)
    exposure = exposure_of(block)
    assert exposure.bias_ev == pytest.approx(-4 / 3)
    assert exposure.is_bracketing
    # 1/100 s at f/4 and ISO 400: log2(0.01) - log2(16) + log2(4).
    assert exposure.value_ev == pytest.approx(np.log2(0.01 / 16 * 4))
    assert exif_summary(block)["exposure bias"] == "-1.3 EV, bracketing"


@pytest.mark.parametrize("block", [None, b"", b"nothing", exif(), exif(bias=float("inf"))])
def test_what_is_not_there_or_damaged_is_unknown(block: bytes | None) -> None:
    assert exposure_of(block).bias_ev is None
    assert not exposure_of(block).differs_from(NO_EXPOSURE)


def test_frames_of_a_bracket_stand_apart() -> None:
    frames = [shot(i, Exposure(bias_ev=bias)) for i, bias in enumerate((-2, 0, 2))]
    assert not any(are_similar(a, b) for a in frames for b in frames if a is not b)
    groups = SimilarGroups()
    assert [groups.add(frame) for frame in frames] == [0, 1, 2]
    assert groups.num_bracketed == 2


def test_a_bracket_without_bias_is_known_by_its_mode() -> None:
    short, long = (Exposure(None, value, is_bracketing=True) for value in (-8.0, -6.0))
    assert are_bracketed(shot(0, short), shot(1, long))
    assert not are_bracketed(shot(0, short), shot(1, Exposure(None, -6.0)))


def test_bursts_and_copies_are_no_brackets() -> None:
    same = Exposure(bias_ev=-0.7, value_ev=-7.0, is_bracketing=True)
    assert are_similar(shot(0, same), shot(1, same))
    # Metered anew from frame to frame, which a burst does.
    assert are_similar(shot(0, Exposure(0.0, -7.0)), shot(1, Exposure(0.0, -6.0)))
    # The same scene another day, at another bias: near-duplicates as before.
    assert are_similar(shot(0, Exposure(-1.0)), shot(90_000, Exposure(1.0)))
    assert are_similar(photo_signature(SCENE), photo_signature(SCENE, None, Exposure(2.0)))
