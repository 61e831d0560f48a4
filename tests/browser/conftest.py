"""Chromium for tests of what people look at, and where the check of accessibility comes from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from browser_files import AXE
from page_in_browser import served


@pytest.hookimpl(tryfirst=True)  # before those that are slow are left out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that drive a browser are slow ones, all of them."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.slow)


# No window, and nothing sent or fetched that the page itself does not ask for.
ARGUMENTS = (
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
)


def chromium_path() -> str | None:
    """$CHROMIUM, or the system's Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A Chromium that Playwright drives.

    Gone with its module: while Playwright runs, the thread has an event loop under way, which tests
    of other folders cannot do with.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs Playwright (extra dev)")
    executable = chromium_path()
    if executable is None:
        pytest.skip("no Chromium here; install one (apt-get install chromium) or set $CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(ARGUMENTS))
        yield browser
        browser.close()


@dataclass
class Watch:
    """What a page said and asked for while it was open."""

    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @property
    def over_the_network(self) -> list[str]:
        """Requests that left this machine's files and the page itself."""
        local = ("file:", "data:", "blob:", "about:")
        return [url for url in self.requests if not url.startswith(local)]


OpenPage = Callable[..., tuple[Any, Watch]]
Browse = Callable[..., Any]


@pytest.fixture
def open_page(chromium: Any) -> Iterator[OpenPage]:
    """Opens a URL in a fresh context: ``open_page(url, viewport=(w, h), **context options)``.

    Gives the page, and a :class:`Watch` of its console errors and requests.
    """
    contexts = []

    def call(
        url: str, viewport: tuple[int, int] = (1400, 900), **options: Any
    ) -> tuple[Any, Watch]:
        size = {"width": viewport[0], "height": viewport[1]}
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        page, watch = context.new_page(), Watch()
        page.set_default_timeout(20_000)  # machines may be busy
        page.on("request", lambda request: watch.requests.append(request.url))
        page.on("pageerror", lambda error: watch.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                watch.errors.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.goto(url)
        return page, watch

    yield call
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def axe_source() -> str:
    """axe-core's own script."""
    if not AXE.is_file():
        pytest.skip("no axe-core here; fetch it with: make axe")
    return AXE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Where a service with the bundled model answers, a process of its own."""
    with served() as where:
        yield where


@pytest.fixture(scope="module")
def files(photos: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photographs as files; china's upper half as PNG, whose crops can be compared exactly."""
    folder = tmp_path_factory.mktemp("photos")
    paths = {}
    for name in ("china", "flower", "coffee", "astronaut"):
        paths[name] = folder / f"{name}.jpg"
        Image.fromarray(photos[name]).save(paths[name], quality=92)
    paths["png"] = folder / "china.png"
    Image.fromarray(photos["china"]).save(paths["png"])
    paths["unfamiliar"] = folder / "noise.png"
    noise = np.random.default_rng(0).integers(0, 256, (300, 400, 3), np.uint8)
    Image.fromarray(noise).save(paths["unfamiliar"])
    paths["broken"] = folder / "notes.jpg"
    paths["broken"].write_text("These are no pixels.")
    return paths


@pytest.fixture
def browse(open_page: Callable[..., Any], address: str) -> Iterator[Browse]:
    """Opens the page; nothing may be said on its console, nor asked of anybody else."""
    watches = []

    def call(photos: list[Path] | None = None, **options: Any) -> Any:
        page, watch = open_page(address, **options)
        watches.append(watch)
        page.wait_for_selector("html[data-ready]")
        if photos:
            page.set_input_files("#choose", photos)
            page.wait_for_selector("#photo[data-state=done], #photo[data-state=failed]")
        return page

    yield call
    for watch in watches:
        # A refused photograph is told on the console by Chromium itself.
        told = ("status of 415", "status of 503")
        assert [error for error in watch.errors if not any(t in error for t in told)] == []
        beyond = [u for u in watch.over_the_network if not u.startswith(address)]
        assert beyond == []
        assert len(watch.over_the_network) > 3


@pytest.fixture
def three(browse: Browse, files: dict[str, Path]) -> Any:
    """The page with three photographs that have been looked at."""
    page = browse([files[name] for name in ("china", "flower", "coffee")])
    page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    page.wait_for_selector("#photo[data-state=done]")
    return page
