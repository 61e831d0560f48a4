"""No library that aesmap loads keeps an identifier or sends anything: docs/safety.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import aesmap

SOURCE = str(Path(aesmap.__file__).parents[1])
CODE = """
import sys
import numpy as np
import aesmap
analyzer = aesmap.load(provider=sys.argv[1])
analyzer.assess(np.zeros((64, 64, 3), np.uint8)).crop("1:1")
"""


@pytest.mark.parametrize("provider", ["cpu", "openvino"])
def test_scoring_leaves_nothing_in_the_home(tmp_path: Path, provider: str) -> None:
    if provider == "openvino":
        pytest.importorskip("openvino")
    kept = ("ORT_DISABLE_TELEMETRY", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")
    environment = {name: value for name, value in os.environ.items() if name not in kept}
    environment["PYTHONPATH"] = SOURCE
    home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    command = [sys.executable, "-c", CODE, provider]
    subprocess.run(command, env=environment | home, cwd=tmp_path, check=True)
    assert list(tmp_path.rglob("*")) == []


def test_whoever_wants_telemetry_may_have_it() -> None:
    code = "import os, aesmap; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    for given, expected in (({}, "1"), ({"ORT_DISABLE_TELEMETRY": "0"}, "0")):
        others = {name: value for name, value in os.environ.items() if name[:4] != "ORT_"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=others | given, capture_output=True, text=True
        )
        assert done.stdout.strip() == expected
