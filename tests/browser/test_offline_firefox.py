"""The single file from disk in Firefox, where there is one."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aesmap.explain.text import describe
from aesmap.loading import load
from marionette import Firefox, firefox
from single_file import built


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        pytest.skip("no Firefox here; install one (apt-get install firefox-esr)")
    folder = tmp_path_factory.mktemp("firefox")
    (folder / "aesmap.html").write_bytes(built().encode())
    (folder / "profile").mkdir()
    with firefox(executable, folder / "profile") as fox:
        fox.open((folder / "aesmap.html").as_uri())
        fox.until("document.documentElement.dataset.ready !== undefined")
        yield fox


def text_of(fox: Firefox, selector: str) -> Any:
    return fox.evaluate(f"document.querySelector({selector!r})?.innerText")


@pytest.mark.parametrize("name", ["china", "coffee"])
def test_it_says_what_python_says(fox: Firefox, files: dict[str, Path], name: str) -> None:
    path = files[name]
    fox.choose("#choose", path)
    fox.until(f"document.getElementById('name')?.textContent === '{path.name}'")
    fox.until("document.getElementById('photo').dataset.state === 'done'")
    wanted = load(num_threads=1).assess(path)
    assert text_of(fox, "p.assessment") == describe(wanted).text
    assert text_of(fox, ".level").startswith(f"{wanted.score:.1f}")
    fox.evaluate("document.querySelector('#view [value=evidence]').click()")
    fox.until("document.querySelector('.stage[data-drawn=evidence]') !== null")
    fox.until("document.querySelector('[data-aspect]:not(:disabled)') !== null")
    fox.evaluate("document.querySelector(\"[data-aspect='1:1']\").click()")
    box = wanted.crop("1:1").box
    assert f"{box.width} × {box.height} pixels" in text_of(fox, "#about-crop")
    logit = re.search(r"logit ([+−][0-9.]+)\.", text_of(fox, ".sum"))
    assert logit is not None
    # Written to hundredths.
    assert float(logit[1].replace("−", "-")) == pytest.approx(wanted.logit, abs=0.006)


def test_a_bad_file_is_told(fox: Firefox, files: dict[str, Path]) -> None:
    fox.choose("#choose", files["broken"])
    fox.until("document.getElementById('photo').dataset.state === 'failed'")
    assert text_of(fox, "#assessment .problem").startswith("This is no photograph that can be read")
