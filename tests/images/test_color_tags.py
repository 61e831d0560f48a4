"""Colour tags that are no profile: read as colours, carried as a profile, HDR brought to sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import numpy.typing as npt
import pytest

from aesmap.images.color_tags import (
    SRGB_PRIMARIES,
    ColorTags,
    box_color_tags,
    png_color_tags,
    profile_of,
    to_srgb_matrix,
)
from aesmap.images.cropping.saving import encode_crop
from aesmap.images.reading import read_image
from aesmap.types import Box
from sample_images import encode, quadrants

Floats = npt.NDArray[np.float64]
P3 = (0.3127, 0.329, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)

# A ramp of greys and of saturated colours, as sRGB says them.
SRGB = np.concatenate(
    [np.repeat(np.linspace(0, 1, 64)[:, None], 3, axis=1), np.random.default_rng(0).random((64, 3))]
)[None].repeat(8, axis=0)
LINEAR = np.where(SRGB <= 0.04045, SRGB / 12.92, ((SRGB + 0.055) / 1.055) ** 2.4)
# ITU-R BT.2087-0, and the same for P3 (SMPTE EG 432-1), from linear sRGB.
TO_2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])
TO_P3 = np.array([[0.8225, 0.1774, 0.0], [0.0332, 0.9669, 0.0], [0.0171, 0.0724, 0.9108]])


def pq(light: Floats) -> Floats:
    """SMPTE ST 2084, white at 203 nits."""
    y = (light * 203 / 10_000) ** 0.1593017578125
    return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375


def hlg(light: Floats) -> Floats:
    """ITU-R BT.2100, table 5, for a display of 1000 nits: system gamma undone, then the OETF."""
    display = light * 203 / 1000
    luminance = display @ np.array([0.2627, 0.6780, 0.0593])
    scene = display * np.maximum(luminance, 1e-9)[..., None] ** (1 / 1.2 - 1)
    high = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), high)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def png(values: Floats, *chunks: tuple[bytes, bytes], bits: int = 16) -> bytes:
    data = encode((values.clip(0, 1) * 255).round().astype(np.uint8), "PNG")
    if bits == 16:
        from aesmap.images.cropping.high_bit_depth import write_png_16_bit

        file = io.BytesIO()
        write_png_16_bit(file, (values.clip(0, 1) * 65535).round().astype(np.uint16))
        data = file.getvalue()
    return data[:33] + b"".join(chunk(*c) for c in chunks) + data[33:]


def cicp(primaries: int, transfer: int) -> tuple[bytes, bytes]:
    return b"cICP", bytes([primaries, transfer, 0, 1])


def read(data: bytes) -> Floats:
    return read_image(data).rgb / 255


@pytest.mark.parametrize(
    ("data", "tolerance"),
    [
        (png(pq(LINEAR @ TO_2020.T), cicp(9, 16)), 0.04),  # decoded with 8 bits of a steep curve
        (png(hlg(LINEAR @ TO_2020.T), cicp(9, 18)), 0.04),
        (png(LINEAR, (b"gAMA", struct.pack(">L", 100_000))), 0.06),
        (png(SRGB, (b"gAMA", struct.pack(">L", 45_455))), 0.004),  # the high byte of sixteen bits
        (png(SRGB, cicp(1, 13)), 0.004),
    ],
)
def test_a_picture_looks_as_it_was_meant(data: bytes, tolerance: float) -> None:
    # Linear light in 8 bits is coarse where it is dark.
    bright = (SRGB.min(axis=-1) > 0.15)[..., None]
    np.testing.assert_allclose(read(data) * bright, SRGB * bright, rtol=0, atol=tolerance)


def test_display_p3_by_cicp_and_by_chromaticities() -> None:
    p3 = LINEAR @ TO_P3.T
    encoded = np.where(p3 <= 0.0031308, p3 * 12.92, 1.055 * p3.clip(1e-9) ** (1 / 2.4) - 0.055)
    np.testing.assert_allclose(read(png(encoded, cicp(12, 13))), SRGB, rtol=0, atol=0.03)
    chrm = struct.pack(">8L", *(round(v * 100_000) for v in P3))
    gamma = png(p3.clip(0, 1) ** (1 / 2.2), (b"gAMA", struct.pack(">L", 45_455)), (b"cHRM", chrm))
    np.testing.assert_allclose(read(gamma)[:, :64], SRGB[:, :64], rtol=0, atol=0.05)
    np.testing.assert_allclose(read(gamma)[:, 64:], SRGB[:, 64:], rtol=0, atol=0.05)


def test_highlights_are_rolled_off_and_what_is_darker_is_not_moved() -> None:
    light = np.linspace(0, 8, 256)[None, :, None].repeat(8, axis=0).repeat(3, axis=2)
    shown = read(png(pq(light), cicp(9, 16)))[0, :, 0]
    assert (np.diff(shown) >= 0).all()
    assert shown[-1] == pytest.approx(1, abs=0.01)
    assert len(np.unique(shown[40:])) > 6  # above white there is still something to see
    dark = light[0, :, 0] < 0.7
    expected = 1.055 * light[0, dark, 0].clip(0.0031308) ** (1 / 2.4) - 0.055
    np.testing.assert_allclose(shown[dark][1:], expected[1:], atol=0.03)


def test_a_profile_or_srgb_goes_before_gamma_and_cicp_before_a_profile() -> None:
    gama = (b"gAMA", struct.pack(">L", 100_000))
    assert png_color_tags(png(SRGB, (b"sRGB", b"\0"), gama)) is None
    profile = (b"iCCP", b"x\0\0" + zlib.compress(profile_of(ColorTags(P3, "srgb"))))
    assert png_color_tags(png(SRGB, profile, gama)) is None
    assert png_color_tags(png(SRGB, profile, cicp(9, 16))) == ColorTags(
        (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046), "pq"
    )


@pytest.mark.parametrize(
    "chunks",
    [
        [(b"gAMA", struct.pack(">L", 0))],
        [(b"gAMA", b"\0")],
        [(b"cICP", b"\1")],
        [cicp(9, 2)],
        [cicp(9, 99)],
        [(b"gAMA", struct.pack(">L", 50_000)), (b"cHRM", bytes(32))],
    ],
)
def test_tags_that_make_no_sense_change_nothing(chunks: list[tuple[bytes, bytes]]) -> None:
    np.testing.assert_array_equal(read(png(SRGB, *chunks, bits=8)), read(png(SRGB, bits=8)))


def test_the_matrix_to_srgb_is_the_published_one() -> None:
    tags = ColorTags((0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046), "pq")
    np.testing.assert_allclose(to_srgb_matrix(tags.primaries), np.linalg.inv(TO_2020), atol=2e-3)
    np.testing.assert_allclose(to_srgb_matrix(SRGB_PRIMARIES), np.eye(3), atol=1e-12)


def test_crops_keep_the_meaning_of_their_numbers() -> None:
    box = Box(0, 0, 100, 8)
    source = png(pq(LINEAR @ TO_2020.T), cicp(9, 16))
    crop, notes = encode_crop(source, box, "PNG", name="p")
    assert notes == ()
    assert png_color_tags(crop) == png_color_tags(source)
    np.testing.assert_array_equal(read(crop), read(source)[:, :100])
    for target in ("JPEG", "WEBP", "AVIF", "TIFF"):
        crop, notes = encode_crop(source, box, target, name="p")
        assert notes == ("its HDR was brought to sRGB",)
        assert np.abs(read(crop) - read(source)[:, :100])[:, :60].mean() < 0.02
    wide = png(SRGB, cicp(12, 13))
    for target in ("PNG", "JPEG", "TIFF"):
        crop, notes = encode_crop(wide, box, target, name="p")
        assert notes == ()
        assert np.abs(read(crop) - read(wide)[:, :100])[:, :60].mean() < 0.02


def test_nclx_of_an_avif() -> None:
    plain = encode(quadrants(), "AVIF", quality=90)
    tags = box_color_tags(plain)
    assert tags is None or tags.is_srgb
    at = plain.index(b"colrnclx") + 8
    wide = plain[:at] + struct.pack(">HH", 9, 16) + plain[at + 4 :]
    assert box_color_tags(wide) == ColorTags(
        (0.3127, 0.329, 0.708, 0.292, 0.17, 0.797, 0.131, 0.046), "pq"
    )
    assert np.abs(read(wide) - read(plain)).max() > 0.2
