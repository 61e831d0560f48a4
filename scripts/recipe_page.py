"""docs/recipes.md: every field of a recipe, from the dataclasses that read it."""

from __future__ import annotations

import dataclasses
import inspect
import types
import typing
from pathlib import Path
from typing import Any

import aesmap.training
from aesmap.training.judge.config import Recipe
from aesmap.training.network.config import TrainingRecipe
from aesmap.training.recipe_files import tables_in

_INTRODUCTION = """# Recipes

A recipe is a TOML file with all that makes a network but its data. Unknown, missing and mistyped
fields are errors that name the file and the field. Made from the code by `make format` and checked
by `make check`.

There are two kinds. One that names its data's sources (`[[source]]`) becomes a model by folds, as
the bundled one does ([model.md](model.md)). Any other is a network trained as the paper trains it
([training.md](training.md)), and may begin with another:

```toml
# Two epochs of the paper's AesAttCNN-W on a small backbone.
extends = "efficientnet_lite0-aesatt-w"
name = "mine"

[solver]
epochs = 2
```

`extends` is the name of a recipe that comes along, or of a .toml file beside this one; what a
recipe does not say is as there. These come along: """


def recipe_page() -> str:
    """The page."""
    folder = Path(aesmap.training.__file__).parent / "recipes"
    names = ", ".join(f"`{path.stem}`" for path in sorted(folder.glob("*.toml")))
    parts = [f"{_INTRODUCTION}{names}.", "", "## A network as the paper trains it"]
    told: set[type] = set()
    parts += _section("", TrainingRecipe, told)
    parts += ["", "## A model from named sources"]
    parts += _section("", Recipe, told)
    return "\n".join(parts) + "\n"


def meaning_of(config: type, field: str) -> str:
    """What the description of a field says."""
    described = typing.cast(Any, config).__pydantic_fields__[field].description
    return " ".join((described or "").split())


def _section(title: str, config: type, told: set[type]) -> list[str]:
    inner = tables_in(config)
    lines = ["", f"### `[{title}]`", ""] if title else [""]
    if config in told:
        return [*lines, "The same fields as above."]
    told.add(config)
    lines += [inspect.getdoc(config) or "", ""]
    lines += ["| field | type | default | |", "|---|---|---|---|"]
    hints = typing.get_type_hints(config)
    for field in dataclasses.fields(config):
        if field.name in inner:
            continue
        kind, default = _kind(hints[field.name]), _default(field)
        text = meaning_of(config, field.name).replace("|", "\\|")
        lines.append(f"| `{field.name}` | {kind} | {default} | {text} |")
    for name, one in inner.items():
        is_list = typing.get_origin(hints[name]) is tuple
        lines += _section(f"[{name}]" if is_list else name, one, told)
    return lines


def _kind(hint: Any) -> str:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        many = inner[-1] is Ellipsis
        one = _kind(inner[0])
        return f"list of {one}" if many else f"{len(inner)} times {one}"
    if origin is dict:
        return "table"
    if origin is typing.Literal:
        return ", ".join(f'`"{option}"`' for option in inner)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_kind(option) for option in inner if option is not type(None))
    names = {bool: "true, false", int: "whole number", float: "number", str: "text"}
    return names.get(hint, getattr(hint, "__name__", str(hint)))


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "must be given" if field.default_factory is dataclasses.MISSING else "none"
    value = field.default
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value:g}`"
