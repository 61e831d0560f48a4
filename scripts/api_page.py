"""docs/api.md: all that can be imported from ``aesmap``, from its docstrings."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import griffe

import aesmap

SRC = Path(aesmap.__file__).parents[1]
# Of a small type everything is public; of others what a user meets.
_LEFT_OUT = ("to_json", "from_json", "with_traceback", "add_note")


def api_page() -> str:
    """The page, one heading for each name, in order of the alphabet; functions come first."""
    logging.getLogger("griffe").setLevel(logging.ERROR)
    package = griffe.load(
        "aesmap", search_paths=[SRC], docstring_parser="numpy", resolve_aliases=False
    )
    found = [
        (name, package[home.removeprefix("aesmap.") + "." + name])
        for name, home in sorted(aesmap._HOMES.items())
    ]
    functions = [(name, one) for name, one in found if one.is_function]
    classes = [(name, one) for name, one in found if one.is_class]
    lines = [
        "# Python reference",
        "",
        "All that can be imported from `aesmap`, from the docstrings, by `make format`; how it is"
        " used is in [python.md](python.md).",
    ]
    for name, one in functions:
        lines += ["", f"## aesmap.{name}", "", *_signature(name, one), "", *_docstring(one)]
    for name, one in classes:
        lines += ["", f"## aesmap.{name}", "", *_bases(one), *_docstring(one), *_members(one)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)) + "\n"


def _bases(one: griffe.Class) -> list[str]:
    shown = [str(base) for base in one.bases if str(base) not in ("EqualByContent", "Protocol")]
    return [f"A `{', '.join(shown)}`.", ""] if shown else []


def _members(one: griffe.Class) -> list[str]:
    """Fields in a list; properties and methods each with its docstring."""
    fields, rest = [], []
    for name, member in one.members.items():
        if (name.startswith("_") and name != "__call__") or name in _LEFT_OUT or member.is_alias:
            continue
        if member.is_function:
            rest += ["", f"### {one.name}.{name}", "", *_signature(name, member), ""]
            rest += _docstring(member)
        elif "property" in member.labels:
            kind = f" ({member.annotation})" if member.annotation else ""
            rest += ["", f"### {one.name}.{name}", "", f"Property{kind}.", "", *_docstring(member)]
        elif member.annotation is not None:
            default = "" if member.value is None else _default(str(member.value))
            fields.append(f"- `{name}: {member.annotation}{default}`")
        elif member.value is not None and _is_constant(one):
            fields.append(f"- `{name} = {member.value}`")
    described = one.docstring is not None and "Attributes\n---" in one.docstring.value
    return (["", *fields] if fields and not described else []) + rest


def _is_constant(one: griffe.Class) -> bool:
    return any(str(base).endswith("Enum") for base in one.bases)


def _default(value: str) -> str:
    if not value.startswith("field("):
        return f" = {value}"
    found = re.search(r"default=([^,)]+)", value)
    return f" = {found.group(1)}" if found else ""


def _signature(name: str, one: griffe.Function) -> list[str]:
    parts, starred = [], False
    for parameter in one.parameters:
        if parameter.name in ("self", "cls"):
            continue
        kind = parameter.kind.value if parameter.kind else ""
        if kind == "keyword-only" and not starred:
            parts.append("*")
            starred = True
        star = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        starred = starred or star == "*"
        hint = f": {parameter.annotation}" if parameter.annotation else ""
        default = f" = {parameter.default}" if parameter.default is not None and not star else ""
        parts.append(f"{star}{parameter.name}{hint}{default}")
    returns = f" -> {one.returns}" if one.returns else ""
    line = f"{name}({', '.join(parts)}){returns}"
    if len(line) > 88:
        inner = "".join(f"    {part},\n" for part in parts)
        line = f"{name}(\n{inner}){returns}"
    return ["```python", line, "```"]


def _docstring(one: griffe.Object) -> list[str]:
    if one.docstring is None:
        raise SystemExit(f"{one.path}: is public and has no docstring")
    lines: list[str] = []
    for section in one.docstring.parse("numpy", warn_unknown_params=False):
        if section.kind is griffe.DocstringSectionKind.text:
            lines += [_plain(section.value), ""]
            continue
        attributes = section.kind is griffe.DocstringSectionKind.attributes
        lines += [f"**{section.kind.value.capitalize()}**", ""]
        for item in section.value:
            name = getattr(item, "name", "") or str(getattr(item, "annotation", ""))
            types = [_type(one, part) for part in name.split(", ")] if attributes else []
            of = f" ({', '.join(dict.fromkeys(types))})" if any(types) else ""
            text = _plain(item.description).replace("\n", " ").strip()
            lines.append(f"- `{name}`{of}: {text}")
        lines.append("")
    return lines


def _type(one: griffe.Object, name: str) -> str:
    member = one.members.get(name)
    annotation = getattr(member, "annotation", None)
    return f"`{annotation}`" if annotation else ""


def _plain(text: str) -> str:
    """Markdown of a docstring's reStructuredText: roles and double backticks become code."""
    text = re.sub(r":[a-z]+:`~?(?:[\w.]*\.)?(\w+)`", r"`\1`", text)
    return text.replace("``", "`")
