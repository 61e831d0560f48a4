"""The page as one file, built once for all its tests, and its answers without the page."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from aesmap.model.manifest import Manifest, read_model
from aesmap.model.session import model_path
from aesmap.offline.build import page_of
from aesmap.offline.bundle import script_of
from aesmap.offline.known import known_of
from aesmap.offline.runtime import PACKAGE, read_runtime
from browser_files import ROOT

RUNTIME = ROOT / ".cache" / "web"


@cache
def built(model: str = "lite0") -> str:
    """The text of the file; skips where npm has not been asked for the runtime."""
    if not (RUNTIME / "node_modules" / PACKAGE).is_dir():
        pytest.skip("no onnxruntime-web here; fetch it with: make web-runtime")
    return page_of(*read_model(model_path(model)), read_runtime(RUNTIME))


def manifest_of(model: str = "lite0") -> Manifest:
    return read_model(model_path(model))[0]


def bare(model: str = "lite0") -> str:
    """The file with ``service``, its answers, in place of the page's own script, and no policy."""
    known = known_of(manifest_of(model))
    page = built(model).replace(
        script_of("page.js", known), script_of("page_service.js", known, "service")
    )
    return page.replace("Content-Security-Policy", "none")


class Service:
    """Asks a bare page, opened from disk, as the page asks a service."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def ask(self, photo: Path, path: str) -> Any:
        self.page.set_input_files("#choose", photo)
        script = """(path) => service.send(path, document.getElementById("choose").files[0])
          .then((response) => response.json(), (problem) => ({ problem: problem.message }))"""
        return self.page.evaluate(script, path)

    def assess(self, photo: Path) -> Any:
        return self.ask(photo, "v1/assess?maps=true")

    def cut(self, photo: Path, query: str) -> bytes:
        self.page.set_input_files("#choose", photo)
        script = """(path) => service.send(path, document.getElementById("choose").files[0])
          .then((response) => response.arrayBuffer())
          .then((body) => Array.from(new Uint8Array(body)))"""
        return bytes(self.page.evaluate(script, f"v1/crop?{query}"))


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
