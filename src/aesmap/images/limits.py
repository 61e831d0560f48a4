"""What is refused before it can exhaust the memory, judged from sizes alone."""

from __future__ import annotations

from dataclasses import dataclass

from aesmap.errors import ImageTooLargeError, UsageError


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """The largest image that is decoded and the largest file that is read.

    ``max_pixels`` bounds the decoded image, which takes 7 to 11 bytes of memory per pixel while it
    is decoded. The default of 256 megapixels is above every single-shot camera. A baseline JPEG
    may have four times as many where it is decoded at reduced scale, as long as what is decoded
    stays within the limit. ``max_bytes`` bounds the file.
    """

    max_pixels: int = 256_000_000
    max_bytes: int = 512 * 2**20

    def __post_init__(self) -> None:
        for field in ("max_pixels", "max_bytes"):
            if getattr(self, field) < 1:
                raise UsageError(f"{field} is at least 1, not {getattr(self, field)}")

    def check_pixels(self, name: str, width: int, height: int, *, allowance: int = 1) -> None:
        """Raise :class:`ImageTooLargeError` above ``allowance`` times ``max_pixels``."""
        limit = self.max_pixels * allowance
        if width * height > limit:
            raise ImageTooLargeError(
                name,
                f"has {width}x{height} pixels ({width * height / 1e6:.0f} megapixels), above the "
                f"limit of {limit / 1e6:g} megapixels; shrink it or raise max_pixels",
            )

    def check_bytes(self, name: str, num_bytes: int) -> None:
        """Raise :class:`ImageTooLargeError` above ``max_bytes``."""
        if num_bytes > self.max_bytes:
            raise ImageTooLargeError(
                name,
                f"has {num_bytes / 2**20:.1f} MiB, above the limit of "
                f"{self.max_bytes / 2**20:g} MiB; shrink it or raise max_bytes",
            )


DEFAULT_LIMITS = ImageLimits()
"""Generous for cameras. A service that takes uploads from strangers wants its own."""
