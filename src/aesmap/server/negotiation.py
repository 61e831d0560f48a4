"""What a client wants a thing as, by its ``Accept`` header (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from aesmap.server.errors import ServiceError

Kind = TypeVar("Kind")


def accepted(accept: str, types: Mapping[str, Kind]) -> Kind:
    """The kind of the first range, of the highest quality, that one of the media types meets.

    The first of ``types`` stands for ``*/*``. :class:`ServiceError` if nothing is accepted.
    """
    ranges: list[tuple[float, str]] = []
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            ranges.append((float(quality), name))
        except ValueError:
            ranges.append((0.0, name))
    for weight, name in sorted(ranges, key=lambda pair: -pair[0]):
        if weight > 0 and name in types:
            return types[name]
        if weight > 0 and name in ("*/*", ""):
            return next(iter(types.values()))
        if weight > 0 and name.endswith("/*"):
            prefix = name.removesuffix("*")
            found = next((kind for media, kind in types.items() if media.startswith(prefix)), None)
            if found is not None:
                return found
    raise ServiceError("not_acceptable", f"Accept: this address gives {', '.join(types)}")
