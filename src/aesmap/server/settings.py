"""What a running service was told."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aesmap.errors import UsageError
from aesmap.images.limits import ImageLimits

_HELD_BODIES = 8


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How much the service takes on, and whom it answers.

    ``workers`` threads decode, run the model and draw; at most ``queue`` requests wait beside
    those they work on. ``max_bytes`` bounds one body and ``max_pixels`` what is decoded.
    ``body_timeout_s`` is how long a body may take to arrive, ``timeout_s`` how long the answer
    may take from then on. With ``token`` the API asks for it. ``hosts`` are the names that
    requests may call the service by, IP addresses apart; None is any name. ``root_path`` is the
    prefix, such as ``/photos``, under which a proxy serves it.

    Raises :class:`UsageError` for numbers that cannot be used.
    """

    workers: int
    queue: int = 64
    max_bytes: int = 64 * 2**20
    max_pixels: int = 64_000_000
    body_timeout_s: float = 30.0
    timeout_s: float = 60.0
    token: str | None = None
    hosts: frozenset[str] | None = frozenset({"localhost"})
    root_path: str = ""

    def __post_init__(self) -> None:
        for name in ("workers", "max_bytes", "max_pixels"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: must be 1 or more, not {getattr(self, name)}")
        if self.root_path and not re.fullmatch(r"(/[\w.~-]+)+", self.root_path, re.ASCII):
            raise UsageError(
                f"root_path: a path such as /photos, without a slash at its end, not"
                f" {self.root_path!r}"
            )
        if self.queue < 0:
            raise UsageError(f"queue: must be 0 or more, not {self.queue}")
        for name in ("body_timeout_s", "timeout_s"):
            if not getattr(self, name) > 0:
                raise UsageError(f"{name}: must be above 0, not {getattr(self, name)}")

    @property
    def capacity(self) -> int:
        """How many requests may be under way, those still arriving included."""
        return self.workers + self.queue

    @property
    def max_held_bytes(self) -> int:
        """What all bodies together may take: full-sized ones are rare, so far below all slots."""
        return _HELD_BODIES * self.max_bytes

    @property
    def image_limits(self) -> ImageLimits:
        """The limits for the reader of images."""
        return ImageLimits(max_pixels=self.max_pixels, max_bytes=self.max_bytes)
