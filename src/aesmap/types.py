"""The small frozen types that every layer speaks: sizes and boxes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.errors import UsageError

UInt8Array: TypeAlias = npt.NDArray[np.uint8]
Float32Array: TypeAlias = npt.NDArray[np.float32]
FloatArray: TypeAlias = npt.NDArray[np.float64]
BoolArray: TypeAlias = npt.NDArray[np.bool_]
IntArray: TypeAlias = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Size:
    """Height and width in pixels, each at least 1.

    Attributes
    ----------
    height, width
        Of the upright image. Unpacked in this order, as an array's shape.
    """

    height: int
    width: int

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1:
            raise ValueError(f"a size has at least one pixel each way, not {self}")

    @property
    def aspect(self) -> float:
        """Width over height."""
        return self.width / self.height

    @property
    def num_pixels(self) -> int:
        """Height times width."""
        return self.height * self.width

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def __iter__(self) -> Iterator[int]:
        """Height, then width, as an array's shape has them."""
        return iter((self.height, self.width))


@dataclass(frozen=True, slots=True)
class Box:
    """A half-open box of whole pixels of the upright image: ``left <= x < right``.

    Attributes
    ----------
    left, top
        The first column and row inside.
    right, bottom
        The first column and row beyond; larger than ``left`` and ``top``.
    """

    left: int
    top: int
    right: int
    bottom: int

    def __post_init__(self) -> None:
        if self.right <= self.left or self.bottom <= self.top:
            raise ValueError(f"a box holds at least one pixel, not {self}")

    @classmethod
    def whole(cls, size: Size) -> Box:
        """Return the box that holds all of an image.

        Parameters
        ----------
        size
            The image's.
        """
        return cls(0, 0, size.width, size.height)

    @property
    def width(self) -> int:
        """Columns inside."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows inside."""
        return self.bottom - self.top

    @property
    def size(self) -> Size:
        """Height and width."""
        return Size(self.height, self.width)

    @property
    def area(self) -> int:
        """Pixels inside."""
        return self.width * self.height

    def __iter__(self) -> Iterator[int]:
        return iter(self.as_tuple())

    def as_tuple(self) -> tuple[int, int, int, int]:
        """``(left, top, right, bottom)``, the order Pillow's ``crop`` takes."""
        return self.left, self.top, self.right, self.bottom

    def contains(self, other: Box) -> bool:
        """Tell whether all of another box lies inside.

        Parameters
        ----------
        other
            In pixels of the same image.
        """
        return (
            self.left <= other.left
            and self.top <= other.top
            and self.right >= other.right
            and self.bottom >= other.bottom
        )

    def iou(self, other: Box) -> float:
        """Intersection over union, 0 to 1.

        Parameters
        ----------
        other
            In pixels of the same image.
        """
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.area + other.area - shared)


def parse_box(text: str) -> Box:
    """``left,top,right,bottom`` as a box; :class:`UsageError` for anything else."""
    parts = text.split(",")
    if len(parts) == 4 and all(p.isascii() and p.isdigit() and len(p) < 7 for p in parts):
        left, top, right, bottom = map(int, parts)
        if left < right and top < bottom:
            return Box(left, top, right, bottom)
    raise UsageError(
        "box: four whole numbers, left,top,right,bottom, with left < right, top < bottom"
    )


class EqualByContent:
    """Equality and hash of a frozen dataclass (``eq=False``) that holds arrays.

    The comparison that dataclasses make raises for arrays. Two are equal when all their fields
    are, arrays by type, shape and values.
    """

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._content() == other._content()

    def __hash__(self) -> int:
        return hash(self._content())

    def _content(self) -> tuple[Any, ...]:
        return tuple(
            _comparable(getattr(self, field.name))
            for field in fields(self)  # type: ignore[arg-type]
        )


def _comparable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    return tuple(value.items()) if isinstance(value, dict) else value
