"""What a network has seen is known by what files hold, and never measured as if it were new."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import DatasetError  # noqa: E402
from aesmap.training.data.rated_set import read_rated_set  # noqa: E402
from aesmap.training.network.trained_on import TrainedOn, file_digests, unseen_rows  # noqa: E402
from ava_folder import make_ava_folder  # noqa: E402

CHECKPOINT = Path("best.pt")


@pytest.fixture
def rated(tmp_path: Path):
    found = read_rated_set(f"ava:{make_ava_folder(tmp_path / 'ava', num_images=12)}")
    return replace(found, test=np.zeros(12, dtype=bool))


def seen_of(rated, training: list[int], validation: list[int]) -> TrainedOn:
    return TrainedOn.of(rated, file_digests(rated.images.paths), training, validation)


def test_digests_are_of_the_bytes_and_kept_by_the_state_of_the_files(tmp_path: Path) -> None:
    one, other, cache = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "cache"
    one.write_bytes(b"abc")
    shutil.copy(one, other)
    first, second = file_digests([one, other], cache)
    # FIPS 180-2, appendix B.1
    assert bytes(first.numpy()).hex().startswith("ba7816bf8f01cfea414140de5dae2223")
    assert torch.equal(first, second)
    other.write_bytes(b"abcd")
    assert not torch.equal(*file_digests([one, other], cache))
    one.unlink()
    with pytest.raises(DatasetError, match=r"a\.jpg: cannot be read"):
        file_digests([one])


def test_only_what_nobody_has_seen_is_measured(rated) -> None:
    one = seen_of(rated, [0, 1, 2, 3], [4, 5])
    found = unseen_rows(rated, {CHECKPOINT: one})
    assert found.rows.tolist() == [6, 7, 8, 9, 10, 11]
    assert (found.num_trained, found.num_chosen) == (4, 2)
    both = unseen_rows(rated, {CHECKPOINT: one, Path("other.pt"): seen_of(rated, [4, 6], [7])})
    assert both.rows.tolist() == [8, 9, 10, 11]
    assert (both.num_trained, both.num_chosen) == (6, 2)


def test_a_copy_in_the_test_split_is_no_new_photograph(rated) -> None:
    shutil.copy(rated.images.paths[0], rated.images.paths[9])
    split = replace(rated, test=np.arange(12) >= 8)
    found = unseen_rows(split, {CHECKPOINT: seen_of(rated, [0, 1, 2], [3])})
    assert found.rows.tolist() == [8, 10, 11]
    assert found.num_trained == 1


def test_what_cannot_be_measured_is_refused(rated) -> None:
    everything = seen_of(rated, list(range(10)), [10, 11])
    with pytest.raises(DatasetError, match="all 12 of its photographs"):
        unseen_rows(rated, {CHECKPOINT: everything})
    with pytest.raises(DatasetError, match="does not say which photographs"):
        unseen_rows(rated, {CHECKPOINT: None})
    split = replace(rated, test=np.arange(12) >= 8)
    assert unseen_rows(split, {CHECKPOINT: None}).rows.tolist() == [8, 9, 10, 11]


def test_a_spec_is_kept_so_that_it_holds_in_every_folder(
    rated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = read_rated_set("ava:ava,name=mine").spec
    monkeypatch.chdir("/")
    assert read_rated_set(spec).images.name == "mine"
