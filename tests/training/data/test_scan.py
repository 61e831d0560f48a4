"""Scanning images: damaged ones are found, in order; what was found is kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from aesmap.errors import OutputError
from aesmap.training.data import scan
from aesmap.training.data.scan import problem_of, scan_images
from sample_images import encode, gradient


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """Eight images: the third has lost its second half, the sixth is empty, one is a PNG."""
    folder = tmp_path / "images"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8)
    jpeg = encode(noise, "JPEG")
    contents = [jpeg, jpeg, jpeg[: len(jpeg) // 2], encode(gradient(40, 60), "PNG"), jpeg, b"",
                jpeg, jpeg]  # fmt: skip
    paths = [folder / f"{index}.jpg" for index in range(8)]
    for path, data in zip(paths, contents, strict=True):
        path.write_bytes(data)
    return paths


def test_damaged_files_are_named_in_order(files: list[Path]) -> None:
    seen: list[tuple[int, int]] = []
    found = scan_images(files, None, lambda done, total: seen.append((done, total)), jobs=3)
    assert [path for path, _ in found] == [files[2], files[5]]
    assert "truncated" in found[0][1]
    assert "empty" in found[1][1]
    assert seen == [(done, 8) for done in range(9)]


@pytest.mark.parametrize("kept", [0.25, 0.5, 0.9, 0.99])
def test_a_reduced_decode_reads_to_the_end(files: list[Path], kept: float) -> None:
    data = files[0].read_bytes()
    files[0].write_bytes(data[: int(len(data) * kept)])
    assert "truncated" in problem_of(files[0])


def test_a_file_that_has_gone(tmp_path: Path) -> None:
    found = scan_images([tmp_path / "gone.jpg"])
    assert found[0][0] == tmp_path / "gone.jpg"
    assert "no such file" in found[0][1]


def test_the_cache_saves_decoding_until_a_file_changes(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "scan.json"
    first = scan_images(files, cache)
    decoded: list[Path] = []

    def counting(path: Path) -> str:
        decoded.append(path)
        return problem_of(path)

    monkeypatch.setattr(scan, "problem_of", counting)
    assert scan_images(files, cache) == first
    assert decoded == []
    files[2].write_bytes(files[0].read_bytes())  # mended
    os.utime(files[0], ns=(1, 1))  # touched
    assert [path for path, _ in scan_images(files, cache)] == [files[5]]
    assert sorted(decoded) == [files[0], files[2]]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "other"}', '{"format": 1}'])
def test_a_damaged_cache_is_done_again(files: list[Path], tmp_path: Path, content: str) -> None:
    cache = tmp_path / "scan.json"
    cache.write_text(content)
    assert len(scan_images(files, cache)) == 2
    assert len(json.loads(cache.read_text())["images"]) == 8


def test_a_stopped_scan_keeps_what_was_done(files: list[Path], tmp_path: Path) -> None:
    cache = tmp_path / "scan.json"

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan_images(files, cache, stop, jobs=2)
    kept = json.loads(cache.read_text())["images"]
    assert sorted(kept) == [str(path) for path in files[:3]]
    seen: list[int] = []
    assert len(scan_images(files, cache, lambda done, total: seen.append(done))) == 2
    assert seen[0] == 3


def test_a_cache_that_cannot_be_written_is_told_before_the_scan(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "problem_of", lambda path: pytest.fail("decoded"))
    with pytest.raises(OutputError, match="create it first"):
        scan_images(files, tmp_path / "nowhere" / "scan.json")
