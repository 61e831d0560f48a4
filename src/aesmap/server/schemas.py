"""What goes in and out of the API, typed; OpenAPI is made from this.

Names and meanings are those of the tables that `aesmap score` writes and of the `--json` of the
commands. The shape of `POST /v1/assess?maps=true&crops=1:1,free` in short:

    {"width", "height", ...: the columns of :mod:`aesmap.columns`,
     "logit", "mean_evidence", "bias", "distribution": [10 shares],
     "words": {"text", "headline", "statements": [{"text", "side", "share", "box", "attribute"}]},
     "maps": {"height": h, "width": w, "evidence": h rows of w numbers, "bias",
              "attributes": {"Water": {"bias", "values": h rows of w numbers}, ...},
              "activity": h rows of w numbers or null},
     "crops": [{"aspect": "1:1", "box": [left, top, right, bottom], "method", "reason",
                "attribute", "evidence_kept", "evidence_lost", "p_high_before",
                "p_high_after", "words", "focal_point": [x, y]}, ...]}

``maps`` and ``crops`` are null unless they were asked for. Map values are not rounded, so that
``mean(maps.evidence) + maps.bias == logit`` holds for whoever checks it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, create_model

from aesmap.columns import TABLE, Column
from aesmap.crops.proposal import CropMethod

_SHARE = Field(ge=0, le=1)

ASPECT_HELP = "Width to height, such as `16:9`, `1.5` or `free`; `own` is the photo's own."


class Layout(StrEnum):
    """What a panel shows."""

    VERDICT = "fig6"
    WITHIN = "within"
    CROPS = "fig7"


class ExplainFormat(StrEnum):
    """What an explanation comes as."""

    PNG = "png"
    JSON = "json"
    NPZ = "npz"


class CropFormat(StrEnum):
    """What a crop comes as: its box, or the cropped image itself."""

    JSON = "json"
    IMAGE = "image"
    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    AVIF = "avif"
    TIFF = "tiff"


class _Query(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AssessQuery(_Query):
    """Parameters of `/v1/assess`."""

    maps: bool = Field(False, description="Whether to give the maps' numbers.")
    crops: str | None = Field(
        None,
        max_length=200,
        description=f"Up to 8 aspects, separated by commas, to propose crops for. {ASPECT_HELP}",
        examples=["1:1,4:5,3:2,16:9,9:16,free"],
    )


class ExplainQuery(_Query):
    """Parameters of `/v1/explain`."""

    format: ExplainFormat | None = Field(
        None, description="`png`, `json` or `npz`. Without it `Accept` decides, and then PNG."
    )
    layout: Layout = Field(
        Layout.VERDICT,
        description="Of the PNG: `fig6` is photo, low, high and evidence maps; `within` is the"
        " evidence beside the evidence less its own mean; `fig7` goes from maps to crops.",
    )


class CropQuery(_Query):
    """Parameters of `/v1/crop`."""

    aspect: str | None = Field(None, max_length=40, description=ASPECT_HELP, examples=["16:9"])
    method: CropMethod = Field(
        CropMethod.SEARCH,
        description="`search` finds the best box of an aspect; `aesam` and `aesam+attam` are the"
        " paper's rules, which take no aspect.",
    )
    box: str | None = Field(
        None,
        max_length=80,
        description="A box of your own, `left,top,right,bottom` in pixels of the upright photo,"
        " to judge or to cut out instead of one that is proposed.",
        examples=["0,0,640,360"],
    )
    width: int | None = Field(
        None,
        ge=1,
        le=16384,
        description="Width of the cropped image in pixels; nothing is enlarged beyond the crop's"
        " own pixels.",
    )
    height: int | None = Field(
        None,
        ge=1,
        le=16384,
        description="Its height. With `width` and without `aspect` both give the aspect.",
    )
    quality: int | None = Field(None, ge=1, le=100, description="Of JPEG, WebP and AVIF.")
    focal: bool = Field(
        False,
        description="Whether to give the focal point alone, for CSS, without judging the crop.",
    )
    format: CropFormat | None = Field(
        None,
        description="`json`, or the cropped image: `image` in the format of the upload where that"
        " can be written (else JPEG), `jpeg`, `png`, `webp`, `avif` or `tiff`. Without it `Accept`"
        " decides, and then JSON.",
    )


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True)


UsedMethod: TypeAlias = Literal["aesam", "aesam+attam", "search", "given"]
Rows = Annotated[list[list[float]], Field(description="h rows of w numbers, top row first.")]


class AttributeMap(_Body):
    """The map of one attribute: the mean of its values plus its bias is the attribute's logit."""

    bias: float
    values: Rows


class Maps(_Body):
    """All maps of a photograph at the network's resolution, in calibrated log-odds."""

    height: int = Field(description="h, rows of each map.")
    width: int = Field(description="w, columns of each map.")
    evidence: Rows
    bias: float = Field(description="mean(evidence) + bias is the verdict's logit, exactly.")
    attributes: dict[str, AttributeMap]
    activity: Rows | None = Field(
        description="How much the model responds at each place, whatever it makes of it."
    )


class JudgedBox(_Body):
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


class FocalPoint(_Body):
    """What `/v1/crop?focal=1` says."""

    aspect: str
    box: tuple[int, int, int, int]
    focal_point: tuple[float, float]
    width: int = Field(description="Of the upright photo, in pixels.")
    height: int


class Statement(_Body):
    """One clause of a verdict in words, and what it rests on."""

    text: str
    side: Literal["for", "against", "start"]
    share: float = Field(ge=0, le=1, description="How much of that side's evidence lies there.")
    box: tuple[int, int, int, int] | None = Field(
        description="Where, in pixels of the upright photo; null for all of it or an attribute."
    )
    attribute: str | None


class Words(_Body):
    """A verdict in plain words, each computed from the maps."""

    text: str = Field(description="All of it, as sentences.")
    headline: str
    faults: str = Field(description="Technical faults in words, such as `soft`; empty for none.")
    statements: list[Statement]


def _field(column: Column) -> tuple[Any, Any]:
    """A column as a field of a body."""
    examples = list(column.examples) or None
    about = Field(description=column.about, ge=column.least, le=column.most, examples=examples)
    return column.annotation, about


SAID = tuple(
    column
    for column in TABLE
    if not column.files_only and (column.name == "model" or not column.fails_too)
)
"""The columns that an answer has: what is said of the photograph, rather than of its file."""

if TYPE_CHECKING:

    class _Columns(_Body): ...

else:
    _Columns = create_model(
        "_Columns", __base__=_Body, **{column.name: _field(column) for column in SAID}
    )


class Assessment(_Columns):
    """The verdict on a photograph. All of quality follows from `logit`."""

    logit: float = Field(description="mean_evidence + bias; p_high is its sigmoid.")
    mean_evidence: float
    bias: float
    distribution: list[float] = Field(
        min_length=10, max_length=10, description="Shares of the votes 1 to 10."
    )
    words: Words
    maps: Maps | None = None
    crops: list[Crop] | None = None


class Limits(_Body):
    """What the service takes."""

    max_bytes: int
    max_pixels: int = Field(
        description="Of what is decoded. A baseline JPEG that only needs to be decoded at reduced"
        " scale may have four times as many."
    )


class Model(_Body):
    """The model in use, and the service around it."""

    model: str
    version: str = Field(description="Of aesmap.")
    provider: str
    attributes: list[str]
    close_below: float = Field(description="|logit| below this is called too close to call.")
    limits: Limits
    token_required: bool


class Health(_Body):
    """That the service is there."""

    status: Literal["ok"]
    model: str
    version: str


class ErrorDetail(_Body):
    """What went wrong."""

    code: str = Field(description="A word to act on; it stays.", examples=["bad_parameter"])
    message: str = Field(description="A sentence for people; it may change.")


class ErrorBody(_Body):
    """The one shape of every error."""

    error: ErrorDetail
