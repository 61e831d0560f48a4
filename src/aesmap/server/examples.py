"""How each address is asked by curl, Python and JavaScript: on the page `/docs`, and in tests."""

from __future__ import annotations

from typing import Any, Final

BASE: Final = "http://127.0.0.1:8765"
"""Stands for the service's own address, which the page puts in its place."""

_PYTHON_POST = """import httpx

with open("photo.jpg", "rb") as photo:
    answer = httpx.post("{base}{address}", content=photo, timeout=60)
answer.raise_for_status()
{use}"""
_JS_POST = """// For Node; in a page send the file of an <input type="file"> instead.
import {{ {imports} }} from "node:fs/promises";

const body = await readFile("photo.jpg");
const answer = await fetch("{base}{address}", {{ method: "POST", body }});
if (!answer.ok) throw new Error((await answer.json()).error.message);
{use}"""
_PYTHON_GET = """import httpx

print(httpx.get("{base}{address}").json())"""
_JS_GET = """console.log(await (await fetch("{base}{address}")).json());"""


def examples(
    address: str, *, method: str = "post", shows: str = "", output: str = "", many: str = ""
) -> Any:
    """OpenAPI's ``x-codeSamples`` of an address.

    Parameters
    ----------
    address
        With its query.
    method
        ``post`` sends a photograph.
    shows
        What of a JSON answer is printed, as ``score``; all of it without.
    output
        Where an answer that is a file goes.
    many
        The address for several photographs at a time, where it takes them.
    """
    if method == "get":
        curl, python, js = f"curl {BASE}{address}", _PYTHON_GET, _JS_GET
        use = ("", "")
    else:
        # With a file to write, an error must not be written into it.
        curl = f"curl {'-f ' if output else ''}-F file=@photo.jpg '{BASE}{address}'"
        curl += f" -o {output}" if output else ""
        python, js = _PYTHON_POST, _JS_POST
        field = f'["{shows}"]' if shows else ""
        use = (
            (
                f'open("{output}", "wb").write(answer.content)',
                f'await writeFile("{output}", Buffer.from(await answer.arrayBuffer()));',
            )
            if output
            else (f"print(answer.json(){field})", f"console.log((await answer.json()){field});")
        )
    return {
        "x-codeSamples": [
            {"lang": "Shell", "label": "curl", "source": curl},
            {
                "lang": "Python",
                "label": "Python",
                "source": python.format(base=BASE, address=address, use=use[0]),
            },
            {
                "lang": "JavaScript",
                "label": "JavaScript",
                "source": js.format(
                    base=BASE,
                    address=address,
                    use=use[1],
                    imports="readFile, writeFile" if output else "readFile",
                ),
            },
            *(_many(many) if many else []),
        ]
    }


_PYTHON_MANY = """from pathlib import Path

import httpx

paths = [Path("photo.jpg"), Path("photo.jpg")]  # up to 64
files = [("files", (path.name, path.read_bytes())) for path in paths]
answer = httpx.post("{base}{address}", files=files, timeout=100)
answer.raise_for_status()
for path, said in zip(paths, answer.json()["results"]):
    print(path, said["error"]["message"] if "error" in said else said["score"])"""


def _many(address: str) -> list[dict[str, str]]:
    """Several photographs in one request; each is given by its own name in what is copied."""
    files = "-F files=@photo.jpg -F files=@photo.jpg"
    python = _PYTHON_MANY.format(base=BASE, address=address)
    return [
        {"lang": "Shell", "label": "curl, many", "source": f"curl {files} '{BASE}{address}'"},
        {"lang": "Python", "label": "Python, many", "source": python},
    ]
