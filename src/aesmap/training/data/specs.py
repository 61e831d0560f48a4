"""Data sets named on one line: ``ava:DIR`` and ``csv:FILE,key=value,...``.

A spec becomes a :class:`SourceConfig`, so that a table named on the command line is read, and
checked, as one named in a recipe.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from aesmap.errors import UsageError
from aesmap.training.judge.config import SourceConfig

PATH_NAMES = ("path", "file", "filename", "image", "tile", "image_id")
MEAN_NAMES = ("mean", "pooled_mean", "score", "mos")
GROUP_NAME = "group"
COUNT_PREFIXES = ("c", "n")
NO_IMAGES = "none"
_LONGEST_SCALE = 1000

_KEYS = {
    "ava": ("images", "name"),
    "csv": (
        "low", "high", "threshold", "path", "mean", "counts", "group", "images", "name",
        "attributes", "tags", "only", "test",
    ),
}  # fmt: skip
_FORMS = "ava:DIR or csv:FILE,low=1,high=10,threshold=5"


@dataclass(frozen=True)
class Spec:
    """A spec taken apart: ``kind`` is ``ava`` or ``csv``, ``options`` its keys and values."""

    text: str
    kind: str
    path: Path
    options: dict[str, str]

    def error(self, message: str) -> UsageError:
        """An error that names the spec."""
        return UsageError(f"{self.text}: {message}")


def parse_spec(text: str) -> Spec:
    """Take a spec apart; :class:`UsageError` for a wrong form, an unknown or a repeated key.

    A comma belongs to the path or value unless a ``key=`` follows it.
    """
    kind, colon, rest = text.partition(":")
    if not colon or kind not in _KEYS:
        raise UsageError(f"{text}: no data set; write {_FORMS}")
    path, *parts = re.split(r",(?=\w+=)", rest)
    spec = Spec(text, kind, Path(path).expanduser(), {})
    if not path:
        raise spec.error(f"names no {'folder' if kind == 'ava' else 'file'}; write {_FORMS}")
    for part in parts:
        key, _, value = part.partition("=")
        if key not in _KEYS[kind]:
            raise spec.error(f"unknown key {key!r}; known: {', '.join(_KEYS[kind])}")
        if key in spec.options:
            raise spec.error(f"{key} stands there twice")
        if not value:
            raise spec.error(f"{key} is empty; write {key}=VALUE or leave it out")
        spec.options[key] = value
    return spec


def absolute_spec(text: str) -> str:
    """The spec of the same data set for a command that runs in another folder."""
    spec = parse_spec(text)
    options = dict(spec.options)
    if "tags" in options:
        options["tags"] = str(Path(options["tags"]).expanduser().absolute())
    keys = "".join(f",{key}={value}" for key, value in options.items())
    return f"{spec.kind}:{spec.path.absolute()}{keys}"


def source_of(spec: Spec, columns: tuple[str, ...]) -> SourceConfig:
    """The source that a ``csv:`` spec stands for, its table having these ``columns``.

    Its paths are relative to the table's folder. Columns that the spec does not name are found by
    their usual names. Raises :class:`UsageError` for what is missing, saying what to write.
    """
    options = spec.options
    low, high = _whole(spec, "low"), _whole(spec, "high")
    threshold = _number(spec, "threshold")
    if not low < threshold < high:
        raise spec.error("the threshold must lie between low and high")
    if high - low > _LONGEST_SCALE:
        raise spec.error(f"a scale has {_LONGEST_SCALE} steps at most, not {high - low}")
    counts = _listed(spec, "counts") or _usual_counts(columns, low, high)
    if counts and len(counts) != high - low + 1:
        raise spec.error(
            f"counts: {len(counts)} columns for the {high - low + 1} votes from {low} to {high}"
        )
    mean = options.get("mean") or next((name for name in MEAN_NAMES if name in columns), "")
    if not counts and not mean:
        usual = f"{COUNT_PREFIXES[0]}{low} to {COUNT_PREFIXES[0]}{high}"
        raise spec.error(
            f"no column is called {', '.join(MEAN_NAMES)}, and none {usual}; write mean=COLUMN"
            " or counts=COLUMN|COLUMN|..."
        )
    path = options.get("path") or next((name for name in PATH_NAMES if name in columns), "")
    if not path:
        raise spec.error(f"no column is called {', '.join(PATH_NAMES)}; write path=COLUMN")
    images = options.get("images", ".")
    return SourceConfig(
        name=options.get("name", f"{spec.path.absolute().parent.name}/{spec.path.name}"),
        table=spec.path.name,
        images="" if images == NO_IMAGES else images,
        path_column=path,
        mean_column=mean,
        count_columns=counts,
        low=low,
        high=high,
        threshold=threshold,
        licence="",
        terms="",
        group_column=options.get("group", GROUP_NAME if GROUP_NAME in columns else ""),
        only=_only(spec),
        tags=str(Path(options["tags"]).expanduser().absolute()) if "tags" in options else "",
        attribute_columns=_listed(spec, "attributes"),
        test_column=options.get("test", ""),
    )


def _usual_counts(columns: tuple[str, ...], low: int, high: int) -> tuple[str, ...]:
    """Columns such as c1 to c7, if all that the scale needs are there and none beyond it."""
    for prefix in COUNT_PREFIXES:
        names = tuple(f"{prefix}{vote}" for vote in range(low, high + 1))
        beyond = {f"{prefix}{low - 1}", f"{prefix}{high + 1}"}
        if set(names) <= set(columns) and not beyond & set(columns):
            return names
    return ()


def _number(spec: Spec, key: str) -> float:
    if key not in spec.options:
        raise spec.error(f"{key} is missing; write {_FORMS}")
    try:
        return float(spec.options[key])
    except ValueError:
        raise spec.error(f"{key}: {spec.options[key]!r} is no number") from None


def _whole(spec: Spec, key: str) -> int:
    value = _number(spec, key)
    if not value.is_integer():
        raise spec.error(f"{key}: {spec.options[key]!r} is no whole number")
    return int(value)


def _listed(spec: Spec, key: str) -> tuple[str, ...]:
    return tuple(spec.options[key].split("|")) if key in spec.options else ()


def _only(spec: Spec) -> dict[str, list[str]]:
    if "only" not in spec.options:
        return {}
    column, colon, values = spec.options["only"].partition(":")
    if not colon or not column:
        raise spec.error("only: write only=COLUMN:VALUE|VALUE")
    return {column: values.split("|")}
