"""The page of the API in a browser, and its examples as programs."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from browser_files import serious_faults
from command import start

Browse = Callable[..., Any]
TOKEN = "a-token-of-the-tests"


def service(*options: str) -> Iterator[str]:
    process = start("serve", "--port", "0", *options)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().split()[3]
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    yield from service()


@pytest.fixture(scope="module")
def photo(photo_files: Path) -> Path:
    return photo_files / "china.jpg"


@pytest.fixture
def browse(open_page: Callable[..., Any]) -> Browse:
    """Opens a page of the service; nothing of it may come from anybody else."""
    return lambda address, **options: open_page(address, **options)[0]


def opened(browse: Browse, address: str, **options: Any) -> Any:
    page = browse(f"{address}docs", **options)
    page.wait_for_selector("html[data-ready]")
    return page


def test_somebody_who_reads_nothing_else_crops_a_photograph(
    browse: Browse, address: str, photo: Path
) -> None:
    page = opened(browse, address)
    form = page.locator("#post-v1-crop form")
    form.locator("[type=file]").set_input_files(photo)
    form.get_by_label("aspect", exact=True).fill("16:9")
    form.locator("[name=format]").select_option("jpeg")
    form.get_by_role("button", name="Send").click()
    picture = form.locator(".answer img")
    picture.wait_for()
    width, height = picture.evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert width / height == pytest.approx(16 / 9, rel=0.01)
    assert "200 image/jpeg" in form.locator(".answer").inner_text()


def test_what_is_wrong_is_shown_as_the_service_says_it(
    browse: Browse, address: str, photo: Path
) -> None:
    form = opened(browse, address).locator("#post-v1-without form")
    form.locator("[type=file]").set_input_files(photo)
    form.get_by_label("box", exact=True).fill("1,2,3")
    form.get_by_role("button", name="Send").click()
    form.locator(".answer pre").wait_for()
    assert "bad_parameter" in form.locator(".answer pre").inner_text()
    assert "422" in form.locator(".answer").inner_text()


def test_every_address_is_there_and_the_examples_name_this_service(
    browse: Browse, address: str
) -> None:
    page = opened(browse, address)
    paths = httpx.get(f"{address}openapi.json").json()["paths"]
    assert page.locator(".operation").count() == len(paths)
    samples = page.locator("#post-v1-assess .samples")
    samples.get_by_role("tab", name="Python", exact=True).click()
    assert f'"{address}v1/assess' in samples.locator("pre").inner_text()
    page.keyboard.press("ArrowRight")
    assert "readFile" in samples.locator("pre").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_serious_stands_in_anyones_way(
    browse: Browse, address: str, scheme: str, axe_source: str
) -> None:
    assert serious_faults(opened(browse, address, color_scheme=scheme), axe_source) == []


def test_it_fits_a_phone(browse: Browse, address: str) -> None:
    page = opened(browse, address, viewport=(360, 740))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_token_is_asked_for_where_there_is_one(browse: Browse, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    with_token = service("--token-file", str(tmp_path / "token"))
    page = opened(browse, next(with_token))
    try:
        page.get_by_label("Token").fill(TOKEN)
        form = page.locator("#get-v1-model form")
        form.get_by_role("button", name="Send").click()
        form.locator(".answer pre").wait_for()
        assert '"token_required": true' in form.locator(".answer pre").inner_text()
    finally:
        with_token.close()


def samples() -> list[tuple[str, str, str]]:
    from starlette.testclient import TestClient

    from aesmap.loading import load
    from aesmap.server.app import application
    from aesmap.server.responses import Service
    from aesmap.server.settings import Settings

    app = application(Service(load(num_threads=1), Settings(workers=1)))
    with TestClient(app, base_url="http://127.0.0.1:8765") as client:
        paths = client.get("/openapi.json").json()["paths"]
    return [
        (path, sample["label"], sample["source"])
        for path, methods in paths.items()
        for operation in methods.values()
        for sample in operation.get("x-codeSamples", ())
    ]


def test_several_photographs_are_sent_as_one_form(
    browse: Browse, address: str, photo: Path
) -> None:
    form = opened(browse, address).locator("#post-v1-assess form")
    form.locator("[type=file]").set_input_files([photo, photo.with_name("coffee.jpg")])
    form.get_by_role("button", name="Send").click()
    form.locator(".answer pre").wait_for()
    assert form.locator(".answer pre").inner_text().count('"logit"') == 2
    assert "200 application/json" in form.locator(".answer").inner_text()


@pytest.mark.parametrize(
    ("label", "count"),
    [("curl", 7), ("curl, many", 1), ("Python", 7), ("Python, many", 1), ("JavaScript", 7)],
)
def test_the_examples_run_as_they_are_written(
    label: str, count: int, address: str, photo: Path, tmp_path: Path
) -> None:
    shutil.copy(photo, tmp_path / "photo.jpg")
    ran = 0
    for path, kind, source in samples():
        if kind != label:
            continue
        text = source.replace("http://127.0.0.1:8765", address.rstrip("/"))
        if label.startswith("curl"):
            command = ["sh", "-c", text.replace("curl ", "curl -sf ")]
        elif label.startswith("Python"):
            command = [sys.executable, "-c", text]
        else:
            if shutil.which("node") is None:
                pytest.skip("no Node here")
            (tmp_path / "example.mjs").write_text(text)
            command = ["node", "example.mjs"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{path}: {done.stderr}"
        if "assess" in path and label in ("Python", "JavaScript"):
            assert re.fullmatch(r"\d\.\d+", done.stdout.strip()), done.stdout
        ran += 1
    assert ran == count
    if "many" in label:
        scores = r"\"logit\"" if label.startswith("curl") else r"^photo.jpg \d\.\d+$"
        assert len(re.findall(scores, done.stdout, re.MULTILINE)) == 2
        return
    for name in ("panel.png", "wide.jpg"):
        with Image.open(io.BytesIO((tmp_path / name).read_bytes())) as made:
            assert made.width >= 400
