"""One photograph, one score: whatever the batch, the workers, the engine and the output."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from aesmap.analyzer import Analyzer
from aesmap.cluster.connection import connected
from aesmap.columns import FILES_ONLY
from command import Aesmap
from score_tables import read_table

pytestmark = pytest.mark.slow
TOLERANCE = 1e-4  # float32: a batch may add in another order
SUFFIXES = (".csv", ".jsonl", ".parquet")
LOCAL = [("--workers", w, "--batch-size", b) for w in (1, 2, 5) for b in (1, 2, 3, 8)]
ON_RAY = [("--engine", "ray", "--workers", w, "--batch-size", b) for w in (1, 2) for b in (1, 3)]


@pytest.fixture(scope="module")
def shoot(photo_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ten photographs, as they are and upright, and two files that are none."""
    folder = tmp_path_factory.mktemp("equal") / "shoot"
    folder.mkdir()
    for path in photo_files.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
        turned = Image.open(path).transpose(Image.Transpose.ROTATE_90)
        turned.save(folder / f"{path.stem}-upright.jpg", quality=92)
    (folder / "empty.jpg").touch()
    (folder / "text.jpg").write_text("no photograph")
    return folder


@pytest.fixture(scope="module")
def one_by_one(shoot: Path, analyzer: Analyzer) -> dict[str, dict[str, Any]]:
    """What the analyzer says of each photograph alone."""
    paths = [path for path in shoot.iterdir() if path.name not in ("empty.jpg", "text.jpg")]
    return {str(path): analyzer.assess(path).to_row() for path in paths}


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    with connected(workers=2):
        yield


def assert_equal(output: Path, shoot: Path, one_by_one: dict[str, dict[str, Any]]) -> None:
    rows = read_table(output)
    assert [row["path"] for row in rows] == sorted(map(str, shoot.iterdir()))
    for row in rows:
        if row["error"]:
            assert row["path"] not in one_by_one
            continue
        expected = dict(one_by_one[row["path"]])
        for name in FILES_ONLY:
            del row[name]
        for name in ("p_high", "score", "spread"):
            assert row.pop(name) == pytest.approx(expected.pop(name), abs=TOLERANCE)
        # Rounded to four places, so that the last may differ.
        assert row.pop("attributes") == pytest.approx(expected.pop("attributes"), abs=2e-4)
        assert row == expected


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "options", [*LOCAL, *ON_RAY], ids=lambda options: "-".join(map(str, options[1::2]))
)
def test_workers_batches_engines_and_outputs(
    request: pytest.FixtureRequest,
    aesmap: Aesmap,
    shoot: Path,
    one_by_one: dict[str, dict[str, Any]],
    tmp_path: Path,
    options: tuple[Any, ...],
    suffix: str,
) -> None:
    if options in ON_RAY:
        request.getfixturevalue("ray")
    output = tmp_path / f"scores{suffix}"
    aesmap("score", shoot, "--output", output, *options).failed(1, "2 of 22 files")
    assert_equal(output, shoot, one_by_one)
