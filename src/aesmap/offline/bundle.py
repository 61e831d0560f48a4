"""ES modules as one script, for pages from disk: there a browser loads no module.

The modules of the project are written in a few forms: ``import { a, b as c } from "./x.js"``,
``export`` before a function, class or const, and ``export { a } from "./x.js"``. Each becomes a
function that returns what it exports; anything else is refused rather than guessed at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from aesmap.report.page import packaged

FOLDERS: Final = ("offline/static", "server/static", "web")
"""Where a module is looked for: the first that has it."""

KNOWN: Final = "known.js"

_FROM: Final = r' from "\./([\w.]+)";\n'
_IMPORT: Final = re.compile(r"^import \{([^}]*)\}" + _FROM, re.MULTILINE)
_PASSED_ON: Final = re.compile(r"^export \{([^}]*)\}" + _FROM, re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_LEFT: Final = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def script_of(root: str, known: Mapping[str, Any], exposed_as: str = "") -> str:
    """Put a module and all that it imports into one script.

    Parameters
    ----------
    root
        The module that is run, such as ``page.js``; it may await.
    known
        What :func:`aesmap.offline.known.known_of` gives: ``known.js``.
    exposed_as
        The name of a global variable for what the module exports; empty for none.

    Returns
    -------
    str
        A script that needs nothing else.

    Raises
    ------
    ValueError
        Modules import each other in a circle, or in a form that is not known here.
    FileNotFoundError
        One is imported that there is not.
    """
    text = json.dumps(known, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    made = {KNOWN: f"export const KNOWN = {text};\n"}
    parts: dict[str, str] = {}

    def add(name: str, importers: tuple[str, ...]) -> None:
        if name in importers:
            raise ValueError(f"modules in a circle: {' imports '.join((*importers, name))}")
        if name in parts:
            return
        source = made[name] if name in made else module_source(name)
        for form in (_IMPORT, _PASSED_ON):
            for _, other in form.findall(source):
                add(other, (*importers, name))
        is_root = name == root and not exposed_as
        parts[name] = _body(name, source) if is_root else _function(name, source)

    add(root, ())
    exposed = f"globalThis.{exposed_as} = {_variable(root)};\n" if exposed_as else ""
    return f'"use strict";\n(async () => {{\n{"".join(parts.values())}{exposed}}})();\n'


def module_source(name: str) -> str:
    """Return the text of a file of the page, from the first of the folders that has it."""
    for folder in FOLDERS:
        if (Path(str(files("aesmap"))) / folder / name).is_file():
            return packaged(f"{folder}/{name}")
    raise FileNotFoundError(f"{name}: no such file in {', '.join(FOLDERS)}")


def _function(name: str, source: str) -> str:
    """A module as a variable that holds what it exports."""
    given = [f"{one}," for one in _EXPORT.findall(source)]
    for names, other in _PASSED_ON.findall(source):
        given += [f"{one.strip()}: {_variable(other)}.{one.strip()}," for one in names.split(",")]
    body = _body(name, source)
    return f"const {_variable(name)} = (() => {{\n{body}return {{ {' '.join(given)} }};\n}})();\n"


def _body(name: str, source: str) -> str:
    """The statements of a module, imports taken from the variables of others."""

    def imported(match: re.Match[str]) -> str:
        names = match[1].replace(" as ", ": ")
        return f"const {{{names}}} = {_variable(match[2])};\n"

    body = _EXPORT.sub("", _PASSED_ON.sub("", _IMPORT.sub(imported, source)))
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: a form that cannot be put into one script: {left[0]}")
    return body


def _variable(name: str) -> str:
    return f"${name.removesuffix('.js')}"
