"""The client of docs/service.md, as it is printed there."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from command import start

PAGE = Path(__file__).parents[2] / "docs" / "service.md"


@pytest.fixture
def client_file(tmp_path: Path) -> Path:
    (source,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(source.splitlines()) <= 40
    path = tmp_path / "client.py"
    path.write_text(source, encoding="utf-8")
    return path


def test_the_client_scores_photographs(client_file: Path, photo_files: Path) -> None:
    paths = [photo_files / "china.jpg", client_file, photo_files / "coffee.jpg"]
    process = start("serve", "--port", "0")
    assert process.stdout is not None
    try:
        address = process.stdout.readline().decode().split()[3]
        command = [sys.executable, str(client_file), address.rstrip("/"), *map(str, paths)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        alone = httpx.post(f"{address}v1/assess", content=paths[0].read_bytes()).json()
    finally:
        process.terminate()
        process.communicate(timeout=30)
    lines = done.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines] == list(map(str, paths))
    assert float(lines[0].split(" ")[1]) == pytest.approx(alone["score"], abs=1e-9)
    assert lines[1].endswith("the body is no JPEG, PNG, WebP, TIFF, HEIC, AVIF, GIF or BMP")
    assert re.fullmatch(r"\d\.\d+", lines[2].split(" ")[1])


def test_it_shares_files_out_and_comes_again(
    client_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    waited: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.read().count(b'name="files"'))
        if len(asked) == 2:
            return httpx.Response(503, headers={"Retry-After": "7"})
        return httpx.Response(200, json={"results": [{}] * asked[-1]})

    import time

    monkeypatch.setattr(time, "sleep", waited.append)
    paths = [tmp_path / f"{number}.jpg" for number in range(70)]
    for path in paths:
        path.write_bytes(b"x" * 10)
    client: dict[str, Any] = runpy.run_path(os.fspath(client_file))
    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://x") as http:
        found = [path for path, _ in client["assess"](http, paths)]
    assert found == paths
    assert (asked, waited) == ([64, 6, 6], [7])
    sizes = [len(batch) for batch in client["batches"](paths, most_bytes=35)]
    assert sizes == [3] * 23 + [1]
