"""Which frames a photograph with faces allows: faces are in or out, never cut.

A face is protected as its head, :attr:`Face.head`. The rule, for the boxes of
one aspect ratio:

1. A box that cuts a head is dropped before anything is scored.
2. Of the rest, those stay that hold the most face area: where all faces fit, all are in.
3. A head that no box of the family can hold is protected as its face alone; a face that none can
   hold, as its eyes, or as much of the middle between them as a frame can hold.
4. In a group heads touch, so that step 1 would leave boxes beside the people, or none. Where that
   loses more than a fifth of the face area that could be kept, faces without their hair are
   protected; and if that loses as much, those boxes stay whose face area, less that of the faces
   they cut, is the largest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from aesmap.crops.families import BoxArray
from aesmap.types import Box, Size

Allowed: TypeAlias = Callable[[BoxArray], npt.NDArray[np.bool_]]
"""Whether each of some boxes (N,4) may be the frame: (N,)."""

MOST_FACES: Final = 24
"""Only so many of the largest faces are protected: in a crowd of hundreds any frame cuts some."""

ENOUGH: Final = 0.8
"""Of the face area that a laxer rule would keep; less is a sign of people left out."""


@dataclass(frozen=True, slots=True)
class Face:
    """One face, in pixels of the upright photograph.

    Attributes
    ----------
    box
        The face itself, clipped to the photograph.
    head
        The face with the hair above it and a little aside, clipped to the photograph.
    eyes
        Both eyes with a margin: what is kept where no frame can hold the head.
    """

    box: Box
    head: Box
    eyes: Box

    def scaled(self, size: Size, to: Size) -> Face:
        """The face in a photograph of ``size`` that is brought to another."""
        across, down = to.width / size.width, to.height / size.height
        return Face(
            *(
                clipped_box(
                    box.left * across, box.top * down, box.right * across, box.bottom * down, to
                )
                for box in (self.box, self.head, self.eyes)
            )
        )


def allowed_frames(
    faces: Sequence[Face], boxes: BoxArray, largest: Size
) -> tuple[Allowed, npt.NDArray[np.bool_]]:
    """Find what frames may be.

    Parameters
    ----------
    faces
        The faces of the photograph.
    boxes
        Boxes (N,4) of the family, among which there should be such that touch the faces' edges.
    largest
        The size of the family's largest box.

    Returns
    -------
    tuple
        The rule, for any box of the family, and what it says of ``boxes`` (N,): at least one of
        them is allowed.
    """
    chosen = sorted(faces, key=lambda face: -face.box.area)[:MOST_FACES]
    areas = np.array([face.box.area for face in chosen], dtype=np.int64)
    bare_boxes = [_fitting(face.box, _middle(face.eyes, largest), largest) for face in chosen]
    bare = _protected(bare_boxes)
    heads = _protected(
        [_fitting(face.head, box, largest) for face, box in zip(chosen, bare_boxes, strict=True)]
    )
    kept, cut = _kept_and_cut(boxes, heads, areas)
    whole = cut == 0
    most = int(kept[whole].max(initial=0))
    bare_kept, bare_cut = _kept_and_cut(boxes, bare, areas)
    bare_whole = bare_cut == 0
    bare_most = int(bare_kept[bare_whole].max(initial=0))
    balance = bare_kept - bare_cut
    best = int(balance.max())
    if whole.any() and most >= ENOUGH * max(bare_most, best):
        return _rule(heads, areas, most), whole & (kept >= most)
    if bare_whole.any() and bare_most >= ENOUGH * best:
        return _rule(bare, areas, bare_most), bare_whole & (bare_kept >= bare_most)

    def by_balance(some: BoxArray) -> npt.NDArray[np.bool_]:
        inside, through = _kept_and_cut(some, bare, areas)
        fine: npt.NDArray[np.bool_] = inside - through >= best
        return fine

    return by_balance, balance >= best


def face_edges(
    faces: Sequence[Face], largest: Size
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Columns and rows at which the protected boxes of faces begin or end, the largest first."""
    chosen = sorted(faces, key=lambda face: -face.box.area)[: MOST_FACES // 4]
    boxes = [box for face in chosen for box in (face.head, face.box, _middle(face.eyes, largest))]
    columns = np.unique([edge for box in boxes for edge in (box.left, box.right)])
    rows = np.unique([edge for box in boxes for edge in (box.top, box.bottom)])
    return columns.astype(np.int64), rows.astype(np.int64)


def _fitting(wanted: Box, otherwise: Box, largest: Size) -> Box:
    fits = wanted.width <= largest.width and wanted.height <= largest.height
    return wanted if fits else otherwise


def _middle(box: Box, largest: Size) -> Box:
    """The middle of a box, as much as the largest frame can hold."""
    width, height = min(box.width, largest.width), min(box.height, largest.height)
    left, top = box.left + (box.width - width) // 2, box.top + (box.height - height) // 2
    return Box(left, top, left + width, top + height)


def _protected(boxes: Sequence[Box]) -> npt.NDArray[np.int64]:
    return np.array([box.as_tuple() for box in boxes], dtype=np.int64)


def _rule(protected: npt.NDArray[np.int64], areas: npt.NDArray[np.int64], most: int) -> Allowed:
    def allowed(boxes: BoxArray) -> npt.NDArray[np.bool_]:
        kept, cut = _kept_and_cut(boxes, protected, areas)
        fine: npt.NDArray[np.bool_] = (cut == 0) & (kept >= most)
        return fine

    return allowed


def _kept_and_cut(
    boxes: BoxArray, protected: npt.NDArray[np.int64], areas: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Face area that lies in protected boxes inside, and in such as are cut: (N,) each."""
    left, top, right, bottom = (boxes[:, None, edge] for edge in range(4))
    inside = (
        (left <= protected[:, 0])
        & (top <= protected[:, 1])
        & (right >= protected[:, 2])
        & (bottom >= protected[:, 3])
    )
    touched = (
        (left < protected[:, 2])
        & (top < protected[:, 3])
        & (right > protected[:, 0])
        & (bottom > protected[:, 1])
    )
    kept: npt.NDArray[np.int64] = inside @ areas
    cut: npt.NDArray[np.int64] = (touched & ~inside) @ areas
    return kept, cut


def clipped_box(left: float, top: float, right: float, bottom: float, size: Size) -> Box:
    """Make a box of whole pixels, rounded outwards, inside the photograph: at least one pixel."""
    first_x = min(max(0, int(np.floor(left))), size.width - 1)
    first_y = min(max(0, int(np.floor(top))), size.height - 1)
    return Box(
        first_x,
        first_y,
        max(first_x + 1, min(size.width, int(np.ceil(right)))),
        max(first_y + 1, min(size.height, int(np.ceil(bottom)))),
    )
