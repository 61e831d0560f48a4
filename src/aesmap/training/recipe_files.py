"""Reading any recipe strictly: TOML to frozen dataclasses, each error naming file and field."""

from __future__ import annotations

import dataclasses
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from aesmap.errors import ConfigError

T = TypeVar("T")


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file; :class:`ConfigError` names it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: no valid TOML: {error}") from None


def check_bounds(bounds: Mapping[str, bool], recipe: object, where: str) -> None:
    """Raise :class:`ConfigError` for the first field of ``recipe`` that is out of bounds."""
    for name, good in bounds.items():
        if not good:
            value: Any = recipe
            for part in name.split("."):
                value = getattr(value, part, None)
            shown = "its value" if value is None else repr(value)
            raise ConfigError(f"{where}: {name}: {shown} is not possible here")


def from_mapping(cls: type[T], data: Mapping[str, Any], where: str) -> T:
    """Build a dataclass from plain data, strictly: no unknown, missing or mistyped field."""
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in data:
        if name not in known:
            raise ConfigError(f"{where}: unknown field {name!r}; known: {', '.join(known)}")
    values = {}
    for name, definition in known.items():
        if name in data:
            values[name] = _convert(hints[name], data[name], f"{where}: {name}")
        elif (
            definition.default is dataclasses.MISSING
            and definition.default_factory is dataclasses.MISSING
        ):
            raise ConfigError(f"{where}: missing field {name!r}")
    try:
        return cls(**values)
    except ConfigError as error:  # a check of the dataclass' own, which knows no file
        raise ConfigError(f"{where}: {error}") from None


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: expected a table")
        return from_mapping(hint, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ConfigError(f"{where}: expected a list")
        inner = typing.get_args(hint)
        if inner[-1] is Ellipsis:
            return tuple(_convert(inner[0], v, f"{where}[{i}]") for i, v in enumerate(value))
        if len(value) != len(inner):
            raise ConfigError(f"{where}: expected {len(inner)} values")
        return tuple(_convert(h, v, where) for h, v in zip(inner, value, strict=True))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: expected a table")
        return dict(value)
    if origin is types.UnionType and dataclasses.is_dataclass(typing.get_args(hint)[0]):
        return _convert(typing.get_args(hint)[0], value, where)
    is_float = hint is float or float in typing.get_args(hint)
    if is_float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ConfigError(f"{where}: expected a finite number, not {value}")
    if isinstance(hint, type | types.UnionType) and (
        not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool)
    ):
        raise ConfigError(f"{where}: expected {getattr(hint, '__name__', hint)}, not {value!r}")
    return value
