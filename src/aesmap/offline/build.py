"""The page of the service put together as one file that opens from disk and loads nothing.

Its modules are those of the service's page and those of ``static``, which stand in for what asks
the service and for what keeps photographs. The file may run nothing but these and the worker behind
them, by its content security policy, and ask nobody for anything.
"""

from __future__ import annotations

import base64
import re
from importlib.resources import files
from typing import Final

from aesmap import __version__
from aesmap.model.manifest import Manifest
from aesmap.offline.bundle import module_source, script_of
from aesmap.offline.known import known_of
from aesmap.offline.packing import pack
from aesmap.offline.runtime import LICENCE, Runtime
from aesmap.report.page import json_for_html, packaged, source_hash

_DETECTOR: Final = "assets/yunet/face_detection_yunet_2023mar.onnx"
_STYLE: Final = re.compile(r'<link rel="stylesheet" href="static/([\w.]+)">\n')
_SAMPLE: Final = re.compile(r'src="static/(samples/[\w.]+)"')
_PRIVACY: Final = (
    "Photographs stay in this page: it has no network, and forgets them when it is closed."
)


def page_of(manifest: Manifest, weights: bytes, runtime: Runtime) -> str:
    """Write the page.

    Parameters
    ----------
    manifest, weights
        The model's, whose hash has been checked.
    runtime
        What runs it in a browser.

    Returns
    -------
    str
        HTML, to be written as UTF-8.

    Raises
    ------
    ValueError
        The page of the service is not what this expects of it.
    """
    known = known_of(manifest)
    page = packaged("server/static/index.html")
    style = "".join(module_source(name) for name in _STYLE.findall(page))
    script = script_of("page.js", known)
    policy = (
        f"default-src 'none'; script-src '{source_hash(script)}' 'wasm-unsafe-eval';"
        f" style-src '{source_hash(style)}'; img-src blob: data:; worker-src blob:;"
        " base-uri 'none'; form-action 'none'"
    )
    packed = {
        "wasm": runtime.wasm,
        "model": weights,
        "faces": (files("aesmap") / _DETECTOR).read_bytes(),
    }
    worker = {"runtime": runtime.script, "worker": script_of("worker.js", known)}
    page = _STYLE.sub("", page)
    page = _once(
        page,
        r'<meta charset="utf-8">',
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'\n<meta name="generator" content="aesmap {__version__}, {manifest.model_id}">',
    )
    page = _once(page, r'<script type="module" src="static/page.js"></script>', "")
    page = _once(page, r"</head>", f"<style>{style}</style>\n</head>")
    page = _once(page, r'(?<=<p class="quiet" id="privacy">)[^<]*', _PRIVACY)
    page = _once(page, r'<dialog id="token-dialog".*?</dialog>\n', "")
    page = _SAMPLE.sub(lambda match: f'src="{_data_url(match[1])}"', page)
    parts = [
        *(
            f'<script type="application/json" id="{name}">{json_for_html(source)}</script>'
            for name, source in worker.items()
        ),
        *(
            f'<script type="application/octet-stream" id="packed-{name}">{pack(data)}</script>'
            for name, data in packed.items()
        ),
        f"<script>{script}</script>",
        "</body>",
    ]
    page = _once(page, r"</body>", "\n".join(parts))
    return _once(page, r"<!doctype html>\n", f"<!doctype html>\n<!--\n{LICENCE}-->\n")


def _once(page: str, pattern: str, text: str) -> str:
    """Replace what is there exactly once."""
    changed, number = re.subn(pattern, lambda _: text, page, flags=re.DOTALL)
    if number != 1:
        raise ValueError(f"the page of the service has {pattern} {number} times, not once")
    return changed


def _data_url(name: str) -> str:
    data = (files("aesmap") / "server" / "static" / name).read_bytes()
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
