"""Everything that can be imported from aesmap says what it takes and what it holds."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import aesmap


def public_callables() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name in aesmap.__all__:
        member = getattr(aesmap, name)
        if inspect.isfunction(member):
            yield name, member
        if inspect.isclass(member):
            for method, value in vars(member).items():
                function = getattr(value, "__func__", value)
                if not method.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{method}", function


@pytest.mark.parametrize(("name", "function"), list(public_callables()))
def test_every_parameter_is_described(name: str, function: Callable[..., Any]) -> None:
    text = inspect.getdoc(function) or ""
    assert text.splitlines()[0].endswith((".", ":")), name
    parameters = [p for p in inspect.signature(function).parameters if p not in ("self", "cls")]
    if parameters:
        section = text.partition("Parameters\n----------\n")[2].partition("\n\n")[0] + "\n"
        described = {
            part.strip("* ")
            for line in section.splitlines()
            if line and not line.startswith(" ")
            for part in line.split(",")
        }
        assert set(parameters) <= described | {"self"}, name


@pytest.mark.parametrize(
    "name",
    [name for name in aesmap.__all__ if dataclasses.is_dataclass(getattr(aesmap, name))],
)
def test_every_field_is_described(name: str) -> None:
    kind = getattr(aesmap, name)
    text = inspect.getdoc(kind) or ""
    for field in dataclasses.fields(kind):
        if not field.name.startswith("_"):
            assert field.name in text, f"{name}.{field.name}"
