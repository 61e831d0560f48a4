"""What goes in and out of the API, typed; OpenAPI is made from this.

Names and meanings are those of the tables that `aesmap score` writes and of the `--json` of the
commands. The shape of `POST /v1/assess?maps=true&crops=1:1,free` in short:

    {"width", "height", ...: the columns of :mod:`aesmap.columns`,
     "logit", "mean_evidence", "bias", "distribution": [10 shares],
     "words": {"text", "headline", "statements": [{"text", "side", "share", "box", "attribute",
                                                       "thing"}]},
     "maps": {"height": h, "width": w, "evidence": h rows of w numbers, "bias",
              "attributes": {"Water": {"bias", "values": h rows of w numbers}, ...},
              "uncoloured": [[left, top, right, bottom], ...],
              "activity": h rows of w numbers or null},
     "crops": [{"aspect": "1:1", "box": [left, top, right, bottom], "method", "reason",
                "attribute", "evidence_kept", "evidence_lost", "p_high_before",
                "p_high_after", "words", "focal_point": [x, y]}, ...]}

``maps`` and ``crops`` are null unless they were asked for. Map values are not rounded, so that
``mean(maps.evidence) + maps.bias == logit`` holds for whoever checks it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model

from aesmap.columns import TABLE, Column

_SHARE = Field(ge=0, le=1)


class BodyModel(BaseModel):
    """What an answer holds."""

    model_config = ConfigDict(frozen=True)


UsedMethod: TypeAlias = Literal["aesam", "aesam+attam", "search", "given"]
Rows = Annotated[list[list[float]], Field(description="h rows of w numbers, top row first.")]


class AttributeMap(BodyModel):
    """One map: the mean of its values plus its bias is the logit of what it is of."""

    bias: float
    values: Rows


class Maps(BodyModel):
    """All maps of a photograph at the network's resolution, in calibrated log-odds."""

    height: int = Field(description="h, rows of each map.")
    width: int = Field(description="w, columns of each map.")
    evidence: Rows
    bias: float = Field(description="mean(evidence) + bias is the assessment's logit, exactly.")
    attributes: dict[str, AttributeMap]
    technical: dict[str, AttributeMap] = Field(
        description="Likewise of technical quality, and of each fault; empty of a model without."
    )
    uncoloured: list[tuple[float, float, float, float]] = Field(
        description="Where to draw no colour, as there are faces: left, top, right and bottom,"
        " 0 to 1 of the photo. The values are as they are everywhere."
    )
    activity: Rows | None = Field(
        description="How much the model responds at each place, whatever it makes of it."
    )


class JudgedBox(BodyModel):
    """A box of the photograph, and what cropping to it changes."""

    box: tuple[int, int, int, int] = Field(
        description="[left, top, right, bottom] in pixels of the upright photo, half open.",
        examples=[[0, 33, 640, 393]],
    )
    evidence_kept: float = Field(description="The box's part of the mean evidence, in log-odds.")
    evidence_lost: float = Field(description="The rest's part.")
    p_high_before: float = _SHARE
    p_high_after: Annotated[float, _SHARE] | None = Field(
        description="P(high) of the crop by itself; null for a crop too small to judge."
    )
    words: str = Field(
        description="The gain or loss in words, and whether a face is cut or left out.",
        examples=["this crop loses: 91 % -> 84 %; what goes: the sky, +0.4"],
    )
    focal_point: tuple[float, float] = Field(
        description="x and y, 0 to 1: `object-position: 52% 4%` for [0.52, 0.04], with"
        " `object-fit: cover`.",
        examples=[[0.52, 0.04]],
    )


class Crop(JudgedBox):
    """A box that was proposed, or asked for."""

    aspect: str | None = Field(description="As it was asked for; null with the paper's methods.")
    method: UsedMethod
    reason: str = Field(description="Why this box, in a sentence.")
    attribute: str | None = Field(description="What carries it (method aesam+attam).")


class CropAnswer(Crop):
    """What `/v1/crop` says."""

    alternatives: list[JudgedBox] = Field(
        description="For an aspect that is not the photo's own, up to three other boxes, the better"
        " ones first, that overlap less than an IoU of 0.8."
    )
    width: int = Field(description="Of the upright photo, in pixels.")
    height: int
    model: str


class FocalPoint(BodyModel):
    """What `/v1/crop?focal=1` says."""

    aspect: str
    box: tuple[int, int, int, int]
    focal_point: tuple[float, float]
    width: int = Field(description="Of the upright photo, in pixels.")
    height: int


class Statement(BodyModel):
    """One clause of an assessment in words, and what it rests on."""

    text: str
    side: Literal["for", "against", "start", "contrast"]
    share: float = Field(ge=0, le=1, description="How much of that side's evidence lies there.")
    box: tuple[int, int, int, int] | None = Field(
        description="Where, in pixels of the upright photo; null for all of it or an attribute."
    )
    attribute: str | None
    thing: str | None = Field(description="The noun of what is under the peak, where it is sure.")


class Part(BodyModel):
    """What one thing in the photograph adds to the mean of the evidence."""

    name: str = Field(description="The attribute; empty for what belongs to none.")
    evidence: float = Field(description="In log-odds.")
    area: float = Field(ge=0, le=1, description="The share of the picture that it has.")


class Words(BodyModel):
    """An assessment in plain words, each computed from the maps."""

    text: str = Field(description="All of it, as sentences.")
    headline: str
    faults: str = Field(description="Technical faults in words, such as `soft`; empty for none.")
    statements: list[Statement]


def _field(column: Column) -> tuple[Any, Any]:
    """A column as a field of a body."""
    examples = list(column.examples) or None
    said = f"{column.about} ({column.unit})" if column.unit else column.about
    about = Field(description=said, ge=column.least, le=column.most, examples=examples)
    return column.annotation, about


SAID = tuple(
    column
    for column in TABLE
    if not column.files_only and (column.name == "model" or not column.fails_too)
)
"""The columns that an answer has: what is said of the photograph, rather than of its file."""

if TYPE_CHECKING:

    class _Columns(BodyModel): ...

else:
    _Columns = create_model(
        "_Columns", __base__=BodyModel, **{column.name: _field(column) for column in SAID}
    )


class Assessment(_Columns):
    """The assessment on a photograph. All of quality follows from `logit`."""

    logit: float = Field(description="mean_evidence + bias; p_high is its sigmoid.")
    mean_evidence: float = Field(description="The mean of the evidence map, in log-odds.")
    bias: float = Field(description="What the model says before it looks, in log-odds.")
    distribution: list[float] = Field(
        min_length=10, max_length=10, description="Shares of the votes 1 to 10."
    )
    parts: list[Part] = Field(
        description="The evidence shared out among what the photo shows; with `bias` it adds up to"
        " `logit`."
    )
    better_than: int | None = Field(
        ge=1, le=99, description="Per cent of ordinary photographs with a lower score, where known."
    )
    words: Words = Field(description="The same in plain words, with what each clause rests on.")
    maps: Maps | None = Field(None, description="With `maps=true`: the numbers of all maps.")
    crops: list[Crop] | None = Field(
        None, description="With `crops`: a proposal for each aspect, in the order asked for."
    )


class Limits(BodyModel):
    """What the service takes."""

    max_bytes: int
    max_pixels: int = Field(
        description="Of what is decoded. A baseline JPEG that only needs to be decoded at reduced"
        " scale may have four times as many."
    )


class Model(BodyModel):
    """The model in use, and the service around it."""

    model: str
    version: str = Field(description="Of aesmap.")
    provider: str
    attributes: list[str]
    close_below: float = Field(description="|logit| below this is called too close to call.")
    limits: Limits
    token_required: bool


class Health(BodyModel):
    """That all is well."""

    status: Literal["ok"]
    model: str
    version: str


class ErrorDetail(BodyModel):
    """What went wrong."""

    code: str = Field(description="A word to act on; it stays.", examples=["bad_parameter"])
    message: str = Field(description="A sentence for people; it may change.")


class ErrorBody(BodyModel):
    """The one shape of every error."""

    error: ErrorDetail


class Assessments(BodyModel):
    """What `/v1/assess` says of a form with fields `files`."""

    results: list[Assessment | ErrorBody] = Field(
        description="One for each file, in order: its assessment, or the error it would get alone."
    )
