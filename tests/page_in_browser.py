"""What the tests of the page of `aesmap serve` do again and again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from command import start


@contextmanager
def served(*options: str) -> Iterator[str]:
    # Nobody reads its log; a pipe that is full would stop it.
    process = start("serve", "--port", "0", *options, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().decode().split()[3]
    finally:
        process.terminate()
        process.communicate(timeout=30)


def downloaded(page: Any, selector: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.click(selector)
    path = waiting.value.path()
    return waiting.value.suggested_filename, Path(path).read_bytes()


def names(page: Any) -> list[str]:
    """Names in the row, in its order."""
    labels = page.locator("#queue button").evaluate_all("(all) => all.map((b) => b.ariaLabel)")
    return [label.split(",")[0] for label in labels]


def in_view(page: Any) -> str:
    return str(page.locator("#name").inner_text())


def until_kept(page: Any, number: int) -> None:
    """Wait until the browser's database has so many photographs, each with its assessment."""
    count = """async () => {
      const database = await new Promise((resolve) => {
        const request = indexedDB.open("aesmap");
        request.onsuccess = () => resolve(request.result);
      });
      const countOf = (name) => new Promise((resolve) => {
        const request = database.transaction(name).objectStore(name).count();
        request.onsuccess = () => resolve(request.result);
      });
      const counts = await Promise.all(["pictures", "answers"].map(countOf));
      database.close();
      return counts;
    }"""
    for _ in range(100):
        if page.evaluate(count) == [number, number]:
            return
        page.wait_for_timeout(50)
    raise AssertionError(page.evaluate(count))


def reloaded(page: Any) -> list[str]:
    """Reload the page; what it asks the service to judge from then on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    return asked
