from __future__ import annotations

from typing import Any

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from aesmap.images.metadata.exif_summary import exif_summary


def block(main: dict[int, Any], inner: dict[int, Any]) -> bytes:
    exif = Image.Exif()
    for tag, value in main.items():
        exif[tag] = value
    exif.get_ifd(0x8769).update(inner)
    return exif.tobytes()


def test_what_a_camera_writes() -> None:
    exif = block(
        {0x010F: "NIKON CORPORATION\0", 0x0110: "NIKON D750 "},
        {
            0x829A: IFDRational(1, 250),
            0x829D: IFDRational(28, 10),
            0x8827: 400,
            0x920A: IFDRational(50, 1),
            0xA434: "50mm f/1.8",
        },
    )
    assert exif_summary(exif) == {
        "camera": "NIKON D750",
        "lens": "50mm f/1.8",
        "focal length": "50 mm",
        "aperture": "f/2.8",
        "exposure": "1/250 s",
        "ISO": "400",
    }


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.004, "1/250 s"), (0.5, "0.5 s"), (30, "30 s"), (1 / 8000, "1/8000 s")]
)
def test_exposures(seconds: float, words: str) -> None:
    assert exif_summary(block({}, {0x829A: seconds})) == {"exposure": words}


def test_makers_and_models() -> None:
    assert exif_summary(block({0x010F: "Canon", 0x0110: "Canon EOS R5"}, {})) == {
        "camera": "Canon EOS R5"
    }
    assert exif_summary(block({0x010F: "Apple", 0x0110: "iPhone 13"}, {})) == {
        "camera": "Apple iPhone 13"
    }


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_damage_is_left_out() -> None:
    good = block({0x010F: "Canon"}, {0x829D: IFDRational(0, 0), 0x829A: IFDRational(-1, 3)})
    assert exif_summary(good) == {"camera": "Canon"}
    assert exif_summary(None) == {}
    assert exif_summary(b"") == {}
    for length in range(len(good)):
        exif_summary(good[:length])  # raises nothing, wherever it ends
