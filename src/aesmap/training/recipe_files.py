"""Reading any recipe strictly: TOML to frozen dataclasses, each error naming file and field.

The dataclasses are pydantic's: types and bounds of a field stand with it, and its description is
what ``docs/recipes.md`` says of it.
"""

from __future__ import annotations

import dataclasses
import json
import tomllib
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError

from aesmap.errors import ConfigError
from aesmap.model.manifest import PLAIN_NAME

T = TypeVar("T")

STRICT: Final = ConfigDict(
    extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
)
"""No unknown, missing or mistyped field, and no infinite number."""

_UNKNOWN = "unexpected_keyword_argument"

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Colour = tuple[float, float, float]


def _plain(name: str) -> str:
    if PLAIN_NAME.fullmatch(name) is None:
        raise ValueError("a name of letters, digits, '.', '_' and '-' is wanted, as it names files")
    return name


Name = Annotated[str, AfterValidator(_plain)]


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file; :class:`ConfigError` names it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no valid TOML: {error}") from None


def from_mapping(cls: type[T], data: Mapping[str, Any], where: str) -> T:
    """Build a recipe, or a table of one, from plain data.

    Raises
    ------
    ConfigError
        For the first field that is unknown, missing, mistyped or out of bounds.
    """
    try:
        # As JSON, since there a list may be a tuple and a whole number any number, and no more.
        return TypeAdapter(cls).validate_json(json.dumps(data, default=str), strict=True)
    except ValidationError as error:
        raise ConfigError(f"{where}: {_in_words(cls, error)}") from None


def tables_in(config: type) -> dict[str, type]:
    """A recipe's tables by name, each a dataclass."""
    found = {}
    for name, hint in typing.get_type_hints(config).items():
        options = [hint, *typing.get_args(hint)]
        inner = [option for option in options if dataclasses.is_dataclass(option)]
        if inner:
            found[name] = typing.cast(type, inner[0])
    return found


def _in_words(cls: type, error: ValidationError) -> str:
    # A misspelt field is also a missing one: what was written comes first.
    first = min(error.errors(include_url=False), key=lambda one: one["type"] != _UNKNOWN)
    place, kind = first["loc"], first["type"]
    if kind == _UNKNOWN:
        known = ", ".join(field.name for field in dataclasses.fields(_table_at(cls, place)))
        return f"{_dotted(place[:-1], ': ')}unknown field {place[-1]!r}; known: {known}"
    if kind == "missing" and isinstance(place[-1], int):
        return f"{_dotted(place[:-1], ': ')}more than {place[-1]} values are wanted"
    if kind == "missing":
        return f"{_dotted(place[:-1], ': ')}missing field {str(place[-1])!r}"
    said = first["msg"].removeprefix("Value error, ").replace("valid object", "table")
    said = said[0].lower() + said[1:].replace("an object", "a table")
    if kind == "value_error" and not _is_field(cls, place):  # of several fields, which it names
        return f"{_dotted(place, '.')}{said}"
    return f"{_dotted(place, ': ')}{said}, not {first['input']!r}"


def _is_field(cls: type, place: Sequence[int | str]) -> bool:
    names = [str(part) for part in place if isinstance(part, str)]
    return bool(names) and names[-1] not in tables_in(_table_at(cls, place))


def _table_at(cls: type, place: Sequence[int | str]) -> Any:
    """The dataclass that holds the field at a place."""
    for part in place[:-1]:
        cls = tables_in(cls).get(str(part), cls)
    return cls


def _dotted(place: Sequence[int | str], ending: str) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return text.removeprefix(".") + (ending if text else "")
