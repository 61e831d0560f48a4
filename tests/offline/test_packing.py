"""Bytes as text of a page: what the file says must be what comes out again."""

from __future__ import annotations

import gzip

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aesmap.offline.packing import pack


def unpacked(text: str) -> bytes:
    """By definition: seven bits of each letter, in one long number."""
    bits = "".join(f"{ord(letter) % 128:07b}" for letter in text)
    whole = len(bits) // 8 * 8
    return gzip.decompress(bytes(int(bits[i : i + 8], 2) for i in range(0, whole, 8)))


@given(st.binary(max_size=300))
def test_all_bytes_come_back(data: bytes) -> None:
    assert unpacked(pack(data)) == data


def test_no_letter_is_one_that_html_changes() -> None:
    noise = np.random.default_rng(0).integers(0, 256, 50_000, np.uint8).tobytes()
    text = pack(noise)
    assert unpacked(text) == noise
    # NUL becomes U+FFFD, a carriage return a line feed, and < may end the element.
    assert not {"\x00", "\r", "<"} & set(text)
    assert max(map(ord, text)) < 0x180
    # 8/7 of the data, and a second byte for three letters in 128; base64 is 4/3.
    assert 1.15 < len(text.encode()) / len(noise) < 1.18


def test_the_same_bytes_are_the_same_text() -> None:
    assert pack(b"one" * 1000) == pack(b"one" * 1000)
