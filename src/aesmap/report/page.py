"""One HTML file of a report: its parts put together, written while photographs come in.

The file may ask for nothing but itself and the photographs it was made of: its content security
policy allows the one script and the one style in it, by their hashes, and no network at all.
Thumbnails and maps stand in the file as text, each photograph's in an element of its own, from
which the script takes them when they come into view.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, BinaryIO, Final

STYLES: Final = (
    "web/report.css",
    "web/facts.css",
    "web/pane.css",
    "web/decisions.css",
    "web/filter.css",
    "web/compare.css",
    "web/report_detail.css",
)
SCRIPTS: Final = (
    "web/colour_scales.js",
    "web/maps.js",
    "web/elements.js",
    "web/decisions.js",
    "web/photo_filter.js",
    "web/filter_panel.js",
    "web/pane.js",
    "web/photo_pane.js",
    "web/compare_panes.js",
    "report/static/report_data.js",
    "report/static/report_decisions.js",
    "report/static/report_export.js",
    "report/static/report_deciding.js",
    "report/static/report_address.js",
    "report/static/report_words.js",
    "report/static/report_pane.js",
    "report/static/report_picture.js",
    "report/static/report_grid.js",
    "report/static/report_histogram.js",
    "report/static/report_cursor.js",
    "report/static/report_compare.js",
    "report/static/report_detail.js",
    "report/static/report.js",
)
"""Modules in the order in which they import each other; together they become one script."""

_IMPORT = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT = re.compile(r"^export ", re.MULTILINE)


class ReportPage:
    """Writes a report to a binary file: photographs one by one, then all that was said of them."""

    def __init__(self, file: BinaryIO, title: str) -> None:
        self._file = file
        script, style = script_source(), "".join(map(packaged, STYLES))
        policy = (
            "default-src 'none'; img-src data: blob: file:; base-uri 'none'; form-action 'none';"
            f" script-src '{source_hash(script)}'; style-src '{source_hash(style)}'"
        )
        head, rest = packaged("report/static/report.html").split("{{style}}")
        before, rest = rest.split("{{photographs}}\n")
        between, rest = rest.split("{{said}}")
        opening, end = rest.split("{{script}}")
        shown = html.escape(title)  # last: a title may hold anything
        head = head.replace("{{policy}}", policy).replace("{{title}}", shown)
        self._write(head + style + before.replace("{{title}}", shown))
        self._around = between, opening + script + end

    def add(self, payload: str) -> None:
        """Write one photograph's thumbnail and maps."""
        self._write(f'<script type="text/plain" class="payload">{payload}</script>\n')

    def finish(
        self,
        about: dict[str, Any],
        photographs: Sequence[dict[str, Any]],
        errors: Sequence[dict[str, str]],
    ) -> None:
        """Write what is said of the photographs, in the order in which they were added."""
        said = about | {"photographs": photographs, "errors": errors}
        between, rest = self._around
        self._write(between + json_for_html(said) + rest)

    def _write(self, text: str) -> None:
        self._file.write(text.encode("utf-8", "backslashreplace"))


def script_source() -> str:
    """All modules as one: imports between them go, for an inline script cannot import."""
    return "".join(_EXPORT.sub("", _IMPORT.sub("", packaged(name))) for name in SCRIPTS)


def json_for_html(value: Any) -> str:
    """JSON that cannot end the element it stands in, whatever a file is called."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def packaged(name: str) -> str:
    """Return the text of a file that comes along, such as ``web/report.css``."""
    return (files("aesmap") / name).read_text(encoding="utf-8")


def source_hash(source: str) -> str:
    """Return what a content security policy allows an inline script or style by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()
