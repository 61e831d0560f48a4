"""`aesmap score --engine`: what is said before any work; the work: infer/test_cluster.py."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from command import Aesmap


def test_an_address_needs_the_engine(aesmap: Aesmap, one_photo: Path) -> None:
    aesmap("score", one_photo, "--address", "auto").failed(2, "--address needs --engine ray")


def test_an_address_in_the_environment_is_for_whoever_asks(
    aesmap: Aesmap, one_photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    aesmap("score", one_photo, "--format", "jsonl").succeeded()


def test_an_engine_that_there_is_not(aesmap: Aesmap, one_photo: Path) -> None:
    aesmap("score", one_photo, "--engine", "spark").failed(2, "--engine", "'local', 'ray'")


def test_ray_that_is_not_installed_is_named(
    aesmap: Aesmap, one_photo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    output = tmp_path / "scores.parquet"
    outcome = aesmap("score", one_photo, "--output", output, "--engine", "ray")
    outcome.failed(1, "--engine ray needs", "pip install 'aesmap[ray]'")
    assert list(tmp_path.iterdir()) == []
