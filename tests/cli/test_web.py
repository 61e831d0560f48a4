"""`aesmap web build`: a whole file, or one line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aesmap.offline import runtime
from aesmap.offline.runtime import PACKAGE, VERSION
from command import Aesmap


def made_runtime(folder: Path) -> Path:
    """A folder with files that have the runtime's names alone."""
    dist = folder / "node_modules" / PACKAGE / "dist"
    dist.mkdir(parents=True)
    for name in runtime.FILES:
        (dist.parent / name).write_bytes(b"export{a as env};")
    return folder


def test_without_the_runtime_it_says_how_to_get_it(aesmap: Aesmap, tmp_path: Path) -> None:
    output = tmp_path / "aesmap.html"
    done = aesmap("web", "build", "--output", output, "--runtime", tmp_path / "none")
    fetch = f"npm install --no-save --ignore-scripts --prefix .cache/web {PACKAGE}@{VERSION}"
    done.failed(2, "ort.wasm.bundle.min.mjs: the runtime of the page cannot be read", fetch)
    assert not output.exists()


def test_another_runtime_is_refused(aesmap: Aesmap, tmp_path: Path) -> None:
    folder = made_runtime(tmp_path)
    done = aesmap("web", "build", "--output", tmp_path / "a.html", "--runtime", folder)
    done.failed(2, f"is not that of {PACKAGE} {VERSION}")
    assert not (tmp_path / "a.html").exists()


def test_a_name_that_hides_what_it_is_is_refused(aesmap: Aesmap, tmp_path: Path) -> None:
    done = aesmap("web", "build", "--output", tmp_path / "photo.jpg")
    done.failed(2, "end its name in .html")


def test_an_older_file_stays_where_the_new_one_fails(aesmap: Aesmap, tmp_path: Path) -> None:
    output = tmp_path / "aesmap.html"
    output.write_text("mine")
    aesmap("web", "build", "--output", output, "--runtime", tmp_path / "none").failed(2)
    assert output.read_text() == "mine"


def test_a_module_becomes_a_script() -> None:
    module = (
        "let a=import.meta.url;export{x as InferenceSession,y as Tensor,a as env,z as default};"
    )
    script = runtime.plain_script(module + "\n//# sourceMappingURL=a.map")
    assert script == (
        "let a=(globalThis.runtimeAddress??self.location.href);"
        "globalThis.ort={InferenceSession:x,Tensor:y,env:a};"
    )


@pytest.mark.parametrize("module", ["let a;", "export{x as env};"])
def test_a_module_of_another_form_is_refused(module: str) -> None:
    with pytest.raises(ValueError, match="runtime"):
        runtime.plain_script(module)
