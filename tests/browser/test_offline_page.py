"""The single file as somebody uses it: opened from disk, photographs dropped, crops saved."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from aesmap.crops.aspect import ASPECTS
from aesmap.explain.text import describe
from aesmap.loading import load
from aesmap.offline.runtime import LICENCE
from browser_files import serious_faults
from page_in_browser import downloaded, names
from single_file import built, manifest_of

Browse = Callable[..., Any]
MOST_BYTES = 14_000_000


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "aesmap.html"
    path.write_bytes(built().encode())
    return path


@pytest.fixture
def browse_file(open_page: Callable[..., Any], single: Path) -> Iterator[Browse]:
    """Opens the file from disk; it says nothing on its console and asks nobody for anything."""
    watches = []

    def call(photos: list[Path] | None = None, **options: Any) -> Any:
        page, watch = open_page(single.as_uri(), **options)
        watches.append(watch)
        page.set_default_timeout(120_000)
        page.wait_for_selector("html[data-ready]")
        if photos:
            page.set_input_files("#choose", photos)
            page.wait_for_selector("#photo[data-state=done], #photo[data-state=failed]")
        return page

    yield call
    for watch in watches:
        assert watch.errors == []
        assert watch.over_the_network == []
        assert {url for url in watch.requests if url.startswith("file:")} == {single.as_uri()}


def drop(page: Any, *paths: Path) -> None:
    """Drop files on the page, as from a folder's window."""
    page.evaluate("""() => {
      const input = document.createElement("input");
      Object.assign(input, { type: "file", id: "hand", multiple: true, hidden: true });
      document.body.append(input);
    }""")
    page.set_input_files("#hand", paths)
    page.evaluate("""() => {
      const hand = document.getElementById("hand"), dataTransfer = new DataTransfer();
      for (const file of hand.files) dataTransfer.items.add(file);
      for (const type of ["dragenter", "dragover", "drop"]) {
        const event = { dataTransfer, bubbles: true, cancelable: true };
        document.body.dispatchEvent(new DragEvent(type, event));
      }
      hand.remove();
    }""")


def test_it_is_one_file_of_a_size_to_send(single: Path) -> None:
    assert single.stat().st_size < MOST_BYTES
    text = single.read_text(encoding="utf-8")
    assert LICENCE in text
    assert "default-src 'none'" in text
    assert "connect-src" not in text  # so that default-src rules: nothing at all
    for address in ('src="static/', 'href="static/', "src='http", 'src="http', 'href="http'):
        assert address not in text


def test_the_whole_way(browse_file: Browse, files: dict[str, Path]) -> None:
    page = browse_file()
    assert "it has no network" in page.inner_text("#privacy")
    drop(page, files["china"], files["coffee"])
    page.wait_for_selector("#photo[data-state=done]")
    wanted = load(num_threads=1).assess(files["china"])
    assert page.inner_text("p.assessment") == describe(wanted).text
    assert page.inner_text(".level").startswith(f"{wanted.score:.1f}")

    for view in ("within", "high", "low", "evidence"):
        page.locator("#view span", has_text=view.capitalize()).first.click()
        page.wait_for_selector(f".stage[data-drawn={view}]")
    page.click("[data-technical=technical]")
    page.wait_for_selector(".stage[data-drawn=technical]")
    page.locator("[data-attribute]").first.click()
    page.wait_for_selector(".stage[data-drawn]:not([data-drawn=technical])")

    page.focus(".probe")
    page.keyboard.press("ArrowRight")
    assert "log-odds" in page.inner_text("#reading")
    page.focus(".divider")
    page.keyboard.press("End")
    assert page.get_attribute(".divider", "aria-valuenow") == "100"

    page.click("[data-aspect='16:9']:not(:disabled)")
    page.wait_for_selector(".framed:visible")
    box = wanted.crop("16:9").box
    size = f"{box.width} × {box.height} pixels"
    assert size in page.inner_text("#about-crop")
    assert page.locator("[data-act=without]").count() == 0  # which only Python can tell
    name, data = downloaded(page, "[data-save=crop]")
    assert name == "china-crop.jpg"
    cut = Image.open(io.BytesIO(data))
    assert (cut.format, cut.size) == ("JPEG", (box.width, box.height))
    original = np.asarray(Image.open(files["china"]).convert("RGB")).astype(int)
    inside = original[box.top : box.bottom, box.left : box.right]
    assert np.abs(np.asarray(cut).astype(int) - inside).mean() < 3

    page.focus(".framed")
    page.keyboard.press("ArrowUp")  # a frame that was moved is judged anew
    page.wait_for_selector("[data-act=proposed]:visible")
    page.wait_for_selector(".after b:not(:text-is('…'))")


def test_what_is_saved(browse_file: Browse, files: dict[str, Path]) -> None:
    page = browse_file([files["png"]])
    page.wait_for_selector("[data-aspect='1:1']:not(:disabled)")
    name, data = downloaded(page, "[data-save=json]")
    assert name == "china.json"
    said = json.loads(data)
    cells = np.array(said["maps"]["evidence"])
    assert cells.mean() + said["bias"] == pytest.approx(said["logit"], abs=1e-9)
    assert [crop["aspect"] for crop in said["crops"]] == list(ASPECTS)

    name, data = downloaded(page, "[data-save=panel]")
    panel = Image.open(io.BytesIO(data)).convert("RGB")
    assert name == "china-panel.png"
    assert panel.width > 3 * 600
    assert len(panel.getcolors(1 << 24)) > 5000  # a photograph and two maps

    name, data = downloaded(page, "#save-table")
    (row,) = csv.DictReader(io.StringIO(data.decode()))
    assert float(row["score"]) == pytest.approx(said["score"], abs=1e-5)
    assert row["model"] == manifest_of().model_id
    assert json.loads(row["faults"]) == said["faults"]

    page.click("#save-crops")
    page.select_option("#crops-aspect", "4:5")
    with page.expect_download() as waiting:
        page.click("#crops-dialog button[value=save]")
    assert waiting.value.suggested_filename == "aesmap-crops-4x5.zip"


def test_samples_come_along(browse_file: Browse) -> None:
    page = browse_file()
    page.click("#samples")
    page.wait_for_selector("#queue li:nth-child(3) [data-state=done]")
    assert names(page) == ["coffee.jpg", "chelsea.jpg", "rocket.jpg"]


def test_one_bad_file_stops_nothing(
    browse_file: Browse, files: dict[str, Path], tmp_path: Path
) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "cut.jpg").write_bytes(files["china"].read_bytes()[:20_000])
    page = browse_file(
        [files["broken"], tmp_path / "empty.jpg", tmp_path / "cut.jpg", files["coffee"]]
    )
    page.wait_for_selector("#queue li:nth-child(4) [data-state=done]")
    told = []
    for place in range(1, 4):
        page.click(f"#queue li:nth-child({place}) button")
        told.append(page.inner_text("#assessment .problem"))
    assert told[0].startswith("This is no photograph that can be read")
    assert told[1] == "This file is empty."
    assert "the file ends before its picture does" in told[2]
    assert page.locator("[data-act=again]").count() == 0  # it would not help


def test_nothing_is_kept(browse_file: Browse, files: dict[str, Path]) -> None:
    page = browse_file([files["coffee"]])
    assert page.inner_text("#kept-words") == ""
    page.reload()
    page.wait_for_selector("html[data-ready]")
    assert page.is_visible("#drop .invitation")
    assert page.evaluate("indexedDB.databases()") == []


def test_removed_photographs_come_back(browse_file: Browse, files: dict[str, Path]) -> None:
    page = browse_file([files["china"], files["coffee"]])
    page.wait_for_selector("#queue li:nth-child(2) [data-state=done]")
    page.click("#remove")
    assert page.inner_text("#name") == "coffee.jpg"
    page.click("#notice button:text-is('Undo')")
    assert page.inner_text("#name") == "china.jpg"
    page.wait_for_selector("#photo[data-state=done]")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [(1400, 900), (390, 844)])
def test_it_is_accessible_at_every_size(
    browse_file: Browse,
    files: dict[str, Path],
    axe_source: str,
    scheme: str,
    viewport: tuple[int, int],
) -> None:
    page = browse_file([files["coffee"]], viewport=viewport, color_scheme=scheme)
    page.click("[data-aspect='1:1']:not(:disabled)")
    assert serious_faults(page, axe_source) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


class _Isolated(SimpleHTTPRequestHandler):
    """A static host with the headers that allow threads."""

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def host(single: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Isolated, directory=single.parent))
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/{single.name}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_static_host_with_threads(
    open_page: Callable[..., Any], host: str, files: dict[str, Path]
) -> None:
    page, watch = open_page(host)
    page.set_default_timeout(120_000)
    page.wait_for_selector("html[data-ready]")
    assert page.evaluate("crossOriginIsolated")
    page.set_input_files("#choose", files["china"])
    page.wait_for_selector("#photo[data-state=done]")
    wanted = load(num_threads=1).assess(files["china"])
    assert page.inner_text("p.assessment") == describe(wanted).text
    if page.evaluate("navigator.hardwareConcurrency") > 1:
        assert len(page.workers) > 1  # the one behind the page, and the threads of its network
    assert watch.errors == []
    assert [url for url in watch.over_the_network if url != host] == []
