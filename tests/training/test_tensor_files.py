"""Tensors on a disk that fills."""

from __future__ import annotations

import resource
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from aesmap.errors import OutputError  # noqa: E402
from aesmap.training.tensor_files import save_tensors  # noqa: E402


def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path: Path) -> None:
    """A limit on the size of files stands for the disk: torch tells both in the same way."""
    path = tmp_path / "network.pt"
    save_tensors(path, {"a": torch.ones(3)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match=r"network\.pt: cannot be written"):
            save_tensors(path, {"a": torch.ones(1_000_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [found.name for found in tmp_path.iterdir()] == ["network.pt"]
    assert torch.equal(torch.load(path)["a"], torch.ones(3))
