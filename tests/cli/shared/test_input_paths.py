"""Lists of paths on stdin."""

from __future__ import annotations

import io
import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aesmap.cli.shared.input_paths import paths_from_stdin, read_paths, split_stdin
from aesmap.errors import UsageError

NAMES = st.text(st.characters(exclude_characters="\0\n\r", codec="utf-8"), min_size=1, max_size=30)


class Stdin(io.TextIOWrapper):
    """A pipe that holds these bytes, or a terminal."""

    def __init__(self, data: bytes, terminal: bool = False) -> None:
        super().__init__(io.BytesIO(data))
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def read(data: bytes) -> list[str]:
    return list(read_paths(io.BytesIO(data)))


@pytest.mark.parametrize(
    ("data", "paths"),
    [
        (b"a.jpg\nb c.jpg\n", ["a.jpg", "b c.jpg"]),
        (b"a.jpg\nb.jpg", ["a.jpg", "b.jpg"]),  # no end of line at the end
        (b"a.jpg\r\nb.jpg\r\n", ["a.jpg", "b.jpg"]),
        (b"\n\r\na.jpg\n\n", ["a.jpg"]),
        (b"\xef\xbb\xbfa.jpg\n", ["a.jpg"]),
        (b"a\nb.jpg\0c\r.jpg\0", ["a\nb.jpg", "c\r.jpg"]),
        (b"a.jpg\0\0b.jpg", ["a.jpg", "b.jpg"]),
        (b" a.jpg \n", [" a.jpg "]),  # a name may begin and end with spaces
        ("ä/日本.jpg\n".encode(), ["ä/日本.jpg"]),
        (b"\xff.jpg\n", [os.fsdecode(b"\xff.jpg")]),
        (b"", []),
        (b"\n\n", []),
    ],
)
def test_lines_and_nuls(data: bytes, paths: list[str]) -> None:
    assert read(data) == paths


@given(st.lists(NAMES, min_size=1), st.sampled_from([b"\n", b"\r\n", b"\0"]), st.integers(1, 9))
def test_every_path_comes_however_blocks_fall(
    names: list[str], separator: bytes, block: int
) -> None:
    data = b"".join(name.encode() + separator for name in names)
    if names[0].startswith("\ufeff") and separator != b"\0":
        return  # such a name is a mark

    class Slow(io.BytesIO):
        first = True

        def read(self, size: int | None = -1) -> bytes:
            # The first block tells the kind of list, and holds the longest possible path.
            size, self.first = (size if self.first else block), False
            return super().read(size)

    # Enough to go beyond the first block.
    padding = [f"{number:0>4000}.jpg" for number in range(17)]
    data = b"".join(p.encode() + separator for p in padding) + data
    assert list(read_paths(Slow(data))) == padding + names


def test_utf_16_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for order in ("utf-16-le", "utf-16-be"):
        with pytest.raises(UsageError, match="UTF-8"):
            read("\ufeffa.jpg\n".encode(order))


def test_each_path_once_in_the_list_s_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"b/2.jpg\n./a.jpg\nb/2.jpg\na.jpg\n"))
    assert list(paths_from_stdin()) == ["b/2.jpg", "./a.jpg", "a.jpg"]


def test_a_hyphen_is_the_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Stdin(b"a.jpg\n"))
    named, listed = split_stdin(["x", "-", "y", "-"])
    assert named == ["x", "y"]
    assert listed is not None
    assert list(listed) == ["a.jpg"]


def test_stdin_is_left_alone_without_a_hyphen(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = Stdin(b"a.jpg\n")
    monkeypatch.setattr(sys, "stdin", stdin)
    assert split_stdin(["x"]) == (["x"], None)
    assert stdin.buffer.read() == b"a.jpg\n"


@pytest.mark.parametrize(
    ("stdin", "word"),
    [(Stdin(b""), "no paths"), (Stdin(b"\n"), "no paths"), (Stdin(b"", True), "find"), (None, "-")],
)
def test_nothing_to_read_is_a_wrong_call(
    monkeypatch: pytest.MonkeyPatch, stdin: Stdin | None, word: str
) -> None:
    monkeypatch.setattr(sys, "stdin", stdin)
    with pytest.raises(UsageError, match=word):
        paths_from_stdin()
