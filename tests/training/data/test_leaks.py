"""What a network has seen of a test list."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aesmap.errors import DatasetError
from aesmap.training.data.leaks import audit, look_alikes, read_ids
from shared_data import SHARED, needs


def test_lists_of_every_form_name_the_same_images(tmp_path: Path) -> None:
    forms = {
        "a.jpgl": "12\n345\n",
        "a.txt": "12.jpg 0\nimages/345.jpg 1\n\n",
        "a.csv": "image_id,score\n12,5\n345,6\n",
        "b.csv": "path\n/x/12.jpg\n/y/345.png\n",
        "a.json": json.dumps([{"image_id": "12", "label": []}, {"image_id": 345}]),
        "b.json": json.dumps(["12.jpg", "345"]),
    }
    for name, text in forms.items():
        (tmp_path / name).write_text(text)
        assert read_ids(tmp_path / name).ids == {"12", "345"}, name
        assert read_ids(tmp_path / name).known_as == ""


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.txt", "\n\n", "lists no image"),
        ("a.csv", "score\n5\n", "has no column id"),
        ("a.json", "{}", "a JSON list"),
        ("a.json", "[[1]]", "an entry has no id"),
        ("a.json", "[", "no valid JSON"),
    ],
)
def test_a_list_that_is_none_is_named(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DatasetError, match=told):
        read_ids(tmp_path / name)
    with pytest.raises(DatasetError, match="cannot be read"):
        read_ids(tmp_path / "gone.txt")


def test_what_was_trained_on_is_counted_and_the_rest_is_left() -> None:
    found = audit(["1", "2", "3", "9"], ["2", "3", "4", "10"])
    assert (found.num_test, found.num_trained_on, found.num_alike) == (4, 2, None)
    assert found.clean == ("4", "10"), "numbers in their order"
    assert found.widening == pytest.approx(math.sqrt(2))
    near = audit(["1"], ["2", "4"], alike=["4", "1"])
    assert (near.num_alike, near.clean) == (1, ("2",))
    assert math.isinf(audit(["1"], ["1"]).widening)
    assert audit(["1"], ["1"]).to_json()["widening"] is None


def test_near_duplicates_are_found_by_what_they_show(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    files = {}
    for name in ("a", "b", "c"):
        coarse = rng.integers(0, 255, (12, 16, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((320, 240), Image.Resampling.BICUBIC)
        files[name] = tmp_path / f"{name}.jpg"
        picture.save(files[name], quality=95)
    # The first once more, smaller and compressed.
    files["copy"] = tmp_path / "copy.jpg"
    Image.open(files["a"]).resize((200, 150)).save(files["copy"], quality=60)
    files["broken"] = tmp_path / "broken.jpg"
    files["broken"].write_bytes(b"no picture")
    told: list[tuple[int, int]] = []
    found = look_alikes(
        ["a", "b", "gone"], ["c", "copy", "broken"], files, lambda *now: told.append(now)
    )
    assert found == ("copy",)
    assert told[-1] == (5, 5)


@needs("ava/lists/generic_test.jpgl", "ava/binary_labels_train.txt")
def test_official_lists_are_recognised_and_one_random_split_holds_most_of_the_test() -> None:
    ava = SHARED / "ava"
    test = read_ids(ava / "lists/generic_test.jpgl")
    assert "official generic test list" in test.known_as
    found = audit(read_ids(ava / "binary_labels_train.txt").ids, test.ids)
    # Counted by whoever gathered the data: its train part holds 18,395 official test ids.
    assert found.num_trained_on == 18_395
