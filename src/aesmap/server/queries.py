"""The parameters of the API's addresses, typed."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from aesmap.crops.aspect import ASPECTS
from aesmap.crops.proposal import CropMethod

ASPECT_HELP = "Width to height, such as `16:9`, `1.5` or `free`; `own` is the photo's own."


class Layout(StrEnum):
    """What a panel shows."""

    PANEL = "fig6"
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


class QueryModel(BaseModel):
    """Parameters of an address; unknown ones are refused."""

    model_config = ConfigDict(extra="forbid")


class AssessQuery(QueryModel):
    """Parameters of `/v1/assess`."""

    maps: bool = Field(False, description="Whether to give the maps' numbers.")
    crops: str | None = Field(
        None,
        max_length=200,
        description=f"Up to 8 aspects, separated by commas, to propose crops for. {ASPECT_HELP}",
        examples=[",".join(ASPECTS)],
    )


class ExplainQuery(QueryModel):
    """Parameters of `/v1/explain`."""

    format: ExplainFormat | None = Field(
        None, description="`png`, `json` or `npz`. Without it `Accept` decides, and then PNG."
    )
    layout: Layout = Field(
        Layout.PANEL,
        description="Of the PNG: `fig6` is photo, low, high and evidence maps; `within` is the"
        " evidence beside the evidence less its own mean; `fig7` goes from maps to crops.",
    )


class CropQuery(QueryModel):
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
