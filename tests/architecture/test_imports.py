"""What loads what, and how the source is laid out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MAX_LINES = 320
TRAINING_ONLY = {"torch", "torchvision", "timm", "lightning", "onnx", "onnxscript", "scipy"}


def modules_after(code: str, *arguments: str | Path) -> set[str]:
    """The modules that a fresh interpreter has loaded after running ``code``."""
    report = "import sys, json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{report}", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def loaded_after(code: str, *arguments: str | Path) -> set[str]:
    """The top-level ones of these modules."""
    return {name.split(".")[0] for name in modules_after(code, *arguments)}


def test_the_measure_itself_sees_a_heavy_import() -> None:
    assert {"numpy", "aesmap"} <= loaded_after("import aesmap.types")


def test_import_aesmap_loads_next_to_nothing() -> None:
    loaded = loaded_after("import aesmap; assert aesmap.__version__")
    assert loaded & (TRAINING_ONLY | {"numpy", "PIL", "onnxruntime", "click", "rich"}) == set()


def test_score_never_loads_torch(photo_files: Path) -> None:
    loaded = loaded_after(
        "import aesmap; from aesmap.cli.main import main; main()",
        "score",
        photo_files / "coins.jpg",
        "--format",
        "jsonl",
    )
    assert "onnxruntime" in loaded, "the photograph was scored"
    assert (
        loaded & (TRAINING_ONLY | {"pyarrow", "duckdb", "matplotlib", "skimage", "sklearn"})
        == set()
    )


def test_help_loads_nothing_heavy() -> None:
    loaded = loaded_after("from aesmap.cli.main import main; main()", "--help")
    assert "click" in loaded
    heavy = {
        "numpy",
        "PIL",
        "onnxruntime",
        "rich",
        "pyarrow",
        "duckdb",
        "fastapi",
        "pydantic",
        "uvicorn",
    }
    assert loaded & (TRAINING_ONLY | heavy) == set()


def test_reading_an_array_loads_no_decoder() -> None:
    loaded = modules_after(
        "import numpy\n"
        "from aesmap.images.reading import read_image\n"
        "read_image(numpy.zeros((2, 2, 3), numpy.uint8))"
    )
    assert "PIL.Image" in loaded
    decoders = [n for n in loaded if n.endswith("ImagePlugin") or "heif" in n or "Cms" in n]
    assert not decoders


def test_the_layers_hold() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    if not lint.exists():
        pytest.skip("import-linter is not installed: pip install -e '.[dev]'")
    done = subprocess.run(
        [lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_file_is_one_idea(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES
    assert path.stem not in {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not path.stem.endswith(("_utils", "_helpers", "_common", "_manager"))
