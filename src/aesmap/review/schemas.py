"""What the page sends, typed."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from aesmap.review.decisions import Decision, Flag
from aesmap.review.writing import XmpPlaces
from aesmap.tagging.sidecars import Naming

_MOST = 1_000_000

Number = Annotated[int, Field(ge=0)]
Numbers = Annotated[list[Number], Field(max_length=_MOST)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class OneDecision(_Body):
    """Stars and flag of a photograph, by its number."""

    id: Number
    stars: Annotated[int, Field(ge=0, le=5)]
    flag: Flag

    def decision(self) -> Decision:
        """As it is kept."""
        return Decision(self.stars, self.flag)


class DecisionSteps(_Body):
    """Steps in their order; the decisions of one are undone together."""

    steps: Annotated[
        list[Annotated[list[OneDecision], Field(min_length=1, max_length=_MOST)]],
        Field(min_length=1, max_length=_MOST),
    ]


class ScoringSwitch(_Body):
    """Whether scoring goes on."""

    run: bool


class ListRequest(_Body):
    """Photographs as a list of paths or as a table."""

    photographs: Numbers
    format: Literal["list", "csv"]


class CopyRequest(_Body):
    """Photographs to be copied into a folder inside the shoot."""

    photographs: Numbers
    folder: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$")]


class XmpRequest(_Body):
    """How decisions are written, as the options of `aesmap tag` say."""

    where: Literal["sidecars", "embed", "both"] = "sidecars"
    naming: Naming = "darktable"
    overwrite: bool = False
    undo: bool = False
    dry_run: bool = True

    def places(self) -> XmpPlaces:
        """Where packets go."""
        return XmpPlaces(
            xmp=self.where != "embed", embed=self.where != "sidecars", naming=self.naming
        )
