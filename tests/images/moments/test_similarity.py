from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageEnhance
from scipy.fft import dctn

from aesmap.images.moments.similarity import (
    BURST_S,
    MAX_BURST_COARSE,
    MAX_NEAR,
    MAX_NEAR_COARSE,
    Signature,
    SimilarGroups,
    are_similar,
    photo_signature,
)
from aesmap.images.reading import read_image
from made_hashes import flipped, hash_of
from sample_images import encode

NOON = datetime(2026, 6, 1, 12)


def distance(one: Signature, other: Signature) -> int:
    return (int.from_bytes(one.bits) ^ int.from_bytes(other.bits)).bit_count()


def at(seconds: float, bits: bytes = hash_of(0)) -> Signature:
    return Signature(bits, NOON + timedelta(seconds=seconds))


# The hash


def test_a_hash_is_the_signs_of_the_lowest_frequencies(photos: dict[str, npt.NDArray[np.uint8]]):
    small = np.asarray(Image.fromarray(photos["china"]).resize((64, 64)))
    luma = np.asarray(Image.fromarray(small).convert("L"), dtype=float)
    coefficients = dctn(luma, 2)
    by_frequency = sorted(
        ((row, column) for row in range(64) for column in range(64)), key=lambda p: (sum(p), p)
    )
    expected = [coefficients[place] > 0 for place in by_frequency[1:257]]
    got = np.unpackbits(np.frombuffer(photo_signature(small).bits, np.uint8))
    assert got.tolist() == expected


def test_a_plain_field_has_no_frequencies():
    assert photo_signature(np.full((50, 70, 3), 137, np.uint8)).bits == bytes(32)


def jpeg(image: Image.Image, quality: int = 92) -> Signature:
    return photo_signature(read_image(encode(image, "JPEG", quality=quality)).rgb)


def cut(image: Image.Image, share: float) -> Image.Image:
    across, down = int(share * image.width), int(share * image.height)
    return image.crop((across, down, image.width - across, image.height - down))


CHANGES = {
    "compressed": lambda image: jpeg(image, 50),
    "halved": lambda image: jpeg(image.resize((image.width // 2, image.height // 2))),
    "cut by 2 %": lambda image: jpeg(cut(image, 0.02)),
    "brighter": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(1.1)),
    "darker": lambda image: jpeg(ImageEnhance.Brightness(image).enhance(0.9)),
    "black and white": lambda image: jpeg(image.convert("L").convert("RGB")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_that_leave_the_picture_as_it_is(
    change: str, photos: dict[str, npt.NDArray[np.uint8]]
):
    for name, photo in photos.items():
        image = Image.fromarray(photo)
        assert are_similar(jpeg(image), CHANGES[change](image)), name


def test_different_photographs_are_far_apart(photos: dict[str, npt.NDArray[np.uint8]]):
    signatures = [photo_signature(photo) for photo in photos.values()]
    for index, one in enumerate(signatures):
        for other in signatures[:index]:
            assert distance(one, other) > MAX_NEAR + 20
            assert not are_similar(one, other)


# What is similar


def test_the_bounds_of_near_duplicates():
    one, fine = Signature(hash_of(1)), range(64, 256)
    assert are_similar(one, Signature(flipped(one.bits, *fine[:MAX_NEAR])))
    assert not are_similar(one, Signature(flipped(one.bits, *fine[: MAX_NEAR + 1])))
    assert are_similar(one, Signature(flipped(one.bits, *range(MAX_NEAR_COARSE))))
    assert not are_similar(one, Signature(flipped(one.bits, *range(MAX_NEAR_COARSE + 1))))


def test_the_bounds_of_bursts():
    bits = flipped(hash_of(0), *range(MAX_BURST_COARSE), *range(64, 160))
    assert are_similar(at(0), at(BURST_S, bits))
    assert not are_similar(at(0), at(BURST_S + 0.01, bits))
    assert not are_similar(at(0), Signature(bits))
    assert not are_similar(at(0), at(1, flipped(bits, MAX_BURST_COARSE)))


# Groups


def test_no_more_than_the_groups_wanted():
    similar = SimilarGroups(most=2)
    added = [similar.add(Signature(hash_of(seed))) for seed in (1, 2, 3, 2, 1)]
    assert added == [0, 1, None, 1, 0]
    assert len(similar) == 2
