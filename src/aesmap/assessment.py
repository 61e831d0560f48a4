"""What aesmap says of one photograph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from aesmap.columns import BY_NAME, COLUMNS
from aesmap.crops.framing import Face
from aesmap.crops.proposal import CropMethod, CropProposal, propose_crop
from aesmap.images.extras import PhotoExtras
from aesmap.model.maps import ActivationMaps
from aesmap.model.ratings import sigmoid
from aesmap.model.technical import TechnicalQuality
from aesmap.types import Float32Array, Size


@dataclass(frozen=True)
class PreparedPhoto:
    """A photograph at its input shape; ``pixels`` float32 (3,h,w). It may travel to a process.

    ``highlights`` is the 99th percentile of its luma, 0 to 255. ``extras`` and ``faces`` come back
    with the assessment.
    """

    source: str
    size: Size
    pixels: Float32Array
    familiar: bool
    highlights: float = 0.0
    extras: PhotoExtras | None = None
    faces: tuple[Face, ...] | None = None


class AttributeScore(NamedTuple):
    """An attribute with its probability, 0 to 1."""

    name: str
    probability: float


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """Level, probability, rating, doubt, attributes and maps of one photograph.

    All of quality follows from one number: ``logit`` is ``maps.evidence.mean() + maps.bias``,
    ``p_high`` its sigmoid, ``level`` its sign, and ``score`` (mean rating, 1-10), ``spread``
    (standard deviation of the votes, in points) and ``distribution`` (shares of the votes 1-10)
    the rating model's answer to it. ``size`` is the upright photograph's own. ``technical`` says
    how well it is taken, with named faults; ``None`` of a model without technical heads.
    ``extras`` are what was asked for besides, such as a thumbnail; ``None`` if nothing was.
    ``named``: the attributes that are sure enough to be a keyword or to stand in a sentence.
    ``features`` (M,) are the means of the channels that the head reads, where a taste is learned.
    ``faces``, for framing alone, are ``None`` unless they were looked for, and in no table.
    """

    source: str
    size: Size
    logit: float
    p_high: float
    score: float
    spread: float
    distribution: tuple[float, ...]
    uncertain_reason: Literal["", "close", "unfamiliar"]
    attributes: tuple[AttributeScore, ...]
    maps: ActivationMaps
    model: str
    technical: TechnicalQuality | None = None
    extras: PhotoExtras | None = field(default=None, repr=False, compare=False)
    faces: tuple[Face, ...] | None = field(default=None, repr=False, compare=False)
    named: tuple[str, ...] = ()
    features: Float32Array | None = field(default=None, repr=False, compare=False)

    def __repr__(self) -> str:
        """Return one line: the maps have thousands of cells."""
        doubt = f", {self.uncertain_reason}" if self.uncertain_reason else ""
        return (
            f"Assessment({self.source!r}, {self.level}, p_high={self.p_high:.3f},"
            f" score={self.score:.2f}{doubt}, model={self.model!r})"
        )

    @property
    def level(self) -> Literal["low", "high"]:
        """``"high"`` when the logit is above 0."""
        return "high" if self.logit > 0 else "low"

    @property
    def uncertain(self) -> bool:
        """Whether the verdict should not be relied on; ``uncertain_reason`` says why."""
        return bool(self.uncertain_reason)

    def crop(
        self,
        aspect: float | str | tuple[int, int] | None = None,
        method: CropMethod | str = CropMethod.SEARCH,
        *,
        num_alternatives: int = 0,
    ) -> CropProposal:
        """Propose a crop box in pixels of the upright photograph: see :func:`propose_crop`.

        It spares the faces that are known; :func:`aesmap.crop_photo` looks for them first, and
        says what the crop changes.
        """
        return propose_crop(
            self.maps,
            self.size,
            aspect=aspect,
            method=method,
            faces=self.faces or (),
            num_alternatives=num_alternatives,
        )

    def to_row(self) -> dict[str, Any]:
        """One row of results: plain values under stable names, without the maps."""
        return {name: BY_NAME[name].in_row(self) for name in COLUMNS}


def error_row(source: str, problem: str, model: str) -> dict[str, Any]:
    """The row of a photograph that could not be assessed: all else is None."""
    row: dict[str, Any] = dict.fromkeys(COLUMNS)
    return row | {"path": source, "model": model, "error": problem}


def rank_attributes(maps: ActivationMaps) -> tuple[AttributeScore, ...]:
    """The attributes of ``maps``, most probable first."""
    if maps.attribute_maps is None or maps.attribute_bias is None:
        return ()
    probabilities = sigmoid(maps.attribute_maps.mean(axis=(1, 2)) + maps.attribute_bias)
    scores = [
        AttributeScore(name, float(p))
        for name, p in zip(maps.attribute_names, probabilities, strict=True)
    ]
    return tuple(sorted(scores, key=lambda score: -score.probability))
