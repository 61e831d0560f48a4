"""`aesmap data audit` as somebody who compares networks runs it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command import Aesmap


@pytest.fixture
def lists(tmp_path: Path) -> tuple[Path, Path]:
    trained, test = tmp_path / "train.txt", tmp_path / "test.txt"
    trained.write_text("".join(f"{number}\n" for number in range(90)))
    test.write_text("".join(f"{number}.jpg\n" for number in range(80, 120)))
    return trained, test


def test_the_share_and_what_is_left(aesmap: Aesmap, lists: tuple[Path, Path]) -> None:
    trained, test = lists
    clean = test.with_name("clean.txt")
    said = aesmap("data", "audit", trained, "--test", test, "--clean", clean).succeeded().out
    assert "10 of the 40 test images were trained on (25.0%); 30 were not" in said
    assert "1.2 times as wide" in said
    assert clean.read_text().split() == [str(number) for number in range(90, 120)]
    found = json.loads(aesmap("data", "audit", trained, "--test", test, "--json").succeeded().out)
    assert (found["num_trained_on"], found["num_clean"], found["num_alike"]) == (10, 30, None)


def test_a_list_of_what_was_kept_out(aesmap: Aesmap, lists: tuple[Path, Path]) -> None:
    kept, test = lists
    said = aesmap("data", "audit", kept, "--held-out", "--test", test).succeeded().out
    assert "30 of the 40 test images were trained on" in said


def test_a_clean_list_and_a_lost_one(aesmap: Aesmap, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1\n")
    (tmp_path / "b.txt").write_text("2\n")
    clean = aesmap("data", "audit", tmp_path / "a.txt", "--test", tmp_path / "b.txt")
    assert "has not seen" in clean.succeeded().out
    lost = aesmap("data", "audit", tmp_path / "a.txt", "--test", tmp_path / "a.txt")
    assert "Nothing is left" in lost.succeeded().out


def test_look_alikes(aesmap: Aesmap, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("1", "2"):
        coarse = Image.fromarray(rng.integers(0, 255, (12, 16, 3), dtype=np.uint8))
        coarse.resize((160, 120), Image.Resampling.BICUBIC).save(folder / f"{name}.jpg")
    Image.open(folder / "1.jpg").save(folder / "3.jpg", quality=70)
    (tmp_path / "a.txt").write_text("1\n")
    (tmp_path / "b.txt").write_text("2\n3\n")
    said = aesmap(
        *("data", "audit", tmp_path / "a.txt", "--test", tmp_path / "b.txt", "--images", folder)
    ).succeeded()
    assert "1 of those look nearly the same" in said.out
    assert "Compare on the 1 images" in said.out


def test_no_output_replaces_a_list(aesmap: Aesmap, lists: tuple[Path, Path]) -> None:
    trained, test = lists
    before = test.read_bytes()
    aesmap("data", "audit", trained, "--test", test, "--clean", test).failed(2, "is read")
    assert test.read_bytes() == before
    aesmap("data", "audit", trained, "--test", test.with_name("no.txt")).failed(1, "cannot be read")
    aesmap("data", "audit", trained, "--test", test, "--images", test.with_name("no")).failed(
        2, "no such folder"
    )
