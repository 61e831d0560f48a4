"""Messages are one line, whatever a file is called."""

from __future__ import annotations

import pytest

from aesmap.errors import AesmapError, ConfigError, ImageMissingError, MissingExtraError, printable


def test_an_image_error_names_its_file_on_one_line() -> None:
    error = ImageMissingError("holiday\n2024/été.jpg", "no such file")
    assert str(error) == "holiday\\n2024/été.jpg: no such file"
    assert error.source == "holiday\n2024/été.jpg"


def test_undecodable_names_can_be_printed() -> None:
    str(ImageMissingError("bad\udcff.jpg", "no such file")).encode("utf-8")


def test_a_missing_extra_gives_the_command() -> None:
    assert "pip install 'aesmap[parquet]'" in str(MissingExtraError("Parquet output", "parquet"))


@pytest.mark.parametrize("kind", [ConfigError, ImageMissingError])
def test_exit_codes(kind: type[AesmapError]) -> None:
    assert kind.exit_code == (2 if issubclass(kind, ValueError) else 1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x7f\x9b", r"\x7f\x9b"),
        ("gpj.\u202eexe", r"gpj.\u202eexe"),
        ("\u2066x\u2069\u200f\u2028", r"\u2066x\u2069\u200f\u2028"),
        ("caf\udce9", r"caf\udce9"),
        ("Größe 写真 👩‍👧 a\u00a0b", "Größe 写真 👩‍👧 a\u00a0b"),
    ],
)
def test_what_people_read_neither_breaks_nor_turns(text: str, shown: str) -> None:
    assert printable(text) == shown
