"""onnxruntime-web, which runs the network in a page: where it comes from, what of it is used."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aesmap.errors import UsageError

VERSION: Final = "1.30.0"
PACKAGE: Final = "onnxruntime-web"

FILES: Final = {
    "dist/ort.wasm.bundle.min.mjs": (
        "11e64bd8ffe11bd1a2a2f0d6275fdfbbba7262f0b76b99b53d228a8a22ef3d90"
    ),
    "dist/ort-wasm-simd-threaded.wasm": (
        "3398c10d07d229bd91b364548e130e0e51a8e5704b88c7c083ebbeb78842dee2"
    ),
}
USED: Final = ("InferenceSession", "Tensor", "env")
"""What the page needs of its exports."""

_EXPORTS: Final = re.compile(r"export\{([^}]*)\};")
_PAIR: Final = re.compile(r"([\w$]+) as ([\w$]+)")
_ADDRESS: Final = "(globalThis.runtimeAddress??self.location.href)"

LICENCE: Final = """ONNX Runtime Web (onnxruntime-web), by Microsoft, is part of this file.

MIT License

Copyright (c) Microsoft Corporation

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
"""
"""Of the runtime, whose package has no file of it; it stands in every page."""


@dataclass(frozen=True)
class Runtime:
    """What a page has of the runtime.

    Attributes
    ----------
    script
        Its module as a plain script that leaves what it exports in ``globalThis.ort``: of a page
        from disk Chromium starts no worker that is a module, nor one that imports.
    wasm
        Its WebAssembly.
    """

    script: str
    wasm: bytes


def read_runtime(folder: Path) -> Runtime:
    """Read the runtime from the folder of its npm package, and check that it is the one meant.

    Parameters
    ----------
    folder
        ``node_modules/onnxruntime-web``, or the folder that holds ``node_modules``.

    Returns
    -------
    Runtime
        Both files.

    Raises
    ------
    UsageError
        A file is missing, cannot be read, or is of another version.
    """
    nested = folder / "node_modules" / PACKAGE
    package = nested if nested.is_dir() else folder
    script, wasm = (_checked(package / name, sha256) for name, sha256 in FILES.items())
    return Runtime(plain_script(script.decode()), wasm)


def plain_script(module: str) -> str:
    """Make the runtime's module a script that leaves what is used of it in ``globalThis.ort``.

    Raises
    ------
    ValueError
        It does not end in one list of exports that has what is used.
    """
    source, *exported = _EXPORTS.split(module)
    names = {name: own for own, name in _PAIR.findall(exported[0] if exported else "")}
    if len(exported) != 2 or not set(USED) <= set(names):
        raise ValueError(f"the runtime is no module that exports {', '.join(USED)}")
    given = ",".join(f"{name}:{names[name]}" for name in USED)
    # Threads, where there are any, begin with this script, whose address the page knows.
    return f"{source.replace('import.meta.url', _ADDRESS)}globalThis.ort={{{given}}};"


def _checked(path: Path, sha256: str) -> bytes:
    fetch = f"npm install --no-save --ignore-scripts --prefix .cache/web {PACKAGE}@{VERSION}"
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"{path}: the runtime of the page cannot be read ({reason}); fetch it with '{fetch}'"
            " (in a clone: make web), and name its folder by --runtime"
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise UsageError(
            f"{path}: is not that of {PACKAGE} {VERSION}, or damaged; fetch it anew with '{fetch}'"
        )
    return data
