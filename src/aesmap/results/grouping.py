"""The columns about groups: which photographs of a table belong to one moment, and in which order.

They can be known only when every photograph is scored, so a table's rows are gone through twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from aesmap.errors import ImageError
from aesmap.images.moments.similarity import Signature
from aesmap.model.frame_choice import Frame, FrameChoice
from aesmap.model.preprocess import Preprocessing
from aesmap.results.groups import frame_of_row, group_photos
from aesmap.results.row_text import Row
from aesmap.results.signatures import signature_of

Places: TypeAlias = dict[str, Row]
"""Values of the columns about groups by path."""

_NOWHERE: Row = {"group": None, "group_rank": None, "reasons": None}


@dataclass(frozen=True)
class Grouping:
    """How a model groups.

    Attributes
    ----------
    choice
        Which frame of a moment it calls better; ``None`` of a model that does not.
    preprocessing
        At whose shapes pictures are compared.
    """

    choice: FrameChoice | None
    preprocessing: Preprocessing

    def places(
        self, rows: Iterable[Row], known: Callable[[str], Signature | None] = lambda path: None
    ) -> Places:
        """Group the photographs of all rows.

        Parameters
        ----------
        rows
            Those of photographs that could not be read have no group.
        known
            Gives the signature that was taken when a photograph was scored. Others are opened
            again; one that is gone has no group.
        """
        paths: list[str] = []
        signatures: list[Signature] = []
        frames: list[Frame] = []
        for row in rows:
            if row["error"]:
                continue
            signature = self._signature(known(row["path"]), row["path"])
            if isinstance(signature, ImageError):
                continue
            paths.append(row["path"])
            signatures.append(signature)
            frames.append(frame_of_row(row, signature))
        return {
            paths[member.index]: {
                "group": number,
                "group_rank": member.rank,
                "reasons": member.reasons,
            }
            for number, group in enumerate(
                group_photos(signatures, frames, paths, self.choice), start=1
            )
            for member in group
        }

    def _signature(self, known: Signature | None, path: str) -> Signature | ImageError:
        if known is not None and known.cues is not None:  # an earlier version kept others
            return known
        return signature_of(path, self.preprocessing)

    def fill_in(self, rows: Iterable[Row], places: Places) -> Iterator[Row]:
        """Give rows their places."""
        return ({**row, **places.get(row["path"], _NOWHERE)} for row in rows)
