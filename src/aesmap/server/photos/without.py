"""`POST /v1/without`: what a photograph would be without a part of it."""

from __future__ import annotations

from collections.abc import Generator

from pydantic import Field

from aesmap.analyzer import Analyzer
from aesmap.assessment import Assessment, PreparedPhoto
from aesmap.errors import UsageError
from aesmap.faithfulness.counterfactual import without_part_steps
from aesmap.images.opened import OpenedImage
from aesmap.server.errors import ServiceError
from aesmap.server.queries import QueryModel
from aesmap.server.schemas import BodyModel
from aesmap.types import Box


class WithoutQuery(QueryModel):
    """Parameters of `/v1/without`."""

    box: str = Field(
        max_length=80,
        description="The part, `left,top,right,bottom` in pixels of the upright photo.",
        examples=["0,0,640,140"],
    )


class Without(BodyModel):
    """A photograph without a part of it, by its map and by the model, in log-odds."""

    box: tuple[int, int, int, int]
    logit: float = Field(description="Of the whole photograph.")
    evidence: float = Field(description="What the part adds to that, by the map.")
    by_map: float = Field(description="logit - evidence.")
    filled: float = Field(description="What the model says with the part filled in from around it.")
    cut_by_map: float | None = Field(
        description="Of a strip along an edge: the mean of the rest of the map, with the bias."
    )
    cut: float | None = Field(
        description="Of such a strip: what the model says with it cut off; null of other parts."
    )
    words: str = Field(description="All of it in words, a line for each comparison.")


def without_body(
    analyzer: Analyzer, opened: OpenedImage, box: Box
) -> Generator[list[PreparedPhoto], list[Assessment], Without]:
    """Ask map and model; :class:`ServiceError` for a box that does not lie inside."""
    try:
        found = yield from without_part_steps(analyzer, opened, box)
    except UsageError as error:
        raise ServiceError("bad_parameter", f"box: {error}") from None
    return Without(**found.to_json(), words=found.text)
